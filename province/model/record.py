"""What all parts of the inventory share."""

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """Unknown keys are faults, numbers may be written as text, nothing changes."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, coerce_numbers_to_str=True)

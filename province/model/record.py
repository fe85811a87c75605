"""What all parts of the inventory share."""

from datetime import date

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """Unknown keys are faults, numbers may be written as text, nothing changes."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, coerce_numbers_to_str=True)


def holds(since: date | None, until: date | None, on: date) -> bool:
    """Whether what begins on `since` (None: long ago) and ends before `until` (None: not yet) holds on a day."""
    return (since is None or since <= on) and (until is None or on < until)

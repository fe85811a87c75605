"""Which facility and device of the inventory a row of a survey means, and how the two compare."""

"""What a report says of a day, before anything prints it. Pure but for `record`, which asks the hub."""

"""What is done to a machine, in order."""

"""What bootstrap can do to a machine: each yields the commands that are still needed, none when nothing is."""

"""What a person does to the lab while it runs: look, wait, unplug, spoil, scan."""

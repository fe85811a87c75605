"""The survey: sheets that districts fill in, what a look at a LAN found, and the way from both to the inventory."""

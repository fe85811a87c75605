"""A look at a facility's camera LAN, what it found, and what of it enters the inventory."""

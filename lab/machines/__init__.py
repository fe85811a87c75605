"""The machines of the lab: their image, how one boots, and what runs on them."""

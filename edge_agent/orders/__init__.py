"""What the hub asks of a box, signed, and what does it there."""

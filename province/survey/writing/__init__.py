"""What a survey found, written into the inventory as people write it."""

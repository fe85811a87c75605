"""What speed costs and is: measured here, never in a test."""

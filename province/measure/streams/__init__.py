"""What a stream brings: packets, pictures, frames on the wire; and what footage is kept of it."""

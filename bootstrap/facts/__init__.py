"""What a machine says of itself; read with a shell, nothing is written."""

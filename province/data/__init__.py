"""Tables that travel with the code and that a province may replace by a file of the same name of its own."""

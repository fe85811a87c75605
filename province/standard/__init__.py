"""The standard as data: what a facility is judged by. `load` reads it, `checks` says what it is, `words` says it to people."""

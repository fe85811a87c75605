"""The rules of an inventory, one module a subject. A rule takes the book and yields faults; it never raises."""

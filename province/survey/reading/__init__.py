"""A sheet of whatever make, read: its tables, headings, columns and values."""

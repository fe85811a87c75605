"""A verdict as `ketnoi verify` shows it: table, page, JUnit."""

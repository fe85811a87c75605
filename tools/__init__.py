"""What a developer runs from the Makefile; no part of any package."""

"""The work order: a page or two for whoever goes to a facility."""

"""What joins machines: namespaces, bridges, cables that are slow or cut, and the ledger of all of it."""

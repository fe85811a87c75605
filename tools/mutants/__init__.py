"""`make mutants`: small changes to the modules that carry the promises, one at a time, and whether a test notices."""

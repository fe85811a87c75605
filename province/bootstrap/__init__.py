"""The office's half of a bootstrap: who is expected where, what pyinfra is given and runs, what is signed and recorded.

`machine` knows whom to expect, `folder` writes and reads what pyinfra and we share (bootstrap/README.md), `process` runs a deploy,
`enrol` signs and records, `run` is `ketnoi bootstrap` as a whole. The deploys themselves are the package `bootstrap`, a process of its own.
"""

"""The machine beneath: files that survive a power cut, files that are watched, the clock, systemd."""

"""What stands on a camera LAN: found, told apart, read and watched, and never written to (`edge-agent survey`).

Devices are read by the drivers that also set them; every request of theirs passes `readonly` first.
"""

"""The ways from the office to a machine: ssh, the proxy that picks a road for it, tunnel, the lab's namespaces, the hub's view."""

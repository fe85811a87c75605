"""A rollout: what each machine should become, what differs, and the play that Ansible runs, watched as it goes."""

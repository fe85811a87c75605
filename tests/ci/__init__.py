"""What a province's own CI runs: the cameras role and the verifier against simulated cameras, on loopback, without root.

    tests/ci/run [-i INVENTORY] [--site CODE] [--out FOLDER]        (`make ci` runs it)

One facility of the inventory is rehearsed: its cameras are played on loopback as they leave the factory, configured by
playbooks/site.yml, measured by playbooks/verify.yml, one is altered behind our back, found, and repaired alone. Nothing but
FOLDER (out/ci) is left behind. Exit 0 when every step went as it should, 1 otherwise.
"""

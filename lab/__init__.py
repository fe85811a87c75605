"""A province on one machine: office, internet, hub, centre, and facilities whose boxes really boot behind routers that really hide them.

    python -m lab up PLAN.json | down | status | shell MACHINE | exec MACHINE -- COMMAND | plug CODE | unplug CODE
    python -m lab power MACHINE on|off|cut | replace CODE | ntp SECONDS
    python -m lab router CODE eat-udp|eat-all|line on|off | lose PERCENT | delay MILLISECONDS
    python -m lab camera|recorder|switch CODE/SLOT ACTION
    python -m lab reachout CODE | scan-from-outside CODE | centre configure FILE.json          (all: --lab NAME, --json, --lang vi|en)

Everything is in network namespaces of its own, named kn-LAB-...; no packet leaves the machine. It needs root, and packages that `up`
names when they are missing. It shares no code with what it is there to try.

plan         what a lab plays              layout    names, places, addresses         topology  namespaces and cables
image        the blank Debian              machine   disks, power                     supervisor    runs one machine, reboots it
services     DHCP, clock, devices          up, down  all of it, and all of it away    ledger    what was made
devices, faults, replace                   things that go wrong      delay     a long line
camera, recorder, switch                   programs that play one   linux_switch  a switch that is a machine
probe        packets told apart            reachout  what cameras reach               scan      what reaches a box
centre       the Ministry's side           wait, access, status, commands, cli        the way in

On a machine of two cores, three facilities of four cameras are up 4 s after `up` (image cached; 16 s more without), 1 s of it made by
the slowest boot; `down` takes 0.5 s.

What it can't play: a machine's clock that is set (all share the host's; chronyd only measures, and the internet's clock is what can be
off; lab.storm gives the agent alone a clock of its own), PPPoE (such an uplink is played as DHCP), Wi-Fi.
"""

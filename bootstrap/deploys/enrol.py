"""Second deploy, after `ketnoi enrol`: what the province signed, and a box's lifeline, by which it calls home from anywhere."""

from pyinfra import host

from bootstrap import steps
from bootstrap.machine import of

machine, _ = of(host)
steps.certificate(machine)
if machine.kind == "box":
    steps.lifeline(machine)
steps.closing(machine)

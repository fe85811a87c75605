"""First deploy: a blank machine becomes one that only the office's key opens, with keys of its own and requests for certificates."""

from pyinfra import host

from bootstrap import steps
from bootstrap.machine import of

machine, office = of(host)
steps.contact(machine)
steps.first_packages(machine, office)
steps.administrator(machine, office)
steps.own(machine)
steps.login_by_key(machine, office)
steps.keys(machine)

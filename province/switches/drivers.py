"""Which kinds of switches there are."""

from province.switches import ios, linux, routeros
from province.switches.driver import Driver

DRIVERS = {"routeros": routeros.DRIVER, "cisco-ios": ios.DRIVER, "linux": linux.DRIVER}


def of(name: str) -> Driver:
    """By the inventory's name. KeyError: there is none."""
    return DRIVERS[name]

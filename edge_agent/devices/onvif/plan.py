"""What differs between a device and what is wanted of it. Pure: no device, no clock, no file."""

from edge_agent.devices import normalise, planning
from edge_agent.devices.model import Change, Current, Problem, Wanted
from edge_agent.devices.onvif.read import scope_name
from edge_agent.devices.planning import CLOCK_TOLERANCE_S, SECRET, EncoderTarget, encoder_target

__all__ = ["CLOCK_TOLERANCE_S", "SECRET", "VIEWER_LEVEL", "EncoderTarget", "encoder_target", "plan", "shortfalls"]

VIEWER_LEVEL = "User"


def plan(current: Current, wanted: Wanted) -> list[Change]:
    """The changes that turn `current` into `wanted`, in the order in which they are made. Nothing differs: empty."""
    return [
        *planning.clock(current, wanted),
        *_name(current, wanted),
        *planning.encoder(current.main, wanted.encoder),
        *planning.audio(current, wanted),
        *_discovery(current, wanted),
        *planning.viewer(current, wanted, VIEWER_LEVEL),
        *planning.admin(current, wanted),
    ]


def shortfalls(current: Current, wanted: Wanted) -> list[Problem]:
    """Where the device's own limits keep it from the wanted: class "obsolete" if it can't meet it, else "limited"."""
    return planning.encoder_shortfalls(current.main, wanted.encoder)


def _name(current: Current, wanted: Wanted) -> list[Change]:
    if wanted.name is None:
        return []
    changes, host = [], normalise.hostname(wanted.name)
    if current.hostname is not None and current.hostname != host:
        changes.append(Change("hostname", "hostname", current.hostname or None, host))
    if current.scopes is not None and (name := scope_name(current.scopes)) != wanted.name:
        changes.append(Change("name", "name", name, wanted.name))
    return changes


def _discovery(current: Current, wanted: Wanted) -> list[Change]:
    if wanted.discovery is None or current.discovery is None or current.discovery == wanted.discovery:
        return []
    return [Change("discovery", "discovery", current.discovery, wanted.discovery)]

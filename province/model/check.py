"""Every fault of an inventory in one go: what the typed model can't see by looking at one record alone."""

from collections.abc import Callable, Iterator

from province.fault import Fault
from province.model.book import Book, Sheet
from province.model.rules import lan, places, references, role_variables, timeline, unique, waivers, wiring

Rule = Callable[[Book], Iterator[Fault]]

RULES: tuple[Rule, ...] = (
    unique.in_province,
    unique.in_facility,
    lan.addresses_inside,
    lan.collisions,
    lan.uplinks,
    places.zones,
    places.uncovered,
    references.known,
    references.drivers,
    references.boxes,
    timeline.units,
    timeline.memberships,
    timeline.offices,
    wiring.recorders,
    wiring.switches,
    waivers.standard,
    waivers.known,
    role_variables.within_the_standard,
)


def gaps_of(book: Book, sheet: Sheet) -> list[Fault]:
    """What a facility that was only surveyed lacks beyond single fields."""
    return [*places.unwatched(book, sheet), *references.unknown_box(sheet)]


def faults_of(book: Book) -> list[Fault]:
    return [fault for rule in RULES for fault in rule(book)]

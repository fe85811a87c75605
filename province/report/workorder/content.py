"""What stands on a facility's work order: from the inventory, the last scan and, if at hand, the last verdict. Pure.

Texts come out in one language, ready to print; nothing here is a secret, because the paper lies about.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from province.model import Province, Surveyed
from province.model.survey import DeviceSeen, SurveyFile
from province.names import Kind, subject_name
from province.report.model import places as named
from province.report.model.content import KINDS, Contact
from province.report.workorder.lines import DeviceLine, Judged, PortLine, SwitchLine, WorkOrder, ZoneLine
from province.report.workorder.texts import CHECKS, DO, HEALTH, TEXTS
from province.rollout.inventory import facility_data
from province.standard.verdict import DeviceRow
from province.survey.scan.table import rate
from province.survey.scan.texts import CLASSES
from province.text import Lang, Text, moment, with_age
from province.user_error import UserError

_TO_TYPE = re.compile(r"; [^`;]*`[^`]*`\s*$")
LISTS: Mapping[str, Kind] = {"cameras": "camera", "recorders": "recorder", "switches": "switch"}


@dataclass(frozen=True)
class Listed:
    """A device of the inventory; `raw` as its file has it, finished or not."""

    slot: int
    subject: str
    kind: str
    raw: Mapping[str, Any]


def content(province: Province, code: str, survey: SurveyFile | None, verdict: Judged | None, on: date, lang: Lang) -> WorkOrder:
    """The template's values. Raises UserError where there is no such facility."""
    return _Order(province, code, survey, verdict, on, lang).values()


class _Order:
    """One order in the making; its parts are methods, each a part of the paper."""

    def __init__(self, province: Province, code: str, survey: SurveyFile | None, verdict: Judged | None, on: date, lang: Lang) -> None:
        place = next((each for each in named.places(province, on) if each.code == code), None)
        if place is None:
            raise UserError(f"không có cơ sở nào mã {code}", f"no facility has the code {code}")
        self.province, self.place, self.survey, self.on, self.lang = province, place, survey, on, lang
        early = next((each for each in province.surveyed if each.code == code), None)
        self.early: Surveyed | None = early
        self.raw: Mapping[str, Any] = facility_data(place.ready) if place.ready else early.raw if early else {}
        self.verdict = _facility_of(verdict, code)
        self.verified = verdict.get("at", "") if verdict else ""
        self.found = {each.slot: each for each in survey.devices if each.listed} if survey else {}

    def values(self) -> WorkOrder:
        code = self.place.code
        return {
            "lang": self.lang,
            "w": {key: self._(text) for key, text in TEXTS.items() if "{" not in text.vi},
            "office": self.province.file.office.called(self.on) or self.province.name,
            "province": named.province_name(self.province, self.on).partition(" ")[2],
            "day": self._(TEXTS["day"].format(day=self.on)),
            "code": code,
            "name": self.place.name,
            "warning": self._withheld(),
            "facts": self._facts(),
            "papers": self._papers(),
            "todo": list(dict.fromkeys(self._todo())),
            "source": self._source(),
            "devices": list(self._devices()),
            "switches": list(self._switches()),
            "uncabled": self._uncabled(),
            "cables": self._cables(),
            "zones": list(self._zones()),
            "health": [self._(text) for text in HEALTH],
            "checks": [self._(text.format(code=code)) for text in CHECKS],
        }

    def _(self, text: Text) -> str:
        return text.pick(self.lang)

    def _withheld(self) -> str | None:
        ready = self.place.ready
        why = ready.withheld(self.on) if ready else None
        # What to type once there is a paper is the office's business, not this one's.
        return self._(DO["withheld"].format(why=_TO_TYPE.sub("", self._(why)))) if why else None

    def _facts(self) -> list[tuple[str, str]]:
        place, raw = self.place, self.raw
        authority = named.authority_on(self.province, place, self.on)
        contact = authority.contact if authority else None
        connector = next((each for each in self.province.file.connectors if each.id == place.connector), None)
        unit = self.province.units.name(place.unit, self.on) if place.unit else None
        who = named.authority_name(authority, place.authority, self.on)
        lan, uplink = raw.get("lan") or {}, raw.get("uplink") or {}
        box = raw.get("box") or {}
        marks = ", ".join(f"{name} {box[key]}" for key, name in (("serial", "S/N"), ("mac", "MAC")) if box.get(key))
        own = str(lan["box_address"]) if lan.get("box_address") else None
        kbps = f", {rate(int(uplink['kbps']))}" if str(uplink.get("kbps") or "").isdigit() else ""
        return [
            (self._(TEXTS["facility"]), f"{place.name} ({place.code}{f', {place.id}' if place.id else ''})"),
            (self._(TEXTS["address"]), "; ".join(part for part in (place.address, unit) if part) or self._(TEXTS["unknown"])),
            (self._(TEXTS["kind"]), self._(KINDS.get(place.kind, Text(place.kind, place.kind)))),
            (self._(TEXTS["authority"]), _joined(who, contact and _person(Contact(**contact.model_dump())))),
            (self._(TEXTS["focal"]), _person(place.focal_point) or self._(TEXTS["unknown"])),
            (self._(TEXTS["connector"]), _joined(connector.name, _person(Contact(**connector.contact.model_dump()))) if connector else "-"),
            (
                self._(TEXTS["network"]),
                _joined(lan.get("network") or self._(TEXTS["unknown"]), f"{uplink.get('kind', 'dhcp')}{kbps}", own, marks),
            ),
            (self._(TEXTS["engineers"]), self._(TEXTS["engineers_blank"])),
        ]

    def _papers(self) -> list[tuple[str, str, bool]]:
        """(what, what is on file, whether something lacks)."""
        place = self.place
        if place.kind != "barracks":
            opinion, lacks = self._(TEXTS["needless"]), False
        elif place.opinion is None:
            opinion, lacks = self._(TEXTS["none"]), True
        else:
            paper, lacks = place.opinion, not place.opinion.agrees
            said = TEXTS["refuses" if lacks else "agrees"]
            opinion = self._(said.format(who=paper.by or "-", number=paper.number or "-", day=_day(paper.day)))
        agreed = self._(TEXTS["agreed"].format(who=place.plan.by or "-", day=_day(place.plan.day))) if place.plan else None
        funding = place.funding.source if place.funding else None
        none = self._(TEXTS["none"])
        return [
            (self._(TEXTS["opinion"]), opinion, lacks),
            (self._(TEXTS["plan"]), agreed or none, agreed is None),
            (self._(TEXTS["funding"]), funding or none, False),
        ]

    def _todo(self) -> Iterator[str]:
        if self.early is not None and self.early.gaps:
            fields = [gap.field.removeprefix(f"{self.place.code}.") for gap in self.early.gaps]
            yield self._(DO["survey"].format(fields=", ".join(dict.fromkeys(fields))))
        for each in self._rows():
            yield from self._of_device(each)
        for found in self._unlisted():
            yield self._(DO["new"].format(name=_unlisted_line(found), address=found.address))
            if found.category in ("needs_activation", "needs_firmware", "obsolete"):
                yield self._(DO[found.category].format(name=_unlisted_line(found), why=self._finding(found)))
        for zone in named.missing_zones(self.province, self.place):
            yield self._(DO["zone"].format(zone=self._(named.zone_name(self.province, zone))))
        line = self.survey.bandwidth if self.survey else None
        if line and line.enough is False and line.uplink_kbps:
            yield self._(DO["line"].format(needed=rate(line.needed_kbps), rate=rate(line.uplink_kbps)))

    def _of_device(self, each: Listed) -> Iterator[str]:
        """What the scan, or else the verdict, wants done with a listed device."""
        name, found = each.subject, self.found.get(each.slot)
        if each.raw.get("no_access"):
            return
        if self.survey and each.slot in self.survey.absent:
            yield self._(DO["absent"].format(name=name, address=each.raw.get("address") or "-"))
        elif found is not None and found.category in DO:
            yield self._(DO[str(found.category)].format(name=name, why=self._finding(found)))
        elif found is not None and found.category is None and found.reason:
            yield self._(DO["unknown"].format(name=name, why=self._finding(found)))
        elif found is not None and (found.listed_at or (found.driver and each.raw.get("driver") not in (None, found.driver))):
            yield self._(DO["moved" if found.listed_at else "driver"].format(name=name, why=self._finding(found)))
        elif found is None and (told := self.verdict.get(each.subject)) and (reason := told["reason"]) and (hint := told["hint"]):
            yield self._(DO["unknown"].format(name=name, why=f"{reason[self.lang]} → {hint[self.lang]}".rstrip(".")))

    def _finding(self, found: DeviceSeen) -> str:
        return str(getattr(found.reason, self.lang)).rstrip(".") if found.reason else ""

    def _source(self) -> str:
        at = moment(self.survey.at) if self.survey is not None else None
        scanned = self._(TEXTS["scanned"]).format(at=self._(at)) if at else self._(TEXTS["not_scanned"])
        if not self.verdict or not self.verified:
            return scanned
        return f"{scanned} {self._(with_age(TEXTS['verified'], self.verified))}"

    def _rows(self) -> Iterator[Listed]:
        for kind, each in LISTS.items():
            for raw in self.raw.get(kind) or []:
                if isinstance(raw, Mapping) and str(raw.get("slot") or "").isdigit():
                    slot = int(raw["slot"])
                    yield Listed(slot, subject_name(each, slot), kind, raw)

    def _unlisted(self) -> list[DeviceSeen]:
        return [each for each in self.survey.devices if not each.listed and each.kind in ("camera", "recorder")] if self.survey else []

    def _devices(self) -> Iterator[DeviceLine]:
        for each in self._rows():
            raw, found = each.raw, self.found.get(each.slot)
            told = (found.maker, found.model) if found else (None, None)
            make = " ".join(str(part) for part in (told[0] or self._maker(raw), told[1] or raw.get("model")) if part)
            zone = self._(named.zone_name(self.province, str(raw["zone"]))) if raw.get("zone") else None
            yield {
                "subject": each.subject,
                "device": make or "-",
                "place": _joined(raw.get("place") or "-", zone),
                "address": str(raw.get("address") or "-"),
                "mac": str(raw.get("mac") or (found.mac if found else None) or ""),
                "state": self._state(each, found),
                "wrong": self._is_wrong(each, found),
            }
        for found in self._unlisted():
            yield {
                "subject": f"({found.slot})" if found.slot else "-",
                "device": " ".join(part for part in (found.maker, found.model) if part) or "-",
                "place": found.place or "……………………",
                "address": str(found.address),
                "mac": found.mac or "",
                "state": f"{self._(TEXTS['new'])}; {self._(CLASSES[found.category])}",
                "wrong": True,
            }

    def _maker(self, raw: Mapping[str, Any]) -> str | None:
        make = self.province.tables.makes.get(str(raw.get("make")))
        return make.name if make else raw.get("make")

    def _state(self, each: Listed, found: DeviceSeen | None) -> str:
        if each.raw.get("no_access"):
            return self._(TEXTS["no_access"])
        if self.survey and each.slot in self.survey.absent:
            return self._(TEXTS["absent"])
        if found is not None:
            return "-" if found.kind == "switch" else self._(CLASSES[found.category])
        told = self.verdict.get(each.subject)
        return (told["reason"][self.lang] if told["reason"] else "✓") if told else "-"

    def _is_wrong(self, each: Listed, found: DeviceSeen | None) -> bool:
        missing = bool(self.survey and each.slot in self.survey.absent)
        return missing or (found is not None and found.category in ("obsolete", "needs_activation", "needs_firmware", "needs_credentials"))

    def _switches(self) -> Iterator[SwitchLine]:
        by_slot = {each.slot: each for each in self._rows()}
        flat = (self.raw.get("lan") or {}).get("topology") == "flat"
        for each in self._rows():
            if each.kind != "switches":
                continue
            raw = each.raw
            ports = [self._port(port, by_slot, flat) for port in raw.get("ports") or [] if isinstance(port, Mapping)]
            model = " ".join(str(part) for part in (self._maker(raw), raw.get("model")) if part)
            yield {"subject": each.subject, "name": _joined(model or "-", raw.get("place")), "ports": ports}

    def _port(self, port: Mapping[str, Any], by_slot: Mapping[int, Listed], flat: bool) -> PortLine:
        slot = port.get("camera") or port.get("recorder")
        device = by_slot.get(int(str(slot))) if str(slot or "").isdigit() else None
        if device:
            leads = _joined(device.subject, device.raw.get("place"))
        elif _true(port.get("box")):
            leads = self._(TEXTS["to_box_flat" if flat else "to_box"])
        else:
            leads = self._(TEXTS["to_uplink"]) if _true(port.get("uplink")) else "-"
        return {"name": str(port.get("name") or "-"), "leads": leads, "poe": bool(port.get("camera")) and _true(port.get("poe", True))}

    def _uncabled(self) -> str | None:
        ports = [port for each in self.raw.get("switches") or [] for port in each.get("ports") or []]
        cabled = {int(port[kind]) for port in ports for kind in ("camera", "recorder") if port.get(kind)}
        names = [each.subject for each in self._rows() if each.kind != "switches" and each.slot not in cabled]
        return self._(TEXTS["uncabled"].format(names=", ".join(names))) if names else None

    def _cables(self) -> list[tuple[str, str]]:
        """The box's own cables: (port, where it leads)."""
        if (self.raw.get("lan") or {}).get("topology") == "flat":
            return [(self._(TEXTS["to_box_flat"]), self._(TEXTS["switch"]))]
        return [(self._(TEXTS["first_port"]), self._(TEXTS["router"])), (self._(TEXTS["to_box"]), self._(TEXTS["switch"]))]

    def _zones(self) -> Iterator[ZoneLine]:
        reasons = {str(each.get("zone")): str(each.get("reason") or "") for each in self.raw.get("no_camera_zones") or []}
        for zone in self.province.tables.zones.values():
            cameras = [each for each in self._rows() if each.kind == "cameras" and each.raw.get("zone") == zone.id]
            if not zone.required and not cameras:
                continue
            there = ", ".join(f"{each.subject} ({each.raw.get('place') or '-'})" for each in cameras)
            missing = not there and not reasons.get(zone.id)
            yield {"zone": self._(zone.name), "cameras": there or reasons.get(zone.id) or self._(TEXTS["missing"]), "missing": missing}


def _facility_of(verdict: Judged | None, code: str) -> dict[str, DeviceRow]:
    """subject -> its class in the verdict."""
    for facility in verdict["facilities"] if verdict else ():
        if facility["code"] == code:
            return {each["subject"]: each for each in facility.get("devices", ())}
    return {}


def _person(contact: Contact) -> str:
    return ", ".join(part for part in (contact.full_name, contact.title, contact.phone, contact.email) if part)


def _joined(*parts: Any) -> str:
    return " · ".join(str(part) for part in parts if part)


def _unlisted_line(found: DeviceSeen) -> str:
    return " ".join(part for part in (found.maker, found.model) if part) or (found.mac or str(found.address))


def _day(day: date | None) -> str:
    return f"{day:%d/%m/%Y}" if day else "-"


def _true(value: Any) -> bool:
    return value is True or str(value).lower() == "true"

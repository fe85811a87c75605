"""From what `edge-agent survey` told to the survey file: each device with its class. Pure.

Classes: could this device be connected as it is (`ready`), by a rollout alone (`ready_after_settings`), or what is in the way?
"""

import re
from collections.abc import Iterable, Sequence
from urllib.parse import unquote

from edge_agent.contract.surveyed import DeviceFound, SurveyAnswer
from province.model.survey import Bandwidth, Class, DeviceSeen, Kind, Message, SurveyFile
from province.model.tables import Firmware, Tables
from province.standard.checks import OUR_CHOICE
from province.survey.scan.place import Listed, Place
from province.survey.scan.streams import able, stream
from province.survey.scan.texts import NEXT, SAYS
from province.text import Text

Judgement = tuple[Class | None, list[Text], Text | None]
"""Class, reasons, what to do next."""
Identity = dict[str, str]
"""maker, model, firmware, serial, mac -> what the device says of itself, as far as it does."""
_SWITCH: Judgement = ("not_a_camera", [SAYS["switch"]], None)
_CREDENTIALS = ("wrong_credentials", "locked_out", "no_permission")
_LAST_SLOT = 126
_RTSP = 554
HARDWARE, NAME = "onvif://www.onvif.org/hardware/", "onvif://www.onvif.org/name/"
HEADROOM = 1.25
"""How much more than the streams' sum a line must carry (our choice): keyframes come in bursts, and measuring takes its share."""


def survey(told: SurveyAnswer, place: Place, tables: Tables, before: SurveyFile | None, by: str, bandwidth: Bandwidth | None) -> SurveyFile:
    """`before`: the facility's earlier file, whose proposed slots and words of people are kept."""
    found = [device(each, place, tables) for each in told["found"]]
    return SurveyFile.model_validate(
        {
            "site": place.code,
            "at": told["at"],
            "by": by,
            "lan": told["lan"],
            "seconds": told["seconds"],
            "devices": numbered(found, place, before),
            "absent": told["absent"],
            "no_access": told["no_access"],
            "bandwidth": bandwidth,
        }
    )


def device(told: DeviceFound, place: Place, tables: Tables) -> DeviceSeen:
    switch = next((each for each in place.devices if each.kind == "switch" and _is(each, told)), None)
    listed = next((each for each in place.devices if each.slot == told["slot"]), None) if told["slot"] else switch
    identity = _identity(told)
    make = make_of(identity, tables) or next((name for name in told["drivers"] if name in tables.makes), None)
    category, reasons, then = _SWITCH if switch else _judged(told, listed, make, identity, tables)
    values = {"site": place.code, "slot": listed.slot if listed else "N"}
    moved = told["listed_at"] if told["listed_at"] not in (None, told["address"]) else None
    if moved:
        reasons = [SAYS["moved"].format(at=told["address"], listed=moved), *reasons]
    fields = {
        "slot": listed.slot if listed else None,
        "listed": listed is not None,
        "kind": "switch" if switch else _kind(told),
        "class": category,
        "reason": _sentence(reasons),
        "next": _sentence([then.format(**values)]) if then else None,
        "address": told["address"],
        "listed_at": moved,
        "port": told["port"],
        "mac": told["mac"] or identity.get("mac"),
        "maker": identity.get("maker"),
        "make": make,
        "model": identity.get("model"),
        "firmware": identity.get("firmware"),
        "serial": identity.get("serial"),
        "drivers": told["drivers"],
        "driver": told["driver"],
        "login": told["login"],
        "able": able(told),
        "streams": [stream(n, each) for n, each in enumerate(told["streams"])],
        "settings": list(dict.fromkeys(change["field"] for change in told["changes"])),
        "lacks": [Message(**note["detail"]) for note in told["notes"] if note["class"] == "obsolete"],
        "channels": told["channels"] if _kind(told) == "recorder" else None,
        "open_ports": told["open"],
    }
    return DeviceSeen.model_validate(fields)


def _judged(told: DeviceFound, listed: Listed | None, make: str | None, identity: Identity, tables: Tables) -> Judgement:
    failed, why = told["class"], Text(**told["reason"]) if told["reason"] else None
    if failed == "not_activated":
        return "needs_activation", [_given(why)], NEXT["needs_activation"]
    if told["old_firmware"]:
        return "needs_firmware", [_given(why)], NEXT["needs_firmware"]
    if failed in _CREDENTIALS:
        return "needs_credentials", [_given(why)], NEXT["needs_credentials"]
    if told["driver"] is None:
        return _unspoken(told, listed, why)
    if listed is None:
        recorder = _kind(told) == "recorder"
        return "needs_credentials", [SAYS["unlisted"]], SAYS["take_recorder" if recorder else "accept"]
    if failed and told["port"] != (listed.port or 80):
        return "needs_credentials", [SAYS["port"].format(port=told["port"])], SAYS["take"]
    if failed:
        return None, [_given(why)], Text(**told["hint"]) if told["hint"] else None
    if not told["login_tried"]:
        return "needs_credentials", [SAYS["no_password"]], NEXT["needs_credentials"]
    return _read(told, listed, make, identity, tables)


def _unspoken(told: DeviceFound, listed: Listed | None, why: Text | None) -> Judgement:
    """None of the drivers fits."""
    if _RTSP in told["open"] or told["announced"] or (told["class"] == "onvif_off" and listed):
        return "needs_credentials", [SAYS["rtsp_only"]], SAYS["switch_on_onvif"]
    if listed is not None:
        return None, [why] if why else [], Text(**told["hint"]) if told["hint"] else None
    ports = ", ".join(map(str, told["open"])) or "-"
    return "not_a_camera", [SAYS["silent"].format(ports=ports)], SAYS["not_ours"]


def _read(told: DeviceFound, listed: Listed, make: str | None, identity: Identity, tables: Tables) -> Judgement:
    """It let us in, and was read."""
    lacks = [Text(**note["detail"]) for note in told["notes"] if note["class"] == "obsolete"]
    untold = told["kind"] == "camera" and any(note["field"] == "encoders" for note in told["notes"]) and not told["streams"]
    if lacks or untold:
        rule = too_old(make, identity, tables)
        lacks = lacks or [SAYS["no_encoder"]]
        if rule is not None or untold:
            newer = [_worth_updating(rule, identity)] if rule else []
            return "needs_firmware", [*lacks, *newer], NEXT["needs_firmware"]
        return "obsolete", lacks, NEXT["obsolete"]
    reasons, then = [SAYS[told["login"]]] if told["login"] in ("factory", "previous") else [], NEXT["ready_after_settings"]
    driver = listed.driver
    if driver and told["driver"] != driver:
        reasons.append(SAYS["other_driver"].format(listed=driver, fits=told["driver"]))
        then = NEXT["driver"]
    if told["changes"]:
        reasons.append(SAYS["settings"].format(count=len(told["changes"])))
    main = stream(0, told["streams"][0]) if told["streams"] else None
    if main is not None and main.problem is not None:
        why = Text(main.problem.vi, main.problem.en)
        reasons.append(why if main.measured else Text(SAYS["stream"].vi.format(why=why.vi), SAYS["stream"].en.format(why=why.en)))
    return ("ready_after_settings", reasons, then) if reasons else ("ready", [SAYS["ready"]], None)


def too_old(make: str | None, identity: Identity, tables: Tables) -> Firmware | None:
    """The rule by which this device's firmware is worth updating."""
    known = tables.makes.get(make or "")
    firmware, model = version(identity.get("firmware")), str(identity.get("model") or "")
    if known is None or not firmware:
        return None
    return next((r for r in known.firmware if re.fullmatch(r.models, model, re.IGNORECASE) and firmware < version(r.below)), None)


def _worth_updating(rule: Firmware, identity: Identity) -> Text:
    source = OUR_CHOICE if rule.source == OUR_CHOICE.en else Text(rule.source, rule.source)
    said, values = SAYS["firmware"], {"firmware": identity.get("firmware"), "below": rule.below, "gives": rule.gives}
    return Text(said.vi.format(**values, source=source.vi), said.en.format(**values, source=source.en))


def version(written: str | None) -> tuple[int, ...]:
    """The first run of numbers joined by dots: "V5.5.82 build 190909" is (5, 5, 82); () where there is none."""
    run = re.search(r"\d+(?:\.\d+)+", written or "")
    return tuple(map(int, run[0].split("."))) if run else ()


def make_of(identity: Identity, tables: Tables) -> str | None:
    """The maker of makes.yml whose id or name begins what the device calls its maker; a camera of nobody's is `generic`."""
    said = re.sub(r"[^a-z0-9]", "", str(identity.get("maker") or "").lower())
    if not said:
        return None
    known = {re.sub(r"[^a-z0-9]", "", name.lower()): make.id for make in tables.makes.values() for name in (make.id, make.name)}
    return next((make for name, make in known.items() if said.startswith(name)), "generic" if "generic" in tables.makes else None)


def numbered(found: Sequence[DeviceSeen], place: Place, before: SurveyFile | None) -> list[DeviceSeen]:
    """With a slot proposed for each camera and recorder that the inventory lacks, the same as in the earlier file, and with what people
    wrote there."""
    known = {key: each for each in (before.devices if before else []) if not each.listed for key in _keys(each)}
    taken = set[int | None](place.taken)
    kept = {id(each): old for each in found if not each.listed and (old := next((known[k] for k in _keys(each) if k in known), None))}
    taken |= {old.slot for old in kept.values() if old.slot}
    result = []
    for each in found:
        old = kept.get(id(each))
        if each.listed or each.kind not in ("camera", "recorder"):
            result.append(each)
            continue
        slot = old.slot if old and old.slot else next((n for n in range(1, _LAST_SLOT + 1) if n not in taken), None)
        taken |= {slot} if slot else set()
        then = each.next and Message(
            vi=each.next.vi.replace("--slot N", f"--slot {slot}"), en=each.next.en.replace("--slot N", f"--slot {slot}")
        )
        words = {"place": old.place, "zone": old.zone} if old else {}
        result.append(each.model_copy(update={"slot": slot, "next": then, **words}))
    return result


def _keys(each: DeviceSeen) -> Iterable[str]:
    """By which a device is known again: its MAC, else its address."""
    if each.mac:
        yield each.mac
    elif each.address:
        yield str(each.address)


def _is(switch: Listed, told: DeviceFound) -> bool:
    return bool(switch.mac == told["mac"] if switch.mac and told["mac"] else switch.address == told["address"])


def _kind(told: DeviceFound) -> Kind:
    kinds: tuple[Kind, ...] = ("camera", "recorder")
    if (known := next((kind for kind in kinds if kind == told["kind"]), None)) is not None:
        return known
    return "camera" if _RTSP in told["open"] or told["announced"] else "other"


def _identity(told: DeviceFound) -> Identity:
    """What the device told of itself; of one that wants a login first, what it announced."""
    found: Identity = {key: str(value) for key, value in told["identity"].items() if value}
    for scope in told["scopes"]:
        for prefix, field in ((HARDWARE, "model"), (NAME, "maker")):
            if scope.startswith(prefix) and len(scope) > len(prefix):
                found.setdefault(field, _unquoted(scope.removeprefix(prefix)))
    return found


def _unquoted(value: str) -> str:
    return unquote(value).strip()[:60] or "?"


def _given(text: Text | None) -> Text:
    return text or Text("chưa rõ vì sao", "no reason was told")


def _sentence(reasons: Sequence[Text]) -> Message | None:
    said = [each for each in reasons if each.vi]
    return Message(vi="; ".join(each.vi for each in said), en="; ".join(each.en for each in said)) if said else None


def bandwidth(place: Place, kbps: int, uplink: int | None, at_least: bool, how: Text) -> Bandwidth:
    """`kbps`: the target of one main stream; `uplink`: as measured, None where it wasn't."""
    cameras = sum(1 for each in place.devices if each.kind == "camera" and not each.no_access)
    needed = cameras * kbps
    enough = None if uplink is None else True if uplink >= needed * HEADROOM else None if at_least else False
    return Bandwidth(
        cameras=cameras, needed_kbps=needed, uplink_kbps=uplink, at_least=at_least, how=Message(**how.as_dict()), enough=enough
    )

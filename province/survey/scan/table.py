"""A scan's result in the terminal: each device with its class, who is missing, what the line must carry."""

from collections import Counter
from collections.abc import Mapping

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from province.model.survey import Bandwidth, DeviceSeen, SurveyFile
from province.survey.scan.place import Place
from province.survey.scan.texts import CLASSES
from province.text import Lang, Text

_STYLES: Mapping[str | None, str] = {
    "ready": "green", "ready_after_settings": "green", "needs_credentials": "yellow", "needs_activation": "yellow",
    "needs_firmware": "yellow", "obsolete": "bold red", None: "yellow", "not_a_camera": "dim", "no_access": "dim",
}  # fmt: skip
_HEAD = {
    "slot": Text("Vị trí", "Slot"),
    "address": Text("Địa chỉ", "Address"),
    "device": Text("Thiết bị", "Device"),
    "class": Text("Loại", "Class"),
    "stream": Text("Luồng chính, đo được", "Main stream, as measured"),
    "reason": Text("Vì sao · cần làm", "Why · what to do"),
}
_NEW = Text("mới", "new")
_ABSENT = Text("Có trong danh mục mà không thấy: {slots}.", "In the inventory and not found: {slots}.")
_STRANGERS = Text("Thấy mà chưa có trong danh mục: {count}.", "Found and not in the inventory: {count}.")
_BARRED = Text("Không hỏi vì không được tiếp cận: {slots}.", "Not asked, no access: {slots}.")
_UNPLACED = Text("Có {count} thiết bị chưa có địa chỉ trong danh mục.", "{count} devices of the inventory have no address yet.")
_NEED = Text("Băng thông cần: {needed} cho {cameras} camera", "Bandwidth needed: {needed} for {cameras} cameras")
_LINE = Text("; đường lên đo được {least}{rate} ({how}): {enough}.", "; uplink measured at {least}{rate} ({how}): {enough}.")
_NO_LINE = Text("; đường lên: chưa rõ ({how}).", "; uplink: unknown ({how}).")
_ENOUGH = {
    True: Text("đủ", "enough"),
    False: Text("không đủ", "not enough"),
    None: Text("chưa rõ có đủ không", "unknown whether that will do"),
}
_LEAST = Text("ít nhất ", "at least ")
_SUMMARY = Text("{count} thiết bị trong {lan}, {seconds:.0f} giây: {classes}.", "{count} devices in {lan}, {seconds:.0f} s: {classes}.")


def show(survey: SurveyFile, place: Place, console: Console, lang: Lang) -> None:
    table = Table(*(text.pick(lang) for text in _HEAD.values()))
    for device in survey.devices:
        table.add_row(*_row(device, lang))
    console.print(table)
    for line in summary(survey, place, lang):
        console.print(escape(line), soft_wrap=True)


def summary(survey: SurveyFile, place: Place, lang: Lang) -> list[str]:
    """What there is to say of the whole, a sentence each."""
    count = Counter(device.category for device in survey.devices)
    classes = ", ".join(f"{CLASSES[category].pick(lang)} {count[category]}" for category in CLASSES if count[category])
    lines = [_SUMMARY.pick(lang).format(count=len(survey.devices), lan=survey.lan, seconds=survey.seconds, classes=classes or "-")]
    strangers = sum(not device.listed and device.kind in ("camera", "recorder") for device in survey.devices)
    if survey.absent:
        named = ", ".join(f"{each.slot} ({each.address})" for each in place.devices if each.slot in survey.absent)
        lines.append(_ABSENT.pick(lang).format(slots=named or ", ".join(map(str, survey.absent))))
    if strangers:
        lines.append(_STRANGERS.pick(lang).format(count=strangers))
    if survey.no_access:
        lines.append(_BARRED.pick(lang).format(slots=", ".join(map(str, survey.no_access))))
    if place.unplaced:
        lines.append(_UNPLACED.pick(lang).format(count=place.unplaced))
    return [*lines, line_of(survey.bandwidth, lang)] if survey.bandwidth else lines


def line_of(bandwidth: Bandwidth, lang: Lang) -> str:
    how = getattr(bandwidth.how, lang, "") if bandwidth.how else ""
    said = _NEED.pick(lang).format(needed=rate(bandwidth.needed_kbps), cameras=bandwidth.cameras)
    if bandwidth.uplink_kbps is None:
        return said + _NO_LINE.pick(lang).format(how=how)
    least = _LEAST.pick(lang) if bandwidth.at_least else ""
    return said + _LINE.pick(lang).format(
        least=least, rate=rate(bandwidth.uplink_kbps), how=how, enough=_ENOUGH[bandwidth.enough].pick(lang)
    )


def rate(kbps: int) -> str:
    return f"{kbps / 1000:.1f} Mbit/s" if kbps >= 1000 else f"{kbps} kbit/s"


def _row(device: DeviceSeen, lang: Lang) -> list[str]:
    new = "" if device.listed or device.kind not in ("camera", "recorder") else f" ({_NEW.pick(lang)})"
    words = [getattr(each, lang) for each in (device.reason, device.next) if each]
    main = next((each for each in device.streams if each.name == "main"), None)
    return [
        f"{device.slot or '-'}{new}",
        f"{device.address}{f':{device.port}' if device.port not in (None, 80) else ''}\n{device.mac or ''}".strip(),
        escape("\n".join(part for part in (device.maker, device.model, device.firmware) if part) or device.make or "-"),
        f"[{_STYLES[device.category]}]{CLASSES[device.category].pick(lang)}[/]",
        escape(str(main.measured or getattr(main.problem, lang, "-")) if main else "-"),
        escape(" → ".join(words)),
    ]

"""What a province's group_vars and host_vars, or `-e`, choose for its roles: it must be of its kind, and what devices are set to must
still meet the standard.

A value that is a template is known only where Ansible runs: it isn't looked at here.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from province.fault import Fault
from province.model.book import Book, get
from province.model.rules.variable_kinds import Misfit, misfits
from province.source import Key, read
from province.standard import settings
from province.standard.checks import Standard, StandardError
from province.standard.load import load
from province.standard.settings import DeviceSettings, Unmet
from province.standard.texts import limit_of
from province.text import Text

FOLDERS = ("group_vars", "host_vars")
ENDINGS = (".yml", ".yaml", ".json")
ROLE, DAYS = "cameras_", ("recorders_settings", "days")
STREAM = {"codec": str, "width": int, "height": int, "fps": int, "bitrate_kbps": int, "keyframe_s": float}
_BOOLEANS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def within_the_standard(book: Book) -> Iterator[Fault]:
    """By a required check it is a fault; by an advised one a note."""
    try:
        standard = load(book.path)
    except StandardError:
        return  # what is wrong with the province's own is said at its line
    asked = settings.of(settings.thresholds(standard))
    own = read(book.path / "standard.yml")
    for each in settings.unmet(asked, standard):
        yield Fault(own.file, 1, each.check.id, _message(_IMPOSSIBLE, each))
    for folder in FOLDERS:
        for file in sorted((book.path / folder).rglob("*")):
            if file.suffix in ENDINGS:
                yield from _chosen(book, file, asked, standard)


def chosen_for(inventory: Path, host: str, groups: Iterable[str], asked: DeviceSettings) -> DeviceSettings:
    """`asked` as the rollout of this host sets it: with what is chosen for all, for its groups, and for itself, as Ansible takes them."""
    for place in ("group_vars/all", *(f"group_vars/{group}" for group in sorted(groups)), f"host_vars/{host}"):
        single = [(inventory / place).with_suffix(ending) for ending in ENDINGS]
        for file in (*single, *sorted((inventory / place).rglob("*"))):
            if file.suffix in ENDINGS and file.is_file():
                asked = settings.chosen(asked, _role(read(file).data))
    return asked


def unfit(given: Mapping[str, Any], asked: DeviceSettings, standard: Standard) -> list[Misfit]:
    """Of what a play was given (`-e`, group_vars): what a role can't take, and what would never meet a required check."""
    found = [misfit for name, value in given.items() for misfit in misfits(name, value)]
    unmet = settings.unmet(settings.chosen(asked, _role(given)), standard)
    return found + [Misfit(_key(each), _message(_UNMET, each)) for each in unmet if each.check.required]


def _role(data: Any) -> dict[str, Any]:
    """What a file chooses; nothing of an encrypted one, or one that Ansible will not take either."""
    if not isinstance(data, Mapping):
        return {}
    role = _typed({name.removeprefix(ROLE): value for name, value in data.items() if str(name).startswith(ROLE)})
    days = get(data, *DAYS)
    return role | ({"recording_days": int(days)} if str(days).isdecimal() else {})


def _key(unmet: Unmet) -> Key:
    return DAYS if unmet.field == "recording_days" else tuple(f"{ROLE}{unmet.field}".split("."))


def _chosen(book: Book, file: Path, asked: DeviceSettings, standard: Standard) -> Iterator[Fault]:
    source = read(file)
    for name, value in source.data.items() if isinstance(source.data, dict) else ():
        for key, why in misfits(name, value):
            yield Fault(file, source.line(key), ".".join(map(str, key)), why)
    for each in settings.unmet(settings.chosen(asked, _role(source.data)), standard):
        key = _key(each)
        fault = Fault(file, source.line(key), ".".join(map(str, key)), _message(_UNMET, each))
        if each.check.required:
            yield fault
        else:
            book.notices.append(fault)


def _typed(role: Mapping[str, Any]) -> dict[str, Any]:
    """As Ansible gives them to the role; without templates, and without what is of the wrong kind, which `misfits` names."""
    found: dict[str, Any] = {}
    for name in ("encoder", "sub_encoder"):
        given = role.get(name)
        if isinstance(given, dict):
            found[name] = stream = {}
            for field in STREAM.keys() & given.keys():
                with suppress(TypeError, ValueError):
                    stream[field] = STREAM[field](given[field])
    if isinstance(role.get("services_off"), list):
        found["services_off"] = [str(each) for each in role["services_off"]]
    if str(role.get("osd")).lower() in _BOOLEANS:
        found["osd"] = _BOOLEANS[str(role["osd"]).lower()]
    found |= {name: role[name] for name in ("discovery", "ntp") if isinstance(role.get(name), str) and "{{" not in role[name]}
    return found


def _message(text: Text, unmet: Unmet) -> Text:
    value = ", ".join(unmet.value) if isinstance(unmet.value, tuple) else str(unmet.value)
    limit = limit_of(unmet.check)
    vi, en = ({"value": value, "check": f"{unmet.check.id} ({words})"} for words in limit)
    return Text(text.vi.format(**vi), text.en.format(**en))


_UNMET = Text(
    "“{value}” không đạt mục {check} của tiêu chuẩn: đo kiểm sẽ báo không đạt mãi; xoá dòng này, hoặc đổi ngưỡng trong standard.yml",
    "“{value}” does not meet the standard's check {check}: it would be not met for ever; remove this, or change the threshold in "
    "standard.yml",
)
_IMPOSSIBLE = Text(
    "không cài đặt nào đạt mục {check}: ketnoi đặt “{value}”; sửa ngưỡng này",
    "nothing can be set that meets {check}: ketnoi sets “{value}”; change this threshold",
)

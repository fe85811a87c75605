"""A province as large as a hub can take: 700 facilities of 20 cameras, in the sample province's areas, units and authorities."""

import shutil
from pathlib import Path
from typing import Any

import yaml

from province.paths import data

FACILITIES, CAMERAS = 700, 20
SAMPLE = data("inventory") / "binh-dinh"
KINDS = ("school", "dormitory", "hotel", "health-centre", "hospital")


class _Plain(yaml.SafeDumper):
    """Without anchors, which an inventory does not use."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def write(folder: Path, facilities: int = FACILITIES, cameras: int = CAMERAS) -> Path:
    """The inventory, in `folder`/binh-dinh."""
    inventory = folder / "binh-dinh"
    (inventory / "areas").mkdir(parents=True)
    for name in ("province.yml", "units.yml"):
        shutil.copy(SAMPLE / name, inventory / name)
    models = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in sorted((SAMPLE / "areas").glob("*.yml"))]
    for place, model in enumerate(models):
        numbers = range(1 + place, 1 + facilities, len(models))
        document = model | {"facilities": [_facility(model["facilities"][0], number, cameras) for number in numbers]}
        text = yaml.dump(document, Dumper=_Plain, allow_unicode=True, sort_keys=False)
        (inventory / "areas" / f"{model['area']['id']}.yml").write_text(text, encoding="utf-8")
    return inventory


def _facility(model: dict[str, Any], number: int, cameras: int) -> dict[str, Any]:
    """Like the area's first, with a number, a name, a box and cameras of its own."""
    slots = range(1, cameras + 1)
    high, low = divmod(number, 256)
    zones = [camera["zone"] for camera in model["cameras"]]
    return {key: value for key, value in model.items() if key not in ("recorders", "switches", "recording", "opinion")} | {
        "id": f"BD-{number:04}",
        "number": number,
        "code": f"{model['code'][:-3]}-{number:04}",
        "name": f"Cơ sở cách ly số {number}",
        "kind": KINDS[number % len(KINDS)],
        "lan": {"network": "192.168.1.0/24", "box_address": "192.168.1.1", "topology": "routed"},
        "box": {"mac": f"02:4b:{high:02x}:{low:02x}:00:01", "lan_mac": f"02:4b:{high:02x}:{low:02x}:00:02"},
        "cameras": [
            {
                "slot": slot,
                "zone": zones[slot % len(zones)],
                "place": f"Vị trí {slot}",
                "make": "hikvision",
                "driver": "onvif",
                "address": f"192.168.1.{10 + slot}",
                "mac": f"02:4b:{high:02x}:{low:02x}:01:{slot:02x}",
            }
            for slot in slots
        ],
    }  # fmt: skip

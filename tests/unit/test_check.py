"""What a person can mistype in an inventory, and what they are told: the line, the field, what to do, in both languages."""

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from soak import examples

from province.commands.check import check
from province.model import load
from tests.unit.inventories import SAMPLE, copied, spoil

pytestmark = pytest.mark.slow

AREA, PROVINCE, UNITS = "areas/an-nhon.yml", "province.yml", "units.yml"

# file, what stands there, what is written instead, fields that are at fault, words of the message
ONE_FAULT = [
    (AREA, "id: BD-0002", "id: BD-0001", ["an-nhon-02.id"], "stands already at an-nhon.yml:8"),
    (AREA, "id: BD-0002", "id: bd2", ["an-nhon-02.id"], "no facility id"),
    (AREA, "number: 2\n", "number: 1\n", ["an-nhon-02.number"], "an-nhon-01's already"),
    (AREA, "number: 2\n", "number: two\n", ["an-nhon-02.number"], "whole number"),
    (AREA, "number: 2\n", "number: 1024\n", ["an-nhon-02.number"], "1023 at most"),
    (AREA, "code: an-nhon-02", "code: An Nhơn 2", ["An Nhơn 2.code"], "lower-case"),
    (AREA, "code: an-nhon-02", "code: hub", ["hub.code"], "kept for the software"),
    (AREA, "name: Trường THCS Gò Sành", "name:", ["an-nhon-02.name"], "is missing: fill it in (name)"),
    (AREA, "    name: Trường THCS Gò Sành\n", "    name: [a]\n", ["an-nhon-02.name"], "must be text"),
    (AREA, "kind: school", "kind: castle", ["an-nhon-02.kind"], "'barracks'"),
    (AREA, "kind: school", "kind: school\n    colour: red", ["an-nhon-02.colour"], "unknown field: remove it"),
    (AREA, "connection_plan:", "conection_plan:", ["an-nhon-01.conection_plan"], "is `connection_plan` meant?"),
    (AREA, "email: an-nhon-02@", "email: an-nhon-02", ["an-nhon-02.focal_point.email"], "no e-mail address"),
    (AREA, "phone: 0256 000 1002, ", "", ["an-nhon-02.focal_point.phone"], "is missing: fill it in (phone"),
    (AREA, "phone: 0256 000 1002", "phone: 0256", ["an-nhon-02.focal_point.phone"], "10 or 11 digits"),
    (AREA, "title: Phó Hiệu trưởng", "title: ''", ["an-nhon-02.focal_point.title"], "fill it in"),
    (AREA, "slot: 3", "slot: 2", ["an-nhon-01.cameras[3].slot"], "slot 2 is taken"),
    (AREA, "slot: 3", "slot: 127", ["an-nhon-01.cameras[3].slot"], "126 at most"),
    (AREA, "192.168.1.13", "192.168.1.12", ["an-nhon-01.cameras[3].address"], "is taken at an-nhon.yml:"),
    (AREA, "192.168.1.13", "192.168.1.1", ["an-nhon-01.cameras[3].address"], "is taken at an-nhon.yml:"),
    (AREA, "192.168.1.13", "192.168.2.13", ["an-nhon-01.cameras[3].address"], "outside the facility's LAN"),
    (AREA, "192.168.1.13", "192.168.1.255", ["an-nhon-01.cameras[3].address"], "first or last"),
    (AREA, "192.168.1.13", "192.168.1.300", ["an-nhon-01.cameras[3].address"], "no IPv4 address"),
    (AREA, "02:4b:00:01:01:03", "02-4B-00-01-01-02", ["an-nhon-01.cameras[3].mac"], "an-nhon-01's already"),
    (AREA, "02:4b:00:01:01:03", "02:4b:00:02:00:01", ["an-nhon-02.box.mac"], "an-nhon-01's already"),
    (AREA, "02:4b:00:01:01:03", "02:4b", ["an-nhon-01.cameras[3].mac"], "no MAC address"),
    (AREA, "02:4b:00:01:01:03", "03:4b:00:01:01:03", ["an-nhon-01.cameras[3].mac"], "group's MAC"),
    (AREA, "zone: lobby", "zone: loby", ["an-nhon-01.cameras", "an-nhon-01.cameras[3].zone"], "no"),
    (AREA, "zone: lobby", "zone: room", ["an-nhon-01.cameras", "an-nhon-01.cameras[3].zone"], "no"),
    (AREA, 'place: "Sảnh tầng 1"', 'place: "Trong phòng 101"', ["an-nhon-01.cameras[3].place"], "no camera may be here"),
    (AREA, 'place: "Sảnh tầng 1"', "place: Nhà tắm", ["an-nhon-01.cameras[3].place"], "no camera may be here"),
    (AREA, "{zone: yard, ", "{zone: gate, ", ["an-nhon-01.cameras", "an-nhon-01.no_camera_zones[1].zone"], "yard"),
    (AREA, "driver: onvif", "driver: onwif", ["an-nhon-01.cameras[1].driver"], "there are: onvif"),
    (AREA, "make: dahua", "make: dahau", ["an-nhon-01.cameras[2].make"], "nearest: dahua"),
    (AREA, "network: 192.168.1.0/24", "network: 192.168.1.1/24", ["an-nhon-01.lan.network"], "write 192.168.1.0/24"),
    (AREA, "network: 192.168.1.0/24", "network: 192.168.1.0", ["an-nhon-01.lan.network"], "no IPv4 network"),
    (AREA, "network: 192.168.1.0/24", "network: 192.0.0.0/2", ["an-nhon-01.lan.network"], "collides with 203.0.113.10/32"),
    (AREA, "network: 192.168.1.0/24", "network: 0.0.0.0/0", ["an-nhon-01.lan.network"], "collides with"),
    (AREA, "topology: routed", "arms: 3", ["an-nhon-01.lan.arms"], "write `topology: flat`"),
    (AREA, "topology: routed", "topology: star", ["an-nhon-01.lan.topology"], "'flat' or 'routed'"),
    (AREA, "uplink: {kind: dhcp, kbps: 50000}", "uplink: {kind: static, address: 1.2.3.4/24}", ["an-nhon-01.uplink.gateway"], "needs"),
    (AREA, "uplink: {kind: dhcp, kbps: 50000}", "uplink: {kind: pppoe}", ["an-nhon-01.uplink.user"], "needs `user`"),
    (
        AREA, "uplink: {kind: dhcp, kbps: 50000}", "uplink: {kind: static, address: 1.2.3.4/24, gateway: 1.2.4.1}",
        ["an-nhon-01.uplink.gateway"], "no router",
    ),
    (
        AREA, "uplink: {kind: dhcp, kbps: 50000}", "uplink: {kind: static, address: 192.168.1.9/24, gateway: 192.168.1.254}",
        ["an-nhon-01.uplink.address"], "overlaps the camera LAN",
    ),
    (AREA, 'box: {mac: "02:4b:00:01:00:01", ', "box: {", ["an-nhon-01.box"], "needs `serial` or `mac`"),
    (AREA, "authority: ubnd-an-nhon", "authority: ubnd-anh-non", ["defaults.authority"], "nearest: ubnd-an-nhon"),
    (AREA, "{id: p-an-nhon, ", "{id: p-an-nhom, ", ["an-nhon-03.unit[2].id"], "no unit “p-an-nhom”"),
    (AREA, ", to: 2025-07-01}, {id: p-an-nhon, from: 2025-07-01}", "}", ["an-nhon-03.unit[1].id"], "p-an-nhon-dong"),
    (AREA, "from: 2021-05-01", "from: 2011-05-01", ["an-nhon-01.unit[1].id"], "only since 2011-11-28"),
    (AREA, "from: 2021-05-01", "from: 1/5/2021", ["an-nhon-01.unit[1].from"], "year-month-day"),
    (AREA, "from: 2021-05-01", "from: 2021-02-30", ["an-nhon-01.unit[1].from"], "no day"),
    (
        AREA, "{id: p-an-nhon, from: 2025-07-01}", "{id: p-an-nhon, from: 2025-06-01}",
        ["an-nhon-03.unit[2].from", "an-nhon-03.unit[2].id"], "before",
    ),
    (AREA, "id: an-nhon, name", "id: an-nhan, name", ["area.id"], "not the file's name"),
    (AREA, "area: {id: an-nhon, name: Thị xã An Nhơn}", "area: an-nhon", ["area"], "name: value"),
    (AREA, "facilities:\n", "facilitys:\n", ["facilitys"], "unknown field"),
    (AREA, "facilities:\n", "facilities:\n  - just text\n", ["facilities[1]"], "name: value"),
    (AREA, "    cameras:\n", "    cameras: none\n    camera:\n", ["an-nhon-01.camera", "an-nhon-01.cameras"], "camera"),
    (PROVINCE, "block: 5", "block: 64", ["hub.block"], "63 at most"),
    (PROVINCE, "  block: 5\n", "", ["hub.block"], "is missing"),
    (PROVINCE, "endpoint: 203.0.113.10", "endpoint: hub.vn", ["hub.endpoint"], "no IPv4 address"),
    (
        PROVINCE, "endpoint: 203.0.113.10", "endpoint: 203.0.113.10\n  more_endpoints: [203.0.113.11, hub.vn]",
        ["hub.more_endpoints[2]"], "no IPv4 address",
    ),
    (PROVINCE, "milestone: connect", "milestone: conect", ["orders[1].milestone"], "'connect'"),
    (PROVINCE, "id: bch-quan-su", "id: so-y-te", ["authorities[2].id"], "stands already"),
    (PROVINCE, "inclusive: false", "inclusive: perhaps", ["orders[1].inclusive"], "true or false"),
    (PROVINCE, "{from: 2025-03-01, name", "{from: 2025-08-01, name", ["office.renamed[2].from"], "not after the one above"),
    (PROVINCE, "example, to: 2025-03-01", "example, from: 2025-04-01, to: 2025-03-01", ["recipients[1].to"], "is not after"),
    (PROVINCE, "unit: t-binh-dinh", "unit: t-binh-din", ["unit"], "no unit"),
    (UNITS, "id: p-an-nhon-dong", "id: p-an-nhon-nam", ["p-an-nhon-nam.id", "tx-an-nhon.successors[3]"], "p-an-nhon"),
    (UNITS, "parent: t-gia-lai-2025", "parent: t-gia-lai", ["p-quy-nhon.parent"], "no unit"),
    (UNITS, "from: 2020-06-01", "from: 2026-06-01", ["tx-hoai-nhon.to"], "is not after"),
    (UNITS, "type: phường", "type: ward", ["p-quy-nhon.type"], "'phường'"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "fields", "words"), ONE_FAULT, ids=[f"{row[2][:40]!r}" for row in ONE_FAULT])
def test_a_slip_is_found_at_its_line(tmp_path: Path, file: str, old: str, new: str, fields: list[str], words: str) -> None:
    inventory = copied(tmp_path, "an-nhon")
    line = spoil(inventory / file, old, new)
    _, faults = load(inventory)
    assert sorted(fault.field for fault in faults) == fields
    assert words in " ".join(fault.text.en for fault in faults)
    assert all(fault.text.vi and fault.text.vi != fault.text.en for fault in faults)
    at_slip = {fault.field: fault.line for fault in faults if fault.file == inventory / file}
    assert any(abs(found - line) <= 1 for found in at_slip.values()) or fields == ["an-nhon-02.box.mac"]


def test_no_lan_may_hold_any_of_the_hubs_addresses(tmp_path: Path) -> None:
    inventory = copied(tmp_path, "an-nhon")
    spoil(inventory / PROVINCE, "endpoint: 203.0.113.10", "endpoint: 203.0.113.10\n  more_endpoints: [203.0.113.11, 192.168.1.7]")
    _, faults = load(inventory)
    assert {fault.field for fault in faults} == {f"an-nhon-0{number}.lan.network" for number in (1, 2, 3)}
    assert all("collides with 192.168.1.7/32" in fault.text.en for fault in faults)


def test_the_sample_province_has_no_fault_and_looks_like_a_province() -> None:
    province, faults = load(SAMPLE)
    assert faults == []
    assert province is not None
    assert len(province.facilities) >= 40
    assert len(province.areas) == 11
    assert [facility.code for facility in province.select(area="an-nhon")] == ["an-nhon-01", "an-nhon-02", "an-nhon-03"]
    assert {facility.uplink.kind for facility in province.facilities} == {"dhcp", "static", "pppoe"}
    assert {facility.lan.topology for facility in province.facilities} == {"flat", "routed"}


def test_many_faults_in_many_files_are_told_in_one_run(tmp_path: Path) -> None:
    inventory = copied(tmp_path, "an-nhon", "tay-son")
    spoil(inventory / AREA, "phone: 0256 000 1002", "phone: none")
    spoil(inventory / AREA, "number: 2\n", "number: two\n")
    spoil(inventory / AREA, "zone: lobby", "zone: bathroom", nth=2)
    spoil(inventory / AREA, "192.168.1.12", "192.168.9.12", nth=2)
    spoil(inventory / "areas/tay-son.yml", "driver: onvif", "driver: vhs")
    spoil(inventory / PROVINCE, "block: 5", "block: five")
    spoil(inventory / UNITS, "type: xã", "type: commune")
    _, faults = load(inventory)
    assert sorted(fault.field for fault in faults) == [
        "an-nhon-02.cameras", "an-nhon-02.cameras[2].address", "an-nhon-02.cameras[3].zone", "an-nhon-02.focal_point.phone",
        "an-nhon-02.number", "hub.block", "tay-son-01.cameras[1].driver", "x-nhon-chau.type",
    ]  # fmt: skip


def test_a_broken_file_hides_no_fault_of_another(tmp_path: Path) -> None:
    inventory = copied(tmp_path, "an-nhon", "tay-son")
    spoil(inventory / AREA, "number: 1\n", "number: [1\n")
    spoil(inventory / "areas/tay-son.yml", "driver: onvif", "driver: vhs")
    _, faults = load(inventory)
    assert [(fault.file.name, fault.field) for fault in faults] == [
        ("an-nhon.yml", "yaml"),
        ("tay-son.yml", "tay-son-01.cameras[1].driver"),
    ]


def test_numbers_are_unique_across_areas(tmp_path: Path) -> None:
    inventory = copied(tmp_path, "an-nhon", "tay-son")
    spoil(inventory / "areas/tay-son.yml", "number: 29\n", "number: 3\n")
    _, faults = load(inventory)
    assert [(fault.file.name, fault.field) for fault in faults] == [("tay-son.yml", "tay-son-01.number")]


def test_a_fault_in_defaults_is_told_where_the_default_stands(tmp_path: Path) -> None:
    inventory = copied(tmp_path, "an-nhon")
    line = spoil(inventory / PROVINCE, "  connector: vnpt-binh-dinh", "  connector: vnpt")
    _, faults = load(inventory)
    assert {(fault.file.name, fault.line) for fault in faults} == {("province.yml", line)}


def test_secrets_put_in_the_wrong_place_are_not_repeated(tmp_path: Path) -> None:
    inventory = copied(tmp_path, "an-nhon")
    spoil(inventory / AREA, "uplink: {kind: dhcp, kbps: 50000}", "uplink: {kind: pppoe, user: a, password: hunter2hunter2}")
    _, faults = load(inventory)
    assert [fault.field for fault in faults] == ["an-nhon-01.uplink.password"]
    assert "hunter2" not in str(faults)


@pytest.mark.parametrize("missing", ["province.yml", "units.yml", "areas/an-nhon.yml"])
def test_a_missing_file_is_a_fault(tmp_path: Path, missing: str) -> None:
    inventory = copied(tmp_path, "an-nhon")
    (inventory / missing).unlink()
    assert load(inventory)[1]


def test_a_province_may_have_zones_of_its_own_and_a_slip_in_them_is_found(tmp_path: Path) -> None:
    inventory = copied(tmp_path, "an-nhon")
    ours = (SAMPLE.parents[1] / "province/data/zones.yml").read_text(encoding="utf-8")
    (inventory / "zones.yml").write_text(ours + "  - '(unclosed'\n", encoding="utf-8")
    _, faults = load(inventory)
    assert [(fault.file.name, fault.field) for fault in faults] == [("zones.yml", "refused_places[7]")]
    (inventory / "zones.yml").write_text("zones: [{id: roof, vi: Mái, en: Roof, required: true}]\n", encoding="utf-8")
    _, faults = load(inventory)
    assert "the zone “roof” (Roof) has neither a camera nor a reason" in " ".join(fault.text.en for fault in faults)


@pytest.mark.parametrize("content", ["", "[]", "text", "defaults: 3\nfacilities: 4\narea: 5\nhub: 6\nunits: 7\n", "a: [}"])
@pytest.mark.parametrize("file", [PROVINCE, UNITS, AREA, "zones.yml", "makes.yml"])
def test_a_file_that_is_something_else_is_a_fault(tmp_path: Path, file: str, content: str) -> None:
    inventory = copied(tmp_path, "an-nhon")
    (inventory / file).write_text(content)
    assert load(inventory)[1]


@settings(max_examples=examples(150), deadline=None)
@given(data=st.data())
def test_no_slip_of_the_finger_raises(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A value, anywhere in the files, replaced by something of another kind."""
    inventory = copied(tmp_path_factory.mktemp("slip"), "an-nhon")
    file = inventory / data.draw(st.sampled_from([PROVINCE, UNITS, AREA]))
    lines = file.read_text(encoding="utf-8").split("\n")
    at = data.draw(st.sampled_from([index for index, line in enumerate(lines) if ":" in line]))
    key, _, _ = lines[at].partition(":")
    junk = data.draw(st.sampled_from(["", " 1", " []", " {}", " [1, [2]]", " {a: {b: c}}", " -1", " 0", " 1e9", " ' '", " 9" * 9, " ²"]))
    lines[at] = f"{key}:{junk}"
    file.write_text("\n".join(lines), encoding="utf-8")
    province, faults = load(inventory)
    assert faults or province is not None
    assert all(fault.show("vi") and fault.show("en") and fault.line >= 1 for fault in faults)


def test_a_barracks_with_no_opinion_is_named_and_is_no_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(copied(tmp_path, "phu-cat"), "vi", json_output=False) == 0
    out = capsys.readouterr().out
    assert "phu-cat-01 (Doanh trại Núi Bà)" in out
    assert "chưa có ý kiến" in out


def test_an_opinion_counts_from_its_day_and_only_if_it_agrees() -> None:
    province, _ = load(SAMPLE)
    assert province is not None
    barracks = {facility.code: facility for facility in province.facilities if facility.kind == "barracks"}
    assert len(barracks) >= 2
    on_file = next(each for each in barracks.values() if each.opinion)
    without = next(each for each in barracks.values() if not each.opinion)
    assert on_file.opinion is not None
    assert on_file.withheld(on_file.opinion.date) is None
    assert on_file.withheld(date(2021, 5, 1)) is not None
    refused = on_file.model_copy(update={"opinion": on_file.opinion.model_copy(update={"agrees": False})})
    assert refused.withheld(date(2021, 6, 1)) is not None
    assert without.withheld(date(2021, 6, 1)) is not None


def test_check_says_file_line_field_and_exits_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inventory = copied(tmp_path, "an-nhon")
    line = spoil(inventory / AREA, "driver: onvif", "driver: vhs")
    assert check(inventory, "en", json_output=False) == 1
    out = capsys.readouterr().out
    assert f"{inventory / AREA}:{line}: an-nhon-01.cameras[1].driver: unknown driver “vhs”; there are: onvif" in out


def test_check_as_json_carries_both_languages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inventory = copied(tmp_path, "an-nhon", "phu-cat")
    line = spoil(inventory / AREA, "driver: onvif", "driver: vhs")
    assert check(inventory / "province.yml", "vi", json_output=True) == 1
    document = json.loads(capsys.readouterr().out)
    assert [(fault["line"], fault["field"]) for fault in document["faults"]] == [(line, "an-nhon-01.cameras[1].driver")]
    assert set(document["faults"][0]["message"]) == {"vi", "en"}
    assert [each["code"] for each in document["withheld"]] == ["phu-cat-01"]


def test_check_of_no_inventory_exits_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(tmp_path, "en", json_output=False) == 2
    assert "no province.yml" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("network", "block"), [("10.5.0.0/16", "10.5.0.0/16"), ("10.0.0.0/8", "10.5.0.0/16"), ("10.137.9.0/24", "10.136.0.0/15")]
)
def test_a_lan_may_not_be_where_the_hub_is(tmp_path: Path, network: str, block: str) -> None:
    inventory = copied(tmp_path, "an-nhon")
    spoil(inventory / AREA, "network: 192.168.1.0/24", f"network: {network}")
    _, faults = load(inventory)
    assert f"collides with {block}" in next(fault.text.en for fault in faults if fault.field == "an-nhon-01.lan.network")


@pytest.mark.parametrize(("network", "is_tiny"), [("192.168.1.0/30", False), ("192.168.1.0/31", True), ("192.168.1.1/32", True)])
def test_a_lan_has_room_for_a_box_and_a_camera(tmp_path: Path, network: str, is_tiny: bool) -> None:
    """In a network of four addresses there is; one without room is told once, and the next facility is still looked at."""
    inventory = copied(tmp_path, "an-nhon")
    spoil(inventory / AREA, "network: 192.168.1.0/24", "network: 192.168.7.0/24", nth=2)
    spoil(inventory / AREA, "network: 192.168.1.0/24", f"network: {network}")
    _, faults = load(inventory)
    told = {fault.field: fault.text.en for fault in faults}
    assert ("no room for cameras" in told.get("an-nhon-01.lan.network", "")) == is_tiny
    outside = {"an-nhon-01.cameras[1].address", "an-nhon-01.recorders[1].address"}
    assert outside.isdisjoint(told) if is_tiny else outside < told.keys()
    assert "is outside the facility's LAN 192.168.7.0/24" in told["an-nhon-02.cameras[1].address"]


def test_a_lan_that_is_no_network_hides_no_fault_of_the_next_facility(tmp_path: Path) -> None:
    inventory = copied(tmp_path, "an-nhon")
    spoil(inventory / AREA, "network: 192.168.1.0/24", "network: 192.168.7.0/24", nth=2)
    spoil(inventory / AREA, "network: 192.168.1.0/24", "network: here")
    _, faults = load(inventory)
    told = {fault.field: fault.text.en for fault in faults}
    assert "no IPv4 network" in told["an-nhon-01.lan.network"]
    assert "is outside the facility's LAN 192.168.7.0/24" in told["an-nhon-02.cameras[1].address"]


def test_a_fault_in_defaults_is_told_once(tmp_path: Path) -> None:
    inventory = copied(tmp_path, "an-nhon")
    line = spoil(inventory / AREA, "authority: ubnd-an-nhon", "authority: ubnd-anh-non")
    _, faults = load(inventory)
    assert [(fault.line, fault.field) for fault in faults] == [(line, "defaults.authority")]


def test_a_full_hub_is_read(tmp_path: Path) -> None:
    inventory = copied(tmp_path)
    for file in sorted((inventory / "areas").glob("*.yml")):
        file.unlink()
    body = (SAMPLE / "areas/an-nhon.yml").read_text(encoding="utf-8").split("facilities:\n")[1]
    records = []
    for copy in range(233):
        text = (
            body.replace("code: an-nhon-", f"code: c{copy}-").replace("02:4b:00:", f"02:4b:{copy + 1:02x}:").replace("BD-00", f"BD-{copy}")
        )
        for number in (1, 2, 3):
            text = text.replace(f"number: {number}\n", f"number: N{copy * 3 + number}\n")
        records.append(text.replace("number: N", "number: "))
    head = "area: {id: big, name: Big}\ndefaults: {authority: so-y-te}\nfacilities:\n"
    (inventory / "areas/big.yml").write_text(head + "\n".join(records), encoding="utf-8")
    province, faults = load(inventory)
    assert faults == []
    assert province is not None
    assert len(province.facilities) == 699


def test_a_facility_that_was_only_surveyed_is_named_with_what_is_missing_and_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inventory = copied(tmp_path, "an-nhon")
    file = inventory / AREA
    spoil(file, "    kind: school\n", "    kind: school\n    stage: surveyed\n")
    spoil(file, '192.168.1.12, mac: "02:4b:00:02:01:02"', "192.168.1.12")
    spoil(file, '    box: {mac: "02:4b:00:02:00:01", lan_mac: "02:4b:00:02:00:02"}\n', "")
    assert check(inventory, "vi", False) == 0
    assert "an-nhon-02 (Trường THCS Gò Sành) mới khảo sát, còn thiếu 2 mục (box, cameras[2].mac)" in capsys.readouterr().out
    province, faults = load(inventory)
    assert province and not faults and [each.code for each in province.facilities] == ["an-nhon-01", "an-nhon-03"]


def test_what_is_wrong_with_a_surveyed_facility_stays_a_fault(tmp_path: Path) -> None:
    inventory = copied(tmp_path, "an-nhon")
    spoil(inventory / AREA, "    kind: school\n", "    kind: school\n    stage: surveyed\n")
    spoil(inventory / AREA, "192.168.1.12, ", "192.168.1.999, ", nth=2)
    _, faults = load(inventory)
    assert [fault.field for fault in faults] == ["an-nhon-02.cameras[2].address"]


def test_a_province_s_own_makes_say_what_they_say_and_the_rest_is_ours(tmp_path: Path) -> None:
    inventory = copied(tmp_path, "an-nhon")
    (inventory / "makes.yml").write_text(
        "makes:\n"
        "  - {id: generic, name: Camera, factory: [{user: admin, password: admin}]}\n"
        "  - {id: dahua, name: Dahua, also: [dahua vn]}\n"
        "  - {id: hikvision, name: Hikvision}\n"
        "  - {id: mikrotik, name: MikroTik}\n"
        "  - {id: theirs, name: Theirs}\n"
        "drivers: {cameras: [onvif], recorders: [onvif], switches: [linux]}\n",
        encoding="utf-8",
    )
    tables = load(inventory)[0].tables
    assert tables.makes["dahua"].also == ["dahua vn"] and tables.makes["hikvision"].also[0] == "hik"
    assert tables.makes["dahua"].factory == [] and tables.makes["hikvision"].firmware == [], "what a province leaves out it doesn't want"
    chosen = {make: tables.driver("recorders", make) for make in ("hikvision", "dahua", "theirs", "nobody")}
    assert chosen == {"hikvision": "hikvision", "dahua": "dahua", "theirs": "onvif", "nobody": "onvif"}
    assert tables.driver("switches", "mikrotik") == "routeros" and tables.driver("cameras", "hikvision") == "onvif"
    assert tables.drivers == {
        "cameras": ("onvif", "dahua", "hikvision"), "recorders": ("onvif", "dahua", "hikvision"), "switches": ("routeros", "linux"),
    }  # fmt: skip


def test_a_driver_that_we_lack_is_a_fault_of_the_province_s_makes(tmp_path: Path) -> None:
    inventory = copied(tmp_path, "an-nhon")
    (inventory / "makes.yml").write_text(
        "makes:\n"
        "  - {id: hikvision, name: Hikvision}\n"
        "  - id: axis\n"
        "    name: Axis\n"
        "    drivers:\n"
        "      cameras: [vapix]\n"
        "drivers: {switches: [linux, junos]}\n",
        encoding="utf-8",
    )
    faults = [fault for fault in load(inventory)[1] if fault.file.name == "makes.yml"]
    assert [(fault.line, fault.field) for fault in faults] == [
        (6, "makes[2].drivers.cameras"),
        (7, "drivers.switches"),
    ]
    assert "vapix" in faults[0].text.en and "dahua, hikvision" in faults[0].text.en and "routeros" in faults[1].text.vi


@pytest.mark.parametrize(("arms", "topology"), [("1", "flat"), ("2", "routed"), ("02", "routed")])
def test_the_former_key_of_a_lan_still_works_and_check_says_what_to_write(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arms: str, topology: str
) -> None:
    inventory = copied(tmp_path, "an-nhon")
    line = spoil(inventory / AREA, "topology: routed", f"arms: {arms}")
    province, faults = load(inventory)
    assert province is not None and faults == [] and province.facilities[0].lan.topology == topology
    assert check(inventory, "en", json_output=False) == 0
    note = f"note: {inventory / AREA}:{line}: an-nhon-01.lan.arms: `arms: {arms}` is the former spelling"
    assert any(each.startswith(note) and f"`topology: {topology}`" in each for each in capsys.readouterr().out.splitlines())
    assert check(inventory, "vi", json_output=True) == 0
    [notice] = json.loads(capsys.readouterr().out)["notices"]
    assert (notice["line"], notice["field"], set(notice["message"])) == (line, "an-nhon-01.lan.arms", {"vi", "en"})


def test_todays_key_of_a_lan_goes_before_the_former(tmp_path: Path) -> None:
    inventory = copied(tmp_path, "an-nhon")
    spoil(inventory / AREA, "topology: routed", "topology: routed, arms: 1")
    province, faults = load(inventory)
    assert province is not None and faults == [] and province.facilities[0].lan.topology == "routed"
    assert [notice.text.en for notice in province.notices] == ["`topology` says it already: remove `arms`"]


@pytest.mark.parametrize("file", [AREA, PROVINCE])
def test_the_former_key_in_defaults_is_todays_for_all_that_say_nothing_else(tmp_path: Path, file: str) -> None:
    inventory = copied(tmp_path, "an-nhon")
    spoil(inventory / AREA, ", topology: routed", "", nth=2)
    line = spoil(inventory / file, "defaults:\n", "defaults:\n  lan: {arms: 1}\n") + 1
    province, faults = load(inventory)
    assert province is not None and faults == []
    assert [each.lan.topology for each in province.facilities] == ["routed", "flat", "routed"]
    assert [(notice.file.name, notice.line, notice.field) for notice in province.notices] == [(Path(file).name, line, "defaults.lan.arms")]


def test_a_fault_of_what_the_former_key_means_is_told_at_its_line(tmp_path: Path) -> None:
    inventory = copied(tmp_path, "an-nhon")
    spoil(inventory / AREA, "uplink: {kind: dhcp, kbps: 50000}", "uplink: {kind: static, address: 192.168.1.77/24, gateway: 192.168.1.250}")
    spoil(inventory / AREA, "lan: {network: 192.168.1.0/24, box_address: 192.168.1.1, topology: routed}",
          "lan:\n      network: 192.168.1.0/24\n      box_address: 192.168.1.1\n      arms: 2")  # fmt: skip
    _, faults = load(inventory)
    assert [fault.field for fault in faults] == ["an-nhon-01.uplink.address"] and "overlaps the camera LAN" in faults[0].text.en

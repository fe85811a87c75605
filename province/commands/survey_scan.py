"""`ketnoi survey scan`: look at a facility's camera LAN and write down what is there. Nothing is written to any device."""

import json
import sys
from datetime import date
from pathlib import Path

from rich.console import Console as Terminal

from edge_agent.contract.strict import parse_json
from province.commands.elapsed import Elapsed
from province.model.rules.role_variables import chosen_for
from province.model.select import loaded
from province.model.survey import Bandwidth
from province.reach import netns
from province.reach.ssh import Shell
from province.rollout.inventory import groups_of
from province.standard.checks import StandardError
from province.standard.load import load as load_standard
from province.standard.settings import of as settings_of
from province.standard.settings import thresholds
from province.survey.scan import file as scan_file
from province.survey.scan import judge as scan_judge
from province.survey.scan import place as scan_place
from province.survey.scan import request as scan_request
from province.survey.scan import run as scan_run
from province.survey.scan import table as scan_table
from province.survey.scan import uplink
from province.text import Lang, Text
from province.user_error import UserError

_LOOKING = Text(
    "đang quét {lan} của {code}; chỉ đọc, không ghi vào thiết bị nào", "looking at {lan} of {code}; nothing is written to any device"
)
_UPLINK = Text("đang đo đường lên (tối đa {mb} MB, {seconds} giây)", "measuring the uplink (at most {mb} MB, {seconds} s)")
_WRITTEN = Text("đã ghi: {file}", "written: {file}")


def scan(inventory: Path, site: str, *, local: bool, uplink_too: bool, streams: bool, lang: Lang, json_output: bool) -> int:
    """Exit 0 when it looked, whatever it found; UserError when it could not."""
    province = loaded(inventory, lang)
    place = scan_place.find(province, site, date.today())
    before = scan_file.read(inventory, site, lang)
    try:
        asked = settings_of(thresholds(load_standard(inventory)))
    except StandardError as error:
        raise UserError(f"tiêu chuẩn: {error}", f"the standard: {error}") from error
    groups = groups_of(place.whole, province, date.today()) if place.whole else []
    settings = chosen_for(inventory, site, groups, asked)
    request = scan_request.document(province, place, settings, streams=streams, state_dir=scan_run.local_state() if local else None)
    progress = _Progress(lang, site)
    progress.line(_LOOKING.format(lan=place.network, code=site))
    if local:
        told = scan_run.here(site, request, scan_request.deadline(place), progress.device)
        rate = uplink.Rate(None, False, uplink.NO_HUB)
    else:
        netns.enter(inventory)
        shell = Shell(inventory, hub_user=province.hub.ssh_user)
        told = scan_run.by_box(shell, site, request, scan_request.deadline(place), progress.device)
        rate = _rate(shell, site, uplink_too, progress)
    needed = _bandwidth(place, settings.encoder.bitrate_kbps, rate)
    survey = scan_judge.survey(told, place, province.tables, before, "laptop" if local else "box", needed)
    file = scan_file.save(inventory, survey)
    if json_output:
        print(json.dumps(survey.model_dump(mode="json", by_alias=True), ensure_ascii=False))
    else:
        scan_table.show(survey, place, Terminal(width=None if sys.stdout.isatty() else 180), lang)
        print(_WRITTEN.pick(lang).format(file=file))
    return 0


def _rate(shell: Shell, site: str, wanted: bool, progress: "_Progress") -> uplink.Rate:
    if not wanted:
        return uplink.Rate(None, False, uplink.SKIPPED)
    progress.line(_UPLINK.format(mb=uplink.MEGABYTES, seconds=uplink.SECONDS))
    return uplink.measure(shell, site)


def _bandwidth(place: scan_place.Place, kbps: int, rate: uplink.Rate) -> Bandwidth:
    return scan_judge.bandwidth(place, kbps, rate.kbps, rate.at_least, rate.how)


class _Progress:
    """A line on stderr for each device as it is done."""

    def __init__(self, lang: Lang, site: str) -> None:
        self._lang: Lang = lang
        self._site, self._elapsed = site, Elapsed()

    def line(self, text: Text) -> None:
        self._elapsed.line(f"{self._site}: {text.pick(self._lang)}")

    def device(self, line: str) -> None:
        try:
            told = parse_json("line", line)
            said = f"{told['address']}: {told['class'] or told['driver'] or '-'}"
        except (ValueError, KeyError, TypeError):
            return
        self.line(Text(said, said))

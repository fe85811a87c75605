"""The recorder's channels at work: each pulls its camera as long as it is set, and notes in the index what it would record."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Any

from lab.recorder import pull
from lab.recorder.shape import Recorder
from lab.recorder.state import ALWAYS

AGAIN_S = 2.0
FRESH_S = 3.0


class Channel:
    """One slot. ``detected`` is why it is or isn't online, in a recorder's words."""

    def __init__(self, recorder: Recorder, number: int) -> None:
        self._recorder, self.number = recorder, number
        self.detected = "notExist"
        self._seen = 0.0
        self._wake = asyncio.Event()
        self._work: asyncio.Task[Any] | None = None

    @property
    def settings(self) -> dict[str, Any]:
        found: dict[str, Any] = self._recorder.memory[f"channels.{self.number}"]
        return found

    @property
    def online(self) -> bool:
        return self.number not in self._recorder.flags["channel_offline"] and time.monotonic() - self._seen < FRESH_S

    def changed(self) -> None:
        """Its settings are others: what runs is dropped, and begun again."""
        if self._work is not None:
            self._work.cancel()
        self._seen = 0.0
        self._work = self._recorder.spawn(self._run())

    def stop(self) -> None:
        if self._work is not None:
            self._work.cancel()

    async def _run(self) -> None:
        while self.settings["set"]:
            try:
                self.detected = "connect"
                await pull.watch(self._source(), self._packets)
            except pull.WrongPassword:
                self.detected = "passwordError"
            except pull.Unanswered:
                self.detected = "netUnreachable"
            wait = AGAIN_S if self.detected != "passwordError" else 30 * AGAIN_S  # a recorder that hammers locks the camera
            await asyncio.sleep(wait)
        self.detected = "notExist"

    def _source(self) -> pull.Source:
        s, config = self.settings, self._recorder.config
        return pull.Source(s["protocol"], s["address"], s["port"], s["user"], s["password"], config.camera_rtsp_port, s["rtsp_path"])

    def _packets(self) -> None:
        before, self._seen = self._seen, time.monotonic()
        if self._seen - before < 0.5 and int(before) == int(self._seen):
            return
        if self.online and self.records(self._recorder.local()) and self._recorder.disk_works():
            self._recorder.index.add_moment(self.number, self._recorder.local())

    def records(self, now: float) -> bool:
        """Whether its schedule says so at this moment of the recorder's local time."""
        track = self._recorder.memory[f"tracks.{self.number}"]
        there = datetime.fromtimestamp(now, UTC)
        minute = there.hour * 60 + there.minute
        rows = [r for r in track["week"] if r[0] == there.weekday() and r[1] <= minute < r[2]]
        return bool(track["enabled"] and any(r[3] == ALWAYS for r in rows))

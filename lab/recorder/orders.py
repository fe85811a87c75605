"""The lab's hand on a recorder: a camera's orders, and those about recordings."""

from __future__ import annotations

from typing import Any

from lab.camera import control
from lab.camera.control import Order
from lab.recorder.recorder import Recorder


async def _recordings(recorder: Recorder, order: Order) -> Any:
    return recorder.index.spans(int(order["channel"]))


async def _recorded(recorder: Recorder, order: Order) -> Any:
    recorder.index.add(int(order["channel"]), float(order["from"]), float(order["to"]))


async def _gap(recorder: Recorder, order: Order) -> Any:
    recorder.index.cut(int(order["channel"]), float(order["from"]), float(order["to"]))


async def _channels(recorder: Recorder, order: Order) -> Any:
    return {str(n): {"online": c.online, "detected": c.detected} for n, c in recorder.channels.items() if c.settings["set"]}


ORDERS = {
    **{name: order for name, order in control.ORDERS.items() if name != "freeze"},
    "recordings": _recordings,
    "recorded": _recorded,
    "gap": _gap,
    "channels": _channels,
}

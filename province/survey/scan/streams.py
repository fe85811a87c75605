"""What a camera can and what its streams are, as a scan's file says it. Pure."""

from edge_agent.contract.surveyed import DeviceFound, StreamFound, StreamShape
from province.model.survey import Able, Message, StreamSeen
from province.survey.scan.texts import NO_PICTURE, SAYS, STREAMS

RATE_TOLERANCE = 0.2
"""By so much may a stream's rate be off its settings before it is said (our choice)."""


def able(told: DeviceFound) -> Able | None:
    encoders = told["encoders"] or []
    options = encoders[0]["options"] if encoders else None
    if not options:
        return None
    sizes = [size for each in options.values() for size in each["sizes"]]
    rates = [max(each["fps_list"]) if each["fps_list"] else each["fps"]["high"] if each["fps"] else 0 for each in options.values()]
    govs = [each["gov"]["high"] for each in options.values() if each["gov"]]
    largest = max(sizes, key=lambda size: size[0] * size[1], default=None)
    return Able(
        codecs=sorted(options),
        largest=f"{largest[0]}x{largest[1]}" if largest else None,
        fps=max(rates, default=0) or None,
        keyframe_frames=max(govs, default=0) or None,
    )


def stream(number: int, told: StreamFound) -> StreamSeen:
    settings = told["configured"]
    problem = None
    if not told["ok"]:
        problem = STREAMS.get(str(told["reason"]), NO_PICTURE)
    elif _odd(settings, told):
        problem = SAYS["odd_stream"].format(measured=shape(told), settings=shape(settings))
    return StreamSeen(
        name="main" if number == 0 else "sub",
        settings=shape(settings) or None,
        measured=(shape(told) or None) if told["ok"] else None,
        kbps=told.get("kbps"),
        packets=told.get("packets") or 0,
        open=told["ok"] and told.get("asked_login") is False,
        problem=Message(**problem.as_dict()) if problem else None,
    )


def _odd(settings: StreamShape, measured: StreamShape) -> bool:
    """Whether what came is not what is set: other pictures, or another rate."""
    codec, came = settings.get("codec") or "", measured.get("codec")
    if codec and came and {"jpeg": "mjpeg"}.get(codec, codec) != came:
        return True
    sides = [(settings.get("width"), measured.get("width")), (settings.get("height"), measured.get("height"))]
    if any(a and b and a != b for a, b in sides):
        return True
    rate, seen = settings.get("fps"), measured.get("fps")
    return bool(rate and seen and abs(seen - rate) > RATE_TOLERANCE * rate)


def shape(told: StreamShape) -> str:
    """ "h264 1920x1080 15 fps 2048 kbit/s, keyframe 2 s", as much of it as is known."""
    codec = {"jpeg": "mjpeg"}.get(told.get("codec") or "", told.get("codec"))
    parts = [codec, f"{told['width']}x{told['height']}" if told.get("width") else None]
    parts += [f"{fps:g} fps" if (fps := told.get("fps")) else None, f"{told['kbps']} kbit/s" if told.get("kbps") else None]
    words = " ".join(part for part in parts if part)
    return words + (f", keyframe {keyframe_s:g} s" if (keyframe_s := told.get("keyframe_s")) else "")

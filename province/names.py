"""The names that devices bear, made of the facility's code and their slot."""

from typing import Literal

Kind = Literal["camera", "recorder", "switch"]
_LETTERS = {"camera": "C", "recorder": "R", "switch": "S"}


def subject_name(kind: Kind, slot: int | str) -> str:
    """A device within its facility, as tables and verdicts name it: "C01", "R20", "S30"."""
    return f"{_LETTERS[kind]}{int(slot):02d}"


def camera_name(code: str, slot: int) -> str:
    """What a camera shows in its picture and answers to: "AN-NHON-01 C01"."""
    return f"{code} {subject_name('camera', slot)}".upper()


def recorder_name(code: str, slot: int) -> str:
    return f"{code} {subject_name('recorder', slot)}".upper()

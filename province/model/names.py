"""The names that devices bear, made of the facility's code and their slot."""


def camera_name(code: str, slot: int) -> str:
    """What a camera shows in its picture and answers to: "AN-NHON-01 C01"."""
    return f"{code} C{int(slot):02d}".upper()


def recorder_name(code: str, slot: int) -> str:
    return f"{code} R{int(slot):02d}".upper()

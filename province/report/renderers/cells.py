"""What a spreadsheet would take for something else: formulas in a person's words, numbers in a phone number."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What Excel, LibreOffice and Google Sheets begin to calculate at (OWASP, CSV injection)."""


def neutral(text: str) -> str:
    """A cell that stays text, whoever wrote it: what begins like a formula gets an apostrophe before it. Idempotent."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def phone(digits: str) -> str:
    """ "02560001001" -> "0256 000 1001": as people write it, and no program takes it for a number and drops its zero."""
    return f"{digits[:4]} {digits[4:7]} {digits[7:]}" if digits.isdigit() and len(digits) > 7 else digits

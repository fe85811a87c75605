"""Dated administrative units; the code is in province.model.units, this is the name under which others know it."""

from province.model.units import Unit, Units, UnitType

__all__ = ["Unit", "UnitType", "Units"]

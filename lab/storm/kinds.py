"""All kinds of faults: each module enters its own when it is imported."""

from lab.storm import office, storage, times, weather
from lab.storm.sky import KINDS

__all__ = ["KINDS", "office", "storage", "times", "weather"]

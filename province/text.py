"""What users read, in both languages, and the time that they read on their clocks."""

from datetime import timedelta, timezone

from edge_agent.contract.text import Lang as Lang
from edge_agent.contract.text import Text as Text
from edge_agent.contract.text import default_lang as default_lang

VIETNAM = timezone(timedelta(hours=7))
"""The time of every place in Vietnam, all the year."""

"""Attacks of our own, on real parts: what a stolen box, an impostor's camera or anybody at the door could send. See docs/security.md."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "sim/agent"))

from agent_fixtures import another_collector, collector, database, hub, kept, processes, workplace

__all__ = ["another_collector", "collector", "database", "hub", "kept", "processes", "workplace"]

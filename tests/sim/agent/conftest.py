"""The fixtures of agent_fixtures.py, which tests/attack uses too."""

from agent_fixtures import another_collector, collector, database, hub, kept, new_agent, processes, workplace

__all__ = ["another_collector", "collector", "database", "hub", "kept", "new_agent", "processes", "workplace"]

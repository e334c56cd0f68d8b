"""Laneway: BPMN-driven case work."""

from importlib.metadata import version

__version__ = version("laneway")

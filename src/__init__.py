"""Laneway: BPMN-driven case work."""


"""Measurements. Each module is a command: `python -m bench.step`; `--json` prints the figures for machines."""

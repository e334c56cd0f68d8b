"""Measurements of the product: `python -m bench.<name> --json`."""

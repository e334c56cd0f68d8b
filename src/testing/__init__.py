"""For those who test their processes: run a process without a browser or a background worker."""

from laneway.testing.draining import drain

__all__ = ["drain"]

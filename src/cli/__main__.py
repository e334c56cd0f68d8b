"""`python -m laneway.cli` is the command `laneway`."""

from laneway.cli import main

main(prog_name="laneway")

"""What is done to running instances by hand: suspend, modify, migrate, set variables."""

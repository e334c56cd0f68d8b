"""What becomes of data in the long run: archive and retention, backup, copies."""

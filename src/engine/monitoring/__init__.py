"""What those who watch an installation are told: readiness, figures, signs of life."""

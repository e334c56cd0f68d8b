"""What is known for questions of customers: articles, and the catalogue of solutions (DOMAIN seed 24, 29)."""

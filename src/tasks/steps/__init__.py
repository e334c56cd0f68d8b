"""Job types that come with the product, so that a diagram needs no Python for them (docs/dialect.md): one module each."""

"""Stands in for the platform's own package in tests: only what a bundle's entrypoint imports, nothing behind it."""

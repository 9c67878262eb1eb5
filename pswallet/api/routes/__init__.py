"""One module a feature: its shapes, then its routes."""

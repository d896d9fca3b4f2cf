"""Providers are dialects: see `base` for the shape, `registry` for the table, one package each for the wires."""

"""Lua; each file's header is its contract."""

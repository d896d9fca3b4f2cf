"""The journal's decisions, in Lua."""

"""The ground floor: errors, ids, clocks, keys, Lua, HTTP, retries, telemetry. It decides nothing about campaigns.

Decision about names: a verb writes, waits or raises; a pure function without effects may be named by the value that it
returns (`contact_id`, `next_attempt_at`).
"""

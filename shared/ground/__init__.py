"""The ground floor: errors, ids, clocks, keys, Lua, HTTP, retries, telemetry. It knows nothing of campaigns."""

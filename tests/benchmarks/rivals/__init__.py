"""The rivals, as their users have them: one task a contact, 64 requests at a time over connections that are kept.

Each module is both the application that its worker loads and, run by itself, its publisher: `python -m … COUNT` publishes
that many and prints, as JSON, when it began (epoch seconds) and the processor seconds that it took. Broker and provider
come in the environment. Where a rival leaves the choice of an HTTP client, it has the quickest: `http.client` by thread,
`aiohttp` on a loop. `requests` and `httpx`, which their documentation shows, cost several times as much.
"""

BROKER, PROVIDER = "RIVALS_BROKER", "RIVALS_PROVIDER"
IN_FLIGHT = 64

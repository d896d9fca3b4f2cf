#!/usr/bin/env bash
# twilio 9.13.0: with `max_retries=3` the asynchronous client posts a message three times when it is answered 500; the other one once.
#
# Expected by a reader: `max_retries` means the same in both clients ("maximum number of retries each request should attempt"):
# a request that did not reach the server is tried again, a POST that was answered is not, since it may have been accepted.
# Seen: TwilioHttpClient gives the number to its connection adapter, so nothing that was sent is sent again. In
# AsyncTwilioHttpClient the same number is the count of attempts, and every answer from 500 on starts the next one, whatever the
# method: three POSTs of one message within a second, for one call of `create_async`. Moreover `timeout` given to its
# constructor is not used: an answer that takes 2 s arrives in spite of `timeout=0.5`; the other client raises.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
    twilio==9.13.0 requests==2.34.2 aiohttp==3.14.5 aiohttp-retry==2.9.1
"$folder/venv/bin/python" -W ignore::DeprecationWarning - <<'PY'
import asyncio

from aiohttp import web
from requests import Timeout
from twilio.base.exceptions import TwilioRestException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

posts, answer_in, answer_with = [], 0.0, 500


async def messages(request):
    posts.append(await request.text())
    await asyncio.sleep(answer_in)
    body = {"sid": "SM1"} if answer_with == 201 else {"code": 20500, "message": "made up"}
    return web.json_response(body, status=answer_with)


class Local(TwilioHttpClient):
    def request(self, method, url, **options):
        self.session.mount("http://", self.session.get_adapter("https://api.twilio.com"))  # as it is for Twilio
        return super().request(method, url.replace("https://api.twilio.com", address), **options)


class LocalAsync(AsyncTwilioHttpClient):
    async def request(self, method, url, **options):
        return await super().request(method, url.replace("https://api.twilio.com", address), **options)


async def create(kind, **options):
    """(outcome, POSTs that the server saw) of one message"""
    posts.clear()
    client = Client("AC" + "0" * 32, "made-up", http_client=kind(**options))
    message = {"to": "whatsapp:+14155550123", "from_": "whatsapp:+14155550100", "content_sid": "HX1"}
    try:
        if kind is Local:
            created = await asyncio.to_thread(client.messages.create, **message)
        else:
            created = await client.messages.create_async(**message)
        outcome = created.sid
    except TwilioRestException as error:
        outcome = error.status
    except Timeout:
        outcome = "timeout"
    finally:
        if kind is LocalAsync:
            await client.http_client.close()
    return outcome, len(posts)


async def main():
    global address, answer_in, answer_with
    application = web.Application()
    application.router.add_post("/{path:.*}", messages)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    address = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"
    seen = {kind.__name__: [await create(kind, max_retries=3)] for kind in (Local, LocalAsync)}
    answer_in, answer_with = 2.0, 201
    for kind in (Local, LocalAsync):
        seen[kind.__name__].append(await create(kind, timeout=0.5))
    await runner.cleanup()
    return seen


seen = asyncio.run(asyncio.wait_for(main(), 40))
for kind, (refused, slow) in seen.items():
    print(f"{kind:10} answered 500, max_retries=3: {refused[1]} POSTs; answered in 2 s, timeout=0.5: {slow[0]}")
assert seen == {
    "Local": [(500, 1), ("timeout", 1)],
    "LocalAsync": [(500, 3), ("SM1", 1)],
}, seen
PY

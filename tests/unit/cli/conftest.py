"""An API that answers what it is told to, over real HTTP: what the real one never says cannot be tested with it."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from typer.testing import CliRunner

from workers.cli.app import app

Given = tuple[int, object]


class Scripted:
    """answers: `GET /v1/…` → (status, document or bytes), or a list of them, in turn.  asked: what came, in order."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.answers: dict[str, Given | list[Given]] = {}
        self.asked: list[tuple[str, dict[str, str], bytes]] = []

    def take(self, line: str) -> Given:
        found = self.answers.get(line, (404, {"code": "no-such-call", "detail": f"Nobody expected {line}."}))
        if isinstance(found, list):
            return found.pop(0) if len(found) > 1 else found[0]
        return found

    @property
    def lines(self) -> list[str]:
        return [line for line, _, _ in self.asked]


@pytest.fixture
def scripted():
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self):
            line = f"{self.command} {self.path}"
            api.asked.append((line, dict(self.headers), self._body()))
            status, content = api.take(line)
            body = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _body(self):
            if self.headers.get("Transfer-Encoding") != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body

        do_GET = do_POST = _answer  # noqa: N815 (the library's names)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        api = Scripted(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield api
        server.shutdown()
        thread.join(5)


@pytest.fixture
def oriel(scripted, monkeypatch, tmp_path):
    """Runs a command against the scripted API."""
    monkeypatch.setenv("ORIEL_API_URL", scripted.url)
    monkeypatch.setenv("ORIEL_API_KEY", "made-up-key")
    monkeypatch.chdir(tmp_path)
    return lambda *arguments, **given: CliRunner().invoke(app, arguments, **given)

"""The API's client: where it looks, what it sends, and how it says what went wrong."""

import os

import pytest

from config.endpoints import Endpoints, endpoints_path
from shared.ground.errors import ConfigurationError
from workers.cli.client import Address, Api, ApiProblem, ApiUnreachable, locate

CAMPAIGN = {"id": "cabc", "state": "draft"}


def running(data_dir, pid=None):
    endpoints = Endpoints(
        api="http://127.0.0.1:1",
        webhook="",
        public_url="",
        ops={},
        state="",
        broker="",
        operator_key="the-operators-key",
        data_dir=data_dir,
        pid=pid or os.getpid(),
    )
    path = endpoints_path(data_dir)
    path.parent.mkdir(parents=True)
    path.write_text(endpoints.model_dump_json(), encoding="utf-8")


# ── where it is ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_environment_names_the_api():
    environ = {"ORIEL_API_URL": "https://oriel.example.com/", "ORIEL_API_KEY": "key"}

    assert locate(None, environ) == Address("https://oriel.example.com", "key")


def test_else_what_runs_in_the_data_directory(tmp_path):
    running(tmp_path)

    assert locate(tmp_path, {}) == Address("http://127.0.0.1:1", "the-operators-key")


def test_an_own_key_goes_before_the_operators(tmp_path):
    running(tmp_path)

    assert locate(tmp_path, {"ORIEL_API_KEY": "mine"}).key == "mine"


def test_an_address_without_a_key_is_wrong_configuration():
    with pytest.raises(ConfigurationError, match="ORIEL_API_KEY"):
        locate(None, {"ORIEL_API_URL": "http://127.0.0.1:1"})


def test_nothing_running_says_what_to_start(tmp_path):
    with pytest.raises(ApiUnreachable, match="oriel up"):
        locate(tmp_path, {})


def test_a_key_is_not_shown():
    assert "secret" not in repr(Address("http://x", "secret"))


# ── what it sends ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_post_carries_key_tenant_and_a_fresh_idempotency_key(scripted):
    scripted.answers["POST /v1/campaigns"] = (201, CAMPAIGN)
    async with Api(Address(scripted.url, "key"), "acme") as api:
        assert await api.post("v1/campaigns", {"name": "May"}) == CAMPAIGN
        await api.post("v1/campaigns", {"name": "May"})

    (_, first, body), (_, second, _) = scripted.asked
    assert first["Authorization"] == "Bearer key"
    assert first["Oriel-Tenant"] == "acme"
    assert first["Idempotency-Key"] != second["Idempotency-Key"]
    assert body == b'{"name": "May"}'


async def test_a_file_is_streamed_as_it_is(scripted, tmp_path):
    base = tmp_path / "base.csv"
    base.write_bytes(b"phone\n" + b"x" * 200_000)
    scripted.answers["POST /v1/campaigns/c/contacts"] = (200, {"received": 1})
    gone: list[int] = []
    async with Api(Address(scripted.url, "key")) as api:
        await api.upload("v1/campaigns/c/contacts", base, "text/csv", gone.append)

    _, headers, body = scripted.asked[0]
    assert body == base.read_bytes()
    assert headers["Content-Type"] == "text/csv"
    assert headers["Transfer-Encoding"] == "chunked"
    assert sum(gone) == len(body)


async def test_a_list_is_followed_to_its_end(scripted):
    scripted.answers["GET /v1/templates?limit=500"] = (200, {"items": [{"name": "a"}], "next": "n1"})
    scripted.answers["GET /v1/templates?limit=500&after=n1"] = (200, {"items": [{"name": "b"}], "next": None})
    async with Api(Address(scripted.url, "key")) as api:
        assert [item["name"] async for item in api.items("v1/templates")] == ["a", "b"]


async def test_a_list_may_be_named_by_its_whole_url(scripted):
    scripted.answers["GET /v1/rejections?upload=u1&limit=500"] = (200, {"items": [{"line": 3}], "next": None})
    async with Api(Address(scripted.url, "key")) as api:
        assert [item["line"] async for item in api.items(f"{scripted.url}/v1/rejections?upload=u1")] == [3]


# ── what went wrong ─────────────────────────────────────────────────────────────────────────────────────────────────

PROBLEM = {
    "type": "https://oriel.example.com/problems/campaign-not-found",
    "code": "campaign-not-found",
    "detail": "None.",
}


@pytest.mark.parametrize(
    ("status", "content", "code", "detail"),
    [
        (404, PROBLEM, "campaign-not-found", "None."),
        (
            400,
            {"code": "bad", "detail": "Not valid.", "errors": [{"field": "a.b", "problem": "is missing"}]},
            "bad",
            "Not valid. a.b: is missing.",
        ),
        (409, {"type": "about:/wrong-state", "title": "Not now"}, "wrong-state", "Not now"),
        (502, b"<html>", "http-502", "The API answered 502 Bad Gateway."),
        (500, [1, 2], "http-500", "The API answered 500 Internal Server Error."),
        (503, {}, "http-503", "The API answered 503 Service Unavailable."),
    ],
)
async def test_a_problem_has_a_code_and_a_sentence(scripted, status, content, code, detail):
    scripted.answers["GET /v1/campaigns/c"] = (status, content)
    async with Api(Address(scripted.url, "key")) as api:
        with pytest.raises(ApiProblem) as caught:
            await api.get("v1/campaigns/c")

    assert (caught.value.status, caught.value.code, caught.value.detail) == (status, code, detail)


async def test_a_problem_keeps_what_its_kind_tells_beside(scripted):
    problem = {**PROBLEM, "status": 409, "instance": "urn:x", "agent": "ana"}
    scripted.answers["GET /v1/campaigns/c"] = (409, problem)
    async with Api(Address(scripted.url, "key")) as api:
        with pytest.raises(ApiProblem) as caught:
            await api.get("v1/campaigns/c")

    assert caught.value.members == {"agent": "ana"}


async def test_somebody_else_at_that_address_is_told_apart(scripted):
    scripted.answers["GET /v1/templates"] = (200, b"<html>hello</html>")
    async with Api(Address(scripted.url, "key")) as api:
        with pytest.raises(ApiUnreachable, match="not Oriel's API"):
            await api.get("v1/templates")


async def test_nobody_at_that_address_is_one_sentence():
    async with Api(Address("http://127.0.0.1:1", "key")) as api:
        with pytest.raises(ApiUnreachable, match=r"^The API at http://127.0.0.1:1 does not answer: .*\.$"):
            await api.get("v1/templates")


# ── what a stranger may give ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("url", ["foo", "http://", "http://127.0.0.1:99999", "ftp://127.0.0.1", "http://[::1"])
def test_an_address_that_is_no_url_is_wrong_configuration(url):
    with pytest.raises(ConfigurationError, match="ORIEL_API_URL should be a URL"):
        locate(None, {"ORIEL_API_URL": url, "ORIEL_API_KEY": "key"})


@pytest.mark.parametrize(("key", "tenant"), [("two\nlines", None), ("key", "two\r\nlines")])
def test_a_key_or_a_tenant_of_two_lines_is_wrong_configuration(key, tenant):
    with pytest.raises(ConfigurationError, match="one line"):
        Api(Address("http://127.0.0.1:1", key), tenant)

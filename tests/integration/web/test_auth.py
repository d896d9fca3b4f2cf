"""Keys: who is let in, as whom, and to what."""

import pytest
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client import CollectorRegistry

from config.loading import load_settings
from tests.integration.web.client import (
    ACME_KEY,
    AGENTS_KEY,
    CAMPAIGN,
    DIALER_KEY,
    OPERATOR_KEY,
    OTHER_KEY,
    READER_KEY,
    ApiClient,
    Caller,
    base,
    number,
)
from workers.ops import Progress, build_ops_routes
from workers.web.api import Api
from workers.web.app import ROUTES, make_app

OPT_IN = {"contact": number(1), "source": "agent"}


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, "key-missing"),
        ("", "key-missing"),
        ("Basic YWNtZTp4", "key-missing"),
        ("Bearer", "key-missing"),
        ("Bearer ", "key-missing"),
        ("Bearer wrong-key-0123456789", "key-unknown"),
        (f"Bearer {ACME_KEY}x", "key-unknown"),
        (f"Bearer {ACME_KEY[:-1]}", "key-unknown"),
        ("Bearer \u00e9", "key-unknown"),
    ],
)
@pytest.mark.parametrize("path", ["/v1/campaigns", "/v1/campaigns/x/results.csv", "/v1/senders"])
async def test_without_a_key_nobody_is_let_in(client, header, code, path):
    nobody = Caller(client, None)
    answer = await nobody.ask("GET", path, {} if header is None else {"Authorization": header})

    assert (answer.status, answer.code) == (401, code)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


async def test_every_route_wants_a_key(client):
    nobody = Caller(client, None)
    for route in ROUTES:
        assert (await nobody.ask(route.method, route.path.replace("{", "").replace("}", ""))).status == 401


@pytest.mark.parametrize("header", ["bearer", "BEARER"])
async def test_the_schemes_name_is_not_case_sensitive(client, header):
    answer = await Caller(client, None).ask("GET", "/v1/campaigns", {"Authorization": f"{header} {ACME_KEY}"})

    assert answer.status == 200


@pytest.mark.parametrize(
    ("key", "allowed"),
    [
        (ACME_KEY, {"read", "create", "import", "start", "opt-in", "opt-out", "reply", "take", "talks", "look-up"}),
        (DIALER_KEY, {"read", "create", "import", "start", "look-up"}),
        (READER_KEY, {"read", "talks", "look-up"}),
        (AGENTS_KEY, {"reply", "take", "talks", "look-up"}),
        ("consents-key-0123456789", {"opt-in", "opt-out", "look-up"}),
    ],
)
async def test_a_key_may_what_its_scopes_say(api, client, campaign, writes, key, allowed):
    await api.upload(f"{campaign}/contacts", base(1, first=500))
    await writes(7)
    (talk,) = (await api.get("/v1/interactions")).body["items"]
    caller = Caller(client, key)
    answers = {
        "read": await caller.get(campaign),
        "create": await caller.post("/v1/campaigns", CAMPAIGN),
        "import": await caller.upload(f"{campaign}/contacts", base(1)),
        "start": await caller.post(f"{campaign}/start", {"confirm": True}),
        "opt-in": await caller.post("/v1/opt-ins", OPT_IN),
        "opt-out": await caller.post("/v1/opt-outs", OPT_IN),
        "reply": await caller.post("/v1/replies", {"sender": "clinic", "contact": number(7), "text": "Hello"}),
        "take": await caller.post(f"{talk['links']['self']}/assign", {"agent": "ana"}),
        "talks": await caller.get("/v1/interactions"),
        "look-up": await caller.post("/v1/contacts/lookup", {"contact": number(7)}),
    }

    assert {act for act, answer in answers.items() if answer.status < 300} == allowed
    assert {answer.code for answer in answers.values() if answer.status >= 300} <= {"scope-missing"}
    assert {answer.status for answer in answers.values() if answer.status >= 300} <= {403}


async def test_the_operator_acts_for_whom_it_names(client, campaign):
    acme, other = (Caller(client, OPERATOR_KEY, tenant) for tenant in ("acme", "other"))

    assert (await acme.get(campaign)).status == 200
    assert (await other.get(campaign)).status == 404
    paused = await acme.post(f"{campaign}/cancel")
    assert paused.body["by"] == "operator"


@pytest.mark.parametrize(
    ("key", "tenant", "status", "code"),
    [
        (OPERATOR_KEY, None, 400, "tenant-required"),
        (OPERATOR_KEY, "nobody", 400, "tenant-unknown"),
        (OTHER_KEY, "acme", 403, "tenant-not-yours"),
        (OTHER_KEY, "other", 200, None),
    ],
)
async def test_a_tenant_is_named(client, key, tenant, status, code):
    answer = await Caller(client, key, tenant).get("/v1/campaigns")

    assert answer.status == status
    if code:
        assert answer.code == code


@pytest.fixture
async def bare(tmp_path):
    """An installation with one tenant; keys as given."""
    clients = []

    async def start(operator_key: str | None) -> ApiClient:
        environ = {"ORIEL_STATE__URL": "redis://127.0.0.1:1/0"}
        environ |= {"ORIEL_API__OPERATOR_KEY": operator_key} if operator_key else {}
        file = tmp_path / "oriel.toml"
        file.write_text("")
        client = TestClient(TestServer(make_app(Api(load_settings(file, tmp_path, environ)))))
        await client.start_server()
        clients.append(client)
        return client

    yield start
    for client in clients:
        await client.close()


async def test_where_no_key_is_configured_nobody_is_let_in_and_told_why(bare):
    for key in (None, "anything-0123456789"):
        answer = await Caller(await bare(None), key).get("/v1/campaigns")
        assert (answer.status, answer.code) == (401, "no-key-configured")
        assert "api_keys" in answer.body["detail"]


async def test_the_only_tenant_need_not_be_named(bare):
    answer = await Caller(await bare(OPERATOR_KEY), OPERATOR_KEY).get("/v1/senders")

    assert (answer.status, answer.body["items"]) == (200, [])


# ── metrics ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("key", "status", "code"),
    [
        (None, 401, "key-missing"),
        ("wrong-key-0123456789", 401, "key-unknown"),
        (ACME_KEY, 403, "operator-only"),
        (OPERATOR_KEY, 200, None),
    ],
)
async def test_metrics_on_the_api_port_tell_of_all_tenants_and_want_the_operators_key(client, key, status, code):
    answer = await client.get("/metrics", headers={"Authorization": f"Bearer {key}"} if key else {})

    assert answer.status == status
    assert code is None or (await answer.json())["code"] == code


@pytest.mark.parametrize(
    ("table", "key", "status"),
    [
        ("", None, 401),
        ("", ACME_KEY, 200),
        ("", READER_KEY, 200),
        ("", AGENTS_KEY, 403),
        ("open_metrics = true", None, 200),
    ],
)
async def test_metrics_are_open_only_where_a_setting_says_so(tmp_path, table, key, status):
    file = tmp_path / "oriel.toml"
    file.write_text(
        f"""
        [api]
        {table}
        [[tenants]]
        id = "acme"
        api_keys = ["{ACME_KEY}", {{ name = "r", secret = "{READER_KEY}", scopes = ["read"] }},
                    {{ name = "a", secret = "{AGENTS_KEY}", scopes = ["agents"] }}]
        """
    )
    api = Api(load_settings(file, tmp_path, {"ORIEL_STATE__URL": "redis://127.0.0.1:1/0"}))
    application = make_app(api, build_ops_routes("web", Progress(), {}, CollectorRegistry()))
    async with TestClient(TestServer(application)) as client:
        answer = await client.get("/metrics", headers={"Authorization": f"Bearer {key}"} if key else {})
        assert answer.status == status
        assert (await client.get("/livez")).status == 200

"""The real application on a real Valkey, called over real HTTP."""

import itertools
import logging

import pytest
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client import CollectorRegistry

from config.loading import load_settings
from shared.ground.clock import utc_now
from shared.ground.ids import CampaignId, ContactId, LeaseId, Nonce, SenderId, TenantId
from shared.ledger.model import Kind, Mark, Settlement
from shared.providers.events import Content, ContentKind, MessageReceived
from shared.reports.reporting import Wanted
from tests.integration.web.client import CAMPAIGN, CONFIGURATION, Caller, RecordingEvents, RecordingHints, base, number
from tests.reading import present
from workers.ops import Progress, build_ops_routes
from workers.web.api import Api
from workers.web.app import make_app
from workers.wiring.installation import Installation, installation


@pytest.fixture
def settings(tmp_path, valkey_url):
    file = tmp_path / "oriel.toml"
    file.write_text(CONFIGURATION, encoding="utf-8")
    return load_settings(file, tmp_path / "data", {"ORIEL_STATE__URL": valkey_url, "ORIEL_BROKER__URL": valkey_url})


@pytest.fixture
def hints():
    return RecordingHints()


@pytest.fixture
def events():
    return RecordingEvents()


@pytest.fixture
async def opened(settings, hints, events, valkey_store):
    async with installation(settings, hints, events, store_tries=0) as everything:
        yield everything


@pytest.fixture
def web_api(settings, opened):
    api = Api(settings)
    api.open(opened)
    return api


@pytest.fixture
async def client(web_api):
    application = make_app(web_api, build_ops_routes("web", Progress(), {}, CollectorRegistry()))
    async with TestClient(TestServer(application)) as client:
        yield client


@pytest.fixture
def api(client):
    return Caller(client)


@pytest.fixture
async def campaign(api):
    """A draft without contacts: its path."""
    answer = await api.post("/v1/campaigns", CAMPAIGN)
    assert answer.status == 201, answer.text
    return answer.headers["Location"]


@pytest.fixture
async def running(api, opened):
    """A campaign of five, all of whom agreed, started and planned: its path."""
    created = await api.post("/v1/campaigns", {**CAMPAIGN, "require_opt_in": False})
    path = created.headers["Location"]
    assert (await api.upload(f"{path}/contacts", base(5))).body["admitted"] == 5
    assert (await api.post(f"{path}/start")).status == 202
    await opened.outbound.splitting.split(id_of(path))
    return path


@pytest.fixture
def send(opened: Installation):
    """Does what senders do: the next jobs of a campaign get these outcomes. Answers their ordinals."""

    async def send(path: str, *kinds: Kind, code: str = "", at=None) -> tuple[int, ...]:
        campaign, nonce = id_of(path), Nonce("n")
        unopened = opened.outbound.releasing.parcels.unopened
        lease = present(await opened.stores.ledger.take_lease(campaign, len(kinds), 1_000, unopened))
        await opened.stores.ledger.open_lease(campaign, lease.id, nonce, unopened)
        described = await opened.stores.campaigns.get(campaign)
        contacts = {one.job.ordinal: one.contact async for one in opened.reports.reporting.jobs(described, Wanted())}
        for ordinal, kind in zip(lease.ordinals, kinds, strict=True):
            attempt = await opened.stores.ledger.mark(
                Mark(campaign, LeaseId(lease.id), nonce, ordinal, contacts[ordinal])
            )
            assert isinstance(attempt, int)
            message = "" if kind is Kind.UNKNOWN else f"SM{ordinal:032d}"
            await opened.stores.ledger.settle(
                Settlement(campaign, ordinal, attempt, kind, at or utc_now(), lease.id, message, code)
            )
        await opened.stores.ledger.close_lease(campaign, lease.id, nonce, lease.ordinals, {})
        return lease.ordinals

    return send


@pytest.fixture
def contact_of(opened: Installation):
    """A person's opaque id."""

    def contact_of(index: int, tenant: str = "acme") -> ContactId:
        return opened.people.merging.id_of(TenantId(tenant), number(index))

    return contact_of


@pytest.fixture
def writes(opened):
    """A person writes to a sender, as its provider tells. content: instead of a text."""
    told = itertools.count()

    async def writes(index: int, text: str = "yes", at=None, sender: str = "clinic", content=None, **fields) -> None:
        said = content or Content(ContentKind.TEXT, text)
        message = MessageReceived(f"SMin{next(told)}", (number(index),), None, at or utc_now(), said, **fields)
        await opened.inbound.hearing.hear(opened.senders.clients[SenderId(sender)], message)

    return writes


def id_of(path: str) -> CampaignId:
    return CampaignId(path.rpartition("/")[2])


@pytest.fixture(autouse=True)
def _quiet_access_log(caplog):
    caplog.set_level(logging.INFO)

"""Reports of providers and pins of campaigns in the store: two templates of one name, and records of the release before."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.ground import keys
from shared.ground.clock import to_ms
from shared.ground.ids import CampaignId
from shared.templates.model import Button, HeaderKind, Template, TemplateStatus
from shared.templates.pins import pin_from_list, pin_of
from shared.templates.store import PinStore, TemplateStore
from tests.factories import CAMPAIGN, SENDER, template
from tests.stores import START, Store

FIELD = "appointment_reminder|en"
REPORT = template(seen_at=START, provider_id="HX1")


def record(one: Template, **fields: object) -> str:
    """As the release before wrote it."""
    assert one.seen_at is not None
    return json.dumps(
        {
            "v": 1, "name": one.name, "language": one.language, "category": one.category, "status": one.status,
            "provider_id": one.provider_id, "body": one.body, "quality": one.quality, "header": None, "header_text": "",
            "buttons": [["url", "Shop", False]], "seen": to_ms(one.seen_at), "reason": "", **fields,
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    "report",
    [
        REPORT,
        replace(REPORT, header=HeaderKind.LOCATION, unfillable=("a carousel", "a button for a flow"), fixed="0a1b"),
        replace(REPORT, fixed=""),
        replace(REPORT, status=TemplateStatus.GONE),
        replace(
            REPORT, status=TemplateStatus.DISABLED, reason="ARCHIVED", buttons=(Button("url", "Shop", takes=True),)
        ),
    ],
)
async def test_a_report_comes_back_as_it_was(stores: Store, report: Template) -> None:
    store = TemplateStore(stores.redis)
    await store.learn([report])
    assert await store.of(SENDER) == [report]


async def test_two_contents_of_one_name_are_two_records(stores: Store) -> None:
    store = TemplateStore(stores.redis)
    draft = replace(REPORT, provider_id="HX2", status=TemplateStatus.UNSUBMITTED)
    await store.learn([REPORT, draft])
    await store.learn([draft])
    assert sorted(one.provider_id or "" for one in await store.of(SENDER)) == ["HX1", "HX2"]


async def test_a_record_of_the_release_before_is_read_and_gives_way_to_its_successor(stores: Store) -> None:
    await stores.redis.hset(keys.templates(SENDER), FIELD, record(REPORT))
    store = TemplateStore(stores.redis)
    assert await store.of(SENDER) == [replace(REPORT, buttons=(Button("url", "Shop"),))]
    later = replace(REPORT, seen_at=START + timedelta(minutes=1), status=TemplateStatus.PAUSED)
    await store.learn([later])
    assert await store.of(SENDER) == [later]


async def test_a_record_of_the_release_before_about_another_content_stays(stores: Store) -> None:
    await stores.redis.hset(keys.templates(SENDER), FIELD, record(REPORT))
    store = TemplateStore(stores.redis)
    await store.learn([replace(REPORT, provider_id="HX2")])
    assert sorted(one.provider_id or "" for one in await store.of(SENDER)) == ["HX1", "HX2"]


async def test_what_the_release_before_called_disabled_since_it_is_not_listed_is_gone(stores: Store) -> None:
    gone = record(REPORT, status="disabled", reason="the provider does not list it any more")
    await stores.redis.hset(keys.templates(SENDER), FIELD, gone)
    (found,) = await TemplateStore(stores.redis).of(SENDER)
    assert (found.status, found.reason) == (TemplateStatus.GONE, "")


async def test_the_release_before_can_read_what_is_stored(stores: Store) -> None:
    """Its words for statuses and headers are fewer."""
    await TemplateStore(stores.redis).learn([replace(REPORT, status=TemplateStatus.GONE, header=HeaderKind.LOCATION)])
    (packed,) = (await stores.redis.hgetall(keys.templates(SENDER))).values()
    fields = json.loads(packed)
    assert (fields["status"], fields["header"]) == ("disabled", None)


async def test_pins_come_back_as_they_were_and_each_language_has_its_own(stores: Store) -> None:
    pins = PinStore(stores.redis)
    assert await pins.of(CAMPAIGN) == {}
    english, spanish = pin_of(REPORT, by_id=True), pin_of(template(language="es"), by_id=False)
    await pins.put(CAMPAIGN, {"en": english})
    await pins.put(CAMPAIGN, {"es": spanish})
    await pins.put(CAMPAIGN, {})
    assert await pins.of(CAMPAIGN) == {"en": english, "es": spanish}
    other = CampaignId("cbbbbbbbbbbbbbbbb")
    assert await pins.of_many([CAMPAIGN, other]) == {CAMPAIGN: {"en": english, "es": spanish}, other: {}}
    assert await pins.of_many([]) == {}


@pytest.mark.parametrize("packed", [None, [], ["HX1"], ["HX1", 7, True], {"id": "HX1"}])
def test_an_unreadable_pin_is_none(packed: object) -> None:
    assert pin_from_list(packed) is None

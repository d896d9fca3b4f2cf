"""Which template a name means: declared, reported, several of one name, one that the provider does not list."""

import pickle
from datetime import UTC, datetime, timedelta

import pytest

from shared.ground.errors import InputError
from shared.templates.candidates import collect
from shared.templates.model import Category, Template, TemplateStatus
from shared.templates.pins import Pin, Pins, pin_of
from shared.templates.registry import AmbiguousTemplate, TemplateRegistry
from tests.factories import SENDER, template

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
NAME = "appointment_reminder"


def reported(provider_id: str, body: str = "Your {{1}} is on {{2}}.", **fields: object) -> Template:
    """As a list tells it: with all of its texts."""
    listed = {"fixed": "", **fields}
    return template(provider_id=provider_id, body=body, seen_at=NOON, **listed)  # type: ignore[arg-type]  # by name


class Told(TemplateRegistry):
    """With reports, as if a store had held them."""

    def __init__(self, *reports: Template, configured: tuple[Template, ...] = ()) -> None:
        super().__init__(configured, by_id=[SENDER])
        self._templates = collect(configured, reports, [SENDER])


def pinned(one: Template) -> Pins:
    return {"en": pin_of(one, by_id=True)}


@pytest.mark.parametrize("status", [status for status in TemplateStatus if status is not TemplateStatus.APPROVED])
@pytest.mark.parametrize("is_first", [True, False])
def test_what_is_not_approved_never_hides_what_is(status: TemplateStatus, is_first: bool) -> None:
    good, other = reported("HX1"), reported("HX2", "Draft {{1}}", status=status)
    registry = Told(*((other, good) if is_first else (good, other)))
    assert registry.get_enabled(SENDER, NAME, "en") == good
    assert registry.why_unusable(SENDER, NAME, "en") is None
    assert list(registry.of(SENDER)).count(other) == 1


def test_two_approved_of_one_name_are_refused_as_ambiguous_and_each_is_found_by_its_id() -> None:
    one, other = reported("HX1"), reported("HX2", "Come at {{1}}")
    registry = Told(one, other)
    with pytest.raises(AmbiguousTemplate, match="HX1 and HX2") as ambiguous:
        registry.get_enabled(SENDER, NAME, "en")
    assert str(pickle.loads(pickle.dumps(ambiguous.value))) == str(ambiguous.value)  # noqa: S301 (our own bytes)
    assert registry.why_unusable(SENDER, NAME, "en") == "ambiguous"
    assert registry.category(SENDER, NAME, "en", {}) == Category.UTILITY
    assert [registry.get_enabled(SENDER, name, "en") for name in ("HX1", "HX2")] == [one, other]


def test_a_category_is_certain_where_the_template_is_there_and_its_name_or_its_pin_says_which() -> None:
    one, other = reported("HX1"), reported("HX2", "Come at {{1}}", category=Category.AUTHENTICATION)
    registry = Told(one, other)
    assert registry.category(SENDER, "nobody's", "en", {}) is None
    assert registry.category(SENDER, NAME, "en", {}) is None
    assert [registry.category(SENDER, NAME, "en", pinned(which)) for which in (one, other)] == [
        Category.UTILITY,
        Category.AUTHENTICATION,
    ]


def test_a_declared_id_tells_two_approved_of_one_name_apart() -> None:
    declared = template(provider_id="HX2", body="As declared {{1}}")
    registry = Told(reported("HX1"), other := reported("HX2", "Come at {{1}}"), configured=(declared,))
    assert registry.get_enabled(SENDER, NAME, "en") == other


@pytest.mark.parametrize("status", [TemplateStatus.APPROVED, TemplateStatus.PAUSED, TemplateStatus.GONE])
def test_a_pin_keeps_the_id_whatever_else_has_that_name(status: TemplateStatus) -> None:
    own, other = reported("HX1", status=status), reported("HX2", "Come at {{1}}")
    registry = Told(other, own)
    pins = pinned(reported("HX1"))
    assert registry.get(SENDER, NAME, "en", pins) == own
    assert registry.choose(SENDER, NAME, ["en"], "en", {"1", "2"}, pins) == own
    assert registry.why_unusable(SENDER, NAME, "en", pins) == (None if status == "approved" else status)


def test_a_pin_follows_its_id_to_another_name() -> None:
    renamed = reported("HX1", name="reminder_of_may")
    old = reported("HX1", status=TemplateStatus.GONE)
    registry = Told(old, renamed, reported("HX2", "Come at {{1}}"))
    assert registry.get(SENDER, NAME, "en", pinned(reported("HX1"))) == renamed


def test_a_declared_template_with_an_id_takes_the_status_of_that_id_whatever_its_provider_calls_it() -> None:
    declared = template(provider_id="HX1", name="reminder")
    paused = reported("HX1", name="Reminder of May", status=TemplateStatus.PAUSED)
    registry = Told(paused, configured=(declared,))
    with pytest.raises(InputError, match="paused"):
        registry.get_enabled(SENDER, "reminder", "en")
    assert [one.name for one in registry.of(SENDER)] == ["reminder"], "once, or its text would read like two"


def test_a_sender_whose_provider_asks_by_name_has_no_second_template_of_a_declared_name() -> None:
    declared, report = template(provider_id="stale"), reported("7", "As reported {{1}} {{2}}")
    registry = TemplateRegistry([declared])
    registry._templates = collect([declared], [report], [])
    assert registry.get_enabled(SENDER, NAME, "en") == report


def test_of_two_records_of_one_template_the_newer_counts() -> None:
    """The release before stored it under its name alone."""
    old = reported("HX1", status=TemplateStatus.PAUSED)
    new = template(provider_id="HX1", seen_at=NOON + timedelta(hours=1))
    assert Told(new, old).get_enabled(SENDER, NAME, "en") == new


# ── whether it reads as it did ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "changed",
    [reported("HX1", "Pay {{1}} by {{2}}."), reported("HX1", fixed="another footer"), reported("HX1", header_text="x")],
    ids=["body", "footer", "header"],
)
def test_a_template_rewritten_with_the_same_placeholders_is_changed(changed: Template) -> None:
    assert Told(changed).why_unusable(SENDER, NAME, "en", pinned(reported("HX1"))) == "changed"
    assert Told(reported("HX1")).why_unusable(SENDER, NAME, "en", pinned(reported("HX1"))) is None


def test_another_language_that_was_rewritten_is_a_change_too() -> None:
    spanish, rewritten = reported("HXes", language="es"), reported("HXes", "Pague {{1}}, {{2}}", language="es")
    pins = {**pinned(reported("HX1")), "es": pin_of(spanish, by_id=True)}
    assert Told(reported("HX1"), spanish).why_unusable(SENDER, NAME, "en", pins) is None
    assert Told(reported("HX1"), rewritten).why_unusable(SENDER, NAME, "en", pins) == "changed"


def test_quality_status_and_category_are_no_change_of_the_text() -> None:
    pin = pin_of(reported("HX1"), by_id=True)
    assert pin.fits(reported("HX1", category=Category.AUTHENTICATION, reason="x", status=TemplateStatus.PAUSED))


def test_the_first_report_of_a_declared_template_may_read_otherwise() -> None:
    pin = pin_of(template(body="Typed by hand {{1}} {{2}}"), by_id=False)
    assert pin == Pin(None, pin.wording, is_reported=False, is_listed=False)
    assert pin.fits(reported("HX1"))
    assert not pin.fits(template(body="Typed otherwise {{1}} {{2}}"))


def test_what_a_webhook_told_is_compared_with_what_webhooks_tell_until_a_list_comes() -> None:
    pin = pin_of(reported("HX1", fixed=None), by_id=True)
    assert pin.fits(reported("HX1", fixed="a footer"))
    assert not pin.fits(reported("HX1", "Pay {{1}} by {{2}}.", fixed=None))

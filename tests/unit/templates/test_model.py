import pickle
from dataclasses import replace

import pytest

from shared.ground.ids import SenderId
from shared.templates.model import (
    Button,
    Category,
    HeaderKind,
    ParameterMismatch,
    Template,
    TemplateStatus,
)


def template(body="Your {{1}} appointment is coming up on {{2}}.", **changed):
    fields = {
        "sender": SenderId("clinic"),
        "name": "appointment_reminder",
        "language": "en",
        "category": Category.UTILITY,
        "status": TemplateStatus.APPROVED,
        "provider_id": None,
    }
    return Template(**(fields | changed), body=body)


@pytest.mark.parametrize(
    ("body", "placeholders"),
    [
        ("Hello.", ()),
        ("Your {{1}} is on {{2}}.", ("1", "2")),
        ("On {{2}}: your {{1}}.", ("1", "2")),
        ("{{10}} {{9}} {{1}}", ("1", "9", "10")),
        ("{{1}} and {{1}} again", ("1",)),
        ("{{ name }}, {{  due_on}}", ("name", "due_on")),
        ("{{zulu}} {{alpha}} {{zulu}}", ("zulu", "alpha")),
        ("{{name}} {{2}} {{1}}", ("1", "2", "name")),
        ("{{año}}", ("año",)),
        ("{1} {{}} {{ }} {{a b}} {{{c}}}", ("c",)),
        ("{{" * 20_000, ()),
        ("{{" + "9" * 5_000 + "}}", ("9" * 5_000,)),
    ],
)
def test_placeholders(body, placeholders):
    assert template(body).placeholders == placeholders


@pytest.mark.parametrize(
    ("given", "complete"),
    [
        ({"1": "Crystal Lounge", "2": "May 5"}, {"1": "Crystal Lounge", "2": "May 5"}),
        ({"2": "May 5", "1": "Crystal Lounge"}, {"1": "Crystal Lounge", "2": "May 5"}),
        ({"1": "  a \n", "2": "\tb\0c\0"}, {"1": "a", "2": "bc"}),
        ({"1": "four    spaces", "2": "{{1}}"}, {"1": "four    spaces", "2": "{{1}}"}),
    ],
)
def test_complete(given, complete):
    completed = template().complete(given)
    assert completed == complete
    assert list(completed) == ["1", "2"]


@pytest.mark.parametrize(
    ("given", "code", "missing", "surplus", "malformed"),
    [
        ({}, "missing-parameter", ("1", "2"), (), ()),
        ({"1": "a"}, "missing-parameter", ("2",), (), ()),
        ({"1": "a", "2": " \0 "}, "missing-parameter", ("2",), (), ()),
        ({"1": "a", "3": "c"}, "missing-parameter", ("2",), ("3",), ()),
        ({"1": "a", "2": "b", "3": "c"}, "surplus-parameter", (), ("3",), ()),
        ({"1": "a", "2": "b", "3": ""}, "surplus-parameter", (), ("3",), ()),
        ({"1": "a\nb", "2": "b"}, "malformed-parameter", (), (), ("1",)),
        ({"1": "a\rb", "2": "b\tc"}, "malformed-parameter", (), (), ("1", "2")),
        ({"1": "a", "2": "five     spaces"}, "malformed-parameter", (), (), ("2",)),
    ],
)
def test_complete_refuses(given, code, missing, surplus, malformed):
    with pytest.raises(ParameterMismatch) as caught:
        template().complete(given)
    mismatch = caught.value
    assert (mismatch.code, mismatch.missing, mismatch.surplus, mismatch.malformed) == (
        code,
        missing,
        surplus,
        malformed,
    )
    assert all(name in mismatch.detail for name in missing or surplus or malformed)


def test_mismatch_survives_pickling():
    mismatch = pickle.loads(pickle.dumps(ParameterMismatch(("1",), ("x",), ("2",))))  # noqa: S301 (our own bytes)
    assert (mismatch.missing, mismatch.surplus, mismatch.malformed) == (("1",), ("x",), ("2",))
    assert mismatch.code == "missing-parameter"


@pytest.mark.parametrize(
    ("body", "parameters", "text"),
    [
        ("Your {{1}} is on {{2}}.", {"1": "visit", "2": "May 5"}, "Your visit is on May 5."),
        ("{{ name }}{{name}}", {"name": "Ann"}, "AnnAnn"),
        ("{{1}} {{2}}", {"1": "{{2}}", "2": r"\1"}, r"{{2}} \1"),
        ("No placeholder.", {}, "No placeholder."),
    ],
)
def test_render(body, parameters, text):
    assert template(body).render(parameters) == text


@pytest.mark.parametrize("status", TemplateStatus)
def test_only_an_approved_template_starts_a_campaign(status):
    judged = template(status=status)
    assert judged.is_enabled is (status == "approved")
    assert (judged.why_unusable() is None) is (status == "approved")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"status": TemplateStatus.PENDING}, ["appointment_reminder (en)", "waits for approval", "start"]),
        ({"status": TemplateStatus.RECEIVED}, ["not judged yet", "start"]),
        ({"status": TemplateStatus.REJECTED}, ["rejected", "submit it again"]),
        ({"status": TemplateStatus.PAUSED}, ["paused", "wait"]),
        ({"status": TemplateStatus.DISABLED}, ["disabled", "another template"]),
        ({"status": TemplateStatus.UNSUBMITTED}, ["never submitted", "submit it"]),
        ({"category": Category.MARKETING}, ["marketing", "utility template"]),
        ({"category": Category.MARKETING, "status": TemplateStatus.PAUSED}, ["paused"]),
    ],
)
def test_why_unusable_says_what_to_do(changed, words):
    sentence = template(**changed).why_unusable()
    assert all(word in sentence for word in words)


def test_authentication_templates_may_start():
    assert template(category=Category.AUTHENTICATION).why_unusable() is None


# ── header and buttons ──────────────────────────────────────────────────────────────────────────────────────────────

WHOLE = template(
    body="{{name}}, your parcel is on its way.",
    header=HeaderKind.IMAGE,
    buttons=(Button("quick_reply", "Yes", takes=True), Button("phone", "Call"), Button("url", "Track", takes=True)),
)


def test_placeholders_outside_the_body_come_behind_it():
    assert WHOLE.placeholders == ("name", "header", "button1", "button3")


def test_a_quick_reply_needs_no_payload():
    values = {"name": "Ana", "header": "https://example.com/a.png", "button3": "42"}
    assert WHOLE.required == ("name", "header", "button3")
    assert WHOLE.complete(values) == values
    assert WHOLE.complete(values | {"button1": "yes"}).keys() == set(WHOLE.placeholders)


@pytest.mark.parametrize("lacking", ["name", "header", "button3"])
def test_everything_else_must_be_filled(lacking):
    values = {"name": "Ana", "header": "https://example.com/a.png", "button3": "42"}
    with pytest.raises(ParameterMismatch, match=lacking):
        WHOLE.complete({**values, lacking: " "})


def test_a_text_header_takes_what_its_placeholder_says():
    headed = template(body="Hello.", header=HeaderKind.TEXT, header_text="News of {{city}}")
    assert (headed.placeholders, headed.header_name) == (("header",), "city")
    assert headed.render_header({"header": "Salto"}) == "News of Salto"
    assert template(header=HeaderKind.TEXT, header_text="News").parts == ()


@pytest.mark.parametrize("value", ["ftp://example.com/a.pdf", "not a url at all", "https://"])
def test_a_file_in_the_header_is_named_by_its_url(value):
    invoice = replace(template(), body="Here it is.", header=HeaderKind.DOCUMENT)
    with pytest.raises(ParameterMismatch) as raised:
        invoice.complete({"header": value})
    assert (raised.value.code, raised.value.malformed) == ("malformed-parameter", ("header",))
    assert value not in raised.value.detail
    assert invoice.complete({"header": "https://example.com/a.pdf"}) == {"header": "https://example.com/a.pdf"}

"""The quick way to a template's request and to a receipt gives what the plain way gives, whatever the texts and bodies."""

import json
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ground.http import HttpRequest, HttpResponse
from shared.providers.messages import ButtonKind, ButtonParameter, Receipt, TemplateMessage
from shared.providers.prebuilding import HOLE, escape, prebuild
from tests.contract.providers import twilio_cases
from tests.contract.providers.harness import ProviderCases
from tests.contract.providers.providers import BY_NAME

ODD = ("", HOLE, f"{HOLE[:-1]}{HOLE}", "%s", "%", "{client_id}", '"', "\\", "\x7f", "a b+c", "é", "\ud800", "⁵", "٣")
TEXTS = st.sampled_from(ODD) | st.text(max_size=12)
NUMBERS = st.from_regex(r"\A\+?[1-9][0-9]{7,13}\Z") | st.sampled_from(
    ["US.13491208655302741918", "+", "+1 (415) 5550100"]
)
NAMES = st.sampled_from(["1", "2", "10", "first_name", "%s"]) | TEXTS
HOOKS = st.sampled_from(["https://hooks.example.com/status", "https://hooks.example.com/s?a=1&b=%20", HOLE]) | TEXTS
HEADERS = st.sampled_from([None, None, None, "a title"])
BUTTONS = st.sampled_from([(), (), (), (ButtonParameter(0, ButtonKind.URL, "x"),)])
NAMED = st.sampled_from(["reminder"]) | TEXTS
PARAMETERS = st.fixed_dictionaries({"1": TEXTS, "2": TEXTS}) | st.dictionaries(NAMES, TEXTS, max_size=4)
MESSAGES = st.builds(
    TemplateMessage, NUMBERS | TEXTS, NAMED, NAMED, NAMED | st.none(), PARAMETERS, HEADERS, BUTTONS,
    category=st.sampled_from(["", "utility", "marketing"]),
)  # fmt: skip
OPTIONS = st.dictionaries(
    st.sampled_from(
        ["api_version", "marketing_endpoint", "style", "ttl_days", "body_parameters", "namespace", "send_path"]
        + [f"field_{name}" for name in ("parameters", "hsm", "massive", "element_name")]
    ),
    st.sampled_from(["template", "3", "messages", "v24.0", "idMessageHey", "/{client_id}", *ODD]),
    max_size=2,
)


def result_of(work: Callable[[], object]) -> object:
    """The result, or the error as a value."""
    try:
        return work()
    except Exception as error:  # noqa: BLE001 (whatever it is, both ways raise it)
        return type(error), getattr(error, "code", None)


def plainly(cases: ProviderCases, patch: dict[str, object], work: Callable[[], object]) -> object:
    """The result of the plain way: the quick one finds nothing."""
    assert isinstance(cases.dialect.sending, ModuleType)
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name, value in patch.items():
            monkeypatch.setattr(cases.dialect.sending, name, value)
        return result_of(work)


# ── requests ────────────────────────────────────────────────────────────────────────────────────────────────────────


@BY_NAME
@given(data=st.data())
def test_a_prebuilt_request_is_the_one_that_is_built_anew(cases: ProviderCases, data: st.DataObject) -> None:
    """Of several accounts of one sender, too: no one's form is another one's."""
    known = data.draw(st.sampled_from([case.account for case in cases.requests]))
    account = replace(known, options={**known.options, **data.draw(OPTIONS)})
    message, reference, hook = data.draw(MESSAGES), data.draw(st.just("c1.17.1.qrst") | TEXTS), data.draw(HOOKS)

    def build() -> HttpRequest:
        return cases.dialect.sending.build_template(account, message, reference, hook)

    expected = plainly(cases, {"_prebuild": lambda *_: None}, build)
    assert result_of(build) == expected
    assert result_of(build) == expected, "and so is the next one"


@BY_NAME
def test_ordinary_messages_are_prebuilt(cases: ProviderCases) -> None:
    case = cases.requests[0]
    sending = cases.dialect.sending
    sending.build_template(case.account, case.message, "a", case.webhook_url)
    before = sending._prebuild.cache_info().hits  # type: ignore[attr-defined]
    sending.build_template(case.account, case.message, "b", case.webhook_url)
    assert sending._prebuild.cache_info().hits == before + 1  # type: ignore[attr-defined]


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=20)), st.text(max_size=20), st.text(max_size=20))
def test_twilio_s_form_is_that_of_the_libraries(parameters: dict[str, str], to: str, reference: str) -> None:
    message = replace(twilio_cases.MESSAGE, to=to, parameters=parameters)
    sending = twilio_cases.TWILIO.dialect.sending
    built = sending.build_template(twilio_cases.ACCOUNT, message, reference, twilio_cases.HOOK)
    hook = f"{twilio_cases.HOOK}?{urlencode({'ref': reference}).replace('+', '%20')}#rc=3&rp=all"
    variables = {"ContentVariables": json.dumps(parameters)} if parameters else {}
    fields = {
        "To": f"whatsapp:{to}", "From": "whatsapp:+14155550100", "ContentSid": twilio_cases.CONTENT_SID, **variables,
        "StatusCallback": hook,
    }  # fmt: skip
    assert built.body.decode() == urlencode(fields)
    assert dict(parse_qsl(built.body.decode(), strict_parsing=True)) == fields


@given(TEXTS)
def test_a_text_is_escaped_as_json_does(text: str) -> None:
    assert f'"{escape(text)}"' == json.dumps(text)


def test_two_holes_never_overlap() -> None:
    """So a text that holds a part of one makes no other hole."""
    assert not any(HOLE.endswith(HOLE[:length]) for length in range(1, len(HOLE)))
    assert HOLE.isalnum()
    assert HOLE.isascii()


def test_what_is_spelled_like_a_hole_is_not_prebuilt() -> None:
    assert prebuild(lambda: HttpRequest("POST", "u", {}, f"{HOLE} {HOLE}".encode()), 1) is None
    assert prebuild(lambda: HttpRequest("POST", HOLE, {}, HOLE.encode()), 1) is None


# ── receipts ────────────────────────────────────────────────────────────────────────────────────────────────────────

WORDS = (
    "sid", "to", "id", "Id", "destinations", "destination", "destination ", "correlationId", "contacts", "messages",
    "wa_id", "user_id", "message_status", "success", "idMessage", "idMessage ", "note",
)  # fmt: skip
VALUES = (
    "SM1",
    "wamid.A=",
    "14155550123",
    " SM1 ",
    "a\0b",
    "paused",
    "Paused ",
    "é",
    "whatsapp:+14155550123",
    "\ud800",
)
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.sampled_from(VALUES), st.text(max_size=5))
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4)
)
NOISE = st.sampled_from(
    [b"", b"\xef\xbb\xbf", b" ", b"\xff", b"\0", b',"sid":"SM2"', b"NaN", b"01", b"[" * 300, b"\\ud83d"]
)


def bodies(cases: ProviderCases) -> st.SearchStrategy[bytes]:
    """Real answers with a field exchanged, any JSON, and both with a piece of something else inside."""
    real = [answer for case in cases.answers if isinstance(answer := _object_in(case.response.body), dict)]
    changed = st.builds(
        lambda body, more: {**body, **more}, st.sampled_from(real), st.dictionaries(st.sampled_from(WORDS), JSON)
    )
    whole = (changed | JSON).map(lambda value: json.dumps(value).encode())
    raw = st.sampled_from(real).map(
        lambda value: json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
    )
    return st.builds(
        lambda body, at, noise: body[:at] + noise + body[at:], whole | raw, st.integers(0, 200), NOISE
    ) | st.sampled_from([case.response.body for case in cases.answers])


def _object_in(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError:
        return None


@BY_NAME
@given(data=st.data())
def test_the_quick_reading_of_a_receipt_is_the_lenient_one(cases: ProviderCases, data: st.DataObject) -> None:
    response = HttpResponse(data.draw(st.sampled_from([200, 201, 409])), {}, data.draw(bodies(cases)))

    def read() -> object:
        return cases.dialect.sending.read_receipt(response)

    assert result_of(read) == plainly(cases, {"parse_plain_json": lambda *_: None}, read)


@BY_NAME
def test_an_ordinary_receipt_is_read_quickly(cases: ProviderCases, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases.dialect.sending, "parse_json", None)
    body = {name: value for name, value in json.loads(cases.accepted.body).items() if name != "a_field_of_next_year"}
    receipt = cases.dialect.sending.read_receipt(replace(cases.accepted, body=json.dumps(body).encode()))
    assert isinstance(receipt, Receipt)

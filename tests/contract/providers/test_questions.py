"""What a provider asks of us, and what it can be asked without sending: handshakes, lists of templates, probes."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ground.errors import SendError, WebhookRejected
from shared.ground.http import HttpResponse
from shared.providers.checks import Finding
from shared.providers.templates import TemplatePage
from tests.contract.providers.harness import (
    Failure,
    FindingCase,
    HandshakeCase,
    PageCase,
    ProviderCases,
    assert_nothing_private,
    failure,
    named,
    whole_text,
)
from tests.contract.providers.providers import PROVIDERS
from tests.reading import present

BY_NAME = pytest.mark.parametrize("cases", PROVIDERS, ids=lambda cases: cases.dialect.name)
TEXT = st.text(st.characters(), max_size=20)
NAMES = st.sampled_from(["hub.mode", "hub.verify_token", "hub.challenge"]) | TEXT


def of_each(table: str) -> list[object]:
    return named([(cases, case) for cases in PROVIDERS for case in getattr(cases, table)])


def challenge(cases: ProviderCases, query: Mapping[str, str]) -> str | None:
    try:
        return cases.dialect.signing.answer_handshake(cases.account, query)
    except WebhookRejected as rejected:
        assert_nothing_private(whole_text(rejected), cases)
        return None


@pytest.mark.parametrize(("cases", "case"), of_each("handshakes"))
def test_handshake(cases: ProviderCases, case: HandshakeCase):
    assert challenge(cases, case.query) == case.challenge


@BY_NAME
@given(query=st.dictionaries(NAMES, st.just("subscribe") | TEXT))
def test_nobody_else_is_answered(cases: ProviderCases, query: dict[str, str]):
    assert challenge(cases, query) is None


@BY_NAME
def test_lists_are_asked_for(cases: ProviderCases):
    assert bool(cases.lists) == (cases.dialect.templates is not None)
    for after, request in cases.lists.items():
        assert present(cases.dialect.templates).build_page_request(cases.account, after) == request


@pytest.mark.parametrize(("cases", "case"), of_each("pages"))
def test_page(cases: ProviderCases, case: PageCase):
    assert page(cases, case.response) == case.expected


def page(cases: ProviderCases, response: HttpResponse) -> TemplatePage | Failure:
    try:
        return present(cases.dialect.templates).read_page(response)
    except SendError as error:
        assert_nothing_private(whole_text(error), cases)
        return failure(error)


@BY_NAME
def test_probes(cases: ProviderCases):
    probes = {probe.name: probe.request for probe in cases.dialect.checks.build_probes(cases.account)}

    assert not cases.probes or probes == cases.probes
    assert_nothing_private(repr(probes), cases)


@pytest.mark.parametrize(("cases", "case"), of_each("findings"))
def test_finding(cases: ProviderCases, case: FindingCase):
    found = cases.dialect.checks.read_finding(cases.account, case.probe, case.response)

    assert (found.name, found.is_good) == (case.probe, case.is_good)
    assert [word for word in case.says if word not in found.text] == []
    assert found.text.endswith(".")
    assert_nothing_private(found.text, cases)


@BY_NAME
@given(status=st.integers(100, 999), data=st.data())
def test_answers_are_read_whatever_they_are(cases: ProviderCases, status: int, data: st.DataObject):
    pages, findings = [case.response.body for case in cases.pages], [case.response.body for case in cases.findings]
    bodies = sorted({*pages, *findings})
    cut = data.draw(st.integers(0, 2_000))
    body = data.draw(st.sampled_from(bodies))[:cut] if bodies else data.draw(st.binary())
    response = HttpResponse(status, {}, body)

    for probe in ("credentials", *cases.probes):
        assert isinstance(cases.dialect.checks.read_finding(cases.account, probe, response), Finding)
    if cases.dialect.templates is not None:
        assert isinstance(page(cases, response), TemplatePage | Failure)

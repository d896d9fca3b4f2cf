"""A provider's handshake, and questions that send nothing: lists of templates, probes."""

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
    collect_text,
    name_cases,
    read_failure,
)
from tests.contract.providers.providers import BY_NAME, PROVIDERS
from tests.reading import present

TEXT = st.text(st.characters(), max_size=20)
NAMES = st.sampled_from(["hub.mode", "hub.verify_token", "hub.challenge"]) | TEXT


def collect_cases(table: str) -> list[object]:
    return name_cases([(cases, case) for cases in PROVIDERS for case in getattr(cases, table)])


def answer_handshake(cases: ProviderCases, query: Mapping[str, str]) -> str | None:
    try:
        return cases.dialect.signing.answer_handshake(cases.account, query)
    except WebhookRejected as rejected:
        assert_nothing_private(collect_text(rejected), cases)
        return None


@pytest.mark.parametrize(("cases", "case"), collect_cases("handshakes"))
def test_handshake(cases: ProviderCases, case: HandshakeCase):
    assert answer_handshake(cases, case.query) == case.challenge


@BY_NAME
@given(query=st.dictionaries(NAMES, st.just("subscribe") | TEXT))
def test_nobody_else_is_answered(cases: ProviderCases, query: dict[str, str]):
    assert answer_handshake(cases, query) is None


@BY_NAME
def test_lists_are_requested(cases: ProviderCases):
    assert bool(cases.lists) == (cases.dialect.templates is not None)
    for after, request in cases.lists.items():
        assert present(cases.dialect.templates).build_page_request(cases.account, after) == request


@pytest.mark.parametrize(("cases", "case"), collect_cases("pages"))
def test_page(cases: ProviderCases, case: PageCase):
    assert read_page(cases, case.response) == case.expected


def read_page(cases: ProviderCases, response: HttpResponse) -> TemplatePage | Failure:
    try:
        return present(cases.dialect.templates).read_page(response)
    except SendError as error:
        assert_nothing_private(collect_text(error), cases)
        return read_failure(error)


@BY_NAME
def test_probes(cases: ProviderCases):
    probes = {probe.name: probe.request for probe in cases.dialect.checks.build_probes(cases.account)}

    assert not cases.probes or probes == cases.probes
    assert_nothing_private(repr(probes), cases)


@pytest.mark.parametrize(("cases", "case"), collect_cases("findings"))
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
        assert isinstance(read_page(cases, response), TemplatePage | Failure)

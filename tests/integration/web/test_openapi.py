"""The description says what the router does, and nothing else."""

import re

import pytest

from shared.ledger.states import JobState
from shared.outbound.drafting import LATER_RULES
from workers.web.app import ROUTES
from workers.web.auth import Scope
from workers.web.campaigns.schemas import Counts
from workers.web.openapi import codes_of


@pytest.fixture
async def document(client):
    response = await client.get("/openapi.json")
    assert response.status == 200
    return await response.json()


async def test_the_router_and_the_description_are_one(client, document):
    served = {
        (route.method.lower(), route.resource.canonical)
        for route in client.app.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    described = {(method, path) for path, methods in document["paths"].items() for method in methods}

    assert described == served


async def test_it_is_openapi(document):
    assert document["openapi"] == "3.1.0"
    operations = [operation for methods in document["paths"].values() for operation in methods.values()]
    ids = [operation["operationId"] for operation in operations if "operationId" in operation]
    assert len(ids) == len(set(ids)) == len(ROUTES)
    for operation in operations:
        assert operation["summary"]
        assert operation["responses"]


async def test_every_reference_leads_somewhere(document):
    references = set(re.findall(r'"\$ref": ?"#/components/schemas/([^"]+)"', __import__("json").dumps(document)))

    assert references <= document["components"]["schemas"].keys()


async def test_path_parameters_are_described(document):
    for path, methods in document["paths"].items():
        for operation in methods.values():
            named = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "path"}
            assert named == set(re.findall(r"{(\w+)}", path))


async def test_unknown_fields_are_refused_by_description_too(document):
    for name in (
        "NewCampaign", "TemplateName", "NewOptIn", "NewOptOut", "Nothing", "Why", "NewReply", "NewMessage", "NewList",
        "NewMedia", "Assignment", "Closing", "Lookup",
    ):  # fmt: skip
        assert document["components"]["schemas"][name]["additionalProperties"] is False


async def test_rules_of_later_are_not_offered(document):
    offered = document["components"]["schemas"]["NewCampaign"]["properties"]

    assert not set(LATER_RULES) & offered.keys()


def test_counts_are_all_states():
    assert set(Counts.model_fields) == {"total", *(state.value for state in JobState)}


def test_every_route_has_scopes_and_says_its_problems():
    for route in ROUTES:
        assert route.scopes <= set(Scope)
        assert route.scopes
        codes = codes_of(route)
        assert {400, 401, 403, 500, 503} <= codes.keys()
        assert ({409, 415, 422} <= codes.keys()) == (route.method == "POST")


def test_reading_changes_nothing():
    for route in ROUTES:
        only_reads = route.method == "GET" or route.path in {"/v1/contacts/lookup", "/v1/templates/preview"}
        assert (Scope.READ in route.scopes) == only_reads

"""The description of the API, OpenAPI 3.1, made from the routes' declarations. Owns nothing that they do not say.

Source: OpenAPI Specification 3.1.0; JSON Schema 2020-12, which pydantic writes.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from workers.web.api import JSON, Route
from workers.web.auth import SCOPES_EXPLAINED, TENANT_HEADER
from workers.web.idempotency import HEADER
from workers.web.problems import MEDIA_TYPE, Problem

Document = dict[str, Any]

REFERENCE = "#/components/schemas/{model}"
PATH_PARAMETERS = {
    "campaign": "The campaign's id.",
    "sender": "The sender's id.",
    "message": "The message's id, as it was answered, or as the interaction's thread gives it.",
    "interaction": "The interaction's id.",
    "place": "Which of the message's files, from 0.",
    "contact": "A number, in any national variant (+ is %2B), or the opaque contact_id.",
    "upload": "The upload's id, as the import was answered.",
}
GENERAL: Mapping[int, tuple[str, ...]] = {
    400: ("tenant-required", "tenant-unknown"),
    401: ("key-missing", "key-unknown", "no-key-configured"),
    403: ("scope-missing", "tenant-not-yours"),
    500: ("internal-error",),
    503: ("state-store-unavailable",),
}
OF_QUERIES = {400: ("invalid-query",)}
OF_POSTS = {
    400: ("idempotency-key-invalid", "upload-broken"),
    408: ("upload-stalled",),
    409: ("idempotency-in-progress",),
    415: ("unsupported-media-type",),
    422: ("idempotency-key-reused",),
}
OF_BODIES = {400: ("invalid-body", "malformed-json"), 413: ("body-too-large",)}


def codes_of(route: Route) -> dict[int, tuple[str, ...]]:
    """Every problem that a route may answer with: status → codes."""
    sources: list[Mapping[int, tuple[str, ...]]] = [GENERAL, route.problems]
    sources += [OF_QUERIES] if route.query is not None else []
    sources += [OF_POSTS] if route.method == "POST" else []
    sources += [OF_BODIES] if route.body is not None else []
    codes: dict[int, dict[str, None]] = {}
    for source in sources:
        for status, names in source.items():
            codes.setdefault(status, {}).update(dict.fromkeys(names))
    return {status: tuple(names) for status, names in sorted(codes.items())}


def document(routes: Sequence[Route]) -> str:
    """As JSON."""
    schemas, references = _schemas(routes)
    paths: dict[str, Document] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, references)
    return json.dumps(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "Oriel",
                "version": _version(),
                "description": "WhatsApp template campaigns: to each contact at most once, as fast as the number may "
                f"go. Operators name the tenant that they act for in the header {TENANT_HEADER}.",
            },
            "security": [{"key": []}],
            "paths": {**paths, **_probes()},
            "components": {
                "schemas": schemas,
                "securitySchemes": {
                    "key": {
                        "type": "http",
                        "scheme": "bearer",
                        "description": "; ".join(f"{scope}: {said}" for scope, said in SCOPES_EXPLAINED.items()),
                    }
                },
            },
        },
        separators=(",", ":"),
    )


# ── one operation ───────────────────────────────────────────────────────────────────────────────────────────────────

References = Mapping[Any, Document]  # (model, mode) → where it is described


def _operation(route: Route, references: References) -> Document:
    operation: Document = {
        "operationId": _operation_id(route),
        "summary": route.summary,
        "description": f"Scopes: {' or '.join(sorted(route.scopes))}.",
        "parameters": [*_path_parameters(route), *_query_parameters(route), *_headers(route)],
        "responses": {**_answers(route, references), **_problems(route, references)},
    }
    if route.takes_body:
        operation["requestBody"] = _body(route, references)
    return operation


def _operation_id(route: Route) -> str:
    """`GET /v1/campaigns/{campaign}/results.csv` → `get_campaigns_campaign_results_csv`."""
    words = re.sub(r"[^a-z]+", "_", route.path.removeprefix("/v1").lower()).strip("_")
    return f"{route.method.lower()}_{words}"


def _path_parameters(route: Route) -> Iterable[Document]:
    for name in re.findall(r"{(\w+)}", route.path):
        yield {
            "name": name, "in": "path", "required": True, "schema": {"type": "string"},
            "description": PATH_PARAMETERS[name],
        }  # fmt: skip


def _query_parameters(route: Route) -> Iterable[Document]:
    if route.query is None:
        return
    schema = route.query.model_json_schema()
    for name, described in schema["properties"].items():
        parameter = {"name": name, "in": "query", "required": name in schema.get("required", ())}
        yield {**parameter, "schema": _inlined(described, schema.get("$defs", {}))}


def _inlined(schema: Any, definitions: Mapping[str, Any]) -> Any:
    """A schema that refers to nothing: those of queries are small."""
    match schema:
        case {"$ref": str(reference), **rest}:
            return {**_inlined(definitions[reference.rpartition("/")[2]], definitions), **rest}
        case dict():
            return {key: _inlined(value, definitions) for key, value in schema.items()}
        case list():
            return [_inlined(value, definitions) for value in schema]
        case _:
            return schema


def _headers(route: Route) -> Iterable[Document]:
    if route.method == "POST":
        yield {
            "name": HEADER, "in": "header", "required": False,
            "schema": {"type": "string", "minLength": 1, "maxLength": 200},
            "description": "The same key with the same request is done once, and answered once, for 24 hours.",
        }  # fmt: skip


def _body(route: Route, references: References) -> Document:
    text = {"schema": {"type": "string"}}
    content = dict.fromkeys(route.takes, text)
    if route.body is not None:
        content[JSON] = {"schema": references[route.body, "validation"]}
    is_needed = route.is_streamed or (route.body is not None and _has_required_fields(route.body))
    return {"required": is_needed, "content": content}


def _has_required_fields(model: type[BaseModel]) -> bool:
    return any(field.is_required() for field in model.model_fields.values())


def _answers(route: Route, references: References) -> Document:
    answers: Document = {}
    for status, held in route.answers.items():
        if isinstance(held, str):
            content = {held: {"schema": {"type": "string"}}}
        else:
            content = {JSON: {"schema": references[held, "serialization"]}}
        answers[str(status)] = {"description": HTTPStatus(status).phrase, "content": content}
    return answers


def _problems(route: Route, references: References) -> Document:
    schema = references[Problem, "serialization"]
    return {
        str(status): {"description": ", ".join(codes), "content": {MEDIA_TYPE: {"schema": schema}}}
        for status, codes in codes_of(route).items()
    }


# ── the rest ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _schemas(routes: Sequence[Route]) -> tuple[Document, References]:
    models: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {(Problem, "serialization"): None}
    for route in routes:
        if route.body is not None:
            models[route.body, "validation"] = None
        models.update({(held, "serialization"): None for held in route.answers.values() if not isinstance(held, str)})
    references, definitions = models_json_schema(list(models), ref_template=REFERENCE)
    return definitions["$defs"], references


def _probes() -> Document:
    def probe(summary: str, *statuses: int) -> Document:
        answers = {str(status): {"description": HTTPStatus(status).phrase} for status in statuses}
        return {"get": {"summary": summary, "security": [], "responses": answers}}

    return {
        "/livez": probe("Whether the process makes progress.", 200, 503),
        "/readyz": probe("Whether it can work, and what is missing.", 200, 503),
        "/metrics": {
            "get": {
                "summary": "Prometheus metrics of every tenant: with the operator's key, or the only tenant's, unless they "
                "are open (`[api] open_metrics`).",
                "responses": {str(status): {"description": HTTPStatus(status).phrase} for status in (200, 401, 403)},
            }
        },
        "/openapi.json": probe("This document.", 200),
    }


def _version() -> str:
    try:
        return version("oriel")
    except PackageNotFoundError:  # run from a checkout that was not installed
        return "0"

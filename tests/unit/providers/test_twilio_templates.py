"""Twilio's list of templates: one that cannot be read costs no other."""

import pytest
from structlog.testing import capture_logs

from shared.ground.http import HttpResponse
from shared.providers.twilio import DIALECT
from tests.reading import present


@pytest.mark.parametrize("depth", [400, 900])
def test_a_template_of_too_many_levels_costs_no_other_template(depth: int):
    """json reads that many; walking through them exceeds Python's stack, and the sync of all senders ended with it."""
    nested = "[" * depth + "]" * depth
    contents = [
        f'{{"sid": "HX{n}", "types": {{"twilio/text": {{"body": {body}}}}}}}' for n, body in enumerate(('"hi"', nested))
    ]
    body = f'{{"contents": [{contents[1]}, {contents[0]}, {{"sid": 7}}], "meta": {{}}}}'.encode()

    with capture_logs() as told:
        page = present(DIALECT.templates).read_page(HttpResponse(200, {}, body))

    assert [one.provider_id for one in page.templates] == ["HX0"]
    assert [(line["event"], line["content"], line["kind"]) for line in told] == [
        ("template_left_out", "HX1", "RecursionError"),
        ("template_left_out", "", "ValidationError"),
    ]

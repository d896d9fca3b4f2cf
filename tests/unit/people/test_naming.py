"""A contact by any of its names: what each of them amounts to."""

import pytest

from shared.ground.phone_spelling import REMEDIES, Cause
from shared.people.naming import BadContact, is_opaque, named
from tests.factories import SECRET, TENANT, address, contact


@pytest.mark.parametrize(
    ("name", "region"),
    [(address(1), None), (f" whatsapp:{address(1)} ", None), (f"00{address(1)[1:]}", None), ("(415) 555-0001", "US")],
)
def test_spellings_of_a_number_are_one_contact(name: str, region: str | None) -> None:
    found = named(SECRET, TENANT, name, region)
    assert (found.contact, found.address) == (contact(1), address(1))


def test_national_variants_are_one_contact() -> None:
    names = [named(SECRET, TENANT, one, None) for one in ("+5215512345678", "+525512345678")]
    assert len({one.contact for one in names}) == 1


def test_an_id_is_itself_and_no_address() -> None:
    found = named(SECRET, TENANT, contact(1), None)
    assert (found.contact, found.address) == (contact(1), None)


@pytest.mark.parametrize(
    ("name", "reason"),
    [("", "missing"), ("091234567", "not-a-number"), ("Joe", "not-a-number"), ("+1415", "impossible")],
)
def test_an_error_says_why_and_quotes_nothing(name: str, reason: str) -> None:
    with pytest.raises(BadContact) as raised:
        named(SECRET, TENANT, name, None)
    assert raised.value.code == "bad-contact"
    assert raised.value.reason in {reason, "no-country"}
    assert not name or name not in raised.value.detail


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("2024-03-12", Cause.DATE),
        ("20240312T103000Z", Cause.DATE),
        ("22345678.90", Cause.AMOUNT),
        ("$ 22345678", Cause.AMOUNT),
    ],
)
def test_a_date_or_an_amount_names_nobody(name: str, cause: Cause) -> None:
    for region in ("UY", "PY", "CR", "DE"):
        with pytest.raises(BadContact) as raised:
            named(SECRET, TENANT, name, region)
        assert raised.value.detail == f"The contact cannot be found by this: it {REMEDIES[cause]}."


@pytest.mark.parametrize(("name", "is_id"), [("a2" * 8, True), ("a" * 15, False), ("A" * 16, False), ("1" * 16, False)])
def test_the_form_of_an_id(name: str, is_id: bool) -> None:
    assert is_opaque(name) is is_id

"""Identifiers: pure, opaque, and our reference tells ours from everything else."""

import base64
import hmac
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.ground.ids import (
    CampaignId,
    Reference,
    TenantId,
    campaign_id,
    contact_id,
    derive_token,
    new_token,
    read_reference,
)
from tests.factories import CAMPAIGN, SECRET, TENANT, address

SHAPE = r"[a-z2-7]{16}"
OURS = Reference(CAMPAIGN, 123_456, 3)


@given(st.integers(0, 10**7), st.integers(1, 99))
def test_a_reference_comes_back(ordinal: int, attempt: int) -> None:
    reference = Reference(campaign_id(TENANT, "may"), ordinal, attempt)
    signed = reference.sign(SECRET)
    assert read_reference(SECRET, signed) == reference
    assert len(signed) < 50


@given(st.text())
@example("\ud800")
@example("a.1.1.\ud800")
@example("...")
@example("é.1.1.aaaaaaaa")
@example(OURS.sign(SECRET) + "\ud800")
@example(OURS.sign(b"another secret"))
def test_what_is_not_ours_is_nobody_s(text: str) -> None:
    assert read_reference(SECRET, text) is None


@given(st.data())
def test_one_changed_character_is_enough(data: st.DataObject) -> None:
    signed = OURS.sign(SECRET)
    place = data.draw(st.integers(0, len(signed) - 1))
    other = data.draw(st.sampled_from("abcxyz234567.019").filter(lambda character: character != signed[place]))
    assert read_reference(SECRET, signed[:place] + other + signed[place + 1 :]) is None


def test_a_contact_s_id_is_opaque_and_its_tenant_s() -> None:
    one = contact_id(SECRET, TENANT, address(1))
    assert one == contact_id(SECRET, TENANT, address(1))
    others = {
        contact_id(SECRET, TENANT, address(2)),
        contact_id(SECRET, TenantId("other"), address(1)),
        contact_id(b"another secret", TENANT, address(1)),
    }
    assert one not in others
    assert len(others) == 3
    assert "555" not in one


def test_the_shape_of_an_id() -> None:
    made = [contact_id(SECRET, TENANT, "x"), new_token(""), derive_token("", "a"), campaign_id(TENANT, "a")[1:]]
    assert all(re.fullmatch(SHAPE, one) for one in made)


def test_the_same_external_id_is_the_same_campaign() -> None:
    assert campaign_id(TENANT, "may") == campaign_id(TENANT, "may")
    assert campaign_id(TENANT, "may") != campaign_id(TenantId("other"), "may")
    assert campaign_id(TENANT, None) != campaign_id(TENANT, None)
    assert campaign_id(TenantId("a\0b"), "c") != CampaignId("")


def test_derived_tokens_depend_on_every_part() -> None:
    assert derive_token("u", "a", "b") == derive_token("u", "a", "b")
    assert len({derive_token("u", *parts) for parts in [("a", "b"), ("b", "a"), ("a",), ("ab",), ("a", "b", "")]}) == 5


def plain_base32(raw: bytes) -> str:
    return base64.b32encode(raw).decode("ascii").lower()


@given(st.binary(max_size=200), st.text(), st.text(), st.text())
def test_the_quick_hashes_are_hmac_and_base32_as_libraries_have_them(
    secret: bytes, tenant: str, canonical: str, campaign: str
) -> None:
    digest = hmac.digest(secret, f"contact\0{tenant}\0{canonical}".encode(), "sha256")
    assert contact_id(secret, TenantId(tenant), canonical) == plain_base32(digest[:10])
    mac = hmac.digest(secret, f"reference\0{campaign}.7.1".encode(), "sha256")
    assert Reference(CampaignId(campaign), 7, 1).sign(secret) == f"{campaign}.7.1.{plain_base32(mac[:5])}"


@given(st.binary(min_size=10, max_size=10))
def test_a_token_of_any_bytes_is_base32(raw: bytes) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("secrets.token_bytes", lambda _count: raw)
        assert new_token("t") == "t" + plain_base32(raw)

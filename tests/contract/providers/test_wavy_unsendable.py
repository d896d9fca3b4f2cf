"""Messages and options that the Wavy dialect refuses before anything is sent."""

from dataclasses import replace

import pytest

from shared.ground.errors import Refused, SenderUnusable, TemplateUnusable
from shared.providers.messages import (
    ButtonKind,
    ButtonParameter,
    FreeMessage,
    MediaKind,
    OutgoingMedia,
    TemplateMessage,
)
from shared.providers.wavy import DIALECT
from tests.contract.providers.harness import REFERENCE
from tests.contract.providers.wavy_cases import ACCOUNT, HOOK, MESSAGE, TEMPLATE_STYLE

TEXT = FreeMessage("+14155550123", "of course")
BUTTON = ButtonParameter(0, ButtonKind.URL, "suffix")
PICTURE = OutgoingMedia(MediaKind.IMAGE, "https://example.com/a.png")


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (replace(MESSAGE, header="Ana"), "header"),
        (replace(MESSAGE, header=PICTURE), "header"),
        (replace(MESSAGE, buttons=(BUTTON,)), "buttons"),
        (replace(MESSAGE, parameters={"first_name": "Ana"}), "named"),
        (replace(MESSAGE, parameters={"1": "Ana", "header": "https://example.com/a.png"}), "named"),
        (replace(MESSAGE, parameters={"1": "Ana", "²": "Paz"}), "named"),
    ],
)
def test_template_without_a_form(message: TemplateMessage, code: str):
    with pytest.raises(TemplateUnusable) as raised:
        DIALECT.sending.build_template(ACCOUNT, message, REFERENCE, HOOK)

    assert raised.value.code == code


def test_a_header_of_sixty_characters_and_one_more():
    account = replace(ACCOUNT, options=TEMPLATE_STYLE)

    assert b"x" * 60 in DIALECT.sending.build_template(account, replace(MESSAGE, header="x" * 60), REFERENCE, HOOK).body
    with pytest.raises(Refused, match="60"):
        DIALECT.sending.build_template(account, replace(MESSAGE, header="x" * 61), REFERENCE, HOOK)


@pytest.mark.parametrize("to", ["US.13491208655302741918", "US.ENT.11815799212886844830", "", "+"])
def test_a_contact_without_a_number(to: str):
    with pytest.raises(Refused, match="phone number"):
        DIALECT.sending.build_template(ACCOUNT, replace(MESSAGE, to=to), REFERENCE, HOOK)
    with pytest.raises(Refused, match="phone number"):
        DIALECT.sending.build_free(ACCOUNT, replace(TEXT, to=to), REFERENCE, HOOK, None)


def test_a_video_by_itself():
    video = replace(TEXT, media=OutgoingMedia(MediaKind.VIDEO, "https://example.com/a.mp4"))

    with pytest.raises(Refused, match="video"):
        DIALECT.sending.build_free(ACCOUNT, video, REFERENCE, HOOK, None)


@pytest.mark.parametrize("days", ["0", "31", "", "7.5", "week", "01", "-1", "٣"])
def test_an_option_that_is_not_understood_sends_nothing(days: str):
    account = replace(ACCOUNT, options={"ttl_days": days})

    with pytest.raises(SenderUnusable, match="ttl_days"):
        DIALECT.sending.build_template(account, MESSAGE, REFERENCE, HOOK)
    with pytest.raises(SenderUnusable, match="ttl_days"):
        DIALECT.sending.build_free(account, TEXT, REFERENCE, HOOK, None)


@pytest.mark.parametrize("style", ["", "HSM", "templates"])
def test_a_style_that_does_not_exist(style: str):
    with pytest.raises(SenderUnusable, match="style"):
        DIALECT.sending.build_template(replace(ACCOUNT, options={"style": style}), MESSAGE, REFERENCE, HOOK)


def test_nothing_is_prepared_and_no_templates_are_listed():
    assert DIALECT.preparing is None
    assert DIALECT.templates is None


@pytest.mark.parametrize("address", ["+14155550100", "14155550100"])
def test_names(address: str):
    assert set(DIALECT.account.list_names(replace(ACCOUNT, address=address))) == {"+14155550100", "14155550100"}


def test_account_key():
    assert DIALECT.account.find_account_key(ACCOUNT) == "wa_clinic"

"""Messages and options that the Hey dialect refuses before anything is sent."""

from dataclasses import replace

import pytest

from shared.ground.errors import SenderUnusable, TemplateUnusable
from shared.providers.hey import DIALECT
from shared.providers.messages import ButtonKind, ButtonParameter, MediaKind, OutgoingMedia, TemplateMessage
from tests.contract.providers.harness import REFERENCE
from tests.contract.providers.hey_cases import ACCOUNT, FREE, HOOK, MESSAGE


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (replace(MESSAGE, header="Ana"), "hsm-parts"),
        (replace(MESSAGE, header=OutgoingMedia(MediaKind.IMAGE, "https://example.com/a.png")), "hsm-parts"),
        (replace(MESSAGE, buttons=(ButtonParameter(0, ButtonKind.URL, "suffix"),)), "hsm-parts"),
        (replace(MESSAGE, parameters={"first_name": "Ana"}), "hsm-names"),
        (replace(MESSAGE, parameters={"1": "Ana", "²": "Paz"}), "hsm-names"),
    ],
)
def test_template_without_a_form(message: TemplateMessage, code: str):
    with pytest.raises(TemplateUnusable) as raised:
        DIALECT.sending.build_template(ACCOUNT, message, REFERENCE, HOOK)

    assert raised.value.code == code


@pytest.mark.parametrize("path", ["", "/", "/{channel}/{platform_id}", "/{clientId}"])
def test_a_path_must_name_the_recipient(path: str):
    account = replace(ACCOUNT, options={"send_path": path})

    with pytest.raises(SenderUnusable, match="send_path"):
        DIALECT.sending.build_template(account, MESSAGE, REFERENCE, HOOK)
    with pytest.raises(SenderUnusable, match="send_path"):
        DIALECT.sending.build_free(account, FREE[0].message, REFERENCE, HOOK, None)


def test_nothing_is_prepared():
    assert DIALECT.preparing is None


def test_the_webhook_names_the_sender_by_its_platform():
    assert DIALECT.account.list_names(ACCOUNT) == ("100200300", "+14155550100")

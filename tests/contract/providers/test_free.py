"""Free-form messages: exact bytes, everything that is declared, and a clear no to everything else."""

from dataclasses import replace

import pytest

from shared.ground.errors import InputError
from shared.providers.capabilities import Feature
from shared.providers.free import check_free
from shared.providers.messages import Choice, FreeMessage, MediaKind, OutgoingMedia
from tests.contract.providers.harness import REFERENCE, FreeCase, ProviderCases, assert_nothing_private, name_cases
from tests.contract.providers.providers import BY_NAME, PROVIDERS
from tests.reading import present

FREE = [(cases, case) for cases in PROVIDERS for case in cases.free]
HOOK = "https://hooks.example.com/webhooks/it/clinic/status"
TO = "+14155550123"
PICTURE = OutgoingMedia(MediaKind.IMAGE, "https://example.com/map.png")
CHOICES = (Choice("a", "Now"), Choice("b", "Later"))
USES = {
    Feature.TEXT: FreeMessage(TO, "of course"),
    Feature.MEDIA: FreeMessage(TO, "map", PICTURE),
    Feature.QUICK_REPLIES: FreeMessage(TO, "When?", choices=CHOICES),
    Feature.LISTS: FreeMessage(TO, "When?", choices=CHOICES, list_button="Times"),
    Feature.REPLY_TO: FreeMessage(TO, "of course", reply_to="theirs"),
}


def list_features(message: FreeMessage) -> set[Feature]:
    used = {Feature.MEDIA if message.media is not None else Feature.TEXT}
    used |= {Feature.QUICK_REPLIES if message.list_button is None else Feature.LISTS} if message.choices else set()
    return used | ({Feature.REPLY_TO} if message.reply_to is not None else set())


@pytest.mark.parametrize(("cases", "case"), name_cases(FREE))
def test_free_request_is_exact(cases: ProviderCases, case: FreeCase):
    check_free(cases.dialect.name, case.message, cases.dialect.capabilities)

    preparing = cases.dialect.preparing
    assert (preparing and preparing.build_preparation(cases.account, case.message)) == case.preparation
    if case.made is not None:
        assert present(cases.dialect.preparing).read_preparation(case.made) == case.prepared
    request = cases.dialect.sending.build_free(cases.account, case.message, REFERENCE, HOOK, case.prepared)
    assert request == case.expected
    assert not case.message.text or case.message.text not in repr(request)
    assert_nothing_private(repr(request), cases)


@BY_NAME
def test_everything_declared_is_shown(cases: ProviderCases):
    shown = {feature for case in cases.free for feature in list_features(case.message)}

    assert shown == cases.dialect.capabilities.features & set(USES)


@BY_NAME
@pytest.mark.parametrize("feature", USES, ids=lambda feature: feature.name.lower())
def test_everything_else_is_refused_with_its_name(cases: ProviderCases, feature: Feature):
    capabilities = cases.dialect.capabilities
    if feature in capabilities.features:
        check_free(cases.dialect.name, USES[feature], capabilities)
        return
    with pytest.raises(InputError, match=feature.value) as refused:
        check_free(cases.dialect.name, USES[feature], capabilities)
    assert refused.value.code == "unsupported-content"


@BY_NAME
def test_the_provider_s_own_bounds(cases: ProviderCases):
    capabilities, text = cases.dialect.capabilities, USES[Feature.TEXT]
    most = capabilities.limits.text

    check_free(cases.dialect.name, replace(text, text="x" * most), capabilities)
    with pytest.raises(InputError, match=str(most)):
        check_free(cases.dialect.name, replace(text, text="x" * (most + 1)), capabilities)


@pytest.mark.parametrize(("cases", "case"), name_cases([pair for pair in FREE if pair[1].preparation is not None]))
def test_a_preparation_serves_every_recipient(cases: ProviderCases, case: FreeCase):
    again = replace(case.message, to="US.13491208655302741918")

    assert present(cases.dialect.preparing).build_preparation(cases.account, again) == case.preparation
    assert cases.message.to.lstrip("+").encode() not in present(case.preparation).body

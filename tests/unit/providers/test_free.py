"""Messages that can be carried, and the refusal of those that cannot."""

from dataclasses import replace

import pytest

from shared.ground.errors import InputError
from shared.providers.capabilities import Capabilities, Feature, Limits
from shared.providers.free import check_free
from shared.providers.messages import Choice, FreeMessage, MediaKind, OutgoingMedia

FREE_FORM = frozenset({Feature.TEXT, Feature.MEDIA, Feature.QUICK_REPLIES, Feature.LISTS, Feature.REPLY_TO})
LIMITS = Limits(text=1_600)


def capabilities(features: frozenset[Feature] = FREE_FORM, limits: Limits = LIMITS) -> Capabilities:
    return Capabilities((), (), {}, features=features, limits=limits)


def choices(count: int, title: str = "Now", description: str = "") -> tuple[Choice, ...]:
    return tuple(Choice(str(n), title, description) for n in range(count))


def refusal(message: FreeMessage, able: Capabilities) -> tuple[str, str] | None:
    try:
        check_free("pigeon", message, able)
    except InputError as error:
        return error.code, error.detail
    return None


TO = "+14155550123"
PICTURE = OutgoingMedia(MediaKind.IMAGE, "https://example.com/private-map.png")
TEXT = FreeMessage(TO, "of course")
FILE = FreeMessage(TO, "the map", PICTURE)
QUICK = FreeMessage(TO, "When?", choices=choices(3))
LIST = FreeMessage(TO, "When?", choices=choices(10), list_button="Times")

CARRIED = {
    "text": TEXT,
    "longest-text": replace(TEXT, text="x" * 1_600),
    "file": FILE,
    "file-alone": replace(FILE, text=""),
    "longest-caption": replace(FILE, text="x" * 1_024),
    "sound": replace(FILE, text="", media=OutgoingMedia(MediaKind.AUDIO, "HTTPS://example.com/a.ogg")),
    "quick-replies": QUICK,
    "longest-title": replace(QUICK, choices=choices(1, "x" * 20)),
    "longest-above-choices": replace(QUICK, text="x" * 1_024),
    "list": LIST,
    "longest-row": replace(LIST, choices=choices(1, "x" * 24, "x" * 72)),
    "answer": replace(TEXT, reply_to="theirs"),
}
REFUSED = {
    "nothing": (replace(TEXT, text=""), "empty-message", "a text or a file"),
    "blanks": (replace(TEXT, text=" \n"), "empty-message", "a text or a file"),
    "choices-alone": (replace(QUICK, text=""), "empty-message", "a text or a file"),
    "too-long": (replace(TEXT, text="x" * 1_601), "text-too-long", "1601 characters; the provider takes 1600"),
    "caption-too-long": (replace(FILE, text="x" * 1_025), "text-too-long", "takes 1024"),
    "too-long-above-choices": (replace(QUICK, text="x" * 1_025), "text-too-long", "takes 1024"),
    "caption-under-a-sound": (
        replace(FILE, media=OutgoingMedia(MediaKind.AUDIO, "https://example.com/a.ogg")),
        "unsupported-content",
        "no caption",
    ),
    "choices-under-a-file": (replace(FILE, choices=choices(1)), "unsupported-content", "with a text"),
    "empty-list": (replace(TEXT, list_button="Times"), "empty-list", "at least one row"),
    "choice-without-id": (replace(QUICK, choices=(Choice("", "Now"),)), "choice-without-id", "needs an id"),
    "same-id-twice": (replace(QUICK, choices=choices(1) * 2), "duplicate-choice", "same id"),
    "too-many-replies": (replace(QUICK, choices=choices(4)), "too-many-choices", "takes 3"),
    "reply-without-title": (replace(QUICK, choices=choices(1, " ")), "title-too-long", "1 to 20"),
    "reply-too-long": (replace(QUICK, choices=choices(1, "x" * 21)), "title-too-long", "1 to 20"),
    "too-many-rows": (replace(LIST, choices=choices(11)), "too-many-choices", "takes 10"),
    "row-too-long": (replace(LIST, choices=choices(1, "x" * 25)), "title-too-long", "1 to 24"),
    "description-too-long": (replace(LIST, choices=choices(1, "x", "x" * 73)), "title-too-long", "at most 72"),
    "button-too-long": (replace(LIST, list_button="x" * 21), "title-too-long", "1 to 20"),
    "button-without-title": (replace(LIST, list_button=""), "title-too-long", "1 to 20"),
}


@pytest.mark.parametrize("name", CARRIED)
def test_carried(name: str):
    assert refusal(CARRIED[name], capabilities()) is None


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str):
    message, code, words = REFUSED[name]

    refused = refusal(message, capabilities())
    assert refused is not None
    assert refused[0] == code
    assert words in refused[1]


@pytest.mark.parametrize(
    "url", ["", "map.png", "file:///etc/passwd", "//example.com/a", "https:///a", "http://", "ftp://x"]
)
def test_a_file_that_nobody_can_fetch(url: str):
    refused = refusal(replace(FILE, media=OutgoingMedia(MediaKind.IMAGE, url)), capabilities())

    assert refused is not None
    assert refused[0] == "bad-media-url"


def test_a_url_of_any_shape_has_an_answer():
    assert refusal(replace(FILE, media=OutgoingMedia(MediaKind.IMAGE, "https://[::1")), capabilities()) is None


@pytest.mark.parametrize(
    ("feature", "message"),
    [
        (Feature.TEXT, TEXT),
        (Feature.MEDIA, FILE),
        (Feature.QUICK_REPLIES, QUICK),
        (Feature.LISTS, LIST),
        (Feature.REPLY_TO, replace(FILE, reply_to="theirs")),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_what_is_not_declared_is_named(feature: Feature, message: FreeMessage):
    refused = refusal(message, capabilities(FREE_FORM - {feature}))

    assert refused == ("unsupported-content", f"Pigeon cannot carry {feature.value} here.")


def test_a_shorter_provider_has_shorter_texts_above_choices():
    assert refusal(replace(QUICK, text="x" * 101), capabilities(limits=Limits(text=100))) is not None


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_quotes_nothing(name: str):
    message, *_ = REFUSED[name]

    refused = refusal(message, capabilities())
    assert refused is not None
    for private in (TO, PICTURE.url, "When?", "the map", "x" * 20):
        assert private not in refused[1]

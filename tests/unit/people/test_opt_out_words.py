"""Words: the whole message, in any capitals, accents and punctuation, and nothing that merely holds one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.people.consent.opt_out_words import (
    AMBIGUOUS,
    BACK,
    PLAIN,
    Said,
    is_refusal_button,
    language_of,
    normalised,
    said,
)

ALL_PLAIN = [word for words in PLAIN.values() for word in words]
ALL_AMBIGUOUS = [word for words in AMBIGUOUS.values() for word in words]


@pytest.mark.parametrize("word", [*ALL_PLAIN, *ALL_AMBIGUOUS])
@pytest.mark.parametrize("spelled", ["{}", " {} ", "¡{}!", "{}.", "{} 🙏", "*{}*"])
def test_a_no(word: str, spelled: str):
    for text in (word, word.lower(), word.title()):
        assert said(spelled.format(text)) is Said.NO


@pytest.mark.parametrize(
    "text",
    ["cancel, please", "start please", "stop by the clinic", "yes", "sí", "sim", "ok", "", " ", "👍", "no", "bajar"],
)
def test_what_says_nothing_about_consent(text: str):
    assert said(text) is None


@pytest.mark.parametrize("text", ["START", "start", "Unstop!", "alta", "ÁLTA"])
def test_coming_back(text: str):
    assert said(text) is Said.BACK


@pytest.mark.parametrize("text", ["yes", "YES", "sí", "SIM", "ok", "okay"])
def test_a_yes_undoes_nothing(text: str):
    assert said(text) is not Said.BACK


@pytest.mark.parametrize("word", ALL_AMBIGUOUS)
def test_a_campaign_may_leave_out_what_is_an_answer_as_well(word: str):
    assert said(word, ()) is None
    assert said(word, ("END",)) is (Said.NO if word == "END" else None)


@pytest.mark.parametrize("word", ALL_PLAIN)
def test_no_campaign_may_leave_out_what_means_nothing_else(word: str):
    assert said(word, ()) is Said.NO


def test_a_campaign_may_have_words_of_its_own():
    assert said("Leave me alone!", ("leave me alone",)) is Said.NO
    assert said("", ("",)) is None


@pytest.mark.parametrize(
    ("title", "payload"),
    [
        ("Stop promotions", None),
        ("Detener promociones", None),
        ("Parar promoções", "x"),
        ("No thanks", "OPT_OUT"),
        ("No recibir más mensajes", None),
        ("Não receber mais mensagens", None),
        ("No", "UNSUBSCRIBE"),
        ("No", "STOP"),
        ("No recibir más", "B1"),
        ("Não receber mais", None),
        ("Dejar de recibir", None),
        ("Parar mensajes", None),
    ],
)
def test_a_button_that_says_no(title: str, payload: str | None):
    assert is_refusal_button(title, payload)


@pytest.mark.parametrize(
    ("title", "payload"), [("Confirm", "CONFIRM"), ("Cancel", "CANCEL"), ("", None), ("Alto", "ALTO"), ("Parar", None)]
)
def test_a_button_that_answers(title: str, payload: str | None):
    assert not is_refusal_button(title, payload)


@pytest.mark.parametrize(
    ("text", "language"), [("stop", "en"), ("Baja", "es"), ("sair", "pt"), ("cancelar", "es"), ("hello", None)]
)
def test_whose_word_it_is(text: str, language: str | None):
    assert language_of(text) == language


def test_no_word_is_both():
    assert not {*ALL_PLAIN, *ALL_AMBIGUOUS} & {word for words in BACK.values() for word in words}
    assert len(set(ALL_PLAIN)) == len(ALL_PLAIN)


@pytest.mark.parametrize("word", ["STOP", "baja", "SAIR", "dar de baja"])
@pytest.mark.parametrize(
    "invisible",
    [
        "\u200b",
        "\u200c",
        "\u200d",
        "\u2060",
        "\ufeff",
        "\u00ad",
        "\u034f",
        "\ufe0f",
        "\u180e",
        "\u202e",
        "\u3164",
        "\x08",
    ],
    ids=ascii,
)
def test_invisible_characters_inside_a_word_hide_no_refusal(word: str, invisible: str):
    spelled = invisible.join(word)
    assert normalised(spelled) == word.upper()
    assert said(spelled) is Said.NO
    assert said(invisible * 2_000 + word) is Said.NO


@pytest.mark.parametrize(
    "text", ["no\u200bmolestar", "S T O P", "s.t.o.p.", "b-a-j-a", "STOP STOP", "stop!!! stop", "ＳＴＯＰ", "𝐒𝐓𝐎𝐏"]
)
def test_a_word_that_is_spaced_out_or_repeated_is_a_refusal(text: str):
    assert said(text) is Said.NO


@pytest.mark.parametrize("invisible", ["\u200b", "\u00ad"], ids=ascii)
def test_a_start_with_invisible_characters_is_a_start(invisible: str):
    assert said(invisible.join("START")) is Said.BACK


def test_a_tenant_has_words_of_its_own_that_are_judged_like_ours():
    own = ("Fuera de acá", "ikkje meir")
    for text in ("fuera de aca!", "FUERA\u00ad DE ACÁ", "Por favor, fuera de acá. Gracias", "Ikkje meir, please"):
        assert said(text) is None
        assert said(text, own=own) is Said.NO
        assert said(text, (), own) is Said.NO
    for text in ("el gato está fuera de acá", "ikkje", "yes", ""):
        assert said(text, own=(*own, "!", "")) is None


@given(st.text())
def test_total_and_idempotent(text: str):
    said(text)
    assert normalised(normalised(text)) == normalised(text)

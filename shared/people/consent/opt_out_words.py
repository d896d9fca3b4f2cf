"""Words by which people opt out, and opt in again. Owns the lists and the comparison; `inbound.heeding` acts on the result.

The whole message must be the word, as at Twilio. Blanks around it, punctuation, emoji, accents and case do not count.
Source: https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out and AWS, Braze and Telnyx's keyword lists for
English. For Spanish and Portuguese no authority was found: these are the words that people use (assumed).
"""

import re
import unicodedata
from collections.abc import Collection, Iterable
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Final

_NOT_A_LETTER = re.compile(r"[\W_]+")
MAX_WORD_CHARACTERS: Final = 64  # characters that are compared


class Said(StrEnum):
    NO = "no"
    BACK = "back"


# These words have no other meaning in an answer, so they always count.
PLAIN: Final = MappingProxyType(
    {
        "en": (
            "STOP", "STOPALL", "STOP ALL", "UNSUBSCRIBE", "QUIT", "REVOKE", "OPTOUT", "OPT OUT", "REMOVE",
            "STOP PROMOTIONS",
        ),
        "es": (
            "BAJA", "SALIR", "DAR DE BAJA", "DARME DE BAJA", "DETENER", "DETENER PROMOCIONES", "NO MOLESTAR", "ALTO",
            "PARAR",
        ),
        "pt": ("SAIR", "DESCADASTRAR", "REMOVER", "PARE", "PARAR PROMOCOES"),
    }
)  # fmt: skip
# These words also answer a reminder, so a campaign may exclude them (its rule `opt_out_words` lists those that count).
AMBIGUOUS: Final = MappingProxyType({"en": ("CANCEL", "END"), "es": ("CANCELAR",), "pt": ()})
BACK: Final = MappingProxyType({"en": ("START", "UNSTOP"), "es": ("ALTA",), "pt": ()})
# A quick reply with this title or payload is an opt-out in every campaign. WhatsApp itself stops nothing after it.
BUTTONS: Final = ("STOP PROMOTIONS", "DETENER PROMOCIONES", "PARAR PROMOCOES", "OPT OUT")


def normalised(text: str) -> str:
    """The form in which words are compared.

    >>> normalised(" ¡Darme de  BAJA!! "), normalised("Não 👍")
    ('DARME DE BAJA', 'NAO')
    """
    plain = unicodedata.normalize("NFKD", text[: 4 * MAX_WORD_CHARACTERS])
    letters = "".join(character for character in plain if not unicodedata.combining(character))
    return _NOT_A_LETTER.sub(" ", letters.casefold()).strip().upper()


def said(text: str, counted: Collection[str] | None = None) -> Said | None:
    """Whether a whole message opts out or in again; None if neither.

    counted: the campaign's `opt_out_words`: these count, and no other ambiguous word does. None: all of ours count.
    The words of PLAIN count in any case.
    """
    word = normalised(text)
    if word in _plain():
        return Said.NO
    if word in (_ambiguous() if counted is None else {normalised(one) for one in counted}):
        return Said.NO if word else None
    return Said.BACK if word in _back() else None


def counted(named: Collection[str] | None, answers: Iterable[str]) -> Collection[str] | None:
    """The argument `counted` of `said` for a campaign. named: its `opt_out_words`, None if it has none.

    answers: those that the campaign declares. An ambiguous word among them is no opt-out, unless `named` has it.
    """
    declared = {normalised(one) for one in answers}
    return named if named is not None or declared.isdisjoint(_ambiguous()) else _ambiguous() - declared


def is_refusal_button(title: str, payload: str | None) -> bool:
    """Whether this quick reply, by its title or its payload, is an opt-out."""
    return normalised(title) in BUTTONS or (payload is not None and normalised(payload) in BUTTONS)


def language_of(text: str) -> str | None:
    """The language of an opt-out or opt-in word; None if no language or several have it."""
    word = normalised(text)
    found = [language for language in PLAIN if word in (*PLAIN[language], *AMBIGUOUS[language], *BACK[language])]
    return found[0] if len(found) == 1 else None


@lru_cache(1)
def _plain() -> frozenset[str]:
    return frozenset(word for words in PLAIN.values() for word in words)


@lru_cache(1)
def _ambiguous() -> frozenset[str]:
    return frozenset(word for words in AMBIGUOUS.values() for word in words)


@lru_cache(1)
def _back() -> frozenset[str]:
    return frozenset(word for words in BACK.values() for word in words)

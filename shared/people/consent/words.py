"""Words by which people say no, and come back. Owns the lists and the comparison; what follows is `hearing`'s.

The whole message must be the word, as at Twilio: without blanks around it, punctuation, emoji, accents and capitals.
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
LONGEST_WORD: Final = 64  # characters: nothing longer is looked at


class Said(StrEnum):
    NO = "no"
    BACK = "back"


# Said by nobody who means something else.
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
# Answers to a reminder as well: a campaign may leave them out (its rule `opt_out_words` names those that count).
AMBIGUOUS: Final = MappingProxyType({"en": ("CANCEL", "END"), "es": ("CANCELAR",), "pt": ()})
BACK: Final = MappingProxyType({"en": ("START", "UNSTOP"), "es": ("ALTA",), "pt": ()})
# A template's quick reply of this title or payload, whatever the campaign says. WhatsApp stops nothing by itself.
BUTTONS: Final = ("STOP PROMOTIONS", "DETENER PROMOCIONES", "PARAR PROMOCOES", "OPT OUT")


def normalised(text: str) -> str:
    """The form in which words are compared.

    >>> normalised(" ¡Darme de  BAJA!! "), normalised("Não 👍")
    ('DARME DE BAJA', 'NAO')
    """
    plain = unicodedata.normalize("NFKD", text[: 4 * LONGEST_WORD])
    letters = "".join(character for character in plain if not unicodedata.combining(character))
    return _NOT_A_LETTER.sub(" ", letters.casefold()).strip().upper()


def said(text: str, counted: Collection[str] | None = None) -> Said | None:
    """What a whole message says about consent, or None.

    counted: the campaign's `opt_out_words`: of the ambiguous words only these count, and its own words count too; None
    for all of ours. Words that mean nothing but no count always.
    """
    word = normalised(text)
    if word in _plain():
        return Said.NO
    if word in (_ambiguous() if counted is None else {normalised(one) for one in counted}):
        return Said.NO if word else None
    return Said.BACK if word in _back() else None


def counted(named: Collection[str] | None, answers: Iterable[str]) -> Collection[str] | None:
    """What `said` takes for a campaign that names these words (None: that names none) and declares these answers: a word
    that it asks for itself is no refusal there, unless it says so.
    """
    declared = {normalised(one) for one in answers}
    return named if named is not None or declared.isdisjoint(_ambiguous()) else _ambiguous() - declared


def is_refusal_button(title: str, payload: str | None) -> bool:
    """Whether this quick reply, by its title or its payload, says no."""
    return normalised(title) in BUTTONS or (payload is not None and normalised(payload) in BUTTONS)


def language_of(text: str) -> str | None:
    """The language whose word this is; None where it is nobody's, or of several."""
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

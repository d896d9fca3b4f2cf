"""Words by which people opt out, and opt in again. Owns the lists and the comparison; `inbound.heeding` acts on the result.

The whole message must be the word, as at Twilio, or a sentence of `opt_out_phrases`. Blanks around it, punctuation, emoji,
accents, case and invisible characters do not count, nor does courtesy beside a refusal (`stop, gracias`). A word that is
also an answer (CANCEL), or that undoes a refusal (START), must be the whole message.
Source: https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out and AWS, Braze and Telnyx's keyword lists for
English. For Spanish and Portuguese no authority was found: these are the words that people use (assumed).
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from shared.people.consent.opt_out_phrases import is_certain, is_neutral, language_of_phrase, without_courtesy

_NOT_A_LETTER = re.compile(r"[\W_]+")
_SENTENCE_END = re.compile(r"[.!?¡¿\n\r\u2028\u2029…]+")
_CLAUSE_END = re.compile(r"[,;:()\[\]\"“”–—/&+|•]+|\s-+(?:\s|$)|^-+\s")
_SIGNATURE = re.compile(
    r"\b(?:saludos(?: cordiales)?|atte|atentamente|(?:kind |best )?regards|abra[cç]os?|att)\b[\s,.:;–-]*"
    r"(?:[^\W\d_]++[\s.]*+){1,3}+\W*$",
    re.IGNORECASE,
)
_APOSTROPHES = re.compile(r"['’´`ʼ]")
_ZERO_WIDTH_SPACE = "\u200b"  # divides words by its definition, and is typed between letters all the same
# Letters by their category, and drawn by no font: the Hangul fillers.
_FILLERS: Final = frozenset("\u115f\u1160\u3164\uffa0")
_INVISIBLE: Final = frozenset({"Mn", "Me", "Cf", "Cc"})  # accents, too, which are not compared
_BLANK_CONTROLS: Final = frozenset("\t\n\v\f\r\x1c\x1d\x1e\x1f\x85")
MAX_SENTENCES: Final = 32  # of a message, and clauses of a sentence; the rest of a longer one is compared as a whole
MAX_TEXT_CHARACTERS: Final = 4_096  # that are looked at: WhatsApp's longest text
MAX_WORD_CHARACTERS: Final = 64  # of a word or a sentence that a tenant or a campaign names
MAX_COMPARED_CHARACTERS: Final = 4 * MAX_WORD_CHARACTERS  # of a normal form, which may be longer; the rest is cut off


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
BUTTONS: Final = (
    "STOP PROMOTIONS", "DETENER PROMOCIONES", "PARAR PROMOCOES", "OPT OUT", "NO RECIBIR MAS", "DEJAR DE RECIBIR",
    "PARAR MENSAJES", "NAO RECEBER MAIS", "PARAR DE RECEBER", "STOP RECEIVING",
)  # fmt: skip
NOW: Final = frozenset({"YA", "JA", "NOW", "AHORA", "AGORA"})  # behind a refusal
# Everyday words: beside `No` they may answer a question (`No, baja.`), so nothing but courtesy may stand beside them.
EVERYDAY: Final = frozenset(
    {"BAJA", "ALTO", "SALIR", "SAIR", "PARAR", "PARE", "DETENER", "QUIT", "REMOVE", "REVOKE", "REMOVER"}
)


def normalised(text: str) -> str:
    """The form in which words are compared.

    >>> normalised(" ¡Darme de  BAJA!! "), normalised("Não 👍")
    ('DARME DE BAJA', 'NAO')
    """
    plain = unicodedata.normalize("NFKD", text[:MAX_TEXT_CHARACTERS])
    letters = "".join(character for character in plain if not _is_invisible(character))
    return _NOT_A_LETTER.sub(" ", letters.casefold()).strip().upper()[:MAX_COMPARED_CHARACTERS].rstrip()


def _is_invisible(character: str) -> bool:
    if character in _BLANK_CONTROLS:
        return False
    return character in _FILLERS or unicodedata.category(character) in _INVISIBLE


def said(text: str, counted: Collection[str] | None = None, own: Collection[str] = ()) -> Said | None:
    """Whether a whole message opts out or in again; None if neither.

    counted: the campaign's `opt_out_words`: these count, and no other ambiguous word does. None: all of ours count.
    own: the tenant's words and sentences, which count in any case, as those of PLAIN and of `opt_out_phrases` do.
    """
    ours = _plain() | {word for one in own if (word := normalised(one))}
    for spelled in _spellings(text):
        word = normalised(spelled)
        if _unspaced(word) in ours or _refuses(spelled, ours):
            return Said.NO
        if word in (_ambiguous() if counted is None else {normalised(one) for one in counted}):
            return Said.NO if word else None
        if word in _back():
            return Said.BACK
    return None


def _spellings(text: str) -> list[str]:
    """The text, and the text with its invisible dividers as blanks, if it has any."""
    text = text[:MAX_TEXT_CHARACTERS]
    return [text, text.replace(_ZERO_WIDTH_SPACE, " ")] if _ZERO_WIDTH_SPACE in text else [text]


def _unspaced(word: str) -> str:
    """`S T O P` and `STOP STOP` as STOP, `BAJA STOP` and `BAJA YA` as BAJA."""
    parts = word.split()
    if len(parts) > 1 and parts[-1] in NOW:
        parts = parts[:-1]
    if len(set(parts)) == 1 or (len(parts) > 1 and _plain().issuperset(parts)):
        return parts[0]
    return "".join(parts) if len(parts) > 1 and all(len(part) == 1 for part in parts) else word


def _refuses(text: str, ours: Collection[str]) -> bool:
    """Whether one sentence of the message is a certain refusal by `opt_out_phrases`, or the message says nothing but a
    refusal.
    """
    sentences = [_clauses(sentence) for sentence in _SENTENCE_END.split(_unsigned(text), MAX_SENTENCES)]
    if any(_is_refusal(clauses, frozenset()) and any(map(is_certain, clauses)) for clauses in sentences):
        return True
    return len(sentences) <= MAX_SENTENCES and _is_refusal([one for clauses in sentences for one in clauses], ours)


def _unsigned(text: str) -> str:
    """Without the name under a letter, which says nothing: `Quiero darme de baja. Saludos, Ana Paz`."""
    return _SIGNATURE.sub("", text)


def _is_refusal(clauses: Sequence[str], ours: Collection[str]) -> bool:
    """Whether one of the clauses is a phrase, or one of these words, and the others say nothing else."""
    refusals = [clause for clause in clauses if clause.upper() in ours or _is_phrase(clause)]
    others = [clause for clause in clauses if clause not in refusals]
    if not refusals or not all(map(is_neutral, others)):
        return False
    return not others or any(clause.upper() not in EVERYDAY for clause in refusals)


def _clauses(sentence: str) -> list[str]:
    """Without those that are courtesy only."""
    parts = _CLAUSE_END.split(sentence, MAX_SENTENCES)
    return [clause for part in parts if (clause := _plainly(part))]


def _plainly(clause: str) -> str:
    """A clause as `opt_out_phrases` compares it."""
    return without_courtesy(normalised(_APOSTROPHES.sub("", clause)).lower())


def _is_phrase(clause: str) -> bool:
    return language_of_phrase(clause) is not None


def counted(named: Collection[str] | None, answers: Iterable[str]) -> Collection[str] | None:
    """The argument `counted` of `said` for a campaign. named: its `opt_out_words`, None if it has none.

    answers: those that the campaign declares. An ambiguous word among them is no opt-out, unless `named` has it.
    """
    declared = {normalised(one) for one in answers}
    return named if named is not None or declared.isdisjoint(_ambiguous()) else _ambiguous() - declared


def is_refusal_button(title: str, payload: str | None) -> bool:
    """Whether this quick reply, by its title or its payload, is an opt-out. Everyday words are titles of other answers."""
    given = normalised(title), normalised(payload or "")
    return not set(given).isdisjoint({*BUTTONS, *(_plain() - EVERYDAY)}) or _is_phrase(_plainly(title))


def language_of(text: str) -> str | None:
    """The language of an opt-out or opt-in word or sentence; None if no language or several have it."""
    parts = [clause for one in _SENTENCE_END.split(text) for clause in _CLAUSE_END.split(one)]
    found = {language for clause in (text, *parts[:MAX_SENTENCES]) if (language := _language_of_clause(clause))}
    return found.pop() if len(found) == 1 else None


def _language_of_clause(clause: str) -> str | None:
    plain = _plainly(clause)
    word = _unspaced(plain.upper())
    found = [language for language in PLAIN if word in (*PLAIN[language], *AMBIGUOUS[language], *BACK[language])]
    return found[0] if len(found) == 1 else language_of_phrase(plain)


@lru_cache(1)
def _plain() -> frozenset[str]:
    return frozenset(word for words in PLAIN.values() for word in words)


@lru_cache(1)
def _ambiguous() -> frozenset[str]:
    return frozenset(word for words in AMBIGUOUS.values() for word in words)


@lru_cache(1)
def _back() -> frozenset[str]:
    return frozenset(word for words in BACK.values() for word in words)

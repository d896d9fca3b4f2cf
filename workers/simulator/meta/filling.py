"""Whether a template can be filled with what a client gives for it. Owns no templates.

Details are quoted as public code and its users quote them; which code goes with which mistake is known for counts,
formats and missing values, and assumed for the rest.
Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes;
github.com/PipedreamHQ/pipedream pull request 6071, github.com/david-lev/pywa issue 154 (`localizable_params`)
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from workers.simulator.memory import Memory
from workers.simulator.messages import Refusal
from workers.simulator.meta import codes
from workers.simulator.meta.codes import refusal
from workers.simulator.meta.templates import is_positional, standing
from workers.simulator.meta.wire import Component, Parameter, Template
from workers.simulator.script import Script, TemplateButton
from workers.simulator.script import Template as Known

LONGEST_BODY = 1_024
MEDIA = frozenset({"image", "video", "document"})
STANDINGS: Mapping[str, str] = {"paused": codes.PAUSED, "disabled": codes.DISABLED}
SUB_TYPES = frozenset({"quick_reply", "url", "phone_number", "copy_code"})
NO_BODY = Component(type="body")
_NOT_IN_ONE_LINE = re.compile(r"[\n\t]| {5}")


def defect(script: Script, memory: Memory, asked: Template) -> Refusal | None:
    """What is wrong with it, first things first."""
    values = _valueless(asked)
    if values is not None or script.templates is None:
        return values
    known = script.template(asked.name, asked.language.code)
    status = standing(script, memory, asked.name, asked.language.code)
    if known is None or status not in {"approved", *STANDINGS}:
        return refusal(codes.NO_TEMPLATE, f"template name ({asked.name}) does not exist in {asked.language.code}")
    if status in STANDINGS:
        return refusal(STANDINGS[status])
    return next(_mistakes(known, asked), None)


def category(script: Script, asked: Template) -> str:
    known = script.template(asked.name, asked.language.code)
    return "utility" if known is None else known.category.lower()


def variables(asked: Template) -> dict[str, str]:
    """Of the body: by name, or by position where they have none."""
    parameters = body_of(asked).parameters
    return {one.parameter_name or str(place): one.value for place, one in enumerate(parameters, start=1)}


def body_of(asked: Template) -> Component:
    return next((part for part in asked.components if part.type == "body"), NO_BODY)


def _valueless(asked: Template) -> Refusal | None:
    for part in asked.components:
        for one in part.parameters:
            if not one.value:
                return refusal(codes.MISSING, f"Parameter of type {one.type} is missing {one.type} value")
            if one.type == "text" and part.type != "button" and _NOT_IN_ONE_LINE.search(one.value):
                text = "Param text cannot have new-line/tab characters or more than 4 consecutive spaces"
                return refusal(codes.FILLING, text)
    return None


def _mistakes(known: Known, asked: Template) -> Iterator[Refusal]:
    header = next((part for part in asked.components if part.type == "header"), None)
    yield from _of_header(known, () if header is None else header.parameters)
    yield from _of_texts("body", known.names, body_of(asked).parameters)
    yield from _of_length(known, variables(asked))
    yield from _of_buttons(known, [part for part in asked.components if part.type == "button"])


def _of_header(known: Known, given: Sequence[Parameter]) -> Iterator[Refusal]:
    if known.header is None or known.header.format == "text":
        yield from _of_texts("header", () if known.header is None else known.header.names, given)
        return
    expected, received = known.header.format, given[0].type if given else "unknown"
    if received != expected or len(given) != 1:
        text = f"header: Format mismatch, expected {expected.upper()}, received {received.upper()}"
        yield refusal(codes.FORMAT, text)


def _of_texts(place: str, names: Sequence[str], given: Sequence[Parameter]) -> Iterator[Refusal]:
    if len(given) != len(names):
        text = (
            f"number of localizable_params ({len(given)}) does not match the expected number of params ({len(names)})"
        )
        yield refusal(codes.COUNT, f"{place}: {text}")
    if any(one.type in MEDIA for one in given):
        yield refusal(codes.FORMAT, f"{place}: Format mismatch, expected TEXT")
    if not is_positional(names) and {one.parameter_name for one in given} != set(names):
        yield refusal(codes.PARAMETER, f"{place}: Parameter name is missing or empty")


def _of_length(known: Known, values: Mapping[str, str]) -> Iterator[Refusal]:
    """Of the body with its parameters, roughly: placeholders count as what is put there."""
    placeholders = sum(len(f"{{{{{name}}}}}") for name in values)
    if len(known.body) - placeholders + sum(map(len, values.values())) > LONGEST_BODY:
        yield refusal(codes.TOO_LONG, "Translated text too long")


def _of_buttons(known: Known, given: Sequence[Component]) -> Iterator[Refusal]:
    filled = {int(part.index or 0): part for part in given}
    for place, button in enumerate(known.buttons):
        if button.is_filled and place not in filled:
            yield refusal(codes.MISSING, f"buttons: Button at index {place} of type {button.type} requires a parameter")
    for place, part in filled.items():
        if place >= len(known.buttons) or not _fits(known.buttons[place], part):
            yield refusal(codes.FORMAT, f"buttons: Button at index {place} does not take {part.sub_type}")


def _fits(button: TemplateButton, part: Component) -> bool:
    return part.sub_type == button.type and (button.type == "quick_reply" or button.is_filled)

"""The check of a template's parameters against the script's template. Owns no templates.

Details are worded as public code and its users quote them. The codes for counts, formats and missing values are known;
the others are assumed.
Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes;
github.com/PipedreamHQ/pipedream pull request 6071, github.com/david-lev/pywa issue 154 (`localizable_params`)
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from workers.simulator.memory import Memory
from workers.simulator.messages import Refusal
from workers.simulator.meta import codes
from workers.simulator.meta.codes import make_refusal
from workers.simulator.meta.template_nodes import find_status, is_positional
from workers.simulator.meta.template_schema import Component, Parameter, Template
from workers.simulator.script import Script
from workers.simulator.template_catalogue import Template as ScriptTemplate
from workers.simulator.template_catalogue import TemplateButton

MAX_BODY_CHARACTERS = 1_024
MEDIA = frozenset({"image", "video", "document"})
REFUSED_STATUSES: Mapping[str, str] = {"paused": codes.PAUSED, "disabled": codes.DISABLED}
NO_BODY = Component(type="body")
_NOT_IN_ONE_LINE = re.compile(r"[\n\t]| {5}")


def find_defect(script: Script, memory: Memory, filled: Template) -> Refusal | None:
    """The first mistake: missing values, then the template's name and status, then its parameters."""
    refusal = _check_values(filled)
    if refusal is not None or script.templates is None:
        return refusal
    template = script.find_template(filled.name, filled.language.code)
    status = find_status(script, memory, filled.name, filled.language.code)
    if template is None or status not in {"approved", *REFUSED_STATUSES}:
        text = f"template name ({filled.name}) does not exist in {filled.language.code}"
        return make_refusal(codes.NO_TEMPLATE, text)
    if status in REFUSED_STATUSES:
        return make_refusal(REFUSED_STATUSES[status])
    return next(_iterate_mistakes(template, filled), None)


def find_category(script: Script, filled: Template) -> str:
    template = script.find_template(filled.name, filled.language.code)
    return "utility" if template is None else template.category.lower()


def read_variables(filled: Template) -> dict[str, str]:
    """The body's values by name, or by position if they have no names."""
    parameters = _find_body(filled).parameters
    return {one.parameter_name or str(place): one.value for place, one in enumerate(parameters, start=1)}


def _find_body(filled: Template) -> Component:
    return next((component for component in filled.components if component.type == "body"), NO_BODY)


def _check_values(filled: Template) -> Refusal | None:
    for component in filled.components:
        for parameter in component.parameters:
            if not parameter.value:
                text = f"Parameter of type {parameter.type} is missing {parameter.type} value"
                return make_refusal(codes.MISSING, text)
            if parameter.type == "text" and component.type != "button" and _NOT_IN_ONE_LINE.search(parameter.value):
                text = "Param text cannot have new-line/tab characters or more than 4 consecutive spaces"
                return make_refusal(codes.FILLING, text)
    return None


def _iterate_mistakes(template: ScriptTemplate, filled: Template) -> Iterator[Refusal]:
    header = next((component for component in filled.components if component.type == "header"), None)
    yield from _check_header(template, () if header is None else header.parameters)
    yield from _check_texts("body", template.names, _find_body(filled).parameters)
    yield from _check_length(template, read_variables(filled))
    yield from _check_buttons(template, [component for component in filled.components if component.type == "button"])
    yield from _check_other_parts(template)


def _check_header(template: ScriptTemplate, parameters: Sequence[Parameter]) -> Iterator[Refusal]:
    if template.header is None or template.header.format == "text":
        yield from _check_texts("header", () if template.header is None else template.header.names, parameters)
        return
    expected, received = template.header.format, parameters[0].type if parameters else "unknown"
    if received != expected or len(parameters) != 1:
        text = f"header: Format mismatch, expected {expected.upper()}, received {received.upper()}"
        yield make_refusal(codes.FORMAT, text)


def _check_texts(place: str, names: Sequence[str], parameters: Sequence[Parameter]) -> Iterator[Refusal]:
    if len(parameters) != len(names):
        found, expected = len(parameters), len(names)
        text = f"number of localizable_params ({found}) does not match the expected number of params ({expected})"
        yield make_refusal(codes.COUNT, f"{place}: {text}")
    if any(parameter.type in MEDIA for parameter in parameters):
        yield make_refusal(codes.FORMAT, f"{place}: Format mismatch, expected TEXT")
    if not is_positional(names) and {parameter.parameter_name for parameter in parameters} != set(names):
        yield make_refusal(codes.PARAMETER, f"{place}: Parameter name is missing or empty")


def _check_length(template: ScriptTemplate, values: Mapping[str, str]) -> Iterator[Refusal]:
    """The length of the filled body, roughly: each placeholder is replaced by its value."""
    placeholders = sum(len(f"{{{{{name}}}}}") for name in values)
    if len(template.body) - placeholders + sum(map(len, values.values())) > MAX_BODY_CHARACTERS:
        yield make_refusal(codes.TOO_LONG, "Translated text too long")


def _check_buttons(template: ScriptTemplate, components: Sequence[Component]) -> Iterator[Refusal]:
    filled = {int(component.index or 0): component for component in components}
    for place, button in enumerate(template.buttons):
        if button.is_filled and place not in filled:
            text = f"buttons: Button at index {place} of type {button.type} requires a parameter"
            yield make_refusal(codes.MISSING, text)
    for place, component in filled.items():
        if place >= len(template.buttons) or not _fits(template.buttons[place], component):
            text = f"buttons: Button at index {place} does not take {component.sub_type}"
            yield make_refusal(codes.FORMAT, text)


def _check_other_parts(template: ScriptTemplate) -> Iterator[Refusal]:
    """Parts whose components this simulator does not read: a send never has them, and Meta misses their values."""
    for is_there, name in ((template.carousel, "carousel"), (template.limited_time_offer, "limited_time_offer")):
        if is_there:
            yield make_refusal(codes.FORMAT, f"{name}: Format mismatch, expected {name.upper()}, received UNKNOWN")


def _fits(button: TemplateButton, component: Component) -> bool:
    """A button with a one-time code is filled like a link."""
    kind = "url" if button.type == "otp" else button.type
    return component.sub_type == kind and (button.type == "quick_reply" or button.is_filled)

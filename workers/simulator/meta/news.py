"""What Meta tells of templates, numbers and accounts, and how it makes sure of a client. Owns no template and no number.

Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/<field>, one page a
field (message_template_status_update 2026-04-13, phone_number_quality_update 2026-05-21); …/create-webhook-endpoint for
the question.
"""

from collections.abc import Mapping

from workers.simulator.meta.envelope import Json, entry
from workers.simulator.meta.posting import signed
from workers.simulator.meta.templates import id_of
from workers.simulator.news import News, NumberNews, OtherNews, TemplateNews
from workers.simulator.provider import Callback
from workers.simulator.script import Script, Template
from workers.simulator.traffic import SECOND_US

STATUSES: Mapping[str, str] = {
    "APPROVED": "approved",
    "REINSTATED": "approved",
    "UNARCHIVED": "approved",
    "PENDING": "pending",
    "IN_APPEAL": "pending",
    "REJECTED": "rejected",
    "LIMIT_EXCEEDED": "rejected",
    "PAUSED": "paused",
    "DISABLED": "disabled",
    "ARCHIVED": "disabled",
    "PENDING_DELETION": "disabled",
    "DELETED": "disabled",
}


class MetaNews:
    """As `workers.simulator.provider.Newsroom` wants it."""

    def told(self, said: News, script: Script, url: str, at_us: int) -> Callback:
        field, value = _news(said, script, at_us)
        return signed(url, [entry(script.meta.waba_id, field, value, at_us)], script.meta.app_secret, forged=False)

    def status_after(self, said: TemplateNews) -> str | None:
        return None if said.event is None else STATUSES.get(said.event.upper())

    def question(self, script: Script, challenge: str) -> Mapping[str, str]:
        return {
            "hub.mode": "subscribe",
            "hub.challenge": challenge,
            "hub.verify_token": script.meta.verify_token,
        }


def _news(said: News, script: Script, at_us: int) -> tuple[str, Mapping[str, object]]:
    match said:
        case TemplateNews():
            return _of_template(said, script, at_us)
        case NumberNews():
            return "phone_number_quality_update", _of_number(said, script)
        case OtherNews():
            return said.field, said.value


def _of_template(said: TemplateNews, script: Script, at_us: int) -> tuple[str, Json]:
    template = script.template(said.name, said.language) or Template()
    about: Json = {
        "message_template_id": int(id_of(said.name, said.language)),
        "message_template_name": said.name,
        "message_template_language": said.language,
    }
    if said.quality is not None:
        scores = {"previous_quality_score": template.quality.upper(), "new_quality_score": said.quality.upper()}
        return "message_template_quality_update", {**scores, **about}
    if said.category is not None:
        categories = {"previous_category": template.category.upper(), "new_category": said.category.upper()}
        return "template_category_update", {**about, **categories}
    event = (said.event or "").upper()
    told = {"message_template_category": template.category.upper(), **_details(event, at_us)}
    return "message_template_status_update", {"event": event, **about, "reason": said.reason, **told}


def _details(event: str, at_us: int) -> Json:
    """What some events have besides."""
    match event:
        case "DISABLED":
            return {"disable_info": {"disable_date": at_us // SECOND_US}}
        case "PAUSED":
            description = "The message template has been paused for 3 hours."
            return {"other_info": {"title": "FIRST_PAUSE", "description": description}}
        case _:
            return {}


def _of_number(said: NumberNews, script: Script) -> Json:
    """Quirk(meta): it is named by the number itself, not by the id."""
    number = script.services.get(said.account, said.account).removeprefix("+")
    limit = {} if said.current_limit is None else {"current_limit": said.current_limit}
    return {"display_phone_number": number, "event": said.event, **limit}

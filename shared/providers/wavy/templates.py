"""What can be asked of Wavy without sending: it lists no templates. Owns no schedule and no store.

Templates are declared in the configuration. The one question is for the list of opt-outs, which answers anybody whose
credentials are right; it needs the customer's number at Wavy, so without the option `customer_id` there is none.

Source: https://docs.sinch.com/technical-documentation/api-and-integrations/whatsapp-api, "Consulting Lists via API".
"""

from collections.abc import Sequence

from shared.ground.errors import Disposition
from shared.ground.http import HttpResponse
from shared.providers.base import Account, Finding, Probe, TemplatePage
from shared.providers.wavy.lists import list_request
from shared.providers.wavy.sending import verdict
from shared.providers.wavy.wire import ListAnswer, from_json


def templates_request(_account: Account, _after: str | None) -> None:
    """Wavy lists none."""


def templates_page(_response: HttpResponse) -> TemplatePage:
    """Never asked."""
    return TemplatePage(())


def probes(account: Account) -> Sequence[Probe]:
    request = list_request(account)
    return () if request is None else (Probe("credentials", request),)


def finding(_account: Account, probe: str, response: HttpResponse) -> Finding:
    if not response.is_success:
        row = verdict(response)
        what = "Check username and authentication_token" if _is_ours(row.disposition) else "Ask again later"
        return Finding(probe, False, f"Wavy refuses ({row.code}): {row.gloss}. {what}.")
    answer = from_json(ListAnswer, response.body)
    if answer is None or not answer.success:
        return Finding(probe, False, "Wavy's answer cannot be read. Check api_base, customer_id and sub_account_id.")
    return Finding(probe, True, "Wavy knows the user name and its token.")


def _is_ours(disposition: Disposition) -> bool:
    return disposition in {Disposition.SENDER_UNUSABLE, Disposition.REFUSED}

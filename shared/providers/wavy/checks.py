"""A Wavy account checked without sending. Owns the remedies, in sentences.

The only question is for the list of opt-outs, which answers anybody whose credentials are right; it needs the customer's
number at Wavy, so there is none without the option `customer_id`.

Source: https://docs.sinch.com/technical-documentation/api-and-integrations/whatsapp-api, "Consulting Lists via API".
"""

from collections.abc import Sequence
from typing import Final

from shared.ground.errors import Disposition
from shared.ground.http import HttpResponse
from shared.providers.account import Account
from shared.providers.checks import Finding, Probe
from shared.providers.wavy.codes import judge
from shared.providers.wavy.polling import build_list_request
from shared.providers.wavy.wire import ListAnswer, parse_json

CREDENTIALS: Final = "credentials"
FAULTS_OF_OURS: Final = frozenset({Disposition.SENDER_UNUSABLE, Disposition.REFUSED})


def build_probes(account: Account) -> Sequence[Probe]:
    request = build_list_request(account)
    return () if request is None else (Probe(CREDENTIALS, request),)


def read_finding(_account: Account, probe: str, response: HttpResponse) -> Finding:
    if not response.is_success:
        row = judge(response)
        is_ours = row.disposition in FAULTS_OF_OURS
        remedy = "Check username and authentication_token" if is_ours else "Ask again later"
        return Finding(probe, False, f"Wavy refuses ({row.code}): {row.gloss}. {remedy}.")
    answer = parse_json(ListAnswer, response.body)
    if answer is None or not answer.success:
        return Finding(probe, False, "Wavy's answer cannot be read. Check api_base, customer_id and sub_account_id.")
    return Finding(probe, True, "Wavy knows the user name and its token.")

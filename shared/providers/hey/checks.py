"""A Hey account checked without sending. Owns the remedies, in sentences.

The only question is a login to the Client API: the Direct API has no call that sends nothing.
"""

from collections.abc import Sequence
from typing import Final

from shared.ground.errors import SendError
from shared.ground.http import HttpResponse
from shared.providers.account import Account
from shared.providers.checks import Finding, Probe
from shared.providers.hey.account import has_client_api
from shared.providers.hey.polling import build_login, read_token

CREDENTIALS: Final = "credentials"


def build_probes(account: Account) -> Sequence[Probe]:
    return (Probe(CREDENTIALS, build_login(account)),) if has_client_api(account) else ()


def read_finding(_account: Account, probe: str, response: HttpResponse) -> Finding:
    try:
        read_token(response)
    except SendError as error:
        text = f"The Client API does not let us in ({error.code}): {error.gloss}. Check username and password."
        return Finding(probe, False, text)
    return Finding(probe, True, "The Client API lets us in. The partner token cannot be checked without sending.")

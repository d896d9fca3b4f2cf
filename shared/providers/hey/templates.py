"""Hey lists no templates, and one question about the account: whether the Client API lets us in. Owns no file of ours.

Templates come from the configuration. The Direct API has no call that can be made without sending.
"""

from collections.abc import Sequence

from shared.ground.errors import SendError
from shared.ground.http import HttpRequest, HttpResponse
from shared.providers.base import Account, Finding, Probe, TemplatePage
from shared.providers.hey.reports import login_request, may_log_in, token


def templates_request(_account: Account, _after: str | None) -> HttpRequest | None:
    return None


def templates_page(_response: HttpResponse) -> TemplatePage:
    return TemplatePage(())


def probes(account: Account) -> Sequence[Probe]:
    return (Probe("credentials", login_request(account)),) if may_log_in(account) else ()


def finding(_account: Account, probe: str, response: HttpResponse) -> Finding:
    try:
        token(response)
    except SendError as error:
        said = f"The Client API does not let us in ({error.code}): {error.gloss}. Check username and password."
        return Finding(probe, False, said)
    said = "The Client API lets us in. The partner token cannot be checked without sending."
    return Finding(probe, True, said)

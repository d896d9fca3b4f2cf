"""A contact's file at Twilio: a link to a Media resource, which needs credentials and redirects to storage that does not.

Source: https://www.twilio.com/docs/messaging/api/media-resource.
"""

from typing import Final

from shared.ground.downloads import origin_of
from shared.ground.http import HttpRequest
from shared.providers.account import Account
from shared.providers.events import IncomingMedia
from shared.providers.files import build_download, get_link
from shared.providers.flows import RequestFlow
from shared.providers.twilio.account import build_credentials

HOME: Final = origin_of("https://api.twilio.com")


def locate(account: Account, media: IncomingMedia) -> RequestFlow[HttpRequest]:
    """Asks nothing. *Raises*: Refused without a link."""
    yield from ()
    return build_download(account, get_link(media), build_credentials(account), HOME)

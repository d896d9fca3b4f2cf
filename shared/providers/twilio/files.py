"""A file that a contact sent, by Twilio. Owns which hosts may see the account's credentials.

The link names a Media resource, which asks for them and redirects to storage that does not.
Source: https://www.twilio.com/docs/messaging/api/media-resource.
"""

from typing import Final

from shared.ground.downloads import origin_of
from shared.ground.http import HttpRequest
from shared.providers.base import Account, Conversation, link_of
from shared.providers.events import IncomingMedia
from shared.providers.twilio.sending import headers_of

HOME: Final = origin_of("https://api.twilio.com")


def file(account: Account, media: IncomingMedia) -> Conversation[HttpRequest]:
    """Asks nothing. *Raises*: Refused without a link."""
    yield from ()
    link = link_of(media)
    origin = origin_of(link)
    is_theirs = origin is not None and origin in {HOME, origin_of(account.urls["api_base"])}
    credentials = {"Authorization": headers_of(account)["Authorization"]} if is_theirs else {}
    return HttpRequest("GET", link, credentials, b"")

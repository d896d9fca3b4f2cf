"""The one file that contacts of the simulator have, for scripts that want their media to be there. Owns its bytes."""

import base64
from typing import Final

PATH: Final = "/_simulator/picture"
MIME_TYPE: Final = "image/png"
# 8 × 8 pixels, white.
PICTURE: Final = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAD0lEQVR42mP4jwMwDC0JALoev0GJ6La7AAAAAElFTkSuQmCC"
)

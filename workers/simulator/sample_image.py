"""The one file that the simulator serves, so that a script's media have a URL that works. Owns its bytes."""

import base64
from typing import Final

PATH: Final = "/_simulator/picture"
MIME_TYPE: Final = "image/png"
# 8 × 8 pixels, white.
SAMPLE_IMAGE: Final = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAD0lEQVR42mP4jwMwDC0JALoev0GJ6La7AAAAAElFTkSuQmCC"
)

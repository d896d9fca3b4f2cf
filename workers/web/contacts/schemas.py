"""Answers about an upload. `shared.outbound.intake` describes the files."""

from pydantic import Field

from workers.web.api import View
from workers.web.campaigns.schemas import WarningView


class UploadView(View):
    """received = admitted + rejected + duplicates."""

    upload: str
    received: int
    admitted: int = Field(description="New contacts of the campaign.")
    rejected: int = Field(description="Rows that cannot be used; rejections_url tells why, line by line.")
    duplicates: int = Field(description="Rows of contacts that the campaign already held.")
    replaced: int = Field(
        description="Of the duplicates, those that took the place of the contact's earlier row: in a draft, a row with "
        "other values does. Once the campaign was started, the first row counts."
    )
    warnings: list[WarningView]
    rejections_url: str


class RejectionView(View):
    line: int = Field(description="Where the row begins in the file, from 1; in a JSON array, which element.")
    reason: str
    detail: str

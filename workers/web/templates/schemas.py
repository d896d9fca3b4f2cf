"""What is asked about and told of templates. Owns names."""

from pydantic import Field

from shared.templates.model import Category, TemplateStatus
from workers.web.api import View
from workers.web.paging import ListQuery


class TemplatesQuery(ListQuery):
    sender: str | None = Field(None, max_length=64, description="Only those of one sender.")


class TemplateView(View):
    sender: str
    name: str
    language: str
    category: Category
    status: TemplateStatus
    placeholders: list[str] = Field(description="What a base of contacts needs a column for, in order.")
    body: str
    enabled: bool = Field(description="Whether a campaign may start with it.")
    remedy: str | None = Field(description="Why not, and what to do.")

"""The webhooks with news of templates and numbers, which an operator commands. Owns no wire."""

from collections.abc import Iterator
from dataclasses import dataclass

from workers.simulator.dialect import Dialect, NewsDialect
from workers.simulator.http_values import WebhookRequest
from workers.simulator.journal import NewsRecord
from workers.simulator.memory import Memory
from workers.simulator.news import News, TemplateNews
from workers.simulator.script import Script
from workers.simulator.sender_endpoints import NoDestination
from workers.simulator.traffic import WebhookTally
from workers.simulator.webhook_sequence import WebhookSequence


@dataclass(frozen=True, slots=True)
class NewsStep:
    """News are sent once, at once, and never forged."""

    after_s: float = 0.0
    forged: bool = False


@dataclass(slots=True, kw_only=True)
class NewsSequence(WebhookSequence[NewsStep]):
    """One piece of news. *Effects* (apply): the template takes the status that the news report."""

    news: News
    news_dialect: NewsDialect
    script: Script
    memory: Memory
    at_us: int

    @property
    def kind(self) -> str:
        return self.news.change

    def apply(self, _at_us: int) -> None:
        if isinstance(self.news, TemplateNews) and (status := self.news_dialect.find_new_status(self.news)):
            self.memory.template_statuses[self.news.name, self.news.language] = status

    def build_request(self, _at_us: int, /) -> WebhookRequest:
        return self.news_dialect.build_webhook(self.news, self.script, self.target.url, self.at_us)

    def build_record(self, at: float, http_status: int | None) -> NewsRecord:
        return NewsRecord(at, self.dialect.name, self.news.subject, self.news.change, http_status, self.attempt)


def plan_news(
    script: Script, dialect: Dialect, news: News, memory: Memory, tally: WebhookTally, at_us: int
) -> NewsSequence:
    """*Raises*: NoDestination for a provider without news, for an unknown template, and without a webhook URL."""
    if dialect.news is None:
        raise NoDestination(f"{dialect.name} sends no news")
    if isinstance(news, TemplateNews) and not _has_template(script, news):
        raise NoDestination(f"there is no template {news.name} in {news.language}")
    url = find_news_url(script, dialect, news.account)
    if url is None:
        raise NoDestination(f"the script has no webhook of {dialect.name}")
    return NewsSequence(
        dialect=dialect,
        target=dialect.parse_target(url),
        steps=(NewsStep(),),
        tally=tally,
        news=news,
        news_dialect=dialect.news,
        script=script,
        memory=memory,
        at_us=at_us,
    )


def find_news_url(script: Script, dialect: Dialect, account: str | None) -> str | None:
    """The webhook URL of an account; of the provider, or else of the first account that has one, if None."""
    return next(_iterate_urls(script, dialect, account), None)


def _has_template(script: Script, news: TemplateNews) -> bool:
    return script.templates is None or script.find_template(news.name, news.language) is not None


def _iterate_urls(script: Script, dialect: Dialect, account: str | None) -> Iterator[str]:
    for name in ("", *(script.accounts or ())) if account is None else (account,):
        for url in (script.find_message_url(dialect.name, name), script.find_status_url(dialect.name, name)):
            if url is not None:
                yield url

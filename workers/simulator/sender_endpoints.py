"""The endpoint of a sender: the account, URL and secret for webhooks with contacts' messages. Owns no message."""

from dataclasses import replace

from workers.simulator.dialect import Dialect
from workers.simulator.inbound_content import InboundCommand
from workers.simulator.inbound_message import SenderEndpoint
from workers.simulator.memory import Memory
from workers.simulator.messages import Submission, WebhookTarget
from workers.simulator.script import Script


class NoDestination(Exception):  # noqa: N818 (the operator's mistake or an incomplete script, not a fault of ours)
    """Neither the script nor an earlier message gives the URL or the account of a webhook."""


def find_endpoint(script: Script, dialect: Dialect, submission: Submission) -> SenderEndpoint | None:
    """The endpoint of the submission's sender; None if neither the submission nor the script names a URL."""
    target = _find_target(script.find_message_url(dialect.name, submission.account), dialect, submission)
    if target is None:
        return None
    return SenderEndpoint(submission.account, submission.sender, target, submission.secret, submission.wire, script)


def find_commanded_endpoint(
    script: Script, dialect: Dialect, command: InboundCommand, memory: Memory
) -> SenderEndpoint:
    """The endpoint for an operator's command: that of the quoted message, or of the sender's last message.

    *Raises*: NoDestination.
    """
    quoted = memory.messages.find(command.reply_to or "")
    sender = script.services.get(command.to, command.to)
    submission = quoted.submission if quoted else memory.last_submissions.get((dialect.name, sender))
    account, secret = _find_account(script, dialect, command, submission)
    target = _find_target(command.url or script.find_message_url(dialect.name, account), dialect, submission)
    if target is None:
        raise NoDestination(
            f"{command.to} has sent no message with a callback URL yet: give a url here, or inbound_url in the script"
        )
    return SenderEndpoint(account, sender, target, secret, {} if submission is None else submission.wire, script)


def _find_target(url: str | None, dialect: Dialect, submission: Submission | None) -> WebhookTarget | None:
    """Without a URL, the callback URL of the submission: it takes contacts' messages, too. Its query is the message's."""
    if url is not None:
        return dialect.parse_target(url)
    if submission is None or submission.callback is None:
        return None
    callback = submission.callback
    return replace(callback, url=callback.url.partition("?")[0])


def _find_account(
    script: Script, dialect: Dialect, command: InboundCommand, submission: Submission | None
) -> tuple[str, str]:
    """The account, and the secret that signs its webhooks."""
    accounts = script.accounts or {}
    if submission is not None and command.account in {None, submission.account}:
        return submission.account, submission.secret
    of_number = (name for name, number in script.services.items() if number == command.to)
    candidates = (command.account,) if command.account else (command.to, *of_number, *accounts)
    account = next((name for name in candidates if name in accounts), None)
    if account is None:
        raise NoDestination(f"the script has no account for {command.to}: give one of the script's accounts")
    return account, script.find_secret(dialect.name, account)

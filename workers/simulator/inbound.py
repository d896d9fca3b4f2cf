"""The contacts' own messages: from what somebody will say to what is posted. Owns letters; the courier brings them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from workers.simulator.callbacks import copies
from workers.simulator.contacts import ARRIVED, ContactBook, Step
from workers.simulator.conversations import Keyword
from workers.simulator.courier import Chain
from workers.simulator.journal import InboundRecord
from workers.simulator.memory import Memory
from workers.simulator.messages import CallbackTarget, Message, Submission
from workers.simulator.provider import Callback, Dialect, Letter, Line, NewId
from workers.simulator.script import Script
from workers.simulator.speech import Answer, Remark, Written
from workers.simulator.traffic import PostTally


class NobodyThere(Exception):  # noqa: N818 (it names what is the matter)
    """Nothing says where a contact's message should go, or in whose name."""


@dataclass(frozen=True, slots=True)
class Posting:
    """One copy of a letter. after_s: since the one before.  forged: signed with a secret that is not the account's."""

    letter: Letter
    after_s: float = 0.0
    forged: bool = False


@dataclass(slots=True, kw_only=True)
class LetterChain(Chain[Posting]):
    """All that one contact says in a row. *Effects* (happen): its window opens, its STOP is heard."""

    line: Line
    memory: Memory
    heard_us: dict[str, int] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        return self.step.letter.remark.kind

    def happen(self, at_us: int) -> None:
        """A letter is written once, however often it is brought."""
        letter = self.step.letter
        if letter.id not in self.heard_us:
            self.heard_us[letter.id] = at_us
            addresses = [letter.contact] if letter.bsuid is None else [letter.contact, letter.bsuid]
            self._hear(letter, addresses, at_us)

    def _hear(self, letter: Letter, addresses: list[str], at_us: int) -> None:
        conversations, preference = self.memory.conversations, letter.remark.preference
        if preference is None:
            conversations.hear(self.line.sender, addresses, letter.keyword, at_us)
        else:
            conversations.prefer(self.line.sender, addresses, wanted=preference == "resume")

    def callback(self, at_us: int, /) -> Callback:
        letter = replace(self.step.letter, at_us=self.heard_us.get(self.step.letter.id, at_us))
        messages = self.memory.messages
        last, answered = messages.last_of(self.line.sender, letter.contact), messages.find(letter.reply_to or "")
        line = replace(self.line, last=last, answered=answered)
        return self.dialect.inbound(letter, line, forged=self.step.forged)

    def record(self, at: float, http_status: int | None) -> InboundRecord:
        letter = self.step.letter
        return InboundRecord(
            at=at,
            provider=self.dialect.name,
            message_id=letter.id,
            sender=letter.contact,
            to=self.line.sender,
            content=letter.remark.kind,
            text=letter.remark.words,
            payload=letter.remark.payload,
            reply_to=letter.reply_to,
            http_status=http_status,
            attempt=self.attempt,
            forged=self.step.forged,
        )


@dataclass(frozen=True, slots=True)
class Replied:
    """A message that a contact may answer, and what becomes of it. ordinal: what chance asks about."""

    dialect: Dialect
    message: Message
    fate: Sequence[Step]
    tally: PostTally
    ordinal: int


class Scribe:
    """Writes for the contacts, as the script has them."""

    def __init__(self, script: Script, contacts: ContactBook, memory: Memory, new_id: NewId) -> None:
        self._script = script
        self._contacts = contacts
        self._memory = memory
        self._new_id = new_id

    def answers(self, case: Replied) -> LetterChain | None:
        """What the recipient will say to a template; None when it says nothing, or nobody has said where to."""
        submission = case.message.submission
        intentions = self._contacts.intentions(submission.to)
        if not intentions or case.fate[-1].status not in ARRIVED:
            return None
        line = line_to(self._script, case.dialect, submission)
        if line is None:
            return None
        letters = [self._answer(case, intention.answer) for intention in intentions]
        pauses = [intention.after_s for intention in intentions]
        pauses[0] += sum(step.after_s for step in case.fate)
        return self._chain(case.dialect, line, letters, pauses, case.tally, "answer", case.ordinal)

    def written(self, dialect: Dialect, line: Line, said: Written, tally: PostTally, ordinal: int) -> LetterChain:
        """What somebody has a contact say. ordinal: of such messages, which is what chance asks about."""
        habits = self._contacts.habits(said.contact)
        letter = Letter(
            id=dialect.message_id(self._new_id()),
            contact=said.contact,
            remark=said,
            reply_to=said.reply_to,
            profile_name=habits.profile_name if said.profile_name is None else said.profile_name,
            bsuid=said.bsuid or habits.bsuid,
            keyword=self._keyword(dialect, said),
            raw=said.raw,
        )
        return self._chain(dialect, line, [letter], [0.0], tally, "written", ordinal)

    def _answer(self, case: Replied, said: Answer) -> Letter:
        contact = case.message.submission.to
        habits = self._contacts.habits(contact)
        quotes = said.quotes or said.payload is not None
        return Letter(
            id=case.dialect.message_id(self._new_id()),
            contact=contact,
            remark=said,
            reply_to=case.message.id if quotes else None,
            profile_name=habits.profile_name,
            bsuid=habits.bsuid,
            keyword=self._keyword(case.dialect, said),
        )

    def _chain(
        self,
        dialect: Dialect,
        line: Line,
        letters: Sequence[Letter],
        pauses: Sequence[float],
        tally: PostTally,
        *about: str | int,
    ) -> LetterChain:
        self._memory.files.update({media.id: media for letter in letters if (media := letter.remark.media) is not None})
        told = copies(pauses, self._script, *about)
        steps = [Posting(letters[copy.place], copy.after_s, copy.forged) for copy in told]
        return LetterChain(
            dialect=dialect,
            target=line.target,
            steps=steps,
            tally=tally,
            line=line,
            memory=self._memory,
        )

    def _keyword(self, dialect: Dialect, said: Remark) -> Keyword | None:
        return dialect.keyword(said.words or "") if self._script.advanced_opt_out else None


def line_to(script: Script, dialect: Dialect, submission: Submission) -> Line | None:
    """Where contacts reach the sender of this submission; None when neither it nor the script says so."""
    target = _target(script.message_url(dialect.name, submission.account), dialect, submission)
    if target is None:
        return None
    return Line(submission.account, submission.sender, target, submission.secret, submission.wire, script)


def line_for(script: Script, dialect: Dialect, said: Written, memory: Memory) -> Line:
    """The same, for what somebody has a contact say: as what it answers was sent, or what its sender sent last.

    *Raises*: NobodyThere.
    """
    answered = memory.messages.find(said.reply_to or "")
    sender = script.services.get(said.to, said.to)
    submission = answered.submission if answered else memory.latest.get((dialect.name, sender))
    account, secret = _account(script, dialect, said, submission)
    target = _target(said.url or script.message_url(dialect.name, account), dialect, submission)
    if target is None:
        raise NobodyThere(f"{said.to} has sent nothing with a callback yet: give a url, or one in the script")
    return Line(account, sender, target, secret, {} if submission is None else submission.wire, script)


def _target(url: str | None, dialect: Dialect, submission: Submission | None) -> CallbackTarget | None:
    """The client takes both kinds on either URL; only the query is the message's own."""
    if url is not None:
        return dialect.target(url)
    if submission is None or submission.callback is None:
        return None
    callback = submission.callback
    return replace(callback, url=callback.url.partition("?")[0])


def _account(script: Script, dialect: Dialect, said: Written, submission: Submission | None) -> tuple[str, str]:
    """And what signs whatever it is told."""
    accounts = script.accounts or {}
    if submission is not None and said.account in {None, submission.account}:
        return submission.account, submission.secret
    standing_for = (name for name, number in script.services.items() if number == said.to)
    likely = (said.account,) if said.account else (said.to, *standing_for, *accounts)
    account = next((name for name in likely if name in accounts), None)
    if account is None:
        raise NobodyThere(f"nobody knows the account of {said.to}: give one that is in the script")
    return account, script.secret(dialect.name, account)

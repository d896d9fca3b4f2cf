"""All that a provider remembers of its client. Owns nothing but the gathering."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from workers.simulator.conversations import Conversations
from workers.simulator.messages import MessageBook, Submission
from workers.simulator.speech import Media


@dataclass(frozen=True, slots=True)
class Content:
    """What a client has made to be sent later. resource: in its dialect's own words."""

    id: str
    account: str
    resource: Mapping[str, object] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Memory:
    """approvals: name and language → status, where there was news of a template since the script.
    contents: by id; nobody has approved them, so they may be sent inside a window only.
    files: what contacts have sent, by the id that a provider may call it by.
    latest: what each sender of a provider was last accepted with, which says how contacts reach it.
    """

    messages: MessageBook = field(default_factory=MessageBook)
    latest: dict[tuple[str, str], Submission] = field(default_factory=dict)
    contents: dict[str, Content] = field(default_factory=dict)
    files: dict[str, Media] = field(default_factory=dict)
    approvals: dict[tuple[str, str], str] = field(default_factory=dict)
    conversations: Conversations = field(default_factory=Conversations)

    def clear(self) -> None:
        self.messages.clear()
        self.latest.clear()
        self.contents.clear()
        self.files.clear()
        self.approvals.clear()
        self.conversations.clear()

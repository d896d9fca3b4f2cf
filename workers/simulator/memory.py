"""The provider's memory of its client: messages, contents, media, template statuses, conversations. Owns no decision."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from workers.simulator.conversations import Conversations
from workers.simulator.inbound_content import Media
from workers.simulator.messages import MessageBook, Submission


@dataclass(frozen=True, slots=True)
class Content:
    """A content that the client has created to send it later. resource: in its dialect's own fields."""

    id: str
    account: str
    resource: Mapping[str, object] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Memory:
    """last_submissions: (provider, sender) → its last accepted one, which tells how contacts reach the sender.

    contents: by id; they have no approval, so they may be sent only inside a window.
    media: files that contacts have sent, by the provider's id for them.
    template_statuses: (name, language) → status, if news have changed it since the script was applied.
    """

    messages: MessageBook = field(default_factory=MessageBook)
    last_submissions: dict[tuple[str, str], Submission] = field(default_factory=dict)
    contents: dict[str, Content] = field(default_factory=dict)
    media: dict[str, Media] = field(default_factory=dict)
    template_statuses: dict[tuple[str, str], str] = field(default_factory=dict)
    conversations: Conversations = field(default_factory=Conversations)

    def clear(self) -> None:
        self.messages.clear()
        self.last_submissions.clear()
        self.contents.clear()
        self.media.clear()
        self.template_statuses.clear()
        self.conversations.clear()

"""Meta's webhooks: the envelope, the value of a change, statuses, preferences, user ids.

Source: as the package.
"""

from pydantic import Field

from shared.providers.meta.wire.answers import Trouble
from shared.providers.meta.wire.messages import ConversationContext
from shared.providers.meta.wire.values import Moment, Number, Object, Objects
from shared.providers.wire import Inner, Many, Part, Text, Token

# ── the envelope ────────────────────────────────────────────────────────────────────────────────────────────────────


class Change(Part):
    field: Token = ""
    value: Object = Field(default_factory=dict)


class Entry(Part):
    """id: the WhatsApp Business account. time: of the event, in fields that have no time of their own."""

    id: Token = ""
    time: Moment = None
    changes: Many[Change] = ()


class Envelope(Part):
    object: Token = ""
    entry: Many[Entry] = ()


class Metadata(Part):
    """The number of ours that the change is about."""

    phone_number_id: Token = ""
    display_phone_number: Token = ""


class Profile(Part):
    name: Text = ""


class Contact(Part):
    """parent_user_id: one person's id over several portfolios; always beside a user_id."""

    profile: Inner[Profile] = Profile()
    wa_id: Token = ""
    user_id: Token = ""
    parent_user_id: Token = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Every name of the person, as they were written; an empty one where there is none."""
        return self.wa_id, self.user_id, self.parent_user_id


class Standby(Part):
    """What happens in a thread that somebody else holds."""

    contacts: Many[Contact] = ()
    messages: Objects = ()
    statuses: Objects = ()
    message_echoes: Objects = ()


class Value(Part):
    """Of the fields that are about contacts."""

    metadata: Inner[Metadata] = Metadata()
    contacts: Many[Contact] = ()
    messages: Objects = ()
    statuses: Objects = ()
    message_echoes: Objects = ()
    standby: Inner[Standby] = Standby()
    conversation_context: Inner[ConversationContext] = ConversationContext()
    user_preferences: Objects = ()
    user_id_update: Objects = ()
    errors: Objects = ()


# ── statuses ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Pricing(Part):
    category: Token = ""


class Amount(Part):
    """value / offset is the amount in units of its currency."""

    value: Number = ""
    offset: Number = ""


class Payment(Part):
    reference_id: Token = ""
    amount: Inner[Amount] = Amount()
    currency: Token = ""


class Status(Part):
    """type: `payment` where it is about a payment, and then it says nothing of the message's delivery."""

    id: Token = ""
    type: Token = ""
    payment: Inner[Payment] = Payment()
    status: Token = ""
    timestamp: Moment = None
    recipient_id: Token = ""
    recipient_user_id: Token = ""
    recipient_parent_user_id: Token = ""
    recipient_type: Token = ""
    biz_opaque_callback_data: Text = ""
    pricing: Inner[Pricing] = Pricing()
    errors: Many[Trouble] = ()


# ── preferences and user ids ────────────────────────────────────────────────────────────────────────────────────────


class Preference(Part):
    wa_id: Token = ""
    user_id: Token = ""
    category: Token = ""
    value: Token = ""
    timestamp: Moment = None


class Renaming(Part):
    previous: Token = ""
    current: Token = ""


class UserIdUpdate(Part):
    wa_id: Token = ""
    user_id: Inner[Renaming] = Renaming()
    timestamp: Moment = None


# ── who holds a thread ──────────────────────────────────────────────────────────────────────────────────────────────


class Owners(Part):
    """The roles before and after. Older bodies name an app's role."""

    previous_owner_role: Token = ""
    previous_owner_app_role: Token = ""
    new_owner_role: Token = ""
    new_owner_app_role: Token = ""
    conversation_context: Inner[ConversationContext] = ConversationContext()


class HandoverSender(Part):
    """The contact."""

    phone_number: Token = ""
    wa_id: Token = ""
    user_id: Token = ""


class Handover(Part):
    """type: `control_passed` or `control_taken`; the part of that name has the roles."""

    type: Token = ""
    recipient: Inner[Metadata] = Metadata()
    metadata: Inner[Metadata] = Metadata()
    sender: Inner[HandoverSender] = HandoverSender()
    timestamp: Moment = None
    control_passed: Inner[Owners] = Owners()
    control_taken: Inner[Owners] = Owners()
    conversation_context: Inner[ConversationContext] = ConversationContext()

"""The texts that confirm an opt-out, by language; `[[tenants]] opt_out_confirmations` replaces them for one tenant.

`other` serves every language without a text of its own.
"""

from collections.abc import Mapping
from types import MappingProxyType

CONFIRMATIONS: Mapping[str, str] = MappingProxyType(
    {
        "en": "You will get no more messages from us. Reply START if you change your mind.",
        "es": "No recibirás más mensajes nuestros. Si cambias de opinión, responde ALTA.",
        "pt": "Você não receberá mais mensagens nossas. Se mudar de ideia, responda START.",
        "other": "You will get no more messages from us. Reply START if you change your mind.",
    }
)

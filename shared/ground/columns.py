"""Names of columns: those of a contact's phone number, and the form in which names are compared. Pure.

Owns the names that all files of rows share. Each kind of file has its other columns: `outbound.intake.layout` for bases,
`people.consent.claims` for consents.
"""

from typing import Final
from unicodedata import normalize

PHONE_NAMES: Final = ("phone", "destination", "telefono", "teléfono", "celular", "telefone")


def key(name: str) -> str:
    """The form in which names of columns are compared.

    >>> key(" Opt-in  Source "), key("{{1}}"), key("TELÉFONO")
    ('opt_in_source', '1', 'teléfono')
    """
    return "_".join(normalize("NFC", name).casefold().replace("-", " ").replace("_", " ").strip("{} \t").split())

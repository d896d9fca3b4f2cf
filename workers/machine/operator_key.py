"""The operator's key among environment variables: it opens every tenant's data, and only `web` compares it."""

from collections.abc import Mapping

OPERATOR_KEY = "ORIEL_API__OPERATOR_KEY"


def without_operator_key(environ: Mapping[str, str]) -> dict[str, str]:
    return {variable: value for variable, value in environ.items() if variable.upper() != OPERATOR_KEY}

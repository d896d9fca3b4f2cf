"""Callers and their rights. Owns keys and scopes; the use cases check to which tenant a thing belongs.

Decision: every configured secret is compared, in constant time, whether one has matched or not, so that an answer's time
tells nothing. Digests are compared, so that it does not tell a length either.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from aiohttp import web
from structlog.stdlib import BoundLogger, get_logger

from config.loading import Settings
from config.settings import TenantSettings
from shared.ground.ids import TenantId
from shared.ground.names import join_names
from workers.web.problems import Forbidden, Invalid, Unauthorized

log: BoundLogger = get_logger(__name__)

TENANT_HEADER = "Oriel-Tenant"
OPERATOR = "operator"


class Scope(StrEnum):
    """The scopes to which a key may be limited. A key without scopes has all rights of its tenant."""

    CAMPAIGNS = "campaigns"
    CONSENT = "consent"
    AGENTS = "agents"
    READ = "read"


SCOPES_EXPLAINED = {
    Scope.CAMPAIGNS: "create, import, control and read campaigns",
    Scope.CONSENT: "record what contacts agreed to and what they refused",
    Scope.AGENTS: "read sessions, take and close interactions, reply, and send single messages",
    Scope.READ: "read everything of the tenant, change nothing",
}


@dataclass(frozen=True, slots=True)
class Caller:
    """name: the key's, for the audit."""

    name: str
    tenant: TenantSettings
    scopes: frozenset[str] | None

    def require(self, allowed: frozenset[Scope]) -> None:
        """*Raises*: Forbidden."""
        if self.scopes is None or not allowed.isdisjoint(self.scopes):
            return
        wanted = " or ".join(sorted(allowed))
        raise Forbidden("scope-missing", f"The key {self.name} may not do this: it takes the scope {wanted}.")


@dataclass(frozen=True, slots=True)
class _Known:
    digest: bytes
    name: str
    tenant: TenantId | None
    scopes: frozenset[str] | None


class Gate:
    """From a request to a caller."""

    def __init__(self, settings: Settings) -> None:
        self._tenants = {tenant.tenant_id: tenant for tenant in settings.tenants}
        self._known = [
            _Known(_digest(secret), key.name, key.tenant, key.scopes)
            for key in settings.api_keys()
            for secret in key.secrets
        ]
        for key in settings.api_keys():
            if unknown := sorted((key.scopes or frozenset()) - set(Scope)):
                log.warning("scopes_unknown", key_name=key.name, scopes=unknown, known=sorted(Scope))
        if settings.api.operator_key is not None:
            digest = _digest(settings.api.operator_key.get_secret_value())
            self._known.append(_Known(digest, OPERATOR, None, None))

    def caller(self, request: web.Request) -> Caller:
        """*Raises*: Unauthorized; Forbidden or Invalid for a tenant that the key does not open."""
        known = self._find(_token(request, self._known))
        return Caller(known.name, self._tenant(request, known), known.scopes)

    def let_operator_in(self, request: web.Request) -> None:
        """For what concerns every tenant: the operator's key, or one of the only tenant that may read all of it.

        *Raises*: Unauthorized; Forbidden.
        """
        known = self._find(_token(request, self._known))
        if known.tenant is not None and len(self._tenants) > 1:
            raise Forbidden("operator-only", f"The key {known.name} is one tenant's, and this is about all of them.")
        Caller(known.name, next(iter(self._tenants.values())), known.scopes).require(frozenset({Scope.READ}))

    def _find(self, token: str) -> _Known:
        digest = _digest(token)
        matches = [known for known in self._known if hmac.compare_digest(known.digest, digest)]
        if not matches:
            raise Unauthorized(
                "key-unknown", "This API key is not one of this installation's: check it, or ask for one."
            )
        return matches[0]

    def _tenant(self, request: web.Request, known: _Known) -> TenantSettings:
        named = request.headers.get(TENANT_HEADER)
        if known.tenant is not None:
            if named not in {None, known.tenant}:
                raise Forbidden("tenant-not-yours", f"The key {known.name} belongs to another tenant.")
            return self._tenants[known.tenant]
        if named is None and len(self._tenants) == 1:
            return next(iter(self._tenants.values()))
        tenant = self._tenants.get(TenantId(named or ""))
        if tenant is None:
            there_are = f"there are: {join_names(self._tenants)}."
            problem = "tenant-required" if named is None else "tenant-unknown"
            raise Invalid(
                problem,
                f"Say which tenant you act for: header {TENANT_HEADER}, or --tenant on the command line; {there_are}",
            )
        return tenant


def _token(request: web.Request, known: Sequence[_Known]) -> str:
    if not known:
        raise Unauthorized(
            "no-key-configured",
            "No API key is configured: add api_keys to [[tenants]] in oriel.toml, for example "
            'api_keys = ["env:ACME_KEY"], and start again.',
        )
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise Unauthorized("key-missing", "Send an API key with each request: Authorization: Bearer <key>.")
    return token.strip()


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()

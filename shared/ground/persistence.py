"""Whether an answered write of the state store is on disk, judged from what the server says of itself. Asks nobody.

"At most once" holds over a crash of the store only if a mark that was answered is still there afterwards. With
`appendfsync always` the server answers a write once it is on disk. With anything else Oriel asks WAITAOF, and believes
the answer only from servers that are known to tell the truth.

Sources: redis/redis pull request 13793 (2025-02): WAITAOF returns too early under `everysec`, "introduced from 7.4";
8.0 has the correction. Valkey's 9.0.0 to 9.1.2 were seen to confirm writes that no fsync had touched
(findings/valkey-waitaof-confirms-before-fsync.sh).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.ground.lua import Durability

CONFIG_KEYS = ("appendonly", "appendfsync", "no-appendfsync-on-rewrite", "maxmemory-policy")
UNKNOWN = "unknown"
# Versions of Redis whose WAITAOF is true: from the first one, before the second. No version of Valkey is known to be.
TRUE_WAITAOF = (((7, 2), (7, 4)), ((8, 0), (9_999,)))
RISK = "so a crash of its machine may lose marks, and contacts may then be written to twice"

SILENT = (  # WAITAOF is not asked for either: without an append-only file it is an error, and nothing would be sent
    "the state store does not say whether it keeps what it answers, since the user of [state] url may ask neither INFO nor "
    "CONFIG GET; a crash of its machine may lose marks, and contacts may then be written to twice: allow both to that user "
    "(`+info +config|get`)"
)


class Proof(StrEnum):
    """The reason for which an answered write counts as on disk; NONE and UNPROVEN are none."""

    ALWAYS = "always"
    WAITAOF = "waitaof"
    UNPROVEN = "unproven"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Persistence:
    """server: name and version, for people.  warning: the sentence for an operator, with the remedy, if one is needed."""

    proof: Proof
    server: str
    warning: str | None = None

    @property
    def is_durable(self) -> bool:
        return self.proof in {Proof.ALWAYS, Proof.WAITAOF}

    @property
    def durability(self) -> Durability:
        """An unproven WAITAOF is asked for as well: it is wrong about the last second only."""
        return Durability(wait_aof=self.proof in {Proof.WAITAOF, Proof.UNPROVEN})


def judge_persistence(config: Mapping[str, str] | None, info: Mapping[str, object]) -> Persistence:
    """config: CONFIG GET of CONFIG_KEYS; None where a managed server hides it.  info: INFO server and persistence; empty
    where our user may not ask for it.
    """
    if config is None and not info:
        return Persistence(Proof.NONE, UNKNOWN, SILENT)
    name, version = _read_server(info)
    server = f"{name} {version}"
    told = config if config is not None else {"appendonly": "yes" if info.get("aof_enabled") else "no"}
    proof, warning = _judge(told, server, is_true=_is_true(name, version))
    evicting = _judge_eviction(told.get("maxmemory-policy", UNKNOWN))
    texts = [one for one in (warning, evicting) if one is not None]
    return Persistence(proof, server, "; ".join(texts) or None)


def _judge(config: Mapping[str, str], server: str, *, is_true: bool) -> tuple[Proof, str | None]:
    fsync = config.get("appendfsync", UNKNOWN)
    if config.get("appendonly") != "yes":
        return Proof.NONE, (
            f"the state store ({server}) keeps no append-only file, {RISK}: set `appendonly yes` and "
            "`appendfsync always` on the server of [state] url"
        )
    if config.get("no-appendfsync-on-rewrite") == "yes":
        return Proof.UNPROVEN, (
            f"the state store ({server}) makes no fsync while it rewrites its append-only file, {RISK}: set "
            "`no-appendfsync-on-rewrite no`"
        )
    if fsync == "always":
        return Proof.ALWAYS, None
    if fsync == "no":
        return Proof.UNPROVEN, (
            f"the state store ({server}, `appendfsync no`) never says that a write is on disk, so nothing is sent: set "
            "`appendfsync always`"
        )
    if is_true:
        return Proof.WAITAOF, (
            f"the state store ({server}, appendfsync {fsync}) may make each step wait for up to a second until it is on "
            "disk, so senders are slow: set `appendfsync always`"
        )
    return Proof.UNPROVEN, (
        f"the state store ({server}, appendfsync {fsync}) is not known to confirm only what is on disk, {RISK}: set "
        "`appendfsync always`"
    )


def _judge_eviction(policy: str) -> str | None:
    if policy in {"noeviction", UNKNOWN}:
        return None
    return f"a full memory of the state store evicts jobs and marks (maxmemory-policy {policy}): set `noeviction`"


def _read_server(info: Mapping[str, object]) -> tuple[str, str]:
    """Valkey says `server_name:valkey` and keeps `redis_version` at 7.2.4 for its clients."""
    for field, name in (("valkey_version", "valkey"), ("dragonfly_version", "dragonfly"), ("redis_version", "redis")):
        if field in info:
            return str(info.get("server_name") or name), str(info[field])
    return "server", UNKNOWN


def _is_true(name: str, version: str) -> bool:
    """Redis itself only: others answer with its version, too."""
    if name != "redis":
        return False
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    return any(first <= numbers < after for first, after in TRUE_WAITAOF)

"""The environment of every process: its addresses, decided once, and its variables. Owns no process.

Decision: processes learn everything through environment variables, as in a container, so that nothing works here that
would not work there. Ports are decided once: a restarted process listens where it did before.
Decision: CELERY_WORKER_HOSTNAME, the variable of `celery worker --hostname`, gives each replica its node name: the
Procfile keeps the command lines of production, and two replicas on one machine never share a name.
"""

import hashlib
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from config.endpoints import Endpoints
from config.loading import Settings
from config.settings import Listen
from workers.machine.embedded import BROKER_DATABASE, STATE_DATABASE, EmbeddedServer
from workers.machine.operator_key import OPERATOR_KEY, without_operator_key
from workers.machine.ports import Ports
from workers.machine.procfile import SIMULATOR

WEB = "web"


@dataclass(frozen=True, slots=True)
class Addresses:
    """listens: settings section → address.  ops: process → address of its ops port; the simulator has none."""

    endpoints: Endpoints = field(repr=False)
    listens: Mapping[str, Listen]
    ops: Mapping[str, Listen]


def decide_addresses(
    settings: Settings, names: Iterable[str], data_dir: Path, config: Path | None, embedded: EmbeddedServer | None
) -> Addresses:
    """Every address of the installation. names: of its processes. *Raises*: ConfigurationError for a taken port."""
    names = list(names)
    ports = Ports(embedded.port if embedded else None)
    api = ports.settle(settings.api.listen, "[api] listen")
    webhook = ports.settle(settings.webhook.listen, "[webhook] listen")
    simulator = ports.settle(settings.simulator.listen, "[simulator] listen") if SIMULATOR in names else None
    ops = {name: ports.settle_next(settings.ops.listen, "[ops] listen") for name in names if name != SIMULATOR}
    key = settings.api.operator_key
    endpoints = Endpoints(
        api=api.url,
        webhook=webhook.url,
        public_url=settings.webhook.public_url or webhook.url,
        ops={name: listen.url for name, listen in ops.items()},
        state=settings.state.url or (embedded.url(STATE_DATABASE) if embedded else ""),
        broker=settings.broker.url or (embedded.url(BROKER_DATABASE) if embedded else ""),
        operator_key=key.get_secret_value() if key else secrets.token_urlsafe(32),
        data_dir=data_dir,
        config=config.absolute() if config else None,
        simulator=simulator.url if simulator else None,
        pid=os.getpid(),
    )
    listens = {"API": api, "WEBHOOK": webhook, **({"SIMULATOR": simulator} if simulator else {})}
    return Addresses(endpoints, listens, ops)


def build_environment(name: str, addresses: Addresses, extra: Mapping[str, str]) -> dict[str, str]:
    """The variables of one process. extra: over everything else.

    Only `web` compares the operator's key: no other process has it to lose.
    """
    endpoints = addresses.endpoints
    node = _make_node_name(name, endpoints.data_dir)
    own = {OPERATOR_KEY: endpoints.operator_key} if name == WEB else {}
    ops = {"ORIEL_OPS__LISTEN": str(addresses.ops[name])} if name in addresses.ops else {}
    return {
        **without_operator_key(os.environ),
        **({"ORIEL_CONFIG": str(endpoints.config)} if endpoints.config else {}),
        **{f"ORIEL_{section}__LISTEN": str(listen) for section, listen in addresses.listens.items()},
        "ORIEL_PROCESS": name,
        "ORIEL_NODE": node,
        "CELERY_WORKER_HOSTNAME": f"{node}@%h",
        "ORIEL_DATA_DIR": str(endpoints.data_dir),
        **ops,
        "ORIEL_STATE__URL": endpoints.state,
        "ORIEL_BROKER__URL": endpoints.broker,
        "CELERY_BROKER_URL": endpoints.broker,  # Celery prefers this variable, which may name another broker
        "ORIEL_WEBHOOK__PUBLIC_URL": endpoints.public_url,
        **own,
        "PYTHONUNBUFFERED": "1",
        **extra,
    }


def _make_node_name(name: str, data_dir: Path) -> str:
    """The same after a restart; another for every replica and for every data directory of a machine."""
    return f"{name}-{hashlib.blake2b(str(data_dir).encode(), digest_size=4).hexdigest()}"

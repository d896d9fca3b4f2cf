"""The demo's configuration: the user's file or the demo's own, moved to the simulator and to loopback.

Decision: whatever the file says, every sender's api_base is the simulator's: a demo never writes to a real person.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import config as config_package
from config.loading import Settings, load_settings
from config.settings import BrokerSettings, Listen, OpsSettings, SenderSettings, StateSettings, WebhookSettings
from config.sources import read_toml
from shared.ground.errors import ConfigurationError
from shared.templates.model import Template
from workers.machine.ports import find_free_port

FOLDER = Path(config_package.__file__).resolve().parent / "demo"
CONFIGURATION = FOLDER / "oriel.toml"
PARTICIPANTS = ("tenants", "senders", "templates")
SMALL, FAST_PER_SECOND = 100, 400.0  # a larger base gets a faster number: 2,000 contacts take five seconds
ANYWHERE = Listen("127.0.0.1", 0)


def build_variables(
    own: Mapping[str, Any], provider: str, simulator: str, contacts: int, environ: Mapping[str, str]
) -> dict[str, str]:
    """The variables that override the configuration file: participants at the simulator, and the demo's timing.

    own: the user's file, empty without one. Tenants, senders and templates all come from it, or all from the demo's file.
    simulator: its URL.
    """
    demo = read_toml(CONFIGURATION)
    participants = _choose_provider(demo if own.keys().isdisjoint(PARTICIPANTS) else own, provider)
    senders = [_move_to_simulator(sender, simulator, contacts) for sender in participants.get("senders", [])]
    tables = {name: participants[name] for name in PARTICIPANTS if name in participants} | {"senders": senders}
    timing = {} if "timing" in own else demo["timing"]
    timing_variables = {f"ORIEL_TIMING__{name.upper()}": str(value) for name, value in timing.items()}
    return {
        **{f"ORIEL_{name.upper()}": json.dumps(table) for name, table in tables.items()},
        **{name: value for name, value in timing_variables.items() if name not in environ},
    }


def load_isolated_settings(
    path: Path | None, data_dir: Path | None, environ: Mapping[str, str], simulator: Listen
) -> Settings:
    """*Raises*: ConfigurationError, in which a mistake in the participants has its place in the file."""
    return _move_to_loopback(_load(path or CONFIGURATION, data_dir, environ), simulator)


def choose_sender(settings: Settings, provider: str) -> tuple[SenderSettings, Template]:
    """The provider's first sender, with its first template that can start a campaign. *Raises*: ConfigurationError."""
    senders = [sender for sender in settings.senders if sender.provider == provider]
    for sender in senders:
        for configured in settings.templates:
            if configured.sender == sender.id and (template := configured.template).why_unusable() is None:
                return sender, template
    lacking = "an enabled utility template" if senders else f"a sender with the provider {provider}"
    raise ConfigurationError(f"{settings.config_file}: the demo needs {lacking}")


def _choose_provider(participants: Mapping[str, Any], provider: str) -> Mapping[str, Any]:
    """Without the senders of other providers, which the simulator does not play here, and without their templates."""
    others = [sender for sender in _find_tables(participants, "senders") if sender.get("provider") != provider]
    removed = {str(sender.get("id")) for sender in others}
    return {
        **participants,
        "senders": [sender for sender in _find_tables(participants, "senders") if sender not in others],
        "templates": [
            template
            for template in _find_tables(participants, "templates")
            if str(template.get("sender")) not in removed
        ],
    }


def _find_tables(participants: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    """The tables of this name. The settings refuse any other value there."""
    return [table for table in participants.get(name, []) if isinstance(table, dict)]


def _move_to_simulator(sender: Mapping[str, Any], simulator: str, contacts: int) -> dict[str, Any]:
    """The same sender with the simulator's URL, and with a faster rate for a larger base."""
    kept = {key: value for key, value in sender.items() if not key.endswith("_base")}
    faster = {"rate_per_second": FAST_PER_SECOND} if contacts > SMALL else {}
    return {**kept, **faster, "api_base": simulator}


def _load(path: Path, data_dir: Path | None, environ: Mapping[str, str]) -> Settings:
    try:
        return load_settings(path, data_dir, environ)
    except ConfigurationError as error:
        text = str(error)
        for name in PARTICIPANTS:
            text = text.replace(f"ORIEL_{name.upper()} in the environment:", f"{path}: [[{name}]]")
        raise ConfigurationError(text) from None


def _move_to_loopback(settings: Settings, simulator: Listen) -> Settings:
    """The embedded server, addresses of this machine, free ports. The webhook's port is chosen now: the simulator's script
    needs it before any process listens.
    """
    webhook = Listen(ANYWHERE.host, find_free_port(ANYWHERE.host, frozenset({simulator.port})))
    return settings.model_copy(
        update={
            "state": StateSettings(url=None),
            "broker": BrokerSettings(url=None),
            "api": settings.api.model_copy(update={"listen": ANYWHERE}),
            "webhook": WebhookSettings(listen=webhook, public_url=None),
            "ops": OpsSettings(listen=ANYWHERE),
            "simulator": settings.simulator.model_copy(update={"listen": simulator}),
        }
    )

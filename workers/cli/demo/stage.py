"""What the demo runs with: its own settings, its own folder, a provider that is never a real one.

Owns keeping the user's installation out: `oriel.toml`, ORIEL_CONFIG, stores and senders in the environment. What the
environment says about sending, timing, logging and retention applies.

Decision: whatever the configuration says, every sender's api_base is the simulator's: a demo never writes to anybody.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import config as config_package
from config.endpoints import run_dir
from config.loading import Settings, load_settings
from config.settings import (
    BrokerSettings,
    Listen,
    OpsSettings,
    SenderSettings,
    StateSettings,
    WebhookSettings,
)
from config.sources import read_toml
from shared.ground.errors import ConfigurationError
from shared.templates.model import Template
from workers.cli.demo.base import DemoBase, demo_base
from workers.cli.demo.parts import PARTS, known_template
from workers.machine.ports import free_port
from workers.simulator.sample_image import PATH

FOLDER = Path(config_package.__file__).resolve().parent / "demo"
CONFIGURATION, SCRIPT = FOLDER / "oriel.toml", FOLDER / "simulator.json"
LETTER = "https://media.example.com/letter.png"  # of the script; the simulator has such a picture itself
STATE_DIR = "demo"
CAST = ("tenants", "senders", "templates")
KEPT_SECTIONS = ("SENDING", "TIMING", "LOGGING", "RETENTION", "INBOUND")
KEPT_VARIABLES = frozenset({"ORIEL_DATA_DIR"})
SMALL, FAST_PER_SECOND = 100, 400.0  # above so many contacts, a faster number: 2,000 are written to in five seconds
ANYWHERE = Listen("127.0.0.1", 0)


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that is decided before the first process starts.

    environment: for the children, beside what the supervisor tells them.
    """

    settings: Settings
    sender: SenderSettings
    template: Template
    base: DemoBase
    environment: Mapping[str, str] = field(repr=False)

    @property
    def folder(self) -> Path:
        return self.settings.data_dir / STATE_DIR

    @property
    def base_file(self) -> Path:
        return self.folder / "base.csv"

    @property
    def journal_file(self) -> Path:
        return self.folder / "journal.jsonl"

    @property
    def script_file(self) -> Path:
        return self.folder / "simulator.json"


def set_stage(
    contacts: int, provider: str, config: Path | None, data_dir: Path | None, environ: Mapping[str, str]
) -> Stage:
    """Reads and decides; writes nothing. environ: already apart (`step_apart`). *Raises*: ConfigurationError."""
    if provider not in PARTS:
        raise ConfigurationError(f"the demo cannot play {provider} (allowed: {', '.join(PARTS)})")
    simulator = Listen(ANYWHERE.host, free_port(ANYWHERE.host))
    spoken = _spoken(read_toml(config) if config else {}, provider, simulator.url, contacts, environ)
    settings = _on_loopback(_load(config or CONFIGURATION, data_dir, {**environ, **spoken}), simulator)
    sender, template = _cast(settings, provider)
    folder = settings.data_dir / STATE_DIR
    told = {"ORIEL_SIMULATOR__SCRIPT": folder / "simulator.json", "ORIEL_SIMULATOR__JOURNAL": folder / "journal.jsonl"}
    return Stage(
        settings=settings,
        sender=sender,
        template=template,
        base=demo_base(contacts, template.placeholders),
        environment={**spoken, **{name: str(file) for name, file in told.items()}},
    )


def _spoken(
    own: Mapping[str, Any], provider: str, simulator: str, contacts: int, environ: Mapping[str, str]
) -> dict[str, str]:
    """What goes over the configuration file, as variables: the cast, at the simulator; and what that file leaves out.

    own: the user's file for the demo. Tenants, senders and templates go together, its or the demo's.
    """
    demo = read_toml(CONFIGURATION)
    cast = _of_provider(demo if own.keys().isdisjoint(CAST) else own, provider)
    senders = [_moved(sender, simulator, contacts) for sender in cast.get("senders", [])]
    tables = {name: cast[name] for name in CAST if name in cast} | {"senders": senders}
    timing = {} if "timing" in own else demo["timing"]
    timed = {f"ORIEL_TIMING__{name.upper()}": str(value) for name, value in timing.items()}
    return {
        **{f"ORIEL_{name.upper()}": json.dumps(table) for name, table in tables.items()},
        **{name: value for name, value in timed.items() if name not in environ},
    }


def _of_provider(cast: Mapping[str, Any], provider: str) -> Mapping[str, Any]:
    """The cast without the senders of other providers, whom nobody plays, and without their templates."""
    others = [one for one in _tables(cast, "senders") if one.get("provider") != provider]
    gone = {str(one.get("id")) for one in others}
    return {
        **cast,
        "senders": [one for one in _tables(cast, "senders") if one not in others],
        "templates": [one for one in _tables(cast, "templates") if str(one.get("sender")) not in gone],
    }


def _tables(cast: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    """Its tables of this name; whatever else stands there is its reader's to refuse."""
    return [one for one in cast.get(name, []) if isinstance(one, dict)]


def _load(path: Path, data_dir: Path | None, environ: Mapping[str, str]) -> Settings:
    """*Raises*: ConfigurationError, in which the cast stands where its reader wrote it."""
    try:
        return load_settings(path, data_dir, environ)
    except ConfigurationError as error:
        text = str(error)
        for name in CAST:
            text = text.replace(f"ORIEL_{name.upper()} in the environment:", f"{path}: [[{name}]]")
        raise ConfigurationError(text) from None


def step_apart(environ: MutableMapping[str, str]) -> list[str]:
    """Takes the user's own installation out of the environment, ours and our children's. The names that went."""
    gone = [name for name in environ if _is_foreign(name)]
    for name in gone:
        del environ[name]
    return gone


def _is_foreign(name: str) -> bool:
    """Celery's own variables go before its configuration: one of them would lead to another broker."""
    if name.startswith("CELERY_"):
        return True
    kept = name in KEPT_VARIABLES or name.startswith(tuple(f"ORIEL_{section}__" for section in KEPT_SECTIONS))
    return name.startswith("ORIEL_") and not kept


def _moved(sender: Mapping[str, Any], simulator: str, contacts: int) -> dict[str, Any]:
    """The same sender at the simulator, which gives a faster number to a larger base."""
    here = {key: value for key, value in sender.items() if not key.endswith("_base")}
    faster = {"rate_per_second": FAST_PER_SECOND} if contacts > SMALL else {}
    return {**here, **faster, "api_base": simulator}


def _on_loopback(settings: Settings, simulator: Listen) -> Settings:
    """No store but the embedded one, no address but this machine's, no port but free ones. The port for webhooks is chosen
    here: the simulator is told of it before anything listens.
    """
    webhook = Listen(ANYWHERE.host, free_port(ANYWHERE.host, frozenset({simulator.port})))
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


def _cast(settings: Settings, provider: str) -> tuple[SenderSettings, Template]:
    """The first sender of the provider, and its first template that can start a campaign."""
    senders = [sender for sender in settings.senders if sender.provider == provider]
    for sender in senders:
        for template in settings.templates:
            if template.sender == sender.id and (read := template.template).why_unusable() is None:
                return sender, read
    lacking = "an enabled utility template" if senders else f"a sender with the provider {provider}"
    raise ConfigurationError(f"{settings.config_file}: the demo needs {lacking}")


# ── the folder ──────────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def folder_of(stage: Stage) -> Iterator[None]:
    """The demo's folder, empty but for what the processes need, and nobody else's meanwhile.

    *Raises*: ConfigurationError while another demo runs there: its data would be wiped under it.
    """
    run = run_dir(stage.settings.data_dir)
    run.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (run / "demo.lock").open("a", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigurationError(
                f"another demo runs in {stage.settings.data_dir}: stop it, or choose another directory with --data-dir"
            ) from None
        _furnish(stage)
        yield


def _furnish(stage: Stage) -> None:
    shutil.rmtree(stage.folder, ignore_errors=True)
    stage.folder.mkdir(mode=0o700, parents=True)
    stage.base_file.write_text(stage.base.text, encoding="utf-8")
    stage.script_file.write_text(json.dumps(simulator_script(stage), indent=2) + "\n", encoding="utf-8")


def simulator_script(stage: Stage) -> dict[str, Any]:
    """The habits of config/demo, and what this provider knows: accounts, webhooks, the template, the rate, who is not
    there.
    """
    account = stage.settings.accounts()[stage.sender.sender_id]
    return {
        **json.loads(
            SCRIPT.read_text(encoding="utf-8").replace(LETTER, f"{stage.settings.simulator.listen.url}{PATH}")
        ),
        "rate_limit_per_second": round(stage.sender.rate_per_second),
        "not_on_whatsapp": [stage.base.not_on_whatsapp],
        "templates": known_template(stage.template),
        **PARTS[account.provider](account, stage.settings.webhook_url(account)),
    }


def environ_apart() -> Mapping[str, str]:
    """This process's environment, without what is not the demo's. *Effects*: it stays so, for the children."""
    step_apart(os.environ)
    return os.environ

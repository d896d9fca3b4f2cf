"""The demo's setup: settings, sender, template, base and files, all decided before the first process starts.

Reads and decides; `folder` writes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from config.loading import Settings
from config.settings import Listen, SenderSettings
from config.sources import read_toml
from shared.ground.errors import ConfigurationError
from shared.templates.model import Template
from workers.cli.demo.base import DemoBase, build_base
from workers.cli.demo.configuration import ANYWHERE, build_variables, choose_sender, load_isolated_settings
from workers.cli.demo.provider_accounts import PROVIDERS
from workers.machine.ports import find_free_port

STATE_DIR = "demo"


@dataclass(frozen=True, slots=True)
class DemoSetup:
    """environment: variables for the processes, beside those of the supervisor."""

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


def prepare(
    contacts: int, provider: str, config: Path | None, data_dir: Path | None, environ: Mapping[str, str]
) -> DemoSetup:
    """environ: without the user's own installation (`isolation`). *Raises*: ConfigurationError."""
    if provider not in PROVIDERS:
        raise ConfigurationError(f"the demo cannot play {provider} (allowed: {', '.join(PROVIDERS)})")
    simulator = Listen(ANYWHERE.host, find_free_port(ANYWHERE.host))
    variables = build_variables(read_toml(config) if config else {}, provider, simulator.url, contacts, environ)
    settings = load_isolated_settings(config, data_dir, {**environ, **variables}, simulator)
    sender, template = choose_sender(settings, provider)
    folder = settings.data_dir / STATE_DIR
    return DemoSetup(
        settings=settings,
        sender=sender,
        template=template,
        base=build_base(contacts, template.placeholders),
        environment={
            **variables,
            "ORIEL_SIMULATOR__SCRIPT": str(folder / "simulator.json"),
            "ORIEL_SIMULATOR__JOURNAL": str(folder / "journal.jsonl"),
        },
    )

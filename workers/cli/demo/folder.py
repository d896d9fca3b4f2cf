"""The demo's folder in the data directory: locked, wiped at every start, filled with the base and the script."""

import fcntl
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from config.endpoints import run_dir
from shared.ground.errors import ConfigurationError
from workers.cli.demo.configuration import FOLDER
from workers.cli.demo.provider_accounts import PROVIDERS, describe_template
from workers.cli.demo.setup import DemoSetup
from workers.simulator.sample_image import PATH

SCRIPT = FOLDER / "simulator.json"
LETTER = "https://media.example.com/letter.png"  # the script's URL, replaced by an image that the simulator serves


@contextmanager
def open_folder(setup: DemoSetup) -> Iterator[None]:
    """Holds the folder's lock as long as the block lasts.

    *Raises*: ConfigurationError while another demo runs there: wiping would delete its data.
    """
    run = run_dir(setup.settings.data_dir)
    run.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (run / "demo.lock").open("a", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigurationError(
                f"another demo runs in {setup.settings.data_dir}: stop it, or choose another directory with --data-dir"
            ) from None
        _fill(setup)
        yield


def _fill(setup: DemoSetup) -> None:
    shutil.rmtree(setup.folder, ignore_errors=True)
    setup.folder.mkdir(mode=0o700, parents=True)
    setup.base_file.write_text(setup.base.text, encoding="utf-8")
    setup.script_file.write_text(json.dumps(build_script(setup), indent=2) + "\n", encoding="utf-8")


def build_script(setup: DemoSetup) -> dict[str, Any]:
    """The habits of config/demo, with the setup's account, webhooks, template, rate, and contact without WhatsApp."""
    account = setup.settings.accounts()[setup.sender.sender_id]
    image = f"{setup.settings.simulator.listen.url}{PATH}"
    return {
        **json.loads(SCRIPT.read_text(encoding="utf-8").replace(LETTER, image)),
        "rate_limit_per_second": round(setup.sender.rate_per_second),
        "not_on_whatsapp": [setup.base.not_on_whatsapp],
        "templates": describe_template(setup.template),
        **PROVIDERS[account.provider](account, setup.settings.webhook_url(account)),
    }

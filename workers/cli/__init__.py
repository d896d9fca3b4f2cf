"""The operator's commands: `oriel …`, built with typer. Owns texts, tables and exit statuses; the API acts.

    app          the tree of commands                  options     options that several commands take
    invocation   tenant, data directory and --json     client      the HTTP API, seen by a caller
    output       tables, JSON, errors, exit statuses   foreground  processes that live as long as a command
    progress     a campaign's progress, live or once   listing     a list of the API, as a table or JSON
    contact_lookup  a contact's id

One module a noun has its commands' options:
    doctor       what this machine and every process say of themselves (`readiness`)
    campaign     and campaign_options, campaign_actions, importing, results
    template consent sender session reply explain up
    demo/        a campaign against the simulator, with a verdict

Decision: commands use what runs and start nothing; only `up` and `demo` start processes. Imports heavier than typer
stand inside the commands, so that `oriel --help` answers at once.
"""

import sys


def main() -> None:
    """The entry point. Exit status: 0 success, 1 failure, 2 wrong usage or configuration, 130 after Ctrl-C."""
    try:
        from workers.cli.app import app

        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:  # noqa: BLE001 (before or after a command's own work: options, folders, the terminal)
        from workers.cli import output

        sys.exit(output.report_error(output.explain(error)))

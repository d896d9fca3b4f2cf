"""The operator's commands: `oriel …`, built with typer. Owns words, tables and exit statuses; every act is the API's.

    app         the tree of commands                 options     what several commands take
    client      the HTTP API from the caller's side  output      tables, JSON, errors, exit statuses
    funnel      a campaign's progress, live or not   foreground  processes that live as long as a command
    campaign template consent sender session reply explain up demo   the options, one module a noun
    acts importing results listing naming                            what those then do

Decision: commands attach to what runs and start nothing; `up` and `demo` are the two that start. Everything heavier than
typer is imported inside a command, so that `oriel --help` answers at once.
"""

import sys


def main() -> None:
    """The entry point. Exit status: 0 success, 1 failure, 2 wrong usage or configuration, 130 after Ctrl-C."""
    try:
        from workers.cli.app import app

        app()
    except KeyboardInterrupt:
        sys.exit(130)

"""`twitter-pipeline`: all commands, in the order in which its help shows them."""

from __future__ import annotations

from twitter_pipeline.cli import accounts, alerts, sidecar, tasks, users
from twitter_pipeline.cli.command import group
from twitter_pipeline.cli.commands import deciding, keeping, looking, starting

HELP = """A publishing pipeline for X: media in a folder goes out as posts, each exactly once.

Exit codes: 0 all is well; 1 it cannot start (configuration, port in use, database, running already); 2 wrong command
line; 3 something failed, is unconfirmed, or needs a person."""

app = group(HELP)
for command in (
    starting.init,
    starting.up,
    looking.scan,
    looking.preview,
    looking.status,
    looking.doctor,
    looking.log,
    looking.report,
    deciding.pause,
    deciding.resume,
    deciding.approve,
    deciding.publish,
    deciding.retry,
    deciding.cancel,
    deciding.reconcile,
    deciding.import_posted,
    starting.sandbox,
    keeping.rebuild,
    keeping.backup,
    keeping.restore,
    keeping.upgrade,
):
    app.command(command.__name__.replace("_", "-"))(command)
for name, commands in {
    "account": accounts.app,
    "alert": alerts.app,
    "config": keeping.config_app,
    "db": keeping.db_app,
    "sidecar": sidecar.app,
    "tasks": tasks.app,
    "token": users.token_app,
    "user": users.user_app,
}.items():
    app.add_typer(commands, name=name)


if __name__ == "__main__":
    app()

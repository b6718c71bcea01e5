"""The services of a configuration, in the order they depend on each other."""

from __future__ import annotations

from twitter_pipeline.cli.up.instance import LOCATION, MODULE
from twitter_pipeline.cli.up.processes import Service
from twitter_pipeline.config import Settings


def needs_sandbox(settings: Settings) -> bool:
    """Whether posts go to a sandbox of ours."""
    return settings.mode == "sandbox" and settings.x.base_url is None


def sandbox(settings: Settings) -> Service:
    """The local stand-in for X; it stops last."""
    where = ("--host", settings.sandbox.host, "--port", str(settings.sandbox.port))
    module = "twitter_pipeline.sandbox"
    return Service("sandbox", module, module, [*where, "--state", str(settings.home / "x")])


def code_server(port: int) -> Service:
    """Holds our definitions and starts the runs; `dagster code-server` can reload them, `dagster api grpc` cannot."""
    where = ("--host", "127.0.0.1", "--port", str(port))
    arguments = ["code-server", "start", "--module-name", MODULE, "--location-name", LOCATION, *where]
    return Service("code-server", "dagster", "dagster", arguments)


def daemon(settings: Settings) -> Service:
    """Ticks and the run queue. It begins when the code server answers: it would look again only a minute later."""
    return Service("daemon", "dagster._daemon.cli", "dagster._daemon", ["run", "-w", _workspace(settings)])


def webserver(settings: Settings) -> Service:
    """Dagster's pages."""
    where = ("--host", settings.dagster.host, "--port", str(settings.dagster.port))
    return Service("webserver", "dagster_webserver.cli", "dagster_webserver", ["-w", _workspace(settings), *where])


def _workspace(settings: Settings) -> str:
    return str(settings.home / "dagster" / "workspace.yaml")

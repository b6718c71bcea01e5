"""The services of a configuration, in the order they depend on each other."""

from __future__ import annotations

from twitter_pipeline.cli.up.instance import CODE, MODULE
from twitter_pipeline.cli.up.processes import Service
from twitter_pipeline.config import Settings
from twitter_pipeline.launching.channel import socket_path
from twitter_pipeline.launching.graphql import LOCATION

#: The service that must answer before those that it forks can start.
LAUNCHER = "launcher"


def needs_sandbox(settings: Settings) -> bool:
    """Whether posts go to a sandbox of ours."""
    return settings.mode == "sandbox" and settings.x.base_url is None


def launcher(settings: Settings) -> Service:
    """Starts the three below, and the runs, as forks; the runs are in its process group."""
    return Service(LAUNCHER, ("twitter_pipeline.launching.server", str(socket_path(settings.home))), forked=False)


def sandbox(settings: Settings) -> Service:
    """The local stand-in for X; it stops last."""
    return Service("sandbox", ("twitter_pipeline.launching.service", *sandbox_command(settings)), forked=False)


def sandbox_command(settings: Settings) -> list[str]:
    """The sandbox's module, with its arguments."""
    where = ("--host", settings.sandbox.host, "--port", str(settings.sandbox.port))
    return ["twitter_pipeline.sandbox", *where, "--state", str(settings.home / "x")]


def code_server(settings: Settings) -> Service:
    """Holds our definitions, and loads them anew when config.yaml was changed."""
    arguments = (MODULE, LOCATION, str(socket_path(settings.home, CODE)))
    return Service("code-server", ("twitter_pipeline.launching.code_server", *arguments), forked=True)


def daemon(settings: Settings) -> Service:
    """Ticks and the run queue. It is for after the code server answers: it would look again only a minute later."""
    return Service("daemon", ("twitter_pipeline.launching.daemon", "run", "-w", _workspace(settings)), forked=True)


def webserver(settings: Settings) -> Service:
    """Dagster's pages."""
    where = ("--host", settings.dagster.host, "--port", str(settings.dagster.port))
    return Service("webserver", ("dagster_webserver", "-w", _workspace(settings), *where), forked=True)


def api() -> Service:
    """The REST API. Nothing waits for it: posting goes on without."""
    return Service("api", ("twitter_pipeline.api",), forked=True)


def _workspace(settings: Settings) -> str:
    return str(settings.home / "dagster" / "workspace.yaml")

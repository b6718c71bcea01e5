"""`up` from beginning to end.

    load config.yaml → hold the data folder → look at the ports → connect, migrate, default data → logging → services

The services start side by side, each as far as it can without the others; meanwhile a first look at the folders is
taken, so that by the first tick the files have been seen to stay as they are.
"""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from twitter_pipeline.cli import output
from twitter_pipeline.cli.database import database_errors, missing_keys, require_keys
from twitter_pipeline.cli.errors import NEEDS_A_PERSON, OK, CannotStart
from twitter_pipeline.cli.logs import logging_to
from twitter_pipeline.cli.settings import load_settings
from twitter_pipeline.cli.up import dagster_api, home, instance, ports, readiness, services, stopping, timeline
from twitter_pipeline.cli.up.alone import alone_in_database
from twitter_pipeline.cli.up.fleet import Fleet
from twitter_pipeline.cli.up.stop_request import StopRequest, stop_requests
from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Settings
from twitter_pipeline.config.redaction import Redact
from twitter_pipeline.config.secrecy import secrets_of

if TYPE_CHECKING:
    import sqlalchemy as sa
    from rich.console import Console

    from twitter_pipeline.cli.up.alerting import Alerts
    from twitter_pipeline.cli.up.held import Held
    from twitter_pipeline.cli.up.progress import Progress
    from twitter_pipeline.cli.up.recycling import Recycling
    from twitter_pipeline.cli.up.watch import Watch

_log = logging.getLogger(__name__)

#: How long the services may take until all answer, in seconds: a slow machine under load takes a minute.
START_SECONDS = 120.0
#: How long the first look at a project's folder may take.
FIRST_LOOK = timedelta(seconds=3)
#: The first tick is held back at most so long (seconds) until files seen by the first look count as unchanged.
HOLD_FIRST_TICK = 5.0
#: Seconds between looks: at the publishing log and the processes; at config.yaml; whether all is done.
LOOK = 0.25
LOOK_AT_CONFIG = 1.0
LOOK_WHETHER_IDLE = 0.5


class Stopped(Exception):
    """Somebody said stop before everything had started."""


def run(config: Path | None, *, until_idle: bool) -> int:
    """Start everything and stay until told to stop, or until nothing is left to do; the exit code.

    Raises CannotStart, or ConfigError, before anything was started, or after everything was stopped again.
    """
    settings = load_settings(config)
    console = output.console()
    home.make(settings.home)
    with stop_requests() as request, home.locked(settings.home), alone_in_database(settings):
        ports.check(ports.wanted(settings, with_sandbox=services.needs_sandbox(settings)))
        engine = _prepare_database(settings)
        redact = Redact(secrets_of(settings))
        with logging_to(settings.home, console, redact):
            return _Supervisor(settings, engine, request, redact).run(until_idle=until_idle, console=console)


def _prepare_database(settings: Settings) -> sa.Engine:
    from twitter_pipeline.store import accounts, schema
    from twitter_pipeline.store.engine import writing
    from twitter_pipeline.store.opening import engine_of, prepare_store

    with database_errors():
        # Here PostgreSQL too is upgraded: nothing else runs yet.
        schema.upgrade(engine_of(settings))
        engine = prepare_store(settings)
        require_keys(engine, settings)
        instance.make_storage_schema(settings, engine)
        stopping.let_post(engine)
        with writing(engine) as connection:
            accounts.look_again(connection)
    return engine


class _Supervisor:
    """What `run` works with once the database is there."""

    def __init__(self, settings: Settings, engine: sa.Engine, request: StopRequest, redact: Redact) -> None:
        from twitter_pipeline.cli.up.alerting import Alerts
        from twitter_pipeline.cli.up.held import Held
        from twitter_pipeline.cli.up.progress import Progress
        from twitter_pipeline.cli.up.recycling import Recycling
        from twitter_pipeline.cli.up.watch import Watch

        self._settings = settings
        self._engine = engine
        self._request = request
        self._redact = redact
        self._started = utc_now()
        content = settings.path.read_bytes()
        home.write_if_changed(settings.home / "config.yaml", content)
        self._watch: Watch = Watch(settings.path, settings, content)
        self._progress: Progress = Progress(engine)
        self._held: Held = Held(engine)
        self._alerts: Alerts = Alerts(engine, lambda: self._settings)
        instance.write_dagster_yaml(settings)
        instance.write_workspace_yaml(settings)
        self._fleet = Fleet(settings.home, instance.environment(settings), redact)
        self._recycling: Recycling = Recycling(engine, self._fleet)

    def run(self, *, until_idle: bool, console: Console) -> int:
        try:
            self._start()
            self._announce()
            self._alerts.begin()
            self._stay(until_idle=until_idle)
        except Stopped:
            pass
        finally:
            _log.info("stopping: posts under way may end …")
            stopping.stop(self._fleet, self._engine, self._settings.dagster.url, self._request)
            self._progress.show(last=True)
            self._alerts.end(tell=until_idle)
        _log.info("stopped")
        return self._report(console) if until_idle else OK

    def _start(self) -> None:
        began = time.time()
        settings, fleet = self._settings, self._fleet
        _log.info("starting in %s mode; data and logs are in %s", settings.mode, settings.home)
        fleet.start(services.launcher(settings))
        if services.needs_sandbox(settings):
            fleet.start(services.sandbox(settings))
        seen = self._look_at_folders()
        self._wait_for("launcher", readiness.launcher(settings.home))
        fleet.start(services.code_server(settings))
        if services.needs_sandbox(settings):
            self._wait_for("sandbox", readiness.answers(f"{settings.sandbox.url}/sandbox/health"))
        timeline.begin(self._engine, settings)
        self._wait_for("code-server", readiness.code_server(settings.home))
        fleet.start(services.webserver(settings))
        self._hold_first_tick(seen)
        fleet.start(services.daemon(settings))
        self._wait_for("webserver", readiness.answers(f"{settings.dagster.url}/server_info"))
        self._check_definitions()
        self._wait_for("daemon", readiness.daemons_live(settings.dagster.url, since=began))
        if settings.api.enabled:
            fleet.start(services.api())

    def _check_definitions(self) -> None:
        try:
            error = dagster_api.location_error(self._settings.dagster.url)
        except dagster_api.DagsterAway as away:
            error = str(away)
        if error is not None:
            raise CannotStart(f"Dagster cannot load the definitions: {error}")

    def _look_at_folders(self) -> float:
        """Take the first look; when (monotonic seconds) files it has seen will count as unchanged."""
        from twitter_pipeline.scanning.turns import scan_in_turn

        stable_at = time.monotonic()
        for project in self._settings.projects:
            if self._request.asked:
                raise Stopped
            report = scan_in_turn(self._engine, project, time_box=FIRST_LOOK)
            for problem in report.problems:
                _log.warning("%s: %s", project.id, problem)
            if report.arriving:
                stable_at = max(stable_at, time.monotonic() + project.stable_for.total_seconds())
        return stable_at

    def _hold_first_tick(self, until: float) -> None:
        """Dagster looks every five seconds: a first tick just too early costs all of them."""
        until = min(until, time.monotonic() + HOLD_FIRST_TICK)
        while (left := until - time.monotonic()) > 0 and not self._request.asked:
            self._fleet.check()
            self._request.pause(min(left, LOOK))

    def _wait_for(self, name: str, check: readiness.Check) -> None:
        began = time.monotonic()
        while True:
            if self._request.asked:
                raise Stopped
            self._fleet.check()
            self._progress.show()
            try:
                if check():
                    break
            except readiness.NOT_YET:
                pass
            if time.monotonic() - began > START_SECONDS:
                log = self._settings.home / "logs" / f"{name}.log"
                raise CannotStart(f"{name} does not answer after {START_SECONDS:.0f} s; see {log}")
            self._request.pause(0.05)
        _log.info("%s is up", name, extra={"service": name})

    def _announce(self) -> None:
        if services.needs_sandbox(self._settings):
            _log.info("timeline  %s", self._settings.sandbox.url)
        _log.info("Dagster   %s", self._settings.dagster.url)
        if self._settings.api.enabled:
            _log.info("API       %s/docs", self._settings.api.url)
        _log.info("Ctrl-C stops everything")

    def _stay(self, *, until_idle: bool) -> None:
        next_config = next_idle = 0.0
        last_error = ""
        while not self._request.asked:
            now = time.monotonic()
            try:
                self._fleet.tend()
                self._progress.show()
                if now >= next_config:
                    next_config = now + LOOK_AT_CONFIG
                    self._look_at_config()
                    self._held.show(self._settings)
                    self._recycling.look(self._settings)
                if until_idle and now >= next_idle:
                    next_idle = now + LOOK_WHETHER_IDLE
                    if self._is_idle():
                        return
                last_error = ""
            except Exception as error:  # noqa: BLE001 - nothing that breaks in one look may end what posts
                last_error = _tell_once(error, last_error)
            self._request.pause(LOOK)

    def _is_idle(self) -> bool:
        from twitter_pipeline.cli.up.idle import outstanding

        left = outstanding(self._engine, self._settings, since=self._started, now=utc_now())
        try:
            return left.is_nothing and dagster_api.runs_under_way(self._settings.dagster.url) == 0
        except dagster_api.DagsterAway:
            return False

    def _look_at_config(self) -> None:
        from twitter_pipeline.cli.up.watch import Refused
        from twitter_pipeline.store.opening import prepare_store

        found = self._watch.look()
        if found is None:
            return
        if isinstance(found, Refused):
            _log.error("%s", found.reason)
            return
        self._settings = found.settings
        self._redact.add(secrets_of(found.settings))
        for reason in missing_keys(prepare_store(found.settings), found.settings):
            _log.error("%s", reason)
        home.write_if_changed(found.settings.home / "config.yaml", found.content)
        try:
            error = dagster_api.reload(found.settings.dagster.url)
        except dagster_api.DagsterAway as away:
            error = f"Dagster does not answer: {away}"
        if error is None:
            _log.info("%s changed and is in force", found.settings.path)
        else:
            _log.error("%s changed, but Dagster did not load it: %s", found.settings.path, error)

    def _report(self, console: Console) -> int:
        from twitter_pipeline.cli.up import report
        from twitter_pipeline.store.status import NEED_A_PERSON

        rows = report.items(self._engine, self._settings, since=self._started)
        stopped = report.stopped_accounts(self._engine, self._settings)
        if rows:
            console.print(report.table(rows))
        if more := report.more_skipped(self._engine, self._settings, since=self._started):
            console.print(f"… and {more:,} more skipped; twitter-pipeline status says why")
        for line in stopped:
            console.print(line, style="bold red", markup=False, soft_wrap=True)
        needs_a_person = stopped or any(row.status in NEED_A_PERSON for row in rows)
        return NEEDS_A_PERSON if needs_a_person else OK


def _tell_once(error: Exception, before: str) -> str:
    """Log what broke a look unless the last one broke of the same; what broke it."""
    import sqlalchemy as sa

    what = repr(error)
    if what != before:
        if isinstance(error, sa.exc.OperationalError):
            _log.warning("the database does not answer: %s; trying again", error.orig)
        else:
            _log.error("looking after the pipeline failed; it goes on, trying again", exc_info=error)
    return what

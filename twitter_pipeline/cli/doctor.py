"""`twitter-pipeline doctor`: whether all is there that posting needs, each with the remedy. Changes nothing."""

from __future__ import annotations

import os
import shutil
import stat
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from twitter_pipeline.cli import output
from twitter_pipeline.cli.database import database_errors
from twitter_pipeline.cli.errors import NEEDS_A_PERSON, OK, CannotStart
from twitter_pipeline.cli.settings import load_settings
from twitter_pipeline.cli.up import dagster_api, home, ports, readiness, services
from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import ConfigError, Settings

if TYPE_CHECKING:
    import sqlalchemy as sa

#: A daemon that has shown no life for so long (seconds) is gone: they show it every 30 s.
HEARTBEAT = 120.0
#: How long X may take to answer, in seconds.
_TIMEOUT = 10.0
_START = "twitter-pipeline up"


@dataclass(frozen=True)
class Finding:
    """What was looked at, and how it is."""

    what: str
    said: str
    #: What to do about it; None where all is well.
    remedy: str | None = None


def run(path: Path | None, *, as_json: bool) -> int:
    """Look at everything; one line each. The exit code says whether a person is needed."""
    findings = list(look(path))
    good = all(one.remedy is None for one in findings)
    if as_json:
        output.print_json({"good": good, "findings": [asdict(one) for one in findings]})
        return OK if good else NEEDS_A_PERSON
    from rich.text import Text

    table = output.table("", "", last="", show_header=False)
    for one in findings:
        mark = Text("ok", style="green") if one.remedy is None else Text("NO", style="bold red")
        table.add_row(mark, Text(one.what), Text(one.said + (f"\n→ {one.remedy}" if one.remedy else "")))
    output.console().print(table)
    return OK if good else NEEDS_A_PERSON


def look(path: Path | None) -> Iterator[Finding]:
    """Look at one thing after the other; what rests on what is missing is left out."""
    try:
        settings = load_settings(path)
    except ConfigError as error:
        yield Finding("configuration", str(error), "mend it, then: twitter-pipeline config check")
        return
    projects = ", ".join(project.id for project in settings.projects) or "none"
    yield Finding("configuration", f"{settings.path}: {settings.mode} mode, projects: {projects}")
    yield from _folders(settings)
    yield from _disks(settings)
    yield from _templates(settings)
    yield from _database(settings)
    yield from _processes(settings) if home.is_locked(settings.home) else _ports(settings)
    yield _x(settings)


def _folders(settings: Settings) -> Iterator[Finding]:
    place = settings.home
    if not place.exists():
        yield Finding("data", f"{place} is not there yet; the first start makes it")
    elif not os.access(place, os.R_OK | os.W_OK | os.X_OK):
        yield Finding("data", f"{place} cannot be written", f"give it to this user, or set data_dir: chown {place}")
    elif stat.S_IMODE(place.stat().st_mode) & 0o077:
        yield Finding("data", f"{place} is open to others", f"chmod 700 {place}")
    else:
        yield Finding("data", str(place))
    for project in settings.projects:
        moves = project.after_post.startswith("move")
        if not project.path.is_dir():
            said = f"{project.path} is not there"
            yield Finding(f"project {project.id}", said, "make or mount it, or set projects.path")
        elif not os.access(project.path, os.R_OK | os.X_OK | (os.W_OK if moves else 0)):
            said = f"{project.path} cannot be {'written (after_post moves files)' if moves else 'read'}"
            yield Finding(f"project {project.id}", said, "let this user do so, with chmod or chown")
        else:
            yield Finding(f"project {project.id}", str(project.path))


def _disks(settings: Settings) -> Iterator[Finding]:
    """Each disk once."""
    seen: set[int] = set()
    for folder in (settings.home, *(project.path for project in settings.projects)):
        there = next((one for one in (folder, *folder.parents) if one.exists()), folder)
        if (device := there.stat().st_dev) in seen:
            continue
        seen.add(device)
        usage = shutil.disk_usage(there)
        percent = 100 * usage.free / usage.total
        said = f"{usage.free / 1e9:,.1f} GB free ({percent:.0f} %) at {there}"
        is_low = percent < settings.alerts.disk_free_percent
        yield Finding("disk", said, "make room: less than alerts.disk_free_percent is left" if is_low else None)


def _templates(settings: Settings) -> Iterator[Finding]:
    """Each source's, with words that are none of an item's."""
    from twitter_pipeline.publishing import wording

    for project in settings.projects:
        for source in project.sources:
            if source.template is None:
                continue
            what, wrong = f"template {project.id}", wording.mistake(project, source)
            if wrong is None:
                yield Finding(what, f"of source {source.key}: no mistake in it")
            else:
                remedy = f"mend it in {settings.path} (docs/templates.md); what it skipped: twitter-pipeline retry ITEM"
                yield Finding(what, f"of source {source.key}: {wrong}", remedy)


def _database(settings: Settings) -> Iterator[Finding]:
    from twitter_pipeline.store import schema
    from twitter_pipeline.store.opening import HalfRestored, engine_of, refuse_half_restored

    try:
        refuse_half_restored(settings)
    except HalfRestored as half:
        yield Finding("database", str(half), "twitter-pipeline restore FILE")
        return
    if settings.database_url is None and not (settings.home / "pipeline.db").exists():
        yield Finding("database", "there is none yet; the first start makes it")
        return
    try:
        with database_errors():
            engine = engine_of(settings)
            found = schema.version(engine)
    except CannotStart as error:
        yield Finding("database", str(error), "start the server, or set database_url")
        return
    kind = "SQLite" if settings.database_url is None else "PostgreSQL"
    if found != schema.HEAD:
        newer = found is not None and found > schema.HEAD
        remedy = "install the newer program" if newer else "twitter-pipeline upgrade"
        yield Finding("database", f"{kind}, at version {found}; this program needs {schema.HEAD}", remedy)
        return
    yield Finding("database", f"{kind}, version {found}")
    yield from _keys(settings, engine)
    if settings.api.enabled and home.is_locked(settings.home):
        yield _monitoring(settings, engine)


def _monitoring(settings: Settings, engine: sa.Engine) -> Finding:
    """Whether the API's process measures, and what it found."""
    from twitter_pipeline.monitoring import alarms, measures
    from twitter_pipeline.monitoring.rules import WORDS
    from twitter_pipeline.store.engine import reading

    with database_errors(), reading(engine) as connection:
        at, _ = measures.latest(connection, utc_now())
        is_open = alarms.open_now(connection)
    if at is None:
        log = settings.home / "logs" / "api.log"
        return Finding(
            "monitoring", "nothing was measured for three minutes", f"wait a minute after the start; see {log}"
        )
    if not is_open:
        return Finding("monitoring", "no alarm is open")
    said = "; ".join(f"{WORDS[one.name][0]} {one.scope}".rstrip() for one in is_open)
    return Finding("monitoring", said, "; ".join(dict.fromkeys(WORDS[one.name][1] for one in is_open)))


def _keys(settings: Settings, engine: sa.Engine) -> Iterator[Finding]:
    """The key of the vault, and each posting account's keys of X."""
    from twitter_pipeline.store import accounts, secrets
    from twitter_pipeline.store.engine import reading

    file = settings.home / secrets.KEY_FILE
    with database_errors(), reading(engine) as connection:
        known = {row.name: row for row in accounts.listing(connection)}
    if not secrets.keys_in(os.environ) and not secrets.read_keys(settings.home):
        lost = any(row.has_keys for row in known.values())
        said = f"{file} is gone" if lost else "there is none yet; the first start makes it"
        yield Finding("key", said, "bring it back: twitter-pipeline restore, or account add anew" if lost else None)
        return
    if file.exists() and stat.S_IMODE(file.stat().st_mode) & 0o077:
        yield Finding("key", f"{file} is open to others", f"chmod 600 {file}")
    else:
        yield Finding("key", secrets.ENVIRONMENT_VARIABLE if secrets.keys_in(os.environ) else str(file))
    posting = {settings.account_of(project, source) for project in settings.projects for source in project.sources}
    for name in sorted(posting):
        if name not in known:
            yield Finding(f"account {name}", "not known yet; the next start puts it in")
            continue
        with database_errors(), reading(engine) as connection:
            try:
                why_not = accounts.why_no_keys(connection, name, secrets.open_vault(settings.home))
            except secrets.KeyLost as error:
                why_not = str(error)
        stopped = known[name].stopped_reason
        if why_not is not None:
            yield Finding(f"account {name}", why_not, f"twitter-pipeline account add {name}")
        elif stopped is not None:
            yield Finding(f"account {name}", f"stopped: {stopped}", f"twitter-pipeline resume --account {name}")
        else:
            username = known[name].x_username
            yield Finding(f"account {name}", f"has its keys{f', posts as @{username}' if username else ''}")


def _ports(settings: Settings) -> Iterator[Finding]:
    yield Finding("pipeline", f"does not run; start it with: {_START}")
    for address in ports.wanted(settings, with_sandbox=services.needs_sandbox(settings)):
        try:
            ports.check([address])
        except CannotStart as error:
            said = str(error).partition(";")[0]
            yield Finding(address.setting, said, f"stop what listens there, or set another {address.setting}")
        else:
            yield Finding(address.setting, f"port {address.port} is free")


def _processes(settings: Settings) -> Iterator[Finding]:
    """What answers of the pipeline that runs."""
    url = settings.dagster.url
    wanted: list[tuple[str, Callable[[], str | None]]] = [
        ("launcher", _answers(readiness.launcher(settings.home))),
        ("code server", _answers(readiness.code_server(settings.home))),
        ("Dagster's pages", _answers(readiness.answers(f"{url}/server_info"))),
        ("definitions", lambda: dagster_api.location_error(url)),
        ("daemons", lambda: ", ".join(dagster_api.daemons_without_heartbeat(url, since=time.time() - HEARTBEAT))),
    ]
    if settings.api.enabled:
        wanted.append(("API", _answers(readiness.answers(f"{settings.api.url}/api/health"))))
    for what, problem in wanted:
        try:
            said = problem()
        except (*readiness.NOT_YET, dagster_api.DagsterAway) as error:
            said = str(error) or type(error).__name__
        remedy = f"see {settings.home / 'logs'}; a service that died is started again, or stop and: {_START}"
        yield Finding(what, said or "answers", remedy if said else None)


def _answers(check: readiness.Check) -> Callable[[], str | None]:
    return lambda: None if check() else "does not answer"


def _x(settings: Settings) -> Finding:
    url = settings.x_base_url
    if services.needs_sandbox(settings):
        if not home.is_locked(settings.home):
            return Finding("X", "the sandbox, which starts with the pipeline")
        url = f"{url}/sandbox/health"
    try:
        urllib.request.urlopen(url, timeout=_TIMEOUT).close()  # noqa: S310 - by our own settings
    except urllib.error.HTTPError:
        pass  # whatever it says, it is there
    except (OSError, ValueError) as error:
        said = f"{settings.x_base_url} does not answer: {error}"
        return Finding("X", said, "look at the network, a proxy or firewall, and x.base_url")
    return Finding("X", f"{settings.x_base_url} answers")

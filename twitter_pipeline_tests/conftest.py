"""The fixtures of all tests: a database of each kind, and the settings of a small project.

`database_url` runs a test twice, on SQLite and on PostgreSQL; everything else here builds on it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
import sqlalchemy as sa
import yaml

from twitter_pipeline.config import Settings, load, secrecy
from twitter_pipeline.store import defaults, schema
from twitter_pipeline.store.engine import connect, writing
from twitter_pipeline.store.secrets import open_vault
from twitter_pipeline_tests.media.make import film
from twitter_pipeline_tests.support.no_skips import NoSkips
from twitter_pipeline_tests.support.postgres import OUR_SCHEMA, PostgresServer, in_memory, shared_server
from twitter_pipeline_tests.support.sandbox import SandboxServer
from twitter_pipeline_tests.support.world import MakeWorld, World, declare

# How long one example takes says nothing on a busy machine. The same examples each time, so that a failure speaks of
# the change that is tested; `make fuzz` draws new ones.
hypothesis.settings.register_profile("ours", deadline=None, derandomize=True)
hypothesis.settings.load_profile("ours")

if TYPE_CHECKING:
    from playwright.sync_api import Browser

#: Builds the settings of one project with one video source; see `settings`.
MakeSettings = Callable[..., Settings]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-skips", action="store_true", help="fail when a test is skipped, and list those (CI)")


def pytest_configure(config: pytest.Config) -> None:
    # Unless told otherwise, the tests' folders are in memory: a disk lets each commit of SQLite wait for it, and there
    # are hundreds of thousands.
    if (memory := in_memory()) is not None:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(memory))
    if config.getoption("--no-skips") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(NoSkips())


@pytest.fixture(autouse=True)
def _secrets_of_this_test_only() -> Iterator[None]:
    """A process forgets no secret; but for those of thousands of tests everything that is written is looked through."""
    before = secrecy._kept, secrecy._forms
    yield
    secrecy._kept, secrecy._forms = before


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """The PostgreSQL server of this test run. Raises PostgresUnavailable, with the remedy, where there can be none."""
    base = tmp_path_factory.getbasetemp()
    # Workers of one xdist run have their folders side by side.
    root = base.parent if base.name.startswith("popen-") else base
    with shared_server(root / "postgresql") as server:
        yield server


@pytest.fixture(scope="session")
def _first_engines() -> dict[str, sa.Engine]:
    """The first engine of each kind in this worker, which keeps the compiled statements of all."""
    return {}


@pytest.fixture(scope="session")
def _migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    engine = connect(f"sqlite:///{path}")
    schema.upgrade(engine)
    engine.dispose()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database of the test's own: SQLite where the settings would put it, or PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'var' / 'sandbox' / 'pipeline.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    with server.database(migrated="engine" in request.fixturenames) as url:
        yield f"{url}?{OUR_SCHEMA}"


@pytest.fixture
def engine(
    database_url: str, request: pytest.FixtureRequest, _first_engines: dict[str, sa.Engine]
) -> Iterator[sa.Engine]:
    """The engine of `database_url`, its schema at HEAD."""
    engine = connect(database_url)
    if engine.dialect.name == "sqlite":
        shutil.copy(request.getfixturevalue("_migrated_sqlite"), str(engine.url.database))
    _share_compiled(engine, _first_engines)
    yield engine
    engine.dispose()


def _share_compiled(engine: sa.Engine, first: dict[str, sa.Engine]) -> None:
    """Compile each statement once a worker instead of once a test: a third of what a test of the store costs."""
    kept = first.setdefault(engine.dialect.name, engine)
    if kept is engine:
        engine.connect().close()  # the dialect asks the first server for its version
    # Statements are known by dialect.
    engine.dialect, engine._compiled_cache = kept.dialect, kept._compiled_cache


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> MakeSettings:
    """``settings(min_interval="30 min", top={"mode": "live"})``: config.yaml written to `tmp_path`, and loaded.

    Sandbox mode, the database of `database_url`, and one project `cats` in the folder `cats`. Keywords are settings of
    that project; `top` holds those beside `projects`.
    """

    def make(*, top: dict[str, Any] | None = None, **project: Any) -> Settings:
        content: dict[str, Any] = {
            "mode": "sandbox",
            "projects": [{"id": "cats", "path": "cats", "sources": [{"type": "video"}], **project}],
            **(top or {}),
        }
        if not database_url.startswith("sqlite"):
            content["database_url"] = database_url
        (tmp_path / "cats").mkdir(exist_ok=True)
        path = tmp_path / "config.yaml"
        path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
        return load(path, environ={})

    return make


@pytest.fixture
def prepared(engine: sa.Engine, settings: MakeSettings) -> sa.Engine:
    """`engine` with the rows that `settings()` declares."""
    declared = settings()
    with writing(engine) as connection:
        defaults.apply(connection, declared, open_vault(declared.home, {}), now=datetime.now(timezone.utc))
    return engine


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, one a worker; without it a test is skipped with the reason."""
    chromium = Path(os.environ.get("CHROMIUM") or "/usr/bin/chromium")
    if not chromium.exists():
        pytest.skip(f"there is no Chromium at {chromium}: install it, or set CHROMIUM to its path")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=30_000)  # not the five seconds of a machine that does nothing else
    with sync_playwright() as playwright:
        # As root it has no sandbox of its own; what it shows is ours.
        launched = playwright.chromium.launch(
            executable_path=chromium, chromium_sandbox=False, args=["--disable-background-networking"]
        )
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def _sandbox_of_worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServer]:
    with SandboxServer(tmp_path_factory.mktemp("x"), processing_seconds=0) as server:
        yield server


@pytest.fixture
def sandbox(_sandbox_of_worker: SandboxServer) -> SandboxServer:
    """A running sandbox that holds nothing."""
    _sandbox_of_worker.clear()
    return _sandbox_of_worker


@pytest.fixture
def other_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on another file system than the test's: files that are moved there are copied."""
    # On disk where the test itself is in memory.
    others = [path for path in (in_memory(), Path(tempfile.gettempdir()), Path.cwd()) if path is not None]
    (other, *_) = [path for path in others if path.stat().st_dev != tmp_path.stat().st_dev]
    folder = Path(tempfile.mkdtemp(dir=other))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film of a second that X takes."""
    return film(tmp_path_factory.mktemp("media") / "clip.mp4")


@pytest.fixture
def world(engine: sa.Engine, settings: MakeSettings, sandbox: SandboxServer, clip: Path) -> MakeWorld:
    """``world(metadata_wait="1 h")``: a project folder, a database with its rows, and a sandbox."""

    def make(*, top: dict[str, Any] | None = None, x: dict[str, Any] | None = None, **project: Any) -> World:
        x = {"base_url": sandbox.url, "read_timeout": "5 s", "settle_time": "0.2 s", **(x or {})}
        made = settings(top={"x": x, **(top or {})}, **project)
        declare(engine, made)
        return World(engine, made, sandbox, clip)

    return make

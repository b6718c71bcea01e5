"""The disk is full at any write: what follows is said, and once there is room each item is one post."""

from __future__ import annotations

import contextlib
import resource
import signal
from collections.abc import Iterator
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from twitter_pipeline.cli.command import ends_with_code
from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Settings
from twitter_pipeline.publishing import keeping
from twitter_pipeline.publishing.outcomes import Posted
from twitter_pipeline.publishing.tidying import AFTER_FAILURE, tidy
from twitter_pipeline.store.engine import connect
from twitter_pipeline.store.log import RUNS_OWN
from twitter_pipeline.store.status import Status
from twitter_pipeline_tests.cli.conftest import call
from twitter_pipeline_tests.faults.test_crash_points import reap_later
from twitter_pipeline_tests.scanning.scans import lines
from twitter_pipeline_tests.support.world import MakeWorld, World

#: Items, each of which has no more room at another point: as the pages that are there happen to be full.
ROUNDS = 40
_NO_LIMIT = 2**31 - 2


@contextlib.contextmanager
def room_for(engine: sa.Engine, pages: int) -> Iterator[None]:
    """Let SQLite's file grow by so many pages only: then each write ends in "database or disk is full"."""
    with engine.connect() as connection:
        limit = connection.exec_driver_sql("PRAGMA page_count").scalar_one() + pages

    def tighten(connection: Any, *_: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {limit}")

    def lift(connection: Any, *_: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {_NO_LIMIT}")

    sa.event.listen(engine, "checkout", tighten)
    try:
        yield
    finally:
        sa.event.remove(engine, "checkout", tighten)
        sa.event.listen(engine, "checkout", lift)


def attempt(here: World, name: str) -> str | None:
    """Scan and post as a tick and a run do; what the database said when it had no more room."""
    try:
        here.scan()
        here.publish(here.task_of(name), run_id=f"run-{name}")
    except sa.exc.OperationalError as error:
        return str(error.orig)
    return None


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_when_the_database_has_no_more_room_each_item_is_still_one_post(
    world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "KEEP_TRYING", timedelta(0))
    here = world()
    said: set[str | None] = set()
    ends: set[str] = set()
    for number in range(ROUNDS):
        name, text = f"cat-{number}.mp4", f"Cat {number} " + "naps " * 40
        here.put(name, title=text)
        with room_for(here.engine, number % 3):
            said.add(attempt(here, name))
        here.scan()
        reap_later(here)
        task, posts = here.task_of(name), count(here, number)
        ends.add(f"{task.status}, {posts} posts")
        if task.status is Status.UNCONFIRMED:
            assert posts <= 1  # the answer could not be written down: a person is told, and nobody sends again
        else:
            if task.status is Status.PENDING:
                assert isinstance(here.publish(task, run_id=f"after-{name}"), Posted)
            assert here.task_of(name).status is Status.COMPLETED
            assert count(here, number) == 1
    assert said == {None, "database or disk is full"}
    assert {"completed, 1 posts", "pending, 0 posts"} <= ends


def count(here: World, number: int) -> int:
    """How many posts of an item stand on the timeline."""
    return sum(text.startswith(f"Cat {number} ") for text in here.posted_texts())


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_scan_without_room_goes_on_where_it_was_once_there_is_some(world: MakeWorld) -> None:
    here = world()
    names = {f"{number:03}.mp4" for number in range(120)}
    for name in names:
        here.put(name)
    for pages in (0, 1, 2, 5):
        with room_for(here.engine, pages), pytest.raises(sa.exc.OperationalError, match="full"):
            here.scan()
    here.scan()
    assert {task.media_path for task in here.tasks()} == names
    assert all(len(lines(here, task)) == 1 for task in here.tasks())


def _tidy_with_little_room(settings: Settings) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # else it kills; so does the real one end in an OSError
    engine = connect(settings.sqlalchemy_url)
    limit = max(path.stat().st_size for path in settings.projects[0].path.glob("*.mp4")) - 1
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    (told,) = tidy(engine, settings, settings.projects[0], now=utc_now() + 2 * RUNS_OWN)
    assert "its files could not be moved to posted: File too large; trying again every hour" in told


# Not SQLite: its own file would be over the limit.
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_copy_for_which_there_is_no_room_leaves_the_file_where_it_is(world: MakeWorld, other_disk: Path) -> None:
    here = world(after_post="move posted")
    (here.folder / "posted").symlink_to(other_disk)
    here.put(title="Cat naps")
    here.scan()
    assert isinstance(here.publish(), Posted)
    process = get_context("forkserver").Process(target=_tidy_with_little_room, args=(here.settings,))
    process.start()
    process.join(60)
    assert process.exitcode == 0
    assert list(other_disk.iterdir()) == []
    assert (here.folder / "cat.mp4").exists()
    assert here.task().status is Status.COMPLETED
    tidy(here.engine, here.settings, here.project, now=utc_now() + 2 * RUNS_OWN + AFTER_FAILURE)
    assert sorted(path.name for path in other_disk.iterdir()) == ["cat.json", "cat.mp4"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_command_without_room_says_so(world: MakeWorld) -> None:
    here = world(stable_for="0 s")
    for number in range(200):
        here.put(f"{number}.mp4")
    with room_for(here.engine, 0):
        said = call("scan", "--wait", "--config", str(here.settings.path))
    assert (said.code, said.err) == (1, "the database failed: database or disk is full; is its disk full?\n")
    assert call("scan", "--wait", "--config", str(here.settings.path)).code == 0
    assert len(here.tasks()) == 200


def test_any_command_that_finds_no_room_ends_without_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    @ends_with_code
    def command() -> int:
        with Path("/dev/full").open("w") as file:
            file.write("x" * 100_000)
        return 0

    with pytest.raises(SystemExit) as ended:
        command()
    assert ended.value.code == 1
    assert "No space left on device; make room" in capsys.readouterr().err

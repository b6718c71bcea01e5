"""What a person does while the pipeline runs: drop files, edit config.yaml, start it twice."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa

from twitter_pipeline.store import easings
from twitter_pipeline.store.easings import RECYCLING
from twitter_pipeline.store.engine import connect, reading, writing
from twitter_pipeline.store.tables import alarms, api_keys, scan_candidates
from twitter_pipeline_tests.cli.conftest import call
from twitter_pipeline_tests.end_to_end.projects import mark, put
from twitter_pipeline_tests.support.sandbox import SandboxServer
from twitter_pipeline_tests.support.stack import Stack
from twitter_pipeline_tests.support.waiting import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A pipeline over the folder `cats`, running."""
    folder = tmp_path_factory.mktemp("running")
    (folder / "cats").mkdir()
    with Stack(folder, [{"id": "cats", "path": "cats"}]) as stack:
        yield stack


@contextlib.contextmanager
def edited(stack: Stack, old: str, new: str) -> Iterator[None]:
    """config.yaml with `new` in place of `old`, for as long as the block lasts; nothing may read it meanwhile."""
    before = stack.config.read_text()
    assert old in before
    stack.config.write_text(before.replace(old, new))
    try:
        yield
    finally:
        stack.config.write_text(before)


def _posted(sandbox: SandboxServer, text: str) -> bool:
    with contextlib.suppress(OSError):  # it is being started again
        return text in [post["text"] for post in sandbox.posts()]
    return False


def _said(stack: Stack) -> str:
    return "".join(stack.output)


def test_a_file_dropped_in_is_posted(stack: Stack, clip: Path) -> None:
    put(clip, stack.folder / "cats", "dropped.mp4", title="Dropped in")
    wait_for(lambda: _posted(stack.sandbox, "Dropped in"), 60, "the dropped file to be posted")


@pytest.mark.soak
def test_a_growing_file_is_not_touched_until_it_stops(stack: Stack, clip: Path) -> None:
    path = put(clip, stack.folder / "cats", "growing.mp4.part", title="Fully grown").rename(
        stack.folder / "cats" / "growing.mp4"
    )
    (stack.folder / "cats" / "growing.mp4.json").rename(path.with_suffix(".json"))
    sizes: set[int] = set()

    def grew_under_several_looks() -> bool:
        with path.open("ab") as file:
            file.write(mark("more"))
        with reading(connect(stack.settings.sqlalchemy_url)) as connection:
            looked_at = scan_candidates.c.media_path == "growing.mp4"
            sizes.update(connection.scalars(sa.select(scan_candidates.c.size).where(looked_at)))
        return len(sizes) >= 3

    wait_for(grew_under_several_looks, 60, "the scan to look three times at the growing file")
    assert "growing.mp4" not in [task.media_path for task in stack.tasks()]
    wait_for(lambda: _posted(stack.sandbox, "Fully grown"), 60, "the file that has stopped growing to be posted")


def test_a_good_edit_of_the_configuration_takes_effect(stack: Stack, clip: Path) -> None:
    put(clip, stack.folder / "dogs", "one.mp4", title="A dog")
    with edited(stack, "projects:\n", "projects:\n- id: dogs\n  path: dogs\n"):
        wait_for(lambda: "changed and is in force" in _said(stack), 30, "the edit to be accepted")
        wait_for(lambda: _posted(stack.sandbox, "A dog"), 60, "the new project's file to be posted")


@pytest.mark.soak
def test_a_bad_edit_is_told_once_and_the_old_settings_stay(stack: Stack, clip: Path) -> None:
    sandbox = stack.sandbox
    with edited(stack, "path: cats", "paht: cats"):
        wait_for(lambda: "did you mean 'path'?" in _said(stack), 30, "the bad edit to be told")
        put(clip, stack.folder / "cats", "meanwhile.mp4", title="Posted all the same")
        wait_for(lambda: _posted(sandbox, "Posted all the same"), 60, "a file to be posted under the old settings")
        assert _said(stack).count("did you mean 'path'?") == 1
        accepted = _said(stack).count("is in force")
    wait_for(lambda: _said(stack).count("is in force") > accepted, 30, "the mended file to be accepted")


def test_at_the_start_the_timeline_was_looked_at(stack: Stack) -> None:
    def seen() -> bool:
        with reading(connect(stack.settings.sqlalchemy_url)) as connection:
            return connection.scalar(sa.select(api_keys.c.timeline_seen_id)) is not None

    wait_for(seen, 20, "a look at the timeline")


def test_publishing_by_hand_is_a_run_in_dagster_and_shows_the_link(stack: Stack, clip: Path) -> None:
    for name in ("one", "two"):
        put(clip, stack.folder / "birds", f"{name}.mp4", title=f"Bird {name}")
    with edited(stack, "projects:\n", "projects:\n- {id: birds, path: birds, min_interval: 1 day}\n"):
        wait_for(lambda: _posted(stack.sandbox, "Bird one"), 60, "the first bird to be posted")
        said = call("publish", "two.mp4", "--now", "--config", str(stack.config))
    assert said.code == 0, said
    assert f"posting through Dagster: {stack.settings.dagster.url}/runs/" in said.out
    assert said.out.splitlines()[-1].endswith(f"/status/{stack.sandbox.posts()[0]['id']}")
    assert _posted(stack.sandbox, "Bird two")
    run_id = said.out.split("/runs/")[1].split()[0]
    assert stack.dagster.run(run_id)["tags"]["account"] == "sandbox"


def test_an_edit_that_needs_a_restart_says_so(stack: Stack) -> None:
    with edited(stack, "projects:\n", "data_dir: elsewhere\nprojects:\n"):
        wait_for(lambda: "data_dir changed: restart" in _said(stack), 30, "the hint to restart")
        assert not (stack.folder / "elsewhere").exists()


def test_a_second_start_is_told_who_runs_already(stack: Stack) -> None:
    command = [sys.executable, "-m", "twitter_pipeline.cli.main", "up", "--config", str(stack.config)]
    said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert said.returncode == 1
    assert f"(process {stack.pid})" in said.stderr


@pytest.mark.soak
def test_services_that_grew_are_started_anew_and_posts_go_on(stack: Stack, clip: Path) -> None:
    names = ("api", "webserver", "daemon", "code-server")

    def running() -> dict[str, int] | None:
        with contextlib.suppress(ValueError):  # one is being started
            return {name: stack.service_process(name).pid for name in names}
        return None

    before = wait_for(running, 60, "all four to run")
    assert before is not None
    told_before = len(_said(stack))
    engine, now = connect(stack.settings.sqlalchemy_url), datetime.now(timezone.utc)
    with writing(engine) as connection:
        # While these are open nobody ends what is begun here.
        alarm = {"name": "memory", "value": 2e9, "threshold": 1e9, "over_since": now, "raised_at": now, "seen_at": now}
        connection.execute(sa.insert(alarms), [{**alarm, "scope": name} for name in names])
        for name in names:
            easings.begin(connection, RECYCLING, name, 1, "it grew", now=now, until=now + timedelta(minutes=2))
    put(clip, stack.folder / "cats", "while-recycled.mp4", title="While all are started anew")

    def all_are_new() -> bool:
        after = running()
        return after is not None and not set(after.values()) & set(before.values())

    wait_for(all_are_new, 60, "all four to be started anew")
    with reading(engine) as connection:
        assert easings.listing(connection, now=datetime.now(timezone.utc)) == []
    stack.wait_until_up()
    wait_for(lambda: _posted(stack.sandbox, "While all are started anew"), 90, "a file to be posted")
    put(clip, stack.folder / "cats", "recycled.mp4", title="After all were started anew")
    wait_for(lambda: _posted(stack.sandbox, "After all were started anew"), 90, "a file to be posted afterwards")
    assert len([post for post in stack.sandbox.posts(deleted=True) if "started anew" in post["text"]]) == 2
    assert "ended with exit code" not in _said(stack)[told_before:]


@pytest.mark.parametrize(
    "service",
    [
        "launcher",
        *(pytest.param(name, marks=pytest.mark.soak) for name in ("webserver", "daemon", "code-server", "sandbox")),
    ],
)
def test_a_service_that_dies_is_started_again(stack: Stack, clip: Path, service: str) -> None:
    victim = stack.service_process(service)
    victim.kill()
    wait_for(lambda: f"{service} was started again" in _said(stack), 30, f"{service} to be started again")
    stack.wait_until_up()
    put(clip, stack.folder / "cats", f"after-{service}.mp4", title=f"After the end of {service}")
    wait_for(lambda: _posted(stack.sandbox, f"After the end of {service}"), 90, "a file to be posted afterwards")

"""An archive and a sensor's ticks: nothing too old is requested, and what is new does not wait for what is broken."""

from __future__ import annotations

import os

import dagster as dg
import pytest

from twitter_pipeline.clock import utc_now
from twitter_pipeline.defs.pipeline import Pipeline, tweets_key
from twitter_pipeline.defs.register import register
from twitter_pipeline.defs.relay import relay_outside
from twitter_pipeline.defs.ticks import tick
from twitter_pipeline.publishing.importing import Importer
from twitter_pipeline.publishing.posted_list import Entry
from twitter_pipeline.scanning import known
from twitter_pipeline.store.status import Status
from twitter_pipeline_tests.defs.test_ticks import LOG, instance, requests, run_tick
from twitter_pipeline_tests.support.quickness import assert_quick
from twitter_pipeline_tests.support.world import MakeWorld

__all__ = ["instance"]

#: With 10,000 the test takes 20 s on SQLite, and a scan with nothing new 0.06 s.
MANY = 2_000


def test_a_tick_after_the_setting_was_made_requests_nothing_that_is_too_old(
    world: MakeWorld, instance: dg.DagsterInstance
) -> None:
    here = world(stable_for="0 s")
    os.utime(here.put("old.mp4", title="Old"), (0, 0))
    here.scan()
    edited = world(ignore_before="2026-01-01")
    result = tick(Pipeline(edited.settings), edited.project, instance, LOG)
    assert isinstance(result, dg.SkipReason), result
    assert here.task().status is Status.SKIPPED


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_thousands_of_broken_files_are_one_line_a_tick_and_hold_up_no_good_one(
    world: MakeWorld, instance: dg.DagsterInstance
) -> None:
    here = world(stable_for="0 s")
    for number in range(MANY):
        (here.folder / f"b{number:05}.mp4").write_bytes(b"" if number % 2 else b"no film")
    here.put("a first.mp4", title="First")
    here.put("z last.mp4", title="Last")
    requested: list[str | None] = []
    said: list[str | None] = []
    while len(requested) < 2:
        result = run_tick(here, instance)
        if isinstance(result, dg.SkipReason):
            said.append(result.skip_message)
        else:
            requested += [request.partition_key for request in requests(result)]
        assert len(said) < 30

    tasks = here.tasks()
    assert len(tasks) == MANY + 2
    assert {task.media_path for task in tasks if task.status is Status.QUEUED} == {"a first.mp4", "z last.mp4"}
    broken = [task for task in tasks if task.media_path.startswith("b")]
    assert {task.status for task in broken} == {Status.SKIPPED}
    assert {(task.error_message or "").split(":")[0] for task in broken} == {
        "The file is empty (0 bytes). Copy or export it again.",
        "The file is not a video",
    }
    assert all(len(line or "") < 400 for line in said)

    before = {task.id: task.updated_at for task in tasks}
    assert_quick(here.scan, 0.5)
    assert here.scan().found == 0
    assert {task.id: task.updated_at for task in here.tasks()} == before
    assert known.SKIPPED_A_SCAN < MANY


def test_what_was_posted_elsewhere_is_materialized_with_its_link_where_there_is_one(
    world: MakeWorld, instance: dg.DagsterInstance
) -> None:
    here = world()
    for name in ("linked.mp4", "alone.mp4"):
        here.put(name, title=name)
    here.scan()
    url = "https://x.com/i/status/17"
    entries = [Entry(1, "linked.mp4", "17", url), Entry(2, "alone.mp4")]
    Importer(here.engine, here.settings, here.settings.projects, now=utc_now()).run(entries)
    register(instance, here.engine, here.project.id, now=utc_now())
    for name, wanted in (("linked.mp4", url), ("alone.mp4", None)):
        key = here.task_of(name).partition_key
        records = dg.AssetRecordsFilter(asset_key=tweets_key("cats"), asset_partitions=[key])
        (found,) = instance.fetch_materializations(records, limit=5).records
        assert found.asset_materialization is not None
        said = found.asset_materialization.metadata
        assert said["text"].value == "posted before, elsewhere: its words are not known here"
        assert (said["link"].value if "link" in said else None) == wanted
    relay_outside(instance, here.engine, here.project.id, now=utc_now())
    assert isinstance(run_tick(here, instance), dg.SkipReason)

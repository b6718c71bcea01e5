"""A project's scans are slow: its folder rests between them, and what is due goes out all the same."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy as sa

from twitter_pipeline.clock import utc_now
from twitter_pipeline.defs.pipeline import Pipeline
from twitter_pipeline.defs.ticks import tick
from twitter_pipeline.monitoring.actions import BETWEEN_STEPS
from twitter_pipeline.monitoring.actions.rarer_scans import LONGEST, SHORTEST
from twitter_pipeline.scanning import rests
from twitter_pipeline.store.engine import writing
from twitter_pipeline.store.tables import projects
from twitter_pipeline_tests.monitoring.conftest import QUIET, MakeWatched
from twitter_pipeline_tests.monitoring.easing_world import eased, names, watch
from twitter_pipeline_tests.support.world import MakeWorld

LOG = logging.getLogger("tick")


def test_a_slow_folder_rests_while_posts_go_out_and_is_looked_at_as_ever_when_it_is_quick_again(
    world: MakeWorld, tmp_path: Path
) -> None:
    here = world(stable_for="0 s", top=QUIET)
    watched = watch(here.engine, here.settings)
    here.scan()
    assert watched.look() == []
    watched.change(scan_slow=timedelta(microseconds=1))  # any takes longer, whatever the machine is at

    with dg.instance_for_test(temp_dir=str(tmp_path)) as instance:

        def ticks() -> str | list[str]:
            result = tick(Pipeline(here.settings), here.project, instance, LOG)
            if isinstance(result, dg.SkipReason):
                return str(result.skip_message)
            return [str(request.partition_key) for request in result.run_requests or ()]

        here.put("a.mp4", title="Found before")
        here.scan()
        assert names(watched.look()) == [("scan_slow", "cats")]
        assert eased(here.engine) == {"rarer_scans cats": SHORTEST.seconds}
        assert ticks() == [here.task_of("a.mp4").partition_key], "it scans, once"

        here.put("b.mp4", title="Dropped meanwhile")
        here.put("c.mp4", title="Another one")
        assert "its scans are slow: it is looked through again at" in ticks()
        assert [task.media_path for task in here.tasks()] == ["a.mp4"]
        here.scan()  # a person does
        assert ticks() == [here.task_of(name).partition_key for name in ("b.mp4", "c.mp4")], "what is due goes out"

        here.put("d.mp4", title="Dropped last")
        rests.looked("cats", now=utc_now() - SHORTEST)
        assert "its scans are slow" not in ticks()
        here.scan()
        watched.change(scan_slow=timedelta(minutes=1))  # none does
        assert watched.look() == []
        assert eased(here.engine) == {}
        assert ticks() == [here.task_of("d.mp4").partition_key]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_it_rests_longer_and_longer_but_never_so_long_that_an_alert_is_due(
    watched: MakeWatched,
) -> None:
    here, levels = watched(scan_slow="10 s"), []
    with writing(here.engine) as connection:
        connection.execute(sa.update(projects).values(scan_seconds=20))
    for _ in range(9):
        here.look()
        levels += eased(here.engine, here.now).values()
        here.now += BETWEEN_STEPS - timedelta(minutes=1, seconds=10)
    assert levels == sorted(levels)
    assert (levels[0], levels[-1]) == (SHORTEST.seconds, LONGEST.seconds)

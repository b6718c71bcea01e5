"""`rebuild` in a process of its own: it loads Dagster and sets the environment."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta

import dagster as dg
import pytest
import sqlalchemy as sa

from twitter_pipeline.cli.up import instance
from twitter_pipeline.clock import utc_now
from twitter_pipeline.store.engine import writing
from twitter_pipeline.store.tables import publishing_tasks
from twitter_pipeline_tests.support.world import MakeWorld, World


def _rebuild(world: World) -> str:
    command = [sys.executable, "-m", "twitter_pipeline.cli.main", "rebuild", "--config", str(world.settings.path)]
    said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert said.returncode == 0, said.stderr
    return said.stdout


def test_a_new_storage_learns_of_every_item_and_of_each_post_once(
    world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = world()
    made.put("posted.mp4", title="Posted")
    made.scan()
    made.publish()
    made.put("waiting.mp4", title="Waiting")
    made.scan()
    with writing(made.engine) as connection:  # the run that posted it had its minute to tell Dagster
        connection.execute(sa.update(publishing_tasks).values(updated_at=utc_now() - timedelta(hours=1)))

    assert "cats: 2 items" in _rebuild(made)
    assert "cats: 0 items" in _rebuild(made)

    for name, value in instance.environment(made.settings).items():
        monkeypatch.setenv(name, value)
    posted, waiting = made.task_of("posted.mp4"), made.task_of("waiting.mp4")
    with dg.DagsterInstance.get() as storage:
        assert set(storage.get_dynamic_partitions("cats_items")) == {posted.partition_key, waiting.partition_key}
        tweets = storage.fetch_materializations(dg.AssetKey(["cats", "tweets"]), limit=10).records
        assert [record.partition_key for record in tweets] == [posted.partition_key]

"""Memory or database connections are short: fewer runs at once, and step by step as many as before."""

from __future__ import annotations

import uuid
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy as sa
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin
from dagster._daemon.run_coordinator import QueuedRunCoordinatorDaemon

from twitter_pipeline.config import CONFIG_VARIABLE
from twitter_pipeline.launching import run_queue
from twitter_pipeline.monitoring.actions import BETWEEN_STEPS, LASTS
from twitter_pipeline.publishing.session import utc_now
from twitter_pipeline_tests.conftest import MakeSettings
from twitter_pipeline_tests.monitoring.easing_world import alarm, apply, eased, measured

ORIGIN = RemoteJobOrigin(RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("here"), "all"), "publish_cats")
SHORT = [alarm("memory", "", 95, 90)]


def connections(engine: sa.Engine) -> int:
    with engine.connect() as connection:
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        return int(connection.scalar(sa.text(query)) or 0)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_while_connections_are_short_dagster_begins_fewer_runs(
    engine: sa.Engine, settings: MakeSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared = settings(top={"dagster": {"max_concurrent_runs": 4}})
    monkeypatch.setenv(CONFIG_VARIABLE, str(declared.path))
    monkeypatch.setattr(run_queue, "EVERY", 0)
    coordinator = {
        "module": run_queue.__name__,
        "class": run_queue.EasedRunCoordinator.__name__,
        "config": {"max_concurrent_runs": 4},
    }
    with (
        dg.instance_for_test(temp_dir=str(tmp_path), overrides={"run_coordinator": coordinator}) as instance,
        QueuedRunCoordinatorDaemon(interval_seconds=1) as daemon,
        ExitStack() as others,
    ):
        for _ in range(6):
            instance.add_run(
                dg.DagsterRun(
                    job_name="publish_cats",
                    status=dg.DagsterRunStatus.QUEUED,
                    remote_job_origin=ORIGIN,
                    run_id=str(uuid.uuid4()),
                )
            )

        def begun() -> int:
            return len(daemon._get_runs_to_dequeue(instance, instance.get_concurrency_config(), None))

        before, now = connections(engine), utc_now()
        assert (measured("database_connections", before, before + 3, scope="server"), begun()) == ([], 4)
        server = sa.create_engine(engine.url, poolclass=sa.pool.NullPool)
        for _ in range(5):
            others.enter_context(server.connect())
        apply(engine, declared, measured("database_connections", connections(engine), before + 3, scope="server"), now)
        assert begun() == 2
        others.close()
        apply(engine, declared, measured("database_connections", connections(engine), before + 3, scope="server"), now)
        assert begun() == 2, "not at once: it could be short again"
        apply(engine, declared, [], now + BETWEEN_STEPS)
        assert begun() == 4


def test_it_goes_down_and_up_by_halves_and_never_below_one(engine: sa.Engine, settings: MakeSettings) -> None:
    declared, now = settings(top={"dagster": {"max_concurrent_runs": 9}}), utc_now()
    levels = []
    for minute, alarms in enumerate([SHORT] * 21 + [[]] * 21):
        at = now + timedelta(minutes=minute)
        apply(engine, declared, alarms, at)
        levels.append(eased(engine, at).get("fewer_runs"))
    assert [level for level, before in zip(levels, [None, *levels], strict=False) if level != before] == [
        *(4, 2, 1),
        *(2, 4, 8, None),
    ]


def test_where_one_runs_at_a_time_or_one_process_grew_there_is_nothing_to_ease(
    engine: sa.Engine, settings: MakeSettings
) -> None:
    apply(engine, settings(top={"dagster": {"max_concurrent_runs": 1}}), SHORT)
    apply(engine, settings(), [alarm("memory", "run", 95, 90)])
    assert eased(engine) == {}


def test_turned_off_all_is_undone_and_without_anybody_to_renew_it_ends(
    engine: sa.Engine, settings: MakeSettings
) -> None:
    now = utc_now()
    apply(engine, settings(), SHORT, now)
    assert eased(engine, now) == {"fewer_runs": 1}
    assert eased(engine, now + LASTS) == {}, "nobody was there to renew it"
    assert eased(engine, now - timedelta(hours=1)) == {}, "a clock that was ahead began it"
    off = settings(top={"monitoring": {"easing": False}})
    apply(engine, off, SHORT, now)
    assert eased(engine, now) == {}
    apply(engine, settings(), SHORT, now + timedelta(seconds=1))
    assert eased(engine, now + timedelta(seconds=1)) == {"fewer_runs": 1}, "and it may begin anew"

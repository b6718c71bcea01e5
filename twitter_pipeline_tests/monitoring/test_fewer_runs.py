"""Memory or database connections are short: fewer runs at once, and step by step as many as before."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy as sa
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin
from dagster._daemon.run_coordinator import QueuedRunCoordinatorDaemon

from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import CONFIG_VARIABLE
from twitter_pipeline.launching import run_queue
from twitter_pipeline.monitoring.actions import BETWEEN_STEPS, LASTS
from twitter_pipeline_tests.conftest import MakeSettings
from twitter_pipeline_tests.monitoring.conftest import QUIET, MakeWatched
from twitter_pipeline_tests.monitoring.easing_world import alarm, apply, eased, names, watch
from twitter_pipeline_tests.support.postgres import PostgresServer, shared_server
from twitter_pipeline_tests.support.waiting import wait_for

ORIGIN = RemoteJobOrigin(RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("here"), "all"), "publish_cats")
SHORT = [alarm("memory", "", 95, 90)]
#: Connections that a test opens.
MANY = 30


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """A server of its own, whose connections are counted: other workers open as many on the shared one as they need."""
    with shared_server(tmp_path_factory.mktemp("alone") / "postgresql") as server:
        yield server


def connections(engine: sa.Engine) -> int:
    with engine.connect() as connection:
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        return int(connection.scalar(sa.text(query)) or 0)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_while_connections_are_short_dagster_begins_fewer_runs(
    engine: sa.Engine, settings: MakeSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared = settings(top={**QUIET, "dagster": {"max_concurrent_runs": 4}})
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

        here = watch(engine, declared)
        assert (here.look(), begun()) == ([], 4)
        before = here.value("database_connections", "server")
        percent = here.value("database_connections_percent", "server")
        assert before is not None
        assert percent is not None
        here.change(database_connections_percent=percent * (before + MANY / 2) / before)
        server = sa.create_engine(engine.url, poolclass=sa.pool.NullPool)
        for _ in range(MANY):
            others.enter_context(server.connect())
        assert names(here.look()) == [("database_connections", "server")]
        assert begun() == 2
        others.close()
        wait_for(lambda: connections(engine) < MANY / 2, 10, "the server to let go of the connections")
        assert here.look() == []
        assert begun() == 2, "not at once: it could be short again"
        here.now += BETWEEN_STEPS - timedelta(minutes=2)
        here.look()
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
    apply(engine, settings(), [alarm("memory", "run", 95, 90), alarm("database_connections", "pool", 95, 90)])
    assert eased(engine) == {}


def test_turned_off_all_is_undone_and_without_anybody_to_renew_it_ends(
    watched: MakeWatched,
) -> None:
    here = watched(memory_percent=0.001)  # of any machine more is in use
    engine = here.engine
    assert names(here.look()) == [("memory", "")]
    now = here.now
    assert eased(engine, now) == {"fewer_runs": 1}
    assert eased(engine, now + LASTS) == {}, "nobody was there to renew it"
    assert eased(engine, now - timedelta(hours=1)) == {}, "a clock that was ahead began it"
    here.change(easing=False)
    here.look()
    assert eased(engine, here.now) == {}
    here.change(easing=True)
    here.look()
    assert eased(engine, here.now) == {"fewer_runs": 1}, "and it may begin anew"
    here.change(memory_percent=100)
    here.now += BETWEEN_STEPS - timedelta(minutes=2)
    assert (here.look(), eased(engine, here.now)) == ([], {"fewer_runs": 1}), "not at once"
    here.look()
    assert eased(engine, here.now) == {}

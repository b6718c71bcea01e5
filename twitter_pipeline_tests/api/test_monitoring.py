"""What was measured, over HTTP and as Prometheus reads it."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from dagster_graphql.schema import create_schema
from graphql import parse, validate
from prometheus_client.parser import text_string_to_metric_families

from twitter_pipeline.api import dagster_state
from twitter_pipeline.api.context import Context
from twitter_pipeline.api.watching import monitoring_of
from twitter_pipeline.clock import utc_now
from twitter_pipeline.store.engine import writing
from twitter_pipeline.store.tables import alarms
from twitter_pipeline_tests.api.conftest import Serve
from twitter_pipeline_tests.support.api import Api
from twitter_pipeline_tests.support.world import MakeWorld, World


def measured(world: MakeWorld, api: Serve, minutes: int) -> tuple[World, Api]:
    """A world in which somebody has looked for the last minutes; Dagster is not there."""
    here = world(top={"dagster": {"port": 9}})
    looking = monitoring_of(Context(here.settings, here.engine, reload=None))
    for ago in reversed(range(minutes)):
        assert looking.tick(utc_now() - timedelta(minutes=ago))
    return here, api(here)


def test_current_values_are_the_same_over_http_and_for_prometheus(world: MakeWorld, api: Serve) -> None:
    here, served = measured(world, api, 2)
    with writing(here.engine) as connection:
        now = utc_now()
        row = {"name": "memory", "scope": "daemon", "value": 2e9, "threshold": 1e9, "over_since": now, "seen_at": now}
        connection.execute(sa.insert(alarms).values(raised_at=now, **row))
    shown = served.get("/api/monitoring")
    values = {(one["name"], one["scope"]): one["value"] for one in shown["measures"]}
    assert {"memory", "queue_depth", "database_seconds", "monitoring_seconds"} <= {name for name, _ in values}
    assert "sensor_lag" not in {name for name, _ in values}
    assert [(alarm["name"], alarm["scope"]) for alarm in shown["alarms"]] == [("memory", "daemon")]
    said = served.ask("GET", "/metrics").body.decode()
    told: dict[str, dict[str, Any]] = {
        metric.name: {sample.labels.get("scope", ""): sample.value for sample in metric.samples}
        for metric in text_string_to_metric_families(said)
    }
    for (name, scope), value in values.items():
        assert told[f"twitter_pipeline_{name}"][scope] == value
    assert told["twitter_pipeline_alarm"] == {"daemon": 1}


def test_history_is_asked_by_name_scope_and_time(world: MakeWorld, api: Serve) -> None:
    _, served = measured(world, api, 3)
    points = served.get("/api/monitoring/history?name=database_seconds")
    assert {point["scope"] for point in points["points"]} == {"read", "write"}
    assert not points["more"]
    only = served.get("/api/monitoring/history?name=database_seconds&scope=read&limit=2")
    assert len(only["points"]) == 2
    assert only["more"]
    last = only["points"][-1]["at"]
    later = served.get(f"/api/monitoring/history?name=database_seconds&scope=read&from={last}")["points"]
    assert later[0] == only["points"][-1]
    assert served.ask("GET", "/api/monitoring/history?name=nonsense").status == 422
    hours = served.get("/api/monitoring/history?name=runs&grain=hour")["points"]
    assert all(hour["at"] < f"{utc_now():%Y-%m-%dT%H}" for hour in hours), "of those that are over"


@pytest.mark.parametrize(
    ("good", "failed", "lag"),
    [
        (10, None, 7),
        (10, 5, 7),
        # While each tick fails, only those that went well count; and none may be kept any more.
        (600, 5, 597),
        (None, 5, 6 * 3600),
        (None, None, 0),
    ],
)
def test_a_sensor_whose_ticks_all_fail_lags(
    world: MakeWorld, monkeypatch: pytest.MonkeyPatch, good: int | None, failed: int | None, lag: float
) -> None:
    asked: list[str] = []

    def answer(_: str, query: str, *__: object, **___: object) -> dict[str, Any]:
        def tick(ago: int | None) -> list[dict[str, float]]:
            return [] if ago is None else [{"timestamp": time.time() - ago}]

        asked.append(query)
        state = {"status": "RUNNING", "good": tick(good), "failed": tick(failed)}
        sensor = {"name": "scan_cats", "minIntervalSeconds": 3, "sensorState": state}
        return {
            "instance": {"daemonHealth": {"allDaemonStatuses": []}},
            "sensorsOrError": {"results": [sensor]},
            "schedulesOrError": {"results": []},
        }

    monkeypatch.setattr(dagster_state, "ask", answer)
    assert dagster_state.look(world().settings).lag["scan_cats"] == pytest.approx(lag, abs=2)
    assert validate(create_schema().graphql_schema, parse(asked[0])) == []

"""Alerts over the API: those that are open and those that are over, in pages; who knows of them."""

from __future__ import annotations

from twitter_pipeline.alerting import keeping
from twitter_pipeline.alerting.cause import Cause, Kind
from twitter_pipeline.store.engine import reading
from twitter_pipeline_tests.api.conftest import Serve
from twitter_pipeline_tests.support.api import Api
from twitter_pipeline_tests.support.items import NOW
from twitter_pipeline_tests.support.world import MakeWorld, World


def happened(here: World, *jobs: str) -> None:
    for job in jobs:
        cause = Cause(Kind.RUN, job, f"{job} failed", "no disk", "make room", project_id="cats")
        keeping.happened(here.engine, here.settings, cause, now=NOW)


def titles(served: Api, query: str = "") -> list[str]:
    return [alert["title"] for alert in served.get(f"/api/alerts{query}")["alerts"]]


def test_alerts_are_listed_by_their_state_and_in_pages(world: MakeWorld, api: Serve) -> None:
    here = world()
    served = api(here)
    assert titles(served) == []
    happened(here, "one", "two", "three")
    keeping.over(here.engine, here.settings, ["run:two"], now=NOW)
    assert titles(served) == ["three failed", "one failed"]
    assert titles(served, "?state=closed") == ["two failed"]
    first = served.get("/api/alerts?state=all&limit=2")
    assert [alert["title"] for alert in first["alerts"]] == ["three failed", "two failed"]
    happened(here, "four")  # moves no page
    last = served.get(f"/api/alerts?state=all&limit=2&cursor={first['next']}")
    assert ([alert["title"] for alert in last["alerts"]], last["next"]) == (["one failed"], None)
    assert titles(served, "?project=cats&limit=1") == ["four failed"]
    assert served.ask("GET", "/api/alerts?project=dogs").status == 404


def test_who_acknowledges_an_alert_is_kept_and_what_is_over_is_said_to_be(world: MakeWorld, api: Serve) -> None:
    here = world()
    happened(here, "one")
    served = api(here)
    (alert,) = served.get("/api/alerts")["alerts"]
    assert alert["remedy"] == "make room"
    known = served.post(f"/api/alerts/{alert['id']}/acknowledge")
    assert (known["acknowledged_by"], known["closed_at"] is None) == ("owner", False)
    with reading(here.engine) as connection:
        assert keeping.get(connection, alert["id"]).acknowledged_by == "owner"
    again = served.ask("POST", f"/api/alerts/{alert['id']}/acknowledge")
    assert (again.status, again.json["detail"]) == (409, "it is over already")
    missing = served.ask("POST", "/api/alerts/99/acknowledge")
    assert (missing.status, missing.json["errors"][0]["field"]) == (404, "path.alert_id")

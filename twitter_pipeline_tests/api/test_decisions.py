"""What people did that is of no one task, over the API: in pages, and the same as on the command line."""

from __future__ import annotations

from twitter_pipeline.store import decisions, pauses
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline_tests.api.conftest import Serve
from twitter_pipeline_tests.support.items import NOW
from twitter_pipeline_tests.support.world import MakeWorld, World


def pause(here: World, project: str) -> None:
    with writing(here.engine) as connection:
        pauses.pause(connection, "project", project, "holiday", now=NOW, actor="ann")


def test_decisions_are_listed_the_newest_first_and_in_pages(world: MakeWorld, api: Serve) -> None:
    here = world()
    served = api(here)
    for project in ("cats", "dogs", "birds"):
        pause(here, project)
    first = served.get("/api/decisions?limit=2")
    assert [one["about"] for one in first["decisions"]] == ["project birds", "project dogs"]
    pause(here, "fish")  # moves no page
    rest = served.get(f"/api/decisions?limit=2&cursor={first['next']}")
    told = rest["decisions"][0]
    assert (told["action"], told["message"], told["actor"]) == ("pause", "holiday", "ann")
    assert (told["about"], rest["next"]) == ("project cats", None)
    with reading(here.engine) as connection:
        known = [one.id for one in decisions.listing(connection, limit=200)]
    assert [one["id"] for one in served.get("/api/decisions")["decisions"]] == known


def test_a_page_of_decisions_has_its_limits(world: MakeWorld, api: Serve) -> None:
    served = api(world())
    for query in ("limit=0", "limit=201", "cursor=x", "cursor=99999999999999999999"):
        answer = served.ask("GET", f"/api/decisions?{query}")
        assert (answer.status, answer.json["errors"][0]["field"]) == (422, f"query.{query.split('=')[0]}")

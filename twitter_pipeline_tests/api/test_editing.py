"""Tasks changed by a person, one by one and many at once."""

from __future__ import annotations

from datetime import datetime

from twitter_pipeline.store.status import Event, Status
from twitter_pipeline_tests.api.conftest import Serve
from twitter_pipeline_tests.api.test_acting import NO_DAGSTER, one, who_did
from twitter_pipeline_tests.support.api import new_token
from twitter_pipeline_tests.support.items import carry_out, put_task
from twitter_pipeline_tests.support.world import MakeWorld


def test_an_edited_task_is_shown_and_previewed_and_a_stale_one_is_refused(world: MakeWorld, api: Serve) -> None:
    here = one(world)
    served, path = api(here), f"/api/tasks/{here.task().id}"
    seen = served.ask("GET", path).headers["ETag"]
    wanted = {"text": "Mine", "scheduled_time": "2030-01-01T08:00:00+01:00"}
    done = served.ask("PATCH", path, wanted, headers={"If-Match": seen})
    assert (done.status, done.json["edited"]["text"], done.json["edited"]["actor"]) == (200, "Mine", "owner")
    assert datetime.fromisoformat(done.json["scheduled_time"]) == datetime.fromisoformat("2030-01-01T07:00:00+00:00")
    stale = served.ask("PATCH", path, {"text": "Other"}, headers={"If-Match": seen})
    assert (stale.status, "changed it since" in stale.json["detail"]) == (409, True)
    assert served.ask("GET", path).headers["ETag"] == done.headers["ETag"] != seen
    fresh = served.ask("PATCH", path, {"scheduled_time": None}, headers={"If-Match": f"W/{done.headers['ETag']}"})
    assert (fresh.status, fresh.json["wanted_time"]) == (200, None)
    assert served.post(f"{path}/preview")["draft"]["text"] == "Mine"
    assert who_did(served, here.task().id) == [("found", None), ("edit", "owner"), ("edit", "owner")]


def test_what_cannot_be_posted_is_refused_with_its_field_and_a_posted_task_with_its_state(
    world: MakeWorld, api: Serve
) -> None:
    here = one(world)
    served, path = api(here), f"/api/tasks/{here.task().id}"
    long = served.ask("PATCH", path, {"text": "x" * 281})
    said = "text weighs 281 by X's counting, 1 more than the 280 that it may"
    assert (long.status, long.json["errors"]) == (422, [{"field": "body.text", "message": said}])
    for wrong in ({"text": "a\0b"}, {"text": 5}, {"alt_text": "A film"}, {"scheduled_time": "soon"}, {"words": "x"}):
        assert served.ask("PATCH", path, wrong).status == 422, wrong
    reader = served.with_token(new_token(here.engine, "read"))
    assert reader.ask("PATCH", path, {"text": "x"}).status == 403
    here.publish()
    posted = served.ask("PATCH", path, {"text": "x"})
    assert (posted.status, posted.json["detail"]) == (409, "it is completed: it is posted")
    assert served.ask("PATCH", "/api/tasks/99", {"text": "x"}).status == 404


def test_of_many_tasks_one_that_cannot_be_stops_no_other(world: MakeWorld, api: Serve) -> None:
    here = one(world)
    first = here.task().id
    second, third, fourth = (put_task(here.engine) for _ in range(3))
    carry_out(here.engine, second, Event.IMPORT)
    served = api(here)

    def cancelled(**more: object) -> list[tuple[int, str, str | None]]:
        wanted = {"action": "cancel", "task_ids": [first, second, 999, third, fourth], **more}
        answer = served.post("/api/tasks/bulk", wanted)
        return [(one["task"], one["outcome"], one["said"]) for one in answer["results"]]

    expected = [
        (first, "done", "it is cancelled"),
        (second, "refused", "it is completed: nothing to cancel"),
        (999, "refused", "there is no task 999"),
        (third, "done", "it is cancelled"),
        (fourth, "done", "it is cancelled"),
    ]
    assert cancelled(dry_run=True) == expected
    assert [task.status for task in here.tasks()] == [Status.PENDING, Status.COMPLETED, *[Status.PENDING] * 2]
    assert cancelled() == expected
    assert {task.status for task in here.tasks() if task.id != second} == {Status.CANCELLED}
    retried = served.post("/api/tasks/bulk", {"action": "retry", "filter": {"status": ["cancelled"]}, "limit": 2})
    assert ([one["task"] for one in retried["results"]], retried["more"]) == ([fourth, third], True)
    assert {one["status"] for one in retried["results"]} == {"pending"}
    assert who_did(served, fourth)[-1] == ("retry", "owner")


def test_many_are_published_as_one_is_and_without_dagster_each_says_so(world: MakeWorld, api: Serve) -> None:
    here = world(top=NO_DAGSTER)
    for name in ("cat.mp4", "dog.mp4"):
        here.put(name, title=name)
    here.scan()
    here.publish(here.task_of("cat.mp4"))
    served = api(here)
    wanted = {"action": "publish", "filter": {}}
    tried = served.post("/api/tasks/bulk", {**wanted, "dry_run": True})["results"]
    assert [(one["outcome"], one["status"]) for one in tried] == [("launched", "pending"), ("posted", "completed")]
    done = served.post("/api/tasks/bulk", wanted)["results"]
    assert [one["outcome"] for one in done] == ["failed", "posted"]
    assert "Dagster does not answer" in done[0]["said"]


def test_many_need_an_action_and_either_numbers_or_a_filter(world: MakeWorld, api: Serve) -> None:
    served = api(one(world))
    for wrong in (
        {"action": "retry"},
        {"action": "retry", "task_ids": [1], "filter": {}},
        {"action": "delete", "task_ids": [1]},
        {"action": "retry", "task_ids": list(range(1, 102))},
    ):
        assert served.ask("POST", "/api/tasks/bulk", wrong).status == 422, wrong
    assert served.ask("POST", "/api/tasks/bulk", {"action": "retry", "filter": {"project": "dogs"}}).status == 404
    assert {served.ask(method, "/api/tasks/bulk", {}).status for method in ("GET", "PATCH")} == {405}

"""What a person does over the API, where no Dagster runs; test_whole has one."""

from __future__ import annotations

import pytest

from twitter_pipeline.clock import utc_now
from twitter_pipeline.publishing import by_hand, post
from twitter_pipeline.publishing.outcomes import Failed
from twitter_pipeline.store import pauses
from twitter_pipeline.store.engine import writing
from twitter_pipeline.store.status import Event, Status
from twitter_pipeline_tests.api.conftest import Serve
from twitter_pipeline_tests.support.api import Api
from twitter_pipeline_tests.support.items import NOW, carry_out
from twitter_pipeline_tests.support.world import MakeWorld, World

NO_DAGSTER = {"dagster": {"port": 9}}


def one(world: MakeWorld, **project: object) -> World:
    here = world(top=NO_DAGSTER, **project)
    here.put("cat.mp4", title="Cat naps")
    here.scan()
    return here


def who_did(api: Api, id: int) -> list[tuple[str, str | None]]:
    return [(line["action"], line["actor"]) for line in api.get(f"/api/tasks/{id}/logs")["lines"]]


def test_a_task_is_cancelled_and_tried_again_and_the_log_says_by_whom(world: MakeWorld, api: Serve) -> None:
    here = one(world)
    served, id = api(here), here.task().id
    assert served.post(f"/api/tasks/{id}/cancel")["task"]["status"] == "cancelled"
    assert here.task().status is Status.CANCELLED
    assert served.post(f"/api/tasks/{id}/cancel")["said"] == "it is cancelled", "a run may have been asked for since"
    assert served.post(f"/api/tasks/{id}/retry")["task"]["status"] == "pending"
    assert served.ask("POST", f"/api/tasks/{id}/retry").status == 409
    assert who_did(served, id) == [("found", None), ("stop", "owner"), ("stop", "owner"), ("retry", "owner")]


def test_what_may_be_on_x_is_neither_tried_again_nor_posted(world: MakeWorld, api: Serve) -> None:
    here = one(world)
    here.send_and_die()
    served, id = api(here), here.task().id
    assert here.task().status is Status.UNCONFIRMED
    answer = served.ask("POST", f"/api/tasks/{id}/retry")
    assert answer.status == 409
    assert "while it may be on X" in answer.json["detail"]
    published = served.post(f"/api/tasks/{id}/publish")
    assert (published["outcome"], published["status"]) == ("held", "unconfirmed")
    assert served.get(f"/api/tasks/{id}")["next_step"]


def test_nothing_is_launched_for_what_is_held_back_runs_or_is_posted(world: MakeWorld, api: Serve) -> None:
    here = one(world)
    served, id = api(here), here.task().id
    with writing(here.engine) as connection:
        pauses.pause(connection, "project", "cats", "holidays", now=NOW)
    held = served.post("/api/tasks/publish")["results"]
    assert [(one["task"], one["outcome"]) for one in held] == [(id, "held")]
    assert "holidays" in held[0]["reason"]
    with writing(here.engine) as connection:
        pauses.resume(connection, "project", "cats")
    carry_out(here.engine, id, Event.QUEUE)
    assert served.post("/api/tasks/publish", {"task_ids": [id]})["results"][0]["outcome"] == "running"
    carry_out(here.engine, id, Event.UNQUEUE)
    here.publish()
    posted = served.post("/api/tasks/publish", {"task_ids": [id, id]})["results"]
    assert [(one["outcome"], one["tweet_url"]) for one in posted] == [("posted", here.task().tweet_url)]


def test_without_dagster_nothing_is_launched_and_that_is_said(world: MakeWorld, api: Serve) -> None:
    here = one(world)
    answer = api(here).ask("POST", f"/api/tasks/{here.task().id}/publish", {"wait": 5})
    assert (answer.status, answer.json["detail"]) == (503, "Dagster does not answer; is twitter-pipeline up running?")
    assert here.task().status is Status.PENDING


def test_an_approval_lets_the_rest_follow_the_first_post(world: MakeWorld, api: Serve) -> None:
    here = one(world, canary=True)
    here.put("second.mp4", title="Second")
    here.scan()
    here.publish(here.task_of("cat.mp4"))
    served, id = api(here), here.task_of("second.mp4").id
    assert "look at it" in served.post(f"/api/tasks/{id}/preview")["why_not"][0]
    approved = served.post(f"/api/tasks/{id}/approve")
    assert (approved["changed"], approved["said"]) == (True, "cats is approved: the rest goes out at its pace")
    assert served.post(f"/api/tasks/{id}/preview")["why_not"] == []
    assert served.post(f"/api/tasks/{id}/approve")["changed"] is False
    assert who_did(served, id)[-1] == ("approve", "owner")


def test_a_preview_shows_the_post_and_changes_nothing(world: MakeWorld, api: Serve) -> None:
    here = one(world)
    before = here.task()
    shown = api(here).post(f"/api/tasks/{before.id}/preview")
    assert shown["draft"]["text"] == "Cat naps"
    assert (shown["account"], shown["why_not"], shown["limit"]) == ("sandbox", [], 280)
    assert shown["price"] == {"dollars": 0.015, "without_links": 0.015, "dearer_because": None}
    assert here.task() == before


def test_a_preview_tells_what_a_link_costs(world: MakeWorld, api: Serve) -> None:
    here = one(world)
    path = f"/api/tasks/{here.task().id}"
    served = api(here)
    assert served.ask("PATCH", path, {"text": "Cat naps: https://example.com/cats"}).status == 200
    price = served.post(f"{path}/preview")["price"]
    assert price == {"dollars": 0.2, "without_links": 0.015, "dearer_because": "it holds a link"}


def test_a_task_that_is_not_there_is_named(world: MakeWorld, api: Serve) -> None:
    here = one(world)
    served = api(here)
    for method, path in (
        ("GET", "/api/tasks/99"),
        ("GET", "/api/tasks/99/logs"),
        *(("POST", f"/api/tasks/99/{what}") for what in ("publish", "retry", "cancel", "approve", "preview")),
    ):
        answer = served.ask(method, path)
        assert (answer.status, answer.json["errors"]) == (
            404,
            [{"field": "path.task_id", "message": "there is no task 99"}],
        ), path
    named = served.ask("POST", "/api/tasks/publish", {"task_ids": [here.task().id, 99]})
    assert (named.status, named.json["errors"][0]["field"]) == (404, "body.task_ids.1")


@pytest.mark.parametrize("by_api", [True, False])
def test_published_again_after_it_was_cancelled_it_gets_a_new_run(
    world: MakeWorld, api: Serve, monkeypatch: pytest.MonkeyPatch, by_api: bool
) -> None:
    """The first still waits in Dagster's queue; it would not take what was cancelled after it was asked for."""
    runs = iter(("first", "second"))
    monkeypatch.setattr("twitter_pipeline.launching.by_hand.launch", lambda *_: next(runs))
    monkeypatch.setattr("twitter_pipeline.launching.by_hand.status_of", lambda *_: "QUEUED")
    here = one(world)
    served, id = api(here), here.task().id
    assert served.post(f"/api/tasks/{id}/publish")["run_id"] == "first"
    assert served.post(f"/api/tasks/{id}/publish")["run_id"] == "first"
    if by_api:
        served.post(f"/api/tasks/{id}/cancel")
    else:
        with writing(here.engine) as connection:
            assert by_hand.cancel(connection, id, now=utc_now()).changed
    assert served.post(f"/api/tasks/{id}/publish")["run_id"] == "second"
    assert served.post(f"/api/tasks/{id}/publish")["run_id"] == "second"
    assert here.task().status is Status.CANCELLED, "until its run takes it"


def test_of_a_run_that_is_over_already_the_task_is_told_as_it_is(
    world: MakeWorld, api: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = one(world)
    served, id = api(here), here.task().id
    session = here.open()

    def over(*_: object) -> str:
        session.settle(Failed("no connection"))
        return "Run run-1 could not be terminated due to having status SUCCESS."

    monkeypatch.setattr("twitter_pipeline.launching.by_hand.end", over)
    answer = served.post(f"/api/tasks/{id}/cancel")
    assert answer["task"]["status"] == "cancelled"
    assert "having status SUCCESS" in answer["said"]


def test_while_dagster_is_away_a_run_at_work_posts_no_more_what_is_cancelled(world: MakeWorld, api: Serve) -> None:
    here = one(world)
    served, id = api(here), here.task().id
    with here.open() as session:
        assert "Dagster does not answer" in served.post(f"/api/tasks/{id}/cancel")["said"]
        post.publish(session)
    assert (here.task().status, here.posted_texts()) == (Status.CANCELLED, [])


def test_what_may_be_on_x_can_be_cancelled_for_where_it_is_not(world: MakeWorld, api: Serve) -> None:
    here = one(world)
    here.send_and_die()
    served, id = api(here), here.task().id
    answer = served.post(f"/api/tasks/{id}/cancel")
    assert (answer["task"]["status"], answer["changed"]) == ("unconfirmed", False)
    assert answer["said"] == "it may be on X, and goes out no more where it is not"

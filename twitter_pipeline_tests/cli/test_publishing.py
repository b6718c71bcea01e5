"""`approve` and `publish`, while nothing else runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from twitter_pipeline.clock import utc_now
from twitter_pipeline.publishing.session import Session
from twitter_pipeline.store import log, pauses
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.status import Event, Status
from twitter_pipeline_tests.cli.conftest import Command, call
from twitter_pipeline_tests.conftest import MakeSettings
from twitter_pipeline_tests.support.items import carry_out
from twitter_pipeline_tests.support.world import MakeWorld, World

WithWorld = Callable[[World], Command]


def two(world: MakeWorld, **project: object) -> World:
    made = world(**project)
    for name in ("a", "b"):
        made.put(f"{name}.mp4", title=f"Cat {name}")
    made.scan()
    return made


class TestPublish:
    def test_it_posts_at_once_and_says_where(self, world: MakeWorld, command: WithWorld) -> None:
        here = two(world, min_interval="1 h")
        said = command(here)("publish", "b.mp4", "--now")
        task = here.task_of("b.mp4")
        assert said.code == 0
        assert "twitter-pipeline up does not run: posting from here" in said.out
        assert f"posted      {task.partition_key}" in said.out
        assert said.out.splitlines()[-1] == f"{task.partition_key}: {task.tweet_url}"
        assert here.posted_texts() == ["Cat b"]
        with reading(here.engine) as connection:
            assert log.of_task(connection, task.id)[-1].run_id == task.run_id

        again = command(here)("publish", "b.mp4", "--now")
        assert (again.code, again.out) == (0, f"{task.partition_key}: {task.tweet_url}\n")
        assert here.posted_texts() == ["Cat b"]

    def test_several_go_out_in_turn(self, world: MakeWorld, command: WithWorld) -> None:
        here = two(world)
        assert command(here)("publish", "b.mp4", "a.mp4", "--now").code == 0
        assert here.posted_texts() == ["Cat b", "Cat a"]

    def test_one_that_cannot_be_posted_says_why_and_the_next_goes_out(
        self, world: MakeWorld, command: WithWorld
    ) -> None:
        here = two(world)
        (here.folder / "a.mp4").write_bytes(b"")
        said = command(here)("publish", "a.mp4", "b.mp4", "--now")
        assert said.code == 3
        assert f"{here.task_of('a.mp4').partition_key}: not posted: The file is empty" in said.err
        assert here.posted_texts() == ["Cat b"]

    def test_a_pause_a_first_post_and_a_run_under_way_hold_it_back(self, world: MakeWorld, command: WithWorld) -> None:
        here = two(world, canary=True)
        run = command(here)
        with writing(here.engine) as connection:
            pauses.pause(connection, "all", "", "holiday", now=utc_now())
        assert "everything is paused (holiday)" in run("publish", "a.mp4", "--now").err
        assert run("resume", "--all").code == 0
        said = run("publish", "a.mp4", "b.mp4", "--now")
        assert said.code == 3
        assert "look at it, then: twitter-pipeline approve cats" in said.err
        assert here.posted_texts() == ["Cat a"]
        assert run("approve", "cats").code == 0
        session = here.open(here.task_of("b.mp4"), run_id="another")
        assert isinstance(session, Session)
        assert "run another is working on it" in run("publish", "b.mp4", "--now").err
        session.close()
        assert here.posted_texts() == ["Cat a"]

    def test_what_may_be_on_x_is_left_alone(self, world: MakeWorld, command: WithWorld) -> None:
        here = two(world)
        here.sandbox.fault("POST /2/tweets", "drop")
        run = command(here)
        for _ in range(2):
            said = run("publish", "a.mp4", "--now")
            assert said.code == 3
            assert "may be on X already" in said.err
            assert "twitter-pipeline tasks resolve 1" in said.err
        assert here.posted_texts() == []

    def test_what_had_failed_is_tried_again(self, world: MakeWorld, command: WithWorld) -> None:
        here = two(world)
        task = here.task_of("a.mp4")
        carry_out(here.engine, task.id, Event.CLAIM, now=utc_now())
        carry_out(here.engine, task.id, Event.FAIL, now=utc_now())
        assert command(here)("publish", "a.mp4", "--now").code == 0

    def test_without_now_it_says_when_and_how(self, world: MakeWorld, command: WithWorld) -> None:
        here = two(world, min_interval="1 h")
        said = command(here)("publish", "a.mp4", "b.mp4")
        key = here.task_of("b.mp4").partition_key
        assert said.code == 0
        assert f"{key}: goes out at " in said.out
        assert f"post it now: twitter-pipeline publish {key} --now" in said.out
        assert here.posted_texts() == []
        assert {task.status for task in here.tasks()} == {Status.PENDING}
        command(here)("publish", "b.mp4", "--now")
        assert "posted already: http" in command(here)("publish", "b.mp4").out

    def test_a_dry_run_shows_it(self, world: MakeWorld, command: WithWorld) -> None:
        here = two(world)
        said = command(here)("publish", "a.mp4", "--now", "--dry-run")
        assert "of 280 characters" in said.out
        assert here.posted_texts() == []

    def test_an_item_that_is_not_there(self, world: MakeWorld, command: WithWorld) -> None:
        here = two(world)
        assert command(here)("publish", "a.mp4", "c.mp4", "--now").code == 2
        assert here.posted_texts() == [], "nothing is posted where one is wrong"

    @pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
    def test_while_the_sandbox_is_away_nothing_is_tried(self, settings: MakeSettings, world: MakeWorld) -> None:
        here = two(world)
        declared = settings(top={"sandbox": {"port": 1}})
        said = call("publish", "a.mp4", "--now", "--config", str(declared.path))
        assert said.code == 1
        assert "start everything with: twitter-pipeline up" in said.err
        assert here.task_of("a.mp4").status is Status.PENDING


class TestApprove:
    def test_after_a_look_the_rest_follows(self, world: MakeWorld, command: WithWorld) -> None:
        here = two(world, canary=True)
        run = command(here)
        assert "the first post goes out alone (canary)" in run("status").out
        here.publish(here.task_of("a.mp4"))
        url = here.task_of("a.mp4").tweet_url
        why = f"the first post is out ({url}); look at it, then: twitter-pipeline approve cats"
        assert f"cats posts nothing: {why}" in run("status").out
        assert run("status", "--json").json["projects"][0]["why_not"] == why
        assert why in run("preview", "b.mp4").out

        assert run("approve", "cats").out == "cats is approved: the rest goes out at its pace\n"
        assert run("status", "--json").json["projects"][0]["why_not"] is None
        assert run("publish", "b.mp4", "--now").code == 0
        assert run("approve", "cats").out == "cats: nothing waits for an approval; it was given before\n"

    def test_beforehand_it_lets_all_go_out(self, world: MakeWorld, command: WithWorld) -> None:
        here = two(world, canary=True)
        assert "approved beforehand" in command(here)("approve", "cats").out
        assert command(here)("publish", "a.mp4", "b.mp4", "--now").code == 0

    def test_what_still_holds_it_back_is_told(self, world: MakeWorld, command: WithWorld) -> None:
        here = two(world, canary=True)
        command(here)("pause", "--project", "cats")
        assert "still, nothing is posted: project cats is paused" in command(here)("approve", "cats").out

    def test_without_a_canary_or_a_project_it_says_so(self, world: MakeWorld, command: WithWorld) -> None:
        here = two(world)
        assert command(here)("approve", "cats").out == "cats: nothing waits for an approval\n"
        assert command(here)("approve", "dogs").code == 2


def test_in_live_mode_the_first_post_goes_out_alone_unless_said_otherwise(live: MakeWorld, command: WithWorld) -> None:
    here = live()
    keys = "".join(f"{name}={value}\n" for name, value in here.sandbox.credentials("maker").items())
    run = command(here)
    assert run("account", "add", "maker", "--from", "-", stdin=keys).code == 0
    for name in ("a", "b"):
        here.put(f"{name}.mp4", title=f"Cat {name}")
    here.scan(utc_now() + timedelta(seconds=1))
    assert run("publish", "a.mp4", "b.mp4", "--now").code == 3
    assert here.task_of("a.mp4").tweet_url == f"https://x.com/maker/status/{here.sandbox.posts()[0]['id']}"
    assert here.posted_texts() == ["Cat a"]

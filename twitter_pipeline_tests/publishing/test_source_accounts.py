"""Sources of one project that post with different accounts: what one account may not holds back no other."""

from __future__ import annotations

from datetime import timedelta

import pytest

from twitter_pipeline.cli.up.idle import outstanding
from twitter_pipeline.clock import utc_now
from twitter_pipeline.publishing import due, post
from twitter_pipeline.publishing.due import Due
from twitter_pipeline.publishing.outcomes import AccountStopped, Posted
from twitter_pipeline.publishing.preview import preview
from twitter_pipeline.publishing.session import Session, Unavailable
from twitter_pipeline.store import accounts, pauses
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline_tests.support.world import MakeWorld, World


def two(world: MakeWorld, **project: object) -> World:
    """`a.mp4` posts as the project's account `cats`, `b.mp4` as the account `dogs` of its source."""
    made = world(
        account="cats",
        sources=[{"type": "video", "path": "a"}, {"type": "video", "path": "b", "account": "dogs"}],
        top={"accounts": [{"name": "cats"}, {"name": "dogs"}]},
        **project,
    )
    for name in ("a", "b"):
        made.put(f"{name}/{name}.mp4", title=f"Film {name}")
    made.scan()
    return made


def take(world: World) -> Due:
    return due.take(world.engine, world.settings, world.project, instance="here", now=utc_now())


def hold(world: World, how: str, name: str) -> None:
    with writing(world.engine) as connection:
        row = accounts.by_name(connection, name)
        if how == "paused":
            pauses.pause(connection, "account", name, "", now=utc_now())
        elif how == "waits":
            accounts.wait(connection, row.id, utc_now() + timedelta(hours=1), "429")
        else:
            accounts.stop(connection, row.id, "401")


def test_each_posts_as_its_own(world: MakeWorld) -> None:
    here = two(world)
    assert [launch.account for launch in take(here).launches] == ["cats", "dogs"]
    for name in ("a", "b"):
        assert isinstance(here.publish(here.task_of(f"{name}/{name}.mp4"), run_id=name), Posted)
    assert {post["username"]: post["text"] for post in here.sandbox.posts()} == {"cats": "Film a", "dogs": "Film b"}
    assert preview(here.engine, here.settings, here.task_of("b/b.mp4"), now=utc_now()).account == "dogs"


@pytest.mark.parametrize("how", ["paused", "waits", "is stopped"])
@pytest.mark.parametrize(("held", "free"), [("cats", "b"), ("dogs", "a")])
def test_an_account_that_may_not_post_holds_back_its_own_source_only(
    world: MakeWorld, how: str, held: str, free: str
) -> None:
    here = two(world, min_interval="30 min")
    hold(here, how, held)

    found = take(here)

    assert [launch.partition_key for launch in found.launches] == [here.task_of(f"{free}/{free}.mp4").partition_key]
    assert found.why_not is None
    assert [held in reason and how.split()[-1] in reason for reason in found.held] == [True]
    refused = here.open(here.task_of({"a": "b/b.mp4", "b": "a/a.mp4"}[free]))
    assert isinstance(refused, Unavailable)
    assert refused.reason == found.held[0]
    since = utc_now() - timedelta(hours=1)
    assert outstanding(here.engine, here.settings, since=since, now=utc_now() + timedelta(minutes=45)).due == 0


def test_when_no_account_may_post_each_reason_is_told(world: MakeWorld) -> None:
    here = two(world)
    hold(here, "is stopped", "cats")
    hold(here, "paused", "dogs")
    found = take(here)
    assert found.launches == []
    assert "account cats is stopped" in str(found.why_not)
    assert "account dogs is paused" in str(found.why_not)


def test_what_x_refuses_stops_the_account_that_posted(world: MakeWorld) -> None:
    here = two(world)
    here.sandbox.account("dogs", revoked=True)
    assert isinstance(here.publish(here.task_of("b/b.mp4")), AccountStopped)
    with reading(here.engine) as connection:
        stopped = {row.name: row.stopped_reason is not None for row in accounts.listing(connection)}
    assert stopped == {"cats": False, "dogs": True}


def test_a_pause_of_its_account_holds_a_run_under_way(world: MakeWorld) -> None:
    here = two(world)
    session = here.open(here.task_of("b/b.mp4"))
    assert isinstance(session, Session)
    hold(here, "paused", "dogs")
    with session:
        assert "account dogs is paused" in post.publish(session).reason
    assert here.posted_texts() == []

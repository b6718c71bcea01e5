"""The database is an older copy, or a new one: nothing is posted twice, and what is on X finds its item again."""

from __future__ import annotations

import os
import time
from datetime import timedelta

import pytest
import sqlalchemy as sa

from twitter_pipeline.clock import utc_now
from twitter_pipeline.publishing import adopting, foreign
from twitter_pipeline.publishing.adopting import Found
from twitter_pipeline.publishing.outcomes import Adopted, Posted, Unknown
from twitter_pipeline.publishing.preview import preview
from twitter_pipeline.publishing.session import Session
from twitter_pipeline.publishing.tidying import tidy
from twitter_pipeline.store import accounts
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import publishing_tasks
from twitter_pipeline_tests.sandbox.client import Account, data
from twitter_pipeline_tests.support.pictures import pictures, words
from twitter_pipeline_tests.support.restored import back_up, restore
from twitter_pipeline_tests.support.world import MakeWorld, World

NAMES = ("a", "b", "c")


def publish_all(here: World, run: str) -> list[object]:
    return [here.publish(task, run_id=f"{run} {task.id}") for task in here.tasks() if task.status is Status.PENDING]


def found(here: World) -> Found:
    """Read the timeline, and match."""
    with reading(here.engine) as connection:
        account = accounts.by_name(connection, "sandbox")
    foreign.read(here.engine, here.settings, account.id)
    with reading(here.engine) as connection:
        account = accounts.by_id(connection, account.id)
    return adopting.match(here.engine, here.settings, account)


def adopt(here: World, matched: Found) -> list[tuple[bool, str]]:
    return [
        adopting.adopt(here.engine, here.settings, matched.account, pair.task, pair.post, now=utc_now())
        for pair in matched.pairs
    ]


@pytest.fixture
def three(world: MakeWorld) -> World:
    here = world()
    for name in NAMES:
        here.put(f"{name}.mp4", title=f"Cat {name} & friends", description="See https://example.com/cats")
    here.scan()
    return here


@pytest.mark.parametrize("when", ["before the files", "before the posts", "after the first"])
def test_an_older_copy_posts_nothing_twice_and_finds_all_of_it_again(world: MakeWorld, when: str) -> None:
    here = world()
    backup = back_up(here.engine)
    for name in NAMES:
        here.put(f"{name}.mp4", title=f"Cat {name} & friends", description="See https://example.com/cats")
    here.scan()
    if when == "before the posts":
        backup = back_up(here.engine)
    elif when == "after the first":
        here.publish(here.tasks()[0])
        backup = back_up(here.engine)
    publish_all(here, "before")
    posts = here.sandbox.posts()
    restore(here.engine, backup)
    here.scan()

    outcomes = publish_all(here, "after")

    assert here.sandbox.posts(deleted=True) == posts
    assert {type(outcome) for outcome in outcomes} == {Unknown}
    for task in here.tasks():
        assert task.status is Status.COMPLETED or "that is not known here" in str(task.error_message)
    matched = found(here)
    assert (matched.unclear, matched.others) == ([], 0)
    assert all(done for done, _ in adopt(here, matched))
    assert {task.status for task in here.tasks()} == {Status.COMPLETED}
    assert {task.tweet_id for task in here.tasks()} == {post["id"] for post in posts}
    by_id = {post["id"]: post["text"] for post in posts}
    assert all(task.content_data["text"] == by_id[task.tweet_id] for task in here.tasks())
    assert here.attempt_states().count("adopted") == 0  # nothing had been sent as far as this database knows
    assert found(here).pairs == []


def test_what_waits_is_adopted_before_anything_tries_to_post_it(three: World) -> None:
    backup = back_up(three.engine)
    publish_all(three, "before")
    restore(three.engine, backup)
    assert [said for done, said in adopt(three, found(three)) if not done] == []
    assert {task.status for task in three.tasks()} == {Status.COMPLETED}
    times = [task.executed_time for task in three.tasks()]
    assert all(time is not None and abs(time - utc_now()) < timedelta(minutes=5) for time in times)
    assert [preview(three.engine, three.settings, task, now=utc_now()).why_not for task in three.tasks()] == [()] * 3


@pytest.mark.parametrize("minutes", [4, 6])
def test_a_post_may_be_older_than_its_item_by_as_much_as_clocks_differ(world: MakeWorld, minutes: int) -> None:
    here = world()
    here.put("a.mp4", title="Cat")
    here.scan()
    backup = back_up(here.engine)
    assert isinstance(here.publish(), Posted)
    restore(here.engine, backup)
    later = utc_now() + timedelta(minutes=minutes)
    for file in here.folder.iterdir():
        os.utime(file, (later.timestamp(), later.timestamp()))
    with writing(here.engine) as connection:
        connection.execute(sa.update(publishing_tasks).values(created_at=later))
    matched = found(here)
    if minutes == 4:
        assert [done for done, _ in adopt(here, matched)] == [True]
        assert here.task().status is Status.COMPLETED
    else:
        assert [one.why for one in matched.unclear] == ["the post is older than its files"]


def test_the_same_film_under_another_name_is_not_posted_again(three: World) -> None:
    backup = back_up(three.engine)
    publish_all(three, "before")
    restore(three.engine, backup)
    adopt(three, found(three))
    (three.folder / "copy.mp4").write_bytes((three.folder / "a.mp4").read_bytes())
    (three.folder / "copy.json").write_text('{"title": "Other words"}', encoding="utf-8")
    three.scan()
    assert "the same file as a.mp4" in three.publish(three.task_of("copy.mp4"), run_id="copy").reason


def test_its_files_are_moved_away_as_after_any_post(world: MakeWorld) -> None:
    here = world(after_post="move posted")
    here.put("a.mp4", title="Cat a")
    here.scan()
    backup = back_up(here.engine)
    publish_all(here, "before")
    restore(here.engine, backup)
    adopt(here, found(here))
    with writing(here.engine) as connection:  # Dagster was told
        connection.execute(sa.update(publishing_tasks).values(registered_in="here"))
    tidy(here.engine, here.settings, here.project, now=utc_now() + timedelta(hours=1))
    assert not (here.folder / "a.mp4").exists()


def test_texts_and_albums_find_their_posts_too(world: MakeWorld) -> None:
    here = world(sources=[{"type": "text", "path": "words"}, {"type": "album", "path": "albums"}])
    words(here.folder / "words" / "en_week.json", monday={"title": "Good morning"}, sunday={"title": "Good night"})
    trip = here.folder / "albums" / "trip"
    pictures(trip, *(f"{number}.png" for number in range(6)))
    words(trip / "album.json", title="A trip")
    here.scan()
    backup = back_up(here.engine)
    assert len(publish_all(here, "before")) == 4
    posts = here.sandbox.posts()
    restore(here.engine, backup)
    later = time.time() + 60  # the list has grown since
    os.utime(here.folder / "words" / "en_week.json", (later, later))
    assert {type(outcome) for outcome in publish_all(here, "after")} == {Unknown}
    assert here.sandbox.posts(deleted=True) == posts
    matched = found(here)
    assert (len(matched.pairs), matched.unclear, matched.others) == (4, [], 0)
    adopt(here, matched)
    assert {task.status for task in here.tasks()} == {Status.COMPLETED}


def test_two_items_with_the_same_words_are_left_to_a_person(world: MakeWorld) -> None:
    here = world()
    for name in ("a", "b"):
        here.put(f"{name}.mp4", title="Cat")
    here.scan()
    backup = back_up(here.engine)
    here.publish(here.task_of("a.mp4"))
    restore(here.engine, backup)
    matched = found(here)
    assert matched.pairs == []
    assert {one.task.media_path for one in matched.unclear} == {"a.mp4", "b.mp4"}
    assert {one.why for one in matched.unclear} == {"2 items have the words of this post"}


def test_posts_that_are_no_item_s_are_counted(three: World) -> None:
    account = Account(three.sandbox.url, "sandbox")
    for text in ("By hand", "Cat a & friends\n\nSee https://example.com/cats"):
        data(account.tweet(text))
    matched = found(three)
    assert (matched.pairs, matched.unclear, matched.others) == ([], [], 2)


def test_what_a_run_is_at_or_has_posted_meanwhile_is_left_to_it(three: World) -> None:
    backup = back_up(three.engine)
    publish_all(three, "before")
    restore(three.engine, backup)
    matched = found(three)
    session = three.open(three.task_of("a.mp4"), run_id="meanwhile")
    assert isinstance(session, Session)
    session.close()
    first, *rest = adopt(three, matched)
    assert first == (False, f"{three.task_of('a.mp4').partition_key}: it is running by now")
    assert all(done for done, _ in rest)
    assert [done for done, _ in adopt(three, matched)] == [False] * 3


def test_nothing_is_read_of_the_items_where_every_post_is_known(three: World) -> None:
    assert isinstance(publish_all(three, "before")[0], (Posted, Adopted))
    matched = found(three)
    assert (matched.pairs, matched.unclear, matched.others) == ([], [], 0)

"""`tasks resolve`, and what the other commands say of an item that may be on X."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from twitter_pipeline.cli.up.idle import outstanding
from twitter_pipeline.clock import utc_now
from twitter_pipeline.store import accounts
from twitter_pipeline.store.engine import writing
from twitter_pipeline.store.status import Event, Status
from twitter_pipeline.store.tables import publishing_attempts
from twitter_pipeline_tests.cli.conftest import Command
from twitter_pipeline_tests.publishing.test_foreign import look
from twitter_pipeline_tests.sandbox.client import Account, data
from twitter_pipeline_tests.support.items import carry_out
from twitter_pipeline_tests.support.world import MakeWorld, World

WithWorld = Callable[[World], Command]
CREATE = "POST /2/tweets"
TIMELINE = "GET /2/users/{id}/tweets"


def lost(world: MakeWorld, *, landed: bool = True, sent_ago: timedelta = timedelta(minutes=5)) -> World:
    """An item whose answer was lost; the run's own look could not find it."""
    here = world()
    here.put(title="Cat naps")
    here.scan()
    here.looked_through()
    here.sandbox.fault(CREATE, "drop_after" if landed else "drop")
    here.sandbox.fault(TIMELINE, "status", status=503)
    here.publish()
    assert here.task().status is Status.UNCONFIRMED
    sent(here, sent_at=utc_now() - sent_ago)
    return here


def sent(here: World, **values: object) -> None:
    with writing(here.engine) as connection:
        connection.execute(sa.update(publishing_attempts).values(**values))


def only_a_person(here: World) -> None:
    """Nobody looks for it any more."""
    sent(here, look_at=None)


@pytest.fixture
def here(world: MakeWorld) -> World:
    return lost(world)


def url_of(here: World) -> str:
    (post,) = here.sandbox.posts()
    return f"{here.sandbox.url}/sandbox/status/{post['id']}"


def test_all_that_is_known_is_shown_with_both_choices(here: World, command: WithWorld) -> None:
    said = command(here)("tasks", "resolve", "cat.mp4")
    assert said.code == 3
    for words in (
        "may be on X",
        "words       Cat naps",
        "media       cat.mp4",
        f"account     {here.sandbox.url}/sandbox",
        ", attempt 1",
        "X said      ",
        "next look   2",
        "it is on X  twitter-pipeline tasks resolve 1 --posted URL",
        "it is not   twitter-pipeline tasks resolve 1 --not-posted",
    ):
        assert words in said.out
    only_a_person(here)
    assert "next look   none: you decide" in command(here)("tasks", "resolve", "1").out


@pytest.mark.parametrize("sent_here", [True, False])
def test_of_a_thread_the_post_in_question_is_shown(world: MakeWorld, command: WithWorld, sent_here: bool) -> None:
    here = world(sources=[{"type": "video", "overflow": "thread"}])
    story = " ".join(f"Sentence number {number} of a long story about paper planes." for number in range(15))
    here.put(title="Paper planes", description=story)
    here.scan()
    here.looked_through()
    kind: dict[str, object] = {"kind": "drop"} if sent_here else {"kind": "status", "status": 404}
    here.sandbox.add_faults([{"call": CREATE, "after": 1, "times": 1, **kind}])
    if sent_here:
        here.sandbox.fault(TIMELINE, "status", status=503)
        here.publish()
    else:  # as after a restored copy of the database, which knows of the first only
        here.publish()
        words = here.task().content_data["more"][0]
        seen = data(Account(here.sandbox.url, "sandbox").tweet(words))["id"]
        sent(here, sent_at=None)
        look(here)
        here.publish(run_id="again")
    assert here.task().status is Status.UNCONFIRMED
    said = command(here)("tasks", "resolve", "1").out
    assert f"words       {here.task().content_data['more'][0]}" in said
    first = here.sandbox.posts()[-1]["id"]
    assert f"post        2 of 4 of its thread\n  replies to  {here.sandbox.url}/sandbox/status/{first}" in said
    assert "media  " not in said
    if not sent_here:
        assert f"seen        {here.sandbox.url}/sandbox/status/{seen}" in said


def test_the_post_of_another_account_than_its_source_has_by_now_is_its_post(
    world: MakeWorld, command: WithWorld
) -> None:
    two = {"accounts": [{"name": "sandbox"}, {"name": "other"}]}
    here = world(top=two, sources=[{"type": "video", "overflow": "thread"}])
    here.put(title="Paper planes", description="It flies. " * 60)
    here.scan()
    here.looked_through()
    here.sandbox.fault(CREATE, "drop_after")
    here.sandbox.fault(TIMELINE, "status", status=503)
    here.publish()
    (post,) = here.sandbox.posts("sandbox")
    here.sandbox.clear_faults()
    here = world(top=two, sources=[{"type": "video", "overflow": "thread"}], account="other")
    assert f"account     {here.sandbox.url}/sandbox" in command(here)("tasks", "resolve", "1").out
    said = command(here)("tasks", "resolve", "1", "--posted", f"{here.sandbox.url}/sandbox/status/{post['id']}")
    assert (said.code, said.err) == (0, "")
    # It is not gone on with by another account.
    assert "begun with another account" in here.publish(run_id="other").reason
    assert here.sandbox.posts("other") == []


@pytest.mark.parametrize("form", ["{sandbox}/sandbox/status/{id}", "https://x.com/sandbox/status/{id}?s=20", "{id}"])
def test_its_post_completes_it(here: World, command: WithWorld, form: str) -> None:
    (post,) = here.sandbox.posts()
    address = form.format(sandbox=here.sandbox.url, id=post["id"])
    said = command(here)("tasks", "resolve", here.task().partition_key, "--posted", address)
    assert (said.code, said.err) == (0, "")
    task = here.task()
    assert (task.status, task.tweet_id, task.tweet_url) == (Status.COMPLETED, post["id"], url_of(here))
    assert task.executed_time is not None
    assert abs(task.executed_time - utc_now()) < timedelta(minutes=1)
    assert here.attempt_states() == ["adopted"]
    again = command(here)("tasks", "resolve", "1", "--posted", address)
    assert (again.code, "known already" in again.out) == (0, True)


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("https://x.com/dogs/status/1", "is a post of @dogs; this item is posted as @sandbox"),
        ("https://example.com/sandbox/status/1", "is at example.com, not on X"),
        ("https://x.com/sandbox", "is no link to a post"),
        ("cat", "is no link to a post"),
        ("99", "X shows no post 99"),
    ],
)
def test_what_cannot_be_its_post_is_refused_with_the_reason(
    here: World, command: WithWorld, address: str, why: str
) -> None:
    said = command(here)("tasks", "resolve", "1", "--posted", address)
    assert said.code == 3
    assert why in said.err
    assert here.task().status is Status.UNCONFIRMED


def test_another_s_post_other_words_and_another_item_s_post_are_refused(here: World, command: WithWorld) -> None:
    dogs = data(Account(here.sandbox.url, "dogs").tweet("Cat naps"))["id"]
    other = data(Account(here.sandbox.url, "sandbox").tweet("Cat eats"))["id"]
    run = command(here)
    assert "is not by @sandbox" in run("tasks", "resolve", "1", "--posted", dogs).err
    assert "has other words than the item ('Cat eats')" in run("tasks", "resolve", "1", "--posted", other).err
    here.put("two.mp4", title="Two")
    here.scan()
    here.publish(here.task_of("two.mp4"), run_id="two")
    two = here.task_of("two.mp4")
    said = run("tasks", "resolve", "1", "--posted", str(two.tweet_id), "--force")
    assert f"is another item's: twitter-pipeline log {two.partition_key}" in said.err
    assert run("tasks", "resolve", "1", "--posted", other, "--force").code == 0
    assert here.task_of("cat.mp4").tweet_id == other


def test_where_x_cannot_be_asked_a_person_is_believed(here: World, command: WithWorld) -> None:
    here.sandbox.fault("GET /2/tweets/{id}", "status", status=403)
    assert command(here)("tasks", "resolve", "1", "--posted", "77").code == 0
    assert here.task().tweet_id == "77"


def test_what_is_not_on_x_goes_out_again(world: MakeWorld, command: WithWorld) -> None:
    here = lost(world, landed=False)
    said = command(here)("tasks", "resolve", "1", "--not-posted")
    assert said.code == 0
    assert "it goes out again" in said.out
    assert here.task().status is Status.PENDING
    here.publish(run_id="again")
    assert here.posted_texts() == ["Cat naps"]


def test_a_person_who_has_looked_too_early_is_told_so(world: MakeWorld, command: WithWorld) -> None:
    here = lost(world, sent_ago=timedelta(0))
    sent(here, sent_at=utc_now() + timedelta(minutes=5))  # the test's settle_time is short
    said = command(here)("tasks", "resolve", "1", "--not-posted")
    assert said.code == 3
    assert "X may show it only at" in said.err
    assert here.task().status is Status.UNCONFIRMED
    assert command(here)("tasks", "resolve", "1", "--not-posted", "--force").code == 0


def test_one_that_is_not_unconfirmed_says_what_to_do_instead(world: MakeWorld, command: WithWorld) -> None:
    here = world()
    here.put(title="Cat naps")
    here.scan()
    run = command(here)
    assert "is pending, not unconfirmed: it goes out by itself" in run("tasks", "resolve", "1").out
    assert run("tasks", "resolve", "1", "--not-posted").code == 3
    carry_out(here.engine, 1, Event.CLAIM, now=utc_now())
    assert "a run is at it" in run("tasks", "resolve", "1", "--posted", "77").err
    carry_out(here.engine, 1, Event.FAIL, now=utc_now())
    assert "twitter-pipeline retry 1 posts it" in run("tasks", "resolve", "1", "--not-posted").err
    assert run("tasks", "resolve", "1", "--posted", "77").code == 3  # X does not know that one
    here.publish(run_id="again")
    assert f"is posted: {here.task().tweet_url}" in run("tasks", "resolve", "1", "--not-posted").err
    assert "is posted already" in run("tasks", "resolve", "1", "--posted", "77").err
    assert run("tasks", "resolve", "1", "--posted", "77", "--not-posted").code == 2


def test_one_that_failed_and_is_on_x_all_the_same_is_completed(world: MakeWorld, command: WithWorld) -> None:
    here = world(sources=[{"type": "text"}])
    (here.folder / "a.txt").write_text("Good morning", encoding="utf-8")
    here.scan()
    carry_out(here.engine, 1, Event.CLAIM, now=utc_now())
    carry_out(here.engine, 1, Event.FAIL, now=utc_now())
    post_id = data(Account(here.sandbox.url, "sandbox").tweet("Good morning"))["id"]
    assert command(here)("tasks", "resolve", "1", "--posted", post_id).code == 0
    assert (here.task().status, here.task().tweet_id) == (Status.COMPLETED, post_id)


class TestShown:
    """Every command says who finds out, and when, or that a person decides."""

    def test_while_the_timeline_is_read_it_says_when(self, here: World, command: WithWorld) -> None:
        run = command(here)
        said = run("status")
        assert said.code == 3
        assert (
            f"unconfirmed: {here.task().partition_key}: X answered nothing" in said.out or "unconfirmed: " in said.out
        )
        assert "needs you" not in said.out
        for arguments in (
            ["status"],
            ["preview", "1"],
            ["log", "1"],
            ["publish", "1"],
            ["publish", "1", "--now"],
            ["retry", "1"],
        ):
            said = run(*arguments)
            text = " ".join((said.out + said.err).replace("│", " ").split())
            assert "its account's timeline is read again at 2" in text, arguments
            assert "twitter-pipeline tasks resolve 1" in text, arguments
        (shown,) = run("status", "--json").json["unconfirmed"]
        assert (shown["task"], shown["project"], shown["next_look"] is None) == (1, "cats", False)
        assert len(here.sandbox.posts()) == 1

    def test_when_a_person_decides_it_says_how(self, here: World, command: WithWorld) -> None:
        only_a_person(here)
        run = command(here)
        assert "needs you: cats: 1 unconfirmed, which only you can settle" in run("status").out
        for arguments in (["status"], ["preview", "1"], ["log", "1"], ["publish", "1", "--now"], ["retry", "1"]):
            said = run(*arguments)
            text = " ".join((said.out + said.err).replace("│", " ").split())
            assert "tasks resolve 1 --posted URL, or twitter-pipeline tasks resolve 1 --not-posted" in text, arguments

    def test_resume_says_that_it_posts_none_of_them(self, here: World, command: WithWorld) -> None:
        for scope in (["--all"], ["--project", "cats"], ["--account", "sandbox"]):
            assert "1 unconfirmed, not posted again by this" in command(here)("resume", *scope).out

    def test_what_readings_cost_is_listed(self, here: World, command: WithWorld) -> None:
        here.look()
        (shown,) = command(here)("account", "list", "--json").json
        assert (shown["readings_today"], shown["posts_read_today"], shown["read_today_costs"]) == (1, 1, "$0.001")
        assert "1 posts ($0.001)" in command(here)("account", "list").out

    def test_it_is_waited_for_as_long_as_the_timeline_is_read(self, here: World) -> None:
        def looked_for() -> int:
            return outstanding(here.engine, here.settings, since=utc_now(), now=utc_now()).looked_for

        assert looked_for() == 1
        with writing(here.engine) as connection:
            accounts.stop(connection, accounts.by_name(connection, "sandbox").id, "401")
        assert looked_for() == 0
        with writing(here.engine) as connection:
            accounts.resume(connection, "sandbox")
        assert looked_for() == 1
        only_a_person(here)
        assert looked_for() == 0

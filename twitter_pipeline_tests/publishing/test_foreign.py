"""At a start, posts on the timeline that are not ours are told, and cost little to find."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from requests_oauthlib import OAuth1Session

from twitter_pipeline.cli.up import timeline
from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import KEYS
from twitter_pipeline.publishing import foreign, post, resolving, verifying
from twitter_pipeline.publishing.foreign import Foreign
from twitter_pipeline.publishing.outcomes import AccountStopped, MustWait, Posted, Unknown
from twitter_pipeline.publishing.session import Session
from twitter_pipeline.store import accounts
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.tables import publishing_tasks
from twitter_pipeline_tests.sandbox.client import Account, data
from twitter_pipeline_tests.support.world import MakeWorld, World

TIMELINE = "GET /2/users/{id}/tweets"


def look(world: World) -> Foreign | None:
    with reading(world.engine) as connection:
        account = accounts.by_name(connection, "sandbox")
    return foreign.look(world.engine, world.settings, account.id, now=utc_now() + timedelta(seconds=1))


def post_elsewhere(world: World, text: str, username: str = "sandbox") -> str:
    keys = world.sandbox.credentials(username)
    with OAuth1Session(*keys.values()) as session:
        answer = session.post(f"{world.sandbox.url}/2/tweets", json={"text": text})
    assert answer.status_code == 201
    return str(answer.json()["data"]["id"])


def post_with_film(world: World, text: str) -> str:
    account = Account(world.sandbox.url, "sandbox")
    media_id = account.upload(world.clip.read_bytes(), "tweet_video", "video/mp4")
    return str(data(account.tweet(text, media_id))["id"])


def forget(world: World, post_id: str) -> None:
    """Let the timeline be seen, and the post be gone: so X's own rule against repetitions does not stand in the way."""
    look(world)
    data(Account(world.sandbox.url, "sandbox").delete(f"/2/tweets/{post_id}"))


def post_here(world: World, name: str) -> None:
    world.put(f"{name}.mp4", title=f"Cat {name}")
    world.scan()
    world.publish(world.task_of(f"{name}.mp4"), run_id=name)


@pytest.fixture
def here(world: MakeWorld) -> World:
    return world()


def test_the_first_look_only_remembers_where_the_timeline_is(here: World) -> None:
    for number in range(7):
        post_elsewhere(here, f"Years ago {number}")
    assert look(here) is None
    assert look(here) is None


def test_posts_of_others_are_told_once_and_ours_never(here: World) -> None:
    post_here(here, "a")
    assert look(here) is None
    post_here(here, "b")
    assert look(here) is None
    others = [post_elsewhere(here, f"From another machine {number}") for number in range(2)]
    post_here(here, "c")

    found = look(here)

    assert found is not None
    assert (found.account, found.number, found.or_more, found.maybe_ours) == ("sandbox", 2, False, False)
    assert found.newest.endswith(f"/sandbox/status/{others[-1]}")
    for words in ("2 posts since the last start are not from here", found.newest, "another machine", "an older copy"):
        assert words in str(found)
    assert look(here) is None


def test_of_an_empty_timeline_every_later_post_counts(here: World) -> None:
    assert look(here) is None
    post_elsewhere(here, "The first of all")
    found = look(here)
    assert found is not None
    assert "1 post since the last start is not from here" in str(found)


def test_one_whose_answer_was_lost_may_be_ours(here: World) -> None:
    look(here)
    here.looked_through()
    here.sandbox.fault("POST /2/tweets", "drop_after")
    here.sandbox.fault(TIMELINE, "status", status=503)
    post_here(here, "a")
    found = look(here)
    assert found is not None
    assert found.maybe_ours
    assert "may be the item that is unconfirmed here" in str(found)


def test_a_post_made_after_the_start_is_left_for_the_next(here: World) -> None:
    look(here)
    started = utc_now() - timedelta(minutes=1)
    post_elsewhere(here, "Just now")
    with reading(here.engine) as connection:
        account = accounts.by_name(connection, "sandbox")
    assert foreign.look(here.engine, here.settings, account.id, now=started) is None
    with reading(here.engine) as connection:
        assert accounts.by_name(connection, "sandbox").looked_at == account.looked_at
    assert look(here) is not None


def test_all_that_came_since_is_read_and_where_x_lists_no_more_it_says_so(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(foreign, "PAGE", 5)
    look(here)
    for number in range(12):
        post_elsewhere(here, f"Another {number}")
    monkeypatch.setattr(foreign, "MOST_PAGES", 2)
    found = look(here)
    assert found is not None
    assert "10 or more posts" in str(found)
    assert look(here) is None
    for number in range(6):
        post_elsewhere(here, f"One more {number}")
    found = look(here)
    assert found is not None
    assert (found.number, found.or_more) == (6, False)


def held(here: World, name: str) -> str:
    """Why the item is unconfirmed; nothing was sent for it."""
    before = len(here.sandbox.posts())
    outcome = here.publish(here.task_of(name), run_id=f"again {name}")
    assert isinstance(outcome, Unknown), outcome
    assert len(here.sandbox.posts()) == before
    return outcome.reason


def test_what_the_timeline_shows_already_is_not_posted(here: World) -> None:
    here.put("a.mp4", title="Cat & dog")
    here.scan()
    forget(here, post_with_film(here, "Cat & dog"))
    assert "shows a post with its words that is not known here" in held(here, "a.mp4")


def test_the_same_words_without_a_film_are_another_post(world: MakeWorld) -> None:
    here = world(sources=[{"same_words": "post"}])
    here.put("a.mp4", title="Cat")
    here.scan()
    forget(here, post_elsewhere(here, "Cat"))
    assert isinstance(here.publish(), Posted)


@pytest.mark.parametrize("minutes", [4, 6])
def test_posts_from_before_the_file_are_not_its_own_by_more_than_clocks_may_differ(
    world: MakeWorld, minutes: int
) -> None:
    here = world(sources=[{"same_words": "post"}])
    forget(here, post_with_film(here, "Cat"))
    here.put("a.mp4", title="Cat")
    later = utc_now() + timedelta(minutes=minutes)
    for file in here.folder.iterdir():
        os.utime(file, (later.timestamp(), later.timestamp()))
    here.scan(later + timedelta(seconds=9))
    with writing(here.engine) as connection:
        connection.execute(sa.update(publishing_tasks).values(created_at=later))
    assert isinstance(here.publish(), Posted if minutes == 6 else Unknown)


def test_a_text_of_a_list_that_grew_since_is_not_posted_again(world: MakeWorld) -> None:
    here = world(sources=[{"type": "text"}])
    forget(here, post_elsewhere(here, "Good morning"))
    (here.folder / "words.txt").write_text("Good morning", encoding="utf-8")
    later = time.time() + 5
    os.utime(here.folder / "words.txt", (later, later))
    here.scan(utc_now() + timedelta(seconds=9))
    assert "not known here" in held(here, "words.txt")


def test_a_post_that_may_be_the_one_of_another_item_under_way_is_waited_for(world: MakeWorld) -> None:
    here = world(sources=[{"same_words": "post"}])
    for name in ("a.mp4", "b.mp4"):
        here.put(name, title="Cat")
    here.scan()
    here.looked_through()
    here.sandbox.fault("POST /2/tweets", "drop_after")
    here.sandbox.fault(TIMELINE, "status", status=503)
    assert isinstance(here.publish(here.task_of("a.mp4")), Unknown)
    look(here)
    outcome = here.publish(here.task_of("b.mp4"), run_id="b")
    assert isinstance(outcome, MustWait)
    assert "same words" in outcome.reason
    here.look_until_settled(here.task_of("a.mp4"))
    data(Account(here.sandbox.url, "sandbox").delete(f"/2/tweets/{here.task_of('a.mp4').tweet_id}"))
    assert isinstance(here.publish(here.task_of("b.mp4"), run_id="b again"), Posted)


def test_a_person_who_says_that_it_is_not_its_post_speaks_for_that_item_only(world: MakeWorld) -> None:
    here = world(sources=[{"same_words": "post"}])
    for name in ("a.mp4", "b.mp4"):
        here.put(name, title="Cat")
    here.scan()
    forget(here, post_with_film(here, "Cat"))
    held(here, "a.mp4")
    resolving.decided_by_a_person(here.engine, here.settings, here.task_of("a.mp4"), posted=None, now=utc_now())
    held(here, "b.mp4")
    assert isinstance(here.publish(here.task_of("a.mp4"), run_id="once more"), Posted)


#: As X answers where it leaves out what it cannot show just now.
GAPS = {"data": [], "meta": {"result_count": 1}, "errors": [{"title": "Not Found"}]}


def test_a_list_that_lacks_posts_is_asked_for_again(here: World) -> None:
    here.put("a.mp4", title="Cat & dog")
    here.scan()
    look(here)
    post_with_film(here, "Cat & dog")
    here.sandbox.fault(TIMELINE, "status", status=200, body=GAPS, times=2)
    with pytest.raises(foreign.HasGaps):
        look(here)
    with writing(here.engine) as connection:
        accounts.look_again(connection)
    outcome = here.publish()
    assert isinstance(outcome, MustWait)
    assert "lacks some of them" in outcome.reason
    with writing(here.engine) as connection:
        accounts.resume(connection, "sandbox")
    assert "shows a post with its words that is not known here" in held(here, "a.mp4")


def test_a_timeline_that_always_has_gaps_is_told_and_not_paid_for_without_end(world: MakeWorld) -> None:
    here = world(x={"settle_time": "10 min"})
    for name in ("a.mp4", "b.mp4"):
        here.put(name, title=name)
    here.scan()
    here.sandbox.fault(TIMELINE, "status", status=200, body=GAPS, times="always")
    waits = []
    for number in range(foreign.MOST_GAPS):
        # Two at once count once: the second was taken before the first let the account wait.
        sessions = [here.open(task, run_id=f"{task.id}-{number}") for task in here.tasks()]
        for session in sessions:
            assert isinstance(session, Session)
            with session:
                outcome = post.publish(session)
        with writing(here.engine) as connection:
            account = accounts.by_name(connection, "sandbox")
            assert account.timeline_gaps == number + 1
            if account.wait_until is not None:
                waits.append(account.wait_until - utc_now())
            accounts.end_wait(connection, account.id, "")
    assert isinstance(outcome, AccountStopped)
    assert waits == sorted(waits)
    assert "lacks some of them, as X says itself, 5 times" in str(account.stopped_reason)
    (why,) = verifying.examine(here.engine, here.settings, account.id).problems
    assert why.startswith("nothing is posted with it: X's list of its posts lacks some of them")
    assert why.endswith("posts go out without them); then: twitter-pipeline resume --account sandbox")
    assert here.posted_texts() == []

    with writing(here.engine) as connection:
        accounts.resume(connection, "sandbox")
    for task in here.tasks():
        assert isinstance(here.publish(task, run_id=f"{task.id} again"), Posted)


class TestStart:
    """What `up` does with it."""

    @pytest.fixture(autouse=True)
    def _log(self, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
        with caplog.at_level(logging.INFO, "twitter_pipeline"):
            yield

    def test_every_account_that_posts_is_looked_at(self, world: MakeWorld, caplog: pytest.LogCaptureFixture) -> None:
        here = world(
            sources=[{"type": "video"}, {"type": "image", "account": "dogs"}],
            top={"accounts": [{"name": "cats"}, {"name": "dogs"}]},
        )
        timeline.begin(here.engine, here.settings).join(20)
        for name in ("cats", "dogs"):
            post_elsewhere(here, f"By {name}", name)
        assert caplog.records == []
        timeline._look(here.engine, here.settings, utc_now() + timedelta(seconds=1))
        assert [record.levelname for record in caplog.records] == ["WARNING"] * 2
        assert {record.getMessage().split(":")[0] for record in caplog.records} == {"account cats", "account dogs"}

    def test_what_a_start_has_looked_through_the_first_post_need_not_look_at_again(self, here: World) -> None:
        here.put("a.mp4", title="Cat")
        here.scan()
        timeline.begin(here.engine, here.settings).join(20)
        here.sandbox.fault(TIMELINE, "status", status=429, times=9)  # as a plan with one reading in 15 minutes would
        assert isinstance(here.publish(), Posted)

    @pytest.mark.parametrize("fault", [{"kind": "status", "status": 403}, {"kind": "drop"}])
    def test_x_being_away_ends_nothing(
        self, here: World, caplog: pytest.LogCaptureFixture, fault: dict[str, object]
    ) -> None:
        here.sandbox.fault(TIMELINE, **fault)  # type: ignore[arg-type]
        timeline.begin(here.engine, here.settings).join(20)
        (record,) = caplog.records
        assert record.levelname == "INFO"
        assert "the timeline of account sandbox was not looked at: " in record.getMessage()

    def test_it_holds_up_nothing(self, here: World) -> None:
        here.sandbox.fault(TIMELINE, "delay", seconds=2)
        thread = timeline.begin(here.engine, here.settings)
        assert thread.is_alive(), "it waited for no answer"
        assert thread.daemon
        thread.join(20)

    def test_live_posts_that_go_elsewhere_are_told(self, world: MakeWorld, caplog: pytest.LogCaptureFixture) -> None:
        here = world(top={"mode": "live", "accounts": [{"name": "a", **dict.fromkeys(KEYS, "k")}]})
        elsewhere = here.settings.model_copy(update={"projects": ()})
        timeline.begin(here.engine, elsewhere).join(20)
        assert f"posts go to {here.sandbox.url} (x.base_url), not to X's own address" in caplog.text
        caplog.clear()
        x = here.settings.x.model_copy(update={"base_url": None})
        timeline.begin(here.engine, elsewhere.model_copy(update={"x": x})).join(20)
        assert caplog.text == ""

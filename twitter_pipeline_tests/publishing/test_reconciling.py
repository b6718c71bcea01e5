"""X's answer to a post is lost: the timeline shows whether it is out."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta, timezone

import pytest

from twitter_pipeline.alerting import causes
from twitter_pipeline.cli.up.idle import outstanding
from twitter_pipeline.clock import utc_now
from twitter_pipeline.publishing import post, reconciling, resolving
from twitter_pipeline.publishing.outcomes import (
    AccountStopped,
    Adopted,
    Failed,
    Interrupted,
    MustWait,
    Outcome,
    Posted,
    Refused,
    Unknown,
)
from twitter_pipeline.publishing.session import Session, Unavailable
from twitter_pipeline.store import accounts, looks
from twitter_pipeline.store.attempts import AttemptState
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.status import Status
from twitter_pipeline.x.client import XClient
from twitter_pipeline_tests.conftest import MakeWorld
from twitter_pipeline_tests.support.items import read_lines
from twitter_pipeline_tests.support.waiting import wait_for
from twitter_pipeline_tests.support.world import World

CREATE = "POST /2/tweets"
TIMELINE = "GET /2/users/{id}/tweets"
#: Words that X gives back changed.
CHANGED = "Cats & dogs <nap> at HTTPS://Example.com/a?b=1&c=2 and example.org — Café  📷\n\n#cats"


def lose(here: World, kind: str = "drop", *, task: str | None = None) -> None:
    """Post an item in vain: the request gets lost, or its answer."""
    here.sandbox.fault(CREATE, kind)
    outcome = here.publish(here.task_of(task) if task else None, run_id=f"lost-{task}")
    assert isinstance(outcome, Unknown), outcome


def one_item(world: MakeWorld) -> World:
    here = world()
    here.put(title="Cat naps")
    here.scan()
    here.looked_through()
    return here


@pytest.mark.parametrize("kind", ["drop_after", "cut"])
def test_a_post_whose_answer_was_lost_is_found_by_the_run_itself(world: MakeWorld, kind: str) -> None:
    here = one_item(world)
    here.sandbox.fault(CREATE, kind)

    outcome = here.publish()

    assert isinstance(outcome, Adopted)
    task, (post,) = here.task(), here.sandbox.posts()
    assert (task.status, task.tweet_id, task.retry_count) == (Status.COMPLETED, post["id"], 0)
    assert "found on the timeline" in read_lines(here.engine, task.id)[-1].message
    assert here.attempt_states() == ["adopted"]


def test_a_post_that_did_not_land_goes_out_by_the_next_run(world: MakeWorld) -> None:
    here = one_item(world)
    lose(here)

    said = here.look_until_settled()

    task = here.task()
    assert (task.status, task.retry_count) == (Status.PENDING, 1)
    assert "not on X" in said[-1]
    assert isinstance(here.publish(run_id="again"), Posted)
    assert here.posted_texts() == ["Cat naps"]
    assert here.attempt_states() == ["absent", "confirmed"]


@pytest.mark.parametrize(
    ("status", "body", "retries"),
    [
        (503, None, 0),  # X was busy
        (502, "<html>Bad gateway</html>", 1),
        (403, "<html>blocked</html>", 1),  # a gateway's, not X's word on the text
    ],
)
def test_what_the_answer_was_tells_whether_a_retry_is_used_up(
    world: MakeWorld, status: int, body: str | None, retries: int
) -> None:
    here = one_item(world)
    here.sandbox.fault(CREATE, "status", status=status, body=body)
    assert isinstance(here.publish(), Unknown)
    here.look_until_settled()
    assert (here.task().status, here.task().retry_count) == (Status.PENDING, retries)


@pytest.mark.parametrize("was_lost", [False, True])
def test_a_project_says_how_often_an_item_is_tried_again(world: MakeWorld, was_lost: bool) -> None:
    here = world(max_retries=0)
    here.put(title="Cat naps")
    here.scan()
    here.looked_through()
    if was_lost:
        lose(here)
        here.look_until_settled()
    else:
        here.sandbox.fault("POST /2/media/upload/initialize", "status", status=500)
        here.publish()
    assert here.task().status is Status.FAILED


def test_absent_takes_three_whole_readings_far_enough_apart_by_xs_clock(
    world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = world(x={"settle_time": "10 min"})
    here.put(title="Cat naps")
    here.scan()
    here.looked_through()
    monkeypatch.setattr(reconciling, "IN_RUN", ())
    lose(here)
    begin = datetime(2026, 11, 24, 12, tzinfo=timezone.utc)
    stands = []
    for minutes in (0, 9, 9.9, 10.1, 11.5, 12.2):
        x_now = begin + timedelta(minutes=minutes)
        monkeypatch.setattr(XClient, "x_time", property(lambda _, at=x_now: at))
        # Our own clock, days ahead, brings nothing forward.
        here.look(utc_now() + timedelta(days=1 + minutes))
        stands.append(here.task().status)
    assert stands == [Status.UNCONFIRMED] * 5 + [Status.PENDING]
    assert here.attempt_states() == ["absent"]


def test_a_post_that_appears_late_is_adopted_by_a_tick(world: MakeWorld) -> None:
    here = one_item(world)
    here.sandbox.fault(TIMELINE, "status", status=503, times=20)
    lose(here, "drop_after")
    here.sandbox.clear_faults()

    here.look_until_settled()

    task, (post,) = here.task(), here.sandbox.posts()
    assert (task.status, task.tweet_id) == (Status.COMPLETED, post["id"])
    assert task.executed_time is not None
    assert abs(task.executed_time - utc_now()) < timedelta(minutes=1)


@pytest.mark.parametrize("status", [404, 500, 503])
def test_while_the_timeline_is_out_of_order_nothing_is_taken_for_absent(world: MakeWorld, status: int) -> None:
    here = one_item(world)
    here.sandbox.fault(TIMELINE, "status", status=status, times=100)
    lose(here)
    for hours in range(3):
        assert "could not be read" in here.look(utc_now() + timedelta(hours=hours))[0]
    assert here.task().status is Status.UNCONFIRMED
    assert here.posted_texts() == []


_OLD = {"id": "7", "text": "long ago", "created_at": "2020-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    "listed",
    [
        {"data": [], "meta": {"result_count": 1}},
        {"data": [], "meta": {"result_count": 0, "next_token": "more"}},
        # It goes back far enough, and yet not all is there.
        {"data": [_OLD], "meta": {"result_count": 2}},
        {"data": [_OLD], "meta": {"result_count": 1}, "errors": [{"title": "Not Found"}]},
    ],
)
def test_a_listing_that_lacks_posts_shows_no_absence_and_stops_no_tick(
    world: MakeWorld, listed: dict[str, object]
) -> None:
    """Of the account nothing is known yet: there is no post to begin after."""
    here = one_item(world)
    here.sandbox.fault(TIMELINE, "status", status=200, body=listed, times=100)
    lose(here)
    for hours in range(3):
        assert "not be read as far back" in here.look(utc_now() + timedelta(hours=hours))[0]
    assert here.task().status is Status.UNCONFIRMED


def test_after_ten_readings_in_vain_a_person_decides(world: MakeWorld) -> None:
    here = one_item(world)
    here.sandbox.fault(TIMELINE, "status", status=404, times=100)
    lose(here)
    for hours in range(reconciling.MOST_LOOKS):
        here.look(utc_now() + timedelta(hours=2 * hours))
    assert here.look(utc_now() + timedelta(days=9)) == []
    assert "tasks resolve 1 --posted URL, or --not-posted" in str(here.task().error_message)


def test_where_the_plan_forbids_reading_a_person_decides_at_once(world: MakeWorld) -> None:
    here = one_item(world)
    forbidden = {"title": "Forbidden", "detail": "Not on your plan.", "type": "about:blank", "status": 403}
    here.sandbox.fault(TIMELINE, "status", status=403, body=forbidden, times=100)
    lose(here)
    assert "Not on your plan" in here.look()[0]
    assert here.look(utc_now() + timedelta(days=9)) == []
    assert "--not-posted" in str(here.task().error_message)


@pytest.mark.parametrize(("status", "posts_still"), [(401, True), (402, True), (402, False)])
def test_an_account_that_x_refuses_is_stopped_and_looked_at_again_once_it_is_not(
    world: MakeWorld, status: int, posts_still: bool
) -> None:
    people = {"accounts": [{"name": "cats"}, {"name": "dogs"}]}
    here = world(account="cats", top=people)
    here.put(title="Cat naps")
    here.scan()
    here.looked_through("cats")
    here.sandbox.fault(TIMELINE, "status", status=status, times=100)
    lose(here, "drop_after")
    began = utc_now()
    if not posts_still:
        here.settings = world(account="dogs", top=people).settings

    def needs_a_person(now: datetime) -> list[str]:
        with reading(here.engine) as connection:
            disk = (1, 100, 90)
            found = causes.find(connection, here.settings, now=now, running_since=now, disk_usage=lambda _: disk)
            return [f"{cause.key}: {cause.message} {cause.remedy}" for cause in found]

    for hours in range(reconciling.MOST_LOOKS + 1):
        now = began + timedelta(hours=hours)
        (said,) = here.look(now)
        assert (f"X answered {status}" in said) == (hours == 0)
    (told,) = needs_a_person(now)
    assert f"stopped:cats: X answered {status}" in told
    assert ("resume --account cats" in told) == posts_still
    assert outstanding(here.engine, here.settings, since=began, now=now).looked_for == 0
    assert f"X answered {status}" in str(here.task().error_message)

    here.sandbox.clear_faults()
    with writing(here.engine) as connection:
        accounts.resume(connection, "cats")
    here.look(now + timedelta(hours=1))
    assert here.task().status is Status.COMPLETED
    assert needs_a_person(now) == []


def test_a_tick_reads_no_longer_than_it_says_and_begins_with_what_the_last_one_did_not_reach(
    world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("ant", "bee", "cat")
    here = world(
        sources=[{"type": "video", "path": name, "account": name} for name in names],
        top={"accounts": [{"name": name} for name in names]},
    )
    for name in names:
        here.put(f"{name}/{name}.mp4", title=name)
    here.scan()
    here.sandbox.fault(TIMELINE, "status", status=503, times=20)
    for name in names:
        here.looked_through(name)
        lose(here, "drop", task=f"{name}/{name}.mp4")
    here.sandbox.clear_faults()
    here.sandbox.fault(TIMELINE, "hang", times="always")
    now = utc_now()
    monkeypatch.setattr(reconciling, "READ_WITHIN", timedelta(seconds=0.4))

    for name in names:
        now += timedelta(seconds=1)
        began = time.monotonic()
        (said,) = reconciling.look_where_due(here.engine, here.settings, now=now)
        assert time.monotonic() - began < 9
        assert name in said


def test_what_no_timeout_ends_is_not_waited_for_either(world: MakeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    here = one_item(world)
    lose(here)

    done = threading.Event()
    monkeypatch.setattr(reconciling, "connected_as", lambda *_, **__: done.wait(20))
    monkeypatch.setattr(reconciling, "READ_WITHIN", timedelta(seconds=0.2))
    (said,) = reconciling.look_where_due(here.engine, here.settings, now=utc_now() + timedelta(seconds=1))
    done.set()
    assert "could not be read: It was not read within" in said


def test_without_leave_to_read_the_timeline_nobody_reads_it(world: MakeWorld) -> None:
    here = world(x={"read_timeline": False})
    here.put(title="Cat naps")
    here.scan()
    lose(here, "drop_after")
    assert here.look() == []
    assert here.task().status is Status.UNCONFIRMED


@pytest.mark.parametrize("text", [CHANGED, "x" * 280, "ünïcödé in NFD: é", "مرحبا بالعالم 🐈‍⬛", "1 < 2 && 3 > 2"])
def test_a_text_is_found_whatever_x_does_to_it(world: MakeWorld, text: str) -> None:
    here = world(sources=[{"type": "text"}])
    (here.folder / "words.txt").write_text(text, encoding="utf-8")
    here.scan()
    here.sandbox.fault(CREATE, "drop_after")
    assert isinstance(here.publish(), Adopted)
    assert len(here.posted_texts()) == 1


def test_items_with_the_same_words_are_told_apart_by_their_media(world: MakeWorld) -> None:
    here = world(sources=[{"same_words": "post"}])
    here.put("one.mp4", title="Cat naps")
    here.put("two.mp4", title="Cat naps")
    here.scan()
    here.looked_through()
    here.sandbox.fault(TIMELINE, "status", status=503, times=20)
    lose(here, "drop_after", task="one.mp4")
    lose(here, "drop", task="two.mp4")
    here.sandbox.clear_faults()

    here.look_until_settled(here.task_of("one.mp4"))
    here.look_until_settled(here.task_of("two.mp4"))

    assert here.task_of("one.mp4").status is Status.COMPLETED
    assert here.task_of("two.mp4").status is Status.PENDING


def test_an_item_with_the_same_words_and_no_media_waits_for_the_other(world: MakeWorld) -> None:
    here = world(sources=[{"type": "text"}])
    for name, words in (("one.txt", "Good morning"), ("two.txt", "GOOD MORNING")):
        (here.folder / name).write_text(words, encoding="utf-8")
    here.scan()
    first, second = here.tasks()
    here.sandbox.fault(CREATE, "drop")
    assert isinstance(here.publish(first, run_id="lost"), Unknown)

    outcome = here.publish(second, run_id="same")

    assert isinstance(outcome, MustWait)
    assert "same words" in outcome.reason
    assert here.posted_texts() == []


def test_an_interrupt_after_the_request_leaves_the_item_unconfirmed_not_cancelled(
    world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = one_item(world)
    here.sandbox.fault(CREATE, "drop_after")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(reconciling.time, "sleep", interrupted)
    session = here.open()
    assert isinstance(session, Session)
    with session, pytest.raises(KeyboardInterrupt):
        post.publish(session)
    monkeypatch.undo()
    session.settle(Interrupted("ended by a person", by_person=True))
    assert here.task().status is Status.UNCONFIRMED
    here.look_until_settled()
    assert here.task().status is Status.COMPLETED


def test_a_late_yes_completes_an_item_that_was_taken_for_absent(world: MakeWorld) -> None:
    here = one_item(world)
    session = here.send_and_die()
    here.look_until_settled()
    assert here.task().status is Status.PENDING

    late = Posted("posted: https://x.com/cats/status/7", "7", "https://x.com/cats/status/7")
    session.settle(late)

    assert (here.task().status, here.task().tweet_id) == (Status.COMPLETED, "7")
    assert isinstance(here.open(run_id="again"), Unavailable)


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (Refused("400"), Status.FAILED),
        (Failed("nobody was reached"), Status.PENDING),
        (MustWait("429", datetime(2026, 11, 24, tzinfo=timezone.utc)), Status.PENDING),
        (AccountStopped("402"), Status.PENDING),
    ],
)
def test_a_late_no_lets_an_item_go_on_whose_run_was_thought_dead(
    world: MakeWorld, outcome: Outcome, status: Status
) -> None:
    here = one_item(world)
    session = here.send_and_die()
    assert here.task().status is Status.UNCONFIRMED
    state = AttemptState.PREPARED if isinstance(outcome, Failed) else AttemptState.REFUSED

    post._write_down(session, post._Answer(state, outcome))

    assert here.task().status is status
    assert here.attempt_states() == [state.value]


def test_two_readers_at_once_read_once(world: MakeWorld) -> None:
    here = one_item(world)
    lose(here)
    now = utc_now() + timedelta(seconds=1)
    with writing(here.engine) as connection:
        assert len(looks.begin(connection, 1, now=now, again=now + timedelta(minutes=1))) == 1
        assert not looks.begin(connection, 1, now=now, again=now + timedelta(minutes=1))


def test_what_the_readings_listed_is_counted(world: MakeWorld) -> None:
    here = one_item(world)
    here.sandbox.fault(CREATE, "drop_after")
    here.publish()
    with reading(here.engine) as connection:
        readings, posts = looks.cost(connection, 1, utc_now().date())
    assert (readings, posts) == (1, 1)


def test_a_reading_lists_what_came_after_the_newest_post_that_was_known_and_that_one(world: MakeWorld) -> None:
    """X charges for each post listed. Ids tell the order of what is a second apart."""
    here = one_item(world)
    here.publish()
    first = utc_now()
    wait_for(lambda: utc_now() - first > timedelta(seconds=1.1), 5, "the next second")
    for name in ("second.mp4", "third.mp4"):
        here.put(name, title=f"Another nap, {name}")
    here.scan()
    here.publish(here.task_of("second.mp4"), run_id="second")
    lose(here, task="third.mp4")
    here.look()
    with reading(here.engine) as connection:
        readings, posts = looks.cost(connection, 1, utc_now().date())
    assert posts == readings > 0


@pytest.mark.parametrize("posted", ["77", None])
def test_a_person_decides(world: MakeWorld, posted: str | None) -> None:
    here = one_item(world)
    lose(here)
    said = resolving.decided_by_a_person(here.engine, here.settings, here.task(), posted=posted, now=utc_now())
    assert said is not None
    assert here.attempt_states() == ["adopted" if posted else "absent"]
    assert here.task().status is (Status.COMPLETED if posted else Status.PENDING)
    if not posted:
        assert isinstance(here.publish(run_id="again"), Posted)


def test_a_lease_that_ran_out_is_looked_after_as_soon_as_the_reaper_comes(world: MakeWorld) -> None:
    here = one_item(world)
    here.send_and_die()
    assert here.task().status is Status.UNCONFIRMED
    assert here.look() != []

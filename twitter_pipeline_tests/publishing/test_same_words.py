"""Words that the account has posted not long ago: another item with them waits, or goes out in others."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from twitter_pipeline.clock import utc_now
from twitter_pipeline.publishing import post, resolving, steps, uploading
from twitter_pipeline.publishing.matching import ONE_SECOND
from twitter_pipeline.publishing.outcomes import Failed, MustWait, Posted, Unknown
from twitter_pipeline.publishing.preview import preview
from twitter_pipeline.publishing.session import Ended, Session
from twitter_pipeline.store import repeats
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import publishing_attempts
from twitter_pipeline_tests.publishing.test_foreign import forget, look, post_elsewhere, post_with_film
from twitter_pipeline_tests.sandbox.client import Account, data
from twitter_pipeline_tests.support.waiting import wait_for
from twitter_pipeline_tests.support.world import MakeWorld, World

VARY: dict[str, Any] = {"same_words": "vary"}
THREAD: dict[str, Any] = {"type": "video", "overflow": "thread", "thread_numbers": False}
STORY = " ".join(f"Sentence number {number} of a long story about paper planes." for number in range(15))


def put_twins(here: World, **words: Any) -> None:
    """Two films with the same words; the first of them is posted."""
    words = words or {"title": "Cat naps"}
    for name in ("clip_01", "clip_02"):
        here.put(f"{name}.mp4", **words)
    here.scan()
    assert isinstance(here.publish(here.task_of("clip_01.mp4"), run_id="first"), Posted)


def publish_second(here: World) -> Any:
    return here.publish(here.task_of("clip_02.mp4"), run_id="second")


def test_an_item_waits_until_x_takes_its_words_again(world: MakeWorld) -> None:
    here = world(x={"repeat_window": "6 h"})
    put_twins(here)
    outcome = publish_second(here)
    assert isinstance(outcome, MustWait)
    second = here.task_of("clip_02.mp4")
    first = here.task_of("clip_01.mp4")
    assert (second.status, second.retry_count) == (Status.PENDING, 0)
    assert timedelta(hours=5, minutes=59) < outcome.until - utc_now() <= timedelta(hours=6)
    assert f"the account posted the same words at {first.executed_time:%Y-%m-%d %H:%M} UTC" in outcome.reason
    assert f"/{first.tweet_id})" in outcome.reason
    assert here.posted_texts() == ["Cat naps"]
    shown = preview(here.engine, here.settings, second, now=utc_now())
    assert shown.draft is not None
    assert outcome.reason in shown.why_not
    later = preview(here.engine, here.settings, second, now=utc_now() + timedelta(hours=6))
    assert later.why_not == ()


def test_nobody_is_pinged_by_the_name_of_a_file(world: MakeWorld) -> None:
    here = world(sources=[VARY])
    for name in ("Song", "Song ft @stranger"):
        here.put(f"{name}.mp4", title="Cat naps")
    here.scan()
    for name in ("Song.mp4", "Song ft @stranger.mp4"):
        here.publish(here.task_of(name), run_id=name)
    assert here.posted_texts() == ["Cat naps", "Cat naps (Song ft stranger)"]


@pytest.mark.parametrize(("source", "texts"), [({}, ["Cat naps"]), (VARY, ["Cat naps", "Cat naps (2)"])])
def test_of_two_runs_at_the_same_moment_one_goes_out_and_the_other_thinks_again(
    world: MakeWorld, source: dict[str, Any], texts: list[str]
) -> None:
    here = world(sources=[{"type": "video", **source}])
    for name in ("clip_01", "clip_02"):
        here.put(f"{name}.mp4", title="Cat naps")
    here.scan()
    sessions = [here.open(task, run_id=f"run-{task.id}") for task in here.tasks()]
    uploaded = []
    for session in sessions:
        assert isinstance(session, Session)
        uploaded.append(uploading.upload(session, steps.prepare(session)))
    first, second = sessions
    assert isinstance(first, Session)
    assert isinstance(second, Session)
    with first, second:
        post.create(first, uploaded[0])
        with pytest.raises(Ended) as ended:
            post.create(second, uploaded[1])
        assert isinstance(ended.value.outcome, MustWait)
        second.settle(ended.value.outcome)
    publish_second(here)
    assert here.posted_texts() == texts
    assert here.task_of("clip_02.mp4").retry_count == 0


@pytest.mark.parametrize(
    ("source", "words", "text", "varied"),
    [
        (VARY, {}, "Cat naps (2)", "with the number of its file’s name"),
        ({**VARY, "suffixes": ["🐾", "zzz"]}, {}, "Cat naps 🐾", "with “🐾”"),
        (
            VARY,
            {"title": "Cat", "description": "It naps. It eats. It purrs.", "hashtags": ["cat"]},
            "Cat\n\nIt eats. It purrs.\n\n#cat",
            "the description from sentence 2 on",
        ),
        # Signs of Markdown may stand around both.
        (
            VARY,
            {"title": "Cat", "description": "**It naps. It eats.** It purrs."},
            "Cat\n\nIt eats. It purrs.",
            "the description from sentence 2 on",
        ),
        # What ends the words stands before the hashtags that they end with.
        (VARY, {"title": "Cat naps #cat #day"}, "Cat naps (2)\n\n#cat #day", "with the number of its file’s name"),
    ],
)
def test_an_item_goes_out_in_other_words(
    world: MakeWorld, source: dict[str, Any], words: dict[str, Any], text: str, varied: str
) -> None:
    here = world(sources=[source])
    put_twins(here, **words)
    shown = preview(here.engine, here.settings, here.task_of("clip_02.mp4"), now=utc_now()).draft
    assert shown is not None
    assert isinstance(publish_second(here), Posted)
    assert here.posted_texts()[1] == text
    kept = here.task_of("clip_02.mp4").content_data
    assert (kept["text"], kept["varied"], kept["ways"]) == (text, varied, [])
    assert (shown.text, shown.varied, shown.weight) == (text, varied, kept["weight"])


def test_each_of_several_goes_out_in_the_first_words_that_are_new(world: MakeWorld) -> None:
    here = world(sources=[{**VARY, "suffixes": ["zzz", "🐾"]}])
    for number in range(4):
        here.put(f"clip_{number}.mp4", title="Cat naps")
    here.scan()
    for task in here.tasks():
        assert isinstance(here.publish(task, run_id=f"run-{task.id}"), Posted)
    assert here.posted_texts() == ["Cat naps", "Cat naps zzz", "Cat naps 🐾", "Cat naps (3)"]


def test_without_other_words_it_waits(world: MakeWorld) -> None:
    here = world(sources=[{**VARY, "template": "Again a cat"}])
    put_twins(here)
    assert isinstance(publish_second(here), MustWait)


def test_what_is_posted_all_the_same_is_left_to_x(world: MakeWorld) -> None:
    here = world(sources=[{"same_words": "post"}])
    put_twins(here)
    assert isinstance(publish_second(here), Unknown)  # a 403 "duplicate" may be of this very request


def test_another_account_may_say_the_same(world: MakeWorld) -> None:
    accounts_ = {"accounts": [{"name": "sandbox"}, {"name": "other"}]}
    here = world(top=accounts_, sources=[{"path": "a"}, {"path": "b", "account": "other"}])
    for name in ("a", "b"):
        here.put(f"{name}/clip.mp4", title="Cat naps")
    here.scan()
    for task in here.tasks():
        assert isinstance(here.publish(task, run_id=f"run-{task.id}"), Posted)


def test_what_a_person_wrote_is_not_varied(world: MakeWorld) -> None:
    from twitter_pipeline.publishing.editing import edit

    here = world(sources=[VARY])
    put_twins(here)
    edit(
        here.engine,
        here.settings,
        here.task_of("clip_02.mp4").id,
        {"text": "cat naps"},
        actor="ann",
        now=utc_now(),
    )
    assert isinstance(publish_second(here), MustWait)


def test_an_item_s_own_attempts_are_no_repetition(world: MakeWorld) -> None:
    here = world(x={"settle_time": "0.1 s"})
    here.put("clip_01.mp4", title="Cat naps")
    here.scan()
    here.looked_through()
    here.sandbox.fault("POST /2/tweets", "drop")
    assert isinstance(here.publish(), Unknown)
    here.look_until_settled()
    assert here.task().status is Status.PENDING  # it was not there
    assert isinstance(here.publish(run_id="again"), Posted)
    assert here.posted_texts() == ["Cat naps"]


def test_one_whose_outcome_is_open_is_waited_for_a_moment(world: MakeWorld) -> None:
    here = world(x={"settle_time": "30 s"})
    for name in ("clip_01", "clip_02"):
        here.put(f"{name}.mp4", title="Cat naps")
    here.scan()
    here.looked_through()
    here.sandbox.fault("POST /2/tweets", "drop_after")
    here.sandbox.fault("GET /2/users/{id}/tweets", "status", status=503)
    assert isinstance(here.publish(here.task_of("clip_01.mp4"), run_id="first"), Unknown)
    outcome = publish_second(here)
    assert isinstance(outcome, MustWait)
    assert outcome.until - utc_now() <= timedelta(seconds=30)


def test_words_that_somebody_else_posted_before_the_item_was_made_are_a_repetition(world: MakeWorld) -> None:
    here = world()
    look(here)
    forget(here, post_elsewhere(here, "Cat naps"))
    here.put("clip_02.mp4", title="Cat naps")
    here.scan()
    outcome = publish_second(here)
    assert isinstance(outcome, MustWait)
    assert "posted the same words" in outcome.reason


@pytest.mark.parametrize("posted", ["Cat naps", "Cat naps (2)"])
def test_a_post_that_may_be_the_item_s_own_is_never_varied_around(world: MakeWorld, posted: str) -> None:
    """As after a restored copy of the database: the item may be out, in its own words or in those it was varied to."""
    here = world(sources=[VARY])
    look(here)
    here.put("clip_02.mp4", title="Cat naps")
    here.scan()
    forget(here, post_with_film(here, posted))
    outcome = publish_second(here)
    assert isinstance(outcome, Unknown)
    assert "the timeline shows a post with its words" in outcome.reason
    assert here.posted_texts() == []
    resolving.decided_by_a_person(here.engine, here.settings, here.task(), posted=None, now=utc_now())
    assert isinstance(here.publish(run_id="told"), Posted)


def a_thread(here: World, **words: Any) -> list[str]:
    """The posts of a thread that is to go out."""
    here.put("clip_12.mp4", **(words or {"title": "Paper planes", "description": STORY}))
    here.scan()
    shown = preview(here.engine, here.settings, here.task_of("clip_12.mp4"), now=utc_now()).draft
    assert shown is not None
    assert len(shown.texts) > 2
    return list(shown.texts)


@pytest.mark.parametrize("part", [2, 4])
def test_no_post_of_a_thread_goes_out_while_one_of_them_would_be_refused(world: MakeWorld, part: int) -> None:
    here = world(sources=[THREAD])
    texts = a_thread(here)
    here.put("short.mp4", title=texts[part - 1])
    here.scan()
    here.publish(here.task_of("short.mp4"), run_id="first")
    outcome = here.publish(here.task_of("clip_12.mp4"), run_id="second")
    assert isinstance(outcome, MustWait)
    assert "posted the same words" in outcome.reason
    assert outcome.until - utc_now() > timedelta(hours=23)
    assert here.posted_texts() == [texts[part - 1]]
    shown = preview(here.engine, here.settings, here.task_of("clip_12.mp4"), now=utc_now())
    assert outcome.reason in shown.why_not


def test_a_thread_that_could_not_go_on_does_not_begin_even_where_all_is_left_to_x(world: MakeWorld) -> None:
    here = world(sources=[{**THREAD, "same_words": "post"}])
    texts = a_thread(here)
    for name, words in (("one", texts[0]), ("last", texts[3])):
        here.put(f"{name}.mp4", title=words)
    here.scan()
    here.publish(here.task_of("last.mp4"), run_id="last")
    outcome = here.publish(here.task_of("clip_12.mp4"), run_id="thread")
    assert isinstance(outcome, MustWait)
    assert outcome.reason.endswith("(a thread of which a later post would be refused does not begin)")
    assert outcome.until - utc_now() > timedelta(hours=23)
    shown = preview(here.engine, here.settings, here.task_of("clip_12.mp4"), now=utc_now())
    assert outcome.reason in shown.why_not
    with writing(here.engine) as connection:  # a day passes
        connection.execute(sa.update(publishing_attempts).values(sent_at=utc_now() - timedelta(days=1)))
    # The first post is left to X, as any other is.
    here.looked_through()
    here.publish(here.task_of("one.mp4"), run_id="one")
    assert isinstance(here.publish(here.task_of("clip_12.mp4"), run_id="later"), Unknown)


def test_a_thread_left_to_x_is_held_back_at_the_last_moment_too(world: MakeWorld) -> None:
    here = world(sources=[{**THREAD, "same_words": "post"}])
    texts = a_thread(here)
    session = here.open()
    assert isinstance(session, Session)
    with session:
        uploaded = uploading.upload(session, steps.prepare(session))
        here.put("last.mp4", title=texts[3])
        here.scan()
        here.publish(here.task_of("last.mp4"), run_id="last")
        with pytest.raises(Ended, match="since it was prepared; it is prepared anew"):
            post.create(session, uploaded)
    assert here.posted_texts() == [texts[3]]


def test_a_thread_is_varied_for_any_of_its_posts(world: MakeWorld) -> None:
    here = world(sources=[{**THREAD, **VARY, "suffixes": ["🐾"]}])
    texts = a_thread(here, title=STORY)
    here.put("short.mp4", title=texts[-1])
    here.scan()
    here.publish(here.task_of("short.mp4"), run_id="first")
    assert isinstance(here.publish(here.task_of("clip_12.mp4"), run_id="second"), Posted)
    assert here.posted_texts() == [texts[-1], *texts[:-1], f"{texts[-1]} 🐾"]
    assert here.task_of("clip_12.mp4").content_data["varied"] == "with “🐾”"


def test_words_that_another_item_says_in_the_middle_of_a_thread_are_waited_for(world: MakeWorld) -> None:
    here = world(sources=[THREAD])
    texts = a_thread(here)
    here.looked_through()
    here.sandbox.add_faults([{"call": "POST /2/tweets", "kind": "status", "status": 404, "after": 1}])
    assert isinstance(here.publish(), Failed)
    here.sandbox.clear_faults()
    here.put("short.mp4", title=texts[2])
    here.scan()
    here.publish(here.task_of("short.mp4"), run_id="short")
    outcome = here.publish(here.task_of("clip_12.mp4"), run_id="again")
    assert isinstance(outcome, MustWait)
    assert outcome.reason.startswith("the account posted the same words at ")
    assert "same_words" not in outcome.reason  # that changes nothing of it any more
    task = here.task_of("clip_12.mp4")
    assert (task.status, here.posted_texts()) == (Status.PENDING, [texts[0], texts[2], texts[1]])
    assert str(task.error_message).startswith("2 of 4 posts of its thread are on X; ")
    data(Account(here.sandbox.url, "sandbox").delete(f"/2/tweets/{here.task_of('short.mp4').tweet_id}"))
    with writing(here.engine) as connection:  # a day passes
        connection.execute(sa.update(publishing_attempts).values(sent_at=utc_now() - timedelta(days=1)))
    assert isinstance(here.publish(task, run_id="later"), Posted)
    assert here.posted_texts() == texts


def test_a_thread_that_x_refuses_to_go_on_with_as_a_repetition_goes_on_later(world: MakeWorld) -> None:
    here = world(sources=[THREAD], x={"settle_time": "0.1 s", "repeat_window": "6 h"})
    texts = a_thread(here)
    here.looked_through()
    by_hand = post_elsewhere(here, texts[1])
    wait_for(lambda: post_elsewhere(here, f"{utc_now()}") > str(int(by_hand) + 2 * ONE_SECOND), 20, "another second")
    assert isinstance(here.publish(), Unknown)
    here.look_until_settled()
    task = here.task()
    assert (task.status, task.retry_count) == (Status.PENDING, 1)
    assert timedelta(hours=5) < task.not_before - utc_now() <= timedelta(hours=6)
    assert "its thread keeps its words, and goes on later" in str(task.error_message)
    data(Account(here.sandbox.url, "sandbox").delete(f"/2/tweets/{by_hand}"))
    assert isinstance(here.publish(run_id="later"), Posted)
    assert [text for text in here.posted_texts() if text in texts] == texts


def test_looking_reads_an_index(engine: sa.Engine) -> None:
    statements: list[tuple[str, Any]] = []

    @sa.event.listens_for(engine, "before_cursor_execute")
    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        statements.append((statement, parameters))

    postgresql = engine.dialect.name == "postgresql"
    with reading(engine) as connection:
        if postgresql:  # which reads a small table as it lies
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        repeats.recent(connection, 1, ["a", "b"], since=utc_now(), but=1)
        plans = [
            str(row)
            for statement, parameters in list(statements)
            if statement.startswith("SELECT")
            for row in connection.exec_driver_sql(
                f"EXPLAIN {'' if postgresql else 'QUERY PLAN'} {statement}", parameters
            )
        ]
    assert any("ix_publishing_attempts_account_id_text_key" in plan for plan in plans)
    assert any("ix_timeline_posts_account_id_text_key" in plan for plan in plans)
    assert not any("SCAN" in plan or "Seq Scan" in plan for plan in plans)

"""Posting one item without Dagster, judged by what stands on the sandbox's timeline."""

from __future__ import annotations

import json
import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
from PIL import Image

from twitter_pipeline.clock import utc_now
from twitter_pipeline.publishing import post, steps, uploading
from twitter_pipeline.publishing.outcomes import (
    AccountStopped,
    Failed,
    MustWait,
    NotPublishable,
    Posted,
    Unknown,
)
from twitter_pipeline.publishing.session import Ended, Session, Unavailable
from twitter_pipeline.store import accounts, log, pauses
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.status import Status
from twitter_pipeline_tests.support.world import MakeWorld

CREATE = "POST /2/tweets"


def test_a_clip_and_its_words_become_one_post(world: MakeWorld) -> None:
    here = world()
    file = here.put(title="Cat naps", description="In the sun.", hashtags=["#cats"])
    here.scan()

    assert isinstance(here.publish(), Posted)

    (posted,) = here.sandbox.posts()
    assert posted["text"] == "Cat naps\n\nIn the sun.\n\n#cats"
    assert posted["media"][0]["bytes"] == file.stat().st_size
    task = here.task()
    assert task.status is Status.COMPLETED
    assert task.tweet_id == posted["id"]
    assert task.tweet_url == f"{here.sandbox.url}/sandbox/status/{posted['id']}"
    assert task.executed_time is not None
    assert task.retry_count == 0
    assert here.attempt_states() == ["confirmed"]


def test_the_log_tells_the_whole_story_in_order(world: MakeWorld) -> None:
    here = world()
    here.put(title="Cat naps")
    here.scan()
    here.publish()
    with reading(here.engine) as connection:
        lines = log.of_task(connection, here.task().id)
    assert [line.action for line in lines] == ["found", "claim", "prepared", "uploaded", "post"]
    assert lines[-1].message == f"posted: {here.task().tweet_url}"


def test_what_is_posted_is_not_taken_again(world: MakeWorld) -> None:
    here = world()
    here.put(title="Cat naps")
    here.scan()
    here.publish()
    again = here.open(run_id="run-2")
    assert isinstance(again, Unavailable)
    assert again.posted is not None
    assert len(here.posted_texts()) == 1


def test_alt_text_reaches_x(world: MakeWorld) -> None:
    here = world(sources=[{"type": "image"}])
    Image.new("RGB", (60, 40), "grey").save(here.folder / "cat.png")
    said = {"title": "Cat naps", "alt_text": "A grey cat asleep on a wall."}
    (here.folder / "cat.json").write_text(json.dumps(said), encoding="utf-8")
    here.scan()
    here.publish()
    assert here.sandbox.posts()[0]["media"][0]["alt_text"] == "A grey cat asleep on a wall."


def test_a_lost_request_leaves_it_unconfirmed_and_it_is_not_sent_again_by_hand(world: MakeWorld) -> None:
    here = world()
    here.put(title="Cat naps")
    here.scan()
    here.sandbox.fault(CREATE, "drop")

    assert isinstance(here.publish(), Unknown)

    assert here.task().status is Status.UNCONFIRMED
    assert here.attempt_states() == ["unknown"]
    refused = here.open(run_id="run-2")
    assert isinstance(refused, Unavailable)
    assert refused.posted is None
    assert here.posted_texts() == []


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_5xx_to_the_post_is_an_unknown_outcome(world: MakeWorld, status: int) -> None:
    here = world()
    here.put(title="Cat naps")
    here.scan()
    here.sandbox.fault(CREATE, "status", status=status)
    assert isinstance(here.publish(), Unknown)
    assert here.task().status is Status.UNCONFIRMED


def test_a_limit_moves_the_time_and_spends_no_retry(world: MakeWorld) -> None:
    here = world()
    here.put(title="Cat naps")
    here.scan()
    reset = int((utc_now() + timedelta(minutes=7)).timestamp())
    here.sandbox.fault(CREATE, "status", status=429, headers={"x-rate-limit-reset": str(reset)})

    outcome = here.publish()

    assert isinstance(outcome, MustWait)
    task = here.task()
    assert (task.status, task.retry_count) == (Status.PENDING, 0)
    assert timedelta(minutes=6) < task.scheduled_time - utc_now() <= timedelta(minutes=8)
    with reading(here.engine) as connection:
        assert "waits until" in (accounts.by_name(connection, "sandbox").why_not(utc_now()) or "")
    assert here.posted_texts() == []


@pytest.mark.parametrize(
    ("status", "words"), [(401, "keys"), (402, "credit"), (403, "permission")], ids=["401", "402", "403"]
)
def test_an_account_x_refuses_is_stopped_and_its_item_keeps_its_retries(
    world: MakeWorld, status: int, words: str
) -> None:
    here = world()
    here.put(title="Cat naps")
    here.scan()
    body = {
        "title": "Forbidden",
        "status": status,
        "detail": "Your client app is not configured with the appropriate oauth1 app permissions for this endpoint.",
        "type": "https://api.x.com/2/problems/oauth1-permissions",
    }
    here.sandbox.fault(CREATE, "status", status=status, body=body)

    assert isinstance(here.publish(), AccountStopped)

    task = here.task()
    assert (task.status, task.retry_count) == (Status.PENDING, 0)
    with reading(here.engine) as connection:
        why_not = accounts.by_name(connection, "sandbox").why_not(utc_now())
    assert why_not is not None
    assert words in why_not.lower()
    assert "resume --account sandbox" in why_not


def test_an_account_that_was_resumed_posts(world: MakeWorld) -> None:
    here = world()
    here.put(title="Cat naps")
    here.scan()
    here.sandbox.account("sandbox", revoked=True)
    assert isinstance(here.publish(), AccountStopped)
    here.sandbox.account("sandbox", revoked=False)
    with writing(here.engine) as connection:
        accounts.resume(connection, "sandbox")
    assert isinstance(here.publish(run_id="run-2"), Posted)
    assert len(here.posted_texts()) == 1


def test_words_the_account_has_posted_already_fail_with_xs_reason(world: MakeWorld) -> None:
    here = world(sources=[{"same_words": "post"}])
    here.put("one.mp4", title="Cat naps")
    here.put("two.mp4", title="Cat naps")
    here.scan()
    first, second = here.tasks()
    assert isinstance(here.publish(first), Posted)
    outcome = here.publish(second, run_id="run-2")
    assert isinstance(outcome, Unknown)  # what X takes for the first copy may be this one
    assert "duplicate content" in outcome.reason
    here.look_until_settled(second)
    task = here.tasks()[1]
    assert task.status is Status.FAILED
    assert "change the text to post it" in str(task.error_message)
    assert len(here.posted_texts()) == 1


def test_x_out_of_reach_backs_off_and_uses_a_retry(world: MakeWorld) -> None:
    here = world(top={"x": {"base_url": "http://127.0.0.1:9", "connect_timeout": "1 s"}})
    here.put(title="Cat naps")
    here.scan()
    assert isinstance(here.publish(), Failed)
    task = here.task()
    assert (task.status, task.retry_count) == (Status.PENDING, 1)
    assert task.scheduled_time > utc_now()
    assert here.attempt_states() == []


def test_the_request_that_never_left_may_be_sent_again_within_the_attempt(world: MakeWorld) -> None:
    here = world()
    here.put(title="Cat naps")
    here.scan()
    session = here.open()
    assert isinstance(session, Session)
    with session:
        uploaded = uploading.upload(session, steps.prepare(session))
        with writing(here.engine) as connection:
            accounts.looked_through(connection, session.account.id, now=utc_now())
        here.sandbox.stop()
        with pytest.raises(Ended) as ended:
            post.create(session, uploaded)
        assert isinstance(ended.value.outcome, Failed)
        assert here.attempt_states() == ["prepared"]
        here.sandbox.start()
        post.create(session, uploaded)
    assert len(here.posted_texts()) == 1
    assert here.attempt_states() == ["confirmed"]


@pytest.mark.parametrize("scope", [("all", ""), ("account", "sandbox"), ("project", "cats")])
def test_a_pause_holds_back_a_post_whose_media_is_uploaded(world: MakeWorld, scope: tuple[str, str]) -> None:
    here = world()
    here.put(title="Cat naps")
    here.scan()
    session = here.open()
    assert isinstance(session, Session)
    with session:
        uploaded = uploading.upload(session, steps.prepare(session))
        with writing(here.engine) as connection:
            pauses.pause(connection, *scope, "a look first", now=utc_now())
        with pytest.raises(Ended) as ended:
            post.create(session, uploaded)
        session.settle(ended.value.outcome)
    assert here.posted_texts() == []
    task = here.task()
    assert (task.status, task.retry_count) == (Status.PENDING, 0)
    assert "is paused (a look first)" in (task.error_message or "")


def test_a_holder_whose_lease_ran_out_does_not_post(world: MakeWorld) -> None:
    here = world()
    here.put(title="Cat naps")
    here.scan()
    session = here.open()
    assert isinstance(session, Session)
    with session:
        uploaded = uploading.upload(session, steps.prepare(session))
        from twitter_pipeline.publishing.reaper import reap

        late = utc_now() + timedelta(minutes=2)
        reap(here.engine, "cats", instance="none", run_states=lambda tasks: [], now=late)
        with pytest.raises(Ended, match="lease"):
            post.create(session, uploaded)
    assert here.posted_texts() == []
    assert here.task().status is Status.PENDING


def test_the_same_file_under_two_names_goes_out_once(world: MakeWorld) -> None:
    here = world()
    here.put("one.mp4", different=False, title="One")
    here.put("two.mp4", different=False, title="Two")
    here.scan()
    first, second = here.tasks()
    assert isinstance(here.publish(second), Posted)
    outcome = here.publish(first, run_id="run-2")
    assert isinstance(outcome, NotPublishable)
    assert "the same file as two.mp4" in outcome.reason
    assert here.posted_texts() == ["Two"]
    assert here.tasks()[0].status is Status.SKIPPED


def test_broken_media_is_skipped_with_a_reason(world: MakeWorld) -> None:
    here = world()
    whole = here.put(title="Cat naps")
    whole.write_bytes(whole.read_bytes()[:400])
    here.scan()
    assert isinstance(here.publish(), NotPublishable)
    task = here.task()
    assert task.status is Status.SKIPPED
    assert task.error_message
    assert here.posted_texts() == []


def test_a_file_that_is_gone_is_skipped(world: MakeWorld) -> None:
    here = world()
    file = here.put(title="Cat naps")
    here.scan()
    file.unlink()
    assert isinstance(here.publish(), NotPublishable)
    assert "is gone" in (here.task().error_message or "")


def test_a_file_replaced_by_a_link_out_of_the_project_is_refused(world: MakeWorld) -> None:
    here = world()
    file = here.put(title="Cat naps")
    here.scan()
    file.unlink()
    file.symlink_to(here.clip)
    assert isinstance(here.publish(), NotPublishable)
    assert "leads out" in (here.task().error_message or "")


def test_a_project_folder_that_is_away_is_no_deletion(world: MakeWorld) -> None:
    here = world()
    here.put(title="Cat naps")
    here.scan()
    here.folder.rename(here.folder.with_name("elsewhere"))
    assert isinstance(here.publish(), Failed)
    assert here.task().status is Status.PENDING


def test_without_metadata_it_waits_then_goes_out_with_its_file_names_words(world: MakeWorld) -> None:
    here = world(metadata_wait="0 s", without_metadata="post")
    here.put("my_cat-naps 01.mp4")
    here.scan()
    assert isinstance(here.publish(), Posted)
    assert here.posted_texts() == ["my cat naps 01"]


def test_without_metadata_it_waits_then_is_skipped(world: MakeWorld) -> None:
    here = world(metadata_wait="1 h")
    here.put("cat.mp4")
    here.scan()
    assert isinstance(here.publish(), MustWait)
    assert here.task().status is Status.PENDING

    here = world(metadata_wait="0 s")
    assert isinstance(here.publish(run_id="run-2"), NotPublishable)
    assert here.task().status is Status.SKIPPED


def test_metadata_written_after_the_scan_and_before_the_run_is_what_goes_out(world: MakeWorld) -> None:
    here = world()
    file = here.put(title="First draft")
    here.scan()
    file.with_suffix(".json").write_text(json.dumps({"title": "Final words"}), encoding="utf-8")
    here.publish()
    assert here.posted_texts() == ["Final words"]


@pytest.mark.parametrize(
    ("content", "words"),
    [('{"title": ', "cat.json"), ("[1, 2]", "list"), ("17", "number"), ('{"keywords": []}', "neither a title")],
)
def test_metadata_that_cannot_be_used_is_told_and_nothing_is_posted(world: MakeWorld, content: str, words: str) -> None:
    here = world(metadata_wait="0 s", without_metadata="post")
    file = here.put("cat.mp4")
    file.with_suffix(".json").write_text(content, encoding="utf-8")
    here.scan()
    assert isinstance(here.publish(), NotPublishable)
    assert words in (here.task().error_message or "")
    assert here.posted_texts() == []


def test_a_template_that_cannot_be_used_skips_the_item_and_names_the_variable(world: MakeWorld) -> None:
    here = world(sources=[{"type": "video", "template": "{{ titel }}"}])
    here.put(title="Cat naps")
    here.scan()
    assert isinstance(here.publish(), NotPublishable)
    assert "titel" in (here.task().error_message or "")


def test_an_empty_mount_point_is_no_deletion(world: MakeWorld) -> None:
    here = world()
    here.put(title="Cat naps")
    here.scan()
    here.folder.rename(here.folder.with_name("elsewhere"))
    here.folder.mkdir()
    assert isinstance(here.publish(), Failed)
    assert here.task().status is Status.PENDING


def test_what_was_skipped_does_not_stand_in_the_way_of_the_same_film_with_words(world: MakeWorld) -> None:
    here = world(metadata_wait="0 s")
    here.put("wordless.mp4", different=False)
    here.put("told.mp4", different=False, title="Cat naps")
    here.scan()
    assert isinstance(here.publish(here.task_of("wordless.mp4")), NotPublishable)
    assert isinstance(here.publish(here.task_of("told.mp4"), run_id="run-2"), Posted)
    # The first one's words come too late: the film is out.
    here.put("wordless.mp4", different=False, title="Cat naps again")
    here.scan()
    assert isinstance(here.publish(here.task_of("wordless.mp4"), run_id="run-3"), NotPublishable)
    assert here.posted_texts() == ["Cat naps"]


def test_xs_answer_is_written_down_once_the_database_is_back(world: MakeWorld) -> None:
    here = world()
    here.put(title="Cat naps")
    here.scan()

    times = iter(range(2))

    def away(*_: object) -> None:
        if threading.current_thread().name == "post" and next(times, None) is not None:
            raise sa.exc.OperationalError("the database went away while X answered", None, Exception())

    sa.event.listen(here.engine, "before_cursor_execute", away)
    try:
        assert isinstance(here.publish(), Posted)
    finally:
        sa.event.remove(here.engine, "before_cursor_execute", away)
    assert here.task().tweet_id == here.sandbox.posts()[0]["id"]


def test_an_op_that_breaks_after_the_post_and_is_tried_again_only_says_so(world: MakeWorld) -> None:
    here = world()
    here.put(title="Cat naps")
    here.scan()
    session = here.open()
    assert isinstance(session, Session)
    with session:
        uploaded = uploading.upload(session, steps.prepare(session))
        assert post.create(session, uploaded) == post.create(session, uploaded)
    assert len(here.posted_texts()) == 1


def test_launched_by_hand_too_nothing_goes_out_while_the_account_waits_or_is_stopped(world: MakeWorld) -> None:
    here = world()
    here.put(title="Cat naps")
    here.scan()
    with writing(here.engine) as connection:
        account = accounts.by_name(connection, "sandbox")
        accounts.wait(connection, account.id, utc_now() + timedelta(minutes=5), "X's limit is reached")
    refused = here.open()
    assert isinstance(refused, Unavailable)
    assert "X's limit is reached" in refused.reason
    assert here.task().status is Status.PENDING


def test_a_file_that_went_away_and_came_back_is_judged_anew(world: MakeWorld) -> None:
    here = world()
    file = here.put(title="Cat naps")
    here.put("other.mp4", title="So that the folder is not empty")
    here.scan()
    away = file.rename(here.folder.parent / "away.mp4")
    assert isinstance(here.publish(here.task_of("cat.mp4")), NotPublishable)
    away.rename(file)
    here.scan()
    assert here.task_of("cat.mp4").status is Status.PENDING
    assert isinstance(here.publish(here.task_of("cat.mp4"), run_id="run-2"), Posted)


def test_items_found_together_go_out_in_the_order_of_their_names(world: MakeWorld) -> None:
    here = world()
    for name in ("c", "a", "d", "b"):
        here.put(f"{name}.mp4", title=name)
    here.scan()
    assert [task.media_path for task in here.tasks()] == ["a.mp4", "b.mp4", "c.mp4", "d.mp4"]

"""Runs in Dagster's own processes, launched as the UI does, judged by what stands on the sandbox's timeline."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from twitter_pipeline.alerting.cause import Kind
from twitter_pipeline.alerting.causes import find
from twitter_pipeline.clock import utc_now
from twitter_pipeline.defs.ticks import run_states
from twitter_pipeline.launching.channel import ask
from twitter_pipeline.publishing.by_hand import cancel
from twitter_pipeline.publishing.importing import Importer
from twitter_pipeline.publishing.outcomes import TOOK_TOO_LONG
from twitter_pipeline.publishing.posted_list import Entry
from twitter_pipeline.publishing.reaper import reap
from twitter_pipeline.store import log
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import publishing_tasks
from twitter_pipeline.store.tasks import Task
from twitter_pipeline_tests.defs.conftest import ByHand
from twitter_pipeline_tests.support.captions import put_captions
from twitter_pipeline_tests.support.pictures import pictures, words
from twitter_pipeline_tests.support.waiting import wait_for

#: The first in its worker starts the pipeline.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

CREATE = "POST /2/tweets"
INITIALIZE = "POST /2/media/upload/initialize"
FINALIZE = "POST /2/media/upload/{id}/finalize"


def let_go(here: ByHand, name: str) -> Task:
    """The item's task, once no run holds it any more."""

    def found() -> Task | None:
        task = here.task(name)
        return None if task.status is Status.RUNNING else task

    return wait_for(found, 20, f"{name} to be let go of")


def alert_of(here: ByHand, name: str) -> str:
    """What the alert about the item's failure says."""
    with reading(here.engine) as connection:
        causes = list(find(connection, here.settings, now=utc_now(), running_since=utc_now()))
    (cause,) = [one for one in causes if (one.kind, one.project_id) == (Kind.FAILED, here.project.id)]
    return next(line for line in cause.message.splitlines() if line.startswith(here.task(name).partition_key))


def launches(here: ByHand) -> bool:
    """Whether the launcher answers."""
    try:
        return bool(ask(here.stack.socket, {"do": "look at run", "run_id": "none"}))
    except OSError:
        return False


def wait_until_working_on(here: ByHand, name: str, action: str) -> None:
    """Wait until the log of the item has this line."""

    def reached() -> bool:
        with reading(here.engine) as connection:
            return any(line.action == action for line in log.of_task(connection, here.task(name).id))

    wait_for(reached, 60, f"{name} to be {action}")


def test_a_partition_launched_by_hand_is_posted_and_its_run_is_tagged(by_hand: ByHand) -> None:
    (task,) = by_hand.put("one")
    run = by_hand.launch(task)
    assert by_hand.dagster.wait_for_end(run) == "SUCCESS"
    assert by_hand.posts("one") == 1
    assert by_hand.partitions()["materialized"] == {task.partition_key}
    tags = by_hand.dagster.run(run)["tags"]
    assert (tags["project"], tags["task_id"], tags["account"]) == (
        by_hand.project.id,
        str(task.id),
        by_hand.project.account,
    )


def test_the_partitions_page_reads_as_the_publishing_log(by_hand: ByHand) -> None:
    (task,) = by_hand.put("one")
    by_hand.dagster.wait_for_end(by_hand.launch(task))
    with reading(by_hand.engine) as connection:
        lines = log.of_task(connection, task.id)
    events = by_hand.dagster.events(by_hand.project.id, task.partition_key)
    told = [event["said"] for event in events if event["kind"] == "observation"]
    assert sorted(told) == sorted(line.message for line in lines)
    (posted,) = [event for event in events if event["kind"] == "materialization"]
    labels = {entry["label"] for entry in posted["metadataEntries"]}
    assert {
        "link",
        "text",
        "picture",
        "larger_picture",
        "log",
        "weight",
        "sidecar",
        "account",
        "media",
        "seconds",
    } <= labels


def test_the_page_shows_captions_and_labels_and_what_is_not_used(by_hand: ByHand) -> None:
    (task,) = by_hand.put("one", made_with_ai=True, paid_partnership="perhaps")
    put_captions(by_hand.project.path, "one.de.srt")
    assert by_hand.dagster.wait_for_end(by_hand.launch(task)) == "SUCCESS"
    events = by_hand.dagster.events(by_hand.project.id, task.partition_key)
    (posted,) = [event for event in events if event["kind"] == "materialization"]
    shown = {entry["label"]: entry for entry in posted["metadataEntries"]}
    assert shown["media"]["text"].endswith("bytes, captions in Deutsch)")
    assert shown["labels"]["text"] == "made_with_ai"
    assert shown["not_used"]["text"].startswith("the sidecar's paid_partnership: it is neither true nor false")
    (on_x,) = by_hand.sandbox.posts(by_hand.project.id)
    assert (on_x["labels"], on_x["media"][0]["captions"][0]["name"]) == (["made_with_ai"], "Deutsch")


def test_an_album_and_a_text_are_posted_and_their_pages_show_all_there_is_of_them(mixed: ByHand) -> None:
    pictures(mixed.project.path / "trip", *(f"{number}.png" for number in range(1, 5)))
    words(mixed.project.path / "trip.json", title="A trip", alt_text=["", "The beach"])
    (mixed.project.path / "monday.txt").write_text("The sea is calm.", encoding="utf-8")
    mixed.scan()
    shown = {}
    for task in [task for task in mixed.stack.tasks() if task.project_id == mixed.project.id]:
        assert mixed.dagster.wait_for_end(mixed.launch(task)) == "SUCCESS"
        events = mixed.dagster.events(mixed.project.id, task.partition_key)
        (posted,) = [event for event in events if event["kind"] == "materialization"]
        shown[task.media_path] = {entry["label"]: entry for entry in posted["metadataEntries"]}
    album, text = shown["trip"], shown["monday.txt"]
    media = album["media"]["text"].splitlines()
    assert [line.split(" ")[0] for line in media] == [f"trip/{number}.png" for number in range(1, 5)]
    assert media[1].endswith(": The beach")
    assert 1_000 < len(album["larger_picture"]["mdStr"]) < 50_000
    assert len(album["picture"]["mdStr"]) < 1_000
    assert (text["media"]["text"], text["sidecar"]["text"]) == ("none", "monday.txt")
    assert "picture" not in text
    on_x = {post["text"]: len(post["media"]) for post in mixed.sandbox.posts(mixed.project.id)}
    assert on_x == {"A trip": 4, "The sea is calm.": 0}


def test_materializing_a_posted_item_again_posts_nothing_and_says_so(by_hand: ByHand) -> None:
    (task,) = by_hand.put("one")
    by_hand.dagster.wait_for_end(by_hand.launch(task))
    assert by_hand.dagster.wait_for_end(by_hand.launch(task)) == "SUCCESS"
    assert by_hand.posts("one") == 1
    assert by_hand.partitions()["materialized"] == {task.partition_key}
    newest = next(
        event
        for event in by_hand.dagster.events(by_hand.project.id, task.partition_key)
        if event["kind"] == "materialization"
    )
    said = {entry["label"]: entry.get("boolValue") for entry in newest["metadataEntries"]}
    assert said["already_posted"] is True


def test_a_run_of_an_item_posted_elsewhere_materializes_it_and_posts_nothing(by_hand: ByHand) -> None:
    (task,) = by_hand.put("one")
    Importer(by_hand.engine, by_hand.settings, [by_hand.project], now=utc_now()).run([Entry(1, "one.mp4")])
    assert by_hand.dagster.wait_for_end(by_hand.launch(task)) == "SUCCESS"
    assert by_hand.posts("one") == 0
    assert by_hand.partitions()["materialized"] == {task.partition_key}


def test_two_launches_at_once_make_one_post(by_hand: ByHand) -> None:
    (task,) = by_hand.put("one")
    runs = [by_hand.launch(task), by_hand.launch(task)]
    assert [by_hand.dagster.wait_for_end(run) for run in runs] == ["SUCCESS", "SUCCESS"]
    assert by_hand.posts("one") == 1


def test_terminated_while_uploading_it_is_never_posted(by_hand: ByHand) -> None:
    (task,) = by_hand.put("one")
    by_hand.sandbox.fault(INITIALIZE, "delay", seconds=20)
    run = by_hand.launch(task)
    wait_until_working_on(by_hand, "one", "prepared")
    by_hand.dagster.terminate(run)
    assert by_hand.dagster.wait_for_end(run) == "CANCELED"
    assert by_hand.task("one").status is Status.CANCELLED
    assert by_hand.partitions()["missing"] == {task.partition_key}
    assert by_hand.posts("one") == 0
    # A person who launches it again gets it posted.
    assert by_hand.dagster.wait_for_end(by_hand.launch(task)) == "SUCCESS"
    assert by_hand.posts("one") == 1


def test_terminated_while_waiting_to_try_again_it_is_never_posted(by_hand: ByHand) -> None:
    (task,) = by_hand.put("one")
    by_hand.sandbox.fault(INITIALIZE, "status", status=500, times="always")
    run = by_hand.launch(task)
    wait_until_working_on(by_hand, "one", "tried")
    by_hand.dagster.terminate(run)
    assert by_hand.dagster.wait_for_end(run) == "CANCELED"
    assert by_hand.task("one").status is Status.CANCELLED
    assert by_hand.posts("one") == 0


def test_a_run_that_waits_in_the_queue_while_its_item_is_cancelled_posts_nothing(by_hand: ByHand) -> None:
    *others, task = by_hand.put("one", "two", "three", "four", "five")
    x = by_hand.stack.service_process("sandbox")
    x.suspend()  # as many as may run at once wait for its answer
    try:
        before_it = [by_hand.launch(other) for other in others]
        wait_until_working_on(by_hand, "four", "claim")
        waiting = by_hand.launch(task)
        with writing(by_hand.engine) as connection:
            assert cancel(connection, task.id, now=utc_now()).changed
    finally:
        x.resume()
    assert [by_hand.dagster.wait_for_end(run) for run in (*before_it, waiting)] == ["SUCCESS"] * 5
    assert (by_hand.task("five").status, by_hand.posts("five")) == (Status.CANCELLED, 0)
    # A person who launches it after that gets it posted.
    assert by_hand.dagster.wait_for_end(by_hand.launch(task)) == "SUCCESS"
    assert by_hand.posts("five") == 1


def test_a_run_whose_interrupt_was_lost_on_the_way_is_never_posted(by_hand: ByHand) -> None:
    """It hits Dagster's own part of a step at times, and Dagster tries the step again."""
    (task,) = by_hand.put("one")
    # The first wait is between nothing and four seconds.
    by_hand.sandbox.fault(INITIALIZE, "status", status=500, times="always")
    run = by_hand.launch(task)
    wait_until_working_on(by_hand, "one", "tried")
    told = by_hand.instance.get_run_by_id(run)
    assert told is not None
    by_hand.instance.report_run_canceling(told)
    assert by_hand.dagster.wait_for_end(run) == "CANCELED"
    assert by_hand.task("one").status is Status.CANCELLED
    assert by_hand.posts("one") == 0


def test_terminated_while_reading_it_is_never_posted(by_hand: ByHand) -> None:
    (task,) = by_hand.put("one")
    with (by_hand.project.path / "one.mp4").open("r+b") as file:
        file.truncate(12 * 1024**3)  # sparse: takes no space, and seconds to hash
    run = by_hand.launch(task)
    wait_until_working_on(by_hand, "one", "claim")
    by_hand.dagster.terminate(run)
    assert by_hand.dagster.wait_for_end(run) == "CANCELED"
    assert by_hand.task("one").status is Status.CANCELLED
    assert by_hand.posts("one") == 0


def test_a_run_that_takes_too_long_is_a_failed_attempt_and_nobodys_wish(by_hand: ByHand) -> None:
    _, last = by_hand.put("fresh", "last")
    with writing(by_hand.engine) as connection:
        used_up = {"retry_count": by_hand.project.max_retries}
        connection.execute(sa.update(publishing_tasks).where(publishing_tasks.c.id == last.id).values(used_up))
    by_hand.sandbox.fault(INITIALIZE, "delay", seconds=20, times=2)
    for name, status, said in (("fresh", Status.PENDING, "; retry 1 of 5"), ("last", Status.FAILED, " (given up")):
        run = by_hand.launch(by_hand.task(name))
        wait_until_working_on(by_hand, name, "prepared")
        by_hand.time_is_up(run)
        # Whichever of the two says so last, Dagster's monitoring or the run.
        assert by_hand.dagster.wait_for_end(run) in ("FAILURE", "CANCELED")
        found = let_go(by_hand, name)
        assert (found.status, found.error_message.startswith(TOOK_TOO_LONG + said)) == (status, True)
        assert by_hand.posts(name) == 0
    assert by_hand.task("fresh").retry_count == 1
    assert TOOK_TOO_LONG in alert_of(by_hand, "last")


def test_a_run_that_takes_too_long_while_x_answers_records_the_post_that_left(by_hand: ByHand) -> None:
    (task,) = by_hand.put("one")
    by_hand.sandbox.fault(CREATE, "delay", seconds=4)
    run = by_hand.launch(task)
    wait_until_working_on(by_hand, "one", "uploaded")
    wait_for(lambda: not by_hand.sandbox.faults(), 20, "the request to have left")
    by_hand.time_is_up(run)
    assert let_go(by_hand, "one").status is Status.COMPLETED
    assert by_hand.posts("one") == 1


def test_a_film_that_x_does_not_get_through_with_is_uploaded_anew_by_a_later_run_only(by_hand: ByHand) -> None:
    (task,) = by_hand.put("one")
    with writing(by_hand.engine) as connection:
        used_up = {"retry_count": by_hand.project.max_retries}
        connection.execute(sa.update(publishing_tasks).where(publishing_tasks.c.id == task.id).values(used_up))
    by_hand.sandbox.fault(FINALIZE, "stuck", times=2)
    run = by_hand.launch(task)
    assert by_hand.dagster.wait_for_end(run) == "FAILURE"
    assert by_hand.task("one").status is Status.FAILED
    assert len(by_hand.sandbox.faults()) == 1, "four more tries would take as long as four runs"
    with reading(by_hand.engine) as connection:
        assert "tried" not in [line.action for line in log.of_task(connection, task.id)]
    assert "X has been processing the media for 0:00:06" in alert_of(by_hand, "one")


def test_terminated_while_x_answers_the_post_that_left_is_recorded(by_hand: ByHand) -> None:
    (task,) = by_hand.put("one")
    by_hand.sandbox.fault(CREATE, "delay", seconds=4)
    run = by_hand.launch(task)
    wait_until_working_on(by_hand, "one", "uploaded")
    wait_for(lambda: not by_hand.sandbox.faults(), 20, "the request to have left")
    by_hand.dagster.terminate(run)
    by_hand.dagster.wait_for_end(run)
    assert by_hand.posts("one") == 1
    assert by_hand.task("one").status is Status.COMPLETED


def test_reexecution_from_failure_goes_on_with_the_op_that_failed(by_hand: ByHand) -> None:
    (task,) = by_hand.put("one")
    by_hand.sandbox.fault(INITIALIZE, "status", status=400)
    run = by_hand.launch(task)
    assert by_hand.dagster.wait_for_end(run) == "FAILURE"
    assert by_hand.task("one").status is Status.FAILED
    assert by_hand.partitions()["failed"] == {task.partition_key}

    again = by_hand.dagster.reexecute_from_failure(run)
    assert by_hand.dagster.wait_for_end(again) == "SUCCESS"

    steps = [step["stepKey"].rpartition(".")[2] for step in by_hand.dagster.run(again)["stepStats"]]
    assert steps == ["upload_media", "create_tweet"]
    assert by_hand.posts("one") == 1
    assert by_hand.partitions()["materialized"] == {task.partition_key}


@pytest.mark.soak
def test_a_job_backfill_posts_what_is_due_once_and_the_rest_keeps_its_slot(by_hand: ByHand) -> None:
    names = [f"clip{number}" for number in range(20)]
    tasks = by_hand.put(*names)
    for task in tasks[:10]:
        by_hand.publish_elsewhere(task)
    late = [task.id for task in tasks[-4:]]
    slot = utc_now() + timedelta(days=1)
    with writing(by_hand.engine) as connection:
        connection.execute(
            sa.update(publishing_tasks)
            .where(publishing_tasks.c.id.in_(late))
            .values(scheduled_time=slot, not_before=slot)
        )
    backfill = by_hand.dagster.backfill_job(by_hand.job, [task.partition_key for task in tasks])
    wait_for(
        lambda: by_hand.dagster.backfill_status(backfill) in ("COMPLETED", "COMPLETED_SUCCESS", "COMPLETED_FAILED"),
        150,
        "the backfill to end",
    )
    assert by_hand.dagster.backfill_status(backfill) == "COMPLETED_SUCCESS"
    assert [by_hand.posts(name) for name in names] == [1] * 16 + [0] * 4
    assert {by_hand.task(name).scheduled_time for name in names[-4:]} == {slot}
    assert len(by_hand.partitions()["materialized"]) == 16


def test_a_run_that_is_killed_is_found_by_the_reaper_and_the_item_goes_out_once(by_hand: ByHand) -> None:
    (task,) = by_hand.put("one")
    by_hand.sandbox.fault(INITIALIZE, "delay", seconds=20)
    run = by_hand.launch(task)
    wait_until_working_on(by_hand, "one", "prepared")
    # Schedules have their runs, too, some minutes after the hour.
    wait_for(lambda: len(by_hand.stack.run_processes()) == 1, 15, "no other run to be under way")
    (worker,) = by_hand.stack.run_processes()
    worker.kill()
    assert by_hand.dagster.wait_for_end(run) == "FAILURE"
    assert by_hand.task("one").status is Status.RUNNING

    reap(
        by_hand.engine,
        by_hand.project.id,
        instance=str(by_hand.instance.run_storage.get_run_storage_id()),
        run_states=lambda suspects: run_states(by_hand.instance, suspects),
        now=utc_now(),
    )

    found = by_hand.task("one")
    assert (found.status, found.retry_count) == (Status.PENDING, 1)
    assert by_hand.dagster.wait_for_end(by_hand.launch(found)) == "SUCCESS"
    assert by_hand.posts("one") == 1


def test_a_run_whose_answer_was_lost_finds_its_post_and_says_so(by_hand: ByHand) -> None:
    (task,) = by_hand.put("one")
    by_hand.sandbox.fault(CREATE, "drop_after")
    assert by_hand.dagster.wait_for_end(by_hand.launch(task)) == "SUCCESS"
    assert by_hand.posts("one") == 1
    assert by_hand.partitions()["materialized"] == {task.partition_key}
    events = by_hand.dagster.events(by_hand.project.id, task.partition_key)
    assert any("found on the timeline" in event.get("said", "") for event in events)


def test_a_lost_request_is_not_followed_by_a_second_one_by_hand(by_hand: ByHand) -> None:
    (task,) = by_hand.put("one")
    by_hand.sandbox.fault(CREATE, "drop")
    run = by_hand.launch(task)
    assert by_hand.dagster.wait_for_end(run) == "FAILURE"
    assert by_hand.task("one").status is Status.UNCONFIRMED
    assert by_hand.dagster.wait_for_end(by_hand.launch(task)) == "SUCCESS"
    assert by_hand.dagster.wait_for_end(by_hand.dagster.reexecute_from_failure(run)) == "SUCCESS"
    assert by_hand.posts("one") == 0
    assert by_hand.task("one").status is Status.UNCONFIRMED


def test_a_run_that_meets_a_limit_ends_well_and_says_until_when(by_hand: ByHand) -> None:
    (task,) = by_hand.put("one")
    by_hand.sandbox.fault(CREATE, "status", status=429)
    run = by_hand.launch(task)
    assert by_hand.dagster.wait_for_end(run) == "SUCCESS"
    assert by_hand.partitions()["missing"] == {task.partition_key}
    found = by_hand.task("one")
    assert (found.status, found.retry_count) == (Status.PENDING, 0)
    events = by_hand.dagster.events(by_hand.project.id, task.partition_key)
    assert any("429" in event.get("said", "") for event in events)


def test_a_short_fault_is_tried_again_within_the_run(by_hand: ByHand) -> None:
    (task,) = by_hand.put("one")
    by_hand.sandbox.fault(INITIALIZE, "status", status=503)
    assert by_hand.dagster.wait_for_end(by_hand.launch(task)) == "SUCCESS"
    found = by_hand.task("one")
    assert (found.status, found.retry_count, found.attempt) == (Status.COMPLETED, 0, 1)
    assert by_hand.posts("one") == 1


def test_the_launcher_dies_and_its_run_puts_the_item_back_which_goes_out_once(by_hand: ByHand) -> None:
    (task,) = by_hand.put("one")
    by_hand.sandbox.fault(INITIALIZE, "delay", seconds=20)
    run = by_hand.launch(task)
    wait_until_working_on(by_hand, "one", "prepared")
    by_hand.stack.service_process("launcher").kill()
    assert by_hand.dagster.wait_for_end(run) in ("FAILURE", "CANCELED")
    # Dagster's monitoring may have seen before the run's own end that its process is nobody's.
    found = let_go(by_hand, "one")
    assert found.status is Status.PENDING
    # Until it is back, runs are processes of the code server: the next test expects its own.
    wait_for(lambda: launches(by_hand), 60, "the launcher to be back")
    by_hand.sandbox.clear_faults()
    assert by_hand.dagster.wait_for_end(by_hand.launch(found)) == "SUCCESS"
    assert by_hand.posts("one") == 1

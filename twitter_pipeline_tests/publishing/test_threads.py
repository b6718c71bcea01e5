"""A text too long for one post goes out as a thread: each post once, in its order, whatever happens on the way."""

from __future__ import annotations

import contextlib
import shutil
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from twitter_pipeline.cli import status
from twitter_pipeline.clock import utc_now
from twitter_pipeline.publishing import (
    adopting,
    by_hand,
    editing,
    foreign,
    post,
    reconciling,
    resolving,
    steps,
    threads,
    uploading,
)
from twitter_pipeline.publishing.drafts import UploadedMedia
from twitter_pipeline.publishing.outcomes import Failed, MustWait, Posted, Refused, Unknown
from twitter_pipeline.publishing.preview import preview
from twitter_pipeline.publishing.session import Ended, Session, Unavailable
from twitter_pipeline.scanning.scan import scan
from twitter_pipeline.store import accounts, attempts, breaker, moves, pauses
from twitter_pipeline.store.engine import connect, reading, writing
from twitter_pipeline.store.status import Event, Move, Status
from twitter_pipeline_tests.scanning.scans import candidates
from twitter_pipeline_tests.support.items import read_lines
from twitter_pipeline_tests.support.pictures import pictures, words
from twitter_pipeline_tests.support.restored import back_up, restore
from twitter_pipeline_tests.support.world import MakeWorld, World

CREATE = "POST /2/tweets"
TIMELINE = "GET /2/users/{id}/tweets"
SENTENCES = [f"Sentence number {number} of a long story about paper planes." for number in range(15)]
THREADS = [{"type": "video", "overflow": "thread"}]


def long_item(world: MakeWorld, **source: Any) -> World:
    here = world(sources=[{**THREADS[0], **source}])
    here.put(title="Paper planes", description=" ".join(SENTENCES), hashtags=["#planes"])
    here.scan()
    here.looked_through()
    return here


def standing(here: World) -> list[dict[str, Any]]:
    """The posts, oldest first."""
    return list(reversed(here.sandbox.posts()))


def is_whole(here: World) -> None:
    """One thread stands on the timeline: every word once, its media at the first post, each a reply to the last."""
    posts = standing(here)
    assert len(here.sandbox.posts(deleted=True)) == len(posts) == 4
    assert [one["text"].rpartition(" ")[2] for one in posts] == ["(1/4)", "(2/4)", "(3/4)", "(4/4)"]
    said = " ".join(one["text"].rpartition(" ")[0] for one in posts)
    assert said.split() == ["Paper", "planes", *" ".join(SENTENCES).split(), "#planes"]
    assert [len(one["media"]) for one in posts] == [1, 0, 0, 0]
    assert [one["reply_to"] for one in posts] == [None, *(one["id"] for one in posts[:-1])]
    task = here.task()
    assert (task.status, task.tweet_id) == (Status.COMPLETED, posts[0]["id"])
    assert str(task.tweet_url).endswith(posts[0]["id"])


def test_a_long_text_is_a_thread_in_one_run(world: MakeWorld) -> None:
    here = long_item(world)
    shown = preview(here.engine, here.settings, here.task(), now=utc_now()).draft
    assert isinstance(here.publish(), Posted)
    is_whole(here)
    assert shown is not None
    assert list(shown.texts) == [one["text"] for one in standing(here)]
    said = [line.message for line in read_lines(here.engine, here.task().id)]
    assert [words.split(":")[0] for words in said if words.startswith("posted")] == [
        *(f"posted {number} of 4" for number in (1, 2, 3)),
        "posted",
    ]
    assert said[-1].endswith(", a thread of 4")


@pytest.mark.parametrize("kind", ["drop", "drop_after", "cut"])
@pytest.mark.parametrize("number", [1, 2, 4])
def test_whatever_befalls_one_of_its_requests_each_post_goes_out_once(world: MakeWorld, number: int, kind: str) -> None:
    here = long_item(world)
    here.sandbox.add_faults([{"call": CREATE, "kind": kind, "after": number - 1, "times": 1}])
    here.publish()
    for run in range(5):
        here.look_until_settled()
        if here.task().status is Status.PENDING:
            here.publish(run_id=f"again-{run}")
    is_whole(here)


def test_words_and_files_that_change_meanwhile_change_no_thread_that_has_begun(world: MakeWorld) -> None:
    here = long_item(world)
    here.sandbox.add_faults([{"call": CREATE, "kind": "status", "status": 404, "after": 2}])
    assert isinstance(here.publish(), Failed)
    here.sandbox.clear_faults()
    task = here.task()
    assert task.status is Status.PENDING
    assert str(task.error_message).startswith("2 of 4 posts of its thread are on X; ")
    here.put(title="Other words", description="and few")
    here.scan()
    (here.folder / "cat.mp4").unlink()
    with pytest.raises(editing.NotNow, match="2 of 4 posts"):
        editing.edit(here.engine, here.settings, task.id, {"text": "x"}, actor="ann", now=utc_now())
    assert isinstance(here.publish(run_id="again"), Posted)
    is_whole(here)


def test_a_database_that_is_away_after_a_post_of_a_thread_lets_it_be_told_once(
    world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = long_item(world)
    with writing(here.engine) as connection:
        accounts.erred(connection, accounts.by_name(connection, "sandbox").id, 99)

    def is_away(*_: Any, **__: Any) -> None:
        raise sa.exc.OperationalError("UPDATE", {}, Exception("the database is away"))

    monkeypatch.setattr(breaker, "answered", is_away)
    assert isinstance(here.publish(), Posted)
    is_whole(here)
    said = [line.message for line in read_lines(here.engine, here.task().id)]
    assert sum(words.startswith("posted 1 of 4") for words in said) == 1


def test_a_pause_holds_between_two_posts_and_the_thread_goes_on_after_it(world: MakeWorld) -> None:
    here = long_item(world)
    sent = post._send

    def pause_after(*args: Any) -> Any:
        answer = sent(*args)
        with writing(here.engine) as connection:
            pauses.pause(connection, "all", "", "a look", now=utc_now())
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(post, "_send", pause_after)
        outcome = here.publish()
    assert isinstance(outcome, MustWait)
    assert (len(standing(here)), here.task().status, here.task().retry_count) == (1, Status.PENDING, 0)
    with writing(here.engine) as connection:
        pauses.resume(connection, "all", "")
    here.publish(run_id="again")
    is_whole(here)


def test_half_a_thread_waits_for_no_turn(world: MakeWorld) -> None:
    here = world(sources=THREADS, min_interval="1 h")
    here.put(title="Paper planes", description=" ".join(SENTENCES), hashtags=["#planes"])
    here.scan()
    here.looked_through()
    here.sandbox.add_faults([{"call": CREATE, "kind": "drop", "after": 1, "times": 1}])
    here.publish()
    here.put("short.mp4", title="Short")
    here.scan()
    here.publish(here.task_of("short.mp4"), run_id="short")
    task = here.task_of("cat.mp4")
    here.look_until_settled(task)
    slot = preview(here.engine, here.settings, here.task_of("cat.mp4"), now=utc_now()).slot
    assert slot == here.task_of("cat.mp4").not_before


def test_a_refused_post_of_a_thread_is_a_person_s_and_goes_on_when_asked(world: MakeWorld) -> None:
    here = long_item(world)
    here.sandbox.add_faults([{"call": CREATE, "kind": "status", "status": 400, "after": 1, "times": 1}])
    assert isinstance(here.publish(), Refused)
    task = here.task()
    assert (task.status, str(task.error_message)[:33]) == (Status.FAILED, "1 of 4 posts of its thread are on")
    with writing(here.engine) as connection:
        assert by_hand.retry(connection, task.id, now=utc_now())
    here.publish(run_id="again")
    is_whole(here)


@pytest.mark.parametrize("landed", [True, False])
def test_a_person_says_of_one_post_of_a_thread_whether_it_is_there(world: MakeWorld, landed: bool) -> None:
    here = long_item(world)
    here.sandbox.add_faults([{"call": CREATE, "kind": "drop_after" if landed else "drop", "after": 1, "times": 1}])
    here.sandbox.fault(TIMELINE, "status", status=503)
    assert isinstance(here.publish(), Unknown)
    here.sandbox.clear_faults()
    task = here.task()
    assert isinstance(here.open(task, run_id="other"), Unavailable)
    options: dict[str, Any] = {"force": True, "now": utc_now(), "actor": "ann"}
    if landed:
        said = resolving.posted(here.engine, here.settings, task, standing(here)[1]["id"], **options)
        assert "posted 2 of 4" in said
    else:
        resolving.not_posted(here.engine, here.settings, task, **options)
    assert here.task().status is Status.PENDING
    assert isinstance(here.publish(run_id="again"), Posted)
    is_whole(here)


def test_what_a_person_says_of_one_post_is_not_taken_for_the_next(world: MakeWorld) -> None:
    here = long_item(world)
    here.sandbox.add_faults([{"call": CREATE, "kind": "drop_after", "times": 1}])
    here.sandbox.fault(TIMELINE, "status", status=503)
    assert isinstance(here.publish(), Unknown)
    seen = here.task()
    here.sandbox.clear_faults()
    here.look_until_settled()
    here.sandbox.add_faults([{"call": CREATE, "kind": "drop_after", "times": 1}])
    here.sandbox.fault(TIMELINE, "status", status=503)
    assert isinstance(here.publish(run_id="next"), Unknown)
    here.sandbox.clear_faults()
    said = resolving.decided_by_a_person(here.engine, here.settings, seen, posted=None, now=utc_now())
    assert (said, here.task().status) == (None, Status.UNCONFIRMED)
    here.look_until_settled()
    here.publish(run_id="last")
    is_whole(here)


def test_a_run_that_died_half_way_is_gone_on_with(world: MakeWorld) -> None:
    here = long_item(world)
    here.sandbox.add_faults([{"call": CREATE, "kind": "status", "status": 404, "after": 2}])
    session = here.open()
    assert isinstance(session, Session)
    with pytest.raises(Exception, match="404"), session:
        post.create(session, uploading.upload(session, steps.prepare(session)))
    here.sandbox.clear_faults()
    here.let_leases_run_out()
    task = here.task()
    assert (task.status, task.retry_count) == (Status.PENDING, 1)
    assert "died when 2 of 4 posts of its thread are on X" in str(task.error_message)
    here.publish(run_id="again")
    is_whole(here)


def test_a_thread_that_an_older_database_does_not_know_is_found_post_by_post(world: MakeWorld) -> None:
    here = world(sources=THREADS)
    here.put(title="Paper planes", description=" ".join(SENTENCES), hashtags=["#planes"])
    here.scan()
    older = back_up(here.engine)
    assert isinstance(here.publish(), Posted)
    restore(here.engine, older)
    assert isinstance(here.publish(run_id="after"), Unknown)
    with reading(here.engine) as connection:
        account = accounts.by_name(connection, "sandbox")
    foreign.read(here.engine, here.settings, account.id)
    with reading(here.engine) as connection:
        account = accounts.by_id(connection, account.id)
    (pair,) = adopting.match(here.engine, here.settings, account).pairs
    done, said = adopting.adopt(here.engine, here.settings, account, pair.task, pair.post, now=utc_now())
    assert done, said
    assert here.task().status is Status.PENDING
    rest = list(adopting.adopt_rest(here.engine, here.settings, account, pair.task, now=utc_now()))
    assert [words.split(": ")[1] for words in rest[:2]] == ["posted 2 of 4", "posted 3 of 4"]
    is_whole(here)


def half(here: World, number: int = 2) -> None:
    """Post the first of its posts, and then nothing for now."""
    here.sandbox.add_faults([{"call": CREATE, "kind": "status", "status": 404, "after": number}])
    assert isinstance(here.publish(run_id="half"), Failed)
    here.sandbox.clear_faults()


@pytest.mark.parametrize("absent", [False, True])
def test_who_stood_still_with_its_find_says_nothing_of_what_another_run_has_sent_since(
    world: MakeWorld, absent: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = long_item(world)
    here.sandbox.add_faults([{"call": CREATE, "kind": "drop_after", "times": 1}])
    find = reconciling.find

    def stand_still(session: Session, connected: Any) -> Any:
        found = find(session, connected)
        here.let_leases_run_out()
        if absent:
            options: dict[str, Any] = {"force": True, "now": utc_now(), "actor": "ann"}
            resolving.not_posted(here.engine, here.settings, here.task(), **options)
            return found
        here.look_until_settled()
        other = here.open(run_id="other")
        assert isinstance(other, Session)
        other.close()
        assert other.begun is not None
        with reading(here.engine) as connection:
            made = attempts.made(connection, other.task.id)
        content = threads.next_content(made, other.begun)
        rest = UploadedMedia(draft=other.begun, media_ids=(), expires_at=None)
        assert post._allow(other, content, rest, "page") is None  # its process dies before the request leaves
        return found

    with monkeypatch.context() as patch:
        patch.setattr(reconciling, "find", stand_still)
        with contextlib.suppress(Ended):
            here.publish()
    for run in range(4):
        here.let_leases_run_out()
        if here.task().status is Status.UNCONFIRMED:
            here.look_until_settled()
        if here.task().status is Status.PENDING:
            here.publish(run_id=f"again-{run}")
    is_whole(here)


def test_metadata_that_comes_late_changes_no_thread_that_has_begun(world: MakeWorld) -> None:
    here = world(sources=THREADS, metadata_wait="0 s")
    here.put()
    here.scan()
    here.looked_through()
    text = "Paper planes\n\n" + " ".join(SENTENCES) + "\n\n#planes"
    editing.edit(here.engine, here.settings, here.task().id, {"text": text}, actor="ann", now=utc_now())
    half(here)
    words(here.folder / "cat.json", title="Late words")
    here.scan()
    kept = here.task().content_data
    assert "text" in kept, "what is said of a posted item is read from it"
    here.publish(run_id="again")
    is_whole(here)
    assert here.task().content_data == kept


def test_a_picture_that_joins_half_a_thread_of_an_album_is_an_item_of_its_own(world: MakeWorld) -> None:
    here = world(sources=[{"type": "album", "overflow": "thread"}])
    pictures(here.folder / "trip", "1.jpg", "2.jpg")
    words(here.folder / "trip.json", title="Trip", description=" ".join(SENTENCES))
    here.scan()
    here.looked_through()
    half(here, 1)
    pictures(here.folder / "trip", "3.jpg")
    here.scan()
    here.publish(here.tasks()[0], run_id="again")
    here.scan()
    assert [task.files for task in here.tasks()] == [("trip/1.jpg", "trip/2.jpg"), ("trip/3.jpg",)]


def test_half_a_thread_that_is_skipped_keeps_its_film_for_itself(world: MakeWorld) -> None:
    here = long_item(world)
    half(here)
    with writing(here.engine) as connection:
        assert moves.move(connection, here.task().id, Move(Event.SKIP, "too late"), now=utc_now())
    shutil.copy(here.folder / "cat.mp4", here.folder / "twin.mp4")
    words(here.folder / "twin.json", title="The same film")
    here.scan()
    here.publish(here.task_of("twin.mp4"), run_id="twin")
    assert str(here.task_of("twin.mp4").error_message).startswith("the same file as cat.mp4")
    with writing(here.engine) as connection:
        assert by_hand.retry(connection, here.task_of("cat.mp4").id, now=utc_now())
    here.publish(here.task_of("cat.mp4"), run_id="again")
    assert [len(one["media"]) for one in standing(here)] == [1, 0, 0, 0]


def test_half_a_thread_that_is_skipped_is_not_begun_again_by_another_file(world: MakeWorld) -> None:
    here = long_item(world)
    half(here)
    with writing(here.engine) as connection:
        assert moves.move(connection, here.task().id, Move(Event.SKIP, "too late"), now=utc_now())
    kept, film = here.task(), (here.folder / "cat.mp4").read_bytes()
    for content in (b"another film, of another size", b""):  # as far as a scan can see one may be posted, one not
        (here.folder / "cat.mp4").write_bytes(content)
        here.scan()
        assert here.task() == kept
    (here.folder / "cat.mp4").unlink()
    here.scan()
    assert here.task() == kept
    (here.folder / "moved.mp4").write_bytes(film)
    here.scan()
    assert (here.task().media_path, here.task().status) == ("moved.mp4", Status.SKIPPED)
    with writing(here.engine) as connection:
        assert by_hand.retry(connection, kept.id, now=utc_now())
    here.publish(run_id="again")
    is_whole(here)
    assert here.task().content_data == kept.content_data


def test_half_a_thread_that_is_found_while_skipped_says_so_and_how_it_goes_on(world: MakeWorld) -> None:
    here = world(sources=THREADS)
    here.put(title="Paper planes", description=" ".join(SENTENCES), hashtags=["#planes"])
    here.scan()
    here.looked_through()
    older = back_up(here.engine)
    half(here, 1)
    restore(here.engine, older)
    with writing(here.engine) as connection:
        assert moves.move(connection, here.task().id, Move(Event.SKIP, "too late"), now=utc_now())
        account = accounts.by_name(connection, "sandbox")
    foreign.read(here.engine, here.settings, account.id)
    (pair,) = adopting.match(here.engine, here.settings, account).pairs
    done, said = adopting.adopt(here.engine, here.settings, account, pair.task, pair.post, now=utc_now())
    assert done, said
    task = here.task()
    goes_on = f"goes on with: twitter-pipeline retry {task.id}"
    assert (task.status, task.error_message) == (Status.SKIPPED, f"1 of 4 posts of its thread are on X; {goes_on}")
    needs = status.read(here.engine, here.settings, utc_now())["needs_a_person"]
    assert needs == [f"cats: a part of the thread {task.partition_key} is on X, and the rest is skipped; it {goes_on}"]
    with writing(here.engine) as connection:
        assert by_hand.retry(connection, task.id, now=utc_now())
    here.publish(run_id="again")
    is_whole(here)


def test_a_changed_file_of_half_a_thread_that_is_skipped_is_not_looked_at_again_and_again(world: MakeWorld) -> None:
    here = long_item(world)
    half(here)
    with writing(here.engine) as connection:
        assert moves.move(connection, here.task().id, Move(Event.SKIP, "too late"), now=utc_now())
    (here.folder / "cat.mp4").write_bytes(b"another film, of another size")
    scan(here.engine, here.project, time_box=timedelta(seconds=20), now=utc_now())
    assert candidates(here) == []


def test_an_edit_and_a_post_that_is_found_at_the_same_moment(
    world: MakeWorld, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = world(sources=THREADS)
    here.put(title="Paper planes", description=" ".join(SENTENCES), hashtags=["#planes"])
    here.scan()
    older = back_up(here.engine)
    here.publish()
    restore(here.engine, older)
    with reading(here.engine) as connection:
        account = accounts.by_name(connection, "sandbox")
    foreign.read(here.engine, here.settings, account.id)
    judge, other = editing._edited, connect(database_url)

    def find_it_meanwhile(*args: Any) -> Any:
        judged = judge(*args)
        (pair,) = adopting.match(other, here.settings, account).pairs
        done, said = adopting.adopt(other, here.settings, account, pair.task, pair.post, now=utc_now())
        assert done, said
        return judged

    monkeypatch.setattr(editing, "_edited", find_it_meanwhile)
    with pytest.raises(editing.NotNow, match="1 of 4 posts of its thread are on X"):
        editing.edit(here.engine, here.settings, here.task().id, {"text": "x"}, actor="ann", now=utc_now())
    other.dispose()
    assert here.task().edits is None


def test_the_rest_of_a_thread_is_posted_with_the_account_that_began_it(world: MakeWorld) -> None:
    accounts_of = {"accounts": [{"name": "sandbox"}, {"name": "other"}]}
    here = world(sources=THREADS, top=accounts_of)
    here.put(title="Paper planes", description=" ".join(SENTENCES), hashtags=["#planes"])
    here.scan()
    half(here)
    # config.yaml is edited: the project posts with another account, and then with the first again.
    here = world(sources=THREADS, top=accounts_of, account="other")
    refused = here.publish(run_id="other")
    assert isinstance(refused, Refused)
    assert "begun with another account" in refused.reason
    here = world(sources=THREADS, top=accounts_of, account="sandbox")
    assert isinstance(here.publish(run_id="sandbox"), Posted)
    assert len(here.sandbox.posts("sandbox")) == 4


def test_gemini_is_not_asked_to_make_one_post_of_a_thread(world: MakeWorld) -> None:
    here = long_item(world, gemini=True)
    shown = preview(here.engine, here.settings, here.task(), now=utc_now(), ask=True).draft
    here.publish()
    is_whole(here)
    said = (
        "the original words go out; Gemini: it is not asked, since the text is too long for one post: as a thread"
        " (overflow: thread) it goes out whole, in its own words"
    )
    assert here.task().content_data["enhanced"]["said"] == said
    assert [line.message for line in read_lines(here.engine, here.task().id) if line.action == "enhanced"] == [said]
    assert shown is not None
    assert shown.enhanced is not None
    assert shown.enhanced.said == said


def test_a_text_that_a_person_wrote_is_a_thread_too(world: MakeWorld) -> None:
    here = world(sources=THREADS)
    here.put(title="Paper planes")
    here.scan()
    text = "Paper planes\n\n" + " ".join(SENTENCES) + "\n\n#planes"
    editing.edit(here.engine, here.settings, here.task().id, {"text": text}, actor="ann", now=utc_now())
    here.publish()
    is_whole(here)
    with pytest.raises(editing.NotNow):
        editing.edit(here.engine, here.settings, here.task().id, {"text": text}, actor="ann", now=utc_now())


def test_a_text_beyond_the_longest_thread_is_refused_when_it_is_written(world: MakeWorld) -> None:
    here = world(sources=[{**THREADS[0], "thread_posts": 2}])
    here.put(title="Paper planes")
    here.scan()
    with pytest.raises(editing.Unfit, match="takes more than 2 posts"):
        editing.edit(
            here.engine, here.settings, here.task().id, {"text": " ".join(SENTENCES)}, actor="ann", now=utc_now()
        )


def test_its_account_may_post_longer_texts(world: MakeWorld) -> None:
    here = world(top={"accounts": [{"name": "sandbox", "text_limit": 2000}]})
    here.put(title="Paper planes", description=" ".join(SENTENCES))
    here.scan()
    here.sandbox.account("sandbox", premium=True)
    here.publish()
    assert here.posted_texts() == ["Paper planes\n\n" + " ".join(SENTENCES)]

"""An upload goes on where it stopped, and what is posted is the file, byte by byte."""

from __future__ import annotations

import hashlib
import os
import signal
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from twitter_pipeline.clock import utc_now
from twitter_pipeline.publishing import file_upload, post, steps, uploading
from twitter_pipeline.publishing.drafts import UploadedMedia
from twitter_pipeline.publishing.outcomes import Failed, Posted, Refused
from twitter_pipeline.publishing.reaper import reap
from twitter_pipeline.publishing.session import Ended, Session
from twitter_pipeline.store import uploads
from twitter_pipeline.store.claims import LEASE
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import media_uploads
from twitter_pipeline_tests.publishing import uploading_process
from twitter_pipeline_tests.scanning.scans import lines
from twitter_pipeline_tests.support.pictures import pictures, words
from twitter_pipeline_tests.support.world import MakeWorld, World

CREATE = "POST /2/tweets"
INITIALIZE = "POST /2/media/upload/initialize"
APPEND = "POST /2/media/upload/{id}/append"
FINALIZE = "POST /2/media/upload/{id}/finalize"
METADATA = "POST /2/media/metadata"

#: So that the clip of the tests has four segments.
CHUNK = 700
SEGMENTS = 4
#: For what has nothing to do with the kind of database.
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
#: More requests than any test sends.
PLENTY = 1_000_000

MakeOf = Callable[..., World]


@pytest.fixture
def small(world: MakeWorld, request: pytest.FixtureRequest) -> MakeOf:
    """A world that uploads in small segments."""

    def make(*, x: dict[str, Any] | None = None, top: dict[str, Any] | None = None, **project: Any) -> World:
        url = request.getfixturevalue("sandbox").url
        set_x = {"base_url": url, "read_timeout": "5 s", "chunk_bytes": CHUNK, **(x or {})}
        return world(top={"x": set_x, **(top or {})}, **project)

    return make


class Counted:
    """Counts the requests of a call from now on: as a fault that only comes after very many."""

    def __init__(self, here: World, call: str) -> None:
        self._here, self._call = here, call
        here.sandbox.fault(call, "status", status=503, after=PLENTY)

    def __int__(self) -> int:
        (fault,) = [fault for fault in self._here.sandbox.faults() if fault["call"] == self._call]
        return PLENTY - int(fault["after"])


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def posted(here: World) -> list[list[str]]:
    """What the media of each post on the timeline holds, oldest first."""
    return [[medium["sha256"] for medium in one["media"]] for one in reversed(here.sandbox.posts())]


def rows(here: World) -> list[Any]:
    with reading(here.engine) as connection:
        return list(connection.execute(sa.select(media_uploads).order_by(media_uploads.c.id)))


def change_rows(here: World, **values: Any) -> None:
    with writing(here.engine) as connection:
        connection.execute(sa.update(media_uploads).values(**values))


def said(here: World) -> list[str]:
    return [line.message for line in lines(here) if line.action == "uploading"]


def stopped_after(here: World, segments: int, **metadata: Any) -> Path:
    """A clip whose first run lost X after so many segments."""
    file = here.put(title="Cat naps", **metadata)
    here.scan()
    here.sandbox.fault(APPEND, "drop", after=segments)
    outcome = here.publish(run_id="stopped")
    assert isinstance(outcome, Failed), outcome
    assert [row.segments for row in rows(here)] == [segments]
    return file


def goes_on_after_a_kill(here: World, kill_at: int) -> None:
    """Kill a run at that point; the next one posts, and sends again only what nobody has written down."""
    requests = [INITIALIZE, *[APPEND] * SEGMENTS, FINALIZE]
    file = here.put(f"cat-{kill_at}.mp4", title=f"Cat naps, take {kill_at}")
    here.scan()
    task = here.task_of(file.name)
    counted = {call: Counted(here, call) for call in (INITIALIZE, APPEND, FINALIZE)}
    killed = uploading_process.start(here, task, kill_at=kill_at)
    killed.join(60)
    assert killed.exitcode == -signal.SIGKILL
    now = utc_now() + LEASE + timedelta(seconds=1)
    reap(here.engine, here.project.id, instance="none", run_states=lambda _: [], now=now)

    outcome = here.publish(here.task_of(file.name), run_id=f"after-{kill_at}")

    assert isinstance(outcome, Posted), outcome
    assert posted(here) == [[sha256(file)]]
    again = requests[kill_at // 2 - 1] if kill_at % 2 == 0 else None
    assert {call: int(count) for call, count in counted.items()} == {
        call: requests.count(call) + (call == again) for call in counted
    }


@pytest.mark.parametrize("kill_at", [6, 7])
def test_killed_in_mid_upload_the_next_run_goes_on_there(small: MakeOf, kill_at: int) -> None:
    goes_on_after_a_kill(small(), kill_at)


@pytest.mark.soak
def test_killed_around_any_request_the_next_run_goes_on_there(small: MakeOf) -> None:
    here = small()
    for kill_at in range(1, 2 * (SEGMENTS + 2) + 1):
        here.sandbox.clear()
        goes_on_after_a_kill(here, kill_at)


@on_sqlite
def test_the_log_says_where_it_goes_on(small: MakeOf) -> None:
    here = small()
    stopped_after(here, 2)
    assert isinstance(here.publish(run_id="next"), Posted)
    assert said(here) == ["cat.mp4: going on with segment 3 of 4"]
    assert [line.action for line in lines(here)][-3:] == ["uploading", "uploaded", "post"]


@on_sqlite
def test_other_bytes_under_the_same_name_are_uploaded_from_the_beginning(small: MakeOf) -> None:
    here = small()
    file = stopped_after(here, 2)
    changed = bytearray(file.read_bytes())
    changed[-1] ^= 1
    file.write_bytes(changed)
    appends = Counted(here, APPEND)
    assert isinstance(here.publish(run_id="next"), Posted)
    assert posted(here) == [[sha256(file)]]
    assert int(appends) == SEGMENTS
    assert said(here) == ["cat.mp4: from the beginning: the file is not what was uploaded before"]


@on_sqlite
def test_other_bytes_are_found_even_when_size_and_time_are_the_same(small: MakeOf) -> None:
    here = small()
    file = stopped_after(here, 2)
    status, changed = file.stat(), bytearray(file.read_bytes())
    changed[-1] ^= 1
    file.write_bytes(changed)
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert isinstance(here.publish(run_id="next"), Posted)
    assert posted(here) == [[sha256(file)]]


@on_sqlite
@pytest.mark.parametrize("keeps_time", [False, True])
def test_a_file_that_is_another_than_was_checked_is_not_posted(small: MakeOf, keeps_time: bool) -> None:
    here = small()
    file = here.put(title="Cat naps")
    here.scan()
    session = here.open()
    assert isinstance(session, Session)
    with session:
        draft = steps.prepare(session)
        status, changed = file.stat(), bytearray(file.read_bytes())
        changed[-1] ^= 1
        file.write_bytes(changed)
        if keeps_time:
            os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
        for _ in range(2):  # an op that tries again
            with pytest.raises(Ended, match="another file than was checked") as ended:
                uploading.upload(session, draft)
        session.settle(ended.value.outcome)
    assert isinstance(here.publish(run_id="next"), Posted)
    assert posted(here) == [[sha256(file)]]


@on_sqlite
@pytest.mark.parametrize("left", [timedelta(minutes=-1), timedelta(minutes=9)])
@pytest.mark.parametrize("ready", [False, True])
def test_a_media_id_that_x_forgets_soon_is_replaced(small: MakeOf, left: timedelta, ready: bool) -> None:
    here = small()
    if ready:
        here.put(title="Cat naps")
        here.scan()
        here.sandbox.fault(CREATE, "status", status=404)
        assert isinstance(here.publish(run_id="stopped"), Failed)
    else:
        stopped_after(here, 2)
    (before,) = rows(here)
    assert before.ready is ready
    change_rows(here, expires_at=utc_now() + left)
    assert isinstance(here.publish(run_id="next"), Posted)
    (after,) = rows(here)
    assert after.media_id != before.media_id
    assert [medium["id"] for medium in here.sandbox.posts()[0]["media"]] == [after.media_id]
    assert [words.split(" at ")[0] for words in said(here)] == [
        "cat.mp4: from the beginning: X forgets what it has of it"
    ]


@on_sqlite
def test_what_is_ready_is_not_uploaded_again(small: MakeOf) -> None:
    here = small()
    file = here.put(title="Cat naps")
    here.scan()
    here.sandbox.fault(CREATE, "status", status=404)
    assert isinstance(here.publish(run_id="stopped"), Failed)
    (before,) = rows(here)
    counted = [Counted(here, call) for call in (INITIALIZE, APPEND, FINALIZE)]
    assert isinstance(here.publish(run_id="next"), Posted)
    assert [int(count) for count in counted] == [0, 0, 0]
    assert posted(here) == [[sha256(file)]]
    assert here.sandbox.posts()[0]["media"][0]["id"] == before.media_id
    assert said(here) == ["cat.mp4: is on X already"]


@on_sqlite
def test_another_account_uploads_its_own(small: MakeOf) -> None:
    accounts = {"accounts": [{"name": "one"}, {"name": "two"}]}
    here = small(top=accounts, account="one")
    file = stopped_after(here, 2)
    here = small(top=accounts, account="two")
    appends = Counted(here, APPEND)
    assert isinstance(here.publish(run_id="next"), Posted)
    assert int(appends) == SEGMENTS
    (on_x,) = here.sandbox.posts()
    assert (on_x["username"], on_x["media"][0]["sha256"]) == ("two", sha256(file))
    assert len(rows(here)) == 1


@on_sqlite
def test_other_segments_begin_anew(small: MakeOf) -> None:
    file = stopped_after(small(), 2)
    here = small(x={"chunk_bytes": CHUNK + 1})
    assert isinstance(here.publish(run_id="next"), Posted)
    assert posted(here) == [[sha256(file)]]
    assert said(here) == ["cat.mp4: from the beginning: x.chunk_bytes is another by now"]


def test_an_album_goes_on_with_its_third_picture(small: MakeOf) -> None:
    here = small(sources=[{"type": "album", "path": "albums"}])
    files = pictures(here.folder / "albums/trip", "1.png", "2.png", "3.png", "4.png")
    words(here.folder / "albums/trip.json", title="A trip", alt_text=["One", "Two", "Three", "Four"])
    here.scan()
    here.sandbox.fault(FINALIZE, "drop_after", after=2)
    described = Counted(here, METADATA)
    assert isinstance(here.publish(run_id="stopped"), Failed)
    assert [(row.ready, row.alt_text) for row in rows(here)] == [(True, "One"), (True, "Two"), (False, "")]
    begun = Counted(here, INITIALIZE)

    assert isinstance(here.publish(run_id="next"), Posted)

    assert int(begun) == 1
    assert int(described) == 4
    assert posted(here) == [[sha256(file) for file in files]]
    assert [medium["alt_text"] for medium in here.sandbox.posts()[0]["media"]] == ["One", "Two", "Three", "Four"]


@on_sqlite
def test_a_description_that_changed_is_told_x_and_one_that_went_away_does_not_stay(small: MakeOf) -> None:
    here = small(sources=[{"type": "image"}])
    (file,) = pictures(here.folder, "cat.png")
    words(file.with_suffix(".json"), title="Cat naps", alt_text="A cat")
    here.scan()
    for number, (alt_text, initialized) in enumerate([("A cat", 1), ("A grey cat", 0), ("", 1)]):
        words(file.with_suffix(".json"), title="Cat naps", alt_text=alt_text)
        here.sandbox.clear_faults()
        here.sandbox.fault(CREATE, "status", status=404)
        begun = Counted(here, INITIALIZE)
        assert isinstance(here.publish(run_id=f"run-{number}"), Failed)
        assert int(begun) == initialized
        assert [row.alt_text for row in rows(here)] == [alt_text]
    assert isinstance(here.publish(run_id="last"), Posted)
    assert here.sandbox.posts()[0]["media"][0]["alt_text"] is None


@on_sqlite
def test_a_picture_that_x_has_forgotten_and_was_not_described_is_uploaded_anew(small: MakeOf) -> None:
    here = small(sources=[{"type": "image"}])
    (file,) = pictures(here.folder, "cat.png")
    words(file.with_suffix(".json"), title="Cat naps", alt_text="A cat")
    here.scan()
    here.sandbox.fault(METADATA, "drop")
    assert isinstance(here.publish(run_id="stopped"), Failed)
    change_rows(here, media_id="123456789")
    assert isinstance(here.publish(run_id="next"), Posted)
    (medium,) = here.sandbox.posts()[0]["media"]
    assert (medium["sha256"], medium["alt_text"]) == (sha256(file), "A cat")


def test_media_ids_that_x_calls_invalid_are_used_once_more_and_then_forgotten(small: MakeOf) -> None:
    here = small()
    file = here.put(title="Cat naps")
    here.scan()
    refusal = {"errors": [{"message": "Your media IDs are invalid."}], "title": "Invalid Request"}
    here.sandbox.fault(CREATE, "status", status=400, body=refusal, times=2)
    assert isinstance(here.publish(run_id="first"), Failed)
    (before,) = rows(here)
    change_rows(here, updated_at=before.updated_at - uploads.SETTLES - timedelta(seconds=1))  # the retry's back-off
    assert isinstance(here.publish(run_id="second"), Failed)
    assert rows(here) == []
    assert isinstance(here.publish(run_id="third"), Posted)
    (medium,) = here.sandbox.posts()[0]["media"]
    assert medium["id"] != before.media_id
    assert medium["sha256"] == sha256(file)


@on_sqlite
def test_a_film_that_x_cannot_use_is_not_remembered(small: MakeOf) -> None:
    here = small()
    here.put(title="Cat naps")
    here.scan()
    state = {"state": "failed", "error": {"name": "InvalidMedia", "message": "no"}}
    here.sandbox.fault(FINALIZE, "status", status=200, body={"data": {"id": "7", "processing_info": state}})
    outcome = here.publish()
    assert isinstance(outcome, Refused), outcome
    assert "InvalidMedia" in outcome.reason
    assert rows(here) == []


def test_a_holder_that_lost_the_task_stops_uploading(small: MakeOf) -> None:
    here = small()
    file = here.put(title="Cat naps")
    here.scan()
    old = here.open(run_id="old")
    assert isinstance(old, Session)
    with old:
        draft = steps.prepare(old)
        late = utc_now() + LEASE + timedelta(seconds=1)
        reap(here.engine, "cats", instance="none", run_states=lambda _: [], now=late)
        new = here.open(run_id="new")
        assert isinstance(new, Session)
        with new:
            here.sandbox.fault(APPEND, "drop", after=2)
            with pytest.raises(Ended):
                uploading.upload(new, steps.prepare(new))
            with pytest.raises(Ended, match="taken by another run"):
                uploading.upload(old, draft)
            assert [row.segments for row in rows(here)] == [2]
            uploaded = uploading.upload(new, draft)
            post.create(new, uploaded)
    assert posted(here) == [[sha256(file)]]
    assert uploaded.media_keys == (here.sandbox.posts()[0]["media"][0]["media_key"],)


@on_sqlite
def test_a_long_upload_says_how_far_it_is(small: MakeOf, monkeypatch: pytest.MonkeyPatch) -> None:
    here = small()
    here.put(title="Cat naps")
    here.scan()
    monkeypatch.setattr(file_upload, "SAYS_EVERY", 0.0)
    assert isinstance(here.publish(), Posted)
    size = rows(here)[0].size
    assert said(here) == [f"cat.mp4: {sent:,} of {size:,} bytes" for sent in (700, 1400, 2100)]


def test_rows_go_when_x_has_forgotten_what_they_name(small: MakeOf) -> None:
    here = small()
    here.put("one.mp4", title="One")
    here.put("two.mp4", title="Two")
    here.scan()
    first, second = here.tasks()
    here.publish(first, run_id="run-1")
    change_rows(here, expires_at=utc_now() - timedelta(seconds=1))
    here.publish(second, run_id="run-2")
    assert [row.task_id for row in rows(here)] == [second.id]
    assert here.task_of("two.mp4").status is Status.COMPLETED


def test_what_an_earlier_release_handed_on_is_read() -> None:
    kept = {"draft": {"text": "Cat", "weight": 3, "was_cut": False, "media": [], "sidecar": None}}
    read = UploadedMedia.model_validate({**kept, "media_ids": ["7"], "expires_at": "2026-11-24T12:00:00Z"})
    assert read.media_keys == ()

"""Captions beside a video go out with it; whatever is wrong with them, the post goes out, once."""

from __future__ import annotations

import hashlib
import os
import signal
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from twitter_pipeline.clock import utc_now
from twitter_pipeline.publishing import steps, uploading
from twitter_pipeline.publishing.outcomes import AccountStopped, Failed, MustWait, Posted
from twitter_pipeline.publishing.preview import preview
from twitter_pipeline.publishing.reaper import reap
from twitter_pipeline.publishing.session import Ended, Session
from twitter_pipeline.publishing.tidying import tidy
from twitter_pipeline.store.claims import LEASE
from twitter_pipeline.store.engine import reading
from twitter_pipeline.store.log import RUNS_OWN
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import media_uploads
from twitter_pipeline_tests.publishing import uploading_process
from twitter_pipeline_tests.scanning.scans import lines
from twitter_pipeline_tests.support.captions import SRT, VTT, put_captions
from twitter_pipeline_tests.support.pictures import pictures, words
from twitter_pipeline_tests.support.sandbox import SandboxServer
from twitter_pipeline_tests.support.world import MakeWorld, World

CREATE = "POST /2/tweets"
SUBTITLES = "POST /2/media/subtitles"
FINALIZE = "POST /2/media/upload/{id}/finalize"
INITIALIZE = "POST /2/media/upload/initialize"
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def clip(here: World, *captions: str, **metadata: Any) -> None:
    """A found clip with captions of these names."""
    here.put(title="Cat naps", **metadata)
    for name in captions:
        put_captions(here.folder, name)
    here.scan()


def shown(here: World) -> list[dict[str, str]]:
    """The captions of the only post."""
    (post,) = here.sandbox.posts(deleted=True)
    captions: list[dict[str, str]] = post["media"][0]["captions"]
    return captions


def languages(here: World) -> list[str]:
    return [each["language"] for each in shown(here)]


def said(here: World, action: str = "captions") -> list[str]:
    return [line.message for line in lines(here) if line.action == action]


def unused(here: World) -> tuple[str, ...]:
    draft = preview(here.engine, here.settings, here.task(), now=utc_now()).draft
    assert draft is not None
    return draft.unused


def test_captions_go_out_with_the_video_in_their_languages(world: MakeWorld) -> None:
    here = world()
    clip(here, "cat.srt")
    put_captions(here.folder, "cat_de.vtt", VTT.encode("utf-16"))
    assert isinstance(here.publish(), Posted)
    assert shown(here) == [
        {"language": "DE", "name": "Deutsch", "sha256": sha256(VTT)},
        {"language": "EN", "name": "English", "sha256": sha256(SRT)},
    ]
    assert said(here, "uploaded") == [
        f"cat.mp4: {(here.folder / 'cat.mp4').stat().st_size:,} bytes",
        f"cat.srt: {len(SRT)} bytes",
        f"cat_de.vtt: {len(VTT.encode())} bytes",
    ]


@on_sqlite
def test_captions_that_come_or_change_later_are_those_that_go_out(world: MakeWorld) -> None:
    here = world()
    clip(here, "cat.srt")
    assert unused(here) == ()
    put_captions(here.folder, "cat.srt", SRT.replace("cat", "tom"))
    put_captions(here.folder, "cat.en.srt", SRT.replace("A cat", "She"))
    assert isinstance(here.publish(), Posted)
    assert [each["sha256"] for each in shown(here)] == [sha256(SRT.replace("A cat", "She"))]


@on_sqlite
def test_the_same_video_with_other_captions_is_the_same_item(world: MakeWorld) -> None:
    here = world()
    clip(here, "cat.srt")
    assert isinstance(here.publish(), Posted)
    before = here.task()
    put_captions(here.folder, "cat.de.srt")
    here.scan()
    assert here.task() == before


@on_sqlite
def test_captions_being_written_are_waited_for(world: MakeWorld) -> None:
    here = world(stable_for="1 h")
    clip(here)
    put_captions(here.folder, "cat.srt", "1\n00:00:00,000 --> 00:", age=1)
    outcome = here.publish()
    assert isinstance(outcome, MustWait), outcome
    assert outcome.reason == "its captions cat.srt were changed just now"
    assert timedelta(minutes=50) < outcome.until - utc_now() < timedelta(hours=1)
    put_captions(here.folder, "cat.srt", age=3601)
    assert isinstance(here.publish(run_id="next"), Posted)
    assert languages(here) == ["EN"]


@on_sqlite
@pytest.mark.parametrize("age", [-3600.0, -9e9, 9e9])
def test_a_time_that_cannot_be_does_not_hold_a_post_up(world: MakeWorld, age: float) -> None:
    here = world()
    clip(here)
    changed = put_captions(here.folder, "cat.srt", age=age).stat().st_mtime
    os.utime(here.folder / "cat.mp4", (changed, changed))
    assert isinstance(here.publish(), Posted)
    assert languages(here) == ["EN"]


@on_sqlite
@pytest.mark.parametrize(
    ("content", "why"),
    [
        (SRT.replace("00,800", "0x,800"), "line 2: no times such as 00:00:01,000 --> 00:00:02,500: 00:00:00,000"),
        ("", "it holds no captions"),
        (SRT.replace("00:00:00", "00:00:07"), "its first words come after the end of the video"),
        (b"\xff" + SRT.encode(), "line 1: it is no text in UTF-8"),
    ],
)
def test_what_cannot_be_used_is_told_and_the_post_goes_out(world: MakeWorld, content: str | bytes, why: str) -> None:
    here = world()
    clip(here)
    put_captions(here.folder, "cat.en.srt", content)
    put_captions(here.folder, "cat.fr.srt")
    (told,) = unused(here)
    assert told.startswith(f"captions cat.en.srt: {why}")
    assert isinstance(here.publish(), Posted)
    assert languages(here) == ["FR"]
    assert told in said(here, "prepared")[0]


@on_sqlite
def test_a_broken_file_gives_way_to_another_in_its_language(world: MakeWorld) -> None:
    here = world()
    clip(here, "cat.vtt")
    put_captions(here.folder, "cat.srt", "nothing")
    assert isinstance(here.publish(), Posted)
    assert [each["sha256"] for each in shown(here)] == [sha256(SRT)]


@on_sqlite
def test_a_link_out_of_the_project_is_not_followed(world: MakeWorld, tmp_path: Path) -> None:
    here = world()
    clip(here)
    (here.folder / "cat.srt").symlink_to(put_captions(tmp_path, "secret.srt"))
    assert unused(here) == ("captions cat.srt: it is a link that leads out of the project",)
    assert isinstance(here.publish(), Posted)
    assert shown(here) == []


@on_sqlite
def test_a_source_may_leave_captions_alone_and_pictures_have_none(world: MakeWorld) -> None:
    here = world(sources=[{"captions": False}, {"type": "image", "path": "pictures"}])
    clip(here, "cat.srt")
    (picture,) = pictures(here.folder / "pictures", "dog.png")
    words(picture.with_suffix(".json"), title="Dog naps")
    put_captions(here.folder / "pictures", "dog.srt")
    here.scan()
    for task in here.tasks():
        assert isinstance(here.publish(task, run_id=f"run-{task.id}"), Posted)
    assert [medium["captions"] for post in here.sandbox.posts() for medium in post["media"]] == [[], []]


@on_sqlite
def test_ten_languages_are_enough(world: MakeWorld) -> None:
    here = world()
    codes = ["ar", "bg", "cs", "da", "de", "el", "en", "es", "fi", "fr", "hu"]
    clip(here, *(f"cat.{code}.srt" for code in codes))
    assert unused(here) == ("captions cat.hu.srt: there are captions in 10 languages before it",)
    assert isinstance(here.publish(), Posted)
    assert languages(here) == [code.upper() for code in codes[:-1]]


@on_sqlite
@pytest.mark.parametrize("call", [SUBTITLES, FINALIZE])
def test_what_x_refuses_goes_out_without(world: MakeWorld, call: str) -> None:
    here = world()
    clip(here, "cat.srt")
    refusal = {"errors": [{"message": "Unsupported subtitle file."}], "title": "Invalid Request"}
    here.sandbox.fault(call, "status", status=400, body=refusal, after=1 if call == FINALIZE else 0)
    assert isinstance(here.publish(), Posted)
    assert shown(here) == []
    assert said(here) == [
        f"cat.srt: it goes out without them: X answered 400 Bad Request to {_route(here, call)}:"
        " Unsupported subtitle file."
    ]


def _route(here: World, call: str) -> str:
    """The call as it was made, for the captions' own id."""
    if call == SUBTITLES:
        return call
    (line,) = said(here)
    return "POST " + line.partition("POST ")[2].partition(": Unsupported")[0]


@on_sqlite
def test_an_app_that_may_not_add_captions_posts_without(world: MakeWorld) -> None:
    here = world()
    clip(here, "cat.srt")
    body = {"title": "Forbidden", "status": 403, "type": "https://api.x.com/2/problems/client-forbidden"}
    here.sandbox.fault(SUBTITLES, "status", status=403, body=body)
    assert isinstance(here.publish(), Posted)
    assert shown(here) == []


@on_sqlite
def test_wrong_keys_and_limits_hold_as_for_all_else(world: MakeWorld) -> None:
    here = world()
    clip(here, "cat.srt")
    here.sandbox.fault(SUBTITLES, "status", status=429, seconds=30)
    assert isinstance(here.publish(), MustWait)
    assert here.task().retry_count == 0


@on_sqlite
def test_no_credit_stops_the_account(world: MakeWorld) -> None:
    here = world()
    clip(here, "cat.srt")
    here.sandbox.fault(SUBTITLES, "status", status=402)
    assert isinstance(here.publish(), AccountStopped)


@pytest.mark.parametrize("kind", ["status", "drop", "drop_after", "cut", "cut_body", "status_after"])
def test_a_call_that_fails_is_made_again_by_the_next_run(world: MakeWorld, kind: str) -> None:
    here = world()
    clip(here, "cat.srt")
    here.sandbox.fault(SUBTITLES, kind, status=503)
    assert isinstance(here.publish(), Failed)
    assert here.sandbox.posts() == []
    here.sandbox.fault(INITIALIZE, "status", status=503)  # nothing is uploaded again
    assert isinstance(here.publish(run_id="next"), Posted)
    assert languages(here) == ["EN"]


@on_sqlite
@pytest.mark.parametrize(("max_retries", "runs"), [(5, 3), (1, 2), (0, 1)])
def test_where_x_never_takes_them_the_post_goes_out_without(world: MakeWorld, max_retries: int, runs: int) -> None:
    here = world(max_retries=max_retries)
    clip(here, "cat.srt")
    here.sandbox.fault(SUBTITLES, "status", status=404, times="always")
    outcomes = [here.publish(run_id=f"run-{number}") for number in range(runs)]
    assert [isinstance(outcome, Posted) for outcome in outcomes] == [False] * (runs - 1) + [True]
    assert (here.task().status, shown(here)) == (Status.COMPLETED, [])
    assert said(here)[0].startswith("cat.srt: it goes out without them: X answered 404 Not Found")


@on_sqlite
def test_captions_changed_between_check_and_upload_are_checked_by_the_next_run(world: MakeWorld) -> None:
    here = world()
    clip(here, "cat.srt")
    session = here.open()
    assert isinstance(session, Session)
    with session:
        draft = steps.prepare(session)
        put_captions(here.folder, "cat.srt", SRT.replace("cat", "tom"))
        with pytest.raises(Ended, match=r"captions cat\.srt: it is another file than was checked") as ended:
            uploading.upload(session, draft)
        session.settle(ended.value.outcome)
    assert isinstance(here.publish(run_id="next"), Posted)
    assert [each["sha256"] for each in shown(here)] == [sha256(SRT.replace("cat", "tom"))]


def test_captions_that_are_gone_by_the_next_run_do_not_stay_on_x(world: MakeWorld) -> None:
    here = world()
    clip(here, "cat.srt", "cat.de.srt")
    here.sandbox.fault(CREATE, "status", status=404)
    assert isinstance(here.publish(), Failed)
    (here.folder / "cat.de.srt").unlink()
    assert isinstance(here.publish(run_id="next"), Posted)
    assert languages(here) == ["EN"]


def test_what_x_has_of_them_is_not_sent_again(world: MakeWorld) -> None:
    here = world()
    clip(here, "cat.srt")
    here.sandbox.fault(CREATE, "status", status=404)
    assert isinstance(here.publish(), Failed)
    for call in (INITIALIZE, FINALIZE, SUBTITLES):
        here.sandbox.fault(call, "status", status=503, times="always")
    assert isinstance(here.publish(run_id="next"), Posted)
    assert languages(here) == ["EN"]


#: Before and after each request of the video's upload, the captions' and their joining: 3 + 3 + 1.
@pytest.mark.parametrize("kill_at", [7, 10, 12, 13, 14])
@on_sqlite
def test_killed_around_any_request_of_them_the_next_run_goes_on_there(world: MakeWorld, kill_at: int) -> None:
    here = world()
    clip(here, "cat.srt")
    killed = uploading_process.start(here, here.task(), kill_at=kill_at)
    killed.join(60)
    assert killed.exitcode == -signal.SIGKILL
    now = utc_now() + LEASE + timedelta(seconds=1)
    reap(here.engine, here.project.id, instance="none", run_states=lambda _: [], now=now)
    with reading(here.engine) as connection:
        before = list(connection.scalars(sa.select(media_uploads.c.media_id).order_by(media_uploads.c.id)))
    assert isinstance(here.publish(run_id="next"), Posted)
    with reading(here.engine) as connection:
        after = list(connection.scalars(sa.select(media_uploads.c.media_id).order_by(media_uploads.c.id)))
    assert after[0] == before[0]  # the video was not sent again
    assert kill_at < 12 or after == before
    assert [each["sha256"] for each in shown(here)] == [sha256(SRT)]


@on_sqlite
def test_a_video_uploaded_anew_gets_its_captions_again(world: MakeWorld) -> None:
    here = world()
    clip(here, "cat.srt")
    here.sandbox.fault(CREATE, "status", status=404)
    assert isinstance(here.publish(), Failed)
    here.put("cat.mp4", different=False)  # other bytes
    os.utime(here.folder / "cat.mp4", (1, 1))
    assert isinstance(here.publish(run_id="next"), Posted)
    assert languages(here) == ["EN"]


def test_captions_move_with_their_video(world: MakeWorld) -> None:
    here = world(after_post="move posted")
    clip(here, "cat.srt", "cat.de.vtt", "cat.fr.srt", "catalogue.srt")
    put_captions(here.folder, "cat.fr.srt", "broken")
    assert isinstance(here.publish(), Posted)
    assert tidy(here.engine, here.settings, here.project, now=utc_now() + RUNS_OWN + timedelta(seconds=1)) == []
    found = sorted(str(path.relative_to(here.folder)) for path in here.folder.rglob("*") if path.is_file())
    assert found == [
        "catalogue.srt",
        "posted/cat.de.vtt",
        "posted/cat.fr.srt",
        "posted/cat.json",
        "posted/cat.mp4",
        "posted/cat.srt",
    ]


@on_sqlite
def test_captions_stay_where_another_video_has_them_too(world: MakeWorld) -> None:
    here = world(after_post="move posted")
    clip(here, "cat.srt")
    (here.folder / "cat.mov").write_bytes(b"still to come")
    assert isinstance(here.publish(here.task_of("cat.mp4")), Posted)
    tidy(here.engine, here.settings, here.project, now=utc_now() + RUNS_OWN + timedelta(seconds=1))
    assert (here.folder / "cat.srt").exists()
    assert (here.folder / "posted" / "cat.mp4").exists()


def test_the_judge_shows_them_on_its_page(world: MakeWorld, sandbox: SandboxServer) -> None:
    import urllib.request

    here = world()
    clip(here, "cat.srt")
    assert isinstance(here.publish(), Posted)
    with urllib.request.urlopen(sandbox.url, timeout=10) as page:
        assert 'srclang="en" label="English" default' in page.read().decode()

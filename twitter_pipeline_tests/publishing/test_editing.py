"""What a person changes of an item is what is posted, and nothing takes it back but a person."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from twitter_pipeline.clock import utc_now
from twitter_pipeline.publishing import due, post, steps, uploading
from twitter_pipeline.publishing.editing import Change, Changed, NotNow, Unfit, edit, version_of
from twitter_pipeline.publishing.outcomes import Failed
from twitter_pipeline.publishing.preview import preview
from twitter_pipeline.publishing.session import Ended, Session
from twitter_pipeline.store import log
from twitter_pipeline.store.engine import reading
from twitter_pipeline.store.status import Event, Status
from twitter_pipeline.store.tasks import Task
from twitter_pipeline_tests.support.items import carry_out
from twitter_pipeline_tests.support.pictures import picture
from twitter_pipeline_tests.support.world import MakeWorld, World

HOUR = timedelta(hours=1)


def change(here: World, task: Task | None = None, **what: object) -> Task:
    wanted: Change = what  # type: ignore[assignment]
    return edit(here.engine, here.settings, (task or here.task()).id, wanted, actor="ann", now=utc_now())


def words(here: World) -> str:
    shown = preview(here.engine, here.settings, here.task(), now=utc_now())
    assert shown.draft is not None, shown.why_not
    return shown.draft.text


def test_what_was_edited_is_shown_posted_and_logged_whatever_the_sidecar_says_later(world: MakeWorld) -> None:
    here = world()
    film = here.put("cat.mp4", title="Cat naps", hashtags=["cats"])
    here.scan()
    change(here, text="  My own words\r\nfor it ")
    assert words(here) == "My own words\nfor it"
    film.with_suffix(".json").write_text(json.dumps({"title": "Another title"}))
    here.scan()
    film.rename(film.with_name("renamed.mp4"))
    here.scan()
    assert here.task().media_path == "renamed.mp4"
    assert words(here) == "My own words\nfor it"
    here.publish()
    assert [posted["text"] for posted in here.sandbox.posts()] == ["My own words\nfor it"]
    with reading(here.engine) as connection:
        (line,) = [line for line in log.of_task(connection, here.task().id) if line.action == "edit"]
    assert (line.actor, line.message) == ("ann", "ann changed the text (19 of 280 characters)")
    assert line.details["edits"]["text"] == "My own words\nfor it"
    with pytest.raises(NotNow, match="it is posted"):
        change(here, text="Too late")


def test_an_edit_taken_back_leaves_the_words_of_its_files(world: MakeWorld) -> None:
    here = world()
    here.put("cat.mp4", title="Cat naps")
    here.scan()
    change(here, text="Mine")
    change(here, text=None)
    assert (words(here), here.task().edits) == ("Cat naps", None)


def test_an_item_without_metadata_goes_out_with_the_text_it_was_given(world: MakeWorld) -> None:
    here = world(without_metadata="skip", metadata_wait="0 s")
    here.put("cat.mp4")
    here.scan()
    here.publish()
    assert here.task().status is Status.SKIPPED
    change(here, text="Given by hand")
    here.publish()
    assert [posted["text"] for posted in here.sandbox.posts()] == ["Given by hand"]


def test_a_description_belongs_to_its_picture_and_gives_way_to_no_other(world: MakeWorld) -> None:
    here = world(sources=[{"type": "image", "path": "."}])
    here.folder.mkdir(exist_ok=True)
    picture(here.folder / "cat.jpg")
    (here.folder / "cat.json").write_text(json.dumps({"title": "Cat", "alt_text": "A cat"}))
    here.scan()
    change(here, alt_text="A cat on a chair")
    (here.folder / "cat.jpg").rename(here.folder / "moved.jpg")
    (here.folder / "cat.json").rename(here.folder / "moved.json")
    here.scan()
    draft = preview(here.engine, here.settings, here.task(), now=utc_now()).draft
    assert draft is not None
    assert (draft.media[0].path, draft.media[0].alt_text, draft.text) == ("moved.jpg", "A cat on a chair", "Cat")
    with pytest.raises(Unfit, match="2 descriptions for 1 picture"):
        change(here, alt_text=["one", "two"])
    with pytest.raises(Unfit, match="1001 characters"):
        change(here, alt_text="x" * 1001)


def test_what_does_not_fit_is_refused_with_both_weights(world: MakeWorld) -> None:
    here = world()
    here.put("cat.mp4", title="Cat naps")
    here.scan()
    with pytest.raises(Unfit, match="weighs 282 by X's counting, 2 more than the 280") as refused:
        change(here, text="猫" * 141)
    assert refused.value.field == "text"
    assert change(here, text="猫" * 140).edits is not None
    with pytest.raises(Unfit, match="is for pictures, and it has none"):
        change(here, alt_text="A film")
    for empty in ("", " \n", "\x00"):
        with pytest.raises(Unfit, match="must not be empty"):
            change(here, text=empty)


def test_who_edits_what_somebody_has_changed_since_is_told(world: MakeWorld) -> None:
    here = world()
    here.put("cat.mp4", title="Cat naps")
    here.scan()
    task = here.task()
    seen = [version_of(task)]

    def mine(text: str) -> Task:
        now = utc_now()
        return edit(here.engine, here.settings, task.id, {"text": text}, actor="bob", now=now, versions=seen)

    change(here, text="First")
    with pytest.raises(Changed):
        mine("Second")
    seen = [version_of(here.task())]
    with reading(here.engine) as connection:
        due.slots(connection, here.settings, here.project, utc_now())  # planning is no change
    assert mine("Second").edits == {**(here.task().edits or {}), "text": "Second", "actor": "bob"}


def test_an_item_goes_out_at_the_time_it_was_given_however_many_wait(world: MakeWorld) -> None:
    here = world(min_interval="1 h")
    for name in ("a.mp4", "b.mp4", "c.mp4", "wanted.mp4"):
        here.put(name, title=name)
    here.scan()
    now = utc_now()
    change(here, here.task_of("wanted.mp4"), scheduled_time=now + HOUR / 2)
    with reading(here.engine) as connection:
        planned = due.slots(connection, here.settings, here.project, now)
    assert [(task.media_path, (slot - now) / HOUR) for task, slot in planned] == [
        ("wanted.mp4", 0.5),
        ("a.mp4", 1.5),
        ("b.mp4", 2.5),
        ("c.mp4", 3.5),
    ]
    assert due.take(here.engine, here.settings, here.project, instance="one", now=now).launches == []
    # Nothing the pipeline does makes it earlier.
    carry_out(here.engine, here.task_of("wanted.mp4").id, Event.STOP)
    carry_out(here.engine, here.task_of("wanted.mp4").id, Event.RETRY, not_before=now)
    assert here.task_of("wanted.mp4").not_before == now + HOUR / 2


def test_a_re_execution_does_not_post_words_that_were_edited_since(world: MakeWorld) -> None:
    here = world()
    here.put("cat.mp4", title="Cat naps")
    here.scan()
    first = here.open()
    assert isinstance(first, Session)
    with first:
        draft = steps.prepare(first)
        uploaded = uploading.upload(first, draft)
        first.settle(Failed("the network is down"))
    change(here, text="Mine")
    again = here.open(run_id="run-2")
    assert isinstance(again, Session)
    with again:
        for step in (lambda: uploading.upload(again, draft), lambda: post.create(again, uploaded)):
            with pytest.raises(Ended, match="edited after it was prepared"):
                step()
    assert here.sandbox.posts() == []

"""Templates that show the file and the medium: the same in preview, run and Gemini's part, and read only when shown."""

from __future__ import annotations

import os
from typing import Any

import pytest

from twitter_pipeline.clock import utc_now
from twitter_pipeline.publishing import facts
from twitter_pipeline.publishing.preview import preview
from twitter_pipeline.publishing.session import Item
from twitter_pipeline.store.status import Status
from twitter_pipeline_tests.conftest import MakeWorld
from twitter_pipeline_tests.media.test_facts import photo
from twitter_pipeline_tests.support.pictures import words
from twitter_pipeline_tests.support.sandbox import SandboxServer
from twitter_pipeline_tests.support.world import World

TEMPLATE = (
    "{{ title }} · {{ file.words }} in {{ file.folder }} · {{ media.exif.camera }},"
    " {{ media.exif.taken | date('%d.%m.%Y %H:%M') }} · {{ media.width }}x{{ media.height }} · {{ media.tags.artist }}"
)
TEXT = "Fog · harbour view in trip · NIKON D850, 24.11.2026 10:05 · 60x40 · Ann"

either_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def shot(world: MakeWorld, template: str = TEMPLATE, **more: Any) -> World:
    made = world(
        stable_for="0 s",
        time_zone="Europe/Berlin",
        sources=[{"type": "image", "template": template, **more.pop("source", {})}],
        **more,
    )
    (made.folder / "trip").mkdir()
    photo(made.folder / "trip" / "harbour_view.jpg")
    words(made.folder / "trip" / "harbour_view.json", title="Fog")
    made.scan()
    return made


def shown(made: World) -> str:
    draft = preview(made.engine, made.settings, made.task(), now=utc_now()).draft
    assert draft is not None
    return draft.text


def test_preview_and_run_show_the_same_facts(world: MakeWorld) -> None:
    made = shot(world)
    assert shown(made) == TEXT
    made.publish()
    assert made.posted_texts() == [TEXT]


@either_database
def test_words_by_gemini_stand_among_the_facts_that_the_draft_kept(world: MakeWorld, sandbox: SandboxServer) -> None:
    made = shot(world, source={"gemini": True}, top={"gemini": {"base_url": sandbox.url, "timeout": "5 s"}})
    made.publish()
    (posted,) = made.posted_texts()
    assert posted != TEXT
    assert TEXT.partition(" · ")[2] in posted
    kept = made.task().content_data["words"]["facts"]
    assert kept["media"]["exif"]["camera"] == "NIKON D850"
    assert shown(made) == posted


@either_database
@pytest.mark.parametrize(
    ("template", "read"),
    [
        ("{{ title }}", set()),
        (None, set()),
        ("{{ title }} {{ file.name }}", {"file"}),
        ("{% if title %}{{ media.seconds }}{% endif %}{{ title }}", {"media"}),
        ("{{ extra.day | date }}{{ title }}", {"_zone", "_language"}),
    ],
)
def test_only_what_a_template_names_is_read(world: MakeWorld, template: str | None, read: set[str]) -> None:
    made = shot(world, template or "{{ title }}")
    item = Item(made.engine, made.settings, made.task())
    assert facts.of(item, item.source().model_copy(update={"template": template})).keys() == read


@either_database
def test_a_wrong_name_skips_that_source_only_with_line_and_name(world: MakeWorld) -> None:
    made = world(
        stable_for="0 s",
        sources=[{"type": "video"}, {"type": "image", "template": "{{ title }}\n{{ media.exif.camra }}"}],
    )
    made.put(title="A cat")
    photo(made.folder / "photo.jpg")
    words(made.folder / "photo.json", title="Fog")
    made.scan()
    for task in made.tasks():
        made.publish(task)
    wrong, right = made.task_of("photo.jpg"), made.task_of("cat.mp4")
    assert (wrong.status, right.status) == (Status.SKIPPED, Status.COMPLETED)
    assert "line 2: there is no 'camra' in 'media.exif'; did you mean 'camera'?" in str(wrong.error_message)


@either_database
def test_the_files_time_is_shown_in_the_projects_zone(world: MakeWorld) -> None:
    made = shot(world, "{{ title }} {{ file.time | date('%d.%m. %H:%M') }}")
    os.utime(made.folder / "trip" / "harbour_view.jpg", (1_764_027_000, 1_764_027_000))
    assert shown(made) == "Fog 25.11. 00:30"


@either_database
def test_a_text_and_an_album_have_facts_too(world: MakeWorld) -> None:
    template = "{{ description or title }} {{ file.name }} {{ media.count }} {{ media.exif.camera }}"
    made = world(stable_for="0 s", sources=[{"type": kind, "template": template} for kind in ("text", "album")])
    (made.folder / "monday.txt").write_text("Nobody sails.")
    for number in (1, 2):
        photo(made.folder / f"trip_{number}.jpg", model=f"NIKON {number}")
    words(made.folder / "trip.json", title="Trip")
    made.scan()
    for task in made.tasks():
        made.publish(task)
    assert sorted(made.posted_texts()) == ["Nobody sails. monday.txt 0", "Trip trip_1.jpg 2 NIKON 1"]


@either_database
def test_what_a_file_says_of_itself_is_cleaned_like_metadata(world: MakeWorld) -> None:
    made = shot(world, "{{ title }} {{ media.exif.camera }}")
    photo(made.folder / "trip" / "harbour_view.jpg", make="", model="{{ 7 * 191 }} @ann vs.me")
    assert shown(made) == "Fog {{ 7 * 191 }} ann vs. me"

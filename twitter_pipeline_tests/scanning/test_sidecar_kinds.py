"""Metadata of other programs, the whole way: found, previewed, posted, moved along; late, changed, refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from twitter_pipeline.clock import utc_now
from twitter_pipeline.publishing.outcomes import NotPublishable, Posted
from twitter_pipeline.publishing.preview import preview
from twitter_pipeline.publishing.tidying import tidy
from twitter_pipeline.store.log import RUNS_OWN
from twitter_pipeline.store.status import Status
from twitter_pipeline_tests.scanning.scans import at, lines, look
from twitter_pipeline_tests.scanning.sidecars.beside import xlsx, xz
from twitter_pipeline_tests.scanning.sidecars.test_xmp import XMP
from twitter_pipeline_tests.support.pictures import picture, pictures, words
from twitter_pipeline_tests.support.world import MakeWorld, World

POST = "2024-01-02_03-04-05_UTC"
LATER = RUNS_OWN + timedelta(seconds=1)


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """SQLite alone: kinds differ in files, not in rows."""
    return f"sqlite:///{tmp_path / 'var' / 'sandbox' / 'pipeline.db'}"


def node(caption: str) -> dict[str, Any]:
    return {"node": {"shortcode": "x", "edge_media_to_caption": {"edges": [{"node": {"text": caption}}]}}}


#: By kind: the medium, the metadata's name, and its content with these words; all of it belongs to the medium alone
#: where the last says so.
KINDS: dict[str, tuple[str, str, Callable[[str], Any], bool]] = {
    "yt-dlp": (
        "a.mp4",
        "a.info.json",
        lambda said: {"extractor": "x", "title": said, "webpage_url": "https://x.y"},
        True,
    ),
    "takeout": ("a.jpg", "a.jpg.suppl.json", lambda said: {"photoTakenTime": {}, "description": said}, True),
    "gallery-dl": ("a.jpg", "a.jpg.json", lambda said: {"category": "x", "subcategory": "y", "content": said}, True),
    "instaloader": (f"{POST}.jpg", f"{POST}.json.xz", lambda said: xz(node(said)), True),
    "tiktok": (
        "tiktok_7255667916601855259.mp4",
        "tiktok_metadata_7255667916601855259.json",
        lambda said: {"video_metadata": {"description": said}},
        True,
    ),
    "table": ("a.mp4", "posts.csv", lambda said: f"Datei;Titel\na.mp4;{said}\n".encode("utf-8-sig"), False),
    "workbook": ("a.mp4", "posts.xlsx", lambda said: xlsx(["file", "title"], ["a.mp4", said]), False),
    "generator": ("a.mp4", "metadata.json", lambda said: {"titles": [said], "video_file": "C:\\out\\a.mp4"}, True),
    "text": ("a.mp4", "a.txt", lambda said: said.encode(), True),
    "xmp": ("a.jpg", "a.xmp", lambda said: XMP.replace("The sea", said).replace("It is blue.", "").encode(), True),
}


def write(here: World, name: str, content: Any) -> None:
    if isinstance(content, bytes):
        (here.folder / name).write_bytes(content)
    else:
        words(here.folder / name, **content)


def put(here: World, media: str) -> None:
    if media.endswith(".mp4"):
        here.put(media)
    else:
        picture(here.folder / media)


def make(world: MakeWorld, media: str, **project: Any) -> World:
    kind = "video" if media.endswith(".mp4") else "image"
    return world(sources=[{"type": kind, "template": "{{ title or description }}"}], **project)


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> tuple[str, str, Callable[[str], Any], bool]:
    return KINDS[request.param]


def test_an_item_goes_out_with_these_words_which_are_those_of_the_moment_it_leaves(
    world: MakeWorld, kind: tuple[str, str, Callable[[str], Any], bool]
) -> None:
    media, name, content, alone = kind
    here = make(world, media, after_post="move posted")
    put(here, media)
    write(here, name, content("Old words"))
    here.scan()
    assert here.task().metadata_path == name
    write(here, name, content("The cat sleeps"))
    draft = preview(here.engine, here.settings, here.task(), now=utc_now()).draft
    assert draft is not None
    assert (draft.text, draft.sidecar) == ("The cat sleeps", name)
    assert isinstance(here.publish(), Posted)
    assert here.posted_texts() == ["The cat sleeps"]
    assert tidy(here.engine, here.settings, here.project, now=utc_now() + LATER) == []
    assert (here.folder / "posted" / media).exists()
    assert (here.folder / "posted" / name).exists() == alone


def test_words_that_come_later_let_a_waiting_item_go_on(
    world: MakeWorld, kind: tuple[str, str, Callable[[str], Any], bool]
) -> None:
    media, name, content, _ = kind
    here = make(world, media, metadata_wait="1 h")
    put(here, media)
    look(here, 0)
    look(here, 4)
    assert here.task().metadata_path is None
    write(here, name, content("The cat sleeps"))
    look(here, 10)
    assert (here.task().metadata_path, here.task().not_before) == (name, at(10))


def test_what_failed_is_skipped_at_once_and_goes_out_when_it_has_been_made(world: MakeWorld) -> None:
    here = world(metadata_wait="1 h", without_metadata="post")
    here.put("final.mp4")
    write(here, "metadata.json", {"title": "Coffee", "video_file": "final.mp4", "status": "failed"})
    here.scan()
    task = here.task()
    assert (task.status, task.metadata_path) == (Status.SKIPPED, None)
    assert task.error_message == "metadata.json says that it is not to be posted: its status is 'failed'"
    here.scan()
    assert here.task() == task

    write(here, "metadata.json", {"title": "Coffee", "video_file": "final.mp4", "status": "completed"})
    here.scan()
    assert here.task().status is Status.PENDING
    assert isinstance(here.publish(), Posted)
    assert here.posted_texts() == ["Coffee"]


def test_what_failed_after_it_was_found_is_not_posted_either(world: MakeWorld) -> None:
    here = world(metadata_wait="1 h", without_metadata="post")
    here.put("final.mp4", title="Coffee")
    here.scan()
    write(here, "final.json", {"title": "Coffee", "status": "failed"})
    assert isinstance(here.publish(), NotPublishable)
    assert here.task().status is Status.SKIPPED
    assert here.posted_texts() == []
    write(here, "final.json", {"title": "Coffee"})
    here.scan()
    assert here.task().status is Status.PENDING
    assert isinstance(here.publish(run_id="run-2"), Posted)


def test_one_that_failed_and_was_made_anew_is_still_woken_by_its_metadata(world: MakeWorld) -> None:
    here = world(metadata_wait="1 h")
    here.put("final.mp4")
    write(here, "final.json", {"title": "Coffee", "status": "failed"})
    here.scan()
    with (here.folder / "final.mp4").open("ab") as film:
        film.write((16).to_bytes(4, "big") + b"free" + bytes(8))
    here.scan()
    assert (here.task().status, lines(here)[-1].action) == (Status.SKIPPED, "looked_at")
    write(here, "final.json", {"title": "Coffee"})
    here.scan()
    assert (here.task().status, here.task().metadata_path) == (Status.PENDING, "final.json")


def test_the_pictures_of_one_post_are_an_album_with_its_caption(world: MakeWorld) -> None:
    here = world(
        sources=[{"type": "album", "template": "{{ description }} {{ extra.source_url }}"}], after_post="move posted"
    )
    pictures(here.folder, f"{POST}_1.jpg", f"{POST}_2.jpg", f"{POST}_3.jpg")
    write(here, f"{POST}.json.xz", xz(node("The sea")))
    (here.folder / f"{POST}.txt").write_text("The sea", encoding="utf-8")
    here.scan()
    task = here.task()
    assert (task.metadata_path, len(task.files)) == (f"{POST}.json.xz", 3)
    assert isinstance(here.publish(), Posted)
    (post,) = here.sandbox.posts()
    assert len(post["media"]) == 3
    tidy(here.engine, here.settings, here.project, now=utc_now() + LATER)
    assert (here.folder / "posted" / f"{POST}.json.xz").exists()


def test_a_file_that_pictures_share_moves_with_the_last_of_them(world: MakeWorld) -> None:
    here = world(sources=[{"type": "image"}], after_post="move posted")
    pictures(here.folder, f"{POST}_1.jpg", f"{POST}_2.jpg")
    write(here, f"{POST}.json", node("The sea"))
    here.scan()
    first, second = here.tasks()
    assert isinstance(here.publish(first), Posted)
    tidy(here.engine, here.settings, here.project, now=utc_now() + LATER)
    assert (here.folder / f"{POST}.json").exists()
    assert here.task_of(second.media_path).metadata_path == f"{POST}.json"


def test_a_text_beside_a_film_is_its_words_and_no_post_of_its_own(world: MakeWorld) -> None:
    here = world(sources=[{"type": "video", "fallback_languages": ["de"]}, {"type": "text"}])
    here.put("cat.mp4")
    (here.folder / "folder.mp4").mkdir()
    for name in ("cat.txt", "cat.de.txt", "cat.mp4.txt", "news.txt", "cat.fr.txt", "cat-nap.txt", "folder.txt"):
        (here.folder / name).write_text(f"Words of {name}", encoding="utf-8")
    here.scan()
    own = ["cat-nap.txt", "cat.fr.txt", "folder.txt", "news.txt"]
    found = {task.media_path: task.metadata_path for task in here.tasks()}
    assert found == {"cat.mp4": "cat.txt", **{name: name for name in own}}


@pytest.mark.parametrize("sources", [[{"type": "text"}], [{"type": "video", "sidecars": ["json"]}, {"type": "text"}]])
def test_a_text_beside_a_film_that_nobody_posts_with_it_is_a_post_of_its_own(
    world: MakeWorld, sources: list[dict[str, Any]]
) -> None:
    here = world(sources=sources)
    here.put("cat.mp4")
    (here.folder / "cat.txt").write_text("The cat sleeps", encoding="utf-8")
    here.scan()
    assert here.task_of("cat.txt").metadata_path == "cat.txt"
    assert all(task.metadata_path is None for task in here.tasks() if task.media_path == "cat.mp4")


def test_an_album_of_google_photos_is_told_nothing_by_its_metadata_json(world: MakeWorld) -> None:
    here = world(sources=[{"type": "image"}])
    picture(here.folder / "a.jpg")
    write(
        here, "metadata.json", {"title": "Trip", "description": "", "access": "protected", "date": {"timestamp": "1"}}
    )
    here.scan()
    assert here.task().metadata_path is None
    assert "no metadata yet" in lines(here)[0].message

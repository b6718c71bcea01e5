"""AI video generators' `seo_metadata.json` and `metadata.json`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from twitter_pipeline.content import Metadata
from twitter_pipeline.scanning.sidecars import Finder
from twitter_pipeline.scanning.sidecars.reader import Passed
from twitter_pipeline_tests.scanning.sidecars.beside import lay, problem, sample, understood
from twitter_pipeline_tests.support.samples import needs_samples

COFFEE = Metadata(title="Coffee", description="Why it works.", hashtags=("coffee",), keywords=("coffee",))
WORDS = {"title": "Coffee", "description": "Why it works.", "tags": ["coffee"]}


@pytest.mark.parametrize("name", ["seo_metadata.json", "metadata.json"])
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"video_file": "final.mp4", "status": "completed"},
        {"video_file": "C:\\Users\\me\\out\\final.mp4"},
        {"video_file": "/srv/out/final.mov"},
        {"title": None, "titles": ["Coffee", "More coffee"]},
        {"title": "", "titles": [{"title": "Coffee"}]},
        {"title": {}, "titles": [None, {"score": 3}, "Coffee"]},
        {"status": None, "video_file": 7},
    ],
)
def test_it_speaks_of_the_video_it_names_or_of_the_only_one(tmp_path: Path, name: str, more: dict[str, Any]) -> None:
    assert understood(tmp_path, "final.mp4", {name: {**WORDS, **more}, "cover.jpg": b""}) == COFFEE


def test_tags_in_one_text_are_divided_at_its_commas(tmp_path: Path) -> None:
    files = {"metadata.json": {"title": "Coffee", "tags": "black coffee, tea, why coffee works so well"}}
    assert understood(tmp_path, "final.mp4", files) == Metadata(
        title="Coffee",
        hashtags=("black coffee", "tea"),
        keywords=("black coffee", "tea", "why coffee works so well"),
    )


def test_the_picture_beside_a_video_is_its_cover(tmp_path: Path) -> None:
    files = {"seo_metadata.json": WORDS, "final.mp4": b""}
    assert understood(tmp_path, "cover.png", files) is None
    assert understood(tmp_path, "final.mp4", {}) == COFFEE
    assert understood(tmp_path / "apart", "picture.png", {"metadata.json": WORDS}) == COFFEE


def test_of_several_videos_it_speaks_only_of_the_one_it_names(tmp_path: Path) -> None:
    files = {"metadata.json": {**WORDS, "video_file": "final.mp4"}, "other.mp4": b""}
    assert understood(tmp_path, "final.mp4", files) == COFFEE
    assert understood(tmp_path, "other.mp4", files) is None
    assert understood(tmp_path, "final.mp4", {"metadata.json": WORDS}) is None


@pytest.mark.parametrize("name", ["seo_metadata", "metadata"])
def test_a_folder_of_its_name_beside_it_takes_nothing_from_it(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    assert understood(tmp_path, "final.mp4", {f"{name}.json": WORDS}) == COFFEE


def test_the_metadata_of_a_medium_that_is_called_so_is_that_ones(tmp_path: Path) -> None:
    files = {"metadata.png": b"", "metadata.json": WORDS}
    assert understood(tmp_path, "final.mp4", files) is None
    metadata = understood(tmp_path, "metadata.png", files)
    assert metadata is not None
    assert metadata.title == "Coffee"


def test_in_a_folder_of_metadata_it_speaks_of_the_video_it_names(tmp_path: Path) -> None:
    apart = Path("metadata")
    lay(tmp_path / "metadata", "notes.md", {"metadata.json": {**WORDS, "video_file": "out/final.mp4"}})
    assert understood(tmp_path, "final.mp4", {}, metadata_dir=apart) == COFFEE
    assert understood(tmp_path, "other.mp4", {}, metadata_dir=apart) is None


def test_in_a_folder_of_metadata_without_a_name_it_speaks_of_no_video_but_the_only_one_above(tmp_path: Path) -> None:
    """Each video may be alone in its folder: all of them would be posted with its words."""
    for run in ("1", "2"):
        lay(tmp_path / run, "final.mp4", {})
    lay(tmp_path / "metadata", "notes.md", {"metadata.json": WORDS})
    finder = Finder(tmp_path, Path("metadata"), "en")
    assert finder.find("1/final.mp4") is finder.find("2/final.mp4") is None
    (look,) = finder.looks("1/final.mp4")
    assert look.result == Passed("it names no video, and lies apart from them")
    assert understood(tmp_path, "final.mp4", {}, metadata_dir=Path("metadata")) == COFFEE


@pytest.mark.parametrize("status", ["failed", "FAILED", " error ", "cancelled", "moderation_blocked"])
@pytest.mark.parametrize("name", ["metadata.json", "final.json"])
def test_what_failed_is_not_to_be_posted(tmp_path: Path, name: str, status: str) -> None:
    made = {**WORDS, "video_file": "final.mp4", "status": status, "error": "out of\x1b[2J memory"}
    refused = problem(tmp_path, "final.mp4", {name: made})
    assert refused.refuses
    said = f"{name} says that it is not to be posted: its status is '{status.strip().lower()}': out of[2J memory"
    assert refused.message == said


def test_an_entry_of_a_batch_file_may_have_failed(tmp_path: Path) -> None:
    videos = {"videos": [{"filename": "final.mp4", "title": "Coffee", "status": "failed"}, {"filename": "b.mp4"}]}
    refused = problem(tmp_path, "final.mp4", {"en_videos.json": videos})
    assert refused.message.endswith("its entry 'final.mp4': its status is 'failed'")


@needs_samples
def test_the_real_one_is_understood(tmp_path: Path) -> None:
    metadata = understood(tmp_path, "final.mp4", {"seo_metadata.json": sample("seo_metadata.json")})
    assert metadata is not None
    assert metadata.title == "The Science Behind Morning Coffee: Why It Works!"
    assert metadata.description.startswith("Ever wonder why")
    assert metadata.hashtags[:2] == ("caffeine explained", "adenosine caffeine")
    assert len(metadata.keywords) == 15

"""yt-dlp's `a.info.json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from twitter_pipeline.content import Metadata
from twitter_pipeline_tests.scanning.sidecars.beside import sample, understood
from twitter_pipeline_tests.support.samples import needs_samples

INFO = {
    "extractor": "youtube",
    "title": "Cats",
    "description": "They sleep.",
    "tags": ["cats", "sleepy cat", "what cats do all day"],
    "categories": ["Pets"],
    "webpage_url": "https://example.com/watch?v=1",
    "uploader": "Ann",
    "upload_date": "20260131",
}


def test_title_description_and_tags_are_understood_and_the_link_is_only_for_templates(tmp_path: Path) -> None:
    assert understood(tmp_path, "a.mp4", {"a.info.json": INFO}) == Metadata(
        title="Cats",
        description="They sleep.",
        hashtags=("cats", "sleepy cat"),
        keywords=("cats", "sleepy cat", "what cats do all day", "Pets"),
        extra={"author": "Ann", "date": "2026-01-31", "source_url": "https://example.com/watch?v=1"},
    )


def test_whatever_is_null_or_of_a_wrong_type_costs_nothing_else(tmp_path: Path) -> None:
    broken = {
        **INFO,
        "title": None,
        "fulltitle": "Cats",
        "tags": None,
        "categories": 7,
        "uploader": {},
        "timestamp": -1,
    }
    assert understood(tmp_path, "a.mp4", {"a.info.json": broken}) == Metadata(
        title="Cats",
        description="They sleep.",
        extra={"date": "2026-01-31", "source_url": "https://example.com/watch?v=1"},
    )


@pytest.mark.parametrize(
    "broken",
    [
        {"title": {"en": "Cats"}, "fulltitle": "Cats"},
        {"title": float("inf"), "fulltitle": "Cats"},
        {"timestamp": "soon"},
        {"uploader": True, "channel": "Ann"},
        {"uploader": [None, {}, "Ann"]},
    ],
)
def test_where_one_field_says_nothing_usable_the_next_one_does(tmp_path: Path, broken: dict[str, Any]) -> None:
    expected = understood(tmp_path / "1", "a.mp4", {"a.info.json": INFO})
    written = json.dumps({**INFO, **broken}).replace("Infinity", "1e999")
    assert understood(tmp_path / "2", "a.mp4", {"a.info.json": written}) == expected


@pytest.mark.parametrize(
    ("title", "description", "kept"),
    [
        ("Ann - We built a boat, and it floats", "We built a boat,\nand it floats https://t.co/abc", ""),
        ("We built a boat out of wood and it...", "We built a boat out of wood and it floats #boat", ""),
        ("We built a boat out of wo…", "We built a boat out of wood", ""),
        ("We built a boat", "We built a boat", ""),
        ("Video by Ann", "It floats.", ""),
        ("Video by the sea", "It floats.", "Video by the sea"),
        ("Cat", "Catalonia in spring", "Cat"),
        ("Our boat", "We built a boat.", "Our boat"),
        ("Our boat...", "We built a boat.", "Our boat..."),
        ("We built a boat", "", "We built a boat"),
    ],
)
def test_a_title_that_yt_dlp_made_of_the_description_is_not_said_twice(
    tmp_path: Path, title: str, description: str, kept: str
) -> None:
    metadata = understood(tmp_path, "a.mp4", {"a.info.json": {**INFO, "title": title, "description": description}})
    assert metadata is not None
    assert (metadata.title, metadata.description.replace("\n", " ")) == (kept, description.replace("\n", " "))


def test_its_content_is_known_under_another_name(tmp_path: Path) -> None:
    metadata = understood(tmp_path, "a.mp4", {"a.json": INFO})
    assert metadata is not None
    assert metadata.extra["author"] == "Ann"


def test_that_of_a_playlist_is_passed_over(tmp_path: Path) -> None:
    files = {"a.info.json": {**INFO, "_type": "playlist"}, "a.txt": "The cat"}
    assert understood(tmp_path, "a.mp4", files) == Metadata(title="The cat")


@needs_samples
def test_the_real_ones_are_understood(tmp_path: Path) -> None:
    name = "KdsN9YhkDrY"
    youtube = understood(tmp_path, f"{name}.mp4", {f"{name}.info.json": sample(f"{name}.info.json")})
    assert youtube is not None
    assert youtube.title == "Epic Ramadan - Video Background HD1080p"
    assert youtube.description.startswith("If you enjoy my work")
    assert youtube.hashtags[:2] == ("Video Background", "Footage")
    assert youtube.link == ""
    name = "EA_Play_2016_Live_from_the_Novo_Theatre-42850523"
    assert understood(tmp_path, f"{name}.mp4", {f"{name}.info.json": sample(f"{name}.info.json")}) == Metadata(
        title="EA Play 2016 Live from the Novo Theatre",
        extra={
            "author": "stereotype_",
            "date": "2016-06-12T21:36:33+00:00",
            "source_url": "https://clips.twitch.tv/FaintLightGullWholeWheat",
        },
    )


@pytest.mark.parametrize(
    ("title", "kept"),
    [
        ("1.2M views · 20K reactions | My cat sleeps | Ann", "My cat sleeps"),
        ("19 Mio. Aufrufe · 132.000 Reaktionen | My cat sleeps", "My cat sleeps"),
        ("64K views ｜ My cat sleeps", "My cat sleeps"),
        ("7 cats · 3 dogs", "7 cats · 3 dogs"),
        ("My cat sleeps | Ann", "My cat sleeps | Ann"),
        ("facebook video #42", ""),
        ("42", ""),
        ("500 views | Ann", ""),
    ],
)
def test_what_facebook_and_yt_dlp_put_into_a_title_is_none(tmp_path: Path, title: str, kept: str) -> None:
    info = {"id": "42", "extractor": "facebook", "title": title, "uploader": "Ann"}
    assert understood(tmp_path, "a.mp4", {"a.info.json": info}) == Metadata(title=kept, extra={"author": "Ann"})


def test_the_name_of_a_file_that_is_no_site_s_is_its_title(tmp_path: Path) -> None:
    info = {"id": "Sunset at sea", "extractor": "generic", "title": "Sunset at sea"}
    assert understood(tmp_path, "a.mp4", {"a.info.json": info}) == Metadata(title="Sunset at sea")

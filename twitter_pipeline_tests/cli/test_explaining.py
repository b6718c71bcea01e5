"""`sidecar explain`: which file counts for a medium and why, what a metadata file is, and what would be found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from twitter_pipeline_tests.cli.conftest import Said, call
from twitter_pipeline_tests.support.pictures import pictures, words

INFO = {"extractor": "x", "title": "The cat", "tags": ["cats"], "webpage_url": "https://x.example/1", "formats": []}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "clips"
    made.mkdir()
    (made / "a.mp4").touch()
    return made


def explain(folder: Path, name: str, *options: str, **source: Any) -> Said:
    sources = source.pop("sources", [source or {"type": "video"}])
    config = folder.parent / "config.yaml"
    config.write_text(yaml.safe_dump({"projects": [{"id": "p", "path": str(folder), "sources": sources}]}))
    return call("sidecar", "explain", name, "--config", str(config), *options)


def test_it_tells_which_file_counts_what_the_others_say_and_what_was_understood(folder: Path) -> None:
    words(folder / "a.json", **INFO)
    words(folder / "en_week.json", **{"a.mp4": {"title": "Another"}})
    words(folder / "a.mp4.suppl.json", albumData={})
    (folder / "a.txt").write_text("Words")
    said = explain(folder, "a.mp4")
    assert said.code == 0
    assert [" ".join(line.split()) for line in said.out.splitlines()] == [
        "a.mp4 in source video:.:en",
        "→ a.json [json, read as yt-dlp]: its words count",
        "a.mp4.suppl.json [takeout]: it is about an album of Google Photos, not a picture",
        "en_week.json [batch]: words that something before it goes before (a.mp4)",
        "a.txt [text]: words that something before it goes before",
        "title The cat",
        "hashtags cats",
        "keywords cats",
        "extra.source_url https://x.example/1",
        "ignored: extractor, formats",
    ]


def test_the_same_is_there_for_programs(folder: Path) -> None:
    words(folder / "a.info.json", **INFO)
    (told,) = explain(folder, str(folder / "a.mp4"), "--json").json
    assert (told["source"], told["medium"], told["ignored"]) == ("video:.:en", "a.mp4", ["extractor", "formats"])
    assert told["metadata"]["title"] == "The cat"
    assert told["steps"] == [
        {"file": "a.info.json", "found_as": "yt-dlp", "read_as": "yt-dlp", "counts": True, "said": "its words count"}
    ]


def test_where_nothing_is_found_it_names_what_would_be(folder: Path) -> None:
    said = explain(folder, "a.mp4", language="de", fallback_languages=["en"], sidecars=["json", "batch", "takeout"])
    assert said.code == 3
    assert said.out.splitlines()[1:] == [
        "  no metadata; it would be found in a file called",
        "    json: a_de.json, a.de.json, a-de.json, a.json",
        "    takeout: a.mp4.supplemental-metadata.json, a.mp4.supplemental-metadat.json,"
        " a.mp4.supplemental-metada.json, a.mp4.supplemental-metad.json",
        "    batch: de_*.json, en_*.json",
    ]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "metadata that cannot be read: a.json: no valid JSON: "),
        ('{"title": "T", "status": "failed"}', "a.json says that it is not to be posted: its status is 'failed'"),
        ('{"hashtags": ["x"]}', "neither a title nor a description"),
    ],
)
def test_what_keeps_a_medium_from_being_posted_is_told(folder: Path, content: str, why: str) -> None:
    (folder / "a.json").write_text(content)
    said = explain(folder, "a.mp4")
    assert said.code == 3
    assert f"→ a.json [json]: {why}" in said.out
    assert "it would be found" not in said.out


def test_a_metadata_folder_that_is_not_there_is_told(folder: Path) -> None:
    said = explain(folder, "a.mp4", metadata="texts")
    assert (said.code, "texts: No such file or directory" in said.out) == (3, True)


def test_a_metadata_file_is_told_with_the_media_it_is_for(folder: Path) -> None:
    words(folder / "meta" / "en_week.json", **{"a.mp4": {"title": "T"}})
    (folder / "b.mp4").touch()
    said = explain(folder, "meta/en_week.json", metadata="meta")
    assert said.code == 0
    assert said.out.splitlines() == [
        "meta/en_week.json in source video:.:en",
        "  its name may be of the kinds: batch, json",
        "  read as batch: its name says so, its content has no mark of a kind",
        "  it holds the words of: a.mp4",
    ]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("x.json", json.dumps(INFO), ("yt-dlp", "its content shows it")),
        ("x.json", "{", (None, "no valid JSON: Expecting property name enclosed in double quotes")),
        ("posts.csv", "file\n", ("table", "its content shows it")),
        ("notes.md", "", (None, "no metadata file is called so")),
    ],
)
def test_a_metadata_file_of_no_medium_is_told_as_well(folder: Path, name: str, content: str, told: Any) -> None:
    (folder / name).write_text(content)
    (said,) = explain(folder, name, "--json").json
    assert said["read_as"] == told[0]
    assert said["why"].startswith(told[1])
    assert said["media"] == []


def test_an_album_is_explained_by_any_of_its_pictures(folder: Path) -> None:
    pictures(folder, "trip_1.jpg", "trip_2.jpg", "walk/1.jpg")
    words(folder / "trip.json", title="Trip")
    words(folder / "walk" / "album.json", title="Walk")
    assert "→ trip.json [json]: its words count" in explain(folder, "trip_2.jpg", type="album").out
    assert "→ walk/album.json [json]: its words count" in explain(folder, "walk/1.jpg", type="album").out


def test_a_text_is_its_own_words_unless_they_are_a_film_s(folder: Path) -> None:
    (folder / "a.txt").write_text("The cat")
    (folder / "news.txt").write_text("The news")
    both = [{"type": "video"}, {"type": "text"}]
    assert "it holds the words of: a.mp4" in explain(folder, "a.txt", sources=both).out
    (told,) = explain(folder, "news.txt", "--json", sources=[{"type": "text"}]).json
    assert told["metadata"]["description"] == "The news"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("gone.mp4", "gone.mp4 is not there; name a file"),
        ("/etc/hostname", "/etc/hostname is in no project's folder; name a file"),
        ("a.jpg", "a.jpg: no source of project p takes such a file from there, or looks there"),
    ],
)
def test_a_file_that_is_nobody_s_is_told(folder: Path, name: str, why: str) -> None:
    pictures(folder, "a.jpg")
    said = explain(folder, name)
    assert said.code == 2
    assert why in said.err


def test_what_stands_in_a_file_forges_no_line(folder: Path) -> None:
    words(folder / "a.json", title="T", **{"x\n→ b.json [json]: its words count\x1b[2J": "y" * 3000})
    said = explain(folder, "a.mp4")
    assert "\x1b" not in said.out
    assert not any(line.startswith("→ b.json") for line in said.out.splitlines())

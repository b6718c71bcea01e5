"""`sidecar explain`: which file counts for a medium and why, what a metadata file is, and what would be found."""

from __future__ import annotations

import json
import lzma
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
        "en_week.json [batch]: it has words too, but a.json goes before it",
        "a.txt [text]: it has words too, but a.json goes before it",
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
        "  → a.mp4: its words count",
        "      title  T",
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


def lines(said: Said) -> list[str]:
    return [line.rstrip() for line in said.out.splitlines()]


def test_a_metadata_file_of_no_medium_tells_what_it_understood_once_for_alike_sources(folder: Path) -> None:
    words(folder / "final2.json", title="T", hashtags={"a": 1}, note="N")
    said = explain(folder, "final2.json", sources=[{"type": "video"}, {"type": "image"}])
    assert lines(said) == [
        "final2.json in sources video:.:en, image:.:en",
        "  its name may be of the kinds: json",
        "  read as json: its name says so, its content has no mark of a kind",
        "    final2.*, which is not there: its words would count",
        "      title       T",
        "      extra.note  N",
        "      ignored: hashtags",
    ]


def test_a_file_of_many_media_is_told_entry_by_entry_with_what_is_wrong_first(folder: Path) -> None:
    (folder / "b.mp4").touch()
    words(folder / "b.json", title="B")
    entries = {f"m{number}.mp4": {"title": f"M{number}"} for number in range(12)}
    broken = {"c.mp4": {"title": "C", "status": "failed"}, "d": 5}
    words(folder / "en_week.json", **{"a.mp4": {"title": "A"}, "b": {"title": "Late"}, **broken, **entries})
    assert lines(explain(folder, "en_week.json"))[3:] == [
        "  it holds the words of: a.mp4",
        "    c.mp4, which is not there: en_week.json says that it is not to be posted:"
        " its entry 'c.mp4': its status is 'failed'",
        "  → a.mp4: its words count",
        "      title  A",
        "    b.mp4: it has words too (entry 'b'), but b.json goes before it",
        "      title  Late",
        *(
            line
            for number in range(8)
            for line in (f"    m{number}.mp4, which is not there: its words would count", f"      title  M{number}")
        ),
        "  … and 4 more",
    ]
    (told,) = explain(folder, "en_week.json", "--json").json
    assert told["answers"][1]["metadata"]["title"] == "A"
    assert (told["answers"][1]["media"], told["more"]) == (["a.mp4"], 4)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.json", "{", "  → a.mp4: metadata that cannot be read: a.json: no valid JSON"),
        ("a.json", '{"status": "failed"}', "  → a.mp4: a.json says that it is not to be posted"),
        ("metadata.json", '{"title": "T", "video_file": "x.mp4"}', "    a.mp4: it speaks of x.mp4"),
        ("a.info.json", '{"_type": "playlist", "extractor": "x"}', "    a.mp4: it is about a playlist, not a video"),
    ],
)
def test_what_a_file_does_not_say_of_a_medium_is_told(folder: Path, name: str, content: str, told: str) -> None:
    (folder / name).write_text(content)
    both = [{"type": "image"}, {"type": "video"}]
    said = explain(folder, name, sources=both)
    assert said.out.startswith(f"{name} in source video:.:en\n")
    assert "  it holds the words of: no medium there\n" in said.out
    assert told in said.out


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("x.info.json", json.dumps(INFO), ("yt-dlp", "x.*", "The cat")),
        ("DSC_1.JPG(2).json", '{"photoTakenTime": {}, "description": "D"}', ("takeout", "DSC_1(2).JPG", "D")),
        ("tiktok_metadata_7255667916601855259.json", '{"video_metadata": {"description": "D"}}', ("tiktok", "7", "D")),
        ("metadata.json", '{"titles": ["T"]}', ("generator", "a medium alone in its folder", "T")),
        ("metadata.json", '{"title": "T", "video_file": "out/x.mp4"}', ("generator", "x.mp4", "T")),
        ("de_week.json", '{"x": {"title": "T"}}', ("batch", "x", "T")),
        ("en_clip.json", '{"title": "T"}', ("json", "en_clip.*", "T")),
        ("posts.csv", "file,title,language\nx.mp4,T,pt", ("table", "x.mp4", "T")),
        ("x.de.txt", "T", ("text", "x.*", "T")),
    ],
)
def test_a_file_in_no_project_is_told_as_if_it_lay_alone(
    tmp_path: Path, folder: Path, name: str, content: str, told: Any
) -> None:
    (apart := tmp_path / "apart").mkdir()
    (apart / name).write_text(content)
    (apart / "en_clip.mp4").touch()
    said = explain(folder, str(apart / name))
    assert said.code == 0
    head, *others = lines(said)
    assert head == f"{apart / name} lies in no project's folder; as if it lay alone in a source's folder:"
    assert others[1].startswith(f"  read as {told[0]}: ")
    assert others[2].startswith(f"    {told[1]}")
    assert others[2].partition(": ")[2].startswith("its words would count")
    assert others[3].split()[1:] == told[2].split()


CUE = "1\n00:00:01,000 --> 00:00:02,500\nHello\n"


def test_captions_are_told_for_the_video_and_for_their_own_file(folder: Path) -> None:
    for name in ("a.srt", "a.en.srt", "a.de.vtt", "x.pt-BR.srt"):
        (folder / name).write_text(CUE)
    (folder / "a.fr.srt").write_text(CUE.replace("01,000", "99,000"))
    told = "line 2: minutes and seconds end at 59: 00:00:99,000 --> 00:00:02,500 Mend the line."
    said = explain(folder, "a.mp4")
    assert lines(said)[-4:] == [
        "  captions a.en.srt: 1 cue in en",
        "  captions a.srt: not used: another in en goes before it",
        "  captions a.de.vtt: 1 cue in de",
        f"  captions a.fr.srt: not used: {told}",
    ]
    assert explain(folder, "a.mp4", "--json").json[0]["captions"][2] == {
        **{"file": "a.de.vtt", "video": "a.mp4", "is_there": True},
        **{"language": "de", "cues": 1, "why_not": None},
    }
    of_file = {name: lines(explain(folder, name))[1:] for name in ("a.de.vtt", "a.fr.srt", "x.pt-BR.srt")}
    assert of_file == {
        "a.de.vtt": ["  → captions of a.mp4: 1 cue in de"],
        "a.fr.srt": [f"    captions of a.mp4: not used: {told}"],
        "x.pt-BR.srt": ["    captions of x.*, which is not there: 1 cue in pt"],
    }
    off = explain(folder, "a.srt", type="video", captions=False)
    assert lines(off)[1:] == ["    captions of a.mp4: not used: its source says `captions: no`"]


def test_a_link_in_no_project_is_followed_and_what_cannot_be_read_is_told(tmp_path: Path, folder: Path) -> None:
    words(tmp_path / "there" / "x.json", title="T")
    (tmp_path / "apart").mkdir()
    (tmp_path / "apart" / "y.json").symlink_to(tmp_path / "there" / "x.json")
    (tmp_path / "apart" / "z.json").write_text("{")
    assert "    y.*: its words would count" in lines(explain(folder, str(tmp_path / "apart" / "y.json")))
    broken = lines(explain(folder, str(tmp_path / "apart" / "z.json")))
    assert len(broken) == 3
    assert broken[2].startswith("  not read: no valid JSON: ")


def test_captions_in_no_project_are_told_by_themselves(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "apart.srt").write_text(CUE)
    said = explain(folder, str(tmp_path / "apart.srt"))
    assert lines(said)[1:] == ["    captions of apart.*: 1 cue in the language of the source"]


def test_fields_that_were_understood_are_not_ignored_and_those_of_no_use_are(folder: Path) -> None:
    pictures(folder, "a.jpg", "b.jpg")
    of_own = {"title": "T", "link": "https://a.example", "alt_text": ["A", "B"], "hashtags": 5}
    words(folder / "a.jpg.json", **of_own, keywords=None)
    words(folder / "b.jpg.json", **of_own, category="site", subcategory="post", keywords=["k"])
    ignored = {name: explain(folder, name, "--json", type="image").json[0]["ignored"] for name in ("a.jpg", "b.jpg")}
    assert ignored == {
        "a.jpg": ["hashtags"],
        "b.jpg": ["link", "alt_text", "hashtags", "category", "subcategory", "keywords"],
    }


def test_entries_and_rows_tell_their_own_fields_as_ignored(folder: Path) -> None:
    (folder / "b.mp4").touch()
    entry = {"filename": "a.mp4", "title": "A", "long": [1] * 2_000}
    words(folder / "en_week.json", videos=[entry, {"filename": "b.mp4", "other": [1] * 2_000}])
    (folder / "posts.csv").write_text(f"file,title, Price ,Notes\nb.mp4,B,3,{'x' * 3_000}\n")
    ignored = {name: explain(folder, name, "--json").json[0]["ignored"] for name in ("a.mp4", "b.mp4")}
    assert ignored == {"a.mp4": ["long"], "b.mp4": ["Notes"]}


def test_each_file_is_told_once_in_whichever_names_and_languages_it_is_looked_for(folder: Path) -> None:
    pictures(folder, name := "2024-01-02_03-04-05_UTC.jpg")
    post = {"node": {"edge_media_to_caption": {"edges": [{"node": {"text": "Hi"}}]}}, "instaloader": {}}
    with lzma.open(folder / f"{name[:-4]}.json.xz", "wt") as packed:
        json.dump(post, packed)
    (folder / "posts.csv").write_text("file,Titel (de)\nb.jpg,B\n")
    (folder / "b.jpg").write_bytes((folder / name).read_bytes())
    source: dict[str, Any] = {"type": "image", "language": "en", "fallback_languages": ["fr", "de"]}
    assert lines(explain(folder, name, **source))[1:3] == [
        "  → 2024-01-02_03-04-05_UTC.json.xz [instaloader]: its words count",
        "    posts.csv [table]: nothing about this medium in en, fr or de",
    ]
    assert lines(explain(folder, "b.jpg", **source))[1:] == [
        "  → posts.csv [table]: its words count (row 2, in the fall-back language de)",
        "    title  B",
    ]


def test_the_metadata_of_an_album_is_told_with_the_album(folder: Path) -> None:
    pictures(folder, "trip_1.jpg", "trip_2.jpg", "walk/1.jpg", "walk/2.jpg")
    for name in ("trip.json", "walk/album.json", "walk.json"):
        words(folder / name, title="T")
    said = {
        name: lines(explain(folder, name, type="album"))[3:5] for name in ("trip.json", "walk/album.json", "walk.json")
    }
    assert said == {
        "trip.json": ["  it holds the words of: trip_*", "  → trip_*: its words count"],
        "walk/album.json": ["  it holds the words of: walk/*", "  → walk/*: its words count"],
        "walk.json": [
            "  it holds the words of: no medium there",
            "    walk/*: it has words too, but walk/album.json goes before it",
        ],
    }


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


def test_entries_that_are_posts_of_their_own_are_told_as_such(folder: Path) -> None:
    words(folder / "en_days.json", **{"monday": {"text": "M"}, "a": {"title": "A"}, "bad": {"hashtags": ["x"]}})
    assert lines(explain(folder, "en_days.json", type="text"))[3:] == [
        "  it holds the words of: monday, bad",
        "  → monday: a post of its own",
        "      description  M",
        "      extra.text   M",
        "    bad: there is neither a title nor a description in it; write one",
        "      hashtags  x",
    ]
    words(folder / "en_days.json", monday={"text": "M", "status": "failed"})
    assert lines(explain(folder, "en_days.json", type="text"))[-1] == (
        "  → monday: en_days.json says that it is not to be posted: its entry 'monday': its status is 'failed'"
    )
    (folder / "empty.txt").touch()
    said = explain(folder, "empty.txt", type="text")
    assert (said.code, lines(said)[-1]) == (3, "  empty.txt: it is empty")


def test_of_more_media_than_are_looked_at_none_is_said_not_to_be_there(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("twitter_pipeline.cli.explaining.MOST_MEDIA", 1)
    (folder / "b.mp4").touch()
    words(folder / "meta" / "en_week.json", **{"a.mp4": {"title": "A"}, "b.mp4": {"title": "B"}})
    assert lines(explain(folder, "meta/en_week.json", metadata="meta"))[4:] == [
        "  → a.mp4: its words count",
        "      title  A",
        "  there are more media that it may speak of; those were not looked at",
    ]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("gone.mp4", "gone.mp4 is not there; name a file"),
        ("/etc/hostname", "/etc/hostname lies in no project's folder; only metadata files and captions can be"),
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

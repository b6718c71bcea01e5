"""From a medium to its metadata, however it is written."""

from __future__ import annotations

import json
import os
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from twitter_pipeline.content import Metadata
from twitter_pipeline.scanning.sidecars import Finder, Problem, Sidecar
from twitter_pipeline.scanning.sidecars.document import MAX_BYTES
from twitter_pipeline_tests.support.samples import needs_samples, samples_dir

BATCH = "meta/en_prompt_results_20260102_030405.json"


def put(root: Path, rel: str, content: Any) -> Path:
    path = root / rel
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def find(
    root: Path,
    media: str = "videos/a.mp4",
    *,
    metadata: str | None = "meta",
    language: str = "en",
    fallback: tuple[str, ...] = (),
) -> Any:
    (root / "videos").mkdir(exist_ok=True)
    return Finder(root, Path(metadata) if metadata else None, language, fallback).find(media)


def title(root: Path, media: str = "videos/a.mp4", **options: Any) -> str | None:
    found = find(root, media, **options)
    assert found is None or isinstance(found, Sidecar), found
    return found.metadata.title if found else None


def message(root: Path, media: str = "videos/a.mp4") -> str:
    found = find(root, media)
    assert isinstance(found, Problem), found
    return found.message


def test_a_file_of_its_own_beside_the_medium_is_found(tmp_path: Path) -> None:
    path = put(tmp_path, "videos/a.json", {"title": "T"})
    found = find(tmp_path, metadata=None)
    assert found == Sidecar(path, None, Metadata(title="T"), path.stat().st_mtime_ns, path.stat().st_size)


@pytest.mark.parametrize("name", ["a_en.json", "a.en.json", "a-en.json"])
def test_a_file_of_its_own_may_name_the_language_and_then_goes_first(tmp_path: Path, name: str) -> None:
    put(tmp_path, f"videos/{name}", {"title": "English"})
    put(tmp_path, "videos/a_zh.json", {"title": "中文"})
    put(tmp_path, "videos/a.json", {"title": "any"})
    assert title(tmp_path) == "English"
    assert title(tmp_path, language="zh") == "中文"
    assert title(tmp_path, language="fr") == "any"


def test_a_file_of_its_own_may_lie_with_the_batches_and_goes_before_them(tmp_path: Path) -> None:
    put(tmp_path, BATCH, {"a.mp4": {"title": "batch"}})
    assert title(tmp_path) == "batch"
    put(tmp_path, "meta/a.json", {"title": "there"})
    assert title(tmp_path) == "there"
    put(tmp_path, "videos/a.json", {"title": "beside"})
    assert title(tmp_path) == "beside"


def test_without_metadata_there_is_none(tmp_path: Path) -> None:
    put(tmp_path, BATCH, {"b.mp4": {"title": "another's"}})
    put(tmp_path, "videos/ab.json", {"title": "another's"})
    assert find(tmp_path) is None


def test_a_batch_file_names_its_entry(tmp_path: Path) -> None:
    path = put(tmp_path, BATCH, {"a.mp4": {"title": "T"}})
    found = find(tmp_path)
    assert (found.path, found.entry) == (path, "a.mp4")


@pytest.mark.parametrize(
    "content",
    [
        {"a.mp4": {"title": "T"}},
        {"a": {"title": "T"}},
        {"videos/a.mp4": {"title": "T"}},
        {"C:\\clips\\a.mp4": {"title": "T"}},
        {"videos": [{"filename": "b.mp4", "title": "B"}, {"filename": "a.mp4", "title": "T"}]},
        {"videos": [None, {"title": "no name"}, {"filename": 1}, {"filename": "clips\\a.mp4", "title": "T"}]},
    ],
)
def test_a_batch_file_has_several_shapes(tmp_path: Path, content: Any) -> None:
    put(tmp_path, BATCH, content)
    assert title(tmp_path) == "T"


def test_of_several_batch_files_the_newest_that_knows_the_medium_wins(tmp_path: Path) -> None:
    put(tmp_path, "meta/en_prompt_results_20260301_000000.json", {"b.mp4": {"title": "newest"}})
    put(tmp_path, "meta/en_prompt_results_20260201_120000.json", {"a.mp4": {"title": "new"}, "b.mp4": {"title": "new"}})
    old = put(tmp_path, "meta/en_prompt_results_20260201_110000.json", {"a.mp4": {"title": "old"}})
    os.utime(old, (2e9, 2e9))  # its name says when it was made; a copy's time does not
    put(tmp_path, "meta/en_batch.json", {"a.mp4": {"title": "undated"}, "c.mp4": {"title": "undated"}})
    assert title(tmp_path) == "new"
    assert title(tmp_path, "videos/b.mp4") == "newest"
    assert title(tmp_path, "videos/c.mp4") == "undated"


def test_batch_files_without_a_date_go_by_when_they_were_changed(tmp_path: Path) -> None:
    os.utime(put(tmp_path, "meta/en_a.json", {"a.mp4": {"title": "new"}}), (2000, 2000))
    os.utime(put(tmp_path, "meta/en_b.json", {"a.mp4": {"title": "old"}}), (1000, 1000))
    assert title(tmp_path) == "new"


def test_a_batch_file_of_another_language_is_not_read(tmp_path: Path) -> None:
    put(tmp_path, "meta/zh_prompt_results_20260102_030405.json", b"{broken")
    put(tmp_path, BATCH, {"a.mp4": {"title": "T"}})
    assert title(tmp_path) == "T"


def test_the_sidecar_of_a_clip_whose_name_begins_like_a_language_is_no_batch(tmp_path: Path) -> None:
    put(tmp_path, "videos/en_route.mp4", b"x")
    put(tmp_path, "videos/en_route.json", b"{broken")
    assert find(tmp_path, "videos/a.mp4", metadata=None) is None


@pytest.mark.parametrize(("on_disk", "in_batch"), [("NFC", "NFD"), ("NFD", "NFC"), ("NFD", "NFD")])
def test_names_are_the_same_in_either_normal_form(tmp_path: Path, on_disk: Any, in_batch: Any) -> None:
    media = unicodedata.normalize(on_disk, "Café ガ.mp4")
    put(tmp_path, BATCH, {unicodedata.normalize(in_batch, "Café ガ.mp4"): {"title": "batch"}})
    assert title(tmp_path, f"videos/{media}") == "batch"
    put(tmp_path, unicodedata.normalize(in_batch, "videos/Café ガ.json"), {"title": "own"})
    assert title(tmp_path, f"videos/{media}") == "own"


def test_a_batch_file_is_parsed_again_only_when_its_size_or_time_changed(tmp_path: Path) -> None:
    path = put(tmp_path, BATCH, {"a.mp4": {"title": "one"}})
    os.utime(path, (1000, 1000))
    assert title(tmp_path) == "one"
    put(tmp_path, BATCH, {"a.mp4": {"title": "two"}})
    os.utime(path, (1000, 1000))
    assert title(tmp_path) == "one"
    os.utime(path, (2000, 2000))
    assert title(tmp_path) == "two"


def test_large_batches_are_parsed_once_for_all_media(tmp_path: Path) -> None:
    """Together they are more than is kept between scans: parsed again, they would say what they say by then."""
    finder, media = Finder(tmp_path, Path("meta"), "en"), ["videos/1.mp4", "videos/2.mp4", "videos/3.mp4"]
    for words in ("before", "after!"):
        for name in ("1_and_2", "3"):
            said = {"": "x" * 10_000_000, **{f"{number}.mp4": {"title": words} for number in name.split("_and_")}}
            os.utime(put(tmp_path, f"meta/en_{name}.json", said), (1000, 1000))
        assert [finder.find(one).metadata.title for one in media] == ["before"] * 3  # type: ignore[union-attr]


def test_a_batch_file_that_was_broken_is_read_once_it_is_mended(tmp_path: Path) -> None:
    path = put(tmp_path, BATCH, b"{broken")
    os.utime(path, (1000, 1000))
    assert "line 1, column 2" in message(tmp_path)
    put(tmp_path, BATCH, {"a.mp4": {"title": "T"}})
    assert title(tmp_path) == "T"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b'{"title": "T",\n  "description" "D"}', "no valid JSON: Expecting ':' delimiter in line 2, column 17"),
        (b"", "it is empty"),
        (b" \n", "it is empty"),
        (b"[1, 2]", 'it is a list, not an object such as {"title": "…"}'),
        (b"42", 'it is a number, not an object such as {"title": "…"}'),
        (b'"T"', 'it is a text, not an object such as {"title": "…"}'),
        (b"null", 'it is null, not an object such as {"title": "…"}'),
        (b"true", 'it is a truth value, not an object such as {"title": "…"}'),
        (b'{"title": "caf\xe9"}', "no valid UTF-8 at byte 14; save it as UTF-8"),
        (b'{"title":' * 100_000, "it is nested too deeply"),
        (b'{"title": ' + b"9" * 5000 + b"}", "no valid JSON: Exceeds the limit"),
    ],
)
@pytest.mark.parametrize("name", ["videos/a.json", BATCH])
def test_a_file_that_cannot_be_read_is_a_problem_that_names_file_and_place(
    tmp_path: Path, name: str, content: bytes, why: str
) -> None:
    put(tmp_path, name, content)
    assert message(tmp_path).startswith(f"metadata that cannot be read: {name}: {why}")


def test_a_newer_batch_that_is_broken_is_not_passed_over_and_an_older_is_not_asked(tmp_path: Path) -> None:
    put(tmp_path, BATCH, {"a.mp4": {"title": "T"}})
    older = put(tmp_path, "meta/en_prompt_results_20250101_000000.json", b"{broken")
    assert title(tmp_path) == "T"
    older.rename(tmp_path / "meta/en_prompt_results_20270101_000000.json")
    assert "en_prompt_results_20270101_000000.json: no valid JSON" in message(tmp_path)


def test_a_file_of_200_mb_is_not_read(tmp_path: Path) -> None:
    path = put(tmp_path, BATCH, {})
    os.truncate(path, 200_000_000)
    assert message(tmp_path).endswith(f"it has 200 MB, and at most {MAX_BYTES / 1e6:,.0f} are read; split it")


def test_a_newer_batch_that_says_null_of_a_medium_does_not_know_it(tmp_path: Path) -> None:
    put(tmp_path, BATCH, {"a": {"title": "T"}})
    put(tmp_path, "meta/en_prompt_results_20270101_000000.json", {"a.mp4": None})
    assert title(tmp_path) == "T"


@pytest.mark.parametrize("key", ["A.MP4", "A", "clips/A.mp4"])
def test_an_entry_in_another_letter_case_is_the_mediums_unless_another_differs_in_that_alone(
    tmp_path: Path, key: str
) -> None:
    put(tmp_path, BATCH, {key: {"title": "T"}})
    assert title(tmp_path) == "T"
    put(tmp_path, "videos/A.mov", b"x")
    put(tmp_path, "videos/a.mp4", b"x")
    assert find(tmp_path) is None


@pytest.mark.parametrize(("entry", "what"), [(["x"], "a list"), ("words", "a text")])
def test_an_entry_that_is_no_object_is_a_problem(tmp_path: Path, entry: Any, what: str) -> None:
    put(tmp_path, BATCH, {"a.mp4": entry})
    assert f"its entry 'a.mp4' is {what}, not an object" in message(tmp_path)


def test_a_byte_order_mark_and_utf_16_are_read(tmp_path: Path) -> None:
    for encoding in ("utf-8-sig", "utf-16"):
        put(tmp_path, "videos/a.json", '{"title": "日本"}'.encode(encoding))
        assert title(tmp_path) == "日本"


def test_a_sidecar_that_leads_out_of_the_project_is_not_read(tmp_path: Path) -> None:
    secret = put(tmp_path, "secret.json", {"title": "secret"})
    root = tmp_path / "project"
    (root / "videos").mkdir(parents=True)
    (root / "videos/a.json").symlink_to(secret)
    assert message(root) == "metadata that cannot be read: videos/a.json: it is a link that leads out of the project"


def test_a_metadata_folder_that_leads_out_of_the_project_is_not_read(tmp_path: Path) -> None:
    put(tmp_path, "elsewhere/a.json", {"title": "secret"})
    root = tmp_path / "project"
    root.mkdir()
    (root / "meta").symlink_to(tmp_path / "elsewhere")
    assert message(root) == "metadata that cannot be read: meta: it leads out of the project"


def test_a_metadata_folder_that_is_not_there_is_a_problem_unless_the_medium_has_its_own(tmp_path: Path) -> None:
    assert message(tmp_path) == "metadata that cannot be read: meta: No such file or directory"
    put(tmp_path, "videos/a.json", {"title": "T"})
    assert title(tmp_path) == "T"


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "videos").mkdir()
    os.mkfifo(tmp_path / "videos/a.json")
    assert message(tmp_path).endswith("videos/a.json: it is no file")


def test_a_wrong_field_does_not_cost_the_right_ones(tmp_path: Path) -> None:
    put(
        tmp_path,
        "videos/a.json",
        {"title": None, "description": ["D"], "hashtags": ["#a", None, 7, {}, " "], "keywords": 5, "link": True},
    )
    assert find(tmp_path).metadata == Metadata(hashtags=("#a", "7"))


@pytest.mark.parametrize(
    ("written", "hashtags"),
    [
        ("#a #b  c", ("#a", "#b", "c")),
        ("#a, #b #c", ("#a", "#b", "#c")),
        ("New York, Los Angeles", ("New York", "Los Angeles")),
        ("猫、犬，鳥", ("猫", "犬", "鳥")),
        ("#a#b＃c #d", ("#a", "#b", "＃c", "#d")),
        (["#a#b", "c d", "C#"], ("#a", "#b", "c d", "C#")),
        ("# #" + " " * 20_000 + "#", ("#", "#", "#")),
    ],
)
def test_lists_may_be_written_as_text(tmp_path: Path, written: object, hashtags: tuple[str, ...]) -> None:
    put(tmp_path, "videos/a.json", {"title": 2026, "hashtags": written, "keywords": "paper plane, hope"})
    assert find(tmp_path).metadata == Metadata(title="2026", hashtags=hashtags, keywords=("paper plane", "hope"))


@pytest.mark.parametrize("more", [{}, {"hashtags": None}, {"hashtags": ["#c"]}, {"hashtags": []}])
def test_short_tags_do_where_there_are_no_hashtags(tmp_path: Path, more: dict[str, Any]) -> None:
    tags = ["sea", "deep sea", "why the sea is blue"]
    put(tmp_path, "videos/a.json", {"title": "T", "tags": tags, **more})
    hashtags = more.get("hashtags")
    expected = ("sea", "deep sea") if hashtags is None else tuple(hashtags)
    assert find(tmp_path).metadata == Metadata(title="T", hashtags=expected, extra={"tags": tags})


def test_what_no_database_takes_is_left_out(tmp_path: Path) -> None:
    put(
        tmp_path,
        "videos/a.json",
        b'{"title": "a\\u0000b\\ud800c", "nul": "\\u0000", "half": "\\ud800", "endless": 1e999, "nan": NaN, "ok": [1]}',
    )
    assert find(tmp_path).metadata == Metadata(title="abc", extra={"nan": None, "ok": [1]})


def test_a_field_that_is_nested_deeply_is_left_out(tmp_path: Path) -> None:
    put(tmp_path, "videos/a.json", f'{{"title": "abc", "deep": {"[" * 300}{"]" * 300}}}'.encode())
    assert find(tmp_path).metadata == Metadata(title="abc")


def test_small_unknown_fields_are_kept_and_large_ones_left_out(tmp_path: Path) -> None:
    put(tmp_path, "videos/a.json", {"summary": {"zh": "怀旧"}, "transcript": "x" * 3000, "title": "x" * 30_000})
    metadata = find(tmp_path).metadata
    assert metadata.extra == {"summary": {"zh": "怀旧"}}
    assert len(metadata.title) == 25_000


@needs_samples
def test_each_of_the_27_sample_clips_has_its_english_text() -> None:
    root = samples_dir() / "maker_music_makerthins"
    finder = Finder(root, Path("uploader_json"), "en")
    clips = sorted((root / "output_video_music").glob("*.mp4"))
    found = [finder.find(clip.relative_to(root).as_posix()) for clip in clips]
    assert len(found) == 27
    assert all(isinstance(sidecar, Sidecar) for sidecar in found)
    assert [sidecar.entry for sidecar in found if isinstance(sidecar, Sidecar)] == [clip.name for clip in clips]
    assert len({sidecar.metadata.title for sidecar in found if isinstance(sidecar, Sidecar)}) == 27


@needs_samples
def test_real_sidecars_of_other_programs_do_no_harm(tmp_path: Path) -> None:
    for path in (samples_dir() / "sidecars").glob("*.json"):
        put(tmp_path, "videos/a.json", path.read_bytes())
        assert isinstance(find(tmp_path), Sidecar)

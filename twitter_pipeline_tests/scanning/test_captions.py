"""Which captions belong to which video, by their names."""

from __future__ import annotations

from pathlib import Path

import pytest

from twitter_pipeline.content.language_codes import language_of
from twitter_pipeline.scanning.captions import beside
from twitter_pipeline.scanning.sidecars import Finder, Sidecar
from twitter_pipeline.scanning.sidecars.listing import Listing
from twitter_pipeline_tests.support.quickness import assert_quick


def found(folder: Path, video: str, language: str = "en") -> list[tuple[str, str]]:
    """The names of a video's captions, and their languages."""
    return [
        (one.name, one.language.code if one.language else "?")
        for one in beside(Listing.of(folder, folder), video, language)
    ]


def put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).write_bytes(b"")


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("clip.srt", "fr"),
        ("clip.VTT", "fr"),
        ("clip.en.srt", "en"),
        ("clip_de.vtt", "de"),
        ("clip-pt-BR.srt", "pt"),
        ("clip.zh-Hans.vtt", "zh"),
        ("clip.es-419.vtt", "es"),
        ("clip.en-orig.vtt", "en"),
        ("clip.eng.srt", "en"),
        ("clip.ger.srt", "de"),
        ("clip.German.srt", "de"),
        ("clip.iw.vtt", "he"),
        ("clip.Français.srt", "fr"),
        ("clip.en.sdh.srt", "en"),
    ],
)
def test_the_name_says_the_language(tmp_path: Path, name: str, language: str) -> None:
    put(tmp_path, "clip.mp4", name)
    assert found(tmp_path, "clip.mp4", "fr-CA") == [(name, language)]


@pytest.mark.parametrize(
    "name",
    [
        "clip2.srt",
        "clip_2.srt",
        "clip.final.srt",
        "clips.en.srt",
        "other.srt",
        "clip.xx.srt",
        "clip.en.txt",
        "clip_no_more.srt",
    ],
)
def test_other_names_are_not_its_own(tmp_path: Path, name: str) -> None:
    put(tmp_path, "clip.mp4", name)
    assert found(tmp_path, "clip.mp4") == []


def test_a_text_of_the_same_name_is_no_medium(tmp_path: Path) -> None:
    put(tmp_path, "clip.mp4", "clip.en.txt", "clip.en.srt")
    assert found(tmp_path, "clip.mp4") == [("clip.en.srt", "en")]


def test_what_is_called_like_another_medium_is_that_ones(tmp_path: Path) -> None:
    put(tmp_path, "clip.mp4", "clip_en.mp4", "clip.srt", "clip_en.srt", "clip_en.de.srt", "clip_de.srt")
    assert found(tmp_path, "clip.mp4") == [("clip.srt", "en"), ("clip_de.srt", "de")]
    assert found(tmp_path, "clip_en.mp4") == [("clip_en.srt", "en"), ("clip_en.de.srt", "de")]


def test_the_sources_language_comes_first_and_the_plainest_name_in_each(tmp_path: Path) -> None:
    put(tmp_path, "clip.mp4", "clip.vtt", "clip.srt", "clip.de.vtt", "clip.de-AT.srt", "clip.ar.srt", "clip.de.srt")
    assert found(tmp_path, "clip.mp4", "de") == [
        ("clip.de.srt", "de"),
        ("clip.de.vtt", "de"),
        ("clip.de-AT.srt", "de"),
        ("clip.srt", "de"),
        ("clip.vtt", "de"),
        ("clip.ar.srt", "ar"),
    ]


def test_names_are_compared_in_whichever_form_a_disk_has_them(tmp_path: Path) -> None:
    put(tmp_path, "caf\u00e9.mp4", "cafe\u0301.en.srt")
    assert found(tmp_path, "caf\u00e9.mp4") == [("cafe\u0301.en.srt", "en")]


def test_captions_take_no_words_from_a_video(tmp_path: Path) -> None:
    """A sidecar `clip_en.json` is another medium's where there is a `clip_en.mp4`; captions are no medium."""
    put(tmp_path, "clip.mp4", "clip_en.srt")
    (tmp_path / "clip_en.json").write_text('{"title": "Cat naps"}')
    sidecar = Finder(tmp_path, None, "en").find("clip.mp4")
    assert isinstance(sidecar, Sidecar)
    assert sidecar.metadata.title == "Cat naps"


def test_a_folder_of_thousands_is_gone_through_once_not_for_each_video(tmp_path: Path) -> None:
    for number in range(2_000):
        put(tmp_path, f"clip_{number}.mp4", f"clip_{number}.srt", f"clip_{number}.de.vtt")

    def look() -> None:
        listing = Listing.of(tmp_path, tmp_path)
        assert all(len(beside(listing, f"clip_{number}.mp4", "en")) == 2 for number in range(2_000))

    assert_quick(look, 2)  # it takes a tenth of a second, and ten when it goes through all of them


def test_every_language_has_its_own_two_letters() -> None:
    codes = {tag: language_of(tag) for tag in ("de", "DE", "deu", "ger", "de_CH", "Deutsch", "german")}
    assert {language.code for language in codes.values() if language} == {"de"}
    assert None not in codes.values()
    assert [language_of(tag) for tag in ("", "xx", "d", "de-final", "de--", "qaa", "clip")] == [None] * 7

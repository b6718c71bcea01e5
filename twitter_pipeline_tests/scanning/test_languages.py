"""Metadata in several languages: which words a source takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from twitter_pipeline.scanning.sidecars import Problem
from twitter_pipeline_tests.scanning.test_sidecars import find, put, title

GERMAN_FIRST = {"language": "de", "fallback": ("fr", "en")}

#: What a source in German, with French and English to fall back on, takes, best first.
IN_ORDER = (
    "videos/a.de.json",
    "videos/a.json",
    "meta/a.json",
    "meta/de_prompt_results_20260102_030405.json",
    "videos/a.fr.json",
    "meta/fr_prompt_results_20260102_030405.json",
    "videos/a_en.json",
    "meta/en_prompt_results_20260102_030405.json",
)


def test_the_languages_are_asked_in_order_and_in_each_the_medium_s_own_file_first(tmp_path: Path) -> None:
    for rel in reversed(IN_ORDER):
        put(tmp_path, rel, {"title": rel} if "prompt" not in rel else {"a.mp4": {"title": rel}})
        assert title(tmp_path, **GERMAN_FIRST) == rel


def test_a_file_without_a_language_is_in_the_source_s_own(tmp_path: Path) -> None:
    put(tmp_path, "videos/a.json", {"title": "any"})
    for language in ("de", "en", "pt-BR"):
        assert title(tmp_path, language=language, fallback=("fr",)) == "any"


def test_a_language_that_is_no_fall_back_is_not_taken(tmp_path: Path) -> None:
    put(tmp_path, "videos/a.en.json", {"title": "English"})
    put(tmp_path, "meta/en_batch.json", {"a.mp4": {"title": "English"}})
    assert find(tmp_path, language="de", fallback=("fr",)) is None


def test_a_batch_in_the_language_that_lacks_the_medium_lets_the_next_one_speak(tmp_path: Path) -> None:
    put(tmp_path, "meta/de_batch.json", {"b.mp4": {"title": "Deutsch"}})
    put(tmp_path, "meta/en_batch.json", {"a.mp4": {"title": "English"}, "b.mp4": {"title": "English"}})
    assert title(tmp_path, **GERMAN_FIRST) == "English"
    assert title(tmp_path, "videos/b.mp4", **GERMAN_FIRST) == "Deutsch"


@pytest.mark.parametrize("rel", ["videos/a.de.json", "meta/de_batch.json"])
def test_words_that_cannot_be_read_are_not_passed_over_for_another_language(tmp_path: Path, rel: str) -> None:
    put(tmp_path, rel, b"{broken")
    put(tmp_path, "videos/a.en.json", {"title": "English"})
    found = find(tmp_path, **GERMAN_FIRST)
    assert isinstance(found, Problem)
    assert rel in found.message


def test_a_broken_fall_back_harms_no_medium_that_has_its_own_language(tmp_path: Path) -> None:
    put(tmp_path, "meta/en_batch.json", b"{broken")
    put(tmp_path, "videos/a.de.json", {"title": "Deutsch"})
    assert title(tmp_path, **GERMAN_FIRST) == "Deutsch"


def test_the_file_of_a_clip_whose_name_ends_like_a_language_is_its_own(tmp_path: Path) -> None:
    put(tmp_path, "videos/a_en.mp4", b"x")
    put(tmp_path, "videos/a_en.json", {"title": "of a_en.mp4"})
    put(tmp_path, "videos/a.json", {"title": "of a.mp4"})
    assert title(tmp_path) == "of a.mp4"
    assert title(tmp_path, "videos/a_en.mp4") == "of a_en.mp4"

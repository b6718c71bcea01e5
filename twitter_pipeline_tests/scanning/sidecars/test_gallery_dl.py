"""gallery-dl's `a.jpg.json`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from twitter_pipeline.content import Metadata
from twitter_pipeline_tests.scanning.sidecars.beside import understood

SITE = {"category": "pixiv", "subcategory": "work"}


@pytest.mark.parametrize(
    ("content", "metadata"),
    [
        (
            {
                "title": "Sea",
                "caption": "Blue.",
                "tags": ["sea"],
                "user": {"name": "Ann"},
                "date": "2026-01-31 10:00:00",
            },
            Metadata(
                title="Sea",
                description="Blue.",
                hashtags=("sea",),
                keywords=("sea",),
                extra={"author": "Ann", "date": "2026-01-31T10:00:00"},
            ),
        ),
        (
            {"content": "Blue.", "hashtags": ["sea"], "author": {"nick": "Ann"}, "post_url": "https://example.com/1"},
            Metadata(
                description="Blue.",
                hashtags=("sea",),
                keywords=("sea",),
                extra={"author": "Ann", "source_url": "https://example.com/1"},
            ),
        ),
        (
            {
                "title": 7,
                "description": None,
                "content": "Blue.",
                "tags": "sea sky",
                "url": "ftp://x",
                "link": "https://x.y",
            },
            Metadata(title="7", description="Blue.", hashtags=("sea", "sky"), keywords=("sea", "sky")),
        ),
    ],
)
def test_each_site_s_fields_are_understood_and_no_link_is_posted(
    tmp_path: Path, content: dict[str, Any], metadata: Metadata
) -> None:
    assert understood(tmp_path, "a.jpg", {"a.jpg.json": {**SITE, **content}}) == metadata


def test_one_that_somebody_wrote_for_the_pipeline_keeps_its_link(tmp_path: Path) -> None:
    mine = {"title": "Sea", "hashtags": ["#sea"], "link": "https://example.com/shop"}
    assert understood(tmp_path, "a.jpg", {"a.jpg.json": mine}) == Metadata(
        title="Sea", hashtags=("#sea",), link="https://example.com/shop"
    )


def test_one_that_names_an_author_comes_from_elsewhere(tmp_path: Path) -> None:
    shortened = {"title": "Sea", "username": "ann", "link": "https://example.com/1"}
    assert understood(tmp_path, "a.jpg", {"a.jpg.json": shortened}) == Metadata(title="Sea", extra={"author": "ann"})


def test_another_medium_s_is_not_taken(tmp_path: Path) -> None:
    assert understood(tmp_path, "a.jpg", {"a.png.json": {**SITE, "title": "Sea"}}) is None


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (
            '<p>Fog &amp; rain<br />all day</p><p><a href="https://x.y"><span>It stays</span></a></p>',
            "Fog & rain\nall day\n\nIt stays",
        ),
        ("<b>Fog</b>\nand rain", "Fog\nand rain"),
        ("<div>\n  Fog\n  and rain\n</div>\n<ul><li>one</li></ul>", "Fog and rain\n\none"),
        ("I <3 fog & rain, a < b > c <fog>", "I <3 fog & rain, a < b > c <fog>"),
        ("<p>&#0;&lt;p&gt;</p>", "\ufffd<p>"),
    ],
)
def test_of_html_the_words_are_taken(tmp_path: Path, written: str, words: str) -> None:
    about = {**SITE, "content": written}
    assert understood(tmp_path, "a.jpg", {"a.jpg.json": about}) == Metadata(description=words)


def test_html_without_an_end_takes_no_time(tmp_path: Path) -> None:
    for written in ("<a " * 300_000, "<p>" + " " * 900_000, "<p>" + "\n" * 900_000, "<p " + "x" * 900_000):
        began = time.process_time()
        understood(tmp_path, "a.jpg", {"a.jpg.json": {**SITE, "content": written}})
        assert time.process_time() - began < 2, "seconds"

"""gallery-dl's `a.jpg.json`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from twitter_pipeline.content import Metadata
from twitter_pipeline_tests.scanning.sidecars.beside import understood
from twitter_pipeline_tests.support.quickness import assert_quick

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
            {"status": {"text": "Blue<br>sea", "text_raw": "Blue sea", "user": {"screen_name": "Ann"}}},
            Metadata(description="Blue sea", extra={"author": "Ann"}),
        ),
        (
            {"description": "Blue.", "tags": {"general": ["sea", "sky"], "artist": ["ann"], "meta": ["hi_res"]}},
            Metadata(description="Blue.", hashtags=("sea", "sky", "ann"), keywords=("sea", "sky", "ann")),
        ),
        (
            {"caption": "Blue.", "tags": [{"name": "海", "translated_name": "sea"}], "content": {"x": 1}},
            Metadata(description="Blue.", hashtags=("海",), keywords=("海",)),
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
        ("<div>\n  Fog\n  and rain\n</div>\n<ul><li>one</li></ul>", "Fog and rain\n\n• one"),
        ("I <3 fog & rain, a < b > c <fog>", "I <3 fog & rain, a < b > c <fog>"),
        ("<p>&#0;&lt;p&gt;</p>", "&#0;<p>"),
        ("<p>a <b>big</b> sea</p>", "a big sea"),
        ("Tom &amp; Jerry&#39;s", "Tom & Jerry's"),
        ("<p>Tom &amp; Jerry</p>", "Tom & Jerry"),
        ("see https://example.com/?a=1&copy=2", "see https://example.com/?a=1&copy=2"),
        ("if a<b and c>d then e", "if a<b and c>d then e"),
        ("<b>If</b> a<b and c>d", "If a<b and c>d"),
        ("Press <s> to save, <b> to go back", "Press <s> to save, <b> to go back"),
        ("Great weather </s>, A --> B", "Great weather </s>, A --> B"),
        ("See <joke>this</joke>, <script>", "See <joke>this</joke>, <script>"),
        ("<p>Press <s> to save", "Press <s> to save"),
        ("Roses\nare red,\nviolets<br>\nblue.\n\nSo", "Roses\nare red,\nviolets\nblue.\n\nSo"),
        ("one<br>two\nthree", "one\ntwo\nthree"),
        ("Roses<br />\nare red,<br />\nviolets\nblue", "Roses\nare red,\nviolets blue"),
        ("<img src=a.png alt='a>b'/>Fog<a href=https://x.y/?a=1 download>!</a>", "Fog!"),
        ("<section><font color='red'>Fog</font> and super<wbr>cali</section>", "Fog and supercali"),
        ("<table><tr><td>Fog</td><td>5 °C</td></tr><tr><td>Rain</td></tr></table>", "Fog 5 °C\nRain"),
        ("Fog<!-- not <b>this</b> --> and <B>rain</B>", "Fog and rain"),
        ("<p>Fog</p><script type='x'>if (a<b) alert('</p>')</script><style>p {}</style>", "Fog"),
        ("Fog <!-- and rain", "Fog <!-- and rain"),
    ],
)
def test_of_html_the_words_are_taken(tmp_path: Path, written: str, words: str) -> None:
    about = {**SITE, "content": written}
    assert understood(tmp_path, "a.jpg", {"a.jpg.json": about}) == Metadata(description=words)


def test_html_without_an_end_takes_no_time(tmp_path: Path) -> None:
    for written in (
        "<a " * 300_000,
        "<p>" + " " * 900_000,
        "<p>" + "\n" * 900_000,
        "<p " + "x" * 900_000,
        "<!--" * 200_000,
        "<script>" * 100_000,
        "<p x=1" + " x" * 400_000,
        '<a x="' * 150_000,
        "<br> " * 150_000,
        "<b>" * 100_000 + "</b>" * 100_000,
        "<p x=" + "y" * 900_000,
        "&" * 900_000,
        "<p x" + " " * 900_000,
    ):
        about = {"a.jpg.json": {**SITE, "content": written}}
        assert_quick(lambda about=about: understood(tmp_path, "a.jpg", about), 5)


@pytest.mark.parametrize("gone", ["[removed]", "[deleted]"])
def test_what_reddit_shows_where_words_were_is_none(tmp_path: Path, gone: str) -> None:
    about = {"category": "reddit", "subcategory": "subreddit", "title": "My cat", "selftext": gone}
    assert understood(tmp_path, "a.jpg", {"a.jpg.json": about}) == Metadata(title="My cat")

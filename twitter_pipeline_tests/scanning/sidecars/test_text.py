"""`a.txt` beside a medium."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from twitter_pipeline.content import Metadata
from twitter_pipeline_tests.scanning.sidecars.beside import problem, sample, understood
from twitter_pipeline_tests.support.samples import needs_samples


@pytest.mark.parametrize(
    ("content", "metadata"),
    [
        ("The cat", Metadata(title="The cat")),
        (
            "The cat\r\n\r\nIt sleeps.\r\nIt eats.\r\n#cat #sleep\r\n",
            Metadata(
                title="The cat",
                description="It sleeps.\nIt eats.",
                hashtags=("#cat", "#sleep"),
                keywords=("cat", "sleep"),
            ),
        ),
        ("猫\n#睡#吃", Metadata(title="猫", hashtags=("#睡", "#吃"), keywords=("睡", "吃"))),
        ("#cat\nThe cat", Metadata(title="The cat", hashtags=("#cat",), keywords=("cat",))),
        ("The cat\n.\n.....\n—\n#cat", Metadata(title="The cat", hashtags=("#cat",), keywords=("cat",))),
        (
            "The cat\nIt sleeps.\n\n#cat\nIt eats.",
            Metadata(title="The cat", description="It sleeps.\n\nIt eats.", hashtags=("#cat",), keywords=("cat",)),
        ),
        ("The #cat sleeps\n# and eats", Metadata(title="The #cat sleeps", description="# and eats")),
        ("猫".encode("utf-8-sig"), Metadata(title="猫")),
        ("猫".encode("utf-16"), Metadata(title="猫")),
        ("a\x00b\x1b[2J", Metadata(title="ab[2J")),
    ],
)
def test_the_first_line_is_the_title_and_lines_of_tags_are_hashtags(
    tmp_path: Path, content: Any, metadata: Metadata
) -> None:
    assert understood(tmp_path, "a.mp4", {"a.txt": content}) == metadata


@pytest.mark.parametrize("name", ["a.txt", "a.mp4.txt", "a_en.txt", "a.en.txt", "a-en.txt", "a.TXT"])
def test_it_is_called_like_its_medium(tmp_path: Path, name: str) -> None:
    assert understood(tmp_path, "a.mp4", {name: "The cat", "b.txt": "no", "a_de.txt": "Die Katze"}) == Metadata(
        title="The cat"
    )


def test_a_text_that_is_posted_itself_has_none_beside_it(tmp_path: Path) -> None:
    assert understood(tmp_path, "a.txt", {"a.txt": "The cat", "a.txt.txt": "no"}) is None


def test_what_a_picture_was_made_with_is_none_of_its_words(tmp_path: Path) -> None:
    made = "a cat, best quality\nNegative prompt: bad hands\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1"
    assert understood(tmp_path, "a.png", {"a.txt": made}) is None
    assert understood(tmp_path, "b.png", {"b.txt": "Steps: 20\nSampler: mine"}) is not None


def test_what_is_no_utf_8_is_told(tmp_path: Path) -> None:
    told = problem(tmp_path, "a.mp4", {"a.txt": "Füße".encode("latin-1")})
    assert told.message.endswith("a.txt: it is no UTF-8 text (byte 1); save it as UTF-8")


@needs_samples
def test_the_real_one_is_understood(tmp_path: Path) -> None:
    assert understood(tmp_path, "demo.mp4", {"demo.txt": sample("demo.txt")}) == Metadata(
        title="男子为了心爱之人每天坚守❤️‍🩹",
        hashtags=("#坚持不懈", "#爱情执着", "#奋斗使者", "#短视频"),
        keywords=("坚持不懈", "爱情执着", "奋斗使者", "短视频"),
    )

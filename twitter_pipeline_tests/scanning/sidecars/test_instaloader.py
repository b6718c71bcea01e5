"""Instaloader's files beside what it takes from Instagram."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from twitter_pipeline.content import Metadata
from twitter_pipeline_tests.scanning.sidecars.beside import understood, xz

NAME = "2024-01-02_03-04-05_UTC"
NODE: dict[str, Any] = {
    "shortcode": "C1a-b_2",
    "edge_media_to_caption": {"edges": [{"node": {"text": "The sea\n#sea"}}]},
    "owner": {"username": "ann"},
    "taken_at_timestamp": 1704164645,
}
POST = {"node": NODE, "instaloader": {"version": "4.10", "node_type": "Post"}}
SEA = Metadata(
    description="The sea\n#sea",
    extra={
        "author": "ann",
        "date": "2024-01-02T03:04:05+00:00",
        "source_url": "https://www.instagram.com/p/C1a-b_2/",
    },
)


@pytest.mark.parametrize("media", [f"{NAME}.jpg", f"{NAME}.mp4", f"{NAME}_1.jpg", f"{NAME}_12.jpg", f"{NAME}.album"])
@pytest.mark.parametrize(("ending", "pack"), [(".json.xz", xz), (".json", lambda content: content)])
def test_a_post_s_caption_is_found_for_each_of_its_pictures(tmp_path: Path, media: str, ending: str, pack: Any) -> None:
    assert understood(tmp_path, media, {f"{NAME}{ending}": pack(POST)}) == SEA


def test_the_caption_in_a_text_does_where_there_is_nothing_else(tmp_path: Path) -> None:
    assert understood(tmp_path, f"{NAME}_1.jpg", {f"{NAME}.txt": "The sea\n#sea"}) == Metadata(
        description="The sea\n#sea"
    )
    empty = {**POST, "node": {**NODE, "edge_media_to_caption": {"edges": []}}}
    files = {f"{NAME}.txt": "The sea", f"{NAME}.json.xz": xz(empty)}
    assert understood(tmp_path, f"{NAME}_1.jpg", files) == Metadata(description="The sea")


@pytest.mark.parametrize(
    "about",
    [
        {"node": {"username": "ann", "edge_followed_by": {"count": 1}}, "instaloader": {"node_type": "Profile"}},
        {"node": {"name": "sea"}, "instaloader": {"node_type": "Hashtag"}},
    ],
)
def test_what_is_about_an_account_is_no_post(tmp_path: Path, about: object) -> None:
    assert understood(tmp_path, "ann_1.jpg", {"ann_1.json.xz": xz(about), "ann_1.json": about}) is None


def test_whatever_is_null_or_of_a_wrong_type_costs_nothing_else(tmp_path: Path) -> None:
    edges = [None, *NODE["edge_media_to_caption"]["edges"]]
    broken = {
        "node": {
            **NODE,
            "edge_media_to_caption": {"edges": edges},
            "owner": None,
            "taken_at_timestamp": "soon",
            "shortcode": "../../x",
        }
    }
    assert understood(tmp_path, f"{NAME}.jpg", {f"{NAME}.json": broken}) == Metadata(description="The sea\n#sea")

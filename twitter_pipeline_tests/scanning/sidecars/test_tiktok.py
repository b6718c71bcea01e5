"""TikTok downloaders' `tiktok_metadata_{id}.json`."""

from __future__ import annotations

from pathlib import Path

import pytest

from twitter_pipeline.content import Metadata
from twitter_pipeline_tests.scanning.sidecars.beside import sample, understood
from twitter_pipeline_tests.support.samples import needs_samples

ID = "7255667916601855259"
ABOUT = {
    "video_metadata": {"description": "Cats #cats", "hashtags": ["cats"], "time_created": "2026-01-31T10:00:00"},
    "author_metadata": {"username": "ann"},
}
CATS = Metadata(
    description="Cats #cats",
    hashtags=("cats",),
    keywords=("cats",),
    extra={"author": "ann", "date": "2026-01-31T10:00:00"},
)


@pytest.mark.parametrize("media", [f"tiktok_video_{ID}.mp4", f"tiktok_picture_{ID}_2.jpeg", f"{ID}.mp4"])
def test_the_id_in_the_names_binds_them(tmp_path: Path, media: str) -> None:
    assert understood(tmp_path, media, {f"tiktok_metadata_{ID}.json": ABOUT}) == CATS


@pytest.mark.parametrize("media", ["a.mp4", f"{ID[:-1]}.mp4", f"1{ID}.mp4"])
def test_another_video_s_is_not_taken(tmp_path: Path, media: str) -> None:
    assert understood(tmp_path, media, {f"tiktok_metadata_{ID}.json": ABOUT}) is None


def test_whatever_is_null_or_of_a_wrong_type_costs_nothing_else(tmp_path: Path) -> None:
    broken = {"video_metadata": {"description": "Cats", "hashtags": None, "time_created": []}, "author_metadata": 3}
    assert understood(tmp_path, "a.mp4", {"a.json": broken}) == Metadata(description="Cats", extra={"author": "3"})


@needs_samples
def test_the_real_one_is_understood(tmp_path: Path) -> None:
    name = f"tiktok_metadata_{ID}.json"
    assert understood(tmp_path, f"tiktok_picture_{ID}_0.jpeg", {name: sample(name)}) == Metadata(
        description="tf2 just got revived and we're more popular than most triple a games lmao"
        " #tf2 #engineergaming #fyp",
        hashtags=("tf2", "engineergaming", "fyp"),
        keywords=("tf2", "engineergaming", "fyp"),
        extra={"author": "nesdointhings", "date": "2023-07-14T13:37:19"},
    )

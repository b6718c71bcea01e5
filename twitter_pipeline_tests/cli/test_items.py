"""Albums and texts on the command line."""

from __future__ import annotations

from collections.abc import Callable

from twitter_pipeline_tests.cli.conftest import Command
from twitter_pipeline_tests.support.pictures import pictures, words
from twitter_pipeline_tests.support.world import MakeWorld, World

WithWorld = Callable[[World], Command]


def test_preview_shows_every_picture_of_an_album_that_one_of_them_names(world: MakeWorld, command: WithWorld) -> None:
    here = world(sources=[{"type": "album", "path": "albums"}])
    pictures(here.folder / "albums/Füße", "1.png", "2.png")
    words(here.folder / "albums/Füße.json", title="A trip", alt_text=["The sea", "The beach"])
    here.scan()
    for name in ("albums/Füße", "Füße", "albums/Füße/2.png", here.task().partition_key):
        said = command(here)("preview", name)
        assert said.code == 0, name
        for part in ("albums/Füße/1.png: image/png, 48 × 32", "it shows: The sea", "2.png", "it shows: The beach"):
            assert part in said.out
    (shown,) = command(here)("preview", "--all", "--json").json
    assert shown["files"] == ["albums/Füße/1.png", "albums/Füße/2.png"]


def test_preview_shows_a_text_and_where_it_is_from(world: MakeWorld, command: WithWorld) -> None:
    here = world(sources=[{"type": "text"}])
    words(here.folder / "en_week.json", monday={"title": "The sea is calm"})
    here.scan()
    said = command(here)("preview", "en_week.json#monday")
    assert "The sea is calm" in said.out
    assert "metadata: en_week.json" in said.out
    assert here.task().files == ()

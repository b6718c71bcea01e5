"""The media of a post, held against what was planned, and what is kept of its words for the figures."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from twitter_pipeline.publishing import as_planned
from twitter_pipeline.publishing.drafts import Draft
from twitter_pipeline.publishing.outcomes import Posted
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.tables import media_uploads, publishing_attempts
from twitter_pipeline_tests.support.pictures import pictures, words
from twitter_pipeline_tests.support.world import MakeWorld, World


@pytest.fixture
def album(world: MakeWorld) -> World:
    """An album of three, posted."""
    here = world(sources=[{"type": "album", "path": "albums"}])
    pictures(here.folder / "albums/trip", "1.jpg", "2.jpg", "3.png")
    words(here.folder / "albums/trip.json", title="A trip")
    here.scan()
    assert isinstance(here.publish(), Posted)
    return here


def differences(here: World) -> list[str]:
    task = here.task()
    with reading(here.engine) as connection:
        return as_planned.differences(connection, task.id, Draft.model_validate(task.content_data))


def sent(here: World) -> list[str]:
    with reading(here.engine) as connection:
        return list(connection.scalar(sa.select(publishing_attempts.c.media_ids)) or ())


def send(here: World, media_ids: list[str]) -> None:
    """As if these had been sent."""
    with writing(here.engine) as connection:
        connection.execute(sa.update(publishing_attempts).values(media_ids=media_ids))


def test_an_album_as_it_was_prepared_has_no_differences(album: World) -> None:
    assert differences(album) == []


def test_another_order_is_told_by_its_files(album: World) -> None:
    first, second, third = sent(album)
    send(album, [second, first, third])
    assert differences(album) == [
        "medium 1: albums/trip/1.jpg was planned, albums/trip/2.jpg was sent",
        "medium 2: albums/trip/2.jpg was planned, albums/trip/1.jpg was sent",
    ]


def test_one_that_is_missing_is_told_also_when_x_has_forgotten_the_uploads(album: World) -> None:
    with writing(album.engine) as connection:
        connection.execute(sa.delete(media_uploads))
    assert differences(album) == []
    send(album, sent(album)[:2])
    assert differences(album) == ["3 media were planned, 2 were sent"]


def test_other_bytes_under_the_same_name_are_told(album: World) -> None:
    with writing(album.engine) as connection:
        connection.execute(
            sa.update(media_uploads).where(media_uploads.c.path == "albums/trip/3.png").values(sha256="0" * 64)
        )
    assert differences(album) == ["medium 3: albums/trip/3.png was planned, albums/trip/3.png was sent"]


@pytest.mark.parametrize(("title", "has_link"), [("Look: example.com/cats", True), ("Cats, e.g. this one.", False)])
def test_whether_the_words_hold_a_link_is_kept_with_the_attempt(world: MakeWorld, title: str, has_link: bool) -> None:
    here = world(sources=[{"type": "video", "links": "keep"}])
    here.put("cat.mp4", title=title)
    here.scan()
    assert isinstance(here.publish(), Posted)
    with reading(here.engine) as connection:
        assert connection.scalars(sa.select(publishing_attempts.c.has_link)).all() == [has_link]

"""Albums, as they stand on the sandbox's timeline."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from twitter_pipeline.publishing import steps, uploading
from twitter_pipeline.publishing.outcomes import Failed, NotPublishable, Posted
from twitter_pipeline.publishing.session import Ended, Session
from twitter_pipeline.store.status import Status
from twitter_pipeline_tests.media.make import gif
from twitter_pipeline_tests.scanning.scans import lines
from twitter_pipeline_tests.support.pictures import picture, pictures, words
from twitter_pipeline_tests.support.world import MakeWorld, World

ALBUMS = [{"type": "album", "path": "albums"}]


def shown(here: World) -> list[list[str]]:
    """The pictures of each post, oldest first, by their content."""
    return [[medium["sha256"] for medium in post["media"]] for post in reversed(here.sandbox.posts())]


def contents(files: list[Path]) -> list[str]:
    return [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]


def publish_all(here: World) -> None:
    for number, task in enumerate(here.tasks()):
        if task.status is Status.PENDING:
            here.publish(task, run_id=f"run-{task.id}-{number}")


def test_the_pictures_of_a_folder_are_one_post_in_the_order_people_count(world: MakeWorld) -> None:
    here = world(sources=ALBUMS)
    files = pictures(here.folder / "albums/trip", "1.jpg", "2.JPG", "10.png")
    words(here.folder / "albums/trip.json", title="A trip", alt_text=["One", "", "Ten"])
    here.scan()
    task = here.task()
    assert (task.media_path, task.files) == ("albums/trip", tuple(f"albums/trip/{file.name}" for file in files))
    assert task.partition_key[10:].startswith("-trip-")
    assert isinstance(here.publish(), Posted)
    (post,) = here.sandbox.posts()
    assert post["text"] == "A trip"
    assert shown(here) == [contents(files)]
    assert [medium["alt_text"] for medium in post["media"]] == ["One", None, "Ten"]
    assert [line.message.split(":")[0] for line in lines(here) if line.action == "uploaded"] == list(task.files)


@pytest.mark.parametrize("name", ["trip_{}", "trip-{}", "trip {}", "trip ({})", "trip_0{}"])
def test_numbered_pictures_in_the_source_s_own_folder_are_one_post(world: MakeWorld, name: str) -> None:
    here = world(sources=ALBUMS)
    files = pictures(here.folder / "albums", *(f"{name.format(number)}.png" for number in (1, 2, 3, 4)))
    words(here.folder / "albums/trip.json", title="A trip", alt_text="The sea")
    here.scan()
    assert here.task().media_path == "albums/trip_*"
    assert here.task().metadata_path == "albums/trip.json"
    here.publish()
    assert shown(here) == [contents(files)]
    assert [medium["alt_text"] for medium in here.sandbox.posts()[0]["media"]] == ["The sea", None, None, None]


def test_more_than_four_pictures_go_out_by_fours_each_with_words_of_its_own(world: MakeWorld) -> None:
    here = world(sources=ALBUMS)
    files = pictures(here.folder / "albums/trip", *(f"{number}.png" for number in range(1, 10)))
    words(here.folder / "albums/trip/album.json", title="A trip", alt_text=[str(number) for number in range(1, 10)])
    here.scan()
    assert [task.media_path for task in here.tasks()] == ["albums/trip", "albums/trip#2", "albums/trip#3"]
    publish_all(here)
    said = contents(files)
    assert shown(here) == [said[:4], said[4:8], said[8:]]
    assert here.posted_texts() == ["A trip", "A trip (2)", "A trip (3)"]
    assert here.sandbox.posts()[0]["media"][0]["alt_text"] == "9"


def test_pictures_that_come_after_the_post_are_a_further_post(world: MakeWorld) -> None:
    here = world(sources=ALBUMS)
    words(here.folder / "albums/trip.json", title="A trip")
    first = pictures(here.folder / "albums/trip", "1.png", "2.png")
    here.scan()
    here.publish()
    later = pictures(here.folder / "albums/trip", "0.png", "3.png", shade=10)
    here.scan()
    posted, task = here.tasks()
    assert (posted.files, task.media_path) == (("albums/trip/1.png", "albums/trip/2.png"), "albums/trip#2")
    publish_all(here)
    assert shown(here) == [contents(first), contents(later)]


def test_a_picture_replaced_before_the_post_goes_out_as_it_is_then_and_after_it_nothing_happens(
    world: MakeWorld,
) -> None:
    here = world(sources=ALBUMS)
    words(here.folder / "albums/trip.json", title="A trip")
    files = pictures(here.folder / "albums/trip", "1.png", "2.png")
    here.scan()
    picture(files[1], 99)
    here.publish()
    assert shown(here) == [contents(files)]
    before = here.tasks()
    picture(files[0], 77)
    here.scan()
    assert here.tasks() == before


def test_a_picture_that_is_gone_when_the_run_comes_is_told_and_the_rest_goes_on(world: MakeWorld) -> None:
    here = world(sources=ALBUMS)
    words(here.folder / "albums/trip.json", title="A trip")
    files = pictures(here.folder / "albums/trip", "1.png", "2.png", "3.png")
    here.scan()
    files[1].unlink()
    assert isinstance(here.publish(), NotPublishable)
    assert here.task().status is Status.SKIPPED
    assert here.task().error_message == "the file albums/trip/2.png is gone; the scan lets the rest of the album go on"
    here.scan()
    assert (here.task().status, len(here.task().files)) == (Status.PENDING, 2)
    here.publish(run_id="run-2")
    assert shown(here) == [contents([files[0], files[2]])]


def test_a_picture_that_is_put_back_as_it_was_lets_the_album_go_on(world: MakeWorld) -> None:
    here = world(sources=ALBUMS)
    words(here.folder / "albums/trip.json", title="A trip")
    files = pictures(here.folder / "albums/trip", "1.png", "2.png")
    here.scan()
    away = files[1].rename(here.folder / "away.png")
    assert isinstance(here.publish(), NotPublishable)
    away.rename(files[1])
    here.scan()
    here.publish(run_id="run-2")
    assert shown(here) == [contents(files)]


def test_an_album_whose_folder_is_gone_is_skipped_and_follows_it_elsewhere(world: MakeWorld) -> None:
    here = world(sources=ALBUMS)
    words(here.folder / "albums/trip/album.json", title="A trip")
    pictures(here.folder / "albums/trip", "1.png", "2.png")
    pictures(here.folder / "albums/other", "1.png", shade=50)
    here.scan()
    trip = here.task_of("albums/trip")
    (here.folder / "albums/trip").rename(here.folder / "albums/journey")
    assert isinstance(here.publish(trip), NotPublishable)
    here.scan()
    moved = here.task_of("albums/journey")
    assert (moved.id, moved.status) == (trip.id, Status.PENDING)
    assert moved.files == ("albums/journey/1.png", "albums/journey/2.png")
    assert isinstance(here.publish(moved, run_id="run-2"), Posted)


def test_an_animated_gif_keeps_its_album_waiting_until_it_is_taken_out(world: MakeWorld) -> None:
    here = world(sources=ALBUMS)
    words(here.folder / "albums/trip.json", title="A trip")
    files = pictures(here.folder / "albums/trip", "1.png", "3.png")
    moving = gif(here.folder / "albums/trip/2.gif", frames=3)
    here.scan()
    assert isinstance(here.publish(), NotPublishable)
    assert here.task().error_message == (
        "albums/trip/2.gif is an animated GIF, which X posts alone; take it out of the album"
    )
    moving.rename(here.folder / "albums/moving.gif")
    here.scan()
    publish_all(here)
    assert contents(files) in shown(here)


def test_a_gif_by_itself_moves_and_one_that_stands_still_is_a_picture(world: MakeWorld) -> None:
    here = world(sources=[{"type": "image"}])
    for name, frames in (("moving", 3), ("still", 1)):
        gif(here.folder / f"{name}.gif", frames=frames)
        words(here.folder / f"{name}.json", title=name, alt_text=f"It is {name}.")
    here.scan()
    publish_all(here)
    media = {post["text"]: post["media"][0] for post in here.sandbox.posts()}
    assert {text: medium["category"] for text, medium in media.items()} == {
        "moving": "tweet_gif",
        "still": "tweet_image",
    }
    assert {medium["alt_text"] for medium in media.values()} == {"It is moving.", "It is still."}


def test_the_same_pictures_in_the_same_order_go_out_once(world: MakeWorld) -> None:
    here = world(sources=ALBUMS)
    for name in ("a", "b"):
        words(here.folder / f"albums/{name}.json", title=name)
        pictures(here.folder / f"albums/{name}", "1.png", "2.png")
    here.scan()
    publish_all(here)
    assert here.posted_texts() == ["a"]
    assert here.task_of("albums/b").error_message == "the same file as albums/a, which is completed"


def test_an_album_of_one_and_the_same_image_of_another_source_go_out_once(world: MakeWorld) -> None:
    here = world(sources=[{"type": "image", "path": "images"}, *ALBUMS])
    for path in ("images/a.png", "albums/b/a.png"):
        picture(here.folder / path)
    words(here.folder / "images/a.json", title="An image")
    words(here.folder / "albums/b.json", title="An album")
    here.scan()
    publish_all(here)
    assert len(here.sandbox.posts()) == 1


@pytest.mark.parametrize(("before", "after"), [("image", "album"), ("album", "image")])
def test_a_source_that_becomes_one_of_another_type_posts_nothing_again(
    world: MakeWorld, before: str, after: str
) -> None:
    here = world(sources=[{"type": before, "path": "in"}])
    for file in pictures(here.folder / "in/trip", "1.png", "2.png", "3.png"):
        words(file.with_suffix(".json"), title=f"Picture {file.stem}")
    words(here.folder / "in/trip.json", title="A trip")
    here.scan()
    publish_all(here)
    posted = shown(here)
    here = world(sources=[{"type": after, "path": "in"}])
    here.scan()
    publish_all(here)
    assert shown(here) == posted
    picture(here.folder / "in/trip/4.png", 44)
    words(here.folder / "in/trip/4.json", title="Picture 4")
    here.scan()
    publish_all(here)
    assert len(shown(here)) == len(posted) + 1
    assert len(shown(here)[-1]) == 1


def test_another_account_posts_the_same_pictures_together(world: MakeWorld) -> None:
    accounts = {"accounts": [{"name": "one"}, {"name": "two"}]}
    sources = [{"type": "image"}, {"type": "album", "account": "two"}]
    here = world(sources=sources, account="one", top=accounts)
    for file in pictures(here.folder / "trip", "1.png", "2.png"):
        words(file.with_suffix(".json"), title=f"Picture {file.stem}")
    words(here.folder / "trip.json", title="A trip")
    here.scan()
    publish_all(here)
    here.scan()
    publish_all(here)
    assert sorted((post["username"], post["text"]) for post in here.sandbox.posts()) == [
        ("one", "Picture 1"),
        ("one", "Picture 2"),
        ("two", "A trip"),
    ]


def test_a_re_execution_from_the_upload_on_does_not_mix_the_pictures_of_then_and_now(world: MakeWorld) -> None:
    here = world(sources=ALBUMS)
    words(here.folder / "albums/trip.json", title="A trip")
    files = pictures(here.folder / "albums/trip", "1.png", "2.png")
    here.scan()
    session = here.open()
    assert isinstance(session, Session)
    with session:
        draft = steps.prepare(session)
        session.settle(Failed("X is away"))
    files[0].unlink()
    now = [files[1], picture(here.folder / "albums/trip/3.png", 9)]
    here.scan()
    again = here.open(run_id="run-2")
    assert isinstance(again, Session)
    with again, pytest.raises(Ended, match="prepares it anew") as ended:
        uploading.upload(again, draft)
    with again:
        again.settle(ended.value.outcome)
    assert isinstance(here.publish(run_id="run-3"), Posted)
    assert shown(here) == [contents(now)]


def test_a_picture_that_joins_while_a_run_works_is_left_for_the_next_post(world: MakeWorld) -> None:
    here = world(sources=ALBUMS)
    words(here.folder / "albums/trip.json", title="A trip")
    pictures(here.folder / "albums/trip", "1.png", "2.png")
    here.scan()
    session = here.open()
    assert isinstance(session, Session)
    with session:
        picture(here.folder / "albums/trip/3.png", 9)
        here.scan()
        assert [(task.media_path, len(task.files)) for task in here.tasks()] == [
            ("albums/trip", 2),
            ("albums/trip#2", 1),
        ]

"""Gemini sees the media and the source's earlier posts: judged by what the sandbox was sent and what X got."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from twitter_pipeline.clock import utc_now
from twitter_pipeline.publishing.editing import edit
from twitter_pipeline.publishing.preview import preview
from twitter_pipeline_tests.media import make
from twitter_pipeline_tests.support.gemini import MakeAsking, found, line
from twitter_pipeline_tests.support.pictures import pictures, words
from twitter_pipeline_tests.support.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def asked(made: World) -> dict[str, Any]:
    """The latest request, with what its JSON said as `data`."""
    request = made.sandbox.gemini_requests()[-1]
    return {**request, "data": json.loads(request["body"]["contents"][0]["parts"][-1]["text"])}


def alt_texts(made: World) -> list[str | None]:
    """What X was told of the pictures of the latest post."""
    return [medium["alt_text"] for medium in made.sandbox.posts()[0]["media"]]


def photo(path: Path, colour: tuple[int, int, int] = (200, 30, 30)) -> None:
    """A large photo that knows where it was taken."""
    exif = Image.Exif()
    exif[0x010F] = "A camera"
    exif[0x8825] = {1: "N", 2: (48.0, 1.0, 2.0)}
    Image.new("RGB", (1600, 1200), colour).save(path, exif=exif)


def test_by_itself_it_sees_nothing(asking: MakeAsking) -> None:
    made = asking()
    found(made)
    made.publish()
    assert (asked(made)["pictures"], line(made).details["seen"]) == ([], 0)


def test_a_picture_is_shown_small_and_without_where_it_was_taken(asking: MakeAsking) -> None:
    made = asking(source={"type": "image"}, see_media=True)
    photo(made.folder / "cat.jpg")
    words(made.folder / "cat.json", title="A cat")
    made.scan()
    made.publish()
    (shown,) = asked(made)["pictures"]
    assert (shown["mime_type"], shown["width"], shown["height"]) == ("image/jpeg", 768, 576)
    assert shown["metadata"] is False
    assert shown["bytes"] < 200_000 < shown["bytes"] + (made.folder / "cat.jpg").stat().st_size * 100
    assert shown["colour"] == pytest.approx([200, 30, 30], abs=8)
    assert alt_texts(made) == ["Seen in the sandbox: 1"]
    said = line(made)
    assert ", it saw 1 picture, " in said.message
    assert said.details["seen"] == 1
    assert said.details["input_tokens"] > 258


def test_of_a_video_it_sees_four_frames_spread_over_it_and_describes_none(asking: MakeAsking) -> None:
    made = asking(source={"see_media": True})
    make.film(made.folder / "cat.mp4", seconds=8)  # from red to blue
    words(made.folder / "cat.json", title="A cat")
    made.scan()
    made.publish()
    frames = asked(made)["pictures"]
    reds = [frame["colour"][0] for frame in frames]
    assert reds == pytest.approx([255 * share for share in (7 / 8, 5 / 8, 3 / 8, 1 / 8)], abs=16)
    assert (asked(made)["data"]["alt_texts"], alt_texts(made)) == ([], [None])
    assert "it saw 4 frames" in line(made).message


def test_of_an_animated_picture_it_sees_frames_and_describes_it_once(asking: MakeAsking) -> None:
    made = asking(source={"type": "image"}, see_media=True)
    make.gif(made.folder / "cat.gif", frames=8)
    words(made.folder / "cat.json", title="A cat")
    made.scan()
    made.publish()
    assert len(asked(made)["pictures"]) == 4
    assert alt_texts(made) == ["Seen in the sandbox: 1"]


def test_each_picture_of_an_album_is_seen_and_described_in_its_place(asking: MakeAsking) -> None:
    made = asking(source={"type": "album"}, see_media=True)
    for number, colour in enumerate([(200, 0, 0), (0, 200, 0), (0, 0, 200)], 1):
        Image.new("RGB", (900, 700), colour).save(made.folder / f"cat_{number}.png")
    words(made.folder / "cat.json", title="Cats", alt_text=["", "A green cat", ""])
    made.scan()
    made.publish()
    assert [max(range(3), key=shown["colour"].__getitem__) for shown in asked(made)["pictures"]] == [0, 1, 2]
    assert alt_texts(made) == ["Seen in the sandbox: 1", "Improved: A green cat", "Seen in the sandbox: 3"]
    assert "1. Seen in the sandbox: 1\n2. Improved" in line(made).details["alt_text"]


@pytest.mark.parametrize(
    ("count", "said", "told"),
    [
        (2, [], "it describes none of the 2 pictures"),
        (2, ["Only one"], "its 1 description for 2 pictures was not used"),
        (2, ["a", "b", "c"], "its 3 descriptions for 2 pictures were not used"),
        (4, ["All", "a", "b", "c", "d"], "its 5 descriptions for 4 pictures were not used"),
    ],
)
def test_descriptions_that_do_not_tell_which_picture_they_are_of_are_left_out_and_that_is_said(
    asking: MakeAsking, count: int, said: list[str], told: str
) -> None:
    made = asking(source={"type": "album"})
    own = ["One", "Two", "Three", "Four"][:count]
    pictures(made.folder, *(f"cat_{number}.png" for number in range(1, count + 1)))
    words(made.folder / "cat.json", title="Cats", alt_text=own)
    made.scan()
    made.sandbox.gemini_answers("says", {"text": "Two cats", "alt_texts": said})
    made.publish()
    assert (made.posted_texts(), alt_texts(made)) == (["Two cats"], own)
    assert line(made).message.endswith(f"; {told}")


def test_a_description_that_is_not_used_is_told_and_the_others_go_out(asking: MakeAsking) -> None:
    made = asking(source={"type": "album"})
    pictures(made.folder, "cat_1.png", "cat_2.png")
    words(made.folder / "cat.json", title="Cats", alt_text=["One", ""])
    made.scan()
    made.sandbox.gemini_answers("says", {"text": "Two cats", "alt_texts": ["Thanks to @evil the cat sleeps", "A cat"]})
    made.publish()
    assert (made.posted_texts(), alt_texts(made)) == (["Two cats"], ["One", "A cat"])
    assert line(made).message.endswith(
        "; 1 of its descriptions was not used (it mentions @evil, whom the original does not)"
    )


def test_where_the_text_may_not_be_used_the_descriptions_may(asking: MakeAsking) -> None:
    made = asking(source={"type": "image", "made_with_ai": "when_enhanced"}, see_media=True)
    photo(made.folder / "cat.jpg")
    words(made.folder / "cat.json", title="A cat")
    made.scan()
    told = {"text": "Thanks to @evil the cat sleeps", "alt_texts": ["A red cat."]}
    made.sandbox.gemini_answers("says", told)
    made.publish()
    assert (made.posted_texts(), alt_texts(made)) == (["A cat"], ["A red cat."])
    assert line(made).message == (
        "the original words go out; Gemini: it mentions @evil, whom the original does not, and without that it says"
        " nothing; its descriptions of the pictures go out with them"
    )
    assert made.sandbox.posts()[0].get("labels", []) == []


def test_of_an_album_only_the_descriptions_that_a_person_wrote_are_theirs(asking: MakeAsking) -> None:
    made = asking(source={"type": "album"}, see_media=True)
    pictures(made.folder, "cat_1.png", "cat_2.png", "cat_3.png")
    words(made.folder / "cat.json", title="Cats", alt_text=["", "", "Three"])
    made.scan()
    edit(made.engine, made.settings, made.task().id, {"alt_text": ["Mine", ""]}, actor="ann", now=utc_now())
    made.publish()
    assert alt_texts(made) == ["Mine", None, "Improved: Three"]


@pytest.mark.parametrize(("section", "source", "sees"), [(True, False, 0), (False, True, 4), (True, None, 4)])
def test_a_source_says_otherwise_than_the_section(
    asking: MakeAsking, section: bool, source: bool | None, sees: int
) -> None:
    made = asking(source={} if source is None else {"see_media": source}, see_media=section)
    found(made)
    made.publish()
    assert len(asked(made)["pictures"]) == sees


def test_what_cannot_be_shown_is_asked_about_by_its_words_and_that_is_said(
    asking: MakeAsking, monkeypatch: pytest.MonkeyPatch
) -> None:
    from twitter_pipeline.media import MediaRefused

    made = asking(see_media=True)
    found(made)
    with monkeypatch.context() as patched:
        # A medium that can be checked, and then not be decoded, is none that can be made.
        patched.setattr(
            "twitter_pipeline.media.glimpse.sniff_file", lambda _path: (_ for _ in ()).throw(MediaRefused("Damaged."))
        )
        made.publish()
    assert asked(made)["pictures"] == []
    assert "Before it come" not in json.dumps(asked(made)["body"]["systemInstruction"])
    assert made.posted_texts()[0].startswith("✨")
    assert line(made).message.endswith("; it could not be shown the media (Damaged.)")


def test_a_preview_asks_for_the_run_with_the_same_pictures(asking: MakeAsking) -> None:
    made = asking(see_media=True)
    found(made)
    shown = preview(made.engine, made.settings, made.task(), now=utc_now(), ask=True).draft
    assert shown is not None
    made.publish()
    assert made.posted_texts() == [shown.text]
    assert len(made.sandbox.gemini_requests()) == 1


def test_what_a_preview_could_not_show_it_goes_out_as_it_was_previewed(
    asking: MakeAsking, monkeypatch: pytest.MonkeyPatch
) -> None:
    from twitter_pipeline.media import MediaRefused

    made = asking(see_media=True)
    found(made)
    with monkeypatch.context() as patched:  # for once the decoder does not get through with it
        patched.setattr(
            "twitter_pipeline.media.glimpse.sniff_file", lambda _path: (_ for _ in ()).throw(MediaRefused("Damaged."))
        )
        asked_now = preview(made.engine, made.settings, made.task(), now=utc_now(), ask=True).draft
    shown = preview(made.engine, made.settings, made.task(), now=utc_now()).draft
    assert asked_now is not None
    assert shown is not None
    assert shown.enhanced is not None
    assert shown.enhanced.said.endswith("; it could not be shown the media")
    made.publish()
    assert made.posted_texts() == [shown.text] == [asked_now.text]
    assert len(made.sandbox.gemini_requests()) == 1


def test_a_source_that_sees_the_media_takes_no_answer_made_without_them_for_its_own(asking: MakeAsking) -> None:
    sources = tuple(
        {"type": "video", "path": name, "repeat": True, "see_media": name == "two"} for name in ("one", "two")
    )
    made = asking(sources=sources)
    for name in ("one", "two"):
        made.put(f"{name}/cat.mp4", different=False, title="A cat")
    made.scan()
    for task in made.tasks():
        preview(made.engine, made.settings, task, now=utc_now(), ask=True)
    assert [len(one["pictures"]) for one in made.sandbox.gemini_requests()] == [0, 4]


def test_another_picture_with_the_same_words_is_another_question(asking: MakeAsking) -> None:
    made = asking(source={"type": "image"}, see_media=True)
    photo(made.folder / "cat.jpg")
    words(made.folder / "cat.json", title="A cat")
    made.scan()
    preview(made.engine, made.settings, made.task(), now=utc_now(), ask=True)
    photo(made.folder / "cat.jpg", (0, 0, 200))
    made.publish()
    assert [one["pictures"][0]["colour"][2] > 100 for one in made.sandbox.gemini_requests()] == [False, True]


def test_the_same_file_with_the_same_words_is_paid_once_for_two_sources(asking: MakeAsking) -> None:
    sources = tuple({"type": "video", "path": name, "repeat": True} for name in ("one", "two"))
    made = asking(sources=sources, see_media=True)
    for name in ("one", "two"):
        made.put(f"{name}/cat.mp4", different=False, title="A cat")
    made.scan()
    first, second = made.tasks()
    made.publish(first)
    made.sandbox.gemini_answers("says", {"text": "Not asked"})
    with_other_words = preview(made.engine, made.settings, second, now=utc_now()).draft
    assert with_other_words is not None
    assert with_other_words.text.startswith("✨ A cat")
    assert len(made.sandbox.gemini_requests()) == 1
    shutil.copy(make.film(made.folder / "two/dog.mp4", seconds=2), made.folder / "two/cat.mp4")
    assert preview(made.engine, made.settings, second, now=utc_now()).draft.enhanced is None  # type: ignore[union-attr]


def test_the_latest_posts_of_its_source_are_examples_newest_first(asking: MakeAsking) -> None:
    sources = ({"type": "video", "path": "clips"}, {"type": "video", "path": "other"})
    made = asking(sources=sources, examples=2)
    for number, name in enumerate(("clips/a", "clips/b", "clips/c", "other/d", "clips/e")):
        made.put(f"{name}.mp4", title=f"Number {number} {'x' * 200}")
    made.scan()
    for name in ("clips/a", "clips/b", "clips/c", "other/d"):
        made.publish(made.task_of(f"{name}.mp4"), run_id=name)
    made.publish(made.task_of("clips/e.mp4"), run_id="last")
    examples = asked(made)["data"]["examples"]
    assert [text[:10] for text in examples] == ["✨ Number 2", "✨ Number 1"]
    assert "examples are earlier posts" in json.dumps(asked(made)["body"]["systemInstruction"])
    assert "examples" not in json.loads(
        made.sandbox.gemini_requests()[0]["body"]["contents"][0]["parts"][-1]["text"]
    ), "there was none yet"


def test_a_post_that_goes_out_meanwhile_makes_no_other_question_of_a_previewed_one(asking: MakeAsking) -> None:
    made = asking(examples=3)
    for name in ("one", "two", "three"):
        made.put(f"{name}.mp4", title=name)
    made.scan()
    made.publish(made.task_of("one.mp4"))
    preview(made.engine, made.settings, made.task_of("three.mp4"), now=utc_now(), ask=True)
    made.publish(made.task_of("two.mp4"), run_id="run-2")
    made.publish(made.task_of("three.mp4"), run_id="run-3")
    assert len(made.sandbox.gemini_requests()) == 3

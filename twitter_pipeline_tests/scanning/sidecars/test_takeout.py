"""Google Takeout's files beside pictures."""

from __future__ import annotations

from pathlib import Path

import pytest

from twitter_pipeline.content import Metadata
from twitter_pipeline_tests.scanning.sidecars.beside import sample, understood
from twitter_pipeline_tests.support.samples import needs_samples

PHOTO = {
    "title": "a.jpg",
    "description": "The sea",
    "photoTakenTime": {"timestamp": "1696573800", "formatted": "6 oct. 2023, 06:30:00 UTC"},
    "url": "https://photos.google.com/photo/1",
}
SEA = Metadata(
    description="The sea",
    extra={"date": "2023-10-06T06:30:00+00:00", "source_url": "https://photos.google.com/photo/1"},
)
LONG = "IMG_20230815_a_very_long_name_of_a_picture_that_was_taken.jpg"


@pytest.mark.parametrize(
    ("media", "name"),
    [
        ("a.jpg", "a.jpg.supplemental-metadata.json"),
        ("a.jpg", "a.jpg.supplemental-meta.json"),
        ("a.jpg", "a.jpg.suppl.json"),
        ("a.jpg", "a.jpg.s.json"),
        ("a.jpg", "a.jpg..json"),
        ("a.jpg", "a.jpg.json"),
        ("A.JPG", "A.JPG.json"),
        ("a(1).jpg", "a.jpg(1).json"),
        ("a(1).jpg", "a.jpg.supplemental-metadata(1).json"),
        ("a-edited.jpg", "a.jpg.json"),
        ("a-edited.jpg", "a.jpg.supplemental-metadata.json"),
        ("a-edited(1).jpg", "a.jpg.supplemental-metadata(1).json"),
        ("a-bearbeitet.jpg", "a.jpg.suppl.json"),
        ("a-modifie\u0301.jpg", "a.jpg.suppl.json"),
        ("photo (1).jpg", "photo (1).jpg.supplemental-metadata.json"),
    ],
)
def test_a_picture_is_found_under_each_name_takeout_gives(tmp_path: Path, media: str, name: str) -> None:
    assert understood(tmp_path, media, {name: PHOTO}) == SEA


@pytest.mark.parametrize(
    ("media", "title"),
    [
        (LONG, LONG),
        (LONG, ""),
        (LONG, LONG.removesuffix(".jpg")),
        (LONG, LONG.upper()),
        (LONG.upper(), LONG),
        (f"{LONG[:47]}.jpg", f"{LONG[:47]}, and its end.jpg".upper()),
        (LONG.replace(".jpg", "-edited.jpg"), LONG),
        (f"{LONG[:47]}.jpg", f"{LONG[:47]}, and its end.jpg"),
        (f"{LONG[:40]}_Tom_s_cat_s_day.jpg", f"{LONG[:40]}_Tom's cat's day.jpg".replace(" ", "_")),
        (f"{LONG[:46]}.jpg", f"{LONG[:46]}.JPG"),
    ],
)
def test_a_cut_name_is_the_pictures_whose_name_its_title_is(tmp_path: Path, media: str, title: str) -> None:
    name = f"{media[:46]}.json"
    assert understood(tmp_path, media, {name: {**PHOTO, "title": title}}) == SEA
    other = f"{media[:46]}_another_picture.jpg"
    assert understood(tmp_path, other, {}) == (None if title else SEA)


def test_of_names_that_are_cut_alike_each_picture_has_its_own_whatever_their_numbers(tmp_path: Path) -> None:
    begin = LONG[:46]
    titles = [f"{begin}{end}.jpg" for end in ("_at_noon", "_at_night", "", "_in_the_evening_of_a_very_long_day")]
    media = [*titles[:3], f"{begin}_.jpg"]
    for numbers in (("", "(1)", "(2)", "(3)"), ("(3)", "(2)", "", "(1)")):
        files = {
            f"{begin}{number}.json": {**PHOTO, "title": title, "description": title}
            for number, title in zip(numbers, titles, strict=True)
        }
        for one, title in zip(media, titles, strict=True):
            metadata = understood(tmp_path, one, files)
            assert metadata is not None
            assert metadata.description == title


def test_a_picture_whose_name_was_cut_leaves_the_words_of_one_that_is_there(tmp_path: Path) -> None:
    whole = f"{LONG[:47]}, and its end.jpg"
    files = {f"{LONG[:46]}.json": {**PHOTO, "title": whole.upper()}}
    assert understood(tmp_path, whole, files) == SEA
    assert understood(tmp_path, f"{LONG[:47]}.jpg", {}) is None


def test_pictures_that_had_one_long_name_are_told_apart_by_their_numbers(tmp_path: Path) -> None:
    files = {
        f"{LONG[:46]}{number}.json": {**PHOTO, "title": f"{LONG[:47]}_and_more.jpg", "description": f"it is {number}"}
        for number in ("", "(1)", "(2)")
    }
    for number in ("", "(1)", "(2)"):
        metadata = understood(tmp_path, f"{LONG[:47]}{number}.jpg", files)
        assert metadata is not None
        assert metadata.description == f"it is {number}".strip()


@pytest.mark.parametrize(
    ("media", "name"),
    [
        ("a.jpg", "a.jpg(1).json"),
        ("a(1).jpg", "a.jpg.suppl.json"),
        ("a(2).jpg", "a.jpg(1).json"),
        ("b.jpg", "a.jpg.json"),
    ],
)
def test_another_pictures_is_not_taken(tmp_path: Path, media: str, name: str) -> None:
    assert understood(tmp_path, media, {name: PHOTO}) is None


@pytest.mark.parametrize("end", ["mix", "smile", "effects"])
def test_what_is_called_as_google_calls_what_it_made_shares_only_where_the_original_is_not_there(
    tmp_path: Path, end: str
) -> None:
    assert understood(tmp_path, f"a-{end}.jpg", {"a.jpg.json": PHOTO}) == SEA
    assert (
        understood(tmp_path, LONG.replace(".jpg", f"-{end}.jpg"), {f"{LONG[:46]}.json": {**PHOTO, "title": LONG}})
        == SEA
    )
    (tmp_path / "a.jpg").touch()
    (tmp_path / LONG).touch()
    assert understood(tmp_path, f"a-{end}.jpg", {}) is None
    assert understood(tmp_path, LONG.replace(".jpg", f"-{end}.jpg"), {}) is None
    assert understood(tmp_path, "a-edited.jpg", {}) == SEA


@pytest.mark.parametrize(
    "own",
    [
        {"title": "Street", "description": "Noisy"},
        {"title": "Street", "description": "Noisy", "category": "pixiv", "subcategory": "work"},
    ],
)
@pytest.mark.parametrize("media", ["a-mix.jpg", "a-edited.jpg", "a-edited(1).jpg"])
def test_an_edited_picture_shares_what_google_wrote_and_nothing_else(tmp_path: Path, media: str, own: object) -> None:
    assert understood(tmp_path, media, {"a.jpg.json": own, "a(1).jpg.json": own}) is None
    assert understood(tmp_path, "a.jpg", {}) is not None


@pytest.mark.parametrize(
    "album",
    [
        {"title": "Trip", "description": "To the sea", "date": {"timestamp": "1696573800"}, "access": "protected"},
        {"title": "Trip", "enrichments": [{"narrativeEnrichment": {"text": "Day one"}}], "sharedAlbumComments": []},
        {"title": "Trip", "enrichments": []},
        {"title": "Trip", "access": "protected", "geoData": {"latitude": 0.0}, "sharedAlbumComments": [{"text": "Oh"}]},
        {"albumData": {"title": "Trip", "description": "To the sea"}},
    ],
)
@pytest.mark.parametrize("name", ["metadata.json", "a.json", "a.jpg.json"])
def test_what_is_about_an_album_is_no_picture_s(tmp_path: Path, name: str, album: object) -> None:
    assert understood(tmp_path, "a.jpg", {name: album}) is None


@pytest.mark.parametrize("access", ["protected", "shared", ""])
def test_without_other_marks_the_name_tells_an_album_from_words_of_one_s_own(tmp_path: Path, access: str) -> None:
    about = {"title": "Trip", "description": "To the sea", "access": access}
    assert understood(tmp_path, "a.mp4", {"metadata.json": about}) is None
    own = Metadata("Trip", "To the sea", extra={"access": access})
    assert understood(tmp_path, "a.mp4", {"a.json": about}) == own
    assert understood(tmp_path, "b.jpg", {"b.jpg.json": about}) == own


@pytest.mark.parametrize("album", [{"title": "Trip"}, {"title": "Trip", "description": "To the sea"}])
@pytest.mark.parametrize("of_picture", ["a.jpg.supplemental-metadata.json", "b.heic.suppl.json", "a.jpg.s(1).json"])
def test_a_bare_title_beside_files_of_takeout_is_an_album_s(
    tmp_path: Path, album: dict[str, str], of_picture: str
) -> None:
    files = {"metadata.json": album, of_picture: {**PHOTO, "description": ""}}
    metadata = understood(tmp_path, "a.jpg", files)
    assert metadata is None or not metadata.has_words
    (tmp_path / of_picture).unlink()
    metadata = understood(tmp_path, "a.jpg", {})
    assert metadata is not None
    assert metadata.title == "Trip"


@pytest.mark.parametrize("more", [{"access": "protected"}, {"date": {"timestamp": "1696573800"}}])
@pytest.mark.parametrize("name", ["a.json", "a.jpg.json"])
def test_words_of_one_s_own_are_no_album_s_whatever_else_is_in_them(
    tmp_path: Path, name: str, more: dict[str, object]
) -> None:
    own = {"title": "Trip", "description": "To the sea", "hashtags": ["sea"], **more}
    assert understood(tmp_path, "a.jpg", {name: own}) == Metadata("Trip", "To the sea", ("sea",), extra=more)


@pytest.mark.parametrize("taken", [None, [], "1696573800", {"timestamp": []}])
@pytest.mark.parametrize("name", ["a.jpg.json", "a.json", "a.jpg.suppl.json"])
def test_whatever_is_wrong_with_its_times_its_title_is_not_posted(tmp_path: Path, name: str, taken: object) -> None:
    about = {"title": "a.jpg", "description": "The sea", "photoTakenTime": taken}
    assert understood(tmp_path, "a.jpg", {name: about}) == Metadata(description="The sea")


@pytest.mark.parametrize(
    ("seconds", "day"),
    [
        ("86400000", "1972-09-27T00:00:00+00:00"),
        ("20260131", "1970-08-23T11:48:51+00:00"),
        ("-86400", "1969-12-31T00:00:00+00:00"),
        (1696573800, "2023-10-06T06:30:00+00:00"),
        ("0", None),
        ("2023-10-06", None),
        ("99999999999", None),
        ("-99999999999", None),
    ],
)
def test_its_time_is_seconds_since_1970_however_few_they_are(tmp_path: Path, seconds: object, day: str | None) -> None:
    about = {**PHOTO, "photoTakenTime": {"timestamp": seconds}}
    metadata = understood(tmp_path, "a.jpg", {"a.jpg.json": about})
    assert metadata is not None
    assert metadata.extra.get("date") == day


@needs_samples
def test_the_real_ones_say_when_and_where_from_but_nothing_to_post(tmp_path: Path) -> None:
    old = "DSC_0238.JPG(1).json"
    metadata = understood(tmp_path, "DSC_0238(1).JPG", {old: sample(old)})
    assert metadata is not None
    assert not metadata.has_words
    assert metadata.extra == {
        "date": "2023-10-06T06:30:00+00:00",
        "source_url": "https://photos.google.com/photo/--redacted--",
    }
    new = "PinClipart.com_gopher-clipart_4000243.jpg.supplemental-metadata.json"
    metadata = understood(tmp_path, new.removesuffix(".supplemental-metadata.json"), {new: sample(new)})
    assert metadata is not None
    assert metadata.extra["date"] == "2025-03-13T17:05:10+00:00"

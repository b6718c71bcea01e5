"""What a medium says of itself, and what is not read of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image, PngImagePlugin

from twitter_pipeline.media import facts_of
from twitter_pipeline.media.facts import nothing
from twitter_pipeline_tests.media.make import film
from twitter_pipeline_tests.support.samples import needs_samples, samples_dir

EXIF_IFD, GPS_IFD = 0x8769, 0x8825


def photo(path: Path, **said: Any) -> Path:
    """A JPEG as a camera leaves it, with where it was taken."""
    exif = Image.Exif()
    exif[0x010F] = said.get("make", "NIKON CORPORATION")
    exif[0x0110] = said.get("model", "NIKON D850")
    exif[0x010E] = said.get("description", "Harbour at night")
    exif[0x013B] = "Ann"
    exif[0x9C9C] = "First\0".encode("utf-16-le")
    shot = exif.get_ifd(EXIF_IFD)
    shot[0xA434] = "NIKKOR 35mm"
    shot[0x9003] = said.get("taken", "2026:11:24 18:05:09")
    shot[0x9011] = said.get("offset", "+09:00")
    exif.get_ifd(GPS_IFD).update({1: "N", 2: (35.0, 41.0, 22.0), 3: "E", 4: (139.0, 41.0, 30.0)})
    Image.new("RGB", (60, 40)).save(path, "JPEG", exif=exif)
    return path


def test_a_photo_says_camera_lens_and_time_and_never_where(tmp_path: Path) -> None:
    said = facts_of(photo(tmp_path / "photo.jpg"))
    assert said == {
        "width": 60,
        "height": 40,
        "seconds": None,
        "exif": {"camera": "NIKON D850", "lens": "NIKKOR 35mm", "taken": "2026-11-24 18:05:09+09:00"},
        "tags": {"title": "Harbour at night", "artist": "Ann", "album": "", "comment": "First"},
    }
    assert "35" not in str(said).replace("NIKKOR 35mm", "")


def test_what_a_camera_writes_as_the_title_is_none(tmp_path: Path) -> None:
    tags = facts_of(photo(tmp_path / "photo.jpg", description="OLYMPUS DIGITAL CAMERA         "))["tags"]
    assert tags == {"title": "", "artist": "Ann", "album": "", "comment": "First"}


@pytest.mark.parametrize(
    ("make", "model", "camera"),
    [("Apple", "iPhone 16", "Apple iPhone 16"), ("Canon", "Canon EOS R5", "Canon EOS R5"), ("", "X100V", "X100V")],
)
def test_a_camera_is_named_once(tmp_path: Path, make: str, model: str, camera: str) -> None:
    assert facts_of(photo(tmp_path / "photo.jpg", make=make, model=model))["exif"]["camera"] == camera


@pytest.mark.parametrize(
    ("taken", "offset", "expected"),
    [
        ("2026:11:24 18:05:09", "", "2026-11-24 18:05:09"),
        ("2026:11:24 18:05:09", "nonsense", "2026-11-24 18:05:09"),
        ("0000:00:00 00:00:00", "+01:00", ""),
        ("    :  :     :  :  ", "", ""),
        ("{{ 7 * 7 }}", "", ""),
        ("1970:01:01 00:00:00", "", ""),
        ("1904:01:01 00:00:00", "+00:00", ""),
    ],
)
def test_a_time_is_a_time_or_nothing(tmp_path: Path, taken: str, offset: str, expected: str) -> None:
    assert facts_of(photo(tmp_path / "photo.jpg", taken=taken, offset=offset))["exif"]["taken"] == expected


def test_a_films_tags_are_those_of_its_container(tmp_path: Path) -> None:
    film(tmp_path / "plain.mp4", seconds=0.5)
    with av.open(str(tmp_path / "plain.mp4")) as source, av.open(str(tmp_path / "song.mp4"), "w") as tagged:
        tagged.metadata.update({"title": "Tide", "artist": "Ann", "album": "Sea", "comment": "x" * 900})
        tagged.metadata["creation_time"] = "2026-11-24T17:05:09.000000Z"
        stream = tagged.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                tagged.mux(packet)
    said = facts_of(tmp_path / "song.mp4")
    assert (said["width"], said["height"], said["seconds"]) == (320, 180, 0.5)
    assert said["tags"] == {"title": "Tide", "artist": "Ann", "album": "Sea", "comment": "x" * 500}
    assert said["exif"]["taken"] == "2026-11-24 17:05:09+00:00"
    assert facts_of(tmp_path / "plain.mp4")["tags"] == nothing()["tags"]


def test_a_png_says_its_title(tmp_path: Path) -> None:
    chunks = PngImagePlugin.PngInfo()
    chunks.add_text("Title", "Fog")
    chunks.add_itxt("Author", "Änn")
    Image.new("RGB", (8, 8)).save(tmp_path / "fog.png", pnginfo=chunks)
    assert facts_of(tmp_path / "fog.png")["tags"] == {"title": "Fog", "artist": "Änn", "album": "", "comment": ""}


@pytest.mark.parametrize("content", [b"", b"no picture", b"\xff\xd8\xff\xe1\xff\xffExif\0\0MM", b"\0\0\0\x18ftypisom"])
def test_of_what_cannot_be_read_nothing_is_said(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "broken.jpg").write_bytes(content)
    assert facts_of(tmp_path / "broken.jpg") == nothing()


@needs_samples
def test_every_sample_has_every_name() -> None:
    media = [*(samples_dir() / "media").iterdir()]
    for path in media:
        said = facts_of(path)
        assert {name: type(value) for name, value in said.items()}.keys() == nothing().keys()
        assert said["width"] > 0
        assert (said["exif"].keys(), said["tags"].keys()) == (nothing()["exif"].keys(), nothing()["tags"].keys())

"""What a model is shown of a medium."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from twitter_pipeline.media import MediaRefused, glimpses
from twitter_pipeline.media.glimpse import FRAMES, MOST_BYTES, SIDE
from twitter_pipeline_tests.media import make


def shown(path: Path) -> list[Image.Image]:
    pictures = glimpses(path)
    assert all(len(one) <= MOST_BYTES for one in pictures)
    return [Image.open(BytesIO(one)) for one in pictures]


@pytest.mark.parametrize("form", ["jpg", "png", "webp"])
def test_a_picture_is_small_upright_and_tells_no_place(tmp_path: Path, form: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x8825] = {1: "N", 2: (48.0, 1.0, 2.0)}
    make.noise((3000, 2000)).save(tmp_path / f"a.{form}", exif=exif)
    (picture,) = shown(tmp_path / f"a.{form}")
    assert picture.format == "JPEG"
    assert picture.height > picture.width
    assert picture.height <= SIDE
    assert not picture.getexif()
    assert not {"exif", "xmp", "comment", "icc_profile"} & set(picture.info)


@pytest.mark.parametrize("container", ["a.mp4", "a.webm"])
def test_frames_are_spread_over_a_video_whose_key_pictures_are_far_apart(tmp_path: Path, container: str) -> None:
    codec = "libvpx" if container.endswith("webm") else "libx264"
    frames = shown(make.film(tmp_path / container, seconds=12, codec=codec))  # one key picture; from red to blue
    assert [frame.size for frame in frames] == [(320, 180)] * FRAMES
    reds = [frame.resize((1, 1)).getpixel((0, 0))[0] for frame in frames]
    assert reds == pytest.approx([255 * share for share in (7 / 8, 5 / 8, 3 / 8, 1 / 8)], abs=16)


def test_what_stands_still_is_shown_once(tmp_path: Path) -> None:
    assert len(shown(make.film(tmp_path / "a.mp4", seconds=0.1))) == 1
    assert len(shown(make.gif(tmp_path / "a.gif", frames=2))) == 2


def test_an_animated_picture_gives_frames(tmp_path: Path) -> None:
    reds = [frame.getpixel((5, 5))[0] for frame in shown(make.gif(tmp_path / "a.gif", frames=8))]
    assert reds == sorted(reds)
    assert len(set(reds)) == FRAMES


@pytest.mark.parametrize("content", [b"", b"nothing", b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"])
def test_what_cannot_be_decoded_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.mp4").write_bytes(content)
    with pytest.raises(MediaRefused):
        glimpses(tmp_path / "a.mp4")

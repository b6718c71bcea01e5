from __future__ import annotations

import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from PIL import Image

from twitter_pipeline.config import MediaLimits
from twitter_pipeline.media import MediaRefused, check
from twitter_pipeline_tests.media import make

LIMITS = MediaLimits()


def refusal(path: Path, **changed: float) -> str:
    with pytest.raises(MediaRefused) as refused:
        check(path, "image", MediaLimits.model_validate(changed))
    return str(refused.value)


@pytest.mark.parametrize(
    ("suffix", "media_type"),
    [("jpg", "jpeg"), ("png", "png"), ("webp", "webp"), ("gif", "gif"), ("bmp", "bmp"), ("tiff", "tiff")],
)
def test_each_format_is_told_by_its_content(tmp_path: Path, suffix: str, media_type: str) -> None:
    make.noise((80, 50)).save(tmp_path / f"a.{suffix}")
    path = (tmp_path / f"a.{suffix}").rename(tmp_path / "a.dat")
    info = check(path, "image", LIMITS)
    assert (info.kind, info.media_type, info.category) == ("image", f"image/{media_type}", "tweet_image")
    assert (info.width, info.height, info.seconds) == (80, 50, None)


def test_a_moving_gif_is_a_gif(tmp_path: Path) -> None:
    info = check(make.gif(tmp_path / "a.gif", frames=5), "image", LIMITS)
    assert (info.kind, info.category) == ("gif", "tweet_gif")


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "gif"])
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_cut_off_picture_is_refused(tmp_path: Path, suffix: str, share: float) -> None:
    make.noise((300, 200)).save(tmp_path / f"whole.{suffix}")
    whole = (tmp_path / f"whole.{suffix}").read_bytes()
    path = tmp_path / f"cut.{suffix}"
    path.write_bytes(whole[: int(len(whole) * share)])
    assert "cut off or damaged" in refusal(path)


def test_a_damaged_checksum_is_found(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    make.noise((50, 50)).save(path)
    content = bytearray(path.read_bytes())
    content[content.index(b"IDAT") + 30] ^= 0xFF
    path.write_bytes(content)
    assert "cut off or damaged" in refusal(path)


def test_an_image_bomb_is_not_opened(tmp_path: Path) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    side = (10_100).to_bytes(4, "big")
    pixels = zlib.compress(bytes(10_100 // 8 + 2) * 10_100)
    path = tmp_path / "bomb.png"
    header = side + side + bytes([1, 0, 0, 0, 0])
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b""))
    assert path.stat().st_size < 100_000
    # In a process of its own: here pytest has turned every warning into an error already.
    code = """if True:
        import sys
        from pathlib import Path
        from twitter_pipeline.config import MediaLimits
        from twitter_pipeline.media import MediaRefused, check
        try:
            check(Path(sys.argv[1]), "image", MediaLimits())
        except MediaRefused as error:
            print(error)
    """
    ran = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
    assert "more than 100 megapixels" in ran.stdout


def test_a_film_named_as_a_picture_is_refused_by_its_content(tmp_path: Path) -> None:
    path = make.film(tmp_path / "a.mp4").rename(tmp_path / "a.jpg")
    assert "is a video (MP4), although an image is expected for its name (.jpg)" in refusal(path)


def test_a_picture_of_a_kind_that_x_does_not_take_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    Image.new("RGB", (64, 64)).save(path, "AVIF")
    assert refusal(path) == "X does not take HEIC/AVIF. Export it as JPEG, PNG, WebP or GIF."


def test_a_picture_that_is_too_large_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    make.noise((50, 50)).save(path)
    assert "at most 0.0 MB are allowed" in refusal(path, image_max_bytes=1000)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"gif_max_bytes": 10}, "at most 0.0 MB are allowed"),
        ({"gif_max_width": 50}, "at most 50x1080 are allowed"),
        ({"gif_max_height": 30}, "at most 1280x30 are allowed"),
        ({"gif_max_frames": 4}, "5 frames; at most 4 are allowed"),
        ({"gif_max_pixels": 10_000}, "12,000 pixels together; at most 10,000 are allowed"),
    ],
)
def test_each_limit_of_a_gif_is_kept_and_named(tmp_path: Path, changed: dict[str, float], words: str) -> None:
    path = make.gif(tmp_path / "a.gif", frames=5)
    check(path, "image", LIMITS)
    assert words in refusal(path, **changed)


def test_an_image_limit_is_not_one_for_gifs(tmp_path: Path) -> None:
    path = make.gif(tmp_path / "a.gif", frames=5)
    assert check(path, "image", MediaLimits(image_max_bytes=10)).kind == "gif"

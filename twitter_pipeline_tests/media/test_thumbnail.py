from __future__ import annotations

from io import BytesIO
from pathlib import Path

import av
import pytest
from PIL import Image

from twitter_pipeline.media import MediaRefused, contact_sheet, stamp, thumbnail
from twitter_pipeline_tests.media import make


def small(path: Path, **options: int) -> Image.Image:
    data = thumbnail(path, **options)
    assert len(data) <= options.get("max_bytes", 36_000)
    picture = Image.open(BytesIO(data))
    assert picture.format == "JPEG"
    return picture


def test_a_film_gives_a_picture_from_after_its_black_beginning(tmp_path: Path) -> None:
    path = make.film(tmp_path / "a.mp4", seconds=4, first_black=True, options={"movflags": "faststart"})
    picture = small(path)
    assert picture.size == (320, 180)
    assert max(picture.resize((1, 1)).getpixel((0, 0))) > 100


def test_a_large_picture_becomes_small(tmp_path: Path) -> None:
    make.noise((1600, 1200)).save(tmp_path / "a.jpg")
    assert max(small(tmp_path / "a.jpg").size) <= 480


@pytest.mark.parametrize("max_bytes", [36_000, 5_000, 3_000])
def test_a_picture_that_compresses_badly_still_fits(tmp_path: Path, max_bytes: int) -> None:
    make.noise((700, 700)).save(tmp_path / "a.png")
    small(tmp_path / "a.png", max_bytes=max_bytes)


@pytest.mark.parametrize("size", [(700, 700), (700, 20), (10, 10)])
def test_a_stamp_fits_however_badly_its_picture_compresses(tmp_path: Path, size: tuple[int, int]) -> None:
    make.noise(size).save(tmp_path / "a.png")
    made = stamp(thumbnail(tmp_path / "a.png"), max_bytes=500)
    assert len(made) <= 500
    assert max(Image.open(BytesIO(made)).size) <= 96


@pytest.mark.parametrize(("count", "size"), [(2, (480, 160)), (3, (480, 320)), (4, (480, 320))])
def test_an_album_gives_one_small_picture_of_all_its_own(tmp_path: Path, count: int, size: tuple[int, int]) -> None:
    colours = [(200, 0, 0), (0, 200, 0), (0, 0, 200), (200, 200, 0)][:count]
    paths = [tmp_path / f"{number}.png" for number in range(count)]
    for path, colour in zip(paths, colours, strict=True):
        Image.new("RGB", (900, 700), colour).save(path)
    made = contact_sheet(paths)
    assert len(made) <= 36_000
    sheet = Image.open(BytesIO(made))
    assert sheet.size == size
    for number, colour in enumerate(colours):
        shown = sheet.getpixel((120 + 240 * (number % 2), 80 + 160 * (number // 2)))
        assert shown == pytest.approx(colour, abs=12)


def test_a_turned_photo_stands_upright_and_tells_no_place(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x8825] = {1: "N", 2: (48.0, 1.0, 2.0)}
    make.noise((400, 200)).save(tmp_path / "a.jpg", exif=exif)
    picture = small(tmp_path / "a.jpg")
    assert picture.height > picture.width
    assert not picture.getexif()


def test_what_is_transparent_becomes_white(tmp_path: Path) -> None:
    Image.new("RGBA", (100, 100), (0, 0, 0, 0)).save(tmp_path / "a.png")
    assert small(tmp_path / "a.png").getpixel((50, 50)) == (255, 255, 255)


def test_a_gif_gives_its_first_frame(tmp_path: Path) -> None:
    assert small(make.gif(tmp_path / "a.gif", frames=4)).size == (60, 40)


def test_an_upright_film_stands_upright(tmp_path: Path) -> None:
    """Phones store the picture lying and say by how much to turn it."""
    left, right = (200, 0, 0), (0, 0, 200)
    picture = Image.new("RGB", (320, 180), left)
    picture.paste(right, (160, 0, 320, 180))
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        stream.set_display_rotation(90)
        for _ in range(10):
            container.mux(stream.encode(av.VideoFrame.from_image(picture)))
        container.mux(stream.encode(None))
    shown = small(tmp_path / "a.mp4")
    assert shown.size == (180, 320)
    red, _, blue = shown.getpixel((90, 40))
    assert blue > red, "turned against the clock, what was right is above"


@pytest.mark.parametrize("content", [b"", b"nothing", b"RIFF0000AVI LIST"])
def test_what_cannot_be_decoded_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.jpg").write_bytes(content)
    with pytest.raises(MediaRefused):
        thumbnail(tmp_path / "a.jpg")

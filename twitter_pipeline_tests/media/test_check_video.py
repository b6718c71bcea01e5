from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from twitter_pipeline.config import MediaLimits
from twitter_pipeline.media import MediaRefused, check
from twitter_pipeline_tests.media import make

LIMITS = MediaLimits()


def limits(**changed: float) -> MediaLimits:
    return MediaLimits.model_validate(changed)


def refusal(path: Path, allowed: MediaLimits = LIMITS) -> str:
    with pytest.raises(MediaRefused) as refused:
        check(path, "video", allowed)
    return str(refused.value)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Its index lies at the end."""
    return make.film(tmp_path_factory.mktemp("film") / "film.mp4").read_bytes()


@pytest.fixture(scope="module")
def fast_film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Its index lies at the beginning."""
    path = tmp_path_factory.mktemp("film") / "fast.mp4"
    return make.film(path, options={"movflags": "faststart"}).read_bytes()


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_a_good_film_is_described(tmp_path: Path, film: bytes) -> None:
    info = check(written(tmp_path / "a.mp4", film), "video", LIMITS)
    assert (info.kind, info.media_type, info.category) == ("video", "video/mp4", "tweet_video")
    assert (info.width, info.height, info.bytes) == (320, 180, len(film))
    assert info.seconds == pytest.approx(1.0, abs=0.15)


@pytest.mark.parametrize("name", ["ein Film – 'süß' 🎬.mp4", "50%d.mp4", "concat:a.mp4", "-i.mp4", 'quo"te.mp4'])
def test_a_strange_name_does_no_harm(tmp_path: Path, film: bytes, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path / name, film)
    monkeypatch.chdir(tmp_path)
    assert check(Path(name), "video", LIMITS).kind == "video"


def test_words_in_an_old_encoding_do_no_harm(tmp_path: Path, film: bytes) -> None:
    old = film.replace(b"VideoHandler", "VidéoHandler".encode("latin-1"))
    assert old != film
    assert check(written(tmp_path / "a.mp4", old), "video", LIMITS).kind == "video"


@pytest.mark.parametrize(
    ("video_format", "codec", "media_type"),
    [
        ("mov", "libx264", "video/quicktime"),
        ("mpegts", "libx264", "video/mp2t"),
        ("webm", "libvpx-vp9", "video/webm"),
    ],
)
def test_the_content_tells_the_type_whatever_the_name_says(
    tmp_path: Path, video_format: str, codec: str, media_type: str
) -> None:
    path = make.film(tmp_path / "a.mp4", video_format=video_format, codec=codec)
    assert check(path, "video", LIMITS).media_type == media_type


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    assert refusal(written(tmp_path / "a.mp4", b"")) == "The file is empty (0 bytes). Copy or export it again."


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_film_cut_off_anywhere_is_refused(tmp_path: Path, film: bytes, fast_film: bytes, share: float) -> None:
    for number, whole in enumerate((film, fast_film)):
        path = written(tmp_path / f"{number}.mp4", whole[: int(len(whole) * share)])
        assert "cut off" in refusal(path)


def test_a_film_cut_within_a_header_is_refused(tmp_path: Path, film: bytes) -> None:
    header = film.index(b"moov") - 4
    assert "cut off" in refusal(written(tmp_path / "a.mp4", film[: header + 5]))


@pytest.mark.parametrize("box", [b"moov", b"mvhd", b"trak", b"stbl"])
def test_a_film_with_a_damaged_index_is_refused(tmp_path: Path, film: bytes, box: bytes) -> None:
    damaged = film.replace(box, b"\x00\xff\x01\x02", 1)
    assert "damaged" in refusal(written(tmp_path / "a.mp4", damaged))


@pytest.mark.parametrize("box", [b"mdia", b"stbl"])
def test_a_box_longer_than_the_one_around_it_is_refused(tmp_path: Path, film: bytes, box: bytes) -> None:
    start = film.index(box) - 4
    damaged = film[:start] + (1_000_000).to_bytes(4, "big") + film[start + 4 :]
    assert "its index breaks off" in refusal(written(tmp_path / "a.mp4", damaged))


def test_an_index_without_media_is_refused(tmp_path: Path, fast_film: bytes) -> None:
    only_index = fast_film[: fast_film.index(b"mdat") - 4]
    assert "no media" in refusal(written(tmp_path / "a.mp4", only_index))


def test_a_preallocated_copy_full_of_zeros_is_refused(tmp_path: Path, film: bytes) -> None:
    half = len(film) // 2
    assert "index (moov) is missing" in refusal(written(tmp_path / "a.mp4", film[:half] + bytes(len(film) - half)))


def test_zeros_after_a_whole_film_do_no_harm(tmp_path: Path, film: bytes) -> None:
    assert check(written(tmp_path / "a.mp4", film + bytes(64)), "video", LIMITS).kind == "video"


def test_a_box_with_an_eight_byte_length_and_one_to_the_end_are_read(tmp_path: Path, fast_film: bytes) -> None:
    start = fast_film.index(b"mdat") - 4
    free = (1).to_bytes(4, "big") + b"free" + (24).to_bytes(8, "big") + bytes(8)
    to_the_end = fast_film[:start] + (0).to_bytes(4, "big") + fast_film[start + 4 :]
    assert check(written(tmp_path / "a.mp4", to_the_end), "video", LIMITS).kind == "video"
    assert check(written(tmp_path / "b.mp4", fast_film + free), "video", LIMITS).kind == "video"


def test_a_picture_named_as_a_film_is_refused_by_its_content(tmp_path: Path) -> None:
    Image.new("RGB", (64, 64)).save(tmp_path / "a.png")
    path = (tmp_path / "a.png").rename(tmp_path / "a.mp4")
    assert refusal(path) == (
        "The file is an image (PNG), although a video is expected for its name (.mp4). "
        "Rename it, or move it to a source of type image."
    )


def test_a_text_named_as_a_film_is_refused(tmp_path: Path) -> None:
    assert "none of the known formats" in refusal(written(tmp_path / "a.mp4", b"<html>not found</html>"))


def test_a_format_that_x_does_not_take_is_named(tmp_path: Path) -> None:
    path = make.film(tmp_path / "a.mp4", video_format="avi")
    assert refusal(path) == "X does not take AVI. Export it as MP4 (H.264)."


@pytest.mark.parametrize("cover", [False, True])
def test_sound_without_a_picture_is_refused_even_if_it_has_a_cover(tmp_path: Path, cover: bool) -> None:
    assert "no picture" in refusal(make.sound(tmp_path / "a.mp4", cover=cover))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"video_max_bytes": 100}, "at most 0.0 MB are allowed"),
        ({"video_min_seconds": 5}, "at least 5 s are needed"),
        ({"video_max_seconds": 0.5}, "at most 0.5 s are allowed"),
        ({"video_min_side": 200}, "each side needs at least 200"),
        ({"video_max_width": 300, "video_max_height": 200}, "at most 300x200 are allowed, either way up"),
        ({"video_max_aspect": 1.5}, "a side may be 1.5 times the other at most"),
        ({"video_max_fps": 5}, "10 frames a second; at most 5 are allowed"),
    ],
)
def test_each_limit_is_kept_and_named(tmp_path: Path, film: bytes, changed: dict[str, float], words: str) -> None:
    path = written(tmp_path / "a.mp4", film)
    check(path, "video", LIMITS)
    assert words in refusal(path, limits(**changed))


def test_the_limits_hold_for_an_upright_film_too(tmp_path: Path) -> None:
    path = make.film(tmp_path / "a.mp4", size=(720, 1280), seconds=0.5)
    assert check(path, "video", LIMITS).height == 1280


def test_a_missing_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        check(tmp_path / "gone.mp4", "video", LIMITS)

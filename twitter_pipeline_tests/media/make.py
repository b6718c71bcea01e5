"""Real media, made on the spot."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
from PIL import Image


def film(
    path: Path,
    *,
    seconds: float = 1.0,
    size: tuple[int, int] = (320, 180),
    fps: int = 10,
    first_black: bool = False,
    options: dict[str, str] | None = None,
    video_format: str | None = None,
    codec: str = "libx264",
) -> Path:
    """A film whose colour runs from red to blue; `options` are the container's ("movflags": "faststart")."""
    with av.open(str(path), "w", format=video_format, options=options or {}) as container:
        stream = container.add_stream(codec, rate=fps)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.time_base = Fraction(1, fps)
        count = max(1, round(seconds * fps))
        for index in range(count):
            share = index / count
            colour = (0, 0, 0) if first_black and index < fps else (int(255 * (1 - share)), 40, int(255 * share))
            frame = av.VideoFrame.from_image(Image.new("RGB", size, colour))
            frame.pts = index
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def sound(path: Path, *, cover: bool = False) -> Path:
    """An MP4 with a second of silence and no picture but, if wanted, a song's cover."""
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=44_100, layout="mono")
        if cover:
            art = container.add_stream("mjpeg", rate=1)
            art.width, art.height, art.pix_fmt = 64, 64, "yuvj420p"
            art.disposition = av.stream.Disposition.attached_pic
            container.mux(art.encode(av.VideoFrame.from_image(Image.new("RGB", (64, 64)))))
            container.mux(art.encode(None))
        for index in range(44):
            frame = av.AudioFrame(format="fltp", layout="mono", samples=1024)
            for plane in frame.planes:
                plane.update(bytes(plane.buffer_size))
            frame.sample_rate, frame.pts = 44_100, index * 1024
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def gif(path: Path, *, frames: int, size: tuple[int, int] = (60, 40)) -> Path:
    """A GIF whose frames all differ (Pillow merges equal ones)."""
    pictures = [Image.new("RGB", size, (index * 255 // frames, 90, 30)) for index in range(frames)]
    pictures[0].save(path, "GIF", save_all=True, append_images=pictures[1:], duration=50, loop=0)
    return path


def noise(size: tuple[int, int]) -> Image.Image:
    """A picture that compresses badly."""
    return Image.effect_noise(size, 120).convert("RGB")

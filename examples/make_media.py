"""Draw the media of the example project: clips, pictures, an album and a GIF of a harbour, beside their metadata.

    python examples/make_media.py            draws what is missing
    python examples/make_media.py FOLDER N   draws N clips, each different, with metadata, into FOLDER

The second form makes trial projects of any size, for benchmarks and load tests.
"""

import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path

import av
from PIL import Image, ImageDraw

SIZE = (640, 360)
HORIZON = 210
RATE = 24

Colour = tuple[int, int, int]
#: Sky above, sky at the horizon, water.
SKIES: dict[str, tuple[Colour, Colour, Colour]] = {
    "morning": ((96, 140, 190), (250, 205, 160), (60, 110, 140)),
    "noon": ((70, 150, 220), (190, 225, 245), (30, 110, 150)),
    "evening": ((40, 30, 80), (245, 120, 70), (50, 50, 90)),
}


def blend(a: Colour, b: Colour, share: float) -> Colour:
    """The colour between `a` (share 0) and `b` (share 1)."""
    red, green, blue = (round(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return red, green, blue


def scene(sky: str, seconds: float, boats: int = 1) -> Image.Image:
    """The harbour at a moment of a clip."""
    above, low, water = SKIES[sky]
    width, height = SIZE
    image = Image.new("RGB", SIZE)
    draw = ImageDraw.Draw(image)
    for y in range(HORIZON):
        draw.line((0, y, width, y), fill=blend(above, low, y / HORIZON))
    draw.ellipse((450, 120, 510, 180), fill=blend(low, (255, 255, 230), 0.7))
    for y in range(HORIZON, height, 3):
        depth = (y - HORIZON) / (height - HORIZON)
        shift = 14 * depth * math.sin(seconds * 2 + y / 7)
        draw.line((0, y, width, y), fill=blend(water, (10, 20, 40), depth), width=3)
        for x in range(-40, width, 60):
            start = x + shift + (y % 2) * 30
            draw.line((start, y, start + 24 * depth + 6, y), fill=blend(water, low, 0.5 - 0.3 * depth), width=1)
    draw.polygon([(70, 210), (78, 90), (98, 90), (106, 210)], fill=(235, 230, 220))
    draw.rectangle((75, 120, 101, 140), fill=(190, 50, 45))
    draw.rectangle((80, 74, 96, 90), fill=(250, 240, 170) if math.sin(seconds * 3) > 0 else (120, 110, 80))
    for boat in range(boats):
        x = (120 + 130 * boat + 45 * seconds) % (width + 80) - 40
        y = HORIZON + 30 + 26 * (boat % 3) + 3 * math.sin(seconds * 3 + boat)
        draw.polygon([(x - 30, y), (x + 30, y), (x + 20, y + 12), (x - 22, y + 12)], fill=(120, 60, 40))
        draw.polygon([(x, y - 4), (x, y - 50), (x + 26, y - 8)], fill=(250, 248, 240))
    return image


def write_clip(path: Path, frames: Iterator[Image.Image]) -> None:
    """Encode frames as X wants them: H.264, YUV 4:2:0, its index first."""
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("h264", rate=RATE)
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        stream.options = {"preset": "veryfast", "crf": "27"}
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_image(frame)))
        container.mux(stream.encode(None))


def clip(path: Path, sky: str, seconds: float, boats: int = 1) -> None:
    """A clip of that length."""
    write_clip(path, (scene(sky, number / RATE, boats) for number in range(round(seconds * RATE))))


def draw_example(folder: Path) -> None:
    """The example's media: named after the metadata files that lie there."""
    for sky in SKIES:
        path = folder / f"harbour_{sky}.mp4"
        if not path.exists():
            print(f"drawing {path.name}", flush=True)
            clip(path, sky, 4)
    for name, sky, boats in (("regatta.jpg", "noon", 4), ("lighthouse.png", "evening", 1)):
        if not (folder / name).exists():
            scene(sky, 1.0, boats).save(folder / name)
    album = folder / "day_out"
    album.mkdir(exist_ok=True)
    for number, (sky, boats) in enumerate((("morning", 1), ("noon", 2), ("noon", 5), ("evening", 3)), start=1):
        if not (album / f"{number}.jpg").exists():
            scene(sky, number * 2.0, boats).save(album / f"{number}.jpg")
    if not (folder / "lamp.gif").exists():
        lamp(folder / "lamp.gif")


def lamp(path: Path) -> None:
    """The lighthouse by itself, going on and off."""
    frames = [scene("evening", number / 8, 0).crop((30, 60, 150, 220)) for number in range(17)]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=125, loop=0)


def draw_trial(folder: Path, number: int) -> None:
    """`number` clips of half a second, no two alike, each with its metadata."""
    folder.mkdir(parents=True, exist_ok=True)
    skies = list(SKIES)
    for index in range(number):
        name = f"clip_{index + 1:04}"
        start = index * 0.37
        frames = (scene(skies[index % 3], start + frame / RATE, 1 + index % 4) for frame in range(RATE // 2))
        write_clip(folder / f"{name}.mp4", frames)
        said = {"title": f"Harbour, clip {index + 1}", "description": "Boats come and go.", "hashtags": ["#harbour"]}
        (folder / f"{name}.json").write_text(json.dumps(said), encoding="utf-8")


def main(arguments: list[str]) -> None:
    """Run as a script."""
    if arguments:
        draw_trial(Path(arguments[0]), int(arguments[1]))
    else:
        draw_example(Path(__file__).parent / "harbour" / "media")


if __name__ == "__main__":
    main(sys.argv[1:])

"""The items of a soak: their files, and what each must become on X."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from twitter_pipeline.content.thread import split
from twitter_pipeline_tests.media.make import film
from twitter_pipeline_tests.soak.classes import CLASSES, FaultClass, account_of

_WORDS = (
    *(
        "cats",
        "naps",
        "boats",
        "rain & wind",
        "Fish&Chips",
        "naïve cafe\u0301",
        "日本語",
        "🐈‍⬛",
        "example.com/a?b=1&c=2",
    ),
    *("https://example.org/Path", "1 < 2 > 0", "fog", "harbour", "#tagged", "“quoted”", "night", "e\u0301te\u0301"),
)


#: One item of so many has so many sentences more, and is a thread of three posts.
THREAD_EVERY, THREAD_SENTENCES = 6, 20
#: One video of so many has captions beside it, each its own.
CAPTIONS_EVERY = 5


@dataclass(frozen=True)
class Expected:
    """An item, and the one post that it is to be, or the one thread."""

    fault_class: FaultClass
    account: str
    #: What the task is found by: its project's folder and media_path.
    project: str
    path: str
    #: As X gets it, of a thread the first one's.
    text: str
    #: Of a thread those of the others.
    more: tuple[str, ...]
    #: SHA-256 of each file, in order; none for a text.
    media: tuple[str, ...]
    #: Language and SHA-256 of a video's captions.
    captions: tuple[tuple[str, str], ...]


def make(root: Path, publishes: int, chance: random.Random, classes: Sequence[FaultClass] = CLASSES) -> list[Expected]:
    """Files for so many items, spread over these classes, and what is expected of them."""
    clip = film(root / "clip.mp4", size=(64, 36), fps=4)
    made = []
    turns = [one for one in classes for _ in range(one.share)]
    counts = Counter[str]()
    for number in range(publishes):
        one = turns[number % len(turns)]
        of_class = counts[one.name]
        counts[one.name] += 1
        text = _text(chance, one, of_class, number)
        if not (one.twins or one.kind == "album" or of_class % THREAD_EVERY):
            text += "".join(f" And so on, {part} of take {number}." for part in range(THREAD_SENTENCES))
        account = account_of(one, of_class)
        folder = root / one.trouble / account
        folder.mkdir(parents=True, exist_ok=True)
        made.append(_item(folder, clip, one, number, text, has_captions=of_class % CAPTIONS_EVERY == 0))
    return made


def _text(chance: random.Random, one: FaultClass, of_class: int, number: int) -> str:
    # Accounts share words: X minds them within one only. Texts have nothing but their words.
    mark = number if one.kind == "text" else (of_class // 2 if one.twins else of_class)
    # Each word once: of two equal hashtags at the end one goes.
    words = (random.Random(mark) if one.twins else chance).sample(_WORDS, k=4)
    return f"Take {mark}: {' '.join(words)}"


def _item(folder: Path, clip: Path, one: FaultClass, number: int, text: str, *, has_captions: bool) -> Expected:
    name = f"item-{number:05}"
    words = json.dumps({"title": text})
    media: list[Path] = []
    captions: list[tuple[str, str]] = []
    if one.kind == "text":
        path = folder / f"{name}.txt"
        path.write_text(text, encoding="utf-8")
    elif one.kind == "video":
        path = folder / f"{name}.mp4"
        shutil.copy(clip, path)
        with path.open("ab") as file:  # a free box at the end changes the file, not the film
            file.write((8 + len(name)).to_bytes(4, "big") + b"free" + name.encode())
        media = [path]
        if has_captions:
            captions = [(language, _captions(path, language, number)) for language in ("DE", "EN")]
    elif one.kind == "album":
        path = folder / name
        path.mkdir()
        media = [_picture(path / f"{part}.png", number, part) for part in range(2 + number % 3)]
        path.with_suffix(".json").write_text(words, encoding="utf-8")
    else:
        path = _picture(folder / f"{name}.png", number, 0)
        media = [path]
    if one.kind in ("image", "video"):
        path.with_suffix(".json").write_text(words, encoding="utf-8")
    texts = split(unicodedata.normalize("NFC", text), 280, most=10, numbered=True).texts
    return Expected(
        fault_class=one,
        account=folder.name,
        project=one.trouble,
        path=path.relative_to(folder.parent).as_posix(),
        text=texts[0],
        more=texts[1:],
        media=tuple(hashlib.sha256(file.read_bytes()).hexdigest() for file in media),
        captions=tuple(captions),
    )


def _captions(video: Path, language: str, number: int) -> str:
    """Put captions beside a video; their SHA-256."""
    words = f"1\n00:00:00,000 --> 00:00:00,800\nTake {number}, {language}\n"
    video.with_suffix(f".{language.lower()}.srt").write_text(words, encoding="utf-8")
    return hashlib.sha256(words.encode()).hexdigest()


def _picture(path: Path, number: int, part: int) -> Path:
    Image.new("RGB", (32 + part, 24), (number % 256, number // 256 % 256, number // 65536)).save(path)
    return path

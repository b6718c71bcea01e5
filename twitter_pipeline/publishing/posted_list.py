"""A list of what was posted before: paths, one a line, or posts with their files as CSV or JSON."""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

_STATUS = re.compile(r"https?://[^\s/]+/(?:\S*/)?status(?:es)?/(\d{1,19})(?:[/?#]\S*)?", re.IGNORECASE)
_ID = re.compile(r"\d{1,19}")
#: The time of a post as X's archive and the old API write it: Wed Oct 10 20:19:24 +0000 2018.
_X_TIME = "%a %b %d %H:%M:%S %z %Y"


class Unusable(Exception):
    """The list as a whole cannot be read. The message says where and why."""


@dataclass(frozen=True)
class Entry:
    """A file that was posted."""

    #: Where the list says so, from 1: the line, or of JSON the post.
    line: int
    #: As written.
    file: str
    tweet_id: str | None = None
    url: str | None = None
    #: Naive where no offset was written.
    time: datetime | None = None


@dataclass(frozen=True)
class Wrong:
    """What cannot be used of a list, for people."""

    line: int
    why: str


def parse(content: bytes) -> Iterator[Entry | Wrong]:
    """What a list says, in its order. Raises Unusable when it is no list at all.

    JSON begins with a bracket; CSV has a first line with a column `file`; all else is a path a line. Columns and keys
    that count are file (in JSON also files), url, id and time, in any letter case.
    """
    text = _decoded(content)
    begin = text.lstrip()[:1]
    if begin and begin in "[{":
        return _json(text)
    dialect = _dialect(text)
    return _lines(text) if dialect is None else _csv(text, dialect)


def _decoded(content: bytes) -> str:
    # What Windows' shell writes into a file begins with a mark.
    encoding = "utf-16" if content[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Unusable(f"line {line}: it is not UTF-8 text; save it as UTF-8") from error


def _lines(text: str) -> Iterator[Entry | Wrong]:
    for number, line in enumerate(text.split("\n"), 1):
        if path := line.removesuffix("\r"):
            yield Entry(number, path)


def _dialect(text: str) -> str | None:
    """What parts the columns, where the first line has one called `file`."""
    first = text.partition("\n")[0].strip()
    for mark in ",;\t":
        if "file" in [cell.strip().strip('"').lower() for cell in first.split(mark)] and (mark in first):
            return mark
    return "," if first.strip('"').lower() == "file" else None


def _csv(text: str, delimiter: str) -> Iterator[Entry | Wrong]:
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    reader.fieldnames = [name.strip().lower() for name in reader.fieldnames or ()]
    try:
        for row in reader:
            yield from _post(reader.line_num, {name: cell for name, cell in row.items() if isinstance(name, str)})
    except csv.Error as error:
        yield Wrong(reader.line_num, f"no valid CSV from here on: {error}")


def _json(text: str) -> Iterator[Entry | Wrong]:
    try:
        posts = json.loads(text)
    except json.JSONDecodeError as error:
        raise Unusable(f"line {error.lineno}: no valid JSON: {error.msg} in column {error.colno}") from error
    except (RecursionError, ValueError) as error:
        raise Unusable(f"no valid JSON: {error}") from error
    if isinstance(posts, dict):
        lists = [value for value in posts.values() if isinstance(value, list)]
        posts = lists[0] if len(lists) == 1 else [posts]
    for number, post in enumerate(posts, 1):
        if isinstance(post, str):
            yield Entry(number, post)
        elif isinstance(post, dict):
            yield from _post(number, {name.lower(): value for name, value in post.items()})
        else:
            yield Wrong(number, 'is neither a path nor a post such as {"file": "cat.mp4", "url": "https://…"}')


def _post(line: int, post: Mapping[str, object]) -> Iterator[Entry | Wrong]:
    files = post.get("files", post.get("file"))
    files = files if isinstance(files, list) else [files]
    if not all(isinstance(file, str) and file.strip() for file in files) or not files:
        yield Wrong(line, "names no file")
        return
    try:
        tweet_id, url, time = _link(post.get("url"), post.get("id")), _url(post.get("url")), _time(post.get("time"))
    except ValueError as error:
        yield Wrong(line, str(error))
        return
    for file in files:
        yield Entry(line, str(file), tweet_id, url or (tweet_id and f"https://x.com/i/status/{tweet_id}"), time)


def _url(value: object) -> str | None:
    return value.strip() if isinstance(value, str) and value.strip() else None


def _link(url: object, id: object) -> str | None:
    """The post's id, from its link or as written. Raises ValueError."""
    from_url = None
    if (text := _url(url)) is not None:
        found = _STATUS.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is no link to a post, such as https://x.com/name/status/123")
        from_url = found[1]
    if id is None or id == "":
        return from_url
    if isinstance(id, bool) or not isinstance(id, (str, int)) or not _ID.fullmatch(str(id).strip()):
        raise ValueError(f"{id!r} is no post's id: it is a number of up to 19 digits")
    tweet_id = str(id).strip()
    if from_url not in (None, tweet_id):
        raise ValueError(f"its link is to post {from_url}, not to {tweet_id}")
    return tweet_id


def _time(value: object) -> datetime | None:
    if value is None or value == "":
        return None
    if isinstance(value, str):
        for read in (lambda text: datetime.fromisoformat(text.replace("Z", "+00:00")), _of_x):
            try:
                return read(value.strip())
            except ValueError:
                continue
    raise ValueError(f"{value!r} is no time such as 2026-11-24 18:00")


def _of_x(text: str) -> datetime:
    return datetime.strptime(text, _X_TIME)  # noqa: DTZ007 - %z is in it

"""The timeline as a page: newest first, media playing, kept fresh without a reload."""

from __future__ import annotations

import hashlib
import re
import sqlite3
import zlib
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from twitter_pipeline.sandbox import captions, entities, processing
from twitter_pipeline.sandbox.posts import labels_of, media_of
from twitter_pipeline.sandbox.state import State, iso
from twitter_pipeline.sandbox.weight import LIMIT, LONG_LIMIT, normalize, weighted_length

_HERE = Path(__file__).parent
_PAGE_SIZE = 20
# One answer to a player. A whole film would fill its buffer and then hold the connection, and a browser has six.
_RANGE_BYTES = 2 * 1024 * 1024
_OPEN_RANGE = re.compile(rb"bytes=(\d{1,15})-(\d{0,15})")
_HUES = 8
_LABELS = {"made_with_ai": "Made with AI", "paid_partnership": "Paid partnership"}

_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self';"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


@dataclass(frozen=True)
class Piece:
    """A run of a post's text: plain, or a link, hashtag, mention or cashtag. `href` only for links."""

    text: str
    kind: str = "plain"
    href: str | None = None


def routes(state: State, faults: Mapping[str, Any]) -> list[BaseRoute]:
    """The pages. `faults` is what the panel offers (:mod:`.panel`)."""
    templates = Environment(loader=FileSystemLoader(_HERE / "templates"), autoescape=True)

    def shown(rows: list[sqlite3.Row], **more: Any) -> dict[str, Any]:
        with state.reading() as db:
            attached = media_of(db, [row["id"] for row in rows])
            tracks = {medium["id"]: captions.of(db, medium["id"]) for media in attached.values() for medium in media}
        return {"posts": [_card(row, attached.get(row["id"], []), tracks) for row in rows], **more}

    def timeline(request: Request) -> Response:
        rows, older = _rows(state, request)
        newest = "before" not in request.query_params
        context = shown(rows, older=older, single=False, newest=newest, faults=faults)
        return HTMLResponse(templates.get_template("timeline.html").render(context), headers=_HEADERS)

    def cards(request: Request) -> Response:
        """The same posts without the page around them; 304 while nothing has changed."""
        rows, older = _rows(state, request)
        html = templates.get_template("posts.html").render(shown(rows, older=older, single=False))
        etag = f'"{hashlib.sha256(html.encode()).hexdigest()[:32]}"'
        headers = {**_HEADERS, "etag": etag, "cache-control": "no-cache"}
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        return HTMLResponse(html, headers=headers)

    def single(request: Request) -> Response:
        with state.reading() as db:
            rows = db.execute(
                f"{_SELECT} AND posts.id = ? AND username = ?",
                (str(request.path_params["id"]), request.path_params["username"]),
            ).fetchall()
        context = shown(rows, older=None, single=True, newest=False)
        html = templates.get_template("timeline.html").render(context)
        return HTMLResponse(html, 200 if rows else 404, headers=_HEADERS)

    def file(request: Request) -> Response:
        with state.reading() as db:
            row = db.execute(
                "SELECT * FROM media WHERE id = ? AND finalized_ms IS NOT NULL", (str(request.path_params["id"]),)
            ).fetchone()
        path = processing.file_of(state, row["id"]) if row else None
        if path is None or not path.is_file():
            return PlainTextResponse("There is no such media.", 404)
        _shorten_range(request.scope)
        headers = {**_HEADERS, "cache-control": "max-age=31536000, immutable"}
        return FileResponse(path, headers=headers, media_type=row["media_type"])

    def track(request: Request) -> Response:
        words = captions.shown(state, str(request.path_params["id"]))
        if words is None:
            return PlainTextResponse("There are no such captions.", 404)
        return Response(words, headers=_HEADERS, media_type="text/vtt")

    return [
        Route("/", timeline),
        Route("/posts", cards),
        Route("/{username}/status/{id:int}", single),
        Route("/media/{id:int}", file),
        Route("/captions/{id:int}", track),
        Mount("/static", app=StaticFiles(directory=_HERE / "static")),
    ]


_SELECT = (
    "SELECT posts.*, users.username, users.premium FROM posts JOIN users ON users.id = posts.user_id"
    " WHERE deleted_ms IS NULL"
)


def _rows(state: State, request: Request) -> tuple[list[sqlite3.Row], str | None]:
    """The posts of a page and where the next one starts."""
    before = request.query_params.get("before", "")
    condition, values = (" AND posts.id < ?", [before]) if re.fullmatch(r"\d{1,19}", before) else ("", [])
    with state.reading() as db:
        rows = db.execute(f"{_SELECT}{condition} ORDER BY posts.id DESC LIMIT ?", (*values, _PAGE_SIZE + 1)).fetchall()
    page = rows[:_PAGE_SIZE]
    return page, str(page[-1]["id"]) if len(rows) > _PAGE_SIZE else None


def _card(row: sqlite3.Row, attached: list[sqlite3.Row], tracks: Mapping[int, list[sqlite3.Row]]) -> dict[str, Any]:
    text = normalize(row["text"])
    return {
        "id": str(row["id"]),
        "username": row["username"],
        "hue": zlib.crc32(row["username"].encode()) % _HUES,
        "created_at": iso(row["created_ms"]),
        "pieces": _pieces(text),
        "weight": weighted_length(text),
        "limit": LONG_LIMIT if row["premium"] else LIMIT,
        "is_reply": row["reply_to"] is not None,
        "labels": [_LABELS[name] for name in labels_of(row)],
        "media": [
            {
                "id": str(medium["id"]),
                "kind": processing.kind_of(medium["category"]),
                "type": medium["media_type"],
                "width": medium["width"],
                "height": medium["height"],
                "alt": medium["alt_text"] or "",
                "note": _note(medium),
                "captions": [
                    {"id": str(one["captions_id"]), "language": one["language"], "name": one["name"]}
                    for one in tracks[medium["id"]]
                ],
            }
            for medium in attached
        ],
    }


def _pieces(text: str) -> list[Piece]:
    found = [(span, "link") for span in entities.links(text)]
    found += [(span, "tag") for span in entities.hashtags(text)]
    found += [(span, "tag") for span in entities.mentions(text)]
    found += [(span, "tag") for span in entities.cashtags(text)]
    pieces, at = [], 0
    for span, kind in sorted(found, key=lambda item: item[0].start):
        if span.start < at:
            continue
        pieces.append(Piece(text[at : span.start]))
        words = text[span.start : span.end]
        if kind == "link":
            href = words if "://" in words else f"http://{words}"
            pieces.append(Piece(words, kind, href))
        else:
            pieces.append(Piece(words, kind))
        at = span.end
    pieces.append(Piece(text[at:]))
    return [piece for piece in pieces if piece.text]


def _note(medium: sqlite3.Row) -> str:
    size = medium["total_bytes"]
    words = [f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{max(1, round(size / 1e3))} kB"]
    if medium["width"]:
        words.insert(0, f"{medium['width']}×{medium['height']}")
    if medium["duration_ms"]:
        minutes, seconds = divmod(round(medium["duration_ms"] / 1000), 60)
        words.insert(0, f"{minutes}:{seconds:02d}")
    return " · ".join(words)


def _shorten_range(scope: MutableMapping[str, Any]) -> None:
    """Let a range request have at most `_RANGE_BYTES`: the answer says what it holds, players ask on."""
    headers = []
    for name, value in scope["headers"]:
        asked = _OPEN_RANGE.fullmatch(value) if name == b"range" else None
        if asked:
            first = int(asked[1])
            last = min(int(asked[2] or first + _RANGE_BYTES - 1), first + _RANGE_BYTES - 1)
            value = b"bytes=%d-%d" % (first, last)
        headers.append((name, value))
    scope["headers"] = headers

"""Previews as one page that needs nothing else: words before and after, weight, media, price, why not."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from twitter_pipeline.cli import output
from twitter_pipeline.cli.preview_rows import about_gemini, labels_of
from twitter_pipeline.cli.preview_totals import Totals
from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Settings
from twitter_pipeline.config.secrecy import redacted

if TYPE_CHECKING:
    from twitter_pipeline.content.metadata import Metadata
    from twitter_pipeline.publishing.drafts import Draft
    from twitter_pipeline.publishing.preview import Preview, Text

_TEMPLATES = Path(__file__).parent / "templates"
#: Of a picture, in bytes and pixels: a page of 500 items has some 5 MB.
_PICTURE_BYTES, _PICTURE_SIDE = 12_000, 400
#: Where a text may begin that stands in another is tried so often.
_MOST_PLACES = 50
#: X's ring changes its colour when so much is left.
_NEAR = 20


def write(previews: Iterable[Preview], file: IO[bytes], settings: Settings, totals: Totals) -> None:
    """Write the page, each item as soon as it is known. `totals` counts the same previews as they go by.

    What stands first, the counts, is known last: so the items wait in a file that has no name.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )
    article = environment.get_template("preview_item.html")
    with tempfile.TemporaryFile(dir=settings.home) as items:
        for preview in previews:
            items.write(_encoded(article.render(_shown(preview, settings))))
        style = (_TEMPLATES / "preview.css").read_text(encoding="utf-8")
        file.write(_encoded(environment.get_template("preview_head.html").render(_head(settings, totals, style))))
        items.seek(0)
        shutil.copyfileobj(items, file)
    file.write(b"</main>\n</body>\n</html>\n")


def _encoded(html: str) -> bytes:
    return redacted(html).encode("utf-8", "replace")


def _head(settings: Settings, totals: Totals, style: str) -> dict[str, Any]:
    from twitter_pipeline.publishing.prices import dollars

    return {
        "totals": totals,
        "dollars": dollars(round(totals.dollars, 6)),
        "mode": settings.mode,
        "made": f"{utc_now():%Y-%m-%d %H:%M} UTC",
        "style": style,
        # The one style that a browser may use.
        "style_hash": base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode(),
    }


def _shown(preview: Preview, settings: Settings) -> dict[str, Any]:
    """What the template of an item shows."""
    task, draft = preview.task, preview.draft
    media = () if draft is None else draft.media
    zone = settings.project(task.project_id).zone
    text = "\n".join(part.text for part in preview.texts)
    sidecar = None if draft is None else draft.sidecar
    unread = "nothing was read" if preview.before is None else "no metadata: the words of the file's name"
    return {
        "key": task.partition_key,
        "project": task.project_id,
        "account": preview.account,
        "status": task.status.value,
        "slot": None if preview.slot is None else f"{preview.slot.astimezone(zone):%a %Y-%m-%d %H:%M %Z}",
        "before": None if preview.before is None else _before(preview.before, text, draft),
        "from": sidecar or task.metadata_path or unread,
        "posts": [_post(part, preview.limit) for part in preview.texts],
        "limit": preview.limit,
        "picture": _picture(settings.project(task.project_id).path, task.files),
        "shows": next((medium.alt_text for medium in media if medium.alt_text), ""),
        "files": [_file(medium) for medium in media] or list(task.files),
        "gave_way": ""
        if draft is None
        else ", ".join(draft.gave_way) or ("some of the words" if draft.was_cut else ""),
        "price": preview.price,
        "notes": list(_notes(preview)),
        "url": task.tweet_url if (task.tweet_url or "").startswith(("https://", "http://")) else None,
        "why_not": preview.why_not,
    }


def _notes(preview: Preview) -> Iterator[str]:
    """What is to be said of words and media beside them."""
    if (draft := preview.draft) is not None:
        yield from (f"It shows: {medium.alt_text}" for medium in draft.media if medium.alt_text)
        captions = (one for medium in draft.media for one in medium.captions)
        yield from (f"Captions: {one.display_name} ({one.path})" for one in captions)
        if draft.varied is not None:
            yield f"Varied: {draft.varied}, since the account has posted its words"
        yield from (f"Not used: {unused}" for unused in draft.unused)
        if labels := labels_of(draft):
            yield f"Labels: {labels}"
        if draft.edited is not None:
            yield f"Edited by {draft.edited.actor}, {output.when(draft.edited.at)}"
    if (about := about_gemini(preview)) is not None:
        yield about


def _post(part: Text, limit: int) -> dict[str, Any]:
    from twitter_pipeline.content.shown import pieces

    left = limit - part.weight
    level = "full" if left <= 0 else "near" if left <= _NEAR else ""
    percent = round(min(100, 100 * part.weight / limit), 1)
    return {"pieces": list(pieces(part.text)), "weight": part.weight, "level": level, "percent": percent}


def _before(metadata: Metadata, text: str, draft: Draft | None) -> dict[str, Any]:
    """The words as they are, and what of them gave way in `text`, which goes out."""
    from twitter_pipeline.content.hashtags import found_in, key

    kept = {key(tag) for tag in found_in(text)}
    gave_way = "" if draft is None else " ".join(draft.gave_way)
    words = [
        (name, *(_parted(said, text) if name in gave_way else (said, "")))
        for name, said in (("title", metadata.title), ("description", metadata.description))
        if said
    ]
    others = [("keywords", ", ".join(metadata.keywords)), ("link", metadata.link), ("alt text", metadata.alt_text)]
    others += [
        (str(name), str(value)) for name, value in metadata.extra.items() if isinstance(value, (str, int, float))
    ]
    return {
        "words": words,
        "hashtags": [(tag, draft is None or key(tag) in kept) for tag in metadata.hashtags],
        "others": [(name, value[:300]) for name, value in others if value],
    }


def _parted(said: str, text: str) -> tuple[str, str]:
    """What of `said` is in `text`, from its beginning, and the rest."""
    bare, flat = "".join(said.split()), "".join(text.split())  # spaces are not those of the text
    starts = islice(re.finditer(re.escape(bare[:8]), flat), _MOST_PLACES)
    common = max((_alike(bare, flat[found.start() :]) for found in starts), default=0)
    letters = (number for number, character in enumerate(said, 1) if not character.isspace())
    end = next(islice(letters, common - 1, None), 0) if common else 0
    return said[:end], said[end:]


def _alike(one: str, other: str) -> int:
    """How many characters both begin with."""
    return next(
        (number for number, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]),
        min(len(one), len(other)),
    )


def _file(medium: Any) -> str:
    length = f", {medium.seconds:.1f} s" if medium.seconds is not None else ""
    return f"{medium.path}: {medium.media_type}, {medium.width} × {medium.height}{length}, {medium.bytes:,} bytes"


def _picture(root: Path, files: Sequence[str]) -> str | None:
    """A small picture of the media as a data URI; None where none can be made, or a link leads out of the project."""
    from twitter_pipeline.media import MediaRefused, contact_sheet, stamp
    from twitter_pipeline.scanning.boundary import leaves

    paths = [root / name for name in files]
    if not paths or any(leaves(path, os.path.realpath(root)) for path in paths):
        return None
    try:
        small = stamp(contact_sheet(paths), _PICTURE_BYTES, largest=_PICTURE_SIDE)
    except (MediaRefused, OSError):
        return None
    return f"data:image/webp;base64,{base64.b64encode(small).decode()}"

"""What a template shows beside the metadata: read only for one that asks, and kept with the words from then on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import PurePosixPath
from typing import Any

from twitter_pipeline.config import Project, Source
from twitter_pipeline.publishing.outcomes import NotPublishable
from twitter_pipeline.publishing.session import Ended, Item
from twitter_pipeline.scanning import pairing, texts


def of(item: Item, source: Source) -> Mapping[str, Any]:
    """The facts of an item that its source's template names; JSON-safe. Raises Ended when its file is gone, OSError."""
    if source.template is None:
        return {}
    from twitter_pipeline.content.filters import LANGUAGE, ZONE
    from twitter_pipeline.content.template import names_in

    asked = names_in(source.template)
    facts: dict[str, Any] = {}
    if "date" in asked:
        facts |= {ZONE: item.project.time_zone, LANGUAGE: source.language}
    try:
        if "file" in asked:
            facts["file"] = _file(item, source)
        if "media" in asked:
            facts["media"] = _media(item)
    except FileNotFoundError as error:
        raise Ended(NotPublishable(f"the file {item.task.media_path} is gone")) from error
    return facts


def unknown(project: Project, source: Source) -> Mapping[str, Any]:
    """All that `of` may give, of an item of which nothing is known."""
    from twitter_pipeline.content.filters import LANGUAGE, ZONE
    from twitter_pipeline.media.facts import nothing

    file = dict.fromkeys(("name", "folder", "words", "time"), "")
    return {ZONE: project.time_zone, LANGUAGE: source.language, "file": file, "media": {**nothing(), "count": 0}}


def known(project: Project, source: Source) -> Mapping[str, Any]:
    """All that `of` may give, of an item of which everything is known."""
    from twitter_pipeline.content import words_of

    said = {**unknown(project, source)}
    name = "2026-01-31 a_b-c"
    said["file"] = {
        "name": f"{name}.mp4",
        "folder": "trip",
        "words": words_of(name),
        "time": "2026-01-31 10:00:00+00:00",
    }
    if source.type != "text":
        said["media"] = {
            "width": 1920,
            "height": 1080,
            "seconds": 12.5 if source.type == "video" else None,
            "exif": {"camera": "NIKON D850", "lens": "50 mm", "taken": "2026-01-31 10:00:00"},
            "tags": dict.fromkeys(said["media"]["tags"], "Fog"),
            "count": 2 if source.type == "album" else 1,
        }
    return said


def _file(item: Item, source: Source) -> dict[str, str]:
    """Of an album the first of its files, of a text the file it stands in."""
    key = item.task.media_path
    first = item.task.files[0] if item.task.files else texts.file_of(key)
    path = PurePosixPath(first)
    changed = datetime.fromtimestamp((item.project.path / first).stat().st_mtime, timezone.utc)
    return {
        "name": path.name,
        "folder": path.parent.name,
        "words": pairing.words_without(source, key, item.task.files),
        "time": changed.isoformat(sep=" ", timespec="seconds"),
    }


def _media(item: Item) -> dict[str, Any]:
    """Of an album the first of its pictures."""
    from twitter_pipeline import media
    from twitter_pipeline.media.facts import nothing

    found = media.facts_of(item.project.path / item.task.files[0]) if item.task.files else nothing()
    return {**found, "count": len(item.task.files)}

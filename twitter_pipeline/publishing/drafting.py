"""From an item's files to the draft of its post: all of it reading, so that a preview shows what a run will send."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from twitter_pipeline.config import Source
from twitter_pipeline.publishing.drafts import Draft, MediaFile
from twitter_pipeline.publishing.outcomes import Failed, MustWait, NotPublishable
from twitter_pipeline.publishing.session import Ended, Item, utc_now
from twitter_pipeline.store.engine import reading
from twitter_pipeline.store.tables import publishing_tasks

if TYPE_CHECKING:
    from twitter_pipeline.content.metadata import Metadata


class NoMetadata(Ended):
    """There is no metadata (any more) that the item can be posted with: the scan is to look for it again."""


def draft(item: Item, path: Path) -> Draft:
    """The post of an item whose file is at `path`. Raises Ended with the reason when there can be none (yet)."""
    from twitter_pipeline.content import TemplateError, compose

    source = item.source()
    metadata, sidecar = read_metadata(item, source, path)
    media = check_media(item, source, path)
    try:
        composed = compose(
            metadata, template=source.template, hashtags=source.hashtags, limit=item.settings.x.text_limit
        )
    except TemplateError as error:
        raise Ended(NotPublishable(f"the template of source {source.key}: {error}")) from error
    return Draft(
        text=composed.text,
        weight=composed.weight,
        was_cut=composed.was_cut,
        alt_text=metadata.alt_text,
        media=media,
        sidecar=sidecar,
    )


def media_path(item: Item) -> Path:
    """The item's file. Raises Ended when it is gone, or a link now leads out of the project."""
    from twitter_pipeline.scanning.boundary import leaves

    root = item.project.path
    path = root / item.task.media_path
    if not root.is_dir():
        raise Ended(Failed(f"the project's folder {root} is not there; is the disk mounted?"))
    if not path.exists():
        if not any(root.iterdir()):  # an empty mount point is no deletion
            raise Ended(Failed(f"the project's folder {root} is empty; is the disk mounted?"))
        raise Ended(NotPublishable(f"the file {item.task.media_path} is gone"))
    if leaves(path, os.path.realpath(root)):
        raise Ended(NotPublishable(f"{item.task.media_path} leads out of the project's folder"))
    return path


def twin_of(item: Item, content_hash: str) -> str | None:
    """Which other task of the project holds the same content (SHA-256), in words; None when none does."""
    tasks = publishing_tasks.c
    with reading(item.engine) as connection:
        other = connection.execute(
            sa.select(tasks.media_path, tasks.status).where(
                tasks.project_id == item.project.id, tasks.content_hash == content_hash, tasks.id != item.task.id
            )
        ).one_or_none()
    return None if other is None else f"the same file as {other.media_path}, which is {other.status}"


def read_metadata(item: Item, source: Source, path: Path) -> tuple[Metadata, str | None]:
    """The item's metadata and where it lay. Without any: waits, then the words of the file's name or `NoMetadata`."""
    from twitter_pipeline.content import Metadata, words_of
    from twitter_pipeline.scanning.sidecars import Problem, finder_for

    found = finder_for(item.project, source).find(item.task.media_path)
    if found is not None and not isinstance(found, Problem):
        sidecar = found.path.relative_to(item.project.path).as_posix()
        if not found.metadata.has_words:
            raise NoMetadata(NotPublishable(f"{sidecar}: there is neither a title nor a description for it; write one"))
        return found.metadata, sidecar
    why = found.message if isinstance(found, Problem) else "it has no metadata"
    until = item.task.created_at + item.project.metadata_wait
    if utc_now() < until:
        raise NoMetadata(MustWait(f"{why}; waits for it until {until:%Y-%m-%d %H:%M:%S} UTC", until))
    if found is None and item.project.without_metadata == "post":
        return Metadata(title=words_of(path.name)), None
    raise NoMetadata(NotPublishable(why))


def check_media(item: Item, source: Source, path: Path) -> MediaFile:
    """What the file holds, by X's rules. Raises Ended with the reason a person needs."""
    from twitter_pipeline.media import MediaRefused, check

    try:
        info = check(path, "video" if source.type == "video" else "image", item.settings.x.media_limits)
    except MediaRefused as error:
        raise Ended(NotPublishable(str(error))) from error
    return MediaFile(
        path=item.task.media_path,
        media_type=info.media_type,
        category=info.category,
        bytes=info.bytes,
        width=info.width,
        height=info.height,
        seconds=info.seconds,
    )


@contextmanager
def file_errors(item: Item) -> Iterator[None]:
    """Turn errors of the file system into how the work ended."""
    try:
        yield
    except FileNotFoundError as error:
        raise Ended(NotPublishable(f"{item.task.media_path} went away: {error.strerror}")) from error
    except OSError as error:
        raise Ended(Failed(f"{item.task.media_path} cannot be read: {error}")) from error

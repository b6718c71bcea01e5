"""From an item's files to the draft of its post: all of it reading, so that a preview shows what a run will send."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import sqlalchemy as sa

from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Source
from twitter_pipeline.config.secrecy import shows_secret
from twitter_pipeline.publishing import captioning, facts, labels, wording
from twitter_pipeline.publishing.drafts import Draft, Edited, MediaFile, Way
from twitter_pipeline.publishing.identity import salted
from twitter_pipeline.publishing.outcomes import Failed, MustWait, NotPublishable
from twitter_pipeline.publishing.session import Ended, Item
from twitter_pipeline.scanning.reasons import REPEAT_REMEDY, SAME_FILE
from twitter_pipeline.store.edits import Edits
from twitter_pipeline.store.edits import of as edits_of
from twitter_pipeline.store.engine import reading
from twitter_pipeline.store.tables import publishing_tasks
from twitter_pipeline.store.tasks import Task

if TYPE_CHECKING:
    from twitter_pipeline.content import Composed
    from twitter_pipeline.content.metadata import Metadata
    from twitter_pipeline.scanning.sidecars import Finder


class NoMetadata(Ended):
    """There is no metadata (any more) that the item can be posted with: the scan is to look for it again."""


class Gone(Ended):
    """The words are not where they were any more: when they come back, the scan is to judge the item anew."""


def draft(item: Item, paths: Sequence[Path], finder: Finder | None = None) -> Draft:
    """The post of an item whose files are at `paths`. Raises Ended with the reason when there can be none (yet).

    With the same `finder` for all items of a source each folder is listed once.
    """
    from twitter_pipeline.scanning.sidecars import finder_for

    source = item.source()
    edits = edits_of(item.task)
    finder = finder or finder_for(item.project, source)
    metadata, sidecar = _metadata(item, source, edits, finder)
    media = _described(check_media(item, source, paths, metadata), edits)
    made_with_ai, paid, unused = labels.of(source, metadata)
    if len(media) == 1:
        with_captions, others = captioning.captioned(item, source, media[0], finder)
        media, unused = (with_captions,), (*unused, *others)
    composed = _composed(item, source, metadata, edits)
    if not composed.text and not media:
        raise Ended(NotPublishable("nothing is left of its words; `links` of its source says what stays"))
    ways = _ways(item, source, metadata, edits)
    said = (composed.text, *composed.more, *(medium.alt_text for medium in media))
    # What is cut off can go out in another way, and is shown to Gemini.
    also = (*(text for way in ways for text in (way.text, *way.more)), *_shown_to_gemini(source, metadata))
    if any(map(shows_secret, (*said, *also))):
        raise Ended(
            NotPublishable("its words hold a key or password of this pipeline; take it out, and make a new one")
        )
    return Draft(
        text=composed.text,
        weight=composed.weight,
        was_cut=composed.was_cut,
        gave_way=composed.gave_way,
        more=composed.more,
        media=media,
        sidecar=sidecar,
        # What a person wrote is not to be improved.
        words=metadata.to_dict() if source.gemini and (edits is None or edits.text is None) else None,
        edited=edited_of(edits),
        made_with_ai=made_with_ai,
        paid_partnership=paid,
        unused=unused,
        ways=ways,
    )


def _shown_to_gemini(source: Source, metadata: Metadata) -> tuple[str, ...]:
    return (metadata.title, metadata.description) if source.gemini else ()


def _ways(item: Item, source: Source, metadata: Metadata, edits: Edits | None) -> tuple[Way, ...]:
    """Other words for the item, where its source wants some; none for what a person wrote."""
    from twitter_pipeline.content import TemplateError
    from twitter_pipeline.scanning import pairing

    if source.same_words != "vary" or (edits is not None and edits.text is not None):
        return ()
    key = item.task.media_path
    text_name = key.rpartition("#")[2].rpartition("/")[2].removesuffix(".txt")
    name = text_name if source.type == "text" else pairing.words_without(source, key, item.task.files)
    try:
        return wording.ways(source, metadata, item.text_limit(source), name=name)
    except TemplateError:
        return ()  # it takes only the words as they are


def edited_of(edits: Edits | None) -> Edited | None:
    """Which words of a draft these are."""
    if edits is None:
        return None
    described = tuple(sorted(edits.alt_texts))
    return Edited(
        actor=edits.actor, at=edits.at, text=edits.text is not None, alt_text=bool(described), described=described
    )


def refuse_outdated(task: Task, draft: Draft) -> None:
    """Raise Ended when somebody edited the words since the draft was made: a re-execution goes on with an old one."""
    if draft.edited != edited_of(edits_of(task)):
        raise Ended(Failed("its words were edited after it was prepared; the next run prepares it anew"))


def refuse_not_its_own(item: Item, task: Task, draft: Draft) -> None:
    """Raise Ended where the content is not the task's, as `content_identity` has it: it may be another's by now.

    So it is when a run is re-executed whose item was skipped since, or has another file or other words. `task` is
    locked.
    """
    from twitter_pipeline.scanning.fingerprint import together

    content = draft.content
    if not content:  # of the release before, which kept it of media alone
        digests = [medium.sha256 for medium in draft.media]
        known = digests and all(digests)
        content = salted(together(digests), item.project, item.source()) if known else task.content_hash or ""
    if content != task.content_hash:
        raise Ended(Failed("its content was not kept for it since it was prepared; the next run prepares it anew"))


def texts_of(item: Item, source: Source, finder: Finder) -> list[str]:
    """What an item's post may say, its media not looked at; Gemini's words are not among them. Raises Ended as `draft`.

    More than one text where its words may be varied, since the account has posted the same.

    With the same `finder` for all items of a source each folder is listed once.
    """
    edits = edits_of(item.task)
    metadata, _ = _metadata(item, source, edits, finder)
    ways = _ways(item, source, metadata, edits)
    return [_composed(item, source, metadata, edits).text, *(way.text for way in ways)]


def _metadata(item: Item, source: Source, edits: Edits | None, finder: Finder | None) -> tuple[Metadata, str | None]:
    """As `read_metadata`, with the facts the template asks for; but what a person gave a text needs none."""
    from twitter_pipeline.content import Metadata

    try:
        metadata, sidecar = read_metadata(item, source, finder)
        return replace(metadata, facts=facts.of(item, source)), sidecar
    except NoMetadata:
        if edits is None or edits.text is None:
            raise
        return Metadata(), None


def _described(media: tuple[MediaFile, ...], edits: Edits | None) -> tuple[MediaFile, ...]:
    """The media with what a person says that they show."""
    if edits is None:
        return media
    return tuple(
        medium.model_copy(update={"alt_text": edits.alt_texts.get(medium.path, medium.alt_text)}) for medium in media
    )


def _composed(item: Item, source: Source, metadata: Metadata, edits: Edits | None) -> Composed:
    from twitter_pipeline.content import TemplateError

    limit = item.text_limit(source)
    if edits is not None and edits.text is not None:
        composed = wording.as_written(source, edits.text, limit)
        if isinstance(composed, str):  # it fitted when it was written
            raise Ended(NotPublishable(f"the text by {edits.actor} {composed}"))
        return composed
    try:
        return wording.composed(source, metadata, limit)
    except TemplateError as error:
        raise Ended(NotPublishable(f"the template of source {source.key}: {error}")) from error


def media_paths(item: Item) -> tuple[Path, ...]:
    """The item's media in their order, none for a text. Raises Ended when a file of it is gone, its text's included.

    And when a link now leads out of the project.
    """
    from twitter_pipeline.scanning import texts
    from twitter_pipeline.scanning.boundary import leaves

    root = item.project.path
    if not root.is_dir():
        raise Ended(Failed(f"the project's folder {root} is not there; is the disk mounted?"))
    for file in item.task.files or (texts.file_of(item.task.media_path),):
        if not (root / file).exists():
            if not any(root.iterdir()):  # an empty mount point is no deletion
                raise Ended(Failed(f"the project's folder {root} is empty; is the disk mounted?"))
            rest = "; the scan lets the rest of the album go on" if len(item.task.files) > 1 else ""
            raise Ended(NotPublishable(f"the file {file} is gone{rest}"))
        if leaves(root / file, os.path.realpath(root)):
            raise Ended(NotPublishable(f"{file} leads out of the project's folder"))
    return tuple(root / file for file in item.task.files)


def digests_of(paths: Sequence[Path]) -> tuple[str, ...]:
    """The SHA-256 of each file, which is read to its end. Raises OSError."""
    from twitter_pipeline.scanning.fingerprint import full

    return tuple(full(path) for path in paths)


def content_identity(item: Item, paths: Sequence[Path], digests: Sequence[str] | None = None) -> str:
    """What no two tasks of a project may share: 64 hexadecimal digits over all that the item posts. Raises OSError.

    `digests` are those of the files, where they have been taken already.
    """
    from twitter_pipeline.scanning.fingerprint import of_words, together

    source = item.source()
    if source.type == "text":
        metadata, _ = read_metadata(item, source)
        edits = edits_of(item.task)
        edited = None if edits is None else edits.text
        words = (metadata.title, metadata.description) if edited is None else ("", edited)
        return salted(of_words(*words), item.project, source)
    return salted(together(digests_of(paths) if digests is None else digests), item.project, source)


def twin_of(item: Item, content_hash: str) -> str | None:
    """Which other task of the project holds the same content (see `identity.salted`), in words; None when none does."""
    tasks = publishing_tasks.c
    with reading(item.engine) as connection:
        other = connection.execute(
            sa.select(tasks.media_path, tasks.status, tasks.content_source_id).where(
                tasks.project_id == item.project.id, tasks.content_hash == content_hash, tasks.id != item.task.id
            )
        ).one_or_none()
    if other is None:
        return None
    if other.content_source_id == item.task.content_source_id:
        return f"{SAME_FILE} {other.media_path}, which is {other.status}"
    return f"{SAME_FILE} {other.media_path} of another source, which is {other.status}; {REPEAT_REMEDY}"


def read_metadata(item: Item, source: Source, finder: Finder | None = None) -> tuple[Metadata, str | None]:
    """The item's metadata and where it lay. Without any: waits, then the words of the file's name or `NoMetadata`."""
    from twitter_pipeline.content import Metadata
    from twitter_pipeline.scanning import pairing, texts
    from twitter_pipeline.scanning.sidecars import Problem, finder_for

    key = item.task.media_path
    found = pairing.find(finder or finder_for(item.project, source), source, key, item.task.files)
    if source.type == "text" and found is None:
        raise Gone(NotPublishable(f"the text {key} is gone"))
    if isinstance(found, Problem) and source.type == "text" and found.path == item.project.path / texts.file_of(key):
        raise Ended(NotPublishable(found.message))
    if found is not None and not isinstance(found, Problem):
        sidecar = found.path.relative_to(item.project.path).as_posix()
        if not found.metadata.has_words:
            raise NoMetadata(NotPublishable(f"{sidecar}: there is neither a title nor a description for it; write one"))
        return found.metadata, sidecar
    why = found.message if isinstance(found, Problem) else "it has no metadata"
    if found is not None and found.refuses:
        raise NoMetadata(NotPublishable(why))
    until = item.task.created_at + item.project.metadata_wait
    if utc_now() < until:
        raise NoMetadata(MustWait(f"{why}; waits for it until {until:%Y-%m-%d %H:%M:%S} UTC", until))
    if found is None and item.project.without_metadata == "post":
        return Metadata(title=pairing.words_without(source, key, item.task.files)), None
    raise NoMetadata(NotPublishable(why))


def check_media(item: Item, source: Source, paths: Sequence[Path], metadata: Metadata) -> tuple[MediaFile, ...]:
    """What the files hold, by X's rules. Raises Ended with the reason a person needs."""
    from twitter_pipeline.media import MediaRefused, check

    kind: Literal["video", "image"] = "video" if source.type == "video" else "image"
    media = []
    for number, (name, path) in enumerate(zip(item.task.files, paths, strict=True)):
        try:
            info = check(path, kind, item.settings.x.media_limits)
        except MediaRefused as error:
            raise Ended(NotPublishable(f"{name}: {error}" if len(paths) > 1 else str(error))) from error
        media.append(
            MediaFile(
                path=name,
                media_type=info.media_type,
                category=info.category,
                bytes=info.bytes,
                width=info.width,
                height=info.height,
                seconds=info.seconds,
                alt_text="" if kind == "video" else metadata.alt_text_of(number),
            )
        )
    moving = next((medium.path for medium in media if medium.category == "tweet_gif"), None)
    if moving is not None and len(media) > 1:
        raise Ended(NotPublishable(f"{moving} is an animated GIF, which X posts alone; take it out of the album"))
    return tuple(media)


@contextmanager
def file_errors(item: Item) -> Iterator[None]:
    """Turn errors of the file system into how the work ended."""
    try:
        yield
    except FileNotFoundError as error:
        raise Ended(NotPublishable(f"{item.task.media_path} went away: {error.strerror}")) from error
    except OSError as error:
        raise Ended(Failed(f"{item.task.media_path} cannot be read: {error}")) from error

"""Captions of a video: which go out with it, and giving them to X once it has the video.

They never hold a post up for good. One that is still being written is waited for. What is wrong with a file is told,
and the post goes out without it; where X does not get them, the item is tried again a few times, and then goes out
without them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Source
from twitter_pipeline.config.secrecy import shows_secret
from twitter_pipeline.publishing.drafts import Captions, Draft, MediaFile
from twitter_pipeline.publishing.file_upload import FileUpload
from twitter_pipeline.publishing.outcomes import Failed, MustWait
from twitter_pipeline.publishing.session import Ended, Item, Session
from twitter_pipeline.scanning.names import shown
from twitter_pipeline.scanning.sidecars.document import File, Unreadable
from twitter_pipeline.store import uploads
from twitter_pipeline.store.engine import reading, writing

if TYPE_CHECKING:
    from twitter_pipeline.content.language_codes import LanguageCode
    from twitter_pipeline.media import captions as media_captions
    from twitter_pipeline.scanning.captions import CaptionsFile
    from twitter_pipeline.scanning.sidecars import Finder
    from twitter_pipeline.scanning.sidecars.listing import Listing
    from twitter_pipeline.x.client import XClient
    from twitter_pipeline.x.upload import Uploaded

#: So many runs may end because X did not get the captions; after that a post goes out without them.
MOST_RUNS = 2
#: A limit of X that lasts longer is not waited for.
LONGEST_WAIT = timedelta(hours=1)
#: Languages of one video. Who downloads all that a platform translates has a hundred.
MOST_LANGUAGES = 10


@dataclass(frozen=True)
class Judged:
    """A file of captions beside a video, and whether it goes out with it."""

    #: Relative to the project.
    path: str
    language: LanguageCode | None
    #: What X is told of it; None where it does not go out.
    captions: Captions | None
    #: Why not, for people; None as well where another in its language goes before it.
    why_not: str | None = None


def captioned(item: Item, source: Source, medium: MediaFile, finder: Finder) -> tuple[MediaFile, tuple[str, ...]]:
    """A video with the captions that go out with it, one file for each language; and why others beside it do not.

    Raises Ended while one is still being written.
    """
    if source.type != "video" or not source.captions:
        return medium, ()
    listing = finder.listing((item.project.path / medium.path).parent)
    judged = list(
        judge(listing, source, medium.path, medium.seconds, lambda file, path: _wait_until_written(item, file, path))
    )
    chosen = tuple(one.captions for one in judged if one.captions is not None)
    unused = tuple(f"captions {one.path}: {one.why_not}" for one in judged if one.why_not is not None)
    return medium.model_copy(update={"captions": chosen}), unused


def judge(
    listing: Listing,
    source: Source,
    video: str,
    seconds: float | None,
    before: Callable[[File, str], None] = lambda file, path: None,
) -> Iterator[Judged]:
    """The files of captions of a video (relative to the project) that is so long; `before` is called with each."""
    from twitter_pipeline.scanning import captions

    chosen: set[str] = set()
    for found in captions.beside(listing, Path(video).name, source.language):
        path = str(PurePosixPath(video).with_name(shown(found.name)))
        if found.language is not None and found.language.code in chosen:
            yield Judged(path, found.language, None)
            continue
        try:
            file = listing.file(found.entry)
            before(file, path)
            if len(chosen) >= MOST_LANGUAGES:
                raise Unreadable(f"there are captions in {MOST_LANGUAGES} languages before it")
            one = _checked(found, file, path, seconds)
        except Unreadable as error:
            yield Judged(path, found.language, None, str(error))
        else:
            chosen.add(one.language.lower())
            yield Judged(path, found.language, one)


def _wait_until_written(item: Item, file: File, path: str) -> None:
    """Raise Ended while the file may still change: half of it would be called broken, or go out."""
    now = utc_now()
    left = item.project.stable_for.total_seconds() - (age := now.timestamp() - file.mtime_ns / 1e9)
    if age >= 0 and left > 0:  # a time in the future says nothing
        raise Ended(MustWait(f"its captions {path} were changed just now", now + timedelta(seconds=left)))


def _checked(found: CaptionsFile, file: File, path: str, seconds: float | None) -> Captions:
    """What is told X of a file. Raises Unreadable with the reason."""
    if found.language is None:
        raise Unreadable("the source's language has no code of two letters; name one, as in clip.en.srt")
    read, content = content_of(file.path)
    if seconds is not None and read.cues[0].begin >= seconds * 1000:
        raise Unreadable("its first words come after the end of the video; they may be another's")
    if shows_secret(content.decode()):
        raise Unreadable("it holds a key or password of this pipeline; take it out, and make a new one")
    return Captions(
        path=path,
        language=found.language.code.upper(),
        display_name=found.language.name,
        media_type=read.media_type,
        bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        cues=len(read.cues),
    )


def content_of(path: Path) -> tuple[media_captions.Captions, bytes]:
    """The captions in a file, and what is uploaded of them. Raises Unreadable."""
    from twitter_pipeline.media import MediaRefused
    from twitter_pipeline.media.captions import MOST_BYTES, read

    try:
        with path.open("rb") as file:
            captions = read(file.read(MOST_BYTES + 1))
    except MediaRefused as refused:
        raise Unreadable(str(refused)) from refused
    except OSError as error:
        raise Unreadable(f"{error.strerror}") from error
    return captions, captions.content()


def forget_others(session: Session, draft: Draft) -> None:
    """Let a video be uploaded anew where an earlier run gave it captions in a language that it has none in any more."""
    wanted = {captions.language for medium in draft.media for captions in medium.captions}
    if not any(medium.category == "tweet_video" for medium in draft.media):
        return
    with reading(session.engine) as connection:
        given = uploads.captions_given(connection, session.task.id)
    if not {each.rpartition("/")[2] for each in given} <= wanted:
        with writing(session.engine) as connection:
            uploads.forget(connection, session.claim)


def add(session: Session, client: XClient, medium: MediaFile, video_id: str) -> None:
    """Give X the captions of a video that it has processed. Raises Ended and XError where a later try may do better."""
    for captions in medium.captions:
        why = _add(session, client, captions, video_id, medium.category)
        if why is not None:
            session.note("captions", f"{captions.path}: it goes out without them: {why}")


def _add(session: Session, client: XClient, captions: Captions, video_id: str, category: str) -> str | None:
    """Why the post goes out without these captions; None when X has them."""
    from twitter_pipeline.x.errors import AccountRefused, ItemRefused, Transient, WaitUntil

    try:
        _CaptionsUpload(session, client, captions, video_id, category).run()
    except ItemRefused as error:
        return str(error)
    except WaitUntil as error:
        if error.until > utc_now() + LONGEST_WAIT:
            return str(error)
        raise Ended(MustWait(str(error), error.until)) from error  # items without captions need not wait
    except AccountRefused as error:
        if error.status != 403:
            raise
        return str(error)  # the app may upload videos, and not this
    except (Transient, Unreadable, OSError) as error:
        if session.task.retry_count >= min(MOST_RUNS, session.project.max_retries):
            return str(error)
        if isinstance(error, Transient):
            raise
        raise Ended(Failed(f"captions {captions.path}: {error}; the next run prepares it anew")) from error
    return None


class _CaptionsUpload(FileUpload):
    """The upload of captions, and X's knowing whose they are."""

    _medium: Captions

    def __init__(self, session: Session, client: XClient, captions: Captions, video_id: str, category: str) -> None:
        """Raises Unreadable when the file does not hold what was checked."""
        path = session.project.path / captions.path
        _, content = content_of(path)
        if hashlib.sha256(content).hexdigest() != captions.sha256:
            raise Unreadable("it is another file than was checked")
        super().__init__(session, client, captions, path, content)
        self._video_id, self._category = video_id, category

    def _tell(self, sent: Uploaded) -> None:
        from twitter_pipeline.x.subtitles import add_captions

        captions, wanted = self._medium, f"{self._video_id}/{self._medium.language}"
        if wanted == self._confirmed.get("captions_of"):
            return
        add_captions(
            self._client,
            self._video_id,
            self._category,
            captions_id=sent.media_id,
            language=captions.language,
            display_name=captions.display_name,
        )
        self._confirm(sent.media_id, "captions_of", wanted)

"""The question about a draft, with the media and the earlier posts that go with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from twitter_pipeline.publishing import drafting
from twitter_pipeline.publishing.drafts import Draft
from twitter_pipeline.publishing.session import Item
from twitter_pipeline.publishing.wording import Place, question_for
from twitter_pipeline.store import examples
from twitter_pipeline.store.engine import reading

if TYPE_CHECKING:
    from twitter_pipeline.enhancing.question import Question


#: What is told of an answer that was made without the media.
UNSEEN = "it could not be shown the media"


def content_of(draft: Draft) -> str | None:
    """What its media hold, in one digest, empty without any; None where the draft does not know."""
    from twitter_pipeline.scanning.fingerprint import together

    digests = [medium.sha256 for medium in draft.media]
    if not all(digests):
        return None
    return together(digests) if digests else ""


def content_read(item: Item, draft: Draft) -> str:
    """The same; where the draft does not know, the files are read through. Raises OSError."""
    content = content_of(draft)
    if content is None:
        content = content_of(draft.with_digests(drafting.digests_of(_paths(item, draft))))
    return content or ""


def shown(item: Item, draft: Draft, place: Place, question: Question) -> tuple[Question, str]:
    """The question as it is sent, with pictures and examples; and why it has no pictures where it should have."""
    why = ""
    source = item.source()
    if source.sees_media(item.settings.gemini):
        try:
            question = replace(question, pictures=_pictures(item, draft))
        except Exception as error:  # noqa: BLE001 - a decoder's error is no reason not to ask about the words
            question = question_for(item.settings, source, draft, place, item.text_limit(source), blind=True)
            why = f"{UNSEEN} ({' '.join(str(error).split())[:200]})"
    if count := item.settings.gemini.examples:
        from twitter_pipeline.enhancing.question import MOST_EXAMPLE

        with reading(item.engine) as connection:
            texts = examples.of(connection, item.task, count)
        question = replace(question, examples=tuple(text[:MOST_EXAMPLE] for text in texts))
    return question, why


def _pictures(item: Item, draft: Draft) -> tuple[bytes, ...]:
    from twitter_pipeline.media import glimpses

    return tuple(picture for path in _paths(item, draft) for picture in glimpses(path))


def _paths(item: Item, draft: Draft) -> list[Path]:
    return [item.project.path / medium.path for medium in draft.media]

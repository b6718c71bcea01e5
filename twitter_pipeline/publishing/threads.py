"""Threads: several posts that are one item, each a reply to the one before it.

Each goes through the protocol of `publishing.post` by itself, one after the other, in one run. Whatever ends the run on
the way, the next goes on with the first that is not on X; from the first on X on, the words of all stay as they are.
"""

from __future__ import annotations

from typing import TypeVar

from twitter_pipeline.publishing import matching
from twitter_pipeline.publishing.drafts import ELSEWHERE, Draft
from twitter_pipeline.publishing.outcomes import Adopted, Posted
from twitter_pipeline.store.attempts import Content, Made
from twitter_pipeline.store.tasks import Task

P = TypeVar("P", Posted, Adopted)


def on_x(kind: type[P], page: str, tweet_id: str, part: int, parts: int, made: Made, said: str = "") -> P:
    """That post `part` of `parts` is on X, `said` telling how that is known; those before it are in `made`.

    `page` is what the address of each post of the account begins with.
    """
    url = f"{page}/{tweet_id}"
    if part < parts:
        return kind(f"posted {part} of {parts}: {url}{said}", tweet_id, url, left=parts - part)
    if parts == 1:
        return kind(f"posted: {url}{said}", tweet_id, url)
    head = made.ids.get(1, tweet_id)
    return kind(f"posted: {page}/{head}, a thread of {parts}{said}", tweet_id, url, head=(head, f"{page}/{head}"))


def next_content(
    made: Made, draft: Draft, media_ids: tuple[str, ...] = (), media_keys: tuple[str, ...] = ()
) -> Content:
    """What is sent next, or when all is on X the last of it. The first post on X decides on the words of the others."""
    from twitter_pipeline.content import urls

    texts = made.texts or draft.texts
    part = min(len(made.ids) + 1, len(texts))
    text, is_first = texts[part - 1], part == 1
    return Content(
        text,
        matching.text_key(text),
        media_ids if is_first else (),
        media_keys if is_first else (),
        has_link=bool(urls.find(text)),
        part=part,
        parts=len(texts),
        more=texts[1:] if is_first else (),
        reply_to=made.ids.get(part - 1),
        labels=draft.labels,
    )


def planned(task: Task) -> Draft:
    """What the task was prepared to post; an empty draft where it never was."""
    return Draft.model_validate(task.content_data) if "text" in task.content_data else ELSEWHERE


def begun(task: Task, made: Made) -> Draft | None:
    """The draft of a thread that is on X in part: nothing of it changes any more. None for everything else."""
    if not made.is_begun:
        return None
    text, *more = made.texts
    return planned(task).model_copy(update={"text": text, "more": tuple(more), "words": None})

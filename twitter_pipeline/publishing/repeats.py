"""Words that the account has posted not long ago: X refuses them, so they are varied, or wait.

A look made before the media are taken up, at all posts of a thread; and once more where nobody can come between
(`post`, step 1). What was posted by hand since the timeline was read is not seen: X refuses that, and the timeline
tells.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from twitter_pipeline.config import Source
from twitter_pipeline.publishing import foreign, matching
from twitter_pipeline.publishing.connecting import posts_page
from twitter_pipeline.publishing.drafts import Draft
from twitter_pipeline.publishing.outcomes import MustWait
from twitter_pipeline.publishing.session import Ended, Item, Session
from twitter_pipeline.store import accounts, repeats
from twitter_pipeline.store.attempts import Content
from twitter_pipeline.store.engine import reading
from twitter_pipeline.store.repeats import Repeat

#: Where a person can have it otherwise.
_REMEDY = " (same_words of its source says what to do)"
#: Under `same_words: post`.
_WHOLE = " (a thread of which a later post would be refused does not begin)"


def settled(item: Item, draft: Draft, *, now: datetime) -> Draft:
    """The draft in words that the account has not posted within `x.repeat_window`, as its source wants that.

    What becomes of it is frozen: `ways` are gone. Raises Ended to wait when there are none.
    """
    ways, draft = draft.ways, _without_ways(draft)
    source, window = item.source(), item.settings.x.repeat_window
    own = _looked_at(source, draft.texts)
    if not own or not window:
        return draft
    first = {matching.text_key(draft.text), *draft.other_words}
    with reading(item.engine) as connection:
        account = accounts.of_source(connection, item.task.content_source_id)
        if foreign.own_of(connection, item, account.id, draft, first, with_media=bool(draft.media)) is not None:
            return draft  # it may be out already, and must go out in no other words: step 1 of `post` sees to that
        every = own.union(*(_keys_of(way.texts) for way in ways))
        said = repeats.recent(connection, account.id, every, since=now - window, but=item.task.id)
        page = posts_page(item.settings, account.x_username)
    if own.isdisjoint(said):
        return draft
    # Gemini's words are not ours to vary.
    for way in ways if draft.enhanced is None or not draft.enhanced.changed else ():
        if _keys_of(way.texts).isdisjoint(said):
            return way.of(draft)
    raise Ended(_wait(item, _last_over(said, own), page, now, _WHOLE if source.same_words == "post" else _REMEDY))


def refuse_said(connection: sa.Connection, session: Session, content: Content, *, page: str, now: datetime) -> None:
    """Raise Ended to wait where the account has sent these words since the draft was made.

    The next run varies them, or waits. With the first post of a thread the words of all are looked at. What follows it
    keeps its words, and waits, whatever its source says: half of it is on X.
    """
    window, goes_on = session.settings.x.repeat_window, content.part > 1
    own = _keys_of([content.text]) if goes_on else _looked_at(session.source(), (content.text, *content.more))
    if not own or not window:
        return
    said = repeats.recent(connection, session.account.id, own, since=now - window, but=session.task.id)
    if not said:
        return
    if goes_on:
        raise Ended(_wait(session, _last_over(said, own), page, now))
    raise Ended(MustWait("the account has posted the same words since it was prepared; it is prepared anew", now))


def _looked_at(source: Source, texts: Sequence[str]) -> set[str]:
    """By what the posts of an item, none of them on X, are known that are held against what was said before.

    Under `same_words: post` it is left to X; but half a thread would stay on X for as long as it refuses the rest.
    """
    return _keys_of(texts[1:] if source.same_words == "post" else texts)


def _keys_of(texts: Iterable[str]) -> set[str]:
    """What the posts with these texts are known by; one of media alone repeats nothing."""
    return {matching.text_key(text) for text in texts if text}


def _last_over(said: Mapping[str, Repeat], own: Collection[str]) -> Repeat:
    """The one to be waited for longest: first one whose outcome is known soon, then the newest."""
    return max((said[key] for key in own if key in said), key=lambda one: (one.post_id is None, one.at))


def _without_ways(draft: Draft) -> Draft:
    """The draft as it is kept: by what its words would be known in each way."""
    if not draft.ways:
        return draft
    others = tuple(dict.fromkeys(matching.text_key(way.text) for way in draft.ways))
    return draft.model_copy(update={"ways": (), "other_words": others})


def _wait(item: Item, repeat: Repeat, page: str, now: datetime, remedy: str = "") -> MustWait:
    if repeat.post_id is None:
        # Whether X has it is known by then, or asked again.
        return MustWait("an item with the same words may be on X", now + item.settings.settle_time)
    until = repeat.at + item.settings.x.repeat_window
    return MustWait(
        f"the account posted the same words at {repeat.at:%Y-%m-%d %H:%M} UTC ({page}/{repeat.post_id}), and X refuses"
        f" a repetition; waits until {until:%Y-%m-%d %H:%M} UTC{remedy}",
        until,
    )


def why_not(item: Item, draft: Draft, *, now: datetime, keys: Collection[str]) -> tuple[Draft, str | None]:
    """The same for a preview: the draft, and why it would wait; None when it would not.

    `keys` are all words that the account has sent lately (`store.repeats.keys`). While Gemini is still to be asked
    nothing is known.
    """
    if (draft.words is not None and draft.enhanced is None) or _keys_of(draft.texts).isdisjoint(keys):
        return _without_ways(draft), None
    try:
        return settled(item, draft, now=now), None
    except Ended as ended:
        return _without_ways(draft), ended.outcome.reason

"""Better words from Gemini, where a source says `gemini: yes`; whatever comes of it, the item goes on.

The answer is stored before anything is posted, so that no attempt and no other task pays for it twice. Its words go
through the same template and the same limit as the original's, each time anew.
"""

from __future__ import annotations

import time
import uuid
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Settings
from twitter_pipeline.publishing import questions
from twitter_pipeline.publishing.drafts import Draft
from twitter_pipeline.publishing.enhanced import details_of, from_stored, original, said_of
from twitter_pipeline.publishing.keeping import keep_trying
from twitter_pipeline.publishing.session import Item, Session
from twitter_pipeline.publishing.wording import WORDLESS, place_of, question_for
from twitter_pipeline.store import gemini, moves
from twitter_pipeline.store.engine import reading, writing

if TYPE_CHECKING:
    from twitter_pipeline.enhancing.answer import Reply
    from twitter_pipeline.enhancing.question import Question

#: How long past the timeout another process's request counts as under way.
GRACE = timedelta(seconds=5)
#: How much of the timeout may pass while Google wants to be left alone; the rest is for the answer.
_SHARE_TO_WAIT = 0.5

#: Why it is not asked about what goes out as a thread.
IN_POSTS = (
    "it is not asked, since the text is too long for one post: as a thread (overflow: thread) it goes out whole, in its"
    " own words"
)

Begun = gemini.Begun | gemini.Stored | gemini.Spent | gemini.Waits


def enhance(session: Session, draft: Draft) -> Draft:
    """The draft with Gemini's words, or as it is with the reason why; both are told in the publishing log."""
    if draft.words is None or not session.source().gemini:
        return draft
    improved = improve(session, draft, by=session.claim.holder)
    session.note("enhanced", said_of(improved), details_of(improved))
    return improved


def preview(item: Item, draft: Draft, *, ask: bool) -> Draft:
    """The draft as its run will send it, as far as that is known; with `ask`, Gemini is asked where the run would.

    Where it is still to be asked the draft comes back as it is, without `enhanced`.
    """
    if draft.words is None:
        return draft
    improved = known(item, draft, questions.content_of(draft))
    if improved is not None or not ask:
        return improved or draft
    improved = improve(item, draft, by=f"preview {uuid.uuid4()}")
    with writing(item.engine) as connection:
        said, details = said_of(improved), details_of(improved)
        moves.note(connection, item.task.id, "enhanced", item.task.status, said, now=utc_now(), details=details)
    return improved


def improve(item: Item, draft: Draft, *, by: str) -> Draft:
    """Ask Gemini, unless the answer is stored already. `by` names who asks: a run's id."""
    try:
        content = questions.content_read(item, draft)
    except OSError as error:  # the upload will say more of it
        return original(item.settings, draft, "failed", f"its files cannot be read ({error.strerror})")
    improved = known(item, draft, content)
    source = item.source()
    limit = item.text_limit(source)
    place = place_of(source, draft, limit)
    if improved is not None or place is None:
        return improved or draft
    plain = question_for(item.settings, source, draft, place, limit)
    question, unseen = questions.shown(item, draft, place, plain)
    came = _answer(item, draft, question, gemini.Key(question.digest, content), by)
    return came if isinstance(came, Draft) else from_stored(item, draft, came, unseen)


def known(item: Item, draft: Draft, content: str | None) -> Draft | None:
    """What a run would make of the draft without asking; None when it would ask. Changes nothing, and reads no media.

    Without `content` (see `questions.content_of`) the files are taken for those that were last asked about.
    """
    from twitter_pipeline.enhancing.answer import Outcome

    settings, source = item.settings, item.source()
    if draft.more:
        return original(settings, draft, "template", IN_POSTS)
    place = place_of(source, draft, item.text_limit(source))
    if place is None:
        return original(settings, draft, "template", WORDLESS)
    limit = item.text_limit(source)
    question, blind = (question_for(settings, source, draft, place, limit, blind=blind) for blind in (False, True))
    with reading(item.engine) as connection:
        if content is None and (asked := gemini.last_asked(connection, item.task.id)) is not None:
            content = asked.content
        # Once media could not be shown, the answer without them stands: what a preview has shown goes out.
        for asked_as, unseen in ((question, ""), (blind, questions.UNSEEN if blind.unseen else "")):
            stored = None if content is None else gemini.stored(connection, gemini.Key(asked_as.digest, content))
            if stored is None or (Outcome(stored.outcome).may_be_asked_again and stored.tries < gemini.MOST_TRIES):
                continue
            return from_stored(item, draft, stored, unseen)
    return None


def _answer(item: Item, draft: Draft, question: Question, key: gemini.Key, by: str) -> gemini.Stored | Draft:
    """What came of the question, asked again as long as Google's limit lets that be soon; or the draft as it is."""
    settings = item.settings
    timeout = settings.gemini.timeout.total_seconds()
    waited, limit = 0.0, "Google's limit is reached"
    while True:
        begun = _begin(item, question, key, by)
        if isinstance(begun, gemini.Spent):
            return original(settings, draft, "budget", _spent(settings))
        if isinstance(begun, gemini.Stored):
            return begun
        if isinstance(begun, gemini.Waits):
            wait = max(0.0, (begun.until - utc_now()).total_seconds())
            if waited + wait > timeout * _SHARE_TO_WAIT:
                why = f"{limit}; it is not asked before {begun.until:%H:%M:%S} UTC"
                return original(settings, draft, "limited", why)
            time.sleep(wait)
            waited += wait + 0.01  # until then is not after then
            continue
        came = _send(item, question, begun, timedelta(seconds=timeout - waited))
        if came is None:  # asked anew by another meanwhile
            return original(settings, draft, "failed", "somebody else asks the same just now")
        if came.outcome != "limited":
            return came
        limit = came.why


def _send(item: Item, question: Question, begun: gemini.Begun, patience: timedelta) -> gemini.Stored | None:
    """Ask, and write down what came of it, also when the run is told to stop meanwhile."""
    came: tuple[dict[str, Any], Reply | None] = {"outcome": "failed", "why": "the run was told to stop"}, None
    try:
        came = _ask(item.settings, question, patience)
        keep_trying(lambda: _finish(item, begun, *came))  # it is paid for
    except BaseException as told:
        if not isinstance(told, Exception):  # nothing may hide that, least of all a database error
            with suppress(sa.exc.SQLAlchemyError):
                _finish(item, begun, *came)
        raise
    with reading(item.engine) as connection:
        stored = gemini.stored(connection, begun.key)
    return stored if stored is not None and stored.request == begun.request else None


def _ask(settings: Settings, question: Question, patience: timedelta) -> tuple[dict[str, Any], Reply | None]:
    """What came of asking, for the database, and the reply, which costs money also where it is of no use."""
    from twitter_pipeline.enhancing import answer, asking

    reply = None
    try:
        reply = asking.ask(settings, question, patience)
        return {"outcome": "answered", "words": answer.read(reply).model_dump(mode="json")}, reply
    except answer.NoAnswer as no:
        limited = no.outcome is answer.Outcome.LIMITED
        came = {"outcome": no.outcome.value, "why": str(no), "limited": limited, "wait": no.wait}
        return {**came, "free": no.outcome.costs_nothing}, reply
    except Exception as error:  # noqa: BLE001 - an answer nobody thought of is no reason not to post
        return {"outcome": "malformed", "why": f"its answer broke something ({type(error).__name__})"}, reply


def _finish(item: Item, begun: gemini.Begun, came: dict[str, Any], reply: Reply | None) -> None:
    with writing(item.engine) as connection:
        gemini.finish(
            connection,
            begun,
            **came,
            now=utc_now(),
            input_tokens=reply.input_tokens if reply else None,
            output_tokens=reply.output_tokens if reply else None,
        )


def _begin(item: Item, question: Question, key: gemini.Key, by: str) -> Begun:
    """Write the request down; another's request for the same is waited for."""
    from twitter_pipeline.enhancing.answer import Outcome

    settings = item.settings.gemini
    while True:
        with writing(item.engine) as connection:
            begun = gemini.begin(
                connection,
                item.task.id,
                key=key,
                model=question.model,
                by=by,
                budget=settings.daily_budget,
                again=frozenset(outcome.value for outcome in Outcome if outcome.may_be_asked_again),
                patience=settings.timeout + GRACE,
                now=utc_now(),
                seen=len(question.pictures),
            )
        if not isinstance(begun, gemini.UnderWay):
            return begun
        time.sleep(0.2)


def _spent(settings: Settings) -> str:
    most = settings.gemini.daily_budget
    if not most:
        return "gemini.daily_budget is 0"
    return f"today's {most} requests are used up; raise gemini.daily_budget, or wait until midnight UTC"

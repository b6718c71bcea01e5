"""Better words from Gemini, where a source says `gemini: yes`; whatever comes of it, the item goes on.

The answer is stored with the task before anything is posted, so that no attempt pays for it twice. Its words go through
the same template and the same limit as the original's, each time anew.
"""

from __future__ import annotations

import time
import uuid
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from twitter_pipeline.config import Settings
from twitter_pipeline.publishing.drafts import Draft, Enhancement
from twitter_pipeline.publishing.session import Item, Session, utc_now
from twitter_pipeline.publishing.wording import WORDLESS, alt_text_of, fitted, place_of, question_for
from twitter_pipeline.store import gemini, moves
from twitter_pipeline.store.engine import reading, writing

if TYPE_CHECKING:
    from twitter_pipeline.enhancing.answer import Reply
    from twitter_pipeline.enhancing.question import Question

#: How long past the timeout another process's request counts as under way.
GRACE = timedelta(seconds=5)


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
    improved = known(item, draft)
    if improved is not None or not ask:
        return improved or draft
    improved = improve(item, draft, by=f"preview {uuid.uuid4()}")
    with writing(item.engine) as connection:
        said, details = said_of(improved), details_of(improved)
        moves.note(connection, item.task.id, "enhanced", item.task.status, said, now=utc_now(), details=details)
    return improved


def improve(item: Item, draft: Draft, *, by: str) -> Draft:
    """Ask Gemini, unless the answer is stored already. `by` names who asks: a run's id."""
    settings, source = item.settings, item.source()
    place = place_of(source, draft, item.text_limit(source))
    if place is None:
        return _kept(settings, draft, "template", WORDLESS)
    question = question_for(settings, draft, place, item.text_limit(source))
    begun = _begin(item, question, by)
    if isinstance(begun, gemini.Spent):
        return _kept(settings, draft, "budget", _spent(settings))
    if isinstance(begun, gemini.Stored):
        return _from_stored(item, draft, begun)
    try:
        _finish(item, begun, *_ask(settings, question))
    except BaseException as told:
        if not isinstance(told, Exception):  # told to stop: nothing may hide that, least of all a database error
            with suppress(sa.exc.SQLAlchemyError):
                _finish(item, begun, {"outcome": "failed", "why": "the run was told to stop"})
        raise
    with reading(item.engine) as connection:
        stored = gemini.stored(connection, item.task.id)
    if stored is None or stored.request != begun.request:  # other words were asked about meanwhile
        return _kept(settings, draft, "failed", "the words have changed while it was asked")
    return _from_stored(item, draft, stored)


def _ask(settings: Settings, question: Question) -> tuple[dict[str, Any], Reply | None]:
    """What came of asking, for the database, and the reply, which costs money also where it is of no use."""
    from twitter_pipeline.enhancing import answer, asking

    reply = None
    try:
        reply = asking.ask(settings, question)
        return {"outcome": "answered", "words": answer.read(reply).model_dump(mode="json")}, reply
    except answer.NoAnswer as no:
        return {"outcome": no.outcome.value, "why": str(no)}, reply
    except Exception as error:  # noqa: BLE001 - an answer nobody thought of is no reason not to post
        return {"outcome": "malformed", "why": f"its answer broke something ({type(error).__name__})"}, reply


def _finish(item: Item, begun: gemini.Begun, came: dict[str, Any], reply: Reply | None = None) -> None:
    with writing(item.engine) as connection:
        gemini.finish(
            connection,
            item.task.id,
            begun,
            **came,
            input_tokens=reply.input_tokens if reply else None,
            output_tokens=reply.output_tokens if reply else None,
        )


def known(item: Item, draft: Draft) -> Draft | None:
    """What a run would make of the draft without asking; None when it would ask. Changes nothing."""
    from twitter_pipeline.enhancing.answer import Outcome

    settings, source = item.settings, item.source()
    place = place_of(source, draft, item.text_limit(source))
    if place is None:
        return _kept(settings, draft, "template", WORDLESS)
    with reading(item.engine) as connection:
        stored = gemini.stored(connection, item.task.id)
    if stored is None or stored.digest != question_for(settings, draft, place, item.text_limit(source)).digest:
        return None
    if Outcome(stored.outcome).may_be_asked_again and stored.tries < gemini.MOST_TRIES:
        return None
    return _from_stored(item, draft, stored)


def said_of(draft: Draft) -> str:
    """What became of the words, for people."""
    return draft.enhanced.said if draft.enhanced else ""


def details_of(draft: Draft) -> dict[str, Any]:
    """The same for programs, with the original words beside those that go out."""
    enhanced = draft.enhanced.model_dump(mode="json") if draft.enhanced else {}
    return {**enhanced, "text": draft.text, "weight": draft.weight, "alt_text": alt_text_of(draft)}


def _begin(item: Item, question: Question, by: str) -> gemini.Begun | gemini.Stored | gemini.Spent:
    """Write the request down; another's request for the same words is waited for."""
    from twitter_pipeline.enhancing.answer import Outcome

    settings = item.settings.gemini
    while True:
        with writing(item.engine) as connection:
            begun = gemini.begin(
                connection,
                item.task.id,
                digest=question.digest,
                model=question.model,
                by=by,
                budget=settings.daily_budget,
                again=frozenset(outcome.value for outcome in Outcome if outcome.may_be_asked_again),
                patience=settings.timeout + GRACE,
                now=utc_now(),
            )
        if not isinstance(begun, gemini.UnderWay):
            return begun
        time.sleep(0.2)


def _from_stored(item: Item, draft: Draft, stored: gemini.Stored) -> Draft:
    """The draft with the stored words, as far as they may be used."""
    from twitter_pipeline.enhancing.answer import Words

    price = {"input_tokens": stored.input_tokens, "output_tokens": stored.output_tokens}
    if stored.words is None:
        times = "" if stored.tries == 1 else f" (asked {stored.tries} times)"
        why = stored.why or "it was asked, and nothing is known of an answer"
        return _kept(item.settings, draft, stored.outcome, f"{why}{times}", **price)
    source = item.source()
    better = fitted(source, draft, Words.model_validate(stored.words), item.text_limit(source))
    if isinstance(better, str):
        return _kept(item.settings, draft, "unfit", better, **price)
    change = f"{draft.weight} → {better.weight} characters by X's counting"
    if (better.text, better.media) == (draft.text, draft.media):
        change = "it left them as they are"
    paid = f", {stored.input_tokens} + {stored.output_tokens} tokens" if stored.input_tokens is not None else ""
    said = f"words by {stored.model}: {change}{paid}"
    return better.model_copy(update={"enhanced": _enhancement(draft, "answered", said, stored.model, **price)})


def _spent(settings: Settings) -> str:
    most = settings.gemini.daily_budget
    if not most:
        return "gemini.daily_budget is 0"
    return f"today's {most} requests are used up; raise gemini.daily_budget, or wait until midnight UTC"


def _kept(settings: Settings, draft: Draft, outcome: str, why: str, **price: int | None) -> Draft:
    """The draft as it is, with the reason."""
    said = f"the original words go out; Gemini: {why}"
    return draft.model_copy(update={"enhanced": _enhancement(draft, outcome, said, settings.gemini.model, **price)})


def _enhancement(draft: Draft, outcome: str, said: str, model: str, **price: int | None) -> Enhancement:
    return Enhancement(
        outcome=outcome,
        said=said,
        model=model,
        original_text=draft.text,
        original_weight=draft.weight,
        original_alt_text=alt_text_of(draft),
        **price,
    )

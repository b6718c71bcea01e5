"""What became of a draft's words: Gemini's where they may be used, else the original ones with the reason."""

from __future__ import annotations

from typing import Any

from twitter_pipeline.config import Settings
from twitter_pipeline.publishing.descriptions import alt_text_of
from twitter_pipeline.publishing.drafts import Draft, Enhancement
from twitter_pipeline.publishing.session import Item
from twitter_pipeline.publishing.wording import fitted, moves
from twitter_pipeline.store import gemini

#: What is told of each mention or link that was taken out, in characters, and how many are.
_MOST_OF_ONE = 100
_MOST_TOLD = 5


def said_of(draft: Draft) -> str:
    """What became of the words, for people."""
    return draft.enhanced.said if draft.enhanced else ""


def details_of(draft: Draft) -> dict[str, Any]:
    """The same for programs, with the original words beside those that go out."""
    enhanced = draft.enhanced.model_dump(mode="json") if draft.enhanced else {}
    return {**enhanced, "text": draft.text, "weight": draft.weight, "alt_text": alt_text_of(draft)}


def from_stored(item: Item, draft: Draft, stored: gemini.Stored, unseen: str = "") -> Draft:
    """The draft with the stored words, as far as they may be used. `unseen`: why it was not shown the media."""
    from twitter_pipeline.enhancing.answer import Words

    price: dict[str, Any] = {"input_tokens": stored.input_tokens, "output_tokens": stored.output_tokens}
    price["seen"] = stored.seen
    if stored.words is None:
        times = "" if stored.tries <= 1 else f" (asked {stored.tries} times)"
        why = stored.why or "it was asked, and nothing is known of an answer"
        return original(item.settings, draft, stored.outcome, f"{why}{times}", **price)
    source = item.source()
    fitting = fitted(source, draft, Words.model_validate(stored.words), item.text_limit(source))
    better, removed = fitting.draft, tuple(one[:_MOST_OF_ONE] for one in fitting.removed[:_MOST_TOLD])
    added = f"it added {' and '.join(removed)}, which was taken out" if removed else ""
    if fitting.unfit is not None:
        described = "" if better.media == draft.media else "its descriptions of the pictures go out with them"
        why = _joined(fitting.unfit, described, added, fitting.left_out)
        kept = original(item.settings, draft, "unfit", why, removed=removed, **price)
        return kept.model_copy(update={"media": better.media})
    change = f"{draft.weight} → {better.weight} characters by X's counting"
    if (better.text, better.media) == (draft.text, draft.media):
        change = "it left them as they are"
    told = [f"words by {stored.model}: {change}"]
    if stored.seen:
        told.append(f"it saw {shown(draft, stored.seen)}")
    if stored.input_tokens is not None:
        told.append(f"{stored.input_tokens} + {stored.output_tokens} tokens")
    said = _joined(", ".join(told), unseen, added, fitting.left_out)
    enhanced = _enhancement(draft, "answered", said, stored.model, removed=removed, **price)
    return better.model_copy(update={"enhanced": enhanced})


def shown(draft: Draft, count: int) -> str:
    """What it was shown of the media, for people."""
    return f"{count} {'frame' if moves(draft) else 'picture'}{'' if count == 1 else 's'}"


def original(settings: Settings, draft: Draft, outcome: str, why: str, **more: Any) -> Draft:
    """The draft as it is, with the reason."""
    said = f"the original words go out; Gemini: {why}"
    return draft.model_copy(update={"enhanced": _enhancement(draft, outcome, said, settings.gemini.model, **more)})


def _joined(*parts: str) -> str:
    return "; ".join(filter(None, parts))


def _enhancement(draft: Draft, outcome: str, said: str, model: str, **more: Any) -> Enhancement:
    return Enhancement(
        outcome=outcome,
        said=said,
        model=model,
        original_text=draft.text,
        original_weight=draft.weight,
        original_alt_text=alt_text_of(draft),
        **more,
    )

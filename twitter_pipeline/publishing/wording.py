"""A post's words as its source wants them; where Gemini's go, how much room they have, and whether they may go out.

All of it pure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from twitter_pipeline.config import Settings, Source
from twitter_pipeline.publishing.drafts import Draft, MediaFile

if TYPE_CHECKING:
    from twitter_pipeline.content.compose import Composed, Style
    from twitter_pipeline.content.metadata import Metadata
    from twitter_pipeline.enhancing.answer import Words
    from twitter_pipeline.enhancing.question import Question

#: Why Gemini is not asked where its words would not be seen.
WORDLESS = "the source's template shows neither title nor description"
#: A character no one writes: where a template shows it, it shows the words.
_MARK = "\ue000"
#: Longer than any post: the text as it is before anything is cut.
_UNCUT = 1_000_000


@dataclass(frozen=True)
class Place:
    """Where Gemini's text goes: title or description; and how much it may weigh beside all else."""

    name: str
    room: int


def composed(source: Source, metadata: Metadata, limit: int) -> Composed:
    """The post of `metadata` in the source's style, within `limit`. Raises TemplateError."""
    from twitter_pipeline.content import compose

    return compose(metadata, template=source.template, hashtags=source.hashtags, limit=limit, style=_style(source))


def as_written(source: Source, text: str, limit: int) -> Composed | str:
    """A text that a person wrote, as it is; or why it cannot be posted, in words that follow "the text"."""
    from twitter_pipeline.content.compose import in_posts

    composed = in_posts(text, limit, _style(source))
    if not composed.was_cut:
        return composed
    from twitter_pipeline.content.weight import weighted_length

    if source.overflow == "thread":
        return f"takes more than {source.thread_posts} posts, which is the most of a thread (thread_posts)"
    weight = weighted_length(text)
    return f"weighs {weight} by X's counting, {weight - limit} more than the {limit} that it may"


def _style(source: Source) -> Style:
    from twitter_pipeline.content.compose import Style

    return Style(
        give_way=source.give_way,
        max_hashtags=source.max_hashtags,
        keep_hashtags=source.keep_hashtags,
        hashtags_at=source.hashtags_at,
        mentions="keep" if source.keeps_mentions else "strip",
        accidental_links=source.accidental_links,
        most_posts=source.thread_posts if source.overflow == "thread" else 1,
        numbered=source.thread_numbers,
    )


def place_of(source: Source, draft: Draft, limit: int) -> Place | None:
    """The first of title and description that the template shows; None when it shows neither."""
    from twitter_pipeline.content import TemplateError

    for name in ("title", "description"):
        marked = _placed(_words(draft), name, _MARK)
        try:
            shown = composed(source, marked, _UNCUT)
        except TemplateError:
            continue  # such as {{ title[0] }} of an empty title
        if _MARK in shown.text:
            # Hashtags give way to words: half of the limit is always there.
            return Place(name, max(limit // 2, limit - shown.weight))
    return None


def question_for(settings: Settings, draft: Draft, place: Place, limit: int) -> Question:
    """What Gemini is asked about a draft."""
    from twitter_pipeline.enhancing.question import ask_for

    return ask_for(
        _words(draft),
        # As its files have it: a person's own takes no answer's place, and asks for none.
        alt_text=_words(draft).alt_text_of(0) if _is_one_picture(draft.media) else "",
        model=settings.gemini.model,
        voice=settings.gemini.voice,
        room=place.room,
        limit=limit,
    )


def fitted(source: Source, draft: Draft, words: Words, limit: int) -> Draft | str:
    """The draft in these words, through template and limit; or why they cannot be used."""
    from twitter_pipeline.content import TemplateError
    from twitter_pipeline.enhancing.guard import added

    original = _words(draft)
    place = place_of(source, draft, limit)
    if place is None:
        return WORDLESS
    better = _placed(original, place.name, words.text)
    if words.hashtags:
        better = replace(better, hashtags=words.hashtags)
    try:
        fit = composed(source, better, limit)
        # Judged with the mentions that the source strips: words that ping a stranger are not to be trusted.
        outspoken = source.model_copy(update={"mentions": "keep"})
        outspoken_fit = composed(outspoken, better, limit)
        said = " ".join((outspoken_fit.text, *outspoken_fit.more))
        uncut = composed(outspoken, original, _UNCUT).text
    except TemplateError as error:
        return f"its words do not go with the template: {error}"
    if not fit.text:
        return "its words left nothing to post"
    wrong = added(said, uncut) or added(" ".join((fit.text, *fit.more)), uncut)
    if wrong is not None:
        return wrong
    media = draft.media
    described = alt_text_of(draft)
    by_person = draft.edited is not None and draft.edited.alt_text
    if (
        words.alt_text
        and not by_person
        and _is_one_picture(media)
        and added(words.alt_text, f"{uncut} {described}") is None
    ):
        media = (media[0].model_copy(update={"alt_text": words.alt_text}),)
    words_now = {name: getattr(fit, name) for name in ("text", "weight", "was_cut", "gave_way", "more")}
    return draft.model_copy(update={**words_now, "media": media})


def _placed(words: Metadata, place: str, text: str) -> Metadata:
    """The words with `text` in place of title and description both."""
    if place == "title":
        return replace(words, title=text, description="")
    return replace(words, title="", description=text)


def _words(draft: Draft) -> Metadata:
    from twitter_pipeline.content import Metadata

    return Metadata.from_dict(draft.words or {})


def alt_text_of(draft: Draft) -> str:
    """What the only picture of a draft shows; empty where there is not just one."""
    return draft.media[0].alt_text if _is_one_picture(draft.media) else ""


def _is_one_picture(media: tuple[MediaFile, ...]) -> bool:
    """Of several, one description could only be wrong; X keeps none of a video."""
    return len(media) == 1 and media[0].seconds is None

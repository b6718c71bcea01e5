"""A post's words as its source wants them; where Gemini's go, how much room they have, and whether they may go out.

All of it pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from twitter_pipeline.config import Settings, Source
from twitter_pipeline.publishing.drafts import Draft, MediaFile, Way

if TYPE_CHECKING:
    from twitter_pipeline.content.compose import Composed
    from twitter_pipeline.content.metadata import Metadata
    from twitter_pipeline.enhancing.answer import Words
    from twitter_pipeline.enhancing.question import Question

#: Why Gemini is not asked where its words would not be seen.
WORDLESS = "the source's template shows neither title nor description"
#: A character no one writes: where a template shows it, it shows the words.
_MARK = "\ue000"
#: The last number of a file's name.
_NUMBER = re.compile(r"([0-9]{1,9})[^0-9]*\Z")
#: Longer than any post: the text as it is before anything is cut.
_UNCUT = 1_000_000


@dataclass(frozen=True)
class Place:
    """Where Gemini's text goes: title or description; and how much it may weigh beside all else."""

    name: str
    room: int


def composed(source: Source, metadata: Metadata, limit: int, *, ending: str = "") -> Composed:
    """The post of `metadata` in the source's style, within `limit`; with `ending` behind its words.

    Raises TemplateError.
    """
    from twitter_pipeline.content import compose
    from twitter_pipeline.content.compose import Style

    style = Style(
        give_way=source.give_way,
        max_hashtags=source.max_hashtags,
        keep_hashtags=source.keep_hashtags,
        hashtags_at=source.hashtags_at,
        mentions="keep" if source.keeps_mentions else "strip",
        accidental_links=source.accidental_links,
        links="keep" if source.keeps_links else "strip",
        own_sites=source.own_sites,
        hashtags_to_leave_out=source.hashtags_to_leave_out,
        languages=(source.language, *source.fallback_languages),
    )
    return compose(
        metadata, template=source.template, hashtags=source.hashtags, limit=limit, style=style, ending=ending
    )


def ways(source: Source, metadata: Metadata, limit: int, *, name: str) -> tuple[Way, ...]:
    """Other words for the post of `metadata`, in the order in which they are to be tried. Raises TemplateError.

    From another sentence of its description on; with one of the source's suffixes; with the number in its file's
    `name`, or the words of it.
    """
    from twitter_pipeline.content import words_of
    from twitter_pipeline.content.breaks import later_sentences

    plain = composed(source, metadata, limit)
    tried = [
        (f"the description from sentence {number} on", replace(metadata, description=rest), "")
        for number, rest in enumerate(later_sentences(metadata.description), 2)
    ]
    tried += [(f"with “{suffix}”", metadata, suffix) for suffix in source.suffixes]
    number = _NUMBER.search(name)
    named = str(int(number[1])) if number else words_of(name)
    if named:
        tried.append((f"with the {'number' if number else 'words'} of its file’s name", metadata, f"({named})"))
    found: dict[str, Way] = {}
    for said, words, ending in tried:
        fit = composed(source, words, limit, ending=ending)
        # What was to tell it apart may have given way, or not be shown.
        if fit.text != plain.text:
            left = () if words is metadata else ("the beginning of the description",)
            way = Way(said=said, text=fit.text, weight=fit.weight, gave_way=(*left, *fit.gave_way))
            found.setdefault(fit.text, way)
    return tuple(found.values())


def place_of(settings: Settings, source: Source, draft: Draft) -> Place | None:
    """The first of title and description that the template shows; None when it shows neither."""
    from twitter_pipeline.content import TemplateError

    limit = settings.x.text_limit
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


def question_for(settings: Settings, draft: Draft, place: Place) -> Question:
    """What Gemini is asked about a draft."""
    from twitter_pipeline.enhancing.question import ask_for

    return ask_for(
        _words(draft),
        # As its files have it: a person's own takes no answer's place, and asks for none.
        alt_text=_words(draft).alt_text_of(0) if _is_one_picture(draft.media) else "",
        model=settings.gemini.model,
        voice=settings.gemini.voice,
        room=place.room,
        limit=settings.x.text_limit,
    )


def fitted(settings: Settings, source: Source, draft: Draft, words: Words) -> Draft | str:
    """The draft in these words, through template and limit; or why they cannot be used."""
    from twitter_pipeline.content import TemplateError
    from twitter_pipeline.enhancing.guard import added

    original = _words(draft)
    place = place_of(settings, source, draft)
    if place is None:
        return WORDLESS
    better = _placed(original, place.name, words.text)
    if words.hashtags:
        better = replace(better, hashtags=words.hashtags)
    try:
        fit = composed(source, better, settings.x.text_limit)
        # Judged with the mentions and links that the source strips: words that ping a stranger are not to be trusted.
        outspoken = source.model_copy(update={"mentions": "keep", "links": "keep"})
        said = composed(outspoken, better, settings.x.text_limit).text
        uncut = composed(outspoken, original, _UNCUT).text
    except TemplateError as error:
        return f"its words do not go with the template: {error}"
    if not fit.text:
        return "its words left nothing to post"
    wrong = added(said, uncut) or added(fit.text, uncut)
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
    words_now = {"text": fit.text, "weight": fit.weight, "was_cut": fit.was_cut, "gave_way": fit.gave_way}
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

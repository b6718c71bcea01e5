"""A post's words as its source wants them; where Gemini's go, how much room they have, and whether they may go out.

All of it pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from twitter_pipeline.config import Project, Settings, Source
from twitter_pipeline.publishing.drafts import Draft, MediaFile, Way

if TYPE_CHECKING:
    from twitter_pipeline.content.compose import Composed, Style
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
class Fitting:
    """A draft in Gemini's words."""

    draft: Draft
    #: Mentions and links of its own, which were taken out of them.
    removed: tuple[str, ...]


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

    hashtags = source.hashtags
    return compose(
        metadata, template=source.template, hashtags=hashtags, limit=limit, style=_style(source), ending=ending
    )


def mistake(project: Project, source: Source) -> str | None:
    """What is wrong with the source's template for every item, with its line; None where there is nothing, or none."""
    from twitter_pipeline.content import Metadata, TemplateError
    from twitter_pipeline.content.template import check
    from twitter_pipeline.publishing import facts

    if source.template is None:
        return None
    words = Metadata("A: title", "A sentence. Another one.", keywords=("one", "two"), link="https://example.com/a")
    nothing, everything = facts.unknown(project, source), facts.known(project, source)
    samples = [
        {**words.to_dict(), **everything, "hashtags": "#one #two"},
        {**words.to_dict(), **nothing, "hashtags": ""},
        {**Metadata().to_dict(), **nothing, "hashtags": ""},
    ]
    for variables in samples:
        del variables["facts"]
    try:
        check(source.template, samples)
    except TemplateError as error:
        return str(error)
    return None


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
        hashtags_at="end" if source.moves_hashtags else "text",
        mentions="keep" if source.keeps_mentions else "strip",
        accidental_links=source.accidental_links,
        most_posts=source.thread_posts if source.overflow == "thread" else 1,
        numbered=source.thread_numbers,
        markdown="keep" if source.keeps_markdown else "strip",
        links="keep" if source.keeps_links else "strip",
        own_sites=source.own_sites,
        hashtags_to_leave_out=source.hashtags_to_leave_out,
        languages=(source.language, *source.fallback_languages),
    )


def ways(source: Source, metadata: Metadata, limit: int, *, name: str) -> tuple[Way, ...]:
    """Other words for the post of `metadata`, in the order in which they are to be tried. Raises TemplateError.

    From another sentence of its description on; with one of the source's suffixes; with the number in its file's
    `name`, or the words of it.
    """
    from twitter_pipeline.content import foreign, words_of
    from twitter_pipeline.content.breaks import later_sentences
    from twitter_pipeline.content.markdown import without_markdown

    plain = composed(source, metadata, limit)
    if not source.keeps_markdown:  # whose signs may stand around several sentences
        metadata = replace(metadata, description=without_markdown(metadata.description, targets=True))
    tried = [
        (f"the description from sentence {number} on", replace(metadata, description=rest), "")
        for number, rest in enumerate(later_sentences(metadata.description), 2)
    ]
    tried += [(f"with “{suffix}”", metadata, suffix) for suffix in source.suffixes]
    number = _NUMBER.search(name)
    named = str(int(number[1])) if number else words_of(name)
    if named and not source.keeps_mentions:
        named, _ = foreign.without_mentions(named)
    if named:
        tried.append((f"with the {'number' if number else 'words'} of its file’s name", metadata, f"({named})"))
    found: dict[tuple[str, ...], Way] = {}
    for said, words, ending in tried:
        fit = composed(source, words, limit, ending=ending)
        # What was to tell it apart may have given way, or not be shown.
        if (fit.text, fit.more) != (plain.text, plain.more):
            left = () if words is metadata else ("the beginning of the description",)
            way = Way(said=said, text=fit.text, weight=fit.weight, gave_way=(*left, *fit.gave_way), more=fit.more)
            found.setdefault(way.texts, way)
    return tuple(found.values())


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


def question_for(
    settings: Settings, source: Source, draft: Draft, place: Place, limit: int, *, blind: bool = False
) -> Question:
    """What Gemini is asked about a draft, but for the pictures and examples that are sent with it.

    `blind`: where the source lets it see the media, it cannot.
    """
    from twitter_pipeline.enhancing.question import ask_for

    words = _words(draft)
    is_to_see = bool(draft.media) and source.sees_media(settings.gemini)
    sees = is_to_see and not blind
    question = ask_for(
        words,
        # As its files have it: a person's own takes no answer's place, and asks for none.
        alt_texts=[words.alt_text_of(number) for number in described(draft.media)],
        model=settings.gemini.model,
        voice=settings.gemini.voice,
        room=place.room,
        limit=limit,
        sees=("frames" if moves(draft) else "pictures") if sees else None,
        with_examples=settings.gemini.examples > 0,
    )
    return replace(question, unseen=is_to_see and blind)


def fitted(source: Source, draft: Draft, words: Words, limit: int) -> Fitting | str:
    """The draft in these words, through template and limit; or why they cannot be used."""
    from twitter_pipeline.content import TemplateError
    from twitter_pipeline.enhancing.guard import added
    from twitter_pipeline.enhancing.removing import without_added

    original = _words(draft)
    place = place_of(source, draft, limit)
    if place is None:
        return WORDLESS
    # Judged with the mentions and links that the source strips: words that ping a stranger are not to be trusted.
    outspoken = source.model_copy(update={"mentions": "keep", "links": "keep"})
    try:
        uncut = composed(outspoken, original, _UNCUT).text
        kept = without_added(words.text, uncut)
        if kept is None:
            return f"{added(words.text, uncut)}, and without that it says nothing"
        better = _placed(original, place.name, kept.text)
        if words.hashtags:
            better = replace(better, hashtags=words.hashtags)
        fit = composed(source, better, limit)
        outspoken_fit = composed(outspoken, better, limit)
        said = " ".join((outspoken_fit.text, *outspoken_fit.more))
    except TemplateError as error:
        return f"its words do not go with the template: {error}"
    if not fit.text:
        return "its words left nothing to post"
    wrong = added(said, uncut) or added(" ".join((fit.text, *fit.more)), uncut)
    if wrong is not None:
        return wrong
    media, removed = _described(draft, words.alt_texts, uncut)
    words_now = {name: getattr(fit, name) for name in ("text", "weight", "was_cut", "gave_way", "more")}
    return Fitting(
        draft.model_copy(update={**words_now, "media": media}), tuple(dict.fromkeys((*kept.removed, *removed)))
    )


def _described(draft: Draft, alt_texts: Sequence[str], uncut: str) -> tuple[tuple[MediaFile, ...], tuple[str, ...]]:
    """The media with the answer's descriptions, where each picture has its own; and what was taken out of these."""
    from twitter_pipeline.enhancing.removing import without_added

    numbers = described(draft.media)
    by_person = draft.edited is not None and draft.edited.alt_text
    if by_person or len(alt_texts) != len(numbers):
        return draft.media, ()  # of another number, one could only stand at the wrong picture
    media, removed = list(draft.media), list[str]()
    for number, text in zip(numbers, alt_texts, strict=True):
        kept = without_added(text, f"{uncut} {media[number].alt_text}") if text else None
        if kept is not None and kept.text:
            media[number] = media[number].model_copy(update={"alt_text": kept.text})
            removed += kept.removed
    return tuple(media), tuple(removed)


def _placed(words: Metadata, place: str, text: str) -> Metadata:
    """The words with `text` in place of title and description both."""
    if place == "title":
        return replace(words, title=text, description="")
    return replace(words, title="", description=text)


def _words(draft: Draft) -> Metadata:
    from twitter_pipeline.content import Metadata

    return Metadata.from_dict(draft.words or {})


def moves(draft: Draft) -> bool:
    """Whether the medium is a video or an animated picture, of which frames are shown."""
    return any(medium.seconds is not None or medium.category == "tweet_gif" for medium in draft.media)


def alt_text_of(draft: Draft) -> str:
    """What the pictures of a draft show, for people: of several, a line for each that is described."""
    texts = [draft.media[number].alt_text for number in described(draft.media)]
    if len(texts) <= 1:
        return "".join(texts)
    return "\n".join(f"{number}. {text}" for number, text in enumerate(texts, 1) if text)


def described(media: Sequence[MediaFile]) -> list[int]:
    """The numbers of the media that X keeps a description of: pictures; none of a video."""
    return [number for number, medium in enumerate(media) if medium.seconds is None]

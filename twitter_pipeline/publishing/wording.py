"""A post's words as its source wants them; where Gemini's go, how much room they have, and whether they may go out.

All of it pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from twitter_pipeline.config import Project, Settings, Source
from twitter_pipeline.publishing.descriptions import described, improved
from twitter_pipeline.publishing.drafts import Draft, Way

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
    """A draft in Gemini's words, as far as they may be used."""

    draft: Draft
    #: Mentions, links and cashtags of its own, which were taken out of them.
    removed: tuple[str, ...] = ()
    #: Why its text is the original one; None where it is Gemini's.
    unfit: str | None = None
    #: What of its descriptions is not used, for people; empty for nothing.
    left_out: str = ""


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

    return compose(
        _said_once(source, metadata),
        template=source.template,
        hashtags=source.hashtags,
        limit=limit,
        style=_style(source),
        ending=ending,
    )


def _said_once(source: Source, metadata: Metadata) -> Metadata:
    """The metadata as the source shows it: what a template or a person says twice stays."""
    return metadata.said_once() if source.template is None and source.type != "text" else metadata


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

    metadata = _said_once(source, metadata)  # else a title would come back with another sentence
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


def fitted(source: Source, draft: Draft, words: Words, limit: int) -> Fitting:
    """The draft in these words, through template and limit: text and descriptions, each where it may be used."""
    from twitter_pipeline.content import TemplateError

    # Judged with the mentions and links that the source strips: words that ping a stranger are not to be trusted.
    outspoken = source.model_copy(update={"mentions": "keep", "links": "keep"})
    try:
        uncut = _with_cashtags(composed(outspoken, _words(draft), _UNCUT).text, _words(draft))
        better = _reworded(source, outspoken, draft, words, uncut, limit)
    except TemplateError as error:
        return Fitting(draft, unfit=f"its words do not go with the template: {error}")
    media, removed, left_out = improved(draft, words.alt_texts, uncut)
    described_draft = draft.model_copy(update={"media": media})
    if isinstance(better, str):
        return Fitting(described_draft, removed, better, left_out)
    fit, gone = better
    words_now = {name: getattr(fit, name) for name in ("text", "weight", "was_cut", "gave_way", "more")}
    removed = tuple(dict.fromkeys((*gone, *removed)))
    return Fitting(described_draft.model_copy(update=words_now), removed, None, left_out)


def _reworded(
    source: Source, outspoken: Source, draft: Draft, words: Words, uncut: str, limit: int
) -> tuple[Composed, tuple[str, ...]] | str:
    """The post in these words, and what was taken out of them; or why they cannot be used. Raises TemplateError."""
    from twitter_pipeline.enhancing.guard import added
    from twitter_pipeline.enhancing.removing import without_added

    place = place_of(source, draft, limit)
    if place is None:
        return WORDLESS
    kept = without_added(words.text, uncut)
    if kept is None:
        return f"{added(words.text, uncut)}, and without that it says nothing"
    better = _placed(_words(draft), place.name, kept.text)
    if words.hashtags:
        better = replace(better, hashtags=words.hashtags)
    fit, outspoken_fit = (composed(one, better, limit) for one in (source, outspoken))
    if not fit.text:
        return "its words left nothing to post"
    said = (" ".join((one.text, *one.more)) for one in (outspoken_fit, fit))
    wrong = next(filter(None, (added(one, uncut) for one in said)), None)
    return (fit, kept.removed) if wrong is None else wrong


def _with_cashtags(uncut: str, words: Metadata) -> str:
    """The original with the cashtags beyond its first, of which a post has none: Gemini may choose another of them."""
    from twitter_pipeline.content import foreign

    said = f"{words.title} {words.description}"
    return " ".join((uncut, *(said[start:end] for start, end in foreign.cashtags(said))))


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

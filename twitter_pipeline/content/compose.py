"""A post's text, from metadata: cleaning, template, hashtags, and the limit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from twitter_pipeline.content.metadata import Metadata
from twitter_pipeline.content.tidy import single_spaced

if TYPE_CHECKING:
    from twitter_pipeline.content.fit import Part, Words

#: A character no one writes: where a template shows it, it shows the part.
_MARK = "\ue001"


@dataclass(frozen=True)
class Style:
    """How a source wants its words."""

    #: What gives way first, second, third; None for fit's own order.
    give_way: tuple[Part, ...] | None = None
    #: At most so many hashtags; None for as many as fit.
    max_hashtags: int | None = None
    #: So many stay as long as anything else can give way.
    keep_hashtags: int = 0
    #: Whether those that title and description end with stay there or move to the others.
    hashtags_at: Literal["text", "end"] = "text"
    mentions: Literal["keep", "strip"] = "keep"
    accidental_links: Literal["keep", "defuse", "remove"] = "defuse"
    #: The signs of Markdown in title and description.
    markdown: Literal["keep", "strip"] = "keep"
    #: The most posts that words too long for one become; 1 for none but one, in which they give way.
    most_posts: int = 1
    #: Whether each post of a thread ends with its number.
    numbered: bool = True
    #: Links in title and description; with `strip` but those to `own_sites` go.
    links: Literal["keep", "strip"] = "keep"
    own_sites: tuple[str, ...] = ()
    #: Hashtags that no post has, with or without "#".
    hashtags_to_leave_out: tuple[str, ...] = ()
    #: What the words should be in, the likelier first.
    languages: tuple[str, ...] = ()


@dataclass(frozen=True)
class Composed:
    """The final words of a post."""

    text: str
    #: By X's reckoning, at most the limit.
    weight: int
    #: What had to give way, for people: "3 hashtags", "the end of the description".
    gave_way: tuple[str, ...] = ()
    #: The texts of the posts that follow it in a thread, each at most the limit.
    more: tuple[str, ...] = ()

    @property
    def was_cut(self) -> bool:
        """Whether something had to give way."""
        return bool(self.gave_way)


def compose(
    metadata: Metadata,
    *,
    template: str | None,
    hashtags: Sequence[str],
    limit: int = 280,
    style: Style | None = None,
    ending: str = "",
) -> Composed:
    """The text of the post for `metadata`, never over `limit` (weighted, see `weight.weighted_length`).

    `template` is Jinja2 over title, description, link, alt_text (text), hashtags (text: those of the metadata, then
    `hashtags`, each once, without those the rest of the text already holds), keywords (a list), extra (an object) and
    the metadata's facts. `ending` stands behind the last words that the metadata gives. Raises TemplateError when it
    cannot be used.
    """
    # Here, since whoever loads the definitions must not pay for Jinja2 and regex.
    from twitter_pipeline.content import foreign
    from twitter_pipeline.content.fit import GIVE_WAY, fit
    from twitter_pipeline.content.markup import without_entities

    style = style or Style()
    title, description = (_cleaned(text, style) for text in (metadata.title, metadata.description))

    def cleaned(text: str) -> str:
        # What a template asks for by name it may want as it is: `without_links` and `without_markdown` are filters too.
        return _cleaned(text, replace(style, links="keep", markdown="keep")).text

    metadata = replace(
        metadata,
        title=title.text,
        description=description.text,
        hashtags=tuple(
            foreign.plain(tag if style.markdown == "keep" else without_entities(tag)) for tag in metadata.hashtags
        ),
        keywords=tuple(map(cleaned, metadata.keywords)),
        extra=_each_text(metadata.extra, cleaned),
        facts=_each_text(metadata.facts, cleaned),
    )
    words, taken = _words(metadata, template, hashtags, style, foreign.plain(ending))
    for name, part in (("title", title), ("description", description)):
        taken.update(part.taken if name in words.shown else ())
    gone = tuple(_counted(taken[one], *one) for one in _TAKEN if taken[one])
    if style.most_posts > 1 and (thread := _thread(words, limit, style)) is not None:
        return replace(thread, gave_way=(*gone, *thread.gave_way))
    fitted = fit(words, limit, give_way=style.give_way or GIVE_WAY, keep_hashtags=style.keep_hashtags)
    return Composed(fitted.text, fitted.weight, (*gone, *fitted.gave_way))


def _thread(words: Words, limit: int, style: Style) -> Composed | None:
    """The words as a thread; None where one post holds them, the hashtags perhaps not.

    Hashtags never make it longer: as many stay as its posts have room for.
    """
    from twitter_pipeline.content.fit import hashtags_gone
    from twitter_pipeline.content.thread import split

    def texts(hashtags: int) -> tuple[str, ...]:
        text = replace(words, hashtags=hashtags).text
        found = split(text, limit, most=style.most_posts + 1, numbered=style.numbered, languages=style.languages)
        return found.texts

    if (least := len(texts(0))) == 1:
        return None
    kept, most = 0, words.hashtags if least <= style.most_posts else 0
    while kept < most:
        middle = (kept + most + 1) // 2
        if len(texts(middle)) == least:
            kept = middle
        else:
            most = middle - 1
    gone = hashtags_gone(words.hashtags - kept)
    return in_posts(replace(words, hashtags=kept).text, limit, style, gone)


def in_posts(text: str, limit: int, style: Style, gave_way: tuple[str, ...] = ()) -> Composed:
    """A text as it is, in as many posts as it takes and the style allows."""
    from twitter_pipeline.content.thread import split
    from twitter_pipeline.content.weight import weighted_length

    found = split(text, limit, most=style.most_posts, numbered=style.numbered, languages=style.languages)
    end = ("words at the end",) if found.was_cut else ()
    return Composed(found.texts[0], weighted_length(found.texts[0]), (*gave_way, *end), found.texts[1:])


def _each_text(value: Any, change: Callable[[str], str]) -> Any:
    """The JSON value with every text in it changed."""
    if isinstance(value, Mapping):
        return {name: _each_text(one, change) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_each_text(one, change) for one in value]
    return change(value) if isinstance(value, str) else value


#: What is taken out of the words, whether they fit or not: of what something is one, and what more is to be said of it.
_Taken = tuple[str, str]
_LINK: _Taken = ("link", "")
_SLIP: _Taken = ("link", " nobody meant")
_MENTION: _Taken = ("mention", "")
#: Whose signs nobody counts.
_MARKDOWN: _Taken = ("", "Markdown")
_CASHTAG: _Taken = ("cashtag", " beyond the first")
_UNWANTED: _Taken = ("hashtag", " to leave out")
_TOO_MANY: _Taken = ("hashtag", " beyond max_hashtags")
#: Which is none to X.
_NO_TAG: _Taken = ("hashtag", " without a letter")
#: In the order in which they are told.
_TAKEN = (_MARKDOWN, _LINK, _SLIP, _MENTION, _CASHTAG, _UNWANTED, _NO_TAG, _TOO_MANY)


def _counted(number: int, one: str, more: str) -> str:
    return more if not one else f"{number:,} {one}{'' if number == 1 else 's'}{more}"


@dataclass(frozen=True)
class _Cleaned:
    text: str
    #: How much of what is gone.
    taken: Counter[_Taken]


def _cleaned(text: str, style: Style) -> _Cleaned:
    from twitter_pipeline.content import foreign
    from twitter_pipeline.content.languages import function_words, language_of
    from twitter_pipeline.content.links import without_links
    from twitter_pipeline.content.markdown import without_markdown
    from twitter_pipeline.content.weight import normalize

    text, taken = normalize(foreign.plain(text)), Counter[_Taken]()
    if style.markdown == "strip":
        # What a name leads to is a link like any other: it goes or stays as those do.
        bare = without_markdown(text, targets=True)
        if bare != text:
            # What entities stand for may be seen as little as what was cleaned: "@&#8203;ann".
            text, taken[_MARKDOWN] = normalize(foreign.plain(bare)), 1
    if style.mentions == "strip":
        text, taken[_MENTION] = foreign.without_mentions(text)
    if style.accidental_links != "keep":
        text, taken[_SLIP] = foreign.without_slips(text, remove=style.accidental_links == "remove")
    if style.links == "strip":
        small = function_words(language_of(text, style.languages))
        text, taken[_LINK] = without_links(text, small, style.own_sites)
        if taken[_LINK] and style.mentions == "strip":  # "https://t.co/a@ann" mentions nobody, "@ann" does
            text, more = foreign.without_mentions(text)
            taken[_MENTION] += more
    return _Cleaned(text, taken)


def _words(
    metadata: Metadata, template: str | None, hashtags: Sequence[str], style: Style, ending: str
) -> tuple[Words, Counter[_Taken]]:
    """The parts of the post, and what is taken out of it beside what cleaning did."""
    from twitter_pipeline.content.fit import Words
    from twitter_pipeline.content.hashtags import alone, as_tag, at_end, found_in, key, merge, without
    from twitter_pipeline.content.weight import normalize

    render = _renderer(metadata, template)
    shown = _shown(render)
    bodies: dict[str, str] = {"title": metadata.title, "description": metadata.description}
    unwanted = set(map(key, map(as_tag, style.hashtags_to_leave_out)))
    taken = Counter[_Taken]()
    # Each with the part it stands in and the space before it; "" is the list.
    tags: list[tuple[str, str]] = []
    whole = bodies.copy()
    for part in bodies:
        if part in shown:
            bodies[part], last = at_end(bodies[part], unwanted, style.languages)
            tags += [(part, tag) for tag in last]
            if unwanted:
                bodies[part], bare = without(bodies[part], unwanted)
                taken[_UNWANTED] += bare
    if tags and template is not None:  # whose filters may leave them out, as `first_sentence` does: they join the list
        seen = set(map(key, found_in(normalize(render({**whole, "hashtags": ""})))))
        tags = [(part, tag) if key(as_tag(tag)) in seen else ("", alone(tag)) for part, tag in tags]
    already = set(map(key, found_in(normalize(render({**bodies, "hashtags": ""})))))
    listed = [*map(normalize, (*metadata.hashtags, *hashtags))]
    tags += [("", tag) for tag in merge(listed, ())]
    if "hashtags" in shown:
        taken[_NO_TAG] = len({key(tag.strip()) for tag in listed if not as_tag(tag)} - {""})
    ranked: list[tuple[str, str]] = []
    for part, tag in tags:
        if (spelling := key(as_tag(tag))) in unwanted:
            taken[_UNWANTED] += bool(part or "hashtags" in shown)
        elif spelling not in already:
            already.add(spelling)
            moved = part and style.hashtags_at == "end" and "hashtags" in shown
            ranked.append(("", alone(tag)) if moved else (part, tag))
    if style.max_hashtags is not None:
        taken[_TOO_MANY] = sum(bool(part or "hashtags" in shown) for part, _ in ranked[style.max_hashtags :])
        ranked = ranked[: style.max_hashtags]

    arranged = _arranger(render, ranked, shown, ending)

    def arrange(title: str, description: str, count: int) -> str:
        return arranged(title, description, count)[0]

    words = Words(bodies["title"], bodies["description"], len(ranked), arrange, style.languages, shown)
    _, taken[_CASHTAG] = arranged(words.title, words.description, words.hashtags)
    return words, taken


Render = Callable[[Mapping[str, str]], str]


def _arranger(
    render: Render, tags: Sequence[tuple[str, str]], shown: frozenset[str], ending: str
) -> Callable[[str, str, int], tuple[str, int]]:
    """What makes the text of title, description and so many of the hashtags, and counts the cashtags it takes out."""
    from twitter_pipeline.content import foreign
    from twitter_pipeline.content.weight import normalize

    def arranged(title: str, description: str, count: int) -> tuple[str, int]:
        kept = tags[:count]
        within = {part: "".join(tag for where, tag in kept if where == part) for part in ("title", "description")}
        if ending:
            part = "description" if description.strip() and "description" in shown else "title"
            within[part] = f" {ending}{within[part]}"
        listed = " ".join(tag for where, tag in kept if not where)
        rendered = render(
            {"title": title + within["title"], "description": description + within["description"], "hashtags": listed}
        )
        return foreign.one_cashtag(single_spaced(normalize(foreign.plain(rendered))))

    return arranged


def _renderer(metadata: Metadata, template: str | None) -> Render:
    """What makes the text of title, description and hashtags, the metadata's other fields beside them."""
    if template is None:
        return lambda parts: "\n\n".join(filter(str.strip, (parts["title"], parts["description"], parts["hashtags"])))
    from twitter_pipeline.content.template import render

    fields: dict[str, Any] = metadata.to_dict()
    facts = fields.pop("facts")
    return lambda parts: render(template, {**fields, **facts, **parts})


def _shown(render: Render) -> frozenset[str]:
    """Which parts the template shows as they are. Raises TemplateError, whatever is wrong with it."""
    from twitter_pipeline.content.errors import TemplateError

    shown = set()
    for part in ("title", "description", "hashtags"):
        marked = {name: _MARK if name == part else "" for name in ("title", "description", "hashtags")}
        try:
            if _MARK in render(marked):
                shown.add(part)
        except TemplateError as error:
            if isinstance(error.__cause__, OverflowError):
                raise  # it would take as long again, with each part
            # Such as {{ title[0] }} of an empty title.
    return frozenset(shown)

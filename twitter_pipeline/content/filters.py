"""The filters that templates of config.yaml have beside Jinja2's own: what people want of words. All of them pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import jinja2

from twitter_pipeline.content import cutting, dates, links, markdown
from twitter_pipeline.content import hashtags as tags
from twitter_pipeline.content.breaks import Kind, within
from twitter_pipeline.content.languages import function_words, language_of
from twitter_pipeline.content.weight import HEAVY, normalize, weighted_length

#: Names, in a template's variables, of what the filters know beside their value.
ZONE, LANGUAGE = "_zone", "_language"
#: What is looked at of a text, in characters: more than X's longest post has.
_MOST = 30_000


def sentences(value: Any, number: int = 1) -> str:
    """The first `number` sentences; the whole where there are no more."""
    text = _text(value)
    ends = [end.at for end in within(text, len(text) * HEAVY).ends if end.kind is Kind.SENTENCE]
    return text if not 0 < number <= len(ends) else text[: ends[number - 1]]


def first_sentence(value: Any) -> str:
    """The first sentence."""
    return sentences(value)


def words(value: Any, number: int) -> str:
    """The first `number` words, cut as a post is: marked with "…", nothing dangling before it."""
    return cutting.first_words(_text(value), number)


def shorten(value: Any, weight: int) -> str:
    """As much as weighs at most `weight` by X's counting, cut as a post is."""
    text = _text(value)
    if weighted_length(text) <= weight:
        return text
    return cutting.shorten(text, lambda shorter: weighted_length(shorter) <= weight, weight) or ""


def hashtags(value: Any, most: int | None = None) -> str:
    """Of a text its hashtags, of a list its entries as hashtags: "#a #b", each once, at most so many."""
    if isinstance(value, (list, tuple)):
        found: Iterable[str] = (normalize(_text(one)) for one in value)
    else:
        found = tags.found_in(_text(value))
    return " ".join(tags.merge(found, ())[:most])


def without_hashtags(value: Any) -> str:
    """Without the hashtags the text ends with; those within it become words: "my #cat sleeps" is "my cat sleeps"."""
    text, _ = tags.at_end(_text(value))
    pieces, position = [], 0
    for start, end in tags.spans(text):
        pieces += [text[position:start], text[start + 1 : end]]
        position = end
    return "".join([*pieces, text[position:]])


def without_links(value: Any) -> str:
    """Without links and the words that led to them, as `links: strip` takes them out of a source."""
    text = _text(value)
    return links.without_links(text, function_words(language_of(text)))[0]


def without_markdown(value: Any) -> str:
    """Without the signs of Markdown that programs leave in their words: `**bold**`, headings, code, `[a](link)`."""
    return markdown.without_markdown(_text(value)).strip()


def capitalize_first(value: Any) -> str:
    """With a capital first letter, the others as they are."""
    text = _text(value)
    at = next((number for number, letter in enumerate(text) if letter.isalpha()), 0)
    return text[:at] + text[at : at + 1].upper() + text[at + 1 :]


@jinja2.pass_context
def date(context: jinja2.runtime.Context, value: Any, form: str = "%d %B %Y", language: str | None = None) -> str:
    """A date or time in `form`, in the project's zone and the source's language unless another is named."""
    if isinstance(value, jinja2.Undefined):
        str(value)  # raises what says its name
    if language is not None and language.partition("-")[0].lower() not in dates.languages():
        raise ValueError(f"date: language '{language}' is not known; there are {', '.join(dates.languages())}")
    zone, of_source = context.get(ZONE, "UTC"), context.get(LANGUAGE, "en")
    return dates.write(value, form, zone=zone, language=language or of_source)


FILTERS: Mapping[str, Callable[..., str]] = {
    made.__name__: made
    for made in (
        first_sentence, sentences, words, shorten, hashtags, without_hashtags, without_links, without_markdown,
        capitalize_first, date,
    )
}  # fmt: skip


def _text(value: Any) -> str:
    """The value as text: nothing of an empty one. Raises TypeError for a list, UndefinedError for what is not there."""
    if isinstance(value, (list, tuple)):
        raise TypeError("this filter is for a text, and here is a list; {{ … | join(' ') }} makes one of it")
    if isinstance(value, Mapping):
        raise TypeError(
            f"this filter is for a text, and here is an object with {', '.join(map(str, value)) or 'nothing'}"
        )
    return "" if value is None else str(value)[:_MOST].strip()

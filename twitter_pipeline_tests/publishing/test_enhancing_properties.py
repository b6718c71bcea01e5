"""Whatever the model answers: the post fits, pings nobody new and leads nowhere new. The sandbox is the judge."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from twitter_pipeline.config.projects import Source
from twitter_pipeline.content.compose import compose
from twitter_pipeline.content.metadata import Metadata
from twitter_pipeline.content.tidy import clean
from twitter_pipeline.enhancing.answer import NoAnswer, Reply, read
from twitter_pipeline.publishing.drafts import Draft, MediaFile
from twitter_pipeline.publishing.wording import fitted
from twitter_pipeline.sandbox.entities import cashtags, hashtags, links, mentions
from twitter_pipeline.sandbox.weight import LIMIT, normalize, weighted_length

TEMPLATES = (
    None,
    "{{ title }}",
    "New: {{ description }} {{ hashtags }}",
    "@{{ title }}",
    "{{ title }}.{{ description }}com {{ hashtags }}",
    "{% if description %}{{ title }}: {{ description }}{% else %}{{ title|upper }}{% endif %} {{ link }}",
)
PIECES = (
    *("@", "＠", "@ann", "ann", "RT @", "_", "#", "＃", "#cats", "$", "!", " ", "\n", ".", "/", ":", "-", "…"),
    *(
        "https://",
        "HTTP://",
        "example.com",
        "evil.example",
        "com",
        ".photography",
        "t.co/abc",
        "中文",
        ".中国",
        "cat",
        "{{ title }}",
    ),
    *("\u200b", "\u200d", "\ufeff", "\u202e", "\u0301", "\x00", "\ud800", "😀", "🇩🇪", "é"),
)
words = st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=12).map("".join)
long_words = st.tuples(words, st.integers(1, 40)).map(lambda pair: pair[0] * pair[1])
anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.floats() | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=5,
)
said = st.fixed_dictionaries(
    {"text": long_words},
    optional={
        "hashtags": st.lists(words, max_size=12),
        "alt_texts": st.lists(long_words, max_size=3),
        "more": anything,
    },
)
replies = said.map(json.dumps) | anything.map(json.dumps) | words
cleaned = words.map(clean)  # as a sidecar's are
originals = st.builds(
    Metadata, title=cleaned, description=cleaned, hashtags=st.lists(cleaned, max_size=3).map(tuple), link=cleaned
)


def people(text: str) -> set[str]:
    return {one.value.lower() for one in mentions(normalize(text))}


def tickers(text: str) -> set[str]:
    return {one.value.upper() for one in cashtags(normalize(text))}


def places(text: str) -> set[str]:
    return {one.value.lower().split("://")[-1].rstrip("/") for one in links(normalize(text))}


@given(reply=replies, original=originals, template=st.sampled_from(TEMPLATES), count=st.integers(0, 3))
@example(json.dumps({"text": "stranger says hello"}), Metadata(title="A cat"), "@{{ title }}", 1)
@example(json.dumps({"text": "shop"}), Metadata(title="A cat"), TEMPLATES[4], 1)
@example(json.dumps({"text": "ann.中国@"}), Metadata(), None, 0)
@example(json.dumps({"text": "ㅢ0" * 27}), Metadata(), TEMPLATES[4], 0)
def test_the_post_fits_and_holds_no_foreign_mention_or_link(
    reply: str, original: Metadata, template: str | None, count: int
) -> None:
    source = Source(template=template, gemini=True)
    uncut = compose(original, template=template, hashtags=(), limit=1_000_000).text
    composed = compose(original, template=template, hashtags=(), limit=LIMIT)
    medium = MediaFile(
        path="cat.png", media_type="image/png", category="tweet_image", bytes=1, width=1, height=1, seconds=None
    )
    draft = Draft(
        text=composed.text,
        weight=composed.weight,
        was_cut=composed.was_cut,
        media=(medium,) * count,
        sidecar=None,
        words=original.to_dict(),
    )
    try:
        answered = read(Reply(reply))
    except NoAnswer:
        return
    fitting = fitted(source, draft, answered, LIMIT)
    better = fitting.draft
    if fitting.unfit is not None:
        assert fitting.unfit
        assert better.text == draft.text
    else:
        assert 0 < weighted_length(better.text) <= LIMIT
        assert people(better.text) <= people(uncut)
        assert places(better.text) <= places(uncut)
        assert tickers(better.text) <= tickers(f"{original.title} {original.description} {uncut}")
    for medium in better.media:
        assert len(medium.alt_text) <= 1000
        assert people(medium.alt_text) <= people(uncut)
        assert places(medium.alt_text) <= places(uncut)
    assert len(better.media) == count
    assert bool(fitting.removed) <= bool("@" in reply or "＠" in reply or "." in reply or ":" in reply or "\\" in reply)
    better.model_dump_json().encode()  # what a database and X take: no half characters


@given(tags=st.lists(words, max_size=12))
def test_its_hashtags_are_hashtags_to_x(tags: list[str]) -> None:
    try:
        answered = read(Reply(json.dumps({"text": "A cat", "hashtags": tags})))
    except NoAnswer:
        return  # half a character is no JSON
    for tag in answered.hashtags:
        assert [f"#{one.value}" for one in hashtags(normalize(tag))] == [normalize(tag)]

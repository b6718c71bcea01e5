"""From metadata to the words of a post."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twitter_pipeline.content import Composed, Metadata, TemplateError, compose, words_of
from twitter_pipeline.content.hashtags import as_tag
from twitter_pipeline.content.weight import weighted_length
from twitter_pipeline_tests.content.scripts import texts
from twitter_pipeline_tests.support.quickness import assert_quick
from twitter_pipeline_tests.support.samples import needs_samples, samples_dir


def text_of(
    metadata: Metadata, *, template: str | None = None, hashtags: tuple[str, ...] = (), limit: int = 280
) -> str:
    return compose(metadata, template=template, hashtags=hashtags, limit=limit).text


def test_title_description_and_hashtags_stand_apart() -> None:
    metadata = Metadata(title="A cat", description="It sleeps.", hashtags=("#Cat", "sleep"))
    assert text_of(metadata, hashtags=("daily",)) == "A cat\n\nIt sleeps.\n\n#Cat #sleep #daily"


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        (Metadata(title="A cat"), "A cat"),
        (Metadata(description="It sleeps."), "It sleeps."),
        (Metadata(title="A cat", hashtags=("cat",)), "A cat\n\n#cat"),
        (Metadata(), ""),
    ],
)
def test_empty_fields_leave_no_gap(metadata: Metadata, expected: str) -> None:
    assert text_of(metadata) == expected


def test_a_tag_the_text_already_holds_is_not_repeated() -> None:
    metadata = Metadata(title="Up #Dream", description="and #STRASSE", hashtags=("#dream", "#straße", "#New", "#new"))
    assert text_of(metadata) == "Up #Dream\n\nand #STRASSE\n\n#New"


def test_a_tag_of_a_field_the_template_leaves_out_is_kept() -> None:
    metadata = Metadata(title="Up", description="only #here", hashtags=("#here",))
    assert text_of(metadata, template="{{ title }} {{ hashtags }}") == "Up #here"


def test_part_of_a_url_or_of_a_longer_tag_is_not_taken_for_the_tag() -> None:
    metadata = Metadata(title="example.com/#cat #catalogue", hashtags=("cat",))
    assert text_of(metadata) == "example.com/#cat #catalogue\n\n#cat"


@pytest.mark.parametrize(
    ("words", "tag"),
    [
        ("#Cat", "#Cat"),
        ("##cat", "#cat"),
        (" paper airplane ", "#paperairplane"),
        ("rock'n'roll", "#rocknroll"),
        ("日本", "#日本"),
        ("हिन्दी", "#हिन्दी"),
        ("2026", ""),
        ("#", ""),
        ("🎉", ""),
        ("1\u20e3", "#1\u20e3"),
        ("\u20e3", ""),
    ],
)
def test_words_become_a_hashtag_x_accepts(words: str, tag: str) -> None:
    assert as_tag(words) == tag


def test_a_template_sees_every_field() -> None:
    metadata = Metadata(
        title="T", description="D", hashtags=("h",), keywords=("k", "l"), link="L", alt_text="A", extra={"summary": "S"}
    )
    template = (
        "{{ title }}{{ description }}{{ hashtags }}{{ link }}{{ alt_text }}{{ extra.summary }}{{ keywords | join }}"
    )
    assert text_of(metadata, template=template) == "TD#hLASkl"


def test_text_is_not_escaped_and_metadata_is_no_template() -> None:
    assert text_of(Metadata(title="Tom & <Jerry> {{ link }}")) == "Tom & <Jerry> {{ link }}"


GROWING = "{%% set ns = namespace(x='a') %%}{%% for i in range(60) %%}{%% set ns.x = %s %%}{%% endfor %%}{{ ns.x }}"


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{ title }}\n{{ titel }}", "line 2: 'titel' is undefined; did you mean 'title'?"),
        ("{{ zzz }}", "line 1: 'zzz' is undefined; there are title, description, "),
        ("a\n\n{{ extra.summary }}", "line 3: there is no 'summary' in 'extra', it is empty"),
        ("\n{% if title %}", "line 2: Unexpected end of template."),
        ("\n{{ 1 / 0 }}", "line 2: division by zero"),
        ("{{ title.__class__.__mro__ }}", "line 1: access to attribute '__class__' of 'str' object is unsafe."),
        ("{{ keywords.append(1) }}", "line 1: "),
        ("{% include 'secrets' %}", "line 1: "),
        ("{{ ''.__class__.__base__.__subclasses__() }}", "line 1: access to attribute '__class__' of 'str' object"),
        ("{{ cycler.__init__.__globals__.os.popen('id').read() }}", "line 1: access to attribute '__init__'"),
        ("{{ '%s'.format.__func__ }}", "line 1: "),
        ("{{ range(10 ** 9) | list }}", "line 1: Range too big."),
        ("{{ 9 ** (9 ** 9) }}", "line 1: the result would be too large"),
        ("{{ 'a' * 10 ** 9 }}", "line 1: the result would be too large"),
        ("{{ [1] * 10 ** 9 }}", "line 1: the result would be too large"),
        (
            "a\n{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
            "line 2: it does not end",
        ),
        ("{% for i in range(9999) %}{{ 'a' * 1000 }}{% endfor %}", "line 1: it makes more than 2,000,000 characters"),
        ("{{ title | wordwrap(1) }}", "line 1: no filter is called 'wordwrap'; did you mean 'words'?"),
        ("{{ ['Hi', 'Hello'] | random }}", "line 1: no filter is called 'random'"),
        ("{{ lipsum(n=100000) }}", "line 1: 'lipsum' is undefined"),
        ("{{ ('a' * 500000) | list | sort }}", "line 1: it does not end"),
        ("{% for i in range(9999) %}{% set y = range(100000) | list %}{% endfor %}", "line 1: it does not end"),
        (
            "{% for i in range(9999) %}{{ ('It is. ' * 3000) | sentences(0) | first }}{% endfor %}",
            "line 1: it does not end",
        ),
        ("{{ '%1000000000s' % title }}", "line 1: the result would be too large"),
        ("{{ '%*d' % (1000000000, 1) }}", "line 1: the result would be too large"),
        ("{{ ('%(a)s' * 100000) % {'a': 'b' * 100000} }}", "line 1: the result would be too large"),
        (GROWING % "ns.x ~ ns.x", "line 1: it makes more than 2,000,000 characters"),
        (GROWING % "ns.x + ns.x", "line 1: the result would be too large"),
        (GROWING % "[ns.x, ns.x]", "line 1: it does not end"),
        (GROWING % "[ns.x, ns.x] | join", "line 1: the result would be too large"),
        (GROWING % "ns.x.replace('a', 'aaa')", "line 1: the result would be too large"),
        (GROWING % "ns.x | replace('a', 'aaa')", "line 1: the result would be too large"),
        (GROWING % "ns.x.join(['a', 'b', 'c'])", "line 1: the result would be too large"),
        (GROWING.replace("'a'", "9") % "ns.x * ns.x", "line 1: the result would be too large"),
        ("{{ 1.5 | round(10 ** 9, 'ceil') }}", "line 1: the result would be too large"),
        ("{{ ([1] * 1000) | tojson(indent=50000) }}", "line 1: the result would be too large"),
        ("{{ 'a'.ljust(10 ** 9) }}", "line 1: access to attribute 'ljust' of 'str' object is unsafe."),
        ("{{ '{:>1000000000}'.format(1) }}", "line 1: access to attribute 'format' of 'str' object is unsafe."),
        ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "line 1: maximum recursion depth exceeded"),
    ],
)
def test_a_wrong_template_is_told_with_its_line(template: str, message: str) -> None:
    with pytest.raises(TemplateError) as error:
        text_of(Metadata(title="A cat"), template=template)
    assert str(error.value).startswith(message)


def test_a_template_that_multiplies_in_reason_is_no_trouble() -> None:
    metadata = Metadata(title="A cat", keywords=("a", "b"))
    for template, text in (
        ("{{ '-' * 3 }}{{ 2 ** 10 }}{{ 3 * 4 }} {{ 2.5 ** 2 }} {{ '%02d' % 5 }}", "---102412 6.25 05"),
        ("{{ title.replace('A', 'The') | replace('cat', 'dog') ~ 1 }} {{ 3.14159 | round(1) }}", "The dog1 3.1"),
        ("{{ keywords | map('upper') | join('/') }} {{ '-'.join(keywords) }} {{ keywords }}", "A/B a-b ['a', 'b']"),
        ("{{ extra.n | default(1700000000) }} {{ keywords | join(d='+') }}", "1700000000 a+b"),
    ):
        assert text_of(metadata, template=template) == text


@pytest.mark.parametrize("where", ["title", "description", "alt_text", "hashtags", "keywords", "extra"])
@pytest.mark.parametrize(
    "said", ["{{ 7 * 191 }}", "{% for i in range(9) %}x{% endfor %}", "{# gone #}", "${HOME}", "`id`"]
)
def test_what_a_sidecar_says_is_no_template_and_no_command(where: str, said: str) -> None:
    values: dict[str, Any] = {"title": "A cat"}
    template = "{{ title }} " + ("{{ extra.words }}" if where == "extra" else f"{{{{ {where} }}}}")
    values[where] = {"words": said} if where == "extra" else (said,) if where in ("hashtags", "keywords") else said
    text = text_of(Metadata(**values), template=template)
    assert "1337" not in text
    assert "xxx" not in text
    if where != "hashtags":  # whose characters X does not take are left out
        assert said in text


def test_what_x_or_a_database_refuses_is_dropped() -> None:
    metadata = Metadata(title="a\x00b\ufeffc\ud800d", description="one\r\ntwo\rthree\u2028four\x07  \n\n\n\n\nfive")
    assert text_of(metadata) == "abcd\n\none\ntwo\nthree\nfour\n\nfive"


def test_the_text_is_in_normal_form() -> None:
    assert text_of(Metadata(title="Cafe\u0301")) == "Café"


def test_a_text_of_just_the_limit_is_left_as_it_is() -> None:
    composed = compose(Metadata(title="word " * 55 + "abcde"), template=None, hashtags=())
    assert (composed.weight, composed.was_cut) == (280, False)


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("one two three", 12, "one two…"),
        ("one two, three", 12, "one two…"),
        ("one two — three", 14, "one two…"),
        # The first word has to be divided, and so has one that would leave half of the room empty.
        ("Donaudampfschiff", 8, "Donaud…"),
        ("Eine Donaudampfschifffahrt", 20, "Eine Donaudampfsch…"),
        # A script without spaces is cut at a character.
        ("今日は天気がいいですね。散歩に行きましょう", 20, "今日は天気がいい…"),
        ("Hello 今日は天気がいいですね", 20, "Hello 今日は天気…"),
        # Characters as people see them.
        ("👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧", 7, "👨‍👩‍👧👨‍👩‍👧…"),
        ("नमस्तेनमस्ते", 7, "नम…"),
        # No half URL, no half hashtag.
        ("see https://example.com/a/b/c", 20, "see…"),
        ("今日https://example.com/a/b/c今日", 20, "今日…"),
        ("今日はいい天気。 #日本語タグ", 24, "今日はいい天気。"),
        # "example.com" in "example.community" is no URL until it stands alone.
        ("example.communities", 13, "example.c…"),
        ("word", 3, "w…"),
        ("word", 2, "…"),
        ("word", 1, ""),
    ],
)
def test_a_text_over_the_limit_is_cut(text: str, limit: int, expected: str) -> None:
    composed = compose(Metadata(title=text), template=None, hashtags=(), limit=limit)
    assert (composed.text, composed.was_cut) == (expected, True)


@given(
    st.builds(
        Metadata,
        title=texts,
        description=texts,
        hashtags=st.lists(texts, max_size=4).map(tuple),
    ),
    st.lists(texts, max_size=3).map(tuple),
    st.integers(1, 300),
)
def test_no_text_is_ever_over_the_limit(metadata: Metadata, hashtags: tuple[str, ...], limit: int) -> None:
    composed = compose(metadata, template=None, hashtags=hashtags, limit=limit)
    assert composed.weight == weighted_length(composed.text) <= limit
    assert composed.text == unicodedata.normalize("NFC", composed.text)
    composed.text.encode("utf-8")


@pytest.mark.parametrize(
    "part", ["a.b.", "a.com/(", " ", "\n", " \n", "x ", "#a", "\u0301\u0327", "👩\u200d", "日", "a.co "]
)
def test_a_text_of_100_000_parts_is_cut(part: str) -> None:
    def cut() -> None:
        assert compose(Metadata(title=f"x{part * 100_000}x"), template=None, hashtags=()).weight <= 280

    assert_quick(cut, 15)


@needs_samples
def test_every_clip_of_the_sample_project_gets_a_text_that_fits_and_begins_with_its_title() -> None:
    batch = next((samples_dir() / "maker_music_makerthins" / "uploader_json").glob("en_*.json"))
    for entry in json.loads(batch.read_text("utf-8")).values():
        metadata = Metadata(title=entry["title"], description=entry["description"], hashtags=tuple(entry["hashtags"]))
        composed = compose(metadata, template=None, hashtags=())
        assert composed.text.startswith(entry["title"].partition(" #")[0])
        assert composed.weight <= 280
        # No word is cut in half, and nothing but the description gives way to words.
        assert set(composed.text.rstrip("…").split()) <= set(f"{entry['title']} {entry['description']}".split()) | {
            *entry["hashtags"]
        }
        assert all("hashtag" in part or "description" in part for part in composed.gave_way)


@pytest.mark.parametrize(
    ("filename", "words"),
    [
        ("my_cat-video 01.mp4", "my cat video 01"),
        ("Cafe\u0301.JPG", "Café"),
        ("v1.2_final.mp4", "v1 2 final"),
        ("___.mp4", ""),
        ("caf\udce9\n'\"😀.mp4", "caf '\"😀"),
    ],
)
def test_the_words_of_a_file_name(filename: str, words: str) -> None:
    assert words_of(filename) == words


def test_metadata_survives_json() -> None:
    metadata = Metadata("t", "d", ("h",), ("k",), "l", "a", {"summary": ["x", 1, None]})
    assert Metadata.from_dict(json.loads(json.dumps(metadata.to_dict()))) == metadata
    assert Metadata.from_dict({"title": "t", "of_a_newer_release": 1}) == Metadata(title="t")


def test_hashtags_give_way_before_words_do_the_last_first() -> None:
    metadata = Metadata(title="One two three", hashtags=("#first", "#second", "#third"))
    assert compose(metadata, template=None, hashtags=(), limit=30) == Composed(
        "One two three\n\n#first #second", 29, ("1 hashtag",)
    )
    assert compose(metadata, template=None, hashtags=(), limit=13) == Composed("One two three", 13, ("3 hashtags",))
    assert compose(metadata, template=None, hashtags=(), limit=10) == Composed(
        "One two…", 9, ("3 hashtags", "the end of the title")
    )

"""The signs of Markdown go from what programs wrote, and nothing else does."""

from __future__ import annotations

from typing import Literal

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from twitter_pipeline.content import Metadata, compose
from twitter_pipeline.content.compose import Style
from twitter_pipeline.content.markdown import without_markdown
from twitter_pipeline_tests.content.scripts import texts
from twitter_pipeline_tests.content.test_fit import times


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("**bold** and ***both***", "bold and both"),
        ("*Silent Spring* is, *they say*, a book", "Silent Spring is, they say, a book"),
        ("这是**重点**内容，使用`code`命令", "这是重点内容，使用code命令"),
        ("**🔥 Hot 🔥** __Bold text__ ~~old~~", "🔥 Hot 🔥 Bold text old"),
        ("**a *b* `c`**", "a b c"),
        ("# Top\n## 1. Intro ##\n### C#", "Top\n1. Intro\nC#"),
        ("* a\n* b\n\n  - c", "• a\n• b\n\n  - c"),
        ("* **One:** a\n  * b", "• One: a\n  • b"),
        ("- **One:** a", "- One: a"),
        ("1. **One**: x\n2. **Two**: y", "1. One: x\n2. Two: y"),
        ("a\n\n---\n\nb\n***\nc\n___", "a\n\n\nb\nc\n"),
        ("```py\nx = 1\n```\nend", "x = 1\nend"),
        ("*it **bold** it* `**a**`", "it bold it a"),
        ("**[a](https://a.com/x)** **https://a.com/x**", "a https://a.com/x"),
        ("__https://a.com/x__ ~~https://a.com/x~~", "https://a.com/x https://a.com/x"),
        ("[text](https://a.com/x) [![b](https://i.com/a.png)](https://l.com)", "text "),
        ('[A](https://a.com/x_(b) "T"), <https://a.com>', "A, https://a.com"),
        ("[x](https://a.com 't') [y](www.a.com (t)) [z](a.com/b), [m](mailto:a@b.com)", "x y z, m"),
        ("![IMG_1234](https://a.com/1.png) Fog ![b](b.JPG 'c')", " Fog "),
        ("![Fog](https://a.com/1.png)", "Fog"),
        ("Q&amp;A &amp;amp; &lt;3 &quot;a&quot;&nbsp;it&#39;s &#x27;b&apos;", "Q&A & <3 \"a\" it's 'b'"),
        ("Fog<br>comes<br />\nin <BR/> now", "Fog\ncomes\nin\nnow"),
        (
            'the <a href=\'https://a.com/x\'>harbour</a> <a class="b" href="https://a.com/?a=1&amp;b">it</a>',
            "the harbour it",
        ),
    ],
)
def test_the_signs_of_markdown_go(text: str, bare: str) -> None:
    assert without_markdown(text) == bare


#: What people write with the same signs.
NO_MARKDOWN = (
    "5 * 3 * 2", "2 ** 3 ** 4", "f**k", "s**t,", "b***h", "4.5*", "M*A*S*H", "$5 * 2", "*", "**", "****", "* * *",
    "C#", "F# (x)", "#tag", "##cat", "👉 #cat", "# cat # dog", "# 猫 # 狗", "No. 1", "1. One", "2) Two",
    "snake_case_name", "__init__", "____", "_(:з」∠)_", "__(:з」∠)__", "T_T", ">_<", ">be me", "2 > 1", "->", "- ",
    "(*^_^*)", "(*´∀`*)", "(´・ω・`)", "☆*o(≧▽≦)o*☆", "*:･ﾟ✧*:･ﾟ✧", "*_*", "(*)", "好吃~~真的~~", "~", "word", "日本語",
    "[1]", "[laughs](quietly)", "wow![laughs](quietly)", "[Intro](0:15)", "[verse](#1)", "[Update](2.0)",
    "[Album](2019/2020)", "arr[i](x.io)", "arr[i](x.y)", "https://own.com/**a**/b", "https://a.com/x_(`b`)",
    "Q&A", "AT&T;", "&c.", "&copy", "<b", "<a", "<3", "x<a>y",
    "(2)", "it´s `", "@a_b_c", "•", "–", "https://a.com/x_y_z*", "vs.", "ok!",
)  # fmt: skip


@times
@given(st.lists(st.tuples(st.sampled_from(NO_MARKDOWN), st.sampled_from([" ", " word ", ", "])), max_size=12))
def test_a_text_without_markdown_stays_as_it_is(pieces: list[tuple[str, str]]) -> None:
    text = "It is " + "".join(f"{piece}{space}" for piece, space in pieces)
    assert without_markdown(text) == text


NOT_ALONE = (
    *(text for text in NO_MARKDOWN if text not in ("****", "____")), '"Be."\n- Mark Twain', "Sale*\n\n* while it lasts",
    "> 5 m of snow", "> a\n>\n> And deep.\n> — Ann\n> 5 stars", "Night:\n- 5 °C\n- 12 °C", "# 1 hit of the year",
    "Good:\n+ cheap\nBad:\n- slow", "- Доктор, я жив?\n- Да.", "# cat #dog", "# 猫 #犬 #鳥",
)  # fmt: skip


@pytest.mark.parametrize("text", NOT_ALONE)
def test_so_does_each_by_itself(text: str) -> None:
    assert without_markdown(text) == text
    assert without_markdown(f"{text}\n{text}") == f"{text}\n{text}"


@pytest.mark.parametrize("text", ["---", "****", "___\n___"])
def test_a_text_of_nothing_but_rules_stays(text: str) -> None:
    assert without_markdown(text) == text


LETTERS = regex.compile(r"[\p{L}\p{Nd}]")


@times
@given(texts)
def test_only_signs_go(text: str) -> None:
    bare = without_markdown(text)
    letters = iter(LETTERS.findall(text))
    assert all(letter in letters for letter in LETTERS.findall(bare))  # in their order
    if not regex.search(r"\]\(|```", text):
        assert LETTERS.findall(bare) == LETTERS.findall(text)


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "part",
    [
        "*a ",
        "[a](",
        "[a](()",
        "**a",
        "`a",
        "* a\n",
        "* \n",
        "***",
        "---\n",
        "a.com ",
        "![a](",
        "# a #b ",
        "**a** `b` ",
        "# a ",
        "> ",
        "~~a",
        "__a",
        "\n",
        "<a href='a",
        "<a href=",
        "&amp;",
        "&amp;amp",
        " <br",
    ],
)
def test_it_ends_soon_whatever_a_sidecar_holds(part: str) -> None:
    without_markdown(f"* a\n{part * 100_000}")


@pytest.mark.parametrize(
    ("links", "text"),
    [
        ("keep", "Fog: the harbour (https://a.com/x) at night"),
        ("strip", "Fog: the harbour at night"),
    ],
)
def test_the_link_behind_a_name_goes_or_stays_as_any_other(links: Literal["keep", "strip"], text: str) -> None:
    composed = compose(
        Metadata(title="**Fog**: [the harbour](https://a.com/x) at night"),
        template=None,
        hashtags=(),
        style=Style(markdown="strip", links=links),
    )
    assert (composed.text, composed.gave_way) == (text, ("Markdown", *(["1 link"] if links == "strip" else [])))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[example.com](https://example.com)", "https://example.com"),
        ("[https://a.com/x](https://a.com/x) it is", "https://a.com/x it is"),
        ("[![b](https://i.com/a.png)](https://l.com)", "https://l.com"),
        ("[Fog](a.com/b)", "Fog (a.com/b)"),
        ("<a href='https://a.com/?a=1&amp;b=2'>Fog</a>", "Fog (https://a.com/?a=1&b=2)"),
    ],
)
def test_a_link_is_written_once(text: str, words: str) -> None:
    assert compose(Metadata(title=text), template=None, hashtags=(), style=Style(markdown="strip")).text == words

"""The signs of Markdown go from what programs wrote, and nothing else does."""

from __future__ import annotations

from typing import Literal

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from twitter_pipeline.content import Metadata, compose, urls
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
        (
            "[Fog][1], [night][B c], [again][1] [9] ![p][p]\n[1]: https://a.com\n[b C]: <https://b.com> 'T'\n[p]: https://a.com/p.png\n",
            "Fog, night, again [9] \n",
        ),
        ("[Fog][] is it\n\n[fog]: https://a.com/x\n[2]: https://a.com", "Fog is it\n\n[2]: https://a.com"),
    ],
)
def test_the_signs_of_markdown_go(text: str, bare: str) -> None:
    assert without_markdown(text) == bare


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("<p>One <b>bold</b> and <i>it</i>.</p>\n<p class='x'>\n  Two\n</p>", "One bold and it.\n\nTwo"),
        ("<h1>Fog</h1>at <span style=\"color: red\">sea</span>", "Fog\n\nat sea"),
        ("<STRONG>Fog</STRONG> at<br/>sea</div>", "Fog at\nsea"),
        ("<ul>\n<li>one</li>\n<li><p>two</p></li>\n</ul>\nend", "• one\n• two\n\nend"),
        ("Steps:<ol><li>a<li>b</ol>", "Steps:\n\n1. a\n2. b"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("<div><em>a</em> <u>b</u> <s>c</s></div><hr><p>d", "a b c\n\nd"),
        ("10<sup>6</sup> H<sub>2</sub>O 1<sup>st</sup>", "10⁶ H₂O 1st"),
        ("<!-- https://a.com -->Fog<script>a < '<b>'</script> <style>p</style>now", "Fog now"),
        ("&lt;p&gt;Fog &amp;mdash; &lt;b&gt;it&#8217;s&lt;/b&gt; &#x1F600; &eacute;&lt;/p&gt;", "Fog — it’s 😀 é"),
        # Of a link its name stays, whatever is in it; one without a name nobody sees.
        ("<a href='/x'>Fog</a> <a name=y>at</a> <a href=https://a.com/?q=1><b>sea</b> <3 </a>now", "Fog at sea <3 now"),
        ("Fog<a href='https://a.com'></a> <a href='https://a.com'><img src='https://i.com/a.png'></a>now", "Fog now"),
        # What is no markup stays among what is.
        ("<b>Fog</b>: x<y>z, List<i>, 1 <3, </s> & <unknown>", "Fog: x<y>z, List<i>, 1 <3, </s> & <unknown>"),
        ("<p>Press <s> to save", "Press <s> to save"),
    ],
)  # fmt: skip
def test_html_goes_as_a_browser_would_show_it(text: str, bare: str) -> None:
    assert without_markdown(text) == bare


PAGES = (
    *("<b>", "</b>", "<p>", "</p>", "<div class='x'>", "</div>", "<ul>", "<ol>", "<li>", "</ul>", "<br>", "<hr>"),
    *("<td>", "<a href='https://a.com/x'>", "<a href=a.com>", "</a>", "<img src='https://i.com/a.png'>", "<!--", "-->"),
    *("<3", "<y>", "&amp;", "&lt;", "&gt;", "&#64;", "&nbsp;", "`", "*", "**", "[", "](https://b.com)", "[z][1]"),
    *("\n[1]: https://c.com\n", "word", " word ", "word\n", " ", "\n"),
)  # fmt: skip


@times
@given(st.lists(st.sampled_from(PAGES), max_size=25).map("".join))
def test_of_a_page_no_word_goes_and_no_link_comes(text: str) -> None:
    bare = without_markdown(text, targets=True)
    if "<!--" not in text:
        assert bare.count("word") == text.count("word")
    assert len(urls.find(bare)) <= len(urls.find(text))


#: What people write with the same signs.
NO_MARKDOWN = (
    "5 * 3 * 2", "2 ** 3 ** 4", "f**k", "s**t,", "b***h", "4.5*", "M*A*S*H", "$5 * 2", "*", "**", "****", "* * *",
    "C#", "F# (x)", "#tag", "##cat", "👉 #cat", "# cat # dog", "# 猫 # 狗", "No. 1", "1. One", "2) Two",
    "snake_case_name", "__init__", "____", "_(:з」∠)_", "__(:з」∠)__", "T_T", ">_<", ">be me", "2 > 1", "->", "- ",
    "(*^_^*)", "(*´∀`*)", "(´・ω・`)", "☆*o(≧▽≦)o*☆", "*:･ﾟ✧*:･ﾟ✧", "*_*", "(*)", "好吃~~真的~~", "~", "word", "日本語",
    "a < b and c > d", "a<b and c>d", "</3", "x<y>z", "<unknown>", "Vec<u8>", "List<i>", "Map<s, b>", "the <b>", "<p>",
    "<div>", "nice </s>", "<b> and </b>", "`<p>x</p>`x", "<!-- x", "&nosuch;", "AT&T;", "[a][1]", "arr[i][1]",
    "[1]", "[laughs](quietly)", "wow![laughs](quietly)", "[Intro](0:15)", "[verse](#1)", "[Update](2.0)",
    "[Album](2019/2020)", "arr[i](x.io)", "arr[i](x.y)", "https://own.com/**a**/b", "https://a.com/x_(`b`)",
    "Q&A", "&c.", "&copy", "<b", "<a", "<3", "x<a>y",
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


@pytest.mark.timeout(100)
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
        "<b>",
        "<b>a</b>",
        "x<b> y </b>",
        "</b>",
        "<!--",
        "<p a=b ",
        "<ol><li>",
        "<script>",
        "<a href=a.com>x",
        "&lt;b&gt;",
        "&#",
        "[a][1]",
        "\n[1]: https://a.com\n[a][1]",
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
        ("[Fog][1] and [fog][1]\n\n[1]: https://a.com/x", "Fog (https://a.com/x) and fog"),
        ("<a href='https://a.com/?a=1&amp;b=2'>Fog</a>", "Fog (https://a.com/?a=1&b=2)"),
    ],
)
def test_a_link_is_written_once(text: str, words: str) -> None:
    assert compose(Metadata(title=text), template=None, hashtags=(), style=Style(markdown="strip")).text == words


def test_nothing_that_entities_hide_pings_anybody() -> None:
    style = Style(markdown="strip", mentions="strip")
    text = "&#64;ann @&#8203;bob &lt;b&gt;@cat&lt;/b&gt;"
    assert compose(Metadata(title=text), template=None, hashtags=(), style=style).text == "ann bob cat"

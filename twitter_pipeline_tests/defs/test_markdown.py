"""What Dagster's pages show as markdown is what was written."""

from __future__ import annotations

from datetime import datetime, timezone

import hypothesis.strategies as st
from hypothesis import example, given
from markdown_it import MarkdownIt

from twitter_pipeline.defs.markdown import MOST_LINES, exact, history
from twitter_pipeline.store.log import Line

NASTY = """\
# no heading, *no* emphasis, _none_ <b>at all</b> & `no code`
1. no list
- none either | no | table
[no link](of ours) ![no picture](x) ~~not struck~~ a\\b

#tag and a link: https://example.com/a_b_c?d=*1* ⛵"""


def _shown(markdown: str) -> str:
    """The characters a reader sees, paragraph by paragraph."""
    paragraphs = []
    for token in MarkdownIt("commonmark").parse(markdown):
        if token.type == "inline":
            kinds = {child.type for child in token.children or []}
            assert kinds <= {"text", "text_special", "hardbreak", "link_open", "link_close"}
            paragraphs.append(
                "".join("\n" if child.type == "hardbreak" else child.content for child in token.children or [])
            )
    return "\n\n".join(paragraphs)


def _line(number: int, message: str) -> Line:
    at = datetime(2026, 11, 24, 8, 49, number % 60, tzinfo=timezone.utc)
    return Line(number, 1, "a-clip", "back_off", "pending", message, {}, at, None, 0)


def test_a_posts_text_is_shown_as_it_was_sent() -> None:
    assert _shown(exact(NASTY)) == NASTY


@given(st.text("ab *_`~[]()!<>&#|\\\n\t-+=.:/@1\"'{}\x01", max_size=60) | st.text(max_size=60))
@example("https://a\x01![x](http://b.example/p.png)")
@example("javascript:alert(1) <a href=javascript:alert(1)>")
def test_no_text_brings_a_picture_a_tag_or_a_link_of_another_kind(text: str) -> None:
    for token in MarkdownIt("commonmark").parse(exact(text)):
        assert token.type in {"paragraph_open", "inline", "paragraph_close", "code_block"}
        for child in token.children or []:
            assert child.type in {"text", "text_special", "hardbreak", "softbreak", "link_open", "link_close"}
            if child.type == "link_open":
                assert str(child.attrs["href"]).startswith(("http://", "https://"))


def test_each_line_of_the_log_is_one_entry_with_its_time() -> None:
    shown = history([_line(1, "it *failed*"), _line(2, "two\nlines")])
    assert shown.count("\n") == 1
    assert MarkdownIt("commonmark").render(shown).split("\n") == [
        "<ul>",
        "<li>2026-11-24 08:49:01 <strong>back_off</strong> it *failed*</li>",
        "<li>2026-11-24 08:49:02 <strong>back_off</strong> two lines</li>",
        "</ul>",
        "",
    ]


def test_a_long_log_is_cut_to_its_latest_lines() -> None:
    shown = history([_line(number, f"line {number}") for number in range(MOST_LINES + 10)])
    assert len(shown.splitlines()) == MOST_LINES
    assert shown.splitlines()[-1].endswith(f"line {MOST_LINES + 9}")

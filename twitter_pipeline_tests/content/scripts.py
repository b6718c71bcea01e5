"""Text as hypothesis makes it: mixed scripts, emoji, URLs, marks, and everything that joins or divides them."""

from __future__ import annotations

from hypothesis import strategies as st

#: What texts are made of.
PIECES = (
    "word", "Ω", "é", "e\u0301", "日本語", "テスト。", "한국어", "ภาษาไทย", "العربية", "हिन्दी", "Привет",
    "👨‍👩‍👧", "❤️", "❤", "🇩🇪", "🇩", "1️⃣", "🙋🏽", "🏽", "\u200d", "\ufe0f", "\ufe0e", "\u20e3", "©",
    "http://", "https://", "example.com", "example.community", "t.co/", "/path", "?q=1", "(", ")", ".", "-", "_",
    "**", "*", "`", "~~", "__", "# ", "- ", "> ", "[", "](",
    "@", "#tag", "#日本", "＃", "$", ":", "…", ",", "\u0301", "\u0327", "\u0f73", "가", "ᄀ", "ᅡ", "ᆨ",
    " ", "  ", "\n", "\n\n\n", "\r\n", "\r", "\t", "\u3000", "\u2028", "\u202e", "\ufeff", "\x00", "\ud800",
)  # fmt: skip

texts = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=40).map("".join),
    st.text(max_size=200),
    st.text(alphabet="a.co/:-_@ ", max_size=60),
)

#: What changes the direction of writing.
MARKS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

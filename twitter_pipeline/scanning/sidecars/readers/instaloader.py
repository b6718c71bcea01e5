"""`2024-01-02_03-04-05_UTC.json.xz`, as Instaloader lays it beside what it takes from Instagram.

The pictures of one post, `…_UTC_1.jpg`, `…_UTC_2.jpg`, share it. Without it the caption lies in `…_UTC.txt`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from twitter_pipeline.scanning.sidecars import fields
from twitter_pipeline.scanning.sidecars.document import Document, as_object
from twitter_pipeline.scanning.sidecars.reader import Answer, Passed, Wanted, Words

KIND = "instaloader"
EXAMPLES: tuple[str, ...] = (
    "2024-01-02_03-04-05_UTC.json.xz",
    "2024-01-02_03-04-05_UTC.json",
    "2024-01-02_03-04-05_UTC.txt",
)
FIELDS: tuple[str, ...] = ("node", "instaloader")
SHARED = False
IN_LANGUAGES = False

_POST = re.compile(r"(.*\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d_UTC)(?:_\d+)?", re.DOTALL)
_NO_POSTS = {"Profile": "an account", "Hashtag": "a hashtag", "TopSearchResults": "a search"}


def claims(name: str, /) -> bool:
    """Names that end in a time as Instaloader writes it, and whatever xz has packed."""
    return name.endswith(".json.xz") or (
        name.endswith((".json", ".txt")) and _POST.fullmatch(name.rpartition(".")[0]) is not None
    )


def names(wanted: Wanted, /) -> Iterable[str]:
    """The medium's name, for one picture of several without its number."""
    yield f"{wanted.base}.json.xz"
    if (post := post_of(wanted.base)) is not None:
        yield f"{post}.json.xz"
        yield f"{post}.json"
        yield f"{post}.txt"


def post_of(base: str) -> str | None:
    """The time that is the name of the post a file belongs to; None where it has no such name."""
    found = _POST.fullmatch(base)
    return None if found is None else found[1]


def understands(content: object, /) -> bool:
    """A node of Instagram."""
    if not isinstance(content, dict) or not isinstance(node := content.get("node"), dict):
        return False
    return isinstance(content.get("instaloader"), dict) or "shortcode" in node or "edge_media_to_caption" in node


def read(document: Document, wanted: Wanted, /) -> Answer:
    """A post's caption."""
    if isinstance(document.content, str) and document.name.lower().endswith(".txt"):
        return Words(fields.foreign(description=document.content))
    about = as_object(document.content, "it")
    node = fields.first(about, "node")
    node_type = fields.text(fields.within(about, "instaloader", "node_type"))
    if node_type in _NO_POSTS or (isinstance(node, dict) and "edge_followed_by" in node):
        return Passed(f"it is about {_NO_POSTS.get(node_type, 'an account')}, not a post")
    caption = fields.within(node, "edge_media_to_caption", "edges", "node", "text") or fields.within(
        node, "iphone_struct", "caption", "text"
    )
    shortcode = fields.text(fields.within(node, "shortcode"))
    return Words(
        fields.foreign(
            description=caption or fields.within(node, "caption"),
            author=fields.within(node, "owner", "username"),
            date=fields.first(node, "taken_at_timestamp", "date", usable=fields.day),
            source_url=f"https://www.instagram.com/p/{shortcode}/" if re.fullmatch(r"[\w-]+", shortcode) else None,
        )
    )

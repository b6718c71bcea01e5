"""Whether a post of the timeline is one that was sent from here: nothing but comparing.

X gives a text back changed: links as t.co, one more of them for media, `&` as `&amp;`, in normal form C, trimmed;
`x.posts` undoes what X tells of that. But nobody else knows for certain what X takes for a link, and how it writes it.
So both sides are brought to a form that keeps the words and drops what may differ.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from twitter_pipeline.x.posts import Post

#: X's ids grow with time, but only to the second: two posts of one second may have theirs in either order.
ONE_SECOND = 1000 << 22

_SCHEME = re.compile(r"https?://", re.IGNORECASE)
_PUNYCODE = re.compile(r"xn--[-0-9a-z]+", re.IGNORECASE)


@dataclass(frozen=True)
class Sent:
    """What is to be found again."""

    #: Of the attempt.
    id: int
    text_key: str
    #: What X calls the media; empty for a text.
    media_ids: tuple[str, ...]
    media_keys: tuple[str, ...]
    #: The newest post of the account that was known before it was sent; None when none was.
    after_id: str | None


@dataclass(frozen=True)
class Verdict:
    """What the timeline shows of one attempt."""

    #: Its post.
    found: Post | None = None
    #: A post that may be it, and may be another's: only a person can tell.
    unclear: Post | None = None

    @property
    def missed(self) -> bool:
        """Whether there is nothing like it."""
        return self.found is None and self.unclear is None


def text_key(text: str) -> str:
    """What a text is known by, on its way to X; equal for what X makes of it.

    Letter case, white space, invisible characters, slashes, `http://`, percent encoding and Punycode do not count: X
    may change them within links.
    """
    text = _PUNYCODE.sub(_decoded, unquote(_SCHEME.sub("", text)))
    text = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    kept = "".join(character for character in text if _counts(character))
    return hashlib.sha256(kept.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def text_key_of(post: Post) -> str:
    """The same for a post of the timeline."""
    return text_key(post.words)


def floor_of(after_id: str | None) -> int:
    """The id that everything sent after the post `after_id` is above."""
    return 0 if after_id is None else max(0, int(after_id) - ONE_SECOND)


def judge(sent: Sequence[Sent], posts: Sequence[Post], known: Collection[str]) -> dict[int, Verdict]:
    """What the posts show of each attempt, by its id. `known` are the ids of posts that other attempts made.

    Media belongs to one item: a post that shows it is that item's. A text is found by its words; where fewer posts have
    them than attempts, nobody can tell whose they are.
    """
    unknown = sorted((post for post in posts if post.id not in known), key=lambda post: int(post.id))
    keys = {post.id: text_key_of(post) for post in unknown}
    verdicts: dict[int, Verdict] = {}
    texts: dict[str, list[Sent]] = {}
    for one in sorted(sent, key=lambda one: one.id):
        if not one.media_ids:
            texts.setdefault(one.text_key, []).append(one)
            continue
        own = [post for post in unknown if _shows(post, one)]
        # Its words under other media may be ours all the same, should X call our media otherwise in its timeline.
        like = [post for post in unknown if keys[post.id] == one.text_key and _after(post, one) and not own]
        foreign = {post.id for post in like for other in sent if other is not one and _shows(post, other)}
        like = [post for post in like if post.id not in foreign]
        verdicts[one.id] = Verdict(own[0]) if own else Verdict(unclear=like[0]) if like else Verdict()
    taken = {verdict.found.id for verdict in verdicts.values() if verdict.found}
    for key, group in texts.items():
        # With pictures beside them the same words are something else.
        like = [post for post in unknown if keys[post.id] == key and not post.media_keys and post.id not in taken]
        verdicts |= _shared_out(group, like)
    return verdicts


def _shared_out(group: Sequence[Sent], like: Sequence[Post]) -> dict[int, Verdict]:
    """Attempts with the same words, and the posts that have them, both from old to new."""
    left, verdicts = list(like), {}
    for one in group:
        later = [post for post in left if _after(post, one)]
        if later:
            left.remove(later[0])
            verdicts[one.id] = Verdict(later[0])
        else:
            verdicts[one.id] = Verdict()
    if len({verdict.missed for verdict in verdicts.values()}) > 1:
        return {one.id: Verdict(unclear=like[0]) for one in group}
    return verdicts


def _shows(post: Post, one: Sent) -> bool:
    shown = set(post.media_keys) | {key.rpartition("_")[2] for key in post.media_keys}
    return not shown.isdisjoint((*one.media_ids, *filter(None, one.media_keys)))


def _after(post: Post, one: Sent) -> bool:
    return int(post.id) > floor_of(one.after_id)


def _counts(character: str) -> bool:
    return not (
        character.isspace()
        or character == "/"
        or unicodedata.category(character) == "Cf"
        or "\ufe00" <= character <= "\ufe0f"
    )


def _decoded(label: re.Match[str]) -> str:
    try:
        return label[0].lower().encode("ascii").decode("idna")
    except (UnicodeError, ValueError):
        return label[0]

"""`a.jpg.json`: the full name and .json, as gallery-dl writes it with --write-metadata."""

from __future__ import annotations

from collections.abc import Iterable

from twitter_pipeline.scanning.kinds import is_media
from twitter_pipeline.scanning.sidecars import fields
from twitter_pipeline.scanning.sidecars.document import Document, as_object
from twitter_pipeline.scanning.sidecars.reader import Answer, Wanted, Words

KIND = "gallery-dl"
EXAMPLES: tuple[str, ...] = ("a.jpg.json",)
_DESCRIPTIONS = ("description", "content", "caption", "selftext", "body", "text", "message")
_AUTHORS = ("author", "user", "username", "uploader", "artist")
_SOURCES = ("post_url", "permalink", "webpage_url", "url")
#: Where Weibo's words lie.
_POST = "status"
FIELDS: tuple[str, ...] = ("title", *_DESCRIPTIONS, _POST, "hashtags", "tags", *_AUTHORS, "date", *_SOURCES)
SHARED = False
IN_LANGUAGES = False

#: Groups of tags that tell of the file, not of what it shows.
_NO_TAGS = frozenset(("meta", "invalid"))

#: What Reddit shows where words were.
_GONE = frozenset(("[removed]", "[deleted]"))


def claims(name: str, /) -> bool:
    """A medium's full name and .json."""
    return name.endswith(".json") and is_media(name.removesuffix(".json"))


def names(wanted: Wanted, /) -> Iterable[str]:
    """The medium's full name and .json."""
    return (f"{wanted.name}.json",)


def understands(content: object, /) -> bool:
    """It names the site, and which of its pages: gallery-dl's category and subcategory."""
    return isinstance(content, dict) and all(
        isinstance(content.get(name), str) and content[name] for name in ("category", "subcategory")
    )


def read(document: Document, wanted: Wanted, /) -> Answer:
    """Each site has its own fields; of several that may be the words the first one counts."""
    about = as_object(document.content, "it")
    post = fields.first(about, _POST)
    description = fields.first(about, *_DESCRIPTIONS, usable=_says) or fields.first(post, "text_raw", "text")
    tags = _tags_of(about.get("hashtags") or about.get("tags"))
    if not understands(about) and not any(name in about for name in (*_AUTHORS, *_SOURCES)):
        # Nothing in it comes from elsewhere: somebody wrote it for this pipeline, and called it after the whole name.
        return Words(fields.read({**about, "description": description, "hashtags": tags}))
    return Words(
        fields.foreign(
            title=_plain(about.get("title")),
            description=_plain(description),
            tags=tags,
            author=fields.author(about, *_AUTHORS) or fields.author(post, *_AUTHORS),
            date=about.get("date"),
            source_url=fields.first(about, *_SOURCES, usable=fields.url),
        )
    )


def _says(value: object) -> bool:
    return fields.text(value) not in ("", *_GONE)


def _tags_of(value: object) -> object:
    """Of tags in groups (e621) or with what they are in other languages (pixiv) the tags; anything else as it is."""
    if isinstance(value, dict):
        groups = [group for name, group in value.items() if name not in _NO_TAGS and isinstance(group, list)]
        return [tag for group in groups for tag in group]
    if isinstance(value, list):
        return [fields.named(tag) if isinstance(tag, dict) else tag for tag in value]
    return value


def _plain(value: object) -> object:
    """The words of HTML, which Mastodon, DeviantArt, Tumblr and others give; anything else as it is."""
    if not isinstance(value, str):
        return value
    from twitter_pipeline.content.markup import without_html  # `regex` takes a while to load

    return without_html(value, lambda _name, _target: None, folds=True).strip()

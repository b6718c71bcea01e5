"""From metadata to the words of a post.

`compose` makes the text; `weighted_length` is how X counts it. Jinja2 and `regex` are only loaded by calling one of
them.
"""

from twitter_pipeline.content.compose import Composed, compose
from twitter_pipeline.content.errors import TemplateError
from twitter_pipeline.content.metadata import Metadata
from twitter_pipeline.content.tidy import words_of

__all__ = ["Composed", "Metadata", "TemplateError", "compose", "weighted_length", "words_of"]


def weighted_length(text: str) -> int:
    """The length of `text` by X's reckoning, to hold against the limit of 280 (25,000 for some accounts)."""
    from twitter_pipeline.content import weight

    return weight.weighted_length(text)

"""From metadata to the words of a post.

`compose` makes the text; `weight.weighted_length` is how X counts it. Jinja2 and `regex` are only loaded by calling
`compose` (or importing `weight`).
"""

from twitter_pipeline.content.compose import Composed, compose
from twitter_pipeline.content.errors import TemplateError
from twitter_pipeline.content.metadata import Metadata
from twitter_pipeline.content.tidy import words_of

__all__ = ["Composed", "Metadata", "TemplateError", "compose", "words_of"]

"""A post's text, from metadata: template, hashtags, and the limit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from twitter_pipeline.content.metadata import Metadata
from twitter_pipeline.content.tidy import clean, single_spaced

#: What a source without a template of its own uses. Empty parts leave no gap.
DEFAULT_TEMPLATE = "{{ title }}\n\n{{ description }}\n\n{{ hashtags }}"


@dataclass(frozen=True)
class Composed:
    """The final words of a post."""

    text: str
    #: By X's reckoning, at most the limit.
    weight: int
    #: Whether something had to give way: hashtags, or words at the end, which then is "…".
    was_cut: bool


def compose(metadata: Metadata, *, template: str | None, hashtags: Sequence[str], limit: int = 280) -> Composed:
    """The text of the post for `metadata`, never over `limit` (weighted, see `weight.weighted_length`).

    What does not fit gives way: hashtags first, the last before the others, then words at the end.

    `template` is Jinja2 over title, description, link, alt_text (text), hashtags (text: those of the metadata, then
    `hashtags`, each once, without those the rest of the text already holds), keywords (a list) and extra (an
    object). Raises TemplateError when it cannot be used.
    """
    # Here, since whoever loads the definitions must not pay for Jinja2 and regex.
    from twitter_pipeline.content.fit import cut
    from twitter_pipeline.content.hashtags import found_in, merge
    from twitter_pipeline.content.template import render
    from twitter_pipeline.content.weight import normalize, weighted_length

    source = DEFAULT_TEMPLATE if template is None else template
    variables = metadata.to_dict()
    without_tags = normalize(render(source, variables | {"hashtags": ""}))
    tags = merge(map(normalize, (*metadata.hashtags, *hashtags)), already=set(found_in(without_tags)))

    def with_tags(kept: int) -> str:
        rendered = render(source, variables | {"hashtags": " ".join(tags[:kept])})
        return single_spaced(normalize(clean(rendered)))

    # How many hashtags fit, by halving: a sidecar may hold thousands.
    kept, most = 0, len(tags)
    while kept < most:
        middle = (kept + most + 1) // 2
        if weighted_length(with_tags(middle)) <= limit:
            kept = middle
        else:
            most = middle - 1
    text = with_tags(kept)
    weight = weighted_length(text)
    if weight <= limit:
        return Composed(text, weight, was_cut=kept < len(tags))
    text = cut(text, limit)
    return Composed(text, weighted_length(text), was_cut=True)

"""Previews for programs and spreadsheets."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import IO, TYPE_CHECKING, Any

from twitter_pipeline.cli.files import Encoded, cell

if TYPE_CHECKING:
    from twitter_pipeline.config import XPrices
    from twitter_pipeline.publishing.drafts import Draft
    from twitter_pipeline.publishing.preview import Preview

#: A row for each text of an item.
COLUMNS = (
    "item", "project", "account", "status", "slot", "part", "weight", "limit", "gave_way", "price", "dearer_because",
    "text", "media", "media_types", "alt_texts", "captions", "labels",
    "gemini", "metadata", "not_used", "not_posted_because", "post",
)  # fmt: skip


def as_json(preview: Preview) -> dict[str, Any]:
    """An item for `--json`."""
    task, price = preview.task, preview.price
    return {
        "item": task.partition_key,
        "task": task.id,
        "project": task.project_id,
        "account": preview.account,
        "media": task.media_path,
        "files": list(task.files),
        "status": task.status.value,
        "slot": preview.slot,
        "why_not": list(preview.why_not),
        "limit": preview.limit,
        "price": None if price is None else {"dollars": price.dollars, "without_links": price.without_links},
        "post": task.tweet_url,
        "draft": None if preview.draft is None else preview.draft.model_dump(mode="json"),
        "labels": None if preview.draft is None else list(preview.draft.labels),
        "gemini": about_gemini(preview),
    }


def write_csv(previews: Iterable[Preview], file: IO[bytes], prices: XPrices) -> None:
    """The items as COLUMNS, each as soon as it is known."""
    writer = csv.writer(Encoded(file), lineterminator="\n")
    writer.writerow(COLUMNS)
    for preview in previews:
        for row in _rows(preview, prices):
            writer.writerow(cell(row[column]) for column in COLUMNS)


def _rows(preview: Preview, prices: XPrices) -> Iterator[dict[str, Any]]:
    from twitter_pipeline.publishing import prices as pricing

    task, draft = preview.task, preview.draft
    media = () if draft is None else draft.media
    for number, part in enumerate(preview.texts or (None,), 1):
        price = None if part is None or preview.price is None else pricing.of([part.text], prices)
        yield {
            "item": task.partition_key,
            "project": task.project_id,
            "account": preview.account,
            "status": task.status.value,
            "slot": None if preview.slot is None else preview.slot.isoformat(timespec="seconds"),
            "part": f"{number} of {max(1, len(preview.texts))}",
            "weight": part and part.weight,
            "limit": preview.limit,
            "gave_way": "" if draft is None else "; ".join(draft.gave_way),
            "price": price and price.dollars,
            "dearer_because": pricing.LINK if price and price.dearer else "",
            "text": part and part.text,
            "media": "; ".join(task.files),
            "media_types": "; ".join(medium.media_type for medium in media),
            "alt_texts": "; ".join(medium.alt_text for medium in media),
            "captions": "; ".join(captions.path for medium in media for captions in medium.captions),
            "labels": draft and labels_of(draft),
            "gemini": about_gemini(preview),
            "metadata": draft and draft.sidecar,
            "not_used": "" if draft is None else "; ".join(draft.unused),
            "not_posted_because": "; ".join(preview.why_not),
            "post": task.tweet_url,
        }


def labels_of(draft: Draft) -> str:
    """What X will tell readers of the post; empty for nothing."""
    open_still = draft.made_with_ai is None and draft.enhanced is None
    return ", ".join((*draft.labels, *(["made_with_ai, if Gemini makes the words"] if open_still else [])))


def about_gemini(preview: Preview) -> str | None:
    """What Gemini has to do with the words that go out; None for nothing."""
    draft = preview.draft
    if draft is None or (draft.words is None and draft.enhanced is None):
        return None
    if draft.enhanced is not None:
        return draft.enhanced.said
    return "Gemini will be asked for better words before it goes out (preview --ai asks now)"

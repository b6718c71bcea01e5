"""Previews for people at a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twitter_pipeline.cli import output
from twitter_pipeline.cli.preview_rows import about_gemini, labels_of

if TYPE_CHECKING:
    from rich.text import Text

    from twitter_pipeline.publishing.drafts import Draft, MediaFile
    from twitter_pipeline.publishing.preview import Preview


def side_by_side(preview: Preview) -> None:
    """The original words beside Gemini's, where it made some."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from twitter_pipeline.publishing.descriptions import alt_text_of
    from twitter_pipeline.publishing.enhanced import shown

    draft = preview.draft
    if draft is None or draft.enhanced is None:
        return
    before, limit = draft.enhanced, preview.limit
    table = Table("", "original", before.model, box=box.ROUNDED, show_lines=True)
    rows = [
        ("text", before.original_text, draft.text),
        ("characters", f"{before.original_weight} of {limit}", f"{draft.weight} of {limit}"),
        ("alt text", before.original_alt_text, alt_text_of(draft)),
    ]
    rows = [
        (name, original, improved if before.changed or improved != original else "–")
        for name, original, improved in rows
    ]
    rows += [
        ("it saw", "", shown(draft, before.seen) if before.seen else ""),
        ("tokens", "", f"{before.input_tokens} asked, {before.output_tokens} answered" if before.input_tokens else ""),
        ("taken out", "", "\n".join(before.removed)),
    ]
    for name, original, improved in rows:
        if original or improved.strip("–"):
            table.add_row(name, Text(original), Text(improved))
    output.console().print(table)


def tell(preview: Preview) -> None:
    """All that is known of it."""
    from rich.panel import Panel
    from rich.text import Text

    task, said = preview.task, Text()
    if preview.draft is not None:
        _draft(said, preview, preview.draft)
    if (about := about_gemini(preview)) is not None:
        said.append(f"{about}\n", style="cyan")
    said.append(f"{task.status}, as {preview.account}", style="dim")
    if preview.slot is not None:
        said.append(f", at {output.when(preview.slot)}", style="dim")
    if task.wanted_time is not None and task.tweet_url is None:
        said.append(f" (wanted at {output.when(task.wanted_time)})", style="dim")
    if preview.price is not None:
        said.append("\nX charges about ", style="dim")
        said.append(str(preview.price), style="yellow" if preview.price.dearer else "dim")
    if task.tweet_url:
        said.append(f"\n{task.tweet_url}", style="green")
    for reason in preview.why_not:
        said.append(f"\nnot posted: {reason}", style="yellow")
    output.console().print(Panel(said, title=Text(task.partition_key), title_align="left"))


def _draft(said: Text, preview: Preview, draft: Draft) -> None:
    """Words and media, and where they come from."""
    for part in preview.texts:
        said.append(f"{part.text}\n\n")
        said.append(f"{part.weight} of {preview.limit} characters\n", style="dim")
    if draft.was_cut:
        said.append(f"without {', '.join(draft.gave_way) or 'some of the words'}\n", style="dim")
    if draft.varied is not None:
        said.append(f"varied: {draft.varied}, since the account has posted its words\n", style="cyan")
    for medium in draft.media:
        _medium(said, medium)
    for unused in draft.unused:
        said.append(f"not used: {unused}\n", style="yellow")
    if labels := labels_of(draft):
        said.append(f"labels: {labels}\n", style="dim")
    if (edited := draft.edited) is not None:
        words = [name for name, is_it in (("text", edited.text), ("alt text", edited.alt_text)) if is_it]
        said.append(f"{' and '.join(words)} by {edited.actor}, {output.when(edited.at)}\n", style="cyan")
    said.append(f"metadata: {draft.sidecar or 'none: the words of the file name'}\n", style="dim")


def _medium(said: Text, medium: MediaFile) -> None:
    length = f", {medium.seconds:.1f} s" if medium.seconds is not None else ""
    size = f"{medium.width} × {medium.height}{length}, {medium.bytes:,} bytes"
    said.append(f"{medium.path}: {medium.media_type}, {size}\n", style="dim")
    if medium.alt_text:
        said.append(f"  it shows: {medium.alt_text}\n", style="dim")
    for captions in medium.captions:
        cues = f"{captions.cues:,} cue{'s' if captions.cues != 1 else ''}"
        said.append(f"  captions: {captions.display_name}, {cues} ({captions.path})\n", style="dim")

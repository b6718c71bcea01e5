"""What the pictures of a post show, for people who cannot see them, and what Gemini makes of it."""

from __future__ import annotations

from collections.abc import Sequence

from twitter_pipeline.publishing.drafts import Draft, MediaFile


def alt_text_of(draft: Draft) -> str:
    """What the pictures of a draft show, for people: of several, a line for each that is described."""
    texts = [draft.media[number].alt_text for number in described(draft.media)]
    if len(texts) <= 1:
        return "".join(texts)
    return "\n".join(f"{number}. {text}" for number, text in enumerate(texts, 1) if text)


def described(media: Sequence[MediaFile]) -> list[int]:
    """The numbers of the media that X keeps a description of: pictures; none of a video."""
    return [number for number, medium in enumerate(media) if medium.seconds is None]


def improved(
    draft: Draft, alt_texts: Sequence[str], original: str
) -> tuple[tuple[MediaFile, ...], tuple[str, ...], str]:
    """The media with an answer's descriptions; what was taken out of these; and what of them is not used, for people.

    What a person wrote stays. Mentions and links are those of the `original` words.
    """
    from twitter_pipeline.enhancing.guard import added
    from twitter_pipeline.enhancing.removing import without_added

    numbers = described(draft.media)
    by_person = () if draft.edited is None else draft.edited.described
    free = [number for number in numbers if draft.media[number].path not in by_person]
    if free and len(alt_texts) != len(numbers):  # one could only stand at the wrong picture
        return draft.media, (), _wrong_number(len(alt_texts), len(numbers))
    media, removed, why = list(draft.media), list[str](), list[str]()
    for number, text in zip(numbers, alt_texts, strict=False):
        held = f"{original} {media[number].alt_text}"
        if not text or number not in free:
            continue
        kept = without_added(text, held)
        if kept is None or not kept.text:
            why.append(added(text, held) or "nothing is left of it")
            continue
        media[number] = media[number].model_copy(update={"alt_text": kept.text})
        removed += kept.removed
    left_out = f"{len(why)} of its descriptions {_were(len(why))} not used ({why[0]})" if why else ""
    return tuple(media), tuple(removed), left_out


def _wrong_number(given: int, wanted: int) -> str:
    pictures = f"{wanted} picture{'' if wanted == 1 else 's'}"
    if not given:
        return "it does not describe the picture" if wanted == 1 else f"it describes none of the {pictures}"
    return f"its {given} description{'' if given == 1 else 's'} for {pictures} {_were(given)} not used"


def _were(number: int) -> str:
    return "was" if number == 1 else "were"

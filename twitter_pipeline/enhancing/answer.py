"""What Gemini said, taken as data: judged, cleaned, bounded; never rendered, never obeyed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from twitter_pipeline.content.tidy import clean, single_spaced

#: X's longest post. What is longer is no post.
MOST_TEXT = 25_000
MOST_TAGS = 10
#: X's longest description of a picture, in characters.
MOST_ALT_TEXT = 1_000

_FENCED = re.compile(r"```\w*\s*(.*?)\s*```", re.DOTALL)
#: Reasons to end that mean: it will not say this.
_BLOCKING = frozenset({"SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "LANGUAGE", "IMAGE_SAFETY"})
_ENDED_WELL = frozenset({"STOP", "FINISH_REASON_UNSPECIFIED", ""})


class Outcome(str, Enum):
    """What came of a request."""

    #: Sent, and nothing known yet.
    ASKED = "asked"
    ANSWERED = "answered"
    #: No answer in time.
    LATE = "late"
    #: The connection broke, a status that is no answer (5xx), or the run was told to stop.
    FAILED = "failed"
    #: Nobody was reached, or key or model was refused: it costs nothing, and a person can mend it.
    REFUSED = "refused"
    #: Google's limit is reached (429): it says when to ask again.
    LIMITED = "limited"
    EMPTY = "empty"
    BLOCKED = "blocked"
    #: Cut off, no JSON, other fields, beyond all bounds.
    MALFORMED = "malformed"
    #: What is left without the people and links of its own says nothing, or its words do not fit the template.
    UNFIT = "unfit"

    @property
    def may_be_asked_again(self) -> bool:
        """Whether the same question may get another answer, and nothing was paid for this one."""
        return self in (Outcome.ASKED, Outcome.LATE, Outcome.FAILED, Outcome.REFUSED, Outcome.LIMITED)

    @property
    def costs_nothing(self) -> bool:
        """Whether it was surely not answered: it may be asked again however often that happened."""
        return self in (Outcome.REFUSED, Outcome.LIMITED)


class NoAnswer(Exception):
    """There are no words to use; the message says why, for people."""

    def __init__(self, outcome: Outcome, why: str, *, wait: timedelta | None = None) -> None:
        super().__init__(why)
        self.outcome = outcome
        #: After what time Google takes the next request; None where it does not say.
        self.wait = wait


@dataclass(frozen=True)
class Reply:
    """What a library handed back, in words both have."""

    #: The candidate's words; empty when there is none.
    text: str
    #: Google's name for why it ended (STOP, SAFETY, …); empty when it gave none.
    finish: str = ""
    #: Google's name for why it refused the question; empty when it did not.
    blocked: str = ""
    input_tokens: int | None = None
    #: Its thinking included: that is paid too.
    output_tokens: int | None = None


class Words(BaseModel):
    """The words of an answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str
    #: Each with its "#".
    hashtags: tuple[str, ...] = ()
    #: What each picture shows, in their order; empty where it says nothing of one.
    alt_texts: tuple[str, ...] = ()


class _Said(BaseModel):
    """The shape asked for. What it adds to it is not looked at."""

    model_config = ConfigDict(strict=True)

    text: str = Field(max_length=MOST_TEXT)
    hashtags: list[str] = Field(default_factory=list, max_length=100)
    alt_texts: list[str] = Field(default_factory=list, max_length=100)


def read(reply: Reply) -> Words:
    """The words of a reply. Raises NoAnswer when there are none to use."""
    if reply.blocked:
        raise NoAnswer(Outcome.BLOCKED, f"it refused these words ({clean(reply.blocked)[:60]})")
    if reply.finish in _BLOCKING:
        raise NoAnswer(Outcome.BLOCKED, f"it withheld its answer ({reply.finish})")
    if reply.finish == "MAX_TOKENS":
        raise NoAnswer(Outcome.MALFORMED, "its answer was cut off (MAX_TOKENS)")
    if reply.finish not in _ENDED_WELL:
        raise NoAnswer(Outcome.EMPTY, f"it gave no answer ({clean(reply.finish)[:60]})")
    if not reply.text.strip():
        raise NoAnswer(Outcome.EMPTY, "its answer was empty")
    try:
        said = _Said.model_validate_json(reply.text)
    except ValidationError as error:
        raise NoAnswer(Outcome.MALFORMED, f"its answer has another shape: {_first(error)}") from None
    text = single_spaced(clean(said.text))
    if not text:
        raise NoAnswer(Outcome.EMPTY, "its text was empty")
    if _is_object(text):
        raise NoAnswer(Outcome.MALFORMED, "its text is JSON, not words")
    alt_texts = tuple(map(_description, said.alt_texts))
    return Words(text=text, hashtags=tuple(_tags(said.hashtags)), alt_texts=alt_texts)


def _is_object(text: str) -> bool:
    """Whether it is an object of JSON, within the signs of a block of code or without."""
    fenced = _FENCED.fullmatch(text)
    try:
        return isinstance(json.loads(fenced[1] if fenced else text), dict)
    except (ValueError, RecursionError):
        return False


def _description(said: str) -> str:
    """What X takes of a picture's description, to the end of a word."""
    text = single_spaced(clean(said[:MOST_TEXT]))
    if len(text) <= MOST_ALT_TEXT:
        return text
    kept, space, _ = text[: MOST_ALT_TEXT - 1].rpartition(" ")
    return f"{kept if space else text[: MOST_ALT_TEXT - 1]}…"


def _first(error: ValidationError) -> str:
    """The first mistake, without the words it is about."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(map(str, first["loc"]))
    message = "it is not JSON" if first["type"] == "json_invalid" else first["msg"]
    return f"{place}: {message}" if place else message


def _tags(said: list[str]) -> Iterator[str]:
    """Valid hashtags, each once. One text may hold several: "#cats #dogs"."""
    from twitter_pipeline.content.hashtags import merge

    parts = (part for tag in said for part in tag[:MOST_TEXT].replace("＃", "#").split("#"))
    tags = merge(parts, already=())
    return iter([tag for tag in tags if len(tag) <= 100][:MOST_TAGS])

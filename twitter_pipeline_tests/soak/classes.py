"""What goes wrong in a soak, by class. Each has accounts of its own, so that the sandbox's faults befall it alone.

Where a fault comes before X acts, the item is tried again; where it comes after, one is enough. So the chances differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

POST = "POST /2/tweets"
TIMELINE = "GET /2/users/{id}/tweets"
INITIALIZE = "POST /2/media/upload/initialize"
APPEND = "POST /2/media/upload/{id}/append"
FINALIZE = "POST /2/media/upload/{id}/finalize"
SUBTITLES = "POST /2/media/subtitles"

#: Two of one account may have the same words, and come one after the other.
ITEMS_AN_ACCOUNT = 80

#: A rule of the sandbox without its account.
Rule = dict[str, Any]

#: What befalls the processes that post a class's items.
Trouble = Literal["none", "network", "killed", "stopped"]


@dataclass(frozen=True)
class FaultClass:
    """One way for things to go wrong."""

    name: str
    rules: tuple[Rule, ...] = ()
    kind: Literal["image", "video", "album", "text"] = "image"
    trouble: Trouble = "none"
    #: Every two items have the same words: X takes one of them.
    twins: bool = False
    #: Whether the timeline can be unreadable: then an item may stay `unconfirmed` for a person.
    outage: bool = False
    #: How many items it gets for each of another class: what strikes processes misses some.
    share: int = 1


def _rule(call: str, kind: str, probability: float, **more: Any) -> Rule:
    return {"call": call, "kind": kind, "probability": probability, **more}


def _status(call: str, status: int, probability: float, **more: Any) -> Rule:
    return _rule(call, "status", probability, status=status, name=f"status_{status}", **more)


_LOST_ANSWERS = (_rule(POST, "drop_after", 0.7), _rule(POST, "drop", 0.2), _rule(POST, "hang_after", 0.2))
_HTML = "<html><body>Bad gateway</body></html>"

CLASSES = (
    FaultClass("reset before acting", (_rule(POST, "drop", 0.6),)),
    FaultClass("acted, not told", (_rule(POST, "drop_after", 0.95),)),
    FaultClass("answer cut", (_rule(POST, "cut", 0.6), _rule(POST, "cut_body", 0.9))),
    FaultClass("no answer", (_rule(POST, "hang", 0.3), _rule(POST, "hang_after", 0.9))),
    FaultClass("acts late", (_rule(POST, "delay", 0.95, seconds=1.2),)),
    FaultClass("called a repetition", (_rule(POST, "duplicate", 0.95),)),
    FaultClass(
        "5xx",
        (
            _status(POST, 500, 0.2),
            _status(POST, 503, 0.2, seconds=1),
            _status(POST, 502, 0.2, body=_HTML),
            _rule(POST, "status_after", 0.5, status=502, body=_HTML),
        ),
    ),
    FaultClass("429", (_status(POST, 429, 0.4, seconds=1), _rule(POST, "status", 0.6, status=429, name="bare_429"))),
    FaultClass("401, 402", (_status(POST, 401, 0.5), _status(POST, 402, 0.5))),
    FaultClass(
        "upload",
        (
            _rule(INITIALIZE, "drop_after", 0.4),
            _status(INITIALIZE, 503, 0.1),
            _rule(APPEND, "drop", 0.3),
            _rule(APPEND, "cut", 0.2),
            _rule(FINALIZE, "drop_after", 0.4),
            _status(FINALIZE, 500, 0.1),
        ),
    ),
    FaultClass("media id unknown", (_rule(FINALIZE, "late_media", 0.6, seconds=1), *_LOST_ANSWERS)),
    FaultClass(
        "processing",
        (
            _rule(FINALIZE, "stuck", 0.7, seconds=1),
            _rule(APPEND, "drop_after", 0.2),
            _rule(SUBTITLES, "drop_after", 0.2),
            _status(SUBTITLES, 503, 0.2),
            _rule(POST, "cut", 0.5),
        ),
        kind="video",
    ),
    FaultClass("timeline lags", (*_LOST_ANSWERS, {"call": TIMELINE, "kind": "lag", "seconds": 0.8, "times": "always"})),
    FaultClass("texts", _LOST_ANSWERS, kind="text"),
    FaultClass("albums", (*_LOST_ANSWERS, _rule(APPEND, "drop", 0.1)), kind="album"),
    FaultClass("same words twice", (_rule(POST, "drop_after", 0.4), _rule(POST, "drop", 0.2)), twins=True),
    FaultClass(
        "timeline outage",
        (*_LOST_ANSWERS, _status(TIMELINE, 503, 0.4), _rule(TIMELINE, "hang", 0.1), _status(TIMELINE, 429, 0.1)),
        outage=True,
    ),
    FaultClass("network", trouble="network"),
    FaultClass("killed", trouble="killed", share=2),
    FaultClass("stopped", trouble="stopped", share=3),
)

#: Each has a project of its own: its processes are treated in another way.
TROUBLES: tuple[Trouble, ...] = ("none", "network", "killed", "stopped")


def of_trouble(trouble: Trouble) -> list[FaultClass]:
    """The classes whose items are in the project of that trouble."""
    return [one for one in CLASSES if one.trouble == trouble]


def account_of(one: FaultClass, number: int) -> str:
    """The account that posts a class's item of that number: no account's timeline gets long."""
    return f"x{CLASSES.index(one)}_{number // ITEMS_AN_ACCOUNT}"


def class_of(account: str) -> FaultClass:
    """Whose items an account posts."""
    return CLASSES[int(account[1:].partition("_")[0])]

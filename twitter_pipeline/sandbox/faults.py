"""Faults on request: which of them befalls which request. What each does is in :mod:`.playing`.

They are kept in memory: a restarted sandbox is a healthy one.
"""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from twitter_pipeline.sandbox import fields
from twitter_pipeline.sandbox.problems import invalid

#: The fault that befalls a request, in the ASGI scope's extensions; absent when none does.
FAULT = "sandbox.fault"

#: What can go wrong:
#: status             answered with `status`, `headers` and `body` without acting
#: status_after       the same, after the request was carried out
#: duplicate          carried out, then answered with X's 403 for a post that is there already
#: drop               the connection is reset before anything is done
#: drop_after         the request is carried out, then the connection is reset without an answer
#: cut                the request is carried out, then the answer ends in the middle of its headers
#: cut_body           the same in the middle of its body
#: hang               the request is read, and neither carried out nor answered; the connection stays open
#: hang_after         the same, but carried out
#: delay              the request is carried out `seconds` later, also when the client has gone meanwhile
#: stuck              a video's processing stands at 99 % for `seconds` (0: for good)
#: processing_failed  a video's processing ends as failed
#: late_media         the media id is unknown to posts for `seconds` after processing
#: lag                posts younger than `seconds` are not listed
#: answer             Gemini's call only: carried out, and answered as `answer` says
KINDS = (
    *("status", "status_after", "duplicate", "drop", "drop_after", "cut", "cut_body", "hang", "hang_after", "delay"),
    *("stuck", "processing_failed", "late_media", "lag", "answer"),
)
_AFTER_UPLOAD = ("POST /2/media/upload/{id}/finalize", "POST /2/media/upload")
#: The calls that the other kinds make no sense for are not asked.
ONLY_AT = {
    "duplicate": ("POST /2/tweets",),
    "stuck": _AFTER_UPLOAD,
    "processing_failed": _AFTER_UPLOAD,
    "late_media": _AFTER_UPLOAD,
    "lag": ("GET /2/users/{id}/tweets",),
    "answer": ("POST /v1beta/models/{model}:generateContent",),
}

#: What Gemini can answer badly. `says`: the words in `body`, as text or as JSON.
#: `limited`: 429, with the `seconds` to wait in a RetryInfo.
ANSWERS = ("empty", "blocked", "safety", "not_json", "wrong_fields", "too_long", "max_tokens", "limited", "says")
_MOST = 1_000_000


def _times(path: str, value: Any) -> None:
    if value != "always":
        fields.whole(1, _MOST)(path, value)


_SHAPE = fields.record(
    {
        "call": fields.text(),
        "kind": fields.choice(*KINDS),
        "name": fields.text(least=1, most=100),
        "account": fields.text(least=1, most=64),
        "status": fields.whole(200, 599),
        "headers": fields.anything,
        "body": fields.anything,
        "seconds": fields.number(0, 86_400),
        "answer": fields.choice(*ANSWERS),
        "times": _times,
        "after": fields.whole(0, _MOST),
        "every": fields.whole(1, _MOST),
        "probability": fields.number(0, 1),
        "seed": fields.whole(-(2**63), 2**63),
    },
    required=("call", "kind"),
)


@dataclass
class Fault:
    """A fault for one call, e.g. ``POST /2/media/upload/{id}/append``."""

    call: str
    kind: str
    #: What it is called where it is reported; its kind unless told.
    name: str = ""
    #: Whose requests it befalls; everybody's when empty.
    account: str = ""
    status: int = 503
    headers: dict[str, str] = field(default_factory=dict)
    #: For `answer`: which.
    answer: str = ""
    #: JSON value or text; None for X's own words for that status.
    body: Any = None
    seconds: float = 0.0
    #: How many requests it still befalls.
    times: int | Literal["always"] = 1
    #: How many requests still pass before it.
    after: int = 0
    #: Befalls each so-manieth request.
    every: int | None = None
    #: Befalls a request with this probability, drawn from `seed`.
    probability: float | None = None
    seed: int = 0

    @property
    def chooses(self) -> bool:
        """Whether it passes some of the requests it could befall."""
        return self.every is not None or self.probability is not None


class _Rule:
    """A fault and the state of its choosing."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self._seen = 0
        self._randoms: dict[str, random.Random] = {}

    def takes(self, account: str) -> bool:
        """Whether it takes the request it is shown."""
        fault = self.fault
        if fault.every is not None:
            self._seen += 1
            return self._seen % fault.every == 0
        return fault.probability is None or self._random(account).random() < fault.probability

    def _random(self, account: str) -> random.Random:
        if account not in self._randoms:
            # Of each account alone: the order in which several get here is chance. And not from the seed alone: rules
            # with one seed would draw the same numbers, and fire one after the other.
            fault = self.fault
            self._randoms[account] = random.Random(f"{fault.seed} {fault.call} {fault.name} {account}")
        return self._randoms[account]


class Faults:
    """The faults that wait for their call. Each request goes along the line of them until one takes it."""

    def __init__(self, calls: Iterable[str]) -> None:
        self.calls = tuple(calls)
        self._waiting: list[_Rule] = []
        self._happened: Counter[tuple[str, str, str]] = Counter()
        self._lock = threading.Lock()

    def add(self, *bodies: Any) -> list[Fault]:
        """Take faults from a request's body, all or none. Raises a 400 that names the wrong field."""
        faults = [self._checked(body) for body in bodies]
        with self._lock:
            self._waiting += [_Rule(fault) for fault in faults]
        return faults

    def clear(self) -> None:
        """Let nothing more happen. What has happened is remembered."""
        with self._lock:
            self._waiting.clear()

    def forget(self) -> None:
        """Clear, and forget what has happened too."""
        with self._lock:
            self._waiting.clear()
            self._happened.clear()

    def waiting(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(rule.fault) for rule in self._waiting]

    def happened(self) -> list[dict[str, Any]]:
        """How many requests each fault has befallen, by call, name and account."""
        with self._lock:
            counts = sorted(self._happened.items())
        return [
            {"call": call, "fault": name, "account": account, "times": times} for (call, name, account), times in counts
        ]

    def next_for(self, call: str, account: str = "") -> Fault | None:
        """The fault that befalls this request, counted down. `account` is whose request it claims to be."""
        with self._lock:
            for rule in self._waiting:
                fault = rule.fault
                if fault.call != call or fault.account not in ("", account):
                    continue
                if fault.after:
                    fault.after -= 1
                    if not fault.chooses:
                        return None
                elif rule.takes(account):
                    self._count(rule, account)
                    return fault
        return None

    def _count(self, rule: _Rule, account: str) -> None:
        fault = rule.fault
        self._happened[fault.call, fault.name, account] += 1
        if fault.times != "always":
            fault.times -= 1
            if not fault.times:
                self._waiting.remove(rule)

    def _checked(self, body: Any) -> Fault:
        _SHAPE("", body)
        kind, call = body["kind"], body["call"]
        if call not in self.calls:
            raise invalid(f"$.call: must be one of {', '.join(self.calls)}", call=call)
        headers = body.get("headers", {})
        if not isinstance(headers, dict) or not all(isinstance(v, str) for v in headers.values()):
            raise invalid("$.headers: must be an object of strings", headers=headers)
        only_at = ONLY_AT.get(kind, self.calls)
        if (kind == "answer") != ("answer" in body) or (kind == "answer" and call not in only_at):
            raise invalid("$.answer: goes with the kind `answer`, at Gemini's call only", answer=body.get("answer", ""))
        if call not in only_at:
            raise invalid(f"$.kind: `{kind}` goes with {' and '.join(only_at)} only", kind=kind)
        if kind in ("late_media", "lag") and not body.get("seconds"):
            raise invalid(f"$.seconds: `{kind}` needs to be told how many", seconds=0)
        if "every" in body and "probability" in body:
            raise invalid("$.every: goes without `probability`", every=body["every"])
        fault = Fault(**body)
        fault.name = fault.name or kind
        if fault.chooses and "times" not in body:
            fault.times = "always"
        return fault

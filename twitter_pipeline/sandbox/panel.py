"""What the timeline page offers under "Faults": each a rule as :mod:`.faults` takes it, in words."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from twitter_pipeline.sandbox.faults import ANSWERS, ONLY_AT

_GATEWAY = "<html><body><h1>502 Bad Gateway</h1></body></html>"
#: Rules in words. Where `seconds` counts they stand there, to be changed.
_OFFERED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("503, try again later", {"kind": "status", "status": 503, "seconds": 5}),
    ("500", {"kind": "status", "status": 500}),
    ("502 as HTML", {"kind": "status", "status": 502, "body": _GATEWAY}),
    ("502 as HTML, though it was done", {"kind": "status_after", "status": 502, "body": _GATEWAY}),
    ("429 with a reset time", {"kind": "status", "status": 429, "seconds": 30}),
    ("429 without headers", {"kind": "status", "status": 429}),
    ("401, access revoked", {"kind": "status", "status": 401}),
    ("402, out of credit", {"kind": "status", "status": 402}),
    ("403", {"kind": "status", "status": 403}),
    ("403 duplicate, though it was done", {"kind": "duplicate"}),
    ("connection reset", {"kind": "drop"}),
    ("connection reset, though it was done", {"kind": "drop_after"}),
    ("answer cut in its headers, though it was done", {"kind": "cut"}),
    ("answer cut in its body, though it was done", {"kind": "cut_body"}),
    ("no answer ever", {"kind": "hang"}),
    ("no answer ever, though it was done", {"kind": "hang_after"}),
    ("done and answered late", {"kind": "delay", "seconds": 5}),
    ("processing stuck at 99 %", {"kind": "stuck", "seconds": 600}),
    ("processing fails", {"kind": "processing_failed"}),
    ("media id unknown to posts at first", {"kind": "late_media", "seconds": 5}),
    ("new posts are listed late", {"kind": "lag", "seconds": 60}),
    *((f"Gemini answers: {answer}", {"kind": "answer", "answer": answer}) for answer in ANSWERS if answer != "says"),
)
_HOW_OFTEN: tuple[tuple[str, dict[str, Any]], ...] = (
    ("once", {"times": 1}),
    ("3 times", {"times": 3}),
    ("10 times", {"times": 10}),
    ("every time", {"times": "always"}),
    ("every 3rd time", {"every": 3}),
    ("1 in 10, by chance", {"probability": 0.1}),
)


def offered(calls: Iterable[str]) -> dict[str, Any]:
    """What the page's template needs to offer faults at `calls`."""
    return {
        "calls": list(calls),
        "choices": [
            {"words": words, "rule": json.dumps(rule), "calls": json.dumps(ONLY_AT.get(rule["kind"], []))}
            for words, rule in _OFFERED
        ],
        "how_often": [{"words": words, "rule": json.dumps(rule)} for words, rule in _HOW_OFTEN],
    }

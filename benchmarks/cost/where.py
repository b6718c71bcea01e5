"""Where the processor time of a run goes, from the samples that `sampled/sitecustomize.py` took."""

from __future__ import annotations

import collections
import json
from collections.abc import Sequence
from pathlib import Path

#: What a stack is put down to when none of our code is in it, by what is: the first that fits counts.
_OTHERS = (("sqlalchemy", "Dagster: its storage"), ("dagster", "Dagster: running the ops"))
#: The same for our code, by the innermost of our modules.
_OURS = (
    ("twitter_pipeline/x/", "talking to X: signing, HTTP"),
    ("publishing/post.py:shielded", "talking to X: signing, HTTP"),
    ("twitter_pipeline/media/", "media: probing it, a small picture"),
    ("scanning/fingerprint.py", "media: its hash"),
    ("twitter_pipeline/content/", "text: template and fitting"),
    ("twitter_pipeline/config/", "config.yaml"),
)
#: What an import is put down to, by who of these begins it.
_IMPORTS = (
    ("twitter_pipeline/x/", "import: tweepy, requests"),
    ("twitter_pipeline/media/", "import: PyAV, Pillow"),
    ("twitter_pipeline/content/", "import: Jinja2, regex"),
    ("store/secrets.py", "import: cryptography"),
    ("twitter_pipeline/", "import: the rest of our code"),
)
_IMPORTING = "<frozen importlib._bootstrap>"


def seconds_a_run(samples: Path) -> dict[str, float]:
    """CPU-seconds a run by what they went into, the most first; the mean of all runs."""
    spent: collections.Counter[str] = collections.Counter()
    runs = 0
    for file in samples.glob("*.json"):
        process = json.loads(file.read_text())
        if not any("execute_run" in call for _, *stack in process["stacks"] for call in stack):
            continue  # a service, not a run
        runs += 1
        spent["forking"] += process["python"]
        for seconds, *stack in process["stacks"]:
            spent[_what(stack)] += seconds
    return {what: seconds / runs for what, seconds in spent.most_common()}


def _what(stack: Sequence[str]) -> str:
    if any(call.startswith(_IMPORTING) for call in stack):
        return _import(stack)
    ours = [index for index, call in enumerate(stack) if _is_ours(call)]
    if not ours:
        return next((what for package, what in _OTHERS if any(f"/{package}/" in call for call in stack)), "the rest")
    inside = stack[ours[-1] + 1 :]
    if any("/dagster/" in call for call in inside):
        return "Dagster: lines of the log as its events"
    if any("/sqlalchemy/" in call for call in inside):
        return "our database"
    return next((what for part, what in _OURS if part in stack[ours[-1]]), "our other code")


def _import(stack: Sequence[str]) -> str:
    modules = [call for call in stack if _is_ours(call)]
    if not modules:
        return "import: Dagster"
    # From within, since what we import may import more of ours.
    return next((what for part, what in _IMPORTS if any(part in call for call in modules)), "")


def _is_ours(call: str) -> bool:
    # What is below everything in a fork says nothing.
    return "twitter_pipeline/" in call and "site-packages" not in call and "/launching/server.py" not in call

"""The command: soaks on one database or both, and their report."""

from __future__ import annotations

import argparse
import contextlib
import random
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from twitter_pipeline_tests.soak.classes import CLASSES, class_of
from twitter_pipeline_tests.soak.direct import Direct, Result
from twitter_pipeline_tests.soak.judge import Tally, Verdict
from twitter_pipeline_tests.soak.whole import Whole
from twitter_pipeline_tests.support.postgres import OUR_SCHEMA, shared_server

_OUTAGES = frozenset(one.name for one in CLASSES if one.outage)
_COLUMNS = ("items", "hit", "published", "duplicates", "lost", "unconfirmed", "wrong", "refused", "captioned")
_MOST_TROUBLES = 20
#: CI's: enough for each class to be hit `HITS_A_CLASS` times, by far.
FULL = 2000
#: How many items of each class something must befall in a full soak: fewer would show little.
HITS_A_CLASS = 50


def main(arguments: Sequence[str]) -> int:
    """Run; 1 when an item was posted twice, lost or wrong, too many are unconfirmed, or too little went wrong."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--publishes", type=int, default=FULL, metavar="N", help="how many items, over all databases")
    parser.add_argument("--seed", type=int, help="what is made and done by chance; timing is not repeated")
    parser.add_argument("--database", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--through", choices=["workers", "dagster", "both"], default="workers")
    parser.add_argument("--dagster", type=int, default=150, metavar="N", help="how many items go through Dagster")
    options = parser.parse_args(arguments)
    seed = random.SystemRandom().randrange(10**6) if options.seed is None else options.seed
    print(f"seed {seed}; the same again: make soak N={options.publishes} SEED={seed}", flush=True)
    databases = ["sqlite", "postgresql"] if options.database == "both" else [options.database]
    plans: list[tuple[str, str, int]] = []
    if options.through != "dagster":
        plans += [("workers", database, -(-options.publishes // len(databases))) for database in databases]
    if options.through != "workers":
        plans.append(("dagster", databases[-1], options.dagster))
    verdicts = [_soak(*plan, seed) for plan in plans]  # the others, too, after one that went wrong
    good = all(verdict.good(_OUTAGES) for verdict in verdicts)
    if options.through != "dagster" and options.publishes >= FULL:
        few = too_few_hits(verdicts)
        print("\n".join(few), end="\n" if few else "", flush=True)
        good = good and not few
    print("each item once" if good else f"FAILED with seed {seed}", flush=True)
    return 0 if good else 1


def too_few_hits(verdicts: Sequence[Verdict]) -> list[str]:
    """The classes that too little befell, all databases together."""
    hits = {one.name: sum(verdict.tallies[one.name].hit for verdict in verdicts) for one in CLASSES}
    return [
        f"too little went wrong: {name}: {number} of {HITS_A_CLASS} items"
        for name, number in hits.items()
        if number < HITS_A_CLASS
    ]


def _soak(through: str, database: str, publishes: int, seed: int) -> Verdict:
    name = f"{through}, {database}"

    def say(line: str) -> None:
        print(f"{name:19} {line}", flush=True)

    with (
        tempfile.TemporaryDirectory(prefix="soak-", ignore_cleanup_errors=True) as folder,
        _url(database, Path(folder)) as url,
    ):
        soak = (Whole if through == "dagster" else Direct)(Path(folder), url, publishes=publishes, seed=seed, say=say)
        result = soak.run()
    print(report(name, result), flush=True)
    return result.verdict


def report(name: str, result: Result) -> str:
    """A table by class of fault, what was done, and the history of each item that is not as it should be."""
    faults = Counter[str]()
    for account, number in result.befell.items():
        faults[class_of(account).name] += number
    for of_class, what in (
        ("killed", "killed: killed"),
        ("stopped", "stopped: stopped"),
        ("network", "connections broken"),
    ):
        faults[of_class] += result.done[what]
    lines = [f"\n{name}, {result.seconds:.0f} s", _row("class of fault", "faults", _COLUMNS)]
    for of_class, tally in result.verdict.tallies.items():
        lines.append(_row(of_class, faults[of_class], _values(tally)))
    lines.append(_row("all", sum(faults.values()), _values(result.verdict.total())))
    lines.append(", ".join(f"{what} {number}" for what, number in sorted(result.done.items())))
    lines += result.verdict.troubles[:_MOST_TROUBLES]
    if (more := len(result.verdict.troubles) - _MOST_TROUBLES) > 0:
        lines.append(f"and {more} more")
    return "\n".join(lines)


def _values(tally: Tally) -> list[int]:
    return [getattr(tally, column) for column in _COLUMNS]


def _row(name: str, faults: object, values: Sequence[object]) -> str:
    return f"{name:20} {faults!s:>7} " + " ".join(f"{value!s:>11}" for value in values)


@contextlib.contextmanager
def _url(database: str, folder: Path) -> Iterator[str | None]:
    """An empty database; None for SQLite, which lies in the folder."""
    if database == "sqlite":
        yield None
        return
    with shared_server(folder / "postgresql") as server, server.database(migrated=False) as url:
        yield f"{url}?{OUR_SCHEMA}"

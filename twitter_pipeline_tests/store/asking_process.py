"""Asks about every task of a database, in threads: ``python -m … URL BUDGET START [the same]``.

Prints each task it may ask about; with "the same" all are the same question.

START is the epoch second at which all begin.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from datetime import datetime, timedelta, timezone

import sqlalchemy as sa

from twitter_pipeline.store import gemini
from twitter_pipeline.store.engine import connect, reading, writing
from twitter_pipeline.store.tables import publishing_tasks

THREADS = 3


def main(url: str, budget: int, start: float, same: bool) -> None:
    engine = connect(url)
    with reading(engine) as connection:
        ids = list(connection.scalars(sa.select(publishing_tasks.c.id).order_by(publishing_tasks.c.id)))
    time.sleep(max(0.0, start - time.time()))

    def work(number: int) -> None:
        for task_id in ids:
            with writing(engine) as connection:
                begun = gemini.begin(
                    connection,
                    task_id,
                    key=gemini.Key("the same", "" if same else str(task_id)),
                    model="gemini",
                    by=f"{os.getpid()}-{number}",
                    budget=budget,
                    again=frozenset({"asked", "failed"}),
                    patience=timedelta(minutes=10),
                    now=datetime.now(timezone.utc),
                )
            if isinstance(begun, gemini.Begun):
                print(f"{task_id}\n", end="", flush=True)  # at once: other threads print, too
                with writing(engine) as connection:
                    words = {"text": "A cat"}
                    gemini.finish(connection, begun, outcome="answered", words=words, now=datetime.now(timezone.utc))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), "the same" in sys.argv)

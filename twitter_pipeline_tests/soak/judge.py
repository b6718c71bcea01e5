"""What came of the items, judged by every post that the sandbox has accepted, deleted ones too."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from twitter_pipeline.store import log, tasks
from twitter_pipeline.store.engine import reading
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import publishing_attempts, publishing_log
from twitter_pipeline.store.tasks import Task
from twitter_pipeline_tests.soak.items import Expected

#: The share of items that may be unconfirmed where every timeline can be read.
MOST_UNCONFIRMED = 0.01


@dataclass
class Tally:
    """The items of one class."""

    items: int = 0
    #: Items on whose way something went wrong: a fault, a process killed or stopped, more than one attempt.
    hit: int = 0
    published: int = 0
    duplicates: int = 0
    lost: int = 0
    #: A post that is no item's, has other words, media or captions, or is another than the one that the task names.
    wrong: int = 0
    #: Videos whose captions went out with them.
    captioned: int = 0
    #: Left to a person, with what to do.
    unconfirmed: int = 0
    #: Refused, and says so: X takes the same words once.
    refused: int = 0


@dataclass
class Verdict:
    """What came of all of them."""

    tallies: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    #: An item's trouble with its history, for people.
    troubles: list[str] = field(default_factory=list)

    def total(self) -> Tally:
        sums = Counter[str]()
        for tally in self.tallies.values():
            sums.update(vars(tally))
        return Tally(**sums)

    def good(self, outages: frozenset[str]) -> bool:
        """`outages` are the classes whose timelines could not always be read."""
        total = self.total()
        readable = [tally for name, tally in self.tallies.items() if name not in outages]
        unconfirmed = sum(tally.unconfirmed for tally in readable)
        items = sum(tally.items for tally in readable)
        return total.duplicates + total.lost + total.wrong == 0 and unconfirmed <= MOST_UNCONFIRMED * items


def judge(
    engine: sa.Engine, items: Sequence[Expected], posts: Sequence[dict[str, Any]], struck: Collection[str] = ()
) -> Verdict:
    """Hold the sandbox's posts against the items, and the task table against both.

    `struck` are the runs that were killed or stood still at their item.
    """
    verdict = Verdict()
    with reading(engine) as connection:
        by_path = {(task.project_id, task.media_path): task for task in tasks.read(connection, tasks.select())}
    attempts, struck_tasks = _attempts(engine), _tasks_of(engine, struck)
    without_captions = _without_captions(engine)
    made: dict[object, list[dict[str, Any]]] = defaultdict(list)
    for post in posts:
        media = tuple(medium["sha256"] for medium in post["media"])
        made[media or (post["username"], post["text"])].append(post)
    taken = Counter[str]()
    for item in items:
        if item.fault_class.twins and made.get(item.media):
            taken[f"{item.account} {item.text}"] += 1
    for item in items:
        task = by_path.get((item.project, item.path))
        own = made.pop(item.media or (item.account, item.text), [])
        others = [made.pop((item.account, text), []) for text in item.more]
        tally = verdict.tallies[item.fault_class.name]
        wrong = _judge_one(tally, item, task, own, bool(taken[f"{item.account} {item.text}"]))
        if wrong is None and item.more:
            wrong = _judge_thread(tally, task, own, others)
        if wrong is None and task is not None and own:
            wrong = _judge_captions(tally, item, own[0], told=task.id in without_captions)
        tally.hit += any(post["fault"] for same in (own, *others) for post in same) or (
            task is not None and (task.id in struck_tasks or _was_hit(task, attempts[task.id]))
        )
        if wrong:
            there = [*own, *(post for same in others for post in same)]
            verdict.troubles.append(f"{wrong}: {item.fault_class.name}: {item}\n{_history(engine, task, there)}")
    for posts_of_nobody in made.values():
        verdict.tallies["(no item)"].wrong += len(posts_of_nobody)
        verdict.troubles += [f"wrong: a post that is no item's: {post}" for post in posts_of_nobody]
    return verdict


def _judge_one(
    tally: Tally, item: Expected, task: Task | None, own: Sequence[dict[str, Any]], twin_is_out: bool
) -> str | None:
    """Count one item; what is wrong with it."""
    tally.items += 1
    status = None if task is None else task.status
    if own:
        tally.published += 1
        tally.duplicates += len(own) - 1
        if len(own) > 1:
            return "duplicate"
        (post,) = own
        if post["username"] != item.account or post["text"] != item.text:
            tally.wrong += 1
            return "wrong words or account"
    if status is Status.COMPLETED and task is not None and [task.tweet_id] != [post["id"] for post in own]:
        tally.wrong += 1
        return "wrong: the task names another post"
    if status is Status.UNCONFIRMED:
        tally.unconfirmed += 1
        return None if item.fault_class.outage else "unconfirmed"
    if own and status is not Status.COMPLETED:
        tally.lost += 1
        return f"posted, and the task is {status}"
    if not own and item.fault_class.twins and twin_is_out and status is Status.FAILED:
        tally.refused += 1
        return None
    if not own:
        tally.lost += 1
        return f"lost (the task is {status})"
    return None


def _judge_thread(
    tally: Tally, task: Task | None, own: Sequence[dict[str, Any]], others: Sequence[Sequence[dict[str, Any]]]
) -> str | None:
    """Count what is wrong with the posts that follow the first of a thread, whose post is not; in words."""
    if (more := sum(max(0, len(same) - 1) for same in others)) > 0:
        tally.duplicates += more
        return "duplicate in its thread"
    there = [*own, *(post for same in others for post in same)]
    if [post["reply_to"] for post in there] != [None, *(post["id"] for post in there)][: len(there)]:
        tally.wrong += 1
        return "wrong: not a reply to the post before it"
    if task is not None and task.status is Status.COMPLETED and len(there) != 1 + len(others):
        tally.lost += 1
        return "lost: a part of its thread"
    return None


def _judge_captions(tally: Tally, item: Expected, post: dict[str, Any], *, told: bool) -> str | None:
    """Count a video's captions; what is wrong with them. Some may be missing only where the log has `told` so."""
    there = {(one["language"], one["sha256"]) for medium in post["media"] for one in medium["captions"]}
    tally.captioned += bool(there)
    if there == set(item.captions) or (told and there < set(item.captions)):
        return None
    tally.wrong += 1
    return f"wrong captions: {sorted(there)}"


def _without_captions(engine: sa.Engine) -> set[int]:
    """The tasks whose log says that a file of captions was left out: a post never waits for them for good."""
    columns = publishing_log.c
    with reading(engine) as connection:
        return set(connection.scalars(sa.select(columns.task_id).where(columns.action == "captions")))


def _was_hit(task: Task, attempts: Sequence[sa.RowMapping]) -> bool:
    return task.attempt > 1 or any(attempt["state"] != "confirmed" for attempt in attempts)


def _tasks_of(engine: sa.Engine, runs: Collection[str]) -> set[int]:
    """The tasks that these runs were at."""
    columns = publishing_log.c
    with reading(engine) as connection:
        rows = connection.execute(sa.select(columns.task_id, columns.run_id).where(columns.run_id.is_not(None)))
        return {task_id for task_id, run_id in rows.tuples() if run_id in runs}


def _attempts(engine: sa.Engine) -> dict[int, list[sa.RowMapping]]:
    found: dict[int, list[sa.RowMapping]] = defaultdict(list)
    with reading(engine) as connection:
        for row in connection.execute(sa.select(publishing_attempts).order_by(publishing_attempts.c.id)).mappings():
            found[row["task_id"]].append(row)
    return found


def _history(engine: sa.Engine, task: Task | None, own: Sequence[dict[str, Any]]) -> str:
    """All that is known of an item."""
    lines = [f"  post {post['id']} at {post['created_at']}, fault {post['fault']}: {post['text']!r}" for post in own]
    if task is None:
        return "\n".join([*lines, "  there is no task"])
    lines.append(f"  task {task.id}: {task.status}, attempt {task.attempt}, tweet {task.tweet_id}")
    with reading(engine) as connection:
        lines += [
            f"  {line.created_at:%H:%M:%S.%f} {line.action} → {line.status}: {line.message}"
            for line in log.of_task(connection, task.id)
        ]
    for row in _attempts(engine)[task.id]:
        told = {name: str(value) for name, value in row.items() if value is not None and name not in ("id", "text")}
        lines.append(f"  attempt {told}")
    return "\n".join(lines)

"""Two tasks in the real table, with X as a list; and what must hold of them after each move.

X's clock is the true one; ours may be off.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

import sqlalchemy as sa
import time_machine
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant

from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Settings
from twitter_pipeline.publishing import matching, post
from twitter_pipeline.publishing.drafts import Draft, UploadedMedia
from twitter_pipeline.publishing.outcomes import Outcome, Posted
from twitter_pipeline.publishing.session import Session
from twitter_pipeline.store import accounts, tasks
from twitter_pipeline.store.attempts import AttemptState, Content
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.looks import Open
from twitter_pipeline.store.status import TRANSITIONS, Event, Status
from twitter_pipeline.store.tables import (
    api_keys,
    publishing_attempts,
    publishing_log,
    publishing_tasks,
    timeline_posts,
)
from twitter_pipeline.store.tasks import Task
from twitter_pipeline.x import errors
from twitter_pipeline.x.posts import Listing, Post
from twitter_pipeline_tests.support.items import put_task

START = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)
WORDS = "Good morning!"
DRAFT = Draft(text=WORDS, weight=13, was_cut=False, media=(), sidecar=None)
UPLOADED = UploadedMedia(draft=DRAFT, media_ids=(), expires_at=None)
CONTENT = Content(WORDS, matching.text_key(WORDS))
PAGE = "https://x.example/cats/status"
#: X refuses what was signed longer ago.
SIGNATURE_LASTS = timedelta(minutes=5)
#: The longest time until the timeline lists a post.
LAG = timedelta(minutes=2)

MAY_BE_POSTED = ("sent", "unknown", "confirmed", "adopted")
PICK = st.integers(0, 7)


@dataclass
class Process:
    """A process that publishes, and how far it got."""

    session: Session
    #: held, allowed, told, looking.
    at: str = "held"
    #: X's time when the request was allowed to leave.
    allowed_at: datetime = START
    answer: tuple[AttemptState, Outcome, int | None] | None = None


@dataclass
class Reading:
    """A process that reads the timeline."""

    taken: list[Open]
    unanswered: list[Open]
    listing: Listing | None = None


@dataclass
class OnX:
    """A post on X."""

    id: str
    task_id: int
    at: datetime
    listed_at: datetime


@dataclass
class InFlight:
    """A request whose sender waits for no answer any more."""

    task_id: int
    allowed_at: datetime


@dataclass
class Seen:
    """What was seen of a task and may not be taken back."""

    fence: int = 0
    completed: tuple[str | None, ...] | None = None
    #: Attempts that are known to be posts, by number.
    final: dict[int, tuple[Any, ...]] = field(default_factory=dict)


class TableWorld(RuleBasedStateMachine):
    """Two items with the same words. `engine` and `settings` are set by the test."""

    engine: sa.Engine
    settings: Settings

    def __init__(self) -> None:
        super().__init__()
        self.x_now, self.off = START, timedelta(0)
        self.clock = time_machine.travel(START, tick=False)
        self.traveller = self.clock.start()
        self.processes: list[Process] = []
        self.readings: list[Reading] = []
        self.on_x: list[OnX] = []
        self.in_flight: list[InFlight] = []
        self.imported: set[int] = set()
        #: What goes out no more: cancelled, and neither retried nor asked for by hand since.
        self.cancelled: set[int] = set()
        self.runs = 0

    @initialize()
    def two_items(self) -> None:
        with writing(self.engine) as connection:
            for table in (timeline_posts, publishing_attempts, publishing_log, publishing_tasks):
                connection.execute(sa.delete(table))
            connection.execute(sa.update(api_keys).values(newest_post_id=None, wait_until=None, stopped_reason=None))
            self.account_id = accounts.by_name(connection, "sandbox").id
            accounts.looked_through(connection, self.account_id, now=START)
        self.ids = [put_task(self.engine, created_at=START, media_path=f"{name}.txt") for name in "ab"]
        self.seen = {task_id: Seen() for task_id in self.ids}

    # What must always hold.

    @invariant()
    def nothing_is_posted_twice(self) -> None:
        posted = [one.task_id for one in self.on_x]
        assert len(posted) == len(set(posted)), "a task is on X twice"

    @invariant()
    def the_table_is_true(self) -> None:
        if not hasattr(self, "ids"):
            return
        with reading(self.engine) as connection:
            rows = tasks.read(connection, tasks.select(publishing_tasks.c.id.in_(self.ids)))
            log = connection.execute(sa.select(publishing_log).order_by(publishing_log.c.id)).all()
            attempts = connection.execute(sa.select(publishing_attempts).order_by(publishing_attempts.c.id)).all()
        for task in rows:
            own = [attempt for attempt in attempts if attempt.task_id == task.id]
            lines = [line for line in log if line.task_id == task.id and line.action in {e.value for e in Event}]
            self._check_log(task, lines)
            self._check_attempts(task, own)
            self._check_way_on(task, own)

    def _check_log(self, task: Task, lines: list[Any]) -> None:
        """Each move has its line: they lead from `pending` to where the task stands, by the table of moves."""
        status, fence = Status.PENDING, 0
        for line in lines:
            transition = TRANSITIONS[Event(line.action)]
            # What was cancelled meanwhile ends where it would have gone on.
            froms = TRANSITIONS[Event(line.details.get("instead_of", line.action))].froms
            assert status in froms, f"{line.action} from {status}"
            assert line.status == transition.to.value
            assert status is not Status.COMPLETED
            status = transition.to
            fence += line.action in (Event.CLAIM.value, Event.STOP.value)
        assert status is task.status
        assert task.fence == fence
        assert task.fence >= self.seen[task.id].fence
        self.seen[task.id].fence = task.fence

    def _check_attempts(self, task: Task, attempts: list[Any]) -> None:
        seen = self.seen[task.id]
        assert sum(attempt.state in MAY_BE_POSTED for attempt in attempts) <= 1
        for attempt in attempts:
            if attempt.number in seen.final:
                assert tuple(attempt) == seen.final[attempt.number], "an attempt changed after it was confirmed"
            if attempt.state in ("confirmed", "adopted"):
                seen.final[attempt.number] = tuple(attempt)
                assert [one.task_id for one in self.on_x if one.id == attempt.tweet_id] == [task.id], "another's post"
        if seen.completed is not None:
            assert (task.status, task.tweet_id) == seen.completed
        if task.status is Status.COMPLETED:
            seen.completed = (task.status, task.tweet_id)

    def _check_way_on(self, task: Task, attempts: list[Any]) -> None:
        """Whatever the task waits for can come."""
        may_be_on_x = [attempt for attempt in attempts if attempt.state in MAY_BE_POSTED]
        if task.status is Status.RUNNING:
            assert task.lease_until is not None
        elif task.status is Status.UNCONFIRMED:
            assert [attempt.state in ("sent", "unknown") for attempt in may_be_on_x] == [True]
        elif task.status is not Status.COMPLETED:
            assert not may_be_on_x, f"no run would take it: {task.status}, {may_be_on_x[0].state}"

    # Helpers.

    def _at(self, at: str) -> list[Process]:
        return [process for process in self.processes if process.at == at]

    def _process(self, which: int, at: str | None = None) -> Process:
        among = self.processes if at is None else self._at(at)
        return among[which % len(among)]

    def _task(self, which: int) -> Task:
        with reading(self.engine) as connection:
            return tasks.get(connection, self.ids[which % len(self.ids)])

    def _lands(self, task_id: int) -> str:
        id = str((int(self.x_now.timestamp() * 1000) << 22) + len(self.on_x))
        self.on_x.append(OnX(id, task_id, self.x_now, self.x_now + LAG * (len(self.on_x) % 2)))
        return id

    def _listing(self, whole: bool) -> Listing:
        listed = [one for one in reversed(self.on_x) if one.listed_at <= self.x_now]
        posts = [Post(one.id, WORDS, WORDS, one.at, ()) for one in listed]
        return Listing(tuple(posts if whole else posts[:-1]), whole, self.x_now)

    def _answer(self, process: Process, how: str) -> tuple[AttemptState, Outcome, int | None]:
        """What X makes of a request, and the process hears of it."""
        task_id = process.session.task.id
        error: errors.XError
        if self.x_now - process.allowed_at > post.MUST_LEAVE_WITHIN or how == "no way":
            error = errors.NotSent("held back, or nobody could be reached")
        elif how == "yes":
            id = self._lands(task_id)
            return AttemptState.CONFIRMED, Posted("posted", id, f"{PAGE}/{id}"), None
        elif how == "lost after":
            self._lands(task_id)
            error = errors.OutcomeUnknown("cut off")
        elif how == "duplicate":
            self._lands(task_id)
            error = errors.DuplicateText("said twice", status=403)
        elif how == "400":
            error = errors.ItemRefused("no", status=400)
        elif how == "429":
            error = errors.WaitUntil("later", until=utc_now() + timedelta(minutes=1), status=429)
        else:
            if how == "delayed":
                self.in_flight.append(InFlight(task_id, process.allowed_at))
            error = errors.OutcomeUnknown("no answer")
        answer = post._answer_of(error)
        return answer.state, answer.outcome, answer.http_status

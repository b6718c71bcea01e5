"""What the model's world is made of: tasks and attempts as the table keeps them, processes, the network, X.

Everything is immutable and small, so that a search can keep every state it has seen. Times are ticks, and only how long
ago something was is kept, up to where it makes no difference any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

#: An attempt that was sent and has no answer (`store.attempts.UNANSWERED`).
UNANSWERED = ("sent", "unknown")
#: The post is on X (`store.attempts.MADE`).
MADE = ("confirmed", "adopted")
VISIBLE, DELETED = -1, -2


class Attempt(NamedTuple):
    """A row of `publishing_attempts`; of a task's attempts the last is of the present holder."""

    state: str = "prepared"
    #: Which post of a thread it is.
    part: int = 1
    #: How often whole readings did not show it (looked_from, missed_at), and how long ago the last one that counted
    #: was. None: the timeline is not read for it (look_at is null).
    looked: tuple[int, int] | None = None
    #: How many posts of the account were known when it was sent: its own is a later one (after_id).
    after: int = 0
    #: Its post on X, once that is known (tweet_id).
    post: int | None = None
    #: X answered 403 "duplicate content".
    duplicate: bool = False


class Task(NamedTuple):
    """A row of `publishing_tasks`. Each claim makes an attempt; so does its holder for the next post of a thread."""

    status: str = "pending"
    attempts: tuple[Attempt, ...] = ()
    claims: int = 0

    @property
    def made(self) -> int:
        """How many posts of its thread are on X for certain (`attempts.made`)."""
        return len({attempt.part for attempt in self.attempts if attempt.state in MADE})

    def may_be_on_x(self, parts: int) -> bool:
        """`attempts.may_be_on_x`."""
        return self.made == parts or any(attempt.state in UNANSWERED for attempt in self.attempts)


class Run(NamedTuple):
    """A process that publishes; `at` is where it stands in `publishing.post`."""

    at: str = "none"
    task: int = 0
    attempt: int = 0
    #: Ticks since it was allowed to send; since it signed.
    since_sent: int = 0
    since_signed: int = 0
    #: What it knows of its post: X's answer, or that the timeline shows it; and the post (-1: none).
    said: str = ""
    post: int = -1


class Request(NamedTuple):
    """A request on its way to X."""

    task: int
    attempt: int
    #: Ticks since it left; since it was signed.
    age: int
    since_signed: int


class Post(NamedTuple):
    """A post on X. Its place in the list is its id."""

    task: int
    #: Ticks since it landed while the timeline does not list it yet, or VISIBLE, or DELETED by its owner.
    hidden: int
    part: int = 1


class Look(NamedTuple):
    """An unanswered attempt, as a reading took it down."""

    task: int
    attempt: int
    #: Whether its task was unconfirmed; the others are only there so that no post of theirs is taken for another's.
    unconfirmed: bool
    #: How often it had been missed, and whether it was time to count once more, when X answered.
    missed: int = 0
    ripe: bool = False


class Reading(NamedTuple):
    """A process that reads the timeline (`publishing.reconciling.look`)."""

    looks: tuple[Look, ...]
    answered: bool = False
    #: The posts that X listed.
    shown: tuple[int, ...] = ()
    #: Ticks since X answered.
    age: int = 0


class State(NamedTuple):
    """Everything there is, at one moment."""

    tasks: tuple[Task, ...]
    runs: tuple[Run, ...]
    on_the_way: tuple[Request, ...] = ()
    posts: tuple[Post, ...] = ()
    readings: tuple[Reading, ...] = ()
    #: How many posts of the account are known here, counted by the newest (newest_post_id).
    known: int = 0
    #: How many more times a whole reading may fail to list what it listed before.
    flaps: int = 0

    def held(self, run: Run) -> bool:
        """Whether the run's lease and fence are still the task's."""
        task = self.tasks[run.task]
        return task.status == "running" and run.attempt == len(task.attempts) - 1

    def with_task(self, index: int, task: Task) -> State:
        return self._replace(tasks=(*self.tasks[:index], task, *self.tasks[index + 1 :]))

    def with_run(self, old: Run, new: Run) -> State:
        """Runs are alike: their order says nothing, so equal states are found to be equal."""
        runs = list(self.runs)
        runs.remove(old)
        return self._replace(runs=tuple(sorted((*runs, new))))


@dataclass(frozen=True)
class Rules:
    """The rules of the protocol. A test breaks one at a time, and the search must find what comes of it."""

    #: `post._allow`: `sent` is committed before the request leaves.
    commits_sent: bool = True
    #: `attempts.mark_sent`: only who holds the lease marks.
    checks_lease: bool = True
    #: `attempts.words_in_flight`: what only its words tell apart waits for the answer to the other.
    waits_for_same_words: bool = True
    #: Before the first byte, in order: `requests` signs; `post.create`'s last check, in `x.session`: is `sent` fresh?
    before_the_first_byte: tuple[str, ...] = ("sign", "check")
    #: `session.settle`: a run that ends early with an unanswered attempt has lost track.
    settling_sees_sent: bool = True
    #: `reaper._how_it_ended`: so has one that died.
    reaper_sees_sent: bool = True
    #: `post._answer_of`: 403 "duplicate" is no refusal; the first copy may be this very request.
    duplicate_is_unknown: bool = True
    #: `session._settle_late`: what has posted, or found its post, after the reaper came, completes the task even so;
    #: wherever that stands by then.
    late_yes_completes: tuple[str, ...] = ("running", "unconfirmed", "pending", "queued", "failed", "cancelled")
    #: `session.late_no`: a No that comes after the reaper moves the `unconfirmed` task on.
    late_no_counts: bool = True
    #: `reconciling._act`: how many readings must miss a post, the second settle_time after the first, the third a pause
    #: after that.
    settle: int = 3
    pause: int = 1
    readings: int = 3
    #: `x.posts.timeline`, `reconciling._act`: a listing that breaks off counts for nothing.
    whole_readings_only: bool = True
    #: `reconciling.look`: what is looked for is taken down before X is asked.
    loads_first: bool = True
    #: `reconciling._absent`: only the attempt that was looked for is taken for absent.
    judges_the_attempt: bool = True
    #: `threads.next_content`: what is sent next is the first post of a thread that is not on X.
    goes_on_with_the_next: bool = True
    #: `session.keep_part`, `decide.decide`: a post that others follow lets an `unconfirmed` task go on, whoever has it.
    part_goes_on: bool = True
    #: `looks.known`: a post that another attempt made is not matched.
    leaves_known_posts: bool = True


@dataclass(frozen=True)
class World:
    """How large the model is, and what may go wrong in it besides crashes, lost requests and lost answers."""

    #: How many attempts each task gets; all tasks have the same words and no media.
    attempts: tuple[int, ...] = (2,)
    #: Of how many posts each item is.
    parts: int = 1
    #: How many processes publish, and read the timeline, at once.
    runs: int = 2
    readers: int = 1
    #: The longest time until the timeline lists a post, in ticks.
    lag: int = 1
    #: The longest time a request is on its way; None: any, X refuses it by its signature.
    delay: int | None = 1
    #: X refuses what was signed longer ago; None: never.
    signature_lasts: int | None = None
    #: Whether a process may stand still between committing `sent` and its first byte.
    freezes: bool = False
    #: How many times a whole reading may lack what is there.
    flaps: int = 0
    #: Runs are interrupted, and the database goes away while an answer is written down.
    interrupts: bool = False
    #: The account's owner deletes posts.
    owner_deletes: bool = False

    def start(self) -> State:
        """Nothing has happened yet."""
        return State(tuple(Task() for _ in self.attempts), (Run(),) * self.runs, flaps=self.flaps)

"""The steps of the protocol, each named after the function of the real code that it stands for.

`steps` yields every way on from a state: what happened in words, whether it is a fault, and the state after. Whatever
is one transaction in the real code is one step here; between two steps anything else may happen, for any time.
"""

from __future__ import annotations

from collections.abc import Iterator

from twitter_pipeline_tests.model import reading
from twitter_pipeline_tests.model.state import (
    DELETED,
    UNANSWERED,
    VISIBLE,
    Attempt,
    Post,
    Request,
    Rules,
    Run,
    State,
    Task,
    World,
)

#: What happened, whether it is a fault (a person's or X's whim, too), and what is then.
Step = tuple[str, bool, State]
NAMES = "ABC"
#: The run has committed `sent`, and its first byte has not left.
IN_THE_WINDOW = ("sent", "signed", "checked")


def steps(state: State, rules: Rules, world: World) -> Iterator[Step]:
    """Everything that can happen next."""
    for index, task in enumerate(state.tasks):
        yield from _sensor_and_people(state, index, task, world)
        yield from _reaper(state, index, task, rules, world)
    for run in dict.fromkeys(state.runs):
        if run.at != "none":
            yield from _run(state, run, rules, world)
    for request in state.on_the_way:
        yield from _x(state, request, world)
    for index, post in enumerate(state.posts):
        if post.hidden >= 0:
            yield f"the timeline lists post {index + 1}", False, _with_post(state, index, VISIBLE)
        if world.owner_deletes and post.hidden != DELETED:
            yield f"the owner deletes post {index + 1}", True, _with_post(state, index, DELETED)
    yield from reading.steps(state, rules, world)
    yield from _tick(state, rules, world)


def _sensor_and_people(state: State, index: int, task: Task, world: World) -> Iterator[Step]:
    """`due.take` and `session.open_session`: from the queue, or by hand from whatever nobody works on."""
    name, room = NAMES[index], task.claims < world.attempts[index]
    if task.status == "pending" and room:
        yield f"{name} is queued", False, state.with_task(index, task._replace(status="queued"))
    by_hand = task.status in ("pending", "failed", "cancelled")
    if not (by_hand or task.status == "queued"):
        return
    if task.may_be_on_x(world.parts):
        if task.status == "queued":
            said = f"a run does not take {name}, which may be on X; the reaper puts it back"
            yield said, False, state.with_task(index, task._replace(status="pending"))
    elif room and Run() in state.runs:
        who = "a person launches" if by_hand else "a run takes"
        new = task._replace(status="running", attempts=(*task.attempts, Attempt()), claims=task.claims + 1)
        after = state.with_task(index, new).with_run(Run(), Run("held", index, len(task.attempts)))
        yield f"{who} {name}, attempt {len(new.attempts)}", by_hand, after


def _reaper(state: State, index: int, task: Task, rules: Rules, world: World) -> Iterator[Step]:
    """`reaper._free_running`. The lease may run out at any time: the holder stands still, or a clock jumps."""
    if task.status != "running":
        return
    alive = any(run.at != "none" and run.task == index and state.held(run) for run in state.runs)
    lost_track = rules.reaper_sees_sent and task.may_be_on_x(world.parts)
    to = "unconfirmed" if lost_track else _backed_off(task, index, world)
    yield f"the reaper takes {NAMES[index]} back: {to}", alive, state.with_task(index, task._replace(status=to))


def _run(state: State, run: Run, rules: Rules, world: World) -> Iterator[Step]:
    who = f"the run of {NAMES[run.task]}, attempt {run.attempt + 1},"
    yield f"{who} dies", True, state.with_run(run, Run())
    task = state.tasks[run.task]
    if run.at == "held":
        if world.interrupts:
            yield f"{who} is ended by a person", True, _settled(state, run, "cancelled").with_run(run, Run())
        yield _allow(state, run, task, who, rules, world)
    elif run.at in IN_THE_WINDOW:
        todo = rules.before_the_first_byte[IN_THE_WINDOW.index(run.at) :]
        if todo and todo[0] == "check" and run.since_sent > 0:
            yield f"{who} finds that `sent` is too old", False, _not_sent(state, run, rules, world)
        elif todo:
            after = IN_THE_WINDOW[IN_THE_WINDOW.index(run.at) + 1]
            signed = 0 if todo[0] == "sign" else run.since_signed
            said = {"sign": "signs its request", "check": "finds that `sent` is fresh"}[todo[0]]
            yield f"{who} {said}", False, state.with_run(run, run._replace(at=after, since_signed=signed))
        else:
            request = Request(run.task, run.attempt, 0, run.since_signed)
            left = state._replace(on_the_way=tuple(sorted((*state.on_the_way, request))))
            waiting = Run("waiting", run.task, run.attempt)
            yield f"{who} lets the request leave", False, left.with_run(run, waiting)
        yield f"{who} cannot connect to X", True, _not_sent(state, run, rules, world)
    elif run.at == "waiting":
        said = f"{who} gets no answer in time"
        yield said, False, state.with_run(run, run._replace(at="told", said="nothing"))
    elif run.at == "told":
        yield f"{who} writes down: {run.said}", False, _write_down(state, run, rules, world)
        if world.interrupts:
            to = "unconfirmed" if rules.settling_sees_sent and task.may_be_on_x(world.parts) else "pending"
            said = f"{who} cannot write that down, and settles: {to}"
            yield said, True, _settled(state, run, to).with_run(run, Run())
    elif run.at == "looking":
        for post in reading.find(state, run, rules):
            found = run._replace(at="told", said=f"post {post + 1} is on the timeline", post=post)
            yield f"{who} finds post {post + 1} on the timeline", False, state.with_run(run, found)
        said = f"{who} does not find its post, and settles: unconfirmed"
        yield said, False, _settled(state, run, "unconfirmed").with_run(run, Run())


def _allow(state: State, run: Run, task: Task, who: str, rules: Rules, world: World) -> Step:
    """`post._allow`: one transaction, which locks the rows of the task and of the account."""
    gone = state.with_run(run, Run())
    if task.may_be_on_x(world.parts):
        to = "completed" if task.made == world.parts else "unconfirmed"
        return f"{who} finds that it may be on X", False, _settled(gone, run, to)
    part = task.made + 1 if rules.goes_on_with_the_next else 1
    others = (other for index, other in enumerate(state.tasks) if index != run.task)
    if rules.waits_for_same_words and any(
        attempt.state in UNANSWERED and attempt.part == part and other.status in ("running", "unconfirmed")
        for other in others
        for attempt in other.attempts
    ):
        return f"{who} waits: the same words are in flight", False, _settled(gone, run, "pending")
    if rules.checks_lease and not state.held(run):
        return f"{who} has lost its lease, and stops", False, gone
    attempt = Attempt("sent" if rules.commits_sent else "prepared", part, (0, 0), state.known)
    after = _with_attempt(state, run.task, run.attempt, attempt)
    return f"{who} commits `sent`", False, after.with_run(run, run._replace(at="sent"))


def _not_sent(state: State, run: Run, rules: Rules, world: World) -> State:
    """`post._write_down` of NotSent: prepared again, and Dagster's RetryPolicy tries once more."""
    after = state.with_run(run, Run("held", run.task, run.attempt))
    if _attempt(state, run).state not in UNANSWERED:
        return after
    after = _with_attempt(after, run.task, run.attempt, Attempt())
    return _late_no(after, run, _backed_off(state.tasks[run.task], run.task, world), rules)


def _write_down(state: State, run: Run, rules: Rules, world: World) -> State:
    """`post._write_down` and `post._posted`: `attempts.answer` and `session.settle` in one transaction."""
    attempt = _attempt(state, run)
    after = state.with_run(run, Run())
    if run.post >= 0 and run.said != "403 duplicate":
        if attempt.state in (*UNANSWERED, "absent"):
            how = "confirmed" if run.said == "yes" else "adopted"
            after = _with_attempt(after, run.task, run.attempt, attempt._replace(state=how, looked=None, post=run.post))
            after = _yes(after._replace(known=max(state.known, run.post + 1)), run, rules, world)
        return after
    if run.said == "no" or (run.said == "403 duplicate" and not rules.duplicate_is_unknown):
        to = "failed" if run.said == "no" else "pending"
        if attempt.state in UNANSWERED:
            after = _with_attempt(after, run.task, run.attempt, attempt._replace(state="refused", looked=None))
            after = _late_no(after, run, to, rules)
        return _settled(after, run, to)
    if attempt.state in UNANSWERED:
        duplicate = run.said == "403 duplicate"
        after = _with_attempt(state, run.task, run.attempt, attempt._replace(state="unknown", duplicate=duplicate))
        return after.with_run(run, Run("looking", run.task, run.attempt))
    return after


def _yes(state: State, run: Run, rules: Rules, world: World) -> State:
    """The post is there: the task is completed, also when its run was taken for dead meanwhile.

    Where it is not the last of a thread, the run goes on with the next, or the task with another run.
    """
    task = state.tasks[run.task]
    if task.attempts[run.attempt].part < world.parts:
        if state.held(run):
            on = task._replace(attempts=(*task.attempts, Attempt()))
            return state.with_task(run.task, on).with_run(Run(), Run("held", run.task, len(task.attempts)))
        goes_on = rules.part_goes_on and task.status == "unconfirmed" and run.attempt == len(task.attempts) - 1
        return state.with_task(run.task, task._replace(status="pending")) if goes_on else state
    if state.held(run) or task.status in rules.late_yes_completes:
        return state.with_task(run.task, task._replace(status="completed"))
    return state


def _late_no(state: State, run: Run, to: str, rules: Rules) -> State:
    """The answer comes after the reaper: the task that waits for it goes on."""
    task = state.tasks[run.task]
    if rules.late_no_counts and task.status == "unconfirmed" and run.attempt == len(task.attempts) - 1:
        return state.with_task(run.task, task._replace(status=to))
    return state


def _settled(state: State, run: Run, to: str) -> State:
    """`claims.settle`: nothing changes when the lease was lost."""
    if not state.held(run):
        return state
    return state.with_task(run.task, state.tasks[run.task]._replace(status=to))


def _x(state: State, request: Request, world: World) -> Iterator[Step]:
    """What becomes of a request on its way."""
    what = f"the request of {NAMES[request.task]}, attempt {request.attempt + 1},"
    on_the_way = list(state.on_the_way)
    on_the_way.remove(request)
    gone = state._replace(on_the_way=tuple(on_the_way))
    if world.signature_lasts is not None and request.since_signed > world.signature_lasts:
        yield f"{what} is refused: signed too long ago", False, _told(gone, request, "no")
        return
    yield f"{what} is lost", True, gone
    yield f"{what} is refused by X", True, _told(gone, request, "no")
    part = state.tasks[request.task].attempts[request.attempt].part
    landed = gone._replace(posts=(*gone.posts, Post(request.task, 0, part)))
    number = len(landed.posts)
    yield f"{what} lands as post {number}", False, _told(landed, request, "yes", number - 1)
    yield f"{what} lands as post {number}, and the answer is lost", True, landed
    yield f"{what} lands as post {number}, and X says 403 duplicate", True, _told(landed, request, "403 duplicate")


def _told(state: State, request: Request, said: str, post: int = -1) -> State:
    for run in state.runs:
        if run.at == "waiting" and (run.task, run.attempt) == (request.task, request.attempt):
            return state.with_run(run, run._replace(at="told", said=said, post=post))
    return state


def _tick(state: State, rules: Rules, world: World) -> Iterator[Step]:
    """Time passes, unless something must happen before."""
    if world.delay is not None and any(request.age >= world.delay for request in state.on_the_way):
        return
    if any(post.hidden >= world.lag for post in state.posts):
        return
    if not world.freezes and any(run.at in IN_THE_WINDOW for run in state.runs):
        return
    longest = (world.signature_lasts or 0) + 1

    def older(run: Run) -> Run:
        if run.at not in IN_THE_WINDOW:
            return run
        return run._replace(since_sent=min(run.since_sent + 1, 1), since_signed=min(run.since_signed + 1, longest))

    after = state._replace(
        runs=tuple(sorted(map(older, state.runs))),
        on_the_way=tuple(
            request._replace(
                age=0 if world.delay is None else request.age + 1, since_signed=min(request.since_signed + 1, longest)
            )
            for request in state.on_the_way
        ),
        posts=tuple(post if post.hidden < 0 else post._replace(hidden=post.hidden + 1) for post in state.posts),
        **reading.older(state, rules),
    )
    if after != state:
        yield "time passes", False, after


def _backed_off(task: Task, index: int, world: World) -> str:
    """`decide` of Failed and Died: another attempt while there are retries."""
    return "pending" if task.claims < world.attempts[index] else "failed"


def _attempt(state: State, run: Run) -> Attempt:
    return state.tasks[run.task].attempts[run.attempt]


def _with_attempt(state: State, task: int, index: int, attempt: Attempt) -> State:
    old = state.tasks[task]
    return state.with_task(task, old._replace(attempts=(*old.attempts[:index], attempt, *old.attempts[index + 1 :])))


def _with_post(state: State, index: int, hidden: int) -> State:
    post = state.posts[index]._replace(hidden=hidden)
    return state._replace(posts=(*state.posts[:index], post, *state.posts[index + 1 :]))

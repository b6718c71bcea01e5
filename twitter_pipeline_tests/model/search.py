"""Looking through every state that can be reached: what must never be, and whether there is always a way to an end."""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from twitter_pipeline_tests.model.protocol import NAMES, steps
from twitter_pipeline_tests.model.state import DELETED, UNANSWERED, Rules, State, Task, World


@dataclass(frozen=True)
class Found:
    """A state that must not be, and the shortest way to it."""

    wrong: str
    trace: tuple[str, ...]

    def __str__(self) -> str:
        lines = [f"{number:3}. {what}" for number, what in enumerate(self.trace, 1)]
        return "\n".join([f"{self.wrong}:", *lines])


@dataclass(frozen=True)
class Result:
    """What a search came to."""

    states: int
    found: Found | None


def search(rules: Rules, world: World, *, most: int = 3_000_000) -> Result:
    """Every reachable state, breadth first. Raises RuntimeError when there are more than `most`."""
    with _no_garbage():
        return _search(rules, world, most)


def _search(rules: Rules, world: World, most: int) -> Result:
    start = world.start()
    came: dict[State, tuple[State, str] | None] = {start: None}
    #: Where a state leads when nothing goes wrong any more.
    without_faults: dict[State, list[State]] = {}
    waiting = deque([start])
    while waiting:
        state = waiting.popleft()
        on = without_faults[state] = []
        for what, fault, after in steps(state, rules, world):
            if not fault:
                on.append(after)
            if after in came:
                continue
            came[after] = (state, what)
            if (wrong := _wrong(after)) is not None:
                return Result(len(came), Found(wrong, _trace(came, after)))
            waiting.append(after)
        if len(came) > most:
            raise RuntimeError(f"more than {most} states: the model has grown out of its bounds")
    for state in _stuck(without_faults, world):
        return Result(len(came), Found(_how_it_is_stuck(state, world), _trace(came, state)))
    return Result(len(came), None)


@contextmanager
def _no_garbage() -> Iterator[None]:
    """Everything a search makes is kept: looking for garbage among it costs as much as the search."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _wrong(state: State) -> str | None:
    """What must never be."""
    for index, task in enumerate(state.tasks):
        on_x = [post.part for post in state.posts if post.task == index and post.hidden != DELETED]
        if len(on_x) > len(set(on_x)):
            return f"{NAMES[index]} is on X twice"
        for attempt in task.attempts:
            if attempt.post is None:
                continue
            post = state.posts[attempt.post]
            if post.task != index:
                return f"{NAMES[index]} was given the post of {NAMES[post.task]}"
            if post.part != attempt.part:
                return f"a post of {NAMES[index]} was given the place of another"
    return None


def _has_ended(task: Task, attempts: int, parts: int) -> bool:
    """Whether a task may stay as it is: posted; failed or cancelled, and surely not posted; or before a person."""
    unanswered = [attempt for attempt in task.attempts if attempt.state in UNANSWERED]
    if task.status == "unconfirmed":
        return any(attempt.looked is None for attempt in unanswered)
    if task.status in ("failed", "cancelled"):
        return not task.may_be_on_x(parts)
    # Where the model has no more attempts for it, a task that waits has not been lost.
    out_of_attempts = task.status == "pending" and task.claims >= attempts
    return task.status == "completed" or (out_of_attempts and not task.may_be_on_x(parts))


def _waits_for_a_person(state: State) -> bool:
    return any(
        task.status == "unconfirmed" and any(a.state in UNANSWERED and a.looked is None for a in task.attempts)
        for task in state.tasks
    )


def _is_end(state: State, world: World) -> bool:
    ended = [_has_ended(task, most, world.parts) for task, most in zip(state.tasks, world.attempts, strict=True)]
    # What has the same words as an item that a person has yet to decide about waits for that, and says so.
    return all(ended) or (
        _waits_for_a_person(state)
        and all(done or task.status == "pending" for done, task in zip(ended, state.tasks, strict=True))
    )


def _stuck(on: dict[State, list[State]], world: World) -> list[State]:
    """The states, nearest first, from which no end is reached even when nothing goes wrong any more."""
    before: dict[State, list[State]] = {}
    for state, afters in on.items():
        for after in afters:
            before.setdefault(after, []).append(state)
    reaching = {state for state in on if _is_end(state, world)}
    waiting = deque(reaching)
    while waiting:
        for earlier in before.get(waiting.popleft(), ()):
            if earlier not in reaching:
                reaching.add(earlier)
                waiting.append(earlier)
    return [state for state in on if state not in reaching]


def _how_it_is_stuck(state: State, world: World) -> str:
    stuck = [
        f"{NAMES[index]} is {task.status} for ever, its attempts {', '.join(a.state for a in task.attempts) or 'none'}"
        for index, task in enumerate(state.tasks)
        if not _has_ended(task, world.attempts[index], world.parts)
    ]
    return "; ".join(stuck)


def _trace(came: dict[State, tuple[State, str] | None], state: State) -> tuple[str, ...]:
    trace: list[str] = []
    while (step := came[state]) is not None:
        state, what = step
        trace.append(what)
    return tuple(reversed(trace))

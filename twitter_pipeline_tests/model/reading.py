"""Reading the timeline: what `publishing.reconciling` does, in its three moments.

1  the unanswered attempts of the account are taken down
2  X answers: the posts its timeline lists then
3  in one transaction: found, or missed once more, or surely not there
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from twitter_pipeline_tests.model.state import UNANSWERED, VISIBLE, Attempt, Look, Reading, Rules, Run, State, World


def steps(state: State, rules: Rules, world: World) -> Iterator[tuple[str, bool, State]]:
    """What a process that reads the timeline can do next (`reconciling.look`)."""
    looks = _unanswered(state)
    if len(state.readings) < world.readers and any(_is_open(state, look) for look in looks):
        yield "a reading begins", False, _with_reading(state, None, Reading(looks))
    for reading in dict.fromkeys(state.readings):
        gone = _with_reading(state, reading, None)
        yield "the reader dies", True, gone
        if reading.answered:
            yield "the reading is judged", False, _judge(gone, reading, rules, world)
            continue
        shown = _listing(state)
        listed = ", ".join(f"post {post + 1}" for post in shown) or "nothing"
        yield f"X lists {listed}", False, _with_reading(state, reading, _answered(state, reading, shown, rules))
        yield "the timeline is refused for good: a person decides", True, _given_up(gone, reading)
        short = _with_reading(state, reading, _answered(state, reading, (), rules))
        if shown and not rules.whole_readings_only:
            yield "the listing breaks off, and passes for a whole one", True, short
        if shown and state.flaps:
            yield "X lists nothing, this once", True, short._replace(flaps=state.flaps - 1)


def find(state: State, run: Run, rules: Rules) -> Iterator[int]:
    """`reconciling.find`: the run that lost the answer sees its post."""
    looks = _unanswered(state)
    found, unclear = _match(state, looks, _listing(state), rules)
    for look in looks:
        post = found[look]
        if (look.task, look.attempt) == (run.task, run.attempt) and post is not None and not unclear:
            yield post


def older(state: State, rules: Rules) -> dict[str, Any]:
    """A tick later: how long ago things were, up to where it makes no difference."""

    def aged(attempt: Attempt) -> Attempt:
        if attempt.looked is None or attempt.looked[0] == 0:
            return attempt
        missed, age = attempt.looked
        return attempt._replace(looked=(missed, min(age + 1, _wait(missed, rules))))

    longest = max(rules.settle, rules.pause)
    readings = (one._replace(age=min(one.age + 1, longest)) if one.answered else one for one in state.readings)
    tasks = tuple(task._replace(attempts=tuple(map(aged, task.attempts))) for task in state.tasks)
    return {"tasks": tasks, "readings": tuple(sorted(readings))}


def _wait(missed: int, rules: Rules) -> int:
    """How long after the reading that counted last the next one counts."""
    return (0, rules.settle, rules.pause)[missed]


def _listing(state: State) -> tuple[int, ...]:
    return tuple(index for index, post in enumerate(state.posts) if post.hidden == VISIBLE)


def _unanswered(state: State) -> tuple[Look, ...]:
    """`looks.unanswered`."""
    return tuple(
        Look(number, index, task.status == "unconfirmed")
        for number, task in enumerate(state.tasks)
        for index, attempt in enumerate(task.attempts)
        if attempt.state in UNANSWERED and task.status in ("running", "unconfirmed")
    )


def _is_open(state: State, look: Look) -> bool:
    """Whether the timeline is to be read for it, and not a person to decide."""
    return look.unconfirmed and _of(state, look).looked is not None


def _answered(state: State, reading: Reading, shown: tuple[int, ...], rules: Rules) -> Reading:
    """X's answer, with its date: that says whether it is late enough to count, whenever it is judged."""
    return Reading(_dated(state, reading.looks, 0, rules), True, shown)


def _dated(state: State, looks: Sequence[Look], answered: int, rules: Rules) -> tuple[Look, ...]:
    """What an answer of X, given `answered` ticks ago, is worth for each attempt."""
    dated = []
    for look in looks:
        missed, age = _of(state, look).looked or (0, 0)
        dated.append(look._replace(missed=missed, ripe=missed == 0 or age - answered >= _wait(missed, rules)))
    return tuple(dated)


def _match(
    state: State, looks: Sequence[Look], shown: Sequence[int], rules: Rules
) -> tuple[dict[Look, int | None], bool]:
    """`matching._shared_out`: the post of each, and whether nobody can tell."""
    taken = {attempt.post for task in state.tasks for attempt in task.attempts} if rules.leaves_known_posts else set()
    left = [post for post in shown if post not in taken]
    found: dict[Look, int | None] = {}
    for look in looks:
        attempt = _of(state, look)
        # Ids grow only to the second: the post just before may be the later one. Each post of a thread has other words.
        later = [post for post in left if post >= attempt.after - 1 and state.posts[post].part == attempt.part]
        found[look] = later[0] if later else None
        if later:
            left.remove(later[0])
    missed = {(_of(state, look).part, post is None) for look, post in found.items()}
    return found, len(missed) > len({part for part, _ in missed})


def _judge(state: State, reading: Reading, rules: Rules, world: World) -> State:
    """`reconciling._act`, for each attempt that was unconfirmed."""
    looks = reading.looks if rules.loads_first else _dated(state, _unanswered(state), reading.age, rules)
    found, unclear = _match(state, looks, reading.shown, rules)
    after = state._replace(known=max([state.known, *(post + 1 for post in reading.shown)]))
    for look in looks:
        if not look.unconfirmed:
            continue
        post = found[look]
        if unclear:
            after = _left_to_a_person(after, look)
        elif post is not None:
            after = _adopted(after, look, post, rules, world)
        elif look.ripe:
            after = _missed(after, look, reading.age, rules, world)
    return after


def _adopted(state: State, look: Look, post: int, rules: Rules, world: World) -> State:
    task = state.tasks[look.task]
    if task.status != "unconfirmed" or _of(state, look).state not in UNANSWERED:
        return state
    state = _with(state, look, state="adopted", looked=None, post=post)
    on = "pending" if rules.part_goes_on else "unconfirmed"
    to = on if _of(state, look).part < world.parts else "completed"
    return state.with_task(look.task, state.tasks[look.task]._replace(status=to))


def _missed(state: State, look: Look, age: int, rules: Rules, world: World) -> State:
    """It is not there: looked_from, missed_at, and then absent."""
    task = state.tasks[look.task]
    if look.missed + 1 < rules.readings:
        attempt = _of(state, look)
        if attempt.state not in UNANSWERED or attempt.looked is None or attempt.looked[0] != look.missed:
            return state
        return _with(state, look, looked=(look.missed + 1, min(age, _wait(look.missed + 1, rules))))
    if not rules.judges_the_attempt:
        look = look._replace(attempt=len(task.attempts) - 1)
    attempt = _of(state, look)
    if task.status != "unconfirmed" or attempt.state not in UNANSWERED:
        return state  # its answer came after all
    retries_left = task.claims < world.attempts[look.task]
    to = "pending" if retries_left and not attempt.duplicate else "failed"
    state = _with(state, look, state="absent", looked=None)
    return state.with_task(look.task, state.tasks[look.task]._replace(status=to))


def _given_up(state: State, reading: Reading) -> State:
    for look in reading.looks:
        if look.unconfirmed:
            state = _left_to_a_person(state, look)
    return state


def _left_to_a_person(state: State, look: Look) -> State:
    return _with(state, look, looked=None) if _of(state, look).state in UNANSWERED else state


def _of(state: State, look: Look) -> Attempt:
    return state.tasks[look.task].attempts[look.attempt]


def _with(state: State, look: Look, /, **changes: Any) -> State:
    task = state.tasks[look.task]
    attempt = _of(state, look)._replace(**changes)
    attempts = (*task.attempts[: look.attempt], attempt, *task.attempts[look.attempt + 1 :])
    return state.with_task(look.task, task._replace(attempts=attempts))


def _with_reading(state: State, old: Reading | None, new: Reading | None) -> State:
    readings = list(state.readings)
    if old is not None:
        readings.remove(old)
    if new is not None:
        readings.append(new)
    return state._replace(readings=tuple(sorted(readings)))

"""No reachable state posts twice or is stuck; and each rule that is broken on purpose is found, with the way there."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from pathlib import Path

import pytest

import twitter_pipeline
from twitter_pipeline_tests.model.search import search
from twitter_pipeline_tests.model.state import Rules, World

RULES = Rules()
#: Where processes do not stand still between `sent` and the first byte, nothing need be done there.
PROMPT = replace(RULES, before_the_first_byte=())
#: Where requests land at once, and are listed at once, a tick is enough to settle.
QUICK = replace(PROMPT, settle=1)

#: One item, two runs at it, and all that may go wrong but for the window.
ONE = World(flaps=1, interrupts=True)
#: One run after the other.
ALONE = World(runs=1, delay=0, lag=0, interrupts=True)
#: Two items with the same words.
TWINS = World(attempts=(1, 1), delay=0, lag=0)
#: The owner deletes a post before it was found: it looks absent.
DELETED = World(delay=0, lag=0, owner_deletes=True)
#: A process stands still right before its first byte, or its request does on the way. X refuses old signatures.
WINDOW = World(freezes=True, delay=None, signature_lasts=1, lag=0)
SIGNED_AND_CHECKED = replace(RULES, settle=1)
#: A thread of two posts.
THREAD = World(parts=2, runs=1, delay=0, lag=0, interrupts=True)


@pytest.mark.parametrize(
    ("rules", "world"),
    [
        pytest.param(PROMPT, ONE, id="one item"),
        pytest.param(QUICK, TWINS, id="two items with the same words"),
        pytest.param(QUICK, DELETED, id="the owner deletes posts"),
        pytest.param(QUICK, THREAD, id="a thread of two posts"),
        pytest.param(SIGNED_AND_CHECKED, WINDOW, id="a process stands still before its first byte"),
    ],
)
def test_nobody_posts_twice_or_is_stuck(rules: Rules, world: World) -> None:
    result = search(rules, world)
    assert result.found is None, f"\n{result.found}"
    assert result.states > 20_000  # not because hardly anything can happen


@pytest.mark.soak
@pytest.mark.parametrize(
    ("rules", "world"),
    [
        pytest.param(PROMPT, World(attempts=(3,), interrupts=True), id="three attempts"),
        pytest.param(PROMPT, World(attempts=(1, 1), interrupts=True, flaps=1), id="two items, slowly"),
        pytest.param(QUICK, World(attempts=(2, 1), delay=0, lag=0), id="two items, one of them twice"),
        pytest.param(QUICK, World(parts=2, delay=0, lag=0), id="two runs at a thread of two posts"),
        pytest.param(QUICK, World(parts=3, runs=1, delay=0, lag=0), id="a thread of three posts"),
        pytest.param(QUICK, World(attempts=(3,), runs=1, readers=2, delay=0, lag=0), id="two readers"),
        pytest.param(
            RULES,
            World(freezes=True, delay=None, signature_lasts=2, interrupts=True, owner_deletes=True),
            id="the window, slowly, and deletions",
        ),
    ],
)
def test_nobody_posts_twice_or_is_stuck_in_a_larger_world(rules: Rules, world: World) -> None:
    result = search(rules, world)
    print(result.states)
    assert result.found is None, f"\n{result.found}"


TWICE, STUCK, SWAPPED = "is on X twice", "for ever", "was given the post of"


@pytest.mark.parametrize(
    ("broken", "world", "wrong"),
    [
        pytest.param(replace(PROMPT, commits_sent=False), ONE, TWICE, id="sends without committing sent"),
        pytest.param(replace(QUICK, checks_lease=False), ALONE, STUCK, id="sends without its lease"),
        pytest.param(replace(QUICK, reaper_sees_sent=False), ALONE, STUCK, id="the reaper does not see sent"),
        pytest.param(replace(QUICK, settling_sees_sent=False), ALONE, STUCK, id="a run that is ended does not"),
        pytest.param(replace(PROMPT, duplicate_is_unknown=False), ONE, TWICE, id="a duplicate is a refusal"),
        pytest.param(replace(QUICK, late_no_counts=False), ALONE, STUCK, id="a late No is not heard"),
        pytest.param(replace(QUICK, late_yes_completes=()), ALONE, STUCK, id="a late Yes is not heard"),
        pytest.param(
            replace(QUICK, late_yes_completes=("unconfirmed", "pending")),
            DELETED,
            STUCK,
            id="a very late Yes is not heard",
        ),
        pytest.param(replace(QUICK, goes_on_with_the_next=False), THREAD, TWICE, id="a thread begins anew"),
        pytest.param(replace(QUICK, part_goes_on=False), THREAD, STUCK, id="a thread stops at a post found later"),
        pytest.param(replace(PROMPT, settle=1, pause=0), ONE, TWICE, id="absent before it can be seen"),
        pytest.param(replace(PROMPT, readings=2), ONE, TWICE, id="absent after one reading"),
        pytest.param(
            replace(PROMPT, whole_readings_only=False), ONE, TWICE, id="half a reading passes for a whole one"
        ),
        pytest.param(replace(QUICK, waits_for_same_words=False), TWINS, SWAPPED, id="the same words in flight"),
        pytest.param(replace(QUICK, leaves_known_posts=False), TWINS, SWAPPED, id="matched by words alone"),
        pytest.param(
            replace(PROMPT, settle=2, loads_first=False),
            World(attempts=(3,), runs=1, lag=0),
            TWICE,
            id="an old reading counts for a new request",
        ),
        pytest.param(
            replace(QUICK, judges_the_attempt=False, readings=2),
            World(attempts=(3,), runs=1, readers=2, delay=0, lag=0),
            TWICE,
            id="an old reading speaks of whichever attempt there is by now",
        ),
    ],
)
def test_a_rule_broken_on_purpose_is_found(broken: Rules, world: World, wrong: str) -> None:
    found = search(broken, world).found
    print(found)
    assert found is not None
    assert wrong in found.wrong


@pytest.mark.parametrize(
    ("steps", "world"),
    [
        pytest.param((), replace(WINDOW, delay=1, signature_lasts=None), id="nothing is done"),
        pytest.param(("sign", "check"), replace(WINDOW, delay=1, signature_lasts=None), id="X takes any signature"),
        pytest.param(("sign",), WINDOW, id="signed, and not checked"),
        pytest.param(("check", "sign"), WINDOW, id="checked, and then signed"),
        pytest.param(("sign", "check"), replace(WINDOW, signature_lasts=2), id="signatures last to the last reading"),
    ],
)
def test_the_window_is_open_unless_it_is_signed_then_checked_and_soon_too_old(
    steps: tuple[str, ...], world: World
) -> None:
    # Above, a signature lasts 1 tick, and the last reading is made 2 after the first. 2 and 2 are too close.
    found = search(replace(SIGNED_AND_CHECKED, before_the_first_byte=steps), world).found
    print(found)
    assert found is not None
    assert TWICE in found.wrong


def test_the_way_to_what_is_wrong_is_told_in_order() -> None:
    found = search(replace(PROMPT, duplicate_is_unknown=False), ONE).found
    assert str(found).splitlines() == [
        "A is on X twice:",
        "  1. a person launches A, attempt 1",
        "  2. the run of A, attempt 1, commits `sent`",
        "  3. the run of A, attempt 1, lets the request leave",
        "  4. the request of A, attempt 1, lands as post 1, and X says 403 duplicate",
        "  5. the run of A, attempt 1, writes down: 403 duplicate",
        "  6. a person launches A, attempt 2",
        "  7. the run of A, attempt 2, commits `sent`",
        "  8. the run of A, attempt 2, lets the request leave",
        "  9. the request of A, attempt 2, lands as post 2",
    ]


def test_each_step_names_code_that_is_there() -> None:
    here, there = Path(__file__).parent, Path(twitter_pipeline.__file__).parent
    named = {
        name
        for file in ("state.py", "protocol.py", "reading.py")
        for name in re.findall(r"`(?:\w+\.)*(\w+\.\w+)`", (here / file).read_text(encoding="utf-8"))
    }
    defined = {
        f"{path.stem}.{node.name}"
        for package in ("publishing", "store", "x")
        for path in (there / package).glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, (ast.FunctionDef, ast.ClassDef))
    }
    modules = {f"{package}.{path.stem}" for package in ("publishing", "x") for path in (there / package).glob("*.py")}
    constants = {"attempts.UNANSWERED", "attempts.MADE"}
    assert len(named) > 20
    assert named - defined - modules - constants == set()

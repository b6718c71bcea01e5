"""`preview --ai`: both texts side by side, and the run then posts what was shown."""

from __future__ import annotations

import csv
import io

import pytest

from twitter_pipeline_tests.cli.test_commands import WithWorld
from twitter_pipeline_tests.conftest import MakeWorld
from twitter_pipeline_tests.support.items import read_lines
from twitter_pipeline_tests.support.pictures import pictures, words
from twitter_pipeline_tests.support.sandbox import SandboxServer
from twitter_pipeline_tests.support.world import World

ORIGINAL = "A cat\n\nIt sleeps."
IMPROVED = "✨ A cat – It sleeps.\n\n#ImprovedInTheSandbox"


@pytest.fixture
def made(world: MakeWorld, sandbox: SandboxServer) -> World:
    top = {"gemini": {"base_url": sandbox.url, "daily_budget": 1}}
    made = world(top=top, sources=[{"type": "video", "gemini": True}])
    made.put(title="A cat", description="It sleeps.")
    made.scan()
    return made


def test_it_asks_once_shows_both_and_the_run_posts_the_same(made: World, command: WithWorld) -> None:
    run = command(made)
    (before,) = run("preview", "cat.mp4", "--json").json
    assert (before["draft"]["text"], before["draft"]["enhanced"]) == (ORIGINAL, None)
    assert before["gemini"].startswith("Gemini will be asked")
    assert made.sandbox.gemini_requests() == []

    (asked,) = run("preview", "--ai", "cat.mp4", "--json").json
    assert asked["draft"]["text"] == IMPROVED
    assert asked["draft"]["enhanced"]["original_text"] == ORIGINAL
    said = run("preview", "--ai", "cat.mp4").out
    weights = [f"{asked['draft']['enhanced']['original_weight']} of 280", f"{asked['draft']['weight']} of 280"]
    for part in ("original", "gemini-3.8-flash", "It sleeps.", "✨ A cat", *weights, "words by gemini"):
        assert part in said
    (after,) = run("preview", "cat.mp4", "--json").json
    assert after["draft"] == asked["draft"]
    made.publish()
    assert made.posted_texts() == [IMPROVED]
    assert len(made.sandbox.gemini_requests()) == 1
    lines = [line for line in read_lines(made.engine, made.task().id) if line.action == "enhanced"]
    assert [line.run_id for line in lines] == [None, "run-1"]
    assert ORIGINAL.splitlines()[0] in run("preview", "--ai", "cat.mp4").out, "of a posted item too"


def test_it_shows_what_gemini_saw_what_that_cost_and_what_was_taken_out(
    world: MakeWorld, sandbox: SandboxServer, command: WithWorld
) -> None:
    top = {"gemini": {"base_url": sandbox.url, "see_media": True}}
    here = world(top=top, sources=[{"type": "album", "gemini": True}])
    pictures(here.folder, "cat_1.png", "cat_2.png")
    words(here.folder / "cat.json", title="Cats", alt_text=["One cat"])
    here.scan()
    told = {"text": "Two cats asleep. By @evil.", "alt_texts": ["A cat", "Another cat"]}
    sandbox.gemini_answers("says", told)
    said = " ".join(command(here)("preview", "--ai", "cat").out.split())
    for part in ("it saw │ │ 2 pictures", "2. Another cat", "taken out │ │ @evil"):
        assert part in said
    (shown,) = command(here)("preview", "cat", "--json").json
    enhanced = shown["draft"]["enhanced"]
    assert f"tokens │ │ {enhanced['input_tokens']} asked, {enhanced['output_tokens']} answered" in said
    assert (enhanced["seen"], enhanced["removed"]) == (2, ["@evil"])


def test_where_only_the_descriptions_are_gemini_s_they_are_shown(
    world: MakeWorld, sandbox: SandboxServer, command: WithWorld
) -> None:
    here = world(top={"gemini": {"base_url": sandbox.url}}, sources=[{"type": "image", "gemini": True}])
    pictures(here.folder, "cat.png")
    words(here.folder / "cat.json", title="A cat")
    here.scan()
    sandbox.gemini_answers("says", {"text": "Thanks to @evil the cat sleeps", "alt_texts": ["A cat, asleep"]})
    said = " ".join(command(here)("preview", "--ai", "cat").out.split())
    for part in ("text │ A cat │ – │", "alt text │ │ A cat, asleep │", "its descriptions of the pictures go out"):
        assert part in said


def test_it_counts_into_the_budget(made: World, command: WithWorld) -> None:
    made.put("dog.mp4", title="A dog")
    made.scan()
    run = command(made)
    run("preview", "--ai", "cat.mp4")
    said = run("preview", "--ai", "dog.mp4")
    assert said.code == 0
    assert "today's 1 requests are used up; raise gemini.daily_budget" in " ".join(said.out.split())
    assert len(made.sandbox.gemini_requests()) == 1


def test_why_there_is_no_better_text_is_shown(made: World, command: WithWorld) -> None:
    made.sandbox.gemini_answers("blocked")
    said = command(made)("preview", "--ai", "cat.mp4").out
    assert "the original words go out; Gemini: it refused these words (PROHIBITED_CONTENT)" in said


def test_the_table_says_what_becomes_of_the_words(made: World, command: WithWorld) -> None:
    def table() -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(command(made)("preview", "--all", "--csv").out)))

    (before,) = table()
    assert before["gemini"].startswith("Gemini will be asked")
    made.sandbox.gemini_answers("blocked")
    command(made)("preview", "--ai", "cat.mp4")
    (after,) = table()
    assert after["gemini"].startswith("the original words go out; Gemini: it refused these words")


def test_it_takes_one_item_of_a_source_that_wants_it(
    world: MakeWorld, made: World, command: WithWorld, sandbox: SandboxServer
) -> None:
    assert "name one item" in command(made)("preview", "--ai", "--all").err
    without = world()
    said = command(without)("preview", "--ai", "cat.mp4")
    assert (said.code, "gemini: yes" in said.err) == (2, True)
    assert sandbox.gemini_requests() == []

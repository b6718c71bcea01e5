"""`preview` as a page and as a table, and what a post costs, in every form."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from twitter_pipeline.clock import utc_now
from twitter_pipeline.store import pauses
from twitter_pipeline.store.engine import writing
from twitter_pipeline_tests.cli.conftest import Command
from twitter_pipeline_tests.conftest import MakeWorld
from twitter_pipeline_tests.support.pictures import pictures, words
from twitter_pipeline_tests.support.world import World

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WithWorld = Callable[[World], Command]

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)> \" ' {{ 7 * 191 }} </style> @ann"
ARABIC = "يوم جميل في المدينة"
LONG = "One sentence about the sea that is rather long and goes on for a while. " * 6


@pytest.fixture
def four(world: MakeWorld) -> World:
    """A long text, one with a link, hostile words, and right-to-left ones; the last is broken."""
    made = world(stable_for="0 s", sources=[{"type": "image", "links": "keep", "markdown": "keep"}])
    pictures(made.folder, "a_long.png", "b_link.png", "c_hostile.png", "d_arabic.png")
    (made.folder / "e_broken.png").write_bytes(b"\x89PNG\r\n\x1a\nno")
    words(made.folder / "a_long.json", title="Sea", description=LONG, hashtags=["sea", "fog"])
    words(made.folder / "b_link.json", title="A link", description="See https://www.example.com/a/very/long/path?x=1")
    words(made.folder / "c_hostile.json", title=HOSTILE, description="=HYPERLINK", alt_text=HOSTILE, hashtags=[HOSTILE])
    words(made.folder / "d_arabic.json", title=ARABIC, hashtags=["مدينة"])
    words(made.folder / "e_broken.json", title="Broken")
    made.scan()
    return made


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_the_page_is_in_the_data_folder_and_holds_every_item_with_its_counts(four: World, command: WithWorld) -> None:
    said = command(four)("preview", "--all", "--html")
    assert (said.code, said.out.splitlines()[0]) == (0, f"{four.settings.home / 'preview.html'}: 5 items")
    html = (four.settings.home / "preview.html").read_text("utf-8")
    assert html.count("<article>") == 5
    counts = re.findall(r"<li><b>(.*?)</b> (.*?)</li>", html)
    assert counts == [
        ("5", "items"),
        ("2", "with something left out"),
        ("1", "without the end of the description"),
        ("1", "without mentions"),
        ("1", "held back"),
        ("$0.245", "X charges about; 1 dearer for a link"),
    ]
    assert html.count("data:image/webp;base64,") == 4
    assert "X charges about $0.20, since it holds a link ($0.015 without)" in html
    assert re.search(r'class="held">Not posted: .*damaged', html)


def test_nothing_in_the_page_runs_loads_or_breaks_out(four: World, command: WithWorld, browser: Browser) -> None:
    command(four)("preview", "--all", "--html")
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    told: list[str] = []
    asked: list[str] = []
    page.on("dialog", lambda dialog: told.append(dialog.message))
    page.on("console", lambda message: told.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    try:
        page.goto((four.settings.home / "preview.html").as_uri())
        assert told == []
        assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
        assert page.locator("article script, article style, article img[onerror]").count() == 0
        hostile = page.locator("article", has_text="c-hostile")
        assert HOSTILE.replace("@ann", "ann") in hostile.locator(".post .words").inner_text()
        # The one style is allowed, and shown.
        assert page.locator("article").first.evaluate("node => getComputedStyle(node).borderTopWidth") == "1px"
        _is_laid_out(page)
    finally:
        page.close()


def _is_laid_out(page: Page) -> None:
    arabic = page.locator("article", has_text="d-arabic")
    assert arabic.locator(".post .words").evaluate("node => getComputedStyle(node).direction") == "rtl"
    link = page.locator("article", has_text="b-link").locator(".coloured")
    assert (link.inner_text(), link.get_attribute("title")) == (
        "example.com/a/very/long/pa…",
        "https://www.example.com/a/very/long/path?x=1",
    )
    assert page.locator("article", has_text="a-long").locator(".words .gone").inner_text().startswith(" One sentence")
    assert page.locator("article", has_text="a-long").locator(".post").count() == 1
    for width in (390, 1200):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_ring_is_as_full_as_the_text(four: World, command: WithWorld) -> None:
    command(four)("preview", "a_long", "--html", "--output", str(four.folder / "page.html"))
    html = (four.folder / "page.html").read_text("utf-8")
    (percent,) = re.findall(r'stroke-dasharray="([\d.]+) 100"', html)
    (weight,) = re.findall(r"<span>(\d+) of 280</span>", html)
    assert float(percent) == round(100 * int(weight) / 280, 1)


def test_the_table_has_a_row_for_each_item_and_no_formula(four: World, command: WithWorld) -> None:
    said = command(four)("preview", "--all", "--csv")
    assert said.code == 0
    rows = table(said.out)
    assert [row["media"] for row in rows] == [f"{name}.png" for name in (
        "a_long", "b_link", "c_hostile", "d_arabic", "e_broken")]  # fmt: skip
    long, link, hostile, _, broken = rows
    assert (long["gave_way"], long["limit"], long["part"]) == ("the end of the description", "280", "1 of 1")
    assert (link["price"], link["dearer_because"], long["price"]) == ("0.2", "it holds a link", "0.015")
    assert hostile["text"].startswith(HOSTILE.replace("@ann", "ann"))
    assert broken["not_posted_because"].startswith("The image is cut off or damaged")
    assert "5 items, 2 with something left out (the end of the description of 1, mentions of 1)" in said.err


def test_what_is_left_out_of_several_items_is_counted_together(world: MakeWorld, command: WithWorld) -> None:
    made = world(stable_for="0 s", sources=[{"type": "video", "max_hashtags": 1}])
    made.put("a.mp4", title="One", hashtags=["#a", "#b"])
    made.put("b.mp4", title="Two", hashtags=["#a", "#b", "#c"])
    made.scan()
    said = command(made)("preview", "--all", "--csv")
    assert [row["gave_way"] for row in table(said.out)] == [
        "1 hashtag beyond max_hashtags",
        "2 hashtags beyond max_hashtags",
    ]
    assert "2 items, 2 with something left out (hashtags beyond max_hashtags of 2)" in " ".join(said.err.split())


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ({"type": "video"}, "Fog at sea"),
        ({"type": "video", "markdown": "keep"}, "**Fog** at sea"),
        ({"type": "text"}, "**Fog** at sea"),
    ],
)
def test_markdown_goes_from_what_programs_wrote_unless_the_source_keeps_it(
    world: MakeWorld, command: WithWorld, source: dict[str, str], text: str
) -> None:
    made = world(stable_for="0 s", sources=[source])
    if source["type"] == "video":
        made.put(title="**Fog** at sea")
    else:
        (made.folder / "fog.txt").write_text("**Fog** at sea", "utf-8")
    made.scan()
    assert [row["text"] for row in table(command(made)("preview", "--all", "--csv").out)] == [text]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ({"type": "video"}, "Fog\n\nIt stays.\n\n#sea #mist #sun"),
        ({"type": "video", "hashtags_at": "text"}, "Fog #sea #mist\n\nIt stays.\n\n#sun"),
        ({"type": "text"}, "Fog #sea #mist\n\nIt stays."),
    ],
)
def test_hashtags_join_at_the_end_but_stay_in_one_s_own_words(
    world: MakeWorld, command: WithWorld, source: dict[str, str], text: str
) -> None:
    made = world(stable_for="0 s", sources=[source])
    if source["type"] == "video":
        made.put(title="Fog #sea #mist", description="It stays.", hashtags=["#sun"])
    else:
        (made.folder / "fog.txt").write_text("Fog #sea #mist\n\nIt stays.", "utf-8")
    made.scan()
    assert [row["text"] for row in table(command(made)("preview", "--all", "--csv").out)] == [text]


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "＝", "＠"])
def test_what_a_spreadsheet_would_run_is_a_text(world: MakeWorld, command: WithWorld, begin: str) -> None:
    made = world(stable_for="0 s", sources=[{"type": "video", "mentions": "keep"}])
    made.put(title=f"{begin}HYPERLINK(1)")
    made.scan()
    (row,) = table(command(made)("preview", "--all", "--csv").out)
    assert row["text"] == f"'{begin}HYPERLINK(1)"


def test_every_form_tells_the_price_and_the_sum(four: World, command: WithWorld) -> None:
    run = command(four)
    said = run("preview", "b_link").out
    assert "X charges about $0.20, since it holds a link ($0.015 without)" in said
    assert "X charges about $0.015" in run("preview", "a_long").out
    assert "X charges about $0.245 for those that go out; 1 of them dearer for a link" in run("preview", "--all").out
    (shown,) = run("preview", "b_link", "--json").json
    assert shown["price"] == {"dollars": 0.2, "without_links": 0.015}
    assert run("preview", "e_broken", "--json").json[0]["price"] is None


def test_what_is_held_back_is_counted_and_costs_when_it_goes_out(four: World, command: WithWorld) -> None:
    with writing(four.engine) as connection:
        pauses.pause(connection, "all", "", "holiday", now=utc_now())
    assert "5 held back; X charges about $0.245" in command(four)("preview", "--all").out


def test_many_items_are_planned_and_listed_once(four: World, command: WithWorld) -> None:
    """The statements that one more item takes are a handful, and none is of its project's plan."""

    def statements() -> int:
        count = 0

        def counted(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            nonlocal count
            count += statement.startswith("SELECT")

        sa.event.listen(sa.Engine, "before_cursor_execute", counted)
        try:
            assert command(four)("preview", "--all", "--csv").code == 0
        finally:
            sa.event.remove(sa.Engine, "before_cursor_execute", counted)
        return count

    before = statements()
    for number, path in enumerate(pictures(four.folder, *(f"more_{one}.png" for one in range(20)), shade=1000)):
        words(path.with_suffix(".json"), title=f"Number {number}")
    four.scan()
    assert (statements() - before) / 20 <= 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--all", "--html", "--csv"], "choose one"),
        (["--all", "--csv", "--json"], "choose one"),
        (["--all", "--output", "x"], "--output belongs to"),
        (
            ["--all", "--html", "x.html"],
            "either an item, or --project ID or --all; the file it goes to is --output x.html",
        ),
        (["--all", "--csv", "--open"], "--open belongs to --html"),
    ],
)
def test_forms_that_do_not_go_together_are_refused(
    world: MakeWorld, command: WithWorld, arguments: list[str], said: str
) -> None:
    answer = command(world())("preview", *arguments)
    assert (answer.code, said in answer.err) == (2, True)


def test_a_page_that_cannot_be_written_leaves_the_old_one(four: World, command: WithWorld, tmp_path: Path) -> None:
    answer = command(four)("preview", "--all", "--html", "--output", str(tmp_path / "nowhere" / "page.html"))
    assert (answer.code, "cannot be written" in answer.err) == (1, True)

"""README and docs against the code: every command, target, link and picture, and the commands that can be pasted."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from twitter_pipeline.cli import errors
from twitter_pipeline.cli.main import app
from twitter_pipeline.config import load
from twitter_pipeline.defs import ticks, tweets
from twitter_pipeline.defs.register import TASKS_A_TICK
from twitter_pipeline.defs.relay import LINES_A_TICK
from twitter_pipeline.publishing import decide, post
from twitter_pipeline.store.attempts import AttemptState
from twitter_pipeline.store.claims import LEASE

ROOT = Path(__file__).parents[1]
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
}
README = PAGES["README.md"]
ARCHITECTURE = PAGES["docs/architecture.md"]
EXACTLY_ONCE = PAGES["docs/exactly-once.md"]
COMMAND = "twitter-pipeline"


def _shell_lines(page: str) -> list[str]:
    """What a page shows to be pasted: lines of `sh` blocks, and those of indented blocks that call our command."""
    blocks = re.findall(r"^```sh\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    pasted = [line for block in blocks for line in block.splitlines()]
    return [*pasted, *re.findall(rf"^    ({COMMAND} .*)$", page, re.MULTILINE)]


def _calls(page: str) -> list[list[str]]:
    """The arguments of every call of our command on a page, in blocks and in the running text."""
    written = [*_shell_lines(page), *re.findall(rf"`((?:\.venv/bin/)?{COMMAND} [^`]+)`", page)]
    calls = [shlex.split(line)[1:] for line in written if re.match(rf"(\.venv/bin/)?{COMMAND} ", line)]
    options = [shlex.split(options) for options in re.findall(r'make run ARGS="([^"]*)"', page)]
    return [*calls, *(["up", *words] for words in options)]


def _make_calls(page: str) -> list[str]:
    return re.findall(r"(?:^|`|&& )(make [a-z]+(?: ARGS=\"[^\"]*\")?)(?=$|`)", page, re.MULTILINE)


def _targets() -> list[str]:
    return re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def _parse(arguments: list[str]) -> list[str]:
    """Have our command read its arguments, without acting on them; the words that name it. Raises UsageError."""
    command = typer.main.get_command(app)
    context = command.make_context(COMMAND, list(arguments))
    names: list[str] = []
    while hasattr(command, "resolve_command"):
        name, command, arguments = command.resolve_command(context, arguments)
        names.append(str(name))
        context = command.make_context(str(name), list(arguments), parent=context)
    return names


@pytest.mark.parametrize("page", PAGES)
def test_every_call_of_our_command_is_one_it_takes(page: str) -> None:
    for arguments in _calls(PAGES[page]):
        assert _parse(arguments), arguments


def test_a_call_it_does_not_take_would_be_noticed() -> None:
    with pytest.raises(Exception, match="No such option"):
        _parse(["up", "--until-idel"])
    with pytest.raises(Exception, match="No such command"):
        _parse(["upp"])


def test_the_readme_names_every_command() -> None:
    def walk(group: object, words: str) -> list[str]:
        found: list[str] = []
        for name, command in group.commands.items():  # type: ignore[attr-defined]
            full = f"{words} {name}".strip()
            found += walk(command, full) if hasattr(command, "commands") else [full]
        return found

    table = README.split("| command | |")[1].split("\n\n")[0]
    named = {re.sub(r" [A-Z]+$", "", words) for words in re.findall(r"`([^`]+)`", table)}
    assert set(walk(typer.main.get_command(app), "")) <= named


def test_every_make_target_is_in_the_readme_and_every_target_named_exists() -> None:
    named = {call.split()[1] for page in PAGES.values() for call in _make_calls(page)}
    assert named <= set(_targets())
    assert {call.split()[1] for call in _make_calls(README)} == set(_targets())


@pytest.mark.parametrize("call", sorted({call for page in PAGES.values() for call in _make_calls(page)}))
def test_make_accepts_what_the_pages_show(call: str, tmp_path: Path) -> None:
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path)
    subprocess.run([*shlex.split(call), "--dry-run"], cwd=tmp_path, check=True, capture_output=True, timeout=30)


def test_the_exit_codes_are_those_of_the_program() -> None:
    codes = {errors.OK, errors.CANNOT_START, errors.USAGE, errors.NEEDS_A_PERSON}
    (sentence,) = re.findall(r"^Exit codes: (.*?)\. `make`", README, re.DOTALL | re.MULTILINE)
    assert {int(code) for code in re.findall(r"(?:^|; )(\d)\s", " ".join(sentence.split()))} == codes


def test_the_commands_of_the_readme_can_be_pasted_one_after_the_other(tmp_path: Path) -> None:
    (block,) = re.findall(r"## Commands.*?```sh\n(.*?)```", README, re.DOTALL)
    shutil.copy(ROOT / "config.yaml", tmp_path)
    shutil.copytree(ROOT / "examples", tmp_path / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run([sys.executable, "examples/make_media.py"], cwd=tmp_path, check=True, timeout=120)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    for line in block.splitlines():
        ended = subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True, timeout=60)
        assert ended.returncode == 0, f"{line}\n{ended.stdout}{ended.stderr}"


def test_the_readmes_configuration_is_valid(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    assert len(example.splitlines()) == 5
    (tmp_path / "my.yaml").write_text(example, encoding="utf-8")
    (project,) = load(tmp_path / "my.yaml", environ={}).projects
    assert (project.id, project.sources[0].metadata) == ("cats", "texts")


def _anchors(page: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES)
def test_every_link_between_the_pages_leads_somewhere(page: str) -> None:
    shown = re.sub(r"`[^`\n]+`", "", PAGES[page])  # what is code is no link
    links = re.findall(r"\]\(([^)\s]+)\)", shown) + re.findall(r'src="([^"]+)"', PAGES[page])
    for link in links:
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        assert target.exists(), f"{page}: {link}"
        if anchor:
            assert anchor in _anchors(target.read_text(encoding="utf-8")), f"{page}: {link}"


def test_every_picture_is_shown_and_small() -> None:
    pictures = list((ROOT / "docs" / "images").iterdir())
    assert len(pictures) >= 2
    for picture in pictures:
        assert any(f"images/{picture.name}" in page for page in PAGES.values()), f"{picture.name} is shown nowhere"
        assert picture.stat().st_size < 200_000


def test_every_place_of_the_readmes_map_exists() -> None:
    table = README.split("| to change | look in |")[1].split("\n\n")[0]
    places = re.findall(r"`([^`]+)`", table)
    assert [place for place in places if not (ROOT / place).exists()] == []
    packages = {path.parent.name for path in (ROOT / "twitter_pipeline").glob("*/__init__.py")}
    assert packages <= {place.split("/")[1] for place in places if "/" in place}


def test_every_module_of_the_architecture_exists_and_no_package_is_left_out() -> None:
    table = ARCHITECTURE.split("| module | what it does |")[1].split("\n\n")[0]
    cells = [row.split("|")[1] for row in table.splitlines()[2:] if row]
    modules = [module for cell in cells for module in re.findall(r"`([^`]+)`", cell)]
    assert [module for module in modules if not (ROOT / "twitter_pipeline" / module).exists()] == []
    packages = {path.parent.name for path in (ROOT / "twitter_pipeline").glob("*/__init__.py")}
    assert packages == {module.split("/")[0] for module in modules if "/" in module}


def test_the_states_of_an_attempt_on_the_page_are_those_of_the_code() -> None:
    arrows = re.findall(r"^ +(\w+|\[\*\]) --> (\w+): ", EXACTLY_ONCE, re.MULTILINE)
    assert {state for arrow in arrows for state in arrow} - {"[*]"} == {state.value for state in AttemptState}


def test_the_numbers_of_the_pages_are_those_of_the_code() -> None:
    lease = int(LEASE.total_seconds())
    backing_off = [4**retry for retry in range(decide.MAX_RETRIES)]
    told = [
        f"({lease} s, renewed every {lease // 3} s by",
        f"Backing off takes {', '.join(map(str, backing_off))} minutes (± 20 %, at most 6 h)",
        f"A scan takes {ticks.BUSY_SCAN.seconds} s while something is due, {ticks.IDLE_SCAN.seconds} s otherwise",
        f"| a file cannot be read for a moment | – | {tweets.READING.max_retries} more try |",
        f"| – | {tweets.UPLOADING.max_retries} more tries, after 2, 4, 8 s |",
        f"| – | {tweets.CREATING.max_retries} more tries, after 2, 4 s |",
        f"{TASKS_A_TICK} items a tick",
        f"the relay, {LINES_A_TICK} a tick",
    ]
    told += [
        f"been less than {int(post.MUST_LEAVE_WITHIN.total_seconds())} s since step 1",
    ]
    text = " ".join((ARCHITECTURE + EXACTLY_ONCE).split())
    assert [one for one in told if one not in text] == []


def test_the_architecture_gives_a_reason_for_each_import_contract() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    contracts = re.findall(r'^\[\[tool\.importlinter\.contracts\]\]\nid = .*\nname = "(.+)"', project, re.MULTILINE)
    table = ARCHITECTURE.split("| contract | why |")[1].split("\n\n")[0]
    assert contracts == re.findall(r"^\| (.+?) \| .+ \|$", table, re.MULTILINE)

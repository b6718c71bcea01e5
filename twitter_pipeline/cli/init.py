"""`twitter-pipeline init`: a config.yaml and a media folder for a newcomer's own project; `config schema`."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import typer

from twitter_pipeline.cli.errors import OK, CannotStart, WrongCommand
from twitter_pipeline.config import ConfigError, json_schema, load

CONFIG, SCHEMA = "config.yaml", "config.schema.json"
#: So many files of a folder are looked at to tell whether it is an archive.
_MOST_LOOKED_AT = 100_000

_TEXT = """\
# What is posted, from where, as whom and how fast. Every setting: docs/configuration.md of twitter-pipeline

# sandbox posts to a local stand-in for X, which you can look at in a browser. Going live is this one word, after:
# twitter-pipeline account add {account}
mode: sandbox

accounts:
  - name: {account}

projects:
  - id: {id}  # never changes: Dagster and the database know the project by it
    path: {path}  # relative to this file
    time_zone: {time_zone}
    sources:
      - type: video  # clip.mp4, with its words in clip.json beside it: {{"title": "…", "description": "…"}}
      - type: image  # cat.jpg, or an animated cat.gif
      - type: album  # the pictures of a folder, or trip_1.jpg, trip_2.jpg …, together
{text}\
    # min_interval: 30 min  # the pace; live mode has this one, and 10 a day, unless you say otherwise
    # max_per_day: 10
{archive}\
    # after_post: move posted  # what becomes of a file after its post; without it, it stays
"""


@dataclass(frozen=True)
class _Answers:
    """What the three questions are about."""

    path: str
    name: str
    time_zone: str


def run(folder: Path, *, path: str | None, name: str | None, time_zone: str | None, ask: bool) -> int:
    """Write config.yaml into `folder`, asking for what is None where `ask` says so."""
    target = folder / CONFIG
    if os.path.lexists(target):
        raise WrongCommand(f"{target} is there already, and nothing is written over; name another FOLDER")
    answers = _Answers(
        _answer("Where are your media (a folder; it is made if it is not there)?", path, "media", ask),
        _answer("What is your X account called, or what shall the project be called?", name, "my_posts", ask),
        _answer("Which time zone are you in?", time_zone, _local_zone(), ask),
    )
    root = folder.absolute() / os.path.expanduser(answers.path)  # noqa: PTH111 - Path's raises for an unknown user
    files = _count_files(root)
    text = _text(answers, files)
    _check(text, folder.absolute())
    try:
        root.mkdir(parents=True, exist_ok=True)
        folder.mkdir(parents=True, exist_ok=True)
        schema_line = f"# yaml-language-server: $schema={SCHEMA}\n" if _write_schema(folder / SCHEMA) else ""
        with target.open("x", encoding="utf-8") as file:
            file.write(schema_line + text)
    except OSError as error:
        raise CannotStart(f"{error.filename or folder}: {error.strerror}") from error
    _tell(target, root, files)
    return OK


def schema() -> str:
    """The JSON schema of config.yaml."""
    return json.dumps(json_schema(), ensure_ascii=False, indent=2)


def _answer(question: str, given: str | None, proposed: str, ask: bool) -> str:
    if given is not None or not ask:
        return proposed if given is None else given
    answer: str = typer.prompt(question, default=proposed)
    return answer.strip()


def _local_zone() -> str:
    """The machine's own time zone; UTC where it does not say."""
    place = os.path.realpath("/etc/localtime").partition("zoneinfo/")[2]
    zone = os.environ.get("TZ", "").lstrip(":") or place
    return "UTC" if zone in ("", "Etc/UTC", "Etc/UCT", "Universal", "Zulu") else zone


def _count_files(root: Path) -> int:
    """How many files the folder holds, about; 0 where it is not there."""
    count = 0
    for _, _, names in os.walk(root):
        count += sum(not name.startswith(".") for name in names)
        if count >= _MOST_LOOKED_AT:
            break
    return count


def _text(answers: _Answers, files: int) -> str:
    account = re.sub(r"\W+", "_", answers.name.lstrip("@"), flags=re.ASCII).strip("_")[:50] or "my_posts"
    id = re.sub(r"^[^a-z]+", "", account.lower()) or "my_posts"
    # Somebody's folder may hold a readme.txt, which is no post.
    text = "type: text  # each hello.txt is a post without media"
    archive = "ignore_before: 2026-11-24  # what was last changed before that day is left alone"
    return _TEXT.format(
        account=account,
        id=id,
        path=_scalar(answers.path),
        time_zone=_scalar(answers.time_zone),
        text=f"      # - {text}\n" if files else f"      - {text}\n",
        archive=f"    # {archive}\n" if files else "",
    )


def _scalar(value: str) -> str:
    """A text as YAML; `${` would stand for a variable of the environment."""
    plain = re.fullmatch(r"[\w./~][\w ./~+-]*", value) and not value.endswith(" ")
    return value if plain else json.dumps(value.replace("${", "$${"), ensure_ascii=False)


def _check(text: str, folder: Path) -> None:
    """Raise WrongCommand with what is wrong with an answer."""
    with tempfile.TemporaryDirectory() as place:
        made = Path(place) / CONFIG
        made.write_text(text, encoding="utf-8")
        try:
            load(made, base_dir=folder)
        except ConfigError as error:
            said = "; ".join(f"{problem.key}: {problem.message}" for problem in error.problems)
            raise WrongCommand(said) from None


def _write_schema(path: Path) -> bool:
    """Write the schema for the editor; False where something else lies there."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(schema() + "\n")
    except FileExistsError:
        return path.is_file() and path.read_bytes() == (schema() + "\n").encode()
    return True


def _tell(target: Path, root: Path, files: int) -> None:
    command = _command()
    typer.echo(f"made {target}")
    if files:
        many = f"more than {_MOST_LOOKED_AT:,}" if files >= _MOST_LOOKED_AT else f"{files:,}"
        typer.echo(
            f"{root} holds {many} files already. Of what was posted before, tell the pipeline first: ignore_before in"
            f" {target.name}, or: {command} import-posted LIST --config {target}"
        )
    else:
        typer.echo(f'put your media into {root}, each clip.mp4 with its words in clip.json: {{"title": "…"}}')
    typer.echo(f"next: {command} up --config {target}")


def _command() -> str:
    """How this program was called, so that it can be pasted."""
    called = Path(sys.argv[0])
    if called.name != "twitter-pipeline" or shutil.which(called.name) == str(called):
        return "twitter-pipeline"
    return os.path.relpath(called) if called.is_absolute() and called.is_relative_to(Path.cwd()) else str(called)

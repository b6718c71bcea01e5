"""What is missing is said, with the remedy."""

from __future__ import annotations

import re
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa

from twitter_pipeline.cli import doctor
from twitter_pipeline.cli.up import home
from twitter_pipeline.clock import utc_now
from twitter_pipeline.publishing.preview import preview
from twitter_pipeline.store import accounts
from twitter_pipeline.store.engine import writing
from twitter_pipeline_tests.cli.conftest import Command, Said, call
from twitter_pipeline_tests.conftest import MakeSettings
from twitter_pipeline_tests.support.ports import free_port
from twitter_pipeline_tests.support.world import MakeWorld, World

WithWorld = Callable[[World], Command]


@pytest.fixture
def healthy(world: MakeWorld) -> World:
    """A world that lacks nothing."""
    here = world(top={"dagster": {"port": free_port()}, "api": {"port": free_port()}})
    here.settings.home.chmod(0o700)
    return here


def _remedies(said: Said) -> dict[str, str]:
    return {one["what"]: one["remedy"] for one in said.json["findings"] if one["remedy"] is not None}


def test_all_is_well(healthy: World, command: WithWorld) -> None:
    said = command(healthy)("doctor")
    assert said.code == 0, said.out
    assert "NO" not in said.out
    answer = command(healthy)("doctor", "--json")
    assert (answer.code, answer.json["good"]) == (0, True)
    looked_at = {one["what"] for one in answer.json["findings"]}
    assert looked_at >= {"configuration", "data", "project cats", "disk", "database", "key", "account sandbox", "X"}
    assert looked_at >= {"pipeline", "dagster.port", "api.port"}


def test_before_the_first_start_nothing_is_made(settings: MakeSettings) -> None:
    made = settings(top={name: {"port": free_port()} for name in ("dagster", "api", "sandbox")})
    if made.database_url is None:
        assert call("doctor", "--config", str(made.path)).code == 0
    else:
        assert _remedies(call("doctor", "--json", "--config", str(made.path))) == {
            "database": "twitter-pipeline upgrade"
        }
    assert not made.home.exists()


def test_a_wrong_configuration_is_all_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("mode: sandbocks")
    said = call("doctor", "--json", "--config", str(tmp_path / "config.yaml"))
    assert (said.code, [*_remedies(said)]) == (3, ["configuration"])


class _Usage(NamedTuple):
    total: int
    used: int
    free: int


def _older_schema(here: World, _: pytest.MonkeyPatch) -> None:
    with writing(here.engine) as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0003'"))


def _other_key(here: World, _: pytest.MonkeyPatch) -> None:
    from cryptography.fernet import Fernet

    (here.settings.home / "secret.key").write_bytes(Fernet.generate_key())


def _stopped(here: World, _: pytest.MonkeyPatch) -> None:
    with writing(here.engine) as connection:
        accounts.stop(connection, accounts.by_name(connection, "sandbox").id, "X refused it")


@pytest.mark.parametrize(
    ("breaks", "what", "remedy"),
    [
        (lambda here, _: shutil.rmtree(here.folder), "project cats", "projects.path"),
        (lambda here, _: here.settings.home.chmod(0o755), "data", "chmod 700"),
        (lambda here, _: (here.settings.home / "secret.key").chmod(0o644), "key", "chmod 600"),
        (lambda here, _: (here.settings.home / "secret.key").unlink(), "key", "restore"),
        (_other_key, "account sandbox", "account add sandbox"),
        (_stopped, "account sandbox", "resume --account sandbox"),
        (_older_schema, "database", "twitter-pipeline upgrade"),
        (
            lambda _, patch: patch.setattr(shutil, "disk_usage", lambda _: _Usage(100, 99, 1)),
            "disk",
            "alerts.disk_free_percent",
        ),
    ],
)
def test_what_is_missing_is_said_with_the_remedy(
    healthy: World,
    command: WithWorld,
    monkeypatch: pytest.MonkeyPatch,
    breaks: Callable[[World, pytest.MonkeyPatch], Any],
    what: str,
    remedy: str,
) -> None:
    breaks(healthy, monkeypatch)
    said = command(healthy)("doctor", "--json")
    assert said.code == 3
    found = _remedies(said)
    assert list(found) == [what]
    assert remedy in found[what]


@contextmanager
def _listening(port: int) -> Iterator[None]:
    with socket.create_server(("127.0.0.1", port)):
        yield


def test_a_port_in_use_names_its_setting(healthy: World, command: WithWorld) -> None:
    with _listening(healthy.settings.dagster.port):
        found = _remedies(command(healthy)("doctor", "--json"))
    assert [*found] == ["dagster.port"]


def test_an_x_that_does_not_answer_is_said(
    world: MakeWorld, command: WithWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = world(
        top={"dagster": {"port": free_port()}, "api": {"port": free_port()}},
        x={"base_url": f"http://127.0.0.1:{free_port()}"},
    )
    here.settings.home.chmod(0o700)
    assert [*_remedies(command(here)("doctor", "--json"))] == ["X"]


def test_of_a_pipeline_that_runs_its_processes_are_asked(healthy: World, command: WithWorld) -> None:
    with home.locked(healthy.settings.home):  # it holds the folder, and nothing answers
        found = _remedies(command(healthy)("doctor", "--json"))
    nobody = ["monitoring", "launcher", "code server", "Dagster's pages", "definitions", "daemons", "API"]
    assert [*found] == nobody
    assert doctor.HEARTBEAT > 60


def test_a_database_that_does_not_answer_is_said(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(
        f"database_url: postgresql+psycopg2://ann:pass-word@127.0.0.1:{free_port()}/cats\n"
        f"dagster: {{port: {free_port()}}}\napi: {{port: {free_port()}}}\nsandbox: {{port: {free_port()}}}\n"
    )
    said = call("doctor", "--json", "--config", str(tmp_path / "config.yaml"))
    assert [*_remedies(said)] == ["database"]
    assert "pass-word" not in said.out


def test_each_source_s_template_is_tried_and_its_mistake_told_with_the_line(
    world: MakeWorld, command: WithWorld
) -> None:
    templates = {
        "good": "{{ title | first_sentence }} {{ media.width }} {{ file.words }} {{ extra.price }} {{ hashtags }}",
        "bad": "{{ title }}\n{% if link %}{{ discription }}{% endif %}",
        "none": None,
    }
    sources = [{"type": "video", "path": path, "template": template} for path, template in templates.items()]
    said = command(world(sources=sources))("doctor", "--json")
    (good, bad) = [one for one in said.json["findings"] if one["what"] == "template cats"]
    assert (good["remedy"], good["said"]) == (None, "of source video:good:en: no mistake in it")
    assert bad["said"] == "of source video:bad:en: line 2: 'discription' is undefined; did you mean 'description'?"
    assert "config.yaml (docs/templates.md)" in bad["remedy"]
    assert said.code == 3


def test_what_some_item_can_be_posted_with_is_no_mistake(world: MakeWorld, command: WithWorld) -> None:
    of_any = [
        "{{ extra.price | round(2) }}{{ extra.price | abs }}{{ extra | tojson }}{{ 100 / (extra.n | default(0)) }}",
        "{{ title.replace(extra.a, '') }}{{ title.startswith(extra.a) }}{{ extra.x in title }}",
        "{% for number in range(extra.n) %}{{ number }}{% endfor %}",
        "{{ title[:title.index(':')] }}{{ title.split(' | ')[1] }}{{ title.rindex('(') }}",
        "{% set a, b = title.split(' | ') %}{{ a }}",
        "{% set a, b = file.words.split(' ', 1) %}{{ b }}",
        "{{ file.name[:10] | date }}{{ media.exif.taken | date('%d. %B %Y') }}{{ title | date }}",
        "{{ media.width / media.height }}{{ media['width'] // media['height'] }}",
    ]
    of_a_video = [
        "{% if media.seconds > 60 %}long{% endif %}",
        "{{ media.seconds // 60 }} min {{ media.seconds | round | int }} s",
    ]
    sources = [
        {"type": type, "path": f"{type}{number}", "template": template, "language": "de"}
        for type, templates in (("video", of_any + of_a_video), ("image", of_any), ("album", of_any))
        for number, template in enumerate(templates)
    ]
    said = command(world(sources=sources))("doctor", "--json")
    told = [one["said"] for one in said.json["findings"] if one["what"] == "template cats"]
    assert len(told) == len(sources)
    assert [one for one in told if "no mistake in it" not in one] == []


@pytest.mark.parametrize(
    ("template", "mistake"),
    [
        ("{{ media.exif.taken | date('%b') }}", "'%b' is known in English only; write %B, or numbers"),
        ("{{ extra.date | default('') | date('%Q') }}", "'%Q' is not known; there are %d, %m"),
        ("{{ file.time | date(language='xx') }}", "date: language 'xx' is not known; there are"),
        ("{{ file['nmae'] }}", "there is no 'nmae' in 'file'; did you mean 'name'?"),
        ("{{ media['exif'].camra }}{{ extra.n }}", "there is no 'camra' in 'media.exif'; did you mean 'camera'?"),
        ("{{ media.seconds // 60 }}", "unsupported operand type(s) for //: 'NoneType' and 'int'"),
    ],
)
def test_what_no_item_can_be_posted_with_is_told(
    world: MakeWorld, command: WithWorld, template: str, mistake: str
) -> None:
    source = {"type": "image", "path": ".", "template": template, "language": "de"}
    said = command(world(sources=[source]))("doctor", "--json")
    (told,) = [one["said"] for one in said.json["findings"] if one["what"] == "template cats"]
    assert f": line 1: {mistake}" in told


def test_a_template_that_asks_for_all_there_is_has_no_mistake(world: MakeWorld, command: WithWorld) -> None:
    """What is tried in place of an item has whatever an item has."""
    page = (Path(__file__).parents[2] / "docs" / "templates.md").read_text(encoding="utf-8")
    names = {name for row in re.findall(r"^\| (`[a-z_]+.*?`) \| ", page, re.M) for name in re.findall("`(.+?)`", row)}
    assert names > {"title", "media.exif.camera", "file.time"}
    template = "".join(f"{{{{ {name} }}}}" for name in sorted(names))
    here = world(sources=[{"type": "video", "path": ".", "template": template}])
    here.put(title="Cat naps")
    here.scan()
    assert preview(here.engine, here.settings, here.task(), now=utc_now()).draft is not None
    assert "template cats" not in _remedies(command(here)("doctor", "--json"))

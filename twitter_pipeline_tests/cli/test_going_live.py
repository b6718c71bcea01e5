"""docs/going-live.md, followed from top to bottom, with a sandbox in the place of X."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from twitter_pipeline.config import load
from twitter_pipeline_tests.cli.conftest import KEYS_OF_MAKER, Said, call
from twitter_pipeline_tests.support.sandbox import SandboxServer

PAGE = (Path(__file__).parents[2] / "docs" / "going-live.md").read_text(encoding="utf-8")
OURS = ".venv/bin/twitter-pipeline "
#: A test has no terminal to be asked at.
ASKS = "account add"


def lines() -> list[str]:
    return [
        line
        for block in re.findall(r"^```sh\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
        for line in block.splitlines()
    ]


@pytest.fixture
def folder(tmp_path: Path, sandbox: SandboxServer, clip: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a reader has after step 3, its X being the sandbox; with two clips."""
    (configuration,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "live.yaml").write_text(f"{configuration}x: {{base_url: '{sandbox.url}'}}\n", encoding="utf-8")
    media = tmp_path / "media" / "cats"
    media.mkdir(parents=True)
    for name in ("another", "clip"):
        shutil.copy(clip, media / f"{name}.mp4")
        (media / f"{name}.json").write_text(f'{{"title": "{name}"}}')
    with (media / "another.mp4").open("ab") as file:
        file.write(b"\0\0\0\x08free")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_its_configuration_is_good_as_it_stands(tmp_path: Path) -> None:
    (configuration,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "live.yaml").write_text(configuration, encoding="utf-8")
    settings = load(tmp_path / "live.yaml", environ={})
    assert settings.mode == "live"
    assert settings.wants_canary(settings.project("cats"))


@pytest.mark.usefixtures("folder")
def test_each_command_works_in_its_turn_and_one_post_comes_of_it(sandbox: SandboxServer) -> None:
    said: dict[str, Said] = {}
    for line in lines():
        if not line.startswith(OURS):
            assert line == 'make run ARGS="--config live.yaml"'
            continue
        words = shlex.split(line.removeprefix(OURS))
        if line.startswith(f"{OURS}{ASKS}"):
            said[line] = call(*words, "--from", "-", stdin=KEYS_OF_MAKER)
        else:
            said[line] = call(*words)
        assert said[line].code == 0, (line, said[line])
        assert [post["text"] for post in sandbox.posts()] in ([], ["clip"]), line
    assert [(post["username"], post["text"]) for post in sandbox.posts()] == [("maker", "clip")]
    answers = {line.removeprefix(OURS).split(" --config")[0]: one.out for line, one in said.items()}
    assert "posts as @maker" in answers["account add my_account"]
    assert "may post        yes" in answers["account verify"]
    assert "the first post goes out alone" in answers["status"]
    assert answers["publish clip.mp4 --now"].splitlines()[-1].endswith(sandbox.posts()[0]["id"])
    assert answers["approve cats"] == "cats is approved: the rest goes out at its pace\n"


def test_every_answer_of_x_that_stops_an_account_stands_there() -> None:
    table = PAGE.split("| X says |")[1].split("\n\n")[0]
    for status in ("401", "402", "403", "429"):
        assert f"| {status}" in table

"""Users and tokens over the command line."""

from __future__ import annotations

import json
import re

import pytest

from twitter_pipeline_tests.cli.conftest import Command, call
from twitter_pipeline_tests.support.api import running
from twitter_pipeline_tests.support.world import MakeWorld, World


def of(here: World) -> Command:
    return lambda *arguments: call(*arguments, "--config", str(here.settings.path))


def test_a_user_is_added_once_and_listed_with_what_is_theirs(world: MakeWorld) -> None:
    said = of(world())
    assert said("user", "add", "ann", "--email", "ann@example.com").code == 0
    again = said("user", "add", "ann")
    assert (again.code, "already" in again.err) == (2, True)
    users = {user["name"]: user for user in said("user", "list", "--json").json}
    assert (users["ann"]["email"], users["ann"]["projects"]) == ("ann@example.com", [])
    assert users["owner"]["projects"] == ["cats"]
    assert "ann@example.com" in said("user", "list").out


@pytest.mark.parametrize("arguments", [("a b",), ("",), ("ann", "--email", "nobody")])
def test_what_is_no_name_or_address_is_refused(world: MakeWorld, arguments: tuple[str, ...]) -> None:
    assert of(world())("user", "add", *arguments).code == 2


def test_a_token_is_printed_once_and_opens_the_api_until_it_is_revoked(world: MakeWorld) -> None:
    here = world()
    said = of(here)
    said("user", "add", "ann")
    token = said("token", "create", "--user", "ann", "--name", "laptop", "--scope", "publish").out.strip()
    assert re.fullmatch(r"tp_[0-9a-f]{12}_[\w-]{43}", token)
    with running(here.engine, here.settings) as served:
        mine = served.with_token(token)
        assert mine.ask("GET", "/api/tasks").status == 403, "it may publish, not read"
        assert mine.ask("POST", "/api/tasks/publish").status == 200
        shown = next(one for one in said("token", "list", "--json").json if one["name"] == "laptop")
        assert (shown["user"], shown["scopes"], shown["revoked_at"]) == ("ann", ["publish"], None)
        assert shown["last_used_at"] is not None
        assert token not in json.dumps(said("token", "list", "--json").json) + said("token", "list").out
        assert said("token", "revoke", str(shown["id"])).code == 0
        assert mine.ask("POST", "/api/tasks/publish").status == 401
    assert said("token", "revoke", str(shown["id"])).code == 2
    assert "revoked" in said("token", "list").out


def test_what_cannot_be_is_refused_with_the_way_out(world: MakeWorld) -> None:
    said = of(world())
    stranger = said("token", "create", "--user", "eve", "--name", "x")
    assert (stranger.code, "twitter-pipeline user add eve" in stranger.err) == (2, True)
    assert "there is no scope 'write'" in said("token", "create", "--name", "x", "--scope", "write").err
    assert said("token", "revoke", str(2**70)).code == 2

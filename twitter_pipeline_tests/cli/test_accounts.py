"""Accounts: their keys stored and checked, against a sandbox that stands for X in live mode."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from twitter_pipeline.cli.database import require_keys
from twitter_pipeline.cli.errors import CannotStart
from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Credentials
from twitter_pipeline.publishing.outcomes import AccountStopped, Posted
from twitter_pipeline.store import accounts
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.secrets import open_vault
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import api_keys
from twitter_pipeline_tests.cli.conftest import KEYS_OF_MAKER, Command
from twitter_pipeline_tests.support.sandbox import SandboxServer
from twitter_pipeline_tests.support.waiting import wait_for
from twitter_pipeline_tests.support.world import MakeWorld, World

WithWorld = Callable[[World], Command]
TIMELINE = "GET /2/users/{id}/tweets"


def stored(world: World, name: str = "maker") -> Credentials | None:
    with reading(world.engine) as connection:
        row = accounts.by_name(connection, name)
        return accounts.credentials(connection, row.id, open_vault(world.settings.home)) if row.has_keys else None


def of_sandbox(name: str = "maker") -> Credentials:
    return Credentials(**SandboxServer.credentials(name))


def test_added_keys_are_stored_encrypted_and_what_they_post_goes_out(
    live: MakeWorld, command: WithWorld, keys_file: Path
) -> None:
    here = live()
    said = command(here)("account", "add", "maker", "--from", str(keys_file))

    assert (said.code, said.out) == (0, "the keys of maker are stored; it posts as @maker\n")
    assert stored(here) == of_sandbox()
    with reading(here.engine) as connection:
        row = str(connection.execute(sa.select(api_keys)).one())
    for secret in SandboxServer.credentials("maker").values():
        assert secret not in row + said.out + said.err
    here.put(title="A cat")
    here.scan()
    assert isinstance(here.publish(), Posted)
    assert here.posted_texts() == ["A cat"]


def test_keys_may_come_through_a_pipe_as_an_environment_file_has_them(live: MakeWorld, command: WithWorld) -> None:
    here = live()
    lines = "".join(
        f'export X_{name.upper()}="{value}"\n' for name, value in SandboxServer.credentials("maker").items()
    )
    assert command(here)("account", "add", "maker", "--from", "-", stdin=f"# X\n\n{lines}").code == 0
    assert stored(here) == of_sandbox()


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("api_key=hidden-1\n", "api_secret, access_token, access_token_secret missing"),
        (KEYS_OF_MAKER + "hidden-2\n", "line 5 is none of api_key=…"),
        (KEYS_OF_MAKER.replace("api_key=", "api_key=hidden 3"), "api_key is no key"),
    ],
)
def test_lines_that_are_no_keys_are_named_and_not_shown(
    live: MakeWorld, command: WithWorld, lines: str, words: str
) -> None:
    here = live()
    said = command(here)("account", "add", "maker", "--from", "-", stdin=lines)
    assert said.code == 2
    assert words in said.err
    assert "hidden" not in said.err + said.out
    assert stored(here) is None


def test_keys_that_x_does_not_know_are_not_stored(live: MakeWorld, command: WithWorld, keys_file: Path) -> None:
    here = live()
    here.sandbox.account("maker", revoked=True)
    said = command(here)("account", "add", "maker", "--from", str(keys_file))
    assert said.code == 3
    assert said.err.startswith("nothing was stored: X answered 401")
    assert stored(here) is None

    said = command(here)("account", "add", "maker", "--from", str(keys_file), "--no-check")
    assert "stored, unchecked; check them with: twitter-pipeline account verify maker" in said.out
    assert stored(here) == of_sandbox()


def test_keys_whose_app_may_only_read_are_stored_and_what_to_do_is_said(
    live: MakeWorld, command: WithWorld, keys_file: Path
) -> None:
    here = live()
    here.sandbox.account("maker", read_only=True)
    said = command(here)("account", "add", "maker", "--from", str(keys_file))
    assert said.code == 3
    assert "permissions to Read and write, then make the access token and its secret anew" in said.err
    assert stored(here) == of_sandbox()


def test_new_keys_end_what_x_said_of_the_old_ones(live: MakeWorld, command: WithWorld, keys_file: Path) -> None:
    here = live()
    command(here)("account", "add", "maker", "--from", str(keys_file))
    with writing(here.engine) as connection:
        (row,) = accounts.listing(connection)
        accounts.stop(connection, row.id, "401")
        accounts.seen_timeline(connection, row.id, "17")
    keys_file.write_text(KEYS_OF_MAKER.replace("maker", "another"))
    said = command(here)("account", "add", "maker", "--from", str(keys_file))
    assert "it posts as @another\nbefore, maker was @maker" in said.out
    with reading(here.engine) as connection:
        (row,) = accounts.listing(connection)
    assert (row.why_not(utc_now()), row.x_username, row.timeline_seen_id) == (None, "another", None)


def test_two_accounts_that_are_one_are_told(live: MakeWorld, command: WithWorld, keys_file: Path) -> None:
    here = live(top={"accounts": [{"name": "maker"}, {"name": "twin"}]})
    command(here)("account", "add", "maker", "--from", str(keys_file))
    said = command(here)("account", "add", "twin", "--from", str(keys_file))
    assert "account maker posts as @maker too" in said.out


def test_keys_in_the_configuration_win_and_are_not_stored_over(
    live: MakeWorld, command: WithWorld, keys_file: Path
) -> None:
    here = live(top={"accounts": [{"name": "maker", **SandboxServer.credentials("someone")}]})
    for action in (["add", "maker", "--from", str(keys_file)], ["remove", "maker"]):
        said = command(here)("account", *action)
        assert said.code == 2
        assert "take them out there first" in said.err
    assert stored(here) == of_sandbox("someone")


def test_an_account_that_is_not_declared_or_needs_no_keys_is_refused(
    live: MakeWorld, world: MakeWorld, command: WithWorld, keys_file: Path
) -> None:
    said = command(live())("account", "add", "makr", "--from", str(keys_file))
    assert said.code == 2
    assert "did you mean 'maker'" in said.err
    assert "- name: makr" in said.err
    said = command(world())("account", "add", "sandbox", "--from", str(keys_file))
    assert said.code == 2
    assert "mode: live" in said.err


def test_without_a_terminal_nobody_is_asked(live: MakeWorld, command: WithWorld) -> None:
    said = command(live())("account", "add", "maker", stdin="")
    assert said.code == 2
    assert "--from FILE" in said.err


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_at_a_terminal_it_asks_for_each_key_and_shows_none(live: MakeWorld) -> None:
    here = live()
    ours, theirs = pty.openpty()
    program = [sys.executable, "-m", "twitter_pipeline.cli.main", "account", "add", "maker"]
    process = subprocess.Popen(
        [*program, "--config", str(here.settings.path)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    screen = b""

    def shows(words: str) -> bool:
        nonlocal screen
        try:
            screen += os.read(ours, 10_000)
        except OSError:  # it has ended
            return True
        return words.encode() in screen

    asked = ["API key (consumer key)", "API key secret", "Access token:", "Access token secret"]
    for words, secret in zip(asked, SandboxServer.credentials("maker").values(), strict=True):
        # The last blank comes once the terminal shows nothing more; what is typed before is thrown away.
        wait_for(lambda words=words: shows(words) and screen.endswith(b": "), 20, words)  # type: ignore[misc]
        os.write(ours, secret.encode() + b"\n")
    wait_for(lambda: shows("posts as @maker"), 20, "the end")
    assert process.wait(20) == 0, screen.decode()
    os.close(ours)
    assert stored(here) == of_sandbox()
    for secret in SandboxServer.credentials("maker").values():
        assert secret.encode() not in screen


def test_removed_keys_are_gone_and_starting_says_what_to_do(
    live: MakeWorld, command: WithWorld, keys_file: Path
) -> None:
    here = live()
    run = command(here)
    run("account", "add", "maker", "--from", str(keys_file))
    assert run("scan").code == 0
    assert run("account", "remove", "maker").out == "the keys of maker are forgotten\n"
    assert stored(here) is None
    why = "account maker has no keys: write them in config.yaml or run: twitter-pipeline account add maker\n"
    for action in ("scan", "up"):
        said = run(action)
        assert (said.code, said.err) == (1, why)
    said = run("status", "--json")
    assert (said.code, said.json["needs_a_person"]) == (3, [why.strip()])
    assert run("account", "remove", "maker").out == "maker has no stored keys\n"


def test_an_account_that_posts_nothing_needs_no_keys(live: MakeWorld, command: WithWorld, keys_file: Path) -> None:
    here = live(top={"accounts": [{"name": "maker"}, {"name": "later"}]})
    command(here)("account", "add", "maker", "--from", str(keys_file))
    assert command(here)("scan").code == 0


def test_the_list_says_who_where_and_why_not(live: MakeWorld, command: WithWorld, keys_file: Path) -> None:
    declared = [{"name": "maker"}, {"name": "written", **SandboxServer.credentials("w")}, {"name": "empty"}]
    here = live(top={"accounts": declared}, sources=[{"type": "video"}, {"type": "image", "account": "written"}])
    run = command(here)
    run("account", "add", "maker", "--from", str(keys_file))
    run("pause", "--account", "written")
    listed = {one["name"]: one for one in run("account", "list", "--json").json}
    assert {name: one["keys"] for name, one in listed.items()} == {
        "maker": "stored",
        "written": "in config.yaml",
        "empty": "none",
    }
    assert {name: one["projects"] for name, one in listed.items()} == {
        "maker": ["cats"],
        "written": ["cats"],
        "empty": [],
    }
    assert (listed["maker"]["username"], listed["written"]["paused"]) == ("maker", True)
    shown = run("account", "list").out
    assert "@maker" in shown
    assert "twitter-pipeline resume --account written" in shown
    assert "sandbox-" not in shown


class TestVerify:
    """What X says, and what a person has to do about it."""

    @pytest.fixture
    def here(self, live: MakeWorld, command: WithWorld, keys_file: Path) -> World:
        made = live()
        command(made)("account", "add", "maker", "--from", str(keys_file), "--no-check")
        return made

    def test_all_is_well(self, here: World, command: WithWorld) -> None:
        said = command(here)("account", "verify", "--json")
        (found,) = said.json
        assert said.code == 0
        assert (found["username"], found["may_write"], found["may_read_timeline"]) == ("maker", True, True)
        assert found["limits"]["GET /2/users/me 15min"]["remaining"] == 74
        assert found["problems"] == found["notes"] == []
        shown = command(here)("account", "verify", "maker").out
        for words in (
            "posts as        @maker",
            "may post        yes",
            "reads timeline  yes",
            "of 900 left in 15 minutes",
        ):
            assert words in shown
        assert here.sandbox.posts() == [], "nothing is posted to find out"

    def test_an_app_that_may_only_read(self, here: World, command: WithWorld) -> None:
        here.sandbox.account("maker", read_only=True)
        said = command(here)("account", "verify")
        assert said.code == 3
        assert "may post        no" in said.out
        assert "to mend: its app may only read" in said.out

    def test_when_x_does_not_say_it_is_not_known(self, here: World, command: WithWorld) -> None:
        (me,) = [here.sandbox.account("maker")]
        answer = {"data": {"id": me["id"], "username": "maker", "name": "maker"}}
        here.sandbox.fault("GET /2/users/me", "status", status=200, body=answer)
        here.sandbox.fault(TIMELINE, "status", status=200, body={"meta": {"result_count": 0}})
        said = command(here)("account", "verify", "--json")
        (found,) = said.json
        assert (said.code, found["may_write"]) == (0, None)
        assert "not known until the first post" in found["notes"][0]

    def test_a_timeline_that_may_not_be_read_is_a_thing_to_know(self, here: World, command: WithWorld) -> None:
        here.sandbox.fault(TIMELINE, "status", status=403)
        said = command(here)("account", "verify")
        assert said.code == 0
        assert "reads timeline  no" in said.out
        assert "stays unconfirmed until a person has looked" in said.out

    @pytest.mark.parametrize("premium", [True, False])
    def test_a_limit_that_its_subscription_does_not_allow(
        self, live: MakeWorld, command: WithWorld, keys_file: Path, premium: bool
    ) -> None:
        here = live(top={"accounts": [{"name": "maker", "text_limit": 2000}]})
        command(here)("account", "add", "maker", "--from", str(keys_file), "--no-check")
        here.sandbox.account("maker", premium=premium)
        said = command(here)("account", "verify").out
        assert ("text_limit is 2,000, and X says that it has no subscription" in said) is not premium

    def test_no_credit_is_a_thing_to_mend(self, here: World, command: WithWorld) -> None:
        here.sandbox.fault(TIMELINE, "status", status=402)
        said = command(here)("account", "verify")
        assert said.code == 3
        assert "to mend: X answered 402" in said.out
        assert "Buy credit" in said.out

    def test_a_timeline_that_is_away_for_a_moment(self, here: World, command: WithWorld) -> None:
        here.sandbox.fault(TIMELINE, "status", status=503)
        said = command(here)("account", "verify")
        assert said.code == 0
        assert "could not be read just now" in said.out

    def test_keys_that_x_refuses_and_a_stop(self, here: World, command: WithWorld) -> None:
        with writing(here.engine) as connection:
            (row,) = accounts.listing(connection)
            accounts.stop(connection, row.id, "X answered 401")
        said = command(here)("account", "verify")
        assert said.code == 3
        assert "nothing is posted with it: X answered 401; then: twitter-pipeline resume --account maker" in said.out
        here.sandbox.account("maker", revoked=True)
        said = command(here)("account", "verify")
        assert said.code == 3
        assert "to mend: X answered 401" in said.out

    def test_without_keys(self, live: MakeWorld, command: WithWorld) -> None:
        said = command(live())("account", "verify")
        assert said.code == 3
        assert "twitter-pipeline account add maker" in said.out

    def test_an_account_that_is_not_there(self, here: World, command: WithWorld) -> None:
        assert command(here)("account", "verify", "makr").code == 2

    def test_in_sandbox_mode_it_works_too(self, world: MakeWorld, command: WithWorld) -> None:
        assert "posts as        @sandbox" in command(world())("account", "verify").out


def test_a_lost_key_is_told_and_the_keys_are_added_again(live: MakeWorld, command: WithWorld, keys_file: Path) -> None:
    here = live(canary=False)
    run = command(here)
    run("account", "add", "maker", "--from", str(keys_file))
    here.put(title="A cat")
    here.scan()
    (here.settings.home / "secret.key").unlink()

    verified = run("account", "verify")
    assert verified.code == 3
    assert "bring back the file secret.key" in verified.out
    assert "twitter-pipeline account add" in verified.out
    with pytest.raises(CannotStart, match=r"bring back the file secret\.key"):  # `up` says so before it starts
        require_keys(here.engine, here.settings)
    outcome = here.publish()
    assert isinstance(outcome, AccountStopped)
    assert "bring back the file secret.key" in outcome.reason
    assert here.task().status is Status.PENDING
    assert run("account", "rotate-key").code != 0, "it would change nothing that can be read"

    assert run("account", "add", "maker", "--from", str(keys_file)).code == 0
    assert stored(here) == of_sandbox()
    assert isinstance(here.publish(run_id="again"), Posted)
    assert here.posted_texts() == ["A cat"]


def test_the_key_is_changed_by_one_command(live: MakeWorld, command: WithWorld, keys_file: Path) -> None:
    here = live()
    run = command(here)
    run("account", "add", "maker", "--from", str(keys_file))
    before = (here.settings.home / "secret.key").read_bytes()
    said = run("account", "rotate-key")
    assert (said.code, "the keys of 1 account are encrypted with a new key" in said.out) == (0, True)
    after = (here.settings.home / "secret.key").read_bytes()
    assert after != before
    assert after.decode() not in said.out
    assert run("account", "verify").code == 0


def test_a_key_in_the_environment_is_for_a_person_to_change(
    live: MakeWorld, command: WithWorld, keys_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cryptography.fernet import Fernet

    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    monkeypatch.setenv("TWITTER_PIPELINE_KEY", old)
    here = live()
    run = command(here)
    run("account", "add", "maker", "--from", str(keys_file))
    said = run("account", "rotate-key")
    assert said.code == 3
    assert "TWITTER_PIPELINE_KEY=NEW,OLD" in said.out
    monkeypatch.setenv("TWITTER_PIPELINE_KEY", f"{new},{old}")
    assert "take the old one away now" in run("account", "rotate-key").out
    monkeypatch.setenv("TWITTER_PIPELINE_KEY", new)
    assert stored(here) == of_sandbox()

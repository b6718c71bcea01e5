"""What config.yaml declares, in the tables."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from twitter_pipeline.config import Credentials, Settings, Source
from twitter_pipeline.store import accounts, defaults
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.secrets import open_vault
from twitter_pipeline.store.tables import api_keys, content_sources, projects, users
from twitter_pipeline_tests.conftest import MakeSettings
from twitter_pipeline_tests.support.items import MINUTE, NOW, put_task

LATER = NOW + MINUTE
LIVE_ACCOUNT = {
    "name": "cats_daily",
    "api_key": "ck",
    "api_secret": "cs",
    "access_token": "at",
    "access_token_secret": "ats",
}


def apply(engine: sa.Engine, settings: Settings, now: datetime = NOW) -> None:
    with writing(engine) as connection:
        defaults.apply(connection, settings, open_vault(settings.home, {}), now=now)


def rows(engine: sa.Engine, table: sa.Table) -> list[dict[str, Any]]:
    with reading(engine) as connection:
        return [dict(row._mapping) for row in connection.execute(sa.select(table).order_by(table.c.id))]


def everything(engine: sa.Engine) -> list[list[dict[str, Any]]]:
    return [rows(engine, table) for table in (users, api_keys, projects, content_sources)]


def live(settings: MakeSettings, **account: Any) -> Settings:
    return settings(top={"mode": "live", "accounts": [{**LIVE_ACCOUNT, **account}]})


def test_what_is_declared_is_there(engine: sa.Engine, settings: MakeSettings, tmp_path: Path) -> None:
    declared = settings(
        name="Cats & 猫",
        description="cats only",
        account="b",
        sources=[{"type": "video"}, {"type": "image", "path": "pictures", "language": "de", "hashtags": ["cats"]}],
        top={"users": [{"name": "ann", "email": "ann@example.org"}], "accounts": [{"name": "a"}, {"name": "b"}]},
    )

    apply(engine, declared)

    (user,), keys, (project,), sources = everything(engine)
    assert (user["username"], user["email"]) == ("ann", "ann@example.org")
    assert [key["key_name"] for key in keys] == ["a", "b"]
    assert {key["user_id"] for key in keys} == {user["id"]} == {project["user_id"]}
    assert (project["id"], project["name"], project["description"]) == ("cats", "Cats & 猫", "cats only")
    assert project["project_path"] == str(tmp_path / "cats")
    assert project["api_key_id"] == keys[1]["id"]
    assert [(source["key"], source["source_type"], source["source_path"]) for source in sources] == [
        ("video:.:en", "video", "."),
        ("image:pictures:de", "image", "pictures"),
    ]
    stored = Source.model_validate({"type": "image", "path": "pictures", **sources[1]["config"]})
    assert stored == declared.projects[0].sources[1]
    with reading(engine) as connection:
        assert defaults.source_ids(connection, "cats") == {source["key"]: source["id"] for source in sources}


def test_applying_it_twice_changes_nothing_not_even_a_time(engine: sa.Engine, settings: MakeSettings) -> None:
    apply(engine, settings())
    before = everything(engine)
    apply(engine, settings(), LATER)
    assert everything(engine) == before


def test_a_renamed_project_is_the_same_one(engine: sa.Engine, settings: MakeSettings, tmp_path: Path) -> None:
    apply(engine, settings(name="Cats"))
    task_id = put_task(engine)
    (before,) = rows(engine, projects)

    apply(engine, settings(name="More cats", path="cats-2"), LATER)

    (after,) = rows(engine, projects)
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"name", "project_path", "updated_at"}
    assert (after["name"], after["project_path"]) == ("More cats", str(tmp_path / "cats-2"))
    assert task_id
    assert len(rows(engine, content_sources)) == 1


def test_a_changed_source_keeps_its_id(engine: sa.Engine, settings: MakeSettings) -> None:
    apply(engine, settings())
    (before,) = rows(engine, content_sources)
    apply(engine, settings(sources=[{"type": "video", "hashtags": ["cats"]}]), LATER)
    (after,) = rows(engine, content_sources)
    assert after["id"] == before["id"]
    assert (after["config"]["hashtags"], after["updated_at"]) == (["cats"], LATER)


def test_what_is_declared_no_longer_is_kept_with_its_history(engine: sa.Engine, settings: MakeSettings) -> None:
    apply(engine, settings(sources=[{"type": "video"}, {"type": "image"}]))
    apply(engine, settings(sources=[{"type": "video"}]), LATER)
    assert [source["key"] for source in rows(engine, content_sources)] == ["video:.:en", "image:.:en"]


def test_the_same_keys_are_not_encrypted_anew_and_lift_no_stop(engine: sa.Engine, settings: MakeSettings) -> None:
    apply(engine, live(settings))
    (before,) = rows(engine, api_keys)
    with writing(engine) as connection:
        accounts.stop(connection, before["id"], "401")
        accounts.verified(connection, before["id"], user_id="12", username="cats", now=NOW)

    apply(engine, live(settings), LATER)

    (after,) = rows(engine, api_keys)
    assert after == {**before, "stopped_reason": "401", "x_user_id": "12", "x_username": "cats", "verified_at": NOW}


@pytest.mark.parametrize("changed", ["api_key", "api_secret", "access_token", "access_token_secret"])
def test_changed_keys_are_stored_and_lift_what_x_said_of_the_old_ones(
    engine: sa.Engine, settings: MakeSettings, changed: str
) -> None:
    apply(engine, live(settings))
    (before,) = rows(engine, api_keys)
    with writing(engine) as connection:
        accounts.stop(connection, before["id"], "401")
        accounts.wait(connection, before["id"], LATER, "429")
        accounts.verified(connection, before["id"], user_id="12", username="cats", now=NOW)

    declared = live(settings, **{changed: "new"})
    apply(engine, declared, LATER)

    with reading(engine) as connection:
        (account,) = accounts.listing(connection)
        stored = accounts.credentials(connection, account.id, open_vault(declared.home, {}))
    assert account.id == before["id"]
    assert account.why_not(NOW) is None
    assert account.verified_at is None
    assert stored == declared.credentials(declared.accounts[0])


def test_keys_that_config_yaml_leaves_out_stay_stored_and_those_in_it_win(
    engine: sa.Engine, settings: MakeSettings
) -> None:
    without = settings(top={"mode": "live", "accounts": [{"name": "cats_daily"}]})
    vault = open_vault(without.home, {})
    apply(engine, without)
    with reading(engine) as connection:
        (account,) = accounts.listing(connection)
        assert not account.has_keys
        with pytest.raises(accounts.NoKeys, match="twitter-pipeline account add cats_daily"):
            accounts.credentials(connection, account.id, vault)
    kept = Credentials("a", "b", "c", "d")
    with writing(engine) as connection:
        accounts.keep(connection, account.id, kept, vault, now=NOW)

    apply(engine, without, LATER)
    with reading(engine) as connection:
        assert accounts.credentials(connection, account.id, vault) == kept

    declared = live(settings)
    apply(engine, declared, LATER)
    with reading(engine) as connection:
        assert accounts.credentials(connection, account.id, vault) == declared.credentials(declared.accounts[0])


def test_a_source_posts_with_its_own_account_or_its_project_s(engine: sa.Engine, settings: MakeSettings) -> None:
    people = {"accounts": [{"name": "a"}, {"name": "b"}]}
    apply(engine, settings(sources=[{"type": "video"}, {"type": "image", "account": "b"}], top=people))
    with reading(engine) as connection:
        ids = defaults.source_ids(connection, "cats")
        names = {source_id: account.name for source_id, account in accounts.of_sources(connection, "cats").items()}
        assert names == {ids["video:.:en"]: "a", ids["image:.:en@b"]: "b"}
        assert {source_id: accounts.of_source(connection, source_id).name for source_id in names} == names


def test_a_lost_vault_is_filled_again_from_the_declared_keys(engine: sa.Engine, settings: MakeSettings) -> None:
    declared = live(settings)
    apply(engine, declared)
    (declared.home / "secret.key").unlink()

    apply(engine, declared, LATER)

    with reading(engine) as connection:
        (account,) = accounts.listing(connection)
        stored = accounts.credentials(connection, account.id, open_vault(declared.home, {}))
    assert stored == declared.credentials(declared.accounts[0])


def test_an_account_given_to_another_project_owner_moves(engine: sa.Engine, settings: MakeSettings) -> None:
    people = {"users": [{"name": "ann"}, {"name": "bob"}]}
    apply(engine, settings(top=people))
    apply(engine, settings(owner="bob", top=people), LATER)
    ann, bob = rows(engine, users)
    assert [project["user_id"] for project in rows(engine, projects)] == [bob["id"]]
    assert [key["user_id"] for key in rows(engine, api_keys)] == [ann["id"]]


def test_nothing_is_half_applied(engine: sa.Engine, settings: MakeSettings) -> None:
    def apply_and_break(connection: sa.Connection) -> None:
        declared = settings()
        defaults.apply(connection, declared, open_vault(declared.home, {}), now=NOW)
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"), writing(engine) as connection:
        apply_and_break(connection)
    assert everything(engine) == [[], [], [], []]

"""What a configuration means once it is read."""

from __future__ import annotations

import os
import pickle
from datetime import timedelta
from pathlib import Path

import pytest

from twitter_pipeline.config import ConfigError, Pacing, Settings, current, load
from twitter_pipeline_tests.config.conftest import Loads
from twitter_pipeline_tests.support.quickness import assert_quick

PROJECT = "projects:\n  - {id: cats, path: media/cats}\n"
LIVE = """\
mode: live
accounts:
  - name: cat_films
    api_key: ${KEY}
    api_secret: ${SECRET}
    access_token: ${TOKEN}
    access_token_secret: ${TOKEN_SECRET}
"""
KEYS = {"KEY": "k-111", "SECRET": "s-222", "TOKEN": "t-333", "TOKEN_SECRET": "ts-444"}


def test_five_lines_are_a_whole_configuration(loads: Loads, tmp_path: Path) -> None:
    settings = loads(
        "projects:\n  - id: makerthins\n    path: ../makerthins\n    sources:\n"
        "      - {type: video, path: output_video_music, metadata: uploader_json}\n"
    )
    (project,) = settings.projects
    assert (settings.mode, project.owner, project.account) == ("sandbox", "owner", "sandbox")
    assert project.path == tmp_path.parent / "makerthins"
    assert project.name == "makerthins"
    assert project.sources[0].key == "video:output_video_music:en"
    assert project.sources[0].metadata == "uploader_json"


def test_the_bundled_example_is_read_and_stays_in_the_sandbox() -> None:
    root = Path(__file__).parents[2]
    settings = load(root / "config.yaml", environ={})
    assert settings.mode == "sandbox"
    assert settings.project("example").path == root / "examples" / "harbour"
    assert [source.type for source in settings.project("example").sources] == ["video", "image", "album", "text"]
    assert len((root / "config.yaml").read_text(encoding="utf-8").splitlines()) <= 30


def test_what_is_left_out_takes_the_first_user_and_the_first_account(loads: Loads) -> None:
    settings = loads(
        "users: [{name: ann}, {name: bob}]\n"
        "accounts: [{name: films}, {name: songs, owner: bob}]\n"
        "projects: [{id: a, path: a}, {id: b, path: b, owner: bob, account: songs}]\n"
    )
    assert [account.owner for account in settings.accounts] == ["ann", "bob"]
    assert [(project.owner, project.account) for project in settings.projects] == [("ann", "films"), ("bob", "songs")]


def test_a_key_with_nothing_behind_it_counts_as_left_out(loads: Loads) -> None:
    settings = loads(
        "users:\naccounts: ~\nx: null\nprojects:\n  - {id: a, path: a, owner: , min_interval: , sources: }\n"
    )
    assert settings == loads("projects:\n  - {id: a, path: a}\n")
    assert loads("mode: sandbox\nprojects:\n").projects == ()


def test_scalars_stay_the_text_that_was_written(loads: Loads) -> None:
    """YAML 1.1 would make a number of 12:30, False of `no` and 1.1 of 1.10."""
    settings = loads(
        "projects:\n  - id: a\n    path: a\n    name: 12:30\n    description: 1.10\n"
        "    sources: [{language: no, hashtags: [2026, on, '#cats', 007]}]\n"
    )
    (project,) = settings.projects
    assert (project.name, project.description) == ("12:30", "1.10")
    assert project.sources[0].language == "no"
    assert project.sources[0].hashtags == ("2026", "on", "cats", "007")


def test_an_alias_repeats_what_it_stands_for(loads: Loads) -> None:
    settings = loads(
        "projects:\n  - {id: a, path: a, sources: &clips [{path: clips}]}\n  - {id: b, path: b, sources: *clips}\n"
    )
    assert settings.project("a").sources == settings.project("b").sources


def test_paths_are_absolute_against_the_base_folder_and_home(loads: Loads, tmp_path: Path) -> None:
    settings = loads("data_dir: ~/x\nprojects: [{id: a, path: ./b/../c}, {id: d, path: /e}]")
    assert settings.data_dir == Path.home() / "x"
    assert [project.path for project in settings.projects] == [tmp_path / "c", Path("/e")]
    elsewhere = load(tmp_path / "config.yaml", base_dir=tmp_path / "base", environ={})
    assert elsewhere.project("a").path == tmp_path / "base" / "c"
    assert (elsewhere.base_dir, elsewhere.path) == (tmp_path / "base", tmp_path / "config.yaml")


def test_a_project_folder_that_is_not_there_is_for_the_scan_to_report(loads: Loads) -> None:
    assert not loads(PROJECT).projects[0].path.exists()


def test_each_mode_keeps_its_own_data(loads: Loads, tmp_path: Path) -> None:
    sandbox, live = loads(PROJECT), loads(LIVE + PROJECT, KEYS)
    assert (sandbox.home, live.home) == (tmp_path / "var/sandbox", tmp_path / "var/live")
    assert sandbox.sqlalchemy_url == f"sqlite:///{tmp_path}/var/sandbox/pipeline.db"


def test_each_mode_keeps_its_own_tables_in_one_postgresql_database(loads: Loads) -> None:
    url = "database_url: 'postgresql://db/posts?options=-cstatement_timeout%3D5s'\n"
    for settings in (loads(url + PROJECT), loads(url + LIVE + PROJECT, KEYS)):
        assert settings.sqlalchemy_url.endswith(
            f"?options=-cstatement_timeout%3D5s%20-csearch_path%3Dpipeline_{settings.mode}"
        )


def test_each_mode_has_its_own_address_of_x(loads: Loads) -> None:
    assert loads(PROJECT).x_base_url == "http://127.0.0.1:8780"
    assert loads("sandbox: {host: '::', port: 9000}\n").x_base_url == "http://[::1]:9000"
    assert loads(LIVE, KEYS).x_base_url == "https://api.x.com"
    assert loads("x: {base_url: 'http://localhost:1/'}\n" + LIVE, KEYS).x_base_url == "http://localhost:1"
    assert loads("dagster: {host: 0.0.0.0}\n").dagster.url == "http://127.0.0.1:3000"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_a_postgresql_url_always_names_the_driver_that_is_installed(loads: Loads, scheme: str) -> None:
    settings = loads(f"database_url: {scheme}://me:p%40ss@db:5432/posts?sslmode=require\n")
    assert settings.sqlalchemy_url == (
        "postgresql+psycopg2://me:p%40ss@db:5432/posts?sslmode=require&options=-csearch_path%3Dpipeline_sandbox"
    )


def test_the_sandbox_never_gets_real_keys(loads: Loads) -> None:
    settings = loads(LIVE.replace("live", "sandbox"), KEYS)
    given = settings.credentials(settings.account("cat_films"))
    assert (given.api_key, given.api_secret) == ("sandbox-key", "sandbox-secret")
    assert given.access_token == "sandbox-token-cat_films"
    assert given.access_token_secret == "sandbox-token-secret-cat_films"


@pytest.mark.parametrize(("mode", "key"), [("sandbox", "sandbox-gemini-key"), ("live", "AIza-real")])
def test_gemini_gets_its_real_key_in_live_mode_only(loads: Loads, mode: str, key: str) -> None:
    settings = loads(f"mode: {mode}\naccounts: [{{name: a}}]\ngemini: {{api_key: AIza-real}}\n")
    assert settings.gemini_api_key == key
    assert settings.gemini_base_url == (settings.sandbox.url if mode == "sandbox" else None)
    assert "AIza" not in f"{settings!r} {settings.gemini!r} {settings.model_dump_json()}"


def test_live_mode_signs_with_the_keys_of_the_environment(loads: Loads) -> None:
    settings = loads(LIVE, {**KEYS, "SECRET": "s-222\n"})
    given = settings.credentials(settings.account("cat_films"))
    assert (given.api_key, given.api_secret, given.access_token, given.access_token_secret) == tuple(KEYS.values())


def test_keys_that_are_stored_need_not_be_in_the_file(loads: Loads) -> None:
    live = loads("mode: live\naccounts: [{name: a}]\n")
    assert live.credentials(live.account("a")) is None


def test_what_needs_pacing_in_live_mode_may_do_without_in_the_sandbox(loads: Loads) -> None:
    unpaced = "projects: [{id: cats, path: cats, min_interval: 0 s}]\n"
    daily = "projects: [{id: cats, path: cats, min_interval: 0 s, max_per_day: 3}]\n"
    assert loads(unpaced).pacing(loads(unpaced).project("cats")) == Pacing(timedelta(0), None)
    live = loads(LIVE + daily, KEYS)
    assert live.pacing(live.project("cats")) == Pacing(timedelta(0), 3)


def test_secrets_never_show(loads: Loads) -> None:
    settings = loads("database_url: postgresql://me:hunter2@db/posts\n" + LIVE, KEYS)
    account = settings.accounts[0]
    shown = f"{settings!r} {settings} {account!r} {settings.credentials(account)!r} {settings.model_dump_json()}"
    for secret in (*KEYS.values(), "hunter2"):
        assert secret not in shown


def test_pacing_is_the_projects_own_or_its_modes(loads: Loads) -> None:
    own = "projects: [{id: a, path: a}, {id: b, path: b, min_interval: 2 h, max_per_day: 3}]\n"
    sandbox, live = loads(own), loads(LIVE + own, KEYS)
    assert sandbox.pacing(sandbox.project("a")) == Pacing(timedelta(0), None)
    assert live.pacing(live.project("a")) == Pacing(timedelta(minutes=30), 10)
    for settings in (sandbox, live):
        assert settings.pacing(settings.project("b")) == Pacing(timedelta(hours=2), 3)


def test_a_set_of_media_limits_says_only_what_differs_from_strict(loads: Loads) -> None:
    premium = loads("x: {media_profile: premium, media_profiles: {premium: {video_max_seconds: 1200}}}").x.media_limits
    strict = loads("x: {media_profiles: {premium: {video_max_seconds: 1200}}}").x.media_limits
    assert (premium.video_max_seconds, strict.video_max_seconds) == (1200, 140)
    assert premium.image_max_bytes == strict.image_max_bytes


def test_a_project_knows_its_time_zone(loads: Loads) -> None:
    project = loads("projects: [{id: a, path: a, time_zone: Europe/Berlin}]").projects[0]
    assert project.zone.key == "Europe/Berlin"


@pytest.mark.parametrize(("look_up", "near"), [("project", "cats"), ("account", "sandbox"), ("user", "owner")])
def test_looking_up_a_wrong_name_says_the_nearest(loads: Loads, look_up: str, near: str) -> None:
    with pytest.raises(ConfigError, match=f"there is no '{near}x'; did you mean '{near}'"):
        getattr(loads(PROJECT), look_up)(f"{near}x")
    assert getattr(loads(PROJECT), look_up)(near)


def test_current_reads_the_file_and_base_folder_of_the_environment(loads: Loads, tmp_path: Path) -> None:
    loads(PROJECT)
    environ = {"TWITTER_PIPELINE_CONFIG": str(tmp_path / "config.yaml"), "TWITTER_PIPELINE_BASE_DIR": "/base"}
    assert current(environ).project("cats").path == Path("/base/media/cats")
    (tmp_path / "config.yaml").write_text("projects: [{id: dogs, path: d}]", encoding="utf-8")
    assert current(environ).project("dogs"), "an edit is seen by the next call"


def test_current_takes_config_yaml_of_the_working_folder(
    loads: Loads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads(PROJECT)
    monkeypatch.chdir(tmp_path)
    assert current({}).project("cats").path == tmp_path / "media/cats"


def test_settings_cannot_be_changed(loads: Loads) -> None:
    with pytest.raises(ValueError, match="frozen"):
        loads(PROJECT).mode = "live"  # type: ignore[misc]


def test_settings_travel_between_processes(loads: Loads, tmp_path: Path) -> None:
    settings = pickle.loads(pickle.dumps(loads(PROJECT)))  # noqa: S301 - our own bytes
    assert isinstance(settings, Settings)
    assert (settings.path, settings.project("cats").owner) == (tmp_path / "config.yaml", "owner")


def test_twenty_projects_load_in_under_thirty_milliseconds(loads: Loads, tmp_path: Path) -> None:
    """Each run of each post pays this."""
    sources = "[{type: video, path: clips, metadata: meta}, {type: image, hashtags: [a, b]}]"
    lines = [
        f"  - {{id: p{n}, path: p{n}, time_zone: Europe/Paris, min_interval: 1h30m, sources: {sources}}}"
        for n in range(20)
    ]
    loads("projects:\n" + "\n".join(lines))
    # 0.01 s a time.
    assert_quick(lambda: [load(tmp_path / "config.yaml", environ=os.environ) for _ in range(10)], 10 * 0.030)

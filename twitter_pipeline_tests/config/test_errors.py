"""Every mistake is reported with its place and its remedy, all of them at once, and none shows a secret."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from twitter_pipeline.config import ConfigError, Problem, load
from twitter_pipeline_tests.config.conftest import Finds, Loads

LIVE_ACCOUNT = (
    "mode: live\naccounts:\n  - {name: a, api_key: k, api_secret: s, access_token: t, access_token_secret: u}\n"
)


def test_all_mistakes_are_reported_at_once_in_the_order_of_the_lines(finds: Finds) -> None:
    text = """\
mode: liv
modes: 3
accounts:
  - name: films
    ownr: me
    api_key: ${NOPE}
projects:
  - id: Cats
    path: [x]
    account: film
    time_zone: Europe/Berln
    sources: [{type: vdeo, path: ../x, hashtgs: []}]
    sources: []
  - id: dogs
    owner: onwer
    stable_for: ${WAIT}
  -
"""
    assert finds(text) == [
        "config.yaml:1:7: mode: must be 'sandbox' or 'live'",
        "config.yaml:2:1: modes: unknown key; did you mean 'mode'?",
        "config.yaml:5:5: accounts.0.ownr: unknown key; did you mean 'owner'?",
        "config.yaml:8:9: projects.0.id: must be a-z, 0-9 and _, beginning with a letter, at most 63 long",
        "config.yaml:9:11: projects.0.path: expected a path",
        "config.yaml:10:14: projects.0.account: there is no account 'film'; did you mean 'films'?",
        "config.yaml:11:16: projects.0.time_zone: not an IANA time zone; did you mean 'Europe/Berlin'?",
        "config.yaml:12:22: projects.0.sources.0.type: must be 'video', 'image', 'album' or 'text'",
        "config.yaml:12:34: projects.0.sources.0.path: must be a folder inside the project, "
        "relative to the project's path",
        "config.yaml:12:40: projects.0.sources.0.hashtgs: unknown key; did you mean 'hashtags'?",
        "config.yaml:13:5: projects.0.sources: given twice (first in line 12); remove one of them",
        "config.yaml:14:5: projects.1.path: is missing: "
        "The project's folder, relative to the configuration file's folder.",
        "config.yaml:15:12: projects.1.owner: there is no user 'onwer'; did you mean 'owner'?",
        "config.yaml:16:17: projects.1.stable_for: the environment variable WAIT is not set (or empty); "
        "set it, or write ${WAIT:-default}",
        "config.yaml:17:4: projects.2: expected settings: lines like 'key: value'",
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "config.yaml:1:1: is empty; a configuration is lines like 'projects:', see docs/configuration.md"),
        ("# nothing yet\n", "config.yaml:1:1: is empty; a configuration is lines like"),
        ("- a\n- b\n", "config.yaml:1:1: is not a mapping; a configuration is lines like"),
        ("hello", "config.yaml:1:1: is not a mapping"),
        ("a: b: c", "config.yaml:1:5: this is not YAML: mapping values are not allowed in this context; look at the"),
        ("users:\n\t- a", "config.yaml:2:1: this is not YAML: indent with spaces, not tabs"),
        ("mode: 'x", "config.yaml:1:9: this is not YAML: found unexpected end of stream"),
        ("mode: \x01", "config.yaml:1:7: the character U+0001 is not allowed in YAML; is this a text file?"),
        ("---\nmode: sandbox\n---\nmode: live\n", "config.yaml:3:1: a second document begins here"),
        ("mode: !live x", "config.yaml:1:7: mode: tags (words that begin with !) are not understood"),
        ("mode: *live", "config.yaml:1:7: mode: no such anchor; a text that begins with * must stand in quotes"),
        ("users: &a [*a]", "config.yaml:1:12: users.0: this alias stands for something it is part of"),
        ("? [a]\n: b", "config.yaml:1:3: a key must be a plain word"),
        ("sandbox: {<<: {port: 1}}", "config.yaml:1:11: sandbox.<<: merge keys are not understood"),
        ("[" * 5000, "config.yaml:1:22: 0.0.0: nested more than 20 deep"),
        ('mode: "\\0"', "config.yaml:1:7: mode: holds an escaped character that no text may hold"),
        ("x: 3", "config.yaml:1:4: x: expected settings: lines like 'key: value'"),
        ("users: ann", "config.yaml:1:8: users: expected a list: lines that begin with '- '"),
        ("sandbox: {port: many}", "config.yaml:1:17: sandbox.port: expected a whole number"),
        ("sandbox: {port: 70000}", "config.yaml:1:17: sandbox.port: must be less than or equal to 65535"),
        ("sandbox: {host: 'a b'}", "config.yaml:1:17: sandbox.host: must be a host name or an IP address"),
        ("x: {chunk_bytes: 6000000}", "config.yaml:1:18: x.chunk_bytes: must be less than or equal to 5242880"),
        ("x: {read_timeout: 0}", "config.yaml:1:19: x.read_timeout: must be longer than 0"),
        ("x: {read_timeout: 5 parsecs}", "config.yaml:1:19: x.read_timeout: unknown unit 'parsecs'"),
        ("x: {base_url: api.x.com}", "config.yaml:1:15: x.base_url: must be a URL like https://api.x.com"),
        ("x: {media_profile: ab, media_profiles: {abc: }}", "config.yaml:1:20: x.media_profile: there is no 'ab'"),
        ("x: {media_profiles: {strict: {}}}", "config.yaml:1:21: x.media_profiles: 'strict' is built in"),
        ("x: {media_profiles: {'a b': {}}}", "config.yaml:1:22: x.media_profiles.a b: must be 1 to 50 letters"),
        ("x: {media_profiles: {p: {gif: 1}}}", "config.yaml:1:26: x.media_profiles.p.gif: unknown key"),
        ("users: [{name: a, email: a.b}]", "config.yaml:1:26: users.0.email: must be an e-mail address"),
        ("users: [{name: a}, {name: a}]", "config.yaml:1:27: users.1.name: 'a' is taken by another of the users"),
        ("users: [{name: 3.4}]", "config.yaml:1:16: users.0.name: must be 1 to 50 letters, digits or _"),
        ("data_dir: ''", "config.yaml:1:11: data_dir: must not be empty"),
        ("database_url: mysql://db/x", "config.yaml:1:15: database_url: must be like postgresql+psycopg2://"),
        ("database_url: postgresql://db", "config.yaml:1:15: database_url: must be like postgresql+psycopg2://"),
        ("mode: live", "config.yaml:1:1: accounts: live mode needs an account: write its name"),
        ("mode: ${", "config.yaml:1:7: mode: '${' begins ${NAME} or ${NAME:-default}; write $${ for the characters"),
        ("mode: ${9}", "config.yaml:1:7: mode: '${' begins ${NAME}"),
        ("database_url: ${DB}", "config.yaml:1:15: database_url: the environment variable DB is not set (or empty)"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place_and_remedy(finds: Finds, text: str, line: str) -> None:
    assert finds(text)[0].startswith(line)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("path: a, sources: []", "must not be empty; leave it out to take every video"),
        (
            "path: a, sources: [{}, {path: ./}]",
            "sources 0 and 1 have the same type, path, language and account; remove one",
        ),
        ("path: a, sources: [{hashtags: [a b]}]", "a hashtag is one word without spaces"),
        ("path: a, sources: [{path: /clips}]", "must be a folder inside the project"),
        ("path: a, sources: [{metadata: a/../../b}]", "must be a folder inside the project"),
        ("path: a, sources: [{language: english}]", "must be a language code such as en or pt-BR"),
        ("path: a, max_per_day: 0", "must be greater than or equal to 1"),
        ("path: a, min_interval: -5 min", "not a length of time: write it like"),
        ("path: a, min_interval: [5]", "expected a length of time: write it like"),
        ("path: a, max_lateness: 9 min", "must be 10 min or longer"),
        ("path: a, without_metadata: ask", "must be 'post' or 'skip'"),
        ("path: a, time_zone: ''", "not an IANA time zone; for example Europe/Berlin"),
        ("path: a, time_zone: ../UTC", "not an IANA time zone"),
        ("path: a, time_zone: Europe", "not an IANA time zone"),
        ("path: a, name: [b]", "expected a text"),
    ],
)
def test_a_mistake_in_a_project_says_what_is_allowed(finds: Finds, setting: str, message: str) -> None:
    (line,) = finds(f"projects: [{{id: a, {setting}}}]")
    assert f": {message}" in line


def test_two_projects_with_one_id_are_refused(finds: Finds) -> None:
    assert finds("projects: [{id: a, path: x}, {id: a, path: y}]") == [
        "config.yaml:1:35: projects.1.id: 'a' is taken by another of the projects; choose another id"
    ]


def test_of_an_account_s_keys_in_live_mode_all_must_be_there_or_none(finds: Finds) -> None:
    lines = finds("mode: live\naccounts: [{name: a, api_key: k, api_secret: '${S}', access_token: '${T}'}]", {"T": ""})
    assert lines == [
        "config.yaml:2:12: accounts.0.access_token_secret: the other keys are here; write access_token_secret:"
        " ${NAME_OF_A_VARIABLE}, or none of them where they are stored",
        "config.yaml:2:46: accounts.0.api_secret: the environment variable S is not set (or empty); "
        "set it, or leave the four keys out and store them: twitter-pipeline account add NAME",
        "config.yaml:2:68: accounts.0.access_token: the environment variable T is not set (or empty); "
        "set it, or leave the four keys out and store them: twitter-pipeline account add NAME",
    ]


@pytest.mark.parametrize("interval", ["0", "0 s"])
def test_live_mode_without_pacing_is_refused(finds: Finds, interval: str) -> None:
    project = f"projects: [{{id: cats, path: cats, min_interval: {interval}}}]"
    (line,) = finds(f"mode: live\naccounts: [{{name: a}}]\n{project}")
    assert line.startswith("config.yaml:3:49: projects.0.min_interval: live mode needs pacing: ")


WANTS_GEMINI = "projects: [{id: cats, path: cats, sources: [{path: a}, {path: b, gemini: yes}]}]\n"


@pytest.mark.parametrize(("gemini", "place"), [("", "1:1"), ("gemini: {model: m}\n", "4:9")])
def test_live_mode_needs_the_key_of_gemini_where_a_source_wants_it(finds: Finds, gemini: str, place: str) -> None:
    (line,) = finds(f"mode: live\naccounts: [{{name: a}}]\n{WANTS_GEMINI}{gemini}")
    assert line.startswith(f"config.yaml:{place}: gemini.api_key: live mode needs it, since a source says gemini: yes")


@pytest.mark.parametrize(
    "good",
    [
        WANTS_GEMINI,
        f"mode: live\naccounts: [{{name: a}}]\n{WANTS_GEMINI}gemini: {{api_key: k}}\n",
        f"mode: live\naccounts: [{{name: a}}]\n{WANTS_GEMINI.replace('yes', 'no')}",
    ],
)
def test_nobody_else_needs_it(loads: Loads, good: str) -> None:
    assert loads(good).projects


def test_each_variable_that_is_not_set_is_named(finds: Finds) -> None:
    lines = finds("projects: [{id: a, path: '${ROOT}/${NAME}'}]")
    assert [line.split(" is not set")[0] for line in lines] == [
        "config.yaml:1:26: projects.0.path: the environment variable ROOT",
        "config.yaml:1:26: projects.0.path: the environment variable NAME",
    ]


def test_one_mistake_is_one_problem_though_others_take_its_value(finds: Finds) -> None:
    assert finds("users: [{name: a.b}]\naccounts: [{name: [c]}]\nprojects: [{id: [d], path: e}]") == [
        "config.yaml:1:16: users.0.name: must be 1 to 50 letters, digits or _",
        "config.yaml:2:19: accounts.0.name: expected a text",
        "config.yaml:3:17: projects.0.id: expected a text",
    ]


def test_keys_that_are_not_set_do_not_matter_in_the_sandbox(loads: Loads) -> None:
    account = loads("accounts: [{name: a, api_key: '${KEY}', api_secret: '${SECRET}'}]", {"SECRET": ""}).accounts[0]
    assert (account.api_key, account.api_secret) == (None, None)


def test_references_to_the_environment_are_filled_in(loads: Loads) -> None:
    text = "sandbox: {port: '${PORT}', host: '${HOST:-127.0.0.2}'}\nprojects: [{id: a, path: '${ROOT}/a/${X:-b}$${c}'}]"
    settings = loads(text, {"PORT": "9001", "HOST": "", "ROOT": "/r"})
    assert (settings.sandbox.port, settings.sandbox.host) == (9001, "127.0.0.2")
    assert settings.projects[0].path == Path("/r/a/b${c}")


def test_a_value_of_the_environment_is_not_searched_for_references(loads: Loads) -> None:
    assert loads("projects: [{id: a, path: a, name: '${N}'}]", {"N": "${N}"}).projects[0].name == "${N}"


SECRET = "hunter2hunter2"


@pytest.mark.parametrize(
    "text",
    [
        f"database_url: mysql://me:{SECRET}@db/x",
        f"database_url: postgresql://me:{SECRET}@[db/x",
        f"database_url: postgresql://me@db:{SECRET}/x",
        f"database_url: [{SECRET}]",
        f"accounts: [{SECRET}]",
        f"accounts: [{{name: a, api_key: [{SECRET}]}}]",
        f"accounts: [{{name: a, api_key: *{SECRET}}}]",
        f"accounts: [{{name: a, api_key: !{SECRET} x}}]",
        f"accounts: [{{name: a, api_key: &a &{SECRET} x}}]",
        f"accounts: [{{name: a, api_key: '${{{SECRET}:x'}}]",
        f"accounts: [{{name: a, api_key: @{SECRET}}}]",
        f"accounts: [{{name: a, api_key: {SECRET}: x}}]",
        f"accounts: [{{name: a, api_key: {{{SECRET}}}}}]",
        f"accounts: [{{name: a, api_kye: {SECRET}}}]",
        f"x: {{base_url: 'https://me:{SECRET}@api.x.com'}}",
        f"x: {{base_url: 'https://me:{SECRET}'}}",
    ],
)
def test_no_message_shows_what_may_be_a_secret(finds: Finds, text: str) -> None:
    assert SECRET not in "\n".join(finds(text))


def test_a_missing_file_says_how_to_name_another(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"c\.yaml: there is no such file; name yours with --config PATH or TWITTER_PIP"
    ):
        load(tmp_path / "c.yaml")


def test_a_folder_a_huge_file_and_binary_data_are_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load(tmp_path)
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"mode: sandbox\n" * 100_000)
    with pytest.raises(ConfigError, match="is larger than 1 MiB"):
        load(path)
    path.write_bytes(b"mode: sandbox\n\xff\xd8")
    with pytest.raises(ConfigError, match=r"clip\.mp4:2: is not UTF-8 text; save it as UTF-8"):
        load(path)


def test_aliases_of_aliases_cannot_fill_the_memory(finds: Finds) -> None:
    levels = [f"k{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 15)]
    assert "has more than 100000 values" in finds("k0: &a0 [x]\n" + "\n".join(levels))[0]


def test_each_problem_is_one_line_whatever_its_key_holds(finds: Finds) -> None:
    (line,) = finds('"a\\nb\\e[31m": 1\n')
    assert line.startswith("config.yaml:1:1: a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}[31m: unknown key")


def test_a_file_with_a_byte_order_mark_is_read(loads: Loads) -> None:
    assert loads("\ufeffmode: sandbox\n").mode == "sandbox"


def test_an_error_keeps_its_problems_between_processes() -> None:
    error = ConfigError([Problem("config.yaml", 3, 5, "accounts.0.foldr", "unknown key; did you mean 'folder'?")])
    assert pickle.loads(pickle.dumps(error)).problems == error.problems  # noqa: S301 - our own bytes
    assert str(error) == "config.yaml:3:5: accounts.0.foldr: unknown key; did you mean 'folder'?"

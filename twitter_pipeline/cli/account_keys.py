"""`account add`, `account remove` and `account rotate-key`: what is done with keys. None is ever shown."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from twitter_pipeline.cli.actor import actor
from twitter_pipeline.cli.database import database_errors, prepared
from twitter_pipeline.cli.errors import NEEDS_A_PERSON, OK, WrongCommand
from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import KEYS, ConfigError, Credentials, Settings

if TYPE_CHECKING:
    import sqlalchemy as sa

    from twitter_pipeline.store.accounts import AccountRow

#: What X's developer console calls them.
WORDS = {
    "api_key": "API key (consumer key)",
    "api_secret": "API key secret (consumer secret)",
    "access_token": "Access token",
    "access_token_secret": "Access token secret",
}
#: `api_key=…`, also as an environment file writes it: `export X_API_KEY="…"`.
_LINE = re.compile(rf"(?:export\s+)?(?:X_)?({'|'.join(sorted(KEYS, key=len, reverse=True))})\s*[=:]\s*(.*)", re.I)
_MOST_BYTES = 10_000


def add(settings: Settings, name: str, source: Path | None, *, check: bool) -> int:
    """Store the four keys of an account, once X has said whose they are."""
    _keys_are_stored(settings, name)
    engine = prepared(settings)
    keys = _ask() if source is None else read(source)
    user, may_write = None, None
    if check:
        from twitter_pipeline.publishing.verifying import whose
        from twitter_pipeline.x.errors import XError

        try:
            user, may_write = whose(settings, keys)
        except XError as error:
            typer.echo(f"nothing was stored: {error}", err=True)
            return NEEDS_A_PERSON
    before, others = _store(engine, settings, name, keys, None if user is None else (user.id, user.username))
    if user is None:
        typer.echo(f"the keys of {name} are stored, unchecked; check them with: twitter-pipeline account verify {name}")
        return OK
    typer.echo(f"the keys of {name} are stored; it posts as @{user.username}")
    if before.x_user_id not in (None, user.id):
        typer.echo(f"before, {name} was @{before.x_username}: what it has posted is on that account's timeline")
    for other in others:
        typer.echo(f"account {other} posts as @{user.username} too: their pauses, limits and pacing are counted apart")
    if may_write is False:
        from twitter_pipeline.publishing.verifying import READ_ONLY

        typer.echo(f"it cannot post yet: {READ_ONLY}", err=True)
        return NEEDS_A_PERSON
    return OK


def remove(settings: Settings, name: str) -> int:
    """Forget the stored keys of an account."""
    from twitter_pipeline.store import accounts, decisions
    from twitter_pipeline.store.engine import writing
    from twitter_pipeline.store.secrets import open_vault

    _keys_are_stored(settings, name)
    engine = prepared(settings)
    with database_errors(), writing(engine) as connection:
        account = accounts.by_name(connection, name)
        if account.has_keys:
            accounts.keep(connection, account.id, None, open_vault(settings.home), now=utc_now())
            decisions.note(connection, actor(), "remove", f"the keys of account {name}", now=utc_now())
    typer.echo(f"the keys of {name} are forgotten" if account.has_keys else f"{name} has no stored keys")
    return OK


def rotate(settings: Settings) -> int:
    """Encrypt everything stored with a new key."""
    from twitter_pipeline.store import decisions, rotation
    from twitter_pipeline.store.engine import writing
    from twitter_pipeline.store.secrets import ENVIRONMENT_VARIABLE, KEY_FILE, keys_in

    engine = prepared(settings)
    try:
        with database_errors():
            number = rotation.rotate(engine, settings.home)
        with database_errors(), writing(engine) as connection:
            decisions.note(connection, actor(), "rotate", "the key that encrypts the accounts' keys", now=utc_now())
    except rotation.KeyInEnvironment:
        typer.echo(
            f"the key is in the environment, where only you can change it. Make a new one:\n"
            "  python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'\n"
            f"write it before the old one, {ENVIRONMENT_VARIABLE}=NEW,OLD, start the pipeline anew with that, run this"
            " command again, and then take the old one away"
        )
        return NEEDS_A_PERSON
    import os

    accounts = "1 account" if number == 1 else f"{number} accounts"
    if keys_in(os.environ):
        typer.echo(f"the keys of {accounts} are encrypted with the first key of {ENVIRONMENT_VARIABLE} alone")
        typer.echo("take the old one away now, everywhere the pipeline runs")
    else:
        typer.echo(f"the keys of {accounts} are encrypted with a new key: {settings.home / KEY_FILE}")
        typer.echo("copy it anew to wherever you keep a copy; the old one opens nothing any more")
    return OK


def read(source: Path) -> Credentials:
    """The keys in a file, or - for standard input: one `name=value` a line. Raises WrongCommand, showing none."""
    try:
        if str(source) == "-":
            text = sys.stdin.read(_MOST_BYTES)
        else:
            with source.open(encoding="utf-8-sig") as file:
                text = file.read(_MOST_BYTES)
    except (OSError, UnicodeDecodeError) as error:
        raise WrongCommand(
            f"--from {source} cannot be read: {getattr(error, 'strerror', None) or 'not a text'}"
        ) from None
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line.strip())
        if match is None:
            raise WrongCommand(f"--from {source}: line {number} is none of {', '.join(f'{key}=…' for key in KEYS)}")
        value = match[2].strip()
        found[match[1].lower()] = value[1:-1] if value[:1] == value[-1:] and value[:1] in ("'", '"') else value
    missing = [key for key in KEYS if not found.get(key)]
    if missing:
        raise WrongCommand(f"--from {source}: {', '.join(missing)} missing; write a line {missing[0]}=…")
    return Credentials(*(_key(key, found[key]) for key in KEYS))


def _ask() -> Credentials:
    if not sys.stdin.isatty():
        raise WrongCommand("there is nobody to ask: give the keys with --from FILE, or --from - for standard input")
    typer.echo("From X's developer console; nothing is shown while you paste.")
    return Credentials(*(_key(key, typer.prompt(WORDS[key], hide_input=True)) for key in KEYS))


def _key(name: str, value: str) -> str:
    value = value.strip()
    if not value or not value.isascii() or not value.isprintable() or " " in value:
        raise WrongCommand(f"{name} is no key: it is empty, or holds spaces or other characters; copy it again")
    return value


def _keys_are_stored(settings: Settings, name: str) -> None:
    """Raises WrongCommand where keys are not for this command: another mode, no such account, keys in config.yaml."""
    if settings.mode != "live":
        raise WrongCommand("the sandbox needs no keys: write mode: live into the configuration first")
    try:
        declared = settings.credentials(settings.account(name))
    except ConfigError as error:
        known = error.problems[0].message
        raise WrongCommand(
            f"{known}. A new one is two lines in {settings.path}: accounts: and - name: {name}"
        ) from None
    if declared is not None:
        raise WrongCommand(f"the keys of {name} are in {settings.path}, and those count: take them out there first")


def _store(
    engine: sa.Engine, settings: Settings, name: str, keys: Credentials, user: tuple[str, str] | None
) -> tuple[AccountRow, list[str]]:
    """Store them; the account as it was before, and the names of others that are the same user."""
    from twitter_pipeline.store import accounts, decisions
    from twitter_pipeline.store.engine import writing
    from twitter_pipeline.store.secrets import open_vault

    with database_errors(), writing(engine) as connection:
        before = accounts.by_name(connection, name)
        accounts.keep(connection, before.id, keys, open_vault(settings.home), now=utc_now())
        decisions.note(connection, actor(), "store", f"the keys of account {name}", now=utc_now())
        if user is not None:
            accounts.verified(connection, before.id, user_id=user[0], username=user[1], now=utc_now())
        ours = {account.name for account in settings.accounts} - {name}
        same = [row.name for row in accounts.listing(connection) if user is not None and row.x_user_id == user[0]]
    return before, [other for other in same if other in ours]

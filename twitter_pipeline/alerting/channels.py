"""Where messages go, and what these addresses are called: they hold passwords and are never shown."""

from __future__ import annotations

import hashlib
from urllib.parse import quote

from twitter_pipeline.alerting.cause import Kind
from twitter_pipeline.config import Settings


def channels(settings: Settings) -> dict[str, str]:
    """All addresses by their names: `mailtos-3f2a9c01` for one of `alerts.urls`, `owner-ann` for a user's mail."""
    found = {name_of(url.get_secret_value()): url.get_secret_value() for url in settings.alerts.urls}
    for user in settings.users:
        if (channel := of_owner(settings, user.name)) is not None:
            found[channel] = _mail_to(settings, user.email)
    return found


def name_of(url: str) -> str:
    """Kind and fingerprint. Of the latter so little that no password can be found by it."""
    kind = url.partition("://")[0].lower()
    return f"{kind}-{hashlib.sha256(url.encode()).hexdigest()[:8]}"


def for_all(settings: Settings) -> set[str]:
    """The channels that are told of everything."""
    return {name_of(url.get_secret_value()) for url in settings.alerts.urls}


def of_owner(settings: Settings, user: str) -> str | None:
    """The channel of a user's own; None without an e-mail address, or a server that sends."""
    return f"owner-{user}" if settings.alerts.mail is not None and settings.user(user).email is not None else None


def owner_of(settings: Settings, cause: str, project_id: str | None) -> str:
    """Whose an alert is: the project's owner, the account's, or the first user, as whom all else belongs to."""
    kind, _, about = cause.partition(":")
    for project in settings.projects:
        if project.id == project_id:
            return project.owner
    for account in settings.accounts:
        if kind in (Kind.STOPPED.value, Kind.NO_KEYS.value) and account.name == about:
            return account.owner
    return settings.users[0].name


def told_of(settings: Settings, cause: str, project_id: str | None) -> set[str]:
    """The channels that are told of an alert."""
    mail = of_owner(settings, owner_of(settings, cause, project_id))
    return for_all(settings) | ({mail} if mail is not None else set())


def _mail_to(settings: Settings, email: str | None) -> str:
    server = settings.alerts.mail.get_secret_value() if settings.alerts.mail is not None else ""
    return f"{server}{'&' if '?' in server else '?'}to={quote(email or '', safe='@')}"

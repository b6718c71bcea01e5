"""The whole configuration, and the questions it answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, TypeVar
from urllib.parse import parse_qsl, quote, urlencode

from pydantic import Field, PrivateAttr, ValidationInfo, field_validator, model_validator

from twitter_pipeline.config.alerts import AlertSettings
from twitter_pipeline.config.base import Section
from twitter_pipeline.config.duration import Duration
from twitter_pipeline.config.errors import ConfigError, Problem, did_you_mean
from twitter_pipeline.config.fields import DatabaseUrl, absolute
from twitter_pipeline.config.monitoring import MonitoringSettings
from twitter_pipeline.config.people import Account, Credentials, User
from twitter_pipeline.config.projects import Project, Source
from twitter_pipeline.config.services import ApiSettings, DagsterSettings, GeminiSettings, SandboxSettings, XSettings

DEFAULT_USER = "owner"
SANDBOX_ACCOUNT = "sandbox"
SANDBOX_GEMINI_KEY = "sandbox-gemini-key"
LIVE_API = "https://api.x.com"

T = TypeVar("T")


@dataclass(frozen=True)
class Pacing:
    """How fast a project may post: the shortest time between two posts, and the most in a day (None: no limit)."""

    min_interval: timedelta
    max_per_day: int | None


#: How long X may take to list a post: minutes were seen. In live mode it also outlasts a signature, so that a request
#: that was held up on its way is refused.
_SETTLE_TIME = {"sandbox": timedelta(seconds=5), "live": timedelta(minutes=10)}
#: A live account is never posted to without limits.
_PACING = {"sandbox": Pacing(timedelta(0), None), "live": Pacing(timedelta(minutes=30), 10)}


class Settings(Section):
    """Everything config.yaml says. Made by `load`, which also checks what one setting says about another."""

    mode: Literal["sandbox", "live"] = Field(
        "sandbox", description="sandbox posts to a local stand-in for X; live posts to X. Each keeps its own data."
    )
    data_dir: Path = Field(
        Path("var"),
        description="Folder for all data, relative to the configuration file's folder; each mode has its own below it.",
    )
    database_url: DatabaseUrl | None = Field(
        None, description="PostgreSQL database, postgresql+psycopg2://…. Without it: SQLite under data_dir."
    )
    retention: Duration = Field(
        timedelta(days=90),
        description="How long Dagster keeps a run; of one that went well, what it printed and noted for itself goes"
        " after a day, when its steps began after a week. Posted items stay materialized, the publishing log stays"
        " whole.",
    )
    x: XSettings = Field(default_factory=XSettings, description="How X's API is reached, and its limits.")
    gemini: GeminiSettings = Field(
        default_factory=GeminiSettings, description="How Gemini improves the words, where a source says so."
    )
    sandbox: SandboxSettings = Field(
        default_factory=SandboxSettings, description="Where the local stand-in for X listens."
    )
    dagster: DagsterSettings = Field(default_factory=DagsterSettings, description="How Dagster is started.")
    api: ApiSettings = Field(default_factory=ApiSettings, description="The REST API.")
    alerts: AlertSettings = Field(
        default_factory=AlertSettings, description="Whom the pipeline tells when it needs a person, and when."
    )
    monitoring: MonitoringSettings = Field(
        default_factory=MonitoringSettings, description="What the pipeline watches of itself, and what is an alarm."
    )
    users: tuple[User, ...] = Field((), description=f"Who owns projects. Without it: one user, {DEFAULT_USER}.")
    accounts: tuple[Account, ...] = Field(
        (), description=f"X accounts. Without it: one account, {SANDBOX_ACCOUNT}, in sandbox mode; live mode needs one."
    )
    projects: tuple[Project, ...] = Field((), description="Folders to post from.")

    _path: Path = PrivateAttr(default_factory=lambda: Path("config.yaml").absolute())
    _base_dir: Path = PrivateAttr(default_factory=Path.cwd)

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, data: Any) -> Any:
        """Put in the default user and account, and write the first of them wherever none is named."""
        if not isinstance(data, dict):
            return data
        users = data.get("users") or [{"name": DEFAULT_USER}]
        accounts = data.get("accounts") or ([] if data.get("mode") == "live" else [{"name": SANDBOX_ACCOUNT}])
        first = {"owner": _first_name(users), "account": _first_name(accounts)}
        return {
            **data,
            "users": users,
            "accounts": _with_defaults(accounts, owner=first["owner"]),
            "projects": _with_defaults(data.get("projects"), **first),
        }

    @field_validator("data_dir", mode="before")
    @classmethod
    def _data_dir(cls, value: object, info: ValidationInfo) -> object:
        return absolute(value, info)

    @field_validator("retention")
    @classmethod
    def _a_day_at_least(cls, value: timedelta) -> timedelta:
        if value < timedelta(days=1):
            raise ValueError("must be 1 day or longer")
        return value

    def model_post_init(self, context: Any) -> None:
        """Keep where the settings came from: `load` says so in the validation's context."""
        if context:
            self._path, self._base_dir = context["path"], context["base_dir"]

    @property
    def path(self) -> Path:
        """The configuration file, absolute."""
        return self._path

    @property
    def base_dir(self) -> Path:
        """The folder that relative paths were resolved against, absolute."""
        return self._base_dir

    @property
    def home(self) -> Path:
        """Where this mode keeps its data: state never crosses from one mode to the other."""
        return self.data_dir / self.mode

    @property
    def sqlalchemy_url(self) -> str:
        """The database's URL with its password: not for logs."""
        if self.database_url:
            return self.url_in_schema(f"pipeline_{self.mode}")
        return f"sqlite:///{self.home / 'pipeline.db'}"

    def url_in_schema(self, schema: str) -> str:
        """`database_url` with its password, for the tables of one PostgreSQL schema.

        Each mode has its own, or what was posted to the sandbox would count as posted to X; and so has Dagster, whose
        table `alembic_version` would clash with ours. Raises ValueError without a `database_url`.
        """
        if self.database_url is None:
            raise ValueError("there is no database_url: SQLite knows no schemas")
        address, _, query = self.database_url.get_secret_value().partition("?")
        options = dict(parse_qsl(query))
        options["options"] = f"{options.get('options', '')} -csearch_path={schema}".strip()
        return f"{address}?{urlencode(options, quote_via=quote)}"

    @property
    def x_base_url(self) -> str:
        """Where posts go, without a slash at the end."""
        return self.x.base_url or (self.sandbox.url if self.mode == "sandbox" else LIVE_API)

    @property
    def settle_time(self) -> timedelta:
        """How long after a request its post, if there is one, is on the timeline for certain."""
        return self.x.settle_time or _SETTLE_TIME[self.mode]

    @property
    def gemini_base_url(self) -> str | None:
        """Where Gemini is asked, without a slash at the end; None means Google's own address."""
        return self.gemini.base_url or (self.sandbox.url if self.mode == "sandbox" else None)

    @property
    def gemini_api_key(self) -> str:
        """What Gemini is asked with, in the clear: in sandbox mode never the real key. Empty where there is none."""
        if self.mode == "sandbox":
            return SANDBOX_GEMINI_KEY
        return self.gemini.api_key.get_secret_value() if self.gemini.api_key else ""

    def account_of(self, project: Project, source: Source) -> str:
        """The name of the account a source posts as."""
        return source.account or project.account

    @property
    def posting_accounts(self) -> list[str]:
        """The names of the accounts that sources post as, each once."""
        return list(dict.fromkeys(self.account_of(one, source) for one in self.projects for source in one.sources))

    def text_limit_of(self, account: str) -> int:
        """The longest text of a post of the account, weighted; of one that is not in config.yaml, the usual."""
        own = next((one.text_limit for one in self.accounts if one.name == account), None)
        return self.x.text_limit if own is None else own

    def wants_canary(self, project: Project) -> bool:
        """Whether the project's first post goes out alone."""
        return self.mode == "live" if project.canary is None else project.canary

    def project(self, id: str) -> Project:
        """The project with this id. Raises ConfigError naming the nearest one."""
        return self._find("projects", id, ((project.id, project) for project in self.projects))

    def account(self, name: str) -> Account:
        """The account with this name. Raises ConfigError naming the nearest one."""
        return self._find("accounts", name, ((account.name, account) for account in self.accounts))

    def user(self, name: str) -> User:
        """The user with this name. Raises ConfigError naming the nearest one."""
        return self._find("users", name, ((user.name, user) for user in self.users))

    def _find(self, key: str, wanted: str, items: Iterable[tuple[str, T]]) -> T:
        by_name = dict(items)
        if wanted in by_name:
            return by_name[wanted]
        message = f"there is no '{wanted}'; {did_you_mean(wanted, by_name)}"
        raise ConfigError([Problem(str(self.path), None, None, key, message)])

    def credentials(self, account: Account) -> Credentials | None:
        """What to sign with: in sandbox mode never the real keys. None where they are stored, or nowhere."""
        return Credentials.of(account) if self.mode == "live" else Credentials.for_sandbox(account.name)

    def pacing(self, project: Project) -> Pacing:
        """The project's own pacing, or this mode's."""
        default = _PACING[self.mode]
        return Pacing(
            default.min_interval if project.min_interval is None else project.min_interval,
            default.max_per_day if project.max_per_day is None else project.max_per_day,
        )


def _first_name(items: Any) -> str:
    """The name of the first item of a list that is not validated yet; empty when there is none."""
    first = items[0] if isinstance(items, (list, tuple)) and items else None
    name = first.get("name") if isinstance(first, dict) else None
    return name if isinstance(name, str) else ""


def _with_defaults(items: Any, **defaults: str) -> Any:
    """Each item of a list that is not validated yet, with what it leaves out."""
    if not isinstance(items, (list, tuple)):
        return items
    return [_with_default(item, defaults) if isinstance(item, dict) else item for item in items]


def _with_default(item: dict[str, Any], defaults: dict[str, str]) -> dict[str, Any]:
    return {**item, **{name: value for name, value in defaults.items() if item.get(name) is None}}

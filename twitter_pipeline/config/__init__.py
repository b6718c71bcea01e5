"""config.yaml as typed settings: `load` reads a file, `current` the one this process runs under."""

from twitter_pipeline.config.alerts import AlertSettings
from twitter_pipeline.config.errors import ConfigError, Problem
from twitter_pipeline.config.loading import BASE_DIR_VARIABLE, CONFIG_VARIABLE, current, file_stamp, load, path_in_force
from twitter_pipeline.config.monitoring import MonitoringSettings
from twitter_pipeline.config.people import KEYS, Account, Credentials, User
from twitter_pipeline.config.projects import DOWN_AFTER, Project, Source
from twitter_pipeline.config.schema import json_schema
from twitter_pipeline.config.services import (
    ApiSettings,
    DagsterSettings,
    GeminiSettings,
    MediaLimits,
    SandboxSettings,
    XPrices,
    XSettings,
)
from twitter_pipeline.config.settings import LIVE_API, Pacing, Settings

__all__ = [
    "BASE_DIR_VARIABLE",
    "CONFIG_VARIABLE",
    "DOWN_AFTER",
    "KEYS",
    "LIVE_API",
    "Account",
    "AlertSettings",
    "ApiSettings",
    "ConfigError",
    "Credentials",
    "DagsterSettings",
    "GeminiSettings",
    "MediaLimits",
    "MonitoringSettings",
    "Pacing",
    "Problem",
    "Project",
    "SandboxSettings",
    "Settings",
    "Source",
    "User",
    "XPrices",
    "XSettings",
    "current",
    "file_stamp",
    "json_schema",
    "load",
    "path_in_force",
]

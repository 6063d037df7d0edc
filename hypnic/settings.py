"""Settings from the environment, with safe defaults. Nothing here reads a file or opens a connection."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hypnic.yamlfile import ROOT

MOST_DAYS = 36500


class SettingError(Exception):
    """An environment variable holds something that cannot be used; the text names it."""


@dataclass(frozen=True)
class Settings:
    """What an operator may set.

    host, port: where the chat is served. action_host, action_port: where the action server listens. actions: its address for
    the chat server, when it is another machine's or a proxy's; empty means this machine's.
    region: code of data/triage/regions.yml, decides which emergency number is shown.
    turn_seconds: how long a person waits at most before the failure message.
    max_characters: longest accepted message.
    triage: whether the check says how soon one person needs help; off, everybody is told the same warning signs.
    retention_days: conversations quiet for longer are deleted; 0 keeps them for ever.
    var: folder for the conversation database and logs.
    metrics: host:port where the counts for Prometheus are served; empty means nowhere.
    database: URL of a database on a server instead of the file in var; holds a password, so it is never shown.
    """

    host: str = "127.0.0.1"
    port: int = 5005
    action_host: str = "127.0.0.1"
    action_port: int = 5055
    actions: str = ""
    region: str = "international"
    turn_seconds: float = 8.0
    max_characters: int = 1000
    triage: bool = True
    retention_days: int = 30
    var: Path = ROOT / "var"
    metrics: str = ""
    database: str = field(default="", repr=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read HYPNIC_HOST, PORT, HYPNIC_ACTION_HOST, HYPNIC_ACTION_PORT, HYPNIC_ACTIONS, HYPNIC_REGION, HYPNIC_TURN_SECONDS,
        HYPNIC_TRIAGE, HYPNIC_RETENTION_DAYS, HYPNIC_VAR, HYPNIC_METRICS, HYPNIC_DATABASE.

        Raises:
            SettingError: a value is not of the right kind.
        """
        env = os.environ if environment is None else environment
        return cls(
            host=env.get("HYPNIC_HOST") or cls.host,
            port=_port(env, "PORT", cls.port),
            action_host=env.get("HYPNIC_ACTION_HOST") or cls.action_host,
            action_port=_port(env, "HYPNIC_ACTION_PORT", cls.action_port),
            actions=_address(env, "HYPNIC_ACTIONS", ("http://", "https://")),
            region=(env.get("HYPNIC_REGION") or cls.region).lower(),
            turn_seconds=_seconds(env, "HYPNIC_TURN_SECONDS", cls.turn_seconds),
            max_characters=cls.max_characters,
            triage=_switch(env, "HYPNIC_TRIAGE", cls.triage),
            retention_days=_days(env, "HYPNIC_RETENTION_DAYS", cls.retention_days),
            var=Path(env.get("HYPNIC_VAR") or cls.var),
            metrics=_metrics(env),
            database=_address(env, "HYPNIC_DATABASE", ("postgresql://", "postgres://")),
        )


def _port(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit()) or not 0 < int(text) < 65536:
        raise SettingError(f"{name} must be a port number between 1 and 65535")
    return int(text)


def _seconds(env: Mapping[str, str], name: str, default: float) -> float:
    text = env.get(name, "").strip()
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        raise SettingError(f"{name} must be a number of seconds") from None
    if not 0.1 <= value <= 60:
        raise SettingError(f"{name} must be between 0.1 and 60 seconds")
    return value


def _days(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit()) or len(text) > 5 or int(text) > MOST_DAYS:
        raise SettingError(f"{name} must be a whole number of days from 0 (keep for ever) to {MOST_DAYS}")
    return int(text)


def _address(env: Mapping[str, str], name: str, schemes: tuple[str, ...]) -> str:
    text = env.get(name, "").strip()
    if text and not text.startswith(schemes):
        raise SettingError(f"{name} must be an address that begins with {schemes[0]}")
    return text


def _metrics(env: Mapping[str, str]) -> str:
    text = env.get("HYPNIC_METRICS", "").strip()
    host, _, port = text.rpartition(":")
    if text and not (host and port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise SettingError("HYPNIC_METRICS must be an address and a port, such as 127.0.0.1:9105")
    return text


def _switch(env: Mapping[str, str], name: str, default: bool) -> bool:
    text = env.get(name, "").strip().lower()
    if text not in ("", "on", "off"):
        raise SettingError(f"{name} must be on or off")
    return default if not text else text == "on"

"""Settings from the environment, with safe defaults. Nothing here reads a file or opens a connection."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from hypnic.yamlfile import ROOT

MOST_DAYS = 36500
TELEGRAM = "https://api.telegram.org"
WEBHOOK_PORTS = (None, 443, 80, 88, 8443)  # the only ones that Telegram's own servers call
ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:\d{1,5})?|https?://\[[0-9a-f:]+\](:\d{1,5})?")


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
    origins: other sites whose pages may use the chat, as "https://clinic.example".
    var: folder for the conversation database, the counts, the inbox of Telegram and the logs.
    telegram_token: of the bot; empty switches Telegram off. telegram_webhook: public address of the channel; empty means that
    Hypnic asks Telegram for messages. telegram_secret: what Telegram has to send along to the webhook; empty makes one from
    the token. telegram_api: where the Bot API is.
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
    origins: tuple[str, ...] = ()
    var: Path = ROOT / "var"
    telegram_token: str = field(default="", repr=False)
    telegram_webhook: str = ""
    telegram_secret: str = field(default="", repr=False)
    telegram_api: str = TELEGRAM
    metrics: str = ""
    database: str = field(default="", repr=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read HYPNIC_HOST, PORT, HYPNIC_ACTION_HOST, HYPNIC_ACTION_PORT, HYPNIC_ACTIONS, HYPNIC_REGION, HYPNIC_TURN_SECONDS,
        HYPNIC_TRIAGE, HYPNIC_RETENTION_DAYS, HYPNIC_ORIGINS, HYPNIC_VAR, HYPNIC_METRICS, HYPNIC_DATABASE, TELEGRAM_BOT_TOKEN,
        TELEGRAM_WEBHOOK_URL, TELEGRAM_SECRET_TOKEN, TELEGRAM_API_BASE.

        Raises:
            SettingError: a value is not of the right kind.
        """
        env = os.environ if environment is None else environment
        api = _page(env, "TELEGRAM_API_BASE", cls.telegram_api)
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
            origins=_origins(env, "HYPNIC_ORIGINS"),
            var=Path(env.get("HYPNIC_VAR") or cls.var),
            # Whether the token is any good is found out by the channel, which must not keep the rest from running.
            telegram_token=env.get("TELEGRAM_BOT_TOKEN", "").strip(),
            telegram_webhook=_webhook(env, "TELEGRAM_WEBHOOK_URL", public=api == TELEGRAM),
            telegram_secret=_secret(env, "TELEGRAM_SECRET_TOKEN"),
            telegram_api=api,
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


def _page(env: Mapping[str, str], name: str, default: str) -> str:
    text = env.get(name, "").strip().rstrip("/")
    if not text:
        return default
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0 and not parts.username
    except ValueError:  # the port is no number
        good = False
    if not good:
        raise SettingError(f"{name} must be an address that begins with https://")
    return text


def _webhook(env: Mapping[str, str], name: str, public: bool) -> str:
    text = _page(env, name, "")
    # A Bot API server of one's own may call any address; Telegram's calls only these.
    if text and public and (not text.startswith("https://") or urlsplit(text).port not in WEBHOOK_PORTS):
        raise SettingError(f"{name} must be an address that begins with https:// and uses port 443, 80, 88 or 8443")
    return text


def _secret(env: Mapping[str, str], name: str) -> str:
    text = env.get(name, "").strip()
    if text and not re.fullmatch(r"[A-Za-z0-9_-]{16,256}", text):
        raise SettingError(f"{name} must be 16 to 256 letters, digits, - or _")
    return text


def _origins(env: Mapping[str, str], name: str) -> tuple[str, ...]:
    origins = tuple(part.lower() for part in re.split(r"[\s,]+", env.get(name, "")) if part)
    if not all(ORIGIN.fullmatch(origin) for origin in origins):
        # "*" would let any page in the world read along.
        raise SettingError(f"{name} must be a list of origins such as https://clinic.example, without a path and without *")
    return origins

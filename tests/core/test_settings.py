"""Settings from the environment: the defaults, what is taken and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from hypnic.settings import SettingError, Settings


def test_nothing_set() -> None:
    """An empty environment gives the defaults."""
    assert Settings() == Settings.from_environment({})


def test_only_this_machine_by_default() -> None:
    """Nobody else can reach the chat unless the operator says so."""
    assert "127.0.0.1" == Settings.from_environment({}).host


TAKEN = [
    # variable, value, field, what it becomes
    ("HYPNIC_HOST", "0.0.0.0", "host", "0.0.0.0"),
    ("PORT", "8080", "port", 8080),
    ("PORT", " 8080 ", "port", 8080),
    ("PORT", "1", "port", 1),
    ("PORT", "65535", "port", 65535),
    ("HYPNIC_ACTION_HOST", "0.0.0.0", "action_host", "0.0.0.0"),
    ("HYPNIC_METRICS", "127.0.0.1:9105", "metrics", "127.0.0.1:9105"),
    ("HYPNIC_ACTIONS", "http://actions:5055", "actions", "http://actions:5055"),
    ("HYPNIC_ACTION_PORT", "6000", "action_port", 6000),
    ("HYPNIC_REGION", "UK", "region", "uk"),
    ("HYPNIC_TURN_SECONDS", "0.1", "turn_seconds", 0.1),
    ("HYPNIC_TURN_SECONDS", "60", "turn_seconds", 60.0),
    ("HYPNIC_ORIGINS", "https://clinic.example", "origins", ("https://clinic.example",)),
    ("HYPNIC_ORIGINS", " https://A.example, http://127.0.0.1:8000 ", "origins", ("https://a.example", "http://127.0.0.1:8000")),
    ("HYPNIC_VAR", "/srv/hypnic", "var", Path("/srv/hypnic")),
    ("TELEGRAM_BOT_TOKEN", " 1:a ", "telegram_token", "1:a"),
    ("TELEGRAM_WEBHOOK_URL", "https://x.org:8443/webhooks/telegram/webhook", "telegram_webhook", "https://x.org:8443/webhooks/telegram/webhook"),
    ("TELEGRAM_SECRET_TOKEN", "abcdefgh_IJKLM-0", "telegram_secret", "abcdefgh_IJKLM-0"),
    ("TELEGRAM_API_BASE", "http://127.0.0.1:8081/", "telegram_api", "http://127.0.0.1:8081"),
    ("HYPNIC_DATABASE", "postgresql://h:s@db/h", "database", "postgresql://h:s@db/h"),
]


@pytest.mark.parametrize(("name", "value", "field", "becomes"), TAKEN)
def test_taken(name: str, value: str, field: str, becomes: object) -> None:
    """Each variable sets its own field."""
    assert becomes == getattr(Settings.from_environment({name: value}), field)


VARIABLES = sorted({row[0] for row in TAKEN})


@pytest.mark.parametrize("name", VARIABLES)
def test_empty_counts_as_unset(name: str) -> None:
    """A variable that is set to nothing keeps the default."""
    assert Settings() == Settings.from_environment({name: ""})


REFUSED = [
    *(("PORT", value) for value in ("0", "65536", "-1", "80.5", "http", "٨٠x", "²", "1e3")),
    *(("HYPNIC_ACTION_PORT", value) for value in ("0", "x")),
    *(("TELEGRAM_WEBHOOK_URL", value) for value in ("http://x.org/w", "https://x.org:5005/w", "x.org", "https://", "https://x:y@x.org/")),
    *(("TELEGRAM_SECRET_TOKEN", value) for value in ("short", "with spaces in it here", "x" * 257)),
    *(("TELEGRAM_API_BASE", value) for value in ("x", "ftp://x.org", "https://x.org:port")),
    *(("HYPNIC_ORIGINS", value) for value in ("*", "clinic.example", "https://a.example/chat", "https://*.a.example", "null")),
    *(("HYPNIC_TURN_SECONDS", value) for value in ("0", "61", "-1", "soon", "nan", "inf", "1,5")),
    *(("HYPNIC_METRICS", value) for value in ("on", "9105", ":9105", "127.0.0.1:", "127.0.0.1:0", "x:99999")),
    ("HYPNIC_DATABASE", "sqlite:///x.db"),
    ("HYPNIC_ACTIONS", "actions:5055"),
]


def test_the_password_is_not_shown() -> None:
    """Whoever logs the settings does not log the database's password."""
    assert "s3cret" not in repr(Settings.from_environment({"HYPNIC_DATABASE": "postgresql://h:s3cret@db/h"}))


@pytest.mark.parametrize(("name", "value"), REFUSED)
def test_refused(name: str, value: str) -> None:
    """A value that cannot be used is refused in a sentence that names the variable."""
    with pytest.raises(SettingError, match=f"^{name} must be "):
        Settings.from_environment({name: value})


def test_a_bot_api_of_ones_own_may_call_any_address() -> None:
    """Only Telegram's own servers ask for https."""
    own = {"TELEGRAM_API_BASE": "http://127.0.0.1:8081", "TELEGRAM_WEBHOOK_URL": "http://127.0.0.1:5005/webhooks/telegram/webhook"}
    assert own["TELEGRAM_WEBHOOK_URL"] == Settings.from_environment(own).telegram_webhook


def test_secrets_are_not_shown() -> None:
    """Settings that end up in a message or a traceback show neither token nor secret."""
    shown = repr(Settings.from_environment({"TELEGRAM_BOT_TOKEN": "1:canary", "TELEGRAM_SECRET_TOKEN": "canary" * 3}))
    assert "canary" not in shown


def test_other_variables_do_not_matter() -> None:
    """What belongs to other programs is left alone."""
    assert Settings() == Settings.from_environment({"HOST": "x", "LANG": "C", "HYPNIC_UNKNOWN": "1"})


def test_the_real_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an argument the process's own environment is read."""
    monkeypatch.setenv("PORT", "7001")
    assert 7001 == Settings.from_environment().port

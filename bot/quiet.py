"""The environment every process of Hypnic runs in: no telemetry, no library noise, one thread pool size.

Imported before anything else, since SQLAlchemy and Sanic read the environment when they are imported.
"""

from __future__ import annotations

import logging
import os
import sys
import warnings

ENVIRONMENT = {
    "RASA_TELEMETRY_ENABLED": "false",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "SANIC_HOST": "127.0.0.1",  # the action server has no other way to be told (rasa-sdk 3.6.2)
    "SANIC_REQUEST_MAX_SIZE": "65536",
    "SANIC_REQUEST_TIMEOUT": "10",  # seconds for a client to send its request
    "MPLBACKEND": "agg",
    "PYTHONUTF8": "1",
}


def hush() -> None:
    """Set the environment and silence library warnings in this process."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    # Sanic puts its own filter in front at import, so filters do not help; showing nothing does.
    if not sys.warnoptions:
        warnings.showwarning = lambda *args, **kwargs: None
    for name in ("matplotlib", "apscheduler"):
        logging.getLogger(name).setLevel(logging.ERROR)

"""Counts for Prometheus: how many, how fast, what kind. Labels are ids of closed lists; no text and no name of a conversation.

They are served on HYPNIC_METRICS (host:port) only when that is set.
"""

from __future__ import annotations

from typing import Any

from prometheus_client import Counter, Gauge, Histogram, start_http_server

from hypnic.danger import LEVELS
from hypnic.reply import KINDS

BUCKETS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 15.0)
turns = Histogram("hypnic_turn_seconds", "Time from a message to its replies.", ["channel"], buckets=BUCKETS)
replies = Counter("hypnic_replies", "Messages to people by kind; failure is an apology.", ["channel", "kind"])
refusals = Counter("hypnic_refusals", "Requests that were not let in, by code.", ["channel", "code"])
intents = Counter("hypnic_intents", "Stored messages of people by intent; nlu_fallback was not understood.", ["intent"])
danger = Counter("hypnic_danger", "Messages with emergency words by level.", ["level"])
triage = Counter("hypnic_triage", "Results of the check and advice after a description, by level.", ["level"])
store_failures = Counter("hypnic_store_failures", "Calls of the conversation store that failed.")
healthy = Gauge("hypnic_healthy", "1 when the last health question got its answer.")


def serve(address: str) -> None:
    """Serve the counts on host:port. Raises OSError when the port is taken."""
    host, _, port = address.rpartition(":")
    start_http_server(int(port), host.strip("[]"))


def count(channel: str, seconds: float, messages: list[dict[str, Any]]) -> None:
    """Count one turn: its time, and the kinds and levels of its replies. Unknown values count as "other"."""
    turns.labels(channel).observe(seconds)
    for message in messages:
        custom = message["custom"]
        kind = custom.get("kind")
        replies.labels(channel, kind if kind in KINDS else "other").inc()
        if kind in ("danger", "triage"):
            level = custom.get("level")
            (danger if kind == "danger" else triage).labels(level if level in LEVELS else "other").inc()

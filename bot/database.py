"""The connection to the database of conversations: off the event loop, patient with a restart, and honest about an outage."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import sqlalchemy as sa
from rasa.core.tracker_store import SQLTrackerStore, create_engine_kwargs

from bot import metrics

logger = logging.getLogger(__name__)
Result = TypeVar("Result")
PATIENCE = 3.0  # seconds that a call goes on trying while the database is away; a turn has HYPNIC_TURN_SECONDS
CONNECTIONS = 8  # calls at once; more wait
# A connection that says nothing is given up, so that a call ends before the person's patience does.
IMPATIENT = {
    "connect_timeout": 2,
    "tcp_user_timeout": 3000,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 2,
    "application_name": "hypnic",
}
LIMITS = "-c statement_timeout=4000 -c lock_timeout=3000 -c idle_in_transaction_session_timeout=10000"


class StoreFailed(Exception):
    """The database failed, also when asked again. The text holds no address, no password and no words of a person."""


class Overtaken(Exception):
    """Another process stored something of the same conversation between reading and writing; nothing was written."""


class Database:
    """Runs work on the database in threads of its own, so that a slow database never holds up the event loop.

    Args:
        url: an SQLAlchemy URL, as text or object.
        metadata: the tables that must be there. They are made at the first use, also when the database comes up later.
    """

    def __init__(self, url: Any, metadata: sa.MetaData) -> None:
        options = create_engine_kwargs(sa.engine.url.make_url(url))
        self.is_sqlite = sa.engine.url.make_url(url).drivername.startswith("sqlite")
        if not self.is_sqlite:
            given = options.pop("connect_args", {})
            own = f"{given.get('options', '')} {LIMITS}".strip()
            options.update(
                connect_args={**IMPATIENT, "options": own}, pool_pre_ping=True, pool_recycle=1800, pool_timeout=PATIENCE,
                pool_size=int(os.environ.get("SQL_POOL_SIZE", CONNECTIONS)),
            )
        self.engine = sa.create_engine(url, **options)
        self._metadata = metadata
        self._there = False
        self._making = threading.Lock()
        self._away = False
        # SQLite has one writer anyway; one thread keeps reading and writing of different turns apart.
        self._threads = ThreadPoolExecutor(1 if self.is_sqlite else CONNECTIONS, "database")

    async def run(self, work: Callable[..., Result], *given: Any) -> Result:
        """The result of work(*given), done in a thread. Raises StoreFailed, and Overtaken when the work does."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: self.insist(work, *given))

    def insist(self, work: Callable[..., Result], *given: Any) -> Result:
        """The result of work(*given). PostgreSQL is asked again for a while, so that a restart of it goes unnoticed; during
        an outage that was noticed already, everybody is told at once.

        Raises:
            StoreFailed: the database failed.
        """
        limit, pause = time.monotonic() + PATIENCE, 0.05
        while True:
            try:
                self._make_tables()
                result = work(*given)
                self._away = False
                return result
            except sa.exc.SQLAlchemyError as error:
                self._there = False  # the tables may have gone with the file or the server
                if self.is_sqlite or self._away or time.monotonic() + pause > limit:
                    self._away = True
                    metrics.store_failures.inc()
                    logger.error("The conversation store failed: %s", type(error).__name__)
                    raise StoreFailed(type(error).__name__) from None
            time.sleep(pause)
            pause = min(2 * pause, 0.5)

    def _make_tables(self) -> None:
        if self._there:
            return
        with self._making:
            self._metadata.create_all(self.engine)
            self._there = True


def address(url: str | None, options: dict[str, Any]) -> Any:
    """The SQLAlchemy URL of a store.

    Args:
        url: a whole URL such as postgresql://user:password@host/db, or None.
        options: otherwise the options of Rasa's SQLTrackerStore; those that are used are taken out.
    """
    names = ("dialect", "host", "port", "db", "username", "password", "query")
    parts = {name: options.pop(name) for name in names if name in options}
    if url:
        return url.replace("postgres://", "postgresql://", 1)
    return SQLTrackerStore.get_db_url(**parts)

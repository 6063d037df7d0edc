"""Deletion by age: conversations that have been quiet for longer than HYPNIC_RETENTION_DAYS.

The chat server does it when it starts and then every hour. By hand: python -m bot.retention
"""

from __future__ import annotations

from bot.quiet import hush

hush()

import asyncio
import contextlib
import logging
import sys
import time
from typing import Any

from sanic import Blueprint

from hypnic.settings import SettingError, Settings
from hypnic.yamlfile import ROOT

logger = logging.getLogger(__name__)
DAY = 86400.0
EVERY = 3600.0


def forget_old(store: Any, days: int, now: float | None = None) -> int:
    """Delete the conversations that have been quiet for more than some days.

    Args:
        store: a ConversationStore, or Rasa's wrapper around one.
        days: 0 keeps everything.
        now: seconds since 1970; the present when left out.

    Returns: how many conversations were deleted.

    Raises:
        SQLAlchemyError: the database failed.
        AttributeError: the store is of another kind.
    """
    if days <= 0:
        return 0
    return int(store.forget_quiet_since((time.time() if now is None else now) - days * DAY))


async def keep_clean(app: Any, days: int, every: float = EVERY) -> None:
    """Delete by age now and again for ever. Whatever goes wrong is logged, and tried again the next time."""
    while True:
        try:
            count = await asyncio.to_thread(forget_old, app.ctx.agent.tracker_store, days)
            if count:
                logger.warning("Conversations deleted by age: %d", count)
        except Exception as error:
            logger.error("Deletion by age failed: %s", type(error).__name__)
        await asyncio.sleep(every)


def watch(routes: Blueprint, days: int) -> None:
    """Have the server that these routes belong to delete by age while it runs. Does nothing when days is 0."""
    tasks: list[asyncio.Task[None]] = []

    async def start(app: Any, _: Any) -> None:
        tasks.append(asyncio.get_running_loop().create_task(keep_clean(app, days)))

    async def stop(_: Any, __: Any) -> None:
        for task in tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        tasks.clear()

    if days > 0:
        routes.listener("after_server_start")(start)
        routes.listener("before_server_stop")(stop)


def main() -> int:
    """Command line: delete by age once, print the count."""
    try:
        days = Settings.from_environment().retention_days
        if days == 0:
            print("Nothing is deleted by age, because HYPNIC_RETENTION_DAYS is 0.")
            return 0
        from rasa.core.tracker_store import TrackerStore
        from rasa.core.utils import AvailableEndpoints

        from bot.channels.telegram_inbox import FILE, Inbox

        store = TrackerStore.create(AvailableEndpoints.read_endpoints(str(ROOT / "endpoints.yml")).tracker_store)
        count = forget_old(store, days)
        inbox = Settings.from_environment().var / FILE
        if inbox.exists():
            kept = Inbox(inbox)
            kept.prune()
            kept.sweep()
            kept.close()
    except SettingError as error:
        print(f"Nothing was deleted: {error}", file=sys.stderr)
        return 1
    except Exception as error:  # its text may hold an address with a password
        print(f"Nothing was deleted: the store failed ({type(error).__name__}); see endpoints.yml", file=sys.stderr)
        return 1
    print(f"Deleted {count} conversation{'' if count == 1 else 's'} quiet for more than {days} days.")
    return 0


if __name__ == "__main__":
    sys.exit(main())

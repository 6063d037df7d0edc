"""A small client of Telegram's Bot API. The token stands in every address, so no address ever reaches a log or an error."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp

SECONDS = 20.0  # for one request
MOST_WAIT = 60.0  # between two attempts, unless Telegram itself asks for more
MOST_ASKED = 900.0
GOOD_TOKEN = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:_-")


class TelegramError(Exception):
    """What Telegram refused, or why it could not be asked.

    Args:
        code: the status, 0 when there was no answer.
        description: Telegram's sentence, or the type of the error.
        retry_after: seconds that Telegram wants to be left alone.
    """

    def __init__(self, code: int, description: str, retry_after: float = 0) -> None:
        super().__init__(f"{code} {description}" if code else description)
        self.code, self.description, self.retry_after = code, description, retry_after

    @property
    def passes(self) -> bool:
        """Whether the same request may succeed later."""
        return self.code == 0 or self.code == 429 or self.code >= 500


class BotApi:
    """Calls methods of the Bot API.

    Args:
        token: of the bot.
        base: address of the API.
        first_wait: seconds before the second attempt; each further wait is twice as long.
    """

    def __init__(self, token: str, base: str, first_wait: float = 1.0) -> None:
        self._root, self._first_wait = f"{base}/bot{token}/", first_wait
        self._session: aiohttp.ClientSession | None = None

    async def call(self, method: str, seconds: float = SECONDS, **values: Any) -> Any:
        """One attempt.

        Args:
            method: name in the Bot API.
            seconds: how long to wait for the answer.
            values: parameters; those that are None are left out, bytes are sent as a file.

        Returns: the `result` of the answer.

        Raises:
            TelegramError: refused, not reached, or no sensible answer.
        """
        given = {name: value for name, value in values.items() if value is not None}
        files = {name: value for name, value in given.items() if isinstance(value, Upload)}
        body: dict[str, Any] = {"data": _form(given)} if files else {"json": given}
        try:
            async with self._connection().post(
                self._root + method, timeout=aiohttp.ClientTimeout(total=seconds), allow_redirects=False, **body
            ) as response:
                answer = await response.json(content_type=None)
                status = response.status
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError, ValueError) as error:
            raise TelegramError(0, type(error).__name__) from None  # its text and its cause hold the address
        if isinstance(answer, dict) and answer.get("ok") is True:
            return answer.get("result")
        raise _refusal(answer, status)

    async def insist(self, method: str, give_up: float, seconds: float = SECONDS, **values: Any) -> Any:
        """Call again as long as it may help: after what Telegram asks for, or after growing pauses.

        Args:
            method, seconds, values: as for call().
            give_up: time of the loop after which no attempt is made.

        Raises:
            TelegramError: refused for good, or not through in time.
        """
        loop, wait = asyncio.get_running_loop(), self._first_wait
        while True:
            try:
                return await self.call(method, seconds, **values)
            except TelegramError as error:
                pause = min(error.retry_after, MOST_ASKED) or wait * random.uniform(0.8, 1.2)
                if not error.passes or loop.time() + pause > give_up:
                    raise
            await asyncio.sleep(pause)
            wait = min(wait * 2, MOST_WAIT)

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _connection(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:  # made inside the loop that uses it
            self._session = aiohttp.ClientSession(trust_env=True, connector=aiohttp.TCPConnector(limit=60))
        return self._session


class Upload:
    """A file to send."""

    def __init__(self, content: bytes, name: str, kind: str) -> None:
        self.content, self.name, self.kind = content, name, kind


Call = Callable[..., Awaitable[Any]]


def well_formed(token: str) -> bool:
    """Whether a text can be a token: digits, a colon, and only characters that need no quoting in an address."""
    number, _, rest = token.partition(":")
    return number.isascii() and number.isdigit() and len(rest) >= 20 and set(rest) <= GOOD_TOKEN - {":"}


def _form(values: dict[str, Any]) -> aiohttp.FormData:
    form = aiohttp.FormData()
    for name, value in values.items():
        if isinstance(value, Upload):
            form.add_field(name, value.content, filename=value.name, content_type=value.kind)
        else:
            form.add_field(name, value if isinstance(value, str) else json.dumps(value))
    return form


def _refusal(answer: Any, status: int) -> TelegramError:
    if not isinstance(answer, dict):
        return TelegramError(status if status >= 400 else 502, "no answer of the Bot API")
    code = answer.get("error_code")
    asked = (answer.get("parameters") or {}).get("retry_after")
    retry_after = float(asked) if isinstance(asked, int | float) and asked > 0 else 0.0
    description = str(answer.get("description") or "no reason given")[:200]
    return TelegramError(code if isinstance(code, int) else status if status >= 400 else 502, description, retry_after)

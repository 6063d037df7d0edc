"""Remembers what was made of the texts that were seen last, but not the texts."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import Generic, TypeVar

T = TypeVar("T")


class Lately(Generic[T]):
    """Results by text, for as many texts as it may hold; the oldest are forgotten. May be shared between threads.

    The key is a hash, because what people wrote is not kept in memory for the sake of speed.

    Args:
        size: how many results are held.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._known: OrderedDict[bytes, T] = OrderedDict()

    def get(self, text: str) -> T | None:
        """What was put for this text, or None."""
        return self._known.get(_key(text))

    def put(self, text: str, result: T) -> None:
        """Remember a result."""
        self._known[_key(text)] = result
        while len(self._known) > self._size:
            self._known.popitem(last=False)

    def clear(self) -> None:
        """Forget everything."""
        self._known.clear()


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode(errors="replace"), digest_size=16).digest()

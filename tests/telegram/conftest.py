"""What the tests of the Telegram channel share: the double, and the channel over a Rasa that answers at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from double import Double, running

if TYPE_CHECKING:
    from rig import Rig


@pytest.fixture
def telegram() -> Iterator[Double]:
    """A Bot API of one's own."""
    with running(delivery_retry=0.05) as double:
        yield double


@pytest.fixture
def rig(telegram: Double, tmp_path: Path) -> Iterator[Rig]:
    """The channel, asking the double for messages."""
    from rig import serving

    with serving(telegram, tmp_path) as one:
        yield one

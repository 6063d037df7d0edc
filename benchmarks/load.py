"""How many messages a bot answers when so many people write at once, and the most it sustains."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.figures import Times
from hypnic.yamlfile import ROOT

SLOW = 500.0  # ms that p95 has to stay below for a rate to count as sustained
CROWD, LONGER = 100, 3.0  # from so many people on the warm-up is so many times as long: the queue has to fill
LEEWAY = 90  # seconds that the load generator may need beside its measuring


@dataclass(frozen=True)
class Level:
    """What so many people got: good answers with their times, how many of them were empty, and failures by reason."""

    people: int
    seconds: float
    times: Times
    empty: int = 0
    failed: dict[str, int] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Good answers a second."""
        return len(self.times.values) / self.seconds

    @property
    def sustained(self) -> bool:
        """Whether people could go on like this: all answered, 95 of 100 within SLOW."""
        return bool(self.times.values) and not self.failed and self.times.quantile(0.95) < SLOW

    def __add__(self, other: Level) -> Level:
        """Two runs of the same level as one. Raises ValueError when they are not of the same."""
        if self.people != other.people:
            raise ValueError(f"{self.people} people are not {other.people}")
        failed = dict(Counter(self.failed) + Counter(other.failed))
        return Level(self.people, self.seconds + other.seconds, self.times + other.times, self.empty + other.empty, failed)


def level(url: str, people: int, seed: str, warm_up: float = 5.0, seconds: float = 20.0) -> Level:
    """Let so many people write to a webhook for so many seconds after a warm-up.

    Raises:
        subprocess.SubprocessError: the load generator failed, or did not end in time.
    """
    warm = warm_up * (LONGER if people >= CROWD else 1)
    command = [sys.executable, "-m", "benchmarks.people", url, str(people), str(warm), str(seconds), seed]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, timeout=warm + seconds + LEEWAY)
    found = json.loads(done.stdout.splitlines()[-1])
    return Level(people, found["seconds"], Times(tuple(found["times"])), found["empty"], found["failed"])


def search(levels: list[Level], measure: Callable[[int], Level]) -> list[Level]:
    """More levels, halfway between the most people who were all served in time and the fewest who were not.

    Args:
        levels: measured already, by rising number of people.
        measure: measures one more.
    """
    more: list[Level] = []
    while True:
        known = sorted([*levels, *more], key=lambda one: one.people)
        low = max((one.people for one in known if one.sustained), default=0)
        high = min((one.people for one in known if one.people > low and not one.sustained), default=0)
        if not low or not high or high - low <= max(1, low // 4):
            return more
        more.append(measure((low + high) // 2))


def best(levels: list[Level]) -> Level | None:
    """The sustained level with the highest rate; None when there is none."""
    return max((one for one in levels if one.sustained), key=lambda one: one.rate, default=None)

"""What the benchmarks share: percentiles, ratios, and the page the figures go to."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hypnic.yamlfile import ROOT

WORK = ROOT / "var" / "bench"
PAGE = ROOT / "docs" / "benchmarks.md"


@dataclass(frozen=True)
class Times:
    """Durations in milliseconds."""

    values: tuple[float, ...]

    def quantile(self, share: float) -> float:
        """The duration that this share stays below, interpolated; nan when there are none."""
        return float(np.quantile(self.values, share)) if self.values else float("nan")

    @property
    def quantiles(self) -> tuple[float, float, float]:
        """p50, p95 and p99."""
        return self.quantile(0.5), self.quantile(0.95), self.quantile(0.99)

    def __add__(self, other: Times) -> Times:
        return Times(self.values + other.values)


def timed(seconds: float) -> float:
    """Milliseconds since a reading of time.perf_counter()."""
    return (time.perf_counter() - seconds) * 1000


def number(value: float, digits: int) -> str:
    """For a cell of a table; a dash for nan."""
    return "-" if value != value else f"{value:.{digits}f}"


def ratio(ours: float, theirs: float) -> str:
    """Ours by theirs; a dash when it cannot be told."""
    return number(ours / theirs, 2) if theirs else "-"


def machine(before: Sequence[float]) -> str:
    """In words, for a report: what it ran on, and the load averages at the beginning."""
    return f"{os.cpu_count()} cores, {platform.machine()}, load average before {', '.join(f'{value:.1f}' for value in before)}"


def write_section(name: str, lines: Sequence[str], page: Path = PAGE) -> None:
    """Replace what stands between the two marks of this name in a page. Raises ValueError when a mark is missing."""
    first, last = f"<!-- {name} -->", f"<!-- /{name} -->"
    text = page.read_text(encoding="utf-8")
    before, found, rest = text.partition(first)
    _, ended, after = rest.partition(last)
    if not found or not ended:
        raise ValueError(f"{page.name} has no section between {first} and {last}")
    body = "\n".join(lines).strip()
    page.write_text(f"{before}{first}\n{body}\n{last}{after}", encoding="utf-8")


def say(line: str) -> None:
    """One line of progress, with the time of day."""
    print(f"{time.strftime('%H:%M:%S')} {line}", flush=True)

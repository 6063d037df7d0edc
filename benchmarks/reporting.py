"""What the reports share: a share with its small-sample bounds, tables, and the summary that one report takes from another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from scipy.stats import binomtest

from hypnic.yamlfile import ROOT

TRIAGE_REPORT = ROOT / "docs" / "evaluation-triage.md"
SUMMARY = "## In short"


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    part: int
    whole: int

    @property
    def bounds(self) -> tuple[float, float]:
        """The true share lies between these with 95 % certainty (Clopper-Pearson, which is exact and never too narrow)."""
        found = binomtest(self.part, self.whole).proportion_ci(confidence_level=0.95, method="exact")
        return float(found.low), float(found.high)

    def __str__(self) -> str:
        """In percent, with the counts and the bounds."""
        if not self.whole:
            return "none"
        low, high = self.bounds
        return f"{100 * self.part / self.whole:.1f} % ({self.part}/{self.whole}; {100 * low:.0f} to {100 * high:.0f})"

    @property
    def short(self) -> str:
        """The counts alone."""
        return f"{self.part}/{self.whole}" if self.whole else "-"


def count(marks: Iterable[bool]) -> Share:
    """The share of marks that are true."""
    found = list(marks)
    return Share(sum(found), len(found))


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Lines of a Markdown table, with an empty line after it."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return [*lines, *("| " + " | ".join(str(cell) for cell in row) + " |" for row in rows), ""]


def side_by_side(columns: Mapping[str, Mapping[str, object]]) -> list[str]:
    """A table with one column of measures for each name; a measure that a column does not have is a dash."""
    names = list(dict.fromkeys(name for column in columns.values() for name in column))
    return table(["measure", *columns], ([name, *(column.get(name, "-") for column in columns.values())] for name in names))


def triage_summary() -> list[str]:
    """The lines below "In short" of the report on triage; raises ValueError when it has none."""
    text = TRIAGE_REPORT.read_text(encoding="utf-8")
    if SUMMARY not in text:
        raise ValueError(f"{TRIAGE_REPORT.name} has no part '{SUMMARY}'; run `make evaluate-triage` first")
    return text.split(SUMMARY, 1)[1].split("\n## ", 1)[0].strip().splitlines()

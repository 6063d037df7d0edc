"""What every channel uses, loaded once a process: the danger screen, its words, the numbers, and the page for the doctor."""

from __future__ import annotations

from functools import lru_cache

from hypnic.checks import TRIAGE
from hypnic.danger import DangerScreen
from hypnic.emergency import Outcomes
from hypnic.record import Recorder
from hypnic.region import Region


@lru_cache(maxsize=1)
def screen() -> DangerScreen:
    """The danger screen. Raises DataError, as all of these do."""
    return DangerScreen.load(TRIAGE)


@lru_cache(maxsize=1)
def outcomes() -> Outcomes:
    """What is said for each danger sign."""
    return Outcomes.load(TRIAGE)


@lru_cache(maxsize=1)
def region(code: str) -> Region:
    """The numbers of a region."""
    return Region.load(TRIAGE, code)


@lru_cache(maxsize=1)
def recorder(code: str) -> Recorder:
    """What makes the page for the doctor, for the operator's region."""
    return Recorder.load(TRIAGE, code)

"""`make check`: loads every data file the way the assistant does and says in plain words what is wrong.

Usage: python -m hypnic.checks
"""

from __future__ import annotations

import sys

from hypnic.danger import DangerScreen
from hypnic.emergency import Outcomes
from hypnic.errors import DataError
from hypnic.evidence import Evidence
from hypnic.facts import FactReader
from hypnic.interview import Interview
from hypnic.knowledge import Knowledge
from hypnic.region import Region
from hypnic.reply import Talk
from hypnic.result import Results
from hypnic.settings import SettingError, Settings
from hypnic.yamlfile import ROOT

TRIAGE = ROOT / "data" / "triage"


def load_all(settings: Settings) -> Knowledge:
    """Load all data; returns the knowledge base.

    Raises:
        DataError: the first mistake found, with file, line where known, and field.
        SettingError: the region of the settings is not known.
    """
    DangerScreen.load(TRIAGE)
    Outcomes.load(TRIAGE)
    if Region.load(TRIAGE, settings.region).code != settings.region:
        raise SettingError(f"HYPNIC_REGION={settings.region} is not a region of data/triage/regions.yml")
    Talk.load()
    base = Knowledge.load()
    Evidence.load(base)
    interview = Interview(TRIAGE)
    Results(TRIAGE, interview.rules, base.sources)
    FactReader.load(TRIAGE)
    return base


def main() -> int:
    """Command line: 0 when all is well, 1 with one sentence on standard error otherwise."""
    try:
        base = load_all(Settings.from_environment())
    except (DataError, SettingError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    answers = sum(1 for _ in base.answers())
    details = sum(1 for _ in base.details())
    counts = f"{len(base.topics)} topics, {answers} answers, {details} details, {len(base.sources)} sources"
    sys.stdout.write(f"The data files are in order: {counts}.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

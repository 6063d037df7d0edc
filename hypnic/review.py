"""`make review`: one HTML page with everything the assistant can tell somebody, for a clinician to check and sign.

Usage: python -m hypnic.review [FILE]      (default: var/review.html)
"""

from __future__ import annotations

import datetime
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hypnic.errors import DataError
from hypnic.evidence import Evidence
from hypnic.knowledge import Answer, Knowledge, Source
from hypnic.region import Region
from hypnic.reply import listed
from hypnic.review_entry import Entry, Section
from hypnic.review_triage import TriageSheet
from hypnic.settings import SettingError, Settings
from hypnic.yamlfile import ROOT

TRIAGE = ROOT / "data" / "triage"
WORDINGS = ROOT / "data" / "nlu" / "danger"
TEMPLATE = "review.html.j2"
SHOWN_WORDINGS = 8


def render(base: Knowledge, evidence: Evidence, region: Region, triage: Sequence[Section]) -> str:
    """The page, as HTML. Everything that comes from data is escaped.

    Args:
        base, evidence: the knowledge base, and the claims that its texts treat.
        region: whose numbers are filled in.
        triage: what triage() gives for this region.
    """
    env = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return env.get_template(TEMPLATE).render(
        made=datetime.date.today().isoformat(),
        topics=[
            {
                "id": topic.id,
                "short": topic.short,
                "title": topic.title,
                "tell_apart": topic.tell_apart,
                "entries": list(_entries(base, evidence, region, topic.id)),
            }
            for topic in (base.topics[name] for name in base.vocabulary.topics)
        ],
        comparisons=[
            Entry(
                known.id,
                " or ".join(base.topics[topic].short for topic in known.topics),
                region.fill(known.text),
                _rests(known.sources, known.certainty, known.reviewed),
            )
            for known in base.comparisons
        ],
        ambiguities=[
            Entry(word.id, ", ".join(word.words), word.ask, "Choices: " + "; ".join(f"{t} ({k})" for t, k in word.options))
            for word in base.ambiguities
        ],
        sections=triage,
        sources=list(base.sources.values()),
        left_out=[claim for claim in evidence.claims if claim.treatment == "left_out"],
    )


def triage(base: Knowledge, region: Region, folder: Path = TRIAGE) -> list[Section]:
    """The sections about a folder of triage data, with the numbers of a region filled in. Raises DataError."""
    return TriageSheet(folder, WORDINGS, region, base.sources).sections()


def _entries(base: Knowledge, evidence: Evidence, region: Region, name: str) -> Iterator[Entry]:
    topic = base.topics[name]
    for answer in (*topic.answers.values(), *topic.details.values()):
        aspect, people = base.vocabulary.aspects[answer.aspect].label, base.vocabulary.populations[answer.population].label
        wordings = answer.questions[:SHOWN_WORDINGS]
        yield Entry(
            answer.id, f"{aspect} {people}", region.fill(answer.text), _meta(answer), wordings, list(evidence.of(answer.id))
        )
    for myth in topic.myths:
        meta = f"verdict: {myth.verdict}; rests on: {listed(myth.sources)}"
        claims = list(evidence.of(myth.full_id))
        wordings = myth.wordings[:SHOWN_WORDINGS]
        yield Entry(myth.full_id, f"Belief: {myth.claim}", region.fill(myth.text), meta, wordings, claims)


def _meta(answer: Answer) -> str:
    return _rests(answer.sources, answer.certainty, answer.reviewed)


def _rests(sources: Sequence[Source], certainty: str, reviewed: str) -> str:
    return f"certainty: {certainty}; last checked {reviewed}; rests on: {listed(sources)}"


def main(arguments: Sequence[str]) -> int:
    """Command line."""
    try:
        settings = Settings.from_environment()
        path = Path(arguments[0]) if arguments else settings.var / "review.html"
        base = Knowledge.load()
        region = Region.load(TRIAGE, settings.region)
        page = render(base, Evidence.load(base), region, triage(base, region))
    except (DataError, SettingError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")
    sys.stdout.write(f"Written: {path} (open it in a browser; print it as PDF from there).\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

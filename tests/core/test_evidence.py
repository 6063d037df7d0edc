"""What the source document claims and what the assistant makes of it: the file itself, and what is refused."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from talking import BASE

from hypnic.contrasts import Comparison
from hypnic.errors import DataError
from hypnic.evidence import CLAIMS, Claim, Contradiction, Evidence, texts
from hypnic.knowledge import Answer, Myth
from hypnic.yamlfile import ROOT, YamlFile

EVIDENCE = Evidence.load(BASE)
TREATED: list[Claim | Contradiction] = [*EVIDENCE.claims, *EVIDENCE.contradictions]
SPOKEN = texts(BASE)


def strings(data: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Every text in nested data, with where it stands."""
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield from strings(value, f"{place}.{key}")
    elif isinstance(data, list):
        for number, value in enumerate(data):
            yield from strings(value, f"{place}.{number}")
    elif isinstance(data, str):
        yield place, data


def everything() -> dict[str, str]:
    """All that the assistant can say, by where it stands."""
    said = dict(SPOKEN)
    said |= {f"comparison {known.topics}": known.text for known in BASE.comparisons}
    said |= {f"tell_apart of {topic.id}": topic.tell_apart for topic in BASE.topics.values()}
    said |= {f"ambiguous {word.id}": " ".join([word.ask, *(title for title, _ in word.options)]) for word in BASE.ambiguities}
    for name in ("data/talk.yml", "data/triage/outcomes.yml", "data/triage/regions.yml"):
        said |= {name + place: text for place, text in strings(YamlFile(ROOT / name).data)}
    said |= {f"domain.yml{place}": text for place, text in strings(YamlFile(ROOT / "domain.yml").data["responses"])}
    return said


SAID = everything()
PATTERNS = [(claim.id, pattern) for claim in EVIDENCE.claims for pattern in claim.never]

# -- the file of the project ----------------------------------------------------------------------------------------


def test_nothing_of_the_document_is_lost() -> None:
    """Every claim, every contradiction and every open question of the source document is there."""
    assert (531, 28, 55) == (len(EVIDENCE.claims), len(EVIDENCE.contradictions), len(EVIDENCE.neighbours))


def test_claims_are_there_once() -> None:
    """No claim, contradiction or question is given twice."""
    for names in (
        [claim.id for claim in EVIDENCE.claims],
        [point.subject for point in EVIDENCE.contradictions],
        [question for question, _ in EVIDENCE.neighbours],
    ):
        assert len(names) == len(set(names))


def test_what_is_not_right_is_corrected() -> None:
    """A claim that is contested, outdated, wrong or unsafe is corrected, with what is true and the words that say so."""
    doubtful = [claim for claim in EVIDENCE.claims if claim.verdict != "ok"]
    assert len(doubtful) > 200
    assert [] == [claim.id for claim in doubtful if claim.treatment != "corrected" or not claim.shows or not claim.say]


def test_what_is_right_is_told_or_left_out_for_a_reason() -> None:
    """A claim that is right is stated, or left out with the reason."""
    right = [claim for claim in EVIDENCE.claims if claim.verdict == "ok"]
    assert len(right) > 200
    assert {"stated", "left_out"} == {claim.treatment for claim in right}
    assert [] == [claim.id for claim in right if (claim.treatment == "left_out") != bool(claim.reason)]


def test_what_is_unsafe_may_never_be_said() -> None:
    """Every unsafe claim has patterns of what must not be said."""
    unsafe = [claim for claim in EVIDENCE.claims if claim.verdict == "unsafe"]
    assert len(unsafe) > 10
    assert [] == [claim.id for claim in unsafe if not claim.never]


@pytest.mark.parametrize(("name", "pattern"), PATTERNS, ids=[f"{name}-{number}" for number, (name, _) in enumerate(PATTERNS)])
def test_what_must_not_be_said_is_not_said(name: str, pattern: str) -> None:
    """No text of the assistant matches a pattern of what must not be said, in whatever case it is written."""
    assert len(SAID) > 500
    compiled = re.compile(pattern, re.IGNORECASE)
    assert [] == [(where, found[0]) for where, text in SAID.items() if (found := compiled.search(text))]


@pytest.mark.parametrize("claim", [claim for claim in EVIDENCE.claims if claim.never], ids=lambda claim: claim.id)
def test_what_must_not_be_said_would_be_noticed(claim: Claim) -> None:
    """The claim itself, as the file words it, matches one of its patterns, so that they guard against it."""
    assert any(re.search(pattern, claim.claim, re.IGNORECASE) for pattern in claim.never), claim.claim


def test_every_file_that_is_said_is_searched() -> None:
    """The search reaches answers, details, myths, comparisons, fixed sentences, outcomes, numbers and the domain."""
    files = ("data/talk.yml", "data/triage/outcomes.yml", "data/triage/regions.yml", "domain.yml")
    beginnings = ("comparison", "tell_apart", "ambiguous", *files)
    assert all(any(where.startswith(one) for where in SAID) for one in beginnings)
    assert {answer.id for answer in (*BASE.answers(), *BASE.details())} <= SAID.keys()
    assert {myth.full_id for topic in BASE.topics.values() for myth in topic.myths} <= SAID.keys()


def test_a_pattern_does_not_match_the_empty_text() -> None:
    """No pattern is so loose that it matches nothing at all."""
    assert PATTERNS
    assert [] == [(name, pattern) for name, pattern in PATTERNS if re.search(pattern, "")]


def test_every_text_that_is_named_exists() -> None:
    """Claims, contradictions and questions name only answers, details and myths that there are."""
    named = {answer for entry in TREATED for answer in entry.answers}
    named |= {answer for _, answer in EVIDENCE.neighbours}
    assert len(named) > 200
    assert [] == sorted(name for name in named if not (BASE.by_id(name) or BASE.myth(name)))


def test_the_words_that_correct_stand_in_a_text_that_is_named() -> None:
    """Each phrase that carries a correction or a position stands in one of the texts named beside it."""
    rows = [(entry, phrase) for entry in TREATED for phrase in entry.shows]
    assert len(rows) > 300
    missing = [phrase for entry, phrase in rows if not any(phrase.lower() in SPOKEN[name].lower() for name in entry.answers)]
    assert [] == missing


def test_the_cell_of_a_claim_is_of_the_vocabulary() -> None:
    """Every claim is put down to a topic, an aspect and a group of people that there are."""
    words = BASE.vocabulary
    cells = [claim.cell.split(".") for claim in EVIDENCE.claims]
    assert all(t in words.topics and a in words.aspects and p in words.populations for t, a, p in cells)


def test_contradictions_take_a_position() -> None:
    """Every contradiction of the document has a position that stands in a text."""
    assert [] == [point.subject for point in EVIDENCE.contradictions if not (point.position and point.answers and point.shows)]


def test_of_gives_the_claims_of_a_text() -> None:
    """of() finds exactly the claims that name a text."""
    named = {name for claim in EVIDENCE.claims for name in claim.answers}
    for name in [*named, "nothing"]:
        assert [claim for claim in EVIDENCE.claims if name in claim.answers] == list(EVIDENCE.of(name))


# -- what the texts rest on -----------------------------------------------------------------------------------------

CELLS, MYTHS = [*BASE.answers(), *BASE.details()], [myth for topic in BASE.topics.values() for myth in topic.myths]
CHECKED: list[Answer | Comparison] = [*CELLS, *BASE.comparisons]
RESTING: list[Answer | Comparison | Myth] = [*CHECKED, *MYTHS]


def test_texts_are_the_answers_details_and_myths() -> None:
    """texts() holds each of them by its id, and nothing else."""
    wanted = {answer.id: answer.text for answer in CELLS} | {myth.full_id: myth.text for myth in MYTHS}
    assert wanted == SPOKEN
    assert len(CELLS) + len(MYTHS) == len(SPOKEN) > 400


def test_every_answer_says_what_it_rests_on() -> None:
    """Each answer, detail and comparison has a source, how sure medicine is, and the day it was last checked."""
    for entry in CHECKED:
        assert set(entry.sources) <= set(BASE.sources.values())
        assert entry.sources
        assert entry.certainty in ("strong", "moderate", "weak", "myth")
        assert re.fullmatch(r"20\d\d-[01]\d-[0-3]\d", entry.reviewed)


def test_every_myth_says_what_it_rests_on() -> None:
    """Each myth has a source and a verdict."""
    assert len(MYTHS) > 50
    for myth in MYTHS:
        assert set(myth.sources) <= set(BASE.sources.values())
        assert myth.sources, myth.full_id
        assert myth.verdict in ("false", "unproven", "partly_true", "true"), myth.full_id


def test_every_source_is_used() -> None:
    """Nothing stands in the bibliography that no text rests on."""
    used = {source.id for entry in RESTING for source in entry.sources}
    used |= {name for row in YamlFile(ROOT / "data" / "triage" / "screening.yml").data["instruments"].values() for name in row["sources"]}
    used |= {name for row in YamlFile(ROOT / "data" / "triage" / "patterns.yml").data["patterns"].values() for name in row["sources"]}
    assert [] == sorted(BASE.sources.keys() - used)


# -- broken copies --------------------------------------------------------------------------------------------------

Change = Callable[[dict[str, Any]], object]


def small() -> dict[str, Any]:
    """A copy of the file with one claim of each kind, one contradiction and one question."""
    data = YamlFile(CLAIMS).data
    kinds = ("stated", "corrected", "unsafe", "left_out")
    picked: dict[str, dict[str, Any]] = {}
    for claim in data["claims"]:
        picked.setdefault("unsafe" if claim["verdict"] == "unsafe" else claim["treatment"], claim)
    return {
        "claims": [picked[one] for one in kinds],
        "contradictions": data["contradictions"][:1],
        "neighbours": data["neighbours"][:1],
    }


SMALL = small()
STATED, CORRECTED, UNSAFE, LEFT_OUT = range(4)


def load(folder: Path, change: Change) -> tuple[Evidence | DataError, list[str]]:
    """What comes of the small copy after a change, and the lines of the file."""
    data = copy.deepcopy(SMALL)
    change(data)
    path = folder / "claims.yml"
    path.write_text(yaml.safe_dump(data, sort_keys=False, width=10_000, allow_unicode=True), encoding="utf-8")
    lines = path.read_text(encoding="utf-8").splitlines()
    try:
        return Evidence.load(BASE, path), lines
    except DataError as error:
        return error, lines


def test_the_small_copy_loads(tmp_path: Path) -> None:
    """The unbroken copy loads, so that what the tests below see is their own change."""
    loaded, _ = load(tmp_path, lambda data: None)
    assert isinstance(loaded, Evidence)
    assert ["stated", "corrected", "corrected", "left_out"] == [claim.treatment for claim in loaded.claims]
    assert (1, 1) == (len(loaded.contradictions), len(loaded.neighbours))
    assert all(isinstance(value, (str, tuple)) for claim in loaded.claims for value in vars(claim).values())
    assert isinstance(loaded.claims[UNSAFE], Claim)


def put(number: int, **values: Any) -> Change:
    """Sets fields of a claim."""
    return lambda data: data["claims"][number].update(values)


def drop(number: int, field: str) -> Change:
    """Takes a field of a claim away."""
    return lambda data: data["claims"][number].pop(field)


BROKEN: list[tuple[str, Change, str, str]] = [
    # name, change, field, piece of the message
    ("claim given twice", put(CORRECTED, id=SMALL["claims"][STATED]["id"]), "claims.1.id", "is given twice"),
    ("wrong but stated", put(CORRECTED, treatment="stated"), "claims.1.treatment", "cannot be 'stated'"),
    ("wrong and left out", put(CORRECTED, treatment="left_out", reason="not now"), "claims.1.treatment",
     "cannot be 'left_out'"),
    ("right but corrected", put(STATED, treatment="corrected"), "claims.0.treatment",
     "a claim that is ok cannot be 'corrected'"),
    ("unsafe but stated", put(UNSAFE, treatment="stated"), "claims.2.treatment", "a claim that is unsafe cannot be"),
    ("corrected without words", drop(CORRECTED, "shows"), "claims.1", "needs `shows`"),
    ("left out without a reason", drop(LEFT_OUT, "reason"), "claims.3", "needs a `reason`"),
    ("unsafe without never", drop(UNSAFE, "never"), "claims.2", "needs `never`"),
    ("no regular expression", put(UNSAFE, never=["take it", "take (it"]), "claims.2.never.1", "not a regular expression"),
    ("never of a claim that is right", put(STATED, never=["*take"]), "claims.0.never.0", "not a regular expression"),
    ("unknown answer", put(STATED, answers=["tics.why.nobody"]), "claims.0.answers.0", "there is no answer tics.why.nobody"),
    ("unknown detail", put(STATED, answers=["tics.why.general", "tics.why.general.x"]), "claims.0.answers.1",
     "tics.why.general.x"),
    ("unknown myth", put(LEFT_OUT, answers=["tics.myth.x"]), "claims.3.answers.0", "there is no answer tics.myth.x"),
    ("words that stand nowhere", put(CORRECTED, shows=["zebra crossing"]), "claims.1.shows.0",
     "'zebra crossing' does not stand in"),
    ("words of a stated claim", put(STATED, shows=["zebra crossing"]), "claims.0.shows.0",
     "'zebra crossing' does not stand in"),
    ("contradiction without its words", lambda d: d["contradictions"][0].update(shows=["zebra"]), "contradictions.0.shows.0",
     "'zebra'"),
    ("contradiction without its text", lambda d: d["contradictions"][0].update(answers=["x"]), "contradictions.0.answers.0",
     "no answer x"),
    ("question without its answer", lambda d: d["neighbours"][0].update(answer="tics"), "neighbours.0.answer",
     "no answer tics"),
    # the shape of the file
    ("unknown verdict", put(STATED, verdict="fine"), "claims.0.verdict", "'fine' is not one of"),
    ("unknown treatment", put(STATED, treatment="told"), "claims.0.treatment", "'told' is not one of"),
    ("no answers", put(STATED, answers=[]), "claims.0.answers", "too short"),
    ("no claim", drop(STATED, "claim"), "claims.0", "'claim' is missing"),
    ("no lines", put(STATED, lines="near the end"), "claims.0.lines", "does not match"),
    ("id without its parts", put(STATED, id="hypnic_jerk"), "claims.0.id", "does not match"),
    ("unknown field", put(STATED, colour="red"), "claims.0", "unknown field"),
    ("no neighbours", lambda d: d.pop("neighbours"), "", "'neighbours' is missing"),
]


@pytest.mark.parametrize(("name", "change", "field", "piece"), BROKEN, ids=[row[0] for row in BROKEN])
def test_broken_claims_name_file_line_and_field(tmp_path: Path, name: str, change: Change, field: str, piece: str) -> None:
    """A broken claim is refused with the file, the line of the field, and what is wrong."""
    error, lines = load(tmp_path, change)
    assert isinstance(error, DataError)
    assert ("claims.yml", field) == (error.file, error.field)
    assert piece in str(error)
    last = field.rpartition(".")[2]
    line = lines[(error.line or 0) - 1]
    if last.isdigit():
        assert line.lstrip().startswith("- "), line
    else:
        assert line.lstrip("- ").startswith(last or "claims"), line


@pytest.mark.parametrize("case", [str.upper, str.lower, str.title])
def test_capitals_in_the_words_do_not_matter(tmp_path: Path, case: Callable[[str], str]) -> None:
    """The words of a correction are found however they are written."""
    loaded, _ = load(tmp_path, put(CORRECTED, shows=[case(SMALL["claims"][CORRECTED]["shows"][0])]))
    assert isinstance(loaded, Evidence)


def test_a_missing_file(tmp_path: Path) -> None:
    """A missing file is a DataError."""
    with pytest.raises(DataError):
        Evidence.load(BASE, tmp_path / "claims.yml")

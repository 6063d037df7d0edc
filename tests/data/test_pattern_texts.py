"""The words of results: there for every pattern and fact, plain, short, sourced, and free of what must never be said."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from typing import Any

import pytest
import textstat

from hypnic.knowledge import knowledge
from hypnic.region import NUMBERS
from hypnic.triage import FACTS, Triage
from hypnic.yamlfile import ROOT, YamlFile
from tests.data.test_knowledge_data import FORBIDDEN, plainly, strings

TRIAGE = ROOT / "data" / "triage"
RULES = Triage.load(TRIAGE)
DATA: dict[str, Any] = YamlFile(TRIAGE / "patterns.yml", "patterns").data
PATTERNS: dict[str, dict[str, Any]] = DATA["patterns"]
WORDS: dict[str, str] = DATA["facts"]
FIELDS = ("do", "doctor", "tell", "watch")
SPECIAL = ("for_child", "for_pregnancy")
REGION = {"{" + name + "}" for name in NUMBERS}
# Where a seizure, a faint or sleepiness is possible.
DRIVING = """hypnic_jerks rls plmd sleep_apnoea daytime_sleepiness sleep_paralysis narcolepsy propriospinal_myoclonus drug_induced myoclonic_epilepsy
  nocturnal_epilepsy seizure withdrawal metabolic cardiac_faint neurodegenerative_concern weakness_concern unclear""".split()
HEIGHTS = ("myoclonic_epilepsy", "nocturnal_epilepsy", "seizure", "cardiac_faint")
PREGNANT = r"midwife|maternity unit|{emergency_number}"
# Where a medicine may play a part.
MEDICINES = """sleep_apnoea daytime_sleepiness rbd night_terrors leg_cramps benign_twitching tremor drug_induced myoclonic_epilepsy nocturnal_epilepsy
  withdrawal weakness_concern neurodegenerative_concern unclear""".split()
NOT_ALONE = r"not (change or )?stop|not stop or change|not cut down"


def lines(entry: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(field, line) of every step and sign of one pattern, those for a child or a pregnancy too."""
    for field in FIELDS:
        yield from ((field, line) for line in entry[field])
    for special in SPECIAL:
        for field, found in entry.get(special, {}).items():
            yield from ((f"{special}.{field}", line) for line in found)


def texts() -> Iterator[tuple[str, str]]:
    """Every text of the file that a person can read."""
    for key in ("emergency_signs", "level_lines", "fits"):
        yield from ((key, text) for text in strings(DATA[key]))
    for pattern, entry in PATTERNS.items():
        yield from ((f"{pattern}.{key}", entry[key]) for key in ("name", "say"))
        yield from ((f"{pattern}.{field}", line) for field, line in lines(entry))
    yield from ((f"facts.{name}", text) for name, text in WORDS.items())


TEXTS = list(texts())


def steps(entry: dict[str, Any]) -> dict[str, list[str]]:
    """The steps of one pattern by who they are for."""
    return {"general": entry["do"], **{key: entry[key]["do"] for key in SPECIAL if "do" in entry.get(key, {})}}


def test_there_is_something_to_read() -> None:
    """The collectors are not empty."""
    assert len(PATTERNS) >= 43
    assert len(TEXTS) > 700


def test_every_pattern_and_fact_has_words() -> None:
    """Nothing of the rules is missing and nothing else is there."""
    assert set(RULES.base) == set(PATTERNS)
    assert FACTS | set(RULES.flags) == set(WORDS)


def test_names_speak_for_and_against() -> None:
    """Only facts and flags are counted, none on both sides, and the signs that lead to a pattern speak for it."""
    known = set(WORDS)
    assert {} == {p: odd for p, e in PATTERNS.items() if (odd := (set(e["fits"]) | set(e["against"])) - known)}
    assert [] == [p for p, e in PATTERNS.items() if set(e["fits"]) & set(e["against"])]
    rows = [rule for rule in RULES.patterns if rule.danger]
    assert len(rows) > 20
    assert {} == {rule.id: left for rule in rows if (left := set(rule.needs[0]) - set(PATTERNS[rule.gives]["fits"]))}
    described = [rule for rule in RULES.patterns if rule.needs and not rule.danger and rule.gives != "unclear"]
    assert [] == [r.id for r in described if not any(group & set(PATTERNS[r.gives]["fits"]) for group in r.needs)]


def test_sources_and_topics() -> None:
    """Every source and topic exists, and with a topic at least one source is cited there."""
    base = knowledge()
    assert [] == [(p, s) for p, e in PATTERNS.items() for s in e["sources"] if s not in base.sources]
    assert [] == [p for p, e in PATTERNS.items() if e["topic"] not in (None, *base.topics)]
    cited: dict[str, set[str]] = {}
    for answer in [*base.answers(), *base.details()]:
        cited.setdefault(answer.topic, set()).update(source.id for source in answer.sources)
    assert [] == [p for p, e in PATTERNS.items() if e["topic"] and not set(e["sources"]) & cited[e["topic"]]]


def test_length() -> None:
    """As many lines as can be read: explanation of one to three sentences, two to four steps of at most twenty words."""
    sizes = {"do": (2, 4), "doctor": (1, 2), "tell": (2, 5), "watch": (2, 5)}
    for pattern, entry in PATTERNS.items():
        assert 1 <= len(re.findall(r"[.?](?=\s|$)", entry["say"])) <= 3, pattern
        for field, found in [*((f, entry[f]) for f in FIELDS), *((f, v) for s in SPECIAL for f, v in entry.get(s, {}).items())]:
            least, most = sizes[field]
            allowed = field == "watch" and not found and RULES.base[pattern] == "emergency"
            assert allowed or least <= len(found) <= most, (pattern, field)
    assert [] == [(p, line) for p, e in PATTERNS.items() for _, line in lines(e) if len(plainly(line).split()) > 20]
    assert [] == [name for name, text in WORDS.items() if len(text.split()) > 12]
    assert 5 <= len(DATA["emergency_signs"]) <= 7


@pytest.mark.parametrize("reason", FORBIDDEN)
def test_nothing_forbidden_is_said(reason: str) -> None:
    """No text holds a phrase that must never be said."""
    assert [] == [(where, m.group(0)) for where, text in TEXTS if (m := re.search(FORBIDDEN[reason], text, re.I))]


def test_no_amounts_and_no_fear() -> None:
    """No figures in what is said of a pattern, so no dose, and no words that frighten."""
    said = [(where, text) for where, text in TEXTS if not where.startswith("facts")]
    assert [] == [(where, text) for where, text in said if re.search(r"\d", text)]
    assert [] == [(where, text) for where, text in TEXTS if re.search(r"\b(tumou?r|fatal|deadly|kills?|brain damage|dying)\b", text, re.I)]


def test_medicines_are_never_stopped_alone() -> None:
    """What is done "on your own" is only named to advise against it, and where a medicine may play a part that is said."""
    assert [] == [(where, text) for where, text in TEXTS if "on your own" in text and not re.search(r"\b(not|no)\b", text)]
    assert [] == [p for p in MEDICINES if not re.search(NOT_ALONE, " ".join(PATTERNS[p]["do"]))]


def test_reading_grade() -> None:
    """Each explanation, and each pattern as a whole, can be read at US grade 9 or below (Flesch-Kincaid)."""
    grade = textstat.flesch_kincaid_grade
    assert {} == {p: g for p, e in PATTERNS.items() if (g := grade(e["say"])) > 9}
    whole = {p: plainly(" ".join([e["say"], *(f"{line.rstrip('.')}." for _, line in lines(e))])) for p, e in PATTERNS.items()}
    assert {} == {p: g for p, text in whole.items() if (g := grade(text)) > 9}
    assert {} == {k: g for k, text in DATA["level_lines"].items() if (g := grade(plainly(text))) > 9}


def test_placeholders() -> None:
    """Only the numbers of the region stand in texts, and the name of the pattern where it is said how well it fits."""
    for where, text in TEXTS:
        known = {"{name}"} if where == "fits" else REGION if not re.search(r"\.(name|say)$|^facts|_signs$", where) else set()
        assert set(re.findall(r"{.*?}", text)) <= known, where
    assert ["{name}"] * 3 == [m for text in DATA["fits"].values() for m in re.findall(r"{.*?}", text)]
    assert [] == [text for text in DATA["fits"].values() if "examination" not in text]
    assert "{emergency_number}" in DATA["level_lines"]["emergency"]


def test_emergencies_come_first() -> None:
    """Where a sign of the highest level can lead, the first step names the emergency number, also for a child or in pregnancy."""
    found = 0
    for rule in RULES.patterns:
        if rule.danger and any(RULES.flags[flag][0] == "emergency" for flag in rule.needs[0]):
            for group, do in steps(PATTERNS[rule.gives]).items():
                found += 1
                assert "{emergency_number}" in do[0], (rule.gives, group)
    assert found > 25


def test_urgent_patterns_say_when_it_is_an_emergency() -> None:
    """Every pattern that is no emergency says which sign makes it one."""
    rest = {p: " ".join(e["watch"]) for p, e in PATTERNS.items() if RULES.base[p] != "emergency"}
    assert len(rest) > 30
    assert [] == [p for p, watch in rest.items() if "{emergency_number}" not in watch]


def test_safety_advice() -> None:
    """Driving, baths and heights where awareness may fail; the maternity unit in pregnancy; a film and the same day for babies."""
    assert [] == [p for p in DRIVING if not re.search(r"driv", " ".join(PATTERNS[p]["do"]))]
    assert [] == [p for p in HEIGHTS if not re.search(r"bath.*heights", " ".join(PATTERNS[p]["do"]))]
    pregnant = {p: " ".join(e["for_pregnancy"]["do"]) for p, e in PATTERNS.items() if "for_pregnancy" in e}
    assert len(pregnant) > 12
    assert [] == [p for p, text in pregnant.items() if not re.search(PREGNANT, text)]
    for pattern in ("benign_sleep_myoclonus_infancy", "infantile_spasms"):
        text = " ".join(line for _, line in lines(PATTERNS[pattern]))
        assert re.search(r"\bfilm\b", text, re.I), pattern
        assert "today" in text, pattern
    for pattern, field in (("mental_health_crisis", "do"), ("poisoning", "do"), ("withdrawal", "watch"), ("nocturnal_panic", "watch")):
        assert "{crisis_line}" in " ".join(PATTERNS[pattern][field]), pattern


def test_crisis_holds_no_tips() -> None:
    """With thoughts of ending a life nothing about sleep is said."""
    text = " ".join([PATTERNS["mental_health_crisis"]["say"], *(line for _, line in lines(PATTERNS["mental_health_crisis"]))])
    assert not re.search(r"sleep|twitch|jerk|coffee", text, re.I)


def test_names_fit_into_the_sentence() -> None:
    """Names continue "fits well with ..." and end without a full stop."""
    assert [] == [e["name"] for e in PATTERNS.values() if e["name"].endswith(".") or e["name"] != e["name"].strip()]
    assert [] == [(n, w) for n, w in WORDS.items() if w.endswith(".") or w[:1].isupper()]


def test_reviewed() -> None:
    """The file was checked within two years, and not in the future."""
    age = (datetime.date.today() - datetime.date.fromisoformat(DATA["reviewed"])).days
    assert 0 <= age < 730

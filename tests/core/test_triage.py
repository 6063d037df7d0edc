"""The triage rules: right levels for the vignettes, and what must hold for every combination of facts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from hypnic.danger import LEVELS
from hypnic.errors import DataError
from hypnic.triage import FACTS, KINDS, SINGLE, Triage, merged
from hypnic.yamlfile import ROOT

FOLDER = ROOT / "data" / "triage"
RULES = Triage.load(FOLDER)
VIGNETTES: list[dict[str, Any]] = yaml.safe_load((ROOT / "tests" / "cases" / "vignettes.yml").read_text(encoding="utf-8"))
ANY = st.frozensets(st.sampled_from(sorted(FACTS | set(RULES.flags))), max_size=12)


def told(vignette: dict[str, Any]) -> frozenset[str]:
    """The true facts and flags of a vignette as names."""
    facts = vignette["facts"]
    names = {f"{kind}.{facts[kind]}" for kind in SINGLE if kind in facts}
    names |= {f"{kind}.{value}" for kind in ("when", "what") for value in facts.get(kind, [])}
    names |= {name for name, value in facts.items() if value is True}
    return frozenset(names) | frozenset(vignette["flags"])


@pytest.mark.parametrize("vignette", VIGNETTES, ids=lambda v: v["id"])
def test_true_facts_give_the_right_level(vignette: dict[str, Any]) -> None:
    """With everything known, level, time and pattern are those that the author of the vignette gave."""
    verdict = RULES.decide(told(vignette))
    assert (vignette["level"], vignette["timeframe"], vignette["pattern"]) == (verdict.level, verdict.timeframe, verdict.pattern)


@settings(max_examples=400, deadline=None)
@given(ANY)
def test_every_combination_has_one_outcome(names: frozenset[str]) -> None:
    """Whatever is told, there is a level, a time that belongs to it and a known pattern."""
    verdict = RULES.decide(names)
    times = {"self_care": {"none"}, "routine": {"weeks"}, "urgent": {"same_day", "within_days"}, "emergency": {"now"}}
    assert verdict.timeframe in times[verdict.level] and verdict.pattern in RULES.base


@settings(max_examples=400, deadline=None)
@given(ANY, st.sampled_from(sorted(RULES.flags)))
def test_a_flag_never_lowers_the_level(names: frozenset[str], flag: str) -> None:
    """One more flag: the level stays or rises, and is at least the flag's own."""
    before, after = RULES.decide(names), RULES.decide(names | {flag})
    grave = [name for name in names if RULES.flags.get(name, ("self_care", ""))[0] in ("urgent", "emergency")]
    assert LEVELS.index(after.level) <= LEVELS.index(RULES.flags[flag][0])
    if grave or RULES.flags[flag][0] in ("urgent", "emergency"):
        highest = min((RULES.flags[name][0] for name in [*grave, flag]), key=LEVELS.index)
        assert LEVELS.index(after.level) <= LEVELS.index(highest)
    assert flag in after.flags and set(before.flags) - set(after.flags) <= {"unclear_picture", "first_seizure_past"}


def test_nothing_told_is_never_reassured() -> None:
    """Without a picture, the advice is to see somebody."""
    assert ("routine", "unclear") == (RULES.decide([]).level, RULES.decide([]).pattern)


def test_every_rule_can_be_reached() -> None:
    """For each row under patterns there is a set of names that it alone decides."""
    for rule in RULES.patterns:
        names = {sorted(group)[0] for group in rule.needs}
        names |= {"when.asleep"} if rule.only else set()
        reached = {RULES.decide(names | {extra}).rule for extra in ["age.adult", *rule.only] if extra} | {RULES.decide(names).rule}
        assert rule.id in reached, rule.id


def test_a_new_age_replaces_the_old_one() -> None:
    """Of who, age and pregnant one is true; other facts add up."""
    after = merged({"age.adult", "when.asleep"}, {"age.teen", "when.daytime"})
    assert {"age.teen", "when.asleep", "when.daytime"} == after
    assert set(SINGLE) <= set(KINDS)


def test_a_mistake_in_the_rules_names_file_and_field(tmp_path: Path) -> None:
    """An unknown name is told with its place."""
    (tmp_path / "flags.yml").write_text((FOLDER / "flags.yml").read_text(encoding="utf-8"), encoding="utf-8")
    text = (FOLDER / "rules.yml").read_text(encoding="utf-8").replace("what.bang", "what.bong", 1)
    (tmp_path / "rules.yml").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"rules.yml.*patterns.*what.bong"):
        Triage.load(tmp_path)

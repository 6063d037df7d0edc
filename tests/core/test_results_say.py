"""Whatever is told, no text that a person can get holds what must never be said, and every result is whole.

Facts, flags and answers are drawn at random; everything that has few members is enumerated.
"""

from __future__ import annotations

import datetime
import itertools
import re
from dataclasses import replace
from functools import lru_cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actions.check import emergency_text
from hypnic.check import CONSENT, Check
from hypnic.danger import LEVELS, Finding
from hypnic.emergency import Outcomes, Region, danger_reply, failure_text, still_text
from hypnic.evidence import Evidence
from hypnic.facts import FactReader
from hypnic.interview import Answer, Interview, Known, State
from hypnic.knowledge import knowledge
from hypnic.record import Recorder
from hypnic.result import Results
from hypnic.summary import Summary
from hypnic.triage import FACTS, KINDS, SINGLE, UNCLEAR
from hypnic.turn import Understood
from hypnic.yamlfile import ROOT, YamlFile
from tests.data.test_knowledge_data import FORBIDDEN

FOLDER = ROOT / "data" / "triage"
INTERVIEW = Interview(FOLDER)
RULES, SAY = INTERVIEW.rules, INTERVIEW.say
RESULTS = Results(FOLDER, RULES, knowledge().sources)
CHECK = Check(INTERVIEW, RESULTS)
OUTCOMES = Outcomes.load(FOLDER)
PATTERNS: dict[str, dict[str, Any]] = RESULTS.data["patterns"]
REGIONS = [Region.load(FOLDER, code) for code in YamlFile(FOLDER / "regions.yml").data["regions"]]
RECORDER = Recorder(CHECK, FactReader.load(FOLDER), Summary.load(), REGIONS[0])
TODAY = datetime.date(2026, 11, 24)
TOPICS = sorted({entry["topic"] for entry in PATTERNS.values() if entry["topic"]})
HEADINGS = [SAY[key] for key in ("because", "against", "open", "do", "tell", "watch", "why_not_for", "why_not_against", "why_not_looks")]

DISEASES = "|".join(re.escape(entry["name"]) for entry in PATTERNS.values())
MEDICINE = (
    r"\b(start|stop|chang|skip|doubl|swap|switch|cut down|increas|reduc|lower|rais|restart|halv|tak|giv|quit|try|us|mix)(e|es|ing|s|ping|ning)?\b"
    r"[^.;:?!]{0,40}\b(medicines?|medications?|tablets?|pills?|doses?|drugs?|supplements?|iron|herbs?|magnesium|antidepressants?|painkillers?)\b"
)
HELD_BACK = r"\b(not|no|nothing|ask|before you|only after a blood test|along|take a list)\b|after stopping alcohol or tablets"
NEVER = {
    **FORBIDDEN,
    **{f"claim {claim.id} {at}": p for claim in Evidence.load(knowledge()).claims for at, p in enumerate(claim.never)},
    "a disease somebody has": rf"\b(you|your child|your baby|your partner|he|she|they|it|this|that)( really| clearly)? (have|has|had|got|suffers? from|is|are) (a |an )?({DISEASES})",
    "a ruling out": r"\b(is|are|it's) (definitely |certainly |surely )?not (a )?(seizure|stroke|fit|heart attack)\b|\bnothing (serious|dangerous)\b",
    "a name of the data": rf"\b({'|'.join(sorted(KINDS))})\.[a-z_]+|\b[a-z]+_[a-z_]+\b",
    "a placeholder": r"[{}]",
    "a prescribed medicine": r"\b(gabapentin|pregabalin|pramipexole|ropinirole|rotigotine|levodopa|clonazepam|diazepam|quinine|valproate|levetiracetam|melatonin|zopiclone|baclofen)\b",
    "a promise": r"\b(i|we) (will|have|can) (call|called|send|sent|tell|told|inform)\w* (an ambulance|the doctor|your doctor|help|them|999|911|112)\b",
    "fear": r"\b(tumou?r|fatal|deadly|kills?|brain damage|dying)\b",
    "an empty value": r"\b(None|nan|null)\b(?! of)|\[\]",
}


@lru_cache(maxsize=None)
def wrong_with(line: str) -> tuple[str, ...]:
    """What one line says that must never be said. Lines come back in many texts, so each is read once."""
    found = [name for name, pattern in NEVER.items() if re.search(pattern, line, 0 if name == "an empty value" else re.I)]
    for sentence in re.split(r"(?<=[.;:?!])\s", line):
        if re.search(MEDICINE, sentence, re.I) and not re.search(HELD_BACK, sentence, re.I):
            found.append("a start, stop or change of a medicine")
    return tuple(found)


def whole(text: str, sources: bool = False) -> str:
    """Fails on a text with something that must never be said, with an empty line, or with a heading that leads nowhere."""
    lines = text.split("\n")
    for line in lines:
        if not (sources and line.startswith(SAY["sources"].partition("{")[0])):  # titles are other people's words
            assert not wrong_with(line), (wrong_with(line), line)
        assert line.strip() == line and line not in ("", "-") and "  " not in line, lines
        assert not line.startswith("- ") or (line[2:3].isupper() or not line[2:3].isalpha()), line
    for line, after in itertools.zip_longest(lines, lines[1:], fillvalue=""):
        assert line not in HEADINGS or after.startswith("- "), (line, after)
    blocks = [list(block) for is_list, block in itertools.groupby(lines, lambda line: line.startswith("- ")) if is_list]
    assert all(len(block) == len(set(block)) for block in blocks), text
    return text


NAMES = sorted(name for name in FACTS if name.partition(".")[0] not in SINGLE)
PERSON = [st.sampled_from([None, *(f"{kind}.{value}" for value in KINDS[kind].split())]) for kind in SINGLE]
SETS = st.frozensets(st.sampled_from(NAMES), max_size=5)
FLAGS = st.frozensets(st.sampled_from(sorted(RULES.flags)), max_size=4)
REGION = st.sampled_from(REGIONS)


@st.composite
def known(draw: Any) -> Known:
    """Anything that can be known: of who, age and pregnant at most one each; nothing both true and not."""
    yes = frozenset({name for kind in PERSON if (name := draw(kind))} | draw(SETS) | draw(FLAGS))
    no = (draw(SETS) | draw(FLAGS)) - yes
    return Known(yes, no, (draw(SETS) | draw(FLAGS) | draw(st.sampled_from([frozenset(), frozenset({UNCLEAR})]))) - yes - no)


def check_result(told: Known, region: Region) -> None:
    """One result from beginning to end."""
    verdict = RULES.decide(told.yes | told.unknown)
    reply = RESULTS.reply(verdict, told, SAY)
    lines = whole(region.fill(reply.text), sources=True).split("\n")
    levels = {region.fill(line): key.partition("_")[0] for key, line in RESULTS.data["level_lines"].items()}
    levels |= {region.fill(RESULTS.data["level_lines"]["self_care"]): "self_care"}
    assert levels[lines[0]] == reply.custom["level"] == verdict.level
    assert not set(levels) & set(lines[1:])
    assert reply.custom["timeframe"] == verdict.timeframe and reply.custom["kind"] == "triage"
    assert lines[-1].startswith(SAY["sources"].partition("{")[0]) and len(lines[-1]) > 20
    assert {SAY["do"], SAY["tell"]} <= set(lines)
    if verdict.level == "emergency":
        assert region.emergency_number in lines[0]
        said = whole(emergency_text(verdict))
        assert re.search(r"\bcall|\bgo to|\btalk\b", said.split("\n")[0], re.I)
    for line in RESULTS.changes(verdict, told):
        whole(line)


@settings(max_examples=250, deadline=None)
@given(known(), REGION)
def test_a_result_is_whole(told: Known, region: Region) -> None:
    """Level first and the same as in `custom`; why, what to do, what to tell, sources; nothing forbidden, nothing empty."""
    check_result(told, region)


@settings(max_examples=100, deadline=None)
@given(known(), st.sampled_from(TOPICS))
def test_why_not_is_whole(told: Known, topic: str) -> None:
    """The contrast for any topic and any answers."""
    text = RESULTS.why_not(topic, told, SAY)
    assert not text or whole(text)


@pytest.mark.parametrize("person", [(), ("who.child", "age.infant"), ("who.child", "age.child_5_11"), ("pregnant.yes",), ("pregnant.postnatal",)])
def test_every_pattern_says_it_well(person: tuple[str, ...]) -> None:
    """Every row of the rules that names a pattern, for an adult, children and a pregnant woman, in every region."""
    patterns = set()
    for rule in RULES.patterns:
        for names in itertools.islice(itertools.product(*(sorted(group) for group in rule.needs)), 40):
            yes = frozenset(person) | frozenset(n for n in names if n.partition(".")[0] not in {p.partition(".")[0] for p in person})
            told = Known(yes, frozenset(), frozenset())
            patterns.add(RULES.decide(yes).pattern)
            check_result(told, REGIONS[len(patterns) % len(REGIONS)])
    assert len(patterns) > 35


def test_every_fact_alone_and_denied() -> None:
    """Each fact and flag by itself, told, denied and not known."""
    for name in sorted(FACTS | set(RULES.flags)):
        for told in (Known(frozenset({name}), frozenset(), frozenset()), Known(frozenset(), frozenset({name}), frozenset()),
                     Known(frozenset(), frozenset(), frozenset({name}))):
            check_result(told, REGIONS[0])


def test_an_unclear_picture_reassures_nobody() -> None:
    """Where nothing fits, and where danger was told, no text calls it harmless."""
    danger = {rule.gives for rule in RULES.patterns if rule.danger} | {"unclear"}
    soothing = re.compile(r"\bharmless|\bno harm\b|nothing to worry|\bnormal part\b|\bcompletely normal\b", re.I)
    texts = [(p, line) for p in danger for key in ("say", "do", "watch", "tell") for line in ([PATTERNS[p][key]] if key == "say" else PATTERNS[p][key])]
    assert len(texts) > 200
    assert [] == [(p, line) for p, line in texts if soothing.search(line)]


def test_every_danger_reply_is_whole() -> None:
    """Every flag alone and with every other, in every region: the first line says whom to call, nothing is empty."""
    said = sorted(OUTCOMES.advice)
    assert len(said) >= 47
    for region, pair in zip(itertools.cycle(REGIONS), [(flag,) for flag in said] + list(itertools.combinations(said, 2))):
        found = [Finding(flag, "asserted", *RULES.flags[flag], 0, 0) for flag in pair]
        lines = whole(danger_reply(found, OUTCOMES, region)).split("\n")
        gravest = min((RULES.flags[flag][0] for flag in pair), key=LEVELS.index)
        assert not lines[0].startswith("- ") and lines[-1].endswith("?")
        if gravest == "emergency":
            assert region.emergency_number in "\n".join(lines[:3]) or region.crisis_line in "\n".join(lines[:3]), pair
        assert whole(still_text(list(pair), OUTCOMES, region)).endswith("?")


def test_what_is_said_around_an_emergency_is_whole() -> None:
    """The failure message and every sentence of the emergency mode, in every region."""
    for region in REGIONS:
        whole(failure_text(OUTCOMES, region))
        for name, text in OUTCOMES.mode.texts.items():
            if name != "still":  # holds the first line of a flag, and is tried with each above
                whole(region.fill(text))


@settings(max_examples=60, deadline=None)
@given(SETS, st.lists(st.integers(0, 13), min_size=12, max_size=12), st.sampled_from(["", "rls", "rbd", "plmd"]), REGION)
def test_a_whole_check_says_nothing_forbidden(story: frozenset[str], presses: list[int], about: str, region: Region) -> None:
    """Every reply of a check played by buttons: consent, questions, reasons, notes and the result; one result at its end."""
    turn = CHECK.begin(story, (), about)
    turn = CHECK.respond(Understood("answer_check", pressed=True), turn.state or State(), (), (), f"{CONSENT}.yes")
    for press in presses:
        for reply in turn.replies:
            whole(region.fill(reply.text), sources=reply.custom["kind"] == "triage")
            assert all(not wrong_with(button.title) and len(button.payload.encode()) <= 64 for button in reply.buttons)
        if turn.state is None:
            break
        question = INTERVIEW.questions[turn.state.asked]
        values = [option.id for option in question.options] + ["dont_know", "why"]
        turn = CHECK.respond(Understood("answer_check", pressed=True), turn.state, (), (), f"{question.id}.{values[press % len(values)]}")
    if turn.verdict:
        assert turn.replies[-1].custom["kind"] == "triage" and turn.replies[-1].custom["level"] == turn.verdict.level


@settings(max_examples=60, deadline=None)
@given(known(), st.lists(st.tuples(st.sampled_from(sorted(INTERVIEW.questions)), st.integers(0, 12)), max_size=5, unique_by=lambda pair: pair[0]))
def test_the_page_for_the_doctor_says_nothing_forbidden(told: Known, choices: list[tuple[str, int]]) -> None:
    """The page of any conversation: no placeholder, no name of the data, nothing forbidden, the advice the same as the verdict."""
    answers = []
    for name, choice in choices:
        options = INTERVIEW.questions[name].options
        option = options[choice] if choice < len(options) else None
        answers.append(Answer(name, option.yes, option.no) if option else Answer(name, unknown=True))
    state = replace(State().told(told.yes, told.no), answers=tuple(answers))
    slots = {"checked": state.to_json(), "triage_level": "routine"}
    record = RECORDER.record([], slots, TODAY)
    if record is None:
        return
    verdict = INTERVIEW.verdict(state)
    assert record.level_line == REGIONS[0].fill(RESULTS.level_line(verdict))
    text = RECORDER.summary.text(record, width=None)
    for line in text.split("\n"):
        if line and line.removeprefix("- ") not in record.sources and str(TODAY) not in line:
            assert not wrong_with(line), (wrong_with(line), line)
    assert not re.search(r"\n\n\n|\n- *\n|:\n\n|{", text)
    assert RECORDER.summary.html(record).count("<h2") == len(list(RECORDER.summary.sections(record)))

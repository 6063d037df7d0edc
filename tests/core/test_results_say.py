"""Whatever is told, no text that a person can get holds what must never be said, and every result is whole.

Facts, flags and answers are drawn at random; everything that has few members is enumerated.
"""

from __future__ import annotations

import datetime
import itertools
import re
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hypnic.check import Check
from hypnic.danger import LEVELS, Finding
from hypnic.emergency import Outcomes, danger_reply, failure_text, still_text
from hypnic.evidence import Evidence
from hypnic.interview import Answer, Known, State
from hypnic.knowledge import knowledge
from hypnic.record import Recorder
from hypnic.region import Region, regions
from hypnic.triage import FACTS, KINDS, SINGLE, UNCLEAR
from hypnic.turn import Understood
from hypnic.yamlfile import ROOT
from tests.data.test_knowledge_data import FORBIDDEN

FOLDER = ROOT / "data" / "triage"
CHECK = Check.load(FOLDER, knowledge().sources)
INTERVIEW, RESULTS = CHECK.interview, CHECK.results
RULES, SAY = INTERVIEW.rules, INTERVIEW.say
OUTCOMES = Outcomes.load(FOLDER)
PATTERNS: dict[str, dict[str, Any]] = RESULTS.data["patterns"]
REGIONS = list(regions(FOLDER).choices())
RECORDER = Recorder.load(FOLDER, REGIONS[0].code)
TODAY = datetime.date(2026, 11, 24)
TOPICS = sorted({entry["topic"] for entry in PATTERNS.values() if entry["topic"]})
HEADINGS = [SAY[key] for key in ("because", "against", "open", "do", "tell", "watch", "why_not_for", "why_not_against", "why_not_looks")]

DISEASES = "|".join(re.escape(entry["name"]) for entry in PATTERNS.values())
MEDICINE = (
    r"\b(start|stop|change|skip|double|swap|switch|cut down|come off|increase|reduce|lower|raise|restart|halve|take|give|quit|try|use|mix)\b"
    r"[^.;:?!]{0,40}\b(medicines?|medications?|tablets?|pills?|doses?|drugs?|supplements?|iron|herbs?|magnesium|antidepressants?|painkillers?)\b"
)
HELD_BACK = r"\b(not|no|nothing|ask|before you|only after a blood test|along|take a list)\b"
NEVER = {
    **FORBIDDEN,
    **{f"claim {claim.id} {at}": p for claim in Evidence.load(knowledge()).claims for at, p in enumerate(claim.never)},
    "a disease somebody has": rf"\b(you|your child|your baby|your partner|he|she|they|it|this|that)( really| clearly)? (have|has|had|got|suffers? from|is|are) (a |an )?({DISEASES})",
    "a ruling out": r"\b(is|are|it's) (definitely |certainly |surely )?not (a )?(seizure|stroke|fit|heart attack)\b|\bnothing (serious|dangerous)\b",
    "a name of the data": rf"\b({'|'.join(sorted(KINDS))})\.[a-z_]+|\b[a-z]+_[a-z_]+\b",
    "a placeholder": r"[{}]",
    "a prescribed medicine": r"\b(gabapentin|pregabalin|pramipexole|ropinirole|rotigotine|levodopa|clonazepam|diazepam|quinine|valproate|levetiracetam|melatonin|zopiclone|baclofen)\b",
    "a promise": r"\b(i|we) (will|have|can) (call|called|send|sent|tell|told|inform)\w* (an ambulance|the doctor|your doctor|help|them|999|911|112)\b",
    "fear": r"\b(tumou?r|fatal|deadly|kills?|brain damage|(?<!thoughts of )dying)\b",
    "an empty value": r"\b(None|nan|null)\b(?! of)|\[\]",
}


@cache
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
        said = whole(danger_reply([Finding(f, "asserted", *RULES.flags[f], 0, 0) for f in verdict.flags], OUTCOMES, region))
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
        for names in itertools.islice(itertools.product(*(sorted(group) for group in rule.needs)), 14):
            yes = frozenset(person) | frozenset(n for n in names if n.partition(".")[0] not in {p.partition(".")[0] for p in person})
            told = Known(yes, frozenset(), frozenset())
            patterns.add(RULES.decide(yes).pattern)
            check_result(told, REGIONS[len(patterns) % len(REGIONS)])
    assert len(patterns) > 35


def test_each_level_line_says_its_own_time() -> None:
    """The words that tell how soon stand in the line of their level, and in no other line but as what comes if it gets worse."""
    when = {"emergency": "now", "urgent_same_day": "today", "urgent_within_days": "next few days", "routine": "ordinary visit", "self_care": "at home"}
    lines = RESULTS.data["level_lines"]
    assert set(when) == set(lines)
    assert [] == [(key, other) for key, line in lines.items() for other, words in when.items() if (words in line.lower()) != (key == other)]
    assert "{emergency_number}" in lines["emergency"] and "{urgent_line}" in lines["urgent_same_day"]


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


@settings(max_examples=80, deadline=None)
@given(SETS | st.just(frozenset({"age.adult", "worry", "low_mood"})), st.lists(st.integers(0, 13), min_size=18, max_size=18),
       st.sampled_from(["", "rls", "rbd", "plmd"]), REGION)
def test_a_whole_check_says_nothing_forbidden(story: frozenset[str], presses: list[int], about: str, region: Region) -> None:
    """Every reply of a check played by buttons: consent, questions, reasons, notes, the result and what is asked after it."""
    turn = CHECK.begin(story, (), about)
    verdict = None
    for press in (0, *presses):
        for reply in turn.replies:
            whole(region.fill(reply.text), sources=reply.custom["kind"] == "triage")
            assert all(not wrong_with(button.title) and len(button.payload.encode()) <= 64 for button in reply.buttons)
        if turn.verdict:
            verdict = turn.verdict
            results = [reply for reply in turn.replies if reply.custom["kind"] == "triage"]
            assert [verdict.level] == [reply.custom["level"] for reply in results]
        if turn.state is None:
            break
        values = [button.payload.split('"')[3] for button in turn.replies[-1].buttons]
        turn = CHECK.respond(Understood("answer_check", pressed=True), turn.state, (), (), values[press % len(values)])
    assert verdict or turn.state


def test_the_simpler_wording_of_a_question_is_whole() -> None:
    """After "I don't know" the question comes once more in simpler words, with the right person in them."""
    asked = [question for question in INTERVIEW.questions.values() if question.retry]
    assert asked
    for question in asked:
        turn = CHECK.respond(Understood("answer_check", pressed=True), State(asked=question.id), (), (), f"{question.id}.dont_know")
        whole(turn.replies[0].text)


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

"""The danger screen, over the case files and over what must stay quiet."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # so that this file also runs alone, without an installed package

from hypnic.danger import DangerScreen, asserted
from hypnic.emergency import Outcomes, danger_reply
from hypnic.region import Region
from hypnic.wordmatch import Sheet

TRIAGE = ROOT / "data" / "triage"
SCREEN = DangerScreen.load(TRIAGE)
FLAGS: dict[str, Any] = yaml.safe_load((TRIAGE / "flags.yml").read_text(encoding="utf-8"))["flags"]
CASES = [yaml.safe_load(path.read_text(encoding="utf-8"))
         for path in sorted((ROOT / "tests" / "cases" / "danger").glob("*.yml"))]


def _training(flag: str) -> dict[str, list[str]]:
    """The wordings of a flag in data/nlu/danger that the patterns must get right, by intent."""
    found: dict[str, list[str]] = {"danger": [], "no_danger": []}
    data = yaml.safe_load((ROOT / "data" / "nlu" / "danger" / f"{flag}.yml").read_text(encoding="utf-8"))
    for block in data["nlu"]:
        assert block["metadata"]["flag"] == flag
        if not block["metadata"].get("hard"):
            found[block["intent"]] += [line[2:] for line in block["examples"].splitlines()]
    return found


DEV = {case["flag"]: _training(case["flag"]) for case in CASES}
OUTCOMES = Outcomes.load(TRIAGE)
RANK = {"emergency": 0, "urgent": 1}
# The share of wordings written last and never tuned on that are caught. It may rise, not fall. It is the honest
# estimate for wordings nobody has thought of, far below the halves that one author wrote with the patterns.
FRESH_FLOOR = 0.65

QUIET = """
why do i jerk when falling asleep
can you die from hypnic jerks
is it a seizure or a hypnic jerk
are hypnic jerks a sign of stroke
do sleeping pills cause fits
my dog has seizures
convulsions while falling asleep
what is a hypnic jerk
what is a seizure
what is a stroke
what is epilepsy
what is meningitis
what is a heart attack
what does a seizure look like
how long does a seizure last
how do you tell a seizure from a hypnic jerk
can stress cause seizures
can lack of sleep cause a seizure
can you have a seizure in your sleep
does a hypnic jerk damage the brain
is twitching a sign of als
is twitching a sign of a brain tumour
is twitching a sign of epilepsy
could my jerks be epilepsy
should i worry about twitching at night
i twitch when i fall asleep
i jump awake just as i drift off
my whole body jolts once and then i sleep
my leg kicks when i nod off
my husband twitches in his sleep
my wife kicks me all night
my girlfriend jerks and does not wake up
my toddler twitches in her sleep
my baby's arms jump in her sleep and stop when i lift her
do babies jerk in their sleep
my son talks and kicks in his sleep
my cat twitches when she sleeps
my dog is having fits in his sleep
my father had a stroke at 70
my grandmother had epilepsy
my uncle had a heart attack last year, i only twitch
my sister had seizures as a child
does epilepsy run in families
i had a seizure when i was five, nothing since
i had a stroke ten years ago and recovered
i had meningitis in 2010
i had chest pain years ago, all clear
no chest pain
no seizures, no blackouts
no breathing problems
no, breathing and talking are fine
never lost consciousness
i'm not confused and not weak
my face is not drooping
i have no fever and no stiff neck
no tongue biting, no wet bed
i am not pregnant
i'm not suicidal
i have never thought of harming myself
dying to sleep
i'm dead tired
these jerks will be the death of me
every keystroke makes my finger twitch
i nearly had a heart attack laughing
he nearly had a fit when he saw the bill
the kids had a fit of giggles
i had a coughing fit last night
my jaw dropped when i saw him kick
he works in fits and starts
i need to get it off my chest
this mattress is killing me
coffee before bed and jerks
does caffeine cause hypnic jerks
does alcohol make me twitch
can alcohol withdrawal cause jerks
what is delirium tremens
what happens if you overdose on magnesium
can you take too much melatonin
does magnesium help
which vitamin helps twitching
do antidepressants cause jerks
can sertraline cause night sweats
what is serotonin syndrome
does lithium cause twitching
is clonazepam used for myoclonus
should i see a doctor about my twitching
who treats restless legs
what is restless legs syndrome
my legs tingle in the evening and i have to move
my legs are restless every night
restless legs in pregnancy
i'm 25 weeks pregnant and my legs jump at night
is leg twitching in pregnancy dangerous
what is preeclampsia
does iron help restless legs
i get leg cramps at night
my calf cramped for a minute
my foot cramps when i point my toes
how do i stop a cramp
is a swollen leg a sign of a clot
both ankles are a bit puffy after work
what is sleep apnoea
my husband snores like a train
my husband stops breathing for a few seconds and then snorts
can sleep apnoea make lips go blue
i wake up gasping, is that apnoea
what is sleep paralysis
i can't move when i wake up
someone sits on my chest when i wake
cant breathe when i wake up paralysed
i hear a loud bang as i fall asleep, no pain
what is exploding head syndrome
is exploding head syndrome a stroke
i see lights when i close my eyes in bed
i wake with my heart racing for a minute
do panic attacks wake you up
is it a panic attack or a heart attack
does anxiety cause chest pain
i dream of falling
i dream that i am drowning
why do i dream of jumping off a bridge
my dreams are violent
i punched the pillow in my sleep
jerks as i fall asleep, and i hit out at the duvet
my leg jumped and hit out at nothing
i kick in my sleep but nobody got hurt
my arm goes numb when i sleep on it
my arm is numb when i wake up, gone in a minute
my hand falls asleep at night
my eyelid has twitched for a week
my thumb twitches after gaming
my muscles twitch after the gym
my shoulder twitches at my desk
can a pinched nerve cause twitching
my head shakes a little when i am tired
does parkinsons start with restless legs
my hands shake after coffee
i feel weak when i am hungry
i feel foggy after a bad night
i forget names when tired
my mind goes blank in exams
i fell asleep on the bus
i fall asleep when my wife drives
is it dangerous to drive tired
i have a mild headache after poor sleep
does a bang in the head mean bleeding
my neck is stiff from a bad pillow
my jaw is stiff because i grind my teeth
what is tetanus
my tetanus jab made my arm sore
my blood sugar is fine and my feet twitch
does diabetes cause twitching
can low blood sugar cause jerks
i wake up to pee twice a night
my back hurts from the mattress
what if i have a seizure at night
i'm scared of having a stroke in my sleep
how to help someone who has a fit
when should i call an ambulance for a seizure
my EEG was normal
the doctor said it is not epilepsy
hello
thanks, that helps
""".strip().splitlines()

HOSTILE = {
    "one letter": "a" * 1000,
    "one letter apart": "a " * 500,
    "one sign": ("he is having a seizure not breathing " * 60)[:1000],
    "had a fit": ("had a fit " * 200)[:1000],
    "no": ("no " * 400)[:1000],
    "if": ("if i " * 250)[:1000],
    "commas": "no," * 333,
    "numbers": "38.5 " * 200,
    "control characters": "".join(map(chr, range(32))) * 31,
    "emoji": "😱🆘👶🏽" * 250,
    "regex": r".*+?^${}()|[]\/(a+)+$ " * 43,
    "patterns": "(lips|face) [0-3] {fit} <38-42> " * 30,
    "apostrophes": "a'" * 500,
    "zero width": "s\u200be\u200bi\u200bz" * 140,
}


def names(text: str) -> set[str]:
    return {finding.flag for finding in asserted(SCREEN.screen(text))}


def alarms(text: str, level: str = "urgent") -> list[str]:
    return [one.flag for one in asserted(SCREEN.screen(text)) if RANK.get(one.level, 9) <= RANK[level]]


def level(case: dict[str, Any]) -> str:
    return str(FLAGS[case["flag"]]["level"])


@pytest.mark.parametrize("case", CASES, ids=[case["flag"] for case in CASES])
def test_dev_half_is_right(case: dict[str, Any]) -> None:
    dev = DEV[case["flag"]]
    missed = [text for text in dev["danger"] if case["flag"] not in names(text)]
    false = {text: alarms(text, level(case)) for text in dev["no_danger"] if alarms(text, level(case))}
    assert (missed, false) == ([], {})


@pytest.mark.parametrize("wanted", ["emergency", "urgent"])
def test_test_half_recall(wanted: str) -> None:
    cases = [case for case in CASES if level(case) == wanted]
    rows = [(case["flag"], text) for case in cases for text in case["positive"]["test"]]
    missed = [row for row in rows if row[0] not in names(row[1])]
    assert 1 - len(missed) / len(rows) >= 0.95, missed


@pytest.mark.parametrize("wanted", ["emergency", "urgent"])
def test_test_half_stays_quiet(wanted: str) -> None:
    rows = [text for case in CASES if level(case) == wanted for text in case["negative"]["test"]]
    false = [(text, alarms(text, wanted)) for text in rows if alarms(text, wanted)]
    assert 1 - len(false) / len(rows) >= 0.95, false


def test_wordings_nobody_tuned_on_do_not_get_worse() -> None:
    rows = [(case["flag"], text) for case in CASES for text in case["positive"].get("fresh", ())]
    missed = [row for row in rows if row[0] not in names(row[1])]
    assert 1 - len(missed) / len(rows) >= FRESH_FLOOR, missed


def test_every_emergency_and_urgent_flag_has_cases_and_a_text() -> None:
    wanted = {name for name, flag in FLAGS.items() if flag["level"] in RANK}
    assert len(FLAGS) == 69
    assert {case["flag"] for case in CASES} == wanted == set(OUTCOMES.advice)
    for case in CASES:
        assert len(DEV[case["flag"]]["danger"]) >= 12 and len(case["positive"]["test"]) >= 4
        assert len(DEV[case["flag"]]["no_danger"]) >= 8 and len(case["negative"]["test"]) >= 2


@pytest.mark.parametrize("text", QUIET)
def test_everyday_question_stays_quiet(text: str) -> None:
    assert alarms(text) == []


def test_there_are_enough_everyday_questions() -> None:
    assert len(set(QUIET)) >= 120


@pytest.mark.parametrize(("text", "flag"), [
    ("he won't stop shaking", "seizure_now"),
    ("she is not breathing", "breathing_stopped_or_blue"),
    ("i can't wake him", "not_recovering"),
    ("my husband is shaking and not answering, what do i do?", "seizure_now"),
    ("my father is having a seizure", "seizure_now"),
    ("He\u2019s having a SIEZURE", "seizure_now"),
    ("she is unconcious and not brething", "breathing_stopped_or_blue"),
    ("nooo she is not breathing heeeelp", "breathing_stopped_or_blue"),
])
def test_a_danger_is_asserted(text: str, flag: str) -> None:
    assert flag in names(text)


@pytest.mark.parametrize(("text", "flag", "state"), [
    ("no chest pain", "chest_pain", "denied"),
    ("his lips are not blue", "breathing_stopped_or_blue", "denied"),
    ("my father had a heart attack", "chest_pain", "other"),
    ("i had chest pain ten years ago", "chest_pain", "past"),
    ("what if i get chest pain", "chest_pain", "hypothetical"),
])
def test_states(text: str, flag: str, state: str) -> None:
    assert {one.state for one in SCREEN.screen(text) if one.flag == flag} == {state}


FACE = "suddenly my face droops and i can't speak"
SLOW = "my arm has become weak on the left side over months"


@pytest.mark.parametrize("mark", [". ", "! ", "? ", "\n", "... ", "… ", ".\n\n", " ?! "])
@pytest.mark.parametrize("other", ["my baby is 8 months old", "it has been some weeks", "my twitches came slowly"])
def test_unless_says_nothing_about_another_sentence(mark: str, other: str) -> None:
    assert "stroke_signs" in names(other + mark + FACE)
    assert "stroke_signs" in names(FACE + mark + other)
    assert "stroke_signs" in names(other + mark + FACE + mark + other)


@pytest.mark.parametrize("text", [SLOW, "hello. " + SLOW + ". thanks", "hello\n" + SLOW, SLOW + ", what is it",
                                  "my left arm is weak; it came slowly", "my left arm is weak, 1.5 months now"])
def test_unless_switches_off_in_its_own_sentence(text: str) -> None:
    assert "stroke_signs" not in names(text)


def test_unless_in_one_sentence_leaves_the_same_flag_in_another() -> None:
    text = SLOW + ". " + FACE
    found = [one for one in SCREEN.screen(text) if one.flag == "stroke_signs"]
    assert found and all(one.start > len(SLOW) for one in found)


def test_unless_in_any_sentence_that_a_combination_reaches_over() -> None:
    assert "first_seizure_today" in names("he had a seizure. it was this morning. my twitches started two weeks ago")
    assert "first_seizure_today" not in names("he had a seizure two weeks ago. the twitch was this morning")


@pytest.mark.parametrize(("start", "end", "wanted"), [(0, 1, "aa"), (3, 4, "b;b"), (5, 6, "b;b"), (7, 8, "c"),
                                                      (1, 4, "aa.b;b"), (5, 8, "b;b.c")])
def test_sentences_of_a_hit(start: int, end: int, wanted: str) -> None:
    text = "aa.b;b.c"  # each letter and each mark stands for one word
    places = Sheet([(0, 0)] * len(text), {}, stop=0b1010100, ends=0b1000100).sentences(start, end)
    assert "".join(letter for i, letter in enumerate(text) if (places >> i) & 1) == wanted


def test_a_danger_inside_a_long_text_is_found_where_it_stands() -> None:
    story = "I have had twitchy legs since school and it never bothered me. " * 200
    text = story + "now he is not breathing" + "." + story
    found = [one for one in SCREEN.screen(text) if one.flag == "breathing_stopped_or_blue"]
    assert found and "not breathing" in text[found[0].start:found[0].end]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_fast(name: str) -> None:
    text, best = HOSTILE[name], 1.0
    for _ in range(7):  # the best of several: another program on the machine must not fail the test
        begin = time.process_time()
        SCREEN.screen(text)
        best = min(best, time.process_time() - begin)
    assert best < 0.005


def test_time_grows_in_a_straight_line() -> None:
    def took(text: str) -> float:
        begin = time.process_time()
        SCREEN.screen(text)
        return time.process_time() - begin

    text = "my husband is shaking and not answering, no fever, what if he had a fit. " * 200
    assert min(took(text * 8) for _ in range(3)) < 16 * min(took(text) for _ in range(3)) + 0.05


WORDS = st.sampled_from(["no", "not", "had", "a", "fit", "baby", "blue", "lips", "if", "my", "dad", "38.5", ",", ".",
                         "years", "ago", "pregnant", "ş", "ß", "İ", "²", "٣", "’", "don't", "\n", "\x00", "😱"])


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=300), st.lists(WORDS, max_size=60).map(" ".join)))
def test_screen_never_raises_and_spans_lie_inside(text: str) -> None:
    found = SCREEN.screen(text)
    assert all(0 <= one.start < one.end <= len(text) for one in found)
    assert [one.start for one in found] == sorted(one.start for one in found)
    assert danger_reply(found, OUTCOMES, Region.load(TRIAGE)) is not None


def test_rasa_will_not_read_the_triage_files() -> None:
    for path in TRIAGE.glob("*.yml"):
        keys = set(yaml.safe_load(path.read_text(encoding="utf-8")))
        assert not keys & {"nlu", "stories", "rules", "responses"}

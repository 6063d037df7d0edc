"""Details: narrower answers beside the cells, the finer subjects that name them, and what the nearest text stands for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from talking import BASE, answer_id, custom, kind, myths, play, said

from hypnic.dialogue import LIKELY, OF_CELL, OF_OTHER, OF_TOPIC, RETRIEVED, SAME
from hypnic.errors import DataError
from hypnic.knowledge import GENERAL, Answer, Knowledge
from hypnic.reply import next_buttons, talk
from hypnic.turn import Context

Edit = Callable[[str, str, str], int]

# -- loading --------------------------------------------------------------------------------------------------------

Y = "yawning.yml"
ADDED = """\
fine_topics:
  jaw:
    name: A cracking jaw
    wordings: [jaw cracks, cracking jaw]
details:
  - id: jaw_cracks
    aspect: what_is_it
    fine_topic: jaw
    questions: [does it crack, why the noise, my jaw clicks, is the crack bad, what cracks]
    text: >-
      A jaw that cracks in a wide yawn is mostly harmless. The joint in front of the ear slips a little, and that makes the
      sound. It does not wear the joint out.
    certainty: moderate
    sources: [nice]
    reviewed: 2026-01-03
    next: [what_is_it, sneezing.feels_like]
  - id: yawning_baby
    aspect: what_is_it
    population: child
    questions: [does a baby yawn, do kids yawn, baby yawns, my son yawns, yawning child]
    text: >-
      Babies yawn before they are born, and children yawn as grown people do. Nobody needs to worry about it. A child that
      yawns all day may simply sleep too little.
    certainty: weak
    sources: [nhs]
    reviewed: 2026-01-04
    next: []
"""


@pytest.fixture
def detailed(folder: Path, edit: Edit) -> Path:
    """The tiny knowledge base with a fine topic and two details."""
    edit(Y, "myths:\n", f"{ADDED}myths:\n")
    return folder


def problem(folder: Path) -> DataError:
    with pytest.raises(DataError) as caught:
        Knowledge.load(folder)
    return caught.value


def test_details_load(detailed: Path) -> None:
    """A detail keeps its cell, its finer subject and its questions; what it leaves out is general and of no finer subject."""
    first, second = Knowledge.load(detailed).details()
    assert ("yawning", "what_is_it", GENERAL) == (first.topic, first.aspect, first.population)
    assert ("jaw_cracks", "jaw") == (first.detail, first.fine_topic)
    assert ("does it crack", 5) == (first.questions[0], len(first.questions))
    assert "\n" not in first.text
    assert ("moderate", ("nice",), "2026-01-03") == (first.certainty, tuple(s.id for s in first.sources), first.reviewed)
    assert (("yawning", "what_is_it"), ("sneezing", "feels_like")) == first.next
    assert ("child", "", ()) == (second.population, second.fine_topic, second.next)


def test_the_id_of_a_detail_has_four_parts(detailed: Path) -> None:
    """It is the id of the cell with the detail's own id at the end."""
    wanted = ["yawning.what_is_it.general.jaw_cracks", "yawning.what_is_it.child.yawning_baby"]
    assert wanted == [detail.id for detail in Knowledge.load(detailed).details()]


def test_a_detail_is_no_cell(detailed: Path) -> None:
    """Details stand beside the answers: no cell is filled by one."""
    base = Knowledge.load(detailed)
    assert ["yawning.what_is_it.general", "sneezing.feels_like.general"] == [answer.id for answer in base.answers()]
    assert base.find("yawning", "what_is_it", "child") is None
    assert "yawning.what_is_it.general" == getattr(base.nearest("yawning", "what_is_it", "child"), "id", None)


def test_a_fine_topic_loads(detailed: Path) -> None:
    """A finer subject has its name and its wordings."""
    (fine,) = Knowledge.load(detailed).topics["yawning"].fine_topics
    assert ("jaw", "A cracking jaw", ("jaw cracks", "cracking jaw")) == (fine.id, fine.name, fine.wordings)


def test_a_topic_without_details(folder: Path) -> None:
    """Details and fine topics may be missing."""
    base = Knowledge.load(folder)
    assert [] == list(base.details())
    assert ((), {}) == (base.topics["yawning"].fine_topics, base.topics["yawning"].details)


BY_ID = [
    ("yawning.what_is_it.general", True),
    ("sneezing.feels_like.general", True),
    ("yawning.what_is_it.general.jaw_cracks", True),
    ("yawning.what_is_it.child.yawning_baby", True),
    ("yawning.what_is_it.child.jaw_cracks", False),
    ("yawning.what_is_it.general.yawning_baby", False),
    ("sneezing.what_is_it.general.jaw_cracks", False),
    ("yawning.feels_like.general", False),
    ("yawning.what_is_it.child", False),
    ("yawning.what_is_it.general.", False),
    ("yawning.what_is_it.general.nothing", False),
    ("yawning.what_is_it.general.jaw_cracks.x", False),
    ("yawning.what_is_it", False),
    ("yawning.myth.no_air", False),
    ("yawning", False),
    ("coughing.what_is_it.general", False),
    (".what_is_it.general", False),
    ("...", False),
    ("", False),
]


@pytest.mark.parametrize(("name", "there"), BY_ID)
def test_by_id(detailed: Path, name: str, there: bool) -> None:
    """Answers and details are found by their whole id, and nothing is found by anything else."""
    found = Knowledge.load(detailed).by_id(name)
    assert (name if there else None) == (found.id if found else None)


MYTH_IDS = [
    ("yawning.myth.no_air", True),
    ("sneezing.myth.no_air", False),
    ("yawning.why.no_air", False),
    ("yawning.myth.", False),
    ("yawning.myth.no_air.x", False),
    ("no_air", False),
    ("coughing.myth.no_air", False),
    ("", False),
]


@pytest.mark.parametrize(("name", "there"), MYTH_IDS)
def test_myth_by_id(folder: Path, name: str, there: bool) -> None:
    """A myth is found by topic.myth.id and by nothing else."""
    found = Knowledge.load(folder).myth(name)
    assert (name if there else None) == (found.full_id if found else None)


DETAIL = "details.0"
BROKEN = [
    # name, old, new, the piece that stands on the line that is named, field, piece of the message
    ("id given twice", "id: yawning_baby", "id: jaw_cracks", "- id: jaw_cracks", "details.1.id",
     "'jaw_cracks' is given twice"),
    ("unknown fine topic", "fine_topic: jaw", "fine_topic: nose", "fine_topic: nose", f"{DETAIL}.fine_topic",
     "'nose' is not under"),
    ("no answer beside it", "what_is_it\n    fine", "why\n    fine", "aspect: why", f"{DETAIL}.aspect",
     "needs an answer on the same aspect"),
    ("unknown aspect", "what_is_it\n    fine", "how\n    fine", "aspect: how", f"{DETAIL}.aspect", "'how' is not one of"),
    ("unknown population", "population: child", "population: cat", "population: cat", "details.1.population",
     "'cat' is not one of"),
    ("unknown source", "sources: [nice]\n    reviewed", "sources: [who]\n    reviewed", "[who]", f"{DETAIL}.sources.0",
     "'who' is not in"),
    ("too few questions", "is the crack bad, what cracks]", "is the crack bad]", "questions: [does it", f"{DETAIL}.questions",
     "too short"),
    ("braces in a question", "does it crack,", "'{it} cracks',", "{it}", f"{DETAIL}.questions.0", "does not match"),
    ("no date", "reviewed: 2026-01-03", "reviewed: soon", "soon", f"{DETAIL}.reviewed", "does not match"),
    ("no wordings", "wordings: [jaw cracks, cracking jaw]", "wordings: []", "wordings: []", "fine_topics.jaw.wordings",
     "too short"),
    ("next to no topic", "sneezing.feels_like]\n  - id", "coughing.feels_like]\n  - id", "[what_is_it, coughing", "next.1",
     "coughing.feels_like"),
    ("next without answer", "sneezing.feels_like]\n  - id", "why]\n  - id", "next: [what_is_it, why]", "next.1",
     "yawning.why"),
]


@pytest.mark.parametrize(("name", "old", "new", "place", "field", "piece"), BROKEN, ids=[row[0] for row in BROKEN])
def test_broken_details_name_file_line_and_field(
    detailed: Path, edit: Edit, name: str, old: str, new: str, place: str, field: str, piece: str
) -> None:
    """A broken detail or finer subject is refused with the file, the very line and the field."""
    edit(Y, old, new)
    error = problem(detailed)
    assert Y == error.file
    assert error.field.startswith(("details.", "fine_topics."))
    assert error.field.endswith(field)
    assert piece in str(error)
    lines = (detailed / Y).read_text(encoding="utf-8").splitlines()
    at = [number for number, line in enumerate(lines, 1) if place in line]
    assert at[-1] == error.line, f"line {error.line}: {lines[(error.line or 1) - 1]}"


# -- the project's details ------------------------------------------------------------------------------------------

DETAILS = list(BASE.details())
FIRST = DETAILS[0]
OTHER = next(topic for topic in BASE.vocabulary.topics if topic != FIRST.topic and BASE.find(topic, FIRST.aspect))
PLAIN = BASE.find(FIRST.topic, FIRST.aspect)
NEXT_TO = next(aspect for aspect in BASE.vocabulary.aspects if aspect != FIRST.aspect and BASE.find(FIRST.topic, aspect))
JUST_BELOW = 1e-6
LEAD, CLOSE = OF_CELL


def resembling(detail: Answer, cosine: float = CLOSE, lead: float = LEAD) -> tuple[tuple[str, float, float], ...]:
    """What the NLU says of a message that resembles the examples of a detail."""
    return ((detail.id, cosine, lead),)


def test_there_are_details() -> None:
    """The collections that the tests below go through are not empty."""
    assert len(DETAILS) > 100
    assert sum(bool(detail.fine_topic) for detail in DETAILS) > 20
    assert PLAIN is not None


def test_every_detail_is_found_by_its_id() -> None:
    """by_id() gives each detail, and their ids are all different."""
    assert DETAILS == [BASE.by_id(detail.id) for detail in DETAILS]
    assert len(DETAILS) == len({detail.id for detail in DETAILS})
    assert {4} == {len(detail.id.split(".")) for detail in DETAILS}


def test_every_myth_is_found_by_its_id() -> None:
    """myth() gives each myth, and their ids are all different."""
    every = [myth for topic in BASE.topics.values() for myth in topic.myths]
    assert every == [BASE.myth(myth.full_id) for myth in every]
    assert len(every) == len({myth.full_id for myth in every})


def test_every_detail_can_be_had() -> None:
    """Each detail is told, with its next steps, when its examples lead and its topic was understood."""
    for detail in DETAILS:
        turn = play(said(f"ask_{detail.aspect}", detail.topic, asked_for=resembling(detail)))[0]
        assert detail.id == answer_id(turn) == turn.context.answer_id
        assert (detail.text, next_buttons(BASE, detail, talk().say("check_button"))) == (turn.replies[0].text, turn.replies[0].buttons)
        after = turn.context
        assert (detail.topic, detail.aspect, detail.population) == (after.topic, after.aspect, after.population)


# What was understood besides: the very cell of the detail, another aspect of its topic, or another topic.
UNDERSTOOD = [
    ("its cell", FIRST.aspect, FIRST.topic, OF_CELL),
    ("its topic", NEXT_TO, FIRST.topic, OF_TOPIC),
    ("another topic", FIRST.aspect, OTHER, OF_OTHER),
    ("another topic and aspect", NEXT_TO, OTHER, OF_OTHER),
]
EDGES = [
    # cosine and lead, away from the least ones; whether the detail is told
    ("just enough", 0.0, 0.0, True),
    ("more than enough", 0.1, 0.1, True),
    ("not close", -JUST_BELOW, 0.5, False),
    ("no lead", 0.1, -JUST_BELOW, False),
    ("neither", -JUST_BELOW, -JUST_BELOW, False),
]


@pytest.mark.parametrize(("edge", "closer", "ahead", "told"), EDGES, ids=[row[0] for row in EDGES])
@pytest.mark.parametrize(("name", "aspect", "topic", "least"), UNDERSTOOD, ids=[row[0] for row in UNDERSTOOD])
def test_when_a_detail_is_told(
    name: str, aspect: str, topic: str, least: tuple[float, float], edge: str, closer: float, ahead: float, told: bool
) -> None:
    """It takes a lead and a cosine, both at least as much as what was understood besides asks for; else the cell answers."""
    asked = said(f"ask_{aspect}", topic, asked_for=resembling(FIRST, least[1] + closer, least[0] + ahead))
    cell = BASE.nearest(topic, aspect)
    assert cell is not None
    assert (FIRST.id if told else cell.id) == answer_id(play(asked)[0])


def test_the_less_was_understood_the_closer_a_detail_has_to_be() -> None:
    """The cell asks for less than the topic, and the topic for less than another topic."""
    assert OF_CELL[1] < OF_TOPIC[1] < OF_OTHER[1] < 1
    assert OF_CELL[0] < OF_TOPIC[0]


def test_the_topic_of_the_talk_counts() -> None:
    """A follow-up that names no topic is about the topic of before, also for details."""
    close = said(f"ask_{FIRST.aspect}", asked_for=resembling(FIRST))
    assert FIRST.id == answer_id(play(said("ask_what_is_it", FIRST.topic), close)[1])
    assert FIRST.id != answer_id(play(said("ask_what_is_it", OTHER), close)[1])


def test_without_any_topic_it_has_to_be_as_close_as_for_another() -> None:
    """With no topic at all a detail is told from OF_OTHER on, and below it is asked back."""
    lead, cosine = OF_OTHER
    nears = (cosine, cosine - JUST_BELOW)
    sure, close = (said(f"ask_{FIRST.aspect}", asked_for=resembling(FIRST, near, lead)) for near in nears)
    assert FIRST.id == answer_id(play(sure)[0])
    assert "clarify" == kind(play(close)[0])


def test_the_first_that_fits_is_told() -> None:
    """A neighbour that does not lead makes way for the next one; of two that fit the nearer is told."""
    same = [detail for detail in DETAILS if detail.topic == FIRST.topic]
    assert len(same) > 1
    first, second = ((detail.id, 0.9, 0.5) for detail in same[:2])
    no_lead = (first[0], 0.95, -0.5)
    for row, wanted in (((first, second), same[0]), ((second, first), same[1]), ((no_lead, second), same[1])):
        assert wanted.id == answer_id(play(said(f"ask_{FIRST.aspect}", FIRST.topic, asked_for=row))[0])


@pytest.mark.parametrize("intent", ["describe_symptom", "is_it_this", "nlu_fallback", "ask_why", "ask_self_help"])
def test_a_detail_answers_whatever_was_asked(intent: str) -> None:
    """Statements, doubtful messages and questions on another aspect get the detail as well."""
    assert FIRST.id == answer_id(play(said(intent, FIRST.topic, asked_for=resembling(FIRST, 0.9, 0.5)))[0])


@pytest.mark.parametrize("intent", ["deny", "go_back", "start_check", "other_language"])
def test_an_act_is_no_question(intent: str) -> None:
    """Steering the talk never leads to a detail, however near an example is."""
    told = custom(play(said(intent, FIRST.topic, asked_for=resembling(FIRST, 1.0, 0.5)))[0])
    assert FIRST.id != told.get("answer_id")


def test_asking_for_sources_is_no_question() -> None:
    """ "where is that from" is answered with sources, however near an example of a detail is."""
    asked = said("ask_source", asked_for=resembling(FIRST, 1.0, 0.5))
    turn = play(said("ask_why", OTHER), asked)[1]
    assert OTHER == custom(turn)["topic"]


@pytest.mark.parametrize("name", ["", "x", f"{FIRST.topic}.{FIRST.aspect}", f"{FIRST.id}.x", "nothing.why.general.x"])
def test_a_detail_that_is_gone(name: str) -> None:
    """An id of the trained model that the knowledge base does not know any more is passed over."""
    assert PLAIN is not None
    asked = said(f"ask_{FIRST.aspect}", FIRST.topic, asked_for=((name, 1.0, 0.5), *resembling(FIRST)))
    assert FIRST.id == answer_id(play(asked)[0])


def test_a_button_never_goes_to_a_detail() -> None:
    """A pressed button gives the answer of its cell, for every detail there is."""
    for detail in DETAILS:
        pressed = said(
            f"ask_{detail.aspect}",
            detail.topic,
            population=GENERAL,
            pressed=True,
            asked_for=resembling(detail, 1.0, 1.0),
        )
        assert "" == getattr(BASE.by_id(answer_id(play(pressed)[0])), "detail", None), detail.id


def test_sources_of_a_detail() -> None:
    """After a detail the sources are those of the detail."""
    turn = play(said(f"ask_{FIRST.aspect}", FIRST.topic, asked_for=resembling(FIRST)), said("ask_source"))[1]
    assert FIRST.id == answer_id(turn)
    assert all(source.title in turn.replies[0].text for source in FIRST.sources)
    assert FIRST.reviewed in turn.replies[0].text


def test_going_back_to_a_detail() -> None:
    """A detail can be gone back to."""
    asked = said(f"ask_{FIRST.aspect}", FIRST.topic, asked_for=resembling(FIRST))
    turns = play(asked, said("ask_why", OTHER), said("go_back"))
    assert FIRST.id == answer_id(turns[2])


# -- finer subjects -------------------------------------------------------------------------------------------------

FINE = [
    detail for detail in DETAILS if detail.fine_topic and BASE.find(detail.topic, detail.aspect, detail.population)
]


def cell(answer: Answer) -> tuple[str, str, str]:
    return answer.topic, answer.aspect, answer.population


@pytest.mark.parametrize("detail", FINE, ids=[detail.id for detail in FINE])
def test_a_named_fine_topic_picks_its_detail(detail: Answer) -> None:
    """Naming a finer subject gives the detail of the cell about it."""
    fine = (f"{detail.topic}/{detail.fine_topic}",)
    asked = said(f"ask_{detail.aspect}", detail.topic, population=detail.population, fine=fine)
    told = BASE.by_id(answer_id(play(asked)[0]))
    assert told is not None
    assert (cell(detail), detail.fine_topic) == (cell(told), told.fine_topic)


def test_a_button_names_no_fine_topic() -> None:
    """A pressed button gives the answer of its cell, whatever finer subject is named beside it."""
    detail = FINE[0]
    fine = (f"{detail.topic}/{detail.fine_topic}",)
    pressed = said(f"ask_{detail.aspect}", detail.topic, population=detail.population, pressed=True, fine=fine)
    assert "" == getattr(BASE.by_id(answer_id(play(pressed)[0])), "detail", None)


def test_a_fine_topic_without_a_detail_on_the_aspect() -> None:
    """Where the finer subject has nothing on the aspect, the answer of the cell is told."""
    known = {(cell(detail), detail.fine_topic) for detail in DETAILS}
    rows = [
        (answer, fine.id)
        for answer in BASE.answers()
        for fine in BASE.topics[answer.topic].fine_topics
        if (cell(answer), fine.id) not in known
    ]
    assert len(rows) > 20
    for answer, fine_topic in rows:
        fine = (f"{answer.topic}/{fine_topic}",)
        asked = said(f"ask_{answer.aspect}", answer.topic, population=answer.population, fine=fine)
        assert answer.id == answer_id(play(asked)[0])


def test_a_fine_topic_of_another_topic() -> None:
    """A finer subject counts only inside its own topic, even where two topics have one of the same name."""
    detail = FINE[0]
    asked = said(f"ask_{detail.aspect}", detail.topic, fine=(f"{OTHER}/{detail.fine_topic}", detail.fine_topic, "/"))
    assert "" == getattr(BASE.by_id(answer_id(play(asked)[0])), "detail", None)


# -- myths ----------------------------------------------------------------------------------------------------------

TOPIC, MYTH, WORDING = myths()[0]
MYTH_ID = f"{TOPIC}.myth.{MYTH}"
ABOUT = [("own topic", TOPIC), ("another topic", next(topic for topic in BASE.topics if topic != TOPIC))]


@pytest.mark.parametrize("topic", [row[1] for row in ABOUT], ids=[row[0] for row in ABOUT])
@pytest.mark.parametrize("intent", ["ask_why", "ask_danger_outlook", "describe_symptom", "is_it_this", "nlu_fallback"])
def test_a_plain_question_that_is_a_belief(intent: str, topic: str) -> None:
    """From SAME on, any question gets the verdict, whatever its topic and however small its lead."""
    turn = play(said(intent, topic, asked_for=((MYTH_ID, SAME, -0.5),)))[0]
    assert ("myth", TOPIC, MYTH) == tuple(custom(turn)[key] for key in ("kind", "topic", "myth"))
    assert (TOPIC, MYTH_ID) == (turn.context.topic, turn.context.answer_id)


def test_a_plain_question_that_is_not_quite_a_belief() -> None:
    """Below SAME a plain question keeps its answer."""
    asked = said("ask_why", TOPIC, asked_for=((MYTH_ID, SAME - JUST_BELOW, 1.0),))
    assert f"{TOPIC}.why.general" == answer_id(play(asked)[0])


def test_only_the_nearest_text_makes_a_plain_question_a_belief() -> None:
    """A myth that is only the second nearest is not told instead of a detail."""
    asked = said(f"ask_{FIRST.aspect}", FIRST.topic, asked_for=((FIRST.id, 0.99, 0.5), (MYTH_ID, 0.98, 0.5)))
    assert FIRST.id == answer_id(play(asked)[0])


def test_a_button_never_goes_to_a_myth() -> None:
    """A pressed button gives its answer, however near a belief is."""
    pressed = said("ask_why", TOPIC, population=GENERAL, pressed=True, asked_for=((MYTH_ID, 1.0, 1.0),))
    assert f"{TOPIC}.why.general" == answer_id(play(pressed)[0])


@pytest.mark.parametrize(("cosine", "wanted"), [(1.0, "myth"), (LIKELY, "myth"), (LIKELY - JUST_BELOW, "answer")])
def test_asking_about_a_belief(cosine: float, wanted: str) -> None:
    """When a belief is asked about, LIKELY is enough; below it what is known of the topic is told."""
    assert wanted == kind(play(said("myth_check", TOPIC, asked_for=((MYTH_ID, cosine, -1.0),)))[0])


def test_asking_about_a_belief_finds_it_behind_a_detail() -> None:
    """A detail that is nearer does not hide the myth when a belief is asked about."""
    asked = said("myth_check", asked_for=((FIRST.id, 0.9, 0.5), (MYTH_ID, LIKELY, 0.5)))
    assert MYTH == custom(play(asked)[0])["myth"]


@pytest.mark.parametrize("sentence", ["is it true that {}", "{}, fact or fiction?", "a Rumour: {}", "myth! {}"])
@pytest.mark.parametrize("intent", ["ask_why", "ask_danger_outlook", "is_it_this", "nlu_fallback"])
def test_a_word_of_doubt_asks_about_a_belief(intent: str, sentence: str) -> None:
    """With a word such as "true" or "myth" LIKELY is enough, and so are shared words, whatever the intent."""
    near = said(intent, OTHER, text=sentence.format("that"), asked_for=((MYTH_ID, LIKELY, -1.0),))
    alike = said(intent, TOPIC, text=sentence.format(WORDING))
    assert [MYTH, MYTH] == [custom(play(one)[0]).get("myth") for one in (near, alike)]


def test_a_word_of_doubt_alone_asks_about_no_belief() -> None:
    """Where nothing resembles a belief, "is it true" leaves the question as it was understood."""
    asked = said("ask_why", TOPIC, text="true", asked_for=((MYTH_ID, LIKELY - JUST_BELOW, 1.0),))
    assert f"{TOPIC}.why.general" == answer_id(play(asked)[0])


def test_every_myth_can_be_had() -> None:
    """Each myth is told when a message is the same as one of its wordings."""
    for topic in BASE.topics.values():
        for myth in topic.myths:
            told = custom(play(said("ask_why", topic.id, asked_for=((myth.full_id, 1.0, 0.0),)))[0])
            assert (myth.topic, myth.id, myth.verdict) == (told["topic"], told["myth"], told["verdict"])


# -- what the nearest text stands for -------------------------------------------------------------------------------


def test_not_understood_but_near() -> None:
    """From RETRIEVED on, a message that was not understood is answered as its neighbour, for every filled cell."""
    for answer in BASE.answers():
        if answer.population == GENERAL:
            near = said("nlu_fallback", nearest=(f"ask_{answer.aspect}", answer.topic, RETRIEVED))
            assert answer.id == answer_id(play(near)[0])


FAR = [
    ("not near", (f"ask_{FIRST.aspect}", FIRST.topic, RETRIEVED - JUST_BELOW)),
    ("near to an act", ("greet", FIRST.topic, 1.0)),
    ("near to a follow-up", ("follow_up", FIRST.topic, 1.0)),
    ("no topic", (f"ask_{FIRST.aspect}", "none", 1.0)),
    ("unknown topic", (f"ask_{FIRST.aspect}", "coughing", 1.0)),
    ("asking for sources", ("ask_source", "none", 1.0)),
    ("nothing at all", ("", "", 0.0)),
]


@pytest.mark.parametrize("nearest", [row[1] for row in FAR], ids=[row[0] for row in FAR])
def test_not_understood_and_not_near(nearest: tuple[str, str, float]) -> None:
    """Below RETRIEVED, and where the neighbour is no question about a topic, it is asked back."""
    turn = play(said("nlu_fallback", nearest=nearest))[0]
    assert ("clarify", 1) == (kind(turn), turn.context.misses)


def test_the_neighbour_forgives() -> None:
    """An answer that was found by its neighbour counts as understood."""
    near = said("nlu_fallback", nearest=("ask_why", "tics", 1.0))
    assert [1, 0, 1] == [turn.context.misses for turn in play(said("nlu_fallback"), near, said("nlu_fallback"))]


def test_the_neighbour_goes_before_the_topic_of_the_talk() -> None:
    """The neighbour's topic is meant, not the one that was talked of."""
    near = said("nlu_fallback", nearest=("ask_why", "tics", RETRIEVED))
    assert "tics.why.general" == answer_id(play(near, context=Context(topic="hiccups", aspect="why"))[0])

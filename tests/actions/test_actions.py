"""The actions: what they read from Rasa, what they say and remember, and what happens when they break."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
import yaml
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.answers import ActionAnswer
from actions.base import TRIAGE, Events, SafeAction, outcomes, region, send
from actions.check import ActionStartCheck, ValidateCheckForm
from actions.conversation import ActionForgetTalk
from actions.danger import ActionDanger, ActionEmergency
from actions.memory import context, slots, understood
from actions.summary import ActionSummary
from hypnic.emergency import failure_text
from hypnic.knowledge import knowledge
from hypnic.region import regions
from hypnic.reply import KINDS, Button, Reply, ask, talk
from hypnic.turn import Context, Understood
from hypnic.yamlfile import ROOT

SECRET = "my name is Wilhelmina Featherstone and i jerk"
DANGER = "he is not breathing"
ALL_ACTIONS = (ActionAnswer, ActionStartCheck, ValidateCheckForm, ActionDanger, ActionEmergency, ActionForgetTalk, ActionSummary)
DOMAIN = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
Message = dict[str, Any]


def parse(intent: str = "ask_why", text: str = SECRET, *entities: tuple[str, Any], **more: Any) -> Message:
    """Rasa's parse of a message; entities are (name, value) pairs."""
    found = [{"entity": name, "value": value} for name, value in entities]
    return {"text": text, "intent": {"name": intent, "confidence": 0.9}, "entities": found, **more}


def run(action: SafeAction, message: Message, remembered: dict[str, Any] | None = None) -> tuple[list[Message], Events]:
    """The messages and events of one action."""
    dispatcher = CollectingDispatcher()
    tracker = Tracker("someone", remembered or {}, message, [], False, None, {}, None)
    return dispatcher.messages, action.run(dispatcher, tracker, {})


def kept(events: Events) -> dict[str, Any]:
    """The slots that the events set."""
    return {event["name"]: event["value"] for event in events if event["event"] == "slot"}


# -- what is read ---------------------------------------------------------------------------------------------------


def test_understood_text_and_intent() -> None:
    """Intent and text come as they are."""
    got = understood(parse("greet", "hello"))
    assert ("greet", "hello") == (got.intent, got.text)


@pytest.mark.parametrize("message", [{}, {"intent": None}, {"intent": {}}, {"intent": {"name": None}}, {"entities": None, "text": None}])
def test_an_empty_parse_is_not_understood(message: Message) -> None:
    """A message without anything in it is asked back."""
    assert Understood("nlu_fallback") == understood(message)


def test_topics_come_surest_first() -> None:
    """Topics are sorted by confidence, each once."""
    entities = [
        {"entity": "topic", "value": "tics", "confidence_entity": 0.2},
        {"entity": "topic", "value": "stress", "confidence_entity": 0.9},
        {"entity": "topic", "value": "tics", "confidence_entity": 0.1},
        {"entity": "topic", "value": "hiccups"},
    ]
    assert ("stress", "tics", "hiccups") == understood({**parse(), "entities": entities}).topics


def test_the_first_population_counts() -> None:
    """Of two populations the first is taken."""
    assert "child" == understood(parse("ask_why", "x", ("population", "child"), ("population", "pregnant"))).population


def test_other_entities_do_not_matter() -> None:
    """Body parts and times are no topics."""
    got = understood(parse("ask_why", "x", ("time", "now"), ("body_part", "leg")))
    assert ((), None) == (got.topics, got.population)


def test_rankings() -> None:
    """Guesses and the ranking of intents come along, the fallback does not."""
    ranking = [{"name": "nlu_fallback", "confidence": 0.9}, {"name": "ask_why", "confidence": 0.4}]
    got = understood(parse(intent_ranking=ranking, topic_ranking=[{"name": "tics", "confidence": 0.3}]))
    assert ((("ask_why", 0.4),), (("tics", 0.3),)) == (got.intents, got.guesses)


def test_a_button_of_every_place() -> None:
    """Every topic and population can be read from a button."""
    vocabulary = knowledge().vocabulary
    places = [(topic, population) for topic in vocabulary.topics for population in vocabulary.populations]
    assert len(places) == 34 * 5
    for topic, population in places:
        value = ask("", topic, "why", population).payload.split('"')[3]
        got = understood(parse("ask_why", "", ("at", value)))
        assert ("ask_why", (topic,), population, True) == (got.intent, got.topics, got.population, got.pressed)


def test_a_button_outweighs_what_else_is_found() -> None:
    """Beside a button, other entities do not count."""
    got = understood(parse("ask_why", "", ("topic", "stress"), ("at", "tics"), ("population", "child")))
    assert (("tics",), "general") == (got.topics, got.population)


HOSTILE = [
    "", ".", "x", "tics.x", "x.child", "tics.child.child", "TICS", " tics", "tics\n", "../../etc/passwd", "{emergency_number}", "{0.__class__}",
    "__class__", "' or 1=1 --", "<script>alert(1)</script>", "\x00", "a" * 10_000, None, 0, True, 1.5, [], ["tics"], {}, {"tics": 1},
]  # fmt: skip


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: repr(value)[:20])
def test_a_forged_button_is_not_understood(value: Any) -> None:
    """A button that nobody offered counts as not understood, and what it held goes nowhere."""
    assert Understood("nlu_fallback") == understood(parse("ask_why", SECRET, ("at", value)))


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: repr(value)[:20])
def test_a_forged_button_is_asked_back(value: Any) -> None:
    """The reply to a forged button is a question back."""
    messages, _ = run(ActionAnswer(), parse("ask_why", SECRET, ("at", value)))
    assert ["clarify"] == [message["custom"]["kind"] for message in messages]


# -- what is remembered ---------------------------------------------------------------------------------------------

CONTEXTS = [
    Context(),
    Context("tics", "why", "child", "tics.why.general", "stress.why.general", "tests", 2, (("tics", "why"), ("stress", "why"))),
    Context(wanted="why", options=(("tics", "why"),)),
    Context(misses=9),
]


@pytest.mark.parametrize("after", CONTEXTS, ids=["empty", "full", "waiting", "lost"])
def test_a_context_survives_its_slots(after: Context) -> None:
    """What is written into slots is read back the same."""
    assert after == context(kept(slots(after)))


@pytest.mark.parametrize("after", CONTEXTS, ids=["empty", "full", "waiting", "lost"])
def test_slots_are_plain_data(after: Context) -> None:
    """Slots hold only what JSON can hold, as the tracker store needs it."""
    assert kept(slots(after)) == json.loads(json.dumps(kept(slots(after))))


def test_slots_are_those_of_the_domain() -> None:
    """Only slots that domain.yml knows are set."""
    assert set(kept(slots(Context()))) <= set(DOMAIN["slots"])


@pytest.mark.parametrize("values", [{}, {"talk_state": None}, {"talk_state": {}}, {"topic": None, "population": None}, {"other": 1}])
def test_empty_slots_are_an_empty_context(values: dict[str, Any]) -> None:
    """A fresh conversation remembers nothing."""
    assert Context() == context(values)


# -- what is said ---------------------------------------------------------------------------------------------------


def test_answer() -> None:
    """A question gets its answer, and the slots are set."""
    messages, events = run(ActionAnswer(), parse("ask_why", SECRET, ("topic", "sleep_start")))
    assert ["sleep_start.why.general"] == [message["custom"]["answer_id"] for message in messages]
    assert ("sleep_start", "why", "general", "sleep_start.why.general") == tuple(
        kept(events)[name] for name in ("topic", "aspect", "population", "answer_id")
    )


def test_answer_from_memory() -> None:
    """The topic of the last turn is used by the next."""
    _, events = run(ActionAnswer(), parse("ask_why", "x", ("topic", "sleep_start")))
    messages, _ = run(ActionAnswer(), parse("ask_danger_outlook", "x"), kept(events))
    assert "sleep_start.danger_outlook.general" == messages[0]["custom"]["answer_id"]


def test_buttons_of_an_answer() -> None:
    """Buttons carry a title and a payload."""
    messages, _ = run(ActionAnswer(), parse("ask_why", "x", ("topic", "sleep_start")))
    assert messages[0]["buttons"]
    assert {frozenset(["title", "payload"])} == {frozenset(button) for button in messages[0]["buttons"]}


def test_the_action_names_are_those_of_the_domain() -> None:
    """Every action of the domain is one of the actions here."""
    ours = {action().name() for action in ALL_ACTIONS}
    assert ours == set(DOMAIN["actions"])


def test_numbers_are_filled_in() -> None:
    """The region's numbers stand where the text has its placeholders."""
    dispatcher = CollectingDispatcher()
    send(dispatcher, Reply("{emergency_number}, {urgent_line}, {crisis_line}", {"kind": "chat"}))
    numbers = region()
    assert f"{numbers.emergency_number}, {numbers.urgent_line}, {numbers.crisis_line}" == dispatcher.messages[0]["text"]


def test_numbers_in_an_answer() -> None:
    """No placeholder of any answer reaches a person."""
    with_number = [answer for answer in knowledge().answers() if "{" in answer.text]
    assert with_number
    for answer in with_number:
        entities = ("topic", answer.topic), ("population", answer.population)
        text = run(ActionAnswer(), parse(f"ask_{answer.aspect}", "x", *entities))[0][0]["text"]
        assert "{" not in text
        assert region().emergency_number in text or region().urgent_line in text


def test_send_copies_the_custom() -> None:
    """What the dispatcher holds is not the reply's own mapping."""
    dispatcher = CollectingDispatcher()
    reply = Reply("a", {"kind": "chat"}, (Button("b", "/c"),))
    send(dispatcher, reply)
    dispatcher.messages[0]["custom"]["kind"] = "other"
    assert {"kind": "chat"} == reply.custom


# -- danger ---------------------------------------------------------------------------------------------------------


def test_danger() -> None:
    """An emergency gets its words with the number, and its flag is remembered."""
    messages, events = run(ActionDanger(), parse("danger", DANGER))
    told = messages[0]["custom"]
    assert ("danger", "emergency", ["breathing_stopped_or_blue"]) == (told["kind"], told["level"], told["flags"])
    assert region().emergency_number in messages[0]["text"]
    slots_set = kept(events)
    assert ["breathing_stopped_or_blue"] == slots_set["danger_flags"] == slots_set["emergency"]
    assert ("emergency", "now", "breathing_emergency") == tuple(slots_set[f"triage_{name}"] for name in ("level", "timeframe", "pattern"))


def test_danger_adds_to_what_is_known() -> None:
    """Flags of earlier messages stay, each once, in the order they came."""
    known = {"danger_flags": ["chest_pain", "breathing_stopped_or_blue"]}
    assert ["chest_pain", "breathing_stopped_or_blue"] == kept(run(ActionDanger(), parse("danger", DANGER), known)[1])["danger_flags"]


@pytest.mark.parametrize("text", ["", "hello", None])
def test_danger_that_no_rule_knows(text: str | None) -> None:
    """When not even the sign is known, the emergency number is told, too, and nothing is remembered."""
    messages, events = run(ActionDanger(), {**parse("danger"), "text": text})
    assert ("danger", []) == (messages[0]["custom"]["kind"], messages[0]["custom"]["flags"])
    assert region().emergency_number in messages[0]["text"]
    assert "{" not in messages[0]["text"]
    assert [] == events


def test_a_suspected_danger_is_said_with_its_sign_and_a_doubt() -> None:
    """The model's sign counts like one that a rule finds, and the person hears that it may be a mistake."""
    message = {**parse("danger"), "text": "hello", "suspected": {"flag": "chest_pain", "probability": 0.8}}
    messages, events = run(ActionDanger(), message)
    assert ("danger", "emergency", ["chest_pain"]) == tuple(messages[0]["custom"][key] for key in ("kind", "level", "flags"))
    assert messages[0]["text"].endswith(talk().say("suspected_danger"))
    assert ["chest_pain"] == kept(events)["danger_flags"]


def test_a_mistaken_danger_is_forgotten() -> None:
    """A danger that was read wrong does not count in the check; one that is over does."""
    known = {"danger_flags": ["chest_pain", "withdrawal_mild"], "emergency": ["chest_pain"]}
    _, events = run(ActionEmergency(), parse("emergency", "", ("at", "mistaken")), known)
    assert ["withdrawal_mild"] == kept(events)["danger_flags"]
    _, events = run(ActionEmergency(), parse("emergency", "", ("at", "over")), known)
    assert ["chest_pain", "withdrawal_mild"] == kept(events)["danger_flags"]


def test_the_page_for_the_doctor() -> None:
    """What was told becomes a page; with nothing told a sentence says what is missing."""
    messages, _ = run(ActionSummary(), parse("summary"))
    assert "chat" == messages[0]["custom"]["kind"]


def test_forget() -> None:
    """Starting again empties the slots and says nothing itself."""
    messages, events = run(ActionForgetTalk(), parse())
    assert ([], ["reset_slots"]) == (messages, [event["event"] for event in events])


# -- when something breaks ------------------------------------------------------------------------------------------


class Broken(SafeAction):
    """Fails with what the person wrote in its error."""

    def name(self) -> str:
        return "action_broken"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        try:
            raise KeyError(tracker.latest_message["text"])
        except KeyError as error:
            raise ValueError(tracker.latest_message["text"]) from error


def test_a_failure_is_one_message() -> None:
    """An action that breaks apologises once, with the emergency number."""
    messages, _ = run(Broken(), parse())
    assert [("failure", failure_text(outcomes(), region()))] == [(m["custom"]["kind"], m["text"]) for m in messages]
    assert region().emergency_number in messages[0]["text"]


def test_a_failure_changes_nothing() -> None:
    """An action that breaks leaves the conversation as it was."""
    assert [] == run(Broken(), parse())[1]


def test_a_failure_does_not_log_what_was_written(caplog: pytest.LogCaptureFixture) -> None:
    """The log has the action, the kind of error and the line, and no word of the person."""
    with caplog.at_level(logging.DEBUG):
        run(Broken(), parse())
    assert 1 == len(caplog.records)
    assert all(piece in caplog.text for piece in ("action_broken", "ValueError", "test_actions.py:"))
    assert not any(word in caplog.text for word in SECRET.split()[3:5])
    assert caplog.records[0].exc_info is None


FORGED = [
    # what is broken, slots, message
    ("unknown topic", {}, parse("ask_why", SECRET, ("topic", "nothing"))),
    ("unknown population", {}, parse("ask_why", SECRET, ("topic", "tics"), ("population", "nobody"))),
    ("topic of yesterday", {"topic": "gone"}, parse("ask_why")),
    ("memory of another kind", {"talk_state": "text"}, parse("ask_why")),
    ("options of another kind", {"talk_state": {"options": [1]}}, parse("affirm")),
    ("option of yesterday", {"talk_state": {"options": [["gone", "why"]]}}, parse("affirm")),
    ("entity without value", {}, {**parse(), "entities": [{"entity": "topic"}]}),
    ("button without value", {}, {**parse(), "entities": [{"entity": "at"}]}),
]


@pytest.mark.parametrize(("name", "remembered", "message"), FORGED, ids=[row[0] for row in FORGED])
def test_broken_input_is_never_silence(
    name: str, remembered: dict[str, Any], message: Message, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever is wrong with slots or entities: one message of a known kind, and nothing of the person in the log."""
    with caplog.at_level(logging.DEBUG):
        messages, _ = run(ActionAnswer(), message, remembered)
    assert [True] == [m["custom"]["kind"] in KINDS and bool(m["text"]) for m in messages]
    assert "Featherstone" not in caplog.text


def test_no_action_logs_what_was_written(caplog: pytest.LogCaptureFixture) -> None:
    """A turn that goes well logs nothing of the person either."""
    with caplog.at_level(logging.DEBUG):
        for action in ALL_ACTIONS:
            run(action(), parse("ask_why", SECRET, ("topic", "sleep_start")))
    assert "Featherstone" not in caplog.text


# -- the country ----------------------------------------------------------------------------------------------------

SHAKING = {"emergency": ["seizure_now"]}


def titles(message: Message) -> list[str]:
    return [button["title"] for button in message["buttons"]]


def test_the_country_is_asked_once_in_an_emergency() -> None:
    """The second message of an emergency asks; the third does not."""
    first, events = run(ActionEmergency(), parse(text="what now"), SHAKING)
    assert regions(TRIAGE).ask in first[0]["text"] and kept(events)["region"] == "asked"
    second, _ = run(ActionEmergency(), parse(text="and now"), {**SHAKING, **kept(events)})
    assert regions(TRIAGE).ask not in second[0]["text"] and regions(TRIAGE).button in titles(second[0])


@pytest.mark.parametrize(
    ("message", "code", "number"),
    [
        (parse("emergency", "/emergency", ("at", "region.us")), "us", "911"),
        (parse(text="I'm in Scotland"), "uk", "999"),
        (parse(text="we live in New Zealand please"), "nz", "111"),
        (parse(text="northern ireland"), "uk", "999"),
    ],
)
def test_the_country_brings_its_numbers(message: Message, code: str, number: str) -> None:
    """Chosen or typed; from then on every text has them, and nobody is asked again."""
    messages, events = run(ActionEmergency(), message, SHAKING)
    assert number in messages[0]["text"] and kept(events)["region"] == code
    assert regions(TRIAGE).button not in titles(messages[0])
    later, _ = run(ActionEmergency(), parse(text="what now"), {**SHAKING, "region": code})
    assert number in later[0]["text"] and regions(TRIAGE).button not in titles(later[0])


@pytest.mark.parametrize("text", ["help us", "is it in france or spain", "what now"])
def test_what_names_no_country(text: str) -> None:
    """Not "us", and not two at once in different regions."""
    _, events = run(ActionEmergency(), parse(text=text.replace("spain", "canada")), SHAKING)
    assert kept(events).get("region") == "asked"


def test_a_country_in_the_first_message_counts_at_once() -> None:
    """The first words have the right number already."""
    messages, events = run(ActionDanger(), parse("danger", "i am in canada, my husband is having a seizure right now"))
    assert "911" in messages[0]["text"].splitlines()[0] and kept(events)["region"] == "ca"


def test_the_operators_region_counts_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a site serves one country, nobody is asked."""
    monkeypatch.setenv("HYPNIC_REGION", "uk")
    messages, events = run(ActionEmergency(), parse(text="what now"), {**SHAKING, "region": "us"})
    assert "999" in messages[0]["text"] and "region" not in kept(events) and regions(TRIAGE).button not in titles(messages[0])


def test_every_country_can_be_pressed() -> None:
    """The choice has a button for each region, and each is known."""
    messages, _ = run(ActionEmergency(), parse("emergency", "/emergency", ("at", "region")), SHAKING)
    choices = regions(TRIAGE).choices()
    assert titles(messages[0]) == [region.name for region in choices] and len(choices) == 10


def test_thoughts_of_dying_end_the_check() -> None:
    """Nobody in such need is asked about twitches."""
    under_way = {"check": {"asked": "when"}}
    messages, events = run(ActionDanger(), parse("danger", "i keep thinking about ending my life"), under_way)
    assert [m["custom"]["kind"] for m in messages] == ["danger"] and kept(events)["check"] is None


# -- the answer to the question of an urgent text -------------------------------------------------------------------


def after(flags: list[str], intent: str, text: str) -> tuple[list[Message], Events]:
    """What follows when the last message was the words for these urgent signs."""
    dispatcher = CollectingDispatcher()
    said = {"event": "bot", "data": {"custom": {"kind": "danger", "level": "urgent", "flags": flags}}}
    tracker = Tracker("someone", {"danger_flags": flags}, parse(intent, text), [said], False, None, {}, None)
    return dispatcher.messages, ActionDanger().run(dispatcher, tracker, {})


@pytest.mark.parametrize(
    ("flag", "intent", "raised"),
    [
        ("suicidal_thoughts", "affirm", "suicide_plan"),
        ("suicidal_thoughts", "dont_know", "suicide_plan"),
        ("baby_fever", "deny", "baby_emergency"),
        ("dvt_signs", "deny", "dvt_with_breathless"),
        ("pregnancy_bp_high", "affirm", "preeclampsia_signs"),
    ],
)
def test_a_bare_answer_can_make_it_graver(flag: str, intent: str, raised: str) -> None:
    """"Yes" to "are you thinking of ending your life now?" is an emergency."""
    messages, events = after([flag], intent, "yes")
    assert messages[0]["custom"] == {"kind": "danger", "level": "emergency", "flags": [raised]}
    assert raised in kept(events)["danger_flags"] and kept(events)["emergency"] == [raised]


def test_a_bare_answer_that_changes_nothing_is_noted() -> None:
    """With the line to call."""
    messages, events = after(["suicidal_thoughts"], "deny", "no")
    assert messages[0]["custom"] == {"kind": "chat"} and region().crisis_line in messages[0]["text"] and not events
    messages, _ = after(["first_seizure_past"], "affirm", "yes")
    assert messages[0]["custom"] == {"kind": "chat"} and region().emergency_number in messages[0]["text"]

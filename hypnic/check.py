"""The check: a talk of at most eight questions that ends with how soon help is needed.

Every sentence is in data/triage/questions.yml and patterns.yml; here is only which of them is said when.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from hypnic.emergency import CRISIS
from hypnic.interview import Answer, Interview, Known, Question, State
from hypnic.knowledge import Source
from hypnic.questions import questions
from hypnic.reply import Button, Reply, choice, fill
from hypnic.result import Results
from hypnic.screening import ANSWER, OFFER, Screening
from hypnic.triage import KINDS, UNCLEAR, Verdict
from hypnic.turn import Understood, plain, words

CONSENT = "consent"
FALLBACK, DESCRIBE = "nlu_fallback", "describe_symptom"
UNKNOWN, WHY = "dont_know", "why"
TRIES = 2  # after so many replies that were not understood a question is left open
CAUSES = frozenset({"meds_possible", "medicine_suspected"})  # may explain movements, but are none
SMALL_TALK = frozenset("greet thanks capabilities are_you_a_bot human privacy export summary unsupported_media".split())


@dataclass(frozen=True)
class CheckTurn:
    """The outcome of one message in the check.

    state: None when the check is over. verdict: when there is a result. aside: the message is none for the check: "question"
    wants the knowledge base, "talk" the fixed response of its intent; replies then follow after that answer. last: the state
    with which a result was reached, or with more answers to short questionnaires. danger: a flag that was told in those.
    """

    replies: tuple[Reply, ...]
    state: State | None
    verdict: Verdict | None = None
    aside: str = ""
    last: State | None = None
    danger: str = ""


class Check:
    """Plays the check.

    Args:
        interview: the questions.
        results: the words of the result.
        screening: the short questionnaires that may follow it.
    """

    def __init__(self, interview: Interview, results: Results, screening: Screening) -> None:
        self.interview, self.results, self.screening, self.say = interview, results, screening, interview.say
        self.meaning, self.correction = (frozenset(self.say[key].split()) for key in ("meaning_words", "correction_words"))

    @classmethod
    def load(cls, folder: Path, sources: Mapping[str, Source]) -> Check:
        """Over the data in a folder such as data/triage and the sources of the knowledge base. Raises DataError."""
        interview = Interview(folder)
        results = Results(folder, interview.rules, sources)
        return cls(interview, results, Screening(folder, interview.rules.flags, sources))

    def begin(self, yes: Collection[str], no: Collection[str], about: str = "") -> CheckTurn:
        """Asks for consent.

        Args:
            yes, no: names told before the check began.
            about: the pattern the person asked about, if any.
        """
        state = replace(State(about=about).told(yes, no), asked=CONSENT)
        return CheckTurn((self._consent(),), state)

    def switched_off(self) -> Reply:
        """What everybody gets when the operator has switched individual advice off."""
        signs = "; ".join(self.results.signs)
        return Reply(fill(self.say["switched_off"], {"signs": f"{signs}."}), {"kind": "chat"})

    def respond(
        self, said: Understood, state: State, yes: Collection[str], no: Collection[str], pressed: str = ""
    ) -> CheckTurn:
        """The replies to one message.

        Args:
            said: what the NLU made of it.
            state: of the check.
            yes, no: names that the message tells or denies.
            pressed: value of the button, when one was pressed: question.option.
        """
        if said.intent == "stop":
            return self._stopped()
        if said.intent == "start_again":
            return self._again((Reply(self.say["restarted"], {"kind": "chat"}),), replace(State(about=state.about), asked=""))
        if self.screening.waits(state.asked):
            return self._screened(said, state, pressed)
        if state.asked == CONSENT:
            return self._consented(said, state, yes, no, pressed)
        question = self.interview.questions[state.asked]
        if pressed:
            return self._pressed(question, state, pressed)
        option = None if said.pressed else question.chosen(said.text, self.interview.denial)
        # Whom it is about answers no question; the age does.
        concerned = {n for n in (*yes, *no) if n in question.concerns and not n.startswith("who.")}
        if option and question.contradicts(option, concerned):
            option = None  # what the sentence tells counts more than a word in it
        correcting = said.intent == "change_answer" or (bool(self.correction & words(said.text)) and not option)
        if not correcting:
            yes, no = self._beside(question, state, yes, no)
        if said.intent == "go_back":
            return self._back(state)
        if correcting and not said.pressed:
            return self._changed(state, yes, no)
        asks = bool(questions(said.text)) or said.pressed
        if not asks and (option or concerned):
            answer = Answer(question.id, option.yes if option else (), option.no if option else ())
            return self._took(state.told(yes, no), answer)
        if said.intent == "why_do_you_ask" or (asks and {"why"} <= words(said.text) and {"ask", "asking"} & words(said.text)):
            return self._explain(question.why, state)
        if asks and self.meaning & words(said.text) and not said.topics:
            return self._explain(question.help, state)
        if said.intent == "dont_know":
            return self._unknown(question, state)
        if said.intent in ("affirm", "deny") and len(words(said.text)) <= 5:
            wanted = "yes" if said.intent == "affirm" else "no"
            chosen = question.option(wanted) or (question.option("none") if wanted == "no" else None)
            if chosen and not (wanted == "no" and self.interview.denial.hedges(said.text)):
                return self._took(state, Answer(question.id, chosen.yes, chosen.no))
        if said.intent in SMALL_TALK:
            return self._again((), state, aside="talk")
        if asks and (said.aspect or said.intent in ("compare", "myth_check", "is_it_this", "follow_up", "ask_source")):
            return self._again((Reply(self.say["back_to"], {"kind": "chat"}),), state.told(yes, no), aside="question")
        if yes:
            return self._went_on(state.told(yes, no))
        if state.tries + 1 >= TRIES:
            return self._unknown(question, replace(state, tries=TRIES))
        note = Reply(self.say["not_understood"], {"kind": "chat"})
        return self._again((note,), replace(state, tries=state.tries + 1))

    def _beside(
        self, question: Question, state: State, yes: Collection[str], no: Collection[str]
    ) -> tuple[frozenset[str], frozenset[str]]:
        """What an answer tells, without what takes back more than was asked: "I" is not always whom it is about, and who does
        not take one medicine may take another."""
        known = self.known(state).yes - question.concerns
        other = any(name.startswith("who.") and name != "who.self" for name in known)
        return frozenset(yes) - ({"who.self"} if other else set()), frozenset(no) - known

    def resume(self, state: State, flags: Collection[str]) -> CheckTurn:
        """Goes on after a danger sign was mentioned in between: the flags count from now on."""
        if self.screening.waits(state.asked):
            return CheckTurn((), None)
        return self._again((), replace(state.told(flags, ()), asked=""))

    def heard(self, state: State) -> str:
        """What was understood so far, in words; empty when nothing was."""
        known = self.interview.known(state)
        return "; ".join(self.results.words(known.yes - {"pregnant.no", "who.self"}))

    def described(self, said: Understood, yes: Collection[str], told: Collection[str]) -> Understood:
        """A message with what it tells taken into account: a picture that the rules know leads to its topic.

        One that fits no intent is taken for a description. One that tells something and then asks ("... is that bad?") without
        naming its topic is about what it tells.

        Args:
            said: what the NLU made of it.
            yes: names that it tells.
            told: those that it tells outside its questions.
        """
        if said.pressed or said.questions:
            return said
        if said.intent == FALLBACK:
            topic = "" if questions(said.text) else self._pictured(yes, ("what",))
            said = replace(said, intent=DESCRIBE) if topic else said
        else:
            topic = self._pictured(told, ("what", "when")) if said.aspect or said.intent == DESCRIBE else ""
        if not topic or (said.topics and said.topics[0] in said.named):
            return said
        return replace(said, topics=(topic, *(other for other in said.topics if other != topic)), asked_for=())

    def _pictured(self, names: Collection[str], kinds: Collection[str]) -> str:
        """The topic of the picture that names make; "" when a kind of fact is missing or the picture is unclear."""
        if not all(any(name.startswith(f"{kind}.") for name in names) for kind in kinds):
            return ""
        verdict = self.interview.rules.decide(set(names) - CAUSES)
        return str(self.results.data["patterns"][verdict.pattern]["topic"] or "") if UNCLEAR not in verdict.flags else ""

    def interview_about(self, text: str, topic: str | None, asks_which: bool) -> str:
        """The pattern whose own questions a message asks for; "" when it asks for none.

        Args:
            text: what was typed.
            topic: of the knowledge base, that it is about.
            asks_which: whether it asks if something is this topic.
        """
        said = f" {plain(text)} "
        leads = any(f" {lead} " in said for lead in self.say["is_it_words"].split(", "))
        abouts = sorted({question.about for question in self.interview.questions.values() if question.about})
        for about in abouts:
            named = self.say.get(f"about_{about}_words", "")
            if leads and named and any(f" {words} " in said for words in named.split(", ")):
                return about
        fitting = (about for about in abouts if self.results.data["patterns"][about]["topic"] == topic)
        return next(fitting, "") if asks_which and topic else ""

    def introduction(self, about: str) -> Reply:
        """What the picture is that its own questions are about."""
        return Reply(str(self.results.data["patterns"][about]["say"]), {"kind": "chat"})

    def why_not(self, said: Understood, state: State) -> Reply | None:
        """The reply to "why not epilepsy?" from the person's own answers; None when a message asks something else.

        Args:
            said: what the NLU made of it.
            state: of the check, or of the last one.
        """
        asked = f" {' '.join(re.findall('[a-z]+', said.text.lower()))} "
        if not said.topics or not any(f" {lead} " in asked for lead in self.say["why_not_words"].split(", ")):
            return None
        text = self.results.why_not(said.topics[0], self.known(state), self.say)
        return Reply(text, {"kind": "chat"}) if text else None

    def known(self, state: State) -> Known:
        """Everything that holds."""
        return self.interview.known(state)

    # -- the steps ----------------------------------------------------------------------------------------------

    def _consent(self) -> Reply:
        consent = self.interview.consent
        buttons = (_button(consent["agree"], CONSENT, "yes"), _button(consent["refuse"], CONSENT, "no"))
        return Reply(consent["ask"], {"kind": "question", "id": CONSENT, "step": 0, "of": self.interview.limit}, buttons)

    def _consented(self, said: Understood, state: State, yes: Collection[str], no: Collection[str], pressed: str) -> CheckTurn:
        refuses = pressed == f"{CONSENT}.no" or (not pressed and said.intent == "deny")
        agrees = pressed == f"{CONSENT}.yes" or (not pressed and said.intent == "affirm")
        if refuses:
            return CheckTurn((Reply(self.interview.consent["refused"], {"kind": "chat"}),), None)
        if agrees or (yes and not questions(said.text)):  # who goes on telling wants to be helped
            state = replace(state.told(yes, no), asked="")
            heard = self.heard(state)
            lead = (Reply(fill(self.say["heard"], {"facts": heard}), {"kind": "chat"}),) if heard else ()
            return self._again(lead, state)
        if said.intent in SMALL_TALK or said.intent == "why_do_you_ask":
            return CheckTurn((self._consent(),), state, aside="talk")
        if said.aspect or said.topics:
            if state.about:  # it was only offered; who asks something else does not want it now
                return CheckTurn((), None, aside="question")
            return CheckTurn((self._consent(),), state, aside="question")
        return CheckTurn((self._consent(),), state)

    def _pressed(self, question: Question, state: State, pressed: str) -> CheckTurn:
        asked, _, wanted = pressed.partition(".")
        if asked not in self.interview.questions:
            return self._again((), state)
        if wanted == WHY:
            return self._explain(self.interview.questions[asked].why, state)
        if asked != question.id:  # an older button: the answer to that question is changed
            old = self.interview.questions[asked].option(wanted)
            if old is None:
                return self._again((), state)
            kept = tuple(answer for answer in state.answers if answer.question != asked)
            answers = (*kept, Answer(asked, old.yes, old.no))
            state = replace(state, answers=_in_order(answers, list(self.interview.questions)), tries=0)
            return self._again((self._changed_note(state),), replace(state, asked=""))
        if wanted == UNKNOWN:
            return self._unknown(question, state)
        option = question.option(wanted)
        if option is None:
            return self._again((), state)
        return self._took(state, Answer(question.id, option.yes, option.no))

    def _took(self, state: State, answer: Answer) -> CheckTurn:
        state = replace(state, answers=(*state.answers, answer), asked="", tries=0)
        return self._again((), state)

    def _went_on(self, state: State) -> CheckTurn:
        """The person told something else than what was asked."""
        question = self.interview.next(state)
        lead = (Reply(fill(self.say["heard"], {"facts": self.heard(state)}), {"kind": "chat"}),)
        if question is not None and question.id == state.asked and state.tries + 1 >= TRIES:
            return self._unknown(question, replace(state, tries=TRIES))
        asked = state.asked if question is not None and question.id == state.asked else ""
        return self._again(lead, replace(state, asked=asked, tries=state.tries + 1 if asked else 0))

    def _unknown(self, question: Question, state: State) -> CheckTurn:
        if question.retry and state.tries == 0:
            note = Reply(self._spoken(question.retry, state), {"kind": "chat"})
            return self._again((note,), replace(state, tries=1))
        answers = (*state.answers, Answer(question.id, unknown=True))
        note = Reply(self.say["noted_unknown"], {"kind": "chat"})
        return self._again((note,), replace(state, answers=answers, asked="", tries=0))

    def _explain(self, text: str, state: State) -> CheckTurn:
        return self._again((Reply(self._spoken(text, state), {"kind": "chat"}),), state)

    def _back(self, state: State) -> CheckTurn:
        if not state.answers:
            return self._again((Reply(self.say["first_already"], {"kind": "chat"}),), state)
        last = state.answers[-1].question
        state = replace(state, answers=state.answers[:-1], asked=last, tries=0)
        return self._again((Reply(self.say["back"], {"kind": "chat"}),), state)

    def _changed(self, state: State, yes: Collection[str], no: Collection[str]) -> CheckTurn:
        """Takes back what the new words contradict; questions that depended on it fall away with it."""
        if not yes and not no:
            return self._again((Reply(self.say["change_what"], {"kind": "chat"}),), state)
        kinds = {name.partition(".")[0] for name in yes if name.partition(".")[0] in KINDS and "." in name}
        told = frozenset(yes) | frozenset(no)
        answers = []
        for answer in state.answers:
            gone = [n for n in (*answer.yes, *answer.no) if n in told or n.partition(".")[0] in kinds]
            if not gone:
                answers.append(answer)
        before = tuple(name for name in state.yes if name.partition(".")[0] not in kinds or "." not in name)
        state = replace(state, yes=before, answers=tuple(answers), asked="", tries=0).told(yes, no)
        return self._again((self._changed_note(state),), state)

    def _changed_note(self, state: State) -> Reply:
        return Reply(fill(self.say["changed"], {"facts": self.heard(state)}), {"kind": "chat"})

    def _screened(self, said: Understood, state: State, pressed: str) -> CheckTurn:
        """A message while a short questionnaire is asked."""
        due = self.screening.due(self.known(state).yes)
        if said.intent in SMALL_TALK and not pressed:
            return CheckTurn((self.screening.question(state.asked, due),), state, aside="talk")
        turn = self.screening.respond(said, state.asked, dict(state.scores), due, pressed, bool(state.tries))
        after = replace(state, asked=turn.asked, tries=int(turn.missed), scores=tuple(turn.scores.items()))
        last = replace(after, asked="", tries=0)
        return CheckTurn(turn.replies, after if turn.asked else None, None, turn.aside, last, turn.danger)

    def _stopped(self) -> CheckTurn:
        text = fill(self.say["stopped"], {"signs": "; ".join(self.results.signs) + "."})
        return CheckTurn((Reply(text, {"kind": "chat"}),), None)

    def _again(self, before: tuple[Reply, ...], state: State, aside: str = "") -> CheckTurn:
        """The replies so far and then the question that waits, the next one, or the result."""
        question = self.interview.questions.get(state.asked) or self.interview.next(state)
        if question is None:
            verdict = self.interview.verdict(state)
            result = self.results.reply(verdict, self.interview.known(state), self.say)
            state = replace(state, asked="", tries=0, scores=())
            due = () if verdict.level == "emergency" else self.screening.due(self.known(state).yes)
            if not due or CRISIS & set(verdict.flags):
                return CheckTurn((*before, result), None, verdict, aside, state)
            waiting = replace(state, asked=OFFER)
            return CheckTurn((*before, result, self.screening.offer(due)), waiting, verdict, aside, state)
        state = replace(state, asked=question.id)
        return CheckTurn((*before, self._asked(question, state)), state, None, aside)

    def _asked(self, question: Question, state: State) -> Reply:
        step = len(state.answers) + 1
        of = min(self.interview.limit, len(state.answers) + max(1, self.interview.left(state)))
        text = self._spoken(question.ask, state)
        buttons = tuple(_button(option.label, question.id, option.id) for option in question.options)
        extra = (_button(self.say["dont_know"], question.id, UNKNOWN), _button(self.say["why"], question.id, WHY))
        custom = {"kind": "question", "id": question.id, "step": min(step, self.interview.limit), "of": max(step, of)}
        return Reply(text, custom, (*buttons, *extra))

    def _spoken(self, text: str, state: State) -> str:
        spoken = fill(text, self.interview.people[self.interview.known(state).who])
        return spoken[:1].upper() + spoken[1:]


def _button(title: str, question: str, option: str) -> Button:
    return choice(title, ANSWER, f"{question}.{option}")


def _in_order(answers: tuple[Answer, ...], ids: list[str]) -> tuple[Answer, ...]:
    return tuple(sorted(answers, key=lambda answer: ids.index(answer.question)))

"""What to reply: from what was understood and what was said before to replies and a new context.

Pure decisions over the knowledge base. The intents are named in domain.yml; here they are plain strings.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from hypnic.asking import PLAIN, Asking
from hypnic.beliefs import closest_myth
from hypnic.contrasts import Comparison
from hypnic.knowledge import GENERAL, Answer, Knowledge, Myth
from hypnic.questions import questions
from hypnic.reply import (
    Button,
    Reply,
    Talk,
    answer_custom,
    ask,
    check_button,
    compare_custom,
    listed,
    myth_custom,
    next_buttons,
)
from hypnic.turn import Context, Turn, Understood, words

WATCHER = "bed_partner"  # the general answer serves whoever watches as well
# Chosen on development data (docs/nlu.md): the least (lead, cosine) from which a detail is told, by whether its cell, only its
# topic, or neither was understood. A myth is told from LIKELY on when a belief is asked about, else from SAME on. From
# RETRIEVED on, a message that was not understood gets the answer of its neighbour.
OF_CELL, OF_TOPIC, OF_OTHER = (-0.03, 0.55), (0.05, 0.65), (0.0, 0.85)
LIKELY, SAME, RETRIEVED = 0.7, 0.93, 0.8


class Dialogue:
    """Decides the reply to one message.

    Args:
        base: the knowledge base.
        talk: the fixed sentences.
    """

    def __init__(self, base: Knowledge, talk: Talk) -> None:
        self.base, self.talk, self.asking = base, talk, Asking(base, talk)
        self.acts: dict[str, Callable[[Understood, Context], Turn]] = {
            "follow_up": self._follow_up,
            "describe_symptom": self._describe,
            "is_it_this": self._is_it_this,
            "compare": self._compare,
            "myth_check": self._myth,
            "start_check": self._check,
            "ask_source": self._sources,
            "go_back": self._back,
            "affirm": self._affirm,
            "deny": self._deny,
            "other_language": self._other_language,
            "nlu_fallback": self._not_understood,
        }

    def respond(self, said: Understood, context: Context) -> Turn:
        """The replies to one message and the context after it. Unknown intents are treated as not understood.

        Several questions are answered in order, each from where the one before left off.
        """
        if not said.questions:
            return self._respond(said, context)
        replies: list[Reply] = []
        for part in said.questions:
            turn = self._respond(part, context)
            context = turn.context
            replies += [reply for reply in turn.replies if reply.text not in [known.text for known in replies]]
        # Next steps make sense only after the last answer; choices that a question back needs stay.
        cut = [r if r.custom["kind"] == "clarify" else replace(r, buttons=()) for r in replies[:-1]]
        return Turn((*cut, replies[-1]), context)

    def _respond(self, said: Understood, context: Context) -> Turn:
        asks = said.aspect in self.base.vocabulary.aspects
        word = self.asking.ambiguity(said, context)
        if word and (asks or said.intent in ("describe_symptom", "nlu_fallback", "follow_up")):
            return self.asking.which_sense(word, said, context, self._population(said, context))
        if asks or said.intent in ("describe_symptom", "is_it_this", "nlu_fallback"):
            myth = self._same_myth(said, context)
            if myth:
                return self._debunked(myth, context)
            detail = self._asked_detail(said, context)
            if detail:
                return self._told(context, detail)
        if said.aspect in ("what_is_it", "feels_like") and self._tells(said):
            return self._describe(said, context)
        if said.intent in self.acts:
            return self.acts[said.intent](said, context)
        if self._compares(said, context):
            return self._compare(said, context)
        if asks:
            return self._aspect(said, context, said.aspect or "what_is_it")
        return self._not_understood(said, context)

    def _tells(self, said: Understood) -> bool:
        """Whether a message tells of somebody without asking anything."""
        told = words(said.text)
        people = self.talk.words("people_words") & told
        return bool(people) and len(told) > 4 and not said.pressed and not questions(said.text)

    def _compares(self, said: Understood, context: Context) -> bool:
        """Whether a question about one aspect sets two topics against each other."""
        named = {*said.topics, *((context.topic,) if context.topic else ())}
        return not said.pressed and len(named) > 1 and bool(self.talk.words("compare_words") & words(said.text))

    # -- questions ----------------------------------------------------------------------------------------------

    def _aspect(self, said: Understood, context: Context, aspect: str, lead: str = "") -> Turn:
        topic = _topic(said, context)
        population = self._population(said, context)
        if topic is None:
            return self.asking.which_topic(said, context, aspect, population)
        return self._answer(context, topic, aspect, population, lead, said=said)

    def _asked_detail(self, said: Understood, context: Context) -> Answer | None:
        """The detail whose example questions the message resembles most."""
        topic = _topic(said, context)
        for wanted, cosine, lead in () if said.pressed else said.asked_for:
            detail = self.base.by_id(wanted)
            if detail is None:
                continue
            known = OF_OTHER if detail.topic != topic else OF_CELL if detail.aspect == said.aspect else OF_TOPIC
            if lead >= known[0] and cosine >= known[1]:
                return detail
        return None

    def _fine(self, said: Understood, answer: Answer) -> Answer:
        """The detail of the answer's cell about the finer subject that was named, or the answer itself."""
        for detail in self.base.topics[answer.topic].details.values():
            same = (detail.aspect, detail.population) == (answer.aspect, answer.population)
            if same and not said.pressed and detail.fine_topic and f"{detail.topic}/{detail.fine_topic}" in said.fine:
                return detail
        return answer

    def _population(self, said: Understood, context: Context) -> str:
        if said.population in self.base.vocabulary.populations[context.population].keeps and not said.topics:
            return context.population  # "is it bad for the baby"
        if said.population:
            return said.population
        carried = not said.topics and not said.pressed
        return context.population if carried else GENERAL

    def _answer(
        self, context: Context, topic: str, aspect: str, population: str, lead: str = "", said: Understood | None = None
    ) -> Turn:
        carried = said is not None and said.population is None
        answer = self.base.nearest(topic, aspect, population, carried, context.answer_id)
        if answer is None:
            return self._nothing(context, topic)
        if said:
            answer = self._fine(said, answer)
        if not lead and answer.aspect != aspect and not self.base.has(topic, aspect):
            lead = self.talk.say(
                "nothing_on_aspect",
                about=self.base.vocabulary.aspects[aspect].about,
                short=self.base.topics[topic].short,
            )
        if not lead and population not in (GENERAL, WATCHER) and answer.population == GENERAL:
            lead = self.talk.say("for_population", population=self.base.vocabulary.populations[population].label.lower())
        return self._told(context, answer, lead, population)

    def _told(self, context: Context, answer: Answer, lead: str = "", population: str | None = None) -> Turn:
        buttons = next_buttons(self.base, answer, self.talk.say("check_button"), population)
        reply = Reply(f"{lead} {answer.text}".strip(), answer_custom(answer), buttons)
        return Turn((reply,), self._after(context, answer, population))

    def _after(self, context: Context, answer: Answer, population: str | None = None) -> Context:
        return Context(
            topic=answer.topic,
            aspect=answer.aspect,
            population=population or answer.population,
            answer_id=answer.id,
            previous=context.answer_id if context.answer_id != answer.id else context.previous,
            asked=context.asked,
        )

    def _nothing(self, context: Context, topic: str) -> Turn:
        text = self.talk.say("nothing_at_all", short=self.base.topics[topic].short)
        return self.asking.menu(replace(context, misses=0), text, "what_is_it", GENERAL)

    # -- follow-ups and statements ------------------------------------------------------------------------------

    def _follow_up(self, said: Understood, context: Context) -> Turn:
        aspect = context.wanted or context.aspect or "what_is_it"
        if not said.topics and not said.population and context.topic is None:
            return self._not_understood(said, context)
        if said.topics and not self.base.has(said.topics[0], aspect):
            aspect = "what_is_it" if self.base.has(said.topics[0], "what_is_it") else self._first_aspect(said.topics[0])
        if said.topics and not said.population:
            said = replace(said, population=context.population)
        return self._aspect(said, context, aspect)

    def _first_aspect(self, topic: str) -> str:
        return next(aspect for aspect in self.base.vocabulary.aspects if self.base.has(topic, aspect))

    def _describe(self, said: Understood, context: Context) -> Turn:
        """Acknowledges what was told, says in a line what such things are called, and offers to look closer."""
        topic = _topic(said, context)
        population = self._population(said, context)
        if topic is None:
            return self.asking.which_topic(said, context, "what_is_it", population)
        entry = self.base.topics[topic]
        lead = self.talk.say("described", short=entry.short)
        answer = self.base.nearest(topic, "what_is_it" if said.aspect == "what_is_it" else "feels_like", population)
        if answer is None:
            return self._nothing(context, topic)
        if population not in (GENERAL, WATCHER):  # what is said of children or pregnancy carries its own warnings
            return self._answer(context, topic, "what_is_it", population, lead)
        text = f"{lead} {entry.tell_apart} {self.talk.say('offer_check')}"
        steps = [aspect for aspect in ("why", "self_help") if self.base.has(topic, aspect)]
        labels = self.base.vocabulary.aspects
        buttons = (
            check_button(self.talk.say("check_button"), topic, population),
            *(ask(labels[aspect].label, topic, aspect) for aspect in steps),
        )
        after = replace(self._after(context, answer, population), aspect="what_is_it")
        return Turn((Reply(text, answer_custom(answer), buttons),), after)

    def _is_it_this(self, said: Understood, context: Context) -> Turn:
        topic = _topic(said, context)
        if topic is None:
            return self.asking.which_topic(said, context, "what_is_it", self._population(said, context))
        answer = self.base.nearest(topic, "what_is_it", self._population(said, context))
        if answer is None:
            return self._nothing(context, topic)
        turn = self._told(context, answer)
        entry = self.base.topics[topic]
        text = f"{self.talk.say('is_it_this', short=entry.short)} {entry.tell_apart}"
        return replace(turn, replies=(replace(turn.replies[0], text=text),))

    def _compare(self, said: Understood, context: Context) -> Turn:
        told = self._compared(said)
        topics = list(dict.fromkeys((*told, *((context.topic,) if context.topic and len(told) < 2 else ()))))
        if len(topics) < 2:
            if topics:
                return self._is_it_this(said, context)
            return Turn((Reply(self.talk.say("which_two"), {"kind": "clarify", "options": []}),), context)
        known = self._comparison(topics)
        first, second = (self.base.topics[topic] for topic in topics[:2])
        if known:
            text, sources = known.text, known.sources
        else:
            parts = [self.talk.say("compare", first=entry.title, first_text=entry.tell_apart) for entry in (first, second)]
            text = "\n\n".join([*parts, self.talk.say("compare_close")])
            answers = [self.base.nearest(entry.id, "what_is_it") for entry in (first, second)]
            sources = tuple(dict.fromkeys(source for answer in answers if answer for source in answer.sources))
        shown = [self.base.topics[topic] for topic in (topics[:3] if known and len(known.topics) > 2 else topics[:2])]
        buttons = tuple(
            ask(f"More on {entry.short}", entry.id, answer.aspect)
            for entry in shown
            if (answer := self.base.nearest(entry.id, "what_is_it"))
        )
        custom = compare_custom(first.id, second.id, sources)
        after = Context(
            first.id, "what_is_it", answer_id=known.id if known else None, previous=context.answer_id, asked=context.asked
        )
        return Turn((Reply(text, custom, buttons),), after)

    def _compared(self, said: Understood) -> Sequence[str]:
        """The topics to compare: those named outright or by an everyday word, in the order of the text, else those meant."""
        if len(said.named) > 1:
            return said.named
        spoken = re.findall(r"\w+", said.text.lower())
        found = dict.fromkeys(self.base.compared_words[word] for word in spoken if word in self.base.compared_words)
        every = list(dict.fromkeys((*said.named, *found)))
        return every if len(every) > 1 else said.topics

    def _comparison(self, topics: Sequence[str]) -> Comparison | None:
        """The written contrast of the topics: of three when three were named, else of the first two."""
        for size in (3, 2):
            for known in self.base.comparisons:
                if len(topics) >= size and set(known.topics) == set(topics[:size]):
                    return known
        return None

    def _myth(self, said: Understood, context: Context) -> Turn:
        myth = self._believed(said, context)
        if myth:
            return self._debunked(myth, context)
        known = bool(said.topics or context.topic)
        return self._aspect(said, context, "why", lead=self.talk.say("no_myth") if known else "")

    def _believed(self, said: Understood, context: Context) -> Myth | None:
        """The myth that resembles the message, by its wordings or by the words they share."""
        asked = [self.base.myth(wanted) for wanted, cosine, _ in said.asked_for if cosine >= LIKELY]
        topics = said.topics or ((context.topic,) if context.topic else ())
        myths = [myth for topic in topics for myth in self.base.topics[topic].myths]
        return next(filter(None, asked), None) or closest_myth(said.text, myths, self.talk.words("function_words"))

    def _same_myth(self, said: Understood, context: Context) -> Myth | None:
        """The myth of a message that was not understood as asking about a belief, but does."""
        if said.pressed:
            return None
        if self.talk.words("belief_words") & words(said.text):
            return self._believed(said, context)
        return next((self.base.myth(wanted) for wanted, cosine, _ in said.asked_for[:1] if cosine >= SAME), None)

    def _debunked(self, myth: Myth, context: Context) -> Turn:
        text = f"{self.talk.choice('verdict', myth.verdict)} {myth.text}"
        answer = self.base.nearest(myth.topic, "why") or self.base.nearest(myth.topic, "what_is_it")
        buttons = next_buttons(self.base, answer) if answer else ()
        return Turn(
            (Reply(text, myth_custom(myth), buttons),),
            replace(
                context,
                topic=myth.topic,
                aspect=answer.aspect if answer else None,
                answer_id=myth.full_id,
                previous=context.answer_id,
                misses=0,
                wanted=None,
                options=(),
            ),
        )

    def _check(self, said: Understood, context: Context) -> Turn:
        topic = _topic(said, context)
        population = self._population(said, context)
        if topic is None:
            text = self.talk.say("check_which")
            return self.asking.menu(context, text, "see_doctor", population, wanted="see_doctor")
        return self._answer(context, topic, "see_doctor", population, self.talk.say("check", text="").strip())

    # -- around the answers -------------------------------------------------------------------------------------

    def _sources(self, said: Understood, context: Context) -> Turn:
        last = context.answer_id or ""
        compared = next((known for known in self.base.comparisons if known.id == last), None)
        if compared:
            text = self.talk.say("myth_sources", sources=listed(compared.sources))
            return Turn((Reply(text, compare_custom(compared.topics[0], compared.topics[1], compared.sources)),), context)
        myth = self.base.myth(last)
        if myth:
            text = self.talk.say("myth_sources", sources=listed(myth.sources))
            return Turn((Reply(text, myth_custom(myth)),), context)
        answer = self.base.by_id(last)
        if answer is None:
            return Turn((Reply(self.talk.say("no_sources"), {"kind": "chat"}),), context)
        text = self.talk.say(
            "sources",
            sources=listed(answer.sources),
            certainty=self.talk.choice("certainty", answer.certainty),
            reviewed=answer.reviewed,
        )
        return Turn((Reply(text, answer_custom(answer), next_buttons(self.base, answer)),), context)

    def _back(self, said: Understood, context: Context) -> Turn:
        answer = self.base.by_id(context.previous or "")
        if answer is None:
            return Turn((Reply(self.talk.say("nothing_before"), {"kind": "chat"}),), context)
        return self._told(context, answer, self.talk.say("back"))

    def _affirm(self, said: Understood, context: Context) -> Turn:
        if len(context.options) == 1:
            topic, aspect = context.options[0]
            return self._answer(context, topic, aspect, context.population)
        if context.options:
            return self.asking.again(context)
        return Turn((Reply(self.talk.say("yes_to_what"), {"kind": "chat"}, self._steps(context)),), context)

    def _deny(self, said: Understood, context: Context) -> Turn:
        text = self.talk.say("no_to_what")
        return Turn((Reply(text, {"kind": "chat"}),), replace(context, options=(), wanted=None))

    def _steps(self, context: Context) -> tuple[Button, ...]:
        answer = self.base.by_id(context.answer_id or "")
        return next_buttons(self.base, answer) if answer else ()

    # -- not understood -----------------------------------------------------------------------------------------

    def _not_understood(self, said: Understood, context: Context) -> Turn:
        if said.population and context.topic and not said.topics and not context.misses:
            return self._follow_up(said, context)  # "is it worse in pregnancy": the group is what is new
        intent, topic, cosine = said.nearest
        if cosine >= RETRIEVED and intent.startswith("ask_") and topic in self.base.topics:
            return self._aspect(replace(said, intent=intent, topics=(topic,)), context, intent[len("ask_") :])
        if self._tells(said) and said.guesses and said.guesses[0][1] >= PLAIN:
            return self._describe(replace(said, topics=(said.guesses[0][0],)), context)
        return self.asking.which_meaning(said, context)

    def _other_language(self, said: Understood, context: Context) -> Turn:
        known = said.language if said.language in self.talk.keys("languages") else "other"
        text = self.talk.choice("languages", known)
        return Turn((Reply(text, {"kind": "out_of_scope", "near": False}),), context)


def _topic(said: Understood, context: Context) -> str | None:
    """What a message is about: the surest topic it names, else the topic of the talk."""
    return said.topics[0] if said.topics else context.topic

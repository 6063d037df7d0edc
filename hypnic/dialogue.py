"""What to reply: from what was understood and what was said before to replies and a new context.

Pure decisions over the knowledge base. The intents are named in domain.yml; here they are plain strings.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from hypnic.knowledge import GENERAL, Answer, Knowledge, Myth
from hypnic.reply import (
    Button,
    Reply,
    Talk,
    answer_custom,
    ask,
    cite,
    clarify_custom,
    myth_custom,
    next_buttons,
    topic_buttons,
)

MENU_SIZE = 6
OPTIONS = 3
MYTH = "myth"  # stands where an aspect stands in the id of an answer
WATCHER = "bed_partner"  # the general answer serves whoever watches as well


@dataclass(frozen=True)
class Understood:
    """What the NLU made of one message.

    topics: topics named or meant, the surest first; empty when the message names none.
    named: topics whose wordings stand in the text, in the order of the text.
    guesses: topics in order of likelihood, also unlikely ones, with probabilities (for asking back).
    intents: the likeliest intents in order, with probabilities.
    pressed: the topic and population came from a button, so nothing is carried over.
    """

    intent: str
    text: str = ""
    topics: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    population: str | None = None
    guesses: tuple[tuple[str, float], ...] = ()
    intents: tuple[tuple[str, float], ...] = ()
    pressed: bool = False

    @property
    def aspect(self) -> str | None:
        """The aspect asked for, or None when the intent is a dialogue act."""
        return self.intent[len("ask_") :] if self.intent.startswith("ask_") else None


@dataclass(frozen=True)
class Context:
    """What is remembered between messages.

    wanted: aspect of a question that waits for its topic. misses: messages in a row that were not understood.
    options: (topic, aspect) pairs offered in the last question back. previous: the answer before the last one.
    """

    topic: str | None = None
    aspect: str | None = None
    population: str = GENERAL
    answer_id: str | None = None
    previous: str | None = None
    wanted: str | None = None
    misses: int = 0
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Turn:
    """The outcome of one message."""

    replies: tuple[Reply, ...]
    context: Context


class Dialogue:
    """Decides the reply to one message.

    Args:
        base: the knowledge base.
        talk: the fixed sentences.
    """

    def __init__(self, base: Knowledge, talk: Talk) -> None:
        self.base, self.talk = base, talk
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
            "nlu_fallback": self._not_understood,
        }

    def respond(self, said: Understood, context: Context) -> Turn:
        """The replies to one message and the context after it. Unknown intents are treated as not understood."""
        if said.intent in self.acts:
            return self.acts[said.intent](said, context)
        if self._compares(said, context):
            return self._compare(said, context)
        if said.aspect in self.base.vocabulary.aspects:
            return self._aspect(said, context, said.aspect or "what_is_it")
        return self._not_understood(said, context)

    def _compares(self, said: Understood, context: Context) -> bool:
        """Whether a question about one aspect sets two topics against each other."""
        named = {*said.topics, *((context.topic,) if context.topic else ())}
        return not said.pressed and len(named) > 1 and bool(self.talk.words("compare_words") & words(said.text))

    # -- questions ----------------------------------------------------------------------------------------------

    def _aspect(self, said: Understood, context: Context, aspect: str, lead: str = "") -> Turn:
        topic = said.topics[0] if said.topics else context.topic
        population = self._population(said, context)
        if topic is None:
            return self._which_topic(said, context, aspect, population)
        return self._answer(context, topic, aspect, population, lead, carried=said.population is None)

    def _population(self, said: Understood, context: Context) -> str:
        if said.population:
            return said.population
        carried = not said.topics and not said.pressed
        return context.population if carried else GENERAL

    def _answer(
        self, context: Context, topic: str, aspect: str, population: str, lead: str = "", carried: bool = False
    ) -> Turn:
        answer = self.base.nearest(topic, aspect, population, carried, context.answer_id)
        if answer is None:
            return self._nothing(context, topic)
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
        reply = Reply(f"{lead} {answer.text}".strip(), answer_custom(answer), next_buttons(self.base, answer))
        previous = context.answer_id if context.answer_id != answer.id else context.previous
        return Turn(
            (reply,),
            Context(
                topic=answer.topic,
                aspect=answer.aspect,
                population=population or answer.population,
                answer_id=answer.id,
                previous=previous,
            ),
        )

    def _nothing(self, context: Context, topic: str) -> Turn:
        text = self.talk.say("nothing_at_all", short=self.base.topics[topic].short)
        return self._menu(replace(context, misses=0), text, "what_is_it", GENERAL)

    def _which_topic(self, said: Understood, context: Context, aspect: str, population: str) -> Turn:
        likely = [topic for topic, p in said.guesses if p >= 0.05 and self.base.has(topic, aspect)][:OPTIONS]
        topics = likely or self._menu_topics(aspect)
        return self._offer(context, self.talk.say("which_topic"), topics, aspect, population, wanted=aspect)

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
        topic = said.topics[0] if said.topics else context.topic
        if topic is None:
            return self._which_topic(said, context, "what_is_it", self._population(said, context))
        population = self._population(said, context)
        aspect = "feels_like" if population == GENERAL and self.base.has(topic, "feels_like") else "what_is_it"
        lead = self.talk.say("described", short=self.base.topics[topic].short)
        return self._answer(context, topic, aspect, population, lead)

    def _is_it_this(self, said: Understood, context: Context) -> Turn:
        topic = said.topics[0] if said.topics else context.topic
        if topic is None:
            return self._which_topic(said, context, "what_is_it", self._population(said, context))
        answer = self.base.nearest(topic, "what_is_it", self._population(said, context))
        if answer is None:
            return self._nothing(context, topic)
        turn = self._told(context, answer)
        entry = self.base.topics[topic]
        text = f"{self.talk.say('is_it_this', short=entry.short)} {entry.tell_apart}"
        return replace(turn, replies=(replace(turn.replies[0], text=text),))

    def _compare(self, said: Understood, context: Context) -> Turn:
        told = said.named if len(said.named) > 1 else said.topics
        topics = list(dict.fromkeys((*told, *((context.topic,) if context.topic else ()))))
        if len(topics) < 2:
            if topics:
                return self._is_it_this(said, context)
            return Turn((Reply(self.talk.say("which_two"), {"kind": "clarify", "options": []}),), context)
        first, second = (self.base.topics[topic] for topic in topics[:2])
        parts = [self.talk.say("compare", first=entry.title, first_text=entry.tell_apart) for entry in (first, second)]
        text = "\n\n".join([*parts, self.talk.say("compare_close")])
        known = [self.base.nearest(entry.id, "what_is_it") for entry in (first, second)]
        sources = list(dict.fromkeys(source for answer in known if answer for source in answer.sources))
        custom = {
            "kind": "compare",
            "topic": first.id,
            "also_topic": second.id,
            "aspect": "what_is_it",
            "sources": cite(sources),
        }
        buttons = tuple(
            ask(f"More on {entry.short}", entry.id, answer.aspect)
            for entry, answer in zip((first, second), known)
            if answer
        )
        return Turn((Reply(text, custom, buttons),), Context(topic=first.id, aspect="what_is_it"))

    def _myth(self, said: Understood, context: Context) -> Turn:
        topics = said.topics or ((context.topic,) if context.topic else ())
        myths = [myth for topic in topics for myth in self.base.topics[topic].myths]
        myth = closest_myth(said.text, myths, self.talk.words("function_words"))
        if myth is None:
            return self._aspect(said, context, "why", lead=self.talk.say("no_myth") if topics else "")
        text = f"{self.talk.choice('verdict', myth.verdict)} {myth.text}"
        answer = self.base.nearest(myth.topic, "why") or self.base.nearest(myth.topic, "what_is_it")
        buttons = next_buttons(self.base, answer) if answer else ()
        return Turn(
            (Reply(text, myth_custom(myth), buttons),),
            replace(
                context,
                topic=myth.topic,
                aspect=answer.aspect if answer else None,
                answer_id=f"{myth.topic}.{MYTH}.{myth.id}",
                previous=context.answer_id,
                misses=0,
                wanted=None,
                options=(),
            ),
        )

    def _check(self, said: Understood, context: Context) -> Turn:
        topic = said.topics[0] if said.topics else context.topic
        population = self._population(said, context)
        if topic is None:
            topics = self._menu_topics("see_doctor")
            return self._offer(context, self.talk.say("check_which"), topics, "see_doctor", population, wanted="see_doctor")
        return self._answer(context, topic, "see_doctor", population, self.talk.say("check", text="").strip())

    # -- around the answers -------------------------------------------------------------------------------------

    def _sources(self, said: Understood, context: Context) -> Turn:
        answer = self._by_id(context.answer_id)
        if answer is None:
            return self._myth_sources(context)
        listed = "; ".join(f"{s.title} ({s.publisher}, {s.year})" for s in answer.sources)
        text = self.talk.say(
            "sources",
            sources=listed,
            certainty=self.talk.choice("certainty", answer.certainty),
            reviewed=answer.reviewed,
        )
        return Turn((Reply(text, answer_custom(answer), next_buttons(self.base, answer)),), context)

    def _myth_sources(self, context: Context) -> Turn:
        topic, aspect, name = ([*(context.answer_id or "").split("."), "", "", ""])[:3]
        known = self.base.topics[topic].myths if aspect == MYTH and topic in self.base.topics else ()
        for myth in known:
            if myth.id == name:
                listed = "; ".join(f"{s.title} ({s.publisher}, {s.year})" for s in myth.sources)
                return Turn((Reply(self.talk.say("myth_sources", sources=listed), myth_custom(myth)),), context)
        return Turn((Reply(self.talk.say("no_sources"), {"kind": "chat"}),), context)

    def _back(self, said: Understood, context: Context) -> Turn:
        answer = self._by_id(context.previous)
        if answer is None:
            return Turn((Reply(self.talk.say("nothing_before"), {"kind": "chat"}),), context)
        return self._told(context, answer, self.talk.say("back"))

    def _affirm(self, said: Understood, context: Context) -> Turn:
        if len(context.options) == 1:
            topic, aspect = context.options[0]
            return self._answer(context, topic, aspect, context.population)
        if context.options:
            return self._again(context)
        return Turn((Reply(self.talk.say("yes_to_what"), {"kind": "chat"}, self._steps(context)),), context)

    def _deny(self, said: Understood, context: Context) -> Turn:
        text = self.talk.say("no_to_what")
        return Turn((Reply(text, {"kind": "chat"}),), replace(context, options=(), wanted=None))

    def _steps(self, context: Context) -> tuple[Button, ...]:
        answer = self._by_id(context.answer_id)
        return next_buttons(self.base, answer) if answer else ()

    def _again(self, context: Context) -> Turn:
        buttons = tuple(self._option_button(option) for option in context.options)
        return Turn((Reply(self.talk.say("pick_one"), clarify_custom(context.options, buttons), buttons),), context)

    def _by_id(self, answer_id: str | None) -> Answer | None:
        parts = (answer_id or "").split(".")
        return self.base.find(*parts) if len(parts) == 3 and parts[0] in self.base.topics else None

    # -- not understood -----------------------------------------------------------------------------------------

    def _not_understood(self, said: Understood, context: Context) -> Turn:
        if said.population and context.topic and not said.topics and not context.misses:
            return self._follow_up(said, context)  # "is it worse in pregnancy": the group is what is new
        options = self._likely(said, context)
        if context.misses or not options:
            text = self.talk.say("topic_menu" if context.misses else "which_topic")
            return self._menu(replace(context, misses=context.misses + 1), text, "what_is_it", GENERAL)
        buttons = tuple(self._option_button(option) for option in options)
        reply = Reply(self.talk.say("which_meaning"), clarify_custom(options, buttons), buttons)
        return Turn((reply,), replace(context, misses=1, options=options))

    def _likely(self, said: Understood, context: Context) -> tuple[tuple[str, str], ...]:
        """Up to three (topic, aspect) pairs, the likeliest first, one a topic as far as possible."""
        topics = [(topic, p) for topic, p in said.guesses if p > 0.02]
        if context.topic:  # a short message is most often about what was talked of before
            topics = [(context.topic, 1.0), *((topic, p) for topic, p in topics if topic != context.topic)]
        known = self.base.vocabulary.aspects
        aspects = [(name[4:], p) for name, p in said.intents if name[:4] == "ask_" and name[4:] in known]
        scored = sorted(
            ((p * q, topic, aspect) for topic, p in topics for aspect, q in aspects if self.base.has(topic, aspect)),
            reverse=True,
        )
        chosen: list[tuple[str, str]] = []
        for fresh in (True, False):
            for _, topic, aspect in scored:
                taken = topic in {t for t, _ in chosen} if fresh else (topic, aspect) in chosen
                if len(chosen) < OPTIONS and not taken:
                    chosen.append((topic, aspect))
        return tuple(chosen)

    def _option_button(self, option: tuple[str, str]) -> Button:
        topic, aspect = option
        short = self.base.topics[topic].short
        label = self.base.vocabulary.aspects[aspect].label
        return ask(f"{short[:1].upper()}{short[1:]}: {label[:1].lower()}{label[1:]}", topic, aspect)

    def _menu_topics(self, aspect: str) -> list[str]:
        return [t for t in self.base.vocabulary.topics if self.base.nearest(t, aspect)][:MENU_SIZE]

    def _menu(self, context: Context, text: str, aspect: str, population: str) -> Turn:
        topics = self._menu_topics(aspect)
        return self._offer(context, text, topics, aspect, population, wanted=None)

    def _offer(
        self, context: Context, text: str, topics: Sequence[str], aspect: str, population: str, wanted: str | None
    ) -> Turn:
        options = tuple((topic, aspect) for topic in topics)
        buttons = topic_buttons(self.base, topics, aspect, population)
        after = replace(context, wanted=wanted, population=population, options=options)
        return Turn((Reply(text, clarify_custom(options, buttons), buttons),), after)


def closest_myth(text: str, myths: Sequence[Myth], function_words: frozenset[str] = frozenset()) -> Myth | None:
    """The myth that shares most content words with the text (at least half of one of its wordings), or None."""
    said = _content(text) - function_words
    best, score = None, 0.5
    for myth in myths:
        for wording in (*myth.wordings, myth.claim):
            told = _content(wording) - function_words
            shared = len(told & said) / len(told) if told else 0.0
            if shared > score:
                best, score = myth, shared
    return best


def words(text: str) -> frozenset[str]:
    """The words of a text in lower case, without punctuation."""
    return frozenset("".join(c if c.isalnum() else " " for c in text.lower()).split())


def _content(text: str) -> frozenset[str]:
    return frozenset(word.rstrip("s") for word in words(text))

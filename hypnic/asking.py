"""Asking back: which topic, which meaning, and the menu when nothing was understood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hypnic.contrasts import Ambiguity
from hypnic.knowledge import GENERAL, Knowledge
from hypnic.reply import Button, Reply, Talk, ask, clarify_custom, topic_buttons
from hypnic.turn import Context, Turn, Understood, words

MENU_SIZE = 6
OPTIONS = 3
PLAIN = 0.6  # probability from which a topic counts as plainly meant


class Asking:
    """Makes questions back out of what was half understood.

    Args:
        base: the knowledge base.
        talk: the fixed sentences.
    """

    def __init__(self, base: Knowledge, talk: Talk) -> None:
        self.base, self.talk = base, talk

    def which_topic(self, said: Understood, context: Context, aspect: str, population: str) -> Turn:
        """Asks for the topic of a question whose aspect is known."""
        likely = [topic for topic, p in said.guesses if p >= 0.05 and self.base.has(topic, aspect)][:OPTIONS]
        topics = likely or self._menu_topics(aspect)
        return self.offer(context, self.talk.say("which_topic"), topics, aspect, population, wanted=aspect)

    def which_meaning(self, said: Understood, context: Context) -> Turn:
        """Offers up to three likely meanings; the second time in a row the menu of topics."""
        options = self._likely(said, context)
        if context.misses or not options:
            text = self.talk.say("topic_menu" if context.misses else "which_topic")
            return self.menu(replace(context, misses=context.misses + 1), text, "what_is_it", GENERAL)
        buttons = tuple(self._option_button(option) for option in options)
        reply = Reply(self.talk.say("which_meaning"), clarify_custom(options, buttons), buttons)
        return Turn((reply,), replace(context, misses=1, options=options))

    def ambiguity(self, said: Understood, context: Context) -> Ambiguity | None:
        """The ambiguous word to ask about: not yet asked, and nothing else in the message or the talk tells its meaning."""
        if said.pressed:
            return None
        for word in self.base.ambiguities:
            senses = {topic for _, topic in word.options}
            # Drink, medicines or another movement that is plainly meant tells more than the word.
            other = bool(set(said.named) - senses) or any(p >= PLAIN and topic not in senses for topic, p in said.guesses[:1])
            known = word.id in context.asked or context.topic in senses or other
            # "do seizures hurt" asks about seizures; "i get seizures when dozing off" may be about anything.
            strict = said.topics[:1] == (word.plain,) and not self.talk.words("people_words") & words(said.text)
            if word.unclear(said.text) and not known and not strict:
                return word
        return None

    def which_sense(self, word: Ambiguity, said: Understood, context: Context, population: str) -> Turn:
        """Asks in which sense a word is meant; the aspect asked for waits for the choice."""
        aspect = said.aspect if said.aspect and said.aspect in self.base.vocabulary.aspects else "what_is_it"
        options = tuple((topic, self._known(topic, aspect)) for _, topic in word.options)
        buttons = tuple(
            ask(title, topic, known, population) for (title, _), (topic, known) in zip(word.options, options)
        )
        after = replace(
            context, wanted=aspect, population=population, options=options, misses=0, asked=(*context.asked, word.id)
        )
        return Turn((Reply(word.ask, clarify_custom(options, buttons), buttons),), after)

    def again(self, context: Context) -> Turn:
        """Shows the options of the last question back once more."""
        buttons = tuple(self._option_button(option) for option in context.options)
        return Turn((Reply(self.talk.say("pick_one"), clarify_custom(context.options, buttons), buttons),), context)

    def menu(self, context: Context, text: str, aspect: str, population: str, wanted: str | None = None) -> Turn:
        """The first topics of the vocabulary; `wanted` is the aspect that waits for the topic."""
        return self.offer(context, text, self._menu_topics(aspect), aspect, population, wanted)

    def offer(
        self, context: Context, text: str, topics: Sequence[str], aspect: str, population: str, wanted: str | None
    ) -> Turn:
        """One button a topic, all for the same aspect."""
        options = tuple((topic, aspect) for topic in topics)
        buttons = topic_buttons(self.base, topics, aspect, population)
        after = replace(context, wanted=wanted, population=population, options=options)
        return Turn((Reply(text, clarify_custom(options, buttons), buttons),), after)

    def _known(self, topic: str, aspect: str) -> str:
        answer = self.base.nearest(topic, aspect)
        return answer.aspect if answer else aspect

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

"""The triage data on the review sheet: everything in data/triage, in words and with room to sign."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from hypnic.knowledge import Source
from hypnic.region import Region
from hypnic.reply import fill, listed
from hypnic.review_entry import Entry, Lines, Section
from hypnic.yamlfile import YamlFile

SHOWN = 8
NO_LINES = ("fits", "against", "sources")  # lists of names in patterns.yml; all its other lists are shown as lines
# Of each section its id, the word for it at the top, its title, and what it is; in the order in which a person meets them.
SECTIONS = (
    ("danger", "danger", "Danger signs and what is said at once",
     "How a sign is heard, how grave it is, and the words it brings up."),
    ("states", "states", "What is no danger although it is named",
     "Words that make a sign denied, past, somebody else's or feared, so that it does not act."),
    ("emergency", "during an emergency", "What is said until an emergency is over", "Sentences around the danger texts."),
    ("check", "the check", "The questions of the check",
     "In this order, as far as they can change the result, and as they are put to somebody who asks for themselves."),
    ("saying", "sentences", "The sentences around the questions", "Placeholders in braces are filled when they are said."),
    ("facts", "facts", "Facts that are read from messages",
     "The words in which they are read back, and how they are heard."),
    ("rules", "rules", "From what was told to a level",
     "The level is the highest of everything that was told; nothing lowers it."),
    ("results", "results", "What a result says",
     "First the level, then how well the picture fits, and then what is listed here."),
    ("screening", "questionnaires", "Short questionnaires after the check",
     "Their lead, items and answers stand in their published words."),
    ("page", "the page to print", "The page to take to a visit", "What stands on it around what the person told."),
    ("numbers", "numbers", "Telephone numbers", "By country."),
)


class TriageSheet:
    """Makes the sections of the triage data.

    Args:
        folder: data/triage.
        wordings: folder of data/nlu/danger, where people's words for each sign stand.
        region: whose numbers are filled in.
        sources: of the knowledge base, by id.

    Raises:
        DataError: a file cannot be read.
    """

    def __init__(self, folder: Path, wordings: Path, region: Region, sources: Mapping[str, Source]) -> None:
        names = "flags context outcomes rules questions patterns facts screening summary regions".split()
        self._data: dict[str, Any] = {name: YamlFile(folder / f"{name}.yml").data for name in names}
        self._wordings, self._region, self._sources = wordings, region, sources
        self._words: dict[str, str] = self._data["patterns"]["facts"]

    def sections(self) -> list[Section]:
        """All sections."""
        entries = {
            "danger": self._dangers, "states": self._states, "emergency": self._emergency, "check": self._questions,
            "saying": self._sentences, "facts": self._facts, "rules": self._rules, "results": self._results,
            "screening": self._screening, "page": self._page, "numbers": self._regions,
        }  # fmt: skip
        return [Section(id, short, title, intro, list(entries[id]())) for id, short, title, intro in SECTIONS]

    # -- danger -------------------------------------------------------------------------------------------------------

    def _dangers(self) -> Iterator[Entry]:
        said = {flag: entry for entry in self._data["outcomes"]["replies"] for flag in entry["for"]}
        for name, flag in self._data["flags"]["flags"].items():
            entry = said.get(name)
            text = "Nothing is said at once; the sign counts in the check."
            if entry:
                text = self._fill(" ".join([entry["first"], *entry.get("do", []), entry.get("ask", "")]).strip())
            meta = f"level: {flag['level']}; timeframe: {flag['timeframe']}; why: {flag['why']} rests on: {flag['source']}"
            people, harmless = self._heard(name)
            answers = [f"{answer}: {self._followed(row)}" for answer, row in (entry or {}).get("answers", {}).items()]
            lists = _kept(
                ("A bare answer to the last sentence", answers),
                ("People say", people[:SHOWN]),
                ("Not taken for it", harmless[:SHOWN]),
            )
            yield Entry(name, f"{_plain(name)}: {flag['ask']}", text, meta, lists=lists, folded=_patterns(flag))

    def _followed(self, row: Mapping[str, str]) -> str:
        """What an answer to the question of a danger text brings: a reply, or another sign."""
        return self._fill(row["say"]) if "say" in row else f"counts as {self._word(row['raises'])}"

    def _heard(self, flag: str) -> tuple[list[str], list[str]]:
        """People's words for a sign, and words that only sound like it."""
        path = self._wordings / f"{flag}.yml"
        blocks = YamlFile(path).data["nlu"] if path.exists() else []
        told: dict[str, list[str]] = {"danger": [], "no_danger": []}
        for block in blocks:
            told[block["intent"]] += [line.removeprefix("- ") for line in block["examples"].splitlines()]
        return told["danger"], told["no_danger"]

    def _states(self) -> Iterator[Entry]:
        for at, trigger in enumerate(self._data["context"]["triggers"], start=1):
            beats = f"; lifts: {', '.join(trigger['beats'])}" if "beats" in trigger else ""
            words = "the whole message" if trigger.get("message") else f"words {trigger.get('direction', 'before')}"
            reach = f", {trigger['reach']} words far" if "reach" in trigger else ""
            meta = f"governs: {words}{reach}{beats}"
            lists = _kept(("When one of these is said", trigger["words"]))
            yield Entry(f"state.{at}", f"{trigger['state']} {at}", f"Makes a sign: {trigger['state']}.", meta, lists=lists)

    def _emergency(self) -> Iterator[Entry]:
        data = self._data["outcomes"]
        for name, text in data.items():
            if isinstance(text, str) and name != "about":
                yield Entry(f"outcome.{name}", _plain(name), self._fill(text))
        for name, value in data["mode"].items():
            known_by = value if isinstance(value, list) else []
            text = "Words by which the end of an emergency is known." if known_by else self._fill(value)
            yield Entry(f"outcome.mode.{name}", f"mode: {_plain(name)}", text, lists=_kept(("Words", known_by)))

    # -- the check ----------------------------------------------------------------------------------------------------

    def _questions(self) -> Iterator[Entry]:
        data = self._data["questions"]
        consent = data["consent"]
        meta = f"at most {data['limit']} questions; agrees: {consent['agree']}; refuses: {consent['refuse']}"
        refused = _kept(("When refused", [self._fill(consent["refused"])]))
        yield Entry("question.consent", "Consent", self._fill(consent["ask"]), meta, lists=refused)
        for row in data["questions"]:
            conditions = _kept(
                ("Asked only when told", [self._any(group) for group in row.get("needs", [])]),
                ("Not asked when told", self._named(row.get("none", []))),
                ("Left out when known already", self._named(row.get("known", []))),
                ("\"I don't know\" counts as", self._named(row.get("unknown", []))),
            )
            options = [self._option(option) for option in row["options"]]
            texts = _kept(
                ("Answers", options),
                ("Why do you ask?", [self._spoken(row["why"])]),
                ("What does that mean?", [self._spoken(row["help"])]),
                ("In simpler words", [self._spoken(row["retry"])] if "retry" in row else []),
            )
            kind = f"of the interview about {row['about']}" if "about" in row else "asked of everybody whom it can concern"
            lists = [*texts, *conditions]
            yield Entry(f"question.{row['id']}", _plain(row["id"]), self._spoken(row["ask"]), kind, lists=lists)

    def _option(self, option: Mapping[str, Any]) -> str:
        tells, denies = self._named(option.get("tells", [])), self._named(option.get("denies", []))
        follows = [f"tells: {', '.join(tells)}"] if tells else []
        follows += [f"rules out: {', '.join(denies)}"] if denies else []
        lay = f" (also typed: {', '.join(option['lay'])})" if option.get("lay") else ""
        return f"{option['label']}{lay}. {'; '.join(follows) or 'tells nothing'}"

    def _sentences(self) -> Iterator[Entry]:
        data = self._data["questions"]
        for name, text in data["say"].items():
            yield Entry(f"say.{name}", _plain(name), self._fill(text))
        people = _kept(*((who, [f"{name} = {word}" for name, word in words.items()]) for who, words in data["people"].items()))
        yield Entry("say.people", "people", "Words for the person it is about.", lists=people)

    def _facts(self) -> Iterator[Entry]:
        heard = self._data["facts"]["facts"]
        for name, words in self._words.items():
            found = heard.get(name, {})
            folded = _patterns(found)
            how = "read from messages" if folded else "told by answers, danger signs or rules"
            yield Entry(f"fact.{name}", name, words, how, folded=folded)

    # -- rules and results --------------------------------------------------------------------------------------------

    def _rules(self) -> Iterator[Entry]:
        data, flags = self._data["rules"], self._data["flags"]["flags"]
        for at, row in enumerate(data["derive"], start=1):
            flag = flags[row["add"]]
            meta = f"level: {flag['level']}; timeframe: {flag['timeframe']}"
            yield Entry(f"derive.{at}", f"adds: {self._word(row['add'])}", self._when(row), meta)
        for row in data["patterns"]:
            meta = f"level when nothing raises it: {data['base'][row['pattern']]}"
            meta += "; tried first when something urgent was told" if row.get("danger") else ""
            yield Entry(f"rule.{row['id']}", f"{row['id']}: {self._pattern(row['pattern'])}", self._when(row), meta)

    def _when(self, row: Mapping[str, Any]) -> str:
        """The conditions of a row as a sentence."""
        needs = [self._any(group) for group in row.get("needs", [])]
        text = f"When told: {'; and '.join(needs)}." if needs else "Always, when no row above matches."
        if row.get("none"):
            text += f" Unless told: {'; or '.join(self._named(row['none']))}."
        if row.get("only"):
            text += f" And of this kind of fact nothing but: {', '.join(self._named(row['only']))}."
        return text

    def _results(self) -> Iterator[Entry]:
        data, base = self._data["patterns"], self._data["rules"]["base"]
        for name, line in data["level_lines"].items():
            yield Entry(f"level.{name}", f"level: {name.replace('_', ' ')}", self._fill(line))
        for name, line in data["fits"].items():
            yield Entry(f"fits.{name}", f"fits: {name}", line)
        signs = _kept(("Signs", data["emergency_signs"]))
        yield Entry("signs", "emergency signs", "They always mean the emergency number.", lists=signs)
        for name, entry in data["patterns"].items():
            lists: list[Lines] = []
            for key, value in entry.items():
                if isinstance(value, list) and key not in NO_LINES:
                    lists.append(self._lines(key, value))
                elif isinstance(value, dict):  # stands in for lines of the same name, for some people
                    lists += [self._lines(field, own, key) for field, own in value.items()]
            lists += [("Speaks for it", self._named(entry["fits"])), ("Speaks against it", self._named(entry["against"]))]
            meta = f"level when nothing raises it: {base[name]}; topic: {entry['topic'] or 'none'}; "
            meta += self._rests(entry["sources"])
            yield Entry(f"result.{name}", entry["name"], self._fill(entry["say"]), meta, lists=_kept(*lists))

    # -- after it -----------------------------------------------------------------------------------------------------

    def _screening(self) -> Iterator[Entry]:
        data = self._data["screening"]
        for name, text in data.items():
            if isinstance(text, str) and name not in ("about", "reviewed"):
                yield Entry(f"screening.{name}", _plain(name), self._fill(text))
        answers = [f"{at}: {row['label']} (also typed: {', '.join(row['lay'])})" for at, row in enumerate(data["answers"])]
        added = "The number is what an answer adds to the sum."
        yield Entry("screening.answers", "answers", added, lists=_kept(("Answers", answers)))
        for name, row in data["instruments"].items():
            meta = f"a sum is high from {row['cut']} on; {self._rests(row['sources'])}"
            lists = _kept(
                ("Items", row["items"]), ("Offered when told", self._named(row["when"])),
                ("When the sum is high", [row["high"]]), ("When it is lower", [row["low"]]),
            )  # fmt: skip
            yield Entry(f"screening.{name}", row["name"], row["lead"], meta, lists=lists)
        crisis = data["crisis"]
        options = [
            f"{row['label']}: {self._fill(row['reply']) if 'reply' in row else 'the words for ' + self._word(row['tells'])}"
            for row in crisis["options"]
        ]
        unsure = ("When unsure", [self._fill(crisis["unsure"])])
        lists = _kept(("Answers", options), ("Why do you ask?", [crisis["why"]]), unsure)
        yield Entry("screening.crisis", "after a high sum about mood", crisis["ask"], lists=lists)

    def _page(self) -> Iterator[Entry]:
        data = self._data["summary"]
        for name in ("title", "name_line", "made", "rests", "checked", "nothing"):
            yield Entry(f"page.{name}", _plain(name), data[name])
        for name in ("headings", "files"):
            yield Entry(f"page.{name}", name, "Short texts.", lists=_kept(("Texts", list(data[name].values()))))
        for name in dict.fromkeys([*data["ask"], *data["bring"]]):
            lists = _kept(*((data["headings"][key], data[key].get(name, [])) for key in ("ask", "bring")))
            whom = "for every picture without its own list" if name == "default" else f"for {self._pattern(name)}"
            yield Entry(f"page.list.{name}", _plain(name), f"Lists {whom}.", lists=lists)

    def _regions(self) -> Iterator[Entry]:
        data = self._data["regions"]
        for name in ("ask", "button", "noted"):
            yield Entry(f"region.{name}", name, self._fill(data[name]))
        for code, row in data["regions"].items():
            numbers = f"Emergency: {row['emergency_number']}. Urgent: {row['urgent_line']}. Crisis: {row['crisis_line']}. "
            text = f"{numbers}Not safe at home: {row['abuse_line']}."
            meta = f"confirmed with the provider: {row['checked']}"
            yield Entry(code, row["name"], text, meta, lists=_kept(("Known by these words", row.get("lay", []))))

    # -- words --------------------------------------------------------------------------------------------------------

    def _fill(self, text: str) -> str:
        return self._region.fill(text)

    def _spoken(self, text: str) -> str:
        """A question as somebody hears it who asks for themselves."""
        spoken = self._fill(fill(text, self._data["questions"]["people"]["self"]))
        return spoken[:1].upper() + spoken[1:]

    def _rests(self, names: Iterable[str]) -> str:
        return f"rests on: {listed([self._sources[name] for name in names])}"

    def _lines(self, field: str, lines: Iterable[str], special: str = "") -> Lines:
        """The lines of one field of a result under the heading that a person sees; a field without one is not sent."""
        say = self._data["questions"]["say"]
        title = say[field].rstrip(":") if field in say else f"{field} (not sent)"
        return f"{title} {_plain(special)}".strip(), [self._fill(line) for line in lines]

    def _word(self, name: str) -> str:
        """A fact or flag in words; a whole kind of fact by its name."""
        return self._words.get(name, f"any answer about {name}")

    def _named(self, names: Iterable[str]) -> list[str]:
        return [self._word(name) for name in names]

    def _any(self, group: Iterable[str]) -> str:
        return " or ".join(self._named(group))

    def _pattern(self, name: str) -> str:
        return str(self._data["patterns"]["patterns"][name]["name"])


def _kept(*lists: Lines) -> list[Lines]:
    """The lists that have something in them."""
    return [(title, [str(line) for line in lines]) for title, lines in lists if lines]


def _patterns(row: Mapping[str, Any]) -> list[Lines]:
    """How a flag or a fact is heard, in the pattern language of flags.yml."""
    together = [" + ".join(f"({part})" for part in parts) for parts in row.get("all_of", [])]
    return _kept(
        ("Patterns, one is enough", row.get("patterns", [])),
        ("Combinations, all parts are needed", together),
        ("Not when the same sentence has", row.get("unless", [])),
    )


def _plain(name: str) -> str:
    return name.replace("_", " ")

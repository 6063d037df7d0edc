"""The page a person can take to the doctor, as plain text and as HTML. All sentences live in data/triage/summary.yml."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hypnic.reply import fill
from hypnic.yamlfile import ROOT, Place, YamlFile

DATA = ROOT / "data" / "triage" / "summary.yml"
TEMPLATE = "summary.html.j2"
WIDTH = 90
DEFAULT = "default"
FILES = ("html", "pdf", "txt", "copy")  # what a channel may offer as a file
TYPED = {"reason": 500, "medicines": 200}  # the most characters of each text that a person typed
SENTENCES = ("title", "name_line", "made", "rests", "checked", "nothing")
PLACEHOLDERS = {"made": frozenset({"date"}), "checked": frozenset({"rules_version"})}
JOINERS = "\u200c\u200d"  # invisible, but some scripts cannot be read without them


@dataclass(frozen=True)
class Record:
    """What the page holds, in plain words. Any field may hold text that a person typed, and any may be empty.

    Args:
        date: the day of the talk, as an ISO date.
        about: who it is about.
        reason: why they came, in their own words; cut at 500 characters.
        pattern: what happens, and when.
        yes: what was answered with yes; no and unknown likewise.
        medicines: names as typed; each cut at 200 characters.
        level_line: the advice given, with the numbers of the region filled in.
        scores: short questionnaires with their sums.
        fits: what it may fit, and how well.
        tell: what to say at the visit; ask: what to ask there; bring: what to take along.
        sources: one line for each source.
        rules_version: the version of the rules that decided.
    """

    date: str
    rules_version: int
    about: str
    level_line: str
    reason: str
    pattern: str
    yes: tuple[str, ...]
    no: tuple[str, ...]
    unknown: tuple[str, ...]
    medicines: tuple[str, ...]
    scores: tuple[str, ...]
    fits: str
    tell: tuple[str, ...]
    ask: tuple[str, ...]
    bring: tuple[str, ...]
    sources: tuple[str, ...]


ORDER = tuple(field.name for field in fields(Record))[2:]  # of the page: everything but what its small print says


@dataclass(frozen=True)
class Section:
    """One part of the page: the field it shows, its heading, its lines, and whether they are a list."""

    key: str
    heading: str
    lines: tuple[str, ...]
    is_list: bool


class Summary:
    """Writes the page.

    Args:
        file: summary.yml, read but not yet checked.

    Raises:
        DataError: a text is missing or has a placeholder that nothing fills; names file, line and field.
    """

    def __init__(self, file: YamlFile) -> None:
        data = _mapping(file, (), file.data)
        self._texts = {key: _text(file, (key,), data.get(key), PLACEHOLDERS.get(key, frozenset())) for key in SENTENCES}
        headings = _mapping(file, ("headings",), data.get("headings"))
        _known(file, "headings", headings)
        self._headings = {key: _text(file, ("headings", key), headings.get(key)) for key in ORDER}
        files = _mapping(file, ("files",), data.get("files"))
        self.files = {form: _text(file, ("files", form), files.get(form)) for form in FILES}
        self._ask, self._bring = (_lists(file, key, data.get(key)) for key in ("ask", "bring"))
        environment = Environment(
            loader=FileSystemLoader(Path(__file__).parent),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._template = environment.get_template(TEMPLATE)

    @classmethod
    def load(cls, path: Path = DATA) -> Summary:
        """Takes the path of summary.yml; gives a Summary. Raises DataError when the file is broken."""
        return cls(YamlFile(path))

    @property
    def title(self) -> str:
        """The title of the page."""
        return self._texts["title"]

    @property
    def nothing(self) -> str:
        """What is said when there is nothing to put on a page."""
        return self._texts["nothing"]

    @property
    def patterns(self) -> frozenset[str]:
        """The patterns that have a list of their own, of questions or of things to bring."""
        return frozenset({*self._ask, *self._bring} - {DEFAULT})

    def ask_for(self, pattern: str) -> tuple[str, ...]:
        """Takes a pattern of the rules; gives the questions to ask at the visit. One without its own gets the default."""
        return self._ask.get(pattern, self._ask[DEFAULT])

    def bring_for(self, pattern: str) -> tuple[str, ...]:
        """Takes a pattern of the rules; gives what to bring to the visit. One without its own gets the default."""
        return self._bring.get(pattern, self._bring[DEFAULT])

    def text(self, record: Record, width: int | None = WIDTH) -> str:
        """The page as plain text.

        Args:
            record: what it holds.
            width: the most characters of a line; only headings then begin at the margin. None leaves lines as they are.
        """
        says = self.says(record)
        parts = [says["title"], *_wrapped(says["made"], width), *_wrapped(says["rests"], width)]
        for section in self.sections(record):
            parts += ["", *_wrapped(section.heading + ":", width)]
            for line in section.lines:
                mark = "- " if section.is_list else ""
                parts += _wrapped(line, width, mark if width is None else "  " + mark, "    " if mark else "  ")
        return "\n".join([*parts, "", *_wrapped(says["checked"], width)]) + "\n"

    def html(self, record: Record) -> str:
        """Takes a record; gives one page that can be printed: no script, nothing loaded, everything escaped."""
        return self._template.render(says=self.says(record), sections=list(self.sections(record)))

    def says(self, record: Record) -> dict[str, str]:
        """The sentences around the parts, by name, with date and version filled in."""
        values = {"date": _clean(record.date), "rules_version": str(record.rules_version)}
        return {key: fill(text, values) for key, text in self._texts.items()}

    def sections(self, record: Record) -> Iterator[Section]:
        """Takes a record; gives the parts of the page that have something in them, cleaned of what cannot be seen."""
        for key in ORDER:
            value: str | tuple[str, ...] = getattr(record, key)
            is_list = not isinstance(value, str)
            lines = (value,) if isinstance(value, str) else value
            cleaned = tuple(line for line in (_clean(text, TYPED.get(key)) for text in lines) if line)
            if cleaned:
                yield Section(key, self._headings[key], cleaned, is_list)


def _clean(text: str, limit: int | None = None) -> str:
    """One line of text without what cannot be seen: such characters could turn or hide the rest of the page."""
    spaced = "".join(
        " " if char.isspace() or unicodedata.category(char) == "Cc" else char
        for char in text
        if char in JOINERS or unicodedata.category(char) not in {"Cf", "Cs"}
    )
    line = " ".join(spaced.split()).strip(JOINERS + " ")
    return line if limit is None or len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _wrapped(text: str, width: int | None, first: str = "", rest: str = "") -> list[str]:
    if width is None:
        return [first + text]
    return textwrap.wrap(text, width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)


def _mapping(file: YamlFile, place: Place, value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise file.error(place, "this must be a mapping with a text for each name; yes and no need quotes")
    return value


def _known(file: YamlFile, key: str, found: Mapping[str, Any]) -> None:
    for name in found:
        if name not in ORDER:
            raise file.error((key, name), f"this is not one of: {', '.join(ORDER)}")


def _text(file: YamlFile, place: Place, value: object, known: Set[str] = frozenset()) -> str:
    if not isinstance(value, str) or not value.strip():
        raise file.error(place, "this text is missing")
    unknown = sorted(set(re.findall(r"{(\w*)}", value)) - known)
    if unknown:
        raise file.error(place, f"nothing fills the placeholder {{{unknown[0]}}}")
    return value.strip()


def _lists(file: YamlFile, key: str, value: object) -> dict[str, tuple[str, ...]]:
    lists = _mapping(file, (key,), value)
    if DEFAULT not in lists:
        raise file.error((key, DEFAULT), "this list is missing")
    for pattern, lines in lists.items():
        if not isinstance(lines, list) or not lines:
            raise file.error((key, pattern), "this must be a list of texts")
    return {
        pattern: tuple(_text(file, (key, pattern, number), line) for number, line in enumerate(lines))
        for pattern, lines in lists.items()
    }

"""The telephone numbers of a region. They live in data/triage/regions.yml."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hypnic.yamlfile import YamlFile

DEFAULT = "international"
NUMBERS = ("emergency_number", "urgent_line", "crisis_line", "abuse_line")
_FIELDS = ("name", *NUMBERS, "checked")


@dataclass(frozen=True)
class Region:
    """The telephone numbers of one region."""

    code: str
    name: str
    emergency_number: str
    urgent_line: str
    crisis_line: str
    abuse_line: str
    checked: str

    @classmethod
    def load(cls, folder: Path, code: str = DEFAULT) -> Region:
        """One region of the folder's regions.yml; an unknown code gets the default.

        Raises:
            DataError: the file cannot be used; names file, line and field.
        """
        return Regions(folder).get(code)

    @property
    def call(self) -> str:
        """The emergency number as it is dialled: the first number of its text, "" when there is none."""
        found = re.search(r"\d[\d ]*", self.emergency_number)
        return found.group().strip() if found else ""

    def fill(self, text: str) -> str:
        """The text with the numbers in it. Plain replacement: nothing a person typed is ever a template."""
        for name in NUMBERS:
            text = text.replace("{" + name + "}", getattr(self, name))
        return text


class Regions:
    """All regions, and how a person's country is asked for.

    Args:
        folder: where regions.yml stands.

    Raises:
        DataError: the file cannot be used, or names a country twice; names file, line and field.
    """

    def __init__(self, folder: Path) -> None:
        file = YamlFile(folder / "regions.yml", "regions")
        rows = file.data["regions"]
        self.ask: str = file.data["ask"]
        self.button: str = file.data["button"]
        self._noted: str = file.data["noted"]
        self._regions = {code: Region(code, *(row[key] for key in _FIELDS)) for code, row in rows.items()}
        self._lay: dict[str, str] = {}
        for code, row in rows.items():
            for at, words in enumerate(row.get("lay", [])):
                if words in self._lay:
                    raise file.error(("regions", code, "lay", at), f"'{words}' belongs to {self._lay[words]} already")
                self._lay[words] = code

    def get(self, code: str) -> Region:
        """The region with this code in any spelling; the default when there is none."""
        return self._regions.get(code.strip().lower(), self._regions[DEFAULT])

    def of(self, chosen: str, named: str) -> Region:
        """The region the operator chose; where that is the default, the one that the person named, if any."""
        region = self.get(chosen)
        return region if region.code != DEFAULT else self.get(named)

    def named(self, text: str) -> Region | None:
        """The region that a text names; None when it names none or several."""
        said = f" {' '.join(re.findall('[a-z]+', text.lower()))} "
        found = [words for words in self._lay if f" {words} " in said]
        longest = max(found, key=len, default="")
        if not longest or any(words not in longest and self._lay[words] != self._lay[longest] for words in found):
            return None
        return self._regions[self._lay[longest]]

    def call(self, text: str) -> str:
        """The number to dial when a text says to call an emergency number, whichever region it was filled in for; else "".
        Of several the longest counts: "000 (112 from mobiles)" is not 000 alone."""
        named = [region for region in self._regions.values() if _is_called(region.emergency_number, text)]
        return max(named, key=lambda region: len(region.emergency_number)).call if named else ""

    def choices(self) -> tuple[Region, ...]:
        """What a person may choose from: the countries, then "another"."""
        return (*(region for code, region in self._regions.items() if code != DEFAULT), self._regions[DEFAULT])

    def noted(self, region: Region) -> str:
        """What is said when the country is known."""
        return region.fill(self._noted.replace("{name}", region.name))


def _is_called(number: str, text: str) -> bool:
    return bool(re.search(rf"\bcall {re.escape(number)}(?!\w)", text, re.IGNORECASE))


@cache
def regions(folder: Path) -> Regions:
    """The regions of a folder, read once. Raises DataError."""
    return Regions(folder)

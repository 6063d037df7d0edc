"""From what was told to how soon help is needed. All rules are data: data/triage/rules.yml and the flags of flags.yml.

What was told is a set of names: facts such as what.jolt or regular, and flags. The method is that of published triage
systems: the level is the highest of everything that fires, and nothing lowers it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from hypnic.danger import LEVELS
from hypnic.danger_data import TIMEFRAMES
from hypnic.yamlfile import Place, YamlFile

# The facts that a conversation collects, by kind; of who, age and pregnant only one can be true.
KINDS = {
    "who": "self partner child other",
    "age": "newborn infant child_2_4 child_5_11 teen adult older",
    "pregnant": "no yes postnatal",
    "when": "falling_asleep rest_evening asleep after_waking daytime",
    "what": "jolt urge kicks small_twitches trunk_jerks arm_jerks stiff_odd convulsion act_dreams scream_confused rocking "
    "paralysed choke_gasp panic bang cramp shaking tic spasm_runs unknown",
}
SINGLE = ("who", "age", "pregnant")
SIGNS = tuple(
    "relief_move regular same_each_time meds_possible worse_evening only_at_rest dream_recall worry low_mood".split()
)
FACTS = frozenset([f"{kind}.{value}" for kind, values in KINDS.items() for value in values.split()]) | frozenset(SIGNS)
UNCLEAR = "unclear_picture"
_DEFAULT_TIME = {"self_care": "none", "routine": "weeks", "urgent": "within_days", "emergency": "now"}


@dataclass(frozen=True)
class Rule:
    """One row: it matches when every group of needs has a name that was told, none of none, and only what only allows."""

    gives: str
    needs: tuple[frozenset[str], ...]
    none: frozenset[str]
    only: frozenset[str]
    id: str = ""
    danger: bool = False

    def matches(self, told: Collection[str]) -> bool:
        """Whether the row matches the names told."""
        if any(name in told for name in self.none) or not all(any(name in told for name in group) for group in self.needs):
            return False
        kinds = {name.split(".")[0] for name in self.only}
        return all(name in self.only for name in told if name.split(".")[0] in kinds and "." in name)


@dataclass(frozen=True)
class Verdict:
    """level, timeframe: how soon. pattern: what it fits best. flags: all that count, derived ones too, the gravest first.
    rule: id of the row that named the pattern."""

    level: str
    timeframe: str
    pattern: str
    flags: tuple[str, ...]
    rule: str


class Triage:
    """Decides a level from names told. Holds nothing about a person.

    Args:
        flags: level and timeframe of each flag.
        derive, patterns: the rows, in order.
        base: the level of each pattern.
        version: of the rules.
    """

    def __init__(
        self,
        flags: dict[str, tuple[str, str]],
        derive: Sequence[Rule],
        patterns: Sequence[Rule],
        base: dict[str, str],
        version: int,
    ) -> None:
        self.flags, self.derive, self.patterns, self.base, self.version = flags, derive, patterns, base, version

    @classmethod
    def load(cls, folder: Path) -> Triage:
        """Read flags.yml and rules.yml. Raises DataError that names file, line and field."""
        data = YamlFile(folder / "flags.yml").data["flags"]
        flags = {name: (row["level"], row["timeframe"]) for name, row in data.items()}
        file = YamlFile(folder / "rules.yml", "rules")
        derive = [_rule(file, ("derive", at), row, row["add"], flags) for at, row in enumerate(file.data["derive"])]
        for at, rule in enumerate(derive):
            if rule.gives not in flags:
                raise file.error(("derive", at, "add"), f"'{rule.gives}' is not a flag of flags.yml")
        patterns = [_rule(file, ("patterns", at), row, row["pattern"], flags) for at, row in enumerate(file.data["patterns"])]
        base = dict(file.data["base"])
        for at, rule in enumerate(patterns):
            if rule.gives not in base:
                raise file.error(("patterns", at, "pattern"), f"'{rule.gives}' has no level under base")
        if patterns[-1].needs or patterns[-1].none or patterns[-1].only:
            raise file.error(("patterns", len(patterns) - 1), "the last row must match always, so it may not need anything")
        return cls(flags, derive, patterns, base, file.data["version"])

    def decide(self, told: Collection[str]) -> Verdict:
        """The verdict on everything that was told.

        Args:
            told: names of facts and flags that are true.
        """
        names = set(told)
        for _ in range(2):
            names.update(rule.gives for rule in self.derive if rule.matches(names))
        rule = self._pattern(names)
        if rule.gives == "unclear":
            names.add(UNCLEAR)
        flags = sorted((name for name in names if name in self.flags), key=lambda name: (self._rank(name), name))
        level = min([self.base[rule.gives], *(self.flags[name][0] for name in flags)], key=LEVELS.index)
        times = [self.flags[name][1] for name in flags if self.flags[name][0] == level]
        time = min(times, key=TIMEFRAMES.index) if times else _DEFAULT_TIME[level]
        return Verdict(level, time, rule.gives, tuple(flags), rule.id)

    def _rank(self, flag: str) -> int:
        return LEVELS.index(self.flags[flag][0])

    def _pattern(self, names: set[str]) -> Rule:
        flags = [name for name in names if name in self.flags]
        top = min((self._rank(name) for name in flags), default=len(LEVELS))
        if top <= LEVELS.index("urgent"):
            grave = {name for name in names if name not in self.flags or self._rank(name) == top}
            for rule in self.patterns:
                if rule.danger and rule.matches(grave):
                    return rule
        return next(rule for rule in self.patterns if rule.matches(names))


def _rule(file: YamlFile, place: Place, row: dict[str, object], gives: str, flags: Collection[str]) -> Rule:
    needs: list[list[str]] = list(row.get("needs", []))  # type: ignore[call-overload]
    none, only = list(row.get("none", [])), list(row.get("only", []))  # type: ignore[call-overload]
    for name in [name for group in [*needs, none, only] for name in group]:
        if name not in flags and name not in FACTS:
            raise file.error(place, f"'{name}' is neither a fact nor a flag of flags.yml")
    return Rule(
        gives,
        tuple(frozenset(group) for group in needs),
        frozenset(none),
        frozenset(only),
        str(row.get("id", "")),
        bool(row.get("danger", False)),
    )


def merged(told: Collection[str], new: Collection[str]) -> frozenset[str]:
    """What is known after something new was told: of who, age and pregnant the new one counts."""
    kinds = {name.split(".")[0] for name in new if name.split(".")[0] in SINGLE}
    return frozenset(name for name in told if name.split(".")[0] not in kinds) | frozenset(new)




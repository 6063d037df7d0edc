"""`make evaluate`: scores the trained assistant on the development data and writes docs/evaluation.md with a confusion plot.

Every figure is of what a person gets: the model understands, the core decides the reply, the reply's `custom` is judged.

Usage: python -m benchmarks.evaluation [--json]      (--json: print the shares only, write nothing)
"""

from __future__ import annotations

from bot.quiet import hush

hush()

import json
import logging
import statistics
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from benchmarks.reporting import TRIAGE_REPORT, triage_summary
from bot.train import ensure_trained
from hypnic.knowledge import GENERAL, knowledge
from hypnic.reply import talk
from hypnic.turn import Context
from hypnic.yamlfile import ROOT

CASES = ROOT / "tests" / "cases"
REPORT, PLOT = ROOT / "docs" / "evaluation.md", ROOT / "docs" / "confusions.png"
ANSWERED = ("answer", "compare", "myth")
ASKED_BACK = "asked back"


@dataclass(frozen=True)
class Case:
    """One development message.

    also: further cells (topic, aspect) that a second annotator, who saw no prediction, found as right as the label.
    needs_topic: it names no subject and is asked within a talk about its topic.
    """

    kind: str
    text: str
    topic: str
    aspect: str
    population: str = GENERAL
    also: frozenset[tuple[str, str]] = frozenset()
    needs_topic: bool = False


@dataclass(frozen=True)
class Outcome:
    """What came of a case: the reply's `custom`, the intent, its confidence, the people understood."""

    case: Case
    custom: dict[str, Any]
    intent: str
    confidence: float
    population: str

    @property
    def topic(self) -> str:
        """The topic answered about."""
        return str(self.custom.get("topic", ASKED_BACK))

    @property
    def aspect(self) -> str:
        """The aspect answered."""
        return str(self.custom.get("aspect", ASKED_BACK))

    @property
    def answered(self) -> bool:
        """Whether the reply treats the message as on topic and answers it."""
        return self.custom["kind"] in ANSWERED

    def right(self) -> dict[str, bool]:
        """By measure; "accepted" counts the second annotator's cells too."""
        case, got = self.case, (self.topic, self.aspect)
        cells = {(case.topic, case.aspect), *case.also}
        return {
            "topic": self.topic == case.topic,
            "aspect": self.aspect == case.aspect,
            "joint": got == (case.topic, case.aspect),
            "topic accepted": self.topic in {topic for topic, _ in cells},
            "joint accepted": got in cells,
        }


def questions() -> Iterator[Case]:
    """Every development question about a topic."""
    known = {entry["text"]: entry for entry in _load("also_right.yml")}

    def case(kind: str, text: str, topic: str, aspect: str, population: str) -> Case:
        entry = known.get(text, {})
        also = frozenset(tuple(cell.split(".")[:2]) for cell in entry.get("also", []))
        return Case(kind, text, topic, aspect, population, also, entry.get("needs_topic", False))

    for path in sorted((CASES / "questions").glob("*.yml")):
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        for cell, texts in data["cells"].items():
            aspect, population = cell.split(".")
            yield from (case("document", text, data["topic"], aspect, population) for text in texts)
    for entry in _load("fresh.yml"):
        yield case("fresh", entry["text"], entry["topic"], entry["aspect"], entry.get("population", GENERAL))


class Evaluation:
    """Runs the development data through the assistant.

    Args:
        model: path of a trained model file.
    """

    def __init__(self, model: Path) -> None:
        from bot.assistant import Assistant

        self._assistant = Assistant(model)
        self.questions = [self._try(case) for case in questions()]
        self.off_topic = [
            self._try(Case(kind, text, "", "")) for kind, texts in _load("off_topic.yml").items() for text in texts
        ]

    def _try(self, case: Case) -> Outcome:
        heard = self._assistant.hear(case.text)
        context = Context(topic=case.topic) if case.needs_topic else None
        turn = self._assistant.answer(heard, context)
        said = heard.understood
        sure = said.intents[0][1] if said.intents and said.intents[0][0] != "danger" else heard.confidence
        return Outcome(case, dict(turn.replies[0].custom), said.intent, sure, said.population or GENERAL)

    def intent(self, text: str) -> str:
        """The intent of a message."""
        return self._assistant.hear(text).understood.intent

    def shares(self) -> dict[str, float]:
        """Every share by name, 0 to 1."""
        marks: dict[str, list[bool]] = {}
        for outcome in self.questions:
            for name, right in outcome.right().items():
                marks.setdefault(f"{outcome.case.kind} {name}", []).append(right)
                marks.setdefault(f"all {name}", []).append(right)
            marks.setdefault("danger everyday quiet", []).append(outcome.intent != "danger")
            if outcome.case.kind == "fresh":
                marks.setdefault("fresh population", []).append(outcome.population == outcome.case.population)
        for outcome in self.off_topic:
            marks.setdefault(f"off-topic {outcome.case.kind} not answered", []).append(not outcome.answered)
        told = _load("talk.yml")
        kinds = (("dialogue acts", "", told["intents"]), ("elliptical questions", "ask_", told["elliptical"]))
        for name, prefix, groups in kinds:
            for intent, lines in groups.items():
                texts = [line["text"] if isinstance(line, dict) else line for line in lines]
                marks.setdefault(name, []).extend(self._acts(text, prefix + intent) for text in texts)
        for entry in _load("neighbours.yml"):
            outcome = self._try(Case("neighbours", entry["text"], "", ""))
            reached = outcome.custom.get("answer_id") in entry["answers"] or outcome.intent in entry["answers"]
            marks.setdefault("neighbouring questions", []).append(reached)
        for entry in _load("several.yml"):
            marks.setdefault("several questions", []).append(self._several(entry["text"]) == entry["answers"])
        marks["danger look-alikes quiet"] = [self.intent(text) != "danger" for text in _load("everyday.yml")["texts"]]
        for path in sorted((CASES / "danger").glob("*.yml")):
            positive = yaml.safe_load(path.read_text(encoding="utf-8"))["positive"]
            for half in ("test", "fresh"):
                caught = [self.intent(text) == "danger" for text in positive.get(half, [])]
                marks.setdefault(f"danger {half} caught", []).extend(caught)
        return {name: round(statistics.mean(values), 4) for name, values in marks.items()}

    def _acts(self, text: str, intent: str) -> bool:
        """Whether a message is taken as this dialogue act: by its intent, or by a reply of the kind that the act gets."""
        heard = self._assistant.hear(text)
        if heard.understood.intent == intent:
            return True
        reply = self._assistant.answer(heard).replies[0]
        lead = talk().say({"describe_symptom": "described"}.get(intent, "is_it_this")).partition("{")[0]
        by_text = intent in ("describe_symptom", "is_it_this") and reply.text.startswith(lead)
        return by_text or reply.custom["kind"] == {"compare": "compare", "myth_check": "myth"}.get(intent)

    def _several(self, text: str) -> list[str]:
        turn = self._assistant.answer(self._assistant.hear(text))
        return [f"{reply.custom.get('topic')}.{reply.custom.get('aspect')}" for reply in turn.replies]


def curve(evaluation: Evaluation) -> list[tuple[float, float, float, float]]:
    """Rows (threshold, shares of questions right, near and far off-topic refused) as the confidence threshold rises."""

    def share(outcomes: Sequence[Outcome], keep: float, wanted: bool) -> float:
        answered = [outcome.answered and outcome.confidence >= keep for outcome in outcomes]
        rights = [outcome.right()["joint accepted"] for outcome in outcomes] if wanted else [True] * len(outcomes)
        return statistics.mean(a and r if wanted else not a for a, r in zip(answered, rights))

    near, far = ([o for o in evaluation.off_topic if o.case.kind == kind] for kind in ("near", "far"))
    steps = (0.0, 0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.8)
    return [(s, share(evaluation.questions, s, True), share(near, s, False), share(far, s, False)) for s in steps]


def calibration(outcomes: Sequence[Outcome], bins: int = 5) -> tuple[list[tuple[float, float, float, int]], float]:
    """Rows (from, mean confidence, share right, count) of equal bins, and the expected calibration error."""
    rows, error = [], 0.0
    answered = [outcome for outcome in outcomes if outcome.answered]
    for step in range(bins):
        low, high = step / bins, (step + 1) / bins
        inside = [o for o in answered if low <= o.confidence < high or (step == bins - 1 and o.confidence >= high)]
        if inside:
            sure = statistics.mean(o.confidence for o in inside)
            right = statistics.mean(o.right()["joint accepted"] for o in inside)
            rows.append((low, sure, right, len(inside)))
            error += abs(sure - right) * len(inside) / len(answered)
    return rows, error


def confusions(outcomes: Sequence[Outcome], name: str) -> list[tuple[str, str, int]]:
    """The commonest (right, got, count) pairs of topic or aspect among answers that are not accepted."""
    wrong = [o for o in outcomes if not o.right()["joint accepted"] and getattr(o.case, name) != getattr(o, name)]
    counted = Counter((getattr(o.case, name), getattr(o, name)) for o in wrong)
    return [(right, got, n) for (right, got), n in counted.most_common(12)]


def plot(outcomes: Sequence[Outcome], path: Path) -> None:
    """Two confusion matrices as a PNG: topics and aspects, rows right, columns got."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    vocabulary = knowledge().vocabulary
    figure, axes = pyplot.subplots(1, 2, figsize=(22, 11), gridspec_kw={"width_ratios": [2, 1]})
    for axis, name, labels in zip(axes, ("topic", "aspect"), (vocabulary.topics, tuple(vocabulary.aspects))):
        columns = [*labels, ASKED_BACK]
        counts = np.zeros((len(labels), len(columns)))
        for outcome in outcomes:
            got = getattr(outcome, name)
            counts[labels.index(getattr(outcome.case, name)), columns.index(got if got in columns else ASKED_BACK)] += 1
        axis.imshow(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1), cmap="Blues", vmin=0, vmax=1)
        for (row, column), count in np.ndenumerate(counts):
            if count:
                colour = "white" if row == column else "black"
                axis.text(column, row, int(count), ha="center", va="center", fontsize=8, color=colour)
        axis.set_xticks(range(len(columns)), columns, rotation=90)
        axis.set_yticks(range(len(labels)), labels)
        axis.set_title(f"{name}: rows are right, columns were answered")
    figure.tight_layout()
    figure.savefig(path, dpi=70)
    pyplot.close(figure)


def report(evaluation: Evaluation, shares: dict[str, float]) -> str:
    """docs/evaluation.md."""
    kinds = {kind: sum(o.case.kind == kind for o in evaluation.questions) for kind in ("document", "fresh")}
    rows, error = calibration(evaluation.questions)
    measures = ("topic", "aspect", "joint", "topic accepted", "joint accepted")
    lines = [
        "# Evaluation on the development data",
        "",
        "Written by `make evaluate`; do not edit. Measured on what a person gets: model, core and the reply's `custom`.",
        "",
        f"*document*: {kinds['document']} questions that came with the vocabulary of topics, a half never trained on. "
        f"*fresh*: {kinds['fresh']} questions of an author who saw no training data.",
        "Many questions fit more than one cell. *Accepted* also counts the cells that a second annotator, who saw no "
        "prediction, found equally right (tests/cases/also_right.yml). Questions that name no subject are asked within a "
        "talk about theirs.",
        "",
        "| share right, % | " + " | ".join(measures) + " |",
        "|---|" + "---|" * len(measures),
    ]
    for kind in (*kinds, "all"):
        lines.append(f"| {kind} | " + " | ".join(f"{100 * shares[f'{kind} {m}']:.1f}" for m in measures) + " |")
    rest = [name for name in shares if name.split()[0] not in (*kinds, "all")]
    lines += ["", "| other figures | % |", "|---|---|"]
    lines += [f"| {name} | {100 * shares[name]:.1f} |" for name in ("fresh population", *rest)]
    link = f"[the evaluation of the triage]({TRIAGE_REPORT.name})"
    lines += ["", "## Triage in short", "", f"From {link}, which `make evaluate-triage` writes. What the figures mean,"]
    lines += ["all others, danger signs by state, and what other programs have published stand there.", ""]
    lines += triage_summary()
    lines += ["", "## Off-topic curve", "", "Answers below the threshold are withheld; the assistant runs at 0.5.", ""]
    lines += ["| threshold | questions answered rightly, % | near refused, % | far refused, % |", "|---|---|---|---|"]
    for step, right, near, far in curve(evaluation):
        lines.append(f"| {step:.2f} | {100 * right:.1f} | {100 * near:.1f} | {100 * far:.1f} |")
    lines += ["", "## Calibration", "", f"Expected calibration error of the confidence: {100 * error:.1f} points.", ""]
    lines += ["| confidence from | mean confidence, % | right (accepted), % | questions |", "|---|---|---|---|"]
    lines += [f"| {low:.1f} | {100 * sure:.1f} | {100 * right:.1f} | {n} |" for low, sure, right, n in rows]
    for name in ("topic", "aspect"):
        lines += ["", f"## Worst confusions: {name}", "", "| right | answered | questions |", "|---|---|---|"]
        lines += [f"| {right} | {got} | {n} |" for right, got, n in confusions(evaluation.questions, name)]
    lines += ["", "![Confusion matrices of topics and aspects](confusions.png)", ""]
    return "\n".join(lines)


def _load(name: str) -> Any:
    return yaml.safe_load((CASES / name).read_text(encoding="utf-8"))


def main(arguments: Sequence[str]) -> int:
    """Command line."""
    from bot import logs

    model = ensure_trained()
    logs.configure(logging.ERROR)
    evaluation = Evaluation(model)
    shares = evaluation.shares()
    if "--json" not in arguments:
        REPORT.write_text(report(evaluation, shares), encoding="utf-8")
        plot(evaluation.questions, PLOT)
    print(json.dumps(shares) if "--json" in arguments else REPORT.read_text(encoding="utf-8"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Whether a danger sign acts in a sentence: our reading of denial, time and person beside two kept libraries on the same hits.

The libraries do not fit Rasa's pins, so this runs in an environment of its own:

    uv venv var/context
    uv pip install --python var/context negspacy==1.0.4 medspacy==1.3.1 numpy==1.23.5 scipy pyyaml jsonschema jinja2
    var/context/bin/python -m benchmarks.context
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import medspacy.context  # noqa: F401  (registers the component)
import spacy
from negspacy.negation import Negex  # noqa: F401  (registers the component)
from spacy.tokens import Doc, Span

from benchmarks.flag_states import ASSERTED, Wording, wordings
from benchmarks.reporting import Share, count, table
from hypnic.danger import DangerScreen, Finding
from hypnic.yamlfile import ROOT

Acts = Callable[[str, list[Finding]], bool]
LABEL = "SIGN"
STATES = ("denied", "past", "other", "hypothetical", "question")


def ours(text: str, hits: list[Finding]) -> bool:
    """What the danger screen says itself."""
    return any(hit.state == ASSERTED for hit in hits)


def negex() -> Acts:
    """NegEx as in negspacy: only denial."""
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    nlp.add_pipe("negex", config={"ent_types": [LABEL]})
    return lambda text, hits: any(not span._.negex for span in _marked(nlp, text, hits).ents)


def context() -> Acts:
    """ConText as in medspaCy: denial, past, hypothetical, family and uncertain."""
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    nlp.add_pipe("medspacy_context")
    names = ("is_negated", "is_historical", "is_hypothetical", "is_family", "is_uncertain")
    return lambda text, hits: any(not any(getattr(span._, name) for name in names) for span in _marked(nlp, text, hits).ents)


def _marked(nlp: spacy.Language, text: str, hits: list[Finding]) -> Doc:
    doc = nlp.make_doc(text)
    spans = [doc.char_span(hit.start, hit.end, label=LABEL, alignment_mode="expand") for hit in hits]
    doc.ents = spacy.util.filter_spans([span for span in spans if isinstance(span, Span)])
    for _, pipe in nlp.pipeline:
        doc = pipe(doc)
    return doc


def main() -> None:
    """Print the table."""
    warnings.filterwarnings("ignore")
    screen = DangerScreen.load(ROOT / "data" / "triage")
    found: list[tuple[Wording, list[Finding]]] = []
    for wording in wordings():
        hits = [hit for hit in screen.screen(wording.text) if hit.flag == wording.flag]
        if hits and wording.part != "dev":
            found.append((wording, hits))
    rows = []
    for name, acts in (("own rules", ours), ("negspacy", negex()), ("medspaCy ConText", context())):
        said = [(wording.state, acts(wording.text, hits)) for wording, hits in found]
        shares: list[Share] = [count(acting for state, acting in said if state == ASSERTED)]
        shares += [count(not acting for state, acting in said if state == wanted) for wanted in STATES]
        shares += [count(acting == (state == ASSERTED) for state, acting in said if state in (ASSERTED, *STATES))]
        rows.append([name, *shares])
    head = ["reading", "true signs that act", *(f"{state}: kept quiet" for state in STATES), "all right"]
    print("\n".join(table(head, rows)))


if __name__ == "__main__":
    main()

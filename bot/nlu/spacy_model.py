"""Builds the spaCy pipeline that SpacyNLP loads: tokeniser, lemmas, and a ruler fed from the knowledge base.

No trained spaCy model is used: `spacy.blank("en")` with lookup lemmas is enough to find an editor's wordings in any
word form, and it loads in a tenth of a second.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import spacy
from spacy.language import Language

from hypnic.knowledge import Knowledge
from hypnic.yamlfile import ROOT

FOLDER = ROOT / "models" / "spacy"
TOPIC, POPULATION = "topic", "population"


def build(base: Knowledge) -> Language:
    """The pipeline: its entities carry label topic or population and the id; a finer subject's id is topic/fine_topic."""
    nlp = spacy.blank("en")
    nlp.add_pipe("lemmatizer", config={"mode": "lookup"})
    nlp.initialize()
    patterns = []
    for topic in base.topics.values():
        finer = {wording for fine in topic.fine_topics for wording in fine.wordings}
        names = {topic.title.lower(), topic.short.lower(), *map(str.lower, topic.also_called), *topic.wordings}
        for wording in names - finer:
            patterns.append(_pattern(nlp, TOPIC, topic.id, wording))
        for fine in topic.fine_topics:
            patterns += [_pattern(nlp, TOPIC, f"{topic.id}/{fine.id}", wording) for wording in fine.wordings]
    for population in base.vocabulary.populations.values():
        for wording in population.wordings:
            patterns.append(_pattern(nlp, POPULATION, population.id, wording))
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns(patterns)  # type: ignore[attr-defined]
    return nlp


def _pattern(nlp: Language, label: str, value: str, wording: str) -> dict[str, object]:
    tokens = [{"LEMMA": token.lemma_.lower()} for token in nlp(wording.lower()) if not token.is_punct]
    return {"label": label, "id": value, "pattern": tokens}


def save(base: Knowledge, folder: Path = FOLDER) -> Path:
    """Write the pipeline where config.yml tells SpacyNLP to look. Returns the folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    build(base).to_disk(folder)
    return folder

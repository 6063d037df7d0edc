"""Training data from data/nlu and from the knowledge base: questions of details and wordings of myths are examples, too."""

from __future__ import annotations

from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.constants import INTENT, METADATA, METADATA_INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from hypnic.knowledge import Knowledge


class KnowledgeImporter(RasaFileImporter):
    """Adds the example questions that stand beside the texts they ask for, so that editors write them only once."""

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        """Examples of data/nlu and of data/knowledge. Raises DataError."""
        return super().get_nlu_data(language).merge(TrainingData(examples(Knowledge.load())))


def examples(base: Knowledge) -> list[Message]:
    """One training message for each question of a detail and each wording of a myth."""
    made = []
    for detail in base.details():
        block = {"topic": detail.topic, "population": detail.population, "asked_for": detail.id}
        made += [_message(text, f"ask_{detail.aspect}", block) for text in detail.questions]
    for topic in base.topics.values():
        for myth in topic.myths:
            block = {"topic": topic.id, "asked_for": myth.full_id}
            made += [_message(text, "myth_check", block) for text in myth.wordings]
    return made


def _message(text: str, intent: str, block: dict[str, str]) -> Message:
    return Message({TEXT: text, INTENT: intent, METADATA: {METADATA_INTENT: block}})

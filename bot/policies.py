"""Rasa policy: danger outranks everything, also in the middle of the check, until it is over."""

from __future__ import annotations

from typing import Any

from rasa.core.featurizers.tracker_featurizers import TrackerFeaturizer
from rasa.core.policies.policy import Policy, PolicyPrediction, SupportedData
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.generator import TrackerWithCachedStates
from rasa.shared.core.trackers import DialogueStateTracker

from bot.nlu.danger import SUSPECTED
from hypnic.danger import DangerScreen, asserted
from hypnic.emergency import Outcomes
from hypnic.interview import Interview
from hypnic.recent import asked_by_danger, newly_combined, recent_texts
from hypnic.yamlfile import ROOT

ACTION_DANGER, ACTION_EMERGENCY = "action_danger", "action_emergency"
# Each of these answers the whole turn. Rasa would run a form that such an action started in the same turn once more.
WHOLE_TURN = frozenset({ACTION_DANGER, ACTION_EMERGENCY, "action_answer", "action_start_check", "check_form"})
PRIORITY = 100  # above RulePolicy's 6, whose forms come before its rules
# What a person may still do in an emergency besides being helped.
ALLOWED = frozenset({"delete", "privacy", "start_again"})

SHORT_ANSWERS = frozenset({"affirm", "deny", "dont_know"})  # to the question at the end of an urgent text
ANSWER_WORDS = 6  # a suspected danger in a longer message is never taken for a mere answer of the check


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True)
class DangerPolicy(Policy):
    """Chooses action_danger for a danger sign, also one that only several messages together make, and action_emergency for
    every other message as long as the slot `emergency` is set; then action_listen. In all other turns it says nothing."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"priority": PRIORITY}

    @staticmethod
    def supported_data() -> SupportedData:
        return SupportedData.ML_AND_RULE_DATA

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        featurizer: TrackerFeaturizer | None = None,
    ) -> None:
        super().__init__(config, model_storage, resource, execution_context, featurizer)
        self._screen = DangerScreen.load(ROOT / "data" / "triage")
        self._outcomes = Outcomes.load(ROOT / "data" / "triage")
        self._interview = Interview(ROOT / "data" / "triage")

    def train(self, training_trackers: list[TrackerWithCachedStates], domain: Domain, **kwargs: Any) -> Resource:
        """Nothing is learned."""
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> DangerPolicy:
        return cls(config, model_storage, resource, execution_context)

    def predict_action_probabilities(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        rule_only_data: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> PolicyPrediction:
        """Certain or silent."""
        action = self._action(tracker)
        result = self._default_predictions(domain)
        if action is not None:
            result[domain.index_for_action(action)] = 1.0
        # Rasa lets predictions of this kind, as those of a running form, overrule all others; then the priority decides.
        return self._prediction(result, is_no_user_prediction=action is not None)

    def _only_answers(self, tracker: DialogueStateTracker) -> bool:
        """Whether a short message is but suspected, and is one of the answers that the check waits for ("goes stiff").

        A longer one may tell more than the words by which it was taken for an answer.
        """
        question = self._interview.questions.get((tracker.get_slot("check") or {}).get("asked", ""))
        message = tracker.latest_message
        if question is None or message is None or not message.parse_data.get(SUSPECTED):
            return False
        text = message.text or ""
        return len(text.split()) <= ANSWER_WORDS and question.chosen(text, self._interview.denial) is not None

    def _action(self, tracker: DialogueStateTracker) -> str | None:
        if tracker.latest_action_name in WHOLE_TURN:
            return ACTION_LISTEN_NAME
        if tracker.latest_action_name != ACTION_LISTEN_NAME or tracker.latest_message is None:
            return None
        intent = tracker.latest_message.intent.get("name")
        if tracker.get_slot("emergency"):  # another danger counts at once, a suspicion says nothing new
            new = asserted(self._screen.screen(tracker.latest_message.text or ""))
            ended = self._outcomes.mode.ended(tracker.latest_message.text or "")
            return ACTION_DANGER if new else None if intent in ALLOWED and not ended else ACTION_EMERGENCY
        if intent == "danger":
            return None if self._only_answers(tracker) else ACTION_DANGER
        events = [event.as_dict() for event in tracker.events]
        if intent in SHORT_ANSWERS and asked_by_danger(events):
            return ACTION_DANGER
        texts = recent_texts(events)
        if newly_combined(self._screen, texts, tracker.get_slot("danger_flags") or []):
            return ACTION_DANGER
        return None

"""Patches, logs, store, training stamp, kernel model, encoder and danger detector."""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.quiet import hush

hush()

import rasa
from jsonschema import ValidationError
from rasa.core.actions.action import RemoteAction
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import SessionStarted, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from scipy import sparse

from bot import patches, train
from bot.logs import PlaceFormatter
from bot.nlu.danger import DangerDetector
from bot.nlu.encoder import EncoderError, MiniLM, encoder
from bot.nlu.kernel import CellModel
from bot.nlu.understanding import SUSPICION
from bot.stores import ConversationStore
from hypnic.checks import TRIAGE
from hypnic.danger import DangerScreen
from hypnic.knowledge import Knowledge

STOCK = RemoteAction._validate_action_result
RESULTS: list[Any] = [
    {"events": [], "responses": []},
    {"events": [{"event": "slot", "name": "a", "value": 1}], "responses": [{"text": "x"}]},
    {"events": "none", "responses": []},
    {"events": [], "responses": 5},
    {"events": [{"event": 5}], "responses": []},
    {},
    [],
    "text",
]


@pytest.mark.parametrize("result", RESULTS, ids=range(len(RESULTS)))
def test_the_prebuilt_validator_judges_as_the_stock_one(result: Any) -> None:
    """Both accept and reject the same results of actions."""
    action = RemoteAction("a", None)

    def accepts(validate: Any) -> bool:
        try:
            return bool(validate(action, result))
        except ValidationError:
            return False

    assert accepts(STOCK) == accepts(patches._validate_action_result)


def test_patches_are_for_one_version_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another version of Rasa is left alone."""
    monkeypatch.setattr(RemoteAction, "_validate_action_result", STOCK)
    monkeypatch.setattr(rasa, "__version__", "3.6.99")
    patches.apply()
    assert RemoteAction._validate_action_result is STOCK
    monkeypatch.setattr(rasa, "__version__", patches.VERSION)
    patches.apply()
    assert RemoteAction._validate_action_result is patches._validate_action_result


@pytest.mark.parametrize(("name", "shown"), [("rasa.core.processor", False), ("sanic.root", False), ("bot.channels.web", True)])
def test_messages_of_others_are_not_logged(name: str, shown: bool) -> None:
    """Of other packages only place and type of an error are written."""
    try:
        raise ValueError("my secret words")
    except ValueError:
        info = sys.exc_info()
    record = logging.LogRecord(name, logging.ERROR, "x.py", 12, "my %s words", ("secret",), info)
    written = PlaceFormatter().format(record)
    assert shown == ("secret" in written)
    assert shown or (f"{name}:12" in written and "ValueError" in written)


def test_the_store_forgets(tmp_path: Path) -> None:
    """A deleted conversation is gone from the table and from the bytes of the file; others stay."""
    store = ConversationStore(domain=Domain.empty(), db=str(tmp_path / "talks.db"))

    async def talk() -> None:
        for sender in ("a", "b"):
            tracker = DialogueStateTracker(sender, slots=[])
            tracker.update(SessionStarted())
            tracker.update(UserUttered(f"canary of {sender}"))
            await store.save(tracker)
        assert 2 == await store.delete("a")
        assert await store.retrieve("a") is None
        kept = await store.retrieve("b")
        assert kept is not None and "canary of b" == kept.latest_message.text

    asyncio.run(talk())
    files = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"canary of b" in files
    assert b"canary of a" not in files


def test_the_stamp_follows_what_the_model_is_made_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Wordings and examples change it, the text of an answer does not."""
    base = Knowledge.load()
    before = train.fingerprint(base)
    topic = base.topics["tics"]
    worded = type(topic)(**{**vars(topic), "wordings": (*topic.wordings, "a new wording")})
    told = type(topic)(**{**vars(topic), "answers": {}})
    assert before != train.fingerprint(Knowledge(base.vocabulary, {**base.topics, "tics": worded}, base.sources))
    assert before == train.fingerprint(Knowledge(base.vocabulary, {**base.topics, "tics": told}, base.sources))
    monkeypatch.setattr(train, "PARTS", (*train.PARTS, "README.md"))
    assert before != train.fingerprint(base)


@pytest.fixture(scope="module")
def toy() -> tuple[CellModel, np.ndarray, Any]:
    """A model of three cells with well separated texts."""
    rng = np.random.default_rng(0)
    centres = np.eye(8)[:3]
    dense = np.repeat(centres, 10, axis=0) + 0.1 * rng.normal(size=(30, 8))
    dense = (dense / np.linalg.norm(dense, axis=1, keepdims=True)).astype(np.float32)
    counts = sparse.csr_matrix(np.repeat(np.eye(3), 10, axis=0))
    cells = [("why", "cramps")] * 10 + [("why", "tics")] * 10 + [("greet", "none")] * 10
    return CellModel().fit(dense, counts, cells, np.ones(30)), dense, counts


def test_the_cell_model_learns(toy: tuple[CellModel, np.ndarray, Any]) -> None:
    """Each text gets its own cell, probabilities add up to one, nearness is a cosine."""
    model, dense, counts = toy
    for row, cell in ((0, ("why", "cramps")), (15, ("why", "tics")), (25, ("greet", "none"))):
        judged = model.judge(dense[row : row + 1], counts[row])
        assert cell == judged.cells[0][:2]
        assert 1 == pytest.approx(sum(p for _, _, p in judged.cells), abs=1e-5)
        assert 1 == pytest.approx(sum(p for _, p in judged.intents()), abs=1e-5)
        assert 0.99 < judged.nearness <= 1


def test_a_named_topic_counts(toy: tuple[CellModel, np.ndarray, Any]) -> None:
    """A wording of the knowledge base raises its topic."""
    model, dense, counts = toy
    plain = dict(model.judge(dense[:1], counts[0]).topics())
    named = dict(model.judge(dense[:1], counts[0], frozenset({"tics"})).topics())
    assert named["tics"] > plain["tics"]


def test_a_stored_model_judges_the_same(toy: tuple[CellModel, np.ndarray, Any]) -> None:
    """Storing and loading changes no judgement; nothing is pickled."""
    model, dense, counts = toy
    again = CellModel.from_bytes(model.to_bytes())
    one, two = (m.judge(dense[3:4], counts[3]).cells[0] for m in (model, again))
    assert one[:2] == two[:2]
    assert one[2] == pytest.approx(two[2], abs=1e-2)


def test_foreign_weights_are_refused(tmp_path: Path) -> None:
    """Weights with another hash, or none, are not loaded."""
    with pytest.raises(EncoderError):
        MiniLM(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"something else")
    with pytest.raises(EncoderError):
        MiniLM(tmp_path)


def test_vectors() -> None:
    """Unit vectors of 384 numbers, the same alone and in a batch, near for near meanings."""
    texts = ["why do i jerk when falling asleep", "my body jumps as i doze off", "how do i bake bread"]
    together = encoder().encode(texts)
    assert (3, 384) == together.shape
    assert np.allclose(1, np.linalg.norm(together, axis=1), atol=1e-5)
    encoder()._known.clear()
    assert np.allclose(together[0], encoder().encode(texts[:1])[0], atol=1e-5)
    assert together[0] @ together[1] > together[0] @ together[2] + 0.3


@pytest.mark.parametrize(
    ("danger", "suspicion", "text"),
    [
        (True, 0.0, "my husband is shaking all over and does not answer me"),
        (True, 0.9, "something dreadful that no rule knows"),
        (False, 0.8, "something dreadful that no rule knows"),
        (False, 0.99, "something dreadful " * 15),
        (False, 0.99, "she never had a seizure"),
        (False, 0.0, "why do i jerk when falling asleep"),
    ],
)
def test_danger_outranks(danger: bool, suspicion: float, text: str) -> None:
    """An asserted sign, or a strong suspicion in a short message where no sign was even denied."""
    message = Message({TEXT: text, INTENT: {"name": "ask_why", "confidence": 0.9}, SUSPICION: suspicion})
    (judged,) = DangerDetector(DangerScreen.load(TRIAGE)).process([message])
    assert danger == (judged.get(INTENT)["name"] == "danger")

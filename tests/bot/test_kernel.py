"""The cell model on a toy set."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from scipy import sparse

from bot.nlu.features import Features
from bot.nlu.kernel import CellModel, Example, Judgement

Toy = tuple[CellModel, Features]
CELLS = [("why", "cramps"), ("why", "tics"), ("greet", "none")]
EXAMPLES = [
    Example(*cell, population="child" if n == 0 else "general", asks_for="tics.why.general.nose" if cell[1] == "tics" and n < 2 else "")
    for cell in CELLS
    for n in range(10)
]


@pytest.fixture(scope="module")
def toy() -> Toy:
    """Three cells of ten well separated texts each: the model and the texts' features."""
    rng = np.random.default_rng(0)
    dense = np.repeat(np.eye(8)[:3], 10, axis=0) + 0.1 * rng.normal(size=(30, 8))
    dense = (dense / np.linalg.norm(dense, axis=1, keepdims=True)).astype(np.float32)
    features = Features(dense, sparse.csr_matrix(np.repeat(np.eye(3), 10, axis=0), dtype=np.float32))
    return CellModel().fit(features, features, EXAMPLES), features


def judge(toy: Toy, row: int, model: CellModel | None = None, named: frozenset[str] = frozenset()) -> Judgement:
    one = toy[1][row : row + 1]
    return (model or toy[0]).judge(one, one, named)


@pytest.mark.parametrize("row", range(0, 30, 3))
def test_it_learns(toy: Toy, row: int) -> None:
    """Every text gets its own cell; probabilities add up to one and fall."""
    judged = judge(toy, row)
    assert CELLS[row // 10] == judged.cells[0][:2]
    chances = [p for *_, p in judged.cells]
    assert chances == sorted(chances, reverse=True)
    assert {*CELLS} == {cell[:2] for cell in judged.cells}
    for total in (chances, [p for _, p in judged.intents()], [p for _, p in judged.topics()]):
        assert 1 == pytest.approx(sum(total), abs=1e-5)
    assert 0.99 < judged.nearness <= 1


def test_an_unknown_text_is_far(toy: Toy) -> None:
    """Nearness tells that nothing like it was learned."""
    far = Features(np.eye(8, dtype=np.float32)[7:8], sparse.csr_matrix((1, 3), dtype=np.float32))
    assert toy[0].judge(far, far).nearness < 0.5


def test_a_named_topic_counts(toy: Toy) -> None:
    """A wording of the knowledge base raises its topic."""
    assert dict(judge(toy, 0, named=frozenset({"tics"})).topics())["tics"] > dict(judge(toy, 0).topics())["tics"]


def test_training_has_no_chance_in_it(toy: Toy) -> None:
    """The same data give the same model."""
    again = CellModel().fit(toy[1], toy[1], EXAMPLES)
    assert judge(toy, 4) == judge(toy, 4, again)


def stored(model: CellModel) -> BytesIO:
    buffer = BytesIO()
    np.savez(buffer, **model.state())
    buffer.seek(0)
    return buffer


def test_a_stored_model_judges_the_same(toy: Toy) -> None:
    """Up to the half precision it is stored in; storing it again changes nothing."""
    once = CellModel.restore(np.load(stored(toy[0]), allow_pickle=False))
    twice = CellModel.restore(np.load(stored(once), allow_pickle=False))
    for row in (0, 15, 29):
        first, second = judge(toy, row), judge(toy, row, once)
        assert first.cells[0][:2] == second.cells[0][:2]
        before, after = ({cell[:2]: cell[2] for cell in judged.cells} for judged in (first, second))
        assert before == pytest.approx(after, abs=1e-2)
        assert first.nearness == pytest.approx(second.nearness, abs=1e-2)
        assert second == judge(toy, row, twice)


def test_nothing_is_pickled(toy: Toy) -> None:
    """Every array is readable without pickle and holds no objects."""
    kept = np.load(stored(toy[0]), allow_pickle=False)
    assert not [name for name in kept.files if kept[name].dtype == object]


def test_the_way_of_asking_is_learned_without_the_topic() -> None:
    """What was learned of one topic's masked texts decides the intent of a text about a topic never asked about that way."""
    plain = Features(np.eye(4, dtype=np.float32), sparse.csr_matrix((4, 2), dtype=np.float32))
    words = sparse.csr_matrix([[1, 0], [0, 1], [1, 0], [0, 1]], dtype=np.float32)
    masked = Features(np.zeros((4, 4), dtype=np.float32), words)
    examples = [Example("ask_why", "tics"), Example("ask_tests", "tics"), Example("ask_why", "cramps"), Example("ask_tests", "cramps")]
    model = CellModel().fit(plain, masked, examples)
    nothing = Features(np.full((1, 4), 0.5, dtype=np.float32), sparse.csr_matrix((1, 2), dtype=np.float32))
    for row, intent in ((0, "ask_why"), (1, "ask_tests")):
        assert intent == model.judge(nothing, masked[row : row + 1]).intents()[0][0]


def test_people_and_what_is_asked_for(toy: Toy) -> None:
    """The population scores add up to about one; the nearest example question names its text."""
    judged = judge(toy, 10)
    assert {"child", "general"} == {name for name, _ in judged.populations}
    ((wanted, cosine, lead),) = judged.asked_for
    assert ("tics.why.general.nose", pytest.approx(1, abs=1e-2)) == (wanted, cosine)
    assert lead > 0
    assert judge(toy, 15).asked_for[0][2] < 0, "an ordinary example of the topic is nearer"
    assert ("why", "tics") == judged.nearest

"""The cell model on a toy set."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from bot.nlu.kernel import CellModel, Judgement

Toy = tuple[CellModel, Any, Any]
CELLS = [("why", "cramps"), ("why", "tics"), ("greet", "none")]


@pytest.fixture(scope="module")
def toy() -> Toy:
    """Three cells of ten well separated texts each: model, vectors, counts."""
    rng = np.random.default_rng(0)
    dense = np.repeat(np.eye(8)[:3], 10, axis=0) + 0.1 * rng.normal(size=(30, 8))
    dense = (dense / np.linalg.norm(dense, axis=1, keepdims=True)).astype(np.float32)
    counts = sparse.csr_matrix(np.repeat(np.eye(3), 10, axis=0))
    return CellModel().fit(dense, counts, [cell for cell in CELLS for _ in range(10)], np.ones(30)), dense, counts


def judge(toy: Toy, row: int, model: CellModel | None = None, named: frozenset[str] = frozenset()) -> Judgement:
    return (model or toy[0]).judge(toy[1][row : row + 1], toy[2][row], named)


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
    far = np.eye(8, dtype=np.float32)[7:8]
    assert toy[0].judge(far, sparse.csr_matrix((1, 3))).nearness < 0.5


def test_a_named_topic_counts(toy: Toy) -> None:
    """A wording of the knowledge base raises its topic."""
    assert dict(judge(toy, 0, named=frozenset({"tics"})).topics())["tics"] > dict(judge(toy, 0).topics())["tics"]


def test_training_has_no_chance_in_it(toy: Toy) -> None:
    """The same data give the same model."""
    again = CellModel().fit(toy[1], toy[2], [cell for cell in CELLS for _ in range(10)], np.ones(30))
    assert judge(toy, 4) == judge(toy, 4, again)


def test_a_stored_model_judges_the_same(toy: Toy) -> None:
    """Up to the half precision it is stored in; storing it again changes nothing."""
    once = CellModel.from_bytes(toy[0].to_bytes())
    twice = CellModel.from_bytes(once.to_bytes())
    for row in (0, 15, 29):
        first, second = judge(toy, row), judge(toy, row, once)
        assert first.cells[0][:2] == second.cells[0][:2]
        before, after = ({cell[:2]: cell[2] for cell in judged.cells} for judged in (first, second))
        assert before == pytest.approx(after, abs=1e-2)
        assert first.nearness == pytest.approx(second.nearness, abs=1e-2)
        assert second == judge(toy, row, twice)


def test_nothing_is_pickled(toy: Toy) -> None:
    """Every array is readable without pickle and holds no objects; an archive with objects is refused."""
    stored = np.load(BytesIO(toy[0].to_bytes()), allow_pickle=False)
    assert not [name for name in stored.files if stored[name].dtype == object]
    hostile = BytesIO()
    np.savez(hostile, settings=np.array([{}], dtype=object))
    with pytest.raises(ValueError, match="pickle"):
        CellModel.from_bytes(hostile.getvalue())

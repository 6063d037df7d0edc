"""all-MiniLM-L6-v2 as a graph for ONNX Runtime, drawn up over the published file of weights.

The layers are those of BERT (Devlin et al. 2019) with the sizes of the model's config.json; the vector of a text is the mean
of its tokens' states, scaled to length one, as in the model's own description. Attention, the sums with layer normalisation
and the activation are ONNX Runtime's fused operators. The graph only names the places of the weights in the file, which
ONNX Runtime maps into memory, so that the words nobody uses take no memory.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

FUSED = "com.microsoft"  # the domain of ONNX Runtime's own operators
OPSET, FUSED_OPSET, IR_VERSION = 17, 1, 8
RESULT = "vectors"

Embed = Callable[[np.ndarray, np.ndarray], np.ndarray]


def embedder(folder: Path, threads: int) -> Embed:
    """The forward pass.

    Args:
        folder: holds config.json and model.safetensors (float32).
        threads: how many cores one call may use.

    Returns:
        A function from token ids and attention mask, both whole numbers of shape (texts, tokens), to unit vectors, float32,
        of shape (texts, hidden_size).

    Raises:
        OSError: a file cannot be read.
        KeyError: the config or the weights lack an entry.
        ValueError: the weights are no file of safetensors, or not in float32.
    """
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    graph = _Graph(folder / "model.safetensors")
    _draw(graph, config)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    # Waiting threads would keep a core busy that the action server needs.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(folder))
    session = onnxruntime.InferenceSession(graph.model(config["hidden_size"]), options, providers=["CPUExecutionProvider"])

    def embed(ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        vectors: np.ndarray = session.run([RESULT], {"ids": ids.astype(np.int64), "mask": mask.astype(np.int32)})[0]
        return vectors

    return embed


class _Graph:
    """Collects operators and their fixed inputs.

    Args:
        file: of the weights: eight bytes with the length of a header in JSON, the header with type, shape and place of each
            tensor, the tensors (https://github.com/huggingface/safetensors, "Format").
    """

    def __init__(self, file: Path) -> None:
        with file.open("rb") as opened:
            length = int.from_bytes(opened.read(8), "little")
            self._places = json.loads(opened.read(length))
        self._file, self._start = file.name, 8 + length
        self._nodes: list[Any] = []
        self._tensors: dict[str, Any] = {}

    def weight(self, name: str) -> str:
        """A tensor of the file."""
        place = self._places[name]
        if place["dtype"] != "F32":
            raise ValueError(f"{self._file}: {name} is {place['dtype']}, not F32")
        begin, end = place["data_offsets"]
        tensor = TensorProto(
            name=name, dims=place["shape"], data_type=TensorProto.FLOAT, data_location=TensorProto.EXTERNAL
        )
        for key, value in (("location", self._file), ("offset", self._start + begin), ("length", end - begin)):
            tensor.external_data.add(key=key, value=str(value))
        self._tensors[name] = tensor
        return name

    def turned(self, name: str) -> str:
        """A matrix of the file, transposed; ONNX Runtime does this once, when the session begins."""
        return self.op("Transpose", [self.weight(name)], perm=[1, 0])

    def number(self, value: int) -> str:
        """An axis or an index."""
        name = f"number {value}"
        self._tensors[name] = numpy_helper.from_array(np.array([value], np.int64), name)
        return name

    def op(self, kind: str, inputs: list[str], domain: str = "", output: str = "", **settings: Any) -> str:
        """An operator; the name of its result."""
        output = output or f"{kind} {len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [output], domain=domain, **settings))
        return output

    def model(self, dimensions: int) -> bytes:
        """The graph in ONNX's format."""
        tokens = ["texts", "tokens"]
        kinds = {"ids": TensorProto.INT64, "mask": TensorProto.INT32}
        inputs = [helper.make_tensor_value_info(name, kind, tokens) for name, kind in kinds.items()]
        output = helper.make_tensor_value_info(RESULT, TensorProto.FLOAT, ["texts", dimensions])
        graph = helper.make_graph(self._nodes, "minilm", inputs, [output], list(self._tensors.values()))
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(FUSED, FUSED_OPSET)]
        return bytes(helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION).SerializeToString())


def _draw(graph: _Graph, config: Mapping[str, Any]) -> None:
    """Adds the whole model."""
    weight, op, epsilon = graph.weight, graph.op, float(config["layer_norm_eps"])

    def norm(name: str) -> list[str]:
        return [weight(f"{name}.weight"), weight(f"{name}.bias")]

    def product(inner: str, name: str) -> list[str]:
        """A matrix product, and the bias that the next operator adds."""
        return [op("MatMul", [inner, graph.turned(f"{name}.weight")]), weight(f"{name}.bias")]

    def added(inner: str, states: str, name: str) -> str:
        """The states after a part of a layer: its projection and bias added, then normalised."""
        projected, bias = product(inner, f"{name}.dense")
        inputs = [projected, states, *norm(f"{name}.LayerNorm"), bias]
        return op("SkipLayerNormalization", inputs, FUSED, epsilon=epsilon)

    words = op("Gather", [weight("embeddings.word_embeddings.weight"), "ids"])
    length = op("Shape", ["ids"], start=1, end=2)
    places = op("Slice", [weight("embeddings.position_embeddings.weight"), graph.number(0), length])
    # Every text is one segment: all its tokens have the first type.
    segment = op("Gather", [weight("embeddings.token_type_embeddings.weight"), graph.number(0)])
    summed = op("Add", [words, op("Add", [places, segment])])
    states = op("LayerNormalization", [summed, *norm("embeddings.LayerNorm")], axis=-1, epsilon=epsilon)
    for layer in range(config["num_hidden_layers"]):
        name = f"encoder.layer.{layer}"
        own = [f"{name}.attention.self.{part}" for part in ("query", "key", "value")]
        projection = op("Concat", [graph.turned(f"{part}.weight") for part in own], axis=1)
        shift = op("Concat", [weight(f"{part}.bias") for part in own], axis=0)
        seen = op("Attention", [states, projection, shift, "mask"], FUSED, num_heads=config["num_attention_heads"])
        states = added(seen, states, f"{name}.attention.output")
        active = op("BiasGelu", product(states, f"{name}.intermediate.dense"), FUSED)
        states = added(active, states, f"{name}.output")
    counted = op("Unsqueeze", [op("Cast", ["mask"], to=TensorProto.FLOAT), graph.number(2)])
    total = op("ReduceSum", [op("Mul", [states, counted]), graph.number(1)], keepdims=0)
    op("Div", [total, op("ReduceL2", [total], axes=[1], keepdims=1)], output=RESULT)

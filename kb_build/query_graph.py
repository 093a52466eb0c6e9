"""Shrinks an exported ONNX graph: int8 products, a packed word table, no trace of the machine.

It knows nothing of torch, of tokenizers, or of which model the graph came from.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

_CONTRIB: Final = "com.microsoft"
_BLOCK: Final = 32
# A lookup table below this many weights is a position or type table: not worth a rewrite.
_SMALL_TABLE: Final = 1_000_000


def strip_traces(model: Any) -> None:
    """Remove names of source files, stack traces and versions that the exporter leaves behind.

    They would make the bytes of a snapshot depend on where the software is installed.

    Args:
        model: ``onnx.ModelProto``, changed in place.
    """
    model.producer_name, model.producer_version, model.doc_string = "wenlu", "", ""
    graph = model.graph
    del model.metadata_props[:], graph.metadata_props[:], graph.value_info[:]
    graph.doc_string = ""
    for part in (*graph.node, *graph.initializer, *graph.input, *graph.output):
        part.doc_string = ""
        del part.metadata_props[:]


def quantize_products(source: Path, target: Path) -> None:
    """Write the graph with int8 matrix products.

    Weights are int8 per output channel, activations are scaled at run time. ``reduce_range``
    keeps 16-bit sums from saturating on processors without VNNI; it costs nothing measurable.
    Source: findings/models.md; per tensor instead of per channel the cosine to fp32 falls from
    .997 to .970 (300 titles and questions of this repository).
    """
    model = onnx.load(source)
    # Without this entry the quantiser asks for shape inference, which this graph does not need.
    model.metadata_props.add(key="onnx.quant.pre_process", value="onnxruntime.quant")
    quantize_dynamic(
        model,
        target,
        op_types_to_quantize=["MatMul", "Gemm"],
        per_channel=True,
        reduce_range=True,
        weight_type=QuantType.QInt8,
    )


@dataclass(frozen=True, slots=True)
class PackedTable:
    """A lookup table in blocks of 32 weights with one scale each.

    Attributes:
        values: uint8 ``[rows, columns * bits / 8]``, unsigned, two 4-bit values a byte.
        scales: float32 ``[rows, columns / 32]``; weight = (value - 2 ** (bits - 1)) * scale.
        bits: 4 or 8.
    """

    values: NDArray[np.uint8]
    scales: NDArray[np.float32]
    bits: int


def pack_table(table: NDArray[np.float32]) -> PackedTable:
    """Pack a table into 4 bits when nothing is lost by it, and into 8 bits otherwise.

    The packaged model was rounded to just such 4-bit blocks by its author, so it packs without
    loss; other models lose at most 1/254 of a block's largest weight.

    Args:
        table: float32 ``[rows, columns]``; columns must be a multiple of 32.
    """
    blocks = table.reshape(len(table), -1, _BLOCK)
    peak = np.take_along_axis(blocks, np.abs(blocks).argmax(-1, keepdims=True), -1)
    for bits, scales in ((4, peak / -8), (8, peak / -127)):
        middle = 1 << (bits - 1)
        steps = np.round(blocks / np.where(scales == 0, 1, scales))
        steps = steps.clip(-middle, middle - 1)
        if bits == 8 or np.array_equal(steps * scales, blocks):
            break
    values: NDArray[np.uint8] = (steps + middle).astype(np.uint8).reshape(table.shape)
    if bits == 4:
        values = values[:, ::2] | (values[:, 1::2] << np.uint8(4))
    return PackedTable(values, scales[..., 0].astype(np.float32), bits)


def pack_word_table(model: Any) -> None:
    """Replace the word embedding lookup, most of a small model's bytes, by a packed one.

    Args:
        model: ``onnx.ModelProto``, changed in place; left alone when it has no large table
            whose rows are a multiple of 32 wide.
    """
    graph = model.graph
    constants = {constant.name: constant for constant in graph.initializer}
    for position, node in enumerate(graph.node):
        constant = constants.get(node.input[0]) if node.op_type == "Gather" else None
        if constant is None or not _is_packable(constant, graph):
            continue
        packed = pack_table(numpy_helper.to_array(constant))
        graph.initializer.remove(constant)
        for name, array in (("packed", packed.values), ("scales", packed.scales)):
            graph.initializer.append(numpy_helper.from_array(array, f"word_table.{name}"))
        graph.node[position].CopyFrom(_packed_lookup(node, packed.bits))
        if all(used.domain != _CONTRIB for used in model.opset_import):
            model.opset_import.append(helper.make_opsetid(_CONTRIB, 1))
        return


def _is_packable(constant: Any, graph: Any) -> bool:
    uses = sum(constant.name in node.input for node in graph.node)
    return (
        uses == 1
        and constant.data_type == onnx.TensorProto.FLOAT
        and len(constant.dims) == 2
        and constant.dims[1] % _BLOCK == 0
        and constant.dims[0] * constant.dims[1] >= _SMALL_TABLE
    )


def _packed_lookup(gather: Any, bits: int) -> Any:
    return helper.make_node(
        "GatherBlockQuantized",
        ["word_table.packed", gather.input[1], "word_table.scales"],
        list(gather.output),
        domain=_CONTRIB,
        gather_axis=0,
        quantize_axis=1,
        block_size=_BLOCK,
        bits=bits,
    )

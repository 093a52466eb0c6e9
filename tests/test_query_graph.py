"""Shrinking a graph, on tables and graphs small enough to see."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from kb_build.query_graph import PackedTable, pack_table, pack_word_table, strip_traces


def random_table(rows: int, columns: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    return np.random.default_rng(7).normal(size=(rows, columns)).astype(np.float32)


def unpack(packed: PackedTable, columns: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    values = packed.values
    if packed.bits == 4:
        values = np.stack([values & 15, values >> 4], axis=-1).reshape(len(values), columns)
    steps = values.astype(np.float32) - (1 << (packed.bits - 1))
    return steps * np.repeat(packed.scales, 32, axis=1)


def four_bit_table(rows: int, columns: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    random = np.random.default_rng(7)
    steps = random.integers(-7, 8, size=(rows, columns // 32, 32))
    steps[..., 5] = -8
    scales = random.normal(size=(rows, columns // 32, 1)).astype(np.float16)
    return (steps * scales.astype(np.float32)).reshape(rows, columns).astype(np.float32)


def lookup_graph(table: np.ndarray[Any, np.dtype[np.float32]]) -> Any:
    nodes = [helper.make_node("Gather", ["table", "ids"], ["rows"])]
    nodes[0].doc_string = "File '/home/somebody/model.py', line 1"
    graph = helper.make_graph(
        nodes,
        "lookup",
        [helper.make_tensor_value_info("ids", TensorProto.INT64, ["n"])],
        [helper.make_tensor_value_info("rows", TensorProto.FLOAT, ["n", table.shape[1]])],
        [numpy_helper.from_array(table, "table")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


def test_weights_that_are_four_bit_pack_without_loss() -> None:
    table = four_bit_table(50, 64)
    packed = pack_table(table)
    assert (packed.bits, packed.values.shape) == (4, (50, 32))
    np.testing.assert_array_equal(unpack(packed, 64), table)


def test_other_weights_take_eight_bits_and_lose_little() -> None:
    table = random_table(50, 64)
    packed = pack_table(table)
    assert (packed.bits, packed.values.shape) == (8, (50, 64))
    largest = np.abs(table.reshape(50, 2, 32)).max(-1).repeat(32, axis=1)
    assert (np.abs(unpack(packed, 64) - table) / largest).max() < 1 / 240


def test_a_block_of_zeros_stays_zero() -> None:
    table = four_bit_table(2, 32)
    table[1] = 0
    np.testing.assert_array_equal(unpack(pack_table(table), 32), table)


@pytest.mark.parametrize("make", [four_bit_table, random_table])
def test_a_packed_lookup_finds_the_same_rows(make: Any) -> None:
    table = make(20_000, 64)
    model = lookup_graph(table)
    pack_word_table(model)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    (rows,) = session.run(None, {"ids": np.array([3, 19_999, 0])})
    np.testing.assert_array_equal(rows, unpack(pack_table(table), 64)[[3, 19_999, 0]])
    assert model.ByteSize() < table.nbytes / 3


@pytest.mark.parametrize("shape", [(100, 64), (40_000, 33)])
def test_a_small_or_odd_table_is_left_alone(shape: tuple[int, int]) -> None:
    model = lookup_graph(random_table(*shape))
    before = model.SerializeToString()
    pack_word_table(model)
    assert model.SerializeToString() == before


def test_no_trace_of_the_machine_is_left() -> None:
    model = lookup_graph(random_table(3, 32))
    model.graph.node[0].metadata_props.add(key="stack", value="/home/somebody/model.py")
    strip_traces(model)
    assert b"somebody" not in model.SerializeToString()
    onnx.checker.check_model(model)

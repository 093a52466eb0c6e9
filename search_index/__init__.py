"""The read side: opens a snapshot and answers queries. Knows nothing of Markdown or MkDocs."""

import os

# Before FAISS or ONNX Runtime load OpenMP: with its default of one spinning thread a core a
# query took 225 ms on a busy machine, 31 ms with one thread (findings/retrieval.md).
os.environ.setdefault("OMP_NUM_THREADS", "1")

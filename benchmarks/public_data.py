"""Fetches the public data sets of the benchmark into build/public/; knows nothing of their form.

    .venv/bin/python benchmarks/public_data.py

Nothing of them is committed: their licences are their authors' (benchmarks/README.md). Each file
is named by repository, commit and SHA-256; one that is there already and right is left alone.
"""

from __future__ import annotations

import hashlib
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "build" / "public"
_TIMEOUT_S = 60


@dataclass(frozen=True, slots=True)
class PublicFile:
    """One file of a public repository at one commit."""

    name: str
    repository: str
    commit: str
    path: str
    sha256: str

    @property
    def url(self) -> str:
        """Where the file is fetched from."""
        return f"https://raw.githubusercontent.com/{self.repository}/{self.commit}/{self.path}"


_POLYAI = ("PolyAI-LDN/task-specific-datasets", "57ec275d8078af65b7731c2a98be812d844a6d6b")
_CLINC = ("clinc/oos-eval", "828f8093932c8fe6ca7936c3d2e52903b1c523de")
_NLP = ("IceFlameWorm/NLP_Datasets", "a2203a7361b6386dd8d8b64f5d600aa1ec730d0d")
_CMRC = ("ymcui/cmrc2018", "c0eb1b6ba219847457e6af3180da722bbeb656af")

FILES = (
    PublicFile(
        "banking77_train.csv",
        *_POLYAI,
        "banking_data/train.csv",
        "b06e26ac675513959a63135f11b94ea7786ed02da65db93a5650d8838cbc664b",
    ),
    PublicFile(
        "banking77_test.csv",
        *_POLYAI,
        "banking_data/test.csv",
        "d12d6e3bc4c3103966ae786dc435913c0c563dfa328f5a3646d0e62cfeeb474d",
    ),
    PublicFile(
        "clinc150.json",
        *_CLINC,
        "data/data_full.json",
        "36923c3705a59e08fe9c3883d8bc2dd966ef93e22cb78ac41171782a698d56e0",
    ),
    PublicFile(
        "bq_dev.csv",
        *_NLP,
        "BQ_corpus/dev.csv",
        "2c111beccec92e9bcadfb2b5203895df89847786462d880d5d2bf98ab5169202",
    ),
    PublicFile(
        "bq_test.csv",
        *_NLP,
        "BQ_corpus/test.csv",
        "ecc27078df055d297c601c9902a8f923d8c48c1028554b2fe1a0013b472fa399",
    ),
    PublicFile(
        "cmrc2018_dev.json",
        *_CMRC,
        "squad-style-data/cmrc2018_dev.json",
        "e9ff74231f05c230c6fa88b84441ee334d97234cbb610991cd94b82db00c7f1f",
    ),
)


class DamagedFileError(Exception):
    """A file is not the one the benchmark was made for."""


def fetch(file: PublicFile, folder: Path = FOLDER) -> bool:
    """Put ``file`` into ``folder`` and tell whether it had to be downloaded.

    Raises:
        DamagedFileError: what came is another file.
        OSError: the network or the disk failed.
    """
    path = folder / file.name
    if path.is_file() and _sum(path.read_bytes()) == file.sha256:
        return False
    folder.mkdir(parents=True, exist_ok=True)
    with urllib.request.urlopen(file.url, timeout=_TIMEOUT_S) as answer:
        content = answer.read()
    if _sum(content) != file.sha256:
        raise DamagedFileError(f"{file.url} has changed: its SHA-256 is {_sum(content)}.")
    partial = path.with_suffix(".part")
    partial.write_bytes(content)
    partial.replace(path)
    return True


def _sum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def main() -> int:
    """Fetch what is missing."""
    for file in FILES:
        try:
            fetched = fetch(file)
        except (DamagedFileError, OSError) as fault:
            print(f"{file.name}: {fault}\nFetch {file.url} by hand into {FOLDER.name}/.")
            return 1
        print(f"{file.name}: {'fetched' if fetched else 'already there'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

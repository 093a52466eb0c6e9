"""Where benchmarks leave their figures for `results`; knows none of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[1] / "build" / "benchmarks"


def write_figures(name: str, figures: Mapping[str, Any]) -> None:
    """Write ``<name>.json``, of which `results` makes a section."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    text = json.dumps(figures, ensure_ascii=False, indent=1) + "\n"
    (FOLDER / f"{name}.json").write_text(text, encoding="utf-8")

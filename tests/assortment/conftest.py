"""What the tests of the assortment stage share."""

from __future__ import annotations

import json
from pathlib import Path

import pytest


@pytest.fixture
def problem_path(tmp_path: Path):
    """Write a PROBLEM.json and return its path."""

    def write(content: dict) -> Path:
        path = tmp_path / "PROBLEM.json"
        path.write_text(json.dumps(content, indent=1))
        return path

    return write

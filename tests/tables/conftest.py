"""What the tests of the tables share."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_chain import SMALL_CHAIN, WriteChain


@pytest.fixture
def write_small_chain() -> WriteChain:
    """Writes the small chain into a folder; ``changes`` replace files, None leaves one out."""

    def write(folder: Path, **changes: str | bytes | None) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        contents: dict[str, str | bytes | None] = {**SMALL_CHAIN}
        contents.update({name.replace("__", "."): text for name, text in changes.items()})
        for name, content in contents.items():
            if content is not None:
                data = content if isinstance(content, bytes) else content.encode()
                (folder / name).write_bytes(data)
        return folder

    return write

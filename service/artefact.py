"""Read and write model directories: weights and what vouches for them. Never a pickle.

An artefact is a directory with `manifest.json` (name, version, feature version, seed, data hashes, tool versions
and the SHA-256 of every other file), `.npy` arrays, JSON files, `metrics.json`, `card.md` and `golden.jsonl`.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service.errors import ModelError


@dataclass(frozen=True, slots=True, kw_only=True)
class Artefact:
    """A verified model directory. `arrays` are memory-mapped and read-only, keyed by file stem."""

    directory: Path
    version: str
    feature_version: int
    manifest: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]]

    def text(self, name: str) -> str:
        """Return a file of the artefact as text."""
        return (self.directory / name).read_text("utf-8")


def read_artefact(directory: Path) -> Artefact:
    """Read a model directory, every file checked against the manifest.

    Raises:
        ModelError: a file is missing, not listed, or not the one the manifest vouches for.
    """
    try:
        manifest = json.loads((directory / "manifest.json").read_bytes())
        files: dict[str, str] = manifest["files"]
        for name, expected in files.items():
            if _sha256(directory / name) != expected:
                raise ModelError(
                    f"{directory.name}/{name} is not the file its manifest vouches for; reinstall or retrain."
                )
        arrays = {
            Path(name).stem: np.load(directory / name, mmap_mode="r", allow_pickle=False)
            for name in files
            if name.endswith(".npy")
        }
        return Artefact(
            directory=directory,
            version=manifest["version"],
            feature_version=manifest["feature_version"],
            manifest=manifest,
            arrays=arrays,
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"The model directory {directory.name} cannot be read: {error}") from error


def write_artefact(
    directory: Path, manifest: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], texts: Mapping[str, str]
) -> None:
    """Write a model directory; `manifest` gains `files`, the SHA-256 of each file written or already there."""
    directory.mkdir(parents=True, exist_ok=True)
    for stem, array in arrays.items():
        np.save(directory / f"{stem}.npy", array, allow_pickle=False)
    for name, text in texts.items():
        (directory / name).write_text(text, "utf-8")
    files = {
        path.name: _sha256(path)
        for path in sorted(directory.iterdir())
        if path.is_file() and path.name != "manifest.json"
    }
    whole = {**manifest, "files": files}
    (directory / "manifest.json").write_text(json.dumps(whole, indent=2, sort_keys=True) + "\n", "utf-8")


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()

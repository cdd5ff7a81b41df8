"""Find the data that travels with the code: `sql/` and `models/`.

In a checkout they stand beside the package, in a wheel inside it.
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _data(name: str) -> Path:
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


SQL = _data("sql")
MODELS = _data("models")
STATIC = _PACKAGE / "web" / "static"
TEMPLATES = _PACKAGE / "web" / "templates"
LOCALE = _PACKAGE / "web" / "locale"

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import service

PACKAGE = Path(service.__file__).parent
ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted(PACKAGE.rglob("*.py"))
NAMES = [str(path.relative_to(PACKAGE)) for path in MODULES]


def test_imports_go_one_way():
    if not (ROOT / "service").is_dir():
        pytest.skip("the layers are checked in a checkout")
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_only_the_command_line_reads_the_environment():
    readers = {
        name
        for name, path in zip(NAMES, MODULES, strict=True)
        if "os.environ" in path.read_text("utf-8") or "getenv" in path.read_text("utf-8")
    }

    assert readers == {"cli.py"}


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_a_module_has_at_most_300_lines_and_says_what_it_is_for(path):
    text = path.read_text("utf-8")

    assert len(text.splitlines()) <= 300
    assert ast.get_docstring(ast.parse(text))


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_a_function_has_at_most_40_lines_beside_its_docstring(path):
    long = [
        node.name
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _lines(node) > 40
    ]

    assert long == []


def _lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

pytestmark = pytest.mark.skipif(not (ROOT / "service").is_dir(), reason="only a checkout can build the wheel")


@pytest.fixture(scope="module")
def contents(tmp_path_factory) -> list[str]:
    folder = tmp_path_factory.mktemp("dist")
    # Without isolation, so that the test needs no network: hatchling is among the test's own requirements.
    script = "import os, sys; from hatchling import build; os.chdir(sys.argv[1]); build.build_wheel(sys.argv[2])"
    subprocess.run([sys.executable, "-c", script, str(ROOT), str(folder)], check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_the_wheel_carries_everything_that_is_read_at_run_time(contents):
    wanted = [
        path.relative_to(ROOT)
        for folder in ("sql", "models")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    ]
    missing = [str(path) for path in wanted if f"service/{path.as_posix()}" not in contents]

    assert missing == []


def test_the_wheel_has_one_top_level_name_beside_its_metadata(contents):
    tops = {name.partition("/")[0] for name in contents}

    assert {top for top in tops if not top.endswith(".dist-info")} == {"service"}


def test_the_wheel_carries_templates_and_static_files(contents):
    for path in (ROOT / "service" / "web").rglob("*"):
        if path.is_file() and path.suffix in (".html", ".js", ".css", ".svg"):
            assert path.relative_to(ROOT).as_posix() in contents


def test_the_wheel_carries_both_licences(contents):
    assert sum(".dist-info/licenses/" in name for name in contents) == 2

"""Print what the widget weighs, beside others' as their registries give them; `--write` puts it into the guide.

The others are fetched by pip and npm, each into a folder that is removed; without network only ours is shown.
"""

import gzip
import io
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import brotli

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "service" / "web" / "static"
GUIDE = ROOT / "docs" / "embedding.md"
OURS = {
    "embed.js": "form, thread and counts",
    "frame.js": "height of a frame",
    "reader.css": "pages of our own",
    "icon.svg": "their icon",
}


def main() -> None:
    """Print the table, or write it into the guide."""
    rows = [(f"Gatepost `{name}`", what, (STATIC / name).read_bytes()) for name, what in OURS.items()]
    for fetch in (isso, waline):
        try:
            rows.extend(fetch())
        except (OSError, subprocess.SubprocessError) as error:
            sys.stderr.write(f"{fetch.__name__} is left out: {error}\n")
    table = ["| File | What | plain | gzip | brotli |", "| --- | --- | ---: | ---: | ---: |"]
    for name, what, content in rows:
        packed = len(gzip.compress(content, 9, mtime=0)), len(brotli.compress(content))
        table.append(f"| {name} | {what} | {len(content):,} | {packed[0]:,} | {packed[1]:,} |")
    if "--write" in sys.argv:
        before = GUIDE.read_text("utf-8").partition("<!-- sizes -->")[0]
        GUIDE.write_text(before + "<!-- sizes -->\n\n" + "\n".join(table) + "\n", "utf-8")
    print("\n".join(table))


def isso() -> Iterator[tuple[str, str, bytes]]:
    """Yield the files of Isso's client, from its source distribution."""
    with tempfile.TemporaryDirectory() as folder:
        _run(sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", folder, "isso")
        (archive,) = Path(folder).glob("isso-*.tar.gz")
        version = archive.name.removeprefix("isso-").removesuffix(".tar.gz")
        files = _unpacked(archive.read_bytes())
    for name, what in (
        ("js/embed.min.js", "form and thread"),
        ("js/count.min.js", "counts"),
        ("css/isso.css", "style"),
    ):
        yield (
            f"Isso {version} `{name.rpartition('/')[2]}`",
            what,
            next(v for k, v in files.items() if k.endswith(f"isso/{name}")),
        )


def waline() -> Iterator[tuple[str, str, bytes]]:
    """Yield the files of Waline's client, from its npm package."""
    with tempfile.TemporaryDirectory() as folder:
        _run("npm", "pack", "--silent", "--pack-destination", folder, "@waline/client")
        (archive,) = Path(folder).glob("*.tgz")
        version = archive.stem.rpartition("-")[2]
        files = _unpacked(archive.read_bytes())
    for name, what in (("waline.js", "form and thread"), ("comment.js", "counts"), ("waline.css", "style")):
        yield f"Waline {version} `{name}`", what, files[f"package/dist/{name}"]


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=300)


def _unpacked(content: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        return {each.name: archive.extractfile(each).read() for each in archive if each.isfile()}  # type: ignore[union-attr]


if __name__ == "__main__":
    main()

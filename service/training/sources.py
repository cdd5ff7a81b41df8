"""Check the sources of the claim base: which pages are still there, which have changed and which are gone."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any, Protocol

from service.comment import SourceStatus
from service.errors import FetchError
from service.fetch import Answer

_SILENT = frozenset({"script", "style", "noscript", "template", "svg"})
Row = MutableMapping[str, Any]
"""A line of the claim base as it stands in the file, so that nothing in it is lost when it is written back."""


class Getter(Protocol):
    """What fetches a page."""

    def get(self, url: str) -> Answer:
        """Return what is at an address; raise FetchError where nothing comes."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One source of one claim after its check; `was` is its status before, `why` says more where there is more."""

    claim: str
    url: str
    was: SourceStatus
    status: SourceStatus
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    status: SourceStatus
    why: str = ""
    sha256: str = ""
    page_title: str = ""


def check_sources(
    rows: Sequence[Row], getter: Getter, *, today: str, accept: bool, report: Callable[[int, int], None]
) -> list[Checked]:
    """Fetch every address in the rows once and write into their sources what became of it.

    `sha256` is of the text that somebody last accepted: a page that has changed stays changed, however often it is
    checked, until it is checked with `accept`, or its claim is edited.

    Args:
        rows: lines of the claim base; their sources get `status`, `checked_at`, `sha256` and `page_title`.
        getter: fetches.
        today: the ISO date to write.
        accept: takes the pages as they are now for read and right.
        report: is told how many addresses are done, and of how many.
    """
    urls = list(dict.fromkeys(source["url"] for _, source in _sources(rows)))
    answers: dict[str, Answer | FetchError] = {}
    for done, url in enumerate(urls):
        report(done, len(urls))
        try:
            answers[url] = getter.get(url)
        except FetchError as error:
            answers[url] = error
    outcomes = []
    for claim, source in _sources(rows):
        was: SourceStatus = source.get("status") or "unchecked"
        seen = _seen(answers[source["url"]], "" if accept else source.get("sha256", ""), accept)
        source.update(status=seen.status, checked_at=today)
        if seen.sha256 and (accept or not source.get("sha256")):
            source["sha256"] = seen.sha256
        if seen.page_title:
            source["page_title"] = seen.page_title
        outcomes.append(Checked(claim=claim, url=source["url"], was=was, status=seen.status, why=seen.why))
    return outcomes


def load_rows(text: str) -> list[Row]:
    """Read the claim base as it stands."""
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def dump_rows(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the claim base as it is to stand."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _sources(rows: Sequence[Row]) -> Iterator[tuple[str, Row]]:
    for row in rows:
        for source in row["sources"]:
            if source.get("url"):
                yield row["id"], source


def _seen(answer: Answer | FetchError, known: str, accept: bool) -> _Seen:
    if isinstance(answer, FetchError):
        return _Seen(status="unreachable", why=str(answer))
    if answer.status in (404, 410):
        return _Seen(status="retired", why=f"answers {answer.status}")
    if answer.status != 200:
        return _Seen(status="unreachable", why=f"answers {answer.status}")
    title, text = read_page(answer)
    sha256 = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    if answer.moved_to and not accept:
        return _Seen(status="changed", why=f"has moved to {answer.moved_to}", sha256=sha256, page_title=title)
    if known and known != sha256:
        return _Seen(status="changed", why="reads differently", sha256=sha256, page_title=title)
    return _Seen(status="live", sha256=sha256, page_title=title)


def read_page(answer: Answer) -> tuple[str, str]:
    """Return a page's title and text, of its main part where it marks one; other files are their bytes."""
    if "html" not in answer.kind and "text" not in answer.kind:
        return "", answer.content.decode("latin-1")
    _, _, charset = answer.kind.partition("charset=")
    try:
        text = answer.content.decode(charset.split(";")[0].strip("\"' ") or "utf-8", "replace")
    except LookupError:
        text = answer.content.decode("utf-8", "replace")
    page = _Page()
    page.feed(text)
    page.close()
    return _spaced(page.title)[:300], _spaced(page.main or page.all)


def _spaced(parts: Sequence[str]) -> str:
    return " ".join("".join(parts).split())


class _Page(HTMLParser):
    """Collect the title, the text of `main` and all text, without scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.title: list[str] = []
        self.main: list[str] = []
        self.all: list[str] = []
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in _SILENT or tag in ("title", "main"):
            self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._inside:
            while self._inside.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if "title" in self._inside:
            # A drawing has titles, too.
            if "svg" not in self._inside:
                self.title.append(data)
        elif _SILENT.isdisjoint(self._inside):
            self.all.append(data + " ")
            if "main" in self._inside:
                self.main.append(data + " ")

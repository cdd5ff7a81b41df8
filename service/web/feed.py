"""Write Atom feeds (RFC 4287)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from service.store.records import Page, PublicComment, Site

_ATOM = "http://www.w3.org/2005/Atom"
ET.register_namespace("", _ATOM)


def atom(
    site: Site, page: Page | None, entries: Sequence[tuple[Page, PublicComment]], *, address: str, query: str
) -> bytes:
    """Return a feed of comments, newest first, of one page or of the whole site."""
    own = f"{address}?{query}" if query else address
    root = ET.Element(f"{{{_ATOM}}}feed")
    _text(root, "title", f"Comments on {(page.title or page.url) if page else site.title}")
    _text(root, "id", own)
    ET.SubElement(root, f"{{{_ATOM}}}link", rel="self", type="application/atom+xml", href=own)
    if page and page.url:
        ET.SubElement(root, f"{{{_ATOM}}}link", rel="alternate", type="text/html", href=page.url)
    changed = [comment.edited_at or comment.created_at for _, comment in entries]
    _text(root, "updated", _time(max(changed, default=page.changed_at if page else datetime(1970, 1, 1, tzinfo=UTC))))
    for on, comment in entries:
        _entry(root, on, comment)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _entry(root: ET.Element, page: Page, comment: PublicComment) -> None:
    entry = ET.SubElement(root, f"{{{_ATOM}}}entry")
    _text(entry, "id", f"urn:uuid:{comment.id}")
    _text(entry, "title", f"{comment.author_name or 'Somebody'} on {page.title or page.url or page.key}")
    _text(entry, "updated", _time(comment.edited_at or comment.created_at))
    _text(entry, "published", _time(comment.created_at))
    author = ET.SubElement(entry, f"{{{_ATOM}}}author")
    _text(author, "name", comment.author_name or "Somebody")
    if comment.author_url:
        _text(author, "uri", comment.author_url)
    if page.url:
        ET.SubElement(
            entry, f"{{{_ATOM}}}link", rel="alternate", type="text/html", href=f"{page.url}#comment-{comment.id}"
        )
    _text(entry, "content", comment.html).set("type", "html")


def _text(parent: ET.Element, name: str, text: str) -> ET.Element:
    element = ET.SubElement(parent, f"{{{_ATOM}}}{name}")
    element.text = "".join(c for c in text if _is_xml(c))
    return element


def _is_xml(character: str) -> bool:
    """Tell whether XML 1.0 may hold a character (section 2.2)."""
    return (
        character in "\t\n\r"
        or " " <= character <= "\ud7ff"
        or "\ue000" <= character <= "\ufffd"
        or character > "\uffff"
    )


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

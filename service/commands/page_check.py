"""Look at an owner's page as a browser would, and say what keeps comments from working there."""

import http.client
import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

from service.commands.database import on_database
from service.commands.finding import Finding
from service.errors import Invalid
from service.pipeline.sanitise import safe_url
from service.settings import Settings
from service.store.records import Site
from service.store.sites import find_site
from service.web.address import origin_of, page_key_of

_SECONDS = 10.0
_MOST_BYTES = 2_000_000
TEST_WORDS = "This is a test comment from `gatepost doctor`. It deletes itself at once."


@dataclass
class _Seen:
    """What an owner's page holds."""

    url: str
    policies: list[str]
    site: str = ""
    key: str = ""
    canonical: str = ""
    named: str = ""
    actions: list[str] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)
    frames: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    """Collect the snippet, the canonical link and policies from a page."""

    def __init__(self, seen: _Seen):
        super().__init__()
        self._seen = seen

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        seen = self._seen
        match tag:
            case "comment-thread":
                seen.site, seen.key = given.get("data-site", ""), given.get("data-page-key", "")
                seen.named = given.get("data-page-url", "")
            case "link" if "canonical" in given.get("rel", "").lower().split():
                seen.canonical = urljoin(seen.url, given.get("href", ""))
            case "form":
                seen.actions.append(urljoin(seen.url, given.get("action", "")))
            case "input" if given.get("name") == "page_url" and given.get("value"):
                seen.named = seen.named or given["value"]
            case "input" if given.get("name") == "page_key" and given.get("value"):
                seen.key = seen.key or given["value"]
            case "script" if given.get("src"):
                seen.scripts.append(urljoin(seen.url, given["src"]))
            case "iframe" if given.get("src"):
                seen.frames.append(urljoin(seen.url, given["src"]))
            case "meta" if given.get("http-equiv", "").lower() == "content-security-policy":
                seen.policies.append(given.get("content", ""))


def page_findings(settings: Settings, url: str) -> Iterator[Finding]:
    """Yield what is good and what is bad about a page, the gravest trouble ending it.

    Raises:
        Invalid: this is no web address.
    """
    address = safe_url(url)
    if address is None:
        raise Invalid(f"{url} is not a web address that begins with http:// or https://.")
    try:
        seen = _look(address)
    except (OSError, http.client.HTTPException) as error:
        yield Finding("page", "bad", f"{address} could not be read: {error}.")
        return
    yield Finding("page", "good", f"{seen.url} answers.")
    service = settings.public_url
    form = next((each for each in seen.actions if each.startswith(f"{service}/v1/sites/")), "")
    frame = next((each for each in seen.frames if each.startswith(f"{service}/embed/")), "")
    name = seen.site or "".join(re.findall(r"/(?:v1/sites|embed)/([a-z0-9-]+)", form or frame)[:1])
    if not name:
        yield Finding(
            "snippet", "bad", f"There is neither <comment-thread data-site>, nor a form or frame of {service}."
        )
        return
    site = on_database(settings, "doctor", lambda db: find_site(db, name))
    if site is None:
        yield Finding("snippet", "bad", f"It names the site {name}, which there is not. See: gatepost site list")
        return
    yield from _snippet(seen, service, name, form, frame)
    yield from _identity(seen, site, frame)
    for policy in seen.policies:
        yield from _policy(policy, service, framed=bool(frame), scripted=bool(seen.site))
    if origin_of(seen.url) in site.origins:
        yield _test_comment(seen, service, site)


def _look(url: str) -> _Seen:
    headers = {"User-Agent": "gatepost doctor", "Accept": "text/html"}
    with _open(urllib.request.Request(url, headers=headers)) as answer:  # noqa: S310  # safe_url lets only the web through
        content = answer.read(_MOST_BYTES)
        charset = answer.headers.get_content_charset() or "utf-8"
        seen = _Seen(answer.url, answer.headers.get_all("Content-Security-Policy") or [])
    try:
        text = content.decode(charset, "replace")
    except LookupError:
        text = content.decode("utf-8", "replace")
    _Reader(seen).feed(text)
    return seen


def _open(request: urllib.request.Request) -> Any:
    # Redirects lead to nothing but http, https and ftp, as urllib has it.
    return urllib.request.urlopen(request, timeout=_SECONDS)  # noqa: S310


def _snippet(seen: _Seen, service: str, name: str, form: str, frame: str) -> Iterator[Finding]:
    yield Finding("snippet", "good", f"It belongs to the site {name}.")
    if frame:
        return
    if seen.site and f"{service}/embed.js" not in seen.scripts:
        yield Finding("script", "bad", f'Add <script type="module" src="{service}/embed.js"></script> below it.')
    if not form:
        yield Finding("form", "bad", "There is no form in it, so nobody can comment without script. The guide has one.")
    elif not (seen.named or seen.key):
        text = (
            "Browsers tell us only the site that it was sent from. Add a hidden field page_url with the page's address."
        )
        yield Finding("form", "bad", text)
    else:
        yield Finding("form", "good", "It works without script, and names the page.")


def _identity(seen: _Seen, site: Site, frame: str) -> Iterator[Finding]:
    origin = origin_of(seen.url)
    if origin in site.origins:
        yield Finding("origin", "good", f"{origin} is one of the site's.")
    else:
        known = " ".join(site.origins) or "none"
        yield Finding("origin", "bad", f"{origin} is not one of the site's ({known}). See: gatepost site change --help")
    if seen.key or frame:
        return
    url = safe_url(seen.named or seen.canonical or seen.url)
    if url is None or origin_of(url) not in site.origins:
        yield Finding(
            "canonical", "bad", f"The page calls itself {seen.named or seen.canonical}, on no origin of the site."
        )
    elif seen.canonical and seen.named and page_key_of(seen.canonical) != page_key_of(url):
        text = (
            f"Its canonical link is {seen.canonical}, but the form names {seen.named}. The form's counts; is it right?"
        )
        yield Finding("canonical", "bad", text)
    else:
        yield Finding("canonical", "good", f"Its comments are kept under {page_key_of(url)}.")


def _policy(text: str, service: str, *, framed: bool, scripted: bool) -> Iterator[Finding]:
    """Say what a Content-Security-Policy keeps from working, and which line would let it."""
    parts = [part.split() for part in text.split(";") if part.split()]
    ways = {name.lower(): sources for name, *sources in reversed(parts)}
    needed = {"frame-src": "child-src"} if framed else {"form-action": ""}
    if scripted and not framed:
        needed |= {"script-src": "", "connect-src": ""}
    for name in sorted(needed):
        fallback = None if name == "form-action" else ways.get(needed[name]) or ways.get("default-src")
        sources = ways.get(name, fallback)
        if sources is not None and not any(_allows(source, service) for source in sources):
            yield Finding("policy", "bad", f"Its Content-Security-Policy forbids it. Add to {name}: {service}")
        elif sources is not None:
            yield Finding("policy", "good", f"{name} of its Content-Security-Policy lets it work.")
    if (
        scripted
        and "require-trusted-types-for" in ways
        and not {"gatepost", "*"} & set(ways.get("trusted-types", ["*"]))
    ):
        yield Finding(
            "policy", "bad", "Its Content-Security-Policy asks for Trusted Types. Add to trusted-types: gatepost"
        )


def _allows(source: str, service: str) -> bool:
    """Tell whether a source of a policy covers the service."""
    scheme, _, host = service.partition("://")
    if source in ("*", f"{scheme}:", service) or source.rstrip("/") in (service, host):
        return True
    wanted = source.partition("://")[2] if source.startswith(f"{scheme}://") else source
    return wanted.startswith("*.") and host.endswith(wanted.rstrip("/")[1:])


def _test_comment(seen: _Seen, service: str, site: Site) -> Finding:
    """Send a comment as the page would, and delete it."""
    fields = {
        "body": TEST_WORDS,
        "author_name": "gatepost doctor",
        "page_url": seen.named or seen.canonical or seen.url,
    }
    if seen.key:
        fields["page_key"] = seen.key
    try:
        headers = {"Origin": origin_of(seen.url), "Content-Type": "application/json"}
        taken = _ask("POST", f"{service}/v1/sites/{site.name}/comments", headers, fields)
        _ask("DELETE", f"{service}/v1/comments/{taken['id']}", {"Authorization": f"Bearer {taken['token']}"})
    except urllib.error.HTTPError as error:
        detail = json.loads(error.read() or b"{}").get("detail", "")
        return Finding("test", "bad", f"A test comment was refused with {error.code}: {detail}")
    except OSError as error:
        return Finding(
            "test", "bad", f"{service} does not answer: {error}. Is it running, and GATEPOST_PUBLIC_URL right?"
        )
    return Finding("test", "good", f"A test comment was taken ({taken['status']}) and deleted again.")


def _ask(method: str, url: str, headers: Mapping[str, str], fields: object = None) -> dict[str, Any]:
    content = json.dumps(fields).encode() if fields is not None else None
    sent = dict(headers) | {"Accept": "application/json"}
    request = urllib.request.Request(url, content, sent, method=method)  # noqa: S310  # the service's own address
    with _open(request) as answer:
        read: dict[str, Any] = json.loads(answer.read() or b"{}")
    return read

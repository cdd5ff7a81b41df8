"""Serve pages of an owner's site: another origin than the service's, with whatever policy and style it likes."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

WORD = "An article about something, with words enough to scroll past."


@dataclass
class Host:
    """A web site at `http://localhost:PORT`. `pages` maps a path to its HTML and its extra headers."""

    origin: str
    pages: dict[str, tuple[bytes, Mapping[str, str]]] = field(default_factory=dict)

    def put(self, path: str, content: str | bytes, **headers: str) -> str:
        """Serve a page from here on and return its address; `_` in a header's name stands for `-`."""
        raw = content.encode() if isinstance(content, str) else content
        self.pages[path] = (raw, {name.replace("_", "-"): value for name, value in headers.items()})
        return self.origin + path


@contextmanager
def hosting() -> Iterator[Host]:
    """Run the site until the block ends."""
    pages: dict[str, tuple[bytes, Mapping[str, str]]] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content, headers = pages.get(self.path.partition("?")[0], (b"", {}))
            self.send_response(200 if content else 204)
            for name, value in ({"Content-Type": "text/html; charset=utf-8"} | dict(headers)).items():
                if value:
                    self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Host(f"http://localhost:{server.server_address[1]}", pages)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def snippet(
    service: str,
    *,
    site: str = "demo",
    url: str = "",
    attributes: str = "",
    form: bool = True,
    form_attributes: str = "",
    script: bool = True,
) -> str:
    """Return the snippet of the guide."""
    fields = f"""<form {form_attributes} method="post" action="{service}/v1/sites/{site}/comments">
  <input type="hidden" name="page_url" value="{url}">
  <label>Name <input name="author_name" maxlength="80" autocomplete="name"></label>
  <label>E-mail, never shown <input name="author_email" type="email" autocomplete="email"></label>
  <label>Comment <textarea name="body" required maxlength="10000" rows="6"></textarea></label>
  <p hidden><label>Leave this empty <input name="website" tabindex="-1" autocomplete="off"></label></p>
  <button>Send</button>
</form>"""
    return f"""<comment-thread data-site="{site}"{attributes}>{fields if form else ""}</comment-thread>
{f'<script type="module" src="{service}/embed.js"></script>' if script else ""}"""


def article(service: str, *, body: str = "", head: str = "", lang: str = "en", **more: str | bool) -> str:
    """Return an owner's article with the snippet of the guide at its end."""
    direction = ' dir="rtl"' if lang == "ar" else ""
    return f"""<!doctype html>
<html lang="{lang}"{direction}><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>An article</title>{head}</head>
<body><main><h1>An article</h1>{body or f"<p>{WORD}</p>"}
{snippet(service, **more)}</main></body></html>"""  # type: ignore[arg-type]

"""Check the fields of a submission, one by one, and say all that is wrong at once."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from service.comment import CommentId
from service.errors import FieldError, Invalid
from service.pipeline.sanitise import repair, safe_url
from service.web.address import page_key_of
from service.web.form import CommentForm

MAX_BODY = 10_000
MAX_NAME = 80
_MAX_EMAIL = 254
_MAX_TITLE = 300
MAX_KEY = 500
_MAX_KEY_BYTES = 2100
# An entry of Postgres's index of pages has room for 2,700 bytes: 500 characters of any script, or a URL of full length.
# What HTML's own e-mail field lets through, with a dot in the domain.
EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+")
_LANG = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,4}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """A submission's fields, each checked and repaired; "" where one was left out."""

    body: str
    author_name: str
    author_email: str
    author_url: str
    page_url: str
    page_key: str
    page_title: str
    parent_id: CommentId | None
    lang: str
    honeypot: bool
    form_token: str
    altcha: str


def checked(form: CommentForm, *, referer: str, only_page: bool = False) -> Fields:
    """Return the fields of a form. `referer` names the page where the form does not; `only_page` skips the comment.

    Raises:
        Invalid: names every field at fault.
    """
    errors: list[FieldError] = []

    def field(name: str, check: Callable[[str], str]) -> str:
        text = repair(getattr(form, name) or "").strip()
        try:
            return check(text) if text else ""
        except ValueError as error:
            errors.append(FieldError(name, str(error)))
            return ""

    page_url = field("page_url", _url)
    if not form.page_url and not form.page_key:
        page_url = safe_url(referer) or ""
    page_key = field("page_key", _up_to(MAX_KEY)) or (page_key_of(page_url) if page_url else "")
    if len(page_key.encode()) > _MAX_KEY_BYTES:
        errors.append(FieldError("page_url", "is too long; name the page by page_key"))
    if not page_key and not errors:
        errors.append(FieldError("page_url", "is needed, or page_key"))
    fields = Fields(
        body=field("body", _up_to(MAX_BODY)),
        author_name=" ".join(field("author_name", _up_to(MAX_NAME)).split()),
        author_email=field("author_email", _email),
        author_url=field("author_url", _url),
        page_url=page_url,
        page_key=page_key,
        page_title=" ".join(repair(form.page_title or "").split())[:_MAX_TITLE],
        parent_id=_parent(form, errors),
        lang=field("lang", _lang),
        honeypot=bool(form.website),
        form_token=form.form_token or "",
        altcha=form.altcha or "",
    )
    if not fields.body and not only_page and not any(error.field == "body" for error in errors):
        errors.insert(0, FieldError("body", "is empty"))
    if errors:
        raise Invalid("Some fields need attention.", errors=errors)
    return fields


def _up_to(most: int) -> Callable[[str], str]:
    def check(text: str) -> str:
        if len(text) > most:
            raise ValueError(f"has {len(text):,} characters; at most {most:,} are taken")
        return text

    return check


def _email(text: str) -> str:
    if len(text) > _MAX_EMAIL or not EMAIL.fullmatch(text):
        raise ValueError("is not an e-mail address")
    return text


def _url(text: str) -> str:
    url = safe_url(text)
    if url is None:
        raise ValueError("is not a web address that begins with http:// or https://")
    return url


def _lang(text: str) -> str:
    if not _LANG.fullmatch(text):
        raise ValueError("is not a language tag such as en or pt-BR")
    return text


def _parent(form: CommentForm, errors: list[FieldError]) -> CommentId | None:
    text = (form.parent_id or "").strip()
    try:
        return CommentId(UUID(text)) if text else None
    except ValueError:
        errors.append(FieldError("parent_id", "is not the id of a comment"))
        return None

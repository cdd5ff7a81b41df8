"""Read the command line and hand over to service/commands."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from service.errors import GatepostError, RequestError
from service.settings import Settings, load_settings, variable

_EPILOG = "Settings are GATEPOST_* variables; the README lists them. Help on one command: gatepost COMMAND --help"
_Commands = Any  # argparse keeps the type of add_subparsers' result to itself


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code: 0 done, 1 failed with one line that says why, 2 misused."""
    # Before anything imports numpy, which reads it once. The judges' matrices are too small for OpenBLAS to share out:
    # its threads would spin beside the event loop, and judging a batch take four times as long on a busy machine.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    given = vars(_parser().parse_args(arguments))
    command: Callable[..., int] = given.pop("command")
    try:
        settings = _settings(given)
        return command(settings, **given)
    except GatepostError as error:
        fields = error.errors if isinstance(error, RequestError) else ()
        details = "".join(f" {each.field} {each.message}." for each in fields if each.message not in str(error))
        sys.stderr.write(f"gatepost: {error}{details}\n")
        return 1
    except BrokenPipeError:
        # Whoever read the output has seen enough; keep Python from complaining at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130


def _settings(given: dict[str, Any]) -> Settings:
    """Return the settings, of which the command line overrules the environment."""
    chosen = {name: given.pop(name, None) for name in ("host", "port", "workers")}
    overruled = {variable(name): str(value) for name, value in chosen.items() if value is not None}
    return load_settings({**os.environ, **overruled})


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="gatepost",
        description="Take comments from article pages, judge them with evidence, queue them for review.",
        epilog=_EPILOG,
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_running(commands)
    _add_sites(commands)
    _add_pages(commands)
    _add_people(commands)
    _add_webhooks(commands)
    _add_judging(commands)
    _add_claims(commands)
    return parser


def _add_running(commands: _Commands) -> None:
    from service.commands import doctor, serve

    command = _add(commands, "serve", "run the service; without settings, with a Postgres of its own", serve.serve)
    command.add_argument("--host", help="address to listen on (default: GATEPOST_HOST, 127.0.0.1)")
    command.add_argument("--port", type=int, help="port to listen on (default: GATEPOST_PORT, 8000)")
    command.add_argument("--workers", type=int, help="processes that serve (default: GATEPOST_WORKERS, 1)")
    _add(commands, "migrate", "bring the database to the schema of this version", serve.migrate)
    command = _add(commands, "doctor", "explain what is wrong with a set-up, or with a page", doctor.doctor)
    command.add_argument("--page", default="", metavar="URL", help="look at this page, and send it a test comment")
    _with_json(command)


def _add_sites(commands: _Commands) -> None:
    from service.commands import site

    sites = _group(commands, "site", "make and list sites")
    command = _add(sites, "add", "make a site", site.site_add)
    command.add_argument("name", help="name in the site's URLs: lower-case letters, digits, hyphens")
    command.add_argument(
        "--origin", dest="origins", action="append", default=[], help="https://www.example.org; may be given again"
    )
    command.add_argument("--title", default="", help="title for people (default: the name)")
    command.add_argument(
        "--mode",
        choices=("pre", "hybrid", "post"),
        default="hybrid",
        help="hold everything; hold the doubtful (default); publish first",
    )
    _with_json(command)
    command = _add(sites, "change", "change a site's title, origins or policy", site.site_change)
    command.add_argument("name")
    command.add_argument("--title")
    command.add_argument(
        "--origin", dest="origins", action="append", default=[], help="replaces all; may be given again"
    )
    command.add_argument("--mode", choices=("pre", "hybrid", "post"))
    command.add_argument("--hold-at", action="append", default=[], metavar="spam=0.6", help="hold from this score on")
    command.add_argument(
        "--reject-at", action="append", default=[], metavar="spam=0.99", help="reject from this score on"
    )
    command.add_argument(
        "--proof-of-work",
        choices=("never", "attack", "always"),
        help="when browsers have to work before they send (default: attack)",
    )
    command.add_argument(
        "--second-review",
        metavar="0.02",
        help="share of decisions, 0 to 1, that a second member judges without knowing the first",
    )
    _with_json(command)
    _with_json(_add(sites, "list", "list the sites", site.site_list))


def _add_pages(commands: _Commands) -> None:
    from service.commands import page

    pages = _group(commands, "page", "give pages other names, and move their comments")
    command = _add(pages, "alias", "let another key or address name a page", page.page_alias)
    command.add_argument("alias")
    command.add_argument("page", help="the page's key or address")
    command.add_argument("--site", required=True)
    command = _add(pages, "move", "put a page's comments under another key or address", page.page_move)
    command.add_argument("old")
    command.add_argument("new")
    command.add_argument("--site", required=True)
    command.add_argument(
        "--prefix", action="store_true", help="every page whose key begins so, as when a domain changes"
    )
    _with_json(command)


def _add_people(commands: _Commands) -> None:
    from service.commands import member, site

    members = _group(commands, "member", "invite, list and remove the people who review")
    command = _add(
        members,
        "invite",
        "make somebody a member and print a link that signs them in",
        site.member_invite,
    )
    command.add_argument("--site", dest="sites", action="append", required=True, help="may be given again")
    command.add_argument("--email", required=True)
    command.add_argument("--role", choices=site.ROLES, default="moderator")
    _with_json(command)

    command = _add(members, "list", "list a site's members, and how they sign in", member.member_list)
    command.add_argument("--site", required=True)
    _with_json(command)
    command = _add(members, "role", "give a member another role, which counts at once", member.member_role)
    command.add_argument("--site", required=True)
    command.add_argument("--email", required=True)
    command.add_argument("--role", choices=site.ROLES, required=True)
    command = _add(members, "remove", "end a membership with all its sessions", member.member_remove)
    command.add_argument("--site", required=True)
    command.add_argument("--email", required=True)

    tokens = _group(commands, "token", "make and revoke API tokens")
    command = _add(tokens, "add", "make an API token and print it, once", site.token_add)
    command.add_argument("--site", required=True)
    command.add_argument("--role", choices=site.ROLES, default="moderator")
    command.add_argument("--name", default="api", help="what the history calls it")
    _with_json(command)
    command = _add(tokens, "list", "list a site's tokens, without their secrets", site.token_list)
    command.add_argument("--site", required=True)
    _with_json(command)
    command = _add(tokens, "revoke", "end tokens", site.token_revoke)
    command.add_argument("which", nargs="?", default="", help="name or prefix, from `gatepost token list`")
    command.add_argument("--site", required=True)
    command.add_argument("--role", choices=site.ROLES, default="")


def _add_webhooks(commands: _Commands) -> None:
    from service.commands import webhook
    from service.store.webhooks import KINDS

    webhooks = _group(commands, "webhook", "tell other systems what becomes of a site's comments")
    command = _add(webhooks, "add", "name a place to be told, and print its secret, once", webhook.webhook_add)
    command.add_argument("url", help="https://hooks.example.org/gatepost")
    command.add_argument("--site", required=True)
    command.add_argument(
        "--kind",
        dest="kinds",
        action="append",
        choices=KINDS,
        default=[],
        help="may be given again; default: all",
    )
    _with_json(command)
    command = _add(webhooks, "list", "list the places, and how they are doing", webhook.webhook_list)
    command.add_argument("--site", required=True)
    _with_json(command)
    command = _add(webhooks, "deliveries", "list the latest deliveries to a place", webhook.webhook_deliveries)
    command.add_argument("webhook", help="its id, from `gatepost webhook list`")
    command.add_argument("--site", required=True)
    _with_json(command)
    command = _add(webhooks, "remove", "tell a place no more", webhook.webhook_remove)
    command.add_argument("webhook", help="its id, from `gatepost webhook list`")
    command.add_argument("--site", required=True)


def _add_judging(commands: _Commands) -> None:
    from service.commands import judge, rescore

    command = _add(commands, "check", "judge rows of JSON from a file, without server or database", judge.check)
    command.add_argument("file", help="JSON lines with body or text, author_name, author_url …; - for standard input")
    command = _add(commands, "evaluate", "measure a judge on labelled rows", judge.evaluate)
    command.add_argument("file", help="rows as for check, with 0 or 1 under spam, health or label")
    command.add_argument("--label", choices=("spam", "health"), required=True)
    command.add_argument("--by", default="", help="also by each value of this key")
    _with_json(command)
    command = _add(commands, "rescore", "judge a site's archive again with the installed model", rescore.rescore)
    command.add_argument("--site", required=True)
    command.add_argument("--model", choices=("spam", "health"), required=True)
    command.add_argument("--dry-run", action="store_true", help="change nothing; count what would change")
    _with_json(command)
    command = _add(commands, "train", "fit a model anew from the corpora", judge.train)
    command.add_argument("which", choices=("spam", "health"))
    command.add_argument("--public", required=True, help="folder of the public corpora")


def _add_claims(commands: _Commands) -> None:
    from service.commands import claims, site_claims, sources

    base = _group(commands, "claims", "look after the base of health claims, and what sites make of it")
    command = _add(
        base, "list", "list the claims of the base, or what a site has added and switched off", claims.claims_list
    )
    command.add_argument("--topic", default="")
    command.add_argument("--site", default="", help="what this site has added and switched off")
    _with_json(command)
    _with_json(_add(base, "lint", "find what is wrong with the base", claims.claims_lint))
    _with_json(_add(base, "seal", "vouch for the base after editing it, without training", claims.claims_seal))
    command = _add(base, "verify", "fetch the sources' pages and note which changed or are gone", sources.claims_verify)
    command.add_argument("--topic", default="", help="only the claims of this topic")
    command.add_argument("--id", dest="claim_id", default="", help="only this claim")
    command.add_argument("--accept", action="store_true", help="take the pages as they are now for read and right")
    command.add_argument("--out", type=Path, help="write the base here and leave the installed one as it is")
    _with_json(command)
    command = _add(base, "show", "show a claim with its correction and sources", claims.claims_show)
    command.add_argument("claim_id", metavar="id")
    _with_json(command)
    command = _add(base, "add", "add claims of a site's own, replacing those of the same id", site_claims.claims_add)
    command.add_argument("file", help="JSON lines, see docs/claims.md; - for standard input")
    command.add_argument("--site", required=True)
    for name, summary, work in (
        ("off", "switch a topic or a claim of the base off for a site", site_claims.claims_off),
        ("on", "switch a topic or a claim on again", site_claims.claims_on),
    ):
        command = _add(base, name, summary, work)
        command.add_argument("--site", required=True)
        which = command.add_mutually_exclusive_group(required=True)
        which.add_argument("--topic", default="")
        which.add_argument("--claim", default="")


def _add(commands: _Commands, name: str, summary: str, command: Callable[..., int]) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=summary, description=f"{summary[0].upper()}{summary[1:]}."
    )
    parser.set_defaults(command=command)
    return parser


def _group(commands: _Commands, name: str, summary: str) -> _Commands:
    parser = commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
    return parser.add_subparsers(metavar="COMMAND", required=True)


def _with_json(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", dest="as_json", action="store_true", help="print JSON, for programs")


if __name__ == "__main__":
    sys.exit(main())

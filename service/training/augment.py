"""Make rows that the corpora lack: author fields for bare texts, disguises, padding. Seeded, in our own words.

Public rows are mostly a text alone. So that a missing field tells nothing, genuine texts are signed with ordinary names
and now and then a personal site, and spam is signed both ways: with ordinary names, and with the trade it advertises.
"""

import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from service.comment import Submission
from service.paths import MODELS
from service.training.corpora import Example

_PHRASES: dict[str, list[str]] = json.loads((MODELS / "corpora" / "phrases.json").read_text("utf-8"))
"""Our own names, trades and turns of phrase, by kind."""
_FIRST = _PHRASES["first"]
_LAST = _PHRASES["last"]
_NICKS = _PHRASES["nicks"]
_SITES = _PHRASES["sites"]
_MAILS = _PHRASES["mails"]
_TRADES = _PHRASES["trades"]
_PLACES = _PHRASES["places"]
_MODIFIERS = _PHRASES["modifiers"]
_TAILS = _PHRASES["tails"]
_ENDINGS = _PHRASES["endings"]
_OPENERS = _PHRASES["openers"]
_MIDDLES = _PHRASES["middles"]
_CLOSERS = _PHRASES["closers"]
_PLAIN = _PHRASES["plain"]
_JOBS = _PHRASES["jobs"]
_ROLES = _PHRASES["role_forms"]
_TOWNS = _PHRASES["towns"]
_HOBBIES = _PHRASES["hobbies"]
_SITE_TAILS = _PHRASES["site_tails"]
_SITE_ENDINGS = _PHRASES["site_endings"]
_LEADS = _PHRASES["link_leads"]
_LINK_HOSTS = _PHRASES["link_hosts"]

_GLYPHS = str.maketrans("aceopxyiABCEHKMOPTX", "асеорхуіАВСЕНКМОРТХ")
_LEET = str.maketrans("aeiost", "431057")
_BOLD = {letter: chr(0x1D41A + i) for i, letter in enumerate("abcdefghijklmnopqrstuvwxyz")}


def augmented(examples: Sequence[Example], seed: int) -> list[Example]:
    """Return rows made from `examples` and from our own phrases, in an order that depends on the seed alone."""
    chance = random.Random(seed)
    bare = [example for example in examples if not example.submission.author_name]
    genuine = [example for example in bare if not example.label and example.source not in ("sms_uci",)]
    spam = [example for example in examples if example.label]
    made = list(_signed(bare, chance))
    made += list(_trade_names(genuine, chance))
    made += list(_disguised(spam, genuine, chance))
    made += list(_padded(spam, genuine, chance))
    made += list(_dropped(examples, chance))
    made += list(_linked(genuine, chance))
    return made


def person(chance: random.Random) -> str:
    """Return a name such as readers sign with."""
    first, last = chance.choice(_FIRST), chance.choice(_LAST)
    if chance.random() < 0.2:
        role = chance.choice(_ROLES).format(job=chance.choice(_JOBS), place=chance.choice(_TOWNS))
        return chance.choice((role, role[:1].upper() + role[1:], f"{first}, {role}"))
    return chance.choice(
        (first, f"{first} {last}", f"{first} {last}", f"{first} {last[0]}.", f"{first.lower()}{chance.randrange(100)}",
         f"{chance.choice(_NICKS)}{chance.randrange(2000)}", chance.choice(_NICKS), f"{first}_{last}".lower(),
         f"{chance.choice(_NICKS)}_{first}".lower(), f"{first[0]}. {last}", f"{first} from {last}ton")
    )  # fmt: skip


def trader(chance: random.Random) -> tuple[str, str]:
    """Return a name and an address such as spammers sign with."""
    trade, place = chance.choice(_TRADES), chance.choice(_PLACES)
    name = chance.choice((
        trade, trade, f"{chance.choice(_MODIFIERS)} {trade}", f"{trade} {chance.choice(_TAILS)}", f"{trade} {place}",
        f"{trade} in {place}", f"{chance.choice(_MODIFIERS)} {trade} {place}", trade.split()[0], person(chance),
    ))  # fmt: skip
    name = chance.choice((name, name.title(), name.title(), name.upper() if chance.random() < 0.2 else name))
    words = "".join(char if char.isascii() and char.isalnum() else "-" for char in trade).split("-")
    words = [word for word in words if word] or ["shop"]
    host = chance.choice(("", "-")).join(words) + chance.choice(
        ("", "", place, "24", "hub", "-pro", "online", "247", "4u")
    )
    ending = chance.choice(_ENDINGS)
    path = chance.choice(
        ("", "", "/", f"/{'-'.join(words)}/", "/index.html", f"/blog/{words[0]}", "/?ref=77", f"/{place}")
    )
    invented = "".join(chance.choice("bcdfglmnprst") + chance.choice("aeiou") for _ in range(chance.randint(2, 4)))
    domain = chance.choice(
        (f"{host}.{ending}", f"{host}.{ending}", f"{invented}.{ending}", f"{words[0]}{invented}.{ending}")
    )
    return name, f"{chance.choice(('http://', 'https://', 'http://www.', 'https://www.'))}{domain}{path}"


def praise(chance: random.Random) -> str:
    """Return praise that would fit any page."""
    middle = ", ".join(chance.sample(_MIDDLES, chance.choice((1, 1, 2))))
    text = f"{chance.choice(_OPENERS)}{chance.choice(('. ', '! ', ', '))}{middle}. {chance.choice(_CLOSERS)}".strip()
    return chance.choice((text, text, chance.choice(_OPENERS) + "!", chance.choice(_PLAIN)))


def _signed(bare: Sequence[Example], chance: random.Random) -> Iterator[Example]:
    for example in bare:
        if chance.random() < (0.25 if not example.label else 0.3):
            name, url, mail = person(chance), "", chance.choice((*_MAILS, "", "", "", ""))
            if example.label and chance.random() < 0.5:
                name, url = trader(chance)
                url = url if chance.random() < 0.7 else ""
            elif chance.random() < (0.35 if not example.label else 0.12):
                url = _site(chance, name)
                if chance.random() < 0.15:
                    mail = url.split("//")[1].split("/")[0]
            yield _with(example, author_name=name, author_url=url, author_email_domain=mail)


def _site(chance: random.Random, name: str) -> str:
    """Return the address of a reader's own site: named after the reader, a pastime, or both."""
    plain = "".join(char for char in name.lower() if char.isascii() and char.isalnum())[:16] or "home"
    hobby, other = chance.choice(_HOBBIES), chance.choice(_HOBBIES)
    glue = chance.choice(("", "", "-"))
    tail = chance.choice(_SITE_TAILS)
    own = chance.choice((
        plain, f"{plain}{tail}", f"{plain}{glue}{hobby}", f"{hobby}{glue}{tail}", f"{hobby}and{other}",
        f"{chance.choice(_TOWNS).lower()}{glue}{hobby}", f"{hobby}{glue}{chance.randrange(1, 99)}",
    )).strip("-")  # fmt: skip
    ending = chance.choice((chance.choice(_SITES), chance.choice(_SITE_ENDINGS), chance.choice(_SITE_ENDINGS)))
    start = chance.choice(("https://", "https://", "http://", "http://www.", "https://www."))
    return f"{start}{own}.{ending}{chance.choice(('', '', '', '/', '/about', '/blog', f'/{other}'))}"


def _linked(genuine: Sequence[Example], chance: random.Random) -> Iterator[Example]:
    """Yield genuine comments that point to a source, to a newspaper, to the writer's own notes."""
    for example in genuine:
        if chance.random() < 0.05:
            words = re.findall(r"[a-z]{4,}", example.submission.body.lower()) or ["a"]
            word = chance.choice(words)
            path = chance.choice((word, f"{word}-{chance.choice(_HOBBIES)}", f"20{chance.randrange(10, 26)}/{word}"))
            link = f"https://{chance.choice(_LINK_HOSTS)}/{path}"
            name, url = person(chance), ""
            if chance.random() < 0.4:
                link = _site(chance, name)
                url = link if chance.random() < 0.5 else ""
            body, pointed, place = example.submission.body[:600], f"{chance.choice(_LEADS)}{link}", chance.random()
            body = f"{pointed} {body}" if place < 0.15 else f"{body} {pointed}" if place < 0.8 else f"{body}\n{link}"
            yield _with(example, body=body, author_name=name if chance.random() < 0.6 or url else "", author_url=url)


def _trade_names(genuine: Sequence[Example], chance: random.Random) -> Iterator[Example]:
    for i in range(2600):
        name, url = trader(chance)
        mail = chance.choice((*_MAILS, "", "", "", url.split("//")[1].split("/")[0].removeprefix("www.")))
        borrowed = genuine and i % 4 == 0
        body = chance.choice(genuine).submission.body[:300] if borrowed else praise(chance)
        if i % 9 == 1:
            body += f" {chance.choice(('', 'More here: ', 'See '))}{url}"
        if i % 11 == 2:
            body += f' <a href="{url}">{name}</a>'
        url = url if chance.random() < 0.75 else ""
        fields = Submission(body=body, author_name=name, author_url=url, author_email_domain=mail)
        yield Example(
            submission=fields, label=1, source="made_trade_names", family="trade_name", group=f"trade{i}", lang="en"
        )
    for i in range(1300):
        name = person(chance)
        body = chance.choice((praise(chance).replace("Visit my page as well.", ""), chance.choice(_PLAIN)))
        fields = Submission(body=body, author_name=name, author_url=_site(chance, name) if i % 3 == 0 else "")
        yield Example(submission=fields, label=0, source="made_thanks", family="thanks", group=f"thanks{i}", lang="en")


def _disguised(spam: Sequence[Example], genuine: Sequence[Example], chance: random.Random) -> Iterator[Example]:
    for rows, share in ((spam, 0.12), (genuine, 0.01)):
        for example in rows:
            if chance.random() < share:
                yield _with(example, body=disguise(example.submission.body, chance))


def disguise(text: str, chance: random.Random) -> str:
    """Return a text with one kind of disguise on some of its words."""
    kind = chance.randrange(6)
    share = chance.choice((0.2, 0.5, 1.0))
    return " ".join(_disguise_word(word, kind, chance) if chance.random() < share else word for word in text.split())


def _disguise_word(word: str, kind: int, chance: random.Random) -> str:
    if len(word) < 4 or "/" in word or not word.isascii():
        return word
    match kind:
        case 0:
            return word.translate(_GLYPHS)
        case 1:
            return chance.choice(("\u200b", "\u200c", "\u2060", "\u00ad")).join(word)
        case 2:
            return word.translate(_LEET)
        case 3:
            return "".join(_BOLD.get(char, char) for char in word.lower())
        case 4:
            return chance.choice((" ", ".", "-")).join(word) if word.isalpha() else word
        case _:
            return "".join(f"&#{ord(char)};" if chance.random() < 0.5 else char for char in word)


def _padded(spam: Sequence[Example], genuine: Sequence[Example], chance: random.Random) -> Iterator[Example]:
    """Yield spam among genuine sentences."""
    for example in spam:
        if genuine and chance.random() < 0.06:
            yield _with(example, body=pad(example.submission.body, genuine, chance))


def pad(text: str, genuine: Sequence[Example], chance: random.Random) -> str:
    """Return a text before, between or after three genuine ones."""
    around = [chance.choice(genuine).submission.body[:400] for _ in range(3)]
    around.insert(chance.randrange(3), text)
    return " ".join(around)


def _dropped(examples: Sequence[Example], chance: random.Random) -> Iterator[Example]:
    """Yield rows with some of their fields left out, so that a missing field tells nothing."""
    for example in examples:
        submission = example.submission
        if submission.author_name and submission.page_title and chance.random() < 0.6:
            telling = bool(example.label and submission.author_url)
            yield _with(
                example,
                author_name="" if chance.random() < 0.3 and not telling else submission.author_name,
                author_url=submission.author_url if telling else "",
                page_title="",
                author_email_domain="",
            )


def _with(example: Example, **fields: str) -> Example:
    return replace(example, submission=replace(example.submission, **fields), source=f"{example.source}+")

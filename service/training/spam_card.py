"""Write what goes with the spam model: the card, the golden samples, the fingerprint of its data."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from service.comment import Opinion, Submission
from service.training.corpora import Example
from service.training.evaluate import Metrics, table

GOLDEN = (
    Submission(body="The council should publish the minutes before it votes, not after."),
    Submission(
        body="Great post, thanks for sharing! I have bookmarked your blog.",
        author_name="cheap car insurance quotes",
        author_url="https://cheap-car-insurance-quotes.example/miami",
    ),
    Submission(
        body="Make $500 a day from home, message me on WhatsApp +1 555 0100 or visit fast-cash-4u.example now!!!"
    ),
    Submission(body="c4s1n0 b0nus, c\u200ba\u200bs\u200bh out today at best-slots.example"),
    Submission(body="My sister had the same surgery last year and is walking again.", author_name="Ingrid B."),
    Submission(body='<a href="https://pills-direct.example">buy v1agra online</a> no prescription'),
    Submission(body="Check out my channel, I post covers every week, subscribe please!"),
    Submission(body="Спасибо за статью, у нас во дворе та же история с парковкой."),
    Submission(body="这篇文章写得很好，我家附近的图书馆也关门了。"),
    Submission(body="Ok"),
)
_COLUMNS = (
    "rows", "positives", "roc_auc", "pr_auc", "recall_at_1pct_fpr", "recall_at_0.1pct_fpr",
    "hold_recall", "hold_fpr", "reject_fpr", "calibration_error",
)  # fmt: skip
_SOURCES = {
    "youtube_uci": "YouTube Spam Collection, UCI 380 (Alberto, Lochter & Almeida 2015), CC BY 4.0",
    "sms_uci": "SMS Spam Collection, UCI 228 (Almeida & Hidalgo 2011), CC BY 4.0",
    "tgspam_umputun": "umputun/tg-spam, spam and ham samples, MIT",
    "judol_id": "gbennnn/judol-comment-classification, MIT",
    "civil_cc0": "ipavlopoulos/toxic_spans, comments.csv (Civil Comments), CC0 1.0",
    "wikitalk": "ipavlopoulos/context_toxicity, Apache-2.0; text CC BY-SA 3.0",
    "synth": "own templates",
    "reddit27_benign": "construct-tracker data (Low et al. 2020), Apache-2.0",
    "medquad": "abachaa/MedQuAD (Ben Abacha & Demner-Fushman 2019), CC BY 4.0",
}


def card(
    version: str,
    figures: Mapping[str, Metrics],
    counts: Mapping[tuple[str, int], int],
    settings: Mapping[str, float],
) -> str:
    """Return the model card."""
    lines = []
    for source in sorted({source for source, _ in counts}):
        spam, genuine = counts.get((source, 1), 0), counts.get((source, 0), 0)
        origin = _SOURCES.get(source, "made from the rows above, or our own (CC0)")
        lines.append(f"| {source} | {spam} | {genuine} | {origin} |")
    return _CARD.format(
        version=version,
        rows="\n".join(lines),
        figures=table(figures, _COLUMNS),
        hold=f"{settings['hold_at']:.4f}",
        reject=f"{settings['reject_at']:.4f}",
    )


def golden(opinions: Sequence[Opinion]) -> str:
    """Return the golden samples: a submission, and the probability that any right installation gives it."""
    lines = [
        json.dumps({"submission": asdict(submission), "probability": opinion.probability}, ensure_ascii=True)
        for submission, opinion in zip(GOLDEN, opinions, strict=True)
    ]
    return "\n".join(lines) + "\n"


def fingerprint_of(examples: Sequence[Example]) -> str:
    """Return a hash over the rows, so that a rebuild from other data can be told."""
    digest = hashlib.sha256()
    for example in examples:
        digest.update(json.dumps([asdict(example.submission), example.label], ensure_ascii=True).encode())
    return digest.hexdigest()


_CARD = """# {version}

A linear model over hashed word 1-2 and character 3-5 n-grams, told apart by field (text, author's name, address,
e-mail domain, links, link texts), and features made by hand. Platt scaling on held-out rows, unbalanced. It judges
article comments; it says nothing about whether a comment is true, polite or on topic.

Holds at {hold}, rejects at {reject}. Comments of fewer than three words, in scripts without genuine training rows, or
that reach the cut by their disguises alone are never rejected.

## Rows

A `+` marks rows made from a source by signing, linking, disguising, padding or leaving out fields. No row of a public
set is part of this project; weights are numbers.

| source | spam | genuine | from |
| --- | ---: | ---: | --- |
{rows}

## Figures

Measured on rows the measured model had not seen. `held out` rows are the public sets' dev halves (whole videos for
YouTube) and our own rows, each scored by a model that knew none of its file: another writer's rows. `without …` leaves
a whole source out; `without the family` leaves out the family of spam, and the article of genuine comments, in three
parts. The shipped model is fitted on all rows with the same settings, so its own figures on them would mean nothing.

{figures}

Eleven writers who knew neither model nor rows served once as an untouched test of the model as it was before their rows
were trained on (2026.11.1 for the first, 2026.11.2 for the next three, 2026.11.4 for the others). What this model makes
of each when that file is left out stands above (`without spam_…`):

| rows | ROC-AUC | PR-AUC | recall at 1 % | recall at the hold cut | held of genuine |
| --- | ---: | ---: | ---: | ---: | ---: |
| spam_streets, 767 | .860 | – | .225 | – | – |
| spam_bazaar, 1,300: ten languages, disguises, padding | .893 | .894 | .354 | .671 | .105 |
| spam_jukebox, 1,355: videos and blogs | .908 | .910 | .276 | .622 | .048 |
| spam_harbour, 1,269: the hard half of both | .848 | .832 | .123 | .612 | .134 |
| spam_arcade, 903: nothing but praise, b2b, shops | .790 | .746 | .108 | .378 | .100 |
| spam_ferry, 855: under videos, ten languages | .947 | .937 | .581 | .578 | .008 |
| spam_orchard, 790: padded, stories, disguises | .859 | .841 | .341 | .555 | .071 |
| spam_depot, 954: testimonials and shills | .774 | .718 | .027 | .300 | .067 |
| spam_signal, 951: bots on blogs, many languages | .865 | .882 | .332 | .710 | .147 |
| spam_tavern, 1,108: money, housing, software, videos | .862 | .815 | .145 | .483 | .064 |
| spam_parlour, 1,069: health pages, news, recipes | .830 | .785 | .123 | .450 | .085 |

How far to trust the figures: the sources' weights, the number of rows read of each, the strength of the fit and the
latest features by hand were chosen on the public dev halves, about forty settings in all, and spam_corner was written
after a look at the mistakes on them. What there resembled a public row was taken out again before this fit; the kinds
of comments remain. So `held out, public`, `youtube_uci` and `without youtube_uci` are no longer untouched, and flatter.
The lines by writer were not looked at for that.

`disguised` and `padded` are the held-out spam once more, disguised, and between genuine comments of the news. Tried
besides and left out: static word vectors of the text, the author's name and the host, and their likeness to the page's
title, which moved the AUC on unseen writers by at most .01.

Our own rows are hard on purpose: genuine comments signed by plumbers and shopkeepers with addresses, joke names made of
spam, warnings that quote scams; spam that tells a story and names a product in passing.

## Limits

- Spam that is written like a reader's story and names a product only in passing is mostly not found from the text.
- Genuine comments that point to the writer's own site or shop are the likeliest to be held wrongly.
- Genuine rows are mostly English and Indonesian; Spanish, German, French, Portuguese, Russian, Hindi in Latin letters,
  Chinese and Arabic rest on few rows of our own. Other scripts are held at most, never rejected.
- The public genuine rows are presumed genuine, not checked one by one; SMS and Telegram are not comments.
"""

"""Turns of phrase are counted by what they are for."""

import pytest

from service.pipeline.turns import KINDS, turns


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("we offer free delivery", "offer"),
        ("write me on whatsapp", "contact"),
        ("dr falola cured me", "testimony"),
        ("i make 000 a day", "earn"),
        ("please check out my channel", "promote"),
        ("great post thanks for sharing", "praise"),
        ("we sell dofollow backlinks", "seo"),
        ("xanax no script", "goods"),
        ("it is a scam", "critic"),
        ("the author forgot my grandmother", "article"),
        ("加 微 信", "contact"),
        ("подпишись на мой канал", "promote"),
    ],
)
def test_a_turn_is_counted_for_its_kind(words: str, kind: str) -> None:
    assert turns(words.split())[KINDS.index(kind)] > 0


def test_a_plain_sentence_has_none_of_the_turns_of_spam() -> None:
    counts = turns("the bridge has been shut since spring".split())

    assert sum(counts) == 0


def test_no_words_have_no_turns() -> None:
    assert turns([]) == [0] * len(KINDS)

"""Cues of stance, sentences and words, and the n-grams made of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.paths import MODELS
from service.pipeline.grams import char_grams, manner_grams, word_grams
from service.pipeline.phrases import Phrases
from service.pipeline.sentences import flatten, sentences, words
from service.pipeline.stance import CUES, FEATURES, Lexicon

COMMON = frozenset({"dont", "drink", "the", "it", "is"})


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon((MODELS / "health" / "cues.json").read_text("utf-8"))


def _value(lexicon: Lexicon, text: str, feature: str) -> float:
    return float(lexicon.manners(flatten([words(text)]))[0].features[FEATURES.index(feature)])


@pytest.mark.parametrize(
    ("text", "feature"),
    [
        ("That is nonsense.", "debunk.anywhere"),
        ("Does anyone know?", "ends_asking"),
        ("My neighbour says so.", "attribution.opening"),
        ("“They cannot hurt you” is a lie", "opens_quoted"),
        ("He said “you never need a doctor” and left", "negation.quoted"),
        ("Just drink it, trust me", "booster.closing"),
    ],
)
def test_a_cue_is_noticed_where_it_stands(lexicon: Lexicon, text: str, feature: str) -> None:
    assert _value(lexicon, text, feature) > 0


def test_an_unclosed_quotation_quotes_nothing(lexicon: Lexicon) -> None:
    assert _value(lexicon, '6" of snow, never again', "quoted_share") == 0


def test_the_cue_shown_comes_from_the_claims_own_sentence_first(lexicon: Lexicon) -> None:
    read = words("Rubbish weather. That cure is nonsense.")
    hits = lexicon.manners(flatten([read]))[0].hits

    cue = lexicon.cue("refutes", hits, 3, len(read.forms))

    assert cue is not None
    assert read.forms[cue.start : cue.end] == ("nonsense",)


def test_a_text_without_cues_has_none_to_show(lexicon: Lexicon) -> None:
    assert lexicon.cue("refutes", (), 0, 3) is None


def test_every_kind_of_cue_is_in_the_word_list(lexicon: Lexicon) -> None:
    assert len(lexicon.manners(flatten([words("")]))[0].features) == len(FEATURES)
    assert len(set(CUES)) == len(CUES)


def test_sentences_stand_where_they_say() -> None:
    text = "One.  Two?\nThree … four!"

    assert [text[s.start : s.end] for s in sentences(text)] == ["One.", "Two?", "Three …", "four!"]


@given(st.text(max_size=300))
def test_sentences_and_words_never_fail_and_stand_where_they_say(text: str) -> None:
    assert all(text[s.start : s.end] == s.text for s in sentences(text))
    read = words(text)
    assert all(0 <= a < b <= len(text) for a, b in zip(read.starts, read.ends, strict=True))


@given(st.text(max_size=200))
def test_grams_are_sorted_and_each_once(text: str) -> None:
    flat = flatten([words(text), words("is it")])

    for grams in (*char_grams([text, text[:5]]), *word_grams(flat), *manner_grams(flat, COMMON)):
        assert np.all(np.diff(grams) > 0)


@settings(deadline=None)
@given(st.lists(st.text(alphabet='ab no.?"“” dont ’\n', max_size=60), min_size=1, max_size=5))
def test_a_text_measures_the_same_beside_others_as_alone(lexicon: Lexicon, texts: list[str]) -> None:
    reads = [words(text) for text in texts]

    together, chars = flatten(reads), char_grams(texts)

    for i, (read, text) in enumerate(zip(reads, texts, strict=True)):
        alone = flatten([read])
        assert np.array_equal(word_grams(together)[i], word_grams(alone)[0])
        assert np.array_equal(manner_grams(together, COMMON)[i], manner_grams(alone, COMMON)[0])
        assert np.array_equal(chars[i], char_grams([text])[0])
        both, one = lexicon.manners(together)[i], lexicon.manners(alone)[0]
        assert np.allclose(both.features, one.features, atol=1e-6)
        assert both.hits == one.hits


def test_the_manner_of_two_topics_is_the_same() -> None:
    first, second = manner_grams(
        flatten([words("dont drink the zirconium"), words("dont drink the petroleum")]), COMMON
    )

    assert len(np.intersect1d(first, second)) > len(first) * 0.7


def test_phrases_of_one_word_and_of_many_are_found_where_they_start() -> None:
    phrases = Phrases({0: [("a",), ("a", "b")], 1: [("a", "b")]})

    found = [(hit.label, hit.start, hit.end) for hit in phrases.find(("x", "a", "b"))]

    assert found == [(0, 1, 2), (0, 1, 3), (1, 1, 3)]


def test_a_phrase_that_is_empty_or_too_long_is_left_out() -> None:
    assert Phrases({0: [(), ("a",) * 9]}).find(("a",) * 9) == []

"""Names, addresses and e-mail domains that people and traders sign with."""

import pytest

from service.comment import Submission
from service.pipeline.cues import NAMES
from service.pipeline.features import features
from service.pipeline.normalise import normalise
from service.pipeline.signatures import is_cheap, is_trusted, trade_words


def cue(name: str, **fields: str) -> float:
    of = features([normalise(Submission(**{"body": "I walked there on Sunday.", **fields}))])
    return float(of.hand[0, NAMES.index(name)])


@pytest.mark.parametrize("name", ["Ingrid", "J. Adeyemi", "Ingrid B.", "Anna O'Hara", "José Núñez", "Анна Петрова"])
def test_a_persons_name_is_known_by_its_form(name: str) -> None:
    assert cue("name_person", author_name=name) == 1.0


@pytest.mark.parametrize("name", ["cheap flights", "Best Casino", "Roof Repair Leeds UK", "xX_gamer_Xx", "seo24"])
def test_a_trade_or_a_nickname_is_no_persons_name(name: str) -> None:
    assert cue("name_person", author_name=name) == 0.0


@pytest.mark.parametrize("name", ["payday loans", "Abogados Madrid", "ремонт квартир", "论文代写", "شركة نقل عفش"])
def test_words_of_trade_in_a_name_are_found_in_every_script(name: str) -> None:
    assert cue("name_trade", author_name=name) > 0
    assert trade_words(name)


def test_an_address_that_agrees_with_the_name_is_told_from_one_that_does_not() -> None:
    assert cue("url_name_agrees", author_name="Petra Lind", author_url="https://petra-paints.com") == 1.0
    assert cue("url_name_differs", author_name="Petra Lind", author_url="https://quick-cash.com") == 1.0


@pytest.mark.parametrize("host", ["nhs.uk", "www.gov.uk", "cdc.gov", "en.wikipedia.org", "doi.org", "cam.ac.uk"])
def test_public_bodies_and_schools_are_trusted(host: str) -> None:
    assert is_trusted(host)


@pytest.mark.parametrize("host", ["nhs-uk.com", "gov.example.com", "mywikipedia.org", "whodoi.org"])
def test_their_imitators_are_not(host: str) -> None:
    assert not is_trusted(host)


def test_cheap_endings_are_known() -> None:
    assert is_cheap("win.xyz")
    assert not is_cheap("win.org")


def test_no_words_of_trade_are_found_in_a_plain_name() -> None:
    assert trade_words("Мария") == []

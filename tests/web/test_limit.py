import pytest

from service.comment import SiteId
from service.errors import TooManyRequests
from service.settings import Rate
from service.web.limit import RateLimits, network, prefix

DEMO, OTHER = SiteId(1), SiteId(2)


@pytest.mark.parametrize(
    ("host", "prefix"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2345:6789::1", "2001:db8:1:2300::/56"),
        ("2001:db8:1:23ff::", "2001:db8:1:2300::/56"),
        ("", ""),
        ("testclient", ""),
    ],
)
def test_an_address_draws_on_its_networks_bucket(host: str, prefix: str) -> None:
    assert network(host) == prefix


@pytest.mark.parametrize(
    ("host", "kept"),
    [
        ("192.0.2.7", "192.0.2.0/24"),
        ("::ffff:192.0.2.7", "192.0.2.0/24"),
        ("2001:db8:1:2345:6789::1", "2001:db8:1::/48"),
        ("", ""),
        ("testclient", ""),
    ],
)
def test_what_is_kept_of_an_address_names_no_household(host: str, kept: str) -> None:
    assert prefix(host) == kept


def spend(limits: RateLimits, times: int, *, address: str = "192.0.2.7", site: SiteId = DEMO) -> int:
    """Return how many of the attempts were let through."""
    passed = 0
    for _ in range(times):
        try:
            limits.spend(site, address)
        except TooManyRequests:
            continue
        passed += 1
    return passed


def test_an_address_gets_its_count_and_no_more() -> None:
    assert spend(RateLimits({"address": Rate(count=3, seconds=3600)}), 10) == 3


def test_another_address_has_its_own_count() -> None:
    limits = RateLimits({"address": Rate(count=3, seconds=3600)})
    spend(limits, 10)

    assert spend(limits, 10, address="192.0.2.8") == 3


def test_a_site_gets_its_count_from_all_addresses_together() -> None:
    limits = RateLimits({"address": Rate(count=3, seconds=3600), "site": Rate(count=4, seconds=3600)})

    assert spend(limits, 3) + spend(limits, 3, address="192.0.2.8") == 4
    assert spend(limits, 3, address="192.0.2.9", site=OTHER) == 3


def test_a_refused_request_costs_nothing() -> None:
    limits = RateLimits({"address": Rate(count=1, seconds=3600), "site": Rate(count=2, seconds=3600)})
    spend(limits, 10)

    assert spend(limits, 10, address="192.0.2.8") == 1


def test_a_caller_without_an_address_draws_on_the_site_only() -> None:
    limits = RateLimits({"address": Rate(count=1, seconds=3600), "site": Rate(count=5, seconds=3600)})

    assert spend(limits, 10, address="") == 5


def test_whoever_is_refused_is_told_when_to_come_back() -> None:
    limits = RateLimits({"address": Rate(count=2, seconds=120)})
    spend(limits, 2)

    with pytest.raises(TooManyRequests) as refused:
        limits.spend(DEMO, "192.0.2.7")
    assert 59 <= (refused.value.retry_after or 0) <= 60


def test_no_rates_limit_nothing() -> None:
    assert spend(RateLimits({}), 1000) == 1000


def test_what_others_let_in_counts_here_but_is_not_told_again() -> None:
    limits = RateLimits({"address": Rate(count=5, seconds=3600), "site": Rate(count=9, seconds=3600)})
    limits.charge({(DEMO, "192.0.2.7"): 3, (DEMO, ""): 3})

    assert spend(limits, 10) == 2
    assert limits.take_spent() == {(DEMO, "192.0.2.7"): 2, (DEMO, ""): 2}
    assert limits.take_spent() == {}


def test_a_bucket_owes_at_most_what_it_holds() -> None:
    limits = RateLimits({"site": Rate(count=2, seconds=60)})
    limits.charge({(DEMO, ""): 1000})

    with pytest.raises(TooManyRequests) as refused:
        limits.spend(DEMO, "")
    assert (refused.value.retry_after or 0) <= 90

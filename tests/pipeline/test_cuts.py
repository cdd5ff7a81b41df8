"""Thresholds from the scores of genuine comments."""

import numpy as np

from service.pipeline.cuts import Cuts, cut_for, own_cuts

SHIPPED = Cuts(hold_at=0.4, reject_at=0.98)


def test_a_cut_lets_no_more_than_its_rate_of_genuine_comments_reach_it() -> None:
    scores = np.array([0.1, 0.2, 0.2, 0.9] * 25)

    assert (scores >= cut_for(scores, 0.1)).mean() <= 0.1
    assert cut_for(scores, 1.0) == 0.0


def test_a_site_holds_one_in_a_hundred_of_its_genuine_comments() -> None:
    scores = np.linspace(0.0, 0.6, 1000)

    assert 0.59 < own_cuts(scores.tolist(), SHIPPED).hold_at < 0.6


def test_a_quiet_site_or_one_full_of_spam_moves_its_cut_half_way_at_most() -> None:
    assert own_cuts([0.0] * 500, SHIPPED).hold_at == 0.2
    assert own_cuts([0.999] * 500, SHIPPED).hold_at == 0.7


def test_rejecting_never_gets_easier() -> None:
    assert own_cuts([0.0] * 500, SHIPPED).reject_at == 0.98
    assert own_cuts([0.99] * 500, SHIPPED).reject_at > 0.99

"""Give each site with enough decisions cuts of its own, once an hour."""

import asyncio
import logging
from collections.abc import Mapping

from service.errors import Unavailable
from service.pipeline import Judge
from service.pipeline.cuts import own_cuts
from service.pipeline.spam import SpamJudge
from service.store.database import Database
from service.store.learning import ENOUGH, genuine_scores, has_enough_approvals, keep_learned
from service.store.records import Learned
from service.store.sites import list_sites

EVERY = 3600.0
"""Seconds between two rounds; cuts rest on months of comments."""

_log = logging.getLogger("gatepost.learning")


async def keep_learning(db: Database, judges: Mapping[str, Judge]) -> None:
    """Learn every site's cuts now and every hour, until cancelled. Several processes at it do no harm."""
    judge = judges.get("spam")
    if not isinstance(judge, SpamJudge):
        return
    while True:
        try:
            sites = await learn_cuts(db, judge)
            _log.info("Cuts of their own: %d sites.", sites)
        except Unavailable:
            _log.warning("Learning was put off: the database does not answer.")
        await asyncio.sleep(EVERY)


async def learn_cuts(db: Database, judge: SpamJudge) -> int:
    """Keep the cuts of every site where people have approved enough comments; return how many sites that is."""
    learned = 0
    for site in await list_sites(db):
        if not await has_enough_approvals(db, site.id):
            continue
        genuine = await genuine_scores(db, site.id, "spam", judge.version)
        if len(genuine) < ENOUGH:
            # Few have been judged by this version of the model as yet.
            continue
        cuts = own_cuts(genuine, judge.cuts)
        found = Learned(
            models={"spam": judge.version},
            hold_at={"spam": cuts.hold_at},
            reject_at={"spam": cuts.reject_at},
        )
        if found != site.learned:
            await keep_learned(db, site.id, found)
        learned += 1
    return learned

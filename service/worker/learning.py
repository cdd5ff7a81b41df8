"""Give each site with enough decisions cuts of its own, once an hour."""

import asyncio
import logging
from collections.abc import Mapping, Sequence

from service.errors import Unavailable
from service.pipeline import Judge
from service.pipeline.cuts import own_cuts
from service.pipeline.spam import SpamJudge
from service.store.database import Database
from service.store.learning import ENOUGH, genuine_scores, has_enough_approvals, keep_learned
from service.store.records import Learned, Site
from service.store.rounds import claim_round
from service.store.sites import list_sites

EVERY = 3600.0
"""Seconds between two rounds at a site; cuts rest on months of comments."""
LOOK = 60.0
"""Seconds after which a process looks again where work is due."""

_log = logging.getLogger("gatepost.learning")


async def keep_learning(db: Database, judges: Mapping[str, Judge]) -> None:
    """Learn every site's cuts every hour, until cancelled; of several processes one does it for each site."""
    judge = judges.get("spam")
    if not isinstance(judge, SpamJudge):
        return
    while True:
        try:
            sites = {site.id: site for site in await list_sites(db)}
            if due := await claim_round(db, list(sites), "learning", EVERY):
                _log.info("Cuts of their own: %d sites.", await learn_cuts(db, judge, [sites[each] for each in due]))
        except Unavailable:
            _log.warning("Learning was put off: the database does not answer.")
        await asyncio.sleep(LOOK)


async def learn_cuts(db: Database, judge: SpamJudge, sites: Sequence[Site]) -> int:
    """Keep the cuts of those sites where people have approved enough comments; return how many that is."""
    learned = 0
    for site in sites:
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

"""Take comments in: many requests, one writer, no timer.

What arrives while a batch is being judged and committed forms the next batch; each request is answered after its
own batch's COMMIT. Judging runs in one thread, so that the event loop goes on answering.
"""

import asyncio
import logging
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

from service.comment import Clean, Context, PageId, Verdict
from service.errors import Conflict, FieldError, Gone, Invalid, RequestError, Unavailable
from service.pipeline import Judge, judge, unjudged
from service.pipeline.decide import state_after
from service.pipeline.fingerprint import fingerprint, near_hash
from service.pipeline.sanitise import sanitise
from service.priority import rank, weight
from service.store.intake import Writer
from service.store.records import Arrival, Circumstance, Judged, Receipt
from service.web.pace import Pace, crowded

MAX_BATCH = 128
"""In a flood a batch waits longer for its turns in the event loop than for anything else: twice as many share that."""
MAX_WAITING = 1024
"""Requests that may wait for a batch, however fast batches are."""
JUDGE_SECONDS = 5.0
"""How long a batch may be judged before it is held unjudged; the usual time is under 0.1 s."""

T = TypeVar("T")
_log = logging.getLogger("gatepost.intake")


@dataclass(slots=True)
class _Waiting:
    """A request that waits for its comment to be durable."""

    arrival: Arrival
    answer: "asyncio.Future[Receipt]"
    since: float


class Intake:
    """The one way in. `observe` is told each batch's size, seconds spent judging, and receipts."""

    def __init__(
        self,
        writer: Writer,
        judges: Mapping[str, Judge],
        observe: Callable[[int, float, Sequence[Receipt]], None],
    ):
        self._writer = writer
        self._judges = judges
        self._models = {name: a_judge.version for name, a_judge in judges.items()}
        self._observe = observe
        self._waiting: asyncio.Queue[_Waiting] = asyncio.Queue(MAX_WAITING)
        self._pace = Pace()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="judge")

    async def submit(self, arrival: Arrival, waited: float = 0.0) -> Receipt:
        """Return what became of a comment, once it is durable; `waited` seconds Postgres has been waited for already.

        Raises:
            Invalid: the parent is not a published comment of the same page, or an Idempotency-Key came again with
                another request.
            Gone: the page takes no more comments.
            Unavailable: too many wait already, or the database does not answer.
        """
        if not self.has_room():
            raise crowded()
        waiting = _Waiting(arrival, asyncio.get_running_loop().create_future(), time.perf_counter() - waited)
        self._waiting.put_nowait(waiting)
        return await waiting.answer

    def has_room(self) -> bool:
        """Tell whether another comment would be stored soon enough."""
        return not self._waiting.full() and self._pace.allows(self._waiting.qsize(), MAX_BATCH)

    async def run(self) -> None:
        """Answer batch after batch until cancelled; `drain` first, or what waits is never answered."""
        try:
            while True:
                taken = [await self._waiting.get(), *self._take(MAX_BATCH - 1)]
                now = time.perf_counter()
                _refuse([each for each in taken if self._pace.is_late(now - each.since)], crowded())
                if batch := [each for each in taken if not self._pace.is_late(now - each.since)]:
                    self._pace.begin()
                    self._writer.begin(now - min(each.since for each in batch))
                    await self._answer(batch)
                    self._pace.end()
                for _ in taken:
                    self._waiting.task_done()
        finally:
            self._thread.shutdown(wait=False, cancel_futures=True)

    async def drain(self) -> None:
        """Return when everything that was submitted is answered."""
        await self._waiting.join()

    async def judge_again(self, arrival: Arrival, about: Circumstance) -> Judged:
        """Return what becomes of a comment that was changed; nothing is written."""
        assert about.page_id
        clean = await self._in_thread(lambda: sanitise(arrival.submission.body))
        (verdict,) = await self._judge([arrival], [about])
        return _judged(arrival, about.page_id, clean, fingerprint(clean.text), near_hash(clean.text), verdict)

    def _take(self, most: int) -> list[_Waiting]:
        """Return what waits, up to a number, without waiting."""
        return [self._waiting.get_nowait() for _ in range(min(most, self._waiting.qsize()))]

    async def _answer(self, batch: Sequence[_Waiting]) -> None:
        try:
            first, again = _split_repeats(batch)
            await self._accept(first)
            if again:
                await self._accept(again)
        except Unavailable as error:
            # Those that wait have waited as long; each would find the same after as long again.
            behind = self._take(MAX_WAITING)
            _refuse([*batch, *behind], error)
            for _ in behind:
                self._waiting.task_done()
        except Exception as error:
            _log.exception("A batch of %d comments could not be taken in.", len(batch))
            _refuse(batch, error)

    async def _accept(self, batch: Sequence[_Waiting]) -> None:
        """Answer every request of a batch in which no Idempotency-Key occurs twice."""
        arrivals = [waiting.arrival for waiting in batch]
        cleans, hashes, nears = await self._in_thread(lambda: _cleaned(arrivals))
        known = await self._writer.look_up(arrivals, hashes, nears)
        fresh, replays = [], []
        for waiting, clean, text_hash, near, circumstance in zip(batch, cleans, hashes, nears, known, strict=True):
            try:
                _require_acceptable(waiting.arrival, circumstance)
            except RequestError as error:
                _settle(waiting, error)
                continue
            if circumstance.replay_of:
                replays.append((waiting, circumstance))
            else:
                fresh.append((waiting, clean, text_hash, near, circumstance))
        if fresh:
            try:
                await self._write(fresh)
            except Conflict:
                # Another process has written one of these keys since the look-up, which now finds it.
                await self._accept([waiting for waiting, *_ in fresh])
        if replays:
            await self._replay(replays)

    async def _write(self, fresh: Sequence[tuple[_Waiting, Clean, int, int, Circumstance]]) -> None:
        arrivals = [waiting.arrival for waiting, *_ in fresh]
        circumstances = [circumstance for *_, circumstance in fresh]
        pages = await self._pages(arrivals, circumstances)
        began = time.perf_counter()
        verdicts = await self._judge(arrivals, circumstances)
        seconds = time.perf_counter() - began
        batch = [
            _judged(arrival, page_id, clean, text_hash, near, verdict)
            for arrival, page_id, (_, clean, text_hash, near, _), verdict in zip(
                arrivals, pages, fresh, verdicts, strict=True
            )
        ]
        await self._writer.accept(batch)
        receipts = [_receipt(judged) for judged in batch]
        for (waiting, *_), receipt in zip(fresh, receipts, strict=True):
            _settle(waiting, receipt)
        self._observe(len(batch), seconds, receipts)

    async def _pages(self, arrivals: Sequence[Arrival], known: Sequence[Circumstance]) -> list[PageId]:
        new = [arrival for arrival, about in zip(arrivals, known, strict=True) if about.page_id is None]
        made = iter(await self._writer.add_pages(new) if new else ())
        return [next(made) if about.page_id is None else about.page_id for about in known]

    async def _judge(self, arrivals: Sequence[Arrival], known: Sequence[Circumstance]) -> list[Verdict]:
        submissions = [
            replace(arrival.submission, parent_body=about.parent_body)
            for arrival, about in zip(arrivals, known, strict=True)
        ]
        policies = [arrival.site.policy_in_force(self._models) for arrival in arrivals]
        contexts = [
            Context(
                signals=arrival.signals,
                record=about.record,
                same_text_rejected=about.same_text_rejected,
                claims=arrival.site.claims,
                same_text_approved=about.same_text_approved,
                near_text_rejected=about.near_text_rejected,
                author_email=arrival.author_email,
                network=arrival.address_prefix,
            )
            for arrival, about in zip(arrivals, known, strict=True)
        ]
        try:
            async with asyncio.timeout(JUDGE_SECONDS):
                return await self._in_thread(lambda: judge(submissions, self._judges, policies, contexts, _report))
        except TimeoutError:
            _log.error("Judging a batch of %d comments took more than %s s.", len(arrivals), JUDGE_SECONDS)
            # The thread cannot be stopped; the next batch gets another.
            self._thread.shutdown(wait=False)
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="judge")
            return unjudged(self._judges, policies)

    async def _replay(self, replays: Sequence[tuple[_Waiting, Circumstance]]) -> None:
        sites = {waiting.arrival.site.id for waiting, _ in replays}
        ids = [about.replay_of for _, about in replays if about.replay_of]
        receipts = await self._writer.receipts(sites, ids)
        for waiting, about in replays:
            assert about.replay_of
            _settle(waiting, receipts[about.replay_of])

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _split_repeats(batch: Sequence[_Waiting]) -> tuple[list[_Waiting], list[_Waiting]]:
    """Part a batch into requests to write and requests that repeat the Idempotency-Key of one of those."""
    seen = set()
    first, again = list[_Waiting](), list[_Waiting]()
    for waiting in batch:
        key = (waiting.arrival.site.id, waiting.arrival.idempotency_key)
        (again if key in seen else first).append(waiting)
        if waiting.arrival.idempotency_key is not None:
            seen.add(key)
    return first, again


def _cleaned(arrivals: Sequence[Arrival]) -> tuple[list[Clean], list[int], list[int]]:
    cleans = [sanitise(arrival.submission.body) for arrival in arrivals]
    return cleans, [fingerprint(clean.text) for clean in cleans], [near_hash(clean.text) for clean in cleans]


def _require_acceptable(arrival: Arrival, about: Circumstance) -> None:
    if about.replay_of:
        if about.replay_hash != arrival.request_hash:
            raise Invalid(
                "This Idempotency-Key came before, with another request. Use a new key for a new comment.",
                code="idempotency_key_reused",
            )
        return
    if about.closed:
        raise Gone("This page takes no more comments.", code="page_closed")
    if arrival.parent_id is not None and not about.parent_ok:
        error = FieldError("parent_id", "is not a published comment of this page")
        raise Invalid("The comment that this one answers is not there.", errors=[error])


def _judged(arrival: Arrival, page_id: PageId, clean: Clean, text_hash: int, near: int, verdict: Verdict) -> Judged:
    state, queued = state_after(verdict)
    worth = weight(verdict)
    return Judged(
        arrival=arrival,
        page_id=page_id,
        html=clean.html,
        text_hash=text_hash,
        near=near,
        verdict=verdict,
        state=state,
        queued=queued,
        weight=worth,
        rank=rank(worth, arrival.created_at),
    )


def _receipt(judged: Judged) -> Receipt:
    arrival = judged.arrival
    return Receipt(
        id=arrival.id,
        state=judged.state,
        html=judged.html,
        created_at=arrival.created_at,
        page_url=arrival.page_url,
        categories=tuple(dict.fromkeys(flag.category for flag in judged.verdict.flags)),
    )


def _refuse(those: Sequence[_Waiting], error: Exception) -> None:
    for waiting in those:
        if not waiting.answer.done():
            waiting.answer.set_exception(error)


def _settle(waiting: _Waiting, outcome: Receipt | RequestError) -> None:
    """Answer a request, unless its client has gone."""
    if isinstance(outcome, RequestError):
        _refuse([waiting], outcome)
    elif not waiting.answer.done():
        waiting.answer.set_result(outcome)


def _report(name: str, error: Exception) -> None:
    # Where it failed, and not what it says: an error's message may quote the comment.
    where = "".join(traceback.format_tb(error.__traceback__))
    _log.error("The %s judge failed with %s; the comment is held.\n%s", name, type(error).__name__, where)

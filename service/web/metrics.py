"""Count what the service does, for Prometheus."""

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from service.store.records import Receipt

_BATCHES = (1, 2, 4, 8, 16, 32, 64)
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)


class Metrics:
    """The counters of this process, or of all its sisters together where there are several workers.

    Labels are route templates and states, never anything that a caller chose.
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.requests = Counter("gatepost_requests", "Requests answered.", ("route", "status"), registry=self._registry)
        self.seconds = Histogram(
            "gatepost_request_seconds", "Seconds to answer.", ("route",), buckets=_SECONDS, registry=self._registry
        )
        self._comments = Counter("gatepost_comments", "Comments taken in.", ("state",), registry=self._registry)
        self._batch = Histogram(
            "gatepost_batch_comments", "Comments written together.", buckets=_BATCHES, registry=self._registry
        )
        self._judging = Histogram(
            "gatepost_judge_seconds", "Seconds to judge a batch.", buckets=_SECONDS, registry=self._registry
        )
        self._queue = Gauge(
            "gatepost_held",
            "Comments that wait for a person.",
            ("site",),
            registry=self._registry,
            multiprocess_mode="mostrecent",
        )

    def batch(self, size: int, seconds: float, receipts: Sequence[Receipt]) -> None:
        """Note a batch that was written."""
        self._batch.observe(size)
        self._judging.observe(seconds)
        for receipt in receipts:
            self._comments.labels(receipt.state).inc()

    def held(self, site: str, count: int) -> None:
        """Note how many comments of a site wait."""
        self._queue.labels(site).set(count)

    def page(self) -> bytes:
        """Return everything in the text format."""
        together = CollectorRegistry()
        try:
            MultiProcessCollector(together)  # type: ignore[no-untyped-call]  # the library has none here
        except ValueError:
            # No folder is set in which several processes count: this is the only one.
            together = self._registry
        return generate_latest(together)

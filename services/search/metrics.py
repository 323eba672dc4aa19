"""What the search service measures of itself."""

from prometheus_client import Counter, Gauge, Histogram

from shared.telemetry import Metrics

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class SearchMetrics:
    """The service's own series, registered beside those of its HTTP side."""

    def __init__(self, metrics: Metrics) -> None:
        registry = metrics.registry
        self.images = Gauge("search_images", "Images that queries can find.", ("collection",), registry=registry)
        self.revision = Gauge("search_revision", "Last write that the indexes have applied.", registry=registry)
        self.query_seconds = Histogram(
            "search_query_seconds", "Time of a batch of queries in its index.", buckets=_SECONDS, registry=registry
        )
        self.query_batch = Histogram(
            "search_query_batch", "Queries answered together.", buckets=(1, 2, 4, 8, 16, 32, 64), registry=registry
        )
        self.catch_up_seconds = Histogram(
            "search_catch_up_seconds",
            "Time to read new writes from the store and apply them.",
            buckets=_SECONDS,
            registry=registry,
        )
        self.staleness = Gauge(
            "search_staleness_seconds", "Time since the indexes were last known to have all writes.", registry=registry
        )
        self.failed_polls = Counter("search_failed_polls", "Looks at the store that it refused.", registry=registry)
        self.failed_snapshots = Counter(
            "search_failed_snapshots", "Snapshots that could not be written.", registry=registry
        )
        self.failed_upkeeps = Counter(
            "search_failed_upkeeps", "Looks at shared indexes that could not be finished.", registry=registry
        )
        self.swept_files = Counter(
            "search_swept_files", "Files of abandoned uploads that were removed.", registry=registry
        )
        self.failed_purges = Counter(
            "search_failed_purges", "Slices of dropped collections that could not be removed.", registry=registry
        )
        self.failed_sweeps = Counter("search_failed_sweeps", "Sweeps that the store refused.", registry=registry)

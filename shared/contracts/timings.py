"""Where the time of a search goes."""

from typing import Literal

Stage = Literal["fetch", "embed", "wait", "search", "records", "include", "total"]
"""`fetch`: images are read that have to be embedded, from addresses or from the store. `embed`: they are embedded.
`wait`: for `min_revision`. `search`: the index, waiting in line included. `records`: records, and the vectors of stored
examples, are read from the store. `include`: what is inline in the answer is read. `total`: all of it.
"""

Timings = dict[Stage, float]
"""Milliseconds of each stage that there was."""

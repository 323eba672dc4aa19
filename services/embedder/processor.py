"""What of the machine's processor this process may use."""

import math
import os
from pathlib import Path

_BFLOAT16 = frozenset({"avx512_bf16", "amx_bf16"})


def cores(root: Path = Path("/")) -> int:
    """Count the cores that this process may keep busy: those that it may run on, or fewer where a container says so.

    Args:
        root: Where `/proc` and `/sys` are.
    """
    return max(1, math.ceil(min(len(os.sched_getaffinity(0)), _quota(root))))


def has_bfloat16(root: Path = Path("/")) -> bool:
    """Tell whether the processor multiplies bfloat16 numbers by itself."""
    try:
        lines = (root / "proc/cpuinfo").read_text().splitlines()
    except OSError:
        return False
    flags = next((line for line in lines if line.startswith("flags")), "")
    return not _BFLOAT16.isdisjoint(flags.split())


def _quota(root: Path) -> float:
    """Give the cores that the control groups (version 2) of this process grant; the narrowest of them counts."""
    try:
        own = (root / "proc/self/cgroup").read_text().partition("0::/")[2].splitlines()
    except OSError:
        own = []
    hierarchy = root / "sys/fs/cgroup"
    group = hierarchy / own[0] if own else hierarchy
    granted = [math.inf]
    for folder in (group, *group.parents):
        if not folder.is_relative_to(hierarchy):
            break
        try:
            quota, period = (folder / "cpu.max").read_text().split()
            granted.append(int(quota) / int(period))
        except (OSError, ValueError):  # the file is missing, or says `max`
            continue
    return min(granted)

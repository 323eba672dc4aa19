import os
from pathlib import Path

import pytest

from services.embedder.processor import cores, has_bfloat16

HERE = len(os.sched_getaffinity(0))


def machine(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_without_control_groups_all_cores_of_its_affinity_count(tmp_path: Path) -> None:
    assert cores(tmp_path) == HERE


def test_fewer_cores_where_the_process_is_bound_to_one(tmp_path: Path) -> None:
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        assert cores(tmp_path) == 1
    finally:
        os.sched_setaffinity(0, before)


@pytest.mark.parametrize(("quota", "expected"), [("max 100000", HERE), ("50000 100000", 1), ("garbage", HERE)])
def test_a_container_is_asked_for_its_share(tmp_path: Path, quota: str, expected: int) -> None:
    root = machine(tmp_path, {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": quota})
    assert cores(root) == expected


def test_the_narrowest_group_counts(tmp_path: Path) -> None:
    groups = "sys/fs/cgroup/machine.slice"
    files = {
        "proc/self/cgroup": "12:pids:/x\n0::/machine.slice/box\n",
        f"{groups}/cpu.max": "100000 100000",
        f"{groups}/box/cpu.max": "max 100000",
    }
    assert cores(machine(tmp_path, files)) == 1


@pytest.mark.parametrize(
    ("flags", "expected"),
    [("fpu avx512f avx512_bf16 fsrm", True), ("fpu amx_bf16", True), ("fpu avx2", False)],
)
def test_the_processors_flags_tell_of_bfloat16(tmp_path: Path, flags: str, expected: bool) -> None:
    assert has_bfloat16(machine(tmp_path, {"proc/cpuinfo": f"processor : 0\nflags\t\t: {flags}\n"})) is expected


def test_a_processor_that_says_nothing_has_no_bfloat16(tmp_path: Path) -> None:
    assert not has_bfloat16(tmp_path)

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import anyio
import pytest

from cli.serving.supervisor import Service, Supervisor

RECORD = """
import os, pathlib, signal, sys, time
record = pathlib.Path(os.environ["RECORD"])
name = os.environ["NAME"]
def stop(*_):
    with record.open("a") as file:
        file.write(name + " ")
    if name != "stubborn":
        sys.exit(0)
signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGINT, lambda *_: record.write_text("SIGINT reached a child"))
record.with_suffix("." + name).write_text(str(os.getpid()))
while True:
    time.sleep(0.05)
"""


@pytest.fixture
def modules(tmp_path: Path) -> Mapping[str, str]:
    """Tiny services, and the environment in which they are found."""
    (tmp_path / "recording.py").write_text(RECORD)
    (tmp_path / "failing.py").write_text("import sys; sys.exit(3)")
    (tmp_path / "killed.py").write_text("import os; os.kill(os.getpid(), 9)")
    return {**os.environ, "PYTHONPATH": str(tmp_path), "RECORD": str(tmp_path / "record")}


def recording(modules: Mapping[str, str], *names: str) -> list[Service]:
    return [Service(name, "recording", {**modules, "NAME": name}) for name in names]


def pids(folder: Path, *names: str) -> list[int]:
    files = [folder / f"record.{name}" for name in names]
    deadline = time.monotonic() + 30
    while not all(file.exists() and file.read_text() for file in files):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return [int(file.read_text()) for file in files]


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 30
    while lives(pid):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        status = Path(f"/proc/{pid}/stat")
        return not (status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z")
    except (ProcessLookupError, FileNotFoundError):
        return False


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_the_services_in_the_opposite_order(
    modules: Mapping[str, str], tmp_path: Path, sent: signal.Signals
) -> None:
    said: list[str] = []

    async def work() -> None:
        await anyio.to_thread.run_sync(pids, tmp_path, "embedder", "search", "gateway")
        os.kill(os.getpid(), sent)

    status = await Supervisor(recording(modules, "embedder", "search", "gateway"), said.append).run(work)

    assert status == 0
    assert (tmp_path / "record").read_text() == "gateway search embedder "
    assert said == ["Stopping. A second Ctrl-C stops at once."]


@pytest.mark.parametrize(("module", "ending"), [("failing", "with exit status 3"), ("killed", "killed by SIGKILL")])
async def test_a_dead_service_is_named_and_ends_the_others(
    modules: Mapping[str, str], tmp_path: Path, module: str, ending: str
) -> None:
    said: list[str] = []
    services = [*recording(modules, "embedder"), Service("search", module, modules)]

    status = await Supervisor(services, said.append).run(anyio.sleep_forever)

    assert status == 1
    assert said == [f"The search ended by itself, {ending}. Everything stops."]


async def test_who_does_not_end_in_time_is_killed(modules: Mapping[str, str], tmp_path: Path) -> None:
    said: list[str] = []

    async def work() -> None:
        await anyio.to_thread.run_sync(pids, tmp_path, "stubborn")
        os.kill(os.getpid(), signal.SIGTERM)

    await Supervisor(recording(modules, "stubborn"), said.append, grace_seconds=0.2).run(work)

    assert said[-1] == "The stubborn does not end; it is killed."
    wait_until_gone(pids(tmp_path, "stubborn")[0])


async def test_a_second_signal_kills_at_once(modules: Mapping[str, str], tmp_path: Path) -> None:
    async def work() -> None:
        await anyio.to_thread.run_sync(pids, tmp_path, "stubborn", "gateway")
        os.kill(os.getpid(), signal.SIGINT)

    def second_signal() -> None:
        record = tmp_path / "record"
        while not record.exists() or "stubborn" not in record.read_text():
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    supervisor = Supervisor(recording(modules, "gateway", "stubborn"), lambda _: None, grace_seconds=3600)
    with anyio.fail_after(30):
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.to_thread.run_sync, second_signal)
            await supervisor.run(work)
    for pid in pids(tmp_path, "stubborn", "gateway"):
        wait_until_gone(pid)


SUPERVISE = """
import os, anyio
from cli.serving.supervisor import Service, Supervisor
services = [Service(name, "recording", {**os.environ, "NAME": name}) for name in ("embedder", "gateway")]
anyio.run(Supervisor(services, print).run, anyio.sleep_forever)
"""


def test_the_services_end_when_their_supervisor_is_killed(modules: Mapping[str, str], tmp_path: Path) -> None:
    supervisor = subprocess.Popen([sys.executable, "-c", SUPERVISE], env=modules)
    services = pids(tmp_path, "embedder", "gateway")
    supervisor.kill()
    supervisor.wait()
    for pid in services:
        wait_until_gone(pid)
    assert sorted((tmp_path / "record").read_text().split()) == ["embedder", "gateway"]  # by SIGTERM, not harder


def test_a_terminals_ctrl_c_reaches_the_supervisor_alone(modules: Mapping[str, str], tmp_path: Path) -> None:
    supervisor = subprocess.Popen([sys.executable, "-c", SUPERVISE], env=modules, start_new_session=True)
    pids(tmp_path, "embedder", "gateway")
    os.killpg(supervisor.pid, signal.SIGINT)
    assert supervisor.wait(timeout=30) == 0
    assert (tmp_path / "record").read_text() == "gateway embedder "

"""One request, in the logs of three processes."""

import asyncio
import re
from pathlib import Path

import httpx

from shared.clients.gateway import GatewayClient
from tests.support.images import jpeg, picture
from tests.support.lookalike import free_ports
from tests.support.processes import Process, start
from tests.support.searching import wait_until_ready

LINE = re.compile(r"\S+ \S+ (DEBUG|INFO|WARNING|ERROR) +(gateway|embedder|search) \[([A-Za-z0-9._-]+)\] \S+: ")


async def test_the_id_of_a_request_is_in_the_logs_of_all_services(tmp_path: Path) -> None:
    gateway_port, embedder_port, search_port = free_ports(3)
    common = {"LOG_LEVEL": "info", "SERVICE_TOKEN": "between-the-services"}
    urls = {
        "EMBEDDER_URL": f"http://127.0.0.1:{embedder_port}",
        "SEARCH_URL": f"http://127.0.0.1:{search_port}",
    }
    store = f"sqlite:///{tmp_path}/lookalike.db"
    running: list[Process] = [
        start("embedder", PORT=str(embedder_port), EXTRACTOR="deterministic", **common),
        start("search", PORT=str(search_port), STORE_URL=store, **common),
        start("gateway", PORT=str(gateway_port), **urls, **common),
    ]
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway_port}", timeout=30) as http:
            await wait_until_ready(GatewayClient(http))
            answer = await http.post(
                "/v1/search", files={"image": jpeg(picture(1))}, headers={"x-request-id": "follow-me"}
            )
            assert answer.headers["x-request-id"] == "follow-me"
    finally:
        for process in running:
            process.terminate()
        logs = [(await asyncio.to_thread(process.communicate, None, 60))[1] for process in running]
    for log, service in zip(logs, ("embedder", "search", "gateway"), strict=True):
        lines = [LINE.match(line) for line in log.splitlines()]
        assert all(lines), log
        assert any(line and line[2] == service and line[3] == "follow-me" for line in lines)

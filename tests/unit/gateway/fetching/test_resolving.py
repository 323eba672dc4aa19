from ipaddress import ip_address

import pytest

from services.gateway.fetching.resolving import system_resolver


async def test_names_are_looked_up_as_the_machine_does() -> None:
    assert set(await system_resolver()("localhost", 80)) <= {ip_address("127.0.0.1"), ip_address("::1")}


async def test_a_name_that_stands_for_nothing_is_an_error_of_the_system() -> None:
    with pytest.raises(OSError, match=r"\d|known|address"):
        await system_resolver()("nothing.invalid", 80)

from ipaddress import ip_address, ip_network

import pytest

from services.gateway.fetching.rules import FetchRules, is_public


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "172.32.0.1", "100.128.0.1", "192.0.1.1", "2606:4700::1111", "2a00:1450::8"]
)
def test_hosts_of_the_public_internet_are_admitted(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "network",
    [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4", "255.255.255.255/32", "168.63.129.16/32",
        "::/128", "::1/128", "::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/32",
        "2001:2::/48", "2001:db8::/32", "2001:10::/28", "2001:20::/28", "2002::/16", "3fff::/20", "5f00::/16",
        "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8", "4000::/3",
    ],
)  # fmt: skip
def test_special_networks_are_refused_from_their_first_address_to_their_last(network: str) -> None:
    found = ip_network(network)
    assert not is_public(found[0])
    assert not is_public(found[-1])


def test_a_zone_makes_any_address_one_of_this_machine() -> None:
    assert not is_public(ip_address("2606:4700::1111%eth0"))


def test_a_network_can_be_admitted_and_admits_no_other() -> None:
    rules = FetchRules(networks=(ip_network("10.1.2.0/24"), ip_network("fd12::/64")))
    assert rules.admit(ip_address("10.1.2.3"))
    assert rules.admit(ip_address("fd12::5"))
    for other in ("10.1.3.3", "fd13::5", "::ffff:10.1.2.3", "64:ff9b::a01:203"):
        assert not rules.admit(ip_address(other))

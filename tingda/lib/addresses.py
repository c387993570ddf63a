"""Which network addresses belong to everybody, and which to somebody's own network."""

import ipaddress

# Public by the registry's reckoning, and still a way into a house: forms of IPv6 that carry an
# IPv4 address inside (mapped, compatible, translated, NAT64, Teredo, 6to4), and relays.
_WAYS_IN = tuple(
    ipaddress.ip_network(network)
    for network in (
        "::/96",
        "::ffff:0:0/96",
        "::ffff:0:0:0/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2001::/32",
        "2002::/16",
        "fec0::/10",
        "192.88.99.0/24",
        "100.64.0.0/10",
    )
)


def is_public(address: str) -> bool:
    """Whether an address, as the resolver gives it, lies on the open internet."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if not ip.is_global or ip.is_multicast or ip.is_reserved or ip.is_unspecified:
        return False
    return not any(ip in network for network in _WAYS_IN if network.version == ip.version)

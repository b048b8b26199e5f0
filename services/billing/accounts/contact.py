"""A contact: somebody known by an address, however it is written."""

_LONGEST = 254  # RFC 5321, 4.5.3.1.3: a path of 256 octets with its angle brackets


def normalize_email(address: str) -> str:
    """The address as accounts are found by it: no blanks around, lower case (Jo@Acme.test is jo@acme.test).

    Dots and +tags stay: only the mailbox's host knows whether they matter.
    """
    return address.strip().lower()


def is_email(address: str) -> bool:
    """Whether mail could go there at all: one name, one host with a dot, nothing that breaks a line."""
    name, _, host = address.rpartition("@")
    plain = address.isprintable() and not any(sign in address for sign in ' ,;<>()"')
    return bool(
        name
        and "@" not in name
        and "." in host.strip(".")
        and host == host.strip(".")
        and plain
        and len(address) <= _LONGEST
    )

"""What an e-mail address is, how it is written, and which are the same contact: one rule for all doors."""

from typing import ClassVar

from email_validator import EmailNotValidError, validate_email

from shared.errors import ServiceError
from shared.language import N_

_SHORTEST_TOP_LEVEL = 2


class AddressInvalid(ServiceError):
    """Nobody can be written to there; `why` is what is wrong, in English."""

    code: ClassVar = "email_invalid"
    title: ClassVar = N_("The e-mail address is not valid")

    def __init__(self, why: str) -> None:
        words = N_("We cannot write to this address. Check it; it looks like name@example.com.")
        super().__init__(words, field="email", why=why)


def normal_address(text: str) -> str:
    """The address as it is written to: no blanks around, the host in small letters and as mail servers have it (IDNA).

    The name before the @ stays as it is: some hosts tell capitals apart. Asks no DNS, which may be slow. Raises
    AddressInvalid.
    """
    try:
        checked = validate_email(
            text.strip(),
            allow_smtputf8=False,  # most mail servers cannot take letters beyond ASCII before the @
            check_deliverability=False,
            test_environment=True,  # addresses of demos and tests end in .test
        )
    except EmailNotValidError as error:
        raise AddressInvalid(str(error)) from error
    host = checked.ascii_domain
    if len(host.rpartition(".")[2]) < _SHORTEST_TOP_LEVEL:  # the library lets jo@example.c pass; no such host exists
        raise AddressInvalid("The part after the last dot is too short.")
    return f"{checked.ascii_local_part}@{host}"


def contact_key(address: str) -> str:
    """Who is the same contact: an address as `normal_address` gives it, in small letters (Jo@ and jo@ are one person).

    Dots and +tags stay: only the mailbox's host knows whether they matter.
    """
    return address.lower()

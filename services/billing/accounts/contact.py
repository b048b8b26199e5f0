"""Who the customer is: one account for each contact address, however it is written."""


def normalize_email(address: str) -> str:
    """The address as accounts are found by it: no blanks around, lower case (Jo@Acme.test is jo@acme.test).

    Dots and +tags stay: only the mailbox's host knows whether they matter.
    """
    return address.strip().lower()

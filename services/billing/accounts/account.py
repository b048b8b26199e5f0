"""An account: a person who buys, or a company with its people."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """Who pays. A person has no name and one address. `merged_into`: the company that it became a part of."""

    account_id: str
    name: str | None
    version: int
    merged_into: str | None
    created_at: datetime
    contact_emails: tuple[str, ...]
    absorbed: tuple[str, ...]

    @property
    def is_company(self) -> bool:
        """Whether it may have several people."""
        return self.name is not None

    @property
    def label(self) -> str:
        """What people call it."""
        return self.name or next(iter(self.contact_emails), self.account_id)

    @property
    def family(self) -> tuple[str, ...]:
        """The ids under which its orders and its money stand: its own, and those of what it has absorbed."""
        return (self.account_id, *self.absorbed)


@dataclass(frozen=True, kw_only=True, slots=True)
class Payer:
    """Whom finance reads beside an order or a line of the books: the company where the account belongs to one."""

    account_id: str
    label: str
    is_company: bool


def tidy_name(name: str) -> str:
    """A company's name as it is kept: no blanks around, single ones between."""
    return " ".join(name.split())

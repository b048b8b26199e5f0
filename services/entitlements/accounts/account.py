"""An account, as billing has told of it."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Account:
    """A paying customer. `version` 0: only purchases have named it so far, and `emails` are theirs.

    `merged_into` is the account that it has become a part of, directly: that one stands alone.
    """

    account_id: str
    version: int
    name: str | None
    merged_into: str | None
    emails: frozenset[str]

    @property
    def in_force(self) -> str:
        """The account to which everything of this one belongs."""
        return self.merged_into or self.account_id

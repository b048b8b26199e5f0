"""Charges with their balance transactions: money that Stripe took, and what it added to the balance."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import stripe

from services.billing.gateways.stripe.client import each, translated
from services.billing.gateways.stripe.fields import Json, id_of, moment_of, whole_of
from shared.money import Money

_BALANCE = "balance_transaction"


@dataclass(frozen=True, kw_only=True, slots=True)
class BalanceTransaction:
    """What a charge did to Stripe's balance. `gross` - `fee` is what we get, in the currency of the payout."""

    balance_transaction_id: str
    source_id: str | None
    type: str
    gross: Money
    fee_minor: int
    created_at: datetime
    available_on: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Charge:
    """Money that Stripe took. `balance_transaction` is None until Stripe has named it.

    `order_id` and `installation` are our metadata: None on a charge that was made by hand.
    """

    charge_id: str
    payment_intent_id: str | None
    order_id: str | None
    installation: str | None
    amount: Money
    refunded_minor: int
    paid: bool
    created_at: datetime
    balance_transaction: BalanceTransaction | None


def balance_of(balance: Json) -> BalanceTransaction:
    """A balance transaction."""
    return BalanceTransaction(
        balance_transaction_id=balance["id"],
        source_id=id_of(balance.get("source")),
        type=balance["type"],
        gross=Money(balance["amount"], balance["currency"]),
        fee_minor=balance["fee"],
        created_at=moment_of(balance["created"]),
        available_on=moment_of(balance["available_on"]),
    )


def charge_of(charge: Json) -> Charge:
    """A charge, read with its balance transaction expanded (None until Stripe has made it)."""
    balance, metadata = whole_of(charge.get("balance_transaction")), charge.get("metadata") or {}
    return Charge(
        charge_id=charge["id"],
        payment_intent_id=id_of(charge.get("payment_intent")),
        order_id=metadata.get("order_id"),
        installation=metadata.get("installation"),
        amount=Money(charge["amount"], charge["currency"]),
        refunded_minor=charge.get("amount_refunded") or 0,
        paid=charge["status"] == "succeeded" and bool(charge.get("captured", True)),
        created_at=moment_of(charge["created"]),
        balance_transaction=balance_of(balance) if balance else None,
    )


class Charges:
    """Stripe's charges."""

    def __init__(self, client: stripe.StripeClient) -> None:
        self._client = client

    def read(self, charge_id: str) -> Charge:
        """The charge as it is now, with its balance transaction."""
        with translated(changes=False):
            return charge_of(self._client.v1.charges.retrieve(charge_id, {"expand": [_BALANCE]}).to_dict())

    def receipt_url(self, charge_id: str) -> str | None:
        """Where Stripe shows its receipt now. An old address asks for the e-mail of the payment first."""
        with translated(changes=False):
            url = self._client.v1.charges.retrieve(charge_id).to_dict().get("receipt_url")
        return str(url) if url else None

    def list_between(self, begins_at: datetime, ends_at: datetime, *, after: str | None = None) -> Iterator[Charge]:
        """All charges made in [begins_at, ends_at), newest first, with their balance transactions.

        `after` is the charge with which an earlier reading has ended: those that follow it in the list.
        """
        created = {"gte": int(begins_at.timestamp()), "lt": int(ends_at.timestamp())}
        params: Any = {"created": created, "expand": [f"data.{_BALANCE}"]}
        if after is not None:
            params["starting_after"] = after
        return each(self._client.v1.charges.list, params, charge_of)

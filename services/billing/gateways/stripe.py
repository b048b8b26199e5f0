"""Stripe: the only module that knows its SDK. Every call that changes something carries a key made from our own ids."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import stripe

from services.billing.domain.catalog import Product
from services.billing.errors import StripeObjectMissing, StripeOutcomeUnknown, StripeRefused, StripeUnavailable
from services.billing.gateways.stripe_objects import charge_of, event_of, price_of, session_of
from services.billing.ports import Charge, CheckoutRequest, CheckoutSession, StripeEvent, StripePrice
from shared.telemetry import get_logger

log = get_logger()

API_VERSION = "2026-08-26.dahlia"
CONNECT_TIMEOUT_S, READ_TIMEOUT_S = 2.0, 8.0
RETRIES = 1
"""The SDK's own, with the same idempotency key. More patience is the sweeps' business, not the customer's."""
PAGE = 100
_BALANCE = "balance_transaction"
_CHARGE_OF_SESSION = ["payment_intent.latest_charge.balance_transaction"]


@contextmanager
def _translated(*, changes: bool) -> Iterator[None]:
    """Stripe's errors as ours. Only a call that changes something can have an unknown outcome."""
    try:
        yield
    except stripe.CardError as error:
        raise StripeRefused(f"The card was declined: {error.user_message}", stripe_code=error.code) from error
    except stripe.IdempotencyError as error:
        # An earlier call under this key said something else, and may have been done: never a new key.
        raise StripeOutcomeUnknown("Stripe has this key from another request. A person looks.") from error
    except stripe.InvalidRequestError as error:
        refusal = StripeObjectMissing if error.code == "resource_missing" else StripeRefused
        raise refusal(f"Stripe refused the request: {error.user_message}", stripe_code=error.code) from error
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        log.error("Stripe does not accept our key", why=type(error).__name__)
        raise StripeUnavailable("Stripe does not accept our key. Check STRIPE_API_KEY.") from error
    except stripe.RateLimitError as error:
        raise StripeUnavailable("Stripe is busy. Try again in a moment.") from error
    except stripe.StripeError as error:
        # 409: another request with this key is running. Everything else: no reply, or a fault on Stripe's side.
        if changes:
            raise StripeOutcomeUnknown(f"Stripe gave no outcome ({type(error).__name__}). It will be asked.") from error
        raise StripeUnavailable(f"Stripe does not answer ({type(error).__name__}). Try again in a moment.") from error


class StripeApi:
    """The StripeGateway of ports.py over HTTP; `api_base` is set only where a stand-in plays Stripe."""

    def __init__(self, api_key: str, *, api_base: str | None = None, retries: int = RETRIES) -> None:
        addresses: Any = dict.fromkeys(("api", "files", "connect", "meter_events"), api_base) if api_base else None
        self._client = stripe.StripeClient(
            api_key,
            stripe_version=API_VERSION,
            base_addresses=addresses,
            max_network_retries=retries,
            http_client=stripe.RequestsClient(timeout=(CONNECT_TIMEOUT_S, READ_TIMEOUT_S)),
        )

    def find_price(self, lookup_key: str) -> StripePrice | None:
        """The active price of that lookup key."""
        with _translated(changes=False):
            found = self._client.v1.prices.list({"lookup_keys": [lookup_key], "active": True, "limit": 1})
        return price_of(found.data[0].to_dict()) if found.data else None

    def put_product(self, product_id: str, name: str) -> None:
        """Make the product under our own id, or give it that name."""
        with _translated(changes=True):
            try:
                product = self._client.v1.products.retrieve(product_id)
            except stripe.InvalidRequestError as error:
                if error.code != "resource_missing":
                    raise
                self._client.v1.products.create(
                    {"id": product_id, "name": name}, {"idempotency_key": f"product:{product_id}:{name}"}
                )
                return
            if product.name != name:
                self._client.v1.products.update(product_id, {"name": name})

    def create_price(self, product: Product, currency: str, *, replaces: str | None) -> StripePrice:
        """Make the price and move its lookup key over from the price that it replaces.

        The key names the price that is replaced: going back to an old figure is a new price, not the old reply.
        """
        price = product.price(currency)
        lookup_key = product.lookup_key(currency)
        params: Any = {
            "product": product.id,
            "unit_amount": price.amount_minor,
            "currency": currency,
            "lookup_key": lookup_key,
            "transfer_lookup_key": True,
        }
        if product.interval:
            params["recurring"] = {"interval": product.interval}
        key = f"price:{lookup_key}:{price.amount_minor}:{product.interval}:after:{replaces}"
        with _translated(changes=True):
            return price_of(self._client.v1.prices.create(params, {"idempotency_key": key}).to_dict())

    def create_checkout(self, request: CheckoutRequest) -> CheckoutSession:
        """Open a checkout for the order; the same request again returns the same session."""
        # Metadata of a session does not reach its payment intent by itself, and the charge has the intent's.
        metadata = {"order_id": request.order_id}
        params: Any = {
            "mode": "payment",
            "line_items": [{"price": request.price_id, "quantity": 1}],
            "customer_email": request.contact_email,
            "client_reference_id": request.order_id,
            "metadata": metadata,
            "payment_intent_data": {"metadata": metadata},
            "expires_at": int(request.expires_at.timestamp()),
            "success_url": request.success_url,
            "cancel_url": request.cancel_url,
        }
        with _translated(changes=True):
            session = self._client.v1.checkout.sessions.create(
                params, {"idempotency_key": f"checkout:{request.order_id}"}
            )
        return session_of(session.to_dict())

    def read_checkout(self, session_id: str) -> CheckoutSession:
        """The session as it is now, with its charge and balance transaction."""
        with _translated(changes=False):
            session = self._client.v1.checkout.sessions.retrieve(session_id, {"expand": _CHARGE_OF_SESSION})
        return session_of(session.to_dict())

    def read_charge(self, charge_id: str) -> Charge:
        """The charge as it is now, with its balance transaction."""
        with _translated(changes=False):
            return charge_of(self._client.v1.charges.retrieve(charge_id, {"expand": [_BALANCE]}).to_dict())

    def list_charges(self, begins_at: datetime, ends_at: datetime) -> Iterator[Charge]:
        """All charges made in [begins_at, ends_at), with their balance transactions."""
        created = {"gte": int(begins_at.timestamp()), "lt": int(ends_at.timestamp())}
        params: Any = {"created": created, "limit": PAGE, "expand": [f"data.{_BALANCE}"]}
        return self._all(self._client.v1.charges.list, params, charge_of)

    def list_events(self, since: datetime, types: Sequence[str]) -> Iterator[StripeEvent]:
        """All events of these types made at or after `since`, newest first."""
        params: Any = {"created": {"gte": int(since.timestamp())}, "types": list(types), "limit": PAGE}
        return self._all(self._client.v1.events.list, params, event_of)

    @staticmethod
    def _all(listing: Callable[[Any], Any], params: Any, convert: Callable[[Any], Any]) -> Iterator[Any]:
        """Page after page, each fetched when the one before is used up."""
        with _translated(changes=False):
            for thing in listing(params).auto_paging_iter():
                yield convert(thing.to_dict())

"""How Stripe is called: the client, its patience, and its errors as ours."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import stripe

from services.billing.gateways.stripe.errors import (
    StripeObjectMissing,
    StripeOutcomeUnknown,
    StripeRefused,
    StripeUnavailable,
)
from services.billing.gateways.stripe.fields import Json
from shared.deadlines import remaining_s
from shared.language import N_
from shared.telemetry import get_logger

log = get_logger()
Thing = TypeVar("Thing")

API_VERSION = "2026-08-26.dahlia"
CONNECT_TIMEOUT_S, READ_TIMEOUT_S = 2.0, 8.0
RETRIES = 1
"""The SDK's own, with the same idempotency key, where no deadline stands. More patience is the sweeps' business."""
PAGE = 100
_SERVER_ERROR = 500


class _HurriedClient(stripe.RequestsClient):
    """Waits for Stripe no longer than whoever asks: a deadline that stands cuts the time-outs and the SDK's retries."""

    def request(  # type: ignore[override] # the same as RequestsClient itself
        self, method: str, url: str, headers: Any, post_data: Any = None
    ) -> tuple[bytes, int, Any]:
        """One exchange."""
        left = remaining_s()
        if left is None:
            return super().request(method, url, headers, post_data)
        # A third to be let in, two thirds for the answer: together never more than what is left.
        times = min(CONNECT_TIMEOUT_S, left / 3), min(READ_TIMEOUT_S, left * 2 / 3)
        hurried = stripe.RequestsClient(timeout=times)
        hurried._thread_local = self._thread_local  # noqa: SLF001 - the SDK keeps its connections there
        return hurried.request(method, url, headers, post_data)

    def _should_retry(self, *arguments: Any, **named: Any) -> bool:
        return remaining_s() is None and bool(super()._should_retry(*arguments, **named))


def connect(api_key: str, *, api_base: str | None, retries: int) -> stripe.StripeClient:
    """A client of Stripe, or of the stand-in that plays Stripe at `api_base`."""
    addresses: Any = dict.fromkeys(("api", "files", "connect", "meter_events"), api_base) if api_base else None
    return stripe.StripeClient(
        api_key,
        stripe_version=API_VERSION,
        base_addresses=addresses,
        max_network_retries=retries,
        http_client=_HurriedClient(timeout=(CONNECT_TIMEOUT_S, READ_TIMEOUT_S)),
    )


@contextmanager
def translated(*, changes: bool) -> Iterator[None]:
    """Stripe's errors as ours. Only a call that changes something can have an unknown outcome."""
    try:
        yield
    except stripe.CardError as error:
        raise StripeRefused(
            N_("The card was declined: %(stripe_says)s"), stripe_code=error.code, stripe_says=error.user_message
        ) from error
    except stripe.IdempotencyError as error:
        # An earlier call under this key said something else, and may have been done: never a new key.
        message = N_("Stripe has this key from another request. A person looks.")
        raise StripeOutcomeUnknown(message, answered=True) from error
    except stripe.InvalidRequestError as error:
        refusal = StripeObjectMissing if error.code == "resource_missing" else StripeRefused
        raise refusal(
            N_("Stripe refused the request: %(stripe_says)s"), stripe_code=error.code, stripe_says=error.user_message
        ) from error
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        log.error("Stripe does not accept our key", why=type(error).__name__)
        raise StripeUnavailable(N_("Stripe does not accept our key. Check STRIPE_API_KEY."), answered=True) from error
    except stripe.RateLimitError as error:
        raise StripeUnavailable(N_("Stripe is busy. Try again in a moment."), answered=True) from error
    except stripe.StripeError as error:
        # 409: another request with this key is running. Everything else: no reply, or a fault on Stripe's side.
        answered = error.http_status is not None
        name = type(error).__name__
        if changes:
            message = N_("Stripe gave no outcome (%(fault)s). It will be asked.")
            raise StripeOutcomeUnknown(message, answered=answered, saved=_is_saved(error), fault=name) from error
        message = N_("Stripe does not answer (%(fault)s). Try again in a moment.")
        raise StripeUnavailable(message, answered=answered, fault=name) from error


def _is_saved(error: stripe.StripeError) -> bool:
    """Whether this failure was kept under the request's key (https://docs.stripe.com/api/idempotent_requests)."""
    replied = {name.lower(): value for name, value in (error.headers or {}).items()}
    failed = error.http_status is not None and error.http_status >= _SERVER_ERROR
    return failed and replied.get("idempotent-replayed") == "true"


def each(listing: Callable[[Any], Any], params: Any, convert: Callable[[Json], Thing]) -> Iterator[Thing]:
    """Page after page of a list, each fetched when the one before is used up."""
    with translated(changes=False):
        for item in listing({**params, "limit": PAGE}).auto_paging_iter():
            yield convert(item.to_dict())

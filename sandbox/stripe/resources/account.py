"""The account: in which currencies it settles, at which rates others are converted, when it is paid out, its name.

There is one, made from the settings at the first start. What a dashboard would change is changed at the control page.
"""

from collections.abc import Mapping
from decimal import Decimal

from sandbox.stripe.checks import EXPAND
from sandbox.stripe.currencies import DOLLARS
from sandbox.stripe.errors import Json
from sandbox.stripe.registry import Resource, register
from sandbox.stripe.views import show
from sandbox.stripe.work import Operation, Work

ACCOUNT_ID = "acct_standin00000000"


def account_of(work: Work) -> Json:
    """The account of this stand-in."""
    return work.must("account", ACCOUNT_ID)


def open_account(work: Work, merchant: str, settles: tuple[str, ...]) -> Json:
    """Make the account, or bring name and currencies up to date. `settles` empty: every currency settles in itself."""
    descriptor = "".join(letter for letter in merchant.upper() if letter.isalnum() or letter in " .-")[:22]
    fresh = {
        "default_currency": settles[0] if settles else "usd",
        "_settles": list(settles),
        "business_profile": _profile(merchant),
    }
    known = work.tx.get("account", ACCOUNT_ID)
    if known is not None:
        known["settings"]["payments"]["statement_descriptor"] = descriptor
        return work.put(known | fresh)
    return work.add(
        {
            "id": ACCOUNT_ID,
            "object": "account",
            "charges_enabled": True,
            "country": "US",
            "created": work.now,
            "details_submitted": True,
            "email": "owner@example.com",
            "metadata": {},
            "payouts_enabled": True,
            "settings": {
                "bacs_debit_payments": {"display_name": None, "service_user_number": None},
                "branding": {"icon": None, "logo": None, "primary_color": None, "secondary_color": None},
                "card_issuing": {"tos_acceptance": {"date": None, "ip": None}},
                "card_payments": {
                    "decline_on": {"avs_failure": False, "cvc_failure": False},
                    "statement_descriptor_prefix": None,
                    "statement_descriptor_prefix_kana": None,
                    "statement_descriptor_prefix_kanji": None,
                },
                "dashboard": {"display_name": merchant, "timezone": "Etc/UTC"},
                "payments": {
                    "statement_descriptor": descriptor,
                    "statement_descriptor_kana": None,
                    "statement_descriptor_kanji": None,
                },
                "payouts": {
                    "debit_negative_balances": True,
                    "schedule": {"delay_days": 2, "interval": "manual"},
                    "statement_descriptor": None,
                },
                "sepa_debit_payments": {},
            },
            "type": "standard",
            "_rates": {},
            **fresh,
        }
    )


def _profile(merchant: str) -> Json:
    return {
        "annual_revenue": None,
        "estimated_worker_count": None,
        "mcc": "7372",
        "minority_owned_business_designation": None,
        "name": merchant,
        "product_description": None,
        "support_address": None,
        "support_email": None,
        "support_phone": None,
        "support_url": None,
        "url": None,
    }


def settlement_currency(work: Work, currency: str) -> tuple[str, Decimal | None]:
    """In which currency an amount settles, and at which rate (in whole units); None where it stays as it is."""
    account = account_of(work)
    if not account["_settles"] or currency in account["_settles"]:
        return currency, None
    into = account["default_currency"]
    kept = account["_rates"].get(f"{currency}:{into}")
    return into, Decimal(kept) if kept else (DOLLARS[currency] / DOLLARS[into]).quantize(Decimal("0.000001"))


def set_rate(work: Work, currency: str, into: str, rate: Decimal) -> Json:
    """Convert from now on at this rate."""
    account = account_of(work)
    return work.put(account | {"_rates": account["_rates"] | {f"{currency}:{into}": str(rate)}})


def _retrieve(work: Work, _path: Mapping[str, str], params: Json) -> Json:
    return show(work, account_of(work), params.get("expand"))


register(
    Resource(
        kind="account",
        operations=(Operation(method="GET", path="/v1/account", params=EXPAND, handle=_retrieve),),
    )
)

"""Table-driven parameter checks: text from a form becomes values, or Stripe's refusal that names the parameter."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sandbox.stripe.currencies import CURRENCIES
from sandbox.stripe.errors import Json, invalid, missing, not_implemented

Check = Callable[[Any, str], Any]


@dataclass(frozen=True)
class Need:
    """A check of a parameter that must be given."""

    check: Check


Table = Mapping[str, Check | Need]


def check_table(table: Table, given: Mapping[str, Any], inside: str = "") -> Json:
    """The checked values of what was given. Refused first is what the table lacks, then what is missing."""

    def path(name: str) -> str:
        return f"{inside}[{name}]" if inside else name

    for name in given:
        if name not in table:  # what Stripe does not know either was refused before, see `api`
            raise not_implemented(f"the parameter {path(name)}", param=path(name))
    values = {}
    for name, rule in table.items():
        check = rule.check if isinstance(rule, Need) else rule
        if name in given:
            values[name] = check(given[name], path(name))
        elif isinstance(rule, Need):
            raise missing(path(name))
    return values


def _scalar(value: Any, param: str) -> str:
    if not isinstance(value, str):
        raise invalid(f"Invalid string: {value}", param=param)
    return value


def text(*, longest: int = 5000, unsettable: bool = False) -> Check:
    """Text. `unsettable`: the empty text means "remove it" and becomes None."""

    def check(value: Any, param: str) -> str | None:
        given = _scalar(value, param)
        if not given:
            if unsettable:
                return None
            raise invalid(
                f"You passed an empty string for '{param}'. We assume empty values are an attempt to unset a "
                f"parameter; however '{param}' cannot be unset. You should remove '{param}' from your request or "
                "supply a non-empty value.",
                param=param,
                code="parameter_invalid_empty",
            )
        if len(given) > longest:
            raise invalid(
                f"Invalid string: {given[:10]}...{given[-10:]}; must be at most {longest} characters", param=param
            )
        return given

    return check


def integer(*, least: int | None = None, most: int | None = None) -> Check:
    """A whole number."""

    def check(value: Any, param: str) -> int:
        given = _scalar(value, param)
        try:
            number = int(given)
        except ValueError:
            raise invalid(f"Invalid integer: {given}", param=param, code="parameter_invalid_integer") from None
        if least is not None and number < least:
            raise invalid(
                f"This value must be greater than or equal to {least}.", param=param, code="parameter_invalid_integer"
            )
        if most is not None and number > most:
            raise invalid(
                f"This value must be less than or equal to {most}.", param=param, code="parameter_invalid_integer"
            )
        return number

    return check


def boolean(value: Any, param: str) -> bool:
    """`true` or `false`."""
    if value not in {"true", "false"}:
        raise invalid(f"Invalid boolean: {value}", param=param)
    return bool(value == "true")


def choice(*supported: str, elsewhere: tuple[str, ...] = ()) -> Check:
    """One of some words. `elsewhere`: words that Stripe knows and the stand-in refuses as not implemented."""

    def check(value: Any, param: str) -> str:
        given = _scalar(value, param)
        if given in elsewhere:
            raise not_implemented(f"{param}={given}", param=param)
        if given not in supported:
            known = [*supported, *elsewhere]
            listed = known[0] if len(known) == 1 else f"{', '.join(known[:-1])} or {known[-1]}"
            raise invalid(f"Invalid {param}: must be one of {listed}", param=param)
        return given

    return check


def only_off(value: Any, param: str) -> bool:
    """A switch that the stand-in knows only as `false`."""
    if boolean(value, param):
        raise not_implemented(f"{param}=true", param=param)
    return False


def currency(value: Any, param: str) -> str:
    """A three-letter code, in lower case."""
    code = _scalar(value, param).lower()
    if code not in CURRENCIES:
        raise invalid(
            f"Invalid currency: {code}. Stripe's stand-in supports these currencies: {', '.join(CURRENCIES)}",
            param=param,
        )
    return code


def email(value: Any, param: str) -> str:
    """Something with one `@` and no blanks, as far as Stripe looks."""
    address = str(text(longest=512)(value, param))
    name, at, domain = address.rpartition("@")
    if not at or not name or "." not in domain or any(character.isspace() for character in address):
        raise invalid(f"Invalid email address: {address}", param=param, code="email_invalid")
    return address


def url(value: Any, param: str) -> str:
    """An absolute http or https address; Stripe's `{CHECKOUT_SESSION_ID}` may stand in it."""
    address = str(text()(value, param))
    try:
        parts = urlsplit(address)
    except ValueError:
        raise invalid("Not a valid URL", param=param, code="url_invalid") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise invalid("Not a valid URL", param=param, code="url_invalid")
    return address


def metadata(value: Any, param: str) -> dict[str, str] | None:
    """Up to 50 pairs; an empty value removes its key, None stands for "remove all" (https://docs.stripe.com/api/metadata)."""
    if value == "":
        return None
    if not isinstance(value, dict):
        raise invalid("Invalid metadata: must be a hash", param=param)
    if len(value) > 50:  # noqa: PLR2004 - Stripe's limit, named in the message
        raise invalid("You can only have up to 50 metadata keys", param=param)
    for key, entry in value.items():
        if len(key) > 40:  # noqa: PLR2004 - Stripe's limit, named in the message
            raise invalid(f"Metadata keys must be at most 40 characters: {key}", param=param)
        if not isinstance(entry, str) or len(entry) > 500:  # noqa: PLR2004 - Stripe's limit, named in the message
            raise invalid("Metadata values must be strings of at most 500 characters", param=f"{param}[{key}]")
    return value


def list_of(check: Check, *, longest: int = 100) -> Check:
    """A list, given as `x[0]`, `x[1]` or `x[]`. The empty text is the empty list."""

    def check_list(value: Any, param: str) -> list[Any]:
        if value == "":
            return []
        if not isinstance(value, dict) or any(not position.isdigit() for position in value):
            raise invalid("Invalid array", param=param)
        if len(value) > longest:
            raise invalid(f"Array too long: at most {longest} elements", param=param)
        return [check(value[position], f"{param}[{position}]") for position in sorted(value, key=int)]

    return check_list


def shape(table: Table) -> Check:
    """A mapping with its own table."""

    def check(value: Any, param: str) -> Json:
        if not isinstance(value, dict):
            raise invalid("Invalid object", param=param)
        return check_table(table, value, param)

    return check


def keyed(key: Check, table: Table) -> Check:
    """A mapping from checked keys to mappings of one shape."""

    def check(value: Any, param: str) -> Json:
        if not isinstance(value, dict):
            raise invalid("Invalid object", param=param)
        return {key(name, param): shape(table)(entry, f"{param}[{name}]") for name, entry in value.items()}

    return check


def time_range(value: Any, param: str) -> dict[str, int]:
    """Unix seconds, or bounds `gt`, `gte`, `lt`, `lte`; always returned as bounds."""
    if isinstance(value, dict):
        return check_table(dict.fromkeys(("gt", "gte", "lt", "lte"), integer()), value, param)
    moment = integer()(value, param)
    return {"gte": moment, "lte": moment}


def page_size(value: Any, param: str) -> int:
    """How many objects a page has: 1 to 100; what is outside is taken as the nearest of them."""
    return min(max(int(integer()(value, param)), 1), 100)


EXPAND: Table = {"expand": list_of(text(), longest=20)}
PAGE: Table = {
    **EXPAND,
    "limit": page_size,
    "starting_after": text(),
    "ending_before": text(),
}

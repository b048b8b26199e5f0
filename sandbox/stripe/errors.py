"""Stripe's refusals: one shape, with Stripe's types, codes, statuses and sentences."""

from typing import Any

Json = dict[str, Any]


class StripeError(Exception):
    """An error reply. `keeps_work`: what was written before it stays (a declined charge is a fact)."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        error_type: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        keeps_work: bool = False,
        **facts: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.error_type = error_type
        self.code = code
        self.param = param
        self.keeps_work = keeps_work
        self.facts = facts
        self.headers: dict[str, str] = {}

    def body(self) -> Json:
        """The reply's JSON."""
        error: Json = {"type": self.error_type, "message": self.message}
        if self.code:
            error["code"] = self.code
            error["doc_url"] = f"https://stripe.com/docs/error-codes/{self.code.replace('_', '-')}"
        if self.param:
            error["param"] = self.param
        error.update({name: value for name, value in self.facts.items() if value is not None})
        return {"error": error}


def invalid(message: str, *, param: str | None = None, code: str | None = None) -> StripeError:
    """400: the request as such cannot be carried out."""
    return StripeError(400, message, param=param, code=code)


def missing(param: str) -> StripeError:
    """400: a parameter that must be there is not."""
    return invalid(f"Missing required param: {param}.", param=param, code="parameter_missing")


def unknown(params: list[str]) -> StripeError:
    """400: parameters that this operation does not know."""
    noun = "parameter" if len(params) == 1 else "parameters"
    return invalid(f"Received unknown {noun}: {', '.join(params)}", param=params[0], code="parameter_unknown")


def not_implemented(what: str, *, param: str | None = None) -> StripeError:
    """400: Stripe can do it, the stand-in cannot; it says so and does nothing."""
    return invalid(f"Stripe's stand-in does not implement {what}.", param=param)


def no_such(noun: str, object_id: str, *, param: str = "id", status: int = 404) -> StripeError:
    """404 for the object that a path names, 400 for one that a parameter names."""
    return StripeError(status, f"No such {noun}: '{object_id}'", code="resource_missing", param=param)


def unrecognized_url(method: str, path: str) -> StripeError:
    """404: no operation has this method and path."""
    return StripeError(
        404,
        f"Unrecognized request URL ({method}: {path}). If you are trying to list objects, remove the trailing slash. "
        "If you are trying to retrieve an object, make sure you passed a valid (non-empty) identifier in your code. "
        "Please see https://stripe.com/docs or we can help at https://support.stripe.com/.",
    )

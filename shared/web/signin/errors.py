"""Why somebody is not signed in."""

from shared.errors import Kind, ServiceError
from shared.language import N_

NOBODY = N_("Nobody can sign in just now. Try again in a moment.")


class SigninFailed(ServiceError):
    """The provider or the person's browser sent something that is no sign-in."""

    kind = Kind.REFUSED
    code = "signin_failed"
    title = N_("The sign-in did not work")


class ProviderUnavailable(ServiceError):
    """The OpenID provider does not answer."""

    kind = Kind.UNAVAILABLE
    code = "signin_unavailable"
    title = N_("The sign-in service does not answer")

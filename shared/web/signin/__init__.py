"""Staff sign in at an OpenID provider: no password is stored here, and who they are is looked up again and again."""

from shared.web.signin.pages import register

__all__ = ["register"]

"""Somebody at a browser: the sandbox's own, under the name that the tests' stories use."""

from sandbox.browser import Browser as Person

__all__ = ["Person"]

"""What each kind of object brings along: its operations, its states, how it is shown, and what it does when time comes.

A resource is one module in `resources/` that ends with `register(Resource(...))`; nothing else has to be touched for
a new one. Modules are found by their place (`load`).
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from flask import Blueprint

from sandbox.stripe.errors import Json
from sandbox.stripe.machine import Machine

if TYPE_CHECKING:
    from sandbox.stripe.work import Operation, Work

Compute = Callable[["Work", Json], Json]
Ring = Callable[["Work", str], None]


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One kind of Stripe's objects. All but the kind is optional."""

    kind: str
    noun: str | None = None
    """How Stripe calls it in "No such …"; the kind, where None."""
    operations: tuple["Operation", ...] = ()
    machine: Machine | None = None
    computed: Compute | None = None
    """Adds what depends on the moment or on other objects; gets the object without its own `_` fields."""
    on_demand: Mapping[str, Compute] = field(default_factory=dict)
    """Fields that a reply has only when they are expanded; each gets the stored object."""
    timers: Mapping[str, Ring] = field(default_factory=dict)
    """What happens when a timer that this resource has set is due, by the timer's name."""
    pages: Blueprint | None = None


_resources: dict[str, Resource] = {}


def register(resource: Resource) -> None:
    """Make a kind known; a kind or a timer that is there twice is a mistake of ours."""
    if resource.kind in _resources:
        raise ValueError(f"{resource.kind} is registered twice")
    taken = {name for known in _resources.values() for name in known.timers}
    if twice := taken & set(resource.timers):
        raise ValueError(f"Two resources ring {', '.join(sorted(twice))}")
    _resources[resource.kind] = resource


@cache
def load() -> tuple[Resource, ...]:
    """Import all modules of `resources`, each of which registers itself; all resources in the order of their kinds."""
    package = importlib.import_module("sandbox.stripe.resources")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    return tuple(resource for _, resource in sorted(_resources.items()))


def resource_of(kind: str) -> Resource:
    """What is known of a kind; an empty resource for kinds that nobody registered, such as the entries of a list."""
    return _resources.get(kind) or Resource(kind=kind)


def noun_of(kind: str) -> str:
    """How Stripe calls a kind in "No such …"."""
    return resource_of(kind).noun or kind


def ring(timer: str, work: "Work", subject: str) -> None:
    """Do what a due timer stands for."""
    next(known.timers[timer] for known in _resources.values() if timer in known.timers)(work, subject)

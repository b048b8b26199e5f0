"""Every operation that the stand-in carries out, as its resources bring them."""

from sandbox.stripe.registry import load
from sandbox.stripe.work import Operation

OPERATIONS: tuple[Operation, ...] = tuple(operation for resource in load() for operation in resource.operations)

"""Each line of the stand-in's tables held against Stripe's published document and the SDK; no request is sent."""

import pytest
from stripe._api_version import _ApiVersion

from sandbox.stripe.checks import Need
from sandbox.stripe.operations import OPERATIONS
from sandbox.stripe.work import API_VERSION, Operation
from tests.support.stripe_document import known_parameters, required_parameters, template_of


def named(operation: Operation) -> str:
    return f"{operation.method} {operation.path}"


def test_it_speaks_the_version_that_the_sdk_sends() -> None:
    assert API_VERSION == _ApiVersion.CURRENT


@pytest.mark.parametrize("operation", OPERATIONS, ids=named)
def test_the_document_knows_the_operation_and_its_parameters(operation: Operation) -> None:
    template = template_of(operation.path)
    assert set(operation.params) <= known_parameters(operation.method, template)


@pytest.mark.parametrize("operation", OPERATIONS, ids=named)
def test_what_the_document_requires_is_required(operation: Operation) -> None:
    needed = {name for name, rule in operation.params.items() if isinstance(rule, Need)}
    assert required_parameters(operation.method, template_of(operation.path)) <= needed


def test_no_operation_is_there_twice() -> None:
    assert len({named(operation) for operation in OPERATIONS}) == len(OPERATIONS)

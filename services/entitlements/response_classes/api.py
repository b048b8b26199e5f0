"""The response classes of the policy in force."""

from typing import Any

from apiflask import APIBlueprint

from services.entitlements.response_classes.schemas import ClassTargets
from services.entitlements.response_classes.view import class_targets
from services.entitlements.web import context
from shared.web.access import allow

response_classes_api = APIBlueprint("response_classes", __name__, tag="Response classes")


@response_classes_api.get("/v1/response-classes")
@allow(services=("billing", "queue"), scope="response-classes:read")
@response_classes_api.output(ClassTargets)
def list_response_classes() -> dict[str, Any]:
    """The classes that the policy has, the best first: name, rank, words, target. The lowest is what everybody gets."""
    return class_targets(context().policy)

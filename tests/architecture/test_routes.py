"""Who may call what: each route asks for a credential, or stands here with the reason why it needs none."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from sandbox.settings import API_SCOPES
from shared.identity import STAFF_ROLES
from shared.web.access import Access, access_of, scopes_of
from tests.support.declared import app
from tests.support.settings import SERVICES

EVERYWHERE = {
    "GET /livez": "a load balancer asks",
    "GET /readyz": "a load balancer and the supervisor ask; it tells counts only",
    "GET /metrics": "Prometheus asks, inside; routes and counts, never paths",
    "GET /version": "an operator asks before and after an upgrade; a release and a commit are no secret",
    "GET /openapi.json": "the reference is no secret",
    "GET /docs": "the reference is no secret",
    "GET /assets/<digest>/<name>": "the look",
    "GET /": "the first page says what this address is",
    "GET /signin": "nobody is signed in yet",
    "GET /signin/callback": "the provider sends the browser back; state, nonce and PKCE prove it",
    "POST /signin/backchannel-logout": "the provider's signature is the credential",
    "GET /signed-out": "nobody is signed in any more",
    "POST /signout": "ends a session if there is one; guarded by the form token",
}
A_LINK_OPENS_IT = "the customer's link is the credential"
PUBLIC = {
    "billing": EVERYWHERE
    | {
        "GET /answer-by": "the offer shows until when a person would answer",
        "GET /checkout/return": "the browser comes back from Stripe; Stripe is asked what was paid",
        "GET /checkout/return/state": "the page that waits for the payment looks again; it tells what that page tells",
        "GET /checkout/canceled": "the browser comes back from Stripe, unpaid",
        "GET /v1/offers": "prices are public",
        "POST /webhooks/stripe": "Stripe's signature is the credential",
    },
    "entitlements": EVERYWHERE,
    "queue": EVERYWHERE
    | {
        "GET /ask": "anybody may ask",
        "POST /ask": "anybody may ask; guarded by the form token",
        "GET /tickets/<ticket_id>/return": "back from the payment: the session knows its own tickets",
        "GET /tickets/<ticket_id>/canceled": "back without a payment, as above",
        "GET /t/<token>": A_LINK_OPENS_IT,
        "GET /t/<token>/ask": A_LINK_OPENS_IT,
        "POST /t/<token>/ask": A_LINK_OPENS_IT,
        "GET /t/<token>/top": A_LINK_OPENS_IT,
        "GET /t/<token>/conversation": A_LINK_OPENS_IT,
        "GET /t/<token>/bought": A_LINK_OPENS_IT,
        "GET /t/<token>/receipt": A_LINK_OPENS_IT,
        "POST /t/<token>/reply": A_LINK_OPENS_IT,
        "POST /t/<token>/solved": A_LINK_OPENS_IT,
        "POST /t/<token>/not-solved": A_LINK_OPENS_IT,
        "POST /t/<token>/cancel": A_LINK_OPENS_IT,
        "POST /t/<token>/standard": A_LINK_OPENS_IT,
        "POST /t/<token>/pay": A_LINK_OPENS_IT,
        "POST /t/<token>/send-held": "only a link that was mailed opens it",
        "POST /t/<token>/use-incident": "only a link that was mailed opens it",
    },
}
FROM_PROVIDER = "POST /signin/backchannel-logout"
WITHOUT_FORM_TOKEN = {
    "billing": {"POST /webhooks/stripe", FROM_PROVIDER},
    "entitlements": {FROM_PROVIDER},
    "queue": {FROM_PROVIDER},
}


def routes(service: str) -> dict[str, tuple[str, Access]]:
    """Each method and rule of a service, with its endpoint and what it says of itself."""
    found = {}
    for rule in app(service).url_map.iter_rules():
        access = access_of(app(service), rule.endpoint)
        assert access is not None
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            found[f"{method} {rule.rule}"] = (rule.endpoint, access)
    return found


@pytest.mark.parametrize("service", SERVICES)
def test_each_route_asks_who_calls_or_stands_in_the_list_of_public_ones(service: str) -> None:
    public = {route for route, (_, access) in routes(service).items() if access.public}
    assert public - PUBLIC[service].keys() == set(), "who may call these? Mark them, or write here why anybody may"
    assert PUBLIC[service].keys() - public == set(), "these are not public any more, or gone: take them off the list"


@pytest.mark.parametrize("service", SERVICES)
def test_a_route_that_is_not_public_admits_somebody_who_exists(service: str) -> None:
    for route, (_, access) in routes(service).items():
        assert access.public or access.services or access.staff or access.scope, f"nobody may call {route}"
        assert access.services <= set(SERVICES) - {service}, route
        assert access.staff <= set(STAFF_ROLES), route


@pytest.mark.parametrize("service", SERVICES)
def test_what_a_key_may_do_is_named_by_the_thing_and_whether_it_changes(service: str) -> None:
    for route, (_, access) in routes(service).items():
        if access.scope is not None:
            changes = route.split(" ")[0] not in {"GET", "HEAD"}
            assert re.fullmatch(rf"[a-z-]+:{'write' if changes else 'read'}", access.scope), route
    assert set(scopes_of(app(service))) == set(API_SCOPES[service]), "the sandbox's key has all of them"


@pytest.mark.parametrize("service", SERVICES)
def test_only_what_is_signed_goes_without_a_form_token(service: str) -> None:
    without = {route for route, (_, access) in routes(service).items() if access.signed}
    assert without == WITHOUT_FORM_TOKEN[service]


@pytest.mark.parametrize("service", SERVICES)
def test_what_a_program_changes_it_can_repeat_with_a_key(service: str) -> None:
    for route, (endpoint, access) in routes(service).items():
        method, path = route.split(" ")
        repeats_by_itself = method not in {"POST", "PATCH"}  # RFC 9110, 9.2.2: PUT and DELETE are idempotent
        if not repeats_by_itself and path.startswith("/v1/") and (access.scope or access.staff):
            assert getattr(app(service).view_functions[endpoint], "idempotent", False), f"{route} needs @idempotent"


@pytest.mark.parametrize("service", SERVICES)
def test_events_are_taken_from_peers_only(service: str) -> None:
    _, access = routes(service)["POST /events"]
    assert access == Access(services=access.services)
    assert access.services


@pytest.mark.parametrize("service", SERVICES)
def test_each_route_of_the_api_stands_in_a_reference_that_is_valid_openapi(service: str) -> None:
    spec = app(service).test_client().get("/openapi.json").get_json()
    OpenAPIV31SpecValidator(spec).validate()
    described = {
        f"{method.upper()} {path}".replace("{", "<").replace("}", ">")
        for path, item in spec["paths"].items()
        for method in item
    }
    wanted = {route for route in routes(service) if route.split(" ")[1].startswith(("/v1/", "/events", "/version"))}
    assert wanted <= described
    for path, item in spec["paths"].items():
        for method, operation in item.items():
            assert operation["summary"] or operation.get("description"), f"{method} {path} says nothing of itself"


def operations(service: str) -> dict[str, tuple[dict[str, Any], Access, Any]]:
    """Each route that stands in the reference: what the document says, what the route says, its view."""
    spec = app(service).test_client().get("/openapi.json").get_json()
    found = {}
    for route, (endpoint, access) in routes(service).items():
        method, path = route.split(" ")
        said = spec["paths"].get(path.replace("<", "{").replace(">", "}"), {}).get(method.lower())
        if said is not None:
            found[route] = (said, access, app(service).view_functions[endpoint])
    return found


@pytest.mark.parametrize("service", SERVICES)
def test_the_reference_says_how_to_send_which_credential(service: str) -> None:
    schemes = app(service).test_client().get("/openapi.json").get_json()["components"]["securitySchemes"]
    assert "Authorization: Bearer" in schemes["api_key"]["description"]
    for route, (said, access, _) in operations(service).items():
        ways = {scheme: names for way in said.get("security", []) for scheme, names in way.items()}
        assert ways.get("api_key", []) == ([access.scope] if access.scope else []), route
        assert set(ways.get("staff", [])) == access.staff, route
        assert set(ways.get("service", [])) == access.services, route
        assert (not ways) is access.public, route
        assert ways.keys() <= schemes.keys(), route
    page = app(service).test_client().get("/docs").text
    assert "Authorization: Bearer psk_" in page
    for scope in scopes_of(app(service)):
        assert page.count(f"<code>{scope}</code>") >= 2, "in the table and at its routes"


@pytest.mark.parametrize("service", SERVICES)
def test_the_reference_lists_each_refusal_where_it_can_come(service: str) -> None:
    for route, (said, access, view) in operations(service).items():
        answers = said["responses"].keys()
        expected = set() if access.public else {"401", "403", "429"}
        expected |= {"404"} if "<" in route else set()
        expected |= {"409", "422"} if getattr(view, "idempotent", False) else set()
        assert expected <= answers, route
        assert not {"401", "403"} & answers or not access.public, route
        for status in answers:
            assert said["responses"][status].get("description"), f"{route} {status}"


@pytest.mark.parametrize("service", SERVICES)
def test_each_body_in_the_reference_has_an_example_that_fits_its_schema(service: str) -> None:
    spec = app(service).test_client().get("/openapi.json").get_json()
    whole = {"components": spec["components"]}
    for route, (said, _, _) in operations(service).items():
        good = [answer for status, answer in said["responses"].items() if status[0] == "2"]
        for body in [body for one in (said.get("requestBody", {}), *good) for body in one.get("content", {}).values()]:
            OAS31Validator({**whole, **body["schema"]}, format_checker=OAS31Validator.FORMAT_CHECKER).validate(
                body["example"]
            )
            assert body["example"], route


@pytest.mark.parametrize("service", SERVICES)
def test_what_integrators_call_comes_first_and_what_only_our_services_call_comes_last(service: str) -> None:
    """In the order of the bytes: a reader of JSON keeps it."""
    text = app(service).test_client().get("/openapi.json").text
    paths = list(json.loads(text)["paths"])
    admits = dict.fromkeys(paths, False)
    for route, (_, access, _) in operations(service).items():
        path = route.split(" ")[1].replace("<", "{").replace(">", "}")
        admits[path] = admits[path] or (bool(access.public or access.scope) and path.startswith("/v1/"))
    assert [admits[path] for path in paths] == sorted((admits[path] for path in paths), reverse=True)
    assert paths[-1] == "/events"


def objects(schema: Any, known: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Each object with named fields that stands in a schema of the reference, at whatever depth."""
    match schema:
        case {"$ref": str(name)}:
            yield from objects(known[name.rpartition("/")[2]], known)
        case {"type": "array", "items": inside}:
            yield from objects(inside, known)
        case {"properties": dict(fields)}:
            yield schema
            for inside in fields.values():
                yield from objects(inside, known)


@pytest.mark.parametrize("service", SERVICES)
def test_what_integrators_and_pages_send_may_hold_known_fields_only(service: str) -> None:
    """A misspelled field is refused by name (422). Between our services the contracts rule, and they leave it out."""
    spec = app(service).test_client().get("/openapi.json").get_json()
    for route, (endpoint, access) in routes(service).items():
        method, path = route.split(" ")
        operation = spec["paths"].get(path.replace("<", "{").replace(">", "}"), {}).get(method.lower(), {})
        for content in operation.get("requestBody", {}).get("content", {}).values():
            only_services = access == Access(services=access.services)
            for one in objects(content["schema"], spec["components"]["schemas"]):
                refuses = one.get("additionalProperties") is False
                assert refuses is not only_services, f"{route} ({endpoint}): {sorted(one['properties'])}"


@pytest.mark.parametrize("service", SERVICES)
def test_the_reference_can_be_read_by_people(service: str) -> None:
    assert app(service).test_client().get("/docs").status_code == 200


@pytest.mark.parametrize("service", SERVICES)
def test_nobody_without_a_credential_reaches_a_route_that_asks_for_one(service: str) -> None:
    """Also against the running application: no route answers before it has asked who calls."""
    client = app(service).test_client()
    for route, (_, access) in routes(service).items():
        if access.public:
            continue
        method, path = route.split(" ")
        answer = client.open(path.replace("<", "").replace(">", ""), method=method, headers={"Accept": "text/html"})
        assert answer.status_code in {302, 401}, route

"""What the control area's doors share, wherever a resource brings one: whose state it is, and how an answer looks."""

from flask import Response, current_app, jsonify, make_response, redirect, request

from sandbox.stripe.errors import Json
from sandbox.stripe.world import World


def world() -> World:
    """The stand-in that this application belongs to."""
    found: World = current_app.extensions["stripe_standin"]
    return found


def done(body: Json) -> Response:
    """JSON for a script, the page again for a person."""
    wants_json = request.is_json or request.method == "DELETE"
    return jsonify(body) if wants_json else make_response(redirect("/", 303))

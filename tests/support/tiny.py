"""A service of a few routes, built by the same factory as the real ones: the shared web parts are shown on it."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from apiflask import APIBlueprint, APIFlask, Schema
from apiflask.fields import Integer, List, Nested, String
from apiflask.validators import Range
from flask import Blueprint, render_template_string, request
from flask.testing import FlaskClient

from shared import clock
from shared.db import Database
from shared.env import Env
from shared.errors import Kind, ServiceError
from shared.identity import ServiceIdentity
from shared.ids import digest, new_id
from shared.inbox import inbox_table
from shared.settings import CommonSettings, OidcSettings
from shared.web import factory
from shared.web.access import allow, public, services, signed, staff
from shared.web.idempotency import idempotent
from shared.web.pagination import PageQuery, decode_cursor, encode_cursor
from tests.support.settings import API_KEY, environment, keys
from tests.support.staff import sign_in

effects = inbox_table(sa.MetaData())
"""What the routes did: any table of the service that the test can read."""


API_KEYS = json.dumps({"shop": {"sha256": digest(API_KEY), "scopes": ["things:read", "things:write"]}})


class NewThing(Schema):
    """What is to be made."""

    name = String(required=True)
    size = Integer(load_default=1, validate=Range(1, 10))


class Thing(Schema):
    """What was made."""

    id = String()
    name = String()


class Things(Schema):
    """A page of things."""

    items = List(Nested(Thing))
    next_cursor = String(allow_none=True)


class ThingRefused(ServiceError):
    """A refusal whose kind the test chooses."""

    code = "thing_refused"
    title = "The thing was refused"


class Routes:
    """The blueprints of the tiny service; `inside` runs in the middle of making a thing."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.inside: Callable[[], None] = lambda: None

    def api(self) -> APIBlueprint:
        """What programs ask."""
        api = APIBlueprint("api", __name__, tag="Things")

        @api.post("/v1/things")
        @idempotent
        @allow(services=("queue",), staff=("senior",), scope="things:write")
        @api.input(NewThing)
        @api.output(Thing, status_code=201)
        def make(json_data: dict[str, Any]) -> tuple[dict[str, Any], int, dict[str, str]]:
            """Make a thing."""
            self.inside()
            thing_id = self.note(json_data["name"])
            return {"id": thing_id, "name": json_data["name"]}, 201, {"Location": f"/v1/things/{thing_id}"}

        @api.get("/v1/things")
        @allow(services=("queue",), scope="things:read")
        @api.input(PageQuery, location="query")
        @api.output(Things)
        def show(query_data: dict[str, Any]) -> dict[str, Any]:
            """List the things, newest first."""
            place = decode_cursor(query_data["cursor"], 1)
            wanted = sa.select(effects.c.id, effects.c.type.label("name")).order_by(effects.c.id.desc())
            wanted = wanted if place is None else wanted.where(effects.c.id < place[0])
            with self.db.transaction() as session:
                rows = session.execute(wanted.limit(query_data["limit"] + 1)).mappings().all()
            items = [dict(row) for row in rows[: query_data["limit"]]]
            more = len(rows) > len(items)
            return {"items": items, "next_cursor": encode_cursor(items[-1]["id"]) if more else None}

        @api.get("/v1/things/<thing_id>")
        @services("queue")
        @api.output(Thing)
        def show_one(thing_id: str) -> dict[str, Any]:
            """Show a thing."""
            with self.db.transaction() as session:
                row = session.execute(sa.select(effects).where(effects.c.id == thing_id)).one_or_none()
            if row is None:
                refusal = ThingRefused("Check the id.", thing_id=thing_id)
                type(refusal).kind = Kind.NOT_FOUND
                raise refusal
            return {"id": row.id, "name": row.type}

        @api.get("/v1/slow")
        @public
        def slow() -> dict[str, Any]:
            """Ask the database for longer than anybody waits."""
            with self.db.transaction() as session:
                session.execute(sa.text("SELECT pg_sleep(10)"))
            return {}

        @api.get("/v1/boom")
        @public
        def boom() -> dict[str, Any]:
            """A bug."""
            raise ZeroDivisionError("the inside of the service")

        @api.get("/v1/refused/<kind>")
        @public
        def refused(kind: str) -> dict[str, Any]:
            """Refuse."""
            ThingRefused.kind = Kind(kind)
            raise ThingRefused("Do it differently.", field="name", limit=3)

        return api

    def pages(self) -> Blueprint:
        """What people open."""
        pages = Blueprint("pages", __name__)
        form = '<form method="post"><input type="hidden" name="csrf_token" value="{{ csrf_token() }}"></form>'

        @pages.get("/form")
        @public
        def show_form() -> str:
            return render_template_string(form)

        @pages.post("/form")
        @public
        def take_form() -> str:
            return self.note(request.form.get("words", ""))

        @pages.get("/desk")
        @staff("agent", "senior")
        def desk() -> str:
            return render_template_string(form)

        @pages.post("/desk/take")
        @staff("agent", "senior")
        def take() -> str:
            return self.note("taken")

        @pages.get("/finance")
        @staff("finance")
        def finance() -> str:
            return "the books"

        @pages.get("/broken")
        @public
        def broken() -> str:
            raise ZeroDivisionError("the inside of the service")

        @pages.post("/webhooks/other")
        @signed
        def hook() -> str:
            return self.note("hook")

        return pages

    def shown(self) -> Blueprint:
        """What people see in the frame of every page."""
        shown = Blueprint("shown", __name__)
        page = '{% extends "base.html" %}{% block main %}A page.{% endblock %}'

        @shown.get("/named")
        @staff("agent")
        def named() -> str:
            return render_template_string(page)

        @shown.get("/nobody-named")
        @public
        def nobody_named() -> str:
            return render_template_string(page)

        @shown.get("/refused/<kind>")
        @public
        def refused(kind: str) -> str:
            ThingRefused.kind = Kind(kind)
            raise ThingRefused("Do it differently.", limit=3)

        return shown

    def note(self, words: str) -> str:
        """Leave an effect; its id."""
        effect = new_id("eff")
        with self.db.transaction() as session:
            session.execute(effects.insert().values(id=effect, type=words, received_at=clock.now()))
        return effect


class Tiny:
    """The application, and what a test needs around it."""

    def __init__(self, databases: Any, *, oidc: bool, signin: str, **more: Any) -> None:
        self.variables = more.pop("variables", None) or environment(
            "billing",
            databases=databases,
            redis_url=more.pop("redis_url", "redis://127.0.0.1:1"),
            TRUSTED_PROXIES=str(more.pop("proxies", 0)),
            urls={"signin": signin, "billing": more.pop("url", "http://localhost")},
            API_KEYS="{}" if "blueprints" in more else API_KEYS,
        )
        env = Env(self.variables)
        self.db = Database(self.variables["DATABASE_URL"], pool_size=20)
        self.routes = Routes(self.db)
        blueprints = more.pop("blueprints", (self.routes.api(), self.routes.pages(), self.routes.shown()))
        self.app: APIFlask = factory.create_app(
            settings=CommonSettings.read(env, "billing"),
            title="Tiny",
            description="A few routes.",
            context=self,
            db=self.db,
            blueprints=blueprints,
            pending=self.pending,
            work=more.pop("work", ()),
            package=Path(__file__).parent,
            oidc=OidcSettings.read(env) if oidc else None,
            **more,
        )

    @staticmethod
    def pending(session: Any) -> dict[str, int]:
        """What waits: the effects, so that a test can see a count."""
        return {"effects": session.execute(sa.select(sa.func.count()).select_from(effects)).scalar_one()}

    def effects(self) -> list[str]:
        """The words of each thing that was done."""
        with self.db.transaction() as session:
            return list(session.execute(sa.select(effects.c.type).order_by(effects.c.id)).scalars())

    def forget(self) -> None:
        """Begin again with nothing done and no key used."""
        with self.db.transaction() as session:
            for table in ("inbox", "idempotency_keys"):
                session.execute(sa.text(f"DELETE FROM {table}"))  # noqa: S608 - two names of ours

    def client(self, *roles: str) -> FlaskClient:
        """A browser; with roles, somebody who signed in."""
        client = self.app.test_client()
        if roles:
            sign_in(client, "ana", "Ana Silva", *roles, email="ana@example.test")
        return client


def token(caller: str = "queue", audience: str = "billing") -> dict[str, str]:
    """The header of a service that asks."""
    return {"Authorization": f"Bearer {ServiceIdentity(caller, keys()[caller][0]).token(audience)}"}


@contextmanager
def tiny_service(
    databases: Any, *, oidc: bool = True, signin: str = "http://127.0.0.1:1", **more: Any
) -> Iterator[Tiny]:
    """A tiny service for one test."""
    tiny = Tiny(databases, oidc=oidc, signin=signin, **more)
    try:
        yield tiny
    finally:
        tiny.db.dispose()

"""The door for webhooks, twice: with nothing but the work that nobody can avoid, and as most shops write it."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from threading import local

import psycopg
import sqlalchemy as sa
import stripe
from flask import Flask, Response, jsonify, request
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from shared.env import Env

_INSERT = """
    INSERT INTO bare_events (event_id, type, source, body, request_id, created_at, received_at, due_at)
    VALUES (%s, %s, 'webhook', %s, 'req', %s, now(), now()) ON CONFLICT (event_id) DO NOTHING RETURNING event_id
"""


def _settings() -> tuple[str, str]:
    env = Env()
    url = env.url("DATABASE_URL", "As the service's own role.", secret=True)
    return url, env.secret("STRIPE_WEBHOOK_SECRETS", "What the webhooks are signed with.")


def bare() -> Flask:
    """HMAC over the bytes, the three facts out of them, one INSERT that commits by itself."""
    url, secret = _settings()
    here = local()
    app = Flask("bare")

    @app.post("/webhooks/stripe")
    def take() -> tuple[Response, int] | Response:
        body = request.get_data(cache=False)
        facts = dict(part.split("=", 1) for part in request.headers["Stripe-Signature"].split(","))
        expected = hmac.new(secret.encode(), f"{facts['t']}.".encode() + body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected, facts["v1"]):
            return jsonify(error="signature"), 400
        event = json.loads(body)
        created = datetime.fromtimestamp(event["created"], UTC)
        if not hasattr(here, "connection"):  # one for each thread: nothing is cheaper
            here.connection = psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
        new = here.connection.execute(_INSERT, (event["id"], event["type"], body, created)).fetchone()
        return jsonify(received=True, new=new is not None)

    return app


class _Base(DeclarativeBase):
    pass


class _Event(_Base):
    __tablename__ = "usual_events"
    event_id: Mapped[str] = mapped_column(primary_key=True)
    type: Mapped[str]
    source: Mapped[str]
    body: Mapped[bytes]
    request_id: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True))
    received_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True))
    due_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True))


def usual() -> Flask:
    """The SDK checks and builds its objects, an ORM object is looked for, added and committed."""
    url, secret = _settings()
    engine = sa.create_engine(url, pool_size=8)
    app = Flask("usual")

    @app.post("/webhooks/stripe")
    def take() -> tuple[Response, int] | Response:
        body = request.get_data()
        try:
            event = stripe.Webhook.construct_event(body, request.headers["Stripe-Signature"], secret)
        except stripe.SignatureVerificationError:
            return jsonify(error="signature"), 400
        now = datetime.now(UTC)
        with Session(engine) as session:
            if session.get(_Event, event.id) is not None:
                return jsonify(received=True, new=False)
            kept = _Event(event_id=event.id, type=event.type, source="webhook", body=body, request_id="req")
            kept.created_at, kept.received_at, kept.due_at = datetime.fromtimestamp(event.created, UTC), now, now
            session.add(kept)
            session.commit()
        return jsonify(received=True, new=True)

    return app

"""The catcher's pages for people and its JSON for scripts."""

import re
from typing import Any

from flask import Flask, Response, abort, redirect, render_template, request, url_for
from markupsafe import Markup, escape
from werkzeug.wrappers import Response as Redirect

from sandbox.mail.mailbox import Mailbox, Message
from sandbox.mail.smtp import Intake
from sandbox.pages import create_app as create_page_app

_SHOWN = 200
_LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]")
# The mail's own HTML: no scripts, nothing fetched from anywhere, links open outside of the frame.
_MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self';"
    " sandbox allow-popups allow-popups-to-escape-sandbox"
)


def create_app(mailbox: Mailbox, intake: Intake) -> Flask:
    """The web side of one mailbox."""
    app = create_page_app(__name__)
    app.jinja_env.filters["linked"] = _linked
    _add_pages(app, mailbox, intake)
    _add_api(app, mailbox, intake)
    return app


def _add_pages(app: Flask, mailbox: Mailbox, intake: Intake) -> None:
    def found(message_id: str) -> Message:
        return mailbox.get(message_id) or abort(404)

    @app.get("/")
    def index() -> str:
        messages = mailbox.messages(_SHOWN)
        return render_template(
            "mail/list.html", messages=messages, total=len(mailbox.ids()), refusing=intake.refusing, script="list.js"
        )

    @app.get("/messages/<message_id>")
    def show(message_id: str) -> str:
        return render_template("mail/message.html", message=found(message_id))

    @app.get("/messages/<message_id>/html")
    def html(message_id: str) -> Response:
        body = '<base target="_blank">' + found(message_id).html
        return Response(body, mimetype="text/html", headers={"Content-Security-Policy": _MAIL_POLICY})

    @app.get("/messages/<message_id>/raw")
    def raw(message_id: str) -> Response:
        return Response(found(message_id).raw, mimetype="text/plain")

    @app.get("/messages/<message_id>/attachments/<int:number>")
    def attachment(message_id: str, number: int) -> Response:
        files = found(message_id).attachments
        if number >= len(files):
            abort(404)
        response = Response(files[number].content, mimetype="application/octet-stream")
        response.headers.set("Content-Disposition", "attachment", filename=files[number].name)
        return response

    @app.post("/clear")
    def clear() -> Redirect:
        mailbox.clear()
        return redirect(url_for("index"), 303)

    @app.errorhandler(404)
    def missing(_error: Exception) -> tuple[str, int]:
        return render_template("mail/missing.html"), 404


def _add_api(app: Flask, mailbox: Mailbox, intake: Intake) -> None:
    @app.get("/api/messages")
    def api_list() -> dict[str, Any]:
        """Newest first; `?to=` keeps the mails to one address."""
        to = request.args.get("to", "").lower()
        messages = mailbox.messages()
        kept = [m for m in messages if not to or to in (recipient.lower() for recipient in m.recipients)]
        return {"items": [_json(message) for message in kept], "refusing": intake.refusing}

    @app.get("/api/messages/<message_id>")
    def api_one(message_id: str) -> dict[str, Any]:
        return _json(mailbox.get(message_id) or abort(404))

    @app.delete("/api/messages")
    def api_clear() -> tuple[str, int]:
        mailbox.clear()
        return "", 204

    @app.put("/api/refusing")
    def api_refuse() -> dict[str, bool]:
        """`{"refusing": true}` answers each mail with 451 until `{"refusing": false}`."""
        intake.refusing = request.get_json().get("refusing") is True
        return {"refusing": intake.refusing}


def _json(message: Message) -> dict[str, Any]:
    return {
        "id": message.id,
        "received_at": message.received_at.isoformat(),
        "from": message.sender,
        "to": list(message.recipients),
        "subject": message.subject,
        "headers": [list(pair) for pair in message.headers],
        "text": message.text,
        "html": message.html,
        "attachments": [
            {"name": file.name, "content_type": file.content_type, "size": len(file.content)}
            for file in message.attachments
        ],
    }


def _linked(text: str) -> Markup:
    """Plain text with its addresses made clickable; everything else escaped."""
    pieces, end = [], 0
    for match in _LINK.finditer(text):
        address = escape(match.group())
        pieces += [
            escape(text[end : match.start()]),
            Markup('<a href="{0}" target="_blank" rel="noreferrer">{0}</a>').format(address),
        ]
        end = match.end()
    return Markup("").join([*pieces, escape(text[end:])])

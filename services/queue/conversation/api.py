"""Integrators add what a customer says."""

from typing import Any

from apiflask import APIBlueprint

from services.queue.conversation.reply import reply_to_ticket
from services.queue.conversation.schemas import MessageTaken, NewMessage
from services.queue.web import actor, context, request_token
from shared.web.access import allow
from shared.web.idempotency import idempotent

conversation_api = APIBlueprint("conversation", __name__, tag="Conversation")


@conversation_api.post("/v1/tickets/<ticket_id>/messages")
@idempotent
@allow(scope="tickets:write")
@conversation_api.input(NewMessage)
@conversation_api.output(MessageTaken, status_code=201)
def add_message(ticket_id: str, json_data: dict[str, Any]) -> dict[str, Any]:
    """Add what the customer says; a ticket that was called solved comes back."""
    reply = reply_to_ticket(context(), ticket_id, json_data["text"], request_token(), actor())
    return {"message_id": reply.message_id, "ticket_id": ticket_id, "state": reply.state.value}

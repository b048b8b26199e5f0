"""All tables of the queue: each room's stand in `metadata` once it is imported."""

from services.queue.agents import tables as agents
from services.queue.base_tables import metadata
from services.queue.conversation import tables as conversation
from services.queue.decisions import tables as decisions
from services.queue.drafts import tables as drafts
from services.queue.mail_out import tables as mail_out
from services.queue.payments import tables as payments
from services.queue.tickets import tables as tickets

__all__ = ["agents", "conversation", "decisions", "drafts", "mail_out", "metadata", "payments", "tickets"]

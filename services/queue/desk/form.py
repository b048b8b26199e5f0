"""What the forms of the desk send: the lease, the step, and all words that stand on the page."""

from collections.abc import Mapping

from services.queue.agents.agent import Agent
from services.queue.conversation.answer import Answer
from services.queue.drafts.draft import FIELDS
from services.queue.tickets.ticket import Lease, Step
from shared.ids import new_token

_LONGEST_NUMBER = 18
_LONGEST_TOKEN = 64
_LONGEST_ID = 64


def lease_in(form: Mapping[str, str], agent: Agent) -> Lease:
    """The lease that the page was made with; one that never runs where it has none."""
    token = form.get("lease_token", "")
    plain = token.isdecimal() and len(token) <= _LONGEST_NUMBER
    return Lease(agent_id=agent.id, token=int(token) if plain else -1)


def token_in(form: Mapping[str, str]) -> str:
    """The token of this page; a new one where it has none."""
    return form.get("form_token", "")[:_LONGEST_TOKEN] or new_token()


def ticket_in(form: Mapping[str, str]) -> str:
    """The ticket that was open on the page; empty for none."""
    return form.get("ticket_id", "")[:_LONGEST_ID]


def words_in(form: Mapping[str, str]) -> dict[str, str]:
    """What people wrote, field by field, whichever button they pressed."""
    return {name: form[name] for name in FIELDS if name in form}


def answer_in(form: Mapping[str, str], agent: Agent, form_token: str) -> Answer:
    """What is to be sent to the customer."""
    wanted = form.get("step", "")
    return Answer(
        step=Step(wanted) if wanted in set(Step) else Step.ANSWER,
        text=form.get("text", ""),
        restated=form.get("restated", ""),
        lease=lease_in(form, agent),
        form_token=form_token,
    )

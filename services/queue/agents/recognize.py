"""Know the agent behind a sign-in; their tier follows their roles at the provider."""

from services.queue.agents import store as agents
from services.queue.agents.agent import Agent, tier_of
from services.queue.context import Context
from shared import clock
from shared.identity import Caller
from shared.ids import new_id


def recognize_agent(context: Context, caller: Caller) -> Agent:
    """The agent, remembered on first sight and brought up to date when name or roles changed."""
    tier = tier_of(caller.roles)
    with context.db.transaction() as session:
        known = agents.find_by_subject(session, caller.subject)
        if known is not None and (known.name, known.tier) == (caller.name, tier):
            return known
        return agents.remember(session, new_id("agt"), caller.subject, caller.name, caller.email, tier, clock.now())

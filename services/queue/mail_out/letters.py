"""The words of every mail, in the reader's language: what changed, by when, what now.

An acknowledgement never repeats what was written in the form: the address may belong to somebody who wrote nothing.
"""

from datetime import datetime

from services.queue.mail_out.letter import Block, Letter, Link, Listing, Paragraph, Quote
from services.queue.tickets.promise import Promise
from services.queue.tickets.reasons import reasons_said
from services.queue.tickets.ticket import Step
from shared.formats import when
from shared.language import gettext as _
from shared.reader import reader


def acknowledgement(number: str, promise: Promise, now: datetime, url: str) -> Letter:
    """We have it, and by when a person answers."""
    due = when(promise.respond_by, now=now)
    return Letter(
        subject=_("A person answers by %(due)s (ticket #%(number)s)", due=due, number=number),
        blocks=(
            Paragraph(text=_("We have your message. A person answers by %(due)s.", due=due)),
            *_promise(promise, now),
            *_way_to_ticket(url),
        ),
    )


def promise_raised(number: str, promise: Promise, now: datetime, url: str) -> Letter:
    """The answer comes sooner than we said before."""
    due = when(promise.respond_by, now=now)
    return Letter(
        subject=_("Sooner: a person answers by %(due)s (ticket #%(number)s)", due=due, number=number),
        blocks=(
            Paragraph(text=_("A person now answers by %(due)s.", due=due)),
            *_promise(promise, now),
            *_way_to_ticket(url),
        ),
    )


def answer(number: str, step: Step, agent: str, text: str | None, restated: str | None, url: str) -> Letter:
    """A person's words, and what the customer does next. Without text: the question whether it is solved."""
    blocks: list[Block] = []
    if text:
        said = _("%(agent)s asks:", agent=agent) if step is Step.ASK_BACK else _("%(agent)s wrote:", agent=agent)
        blocks += [Paragraph(text=said), Quote(text=text)]
    if restated:
        blocks += [Paragraph(text=_("The problem as we understand it:")), Quote(text=restated)]
    if step is Step.RESOLVE:
        asked = _(
            "%(agent)s believes that your problem is solved. Please tell us on the page below: solved, or not solved. "
            "If it is not, we go on, at no charge.",
            agent=agent,
        )
        blocks.append(Paragraph(text=asked))
    return Letter(subject=_subject(step, number), blocks=(*blocks, *_way_to_ticket(url)))


def _subject(step: Step, number: str) -> str:
    match step:
        case Step.ANSWER:
            return _("An answer to your ticket #%(number)s", number=number)
        case Step.ASK_BACK:
            return _("A question about your ticket #%(number)s", number=number)
        case Step.RESOLVE:
            return _("Is it solved? Your ticket #%(number)s", number=number)


def _promise(promise: Promise, now: datetime) -> tuple[Block, ...]:
    """What the class means for the customer, in the policy's own words, and why this time."""
    sentence = promise.response_class.sentence(reader().language)
    meaning = (Paragraph(text=sentence),) if sentence else ()
    why = Listing(items=reasons_said(promise.reasons, now=now))
    return (*meaning, Paragraph(text=_("Why this time:")), why)


def _way_to_ticket(url: str) -> tuple[Block, ...]:
    how = _(
        "To answer, to add something or to use an incident that you have left, open that page. The link opens this "
        "ticket only; whoever has it can do all of this for you, so keep it to yourself."
    )
    return (Link(label=_("Your ticket, with everything written so far"), url=url), Paragraph(text=how))

"""The words of every mail, in the reader's language: what is new, by when, what now.

All mails of a ticket have one subject, so that mail programs keep them together: what the customer wrote, and the
number. The body of a mail that answers a form repeats nothing of it: the address may belong to somebody who wrote
nothing.
"""

from datetime import datetime, timedelta

from services.queue.mail_out.letter import Block, Link, Listing, Paragraph, Quote
from services.queue.tickets.promise import Promise
from services.queue.tickets.reasons import reasons_said
from services.queue.tickets.ticket import Step
from shared.formats import span, when
from shared.language import gettext as _
from shared.language import ngettext
from shared.links import without_addresses
from shared.reader import reader

_LONGEST_WORDS = 70


def subject(words: str, number: str) -> str:
    """What a ticket is about, with its number at the end.

    Without addresses: whoever types a stranger's address into the form shall not advertise in our name.
    """
    said = " ".join(without_addresses(words).split())
    if len(said) > _LONGEST_WORDS:
        said = said[:_LONGEST_WORDS].rpartition(" ")[0] or said[:_LONGEST_WORDS]
        said = f"{said.rstrip()}…"
    return f"{said} (#{number})"


def acknowledgement(
    promise: Promise | None, pay_within: timedelta | None, now: datetime, url: str
) -> tuple[Block, ...]:
    """We have it, and what is true now: by when a person answers, or that we look it up, or that it is to be paid."""
    if pay_within is not None:
        return (
            Paragraph(text=_("We have your message. Your payment has not arrived yet.")),
            *_to_pay(pay_within, url),
            *_not_yours(),
        )
    if promise is None:
        said = _("We have your message. We are working out by when a person answers, and write to you again.")
        return (Paragraph(text=said), *_way_to_ticket(url), *_not_yours())
    said = _("We have your message. A person answers by %(due)s.", due=when(promise.respond_by, now=now))
    return (Paragraph(text=said), *_promise(promise, now), *_way_to_ticket(url), *_not_yours())


def promised(promise: Promise, now: datetime, url: str) -> tuple[Block, ...]:
    """By when a person answers, where the acknowledgement could not say so."""
    said = _("A person answers by %(due)s.", due=when(promise.respond_by, now=now))
    return (Paragraph(text=said), *_promise(promise, now), *_way_to_ticket(url))


def paid(promise: Promise, now: datetime, url: str) -> tuple[Block, ...]:
    """Thanks for the payment, and what it bought."""
    due = when(promise.respond_by, now=now)
    return (
        Paragraph(text=_("Thank you, your payment has arrived. A person answers by %(due)s.", due=due)),
        *_promise(promise, now),
        Paragraph(text=_("What you bought, its price and your receipt are on your ticket's page.")),
        *_way_to_ticket(url),
    )


def kept(num: int, url: str) -> tuple[Block, ...]:
    """The payment came when the answer was there already: what was bought waits for the next ticket, or goes back."""
    said = ngettext(
        "Your payment has arrived, but we had answered before it. So nothing was used: one incident waits for your "
        "next question.",
        "Your payment has arrived, but we had answered before it. So nothing was used: %(num)s incidents wait for your "
        "next question.",
        num,
    )
    back = _("Would you rather have your money back? Write that on your ticket's page, and we send it back.")
    return (Paragraph(text=said), Paragraph(text=back), *_way_to_ticket(url))


def promise_raised(promise: Promise, now: datetime, url: str) -> tuple[Block, ...]:
    """The answer comes sooner than we said before."""
    said = _("Your answer comes sooner: a person answers by %(due)s.", due=when(promise.respond_by, now=now))
    return (Paragraph(text=said), *_promise(promise, now), *_way_to_ticket(url))


def answer(step: Step, agent: str, text: str | None, restated: str | None, url: str) -> tuple[Block, ...]:
    """A person's words, and what the customer does next. Without text: the question whether it is solved."""
    blocks: list[Block] = []
    if text:
        said = _("%(agent)s asks:", agent=agent) if step is Step.ASK_BACK else _("%(agent)s wrote:", agent=agent)
        blocks += [Paragraph(text=said), Quote(text=text)]
    if restated:
        blocks += [Paragraph(text=_("Your problem, as we understand it:")), Quote(text=restated)]
    if step is not Step.RESOLVE:
        return (*blocks, *_way_to_ticket(url))
    asked = _("%(agent)s thinks this solves your problem. Does it? If not, we carry on at no charge.", agent=agent)
    return (*blocks, Paragraph(text=asked), Link(label=_("Tell us: solved or not"), url=url), _keep_to_yourself())


def _to_pay(pay_within: timedelta, url: str) -> tuple[Block, ...]:
    goes_on = _(
        "If you do nothing, your ticket goes on with the free standard answer in %(span)s. "
        "You can still pay after that, for as long as nobody has answered.",
        span=span(pay_within, after_preposition=True),
    )
    label = _("Pay now, or choose the free standard answer")
    return (Link(label=label, url=url), Paragraph(text=goes_on), _keep_to_yourself())


def _not_yours() -> tuple[Block, ...]:
    return (Paragraph(text=_("You wrote nothing to us? Then somebody mistyped an address; you need do nothing.")),)


def _promise(promise: Promise, now: datetime) -> tuple[Block, ...]:
    """What the class means for the customer, in the policy's own words, and why this time."""
    sentence = promise.response_class.sentence(reader().language)
    meaning = (Paragraph(text=sentence),) if sentence else ()
    why = Listing(items=reasons_said(promise.reasons, now=now))
    return (*meaning, Paragraph(text=_("Why this time:")), why)


def _way_to_ticket(url: str) -> tuple[Block, ...]:
    label = _("Read everything so far, write back, or use an incident")
    return (Link(label=label, url=url), _keep_to_yourself())


def _keep_to_yourself() -> Paragraph:
    said = _("Keep this link to yourself: whoever has it can read this ticket, and write and act in your name.")
    return Paragraph(text=said)

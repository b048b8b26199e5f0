"""What must hold, each a function from the truth to the sentences that contradict it; none looks into the product."""

from collections.abc import Callable, Iterator

from tests.chaos.judges import assignment, credit, mails, money, promises, tickets, trail
from tests.chaos.witness import Truth

Judge = Callable[[Truth], Iterator[str]]

JUDGES: tuple[Judge, ...] = (
    money.each_charge_is_booked_once,
    money.the_books_balance,
    money.an_order_is_settled_once,
    money.nobody_pays_twice,
    money.who_was_told_paid_has_paid,
    money.todays_reconciliation_is_clean,
    credit.each_settled_order_has_one_grant,
    credit.counters_follow_their_entries,
    credit.a_ticket_uses_one_credit_at_most,
    credit.an_answer_uses_the_held_credit,
    credit.a_used_credit_is_earned,
    tickets.each_form_is_one_ticket,
    tickets.each_message_is_there_once,
    tickets.nothing_strange_was_written,
    mails.each_mail_arrived,
    mails.no_mail_came_twice_without_a_crash,
    mails.each_answer_was_mailed_once,
    assignment.one_lease_at_a_time,
    assignment.who_was_given_a_ticket_has_it,
    assignment.nothing_is_written_under_an_older_lease,
    assignment.no_old_tab_keeps_a_lease,
    promises.each_ticket_has_one,
    promises.the_class_never_falls_and_the_time_never_moves_later,
    promises.what_was_shown_is_kept,
    promises.both_services_tell_the_same,
    trail.numbered_without_gaps,
    trail.each_event_arrived,
    trail.nothing_waits_for_a_person,
)


def violations(truth: Truth) -> list[str]:
    """Everything that contradicts what must hold."""
    return [f"{judge.__name__}: {said}" for judge in JUDGES for said in judge(truth)]

"""Mails: each arrives, under one Message-ID; twice only where a crash came between the server's yes and our record."""

from collections.abc import Iterator

from tests.chaos.journal import MAY_BE, Words
from tests.chaos.witness import Truth, by


def each_mail_arrived(truth: Truth) -> Iterator[str]:
    """Each that was written, at its address; and none that was not written."""
    arrived = by(truth.mails, "message_id")
    written = by(truth.rows["queue"]["outbound_mails"], "rfc_message_id")
    for message_id, rows in written.items():
        mails = arrived.get(message_id, [])
        if rows[0]["sent_at"] is None or not mails:
            yield f"{rows[0]['kind']} {rows[0]['id']} to {rows[0]['to_address']} arrived {len(mails)} times"
        if any(mail["to"] != [rows[0]["to_address"]] for mail in mails):
            yield f"{rows[0]['id']} to {rows[0]['to_address']} went to {[mail['to'] for mail in mails]}"
    for message_id in arrived.keys() - written.keys():
        yield f"{message_id} arrived and was never written"


def no_mail_came_twice_without_a_crash(truth: Truth) -> Iterator[str]:
    """One mail is under way at a time: as many repeats as there were crashes, at most."""
    arrived = by(truth.mails, "message_id").items()
    repeats = {message_id: len(mails) - 1 for message_id, mails in arrived if len(mails) > 1}
    if sum(repeats.values()) > truth.mail_crashes:
        yield f"{repeats} came again, and only {truth.mail_crashes} crashes can have done that"


def each_answer_was_mailed_once(truth: Truth) -> Iterator[str]:
    """An answer that an agent was told is sent is in one mail, and in that one only."""
    texts = [(mail["message_id"], mail["text"]) for mail in truth.mails]
    for words in truth.journal.of(Words):
        if words.token is None:  # a customer's
            continue
        mails = {message_id for message_id, text in texts if words.mark in text}
        if len(mails) not in MAY_BE[words.outcome]:
            yield f"{words.mark} was {words.outcome} and is in {len(mails)} mails"

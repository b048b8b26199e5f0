"""What a customer does in a journey: asks, pays, reads."""

import re
from html import unescape
from typing import Any

from tests.support.house import House
from tests.support.person import Person

GOOD_CARD = "4242 4242 4242 4242"
DECLINED_CARD = "4000 0000 0000 0002"


class Customer(Person):
    """Jo, with a problem."""

    def __init__(self, premises: House, email: str = "jo@acme.test") -> None:
        super().__init__()
        self.premises = premises
        self.email = email

    def ask(self, choice: str = "standard", **fields: str) -> "Customer":
        """Fill the form that asks and send it."""
        written = {
            "subject": "Payments fail since the update",
            "text": "Every card is refused since this morning.",
            "tried": "cleared the cache\nanother card",
            "email": self.email,
            "name": "Jo Weber",
            "zone": "Europe/Berlin",
            "choice": choice,
        }
        self.open(f"{self.premises.queue.url}/ask?product=incident_1&currency=usd")
        self.send("/ask", **(written | fields))
        return self

    def pay(self, card: str = GOOD_CARD) -> "Customer":
        """Fill the payment page and send it."""
        self.send("", card_number=card, card_expiry="12 / 34", card_cvc="123", name="Jo Weber", country="DE")
        return self

    def buy(self, **fields: str) -> "Customer":
        """Ask with an incident bought for it."""
        self.ask("buy", **fields)
        self.pay()
        return self

    def text(self) -> str:
        """The words of the page."""
        return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", self.page)))


def link_in(mail: Any) -> str:
    """The link to the ticket that stands in a mail."""
    found = re.search(r"https?://\S+/t/[\w.\-]+", mail.text)
    assert found, mail.text
    return found.group(0)

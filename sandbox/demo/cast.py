"""Who writes in the demo day, what about, and what they are told."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Case:
    """A customer with a problem, and the answer that it gets (empty: nobody has answered yet)."""

    name: str
    email: str
    zone: str
    subject: str
    text: str
    tried: str
    restated: str = ""
    answer: str = ""


PAID = (
    Case(
        name="Marta Kovač",
        email="marta@nordwind-energy.example",
        zone="Europe/Berlin",
        subject="Invoices show 0 % tax since this morning",
        text=(
            "Since about 8 o'clock every new invoice for a customer in Germany shows 0 % tax instead of 19 %.\n"
            "We have to send 140 of them today. Yesterday's are right."
        ),
        tried="Logged out and in again\nMade a new invoice instead of copying one\nSame in Firefox and in Chrome",
        restated="New invoices for German customers carry 0 % tax since this morning; older ones are right.",
        answer=(
            "Hello Marta,\n\n"
            'this morning\'s import of your customer list emptied the field "Tax region", and without a region '
            "no tax is added. I have filled it again from last night's backup: 312 customers, all in Germany.\n\n"
            "Invoices that you make from now on are right. The 9 made since 8 o'clock are listed under Invoices > "
            "Drafts; press Recalculate on each of them.\n\n"
            "Ana"
        ),
    ),
    Case(
        name="Daniel Osei",
        email="daniel@harbor-books.example",
        zone="America/New_York",
        subject="Nobody can sign in after we changed our domain",
        text=(
            "We moved from harborbooks.example to harbor-books.example last night. Since then all nine of us get "
            '"This address is not known" at the sign-in. The shop is open and we cannot see the orders.'
        ),
        tried="Used the old address: same message\nReset the password: no mail arrives",
        restated="After the change of domain, nine people cannot sign in under the new or the old address.",
        answer=(
            "Hello Daniel,\n\n"
            "your new domain was added but not confirmed, so both were turned away. I have checked the DNS record and "
            "confirmed it, and all nine accounts now carry the new address.\n\n"
            "Please sign in with the new address and your old password. Password mails go there from now on, too.\n\n"
            "Ana"
        ),
    ),
)
"""Each bought an incident; Ana answered, and the customer confirmed."""

ANSWERED = Case(
    name="Yuki Tanaka",
    email="yuki@lantern-hotels.example",
    zone="Asia/Tokyo",
    subject="How do I export bookings of one month?",
    text="Our accountant needs all bookings of last month as a spreadsheet. I only find the export of a whole year.",
    tried="Looked under Reports and under Settings",
    restated="The bookings of one month as a spreadsheet.",
    answer=(
        "Hello Yuki,\n\n"
        "open Bookings, choose the first and the last day at the top, and press Export: the file holds what the list "
        "shows. The export under Reports always takes the whole year.\n\n"
        "Ben"
    ),
)
"""Paid nothing; Ben answered, and it is the customer's turn."""

WAITING = Case(
    name="Amelia Brandt",
    email="amelia@brandt-gardens.example",
    zone="Europe/Vienna",
    subject="Reminder mails go out twice",
    text="Two customers told us that they got the reminder for their appointment twice, two minutes apart.",
    tried="Checked that the customers are not in the list twice",
)
"""Paid nothing; waits for the regular agent who presses Take next."""

UNKNOWN_CHARGE: dict[str, int | str] = {
    "amount": 12_900,
    "currency": "usd",
    "description": "Workshop, paid by a link in the dashboard",
}
"""Made in Stripe behind the product's back: what finance finds missing in the books."""

"""The bank's side of payouts: a statement of the account that they arrive at, as camt.053, MT940 or CSV.

One statement for each currency and span of days. Its balances add up: opening, entries, closing. A payout stands there
on the day of its arrival with its trace id; one that failed after it was paid stands there twice, in and out again.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from xml.etree import ElementTree as ET

from sandbox.stripe.errors import Json
from sandbox.stripe.work import Work
from shared.money import exponent

IBAN = "DE89370400440532013000"
BIC = "COBADEFFXXX"
_NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
_PAYER = "STRIPE PAYMENTS"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A line of the statement. `amount` in minor units, negative where money leaves."""

    day: date
    amount: int
    reference: str
    trace_id: str
    words: str


@dataclass(frozen=True, kw_only=True)
class Statement:
    """An account's days from `first` to `last`, in one currency; amounts in minor units."""

    currency: str
    first: date
    last: date
    opening: int
    entries: Sequence[Entry]

    @property
    def closing(self) -> int:
        """What is there in the end."""
        return self.opening + sum(entry.amount for entry in self.entries)

    def written(self, amount: int) -> Decimal:
        """Minor units as a decimal number with the currency's digits, without its sign."""
        digits = exponent(self.currency)
        return Decimal(abs(amount)).scaleb(-digits).quantize(Decimal(1).scaleb(-digits))


def statement(work: Work, currency: str, first: date, last: date) -> Statement:
    """What arrived and left in these days."""
    entries = sorted(_entries(work.tx.select("payout"), currency), key=lambda entry: (entry.day, entry.reference))
    before = sum(entry.amount for entry in entries if entry.day < first)
    inside = [entry for entry in entries if first <= entry.day <= last]
    return Statement(currency=currency, first=first, last=last, opening=before, entries=inside)


def _entries(payouts: Iterable[Json], currency: str) -> Iterable[Entry]:
    for payout in payouts:
        trace = payout["trace_id"]["value"]
        if payout["currency"] != currency or trace is None:  # it never reached the bank
            continue
        day = datetime.fromtimestamp(payout["arrival_date"], UTC).date()
        words = payout["statement_descriptor"] or _PAYER
        yield Entry(day=day, amount=payout["amount"], reference=payout["id"], trace_id=trace, words=words)
        if payout["status"] == "failed":
            back = f"RETURN {words}"
            yield Entry(
                day=day + timedelta(days=1),
                amount=-payout["amount"],
                reference=payout["id"],
                trace_id=trace,
                words=back,
            )


def as_csv(told: Statement) -> str:
    """A line for each entry, as many banks let one download it: signed amounts, ISO dates."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["date", "amount", "currency", "payer", "reference", "trace_id", "text"])
    for entry in told.entries:
        signed = -told.written(entry.amount) if entry.amount < 0 else told.written(entry.amount)
        writer.writerow(
            [entry.day, signed, told.currency.upper(), _PAYER, entry.reference, entry.trace_id, entry.words]
        )
    return out.getvalue()


def as_mt940(told: Statement) -> str:
    """SWIFT's customer statement: tags of one line each, comma before the decimals, lengths as SWIFT allows."""

    def amount(value: int) -> str:
        text = str(told.written(value)).replace(".", ",")
        return text if "," in text else f"{text},"

    def balance(tag: str, day: date, value: int) -> str:
        return f":{tag}:{'D' if value < 0 else 'C'}{day:%y%m%d}{told.currency.upper()}{amount(value)}"

    lines = [":20:STANDIN", f":25:{BIC}/{IBAN}", ":28C:1/1", balance("60F", told.first, told.opening)]
    for entry in told.entries:
        mark = "D" if entry.amount < 0 else "C"
        lines.append(
            f":61:{entry.day:%y%m%d}{entry.day:%m%d}{mark}{amount(entry.amount)}NTRF{entry.trace_id[:16]}//{entry.reference[-16:]}"
        )
        lines.append(f":86:166?00{_PAYER}?20{entry.words[:27]}?21EREF+{entry.trace_id[:22]}?32{_PAYER}")
    lines.append(balance("62F", told.last, told.closing))
    return "\r\n".join([*lines, "-", ""])


def as_camt053(told: Statement, now: datetime) -> str:
    """ISO 20022's bank-to-customer statement, camt.053.001.08."""
    root = ET.Element("Document", xmlns=_NAMESPACE)
    message = _inside(root, "BkToCstmrStmt")
    header = _inside(message, "GrpHdr")
    _inside(header, "MsgId", f"STANDIN-{told.currency.upper()}-{told.first:%Y%m%d}-{told.last:%Y%m%d}")
    _inside(header, "CreDtTm", now.isoformat(timespec="seconds"))
    body = _inside(message, "Stmt")
    _inside(body, "Id", f"{told.first:%Y%m%d}-{told.last:%Y%m%d}")
    _inside(body, "CreDtTm", now.isoformat(timespec="seconds"))
    account = _inside(body, "Acct")
    _inside(_inside(account, "Id"), "IBAN", IBAN)
    _inside(account, "Ccy", told.currency.upper())
    for code, day, value in (("OPBD", told.first, told.opening), ("CLBD", told.last, told.closing)):
        balance = _inside(body, "Bal")
        _inside(_inside(_inside(balance, "Tp"), "CdOrPrtry"), "Cd", code)
        _amount(balance, told, value)
        _inside(_inside(balance, "Dt"), "Dt", day.isoformat())
    for entry in told.entries:
        _entry(body, told, entry)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True)


def _entry(body: ET.Element, told: Statement, entry: Entry) -> None:
    line = _inside(body, "Ntry")
    _inside(line, "NtryRef", entry.reference)
    _amount(line, told, entry.amount)
    _inside(_inside(line, "Sts"), "Cd", "BOOK")
    for name in ("BookgDt", "ValDt"):
        _inside(_inside(line, name), "Dt", entry.day.isoformat())
    code = _inside(_inside(line, "BkTxCd"), "Domn")
    _inside(code, "Cd", "PMNT")
    family = _inside(code, "Fmly")
    _inside(family, "Cd", "RCDT")
    _inside(family, "SubFmlyCd", "ESCT")
    details = _inside(_inside(line, "NtryDtls"), "TxDtls")
    references = _inside(details, "Refs")
    _inside(references, "AcctSvcrRef", entry.reference)
    _inside(references, "EndToEndId", entry.trace_id)
    _amount(details, told, entry.amount)
    _inside(_inside(_inside(_inside(details, "RltdPties"), "Dbtr"), "Pty"), "Nm", _PAYER)
    _inside(_inside(details, "RmtInf"), "Ustrd", entry.words)


def _amount(parent: ET.Element, told: Statement, value: int) -> None:
    _inside(parent, "Amt", str(told.written(value))).set("Ccy", told.currency.upper())
    _inside(parent, "CdtDbtInd", "DBIT" if value < 0 else "CRDT")


def _inside(parent: ET.Element, name: str, text: str | None = None) -> ET.Element:
    element = ET.SubElement(parent, name)
    element.text = text
    return element

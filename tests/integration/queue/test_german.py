"""The queue in German: pages by the browser's language, mails by the customer's, programs in English all the same."""

from collections.abc import Iterator
from typing import Any

import pytest

from services.queue.tickets.ticket import Choice
from shared import clock
from shared.sentences import Sentence
from tests.support.queue import Queue, queue_service

GERMAN = {"Accept-Language": "de-DE,de;q=0.9,en;q=0.5"}


@pytest.fixture
def queue(databases: Any) -> Iterator[Queue]:
    with queue_service(databases) as service:
        yield service


def page(queue: Queue, path: str, **more: Any) -> str:
    text: str = queue.customer().get(path, headers=GERMAN, **more).text
    return text


def test_the_form_says_choices_and_errors_in_german(queue: Queue) -> None:
    html = page(queue, "/ask?product=incident_1&currency=eur")
    assert '<html lang="de"' in html
    for words in (
        "Worum geht es?",
        "Wenn Sie jetzt bezahlen, antwortet eine erfahrene Fachkraft innerhalb von 2 Stunden (rund um die Uhr).",
        "Wenn Sie jetzt senden, antwortet ein Mensch innerhalb von 24 Stunden (Montag bis Freitag).",
        "Weiter zur Bezahlung, 45,00\N{NO-BREAK SPACE}€",
        "Eine Anfrage",
    ):
        assert words in html
    client = queue.customer().client
    token = client.get("/ask", headers=GERMAN).text.partition('name="csrf_token" value="')[2].partition('"')[0]
    written = {"csrf_token": token, "email": "jo@", "text": "x" * 20_001, "choice": "buy", "product": "gold"}
    refused = client.post("/ask", data=written, headers=GERMAN)
    assert refused.status_code == 422
    for words in (
        "Geben Sie ihm einen kurzen Titel.",
        "Das ist zu lang: höchstens 20.000 Zeichen (jetzt 20.001).",
        "An diese Adresse können wir nicht schreiben.",
        "„gold“ bieten wir nicht an. Zur Wahl stehen: incident_1.",
    ):
        assert words in refused.text


def test_the_choices_have_words_while_nobody_says_what_is_promised(queue: Queue) -> None:
    queue.peers.entitlements = "fails"
    html = page(queue, "/ask?product=incident_1&currency=eur")
    assert "Bezahlen Sie jetzt, dann sehen Sie sofort, bis wann ein Mensch antwortet." in html
    assert "Wenn Sie jetzt senden, antwortet ein Mensch bis <time" in html


def test_the_ticket_page_says_by_when_why_and_whose_turn_it_is(queue: Queue) -> None:
    queue.peers.available = 1
    ticket = queue.open_undecided(language="de")
    queue.decide(ticket.id, premium=True, because="credit_of_account")
    path = queue.mailed(ticket)
    html = page(queue, path)
    assert "Ein Mensch antwortet bis " in html
    assert "Für diese Frage setzen wir eine Ihrer bevorzugten Anfragen ein." in html
    assert "Sie haben noch eine Anfrage frei." in html
    assert '<strong class="message-author">Sie</strong>' in html
    desk = queue.desk()
    case = desk.post("/desk", "/desk/take").location
    assert "Ana Silva, erfahrene Fachkraft, kümmert sich darum und antwortet bis " in page(queue, path)
    desk.post(case, f"{case}/answer", text="Erledigt.", step="resolve")
    assert "Ana Silva hält Ihr Problem für gelöst. Stimmt das?" in page(queue, path)
    assert "A person answers" not in page(queue, path)
    assert "Dieser Link öffnet kein Ticket" in page(queue, "/t/wrong.link")


def test_the_same_ticket_is_german_to_its_customer_and_english_to_its_agent(queue: Queue) -> None:
    ticket = queue.open(language="de", choice=Choice.STANDARD)
    queue.decide(ticket.id, premium=True, sequence=2)
    assert "Die Antwort kommt jetzt früher: bis " in page(queue, queue.path(ticket))
    desk = queue.desk()
    case = desk.post("/desk", "/desk/take").location
    assert "The customer was told: an answer sooner, by " in desk.get(case).text
    german = desk.get(case, headers=GERMAN).text
    for words in ("Nächstes nehmen", "Offen", "Sie haben es", "Meine: wir sind dran", "Als Lösung senden"):
        assert words in german
    assert "Nothing was sent" not in german
    refused = desk.client.post(f"{case}/return", data={"csrf_token": "x"}, headers=GERMAN)
    assert "Diese Seite war zu lange offen" in refused.text


def test_a_refusal_on_the_desk_is_worded_for_its_reader(queue: Queue) -> None:
    queue.open_premium()
    desk = queue.desk()
    case = desk.post("/desk", "/desk/take").location
    token = desk.get(case).text.partition('name="csrf_token" value="')[2].partition('"')[0]
    lost = desk.client.post(f"{case}/answer", data={"csrf_token": token, "text": "Ja."}, headers=GERMAN)
    assert lost.status_code == 409
    assert "Sie haben dieses Ticket nicht mehr" in lost.text
    assert "Es wurde nichts gesendet; Ihr Text ist noch hier." in lost.text


def test_the_report_is_german(queue: Queue) -> None:
    report = queue.desk("Sofia", "supervisor").get("/reports/promises", headers=GERMAN).text
    assert "Eingehaltene Zusagen" in report
    assert "In den letzten 30 Tagen war keine Zusage fällig." in report


def test_a_mail_gives_the_reasons_of_the_decision_in_the_customers_language_and_zone(queue: Queue) -> None:
    ticket = queue.open_undecided(language="de", zone="Europe/Berlin")
    kept = Sentence.of("earlier_time_kept", respond_by=clock.now()).as_json()
    queue.decide(ticket.id, premium=True, reasons=[kept])
    queue.sweep("sweep_mails")
    [mail] = queue.mail.taken
    assert mail.subject.startswith("Payments fail (#")
    assert "Ein Mensch antwortet bis " in mail.text
    for part in (mail.text, mail.html):
        assert "Warum dieser Zeitpunkt:" in part
        assert "Es bleibt bei der früher zugesagten Zeit: " in part
        assert "Uhr ME" in part
    assert '<html lang="de"' in mail.html


def test_programs_read_english_whatever_they_accept(queue: Queue) -> None:
    answer = queue.app.test_client().get("/t/wrong.link", headers=GERMAN | {"Accept": "application/json"})
    assert answer.json is not None
    assert answer.json["title"] == "This link opens no ticket"

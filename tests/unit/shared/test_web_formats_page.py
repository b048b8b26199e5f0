"""The building blocks of a page: nothing typed runs, promises are said, no inline style is needed."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Blueprint, Flask, render_template_string
from markupsafe import Markup

from shared.reader import reading_in
from shared.web import access, assets, formats, reading

SHARED_WEB = Path(formats.__file__).parent
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
IMPORT = '{% import "ui.html" as ui %}'
Render = Callable[..., str]


@pytest.fixture(scope="module")
def app() -> Flask:
    app = Flask(__name__)
    app.secret_key = "made up"
    app.register_blueprint(Blueprint("shared", __name__, template_folder=str(SHARED_WEB / "templates")))
    reading.register(app, "http://localhost")
    formats.register(app)
    assets.register(app)
    app.jinja_env.globals["csrf_token"] = lambda: "token"
    return app


@pytest.fixture
def render(app: Flask) -> Render:
    def rendered(source: str, **values: object) -> str:
        with app.test_request_context():
            return render_template_string(IMPORT + source, now=NOW, **values)

    return rendered


def test_a_message_keeps_its_lines_and_links_and_runs_nothing(render: Render) -> None:
    text = "See https://example.com/a?b=1&c=2\n<script>alert(1)</script> javascript:alert(1) <img src=x onerror=y>"
    html = render('{{ ui.message("<b>Jo</b>", "customer", now, text, "UTC", now) }}', text=text)
    assert 'href="https://example.com/a?b=1&amp;c=2" rel="noopener noreferrer nofollow ugc">' in html
    assert "\n&lt;script&gt;" in html
    assert "<img" not in html
    assert "<b>" not in html
    assert 'href="javascript' not in html


def test_a_due_time_is_said_three_ways(render: Render) -> None:
    html = render(
        "{{ ui.due(by, start, 'Europe/Berlin', now) }}",
        by=NOW + timedelta(minutes=72),
        start=NOW - timedelta(minutes=48),
    )
    assert "in 1 h 12 min" in html
    assert "Tue 14:12 CET" in html
    assert 'value="40"' in html
    assert "on time" in html


def test_each_error_leads_to_its_field_which_names_it_too(render: Render) -> None:
    html = render(
        '{{ ui.error_summary(errors) }}{{ ui.field("email", "Your e-mail", error=message_of(errors, "email")) }}',
        errors={"email": ["This is no address."]},
    )
    assert '<a href="#field-email">This is no address.</a>' in html
    assert 'id="field-email"' in html
    assert 'aria-describedby="error-email"' in html
    assert 'aria-invalid="true"' in html


def test_a_missing_station_is_an_empty_one(render: Render) -> None:
    html = render(
        '{{ ui.stations([{"name": "charge", "id": "ch_1"}, {"name": "order"}, {"name": "bank", "waiting": True}]) }}'
    )
    assert re.findall(r'class="station (\S+)"', html) == ["is-reached", "is-missing", "is-waiting"]


def test_an_empty_table_says_what_will_appear(render: Render) -> None:
    html = render(
        '{% call ui.table("Charges", ["Id"], empty=ui.empty("No charges yet", "They appear here.")) %}'
        "{% for row in [] %}<tr></tr>{% endfor %}{% endcall %}"
    )
    assert "No charges yet" in html
    assert "<table" not in html


def test_a_page_says_who_is_signed_in_and_lets_them_sign_out(app: Flask) -> None:
    source = '{% extends "base.html" %}{% block title %}Desk{% endblock %}{% block main %}<h1>Desk</h1>{% endblock %}'
    with app.test_request_context():
        for_ana = render_template_string(source, caller={"name": "Ana <Silva>", "roles": {"senior", "agent"}})
        for_a_customer = render_template_string(source, caller=None)
    assert "Ana &lt;Silva&gt;" in for_ana
    assert 'action="/signout"' in for_ana
    assert "/signout" not in for_a_customer


@pytest.mark.parametrize("template", sorted((SHARED_WEB / "templates").glob("*.html")), ids=lambda path: path.name)
def test_no_template_needs_inline_style_or_script(template: Path) -> None:
    source = re.sub(r"\{#.*?#\}", "", template.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|<script(?![^>]*\bsrc=)", source)


def test_the_look_asks_nothing_of_other_hosts_and_nothing_inline() -> None:
    css = assets.assets()["site.css"].body.decode()
    assert "data:" not in css
    assert "@import" not in css
    assert not re.search(r"url\(", css)


def test_assets_are_kept_for_a_year_under_a_name_of_their_content(app: Flask) -> None:
    client = app.test_client()
    url = assets.asset_url("site.css")
    zipped = client.get(url, headers={"Accept-Encoding": "gzip"})
    plain = client.get(url)
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert len(zipped.data) < len(plain.data) / 4
    assert "immutable" in plain.headers["Cache-Control"]
    stale = client.get("/assets/000000000000/site.css")
    assert (stale.status_code, stale.headers["Cache-Control"]) == (200, "no-store")
    assert client.get("/assets/000000000000/theme.css").status_code == 404


def test_anybody_may_read_the_assets(app: Flask) -> None:
    assert "assets.asset" in access.OUTSIDE_ENDPOINTS or access.access_of(app, "assets.asset")


def test_text_from_people_is_never_taken_for_markup(render: Render) -> None:
    html = render('{{ ui.facts([("Name", name), ("Id", id)]) }}', name="<i>x</i>", id=Markup("<code>ok</code>"))
    assert "&lt;i&gt;" in html
    assert "<code>ok</code>" in html


def test_the_building_blocks_speak_the_readers_language(render: Render) -> None:
    with reading_in("de", "Europe/Berlin"):
        html = render("{{ ui.due(by, now, zone, now) }}{{ ui.why([]) }}", by=NOW + timedelta(hours=2), zone=None)
    for words in (
        "Ein Mensch antwortet bis",
        "Di., 15:00 Uhr MEZ",
        "in 2 Std.",
        "pünktlich",
        "Warum dieser Zeitpunkt?",
    ):
        assert words in html


def test_a_value_inside_translated_words_is_escaped_and_their_markup_is_not(render: Render) -> None:
    name = "<i>x</i> 100 %(id)s"
    with reading_in("de"):
        html = render('{{ _("Copy %(id)s", id=name) }}', name=name)
        markup = render("{% trans name=name %}Hello <b>{{ name }}</b>{% endtrans %}", name=name)
    assert html == "&lt;i&gt;x&lt;/i&gt; 100 %(id)s kopieren"
    assert markup == "Hello <b>&lt;i&gt;x&lt;/i&gt; 100 %(id)s</b>"


def test_each_language_has_a_script_with_its_words() -> None:
    scripts = {name: asset.body.decode() for name, asset in assets.assets().items() if name.endswith(".js")}
    assert scripts.keys() == {"live.en.js", "live.de.js"}
    assert '"soon": "in less than a minute"' in scripts["live.en.js"]
    assert '"days": {"other": "%(num)s Tagen", "one": "%(num)s Tag"}' in scripts["live.de.js"]
    used = set(re.findall(r"WORDS\.(\w+)", scripts["live.en.js"]))
    for script in scripts.values():
        assert json.loads(script.partition(" = ")[2].partition(";\n")[0]).keys() == used

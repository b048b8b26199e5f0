"""How a letter looks: the plain part, and the HTML part by a template; what a person wrote is escaped there."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.queue.mail_out.letter import Block, Letter, Link, Listing, Paragraph, Quote
from shared.links import breaking, linked

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
_templates.filters.update(linked=linked, breaking=breaking)


def draw_text(letter: Letter) -> str:
    """The plain part. No line of it begins with `>`: mail programs take that for an older mail, and fold it away."""
    return "\n\n".join(_plain(block) for block in letter.blocks) + "\n"


def draw_html(letter: Letter, language: str) -> str:
    """The HTML part."""
    return _templates.get_template("letter.html").render(letter=letter, language=language)


def _plain(block: Block) -> str:
    match block:
        case Paragraph(text=text) | Quote(text=text):
            return text
        case Listing(items=items):
            return "\n".join(f"- {item}" for item in items)
        case Link(label=label, url=url):
            return f"{label}:\n{url}"

"""How a letter looks: the plain part, and the HTML part by a template; what a person wrote is escaped there."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.queue.mail_out.letter import Block, Letter, Link, Listing, Paragraph, Quote

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


def draw_text(letter: Letter) -> str:
    """The plain part."""
    return "\n\n".join(_plain(block) for block in letter.blocks) + "\n"


def draw_html(letter: Letter, language: str) -> str:
    """The HTML part."""
    return _templates.get_template("letter.html").render(letter=letter, language=language)


def _plain(block: Block) -> str:
    match block:
        case Paragraph(text=text):
            return text
        case Quote(text=text):
            return "\n".join(f"> {line}".rstrip() for line in text.splitlines())
        case Listing(items=items):
            return "\n".join(f"- {item}" for item in items)
        case Link(label=label, url=url):
            return f"{label}:\n{url}"

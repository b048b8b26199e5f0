"""Write `docs/settings.md` from the code: each setting with the sentence that stands where it is read (`make docs`)."""

import importlib
from dataclasses import dataclass, field
from pathlib import Path

from shared.env import Env, Setting
from shared.settings import owner_database_url

HERE = Path(__file__).parent
PAGE = HERE / "settings.md"
SERVICES = sorted(path.parent.name for path in HERE.parent.glob("services/*/config.py"))

_INTRODUCTION = """\
# Settings

Each setting is an environment variable. A service reads all of its settings when a process of it starts. Where one
is missing or wrong, the process does not start, and the sentence names the variable. An empty value counts as missing.

`make run` sets all of them itself. Compose sets what it can know and asks for the rest: [deploy](../deploy/README.md)
says how to fill its `.env`. A variable there that belongs to one service has its name in front (`BILLING_SECRET_KEY`).

A setting marked *secret* stands in no log and has no default. What the sandbox itself takes,
[its page](../sandbox/README.md) says. This table is made from the code by `make docs`: each sentence stands where the
setting is read.

| setting | read by | kind | default | what it is for |
|---|---|---|---|---|
"""
_EXAMPLES = {
    "text": "an-example-of-a-text",
    "whole number": "1",
    "address": "http://example.test",
    "list": "an-example-of-an-item",
    "JSON object": "{}",
}
_OWN_EXAMPLES = {"SMTP_URL": "smtp://example.test"}


@dataclass(frozen=True, kw_only=True)
class Documented:
    """A setting and the services that read it."""

    setting: Setting
    readers: list[str] = field(default_factory=list)


class _Complete(Env):
    """An environment in which nothing is missing, so that a service reads all of its settings."""

    def given(self, setting: Setting) -> str | None:
        """Its default, or an example of its kind."""
        return super().given(setting) or _OWN_EXAMPLES.get(setting.name) or _EXAMPLES[setting.kind]


def documented() -> list[Documented]:
    """Every setting of every service, those that all have alike first."""
    found: dict[Setting, Documented] = {}
    for service in SERVICES:
        env = _Complete({})
        importlib.import_module(f"services.{service}.config").Settings.read(env)
        for setting in env.settings.values():
            found.setdefault(setting, Documented(setting=setting)).readers.append(service)
    env = _Complete({})
    owner_database_url(env)
    owner = [Documented(setting=setting, readers=["each `migrate`"]) for setting in env.settings.values()]
    return sorted(found.values(), key=lambda one: -len(one.readers)) + owner


def _row(one: Documented) -> str:
    setting = one.setting
    kind = f"{setting.kind}, *secret*" if setting.secret else setting.kind
    default = f"`{setting.default}`" if setting.default else ("**required**" if setting.required else "none")
    readers = "all" if one.readers == SERVICES else ", ".join(one.readers)
    return f"| `{setting.name}` | {readers} | {kind} | {default} | {setting.about} |\n"


def page() -> str:
    """The text of the page."""
    return _INTRODUCTION + "".join(_row(one) for one in documented())


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

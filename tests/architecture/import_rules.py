"""The second rule of imports, for import-linter: inside a room imports go down only, from the door to the noun.

    door -> what it shows (view, form, schemas) -> verb -> store -> tables -> noun -> errors

Doors are api, pages, jobs and webhook. The nouns are listed in pyproject.toml. Every other file of a room is a verb
(a use case), unless its name says its level. Nouns are pure: they know the standard library, other nouns, refusals, and
the pure modules of shared.
"""

import sys
from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output

LEVELS = ("errors", "noun", "tables", "store", "verb", "shown", "door")
"""From the ground up. Files of one level know each other only where _TOGETHER says so."""
_BY_NAME = {
    "errors": "errors",
    "tables": "tables",
    "store": "store",
    "statements": "store",
    "audit": "store",
    "view": "shown",
    "form": "shown",
    "schemas": "shown",
}
_DOORS = ("api", "pages", "jobs", "webhook")
_TOGETHER = {"noun", "store", "verb"}


class RoomContract(Contract):  # type: ignore[misc] # import-linter carries no types
    """Checks each room of each service; see the module."""

    services = fields.ListField(subfield=fields.StringField())
    nouns = fields.SetField(subfield=fields.StringField())
    pure = fields.SetField(subfield=fields.StringField())
    web_frameworks = fields.SetField(subfield=fields.StringField())
    stripe_stands_in = fields.StringField()

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002, FBT001 - import-linter's form
        """Look at each direct import of each module of the services."""
        wrong = sorted(
            sentence
            for module in graph.modules
            if module.startswith(tuple(f"{service}." for service in self.services))
            for imported in graph.find_modules_directly_imported_by(module)
            if (sentence := self._objection(module, imported)) is not None
        )
        unknown = sorted(self.nouns - graph.modules)
        wrong += [f"{noun} is listed as a noun and does not exist" for noun in unknown]
        return ContractCheck(kept=not wrong, metadata={"wrong": wrong})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """One line for each import that goes up."""
        for sentence in check.metadata["wrong"]:
            output.print_error(f"- {sentence}")

    def level(self, module: str) -> str:
        """Where a module of a room stands."""
        name = module.rpartition(".")[2]
        if module in self.nouns:
            return "noun"
        if name in _DOORS or name.endswith(("_pages", "_page", "_api")):
            return "door"
        return _BY_NAME.get(name, "verb")

    def _objection(self, module: str, imported: str) -> str | None:
        top = imported.partition(".")[0]
        if top in self.web_frameworks and not self._may_know_the_web(module):
            return f"{module} knows {top}: it belongs to doors and what they show, web, routes and app"
        if top == "stripe" and not module.startswith(self.stripe_stands_in):
            return f"{module} knows Stripe: it stands in {self.stripe_stands_in} only"
        if module in self.nouns and not self._is_pure(imported):
            return f"{module} is a noun and imports {imported}: nouns are pure"
        if _room(module) is not None and _room(module) == _room(imported):
            ours, theirs = self.level(module), self.level(imported)
            down = LEVELS.index(theirs) - LEVELS.index(ours)
            if down > 0 or (down == 0 and ours not in _TOGETHER):
                return f"{module} ({ours}) imports {imported} ({theirs}): inside a room imports go down only"
        return None

    def _may_know_the_web(self, module: str) -> bool:
        if _room(module) is None:
            return module.rpartition(".")[2] in {"app", "routes", "web"}
        return self.level(module) in {"door", "shown"}

    def _is_pure(self, imported: str) -> bool:
        if imported.startswith("services."):
            return imported in self.nouns or self.level(imported) == "errors"
        return imported in self.pure or imported.partition(".")[0] in sys.stdlib_module_names


def _room(module: str) -> str | None:
    """`services.billing.orders` for a module of that room; None for what stands on a service's top level."""
    parts: list[Any] = module.split(".")
    inside = len(parts) == 4 and parts[0] == "services" and parts[2] not in {"gateways", "migrations"}
    return ".".join(parts[:3]) if inside else None

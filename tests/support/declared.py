"""What each service declares, for the tests that hold the house together. Nothing here needs a server."""

import ast
import importlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import yaml
from apiflask import APIFlask

from shared.env import Env, Setting
from tests.support.settings import SERVICES, environment

ROOT = Path(__file__).parents[2]
PACKAGES = ("services", "shared", "sandbox")
NOWHERE = "postgresql+psycopg://nobody:nothing@127.0.0.1:1/none"


def part(service: str, name: str) -> ModuleType:
    """A module of a service, such as `part("billing", "jobs")`."""
    return importlib.import_module(f"services.{service}.{name}")


def variables(service: str) -> dict[str, str]:
    """A complete environment of a service whose servers are all away."""
    nowhere = dict.fromkeys(SERVICES, SimpleNamespace(app=NOWHERE, owner=NOWHERE))
    urls = {name: f"http://127.0.0.1:{port}" for port, name in enumerate(SERVICES, 1)}
    return environment(service, databases=nowhere, redis_url="redis://127.0.0.1:1", urls=urls)


@cache
def settings(service: str) -> dict[str, Setting]:
    """All settings that the service's config reads, by name."""
    env = Env(variables(service))
    part(service, "config").Settings.read(env)
    return env.settings


@cache
def settings_required(service: str) -> frozenset[str]:
    """The names of those without which the service does not start."""
    complete, required = variables(service), set()
    for name in settings(service):
        try:
            part(service, "config").Settings.read(Env(complete | {name: ""}))
        except SystemExit as refusal:
            if not str(refusal).startswith(f"{name} "):
                raise AssertionError(f"{name} is missing, and the refusal says: {refusal}") from refusal
            required.add(name)
    return frozenset(required)


@cache
def app(service: str) -> APIFlask:
    """The web application of a service."""
    built: APIFlask = part(service, "app").create_app(part(service, "config").Settings.read(Env(variables(service))))
    return built


@cache
def sources(*packages: str) -> dict[Path, ast.Module]:
    """Each Python file of the packages (all that is ours and runs), by path from the root, as a syntax tree."""
    files = (path for package in packages or PACKAGES for path in (ROOT / package).rglob("*.py"))
    return {path.relative_to(ROOT): ast.parse(path.read_text(encoding="utf-8")) for path in sorted(files)}


def calls(tree: ast.AST, name: str) -> list[ast.Call]:
    """The calls of a function or method of that name."""
    found = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return [call for call in found if getattr(call.func, "attr", getattr(call.func, "id", None)) == name]


def imports(tree: ast.AST) -> Iterator[str]:
    """The dotted names that a module imports; `from shared import clock` gives both `shared` and `shared.clock`."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module), names=names, level=0):
                yield module
                yield from (f"{module}.{alias.name}" for alias in names)


def compose() -> dict[str, Any]:
    """docker-compose.yml as Compose reads it, merges done, without filling in variables."""
    read: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return read

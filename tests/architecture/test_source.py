"""How the source is kept: one place for each thing that must have one place, and names that say something."""

import ast
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

from shared.version import VERSION
from tests.support.declared import PACKAGES, ROOT, calls, imports, sources
from tests.support.settings import SERVICES

LONGEST_MODULE = 300
MOST_FILES_IN_A_ROOM = 15
SAY_NOTHING = re.compile(r"(^|_)(utils?|helpers?|commons?|misc|managers?|stuff)$")
FEW_USERS: dict[str, str] = {
    "shared.reasons": "the sentences of what entitlements decides and queue shows; the codes are known to both",
    "shared.work": "says what pending work is; its modules are what is used",
}
"""Modules of shared with fewer than two users, each with the reason why it stands there all the same."""


def attribute(node: ast.AST, owner: str, name: str) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == name and getattr(node.value, "id", None) == owner


def test_only_one_place_commits() -> None:
    commits = {str(path) for path, tree in sources("services", "shared").items() if calls(tree, "commit")}
    assert commits == {"shared/db.py"}


def test_only_one_place_reads_the_environment() -> None:
    readers = {
        str(path)
        for path, tree in sources("services", "shared").items()
        for node in ast.walk(tree)
        if any(attribute(node, "os", name) for name in ("environ", "environb", "getenv", "putenv"))
        or any(name in {"os.environ", "os.getenv"} for name in imports(node))
    }
    assert readers == {"shared/env.py"}


def test_only_the_composer_of_mails_makes_the_link_that_proves_an_address() -> None:
    makers = {str(path) for path, tree in sources("services").items() if calls(tree, "mailed_url")}
    assert makers == {"services/queue/delivery/compose.py"}
    sealed = {str(path) for path, tree in sources("services").items() if calls(tree, "link_token")}
    assert sealed == {"services/queue/tickets/link.py", "services/queue/tickets/address.py"}


def test_only_configs_ask_for_settings() -> None:
    makers = {str(path) for path, tree in sources("services").items() if calls(tree, "Env")}
    assert makers == {f"services/{service}/config.py" for service in SERVICES}


def test_only_one_place_reads_the_time_and_one_makes_ids() -> None:
    """ruff's TID251 knows the full names; this knows what comes in by another door."""
    for path, tree in sources("services", "shared").items():
        if str(path) in {"shared/clock.py", "shared/ids.py"}:
            continue
        banned = {"secrets", "random", "uuid", "time.time"} & set(imports(tree))
        assert not banned, f"{path} imports {banned}"
        assert not [call for call in calls(tree, "now") if "datetime" in ast.unparse(call.func)], path


def test_no_file_has_a_name_that_says_nothing() -> None:
    silent = [str(path) for path in sources(*PACKAGES, "tests") if SAY_NOTHING.search(path.stem)]
    folders = {
        str(parent)
        for path in sources(*PACKAGES, "tests")
        for parent in path.parents
        if SAY_NOTHING.search(parent.name)
    }
    assert not silent
    assert not folders


@pytest.mark.parametrize("package", PACKAGES)
def test_a_module_can_be_read_in_one_sitting(package: str) -> None:
    long = {
        str(path): lines
        for path in sources(package)
        if (lines := len((ROOT / path).read_text(encoding="utf-8").splitlines())) > LONGEST_MODULE
    }
    assert not long, "split it by what changes together"


@pytest.mark.parametrize("lock", sorted(path.name for path in ROOT.glob("requirements*.lock")))
def test_a_lock_file_holds_hashes_and_no_address_or_path(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert not re.findall(r"^.*(?:https?://|file:|index-url|find-links|trusted-host|\s/\w|@ ).*$", text, re.MULTILINE)
    pins = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
    assert pins
    assert not [pin for pin in pins if "==" not in pin or "--hash=sha256:" not in pin]


def test_what_the_locks_have_in_common_has_one_version() -> None:
    versions: dict[tuple[str, str], set[str]] = {}
    pin = re.compile(r"^([A-Za-z0-9_.\[\]-]+)==(\S+)( ; [^\\]+)?", re.MULTILINE)  # a Python may need another release
    for path in ROOT.glob("requirements*.lock"):
        for name, version, marker in pin.findall(path.read_text()):
            versions.setdefault((name.partition("[")[0], marker.strip()), set()).add(version)
    assert not {name: found for name, found in versions.items() if len(found) > 1}


def test_the_version_stands_in_one_place() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "version" not in project["project"]
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "shared.version.VERSION"}
    assert re.fullmatch(r"\d+\.\d+\.\d+", VERSION)


def module(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def needed_by_shared() -> dict[str, set[str]]:
    """Which modules of shared each module of shared needs, directly or through another."""
    direct = {module(path): imported(path) for path in sources("shared")}
    needed = {}
    for name in direct:
        found, waiting = set[str](), [name]
        while waiting:
            fresh = direct.get(waiting.pop(), set()) - found
            found |= fresh
            waiting += fresh
        needed[name] = found
    return needed


@cache
def imported(path: Path) -> frozenset[str]:
    """The modules of shared that a file imports."""
    known = {module(path) for path in sources("shared")}
    return frozenset(name for name in imports(sources(path.parts[0])[path]) if name in known)


def users_of_shared() -> dict[str, set[str]]:
    """Who imports each module of shared: a service, or the sandbox."""
    users: dict[str, set[str]] = {module(path): set() for path in sources("shared")}
    for path in sources("services", "sandbox"):
        for name in imported(path):
            users[name].add(path.parts[1] if path.parts[0] == "services" else "sandbox")
    return users


def test_each_module_of_shared_has_two_users() -> None:
    """Directly, or as a part of another module of shared that has them."""
    users = users_of_shared()
    needed = needed_by_shared()
    lonely = {
        name
        for name, found in users.items()
        if len(found.union(*(users[other] for other, parts in needed.items() if name in parts))) < 2
    }
    assert lonely == FEW_USERS.keys()


def test_the_readme_of_shared_names_each_module_and_none_that_is_gone() -> None:
    text = (ROOT / "shared/README.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `([\w/]+\.py)` \| .+ \|$", text, re.MULTILINE))
    assert listed == {str(path.relative_to("shared")) for path in sources("shared") if path.stem != "__init__"}


@pytest.mark.parametrize("service", SERVICES)
def test_a_room_says_what_it_owns_and_on_what_it_stands_and_is_not_two_rooms(service: str) -> None:
    for room in rooms(service):
        said = ast.get_docstring(ast.parse((room / "__init__.py").read_text(encoding="utf-8"))) or ""
        assert "Stands on" in said, f"{room.name}/__init__.py"
        files = [path for path in room.iterdir() if path.suffix == ".py" and path.stem != "__init__"]
        assert len(files) <= MOST_FILES_IN_A_ROOM, f"{room.name} is two rooms"


@pytest.mark.parametrize("service", SERVICES)
def test_a_template_has_a_name_of_its_own_in_its_service(service: str) -> None:
    """Flask takes the first of that name, of whatever room."""
    names = [path.name for path in (ROOT / "services" / service).rglob("templates/**/*.*")]
    shared = [path.name for path in (ROOT / "shared/web/templates").iterdir()]
    assert not {name for name in names if (names + shared).count(name) > 1}


def rooms(service: str) -> list[Path]:
    """The rooms of a service: its folders, but for what is no room."""
    no_rooms = {"__pycache__", "gateways", "migrations", "templates", "locale"}
    return [path for path in (ROOT / "services" / service).iterdir() if path.is_dir() and path.name not in no_rooms]


def test_a_function_that_takes_a_session_does_not_commit_or_call_out() -> None:
    """`f(session, ...)` runs inside the caller's transaction: no network, no transaction of its own."""
    for path, tree in sources("services").items():
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            names = [argument.arg for argument in function.args.args]
            if names[:1] == ["session"]:
                assert not calls(function, "transaction"), f"{path}: {function.name}"
                assert not {"stripe", "mail", "peers", "client"} & set(names), f"{path}: {function.name}"

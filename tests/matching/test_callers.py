"""What the engine offers is called by what people run: nothing there lives for its tests or for a benchmark."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOOR = "backend.matchmaking.engine"
PACKAGES = ("matching", DOOR)  # each with its public names
FOLDERS = ("matching", "backend", "tasks")
type Name = tuple[str, str]  # a module, and a name at its top level


def read_sources() -> dict[str, str]:
    paths = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py") if "migrations" not in path.parts]
    return {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path.read_text("utf-8")
            for path in [*paths, ROOT / "manage.py"]}  # fmt: skip


class Code:
    """Modules by name, what stands at the top level of each, and what each of these reads."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self.trees = {module: ast.parse(text) for module, text in sources.items()}
        self.imported = {module: dict(self._imports(tree)) for module, tree in self.trees.items()}
        self.defined = {module: dict(_definitions(tree)) for module, tree in self.trees.items()}

    def _imports(self, tree: ast.Module) -> Iterator[tuple[str, Name]]:
        """Return what each imported name stands for; a module is what stands under an empty name."""
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                for name in node.names:
                    whole = f"{node.module}.{name.name}"
                    yield name.asname or name.name, (whole, "") if whole in self.trees else (node.module, name.name)
            elif isinstance(node, ast.Import):
                for name in node.names:
                    yield name.asname or name.name.partition(".")[0], ((name.asname and name.name) or name.name, "")

    def origin(self, module: str, name: str) -> Name | None:
        """Return where a name of a module is defined, through whatever imports it again."""
        if module not in self.trees:
            return None
        if name in self.defined[module]:
            return module, name
        found = self.imported[module].get(name)
        if found:
            return found if not found[1] else self.origin(*found)
        return (f"{module}.{name}", "") if f"{module}.{name}" in self.trees else None

    def read(self, module: str, node: ast.AST) -> Iterator[Name]:
        """Return the definitions that a piece of a module reads, by name or as attributes of modules."""
        for part in ast.walk(node):
            found: Name | None = None
            if isinstance(part, ast.Name):
                found = self.origin(module, part.id)
            elif isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name):
                holder = self.origin(module, part.value.id)
                found = self.origin(holder[0], part.attr) if holder and not holder[1] else None
            if found and found[1]:
                yield found

    def reached(self) -> set[Name]:
        """Return what is read outside of the packages, and all that this reads in turn."""
        waiting = [
            found
            for module, tree in self.trees.items()
            if not module.startswith(PACKAGES)
            for found in self.read(module, tree)
        ]
        known = set[Name]()
        while waiting:
            module, name = waiting.pop()
            if (module, name) not in known:
                known.add((module, name))
                waiting += self.read(module, self.defined[module][name])
        return known

    def unreached(self) -> list[str]:
        """Return what stands in the packages and is reached by nothing that people run, public names twice."""
        known = self.reached()
        here = [module for module in self.trees if module.startswith(PACKAGES)]
        lost = [f"{module}.{name}" for module in here for name in self.defined[module] if (module, name) not in known]
        for package in PACKAGES:
            public = ast.literal_eval(self.defined[package]["__all__"].value)
            lost += [f"{package}.{name} (public)" for name in public if self.origin(package, name) not in known]
        return sorted(name for name in lost if not name.endswith(".__all__"))

    def unread_methods(self) -> list[str]:
        """Return the methods of the packages whose name nothing reads as an attribute, nor any template."""
        read = {
            part.attr for tree in self.trees.values() for part in ast.walk(tree) if isinstance(part, ast.Attribute)
        }
        return sorted(
            f"{module}.{name}.{method.name}"
            for module in self.trees
            if module.startswith(PACKAGES)
            for name, node in self.defined[module].items()
            if isinstance(node, ast.ClassDef)
            for method in node.body
            if isinstance(method, ast.FunctionDef) and method.name not in read and not method.name.startswith("__")
        )


def _definitions(tree: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name, node
        elif isinstance(node, ast.TypeAlias):
            yield node.name.id, node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                yield from ((part.id, node) for part in ast.walk(target) if isinstance(part, ast.Name))


@pytest.fixture(scope="module")
def sources() -> dict[str, str]:
    return read_sources()


def test_all_of_the_engine_is_reached_by_what_people_run(sources: dict[str, str]) -> None:
    assert Code(sources).unreached() == []


def test_every_method_of_the_engine_is_read_somewhere(sources: dict[str, str]) -> None:
    assert Code(sources).unread_methods() == []


def test_a_module_that_is_only_exported_again_is_found(sources: dict[str, str]) -> None:
    again = sources["matching"].replace("__all__ = [", 'from matching.extra import solve\n\n__all__ = [\n    "solve",')
    added = {
        **sources,
        "matching": again,
        "matching.extra": "from matching.bits import row_of\n\n\ndef solve(): row_of",
    }
    assert Code(added).unreached() == ["matching.extra.solve", "matching.solve (public)"]


@pytest.mark.parametrize(
    ("caller", "found"),
    [
        ("backend.web.views", []),  # whatever people run
        (
            "matching.text",
            ["matching.extra.solve", "matching.text.call"],
        ),  # another that nobody calls
    ],
)
def test_a_module_is_reached_where_something_that_is_reached_calls_it(
    caller: str, found: list[str], sources: dict[str, str]
) -> None:
    text = sources.get(caller, "") + "\n\nfrom matching.extra import solve\n\n\ndef call(): return solve()\n"
    added = {**sources, caller: text, "matching.extra": "def solve(): pass"}
    assert Code(added).unreached() == found


def test_a_method_that_nothing_reads_is_found(sources: dict[str, str]) -> None:
    added = {**sources, "matching.extra": "class Solver:\n    def never_read_anywhere(self): pass"}
    assert Code(added).unread_methods() == ["matching.extra.Solver.never_read_anywhere"]

"""What the engine offers is called by what people run: nothing there lives for its tests or for a benchmark."""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
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


class Source:
    """A module, read once: what it imports, what stands at its top level, and the names that each piece reads."""

    def __init__(self, text: str) -> None:
        tree = ast.parse(text)
        self.pieces, self.defined = tree.body, dict(_definitions(tree))
        self.imports = list[ast.Import | ast.ImportFrom]()
        self.reads = dict[ast.stmt, list[ast.Name | ast.Attribute]]()
        for piece in tree.body:
            parts = list(ast.walk(piece))
            self.imports += [part for part in parts if isinstance(part, ast.Import | ast.ImportFrom)]
            self.reads[piece] = [part for part in parts if isinstance(part, ast.Name | ast.Attribute)]


source_of = cache(Source)  # most of the code is the same in each of these tests


class Code:
    """Modules by name, what stands at the top level of each, and what each of these reads."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self.modules = {module: source_of(text) for module, text in sources.items()}
        self.imported = {module: dict(self._imports(source)) for module, source in self.modules.items()}

    def _imports(self, source: Source) -> Iterator[tuple[str, Name]]:
        """Return what each imported name stands for; a module is what stands under an empty name."""
        for node in source.imports:
            if isinstance(node, ast.Import):
                for name in node.names:
                    yield name.asname or name.name.partition(".")[0], ((name.asname and name.name) or name.name, "")
            elif node.module:
                for name in node.names:
                    whole = f"{node.module}.{name.name}"
                    yield name.asname or name.name, (whole, "") if whole in self.modules else (node.module, name.name)

    def origin(self, module: str, name: str) -> Name | None:
        """Return where a name of a module is defined, through whatever imports it again."""
        if module not in self.modules:
            return None
        if name in self.modules[module].defined:
            return module, name
        found = self.imported[module].get(name)
        if found:
            return found if not found[1] else self.origin(*found)
        return (f"{module}.{name}", "") if f"{module}.{name}" in self.modules else None

    def read(self, module: str, piece: ast.stmt) -> Iterator[Name]:
        """Return the definitions that a piece of a module reads, by name or as attributes of modules."""
        for part in self.modules[module].reads[piece]:
            found: Name | None = None
            if isinstance(part, ast.Name):
                found = self.origin(module, part.id)
            elif isinstance(part.value, ast.Name):
                holder = self.origin(module, part.value.id)
                found = self.origin(holder[0], part.attr) if holder and not holder[1] else None
            if found and found[1]:
                yield found

    def reached(self) -> set[Name]:
        """Return what is read outside of the packages, and all that this reads in turn."""
        waiting = [
            found
            for module, source in self.modules.items()
            if not module.startswith(PACKAGES)
            for piece in source.pieces
            for found in self.read(module, piece)
        ]
        known = set[Name]()
        while waiting:
            module, name = waiting.pop()
            if (module, name) not in known:
                known.add((module, name))
                waiting += self.read(module, self.modules[module].defined[name])
        return known

    def unreached(self) -> list[str]:
        """Return what stands in the packages and is reached by nothing that people run, public names twice."""
        known = self.reached()
        here = {module: source for module, source in self.modules.items() if module.startswith(PACKAGES)}
        lost = [f"{module}.{name}" for module in here for name in here[module].defined if (module, name) not in known]
        for package in PACKAGES:
            public = ast.literal_eval(here[package].defined["__all__"].value)
            lost += [f"{package}.{name} (public)" for name in public if self.origin(package, name) not in known]
        return sorted(name for name in lost if not name.endswith(".__all__"))

    def unread_methods(self) -> list[str]:
        """Return the methods of the packages whose name nothing reads as an attribute, nor any template."""
        read = {
            part.attr
            for source in self.modules.values()
            for parts in source.reads.values()
            for part in parts
            if isinstance(part, ast.Attribute)
        }
        return sorted(
            f"{module}.{name}.{method.name}"
            for module, source in self.modules.items()
            if module.startswith(PACKAGES)
            for name, node in source.defined.items()
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

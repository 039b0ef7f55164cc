"""A pytest plugin that changes the code one place at a time and runs, for each change, the tests that reach it.

The session runs its tests once, noting which reach which line and which template. Then, for each change, a fork of it
applies the change to what is loaded and runs those tests until one fails: first those that noticed the changes before
it, then those that are short and reach much of its file and little else, those that reach little, e-mails. Tables,
reference data and compiled catalogue are there, so that a change costs its tests and nothing else. A test that notices
a change must pass without it, in a fork too. With ``--mutate-kept`` a run goes on where the one before it ended.
``scripts/mutate_mail`` starts it.
"""

import ast
import gc
import json
import os
import re
import signal
import sys
import traceback
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from importlib import import_module
from itertools import accumulate
from pathlib import Path
from time import perf_counter
from types import CodeType, FunctionType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol
from django.db import connections
from django.template import engines
from django.template.loaders.filesystem import Loader
from django.test.signals import template_rendered

ROOT = Path(__file__).resolve().parents[1]
TOOL = sys.monitoring.PROFILER_ID
SECONDS, CPU_SECONDS = 120, 30  # a test: a change after which one goes on for ever is noticed too
# Of the tests that reach a change, what is tried: so many seconds of the focused ones, of FIRST, of all.
FOCUSED_SECONDS, FIRST_SECONDS, ALL_SECONDS = 10, 30, 60
FIRST = (
    "tests/security/test_emails.py",
    "tests/notifications/test_digest.py",
    "tests/notifications/test_emails.py",
    "tests/notifications/test_templates.py",
    "tests/security/test_visibility.py",
)  # they notice most
GENERAL, NAMED = {"models", "services"}, 50  # a test file, or folder, named after a module or the app of such a one
REACHED = "reached.json"
UNLOADED = "cannot be loaded"  # a change that a function which runs cannot take: counted apart
N_LAST = 20  # tests that noticed a change lately are tried first: neighbours are noticed by the same ones
SWAPS: dict[type, type] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
CALLS = {"filter": "exclude", "exclude": "filter", "first": "last", "any": "all", "all": "any"}
TABLES = {"kinds.py"}  # modules that are one table
UNSAID = {"logger", "warnings"}  # what is said in a log is no behaviour


@dataclass
class Change:
    """One change: where, what, which tests reach it, how to apply it in a fork."""

    where: str
    what: str
    reached: set[str]
    apply: Callable[[], None]
    noticed_by: str = ""

    @property
    def key(self) -> str:
        """What it is known by as long as its file says the same."""
        return f"{digest(ROOT / self.where.partition(':')[0])[:12]} {self.where}: {self.what}"


UNCHANGED = Change("", "", set(), lambda: None)


@dataclass
class Reached:
    """Which tests reach which lines and templates, and how long each takes."""

    lines: dict[tuple[str, int], set[str]] = field(default_factory=lambda: defaultdict(set))
    templates: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    seconds: dict[str, float] = field(default_factory=dict)
    test: str = ""

    def dearness(self, path: Path) -> dict[str, float]:
        """Return how late each test is tried for a file: what is short and reaches much of it alone comes first."""
        breadth = self.breadth()
        of_file = Counter(test for (name, _line), tests in self.lines.items() if name == str(path) for test in tests)
        subject = path.parent.name if path.stem in GENERAL else path.stem
        named = {test for test in self.seconds if f"/test_{subject}" in test or f"tests/{subject}/" in test}
        return {
            test: spent * breadth[test] / (of_file[test] or 1) ** 2 / (NAMED if test in named else 1)
            for test, spent in self.seconds.items()
        }

    def breadth(self) -> Counter[str]:
        """Return how many lines and templates each test reaches."""
        return Counter(test for tests in [*self.lines.values(), *self.templates.values()] for test in tests)

    def keep(self, path: Path) -> None:
        """Write it to a file, with what the test files say."""
        lines = [(name, line, sorted(tests)) for (name, line), tests in self.lines.items()]
        templates = {name: sorted(tests) for name, tests in self.templates.items()}
        files = {file: digest(ROOT / file) for file in {test.partition("::")[0] for test in self.seconds}}
        path.write_text(json.dumps([str(ROOT), lines, templates, self.seconds, files]))

    def take(self, path: Path) -> None:
        """Read what an earlier run kept of the test files that say the same."""
        root, lines, templates, seconds, files = json.loads(path.read_text())
        same = {file for file, said in files.items() if (ROOT / file).exists() and digest(ROOT / file) == said}
        self.seconds = {test: spent for test, spent in seconds.items() if test.partition("::")[0] in same}
        for name, line, tests in lines:
            self.lines[name.replace(root, str(ROOT)), line] |= self.seconds.keys() & tests
        for name, tests in templates.items():
            self.templates[name.replace(root, str(ROOT))] |= self.seconds.keys() & tests


@cache
def digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


# -- changes of code


def changes_of_node(node: ast.AST) -> Iterator[tuple[str, ast.AST | None]]:
    """Return what a node may become, each with a description; ``None`` for nothing."""
    match node:
        case ast.Compare(ops=[op]) if type(op) in SWAPS:
            yield "comparison", ast.Compare(node.left, [SWAPS[type(op)]()], node.comparators)
        case ast.BoolOp() | ast.BinOp() if type(node.op) in SWAPS:
            changed = deepcopy(node)
            changed.op = SWAPS[type(node.op)]()
            yield "operator", changed
        case ast.UnaryOp(op=ast.Not()):
            yield "not dropped", node.operand
        case ast.IfExp():
            yield "always the first", node.body
            yield "always the second", node.orelse
        case ast.If():
            for value in (True, False):
                yield f"if {value}", ast.If(ast.Constant(value), node.body, node.orelse)
        case ast.Constant(value=bool()):
            yield "constant", ast.Constant(not node.value)
        case ast.Constant(value=int()):
            yield "constant", ast.Constant(node.value + 1)
        case ast.Constant(value=str()):
            yield "constant", ast.Constant(f"XX{node.value}" if node.value else "XX")
        case ast.Call():
            yield from _changes_of_call(node)
        case ast.Dict(keys=[_, *_]):
            for place, key in enumerate(node.keys):
                rest = [n for n in range(len(node.keys)) if n != place]
                without = ast.Dict([node.keys[n] for n in rest], [node.values[n] for n in rest])
                yield f"without {ast.unparse(key) if key else 'the rest'}", without
        case ast.Return(value=ast.expr()) if not _is_none(node.value):
            yield "nothing returned", ast.Return(ast.Constant(None))
        case ast.Expr(value=ast.Call()):
            yield "not done", ast.Pass()
        case ast.Assign() | ast.AnnAssign(value=ast.expr()) if not _is_none(node.value):
            changed = deepcopy(node)
            changed.value = ast.Constant(None)
            yield "set to nothing", changed


def _changes_of_call(node: ast.Call) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(node.func, ast.Attribute) and node.func.attr in CALLS:
        changed = deepcopy(node)
        changed.func.attr = CALLS[node.func.attr]
        yield f"{CALLS[node.func.attr]}()", changed
    for place, keyword in enumerate(node.keywords):
        changed = deepcopy(node)
        del changed.keywords[place]
        yield f"without {keyword.arg or '**'}", changed
    for place, argument in enumerate(node.args):
        if not isinstance(argument, ast.Constant | ast.Starred):
            changed = deepcopy(node)
            changed.args[place] = ast.Constant(None)
            yield f"argument {place + 1} is None", changed


def _is_none(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def changes_of_code(path: Path, reached: Reached) -> Iterator[Change]:
    """Return each change of the functions of a module."""
    tree = ast.parse(path.read_text())
    module = _module(path)
    for function, names in _functions(tree, ()):
        docstring = ast.get_docstring(function, clean=False) is not None
        for statement in function.body[docstring:]:
            for node in list(_walk(statement)):
                for what, new in changes_of_node(node):
                    if new is None or ast.unparse(new) == ast.unparse(node):
                        continue
                    tests = set().union(
                        *(reached.lines[str(path), n] for n in range(node.lineno, node.end_lineno + 1))
                    )
                    where = f"{path.relative_to(ROOT)}:{node.lineno} {'.'.join(names)}"
                    said = f"{what}: {ast.unparse(node).splitlines()[0][:100]}"
                    yield Change(where, said, tests, _apply_code(path, tree, function, node, new, module, names))


def changes_of_table(path: Path, reached: Reached) -> Iterator[Change]:
    """Return each change of what fills a table when its module is imported, then those of its other functions."""
    tree = ast.parse(path.read_text())
    module = _module(path)
    tests = set().union(*(found for (name, _line), found in reached.lines.items() if name == str(path)))
    tests |= {test for test in reached.seconds if module in (ROOT / test.partition("::")[0]).read_text()}
    run = {line for name, line in reached.lines if name == str(path)}
    yield from (change for change in changes_of_code(path, reached) if change.reached)
    for statement in tree.body:
        if isinstance(statement, ast.Assign) or (
            isinstance(statement, ast.FunctionDef) and not run & set(range(statement.lineno, statement.end_lineno + 1))
        ):
            for node in _walk(statement):
                for what, new in changes_of_node(node) if node is not statement else ():
                    said = f"{what}: {ast.unparse(node).splitlines()[0][:100]}"
                    where = f"{path.relative_to(ROOT)}:{node.lineno}"
                    yield Change(where, said, tests, _apply_table(path, tree, node, new, module))


def _apply_table(path, tree, node, new, module) -> Callable[[], None]:
    def apply() -> None:
        copied = _Replaced(node, new).visit(_copy_but(tree, node))
        copied.body = [part for part in copied.body if isinstance(part, ast.FunctionDef | ast.Assign)]
        live = vars(import_module(module))
        made = dict(live)
        exec(compile(ast.fix_missing_locations(copied), str(path), "exec"), made)  # noqa: S102 -- our own module
        for name, value in made.items():
            if isinstance(value, dict) and value is not live[name] and name != "__builtins__":
                live[name].clear()
                live[name].update(value)

    return apply


def _functions(node: ast.AST, names: tuple[str, ...]) -> Iterator[tuple[ast.FunctionDef, tuple[str, ...]]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef):
            yield child, (*names, child.name)
        elif isinstance(child, ast.ClassDef):
            yield from _functions(child, (*names, child.name))


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """Return a node and what is in it, without what is only said in a log or is a type."""
    called = node.value if isinstance(node, ast.Expr) else node
    if isinstance(called, ast.Call) and ast.unparse(called.func).split(".")[0] in UNSAID:
        return
    yield node
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "format_spec") or isinstance(node, ast.JoinedStr):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _walk(child)


def _apply_code(path, tree, function, node, new, module, names) -> Callable[[], None]:
    def apply() -> None:
        copied = _Replaced(node, new).visit(_copy_but(tree, node))
        code = compile(ast.fix_missing_locations(copied), str(path), "exec", dont_inherit=True)
        for name in names:
            code = next(c for c in code.co_consts if isinstance(c, CodeType) and c.co_name == name)
        _live(module, names).__code__ = code
        _forget(path)

    return apply


def _forget(path: Path) -> None:
    """Forget what the functions of a module have cached: it was made by the code as it is, for an earlier test."""
    if path.suffix == ".py":
        for held in vars(import_module(_module(path))).values():
            if hasattr(held, "cache_clear"):
                held.cache_clear()


def _copy_but(tree: ast.AST, node: ast.AST) -> ast.AST:
    """Copy a tree, keeping one node of it as it is so that it is found again."""
    return deepcopy(tree, {id(node): node})


class _Replaced(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, ast.copy_location(new, old)

    def visit(self, node: ast.AST) -> Any:
        return self.new if node is self.old else self.generic_visit(node)


def _live(module: str, names: tuple[str, ...]) -> FunctionType:
    """Return the function that runs under a name, without what decorates it."""
    found: Any = import_module(module)
    for name in names:
        found = found.__dict__[name] if isinstance(found, type) else getattr(found, name)
    while not isinstance(found, FunctionType):
        held = (getattr(found, name, None) for name in ("__wrapped__", "__func__", "fget", "func"))
        found = next(function for function in held if function is not None)
    while hasattr(found, "__wrapped__"):
        found = found.__wrapped__
    return found


# -- changes of templates


DELETED = {
    "variable": re.compile(r"\{\{.*?\}\}"),
    "link": re.compile(r"<a\b[^>]*>.*?</a>|\{% url [^%]*%\}", re.DOTALL),
}


def changes_of_template(path: Path, reached: Reached) -> Iterator[Change]:
    """Return each change of a template: without one of its variables, without one of its links."""
    source = path.read_text()
    for what, pattern in DELETED.items():
        for found in pattern.finditer(source):
            line = source.count("\n", 0, found.start()) + 1
            changed = source[: found.start()] + source[found.end() :]
            where = f"{path.relative_to(ROOT)}:{line}"
            text = " ".join(found.group().split())[:100]
            yield Change(where, f"without {what} {text}", reached.templates[str(path)], _apply_template(path, changed))


def _apply_template(path: Path, changed: str) -> Callable[[], None]:
    def apply() -> None:
        contents = Loader.get_contents

        def get_contents(self: Loader, origin: Any) -> str:
            return changed if str(origin) == str(path) else contents(self, origin)

        Loader.get_contents = get_contents
        for loader in engines["django"].engine.template_loaders:
            loader.reset()

    return apply


# -- running


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--mutate", action="append", default=[], help="a module or a template to change")
    parser.addoption("--mutate-seconds", type=float, default=0, help="stop after these, and say how many are left")
    parser.addoption("--mutate-part", default="0/1", help="change only every n-th place: 1/3")
    parser.addoption("--mutate-kept", help="a folder that keeps what tests reach and which of them noticed a change")


class _Between:
    """What pytest takes for the next test, so that only what belongs to the whole session stays set up."""

    def __init__(self, session: pytest.Session) -> None:
        self._session = session

    def listchain(self) -> list[Any]:
        return [self._session]


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Run the tests as they are, then for each change those that reach it."""
    paths = [ROOT / path for path in session.config.option.mutate]
    if not paths or session.config.option.collectonly:
        return None
    reached = Reached()

    def on_line(code: CodeType, line: int) -> Any:
        if reached.test:
            reached.lines[code.co_filename, line].add(reached.test)
        return sys.monitoring.DISABLE

    def on_template(template: Any, **_more: Any) -> None:
        if reached.test:
            reached.templates[str(template.origin)].add(reached.test)

    sys.monitoring.use_tool_id(TOOL, "mutating")
    sys.monitoring.register_callback(TOOL, sys.monitoring.events.LINE, on_line)
    for path in paths:
        if path.suffix == ".py":
            for code in _codes(path):
                sys.monitoring.set_local_events(TOOL, code, sys.monitoring.events.LINE)
    template_rendered.connect(on_template, weak=False)
    kept = Path(session.config.option.mutate_kept) if session.config.option.mutate_kept else None
    if kept and (kept / REACHED).exists():
        reached.take(kept / REACHED)
    for n, item in enumerate(session.items):
        if n and item.nodeid in reached.seconds:  # the first one sets up what all need
            continue
        reached.test, began = item.nodeid, perf_counter()
        for path in paths:
            _forget(path)
        sys.monitoring.restart_events()
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=_Between(session))
        reached.seconds[item.nodeid], reached.test = perf_counter() - began, ""
    sys.monitoring.free_tool_id(TOOL)
    if session.testsfailed:
        raise session.Failed("The tests must pass before anything is changed.")
    if kept:
        kept.mkdir(exist_ok=True)
        reached.keep(kept / REACHED)
    _mutate(session, paths, reached, kept)
    return True


def _module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def _codes(path: Path) -> Iterator[CodeType]:
    """Return the code of each function of a module, as it runs, and of what is in it."""
    found = [_live(_module(path), names).__code__ for _function, names in _functions(ast.parse(path.read_text()), ())]
    while found:
        code = found.pop()
        yield code
        found += [const for const in code.co_consts if isinstance(const, CodeType)]


def _changes_of(path: Path) -> Callable[[Path, Reached], Iterator[Change]]:
    if path.suffix != ".py":
        return changes_of_template
    return changes_of_table if path.name in TABLES else changes_of_code


def _mutate(session: pytest.Session, paths: list[Path], reached: Reached, kept: Path | None) -> None:
    part, parts = map(int, session.config.option.mutate_part.split("/"))
    changes = [change for path in paths for change in _changes_of(path)(path, reached)][part::parts]
    items = {item.nodeid: item for item in session.items}
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    seconds, began, left = session.config.option.mutate_seconds, perf_counter(), 0
    noticed_before = _noticed_before(kept)
    dearness = {path: reached.dearness(path) for path in paths}
    breadth = reached.breadth()
    narrow = {node: spent * breadth[node] for node, spent in reached.seconds.items()}
    last: list[str] = []  # of the tests that noticed a change, the newest last
    sound: set[str] = set()  # tests that pass in a fork where nothing is changed
    gc.freeze()  # a fork copies no page for the sake of collecting
    for n, change in enumerate(changes):
        if seconds and perf_counter() - began > seconds:
            left = len(changes) - n
            changes = changes[:n]
            break
        if n % 50 == 49:
            terminal.write_line(f"{n + 1} of {len(changes)} changes tried, {perf_counter() - began:.0f} s")
        if change.key in noticed_before:
            change.noticed_by = noticed_before[change.key]
            continue
        file = ROOT / change.where.partition(":")[0]
        nodes = _in_order(change.reached & items.keys(), last, dearness[file], narrow, reached.seconds)
        while noticed_by := _run_changed(change, [items[node] for node in nodes]):
            if noticed_by not in items or noticed_by in sound or not _run_changed(UNCHANGED, [items[noticed_by]]):
                break
            terminal.write_line(f"FAILS IN A FORK: {noticed_by}")
            nodes.remove(noticed_by)
            del items[noticed_by]
        change.noticed_by = noticed_by
        if noticed_by in items:
            sound.add(noticed_by)
            last = [*(node for node in last if node != noticed_by), noticed_by][-N_LAST:]
        if not noticed_by:
            why = "" if nodes else " (no test reaches it)"
            terminal.write_line(f"SURVIVED {change.where}: {change.what}{why}")
        elif kept:
            with (kept / f"noticed-{part}-{parts}.jsonl").open("a") as file:
                file.write(json.dumps([change.key, noticed_by]) + "\n")
    unloaded = [change for change in changes if change.noticed_by == UNLOADED]
    tried = [change for change in changes if change.noticed_by != UNLOADED]
    by_file: dict[str, list[bool]] = defaultdict(list)
    for change in tried:
        by_file[change.where.partition(":")[0]].append(bool(change.noticed_by))
    for name, noticed in sorted(by_file.items()):
        terminal.write_line(
            f"{name}: {sum(noticed)} of {len(noticed)} changes noticed ({sum(noticed) / len(noticed):.1%})"
        )
    n_noticed = sum(bool(change.noticed_by) for change in tried)
    share = n_noticed / max(1, len(tried))
    terminal.write_line(
        f"mutate: {n_noticed} of {len(tried)} changes noticed ({share:.1%}); "
        f"{len(unloaded)} cannot be made, {left} not tried"
    )
    session.shouldfail = False if share >= 0.9 else "fewer than nine in ten changes were noticed"


def _noticed_before(kept: Path | None) -> dict[str, str]:
    """Return what earlier runs found of changes to files that say the same, by key."""
    files = kept.glob("noticed-*.jsonl") if kept else ()
    return dict(json.loads(line) for file in files for line in file.read_text().splitlines())


def _in_order(
    nodes: set[str],
    last: list[str],
    dearness: dict[str, float],
    narrow: dict[str, float],
    seconds: dict[str, float],
) -> list[str]:
    """Return the tests to try, those that likely notice a change first.

    What refuses something reaches little of a file: it is among those that reach little of anything.
    """

    def within(most: float, nodes: list[str]) -> list[str]:
        spent = accumulate(seconds[node] for node in nodes)
        return [node for node, so_far in zip(nodes, spent, strict=True) if so_far <= most]

    focused = sorted(nodes, key=dearness.__getitem__)
    return list(
        dict.fromkeys(
            [
                *(node for node in reversed(last) if node in nodes),
                *within(FOCUSED_SECONDS, focused),
                *within(FOCUSED_SECONDS, sorted(nodes, key=narrow.__getitem__)),
                *within(FIRST_SECONDS, [node for node in focused if node.startswith(FIRST)]),
                *within(ALL_SECONDS, focused),
            ]
        )
    )


def _run_changed(change: Change, items: list[pytest.Item]) -> str:
    """Return the first test that fails once a change is made, or nothing; in a fork, so that nothing of it stays."""
    if not items:
        return ""
    connections.close_all()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            os.write(writing, _first_failure(change, items).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read().decode()
    _, status = os.waitpid(child, 0)
    return said if not status else said or "killed"


def _first_failure(change: Change, items: list[pytest.Item]) -> str:
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    try:
        change.apply()
    except Exception:
        traceback.print_exc()
        return UNLOADED
    for item in items:
        signal.alarm(SECONDS)
        signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
        reports = runtestprotocol(item, log=False, nextitem=_Between(item.session))  # type: ignore[arg-type]
        if any(report.failed for report in reports):
            return item.nodeid
    return ""

"""Which names a piece of Python gives, needs and changes: enough to tell what a cell hangs on."""

import ast
import builtins
from collections.abc import Iterable, Iterator
from typing import Final

KNOWN: Final = frozenset(dir(builtins)) | {"__name__", "__file__", "__doc__"}
Function = ast.FunctionDef | ast.AsyncFunctionDef


def bound(nodes: Iterable[ast.AST]) -> set[str]:
    """Names that the statements give where they stand, and not inside of functions or classes."""
    found: set[str] = set()
    for node in _here(nodes):
        if isinstance(node, Function | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found.update((alias.asname or alias.name).partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            found.add(node.name)
    return found


def deleted(nodes: Iterable[ast.AST]) -> set[str]:
    """Names that are deleted there."""
    return {n.id for n in _here(nodes) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Del)}


def needed(nodes: Iterable[ast.AST]) -> set[str]:
    """Names that are read anywhere in the statements and are given by none of their own scopes."""
    nodes = list(nodes)
    return _free(nodes, bound(nodes)) - KNOWN


def _free(nodes: Iterable[ast.AST], given: set[str]) -> set[str]:
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Name):
            if not isinstance(node.ctx, ast.Store) and node.id not in given:
                found.add(node.id)
        elif isinstance(node, Function | ast.Lambda):
            arguments = node.args
            own = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
            own += [a for a in (arguments.vararg, arguments.kwarg) if a is not None]
            defaults = [d for d in (*arguments.defaults, *arguments.kw_defaults) if d is not None]
            annotations = [a.annotation for a in own if a.annotation is not None]
            outer: list[ast.AST] = [*defaults, *annotations]
            body: list[ast.AST] = [node.body] if isinstance(node, ast.Lambda) else [*node.body]
            if isinstance(node, Function):
                outer += [*node.decorator_list, *([node.returns] if node.returns else [])]
            found |= _free(outer, given)
            shared = {n for s in body for g in ast.walk(s) if isinstance(g, ast.Global) for n in g.names}
            inner = ({a.arg for a in own} | bound(body)) - shared
            found |= _free(body, given | inner)
        elif isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            own_names = {n.id for g in node.generators for n in ast.walk(g.target) if isinstance(n, ast.Name)}
            found |= _free(ast.iter_child_nodes(node), given | own_names)
        elif isinstance(node, ast.ClassDef):
            found |= _free([*node.bases, *node.keywords, *node.decorator_list], given)
            found |= _free(node.body, given | bound(node.body))
        else:
            found |= _free(ast.iter_child_nodes(node), given)
    return found


def _here(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """The nodes and what is in them, but not what has a scope of its own."""
    for node in nodes:
        yield node
        if isinstance(node, Function | ast.ClassDef | ast.Lambda):
            continue
        if isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            continue
        yield from _here(ast.iter_child_nodes(node))


def only_called(nodes: Iterable[ast.AST], name: str) -> bool:
    """Whether the name stands in the statements as what is called, and in no other place."""
    called = {id(n.func) for s in nodes for n in ast.walk(s) if isinstance(n, ast.Call)}
    uses = [n for s in nodes for n in ast.walk(s) if isinstance(n, ast.Name) and n.id == name]
    return all(id(use) in called for use in uses)

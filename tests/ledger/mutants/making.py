"""Mutants of a source file: one small fault each, at one place of its syntax tree."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr,
}


@dataclass(frozen=True)
class Mutant:
    """`what` was changed in `line` of the function, which begins in line `first`: the bytes from `begin` to
    `end` become `text`. `name` stays the same while the function's own text does.
    """

    name: str
    file: str
    function: str
    first: int
    line: int
    what: str
    begin: int
    end: int
    text: str

    def applied(self, source: str) -> str:
        """The whole file with the fault."""
        data = source.encode()
        return (data[: self.begin] + self.text.encode() + data[self.end :]).decode()


def mutants(path: Path, root: Path) -> Iterator[Mutant]:
    """Every mutant of the functions of a file, in the order of the text."""
    text = path.read_text(encoding="utf-8")
    file = path.relative_to(root).as_posix()
    seen: dict[str, int] = {}
    for function, node in functions(ast.parse(text)):
        body = ast.get_source_segment(text, node) or ""
        first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
        for line, what, *edit in _changes(text, node):
            key = hashlib.sha256(f"{file}\0{function}\0{body}\0{what}".encode()).hexdigest()[:10]
            seen[key] = seen.get(key, 0) + 1
            yield Mutant(f"{key}.{seen[key]}", file, function, first, line, what, *edit)


def functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Functions and methods with their names; nested ones belong to the outer one."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef):
                    yield f"{node.name}.{inner.name}", inner


def _changes(text: str, function: ast.FunctionDef) -> Iterator[tuple[int, str, int, int, str]]:
    """(line, what, begin, end, replacement)."""
    data, starts = text.encode(), [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line.encode()))

    for statement in function.body:
        for node in _walk(statement):
            for replacement in _replacements(node):
                begin = starts[node.lineno - 1] + node.col_offset  # type: ignore[attr-defined]
                end = starts[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined]
                old = " ".join(data[begin:end].decode().split())
                what = f"{old:.90} -> {replacement:.90}"
                yield node.lineno, what, begin, end, replacement  # type: ignore[attr-defined]


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """Without annotations, docstrings, sentences and the inside of formatted texts."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value.strip():
        return
    yield node
    if isinstance(node, ast.JoinedStr):
        return
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns"):
            continue
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, ast.AST):
                yield from _walk(each)


def _replacements(node: ast.AST) -> Iterator[str]:
    made: Iterator[str] = iter(())
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        made = _compared(node)
    elif isinstance(node, ast.BoolOp):
        made = _joined(node)
    elif isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
        new = ast.BinOp(node.left, ARITHMETIC[type(node.op)](), node.right)
        made = iter([f"({ast.unparse(new)})"])
    elif isinstance(node, ast.UnaryOp):
        made = iter([f"({ast.unparse(node.operand)})"])
    elif isinstance(node, ast.Constant):
        made = _constant(node)
    elif isinstance(node, ast.IfExp):
        made = iter([f"({ast.unparse(each)})" for each in (node.body, node.orelse)])
    elif isinstance(node, ast.Raise | ast.Continue | ast.Break | ast.AugAssign) or _is_call(node):
        made = iter(["pass"])
    elif isinstance(node, ast.Return) and node.value is not None:
        made = iter(["return None"]) if not _is_none(node.value) else iter(())
    elif isinstance(node, ast.If | ast.While):
        made = iter(())  # their conditions are mutated themselves
    yield from made


def _compared(node: ast.Compare) -> Iterator[str]:
    for other in COMPARISONS[type(node.ops[0])]:
        yield f"({ast.unparse(ast.Compare(node.left, [other()], node.comparators))})"


def _joined(node: ast.BoolOp) -> Iterator[str]:
    other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    yield f"({ast.unparse(ast.BoolOp(other, node.values))})"
    for at in range(len(node.values)):
        rest = [value for place, value in enumerate(node.values) if place != at]
        yield f"({ast.unparse(rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest))})"


def _constant(node: ast.Constant) -> Iterator[str]:
    value = node.value
    if value is True or value is False:
        yield repr(not value)
    elif isinstance(value, int):
        yield repr(value + 1)
    elif isinstance(value, str | bytes):
        yield repr(value + ("~" if isinstance(value, str) else b"~"))


def _is_call(node: ast.AST) -> bool:
    """A call whose result nobody takes."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None

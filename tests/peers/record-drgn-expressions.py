# SPDX-License-Identifier: GPL-2.0-or-later
"""Write down, as JSON, the values that drgn gives to the expressions of expressions.txt.

Run by drgn itself: drgn -q -c DUMP -s VMLINUX record-drgn-expressions.py > expected/NAME/drgn-expressions.json
Each row: [C expression, type, type without typedefs and qualifiers, value]. The value is a number, the string of an array of characters, or the
numbers of another array or struct in order; an enum's is [name, number]."""
import json
import pathlib

from drgn import Object, TypeKind, cast, container_of, offsetof, sizeof
from drgn.helpers.linux.percpu import per_cpu, per_cpu_ptr

HERE = pathlib.Path(__file__).resolve().parent


def plain(type_):
    while type_.kind == TypeKind.TYPEDEF:
        type_ = type_.type
    return type_


def value_of(obj):
    type_ = plain(obj.type_)
    if type_.kind == TypeKind.ENUM:
        number = obj.value_()
        names = [e.name for e in type_.enumerators if e.value == number]
        return [names[0] if names else None, number]
    if type_.kind == TypeKind.ARRAY:
        if plain(type_.type).kind == TypeKind.INT and plain(type_.type).size == 1:
            return obj.string_().decode("latin-1")
        return [value_of(element) for element in obj]
    if type_.kind == TypeKind.STRUCT:
        return [value_of(getattr(obj, member.name)) for member in type_.members]
    return int(obj.value_())


names = dict(
    t=prog["init_task"],
    c=lambda type_, x: cast(prog.type(type_), x),
    o=lambda type_, x: Object(prog, type_, x),
    prog=prog, sizeof=sizeof, offsetof=offsetof, container_of=container_of, per_cpu=per_cpu, per_cpu_ptr=per_cpu_ptr,
)
rows = []
for line in (HERE / "expressions.txt").read_text().splitlines():
    if line and not line.startswith("#"):
        text, python = line.split("\t")
        obj = eval(python, names)
        type_ = plain(obj.type_).unqualified()
        rows.append([text, obj.type_.type_name(), type_.type_name(), value_of(obj)])
print("[" + ",\n".join(json.dumps(row) for row in rows) + "]")

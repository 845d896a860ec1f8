# SPDX-License-Identifier: GPL-2.0-or-later
"""Write down where drgn sees each frame of a dump in the source, and what locals it has there, as JSON.

Run by drgn itself, as record-drgn.py is:
    drgn -q -c DUMP -s VMLINUX [-s MODULE.ko]... record-drgn-source.py NAME > expected/NAME/drgn-source.json
"""
import json
import sys

import drgn
from drgn import FaultError, ObjectAbsentError, TypeKind
from drgn.helpers.linux.panic import panic_task
from drgn.helpers.linux.pid import for_each_task


def frame_row(frame):
    """[pc, DWARF's function name or null, flags: i inlined, r full registers, file or null, line, column, locals]"""
    try:
        source = list(frame.source())
    except LookupError:
        source = [None, 0, 0]
    return ["0x%x" % frame.pc, frame.function_name, ("i" if frame.is_inline else "") + ("r" if frame.interrupted else "")] + source + [locals_of(frame)]


def task_row(task):
    row = {"task": "0x%x" % task.value_(), "pid": task.pid.value_(), "frames": []}
    if not task.stack:  # drgn walks over what lies there now
        return row
    try:
        row["frames"] = [frame_row(frame) for frame in prog.stack_trace(task)]
    except (ValueError, LookupError, FaultError) as error:
        row["error"] = str(error)
    return row


def plain(value):
    """What JSON holds: numbers as strings."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value if isinstance(value, (bool, float)) else hex(value)


def local_row(frame, name):
    """[name, C type, address or null, value or null, why there is none]. Values of objects in memory only where they are scalars; enums by name."""
    variable = frame[name]
    row = [name, variable.type_.type_name(), None, None, None]
    if variable.absent_:
        return row[:4] + [str(variable.absence_reason_.name)]
    if variable.address_ is not None:
        row[2] = hex(variable.address_)
    kind = variable.type_
    while kind.kind == TypeKind.TYPEDEF:
        kind = kind.type
    if row[2] is None or kind.kind not in (TypeKind.STRUCT, TypeKind.UNION, TypeKind.ARRAY):
        try:
            row[3] = plain(variable.value_())
            if kind.kind == TypeKind.ENUM:
                row[3] = {e.value: e.name for e in reversed(kind.enumerators)}.get(variable.value_(), row[3])
        except (FaultError, ObjectAbsentError) as error:
            row[4] = str(error)
    return row


def locals_of(frame):
    """The names in a function may stand for several variables, of blocks within each other: drgn gives the innermost."""
    names = []
    for name in frame.locals():
        if name not in names:
            names.append(name)
    return [local_row(frame, name) for name in names]


def dump_json(name):
    tasks = sorted((task_row(task) for task in for_each_task(prog, idle=True)), key=lambda row: (row["pid"], row["task"]))
    print("{")
    print('"dump": %s,' % json.dumps(name))
    print('"peer": %s,' % json.dumps("drgn " + drgn.__version__.split("+")[0]))
    print('"panic_task": "0x%x",' % panic_task(prog).value_())
    print('"tasks": [\n%s\n]' % ",\n".join(json.dumps(task) for task in tasks))
    print("}")


dump_json(sys.argv[1])

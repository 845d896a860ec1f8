# SPDX-License-Identifier: GPL-2.0-or-later
"""Write down what drgn says about a dump, as JSON on standard output.

Run by drgn itself (README.md has the command lines):
    drgn -q -c DUMP -s VMLINUX [-s MODULE.ko]... record-drgn.py NAME > expected/NAME/drgn.json

Every fact is drgn's own answer, through its Python API; nothing is computed here but the order of the rows.
"""
import json
import random
import sys

import drgn
from drgn import FaultError, ObjectAbsentError
from drgn.helpers.linux.boot import kaslr_offset, pgtable_l5_enabled
from drgn.helpers.linux.cpumask import for_each_online_cpu, for_each_possible_cpu
from drgn.helpers.linux.module import for_each_module, module_address_regions
from drgn.helpers.linux.panic import panic_message, panic_task, tainted
from drgn.helpers.linux.pid import for_each_task
from drgn.helpers.linux.sched import task_cpu, task_on_cpu, task_state_to_char
from drgn.helpers.linux.timekeeping import ktime_get_real_seconds, uptime

SEED = 20261122
SYMBOLS = 200
PF_KTHREAD = 0x00200000


def hexadecimal(value):
    return "0x%x" % value


def frame_row(frame, aliases):
    """[pc, DWARF function or null, ELF symbol or null, offset in it, flags: i inlined, r full registers]"""
    try:
        symbol = frame.symbol()
        name, offset = symbol.name, frame.pc - symbol.address
        others = sorted({s.name for s in prog.symbols(symbol.address) if s.address == symbol.address} - {name})
        if others:
            aliases[name] = others
    except LookupError:
        name, offset = None, None
    flags = ("i" if frame.is_inline else "") + ("r" if frame.interrupted else "")
    return [hexadecimal(frame.pc), frame.function_name, name, offset, flags]


def task_row(task, aliases):
    row = {
        "pid": task.pid.value_(),
        "tgid": task.tgid.value_(),
        "ppid": task.parent.pid.value_(),
        "comm": task.comm.string_().decode(),
        "task": hexadecimal(task.value_()),
        "cpu": task_cpu(task),
        "state": task_state_to_char(task),
        "on_cpu": bool(task_on_cpu(task)),
        "kthread": bool(task.flags.value_() & PF_KTHREAD),
        "stack": hexadecimal(task.stack.value_()),
    }
    try:
        trace = list(prog.stack_trace(task))
        # A dead task has given its stack back. drgn walks over what lies there now: a thousand frames, or three.
        if not task.stack:
            row["frames_in_all"], trace = len(trace), trace[:3]
        row["frames"] = [frame_row(frame, aliases) for frame in trace]
    except (ValueError, LookupError, FaultError) as error:
        row["frames"], row["error"] = [], str(error)
    return row


def module_row(module):
    regions = module_address_regions(module)
    return {
        "name": module.name.string_().decode(),
        "module": hexadecimal(module.value_()),
        "regions": [[hexadecimal(start), size] for start, size in regions if size],
    }


def symbol_rows():
    """SYMBOLS names that stand for one address only, drawn by SEED."""
    by_name = {}
    for symbol in prog.symbols():
        by_name.setdefault(symbol.name, set()).add((symbol.address, symbol.size))
    names = sorted(
        name
        for name, places in by_name.items()
        if len(places) == 1 and all(size and address >> 63 for address, size in places)
    )
    drawn = sorted(random.Random(SEED).sample(names, SYMBOLS))
    return [[name] + [hexadecimal(a) for a, _ in by_name[name]] + [s for _, s in by_name[name]] for name in drawn]


def text(value):
    return value.string_().decode()


def system():
    uts = prog["init_uts_ns"].name
    return {
        "release": text(uts.release),
        "version": text(uts.version),
        "machine": text(uts.machine),
        "nodename": text(uts.nodename),
        "cpus_online": len(list(for_each_online_cpu(prog))),
        "cpus_possible": len(list(for_each_possible_cpu(prog))),
        "jiffies": prog["jiffies"].value_(),
        "uptime_seconds": round(uptime(prog), 3),
        "real_seconds": int(ktime_get_real_seconds(prog)),
        "nr_threads": prog["nr_threads"].value_(),
        "kaslr_offset": hexadecimal(int(kaslr_offset(prog))),
        "five_levels": bool(pgtable_l5_enabled(prog)),
        "tainted": tainted(prog),
        "panic_message": (panic_message(prog) or b"").decode(),
        "panic_task": hexadecimal(panic_task(prog).value_()),
    }


def dump_json(name):
    aliases = {}
    tasks = sorted((task_row(t, aliases) for t in for_each_task(prog, idle=True)), key=lambda row: (row["pid"], row["cpu"]))
    modules = sorted((module_row(m) for m in for_each_module(prog)), key=lambda row: row["name"])
    rows = lambda items: "[\n" + ",\n".join(json.dumps(item, sort_keys=True) for item in items) + "\n]"
    print("{")
    print('"dump": %s,' % json.dumps(name))
    print('"peer": %s,' % json.dumps("drgn " + drgn.__version__.split("+")[0]))
    print('"sys": %s,' % json.dumps(system(), sort_keys=True))
    print('"symbol_seed": %d,' % SEED)
    print('"aliases": %s,' % json.dumps(aliases, sort_keys=True))
    print('"modules": %s,' % rows(modules))
    print('"tasks": %s,' % rows(tasks))
    print('"symbols": %s' % rows(symbol_rows()))
    print("}")


dump_json(sys.argv[1])

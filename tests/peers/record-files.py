# SPDX-License-Identifier: GPL-2.0-or-later
"""Write down what drgn says about the open files, the user memory and the task_struct of every task, as JSON on standard output.

Run by drgn itself, as record-drgn.py:
    drgn -q -c DUMP -s VMLINUX record-files.py NAME > expected/NAME/drgn-files.json
"""
import json
import random
import sys

import drgn
from drgn import FaultError, TypeKind, cast
from drgn.helpers.linux.fs import d_path, for_each_file
from drgn.helpers.linux.mm import follow_phys, for_each_vma, task_rss
from drgn.helpers.linux.pid import for_each_task

SEED = 20261123
MEMBERS = 40


def hexadecimal(value):
    return "0x%x" % value


def text(value):
    return value.string_().decode(errors="backslashreplace")


def path(location):
    """drgn's path; of what names itself (pipes, sockets, anonymous inodes and memory) what the name is made of."""
    dentry = location.dentry
    if dentry.d_op and dentry.d_op.d_dname:
        system = text(dentry.d_inode.i_sb.s_type.name)
        return {"system": system, "inode": dentry.d_inode.i_ino.value_(), "name": text(dentry.d_name.name)}
    return d_path(location).decode(errors="backslashreplace")


def behind(file):
    """What the file is of: BPF's ids and names, a socket's kind."""
    try:
        operations = prog.symbol(file.f_op.value_()).name
    except LookupError:
        return None
    data = file.private_data
    if operations == "bpf_prog_fops":
        program = cast("struct bpf_prog *", data)
        return {"id": program.aux.id.value_(), "name": text(program.aux.name), "type": program.type.format_(type_name=False)}
    if operations == "bpf_map_fops":
        bpf_map = cast("struct bpf_map *", data)
        return {"id": bpf_map.id.value_(), "name": text(bpf_map.name), "type": bpf_map.map_type.format_(type_name=False)}
    if operations == "btf_fops":
        return {"id": cast("struct btf *", data).id.value_()}
    if operations.startswith("bpf_link_fops"):
        return {"id": cast("struct bpf_link *", data).id.value_()}
    if operations == "socket_file_ops":
        socket = cast("struct socket *", data)
        return {"family": socket.sk.member_("__sk_common").skc_family.value_(), "type": socket.type.value_(), "state": socket.state.value_()}
    return None


def file_row(fd, file):
    dentry = file.f_path.dentry
    return [fd] + [hexadecimal(a.value_()) for a in (file, dentry, dentry.d_inode)] + [dentry.d_inode.i_mode.value_(), path(file.f_path), behind(file)]


def page(mm, address):
    """The physical address of a user page, or null."""
    try:
        return hexadecimal(follow_phys(mm, address).value_())
    except FaultError:
        return None


def area_row(mm, vma):
    start, end = vma.vm_start.value_(), vma.vm_end.value_()
    return {
        "vma": hexadecimal(vma.value_()), "start": hexadecimal(start), "end": hexadecimal(end),
        "flags": hexadecimal(vma.vm_flags.value_()), "path": path(vma.vm_file.f_path) if vma.vm_file else None,
        "pages": [[hexadecimal(address), page(mm, address)] for address in sorted({start, end - 4096})],
    }


def scalar_members(kind, prefix=""):
    """Paths of all integers, pointers and enums in a struct."""
    for member in kind.members or ():
        name = prefix + (member.name or "")
        target = member.type
        while target.kind == TypeKind.TYPEDEF:
            target = target.type
        if target.kind in (TypeKind.STRUCT, TypeKind.UNION):
            yield from scalar_members(target, name + "." if member.name else prefix)
        elif target.kind in (TypeKind.INT, TypeKind.POINTER) and not member.bit_field_size:
            yield name


def follow(value, member):
    for name in member.split("."):
        value = value.member_(name)
    return value.value_()


def task_row(task, members):
    row = {"task": hexadecimal(task.value_()), "pid": task.pid.value_(), "members": {}}
    for member in members:
        row["members"][member] = str(follow(task, member))
    row["root"] = path(task.fs.root) if task.fs else None
    row["cwd"] = path(task.fs.pwd) if task.fs else None
    row["files"] = [file_row(fd, file) for fd, file in for_each_file(task)] if task.files else []
    if task.mm:
        row["mm"], row["pgd"] = hexadecimal(task.mm.value_()), hexadecimal(task.mm.pgd.value_())
        row["areas"] = [area_row(task.mm, vma) for vma in for_each_vma(task.mm)]
        row["total_vm_kb"], row["rss_kb"] = task.mm.total_vm.value_() * 4, int(task_rss(task).total) * 4
    return row


def dump_json(name):
    every = sorted(scalar_members(prog.type("struct task_struct")))
    members = sorted(random.Random(SEED).sample(every, MEMBERS))
    rows = []
    for task in for_each_task(prog, idle=True):
        try:
            rows.append(task_row(task, members))
        except FaultError as error:
            rows.append({"task": hexadecimal(task.value_()), "pid": task.pid.value_(), "fault": str(error)})
    print("{")
    print('"dump": %s,' % json.dumps(name))
    print('"peer": %s,' % json.dumps("drgn " + drgn.__version__.split("+")[0]))
    print('"seed": %d,' % SEED)
    print('"tasks": [\n%s\n]' % ",\n".join(json.dumps(row, sort_keys=True) for row in rows))
    print("}")


dump_json(sys.argv[1])

# SPDX-License-Identifier: GPL-2.0-or-later
"""Write down what drgn says about lists, trees and slab objects, as JSON on standard output.

Run by drgn itself, as record-drgn.py:
    drgn -q -c DUMP -s VMLINUX record-objects.py NAME > expected/NAME/drgn-objects.json

`lists` and `trees`: {inquest's command: what it has to give}. `slabs`: for each task's stack its address and, for the words in it that are
addresses of slab objects, [offset, name of the cache, address of the kmem_cache, of the object or null].
"""
import json

from drgn import FaultError
from drgn.helpers.linux.idr import idr_for_each
from drgn.helpers.linux.list import list_for_each, list_for_each_entry
from drgn.helpers.linux.mapletree import mt_for_each
from drgn.helpers.linux.pid import for_each_task
from drgn.helpers.linux.rbtree import rbtree_inorder_for_each
from drgn.helpers.linux.slab import find_containing_slab_cache, slab_object_info
from drgn.helpers.linux.xarray import xa_for_each


def hexadecimal(value):
    return "0x%x" % value


def lists():
    head = prog["init_task"].address_of_()
    tasks = [head] + list(list_for_each_entry("struct task_struct", head.tasks.address_of_(), "tasks"))
    modules = prog["modules"].address_of_()
    result = {"list task_struct.tasks -h init_task": [hexadecimal(task.value_()) for task in tasks],
              "list -r task_struct.tasks -h init_task": [hexadecimal(task.value_()) for task in tasks[:1] + tasks[:0:-1]],
              "list -H modules": [hexadecimal(node.value_()) for node in list_for_each(modules)],
              "list -H slab_caches -o kmem_cache.list": [
                  hexadecimal(cache.value_()) for cache in
                  list_for_each_entry("struct kmem_cache", prog["slab_caches"].address_of_(), "list")]}
    for task in tasks[1:20]:
        result["list task_struct.sibling -O task_struct.children -h %x" % task.value_()] = [
            hexadecimal(child.value_()) for child in
            list_for_each_entry("struct task_struct", task.children.address_of_(), "sibling")]
    return result


def trees():
    result = {}
    try:
        root = prog["vmap_area_root"].address_of_()
        result["tree -l vmap_area_root"] = [[hexadecimal(node.value_())] for node in rbtree_inorder_for_each(root)]
    except KeyError:
        pass  # vmap_nodes since 6.9
    for cpu in range(2):
        from drgn.helpers.linux.percpu import per_cpu
        root = per_cpu(prog["runqueues"], cpu).cfs.tasks_timeline.rb_root.address_of_()
        result["tree -l %x" % root.value_()] = [[hexadecimal(node.value_())] for node in rbtree_inorder_for_each(root)]
    result["tree -t radix -r idr.idr_rt prog_idr"] = [[hexadecimal(entry.value_()), index] for index, entry in
                                                      idr_for_each(prog["prog_idr"].address_of_())]
    pids = prog["init_pid_ns"].idr.address_of_()
    result["tree -t xarray -r pid_namespace.idr init_pid_ns"] = [[hexadecimal(entry.value_()), index] for index, entry in idr_for_each(pids)]
    for task in for_each_task(prog):
        if not task.mm:
            continue
        result["tree -t maple -r mm_struct.mm_mt %x" % task.mm.value_()] = [
            [hexadecimal(entry.value_())] for _, _, entry in mt_for_each(task.mm.mm_mt.address_of_())]
        mapping = task.mm.exe_file.f_mapping
        if mapping:
            result["tree -t xarray -r address_space.i_pages %x" % mapping.value_()] = [
                [hexadecimal(entry.value_()), index] for index, entry in xa_for_each(mapping.i_pages.address_of_())]
    return result


def slab(word):
    """[cache's name, cache, object], or None."""
    try:
        cache = find_containing_slab_cache(prog, word)
        if not cache:
            return None
        info = slab_object_info(prog, word)
    except FaultError:
        return None
    return [cache.name.string_().decode(), hexadecimal(cache.value_()), hexadecimal(info.address) if info else None]


def slabs():
    result = []
    for task in for_each_task(prog, idle=True):
        stack = task.stack.value_()
        if not stack:
            continue
        data = prog.read(stack, 16384)
        found = []
        for offset in range(0, len(data), 8):
            word = int.from_bytes(data[offset:offset + 8], "little")
            answer = slab(word) if word >> 63 else None
            if answer:
                found.append([offset] + answer)
        result.append([hexadecimal(stack), found])
    return result


print(json.dumps({"lists": lists(), "trees": trees(), "slabs": slabs()}, separators=(",", ":")).replace('],["', '],\n["').replace('],"', '],\n"'))

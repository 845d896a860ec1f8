# SPDX-License-Identifier: GPL-2.0-or-later
"""A real dump that is damaged in place, page by page, and made whole again: cheaper than a repacked file for each fault. And what a test must
know to aim: where things lie, by the program's own answers on the whole dump, and the offsets of members, by the dump's BTF."""
import json
import os
import struct
import subprocess

PAGE = 4096


class PatchedDump:
    """An uncompressed kdump file (repack -c none) as physical memory that can be read, overwritten, filtered, lost and restored."""

    def __init__(self, path):
        self.path = path
        self.fd = os.open(path, os.O_RDWR)
        header = os.pread(self.fd, PAGE, 0)
        assert header[:8] == b"KDUMP   ", path
        sub, bitmaps = struct.unpack_from("<2I", header, 432)
        self.dumped = (1 + sub) * PAGE + bitmaps * PAGE // 2
        self.descriptors = (1 + sub + bitmaps) * PAGE
        self.bitmap = os.pread(self.fd, bitmaps * PAGE // 2, self.dumped)
        # Before each byte of the bitmap so many pages.
        self.ranks = [0]
        for byte in self.bitmap:
            self.ranks.append(self.ranks[-1] + bin(byte).count("1"))
        self.size = os.fstat(self.fd).st_size
        self.journal = []
        self.gone = set()

    def close(self):
        os.close(self.fd)

    def _write(self, offset, data):
        self.journal.append((offset, os.pread(self.fd, len(data), offset)))
        os.pwrite(self.fd, data, offset)

    def restore(self):
        for offset, data in reversed(self.journal):
            os.pwrite(self.fd, data, offset)
        os.ftruncate(self.fd, self.size)
        self.journal.clear()
        self.gone.clear()

    def has(self, address):
        pfn = address // PAGE
        return pfn // 8 < len(self.bitmap) and self.bitmap[pfn // 8] >> pfn % 8 & 1 == 1 and pfn not in self.gone

    def _descriptor(self, pfn):
        byte = self.bitmap[pfn // 8]
        assert byte >> pfn % 8 & 1, f"page {pfn:#x} is not in the dump"
        rank = self.ranks[pfn // 8] + bin(byte & (1 << pfn % 8) - 1).count("1") - sum(1 for gone in self.gone if gone < pfn)
        return self.descriptors + 24 * rank

    def _place(self, pfn):
        offset, size, flags = struct.unpack("<QII", os.pread(self.fd, 16, self._descriptor(pfn)))
        assert size == PAGE and not flags, f"page {pfn:#x}: {size} bytes, flags {flags}"
        return offset

    def read(self, address, length):
        data = b""
        while length:
            part = min(length, PAGE - address % PAGE)
            data += os.pread(self.fd, part, self._place(address // PAGE) + address % PAGE)
            address, length = address + part, length - part
        return data

    def poke(self, address, data):
        """Overwrites bytes of one page. All pages of zeros are one in the file: such a one gets a copy of its own at the end."""
        pfn, at = address // PAGE, address % PAGE
        assert at + len(data) <= PAGE
        offset = self._place(pfn)
        page = os.pread(self.fd, PAGE, offset)
        if not any(page):
            offset = os.fstat(self.fd).st_size
            os.pwrite(self.fd, page, offset)
            self._write(self._descriptor(pfn), struct.pack("<Q", offset))
        self._write(offset + at, data)

    def lose(self, address):
        """The page is marked as written, but was not: an empty descriptor, as a full disk leaves it."""
        self._write(self._descriptor(address // PAGE), bytes(24))

    def filter(self, address):
        """The page is left out, as makedumpfile does it: no bit, no descriptor."""
        pfn = address // PAGE
        at, last = self._descriptor(pfn), self.descriptors + 24 * (self.ranks[-1] - len(self.gone))
        self._write(at, os.pread(self.fd, last - at - 24, at + 24))
        byte = os.pread(self.fd, 1, self.dumped + pfn // 8)[0]
        self._write(self.dumped + pfn // 8, bytes([byte & ~(1 << pfn % 8)]))
        self.gone.add(pfn)


class Program:
    """inquest, on one dump file."""

    def __init__(self, path, timeout=120):
        self.path, self.timeout = path, timeout
        home = os.path.dirname(path)
        self.env = {name: value for name, value in os.environ.items() if name.startswith(("ASAN", "UBSAN", "LSAN", "PATH"))}
        self.env.update(HOME=home, LC_ALL="C.UTF-8", TZ="UTC", TERM="dumb")

    def run(self, commands, *options, story=""):
        """(exit status, standard output, lines of standard error)"""
        arguments = [os.environ["IQ_INQUEST"], "--no-debuginfo", "--batch", *options, self.path]
        for command in commands:
            arguments += ["-c", command]
        try:
            run = subprocess.run(arguments, env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, timeout=self.timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{story}: still running after {self.timeout} seconds: {arguments}") from None
        errors = run.stderr.decode("utf-8", "backslashreplace")
        assert "Sanitizer" not in errors and "runtime error: " not in errors, f"{story}: {arguments}\n{errors[-6000:]}"
        assert run.returncode in (0, 1), f"{story}: exit status {run.returncode}: {arguments}\n{errors[-6000:]}"
        return run.returncode, run.stdout.decode(), errors.splitlines()

    def json(self, commands, story=""):
        """(exit status, one element a command, lines of standard error)"""
        status, output, errors = self.run(commands, "--json", story=story)
        try:
            return status, json.loads(output), errors
        except json.JSONDecodeError as error:
            raise AssertionError(f"{story}: no JSON: {error}: {output[max(error.pos - 100, 0):error.pos + 100]}") from None


class Kernel:
    """Where the whole dump has its things."""

    def __init__(self, dump, program):
        self.dump, self.program = dump, program
        self.symbols, self.places = {}, {}
        for record in program.json(["sym -l"])[1][0]["records"]:
            if record["module"] is None:
                self.symbols.setdefault(record["name"], int(record["address"], 16))
        self.vmcoreinfo = self._vmcoreinfo()
        self.types = None

    def _vmcoreinfo(self):
        sub = os.pread(self.dump.fd, 104, PAGE)
        offset, size = struct.unpack_from("<QQ", sub, 32)
        lines = os.pread(self.dump.fd, size, offset).decode().splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)

    def symbol(self, name):
        """An address by vmcoreinfo, which knows what kallsyms leaves out, or by name; None where the kernel has no such thing."""
        value = self.vmcoreinfo.get(f"SYMBOL({name})")
        return int(value, 16) if value else self.symbols.get(name)

    def number(self, kind, name):
        return int(self.vmcoreinfo[f"{kind}({name})"])

    def physical(self, *addresses):
        """Physical addresses; None where nothing is mapped or the dump has no such page."""
        new = [address for address in dict.fromkeys(addresses) if address not in self.places]
        for start in range(0, len(new), 256):
            part = new[start:start + 256]
            for address, answer in zip(part, self.program.json([f"vtop -k {address:#x}" for address in part])[1]):
                record = answer["records"][0] if answer["records"] else {}
                place = int(record["physical"], 16) if record.get("physical") else None
                self.places[address] = place if place is not None and self.dump.has(place) else None
        return [self.places[address] for address in addresses]

    def walk(self, address):
        """The physical addresses of the page-table entries on the way."""
        record = self.program.json([f"vtop -k {address:#x}"])[1][0]["records"][0]
        return {step["level"]: int(step["entry_address"], 16) for step in record["steps"]}

    def read(self, address, length):
        data = b""
        while length:
            part = min(length, PAGE - address % PAGE)
            place, = self.physical(address)
            data += self.dump.read(place, part)
            address, length = address + part, length - part
        return data

    def pointer(self, address):
        return struct.unpack("<Q", self.read(address, 8))[0]

    def offset(self, structure, member):
        if self.types is None:
            start, stop = self.symbol("__start_BTF"), self.symbol("__stop_BTF")
            pages = range(start & -PAGE, stop, PAGE)
            self.physical(start, *pages)
            self.types = struct_offsets(self.read(start, stop - start), ("task_struct", "module"))
        return self.types[structure][member]


def struct_offsets(btf, wanted):
    """{struct: {member: offset in bytes}} out of BTF, anonymous members left alone. Documentation/bpf/btf.rst has the format."""
    header, type_at, type_size, string_at, string_size = struct.unpack_from("<5I", btf, 4)
    strings = btf[header + string_at:header + string_at + string_size]

    def name(offset):
        return strings[offset:strings.index(b"\0", offset)].decode()

    # Bytes behind the 12 of each type by kind: int, ptr, array, struct, union, enum, …
    each = {4: 12, 5: 12, 6: 8, 13: 8, 15: 12, 19: 12}
    extra = {1: 4, 3: 12, 14: 4, 17: 4}
    at, end, found = header + type_at, header + type_at + type_size, {}
    while at < end:
        name_at, info = struct.unpack_from("<2I", btf, at)
        kind, count, bits = info >> 24 & 31, info & 0xffff, info >> 31
        if kind == 4 and name_at and name(name_at) in wanted:
            members = (struct.unpack_from("<3I", btf, at + 12 + 12 * i) for i in range(count))
            found.setdefault(name(name_at), {name(m[0]): (m[2] & 0xffffff if bits else m[2]) // 8 for m in members})
        at += 12 + extra.get(kind, 0) + each.get(kind, 0) * count
    return found

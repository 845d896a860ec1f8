# SPDX-License-Identifier: GPL-2.0-or-later
"""What these scripts share: asking inquest, finding dumps, the accepted differences, the counts, objdump."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
from fnmatch import fnmatchcase

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent


class Unanswered(Exception):
    """inquest gave no usable answer."""


class Inquest:
    def __init__(self, program, dump, *options):
        self.program, self.dump, self.options = program, dump, options

    def run(self, *arguments):
        command = [self.program, *self.options, str(self.dump), *arguments]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
        if done.returncode not in (0, 1) or not done.stdout:
            errors = done.stderr.decode(errors="replace").strip().splitlines()
            raise Unanswered("exit status %d: %s" % (done.returncode, errors[-1] if errors else "no output"))
        return done.stdout.decode(errors="replace")

    def answers_to(self, commands):
        """The JSON element of each command, all from one run."""
        arguments = [argument for command in commands for argument in ("-c", command)]
        try:
            return json.loads(self.run("--json", *arguments))
        except json.JSONDecodeError as error:
            raise Unanswered("not JSON: %s" % error) from error

    def records_of(self, commands):
        """A list of records for each command; none of them may fail."""
        answers = self.answers_to(commands)
        for answer in answers:
            if answer["error"]:
                raise Unanswered("%s: %s" % (answer["command"], answer["error"]["message"]))
        return [answer["records"] for answer in answers]

    def records(self, command):
        return self.records_of([command])[0]

    def text(self, *commands):
        return self.run("--batch", *[argument for command in commands for argument in ("-c", command)])


def number(value):
    return int(value, 0) if isinstance(value, str) else value


class Accepted:
    """differences.txt: DUMP | COMMAND | TASK, MODULE OR SYMBOL | WHAT | WHO IS RIGHT, BY WHICH BYTES. The first and third are shell patterns."""

    def __init__(self, commands, folders=()):
        """Only the lines whose second column is one of `commands`; of our own differences.txt and those in `folders`."""
        self.rows, self.used = [], set()
        for path in [HERE / "differences.txt"] + [folder / "differences.txt" for folder in folders]:
            if path.exists():
                self.rows += [row for row in self.lines_of(path) if row[1][1] in commands]

    @staticmethod
    def lines_of(path):
        for number_of_line, line in enumerate(path.read_text().splitlines(), 1):
            if not line.strip() or line.startswith("#"):
                continue
            fields = [field.strip() for field in line.split(" | ")]
            if len(fields) != 5 or not all(fields):
                sys.exit("%s:%d: not five fields" % (path, number_of_line))
            yield "%s:%d" % (path.name, number_of_line), fields

    def covers(self, dump, command, subject, what):
        found = False
        for at, (row_dump, row_command, row_subject, row_what, _) in self.rows:
            if (row_command, row_what) == (command, what) and fnmatchcase(dump, row_dump) and fnmatchcase(str(subject), row_subject):
                self.used.add((at, dump))
                found = True
        return found

    def idle(self, dumps):
        """The lines that did not occur in a dump that was looked at and that they name."""
        for at, fields in self.rows:
            for dump in sorted(dumps):
                if fnmatchcase(dump, fields[0]) and (at, dump) not in self.used:
                    yield "%s did not occur in %s: %s" % (at, dump, " | ".join(fields[1:4]))


def find_dumps(arguments):
    places = [pathlib.Path(a) for a in arguments]
    if not places:
        if os.environ.get("FIXTURES"):
            places.append(pathlib.Path(os.environ["FIXTURES"]))
        shared = REPOSITORY.parent / "shared" / "dumps"
        if shared.is_dir():
            places.append(shared)
    dumps = {}
    for place in places:
        for path in sorted(place.glob("*.flat")) if place.is_dir() else [place]:
            dumps.setdefault(path.name.removesuffix(".flat"), path)
    return dumps


class Count:
    """Prints every failure, counts everything, and gives the program its exit status."""

    def __init__(self, verbose):
        self.passed = self.failed = self.skipped = 0
        self.verbose = verbose

    def ok(self, what):
        self.passed += 1
        if self.verbose:
            print("ok   " + what)

    def fail(self, *lines):
        """One failure, told in as many lines as it has differences."""
        self.failed += 1
        for line in lines:
            print("FAIL " + line)

    def skip(self, what):
        self.skipped += 1
        print("skip " + what)

    def finish(self):
        print("%d passed, %d failed, %d skipped" % (self.passed, self.failed, self.skipped))
        return 1 if self.failed or not self.passed else 0


def program():
    path = os.environ.get("INQUEST", str(REPOSITORY / "build" / "inquest"))
    if not os.access(path, os.X_OK):
        sys.exit("%s is not there: build it, or name it in INQUEST" % path)
    return path


class Instruction:
    def __init__(self, address, text):
        self.address = address
        self.text = normal(text)


def normal(text):
    """Without padding, symbol names and remarks: what both print in the same words when they mean the same."""
    text = re.sub(r"\s*<[^<>]*>", "", text)
    text = re.sub(r"\s+\[[^\]]*\]$", "", text)
    text = re.sub(r"\s+", " ", text).strip()
    return re.sub(r"\b0x0*([0-9a-f]+)", r"0x\1", text)


def objdump(data, address):
    tool = os.environ.get("OBJDUMP", "objdump")
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        out = subprocess.run(
            [tool, "-D", "-b", "binary", "-m", "i386:x86-64", "-w", "-z", "--adjust-vma=0x%x" % address, file.name],
            check=True, capture_output=True, text=True, timeout=60,
        ).stdout
    return [Instruction(int(m[1], 16), m[2]) for m in re.finditer(r"^ *([0-9a-f]+):\t[0-9a-f ]+\t(.*)$", out, re.M)]

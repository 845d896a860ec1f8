# SPDX-License-Identifier: GPL-2.0-or-later
"""What the dump tests share: the tools, a small real dump, and a reader that survives what it reads."""
import os
import re
import select
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.realpath(__file__))
FIXTURES = os.environ.get("IQ_FIXTURES", os.path.join(HERE, "fixtures"))
FIXTURE = os.path.join(FIXTURES, "kfunc-6.1.170-fp-lzo.flat")


def tool(name):
    return os.environ["IQ_" + name.upper().replace("-", "_")]


def repack(*args):
    subprocess.run([tool("repack"), *map(str, args)], check=True)


def walk(*args):
    """dump-walk's line as a dict; {'error': message} when the dump does not open."""
    run = subprocess.run([tool("dump-walk"), *map(str, args)], stdout=subprocess.PIPE, text=True)
    assert run.returncode in (0, 1), f"dump-walk {args}: exit status {run.returncode}"
    return parse(run.stdout)


def parse(line):
    if line.startswith("error "):
        return {"error": line[6:].strip()}
    assert line.startswith("ok "), line
    return {key: value.strip('"') for key, value in re.findall(r'(\w+)=("[^"]*"|\S+)', line)}


def small_dump(directory, name="small.kdump", *options):
    """The first 17 MiB of the fixture's memory with 15 + 64 pages that are not zeros."""
    path = os.path.join(directory, name)
    repack("-m", 0x1100, "-d", "0x1000000+0xa0000", *options, FIXTURE, path)
    return path


class Server:
    """dump-walk that opens one dump after the other; a crash or a hang names the dump's story."""

    def __init__(self, timeout=60):
        self.timeout = timeout
        self.process = None

    def walk(self, paths, story):
        if not self.process:
            self.process = subprocess.Popen([tool("dump-walk"), "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.process.stdin.write(("\t".join(paths) + "\n").encode())
        self.process.stdin.flush()
        ready, _, _ = select.select([self.process.stdout], [], [], self.timeout)
        line = self.process.stdout.readline().decode(errors="replace") if ready else None
        if not line:
            self.process.kill()
            sys.exit(f"{'crash' if ready else 'hang'}: {story}")
        return parse(line)

    def close(self):
        if self.process:
            self.process.stdin.close()
            assert self.process.wait() == 0


def workdir():
    return tempfile.TemporaryDirectory(prefix="inquest-dump-")


def forbid(directory, path):
    """Takes the right to read a file away. Gives the options for subprocess of a user who lacks it, or None where this machine has none that can run the program:
    root reads everything, and nobody may not even reach a build below /root."""
    os.chmod(path, 0)
    os.chmod(directory, 0o755)
    if os.geteuid():
        return {}
    try:
        ran = subprocess.run([os.environ["IQ_INQUEST"], "--version"], user=65534, stdout=subprocess.DEVNULL)
    except OSError:
        return None
    return {"user": 65534} if ran.returncode == 0 else None

# SPDX-License-Identifier: GPL-2.0-or-later
"""Compares what the program says of a damaged dump with what it says of the whole one: nothing new, nothing wrong, and what is missing is told."""
import re


class Names:
    """Every symbol of the whole dump, as a witness."""

    def __init__(self, kernel):
        self.names = {}
        for record in kernel.program.json(["sym -l"])[1][0]["records"]:
            self.names.setdefault((record["name"], record["module"]), set()).add(int(record["address"], 16))
        self.modules = {module for _, module in self.names}

    def wrong_names(self, value):
        """What of an answer is no name that the whole dump has at that address: strings."""
        if isinstance(value, list):
            for item in value:
                yield from self.wrong_names(item)
        elif isinstance(value, dict):
            for item in value.values():
                yield from self.wrong_names(item)
            name, offset = value.get("function", value.get("name")), value.get("offset")
            address = value.get("pc", value.get("address"))
            if name and offset is not None and address:
                starts = self.names.get((name, value.get("module")), set())
                if int(address, 16) - offset not in starts:
                    yield f"{address} is not {name}+{offset} [{value.get('module')}]"
            for symbol in value.get("symbols") or []:
                if symbol and not self.known(symbol):
                    yield f"no symbol {symbol}"

    def known(self, symbol):
        match = re.match(r"([^+ ]+)(?:\+\S+)?(?: \[(\w+)\])?$", symbol)
        return match is None or any((match[1], module) in self.names for module in self.modules)


class Judge(Names):
    """Compares the answers on a damaged dump with those on the whole one."""

    KEYS = {"ps": "task", "mod": "module", "foreach bt": "task", "bt": "task", "bt -a": "task"}

    def __init__(self, kernel, answers):
        super().__init__(kernel)
        self.whole = answers

    def judge(self, command, answer, content, told):
        """What is wrong with this answer: a list of strings."""
        whole = self.whole[command]
        wrong = list(self.wrong_names(answer["records"]))
        if not content:
            if "bt" in command:
                wrong += self.backtraces(command, answer["records"], whole["records"])
            elif command in self.KEYS:
                wrong += self.keyed(self.KEYS[command], answer["records"], whole["records"])
            elif command == "log":
                wrong += self.subset(answer["records"], whole["records"])
            else:
                wrong += self.records(answer["records"], whole["records"])
        if not content and not told and not answer["error"] and not self.marked(answer["records"]) and \
                self.without_proof(answer["records"]) != self.without_proof(whole["records"]):
            wrong.append("something is missing, and no line says so")
        return wrong

    def marked(self, value):
        """Does it say itself that something is missing?"""
        if isinstance(value, list):
            return any(map(self.marked, value))
        return isinstance(value, dict) and (bool(value.get("unavailable") or value.get("end")) or any(map(self.marked, value.values())))

    def without_proof(self, value):
        """What is shown, not how it was found."""
        if isinstance(value, list):
            return [self.without_proof(item) for item in value]
        if isinstance(value, dict):
            return {key: self.without_proof(item) for key, item in value.items() if key not in ("proof", "steps", "page_state")}
        return value

    def same(self, record, whole, path=""):
        """Fields are what they were, or null."""
        for key, value in record.items():
            if key in ("unavailable", "tasks_complete", "page_state", "proof", "steps"):
                continue  # other page tables may lead to the same page
            if key == "mapped" and not value:
                continue
            if key == "tasks" and record.get("tasks_complete") is False and value < whole[key]:
                continue
            if key not in whole:
                yield f"{path}{key}: {value!r} is new"
            elif value is not None and value != whole[key]:
                if isinstance(value, list) and isinstance(whole[key], list):
                    yield from self.subset_of(value, whole[key], f"{path}{key}: ")
                elif isinstance(value, dict) and isinstance(whole[key], dict):
                    yield from self.same(value, whole[key], f"{path}{key}.")
                else:
                    yield f"{path}{key}: {value!r}, not {whole[key]!r}"

    def subset_of(self, values, whole, path):
        for i, value in enumerate(values):
            if value is None or value in whole:
                continue
            if isinstance(value, dict) and i < len(whole) and isinstance(whole[i], dict):
                if any(not list(self.same(value, one)) for one in whole):
                    continue
            yield f"{path}{value!r} is not of the whole dump"

    def keyed(self, key, records, whole):
        known = {record[key]: record for record in whole}
        seen = set()
        for record in records:
            if record[key] not in known:
                yield f"{key} {record[key]} is new"
            elif record[key] in seen:
                yield f"{key} {record[key]} is there twice"
            else:
                yield from self.same(record, known[record[key]], f"{key} {record[key]}: ")
            seen.add(record[key])

    def subset(self, records, whole):
        return self.subset_of(records, whole, "")

    def records(self, records, whole):
        if len(records) > len(whole):
            yield f"{len(records)} records, not {len(whole)}"
        for record, other in zip(records, whole):
            yield from self.same(record, other)

    def backtraces(self, command, records, whole):
        known = {record["task"]: record for record in whole}
        for record in records:
            task = record["task"]
            if task not in known:
                yield f"task {task} is new"
                continue
            rest = {key: value for key, value in record.items() if key not in ("frames", "end")}
            yield from self.same(rest, known[task], f"task {task}: ")
            end = record.get("end") or record.get("unavailable", {}).get("frames")
            yield from self.frames(task, record["frames"] or [], known[task].get("frames") or [], end)

    def frames(self, task, frames, whole, end):
        proven = [frame for frame in frames if frame["kind"] != "possible"]
        place = lambda frame: (frame["kind"], frame["pc"], frame.get("sp"))
        places, wanted = [place(frame) for frame in proven], [place(frame) for frame in whole]
        if not places:
            if wanted and not end:
                yield f"task {task}: no frames, and no word why"
            return
        starts = [i for i in range(len(wanted)) if wanted[i:i + len(places)] == places]
        if not starts:
            strange = [frame for frame in proven if place(frame) not in wanted]
            yield f"task {task}: wrong frames: {strange[:2] or places}"
        elif starts[0] and wanted[0] != places[0] and proven[0]["kind"] not in ("exception", "user"):
            yield f"task {task}: starts with frame {starts[0]}"
        elif starts[0] + len(places) < len(wanted) and not end:
            yield f"task {task}: {len(places)} of {len(wanted)} frames, and no word why"
        if starts:
            for frame, other in zip(proven, whole[starts[0]:]):
                other = dict(other, level=frame.get("level"), proof=frame.get("proof"))
                yield from self.same(frame, other, f"task {task}, {frame['pc']}: ")

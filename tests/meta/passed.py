"""What a check looked at when it passed: while none of it has changed, the check need not run again.

    record = Passed(path, words)      words: whatever else decides, such as the compiler's --version and its flags
    if not record.holds("name"): ... run the check ...; record.keep("name", files)
    record.write()

A file counts as unchanged while its size and its time of change are. Without a path nothing is kept and nothing holds.
"""
import hashlib
import json
import pathlib
import subprocess
import sys


class Passed:
    def __init__(self, path, words):
        self.path = pathlib.Path(path) if path else None
        scripts = [pathlib.Path(__file__), pathlib.Path(sys.argv[0])]
        said = "\0".join([*map(str, words), *(script.read_text() for script in scripts if script.is_file())])
        self.key = hashlib.sha256(said.encode()).hexdigest()
        self.states = {}  # of a file, asked for once
        self.kept = {}
        try:
            before = json.loads(self.path.read_text())
            self.before = before["passed"] if before["key"] == self.key else {}
        except (AttributeError, OSError, ValueError, KeyError):
            self.before = {}

    def state(self, file):
        if file not in self.states:
            try:
                status = pathlib.Path(file).stat()
                self.states[file] = [status.st_size, status.st_mtime_ns]
            except OSError:
                self.states[file] = None
        return self.states[file]

    def holds(self, name):
        files = self.before.get(name)
        if not files or any(self.state(file) is None or self.state(file) != state for file, state in files.items()):
            return False
        self.kept[name] = files
        return True

    def keep(self, name, files):
        self.kept[name] = {str(file): self.state(str(file)) for file in files}

    def write(self):
        if self.path:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.write_text(json.dumps({"key": self.key, "passed": self.kept}))


def version(program):
    return subprocess.run([program, "--version"], capture_output=True, text=True).stdout


def dependencies(text):
    """The files that a compiler's -MD names: everything after the colon."""
    return text.replace("\\\n", " ").partition(": ")[2].split()

"""The source tree as the meta tests see it: cmake/headers.cmake, the headers and what they include."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)


class Tree:
    def __init__(self, root=ROOT):
        self.root = pathlib.Path(root)
        self.include = self.root / "include/millrace"
        self.includes = {}  # of a header, read once
        lists = dict(re.findall(r"^\s*set\((\w+)([^)]*)\)", re.sub(r"#.*", "", self.text("cmake/headers.cmake")), re.MULTILINE))
        self.std_modules = lists["MILLRACE_STD_MODULES"].split()
        self.full_modules = lists["MILLRACE_FULL_MODULES"].split()
        self.modules = self.std_modules + self.full_modules
        self.headers = {module: lists[f"MILLRACE_{module.replace('/', '_')}_HEADERS"].split() for module in self.modules}
        self.adapters = {match: names.split() for name, names in lists.items()
                         for match in re.findall(r"^MILLRACE_(\w+)_ADAPTERS$", name)}
        self.all_adapters = {header for headers in self.adapters.values() for header in headers}
        self.all_headers = ["millrace.hpp"] + [header for module in self.modules for header in self.headers[module]]

    def text(self, path):
        return (self.root / path).read_text()

    def header(self, name):
        return (self.include / name).read_text()

    def included(self, name):
        """What a header includes, in order: `core/error.hpp` for our own, `<vector>` for the others."""
        if name not in self.includes:
            self.includes[name] = [path.removeprefix("millrace/") if path.startswith("millrace/") else f"<{path}>"
                                   for _, path in INCLUDE.findall(self.header(name))]
        return self.includes[name]

    def closure(self, name):
        """Every header that `name` includes, directly or not, our own and others."""
        seen = {}
        todo = [name]
        while todo:
            for path in self.included(todo.pop()):
                if path not in seen:
                    seen[path] = True
                    if not path.startswith("<") and (self.include / path).exists():
                        todo.append(path)
        return list(seen)


def module_of(name):
    """`core` for both core.hpp and core/error.hpp; `connect/redis` for what stands there."""
    parts = name.removesuffix(".hpp").removesuffix(".cuh").split("/")
    return "/".join(parts[:2]) if parts[0] == "connect" and len(parts) > 1 else parts[0]


def is_public(name):
    return "/" in name and "/detail/" not in name


def has_unit_test(name, names):
    """Whether a header has something of its own to test: an umbrella of a room and a list of declarations do not."""
    return is_public(name) and not name.endswith("/fwd.hpp") and not is_room(name, names)


def is_room(name, names):
    """Whether a header is the umbrella of a sub-room: stats/tests.hpp, beside stats/tests/."""
    return any(other.startswith(name.removesuffix(".hpp") + "/") for other in names)

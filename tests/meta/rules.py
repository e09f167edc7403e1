#!/usr/bin/env python3
"""The rules of the house that can be read off the files. usage: rules.py [--root DIR] RULE ...

Each rule is a function from the tree to a list of sentences; an empty list is a pass. test_rules.py breaks each
of them once in a copy of the tree and sees it refused.
"""
import argparse
import fnmatch
import pathlib
import re
import sys

from code_rules import mutable_globals, threads
from name_rules import VOCABULARY, hidden, private_names, redeclared, words
from tree import INCLUDE, ROOT, Tree, has_unit_test, is_public, is_room, module_of

MAX_HEADER_LINES = 600
MAX_COLUMNS = 120
ALLOWED_MACROS = {"core/version.hpp": r"MILLRACE_VERSION_(MAJOR|MINOR|PATCH|STRING)",
                  "core/detail/simd.hpp": r"MILLRACE_X86_TARGET"}
# The private headers of core that every module may include: primitives that the library needs more than once.
PRIMITIVES = re.compile(r"core/(\w+/)?detail/")
# What millrace.hpp and the single file hold, for good: later modules are included by name.
FROZEN = "core chain tensor aggregate store stats observe detect model/evaluation middleware".split()
# Rooms, and headers that are as much as one, that their module's umbrella leaves out: who uses what is made here should
# not pay for readers of other people's files, nor who counts for what is kept as evidence, nor who keeps for searches.
APART = {"connect/kafka/observed.hpp", "connect/redis/observed.hpp", "connect/rest/dashboard.hpp", "connect/rest/parts.hpp", "deliver/experiment.hpp", "deliver/observed.hpp", "deliver/outcomes.hpp", "deliver/pipelines.hpp", "deliver/shadow.hpp",
         "feature/batch.hpp",
         "model/formats.hpp", "model/to_graph.hpp", "observe/audit.hpp", "observe/events.hpp", "observe/health.hpp",
         "observe/dashboards.hpp", "observe/tracing.hpp", "registry/observed.hpp", "registry/search.hpp", "store/documents.hpp",
         "store/messages.hpp", "store/parquet.hpp", "store/search.hpp", "store/settings.hpp", "track/logged_models.hpp", "track/observed.hpp", "track/search.hpp",
         "track/spool.hpp"}
# What a detail header (and core/config.hpp) may ask the preprocessor: which machine, standard library and dialect this is.
ALLOWED_QUESTIONS = re.compile(r"(__x86_64__|__AVX__|__i386__|__aarch64__|__linux__|__BYTE_ORDER__|__cplusplus|__cpp_exceptions|__GLIBCXX__)")
# Files that nobody has: how a compiler is stopped that is set to an older standard, or to no exceptions.
STOP = {"millrace_needs_c++20": "core/config.hpp", "millrace_needs_exceptions": "core/detail/needs_exceptions.hpp"}
# Third-party includes by their first folder, and the component that brings them. A header that includes one
# belongs to a module of that component, or is listed as its adapter.
THIRD_PARTY = {"Eigen": "millrace", "curl": "curl", "hiredis": "redis", "httplib.h": "http", "librdkafka": "kafka", "mpi.h": "mpi", "zlib.h": "millrace", "openssl": "openssl", "sqlite3.h": "sqlite", "xtensor": "xtensor", "xtl": "xtensor", "yaml-cpp": "yaml"}
# What a third party's own header includes too: cpp-httplib with TLS, which connect/http asks for, is OpenSSL's as well.
WITH = {"openssl": {"http"}}
POSIX = re.compile(r"(sys|arpa|netinet)/\w+\.h|(fcntl|unistd|poll|signal|errno|stdio|stdlib|netdb|pthread|sched|time|dirent)\.h"
                   r"|(x86|i(mm))intrin\.h|arm_neon\.h|cpuid\.h|cxxabi\.h")
ROOT_ENTRIES = """.ci .clang-format .editorconfig .gitattributes .gitignore CHANGELOG.md CMakeLists.txt CMakePresets.json
LICENSE README.md benchmarks cmake conanfile.py docs examples include ports single_include tests tools vcpkg.json""".split()
TEXT = {".hpp", ".cuh", ".cpp", ".py", ".txt", ".cmake", ".md", ".json", ".sh", ".yml", ""}


def listed(tree):
    """cmake/headers.cmake lists what is on disk, and nothing else."""
    on_disk = {path.relative_to(tree.include).as_posix() for path in tree.include.rglob("*") if path.is_file()}
    named = tree.all_headers
    yield from (f"{name}: on disk, but not in cmake/headers.cmake" for name in sorted(on_disk - set(named)))
    yield from (f"{name}: in cmake/headers.cmake, but not on disk" for name in sorted(set(named) - on_disk))
    yield from (f"{name}: listed twice in cmake/headers.cmake" for name in sorted({n for n in named if named.count(n) > 1}))
    for module, names in tree.headers.items():
        yield from (f"{name}: listed under {module}" for name in names if module_of(name) != module)
    yield from (f"{name}: an adapter that no module lists" for name in sorted(tree.all_adapters - set(named)))


def floors(tree):
    """A header includes its own module and strictly lower floors, and no other module's detail."""
    floor = {}
    for line in pathlib.Path(__file__).with_name("floors.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            number, *modules = line.split()
            floor.update({module: int(number) for module in modules})
    for name in tree.all_headers[1:]:
        own = module_of(name)
        free = own.split("/")[0] in ("connect", "cuda")
        if not free and own not in floor:
            yield f"{name}: module {own} has no floor in tests/meta/floors.txt"
            continue
        for path in tree.included(name):
            other = module_of(path)
            if path.startswith("<") or other == own:
                continue
            if path == "millrace.hpp":
                yield f"{name} includes millrace.hpp"
            elif other not in floor:
                yield f"{name} includes {path}: nobody may include {other}"
            elif not free and floor[other] >= floor[own]:
                yield f"{name} (floor {floor[own]}) includes {path} (floor {floor[other]})"
            elif "/detail/" in path and not PRIMITIVES.match(path):
                yield f"{name} includes {path}, which is private to {other}"


def circles(tree):
    """Within a module, the rooms that includes lead to from a room never lead back to it."""
    def room_of(name):
        parts = name.split("/")
        return "/".join(parts[:2]) if len(parts) > 2 and parts[1] != "detail" else parts[0]

    arrows = {}
    for name in tree.all_headers[1:]:
        if "/" not in name or is_room(name, tree.all_headers):
            continue
        for path in tree.included(name):
            if module_of(path) == module_of(name) and room_of(path) != room_of(name):
                arrows.setdefault(room_of(name), {}).setdefault(room_of(path), f"{name} includes {path}")
    for room in sorted(arrows):
        behind = {}
        todo = [(room, ())]
        while todo:
            at, way = todo.pop()
            for other, sentence in arrows.get(at, {}).items():
                if other not in behind:
                    behind[other] = (*way, sentence)
                    todo.append((other, behind[other]))
        if room in behind:
            yield f"{room} includes itself in a circle: {'; '.join(behind[room])}"


def third_party(tree):
    """The third-party includes stand only where the target brings the third party along."""
    allowed = {module: set() for module in tree.std_modules} | {module: {"millrace"} for module in tree.full_modules}
    for name in tree.all_headers[1:]:
        components = {component for component, names in tree.adapters.items() if name in names}
        components = components or allowed[module_of(name)]
        for path in tree.included(name):
            inner = path.strip("<>")
            if not path.startswith("<"):
                if path in tree.all_adapters and name not in tree.all_adapters and "millrace" not in components:
                    yield f"{name} includes {path}, an adapter to a third party, and is none itself"
            elif inner.split("/")[0] in THIRD_PARTY:
                component = THIRD_PARTY[inner.split("/")[0]]
                if component not in components and not WITH.get(component, set()) & components:
                    yield f"{name} includes {path}, but is not among MILLRACE_{component}_ADAPTERS in cmake/headers.cmake"
            elif re.fullmatch(r"\w+", inner):
                if inner in ("format", "expected"):
                    yield f"{name} includes {path}, which the oldest supported compiler does not have"
            elif STOP.get(inner) != name and not POSIX.fullmatch(inner):
                yield f"{name} includes {path}: neither the standard library's, POSIX, nor a third party in tests/meta/rules.py"


def standard(tree):
    """Whatever is included first, core/config.hpp is compiled first: it refuses a standard older than C++20."""
    if not re.search(r"^#error .*C\+\+20.*\n#include <millrace_needs_c\+\+20>$", tree.header("core/config.hpp"), re.MULTILINE):
        yield "core/config.hpp: does not refuse a standard older than C++20"
    for name in tree.all_headers:
        if name != "core/config.hpp" and all(path.startswith("<") for path in tree.included(name)):
            yield f"{name}: includes no header of ours; core/config.hpp at the least"


def guards(tree):
    """Include guards spell the path, so they are unique and survive the single header."""
    for name in tree.all_headers:
        guard = "MILLRACE_" + re.sub(r"\W", "_", name).upper()
        lines = tree.header(name).splitlines()
        if lines[:2] != [f"#ifndef {guard}", f"#define {guard}"] or lines[-1] != f"#endif  // {guard}":
            yield f"{name}: must begin with `#ifndef {guard}`, `#define {guard}` and end with `#endif  // {guard}`"


def preprocessor(tree):
    """No macro beyond the allowed few, and no branch of the preprocessor outside detail/ and core/config.hpp."""
    for name in tree.all_headers:
        text = tree.header(name)
        guard = "MILLRACE_" + re.sub(r"\W", "_", name).upper()
        for macro in re.findall(r"^\s*#\s*define\s+(\w+)", text, re.MULTILINE):
            if macro != guard and not re.fullmatch(ALLOWED_MACROS.get(name, ""), macro):
                yield f"{name}: defines the macro {macro}"
        if "__has_include" in text:
            yield f"{name}: asks __has_include; a backend is a template argument"
        for question in re.findall(r"^\s*#\s*(?:if|ifdef|ifndef|elif)\b(.*)", text, re.MULTILINE):
            if question.strip() == guard:
                continue
            asked = re.findall(r"\b(?!defined\b)[A-Za-z_]\w*", question)
            if "/detail/" not in name and name != "core/config.hpp":
                yield f"{name}: a preprocessor branch outside detail/:{question}"
            elif not all(ALLOWED_QUESTIONS.match(macro) for macro in asked):
                yield f"{name}: a preprocessor branch on something else than the machine:{question}"


def style(tree):
    """What a reader may count on in every header: short, angle includes, one namespace, nothing leaked."""
    for name in tree.all_headers:
        text = tree.header(name)
        if text.count("\n") > MAX_HEADER_LINES:
            yield f"{name}: {text.count(chr(10))} lines; {MAX_HEADER_LINES} at most"
        yield from (f"{name}:{number}: {len(line)} columns; {MAX_COLUMNS} at most"
                    for number, line in enumerate(text.splitlines(), 1) if len(line) > MAX_COLUMNS)
        yield from (f'{name}: includes "{path}" with quotes' for mark, path in INCLUDE.findall(text) if mark == '"')
        if re.search(r"^\s*namespace\s*\{", text, re.MULTILINE):
            yield f"{name}: an anonymous namespace, which is another one in each translation unit"
        if re.search(r"^using namespace (?!millrace::detail;)", text, re.MULTILINE):
            yield f"{name}: `using namespace` at namespace scope"
        opened = len(re.findall(r"^namespace millrace\b", text, re.MULTILINE))
        if opened != len(re.findall(r"^namespace millrace \{\ninline namespace v0 \{$", text, re.MULTILINE)):
            yield f"{name}: namespace millrace without `inline namespace v0` (in lines of their own: not every tool reads `::inline`)"
        home = module_of(name)
        if opened and home not in VOCABULARY and not re.search(rf"^namespace {home.split('/')[-1]} \{{$", text, re.MULTILINE):
            yield f"{name}: nothing in `namespace {home}`, where the names of {home} stand"
        if re.search(r"\b(TODO|FIXME|XXX)\b", text):
            yield f"{name}: an unfinished note"


def umbrellas(tree):
    """An umbrella includes every public header of its module, or the umbrella of its room, but the adapters, which its
    opening comment names; the umbrella of a room includes every public header of the room."""
    for module in tree.modules:
        if not tree.headers[module]:
            continue
        name = f"{module}.hpp"
        if name not in tree.headers[module]:
            yield f"{name}: the module has headers but no umbrella"
            continue
        if name in tree.all_adapters:  # a module that is one adapter: connect/http.hpp
            continue
        included = tree.included(name)
        adapters = [header for header in tree.headers[module] if header in tree.all_adapters]
        names = tree.headers[module]
        for room in (header for header in names if is_public(header) and is_room(header, names) and header != name):
            if not re.match(r"#ifndef \w+\n#define \w+\n\n((?:///.*\n)+)", tree.header(room)):
                yield f"{room}: no opening comment that is the room's page"
            inside = [header for header in names if header.startswith(room.removesuffix(".hpp") + "/") and is_public(header)]
            if tree.included(room) != sorted(set(inside) - set(adapters)):
                yield f"{room} must include, in this order, {', '.join(sorted(set(inside) - set(adapters)))}"
            if room in APART and room in included:
                yield f"{name} includes {room}, a room that is included by name"
            included = included + inside if room in included else included + [room] + inside if room in APART else included
        for header in (header for header in names if header in APART and not is_room(header, names)):
            if header in included:
                yield f"{name} includes {header}, which is included by name"
            included = included + [header]
        for header in names:
            if is_public(header) and header not in adapters and header not in included and header != name:
                yield f"{name} does not include {header}"
        yield from (f"{name} includes {path}" for path in included if not (is_public(path) and module_of(path) == module))
        yield from (f"{name} includes {path}, an adapter to a third party" for path in included if path in adapters)
        comment = re.match(r"#ifndef \w+\n#define \w+\n\n((?:///.*\n)+)", tree.header(name))
        if not comment:
            yield f"{name}: no opening comment that is the module's page"
        else:
            yield from (f"{name}: its opening comment does not name {header}" for header in adapters if is_public(header) and header not in comment[1])
    hoped = [f"{room}.hpp" for room in FROZEN if f"{room}.hpp" in tree.all_headers]
    found = tree.included("millrace.hpp")
    if sorted(hoped) != found:
        yield f"millrace.hpp must include {', '.join(sorted(hoped))}, in this order; it includes {', '.join(found)}"


def unit_tests(tree):
    """Every public header has its unit test, which includes it first; no unit test stands without its header, and no
    other test without being built."""
    tests = tree.root / "tests/unit"
    public = {header for module in tree.modules for header in tree.headers[module]
              if has_unit_test(header, tree.headers[module])}
    for header in sorted(public):
        test = tests / header.replace(".hpp", ".cpp")
        if not test.exists():
            yield f"{header}: no test tests/unit/{header.replace('.hpp', '.cpp')}"
            continue
        includes = INCLUDE.findall(test.read_text())
        if not includes or includes[0] != ("<", f"millrace/{header}"):
            yield f"tests/unit/{header.replace('.hpp', '.cpp')}: its first include must be <millrace/{header}>"
    for test in sorted(tests.rglob("*.cpp")):
        if test.relative_to(tests).as_posix().replace(".cpp", ".hpp") not in public:
            yield f"tests/unit/{test.relative_to(tests).as_posix()}: no header of this name"
    built = "\n".join(path.read_text() for path in (tree.root / "tests").rglob("CMakeLists.txt"))
    for test in sorted((tree.root / "tests").rglob("*.cpp")):
        path = test.relative_to(tree.root)
        by_name = path.parts[1] not in ("unit", "compile_fail", "fuzz", "package")  # those are found, not named
        if by_name and not re.search(rf"\b{test.stem}\b", built):
            yield f"{path.as_posix()}: no CMakeLists.txt under tests/ names it"


def codes(tree):
    """Every millrace[CODE] that a header can say has a test in tests/compile_fail, and every such test its code."""
    said = {}
    for name in tree.all_headers:
        for code in re.findall(r"millrace\[([A-Z][A-Z0-9]*-\d+)\]", tree.header(name)):
            said.setdefault(code, name)
    tested = {path.stem.split("_")[0] for path in (tree.root / "tests/compile_fail").glob("*.cpp")}
    yield from (f"{said[code]}: millrace[{code}] has no tests/compile_fail/{code}_<slug>.cpp" for code in sorted(set(said) - tested))
    yield from (f"tests/compile_fail/{code}_*.cpp: no header says millrace[{code}]" for code in sorted(tested - set(said)))


def sources(tree, *suffixes):
    """Every file of the tree that is ours: not what git ignores, not .git."""
    ignored = [line.strip("/") for line in tree.text(".gitignore").splitlines() if line and not line.startswith("#")]
    todo = [tree.root]
    while todo:
        for path in sorted(todo.pop().iterdir()):
            if path.name == ".git" or any(fnmatch.fnmatch(path.name, pattern) for pattern in ignored):
                continue
            if path.is_dir() and not path.is_symlink():
                todo.append(path)
            elif not suffixes or path.suffix in suffixes:
                yield path


def root(tree):
    """At the root stands what architecture asks for, and nothing else."""
    found = {path.relative_to(tree.root).parts[0] for path in sources(tree)}
    yield from (f"{name}: unexpected at the root" for name in sorted(found - set(ROOT_ENTRIES)))


def paths(tree):
    """No file names a folder of somebody's machine."""
    machine = re.compile(r"(?<![\w.$}])/(home|root|work|Users|mnt|media|srv)/\w")
    for path in sources(tree, *TEXT):
        if path == tree.root / "tests/meta/test_rules.py":
            continue
        try:
            lines = path.read_text().splitlines()
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(lines, 1):
            if machine.search(line):
                yield f"{path.relative_to(tree.root)}:{number}: a folder of somebody's machine: {line.strip()}"


def conflicts(tree):
    """No text holds the marks that git leaves where two changes met."""
    mark = re.compile(r"(<{7}|>{7}|\|{7})( |$)")
    for path in sources(tree):
        try:
            lines = path.read_text().splitlines()
        except UnicodeDecodeError:
            continue
        yield from (f"{path.relative_to(tree.root)}:{number}: a mark of an unsolved conflict: {line.strip()}"
                    for number, line in enumerate(lines, 1) if mark.match(line))


def quoted(tree, page):
    """Every C++ and CMake block of a page stands in a file that the tests build."""
    text = tree.text(page)
    for before, language, body in re.findall(r"^([^\n]*)\n```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        if language not in ("cpp", "cmake"):
            continue
        source = re.fullmatch(r"<!-- ((?:examples|tests)/[\w./-]+)(?: \[(\w+)\])? -->", before.strip())
        if not source:
            yield f"{page}: no `<!-- examples/... -->` before the {language} block that begins {body.splitlines()[0]!r}"
            continue
        path, region = source.groups()
        if not (tree.root / path).exists():
            yield f"{page} quotes {path}, which does not exist"
            continue
        stands = tree.text(path)
        if region:
            found = re.search(rf"^[ \t]*(?://|#) \[{region}\]\n(.*?)^[ \t]*(?://|#) \[/{region}\]$", stands, re.MULTILINE | re.DOTALL)
            stands = found[1] if found else f"(no region [{region}] in {path})\n"
        if stands.strip("\n") != body.strip("\n"):
            yield f"{page}: the block after `{before.strip()}` is not what stands in {path}"
        name = pathlib.Path(path)
        if name.parts[0] == "examples" and not re.search(rf"\b{name.stem}\b", tree.text("examples/CMakeLists.txt")):
            yield f"{page} quotes {path}, which examples/CMakeLists.txt does not build"


def uneven(tree, page):
    """Yields a sentence for each row of a table that has more or fewer cells than the table's head."""
    cells = 0
    code = False
    for number, line in enumerate(tree.text(page).splitlines(), 1):
        code ^= line.startswith("```")
        found = 0 if code or not line.startswith("|") else len(re.findall(r"(?<!\\)\|", line.strip())) - 1
        if found and cells and found != cells:
            yield f"{page}:{number}: a row of {found} cells in a table of {cells}"
        cells = cells if found and cells else found


def readme(tree):
    """The README shows C++ that the tests build, and every module stands in its table; the guide's pages are as true."""
    if not (tree.root / "README.md").exists():
        yield "no README.md"
        return
    text = tree.text("README.md")
    rows = re.findall(r"^\| `([\w/]+)` \|", text, re.MULTILINE)
    yield from (f"README.md's table of modules lacks `{module}`" for module in tree.modules
                if tree.headers[module] and module not in rows)
    if "```cpp" not in text:
        yield "README.md shows no C++"
    guide = sorted(path.relative_to(tree.root).as_posix() for path in (tree.root / "docs").rglob("*.md"))
    for page in ["README.md", *guide]:
        if page != "docs/guide/errors.md":  # tools/docs writes it
            yield from quoted(tree, page)
            yield from uneven(tree, page)


RULES = {rule.__name__: rule for rule in (listed, floors, circles, third_party, standard, guards, preprocessor, style, umbrellas, unit_tests,
                                          codes, root, paths, conflicts, readme, mutable_globals, threads, private_names,
                                          redeclared, hidden, words)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=pathlib.Path, default=ROOT)
    parser.add_argument("rules", nargs="*", metavar="RULE", help=", ".join(RULES))
    args = parser.parse_args()
    tree = Tree(args.root)
    broken = 0
    for name in args.rules or RULES:
        for sentence in RULES[name](tree):
            print(f"{name}: {sentence}", file=sys.stderr)
            broken += 1
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())

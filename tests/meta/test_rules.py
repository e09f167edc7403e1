#!/usr/bin/env python3
"""Breaks each rule of rules.py once, in a small tree of its own, and sees it refused."""
import pathlib
import sys
import tempfile

import rules
from tree import Tree

CORE = """#ifndef MILLRACE_CORE_HPP
#define MILLRACE_CORE_HPP

/// core: words for all.

#include <millrace/core/config.hpp>
#include <millrace/core/error.hpp>
#include <millrace/core/result.hpp>

#endif  // MILLRACE_CORE_HPP
"""
TENSOR = """#ifndef MILLRACE_TENSOR_HPP
#define MILLRACE_TENSOR_HPP

/// tensor: numbers in rows. The adapter tensor/eigen.hpp is included by name.

#include <millrace/tensor/view.hpp>

#endif  // MILLRACE_TENSOR_HPP
"""


def header(name, includes="", body="struct thing {};"):
    guard = "MILLRACE_" + name.replace("/", "_").replace(".", "_").upper()
    module = name.split("/")[0]
    inner, outer = ("", "") if module in rules.VOCABULARY else (f"namespace {module} {{\n", f"}}  // namespace {module}\n")
    return (f"#ifndef {guard}\n#define {guard}\n\n{includes}\n\nnamespace millrace {{\ninline namespace v0 {{\n{inner}\n/// A thing.\n"
            f"{body}\n\n{outer}}}  // namespace v0\n}}  // namespace millrace\n\n#endif  // {guard}\n")


RESULT = header("core/result.hpp", "#include <millrace/core/error.hpp>\n\n#include <string>")
CONFIG = header("core/config.hpp", '#if __cplusplus < 202002L\n#error "C++20"\n#include <millrace_needs_c++20>\n#endif')
ERROR = header("core/error.hpp", "#include <millrace/core/config.hpp>", body='template <bool B> struct must { static_assert(B, "millrace[CORE-1]: must"); };')
VIEW = header("tensor/view.hpp", "#include <millrace/core/result.hpp>\n#include <unistd.h>")
EIGEN = header("tensor/eigen.hpp", "#include <millrace/tensor/view.hpp>\n#include <Eigen/Core>")
INNOCENT = """class careful { void take(); public: struct sample { int max; }; private: int of; };
inline constexpr int limit = 3;
static constexpr double pi = 3.14;
inline const int fixed = 4;
inline int counted(int by = 1) { static int calls = 0; return calls += by; }
inline std::size_t here() { return std::hash<std::thread::id>{}(std::this_thread::get_id()); }
template <class T> inline constexpr bool is_int = false;
struct holder { static int made(); static constexpr int size = 2; int kept = 0; };
inline namespace deeper { enum class colour { red }; }
// inline int in_a_comment = 0; std::thread too
"""


def with_code(code):
    return RESULT.replace("struct thing {};", "struct thing {};\n" + code)


LISTS = """set(MILLRACE_STD_MODULES core tensor)
set(MILLRACE_FULL_MODULES train)
set(MILLRACE_core_HEADERS core.hpp core/config.hpp core/error.hpp core/result.hpp)
set(MILLRACE_tensor_HEADERS tensor.hpp tensor/eigen.hpp tensor/view.hpp)
set(MILLRACE_train_HEADERS)
set(MILLRACE_millrace_ADAPTERS tensor/eigen.hpp)
set(MILLRACE_xtensor_ADAPTERS)
"""
GOOD = {
    "cmake/headers.cmake": LISTS,
    "include/millrace/millrace.hpp": "#ifndef MILLRACE_MILLRACE_HPP\n#define MILLRACE_MILLRACE_HPP\n\n"
                                     "#include <millrace/core.hpp>\n#include <millrace/tensor.hpp>\n\n"
                                     "#endif  // MILLRACE_MILLRACE_HPP\n",
    "include/millrace/core.hpp": CORE,
    "include/millrace/core/config.hpp": CONFIG,
    "include/millrace/core/error.hpp": ERROR,
    "include/millrace/core/result.hpp": with_code(INNOCENT),
    "include/millrace/tensor.hpp": TENSOR,
    "include/millrace/tensor/eigen.hpp": EIGEN,
    "include/millrace/tensor/view.hpp": VIEW,
    "tests/unit/core/config.cpp": "#include <millrace/core/config.hpp>\n",
    "tests/unit/core/error.cpp": "#include <millrace/core/error.hpp>\n",
    "tests/unit/core/result.cpp": "#include <millrace/core/result.hpp>\n",
    "tests/unit/tensor/eigen.cpp": "#include <millrace/tensor/eigen.hpp>\n",
    "tests/unit/tensor/view.cpp": "#include <millrace/tensor/view.hpp>\n",
    "tests/compile_fail/CORE-1_must.cpp": "// expect: must\n",
    "examples/CMakeLists.txt": "set(examples 01_first)\n",
    "examples/01_first.cpp": "int main() {\n  // [call]\n  return 0;\n  // [/call]\n}\n",
    ".gitignore": "/build*/\n",
    "README.md": "# x\n\n| `core` | a |\n| `tensor` | b |\n\n<!-- examples/01_first.cpp [call] -->\n```cpp\n  return 0;\n```\n\n```sh\ntools/test\n```\n",
}

SAVED = {  # an umbrella of a room that includes nothing and says nothing
    "cmake/headers.cmake": LISTS.replace("core/result.hpp", "core/result.hpp core/saved.hpp core/saved/bytes.hpp"),
    "include/millrace/core/saved.hpp": "#ifndef MILLRACE_CORE_SAVED_HPP\n#define MILLRACE_CORE_SAVED_HPP\n\n#endif\n",
    "include/millrace/core/saved/bytes.hpp": header("core/saved/bytes.hpp", "#include <millrace/core/error.hpp>"),
}

BAD = [  # rule, words of the refusal, the files changed (None: removed)
    ("listed", "extra.hpp: on disk", {"include/millrace/core/extra.hpp": header("core/extra.hpp")}),
    ("listed", "view.hpp: in cmake", {"include/millrace/tensor/view.hpp": None}),
    ("listed", "listed under train", {"cmake/headers.cmake": LISTS.replace("train_HEADERS", "train_HEADERS core/id.hpp")}),
    ("floors", "core/result.hpp (floor 0) includes tensor/view.hpp (floor 1)",
     {"include/millrace/core/result.hpp": RESULT.replace("core/error.hpp>", "tensor/view.hpp>")}),
    ("floors", "private to tensor", {"cmake/headers.cmake": LISTS.replace("train_HEADERS", "train_HEADERS train/net.hpp"),
                                     "include/millrace/train/net.hpp": header("train/net.hpp", "#include <millrace/tensor/detail/x.hpp>")}),
    ("floors", "includes millrace.hpp", {"include/millrace/tensor/view.hpp": VIEW.replace("core/result", "millrace")}),
    ("circles", "core includes itself in a circle: core/result.hpp includes core/saved/bytes.hpp; core/saved/bytes.hpp includes core/error.hpp",
     SAVED | {"include/millrace/core/result.hpp": RESULT.replace("core/error.hpp>", "core/saved/bytes.hpp>")}),
    ("third_party", "not among MILLRACE_millrace_ADAPTERS",
     {"include/millrace/tensor/view.hpp": VIEW.replace("unistd.h", "zlib.h")}),
    ("third_party", "is none itself",
     {"include/millrace/tensor/view.hpp": VIEW.replace("core/result.hpp", "tensor/eigen.hpp")}),
    ("third_party", "oldest supported compiler", {"include/millrace/tensor/view.hpp": VIEW.replace("unistd.h", "format")}),
    ("third_party", "neither the standard", {"include/millrace/tensor/view.hpp": VIEW.replace("unistd.h", "boost/any.hpp")}),
    ("standard", "does not refuse", {"include/millrace/core/config.hpp": CONFIG.replace("#error", "#warning")}),
    ("standard", "includes no header of ours", {"include/millrace/core/error.hpp": ERROR.replace("<millrace/core", "<x")}),
    ("guards", "must begin with", {"include/millrace/tensor/view.hpp": VIEW.replace("TENSOR_VIEW", "VIEW")}),
    ("preprocessor", "defines the macro", {"include/millrace/core/result.hpp": RESULT + "#define MILLRACE_TRY(x) x\n"}),
    ("preprocessor", "branch outside detail", {"include/millrace/core/result.hpp": RESULT + "#ifdef NDEBUG\n#endif\n"}),
    ("preprocessor", "__has_include", {"include/millrace/core/result.hpp": RESULT + "#if __has_include(<zlib.h>)\n#endif\n"}),
    ("style", "601 lines", {"include/millrace/core/result.hpp": RESULT + "\n" * (601 - RESULT.count("\n"))}),
    ("style", "columns", {"include/millrace/core/result.hpp": RESULT + "// " + "x" * 118 + "\n"}),
    ("style", "with quotes", {"include/millrace/core/result.hpp": RESULT.replace("<string>", '"string"')}),
    ("style", "anonymous namespace", {"include/millrace/core/result.hpp": RESULT + "namespace {\n}\n"}),
    ("style", "without `inline namespace v0`",
     {"include/millrace/core/result.hpp": RESULT.replace("inline namespace v0", "namespace v0")}),
    ("style", "nothing in `namespace tensor`", {"include/millrace/tensor/view.hpp": VIEW.replace("namespace tensor", "namespace other")}),
    ("umbrellas", "does not include core/result.hpp",
     {"include/millrace/core.hpp": CORE.replace("#include <millrace/core/result.hpp>\n", "")}),
    ("umbrellas", "no opening comment", {"include/millrace/core.hpp": CORE.replace("/// core: words for all.\n\n", "")}),
    ("umbrellas", "does not name tensor/eigen.hpp", {"include/millrace/tensor.hpp": TENSOR.replace("tensor/eigen.hpp", "x")}),
    ("umbrellas", "an adapter",
     {"include/millrace/tensor.hpp": TENSOR.replace("#include", "#include <millrace/tensor/eigen.hpp>\n#include")}),
    ("umbrellas", "core/saved.hpp must include, in this order, core/saved/bytes.hpp", SAVED),
    ("umbrellas", "core/saved.hpp: no opening comment", SAVED),
    ("umbrellas", "millrace.hpp must include", {"include/millrace/millrace.hpp": "#include <millrace/core.hpp>\n"}),
    ("umbrellas", "model.hpp includes model/formats.hpp, a room that is included by name", {
        "cmake/headers.cmake": LISTS.replace("core tensor)", "core tensor model)") +
        "set(MILLRACE_model_HEADERS model.hpp model/formats.hpp model/formats/onnx.hpp)\n",
        "include/millrace/model.hpp": TENSOR.replace("TENSOR", "MODEL").replace("tensor/view", "model/formats"),
        "include/millrace/model/formats.hpp": header("model/formats.hpp", "/// formats: files.\n\n#include <millrace/model/formats/onnx.hpp>"),
        "include/millrace/model/formats/onnx.hpp": header("model/formats/onnx.hpp")}),
    ("unit_tests", "core/error.hpp: no test", {"tests/unit/core/error.cpp": None}),
    ("unit_tests", "first include", {"tests/unit/core/error.cpp": "#include <string>\n#include <millrace/core/error.hpp>\n"}),
    ("unit_tests", "no header of this name", {"tests/unit/core/gone.cpp": "\n"}),
    ("unit_tests", "names it", {"tests/deliver/forgotten.cpp": "\n"}),
    ("codes", "has no tests/compile_fail/CORE-1", {"tests/compile_fail/CORE-1_must.cpp": None}),
    ("codes", "no header says millrace[CORE-2]", {"tests/compile_fail/CORE-2_old.cpp": "\n"}),
    ("root", "notes.txt: unexpected", {"notes.txt": "\n"}),
    ("paths", "somebody's machine", {"tools/run.py": 'open("/home/me/data.csv")\n'}),
    ("conflicts", "docs/guide/b.md:2: a mark", {"docs/guide/b.md": "# b\n" + "|" * 7 + " parent of 1234\n"}),
    ("conflicts", "docs/site.yml:1: a mark", {"docs/site.yml": "<" * 7 + " HEAD\n"}),
    ("conflicts", "notes:1: a mark", {"notes": ">" * 7 + "\n"}),
    ("readme", "is not what stands in", {"examples/01_first.cpp": "int main() {\n  // [call]\n  return 1;\n  // [/call]\n}\n"}),
    ("readme", "does not build", {"examples/CMakeLists.txt": "set(examples 02_other)\n"}),
    ("readme", "README.md:5: a row of 3 cells in a table of 2", {"README.md": "# x\n\n| a | b |\n|---|---|\n| x \\| y | 1 | 2 |\n"}),
    ("readme", "lacks `tensor`", {"README.md": "# x\n\n| `core` | a |\n"}),
    ("mutable_globals", "inline int calls = 0", {"include/millrace/core/result.hpp": with_code("inline int calls = 0;")}),
    ("mutable_globals", "std::atomic<int> calls", {"include/millrace/core/result.hpp": with_code("inline constinit std::atomic<int> calls{0};")}),
    ("mutable_globals", "thread_local", {"include/millrace/core/result.hpp": with_code("inline thread_local thing mine;")}),
    ("mutable_globals", "const char* name",
     {"include/millrace/core/result.hpp": with_code('namespace detail { inline const char* name = "x(y)"; }')}),
    ("mutable_globals", "static inline int", {"include/millrace/core/result.hpp": with_code("class other { static inline int calls; };")}),
    ("threads", "std::jthread", {"include/millrace/core/result.hpp": with_code("inline void f() { std::jthread t([] {}); }")}),
    ("threads", "a thread asserts", {"tests/unit/core/result.cpp": "void f() {\n  std::thread t([&] {\n    CHECK(true);\n  });\n}\n"}),
    ("umbrellas", "millrace.hpp must include core.hpp, tensor.hpp,", {
        "cmake/headers.cmake": LISTS.replace("core tensor)", "core tensor feature)") + "set(MILLRACE_feature_HEADERS feature.hpp)\n",
        "include/millrace/feature.hpp": TENSOR.replace("TENSOR", "FEATURE"),
        "include/millrace/millrace.hpp": "#include <millrace/core.hpp>\n#include <millrace/feature.hpp>\n#include <millrace/tensor.hpp>\n"}),
    ("private_names", "names tensor::detail::hidden",
     {"include/millrace/core/result.hpp": with_code("inline int f() { return tensor::detail::hidden(); }")}),
    ("private_names", "names detail::secret, which is private to core", {
        "include/millrace/core/result.hpp": with_code("namespace detail { struct secret {}; }"),
        "include/millrace/tensor/view.hpp": VIEW.replace("struct thing {};", "using other = millrace::detail::secret;")}),
    ("redeclared", "declares error in millrace::v0, which is not tensor's",
     {"include/millrace/tensor/view.hpp": VIEW.replace("\nnamespace", "\nnamespace millrace::inline v0 { class error; }\nnamespace", 1)}),
    ("redeclared", "thing is declared by chain", {
        "cmake/headers.cmake": LISTS.replace("core tensor)", "core chain tensor)") + "set(MILLRACE_chain_HEADERS chain/x.hpp)\n",
        "include/millrace/chain/x.hpp": header("chain/x.hpp", body="struct thing;")}),
    ("hidden", "its append_json hides core's", {"include/millrace/tensor/view.hpp": VIEW.replace(
        "struct thing {};", "struct thing {};\n/// A thing as JSON.\ninline void append_json(std::string& out, const thing& of) {}")}),
    ("words", "`combine`: the word is merge",
     {"include/millrace/tensor/view.hpp": VIEW.replace("struct thing {};", "inline int combine(int a, int b) { return a + b; }")}),
    ("words", "`take`: the word is", {
        "include/millrace/tensor/view.hpp": VIEW.replace("{};", "{ void kept(); private: int of(); public: void take(double item); };")}),
    ("words", "`model_from_bytes`: the word is load",
     {"include/millrace/tensor/view.hpp": VIEW.replace("struct thing {};", "template <class T> result<T> model_from_bytes(int);")}),
    ("words", "a comment says `answers`", {"include/millrace/tensor/view.hpp": VIEW.replace("A thing.", "It answers a thing.")}),
    ("readme", "docs/guide/a.md: the block", {"docs/guide/a.md": "<!-- examples/01_first.cpp [call] -->\n```cpp\n  return 7;\n```\n"}),
    ("readme", "no `<!-- examples", {"README.md": "# x\n\n```cpp\nint main() {}\n```\n"}),
]


def check(rule, files):
    with tempfile.TemporaryDirectory(prefix="millrace-") as folder:
        for name, text in files.items():
            if text is not None:
                path = pathlib.Path(folder) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
        return list(rules.RULES[rule](Tree(folder)))


def main():
    failures = 0
    for rule in rules.RULES:
        found = check(rule, GOOD)
        if found:
            print(f"FAIL {rule} refuses the good tree: {found}")
            failures += 1
    for rule, words, change in BAD:
        found = check(rule, GOOD | change)
        if not any(words in sentence for sentence in found):
            print(f"FAIL {rule} does not say `{words}` of {', '.join(change)}; it says {found}")
            failures += 1
    for rule in set(rules.RULES) - {rule for rule, _, _ in BAD}:
        print(f"FAIL no case breaks {rule}")
        failures += 1
    print(f"{len(BAD)} breaches, {failures} not seen")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

"""The rules of the house about what the code says: they read it without comments, words in quotes and directives."""
import re

# The headers that may start a thread, and who asks them to.
THREAD_STARTERS = {"core/detail/worker_thread.hpp": "a log that its user opens, and the threads that a user lends to a fit"}


def code_of(text):
    """The text with comments, literals' contents and preprocessor lines blank; lines keep their numbers."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match[0])

    text = re.sub(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'', blank, text,
                  flags=re.DOTALL)
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", blank, text, flags=re.MULTILINE)


def statements(code):
    """(line, statement, scope, path) of every declaration: scope is `namespace`, `class`, or `other` (function bodies and the
    like), path the namespaces around it.

    A statement ends at `;`, at the brace that opens what it declares, and begins after the last `;`, `{` or `}`.
    """
    scopes = []  # (kind, names of the namespaces that it opens)
    start = 0
    depth = 0  # of parentheses, and of braces in `template <...>`: what stands in them is part of the statement
    inner = 0  # of those braces alone
    line = 1
    for at, character in enumerate(code):
        if character == "\n":
            line += 1
        elif character in "([":
            depth += 1
        elif character in ")]":
            depth = max(0, depth - 1)
        elif character == "{" and in_template_header(code[start:at]):
            depth, inner = depth + 1, inner + 1
        elif character == "}" and inner:
            depth, inner = depth - 1, inner - 1
        elif depth == 0 and character in ";{}":
            said = " ".join(code[start:at].split())
            scope = scopes[-1][0] if scopes else "namespace"
            if character != "}" and said:
                yield line, said, scope, tuple(name for _, names in scopes for name in names)
            if character == "{":
                opened = re.search(r"\bnamespace\b([\w\s:]*)$", said)
                if scope == "namespace" and opened:
                    scopes.append(("namespace", re.findall(r"\w+", re.sub(r"\binline\b", "", opened[1]))))
                elif re.search(r"\b(class|struct|union)\b[^()=]*$", said) and scope != "other":
                    scopes.append(("class", []))
                else:
                    scopes.append(("other", []))
            elif character == "}" and scopes:
                scopes.pop()
            start = at + 1


def in_template_header(said):
    said = said.lstrip()
    return said.startswith("template") and said.count("<") > said.replace("->", "").count(">")


def without_template(said):
    """The statement without attributes and without `template <...>` before it."""
    said = re.sub(r"\[\[.*?\]\]\s*", "", said)
    while said.startswith("template"):
        depth = 0
        for at, character in enumerate(said):
            depth += {"<": 1, ">": -1}.get(character, 0)
            if character == ">" and depth == 0 and said[at - 1] != "-":
                break
        else:
            return ""
        said = said[at + 1:].lstrip()
    return said


def declared(said):
    """The name that a statement at namespace scope declares first, or None: no specializations, no members' definitions."""
    general = without_template(said)
    if not general or re.match(r"(static_assert|using namespace|namespace|extern\b|friend\b|inline namespace)", general):
        return None
    if found := re.match(r"using (\w+)\b", general):
        return found[1] if "=" in general else general.split("::")[-1]
    if found := re.match(r"(?:requires\b.*)?\b(?:class|struct|union|enum(?: class| struct)?|concept)\s+(?:alignas\([^)]*\)\s*)*([\w:]+)\s*(.?)",
                         general):
        return None if found[2] == "<" or ":" in found[1] else found[1]
    if found := re.search(r"(::\s*)?\boperator\s*(\(\)|\[\]|\"\"\s*\w+|[^\w\s(]+|\w+)\s*\(", general):
        return None if found[1] else f"operator{found[2]}"
    general = re.sub(r"\b(?:alignas|requires|noexcept|explicit|decltype|__attribute__)\s*\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)", "", general)
    found = re.match(r"[^(=]*?((?:::\s*)?)\b(\w+)\s*(?:\(|=|$|\[)", general)
    return found[2] if found and not found[1] else None


def mutable_globals(tree):
    """No header defines a mutable object at namespace scope, nor a mutable static member: not even an atomic."""
    for name in tree.all_headers:
        for line, said, scope, _ in statements(code_of(tree.header(name))):
            words = re.sub(r"^(template\s*<[^;]*?>\s*)?(\[\[[^\]]*\]\]\s*)*", "", said)
            storage = r"\b(inline|static|extern|thread_local|constinit)\b" if scope == "namespace" else r"\b(static|thread_local)\b"
            if scope == "other" or not re.search(storage, words.split("=")[0].split("(")[0]):
                continue
            if re.search(r"\b(constexpr|consteval|namespace|class|struct|union|enum|using|friend|concept|operator)\b", words):
                continue
            if re.search(r"\(", words.split("=")[0]):
                continue  # a function
            if re.search(r"\bconst\b", words) and not re.search(r"[*&]", words):
                continue
            yield f"{name}:{line}: a mutable object outside every function: {said}"


def threads(tree):
    """Only the headers named above start a thread; and the threads of a test note what they see, for the test to assert,
    since Catch2 counts assertions without a lock."""
    starts = re.compile(r"\b(std::(jthread|thread|async)\b(?!::)|pthread_create\b|thrd_create\b|std::execution::par)")
    for name in tree.all_headers:
        for number, line in enumerate(code_of(tree.header(name)).splitlines(), 1):
            if starts.search(line) and name not in THREAD_STARTERS:
                yield f"{name}:{number}: starts a thread, which nobody asked for (THREAD_STARTERS in tests/meta/code_rules.py): {line.strip()}"
    yield from (f"{name}: in THREAD_STARTERS, but starts none" for name in sorted(THREAD_STARTERS)
                if name in tree.all_headers and not starts.search(code_of(tree.header(name))))
    begins = re.compile(r"\b(?:emplace_back|std::(?:thread|async)(?: \w+)?)\s*[({]\s*\[[^\]]*\]")
    for test in sorted((tree.root / "tests").rglob("*.[ch]pp")):
        code = code_of(test.read_text())
        for begun in begins.finditer(code):
            asserted = re.search(r"\b(?:CHECK|REQUIRE)(?:_\w+)?\(", code[begun.end():end_of_block(code, begun.end())])
            if asserted:
                line = code.count("\n", 0, begun.end() + asserted.start()) + 1
                yield f"{test.relative_to(tree.root).as_posix()}:{line}: a thread asserts"


def end_of_block(code, at):
    """Where the block ends that begins behind `at`."""
    depth = 0
    for end in range(code.find("{", at), len(code)):
        depth += (code[end] == "{") - (code[end] == "}")
        if depth == 0:
            return end
    return len(code)

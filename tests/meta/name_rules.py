"""The rules of the house about names: whose they are, and which words they use."""
import pathlib
import re

from code_rules import code_of, declared, statements
from tree import is_public, module_of

# Modules whose names stand in `millrace` itself, and whose private ones share `millrace::detail`.
VOCABULARY = ("core", "chain", "aggregate", "middleware")
# The private headers of core that every module may use: primitives that the library needs more than once.
PRIMITIVES = re.compile(r"core/(\w+/)?detail/")
TYPE = re.compile(r"\b(class|struct|union|enum|concept)\b[^()=]*$|\bconcept\b|^using \w+ =")
WORDS = pathlib.Path(__file__).with_name("words.txt")


def home_of(module):
    return ("millrace", "v0") if module in VOCABULARY else ("millrace", "v0", *module.split("/"))


def declarations(tree):
    """(header, line, name, statement, path) of everything declared at namespace scope."""
    for header in tree.all_headers:
        for line, said, scope, path in statements(code_of(tree.header(header))):
            if scope == "namespace":
                name = declared(said)
                if name and name != "requires":
                    yield header, line, name, said, path


def private_names(tree):
    """No module names another module's detail."""
    owners = {}  # of a private name: the modules that declare it, by the namespace it stands in
    for header, _, name, _, path in declarations(tree):
        if "detail" in path:
            owner = "everybody" if PRIMITIVES.match(header) else module_of(header)
            owners.setdefault((path[:path.index("detail")], name), set()).add(owner)
    toolboxes = [module for module in tree.modules if module not in VOCABULARY]
    for header in tree.all_headers[1:]:
        own = module_of(header)
        code = code_of(tree.header(header))
        for number, line in enumerate(code.splitlines(), 1):
            for before, name in re.findall(r"((?:\b\w+\s*::\s*)*)\bdetail\s*::\s*(\w+)", line):
                spaces = [space for space in re.findall(r"\w+", before) if space not in ("millrace", "v0")]
                other = spaces[-1] if spaces and spaces[-1] in toolboxes else None
                if other and other != own:
                    yield f"{header}:{number}: names {other}::detail::{name}, which is private to {other}"
                    continue
                # Without the toolbox's name: its own detail, or the one that the vocabulary shares.
                place = home_of(own) if not before or other else ("millrace", "v0")
                found = owners.get((place, name)) or owners.get((("millrace", "v0"), name), set())
                if found and own not in found and "everybody" not in found:
                    yield f"{header}:{number}: names detail::{name}, which is private to {', '.join(sorted(found))}"


def redeclared(tree):
    """No module declares a name of another's: a fwd.hpp or a public concept of the other module is included instead."""
    types = {}
    for header, line, name, said, path in declarations(tree):
        own = module_of(header)
        inside = tuple(space for space in path if space != "detail")
        if path and path[0] == "millrace" and inside[:len(home_of(own))] != home_of(own):
            yield f"{header}:{line}: declares {name} in {'::'.join(path)}, which is not {own}'s"
        elif TYPE.search(said) and own in VOCABULARY:
            types.setdefault((path, name), {}).setdefault(own, f"{header}:{line}")
    for (path, name), by in sorted(types.items()):
        if len(by) > 1:
            yield f"{'::'.join(path)}::{name} is declared by {', '.join(f'{own} ({where})' for own, where in sorted(by.items()))}"


def hidden(tree):
    """A module that overloads core's `append_json` brings core's into its namespace, too: else what is included first
    decides whether a text or a number is found there."""
    for header in tree.all_headers:
        if module_of(header) in VOCABULARY:
            continue
        code = tree.header(header)
        if re.search(r"^(inline )?void append_json\((?!.*= delete)", code, re.MULTILINE) and "using millrace::append_json;" not in code:
            yield f"{header}: its append_json hides core's: write `using millrace::append_json;` before it"


def public_names(tree, header):
    """(line, name) of what a header offers: free names and members outside private parts, no `detail`."""
    parts = {}  # of the class that is open at each depth: whether what follows is private
    for line, said, scope, path in statements(code_of(tree.header(header))):
        if "detail" in path:
            continue
        if scope == "namespace":
            parts["private"] = bool(re.match(r"(template\s*<.*>\s*)?(requires\b.*)?(inline )?class\b", said)) or " class " in f" {said} "
            name = declared(said)
        elif scope == "class":
            labels = re.findall(r"\b(public|private|protected)\s*:(?!:)", said)
            if labels:
                parts["private"] = labels[-1] != "public"
            if parts.get("private"):
                continue
            name = declared(re.sub(r"^(?:public|private|protected)\s*:\s*", "", said).removeprefix("static ").removeprefix("constexpr "))
        else:
            continue
        if name:
            yield line, name


def lost_words(tree):
    """(word, instead, modules where it may stand) of words.txt."""
    for line in WORDS.read_text().splitlines():
        if line and not line.startswith("#"):
            word, instead, where = (part.strip() for part in line.split("|"))
            yield word, instead, set(re.findall(r"\w+", where.partition("(")[0]))


def words(tree):
    """Public names, and comments, use the words of words.txt."""
    lost = list(lost_words(tree))
    names = [(re.compile(word.replace("*", r"\w*") + "$"), word, instead, where) for word, instead, where in lost
             if not word.startswith("comment:")]
    said = [(re.compile(rf"\b{word.removeprefix('comment:')}\b"), word.removeprefix("comment:"), instead, where)
            for word, instead, where in lost if word.startswith("comment:")]
    for header in tree.all_headers[1:]:
        own = module_of(header)
        if not (is_public(header) or "/" not in header):
            continue
        for line, name in public_names(tree, header):
            for pattern, word, instead, where in names:
                if pattern.match(name) and own not in where:
                    yield f"{header}:{line}: `{name}`: the word is {instead} (tests/meta/words.txt)"
        for line, text in enumerate(tree.header(header).splitlines(), 1):
            comment = text.partition("///")[2]
            for pattern, word, instead, where in said:
                if comment and pattern.search(comment) and own not in where:
                    yield f"{header}:{line}: a comment says `{word}`: {instead} (tests/meta/words.txt)"

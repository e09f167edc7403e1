#!/usr/bin/env python3
"""Groovy itself reads our Jenkinsfiles, and finds in them the scripts that we meant: ci_groovy.py GROOVY TOOL GOLDEN_FOLDER.

Jenkins runs Groovy 2.4, which Debian 12 packages. The files are run as programs whose calls all do nothing but call their blocks and
note the scripts; the reader of tests/examples/ci_templates.py has to find the same. Without Groovy the test counts as skipped.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "examples"))

from ci_templates import WHOLE, Jenkins  # noqa: E402

RUN = """
import groovy.json.JsonOutput
import org.codehaus.groovy.control.CompilerConfiguration
abstract class Noting extends Script {
  static List scripts = []
  def methodMissing(String name, args) {
    for (each in args) if (each instanceof Map && name == 'sh') scripts << [each.label.toString(), each.script.toString()]
    def block = args ? args[-1] : null
    if (block instanceof Closure) { block.delegate = this; block.resolveStrategy = Closure.DELEGATE_FIRST; block() }
    name
  }
  def propertyMissing(String name) { name }
}
def settings = new CompilerConfiguration(scriptBaseClass: Noting.name)
def all = args.collect {
  Noting.scripts = []
  new GroovyShell(this.class.classLoader, new Binding(), settings).parse(new File(it).getText('US-ASCII')).run()
  Noting.scripts
}
print JsonOutput.toJson(all)
"""
HOSTILE = ["'''", "\\", "\\\\'", "\\u000a", "\\\\u0027", "${x} $x", "/* */ // x", "a\n'''\nb", "\u00e4\u2028\U0001f37a\x07", '"""', "\\\n"]


def scripts(text):
    jenkins = Jenkins(text)
    return [[name, script] for job in jenkins.order if job in jenkins.jobs for name, script, _ in jenkins.steps(job)]


def main():
    groovy, tool, golden = sys.argv[1:]
    if groovy.endswith("NOTFOUND"):
        print("Groovy is missing (Debian: groovy)")
        return 77
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        variables = [word for i, text in enumerate(HOSTILE) for word in ("--variable", f"V{i}={text}")]
        subprocess.run([tool, *WHOLE, *variables, "--schema", "it's \\ \\u0041.json=s.json", "--question", "'''\\u0027 ok?",
                        "--to", folder], check=True, stdout=subprocess.DEVNULL)
        files = [*sorted(pathlib.Path(golden).glob("*.Jenkinsfile")), pathlib.Path(folder) / "Jenkinsfile"]
        program = pathlib.Path(folder) / "run.groovy"
        program.write_text(RUN)
        read = json.loads(subprocess.run([groovy, program, *files], check=True, stdout=subprocess.PIPE, text=True).stdout)
        for file, found in zip(files, read, strict=True):
            meant = scripts(file.read_text())
            print(f"{file.name}: {len(found)} scripts")
            if len(found) < 10 or found != meant:
                print(f"{file}: Groovy reads something else than was meant", file=sys.stderr)
                wrong += 1
        for text in HOSTILE:
            if text.replace("'", "'\\''") not in read[-1][1][1]:
                print(f"{text!r} is not in the script", file=sys.stderr)
                wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

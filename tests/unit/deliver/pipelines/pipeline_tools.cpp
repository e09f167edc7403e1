#include <millrace/deliver/pipelines/pipeline_tools.hpp>

#include <support/catch.hpp>

#include <string>

namespace md = millrace::deliver;
using md::detail::shell_path;
using md::detail::shell_word;

TEST_CASE("a text is one word of the shell, whatever it is") {
  CHECK(shell_word("out/model-1.onnx") == "out/model-1.onnx");
  CHECK(shell_word("") == "''");
  CHECK(shell_word("a b") == "'a b'");
  CHECK(shell_word("it's") == "'it'\\''s'");
  CHECK(shell_word("$(reboot)`x`\n;") == "'$(reboot)`x`\n;'");
  CHECK(shell_word("~root") == "'~root'");
  CHECK(shell_word("A=b") == "'A=b'");
  CHECK(shell_path("-rf") == "./-rf");
  CHECK(shell_path("--x y") == "'./--x y'");
  CHECK(md::detail::shell_words({"a", "b c"}) == " a 'b c'");
  CHECK(md::detail::shell_paths({"a", "-b"}) == " a ./-b");
}

TEST_CASE("tools are installed by version, apart from others, and look at what they are given") {
  const std::string script = md::pip_audit("our requirements.txt").script;
  CHECK_THAT(script, ContainsSubstring("pip-audit==" + std::string(md::pip_audit_version.version) + "\n"));
  CHECK_THAT(script, ContainsSubstring(".ci-pip-audit/bin/pip-audit --strict --requirement 'our requirements.txt'\n"));
  CHECK_THAT(md::mypy({"-x"}).script, ContainsSubstring("/mypy ./-x\n"));
  CHECK_THAT(md::bandit_scan({"a", "b"}).script, ContainsSubstring("/bandit --quiet --recursive a b\n"));
  CHECK_THAT(md::flawfinder({"src"}, 3).script, ContainsSubstring("--minlevel=3 --error-level=3 src\n"));
  CHECK_THAT(md::clang_tidy({"src/.*"}).script, ContainsSubstring("-warnings-as-errors='*' 'src/.*'\n"));
  CHECK_THAT(md::cppcheck({"src"}).script, ContainsSubstring("--error-exitcode=1"));
  CHECK_THAT(md::clang_format({"src"}).script, ContainsSubstring("--dry-run -Werror"));
}

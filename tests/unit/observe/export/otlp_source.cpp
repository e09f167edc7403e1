#include <millrace/observe/export/otlp_source.hpp>

#include <support/catch.hpp>

#include <string>

namespace mr = millrace;

TEST_CASE("otlp_source: a message names the resource, the scope and the library's version") {
  std::string text;
  mr::observe::detail::otlp_json to(text);
  to.message({{{"service.name", "s"}, {"n", 9007199254740993}}}, "as", "bs", "cs", [&] { to.json().value(1); });
  CHECK(text == R"({"as":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"s"}},)"
                R"({"key":"n","value":{"intValue":"9007199254740993"}}]},)"
                R"("bs":[{"scope":{"name":"millrace","version":")" MILLRACE_VERSION_STRING R"("},"cs":[1]}]}]})");
}

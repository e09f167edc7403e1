#include <millrace/connect/yaml.hpp>

#include <support/catch.hpp>
#include <support/service_settings.hpp>
#include <support/temp_dir.hpp>

#include <millrace/store/atomic_file.hpp>
#include <millrace/store/settings/changes.hpp>
#include <millrace/store/settings/describe.hpp>

#include <sys/stat.h>

#include <string>
#include <string_view>

namespace mr = millrace;
namespace ms = millrace::store;
namespace my = millrace::connect::yaml;
using support::made_service;
using support::made_variables;

namespace {

mr::result<ms::loaded_settings<made_service>> load(std::string_view text, const made_variables& variables = {}) {
  return my::load_text<made_service>(text, "s.yaml", {}, variables);
}
std::string refused(std::string_view text) {
  const auto made = load(text);
  return made ? "loaded" : made.error().describe();
}

}  // namespace

TEST_CASE("a file of YAML is settings with lines and columns") {
  const support::temp_dir folder;
  const std::string path = (folder.path() / "service.yaml").string();
  REQUIRE(ms::write_file(path,
                         "# a comment\n"
                         "cache:\n"
                         "  max_size: 0x20\n"
                         "  default_ttl: 90\n"
                         "version: 1.10   # not a number here\n"
                         "tags: {größe: no, \"a b\": 'it''s'}\n"
                         "brokers:\n"
                         "- a:1\n"
                         "- \"b:${PORT:-2}\"\n"
                         "variants:\n"
                         "  - name: control\n"
                         "    weight: 70.0\n"
                         "  - {name: treatment, weight: 30}\n"
                         "caches:\n"
                         "  second: {}\n"
                         "  first:\n"));
  const auto made = my::load<made_service>(path, {.prefix = "S"}, made_variables{{{"S_STRATEGY", "random"}}});
  REQUIRE(made);
  const made_service& is = made->value;
  CHECK(is.cache.max_size == 32);
  CHECK(is.cache.default_ttl == mr::seconds(90));
  CHECK(is.version == "1.10");
  CHECK(is.tags.at("größe") == "no");
  CHECK(is.tags.at("a b") == "it's");
  CHECK(is.brokers == std::vector<std::string>{"a:1", "b:2"});
  CHECK(is.strategy == support::made_strategy::random);
  REQUIRE(is.variants.size() == 2);
  CHECK(is.variants[0].at == ms::setting_place{11, 5});
  CHECK(is.variants[1].at == ms::setting_place{13, 5});
  CHECK(is.caches.at(0).first == "second");
  CHECK(is.caches.at(1).second.max_size == 1000);
  CHECK(made->origins.find("variants[1].weight")->text() == path + ":13:31");
  CHECK(made->origins.find("tags.größe")->at == ms::setting_place{6, 15});
  CHECK(made->origins.find("tags.a b")->at == ms::setting_place{6, 26});  // columns count characters

  const auto again = my::load_text<made_service>(to_yaml(*made), "again.yaml", {}, made_variables{});
  REQUIRE(again);
  CHECK(ms::compare_settings(is, again->value).empty());
}

TEST_CASE("what is no file of settings is refused with its place") {
  CHECK(refused("") == "loaded");
  CHECK(refused("# nothing\n") == "loaded");
  CHECK(refused("version: 1\n...\n") == "loaded");
  CHECK(refused("version: 1\r\nmemory: 5\r\n") == "loaded");
  CHECK(refused("version: 1\nmemory: &m 5\n") ==
        "s.yaml:2:9: anchors and aliases are not read: write the value where it is meant");
  CHECK(refused("tags: &t {a: b}\ncaches: *t\n").starts_with("s.yaml:1:7: anchors and aliases"));
  CHECK(refused("tags: *t\n").starts_with("s.yaml:1:7: no YAML: the referenced anchor is not defined"));
  CHECK(refused("version: !!str 1\n").starts_with("s.yaml:1:10: tags are not read"));
  CHECK(refused("tags: !mine {a: b}\n").starts_with("s.yaml:1:7: tags are not read"));
  CHECK(refused("version: 1\n---\nversion: 2\n").starts_with("s.yaml:2:1: a second document begins"));
  CHECK(refused("cache:\n  max_size: 1\n\tenabled: true\n").starts_with("s.yaml:3:1: a tab in an indentation"));
  CHECK(refused("version: a\tb\n") == "loaded");
  CHECK(refused("\xef\xbb\xbfversion: 1\n").starts_with("s.yaml:1:1: a mark of byte order"));
  CHECK(refused(std::string_view("\xff\xfev\0", 4)).starts_with("s.yaml:1:1: the file is UTF-16"));
  CHECK(refused("version: \xc3\xa4\xc3\n").starts_with("s.yaml:1:11: a byte that is no UTF-8"));
  CHECK(refused(std::string_view("version: a\0b\n", 13)).starts_with("s.yaml:1:11: a control character"));
  CHECK(refused("version: 1\n\x04\nmemory: nonsense\n").starts_with("s.yaml:2:1: a control character"));
  CHECK(refused("version: 1\rmemory: 2\n").starts_with("s.yaml:1:11: a carriage return that ends no line"));
  CHECK(refused("? [a]\n: 1\n").starts_with("s.yaml:1:3: a key that is no text"));
  CHECK(refused("~: 1\n").starts_with("s.yaml:1:1: a key that is no text"));
  CHECK(refused("cache:\n  enabled: true\n enabled: false\n").starts_with("s.yaml:3:2: no YAML: "));
  for (const char* const cut :
       {"version: \"a\n", "version: 'a\n", "version: \"a", "version: [a\n", "tags: {a: b\n", "version: \"a\n\n  b\n"}) {
    INFO(cut);
    CHECK(refused(cut).find(": no YAML: ") != std::string::npos);
  }
  CHECK(load("version: |\n  a\n  b\n")->value.version == "a\nb\n");
  CHECK(load("version: >-\n  a\n  b")->value.version == "a b");
  CHECK(refused("- 1\n- 2\n") == "s.yaml:1:1: is keys with values, not a list");
  CHECK(refused("version\n") == "s.yaml:1:1: is keys with values, not a scalar");
  CHECK(refused("<<: {version: 1}\n").starts_with("s.yaml:1:1: <<: unknown key"));
  CHECK(refused("version: 1\nversion: 2\n") == "s.yaml:2:1: version: stands here twice; first in line 1");
}

TEST_CASE("what is too large or too deep for a file of settings is refused before it costs anything") {
  CHECK(refused(std::string((std::size_t{1} << 20) + 1, ' '))
            .starts_with("s.yaml: larger than a file of settings may be"));
  std::string deep;
  for (int i = 0; i < 500; ++i) deep = "{a: " + deep + '}';
  CHECK(refused(deep).find("(max_depth)") != std::string::npos);
  std::string lists = "tags: ";
  for (int i = 0; i < 50'000; ++i) lists += '[';
  CHECK(refused(lists) != "loaded");
  std::string indented;
  for (int i = 0; i < 1'000; ++i) indented += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  CHECK(refused(indented).find("(max_depth)") != std::string::npos);
  std::string dashes = "brokers:\n";
  for (int i = 0; i < 10'000; ++i) dashes += "- ";
  CHECK(refused(dashes).find("(max_depth)") != std::string::npos);
  std::string many = "brokers: [";
  for (int i = 0; i < 100'001; ++i) many += "a,";
  CHECK(refused(many + "a]\n").find("(max_nodes)") != std::string::npos);
  const auto parsed = my::parse("a: {b: {c: 1}}", "s.yaml", {.max_depth = 2});
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().code() == mr::errc::invalid_data);
}

TEST_CASE("a file of settings that cannot be read is an error with its path") {
  const support::temp_dir folder;
  const std::string path = (folder.path() / "none.yaml").string();
  const auto none = my::load<made_service>(path);
  REQUIRE_FALSE(none);
  CHECK(none.error().code() == mr::errc::not_found);
  CHECK(none.error().describe().find(path) != std::string::npos);
  CHECK_FALSE(my::load<made_service>(folder.path().string()));
  const std::string pipe = (folder.path() / "pipe").string();
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK_FALSE(my::load<made_service>(pipe));
}

TEST_CASE("a secret in a file of YAML is in no message, whatever else is wrong") {
  const std::string canary = "canary-30b2-of-a-secret";
  const std::string texts[] = {"token: " + canary + "\n",
                               "token: [" + canary + "]\n",
                               "token: {a: " + canary + "}\n",
                               "tokn: " + canary + "\n",
                               "token: &a " + canary + "\n",
                               "token: !x " + canary + "\n",
                               "token: \"" + canary + "\n",
                               "token: " + canary + ": b: c\n",
                               "token: " + canary + "\ntoken: " + canary + "\n",
                               "token: \"" + canary + "\\q\"\n",
                               "token: 'env:" + canary + "'\n",
                               "enable_gpu: " + canary + "\n"};
  for (const std::string& text : texts) {
    INFO(text);
    const std::string said = refused(text);
    CHECK(said != "loaded");
    CHECK(said.find(canary) == said.npos);
  }
}

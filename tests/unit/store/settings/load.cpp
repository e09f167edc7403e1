#include <millrace/store/settings/load.hpp>

#include <support/catch.hpp>
#include <support/service_settings.hpp>
#include <support/temp_dir.hpp>

#include <millrace/store/atomic_file.hpp>

#include <limits>
#include <string>

namespace mr = millrace;
namespace ms = millrace::store;
using support::made_service;
using support::made_variables;
using support::node_maker;

namespace {

const std::string canary = "canary-9d1f-of-a-secret-that-nothing-shows";

mr::result<ms::loaded_settings<made_service>> load(const ms::settings_node& node, const made_variables& variables = {},
                                                   const ms::settings_sources& sources = {}) {
  return ms::load_settings<made_service>(node, "service.yaml", sources, variables);
}
std::string refused(const ms::settings_node& node, const made_variables& variables = {},
                    const ms::settings_sources& sources = {}) {
  const auto made = load(node, variables, sources);
  return made ? "loaded" : made.error().describe();
}

}  // namespace

TEST_CASE("settings are the defaults, then the file's, the environment's and the program's, in this order") {
  node_maker make;
  CHECK(load({})->value.cache.max_size == 1000);
  CHECK(load({})->value.brokers == std::vector<std::string>{"localhost:9092"});

  const auto file =
      make.names({{"cache", make.names({{"max_size", make.scalar("10")}, {"enabled", make.scalar("false")}})},
                  {"brokers", make.list({make.scalar("a:1"), make.scalar("b:2")})}});
  const auto from_file = load(file);
  REQUIRE(from_file);
  CHECK(from_file->value.cache.max_size == 10);
  CHECK_FALSE(from_file->value.cache.enabled);
  CHECK(from_file->value.cache.default_ttl == mr::seconds(300));
  CHECK(from_file->value.brokers.size() == 2);

  const made_variables variables{{{"GRESS_CACHE_MAX_SIZE", "20"},
                                  {"GRESS_CACHE_ENABLED", ""},
                                  {"KAFKA_BROKERS", "c:3, d:4 ,e:5"},
                                  {"CACHE_MAX_SIZE", "999"}}};
  const auto from_environment = load(file, variables, {.prefix = "GRESS"});
  REQUIRE(from_environment);
  CHECK(from_environment->value.cache.max_size == 20);
  CHECK_FALSE(from_environment->value.cache.enabled);
  CHECK(from_environment->value.brokers == std::vector<std::string>{"c:3", "d:4", "e:5"});
  CHECK(from_environment->origins.find("cache.max_size")->text() == "environment GRESS_CACHE_MAX_SIZE");
  CHECK(load(file, variables)->value.cache.max_size == 10);  // no prefix: only variables that settings name
  CHECK(load(file, made_variables{{{"GRESS_BROKERS", "f:6"}, {"KAFKA_BROKERS", "c:3"}}}, {.prefix = "GRESS"})
            ->value.brokers == std::vector<std::string>{"f:6"});

  const auto from_code = ms::load_settings<made_service>(
      file, "service.yaml",
      {.prefix = "GRESS", .set = {{"cache.max_size", "30"}, {"threshold", "0.5"}, {"brokers", "g:7"}}}, variables,
      [](made_service& settings) { settings.version = "adjusted"; });
  REQUIRE(from_code);
  CHECK(from_code->value.cache.max_size == 30);
  CHECK(from_code->value.threshold == 0.5);
  CHECK(from_code->value.brokers == std::vector<std::string>{"g:7"});
  CHECK(from_code->value.version == "adjusted");
}

TEST_CASE("all that is wrong with settings is said at once, with places and the nearest key") {
  node_maker make;
  const auto text =
      refused(make.names({{"cach", make.names({})},
                          {"cache", make.names({{"Max-Size", make.scalar("1")}, {"max_size", make.scalar("0")}})},
                          {"strategy", make.scalar("hsah")},
                          {"threshold", make.scalar("1.5")},
                          {"version", make.list({})},
                          {"enable_gpu", make.scalar("true")},
                          {"brokers", make.scalar("a:1")},
                          {"memory", make.scalar("1.5")}}));
  CHECK(text ==
        "service.yaml:1:1: cach: unknown key; the nearest: cache, caches\n"
        "service.yaml:2:1: cache.Max-Size: unknown key; the nearest: max_size\n"
        "service.yaml:3:9: cache.max_size: \"0\" is below 1\n"
        "service.yaml:5:9: strategy: \"hsah\" is none of hash, random\n"
        "service.yaml:6:9: threshold: \"1.5\" is above 1\n"
        "service.yaml:7:9: version: is a text, not a list\n"
        "service.yaml:8:1: enable_gpu: is not used here: there is no engine for it\n"
        "service.yaml:9:9: brokers: is a list, not a scalar\n"
        "service.yaml:10:9: memory: \"1.5\" is no size, such as 512, 64KiB or 1.5GB");
  CHECK(refused(make.names({{"verison", make.scalar("1")}}))
            .ends_with("unknown key; the nearest: version"));  // two letters exchanged
  std::vector<ms::settings_problem> problems;
  const auto made = load(make.names({{"x", make.scalar("1")}}), {},
                         {.set = {{"cache.max_sise", "1"}, {"token", "abc"}}, .problems = &problems});
  REQUIRE_FALSE(made);
  CHECK(made.error().code() == mr::errc::not_found);
  REQUIRE(problems.size() == 3);
  CHECK(problems[1].text() == "code: cache.max_sise: unknown key; the nearest: max_size");
  CHECK(problems[2].source == "code");
}

TEST_CASE("keys that stand twice, items, required settings and sections that do not fit together are found") {
  node_maker make;
  auto twice = make.names({{"version", make.scalar("1")}, {"version", make.scalar("2")}});
  CHECK(refused(twice) == "service.yaml:2:1: version: stands here twice; first in line 1");
  auto names = make.names({{"tags", make.names({{"a", make.scalar("1")}, {"a", make.scalar("2")}})}});
  CHECK(refused(names).ends_with("tags.a: stands here twice; first in line 4"));
  const auto variants = [&](const char* first, const char* second) {
    return make.names({{"variants", make.list({make.names({{"name", make.scalar("a")}, {"weight", make.scalar(first)}}),
                                               make.names({{"weight", make.scalar(second)}})})}});
  };
  const std::string missing = refused(variants("70", "30"));
  CHECK(missing.find("variants[1].name: is required, and nobody says it") != missing.npos);
  auto half =
      make.names({{"variants", make.list({make.names({{"name", make.scalar("a")}, {"weight", make.scalar("70")}})})}});
  CHECK(refused(half).find(": variants: the weights do not sum to 100") != std::string::npos);
  auto whole =
      make.names({{"variants", make.list({make.names({{"name", make.scalar("a")}, {"weight", make.scalar("100")}})})}});
  const auto made = load(whole);
  REQUIRE(made);
  CHECK(made->value.variants.at(0).at.line != 0);
  // A section of which something is wrong is not asked whether it fits together.
  const std::string one = refused(variants("x", "30"));
  CHECK(one.find("do not sum") == one.npos);
  const auto adjusted =
      ms::load_settings<made_service>({}, "service.yaml", {}, made_variables{}, [](made_service& settings) {
        settings.cache.max_size = 0;
        settings.threshold = std::numeric_limits<double>::quiet_NaN();
      });
  REQUIRE_FALSE(adjusted);
  CHECK(adjusted.error().describe() ==
        "default: cache.max_size: its value is below 1\ndefault: threshold: its value is not finite");
}

TEST_CASE("scalars mean what YAML 1.2 means, where a setting is no text, and what is written where it is") {
  node_maker make;
  for (const char* const text :
       {"no", "on", "1:30", "0o17", "1_000", "1.10", "NaN", ".nan", "2024-01-01", "0x1F", "", "~x"}) {
    const auto made = load(make.names({{"version", make.scalar(text)}}));
    REQUIRE(made);
    CHECK(made->value.version == text);
  }
  const auto size = [&](const char* text, bool is_quoted = false) {
    const auto made =
        load(make.names({{"cache", make.names({{"max_size", is_quoted ? make.quoted(text) : make.scalar(text)}})}}));
    return made ? std::to_string(made->value.cache.max_size) : "no";
  };
  CHECK(size("12") == "12");
  CHECK(size("+12") == "12");
  CHECK(size("0o17") == "15");
  CHECK(size("0x1F") == "31");
  for (const char* const text :
       {"017", "1_000", "1:30", "1e3", "12.0", "-1", "4294967296", "18446744073709551616", "0o8", "0x", "", " 1"}) {
    INFO(text);
    CHECK(size(text) == "no");
  }
  CHECK(size("12", true) == "no");
  const auto flag = [&](const char* text) {
    const auto made = load(make.names({{"cache", make.names({{"enabled", make.scalar(text)}})}}));
    return !made ? "no" : made->value.cache.enabled ? "true" : "false";
  };
  CHECK(flag("True") == std::string("true"));
  CHECK(flag("FALSE") == std::string("false"));
  for (const char* const text : {"yes", "no", "on", "off", "y", "1", "0", "tRue", ""})
    CHECK(flag(text) == std::string("no"));
  const auto real = [&](const char* text) {
    const auto made = load(make.names({{"threshold", make.scalar(text)}}));
    return made ? *made->value.threshold : -1;
  };
  CHECK(real("0.5") == 0.5);
  CHECK(real("5e-1") == 0.5);
  CHECK(real(".5") == 0.5);
  CHECK(real("1.") == 1);
  CHECK(real("+1") == 1);
  for (const char* const text :
       {".inf", "-.inf", ".nan", "NaN", "nan", "inf", "1e999", "1_0", "1:30", "0x1", "1e", "", "."}) {
    INFO(text);
    CHECK(real(text) == -1);
  }
  CHECK_FALSE(load(make.names({{"threshold", make.nothing()}}))->value.threshold.has_value());
  CHECK(load(make.names({{"cache", make.nothing()}}))->value.cache.max_size == 1000);
  CHECK(load(make.names({{"brokers", make.nothing()}}))->value.brokers.empty());
  CHECK(refused(make.names({{"version", make.nothing()}})).ends_with("version: is a text, not nothing (null or ~)"));
}

TEST_CASE("variables in a file's scalars become texts of these scalars, and are not shown") {
  node_maker make;
  const made_variables variables{
      {{"STAGE", "blue"}, {"PORT", "7"}, {"EMPTY", ""}, {"TRICK", "${STAGE}"}, {"SECRET", canary}}};
  const auto version = [&](const char* text) {
    const auto made = load(make.names({{"version", make.quoted(text)}}), variables);
    return made ? made->value.version : made.error().describe();
  };
  CHECK(version("a-${STAGE}-${PORT}") == "a-blue-7");
  CHECK(version("${NONE:-green}") == "green");
  CHECK(version("${EMPTY:-green}") == "green");
  CHECK(version("${STAGE:-green}") == "blue");
  CHECK(version("${NONE:-}") == "");
  CHECK(version("$${STAGE} $STAGE") == "${STAGE} $STAGE");
  CHECK(version("${TRICK}") == "${STAGE}");  // once
  CHECK(version("${NONE}").ends_with("version: the environment variable NONE is not set, or empty"));
  for (const char* const text : {"${", "${}", "${A", "${A-b}", "${1A}", "${A:-${B}}", "${A B}"}) {
    INFO(text);
    CHECK(version(text).find("is neither ${NAME} nor ${NAME:-default}") != std::string::npos);
  }
  CHECK(load(make.names({{"cache", make.names({{"max_size", make.scalar("${PORT}")}})}}), variables)
            ->value.cache.max_size == 7);
  CHECK(load(make.names({{"cache", make.names({{"max_size", make.quoted("${PORT}")}})}}), variables)
            ->value.cache.max_size == 7);
  const std::string wrong =
      refused(make.names({{"cache", make.names({{"max_size", make.scalar("${SECRET}")}})}}), variables);
  CHECK(wrong.find("\"${SECRET}\" is no integer") != wrong.npos);
  CHECK(wrong.find(canary) == wrong.npos);
  const std::string pasted = refused({}, made_variables{{{"GRESS_CACHE_MAX_SIZE", canary}}}, {.prefix = "GRESS"});
  CHECK(pasted == "environment GRESS_CACHE_MAX_SIZE: cache.max_size: what it holds is no integer");
}

TEST_CASE("secrets are given by reference, and no message has one") {
  node_maker make;
  const support::temp_dir folder;
  const std::string path = (folder.path() / "token").string();
  REQUIRE(ms::write_file(path, canary + "\n"));
  const made_variables variables{{{"TOKEN", canary}, {"EMPTY", ""}}};
  const auto token = [&](const std::string& text) {
    return load(make.names({{"token", make.scalar(text)}}), variables);
  };
  REQUIRE(token("env:TOKEN"));
  CHECK(token("env:TOKEN")->value.token.expose() == canary);
  CHECK(token("env:TOKEN")->origins.find("token")->reference == "env:TOKEN");
  REQUIRE(token("file:" + path));
  CHECK(token("file:" + path)->value.token.expose() == canary);
  for (const std::string& text :
       {canary, "env:" + canary, std::string("${TOKEN}"), std::string("env:NONE"), std::string("env:EMPTY"),
        "file:" + path + ".none", std::string("env:"), std::string("file:"), std::string()}) {
    const auto made = token(text);
    REQUIRE_FALSE(made);
    CHECK(made.error().describe().find(canary) == std::string::npos);
  }
  const auto direct = load({}, made_variables{{{"GRESS_TOKEN", canary}}}, {.prefix = "GRESS"});
  REQUIRE(direct);
  CHECK(direct->value.token.expose() == canary);
  CHECK(direct->origins.find("token")->reference == "env:GRESS_TOKEN");
  const auto by_file = load({}, made_variables{{{"GRESS_TOKEN_FILE", path}}}, {.prefix = "GRESS"});
  REQUIRE(by_file);
  CHECK(by_file->value.token.expose() == canary);
  CHECK(load({}, variables, {.set = {{"token", "env:TOKEN"}}})->value.token.expose() == canary);
  CHECK(refused({}, variables, {.set = {{"token", canary}}}).find(canary) == std::string::npos);
}

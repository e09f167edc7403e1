#include <millrace/mlops/context.hpp>

#include <support/catch.hpp>
#include <support/temp_dir.hpp>

#include <millrace/store/sqlite.hpp>

#include <map>
#include <string>
#include <utility>

namespace mr = millrace;
namespace ml = millrace::mlops;
using in_sqlite = ml::in_file<mr::store::sqlite_storage<>>;

namespace {

struct given_variables {
  std::map<std::string, std::string> all;
  const char* find(const char* name) const {
    const auto found = all.find(name);
    return found == all.end() ? nullptr : found->second.c_str();
  }
};

/// A backend of a program's own, which is refused its token.
struct remote {
  static constexpr std::string_view name = "remote";
  ml::in_memory kept;

  static mr::result<remote> open(ml::context_settings& settings, const ml::context_options& options) {
    if (settings.token.expose() != "right")
      return mr::error(mr::errc::permission_denied, settings.host + " refuses the token");
    auto made = ml::in_memory::open(settings, options);
    if (!made) return std::move(made).error();
    return remote{*std::move(made)};
  }
  auto& tracker() noexcept { return kept.tracker(); }
  auto& registry() noexcept { return kept.registry(); }
};

}  // namespace

TEST_CASE("the environment chooses among a program's backends") {
  static_assert(ml::context_backend<in_sqlite> && ml::context_backend<ml::in_memory> && ml::context_backend<remote>);
  const support::temp_dir scratch;
  const std::string folder = scratch.path().string();
  given_variables from{{{"MILLRACE_PATH", folder}}};
  for (const auto& [value, chosen] : {std::pair("", "sqlite"), std::pair("sqlite", "sqlite"),
                                      std::pair("local", "sqlite"), std::pair("memory", "memory")}) {
    from.all["MILLRACE_BACKEND"] = value;
    auto opened = ml::open_context<in_sqlite, ml::in_memory, remote>(from);
    REQUIRE(opened);
    CHECK(opened->backend() == chosen);
    auto moved = *std::move(opened);
    const bool made = moved.visit([&](auto& at) {
      return at.tracker().create_experiment(value).has_value() &&
             at.registry().create_model({.name = value + std::string("m"), .actor = "ada"}).has_value();
    });
    CHECK(made == (*value != '\0'));  // an experiment has a name
  }
  CHECK(mr::store::sqlite_storage<>::open(folder + "/millrace.db"));
  auto one = ml::open_context<ml::in_memory>(given_variables{});
  REQUIRE(one);
  CHECK(one->tracker().create_experiment("e"));
  CHECK(one->registry().create_model({.name = "m", .actor = "ada"}));
}

TEST_CASE("a backend that a program does not have is named, with those that it has") {
  for (const char* variable : {"MILLRACE_BACKEND", "TAURO_MLOPS_BACKEND"})
    for (const char* value : {"sqlit", "Memory", "databricks", "sqlite "}) {
      const auto refused = ml::open_context<in_sqlite, ml::in_memory>(given_variables{{{variable, value}}});
      REQUIRE_FALSE(refused);
      CHECK(refused.error().code() == mr::errc::invalid_argument);
      CHECK(refused.error().message() ==
            std::string(variable) + " is \"" + value + "\", and this program has sqlite (or local), memory");
    }
  const auto refused = ml::context<ml::in_memory>::open({.backend = "x"});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message() == "the backend is \"x\", and this program has memory");
}

TEST_CASE("a backend gets the token, and no error of a context has it") {
  given_variables from{{{"MILLRACE_BACKEND", "remote"}, {"MILLRACE_HOST", "host"}, {"MILLRACE_TOKEN", "canary-2f7e"}}};
  const auto refused = ml::open_context<ml::in_memory, remote>(from);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().describe() == mr::error(mr::errc::permission_denied, "host refuses the token").describe());
  from.all["MILLRACE_TOKEN"] = "right";
  CHECK(ml::open_context<ml::in_memory, remote>(from));
}

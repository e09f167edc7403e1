#include <millrace/core/diagnostic.hpp>

#include <support/catch.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace mr = millrace;

namespace {

struct kept_diagnostics {
  std::vector<std::string> lines;
  void report(const mr::diagnostic& said) noexcept {
    std::string line(mr::to_string(said.level));
    line.append(" ").append(said.component).append(": ").append(said.message);
    if (said.why != nullptr) line += ": " + said.why->describe();
    for (const mr::diagnostic_field& each : said.fields)
      each.visit([&]<class T>(const T& value) {
        line.append(" ").append(each.name()).append("=");
        if constexpr (std::is_same_v<T, std::string_view>)
          line += value;
        else
          line += std::to_string(value);
      });
    lines.push_back(std::move(line));
  }
};
struct counted_diagnostics {
  int* count;
  void report(const mr::diagnostic&) const noexcept { ++*count; }
};

static_assert(mr::diagnostics_sink<kept_diagnostics> && mr::diagnostics_sink<const counted_diagnostics> &&
              mr::diagnostics_sink<mr::diagnostics_ref>);

}  // namespace

TEST_CASE("diagnostics go nowhere by default, and to a sink of any type that is named", "[diagnostic]") {
  const mr::error why = mr::error(mr::errc::no_space, "No space left").wrap("cannot write");
  const mr::diagnostic_field fields[] = {
      {"path", "a.log"}, {"dropped", std::uint64_t{1} << 63}, {"at", -3}, {"share", 0.5}};
  const mr::diagnostic said{mr::severity::error, "log", "the disk refuses", &why, fields};

  const mr::diagnostics_ref none;
  CHECK_FALSE(none);
  none.report(said);

  kept_diagnostics kept;
  mr::diagnostics_ref to = kept;
  CHECK(to);
  to.report(said);
  const mr::diagnostics_ref copy = to;
  copy.report({.message = "nothing else"});
  REQUIRE(kept.lines.size() == 2);
  CHECK(kept.lines[0] ==
        "error log: the disk refuses: cannot write: No space left path=a.log dropped=9223372036854775808 at=-3 "
        "share=0.500000");
  CHECK(kept.lines[1] == "info : nothing else");

  int count = 0;
  const counted_diagnostics counted{&count};
  to = counted;
  to.report(said);
  copy.report(said);  // still the first
  CHECK(count == 1);
  CHECK(kept.lines.size() == 3);
}

TEST_CASE("severities have names and an order", "[diagnostic]") {
  CHECK(mr::severity::debug < mr::severity::info);
  CHECK(mr::severity::error < mr::severity::critical);
  CHECK(mr::to_string(mr::severity::warning) == "warning");
  CHECK(mr::to_string(static_cast<mr::severity>(99)) == "unknown");
}

#include <millrace/store/settings/problem.hpp>

#include <support/catch.hpp>

#include <string>

namespace mr = millrace;
namespace ms = millrace::store;

TEST_CASE("problems are one error with a line for each, and what is too much is counted") {
  ms::settings_problems all;
  CHECK(all.empty());
  all.add({mr::errc::not_found, "service.yaml", {12, 7}, "inference.max_row", "unknown key"});
  all.add({mr::errc::out_of_range, "code", {}, "inference.max_rows", "0 is below 1"});
  all.add({mr::errc::invalid_data, "", {}, "", "nothing fits"});
  const mr::error made = all.as_error();
  CHECK(made.code() == mr::errc::not_found);
  CHECK(made.describe() ==
        "service.yaml:12:7: inference.max_row: unknown key\ncode: inference.max_rows: 0 is below 1\nnothing fits");
  for (int i = 0; i < 200; ++i) all.add({mr::errc::invalid_data, "x", {}, "", "again"});
  CHECK(all.is_full());
  CHECK(all.all().size() == ms::settings_problems::max_kept);
  const std::string text = all.as_error().describe();
  CHECK(text.ends_with("\nand 103 more"));
}

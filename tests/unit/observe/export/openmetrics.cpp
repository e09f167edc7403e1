#include <millrace/observe/export/openmetrics.hpp>

#include <support/catch.hpp>
#include <support/observe_registry.hpp>

#include <millrace/store/file.hpp>

#include <string>

namespace mr = millrace;

TEST_CASE("an OpenMetrics page is the format's, byte for byte") {
  mr::observe::metrics_registry registry;
  support::fill_with_trouble(registry);
  CHECK(mr::observe::to_openmetrics(registry.snapshot()) ==
        mr::store::read_file(MILLRACE_GOLDEN_DIR "/observe/trouble.openmetrics").value());
  CHECK(mr::observe::to_openmetrics(mr::observe::metrics_registry().snapshot()) == "# EOF\n");
}

TEST_CASE("bounds are written in the canonical form") {
  // The examples of OpenMetrics 1.0.0, "Canonical Numbers".
  const std::pair<double, const char*> examples[] = {
      {0, "0.0"},       {0.001, "0.001"},       {0.017, "0.017"},     {9.999, "9.999"},
      {10, "10.0"},     {1e-10, "1e-10"},       {1e-9, "1e-09"},      {1e-8, "1e-08"},
      {1e-7, "1e-07"},  {1e-6, "1e-06"},        {1e-5, "1e-05"},      {0.0001, "0.0001"},
      {0.01, "0.01"},   {0.1, "0.1"},           {1, "1.0"},           {100, "100.0"},
      {1000, "1000.0"}, {10000, "10000.0"},     {1e5, "100000.0"},    {1e6, "1e+06"},
      {1e7, "1e+07"},   {1e8, "1e+08"},         {1e9, "1e+09"},       {1e10, "1e+10"},
      {-2.5, "-2.5"},   {123456.5, "123456.5"}, {1.5e300, "1.5e+300"}};
  for (const auto& [bound, text] : examples) CHECK(mr::observe::detail::bound_text(bound) == text);
}

TEST_CASE("no locale changes a byte of an OpenMetrics page") {
  mr::observe::metrics_registry registry;
  support::fill_with_trouble(registry);
  const std::string expected = mr::observe::to_openmetrics(registry.snapshot());
  const support::comma_locale commas;
  mr::observe::metrics_registry fresh;
  support::fill_with_trouble(fresh);
  CHECK(mr::observe::to_openmetrics(fresh.snapshot()) == expected);
}

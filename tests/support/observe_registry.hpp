#ifndef MILLRACE_TESTS_SUPPORT_OBSERVE_REGISTRY_HPP
#define MILLRACE_TESTS_SUPPORT_OBSERVE_REGISTRY_HPP

#include <millrace/core/seed.hpp>
#include <millrace/observe/metrics.hpp>

#include <cstdint>
#include <limits>
#include <locale>
#include <string>

namespace support {

/// Fills a registry with one of everything that has tripped an exporter: quotes, backslashes,
/// newlines and bad bytes in labels and help, values that are no numbers, negative bounds.
inline void fill_with_trouble(millrace::observe::metrics_registry& registry) {
  namespace mr = millrace;
  constexpr double infinity = std::numeric_limits<double>::infinity();
  registry.counter({"rows_total", "Rows \"read\" from C:\\data\nand kept."}, {{"file", "a \"b\"\\c\nd"}, {"split", ""}})
      .value()
      .add(3);
  registry
      .counter({"rows_total", "Rows \"read\" from C:\\data\nand kept."},
               {{"file", "\xff\x01 caf\xc3\xa9\t\r"}, {"split", "x"}})
      .value()
      .add(9007199254740991);
  registry.counter({"sent_bytes", "Sent.", "bytes"}).value();
  registry.gauge({"loss", "Loss."}, {{"kind", "nan"}}).value().set(std::numeric_limits<double>::quiet_NaN());
  registry.gauge({"loss", "Loss."}, {{"kind", "up"}}).value().set(infinity);
  registry.gauge({"loss", "Loss."}, {{"kind", "down"}}).value().set(-infinity);
  registry.gauge({"loss", "Loss."}, {{"kind", "tiny"}}).value().set(-2.5e-7);
  registry.gauge({"loss", "Loss."}, {{"kind", "third"}}).value().set(1.0 / 3);
  const auto score = registry.histogram({"score", "Signed."}, {-1, 0, 0.25, 1e6}, {{"model", "m\"1\""}}).value();
  for (const double v : {-2.0, -1.0, -0.5, 0.0, 0.2, 7.0, 2e6, infinity}) score.update(v);
  registry.histogram({"size", "Never seen."}, {1, 2}).value();
  const auto step = registry.timer({"step_seconds", "A step."}).value();
  for (const std::uint64_t ns : {90U, 100U, 101U, 1500U, 2'000'000'000U}) step.update(ns);
  step.update(11'000'000'000);
}

/// Any bytes at all, quotes, backslashes and newlines more often than others.
inline std::string random_bytes(millrace::random_engine& random, std::size_t most = 12) {
  std::string text;
  for (std::uint64_t n = random.below(most + 1); n > 0; --n) {
    static constexpr char often[] = {'"', '\\', '\n', '{', '}', ',', '=', ' ', '#', '\r', '\t', '\0'};
    text += random.below(2) == 0 ? often[random.below(sizeof often)] : static_cast<char>(random.below(256));
  }
  return text;
}

/// A locale that writes 1234.5 as 1.234,5, in force until the end of the scope.
class comma_locale {
 public:
  comma_locale() : before_(std::locale::global(std::locale(std::locale::classic(), new commas))) {}
  comma_locale(const comma_locale&) = delete;
  comma_locale& operator=(const comma_locale&) = delete;
  ~comma_locale() { std::locale::global(before_); }

 private:
  struct commas : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
  };
  std::locale before_;
};

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_OBSERVE_REGISTRY_HPP

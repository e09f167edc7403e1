// Tables of any times, keys and gaps are joined as a look at every fact would join them.
#include <millrace/feature/series/as_of_join.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace mf = millrace::feature;

/// Numbers from the input, zeros behind its end.
struct bytes {
  const std::uint8_t* at;
  std::size_t left;

  std::uint8_t next() noexcept { return left == 0 ? std::uint8_t{0} : (--left, *at++); }
  std::int64_t time() noexcept {
    const std::uint8_t one = next();
    if (one == 255) return mf::column::no_time;
    return one == 254 ? INT64_MAX : one == 253 ? INT64_MIN + 1 : one;
  }
};

mf::column times(const char* name, std::vector<std::int64_t> of) {
  return {.name = name, .kind = mf::column_kind::time, .times = std::move(of)};
}
mf::table table_of(bytes& from, std::size_t rows, bool facts) {
  std::vector<std::int64_t> first, second;
  std::vector<double> numbers;
  std::vector<std::uint32_t> codes;
  for (std::size_t i = 0; i < rows; ++i) {
    first.push_back(from.time());
    second.push_back(from.time());
    const std::uint8_t key = from.next() % 4;
    codes.push_back(key == 3 ? mf::column::no_text : key);
    numbers.push_back(static_cast<double>(i));
  }
  mf::table made;
  bool added = made.add(times(facts ? "valid" : "at", first)).has_value();
  if (facts) added = added && made.add(times("created", second)) && made.add({.name = "row", .numbers = numbers});
  // The facts spell their keys in another order.
  const std::vector<std::string> texts =
      facts ? std::vector<std::string>{"b", "a", "c"} : std::vector<std::string>{"a", "b", "c"};
  added =
      added && made.add({.name = "key", .kind = mf::column_kind::category, .codes = std::move(codes), .texts = texts});
  if (!added) std::abort();
  return made;
}

constexpr std::size_t none = static_cast<std::size_t>(-1);

/// The number of the fact for a row, or none.
std::size_t fact_of(const mf::table& asked, const mf::table& facts, std::size_t row, std::int64_t tolerance) {
  const mf::column &at = *asked.find("at"), &key = *asked.find("key");
  const mf::column &valid = *facts.find("valid"), &created = *facts.find("created"), &of = *facts.find("key");
  if (at.missing(row) || key.missing(row)) return none;
  const auto rank = [&](std::size_t k) { return std::pair(valid.times[k], created.times[k]); };
  std::size_t best = none;
  for (std::size_t i = 0; i < facts.rows(); ++i) {
    if (valid.missing(i) || created.missing(i) || of.missing(i) || of.text(i) != key.text(row)) continue;
    if (valid.times[i] > at.times[row] || created.times[i] > at.times[row]) continue;
    if (best == none || rank(i) >= rank(best)) best = i;
  }
  if (best == none || tolerance == 0) return best;
  const auto apart = static_cast<std::uint64_t>(at.times[row]) - static_cast<std::uint64_t>(valid.times[best]);
  return apart <= static_cast<std::uint64_t>(tolerance) ? best : none;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  bytes from{data, size};
  const std::size_t asked_rows = 1 + from.next() % 12, fact_rows = 1 + from.next() % 24;
  const std::int64_t tolerance = from.next() % 64;
  const mf::table asked = table_of(from, asked_rows, false), facts = table_of(from, fact_rows, true);
  const auto joined = mf::as_of_join(asked, facts,
                                     {.asked_at = "at",
                                      .happened_at = "valid",
                                      .known_at = "created",
                                      .key = "key",
                                      .tolerance = millrace::duration{tolerance}});
  if (!joined) std::abort();
  const mf::column& found = *joined->find("row");
  for (std::size_t row = 0; row < asked_rows; ++row) {
    const std::size_t wanted = fact_of(asked, facts, row, tolerance);
    if (wanted == none ? !found.missing(row) : found.numbers[row] != static_cast<double>(wanted)) std::abort();
  }
  return 0;
}

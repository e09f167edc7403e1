#ifndef MILLRACE_TESTS_SUPPORT_FEATURE_TABLES_HPP
#define MILLRACE_TESTS_SUPPORT_FEATURE_TABLES_HPP

#include <millrace/core/seed.hpp>
#include <millrace/feature.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace support {

/// An event, and the row of a table that holds the same.
struct order {
  double amount = 0;
  std::optional<double> age;
  std::string country;
  std::string device;
  std::optional<std::string> note;
  std::optional<std::chrono::sys_time<std::chrono::nanoseconds>> at;
};

/// Features of orders without NaN, for models that take none.
inline std::vector<millrace::feature::specification> filled_features() {
  namespace mf = millrace::feature;
  return {{.name = "amount", .type = "standardize", .rules = {mf::missing(mf::flag(0))}},
          {.name = "age", .type = "impute", .parameters = {{"with", "median"}}},
          {.name = "country", .type = "one_hot"},
          {.name = "device", .type = "one_hot", .parameters = {{"categories", {"7", "3", "39"}}}},
          {.name = "hour",
           .type = "temporal",
           .sources = {"at"},
           .parameters = {{"parts", {"cyclic hour", "weekday"}}},
           .rules = {mf::missing(mf::fill(0))}}};
}

/// Orders as a generator with this seed gives them: missing, infinite and huge values among them, ties, unknown words.
inline std::vector<order> random_orders(std::size_t count, unsigned seed) {
  std::mt19937_64 draw(seed);
  const auto below = [&](unsigned n) { return static_cast<unsigned>(draw() % n); };
  const char* const countries[] = {"DE", "FR", "US", "BR", "", "\u00c4gypten"};
  const char* const notes[] = {"two words", "", " refund of ORDER 7", "\xff\xfe", "na\u00efve caf\u00e9", "x"};
  std::vector<order> made(count);
  for (order& one : made) {
    one.amount = static_cast<double>(below(4001)) / 8 - 100;
    if (below(20) == 0) one.amount = std::numeric_limits<double>::quiet_NaN();
    if (below(30) == 0) one.amount = below(2) == 0 ? 1e300 : -std::numeric_limits<double>::infinity();
    if (below(4) != 0) one.age = static_cast<double>(below(7));
    one.country = countries[below(6)];
    one.device = std::to_string(below(40));
    if (below(5) != 0) one.note = notes[below(6)];
    if (below(6) != 0)
      one.at.emplace(std::chrono::nanoseconds(static_cast<std::int64_t>(draw() >> 2) - (std::int64_t{1} << 61)));
  }
  return made;
}

inline millrace::feature::table table_of(const std::vector<order>& orders) {
  namespace mf = millrace::feature;
  mf::column amount{.name = "amount", .kind = mf::column_kind::number};
  mf::column age{.name = "age", .kind = mf::column_kind::number};
  mf::column country{.name = "country", .kind = mf::column_kind::category};
  mf::column device{.name = "device", .kind = mf::column_kind::category};
  mf::column note{.name = "note", .kind = mf::column_kind::text};
  mf::column at{.name = "at", .kind = mf::column_kind::time};
  const auto add_text = [](mf::column& to, const std::string& text) {
    std::size_t code = 0;
    while (code < to.texts.size() && (to.kind == mf::column_kind::text || to.texts[code] != text)) ++code;
    if (code == to.texts.size()) to.texts.push_back(text);
    to.codes.push_back(static_cast<std::uint32_t>(code));
  };
  for (const order& one : orders) {
    amount.numbers.push_back(one.amount);
    age.numbers.push_back(one.age.value_or(std::numeric_limits<double>::quiet_NaN()));
    if (one.country.empty())
      country.codes.push_back(mf::column::no_text);
    else
      add_text(country, one.country);
    add_text(device, one.device);
    if (one.note)
      add_text(note, *one.note);
    else
      note.codes.push_back(mf::column::no_text);
    at.times.push_back(one.at ? one.at->time_since_epoch().count() : mf::column::no_time);
  }
  mf::table made;
  for (mf::column* const each : {&amount, &age, &country, &device, &note, &at}) (void)made.add(std::move(*each));
  return made;
}

/// The cells of an order, as a service gets them.
inline std::vector<millrace::feature::named_cell> cells_of(const order& one) {
  using millrace::feature::cell;
  return {
      {"amount", one.amount}, {"age", one.age ? cell(*one.age) : cell()},    {"country", one.country},
      {"device", one.device}, {"note", one.note ? cell(*one.note) : cell()}, {"at", one.at ? cell(*one.at) : cell()}};
}

/// Every transform in words.
inline std::vector<millrace::feature::specification> all_specifications() {
  namespace mf = millrace::feature;
  return {
      {.name = "amount", .type = "numerical", .rules = {mf::not_finite(mf::keep), mf::outside(mf::flag)}},
      {.name = "amount_log", .type = "log", .sources = {"amount"}, .rules = {mf::outside(mf::flag(-7))}},
      {.name = "amount_log1p", .type = "log1p", .sources = {"amount"}, .rules = {mf::missing(mf::fill(3))}},
      {.name = "amount_clipped", .type = "clip", .sources = {"amount"}, .parameters = {{"low", 0}, {"high", 100}}},
      {.name = "amount_z",
       .type = "standardize",
       .sources = {"amount"},
       .rules = {mf::missing(mf::flag(0)), mf::not_finite(mf::flag)}},
      {.name = "age_z", .type = "standardize", .sources = {"age"}, .parameters = {{"mean", 3}, {"stddev", 0.7}}},
      {.name = "age_range", .type = "min_max", .sources = {"age"}, .rules = {mf::missing(mf::flag)}},
      {.name = "amount_range", .type = "normalize", .sources = {"amount"}, .parameters = {{"min", 0}, {"max", 7}}},
      {.name = "few", .type = "bucket", .sources = {"amount"}, .parameters = {{"edges", {100, 10, 50}}}},
      {.name = "many", .type = "bucket", .sources = {"amount"}, .parameters = {{"quantiles", 40}}},
      {.name = "tied", .type = "bucket", .sources = {"age"}, .parameters = {{"quantiles", 10}}},
      {.name = "age_mean", .type = "impute", .sources = {"age"}},
      {.name = "age_median", .type = "impute", .sources = {"age"}, .parameters = {{"with", "median"}}},
      {.name = "no_age", .type = "missing_flag", .sources = {"age"}},
      {.name = "no_note", .type = "missing_flag", .sources = {"note"}},
      {.name = "no_time", .type = "missing_flag", .sources = {"at"}},
      {.name = "country",
       .type = "one_hot",
       .parameters = {{"categories", {"DE", "FR", "US"}}},
       .rules = {mf::unknown(mf::flag)}},
      {.name = "country_code", .type = "categorical", .sources = {"country"}},
      {.name = "device_code",
       .type = "categorical",
       .sources = {"device"},
       .parameters = {{"categories", {"7", "3", "39"}}},
       .rules = {mf::unknown(mf::fill(-1))}},
      {.name = "device", .type = "hashed", .parameters = {{"columns", 5}}},
      {.name = "pair", .type = "cross", .sources = {"country", "device"}, .parameters = {{"columns", 16}}},
      {.name = "triple", .type = "cross", .sources = {"country", "device", "note"}, .parameters = {{"columns", 8}}},
      {.name = "at", .type = "temporal", .parameters = {{"parts", {"hour", "cyclic weekday", "day", "month"}}}},
      {.name = "note_length", .type = "text_length", .sources = {"note"}},
      {.name = "note_words", .type = "word_count", .sources = {"note"}},
      {.name = "note", .type = "ngrams", .parameters = {{"length", 3}, {"columns", 16}}},
  };
}

/// The same transforms as a type.
inline auto all_features() {
  namespace mf = millrace::feature;
  return mf::features<order>(
      mf::numerical<"amount">(&order::amount, mf::not_finite(mf::keep), mf::outside(mf::flag)),
      mf::log<"amount_log">(&order::amount, mf::outside(mf::flag(-7))),
      mf::log1p<"amount_log1p">(&order::amount, mf::missing(mf::fill(3))),
      mf::clip<"amount_clipped">(&order::amount, mf::range{0, 100}),
      mf::standardize<"amount_z">(&order::amount, mf::missing(mf::flag(0)), mf::not_finite(mf::flag)),
      mf::standardize<"age_z">(&order::age, mf::mean_and_stddev{3, 0.7}),
      mf::min_max<"age_range">(&order::age, mf::missing(mf::flag)),
      mf::min_max<"amount_range">(&order::amount, mf::range{0, 7}),
      mf::bucket<"few">(&order::amount, mf::edges{100, 10, 50}),
      mf::bucket<"many">(&order::amount, mf::quantile_buckets<40>()),
      mf::bucket<"tied">(&order::age, mf::quantile_buckets<10>()), mf::impute<"age_mean">(&order::age),
      mf::impute<"age_median", millrace::median>(&order::age), mf::missing_flag<"no_age">(&order::age),
      mf::missing_flag<"no_note">(&order::note), mf::missing_flag<"no_time">(&order::at),
      mf::one_hot<"country", "DE", "FR", "US">(&order::country, mf::unknown(mf::flag)),
      mf::categorical<"country_code">(&order::country),
      mf::categorical<"device_code">(&order::device, mf::categories{"7", "3", "39"}, mf::unknown(mf::fill(-1))),
      mf::hashed<"device", 5>(&order::device), mf::cross<"pair", 16>(&order::country, &order::device),
      mf::cross<"triple", 8>(&order::country, &order::device, &order::note),
      mf::temporal<"at", mf::hour, mf::cyclic<mf::weekday>, mf::day, mf::month>(&order::at),
      mf::text_length<"note_length">(&order::note), mf::word_count<"note_words">(&order::note),
      mf::ngrams<"note", 3, 16>(&order::note));
}

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_FEATURE_TABLES_HPP

#ifndef MILLRACE_EXAMPLES_SERVICE_EVENTS_HPP
#define MILLRACE_EXAMPLES_SERVICE_EVENTS_HPP

#include <millrace/core/result.hpp>
#include <millrace/feature.hpp>
#include <millrace/store/messages/codec.hpp>
#include <millrace/store/messages/topic.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace service {

namespace mr = millrace;
namespace mf = millrace::feature;
namespace ms = millrace::store;

/// A card payment, and what it turned out to be where that is known.
struct payment {
  std::string id = {};
  std::string user = {};
  std::string country = {};
  double amount = -1;
  std::string outcome = {};  // `fraud`, `fine`, or nothing yet

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("id", self.id)("user", self.user)("country", self.country)("amount", self.amount)("outcome", self.outcome);
  }
  bool is_labelled() const { return !outcome.empty(); }
  float label() const { return outcome == "fraud" ? 1.0F : 0.0F; }
};

/// A number that somebody measures, as `POST /pipeline/aggregate` takes it.
struct measurement {
  std::string metric_name = {};
  std::string group_by = {};
  double value = 0;

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("metric_name", self.metric_name)("group_by", self.group_by)("value", self.value);
  }
};

using payments = ms::topic<"events.payments", payment, ms::json_members, &payment::user>;
using measurements = ms::topic<"events.metrics", measurement, ms::json_members, &measurement::metric_name>;
using all_topics = ms::topics<payments, measurements>;

inline bool is_short_text(std::string_view text) {
  if (text.size() > 64) return false;
  for (const char each : text)
    if (each <= ' ' || each > '~') return false;
  return true;
}
/// What makes a payment a dead letter although it is JSON.
inline mr::result<void> examine(const payment& one) {
  const auto wrong = [](const char* what) { return mr::error(mr::errc::invalid_data, what); };
  if (one.id.empty() || !is_short_text(one.id)) return wrong("a payment's id is 1 to 64 visible characters of ASCII");
  if (!is_short_text(one.user) || !is_short_text(one.country)) return wrong("a payment's user or country is too long");
  if (!(one.amount >= 0 && one.amount < 1e9)) return wrong("a payment's amount is a number from 0 on");
  if (one.is_labelled() && one.outcome != "fraud" && one.outcome != "fine")
    return wrong("a payment's outcome is `fraud` or `fine`");
  return {};
}
inline mr::result<void> examine(const measurement& one) {
  if (one.metric_name.empty() || one.metric_name.size() > 256 || one.group_by.size() > 256)
    return mr::error(mr::errc::invalid_data, "a metric's name has 1 to 256 bytes");
  if (!__builtin_isfinite(one.value)) return mr::error(mr::errc::invalid_data, "a metric's value is a finite number");
  return {};
}

/// One object for training and for serving.
inline auto payment_features() {
  return mf::features<payment>(
      mf::standardize<"amount">(&payment::amount, mf::mean_and_stddev{500, 290}),
      mf::one_hot<"country", "DE", "FR", "US">(&payment::country, mf::unknown(mf::flag)),
      mf::cross<"country_and_size", 16>(&payment::country, [](const payment& of) { return of.amount > 500; }));
}
using feature_type = decltype(payment_features());
inline constexpr std::size_t feature_count = feature_type::width;

}  // namespace service

#endif  // MILLRACE_EXAMPLES_SERVICE_EVENTS_HPP

// From a struct to a row of features, by one object for training and for serving.
#include <millrace/feature.hpp>

#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

namespace mr = millrace;
namespace mf = millrace::feature;

// [features]
struct payment {
  double amount;
  std::string country;
  std::optional<int> age;
  std::chrono::sys_seconds at;
};

auto payment_features() {
  return mf::features<payment>(
      mf::log<"amount_log">(&payment::amount, mf::outside(mf::refuse)),  // of 0 or less: refused
      mf::standardize<"amount_z">(&payment::amount),
      mf::one_hot<"country", "DE", "FR", "US">(&payment::country, mf::unknown(mf::flag)),
      mf::impute<"age">(&payment::age), mf::missing_flag<"no_age">(&payment::age),
      mf::temporal<"at", mf::cyclic<mf::hour>, mf::weekday>(&payment::at));
}
// [/features]

int main() {
  const std::chrono::sys_seconds noon(std::chrono::seconds(1'700'000'000));
  const std::vector<payment> history{
      {12.5, "DE", 31, noon}, {980, "FR", {}, noon}, {40, "US", 64, noon}, {7, "DE", 18, noon}};

  // [rows]
  auto features = payment_features();
  if (auto fitted = features.fit(history); !fitted)  // one pass over the events
    return std::fprintf(stderr, "%s\n", fitted.error().describe().c_str()), 1;

  std::vector<float> rows(history.size() * features.width);
  decltype(features)::counts met{};
  if (auto done = features(history, rows, met); !done)  // an error names the row and the column
    return std::fprintf(stderr, "%s\n", done.error().describe().c_str()), 1;

  float row[features.width];  // while serving: one event, no allocation
  const payment now{250, "BR", {}, noon + std::chrono::hours(3)};
  if (const mf::refusal refused = features(now, row, met))
    return std::fprintf(stderr, "%s is %s\n", refused.column.data(), mf::to_string(refused.why).data()), 1;
  for (std::size_t i = 0; i < features.width; ++i) std::printf("%-16s %.4g\n", features.name(i).c_str(), row[i]);
  std::printf("unknown countries: %llu\n", static_cast<unsigned long long>(met[2].unknown));
  // [/rows]
  return features.load(features.save()).has_value() && row[5] == 1 ? 0 : 1;
}

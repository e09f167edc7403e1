#ifndef MILLRACE_TESTS_SUPPORT_PAYMENTS_HPP
#define MILLRACE_TESTS_SUPPORT_PAYMENTS_HPP

#include <millrace/core/seed.hpp>
#include <millrace/feature.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace support {

/// An event for tests of pipelines.
struct payment {
  double amount = 0;
  std::string country;
  std::optional<int> age;
  bool is_fraud = false;

  double weight() const noexcept { return 1; }
};

/// Payments of which those from FR, and large ones, are more often fraud. From sums and comparisons alone, so that they
/// are the same with every library.
inline std::vector<payment> make_payments(std::size_t count, std::uint64_t seed = 4) {
  millrace::random_engine random(seed);
  std::vector<payment> made(count);
  for (payment& one : made) {
    one.amount = 10 + 990 * random.uniform() * random.uniform();
    one.country = random.below(3) == 0 ? "FR" : random.below(2) == 0 ? "DE" : "US";
    if (random.below(10) != 0) one.age = static_cast<int>(18 + random.below(60));
    const double risk = (one.country == "FR" ? 0.4 : 0.1) + one.amount / 2000 + (one.age.value_or(50) < 30 ? 0.2 : 0);
    one.is_fraud = random.uniform() < risk;
  }
  return made;
}

inline auto payment_features() {
  namespace mf = millrace::feature;
  return mf::features<payment>(mf::standardize<"amount">(&payment::amount, mf::missing(mf::refuse)),
                               mf::one_hot<"country", "DE", "FR", "US">(&payment::country, mf::unknown(mf::flag)),
                               mf::impute<"age">(&payment::age));
}
/// The same without a rule that refuses anything.
inline auto lenient_features() {
  namespace mf = millrace::feature;
  return mf::features<payment>(mf::standardize<"amount">(&payment::amount),
                               mf::one_hot<"country", "DE", "FR", "US">(&payment::country, mf::unknown(mf::flag)),
                               mf::impute<"age">(&payment::age));
}

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_PAYMENTS_HPP

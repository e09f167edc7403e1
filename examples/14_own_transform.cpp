// A transform of your own beside those of the library: no base class, nothing to register.
#include <millrace/feature.hpp>

#include <cmath>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mf = millrace::feature;

// [own]
struct payment {
  double amount;
  std::string card;  // the first digits say which bank issued it
};

/// How round an amount is: for 12.34, 12.30, 12, 10, 100 the number of zeros at its end, and whether it has cents.
struct roundness {
  static constexpr std::string_view kind = "roundness";  // in saved bytes
  static constexpr std::size_t width = 2;
  static constexpr std::string_view suffix(std::size_t i) { return i == 0 ? "zeros" : "cents"; }

  bool write(double amount, std::span<float> out) const noexcept {
    if (!(amount > 0 && amount < 1e9)) return out[0] = out[1] = 0, false;  // `outside`, for the rules
    auto cents = static_cast<long long>(std::llround(amount * 100));
    out[1] = cents % 100 != 0 ? 1 : 0;
    for (out[0] = 0; cents != 0 && cents % 10 == 0; cents /= 10) out[0] += 1;
    return true;
  }
};

/// The bank's number, of a text.
struct bank {
  static constexpr std::string_view kind = "bank";
  static constexpr std::size_t width = 1;
  void write(std::string_view card, std::span<float> out) const noexcept {
    out[0] = 0;
    for (const char digit : card.substr(0, 4)) out[0] = 10 * out[0] + static_cast<float>(digit - '0');
  }
};

auto payment_features() {
  return mf::features<payment>(mf::own<"round">(&payment::amount, roundness{}, mf::outside(mf::flag)),
                               mf::own<"bank">(&payment::card, bank{}), mf::numerical<"amount">(&payment::amount));
}
// [/own]

int main() {
  auto features = payment_features();
  float row[features.width];
  features({1200, "453256"}, row);
  for (std::size_t i = 0; i < features.width; ++i) std::printf("%-14s %g\n", features.name(i).c_str(), row[i]);
  float odd[features.width];
  features({-3, "453256"}, odd);
  return features.name(1) == "round.cents" && row[0] == 4 && row[3] == 4532 && odd[2] == 1 &&
                 features.load(features.save()).has_value()
             ? 0
             : 1;
}

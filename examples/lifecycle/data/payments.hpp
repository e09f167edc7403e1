#ifndef MILLRACE_EXAMPLES_LIFECYCLE_DATA_PAYMENTS_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_DATA_PAYMENTS_HPP

#include <millrace/core/seed.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// Card payments that never happened, as CSV text, for a first run without data of one's own. Who pays for what,
/// when and where is drawn at random; whether it was fraud is drawn from a probability that mixes plain effects
/// with interactions, so that a model has something to find and can never be sure.
namespace lifecycle {

namespace mr = millrace;

namespace detail {

struct country {
  std::string_view code;
  double share;
  double risk;  // on the log-odds of fraud
};
inline constexpr std::array<country, 14> countries{{{"DE", .24, -.3},
                                                    {"FR", .16, -.1},
                                                    {"GB", .14, .1},
                                                    {"IT", .10, .2},
                                                    {"ES", .09, .1},
                                                    {"NL", .07, -.3},
                                                    {"PL", .06, 0},
                                                    {"US", .05, .5},
                                                    {"SE", .03, -.4},
                                                    {"TR", .02, .7},
                                                    {"BR", .015, 1.1},
                                                    {"NG", .01, 1.5},
                                                    {"VN", .01, 1.0},
                                                    {"UA", .005, .9}}};

struct merchant_kind {
  std::string_view name;
  double share;
  double log_amount;  // of a usual payment
  double spread;
  double online;  // share of its payments
  double risk;
};
inline constexpr std::array<merchant_kind, 12> merchants{{{"groceries", .26, 3.2, .7, .08, -.9},
                                                          {"restaurant", .16, 3.3, .6, .05, -.7},
                                                          {"fuel", .10, 3.9, .4, .0, -.1},
                                                          {"fashion", .09, 4.0, .7, .55, .1},
                                                          {"electronics", .06, 5.1, .9, .65, .9},
                                                          {"travel", .05, 5.6, .9, .8, .4},
                                                          {"pharmacy", .07, 2.9, .6, .15, -.8},
                                                          {"games", .06, 2.7, .7, .97, .7},
                                                          {"gift cards", .02, 4.0, .5, .8, 1.5},
                                                          {"subscriptions", .07, 2.4, .5, 1.0, -.5},
                                                          {"cash machine", .05, 4.6, .6, .0, .2},
                                                          {"jewellery", .01, 5.8, .8, .4, 1.0}}};

template <class Kinds>
const auto& draw(mr::random_engine& random, const Kinds& kinds) {
  double left = random.uniform();
  for (const auto& kind : kinds)
    if ((left -= kind.share) < 0) return kind;
  return kinds.front();
}

/// Most payments fall in the day and few before dawn.
inline unsigned draw_hour(mr::random_engine& random) {
  for (;;) {
    const auto hour = static_cast<unsigned>(random.below(24));
    const double evening = std::exp(-0.5 * std::pow((static_cast<double>(hour) - 18.0) / 3.0, 2));
    const double noon = std::exp(-0.5 * std::pow((static_cast<double>(hour) - 12.0) / 2.5, 2));
    if (random.uniform() < 0.05 + 0.6 * evening + 0.5 * noon) return hour;
  }
}

struct payment {
  unsigned hour;
  unsigned weekday;
  const country* home;
  const country* place;
  const merchant_kind* merchant;
  std::string_view channel;
  double amount;
  double usual_amount;  // the card's own average
  unsigned payments_last_hour;
  unsigned card_age_days;
  unsigned declines_last_week;
  double device_age_days;  // negative: not known
  bool address_matches;
};

inline payment draw_payment(mr::random_engine& random) {
  payment made{};
  made.hour = draw_hour(random);
  made.weekday = static_cast<unsigned>(random.below(7));
  made.home = &draw(random, countries);
  made.merchant = &draw(random, merchants);
  const bool online = random.uniform() < made.merchant->online;
  made.place = random.uniform() < (online ? 0.15 : 0.06) ? &draw(random, countries) : made.home;
  made.channel = online                    ? "online"
                 : random.uniform() < 0.62 ? "contactless"
                 : random.uniform() < 0.85 ? "chip"
                                           : "magnetic stripe";
  const double wealth = 0.5 * random.normal();
  made.usual_amount = std::exp(3.6 + wealth + 0.3 * random.normal());
  made.amount = std::exp(made.merchant->log_amount + wealth + made.merchant->spread * random.normal());
  while (random.uniform() < 0.22 && made.payments_last_hour < 30) ++made.payments_last_hour;
  if (random.uniform() < 0.012) made.payments_last_hour += 4 + static_cast<unsigned>(random.below(14));
  made.card_age_days = static_cast<unsigned>(std::min(-900.0 * std::log(1 - random.uniform()), 4000.0));
  while (random.uniform() < 0.08 && made.declines_last_week < 20) ++made.declines_last_week;
  made.device_age_days = online && random.uniform() < 0.93 ? std::floor(-300.0 * std::log(1 - random.uniform())) : -1;
  made.address_matches = !online || random.uniform() < 0.9;
  return made;
}

/// The log-odds that a payment is fraud.
inline double fraud_log_odds(const payment& p) {
  const bool online = p.channel == "online";
  const bool abroad = p.place != p.home;
  const bool night = p.hour < 6;
  const double ratio = std::log(p.amount / p.usual_amount);
  double odds = -6.8 + 1.2 * p.merchant->risk + 1.2 * p.place->risk;
  odds += 0.8 * std::max(ratio, -1.0);
  odds += 0.5 * p.declines_last_week;
  if (abroad) odds += p.channel == "magnetic stripe" ? 5.5 : 0.8;  // a copied stripe
  if (night) odds += online ? 2.8 : 0.4;
  if (online && !p.address_matches) odds += 2.6 + 1.2 * std::max(ratio, 0.0);
  if (online && p.device_age_days >= 0 && p.device_age_days < 3) odds += 3.2;
  if (p.payments_last_hour >= 4) odds += p.amount < 25 ? 6.8 : 2.4;  // a stolen number being tried out
  if (p.card_age_days < 30) odds += p.amount > 150 ? 4.6 : 0.8;
  return odds;
}

inline void append_number(std::string& out, double value, int digits) {
  char text[64];
  const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::fixed, digits);
  out.append(text, end.ptr);
}

}  // namespace detail

inline constexpr std::string_view payments_target = "fraud";

/// `rows` payments under a header; about 1.5 % are fraud. The same seed gives the same text.
inline std::string make_payments(std::size_t rows, std::uint64_t seed) {
  static constexpr std::array<std::string_view, 7> days{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  mr::random_engine random(seed);
  std::string out =
      "payment_id,hour,weekday,home_country,country,merchant_category,channel,amount,usual_amount,payments_last_hour,"
      "card_age_days,declines_last_week,device_age_days,address_matches,fraud\n";
  out.reserve(out.size() + rows * 112);
  const auto cell = [&](std::string_view text) { out.append(text) += ','; };
  const auto number = [&](double value, int digits = 0) {
    detail::append_number(out, value, digits);
    out += ',';
  };
  for (std::size_t row = 0; row < rows; ++row) {
    const detail::payment p = detail::draw_payment(random);
    const bool fraud = random.uniform() < 1.0 / (1.0 + std::exp(-detail::fraud_log_odds(p)));
    static constexpr char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    std::string id = "P-";
    for (std::uint64_t bits = random(); id.size() < 12; bits >>= 5U) id += letters[bits & 31U];
    cell(id);
    number(p.hour);
    cell(days[p.weekday]);
    cell(p.home->code);
    cell(p.place->code);
    cell(p.merchant->name);
    cell(p.channel);
    number(p.amount, 2);
    number(p.usual_amount, 2);
    number(p.payments_last_hour);
    number(p.card_age_days);
    number(p.declines_last_week);
    if (p.device_age_days < 0)
      cell("");
    else
      number(p.device_age_days);
    cell(p.channel != "online" ? "not asked" : p.address_matches ? "yes" : "no");
    out += fraud ? "yes\n" : "no\n";
  }
  return out;
}

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_DATA_PAYMENTS_HPP

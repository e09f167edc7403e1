// Will this visitor click on this banner? A model that learns from every answer while others ask it, begins anew when
// what it learnt no longer holds, and goes on after a restart as if there had been none.
#include <millrace/core/seed.hpp>
#include <millrace/feature/hashed_row.hpp>
#include <millrace/infer/online.hpp>
#include <millrace/infer/serving/swappable.hpp>
#include <millrace/model/linear/ftrl_logistic.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace mr = millrace;
namespace mi = millrace::infer;
namespace mm = millrace::model;

struct impression {
  std::string site, banner, device;
  float hour = 0;
  bool was_clicked = false;
};

/// Readers of some sites like half of the banners; from impression 20,000 on, the other half.
struct visitors {
  mr::random_engine random{11};
  int seen = 0;

  impression next() {
    impression one{"site" + std::to_string(random.below(200)), "banner" + std::to_string(random.below(30)),
                   random.below(2) == 0 ? "phone" : "desk", static_cast<float>(random.uniform()), false};
    const bool is_even = (one.banner.back() - '0') % 2 == 0;
    const bool is_liked = one.site.size() == 6 && is_even == (seen < 20'000);
    ++seen;
    one.was_clicked = random.uniform() < (is_liked ? 0.85 : 0.04);
    return one;
  }
};

template <class T>
T or_stop(mr::result<T> made) {
  if (made) return *std::move(made);
  std::fprintf(stderr, "%s\n", made.error().describe().c_str());
  std::exit(1);
}

int main() {
  visitors from;
  // [click_through]
  using learner = mi::online_learner<mm::ftrl_logistic>;     // its errors are watched by adwin
  auto row = or_stop(mr::feature::hashed_row::make(16, 8));  // 2^16 columns, 8 features
  const auto fresh = or_stop(mm::ftrl_logistic::make(row.columns(), {.rate = 0.2, .l1 = 0.1}));
  auto clicks = or_stop(learner::make(
      fresh,
      {.batch = 16, .loss = mi::online_loss::wrong_class, .window = 5000, .on_drift = mi::drift_action::shrink}));
  mi::checkpoint kept("clicks.state", {.every = 500});  // updates
  mi::swappable live{clicks.model()};                   // what other threads ask: (*live.pin())(row)
  mi::publisher shown(live, 50);

  for (int i = 0; i < 40'000; ++i) {
    const impression one = from.next();
    row.reset();
    row.update("site", one.site);
    row.update("banner", one.banner);
    row.update("device", one.device);
    row.update("site and half", one.site, (one.banner.back() - '0') % 2 == 0 ? "even" : "odd");
    row.update("hour", one.hour);
    or_stop(clicks.update(row, one.was_clicked ? 1 : 0));  // predicted, measured, then learnt
    if (clicks.last_signal() == mr::detect::signal::drift)
      std::printf("impression %d: the model no longer holds; it begins anew with %llu samples\n", i,
                  static_cast<unsigned long long>(clicks.model().count()));
    or_stop(shown.update(clicks));
    or_stop(kept.update(clicks));
  }
  // [/click_through]
  const double auc = or_stop(clicks.measures().roc_auc());
  std::printf("the newest 5,000: ROC AUC %.3f, log loss %.3f; version %llu, %zu coefficients\n", auc,
              or_stop(clicks.measures().log_loss()), static_cast<unsigned long long>(live.version()),
              clicks.model().nonzero());

  // [resume]
  auto found = mi::resume<learner>("clicks.state");  // after a restart, or a crash
  if (!found && found.error().code() == mr::errc::not_found) found = learner::make(fresh);  // the very first start
  auto again = or_stop(std::move(found));      // any other error: nothing begins anew over what may be saved
  const std::uint64_t next = again.samples();  // the stream goes on behind so many impressions
  // [/resume]
  std::printf("resumed at update %llu of %llu, behind %llu impressions\n",
              static_cast<unsigned long long>(again.updates()), static_cast<unsigned long long>(clicks.updates()),
              static_cast<unsigned long long>(next));
  return clicks.drifts() == 1 && auc > 0.9 && again.updates() == clicks.updates() / 500 * 500 ? 0 : 1;
}

#include <millrace/infer/online/online_learner.hpp>

#include <millrace/core/seed.hpp>
#include <millrace/detect/change/ddm.hpp>
#include <millrace/model/bayes/gaussian_naive_bayes.hpp>
#include <millrace/model/cluster/mini_batch_k_means.hpp>
#include <millrace/model/linear.hpp>
#include <millrace/train/schedule.hpp>

#include <laws/aggregator.hpp>
#include <support/allocation_counter.hpp>
#include <support/catch.hpp>
#include <support/envelope.hpp>
#include <support/ftrl_stream.hpp>
#include <support/golden.hpp>

#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace mi = millrace::infer;
namespace mm = millrace::model;
using support::ftrl_stream;
using namespace std::chrono_literals;

namespace {

using learner = mi::online_learner<mm::ftrl_logistic>;
using watched = mi::online_learner<mm::ftrl_logistic, mr::detect::ddm<>>;

mm::ftrl_logistic fresh() { return mm::ftrl_logistic::make(ftrl_stream::columns, {.rate = 0.5}).value(); }

/// Samples of two features, of which the label depends on the first; after the change the other way round.
struct changing {
  mr::random_engine random{7};
  std::vector<float> row = std::vector<float>(2);
  float label = 0;
  void next(bool is_changed) {
    for (float& x : row) x = static_cast<float>(random.normal());
    const bool above = row[0] > 0;
    label = (above != is_changed) != (random.below(20) == 0) ? 1.0F : 0.0F;
  }
};

/// How many of the 1,000 samples behind the first `after` were wrong.
template <class Learner>
std::size_t learn_change(Learner& made, int before, int after) {
  changing from;
  std::size_t wrong = 0;
  for (int i = 0; i < before + after; ++i) {
    from.next(i >= before);
    const double p = made.update(from.row, from.label).value();
    wrong += i >= before && i < before + 1000 && (p > 0.5) != (from.label > 0.5F) ? 1U : 0U;
  }
  return wrong;
}

/// Ten times as far off with every sample, up to 1e300, and then right again.
struct diverging {
  std::uint64_t seen = 0;
  std::size_t inputs() const noexcept { return 1; }
  std::size_t outputs() const noexcept { return 1; }
  void predict(std::span<const float>, std::span<double> out) const noexcept {
    out[0] = seen < 30 ? std::pow(10.0, 10 * static_cast<double>(seen + 1)) : 1.0;
  }
  void predict(const mm::matrix_view& rows, std::span<double> out) const noexcept {
    for (std::size_t i = 0; i < rows.rows(); ++i) predict(rows.row(i), out.subspan(i, 1));
  }
  double partial_fit(std::span<const float> row, float, float = 1) noexcept {
    double before = 0;
    predict(row, std::span(&before, 1));
    ++seen;
    return before;
  }
  std::vector<std::byte> save() const {
    mr::envelope_writer to("diverging");
    to.u64(seen);
    return std::move(to).finish();
  }
  static mr::result<diverging> load(std::span<const std::byte> bytes) {
    auto from = mr::envelope_reader::open(bytes, "diverging");
    if (!from) return std::move(from).error();
    diverging made;
    made.seen = from->u64();
    if (auto done = from->finish(true); !done) return std::move(done).error();
    return made;
  }
};

}  // namespace

TEST_CASE("a batch of one learns as the model alone, from sparse and from dense rows") {
  auto model = fresh();
  auto made = learner::make(model);
  REQUIRE(made);
  ftrl_stream from;
  double loss = 0;
  for (int i = 0; i < 400; ++i) {
    from.next();
    const double alone = model.partial_fit(from.row(), from.label, from.weight);
    const auto found = i % 2 == 0 ? made->update(from.row(), from.label, from.weight)
                                  : made->update(from.dense(), from.label, from.weight);
    CHECK(found.value() == alone);
    loss -= std::log(from.label == 1 ? alone : 1 - alone);
  }
  CHECK(made->model().save() == model.save());
  CHECK(made->updates() == 400);
  CHECK(made->learnt() == 400);
  CHECK(made->pending() == 0);
  CHECK(made->measures().mean_loss() == Approx(loss / 400));
}

TEST_CASE("a batch is learnt when it is full, when its time has come, and when told") {
  std::uint64_t now = 1000;
  using timed = mi::online_learner<mm::ftrl_logistic, mr::detect::adwin<>, mi::unchanged_weight, mr::manual_clock>;
  auto made = timed::make(fresh(), {.batch = 8, .interval = 10ms}, {}, {}, mr::manual_clock(now));
  REQUIRE(made);
  ftrl_stream from;
  const auto feed = [&](int count) {
    for (int i = 0; i < count; ++i) {
      from.next();
      REQUIRE(made->update(from.row(), from.label));
    }
  };
  feed(7);
  CHECK(made->updates() == 0);
  CHECK(made->pending() == 7);
  CHECK(made->model().count() == 0);
  feed(1);
  CHECK(made->updates() == 1);
  CHECK(made->model().count() == 8);
  feed(2);
  now += 9'999'999;
  REQUIRE(made->poll());
  CHECK(made->pending() == 2);
  now += 1;
  REQUIRE(made->poll());
  CHECK(made->pending() == 0);
  CHECK(made->updates() == 2);
  feed(1);
  now += 10'000'000;
  feed(1);  // whose coming makes the batch late
  CHECK(made->updates() == 3);
  feed(3);
  REQUIRE(made->flush());
  REQUIRE(made->flush());
  CHECK(made->updates() == 4);
  CHECK(made->learnt() == 15);
}

TEST_CASE("a schedule multiplies the weights of each batch") {
  const mr::train::step_decay falling{.rate = 1, .every = 2, .factor = 0.5};
  using scheduled = mi::online_learner<mm::ftrl_logistic, mr::detect::adwin<>, mr::train::step_decay>;
  auto made = scheduled::make(fresh(), {.batch = 3}, {}, falling);
  REQUIRE(made);
  auto alone = fresh();
  ftrl_stream from;
  for (std::uint64_t i = 0; i < 30; ++i) {
    from.next();
    REQUIRE(made->update(from.row(), from.label));
    alone.partial_fit(from.row(), from.label, static_cast<float>(falling(i / 3)));
  }
  CHECK(made->model().save() == alone.save());
}

TEST_CASE("what is held out is not learnt, and is predicted by the model as it is") {
  auto made = learner::make(fresh(), {.holdout_every = 5, .holdout = 30});
  REQUIRE(made);
  auto alone = fresh();
  ftrl_stream from;
  std::vector<double> losses;
  std::vector<ftrl_stream> held;
  for (int i = 1; i <= 400; ++i) {
    from.next();
    REQUIRE(made->update(from.row(), from.label));
    if (i % 5 == 0)
      held.push_back(from);
    else
      alone.partial_fit(from.row(), from.label);
  }
  CHECK(made->held_out() == 80);
  CHECK(made->model().save() == alone.save());
  double loss = 0;
  for (std::size_t i = 50; i < 80; ++i) {
    const double p = alone(held[i].row());
    loss -= std::log(held[i].label == 1 ? p : 1 - p);
  }
  const auto found = made->holdout();
  CHECK(found.count() == 30);
  CHECK(found.mean_loss() == Approx(loss / 30));
  CHECK(found.log_loss().value() == Approx(loss / 30));
  CHECK(made->measures().count() == 400);
}

TEST_CASE("one change raises one drift, whatever is done about it, and the flag clears") {
  for (const auto action : {mi::drift_action::warn, mi::drift_action::reset, mi::drift_action::shrink}) {
    INFO("action " << static_cast<int>(action));
    auto made =
        watched::make(mm::ftrl_logistic::make(2).value(), {.loss = mi::online_loss::wrong_class, .on_drift = action});
    REQUIRE(made);
    changing from;
    int drifts = 0, at = 0;
    for (int i = 0; i < 12'000; ++i) {
      from.next(i >= 4000);
      REQUIRE(made->update(from.row, from.label));
      if (made->last_signal() != mr::detect::signal::drift) continue;
      ++drifts;
      at = i;
    }
    CHECK(drifts == 1);
    CHECK(made->drifts() == 1);
    CHECK(made->warnings() >= 1);
    CHECK((at >= 4000 && at < 4150));
    CHECK(made->last_signal() == mr::detect::signal::none);
    CHECK(made->drift_score() < 1);
    CHECK(made->measures().accuracy().value() > 0.9);
  }
}

TEST_CASE("adwin finds the same change once, and takes a fall of errors for none") {
  for (const auto action : {mi::drift_action::warn, mi::drift_action::reset, mi::drift_action::shrink}) {
    auto made =
        learner::make(mm::ftrl_logistic::make(2).value(), {.loss = mi::online_loss::wrong_class, .on_drift = action});
    REQUIRE(made);
    changing from;
    std::vector<int> at;
    for (int i = 0; i < 12'000; ++i) {
      from.next(i >= 4000);
      REQUIRE(made->update(from.row, from.label));
      if (made->last_signal() == mr::detect::signal::drift) at.push_back(i);
    }
    for (const int i : at) UNSCOPED_INFO("at " << i);
    CHECK(at.size() == 1);
    CHECK(made->drifts() == at.size());
  }
}

TEST_CASE("a model that begins anew is right sooner than one that goes on, and sooner still with a window") {
  const auto wrong = [](mi::drift_action action) {
    auto made =
        watched::make(mm::ftrl_logistic::make(2).value(), {.loss = mi::online_loss::wrong_class, .on_drift = action});
    return learn_change(*made, 8000, 1000);
  };
  const std::size_t going_on = wrong(mi::drift_action::warn);
  const std::size_t anew = wrong(mi::drift_action::reset);
  const std::size_t shrunk = wrong(mi::drift_action::shrink);
  CHECK(anew < going_on);
  CHECK(shrunk <= anew);
}

TEST_CASE("a shrunk window holds what came since the warning, and a reset model nothing") {
  auto made = watched::make(
      mm::ftrl_logistic::make(2).value(),
      {.batch = 4, .loss = mi::online_loss::wrong_class, .on_drift = mi::drift_action::shrink, .shrink_to = 20});
  changing from;
  int i = 0;
  for (; made->drifts() == 0 && i < 9000; ++i) {
    from.next(i >= 4000);
    REQUIRE(made->update(from.row, from.label));
  }
  REQUIRE(made->drifts() == 1);
  CHECK(made->model().count() > 0);
  CHECK(made->model().count() <= 20);
}

TEST_CASE("samples that cannot be used are refused, and short rows are an error") {
  auto made = learner::make(fresh());
  REQUIRE(made);
  const auto before = made->model().save();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  ftrl_stream from;
  from.next();
  auto values = from.values;
  values[2] = nan;
  CHECK(std::isnan(made->update(mm::sparse_view(from.indices, values), 1).value()));
  auto indices = from.indices;
  indices[0] = 240;
  CHECK(std::isnan(made->update(mm::sparse_view(indices, from.values), 1).value()));
  CHECK(std::isnan(made->update(from.row(), nan).value()));
  CHECK(std::isnan(made->update(from.row(), 1, -1).value()));
  CHECK(std::isnan(made->update(from.row(), 1, std::numeric_limits<float>::infinity()).value()));
  CHECK(made->refused() == 5);
  const auto found = made->update(std::vector<float>(239), 1);
  REQUIRE_FALSE(found);
  CHECK(found.error().code() == mr::errc::shape_mismatch);
  CHECK_THAT(found.error().message(), ContainsSubstring("239 of 240"));
  CHECK(made->samples() == 5);
  CHECK(made->model().save() == before);
  CHECK(made->measures().count() == 0);
}

TEST_CASE("models that learn batches learn them whole, and their errors leave a batch out") {
  using bayes = mi::online_learner<mm::gaussian_naive_bayes>;
  auto made =
      bayes::make(mm::gaussian_naive_bayes::make(2, 3).value(), {.batch = 50, .loss = mi::online_loss::wrong_class});
  REQUIRE(made);
  auto alone = mm::gaussian_naive_bayes::make(2, 3).value();
  mr::random_engine random(2);
  std::vector<float> rows, labels;
  for (int i = 0; i < 200; ++i) {
    const auto label = static_cast<float>(i % 3);
    const float row[] = {label + static_cast<float>(random.normal()) / 4, static_cast<float>(random.normal())};
    rows.insert(rows.end(), std::begin(row), std::end(row));
    labels.push_back(label);
    REQUIRE(made->update(row, label));
    if (i % 50 == 49) {
      REQUIRE(alone.partial_fit(mm::matrix_view(rows, 2), labels));
      rows.clear();
      labels.clear();
    }
  }
  CHECK(made->model().save() == alone.save());
  CHECK(made->measures().faded_loss() < 0.1);
  const float row[] = {0, 0};
  for (int i = 0; i < 49; ++i) REQUIRE(made->update(row, 7));
  CHECK_FALSE(made->update(row, 7));
  CHECK(made->pending() == 0);
  CHECK(made->model().save() == alone.save());
}

TEST_CASE("models without targets learn rows, which are not measured") {
  using clusters = mi::online_learner<mm::mini_batch_k_means>;
  auto made = clusters::make(mm::mini_batch_k_means::make(1, {.clusters = 2}).value(), {.batch = 20});
  REQUIRE(made);
  for (int i = 0; i < 200; ++i) {
    const float row[] = {static_cast<float>(i % 2 == 0 ? i % 7 : 100 + i % 5)};
    REQUIRE(made->update(row));
  }
  CHECK(made->updates() == 10);
  CHECK(made->measures().count() == 0);
  const float low[] = {0}, high[] = {100};
  CHECK(made->model().nearest(low) != made->model().nearest(high));
  CHECK(clusters::load(made->save()).value().save() == made->save());
}

TEST_CASE("a learner that was saved anywhere goes on as if it had never stopped") {
  const mi::online_options with{.batch = 7,
                                .loss = mi::online_loss::wrong_class,
                                .window = 100,
                                .holdout_every = 9,
                                .holdout = 20,
                                .on_drift = mi::drift_action::shrink,
                                .shrink_to = 60};
  using scheduled = mi::online_learner<mm::ftrl_logistic, mr::detect::ddm<>, mr::train::exponential_decay>;
  const mr::train::exponential_decay schedule{.rate = 1, .factor = 0.999};
  auto whole = scheduled::make(mm::ftrl_logistic::make(2).value(), with, {}, schedule);
  auto parts = scheduled::make(mm::ftrl_logistic::make(2).value(), with, {}, schedule);
  REQUIRE((whole && parts));
  changing from;
  for (int i = 0; i < 4000; ++i) {
    from.next(i >= 2000);
    const double p = whole->update(from.row, from.label).value();
    CHECK(parts->update(from.row, from.label).value() == p);
    if (i % 61 != 0 && (i < 2000 || i > 2060)) continue;
    const auto bytes = parts->save();
    auto loaded = scheduled::load(bytes, schedule);
    REQUIRE(loaded);
    CHECK(loaded->save() == bytes);
    CHECK(loaded->updates_before() == loaded->updates());
    parts = std::move(loaded);
  }
  CHECK(whole->save() == parts->save());
  CHECK(whole->drifts() == 1);
  CHECK(whole->holdout().save() == parts->holdout().save());
}

TEST_CASE("a learner whose model diverges can be resumed, and finds its way back") {
  for (const auto loss : {mi::online_loss::squared, mi::online_loss::absolute}) {
    auto made = mi::online_learner<diverging>::make({}, {.loss = loss, .settle = 0});
    REQUIRE(made);
    const float row[] = {1};
    for (int i = 0; i < 40; ++i) {
      REQUIRE(made->update(row, 1.0F));
      auto loaded = mi::online_learner<diverging>::load(made->save());
      REQUIRE(loaded);
      CHECK(loaded->save() == made->save());
    }
    CHECK(std::isfinite(made->measures().mean_loss()));
    CHECK(std::isfinite(made->drift_score()));
  }
}

TEST_CASE("the age of a batch outlives a restart") {
  std::uint64_t now = 5000;
  using timed = mi::online_learner<mm::ftrl_logistic, mr::detect::adwin<>, mi::unchanged_weight, mr::manual_clock>;
  auto made = timed::make(fresh(), {.batch = 8, .interval = 10ms}, {}, {}, mr::manual_clock(now));
  ftrl_stream from;
  from.next();
  REQUIRE(made->update(from.row(), from.label));
  now += 4'000'000;
  const auto bytes = made->save();
  std::uint64_t other = 77;  // a clock that began elsewhere
  auto loaded = timed::load(bytes, {}, mr::manual_clock(other));
  REQUIRE(loaded);
  other += 5'999'999;
  REQUIRE(loaded->poll());
  CHECK(loaded->pending() == 1);
  other += 1;
  REQUIRE(loaded->poll());
  CHECK(loaded->pending() == 0);
}

TEST_CASE("damaged bytes of a learner are an error or a learner that works") {
  auto made = watched::make(mm::ftrl_logistic::make(2).value(), {.batch = 4,
                                                                 .window = 5,
                                                                 .holdout_every = 3,
                                                                 .holdout = 2,
                                                                 .on_drift = mi::drift_action::shrink,
                                                                 .shrink_to = 3});
  REQUIRE(made);
  changing from;
  for (int i = 0; i < 30; ++i) {
    from.next(false);
    REQUIRE(made->update(from.row, from.label));
  }
  const std::vector<std::uint32_t> indices{1};
  const std::vector<float> values{2};
  REQUIRE(made->update(mm::sparse_view(indices, values), 1));
  const auto use = [](watched& loaded) {
    const std::vector<float> row(loaded.model().inputs(), 1);
    for (int i = 0; i < 8; ++i) (void)loaded.update(row, 1);
    (void)loaded.holdout();
    (void)loaded.flush();
  };
  laws::hostile_payload(*made, support::reseal, use, 17, 4000);
  laws::hostile_bytes(*made, use);
  CHECK(learner::load(made->save()).error().code() == mr::errc::type_mismatch);  // another detector
  using other = mi::online_learner<mm::sgd_logistic, mr::detect::ddm<>>;
  const auto found = other::load(made->save());
  REQUIRE_FALSE(found);
  CHECK_THAT(found.error().describe(), ContainsSubstring("its model"));
}

TEST_CASE("a learner that is warm takes nothing from the heap") {
  auto made = watched::make(fresh(), {.batch = 4,
                                      .window = 10,
                                      .holdout_every = 3,
                                      .holdout = 2,
                                      .on_drift = mi::drift_action::shrink,
                                      .shrink_to = 8});
  REQUIRE(made);
  ftrl_stream from;
  for (int i = 0; i < 100; ++i) {
    from.next();
    REQUIRE(made->update(from.row(), from.label));
  }
  const auto taken = support::allocations_of([&] {
    for (int i = 0; i < 100; ++i) {
      from.next();
      (void)made->update(from.row(), from.label);
    }
  });
  if (support::counts_allocations) CHECK(taken == 0);
}

TEST_CASE("options that are none are refused by name") {
  const auto refused = [](const mi::online_options& with, const char* option) {
    const auto found = learner::make(fresh(), with);
    REQUIRE_FALSE(found);
    CHECK(found.error().code() == mr::errc::invalid_argument);
    CHECK_THAT(found.error().message(), ContainsSubstring(option));
  };
  refused({.batch = 0}, "batch");
  refused({.interval = mr::duration(-1)}, "interval");
  refused({.loss = static_cast<mi::online_loss>(4)}, "loss");
  refused({.window = 0}, "window");
  refused({.holdout_every = 2, .holdout = 0}, "holdout");
  refused({.on_drift = static_cast<mi::drift_action>(3)}, "on_drift");
  refused({.shrink_to = 0}, "shrink_to");
}

TEST_CASE("an online learner loads the bytes of the first release") {
  const auto bytes = support::golden("infer/online_learner.bin");
  auto old = watched::load(bytes);
  REQUIRE(old);
  CHECK(old->save() == bytes);
  CHECK(old->options().batch == 4);
  CHECK(old->options().settle == 11);
  CHECK(old->options().on_drift == mi::drift_action::shrink);
  CHECK(old->updates() == 1);
  CHECK(old->learnt() == 4);
  CHECK(old->pending() == 2);
  CHECK(old->drifts() == 1);
  CHECK(old->warnings() == 3);
  CHECK(old->measures().mean_loss() == 2.5 / 4);
  CHECK(old->measures().faded_loss() == 2.25 / 3.5);
  CHECK(old->holdout().count() == 1);
  CHECK(old->model().coefficient(129) == -0.75 / (2 / 0.5 + 0.125));
  const std::vector<std::uint32_t> indices{3};
  const std::vector<float> values{1};
  REQUIRE(old->update(mm::sparse_view(indices, values), 1));
  REQUIRE(old->update(mm::sparse_view(indices, values), 1));
  CHECK(old->model().count() == 1 + 4);
}

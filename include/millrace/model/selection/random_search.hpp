#ifndef MILLRACE_MODEL_SELECTION_RANDOM_SEARCH_HPP
#define MILLRACE_MODEL_SELECTION_RANDOM_SEARCH_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/sort.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/model/detail/first_failure.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/parallel.hpp>
#include <millrace/model/selection/goal.hpp>
#include <millrace/model/selection/search_space.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

/// How a search goes.
struct search_options {
  /// How many options are drawn.
  std::size_t trials = 27;
  /// What is spent on each trial at first, and on those that are left at last: rounds, rows or what you say. The same:
  /// every trial gets it at once.
  std::size_t first_resource = 1;
  std::size_t last_resource = 1;
  /// One in so many trials goes on, with so many times as much spent on it. 2 or above.
  std::size_t factor = 3;
  /// Whether scores are better when they are low or when they are high.
  goal wanted = goal::low;
  /// No further score is asked for after so long. 0: no limit. The first is asked for in any case.
  duration budget = {};
  std::uint64_t seed = 1;
};

/// A score that a trial got, what was spent on it and how long it took.
struct search_score {
  std::size_t resource = 0;
  double score = 0;
  std::uint64_t nanoseconds = 0;
};

/// Drawn options and their scores, with more spent on each.
template <class Options>
struct search_trial {
  Options options;
  std::vector<search_score> scores;
};

/// What a search found.
template <class Options>
struct search_result {
  /// In the order in which they were drawn.
  std::vector<search_trial<Options>> trials;
  /// Of the trials that most was spent on the best, of equal ones the first.
  std::size_t best = 0;
  /// Whether the search ended because the budget was used up.
  bool out_of_time = false;

  /// The best trial's options, with what was spent on it last.
  const Options& options() const noexcept { return trials[best].options; }
  double score() const noexcept { return trials[best].scores.back().score; }
};

namespace detail {

/// Asks for scores until the time is up.
template <class Space, class Evaluate, class Clock>
class halving_search {
 public:
  using options_type = typename Space::options_type;

  halving_search(const Space& space, Evaluate& evaluate, const search_options& with, const Clock& clock,
                 const executor_reference& on)
      : space_(space), evaluate_(evaluate), with_(with), clock_(clock), on_(on), begin_(now()) {}

  result<search_result<options_type>> run() {
    search_result<options_type> found;
    std::uint64_t seeds = with_.seed;
    for (std::size_t k = 0; k < with_.trials; ++k) found.trials.push_back({space_.draw(splitmix64(seeds)), {}});
    std::vector<std::size_t> left(with_.trials);
    for (std::size_t k = 0; k < left.size(); ++k) left[k] = k;
    for (std::size_t resource = with_.first_resource;;) {
      const std::size_t wanted = left.size();
      if (auto done = score_all(found, left, resource); !done) return std::move(done).error();
      found.out_of_time = left.size() < wanted;
      if (!left.empty()) {
        rank(found, left);
        found.best = left[0];
      }
      if (found.out_of_time || resource == with_.last_resource) return found;
      left.resize((left.size() + with_.factor - 1) / with_.factor);
      // A trial that is left alone has nobody to be compared with on the way.
      const bool is_last = left.size() == 1 || resource > with_.last_resource / with_.factor;
      resource = is_last ? with_.last_resource : resource * with_.factor;
    }
  }

 private:
  std::uint64_t now() const noexcept { return clock_.nanoseconds(clock_.ticks()); }
  bool is_out_of_time() const noexcept {
    return with_.budget.nanoseconds > 0 &&
           time_span{begin_, now()}.nanoseconds() >= static_cast<std::uint64_t>(with_.budget.nanoseconds);
  }

  /// Asks for the scores of these trials, and keeps those that there was time for.
  result<void> score_all(search_result<options_type>& found, std::vector<std::size_t>& numbers, std::size_t resource) {
    std::vector<result<void>> each(numbers.size());
    std::vector<unsigned char> is_asked(numbers.size());
    first_failure stops;
    on_(numbers.size(), [&](std::size_t i) {
      if (stops.is_before(i)) return;
      if ((i == 0 && resource == with_.first_resource) || !is_out_of_time()) {
        is_asked[i] = 1;
        each[i] = score(found.trials[numbers[i]], numbers[i], resource);
        if (each[i]) return;
      }
      stops.update(i);
    });
    std::size_t kept = 0;
    for (std::size_t i = 0; i < each.size(); ++i) {
      if (!each[i]) return std::move(each[i]).error();
      if (is_asked[i] != 0) numbers[kept++] = numbers[i];
    }
    numbers.resize(kept);
    return {};
  }
  result<void> score(search_trial<options_type>& trial, std::size_t number, std::size_t resource) {
    space_.spend(trial.options, resource);
    const std::uint64_t before = now();
    result<double> scored = evaluate_(static_cast<const options_type&>(trial.options), resource);
    const auto named = [&] {
      return "random search, trial " + std::to_string(number) + " at resource " + std::to_string(resource);
    };
    if (!scored) return std::move(scored).error().wrap(named());
    if (math::is_nan(*scored)) return error(errc::not_finite, named() + ": the score is NaN");
    trial.scores.push_back({resource, *scored, time_span{before, now()}.nanoseconds()});
    return {};
  }
  /// The best score first, of equal ones the trial that was drawn first.
  void rank(const search_result<options_type>& found, std::vector<std::size_t>& numbers) const {
    sort_by(numbers, [&](std::size_t a, std::size_t b) {
      const double of_a = found.trials[a].scores.back().score;
      const double of_b = found.trials[b].scores.back().score;
      return of_a == of_b ? a < b : is_better(with_.wanted, of_a, of_b);
    });
  }

  const Space& space_;
  Evaluate& evaluate_;
  const search_options& with_;
  const Clock& clock_;
  const executor_reference& on_;
  std::uint64_t begin_;
};

}  // namespace detail

/// Draws options, tries all of them with little, and goes on with the best third, with three times as much spent on
/// each, until few are left and have all there is: successive halving.
///
///     auto found = mr::model::random_search(space, [&](const boosting_options& with, std::size_t) {
///       return cross_validated_loss(with);  // a number or a result of one
///     }, {.trials = 27, .first_resource = 10, .last_resource = 270});
///
/// `evaluate(options, resource)`: the resource is what is spent, such as rounds or rows. `spend` of the space writes it
/// into the options; what else it means is up to you. Use the same folds for every trial.
/// `on`: trials are tried on any number of threads; `evaluate` is then called from all of them.
/// Guarantee: the same seed gives the same trials, and the first of them whatever their number, and the same result on
/// any number of threads; with a budget, the time decides how far it goes.
/// Complexity: without a budget, `trials` scores of the first resource, and for each further one a `factor`-th of them.
/// Allocates: the trials.
/// Errors: invalid_argument (the space, or an option), not_finite (a score that is NaN), and those of `evaluate`; the
/// last two name the trial, of several that fail that which one thread comes to first, and the resource.
/// Source: Bergstra, Bengio, "Random search for hyper-parameter optimization", JMLR 13, 2012; Jamieson, Talwalkar,
/// "Non-stochastic best arm identification and hyperparameter optimization", AISTATS 2016.
template <class Options, class... Items, class Evaluate, clock_policy Clock = steady_clock>
result<search_result<Options>> random_search(const search_space<Options, Items...>& space, Evaluate evaluate,
                                             const search_options& with = {}, const Clock& clock = {},
                                             const executor_reference& on = {}) {
  const auto wrong = [](const char* option, const char* wanted) {
    return error(errc::invalid_argument, std::string("random search: option ") + option + " must be " + wanted);
  };
  if (with.trials == 0) return wrong("trials", "above 0");
  if (with.factor < 2) return wrong("factor", "2 or above");
  if (with.first_resource == 0) return wrong("first_resource", "above 0");
  if (with.last_resource < with.first_resource) return wrong("last_resource", "first_resource or above");
  if (with.budget.nanoseconds < 0) return wrong("budget", "0 or above");
  if (auto right = space.usable(with.last_resource); !right) return std::move(right).error();
  return detail::halving_search<search_space<Options, Items...>, Evaluate, Clock>(space, evaluate, with, clock, on)
      .run();
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_SELECTION_RANDOM_SEARCH_HPP

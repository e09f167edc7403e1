#ifndef MILLRACE_TRACK_TRACKING_HPP
#define MILLRACE_TRACK_TRACKING_HPP

#include <millrace/chain/middleware.hpp>
#include <millrace/core/detail/field_list.hpp>
#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/field.hpp>
#include <millrace/core/result.hpp>
#include <millrace/track/names.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace track {

namespace detail {

/// Makes parameters of what an event or a model says of itself.
struct tracked_settings {
  const std::string& prefix;
  std::vector<key_value> all{};

  void operator()(std::string_view key, std::string_view value) {
    all.push_back({prefix + std::string(key), std::string(value)});
  }
  template <class T>
  requires std::is_arithmetic_v<T>
  void operator()(std::string_view key, T value) {
    if constexpr (std::same_as<T, bool>)
      (*this)(key, value ? std::string_view("true") : std::string_view("false"));
    else if constexpr (std::is_integral_v<T>)
      (*this)(key, std::string_view(std::to_string(value)));
    else
      (*this)(key, std::string_view(number_text(value)));
  }
};

}  // namespace detail

/// An event, optimizer or model that says how it was set: `for_each_setting(use)` calls `use(key, value)` with a name
/// and a number, bool or text for each setting.
template <class T>
concept tells_settings = requires(const T& of, detail::tracked_settings& use) { of.for_each_setting(use); };

/// Logs what a chain does to a run (`run`): after each event the numbers that it writes, such as the loss, the
/// accuracy, the learning rate and the norm of the gradients, under their fields' names, at the step that counts the
/// chain's runs; and once the settings of events that say them (`tells_settings`), such as optimizer and model of
/// `train::update_weights`, as parameters.
///
///     auto step = mr::chain(...).use(mr::track::tracking{run});
///     auto test = mr::chain(...).use(mr::track::tracking{run, "validation/"});   // its loss is `validation/loss`
///
/// The run outlives it, and may be ended by then: then nothing is logged.
/// Complexity: a copy into a queue for each number. Allocates: for the settings, once.
/// Threads: one run of the chain at a time.
/// Errors: those of `run::log_parameters` fail the event, at its first run. A number that is refused fails nothing;
/// `run::status` says it.
template <class Run>
class tracking {
 public:
  static constexpr std::string_view name = "tracking";

  explicit tracking(Run& run, std::string prefix = {}) : run_(&run), prefix_(std::move(prefix)) {}

  template <class Stage>
  result<void> after(const Stage& event, auto& ctx, const result<void>& outcome) {
    if constexpr (Stage::index == 0) step_ = runs_++;
    if (!outcome) return {};
    if constexpr (tells_settings<typename Stage::event_type>) {
      if (told_.size() < Stage::count) told_.resize(Stage::count);
      if (!told_[Stage::index]) [[unlikely]]
        if (auto done = log_settings(event.event(), Stage::index); !done) return done;
    }
    log_all(ctx, typename Stage::writes{});
    return {};
  }

  /// How many runs of the chain were logged.
  std::int64_t steps() const noexcept { return runs_; }

 private:
  template <class Event>
  [[gnu::cold, gnu::noinline]] result<void> log_settings(const Event& event, std::size_t index) {
    detail::tracked_settings settings{prefix_};
    event.for_each_setting(settings);
    if (auto done = run_->log_parameters(settings.all); !done) return done;
    told_[index] = 1;
    return {};
  }
  template <class Context, class... Fields>
  void log_all(Context& ctx, field_list<Fields...>) {
    (log_one<Fields>(ctx), ...);
  }
  template <class Field>
  void log_one(auto& ctx) {
    if constexpr (std::is_arithmetic_v<typename Field::type> && !std::same_as<typename Field::type, bool>) {
      key_.assign(prefix_);
      key_ += Field::name;
      run_->log_metric(key_, static_cast<double>(ctx[Field{}]), step_);
    }
  }

  Run* run_;
  std::string prefix_;
  std::string key_;
  std::int64_t step_ = 0;
  std::int64_t runs_ = 0;
  std::vector<char> told_;  // for each event: whether its settings were logged
};

}  // namespace track
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRACK_TRACKING_HPP

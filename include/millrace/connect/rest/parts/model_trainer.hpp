#ifndef MILLRACE_CONNECT_REST_PARTS_MODEL_TRAINER_HPP
#define MILLRACE_CONNECT_REST_PARTS_MODEL_TRAINER_HPP

#include <millrace/connect/rest/detail/event_rows.hpp>
#include <millrace/connect/rest/fwd.hpp>
#include <millrace/connect/rest/job_queue.hpp>
#include <millrace/connect/rest/route.hpp>
#include <millrace/connect/rest/served_models.hpp>
#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/model/linear/linear_regression.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/trees/random_forest.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace rest {

/// A model to be trained, as a request asks for it.
struct training_request {
  std::string model_name;
  std::string model_type;                 // one of the trainer's `types`
  std::vector<std::string> feature_keys;  // the columns, in their order
  std::string target;
  std::string events;  // JSON: an array of objects, which has been read as such
};

/// What trains models for an API: `types`, with commas between and the default first; `prepare(request)`, which says at
/// once what is wrong with a request, and returns the job that does the rest: a function of a `job_control` that
/// returns a result<std::string>, JSON. Any number of threads call it at once.
template <class T>
concept api_trainer = requires(const T& trainer, training_request asked, const job_control& control) {
  { T::types } -> std::convertible_to<std::string_view>;
  { (*trainer.prepare(std::move(asked)))(control) } -> std::same_as<result<std::string>>;
};

/// Trains regressions on the events of a request, and serves them under the name that it gives: a random forest of 100
/// trees at most 10 deep, or a linear regression. A forest takes events without some of their features; a linear
/// regression does not. Models: api_trainer.
class model_trainer {
 public:
  static constexpr std::string_view types = "random_forest,linear_regression";

  /// The models outlive it.
  explicit model_trainer(served_models& models) noexcept : models_(&models) {}

  /// Errors: invalid_data: a feature or a target is no number, or a target is missing.
  auto prepare(training_request asked) const {
    std::vector<std::string> keys = asked.feature_keys;
    keys.push_back(asked.target);
    auto read = detail::read_event_rows(asked.events, keys);
    return read ? checked(std::move(asked), *std::move(read), keys.size()) : result<job>(std::move(read).error());
  }

 private:
  class job {
   public:
    job(served_models& models, training_request asked, std::vector<float> rows, std::vector<float> targets)
        : models_(&models), asked_(std::move(asked)), rows_(std::move(rows)), targets_(std::move(targets)) {}

    result<std::string> operator()(const job_control& control) {
      if (control.is_cancelled()) return error(errc::cancelled, "the job was cancelled");
      return asked_.model_type == "linear_regression" ? fit<model::linear_regression>(control)
                                                      : fit<model::random_forest>(control);
    }

   private:
    template <class Model>
    result<std::string> fit(const job_control& control) {
      const model::matrix_view rows(rows_, asked_.feature_keys.size());
      auto fitted = Model::fit(rows, targets_);
      if (!fitted) return std::move(fitted).error();
      if (control.is_cancelled()) return error(errc::cancelled, "the job was cancelled");
      if (auto kept = models_->put(asked_.model_name, *std::move(fitted)); !kept) return std::move(kept).error();
      std::string json;
      json_writer(json)
          .begin_object()
          .member("model_name", asked_.model_name)
          .member("model_type", asked_.model_type)
          .member("rows", rows.rows())
          .end_object();
      return json;
    }

    served_models* models_;
    training_request asked_;
    std::vector<float> rows_;
    std::vector<float> targets_;
  };

  result<job> checked(training_request asked, std::vector<float> both, std::size_t columns) const {
    std::vector<float> rows, targets;
    for (std::size_t at = 0; at < both.size(); at += columns) {
      const float target = both[at + columns - 1];
      if (!__builtin_isfinite(target))
        return error(errc::invalid_data, "event " + std::to_string(at / columns) + " has no target " +
                                             millrace::detail::quoted_text(asked.target));
      rows.insert(rows.end(), both.begin() + static_cast<std::ptrdiff_t>(at),
                  both.begin() + static_cast<std::ptrdiff_t>(at + columns - 1));
      targets.push_back(target);
    }
    asked.events.clear();
    return job(*models_, std::move(asked), std::move(rows), std::move(targets));
  }

  served_models* models_;
};

}  // namespace rest
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REST_PARTS_MODEL_TRAINER_HPP

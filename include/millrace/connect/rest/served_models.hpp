#ifndef MILLRACE_CONNECT_REST_SERVED_MODELS_HPP
#define MILLRACE_CONNECT_REST_SERVED_MODELS_HPP

#include <millrace/connect/rest/fwd.hpp>
#include <millrace/connect/rest/route.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/detail/shared_value.hpp>
#include <millrace/core/result.hpp>
#include <millrace/infer/serving/fallback.hpp>
#include <millrace/infer/serving/request.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/predictor.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace rest {

namespace detail {

/// How a model is called that is a batcher, or a predictor, or another thing that has one of the two forms.
template <class Model>
struct model_calls {
  static constexpr bool is_server = infer::serves_requests<Model>;

  static const auto& shape(const void* object) noexcept {
    if constexpr (is_server)
      return static_cast<const Model*>(object)->model();
    else
      return *static_cast<const Model*>(object);
  }
  static infer::served predict(void* object, const model::matrix_view& rows, std::span<double> out,
                               const infer::request_options& with) noexcept {
    if constexpr (is_server) {
      return (*static_cast<Model*>(object))(rows, out, with);
    } else {
      static_cast<const Model*>(object)->predict(rows, out);
      return {};
    }
  }
  /// The most rows of one call.
  static std::size_t most_rows(const void* object) noexcept {
    if constexpr (requires(const Model& model) { model.options().max_rows; })
      return static_cast<const Model*>(object)->options().max_rows;
    else
      return ~std::size_t{0};
  }
  static std::uint64_t version(const void* object) noexcept {
    if constexpr (requires {
                    { shape(object).version() } -> std::convertible_to<std::uint64_t>;
                  })
      return shape(object).version();
    else
      return 0;
  }
};

}  // namespace detail

/// A model under a name that requests call it by, with one form for all kinds of models.
class served_model {
 public:
  template <class Model>
  served_model(std::string name, Model* model, bool is_owned)
      : name_(std::move(name)),
        object_(const_cast<std::remove_const_t<Model>*>(model)),  // which a const model's calls do not change
        inputs_(calls<Model>::shape(model).inputs()),
        outputs_(calls<Model>::shape(model).outputs()),
        most_rows_(calls<Model>::most_rows(model)),
        predict_(&calls<Model>::predict),
        version_(&calls<Model>::version) {
    if (is_owned) destroy_ = [](void* object) noexcept { delete static_cast<Model*>(object); };
  }
  served_model(const served_model&) = delete;
  served_model& operator=(const served_model&) = delete;
  ~served_model() {
    if (destroy_ != nullptr) destroy_(object_);
  }

  const std::string& name() const noexcept { return name_; }
  std::size_t inputs() const noexcept { return inputs_; }
  std::size_t outputs() const noexcept { return outputs_; }
  /// The version that serves now; 0: it has none.
  std::uint64_t version() const noexcept { return version_(object_); }

  /// Predicts rows, in as many calls as the model needs for them. The version is that of the last one.
  /// Shapes: rows x inputs, and rows x outputs numbers.
  /// Errors: shape_mismatch: the rows have other columns, or there are none; those of infer::to_result.
  result<infer::served> predict(const model::matrix_view& rows, std::span<double> out,
                                const infer::request_options& with = {}) const {
    if (rows.rows() == 0) return error(errc::shape_mismatch, "there are no rows");
    if (rows.columns() != inputs_)
      return error(errc::shape_mismatch, "the rows have " + std::to_string(rows.columns()) + " columns, and " +
                                             detail::quoted_text(name_) + " takes " + std::to_string(inputs_));
    infer::served done;
    for (std::size_t at = 0; at < rows.rows();) {
      const std::size_t count = rows.rows() - at < most_rows_ ? rows.rows() - at : most_rows_;
      const model::matrix_view some(rows.data() + at * rows.stride(), count, rows.columns(), rows.stride());
      done = predict_(object_, some, out.subspan(at * outputs_, count * outputs_), with);
      if (!done) break;
      at += count;
    }
    return done;
  }

 private:
  template <class Model>
  using calls = detail::model_calls<std::remove_const_t<Model>>;

  std::string name_;
  void* object_;
  std::size_t inputs_;
  std::size_t outputs_;
  std::size_t most_rows_;
  infer::served (*predict_)(void*, const model::matrix_view&, std::span<double>,
                            const infer::request_options&) noexcept;
  std::uint64_t (*version_)(const void*) noexcept;
  void (*destroy_)(void*) noexcept = nullptr;
};

/// The models of an API, by their names: batchers and predictors that the program has, and such as are trained while it
/// runs.
///
///     mr::connect::rest::served_models models;
///     models.add("fraud", serve);                        // a batcher, which is referred to
///     models.put("latency", std::move(forest));          // a model, which is kept
///
/// Guarantee: a request sees one model from its beginning to its end; one that is replaced goes with its last request.
/// Threads: all members, any number at once.
class served_models {
 public:
  using handle = millrace::detail::shared_value<served_model>;

  explicit served_models(std::size_t most = 1000) : most_(most) {}
  served_models(const served_models&) = delete;
  served_models& operator=(const served_models&) = delete;

  /// Serves what the program has, which outlives this. Errors: already_exists; no_space: there are too many.
  template <class Model>
  result<void> add(std::string name, Model& model) {
    static_assert(millrace::detail::requirement<is_model<Model>, Model>,
                  "millrace[REST-5]: what is served is a batcher, or what serves requests as one does, or a "
                  "model::predictor");
    return keep(handle::make(std::move(name), &model, false), false);
  }
  template <class Model>
  result<void> add(std::string, Model&&)
  requires(!std::is_lvalue_reference_v<Model>)
  {
    static_cast<void>(sizeof(temporary_object<Model>));
    return {};
  }
  /// Serves a model that it keeps, in the place of one of the same name. Errors: no_space: there are too many.
  template <class Model>
  result<void> put(std::string name, Model model) {
    static_assert(
        millrace::detail::requirement<model::predictor<Model>, Model>,
        "millrace[REST-5]: what is kept is a model::predictor: inputs(), outputs(), and predict for a row and "
        "for a batch, const and noexcept");
    return keep(handle::make(std::move(name), new Model(std::move(model)), true), true);
  }
  /// Whether there was one.
  bool remove(std::string_view name) {
    handle gone;  // which goes without the lock
    const millrace::detail::lock_guard locked(mutex_);
    for (std::size_t i = 0; i < models_.size(); ++i)
      if (models_[i]->name() == name) {
        gone = std::move(models_[i]);
        models_.erase(models_.begin() + static_cast<std::ptrdiff_t>(i));
        return true;
      }
    return false;
  }

  /// The model of a name; without one the handle is null.
  handle find(std::string_view name) const {
    const millrace::detail::lock_guard locked(mutex_);
    for (const handle& each : models_)
      if (each->name() == name) return each;
    return {};
  }
  /// All of them, in the order in which they came.
  std::vector<handle> list() const {
    const millrace::detail::lock_guard locked(mutex_);
    return models_;
  }

 private:
  template <class Model>
  static constexpr bool is_model = infer::serves_requests<Model> || model::predictor<Model>;

  result<void> keep(handle made, bool replaces) {
    if (made->name().empty()) return error(errc::invalid_argument, "a model has a name");
    const millrace::detail::lock_guard locked(mutex_);
    for (handle& each : models_)
      if (each->name() == made->name()) {
        if (!replaces)
          return error(errc::already_exists,
                       "a model " + millrace::detail::quoted_text(made->name()) + " is served already");
        std::swap(each, made);
        return {};
      }
    if (models_.size() >= most_) return error(errc::no_space, "there are " + std::to_string(most_) + " models already");
    models_.push_back(std::move(made));
    return {};
  }

  mutable millrace::detail::mutex mutex_;
  std::vector<handle> models_;
  std::size_t most_;
};

}  // namespace rest
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REST_SERVED_MODELS_HPP

#ifndef MILLRACE_DELIVER_SHADOW_DETAIL_SHADOW_CALLS_HPP
#define MILLRACE_DELIVER_SHADOW_DETAIL_SHADOW_CALLS_HPP

#include <millrace/chain/event.hpp>
#include <millrace/core/result.hpp>
#include <millrace/deliver/fwd.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

// How a shadow calls its models, and what types their requests and predictions have.
namespace millrace {
inline namespace v0 {
namespace deliver {
namespace detail {

template <class Model>
struct shadowed_model {
  using type = Model;
  static Model& at(Model& held) noexcept { return held; }
  static const Model& at(const Model& held) noexcept { return held; }
};
template <class Model>
struct shadowed_model<borrowed<Model>> {
  using type = Model;
  static Model& at(const borrowed<Model>& held) noexcept { return *held.object; }
};
template <class Held>
auto& model_in(Held& held) noexcept {
  return shadowed_model<std::remove_const_t<Held>>::at(held);
}
template <class Held>
using model_in_t = typename shadowed_model<Held>::type;

/// The type of the only argument of a function object whose call is no template, without const and reference; void if
/// it cannot be told.
template <class F>
struct only_argument {
  using type = void;
};
template <class Returned, class Argument>
struct only_argument<Returned (*)(Argument)> {
  using type = std::remove_cvref_t<Argument>;
};
template <class Returned, class Argument>
struct only_argument<Returned (*)(Argument) noexcept> : only_argument<Returned (*)(Argument)> {};
template <class Returned, class Class, class Argument>
struct only_argument<Returned (Class::*)(Argument)> : only_argument<Returned (*)(Argument)> {};
template <class Returned, class Class, class Argument>
struct only_argument<Returned (Class::*)(Argument) const> : only_argument<Returned (*)(Argument)> {};
template <class Returned, class Class, class Argument>
struct only_argument<Returned (Class::*)(Argument) noexcept> : only_argument<Returned (*)(Argument)> {};
template <class Returned, class Class, class Argument>
struct only_argument<Returned (Class::*)(Argument) const noexcept> : only_argument<Returned (*)(Argument)> {};
template <class F>
requires requires { &F::operator(); }
struct only_argument<F> : only_argument<decltype(&F::operator())> {};

/// Whether a copy of it would refer to memory of the caller, which is gone when the copy is looked at.
template <class T>
inline constexpr bool refers_to_others = std::is_pointer_v<T>;
template <class T, std::size_t Extent>
inline constexpr bool refers_to_others<std::span<T, Extent>> = true;
template <class Char, class Traits>
inline constexpr bool refers_to_others<std::basic_string_view<Char, Traits>> = true;

/// A prediction without the `result` around it.
template <class P>
struct plain_prediction {
  using type = P;
};
template <class P>
struct plain_prediction<result<P>> {
  using type = P;
};

/// Whether a candidate's prediction becomes the stable model's.
template <class Prediction, class Model, class Request>
constexpr bool predicts_alike() noexcept {
  if constexpr (std::is_invocable_v<Model&, const Request&>) {
    using made = std::remove_cvref_t<std::invoke_result_t<Model&, const Request&>>;
    return std::is_constructible_v<typename plain_prediction<Prediction>::type, typename plain_prediction<made>::type>;
  }
  return true;  // another error says so
}

/// A value in a cell that is used again and again: assigned to where there is one already, so that it may keep the
/// memory that it has.
template <class T>
class kept_copy {
  static constexpr bool is_assigned = std::is_copy_assignable_v<T>;

 public:
  void set(const T& from) noexcept(std::is_nothrow_copy_constructible_v<T> &&
                                   (!is_assigned || std::is_nothrow_copy_assignable_v<T>)) {
    if constexpr (is_assigned) {
      if (value_) {
        *value_ = from;
        return;
      }
    }
    value_.emplace(from);
  }
  const T& operator*() const noexcept { return *value_; }
  void swap(kept_copy& other) noexcept { value_.swap(other.value_); }

 private:
  std::optional<T> value_;
};

/// Asks a model, whose prediction may be a result. False: it is an error.
template <class Value, class Model, class Request>
bool ask_model(Model& model, const Request& request, std::optional<Value>& into) {
  using made = std::remove_cvref_t<decltype(model(request))>;
  if constexpr (is_result<made>) {
    made got = model(request);
    if (!got) return false;
    into.emplace(*std::move(got));
  } else {
    into.emplace(model(request));
  }
  return true;
}

/// A segment's key as text: texts as they are, integers and enums in decimal.
template <class Key>
void key_text(const Key& key, std::string& to) {
  if constexpr (std::is_convertible_v<const Key&, std::string_view>)
    to = std::string_view(key);
  else if constexpr (std::same_as<Key, bool>)
    to = key ? "true" : "false";
  else if constexpr (std::is_enum_v<Key>)
    to = std::to_string(static_cast<long long>(key));
  else
    to = std::to_string(key);
}

}  // namespace detail
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_SHADOW_DETAIL_SHADOW_CALLS_HPP

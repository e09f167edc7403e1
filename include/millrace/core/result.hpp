#ifndef MILLRACE_CORE_RESULT_HPP
#define MILLRACE_CORE_RESULT_HPP

#include <millrace/core/error.hpp>

#include <cstdio>
#include <cstdlib>
#include <new>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {

template <class T>
class result;

namespace detail {

template <class T>
inline constexpr bool is_result = false;
template <class T>
inline constexpr bool is_result<result<T>> = true;

/// std::is_constructible by the compiler's built-in trait: with the library's trait or concept, which instantiate
/// several others, each result<T> takes twice as long to compile. A variable wraps it because g++ 14 accepts no
/// built-in trait in the signature of a template.
template <class T, class... Args>
inline constexpr bool constructible = __is_constructible(T, Args...);
template <class T, class... Args>
inline constexpr bool constructible_without_throw = __is_nothrow_constructible(T, Args...);
template <class T>
inline constexpr bool movable_onto = __is_assignable(T&, T);

/// std::construct_at without <memory>, which costs more to parse than this header.
template <class T, class... Args>
void construct(T& place, Args&&... args) {
  ::new (static_cast<void*>(__builtin_addressof(place))) T(std::forward<Args>(args)...);
}

/// Reports on stderr that value() was called on a failed result, and aborts. `instead` is the result's error, or null
/// if it was moved away.
[[noreturn, gnu::cold, gnu::noinline]] inline void no_value(const error* instead) noexcept {
  std::fprintf(stderr, "millrace: value() of a failed result: %s\n",
               instead != nullptr ? instead->describe().c_str() : "its error was moved away");
  std::abort();
}

/// Calls `f` and returns what it returns, which may be void, as a result<U>.
template <class U, class F, class... Args>
result<U> invoke_to_result(F&& f, Args&&... args) {
  if constexpr (std::is_void_v<U>) {
    std::forward<F>(f)(std::forward<Args>(args)...);
    return {};
  } else {
    return std::forward<F>(f)(std::forward<Args>(args)...);
  }
}

}  // namespace detail

/// A value or the `error` that stands in its place, with the members of std::expected. It is a type of our own because
/// one that changed with the language version would break programs whose parts are compiled for different versions.
///
///     auto r = mr::stats::welch_t_test(treatment, control);
///     if (!r) return std::move(r).error();
///     use(*r);
///
/// Nothing throws: `value()` of a failed result says on stderr what the error was and aborts. `*` and `->` do not
/// check: to use them on a failed result is undefined behaviour, and so is `error()` on a good one.
/// Allocates: never by itself.
template <class T>
class [[nodiscard]] result {
  static_assert(!std::is_reference_v<T>, "millrace[RESULT-1]: result<T&> is not supported; use result<T*>");

 public:
  using value_type = T;
  using error_type = millrace::error;

  result()
  requires(detail::constructible<T>)
      : value_(), has_value_(true), error_() {}

  template <class U = T>
  requires(detail::constructible<T, U> && !detail::is_result<std::remove_cvref_t<U>> &&
           !std::is_same_v<std::remove_cvref_t<U>, millrace::error>)
  result(U&& value) : value_(std::forward<U>(value)), has_value_(true), error_() {}

  result(millrace::error failure) noexcept : has_value_(false), error_(std::move(failure)) {}

  result(const result& other)
  requires(detail::constructible<T, const T&>)
      : has_value_(other.has_value_), error_() {
    if (has_value_)
      detail::construct(value_, other.value_);
    else
      detail::construct(error_, other.error_);
  }
  result(result&& other) noexcept(detail::constructible_without_throw<T, T>) : has_value_(other.has_value_), error_() {
    if (has_value_)
      detail::construct(value_, std::move(other.value_));
    else
      detail::construct(error_, std::move(other.error_));
  }
  /// If T's move throws, the result is whole: a value is what T's assignment leaves, an error stays what it was. A T
  /// that can be neither moved without throwing nor assigned is refused.
  result& operator=(result other) noexcept(detail::constructible_without_throw<T, T>)
  requires(detail::constructible_without_throw<T, T> || detail::movable_onto<T>)
  {
    if constexpr (!detail::constructible_without_throw<T, T>) {
      if (other.has_value_) {
        if (has_value_)
          value_ = std::move(other.value_);
        else
          replace_error(std::move(other.value_));
        return *this;
      }
    }
    destroy();
    has_value_ = other.has_value_;
    if (has_value_)
      detail::construct(value_, std::move(other.value_));
    else
      detail::construct(error_, std::move(other.error_));
    return *this;
  }
  ~result() { destroy(); }

  bool has_value() const noexcept { return has_value_; }
  explicit operator bool() const noexcept { return has_value_; }

  T& value() & noexcept {
    require_value();
    return value_;
  }
  const T& value() const& noexcept {
    require_value();
    return value_;
  }
  T&& value() && noexcept {
    require_value();
    return std::move(value_);
  }
  T& operator*() & noexcept { return value_; }
  const T& operator*() const& noexcept { return value_; }
  T&& operator*() && noexcept { return std::move(value_); }
  T* operator->() noexcept { return __builtin_addressof(value_); }
  const T* operator->() const noexcept { return __builtin_addressof(value_); }

  millrace::error& error() & noexcept { return error_; }
  const millrace::error& error() const& noexcept { return error_; }
  millrace::error&& error() && noexcept { return std::move(error_); }

  template <class U>
  T value_or(U&& otherwise) const& {
    return has_value_ ? value_ : static_cast<T>(std::forward<U>(otherwise));
  }
  template <class U>
  T value_or(U&& otherwise) && {
    return has_value_ ? std::move(value_) : static_cast<T>(std::forward<U>(otherwise));
  }

  /// Returns f(value), which is itself a `result<U>`; a failure is passed on without calling `f`.
  template <class F>
  auto and_then(F&& f) && -> std::invoke_result_t<F, T&&> {
    if (has_value_) return std::forward<F>(f)(std::move(value_));
    return std::move(error_);
  }
  /// Returns f(value), of type U, as a `result<U>`; a failure is passed on.
  template <class F>
  auto transform(F&& f) && -> result<std::invoke_result_t<F, T&&>> {
    if (has_value_)
      return detail::invoke_to_result<std::invoke_result_t<F, T&&>>(std::forward<F>(f), std::move(value_));
    return std::move(error_);
  }
  /// Returns f(error), which is itself a result<T>; a value is passed on.
  template <class F>
  result or_else(F&& f) && {
    if (has_value_) return std::move(*this);
    return std::forward<F>(f)(std::move(error_));
  }

 private:
  void require_value() const noexcept {
    if (!has_value_) [[unlikely]]
      detail::no_value(error_.body_ != nullptr ? &error_ : nullptr);
  }
  /// Constructs the value in the error's place, or throws what T throws and keeps the error. A destructor puts the
  /// error back, so that the header also compiles without exceptions.
  void replace_error(T&& value) {
    struct kept_error {
      result& to;
      millrace::error error;
      ~kept_error() {
        if (!to.has_value_) detail::construct(to.error_, std::move(error));
      }
    } kept{*this, std::move(error_)};
    error_.~error_type();
    detail::construct(value_, std::move(value));
    has_value_ = true;
  }
  void destroy() noexcept {
    if (has_value_)
      value_.~T();
    else
      error_.~error_type();
  }

  // Each has a place of its own: where they shared one, g++ 14 took the load of a vector's pointer and that of an
  // error's for the same at -O3, and moved it before a store to the other. An error beside a value is null.
  union {
    T value_;
  };
  bool has_value_;
  union {
    millrace::error error_;
  };
};

/// Success, or the error. The members are those of result<T>, with an `f` that takes no argument in place of a value.
/// One pointer wide; success is a null pointer, so the check is one comparison.
template <>
class [[nodiscard]] result<void> {
 public:
  using value_type = void;
  using error_type = millrace::error;

  result() noexcept = default;
  result(millrace::error failure) noexcept : error_(std::move(failure)) {}

  bool has_value() const noexcept { return error_.body_ == nullptr; }
  explicit operator bool() const noexcept { return has_value(); }

  millrace::error& error() & noexcept { return error_; }
  const millrace::error& error() const& noexcept { return error_; }
  millrace::error&& error() && noexcept { return std::move(error_); }

  template <class F>
  auto and_then(F&& f) && -> std::invoke_result_t<F> {
    if (has_value()) return std::forward<F>(f)();
    return std::move(error_);
  }
  template <class F>
  auto transform(F&& f) && -> result<std::invoke_result_t<F>> {
    if (has_value()) return detail::invoke_to_result<std::invoke_result_t<F>>(std::forward<F>(f));
    return std::move(error_);
  }
  template <class F>
  result or_else(F&& f) && {
    if (has_value()) return {};
    return std::forward<F>(f)(std::move(error_));
  }

 private:
  millrace::error error_;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_RESULT_HPP

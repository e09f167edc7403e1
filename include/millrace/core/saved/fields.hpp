#ifndef MILLRACE_CORE_SAVED_FIELDS_HPP
#define MILLRACE_CORE_SAVED_FIELDS_HPP

#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace detail {

struct field_writer {
  envelope_writer& to;

  template <class... Fields>
  void operator()(const Fields&... fields) const {
    (put(fields), ...);
  }

 private:
  void put(double x) const { to.f64(x); }
  void put(float x) const { to.u32(std::bit_cast<std::uint32_t>(x)); }
  void put(const std::unsigned_integral auto& x) const {
    if constexpr (sizeof(x) == 1)
      to.u8(x);
    else if constexpr (sizeof(x) <= 4)
      to.u32(x);
    else
      to.u64(x);
  }
  template <class T, std::size_t Size>
  void put(const std::array<T, Size>& all) const {
    for (const T& one : all) put(one);
  }
  template <class T>
  void put(const T& part) const {
    if constexpr (std::is_enum_v<T>)
      put(static_cast<std::underlying_type_t<T>>(part));
    else
      T::fields(part, *this);
  }
};

struct field_reader {
  envelope_reader& from;

  template <class... Fields>
  void operator()(Fields&... fields) const {
    (take(fields), ...);
  }

 private:
  void take(double& x) const { x = from.f64(); }
  void take(float& x) const { x = std::bit_cast<float>(from.u32()); }
  template <std::unsigned_integral T>
  void take(T& x) const {
    if constexpr (sizeof(x) == 1)
      x = from.u8();
    else if constexpr (sizeof(x) <= 4)
      x = static_cast<T>(from.u32());
    else
      x = static_cast<T>(from.u64());
  }
  template <class T, std::size_t Size>
  void take(std::array<T, Size>& all) const {
    for (T& one : all) take(one);
  }
  template <class T>
  void take(T& part) const {
    if constexpr (std::is_enum_v<T>) {
      std::underlying_type_t<T> number = 0;
      take(number);
      part = static_cast<T>(number);
    } else {
      T::fields(part, *this);
    }
  }
};

}  // namespace detail

/// A base that gives `save` and `load` to a class made of numbers, from a list of its fields: detectors, sequential
/// tests, aggregators of your own.
///
///     class largest_step : public mr::saved_fields<largest_step> {
///       friend mr::saved_fields<largest_step>;
///       static std::string saved_as() { return "largest_step"; }  // the name in the bytes, with all parameters
///       template <class Self, class Visit>
///       static void fields(Self& self, const Visit& visit) { visit(self.last_, self.largest_); }
///       bool restore() noexcept { return largest_ >= 0; }
///       ...
///
/// Fields are doubles, floats, unsigned integers, enums, arrays of fields, and classes with `fields` of their own.
/// `load` calls `restore` once the fields are read, to compute what is not saved; `restore` returns false if the
/// numbers contradict each other, and `load` then fails. A class without a default constructor has `static T blank()`,
/// which makes the object to load into.
/// Guarantee: a loaded object continues exactly as the saved one would have, to the bit.
/// Errors: those of `envelope_reader`. They do not name a file; add it: `return std::move(loaded).error().wrap(path)`.
/// Source: the layout in core/saved/envelope.hpp.
template <class T>
class saved_fields {
 public:
  /// Allocates: the bytes.
  std::vector<std::byte> save() const {
    envelope_writer to(T::saved_as());
    T::fields(static_cast<const T&>(*this), detail::field_writer{to});
    return std::move(to).finish();
  }
  /// Errors: those of `envelope_reader::open` and `finish`.
  static result<T> load(std::span<const std::byte> bytes) {
    const std::string name = T::saved_as();
    auto from = envelope_reader::open(bytes, name);
    if (!from) return std::move(from).error();
    T made = [] {
      if constexpr (requires { T::blank(); })
        return T::blank();
      else
        return T();
    }();
    T::fields(made, detail::field_reader{*from});
    if (auto done = from->finish(from->ok() && made.restore()); !done) return std::move(done).error();
    return made;
  }

 protected:
  saved_fields() = default;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_SAVED_FIELDS_HPP

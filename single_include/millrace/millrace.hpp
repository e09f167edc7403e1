// millrace 0.1.0: the modules that need the standard library alone, as one header.
// Made by tools/amalgamate from include/millrace; change those files, not this one.
//
// MIT License
//
// Copyright (c) 2026 The millrace authors
//
// Permission is hereby granted, free of charge, to any person obtaining a copy
// of this software and associated documentation files (the "Software"), to deal
// in the Software without restriction, including without limitation the rights
// to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
// copies of the Software, and to permit persons to whom the Software is
// furnished to do so, subject to the following conditions:
//
// The above copyright notice and this permission notice shall be included in all
// copies or substantial portions of the Software.
//
// THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
// IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
// FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
// AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
// LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
// OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
// SOFTWARE.

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cxxabi.h>
#include <exception>
#include <fcntl.h>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <netdb.h>
#include <new>
#include <optional>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <span>
#include <stdio.h>
#include <string>
#include <string_view>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <tuple>
#include <type_traits>
#include <unistd.h>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

// ---- core/detail/simd.hpp

#ifndef MILLRACE_CORE_DETAIL_SIMD_HPP
#define MILLRACE_CORE_DETAIL_SIMD_HPP

// Vectors without the compiler's intrinsics headers, which cost half a second to parse: the vector
// types that g++ and clang share, and which instruction set to use, asked of the CPU at run time. A
// kernel is one always-inlined template; each instruction set is a function with a target attribute
// around it. Which CPU it is decides here and in the kernels' entry functions, nowhere else.
#if defined(__x86_64__)
#define MILLRACE_X86_TARGET(features) [[gnu::target(features)]]
#else
#define MILLRACE_X86_TARGET(features)
#endif

namespace millrace {
inline namespace v0 {
namespace detail {

static_assert(std::endian::native == std::endian::little, "millrace's kernels are for little-endian machines");

template <class T, std::size_t Bytes>
struct vector_of {
  typedef T type __attribute__((vector_size(Bytes)));
};
/// A vector register's worth of T.
template <class T, std::size_t Bytes>
using vector = typename vector_of<T, Bytes>::type;

template <class V>
[[gnu::always_inline]] inline void load(V& to, const void* from) noexcept {
  __builtin_memcpy(&to, from, sizeof(V));
}
template <class V>
[[gnu::always_inline]] inline void store(void* to, const V& from) noexcept {
  __builtin_memcpy(to, &from, sizeof(V));
}

/// Rounds a product before it is added to something: keeps the compiler from contracting both into
/// one fused operation, which would answer other bits on one machine than on the next. g++ does that
/// across statements and has a barrier against it; clang, which has not, does so within one only.
/// `product` is a double or a vector of them, on its own line.
template <class V>
[[gnu::always_inline]] constexpr void rounded(V& product) noexcept {
  if constexpr (requires { __builtin_assoc_barrier(product); }) product = __builtin_assoc_barrier(product);
}

#if defined(__x86_64__)
inline bool cpu_has_avx2() noexcept { return __builtin_cpu_supports("avx2") != 0; }
inline bool cpu_has_avx512() noexcept { return __builtin_cpu_supports("avx512f") != 0; }
#else
inline bool cpu_has_avx2() noexcept { return false; }
inline bool cpu_has_avx512() noexcept { return false; }
#endif

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_SIMD_HPP

// ---- aggregate/detail/block_kernel.hpp

#ifndef MILLRACE_AGGREGATE_DETAIL_BLOCK_KERNEL_HPP
#define MILLRACE_AGGREGATE_DETAIL_BLOCK_KERNEL_HPP

namespace millrace {
inline namespace v0 {
namespace detail {

/// How many items are worked at a time: small enough for the first-level cache, so that every member
/// of an aggregate finds them there, and large enough that merging a block costs nothing.
inline constexpr std::size_t block_items = 2048;

/// What a pass over a block can find; members ask for some, and one loop over registers finds all.
namespace figure {
inline constexpr unsigned power1 = 1;        // sum of (x - shift)
inline constexpr unsigned power2 = 2;        // ... squared
inline constexpr unsigned power3 = 4;        // ... cubed
inline constexpr unsigned power4 = 8;        // ... to the fourth
inline constexpr unsigned low = 16;          // smallest
inline constexpr unsigned high = 32;         // largest
inline constexpr unsigned total = 64;        // compensated sum of x
inline constexpr unsigned logarithm = 128;   // product of x, as mantissa and exponent; asks for low too
inline constexpr unsigned reciprocal = 256;  // sum of 1 / x
}  // namespace figure

struct block_figures {
  double shift = 0;
  double power[4] = {};
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  double total = 0;  ///< plus total_rest
  double total_rest = 0;
  double mantissa = 1;  ///< in [1, 2); times 2^exponent; meaningless unless low is a normal number
  std::int64_t exponent = 0;
  double reciprocal = 0;
  double poison = 0;  ///< NaN if an item is not finite, or if a sum left the range of double
};

/// Every sum is kept in `sum_lanes` lanes, item i in lane i % sum_lanes, whatever the CPU's vectors, and
/// the lanes are then added in a fixed order: all machines answer the same bits.
inline constexpr std::size_t sum_lanes = 16;

inline constexpr std::uint64_t mantissa_bits = 0x000f'ffff'ffff'ffffU;
inline constexpr std::uint64_t one_bits = 0x3ff0'0000'0000'0000U;

/// sum + rest += x, exactly but for the rounding of rest. Source: Knuth, TAOCP 2, 4.2.2, theorem B.
template <class V>
[[gnu::always_inline]] constexpr void add_compensated(V& sum, V& rest, const V& x) noexcept {
  const V before = sum;
  sum = before + x;
  const V taken = sum - before;
  rest += (before - (sum - taken)) + (x - taken);
}

[[gnu::always_inline]] constexpr double add_lanes(double (&lane)[sum_lanes]) noexcept {
  for (std::size_t width = sum_lanes / 2; width != 0; width /= 2)
    for (std::size_t k = 0; k < width; ++k) lane[k] += lane[k + width];
  return lane[0];
}

/// x * 2^exponent with x in [1, 2) for a normal x > 0, its exponent added.
constexpr double take_exponent(double x, std::int64_t& exponent) noexcept {
  const auto bits = std::bit_cast<std::uint64_t>(x);
  exponent += static_cast<std::int64_t>(bits >> 52) - 1023;
  return std::bit_cast<double>((bits & mantissa_bits) | one_bits);
}

/// Precondition: count is a multiple of `sum_lanes`, and 0 < count <= 2048. `tail` items, fewer than
/// `sum_lanes`, follow them.
template <unsigned Wanted, std::size_t Bytes>
[[gnu::always_inline]] inline void block_body(const double* x, std::size_t count, std::size_t tail,
                                              block_figures& out) noexcept {
  using v = vector<double, Bytes>;
  using w = vector<std::uint64_t, Bytes>;
  constexpr std::size_t width = Bytes / 8;
  constexpr std::size_t registers = sum_lanes / width;
  constexpr bool powers = (Wanted & (figure::power1 | figure::power2 | figure::power3 | figure::power4)) != 0;
  constexpr bool poison = !powers && (Wanted & (figure::total | figure::reciprocal)) == 0;

  const v shift = v{} + out.shift;
  v p1[registers], p2[registers], p3[registers], p4[registers], low[registers], high[registers];
  v total[registers], rest[registers], mantissa[registers], reciprocal[registers], bad[registers];
  w exponent[registers];
#pragma GCC unroll 16
  for (std::size_t k = 0; k < registers; ++k) {
    p1[k] = p2[k] = p3[k] = p4[k] = total[k] = rest[k] = reciprocal[k] = bad[k] = v{};
    mantissa[k] = v{} + 1.0;
    exponent[k] = w{};
    load(low[k], x + k * width);
    load(high[k], x + k * width);
  }
  for (std::size_t at = 0; at < count; at += sum_lanes) {
#pragma GCC unroll 16
    for (std::size_t k = 0; k < registers; ++k) {
      v item;
      load(item, x + at + k * width);
      if constexpr ((Wanted & figure::low) != 0) low[k] = item < low[k] ? item : low[k];
      if constexpr ((Wanted & figure::high) != 0) high[k] = item > high[k] ? item : high[k];
      if constexpr (powers) {
        const v d = item - shift;
        p1[k] += d;
        if constexpr ((Wanted & (figure::power2 | figure::power3 | figure::power4)) != 0) {
          v d2 = d * d;
          rounded(d2);
          p2[k] += d2;
          if constexpr ((Wanted & (figure::power3 | figure::power4)) != 0) {
            v d3 = d2 * d;
            rounded(d3);
            p3[k] += d3;
          }
          if constexpr ((Wanted & figure::power4) != 0) {
            v d4 = d2 * d2;
            rounded(d4);
            p4[k] += d4;
          }
        }
      }
      if constexpr ((Wanted & figure::total) != 0) add_compensated(total[k], rest[k], item);
      if constexpr ((Wanted & figure::logarithm) != 0) {
        w bits;
        __builtin_memcpy(&bits, &item, Bytes);
        exponent[k] += bits >> 52;
        bits = (bits & mantissa_bits) | one_bits;
        v m;
        __builtin_memcpy(&m, &bits, Bytes);
        mantissa[k] *= m;
      }
      if constexpr ((Wanted & figure::reciprocal) != 0) reciprocal[k] += 1.0 / item;
      if constexpr (poison) bad[k] += item - item;
    }
  }

  // The lanes leave the registers; what is left of the items joins them there.
  double lane[sum_lanes], other[sum_lanes];
  const auto spill = [](double(&to)[sum_lanes], const v(&from)[registers]) {
    for (std::size_t k = 0; k < registers; ++k) store(to + k * width, from[k]);
  };
  const double* const last = x + count;
  if constexpr (powers) {
    spill(lane, p1);
    for (std::size_t i = 0; i < tail; ++i) lane[i] += last[i] - out.shift;
    out.power[0] = add_lanes(lane);
    out.poison += out.power[0];
  }
  if constexpr ((Wanted & (figure::power2 | figure::power3 | figure::power4)) != 0) {
    spill(lane, p2);
    for (std::size_t i = 0; i < tail; ++i) {
      const double d = last[i] - out.shift;
      double d2 = d * d;
      rounded(d2);
      lane[i] += d2;
    }
    out.power[1] = add_lanes(lane);
  }
  if constexpr ((Wanted & (figure::power3 | figure::power4)) != 0) {
    spill(lane, p3);
    for (std::size_t i = 0; i < tail; ++i) {
      const double d = last[i] - out.shift;
      double d3 = d * d * d;
      rounded(d3);
      lane[i] += d3;
    }
    out.power[2] = add_lanes(lane);
  }
  if constexpr ((Wanted & figure::power4) != 0) {
    spill(lane, p4);
    for (std::size_t i = 0; i < tail; ++i) {
      const double d = last[i] - out.shift;
      double d4 = (d * d) * (d * d);
      rounded(d4);
      lane[i] += d4;
    }
    out.power[3] = add_lanes(lane);
  }
  if constexpr ((Wanted & figure::low) != 0) {
    spill(lane, low);
    for (const double one : lane) out.low = one < out.low ? one : out.low;
    for (std::size_t i = 0; i < tail; ++i) out.low = last[i] < out.low ? last[i] : out.low;
  }
  if constexpr ((Wanted & figure::high) != 0) {
    spill(lane, high);
    for (const double one : lane) out.high = one > out.high ? one : out.high;
    for (std::size_t i = 0; i < tail; ++i) out.high = last[i] > out.high ? last[i] : out.high;
  }
  if constexpr ((Wanted & figure::total) != 0) {
    spill(lane, total);
    spill(other, rest);
    for (std::size_t k = 0; k < sum_lanes; ++k) {
      add_compensated(out.total, out.total_rest, lane[k]);
      out.total_rest += other[k];
    }
    for (std::size_t i = 0; i < tail; ++i) add_compensated(out.total, out.total_rest, last[i]);
    out.poison += out.total_rest;
  }
  if constexpr ((Wanted & figure::logarithm) != 0) {
    spill(lane, mantissa);
    for (std::size_t k = 0; k < registers; ++k)
      for (std::size_t i = 0; i < width; ++i) out.exponent += static_cast<std::int64_t>(exponent[k][i]);
    out.exponent -= static_cast<std::int64_t>(1023 * count);
    for (std::size_t i = 0; i < tail; ++i) lane[i] *= take_exponent(last[i], out.exponent);
    double product = 1;
    for (const double one : lane) product *= take_exponent(one, out.exponent);
    out.mantissa = take_exponent(product, out.exponent);
  }
  if constexpr ((Wanted & figure::reciprocal) != 0) {
    spill(lane, reciprocal);
    for (std::size_t i = 0; i < tail; ++i) lane[i] += 1.0 / last[i];
    out.reciprocal = add_lanes(lane);
    out.poison += out.reciprocal;
  }
  if constexpr (poison) {
    spill(lane, bad);
    for (std::size_t i = 0; i < tail; ++i) lane[i] += last[i] - last[i];
    out.poison += add_lanes(lane);
  }
  out.poison -= out.poison;
}

template <unsigned Wanted>
void block_baseline(const double* x, std::size_t count, std::size_t tail, block_figures& out) noexcept {
  block_body<Wanted, 16>(x, count, tail, out);
}
template <unsigned Wanted>
MILLRACE_X86_TARGET("avx2")
void block_avx2(const double* x, std::size_t count, std::size_t tail, block_figures& out) noexcept {
  block_body<Wanted, 32>(x, count, tail, out);
}
template <unsigned Wanted>
MILLRACE_X86_TARGET("avx512f")
void block_avx512(const double* x, std::size_t count, std::size_t tail, block_figures& out) noexcept {
  block_body<Wanted, 64>(x, count, tail, out);
}

/// The mean of some of the block's items: what powers are taken around, so that they lose at most the
/// digits of block_items / 32, whatever the data (the items averaged are themselves among those summed).
inline double pilot(const double* x, std::size_t count) noexcept {
  if (count < 32) return x[0];
  double sum[8];
  for (std::size_t k = 0; k < 8; ++k) sum[k] = (x[k] + x[k + 8]) + (x[k + 16] + x[k + 24]);
  return (((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]))) * (1.0 / 32);
}

/// The wanted figures of a block. Precondition: sum_lanes <= count <= block_items.
template <unsigned Wanted>
block_figures scan_block(const double* x, std::size_t count) noexcept {
  block_figures made;
  if constexpr ((Wanted & (figure::power1 | figure::power2 | figure::power3 | figure::power4)) != 0)
    made.shift = pilot(x, count);
  const std::size_t tail = count % sum_lanes;
  if (cpu_has_avx512())
    block_avx512<Wanted>(x, count - tail, tail, made);
  else if (cpu_has_avx2())
    block_avx2<Wanted>(x, count - tail, tail, made);
  else
    block_baseline<Wanted>(x, count - tail, tail, made);
  return made;
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_DETAIL_BLOCK_KERNEL_HPP

// ---- core/error.hpp

#ifndef MILLRACE_CORE_ERROR_HPP
#define MILLRACE_CORE_ERROR_HPP

namespace millrace {
inline namespace v0 {

/// What kind of failure an `error` is. The numbers and names are stable: they stand in logs and
/// metrics. New codes are added at the end of their group.
enum class errc : std::uint16_t {
  // the caller's request
  invalid_argument = 100,
  out_of_range = 101,
  not_found = 102,
  already_exists = 103,
  unsupported = 104,
  // data
  invalid_data = 200,
  not_finite = 201,
  shape_mismatch = 202,
  type_mismatch = 203,
  corrupt = 204,
  truncated = 205,
  checksum_mismatch = 206,
  // the world
  io = 300,
  no_space = 301,
  permission_denied = 302,
  timeout = 303,
  unavailable = 304,
  closed = 305,
  cancelled = 306,
  // a chain's run
  event_failed = 400,
  event_threw = 401,
  completed_with_failures = 402,
  vetoed = 403,
};

/// The code's stable name, as it stands in logs: `not_finite`.
constexpr std::string_view to_string(errc code) noexcept {
  switch (code) {
    case errc::invalid_argument: return "invalid_argument";
    case errc::out_of_range: return "out_of_range";
    case errc::not_found: return "not_found";
    case errc::already_exists: return "already_exists";
    case errc::unsupported: return "unsupported";
    case errc::invalid_data: return "invalid_data";
    case errc::not_finite: return "not_finite";
    case errc::shape_mismatch: return "shape_mismatch";
    case errc::type_mismatch: return "type_mismatch";
    case errc::corrupt: return "corrupt";
    case errc::truncated: return "truncated";
    case errc::checksum_mismatch: return "checksum_mismatch";
    case errc::io: return "io";
    case errc::no_space: return "no_space";
    case errc::permission_denied: return "permission_denied";
    case errc::timeout: return "timeout";
    case errc::unavailable: return "unavailable";
    case errc::closed: return "closed";
    case errc::cancelled: return "cancelled";
    case errc::event_failed: return "event_failed";
    case errc::event_threw: return "event_threw";
    case errc::completed_with_failures: return "completed_with_failures";
    case errc::vetoed: return "vetoed";
  }
  return "unknown";
}

/// A failure as a value: a stable code, a message that names the thing at fault (field, row, path)
/// and, where there is one, the error that led to it.
///
/// One pointer wide; the text lives on the heap, because failing is the cold path. Copies are deep.
/// A moved-from error may only be assigned to or destroyed.
class error {
 public:
  [[gnu::cold]] error(errc code, std::string message);
  [[gnu::cold]] error(errc code, std::string message, error cause);

  error(const error& other);
  error(error&& other) noexcept : body_(std::exchange(other.body_, nullptr)) {}
  error& operator=(error other) noexcept {
    std::swap(body_, other.body_);
    return *this;
  }
  ~error() {
    if (body_ != nullptr) [[unlikely]]
      destroy(body_);
  }

  errc code() const noexcept;
  /// What went wrong at this level; the causes say why. For people, `describe` has it all.
  const std::string& message() const noexcept;

  /// The error that led to this one, or null.
  const error* cause() const noexcept;

  /// `message: cause's message: ...`, for people.
  std::string describe() const;

  /// This error as the cause of another one of the same code that says where it happened.
  error wrap(std::string message) &&;

 private:
  struct body;
  error() noexcept = default;
  [[gnu::cold]] static void destroy(body* owned) noexcept;

  body* body_ = nullptr;

  template <class T>
  friend class result;
};

struct error::body {
  errc code;
  std::string message;
  error cause;
};

inline error::error(errc code, std::string message) : body_(new body{code, std::move(message), error()}) {}
inline error::error(errc code, std::string message, error cause)
    : body_(new body{code, std::move(message), std::move(cause)}) {}
inline error::error(const error& other) : body_(other.body_ != nullptr ? new body(*other.body_) : nullptr) {}

inline errc error::code() const noexcept { return body_->code; }
inline const std::string& error::message() const noexcept { return body_->message; }
inline const error* error::cause() const noexcept { return body_->cause.body_ != nullptr ? &body_->cause : nullptr; }
inline std::string error::describe() const {
  std::string text = message();
  for (const error* next = cause(); next != nullptr; next = next->cause()) {
    text += ": ";
    text += next->message();
  }
  return text;
}
inline error error::wrap(std::string message) && {
  const errc kind = code();
  return error(kind, std::move(message), std::move(*this));
}
inline void error::destroy(body* owned) noexcept { delete owned; }

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_ERROR_HPP

// ---- core/result.hpp

#ifndef MILLRACE_CORE_RESULT_HPP
#define MILLRACE_CORE_RESULT_HPP

namespace millrace {
inline namespace v0 {

template <class T>
class result;

namespace detail {

template <class T>
inline constexpr bool is_result = false;
template <class T>
inline constexpr bool is_result<result<T>> = true;

/// std::construct_at without <memory>, which costs more to parse than this header.
template <class T, class... Args>
void construct(T& place, Args&&... args) {
  ::new (static_cast<void*>(__builtin_addressof(place))) T(std::forward<Args>(args)...);
}

/// Makes a result<U> from a callable whose value may be void.
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

/// A value or the `error` that stands in its place, with std::expected's interface. A type of our
/// own, because one that changed with the standard version would break programs of two parts.
///
/// Reading `value()` of a failed result, or `error()` of a good one, is a programmer's error.
/// Allocates: never by itself.
template <class T>
class [[nodiscard]] result {
  static_assert(!std::is_reference_v<T>, "millrace[RESULT-1]: result<T&> is not supported; use result<T*>");

 public:
  using value_type = T;
  using error_type = millrace::error;

  result() requires std::default_initializable<T> : value_(), has_value_(true) {}

  template <class U = T>
  requires(std::constructible_from<T, U> && !detail::is_result<std::remove_cvref_t<U>> &&
           !std::same_as<std::remove_cvref_t<U>, millrace::error>) result(U&& value)
      : value_(std::forward<U>(value)), has_value_(true) {}

  result(millrace::error failure) noexcept : error_(std::move(failure)), has_value_(false) {}

  result(const result& other) requires std::copy_constructible<T> : has_value_(other.has_value_) {
    if (has_value_)
      detail::construct(value_, other.value_);
    else
      detail::construct(error_, other.error_);
  }
  result(result&& other) noexcept(std::is_nothrow_move_constructible_v<T>) : has_value_(other.has_value_) {
    if (has_value_)
      detail::construct(value_, std::move(other.value_));
    else
      detail::construct(error_, std::move(other.error_));
  }
  result& operator=(result other) noexcept(std::is_nothrow_move_constructible_v<T>) {
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

  T& value() & noexcept { return value_; }
  const T& value() const& noexcept { return value_; }
  T&& value() && noexcept { return std::move(value_); }
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

  /// f(value) -> result<U>; a failure passes through.
  template <class F>
  auto and_then(F&& f) && -> std::invoke_result_t<F, T&&> {
    if (has_value_) return std::forward<F>(f)(std::move(value_));
    return std::move(error_);
  }
  /// f(value) -> U; a failure passes through.
  template <class F>
  auto transform(F&& f) && -> result<std::invoke_result_t<F, T&&>> {
    if (has_value_)
      return detail::invoke_to_result<std::invoke_result_t<F, T&&>>(std::forward<F>(f), std::move(value_));
    return std::move(error_);
  }
  /// f(error) -> result<T>; a value passes through.
  template <class F>
  result or_else(F&& f) && {
    if (has_value_) return std::move(*this);
    return std::forward<F>(f)(std::move(error_));
  }

 private:
  void destroy() noexcept {
    if (has_value_)
      value_.~T();
    else
      error_.~error_type();
  }

  union {
    T value_;
    millrace::error error_;
  };
  bool has_value_;
};

/// Success, or the error. One pointer wide; success is null, so the check is one comparison.
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

// ---- aggregate/concepts.hpp

#ifndef MILLRACE_AGGREGATE_CONCEPTS_HPP
#define MILLRACE_AGGREGATE_CONCEPTS_HPP

namespace millrace {
inline namespace v0 {

/// How much an item counts: `update(x, mr::weight{2.5})`. A real number above zero; zero leaves the
/// aggregate as it was, and a negative or non-finite weight is treated as a NaN value is.
struct weight {
  double value = 1;
  constexpr explicit weight(double w) noexcept : value(w) {}
};

/// Can take up what another one of its type has seen.
///
/// Laws, up to the error that A states: merging an empty A changes nothing; a.merge(b) then
/// a.merge(c) answers what b.merge(c) and then a.merge(b) does; and, where `commutative`,
/// a.merge(b) answers what b.merge(a) does. The answer may be void, or result<void> where two A can
/// disagree in their parameters; after an error, a is as it was.
template <class A>
concept mergeable = requires(A& into, const A& other) {
  into.merge(other);
};

/// Can be kept as bytes and brought back.
///
/// Laws: load(a.save()) succeeds, and is a: the same answers, the same bytes when saved again, the
/// same future under the same updates. `load` of any other bytes answers an error or a valid A; it
/// reads nothing beyond them and allocates no more than a fixed multiple of their length.
template <class A>
concept saveable = requires(const A& a, std::span<const std::byte> bytes) {
  { a.save() } -> std::same_as<std::vector<std::byte>>;
  { A::load(bytes) } -> std::same_as<result<A>>;
};

/// A value that sums up a stream: grows by `update`, joins by `merge`, answers its own queries.
template <class A>
concept aggregator = std::copy_constructible<A> && std::movable<A> && mergeable<A> && saveable<A>;

/// An aggregator of items like X.
template <class A, class X>
concept aggregator_of = aggregator<A> && requires(A& a, const X& x) {
  a.update(x);
};

/// An aggregator with a faster way for many at once.
/// Law: update(span) answers what the single updates, in order, do, up to the stated error.
template <class A, class X>
concept span_aggregator_of = aggregator_of<A, X> && requires(A& a, std::span<const X> items) {
  a.update(items);
};

/// An aggregator of items that count differently.
/// Law: for whole k, update(x, weight(k)) answers what k times update(x) does, up to the stated error.
template <class A, class X>
concept weighted_aggregator_of = aggregator_of<A, X> && requires(A& a, const X& x) {
  a.update(x, weight(1));
};

/// What wrappers and windows may do with an aggregator. Each is a `static constexpr bool` of the
/// aggregator; left out, it has the default named here.
template <class A>
struct aggregator_traits {
  /// `a.unmerge(b)` takes b's items, merged before, away again, up to rounding. Default: false.
  static constexpr bool invertible = [] {
    if constexpr (requires { A::invertible; })
      return bool{A::invertible};
    else
      return false;
  }();
  /// ... and to the bit, so that a window may subtract what it evicts for ever. Default: false.
  static constexpr bool exactly_invertible = [] {
    if constexpr (requires { A::exactly_invertible; })
      return bool{A::exactly_invertible};
    else
      return false;
  }();
  /// The order of merging makes no difference beyond the stated error. Default: true.
  static constexpr bool commutative = [] {
    if constexpr (requires { A::commutative; })
      return bool{A::commutative};
    else
      return true;
  }();
  /// Merging the same items twice is as good as once: a maximum, a set of distinct ones. Default: false.
  static constexpr bool idempotent = [] {
    if constexpr (requires { A::idempotent; })
      return bool{A::idempotent};
    else
      return false;
  }();
  /// Its work on a span of doubles is block reductions that fuse with others'. Default: false.
  static constexpr bool fusable = [] {
    if constexpr (requires { A::fusable; })
      return bool{A::fusable};
    else
      return false;
  }();
  /// Small and without heap, so that a window may keep one per item. Follows from the type.
  static constexpr bool compact = std::is_trivially_copyable_v<A> && sizeof(A) <= 256;

  static_assert(!exactly_invertible || invertible,
                "millrace[AGGREGATE-1]: an exactly_invertible aggregator is invertible too; say both");
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_CONCEPTS_HPP

// ---- aggregate/detail/crc32c.hpp

#ifndef MILLRACE_AGGREGATE_DETAIL_CRC32C_HPP
#define MILLRACE_AGGREGATE_DETAIL_CRC32C_HPP

namespace millrace {
inline namespace v0 {
namespace detail {

/// Tables for eight bytes a step: table[k][b] is the remainder of byte b with k zero bytes after it.
inline constexpr auto crc32c_tables = [] {
  std::array<std::array<std::uint32_t, 256>, 8> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t r = byte;
    for (int bit = 0; bit < 8; ++bit) r = (r >> 1) ^ ((r & 1U) != 0 ? 0x82f63b78U : 0U);
    table[0][byte] = r;
  }
  for (std::size_t k = 1; k < 8; ++k)
    for (std::size_t byte = 0; byte < 256; ++byte)
      table[k][byte] = (table[k - 1][byte] >> 8) ^ table[0][table[k - 1][byte] & 0xffU];
  return table;
}();

/// CRC-32C (Castagnoli), as in RFC 3720, appendix B.4. Finds every error of one to three bits, and
/// every burst up to 32 bits.
inline std::uint32_t crc32c(std::span<const std::byte> bytes) noexcept {
  const auto& t = crc32c_tables;
  std::uint32_t r = ~std::uint32_t{0};
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(at[i]); };
  for (; left >= 8; left -= 8, at += 8) {
    r ^= byte(0) | byte(1) << 8 | byte(2) << 16 | byte(3) << 24;
    r = t[7][r & 0xffU] ^ t[6][(r >> 8) & 0xffU] ^ t[5][(r >> 16) & 0xffU] ^ t[4][r >> 24] ^ t[3][byte(4)] ^
        t[2][byte(5)] ^ t[1][byte(6)] ^ t[0][byte(7)];
  }
  for (; left != 0; --left, ++at) r = (r >> 8) ^ t[0][(r ^ byte(0)) & 0xffU];
  return ~r;
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_DETAIL_CRC32C_HPP

// ---- aggregate/envelope.hpp

#ifndef MILLRACE_AGGREGATE_ENVELOPE_HPP
#define MILLRACE_AGGREGATE_ENVELOPE_HPP

namespace millrace {
inline namespace v0 {

// The bytes of a saved aggregate, for everything that has no foreign format. Little-endian:
//
//   0  4  "MRAG"
//   4  1  version of this layout: 1
//   5  1  0
//   6  2  s, the length of the type's name
//   8  8  p, the length of the payload
//  16  s  the type's name with what decides its meaning: `mean`, `kll<200>`
//   .  p  the payload, as the type documents it
//   .  4  CRC-32C of all before
//
// The name makes an error readable ("holds kll<200>, expected mean"), also years later.

/// Writes an envelope. Numbers are stored little-endian, doubles by their IEEE bits.
/// Allocates: the bytes. The name must be at most 65,535 bytes long.
class envelope_writer {
 public:
  explicit envelope_writer(std::string_view type) {
    bytes_.reserve(64 + type.size());
    for (const char c : {'M', 'R', 'A', 'G', '\1', '\0'}) bytes_.push_back(static_cast<std::byte>(c));
    u16(static_cast<std::uint16_t>(type.size()));
    u64(0);
    for (const char c : type) bytes_.push_back(static_cast<std::byte>(c));
    payload_ = bytes_.size();
  }

  void u8(std::uint8_t value) { bytes_.push_back(static_cast<std::byte>(value)); }
  void u16(std::uint16_t value) { put(value, 2); }
  void u32(std::uint32_t value) { put(value, 4); }
  void u64(std::uint64_t value) { put(value, 8); }
  void i64(std::int64_t value) { put(static_cast<std::uint64_t>(value), 8); }
  void f64(double value) { put(std::bit_cast<std::uint64_t>(value), 8); }

  /// A length (u64) and that many bytes: text, or another object's saved form.
  void block(std::span<const std::byte> bytes) {
    u64(bytes.size());
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }
  void text(std::string_view text) { block(std::as_bytes(std::span(text))); }

  /// The finished bytes; the writer is done.
  std::vector<std::byte> finish() && {
    const std::uint64_t length = bytes_.size() - payload_;
    for (unsigned i = 0; i < 8; ++i) bytes_[8 + i] = static_cast<std::byte>(length >> (8 * i));
    u32(detail::crc32c(bytes_));
    return std::move(bytes_);
  }

 private:
  void put(std::uint64_t value, unsigned size) {
    for (unsigned i = 0; i < size; ++i) bytes_.push_back(static_cast<std::byte>(value >> (8 * i)));
  }

  std::vector<std::byte> bytes_;
  std::size_t payload_ = 0;
};

/// Reads an envelope's payload, in the order in which it was written. Reading beyond the end answers
/// zeros and is remembered; `finish` says so. The bytes and the type's name must outlive the reader.
/// Allocates: never, but for an error's text.
class envelope_reader {
 public:
  /// Errors: truncated, corrupt (not an envelope), unsupported (a later layout), checksum_mismatch,
  /// type_mismatch (another type's bytes, named).
  static result<envelope_reader> open(std::span<const std::byte> bytes, std::string_view type) {
    if (bytes.size() < header + checksum)
      return error(errc::truncated, "saved " + std::string(type) + ": " + std::to_string(bytes.size()) +
                                        " bytes are too few for an envelope");
    if (get(bytes, 4) != magic)
      return error(errc::corrupt, "saved " + std::string(type) + ": does not begin with MRAG");
    if (const unsigned version = std::to_integer<unsigned>(bytes[4]); version != 1)
      return error(errc::unsupported, "saved " + std::string(type) + ": envelope version " + std::to_string(version) +
                                          ", this library reads 1");
    const std::size_t name = static_cast<std::size_t>(get(bytes.subspan(6), 2));
    const std::uint64_t payload = get(bytes.subspan(8), 8);
    const std::size_t room = bytes.size() - header - checksum;
    if (name > room || payload > room - name)
      return error(errc::truncated, "saved " + std::string(type) + ": " + std::to_string(bytes.size()) +
                                        " bytes, fewer than its header promises");
    if (payload < room - name)
      return error(errc::corrupt,
                   "saved " + std::string(type) + ": " + std::to_string(room - name - payload) + " bytes too many");
    if (detail::crc32c(bytes.first(bytes.size() - checksum)) != get(bytes.last(checksum), 4))
      return error(errc::checksum_mismatch, "saved " + std::string(type) + ": damaged, its checksum does not match");
    if (bytes[5] != std::byte{0}) return error(errc::corrupt, "saved " + std::string(type) + ": reserved byte is set");
    const auto* text = reinterpret_cast<const char*>(bytes.data()) + header;
    if (const std::string_view found(text, name); found != type)
      return error(errc::type_mismatch, "saved form holds " + printable(found) + ", expected " + std::string(type));
    return envelope_reader(bytes.subspan(header + name, room - name), type);
  }

  std::uint8_t u8() noexcept { return static_cast<std::uint8_t>(take(1)); }
  std::uint16_t u16() noexcept { return static_cast<std::uint16_t>(take(2)); }
  std::uint32_t u32() noexcept { return static_cast<std::uint32_t>(take(4)); }
  std::uint64_t u64() noexcept { return take(8); }
  std::int64_t i64() noexcept { return static_cast<std::int64_t>(take(8)); }
  double f64() noexcept { return std::bit_cast<double>(take(8)); }

  /// How many elements follow (u64), of at least `least` bytes each: never more than the bytes left
  /// can hold, so it may be allocated for. 0, and remembered as a failure, if the bytes say more.
  std::size_t count(std::size_t least) noexcept {
    const std::uint64_t n = u64();
    if (n <= left_.size() / (least == 0 ? 1 : least)) return static_cast<std::size_t>(n);
    failed_ = true;
    return 0;
  }
  /// What `envelope_writer::block` wrote; it points into the bytes being read.
  std::span<const std::byte> block() noexcept {
    const std::size_t size = count(1);
    const auto found = left_.first(size);
    left_ = left_.subspan(size);
    return found;
  }
  std::string_view text() noexcept {
    const auto found = block();
    return {reinterpret_cast<const char*>(found.data()), found.size()};
  }

  bool ok() const noexcept { return !failed_; }
  std::size_t remaining() const noexcept { return left_.size(); }

  /// To be asked before what was read is used as an object: was there enough, was it all, and is it
  /// `valid`, the type's own condition?
  result<void> finish(bool valid) const {
    if (failed_) return error(errc::corrupt, "saved " + std::string(type_) + ": its payload ends too early");
    if (!left_.empty())
      return error(errc::corrupt, "saved " + std::string(type_) + ": its payload is " + std::to_string(left_.size()) +
                                      " bytes too long");
    if (!valid) return error(errc::corrupt, "saved " + std::string(type_) + ": its numbers contradict each other");
    return {};
  }

 private:
  static constexpr std::size_t header = 16;
  static constexpr std::size_t checksum = 4;
  static constexpr std::uint64_t magic = 0x4741524dU;

  envelope_reader(std::span<const std::byte> payload, std::string_view type) noexcept : left_(payload), type_(type) {}

  static std::uint64_t get(std::span<const std::byte> bytes, unsigned size) noexcept {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < size; ++i) value |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
    return value;
  }
  static std::string printable(std::string_view name) {
    std::string made(name.substr(0, 200));
    for (char& c : made)
      if (c < ' ' || c > '~') c = '?';
    return made;
  }
  std::uint64_t take(unsigned size) noexcept {
    if (left_.size() < size) {
      failed_ = true;
      left_ = {};
      return 0;
    }
    const std::uint64_t value = get(left_, size);
    left_ = left_.subspan(size);
    return value;
  }

  std::span<const std::byte> left_;
  std::string_view type_;
  bool failed_ = false;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_ENVELOPE_HPP

// ---- core/type_name.hpp

#ifndef MILLRACE_CORE_TYPE_NAME_HPP
#define MILLRACE_CORE_TYPE_NAME_HPP

namespace millrace {
inline namespace v0 {

namespace detail {

template <class T>
constexpr std::string_view pretty_function() noexcept {
  return __PRETTY_FUNCTION__;
}

/// How many characters the compiler prints before and after the type; measured on a known one.
inline constexpr std::string_view probe = pretty_function<double>();
inline constexpr std::size_t probe_prefix = probe.find("double");
inline constexpr std::size_t probe_suffix = probe.size() - probe_prefix - 6;

/// `a::b<c::d>::e<f>` -> `e`: the last component, without its own template arguments.
constexpr std::string_view unqualified(std::string_view name) noexcept {
  std::size_t depth = 0;
  std::size_t begin = 0;
  std::size_t end = name.size();
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (c == '<' || c == '(' || c == '{') {
      // g++ and clang write `(anonymous namespace)::x` and `{anonymous}::x`; those are qualifiers, not arguments.
      if (c == '<' && depth == 0) end = i;
      ++depth;
    } else if (c == '>' || c == ')' || c == '}') {
      if (depth > 0) --depth;
    } else if (c == ':' && depth == 0 && i + 1 < name.size() && name[i + 1] == ':') {
      begin = i + 2;
      end = name.size();
      ++i;
    }
  }
  return name.substr(begin, end - begin);
}

}  // namespace detail

/// The type's name as the compiler spells it, qualified. For messages; not stable across compilers.
template <class T>
inline constexpr std::string_view full_type_name = detail::pretty_function<T>().substr(
    detail::probe_prefix, detail::pretty_function<T>().size() - detail::probe_prefix - detail::probe_suffix);

/// The type's own name without namespaces and template arguments: `forward_pass` for
/// `millrace::v0::forward_pass<net>`. The same on g++ and clang, so it can stand in logs and metrics.
template <class T>
inline constexpr std::string_view type_name = detail::unqualified(full_type_name<T>);

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_TYPE_NAME_HPP

// ---- aggregate/member.hpp

#ifndef MILLRACE_AGGREGATE_MEMBER_HPP
#define MILLRACE_AGGREGATE_MEMBER_HPP

namespace millrace {
inline namespace v0 {

// What may stand between the brackets of `aggregate<...>`: a member. It is an empty type with any of
//
//   using needs = members<...>;            // the members whose states or answers it uses; each exists once
//   template <class T> class state;        // what it keeps for items of type T (double, or xy)
//   static auto value(const auto& a);      // its answer; a has get<Member>(), state<Member>() and items()
//   using sample = xy;                     // it is about pairs; without it: about doubles
//   static constexpr std::string_view name = "...";          // default: the type's name
//   template <class Other> static constexpr bool covers;     // its state answers for Other's too
//
// A state is a copyable type with
//
//   void update(T x);                               // x is not NaN
//   void merge(const state& later);                 // or merge(const state& later, join)
//   void save(envelope_writer&) const;
//   bool load(envelope_reader&);                    // false: the numbers contradict each other
//
// and, where it has them,
//
//   void update(T x, weight w);                     // w > 0; without it the aggregate takes no weights
//   void update(const item<T>&);                    // instead of both: with the item's index too
//   void update(std::span<const T>);                // a block that lies in the first-level cache
//   void unmerge(const state&);                     // invertible
//   static constexpr bool finite_only = true;       // infinities are kept away from it
//   static constexpr bool commutative = false, idempotent = true, exactly_invertible = true;  // as in concepts.hpp
//   void scale(double factor);                      // every item's weight times factor: for `decayed`
//
// Or the type is an aggregator itself (a sketch, one of your own): then it is its own state, and
// `get<That>()` answers it.

/// A list of members.
template <class... Members>
struct members {};

/// One item on its way to the states.
template <class T>
struct item {
  T value;
  double weight = 1;
  std::uint64_t index = 0;  ///< how many came before it, those that were skipped included
};

/// A pair, for covariance, correlation and trend.
struct xy {
  double x = 0;
  double y = 0;
};

/// What a merge joins: how many items, skipped ones included, came before the later state's first.
struct join {
  std::uint64_t items_before = 0;
};

namespace detail {

template <class M>
concept has_needs = requires {
  typename M::needs;
};
template <class M, class T>
concept has_state = requires {
  typename M::template state<T>;
};
template <class M>
concept is_its_own_state = aggregator<M>;

template <class M, class T>
struct state_of {
  using type = typename M::template state<T>;
};
template <is_its_own_state M, class T>
struct state_of<M, T> {
  using type = M;
};
/// What member M keeps for items of type T.
template <class M, class T>
using state_t = typename state_of<M, T>::type;

template <class M, class T>
inline constexpr bool keeps_state = has_state<M, T> || is_its_own_state<M>;

/// Does the state of M answer for Other's?
template <class M, class Other>
inline constexpr bool covers = [] {
  if constexpr (std::is_same_v<M, Other>)
    return true;
  else if constexpr (requires { M::template covers<Other>; })
    return bool{M::template covers<Other>};
  else
    return false;
}();

template <class List, class M>
struct append_to;
template <class... Ms, class M>
struct append_to<members<Ms...>, M> {
  using type = members<Ms..., M>;
};

template <class List, class M>
inline constexpr bool lists = false;
template <class... Ms, class M>
inline constexpr bool lists<members<Ms...>, M> = (std::is_same_v<Ms, M> || ...);

/// Every member of the list with what it needs, each once, needs before those who need them.
template <class Found, class... Todo>
struct closure_of {
  using type = Found;
};
template <class Found, class M, class... Rest>
struct closure_of<Found, M, Rest...> {
  template <class List>
  struct of_needs;
  template <class... Ns>
  struct of_needs<members<Ns...>> {
    using type = typename closure_of<Found, Ns...>::type;
  };
  static constexpr auto with_needs() {
    if constexpr (has_needs<M>)
      return std::type_identity<typename of_needs<typename M::needs>::type>{};
    else
      return std::type_identity<Found>{};
  }
  using before = typename decltype(with_needs())::type;
  using after = typename std::conditional_t<lists<before, M>, std::type_identity<before>, append_to<before, M>>::type;
  using type = typename closure_of<after, Rest...>::type;
};

/// Those of All that keep a state which no other one covers.
template <class T, class All, class Kept, class... Todo>
struct states_among {
  using type = Kept;
};
template <class T, class... All, class Kept, class M, class... Rest>
struct states_among<T, members<All...>, Kept, M, Rest...> {
  static constexpr bool covered = ((!std::is_same_v<All, M> && covers<All, M>) || ...);
  static constexpr bool kept = keeps_state<M, T> && !covered;
  using now = typename std::conditional_t<kept, append_to<Kept, M>, std::type_identity<Kept>>::type;
  using type = typename states_among<T, members<All...>, now, Rest...>::type;
};

template <class T, class List>
struct resolve_list;
template <class T, class... All>
struct resolve_list<T, members<All...>> {
  using type = typename states_among<T, members<All...>, members<>, All...>::type;
};

/// The members whose states an aggregate of Ms keeps: dependencies resolved, each once.
template <class T, class... Ms>
using resolved = typename resolve_list<T, typename closure_of<members<>, Ms...>::type>::type;

/// double, unless a member is about pairs.
template <class... Ms>
struct sample_of {
  template <class M>
  static constexpr bool of_pairs = [] {
    if constexpr (requires { typename M::sample; })
      return std::is_same_v<typename M::sample, xy>;
    else
      return false;
  }();
  using type = std::conditional_t<(of_pairs<Ms> || ...), xy, double>;
};

template <class M>
constexpr std::string_view member_name() {
  if constexpr (requires { std::string_view(M::name); })
    return M::name;
  else
    return type_name<M>;
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_MEMBER_HPP

// ---- aggregate/detail/states.hpp

#ifndef MILLRACE_AGGREGATE_DETAIL_STATES_HPP
#define MILLRACE_AGGREGATE_DETAIL_STATES_HPP

namespace millrace {
inline namespace v0 {

struct propagate_nan;

namespace detail {

/// Items up to here are summed without a second thought; beyond, sums of differences may overflow.
inline constexpr double huge = 1e300;
/// Spans shorter than this go item by item.
inline constexpr std::size_t least_block = 48;

inline bool is_ordinary(double x) noexcept { return x <= huge && x >= -huge; }
inline bool is_ordinary(const xy& p) noexcept { return is_ordinary(p.x) && is_ordinary(p.y); }
inline bool has_nan(double x) noexcept { return x != x; }
inline bool has_nan(const xy& p) noexcept { return has_nan(p.x) || has_nan(p.y); }
inline bool is_infinite(double x) noexcept {
  constexpr double most = (std::numeric_limits<double>::max)();
  return x > most || x < -most;
}
inline bool is_infinite(const xy& p) noexcept { return is_infinite(p.x) || is_infinite(p.y); }

[[gnu::cold]] inline error refused(std::uint64_t index) {
  return error(errc::not_finite,
               "item " + std::to_string(index) + " is NaN, or its weight is not a finite number above zero");
}

/// What every aggregate counts.
struct tally {
  std::uint64_t items = 0;
  std::uint64_t nans = 0;
  std::uint64_t plus = 0;  // infinite items, which are among `items`
  std::uint64_t minus = 0;

  std::uint64_t seen() const noexcept { return items + nans; }
  double infinities() const noexcept {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    return (plus != 0 ? infinity : 0.0) - (minus != 0 ? infinity : 0.0);
  }
  void add_infinities(double x) noexcept {
    if (is_infinite(x)) ++(x > 0 ? plus : minus);
  }
  void add_infinities(const xy& p) noexcept {
    if (!is_infinite(p)) return;
    ++plus;  // of what a pair with an infinity means, nothing is left but NaN
    ++minus;
  }
  void merge(const tally& other) noexcept {
    items += other.items;
    nans += other.nans;
    plus += other.plus;
    minus += other.minus;
  }
  void unmerge(const tally& other) noexcept {
    items -= other.items;
    nans -= other.nans;
    plus -= other.plus;
    minus -= other.minus;
  }
  void save(envelope_writer& to) const {
    for (const std::uint64_t n : {items, nans, plus, minus}) to.u64(n);
  }
  bool load(envelope_reader& from) {
    items = from.u64();
    nans = from.u64();
    plus = from.u64();
    minus = from.u64();
    return plus <= items && minus <= items && nans <= ~items;
  }
};

template <class S, class T>
concept takes_item = !aggregator<S> && requires(S & s, const item<T>& one) {
  s.update(one);
};
template <class S, class T>
concept takes_weight = takes_item<S, T> || requires(S& s, const T& x) {
  s.update(x, weight(1));
};
template <class S, class T>
concept takes = takes_item<S, T> || requires(S& s, const T& x) {
  s.update(x);
};
template <class S, class T>
concept is_fused = std::is_same_v<T, double> &&
    requires(S& s, const block_figures& found, const double* items, join at) {
  s.absorb(found, items, 1, at);
};
template <class S>
concept can_scale = requires(S& s) {
  s.scale(0.5);
};
template <class S>
concept merge_can_fail = requires(S& s, const S& other) {
  { s.merge(other) } -> std::same_as<result<void>>;
};
template <class S>
concept is_finite_only = requires {
  requires S::finite_only;
};

template <bool Weighted, class S, class T>
[[gnu::always_inline]] inline void feed(S& state, const item<T>& one) {
  if constexpr (takes_item<S, T>)
    state.update(one);
  else if constexpr (Weighted)
    state.update(one.value, weight(one.weight));
  else
    state.update(one.value);
}

/// An item that is infinite, or finite and huge.
template <class S, class T>
void feed_rare(S& state, const item<T>& one, bool infinite) {
  if constexpr (is_finite_only<S>)
    if (infinite) return;
  if constexpr (requires { state.update_huge(one.value, one.weight); })
    state.update_huge(one.value, one.weight);
  else
    feed<takes_weight<S, T>>(state, one);
}

template <class S, class T>
void feed_block(S& state, std::span<const T> items, std::uint64_t before) {
  if constexpr (requires { state.update(items); })
    state.update(items);
  else
    for (std::size_t i = 0; i < items.size(); ++i) feed<false>(state, item<T>{items[i], 1, before + i});
}

template <class S>
void merge_state(S& into, const S& later, join at) {
  if constexpr (requires { into.merge(later, at); })
    into.merge(later, at);
  else
    into.merge(later);
}

template <class S>
struct closed {
  using type = S;
};
template <class S>
requires requires { typename S::closed_type; }
struct closed<S> {
  using type = typename S::closed_type;
};
template <class S>
decltype(auto) close(const S& state) {
  if constexpr (requires { state.closed(); })
    return state.closed();
  else
    return (state);
}

template <class M, class State>
struct kept_state {
  State state;
};

template <class M, class T, bool Closed>
using slot_state = std::conditional_t<Closed, typename closed<state_t<M, T>>::type, state_t<M, T>>;

/// The first of Ms whose state answers for M; void if none does.
template <class M, class... Ms>
struct state_covering {
  using type = void;
};
template <class M, class First, class... Rest>
struct state_covering<M, First, Rest...>
    : std::conditional_t<covers<First, M>, std::type_identity<First>, state_covering<M, Rest...>> {};

/// The states of an aggregate, one after the other.
template <class T, bool Closed, class List>
struct state_set;
template <class T, bool Closed, class... Ms>
struct state_set<T, Closed, members<Ms...>> : kept_state<Ms, slot_state<Ms, T, Closed>>... {
  template <class M>
  using state_of = slot_state<M, T, Closed>;

  static constexpr bool invertible = (aggregator_traits<state_t<Ms, T>>::invertible && ...);
  static constexpr bool exactly_invertible = (aggregator_traits<state_t<Ms, T>>::exactly_invertible && ...);
  static constexpr bool commutative = (aggregator_traits<state_t<Ms, T>>::commutative && ...);
  static constexpr bool fusable = (is_fused<state_t<Ms, T>, T> && ...);
  static constexpr bool weighable = (takes_weight<state_t<Ms, T>, T> && ...);
  static constexpr bool scalable = (can_scale<state_of<Ms>> && ...);
  static constexpr bool merging_can_fail = (merge_can_fail<state_of<Ms>> || ...);

  template <class M>
  static constexpr unsigned figures_of() {
    if constexpr (is_fused<state_t<M, T>, T>)
      return state_t<M, T>::figures;
    else
      return 0;
  }
  static constexpr unsigned figures = (figures_of<Ms>() | ... | 0U);

  template <class M>
  state_of<M>& at() noexcept {
    return static_cast<kept_state<M, state_of<M>>&>(*this).state;
  }
  template <class M>
  const state_of<M>& at() const noexcept {
    return static_cast<const kept_state<M, state_of<M>>&>(*this).state;
  }

  template <class M>
  using found = typename state_covering<M, Ms...>::type;

  /// The states' names, for the saved form: a snapshot of what decides its meaning.
  static std::string names() {
    std::string all;
    ((all += all.empty() ? "" : ",", all += member_name<Ms>()), ...);
    return all;
  }

  template <class F>
  [[gnu::always_inline]] void for_each(F&& f) {
    (f(at<Ms>()), ...);
  }

  template <class Sketch>
  void set(Sketch sketch) {
    static_assert(lists<members<Ms...>, Sketch>,
                  "millrace[AGGREGATE-6]: an argument of the constructor is no member of this aggregate");
    at<Sketch>() = std::move(sketch);
  }
  /// Closes the states of an aggregate.
  void take(const state_set<T, false, members<Ms...>>& open) { ((at<Ms>() = close(open.template at<Ms>())), ...); }

  void merge(const state_set& later, [[maybe_unused]] join at_join) {
    (merge_state(at<Ms>(), later.template at<Ms>(), at_join), ...);
  }
  result<void> try_merge(const state_set& later, join at_join) {
    result<void> done;
    [[maybe_unused]] const auto one = [&](auto& into, const auto& from) {
      if (!done) return;
      if constexpr (merge_can_fail<std::remove_cvref_t<decltype(into)>>)
        done = into.merge(from);
      else
        merge_state(into, from, at_join);
    };
    (one(at<Ms>(), later.template at<Ms>()), ...);
    return done;
  }
  void unmerge(const state_set<T, true, members<Ms...>>& part) { (at<Ms>().unmerge(part.template at<Ms>()), ...); }
  void scale(double factor) { (at<Ms>().scale(factor), ...); }

  void save(envelope_writer& to) const {
    [[maybe_unused]] const auto one = [&](const auto& kept) {
      if constexpr (aggregator<std::remove_cvref_t<decltype(kept)>>)
        to.block(kept.save());
      else
        kept.save(to);
    };
    (one(at<Ms>()), ...);
  }
  /// An error: of an aggregator inside. `valid` turns false if a state's numbers contradict each other.
  result<void> load(envelope_reader& from, bool& valid) {
    result<void> done;
    [[maybe_unused]] const auto one = [&](auto& kept) {
      using state_type = std::remove_cvref_t<decltype(kept)>;
      if constexpr (aggregator<state_type>) {
        if (!done) return;
        auto made = state_type::load(from.block());
        if (made)
          kept = *std::move(made);
        else
          done = std::move(made).error();
      } else {
        valid = kept.load(from) && valid;
      }
    };
    (one(at<Ms>()), ...);
    return done;
  }
};

/// May M's answer be asked of these states: are all those that it needs there?
template <class M, class States>
constexpr bool answerable() {
  if constexpr (has_needs<M>) {
    constexpr bool all = []<class... Ns>(members<Ns...>) {
      return (answerable<Ns, States>() && ...);
    }(typename M::needs{});
    return all && (!has_state<M, double> || !std::is_void_v<typename States::template found<M>>);
  } else if constexpr (has_state<M, double> || has_state<M, xy> || is_its_own_state<M>) {
    return !std::is_void_v<typename States::template found<M>>;
  } else {
    return true;
  }
}

template <class M>
inline constexpr bool is_member = std::is_empty_v<M> || aggregator<M>;

/// Do the states of all that a member stands on take items of type T?
template <class T, class List>
inline constexpr bool all_take = false;
template <class T, class... Ms>
inline constexpr bool all_take<T, members<Ms...>> = [] {
  [[maybe_unused]] constexpr auto one = []<class M>(std::type_identity<M>) {
    if constexpr (is_member<M> && keeps_state<M, T>)
      return takes<state_t<M, T>, T>;
    else
      return true;
  };
  return (one(std::type_identity<Ms>{}) && ...);
}();

/// Says what is wrong with one member of an aggregate over T.
template <class M, class T>
struct required {
  static_assert(is_member<M>,
                "millrace[AGGREGATE-3]: a member must be an empty type with `needs`, `state` or `value`, or an "
                "aggregator: a copyable class with update, merge, save and load");
  static_assert(
      all_take<T, typename closure_of<members<>, M>::type>,
      "millrace[AGGREGATE-5]: a member cannot be updated with the aggregate's items; if another member makes it "
      "an aggregate of pairs, write mr::of_x<...> or mr::of_y<...> around those that are about one of the two");
  static constexpr bool ok = is_member<M>;
};

template <template <class...> class Template, class M>
inline constexpr bool is_of_template = false;
template <template <class...> class Template, class... Args>
inline constexpr bool is_of_template<Template, Template<Args...>> = true;

/// An argument for Aggregate's constructor; asked in this order, so that copying is not explained by itself.
template <class S, class Aggregate>
concept sketch_for = !std::is_same_v<S, Aggregate> && aggregator<S>;

/// What an aggregate and its snapshot have in common: the states, and the questions to them.
template <bool Closed, class Policy, class... Ms>
class answers {
 public:
  using sample = typename sample_of<Ms...>::type;
  static_assert((required<Ms, sample>::ok && ...));
  using states = state_set<sample, Closed, resolved<sample, Ms...>>;

  /// A member's answer. Any member may be asked for whose needs are kept, also one not listed.
  template <class M>
  decltype(auto) get() const {
    static_assert(answerable<M, states>(),
                  "millrace[AGGREGATE-4]: get<...>: this aggregate does not keep what that member needs; add it to the "
                  "aggregate's members");
    if constexpr (is_its_own_state<M>) {
      return state<M>();
    } else if constexpr (std::is_same_v<Policy, propagate_nan> && std::is_same_v<decltype(M::value(*this)), double>) {
      return tally_.nans == 0 ? M::value(*this) : std::numeric_limits<double>::quiet_NaN();
    } else {
      return M::value(*this);
    }
  }
  /// The answer of the only member that is made from this template: `get<mr::quantiles>()`.
  template <template <class...> class Template>
  decltype(auto) get() const {
    constexpr std::size_t matches = (std::size_t{is_of_template<Template, Ms>} + ... + 0);
    static_assert(
        matches == 1,
        "millrace[AGGREGATE-7]: get<...>: not exactly one member of the aggregate is made from that template");
    if constexpr (matches == 1) return get<typename decltype(only<Template>(members<Ms...>{}))::type>();
  }

  /// What a member keeps, in its closed form where it has one.
  template <class M>
  decltype(auto) state() const {
    return close(states_.template at<typename states::template found<M>>());
  }

  /// How many items count.
  std::uint64_t items() const noexcept { return std::is_same_v<Policy, propagate_nan> ? tally_.seen() : tally_.items; }
  /// 0, or what the infinite items add up to: an infinity, or NaN if there were both.
  double infinities() const noexcept { return tally_.infinities(); }
  /// How many items were skipped, or under `propagate_nan` met, for being NaN or weighing something impossible.
  std::uint64_t skipped() const noexcept { return tally_.nans; }

 protected:
  answers() = default;

  tally tally_;
  states states_;

 private:
  template <template <class...> class Template, class M, class... Rest>
  static constexpr auto only(members<M, Rest...>) {
    if constexpr (is_of_template<Template, M>)
      return std::type_identity<M>{};
    else
      return only<Template>(members<Rest...>{});
  }
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_DETAIL_STATES_HPP

// ---- aggregate/aggregate.hpp

#ifndef MILLRACE_AGGREGATE_AGGREGATE_HPP
#define MILLRACE_AGGREGATE_AGGREGATE_HPP

namespace millrace {
inline namespace v0 {

/// NaN policy: an item that is NaN, or whose weight is negative or not finite, is skipped, and counted in
/// `skipped()`.
struct skip_nan {
  static constexpr std::string_view name = "skip_nan";
};
/// NaN policy: counted as an item; from then on every answer that is a double is NaN.
struct propagate_nan {
  static constexpr std::string_view name = "propagate_nan";
};
/// NaN policy: `update` answers an error that names the item, and takes nothing of the call.
struct reject_nan {
  static constexpr std::string_view name = "reject_nan";
};

template <class Policy, class... Members>
class basic_aggregate;

/// An aggregate's states in their closed forms: smaller, to be merged and asked. What windows keep.
template <class Policy, class... Members>
class aggregate_snapshot : public detail::answers<true, Policy, Members...> {
  using base = detail::answers<true, Policy, Members...>;

 public:
  aggregate_snapshot() = default;
  aggregate_snapshot(const detail::tally& counted, const typename base::states& kept) {
    this->tally_ = counted;
    this->states_ = kept;
  }

  void merge(const aggregate_snapshot& later) {
    this->states_.merge(later.states_, join{this->tally_.seen()});
    this->tally_.merge(later.tally_);
  }

 private:
  friend basic_aggregate<Policy, Members...>;
};

/// Several statistics of one stream in one pass. Dependencies between members are resolved at compile
/// time and their states shared: `mean`, `variance` and `stddev` together keep one set of moments.
///
///     mr::aggregate<mr::count, mr::min, mr::max, mr::mean, mr::stddev> latency;
///     latency.update(span_of_doubles);
///     latency.get<mr::stddev>();
///
/// Models: aggregator_of<double> (of pairs, if a member is about them), span_aggregator_of, and
/// weighted_aggregator_of if all members are.
/// Guarantee: each member's own; the same bits on every CPU and compiler. Infinite items make of each
/// answer what they make of its definition: a mean infinite, a variance NaN.
/// Complexity: a span goes by blocks of 2,048 items: one loop over registers finds what all fused
/// members need; those that want the items themselves find them in the first-level cache. The
/// members' own memory and 32 bytes. Allocates: only members that say so.
/// Threads: one at a time; const calls from any number.
template <class Policy, class... Members>
class basic_aggregate : public detail::answers<false, Policy, Members...> {
  using base = detail::answers<false, Policy, Members...>;

 public:
  using sample = typename base::sample;
  using states = typename base::states;
  using snapshot_type = aggregate_snapshot<Policy, Members...>;

  static constexpr bool invertible = states::invertible;
  static constexpr bool exactly_invertible = states::exactly_invertible;
  static constexpr bool commutative = states::commutative;
  static constexpr bool fusable = states::fusable;
  /// Does a NaN make the answers NaN?
  static constexpr bool propagates = std::is_same_v<Policy, propagate_nan>;

  basic_aggregate() = default;

  /// With sketches set up otherwise than by default (a seed, a size), one argument each.
  template <class... Sketches>
  requires(sizeof...(Sketches) > 0 &&
           (detail::sketch_for<Sketches, basic_aggregate> && ...)) explicit basic_aggregate(Sketches... sketches) {
    (this->states_.set(std::move(sketches)), ...);
  }

  /// Void; under `reject_nan` result<void>: not_finite, with the item's place.
  auto update(sample x) { return one<false>(x, 1); }
  auto update(sample x, weight w) requires(states::weighable) { return one<true>(x, w.value); }
  auto update(std::span<const sample> items) {
    if constexpr (std::is_same_v<Policy, reject_nan>) {
      for (std::size_t i = 0; i < items.size(); ++i)
        if (detail::has_nan(items[i])) return result<void>(detail::refused(this->tally_.seen() + i));
      take(items);
      return result<void>();
    } else {
      take(items);
    }
  }

  /// Takes up what the same members made of a later part of the stream, or of another stream. Void, or
  /// result<void> where a member's merging can fail; then nothing is merged.
  auto merge(const basic_aggregate& later) {
    if constexpr (states::merging_can_fail) {
      basic_aggregate joined = *this;
      result<void> done = joined.states_.try_merge(later.states_, join{this->tally_.seen()});
      if (!done) return done;
      joined.tally_.merge(later.tally_);
      *this = std::move(joined);
      return done;
    } else {
      const join here{this->tally_.seen()};
      this->tally_.merge(later.tally_);
      this->states_.merge(later.states_, here);
    }
  }

  /// Takes away what was merged or updated before; exact only where the traits say so.
  void unmerge(const snapshot_type& part) requires(states::invertible) {
    this->states_.unmerge(part.states_);
    this->tally_.unmerge(part.tally_);
  }
  void unmerge(const basic_aggregate& part) requires(states::invertible) { unmerge(part.snapshot()); }

  /// Every item's weight so far times factor > 0. Counts, extremes and places stay as they are.
  void scale(double factor) requires(states::scalable) { this->states_.scale(factor); }

  snapshot_type snapshot() const {
    snapshot_type made;
    made.tally_ = this->tally_;
    made.states_.take(this->states_);
    return made;
  }

  std::vector<std::byte> save() const {
    envelope_writer to(type());
    this->tally_.save(to);
    this->states_.save(to);
    return std::move(to).finish();
  }
  static result<basic_aggregate> load(std::span<const std::byte> bytes) {
    const std::string name = type();
    auto from = envelope_reader::open(bytes, name);
    if (!from) return std::move(from).error();
    basic_aggregate made;
    bool valid = made.tally_.load(*from);
    if (auto done = made.states_.load(*from, valid); !done) return std::move(done).error().wrap("saved " + name);
    if (auto done = from->finish(valid); !done) return std::move(done).error();
    return made;
  }

 private:
  using answer = std::conditional_t<std::is_same_v<Policy, reject_nan>, result<void>, void>;

  template <bool Weighted>
  answer one(const sample& x, double w) {
    bool ordinary = detail::is_ordinary(x);
    if constexpr (Weighted) ordinary = ordinary && w > 0 && w <= detail::huge;
    if (!ordinary) [[unlikely]]
      return rare(x, w);
    const item<sample> it{x, w, this->tally_.seen()};
    this->states_.for_each([&](auto& state) { detail::feed<Weighted>(state, it); });
    ++this->tally_.items;
    return answer();
  }

  /// NaN, an impossible weight, an infinity, or numbers so large that sums may overflow.
  [[gnu::noinline, gnu::cold]] answer rare(const sample& x, double w) {
    if (w == 0) return answer();
    if (detail::has_nan(x) || !(w > 0) || detail::is_infinite(w)) {
      if constexpr (std::is_same_v<Policy, reject_nan>) {
        return detail::refused(this->tally_.seen());
      } else {
        ++this->tally_.nans;
        return;
      }
    }
    const item<sample> it{x, w, this->tally_.seen()};
    this->states_.for_each([&](auto& state) { detail::feed_rare(state, it, detail::is_infinite(x)); });
    this->tally_.add_infinities(x);
    ++this->tally_.items;
    return answer();
  }

  void take(std::span<const sample> items) {
    while (items.size() >= detail::least_block) {
      const std::size_t now = items.size() < detail::block_items ? items.size() : detail::block_items;
      if (!block(items.first(now))) mixed_block(items.first(now));
      items = items.subspan(now);
    }
    for (const sample& x : items) (void)update(x);
  }

  /// False, and nothing done, if the block has something to be looked at one by one.
  bool block(std::span<const sample> items) {
    if constexpr (std::is_same_v<sample, double>) {
      const detail::block_figures found = detail::scan_block<states::figures>(items.data(), items.size());
      if (!(found.poison == 0)) [[unlikely]]
        return false;
      this->states_.for_each([&](auto& state) {
        if constexpr (detail::is_fused<std::remove_cvref_t<decltype(state)>, double>)
          state.absorb(found, items.data(), items.size(), join{this->tally_.seen()});
        else
          detail::feed_block(state, items, this->tally_.seen());
      });
    } else {
      if (!(detail::scan_block<0>(&items[0].x, 2 * items.size()).poison == 0)) [[unlikely]]
        return false;
      this->states_.for_each([&](auto& state) { detail::feed_block(state, items, this->tally_.seen()); });
    }
    this->tally_.items += items.size();
    return true;
  }

  /// Where order does not matter, what is out of the ordinary goes first and alone, the rest as a block.
  [[gnu::noinline, gnu::cold]] void mixed_block(std::span<const sample> items) {
    std::size_t kept = 0;
    if constexpr (states::commutative) {
      sample ordinary[detail::block_items];
      for (const sample& x : items) {
        if (detail::is_ordinary(x))
          ordinary[kept++] = x;
        else
          (void)rare(x, 1);
      }
      const std::span<const sample> rest(ordinary, kept);
      if (kept >= detail::least_block && block(rest)) return;
      for (const sample& x : rest) (void)update(x);
    } else {
      for (const sample& x : items) (void)update(x);
    }
  }

  /// What the saved bytes are called: `aggregate<skip_nan;moments2,min>`.
  static std::string type() { return "aggregate<" + std::string(Policy::name) + ";" + states::names() + ">"; }
};

/// `basic_aggregate` that skips NaN and counts them.
template <class... Members>
using aggregate = basic_aggregate<skip_nan, Members...>;

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_AGGREGATE_HPP

// ---- aggregate/binned_histogram.hpp

#ifndef MILLRACE_AGGREGATE_BINNED_HISTOGRAM_HPP
#define MILLRACE_AGGREGATE_BINNED_HISTOGRAM_HPP

namespace millrace {
inline namespace v0 {

// An axis says which of its bins, [edge(i), edge(i + 1)), a number falls into; -1 stands for below the
// first, `bins()` for the last edge and above. A type of one's own with these six functions will do.

/// Bins of equal width.
class regular_axis {
 public:
  static constexpr std::string_view name = "regular";

  regular_axis() = default;
  /// Errors: invalid_argument unless low < high are finite and bins > 0.
  static result<regular_axis> make(std::size_t bins, double low, double high) {
    const double width = (high - low) / static_cast<double>(bins);
    if (bins == 0 || bins > (std::size_t{1} << 31) || !(width > 0) || !(high - low <= 1e300) ||
        !(low + width > low) || !(low + width * static_cast<double>(bins - 1) < high))
      return error(errc::invalid_argument, "regular_axis: bins between " + std::to_string(low) + " and " +
                                               std::to_string(high) + " would have no width");
    regular_axis made;
    made.bins_ = bins;
    made.low_ = low;
    made.high_ = high;
    made.width_ = width;
    made.per_width_ = static_cast<double>(bins) / (high - low);
    return made;
  }

  std::size_t bins() const noexcept { return bins_; }
  std::ptrdiff_t bin_of(double x) const noexcept {
    if (!(x >= low_)) return -1;
    if (!(x < high_)) return static_cast<std::ptrdiff_t>(bins_);
    auto i = static_cast<std::ptrdiff_t>((x - low_) * per_width_);
    const auto last = static_cast<std::ptrdiff_t>(bins_) - 1;
    i = i < last ? i : last;
    // The quotient may have rounded over an edge.
    if (x < low_ + static_cast<double>(i) * width_) return i - 1;
    return i < last && x >= low_ + static_cast<double>(i + 1) * width_ ? i + 1 : i;
  }
  double edge(std::size_t i) const noexcept { return i == bins_ ? high_ : low_ + static_cast<double>(i) * width_; }
  void save(envelope_writer& to) const {
    to.u64(bins_);
    to.f64(low_);
    to.f64(high_);
  }
  static result<regular_axis> load(envelope_reader& from) {
    const std::uint64_t bins = from.u64();
    const double low = from.f64();
    const double high = from.f64();
    if (bins == 0) return regular_axis();
    return make(static_cast<std::size_t>(bins), low, high);
  }
  bool operator==(const regular_axis& other) const noexcept {
    return bins_ == other.bins_ && low_ == other.low_ && high_ == other.high_;
  }

 private:
  std::size_t bins_ = 0;
  double low_ = 0;
  double high_ = 0;
  double width_ = 0;
  double per_width_ = 0;
};

/// Bins between edges of one's own.
class edges_axis {
 public:
  static constexpr std::string_view name = "edges";

  edges_axis() = default;
  /// Errors: invalid_argument unless there are two edges and each is above the one before it.
  static result<edges_axis> make(std::vector<double> edges) {
    if (edges.size() < 2) return error(errc::invalid_argument, "edges_axis: fewer than two edges make no bin");
    for (std::size_t i = 0; i < edges.size(); ++i)
      if (!(i == 0 ? edges[i] == edges[i] : edges[i - 1] < edges[i]))
        return error(errc::invalid_argument,
                     "edges_axis: edge " + std::to_string(i) + " is not above the one before it");
    edges_axis made;
    made.edges_ = std::move(edges);
    return made;
  }

  std::size_t bins() const noexcept { return edges_.empty() ? 0 : edges_.size() - 1; }
  std::ptrdiff_t bin_of(double x) const noexcept {
    std::size_t at = 0;  // how many edges are at or below x
    for (std::size_t left = edges_.size(); left != 0;) {
      const std::size_t half = left / 2;
      const bool above = edges_[at + half] <= x;
      at = above ? at + half + 1 : at;
      left = above ? left - half - 1 : half;
    }
    return static_cast<std::ptrdiff_t>(at) - 1;
  }
  double edge(std::size_t i) const noexcept { return edges_[i]; }
  void save(envelope_writer& to) const {
    to.u64(edges_.size());
    for (const double e : edges_) to.f64(e);
  }
  static result<edges_axis> load(envelope_reader& from) {
    std::vector<double> edges(from.count(8));
    for (double& e : edges) e = from.f64();
    if (edges.empty()) return edges_axis();
    return make(std::move(edges));
  }
  bool operator==(const edges_axis&) const = default;

 private:
  std::vector<double> edges_;
};

/// Bins that each span the same factor: between low > 0 and high, equal in the logarithm.
class logarithmic_axis {
 public:
  static constexpr std::string_view name = "logarithmic";

  logarithmic_axis() = default;
  /// Errors: invalid_argument unless 0 < low < high are finite and bins > 0.
  static result<logarithmic_axis> make(std::size_t bins, double low, double high) {
    logarithmic_axis made;
    if (bins != 0 && bins <= (std::size_t{1} << 24) && low > 0 && low < high &&
        high <= (std::numeric_limits<double>::max)()) {
      made.bins_ = bins;
      made.low_ = low;
      made.high_ = high;
      made.start_ = std::log2(low);
      made.per_octave_ = static_cast<double>(bins) / (std::log2(high) - made.start_);
      if (made.edge(1) > low && made.edge(bins - 1) < high) return made;
    }
    return error(errc::invalid_argument, "logarithmic_axis: no " + std::to_string(bins) + " bins between " +
                                             std::to_string(low) + " and " + std::to_string(high));
  }

  std::size_t bins() const noexcept { return bins_; }
  std::ptrdiff_t bin_of(double x) const noexcept {
    if (!(x >= low_)) return -1;
    if (!(x < high_)) return static_cast<std::ptrdiff_t>(bins_);
    auto i = static_cast<std::ptrdiff_t>((std::log2(x) - start_) * per_octave_);
    const auto last = static_cast<std::ptrdiff_t>(bins_) - 1;
    i = i < 0 ? 0 : i > last ? last : i;
    // The logarithm may have rounded over an edge.
    if (i > 0 && x < edge(static_cast<std::size_t>(i))) return i - 1;
    return i < last && x >= edge(static_cast<std::size_t>(i) + 1) ? i + 1 : i;
  }
  double edge(std::size_t i) const noexcept {
    return i == 0 ? low_ : i == bins_ ? high_ : std::exp2(start_ + static_cast<double>(i) / per_octave_);
  }
  void save(envelope_writer& to) const {
    to.u64(bins_);
    to.f64(low_);
    to.f64(high_);
  }
  static result<logarithmic_axis> load(envelope_reader& from) {
    const std::uint64_t bins = from.u64();
    const double low = from.f64();
    const double high = from.f64();
    if (bins == 0) return logarithmic_axis();
    return make(static_cast<std::size_t>(bins), low, high);
  }
  bool operator==(const logarithmic_axis& other) const noexcept {
    return bins_ == other.bins_ && low_ == other.low_ && high_ == other.high_;
  }

 private:
  std::size_t bins_ = 0;
  double low_ = 0;
  double high_ = 0;
  double start_ = 0;
  double per_octave_ = 0;
};

/// Counts of items in the bins of an axis, and of those below and above; items may weigh.
///
///     auto ms = mr::regular_histogram::make(100, 0.0, 50.0);
///
/// Guarantee: each item is in the bin whose edges are around it, the lower one included; NaN is left out.
/// Counts are exact up to 2^53. Merging histograms of one axis adds bins; one without an axis (made by its
/// default constructor) takes that of the other.
/// Complexity: update O(1), with edges_axis O(log bins); 8 bytes a bin; allocates: when made.
/// Threads: one at a time; const calls from any number.
/// Errors: of merging other axes: invalid_argument.
template <class Axis>
class binned_histogram {
 public:
  using axis_type = Axis;

  binned_histogram() = default;
  explicit binned_histogram(Axis axis) : axis_(std::move(axis)), counts_(axis_.bins() + 2) {}
  /// With an axis of these parameters; its errors.
  template <class... Args>
  static result<binned_histogram> make(Args&&... args) {
    auto axis = Axis::make(std::forward<Args>(args)...);
    if (!axis) return std::move(axis).error();
    return binned_histogram(*std::move(axis));
  }

  const Axis& axis() const noexcept { return axis_; }
  void update(double x) noexcept { add(x, 1); }
  void update(double x, weight w) noexcept {
    if (w.value > 0 && w.value <= (std::numeric_limits<double>::max)()) add(x, w.value);
  }
  void update(std::span<const double> items) noexcept {
    for (const double x : items) add(x, 1);
  }
  result<void> merge(const binned_histogram& other) {
    if (other.counts_.empty()) return {};
    if (counts_.empty()) {
      *this = other;
      return {};
    }
    if (!(axis_ == other.axis_))
      return error(errc::invalid_argument, "binned_histogram<" + std::string(Axis::name) + "_axis>: the axes differ");
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
    return {};
  }
  void scale(double factor) noexcept {
    for (double& c : counts_) c *= factor;
  }

  std::size_t bins() const noexcept { return axis_.bins(); }
  /// i < bins()
  double count(std::size_t i) const noexcept { return counts_[i + 1]; }
  double below() const noexcept { return counts_.empty() ? 0 : counts_.front(); }
  /// At the last edge or above.
  double above() const noexcept { return counts_.empty() ? 0 : counts_.back(); }
  double total() const noexcept {
    double sum = 0;
    for (const double c : counts_) sum += c;
    return sum;
  }
  /// The fraction of all in bin i, per unit of x.
  double density(std::size_t i) const noexcept {
    return count(i) / total() / (axis_.edge(i + 1) - axis_.edge(i));
  }
  /// The fraction of all below x, as if spread evenly within a bin. NaN when empty.
  double rank(double x) const noexcept {
    const double all = total();
    if (!(all > 0) || x != x) return std::numeric_limits<double>::quiet_NaN();
    const std::ptrdiff_t bin = axis_.bin_of(x);
    if (bin < 0) return 0;
    double sum = below();
    for (std::ptrdiff_t i = 0; i < bin; ++i) sum += count(static_cast<std::size_t>(i));
    if (bin == static_cast<std::ptrdiff_t>(bins())) return sum / all;
    const auto i = static_cast<std::size_t>(bin);
    return (sum + count(i) * ((x - axis_.edge(i)) / (axis_.edge(i + 1) - axis_.edge(i)))) / all;
  }
  /// Where `rank` is p, interpolated in its bin; an outer edge for what lies beyond. NaN when empty.
  double quantile(double p) const noexcept {
    const double all = total();
    if (!(all > 0) || p != p) return std::numeric_limits<double>::quiet_NaN();
    const double wanted = (p < 0 ? 0 : p > 1 ? 1 : p) * all;
    double sum = below();
    if (wanted <= sum && sum > 0) return axis_.edge(0);
    for (std::size_t i = 0; i < bins(); ++i) {
      if (count(i) > 0 && sum + count(i) >= wanted) {
        const double part = (wanted - sum) / count(i);
        const double low = axis_.edge(i);
        const double high = axis_.edge(i + 1);
        const double x = low + (high - low) * part;
        return x < low ? low : x > high ? high : x;
      }
      sum += count(i);
    }
    return axis_.edge(bins());
  }
  double median() const noexcept { return quantile(0.5); }
  /// Upper less lower quartile.
  double interquartile_range() const noexcept { return quantile(0.75) - quantile(0.25); }

  std::vector<std::byte> save() const {
    const std::string name = type();
    envelope_writer to(name);
    axis_.save(to);
    to.u64(counts_.size());
    for (const double c : counts_) to.f64(c);
    return std::move(to).finish();
  }
  static result<binned_histogram> load(std::span<const std::byte> bytes) {
    const std::string name = type();
    auto from = envelope_reader::open(bytes, name);
    if (!from) return std::move(from).error();
    auto axis = Axis::load(*from);
    if (!axis) return std::move(axis).error().wrap("saved " + name);
    binned_histogram made;
    made.axis_ = *std::move(axis);
    made.counts_.resize(from->count(8));
    bool valid = made.counts_.size() == (made.axis_.bins() == 0 ? 0 : made.axis_.bins() + 2);
    for (double& c : made.counts_) {
      c = from->f64();
      valid = valid && c >= 0;
    }
    if (auto done = from->finish(valid); !done) return std::move(done).error();
    return made;
  }

 private:
  void add(double x, double w) noexcept {
    if (x != x || counts_.empty()) return;
    counts_[static_cast<std::size_t>(axis_.bin_of(x) + 1)] += w;
  }
  static std::string type() { return "binned_histogram<" + std::string(Axis::name) + ">"; }

  Axis axis_;
  std::vector<double> counts_;  // below, the bins, above
};

using regular_histogram = binned_histogram<regular_axis>;
using logarithmic_histogram = binned_histogram<logarithmic_axis>;
/// With edges of your own.
using fixed_histogram = binned_histogram<edges_axis>;

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_BINNED_HISTOGRAM_HPP

// ---- aggregate/detail/image.hpp

#ifndef MILLRACE_AGGREGATE_DETAIL_IMAGE_HPP
#define MILLRACE_AGGREGATE_DETAIL_IMAGE_HPP

namespace millrace {
inline namespace v0 {
namespace detail {

static_assert(std::endian::native == std::endian::little, "millrace's sketches are for little-endian machines");

/// Writes the fields of a saved sketch one after the other, little-endian.
class image_writer {
 public:
  explicit image_writer(std::size_t expected) { bytes_.reserve(expected); }

  template <class T>
  image_writer& put(const T& value) {
    static_assert(std::is_arithmetic_v<T>);
    return put_array(&value, 1);
  }
  template <class T>
  image_writer& put_array(const T* values, std::size_t count) {
    const std::size_t before = bytes_.size();
    bytes_.resize(before + count * sizeof(T));
    if (count != 0) std::memcpy(bytes_.data() + before, values, count * sizeof(T));
    return *this;
  }
  std::vector<std::byte> take() && { return std::move(bytes_); }

 private:
  std::vector<std::byte> bytes_;
};

/// Reads them back from bytes nobody vouches for. A read past the end answers zero and is remembered, so a
/// parser may read a whole header and ask `ok` once; nothing outside the span is ever touched.
class image_reader {
 public:
  explicit image_reader(std::span<const std::byte> bytes) noexcept : rest_(bytes) {}

  template <class T>
  T take() noexcept {
    static_assert(std::is_arithmetic_v<T>);
    T value{};
    take_array(&value, 1);
    return value;
  }
  /// All of them or none.
  template <class T>
  bool take_array(T* values, std::size_t count) noexcept {
    if (!holds<T>(count)) return fail();
    if (count != 0) std::memcpy(values, rest_.data(), count * sizeof(T));
    rest_ = rest_.subspan(count * sizeof(T));
    return true;
  }
  bool skip(std::size_t count) noexcept {
    if (count > rest_.size()) return fail();
    rest_ = rest_.subspan(count);
    return true;
  }
  template <class T>
  bool holds(std::size_t count) const noexcept {
    return count <= rest_.size() / sizeof(T);
  }

  bool ok() const noexcept { return ok_; }
  std::span<const std::byte> rest() const noexcept { return rest_; }

 private:
  bool fail() noexcept {
    rest_ = {};
    return ok_ = false;
  }

  std::span<const std::byte> rest_;
  bool ok_ = true;
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_DETAIL_IMAGE_HPP

// ---- aggregate/detail/murmur3.hpp

#ifndef MILLRACE_AGGREGATE_DETAIL_MURMUR3_HPP
#define MILLRACE_AGGREGATE_DETAIL_MURMUR3_HPP

namespace millrace {
inline namespace v0 {
namespace detail {

struct hash128 {
  std::uint64_t low;
  std::uint64_t high;
};

/// MurmurHash3 for 64-bit machines, 128 bits: A. Appleby, 2011, public domain; the hash under every sketch of Apache
/// DataSketches, which is why it is this one.
class murmur3 {
 public:
  static constexpr std::uint64_t sketch_seed = 9001;

  static hash128 hash(const void* data, std::size_t size, std::uint64_t seed = sketch_seed) noexcept {
    const auto* bytes = static_cast<const unsigned char*>(data);
    std::uint64_t low = seed;
    std::uint64_t high = seed;
    std::size_t left = size;
    for (; left >= 16; left -= 16, bytes += 16) {
      std::uint64_t words[2];
      std::memcpy(words, bytes, sizeof words);
      low = (std::rotl(low ^ mix_low(words[0]), 27) + high) * 5 + 0x52dce729;
      high = (std::rotl(high ^ mix_high(words[1]), 31) + low) * 5 + 0x38495ab5;
    }
    std::uint64_t words[2] = {0, 0};  // what is left, zeros behind: they mix to zero
    if (left != 0) std::memcpy(words, bytes, left);
    return finish(low ^ mix_low(words[0]), high ^ mix_high(words[1]), size);
  }

  /// Of the eight bytes of a word.
  static constexpr hash128 hash(std::uint64_t word, std::uint64_t seed = sketch_seed) noexcept {
    return finish(seed ^ mix_low(word), seed, 8);
  }

  /// Its last step: every bit of the word stirs every bit of the answer.
  static constexpr std::uint64_t scatter(std::uint64_t word) noexcept {
    word = (word ^ (word >> 33)) * 0xff51afd7ed558ccdU;
    word = (word ^ (word >> 33)) * 0xc4ceb9fe1a85ec53U;
    return word ^ (word >> 33);
  }

 private:
  static constexpr std::uint64_t first = 0x87c37b91114253d5U;
  static constexpr std::uint64_t second = 0x4cf5ad432745937fU;

  static constexpr std::uint64_t mix_low(std::uint64_t word) noexcept { return std::rotl(word * first, 31) * second; }
  static constexpr std::uint64_t mix_high(std::uint64_t word) noexcept { return std::rotl(word * second, 33) * first; }
  static constexpr hash128 finish(std::uint64_t low, std::uint64_t high, std::uint64_t size) noexcept {
    low ^= size;
    high ^= size;
    low += high;
    high += low;
    low = scatter(low);
    high = scatter(high);
    low += high;
    return {low, high + low};
  }
};

/// What images carry of the seed, so that hashes of different seeds are not mixed.
constexpr std::uint16_t seed_hash() noexcept {
  return static_cast<std::uint16_t>(murmur3::hash(murmur3::sketch_seed, 0).low);
}

/// What sketches of items take: whole numbers, floating-point numbers, text.
template <class Item>
concept hashable_item = std::is_arithmetic_v<Item> || std::convertible_to<const Item&, std::string_view>;

/// The hash of an item as DataSketches hashes it: a whole number as 64 bits of its value, so that 7 is one item
/// whatever its type; a floating-point number as a double, with one zero and one NaN; text as its bytes.
template <hashable_item Item>
constexpr hash128 hash_item(const Item& item, std::uint64_t seed = murmur3::sketch_seed) noexcept {
  if constexpr (std::is_integral_v<Item>) {
    return murmur3::hash(static_cast<std::uint64_t>(item), seed);
  } else if constexpr (std::is_floating_point_v<Item>) {
    const auto value = static_cast<double>(item);
    const std::uint64_t bits = value == 0       ? 0
                               : value != value ? 0x7ff8000000000000U
                                                : std::bit_cast<std::uint64_t>(value);
    return murmur3::hash(bits, seed);
  } else {
    const std::string_view text = item;
    return murmur3::hash(text.data(), text.size(), seed);
  }
}

/// DataSketches leaves empty text out.
template <class Item>
constexpr bool is_no_item(const Item& item) noexcept {
  if constexpr (std::is_arithmetic_v<Item>)
    return false;
  else
    return std::string_view(item).empty();
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_DETAIL_MURMUR3_HPP

// ---- aggregate/count_min.hpp

#ifndef MILLRACE_AGGREGATE_COUNT_MIN_HPP
#define MILLRACE_AGGREGATE_COUNT_MIN_HPP

namespace millrace {
inline namespace v0 {
namespace detail::count_min_image {

// Apache DataSketches' image: preamble length in 8 bytes, version, family, flags, 0 (4), buckets (4), rows, hash of the
// seed (2), 0; then, unless empty, the total weight and the rows' buckets, as doubles.
inline constexpr std::uint8_t preamble_length = 2;
inline constexpr std::uint8_t serial_version = 1;
inline constexpr std::uint8_t family = 18;
inline constexpr std::uint8_t is_empty = 1;
inline constexpr std::size_t most_rows = 255;

/// The seeds of the rows' hashes, as DataSketches draws them in C++: from its standard library's engine and
/// distribution, whose steps are written out here so that they are the same with any library.
class row_seeds {
 public:
  std::uint64_t next() noexcept { return upscaled(~std::uint64_t{0}) + murmur3::sketch_seed; }

 private:
  static constexpr std::uint64_t engine_values = 2147483646;  // 0 .. this less 1

  /// Park and Miller's minimal standard generator, 1988, from 0.
  std::uint64_t draw() noexcept {
    state_ = state_ * 16807 % 2147483647;
    return state_ - 1;
  }
  /// Uniform in [0, most], where that is more than one draw tells.
  std::uint64_t upscaled(std::uint64_t most) noexcept {
    for (;;) {
      const std::uint64_t above = most / engine_values;
      const std::uint64_t high = engine_values * (above < engine_values ? downscaled(above) : upscaled(above));
      const std::uint64_t sum = high + draw();
      if (sum <= most && sum >= high) return sum;
    }
  }
  std::uint64_t downscaled(std::uint64_t most) noexcept {
    const std::uint64_t width = (engine_values - 1) / (most + 1);
    for (;;)
      if (const std::uint64_t drawn = draw(); drawn < width * (most + 1)) return drawn / width;
  }

  std::uint64_t state_ = murmur3::sketch_seed;
};

}  // namespace detail::count_min_image

/// How much each item of a stream weighs, at the most, in a fixed table: the count-min sketch. For single items, known
/// when asked; which items are heavy, `frequent_items` tells.
///
/// `Buckets` and `Rows` of a new sketch; a loaded one has those of its image. Items are whole numbers (7 is one item
/// whatever its type), floating-point numbers (one zero, one NaN), text (the empty one is left out).
/// Guarantee: `estimate(x)` is never below the weight of x, and with probability `confidence()` above it by no more
/// than `epsilon() * total()`: 0.0027 of the stream's weight, with 98 %, for 1024 buckets in 4 rows. The same input and
/// order of merges give the same bytes. Complexity: update and query O(Rows), merge O(Buckets Rows); 8 bytes a bucket,
/// 32 KB. Allocates: when made, and the table at the first update. Threads: one at a time. Source: Cormode,
/// Muthukrishnan, "An improved data stream summary: the count-min sketch and its applications", 2005. Bytes: the image
/// of Apache DataSketches' count-min sketch, C++ and Python; Java's draws other seeds.
template <unsigned Buckets = 1024, unsigned Rows = 4>
class count_min {
  static_assert(Buckets >= 3 && Rows >= 1 && Rows <= 255,
                "millrace[SKETCH-10]: count_min<Buckets, Rows>: Buckets must be at least 3, Rows in [1, 255]");

 public:
  count_min() : count_min(Buckets, Rows) {}

  template <detail::hashable_item Item>
  void update(const Item& item) {
    update(item, weight(1));
  }
  template <detail::hashable_item Item>
  void update(std::span<const Item> items) {
    for (const Item& item : items) update(item, weight(1));
  }
  /// Weights that are not above zero, or not finite, leave the sketch as it was.
  template <detail::hashable_item Item>
  void update(const Item& item, weight counts) {
    if (detail::is_no_item(item) || !(counts.value > 0 && counts.value <= (std::numeric_limits<double>::max)())) return;
    if (table_.empty()) table_.resize(buckets_ * seeds_.size());
    total_ += counts.value;
    for (std::size_t row = 0; row < seeds_.size(); ++row) table_[place_of(item, row)] += counts.value;
  }

  /// Errors: shape_mismatch when they differ in buckets or rows, as loaded ones may; then this is as it was.
  result<void> merge(const count_min& other) {
    if (other.buckets_ != buckets_ || other.seeds_.size() != seeds_.size())
      return error(errc::shape_mismatch, "count_min of " + shape() + " merged with one of " + other.shape());
    if (table_.empty()) table_.resize(other.table_.size());
    for (std::size_t i = 0; i < other.table_.size(); ++i) table_[i] += other.table_[i];
    total_ += other.total_;
    return {};
  }

  /// The weight of an item at the most, 0 for one that cannot have been there.
  template <detail::hashable_item Item>
  double estimate(const Item& item) const {
    if (detail::is_no_item(item) || table_.empty()) return 0;
    double least = total_;
    for (std::size_t row = 0; row < seeds_.size(); ++row) {
      const double bucket = table_[place_of(item, row)];
      if (bucket < least) least = bucket;
    }
    return least;
  }

  double total() const noexcept { return total_; }
  bool empty() const noexcept { return total_ == 0; }
  std::size_t buckets() const noexcept { return buckets_; }
  std::size_t rows() const noexcept { return seeds_.size(); }
  /// By how much of the total weight an estimate may be too high.
  double epsilon() const noexcept { return 2.718281828459045 / static_cast<double>(buckets_); }
  double confidence() const noexcept { return 1 - std::exp(-static_cast<double>(seeds_.size())); }

  std::vector<std::byte> save() const;
  /// Errors: truncated, unsupported, corrupt, not_finite, type_mismatch, each naming what is wrong.
  /// Allocates: no more than a few times the bytes given.
  static result<count_min> load(std::span<const std::byte> bytes);

 private:
  static constexpr std::uint64_t most_buckets = std::uint64_t{1} << 26;  // in all rows of a sketch that is read
  // ... and that is empty: its first update makes a table, by what sixteen bytes say.
  static constexpr std::uint64_t most_empty_buckets =
      std::uint64_t{Buckets} * Rows > 65536 ? std::uint64_t{Buckets} * Rows : 65536;

  count_min(std::size_t buckets, std::size_t rows) : buckets_(buckets), seeds_(rows) {
    detail::count_min_image::row_seeds seeds;
    for (std::uint64_t& seed : seeds_) seed = seeds.next();
  }

  static error fault(errc code, const char* what) { return error(code, std::string("count-min image: ") + what); }
  static error truncated() { return fault(errc::truncated, "it ends too soon"); }
  std::string shape() const {
    return std::to_string(seeds_.size()) + " rows of " + std::to_string(buckets_) + " buckets";
  }

  template <class Item>
  std::size_t place_of(const Item& item, std::size_t row) const noexcept {
    const std::uint64_t hash = detail::hash_item(item, seeds_[row]).low;
    // The usual case apart, because division by a constant is a multiplication.
    return row * buckets_ + (buckets_ == Buckets ? hash % Buckets : hash % buckets_);
  }

  std::size_t buckets_;
  std::vector<std::uint64_t> seeds_;  // of each row's hash
  std::vector<double> table_;         // row by row; nothing until the first update
  double total_ = 0;
};

template <unsigned Buckets, unsigned Rows>
std::vector<std::byte> count_min<Buckets, Rows>::save() const {
  using namespace detail::count_min_image;
  detail::image_writer out(24 + 8 * table_.size());
  out.put(preamble_length).put(serial_version).put(family).put(empty() ? is_empty : std::uint8_t{0});
  out.put(std::uint32_t{0}).put(static_cast<std::uint32_t>(buckets_)).put(static_cast<std::uint8_t>(seeds_.size()));
  out.put(detail::seed_hash()).put(std::uint8_t{0});
  if (!empty()) out.put(total_).put_array(table_.data(), table_.size());
  return std::move(out).take();
}

template <unsigned Buckets, unsigned Rows>
result<count_min<Buckets, Rows>> count_min<Buckets, Rows>::load(std::span<const std::byte> bytes) {
  using namespace detail::count_min_image;
  detail::image_reader in(bytes);
  const auto preamble = in.take<std::uint8_t>();
  const auto version = in.take<std::uint8_t>();
  const auto kind = in.take<std::uint8_t>();
  const auto flags = in.take<std::uint8_t>();
  in.skip(4);
  const std::uint64_t buckets = in.take<std::uint32_t>();
  const std::uint64_t rows = in.take<std::uint8_t>();
  const auto seed = in.take<std::uint16_t>();
  in.skip(1);
  if (!in.ok()) return truncated();
  if (kind != family) return fault(errc::type_mismatch, "it is of another family of sketches");
  if (version != serial_version) return fault(errc::unsupported, "unknown serial version");
  if (preamble != preamble_length) return fault(errc::corrupt, "the preamble's length");
  if (seed != detail::seed_hash()) return fault(errc::unsupported, "its hashes are of another seed");
  if (buckets < 3 || rows == 0) return fault(errc::corrupt, "fewer than 3 buckets or no rows");
  if (buckets * rows > most_buckets) return fault(errc::unsupported, "more than 2^26 buckets");
  if ((flags & is_empty) != 0 && buckets * rows > most_empty_buckets)
    return fault(errc::unsupported, "an empty one of that size");
  count_min loaded(buckets, rows);
  if ((flags & is_empty) == 0) {
    loaded.total_ = in.take<double>();
    if (!in.ok() || !in.holds<double>(buckets * rows)) return truncated();
    if (!(loaded.total_ > 0 && loaded.total_ <= (std::numeric_limits<double>::max)()))
      return fault(errc::not_finite, "the total weight is not a number above zero");
    loaded.table_.resize(buckets * rows);
    in.take_array(loaded.table_.data(), loaded.table_.size());
    for (const double bucket : loaded.table_)
      if (!(bucket >= 0 && bucket <= loaded.total_ * 1.000001))
        return fault(errc::corrupt, "a bucket beyond the total weight");
  }
  if (!in.rest().empty()) return fault(errc::corrupt, "bytes after the end");
  return loaded;
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_COUNT_MIN_HPP

// ---- aggregate/detail/bucket_run.hpp

#ifndef MILLRACE_AGGREGATE_DETAIL_BUCKET_RUN_HPP
#define MILLRACE_AGGREGATE_DETAIL_BUCKET_RUN_HPP

namespace millrace {
inline namespace v0 {
namespace detail {

/// Counts of numbered buckets, those between the lowest and highest used in one stretch.
template <class Count>
class bucket_run {
 public:
  bool empty() const noexcept { return counts_.empty(); }
  std::size_t size() const noexcept { return counts_.size(); }
  /// The number of the first and the last bucket kept. Precondition: not empty.
  std::int32_t first() const noexcept { return first_; }
  std::int32_t last() const noexcept { return first_ + static_cast<std::int32_t>(counts_.size()) - 1; }
  const Count* data() const noexcept { return counts_.data(); }
  Count* data() noexcept { return counts_.data(); }
  /// 0 for a bucket that is not kept.
  Count at(std::int64_t bucket) const noexcept {
    const auto i = static_cast<std::uint64_t>(bucket - first_);
    return i < counts_.size() ? counts_[static_cast<std::size_t>(i)] : Count{};
  }
  Count total() const noexcept {
    Count sum{};
    for (const Count c : counts_) sum += c;
    return sum;
  }

  bool holds(std::int32_t bucket) const noexcept {
    return static_cast<std::uint64_t>(std::int64_t{bucket} - first_) < counts_.size();
  }
  void add(std::int32_t bucket, Count count) noexcept { counts_[static_cast<std::size_t>(bucket - first_)] += count; }

  /// Keeps the buckets from `low` to `high` too, with room to grow on.
  void cover(std::int32_t low, std::int32_t high) {
    if (counts_.empty()) {
      first_ = low;
      counts_.resize(static_cast<std::size_t>(high - low) + 1);
      return;
    }
    if (low < first_) {
      counts_.insert(counts_.begin(), static_cast<std::size_t>(first_ - low), Count{});
      first_ = low;
    }
    if (high > last()) counts_.resize(static_cast<std::size_t>(high - first_) + 1);
  }
  /// Joins all buckets below `low` into it.
  void join_below(std::int32_t low) {
    if (counts_.empty() || low <= first_) return;
    const auto below = static_cast<std::size_t>(std::int64_t{low} - first_);
    const std::size_t gone = below < counts_.size() ? below : counts_.size();
    Count sum{};
    for (std::size_t i = 0; i < gone; ++i) sum += counts_[i];
    counts_.erase(counts_.begin(), counts_.begin() + static_cast<std::ptrdiff_t>(gone));
    if (counts_.empty()) counts_.resize(1);
    counts_[0] += sum;
    first_ = low;
  }
  /// Joins 2^shift buckets into each: bucket b goes to b >> shift.
  void coarsen(unsigned shift) {
    if (counts_.empty() || shift == 0) return;
    const std::int32_t first = shift > 31 ? (first_ < 0 ? -1 : 0) : first_ >> shift;
    const std::int32_t end = shift > 31 ? (last() < 0 ? -1 : 0) : last() >> shift;
    std::vector<Count> joined(static_cast<std::size_t>(end - first) + 1);
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      const std::int32_t bucket = first_ + static_cast<std::int32_t>(i);
      const std::int32_t to = shift > 31 ? (bucket < 0 ? -1 : 0) : bucket >> shift;
      joined[static_cast<std::size_t>(to - first)] += counts_[i];
    }
    counts_ = static_cast<std::vector<Count>&&>(joined);
    first_ = first;
  }
  void scale(Count factor) noexcept {
    for (Count& c : counts_) c *= factor;
  }

  bool operator==(const bucket_run&) const = default;

 private:
  std::vector<Count> counts_;
  std::int32_t first_ = 0;
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_DETAIL_BUCKET_RUN_HPP

// ---- aggregate/detail/log_index.hpp

#ifndef MILLRACE_AGGREGATE_DETAIL_LOG_INDEX_HPP
#define MILLRACE_AGGREGATE_DETAIL_LOG_INDEX_HPP

namespace millrace {
inline namespace v0 {
namespace detail {

/// Numbers buckets of positive numbers so that all in a bucket are within `relative_error` of its middle:
/// a cubic polynomial stands for the logarithm within an octave, which costs 1 % more buckets than the
/// logarithm itself and no call.
///
/// Source: DDSketch's cubically interpolated mapping: Masson, Rim, Lee, "DDSketch", VLDB 2019, and the
/// polynomial as DataDog's implementations have it, so that their bytes number the same buckets.
template <unsigned Permille>
struct log_index {
  static constexpr double relative_error = Permille / 1000.0;
  static constexpr double gamma = (1 + relative_error) / (1 - relative_error);

  static constexpr double a = 6.0 / 35;
  static constexpr double b = -3.0 / 5;
  static constexpr double c = 10.0 / 7;
  /// Buckets an octave.
  static constexpr double per_octave = [] {
    // ln(gamma) = 2 atanh(e), by its series.
    double sum = 0;
    double power = relative_error;
    for (int k = 1; k < 2000; k += 2, power *= relative_error * relative_error) sum += power / k;
    return 1 / (2 * sum) / c;
  }();
  /// Added before rounding, so that truncating rounds down.
  static constexpr std::int32_t bias = static_cast<std::int32_t>(1100 * per_octave);
  static constexpr double smallest = 0x1p-1022;

  /// Precondition: x is finite and normal.
  static std::int32_t of(double x) noexcept {
    const auto bits = std::bit_cast<std::uint64_t>(x);
    const double e = std::bit_cast<double>((bits >> 52) | 0x4330'0000'0000'0000U) - (0x1p52 + 1023);
    const double s = std::bit_cast<double>((bits & 0x000f'ffff'ffff'ffffU) | 0x3ff0'0000'0000'0000U) - 1;
    double t = a * s;
    rounded(t);
    t = (t + b) * s;
    rounded(t);
    t = (t + c) * s;
    rounded(t);
    t = (t + e) * per_octave;
    rounded(t);
    return static_cast<std::int32_t>(t + bias) - bias;
  }

  /// The least number of bucket i, up to rounding.
  static double lower(std::int32_t i) noexcept {
    const double t = i / per_octave;
    const double e = std::floor(t);
    const double part = t - e;
    double s = part;
    for (int round = 0; round < 6; ++round)
      s -= (((a * s + b) * s + c) * s - part) / ((3 * a * s + 2 * b) * s + c);
    return std::ldexp(1 + s, static_cast<int>(e));
  }
  /// What stands for all in bucket i.
  static double middle(std::int32_t i) noexcept {
    const double low = lower(i);
    const double high = lower(i + 1);
    return high > 1e300 ? low * (1 + relative_error) : 2 * low * (high / (low + high));
  }
};

/// The bucket, above `first`, of each of `count` items, a multiple of 16.
template <class Index, std::size_t Bytes>
[[gnu::always_inline]] inline void index_body(const double* x, std::size_t count, std::int32_t first,
                                              std::int32_t* to) noexcept {
  using v = vector<double, Bytes>;
  using w = vector<std::uint64_t, Bytes>;
  using n = vector<std::int32_t, Bytes / 2>;
  constexpr std::size_t width = Bytes / 8;
  const n less = n{} + (Index::bias + first);
  for (std::size_t at = 0; at < count; at += width) {
    w bits;
    load(bits, x + at);
    const w exponent = (bits >> 52) | 0x4330'0000'0000'0000U;
    const w mantissa = (bits & 0x000f'ffff'ffff'ffffU) | 0x3ff0'0000'0000'0000U;
    v e, s;
    __builtin_memcpy(&e, &exponent, Bytes);
    __builtin_memcpy(&s, &mantissa, Bytes);
    e -= 0x1p52 + 1023;
    s -= 1.0;
    v t = Index::a * s;
    rounded(t);
    t = (t + Index::b) * s;
    rounded(t);
    t = (t + Index::c) * s;
    rounded(t);
    t = (t + e) * Index::per_octave;
    rounded(t);
    t += static_cast<double>(Index::bias);
    store(to + at, __builtin_convertvector(t, n) - less);
  }
}
template <class Index>
void index_baseline(const double* x, std::size_t count, std::int32_t first, std::int32_t* to) noexcept {
  index_body<Index, 16>(x, count, first, to);
}
template <class Index>
MILLRACE_X86_TARGET("avx2")
void index_avx2(const double* x, std::size_t count, std::int32_t first, std::int32_t* to) noexcept {
  index_body<Index, 32>(x, count, first, to);
}
template <class Index>
MILLRACE_X86_TARGET("avx512f")
void index_avx512(const double* x, std::size_t count, std::int32_t first, std::int32_t* to) noexcept {
  index_body<Index, 64>(x, count, first, to);
}
template <class Index>
void index_block(const double* x, std::size_t count, std::int32_t first, std::int32_t* to) noexcept {
  const std::size_t even = count / 16 * 16;
  if (cpu_has_avx512())
    index_avx512<Index>(x, even, first, to);
  else if (cpu_has_avx2())
    index_avx2<Index>(x, even, first, to);
  else
    index_baseline<Index>(x, even, first, to);
  for (std::size_t i = even; i < count; ++i) to[i] = Index::of(x[i]) - first;
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_DETAIL_LOG_INDEX_HPP

// ---- aggregate/detail/protobuf.hpp

#ifndef MILLRACE_AGGREGATE_DETAIL_PROTOBUF_HPP
#define MILLRACE_AGGREGATE_DETAIL_PROTOBUF_HPP

// The wire format of Protocol Buffers, as far as the histograms of others need it.
// Source: protobuf.dev, "Encoding".
namespace millrace {
inline namespace v0 {
namespace detail {

enum class wire : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

constexpr std::uint64_t zigzag(std::int64_t value) noexcept {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t value) noexcept {
  return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1));
}

class protobuf_writer {
 public:
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_.push_back(static_cast<std::byte>(value | 0x80));
    bytes_.push_back(static_cast<std::byte>(value));
  }
  void tag(unsigned field, wire type) { varint(field << 3 | static_cast<unsigned>(type)); }
  void fixed64(std::uint64_t value) {
    for (unsigned i = 0; i < 8; ++i) bytes_.push_back(static_cast<std::byte>(value >> (8 * i)));
  }

  void varint(unsigned field, std::uint64_t value) {
    tag(field, wire::varint);
    varint(value);
  }
  void sint(unsigned field, std::int64_t value) { varint(field, zigzag(value)); }
  void fixed64(unsigned field, std::uint64_t value) {
    tag(field, wire::fixed64);
    fixed64(value);
  }
  void f64(unsigned field, double value) { fixed64(field, std::bit_cast<std::uint64_t>(value)); }
  void bytes(unsigned field, std::span<const std::byte> inner) {
    tag(field, wire::bytes);
    varint(inner.size());
    bytes_.insert(bytes_.end(), inner.begin(), inner.end());
  }
  const std::vector<std::byte>& written() const noexcept { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

/// One field after the other. Malformed bytes end the reading, and `ok` says so.
class protobuf_reader {
 public:
  explicit protobuf_reader(std::span<const std::byte> bytes) noexcept : left_(bytes) {}

  /// The next field: false at the end.
  bool next() noexcept {
    if (!ok_ || left_.empty()) return false;
    const std::uint64_t tag = varint();
    field = static_cast<unsigned>(tag >> 3 & 0x1fff'ffff);
    if (tag > 0xffff'ffffU || field == 0) return fail();
    type = static_cast<wire>(tag & 7);
    number = 0;
    inner = {};
    switch (type) {
      case wire::varint: number = varint(); break;
      case wire::fixed64: number = fixed(8); break;
      case wire::fixed32: number = fixed(4); break;
      case wire::bytes: {
        const std::uint64_t size = varint();
        if (size > left_.size()) return fail();
        inner = left_.first(static_cast<std::size_t>(size));
        left_ = left_.subspan(static_cast<std::size_t>(size));
        break;
      }
      default: return fail();
    }
    return ok_;
  }
  bool ok() const noexcept { return ok_; }
  bool empty() const noexcept { return left_.empty(); }

  double real() const noexcept { return std::bit_cast<double>(number); }
  std::int64_t sint() const noexcept { return unzigzag(number); }

  /// Numbers that stand one after the other, in a packed field.
  std::uint64_t varint() noexcept {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
      const std::uint64_t byte = fixed(1);
      if (shift == 63 && byte > 1) fail();
      value |= (byte & 0x7f) << (shift < 64 ? shift : 63);
      if (byte < 0x80) return value;
    }
    fail();
    return 0;
  }
  std::uint64_t fixed(std::size_t size) noexcept {
    if (left_.size() < size) {
      fail();
      return 0;
    }
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i) value |= std::to_integer<std::uint64_t>(left_[i]) << (8 * i);
    left_ = left_.subspan(size);
    return value;
  }

  unsigned field = 0;
  wire type = wire::varint;
  std::uint64_t number = 0;          // of a varint or a fixed
  std::span<const std::byte> inner;  // of bytes

 private:
  bool fail() noexcept {
    ok_ = false;
    left_ = {};
    return false;
  }

  std::span<const std::byte> left_;
  bool ok_ = true;
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_DETAIL_PROTOBUF_HPP

// ---- aggregate/moments.hpp

#ifndef MILLRACE_AGGREGATE_MOMENTS_HPP
#define MILLRACE_AGGREGATE_MOMENTS_HPP

namespace millrace {
inline namespace v0 {

namespace detail {

/// A mean in twice the precision: two means far from zero differ by what their last places do not hold,
/// and a variance is made of such differences.
struct double_mean {
  double value = 0;
  double rest = 0;

  void add(double step) noexcept {
    add_compensated(value, rest, step);
    const double all = value + rest;
    rest -= all - value;
    value = all;
  }
  double less(const double_mean& other) const noexcept { return (value - other.value) + (rest - other.rest); }
};

}  // namespace detail

/// The weight, the mean and the central moments of what was seen, joined without loss of digits.
///
/// central(k) is the sum of w (x - mean)^k.
/// Guarantee: merging adds relative errors of a few units in the last place to mean and central(2);
/// central(3) and central(4) lose digits only as far as their own terms cancel.
/// Complexity: merge O(1), two divisions; 8 (Order + 2) bytes; allocates: never.
/// Source: Chan, Golub, LeVeque (1979); for orders three and four P. Pébay, SAND2008-6212, eq. 2.1, 3.1.
template <unsigned Order>
class moment_sums {
  static_assert(Order >= 1 && Order <= 4, "millrace[AGGREGATE-2]: moments are kept to an order from 1 to 4");

 public:
  constexpr moment_sums() noexcept = default;
  /// One item.
  constexpr moment_sums(double x, double weight) noexcept : weight_(weight), mean_{x} {}

  /// From sums of (x - shift)^k over items of that weight in all.
  moment_sums(double weight, double shift, const double* powers) noexcept : weight_(weight) {
    const double d = powers[0] / weight;
    mean_.value = shift;
    mean_.add(d);
    if constexpr (Order >= 2) {
      const double around = times(powers[0], d);
      const double squares = powers[1] - around;
      central_[0] = squares > 0 ? squares : squares <= 0 ? 0 : std::numeric_limits<double>::infinity();
      if constexpr (Order >= 3) central_[1] = (powers[2] - times(3 * d, powers[1])) + times(2 * d, around);
      if constexpr (Order >= 4)
        central_[2] = (powers[3] - times(4 * d, powers[2])) + (times(6 * d * d, powers[1]) - times(3 * d * d, around));
    }
  }

  constexpr double weight() const noexcept { return weight_; }
  /// NaN without any item.
  constexpr double mean() const noexcept {
    return weight_ == 0 ? std::numeric_limits<double>::quiet_NaN() : mean_.value;
  }
  /// 2 <= k <= Order
  constexpr double central(unsigned k) const noexcept { return central_[k - 2]; }

  void merge(const moment_sums& other) noexcept {
    if (other.weight_ == 0) return;
    if (weight_ == 0) {
      *this = other;
      return;
    }
    const double a = weight_;
    const double b = other.weight_;
    const double n = a + b;
    const double d = other.mean_.less(mean_);
    const double r = b / n;
    if (!(std::fabs(d) <= 1e300)) [[unlikely]] {
      mean_ = {times(mean_.value, a / n) + times(other.mean_.value, r)};  // the difference would leave the range
    } else {
      mean_.add(times(d, r));
    }
    if constexpr (Order >= 2) {
      const double q = a / n;
      const double d2 = times(d, d);
      if constexpr (Order >= 4)
        central_[2] += other.central_[2] +
                       times(times(times(d2, d2), times(a, r)), (times(q, q) - times(q, r)) + times(r, r)) +
                       times(6 * d2, times(q * q, other.central_[0]) + times(r * r, central_[0])) +
                       times(4 * d, times(q, other.central_[1]) - times(r, central_[1]));
      if constexpr (Order >= 3)
        central_[1] += other.central_[1] + times(times(times(d2, d), times(a, r)), q - r) +
                       times(3 * d, times(q, other.central_[0]) - times(r, central_[0]));
      central_[0] += other.central_[0] + times(d2, times(a, r));
    }
    weight_ = n;
  }

  /// The reverse of merge, up to rounding; other must have been merged before.
  void unmerge(const moment_sums& other) noexcept {
    if (other.weight_ == 0) return;
    const double n = weight_;
    const double b = other.weight_;
    const double a = n - b;
    if (!(a > n * 0x1p-50)) {  // nothing is left but rounding
      *this = {};
      return;
    }
    const double d = other.mean_.less(mean_) * (n / a);  // between the two parts
    const double r = b / n;
    const double q = a / n;
    mean_.add(-times(d, r));
    if constexpr (Order >= 2) {
      const double d2 = times(d, d);
      const double squares = (central_[0] - other.central_[0]) - times(d2, times(a, r));
      central_[0] = squares > 0 ? squares : 0;
      if constexpr (Order >= 3)
        central_[1] = (central_[1] - other.central_[1]) - times(times(times(d2, d), times(a, r)), q - r) -
                      times(3 * d, times(q, other.central_[0]) - times(r, central_[0]));
      if constexpr (Order >= 4)
        central_[2] = (central_[2] - other.central_[2]) -
                      times(times(times(d2, d2), times(a, r)), (times(q, q) - times(q, r)) + times(r, r)) -
                      times(6 * d2, times(q * q, other.central_[0]) + times(r * r, central_[0])) -
                      times(4 * d, times(q, other.central_[1]) - times(r, central_[1]));
    }
    weight_ = a;
  }

  /// Every weight times factor > 0.
  void scale(double factor) noexcept {
    weight_ *= factor;
    for (double& c : central_) c *= factor;
  }

  void save(envelope_writer& to) const {
    to.f64(weight_);
    to.f64(mean_.value);
    to.f64(mean_.rest);
    if constexpr (Order >= 2)
      for (unsigned k = 2; k <= Order; ++k) to.f64(central(k));
  }
  bool load(envelope_reader& from) {
    weight_ = from.f64();
    mean_.value = from.f64();
    mean_.rest = from.f64();
    if constexpr (Order >= 2)
      for (unsigned k = 2; k <= Order; ++k) central_[k - 2] = from.f64();
    return weight_ >= 0 && !(central_[0] < 0);
  }

 private:
  static double times(double a, double b) noexcept {
    double product = a * b;
    detail::rounded(product);
    return product;
  }

  double weight_ = 0;
  detail::double_mean mean_;
  double central_[Order >= 2 ? Order - 1 : 1] = {};
};

namespace detail {
template <class M>
inline constexpr unsigned order_of_moments = 0;
}

/// Member: moments to an order, kept in shifted blocks; what mean, variance, skewness and kurtosis
/// stand on. `get` answers `moment_sums<Order>`.
///
/// Guarantee: the squares about a block's mean lose at most three digits to cancellation, whatever
/// the offset, order or outliers (the shift is one of the block's own items, or the mean of 32 of
/// them); blocks are joined by `moment_sums`. Squares of differences beyond 1e150 overflow to infinity,
/// below 1e-150 vanish (cubes 1e100, fourth powers 1e75); the mean does neither.
/// Complexity: update a few additions, no division; 8 (2 Order + 5) bytes; allocates: never.
template <unsigned Order>
struct moments {
  template <class Other>
  static constexpr bool covers = detail::order_of_moments<Other> != 0 && detail::order_of_moments<Other> <= Order;
  static constexpr std::string_view name =
      std::string_view("moments1moments2moments3moments4").substr(8 * (Order - 1), 8);

  template <class T>
  class state {
   public:
    static constexpr bool finite_only = true;
    static constexpr bool invertible = true;
    static constexpr unsigned figures = (1U << Order) - 1;
    using closed_type = moment_sums<Order>;

    void update(double x) noexcept {
      open(x);
      add(x - shift_, 1);
      close_if_full();
    }
    void update(double x, weight w) noexcept {
      open(x);
      add(x - shift_, w.value);
      close_if_full();
    }
    /// Finite, but so large that sums of differences may overflow.
    void update_huge(double x, double w) noexcept { closed_.merge(closed_type(x, w)); }

    void absorb(const detail::block_figures& found, const double*, std::size_t count, join) noexcept {
      closed_.merge(closed_type(static_cast<double>(count), found.shift, found.power));
    }
    void merge(const state& later) noexcept { closed_.merge(later.closed()); }
    void merge(const closed_type& later) noexcept { closed_.merge(later); }
    void unmerge(const closed_type& part) noexcept {
      closed_ = closed();
      weight_ = 0;
      items_ = 0;
      closed_.unmerge(part);
    }
    void scale(double factor) noexcept {
      closed_ = closed();
      weight_ = 0;
      items_ = 0;
      closed_.scale(factor);
    }

    /// All there is, in one.
    closed_type closed() const noexcept {
      closed_type all = closed_;
      if (items_ != 0) all.merge(closed_type(weight_, shift_, power_));
      return all;
    }

    void save(envelope_writer& to) const {
      closed_.save(to);
      to.u32(items_);
      if (items_ == 0) return;
      to.f64(weight_);
      to.f64(shift_);
      for (const double p : power_) to.f64(p);
    }
    bool load(envelope_reader& from) {
      bool valid = closed_.load(from);
      items_ = from.u32();
      if (items_ == 0) return valid;
      weight_ = from.f64();
      shift_ = from.f64();
      for (double& p : power_) p = from.f64();
      return valid && items_ < most && weight_ > 0;
    }

   private:
    static constexpr std::uint32_t most = 256;

    void open(double x) noexcept {
      if (items_ != 0) return;
      weight_ = 0;
      shift_ = x;
      for (double& p : power_) p = 0;
    }
    void add(double d, double w) noexcept {
      weight_ += w;
      double term = w * d;
      for (unsigned k = 0;;) {
        detail::rounded(term);
        power_[k] += term;
        if (++k == Order) break;
        term *= d;
      }
    }
    void close_if_full() noexcept {
      if (++items_ != most) return;
      closed_.merge(closed_type(weight_, shift_, power_));
      items_ = 0;
    }

    closed_type closed_;
    double weight_ = 0;  // of the open block, as are all below; meaningless while items_ is 0
    double shift_ = 0;
    double power_[Order] = {};
    std::uint32_t items_ = 0;
  };

  static auto value(const auto& a) { return a.template state<moments>(); }
};

namespace detail {
template <unsigned Order>
inline constexpr unsigned order_of_moments<moments<Order>> = Order;

/// Infinite items stand beside the moments: their sum is what they make of the mean.
inline double with_infinities(double finite, double infinities) noexcept {
  return infinities == 0 ? finite : infinities;
}
inline double unless_infinite(double finite, double infinities) noexcept {
  return infinities == 0 ? finite : std::numeric_limits<double>::quiet_NaN();
}
}  // namespace detail

/// Member: the arithmetic mean. NaN without items; an infinity if there was one, NaN if both.
struct mean {
  using needs = members<moments<1>>;
  static double value(const auto& a) {
    return detail::with_infinities(a.template state<moments<1>>().mean(), a.infinities());
  }
};

/// Member: the sum of all weights; without weights the number of finite items.
struct total_weight {
  using needs = members<moments<1>>;
  static double value(const auto& a) { return a.template state<moments<1>>().weight(); }
};

/// Member: the sample variance, squares over weight - 1: weights are repetitions. NaN for a weight of
/// one or less, and once an item was infinite.
struct variance {
  using needs = members<moments<2>>;
  static double value(const auto& a) {
    const auto& m = a.template state<moments<2>>();
    const double freedom = m.weight() - 1;
    if (!(freedom > 0)) return std::numeric_limits<double>::quiet_NaN();
    return detail::unless_infinite(m.central(2) / freedom, a.infinities());
  }
};

/// Member: the variance of the items as the whole population, squares over weight.
struct population_variance {
  using needs = members<moments<2>>;
  static double value(const auto& a) {
    const auto& m = a.template state<moments<2>>();
    if (!(m.weight() > 0)) return std::numeric_limits<double>::quiet_NaN();
    return detail::unless_infinite(m.central(2) / m.weight(), a.infinities());
  }
};

/// Member: the root of `variance`.
struct stddev {
  using needs = members<variance>;
  static double value(const auto& a) { return std::sqrt(variance::value(a)); }
};

/// Member: the root of `population_variance`.
struct population_stddev {
  using needs = members<population_variance>;
  static double value(const auto& a) { return std::sqrt(population_variance::value(a)); }
};

/// Member: the third standardised moment of the items as the population (g1). NaN without spread.
struct skewness {
  using needs = members<moments<3>>;
  static double value(const auto& a) {
    const auto& m = a.template state<moments<3>>();
    const double spread = m.central(2);
    if (!(spread > 0)) return std::numeric_limits<double>::quiet_NaN();
    const double s = std::sqrt(spread / m.weight());
    return detail::unless_infinite(m.central(3) / m.weight() / s / s / s, a.infinities());
  }
};

/// Member: the fourth standardised moment less three (excess, g2): 0 for a normal distribution. NaN
/// without spread.
struct kurtosis {
  using needs = members<moments<4>>;
  static double value(const auto& a) {
    const auto& m = a.template state<moments<4>>();
    const double spread = m.central(2) / m.weight();
    if (!(spread > 0)) return std::numeric_limits<double>::quiet_NaN();
    return detail::unless_infinite(m.central(4) / m.weight() / spread / spread - 3, a.infinities());
  }
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_MOMENTS_HPP

// ---- aggregate/sums.hpp

#ifndef MILLRACE_AGGREGATE_SUMS_HPP
#define MILLRACE_AGGREGATE_SUMS_HPP

namespace millrace {
inline namespace v0 {

/// A sum that keeps what rounding takes away: as good as adding in twice the precision.
///
/// Guarantee: after n additions the error is at most eps |sum| + 2 (n eps)^2 sum |x|, eps = 2^-53.
/// Beyond double's range it is infinite and stays so. Allocates: never.
/// Source: A. Neumaier (1974), with Knuth's two-sum in place of the comparison.
class compensated_sum {
 public:
  void add(double x) noexcept {
    double sum = sum_;
    double rest = rest_;
    detail::add_compensated(sum, rest, x);
    sum_ = sum;
    // Two stores, not one of both: the next addition needs the sum long before the rest is ready.
    asm("" : : "m"(sum_));
    rest_ = rest;
  }
  void merge(const compensated_sum& other) noexcept {
    add(other.sum_);
    rest_ += other.rest_;
  }
  void unmerge(const compensated_sum& other) noexcept {
    add(-other.sum_);
    rest_ -= other.rest_;
  }
  void scale(double factor) noexcept {
    sum_ *= factor;
    rest_ *= factor;
  }
  double value() const noexcept {
    const double all = sum_ + rest_;
    return all == all ? all : sum_;  // past the range the rest is NaN
  }

  void save(envelope_writer& to) const {
    to.f64(sum_);
    to.f64(rest_);
  }
  bool load(envelope_reader& from) {
    sum_ = from.f64();
    rest_ = from.f64();
    return true;
  }

 private:
  double sum_ = 0;
  double rest_ = 0;
};

/// Member: how many items, whatever their weight; those skipped for NaN are not among them.
struct count {
  static std::uint64_t value(const auto& a) { return a.items(); }
};

/// Member: the sum, compensated; with weights the weighted sum. 0 without items. 16 bytes.
struct sum {
  static constexpr std::string_view name = "sum";

  template <class T>
  class state {
   public:
    static constexpr bool finite_only = true;
    static constexpr bool invertible = true;
    static constexpr unsigned figures = detail::figure::total;

    void update(double x) noexcept { sum_.add(x); }
    void update(double x, weight w) noexcept {
      double product = x * w.value;
      detail::rounded(product);
      sum_.add(product);
    }
    void absorb(const detail::block_figures& found, const double*, std::size_t, join) noexcept {
      sum_.add(found.total);
      sum_.add(found.total_rest);
    }
    void merge(const state& later) noexcept { sum_.merge(later.sum_); }
    void unmerge(const state& part) noexcept { sum_.unmerge(part.sum_); }
    void scale(double factor) noexcept { sum_.scale(factor); }
    double value() const noexcept { return sum_.value(); }
    void save(envelope_writer& to) const { sum_.save(to); }
    bool load(envelope_reader& from) { return sum_.load(from); }

   private:
    compensated_sum sum_;
  };

  static double value(const auto& a) {
    return detail::with_infinities(a.template state<sum>().value(), a.infinities());
  }
};

/// Member: the geometric mean of items >= 0; NaN once one was negative, or without items.
///
/// Guarantee: relative error below 1e-13 for any number of items: the product itself is kept, as
/// mantissa and exponent, so that no logarithm is taken for an item without a weight.
/// Complexity: update one multiplication; 48 bytes; allocates: never.
struct geometric_mean {
  static constexpr std::string_view name = "geometric_mean";

  template <class T>
  class state {
   public:
    static constexpr bool finite_only = true;
    static constexpr unsigned figures = detail::figure::logarithm | detail::figure::low;

    void update(double x) noexcept {
      weight_ += 1;
      if (!(x >= smallest)) [[unlikely]] {
        if (!(x > 0)) return refuse(x);
        x *= 0x1p54;  // below the normal numbers
        add_exponent(-54);
      }
      multiply(x);
    }
    void update(double x, weight w) noexcept {
      if (w.value == 1) return update(x);
      weight_ += w.value;
      if (!(x > 0)) return refuse(x);
      double term = w.value * std::log2(x);
      detail::rounded(term);
      logarithms_.add(term);
    }
    void absorb(const detail::block_figures& found, const double* items, std::size_t count, join) noexcept {
      if (!(found.low >= smallest)) [[unlikely]] {
        for (std::size_t i = 0; i < count; ++i) update(items[i]);
        return;
      }
      weight_ += static_cast<double>(count);
      add_exponent(found.exponent);
      multiply(found.mantissa);
    }
    void merge(const state& later) noexcept {
      weight_ += later.weight_;
      add_exponent(later.exponent_);
      multiply(later.mantissa_);
      logarithms_.merge(later.logarithms_);
      zero_ = zero_ || later.zero_;
      negative_ = negative_ || later.negative_;
    }
    bool has_zero() const noexcept { return zero_; }
    bool has_negative() const noexcept { return negative_; }
    double value() const noexcept {
      if (weight_ == 0 || negative_) return std::numeric_limits<double>::quiet_NaN();
      if (zero_) return 0;
      const double product = static_cast<double>(exponent_) + std::log2(mantissa_);
      return std::exp2((product + logarithms_.value()) / weight_);
    }

    void save(envelope_writer& to) const {
      to.f64(weight_);
      to.f64(mantissa_);
      to.i64(exponent_);
      logarithms_.save(to);
      to.u8(static_cast<std::uint8_t>((zero_ ? 1 : 0) | (negative_ ? 2 : 0)));
    }
    bool load(envelope_reader& from) {
      weight_ = from.f64();
      mantissa_ = from.f64();
      exponent_ = from.i64();
      const bool valid = logarithms_.load(from);
      const std::uint8_t flags = from.u8();
      zero_ = (flags & 1U) != 0;
      negative_ = (flags & 2U) != 0;
      return valid && weight_ >= 0 && mantissa_ >= 1 && mantissa_ < 2 && flags < 4;
    }

   private:
    static constexpr double smallest = (std::numeric_limits<double>::min)();

    void refuse(double x) noexcept {
      if (x < 0)
        negative_ = true;
      else
        zero_ = true;
    }
    void multiply(double x) noexcept {
      std::int64_t exponent = 0;
      mantissa_ = detail::take_exponent(mantissa_ * detail::take_exponent(x, exponent), exponent);
      add_exponent(exponent);
    }
    void add_exponent(std::int64_t more) noexcept {  // wraps around, rather than being undefined
      exponent_ = static_cast<std::int64_t>(static_cast<std::uint64_t>(exponent_) + static_cast<std::uint64_t>(more));
    }

    double weight_ = 0;
    double mantissa_ = 1;
    std::int64_t exponent_ = 0;
    compensated_sum logarithms_;  // of the items with a weight
    bool zero_ = false;
    bool negative_ = false;
  };

  static double value(const auto& a) {
    const auto& s = a.template state<geometric_mean>();
    if (a.infinities() == 0) return s.value();
    const bool defined = a.infinities() > 0 && !s.has_zero() && !s.has_negative();
    return defined ? a.infinities() : std::numeric_limits<double>::quiet_NaN();
  }
};

/// Member: the harmonic mean of items >= 0; 0 once one was zero, NaN once one was negative, or without
/// items. 32 bytes.
struct harmonic_mean {
  static constexpr std::string_view name = "harmonic_mean";

  template <class T>
  class state {
   public:
    static constexpr unsigned figures = detail::figure::reciprocal | detail::figure::low;

    void update(double x) noexcept { update(x, weight(1)); }
    void update(double x, weight w) noexcept {
      weight_ += w.value;
      if (x > 0)
        reciprocals_.add(w.value / x);
      else if (x < 0)
        negative_ = true;
      else
        zero_ = true;
    }
    void absorb(const detail::block_figures& found, const double* items, std::size_t count, join) noexcept {
      if (!(found.low > 0)) [[unlikely]] {
        for (std::size_t i = 0; i < count; ++i) update(items[i]);
        return;
      }
      weight_ += static_cast<double>(count);
      reciprocals_.add(found.reciprocal);
    }
    void merge(const state& later) noexcept {
      weight_ += later.weight_;
      reciprocals_.merge(later.reciprocals_);
      zero_ = zero_ || later.zero_;
      negative_ = negative_ || later.negative_;
    }
    void scale(double factor) noexcept {
      weight_ *= factor;
      reciprocals_.scale(factor);
    }
    double value() const noexcept {
      if (weight_ == 0 || negative_) return std::numeric_limits<double>::quiet_NaN();
      return zero_ ? 0 : weight_ / reciprocals_.value();
    }

    void save(envelope_writer& to) const {
      to.f64(weight_);
      reciprocals_.save(to);
      to.u8(static_cast<std::uint8_t>((zero_ ? 1 : 0) | (negative_ ? 2 : 0)));
    }
    bool load(envelope_reader& from) {
      weight_ = from.f64();
      const bool valid = reciprocals_.load(from);
      const std::uint8_t flags = from.u8();
      zero_ = (flags & 1U) != 0;
      negative_ = (flags & 2U) != 0;
      return valid && weight_ >= 0 && flags < 4;
    }

   private:
    double weight_ = 0;
    compensated_sum reciprocals_;
    bool zero_ = false;
    bool negative_ = false;
  };

  static double value(const auto& a) { return a.template state<harmonic_mean>().value(); }
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_SUMS_HPP

// ---- aggregate/detail/ddsketch_core.hpp

#ifndef MILLRACE_AGGREGATE_DETAIL_DDSKETCH_CORE_HPP
#define MILLRACE_AGGREGATE_DETAIL_DDSKETCH_CORE_HPP

namespace millrace {
inline namespace v0 {

namespace detail {

/// All of `ddsketch` but for its buffer.
template <unsigned Permille, unsigned Most>
class ddsketch_core {
  using index = log_index<Permille>;

 public:
  using value_type = double;
  static constexpr double relative_error = index::relative_error;

  void update(double x) { update(x, weight(1)); }
  void update(double x, weight w) {
    if (x != x || !(w.value > 0 && w.value <= (std::numeric_limits<double>::max)())) return;
    if (x < low_) low_ = x;
    if (x > high_) high_ = x;
    constexpr double most = (std::numeric_limits<double>::max)();
    if (!(std::fabs(x) <= most)) [[unlikely]] {
      (x > 0 ? above_ : below_) += w.value;
      return;
    }
    double part = x * w.value;
    rounded(part);
    sum_.add(part);
    if (x >= index::smallest) {
      add(positive_, index::of(x), w.value);
    } else if (x <= -index::smallest) {
      add(negative_, index::of(-x), w.value);
    } else {
      zeros_ += w.value;
    }
  }
  void update(std::span<const double> items) {
    while (items.size() >= 32) {
      const auto block = items.first(items.size() < block_items ? items.size() : block_items);
      if (!take(block))
        for (const double x : block) update(x);
      items = items.subspan(block.size());
    }
    for (const double x : items) update(x);
  }

  void merge(const ddsketch_core& other) {
    if (other.low_ < low_) low_ = other.low_;
    if (other.high_ > high_) high_ = other.high_;
    sum_.merge(other.sum_);
    zeros_ += other.zeros_;
    below_ += other.below_;
    above_ += other.above_;
    merge(positive_, other.positive_);
    merge(negative_, other.negative_);
  }
  /// Every item's weight so far times factor > 0.
  void scale(double factor) {
    sum_.scale(factor);
    for (double* const w : {&zeros_, &below_, &above_}) *w *= factor;
    positive_.scale(factor);
    negative_.scale(factor);
  }

  /// What was seen weighs together.
  double count() const noexcept { return below_ + negative_.total() + zeros_ + positive_.total() + above_; }
  bool empty() const noexcept { return low_ > high_; }
  double sum() const noexcept {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    return sum_.value() + (above_ > 0 ? infinity : 0) - (below_ > 0 ? infinity : 0);
  }
  /// NaN when empty; so are `largest`, `quantile` and `rank`.
  double smallest() const noexcept { return empty() ? none : low_; }
  double largest() const noexcept { return empty() ? none : high_; }
  std::size_t buckets() const noexcept { return negative_.size() + positive_.size(); }

  /// `p` in [0, 1]; outside, the nearer end.
  double quantile(double p) const noexcept {
    if (empty() || p != p) return none;
    if (p <= 0) return low_;
    if (p >= 1) return high_;
    const double wanted = p * count();
    double seen = below_;
    if (seen >= wanted && seen > 0) return low_;
    for (std::size_t i = negative_.size(); i-- > 0;) {
      seen += negative_.data()[i];
      if (seen >= wanted && negative_.data()[i] > 0)
        return clamped(-index::middle(negative_.first() + static_cast<std::int32_t>(i)));
    }
    seen += zeros_;
    if (seen >= wanted && zeros_ > 0) return clamped(0);
    for (std::size_t i = 0; i < positive_.size(); ++i) {
      seen += positive_.data()[i];
      if (seen >= wanted && positive_.data()[i] > 0)
        return clamped(index::middle(positive_.first() + static_cast<std::int32_t>(i)));
    }
    return high_;
  }
  double median() const noexcept { return quantile(0.5); }
  /// Upper less lower quartile.
  double interquartile_range() const noexcept { return quantile(0.75) - quantile(0.25); }

  /// The fraction of the weight at or below x or within `relative_error` around it.
  double rank(double x) const noexcept {
    if (empty() || x != x) return none;
    if (x < low_) return 0;
    if (x >= high_) return 1;
    double below = below_;
    if (x <= -index::smallest) {
      const std::int32_t bucket = index::of(-x);
      for (std::size_t i = negative_.size(); i-- > 0;)
        if (negative_.first() + static_cast<std::int32_t>(i) >= bucket) below += negative_.data()[i];
    } else {
      below += negative_.total() + (x > -index::smallest ? zeros_ : 0);
      if (x >= index::smallest) {
        const std::int32_t bucket = index::of(x);
        for (std::size_t i = 0; i < positive_.size(); ++i)
          if (positive_.first() + static_cast<std::int32_t>(i) <= bucket) below += positive_.data()[i];
      }
    }
    return below / count();
  }
  /// The rank of each point.
  std::vector<double> cdf(std::span<const double> points) const {
    std::vector<double> ranks;
    ranks.reserve(points.size());
    for (const double x : points) ranks.push_back(rank(x));
    return ranks;
  }

  /// The message `DDSketch` of DataDog's DDSketch.proto, as its Java and Go implementations read and write
  /// it: cubic interpolation, bucket i from gamma^i on. (The Python package numbers buckets by their upper
  /// end: it reads the same counts one bucket lower.) Sum, extremes and infinite items have no place
  /// in it.
  std::vector<std::byte> to_protobuf() const {
    protobuf_writer mapping;
    mapping.f64(1, index::gamma);
    mapping.varint(3, 3);
    protobuf_writer made;
    made.bytes(1, mapping.written());
    for (const bool sign : {false, true}) {
      const bucket_run<double>& run = sign ? negative_ : positive_;
      protobuf_writer store;
      if (!run.empty()) {
        store.tag(2, wire::bytes);
        store.varint(8 * run.size());
        for (std::size_t i = 0; i < run.size(); ++i) store.fixed64(std::bit_cast<std::uint64_t>(run.data()[i]));
        if (run.first() != 0) store.sint(3, run.first());
      }
      made.bytes(sign ? 3 : 2, store.written());
    }
    if (zeros_ != 0) made.f64(4, zeros_);
    return made.written();
  }
  /// Sum and extremes are estimated, within `relative_error`.
  /// Errors: corrupt, unsupported (another mapping than `to_protobuf` writes).
  static result<ddsketch_core> from_protobuf(std::span<const std::byte> bytes) {
    ddsketch_core made;
    if (auto done = made.read(bytes); !done) return std::move(done).error();
    made.low_ = made.negative_.empty() ? made.zeros_ > 0         ? 0.0
                                         : made.positive_.empty() ? made.low_
                                                                  : index::middle(made.positive_.first())
                                       : -index::middle(made.negative_.last());
    made.high_ = made.positive_.empty() ? made.zeros_ > 0         ? 0.0
                                          : made.negative_.empty() ? made.high_
                                                                   : -index::middle(made.negative_.first())
                                        : index::middle(made.positive_.last());
    for (std::size_t i = 0; i < made.positive_.size(); ++i)
      made.sum_.add(made.positive_.data()[i] * index::middle(made.positive_.first() + static_cast<std::int32_t>(i)));
    for (std::size_t i = 0; i < made.negative_.size(); ++i)
      made.sum_.add(-made.negative_.data()[i] * index::middle(made.negative_.first() + static_cast<std::int32_t>(i)));
    return made;
  }

  void save(envelope_writer& to) const {
    to.f64(low_);
    to.f64(high_);
    sum_.save(to);
    to.f64(below_);
    to.f64(above_);
    to.block(to_protobuf());
  }
  /// `valid` turns false if the numbers contradict each other.
  result<void> load(envelope_reader& from, bool& valid) {
    low_ = from.f64();
    high_ = from.f64();
    sum_.load(from);
    below_ = from.f64();
    above_ = from.f64();
    if (auto done = read(from.block()); !done) return done;
    const bool any = zeros_ > 0 || below_ > 0 || above_ > 0 || buckets() != 0;
    const bool ordered =
        any ? low_ <= high_ : low_ == std::numeric_limits<double>::infinity() && high_ == -low_;
    valid = valid && below_ >= 0 && above_ >= 0 && ordered;
    return {};
  }

 private:
  static constexpr double none = std::numeric_limits<double>::quiet_NaN();
  static constexpr std::int32_t highest = index::bias;  // beyond any bucket of a double

  double clamped(double x) const noexcept { return x < low_ ? low_ : x > high_ ? high_ : x; }

  /// Makes room for the buckets from low to high, joining the lowest where that is too many. The least
  /// bucket that may be counted in from now on.
  static std::int32_t make_room(bucket_run<double>& run, std::int32_t low, std::int32_t high) {
    if (!run.empty()) {
      low = low < run.first() ? low : run.first();
      high = high > run.last() ? high : run.last();
    }
    if (high - low >= static_cast<std::int32_t>(Most)) low = high - static_cast<std::int32_t>(Most) + 1;
    run.join_below(low);
    run.cover(low, high);
    return low;
  }
  static void add(bucket_run<double>& run, std::int32_t bucket, double w) {
    if (!run.holds(bucket)) [[unlikely]] {
      const std::int32_t least = make_room(run, bucket, bucket);
      bucket = bucket < least ? least : bucket;
    }
    run.add(bucket, w);
  }
  static void merge(bucket_run<double>& into, const bucket_run<double>& from) {
    if (from.empty()) return;
    const std::int32_t least = make_room(into, from.first(), from.last());
    for (std::int32_t b = from.first(); b <= from.last(); ++b) into.add(b < least ? least : b, from.at(b));
  }

  /// A block of positive normal numbers; false, and nothing done, if it is none.
  bool take(std::span<const double> items) {
    constexpr unsigned wanted = figure::low | figure::high | figure::power1;
    const auto found = scan_block<wanted>(items.data(), items.size());
    if (!(found.poison == 0) || !(found.low >= index::smallest)) return false;
    const std::int32_t from = index::of(found.low);
    const std::int32_t to = index::of(found.high);
    if (to - from >= static_cast<std::int32_t>(Most) || make_room(positive_, from, to) > from) return false;
    if (found.low < low_) low_ = found.low;
    if (found.high > high_) high_ = found.high;
    double around = found.shift * static_cast<double>(items.size());
    rounded(around);
    sum_.add(around);
    sum_.add(found.power[0]);
    std::int32_t buckets[block_items];
    index_block<index>(items.data(), items.size(), positive_.first(), buckets);
    double* const counts = positive_.data();
    for (std::size_t i = 0; i < items.size(); ++i) counts[buckets[i]] += 1;
    return true;
  }

  static error fault(errc code, const char* what) { return error(code, std::string("DDSketch message: ") + what); }

  static result<void> read_store(std::span<const std::byte> bytes, bucket_run<double>& run) {
    const auto good = [](double w) { return w >= 0; };
    protobuf_reader from(bytes);
    std::span<const std::byte> row;
    std::int64_t first = 0;
    while (from.next()) {
      if (from.field == 1 && from.type == wire::bytes) {
        protobuf_reader pair(from.inner);
        std::int64_t bucket = 0;
        double w = 0;
        while (pair.next()) {
          if (pair.field == 1) bucket = pair.sint();
          if (pair.field == 2) w = pair.real();
        }
        if (!pair.ok() || !good(w) || bucket < -highest || bucket > highest)
          return fault(errc::corrupt, "a bucket is none");
        if (w > 0) add(run, static_cast<std::int32_t>(bucket), w);
      } else if (from.field == 2) {
        if (from.type != wire::bytes || from.inner.size() % 8 != 0 || !row.empty())
          return fault(errc::unsupported, "its counts are not packed");
        row = from.inner;
      } else if (from.field == 3) {
        first = from.sint();
      }
    }
    if (!from.ok()) return fault(errc::corrupt, "a store is malformed");
    const auto size = static_cast<std::int64_t>(row.size() / 8);
    if (size != 0 && (first < -highest || first > highest || size > 2 * highest || first + size - 1 > highest))
      return fault(errc::corrupt, "a bucket is none");
    protobuf_reader counts(row);
    for (std::int64_t i = 0; i < size; ++i) {
      const double w = std::bit_cast<double>(counts.fixed(8));
      if (!good(w)) return fault(errc::corrupt, "a count is not a number from zero on");
      if (w > 0) add(run, static_cast<std::int32_t>(first + i), w);
    }
    return {};
  }

  result<void> read(std::span<const std::byte> bytes) {
    protobuf_reader from(bytes);
    double gamma = 0;
    double offset = 0;
    std::uint64_t interpolation = 0;
    while (from.next()) {
      result<void> done;
      if (from.field == 1) {
        protobuf_reader mapping(from.inner);
        while (mapping.next()) {
          if (mapping.field == 1) gamma = mapping.real();
          if (mapping.field == 2) offset = mapping.real();
          if (mapping.field == 3) interpolation = mapping.number;
        }
        if (!mapping.ok()) return fault(errc::corrupt, "its mapping is malformed");
      } else if (from.field == 2) {
        done = read_store(from.inner, positive_);
      } else if (from.field == 3) {
        done = read_store(from.inner, negative_);
      } else if (from.field == 4) {
        zeros_ += from.real();
        if (!(zeros_ >= 0))
          return fault(errc::corrupt, "its count of zeros is not a number from zero on");
      }
      if (!done) return done;
    }
    if (!from.ok()) return fault(errc::corrupt, "it is malformed");
    if (interpolation != 3 || offset != 0)
      return fault(errc::unsupported, "its mapping is not the cubic interpolation without offset");
    if (!(std::fabs(gamma - index::gamma) <= 1e-9 * index::gamma))
      return fault(errc::unsupported, "its relative error is another one");
    return {};
  }

  double low_ = std::numeric_limits<double>::infinity();
  double high_ = -std::numeric_limits<double>::infinity();
  compensated_sum sum_;
  double zeros_ = 0;
  double below_ = 0;  // infinite
  double above_ = 0;
  bucket_run<double> positive_;
  bucket_run<double> negative_;  // by magnitude
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_DETAIL_DDSKETCH_CORE_HPP

// ---- aggregate/ddsketch.hpp

#ifndef MILLRACE_AGGREGATE_DDSKETCH_HPP
#define MILLRACE_AGGREGATE_DDSKETCH_HPP

namespace millrace {
inline namespace v0 {

/// Quantiles with a bound on the relative error of the value itself: a histogram with buckets that grow
/// with the value. For latencies and sizes, where 1 % of a millisecond and 1 % of an hour are what matters.
///
/// `Permille` is the error in thousandths; `Most` bounds the buckets of each sign: where a stream's range
/// is wider than they reach, the numbers closest to zero are joined (2,048 buckets at 1 % reach from a
/// nanosecond to nine years; 896, 7 KB, over a factor of 5e7).
/// Guarantee: `quantile(p)` is within `relative_error` of the item of rank p; `smallest`, `largest`,
/// `count`, `sum` (compensated), quantile(0) and quantile(1) are exact; no answer falls as p grows. Merging
/// is exact: any split of a stream, in any order, merges to the same buckets. NaN is left out; numbers
/// closer to zero than 2^-1022 count as zero.
/// Complexity: update O(1): items wait in a buffer of 128, which vectors number, as they do a span; quantile and
/// merge O(buckets), and a copy of the sketch while the buffer holds some. 8 bytes a bucket between the least and
/// the greatest used, and 1.1 KiB. Allocates: when the range grows, and a query that copies.
/// Threads: one at a time; const calls from any number.
/// Source: Masson, Rim, Lee, "DDSketch: a fast and fully-mergeable quantile sketch with relative-error
/// guarantees", VLDB 2019.
template <unsigned Permille = 10, unsigned Most = 2048>
class ddsketch {
  static_assert(Permille >= 1 && Permille <= 500 && Most >= 16 && Most <= 65536,
                "millrace[AGGREGATE-8]: ddsketch<Permille, Most>: the error must be from 1 to 500 thousandths, the "
                "buckets from 16 to 65536");
  using core = detail::ddsketch_core<Permille, Most>;

 public:
  using value_type = double;
  static constexpr double relative_error = core::relative_error;

  ddsketch() noexcept = default;
  // Of the buffer, only what is in it.
  ddsketch(const ddsketch& other) : core_(other.core_) { take_waiting(other); }
  ddsketch(ddsketch&& other) noexcept : core_(std::move(other.core_)) { take_waiting(other); }
  ddsketch& operator=(const ddsketch& other) {
    core_ = other.core_;
    take_waiting(other);
    return *this;
  }
  ddsketch& operator=(ddsketch&& other) noexcept {
    core_ = std::move(other.core_);
    take_waiting(other);
    return *this;
  }
  ~ddsketch() = default;

  void update(double x) {
    buffer_[waiting_] = x;
    if (++waiting_ == room) [[unlikely]]
      settle();
  }
  void update(double x, weight w) { core_.update(x, w); }
  void update(std::span<const double> items) {
    if (items.size() < 32) {
      for (const double x : items) update(x);
    } else {
      core_.update(items);
    }
  }
  void merge(const ddsketch& other) {
    core_.merge(other.core_);
    core_.update(other.waiting());
  }
  /// Every item's weight so far times factor > 0.
  void scale(double factor) {
    settle();
    core_.scale(factor);
  }

  /// What was seen weighs together.
  double count() const {
    return ask([](const core& all) { return all.count(); });
  }
  bool empty() const {
    return ask([](const core& all) { return all.empty(); });
  }
  double sum() const {
    return ask([](const core& all) { return all.sum(); });
  }
  /// NaN when empty; so are `largest`, `quantile` and `rank`.
  double smallest() const {
    return ask([](const core& all) { return all.smallest(); });
  }
  double largest() const {
    return ask([](const core& all) { return all.largest(); });
  }
  std::size_t buckets() const {
    return ask([](const core& all) { return all.buckets(); });
  }

  /// `p` in [0, 1]; outside, the nearer end.
  double quantile(double p) const {
    return ask([p](const core& all) { return all.quantile(p); });
  }
  /// Several at once.
  std::vector<double> quantiles(std::span<const double> ps) const {
    return ask([ps](const core& all) {
      std::vector<double> made;
      made.reserve(ps.size());
      for (const double p : ps) made.push_back(all.quantile(p));
      return made;
    });
  }
  double median() const { return quantile(0.5); }
  /// Upper less lower quartile.
  double interquartile_range() const {
    return ask([](const core& all) { return all.quantile(0.75) - all.quantile(0.25); });
  }
  /// The fraction of the weight at or below x or within `relative_error` around it.
  double rank(double x) const {
    return ask([x](const core& all) { return all.rank(x); });
  }
  /// The rank of each point.
  std::vector<double> cdf(std::span<const double> points) const {
    return ask([points](const core& all) { return all.cdf(points); });
  }

  /// The message `DDSketch` of DataDog's DDSketch.proto, as its Java and Go implementations read and write
  /// it: cubic interpolation, bucket i from gamma^i on. (The Python package numbers buckets by their upper
  /// end: it reads the same counts one bucket lower.) Sum, extremes and infinite items have no place in it.
  std::vector<std::byte> to_protobuf() const {
    return ask([](const core& all) { return all.to_protobuf(); });
  }
  /// Sum and extremes are estimated, within `relative_error`.
  /// Errors: corrupt, unsupported (another mapping than `to_protobuf` writes).
  static result<ddsketch> from_protobuf(std::span<const std::byte> bytes) {
    auto read = core::from_protobuf(bytes);
    if (!read) return std::move(read).error();
    ddsketch made;
    made.core_ = *std::move(read);
    return made;
  }

  /// The protobuf message with sum, extremes and what waits in the buffer beside it.
  std::vector<std::byte> save() const {
    envelope_writer to(type);
    core_.save(to);
    to.u64(waiting_);
    for (const double x : waiting()) to.f64(x);
    return std::move(to).finish();
  }
  static result<ddsketch> load(std::span<const std::byte> bytes) {
    auto from = envelope_reader::open(bytes, type);
    if (!from) return std::move(from).error();
    ddsketch made;
    bool valid = true;
    if (auto done = made.core_.load(*from, valid); !done) return std::move(done).error().wrap("saved ddsketch");
    const std::size_t waiting = from->count(8);
    valid = valid && waiting < room;
    for (std::size_t i = 0; i < waiting && valid; ++i) made.buffer_[i] = from->f64();
    made.waiting_ = valid ? static_cast<std::uint32_t>(waiting) : 0;
    if (auto done = from->finish(valid); !done) return std::move(done).error();
    return made;
  }

 private:
  static constexpr std::uint32_t room = 128;
  static constexpr std::string_view type = "ddsketch";

  std::span<const double> waiting() const noexcept { return {buffer_, waiting_}; }
  void take_waiting(const ddsketch& other) noexcept {
    waiting_ = other.waiting_;
    for (std::uint32_t i = 0; i < waiting_; ++i) buffer_[i] = other.buffer_[i];
  }
  [[gnu::noinline]] void settle() {
    core_.update(waiting());
    waiting_ = 0;
  }
  template <class F>
  auto ask(F&& question) const {
    if (waiting_ == 0) return question(core_);
    core all = core_;
    all.update(waiting());
    return question(std::as_const(all));
  }

  core core_;
  std::uint32_t waiting_ = 0;
  double buffer_[room];
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_DDSKETCH_HPP

// ---- aggregate/exponential_histogram.hpp

#ifndef MILLRACE_AGGREGATE_EXPONENTIAL_HISTOGRAM_HPP
#define MILLRACE_AGGREGATE_EXPONENTIAL_HISTOGRAM_HPP

namespace millrace {
inline namespace v0 {

/// The exponential histogram of OpenTelemetry: buckets between powers of 2^(2^-scale), as fine as `Most` of
/// them for each sign allow; the scale falls by itself as the range of the stream grows.
///
/// Guarantee: a bucket holds (base^i, base^(i+1)], exactly where that is a power of two; counts, extremes
/// and, up to rounding, the sum are exact; merging takes the coarser scale of the two, or a yet coarser one
/// where the range asks for it, and answers the same buckets for any split of a stream. NaN and infinities
/// are left out; numbers closer to zero than 2^-1022 count as zero.
/// Complexity: update O(1), a logarithm; 8 bytes a bucket between the least and the greatest used.
/// Allocates: when the range grows.
/// Threads: one at a time; const calls from any number.
/// Source: OpenTelemetry metrics data model, "ExponentialHistogram"; opentelemetry-proto v1, metrics.proto.
template <unsigned Most = 160>
class exponential_histogram {
  static_assert(Most >= 2 && Most <= 65536,
                "millrace[AGGREGATE-9]: exponential_histogram<Most>: the buckets must be from 2 to 65536");

 public:
  using value_type = double;
  static constexpr int finest_scale = 20;
  static constexpr int coarsest_scale = -11;  // two buckets: above one, and up to one

  void update(double x) {
    if (!(std::fabs(x) <= (std::numeric_limits<double>::max)())) return;
    ++count_;
    sum_ += x;
    if (x < low_) low_ = x;
    if (x > high_) high_ = x;
    const double size = std::fabs(x);
    if (size < least) {
      ++zeros_;
      return;
    }
    runs& to = x > 0 ? positive_ : negative_;
    std::int32_t bucket = bucket_of(size, scale_);
    if (!to.holds(bucket)) [[unlikely]] {
      const int fits = fitting(to, bucket, bucket);
      bucket >>= scale_ - fits;
      rescale(fits);
      to.cover(bucket, bucket);
    }
    to.add(bucket, 1);
  }
  void update(std::span<const double> items) {
    for (const double x : items) update(x);
  }

  void merge(const exponential_histogram& other) {
    if (other.count_ == 0) return;
    exponential_histogram from = other;
    from.rescale(scale_ < from.scale_ ? scale_ : from.scale_);
    rescale(from.scale_);
    for (const bool sign : {false, true}) {
      const runs& theirs = sign ? from.negative_ : from.positive_;
      if (!theirs.empty()) {
        const int fits = fitting(sign ? negative_ : positive_, theirs.first(), theirs.last());
        rescale(fits);
        from.rescale(fits);
      }
    }
    for (const bool sign : {false, true}) {
      const runs& theirs = sign ? from.negative_ : from.positive_;
      runs& ours = sign ? negative_ : positive_;
      if (theirs.empty()) continue;
      ours.cover(theirs.first(), theirs.last());
      for (std::int32_t b = theirs.first(); b <= theirs.last(); ++b) ours.add(b, theirs.at(b));
    }
    count_ += other.count_;
    zeros_ += other.zeros_;
    sum_ += other.sum_;
    if (other.low_ < low_) low_ = other.low_;
    if (other.high_ > high_) high_ = other.high_;
  }

  int scale() const noexcept { return scale_; }
  std::uint64_t count() const noexcept { return count_; }
  bool empty() const noexcept { return count_ == 0; }
  double sum() const noexcept { return sum_; }
  /// NaN when empty; so are `largest` and `quantile`.
  double smallest() const noexcept { return empty() ? none : low_; }
  double largest() const noexcept { return empty() ? none : high_; }
  std::uint64_t zeros() const noexcept { return zeros_; }
  std::size_t buckets() const noexcept { return positive_.size() + negative_.size(); }
  /// How many items x lie in (base^i, base^(i+1)], base = 2^(2^-scale), and how many of them negated.
  std::uint64_t positive(std::int32_t i) const noexcept { return positive_.at(i); }
  std::uint64_t negative(std::int32_t i) const noexcept { return negative_.at(i); }

  /// The number of the bucket of x at a scale, 0 < x finite.
  static std::int32_t bucket_of(double x, int scale) noexcept {
    const auto bits = std::bit_cast<std::uint64_t>(x);
    const auto octave = static_cast<std::int32_t>(bits >> 52) - 1023;
    const std::uint64_t mantissa = bits & 0x000f'ffff'ffff'ffffU;
    const std::int32_t power_of_two = mantissa == 0 ? 1 : 0;  // the upper end of the bucket before
    if (scale <= 0) return (octave - power_of_two) >> -scale;
    const std::int32_t buckets = std::int32_t{1} << scale;
    if (power_of_two != 0) return octave * buckets - 1;
    const double within = std::log2(std::bit_cast<double>(mantissa | 0x3ff0'0000'0000'0000U)) * buckets;
    auto part = static_cast<std::int32_t>(std::ceil(within)) - 1;
    part = part < 0 ? 0 : part >= buckets ? buckets - 1 : part;
    return octave * buckets + part;
  }
  /// The lower end of bucket i at a scale, rounded to a double; 0 or infinity beyond their range.
  static double lower_bound(std::int64_t i, int scale) noexcept {
    if (scale <= 0) {
      const std::int64_t octave = i * (std::int64_t{1} << -scale);
      return octave > 1023 ? std::numeric_limits<double>::infinity()
                           : std::ldexp(1.0, static_cast<int>(octave < -1080 ? -1080 : octave));
    }
    const std::int64_t octave = i >> scale;
    if (octave > 1023) return std::numeric_limits<double>::infinity();
    const auto part = static_cast<double>(i - octave * (std::int64_t{1} << scale));
    return std::ldexp(std::exp2(std::ldexp(part, -scale)), static_cast<int>(octave < -1080 ? -1080 : octave));
  }

  /// The middle of the bucket that holds the item of rank p, within the extremes; never falls as p grows.
  double quantile(double p) const noexcept {
    if (empty() || p != p) return none;
    if (p <= 0) return low_;
    if (p >= 1) return high_;
    const double wanted = std::ceil(p * static_cast<double>(count_));
    std::uint64_t seen = 0;
    for (std::size_t i = negative_.size(); i-- > 0;) {
      seen += negative_.data()[i];
      if (negative_.data()[i] != 0 && static_cast<double>(seen) >= wanted)
        return clamped(-middle(negative_.first() + static_cast<std::int64_t>(i)));
    }
    seen += zeros_;
    if (zeros_ != 0 && static_cast<double>(seen) >= wanted) return clamped(0);
    for (std::size_t i = 0; i < positive_.size(); ++i) {
      seen += positive_.data()[i];
      if (positive_.data()[i] != 0 && static_cast<double>(seen) >= wanted)
        return clamped(middle(positive_.first() + static_cast<std::int64_t>(i)));
    }
    return high_;
  }
  double median() const noexcept { return quantile(0.5); }
  /// Upper less lower quartile.
  double interquartile_range() const noexcept { return quantile(0.75) - quantile(0.25); }

  /// The message `ExponentialHistogramDataPoint` of OTLP; times in nanoseconds since 1970, left out if 0.
  std::vector<std::byte> to_otlp(std::uint64_t start_time = 0, std::uint64_t time = 0) const {
    detail::protobuf_writer made;
    if (start_time != 0) made.fixed64(2, start_time);
    if (time != 0) made.fixed64(3, time);
    if (count_ != 0) made.fixed64(4, count_);
    made.f64(5, sum_);
    if (scale_ != 0) made.sint(6, scale_);
    if (zeros_ != 0) made.fixed64(7, zeros_);
    for (const bool sign : {false, true}) {
      const runs& run = sign ? negative_ : positive_;
      detail::protobuf_writer buckets;
      if (!run.empty()) {
        if (run.first() != 0) buckets.sint(1, run.first());
        detail::protobuf_writer counts;
        for (std::size_t i = 0; i < run.size(); ++i) counts.varint(run.data()[i]);
        buckets.bytes(2, counts.written());
      }
      made.bytes(sign ? 9 : 8, buckets.written());
    }
    if (!empty()) {
      made.f64(12, low_);
      made.f64(13, high_);
    }
    return made.written();
  }
  /// A point of any scale with up to `Most` buckets, or more, which are joined to that. A point without
  /// min and max takes the ends of its buckets for them.
  /// Errors: corrupt, naming what is wrong.
  static result<exponential_histogram> from_otlp(std::span<const std::byte> bytes) {
    exponential_histogram made;
    detail::protobuf_reader from(bytes);
    std::span<const std::byte> stores[2];
    bool has_low = false, has_high = false;
    std::int64_t scale = 0;
    while (from.next()) {
      switch (from.field) {
        case 4: made.count_ = from.number; break;
        case 5: made.sum_ = from.real(); break;
        case 6: scale = from.sint(); break;
        case 7: made.zeros_ = from.number; break;
        case 8: stores[0] = from.inner; break;
        case 9: stores[1] = from.inner; break;
        case 12: made.low_ = from.real(), has_low = true; break;
        case 13: made.high_ = from.real(), has_high = true; break;
        default: break;
      }
    }
    if (!from.ok()) return fault("it is malformed");
    if (scale < -1100 || scale > finest_scale) return fault("its scale is beyond what doubles have");
    made.scale_ = static_cast<int>(scale < coarsest_scale ? coarsest_scale : scale);
    std::uint64_t total = made.zeros_;
    for (const bool sign : {false, true})
      if (auto done = made.read_buckets(stores[sign ? 1 : 0], sign, static_cast<int>(scale), total); !done)
        return std::move(done).error();
    if (total != made.count_) return fault("its counts do not add up");
    if (made.count_ == 0) {
      if (has_low || has_high) return fault("it has extremes of nothing");
    } else {
      if (!has_low) made.low_ = made.outer_end(false);
      if (!has_high) made.high_ = made.outer_end(true);
      if (!(made.low_ <= made.high_)) return fault("its least is not below its greatest");
    }
    return made;
  }

  /// The OTLP point in an envelope.
  std::vector<std::byte> save() const {
    envelope_writer to(type);
    to.block(to_otlp());
    return std::move(to).finish();
  }
  static result<exponential_histogram> load(std::span<const std::byte> bytes) {
    auto from = envelope_reader::open(bytes, type);
    if (!from) return std::move(from).error();
    const auto point = from->block();
    if (auto done = from->finish(true); !done) return std::move(done).error();
    auto made = from_otlp(point);
    if (!made) return std::move(made).error().wrap("saved exponential_histogram");
    return made;
  }

 private:
  using runs = detail::bucket_run<std::uint64_t>;
  static constexpr double none = std::numeric_limits<double>::quiet_NaN();
  static constexpr double least = (std::numeric_limits<double>::min)();
  static constexpr std::string_view type = "exponential_histogram";

  static error fault(const char* what) {
    return error(errc::corrupt, std::string("OTLP exponential histogram point: ") + what);
  }
  double clamped(double x) const noexcept { return x < low_ ? low_ : x > high_ ? high_ : x; }
  double middle(std::int64_t i) const noexcept {
    const double low = lower_bound(i, scale_);
    const double high = lower_bound(i + 1, scale_);
    return high > 1e300 ? low : low + (high - low) / 2;
  }
  double outer_end(bool high) const noexcept {
    const runs& outer = high ? positive_ : negative_;
    const runs& inner = high ? negative_ : positive_;
    const double sign = high ? 1 : -1;
    if (!outer.empty()) return sign * lower_bound(std::int64_t{outer.last()} + 1, scale_);
    return zeros_ != 0 || inner.empty() ? 0.0 : -sign * lower_bound(inner.first(), scale_);
  }

  /// The finest scale, not above the present one, at which run and the buckets from low to high fit.
  int fitting(const runs& run, std::int64_t low, std::int64_t high) const noexcept {
    if (!run.empty()) {
      low = low < run.first() ? low : run.first();
      high = high > run.last() ? high : run.last();
    }
    int scale = scale_;
    for (; high - low >= static_cast<std::int64_t>(Most); --scale) {
      low >>= 1;
      high >>= 1;
    }
    return scale;
  }
  void rescale(int scale) {
    if (scale >= scale_) return;
    positive_.coarsen(static_cast<unsigned>(scale_ - scale));
    negative_.coarsen(static_cast<unsigned>(scale_ - scale));
    scale_ = scale;
  }

  result<void> read_buckets(std::span<const std::byte> bytes, bool sign, int scale, std::uint64_t& total) {
    detail::protobuf_reader from(bytes);
    std::int64_t first = 0;
    std::span<const std::byte> packed;
    while (from.next()) {
      if (from.field == 1) first = from.sint();
      if (from.field == 2) {
        if (from.type != detail::wire::bytes) return fault("its counts are not packed");
        packed = from.inner;
      }
    }
    if (!from.ok()) return fault("its buckets are malformed");
    // Buckets of no double at all would take the scale's range with them.
    const std::int64_t most = scale >= 0 ? std::int64_t{1100} << scale : 1100;
    detail::protobuf_reader counts(packed);
    for (std::int64_t bucket = first; !counts.empty(); ++bucket) {
      const std::uint64_t n = counts.varint();
      if (!counts.ok()) return fault("a count is malformed");
      if (n == 0) continue;
      if (bucket < -most || bucket > most) return fault("a bucket is beyond what doubles have");
      if (n > ~total) return fault("its counts do not add up");
      total += n;
      std::int64_t at = scale < coarsest_scale ? bucket < 0 ? -1 : 0 : bucket;
      // The scale may have fallen since, as more buckets came.
      at >>= (scale < coarsest_scale ? coarsest_scale : scale) - scale_;
      const int fits = fitting(sign ? negative_ : positive_, at, at);
      at >>= scale_ - fits;
      rescale(fits);
      runs& to = sign ? negative_ : positive_;
      to.cover(static_cast<std::int32_t>(at), static_cast<std::int32_t>(at));
      to.add(static_cast<std::int32_t>(at), n);
    }
    return {};
  }

  std::uint64_t count_ = 0;
  std::uint64_t zeros_ = 0;
  double sum_ = 0;
  double low_ = std::numeric_limits<double>::infinity();
  double high_ = -std::numeric_limits<double>::infinity();
  int scale_ = finest_scale;
  runs positive_;
  runs negative_;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_EXPONENTIAL_HISTOGRAM_HPP

// ---- aggregate/extremes.hpp

#ifndef MILLRACE_AGGREGATE_EXTREMES_HPP
#define MILLRACE_AGGREGATE_EXTREMES_HPP

namespace millrace {
inline namespace v0 {

/// Where an extreme stood: its place in the stream, counted from 0 with the skipped items, and what it
/// was. Without items: `nowhere` and NaN.
struct located {
  static constexpr std::uint64_t nowhere = ~std::uint64_t{0};
  std::uint64_t index = nowhere;
  double value = std::numeric_limits<double>::quiet_NaN();

  bool operator==(const located&) const = default;
};

namespace detail {

/// The least (Sign +1) or greatest (-1) item.
template <int Sign>
class extreme_state {
 public:
  static constexpr bool idempotent = true;
  static constexpr unsigned figures = Sign > 0 ? figure::low : figure::high;

  void update(double x) noexcept { best_ = better(x, best_) ? x : best_; }
  void update(double x, weight) noexcept { update(x); }
  void absorb(const block_figures& found, const double*, std::size_t, join) noexcept {
    update(Sign > 0 ? found.low : found.high);
  }
  void merge(const extreme_state& later) noexcept { update(later.best_); }
  void scale(double) noexcept {}
  /// Of two zeros the positive one.
  double value(std::uint64_t items) const noexcept {
    return items == 0 ? std::numeric_limits<double>::quiet_NaN() : best_ + 0.0;
  }

  void save(envelope_writer& to) const { to.f64(best_); }
  bool load(envelope_reader& from) {
    best_ = from.f64();
    return best_ == best_;
  }

 private:
  static bool better(double a, double b) noexcept { return Sign > 0 ? a < b : a > b; }

  double best_ = Sign * std::numeric_limits<double>::infinity();  // the identity of the operator, not 0
};

/// The first place of the least (Sign +1) or greatest (-1) item.
template <int Sign>
class located_state {
 public:
  static constexpr bool commutative = false;
  static constexpr unsigned figures = Sign > 0 ? figure::low : figure::high;

  void update(const item<double>& one) noexcept {
    if (better(one.value)) best_ = {one.index, one.value + 0.0};
  }
  void absorb(const block_figures& found, const double* items, std::size_t, join at) noexcept {
    const double best = Sign > 0 ? found.low : found.high;
    if (!better(best)) return;
    std::size_t i = 0;
    while (items[i] != best) ++i;
    best_ = {at.items_before + i, best + 0.0};
  }
  void merge(const located_state& later, join at) noexcept {
    if (later.best_.index != located::nowhere && better(later.best_.value))
      best_ = {at.items_before + later.best_.index, later.best_.value};
  }
  void scale(double) noexcept {}
  const located& value() const noexcept { return best_; }

  void save(envelope_writer& to) const {
    to.u64(best_.index);
    to.f64(best_.value);
  }
  bool load(envelope_reader& from) {
    best_.index = from.u64();
    best_.value = from.f64();
    return (best_.index == located::nowhere) == (best_.value != best_.value);
  }

 private:
  bool better(double x) const noexcept {
    return (Sign > 0 ? x < best_.value : x > best_.value) || best_.index == located::nowhere;
  }

  located best_;
};

template <bool Last>
class end_state {
 public:
  static constexpr bool commutative = false;
  static constexpr bool idempotent = true;
  static constexpr unsigned figures = 0;

  void update(double x) noexcept {
    if (Last || value_ != value_) value_ = x;
  }
  void update(double x, weight) noexcept { update(x); }
  void absorb(const block_figures&, const double* items, std::size_t count, join) noexcept {
    update(items[Last ? count - 1 : 0]);
  }
  void merge(const end_state& later) noexcept {
    if (later.value_ == later.value_) update(later.value_);
  }
  void scale(double) noexcept {}
  double value() const noexcept { return value_; }

  void save(envelope_writer& to) const { to.f64(value_); }
  bool load(envelope_reader& from) {
    value_ = from.f64();
    return true;
  }

 private:
  double value_ = std::numeric_limits<double>::quiet_NaN();  // none yet
};

}  // namespace detail

/// Member: the least item. NaN without items.
struct min {
  static constexpr std::string_view name = "min";
  template <class T>
  using state = detail::extreme_state<1>;
  static double value(const auto& a) { return a.template state<min>().value(a.items()); }
};

/// Member: the greatest item. NaN without items.
struct max {
  static constexpr std::string_view name = "max";
  template <class T>
  using state = detail::extreme_state<-1>;
  static double value(const auto& a) { return a.template state<max>().value(a.items()); }
};

/// Member: greatest less least. NaN without items.
struct range {
  using needs = members<min, max>;
  static double value(const auto& a) { return max::value(a) - min::value(a); }
};

/// Member: the item that came first; after a merge, that of the aggregate merged into. NaN without items.
struct first {
  static constexpr std::string_view name = "first";
  template <class T>
  using state = detail::end_state<false>;
  static double value(const auto& a) { return a.template state<first>().value(); }
};

/// Member: the item that came last. NaN without items.
struct last {
  static constexpr std::string_view name = "last";
  template <class T>
  using state = detail::end_state<true>;
  static double value(const auto& a) { return a.template state<last>().value(); }
};

/// Member: where the least item stood first, `located`. After a merge, places in the stream that one
/// after the other make; so merging does not commute.
struct argmin {
  static constexpr std::string_view name = "argmin";
  template <class T>
  using state = detail::located_state<1>;
  static located value(const auto& a) { return a.template state<argmin>().value(); }
};

/// Member: where the greatest item stood first, `located`.
struct argmax {
  static constexpr std::string_view name = "argmax";
  template <class T>
  using state = detail::located_state<-1>;
  static located value(const auto& a) { return a.template state<argmax>().value(); }
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_EXTREMES_HPP

// ---- aggregate/detail/sort.hpp

#ifndef MILLRACE_AGGREGATE_DETAIL_SORT_HPP
#define MILLRACE_AGGREGATE_DETAIL_SORT_HPP

namespace millrace {
inline namespace v0 {
namespace detail {

/// Puts the lesser of two integers first. Written so that compilers make no branch of it.
template <class T>
[[gnu::always_inline]] inline void put_in_order(T& a, T& b) noexcept {
  const T low = b < a ? b : a;
  b ^= a ^ low;
  a = low;
}

/// Sorts eight. Source: Batcher's odd-even merge sort for eight inputs, 19 exchanges.
template <class T>
[[gnu::always_inline]] inline void sort_eight(T* at) noexcept {
  T a = at[0], b = at[1], c = at[2], d = at[3], e = at[4], f = at[5], g = at[6], h = at[7];
  put_in_order(a, b), put_in_order(c, d), put_in_order(e, f), put_in_order(g, h);
  put_in_order(a, c), put_in_order(b, d), put_in_order(e, g), put_in_order(f, h);
  put_in_order(b, c), put_in_order(f, g), put_in_order(a, e), put_in_order(d, h);
  put_in_order(b, f), put_in_order(c, g);
  put_in_order(b, e), put_in_order(d, g);
  put_in_order(c, e), put_in_order(d, f);
  put_in_order(d, e);
  at[0] = a, at[1] = b, at[2] = c, at[3] = d, at[4] = e, at[5] = f, at[6] = g, at[7] = h;
}

template <class T>
inline void insertion_sort(T* at, std::size_t count) noexcept {
  for (std::size_t i = 1; i < count; ++i) {
    const T value = at[i];
    std::size_t j = i;
    for (; j > 0 && value < at[j - 1]; --j) at[j] = at[j - 1];
    at[j] = value;
  }
}

/// Merges two sorted runs. `out` may lie before `b` so that the end of the output is the end of `b`:
/// then the merge is in place.
template <class T>
inline void merge_runs(const T* a, std::size_t a_count, const T* b, std::size_t b_count, T* out) noexcept {
  const T* const a_end = a + a_count;
  const T* const b_end = b + b_count;
  while (a != a_end && b != b_end) {
    const bool second = *b < *a;
    *out++ = second ? *b : *a;
    b += second;
    a += !second;
  }
  if (a != a_end) std::memmove(out, a, static_cast<std::size_t>(a_end - a) * sizeof(T));
  if (b != b_end && out != b) std::memmove(out, b, static_cast<std::size_t>(b_end - b) * sizeof(T));
}

/// Two sorted runs that stand side by side, merged from both ends at once: two independent chains of comparisons, and
/// no test for the end of a run within as many steps as the shorter one is long.
template <class T>
class two_ended_merge {
 public:
  two_ended_merge(const T* at, std::size_t first, std::size_t second, T* out) noexcept
      : a_(at),
        a_back_(at + first - 1),
        b_(at + first),
        b_back_(at + first + second - 1),
        out_(out),
        out_back_(out + first + second - 1) {}

  /// Places one at each end.
  [[gnu::always_inline]] void step() noexcept {
    const bool second = *b_ < *a_;
    *out_++ = second ? *b_ : *a_;
    b_ += second;
    a_ += !second;
    const bool first = *b_back_ < *a_back_;
    *out_back_-- = first ? *a_back_ : *b_back_;
    a_back_ -= first;
    b_back_ -= !first;
  }
  /// What lies between.
  void finish() noexcept {
    merge_runs(a_, static_cast<std::size_t>(a_back_ + 1 - a_), b_, static_cast<std::size_t>(b_back_ + 1 - b_), out_);
  }

 private:
  const T* a_;
  const T* a_back_;
  const T* b_;
  const T* b_back_;
  T* out_;
  T* out_back_;
};

/// Sorts numbers, none of them NaN, without a branch that depends on them.
/// Complexity: O(count log count) whatever the input; quickest for powers of two. `scratch` holds as many; allocates:
/// never.
template <class T>
inline void sort_numbers(T* values, std::size_t count, T* scratch) noexcept {
  constexpr std::size_t base = 8;
  std::size_t i = 0;
  for (; i + base <= count; i += base) sort_eight(values + i);
  insertion_sort(values + i, count - i);
  T* from = values;
  T* to = scratch;
  for (std::size_t length = base; length < count; length *= 2) {
    // Two pairs of runs at once: four chains of comparisons that wait for nothing but themselves.
    for (i = 0; i + 4 * length <= count; i += 4 * length) {
      two_ended_merge<T> left(from + i, length, length, to + i);
      two_ended_merge<T> right(from + i + 2 * length, length, length, to + i + 2 * length);
      for (std::size_t step = 0; step < length; ++step) left.step(), right.step();
    }
    while (i < count) {
      const std::size_t rest = count - i;
      const std::size_t first = rest < length ? rest : length;
      const std::size_t second = rest - first < length ? rest - first : length;
      two_ended_merge<T> pair(from + i, first, second, to + i);
      for (std::size_t step = 0; step < second; ++step) pair.step();
      pair.finish();
      i += first + second;
    }
    T* const swapped = from;
    from = to;
    to = swapped;
  }
  if (from != values) std::memcpy(values, from, count * sizeof(T));
}

/// The value that would be `values[n]` were they sorted; their order is lost. Complexity: O(count): in one pass if it
/// is below 255, else by their bytes from the highest down.
inline std::uint64_t nth_smallest(std::vector<std::uint64_t>& values, std::size_t n) {
  std::array<std::uint32_t, 256> of_low{};
  for (const std::uint64_t value : values) ++of_low[value < 255 ? value : 255];
  std::size_t below = 0;
  for (std::uint64_t value = 0; value < 255; ++value) {
    below += of_low[value];
    if (n < below) return value;
  }
  std::uint64_t greatest = 0;
  for (const std::uint64_t value : values) greatest |= value;
  std::size_t left = values.size();
  for (int shift = greatest == 0 ? 0 : (63 - std::countl_zero(greatest)) / 8 * 8;; shift -= 8) {
    std::array<std::uint32_t, 256> with{};
    for (std::size_t i = 0; i < left; ++i) ++with[values[i] >> shift & 0xff];
    std::uint64_t byte = 0;
    while (n >= with[byte]) n -= with[byte++];
    std::size_t kept = 0;
    for (std::size_t i = 0; i < left; ++i) {
      values[kept] = values[i];
      kept += (values[i] >> shift & 0xff) == byte;
    }
    left = kept;
    if (shift == 0 || left == 1) return values[0];
  }
}

/// Sorts anything movable by a strict order, stably.
template <class T, class Less>
inline void sort_by(std::vector<T>& values, Less&& less) {
  std::vector<T> other(values.size());
  for (std::size_t length = 1; length < values.size(); length *= 2) {
    for (std::size_t begin = 0; begin < values.size(); begin += 2 * length) {
      std::size_t a = begin;
      const std::size_t a_end = begin + length < values.size() ? begin + length : values.size();
      std::size_t b = a_end;
      const std::size_t b_end = a_end + length < values.size() ? a_end + length : values.size();
      for (std::size_t out = begin; out < b_end; ++out)
        other[out] = std::move(values[b == b_end || (a != a_end && !less(values[b], values[a])) ? a++ : b++]);
    }
    values.swap(other);
  }
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_DETAIL_SORT_HPP

// ---- core/config.hpp

#ifndef MILLRACE_CORE_CONFIG_HPP
#define MILLRACE_CORE_CONFIG_HPP

/// Marks a function that device code may call too. The only place outside `cuda/` that asks which
/// compiler is running, and it changes no type and no function body.
#if defined(__CUDACC__)
#define MILLRACE_HOST_DEVICE __host__ __device__
#else
#define MILLRACE_HOST_DEVICE
#endif

namespace millrace {
inline namespace v0 {
namespace detail {
__extension__ typedef __int128 int128;
__extension__ typedef unsigned __int128 uint128;
}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_CONFIG_HPP

// ---- core/detail/cycle_counter.hpp

#ifndef MILLRACE_CORE_DETAIL_CYCLE_COUNTER_HPP
#define MILLRACE_CORE_DETAIL_CYCLE_COUNTER_HPP

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

// The platform's constant-rate counter. Which CPU it is decides here and nowhere else.
namespace millrace {
inline namespace v0 {
namespace detail {

/// Whether the CPU has a counter that ticks at one rate whatever its frequency and sleep state.
inline bool has_cycle_counter() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid(0x80000007U, &a, &b, &c, &d) != 0 && (d & (1U << 8)) != 0;  // invariant TSC
#elif defined(__aarch64__)
  return true;
#else
  return false;
#endif
}

inline std::uint64_t cycle_counter() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
  std::uint64_t ticks = 0;
  asm volatile("mrs %0, cntvct_el0" : "=r"(ticks));
  return ticks;
#else
  return 0;
#endif
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_CYCLE_COUNTER_HPP

// ---- core/clock.hpp

#ifndef MILLRACE_CORE_CLOCK_HPP
#define MILLRACE_CORE_CLOCK_HPP

namespace millrace {
inline namespace v0 {

/// Where a chain takes its time from. `ticks()` reads the counter; `nanoseconds(ticks)` places a
/// reading on the clock's own monotonic time line. Two calls, so that a hot path converts later.
template <class C>
concept clock_policy = requires(const C& clock, std::uint64_t ticks) {
  { clock.ticks() }
  noexcept->std::same_as<std::uint64_t>;
  { clock.nanoseconds(ticks) }
  noexcept->std::same_as<std::uint64_t>;
};

namespace detail {
inline std::uint64_t read_clock(clockid_t which) noexcept {
  timespec now{};
  ::clock_gettime(which, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
}
}  // namespace detail

/// Nanoseconds since 1970-01-01T00:00:00Z by the system's wall clock; may jump.
inline std::uint64_t unix_nanoseconds() noexcept { return detail::read_clock(CLOCK_REALTIME); }

/// The system's monotonic clock, about 20 ns a reading. The default. Threads: any.
struct steady_clock {
  std::uint64_t ticks() const noexcept { return detail::read_clock(CLOCK_MONOTONIC); }
  static constexpr std::uint64_t nanoseconds(std::uint64_t ticks) noexcept { return ticks; }
};

/// The CPU's constant-rate counter, about 8 ns a reading, calibrated once a process against the
/// monotonic clock (5 ms, at the first construction) to a few parts in a million. Where the CPU has
/// no such counter it reads the monotonic clock instead. Threads: any.
class tsc_clock {
 public:
  tsc_clock() noexcept : base_(calibrated()) {}

  /// Whether readings come from the CPU's counter.
  bool counts_cycles() const noexcept { return base_.rate != 0; }

  std::uint64_t ticks() const noexcept {
    return counts_cycles() ? detail::cycle_counter() : detail::read_clock(CLOCK_MONOTONIC);
  }
  std::uint64_t nanoseconds(std::uint64_t ticks) const noexcept {
    if (!counts_cycles()) return ticks;
    // Signed, so that a reading from another core just before the anchor stays just before it.
    const auto since = static_cast<std::int64_t>(ticks - base_.ticks);
    return base_.nanoseconds + static_cast<std::uint64_t>(static_cast<std::int64_t>(
                                   (static_cast<detail::int128>(since) * static_cast<std::int64_t>(base_.rate)) >> 32));
  }

 private:
  struct calibration {
    std::uint64_t ticks = 0;
    std::uint64_t nanoseconds = 0;
    std::uint64_t rate = 0;  // nanoseconds a tick, 32.32 fixed point; 0: no counter
  };

  struct reading {
    std::uint64_t ticks;
    std::uint64_t nanoseconds;
  };
  /// Both clocks at one moment: the tightest of a few tries.
  static reading read_both() noexcept {
    reading best{};
    std::uint64_t width = ~std::uint64_t{0};
    for (int i = 0; i < 8; ++i) {
      const std::uint64_t before = detail::cycle_counter();
      const std::uint64_t nanoseconds = detail::read_clock(CLOCK_MONOTONIC);
      const std::uint64_t after = detail::cycle_counter();
      if (after - before < width) {
        width = after - before;
        best = {before + width / 2, nanoseconds};
      }
    }
    return best;
  }
  static const calibration& calibrated() noexcept {
    static const calibration once = [] {
      if (!detail::has_cycle_counter()) return calibration{};
      const reading first = read_both();
      while (detail::read_clock(CLOCK_MONOTONIC) - first.nanoseconds < 5'000'000U) {
      }
      const reading last = read_both();
      const auto rate =
          (static_cast<detail::uint128>(last.nanoseconds - first.nanoseconds) << 32) / (last.ticks - first.ticks);
      return calibration{last.ticks, last.nanoseconds, static_cast<std::uint64_t>(rate)};
    }();
    return once;
  }

  calibration base_;
};

/// A clock that stands still until told: for tests. `step` is added at every reading. The caller
/// keeps the time; copies of the clock share it.
class manual_clock {
 public:
  explicit manual_clock(std::uint64_t& now, std::uint64_t step = 0) noexcept : now_(&now), step_(step) {}
  std::uint64_t ticks() const noexcept {
    const std::uint64_t now = *now_;
    *now_ += step_;
    return now;
  }
  static constexpr std::uint64_t nanoseconds(std::uint64_t ticks) noexcept { return ticks; }

 private:
  std::uint64_t* now_;
  std::uint64_t step_;
};

/// When an event began and ended, in nanoseconds on the chain's clock. Taken once an event and
/// shared by every middleware.
struct time_span {
  std::uint64_t start = 0;
  std::uint64_t end = 0;

  constexpr std::uint64_t nanoseconds() const noexcept { return end - start; }
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_CLOCK_HPP

// ---- core/seed.hpp

#ifndef MILLRACE_CORE_SEED_HPP
#define MILLRACE_CORE_SEED_HPP

namespace millrace {
inline namespace v0 {

/// The next output of SplitMix64 and its state advanced. Source: Steele, Lea, Flood, "Fast
/// splittable pseudorandom number generators", OOPSLA 2014.
constexpr std::uint64_t splitmix64(std::uint64_t& state) noexcept {
  std::uint64_t z = (state += 0x9e3779b97f4a7c15U);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

/// A seed from the system's entropy, for identifiers and for runs that need not be repeated.
inline std::uint64_t entropy_seed() noexcept {
  std::uint64_t seed = 0;
  if (::getentropy(&seed, sizeof seed) != 0) {
    std::uint64_t state = unix_nanoseconds();
    seed = splitmix64(state);
  }
  return seed;
}

/// The library's generator: xoshiro256++, 32 bytes, seeded per instance; the same seed gives the
/// same numbers on every compiler. A UniformRandomBitGenerator. Not for secrets.
/// Source: Blackman, Vigna, "Scrambled linear pseudorandom number generators", TOMS 47(4), 2021.
class random_engine {
 public:
  using result_type = std::uint64_t;

  constexpr explicit random_engine(std::uint64_t seed) noexcept {
    for (std::uint64_t& word : state_) word = splitmix64(seed);
  }

  /// The 256 bits that decide every later number: to save a run and take it up again.
  using state_type = std::array<std::uint64_t, 4>;
  constexpr const state_type& state() const noexcept { return state_; }
  static constexpr random_engine from_state(const state_type& state) noexcept {
    random_engine engine(0);
    engine.state_ = state;
    return engine;
  }

  static constexpr result_type(min)() noexcept { return 0; }
  static constexpr result_type(max)() noexcept { return ~result_type{0}; }

  constexpr result_type operator()() noexcept {
    const std::uint64_t out = rotate(state_[0] + state_[3], 23) + state_[0];
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = rotate(state_[3], 45);
    return out;
  }

  /// Uniform in [0, 1), 53 bits.
  constexpr double uniform() noexcept { return static_cast<double>((*this)() >> 11) * 0x1p-53; }

  /// Uniform in [0, bound), without bias; `bound` > 0. Source: Lemire, TOMACS 29(1), 2019.
  constexpr std::uint64_t below(std::uint64_t bound) noexcept {
    auto product = static_cast<detail::uint128>((*this)()) * bound;
    if (static_cast<std::uint64_t>(product) < bound) {
      const std::uint64_t threshold = (0 - bound) % bound;
      while (static_cast<std::uint64_t>(product) < threshold) product = static_cast<detail::uint128>((*this)()) * bound;
    }
    return static_cast<std::uint64_t>(product >> 64);
  }

  /// Standard normal (Box-Muller, one of the pair).
  double normal() noexcept {
    const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
    return radius * std::cos(6.283185307179586 * uniform());
  }

  /// Fisher-Yates over anything indexable with size().
  template <class Range>
  constexpr void shuffle(Range& range) noexcept {
    for (std::size_t i = range.size(); i > 1; --i) {
      using std::swap;
      swap(range[i - 1], range[static_cast<std::size_t>(below(i))]);
    }
  }

 private:
  static constexpr std::uint64_t rotate(std::uint64_t x, int k) noexcept { return (x << k) | (x >> (64 - k)); }

  state_type state_{};
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_SEED_HPP

// ---- aggregate/frequent_items.hpp

#ifndef MILLRACE_AGGREGATE_FREQUENT_ITEMS_HPP
#define MILLRACE_AGGREGATE_FREQUENT_ITEMS_HPP

namespace millrace {
inline namespace v0 {
namespace detail::frequent_image {

// Apache DataSketches' image: preamble length in 8 bytes, version, family, lg of the greatest and of the present size,
// flags, 0 (2); then, unless empty, how many items (4), 0 (4), the total weight (8), the greatest error (8), the items'
// weights (8 each) and the items: numbers (8 each), or texts with their lengths (4) before them.
inline constexpr std::uint8_t empty_preamble = 1;
inline constexpr std::uint8_t full_preamble = 4;
inline constexpr std::uint8_t serial_version = 1;
inline constexpr std::uint8_t family = 10;
inline constexpr std::uint8_t is_empty = 5;  // two bits, since implementations differed
inline constexpr unsigned least_lg = 3;
inline constexpr unsigned most_lg = 30;

}  // namespace detail::frequent_image

/// The items that come up most often in a stream, each with bounds on its weight: the frequent-items sketch.
///
/// `Item`: std::string or std::int64_t. `LgSize`: at most 3/4 2^LgSize items of a new sketch are kept; a loaded one has
/// the size of its image.
/// Guarantee: `lower(x) <= weight of x <= upper(x)` for every item, kept or not; they differ by `max_error()`, which is
/// below `epsilon() * total()` (0.0034 of the stream's weight at LgSize = 10) and 0 until more than 3/4 2^LgSize
/// different items came. No item heavier than `max_error()` is missing. Merging keeps all of it, the errors added. The
/// same input and order of merges give the same bytes.
/// Complexity: update O(1) amortised, merge, `top` and `heavier_than` O(items kept). 32 bytes a number, 96 and its
/// length a text. Allocates: as it grows; for texts as they come. Threads: one at a time. Source: Anderson, Bevan,
/// Lang, Liberty, Rhodes, Thaler, "A high-performance algorithm for identifying frequent items in data streams", IMC
/// 2017: a table of counters whose median is taken off all of them when it is full. Bytes: the image of Apache
/// DataSketches' frequent-items sketch of longs or of strings, the heaviest item first.
template <class Item = std::string, unsigned LgSize = 10>
class frequent_items {
  static_assert(LgSize >= 3 && LgSize <= 26,
                "millrace[SKETCH-8]: frequent_items<Item, LgSize>: LgSize must be in [3, 26]");
  static_assert(std::is_same_v<Item, std::string> || std::is_same_v<Item, std::int64_t>,
                "millrace[SKETCH-9]: frequent_items<Item>: Item must be std::string or std::int64_t");

 public:
  /// How items are given to it.
  using item_type = std::conditional_t<std::is_same_v<Item, std::string>, std::string_view, std::int64_t>;
  /// Updates and merges that would take `total` beyond this are left out.
  static constexpr std::uint64_t max_total = std::uint64_t{1} << 62;

  void update(item_type item) { add(item, 1); }
  void update(std::span<const Item> items) {
    for (const Item& item : items) add(item, 1);
  }
  /// As `weight` updates with the same item, where the image keeps whole weights only: a fraction counts as one with
  /// that probability, so that weights add up on average.
  void update(item_type item, weight counts);

  void merge(const frequent_items& other);

  /// What all items weigh together.
  std::uint64_t total() const noexcept { return total_; }
  bool empty() const noexcept { return total_ == 0; }
  /// How many items are kept.
  std::size_t retained() const noexcept { return kept_; }

  /// The weight of an item lies between these.
  std::uint64_t lower(item_type item) const noexcept {
    if (kept_ == 0) return 0;
    return slots_[place_of(item, hash_of(item))].count;
  }
  std::uint64_t upper(item_type item) const noexcept { return lower(item) + offset_; }
  /// How far they are apart at the most.
  std::uint64_t max_error() const noexcept { return offset_; }
  /// `max_error` as a fraction of `total`, at the worst.
  double epsilon() const noexcept { return 3.5 / static_cast<double>(std::uint64_t{1} << lg_most_); }

  struct row {
    Item item;
    std::uint64_t lower;
    std::uint64_t upper;
  };
  /// The `count` items with the greatest weights, the heaviest first; equal weights in the order of the items.
  std::vector<row> top(std::size_t count) const;
  /// Those that may weigh more than a threshold: none that does is missing if it is `max_error()` or more.
  std::vector<row> maybe_above(std::uint64_t threshold) const { return rows(threshold, &row::upper); }
  /// Those that do: none is there that does not.
  std::vector<row> surely_above(std::uint64_t threshold) const { return rows(threshold, &row::lower); }

  std::vector<std::byte> save() const;
  /// Errors: truncated, unsupported, corrupt, type_mismatch, each naming what is wrong.
  /// Allocates: no more than a few times the bytes given.
  static result<frequent_items> load(std::span<const std::byte> bytes);

 private:
  static constexpr bool is_text = std::is_same_v<Item, std::string>;
  struct number_slot {
    std::int64_t item = 0;
    std::uint64_t count = 0;  // 0: nothing here
  };
  struct text_slot {
    std::string item;
    std::uint64_t count = 0;
    std::uint64_t hash = 0;
  };
  using slot = std::conditional_t<is_text, text_slot, number_slot>;

  static error fault(errc code, const char* what) { return error(code, std::string("frequent-items image: ") + what); }
  static error truncated() { return fault(errc::truncated, "it ends too soon"); }

  /// Short on purpose: every update waits for it. Its lower half depends on all bits.
  static std::uint64_t spread(std::uint64_t item) noexcept {
    item = (item ^ (item >> 32)) * 0x9e3779b97f4a7c15U;
    return item ^ (item >> 32);
  }
  static std::uint64_t hash_of(item_type item) noexcept {
    if constexpr (is_text)
      return detail::murmur3::hash(item.data(), item.size()).low;
    else
      return spread(static_cast<std::uint64_t>(item));
  }
  static std::uint64_t hash_in(const slot& kept) noexcept {
    if constexpr (is_text)
      return kept.hash;
    else
      return hash_of(kept.item);
  }
  static bool is_in(const slot& kept, item_type item, [[maybe_unused]] std::uint64_t hash) noexcept {
    if constexpr (is_text)
      return kept.hash == hash && kept.item == item;
    else
      return kept.item == item;
  }
  /// Where an item is, or would go. Half of the slots at least are free.
  std::size_t place_of(item_type item, std::uint64_t hash) const noexcept {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = hash & mask;
    while (!is_in(slots_[at], item, hash) && slots_[at].count != 0) at = (at + 1) & mask;
    return at;
  }
  std::size_t capacity() const noexcept { return (std::size_t{3} << lg_) / 4; }

  void add(item_type item, std::uint64_t count) {
    if (count > max_total - total_) [[unlikely]]
      return;
    total_ += count;
    const std::uint64_t hash = hash_of(item);
    if (!slots_.empty()) [[likely]] {
      slot& kept = slots_[place_of(item, hash)];
      if (kept.count != 0) [[likely]] {
        kept.count += count;
        return;
      }
    }
    insert(item, hash, count);
  }
  [[gnu::noinline]] void insert(item_type item, std::uint64_t hash, std::uint64_t count) {
    if (2 * (kept_ + 1) > slots_.size()) resize(slots_.empty() ? 16 : 2 * slots_.size());
    slot& place = slots_[place_of(item, hash)];
    place.item = Item(item);
    place.count = count;
    if constexpr (is_text) place.hash = hash;
    if (++kept_ <= capacity()) return;
    if (lg_ < lg_most_)
      ++lg_;
    else
      purge();
  }
  void resize(std::size_t size) {
    std::vector<slot> before(size);
    before.swap(slots_);
    for (slot& kept : before)
      if (kept.count != 0) slots_[place_of(kept.item, hash_in(kept))] = std::move(kept);
  }
  void purge();
  bool heavier(const row& a, const row& b) const { return a.lower != b.lower ? a.lower > b.lower : b.item > a.item; }
  std::vector<row> rows(std::uint64_t threshold, std::uint64_t row::*bound) const;

  std::vector<slot> slots_;
  std::size_t kept_ = 0;
  std::uint64_t total_ = 0;
  std::uint64_t offset_ = 0;          // what was taken off every counter so far
  std::uint64_t fractions_ = LgSize;  // the generator for fractional weights
  unsigned lg_ = detail::frequent_image::least_lg;
  unsigned lg_most_ = LgSize;
};

template <class Item, unsigned LgSize>
void frequent_items<Item, LgSize>::update(item_type item, weight counts) {
  if (!(counts.value > 0 && counts.value < static_cast<double>(max_total))) return;
  auto times = static_cast<std::uint64_t>(counts.value);
  if (const double fraction = counts.value - static_cast<double>(times); fraction > 0)
    times += static_cast<double>(splitmix64(fractions_) >> 11) * 0x1p-53 < fraction;
  if (times != 0) add(item, times);
}

/// Takes the median counter off all counters; those at it or below become free.
template <class Item, unsigned LgSize>
void frequent_items<Item, LgSize>::purge() {
  // Which slots are free, and which counters stay, is as good as random: neither loop over numbers has a branch on it.
  std::vector<std::uint64_t> counts(kept_ + 1);
  std::size_t found = 0;
  for (const slot& kept : slots_) {
    counts[found] = kept.count;
    found += kept.count != 0;
  }
  counts.pop_back();
  const std::uint64_t middle = detail::nth_smallest(counts, counts.size() / 2);
  offset_ += middle;
  std::vector<slot> staying(kept_ + 1);
  kept_ = 0;
  for (slot& next : slots_) {
    if constexpr (is_text) {
      if (next.count > middle) staying[kept_++] = std::move(next);
    } else {
      staying[kept_] = next;
      kept_ += next.count > middle;
    }
    next = slot{};
  }
  for (std::size_t i = 0; i < kept_; ++i) {
    staying[i].count -= middle;
    slots_[place_of(staying[i].item, hash_in(staying[i]))] = std::move(staying[i]);
  }
}

template <class Item, unsigned LgSize>
void frequent_items<Item, LgSize>::merge(const frequent_items& other) {
  if (&other == this) return merge(frequent_items(other));
  if (other.total_ > max_total - total_) return;
  const std::uint64_t together = total_ + other.total_;
  // In one order, whatever the tables look like.
  for (const row& next : other.rows(0, &row::lower)) add(next.item, next.lower);
  offset_ += other.offset_;
  total_ = together;
}

template <class Item, unsigned LgSize>
std::vector<typename frequent_items<Item, LgSize>::row> frequent_items<Item, LgSize>::rows(
    std::uint64_t threshold, std::uint64_t row::*bound) const {
  std::vector<row> found;
  for (const slot& kept : slots_) {
    if (kept.count == 0) continue;
    row next{kept.item, kept.count, kept.count + offset_};
    if (next.*bound > threshold) found.push_back(std::move(next));
  }
  detail::sort_by(found, [this](const row& a, const row& b) { return heavier(a, b); });
  return found;
}

template <class Item, unsigned LgSize>
std::vector<typename frequent_items<Item, LgSize>::row> frequent_items<Item, LgSize>::top(std::size_t count) const {
  std::vector<row> all = rows(0, &row::lower);
  if (all.size() > count) all.resize(count);
  return all;
}

template <class Item, unsigned LgSize>
std::vector<std::byte> frequent_items<Item, LgSize>::save() const {
  using namespace detail::frequent_image;
  const std::vector<row> all = rows(0, &row::lower);
  detail::image_writer out(32 + 16 * all.size());
  out.put(empty() ? empty_preamble : full_preamble).put(serial_version).put(family);
  out.put(static_cast<std::uint8_t>(lg_most_)).put(static_cast<std::uint8_t>(lg_));
  out.put(empty() ? is_empty : std::uint8_t{0}).put(std::uint16_t{0});
  if (empty()) return std::move(out).take();
  out.put(static_cast<std::uint32_t>(all.size())).put(std::uint32_t{0}).put(total_).put(offset_);
  for (const row& next : all) out.put(next.lower);
  for (const row& next : all) {
    if constexpr (is_text)
      out.put(static_cast<std::uint32_t>(next.item.size())).put_array(next.item.data(), next.item.size());
    else
      out.put(next.item);
  }
  return std::move(out).take();
}

template <class Item, unsigned LgSize>
result<frequent_items<Item, LgSize>> frequent_items<Item, LgSize>::load(std::span<const std::byte> bytes) {
  using namespace detail::frequent_image;
  detail::image_reader in(bytes);
  const auto preamble = in.take<std::uint8_t>();
  const auto version = in.take<std::uint8_t>();
  const auto kind = in.take<std::uint8_t>();
  frequent_items loaded;
  loaded.lg_most_ = in.take<std::uint8_t>();
  loaded.lg_ = in.take<std::uint8_t>();
  const auto flags = in.take<std::uint8_t>();
  in.skip(2);
  if (!in.ok()) return truncated();
  if (kind != family) return fault(errc::type_mismatch, "it is of another family of sketches");
  if (version != serial_version) return fault(errc::unsupported, "unknown serial version");
  if (loaded.lg_ < least_lg || loaded.lg_ > loaded.lg_most_ || loaded.lg_most_ > most_lg)
    return fault(errc::corrupt, "sizes");
  const bool none = (flags & is_empty) != 0;
  if (preamble != (none ? empty_preamble : full_preamble))
    return fault(errc::corrupt, "the preamble's length and the flags disagree");
  if (none) {
    if (!in.rest().empty()) return fault(errc::corrupt, "bytes after the end");
    return loaded;
  }
  const auto count = in.take<std::uint32_t>();
  in.skip(4);
  const auto total = in.take<std::uint64_t>();
  const auto offset = in.take<std::uint64_t>();
  if (!in.ok() || !in.holds<std::uint64_t>(count)) return truncated();
  if (count > loaded.capacity()) return fault(errc::corrupt, "more items than its size holds");
  if (total == 0 || total > max_total || offset > total) return fault(errc::corrupt, "total weight");
  std::vector<std::uint64_t> counts(count);
  in.take_array(counts.data(), count);
  for (const std::uint64_t weight : counts) {
    std::uint64_t length = sizeof(std::int64_t);
    if constexpr (is_text) length = in.take<std::uint32_t>();
    if (!in.ok() || !in.template holds<char>(length)) return truncated();
    Item item{};
    if constexpr (is_text) {
      item.resize(length);
      in.take_array(item.data(), length);
    } else {
      item = in.template take<std::int64_t>();
    }
    if (weight == 0 || weight > total - loaded.total_) return fault(errc::corrupt, "an item's weight");
    if (loaded.lower(item) != 0) return fault(errc::corrupt, "an item twice");
    loaded.add(item, weight);
  }
  if (!in.rest().empty()) return fault(errc::corrupt, "bytes after the end");
  loaded.total_ = total;
  loaded.offset_ = offset;
  return loaded;
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_FREQUENT_ITEMS_HPP

// ---- aggregate/detail/group_index.hpp

#ifndef MILLRACE_AGGREGATE_DETAIL_GROUP_INDEX_HPP
#define MILLRACE_AGGREGATE_DETAIL_GROUP_INDEX_HPP

namespace millrace {
inline namespace v0 {
namespace detail {

inline constexpr std::size_t no_group = ~std::size_t{0};

/// Numbers keys from 0 on, in the order in which they are inserted. Small integers are looked up in a
/// table, all else by hash.
template <class Key>
class group_index {
 public:
  static constexpr bool is_text = std::is_same_v<Key, std::string>;
  static_assert(is_text || (std::is_integral_v<Key> && !std::is_same_v<Key, bool>),
                "millrace[AGGREGATE-11]: grouped<Key, ...>: Key must be an integer or std::string");
  using key_type = std::conditional_t<is_text, std::string_view, Key>;

  std::size_t find(key_type key) const noexcept {
    if constexpr (!is_text) {
      if (is_small(key)) {
        const auto at = static_cast<std::size_t>(key);
        return at < small_.size() ? small_[at] - std::size_t{1} : no_group;
      }
    }
    if (slots_.empty()) return no_group;
    const std::uint64_t hash = hash_of(key);
    for (std::size_t at = hash & (slots_.size() - 1);; at = (at + 1) & (slots_.size() - 1)) {
      const slot& one = slots_[at];
      if (one.group == 0) return no_group;
      if (one.hash == static_cast<std::uint32_t>(hash >> 32) && keys_[one.group - 1] == key) return one.group - 1;
    }
  }
  /// Precondition: the key is not in it.
  std::size_t insert(key_type key) {
    keys_.emplace_back(key);
    const auto group = static_cast<std::uint32_t>(keys_.size());
    if constexpr (!is_text) {
      if (is_small(key)) {
        const auto at = static_cast<std::size_t>(key);
        if (at >= small_.size()) small_.resize(at + 1 + at / 2);
        small_[at] = group;
        return group - 1;
      }
    }
    if (2 * (++hashed_) > slots_.size()) {
      slots_.assign(slots_.empty() ? 16 : 2 * slots_.size(), slot{});
      for (std::size_t i = 0; i + 1 < keys_.size(); ++i)
        if (is_text || !is_small(keys_[i])) place(hash_of(keys_[i]), static_cast<std::uint32_t>(i + 1));
    }
    place(hash_of(key), group);
    return group - 1;
  }
  const Key& key(std::size_t group) const noexcept { return keys_[group]; }

  void save_key(std::size_t group, envelope_writer& to) const {
    if constexpr (is_text)
      to.text(keys_[group]);
    else
      to.u64(static_cast<std::uint64_t>(keys_[group]));
  }
  /// The key's number; no_group if it is in it already, or none of its type.
  std::size_t load_key(envelope_reader& from) {
    if constexpr (is_text) {
      const std::string_view read = from.text();
      return find(read) == no_group ? insert(read) : no_group;
    } else {
      const std::uint64_t read = from.u64();
      const auto made = static_cast<Key>(read);
      return static_cast<std::uint64_t>(made) == read && find(made) == no_group ? insert(made) : no_group;
    }
  }

 private:
  struct slot {
    std::uint32_t group = 0;  // plus one; 0: free
    std::uint32_t hash = 0;
  };

  static bool is_small([[maybe_unused]] const key_type& key) noexcept {
    if constexpr (is_text)
      return false;
    else
      return key >= 0 && static_cast<std::uint64_t>(key) < 4096;
  }
  static std::uint64_t hash_of(const key_type& key) noexcept {
    if constexpr (is_text)
      return murmur3::hash(key.data(), key.size()).low;
    else
      return murmur3::scatter(static_cast<std::uint64_t>(key));
  }
  void place(std::uint64_t hash, std::uint32_t group) noexcept {
    std::size_t at = hash & (slots_.size() - 1);
    while (slots_[at].group != 0) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = {group, static_cast<std::uint32_t>(hash >> 32)};
  }

  std::vector<Key> keys_;
  std::vector<std::uint32_t> small_;  // by key: its group plus one
  std::vector<slot> slots_;
  std::size_t hashed_ = 0;
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_DETAIL_GROUP_INDEX_HPP

// ---- aggregate/detail/aggregate_item.hpp

#ifndef MILLRACE_AGGREGATE_DETAIL_AGGREGATE_ITEM_HPP
#define MILLRACE_AGGREGATE_DETAIL_AGGREGATE_ITEM_HPP

namespace millrace {
inline namespace v0 {
namespace detail {

template <class A>
constexpr auto find_item() {
  if constexpr (requires { typename A::sample; })
    return std::type_identity<typename A::sample>{};
  else if constexpr (requires { typename A::value_type; })
    return std::type_identity<typename A::value_type>{};
  else
    return std::type_identity<double>{};
}
/// What an aggregator is updated with: its `sample`, or its `value_type`, or double.
template <class A>
using aggregate_item = typename decltype(find_item<A>())::type;

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_DETAIL_AGGREGATE_ITEM_HPP

// ---- aggregate/grouped.hpp

#ifndef MILLRACE_AGGREGATE_GROUPED_HPP
#define MILLRACE_AGGREGATE_GROUPED_HPP

namespace millrace {
inline namespace v0 {

/// One aggregate for each key, for a bounded number of keys; what comes with another key once the bound is
/// reached goes into one overflow group, so that totals stay whole.
///
///     mr::grouped<std::string, mr::aggregate<mr::count, mr::mean>> by_host(1000);
///     by_host.update("web-7", 12.5);
///
/// `Key`: an integer, or std::string, given as a std::string_view. `Aggregate`: any aggregator; groups
/// begin as copies of the one given to the constructor.
/// Guarantee: each group is what its aggregate makes of the group's items, in their order (rows in bulk
/// come to the overflow in the order of their keys, a few thousand at a time). Keys get their
/// groups in the order of their first items, so beyond the bound it depends on that order, and on the order
/// of merges, which keys have groups of their own.
/// Complexity: update O(1) and the aggregate's; rows in bulk are sorted by group, a few thousand at a time,
/// so that each aggregate gets its own as a span: cheapest for integer keys below 4,096. Memory: that of
/// `most` + 1 aggregates and the keys; allocates: for new keys, and once for rows in bulk.
/// Threads: one at a time; const calls from any number.
template <class Key, class Aggregate>
class grouped {
 public:
  using key_type = typename detail::group_index<Key>::key_type;
  using sample = detail::aggregate_item<Aggregate>;
  static constexpr bool commutative = false;  // in the order of groups, and in who comes to overflow
  static constexpr std::size_t default_most = 1024;

  explicit grouped(std::size_t most = default_most, Aggregate empty = Aggregate())
      : most_(most), empty_(empty), overflow_(std::move(empty)) {}

  /// Whatever the aggregate's update takes, and answers what it does.
  template <class... Item>
  requires(sizeof...(Item) > 0) auto update(key_type key, Item&&... item) {
    return group(key).update(std::forward<Item>(item)...);
  }
  /// Row i is items[i] with keys[i]; as many as both have.
  template <class K>
  requires std::is_convertible_v<const K&, key_type>
  void update(std::span<const K> keys, std::span<const sample> items) {
    const std::size_t rows = keys.size() < items.size() ? keys.size() : items.size();
    for (std::size_t at = 0; at < rows;) {
      const std::size_t wanted = block_rows();
      const std::size_t now = rows - at < wanted ? rows - at : wanted;
      block(keys.subspan(at, now), items.subspan(at, now));
      at += now;
    }
  }
  template <class K>
  requires std::is_convertible_v<const K&, key_type>
  void update(const std::vector<K>& keys, std::span<const sample> items) { update(std::span<const K>(keys), items); }

  /// How many keys have groups.
  std::size_t size() const noexcept { return groups_.size(); }
  std::size_t most() const noexcept { return most_; }
  /// Null if the key has no group.
  const Aggregate* find(key_type key) const noexcept {
    const std::size_t id = index_.find(key);
    return id == detail::no_group ? nullptr : &groups_[id];
  }
  /// What came with keys that found no group.
  const Aggregate& overflow() const noexcept { return overflow_; }
  /// f(key, aggregate) for each group in the order of first items; not for the overflow.
  template <class F>
  void for_each(F&& f) const {
    for (std::size_t i = 0; i < groups_.size(); ++i) f(index_.key(i), groups_[i]);
  }
  /// All groups and the overflow merged into one.
  Aggregate all() const {
    Aggregate sum = empty_;
    for (const Aggregate& one : groups_) (void)sum.merge(one);
    (void)sum.merge(overflow_);
    return sum;
  }

  /// Void, or result<void> where merging the aggregates is; after an error nothing is merged.
  auto merge(const grouped& other) {
    using answer = decltype(overflow_.merge(other.overflow_));
    if constexpr (std::is_void_v<answer>) {
      for (std::size_t i = 0; i < other.groups_.size(); ++i) group(other.index_.key(i)).merge(other.groups_[i]);
      overflow_.merge(other.overflow_);
    } else {
      grouped joined = *this;
      for (std::size_t i = 0; i < other.groups_.size(); ++i)
        if (answer done = joined.group(other.index_.key(i)).merge(other.groups_[i]); !done) return done;
      answer done = joined.overflow_.merge(other.overflow_);
      if (done) *this = std::move(joined);
      return done;
    }
  }

  std::vector<std::byte> save() const {
    envelope_writer to(type);
    to.u64(most_);
    to.block(empty_.save());
    to.block(overflow_.save());
    to.u64(groups_.size());
    for (std::size_t i = 0; i < groups_.size(); ++i) {
      index_.save_key(i, to);
      to.block(groups_[i].save());
    }
    return std::move(to).finish();
  }
  static result<grouped> load(std::span<const std::byte> bytes) {
    auto from = envelope_reader::open(bytes, type);
    if (!from) return std::move(from).error();
    const std::uint64_t most = from->u64();
    auto empty = Aggregate::load(from->block());
    if (!empty) return std::move(empty).error().wrap("saved " + std::string(type));
    auto overflow = Aggregate::load(from->block());
    if (!overflow) return std::move(overflow).error().wrap("saved " + std::string(type));
    grouped made(static_cast<std::size_t>(most), *std::move(empty));
    made.overflow_ = *std::move(overflow);
    const std::size_t count = from->count(16);
    bool valid = count <= most;
    for (std::size_t i = 0; i < count && valid; ++i) {
      valid = made.index_.load_key(*from) == i;
      auto one = Aggregate::load(from->block());
      if (!one) return std::move(one).error().wrap("saved " + std::string(type) + ", group " + std::to_string(i));
      made.groups_.push_back(*std::move(one));
    }
    if (auto done = from->finish(valid); !done) return std::move(done).error();
    return made;
  }

 private:
  static constexpr std::string_view type = detail::group_index<Key>::is_text ? "grouped<text>" : "grouped<integer>";
  static constexpr std::size_t most_sorted = 4096;  // groups, or keys, that rows are sorted by

  /// Is for one block only: a copy of the groups starts without.
  struct scratch {
    std::vector<std::uint32_t> ids;
    std::vector<std::uint32_t> ends;
    std::vector<sample> sorted;
    scratch() = default;
    scratch(const scratch&) noexcept {}
    scratch& operator=(const scratch&) noexcept { return *this; }
    scratch(scratch&&) = default;
    scratch& operator=(scratch&&) = default;
  };

  Aggregate& group(key_type key) {
    const std::size_t id = id_of(key);
    return id == detail::no_group ? overflow_ : groups_[id];
  }
  std::size_t id_of(key_type key) {
    std::size_t id = index_.find(key);
    if (id == detail::no_group && groups_.size() < most_) {
      id = index_.insert(key);
      groups_.push_back(empty_);
    }
    return id;
  }

  /// So many that each group has a few hundred of its own, and all stay in the second-level cache.
  std::size_t block_rows() const noexcept {
    const std::size_t rows = 512 * groups_.size();
    return rows < 4096 ? 4096 : rows > 65536 ? 65536 : rows;
  }

  template <class K>
  void block(std::span<const K> keys, std::span<const sample> items) {
    if constexpr (std::is_integral_v<K> && !detail::group_index<Key>::is_text) {
      using bits = std::make_unsigned_t<K>;
      bits all = 0;
      for (const K key : keys) all = static_cast<bits>(all | static_cast<bits>(key));
      if (all < most_sorted && items.size() >= 256) return dense_block(keys, items, static_cast<std::size_t>(all) + 1);
    }
    if (items.size() < 256 || groups_.size() > most_sorted) {
      for (std::size_t i = 0; i < items.size(); ++i) (void)update(key_type(keys[i]), items[i]);
      return;
    }
    room_.ids.resize(items.size());
    for (std::size_t i = 0; i < items.size(); ++i) {
      const std::size_t id = id_of(keys[i]);
      room_.ids[i] = static_cast<std::uint32_t>(id == detail::no_group ? 0 : id + 1);
    }
    const std::span<const std::uint32_t> ids(room_.ids);
    count(ids, groups_.size() + 1);
    spread(ids, items, groups_.size() + 1, [](std::size_t id) { return id == 0 ? detail::no_group : id - 1; });
  }

  /// Keys below `limit` are sorted by themselves; their groups are asked for once a block.
  template <class K>
  void dense_block(std::span<const K> keys, std::span<const sample> items, std::size_t limit) {
    count(keys, limit);
    bool unknown = false;
    for (std::size_t key = 0; key < limit; ++key)
      unknown = unknown || (room_.ends[key] != 0 && index_.find(static_cast<Key>(key)) == detail::no_group);
    if (unknown && groups_.size() < most_)  // new keys get their groups in the order of their first rows
      for (const K key : keys) (void)id_of(static_cast<Key>(key));
    spread(keys, items, limit, [&](std::size_t key) { return index_.find(static_cast<Key>(key)); });
  }

  // A counting sort by bucket, that keeps the order within each; then every bucket's run at once.

  template <class B>
  void count(std::span<const B> buckets, std::size_t limit) {
    room_.ends.assign(2 * limit, 0);
    std::uint32_t* const ends = room_.ends.data();
    std::uint32_t* const more = ends + limit;  // every other row's, so that no addition waits for the one before
    std::size_t row = 0;
    for (; row + 1 < buckets.size(); row += 2) {
      ++ends[static_cast<std::size_t>(buckets[row])];
      ++more[static_cast<std::size_t>(buckets[row + 1])];
    }
    if (row < buckets.size()) ++ends[static_cast<std::size_t>(buckets[row])];
    for (std::size_t b = 0; b < limit; ++b) ends[b] += more[b];
  }
  template <class B, class GroupOf>
  void spread(std::span<const B> buckets, std::span<const sample> items, std::size_t limit, GroupOf&& group_of) {
    std::uint32_t* const ends = room_.ends.data();
    std::uint32_t before = 0;
    for (std::size_t b = 0; b < limit; ++b) before += std::exchange(ends[b], before);
    room_.sorted.resize(items.size());
    sample* const sorted = room_.sorted.data();
    for (std::size_t row = 0; row < items.size(); ++row)
      sorted[ends[static_cast<std::size_t>(buckets[row])]++] = items[row];
    for (std::size_t b = 0, begin = 0; b < limit; ++b) {
      const std::size_t end = ends[b];
      if (end == begin) continue;
      const std::size_t id = group_of(b);
      feed(id == detail::no_group ? overflow_ : groups_[id], std::span<const sample>(sorted + begin, end - begin));
      begin = end;
    }
  }
  static void feed(Aggregate& into, std::span<const sample> run) {
    if constexpr (requires { into.update(run); })
      (void)into.update(run);
    else
      for (const sample& x : run) (void)into.update(x);
  }

  std::size_t most_;
  Aggregate empty_;
  Aggregate overflow_;
  detail::group_index<Key> index_;
  std::vector<Aggregate> groups_;
  scratch room_;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_GROUPED_HPP

// ---- aggregate/detail/coupon_table.hpp

#ifndef MILLRACE_AGGREGATE_DETAIL_COUPON_TABLE_HPP
#define MILLRACE_AGGREGATE_DETAIL_COUPON_TABLE_HPP

namespace millrace {
inline namespace v0 {
namespace detail {

/// A coupon is what an item leaves in a HyperLogLog sketch: 26 bits of address, and above them 6 bits of value.
inline constexpr unsigned coupon_key_bits = 26;
constexpr std::uint32_t make_coupon(std::uint32_t address, std::uint32_t value) noexcept {
  return value << coupon_key_bits | (address & ((std::uint32_t{1} << coupon_key_bits) - 1));
}
constexpr std::uint32_t coupon_key(std::uint32_t coupon) noexcept {
  return coupon & ((std::uint32_t{1} << coupon_key_bits) - 1);
}
constexpr std::uint8_t coupon_value(std::uint32_t coupon) noexcept {
  return static_cast<std::uint8_t>(coupon >> coupon_key_bits);
}

/// The hash table of coupons as DataSketches keeps it: its images list the coupons in table order, so to write the same
/// bytes the table must be the same. Open addressing with an odd stride taken from the key; zero is an empty place.
class coupon_table {
 public:
  coupon_table() = default;
  /// `identity`: the bits of a coupon by which it is found.
  coupon_table(unsigned lg_size, std::uint32_t identity)
      : slots_(std::size_t{1} << lg_size), lg_size_(lg_size), identity_(identity) {}

  /// Not made with a size yet.
  bool absent() const noexcept { return slots_.empty(); }
  std::uint32_t count() const noexcept { return count_; }
  unsigned lg_size() const noexcept { return lg_size_; }
  /// One more would be too many for the size.
  bool crowded() const noexcept { return 4 * std::uint64_t{count_} > 3 * (std::uint64_t{1} << lg_size_); }

  /// The place of the coupon with this identity, or the empty place where it belongs. One place at least is empty.
  std::uint32_t& find(std::uint32_t identity) noexcept {
    const std::uint32_t mask = (std::uint32_t{1} << lg_size_) - 1;
    const std::uint32_t stride = coupon_key(identity) >> lg_size_ | 1;
    std::uint32_t at = identity & mask;
    while (slots_[at] != 0 && (slots_[at] & identity_) != identity) at = (at + stride) & mask;
    return slots_[at];
  }
  /// Into the empty place that `find` answered.
  void fill(std::uint32_t& place, std::uint32_t coupon) noexcept {
    place = coupon;
    ++count_;
  }
  void grow() {
    coupon_table larger(lg_size_ + 1, identity_);
    for (const std::uint32_t coupon : slots_)
      if (coupon != 0) larger.fill(larger.find(coupon & identity_), coupon);
    *this = std::move(larger);
  }

  /// In table order, empty places included.
  std::span<const std::uint32_t> slots() const noexcept { return slots_; }

 private:
  std::vector<std::uint32_t> slots_;
  std::uint32_t count_ = 0;
  unsigned lg_size_ = 0;
  std::uint32_t identity_ = 0;
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_DETAIL_COUPON_TABLE_HPP

// ---- aggregate/detail/hll_estimate.hpp

#ifndef MILLRACE_AGGREGATE_DETAIL_HLL_ESTIMATE_HPP
#define MILLRACE_AGGREGATE_DETAIL_HLL_ESTIMATE_HPP

namespace millrace {
inline namespace v0 {
namespace detail {

/// How many items left `count` different coupons: the inverse of the expectation, to the third order. A coupon has
/// one of 2^26 addresses and a value v with probability 2^-v.
inline double items_behind_coupons(double count) noexcept {
  constexpr double addresses = 67108864;
  double items = count;
  for (int round = 0; round < 4; ++round) {
    const double pairs = items * (items - 1);
    // two alike: sum of 4^-v is 1/3; three alike: sum of 8^-v is 1/7
    items = count + pairs / (6 * addresses) - pairs * (items - 2) / (42 * addresses * addresses);
  }
  return items;
}

/// The same where coupons become registers, as DataSketches interpolates it there: the image carries the number on, so
/// it must be the same to the last bit. Measured from its images, for 16 to 2^21 registers.
inline double items_at_changeover(unsigned lg_k) noexcept {
  constexpr std::array<std::uint64_t, 15> bits{
      0x4020000004aaaaadU, 0x403900001900001eU, 0x4048800031000073U, 0x40584000610001c2U, 0x40682000c10006f3U,
      0x4078100181001b9dU, 0x4088080301006ddeU, 0x409804060101b6ffU, 0x40a8020c0106dbdaU, 0x40b80118011b6ffaU,
      0x40c800b0016d600aU, 0x40d800a002b5abbfU, 0x40e800e007d968fdU, 0x40f801901c6d8c37U, 0x410803086ec3f653U};
  return std::bit_cast<double>(bits[lg_k < 8 ? 0 : lg_k - 7]);
}

/// How many items the registers have seen, whatever their order. Values are 0 (none) to 63.
/// Source: O. Ertl, "New cardinality estimation algorithms for HyperLogLog sketches", 2017, algorithm 6; Flajolet,
/// Fusy, Gandouet, Meunier, "HyperLogLog", 2007, figure 3, for its constant.
inline double items_behind_registers(std::span<const std::uint8_t> registers) noexcept {
  constexpr unsigned most = 63;
  std::array<double, most + 1> with{};
  for (const std::uint8_t value : registers) ++with[value];
  const auto size = static_cast<double>(registers.size());
  if (with[0] == size) return 0;
  // tau of the share with the largest value, then down by halves, then sigma of the share with none.
  double sum = 0;
  if (const double x = 1 - with[most] / size; x > 0 && x < 1) {
    double root = x;
    double scale = 1;
    double tau = 1 - x;
    for (double before = -1; tau != before;) {
      root = std::sqrt(root);
      before = tau;
      scale /= 2;
      tau -= (1 - root) * (1 - root) * scale;
    }
    sum = size * tau / 3;
  }
  for (unsigned value = most - 1; value >= 1; --value) sum = (sum + with[value]) / 2;
  if (double x = with[0] / size; x > 0) {
    double scale = 1;
    double sigma = x;
    for (double before = -1; sigma != before;) {
      x *= x;
      before = sigma;
      sigma += x * scale;
      scale *= 2;
    }
    sum += size * sigma;
  }
  if (sum == 0) return std::numeric_limits<double>::infinity();
  // So far it is too large by as much as the harmonic mean of so few registers is, once all have a value: Flajolet's
  // constant, which is 7 % for 16 of them and 0.3 % for 400. While many have none, linear counting outweighs it.
  const double excess = 1 + 1.079 / size * (1 - with[0] / size);
  return size / (2 * std::log(2.0)) * size / sum / excess;
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_DETAIL_HLL_ESTIMATE_HPP

// ---- aggregate/hll.hpp

#ifndef MILLRACE_AGGREGATE_HLL_HPP
#define MILLRACE_AGGREGATE_HLL_HPP

namespace millrace {
inline namespace v0 {
namespace detail::hll_image {

// Apache DataSketches' image, 8 bytes at least: preamble length in ints, version, family, lg k, lg of the table's
// size, flags, list count or least register, mode and bits. A list of coupons follows; or their number (4) and a set
// of them; or three doubles of the estimators, how many registers have the least value (4), how many do not fit into 4
// bits (4), the registers, and those that do not fit as coupons.
inline constexpr std::uint8_t serial_version = 1;
inline constexpr std::uint8_t family = 7;
inline constexpr std::uint8_t list_preamble = 2;
inline constexpr std::uint8_t set_preamble = 3;
inline constexpr std::uint8_t array_preamble = 10;
inline constexpr std::uint8_t is_empty = 4;
inline constexpr std::uint8_t is_compact = 8;
inline constexpr std::uint8_t out_of_order = 16;
inline constexpr std::size_t list_length = 8;
inline constexpr unsigned first_set_lg = 5;
inline constexpr unsigned exception = 15;  // what stands in 4 bits for a register above them
inline constexpr std::uint8_t most_value = 63;

/// The first size of the table of exceptions.
constexpr unsigned first_exceptions_lg(unsigned lg_k) noexcept {
  return lg_k < 7 ? 2 : lg_k < 10 ? 3 : lg_k < 12 ? 4 : lg_k < 14 ? 5 : lg_k - 8;
}
constexpr std::size_t register_bytes(unsigned lg_k, unsigned bits) noexcept {
  const std::size_t size = std::size_t{1} << lg_k;
  return bits == 4 ? size / 2 : bits == 6 ? size / 4 * 3 + 1 : size;
}

}  // namespace detail::hll_image

/// How many different items a stream has, in kilobytes however many: the HyperLogLog sketch.
///
/// `LgK`: 2^LgK registers of a new sketch; a loaded one has those of its image. `Bits`: 4, 6 or 8 for a register when
/// saved; in memory one is a byte, whatever `Bits`. Items are whole numbers (7 is one item whatever its type),
/// floating-point numbers (one zero, one NaN), text (the empty one is left out).
/// Guarantee: the estimate's standard deviation is `relative_error()`: 1.3 % at LgK = 12 (0.83 / sqrt(2^LgK) for one
/// stream, 1.04 / sqrt(2^LgK) once sketches with registers were merged), and next to nothing while the sketch is a list
/// of coupons. Repeated items and the order of items make no difference to a merged estimate. The same input and order
/// of merges give the same bytes. Complexity: update O(1), merge and merged estimate O(2^LgK); at most 2^LgK + 2 KB,
/// less while items are few. Allocates: as coupons grow in number, at the change to registers, and for a few exceptions
/// with 4 bits. Threads: one at a time. Source: Flajolet, Fusy, Gandouet, Meunier, "HyperLogLog", 2007; the historic
/// inverse probability estimator: Cohen, "All-distances sketches, revisited", 2014; merged: Ertl, 2017. Bytes: the
/// compact image of Apache DataSketches' HLL sketch, the same as DataSketches writes after the same updates.
template <unsigned LgK = 12, unsigned Bits = 4>
class hll {
  static_assert(LgK >= 4 && LgK <= 21, "millrace[SKETCH-5]: hll<LgK>: LgK must be in [4, 21]");
  static_assert(Bits == 4 || Bits == 6 || Bits == 8, "millrace[SKETCH-6]: hll<LgK, Bits>: Bits must be 4, 6 or 8");

 public:
  static constexpr bool idempotent = true;

  template <detail::hashable_item Item>
  void update(const Item& item) {
    if (detail::is_no_item(item)) return;
    offer(detail::hash_item(item));
  }
  template <detail::hashable_item Item>
  void update(std::span<const Item> items) {
    for (const Item& item : items) update(item);
  }

  /// The items of both. With fewer registers on one side, on both from then on.
  void merge(const hll& other);

  bool empty() const noexcept { return mode_ == mode::list && coupons_.empty(); }
  unsigned lg_k() const noexcept { return lg_k_; }
  unsigned bits() const noexcept { return bits_; }

  /// How many different items there were.
  double estimate() const noexcept {
    if (mode_ != mode::array) return detail::items_behind_coupons(coupon_count());
    return out_of_order_ ? detail::items_behind_registers(registers_) : estimate_;
  }
  /// The estimate's standard deviation, as a fraction of it.
  double relative_error() const noexcept {
    if (mode_ != mode::array) return 0.409 / 8192;  // of coupons that collide, at the most
    return (out_of_order_ ? 1.03896 : 0.83256) / std::sqrt(static_cast<double>(registers_.size()));
  }
  struct bounds_type {
    double lower;
    double upper;
  };
  /// The estimate less and plus so many standard deviations: 95 % confidence with 2, 99.7 % with 3.
  bounds_type bounds(double deviations = 2) const noexcept {
    const double off = deviations * relative_error();
    const double seen = mode_ == mode::array ? static_cast<double>(registers_.size() - zeros()) : coupon_count();
    const double lower = estimate() / (1 + off);
    return {lower < seen ? seen : lower, off < 1 ? estimate() / (1 - off) : std::numeric_limits<double>::infinity()};
  }

  std::vector<std::byte> save() const;
  /// Reads compact and updatable images. Errors: truncated, unsupported, corrupt, type_mismatch, each naming what is
  /// wrong. Allocates: no more than a few times the bytes given.
  static result<hll> load(std::span<const std::byte> bytes);

 private:
  enum class mode : std::uint8_t { list = 0, set = 1, array = 2 };
  using coupons = std::vector<std::uint32_t>;

  static error fault(errc code, const char* what) { return error(code, std::string("HLL image: ") + what); }
  static error truncated() { return fault(errc::truncated, "it ends too soon"); }

  void offer(const detail::hash128& hash) {
    // Bit 1 stands in for a value's upper end: from 62 zeros on it is the same.
    const auto value = static_cast<std::uint8_t>(std::countl_zero(hash.high | 2) + 1);
    if (mode_ == mode::array) [[likely]] {
      const std::size_t at = hash.low & mask_;
      if (value > registers_[at]) [[unlikely]]
        raise(at, value);
    } else {
      collect(detail::make_coupon(static_cast<std::uint32_t>(hash.low), value));
    }
  }

  double coupon_count() const noexcept {
    return static_cast<double>(mode_ == mode::list ? coupons_.size() : table_.count());
  }
  std::size_t zeros() const noexcept {
    std::size_t count = 0;
    for (const std::uint8_t value : registers_) count += value == 0;
    return count;
  }
  /// Coupons as the image lists them: those of a list or a set, or the registers beyond 4 bits.
  coupons listed() const;
  bool is_exception(unsigned value) const noexcept {
    return bits_ == 4 && value >= least_ + detail::hll_image::exception;
  }

  [[gnu::noinline]] void raise(std::size_t at, std::uint8_t value);
  [[gnu::noinline]] void collect(std::uint32_t coupon);
  void count_value(std::uint8_t value, double sign) noexcept {
    (value < 32 ? sum_low_ : sum_high_) += sign * std::bit_cast<double>((std::uint64_t{1023} - value) << 52);
  }
  void note_exception(std::size_t at, std::uint8_t value);
  void raise_least();
  void to_registers();
  void to_registers_of(const hll& other);
  void fold(unsigned lg_k);
  void recount();
  void clear_registers(unsigned lg_k) {
    mode_ = mode::array;
    lg_k_ = static_cast<std::uint8_t>(lg_k);
    mask_ = (std::size_t{1} << lg_k) - 1;
    registers_.assign(mask_ + 1, 0);
  }
  result<void> load_coupons(detail::image_reader& in, std::size_t count, std::size_t places);
  result<void> load_registers(detail::image_reader& in, std::uint8_t least, bool compact, unsigned table_lg);

  mode mode_ = mode::list;
  std::uint8_t lg_k_ = LgK;
  std::uint8_t bits_ = Bits;
  bool out_of_order_ = false;   // registers came together from several sketches
  std::uint8_t least_ = 0;      // with 4 bits, the least register; else 0
  std::uint32_t at_least_ = 0;  // how many registers have that value
  std::size_t mask_ = 0;
  std::vector<std::uint8_t> registers_;
  double estimate_ = 0;         // of the historic inverse probability estimator
  double sum_low_ = 0;          // of 2^-value over all registers, values below 32
  double sum_high_ = 0;         // and from there on
  coupons coupons_;             // of a list; else their order in the image this came from, until there are more
  detail::coupon_table table_;  // of a set, or of the registers beyond 4 bits
};

template <unsigned LgK, unsigned Bits>
void hll<LgK, Bits>::collect(std::uint32_t coupon) {
  using namespace detail::hll_image;
  if (mode_ == mode::list) {
    for (const std::uint32_t known : coupons_)
      if (known == coupon) return;
    coupons_.push_back(coupon);
    if (coupons_.size() < list_length) return;
    if (lg_k_ < 8) return to_registers();
    table_ = detail::coupon_table(first_set_lg, ~std::uint32_t{0});
    for (const std::uint32_t known : coupons_) table_.fill(table_.find(known), known);
    coupons_.clear();
    mode_ = mode::set;
  } else if (mode_ == mode::set) {
    std::uint32_t& place = table_.find(coupon);
    if (place == coupon) return;
    coupons_.clear();
    table_.fill(place, coupon);
    if (!table_.crowded()) return;
    if (table_.lg_size() == lg_k_ - 3U) return to_registers();
    table_.grow();
  } else if (const std::size_t at = coupon & mask_; detail::coupon_value(coupon) > registers_[at]) {
    raise(at, detail::coupon_value(coupon));
  }
}

/// A register takes a larger value.
template <unsigned LgK, unsigned Bits>
void hll<LgK, Bits>::raise(std::size_t at, std::uint8_t value) {
  const std::uint8_t before = registers_[at];
  if (!out_of_order_) estimate_ += static_cast<double>(registers_.size()) / (sum_low_ + sum_high_);
  count_value(before, -1);
  count_value(value, 1);
  if (is_exception(value)) note_exception(at, value);
  registers_[at] = value;
  if (before != least_) return;
  --at_least_;
  while (bits_ == 4 && at_least_ == 0) raise_least();
}

template <unsigned LgK, unsigned Bits>
void hll<LgK, Bits>::note_exception(std::size_t at, std::uint8_t value) {
  if (table_.absent())
    table_ = detail::coupon_table(detail::hll_image::first_exceptions_lg(lg_k_), static_cast<std::uint32_t>(mask_));
  const auto address = static_cast<std::uint32_t>(at);
  const std::uint32_t coupon = detail::make_coupon(address, value);
  coupons_.clear();
  std::uint32_t& place = table_.find(address);
  if (place != 0) {
    place = coupon;
    return;
  }
  table_.fill(place, coupon);
  if (table_.crowded()) table_.grow();
}

/// No register has the least value any more. What does not fit into 4 bits is counted from the least: some fit now.
template <unsigned LgK, unsigned Bits>
void hll<LgK, Bits>::raise_least() {
  ++least_;
  for (const std::uint8_t value : registers_) at_least_ += value == least_;
  if (table_.absent()) return;
  coupons_.clear();
  const detail::coupon_table before = std::exchange(table_, {});
  for (const std::uint32_t coupon : before.slots())
    if (coupon != 0 && is_exception(detail::coupon_value(coupon)))
      note_exception(coupon & mask_, detail::coupon_value(coupon));
}

template <unsigned LgK, unsigned Bits>
std::vector<std::uint32_t> hll<LgK, Bits>::listed() const {
  if (!coupons_.empty() || mode_ == mode::list) return coupons_;
  coupons all;
  for (const std::uint32_t coupon : table_.slots())
    if (coupon != 0) all.push_back(coupon);
  return all;
}

/// From coupons to registers.
template <unsigned LgK, unsigned Bits>
void hll<LgK, Bits>::to_registers() {
  // In table order, also where the image said another: as every reader of the image would.
  if (mode_ == mode::set) coupons_.clear();
  const coupons all = listed();
  coupons_.clear();
  table_ = {};
  clear_registers(lg_k_);
  recount();
  for (const std::uint32_t coupon : all) collect(coupon);
  estimate_ = detail::items_at_changeover(lg_k_);
}

/// Registers like another's, but no more than so far.
template <unsigned LgK, unsigned Bits>
void hll<LgK, Bits>::to_registers_of(const hll& other) {
  const unsigned lg_k = lg_k_;
  mode_ = mode::array;
  lg_k_ = other.lg_k_;
  mask_ = other.mask_;
  registers_ = other.registers_;
  out_of_order_ = other.out_of_order_;
  estimate_ = other.estimate_;
  if (lg_k_ > lg_k) fold(lg_k);
}

/// Fewer registers, each the largest of those that become one.
template <unsigned LgK, unsigned Bits>
void hll<LgK, Bits>::fold(unsigned lg_k) {
  const std::vector<std::uint8_t> before = std::move(registers_);
  clear_registers(lg_k);
  for (std::size_t i = 0; i < before.size(); ++i)
    if (before[i] > registers_[i & mask_]) registers_[i & mask_] = before[i];
}

/// Everything that follows from the registers alone.
template <unsigned LgK, unsigned Bits>
void hll<LgK, Bits>::recount() {
  sum_low_ = sum_high_ = 0;
  least_ = detail::hll_image::most_value;
  for (const std::uint8_t value : registers_) {
    count_value(value, 1);
    if (value < least_) least_ = value;
  }
  if (bits_ != 4) least_ = 0;
  at_least_ = 0;
  table_ = {};
  coupons_.clear();
  for (std::size_t i = 0; i < registers_.size(); ++i) {
    at_least_ += registers_[i] == least_;
    if (is_exception(registers_[i])) note_exception(i, registers_[i]);
  }
}

template <unsigned LgK, unsigned Bits>
void hll<LgK, Bits>::merge(const hll& other) {
  if (other.empty()) return;
  if (other.mode_ != mode::array) {
    if (empty() && lg_k_ == other.lg_k_) {
      mode_ = other.mode_;
      coupons_ = other.coupons_;
      table_ = other.table_;
      return;
    }
    for (const std::uint32_t coupon : other.listed()) collect(coupon);
    if (mode_ == mode::array) recount();
  } else if (mode_ != mode::array) {
    const coupons mine = listed();
    to_registers_of(other);
    recount();
    for (const std::uint32_t coupon : mine) collect(coupon);
    recount();
  } else {
    if (other.lg_k_ < lg_k_) fold(other.lg_k_);
    for (std::size_t i = 0; i < other.registers_.size(); ++i)
      if (other.registers_[i] > registers_[i & mask_]) registers_[i & mask_] = other.registers_[i];
    out_of_order_ = true;
    estimate_ = 0;
    recount();
  }
}

template <unsigned LgK, unsigned Bits>
std::vector<std::byte> hll<LgK, Bits>::save() const {
  using namespace detail::hll_image;
  const coupons all = listed();
  const bool array = mode_ == mode::array;
  const unsigned table_lg = mode_ == mode::list ? 3 : table_.absent() ? 0 : table_.lg_size();
  detail::image_writer out(48 + (array ? register_bytes(lg_k_, bits_) : 0) + 4 * all.size());
  out.put(array ? array_preamble : mode_ == mode::set ? set_preamble : list_preamble);
  out.put(serial_version).put(family).put(lg_k_).put(static_cast<std::uint8_t>(table_lg));
  out.put(static_cast<std::uint8_t>(is_compact | (empty() ? is_empty : 0) | (out_of_order_ ? out_of_order : 0)));
  out.put(static_cast<std::uint8_t>(array ? least_ : mode_ == mode::list ? all.size() : 0));
  out.put(static_cast<std::uint8_t>(static_cast<unsigned>(mode_) | (bits_ / 2U - 2) << 2));
  if (mode_ == mode::set) out.put(static_cast<std::uint32_t>(all.size()));
  if (array) {
    out.put(estimate_).put(sum_low_).put(sum_high_).put(at_least_).put(static_cast<std::uint32_t>(all.size()));
    std::vector<std::uint8_t> packed(register_bytes(lg_k_, bits_));
    for (std::size_t i = 0; i < registers_.size(); ++i) {
      const unsigned value = registers_[i];
      if (bits_ == 8) {
        packed[i] = registers_[i];
      } else if (bits_ == 4) {
        const unsigned nibble = is_exception(value) ? exception : value - least_;
        packed[i / 2] = static_cast<std::uint8_t>(packed[i / 2] | nibble << (i % 2 * 4));
      } else {
        const unsigned shifted = value << (i * 6 % 8);
        packed[i * 6 / 8] = static_cast<std::uint8_t>(packed[i * 6 / 8] | shifted);
        packed[i * 6 / 8 + 1] = static_cast<std::uint8_t>(packed[i * 6 / 8 + 1] | shifted >> 8);
      }
    }
    out.put_array(packed.data(), packed.size());
  }
  out.put_array(all.data(), all.size());
  return std::move(out).take();
}

template <unsigned LgK, unsigned Bits>
result<hll<LgK, Bits>> hll<LgK, Bits>::load(std::span<const std::byte> bytes) {
  using namespace detail::hll_image;
  detail::image_reader in(bytes);
  const auto preamble = in.take<std::uint8_t>();
  const auto version = in.take<std::uint8_t>();
  const auto kind = in.take<std::uint8_t>();
  hll loaded;
  loaded.lg_k_ = in.take<std::uint8_t>();
  const unsigned table_lg = in.take<std::uint8_t>();
  const auto flags = in.take<std::uint8_t>();
  const auto count_or_least = in.take<std::uint8_t>();
  const auto form = in.take<std::uint8_t>();
  if (!in.ok()) return truncated();
  if (kind != family) return fault(errc::type_mismatch, "it is of another family of sketches");
  if (version != serial_version) return fault(errc::unsupported, "unknown serial version");
  if (loaded.lg_k_ < 4 || loaded.lg_k_ > 21) return fault(errc::corrupt, "lg k is not in [4, 21]");
  if ((form & 3) > 2 || form >> 2 > 2) return fault(errc::corrupt, "mode");
  loaded.mode_ = static_cast<mode>(form & 3);
  loaded.bits_ = static_cast<std::uint8_t>((form >> 2) * 2 + 4);
  const bool array = loaded.mode_ == mode::array;
  const bool set = loaded.mode_ == mode::set;
  if (preamble != (array ? array_preamble : set ? set_preamble : list_preamble))
    return fault(errc::corrupt, "the preamble's length and the mode disagree");
  const bool compact = (flags & is_compact) != 0;
  loaded.out_of_order_ = array && (flags & out_of_order) != 0;
  const std::size_t count = set ? in.take<std::uint32_t>() : count_or_least;
  if (!in.ok()) return truncated();
  if (!compact && (table_lg > detail::coupon_key_bits)) return fault(errc::corrupt, "size of the table");
  result<void> done = array ? loaded.load_registers(in, count_or_least, compact, table_lg)
                            : loaded.load_coupons(in, count,
                                                  compact ? count
                                                  : set   ? std::size_t{1} << table_lg
                                                          : list_length);
  if (!done) return std::move(done).error();
  if (!in.rest().empty()) return fault(errc::corrupt, "bytes after the end");
  return loaded;
}

/// A list or a set of `count` coupons in `places`, the others zero.
template <unsigned LgK, unsigned Bits>
result<void> hll<LgK, Bits>::load_coupons(detail::image_reader& in, std::size_t count, std::size_t places) {
  const mode claimed = std::exchange(mode_, mode::list);
  if (claimed == mode::list && count == 0 && in.rest().empty()) return {};
  if (claimed == mode::set && lg_k_ < 8) return fault(errc::corrupt, "a set with so few registers");
  if (!in.holds<std::uint32_t>(places)) return truncated();
  coupons all;
  for (std::size_t i = 0; i < places; ++i) {
    const auto coupon = in.take<std::uint32_t>();
    if (coupon == 0) continue;
    if (detail::coupon_value(coupon) == 0) return fault(errc::corrupt, "a coupon without a value");
    all.push_back(coupon);
  }
  if (all.size() != count) return fault(errc::corrupt, "the number of coupons");
  for (const std::uint32_t coupon : all) {
    if (mode_ == mode::array) return fault(errc::corrupt, "more coupons than its mode holds");
    collect(coupon);
  }
  if (mode_ != claimed || coupon_count() != static_cast<double>(count))
    return fault(errc::corrupt, "its coupons make another mode, or some are the same");
  if (mode_ == mode::set) coupons_ = std::move(all);
  return {};
}

template <unsigned LgK, unsigned Bits>
result<void> hll<LgK, Bits>::load_registers(detail::image_reader& in, std::uint8_t least, bool compact,
                                            unsigned table_lg) {
  using namespace detail::hll_image;
  const auto estimate = in.take<double>();
  const double sum = in.take<double>() + in.take<double>();
  const auto at_least = in.take<std::uint32_t>();
  const auto exceptions = in.take<std::uint32_t>();
  std::vector<std::uint8_t> packed(in.holds<std::uint8_t>(register_bytes(lg_k_, bits_)) ? register_bytes(lg_k_, bits_)
                                                                                        : 0);
  if (packed.empty() || !in.ok()) return truncated();
  in.take_array(packed.data(), packed.size());
  clear_registers(lg_k_);
  constexpr std::uint8_t unknown = 0xff;
  for (std::size_t i = 0; i < registers_.size(); ++i) {
    unsigned value = packed[bits_ == 8 ? i : 0];
    if (bits_ == 4) value = packed[i / 2] >> (i % 2 * 4) & 15U;
    if (bits_ == 6) value = (packed[i * 6 / 8] | unsigned{packed[i * 6 / 8 + 1]} << 8) >> (i * 6 % 8) & 63U;
    if (bits_ == 4) value = value == exception ? unknown : value + least;
    if (value > most_value && !(bits_ == 4 && value == unknown)) return fault(errc::corrupt, "a register's value");
    registers_[i] = static_cast<std::uint8_t>(value);
  }
  std::size_t places = exceptions;
  if (bits_ != 4 && exceptions != 0) return fault(errc::corrupt, "exceptions where there cannot be any");
  if (bits_ == 4 && !compact) places = std::size_t{1} << (exceptions != 0 ? table_lg : first_exceptions_lg(lg_k_));
  if (!in.holds<std::uint32_t>(places)) return truncated();
  coupons all;
  for (std::size_t i = 0; i < places; ++i) {
    const auto coupon = in.take<std::uint32_t>();
    if (coupon == 0 && !compact) continue;
    const std::uint8_t value = detail::coupon_value(coupon);
    std::uint8_t& place = registers_[coupon & mask_];
    if (place != unknown || value < least + exception || value > most_value)
      return fault(errc::corrupt, "an exception that is none");
    place = value;
    all.push_back(coupon);
  }
  if (all.size() != exceptions) return fault(errc::corrupt, "the number of exceptions");
  for (const std::uint8_t value : registers_)
    if (value == unknown) return fault(errc::corrupt, "an exception is missing");

  std::uint32_t found = 0;
  for (const std::uint8_t value : registers_) {
    found += value == least;
    if (value < least) return fault(errc::corrupt, "the least register");
  }
  if (found != at_least || (found == 0 && least != 0)) return fault(errc::corrupt, "the number of least registers");
  recount();
  if (bits_ == 4 && least_ != least) return fault(errc::corrupt, "the least register");
  if (!(std::fabs(sum - (sum_low_ + sum_high_)) <= 1e-9 * sum)) return fault(errc::corrupt, "the registers' sum");
  if (!out_of_order_) {
    const auto seen = static_cast<double>(registers_.size() - zeros());
    if (!(estimate >= 0.999999 * seen && estimate <= (std::numeric_limits<double>::max)()))
      return fault(errc::corrupt, "the estimate");
    estimate_ = estimate;
  }
  coupons_ = std::move(all);
  return {};
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_HLL_HPP

// ---- aggregate/detail/extremes.hpp

#ifndef MILLRACE_AGGREGATE_DETAIL_EXTREMES_HPP
#define MILLRACE_AGGREGATE_DETAIL_EXTREMES_HPP

namespace millrace {
inline namespace v0 {
namespace detail {

template <class T>
struct extremes {
  T low = std::numeric_limits<T>::infinity();
  T high = -std::numeric_limits<T>::infinity();
  bool nan = false;  ///< one of the numbers was NaN: then low and high say nothing
};

/// The least and the greatest of many numbers, and whether any is NaN, in one pass over vectors of 16 bytes.
template <class T>
inline extremes<T> scan_extremes(const T* values, std::size_t count) noexcept {
  typedef T vector __attribute__((vector_size(16)));
  constexpr std::size_t lanes = sizeof(vector) / sizeof(T);
  constexpr std::size_t chains = 2;
  extremes<T> found;
  std::size_t i = 0;
  if (count >= chains * lanes) {
    vector low[chains], high[chains];
    auto odd = vector{} != vector{};
    for (std::size_t c = 0; c < chains; ++c) {
      low[c] = vector{} + found.low;
      high[c] = vector{} + found.high;
    }
    for (; i + chains * lanes <= count; i += chains * lanes) {
      for (std::size_t c = 0; c < chains; ++c) {
        vector v;
        __builtin_memcpy(&v, values + i + c * lanes, sizeof v);
        low[c] = v < low[c] ? v : low[c];
        high[c] = v > high[c] ? v : high[c];
        odd |= v != v;
      }
    }
    for (std::size_t c = 0; c < chains; ++c) {
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        if (low[c][lane] < found.low) found.low = low[c][lane];
        if (high[c][lane] > found.high) found.high = high[c][lane];
        if (odd[lane] != 0) found.nan = true;
      }
    }
  }
  for (; i < count; ++i) {
    if (values[i] < found.low) found.low = values[i];
    if (values[i] > found.high) found.high = values[i];
    if (values[i] != values[i]) found.nan = true;
  }
  return found;
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_DETAIL_EXTREMES_HPP

// ---- aggregate/detail/order_key.hpp

#ifndef MILLRACE_AGGREGATE_DETAIL_ORDER_KEY_HPP
#define MILLRACE_AGGREGATE_DETAIL_ORDER_KEY_HPP

namespace millrace {
inline namespace v0 {
namespace detail {

/// A floating-point number as the signed integer of the same order: integers sort and merge without branches,
/// and -0.0 comes before 0.0, so that sorting gives one answer. Not for NaN.
template <class T>
using order_key = std::conditional_t<sizeof(T) == 8, std::int64_t, std::int32_t>;

template <class T>
constexpr order_key<T> flip_negative(order_key<T> bits) noexcept {
  constexpr int sign = std::numeric_limits<order_key<T>>::digits;
  return bits ^ ((bits >> sign) & (std::numeric_limits<order_key<T>>::max)());
}
template <class T>
constexpr order_key<T> to_order_key(T value) noexcept {
  return flip_negative<T>(std::bit_cast<order_key<T>>(value));
}
template <class T>
constexpr T from_order_key(order_key<T> key) noexcept {
  return std::bit_cast<T>(flip_negative<T>(key));
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_DETAIL_ORDER_KEY_HPP

// ---- aggregate/detail/kll_levels.hpp

#ifndef MILLRACE_AGGREGATE_DETAIL_KLL_LEVELS_HPP
#define MILLRACE_AGGREGATE_DETAIL_KLL_LEVELS_HPP

namespace millrace {
inline namespace v0 {
namespace detail {

/// The values that a KLL sketch keeps. Level 0 holds values of weight 1, each level above twice the weight of the one
/// below it. Levels are sorted runs at the end of `items_`: level l is [start_[l], start_[l + 1]). The front takes
/// what comes in: [raw_, fill_) are values of weight 1 not looked at yet. Once the stream is long, only one in
/// 2^height_ of them is drawn and joins [0, raw_), values of weight 2^height_ on their way into level height_.
template <class T>
class kll_levels {
 public:
  using key_type = order_key<T>;
  static constexpr unsigned min_width = 8;
  static constexpr unsigned max_levels = 60;
  /// What all may weigh together, so that no level beyond the highest is ever asked for.
  static constexpr std::uint64_t max_weight = (std::uint64_t{1} << max_levels) - 1;

  kll_levels(unsigned k, std::uint64_t seed) noexcept : k_(k), capacity_(total_capacity(k, 1)), random_(seed) {}

  /// From runs that are sorted: level l is [starts[l], starts[l + 1]) of `keys`, and `starts` has one more.
  kll_levels(unsigned k, std::uint64_t seed, std::vector<key_type> keys, std::span<const std::uint32_t> starts,
             key_type low, key_type high) noexcept
      : kll_levels(k, seed) {
    items_ = std::move(keys);
    levels_ = static_cast<unsigned>(starts.size() - 1);
    capacity_ = total_capacity(k_, levels_);
    for (unsigned level = 0; level <= levels_; ++level) start_[level] = starts[level];
    for (unsigned level = 0; level < levels_; ++level) settled_ += std::uint64_t{size_of(level)} << level;
    low_ = low;
    high_ = high;
    raise_height();
  }

  /// How many values `levels` levels may hold, the lowest one first in the saved form's array.
  static std::uint32_t total_capacity(unsigned k, unsigned levels) noexcept {
    std::uint32_t total = 0;
    for (unsigned depth = 0; depth < levels; ++depth) total += width_at(k, depth);
    return total;
  }

  void update(T value) {
    if (value != value) [[unlikely]]
      return;
    if (fill_ == stop_) [[unlikely]]
      settle();
    items_[fill_++] = to_order_key(value);
  }

  void update(std::span<const T> values) {
    while (!values.empty()) {
      if (fill_ == stop_) settle();
      const bool whole_blocks = height_ > 0 && fill_ == raw_ && values.size() > block();
      values = values.subspan(whole_blocks ? update_blocks(values) : update_raw(values));
    }
  }

  /// A value that weighs 2^level.
  void insert(unsigned level, T value) {
    if (level >= levels_) {
      absorb_entry();
      while (level >= levels_) add_level();
      raise_height();
    }
    make_room(1);
    const key_type key = to_order_key(value);
    include(key, key);
    settled_ += std::uint64_t{1} << level;
    place(level, &key, 1);
  }

  void merge(const kll_levels& tidied) {
    absorb_entry();
    while (levels_ < tidied.levels_) add_level();
    const auto together = static_cast<std::uint32_t>(retained() + tidied.retained());
    if (end() < together) resize(together);
    for (unsigned level = 0; level < tidied.levels_; ++level)
      place(level, tidied.items_.data() + tidied.start_[level], tidied.size_of(level));
    include(tidied.low_, tidied.high_);
    settled_ += tidied.settled_;
    compress(0);
    raise_height();
    if (end() > capacity_) resize(capacity_);
    stop_ = fill_;
  }

  /// The same values, every one in the sorted run of its level.
  kll_levels tidy() const {
    kll_levels all = *this;
    all.absorb_entry();
    if (all.fill_ > 0) all.settle_raw();
    all.absorb(0, all.fill_);
    return all;
  }

  std::uint64_t count() const noexcept { return settled_ + (fill_ - raw_); }
  std::size_t retained() const noexcept { return fill_ + (items_.size() - start_[0]); }
  unsigned levels() const noexcept { return levels_; }
  unsigned k() const noexcept { return k_; }
  std::uint32_t capacity() const noexcept { return capacity_; }
  /// The sorted run of a level; all of its values after `tidy`.
  std::span<const key_type> run(unsigned level) const noexcept {
    return std::span<const key_type>(items_).subspan(start_[level], size_of(level));
  }
  /// Uniform in [0, 1).
  double draw() noexcept { return random_.uniform(); }
  /// Only if there are values.
  T smallest() const noexcept { return edge<false>(); }
  T largest() const noexcept { return edge<true>(); }

 private:
  static constexpr unsigned max_height = 5;  // 2^5 raw values fit where the 5 levels below would have 8 each
  static constexpr std::uint32_t first_room = 16;
  static constexpr std::uint32_t entry_room = 64;
  static constexpr std::uint32_t span_chunk = 1024;

  static constexpr std::uint32_t width_at(unsigned k, unsigned depth) noexcept {
    if (depth >= 30) return min_width;
    std::uint64_t power = 1;
    for (unsigned i = 0; i < depth; ++i) power *= 3;
    const std::uint64_t rounded = ((std::uint64_t{2} * k << depth) / power + 1) / 2;  // k (2/3)^depth
    return rounded < min_width ? min_width : static_cast<std::uint32_t>(rounded);
  }
  /// A sampler this far below the top level adds a tenth to the error of the levels above it.
  void raise_height() noexcept {
    const auto above = static_cast<unsigned>(std::bit_width(k_));
    const unsigned height = levels_ > above ? levels_ - above : 0;
    if (height > height_) height_ = height < max_height ? height : max_height;
  }

  std::uint32_t block() const noexcept { return std::uint32_t{1} << height_; }
  std::uint32_t size_of(unsigned level) const noexcept { return start_[level + 1] - start_[level]; }
  std::uint32_t end() const noexcept { return static_cast<std::uint32_t>(items_.size()); }
  key_type* at(std::uint32_t position) noexcept { return items_.data() + position; }

  void include(key_type low, key_type high) noexcept {
    if (settled_ == 0 || low < low_) low_ = low;
    if (settled_ == 0 || high > high_) high_ = high;
  }
  template <bool Largest>
  T edge() const noexcept {
    std::uint32_t i = raw_;
    key_type best = Largest ? high_ : low_;
    if (settled_ == 0) best = items_[i++];
    for (; i < fill_; ++i)
      if (Largest ? items_[i] > best : items_[i] < best) best = items_[i];
    return from_order_key<T>(best);
  }

  /// Up to 32 random bits, drawn from the generator 64 at a time.
  std::uint32_t random_bits(unsigned wanted) noexcept {
    if (bits_left_ < wanted) {
      bits_ = random_();
      bits_left_ = 64;
    }
    const auto drawn = static_cast<std::uint32_t>(bits_ & ((std::uint64_t{1} << wanted) - 1));
    bits_ >>= wanted;
    bits_left_ -= wanted;
    return drawn;
  }
  /// A fair coin for a level; every second one is the opposite of the one before, so that their errors cancel.
  std::uint32_t toss(unsigned level) noexcept {
    const std::uint64_t mask = std::uint64_t{1} << level;
    if ((tossed_ & mask) != 0)
      coins_ ^= mask;
    else
      coins_ = random_bits(1) != 0 ? coins_ | mask : coins_ & ~mask;
    tossed_ ^= mask;
    return (coins_ & mask) != 0 ? 1 : 0;
  }

  std::size_t update_raw(std::span<const T> values) noexcept {
    std::size_t done = 0;
    for (; done < values.size() && fill_ != stop_; ++done) {
      items_[fill_] = to_order_key(values[done]);
      fill_ += values[done] == values[done];
    }
    return done;
  }

  /// Draws from whole blocks without copying them, and leaves at least one value to come.
  std::size_t update_blocks(std::span<const T> values) {
    std::size_t blocks = (values.size() - 1) >> height_;
    if (const std::size_t room = start_[0] - raw_ - block() + 1; blocks > room) blocks = room;
    if (const std::size_t most = span_chunk >> height_; blocks > most) blocks = most;
    const std::size_t length = blocks << height_;
    const extremes<T> found = scan_extremes(values.data(), length);
    if (found.nan) return update_raw(values);
    include(to_order_key(found.low), to_order_key(found.high));
    for (const T* from = values.data(); from != values.data() + length; from += block())
      items_[raw_++] = to_order_key(from[random_bits(height_)]);
    settled_ += length;
    fill_ = raw_;
    make_room(0);
    return length;
  }

  /// Called when the raw values have reached `stop_`: makes room for at least one more.
  [[gnu::noinline]] void settle() {
    if (height_ > 0 && fill_ - raw_ == block()) {
      settle_raw();
      items_[raw_] = items_[raw_ + random_bits(height_)];
      fill_ = ++raw_;
    }
    make_room(0);
  }

  /// Lets the raw values' extremes and weight count among the rest.
  void settle_raw() noexcept {
    key_type low = items_[raw_];
    key_type high = low;
    for (std::uint32_t i = raw_; i < fill_; ++i) {
      low = items_[i] < low ? items_[i] : low;
      high = items_[i] > high ? items_[i] : high;
    }
    include(low, high);
    settled_ += fill_ - raw_;
  }

  /// Makes room for the rest of a block of raw values and `extra` ones.
  void make_room(std::uint32_t extra) {
    for (;;) {
      const std::uint32_t wanted = block() - (height_ > 0 ? fill_ - raw_ : 0) + extra;
      if (fill_ + wanted <= start_[0]) break;
      if (end() < capacity_) {
        const std::uint32_t twice = end() < first_room / 2 ? first_room : 2 * end();
        resize(twice < capacity_ ? twice : capacity_);
      } else {
        absorb_entry();
        compress(wanted);
        raise_height();
      }
    }
    stop_ = height_ > 0 ? raw_ + block() : start_[0] - extra;
  }

  /// Moves everything into an array of `size`.
  void resize(std::uint32_t size) {
    std::vector<key_type> moved(size);
    if (end() != 0) {
      std::memcpy(moved.data(), items_.data(), fill_ * sizeof(key_type));
      std::memcpy(moved.data() + size - (end() - start_[0]), at(start_[0]), (end() - start_[0]) * sizeof(key_type));
    }
    for (unsigned level = 0; level <= levels_; ++level) start_[level] = size - (end() - start_[level]);
    items_.swap(moved);
  }

  /// Merges a sorted run into a level; as much room must be free.
  void place(unsigned level, const key_type* sorted, std::uint32_t count) noexcept {
    if (count == 0) return;
    const std::uint32_t begin = start_[level];
    std::memmove(at(start_[0] - count), at(start_[0]), (begin - start_[0]) * sizeof(key_type));
    merge_runs(sorted, count, at(begin), size_of(level), at(begin - count));
    for (unsigned below = 0; below <= level; ++below) start_[below] -= count;
  }

  /// Sorts the first `count` values of the front into a level.
  void absorb(unsigned level, std::uint32_t count) {
    if (count == 0) return;
    constexpr std::uint32_t enough = 256;
    std::array<key_type, 2 * enough> on_stack;
    std::vector<key_type> on_heap(count > enough ? 2 * count : 0);
    key_type* const sorted = count > enough ? on_heap.data() : on_stack.data();
    std::memcpy(sorted, items_.data(), count * sizeof(key_type));
    sort_numbers(sorted, count, sorted + count);
    std::memmove(at(0), at(count), (fill_ - count) * sizeof(key_type));
    fill_ -= count;
    place(level, sorted, count);
  }

  /// Takes the values on their way into level `height_` there; raw values that wait for their block stay.
  void absorb_entry() {
    if (height_ == 0 && fill_ > 0) settle_raw();
    absorb(height_, height_ == 0 ? fill_ : raw_);
    raw_ = 0;
  }

  /// Compacts levels, the lowest first, until `wanted` values more are within the capacity. While there are levels
  /// to compact it makes room for some more, so that the entry is sorted in larger pieces.
  void compress(std::uint32_t wanted) noexcept {
    const auto fits = [this](std::uint32_t more) { return retained() + more <= capacity_; };
    std::uint32_t hoped = wanted > entry_room ? wanted : entry_room;
    while (!fits(wanted)) {
      for (unsigned level = 0; level < levels_ && !fits(hoped); ++level) {
        const std::uint32_t full = level < height_ ? 2 : width_at(k_, levels_ - 1 - level);
        if (size_of(level) >= full) compact(level);
      }
      hoped = wanted;
    }
  }

  /// Every second value of a level, the odd or the even ones, moves up and stands for its neighbour too.
  void compact(unsigned level) noexcept {
    if (level + 1 == levels_) add_level();
    const std::uint32_t begin = start_[level];
    const std::uint32_t above = start_[level + 1];
    const std::uint32_t odd = (above - begin) & 1;  // one is left over and stays
    const std::uint32_t half = (above - begin) / 2;
    const key_type left_over = items_[begin];
    key_type* const kept = at(begin + odd);
    const std::uint32_t coin = toss(level);
    for (std::uint32_t i = 0; i < half; ++i) kept[i] = kept[2 * i + coin];
    merge_runs(kept, half, at(above), size_of(level + 1), at(above - half));
    if (odd != 0) items_[begin + half] = left_over;
    std::memmove(at(start_[0] + half), at(start_[0]), (begin - start_[0]) * sizeof(key_type));
    for (unsigned below = 0; below <= level; ++below) start_[below] += half;
    start_[level + 1] = above - half;
  }

  void add_level() noexcept {
    start_[levels_ + 1] = start_[levels_];
    ++levels_;
    capacity_ = total_capacity(k_, levels_);
  }

  std::vector<key_type> items_;
  std::uint32_t fill_ = 0;
  std::uint32_t stop_ = 0;
  std::uint32_t raw_ = 0;
  unsigned k_;
  unsigned levels_ = 1;
  unsigned height_ = 0;
  std::uint32_t capacity_;
  unsigned bits_left_ = 0;
  std::uint64_t bits_ = 0;
  std::uint64_t settled_ = 0;  // what all but the raw values weigh
  key_type low_ = 0;           // of all but the raw values
  key_type high_ = 0;
  std::uint64_t coins_ = 0;   // level by level, the last toss
  std::uint64_t tossed_ = 0;  // and whether the next one must be its opposite
  random_engine random_;
  std::array<std::uint32_t, max_levels + 2> start_{};
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_DETAIL_KLL_LEVELS_HPP

// ---- aggregate/quantile_view.hpp

#ifndef MILLRACE_AGGREGATE_QUANTILE_VIEW_HPP
#define MILLRACE_AGGREGATE_QUANTILE_VIEW_HPP

namespace millrace {
inline namespace v0 {

/// Two values that a quantile lies between.
template <class T>
struct quantile_bounds {
  T lower;
  T upper;
};

/// A distribution as a sketch of quantiles saw it: values in ascending order, each with the weight of the
/// stream that it stands for. Made once by a sketch's `view()`, asked many times.
///
/// Shapes and units: a rank is the fraction of the stream at or below a value, in [0, 1].
/// Guarantee: `quantile` never decreases with p, `rank` never with the value; p = 0 and p = 1 are the stream's
/// extremes exactly; quantile(p) is the least value seen whose rank is at least p.
/// Complexity: O(log values) a query; allocates: only what `cdf` and `pmf` return.
/// Threads: queries may run side by side.
template <class T>
class quantile_view {
 public:
  quantile_view() = default;
  /// `values` ascending, `weights` of the same length and positive; all values within [smallest, largest].
  quantile_view(std::vector<T> values, std::vector<std::uint64_t> weights, T smallest, T largest)
      : values_(std::move(values)), up_to_(std::move(weights)), smallest_(smallest), largest_(largest) {
    for (std::size_t i = 1; i < up_to_.size(); ++i) up_to_[i] += up_to_[i - 1];
  }

  /// What the values weigh together: the stream's length.
  std::uint64_t count() const noexcept { return up_to_.empty() ? 0 : up_to_.back(); }

  /// `p` in [0, 1]; outside, the nearer end. NaN when p is NaN or nothing was seen.
  T quantile(double p) const noexcept {
    if (values_.empty() || std::isnan(p)) return std::numeric_limits<T>::quiet_NaN();
    if (p <= 0) return smallest_;
    if (p >= 1) return largest_;
    const double wanted = std::ceil(p * static_cast<double>(count()));
    std::size_t first = 0;
    for (std::size_t last = values_.size() - 1; first < last;) {
      const std::size_t middle = first + (last - first) / 2;
      if (static_cast<double>(up_to_[middle]) < wanted)
        first = middle + 1;
      else
        last = middle;
    }
    return values_[first];
  }

  T median() const noexcept { return quantile(0.5); }
  /// Upper less lower quartile.
  T interquartile_range() const noexcept { return quantile(0.75) - quantile(0.25); }

  /// The fraction of the stream at or below `value`; NaN when that is NaN or nothing was seen.
  double rank(T value) const noexcept {
    if (values_.empty() || std::isnan(value)) return std::numeric_limits<double>::quiet_NaN();
    return static_cast<double>(weight_up_to(value)) / static_cast<double>(count());
  }

  /// The rank of each point.
  std::vector<double> cdf(std::span<const T> points) const {
    std::vector<double> ranks;
    ranks.reserve(points.size());
    for (const T point : points) ranks.push_back(rank(point));
    return ranks;
  }

  /// The fractions of the stream up to the first point, between neighbouring points (the upper one included), and
  /// beyond the last: one more than there are points, 1 together.
  /// Errors: invalid_argument when the points do not ascend or nothing was seen.
  result<std::vector<double>> pmf(std::span<const T> points) const {
    if (values_.empty()) return error(errc::invalid_argument, "pmf of an empty sketch");
    std::vector<double> masses;
    masses.reserve(points.size() + 1);
    std::uint64_t before = 0;
    for (std::size_t i = 0; i < points.size(); ++i) {
      if (std::isnan(points[i]) || (i > 0 && !(points[i - 1] < points[i])))
        return error(errc::invalid_argument, "pmf: point " + std::to_string(i) + " is not above the one before it");
      const std::uint64_t now = weight_up_to(points[i]);
      masses.push_back(static_cast<double>(now - before) / static_cast<double>(count()));
      before = now;
    }
    masses.push_back(static_cast<double>(count() - before) / static_cast<double>(count()));
    return masses;
  }

  std::span<const T> values() const noexcept { return values_; }
  /// For each value, the weight at or below it.
  std::span<const std::uint64_t> cumulative() const noexcept { return up_to_; }

 private:
  std::uint64_t weight_up_to(T value) const noexcept {
    std::size_t first = 0;
    for (std::size_t last = values_.size(); first < last;) {
      const std::size_t middle = first + (last - first) / 2;
      if (values_[middle] <= value)
        first = middle + 1;
      else
        last = middle;
    }
    return first == 0 ? 0 : up_to_[first - 1];
  }

  std::vector<T> values_;
  std::vector<std::uint64_t> up_to_;
  T smallest_{};
  T largest_{};
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_QUANTILE_VIEW_HPP

// ---- aggregate/kll.hpp

#ifndef MILLRACE_AGGREGATE_KLL_HPP
#define MILLRACE_AGGREGATE_KLL_HPP

namespace millrace {
inline namespace v0 {
namespace detail::kll_image {

// Apache DataSketches' image, 8 bytes at least: preamble length in ints, version, family, flags, k (2), m, 0; then,
// for two values and more, count (8), min k (2), levels, 0, the levels' first positions in an array of the full
// capacity (4 each), smallest, largest; then the values, level 0 first.
inline constexpr std::uint8_t family = 15;
inline constexpr std::uint8_t short_preamble = 2;
inline constexpr std::uint8_t long_preamble = 5;
inline constexpr std::uint8_t version_long = 1;
inline constexpr std::uint8_t version_single = 2;
inline constexpr std::uint8_t is_empty = 1;
inline constexpr std::uint8_t is_sorted = 2;  // level 0 is in order
inline constexpr std::uint8_t is_single = 4;
inline constexpr std::size_t header_bytes = 20;

}  // namespace detail::kll_image

/// Quantiles of a stream of any length with a bound on the error in rank, in a few kilobytes: the KLL sketch.
///
/// `K` sets accuracy and size of a new sketch; a loaded one has the K of its image. `T` is double or float.
/// NaN is left out; infinities count as values.
/// Guarantee: up to K values everything is exact; `smallest`, `largest`, `quantile(0)` and `quantile(1)` always are.
/// Beyond, one query's rank is off by at most `rank_error()` with probability 0.99 (1.33 % at K = 200). Merging keeps
/// that bound (of the lesser K, if they differ). The same seed, input and order of merges give the same bytes, and a
/// span does what its values do one by one.
/// Complexity: update O(1) amortised, merge and query O(values kept); `view()` serves many queries. At most
/// 3 K + 8 log2(count / K) values are kept: 5 KB at K = 200. Allocates: O(log count) times as it grows.
/// Threads: one at a time.
/// Source: Karnin, Lang, Liberty, "Optimal quantile approximation in streams", FOCS 2016: a sampler in front of
/// compactors of falling width; coins in opposite pairs: Ivkin, Liberty, Lang, Karnin, Braverman, "Streaming quantiles
/// algorithms with small space and update time", 2019.
/// Bytes: the image of Apache DataSketches' KLL sketch. It has no place for the generator: a loaded sketch answers
/// the same, but tosses coins of its own from there on.
template <unsigned K = 200, class T = double>
class kll {
  static_assert(K >= 8 && K <= 65535, "millrace[SKETCH-1]: kll<K>: K must be in [8, 65535]");
  static_assert(std::is_same_v<T, double> || std::is_same_v<T, float>,
                "millrace[SKETCH-2]: kll<K, T>: T must be double or float");

 public:
  using value_type = T;
  /// Updates and merges that would take `count` beyond this are left out.
  static constexpr std::uint64_t max_count = detail::kll_levels<T>::max_weight;

  /// Sketches that are to be merged want different seeds: with the same one, their errors may add up instead of
  /// cancelling.
  explicit kll(std::uint64_t seed = 0) noexcept : kept_(K, seed) {}

  void update(T value) { kept_.update(value); }
  void update(std::span<const T> values) { kept_.update(values); }
  /// As `weight` updates with the same value, where the image keeps whole weights only: a fraction counts as one with
  /// that probability, so that weights add up on average. Complexity: O(values kept log weight).
  void update(T value, weight counts) {
    if (value != value || !(counts.value > 0 && counts.value < static_cast<double>(max_count))) return;
    const auto whole = static_cast<std::uint64_t>(counts.value);
    const double fraction = counts.value - static_cast<double>(whole);
    const std::uint64_t times = whole + (fraction > 0 && kept_.draw() < fraction ? 1 : 0);
    if (times > max_count - count()) return;
    if ((times & 1) != 0) update(value);
    for (unsigned level = 1; times >> level != 0; ++level)
      if ((times >> level & 1) != 0) kept_.insert(level, value);
  }

  void merge(const kll& other) {
    if (other.empty() || other.count() > max_count - count()) return;
    if (!other.exact() && other.min_k_ < min_k_) min_k_ = other.min_k_;
    kept_.merge(other.kept_.tidy());
  }

  std::uint64_t count() const noexcept { return kept_.count(); }
  bool empty() const noexcept { return count() == 0; }
  /// No value was left out so far.
  bool exact() const noexcept { return kept_.levels() == 1; }
  unsigned k() const noexcept { return kept_.k(); }
  /// How many values are kept.
  std::size_t retained() const noexcept { return kept_.retained(); }

  /// NaN when empty; so are `largest`, `quantile` and `rank`.
  T smallest() const noexcept { return empty() ? std::numeric_limits<T>::quiet_NaN() : kept_.smallest(); }
  T largest() const noexcept { return empty() ? std::numeric_limits<T>::quiet_NaN() : kept_.largest(); }

  /// The distribution seen so far, for many queries.
  quantile_view<T> view() const;
  T quantile(double p) const { return view().quantile(p); }
  T median() const { return view().median(); }
  T interquartile_range() const { return view().interquartile_range(); }
  double rank(T value) const { return view().rank(value); }
  std::vector<double> cdf(std::span<const T> points) const { return view().cdf(points); }
  result<std::vector<double>> pmf(std::span<const T> points) const { return view().pmf(points); }

  /// How far the rank of one answer may be off, as a fraction of the stream, at 99 % confidence; 0 while `exact`.
  double rank_error() const noexcept { return exact() ? 0.0 : 2.296 / std::pow(min_k_, 0.9723); }
  /// The same for each fraction that `pmf` answers.
  double pmf_error() const noexcept { return exact() ? 0.0 : 2.446 / std::pow(min_k_, 0.9433); }
  /// Between these the true quantile lies, at 99 % confidence.
  quantile_bounds<T> bounds(double p) const {
    const quantile_view<T> seen = view();
    return {seen.quantile(p - rank_error()), seen.quantile(p + rank_error())};
  }

  /// Allocates: a copy of the sketch.
  std::vector<std::byte> save() const;
  /// `seed` as of a new sketch. Errors: truncated, unsupported, corrupt, each naming what is wrong.
  /// Allocates: no more than a few times the bytes given.
  static result<kll> load(std::span<const std::byte> bytes, std::uint64_t seed = 0);

 private:
  using key_type = detail::order_key<T>;
  static constexpr unsigned max_levels = detail::kll_levels<T>::max_levels;

  static error fault(errc code, const char* what) { return error(code, std::string("KLL image: ") + what); }
  static error truncated() { return fault(errc::truncated, "it ends too soon"); }

  detail::kll_levels<T> kept_;
  unsigned min_k_ = K;  // the least K that was merged in
};

template <unsigned K, class T>
quantile_view<T> kll<K, T>::view() const {
  if (empty()) return {};
  const detail::kll_levels<T> all = kept_.tidy();
  std::vector<T> values, merged_values;
  std::vector<std::uint64_t> weights, merged_weights;
  for (unsigned level = 0; level < all.levels(); ++level) {
    // From the short runs below to the long ones above, so that few values are moved often.
    const std::span<const key_type> run = all.run(level);
    merged_values.resize(values.size() + run.size());
    merged_weights.resize(merged_values.size());
    std::size_t from_run = 0;
    std::size_t from_rest = 0;
    for (std::size_t i = 0; i < merged_values.size(); ++i) {
      const bool rest = from_run == run.size() ||
                        (from_rest < values.size() && detail::to_order_key(values[from_rest]) <= run[from_run]);
      merged_values[i] = rest ? values[from_rest] : detail::from_order_key<T>(run[from_run]);
      merged_weights[i] = rest ? weights[from_rest] : std::uint64_t{1} << level;
      ++(rest ? from_rest : from_run);
    }
    values.swap(merged_values);
    weights.swap(merged_weights);
  }
  return quantile_view<T>(std::move(values), std::move(weights), smallest(), largest());
}

template <unsigned K, class T>
std::vector<std::byte> kll<K, T>::save() const {
  using namespace detail::kll_image;
  const bool one = count() == 1;
  const bool small_image = empty() || one;
  const unsigned levels = kept_.levels();
  detail::image_writer out(header_bytes + 4 * levels + (retained() + 2) * sizeof(T));
  out.put(small_image ? short_preamble : long_preamble).put(one ? version_single : version_long).put(family);
  out.put(static_cast<std::uint8_t>(empty() ? is_empty : one ? is_single | is_sorted : is_sorted));
  out.put(static_cast<std::uint16_t>(k()));
  out.put(std::uint8_t{detail::kll_levels<T>::min_width}).put(std::uint8_t{0});
  const detail::kll_levels<T> all = kept_.tidy();
  if (!small_image) {
    out.put(count())
        .put(static_cast<std::uint16_t>(min_k_))
        .put(static_cast<std::uint8_t>(levels))
        .put(std::uint8_t{0});
    auto position = static_cast<std::uint32_t>(all.capacity() - all.retained());
    for (unsigned level = 0; level < levels; ++level) {
      out.put(position);
      position += static_cast<std::uint32_t>(all.run(level).size());
    }
    out.put(smallest()).put(largest());
  }
  for (unsigned level = 0; level < levels; ++level)
    for (const key_type key : all.run(level)) out.put(detail::from_order_key<T>(key));
  return std::move(out).take();
}

template <unsigned K, class T>
result<kll<K, T>> kll<K, T>::load(std::span<const std::byte> bytes, std::uint64_t seed) {
  using namespace detail::kll_image;
  detail::image_reader in(bytes);
  const auto preamble = in.take<std::uint8_t>();
  const auto version = in.take<std::uint8_t>();
  const auto kind = in.take<std::uint8_t>();
  const auto flags = in.take<std::uint8_t>();
  const unsigned k = in.take<std::uint16_t>();
  const auto width = in.take<std::uint8_t>();
  in.skip(1);
  if (!in.ok()) return truncated();
  const bool none = (flags & is_empty) != 0;
  const bool one = (flags & is_single) != 0;
  if (kind != family) return fault(errc::type_mismatch, "it is of another family of sketches");
  if (version != version_long && version != version_single) return fault(errc::unsupported, "unknown serial version");
  if (width != detail::kll_levels<T>::min_width) return fault(errc::unsupported, "m is not 8");
  if (preamble != (none || one ? short_preamble : long_preamble) || (none && one))
    return fault(errc::corrupt, "the preamble's length and the flags disagree");
  if (k < 8) return fault(errc::corrupt, "k is below 8");

  kll loaded(seed);
  loaded.kept_ = detail::kll_levels<T>(k, seed);
  loaded.min_k_ = k;
  if (none) {
    if (!in.rest().empty()) return fault(errc::corrupt, "bytes after the end");
    return loaded;
  }
  std::uint64_t count = 1;
  unsigned levels = 1;
  T low{}, high{};
  std::array<std::uint32_t, max_levels + 1> starts{};
  if (one) {
    starts[1] = 1;
  } else {
    count = in.take<std::uint64_t>();
    loaded.min_k_ = in.take<std::uint16_t>();
    levels = in.take<std::uint8_t>();
    in.skip(1);
    if (!in.ok()) return truncated();
    if (loaded.min_k_ < 8 || loaded.min_k_ > k) return fault(errc::corrupt, "min k is not in [8, k]");
    if (levels == 0 || levels > max_levels) return fault(errc::corrupt, "number of levels");
    if (count == 0 || count > max_count) return fault(errc::corrupt, "count");
    if (!in.take_array(starts.data(), levels)) return truncated();
    starts[levels] = detail::kll_levels<T>::total_capacity(k, levels);
    low = in.take<T>();
    high = in.take<T>();
    if (!in.ok()) return truncated();
  }
  std::uint64_t weight = 0;
  for (unsigned level = 0; level < levels; ++level) {
    if (starts[level] > starts[level + 1]) return fault(errc::corrupt, "the levels overlap");
    const std::uint64_t size = starts[level + 1] - starts[level];
    if (size > (max_count - weight) >> level) return fault(errc::corrupt, "the levels weigh too much");
    weight += size << level;
  }
  if (weight != count) return fault(errc::corrupt, "the levels do not weigh what the count says");
  const std::uint32_t kept = starts[levels] - starts[0];
  if (!in.holds<T>(kept)) return truncated();
  if (in.rest().size() != kept * sizeof(T)) return fault(errc::corrupt, "bytes after the end");
  std::vector<T> values(kept);
  in.take_array(values.data(), kept);
  if (one) low = high = values[0];
  if (!(low <= high)) return fault(errc::corrupt, "the extremes are out of order");
  std::vector<key_type> keys(kept);
  std::vector<key_type> scratch(kept);
  const std::uint32_t first = starts[0];
  for (unsigned level = 0; level <= levels; ++level) starts[level] -= first;
  for (unsigned level = 0; level < levels; ++level) {
    for (std::uint32_t i = starts[level]; i < starts[level + 1]; ++i) {
      if (!(low <= values[i] && values[i] <= high)) return fault(errc::corrupt, "a value outside the extremes");
      if (level > 0 && i > starts[level] && values[i] < values[i - 1])
        return fault(errc::corrupt, "a level is not sorted");
      keys[i] = detail::to_order_key(values[i]);
    }
    // Level 0 need not be sorted, and zeros of both signs may stand in any order.
    detail::sort_numbers(keys.data() + starts[level], starts[level + 1] - starts[level], scratch.data());
  }
  loaded.kept_ = detail::kll_levels<T>(k, seed, std::move(keys), std::span(starts).first(levels + 1),
                                       detail::to_order_key(low), detail::to_order_key(high));
  return loaded;
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_KLL_HPP

// ---- aggregate/log_histogram.hpp

#ifndef MILLRACE_AGGREGATE_LOG_HISTOGRAM_HPP
#define MILLRACE_AGGREGATE_LOG_HISTOGRAM_HPP

namespace millrace {
inline namespace v0 {

/// Quantiles of a stream of durations in fixed memory, whatever their number and range.
///
/// Units: any whole number; the profiler's are nanoseconds.
/// Guarantee: `count`, `sum`, `smallest`, `largest`, `quantile(0)` and `quantile(1)` are exact (a sum beyond
/// 2^64-1 stands at 2^64-1). For 0 < p < 1, `quantile(p)` is within `relative_error` of the value of
/// rank ceil(p * count), exact below 128, and never decreases as p grows. Values of 2^63 and more
/// share one bucket. Merging is exact: any split of a stream merges to the same histogram.
/// Complexity: update O(1), quantile and merge O(buckets); 32 KiB, allocates: only the saved bytes.
/// Threads: one at a time.
/// Source: log-linear buckets as in G. Tene's HdrHistogram; here octave and sub-bucket are read off
/// the exponent and the first mantissa bits of the value as a double.
class log_histogram {
 public:
  using value_type = std::uint64_t;
  static constexpr double relative_error = 1.0 / 128;

  void update(std::uint64_t value) noexcept {
    ++buckets_[bucket_of(value)];
    ++count_;
    sum_ += value;
    if (value < min_) min_ = value;
    if (value > max_) max_ = value;
  }

  void update(std::span<const std::uint64_t> values) noexcept {
    for (const std::uint64_t value : values) update(value);
  }

  void merge(const log_histogram& other) noexcept {
    for (std::size_t i = 0; i < bucket_count; ++i) buckets_[i] += other.buckets_[i];
    count_ += other.count_;
    sum_ += other.sum_;
    if (other.min_ < min_) min_ = other.min_;
    if (other.max_ > max_) max_ = other.max_;
  }

  std::uint64_t count() const noexcept { return count_; }
  std::uint64_t sum() const noexcept {
    constexpr std::uint64_t most = ~std::uint64_t{0};
    return sum_ > most ? most : static_cast<std::uint64_t>(sum_);
  }
  /// 0 when empty; so are `smallest`, `largest` and `quantile`.
  double mean() const noexcept { return count_ == 0 ? 0.0 : static_cast<double>(sum_) / static_cast<double>(count_); }
  std::uint64_t smallest() const noexcept { return count_ == 0 ? 0 : min_; }
  std::uint64_t largest() const noexcept { return max_; }

  /// `p` in [0, 1]; outside, the nearer end.
  std::uint64_t quantile(double p) const noexcept {
    if (!(p > 0)) return smallest();
    if (p >= 1) return largest();
    const double wanted = std::ceil(p * static_cast<double>(count_));
    double seen = 0;
    for (std::size_t i = 0; i < bucket_count; ++i) {
      seen += static_cast<double>(buckets_[i]);
      if (buckets_[i] != 0 && seen >= wanted) {
        const std::uint64_t value = middle_of(i);
        return value < min_ ? min_ : value > max_ ? max_ : value;
      }
    }
    return largest();
  }
  std::uint64_t median() const noexcept { return quantile(0.5); }
  /// Upper less lower quartile.
  std::uint64_t interquartile_range() const noexcept { return quantile(0.75) - quantile(0.25); }

  /// The sum, the extremes, and the used buckets only: 12 bytes each.
  std::vector<std::byte> save() const {
    envelope_writer to(type);
    to.u64(static_cast<std::uint64_t>(sum_));
    to.u64(static_cast<std::uint64_t>(sum_ >> 64));
    to.u64(min_);
    to.u64(max_);
    std::uint64_t used = 0;
    for (const std::uint64_t count : buckets_) used += count != 0 ? 1 : 0;
    to.u64(used);
    for (std::size_t i = 0; i < bucket_count; ++i) {
      if (buckets_[i] == 0) continue;
      to.u32(static_cast<std::uint32_t>(i));
      to.u64(buckets_[i]);
    }
    return std::move(to).finish();
  }
  /// Errors: those of an envelope; corrupt.
  static result<log_histogram> load(std::span<const std::byte> bytes) {
    auto from = envelope_reader::open(bytes, type);
    if (!from) return std::move(from).error();
    log_histogram made;
    made.sum_ = from->u64();
    made.sum_ |= static_cast<detail::uint128>(from->u64()) << 64;
    made.min_ = from->u64();
    made.max_ = from->u64();
    const std::size_t used = from->count(12);
    bool valid = used == 0 ? made.min_ == ~std::uint64_t{0} && made.max_ == 0 : made.min_ <= made.max_;
    std::size_t next = 0;  // buckets come in ascending order
    for (std::size_t k = 0; k < used && valid; ++k) {
      const std::size_t i = from->u32();
      const std::uint64_t count = from->u64();
      valid = i >= next && i < bucket_count && count != 0 && count <= ~made.count_;
      if (!valid) break;
      made.buckets_[i] = count;
      made.count_ += count;
      next = i + 1;
    }
    if (auto done = from->finish(valid); !done) return std::move(done).error();
    return made;
  }

 private:
  static constexpr std::string_view type = "log_histogram";
  static constexpr unsigned sub_bits = 6;  // 64 buckets an octave: a bucket's middle is within 1/128 of all in it
  static constexpr std::size_t octaves = 63;
  static constexpr std::size_t bucket_count = 1 + (octaves << sub_bits);      // the first one is for zero
  static constexpr std::uint64_t top = (std::uint64_t{1} << octaves) - 1024;  // the largest double below 2^63

  static std::size_t bucket_of(std::uint64_t value) noexcept {
    // Signed, because that conversion is one instruction.
    const auto clamped = static_cast<double>(static_cast<std::int64_t>(value < top ? value : top));
    constexpr std::int64_t before_one = (std::int64_t{1023} << sub_bits) - 1;
    const auto index = static_cast<std::int64_t>(std::bit_cast<std::uint64_t>(clamped) >> (52 - sub_bits)) - before_one;
    return static_cast<std::size_t>(index < 0 ? 0 : index);
  }

  static std::uint64_t middle_of(std::size_t index) noexcept {
    if (index == 0) return 0;
    const std::size_t octave = (index - 1) >> sub_bits;
    const std::uint64_t mantissa = (std::uint64_t{1} << sub_bits) + ((index - 1) & ((std::size_t{1} << sub_bits) - 1));
    if (octave <= sub_bits) return mantissa >> (sub_bits - octave);
    const std::size_t shift = octave - sub_bits;
    return (mantissa << shift) + (((std::uint64_t{1} << shift) - 1) >> 1);
  }

  std::uint64_t count_ = 0;
  detail::uint128 sum_ = 0;
  std::uint64_t min_ = ~std::uint64_t{0};
  std::uint64_t max_ = 0;
  std::array<std::uint64_t, bucket_count> buckets_{};
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_LOG_HISTOGRAM_HPP

// ---- aggregate/detail/pair_kernel.hpp

#ifndef MILLRACE_AGGREGATE_DETAIL_PAIR_KERNEL_HPP
#define MILLRACE_AGGREGATE_DETAIL_PAIR_KERNEL_HPP

namespace millrace {
inline namespace v0 {
namespace detail {

/// Sums over pairs around a shift.
struct pair_powers {
  double x = 0, y = 0, xx = 0, yy = 0, xy = 0;

  void add(double dx, double dy, double w) noexcept {
    double wx = w * dx;
    double wy = w * dy;
    rounded(wx);
    rounded(wy);
    double dxx = wx * dx;
    double dyy = wy * dy;
    double dxy = wx * dy;
    rounded(dxx);
    rounded(dyy);
    rounded(dxy);
    x += wx;
    y += wy;
    xx += dxx;
    yy += dyy;
    xy += dxy;
  }
};

/// x and y of each pair in a register, changed over.
template <class V>
[[gnu::always_inline]] inline void swap_sides(V& to, const V& from) noexcept {
  if constexpr (sizeof(V) == 16)
    to = __builtin_shufflevector(from, from, 1, 0);
  else
    to = __builtin_shufflevector(from, from, 1, 0, 3, 2);
}

/// As in block_kernel, but that the lanes hold x and y in turn, as they lie in memory: eight of each.
struct pair_lanes {
  double single[sum_lanes];
  double square[sum_lanes];
  double product[sum_lanes];  // each twice
};

/// Precondition: count is a multiple of 8.
template <std::size_t Bytes>
[[gnu::always_inline]] inline void pairs_body(const xy* pairs, std::size_t count, const xy& shift,
                                              pair_lanes& out) noexcept {
  using v = vector<double, Bytes>;
  constexpr std::size_t width = Bytes / 8;
  constexpr std::size_t registers = sum_lanes / width;
  const double around[] = {shift.x, shift.y, shift.x, shift.y};
  v center;
  load(center, around);
  v single[registers]{}, square[registers]{}, product[registers]{};
  for (std::size_t at = 0; at < count; at += sum_lanes / 2) {
#pragma GCC unroll 8
    for (std::size_t k = 0; k < registers; ++k) {
      v d;
      load(d, pairs + at + k * width / 2);
      d -= center;
      single[k] += d;
      v d2 = d * d;
      rounded(d2);
      square[k] += d2;
      v both;
      swap_sides(both, d);
      both *= d;
      rounded(both);
      product[k] += both;
    }
  }
  for (std::size_t k = 0; k < registers; ++k) {
    store(out.single + k * width, single[k]);
    store(out.square + k * width, square[k]);
    store(out.product + k * width, product[k]);
  }
}

inline void pairs_baseline(const xy* pairs, std::size_t count, const xy& shift, pair_lanes& out) noexcept {
  pairs_body<16>(pairs, count, shift, out);
}
MILLRACE_X86_TARGET("avx2")
inline void pairs_avx2(const xy* pairs, std::size_t count, const xy& shift, pair_lanes& out) noexcept {
  pairs_body<32>(pairs, count, shift, out);
}

inline pair_powers scan_pairs(const xy* pairs, std::size_t count, const xy& shift) noexcept {
  pair_lanes found;
  const std::size_t even = count / (sum_lanes / 2) * (sum_lanes / 2);
  if (cpu_has_avx2())
    pairs_avx2(pairs, even, shift, found);
  else
    pairs_baseline(pairs, even, shift, found);
  pair_powers all;
  for (std::size_t i = even; i < count; ++i) all.add(pairs[i].x - shift.x, pairs[i].y - shift.y, 1);
  for (double* const lane : {found.single, found.square, found.product})
    for (std::size_t step = sum_lanes / 2; step > 1; step /= 2)
      for (std::size_t i = 0; i < step; ++i) lane[i] += lane[i + step];
  all.x += found.single[0];
  all.y += found.single[1];
  all.xx += found.square[0];
  all.yy += found.square[1];
  all.xy += found.product[0];
  return all;
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_DETAIL_PAIR_KERNEL_HPP

// ---- aggregate/pairs.hpp

#ifndef MILLRACE_AGGREGATE_PAIRS_HPP
#define MILLRACE_AGGREGATE_PAIRS_HPP

namespace millrace {
inline namespace v0 {

/// The weight, the means and the second moments of pairs: sums of w (x - mean x)^2, w (y - mean y)^2 and of
/// the products. Joined as in `moment_sums`, with as little loss. 64 bytes; allocates: never.
/// Source: Chan, Golub, LeVeque (1979); J. Bennett et al., "Numerically stable, single-pass, parallel
/// statistics algorithms", IEEE Cluster 2009.
class comoment_sums {
 public:
  comoment_sums() noexcept = default;
  comoment_sums(const xy& p, double weight) noexcept : weight_(weight), mean_x_{p.x}, mean_y_{p.y} {}
  /// From sums over items around a shift.
  comoment_sums(double weight, const xy& shift, const detail::pair_powers& p) noexcept : weight_(weight) {
    const double dx = p.x / weight;
    const double dy = p.y / weight;
    mean_x_.value = shift.x;
    mean_y_.value = shift.y;
    mean_x_.add(dx);
    mean_y_.add(dy);
    xx_ = not_below_zero(p.xx - times(p.x, dx));
    yy_ = not_below_zero(p.yy - times(p.y, dy));
    xy_ = p.xy - times(p.x, dy);
  }

  double weight() const noexcept { return weight_; }
  xy mean() const noexcept { return {mean_x_.value, mean_y_.value}; }
  double xx() const noexcept { return xx_; }
  double yy() const noexcept { return yy_; }
  double xy_product() const noexcept { return xy_; }

  void merge(const comoment_sums& other) noexcept {
    if (other.weight_ == 0) return;
    if (weight_ == 0) {
      *this = other;
      return;
    }
    const double n = weight_ + other.weight_;
    const double r = other.weight_ / n;
    const double dx = other.mean_x_.less(mean_x_);
    const double dy = other.mean_y_.less(mean_y_);
    const double between = times(weight_, r);
    xx_ += other.xx_ + times(dx * dx, between);
    yy_ += other.yy_ + times(dy * dy, between);
    xy_ += other.xy_ + times(dx * dy, between);
    mean_x_.add(times(dx, r));
    mean_y_.add(times(dy, r));
    weight_ = n;
  }
  void unmerge(const comoment_sums& other) noexcept {
    if (other.weight_ == 0) return;
    const double n = weight_;
    const double left = n - other.weight_;
    if (!(left > n * 0x1p-50)) {  // nothing but rounding
      *this = {};
      return;
    }
    const double r = other.weight_ / n;
    const double dx = other.mean_x_.less(mean_x_) * (n / left);
    const double dy = other.mean_y_.less(mean_y_) * (n / left);
    const double between = times(left, r);
    xx_ = not_below_zero((xx_ - other.xx_) - times(dx * dx, between));
    yy_ = not_below_zero((yy_ - other.yy_) - times(dy * dy, between));
    xy_ = (xy_ - other.xy_) - times(dx * dy, between);
    mean_x_.add(-times(dx, r));
    mean_y_.add(-times(dy, r));
    weight_ = left;
  }
  void scale(double factor) noexcept {
    for (double* const p : {&weight_, &xx_, &yy_, &xy_}) *p *= factor;
  }

  void save(envelope_writer& to) const {
    for (const double v : {weight_, mean_x_.value, mean_x_.rest, mean_y_.value, mean_y_.rest, xx_, yy_, xy_}) to.f64(v);
  }
  bool load(envelope_reader& from) {
    for (double* const p : {&weight_, &mean_x_.value, &mean_x_.rest, &mean_y_.value, &mean_y_.rest, &xx_, &yy_, &xy_})
      *p = from.f64();
    return weight_ >= 0 && !(xx_ < 0) && !(yy_ < 0);
  }

 private:
  static double times(double a, double b) noexcept {
    double product = a * b;
    detail::rounded(product);
    return product;
  }
  static double not_below_zero(double x) noexcept { return x < 0 ? 0 : x; }

  double weight_ = 0;
  detail::double_mean mean_x_;
  detail::double_mean mean_y_;
  double xx_ = 0;
  double yy_ = 0;
  double xy_ = 0;
};

/// Member of aggregates of pairs: what covariance, correlation and trend stand on, kept like `moments`:
/// in shifted blocks. `get` answers `comoment_sums`. 144 bytes; allocates: never.
struct comoments {
  using sample = xy;
  static constexpr std::string_view name = "comoments";

  template <class T>
  class state {
   public:
    static constexpr bool finite_only = true;
    static constexpr bool invertible = true;
    using closed_type = comoment_sums;

    void update(const xy& p) noexcept { update(p, weight(1)); }
    void update(const xy& p, weight w) noexcept {
      if (items_ == 0) {
        weight_ = 0;
        shift_ = p;
        powers_ = {};
      }
      weight_ += w.value;
      powers_.add(p.x - shift_.x, p.y - shift_.y, w.value);
      if (++items_ != most) return;
      closed_.merge(comoment_sums(weight_, shift_, powers_));
      items_ = 0;
    }
    void update_huge(const xy& p, double w) noexcept { closed_.merge(comoment_sums(p, w)); }
    void update(std::span<const xy> pairs) noexcept {
      const xy shift = pairs[0];
      closed_.merge(comoment_sums(static_cast<double>(pairs.size()), shift,
                                  detail::scan_pairs(pairs.data(), pairs.size(), shift)));
    }

    void merge(const state& later) noexcept { closed_.merge(later.closed()); }
    void unmerge(const closed_type& part) noexcept {
      close_all();
      closed_.unmerge(part);
    }
    void scale(double factor) noexcept {
      close_all();
      closed_.scale(factor);
    }
    closed_type closed() const noexcept {
      closed_type all = closed_;
      if (items_ != 0) all.merge(comoment_sums(weight_, shift_, powers_));
      return all;
    }

    void save(envelope_writer& to) const {
      closed_.save(to);
      to.u32(items_);
      if (items_ == 0) return;
      for (const double v : {weight_, shift_.x, shift_.y}) to.f64(v);
      for (const double v : {powers_.x, powers_.y, powers_.xx, powers_.yy, powers_.xy}) to.f64(v);
    }
    bool load(envelope_reader& from) {
      const bool valid = closed_.load(from);
      items_ = from.u32();
      if (items_ == 0) return valid;
      for (double* const p : {&weight_, &shift_.x, &shift_.y}) *p = from.f64();
      for (double* const p : {&powers_.x, &powers_.y, &powers_.xx, &powers_.yy, &powers_.xy}) *p = from.f64();
      return valid && items_ < most && weight_ > 0;
    }

   private:
    static constexpr std::uint32_t most = 256;

    void close_all() noexcept {
      closed_ = closed();
      items_ = 0;
    }

    comoment_sums closed_;
    double weight_ = 0;
    xy shift_;
    detail::pair_powers powers_;
    std::uint32_t items_ = 0;
  };

  static auto value(const auto& a) { return a.template state<comoments>(); }
};

/// Member: sample covariance of x and y, products over weight - 1. NaN for a weight of one or less, and
/// once a pair was infinite.
struct covariance {
  using needs = members<comoments>;
  using sample = xy;
  static double value(const auto& a) {
    const comoment_sums m = a.template state<comoments>();
    if (!(m.weight() > 1) || a.infinities() != 0) return std::numeric_limits<double>::quiet_NaN();
    return m.xy_product() / (m.weight() - 1);
  }
};

/// Member: covariance of the pairs as the whole population, products over weight.
struct population_covariance {
  using needs = members<comoments>;
  using sample = xy;
  static double value(const auto& a) {
    const comoment_sums m = a.template state<comoments>();
    if (!(m.weight() > 0) || a.infinities() != 0) return std::numeric_limits<double>::quiet_NaN();
    return m.xy_product() / m.weight();
  }
};

/// Member: Pearson's correlation, in [-1, 1]. NaN where x or y has no spread.
struct correlation {
  using needs = members<comoments>;
  using sample = xy;
  static double value(const auto& a) {
    const comoment_sums m = a.template state<comoments>();
    const double spread = std::sqrt(m.xx()) * std::sqrt(m.yy());
    if (!(spread > 0) || a.infinities() != 0) return std::numeric_limits<double>::quiet_NaN();
    const double r = m.xy_product() / spread;
    return r > 1 ? 1 : r < -1 ? -1 : r;
  }
};

/// A straight line through pairs.
struct line {
  double slope = std::numeric_limits<double>::quiet_NaN();
  double intercept = std::numeric_limits<double>::quiet_NaN();
  double r_squared = std::numeric_limits<double>::quiet_NaN();  ///< NaN where y has no spread

  double operator()(double x) const noexcept { return intercept + slope * x; }
};

/// Member: the least-squares line y = intercept + slope x. NaN where x has no spread.
struct linear_trend {
  using needs = members<comoments>;
  using sample = xy;
  static line value(const auto& a) {
    const comoment_sums m = a.template state<comoments>();
    line made;
    if (!(m.xx() > 0) || a.infinities() != 0) return made;
    made.slope = m.xy_product() / m.xx();
    double at_mean = made.slope * m.mean().x;
    detail::rounded(at_mean);
    made.intercept = m.mean().y - at_mean;
    const double r = correlation::value(a);
    made.r_squared = r * r;
    return made;
  }
};

namespace detail {

/// An aggregate of one side of the pairs.
template <class Side, class... Ms>
struct side_of_pairs {
  using sample = xy;

  template <class T>
  class state {
   public:
    using inner_type = aggregate<Ms...>;
    static constexpr bool commutative = inner_type::commutative;
    static constexpr bool invertible = inner_type::invertible;
    static constexpr bool exactly_invertible = inner_type::exactly_invertible;

    void update(const xy& p) { inner_.update(Side::of(p)); }
    void update(const xy& p, weight w) requires(inner_type::states::weighable) { inner_.update(Side::of(p), w); }
    void update(std::span<const xy> pairs) {
      double side[256];
      while (!pairs.empty()) {
        const std::size_t now = pairs.size() < 256 ? pairs.size() : 256;
        for (std::size_t i = 0; i < now; ++i) side[i] = Side::of(pairs[i]);
        inner_.update(std::span<const double>(side, now));
        pairs = pairs.subspan(now);
      }
    }
    auto merge(const state& later) { return inner_.merge(later.inner_); }
    void unmerge(const state& part) requires(inner_type::invertible) { inner_.unmerge(part.inner_); }
    void scale(double factor) requires(inner_type::states::scalable) { inner_.scale(factor); }
    const inner_type& inner() const noexcept { return inner_; }

    void save(envelope_writer& to) const { to.block(inner_.save()); }
    bool load(envelope_reader& from) {
      auto made = inner_type::load(from.block());
      if (made) inner_ = *std::move(made);
      return made.has_value();
    }

   private:
    inner_type inner_;
  };
};

struct x_side {
  static double of(const xy& p) noexcept { return p.x; }
};
struct y_side {
  static double of(const xy& p) noexcept { return p.y; }
};

template <class M, class... Rest>
decltype(auto) side_answer(const auto& inner) {
  if constexpr (sizeof...(Rest) == 0)
    return inner.template get<M>();
  else
    return (inner);
}

}  // namespace detail

/// Member of aggregates of pairs: members about the x of each pair. `get` answers what the member does
/// if it is one, else the aggregate of all.
template <class... Members>
struct of_x : detail::side_of_pairs<detail::x_side, Members...> {
  static constexpr std::string_view name = "of_x";
  static decltype(auto) value(const auto& a) {
    return detail::side_answer<Members...>(a.template state<of_x>().inner());
  }
};

/// Member of aggregates of pairs: members about the y of each pair.
template <class... Members>
struct of_y : detail::side_of_pairs<detail::y_side, Members...> {
  static constexpr std::string_view name = "of_y";
  static decltype(auto) value(const auto& a) {
    return detail::side_answer<Members...>(a.template state<of_y>().inner());
  }
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_PAIRS_HPP

// ---- aggregate/percentile_tracker.hpp

#ifndef MILLRACE_AGGREGATE_PERCENTILE_TRACKER_HPP
#define MILLRACE_AGGREGATE_PERCENTILE_TRACKER_HPP

namespace millrace {
inline namespace v0 {

/// A list of percentiles of a stream in fixed memory, whatever its length: for service levels.
///
///     mr::percentile_tracker latency;                  // 50, 90, 95, 99
///     latency.update(12.5);
///     latency.percentile(99);
///     for (auto [percentile, value] : latency.percentiles()) ...
///
/// `Sketch`: what keeps the distribution; `ddsketch` is within 1 % of the value, `kll` within 1.3 % of the rank.
/// Guarantee, complexity, memory: the sketch's. Threads: one at a time; const calls from any number.
template <class Sketch = ddsketch<>>
class basic_percentile_tracker {
 public:
  using sample = double;
  struct row {
    double percentile;
    double value;
  };

  explicit basic_percentile_tracker(std::vector<double> percentiles = {50, 90, 95, 99}, Sketch empty = Sketch())
      : percentiles_(std::move(percentiles)), kept_(empty), empty_(std::move(empty)) {}

  void update(double x) { kept_.update(x); }
  void update(double x, weight w) { kept_.update(x, w); }
  void update(std::span<const double> items) { kept_.update(items); }
  void merge(const basic_percentile_tracker& other) { kept_.merge(other.kept_); }
  /// As if nothing had been seen.
  void reset() { kept_ = empty_; }

  /// NaN when nothing was seen; `percentile` in [0, 100].
  double percentile(double percentile) const { return kept_.quantile(percentile / 100); }
  /// Those of the constructor, in its order.
  std::vector<row> percentiles() const {
    std::vector<row> made;
    made.reserve(percentiles_.size());
    for (const double p : percentiles_) made.push_back({p, percentile(p)});
    return made;
  }
  /// What was seen weighs together.
  double count() const { return static_cast<double>(kept_.count()); }
  const Sketch& sketch() const noexcept { return kept_; }

  std::vector<std::byte> save() const {
    envelope_writer to(type);
    to.u64(percentiles_.size());
    for (const double p : percentiles_) to.f64(p);
    to.block(kept_.save());
    to.block(empty_.save());
    return std::move(to).finish();
  }
  static result<basic_percentile_tracker> load(std::span<const std::byte> bytes) {
    auto from = envelope_reader::open(bytes, type);
    if (!from) return std::move(from).error();
    std::vector<double> percentiles(from->count(8));
    bool valid = true;
    for (double& p : percentiles) {
      p = from->f64();
      valid = valid && p == p;
    }
    auto kept = Sketch::load(from->block());
    auto empty = Sketch::load(from->block());
    if (auto done = from->finish(valid); !done) return std::move(done).error();
    if (!kept) return std::move(kept).error().wrap("saved " + std::string(type));
    if (!empty) return std::move(empty).error().wrap("saved " + std::string(type));
    basic_percentile_tracker made(std::move(percentiles), *std::move(empty));
    made.kept_ = *std::move(kept);
    return made;
  }

 private:
  static constexpr std::string_view type = "percentile_tracker";

  std::vector<double> percentiles_;
  Sketch kept_;
  Sketch empty_;
};

using percentile_tracker = basic_percentile_tracker<>;

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_PERCENTILE_TRACKER_HPP

// ---- aggregate/quantile_curve.hpp

#ifndef MILLRACE_AGGREGATE_QUANTILE_CURVE_HPP
#define MILLRACE_AGGREGATE_QUANTILE_CURVE_HPP

namespace millrace {
inline namespace v0 {

/// A distribution as straight lines between points of known rank. Made once by a sketch's `view()`, asked many times.
///
/// Shapes and units: a rank is the fraction of the stream at or below a value, in [0, 1].
/// Guarantee: `quantile` never decreases with p, `rank` never with the value; quantile(0) and quantile(1) are the
/// stream's extremes exactly; rank(quantile(p)) is p, but for rounding, where the curve rises, and more where it is
/// flat. Complexity: O(log points) a query; allocates: only what `cdf` and `pmf` return. Threads: queries may run side
/// by side.
template <class T>
class quantile_curve {
 public:
  quantile_curve() = default;
  /// Starts at rank 0 with the least value.
  quantile_curve(T smallest, std::size_t expected) {
    values_.reserve(expected + 2);
    up_to_.reserve(expected + 2);
    add(0, smallest);
  }
  /// The next point: `weight` of the stream lies at or below `value`. Neither may decrease.
  void add(double weight, T value) {
    up_to_.push_back(weight);
    values_.push_back(value);
  }

  /// The weight of the stream.
  double count() const noexcept { return up_to_.empty() ? 0 : up_to_.back(); }

  /// `p` in [0, 1]; outside, the nearer end. NaN when p is NaN or nothing was seen.
  T quantile(double p) const noexcept {
    if (values_.empty() || std::isnan(p)) return std::numeric_limits<T>::quiet_NaN();
    if (p <= 0) return values_.front();
    if (p >= 1) return values_.back();
    const double wanted = p * count();
    const std::size_t next = first_where([&](std::size_t i) { return up_to_[i] >= wanted; });
    if (next == 0) return values_.front();
    const double share = (wanted - up_to_[next - 1]) / (up_to_[next] - up_to_[next - 1]);
    return std::lerp(values_[next - 1], values_[next], static_cast<T>(share));
  }

  T median() const noexcept { return quantile(0.5); }
  /// Upper less lower quartile.
  T interquartile_range() const noexcept { return quantile(0.75) - quantile(0.25); }

  /// The fraction of the stream at or below `value`; NaN when that is NaN or nothing was seen.
  double rank(T value) const noexcept {
    if (values_.empty() || std::isnan(value)) return std::numeric_limits<double>::quiet_NaN();
    const std::size_t above = first_where([&](std::size_t i) { return values_[i] > value; });
    if (above == 0) return 0;
    if (above == values_.size()) return 1;
    const double low = values_[above - 1];
    const double high = values_[above];
    // Halves, because the difference of two large numbers may be infinite.
    const double share = (value / 2.0 - low / 2) / (high / 2 - low / 2);
    return std::lerp(up_to_[above - 1], up_to_[above], share) / count();
  }

  /// The rank of each point.
  std::vector<double> cdf(std::span<const T> points) const {
    std::vector<double> ranks;
    ranks.reserve(points.size());
    for (const T point : points) ranks.push_back(rank(point));
    return ranks;
  }

  /// The fractions of the stream up to the first point, between neighbouring points, and beyond the last: one more
  /// than there are points, 1 together.
  /// Errors: invalid_argument when the points do not ascend or nothing was seen.
  result<std::vector<double>> pmf(std::span<const T> points) const {
    if (values_.empty()) return error(errc::invalid_argument, "pmf of an empty sketch");
    std::vector<double> masses;
    masses.reserve(points.size() + 1);
    double before = 0;
    for (std::size_t i = 0; i < points.size(); ++i) {
      if (std::isnan(points[i]) || (i > 0 && !(points[i - 1] < points[i])))
        return error(errc::invalid_argument, "pmf: point " + std::to_string(i) + " is not above the one before it");
      const double now = rank(points[i]);
      masses.push_back(now - before);
      before = now;
    }
    masses.push_back(1 - before);
    return masses;
  }

 private:
  /// The first point for which a condition holds that holds for all later ones; their number if for none.
  template <class Condition>
  std::size_t first_where(Condition holds) const noexcept {
    std::size_t first = 0;
    for (std::size_t last = values_.size(); first < last;) {
      const std::size_t middle = first + (last - first) / 2;
      if (holds(middle))
        last = middle;
      else
        first = middle + 1;
    }
    return first;
  }

  std::vector<T> values_;
  std::vector<double> up_to_;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_QUANTILE_CURVE_HPP

// ---- aggregate/detail/req_levels.hpp

#ifndef MILLRACE_AGGREGATE_DETAIL_REQ_LEVELS_HPP
#define MILLRACE_AGGREGATE_DETAIL_REQ_LEVELS_HPP

namespace millrace {
inline namespace v0 {
namespace detail {

/// The values that a REQ sketch keeps, as keys that ascend towards the end where ranks are to be precise. A key of
/// level l weighs 2^l. A full level keeps its greatest keys, half of it and more, and sends every second one of the
/// others up. How many sections of keys go follows the count of the level's compactions, so that low sections go most
/// often.
template <class Key>
class req_levels {
 public:
  static constexpr unsigned max_levels = 60;
  static constexpr unsigned first_sections = 3;
  static constexpr unsigned least_section = 4;
  static constexpr std::size_t most_room = 96;

  struct level {
    std::vector<Key> keys;      // ascending
    std::uint64_t state = 0;    // compactions so far
    float exact_section = 0;    // before rounding
    std::uint32_t section = 0;  // keys in one
    unsigned sections = first_sections;
    bool coin = false;

    level() = default;
    explicit level(float size) : exact_section(size), section(nearest_even(size)) {}

    std::size_t capacity() const noexcept { return std::size_t{2} * sections * section; }
    /// After many compactions, more and smaller sections.
    void divide() noexcept {
      for (;;) {
        const float smaller = exact_section / 1.41421356F;
        if (sections > 64 || state < std::uint64_t{1} << (sections - 1) || nearest_even(smaller) < least_section)
          return;
        exact_section = smaller;
        section = nearest_even(smaller);
        sections *= 2;
      }
    }
    /// Merges sorted keys in.
    void add(std::span<const Key> sorted) {
      if (sorted.empty()) return;
      const std::size_t before = keys.size();
      std::vector<Key> both(before + sorted.size());
      merge_runs(keys.data(), before, sorted.data(), sorted.size(), both.data());
      keys.swap(both);
    }
  };

  static std::uint32_t nearest_even(float size) noexcept { return 2 * static_cast<std::uint32_t>(size / 2 + 0.5F); }

  req_levels(unsigned k, std::uint64_t seed) : k_(k), random_(seed) { add_level(); }

  /// From levels that were read. None means one that is empty.
  req_levels(unsigned k, std::uint64_t seed, std::vector<level> levels) : k_(k), random_(seed) {
    levels_ = std::move(levels);
    if (levels_.empty()) add_level();
    for (const level& each : levels_) settled_ += each.keys.size();
    const std::size_t most = limit();  // compactions wait for the next key, so that answers stay what they were
    room_ = settled_ < most ? most - settled_ : 0;
  }

  void update(Key key) {
    if (fresh_.size() == room_) [[unlikely]]
      settle();
    fresh_.push_back(key);
  }
  void insert(unsigned height, Key key) {
    while (levels_.size() <= height) add_level();
    levels_[height].add(std::span(&key, 1));
    ++settled_;
    settle();
  }
  void merge(const req_levels& tidied) {
    while (levels_.size() < tidied.levels_.size()) add_level();
    for (std::size_t height = 0; height < tidied.levels_.size(); ++height) {
      level& into = levels_[height];
      into.state |= tidied.levels_[height].state;
      into.divide();
      into.add(tidied.levels_[height].keys);
    }
    settled_ += tidied.settled_;
    settle();
  }
  /// The same keys, each in its level.
  req_levels tidy() const {
    req_levels all = *this;
    all.take_fresh();
    return all;
  }

  unsigned k() const noexcept { return k_; }
  std::size_t retained() const noexcept { return settled_ + fresh_.size(); }
  /// All keys after `tidy`.
  std::span<const level> levels() const noexcept { return levels_; }
  /// Uniform in [0, 1).
  double draw() noexcept { return random_.uniform(); }

 private:
  void add_level() { levels_.emplace_back(static_cast<float>(k_)); }

  void take_fresh() {
    std::vector<Key> scratch(fresh_.size());
    sort_numbers(fresh_.data(), fresh_.size(), scratch.data());
    levels_[0].add(fresh_);
    settled_ += fresh_.size();
    fresh_.clear();
  }
  std::size_t limit() const noexcept {
    std::size_t sum = 0;
    for (const level& each : levels_) sum += each.capacity();
    return sum;
  }

  /// Makes room for more keys: some dozens where that takes no compaction which is not due soon anyway, one at least.
  /// However many come in at once, a compaction errs by the same: larger portions are quicker and more precise.
  [[gnu::noinline]] void settle() {
    take_fresh();
    std::size_t most = limit();
    std::size_t wanted = most / 8 < most_room ? most / 8 : most_room;
    for (const bool due : {true, false}) {     // then those that are full before those that soon will be
      if (!due && levels_.size() == 1) break;  // exact as long as may be
      for (std::size_t height = 0; height < levels_.size() && settled_ + wanted >= most; ++height) {
        const level& next = levels_[height];
        const bool full = next.keys.size() >= next.capacity();
        if (due ? full : next.keys.size() >= staying(next) + least_section) {
          compact(height);
          most = limit();
        }
      }
    }
    room_ = settled_ + wanted < most ? wanted : most - settled_;
  }

  /// How many keys a compaction leaves.
  static std::size_t staying(const level& full) noexcept {
    const auto ones = static_cast<unsigned>(std::countr_one(full.state)) + 1;
    const unsigned going = ones < full.sections ? ones : full.sections;
    return full.capacity() / 2 + std::size_t{full.sections - going} * full.section;
  }

  void compact(std::size_t height) {
    if (height + 1 == levels_.size()) add_level();
    level& full = levels_[height];
    const std::size_t moved = (full.keys.size() - staying(full)) / 2 * 2;
    // Coins come in opposite pairs, so that their errors cancel.
    full.coin = (full.state & 1) != 0 ? !full.coin : (random_() >> 63) != 0;
    std::vector<Key> up(moved / 2);
    for (std::size_t i = 0; i < up.size(); ++i) up[i] = full.keys[2 * i + (full.coin ? 1 : 0)];
    full.keys.erase(full.keys.begin(), full.keys.begin() + static_cast<std::ptrdiff_t>(moved));
    ++full.state;
    full.divide();
    levels_[height + 1].add(up);
    settled_ -= up.size();
  }

  std::vector<Key> fresh_;  // of weight 1, not looked at yet
  std::size_t room_ = 16;   // for so many of them
  std::vector<level> levels_;
  std::size_t settled_ = 0;  // keys in levels
  unsigned k_;
  random_engine random_;
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_DETAIL_REQ_LEVELS_HPP

// ---- aggregate/req.hpp

#ifndef MILLRACE_AGGREGATE_REQ_HPP
#define MILLRACE_AGGREGATE_REQ_HPP

namespace millrace {
inline namespace v0 {
namespace detail::req_image {

// Apache DataSketches' image: preamble length in ints, version, family, flags, k (2), levels, values without a level.
// Up to four values follow as they are. Of more levels than one: count (8), smallest, largest. Then each level:
// compactions (8), size of a section (4, a float), lg of the weight, sections, 0 (2), how many values (4), the values.
inline constexpr std::uint8_t short_preamble = 2;
inline constexpr std::uint8_t long_preamble = 4;
inline constexpr std::uint8_t serial_version = 1;
inline constexpr std::uint8_t family = 17;
inline constexpr std::uint8_t is_empty = 4;
inline constexpr std::uint8_t is_high = 8;
inline constexpr std::uint8_t is_raw = 16;
inline constexpr std::uint8_t is_sorted = 32;  // level 0 is in order
inline constexpr std::size_t most_raw = 4;
inline constexpr std::size_t level_bytes = 20;

}  // namespace detail::req_image

/// Quantiles whose error in rank shrinks towards one end of the distribution, with a bound: the REQ sketch. For p99.99
/// of latencies, where `kll`'s even error is too much and `tdigest` has no bound.
///
/// `K`, even, sets accuracy and size of a new sketch; `HighRanks`: ranks near 1 are the precise ones, else those near
/// 0. A loaded one has both from its image. `T` is double or float. NaN is left out; infinities count as values.
/// Guarantee: up to 6 K values everything is exact; `smallest`, `largest`, `quantile(0)` and `quantile(1)` always are,
/// and so are the 3 K values nearest the precise end. Elsewhere one query's rank is off by at most `rank_error(p)` with
/// probability 0.99: 3.9 % of 1 - p at K = 12, and never more than 1.8 %. Merging keeps that bound. The same seed,
/// input and order of merges give the same bytes, and a span does what its values do one by one. Complexity: update
/// O(log K) amortised, merge and query O(values kept); `view()` serves many queries. A level keeps at most 6 K values,
/// growing to 16 K over 2^11 compactions, and there are log2(count / (3 K)) levels: 30 KB after ten million doubles at
/// K = 12. Allocates: when the values that came in are sorted, each few dozen. Threads: one at a time. Source: Cormode,
/// Karnin, Liberty, Thaler, Vesely, "Relative error streaming quantiles", PODS 2021. Bytes: the image of Apache
/// DataSketches' REQ sketch. It has no place for the generator: a loaded sketch answers the same, but tosses coins of
/// its own from there on.
template <unsigned K = 12, class T = double, bool HighRanks = true>
class req {
  static_assert(K >= 4 && K <= 1024 && K % 2 == 0, "millrace[SKETCH-11]: req<K>: K must be even and in [4, 1024]");
  static_assert(std::is_same_v<T, double> || std::is_same_v<T, float>,
                "millrace[SKETCH-12]: req<K, T>: T must be double or float");

 public:
  using value_type = T;
  /// Weights and merges that would take `count` beyond this are left out.
  static constexpr std::uint64_t max_count = (std::uint64_t{1} << 56) - 1;

  /// Sketches that are to be merged want different seeds: with the same one, their errors may add up instead of
  /// cancelling.
  explicit req(std::uint64_t seed = 0) : kept_(K, seed) {}

  void update(T value) {
    if (value != value) [[unlikely]]
      return;
    include(value, value);
    ++count_;
    kept_.update(key_of(value));
  }
  void update(std::span<const T> values) {
    for (const T value : values) update(value);
  }
  /// As `weight` updates with the same value, where the image keeps whole weights only: a fraction counts as one with
  /// that probability, so that weights add up on average. Complexity: O(values kept log weight).
  void update(T value, weight counts) {
    if (value != value || !(counts.value > 0 && counts.value < static_cast<double>(max_count))) return;
    auto times = static_cast<std::uint64_t>(counts.value);
    if (const double fraction = counts.value - static_cast<double>(times); fraction > 0)
      times += kept_.draw() < fraction;
    if (times == 0 || count_ > max_count || times > max_count - count_) return;
    include(value, value);
    count_ += times;
    for (unsigned height = 0; times >> height != 0; ++height)
      if ((times >> height & 1) != 0) kept_.insert(height, key_of(value));
  }

  /// Errors: shape_mismatch when they differ in K or in the precise end, as loaded ones may; then this is as it was.
  result<void> merge(const req& other) {
    if (other.k() != k() || other.high_ != high_)
      return error(errc::shape_mismatch, "req of " + shape() + " merged with one of " + other.shape());
    if (other.empty() || count_ > max_count || other.count_ > max_count - count_) return {};
    kept_.merge(other.kept_.tidy());
    include(other.low_, other.high_value_);
    count_ += other.count_;
    return {};
  }

  std::uint64_t count() const noexcept { return count_; }
  bool empty() const noexcept { return count_ == 0; }
  /// No value was left out so far.
  bool exact() const noexcept { return kept_.levels().size() == 1; }
  unsigned k() const noexcept { return kept_.k(); }
  /// Ranks near 1 are the precise ones.
  bool high_ranks() const noexcept { return high_; }
  /// How many values are kept.
  std::size_t retained() const noexcept { return kept_.retained(); }

  /// NaN when empty; so are `largest`, `quantile` and `rank`.
  T smallest() const noexcept { return empty() ? std::numeric_limits<T>::quiet_NaN() : low_; }
  T largest() const noexcept { return empty() ? std::numeric_limits<T>::quiet_NaN() : high_value_; }

  /// The distribution seen so far, for many queries.
  quantile_view<T> view() const;
  T quantile(double p) const { return view().quantile(p); }
  T median() const { return view().median(); }
  T interquartile_range() const { return view().interquartile_range(); }
  double rank(T value) const { return view().rank(value); }
  std::vector<double> cdf(std::span<const T> points) const { return view().cdf(points); }
  result<std::vector<double>> pmf(std::span<const T> points) const { return view().pmf(points); }

  /// How far the rank of one answer near rank p may be off, as a fraction of the stream, at 99 % confidence; 0 where
  /// answers are exact.
  double rank_error(double p) const noexcept {
    const double k = kept_.k();
    const double off_end = high_ ? 1 - p : p;
    if (exact() || off_end * static_cast<double>(count_) <= 3 * k) return 0;
    // DataSketches' constants, the first one doubled: in a stream that closes in on a value, errors add up more often.
    constexpr double deviations = 2.576;
    const double relative = std::sqrt(0.1 / 3) * off_end;
    return deviations / k * (relative < 0.084 ? relative : 0.084);
  }
  /// Between these the true quantile lies, at 99 % confidence.
  quantile_bounds<T> bounds(double p) const {
    const quantile_view<T> seen = view();
    // The error is the one at the true rank, which may be farther from the precise end.
    const double off = rank_error(p);
    const double widest = rank_error(high_ ? p - off : p + off);
    return {seen.quantile(p - (off < widest ? widest : off)), seen.quantile(p + (off < widest ? widest : off))};
  }

  /// Allocates: a copy of the sketch.
  std::vector<std::byte> save() const;
  /// `seed` as of a new sketch. Errors: truncated, unsupported, corrupt, type_mismatch, each naming what is wrong.
  /// Allocates: no more than a few times the bytes given.
  static result<req> load(std::span<const std::byte> bytes, std::uint64_t seed = 0);

 private:
  using key_type = detail::order_key<T>;
  using levels_type = detail::req_levels<key_type>;
  using level = typename levels_type::level;

  static error fault(errc code, const char* what) { return error(code, std::string("REQ image: ") + what); }
  static error truncated() { return fault(errc::truncated, "it ends too soon"); }
  std::string shape() const { return "K " + std::to_string(k()) + (high_ ? ", high ranks" : ", low ranks"); }

  key_type key_of(T value) const noexcept {
    const key_type key = detail::to_order_key(value);
    return high_ ? key : ~key;
  }
  T value_of(key_type key) const noexcept { return detail::from_order_key<T>(high_ ? key : ~key); }
  void include(T low, T high) noexcept {
    if (count_ == 0 || low < low_) low_ = low;
    if (count_ == 0 || high > high_value_) high_value_ = high;
  }
  /// A level's values, ascending.
  std::vector<T> values_of(const level& from) const {
    std::vector<T> values;
    values.reserve(from.keys.size());
    const std::size_t size = from.keys.size();
    for (std::size_t i = 0; i < size; ++i) values.push_back(value_of(from.keys[high_ ? i : size - 1 - i]));
    return values;
  }
  result<void> load_level(detail::image_reader& in, level& into, std::size_t count, bool sorted);

  levels_type kept_;
  std::uint64_t count_ = 0;
  T low_ = 0;
  T high_value_ = 0;
  bool high_ = HighRanks;
};

template <unsigned K, class T, bool HighRanks>
quantile_view<T> req<K, T, HighRanks>::view() const {
  if (empty()) return {};
  const levels_type all = kept_.tidy();
  std::vector<T> values, merged_values;
  std::vector<std::uint64_t> weights, merged_weights;
  for (std::size_t height = 0; height < all.levels().size(); ++height) {
    const std::vector<T> run = values_of(all.levels()[height]);
    merged_values.resize(values.size() + run.size());
    merged_weights.resize(merged_values.size());
    std::size_t from_run = 0;
    std::size_t from_rest = 0;
    for (std::size_t i = 0; i < merged_values.size(); ++i) {
      const bool rest = from_run == run.size() || (from_rest < values.size() && values[from_rest] <= run[from_run]);
      merged_values[i] = rest ? values[from_rest] : run[from_run];
      merged_weights[i] = rest ? weights[from_rest] : std::uint64_t{1} << height;
      ++(rest ? from_rest : from_run);
    }
    values.swap(merged_values);
    weights.swap(merged_weights);
  }
  return quantile_view<T>(std::move(values), std::move(weights), smallest(), largest());
}

template <unsigned K, class T, bool HighRanks>
std::vector<std::byte> req<K, T, HighRanks>::save() const {
  using namespace detail::req_image;
  const levels_type all = kept_.tidy();
  const auto levels = static_cast<std::uint8_t>(empty() ? 0 : all.levels().size());
  const bool raw = exact() && count_ <= most_raw;
  detail::image_writer out(16 + 2 * sizeof(T) + levels * level_bytes + retained() * sizeof(T));
  out.put(levels > 1 ? long_preamble : short_preamble).put(serial_version).put(family);
  out.put(static_cast<std::uint8_t>(is_sorted | (empty() ? is_empty : 0) | (high_ ? is_high : 0) | (raw ? is_raw : 0)));
  out.put(static_cast<std::uint16_t>(k())).put(levels).put(static_cast<std::uint8_t>(raw ? count_ : 0));
  if (empty()) return std::move(out).take();
  if (levels > 1) out.put(count_).put(low_).put(high_value_);
  for (std::size_t height = 0; height < levels; ++height) {
    const level& each = all.levels()[height];
    if (!raw) {
      out.put(each.state).put(each.exact_section).put(static_cast<std::uint8_t>(height));
      out.put(static_cast<std::uint8_t>(each.sections)).put(std::uint16_t{0});
      out.put(static_cast<std::uint32_t>(each.keys.size()));
    }
    const std::vector<T> values = values_of(each);
    out.put_array(values.data(), values.size());
  }
  return std::move(out).take();
}

/// Reads `count` values; whatever the sketch's extremes are, they must lie within.
template <unsigned K, class T, bool HighRanks>
result<void> req<K, T, HighRanks>::load_level(detail::image_reader& in, level& into, std::size_t count, bool sorted) {
  if (!in.holds<T>(count)) return truncated();
  std::vector<T> values(count);
  in.take_array(values.data(), count);
  into.keys.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (values[i] != values[i]) return fault(errc::corrupt, "a value that is NaN");
    if (sorted && i > 0 && values[i] < values[i - 1]) return fault(errc::corrupt, "a level is not sorted");
    into.keys[i] = key_of(values[i]);
  }
  std::vector<key_type> scratch(count);
  detail::sort_numbers(into.keys.data(), count, scratch.data());
  return {};
}

template <unsigned K, class T, bool HighRanks>
result<req<K, T, HighRanks>> req<K, T, HighRanks>::load(std::span<const std::byte> bytes, std::uint64_t seed) {
  using namespace detail::req_image;
  detail::image_reader in(bytes);
  const auto preamble = in.take<std::uint8_t>();
  const auto version = in.take<std::uint8_t>();
  const auto kind = in.take<std::uint8_t>();
  const auto flags = in.take<std::uint8_t>();
  const unsigned k = in.take<std::uint16_t>();
  const unsigned levels = in.take<std::uint8_t>();
  const unsigned raw_values = in.take<std::uint8_t>();
  if (!in.ok()) return truncated();
  const bool none = (flags & is_empty) != 0;
  const bool raw = !none && (flags & is_raw) != 0;
  if (kind != family) return fault(errc::type_mismatch, "it is of another family of sketches");
  if (version != serial_version) return fault(errc::unsupported, "unknown serial version");
  if (k < 4 || k > 1024 || k % 2 != 0) return fault(errc::corrupt, "k is not even and in [4, 1024]");
  if (none ? levels > 1 : levels == 0 || levels > levels_type::max_levels)
    return fault(errc::corrupt, "number of levels");
  if (preamble != (levels > 1 ? long_preamble : short_preamble))
    return fault(errc::corrupt, "the preamble's length and the levels disagree");
  if (raw && (levels != 1 || raw_values == 0 || raw_values > most_raw))
    return fault(errc::corrupt, "values without a level");

  req loaded(seed);
  loaded.high_ = (flags & is_high) != 0;
  std::vector<level> read;
  std::uint64_t count = raw_values;
  T low = 0, high = 0;
  if (levels > 1) {
    count = in.take<std::uint64_t>();
    low = in.take<T>();
    high = in.take<T>();
    if (!in.ok()) return truncated();
    if (count == 0 || count > max_count) return fault(errc::corrupt, "count");
    if (!(low <= high)) return fault(errc::corrupt, "the extremes are out of order");
  }
  std::uint64_t weight = 0;
  for (unsigned height = 0; !none && height < levels; ++height) {
    level& next = read.emplace_back(static_cast<float>(k));
    std::size_t values = raw_values;
    if (!raw) {
      next.state = in.take<std::uint64_t>();
      next.exact_section = in.take<float>();
      const auto lg_weight = in.take<std::uint8_t>();
      next.sections = in.take<std::uint8_t>();
      in.skip(2);
      values = in.take<std::uint32_t>();
      if (!in.ok()) return truncated();
      if (lg_weight != height) return fault(errc::corrupt, "a level's weight");
      // Sections double when their size shrinks by the root of 2.
      unsigned halvings = 0;
      while (halvings < 6 && levels_type::first_sections << halvings != next.sections) ++halvings;
      const double size = k / std::pow(2.0, halvings / 2.0);
      if (halvings == 6 || !(std::fabs(next.exact_section - size) <= 1e-3 * size) || size < 2.5)
        return fault(errc::corrupt, "a level's sections");
      next.section = levels_type::nearest_even(next.exact_section);
      if (next.section < levels_type::least_section) return fault(errc::corrupt, "a level's sections");
    }
    if (auto done = loaded.load_level(in, next, values, height > 0 || (flags & is_sorted) != 0); !done)
      return std::move(done).error();
    if (values > (max_count - weight) >> height) return fault(errc::corrupt, "the levels weigh too much");
    weight += std::uint64_t{values} << height;
    if (next.keys.empty()) continue;
    const key_type first = next.keys[loaded.high_ ? 0 : next.keys.size() - 1];
    const key_type last = next.keys[loaded.high_ ? next.keys.size() - 1 : 0];
    if (levels == 1) {
      low = loaded.value_of(first);
      high = loaded.value_of(last);
    } else if (!(low <= loaded.value_of(first) && loaded.value_of(last) <= high)) {
      return fault(errc::corrupt, "a value outside the extremes");
    }
  }
  if (levels == 1 && !raw && !none) count = weight;
  if (!none && (weight != count || count == 0))
    return fault(errc::corrupt, "the levels do not weigh what the count says");
  // DataSketches leaves the room of a level's head behind values without one.
  if (!(raw && in.rest().size() == level_bytes) && !in.rest().empty())
    return fault(errc::corrupt, "bytes after the end");
  if (none) count = 0;
  loaded.kept_ = levels_type(k, seed, std::move(read));
  loaded.count_ = count;
  loaded.low_ = low;
  loaded.high_value_ = high;
  return loaded;
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_REQ_HPP

// ---- aggregate/sampled.hpp

#ifndef MILLRACE_AGGREGATE_SAMPLED_HPP
#define MILLRACE_AGGREGATE_SAMPLED_HPP

namespace millrace {
inline namespace v0 {

/// An aggregate of one item in so many: of each `every` in a row one is drawn and stands for all of them,
/// with their weight where the aggregate takes weights.
///
/// For aggregates whose update costs more than reading the item. What they answer about the distribution
/// stays without bias, with the error of a stratified sample on top of their own; sums and counts are
/// those of the weights (`total_weight`), `seen()` is exact; least and greatest are those of the sample.
/// Guarantee: the same seed and stream give the same bytes; a span does what its items do one by one.
/// Complexity: update an addition and a comparison, one in `every` the aggregate's. 72 bytes. Allocates:
/// what the aggregate does. Threads: one at a time.
/// Errors: of merging aggregates sampled otherwise: invalid_argument.
template <class Aggregate>
class sampled {
 public:
  using sample = detail::aggregate_item<Aggregate>;

  explicit sampled(std::uint64_t every = 32, std::uint64_t seed = 0, Aggregate empty = Aggregate())
      : every_(every == 0 ? 1 : every), random_(seed), chosen_(random_.below(every_)), kept_(std::move(empty)) {}

  void update(const sample& x) {
    ++seen_;
    if (at_ == chosen_) take(x);
    if (++at_ == every_) next_block();
  }
  void update(std::span<const sample> items) {
    seen_ += items.size();
    for (;;) {
      if (chosen_ >= at_ && chosen_ - at_ < items.size()) take(items[static_cast<std::size_t>(chosen_ - at_)]);
      const std::uint64_t left = every_ - at_;
      if (left > items.size()) break;
      items = items.subspan(static_cast<std::size_t>(left));
      next_block();
    }
    at_ += items.size();
  }

  /// The other's unfinished stretch counts as what was drawn of it.
  result<void> merge(const sampled& other) {
    if (every_ != other.every_)
      return error(errc::invalid_argument, "sampled: one in " + std::to_string(every_) + " and one in " +
                                               std::to_string(other.every_) + " do not merge");
    if constexpr (requires(result<void> r) { r = kept_.merge(other.kept_); }) {
      if (result<void> done = kept_.merge(other.kept_); !done) return done;
    } else {
      kept_.merge(other.kept_);
    }
    seen_ += other.seen_;
    return {};
  }

  /// How many items there were.
  std::uint64_t seen() const noexcept { return seen_; }
  std::uint64_t every() const noexcept { return every_; }
  /// The aggregate of the sample.
  const Aggregate& aggregate() const noexcept { return kept_; }

  std::vector<std::byte> save() const {
    envelope_writer to(type);
    for (const std::uint64_t n : {every_, seen_, at_, chosen_}) to.u64(n);
    for (const std::uint64_t n : random_.state()) to.u64(n);
    to.block(kept_.save());
    return std::move(to).finish();
  }
  static result<sampled> load(std::span<const std::byte> bytes) {
    auto from = envelope_reader::open(bytes, type);
    if (!from) return std::move(from).error();
    std::uint64_t numbers[4];
    for (std::uint64_t& n : numbers) n = from->u64();
    random_engine::state_type state{};
    for (std::uint64_t& n : state) n = from->u64();
    auto kept = Aggregate::load(from->block());
    const bool valid = numbers[0] > 0 && numbers[2] < numbers[0] && numbers[3] < numbers[0];
    if (auto done = from->finish(valid); !done) return std::move(done).error();
    if (!kept) return std::move(kept).error().wrap("saved " + std::string(type));
    sampled made(numbers[0], 0, *std::move(kept));
    made.seen_ = numbers[1];
    made.at_ = numbers[2];
    made.chosen_ = numbers[3];
    made.random_ = random_engine::from_state(state);
    return made;
  }

 private:
  static constexpr std::string_view type = "sampled";

  void take(const sample& x) {
    if constexpr (weighted_aggregator_of<Aggregate, sample>)
      (void)kept_.update(x, weight(static_cast<double>(every_)));
    else
      (void)kept_.update(x);
  }
  void next_block() noexcept {
    at_ = 0;
    chosen_ = random_.below(every_);
  }

  std::uint64_t every_;
  random_engine random_;
  std::uint64_t chosen_;  // of the stretch of `every_` that the stream is in
  std::uint64_t at_ = 0;  // how far it is into that
  std::uint64_t seen_ = 0;
  Aggregate kept_;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_SAMPLED_HPP

// ---- aggregate/sharded.hpp

#ifndef MILLRACE_AGGREGATE_SHARDED_HPP
#define MILLRACE_AGGREGATE_SHARDED_HPP

namespace millrace {
inline namespace v0 {

namespace detail {

/// For what takes a microsecond and is seldom waited for.
class spin_lock {
 public:
  void lock() noexcept {
    while (taken_.exchange(true, std::memory_order_acquire))
      while (taken_.load(std::memory_order_relaxed)) ::sched_yield();
  }
  void unlock() noexcept { taken_.store(false, std::memory_order_release); }

 private:
  std::atomic<bool> taken_{false};
};
class spin_guard {
 public:
  explicit spin_guard(spin_lock& lock) noexcept : lock_(lock) { lock_.lock(); }
  ~spin_guard() { lock_.unlock(); }
  spin_guard(const spin_guard&) = delete;
  spin_guard& operator=(const spin_guard&) = delete;

 private:
  spin_lock& lock_;
};

/// What a thread keeps of the sharded aggregates that it writes: given back when it ends.
struct shard_base {
  std::atomic<bool> owned{true};
};
struct thread_shards {
  struct entry {
    std::uint64_t owner;
    std::shared_ptr<shard_base> shard;
  };
  std::vector<entry> entries;

  ~thread_shards() {
    for (const entry& e : entries) e.shard->owned.store(false, std::memory_order_release);
  }
  static thread_shards& of_this_thread() {
    static thread_local thread_shards kept;
    return kept;
  }
};
struct last_shard {
  std::uint64_t owner = 0;
  shard_base* shard = nullptr;
};
inline constinit thread_local last_shard last_used_shard{};
inline std::uint64_t new_shard_owner() noexcept {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

}  // namespace detail

/// One aggregate written by many threads: each writes a shard of its own, a reader merges them.
///
///     mr::sharded<mr::aggregate<mr::count, mr::mean, mr::max>> latency;
///     latency.update(12.5);            // from any thread
///     auto now = latency.read();
///
/// Guarantee: `read` holds every update that returned before it was called, each once, and of those that
/// run beside it some; the order of items is kept within a thread only. A thread that ends leaves its shard
/// to the next new one: there are at most as many as threads ran at a time.
/// Complexity: update two stores, no lock, no read-modify-write; every 256th hands its thread's items to
/// the aggregate as a span, under the shard's own lock. `read` merges all shards. 2 KiB (4 for pairs) and
/// an aggregate a thread; allocates: at a thread's first update, and what the aggregate does.
/// Threads: any, but for the destructor.
template <class Aggregate>
class sharded {
 public:
  using sample = detail::aggregate_item<Aggregate>;
  static_assert(std::is_trivially_copyable_v<sample> && sizeof(sample) % 8 == 0,
                "millrace[AGGREGATE-12]: sharded<Aggregate>: its items must be doubles, or plain structs of them");

  explicit sharded(Aggregate empty = Aggregate()) : empty_(std::move(empty)) {}
  sharded(const sharded&) = delete;
  sharded& operator=(const sharded&) = delete;

  void update(const sample& x) {
    shard& mine = this_thread();
    const std::uint32_t at = mine.filled.load(std::memory_order_relaxed);
    mine.put(at, x);
    mine.filled.store(at + 1, std::memory_order_release);
    if (at + 1 == room) [[unlikely]]
      mine.hand_over();
  }
  /// Under the shard's lock throughout.
  void update(std::span<const sample> items) {
    shard& mine = this_thread();
    const detail::spin_guard guard(mine.lock);
    mine.hand_over_locked();
    if constexpr (requires { mine.kept.update(items); })
      (void)mine.kept.update(items);
    else
      for (const sample& x : items) (void)mine.kept.update(x);
  }

  /// All shards merged.
  Aggregate read() const {
    Aggregate sum = empty_;
    const detail::spin_guard guard(lock_);
    for (const auto& one : shards_) (void)sum.merge(one->read());
    return sum;
  }
  /// All shards merged, and emptied: each item comes out once.
  Aggregate take() {
    Aggregate sum = empty_;
    const detail::spin_guard guard(lock_);
    for (const auto& one : shards_) (void)sum.merge(one->take(empty_));
    return sum;
  }
  /// How many shards there are.
  std::size_t shards() const {
    const detail::spin_guard guard(lock_);
    return shards_.size();
  }

 private:
  static constexpr std::uint32_t room = 256;
  static constexpr std::size_t words = sizeof(sample) / 8;

  // Its thread writes slots and `filled`; everyone reads the slots before `filled` under the lock. Slots are
  // used again only after they were handed over, under the lock too.
  struct shard : detail::shard_base {
    explicit shard(const Aggregate& empty) : kept(empty) {}

    void put(std::uint32_t at, const sample& x) noexcept {
      const auto bits = std::bit_cast<std::array<std::uint64_t, words>>(x);
      for (std::size_t w = 0; w < words; ++w) slots[at * words + w].store(bits[w], std::memory_order_relaxed);
    }
    std::size_t copy_slots(sample (&to)[room]) const noexcept {
      const std::uint32_t end = filled.load(std::memory_order_acquire);
      for (std::uint32_t i = taken; i < end; ++i) {
        std::array<std::uint64_t, words> bits;
        for (std::size_t w = 0; w < words; ++w) bits[w] = slots[i * words + w].load(std::memory_order_relaxed);
        to[i - taken] = std::bit_cast<sample>(bits);
      }
      return end - taken;
    }
    static void feed(Aggregate& into, std::span<const sample> items) {
      if constexpr (requires { into.update(items); })
        (void)into.update(items);
      else
        for (const sample& x : items) (void)into.update(x);
    }
    void hand_over() {
      const detail::spin_guard guard(lock);
      hand_over_locked();
    }
    void hand_over_locked() {
      sample items[room];
      feed(kept, std::span<const sample>(items, copy_slots(items)));
      taken = 0;
      filled.store(0, std::memory_order_relaxed);
    }
    Aggregate read() {
      sample items[room];
      const detail::spin_guard guard(lock);
      Aggregate copy = kept;
      feed(copy, std::span<const sample>(items, copy_slots(items)));
      return copy;
    }
    Aggregate take(const Aggregate& empty) {
      sample items[room];
      const detail::spin_guard guard(lock);
      const std::size_t count = copy_slots(items);
      feed(kept, std::span<const sample>(items, count));
      taken += static_cast<std::uint32_t>(count);
      return std::exchange(kept, empty);
    }

    alignas(64) std::atomic<std::uint32_t> filled{0};
    std::atomic<std::uint64_t> slots[room * words];
    alignas(64) detail::spin_lock lock;
    std::uint32_t taken = 0;  // slots that are in `kept`, or were taken, already
    Aggregate kept;
  };

  shard& this_thread() {
    const detail::last_shard& last = detail::last_used_shard;
    if (last.owner == id_) [[likely]]
      return static_cast<shard&>(*last.shard);
    return find_shard();
  }
  [[gnu::noinline]] shard& find_shard() {
    auto& mine = detail::thread_shards::of_this_thread().entries;
    for (const auto& e : mine)
      if (e.owner == id_) return remember(*e.shard);
    std::shared_ptr<shard> found;
    {
      const detail::spin_guard guard(lock_);
      for (const auto& one : shards_)
        if (!one->owned.load(std::memory_order_relaxed) && !one->owned.exchange(true, std::memory_order_acquire)) {
          found = one;
          break;
        }
      if (found == nullptr) shards_.push_back(found = std::make_shared<shard>(empty_));
    }
    std::erase_if(mine, [](const auto& e) { return e.shard.use_count() == 1; });  // theirs are gone
    mine.push_back({id_, found});
    return remember(*found);
  }
  shard& remember(detail::shard_base& found) noexcept {
    detail::last_used_shard = {id_, &found};
    return static_cast<shard&>(found);
  }

  const std::uint64_t id_ = detail::new_shard_owner();
  Aggregate empty_;
  mutable detail::spin_lock lock_;
  std::vector<std::shared_ptr<shard>> shards_;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_SHARDED_HPP

// ---- aggregate/sketch_members.hpp

#ifndef MILLRACE_AGGREGATE_SKETCH_MEMBERS_HPP
#define MILLRACE_AGGREGATE_SKETCH_MEMBERS_HPP

namespace millrace {
inline namespace v0 {

// A sketch is a member of an aggregate as it is: `aggregate<count, kll<200>>`, and `get<kll<200>>()`
// answers it. The members below ask it one question each; those that name the same sketch share it.

/// The distribution that an aggregate's sketch has seen, to be asked as long as the aggregate lives and
/// is not changed. For many questions at once, `view()` is sorted once only.
template <class Sketch>
class quantile_query {
 public:
  explicit quantile_query(const Sketch& sketch) noexcept : sketch_(&sketch) {}

  /// The quantile at p in [0, 1].
  double operator()(double p) const { return sketch_->quantile(p); }
  double median() const { return sketch_->median(); }
  /// Upper less lower quartile.
  double interquartile_range() const { return sketch_->interquartile_range(); }
  /// The fraction of items at or below x.
  double rank(double x) const { return sketch_->rank(x); }
  std::vector<double> cdf(std::span<const double> points) const { return sketch_->cdf(points); }
  /// As the sketch's.
  auto pmf(std::span<const double> points) const { return sketch_->pmf(points); }
  auto view() const { return sketch_->view(); }
  /// With its error bound, image, and whatever else it can be asked.
  const Sketch& sketch() const noexcept { return *sketch_; }

 private:
  const Sketch* sketch_;
};

/// Member: quantiles, ranks and the distribution, as a `quantile_query`: `get<mr::quantiles>()(0.99)`.
///
/// Guarantee, memory and weights: the sketch's. Exact for few items with `kll<K>`: up to K of them.
template <class Sketch = kll<200>>
struct quantiles {
  using needs = members<Sketch>;
  static quantile_query<Sketch> value(const auto& a) { return quantile_query<Sketch>(a.template state<Sketch>()); }
};

/// Member: the median, by a sketch. NaN without items.
template <class Sketch>
struct basic_median {
  using needs = members<Sketch>;
  static double value(const auto& a) { return a.template state<Sketch>().median(); }
};
using median = basic_median<kll<200>>;

/// Member: upper less lower quartile, by a sketch. NaN without items.
template <class Sketch>
struct basic_interquartile_range {
  using needs = members<Sketch>;
  static double value(const auto& a) { return a.template state<Sketch>().interquartile_range(); }
};
using interquartile_range = basic_interquartile_range<kll<200>>;

/// Member: how many distinct items, by a sketch. The sketch itself, with its error, is `get<Sketch>()`.
template <class Sketch = hll<12>>
struct distinct {
  using needs = members<Sketch>;
  static double value(const auto& a) { return a.template state<Sketch>().estimate(); }
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_SKETCH_MEMBERS_HPP

// ---- aggregate/tdigest.hpp

#ifndef MILLRACE_AGGREGATE_TDIGEST_HPP
#define MILLRACE_AGGREGATE_TDIGEST_HPP

namespace millrace {
inline namespace v0 {
namespace detail::tdigest_image {

// Apache DataSketches' image: preamble length in 8 bytes, version, type, k (2), flags, 0 (2); then for one value that
// value; for more the numbers of centroids and of buffered values (4 each), smallest, largest, the centroids (mean
// and whole weight, as wide as T each) and the buffered values.
inline constexpr std::uint8_t short_preamble = 1;
inline constexpr std::uint8_t long_preamble = 2;
inline constexpr std::uint8_t serial_version = 1;
inline constexpr std::uint8_t sketch_type = 20;
inline constexpr std::uint8_t is_empty = 1;
inline constexpr std::uint8_t is_single = 2;
inline constexpr std::uint8_t in_reverse = 4;
inline constexpr std::size_t header_bytes = 16;

}  // namespace detail::tdigest_image

/// Quantiles that are most precise at the ends of the distribution (p99.9, p0.01), in a few kilobytes: the t-digest.
///
/// `K` sets accuracy and size of a new sketch; a loaded one has the K of its image. `T` is double or float. NaN and
/// infinities are left out.
/// Guarantee: `smallest`, `largest`, `quantile(0)` and `quantile(1)` are exact, and values that were merged with no
/// other keep their rank; `quantile` and `rank` never decrease. There is no bound for all streams: at K = 100 the rank
/// of the median is typically off by 0.0003 and that of p99 by 0.00004, `resolution(p)` says how coarsely the stream
/// was summed up there, and `kll` has a bound. The same input and order of merges give the same bytes; a span does
/// what its values do one by one.
/// Complexity: update O(log K) amortised, merge and query O(K log K); `view()` serves many queries. At most 2 K + 10
/// centroids (2 K + 30 below K = 30) and up to eight times as many buffered values: 12 KB at K = 100. Allocates: when
/// the buffer grows or is full. Threads: one at a time. Source: Dunning, Ertl, "Computing extremely accurate quantiles
/// using t-digests", 2019. A centroid's weight is bounded by scale functions k1 and k2 together, and centroids form
/// from both ends towards the middle, so that neither end is favoured. Bytes: the image of Apache DataSketches'
/// t-digest, buffered values included.
template <unsigned K = 100, class T = double>
class tdigest {
  static_assert(K >= 10 && K <= 65535, "millrace[SKETCH-3]: tdigest<K>: K must be in [10, 65535]");
  static_assert(std::is_same_v<T, double> || std::is_same_v<T, float>,
                "millrace[SKETCH-4]: tdigest<K, T>: T must be double or float");

 public:
  using value_type = T;
  /// Updates and merges that would take `count` beyond this are left out.
  static constexpr std::uint64_t max_count = sizeof(T) == 8 ? std::uint64_t{1} << 53 : 0xffffffffU;

  void update(T value) {
    if (!(std::fabs(value) <= (std::numeric_limits<T>::max)())) [[unlikely]]
      return;
    if (buffer_.size() >= room_) [[unlikely]]
      compress();
    buffer_.push_back(detail::to_order_key(value));
    if (value < low_) low_ = value;
    if (value > high_) high_ = value;
  }

  void update(std::span<const T> values) {
    for (const T value : values) update(value);
  }

  /// As `weight` updates with the same value, where the image keeps whole weights only: a fraction counts as one with
  /// that probability, so that weights add up on average. Complexity: O(K).
  void update(T value, weight counts);

  void merge(const tdigest& other);

  /// Takes the buffered values into the centroids, now instead of when the buffer is full: the image becomes smaller
  /// and queries quicker. Nothing is lost that would not be lost later.
  void compress();

  std::uint64_t count() const noexcept { return settled_ + buffer_.size(); }
  bool empty() const noexcept { return count() == 0; }
  unsigned k() const noexcept { return k_; }

  /// NaN when empty; so are `largest`, `quantile`, `rank` and `resolution`.
  T smallest() const noexcept { return empty() ? std::numeric_limits<T>::quiet_NaN() : low_; }
  T largest() const noexcept { return empty() ? std::numeric_limits<T>::quiet_NaN() : high_; }

  /// The distribution seen so far, for many queries.
  quantile_curve<T> view() const;
  T quantile(double p) const { return view().quantile(p); }
  T median() const { return view().median(); }
  T interquartile_range() const { return view().interquartile_range(); }
  double rank(T value) const { return view().rank(value); }
  std::vector<double> cdf(std::span<const T> points) const { return view().cdf(points); }
  result<std::vector<double>> pmf(std::span<const T> points) const { return view().pmf(points); }

  /// The fraction of the stream in the centroid at rank `p`: how finely ranks are told apart there.
  double resolution(double p) const;

  /// Values that stand for the stream, ascending, and how many of its values each one stands for; not the
  /// buffered values.
  using weight_type = std::conditional_t<sizeof(T) == 8, std::uint64_t, std::uint32_t>;
  struct centroid {
    T mean;
    weight_type weight;
  };
  std::span<const centroid> centroids() const noexcept { return centroids_; }

  std::vector<std::byte> save() const;
  /// Errors: truncated, unsupported, corrupt, not_finite, each naming what is wrong.
  /// Allocates: no more than a few times the bytes given.
  static result<tdigest> load(std::span<const std::byte> bytes);

 private:
  using key_type = detail::order_key<T>;

  static error fault(errc code, const char* what) { return error(code, std::string("t-digest image: ") + what); }
  static error truncated() { return fault(errc::truncated, "it ends too soon"); }

  static constexpr std::uint32_t most_centroids(unsigned k) noexcept { return 2 * k + (k < 30 ? 30 : 10); }
  /// A power of two: that many are sorted quickest.
  static constexpr std::uint32_t room_for(unsigned k) noexcept { return std::bit_ceil(4 * most_centroids(k)); }
  std::size_t most_centroids() const noexcept { return most_centroids(k_); }

  static std::vector<centroid> joined(std::span<const centroid> a, std::span<const centroid> b);
  class folder;
  void fold(std::vector<centroid> old);

  std::vector<key_type> buffer_;
  std::vector<centroid> centroids_;
  std::uint64_t settled_ = 0;  // what the centroids weigh
  T low_ = std::numeric_limits<T>::infinity();
  T high_ = -std::numeric_limits<T>::infinity();
  std::uint16_t k_ = K;
  std::uint32_t room_ = room_for(K);  // of the buffer
  std::uint8_t flags_ = 0;            // `in_reverse`, kept for other readers
  std::uint64_t fractions_ = K;       // the generator for fractional weights
};

/// Folds sorted centroids and sorted single values into fewer centroids.
template <unsigned K, class T>
class tdigest<K, T>::folder {
 public:
  /// `total`: the weight of all. `fineness` 1, less for fewer centroids.
  folder(std::span<const centroid> old, std::span<const key_type> singles, double total, double k, double fineness)
      : old_(old), singles_(singles), total_(total) {
    // Scale functions k1 and k2 of the paper as the rates d k / d q, added; the latter is scaled by the stream's
    // length, much as there. Their shares were tried out: together they make a little less than 2 K centroids.
    by_root_ = 0.15 * k * fineness;
    by_product_ = 0.65 * k * fineness / (rough_log2(total / k) + 8.7);
  }

  std::vector<centroid> run(std::size_t expected) {
    std::vector<centroid> made, upper;
    made.reserve(expected);
    upper.reserve(expected);
    double done = 0;
    while (left() && done < total_ / 2) done += emit<true>(made, done);
    for (done = 0; left();) done += emit<false>(upper, done);
    for (std::size_t i = upper.size(); i-- > 0;) made.push_back(upper[i]);
    return made;
  }

 private:
  /// Straight lines between powers of two, without the library's logarithm, whose last bits vary with the processor.
  static double rough_log2(double x) noexcept {
    int exponent = 0;
    const double mantissa = std::frexp(x > 1 ? x : 1, &exponent);
    return exponent - 2 + 2 * mantissa;
  }
  bool left() const noexcept { return !old_.empty() || !singles_.empty(); }

  /// What a centroid may weigh that begins after `done` of the stream, counted from the nearer end.
  double limit(double done) const noexcept {
    const double q = done / total_;
    const double product = q * (1 - q);
    if (!(product > 0)) return 0;
    return total_ / (by_root_ / std::sqrt(product) + by_product_ / product);
  }

  /// The next single value comes before the next old centroid.
  template <bool Upwards>
  bool single_is_next() const noexcept {
    if (old_.empty()) return true;
    if (singles_.empty()) return false;
    return Upwards ? singles_.front() <= detail::to_order_key(old_.front().mean)
                   : singles_.back() > detail::to_order_key(old_.back().mean);
  }
  template <bool Upwards>
  centroid take_old() noexcept {
    const centroid taken = Upwards ? old_.front() : old_.back();
    old_ = Upwards ? old_.subspan(1) : old_.first(old_.size() - 1);
    return taken;
  }
  template <bool Upwards>
  T take_single() noexcept {
    const key_type taken = Upwards ? singles_.front() : singles_.back();
    singles_ = Upwards ? singles_.subspan(1) : singles_.first(singles_.size() - 1);
    return detail::from_order_key<T>(taken);
  }

  /// Makes one centroid of as many neighbours as may be together. Returns its weight.
  template <bool Upwards>
  double emit(std::vector<centroid>& made, double done) {
    const double most = limit(done);
    const centroid first = single_is_next<Upwards>() ? centroid{take_single<Upwards>(), 1} : take_old<Upwards>();
    const double base = first.mean;
    double last = base;
    double weight = static_cast<double>(first.weight);
    double sum = 0;  // of the distances to the first: the mean keeps its digits however far from zero
    while (left()) {
      if (single_is_next<Upwards>()) {
        if (weight + 1 > most) break;
        last = take_single<Upwards>();
        sum += last - base;
        weight += 1;
      } else {
        const auto more = static_cast<double>((Upwards ? old_.front() : old_.back()).weight);
        if (weight + more > most) break;
        last = take_old<Upwards>().mean;
        // By division, since a compiler may fuse a product with the sum, or not: other bytes.
        sum += (last - base) / (1 / more);
        weight += more;
      }
    }
    double mean = base + sum / weight;
    // Within what it stands for, also after rounding and overflow.
    if (Upwards ? !(mean >= base) : !(mean <= base)) mean = base;
    if (Upwards ? mean > last : mean < last) mean = last;
    made.push_back({static_cast<T>(mean), static_cast<weight_type>(weight)});
    return weight;
  }

  std::span<const centroid> old_;
  std::span<const key_type> singles_;
  double total_;
  double by_root_;
  double by_product_;
};

template <unsigned K, class T>
void tdigest<K, T>::fold(std::vector<centroid> old) {
  std::vector<key_type> scratch(buffer_.size());
  detail::sort_numbers(buffer_.data(), buffer_.size(), scratch.data());
  double fineness = 1;
  const auto total = static_cast<double>(count());
  centroids_ = folder(old, buffer_, total, k_, fineness).run(most_centroids());
  buffer_.clear();
  settled_ = static_cast<std::uint64_t>(total);
  while (centroids_.size() > most_centroids())
    centroids_ = folder(std::vector<centroid>(centroids_), {}, total, k_, fineness *= 0.9).run(most_centroids());
}

template <unsigned K, class T>
void tdigest<K, T>::compress() {
  if (buffer_.empty()) return;
  fold(std::move(centroids_));
}

/// Two lists in order, as one.
template <unsigned K, class T>
std::vector<typename tdigest<K, T>::centroid> tdigest<K, T>::joined(std::span<const centroid> a,
                                                                    std::span<const centroid> b) {
  std::vector<centroid> all;
  all.reserve(a.size() + b.size());
  while (!a.empty() || !b.empty()) {
    std::span<const centroid>& next = b.empty() || (!a.empty() && a.front().mean <= b.front().mean) ? a : b;
    all.push_back(next.front());
    next = next.subspan(1);
  }
  return all;
}

template <unsigned K, class T>
void tdigest<K, T>::update(T value, weight counts) {
  if (!(std::fabs(value) <= (std::numeric_limits<T>::max)())) return;
  if (!(counts.value > 0 && counts.value < static_cast<double>(max_count))) return;
  auto times = static_cast<std::uint64_t>(counts.value);
  if (const double fraction = counts.value - static_cast<double>(times); fraction > 0)
    times += static_cast<double>(splitmix64(fractions_) >> 11) * 0x1p-53 < fraction;
  if (times > max_count - count()) return;
  if (times == 1) return update(value);
  if (times == 0) return;
  if (value < low_) low_ = value;
  if (value > high_) high_ = value;
  settled_ += times;
  const centroid one{value, static_cast<weight_type>(times)};
  centroids_ = joined(centroids_, std::span(&one, 1));
  if (centroids_.size() > most_centroids()) fold(std::move(centroids_));
}

template <unsigned K, class T>
void tdigest<K, T>::merge(const tdigest& other) {
  if (other.empty() || other.count() > max_count - count()) return;
  if (other.low_ < low_) low_ = other.low_;
  if (other.high_ > high_) high_ = other.high_;
  std::vector<centroid> all = joined(centroids_, other.centroids_);
  settled_ += other.settled_;
  const std::size_t theirs = other.buffer_.size();  // read before: it may be this one
  buffer_.reserve(buffer_.size() + theirs);
  for (std::size_t i = 0; i < theirs; ++i) buffer_.push_back(other.buffer_[i]);
  if (all.size() > most_centroids() || buffer_.size() > room_)
    fold(std::move(all));
  else
    centroids_ = std::move(all);
}

template <unsigned K, class T>
quantile_curve<T> tdigest<K, T>::view() const {
  if (empty()) return {};
  if (!buffer_.empty()) {
    tdigest folded = *this;
    folded.compress();
    return folded.view();
  }
  // A centroid's mean is not the value at its middle rank: where the curve bends, they differ by weight^2 / 24 times
  // its second derivative, which the neighbours tell. A point between two neighbours, where their weights meet, bends
  // the line between them likewise.
  const std::size_t size = centroids_.size();
  std::vector<double> middle(size), bend(size), value(size);
  double before = 0;
  for (std::size_t i = 0; i < size; ++i) {
    middle[i] = before + static_cast<double>(centroids_[i].weight) / 2;
    before += static_cast<double>(centroids_[i].weight);
    value[i] = centroids_[i].mean;
  }
  const auto within = [](double v, double low, double high) { return !(v > low) ? low : v < high ? v : high; };
  const auto midpoint = [&](std::size_t i) { return centroids_[i].mean / 2.0 + centroids_[i + 1].mean / 2.0; };
  const auto slope = [&](std::size_t i) {
    return (double{centroids_[i + 1].mean} - double{centroids_[i].mean}) / (middle[i + 1] - middle[i]);
  };
  for (std::size_t i = 1; i + 1 < size; ++i) {
    const auto weight = static_cast<double>(centroids_[i].weight);
    bend[i] = 2 * (slope(i) - slope(i - 1)) / (middle[i + 1] - middle[i - 1]);
    if (centroids_[i].weight > 1)
      value[i] = within(value[i] - weight * weight / 24 * bend[i], midpoint(i - 1), midpoint(i));
  }
  quantile_curve<T> curve(low_, 2 * size);
  for (std::size_t i = 0; i < size; ++i) {
    const double half = static_cast<double>(centroids_[i].weight) / 2;
    if (centroids_[i].weight == 1) {  // itself: from the rank below it to the one with it
      curve.add(middle[i] - half, centroids_[i].mean);
      curve.add(middle[i] + half, centroids_[i].mean);
      continue;
    }
    curve.add(middle[i], static_cast<T>(value[i]));
    if (i + 1 == size || centroids_[i + 1].weight == 1) continue;
    const double to_next = static_cast<double>(centroids_[i + 1].weight) / 2;
    const double straight = std::lerp(value[i], value[i + 1], half / (half + to_next));
    const double bent = straight - half * to_next / 2 * (bend[i] + bend[i + 1]) / 2;
    curve.add(middle[i] + half, static_cast<T>(within(bent, value[i], value[i + 1])));
  }
  curve.add(before, high_);
  return curve;
}

template <unsigned K, class T>
double tdigest<K, T>::resolution(double p) const {
  if (empty() || std::isnan(p)) return std::numeric_limits<double>::quiet_NaN();
  if (!buffer_.empty()) {
    tdigest folded = *this;
    folded.compress();
    return folded.resolution(p);
  }
  const auto total = static_cast<double>(settled_);
  double up_to = 0;
  for (const centroid& c : centroids_) {
    up_to += static_cast<double>(c.weight);
    if (up_to >= p * total) return static_cast<double>(c.weight) / total;
  }
  return static_cast<double>(centroids_.back().weight) / total;
}

template <unsigned K, class T>
std::vector<std::byte> tdigest<K, T>::save() const {
  using namespace detail::tdigest_image;
  const bool one = count() == 1;
  detail::image_writer out(header_bytes + 2 * sizeof(T) + centroids_.size() * sizeof(centroid) +
                           buffer_.size() * sizeof(T));
  out.put(empty() || one ? short_preamble : long_preamble).put(serial_version).put(sketch_type).put(k_);
  out.put(static_cast<std::uint8_t>(flags_ | (empty() ? is_empty : 0) | (one ? is_single : 0))).put(std::uint16_t{0});
  if (empty()) return std::move(out).take();
  if (one) {
    out.put(low_);
    return std::move(out).take();
  }
  out.put(static_cast<std::uint32_t>(centroids_.size())).put(static_cast<std::uint32_t>(buffer_.size()));
  out.put(low_).put(high_);
  for (const centroid& c : centroids_) out.put(c.mean).put(c.weight);
  for (const key_type key : buffer_) out.put(detail::from_order_key<T>(key));
  return std::move(out).take();
}

template <unsigned K, class T>
result<tdigest<K, T>> tdigest<K, T>::load(std::span<const std::byte> bytes) {
  using namespace detail::tdigest_image;
  detail::image_reader in(bytes);
  const auto preamble = in.take<std::uint8_t>();
  const auto version = in.take<std::uint8_t>();
  const auto type = in.take<std::uint8_t>();
  tdigest loaded;
  loaded.k_ = in.take<std::uint16_t>();
  loaded.room_ = room_for(loaded.k_);
  const auto flags = in.take<std::uint8_t>();
  in.skip(2);
  if (!in.ok()) return truncated();
  if (type != sketch_type) return fault(errc::type_mismatch, "it is of another type of sketches");
  if (version != serial_version) return fault(errc::unsupported, "unknown serial version");
  if (loaded.k_ < 10) return fault(errc::corrupt, "k is below 10");
  const bool none = (flags & is_empty) != 0;
  const bool one = (flags & is_single) != 0;
  if (preamble != (none || one ? short_preamble : long_preamble) || (none && one))
    return fault(errc::corrupt, "the preamble's length and the flags disagree");
  loaded.flags_ = flags & in_reverse;
  const auto finite = [](T value) { return std::fabs(value) <= (std::numeric_limits<T>::max)(); };
  std::uint32_t centroids = 0;
  std::uint32_t buffered = one ? 1 : 0;
  if (!none && !one) {
    centroids = in.take<std::uint32_t>();
    buffered = in.take<std::uint32_t>();
    loaded.low_ = in.take<T>();
    loaded.high_ = in.take<T>();
    if (!in.ok() || !in.holds<centroid>(centroids)) return truncated();
    if (!finite(loaded.low_) || !finite(loaded.high_)) return fault(errc::not_finite, "an extreme is not finite");
    if (loaded.low_ > loaded.high_) return fault(errc::corrupt, "the extremes are out of order");
    if (centroids + std::uint64_t{buffered} < 2 && centroids == 0)
      return fault(errc::corrupt, "no values behind a preamble for many");
  }
  loaded.centroids_.resize(centroids);
  for (std::size_t i = 0; i < centroids; ++i) {
    centroid& c = loaded.centroids_[i];
    c.mean = in.take<T>();
    c.weight = in.take<weight_type>();
    if (!(loaded.low_ <= c.mean && c.mean <= loaded.high_))
      return fault(errc::corrupt, "a centroid outside the extremes");
    if (i > 0 && c.mean < loaded.centroids_[i - 1].mean) return fault(errc::corrupt, "the centroids are not sorted");
    if (c.weight == 0 || c.weight > max_count - loaded.settled_) return fault(errc::corrupt, "a centroid's weight");
    loaded.settled_ += c.weight;
  }
  if (!in.holds<T>(buffered)) return truncated();
  if (in.rest().size() != buffered * sizeof(T)) return fault(errc::corrupt, "bytes after the end");
  if (buffered > max_count - loaded.settled_) return fault(errc::corrupt, "more values than can be counted");
  loaded.buffer_.reserve(buffered);
  for (std::uint32_t i = 0; i < buffered; ++i) {
    const T value = in.take<T>();
    if (!finite(value)) return fault(errc::not_finite, "a buffered value is not finite");
    if (one) loaded.low_ = loaded.high_ = value;
    if (!(loaded.low_ <= value && value <= loaded.high_)) return fault(errc::corrupt, "a value outside the extremes");
    loaded.buffer_.push_back(detail::to_order_key(value));
  }
  return loaded;
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_TDIGEST_HPP

// ---- aggregate/detail/hash_set.hpp

#ifndef MILLRACE_AGGREGATE_DETAIL_HASH_SET_HPP
#define MILLRACE_AGGREGATE_DETAIL_HASH_SET_HPP

namespace millrace {
inline namespace v0 {
namespace detail {

/// A set of 63-bit hashes other than 0. Open addressing by the low bits with an odd stride from the high ones, which
/// keeps a table that is 15/16 full quick enough.
class hash_set {
 public:
  std::uint32_t size() const noexcept { return size_; }
  bool contains(std::uint64_t hash) const noexcept { return size_ != 0 && slots_[place_of(hash)] == hash; }

  /// Whether it was new.
  bool insert(std::uint64_t hash) {
    if (16 * (std::uint64_t{size_} + 1) > 15 * std::uint64_t{slots_.size()}) grow();
    std::uint64_t& place = slots_[place_of(hash)];
    if (place == hash) return false;
    place = hash;
    ++size_;
    return true;
  }
  void clear() noexcept {
    slots_.clear();
    size_ = 0;
  }
  /// Calls `use` with each, in no order that means anything.
  template <class Use>
  void for_each(Use&& use) const {
    for (const std::uint64_t hash : slots_)
      if (hash != 0) use(hash);
  }
  /// Leaves those that a condition holds for.
  template <class Condition>
  void keep_if(Condition&& holds) {
    std::vector<std::uint64_t> before(slots_.size());
    before.swap(slots_);
    size_ = 0;
    for (const std::uint64_t hash : before)
      if (hash != 0 && holds(hash)) {
        slots_[place_of(hash)] = hash;
        ++size_;
      }
  }

  /// Ascending.
  std::vector<std::uint64_t> sorted() const {
    // Hashes of 63 bits are in the same order as signed integers.
    std::vector<std::int64_t> all;
    all.reserve(size_);
    for (const std::uint64_t hash : slots_)
      if (hash != 0) all.push_back(static_cast<std::int64_t>(hash));
    std::vector<std::int64_t> scratch(all.size());
    sort_numbers(all.data(), all.size(), scratch.data());
    return {all.begin(), all.end()};
  }

 private:
  std::size_t place_of(std::uint64_t hash) const noexcept {
    const std::size_t mask = slots_.size() - 1;
    const std::size_t stride = hash >> 32 | 1;
    std::size_t at = hash & mask;
    while (slots_[at] != 0 && slots_[at] != hash) at = (at + stride) & mask;
    return at;
  }
  void grow() {
    std::vector<std::uint64_t> before(slots_.empty() ? 32 : 2 * slots_.size());
    before.swap(slots_);
    for (const std::uint64_t hash : before)
      if (hash != 0) slots_[place_of(hash)] = hash;
  }

  std::vector<std::uint64_t> slots_;
  std::uint32_t size_ = 0;
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_DETAIL_HASH_SET_HPP

// ---- aggregate/theta.hpp

#ifndef MILLRACE_AGGREGATE_THETA_HPP
#define MILLRACE_AGGREGATE_THETA_HPP

namespace millrace {
inline namespace v0 {
namespace detail::theta_image {

// Apache DataSketches' compact image: preamble length in 8 bytes, version, family, 0 (2), flags, hash of the seed (2);
// then for two hashes and more their number (4), 0 (4); for a sample the threshold (8); then the hashes. Version 4
// packs them: bits of a difference and bytes of the number in the place of the zeros, the threshold of a sample,
// the number, then the differences of ascending hashes, bit by bit from the highest.
inline constexpr std::uint8_t plain_version = 3;
inline constexpr std::uint8_t packed_version = 4;
inline constexpr std::uint8_t family = 3;
inline constexpr std::uint8_t is_read_only = 2;
inline constexpr std::uint8_t is_empty = 4;
inline constexpr std::uint8_t is_compact = 8;
inline constexpr std::uint8_t is_ordered = 16;

}  // namespace detail::theta_image

/// How many different items a stream has, with unions, intersections and differences of such streams: the theta sketch.
///
/// It keeps the items' hashes below a threshold, theta, that falls so that between 2^LgK and 15/16 2^(LgK + 1) of them
/// are left. Items are whole numbers (7 is one item whatever its type), floating-point numbers (one zero, one NaN),
/// text (the empty one is left out).
/// Guarantee: exact up to 15/16 2^(LgK + 1) different items; beyond, the estimate's standard deviation is
/// `relative_error()`, 1.6 % at most at LgK = 12. Intersections and differences are as precise as their operands' items
/// are many: their error is relative to the union. Order and repetition make no difference.
/// Complexity: update O(1) amortised, set operations O(hashes); 16 bytes a hash at the most, 128 KB at LgK = 12.
/// Allocates: as it grows, and when the threshold falls.
/// Threads: one at a time.
/// Source: Dasgupta, Lang, Rhodes, Thaler, "A framework for estimating stream expression cardinalities", ICDT 2016.
/// Bytes: the ordered compact image of Apache DataSketches' theta sketch, the same as DataSketches writes after the
/// same updates.
template <unsigned LgK = 12>
class theta {
  static_assert(LgK >= 5 && LgK <= 26, "millrace[SKETCH-7]: theta<LgK>: LgK must be in [5, 26]");

 public:
  static constexpr bool idempotent = true;

  template <detail::hashable_item Item>
  void update(const Item& item) {
    if (detail::is_no_item(item)) return;
    empty_ = false;
    offer(detail::hash_item(item).low >> 1);
  }
  template <detail::hashable_item Item>
  void update(std::span<const Item> items) {
    for (const Item& item : items) update(item);
  }

  /// The items of either.
  void merge(const theta& other) {
    if (other.empty_) return;
    if (&other == this) return;
    empty_ = false;
    if (other.threshold_ < threshold_) {
      threshold_ = other.threshold_;
      hashes_.keep_if([this](std::uint64_t hash) { return hash < threshold_; });
    }
    other.hashes_.for_each([this](std::uint64_t hash) { offer(hash); });
  }
  /// The items of both.
  void intersect(const theta& other) {
    if (empty_ || other.empty_) {
      *this = theta();
      return;
    }
    keep(other, true);
  }
  /// The items that the other one does not have.
  void subtract(const theta& other) {
    if (!empty_ && !other.empty_) keep(other, false);
  }
  /// Leaves the 2^LgK smallest hashes at most, as a union of DataSketches does before it is saved.
  void trim() {
    if (hashes_.size() > nominal) shrink();
  }

  /// Nothing was seen. An intersection may be estimated at 0 without being empty.
  bool empty() const noexcept { return empty_; }
  /// No item was left out so far.
  bool exact() const noexcept { return threshold_ == all; }
  std::size_t retained() const noexcept { return hashes_.size(); }
  /// The fraction of all hashes that is kept.
  double fraction() const noexcept { return static_cast<double>(threshold_) / static_cast<double>(all); }

  /// How many different items there were.
  double estimate() const noexcept { return static_cast<double>(hashes_.size()) / fraction(); }
  /// The estimate's standard deviation as a fraction of it; of the number kept while there are any.
  double relative_error() const noexcept {
    return exact() || hashes_.size() == 0 ? 0.0 : std::sqrt((1 - fraction()) / static_cast<double>(hashes_.size()));
  }
  struct bounds_type {
    double lower;
    double upper;
  };
  /// Where the number lies with the confidence of so many standard deviations: 95 % with 2, 99.7 % with 3.
  /// Source: Wilson's interval, solved for the number of trials.
  bounds_type bounds(double deviations = 2) const noexcept {
    const auto kept = static_cast<double>(hashes_.size());
    if (exact()) return {kept, kept};
    const double middle = kept + deviations * deviations * (1 - fraction()) / 2;
    const double half =
        deviations * std::sqrt((1 - fraction()) * (kept + deviations * deviations * (1 - fraction()) / 4));
    const double lower = (middle - half) / fraction();
    return {lower < kept ? kept : lower, (middle + half) / fraction()};
  }

  std::vector<std::byte> save() const;
  /// Reads compact images, plain and packed. One with more hashes than fit is thinned out.
  /// Errors: truncated, unsupported, corrupt, type_mismatch, each naming what is wrong.
  /// Allocates: no more than a few times the bytes given.
  static result<theta> load(std::span<const std::byte> bytes);

 private:
  static constexpr std::uint64_t all = ~std::uint64_t{0} >> 1;  // a threshold above every hash
  static constexpr std::uint32_t nominal = std::uint32_t{1} << LgK;
  static constexpr std::uint32_t most = nominal / 8 * 15;

  static error fault(errc code, const char* what) { return error(code, std::string("theta image: ") + what); }
  static error truncated() { return fault(errc::truncated, "it ends too soon"); }

  void offer(std::uint64_t hash) {
    if (hash >= threshold_ || hash == 0) return;
    if (hashes_.insert(hash) && hashes_.size() > most) shrink();
  }
  /// To the smallest `nominal` hashes.
  [[gnu::noinline]] void shrink() {
    std::vector<std::uint64_t> kept;
    kept.reserve(hashes_.size());
    hashes_.for_each([&kept](std::uint64_t hash) { kept.push_back(hash); });
    threshold_ = detail::nth_smallest(kept, nominal);
    hashes_.keep_if([this](std::uint64_t hash) { return hash < threshold_; });
  }
  void keep(const theta& other, bool common) {
    if (&other == this) {
      if (!common) hashes_.clear();
      if (hashes_.size() == 0 && exact()) empty_ = true;
      return;
    }
    if (other.threshold_ < threshold_) threshold_ = other.threshold_;
    hashes_.keep_if([&](std::uint64_t hash) { return hash < threshold_ && other.hashes_.contains(hash) == common; });
    if (hashes_.size() == 0 && exact()) empty_ = true;
  }

  detail::hash_set hashes_;
  std::uint64_t threshold_ = all;
  bool empty_ = true;
};

template <unsigned LgK>
std::vector<std::byte> theta<LgK>::save() const {
  using namespace detail::theta_image;
  const std::vector<std::uint64_t> sorted = hashes_.sorted();
  const bool sample = !exact();
  const bool short_form = empty_ || (sorted.size() == 1 && !sample);
  detail::image_writer out(24 + 8 * sorted.size());
  out.put(static_cast<std::uint8_t>(short_form ? 1 : sample ? 3 : 2)).put(plain_version).put(family);
  out.put(std::uint16_t{0});
  out.put(static_cast<std::uint8_t>(is_read_only | is_compact | is_ordered | (empty_ ? is_empty : 0)));
  out.put(detail::seed_hash());
  if (!short_form) out.put(static_cast<std::uint32_t>(sorted.size())).put(std::uint32_t{0});
  if (!short_form && sample) out.put(threshold_);
  out.put_array(sorted.data(), sorted.size());
  return std::move(out).take();
}

template <unsigned LgK>
result<theta<LgK>> theta<LgK>::load(std::span<const std::byte> bytes) {
  using namespace detail::theta_image;
  detail::image_reader in(bytes);
  const auto preamble = in.take<std::uint8_t>();
  const auto version = in.take<std::uint8_t>();
  const auto kind = in.take<std::uint8_t>();
  const unsigned width = in.take<std::uint8_t>();
  const unsigned count_bytes = in.take<std::uint8_t>();
  const auto flags = in.take<std::uint8_t>();
  const auto seed = in.take<std::uint16_t>();
  if (!in.ok()) return truncated();
  if (kind != family) return fault(errc::type_mismatch, "it is of another family of sketches");
  if (version != plain_version && version != packed_version) return fault(errc::unsupported, "unknown serial version");
  if ((flags & is_compact) == 0) return fault(errc::unsupported, "it is not a compact one");
  const bool packed = version == packed_version;
  const bool ordered = packed || (flags & is_ordered) != 0;
  theta loaded;
  loaded.empty_ = (flags & is_empty) != 0;
  if (preamble < 1 || preamble > 3 || (loaded.empty_ && preamble != 1))
    return fault(errc::corrupt, "the preamble's length");
  if (!loaded.empty_ && seed != detail::seed_hash()) return fault(errc::unsupported, "its hashes are of another seed");
  std::uint64_t count = loaded.empty_ ? 0 : 1;
  if (packed) {
    if (width < 1 || width > 63 || count_bytes > 4) return fault(errc::corrupt, "widths of packed hashes");
    if (preamble > 1) loaded.threshold_ = in.take<std::uint64_t>();
    count = 0;
    for (unsigned i = 0; i < count_bytes; ++i) count |= std::uint64_t{in.take<std::uint8_t>()} << (8 * i);
  } else if (preamble > 1) {
    count = in.take<std::uint32_t>();
    in.skip(4);
    if (preamble > 2) loaded.threshold_ = in.take<std::uint64_t>();
  }
  if (!in.ok()) return truncated();
  if (loaded.threshold_ == 0 || loaded.threshold_ > all) return fault(errc::corrupt, "theta");
  const std::uint64_t length = packed ? (count * width + 7) / 8 : count * 8;
  if (in.rest().size() < length) return truncated();
  if (in.rest().size() > length) return fault(errc::corrupt, "bytes after the end");

  const std::span<const std::byte> body = in.rest();
  const std::uint64_t limit = loaded.threshold_;
  std::uint64_t bit = 0;
  std::uint64_t last = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    std::uint64_t hash = 0;
    if (packed) {
      for (const std::uint64_t end = bit + width; bit < end; ++bit)
        hash = hash << 1 | (std::to_integer<std::uint64_t>(body[bit / 8]) >> (7 - bit % 8) & 1);
      hash += last;
    } else {
      hash = in.take<std::uint64_t>();
    }
    if (hash == 0 || hash >= limit) return fault(errc::corrupt, "a hash that is not below theta");
    if (ordered && hash <= last) return fault(errc::corrupt, "hashes out of order");
    last = hash;
    if (hash >= loaded.threshold_) continue;  // thinned out already
    if (!loaded.hashes_.insert(hash)) return fault(errc::corrupt, "a hash twice");
    if (loaded.hashes_.size() > most) loaded.shrink();
  }
  return loaded;
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_THETA_HPP

// ---- aggregate/topk_tracker.hpp

#ifndef MILLRACE_AGGREGATE_TOPK_TRACKER_HPP
#define MILLRACE_AGGREGATE_TOPK_TRACKER_HPP

namespace millrace {
inline namespace v0 {

/// The k items that come up most, by number or by weight, of a stream with any number of different ones.
///
///     mr::topk_tracker endpoints(10);
///     endpoints.update("/api/v1/score");
///     for (auto& [item, lower, upper] : endpoints.top()) ...
///
/// `Item`, `LgSize`, guarantee, complexity, memory: as of `frequent_items`; an item's true weight lies between
/// `lower` and `upper`, and while no more than 3/4 2^LgSize different items came, both are that weight.
/// Threads: one at a time; const calls from any number.
template <class Item = std::string, unsigned LgSize = 10>
class basic_topk_tracker {
 public:
  using sketch_type = frequent_items<Item, LgSize>;
  using item_type = typename sketch_type::item_type;
  using row = typename sketch_type::row;

  explicit basic_topk_tracker(std::size_t k = 10) noexcept : k_(k) {}

  void update(item_type item) { kept_.update(item); }
  void update(item_type item, weight w) { kept_.update(item, w); }
  void merge(const basic_topk_tracker& other) { kept_.merge(other.kept_); }
  void reset() { kept_ = sketch_type(); }

  /// The heaviest first; fewer than k where there are no more.
  std::vector<row> top() const { return kept_.top(k_); }
  std::vector<row> top(std::size_t count) const { return kept_.top(count); }
  std::size_t k() const noexcept { return k_; }
  /// What all items weigh together.
  std::uint64_t total() const noexcept { return kept_.total(); }
  const sketch_type& sketch() const noexcept { return kept_; }

  std::vector<std::byte> save() const {
    envelope_writer to(type);
    to.u64(k_);
    to.block(kept_.save());
    return std::move(to).finish();
  }
  static result<basic_topk_tracker> load(std::span<const std::byte> bytes) {
    auto from = envelope_reader::open(bytes, type);
    if (!from) return std::move(from).error();
    basic_topk_tracker made(static_cast<std::size_t>(from->u64()));
    auto kept = sketch_type::load(from->block());
    if (auto done = from->finish(true); !done) return std::move(done).error();
    if (!kept) return std::move(kept).error().wrap("saved " + std::string(type));
    made.kept_ = *std::move(kept);
    return made;
  }

 private:
  static constexpr std::string_view type = "topk_tracker";

  std::size_t k_;
  sketch_type kept_;
};

using topk_tracker = basic_topk_tracker<>;

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_TOPK_TRACKER_HPP

// ---- aggregate.hpp

#ifndef MILLRACE_AGGREGATE_HPP
#define MILLRACE_AGGREGATE_HPP

/// aggregate: streams summed up in fixed memory.
///
/// - `aggregate<members...>`: several statistics in one fused pass, merged, saved and loaded; with NaN
///   policies (`skip_nan`, `propagate_nan`, `reject_nan`) and weights. The members:
///   - `moments.hpp`: `mean`, `variance`, `stddev`, their population forms, `skewness`, `kurtosis`, `total_weight`
///   - `sums.hpp`: `count`, `sum` (compensated), `geometric_mean`, `harmonic_mean`
///   - `extremes.hpp`: `min`, `max`, `range`, `first`, `last`, `argmin`, `argmax`
///   - `pairs.hpp`, of pairs: `covariance`, `correlation`, `linear_trend`, and `of_x`, `of_y` for the rest
///   - `sketch_members.hpp`, by a sketch: `quantiles<kll<200>>`, `median`, `interquartile_range`, `distinct<...>`
///   - `member.hpp`: what a member of your own is made of
/// - `log_histogram`: count, sum, extremes and quantiles of durations, to 0.8 %
/// - `ddsketch`: quantiles of any numbers with a bound on the relative error, in DDSketch's protobuf
/// - `exponential_histogram`: OpenTelemetry's, in OTLP's protobuf
/// - `binned_histogram`: counts in bins that are regular, logarithmic or between edges of your own
/// - `grouped`: an aggregate for each key, for a bounded number of keys; `sharded`: one that many threads write;
///   `sampled`: of one item in so many
/// - `percentile_tracker`, `topk_tracker`: ready to use
/// - `concepts.hpp`: what an aggregator is, its laws, and the traits that windows and wrappers ask for
/// - `envelope_writer`, `envelope_reader`: the bytes of saved aggregates
///
/// Sketches: mergeable, seeded, bounded in memory, in the bytes of Apache DataSketches.
/// - `kll`: quantiles with a bound on the error in rank; `quantile_view` for many queries
/// - `count_min`: how much any item you ask for weighs, at the most
/// - `frequent_items`: the items that come up most often, with bounds on how often
/// - `hll`: how many different items, with 4, 6 or 8 bits a register
/// - `req`: quantiles whose error in rank shrinks towards one end, with a bound
/// - `tdigest`: quantiles most precise at the ends; `quantile_curve` for many queries
/// - `theta`: how many different items, with unions, intersections and differences
///
/// Standard library alone.

#endif  // MILLRACE_AGGREGATE_HPP

// ---- core/fixed_string.hpp

#ifndef MILLRACE_CORE_FIXED_STRING_HPP
#define MILLRACE_CORE_FIXED_STRING_HPP

namespace millrace {
inline namespace v0 {

/// A string literal that can stand as a template argument: `field<"loss", double>`.
/// `Size` counts the terminating zero.
template <std::size_t Size>
struct fixed_string {
  char text[Size]{};

  constexpr fixed_string(const char (&literal)[Size]) noexcept {
    for (std::size_t i = 0; i < Size; ++i) text[i] = literal[i];
  }

  constexpr std::string_view view() const noexcept { return {text, Size - 1}; }
  constexpr operator std::string_view() const noexcept { return view(); }
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_FIXED_STRING_HPP

// ---- core/field.hpp

#ifndef MILLRACE_CORE_FIELD_HPP
#define MILLRACE_CORE_FIELD_HPP

namespace millrace {
inline namespace v0 {

/// A field with the value it starts with: what `epoch = 3` makes.
template <class Field>
struct bound {
  using field_type = Field;
  typename Field::type value;
};

/// A slot of a context: a name for people, logs and metrics, and the type of what it holds.
/// Declare it once, at namespace scope, and use the object as the key:
///
///     inline constexpr mr::field<"loss", double> loss;
///     ctx[loss] = 0.25;
///
/// Two fields of one name and one type are the same field. Empty; costs nothing.
template <fixed_string Name, class T>
struct field {
  static_assert(std::is_object_v<T> && !std::is_const_v<T>,
                "millrace[FIELD-1]: a field holds a plain object type, no reference and nothing const");
  using type = T;
  static constexpr std::string_view name = Name.view();

  /// `loss = 0.5` is a start value for a context; it does not change the field.
  template <class V = T>
  requires std::is_constructible_v<T, V>
  constexpr bound<field> operator=(V&& value) const { return {T(std::forward<V>(value))}; }
};

/// A list of fields, as events declare them: `using reads = mr::fields<batch, labels>;`
template <auto... Fields>
struct fields {
  static constexpr std::size_t size = sizeof...(Fields);
};

/// The same list spelled with types; what the library computes with.
template <class... Fields>
struct field_list {
  static constexpr std::size_t size = sizeof...(Fields);
};

namespace detail {

template <class T>
inline constexpr bool is_field = false;
template <fixed_string Name, class T>
inline constexpr bool is_field<field<Name, T>> = true;

/// A name as characters: clang prints a string template argument as numbers, but these as letters,
/// so failed requirements mention this type to name the field.
template <char... Letters>
struct spelled {};

template <class Field, class Indices = std::make_index_sequence<Field::name.size()>>
struct spelling;
template <class Field, std::size_t... Index>
struct spelling<Field, std::index_sequence<Index...>> {
  using type = spelled<Field::name[Index]...>;
};
template <class Field>
using spelling_t = typename spelling<Field>::type;

/// `Holds`, with names in tow for the compiler to print when it does not.
template <bool Holds, class... Names>
inline constexpr bool requirement = Holds;

template <class List>
struct to_field_list;
template <auto... Fields>
struct to_field_list<fields<Fields...>> {
  using type = field_list<std::remove_cv_t<decltype(Fields)>...>;
};
template <class... Fields>
struct to_field_list<field_list<Fields...>> {
  using type = field_list<Fields...>;
};
template <class List>
using to_field_list_t = typename to_field_list<List>::type;

template <class List, class Field>
inline constexpr bool contains = false;
template <class... Fields, class Field>
inline constexpr bool contains<field_list<Fields...>, Field> = (std::is_same_v<Fields, Field> || ...);

/// The union of field lists, in order of first appearance.
template <class... Lists>
struct merge_fields;
template <class List>
struct merge_fields<List> {
  using type = List;
};
template <class... Fields, class... Rest>
struct merge_fields<field_list<Fields...>, field_list<>, Rest...> : merge_fields<field_list<Fields...>, Rest...> {};
template <class... Fields, class Next, class... More, class... Rest>
struct merge_fields<field_list<Fields...>, field_list<Next, More...>, Rest...>
    : merge_fields<
          std::conditional_t<contains<field_list<Fields...>, Next>, field_list<Fields...>, field_list<Fields..., Next>>,
          field_list<More...>, Rest...> {};
template <class... Lists>
using merge_fields_t = typename merge_fields<field_list<>, Lists...>::type;

/// Calls f(field) for every field of the list.
template <class... Fields, class F>
constexpr void for_each_field(field_list<Fields...>, F&& f) {
  (f(Fields{}), ...);
}

}  // namespace detail

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_FIELD_HPP

// ---- core/context.hpp

#ifndef MILLRACE_CORE_CONTEXT_HPP
#define MILLRACE_CORE_CONTEXT_HPP

namespace millrace {
inline namespace v0 {

namespace detail {

template <class Field>
struct slot {
  typename Field::type value{};
};

template <class... Fields>
inline constexpr bool all_different = true;
template <class First, class... Rest>
inline constexpr bool all_different<First, Rest...> = (!std::is_same_v<First, Rest> && ...) && all_different<Rest...>;

}  // namespace detail

template <class Provided, class Slots>
class basic_context;

/// What a chain's events read and write: one typed slot a field, found at compile time.
///
/// `Provided` lists the fields that were given a start value, so a chain can tell what may be read
/// before any event has written. Build one by `chain.context(epoch = 0)`, or `mr::context{epoch = 0}`.
/// Allocates: only what the values themselves do. Threads: one at a time.
template <class... Provided, class... Slots>
class basic_context<field_list<Provided...>, field_list<Slots...>> : private detail::slot<Slots>... {
 public:
  using provided = field_list<Provided...>;
  using slots = field_list<Slots...>;

  template <class Field>
  static constexpr bool has = (std::is_same_v<Field, Slots> || ...);

  constexpr explicit basic_context(bound<Provided>... values) {
    ((static_cast<detail::slot<Provided>&>(*this).value = std::move(values.value)), ...);
  }

  template <class Field>
  constexpr typename Field::type& operator[](Field) noexcept {
    static_assert(detail::requirement<has<Field>, detail::spelling_t<Field>>,
                  "millrace[CONTEXT-1]: the context has no slot for this field");
    return static_cast<detail::slot<Field>&>(*this).value;
  }
  template <class Field>
  constexpr const typename Field::type& operator[](Field) const noexcept {
    static_assert(detail::requirement<has<Field>, detail::spelling_t<Field>>,
                  "millrace[CONTEXT-1]: the context has no slot for this field");
    return static_cast<const detail::slot<Field>&>(*this).value;
  }
};

/// A context with a slot for exactly the fields that it starts with.
template <class... Fields>
constexpr auto context(bound<Fields>... values) {
  static_assert(detail::all_different<Fields...>, "millrace[CONTEXT-2]: a field is given twice");
  if constexpr (detail::all_different<Fields...>)
    return basic_context<field_list<Fields...>, field_list<Fields...>>(std::move(values)...);
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_CONTEXT_HPP

// ---- chain/event.hpp

#ifndef MILLRACE_CHAIN_EVENT_HPP
#define MILLRACE_CHAIN_EVENT_HPP

namespace millrace {
inline namespace v0 {

/// A step of a chain: it says which fields it reads and writes, and is called with the context.
///
///     struct scale {
///       using reads = mr::fields<batch>;
///       using writes = mr::fields<batch>;
///       mr::result<void> operator()(auto& ctx) { ctx[batch] *= 2; return {}; }
///     };
///
/// Law: it touches no other field of the context; the chain enforces this by handing it an
/// `event_context`. It fails by returning an error or by throwing; it may also return void. Its
/// `static constexpr std::string_view name` is optional (the type's own name otherwise), and so is
/// `static constexpr bool thread_safe`.
template <class Event>
concept event = std::is_object_v<Event> && requires {
  typename detail::to_field_list<typename Event::reads>::type;
  typename detail::to_field_list<typename Event::writes>::type;
};

namespace detail {

/// The object behind a part of a chain: itself, or what `borrow` points to.
template <class T>
struct unborrowed {
  using type = T;
};
template <class T>
using unborrowed_t = typename unborrowed<T>::type;

template <class T>
constexpr std::string_view part_name() noexcept {
  if constexpr (requires {
                  { T::name } -> std::convertible_to<std::string_view>;
                })
    return T::name;
  else
    return type_name<T>;
}

template <class T>
constexpr bool says_thread_safe() noexcept {
  if constexpr (requires {
                  { T::thread_safe } -> std::convertible_to<bool>;
                })
    return T::thread_safe;
  else
    return false;
}

template <class Event>
using reads_of = to_field_list_t<typename Event::reads>;
template <class Event>
using writes_of = to_field_list_t<typename Event::writes>;

}  // namespace detail

/// A chain's part that stays where it is: `chain(...).use(mr::borrow(audit))` keeps a reference, so
/// the caller can go on using `audit`, which must outlive the chain.
template <class T>
struct borrowed {
  T* object;
};
template <class T>
constexpr borrowed<T> borrow(T& object) noexcept {
  return {&object};
}
template <class T>
void borrow(const T&&) = delete;

namespace detail {
template <class T>
struct unborrowed<borrowed<T>> {
  using type = T;
};
template <class T>
constexpr T& object_of(T& part) noexcept {
  return part;
}
template <class T>
constexpr T& object_of(borrowed<T>& part) noexcept {
  return *part.object;
}
}  // namespace detail

/// What an event sees of the context: its declared fields, const where it only reads them.
/// Costs nothing: one reference.
template <class Context, class Event>
class event_context {
 public:
  constexpr explicit event_context(Context& context) noexcept : context_(&context) {}

  /// Whether the event declares this field.
  template <class Field>
  static constexpr bool has =
      detail::contains<detail::reads_of<Event>, Field> || detail::contains<detail::writes_of<Event>, Field>;

  template <class Field>
  constexpr auto& operator[](Field key) const noexcept {
    static_assert(detail::requirement<has<Field>, Event, detail::spelling_t<Field>>,
                  "millrace[CHAIN-4]: the event touches a field that it declares neither in `reads` nor in `writes`");
    if constexpr (detail::contains<detail::writes_of<Event>, Field>)
      return (*context_)[key];
    else
      return std::as_const(*context_)[key];
  }

 private:
  Context* context_;
};

/// An event made from a callable: `mr::step<"scale", mr::fields<batch>, mr::fields<batch>>(f)`.
template <fixed_string Name, class Reads, class Writes, class F>
struct callable_event {
  using reads = Reads;
  using writes = Writes;
  static constexpr std::string_view name = Name.view();

  template <class Context>
  constexpr decltype(auto) operator()(Context& context) {
    return function(context);
  }

  [[no_unique_address]] F function;
};
template <fixed_string Name, class Reads, class Writes, class F>
constexpr auto step(F function) {
  return callable_event<Name, Reads, Writes, F>{std::move(function)};
}

/// One event in its place in a chain; what a middleware's hooks are given. Everything but `clock`
/// and `event` is known at compile time.
template <class Event, std::size_t Index, class Clock, class... Events>
class stage {
 public:
  using event_type = Event;
  using reads = detail::reads_of<Event>;
  using writes = detail::writes_of<Event>;
  static constexpr std::string_view name = detail::part_name<Event>();
  static constexpr std::size_t index = Index;
  /// How many events the chain has.
  static constexpr std::size_t count = sizeof...(Events);

  /// Whether this event declares the field and no later one does: what stands there may now go.
  template <class Field>
  static constexpr bool is_last_use = [] {
    std::size_t at = 0;
    std::size_t last = count;
    ((detail::contains<detail::reads_of<Events>, Field> || detail::contains<detail::writes_of<Events>, Field>
          ? void(last = at++)
          : void(++at)),
     ...);
    return last == Index;
  }();

  /// Whether this event or an earlier one writes the field.
  template <class Field>
  static constexpr bool is_written = [] {
    std::size_t at = 0;
    return ((at++ <= Index && detail::contains<detail::writes_of<Events>, Field>) || ...);
  }();

  constexpr stage(Event& event, const Clock& clock) noexcept : event_(&event), clock_(&clock) {}
  constexpr stage(const stage& other, bool reached) noexcept
      : event_(other.event_), clock_(other.clock_), reached_(reached) {}
  constexpr Event& event() const noexcept { return *event_; }
  constexpr const Clock& clock() const noexcept { return *clock_; }

  /// In `rejected`: whether the run had come through this middleware, its `after` included, or was
  /// stopped further out before it came here.
  constexpr bool reached() const noexcept { return reached_; }

 private:
  Event* event_;
  const Clock* clock_;
  bool reached_ = true;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CHAIN_EVENT_HPP

// ---- chain/middleware.hpp

#ifndef MILLRACE_CHAIN_MIDDLEWARE_HPP
#define MILLRACE_CHAIN_MIDDLEWARE_HPP

namespace millrace {
inline namespace v0 {

// A middleware is any class with at least one of these members, usually templates over `event`
// (a `stage`) and `ctx` (the whole context):
//
//   before(event, ctx)                  -> void or result<void>; an error vetoes the event
//   after(event, ctx, span, outcome)    -> void or result<void>; an error fails a good event
//   after(event, ctx, outcome)          the same, for one that needs no time: the chain stamps the
//                                       event only if somebody looks
//   around(event, ctx, next)            -> result<void>; calls next() as often as it likes
//   rejected(event, ctx, error)         the event succeeded here, or never came this far, and a
//                                       middleware further out failed it; event.reached() says which
//
// `span` is the event's own time on the chain's clock, from the first attempt's start to the last
// one's end; `outcome` is a const result<void>&. Law: `after` follows every `before` that did not
// veto, in exactly the reverse order, whatever the event did.
//
// A hook that does nothing costs nothing. g++ inlines a small `around` around a large event only if
// it is marked [[gnu::always_inline]]; otherwise it costs a call.
//
// Optional: `name`; `thread_safe`; `using fields = mr::fields<...>`, slots of its own that it wants
// in the context; `using place = mr::place<...>`.

/// The middleware must stand inside / outside those of these names, where the chain has them.
template <fixed_string... Names>
struct inside_of {};
template <fixed_string... Names>
struct outside_of {};
template <class... Rules>
struct place {};

namespace detail {

/// What `next` is, as far as a hook's signature goes.
struct any_next {
  result<void> operator()() const;
};

// A class that inherits the member name from two bases cannot name it: so a hook is seen even when
// it is a template or has the wrong parameters, and a misspelt signature is an error, not silence.
struct member_before {
  int before;
};
struct member_after {
  int after;
};
struct member_around {
  int around;
};
struct member_rejected {
  int rejected;
};
template <class M, class Named>
struct both_of : M, Named {};

/// Whether M names each hook. A final class cannot be looked into; there only what can be called counts.
template <class M>
struct hook_names {
  static constexpr bool before = !requires { &both_of<M, member_before>::before; };
  static constexpr bool after = !requires { &both_of<M, member_after>::after; };
  static constexpr bool around = !requires { &both_of<M, member_around>::around; };
  static constexpr bool rejected = !requires { &both_of<M, member_rejected>::rejected; };
};
template <class M>
requires(!std::is_class_v<M> || std::is_final_v<M>) struct hook_names<M> {
  static constexpr bool before = false;
  static constexpr bool after = false;
  static constexpr bool around = false;
  static constexpr bool rejected = false;
};

template <class R>
concept void_or_result = std::is_void_v<R> || std::is_same_v<R, result<void>>;

/// Which hooks M has for one event and context type.
template <class M, class Stage, class Context>
struct hooks {
  static constexpr bool before = requires(M & m, const Stage& event, Context& ctx) {
    { m.before(event, ctx) } -> void_or_result;
  };
  static constexpr bool timed_after =
      requires(M & m, const Stage& event, Context& ctx, const time_span& span, const result<void>& outcome) {
    { m.after(event, ctx, span, outcome) } -> void_or_result;
  };
  static constexpr bool plain_after = requires(M & m, const Stage& event, Context& ctx, const result<void>& outcome) {
    { m.after(event, ctx, outcome) } -> void_or_result;
  };
  static constexpr bool after = timed_after || plain_after;
  static constexpr bool around = requires(M & m, const Stage& event, Context& ctx, any_next& next) {
    { m.around(event, ctx, next) } -> std::same_as<result<void>>;
  };
  static constexpr bool rejected = requires(M & m, const Stage& event, Context& ctx, const error& why) {
    { m.rejected(event, ctx, why) } -> std::same_as<void>;
  };
  /// Every member with a hook's name can be called as that hook.
  static constexpr bool well_formed = (before || !hook_names<M>::before) && (after || !hook_names<M>::after) &&
                                      (around || !hook_names<M>::around) && (rejected || !hook_names<M>::rejected);
  static constexpr bool any = before || after || around || rejected;
};

template <class M>
struct fields_of_middleware {
  using type = field_list<>;
};
template <class M>
requires requires { typename M::fields; }
struct fields_of_middleware<M> {
  using type = to_field_list_t<typename M::fields>;
};

template <class M>
struct place_of {
  using type = place<>;
};
template <class M>
requires requires { typename M::place; }
struct place_of<M> {
  using type = typename M::place;
};

/// Whether `M` may have `Other` at the given side of it.
template <class Rule>
struct allows;
template <fixed_string... Names>
struct allows<inside_of<Names...>> {
  static constexpr bool outside(std::string_view) noexcept { return true; }
  static constexpr bool inside(std::string_view other) noexcept { return ((Names.view() != other) && ...); }
};
template <fixed_string... Names>
struct allows<outside_of<Names...>> {
  static constexpr bool outside(std::string_view other) noexcept { return ((Names.view() != other) && ...); }
  static constexpr bool inside(std::string_view) noexcept { return true; }
};
template <class... Rules>
struct allows<place<Rules...>> {
  static constexpr bool outside([[maybe_unused]] std::string_view other) noexcept {
    return (allows<Rules>::outside(other) && ...);
  }
  static constexpr bool inside([[maybe_unused]] std::string_view other) noexcept {
    return (allows<Rules>::inside(other) && ...);
  }
};

}  // namespace detail

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CHAIN_MIDDLEWARE_HPP

// ---- chain/detail/verdict.hpp

#ifndef MILLRACE_CHAIN_DETAIL_VERDICT_HPP
#define MILLRACE_CHAIN_DETAIL_VERDICT_HPP

// What is wrong with a composition, found before anything is instantiated that would say so in the
// compiler's words. Each verdict is `ok`, or names the first culprit.
namespace millrace {
inline namespace v0 {
namespace detail {

struct nobody {
  static constexpr std::string_view name = "";
  using type = int;
};

struct flawless {
  static constexpr bool ok = true;
  using culprit = nobody;
  using other = nobody;
};
template <class Culprit, class Other = nobody>
struct flawed {
  static constexpr bool ok = false;
  using culprit = Culprit;
  using other = Other;
};

/// The first of `Verdicts` that is not ok.
template <class... Verdicts>
struct first_flaw {
  using type = flawless;
};
template <class First, class... Rest>
struct first_flaw<First, Rest...> : first_flaw<Rest...> {};
template <class First, class... Rest>
requires(!First::ok) struct first_flaw<First, Rest...> {
  using type = First;
};

// Events that declare no fields.
template <class... Events>
using undeclared = typename first_flaw<std::conditional_t<event<Events>, flawless, flawed<Events>>...>::type;

// Data flow: every field is given at the start or written by an earlier event before it is read.
template <class Known, class Event, class Reads>
struct unwritten_in {
  using type = flawless;
};
template <class Known, class Event, class Field, class... Rest>
struct unwritten_in<Known, Event, field_list<Field, Rest...>>
    : std::conditional_t<contains<Known, Field>, unwritten_in<Known, Event, field_list<Rest...>>,
                         std::type_identity<flawed<Event, Field>>> {};

template <class Known, class... Events>
struct data_flow {
  using type = flawless;
};
template <class Known, class Event, class... Rest>
struct data_flow<Known, Event, Rest...> {
  using here = typename unwritten_in<Known, Event, reads_of<Event>>::type;
  using type =
      typename first_flaw<here, typename data_flow<merge_fields_t<Known, writes_of<Event>>, Rest...>::type>::type;
};

// Slots: the context has one for every field that an event touches.
template <class Context, class Event, class List>
struct slotless;
template <class Context, class Event, class... Fields>
struct slotless<Context, Event, field_list<Fields...>> {
  using type =
      typename first_flaw<std::conditional_t<Context::template has<Fields>, flawless, flawed<Event, Fields>>...>::type;
};
template <class Context, class... Events>
using missing_slot = typename first_flaw<
    typename slotless<Context, Events, merge_fields_t<reads_of<Events>, writes_of<Events>>>::type...>::type;

// Signatures: called with its view of the context, an event answers void or result<void>.
template <class Context, class Event>
concept callable_on = requires(Event& event, event_context<Context, Event>& ctx) {
  { event(ctx) } -> void_or_result;
};
template <class Context, class... Events>
using uncallable =
    typename first_flaw<std::conditional_t<callable_on<Context, Events>, flawless, flawed<Events>>...>::type;

// Places: of two middlewares, the inner one allows the outer at its outside, and the other way round.
template <class Inner, class Outer>
inline constexpr bool well_placed = allows<typename place_of<Inner>::type>::outside(part_name<Outer>()) &&
                                    allows<typename place_of<Outer>::type>::inside(part_name<Inner>());
template <class... InnermostFirst>
struct misplaced {
  using type = flawless;
};
template <class Inner, class... Outer>
struct misplaced<Inner, Outer...> {
  using type = typename first_flaw<std::conditional_t<well_placed<Inner, Outer>, flawless, flawed<Inner, Outer>>...,
                                   typename misplaced<Outer...>::type>::type;
};

// Hooks: every member named like one can be called as one, and there is at least one.
template <class Stage, class Context, class... Middlewares>
using malformed = typename first_flaw<
    std::conditional_t<hooks<Middlewares, Stage, Context>::well_formed, flawless, flawed<Middlewares, Stage>>...>::type;
template <class Stage, class Context, class... Middlewares>
using hookless = typename first_flaw<
    std::conditional_t<hooks<Middlewares, Stage, Context>::any, flawless, flawed<Middlewares>>...>::type;

// Threads: what has not said that it may be shared.
template <class... Parts>
using unshareable =
    typename first_flaw<std::conditional_t<says_thread_safe<Parts>(), flawless, flawed<Parts>>...>::type;

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CHAIN_DETAIL_VERDICT_HPP

// ---- chain/outcome.hpp

#ifndef MILLRACE_CHAIN_OUTCOME_HPP
#define MILLRACE_CHAIN_OUTCOME_HPP

namespace millrace {
inline namespace v0 {

/// One event that failed in a lenient run.
struct event_failure {
  std::size_t index;
  std::string_view event;
  millrace::error error;
};

/// How a lenient run ended: success, or "completed with n failures" and their list.
class lenient_result {
 public:
  bool has_value() const noexcept { return failures_.empty(); }
  explicit operator bool() const noexcept { return has_value(); }

  /// The events that failed, in order.
  const std::vector<event_failure>& failures() const noexcept { return failures_; }

  /// All failures as one error. Only where there are any.
  millrace::error error() const {
    std::string message =
        "completed with " + std::to_string(failures_.size()) + (failures_.size() == 1 ? " failure" : " failures");
    const char* separator = ": ";
    for (const event_failure& failure : failures_) {
      message += separator;
      message += failure.error.describe();
      separator = "; ";
    }
    return millrace::error(errc::completed_with_failures, std::move(message));
  }

  void add(event_failure failure) { failures_.push_back(std::move(failure)); }

 private:
  std::vector<event_failure> failures_;
};

/// A run stops at the first event that fails and answers its error. The default.
struct strict {
  using result_type = result<void>;
};

/// A run goes on after a failed event and lists all that failed.
struct lenient {
  using result_type = lenient_result;
};

template <class S>
concept strictness_policy = std::same_as<S, strict> || std::same_as<S, lenient>;

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CHAIN_OUTCOME_HPP

// ---- chain/chain.hpp

#ifndef MILLRACE_CHAIN_CHAIN_HPP
#define MILLRACE_CHAIN_CHAIN_HPP

namespace millrace {
inline namespace v0 {

template <class Chain>
class shared_chain;

namespace detail {

template <class... Parts>
struct part_list {};

/// std::declval for code that is compiled but never run. Has a body, which local types ask for.
template <class T>
T& pretend() noexcept {
  __builtin_unreachable();
}

template <class Describe>
[[gnu::cold, gnu::noinline]] error thrown_error(const Describe& describe, const char* what) {
  const std::string where = describe();
  return error(errc::event_threw,
               what != nullptr ? where + " threw: " + what : where + " threw something that is no std::exception");
}

/// Calls f and makes an error value of whatever it throws. A cancelled thread goes on unwinding.
template <class F, class Describe>
[[gnu::always_inline]] inline result<void> guarded(F&& f, Describe&& describe) {
  try {
    if constexpr (std::is_void_v<decltype(f())>) {
      f();
      return {};
    } else {
      return f();
    }
  } catch (abi::__forced_unwind&) {
    throw;
  } catch (const std::exception& thrown) {
    return thrown_error(describe, thrown.what());
  } catch (...) {
    return thrown_error(describe, nullptr);
  }
}

}  // namespace detail

/// Events in order, with middleware around each of them, resolved at compile time.
///
/// Made by `chain(events...)`; `use` adds a middleware outside those already there. Called with a
/// context, it runs every event and answers `Strictness::result_type`. What an event or a hook
/// throws becomes an error value at the event's boundary.
///
/// Complexity: the events' and hooks' own; with no middleware, or one that does nothing, the bare
/// calls. Allocates: only for an error. Threads: one at a time, or any number through `share`.
template <class Strictness, class Clock, class Events, class Middlewares>
class basic_chain;

template <class Strictness, class Clock, class... Events, class... Middlewares>
class [[nodiscard]] basic_chain<Strictness, Clock, detail::part_list<Events...>, detail::part_list<Middlewares...>> {
  template <class, class, class, class>
  friend class basic_chain;
  template <class>
  friend class shared_chain;

  template <std::size_t Index>
  using event_at = detail::unborrowed_t<std::tuple_element_t<Index, std::tuple<Events...>>>;
  template <std::size_t Index>
  using middleware_at = detail::unborrowed_t<std::tuple_element_t<Index, std::tuple<Middlewares...>>>;
  template <std::size_t Index>
  using stage_at = stage<event_at<Index>, Index, Clock, detail::unborrowed_t<Events>...>;
  static constexpr std::size_t depth = sizeof...(Middlewares);

 public:
  using result_type = typename Strictness::result_type;

  constexpr basic_chain(Clock clock, std::tuple<Events...> events, std::tuple<Middlewares...> middlewares)
      : clock_(std::move(clock)), events_(std::move(events)), middlewares_(std::move(middlewares)) {}
  basic_chain(basic_chain&&) = default;
  basic_chain& operator=(basic_chain&&) = default;
  basic_chain(const basic_chain&) = delete;
  basic_chain& operator=(const basic_chain&) = delete;

  /// Adds a middleware outside all those there: the last one used is the outermost. A bundle, which is
  /// anything with `add_to(chain) &&`, adds its middlewares itself and answers the chain with them.
  template <class M>
  constexpr auto use(M middleware) && {
    if constexpr (requires { std::move(middleware).add_to(std::move(*this)); })
      return std::move(middleware).add_to(std::move(*this));
    else
      return std::move(*this).use_one(std::move(middleware));
  }

  /// The same chain on a clock that the caller made.
  template <clock_policy Other>
  constexpr auto on(Other clock) && {
    return basic_chain<Strictness, Other, detail::part_list<Events...>, detail::part_list<Middlewares...>>(
        std::move(clock), std::move(events_), std::move(middlewares_));
  }

  /// A context with a slot for every field that the events touch, the middlewares ask for and the
  /// arguments give: `chain.context(epoch = 0)`.
  template <class... Given>
  constexpr auto context(bound<Given>... start) const {
    static_assert(detail::all_different<Given...>, "millrace[CONTEXT-2]: a field is given twice");
    using slots =
        detail::merge_fields_t<field_list<Given...>, detail::reads_of<detail::unborrowed_t<Events>>...,
                               detail::writes_of<detail::unborrowed_t<Events>>...,
                               typename detail::fields_of_middleware<detail::unborrowed_t<Middlewares>>::type...>;
    return basic_context<field_list<Given...>, slots>(std::move(start)...);
  }

  /// Runs the events in order. Guarantee: an event that fails or throws has had its `after` hooks.
  template <class Context>
  [[gnu::always_inline]] inline result_type operator()(Context& ctx) {
    // One check at a time, so that the first error is the cause and not its consequences.
    using flow = typename detail::data_flow<typename Context::provided, detail::unborrowed_t<Events>...>::type;
    static_assert(detail::requirement<flow::ok, typename flow::culprit, detail::spelling_t<typename flow::other>>,
                  "millrace[CHAIN-3]: the event reads a field that neither the context's start values nor an earlier "
                  "event provides; give it to context(), or put the event that writes it first");
    if constexpr (flow::ok) {
      using slots = detail::missing_slot<Context, detail::unborrowed_t<Events>...>;
      static_assert(detail::requirement<slots::ok, typename slots::culprit, detail::spelling_t<typename slots::other>>,
                    "millrace[CHAIN-6]: the context has no slot for a field that the event writes; make the context "
                    "with chain.context(...)");
      if constexpr (slots::ok) {
        using signature = detail::uncallable<Context, detail::unborrowed_t<Events>...>;
        static_assert(detail::requirement<signature::ok, typename signature::culprit>,
                      "millrace[CHAIN-2]: the event cannot be called as event(ctx), or answers something else than "
                      "void or mr::result<void>; write: mr::result<void> operator()(auto& ctx)");
        if constexpr (signature::ok) {
          // Never runs: instantiates the events' bodies here, so that a mistake in one is reported next to this call.
          if (false)
            (void(detail::pretend<detail::unborrowed_t<Events>>()(
                 detail::pretend<event_context<Context, detail::unborrowed_t<Events>>>())),
             ...);
          using hooks = detail::malformed<stage_at<0>, Context, detail::unborrowed_t<Middlewares>...>;
          static_assert(detail::requirement<hooks::ok, typename hooks::culprit>,
                        "millrace[CHAIN-7]: the middleware has a member named before, after, around or rejected that "
                        "cannot be called as that hook; see millrace/chain/middleware.hpp for their parameters");
          using idle = detail::hookless<stage_at<0>, Context, detail::unborrowed_t<Middlewares>...>;
          static_assert(!hooks::ok || detail::requirement<idle::ok, typename idle::culprit>,
                        "millrace[CHAIN-1]: the middleware has none of before, after, around and rejected");
          if constexpr (hooks::ok && idle::ok) {
            if constexpr (std::is_same_v<Strictness, strict>)
              return run_strict<0>(ctx);
            else
              return run_lenient(ctx, std::make_index_sequence<sizeof...(Events)>{});
          }
        }
      }
    }
  }

  /// The middlewares' names, outermost first: the order in which `before` is called.
  static constexpr std::array<std::string_view, depth> order() noexcept {
    std::array<std::string_view, depth> names{};
    std::size_t at = depth;
    ((names[--at] = detail::part_name<detail::unborrowed_t<Middlewares>>()), ...);
    return names;
  }

  /// The chain in words: its events with what they read and write, and its middlewares in order.
  static std::string describe() {
    std::string text = "chain, ";
    text += std::is_same_v<Strictness, strict> ? "strict\n" : "lenient\n";
    std::size_t number = 0;
    (describe_event<detail::unborrowed_t<Events>>(text, ++number), ...);
    text += depth == 0 ? "no middleware\n" : "middleware, outermost first:\n";
    for (const std::string_view name : order()) {
      text += "  ";
      text += name;
      text += '\n';
    }
    return text;
  }

  /// The event or middleware of this type, or of this name: `training.get<"profiler">()`.
  template <class Part>
  constexpr Part& get() noexcept {
    constexpr std::size_t at = index_of([]<class T>() { return std::is_same_v<T, Part>; });
    static_assert(at < sizeof...(Events) + depth, "millrace[CHAIN-10]: the chain has no part of this type");
    return part<at>();
  }
  template <fixed_string Name>
  constexpr auto& get() noexcept {
    constexpr std::size_t at = index_of([]<class T>() { return detail::part_name<T>() == Name.view(); });
    static_assert(at < sizeof...(Events) + depth, "millrace[CHAIN-10]: the chain has no part of this name");
    return part<at>();
  }

  constexpr const Clock& clock() const noexcept { return clock_; }

 private:
  template <class M>
  constexpr auto use_one(M middleware) && {
    using flaw = typename detail::misplaced<detail::unborrowed_t<Middlewares>..., detail::unborrowed_t<M>>::type;
    static_assert(detail::requirement<flaw::ok, typename flaw::culprit, typename flaw::other>,
                  "millrace[CHAIN-8]: two middlewares stand in the wrong order: the first one named here is inside the "
                  "other, and one of their `place` rules forbids it; change the order of use()");
    return basic_chain<Strictness, Clock, detail::part_list<Events...>, detail::part_list<Middlewares..., M>>(
        std::move(clock_), std::move(events_),
        std::tuple_cat(std::move(middlewares_), std::tuple<M>(std::move(middleware))));
  }

  template <class Match>
  static constexpr std::size_t index_of(Match match) {
    std::size_t at = 0;
    std::size_t found = sizeof...(Events) + depth;
    const auto look = [&](bool matches) {
      if (matches && found == sizeof...(Events) + depth) found = at;
      ++at;
    };
    (look(match.template operator()<detail::unborrowed_t<Events>>()), ...);
    (look(match.template operator()<detail::unborrowed_t<Middlewares>>()), ...);
    return found;
  }
  template <std::size_t At>
  constexpr auto& part() noexcept {
    if constexpr (At < sizeof...(Events))
      return detail::object_of(std::get<At>(events_));
    else
      return detail::object_of(std::get<At - sizeof...(Events)>(middlewares_));
  }

  template <class Event>
  static void describe_event(std::string& text, std::size_t number) {
    text += "  " + std::to_string(number) + " ";
    text += detail::part_name<Event>();
    const auto list = [&]<class... Fields>(std::string_view label, field_list<Fields...>) {
      if constexpr (sizeof...(Fields) > 0) {
        text += label;
        const char* separator = " ";
        ((text += separator, text += Fields::name, separator = ", "), ...);
      }
    };
    list("; reads", detail::reads_of<Event>{});
    list("; writes", detail::writes_of<Event>{});
    text += '\n';
  }

  template <std::size_t Level, class Stage, class Context>
  using hooks_at = detail::hooks<middleware_at<Level>, Stage, Context>;
  template <class Stage, class Context>
  static constexpr bool timed = (detail::hooks<detail::unborrowed_t<Middlewares>, Stage, Context>::timed_after || ...);

  /// One event's stamps, in clock ticks: its first attempt's start, its last one's end.
  struct stamps {
    std::uint64_t start = 0;
    std::uint64_t end = 0;
  };
  /// For an event that a middleware kept from running: a span of no length.
  template <class Stage, class Context>
  static void stamp_unrun(const Stage& event, stamps& times) {
    if constexpr (timed<Stage, Context>) {
      if (times.start == 0) times.start = times.end = event.clock().ticks();
    }
  }

  template <std::size_t Index, class Context>
  [[gnu::always_inline]] inline result<void> run_strict(Context& ctx) {
    result<void> outcome = run_event<Index>(ctx);
    if constexpr (Index + 1 < sizeof...(Events)) {
      if (outcome) [[likely]]
        return run_strict<Index + 1>(ctx);
    }
    return outcome;
  }
  template <class Context, std::size_t... Index>
  [[gnu::always_inline]] inline lenient_result run_lenient(Context& ctx, std::index_sequence<Index...>) {
    lenient_result outcome;
    (collect<Index>(outcome, run_event<Index>(ctx)), ...);
    return outcome;
  }
  template <std::size_t Index>
  static void collect(lenient_result& all, result<void> one) {
    if (!one) [[unlikely]]
      all.add({Index, stage_at<Index>::name, std::move(one).error()});
  }

  template <std::size_t Index, class Context>
  [[gnu::always_inline]] inline result<void> run_event(Context& ctx) {
    const stage_at<Index> event(detail::object_of(std::get<Index>(events_)), clock_);
    stamps times;
    result<void> outcome = enter<depth>(event, ctx, times);
    if (!outcome) [[unlikely]]
      return locate<stage_at<Index>>(std::move(outcome).error());
    return outcome;
  }
  template <class Stage>
  [[gnu::cold, gnu::noinline]] static error locate(error why) {
    return std::move(why).wrap("event \"" + std::string(Stage::name) + "\" (" + std::to_string(Stage::index + 1) +
                               " of " + std::to_string(Stage::count) + ") failed");
  }

  /// The event inside its `Level` innermost middlewares.
  template <std::size_t Level, class Stage, class Context>
  [[gnu::always_inline]] inline result<void> enter(const Stage& event, Context& ctx, stamps& times) {
    if constexpr (Level == 0) {
      return call(event, ctx, times);
    } else {
      using has = hooks_at<Level - 1, Stage, Context>;
      auto& middleware = detail::object_of(std::get<Level - 1>(middlewares_));
      if constexpr (has::before) {
        result<void> go =
            detail::guarded([&] { return middleware.before(event, ctx); }, describe_hook<Level - 1, Stage>{"before"});
        if (!go) [[unlikely]] {
          stamp_unrun<Stage, Context>(event, times);
          reject<Level - 1>(Stage(event, false), ctx, go.error());
          return go;
        }
      }
      result<void> outcome = through<Level>(event, ctx, times);
      if constexpr (has::after) {
        result<void> verdict = detail::guarded(
            [&] {
              if constexpr (has::timed_after) {
                const time_span span{event.clock().nanoseconds(times.start), event.clock().nanoseconds(times.end)};
                return middleware.after(event, ctx, span, std::as_const(outcome));
              } else {
                return middleware.after(event, ctx, std::as_const(outcome));
              }
            },
            describe_hook<Level - 1, Stage>{"after"});
        if (!verdict && outcome) [[unlikely]] {
          outcome = std::move(verdict);
          reject<Level - 1>(event, ctx, outcome.error());
        }
      }
      return outcome;
    }
  }

  /// The inner levels, through this level's `around` if it has one.
  template <std::size_t Level, class Stage, class Context>
  [[gnu::always_inline]] inline result<void> through(const Stage& event, Context& ctx, stamps& times) {
    if constexpr (hooks_at<Level - 1, Stage, Context>::around) {
      auto& middleware = detail::object_of(std::get<Level - 1>(middlewares_));
      bool inner_failed = false;
      bool reached = false;
      const auto next = [&]() __attribute__((always_inline))->result<void> {
        reached = true;
        result<void> outcome = enter<Level - 1>(event, ctx, times);
        inner_failed = !outcome;
        return outcome;
      };
      result<void> outcome = detail::guarded([&] { return middleware.around(event, ctx, next); },
                                             describe_hook<Level - 1, Stage>{"around"});
      stamp_unrun<Stage, Context>(event, times);
      if (!outcome && !inner_failed) [[unlikely]]
        reject<Level - 1>(Stage(event, reached), ctx, outcome.error());
      return outcome;
    } else {
      return enter<Level - 1>(event, ctx, times);
    }
  }

  template <class Stage, class Context>
  [[gnu::always_inline]] inline result<void> call(const Stage& event, Context& ctx, stamps& times) {
    event_context<Context, typename Stage::event_type> view(ctx);
    if constexpr (timed<Stage, Context>) {
      const std::uint64_t now = event.clock().ticks();
      if (times.start == 0) times.start = now;
    }
    result<void> outcome = detail::guarded([&] { return event.event()(view); }, describe_event_name<Stage>{});
    if constexpr (timed<Stage, Context>) times.end = event.clock().ticks();
    return outcome;
  }

  /// Tells the `Levels` innermost middlewares, from the outside in, that the event failed further out.
  template <std::size_t Levels, class Stage, class Context>
  [[gnu::cold]] void reject(const Stage& event, Context& ctx, const error& why) {
    if constexpr (Levels > 0) {
      if constexpr (hooks_at<Levels - 1, Stage, Context>::rejected) {
        auto& middleware = detail::object_of(std::get<Levels - 1>(middlewares_));
        // A hook that throws here has nowhere to report to: the event has failed already, with `why`.
        (void)detail::guarded([&] { middleware.rejected(event, ctx, why); },
                              describe_hook<Levels - 1, Stage>{"rejected"});
      }
      reject<Levels - 1>(event, ctx, why);
    }
  }

  template <class Stage>
  struct describe_event_name {
    std::string operator()() const { return "event \"" + std::string(Stage::name) + '"'; }
  };
  template <std::size_t Index, class Stage>
  struct describe_hook {
    const char* hook;
    std::string operator()() const {
      return "middleware \"" + std::string(detail::part_name<middleware_at<Index>>()) + "\", " + hook + " event \"" +
             std::string(Stage::name) + "\",";
    }
  };

  [[no_unique_address]] Clock clock_;
  [[no_unique_address]] std::tuple<Events...> events_;
  [[no_unique_address]] std::tuple<Middlewares...> middlewares_;
};

namespace detail {

template <class T>
inline constexpr bool is_policy = strictness_policy<T> || clock_policy<T>;

template <class... Policies>
struct strictness_of {
  using type = strict;
};
template <class First, class... Rest>
struct strictness_of<First, Rest...>
    : std::conditional_t<strictness_policy<First>, std::type_identity<First>, strictness_of<Rest...>> {};
template <class... Policies>
struct clock_of {
  using type = steady_clock;
};
template <class First, class... Rest>
struct clock_of<First, Rest...>
    : std::conditional_t<clock_policy<First>, std::type_identity<First>, clock_of<Rest...>> {};

}  // namespace detail

/// Makes a chain of events, strict and on the steady clock. Policies change that, in any order:
/// `mr::chain<mr::lenient, mr::tsc_clock>(...)`.
template <class... Policies, class... Events>
requires(detail::is_policy<Policies>&&...) constexpr auto chain(Events... events) {
  static_assert(sizeof...(Events) > 0, "millrace[CHAIN-5]: a chain has at least one event");
  using strictness = typename detail::strictness_of<Policies...>::type;
  using clock = typename detail::clock_of<Policies...>::type;
  using flaw = detail::undeclared<detail::unborrowed_t<Events>...>;
  static_assert(detail::requirement<flaw::ok, typename flaw::culprit>,
                "millrace[CHAIN-9]: an event declares its fields: using reads = mr::fields<...>; "
                "using writes = mr::fields<...>;");
  if constexpr (flaw::ok && sizeof...(Events) > 0)
    return basic_chain<strictness, clock, detail::part_list<Events...>, detail::part_list<>>(
        clock(), std::tuple<Events...>(std::move(events)...), {});
}

/// A chain that several threads may run at once, each with its own context. Refers to the chain,
/// which must outlive it.
template <class Strictness, class Clock, class... Events, class... Middlewares>
class shared_chain<basic_chain<Strictness, Clock, detail::part_list<Events...>, detail::part_list<Middlewares...>>> {
 public:
  using chain_type = basic_chain<Strictness, Clock, detail::part_list<Events...>, detail::part_list<Middlewares...>>;

  /// Whether every part says that it is thread-safe; if not, who does not.
  using check = detail::unshareable<detail::unborrowed_t<Events>..., detail::unborrowed_t<Middlewares>...>;

  explicit shared_chain(chain_type& shared) noexcept requires(check::ok) : chain_(&shared) {}

  template <class Context>
  typename chain_type::result_type operator()(Context& ctx) const {
    return (*chain_)(ctx);
  }

 private:
  chain_type* chain_;
};

/// A handle through which any number of threads may run the chain; every event and middleware must
/// say that it is thread-safe.
template <class Chain>
auto share(Chain& chain) noexcept {
  using flaw = typename shared_chain<Chain>::check;
  static_assert(detail::requirement<flaw::ok, typename flaw::culprit>,
                "millrace[CHAIN-11]: a chain is shared between threads, but a part of it does not say "
                "`static constexpr bool thread_safe = true`");
  if constexpr (flaw::ok) return shared_chain<Chain>(chain);
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CHAIN_CHAIN_HPP

// ---- chain.hpp

#ifndef MILLRACE_CHAIN_HPP
#define MILLRACE_CHAIN_HPP

/// chain: events in order, middleware around them, everything resolved at compile time.
///
/// - `chain(events...)`: the chain; `.use(middleware)` adds outward, `.context(...)` makes what it runs on
/// - `event`: what a step must be; `event_context`: what it sees; `step`: one made from a callable
/// - `middleware.hpp`: the hooks `before`, `after`, `around`, `rejected`, and `place` rules
/// - `strict`, `lenient`, `lenient_result`: what happens after a failed event
/// - `share`: a handle for several threads; `borrow`: a part that stays where it is
///
/// Standard library alone.

// First, because the compiler repeats the way to a header above an error in it, and most are found there.

#endif  // MILLRACE_CHAIN_HPP

// ---- core/timestamp.hpp

#ifndef MILLRACE_CORE_TIMESTAMP_HPP
#define MILLRACE_CORE_TIMESTAMP_HPP

namespace millrace {
inline namespace v0 {

/// A moment split into the proleptic Gregorian calendar, UTC.
struct calendar_time {
  int year = 1970;
  unsigned month = 1;  // 1..12
  unsigned day = 1;    // 1..31
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;
  unsigned nanosecond = 0;
};

/// Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
constexpr calendar_time to_calendar(std::uint64_t unix_nanoseconds) noexcept {
  const std::uint64_t seconds = unix_nanoseconds / 1'000'000'000U;
  const auto of_day = static_cast<unsigned>(seconds % 86'400U);
  const std::uint64_t shifted = seconds / 86'400U + 719'468U;  // days since 0000-03-01
  const std::uint64_t era = shifted / 146'097U;
  const auto day_of_era = static_cast<unsigned>(shifted - era * 146'097U);
  const unsigned year_of_era = (day_of_era - day_of_era / 1'460U + day_of_era / 36'524U - day_of_era / 146'096U) / 365U;
  const unsigned day_of_year = day_of_era - (365U * year_of_era + year_of_era / 4U - year_of_era / 100U);
  const unsigned shifted_month = (5U * day_of_year + 2U) / 153U;  // March is 0
  calendar_time at;
  at.day = day_of_year - (153U * shifted_month + 2U) / 5U + 1U;
  at.month = shifted_month < 10U ? shifted_month + 3U : shifted_month - 9U;
  at.year = static_cast<int>(year_of_era) + static_cast<int>(era) * 400 + (at.month <= 2U ? 1 : 0);
  at.hour = of_day / 3'600U;
  at.minute = of_day / 60U % 60U;
  at.second = of_day % 60U;
  at.nanosecond = static_cast<unsigned>(unix_nanoseconds % 1'000'000'000U);
  return at;
}

namespace detail {
constexpr char* write_digits(char* out, unsigned value, int width) noexcept {
  for (int i = width - 1; i >= 0; --i) {
    out[i] = static_cast<char>('0' + value % 10U);
    value /= 10U;
  }
  return out + width;
}
}  // namespace detail

inline constexpr std::size_t iso8601_size = 27;  // 2025-01-21T14:30:22.123456Z

/// Writes ISO 8601, UTC, microseconds; `iso8601_size` characters. Allocates: never.
constexpr char* write_iso8601(char* out, std::uint64_t unix_nanoseconds) noexcept {
  const calendar_time at = to_calendar(unix_nanoseconds);
  out = detail::write_digits(out, static_cast<unsigned>(at.year), 4);
  *out++ = '-';
  out = detail::write_digits(out, at.month, 2);
  *out++ = '-';
  out = detail::write_digits(out, at.day, 2);
  *out++ = 'T';
  out = detail::write_digits(out, at.hour, 2);
  *out++ = ':';
  out = detail::write_digits(out, at.minute, 2);
  *out++ = ':';
  out = detail::write_digits(out, at.second, 2);
  *out++ = '.';
  out = detail::write_digits(out, at.nanosecond / 1'000U, 6);
  *out++ = 'Z';
  return out;
}

inline std::string to_iso8601(std::uint64_t unix_nanoseconds) {
  std::string text(iso8601_size, '\0');
  write_iso8601(text.data(), unix_nanoseconds);
  return text;
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_TIMESTAMP_HPP

// ---- core/id.hpp

#ifndef MILLRACE_CORE_ID_HPP
#define MILLRACE_CORE_ID_HPP

namespace millrace {
inline namespace v0 {

/// One run's identifier: UTC date, time and 32 random bits, `20250121_143022_a3f8b2c1`. Sorts by
/// time. Deterministic in its arguments.
inline std::string make_session_id(std::uint64_t unix_nanoseconds, std::uint64_t random_bits) {
  const calendar_time at = to_calendar(unix_nanoseconds);
  std::string id(24, '_');
  char* out = id.data();
  out = detail::write_digits(out, static_cast<unsigned>(at.year), 4);
  out = detail::write_digits(out, at.month, 2);
  out = detail::write_digits(out, at.day, 2) + 1;
  out = detail::write_digits(out, at.hour, 2);
  out = detail::write_digits(out, at.minute, 2);
  out = detail::write_digits(out, at.second, 2) + 1;
  for (int shift = 28; shift >= 0; shift -= 4) *out++ = "0123456789abcdef"[(random_bits >> shift) & 15U];
  return id;
}

/// An identifier for a run that starts now.
inline std::string make_session_id() { return make_session_id(unix_nanoseconds(), entropy_seed()); }

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_ID_HPP

// ---- core/json_writer.hpp

#ifndef MILLRACE_CORE_JSON_WRITER_HPP
#define MILLRACE_CORE_JSON_WRITER_HPP

namespace millrace {
inline namespace v0 {

namespace detail {

/// The length of the well-formed UTF-8 sequence at the front of `text`, or 0.
/// Source: The Unicode Standard, table 3-7.
constexpr std::size_t utf8_sequence(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto in = [&](std::size_t i, unsigned low, unsigned high) {
    return i < text.size() && byte(i) >= low && byte(i) <= high;
  };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return in(1, 0x80, 0xbf) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    const unsigned low = lead == 0xe0 ? 0xa0 : 0x80;
    const unsigned high = lead == 0xed ? 0x9f : 0xbf;
    return in(1, low, high) && in(2, 0x80, 0xbf) ? 3 : 0;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    const unsigned low = lead == 0xf0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xf4 ? 0x8f : 0xbf;
    return in(1, low, high) && in(2, 0x80, 0xbf) && in(3, 0x80, 0xbf) ? 4 : 0;
  }
  return 0;
}

}  // namespace detail

/// Appends a JSON string literal. Any bytes go in and strict JSON comes out: control bytes are
/// escaped, and a byte that is not part of well-formed UTF-8 becomes the four characters `\xHH`.
inline void append_json(std::string& out, std::string_view text) {
  static constexpr char hex[] = "0123456789abcdef";
  out += '"';
  std::size_t clean = 0;  // start of the run that needs no escape
  std::size_t i = 0;
  const auto flush = [&] { out.append(text.data() + clean, i - clean); };
  while (i < text.size()) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
      ++i;
      continue;
    }
    if (c >= 0x80) {
      if (const std::size_t length = detail::utf8_sequence(text.substr(i)); length != 0) {
        i += length;
        continue;
      }
      flush();
      const char escape[] = {'\\', '\\', 'x', hex[c >> 4], hex[c & 15U]};
      out.append(escape, sizeof escape);
    } else {
      flush();
      switch (c) {
        case '"': out += "\\\""; break;
        case '\\': out += "\\\\"; break;
        case '\n': out += "\\n"; break;
        case '\r': out += "\\r"; break;
        case '\t': out += "\\t"; break;
        default: {
          const char escape[] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15U]};
          out.append(escape, sizeof escape);
        }
      }
    }
    clean = ++i;
  }
  flush();
  out += '"';
}

/// Appends a number in the shortest form that reads back to the same value, whatever the locale.
/// JSON has no NaN and no infinities: they become the strings "NaN", "Infinity", "-Infinity".
template <class T>
requires std::floating_point<T>
void append_json(std::string& out, T value) {
  if (std::isnan(value)) {
    out += "\"NaN\"";
  } else if (std::isinf(value)) {
    out += value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
  } else {
    char digits[40];
    out.append(digits, static_cast<std::size_t>(std::to_chars(digits, digits + sizeof digits, value).ptr - digits));
  }
}
template <class T>
requires(std::integral<T> && !std::same_as<T, bool>) void append_json(std::string& out, T value) {
  char digits[24];
  out.append(digits, static_cast<std::size_t>(std::to_chars(digits, digits + sizeof digits, value).ptr - digits));
}
inline void append_json(std::string& out, bool value) { out += value ? "true" : "false"; }
inline void append_json(std::string& out, const char* text) { append_json(out, std::string_view(text)); }
inline void append_json(std::string& out, std::nullptr_t) { out += "null"; }

/// Writes JSON into a string and keeps the commas: `w.begin_object().key("n").value(3).end_object()`.
/// Writes what it is told; that keys stand in objects and every begin has its end is the caller's
/// part. Allocates: only as the string grows.
class json_writer {
 public:
  explicit json_writer(std::string& out) noexcept : out_(&out) {}

  json_writer& begin_object() { return open('{'); }
  json_writer& end_object() { return close('}'); }
  json_writer& begin_array() { return open('['); }
  json_writer& end_array() { return close(']'); }

  json_writer& key(std::string_view name) {
    separate();
    append_json(*out_, name);
    *out_ += ':';
    comma_ = false;
    return *this;
  }
  template <class T>
  json_writer& value(const T& item) {
    separate();
    append_json(*out_, item);
    comma_ = true;
    return *this;
  }
  /// A value that is JSON already.
  json_writer& raw(std::string_view json) {
    separate();
    out_->append(json);
    comma_ = true;
    return *this;
  }
  template <class T>
  json_writer& member(std::string_view name, const T& item) {
    return key(name).value(item);
  }

 private:
  void separate() {
    if (comma_) *out_ += ',';
  }
  json_writer& open(char bracket) {
    separate();
    *out_ += bracket;
    comma_ = false;
    return *this;
  }
  json_writer& close(char bracket) {
    *out_ += bracket;
    comma_ = true;
    return *this;
  }

  std::string* out_;
  bool comma_ = false;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_JSON_WRITER_HPP

// ---- core/json_check.hpp

#ifndef MILLRACE_CORE_JSON_CHECK_HPP
#define MILLRACE_CORE_JSON_CHECK_HPP

namespace millrace {
inline namespace v0 {

namespace detail {

/// Reads JSON without making anything of it.
class json_scanner {
 public:
  constexpr explicit json_scanner(std::string_view text) noexcept : text_(text) {}

  constexpr bool document() noexcept {
    space();
    if (!value()) return false;
    space();
    return at_ == text_.size();
  }

 private:
  // Nesting is kept in bits, one a level, so that no input can exhaust the stack.
  static constexpr unsigned max_depth = 512;

  constexpr bool more() const noexcept { return at_ < text_.size(); }
  constexpr bool take(char c) noexcept {
    if (!more() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  constexpr void space() noexcept {
    while (more() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) ++at_;
  }
  constexpr bool word(std::string_view expected) noexcept {
    if (text_.substr(at_, expected.size()) != expected) return false;
    at_ += expected.size();
    return true;
  }
  constexpr bool digits() noexcept {
    const std::size_t begin = at_;
    while (more() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
    return at_ != begin;
  }
  constexpr bool number() noexcept {
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      return digits();
    }
    return true;
  }
  constexpr bool hex() noexcept {
    if (!more()) return false;
    const char c = text_[at_++];
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  }
  constexpr bool string() noexcept {
    if (!take('"')) return false;
    while (more()) {
      const auto c = static_cast<unsigned char>(text_[at_]);
      if (c < 0x20) return false;
      if (c >= 0x80) {
        const std::size_t length = utf8_sequence(text_.substr(at_));
        if (length == 0) return false;
        at_ += length;
        continue;
      }
      ++at_;
      if (c == '"') return true;
      if (c != '\\') continue;
      if (!more()) return false;
      switch (text_[at_++]) {
        case '"': case '\\': case '/': case 'b': case 'f': case 'n': case 'r': case 't': break;
        case 'u':
          if (!(hex() && hex() && hex() && hex())) return false;
          break;
        default: return false;
      }
    }
    return false;
  }
  constexpr bool key() noexcept {
    space();
    if (!string()) return false;
    space();
    return take(':');
  }

  constexpr bool value() noexcept {
    for (;;) {
      space();
      if (!more()) return false;
      const char c = text_[at_];
      if (c == '{' || c == '[') {
        ++at_;
        if (depth_ == max_depth) return false;
        push(c == '{');
        space();
        if (!take(c == '{' ? '}' : ']')) {
          if (c == '{' && !key()) return false;
          continue;
        }
        --depth_;
      } else if (!(c == '"' ? string() : c == 't' ? word("true") : c == 'f' ? word("false")
                   : c == 'n' ? word("null") : number())) {
        return false;
      }
      // Behind a value: close what it ends, or go on to the next.
      for (;;) {
        if (depth_ == 0) return true;
        space();
        if (take(',')) {
          if (in_object() && !key()) return false;
          break;
        }
        if (!take(in_object() ? '}' : ']')) return false;
        --depth_;
      }
    }
  }

  constexpr void push(bool object) noexcept {
    const std::uint64_t bit = std::uint64_t{1} << (depth_ % 64);
    objects_[depth_ / 64] = object ? objects_[depth_ / 64] | bit : objects_[depth_ / 64] & ~bit;
    ++depth_;
  }
  constexpr bool in_object() const noexcept {
    return (objects_[(depth_ - 1) / 64] >> ((depth_ - 1) % 64) & 1U) != 0;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  unsigned depth_ = 0;
  std::uint64_t objects_[max_depth / 64]{};
};

}  // namespace detail

/// Whether the text is one strict JSON value in well-formed UTF-8, at most 512 levels deep.
/// Complexity: one pass. Allocates: never. Source: RFC 8259.
constexpr bool is_json(std::string_view text) noexcept { return detail::json_scanner(text).document(); }

/// Whether it is one strict JSON object from the first byte to the last: a line of a JSONL file.
constexpr bool is_json_object(std::string_view text) noexcept {
  return !text.empty() && text.front() == '{' && text.back() == '}' && is_json(text);
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_JSON_CHECK_HPP

// ---- core/version.hpp

#ifndef MILLRACE_CORE_VERSION_HPP
#define MILLRACE_CORE_VERSION_HPP

#define MILLRACE_VERSION_MAJOR 0
#define MILLRACE_VERSION_MINOR 1
#define MILLRACE_VERSION_PATCH 0
#define MILLRACE_VERSION_STRING "0.1.0"

namespace millrace {
inline namespace v0 {

/// The library's semantic version. CMake, Conan and vcpkg read the macros above.
struct version {
  int major_number = MILLRACE_VERSION_MAJOR;
  int minor_number = MILLRACE_VERSION_MINOR;
  int patch_number = MILLRACE_VERSION_PATCH;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_VERSION_HPP

// ---- core.hpp

#ifndef MILLRACE_CORE_HPP
#define MILLRACE_CORE_HPP

/// core: the words every other module is written in.
///
/// - `field`, `context`: named, typed slots found at compile time
/// - `result`, `error`, `errc`: failures as values that name the thing at fault
/// - `clock.hpp`: time as a policy (`steady_clock`, `tsc_clock`, `manual_clock`); `timestamp.hpp`: UTC
/// - `random_engine`, `make_session_id`: randomness and identifiers, seeded per instance
/// - `json_writer`, `is_json`: strict JSON out of any bytes, and whether a text is it
///
/// Standard library and POSIX alone.

#endif  // MILLRACE_CORE_HPP

// ---- detect/detail/calibration.hpp

#ifndef MILLRACE_DETECT_DETAIL_CALIBRATION_HPP
#define MILLRACE_DETECT_DETAIL_CALIBRATION_HPP

namespace millrace {
inline namespace v0 {
namespace detail {

/// Thresholds found by simulation (benchmarks/calibration.cpp) for these run lengths.
using calibration = std::array<double, 9>;
inline constexpr std::array<double, 9> calibrated_lengths{100, 300, 1e3, 3e3, 1e4, 3e4, 1e5, 3e5, 1e6};

/// Between them, linear in the logarithm of the run length; below the first one, the first line goes on.
inline double calibrated(const calibration& thresholds, std::uint64_t run_length) noexcept {
  const auto length = static_cast<double>(run_length);
  std::size_t i = 1;
  while (i + 1 < thresholds.size() && length > calibrated_lengths[i]) ++i;
  const double from = std::log(calibrated_lengths[i - 1]);
  const double part = (std::log(length) - from) / (std::log(calibrated_lengths[i]) - from);
  return thresholds[i - 1] + part * (thresholds[i] - thresholds[i - 1]);
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DETECT_DETAIL_CALIBRATION_HPP

// ---- detect/signal.hpp

#ifndef MILLRACE_DETECT_SIGNAL_HPP
#define MILLRACE_DETECT_SIGNAL_HPP

namespace millrace {
inline namespace v0 {

/// What a detector says of the observation it was just given.
enum class signal : std::uint8_t { none, warning, drift };

constexpr std::string_view to_string(signal s) noexcept {
  return s == signal::drift ? "drift" : s == signal::warning ? "warning" : "none";
}

/// The promise a detector is set by: its in-control average run length. While nothing changes it takes
/// `Drift` observations on average from a fresh start to the first false drift, and about `Warning` to the first
/// warning; a detector states for which streams, and how closely it keeps the promise.
///
/// Source: the average run length of E. S. Page, "Continuous inspection schemes", Biometrika 41, 1954.
template <std::uint64_t Drift, std::uint64_t Warning = Drift / 10>
struct arl {
  static_assert(Drift >= 100 && Drift <= 1'000'000 && Warning >= 10 && Warning <= Drift,
                "millrace[DETECT-1]: arl<Drift, Warning> needs 100 <= Drift <= 1'000'000 and 10 <= Warning <= Drift");
  static constexpr std::uint64_t drift = Drift;
  static constexpr std::uint64_t warning = Warning;
};

namespace detail {

template <class R>
inline constexpr bool is_arl = false;
template <std::uint64_t Drift, std::uint64_t Warning>
inline constexpr bool is_arl<arl<Drift, Warning>> = true;

template <class R>
struct require_arl {
  static_assert(sizeof(R) > 0);  // arl's own conditions come first
  static_assert(is_arl<R>,
                "millrace[DETECT-2]: a detector is set by the run length it promises, as in cusum<arl<10'000>>");
};

/// Where a detector's statistic stands against what was promised.
constexpr signal grade(double statistic, double warning, double drift) noexcept {
  return statistic > drift ? signal::drift : statistic > warning ? signal::warning : signal::none;
}

}  // namespace detail

/// Watches a stream for a lasting change, one observation at a time.
///
/// Laws: after reset() it is as new; statistic() > threshold() exactly when update last answered `drift` or would have,
/// had it not started afresh; the same stream gives the same signals. Observations that are not finite are passed over
/// and answered `none`. update allocates never, and the detector is trivially copyable: a copy is a checkpoint.
template <class D>
concept drift_detector = std::copyable<D> && std::is_trivially_copyable_v<D> && requires(D& d, const D& c, double x) {
  { d.update(x) }
  noexcept->std::same_as<signal>;
  { d.reset() }
  noexcept;
  { c.count() } -> std::same_as<std::uint64_t>;  // observations since the start or the last drift
  { c.statistic() } -> std::same_as<double>;
  { c.threshold() } -> std::same_as<double>;
};

/// A stream's mean and standard deviation while nothing is wrong.
struct in_control {
  double mean = 0;
  double stddev = 1;
};

/// Which changes of a mean count.
enum class side : std::uint8_t { both, upper, lower };

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DETECT_SIGNAL_HPP

// ---- detect/adwin.hpp

#ifndef MILLRACE_DETECT_ADWIN_HPP
#define MILLRACE_DETECT_ADWIN_HPP

namespace millrace {
inline namespace v0 {

/// A window that holds as much of the recent past as has one mean: it grows while nothing changes, and lets its oldest
/// part go when that part's mean differs from the rest's. A change of any size, at any place, is found.
///
/// Models: drift_detector. `mean`, `variance` and `width` describe the window.
/// Guarantee: every boundary between its buckets with `least` observations on both sides is looked at, every `clock`
/// observations. On independent normal or uniform observations, and 0/1 ones with a probability of 0.5, the average run
/// length is the one promised to 10 %; on rarer ones, it is shorter (a third at 0.1, see benchmarks/RESULTS.md). The
/// scale of the stream does not matter. The threshold was found by simulation, not from the paper's bound, which is
/// several times too wide.
/// A drift does not start it afresh: what is left of the window is what has changed. `count` is the width.
/// Complexity: update O(1) amortised and O(log width) every `clock` observations; 4 KB; allocates: never.
/// Source: Bifet, Gavalda, "Learning from time-changing data with adaptive windowing", SDM 2007: ADWIN2's buckets.
template <class RunLength = arl<10'000>>
class adwin : detail::require_arl<RunLength> {
 public:
  static constexpr unsigned clock = 32;
  static constexpr double least = 32;

  adwin() noexcept : adwin(threshold_for(RunLength::drift), threshold_for(RunLength::warning)) {}

  /// With a threshold of one's own, for half the squared difference of two means in its own standard errors.
  static adwin with_threshold(double drift, double warning) noexcept { return adwin(drift, warning); }

  signal update(double x) noexcept {
    if (!(std::fabs(x) <= 1e150)) [[unlikely]]
      return signal::none;
    if (width_ == 0) origin_ = x;  // sums of differences keep their digits, however far from zero the stream is
    insert(x - origin_);
    if (++ticks_ % clock != 0) [[likely]]
      return signal::none;
    last_ = widest();
    const signal said = detail::grade(last_, warning_, drift_);
    if (said == signal::drift) do
        drop_oldest();
      while (widest() > drift_);
    return said;
  }

  void reset() noexcept { *this = adwin(drift_, warning_); }

  std::uint64_t count() const noexcept { return static_cast<std::uint64_t>(width_); }
  std::uint64_t width() const noexcept { return count(); }
  /// Of the window; NaN when it is empty.
  double mean() const noexcept { return width_ > 0 ? origin_ + total_ / width_ : std::nan(""); }
  double variance() const noexcept { return width_ > 1 ? squares_ / (width_ - 1) : std::nan(""); }
  double statistic() const noexcept { return last_; }
  double threshold() const noexcept { return drift_; }

 private:
  static constexpr std::size_t per_row = 5;
  static constexpr std::size_t rows = 40;  // 5 * 2^40 observations; then the oldest go

  adwin(double drift, double warning) noexcept : drift_(drift), warning_(warning) {}

  static double threshold_for(std::uint64_t run_length) noexcept {
    static constexpr detail::calibration found{0.453, 1.811, 3.175, 4.455, 5.814, 6.986, 8.289, 9.46, 10.77};
    return detail::calibrated(found, run_length);
  }

  static double size_of(std::size_t row) noexcept { return static_cast<double>(std::uint64_t{1} << row); }

  void insert(double x) noexcept {
    width_ += 1;
    if (width_ > 1) {
      const double d = x - total_ / (width_ - 1);
      squares_ += d * d * (width_ - 1) / width_;
    }
    total_ += x;
    double sum = x;
    double spread = 0;
    for (std::size_t row = 0; row < rows; ++row) {
      row_& r = row_of_[row];
      r.sum[r.count] = sum;
      r.spread[r.count] = spread;
      if (row > oldest_) oldest_ = row;
      if (++r.count <= per_row) [[likely]]
        return;
      // The two oldest become one of the next row.
      const double n = size_of(row);
      const double d = (r.sum[0] - r.sum[1]) / n;
      sum = r.sum[0] + r.sum[1];
      spread = r.spread[0] + r.spread[1] + 0.5 * n * d * d;
      for (std::size_t k = 2; k <= per_row; ++k) {
        r.sum[k - 2] = r.sum[k];
        r.spread[k - 2] = r.spread[k];
      }
      r.count -= 2;
    }
    width_ -= 2 * size_of(rows - 1);
    total_ -= sum;
    squares_ = squares_ > spread ? squares_ - spread : 0;
  }

  void drop_oldest() noexcept {
    row_& r = row_of_[oldest_];
    const double n = size_of(oldest_);
    const double sum = r.sum[0];
    const double spread = r.spread[0];
    width_ -= n;
    total_ -= sum;
    const double d = sum / n - total_ / width_;
    squares_ -= spread + n * width_ / (n + width_) * d * d;
    if (!(squares_ > 0)) squares_ = 0;
    for (std::size_t k = 1; k < r.count; ++k) {
      r.sum[k - 1] = r.sum[k];
      r.spread[k - 1] = r.spread[k];
    }
    --r.count;
    while (oldest_ > 0 && row_of_[oldest_].count == 0) --oldest_;
  }

  /// The largest difference of means over all boundaries: half its square over its variance.
  double widest() const noexcept {
    if (width_ < 2 * least || !(squares_ > 0)) return 0;
    const double average = total_ / width_;
    double older = 0;
    double sum = 0;
    double most = 0;
    for (std::size_t row = oldest_ + 1; row-- > 0;) {
      const double n = size_of(row);
      const row_& r = row_of_[row];
      for (std::size_t k = 0; k < r.count; ++k) {
        older += n;
        sum += r.sum[k];
        const double newer = width_ - older;
        if (newer < least) return 0.5 * width_ * width_ / squares_ * most;
        if (older < least) continue;
        const double d = sum - older * average;
        const double found = d * d / (older * newer);
        if (found > most) most = found;
      }
    }
    return 0.5 * width_ * width_ / squares_ * most;
  }

  struct row_ {
    std::array<double, per_row + 1> sum;
    std::array<double, per_row + 1> spread;
    std::size_t count;
  };

  std::array<row_, rows> row_of_{};
  std::size_t oldest_ = 0;
  double width_ = 0;
  double origin_ = 0;
  double total_ = 0;
  double squares_ = 0;
  double drift_;
  double warning_;
  double last_ = 0;
  std::uint32_t ticks_ = 0;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DETECT_ADWIN_HPP

// ---- detect/anomaly.hpp

#ifndef MILLRACE_DETECT_ANOMALY_HPP
#define MILLRACE_DETECT_ANOMALY_HPP

namespace millrace {
inline namespace v0 {

/// What an anomaly detector says of one observation: how far it is from what was expected, in the detector's unit
/// (standard deviations unless said otherwise), the band it should have been in, and whether it was outside.
struct anomaly {
  double score = 0;
  double lower = -std::numeric_limits<double>::infinity();
  double upper = std::numeric_limits<double>::infinity();
  bool flagged = false;
};

/// Judges single observations of a stream, where a drift_detector looks for a lasting change.
///
/// Laws: an observation is judged by those before it, then taken up. NaN is flagged, with a score of NaN, and not taken
/// up; infinities are flagged and not taken up. Until enough was seen the band is infinite and nothing is flagged.
/// update allocates never; the detector is trivially copyable.
template <class D>
concept anomaly_detector = std::copyable<D> && std::is_trivially_copyable_v<D> && requires(D& d, double x) {
  { d.update(x) }
  noexcept->std::same_as<anomaly>;
  { d.reset() }
  noexcept;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DETECT_ANOMALY_HPP

// ---- detect/detail/p2_quantile.hpp

#ifndef MILLRACE_DETECT_DETAIL_P2_QUANTILE_HPP
#define MILLRACE_DETECT_DETAIL_P2_QUANTILE_HPP

namespace millrace {
inline namespace v0 {
namespace detail {

/// One quantile of a stream in five markers. Source: Jain, Chlamtac, "The P2 algorithm for dynamic calculation of
/// quantiles and histograms without storing observations", CACM 28(10), 1985.
class p2_quantile {
 public:
  explicit p2_quantile(double p) noexcept : p_(p) {}

  void update(double x) noexcept {
    if (count_ < 5) {
      height_[count_++] = x;
      if (count_ == 5) std::sort(height_.begin(), height_.end());
      return;
    }
    ++count_;
    std::size_t cell = 0;
    if (x < height_[0]) {
      height_[0] = x;
    } else if (x >= height_[4]) {
      height_[4] = x;
      cell = 3;
    } else {
      while (cell < 3 && x >= height_[cell + 1]) ++cell;
    }
    for (std::size_t i = cell + 1; i < 5; ++i) place_[i] += 1;
    const auto last = static_cast<double>(count_ - 1);
    const std::array<double, 5> wanted{0, 0.5 * p_ * last, p_ * last, 0.5 * (1 + p_) * last, last};
    for (std::size_t i = 1; i < 4; ++i) {
      const double off = wanted[i] - place_[i];
      if (off >= 1 && place_[i + 1] - place_[i] > 1) move(i, 1);
      if (off <= -1 && place_[i - 1] - place_[i] < -1) move(i, -1);
    }
  }

  /// 0 when nothing was seen.
  double value() const noexcept {
    if (count_ >= 5) return height_[2];
    if (count_ == 0) return 0;
    std::array<double, 5> sorted = height_;
    std::sort(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(count_));
    return sorted[static_cast<std::size_t>(p_ * static_cast<double>(count_ - 1))];
  }

 private:
  void move(std::size_t i, double by) noexcept {
    const double low = place_[i] - place_[i - 1];
    const double high = place_[i + 1] - place_[i];
    const double slope_up = (height_[i + 1] - height_[i]) / high;
    const double slope_down = (height_[i] - height_[i - 1]) / low;
    double to = height_[i] + by / (low + high) * ((low + by) * slope_up + (high - by) * slope_down);
    if (!(height_[i - 1] < to && to < height_[i + 1])) to = height_[i] + (by > 0 ? slope_up : -slope_down);
    height_[i] = to;
    place_[i] += by;
  }

  double p_;
  std::array<double, 5> height_{};
  std::array<double, 5> place_{0, 1, 2, 3, 4};
  std::uint64_t count_ = 0;
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DETECT_DETAIL_P2_QUANTILE_HPP

// ---- detect/detail/run_length.hpp

#ifndef MILLRACE_DETECT_DETAIL_RUN_LENGTH_HPP
#define MILLRACE_DETECT_DETAIL_RUN_LENGTH_HPP

namespace millrace {
inline namespace v0 {
namespace detail {

inline double gaussian_upper(double x) noexcept { return 0.5 * std::erfc(x * 0.70710678118654752440); }
inline double gaussian_density(double x) noexcept { return 0.39894228040143267794 * std::exp(-0.5 * x * x); }

/// z with P(Z > z) = tail for a standard normal Z; 0 < tail < 1/2. Newton on the logarithm, which is concave and
/// nearly a parabola: it converges from anywhere above.
inline double gaussian_upper_quantile(double tail) noexcept {
  double z = std::sqrt(-2 * std::log(tail < 0.5 ? tail : 0.5));
  for (int i = 0; i < 60; ++i) {
    const double above = gaussian_upper(z);
    const double step = above * std::log(above / tail) / gaussian_density(z);
    z += step;
    if (std::fabs(step) < 1e-14 * (1 + z)) break;
  }
  return z;
}

/// Gauss-Legendre nodes and weights on [0, 1].
template <std::size_t Count>
struct gauss_legendre {
  std::array<double, Count> node;
  std::array<double, Count> weight;

  gauss_legendre() noexcept {
    constexpr double pi = 3.14159265358979323846;
    constexpr auto n = static_cast<double>(Count);
    for (std::size_t i = 0; i < Count; ++i) {
      double x = std::cos(pi * (static_cast<double>(i) + 0.75) / (n + 0.5));
      double slope = 0;
      for (int round = 0; round < 8; ++round) {
        double now = 1;
        double before = 0;
        for (std::size_t k = 1; k <= Count; ++k) {
          const auto d = static_cast<double>(k);
          const double next = ((2 * d - 1) * x * now - (d - 1) * before) / d;
          before = now;
          now = next;
        }
        slope = n * (x * now - before) / (x * x - 1);
        x -= now / slope;
      }
      node[i] = 0.5 * (1 - x);
      weight[i] = 1 / ((1 - x * x) * slope * slope);
    }
  }
};

/// Solves a x = b in place by elimination with pivots; b becomes x.
template <std::size_t Count>
void solve(std::array<std::array<double, Count>, Count>& a, std::array<double, Count>& b) noexcept {
  for (std::size_t c = 0; c < Count; ++c) {
    std::size_t pivot = c;
    for (std::size_t r = c + 1; r < Count; ++r)
      if (std::fabs(a[r][c]) > std::fabs(a[pivot][c])) pivot = r;
    if (pivot != c) {
      std::swap(a[c], a[pivot]);
      std::swap(b[c], b[pivot]);
    }
    for (std::size_t r = c + 1; r < Count; ++r) {
      const double f = a[r][c] / a[c][c];
      if (f == 0) continue;
      for (std::size_t k = c; k < Count; ++k) a[r][k] -= f * a[c][k];
      b[r] -= f * b[c];
    }
  }
  for (std::size_t c = Count; c-- > 0;) {
    for (std::size_t k = c + 1; k < Count; ++k) b[c] -= a[c][k] * b[k];
    b[c] /= a[c][c];
  }
}

inline constexpr std::size_t run_length_nodes = 40;

/// Siegmund's approximation of what cusum_run_length answers. Source: D. Siegmund, "Sequential Analysis", 1985, 2.57.
inline double siegmund_run_length(double allowance, double limit) noexcept {
  const double b = limit + 1.166;
  if (allowance <= 0) return b * b;
  return (std::expm1(2 * allowance * b) - 2 * allowance * b) / (2 * allowance * allowance);
}

/// Average run length of a one-sided CUSUM of standard normal observations, from zero: the integral equation of Page
/// (1954), which the chain of Brook and Evans (1972) approximates, by Nystroem's method. To 1e-4 for limits up to 16;
/// Siegmund's approximation beyond, there to 1 %.
inline double cusum_run_length(double allowance, double limit) noexcept {
  if (limit > 16) return siegmund_run_length(allowance, limit);
  constexpr std::size_t n = run_length_nodes + 1;  // the last unknown is the run length from zero, an atom
  const gauss_legendre<run_length_nodes> rule;
  std::array<std::array<double, n>, n> a;
  std::array<double, n> b;
  b.fill(1);
  for (std::size_t i = 0; i < n; ++i) {
    const double u = i + 1 < n ? limit * rule.node[i] : 0;
    for (std::size_t j = 0; j + 1 < n; ++j)
      a[i][j] = -limit * rule.weight[j] * gaussian_density(limit * rule.node[j] + allowance - u);
    a[i][n - 1] = -gaussian_upper(u - allowance);
    a[i][i] += 1;
  }
  solve(a, b);
  return b[n - 1];
}

/// Average run length of a two-sided EWMA of standard normal observations, from zero, with limits +-limit.
/// Source: S. V. Crowder, "A simple method for studying run-length distributions of exponentially weighted moving
/// average charts", Technometrics 29(4), 1987.
inline double ewma_run_length(double weight, double limit) noexcept {
  constexpr std::size_t n = run_length_nodes + 1;
  const gauss_legendre<run_length_nodes> rule;
  std::array<std::array<double, n>, n> a;
  std::array<double, n> b;
  b.fill(1);
  for (std::size_t i = 0; i < n; ++i) {
    const double u = i + 1 < n ? limit * (2 * rule.node[i] - 1) : 0;
    for (std::size_t j = 0; j + 1 < n; ++j)
      a[i][j] = -2 * limit * rule.weight[j] / weight *
                gaussian_density((limit * (2 * rule.node[j] - 1) - (1 - weight) * u) / weight);
    a[i][n - 1] = 0;
    a[i][i] += 1;
  }
  solve(a, b);
  return b[n - 1];
}

/// The limit at which length(limit) is `wanted`: secants on the logarithm, which is nearly a line.
template <class F>
double limit_for(F&& length, double wanted, double first, double second) noexcept {
  const double goal = std::log(wanted);
  double low = std::log(length(first)) - goal;
  double high = std::log(length(second)) - goal;
  for (int i = 0; i < 40 && std::fabs(high) > 1e-6 && high != low; ++i) {
    double next = second - high * (second - first) / (high - low);
    if (!(next > 0.1 * second)) next = 0.5 * second;
    if (next > 3 * second) next = 3 * second;
    first = second;
    low = high;
    second = next;
    high = std::log(length(next)) - goal;
  }
  return second;
}

inline double cusum_limit(double allowance, double run_length) noexcept {
  const auto siegmund = [&](double h) { return siegmund_run_length(allowance, h); };
  const double start = limit_for(siegmund, run_length, 3, 4);
  if (start > 15.9) return start;
  return limit_for([&](double h) { return cusum_run_length(allowance, h); }, run_length, start, 1.01 * start + 0.01);
}
inline double ewma_limit(double weight, double run_length) noexcept {
  const double unit = std::sqrt(weight / (2 - weight));
  const double start = unit * gaussian_upper_quantile(0.5 / run_length);
  return limit_for([&](double c) { return ewma_run_length(weight, c); }, run_length, 0.9 * start, start);
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DETECT_DETAIL_RUN_LENGTH_HPP

// ---- detect/detail/self_starting.hpp

#ifndef MILLRACE_DETECT_DETAIL_SELF_STARTING_HPP
#define MILLRACE_DETECT_DETAIL_SELF_STARTING_HPP

namespace millrace {
inline namespace v0 {
namespace detail {

/// The normal deviate as far out as t is for Student's distribution: Wallace's transformation, to 0.02 standard
/// deviations for 5 degrees of freedom and more. Source: D. L. Wallace, Ann. Math. Stat. 30, 1959.
inline double normal_from_student(double t, double freedom) noexcept {
  const double squared = t * t;
  if (squared < 0.01 * freedom) {  // log1p(q) = q - q^2/2 + q^3/3 - ...
    const double q = squared / freedom;
    const double ratio = 1 - q * (0.5 - q * (1.0 / 3 - 0.25 * q));
    return t * std::sqrt(ratio) * (8 * freedom + 1) / (8 * freedom + 3);
  }
  const double size = std::sqrt(freedom * std::log1p(squared / freedom)) * (8 * freedom + 1) / (8 * freedom + 3);
  return t < 0 ? -size : size;
}

/// Turns a stream of unknown mean and deviation into standard normal deviates, each observation measured against
/// those before it; independent of each other, and exact, if the stream is normal.
/// Source: D. M. Hawkins, "Self-starting CUSUM charts for location and scale", The Statistician 36, 1987.
struct self_starting {
  double mean = 0;
  double squares = 0;
  std::uint64_t count = 0;

  /// The deviate of the next observation, and the observation taken up. 0 until there is something to measure by.
  double next(double x) noexcept {
    const double d = x - mean;
    const auto before = static_cast<double>(count);
    double z = 0;
    if (squares > 0 && count >= 2) {
      const double freedom = before - 1;
      z = normal_from_student(d * std::sqrt(before * freedom / ((before + 1) * squares)), freedom);
    }
    ++count;
    const double step = d / (before + 1);
    mean += step;
    squares += d * (x - mean);
    return z;
  }
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DETECT_DETAIL_SELF_STARTING_HPP

// ---- detect/bands.hpp

#ifndef MILLRACE_DETECT_BANDS_HPP
#define MILLRACE_DETECT_BANDS_HPP

namespace millrace {
inline namespace v0 {

/// An observation against mean and standard deviation of all before it.
///
/// Models: anomaly_detector. Guarantee: on normal observations one in `RunLength::drift` is flagged by chance, from the
/// third one on: the score is the normal deviate as far out as Student's t for so many observations. Flagged ones are
/// taken up too, which widens the band; `robust_z` does not mind them.
/// Complexity: update O(1), 25 ns; allocates: never.
/// Source: Hawkins, The Statistician 36, 1987; Welford, Technometrics 4, 1962.
template <class RunLength = arl<10'000>>
class z_score : detail::require_arl<RunLength> {
 public:
  z_score() noexcept : limit_(detail::gaussian_upper_quantile(0.5 / static_cast<double>(RunLength::drift))) {}

  anomaly update(double x) noexcept {
    if (!(std::fabs(x) <= 1e150)) return {x - seen_.mean, seen_.mean, seen_.mean, true};
    anomaly found;
    if (seen_.count >= 3 && seen_.squares > 0) {
      const auto n = static_cast<double>(seen_.count);
      // The deviate's inverse, to name the band: t at which the score reaches the limit.
      const double shrunk = limit_ * (8 * (n - 1) + 3) / (8 * (n - 1) + 1);
      const double t = std::sqrt((n - 1) * std::expm1(shrunk * shrunk / (n - 1)));
      const double reach = t * std::sqrt((n + 1) / n * seen_.squares / (n - 1));
      found.lower = seen_.mean - reach;
      found.upper = seen_.mean + reach;
    }
    const bool enough = seen_.count >= 3;
    const double score = seen_.next(x);
    if (enough) found.score = score;
    found.flagged = enough && std::fabs(score) > limit_;
    return found;
  }
  void reset() noexcept { seen_ = {}; }
  std::uint64_t count() const noexcept { return seen_.count; }

 private:
  detail::self_starting seen_;
  double limit_;
};

/// An observation against exponentially weighted mean and deviation: bands that follow a wandering stream.
///
/// Models: anomaly_detector. Units: `weight` of the newest observation in (0, 1). Guarantee: on normal observations
/// about one in `RunLength::drift` is flagged by chance: the limit is Student's for the number of observations that the
/// average is worth, (2 - weight) / weight. A flagged observation enters at the band's edge, so that one spike
/// does not blind it and a new level is followed all the same. Nothing is flagged among the first 1 / weight.
/// Complexity: update O(1), 5 ns; allocates: never. Source: T. Finch, "Incremental calculation of weighted mean and
/// variance", 2009.
template <class RunLength = arl<10'000>>
class ewma_bands : detail::require_arl<RunLength> {
 public:
  explicit ewma_bands(double weight = 0.05) noexcept : weight_(weight > 0 && weight < 1 ? weight : 0.05) {
    const double freedom = (2 - weight_) / weight_ - 1;
    const double z = detail::gaussian_upper_quantile(0.5 / static_cast<double>(RunLength::drift)) * (8 * freedom + 3) /
                     (8 * freedom + 1);
    limit_ = std::sqrt(freedom * std::expm1(z * z / freedom));
  }

  anomaly update(double x) noexcept {
    if (!(std::fabs(x) <= 1e150)) return {x - mean_, mean_, mean_, true};
    anomaly found;
    ++count_;
    if (count_ == 1) {
      mean_ = x;
      return found;
    }
    const auto n = static_cast<double>(count_);
    const bool ready = n * weight_ > 1 && variance_ > 0;
    double d = x - mean_;
    if (ready) {
      const double deviation = std::sqrt(variance_);
      const double reach = limit_ * deviation;
      found = {d / deviation, mean_ - reach, mean_ + reach, std::fabs(d) > reach};
      if (found.flagged) d = d > 0 ? reach : -reach;
    }
    // While young, all observations weigh the same.
    const double w = n * weight_ < 1 ? 1 / n : weight_;
    mean_ += w * d;
    // d is against a mean that does not have x yet: its variance is larger by 1 + 1/n, or by 2 / (2 - weight).
    variance_ += w * (d * d * (n * weight_ < 1 ? (n - 1) / n : 0.5 * (2 - weight_)) * (n == 2 ? 2 : 1) - variance_);
    return found;
  }
  void reset() noexcept {
    count_ = 0;
    mean_ = variance_ = 0;
  }
  std::uint64_t count() const noexcept { return count_; }

 private:
  double weight_;
  double limit_;
  double mean_ = 0;
  double variance_ = 0;
  std::uint64_t count_ = 0;
};

/// An observation against streaming quantiles, for streams of any shape.
///
/// Models: anomaly_detector. Units: the score is the distance from the median over that of the nearer quantile: above 1
/// is outside. Guarantee: on independent observations of any continuous distribution about one in `RunLength::drift` is
/// flagged by chance, half on each side, as far as the estimates go: they are those of the P2 algorithm, and nothing is
/// flagged before 2 * RunLength::drift observations.
/// Complexity: update O(1), 30 ns; 0.5 KB; allocates: never. Source: Jain, Chlamtac, CACM 28(10), 1985.
template <class RunLength = arl<1'000>>
class quantile_bands : detail::require_arl<RunLength> {
 public:
  quantile_bands() noexcept : lower_(tail), median_(0.5), upper_(1 - tail) {}

  anomaly update(double x) noexcept {
    if (!(std::fabs(x) <= 1.7976931348623157e308)) return {x - median_.value(), lower_.value(), upper_.value(), true};
    anomaly found;
    if (count_ >= 2 * RunLength::drift) {
      found.lower = lower_.value();
      found.upper = upper_.value();
      const double d = x - median_.value();
      const double reach = d < 0 ? found.lower - median_.value() : found.upper - median_.value();
      found.score = d == 0 ? 0 : d / reach;
      found.flagged = x < found.lower || x > found.upper;
    }
    ++count_;
    lower_.update(x);
    median_.update(x);
    upper_.update(x);
    return found;
  }
  void reset() noexcept { *this = quantile_bands(); }
  std::uint64_t count() const noexcept { return count_; }

 private:
  static constexpr double tail = 0.5 / static_cast<double>(RunLength::drift);

  detail::p2_quantile lower_;
  detail::p2_quantile median_;
  detail::p2_quantile upper_;
  std::uint64_t count_ = 0;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DETECT_BANDS_HPP

// ---- detect/bocpd.hpp

#ifndef MILLRACE_DETECT_BOCPD_HPP
#define MILLRACE_DETECT_BOCPD_HPP

namespace millrace {
inline namespace v0 {

/// A change of mean or of variance, with the probability of each place where it may have been: Bayesian online change
/// point detection for normal observations of unknown mean and variance.
///
/// Models: drift_detector. Units: `usual` is the scale on which means and deviations are expected, before and after
/// changes; it need not be exact (the prior is worth one observation). The statistic is the odds that a change lies
/// among the last `Most` observations.
/// Guarantee: the prior has a change every `Drift` observations. On independent normal observations with the mean and
/// deviation given, the average run length is the one promised to 25 % (threshold found by simulation). Runs longer
/// than `Most` are one hypothesis. After a drift it goes on from the most probable run: run_length(). Complexity:
/// update O(Most), 3 us at 160; 40 Most bytes; allocates: never. Source: Adams, MacKay, "Bayesian online changepoint
/// detection", 2007; conjugate update: Murphy, 2007, section 3.
template <class RunLength = arl<10'000>, std::size_t Most = 160>
class bocpd : detail::require_arl<RunLength> {
  static_assert(Most >= 16 && Most <= 4096, "millrace[DETECT-4]: bocpd<RunLength, Most> needs 16 <= Most <= 4096");

 public:
  explicit bocpd(in_control usual = {}) noexcept
      : bocpd(usual, threshold_for(RunLength::drift), threshold_for(RunLength::warning)) {}

  /// With a threshold of one's own for the odds.
  static bocpd with_threshold(double drift, double warning, in_control usual = {}) noexcept {
    return bocpd(usual, drift, warning);
  }

  signal update(double x) noexcept {
    const double z = (x - mean_) * scale_;
    if (!(std::fabs(z) <= 1e100)) [[unlikely]]
      return signal::none;
    ++count_;
    const double hazard = 1 / static_cast<double>(RunLength::drift);

    // How probable z was after each run, and the run one longer.
    double changed = 0;
    double total = 0;
    for (std::size_t r = 0; r < runs_; ++r) {
      run& h = run_[r];
      const double kappa = prior_weight + h.length;
      const double alpha = prior_shape + 0.5 * h.length;
      const double d = z - h.mean;
      const double spread = h.spread + 0.5 * kappa / (kappa + 1) * d * d;
      const double log_spread = std::log(spread);
      const double log_density = term(r, h.length) + alpha * h.log_spread - (alpha + 0.5) * log_spread;
      h.weight *= std::exp(log_density);
      h.mean += d / (kappa + 1);
      h.spread = spread;
      h.log_spread = log_spread;
      h.length += 1;
      changed += h.weight * hazard;
      h.weight *= 1 - hazard;
      total += h.weight;
    }
    total += changed;
    if (!(total > 0)) {  // beyond all that doubles can weigh: nothing before explains z
      const signal said = signal::drift;
      start();
      return said;
    }
    push(changed);
    double recent = 0;
    for (std::size_t r = 0; r < runs_; ++r) {
      run_[r].weight /= total;
      if (r > 0) recent += run_[r].weight;
    }
    last_ = recent / (run_[0].weight > 1e-300 ? run_[0].weight : 1e-300);
    const signal said = detail::grade(last_, warning_, drift_);
    if (said == signal::drift) keep_most_probable();
    return said;
  }

  void reset() noexcept {
    start();
    last_ = 0;
  }
  std::uint64_t count() const noexcept { return count_; }
  double statistic() const noexcept { return last_; }
  double threshold() const noexcept { return drift_; }
  /// The most probable number of observations since the last change.
  std::uint64_t run_length() const noexcept { return static_cast<std::uint64_t>(run_[most_probable()].length); }

 private:
  static constexpr double prior_weight = 1;
  static constexpr double prior_shape = 1;
  static constexpr double prior_spread = 1;

  /// What is known after a run, and how probable the run is.
  struct run {
    double weight = 1;
    double mean = 0;
    double spread = prior_spread;
    double log_spread = 0;
    double length = 0;
  };

  bocpd(in_control usual, double drift, double warning) noexcept
      : mean_(usual.mean),
        scale_(usual.stddev > 0 ? 1 / usual.stddev : std::nan("")),
        drift_(drift),
        warning_(warning) {
    start();
  }

  static double threshold_for(std::uint64_t run_length) noexcept {
    static constexpr detail::calibration found{0.794, 0.621, 0.509, 0.445, 0.440, 0.440, 0.440, 0.440, 0.440};
    return detail::calibrated(found, run_length);
  }

  /// ln of gamma(alpha + 1/2) / gamma(alpha) sqrt(kappa / (2 pi (kappa + 1))): what of a Student density does not
  /// depend on the data.
  static double constant(double length) noexcept {
    const double alpha = prior_shape + 0.5 * length;
    const double kappa = prior_weight + length;
    double ratio = 0;  // ln gamma(a + 1/2) - ln gamma(a) by its asymptotic series, a raised to 8 or more
    double a = alpha;
    while (a < 8) {
      ratio += std::log(a / (a + 0.5));
      a += 1;
    }
    const double i = 1 / a;
    ratio += 0.5 * std::log(a) - i * (1.0 / 8 - i * i * (1.0 / 192 - i * i * (1.0 / 640)));
    return ratio + 0.5 * std::log(kappa / (6.283185307179586 * (kappa + 1)));
  }
  double term(std::size_t r, double length) const noexcept {
    // All but the oldest run have lengths below Most, which come again and again.
    return r > 0 || length < static_cast<double>(Most) ? constants_[static_cast<std::size_t>(length)]
                                                       : constant(length);
  }

  void start() noexcept {
    for (std::size_t i = 0; i < Most; ++i) constants_[i] = constant(static_cast<double>(i));
    run_[0] = {};
    runs_ = 1;
    count_ = 0;
  }

  /// A run of no observation yet. Where there is no room, the two oldest become one with the longer one's knowledge.
  void push(double weight) noexcept {
    if (runs_ == Most) {
      run_[0].weight += run_[1].weight;
      for (std::size_t r = 2; r < Most; ++r) run_[r - 1] = run_[r];
      --runs_;
    }
    run_[runs_] = {};
    run_[runs_].weight = weight;
    ++runs_;
  }

  std::size_t most_probable() const noexcept {
    std::size_t best = 0;
    for (std::size_t r = 1; r < runs_; ++r)
      if (run_[r].weight > run_[best].weight) best = r;
    return best;
  }
  void keep_most_probable() noexcept {
    std::size_t best = runs_ > 1 ? 1 : 0;  // not the run that was just refuted
    for (std::size_t r = best + 1; r < runs_; ++r)
      if (run_[r].weight > run_[best].weight) best = r;
    run_[0] = run_[best];
    run_[0].weight = 1;
    runs_ = 1;
    count_ = 0;
  }

  double mean_;
  double scale_;
  double drift_;
  double warning_;
  double last_ = 0;
  std::uint64_t count_ = 0;
  std::size_t runs_ = 1;
  std::array<run, Most> run_{};
  std::array<double, Most> constants_{};
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DETECT_BOCPD_HPP

// ---- detect/cusum.hpp

#ifndef MILLRACE_DETECT_CUSUM_HPP
#define MILLRACE_DETECT_CUSUM_HPP

namespace millrace {
inline namespace v0 {

/// A lasting shift of a mean whose in-control value is known: the cumulative sum chart.
///
/// Models: drift_detector. Units: `shift`, the change to find soonest, in standard deviations; the statistic too.
/// Guarantee: on independent normal observations with the mean and deviation given, the average run length is the
/// one promised, to 1 % (the threshold solves Page's integral equation). A mean that is itself estimated from n
/// observations shortens it: at n = 100 by about a half. Heavier tails shorten it, lighter ones lengthen it; sums or
/// means of a few observations keep it.
/// After a drift both sums start at zero. Complexity: update O(1), 8 ns; construction about 2 ms; allocates: never.
/// Errors: none; a deviation that is not positive leaves every observation out.
/// Source: Page, Biometrika 41, 1954; the threshold: Brook, Evans, Biometrika 59, 1972 (its integral equation).
template <class RunLength = arl<10'000>>
class cusum : detail::require_arl<RunLength> {
 public:
  explicit cusum(in_control reference = {}, double shift = 1, side which = side::both) noexcept
      : cusum(reference, shift, which, limit(shift, which, RunLength::drift), limit(shift, which, RunLength::warning)) {
  }

  /// With a threshold of one's own, in standard deviations.
  static cusum with_threshold(double drift, double warning, in_control reference = {}, double shift = 1,
                              side which = side::both) noexcept {
    return cusum(reference, shift, which, drift, warning);
  }

  signal update(double x) noexcept {
    const double z = (x - mean_) * scale_;
    if (!(std::fabs(z) <= most)) [[unlikely]]
      return signal::none;
    ++count_;
    const double up = upper_ + z - allowance_;
    const double down = lower_ - z - allowance_;
    upper_ = up > 0 ? up * wants_upper_ : 0;
    lower_ = down > 0 ? down * wants_lower_ : 0;
    const signal said = detail::grade(upper_ > lower_ ? upper_ : lower_, warning_, drift_);
    last_ = upper_ > lower_ ? upper_ : lower_;
    if (said == signal::drift) [[unlikely]]
      restart();
    return said;
  }

  void reset() noexcept {
    restart();
    last_ = 0;
  }
  std::uint64_t count() const noexcept { return count_; }
  double statistic() const noexcept { return last_; }
  double threshold() const noexcept { return drift_; }

 private:
  static constexpr double most = 1e300;

  cusum(in_control reference, double shift, side which, double drift, double warning) noexcept
      : mean_(reference.mean),
        scale_(reference.stddev > 0 ? 1 / reference.stddev : std::nan("")),
        allowance_(0.5 * std::fabs(shift)),
        wants_upper_(which != side::lower ? 1 : 0),
        wants_lower_(which != side::upper ? 1 : 0),
        drift_(drift),
        warning_(warning) {}

  static double limit(double shift, side which, std::uint64_t run_length) noexcept {
    // Two sides alarm twice as often as one.
    return detail::cusum_limit(0.5 * std::fabs(shift), static_cast<double>(run_length) * (which == side::both ? 2 : 1));
  }
  void restart() noexcept {
    upper_ = lower_ = 0;
    count_ = 0;
  }

  double mean_;
  double scale_;
  double allowance_;
  double wants_upper_;
  double wants_lower_;
  double drift_;
  double warning_;
  double upper_ = 0;
  double lower_ = 0;
  double last_ = 0;
  std::uint64_t count_ = 0;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DETECT_CUSUM_HPP

// ---- detect/ddm.hpp

#ifndef MILLRACE_DETECT_DDM_HPP
#define MILLRACE_DETECT_DDM_HPP

namespace millrace {
inline namespace v0 {

/// A rising error rate of a model: its rate since the start against the lowest it had.
///
/// Models: drift_detector. Units: an observation is 1 (or anything but 0) for an error, 0 for none.
/// Guarantee: its comparison grows milder with time, so its run length has no mean worth naming; promised is what a
/// constant rate of false alarms would do: while nothing changes, at most 63 % (1 - 1/e) of the streams raise one
/// within `Drift` observations, for error rates from 0.05 to 0.5. Found by simulation.
/// After a drift it starts afresh. Complexity: update O(1), 8 ns; allocates: never.
/// Source: Gama, Medas, Castillo, Rodrigues, "Learning with drift detection", SBIA 2004; there 2 and 3 deviations.
template <class RunLength = arl<10'000>>
class ddm : detail::require_arl<RunLength> {
 public:
  static constexpr std::uint64_t least = 30;
  static constexpr double least_errors = 5;  // fewer say nothing of a rate

  ddm() noexcept : ddm(threshold_for(RunLength::drift), threshold_for(RunLength::warning)) {}

  /// With a threshold of one's own, in standard deviations of the lowest rate.
  static ddm with_threshold(double drift, double warning) noexcept { return ddm(drift, warning); }

  signal update(double error) noexcept {
    if (!(std::fabs(error) <= 1e300)) [[unlikely]]
      return signal::none;
    ++count_;
    errors_ += error != 0 ? 1 : 0;
    const auto n = static_cast<double>(count_);
    const double rate = (errors_ + 0.5) / (n + 1);  // never 0, so that its deviation is not either
    const double deviation = std::sqrt(rate * (1 - rate) / n);
    if (count_ < least || errors_ < least_errors) return signal::none;
    if (rate + deviation < lowest_rate_ + lowest_deviation_) {
      lowest_rate_ = rate;
      lowest_deviation_ = deviation;
    }
    last_ = (rate + deviation - lowest_rate_) / lowest_deviation_;
    const signal said = detail::grade(last_, warning_, drift_);
    if (said == signal::drift) [[unlikely]]
      restart();
    return said;
  }

  void reset() noexcept {
    restart();
    last_ = 0;
  }
  std::uint64_t count() const noexcept { return count_; }
  double statistic() const noexcept { return last_; }
  double threshold() const noexcept { return drift_; }

 private:
  ddm(double drift, double warning) noexcept : drift_(drift), warning_(warning) {}

  static double threshold_for(std::uint64_t run_length) noexcept {
    static constexpr detail::calibration found{2.0216, 2.4250, 2.6477, 2.6902, 2.7635, 2.7849, 2.8040, 2.8132, 2.8286};
    return detail::calibrated(found, run_length);
  }
  void restart() noexcept {
    count_ = 0;
    errors_ = 0;
    lowest_rate_ = 1;
    lowest_deviation_ = 1;
  }

  double drift_;
  double warning_;
  double errors_ = 0;
  double lowest_rate_ = 1;
  double lowest_deviation_ = 1;
  double last_ = 0;
  std::uint64_t count_ = 0;
};

/// A rising error rate, seen by errors that follow each other ever closer: for slow changes at low rates.
///
/// Models: drift_detector. Units: an observation is 1 (or anything but 0) for an error, 0 for none.
/// Guarantee: it moves only at errors, so its promise counts errors: while nothing changes, at most 63 % (1 - 1/e) of
/// the streams raise a false alarm within `Drift` errors, for error rates up to 0.5. Found by simulation.
/// After a drift it starts afresh. Complexity: update O(1), 6 ns; allocates: never.
/// Source: Baena-Garcia, del Campo-Avila, Fidalgo, Bifet, Gavalda, Morales-Bueno, "Early drift detection method", 2006;
/// there 1 - 0.95 and 1 - 0.90.
template <class RunLength = arl<10'000>>
class eddm : detail::require_arl<RunLength> {
 public:
  static constexpr std::uint64_t least = 30;  // errors

  eddm() noexcept : eddm(threshold_for(RunLength::drift), threshold_for(RunLength::warning)) {}

  /// With a threshold of one's own, in (0, 1): how far the distance may fall below the greatest it had.
  static eddm with_threshold(double drift, double warning) noexcept { return eddm(drift, warning); }

  signal update(double error) noexcept {
    if (!(std::fabs(error) <= 1e300)) [[unlikely]]
      return signal::none;
    ++count_;
    if (error == 0) return signal::none;
    const auto distance = static_cast<double>(count_ - at_);
    at_ = count_;
    ++errors_;
    const double d = distance - mean_;
    mean_ += d / static_cast<double>(errors_);
    squares_ += d * (distance - mean_);
    if (errors_ < least) return signal::none;
    const double reach = mean_ + 2 * std::sqrt(squares_ / static_cast<double>(errors_));
    if (reach > greatest_) greatest_ = reach;
    last_ = 1 - reach / greatest_;
    const signal said = detail::grade(last_, warning_, drift_);
    if (said == signal::drift) [[unlikely]]
      restart();
    return said;
  }

  void reset() noexcept {
    restart();
    last_ = 0;
  }
  std::uint64_t count() const noexcept { return count_; }
  std::uint64_t errors() const noexcept { return errors_; }
  double statistic() const noexcept { return last_; }
  double threshold() const noexcept { return drift_; }

 private:
  eddm(double drift, double warning) noexcept : drift_(drift), warning_(warning) {}

  static double threshold_for(std::uint64_t run_length) noexcept {
    static constexpr detail::calibration found{0.1076, 0.1320, 0.1469, 0.1495, 0.1498, 0.1499, 0.1499, 0.1500, 0.1500};
    return detail::calibrated(found, run_length);
  }
  void restart() noexcept {
    count_ = at_ = errors_ = 0;
    mean_ = squares_ = greatest_ = 0;
  }

  double drift_;
  double warning_;
  double mean_ = 0;
  double squares_ = 0;
  double greatest_ = 0;
  double last_ = 0;
  std::uint64_t count_ = 0;
  std::uint64_t at_ = 0;
  std::uint64_t errors_ = 0;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DETECT_DDM_HPP

// ---- stats/detail/float_math.hpp

#ifndef MILLRACE_STATS_DETAIL_FLOAT_MATH_HPP
#define MILLRACE_STATS_DETAIL_FLOAT_MATH_HPP

namespace millrace {
inline namespace v0 {
namespace detail::stats {

inline constexpr double nan = std::numeric_limits<double>::quiet_NaN();
inline constexpr double infinity = std::numeric_limits<double>::infinity();
inline constexpr double epsilon = std::numeric_limits<double>::epsilon();
inline constexpr double pi = 3.14159265358979323846;
inline constexpr double half_log_two_pi = 0.91893853320467274178;

/// Both tails of a distribution at one point, each to full relative accuracy; they add up to 1.
struct tails {
  double lower;
  double upper;
};

constexpr tails swapped(tails t) noexcept { return {t.upper, t.lower}; }

/// a * b + c * d - e with one rounding's error, however much of it cancels: the products are taken exactly.
inline double sum_of_products(double a, double b, double c, double d, double e) noexcept {
  const double p = a * b;
  const double p_rest = std::fma(a, b, -p);
  const double q = c * d;
  const double q_rest = std::fma(c, d, -q);
  double sum = p + q;
  const double from_q = sum - p;
  double rest = (p - (sum - from_q)) + (q - from_q);
  const double total = sum - e;
  const double back = total - sum;
  rest += (sum - (total - back)) - (e + back);
  return total + (rest + (p_rest + q_rest));
}

/// log(1 + x) - x, to a few ulp also where the two cancel.
inline double log1pmx(double x) noexcept {
  if (!(x > -0.5 && x < 1)) return std::log1p(x) - x;
  // log(1 + x) = 2 artanh(r) and x = 2 r / (1 - r), so the terms of first order cancel on paper.
  const double r = x / (2 + x);
  const double square = r * r;
  double power = 1;
  double sum = 1.0 / 3;
  for (int k = 5; k < 45; k += 2) {
    power *= square;
    const double next = sum + power / k;
    if (next == sum) break;
    sum = next;
  }
  return r * (2 * square * sum - x);
}

/// exp(x) - 1 - x, to a few ulp also where they cancel.
inline double expm1mx(double x) noexcept {
  if (!(std::fabs(x) < 1)) return std::expm1(x) - x;
  double term = 0.5 * x * x;
  double sum = term;
  for (int k = 3; k < 30; ++k) {
    term *= x / k;
    const double next = sum + term;
    if (next == sum) break;
    sum = next;
  }
  return sum;
}

/// u - 1 - log(u) >= 0 for a ratio u = 1 + v of which both are known to full relative accuracy: the
/// deviance of one cell, without loss near u = 1 nor near u = 0.
inline double deviance(double u, double v) noexcept { return v < -0.75 ? v - std::log(u) : -log1pmx(v); }

}  // namespace detail::stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_DETAIL_FLOAT_MATH_HPP

// ---- stats/detail/log_gamma.hpp

#ifndef MILLRACE_STATS_DETAIL_LOG_GAMMA_HPP
#define MILLRACE_STATS_DETAIL_LOG_GAMMA_HPP

namespace millrace {
inline namespace v0 {
namespace detail::stats {

/// The coefficients of Stirling's series, B(2k) / (2k (2k - 1)). Source: NIST DLMF, 5.11.1.
inline constexpr double stirling_series[] = {1.0 / 12,        -1.0 / 360, 1.0 / 1260,       -1.0 / 1680,     1.0 / 1188,
                                             -691.0 / 360360, 1.0 / 156,  -3617.0 / 122400, 43867.0 / 244188};

/// stirling_error(k / 2), computed with mpmath 1.3.0: shapes are halves of whole numbers more often than not.
inline constexpr double stirling_error_of_halves[] = {0,
                                                      0.15342640972002736,
                                                      0.08106146679532726,
                                                      0.05481412105191765,
                                                      0.0413406959554093,
                                                      0.03316287351993629,
                                                      0.02767792568499834,
                                                      0.023746163656297496,
                                                      0.020790672103765093,
                                                      0.018488450532673187,
                                                      0.016644691189821193,
                                                      0.015134973221917378,
                                                      0.013876128823070748,
                                                      0.012810465242920227,
                                                      0.01189670994589177,
                                                      0.011104559758206917,
                                                      0.010411265261972096,
                                                      0.009799416126158804,
                                                      0.009255462182712733,
                                                      0.008768700134139386,
                                                      0.00833056343336287,
                                                      0.00793411456431402,
                                                      0.007573675487951841,
                                                      0.007244554301320383,
                                                      0.00694284010720953,
                                                      0.006665247032707682,
                                                      0.006408994188004207,
                                                      0.006171712263039458,
                                                      0.0059513701127588475,
                                                      0.0057462165130101155,
                                                      0.005554733551962801};

/// log Gamma(z) less Stirling's formula, (z - 1/2) log z - z + log(2 pi) / 2; z > 0. Absolute error about 1e-15.
inline double stirling_error(double z) noexcept {
  if (z <= 15) {
    const double twice = z + z;
    const auto whole = static_cast<std::size_t>(twice);
    if (twice >= 1 && static_cast<double>(whole) == twice) return stirling_error_of_halves[whole];
  }
  double shift = 0;
  for (; z < 10; z += 1) shift += (z + 0.5) * std::log1p(1 / z) - 1;
  const double inverse = 1 / z;
  const double square = inverse * inverse;
  double sum = 0;
  for (int k = 8; k >= 0; --k) sum = sum * square + stirling_series[k];
  return shift + sum * inverse;
}

/// log Gamma(a + b) - log Gamma(b) for a, b > 0, to full relative accuracy also where a is tiny.
inline double log_gamma_ratio(double a, double b) noexcept {
  double shift = 0;
  for (; b < 10; b += 1) shift += std::log1p(a / b);
  const double l = std::log1p(a / b);
  // The difference of the two Stirling series, term by term, for the same reason.
  double series = 0;
  const double inverse = 1 / b;
  double power = inverse;
  for (int k = 0; k < 9; ++k) {
    series += stirling_series[k] * power * std::expm1(-(2 * k + 1) * l);
    power *= inverse * inverse;
  }
  return b * log1pmx(a / b) - 0.5 * l + a * std::log(a + b) + series - shift;
}

/// log Gamma(z), z > 0; absolute error a few ulp of max(1, |answer|).
inline double log_gamma(double z) noexcept { return (z - 0.5) * std::log(z) - z + half_log_two_pi + stirling_error(z); }

}  // namespace detail::stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_DETAIL_LOG_GAMMA_HPP

// ---- stats/detail/tail_expansion.hpp

#ifndef MILLRACE_STATS_DETAIL_TAIL_EXPANSION_HPP
#define MILLRACE_STATS_DETAIL_TAIL_EXPANSION_HPP

namespace millrace {
inline namespace v0 {
namespace detail::stats {

/// The tail of exp(-width G(t)) dt from its saddle outwards, for the incomplete beta and gamma functions with
/// large shapes, where series and continued fractions need thousands of terms.
///
/// In the logarithm t of the odds (beta) or of x (gamma), measured from the mean, both densities are
/// exp(-width G(t)) with G' = v, v' = 1 + skew v - spread v^2 and v(0) = 0. With s^2 / 2 = G the tail is a
/// Gaussian's, times dt/ds = s / v(s), whose Taylor coefficients follow from v v_s = s v'. They fall like 3.5^-k.
///
/// `width` >= 20, `exponent` = width G at the point, at most width / 2; `side` +1 for the upper tail, -1 for the lower.
/// The answer is relative to sqrt(2 pi / width).
/// After N. Temme, "Asymptotic inversion of incomplete gamma functions", Math. Comp. 58, 1992, section 2, in another
/// variable that serves the beta function as well.
inline double tail_expansion(double width, double skew, double spread, double exponent, double side) noexcept {
  constexpr int terms = 34;
  double v[terms + 2];  // v(s) = sum v[k] s^k
  double q[terms + 2];  // v^2
  double c[terms + 1];  // s / v
  v[0] = 0;
  v[1] = 1;
  q[0] = q[1] = 0;
  q[2] = 1;
  c[0] = 1;
  const double s = std::sqrt(2 * exponent / width);
  // moment(k) = integral of s^k exp(-width s^2 / 2), relative to sqrt(2 pi / width)
  const double gauss = std::exp(-exponent) / std::sqrt(2 * pi * width);
  double even = 0.5 * std::erfc(std::sqrt(exponent));
  double odd = gauss;
  double power = 1;  // s^(k - 1) at k = 1
  double sum = even;
  double sign = side;
  int idle = 0;
  for (int k = 1; k <= terms; ++k) {
    // Coefficient k + 1 of v from that of v^2, k + 2.
    const int m = k + 2;
    q[m] = 2.0 / m * (skew * v[m - 2] - spread * q[m - 2]);
    double cross = 0;
    for (int i = 2; i <= m - 2; ++i) cross += v[i] * v[m - i];
    v[m - 1] = 0.5 * (q[m] - cross);
    double inverse = 0;
    for (int i = 1; i <= k; ++i) inverse -= v[i + 1] * c[k - i];
    c[k] = inverse;

    double moment;
    if (k == 1) {
      moment = odd;
    } else {
      power *= s;
      double& same = k % 2 == 0 ? even : odd;
      same = power * gauss + (k - 1) / width * same;
      moment = same;
    }
    const double term = sign * c[k] * moment;
    sum += term;
    sign *= side;
    idle = std::fabs(term) <= 0.25 * epsilon * sum ? idle + 1 : 0;
    if (idle == 3) break;
  }
  return sum;
}

}  // namespace detail::stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_DETAIL_TAIL_EXPANSION_HPP

// ---- stats/detail/incomplete_gamma.hpp

#ifndef MILLRACE_STATS_DETAIL_INCOMPLETE_GAMMA_HPP
#define MILLRACE_STATS_DETAIL_INCOMPLETE_GAMMA_HPP

namespace millrace {
inline namespace v0 {
namespace detail::stats {

/// x^a exp(-x) / Gamma(a): the gamma density times x; a, x > 0.
/// The exponent is taken as the deviance of x from a, so that it loses nothing where both are large.
inline double gamma_prefix(double a, double x) noexcept {
  const double exponent = a * deviance(x / a, (x - a) / a);
  return std::sqrt(a / (2 * pi)) * std::exp(-exponent - stirling_error(a));
}

/// The regularised incomplete gamma functions P(a, x) and Q(a, x), each to a few 1e-14 relative; a > 0, x >= 0.
/// Allocates: never. Source: NIST DLMF, 8.7.1, 8.7.3 (the series), 8.9.2 (Legendre's fraction).
inline tails incomplete_gamma(double a, double x) noexcept {
  if (!(a > 0) || !(x >= 0)) return {nan, nan};
  if (x == 0) return {0, 1};
  if (x == infinity) return {1, 0};
  if (a < 1 && x <= 1) {
    // P = x^a / Gamma(a + 1) (1 + a series); Q without subtraction where P is nearly 1.
    const double e = a * std::log(x) - log_gamma_ratio(a, 1);
    double term = 1;
    double series = 0;
    for (int j = 1; j < 40; ++j) {
      term *= -x / j;
      const double next = series + term / (a + j);
      if (next == series) break;
      series = next;
    }
    const double lower = std::exp(e) * (1 + a * series);
    return {lower, e > -1 ? -std::expm1(e) - a * std::exp(e) * series : 1 - lower};
  }
  const double d = x - a;
  const double exponent = a * deviance(x / a, d / a);
  if (a >= 20 && exponent <= 0.5 * a) {
    const double side = d < 0 ? -1 : 1;
    const double tail = tail_expansion(a, 1, 0, exponent, side) * std::exp(-stirling_error(a));
    return d < 0 ? tails{tail, 1 - tail} : tails{1 - tail, tail};
  }
  const double prefix = std::sqrt(a / (2 * pi)) * std::exp(-exponent - stirling_error(a));
  if (d < 0) {
    double term = 1;
    double sum = 1;
    for (double j = a + 1; term > 0.1 * epsilon * sum; j += 1) {
      term *= x / j;
      sum += term;
    }
    const double lower = prefix / a * sum;
    return {lower, 1 - lower};
  }
  // Legendre's continued fraction, by the modified Lentz method.
  double b = d + 1;
  double f = b;
  double up = b;
  double down = 0;
  for (int m = 1; m < 100'000; ++m) {
    const double n = m * (a - m);
    b += 2;
    down = 1 / (b + n * down);
    up = b + n / up;
    const double change = up * down;
    f *= change;
    if (std::fabs(change - 1) <= epsilon) break;
  }
  const double upper = prefix / f;
  return {1 - upper, upper};
}

}  // namespace detail::stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_DETAIL_INCOMPLETE_GAMMA_HPP

// ---- stats/detail/invert.hpp

#ifndef MILLRACE_STATS_DETAIL_INVERT_HPP
#define MILLRACE_STATS_DETAIL_INVERT_HPP

namespace millrace {
inline namespace v0 {
namespace detail::stats {

/// What inversion asks of a continuous distribution on (0, inf) at x: both tails, and x times the density.
struct tail_slope {
  tails at;
  double slope;
};

/// The x > 0 whose tails are `lower` and `upper` = 1 - lower, both given to full relative accuracy: the smaller is
/// met. Newton's method on the logarithm of that tail over log x, inside a bracket that halves where it fails.
/// `tails_at(x)` -> tail_slope. Answers 0 or infinity where the solution is not a finite positive number.
template <class TailsAt>
double invert_positive(tails wanted, double guess, TailsAt tails_at) noexcept {
  if (!(wanted.lower >= 0 && wanted.upper >= 0)) return nan;
  if (wanted.lower == 0) return 0;
  if (wanted.upper == 0) return infinity;
  const bool from_below = wanted.lower <= wanted.upper;
  const double target = from_below ? wanted.lower : wanted.upper;
  double low = 0;
  double high = infinity;
  double x = guess > 0 && guess < infinity ? guess : 1.0;
  for (int step = 0; step < 400; ++step) {
    const tail_slope here = tails_at(x);
    const double tail = from_below ? here.at.lower : here.at.upper;
    if (tail == target) return x;
    ((tail < target) == from_below ? low : high) = x;
    const double relative = (tail - target) / target;
    const double distance =
        tail > 0 ? (std::fabs(relative) < 0.5 ? std::log1p(relative) : std::log(tail / target)) : -infinity;
    double change = -distance * tail / here.slope;  // of log x
    if (!from_below) change = -change;
    double next = x * std::exp(change);
    if (std::fabs(change) <= 4 * epsilon) return next > 0 && next < infinity ? next : x;
    if (!(next > low && next < high)) {
      // Outside the bracket, or nowhere: its geometric middle, or a stride towards its open end.
      if (low == 0)
        next = high * 1e-3;
      else if (high == infinity)
        next = low * 1e3;
      else
        next = std::sqrt(low) * std::sqrt(high);
      if (next == 0) return 0;
      if (next == infinity) return infinity;
      if (!(next > low && next < high)) return x;
    }
    x = next;
  }
  return x;
}

/// The smallest whole number k in [low, high] for which `reached(k)` holds, which stays true once it is; `guess`
/// is where the search begins. O(log of the guess's error) calls.
template <class Reached>
double first_whole(double low, double high, double guess, Reached reached) noexcept {
  if (!(guess > low)) guess = low;
  if (guess > high) guess = high;
  guess = std::floor(guess);
  double stride = 1;
  if (reached(guess)) {
    high = guess;
    while (high > low) {
      const double probe = std::fmax(low, high - stride);
      if (!reached(probe)) {
        low = probe;
        break;
      }
      high = probe;
      stride *= 2;
    }
    if (high <= low) return low;
  } else {
    const double end = high;
    low = guess;
    for (;;) {
      const double probe = std::fmin(end, low + stride);
      if (probe >= end || reached(probe)) {
        high = probe;
        break;
      }
      low = probe;
      stride *= 2;
    }
  }
  while (high - low > 1) {
    const double middle = std::floor(low + (high - low) / 2);
    if (middle <= low || middle >= high) break;
    (reached(middle) ? high : low) = middle;
  }
  return high;
}

}  // namespace detail::stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_DETAIL_INVERT_HPP

// ---- stats/normal.hpp

#ifndef MILLRACE_STATS_NORMAL_HPP
#define MILLRACE_STATS_NORMAL_HPP

namespace millrace {
inline namespace v0 {
namespace detail::stats {

constexpr double polynomial(double x, const double* from, int count) noexcept {
  double sum = from[0];
  for (int i = 1; i < count; ++i) sum = sum * x + from[i];
  return sum;
}

/// erfc(z / sqrt 2) / 2, with the rounding of z / sqrt 2 made good: far out it would cost three digits.
inline double normal_upper(double z) noexcept {
  constexpr double root = 0.70710678118654752440;
  constexpr double root_rest = -4.8336466567264567e-17;
  const double w = z * root;
  const double rest = std::fma(z, root, -w) + z * root_rest;
  const double tail = 0.5 * std::erfc(w);
  // d erfc(w) = -2 / sqrt(pi) exp(-w^2) dw, and the ratio of density to tail is w + 1 / (2 w) + ... far out.
  return w > 2 && w < 1e8 ? tail * (1 - 2 * rest * (w + 0.5 / (w + 1 / w))) : tail;
}

/// The standard normal's lower quantile for 0 < p <= 1/2, to about 1e-15. Source: M. Wichura, "Algorithm AS 241",
/// Applied Statistics 37(3), 1988.
inline double normal_lower_quantile(double p) noexcept {
  if (p >= 0.075) {
    constexpr double above[] = {2509.0809287301226727, 33430.575583588128105, 67265.770927008700853,
                                45921.953931549871457, 13731.693765509461125, 1971.5909503065514427,
                                133.14166789178437745, 3.387132872796366608};
    constexpr double below[] = {
        5226.495278852545925,  28729.085735721942674, 39307.89580009271061,  21213.794301586595867,
        5394.1960214247511077, 687.1870074920579083,  42.313330701600911252, 1.0};
    const double q = p - 0.5;
    const double r = 0.180625 - q * q;
    return q * polynomial(r, above, 8) / polynomial(r, below, 8);
  }
  const double r = std::sqrt(-std::log(p));
  if (r <= 5) {
    constexpr double above[] = {7.7454501427834140764e-4, 0.0227238449892691845833, 0.24178072517745061177,
                                1.27045825245236838258,   3.64784832476320460504,   5.7694972214606914055,
                                4.6303378461565452959,    1.42343711074968357734};
    constexpr double below[] = {
        1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966, 0.14810397642748007459,
        0.68976733498510000455,    1.6763848301838038494,   2.05319162663775882187,   1.0};
    return -polynomial(r - 1.6, above, 8) / polynomial(r - 1.6, below, 8);
  }
  constexpr double above[] = {2.01033439929228813265e-7, 2.71155556874348757815e-5, 0.0012426609473880784386,
                              0.026532189526576123093,   0.29656057182650489123,    1.7848265399172913358,
                              5.4637849111641143699,     6.6579046435011037772};
  constexpr double below[] = {
      2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5, 7.868691311456132591e-4,
      0.0148753612908506148525,   0.13692988092273580531,   0.59983220655588793769,   1.0};
  const double x = -polynomial(r - 5, above, 8) / polynomial(r - 5, below, 8);
  // One Newton step on the logarithm of the tail: this far out p is steep in x.
  const double tail = normal_upper(-x);
  const double density = 0.39894228040143267794 * std::exp(-0.5 * x * x);
  return density > 0 ? x - std::log(tail / p) * tail / density : x;
}

}  // namespace detail::stats

/// The normal distribution.
///
/// Every distribution of this module has `cdf`, `sf` (survival, 1 - cdf, computed as such: exact far into the tail
/// where cdf rounds to 1), `quantile` (of the lower probability) and `isf` (of the upper one). A parameter or argument
/// outside its domain answers NaN.
/// Guarantee: 1e-12 relative down to probabilities of 1e-300; `quantile` to the conditioning of the problem.
/// Allocates: never. Threads: values without state. Source: AS 241 for the quantile.
struct normal {
  double mean = 0;
  double sd = 1;

  double pdf(double x) const noexcept {
    const double z = (x - mean) / sd;
    return valid() ? 0.39894228040143267794 * std::exp(-0.5 * z * z) / sd : detail::stats::nan;
  }
  double cdf(double x) const noexcept {
    return valid() ? detail::stats::normal_upper((mean - x) / sd) : detail::stats::nan;
  }
  double sf(double x) const noexcept {
    return valid() ? detail::stats::normal_upper((x - mean) / sd) : detail::stats::nan;
  }
  /// The logarithm of `sf`, also where that underflows.
  double log_sf(double x) const noexcept {
    const double z = (x - mean) / sd;
    if (!(z > 37)) return z < -1 ? std::log1p(-cdf(x)) : std::log(sf(x));
    // Mills' ratio by its continued fraction: five terms give all digits this far out.
    double fraction = z;
    for (int k = 8; k > 0; --k) fraction = z + k / fraction;
    return -0.5 * z * z - detail::stats::half_log_two_pi - std::log(fraction);
  }
  double log_cdf(double x) const noexcept { return normal{-mean, sd}.log_sf(-x); }

  double quantile(double p) const noexcept { return mean + sd * standard_quantile(p); }
  double isf(double q) const noexcept { return mean - sd * standard_quantile(q); }

 private:
  bool valid() const noexcept { return sd > 0; }
  double standard_quantile(double p) const noexcept {
    if (!(valid() && p >= 0 && p <= 1)) return detail::stats::nan;
    if (p == 0) return -detail::stats::infinity;
    if (p == 1) return detail::stats::infinity;
    return p <= 0.5 ? detail::stats::normal_lower_quantile(p) : -detail::stats::normal_lower_quantile(1 - p);
  }
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_NORMAL_HPP

// ---- stats/gamma.hpp

#ifndef MILLRACE_STATS_GAMMA_HPP
#define MILLRACE_STATS_GAMMA_HPP

namespace millrace {
inline namespace v0 {
namespace detail::stats {

/// The standard gamma's quantile, of whichever tail is smaller.
inline double gamma_quantile(double shape, tails wanted) noexcept {
  if (!(shape > 0) || shape == infinity) return nan;
  double guess;
  const double small_x =
      wanted.lower <= 0.5 ? std::exp((std::log(wanted.lower) + log_gamma_ratio(shape, 1)) / shape) : 1;
  if (wanted.lower <= 0.5 && small_x < 0.3 * shape) {
    guess = small_x;
  } else {
    // Wilson and Hilferty: the cube root is nearly normal.
    const double z = wanted.lower <= 0.5 ? normal{}.quantile(wanted.lower) : normal{}.isf(wanted.upper);
    const double c = 1 / (9 * shape);
    const double root = 1 - c + z * std::sqrt(c);
    guess = root > 0.05 ? shape * root * root * root : shape * 1e-4;
  }
  return invert_positive(wanted, guess, [&](double x) {
    return tail_slope{incomplete_gamma(shape, x), gamma_prefix(shape, x)};
  });
}

}  // namespace detail::stats

/// The gamma distribution: `shape`, and `scale` (the mean is shape * scale). See `normal` for what the functions
/// promise. Source: NIST DLMF, chapter 8; N. Temme 1992 for large shapes.
struct gamma {
  double shape;
  double scale = 1;

  double pdf(double x) const noexcept {
    if (!valid()) return detail::stats::nan;
    if (x < 0 || x == detail::stats::infinity) return 0;
    if (x == 0) return shape > 1 ? 0 : shape == 1 ? 1 / scale : detail::stats::infinity;
    return detail::stats::gamma_prefix(shape, x / scale) / x;
  }
  double cdf(double x) const noexcept { return at(x).lower; }
  double sf(double x) const noexcept { return at(x).upper; }
  double quantile(double p) const noexcept {
    return valid() ? scale * detail::stats::gamma_quantile(shape, {p, 1 - p}) : detail::stats::nan;
  }
  double isf(double q) const noexcept {
    return valid() ? scale * detail::stats::gamma_quantile(shape, {1 - q, q}) : detail::stats::nan;
  }

 private:
  bool valid() const noexcept { return shape > 0 && shape < detail::stats::infinity && scale > 0; }
  detail::stats::tails at(double x) const noexcept {
    if (!valid()) return {detail::stats::nan, detail::stats::nan};
    return detail::stats::incomplete_gamma(shape, x < 0 ? 0 : x / scale);
  }
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_GAMMA_HPP

// ---- stats/chi_squared.hpp

#ifndef MILLRACE_STATS_CHI_SQUARED_HPP
#define MILLRACE_STATS_CHI_SQUARED_HPP

namespace millrace {
inline namespace v0 {

/// The chi-squared distribution with `df` > 0 degrees of freedom, whole or not. See `normal` for what the functions
/// promise.
struct chi_squared {
  double df;

  double pdf(double x) const noexcept { return as_gamma().pdf(x); }
  double cdf(double x) const noexcept { return as_gamma().cdf(x); }
  double sf(double x) const noexcept { return as_gamma().sf(x); }
  double quantile(double p) const noexcept { return as_gamma().quantile(p); }
  double isf(double q) const noexcept { return as_gamma().isf(q); }

 private:
  gamma as_gamma() const noexcept { return {df / 2, 2}; }
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_CHI_SQUARED_HPP

// ---- stats/detail/lattice_paths.hpp

#ifndef MILLRACE_STATS_DETAIL_LATTICE_PATHS_HPP
#define MILLRACE_STATS_DETAIL_LATTICE_PATHS_HPP

namespace millrace {
inline namespace v0 {
namespace detail::stats {

/// Of all orders in which m observations of one sample and n of another may stand, the share in which
/// side(i n - j m) reaches `threshold` at some checkpoint, where i and j have been seen: the exact survival of the
/// two-sample Kolmogorov-Smirnov distance times m n. `side` is std::abs or one sign; `is_checkpoint(i + j)` is false
/// inside a group of ties. A sum of positive terms. O(m (m + n)) time, O(m) memory.
template <class Side, class IsCheckpoint>
double share_of_crossing_paths(std::int64_t m, std::int64_t n, std::int64_t threshold, Side side,
                               IsCheckpoint is_checkpoint) {
  std::vector<double> alive(static_cast<std::size_t>(m) + 1, 0.0);
  alive[0] = 1;
  double crossed = 0;
  for (std::int64_t seen = 1; seen <= m + n; ++seen) {
    const std::int64_t low = seen > n ? seen - n : 0;
    const std::int64_t high = seen < m ? seen : m;
    const double left = 1.0 / static_cast<double>(m + n - seen + 1);
    for (std::int64_t i = high; i >= low; --i) {
      // One more of the other sample from i, or one more of the first from i - 1.
      const auto at = static_cast<std::size_t>(i);
      double mass = seen - i > 0 ? alive[at] * (static_cast<double>(n - (seen - i) + 1) * left) : 0;
      if (i > 0) mass += alive[at - 1] * (static_cast<double>(m - i + 1) * left);
      alive[at] = mass;
    }
    if (low > 0) alive[static_cast<std::size_t>(low) - 1] = 0;
    if (!is_checkpoint(seen)) continue;
    for (std::int64_t i = low; i <= high; ++i) {
      if (side(i * n - (seen - i) * m) < threshold) continue;
      crossed += alive[static_cast<std::size_t>(i)];
      alive[static_cast<std::size_t>(i)] = 0;
    }
  }
  return crossed < 1 ? crossed : 1;
}

/// P(D >= d) for the two-sided, one-sample distance of n observations: the Poisson process of rate n that ends at n,
/// followed over the times at which either boundary rises, and what leaves at each added up. Positive terms
/// alone; O(n^2 d) time, O(n d) memory. After A. Moscovich, B. Nadler, Statistics & Probability Letters 123, 2017.
inline double kolmogorov_two_sided_by_process(std::uint64_t count, double d) {
  const auto n = static_cast<std::size_t>(count);
  const auto rate = static_cast<double>(n);
  // Of the paths with c events at time t, the weight of those that end with n: Poisson(n - c; n (1 - t)) relative to
  // Poisson(n; n), by deviances so that nothing large cancels. `lead` = c - n t.
  const double at_end = std::exp(stirling_error(rate)) * std::sqrt(2 * pi * rate);
  const auto completes = [&](std::size_t c, double t) {
    const double mean = rate * (1 - t);
    if (c == n) return std::exp(-mean) * at_end;
    const auto k = static_cast<double>(n - c);
    const double lead = static_cast<double>(c) - rate * t;
    return std::exp(-k * deviance(mean / k, lead / k) - stirling_error(k)) / std::sqrt(2 * pi * k) * at_end;
  };
  std::vector<double> alive(n + 1, 0.0);
  std::vector<double> next(n + 1, 0.0);
  std::vector<double> kernel;
  alive[0] = 1;
  std::size_t low = 0;
  std::size_t high = 0;
  double crossed = 0;
  double now = 0;
  // Upper boundary: count j is too soon before j / n - d. Lower: count j is too late from j / n + d on.
  std::size_t upper = static_cast<std::size_t>(std::floor(rate * d)) + 1;
  std::size_t lower = 0;
  while (now < 1) {
    const double to_upper = upper <= n ? static_cast<double>(upper) / rate - d : 2;
    const double to_lower = lower < n ? static_cast<double>(lower) / rate + d : 2;
    const double then = std::fmin(1.0, std::fmin(to_upper, to_lower));
    const double mean = rate * (then - now);
    kernel.clear();
    double term = std::exp(-mean);
    for (std::size_t k = 0; k <= n - low; ++k) {
      kernel.push_back(term);
      term *= mean / static_cast<double>(k + 1);
      if (term < 1e-40 && static_cast<double>(k) > mean) break;
    }
    const std::size_t reach = high + kernel.size() - 1 < n ? high + kernel.size() - 1 : n;
    for (std::size_t c = low; c <= reach; ++c) {
      double sum = 0;
      const std::size_t first = c > low + kernel.size() - 1 ? c - (kernel.size() - 1) : low;
      for (std::size_t from = first; from <= c && from <= high; ++from) sum += alive[from] * kernel[c - from];
      next[c] = sum;
    }
    high = reach;
    alive.swap(next);
    now = then;
    if (then == to_upper) {
      for (std::size_t c = upper; c <= high; ++c) crossed += alive[c] * completes(c, now);
      if (high >= upper) high = upper - 1;
      ++upper;
    }
    if (then == to_lower) {
      for (; low <= lower && low <= high; ++low) crossed += alive[low] * completes(low, now);
      low = lower + 1;
      ++lower;
    }
    if (low > high) break;
  }
  return crossed < 1 ? crossed : 1;
}

}  // namespace detail::stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_DETAIL_LATTICE_PATHS_HPP

// ---- stats/kolmogorov.hpp

#ifndef MILLRACE_STATS_KOLMOGOROV_HPP
#define MILLRACE_STATS_KOLMOGOROV_HPP

namespace millrace {
inline namespace v0 {
namespace detail::stats {

/// Both tails of Kolmogorov's limit law at x, and x times its density: theta series of which the better-behaved is
/// summed on either side of 1.
inline tail_slope kolmogorov_limit(double x) noexcept {
  if (!(x > 0)) return {{0, 1}, 0};
  double sum = 0;
  double slope = 0;
  if (x < 1) {
    const double t = pi * pi / (8 * x * x);
    for (int k = 1; k < 40; k += 2) {
      const double term = std::exp(-k * k * t);
      sum += term;
      slope += (2 * k * k * t - 1) * term;
      if (term <= 1e-18 * sum) break;
    }
    const double scale = std::sqrt(2 * pi) / x;
    return {{scale * sum, 1 - scale * sum}, scale * slope};
  }
  for (int k = 1; k < 20; ++k) {
    const double term = (k % 2 == 1 ? 2 : -2) * std::exp(-2.0 * k * k * x * x);
    sum += term;
    slope += 4.0 * k * k * x * x * term;
    if (std::fabs(term) <= 1e-18 * std::fabs(sum)) break;
  }
  return {{1 - sum, sum}, slope};
}

}  // namespace detail::stats

/// Kolmogorov's limit law: that of sqrt(n) D for the two-sided Kolmogorov-Smirnov distance as samples grow. See
/// `normal` for what the functions promise. Source: A. Kolmogorov 1933; N. Smirnov 1948.
struct kolmogorov {
  double cdf(double x) const noexcept { return x != x ? x : detail::stats::kolmogorov_limit(x).at.lower; }
  double sf(double x) const noexcept { return x != x ? x : detail::stats::kolmogorov_limit(x).at.upper; }
  double quantile(double p) const noexcept { return solve({p, 1 - p}); }
  double isf(double q) const noexcept { return solve({1 - q, q}); }

 private:
  static double solve(detail::stats::tails wanted) noexcept {
    return detail::stats::invert_positive(wanted, 0.83, [](double x) { return detail::stats::kolmogorov_limit(x); });
  }
};

/// P(D+ >= d): the exact one-sided, one-sample Kolmogorov-Smirnov survival for n observations of a continuous
/// distribution. A sum of positive terms, about 1e-12 relative; O(n). Source: Z. Birnbaum, F. Tingey 1951, eq. 3.0.
inline double kolmogorov_one_sided_sf(std::uint64_t n, double d) noexcept {
  if (n == 0 || d != d) return detail::stats::nan;
  if (d <= 0) return 1;
  if (d >= 1) return 0;
  const auto count = static_cast<double>(n);
  const double first = std::exp(count * std::log1p(-d));
  double sum = 0;
  const auto last = static_cast<std::uint64_t>(std::ceil(count * (1 - d)));
  for (std::uint64_t j = 1; j <= last && j < n; ++j) {
    const auto k = static_cast<double>(j);
    const double below = (count - k) / count - d;
    if (!(below > 0)) break;
    // C(n, j) below^(n - j) above^(j - 1) as the binomial probability of j, whose log Gammas do not cancel.
    const double above = d + k / count;
    const double rest = count - k;
    const double width = k * (rest / count);
    const double exponent = detail::stats::stirling_error(count) - detail::stats::stirling_error(k) -
                            detail::stats::stirling_error(rest) -
                            k * detail::stats::deviance(above * count / k, d * count / k) -
                            rest * detail::stats::deviance(below * count / rest, -d * count / rest);
    sum += std::exp(exponent) / (std::sqrt(2 * detail::stats::pi * width) * above);
  }
  const double tail = first + d * sum;
  return tail < 1 ? tail : 1;
}

/// P(D >= d): the exact two-sided, one-sample Kolmogorov-Smirnov survival for n observations of a continuous
/// distribution, about 1e-12 relative. O(n) where it is below 1e-4 (there twice the one-sided one, to 13 digits),
/// O(n^2 d) elsewhere: 5 ms at n = 1,000. Allocates: O(n).
/// Source: A. Moscovich, B. Nadler, "Fast calculation of boundary crossing probabilities for Poisson processes", 2017.
inline double kolmogorov_two_sided_sf(std::uint64_t n, double d) {
  if (n == 0 || d != d) return detail::stats::nan;
  const auto count = static_cast<double>(n);
  if (2 * count * d <= 1) return 1;
  if (d >= 1) return 0;
  if (d >= 0.5 || count * d * d > 5) return std::fmin(1.0, 2 * kolmogorov_one_sided_sf(n, d));
  return detail::stats::kolmogorov_two_sided_by_process(n, d);
}

/// P(D >= d): the exact two-sided, two-sample survival for samples of m and n without ties. A sum of positive terms,
/// about 1e-13 relative. O(m (m + n)) time, O(m) memory. Source: J. Hodges 1958, counting lattice paths.
inline double kolmogorov_two_sample_sf(std::uint64_t m, std::uint64_t n, double d) {
  if (m == 0 || n == 0 || d != d) return detail::stats::nan;
  const auto a = static_cast<std::int64_t>(m);
  const auto b = static_cast<std::int64_t>(n);
  // Distances are whole multiples of 1 / (m n); a rounded d counts as the multiple it stands for.
  const double whole = d * static_cast<double>(m) * static_cast<double>(n);
  const auto threshold = static_cast<std::int64_t>(std::ceil(whole * (1 - 8 * detail::stats::epsilon) - 1e-9));
  if (threshold <= 0) return 1;
  return detail::stats::share_of_crossing_paths(
      a, b, threshold, [](std::int64_t x) { return x < 0 ? -x : x; }, [](std::int64_t) { return true; });
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_KOLMOGOROV_HPP

// ---- detect/drift_reference.hpp

#ifndef MILLRACE_DETECT_DRIFT_REFERENCE_HPP
#define MILLRACE_DETECT_DRIFT_REFERENCE_HPP

namespace millrace {
inline namespace v0 {

/// One feature's values in a window: in ascending order, each with the weight of the observations it stands for. Made
/// of a sample, or of a mergeable sketch of quantiles, whose view has the same.
class value_window {
 public:
  /// Errors: invalid_argument: no value; not_finite: with its place. Complexity: n log n. Allocates: 16 bytes a value.
  static result<value_window> of(std::span<const double> sample) {
    if (auto ok = checked(sample); !ok) return std::move(ok).error();
    value_window made;
    made.values_.assign(sample.begin(), sample.end());
    std::sort(made.values_.begin(), made.values_.end());
    made.up_to_.resize(sample.size());
    for (std::size_t i = 0; i < sample.size(); ++i) made.up_to_[i] = static_cast<double>(i + 1);
    return made;
  }
  /// From a sketch's view (quantile_view): values ascending, and for each the weight at or below it. `count` is how
  /// many observations that is worth in a test, all of them unless said otherwise: a sketch's own error comes on top.
  static result<value_window> of(std::span<const double> values, std::span<const std::uint64_t> cumulative) {
    if (auto ok = checked(values); !ok) return std::move(ok).error();
    if (values.size() != cumulative.size())
      return error(errc::shape_mismatch, "window: " + std::to_string(values.size()) + " values, " +
                                             std::to_string(cumulative.size()) + " weights");
    value_window made;
    std::uint64_t before = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (cumulative[i] <= before || (i > 0 && values[i] < values[i - 1]))
        return error(errc::invalid_argument, "window: value " + std::to_string(i) + " or its weight does not ascend");
      before = cumulative[i];
      made.up_to_.push_back(static_cast<double>(before));
    }
    made.values_.assign(values.begin(), values.end());
    return made;
  }
  /// Of anything with a view of quantiles: `value_window::of(kll_sketch)`.
  template <class Sketch>
  requires requires(const Sketch& s) {
    s.view().values();
    s.view().cumulative();
  }
  static result<value_window> of(const Sketch& sketch) {
    const auto view = sketch.view();
    return of(std::span<const double>(view.values()), view.cumulative());
  }

  double count() const noexcept { return up_to_.back(); }
  std::size_t size() const noexcept { return values_.size(); }
  double value(std::size_t i) const noexcept { return values_[i]; }
  double up_to(std::size_t i) const noexcept { return up_to_[i]; }
  double weight(std::size_t i) const noexcept { return i == 0 ? up_to_[0] : up_to_[i] - up_to_[i - 1]; }

  /// The least value whose rank is at least p; p in (0, 1].
  double quantile(double p) const noexcept {
    const double wanted = p * count();
    const auto at = std::lower_bound(up_to_.begin(), up_to_.end(), wanted);
    return values_[at == up_to_.end() ? values_.size() - 1 : static_cast<std::size_t>(at - up_to_.begin())];
  }

 private:
  value_window() = default;
  static result<void> checked(std::span<const double> values) {
    if (values.empty()) return error(errc::invalid_argument, "window: it has no values");
    for (std::size_t i = 0; i < values.size(); ++i)
      if (!std::isfinite(values[i]))
        return error(errc::not_finite, "window: value " + std::to_string(i) + " is not finite");
    return {};
  }

  std::vector<double> values_;
  std::vector<double> up_to_;
};

/// How far a window is from the reference, by all measures.
struct drift_measures {
  double n = 0;  // of the window
  /// Over bins of equal share of the reference. psi and kl are in nats and finite: an empty bin counts as half an
  /// observation. Rules of thumb for psi: below 0.1 none, above 0.25 much.
  double psi = 0;
  double kl = 0;  // of the window from the reference
  /// Jensen-Shannon divergence, in bits: 0 to 1.
  double jensen_shannon = 0;
  double chi_squared = 0;
  double chi_squared_p = 1;
  /// Over the whole distribution.
  double ks = 0;
  double ks_p = 1;
  /// Mean distance that an observation has to move; in the feature's unit, and over the reference's deviation.
  double wasserstein = 0;
  double wasserstein_relative = 0;
  /// Maximum mean discrepancy, squared, by random features of a Gaussian kernel: 0 to 2.
  double mmd = 0;
  /// A gauge in [0, 1]: the root of Jensen-Shannon less what windows of this size have by chance.
  double score = 0;
};

/// What a feature's distribution was, worked up once; windows are compared with it.
///
/// Guarantee: the p-values are asymptotic, for windows of a hundred observations and more; without drift `score` is
/// about 0. A feature with few distinct values gets fewer bins. The same seed and data give the same figures.
/// Complexity: made in O(n log n); compare O(n log n) of a window that is a sample, O(n + reference) of one that is
/// sorted; 1 ms at 10,000.
/// Allocates: both. Threads: compare may run side by side.
/// Source: chi-squared over two samples: Conover, "Practical Nonparametric Statistics"; PSI: Siddiqi, "Credit Risk
/// Scorecards", 2006; Lin, "Divergence measures based on the Shannon entropy", IEEE Trans. Inf. Theory 37, 1991;
/// Gretton and others, "A kernel two-sample test", JMLR 13, 2012, with the features of Rahimi, Recht, NIPS 2007.
class drift_reference {
 public:
  /// Errors: invalid_argument: bins not in 2 to 1000.
  static result<drift_reference> make(value_window window, std::size_t bins = 10, std::uint64_t seed = 0) {
    if (bins < 2 || bins > 1000)
      return error(errc::invalid_argument,
                   "drift reference: " + std::to_string(bins) + " bins; 2 to 1000 are possible");
    return drift_reference(std::move(window), bins, seed);
  }
  static result<drift_reference> of(std::span<const double> sample, std::size_t bins = 10) {
    auto window = value_window::of(sample);
    if (!window) return std::move(window).error();
    return make(std::move(*window), bins);
  }

  drift_measures compare(const value_window& window) const {
    drift_measures found;
    found.n = window.count();
    binned(window, found);
    whole(window, found);
    std::array<double, features> theirs = embedding(window);
    for (std::size_t i = 0; i < features; ++i) found.mmd += (theirs[i] - embedding_[i]) * (theirs[i] - embedding_[i]);
    return found;
  }
  /// Errors: as value_window::of.
  result<drift_measures> compare(std::span<const double> sample) const {
    auto window = value_window::of(sample);
    if (!window) return std::move(window).error();
    return compare(*window);
  }

  const value_window& window() const noexcept { return reference_; }
  /// Upper edges of all bins but the last; an edge belongs to the bin below.
  std::span<const double> edges() const noexcept { return edges_; }

 private:
  static constexpr std::size_t features = 64;
  static constexpr std::size_t quantiles = 512;

  drift_reference(value_window window, std::size_t bins, std::uint64_t seed) : reference_(std::move(window)) {
    for (std::size_t b = 1; b < bins; ++b) {
      const double edge = reference_.quantile(static_cast<double>(b) / static_cast<double>(bins));
      if ((edges_.empty() || edge > edges_.back()) && edge < reference_.value(reference_.size() - 1))
        edges_.push_back(edge);
    }
    if (edges_.empty()) edges_.push_back(reference_.value(reference_.size() - 1));  // constant: at it, and above
    expected_ = histogram(reference_);
    double sum = 0;
    for (std::size_t i = 0; i < reference_.size(); ++i)
      sum += reference_.weight(i) / reference_.count() * (reference_.value(i) - reference_.value(0));
    mean_ = reference_.value(0) + sum;
    double squares = 0;
    for (std::size_t i = 0; i < reference_.size(); ++i) {
      const double d = reference_.value(i) - mean_;
      squares += reference_.weight(i) / reference_.count() * d * d;
    }
    deviation_ = std::sqrt(squares);
    random_engine engine(seed);
    for (std::size_t i = 0; i < features / 2; ++i) {
      // Frequencies of a Gaussian kernel as wide as the deviation: normal, by Box and Muller.
      const double u = 1 - engine.uniform();
      frequency_[i] = std::sqrt(-2 * std::log(u)) * std::cos(6.283185307179586 * engine.uniform());
    }
    embedding_ = embedding(reference_);
  }

  std::vector<double> histogram(const value_window& window) const {
    std::vector<double> counts(edges_.size() + 1);
    std::size_t bin = 0;
    for (std::size_t i = 0; i < window.size(); ++i) {
      while (bin < edges_.size() && window.value(i) > edges_[bin]) ++bin;
      counts[bin] += window.weight(i);
    }
    return counts;
  }

  void binned(const value_window& window, drift_measures& found) const {
    const std::vector<double> counts = histogram(window);
    const double n = window.count();
    const double m = reference_.count();
    double filled = 0;
    for (std::size_t b = 0; b < counts.size(); ++b) {
      const double p = (std::fmax(counts[b], 0.5)) / n;
      const double q = (std::fmax(expected_[b], 0.5)) / m;
      const double log_ratio = std::log(p / q);
      found.psi += (p - q) * log_ratio;
      found.kl += p * log_ratio;
      const double both = counts[b] + expected_[b];
      if (both == 0) continue;
      filled += 1;
      const double d = counts[b] * std::sqrt(m / n) - expected_[b] * std::sqrt(n / m);
      found.chi_squared += d * d / both;
      const double share = counts[b] / n;
      const double other = expected_[b] / m;
      const double middle = 0.5 * (share + other);
      if (share > 0) found.jensen_shannon += 0.5 * share * std::log2(share / middle);
      if (other > 0) found.jensen_shannon += 0.5 * other * std::log2(other / middle);
    }
    if (found.kl < 0) found.kl = 0;
    found.jensen_shannon = std::fmin(1, std::fmax(0, found.jensen_shannon));
    if (filled > 1) found.chi_squared_p = chi_squared{filled - 1}.sf(found.chi_squared);
    // By chance Jensen-Shannon is chi-squared / 8 (in nats) of its degrees of freedom, on average.
    const double chance = (filled - 1) / (8 * 0.6931471805599453) * (1 / n + 1 / m);
    found.score = found.jensen_shannon > chance ? std::sqrt(found.jensen_shannon - chance) : 0;
  }

  /// Both distribution functions, in one walk over all values.
  void whole(const value_window& window, drift_measures& found) const {
    const double n = window.count();
    const double m = reference_.count();
    std::size_t i = 0;
    std::size_t j = 0;
    double f = 0;
    double g = 0;
    double before = 0;
    while (i < window.size() || j < reference_.size()) {
      const double x = j == reference_.size() || (i < window.size() && window.value(i) <= reference_.value(j))
                           ? window.value(i)
                           : reference_.value(j);
      if (i + j > 0) found.wasserstein += std::fabs(f - g) * (x - before);
      for (; i < window.size() && window.value(i) <= x; ++i) f = window.up_to(i) / n;
      for (; j < reference_.size() && reference_.value(j) <= x; ++j) g = reference_.up_to(j) / m;
      found.ks = std::fmax(found.ks, std::fabs(f - g));
      before = x;
    }
    found.wasserstein_relative = deviation_ > 0          ? found.wasserstein / deviation_
                                 : found.wasserstein > 0 ? std::numeric_limits<double>::infinity()
                                                         : 0;
    const double root = std::sqrt(n * (m / (n + m)));
    found.ks_p = kolmogorov{}.sf((root + 0.12 + 0.11 / root) * found.ks);
  }

  std::array<double, features> embedding(const value_window& window) const {
    std::array<double, features> sums{};
    const double scale = deviation_ > 0 ? 1 / deviation_ : 1;
    // Many values by as many quantiles as tell them apart.
    const bool all = window.size() <= quantiles;
    const std::size_t points = all ? window.size() : quantiles;
    const double unit = std::sqrt(2.0 / static_cast<double>(features));
    for (std::size_t k = 0; k < points; ++k) {
      const double share = all ? window.weight(k) / window.count() : 1.0 / static_cast<double>(quantiles);
      const double at =
          all ? window.value(k) : window.quantile((static_cast<double>(k) + 0.5) / static_cast<double>(quantiles));
      const double z = (at - mean_) * scale;
      for (std::size_t i = 0; i < features / 2; ++i) {
        sums[2 * i] += share * unit * std::cos(frequency_[i] * z);
        sums[2 * i + 1] += share * unit * std::sin(frequency_[i] * z);
      }
    }
    return sums;
  }

  value_window reference_;
  std::vector<double> edges_;
  std::vector<double> expected_;
  double mean_ = 0;
  double deviation_ = 0;
  std::array<double, features / 2> frequency_{};
  std::array<double, features> embedding_{};
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DETECT_DRIFT_REFERENCE_HPP

// ---- detect/ewma.hpp

#ifndef MILLRACE_DETECT_EWMA_HPP
#define MILLRACE_DETECT_EWMA_HPP

namespace millrace {
inline namespace v0 {

/// A small lasting shift of a mean whose in-control value is known: the chart of an exponentially weighted average.
///
/// Models: drift_detector. Units: `weight` of the newest observation in [0.02, 1] (brought into it); statistic and
/// threshold in standard deviations of an observation.
/// Guarantee: on independent normal observations with the mean and deviation given, the average run length is the one
/// promised, to 1 % (the limits solve Crowder's integral equation). Less sensitive to heavy tails than `cusum`, the
/// more so the smaller the weight. After a drift the average starts at the mean. Complexity: update O(1), 2 ns;
/// construction about 2 ms; allocates: never. Errors: none; a deviation that is not positive leaves every observation
/// out. Source: S. W. Roberts, Technometrics 1, 1959; limits: Crowder, Technometrics 29(4), 1987.
template <class RunLength = arl<10'000>>
class ewma_chart : detail::require_arl<RunLength> {
 public:
  explicit ewma_chart(in_control reference = {}, double weight = 0.1) noexcept
      : ewma_chart(reference, within(weight), detail::ewma_limit(within(weight), static_cast<double>(RunLength::drift)),
                   detail::ewma_limit(within(weight), static_cast<double>(RunLength::warning))) {}

  static ewma_chart with_threshold(double drift, double warning, in_control reference = {},
                                   double weight = 0.1) noexcept {
    return ewma_chart(reference, within(weight), drift, warning);
  }

  signal update(double x) noexcept {
    const double z = (x - mean_) * scale_;
    if (!(std::fabs(z) <= 1e300)) [[unlikely]]
      return signal::none;
    ++count_;
    average_ += weight_ * (z - average_);
    last_ = std::fabs(average_);
    const signal said = detail::grade(last_, warning_, drift_);
    if (said == signal::drift) [[unlikely]]
      restart();
    return said;
  }

  void reset() noexcept {
    restart();
    last_ = 0;
  }
  std::uint64_t count() const noexcept { return count_; }
  double statistic() const noexcept { return last_; }
  double threshold() const noexcept { return drift_; }

 private:
  ewma_chart(in_control reference, double weight, double drift, double warning) noexcept
      : mean_(reference.mean),
        scale_(reference.stddev > 0 ? 1 / reference.stddev : std::nan("")),
        weight_(weight),
        drift_(drift),
        warning_(warning) {}

  static double within(double weight) noexcept { return !(weight >= 0.02) ? 0.02 : weight > 1 ? 1 : weight; }
  void restart() noexcept {
    average_ = 0;
    count_ = 0;
  }

  double mean_;
  double scale_;
  double weight_;
  double drift_;
  double warning_;
  double average_ = 0;
  double last_ = 0;
  std::uint64_t count_ = 0;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DETECT_EWMA_HPP

// ---- detect/half_space_trees.hpp

#ifndef MILLRACE_DETECT_HALF_SPACE_TREES_HPP
#define MILLRACE_DETECT_HALF_SPACE_TREES_HPP

namespace millrace {
inline namespace v0 {

/// Rows of several features against where the rows of the last full window lay: random half-spaces, counted.
///
/// Shapes and units: a row is Features doubles in [0, 1], others are brought into it; the score is in [0, 1], near 1
/// where few rows lay. Guarantee: about one row in `RunLength::drift` of a stream without outliers is flagged: the
/// limit is that streaming quantile of the scores themselves; nothing is flagged in the first window, nor before 2 *
/// RunLength::drift scores. The same seed and rows give the same scores. A row with a value that is not finite is
/// flagged and not taken up.
/// Complexity: update O(Trees Depth), 0.5 us; about 16 Trees 2^Depth bytes (100 KB: not for a small stack); allocates:
/// never. Threads: one at a time.
/// Source: Tan, Ting, Liu, "Fast anomaly detection for streaming data", IJCAI 2011.
template <std::size_t Features, class RunLength = arl<1'000>, std::size_t Trees = 25, std::size_t Depth = 8,
          std::size_t Window = 250>
class half_space_trees : detail::require_arl<RunLength> {
  static_assert(
      Features >= 1 && Trees >= 1 && Depth >= 1 && Depth <= 15 && Window >= 10,
      "millrace[DETECT-7]: half_space_trees needs features, trees, a depth of 1 to 15 and a window of 10 or more");

 public:
  explicit half_space_trees(std::uint64_t seed = 0) noexcept : limit_(1 - 1 / static_cast<double>(RunLength::drift)) {
    random_engine engine(seed);
    for (auto& tree : tree_) {
      range reach;
      for (std::size_t f = 0; f < Features; ++f) {
        // A work range around a random centre that covers [0, 1].
        const double centre = engine.uniform();
        const double half = 2 * (centre > 0.5 ? centre : 1 - centre);
        reach.low[f] = centre - half;
        reach.high[f] = centre + half;
      }
      grow(tree, 0, 0, reach, engine);
    }
  }

  anomaly update(std::span<const double, Features> row) noexcept {
    for (const double x : row)
      if (!(std::fabs(x) <= 1.7976931348623157e308)) return {std::nan(""), 0, limit_.value(), true};
    double mass = 0;
    for (auto& tree : tree_) {
      std::size_t node = 0;
      double weight = 1;
      bool counted = false;
      for (std::size_t depth = 0;; ++depth) {
        const double last = tree.last[node];
        if (!counted && (depth == Depth || last <= few)) {
          mass += last * weight;
          counted = true;
        }
        tree.now[node] += 1;
        if (depth == Depth) break;
        const double x = row[tree.feature[node]];
        const double in = x < 0 ? 0 : x > 1 ? 1 : x;
        node = 2 * node + (in < static_cast<double>(tree.split[node]) ? 1 : 2);
        weight *= 2;
      }
    }
    anomaly found;
    const std::uint64_t before = count_++;
    if (before >= Window) {
      constexpr double most =
          static_cast<double>(Window) * static_cast<double>(Trees) * static_cast<double>(std::size_t{1} << Depth);
      found.score = 1 - mass / most;
      found.lower = 0;
      if (before >= Window + 2 * RunLength::drift) {
        found.upper = limit_.value();
        found.flagged = found.score > found.upper;
      }
      limit_.update(found.score);
    }
    if (count_ % Window == 0) {
      for (auto& tree : tree_) {
        tree.last = tree.now;
        tree.now = {};
      }
    }
    return found;
  }

  std::uint64_t count() const noexcept { return count_; }
  /// Forgets the rows; the half-spaces stay.
  void reset() noexcept {
    for (auto& tree : tree_) {
      tree.last = {};
      tree.now = {};
    }
    limit_ = detail::p2_quantile(1 - 1 / static_cast<double>(RunLength::drift));
    count_ = 0;
  }

 private:
  static constexpr std::size_t inner = (std::size_t{1} << Depth) - 1;
  static constexpr std::size_t nodes = 2 * inner + 1;
  static constexpr double few = 0.1 * static_cast<double>(Window);

  struct range {
    std::array<double, Features> low;
    std::array<double, Features> high;
  };
  struct tree_type {
    std::array<float, inner> split;
    std::array<std::uint32_t, inner> feature;
    std::array<float, nodes> last{};
    std::array<float, nodes> now{};
  };

  static void grow(tree_type& tree, std::size_t node, std::size_t depth, range& reach, random_engine& engine) noexcept {
    if (depth == Depth) return;
    const auto f = static_cast<std::size_t>(engine.below(Features));
    const double middle = 0.5 * (reach.low[f] + reach.high[f]);
    tree.feature[node] = static_cast<std::uint32_t>(f);
    tree.split[node] = static_cast<float>(middle);
    const double high = reach.high[f];
    reach.high[f] = middle;
    grow(tree, 2 * node + 1, depth + 1, reach, engine);
    reach.high[f] = high;
    const double low = reach.low[f];
    reach.low[f] = middle;
    grow(tree, 2 * node + 2, depth + 1, reach, engine);
    reach.low[f] = low;
  }

  std::array<tree_type, Trees> tree_;
  detail::p2_quantile limit_;
  std::uint64_t count_ = 0;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DETECT_HALF_SPACE_TREES_HPP

// ---- detect/hddm.hpp

#ifndef MILLRACE_DETECT_HDDM_HPP
#define MILLRACE_DETECT_HDDM_HPP

namespace millrace {
inline namespace v0 {

/// An abrupt rise of a bounded stream's mean: its average against that of its best beginning, by Hoeffding's bound.
///
/// Models: drift_detector. Units: observations in [0, 1]; others are brought into it.
/// Guarantee: while nothing changes, at most 63 % (1 - 1/e) of the streams raise a false alarm within `Drift`
/// observations: found by simulation for the worst streams, 0/1 ones with a probability of 0.5; fewer on others.
/// After a drift it starts afresh. Complexity: update O(1), 7 ns; allocates: never.
/// Source: Frias-Blanco and others, "Online and non-parametric drift detection methods based on Hoeffding's bounds",
/// IEEE TKDE 27(3), 2015: HDDM_A.
template <class RunLength = arl<10'000>>
class hddm_a : detail::require_arl<RunLength> {
 public:
  hddm_a() noexcept : hddm_a(threshold_for(RunLength::drift), threshold_for(RunLength::warning)) {}

  /// With a threshold of one's own: the paper's ln(1 / alpha).
  static hddm_a with_threshold(double drift, double warning) noexcept { return hddm_a(drift, warning); }

  signal update(double x) noexcept {
    if (!(std::fabs(x) <= 1e300)) [[unlikely]]
      return signal::none;
    ++count_;
    sum_ += x < 0 ? 0 : x > 1 ? 1 : x;
    const auto n = static_cast<double>(count_);
    const double average = sum_ / n;
    const double upper = average + std::sqrt(0.5 * drift_ / n);
    if (upper <= best_upper_) {
      best_upper_ = upper;
      best_count_ = n;
      best_average_ = average;
    }
    const double rise = average - best_average_;
    // The difference has the variance bound (1/best - 1/n) / 4.
    last_ = rise > 0 && best_count_ < n ? 2 * rise * rise * n * best_count_ / (n - best_count_) : 0;
    const signal said = detail::grade(last_, warning_, drift_);
    if (said == signal::drift) [[unlikely]]
      restart();
    return said;
  }

  void reset() noexcept {
    restart();
    last_ = 0;
  }
  std::uint64_t count() const noexcept { return count_; }
  double statistic() const noexcept { return last_; }
  double threshold() const noexcept { return drift_; }

 private:
  static constexpr double none_yet = 1e300;

  hddm_a(double drift, double warning) noexcept : drift_(drift), warning_(warning) {}

  static double threshold_for(std::uint64_t run_length) noexcept {
    static constexpr detail::calibration found{2.6452, 3.3642, 4.3553, 5.0938, 5.9198, 6.7651, 7.5327, 8.2129, 8.7571};
    return detail::calibrated(found, run_length);
  }
  void restart() noexcept {
    count_ = 0;
    sum_ = 0;
    best_upper_ = none_yet;
    best_count_ = best_average_ = 0;
  }

  double drift_;
  double warning_;
  double sum_ = 0;
  double best_upper_ = none_yet;
  double best_count_ = 0;
  double best_average_ = 0;
  double last_ = 0;
  std::uint64_t count_ = 0;
};

/// A gradual rise of a bounded stream's mean: its weighted average since the best beginning against that beginning's,
/// by McDiarmid's bound.
///
/// Models: drift_detector. Units: observations in [0, 1]; others are brought into it. `weight` of the newest
/// observation in (0, 1]; the calibration is for 0.05.
/// Guarantee: as `hddm_a`. After a drift it starts afresh. Complexity: update O(1), 4 ns; allocates: never.
/// Source: as `hddm_a`: HDDM_W.
template <class RunLength = arl<10'000>>
class hddm_w : detail::require_arl<RunLength> {
 public:
  hddm_w() noexcept : hddm_w(threshold_for(RunLength::drift), threshold_for(RunLength::warning), 0.05) {}

  /// With a threshold of one's own: the paper's ln(1 / alpha).
  static hddm_w with_threshold(double drift, double warning, double weight = 0.05) noexcept {
    return hddm_w(drift, warning, weight > 0 && weight <= 1 ? weight : 0.05);
  }

  signal update(double x) noexcept {
    if (!(std::fabs(x) <= 1e300)) [[unlikely]]
      return signal::none;
    ++count_;
    const double bounded = x < 0 ? 0 : x > 1 ? 1 : x;
    all_.add(bounded, weight_);
    const double upper = all_.average + std::sqrt(0.5 * drift_ * all_.squares);
    if (upper < best_upper_) {
      best_upper_ = upper;
      best_ = all_;
      since_ = {};
      last_ = 0;
      return signal::none;
    }
    since_.add(bounded, weight_);
    const double rise = since_.average - best_.average;
    last_ = rise > 0 ? 2 * rise * rise / (since_.squares + best_.squares) : 0;
    const signal said = detail::grade(last_, warning_, drift_);
    if (said == signal::drift) [[unlikely]]
      restart();
    return said;
  }

  void reset() noexcept {
    restart();
    last_ = 0;
  }
  std::uint64_t count() const noexcept { return count_; }
  double statistic() const noexcept { return last_; }
  double threshold() const noexcept { return drift_; }

 private:
  static constexpr double none_yet = 1e300;

  /// A weighted average and the sum of its squared weights.
  struct weighted {
    double average = -1;  // none yet
    double squares = 1;

    void add(double x, double weight) noexcept {
      if (average < 0) {
        average = x;
        return;
      }
      average += weight * (x - average);
      squares = weight * weight + (1 - weight) * (1 - weight) * squares;
    }
  };

  hddm_w(double drift, double warning, double weight) noexcept : drift_(drift), warning_(warning), weight_(weight) {}

  static double threshold_for(std::uint64_t run_length) noexcept {
    static constexpr detail::calibration found{1.5915,  3.7584,  6.3042,  8.3933, 10.7739,
                                               12.4452, 14.3594, 15.9530, 17.7020};
    return detail::calibrated(found, run_length);
  }
  void restart() noexcept {
    all_ = best_ = since_ = {};
    best_upper_ = none_yet;
    count_ = 0;
  }

  double drift_;
  double warning_;
  double weight_;
  weighted all_;
  weighted best_;
  weighted since_;
  double best_upper_ = none_yet;
  double last_ = 0;
  std::uint64_t count_ = 0;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DETECT_HDDM_HPP

// ---- detect/kswin.hpp

#ifndef MILLRACE_DETECT_KSWIN_HPP
#define MILLRACE_DETECT_KSWIN_HPP

namespace millrace {
inline namespace v0 {

namespace detail {

/// P(D >= steps / (n m)) for the two-sample Kolmogorov-Smirnov statistic of continuous samples of sizes n and m, and
/// m <= Most: the share of lattice paths that reach the border, by recurrence over columns. No term is subtracted, so
/// small shares keep their digits. Source: J. L. Hodges, Arkiv foer Matematik 3, 1958.
template <std::size_t Most>
double ks_share_outside(std::size_t n, std::size_t m, double steps) noexcept {
  // outside[j]: among paths from (0,0) to (i,j), the share that has reached the border.
  std::array<double, Most + 1> outside{};
  const auto dn = static_cast<double>(n);
  const auto dm = static_cast<double>(m);
  for (std::size_t i = 0; i <= n; ++i) {
    for (std::size_t j = 0; j <= m; ++j) {
      const auto a = static_cast<double>(i);
      const auto b = static_cast<double>(j);
      if (std::fabs(a * dm - b * dn) >= steps - 0.5)
        outside[j] = 1;
      else if (i == 0 && j == 0)
        outside[j] = 0;
      else
        outside[j] = (i > 0 ? a * outside[j] : 0) / (a + b) + (j > 0 ? b * outside[j - 1] : 0) / (a + b);
    }
  }
  return outside[m];
}

}  // namespace detail

/// A change of the whole distribution: the newest `Recent` observations against those before them in a sliding window
/// of `Window`, by the two-sample Kolmogorov-Smirnov test, whenever `Recent` new ones have come.
///
/// Models: drift_detector. Units: the statistic is the largest difference of the two distribution functions.
/// Guarantee: on independent observations of any continuous distribution the average run length is the one promised or
/// longer, by at most the step of the exact distribution (a few per cent at the sizes given); ties lengthen it. The
/// threshold is exact: the window's filling and the spacing of the tests are accounted for, and each test has the
/// level that is left.
/// After a drift only the newest `Recent` observations stay. Complexity: update O(1), and O(Window log Recent) every
/// `Recent` observations; 8 (Window + 4) bytes; construction about 5 ms; allocates: never.
/// Source: Raab, Heusinger, Schleif, "Reactive soft prototype computing for concept drift streams", Neurocomputing 2020
/// (there the old part is sampled); the exact level: Hodges 1958.
template <class RunLength = arl<10'000>, std::size_t Window = 307, std::size_t Recent = 32>
class kswin : detail::require_arl<RunLength> {
  static_assert(Recent >= 8 && Window >= 2 * Recent && Window <= 4096,
                "millrace[DETECT-3]: kswin needs 8 <= Recent and 2 Recent <= Window <= 4096");

 public:
  kswin() noexcept : kswin(threshold_for(RunLength::drift), threshold_for(RunLength::warning)) {}

  /// With a threshold of one's own for the difference of the distribution functions.
  static kswin with_threshold(double drift, double warning) noexcept { return kswin(drift, warning); }

  signal update(double x) noexcept {
    if (!(std::fabs(x) <= 1.7976931348623157e308)) [[unlikely]]
      return signal::none;
    ++count_;
    if (filled_ < older + Recent) {
      fresh(filled_++) = x;
      if (filled_ < older + Recent) return signal::none;
    } else {
      recent_[arrived_++] = x;
      if (arrived_ < Recent) return signal::none;
      slide();
    }
    last_ = difference();
    const signal said = detail::grade(last_, warning_, drift_);
    if (said == signal::drift) {
      for (std::size_t i = 0; i < Recent; ++i) older_[i] = tested_[i];
      filled_ = Recent;
      arrived_ = 0;
      oldest_ = 0;
      count_ = 0;
    }
    return said;
  }

  void reset() noexcept { *this = kswin(drift_, warning_); }
  std::uint64_t count() const noexcept { return count_; }
  double statistic() const noexcept { return last_; }
  double threshold() const noexcept { return drift_; }

 private:
  static constexpr std::size_t older = Window - Recent;

  kswin(double drift, double warning) noexcept : drift_(drift), warning_(warning) {}

  /// The largest difference that still is no alarm: the next one up has at most the level that is left.
  static double threshold_for(std::uint64_t run_length) noexcept {
    const double tests =
        (static_cast<double>(run_length) - static_cast<double>(Window)) / static_cast<double>(Recent) + 1;
    const double level = 1 / (tests > 2 ? tests : 2);
    const double cells = static_cast<double>(older) * static_cast<double>(Recent);
    double low = 0;  // share outside `low` is above the level, outside `high` at most it
    double high = cells + 1;
    while (high - low > 1) {
      const double middle = std::floor(0.5 * (low + high));
      (detail::ks_share_outside<Recent>(older, Recent, middle) > level ? low : high) = middle;
    }
    return (high - 0.5) / cells;
  }

  double& fresh(std::size_t at) noexcept { return at < older ? older_[at] : tested_[at - older]; }

  /// What was tested becomes part of the older ones, in place of the oldest.
  void slide() noexcept {
    for (std::size_t i = 0; i < Recent; ++i) {
      older_[oldest_] = tested_[i];
      if (++oldest_ == older) oldest_ = 0;
      tested_[i] = recent_[i];
    }
    arrived_ = 0;
  }

  double difference() noexcept {
    std::array<double, Recent> sorted = tested_;
    std::sort(sorted.begin(), sorted.end());
    // Between two neighbours of the recent ones the other function is counted, without sorting the older ones.
    std::array<std::uint32_t, Recent + 1> below{};  // older ones less than sorted[k], not less than sorted[k-1]
    std::array<std::uint32_t, Recent + 1> equal{};
    for (const double x : older_) {
      const auto at = static_cast<std::size_t>(std::lower_bound(sorted.begin(), sorted.end(), x) - sorted.begin());
      if (at < Recent && sorted[at] == x)
        ++equal[at];
      else
        ++below[at];
    }
    double most = 0;
    std::uint32_t seen = 0;
    for (std::size_t k = 0; k < Recent; ++k) {
      seen += below[k];
      const double before = static_cast<double>(seen) / static_cast<double>(older);
      if (k == 0 || sorted[k] != sorted[k - 1]) {
        const double own = static_cast<double>(k) / static_cast<double>(Recent);
        most = (std::max)(most, std::fabs(own - before));
      }
      seen += equal[k];
      if (k + 1 == Recent || sorted[k] != sorted[k + 1]) {
        const double after = static_cast<double>(seen) / static_cast<double>(older);
        const double own = static_cast<double>(k + 1) / static_cast<double>(Recent);
        most = (std::max)(most, std::fabs(own - after));
      }
    }
    return most;
  }

  std::array<double, older> older_{};
  std::array<double, Recent> tested_{};
  std::array<double, Recent> recent_{};
  std::size_t filled_ = 0;
  std::size_t arrived_ = 0;
  std::size_t oldest_ = 0;
  std::uint64_t count_ = 0;
  double drift_;
  double warning_;
  double last_ = 0;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DETECT_KSWIN_HPP

// ---- detect/page_hinkley.hpp

#ifndef MILLRACE_DETECT_PAGE_HINKLEY_HPP
#define MILLRACE_DETECT_PAGE_HINKLEY_HPP

namespace millrace {
inline namespace v0 {

/// A lasting shift of a mean that is not known beforehand, up or down: the Page-Hinkley test, in the stream's own
/// standard deviations.
///
/// Models: drift_detector. Units: `tolerance`, the drift of the mean that is not worth an alarm, and the statistic, in
/// standard deviations of the stream.
/// Guarantee: on independent normal observations of any mean and deviation the average run length is the one
/// promised, to a few per cent: observations are measured against the mean and deviation of those before, and their
/// deviates are as if both were known. It learns from all it sees, so a change in the first tens of observations is
/// learnt, not found. Heavier tails shorten the run length, lighter ones lengthen it.
/// After a drift it forgets everything. Complexity: update O(1), 30 ns; construction about 2 ms; allocates: never.
/// Source: Hinkley, Biometrika 58, 1971; Page, Biometrika 41, 1954; deviates: Hawkins, The Statistician 36, 1987.
template <class RunLength = arl<10'000>>
class page_hinkley : detail::require_arl<RunLength> {
 public:
  explicit page_hinkley(double tolerance = 0.5, side which = side::both) noexcept
      : page_hinkley(tolerance, which, limit(tolerance, which, RunLength::drift),
                     limit(tolerance, which, RunLength::warning)) {}

  static page_hinkley with_threshold(double drift, double warning, double tolerance = 0.5,
                                     side which = side::both) noexcept {
    return page_hinkley(tolerance, which, drift, warning);
  }

  signal update(double x) noexcept {
    if (!(std::fabs(x) <= most)) [[unlikely]]
      return signal::none;
    const double z = seen_.next(x);
    // The sum less its smallest value so far, and its greatest value so far less the sum.
    const double up = upper_ + z - tolerance_;
    const double down = lower_ - z - tolerance_;
    upper_ = up > 0 ? up * wants_upper_ : 0;
    lower_ = down > 0 ? down * wants_lower_ : 0;
    last_ = upper_ > lower_ ? upper_ : lower_;
    const signal said = detail::grade(last_, warning_, drift_);
    if (said == signal::drift) [[unlikely]]
      restart();
    return said;
  }

  void reset() noexcept {
    restart();
    last_ = 0;
  }
  std::uint64_t count() const noexcept { return seen_.count; }
  /// Of the observations since the start or the last drift.
  double mean() const noexcept { return seen_.mean; }
  double statistic() const noexcept { return last_; }
  double threshold() const noexcept { return drift_; }

 private:
  static constexpr double most = 1e150;  // its square is finite

  page_hinkley(double tolerance, side which, double drift, double warning) noexcept
      : tolerance_(std::fabs(tolerance)),
        wants_upper_(which != side::lower ? 1 : 0),
        wants_lower_(which != side::upper ? 1 : 0),
        drift_(drift),
        warning_(warning) {}

  static double limit(double tolerance, side which, std::uint64_t run_length) noexcept {
    return detail::cusum_limit(std::fabs(tolerance), static_cast<double>(run_length) * (which == side::both ? 2 : 1));
  }
  void restart() noexcept {
    seen_ = {};
    upper_ = lower_ = 0;
  }

  detail::self_starting seen_;
  double tolerance_;
  double wants_upper_;
  double wants_lower_;
  double drift_;
  double warning_;
  double upper_ = 0;
  double lower_ = 0;
  double last_ = 0;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DETECT_PAGE_HINKLEY_HPP

// ---- detect/seasonal.hpp

#ifndef MILLRACE_DETECT_SEASONAL_HPP
#define MILLRACE_DETECT_SEASONAL_HPP

namespace millrace {
inline namespace v0 {

/// How fast a seasonal model follows: the weights of the newest observation for level, trend and season, in [0, 1].
struct smoothing {
  double level = 0.2;
  double trend = 0.01;
  double season = 0.2;
};

/// An observation against what level, trend and season lead to expect: Holt and Winters' additive model.
///
/// Models: anomaly_detector. `Period` observations make a season: 48 half-hours a day, 24 hours. `forecast(steps)`
/// looks ahead. Units: the score is the residual in its own weighted standard deviations. Guarantee: on residuals that
/// are normal about one in `RunLength::drift` is flagged by chance. The first two seasons set it up, a third the
/// residuals' deviation; then flags begin. A flagged observation enters at the band's edge: one spike leaves no trace a
/// season later. Complexity: update O(1), 8 ns; 24 Period bytes; allocates: never. Source: Winters, Management Science
/// 6(3), 1960; cutting of outliers: Gelper, Fried, Croux, J. Forecasting 29, 2010.
template <std::size_t Period, class RunLength = arl<10'000>>
class seasonal : detail::require_arl<RunLength> {
  static_assert(Period >= 2 && Period <= 65536, "millrace[DETECT-6]: seasonal<Period> needs 2 <= Period <= 65536");

 public:
  explicit seasonal(smoothing weights = {}) noexcept
      : weights_{within(weights.level), within(weights.trend), within(weights.season)},
        limit_(detail::gaussian_upper_quantile(0.5 / static_cast<double>(RunLength::drift))) {}

  anomaly update(double x) noexcept {
    if (!(std::fabs(x) <= 1e150)) return {x, level_, level_, true};
    anomaly found;
    const auto at = static_cast<std::size_t>(count_ % Period);
    ++count_;
    if (count_ <= 2 * Period) {
      (count_ <= Period ? season_ : second_)[at] = x;
      if (count_ == 2 * Period) set_up();
      return found;
    }
    const double expected = level_ + trend_ + season_[at];
    double residual = x - expected;
    if (count_ > 3 * Period && variance_ > 0) {
      const double deviation = std::sqrt(variance_);
      const double reach = limit_ * deviation;
      found = {residual / deviation, expected - reach, expected + reach, std::fabs(residual) > reach};
      if (found.flagged) residual = residual > 0 ? reach : -reach;
    }
    const double cut = expected + residual;
    const double before = level_;
    level_ = weights_.level * (cut - season_[at]) + (1 - weights_.level) * (level_ + trend_);
    trend_ = weights_.trend * (level_ - before) + (1 - weights_.trend) * trend_;
    season_[at] = weights_.season * (cut - level_) + (1 - weights_.season) * season_[at];
    const double seen = static_cast<double>(count_ - 2 * Period);
    const double w = seen < memory ? 1 / seen : 1 / memory;
    variance_ += w * (residual * residual - variance_);
    return found;
  }

  /// What is expected `steps` observations ahead; NaN until two seasons were seen.
  double forecast(std::uint64_t steps) const noexcept {
    if (count_ < 2 * Period) return std::nan("");
    return level_ + static_cast<double>(steps) * trend_ +
           season_[static_cast<std::size_t>((count_ + (steps == 0 ? 0 : steps - 1)) % Period)];
  }
  double level() const noexcept { return level_; }
  double trend() const noexcept { return trend_; }
  std::uint64_t count() const noexcept { return count_; }
  void reset() noexcept { *this = seasonal(weights_); }

 private:
  static constexpr double memory = Period < 100 ? 500 : 5.0 * static_cast<double>(Period);  // observations

  static double within(double w) noexcept { return !(w >= 0) ? 0 : w > 1 ? 1 : w; }

  /// Trend from the two seasons' means; each place's season is its distance from that line, averaged over both.
  void set_up() noexcept {
    constexpr auto period = static_cast<double>(Period);
    double first = 0;
    double second = 0;
    for (std::size_t i = 0; i < Period; ++i) {
      first += season_[i] / period;
      second += second_[i] / period;
    }
    trend_ = (second - first) / period;
    const double centre = 0.5 * (period - 1);
    for (std::size_t i = 0; i < Period; ++i) {
      const double along = trend_ * (static_cast<double>(i) - centre);
      season_[i] = 0.5 * ((season_[i] - first) + (second_[i] - second)) - along;
    }
    level_ = second + trend_ * centre;
    variance_ = 0;
  }

  smoothing weights_;
  double limit_;
  double level_ = 0;
  double trend_ = 0;
  double variance_ = 0;
  std::uint64_t count_ = 0;
  std::array<double, Period> season_{};
  std::array<double, Period> second_{};  // the second season, until set up
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DETECT_SEASONAL_HPP

// ---- detect/window_bands.hpp

#ifndef MILLRACE_DETECT_WINDOW_BANDS_HPP
#define MILLRACE_DETECT_WINDOW_BANDS_HPP

namespace millrace {
inline namespace v0 {

namespace detail {

/// The last Window values, in order of arrival and of size.
template <std::size_t Window>
class sorted_window {
 public:
  std::size_t size() const noexcept { return size_; }
  double operator[](std::size_t rank) const noexcept { return sorted_[rank]; }

  void push(double x) noexcept {
    if (size_ == Window) {
      double* const last = sorted_.data() + size_;
      double* const gone = std::lower_bound(sorted_.data(), last, arrived_[next_]);
      std::copy(gone + 1, last, gone);
      --size_;
    }
    arrived_[next_] = x;
    if (++next_ == Window) next_ = 0;
    double* const last = sorted_.data() + size_;
    double* const at = std::upper_bound(sorted_.data(), last, x);
    std::copy_backward(at, last, last + 1);
    *at = x;
    ++size_;
  }

  /// Type 7 of Hyndman and Fan: linear between the order statistics.
  double quantile(double p) const noexcept {
    const double at = p * static_cast<double>(size_ - 1);
    const auto below = static_cast<std::size_t>(at);
    if (below + 1 >= size_) return sorted_[size_ - 1];
    return sorted_[below] + (at - static_cast<double>(below)) * (sorted_[below + 1] - sorted_[below]);
  }

  /// The median distance from `centre`: the distances on both sides ascend, so they are merged, not sorted.
  double median_distance(double centre) const noexcept {
    std::size_t above =
        static_cast<std::size_t>(std::lower_bound(sorted_.data(), sorted_.data() + size_, centre) - sorted_.data());
    std::size_t below = above;
    double now = 0;
    double before = 0;
    for (std::size_t k = 0; k <= size_ / 2; ++k) {
      before = now;
      if (above == size_ || (below > 0 && centre - sorted_[below - 1] <= sorted_[above] - centre))
        now = centre - sorted_[--below];
      else
        now = sorted_[above++] - centre;
    }
    return size_ % 2 == 1 ? now : 0.5 * (before + now);
  }

 private:
  std::array<double, Window> arrived_{};
  std::array<double, Window> sorted_{};
  std::size_t size_ = 0;
  std::size_t next_ = 0;
};

}  // namespace detail

/// An observation against median and median absolute deviation of the last `Window`: half of them may be wrong.
///
/// Models: anomaly_detector. Units: the score is in normal standard deviations, (x - median) / (1.4826 MAD).
/// Guarantee: on normal observations about one in `RunLength::drift` is flagged by chance, to a factor of 2 at a window
/// of 128 and less as it grows. Where the MAD is 0 (more than half the window equal) any other value is flagged.
/// Nothing is flagged before a quarter of the window is filled.
/// Complexity: update O(Window), moves of memory, 0.3 us at 128; 16 Window bytes; allocates: never.
/// Source: Iglewicz, Hoaglin, "How to detect and handle outliers", 1993.
template <class RunLength = arl<10'000>, std::size_t Window = 128>
class robust_z : detail::require_arl<RunLength> {
  static_assert(Window >= 8 && Window <= 4096, "millrace[DETECT-5]: a window of anomalies needs 8 <= Window <= 4096");

 public:
  robust_z() noexcept : limit_(detail::gaussian_upper_quantile(0.5 / static_cast<double>(RunLength::drift))) {}

  anomaly update(double x) noexcept {
    anomaly found;
    if (kept_.size() >= Window / 4) {
      const double median = kept_.quantile(0.5);
      const double unit = 1.4826022185056018 * kept_.median_distance(median);
      const double d = x - median;
      found = {d == 0 ? 0 : d / unit, median - limit_ * unit, median + limit_ * unit, false};
      found.flagged = !(x >= found.lower && x <= found.upper);
    }
    if (std::fabs(x) <= 1e300)
      kept_.push(x);
    else
      found.flagged = true;
    if (x != x) found.score = x;
    return found;
  }
  void reset() noexcept { kept_ = {}; }
  std::size_t count() const noexcept { return kept_.size(); }

 private:
  detail::sorted_window<Window> kept_;
  double limit_;
};

/// An observation against the quartiles of the last `Window`: fences at a multiple of their distance.
///
/// Models: anomaly_detector. Units: the score is the distance from the nearer quartile in interquartile ranges; 0
/// between them. Guarantee: as `robust_z`; a quarter of the window may be wrong. Tukey's 1.5 is a promise of one in
/// 143. Complexity: as `robust_z`. Source: Tukey, "Exploratory data analysis", 1977.
template <class RunLength = arl<10'000>, std::size_t Window = 128>
class iqr_fence : detail::require_arl<RunLength> {
  static_assert(Window >= 8 && Window <= 4096, "millrace[DETECT-5]: a window of anomalies needs 8 <= Window <= 4096");

 public:
  iqr_fence() noexcept
      : fence_(0.5 *
               (detail::gaussian_upper_quantile(0.5 / static_cast<double>(RunLength::drift)) / upper_quartile - 1)) {}

  anomaly update(double x) noexcept {
    anomaly found;
    if (kept_.size() >= Window / 4) {
      const double low = kept_.quantile(0.25);
      const double high = kept_.quantile(0.75);
      const double range = high - low;
      const double beyond = x < low ? x - low : x > high ? x - high : 0;
      found = {beyond == 0 ? 0 : beyond / range, low - fence_ * range, high + fence_ * range, false};
      found.flagged = !(x >= found.lower && x <= found.upper);
    }
    if (std::fabs(x) <= 1e300)
      kept_.push(x);
    else
      found.flagged = true;
    if (x != x) found.score = x;
    return found;
  }
  void reset() noexcept { kept_ = {}; }
  std::size_t count() const noexcept { return kept_.size(); }
  /// The multiple of the interquartile range.
  double fence() const noexcept { return fence_; }

 private:
  static constexpr double upper_quartile = 0.67448975019608174;  // of the standard normal

  detail::sorted_window<Window> kept_;
  double fence_;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DETECT_WINDOW_BANDS_HPP

// ---- detect.hpp

#ifndef MILLRACE_DETECT_HPP
#define MILLRACE_DETECT_HPP

/// detect: drift and anomalies of streams.
///
/// A detector is a value: `update(x)` answers `signal::none`, `warning` or `drift`. It is set by what it promises while
/// nothing changes, the average run length to a false alarm, `cusum<arl<10'000>>`, and allocates never.
///
/// A mean, whose normal value is known:
/// - `cusum`: a lasting shift, soonest for the size it is set to; `ewma_chart`: small shifts
/// A mean, learnt from the stream:
/// - `adwin`: a change of any size, and a window that holds what came after it
/// - `page_hinkley`: a lasting shift, up or down, in the stream's own deviations
/// The errors of a model, or any stream in [0, 1]:
/// - `ddm`, `eddm`: a rising error rate, by its lowest value and by the distance of errors
/// - `hddm_a`, `hddm_w`: a rising mean by Hoeffding's and McDiarmid's bounds, abrupt and gradual
/// A distribution:
/// - `kswin`: the newest observations against those before them, by Kolmogorov and Smirnov
/// - `bocpd`: changes of mean or spread and where they may have been, by Bayes
///
/// Single observations, `update(x)` answers an `anomaly`: score, band, flagged.
/// - `z_score`, `ewma_bands`, `quantile_bands`: against all before, a moving average, any shape
/// - `robust_z`, `iqr_fence`: against a sliding window of which a part may be wrong
/// - `seasonal`: against level, trend and season
/// - `half_space_trees`: rows of several features
///
/// Two windows of a feature, samples or sketches:
/// - `drift_reference`: PSI, Kullback-Leibler, Jensen-Shannon, chi-squared, Kolmogorov-Smirnov, Wasserstein, MMD, and a
///   score in [0, 1]
///
/// Standard library alone.

#endif  // MILLRACE_DETECT_HPP

// ---- model/confusion_matrix.hpp

#ifndef MILLRACE_MODEL_CONFUSION_MATRIX_HPP
#define MILLRACE_MODEL_CONFUSION_MATRIX_HPP

namespace millrace {
inline namespace v0 {

/// How often each class was taken for which: rows are the classes that were right, columns the ones
/// that were answered. What would be 0 / 0 (precision of a class never answered, recall of one that
/// never occurs) is 0, as scikit-learn's `zero_division=0` has it.
/// Allocates: when made. Threads: one at a time; counts of several are added up by `merge`.
class confusion_matrix {
 public:
  explicit confusion_matrix(std::size_t classes = 2) : classes_(classes), counts_(classes * classes) {}

  std::size_t classes() const noexcept { return classes_; }
  std::uint64_t count(std::size_t label, std::size_t answer) const noexcept {
    return counts_[label * classes_ + answer];
  }
  /// How many rows were added.
  std::uint64_t total() const noexcept {
    std::uint64_t sum = 0;
    for (const std::uint64_t one : counts_) sum += one;
    return sum;
  }
  /// How often the class was right, and how often it was answered.
  std::uint64_t occurred(std::size_t label) const noexcept {
    std::uint64_t sum = 0;
    for (std::size_t k = 0; k < classes_; ++k) sum += count(label, k);
    return sum;
  }
  std::uint64_t answered(std::size_t answer) const noexcept {
    std::uint64_t sum = 0;
    for (std::size_t k = 0; k < classes_; ++k) sum += count(k, answer);
    return sum;
  }

  /// One more row. Errors: out_of_range. Allocates: only for an error.
  result<void> add(int label, int answer) {
    if (!is_class(label)) return no_class("label", label);
    if (!is_class(answer)) return no_class("answer", answer);
    ++counts_[static_cast<std::size_t>(label) * classes_ + static_cast<std::size_t>(answer)];
    return {};
  }
  /// Errors: shape_mismatch, where the number of classes differs.
  result<void> merge(const confusion_matrix& other) {
    if (other.classes_ != classes_)
      return error(errc::shape_mismatch, "confusion matrices of " + std::to_string(classes_) + " and " +
                                             std::to_string(other.classes_) + " classes do not add up");
    for (std::size_t k = 0; k < counts_.size(); ++k) counts_[k] += other.counts_[k];
    return {};
  }

  /// Share of all rows that were answered right.
  double accuracy() const noexcept {
    std::uint64_t right = 0;
    for (std::size_t k = 0; k < classes_; ++k) right += count(k, k);
    return share(right, total());
  }
  /// Share of the rows answered as this class that were of it.
  double precision(std::size_t label = 1) const noexcept { return share(count(label, label), answered(label)); }
  /// Share of the rows of this class that were answered as it.
  double recall(std::size_t label = 1) const noexcept { return share(count(label, label), occurred(label)); }
  /// Harmonic mean of precision and recall.
  double f1(std::size_t label = 1) const noexcept {
    return share(2 * count(label, label), answered(label) + occurred(label));
  }
  /// The plain mean of the classes' F1.
  double macro_f1() const noexcept {
    double sum = 0;
    for (std::size_t k = 0; k < classes_; ++k) sum += f1(k);
    return classes_ == 0 ? 0.0 : sum / static_cast<double>(classes_);
  }

 private:
  static double share(std::uint64_t part, std::uint64_t whole) noexcept {
    return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
  }
  bool is_class(int number) const noexcept { return number >= 0 && static_cast<std::size_t>(number) < classes_; }
  error no_class(const char* what, int number) const {
    return error(errc::out_of_range, std::string(what) + ' ' + std::to_string(number) + " is none of the " +
                                         std::to_string(classes_) + " classes");
  }

  std::size_t classes_;
  std::vector<std::uint64_t> counts_;
};

/// The confusion matrix of whole columns.
/// Errors: invalid_argument (no rows), shape_mismatch (lengths differ), out_of_range (with the row).
inline result<confusion_matrix> count_confusion(std::span<const int> labels, std::span<const int> answers,
                                                std::size_t classes = 2) {
  if (labels.empty()) return error(errc::invalid_argument, "labels: there are none");
  if (labels.size() != answers.size())
    return error(errc::shape_mismatch,
                 "labels: " + std::to_string(labels.size()) + " for " + std::to_string(answers.size()) + " answers");
  confusion_matrix counted(classes);
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (auto done = counted.add(labels[i], answers[i]); !done)
      return std::move(done).error().wrap("row " + std::to_string(i) + " cannot be counted");
  return counted;
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_CONFUSION_MATRIX_HPP

// ---- model/real_view.hpp

#ifndef MILLRACE_MODEL_REAL_VIEW_HPP
#define MILLRACE_MODEL_REAL_VIEW_HPP

namespace millrace {
inline namespace v0 {

/// A column of numbers in either precision, read as double: from a vector, an array or a span, or
/// from a pointer and a length. Refers to it. Costs one predictable branch a number, and saves every
/// function over columns its second instance.
class real_view {
 public:
  constexpr real_view() noexcept = default;
  constexpr real_view(const float* first, std::size_t size) noexcept : single_(first), size_(size) {}
  constexpr real_view(const double* first, std::size_t size) noexcept : double_(first), size_(size) {}

  template <class Column>
  requires std::convertible_to<const Column&, std::span<const float>>
  constexpr real_view(const Column& column) noexcept
      : real_view(std::span<const float>(column).data(), std::span<const float>(column).size()) {}
  template <class Column>
  requires std::convertible_to<const Column&, std::span<const double>>
  constexpr real_view(const Column& column) noexcept
      : real_view(std::span<const double>(column).data(), std::span<const double>(column).size()) {}

  constexpr std::size_t size() const noexcept { return size_; }
  constexpr bool empty() const noexcept { return size_ == 0; }
  constexpr double operator[](std::size_t at) const noexcept {
    return single_ != nullptr ? static_cast<double>(single_[at]) : double_[at];
  }

 private:
  const float* single_ = nullptr;
  const double* double_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_REAL_VIEW_HPP

// ---- model/detail/checked_columns.hpp

#ifndef MILLRACE_MODEL_DETAIL_CHECKED_COLUMNS_HPP
#define MILLRACE_MODEL_DETAIL_CHECKED_COLUMNS_HPP

namespace millrace {
inline namespace v0 {
namespace detail {

inline result<void> same_length(std::size_t labels, std::size_t others, const char* what) {
  if (labels == 0) return error(errc::invalid_argument, "there are no rows to evaluate");
  if (labels == others) return {};
  return error(errc::shape_mismatch,
               std::string(what) + ": there are " + std::to_string(others) + ", not " + std::to_string(labels));
}

[[gnu::cold]] inline error not_a_class(std::size_t row, int label, std::size_t classes) {
  return error(errc::out_of_range, "labels: row " + std::to_string(row) + " is of class " + std::to_string(label) +
                                       ", outside 0 to " + std::to_string(classes - 1));
}
[[gnu::cold]] inline error not_a_probability(std::size_t row, double value) {
  return error(std::isnan(value) ? errc::not_finite : errc::out_of_range,
               "probabilities: row " + std::to_string(row) + " has " + std::to_string(value));
}

inline bool is_probability(double value) noexcept { return value >= 0 && value <= 1; }
inline double clipped(double probability) noexcept { return (std::min)((std::max)(probability, 0x1p-52), 1 - 0x1p-52); }

inline result<void> binary_probabilities(std::span<const int> labels, const real_view& probabilities) {
  if (auto fit = same_length(labels.size(), probabilities.size(), "probabilities"); !fit) return fit;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] != 0 && labels[i] != 1) return not_a_class(i, labels[i], 2);
    if (!is_probability(probabilities[i])) return not_a_probability(i, probabilities[i]);
  }
  return {};
}

inline result<void> finite_columns(const real_view& targets, const real_view& answers) {
  if (auto fit = same_length(targets.size(), answers.size(), "answers"); !fit) return fit;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if (!std::isfinite(targets[i]))
      return error(errc::not_finite, "targets: row " + std::to_string(i) + " is not finite");
    if (!std::isfinite(answers[i]))
      return error(errc::not_finite, "answers: row " + std::to_string(i) + " is not finite");
  }
  return {};
}

struct scored_label {
  double score;
  int label;
};

/// From the highest score down. Both classes occur.
inline result<std::vector<scored_label>> sorted_by_score(std::span<const int> labels, const real_view& scores) {
  if (auto fit = same_length(labels.size(), scores.size(), "scores"); !fit) return std::move(fit).error();
  std::vector<scored_label> sorted;
  sorted.reserve(labels.size());
  std::size_t positives = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] != 0 && labels[i] != 1) return not_a_class(i, labels[i], 2);
    if (std::isnan(scores[i])) return error(errc::not_finite, "scores: row " + std::to_string(i) + " is NaN");
    if (labels[i] == 1) ++positives;
    sorted.push_back({scores[i], labels[i]});
  }
  if (positives == 0 || positives == labels.size())
    return error(errc::invalid_data,
                 "labels: every row is of class " + std::to_string(labels[0]) + ", so there is nothing to tell apart");
  std::sort(sorted.begin(), sorted.end(),
            [](const scored_label& a, const scored_label& b) { return a.score > b.score; });
  return sorted;
}

/// Calls f(score, positives, negatives) for every group of equal scores.
template <class F>
void for_each_tie(const std::vector<scored_label>& sorted, F f) {
  for (std::size_t i = 0; i < sorted.size();) {
    const double score = sorted[i].score;
    std::uint64_t positives = 0;
    std::uint64_t negatives = 0;
    for (; i < sorted.size() && sorted[i].score == score; ++i) ++(sorted[i].label == 1 ? positives : negatives);
    f(score, positives, negatives);
  }
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_DETAIL_CHECKED_COLUMNS_HPP

// ---- model/evaluation.hpp

#ifndef MILLRACE_MODEL_EVALUATION_HPP
#define MILLRACE_MODEL_EVALUATION_HPP

namespace millrace {
inline namespace v0 {

// Every function here answers an error instead of a number that means nothing:
//   invalid_argument  there are no rows
//   shape_mismatch    the columns have different lengths
//   out_of_range      a label is no class, or a probability is not in [0, 1]: with the row
//   not_finite        a NaN (or, where a sum would swallow it, an infinity): with the row
//   invalid_data      one class only, where two are compared
// Labels are 0 and 1 unless said otherwise.

/// Share of rows whose answer is the label; any classes.
inline result<double> accuracy(std::span<const int> labels, std::span<const int> answers) {
  if (auto fit = detail::same_length(labels.size(), answers.size(), "answers"); !fit) return std::move(fit).error();
  std::size_t right = 0;
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (labels[i] == answers[i]) ++right;
  return static_cast<double>(right) / static_cast<double>(labels.size());
}

/// Area under the ROC curve: the chance that a row of class 1 scores above one of class 0, a tie
/// counting half. Counted exactly, in whole numbers. Scores may be any order, infinities included.
/// Complexity: n log n. Allocates: 16 bytes a row.
/// Source: Hanley, McNeil, "The meaning and use of the area under a ROC curve", Radiology 143, 1982.
inline result<double> roc_auc(std::span<const int> labels, real_view scores) {
  auto sorted = detail::sorted_by_score(labels, scores);
  if (!sorted) return std::move(sorted).error();
  std::uint64_t above = 0;   // class 1 seen so far, from the highest score down
  std::uint64_t below = 0;   // class 0
  std::uint64_t halves = 0;  // pairs in the right order, in halves
  detail::for_each_tie(*sorted, [&](double, std::uint64_t positives, std::uint64_t negatives) {
    halves += 2 * above * negatives + positives * negatives;
    above += positives;
    below += negatives;
  });
  return static_cast<double>(halves) / (2.0 * static_cast<double>(above) * static_cast<double>(below));
}

/// What a threshold would do: rows with a score at or above it are answered 1.
struct roc_point {
  double false_positive_rate = 0;
  double true_positive_rate = 0;
  double threshold = 0;
};

/// Which thresholds to answer: every distinct score, or those where the curve bends.
enum class roc_points : std::uint8_t { corners, all };

/// The ROC curve from (0, 0), whose threshold is infinite, to (1, 1).
/// Complexity: n log n. Allocates: 16 bytes a row, and the points.
inline result<std::vector<roc_point>> roc_curve(std::span<const int> labels, real_view scores,
                                                roc_points wanted = roc_points::corners) {
  auto sorted = detail::sorted_by_score(labels, scores);
  if (!sorted) return std::move(sorted).error();
  struct step {
    std::uint64_t negatives;
    std::uint64_t positives;
    double threshold;
  };
  std::vector<step> steps{{0, 0, std::numeric_limits<double>::infinity()}};
  detail::for_each_tie(*sorted, [&](double score, std::uint64_t positives, std::uint64_t negatives) {
    const step next{steps.back().negatives + negatives, steps.back().positives + positives, score};
    if (wanted == roc_points::corners && steps.size() > 1) {
      // The last point goes if the line runs straight through it.
      const step& last = steps.back();
      const step& before = steps[steps.size() - 2];
      if ((last.negatives - before.negatives) * positives == (last.positives - before.positives) * negatives)
        steps.pop_back();
    }
    steps.push_back(next);
  });
  std::vector<roc_point> curve;
  curve.reserve(steps.size());
  for (const step& at : steps)
    curve.push_back({static_cast<double>(at.negatives) / static_cast<double>(steps.back().negatives),
                     static_cast<double>(at.positives) / static_cast<double>(steps.back().positives), at.threshold});
  return curve;
}

/// What a threshold would find: rows with a score at or above it are answered 1.
struct precision_recall_point {
  double recall = 0;
  double precision = 0;
  double threshold = 0;
};

/// Precision against recall, a point for every distinct score from the highest down, to recall 1.
/// Complexity: n log n. Allocates: 16 bytes a row, and the points.
inline result<std::vector<precision_recall_point>> precision_recall_curve(std::span<const int> labels,
                                                                          real_view scores) {
  auto sorted = detail::sorted_by_score(labels, scores);
  if (!sorted) return std::move(sorted).error();
  std::vector<precision_recall_point> curve;
  std::uint64_t right = 0;
  std::uint64_t answered = 0;
  detail::for_each_tie(*sorted, [&](double score, std::uint64_t positives, std::uint64_t negatives) {
    right += positives;
    answered += positives + negatives;
    curve.push_back(
        {static_cast<double>(right), static_cast<double>(right) / static_cast<double>(answered), score});
  });
  for (precision_recall_point& at : curve) at.recall /= static_cast<double>(right);
  return curve;
}

/// Mean precision over the rows of class 1, each at its own score: the sum of precision times the
/// recall gained, without interpolation. The share of class 1 is what chance reaches.
/// Source: scikit-learn's definition; Manning, Raghavan, Schuetze, "Introduction to information
/// retrieval", 2008, section 8.4.
inline result<double> average_precision(std::span<const int> labels, real_view scores) {
  auto curve = precision_recall_curve(labels, scores);
  if (!curve) return std::move(curve).error();
  double sum = 0;
  double recall = 0;
  for (const precision_recall_point& at : *curve) {
    sum += (at.recall - recall) * at.precision;
    recall = at.recall;
  }
  return sum;
}

/// Mean of -log(probability of what occurred), of probabilities of class 1. Probabilities are kept
/// 2^-52 away from 0 and 1, so that one sure mistake costs 36 and not infinity (as scikit-learn has it).
inline result<double> log_loss(std::span<const int> labels, real_view probabilities) {
  if (auto fit = detail::binary_probabilities(labels, probabilities); !fit) return std::move(fit).error();
  double sum = 0;
  for (std::size_t i = 0; i < labels.size(); ++i)
    sum -= std::log(detail::clipped(labels[i] == 1 ? probabilities[i] : 1.0 - probabilities[i]));
  return sum / static_cast<double>(labels.size());
}

/// The same for any number of classes: `probabilities` are rows x classes, one row after the other;
/// what a row's do not add up to 1 is not corrected.
inline result<double> log_loss(std::span<const int> labels, real_view probabilities, std::size_t classes) {
  if (auto fit = detail::same_length(labels.size() * classes, probabilities.size(), "probabilities"); !fit)
    return std::move(fit).error();
  double sum = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] < 0 || static_cast<std::size_t>(labels[i]) >= classes)
      return detail::not_a_class(i, labels[i], classes);
    for (std::size_t k = 0; k < classes; ++k)
      if (!detail::is_probability(probabilities[i * classes + k]))
        return detail::not_a_probability(i, probabilities[i * classes + k]);
    sum -= std::log(detail::clipped(probabilities[i * classes + static_cast<std::size_t>(labels[i])]));
  }
  return sum / static_cast<double>(labels.size());
}

/// Mean squared difference between probability and what occurred, 0 (best) to 1.
/// Source: Brier, "Verification of forecasts expressed in terms of probability", 1950.
inline result<double> brier_score(std::span<const int> labels, real_view probabilities) {
  if (auto fit = detail::binary_probabilities(labels, probabilities); !fit) return std::move(fit).error();
  double sum = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const double apart = probabilities[i] - labels[i];
    sum += apart * apart;
  }
  return sum / static_cast<double>(labels.size());
}

/// The rows whose probability lies in (lower, upper]; the first bin has 0 as well. The two means are
/// 0 where there are no rows.
struct calibration_bin {
  double lower = 0;
  double upper = 0;
  std::uint64_t rows = 0;
  double mean_probability = 0;
  double positive_share = 0;
};

/// How often class 1 occurred where it was given such a probability, in bins of equal width.
/// Errors: also invalid_argument (no bins). Allocates: the bins.
inline result<std::vector<calibration_bin>> calibration_curve(std::span<const int> labels, real_view probabilities,
                                                              std::size_t bins = 10) {
  if (auto fit = detail::binary_probabilities(labels, probabilities); !fit) return std::move(fit).error();
  if (bins == 0) return error(errc::invalid_argument, "calibration: there are no bins");
  std::vector<calibration_bin> curve(bins);
  const auto edge = [&](std::size_t k) { return static_cast<double>(k) / static_cast<double>(bins); };
  for (std::size_t k = 0; k < bins; ++k) {
    curve[k].lower = edge(k);
    curve[k].upper = edge(k + 1);
  }
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const double p = probabilities[i];
    std::size_t at = (std::min)(static_cast<std::size_t>(p * static_cast<double>(bins)), bins - 1);
    if (at > 0 && p <= curve[at].lower) --at;
    if (p > curve[at].upper) ++at;
    ++curve[at].rows;
    curve[at].mean_probability += p;
    curve[at].positive_share += labels[i];
  }
  for (calibration_bin& bin : curve)
    if (bin.rows > 0) {
      bin.mean_probability /= static_cast<double>(bin.rows);
      bin.positive_share /= static_cast<double>(bin.rows);
    }
  return curve;
}

/// Mean distance between probability and what occurred over the bins, weighted by their rows; 0 for none.
/// Source: Guo et al., "On calibration of modern neural networks", ICML 2017, eq. 3, of class 1's probability.
inline double expected_calibration_error(std::span<const calibration_bin> bins) noexcept {
  double sum = 0;
  double rows = 0;
  for (const calibration_bin& bin : bins) {
    sum += static_cast<double>(bin.rows) * std::abs(bin.positive_share - bin.mean_probability);
    rows += static_cast<double>(bin.rows);
  }
  return rows == 0 ? 0.0 : sum / rows;
}

/// Root of the mean squared difference.
inline result<double> rmse(real_view targets, real_view answers) {
  if (auto fit = detail::finite_columns(targets, answers); !fit) return std::move(fit).error();
  double sum = 0;
  for (std::size_t i = 0; i < targets.size(); ++i) sum += (answers[i] - targets[i]) * (answers[i] - targets[i]);
  return std::sqrt(sum / static_cast<double>(targets.size()));
}

/// Mean absolute difference.
inline result<double> mae(real_view targets, real_view answers) {
  if (auto fit = detail::finite_columns(targets, answers); !fit) return std::move(fit).error();
  double sum = 0;
  for (std::size_t i = 0; i < targets.size(); ++i) sum += std::abs(answers[i] - targets[i]);
  return sum / static_cast<double>(targets.size());
}

/// Coefficient of determination: 1 less the squared error over that of always answering the mean.
/// Where all targets are equal, 1 for answers without error and 0 for others. At least two rows.
inline result<double> r2(real_view targets, real_view answers) {
  if (auto fit = detail::finite_columns(targets, answers); !fit) return std::move(fit).error();
  if (targets.size() < 2) return error(errc::invalid_argument, "targets: R2 needs at least two rows");
  double mean = 0;
  for (std::size_t i = 0; i < targets.size(); ++i) mean += targets[i];
  mean /= static_cast<double>(targets.size());
  double left = 0;
  double whole = 0;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    left += (targets[i] - answers[i]) * (targets[i] - answers[i]);
    whole += (targets[i] - mean) * (targets[i] - mean);
  }
  if (whole == 0) return left == 0 ? 1.0 : 0.0;
  return 1.0 - left / whole;
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_EVALUATION_HPP

// ---- model.hpp

#ifndef MILLRACE_MODEL_HPP
#define MILLRACE_MODEL_HPP

/// model: how good a model's answers are.
///
/// - `evaluation.hpp`: accuracy, ROC curve and the area under it, log loss, Brier score, calibration;
///   RMSE, MAE and R2
/// - `confusion_matrix`: counts, and precision, recall and F1 from them
/// - `real_view`: a column of numbers in either precision
///
/// Standard library alone.

#endif  // MILLRACE_MODEL_HPP

// ---- observe/label_set.hpp

#ifndef MILLRACE_OBSERVE_LABEL_SET_HPP
#define MILLRACE_OBSERVE_LABEL_SET_HPP

namespace millrace {
inline namespace v0 {

namespace detail {

/// `text` with each byte that is not part of well-formed UTF-8 as the four characters `\xHH`.
/// Different bytes stay different, which a replacement character would not promise.
inline std::string valid_utf8(std::string_view text) {
  static constexpr char hex[] = "0123456789abcdef";
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = utf8_sequence(text);
    if (length != 0) {
      out.append(text.substr(0, length));
    } else {
      const auto byte = static_cast<unsigned char>(text.front());
      out += {'\\', 'x', hex[byte >> 4], hex[byte & 15U]};
    }
    text.remove_prefix(length != 0 ? length : 1);
  }
  return out;
}

constexpr bool is_name(std::string_view name, bool colons) noexcept {
  const auto letter = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (colons && c == ':');
  };
  if (name.empty() || !letter(name.front())) return false;
  for (const char c : name)
    if (!letter(c) && !(c >= '0' && c <= '9')) return false;
  return true;
}

}  // namespace detail

/// The labels of one series, in the order of their names: `{{"event", "forward"}, {"split", "train"}}`.
///
/// Values are any bytes; those that are not UTF-8 are kept as `\xHH`, because the systems that
/// collect metrics refuse a whole page for one of them. Names are checked when a metric is made.
class label_set {
 public:
  struct label {
    std::string name;
    std::string value;
    friend bool operator==(const label&, const label&) = default;
  };

  label_set() = default;
  label_set(std::initializer_list<std::pair<std::string_view, std::string_view>> labels) {
    for (const auto& [name, value] : labels) add(name, value);
  }

  label_set& add(std::string_view name, std::string_view value) {
    const auto place = std::upper_bound(labels_.begin(), labels_.end(), name,
                                        [](std::string_view n, const label& l) { return n < l.name; });
    labels_.insert(place, label{std::string(name), detail::valid_utf8(value)});
    return *this;
  }

  auto begin() const noexcept { return labels_.begin(); }
  auto end() const noexcept { return labels_.end(); }
  std::size_t size() const noexcept { return labels_.size(); }
  bool empty() const noexcept { return labels_.empty(); }

  /// The value of the label of this name; empty where there is none, which means the same.
  std::string_view operator[](std::string_view name) const noexcept {
    for (const label& l : labels_)
      if (l.name == name) return l.value;
    return {};
  }

  friend bool operator==(const label_set&, const label_set&) = default;

  /// Whether collectors accept the names: letters, digits, `_`; not `__` in front; none twice; not `reserved`.
  result<void> validate(std::string_view reserved = {}) const {
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      const std::string& name = labels_[i].name;
      if (!detail::is_name(name, false) || name.starts_with("__"))
        return error(errc::invalid_argument, "label \"" + detail::valid_utf8(name) +
                                                 "\": a name is letters, digits and '_', no digit first and no \"__\"");
      if (name == reserved) return error(errc::invalid_argument, "label \"" + name + "\" is the histogram's own");
      if (i > 0 && labels_[i - 1].name == name)
        return error(errc::invalid_argument, "label \"" + name + "\" is given twice");
    }
    return {};
  }

 private:
  std::vector<label> labels_;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_LABEL_SET_HPP

// ---- observe/metrics_snapshot.hpp

#ifndef MILLRACE_OBSERVE_METRICS_SNAPSHOT_HPP
#define MILLRACE_OBSERVE_METRICS_SNAPSHOT_HPP

namespace millrace {
inline namespace v0 {

enum class metric_type : std::uint8_t { counter, gauge, histogram };

constexpr std::string_view to_string(metric_type type) noexcept {
  switch (type) {
    case metric_type::counter: return "counter";
    case metric_type::gauge: return "gauge";
    case metric_type::histogram: return "histogram";
  }
  return "unknown";
}

/// What a metric is called and what it says about itself. `unit`, where given, is what the name ends
/// in, as `seconds` in `epoch_duration_seconds`.
struct metric_info {
  std::string_view name;
  std::string_view help;
  std::string_view unit = {};
};

/// What the series of one name share. Does not change once made.
struct metric_family {
  std::string name;  // a counter's without its `_total`
  std::string help;
  std::string unit;  // empty, or what the name ends in
  metric_type type = metric_type::counter;
  bool nanoseconds = false;    // a timer: kept in nanoseconds, told in seconds
  std::vector<double> bounds;  // a histogram's, ascending, as exported; the last bucket's +Inf is not among them

  /// For the text formats, rendered once: `0.5"} ` for each bound and for +Inf.
  std::vector<std::string> bound_text;
};

/// One series of a family. Does not change once made.
struct metric_series {
  label_set labels;
  std::uint32_t id = 0;  // dense within the registry, in order of creation

  /// For the text formats, rendered once: what stands before a counter's or a gauge's value, or,
  /// for a histogram, `x_bucket{...,le="`, `x_sum{...} ` and `x_count{...} `.
  std::string text;
  std::string sum_text;
  std::string count_text;
};

/// One series' values at one moment.
struct metric_sample {
  const metric_series* series = nullptr;
  std::uint64_t count = 0;  // a counter's value; a histogram's number of observations
  double value = 0;         // a gauge's value; a histogram's sum
  double least = 0;         // a timer's shortest and longest; 0 when it has none
  double greatest = 0;
  std::span<const std::uint64_t> buckets;  // a histogram's, each by itself: not cumulated; the last is +Inf

  const label_set& labels() const noexcept { return series->labels; }
};

struct metric_family_samples {
  const metric_family* family = nullptr;
  std::span<const metric_sample> samples;
};

namespace detail {
class metric_catalog;
}

/// Everything a registry knew at one moment: what every exporter is written from. Families and
/// series in the order of their creation. Stays valid after the registry is gone.
///
/// A histogram's buckets and its count always agree. Values that threads are adding meanwhile may be
/// in one series already and not yet in another.
class metrics_snapshot {
 public:
  std::span<const metric_family_samples> families() const noexcept { return families_; }
  const metric_family_samples* find(std::string_view name) const noexcept {
    for (const auto& f : families_)
      if (f.family->name == name) return &f;
    return nullptr;
  }

  std::uint64_t unix_nanoseconds = 0;    // when it was taken
  std::uint64_t uptime_nanoseconds = 0;  // since the registry was made
  std::uint64_t registry_id = 0;         // which registry of the process

  metrics_snapshot() = default;
  metrics_snapshot(metrics_snapshot&&) noexcept = default;
  metrics_snapshot& operator=(metrics_snapshot&&) noexcept = default;

 private:
  friend class metrics_registry;

  std::shared_ptr<const detail::metric_catalog> catalog_;
  std::vector<metric_family_samples> families_;
  std::vector<metric_sample> samples_;
  std::vector<std::uint64_t> buckets_;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_METRICS_SNAPSHOT_HPP

// ---- observe/event_metrics.hpp

#ifndef MILLRACE_OBSERVE_EVENT_METRICS_HPP
#define MILLRACE_OBSERVE_EVENT_METRICS_HPP

namespace millrace {
inline namespace v0 {

// The families that the metrics middleware keeps, by name and label, so that exporters, dashboards
// and summaries find them.
inline constexpr metric_info event_count_info{"millrace_event_count_total", "Runs of an event."};
inline constexpr metric_info event_failures_info{"millrace_event_failures_total", "Runs of an event that failed."};
inline constexpr metric_info event_duration_info{"millrace_event_duration_seconds", "How long an event ran.",
                                                 "seconds"};
inline constexpr metric_info event_field_info{"millrace_ml_metric", "The last value of a named field."};
inline constexpr std::string_view event_label = "event";
inline constexpr std::string_view field_label = "metric";

/// One event's runs; durations in seconds, 0 where it never ran.
struct event_summary {
  std::string name;
  std::uint64_t count = 0;
  std::uint64_t failures = 0;
  double total_seconds = 0;
  double min_seconds = 0;
  double max_seconds = 0;

  double avg_seconds() const noexcept { return count == 0 ? 0.0 : total_seconds / static_cast<double>(count); }
};

/// What the metrics middleware saw, for people: events in the order of their first run, and the last
/// values of the fields.
struct metrics_summary {
  std::uint64_t total_events = 0;
  std::uint64_t total_failures = 0;
  std::vector<event_summary> events;
  std::vector<std::pair<std::string, double>> fields;

  const event_summary* find(std::string_view event) const noexcept {
    for (const event_summary& e : events)
      if (e.name == event) return &e;
    return nullptr;
  }
};

inline metrics_summary summarize(const metrics_snapshot& snapshot) {
  metrics_summary made;
  const auto event_of = [&](const metric_sample& sample) -> event_summary& {
    const std::string_view name = sample.labels()[event_label];
    for (event_summary& e : made.events)
      if (e.name == name) return e;
    event_summary& fresh = made.events.emplace_back();
    fresh.name = name;
    fresh.min_seconds = std::numeric_limits<double>::infinity();  // until timed
    return fresh;
  };
  const auto for_each = [&](std::string_view family, metric_type type, auto&& f) {
    if (type == metric_type::counter) family.remove_suffix(std::string_view("_total").size());
    const metric_family_samples* found = snapshot.find(family);
    if (found == nullptr || found->family->type != type) return;
    for (const metric_sample& sample : found->samples) f(sample);
  };
  for_each(event_count_info.name, metric_type::counter, [&](const metric_sample& sample) {
    event_of(sample).count += sample.count;
    made.total_events += sample.count;
  });
  for_each(event_failures_info.name, metric_type::counter, [&](const metric_sample& sample) {
    event_of(sample).failures += sample.count;
    made.total_failures += sample.count;
  });
  for_each(event_duration_info.name, metric_type::histogram, [&](const metric_sample& sample) {
    if (sample.count == 0) return;
    event_summary& event = event_of(sample);
    event.total_seconds += sample.value;
    if (sample.least < event.min_seconds) event.min_seconds = sample.least;
    if (sample.greatest > event.max_seconds) event.max_seconds = sample.greatest;
  });
  for_each(event_field_info.name, metric_type::gauge, [&](const metric_sample& sample) {
    const std::string_view name = sample.labels()[field_label];
    for (auto& [known, value] : made.fields)
      if (known == name) {
        value = sample.value;
        return;
      }
    made.fields.emplace_back(name, sample.value);
  });
  for (event_summary& e : made.events)
    if (e.min_seconds > e.max_seconds) e.min_seconds = 0;
  return made;
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_EVENT_METRICS_HPP

// ---- observe/detail/bucket_table.hpp

#ifndef MILLRACE_OBSERVE_DETAIL_BUCKET_TABLE_HPP
#define MILLRACE_OBSERVE_DETAIL_BUCKET_TABLE_HPP

// Which of a histogram's buckets a value falls into: the first whose bound is not less. The line of
// values is cut into cells by leading bits; where no cell holds two bounds, one table entry and one
// comparison answer. Bounds that are closer are searched.
namespace millrace {
inline namespace v0 {
namespace detail {

template <std::size_t Cells>
struct bucket_table {
  std::uint64_t base = 0;           // the first cell's leading bits
  std::uint64_t bound[Cells];       // the one in the cell; the largest number where there is none
  std::uint16_t bucket[Cells];      // of values up to that bound
  bool tabled = false;              // no cell holds two bounds, and the cells hold them all
  std::vector<std::uint64_t> keys;  // all bounds, ascending, for the search

  std::uint64_t search(std::uint64_t key) const noexcept {
    return static_cast<std::uint64_t>(std::lower_bound(keys.begin(), keys.end(), key) - keys.begin());
  }

 protected:
  /// `bounds[skipped]` and up go into cells; cell_of(bound) says where.
  template <class CellOf>
  void fill(const std::vector<std::uint64_t>& bounds, std::size_t skipped, CellOf&& cell_of) noexcept {
    tabled = true;
    std::size_t next = skipped;
    for (std::uint64_t cell = 0; cell < Cells; ++cell) {
      bucket[cell] = static_cast<std::uint16_t>(next);
      bound[cell] = (std::numeric_limits<std::uint64_t>::max)();
      if (next == bounds.size() || cell_of(bounds[next]) != cell) continue;
      bound[cell] = bounds[next++];
      if (next < bounds.size() && cell_of(bounds[next]) == cell) tabled = false;
    }
    if (next != bounds.size()) tabled = false;
  }
};

/// Whole numbers, in octaves: tabled when no two bounds share one, as bounds a factor of 2 apart never do.
struct whole_buckets : bucket_table<64> {
  static unsigned cell_of(std::uint64_t value) noexcept {
    return 63U - static_cast<unsigned>(std::countl_zero(value | 1U));
  }
  explicit whole_buckets(const std::vector<std::uint64_t>& bounds) {
    keys = bounds;
    fill(bounds, 0, cell_of);
  }
};

/// Doubles, in sixteenths of an octave, from the lowest positive bound over 32 octaves. Everything
/// that is not positive and finite falls out of the table by its sign or exponent, and is searched.
struct real_buckets : bucket_table<512> {
  static constexpr unsigned shift = 52 - 4;

  static std::uint64_t bits_of(double value) noexcept { return std::bit_cast<std::uint64_t>(value); }
  /// Doubles in their own order as unsigned numbers.
  static std::uint64_t key_of(double value) noexcept {
    const std::uint64_t bits = bits_of(value);
    constexpr std::uint64_t sign = std::uint64_t{1} << 63;
    return (bits & sign) != 0 ? ~bits : bits | sign;
  }
  explicit real_buckets(const std::vector<double>& bounds) {
    std::vector<std::uint64_t> bits;
    std::size_t skipped = 0;
    for (const double b : bounds) {
      keys.push_back(key_of(b + 0.0));  // -0.0 and 0.0 are one bound
      bits.push_back(bits_of(b));
      if (!(b > 0)) ++skipped;
    }
    // The table ends before infinity, NaN and, by the sign, the negative numbers.
    constexpr std::uint64_t not_finite = std::uint64_t{0x7ff} << (52 - shift);
    if (skipped < bits.size()) base = (std::min)(bits[skipped] >> shift, not_finite - 512);
    fill(bits, skipped, [&](std::uint64_t b) { return (b >> shift) - base; });
    if (skipped == bits.size()) tabled = false;
  }
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_DETAIL_BUCKET_TABLE_HPP

// ---- observe/detail/owned_cell.hpp

#ifndef MILLRACE_OBSERVE_DETAIL_OWNED_CELL_HPP
#define MILLRACE_OBSERVE_DETAIL_OWNED_CELL_HPP

// Additions to a cell that one thread writes and others read: no read-modify-write is needed, so no
// lock prefix is paid.
namespace millrace {
inline namespace v0 {
namespace detail {

using metric_cell = std::atomic<std::uint64_t>;

inline void bump(metric_cell& cell, std::uint64_t by) noexcept {
#if defined(__x86_64__)
  // What a relaxed load, an addition and a relaxed store mean; g++ makes three instructions of those.
  asm("addq %1, %0" : "+m"(cell) : "er"(by) : "cc");
#else
  cell.store(cell.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
#endif
}

/// The cell holds the bits of a double.
inline void bump_real(metric_cell& cell, double by) noexcept {
  const double now = std::bit_cast<double>(cell.load(std::memory_order_relaxed));
  cell.store(std::bit_cast<std::uint64_t>(now + by), std::memory_order_relaxed);
}

inline void raise(metric_cell& cell, std::uint64_t to) noexcept {
  if (to > cell.load(std::memory_order_relaxed)) cell.store(to, std::memory_order_relaxed);
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_DETAIL_OWNED_CELL_HPP

// ---- observe/detail/cells.hpp

#ifndef MILLRACE_OBSERVE_DETAIL_CELLS_HPP
#define MILLRACE_OBSERVE_DETAIL_CELLS_HPP

// Where counters and histograms keep their numbers. A metric is a range of cells, the same range in
// every thread's own slab. A thread adds to its cells by a plain load and store that nobody else
// writes, so threads never meet; a scrape sums over the slabs. When a thread ends, its slab is
// folded into the one of the ended threads, so no count is ever lost.
namespace millrace {
inline namespace v0 {
namespace detail {

/// How two threads' cells become one.
enum class cell_kind : std::uint8_t {
  integer,            // added as uint64
  real,               // added as the bits of a double
  largest,            // the larger uint64 stays
  private_to_thread,  // says nothing beyond its thread
};

struct cell_slab {
  metric_cell* cells = nullptr;
  std::uint32_t size = 0;
};

/// The calling thread's slab, as the hot path sees it. Constant-initialized and never destroyed, so
/// that reading it is one instruction and safe to the thread's last breath.
struct local_slab : cell_slab {
  cell_slab* shared = nullptr;  // the same, where the store finds it
  bool over = false;            // the thread's end has folded the slab; what still comes goes to the ended threads' one
};
[[gnu::visibility("default")]] inline constinit thread_local local_slab local_cells{};

/// The process's slabs and the map of which cells are taken. One for all registries, because a
/// thread needs one slab, not one a registry. Never destroyed: threads may end after main has.
class [[gnu::visibility("default")]] cell_store {
 public:
  static constexpr std::uint32_t discarded = 1;  // the first cell takes what counters without a registry count

  static cell_store& instance() {
    static cell_store& only = *new cell_store;
    return only;
  }

  /// A range of fresh zero cells; its first index. Throws std::bad_alloc alone.
  std::uint32_t allocate(std::span<const cell_kind> kinds) {
    const std::lock_guard lock(mutex_);
    const auto count = static_cast<std::uint32_t>(kinds.size());
    // Room for this range among the free ones now, so that giving it back never allocates.
    if (free_.capacity() < free_.size() + taken_ + 1) free_.reserve(2 * (free_.size() + taken_ + 1));
    auto place = std::find_if(free_.begin(), free_.end(), [&](const range& r) { return r.end - r.first >= count; });
    std::uint32_t first = 0;
    if (place != free_.end()) {
      first = place->first;
      place->first += count;
      if (place->first == place->end) free_.erase(place);
    } else {
      first = static_cast<std::uint32_t>(kinds_.size());
      grow(*ended_, first + count);
      kinds_.resize(first + count);
    }
    std::copy(kinds.begin(), kinds.end(), kinds_.begin() + first);
    ++taken_;
    return first;
  }

  /// Gives a range back. Nobody may be adding to it any more.
  void release(std::uint32_t first, std::uint32_t count) noexcept {
    const std::lock_guard lock(mutex_);
    --taken_;
    for (const cell_slab* slab : slabs_)
      for (std::uint32_t i = first; i < first + count && i < slab->size; ++i)
        slab->cells[i].store(0, std::memory_order_relaxed);
    auto after = std::find_if(free_.begin(), free_.end(), [&](const range& r) { return r.first >= first; });
    if (after != free_.begin() && std::prev(after)->end == first) {
      std::prev(after)->end = first + count;
      if (after != free_.end() && after->first == first + count) {
        std::prev(after)->end = after->end;
        free_.erase(after);
      }
    } else if (after != free_.end() && after->first == first + count) {
      after->first = first;
    } else {
      free_.insert(after, {first, first + count});
    }
  }

  /// Calls f(slabs) while no slab comes, goes or moves. Cells may be read, and still grow meanwhile.
  template <class F>
  void read(F && f) {
    const std::lock_guard lock(mutex_);
    f(std::span<const cell_slab* const>(slabs_));
  }

  /// Calls f(cells) on cells up to `end` that the caller may write: its own, made or enlarged now,
  /// or, at the thread's end or without memory, the ended threads' under the lock.
  template <class F>
  void write(std::uint32_t end, F && f) noexcept {
    if (enlarge_local(end)) {
      f(local_cells.cells);
    } else {
      const std::lock_guard lock(mutex_);
      f(ended_->cells);
    }
  }

  std::size_t slab_count() {
    const std::lock_guard lock(mutex_);
    return slabs_.size();
  }

 private:
  struct range {
    std::uint32_t first;
    std::uint32_t end;
  };
  struct thread_end {
    ~thread_end() { instance().retire_local(); }
  };

  cell_store() : ended_(new cell_slab) {
    slabs_.push_back(ended_);
    grow(*ended_, discarded);
    kinds_.assign(discarded, cell_kind::private_to_thread);
  }

  static constexpr std::align_val_t cache_line{64};  // no line is shared by two threads' slabs

  /// Under the lock. Moves a slab to more room.
  static void grow(cell_slab & slab, std::uint32_t end) {
    if (end <= slab.size) return;
    const std::uint32_t size = (std::max)(std::bit_ceil(end), std::uint32_t{64});
    auto* cells = static_cast<metric_cell*>(::operator new(size * sizeof(metric_cell), cache_line));
    for (std::uint32_t i = 0; i < size; ++i)
      ::new (static_cast<void*>(cells + i))
          metric_cell(i < slab.size ? slab.cells[i].load(std::memory_order_relaxed) : 0);
    if (slab.cells != nullptr) ::operator delete(slab.cells, cache_line);
    slab.cells = cells;
    slab.size = size;
  }

  bool enlarge_local(std::uint32_t end) noexcept {
    if (local_cells.over) return false;
    static thread_local thread_end at_end;  // made here, destroyed when the thread ends
    static_cast<void>(&at_end);
    try {
      const std::lock_guard lock(mutex_);
      if (local_cells.shared == nullptr) {
        auto made = std::make_unique<cell_slab>();
        grow(*made, end);
        slabs_.push_back(made.get());
        local_cells.shared = made.release();
      } else {
        grow(*local_cells.shared, end);
      }
      static_cast<cell_slab&>(local_cells) = *local_cells.shared;
      return true;
    } catch (const std::bad_alloc&) {
      return false;
    }
  }

  void retire_local() noexcept {
    const std::lock_guard lock(mutex_);
    local_cells.over = true;
    cell_slab* const mine = local_cells.shared;
    if (mine == nullptr) return;
    const auto count = (std::min)(mine->size, static_cast<std::uint32_t>(kinds_.size()));
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint64_t last = mine->cells[i].load(std::memory_order_relaxed);
      switch (kinds_[i]) {
        case cell_kind::integer: bump(ended_->cells[i], last); break;
        case cell_kind::real: bump_real(ended_->cells[i], std::bit_cast<double>(last)); break;
        case cell_kind::largest: raise(ended_->cells[i], last); break;
        case cell_kind::private_to_thread: break;
      }
    }
    slabs_.erase(std::find(slabs_.begin(), slabs_.end(), mine));
    local_cells = local_slab{{}, nullptr, true};
    ::operator delete(mine->cells, cache_line);
    delete mine;
  }

  std::mutex mutex_;
  std::vector<cell_slab*> slabs_;  // the ended threads' one first
  cell_slab* ended_;
  std::vector<cell_kind> kinds_;  // of every cell that was ever taken
  std::vector<range> free_;       // sorted, never touching each other
  std::size_t taken_ = 0;         // ranges
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_DETAIL_CELLS_HPP

// ---- observe/detail/instrument_cells.hpp

#ifndef MILLRACE_OBSERVE_DETAIL_INSTRUMENT_CELLS_HPP
#define MILLRACE_OBSERVE_DETAIL_INSTRUMENT_CELLS_HPP

// How each instrument lays its numbers into cells, and writes them. An instrument here has
//   end             one past its cells, or `always_slow`
//   write(cells, v) the hot path, on a slab that reaches to `end`
//   end_cell()      the true end; 0 for one that counts into nothing
//   write_any(cells, v) the same as write, for whatever `write` leaves out
namespace millrace {
inline namespace v0 {
namespace detail {

/// An `end` that no slab reaches, so that the one comparison of the hot path leads to the slow one.
inline constexpr std::uint32_t always_slow = (std::numeric_limits<std::uint32_t>::max)();

template <class Instrument, class Value>
[[gnu::noinline]] void write_local_slowly(Instrument instrument, Value value) noexcept {
  if (const std::uint32_t end = instrument.end_cell(); end != 0)
    cell_store::instance().write(end, [&](metric_cell* cells) { instrument.write_any(cells, value); });
}
/// The hot path of counters, histograms and timers. Allocates: once a thread, and when metrics were added since.
template <class Instrument, class Value>
[[gnu::always_inline]] inline void write_local(const Instrument& instrument, Value value) noexcept {
  if (instrument.end > local_cells.size) [[unlikely]] {
    write_local_slowly(instrument, value);
    return;
  }
  instrument.write(local_cells.cells, value);
}

struct alignas(64) gauge_cell {
  std::atomic<double> value{0.0};
};
[[gnu::visibility("default")]] inline constinit gauge_cell discarded_gauge{};

struct counter_cell {
  std::uint32_t end = 1;  // the first cell is nobody's

  std::uint32_t end_cell() const noexcept { return end; }
  void write(metric_cell* cells, std::uint64_t by) const noexcept { bump(cells[end - 1], by); }
  void write_any(metric_cell* cells, std::uint64_t by) const noexcept { write(cells, by); }

  static std::vector<cell_kind> kinds() { return {cell_kind::integer}; }
};

/// For each bucket a count and a sum: sums of like values lose least, and one addition seldom has
/// to wait for the one before.
struct histogram_cells {
  const real_buckets* table = nullptr;
  std::uint32_t first = 0;
  std::uint32_t end = always_slow;

  constexpr histogram_cells() noexcept = default;
  histogram_cells(const real_buckets& buckets, std::uint32_t from) noexcept : table(&buckets), first(from) {
    if (buckets.tabled) end = end_cell();
  }
  std::uint32_t end_cell() const noexcept {
    return table == nullptr ? 0 : first + 2 * (static_cast<std::uint32_t>(table->keys.size()) + 1);
  }

  void write(metric_cell* cells, double value) const noexcept {
    const std::uint64_t bits = real_buckets::bits_of(value);
    const std::uint64_t at = (bits >> real_buckets::shift) - table->base;
    if (at >= 512) [[unlikely]] {
      write_any(cells, value);
      return;
    }
    metric_cell* const pair = cells + first + 2 * (table->bucket[at] + (table->bound[at] < bits ? 1U : 0U));
    bump(pair[0], 1);
    bump_real(pair[1], value);
  }
  [[gnu::noinline]] void write_any(metric_cell* cells, double value) const noexcept {
    const std::uint64_t bucket =
        std::isnan(value) ? table->keys.size() : table->search(real_buckets::key_of(value + 0.0));
    metric_cell* const pair = cells + first + 2 * bucket;
    bump(pair[0], 1);
    if (std::isfinite(value)) bump_real(pair[1], value);
  }

  static std::vector<cell_kind> kinds(std::size_t bounds) {
    std::vector<cell_kind> made(2 * (bounds + 1), cell_kind::integer);
    for (std::size_t i = 1; i < made.size(); i += 2) made[i] = cell_kind::real;
    return made;
  }
};

struct timer_cells {
  const whole_buckets* table = nullptr;
  std::uint32_t first = 0;
  std::uint32_t end = always_slow;

  // The hot path asks by one comparison whether a value lies within the extremes seen so far:
  // value - low < span. Both start at 0, which no value passes. The extremes that threads merge stand
  // beside them, the least as its complement, so that there too 0 means none.
  enum cell : std::uint32_t { sum, low, span, greatest, least, buckets };

  constexpr timer_cells() noexcept = default;
  timer_cells(const whole_buckets& of, std::uint32_t from) noexcept : table(&of), first(from) {
    if (of.tabled) end = end_cell();
  }
  std::uint32_t end_cell() const noexcept {
    return table == nullptr ? 0 : first + buckets + static_cast<std::uint32_t>(table->keys.size()) + 1;
  }

  void write(metric_cell* cells, std::uint64_t value) const noexcept {
    const unsigned at = whole_buckets::cell_of(value);
    write_bucket(cells + first, table->bucket[at] + (table->bound[at] < value ? 1U : 0U), value);
  }
  void write_any(metric_cell* cells, std::uint64_t value) const noexcept {
    write_bucket(cells + first, table->search(value), value);
  }

  static std::vector<cell_kind> kinds(std::size_t bounds) {
    std::vector<cell_kind> made(buckets + bounds + 1, cell_kind::integer);
    made[low] = made[span] = cell_kind::private_to_thread;
    made[greatest] = made[least] = cell_kind::largest;
    return made;
  }

 private:
  static void write_bucket(metric_cell* mine, std::uint64_t bucket, std::uint64_t value) noexcept {
    bump(mine[buckets + bucket], 1);
    bump(mine[sum], value);
    if (value - mine[low].load(std::memory_order_relaxed) >= mine[span].load(std::memory_order_relaxed)) [[unlikely]]
      widen(mine, value);
  }
  [[gnu::noinline]] static void widen(metric_cell* mine, std::uint64_t value) noexcept {
    raise(mine[greatest], value);
    raise(mine[least], ~value);
    const std::uint64_t lowest = ~mine[least].load(std::memory_order_relaxed);
    mine[low].store(lowest, std::memory_order_relaxed);
    mine[span].store(mine[greatest].load(std::memory_order_relaxed) - lowest + 1, std::memory_order_relaxed);
  }
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_DETAIL_INSTRUMENT_CELLS_HPP

// ---- observe/instruments.hpp

#ifndef MILLRACE_OBSERVE_INSTRUMENTS_HPP
#define MILLRACE_OBSERVE_INSTRUMENTS_HPP

// The four instruments: small handles that a `metrics_registry` makes and hot paths use.
//
// Copies name the same series. A handle is good as long as its registry; one made by the default
// constructor counts into nothing, so code may always hold one.
namespace millrace {
inline namespace v0 {

class metrics_registry;

/// Counts what only grows. 4 bytes.
/// Hot path: one addition to the thread's own cell; allocates once a thread.
/// Threads: any number at once, none slows another.
class counter {
 public:
  constexpr counter() noexcept = default;

  void add(std::uint64_t by = 1) const noexcept { detail::write_local(cell_, by); }

 private:
  friend class metrics_registry;
  explicit counter(std::uint32_t cell) noexcept : cell_{cell + 1} {}

  detail::counter_cell cell_;
};

/// A value that goes up and down: the last `set` of any thread stands. 8 bytes.
/// Threads: any number at once, on one memory location.
class gauge {
 public:
  constexpr gauge() noexcept = default;

  void set(double value) const noexcept { cell_->value.store(value, std::memory_order_relaxed); }
  void add(double by) const noexcept { cell_->value.fetch_add(by, std::memory_order_relaxed); }
  double value() const noexcept { return cell_->value.load(std::memory_order_relaxed); }

 private:
  friend class metrics_registry;
  explicit gauge(detail::gauge_cell& cell) noexcept : cell_(&cell) {}

  detail::gauge_cell* cell_ = &detail::discarded_gauge;
};

/// Counts values into buckets by fixed bounds, and adds them up. 16 bytes.
/// A value that is not finite is counted, NaN and infinity in the last bucket and -infinity in the
/// first, but left out of the sum, which one of them would spoil for good.
/// Hot path: one table look-up and two additions; allocates once a thread. What is not positive, lies
/// below the lowest positive bound, or more than 32 octaves above it, is searched; so is everything
/// when two bounds are closer than a sixteenth of an octave. Threads: as `counter`.
class histogram {
 public:
  constexpr histogram() noexcept = default;

  void observe(double value) const noexcept { detail::write_local(cells_, value); }

 private:
  friend class metrics_registry;
  explicit histogram(detail::histogram_cells cells) noexcept : cells_(cells) {}

  detail::histogram_cells cells_;
};

/// A histogram of durations: takes nanoseconds, is exported in seconds. 16 bytes.
/// Guarantee: sum, least and greatest are exact, in whole nanoseconds.
/// Hot path: one table look-up, two additions and a comparison; allocates once a thread. Bounds of
/// which two share an octave are searched. Threads: as `counter`.
class timer {
 public:
  constexpr timer() noexcept = default;

  void record(std::uint64_t nanoseconds) const noexcept { detail::write_local(cells_, nanoseconds); }

 private:
  friend class metrics_registry;
  explicit timer(detail::timer_cells cells) noexcept : cells_(cells) {}

  detail::timer_cells cells_;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_INSTRUMENTS_HPP

// ---- observe/json_export.hpp

#ifndef MILLRACE_OBSERVE_JSON_EXPORT_HPP
#define MILLRACE_OBSERVE_JSON_EXPORT_HPP

namespace millrace {
inline namespace v0 {

/// Appends a snapshot as one JSON object:
///
///     {"timestamp": 1705843822.123, "uptime_seconds": 120.5,
///      "events": {"forward_pass": {"count": 600, "failures": 0, "avg_duration_seconds": 0.007,
///                                  "min_duration_seconds": 0.005, "max_duration_seconds": 0.012}},
///      "custom_metrics": {"loss": 0.234},
///      "metrics": {"rows": {"type": "counter", "help": "Rows read.", "unit": "",
///                           "series": [{"labels": {"split": "train"}, "value": 600}]}}}
///
/// `events` and `custom_metrics` are what the metrics middleware keeps, `metrics` everything there
/// is. A histogram has `bounds`, and its series `count`, `sum` and `buckets`, one more than bounds
/// and not cumulated; a timer's also `min` and `max`. NaN and infinities are the strings "NaN",
/// "Infinity", "-Infinity". The same whatever the locale.
inline void append_json(std::string& out, const metrics_snapshot& snapshot) {
  json_writer json(out);
  const metrics_summary summary = summarize(snapshot);
  json.begin_object();
  json.member("timestamp", static_cast<double>(snapshot.unix_nanoseconds / 1'000'000) / 1e3);
  json.member("uptime_seconds", static_cast<double>(snapshot.uptime_nanoseconds) / 1e9);
  json.key("events").begin_object();
  for (const event_summary& event : summary.events) {
    json.key(event.name).begin_object();
    json.member("count", event.count);
    json.member("failures", event.failures);
    json.member("avg_duration_seconds", event.avg_seconds());
    json.member("min_duration_seconds", event.min_seconds);
    json.member("max_duration_seconds", event.max_seconds);
    json.end_object();
  }
  json.end_object().key("custom_metrics").begin_object();
  for (const auto& [name, value] : summary.fields) json.member(name, value);
  json.end_object().key("metrics").begin_object();
  for (const metric_family_samples& each : snapshot.families()) {
    const metric_family& family = *each.family;
    json.key(family.name).begin_object();
    json.member("type", to_string(family.type)).member("help", family.help).member("unit", family.unit);
    if (family.type == metric_type::histogram) {
      json.key("bounds").begin_array();
      for (const double bound : family.bounds) json.value(bound);
      json.end_array();
    }
    json.key("series").begin_array();
    for (const metric_sample& sample : each.samples) {
      json.begin_object().key("labels").begin_object();
      for (const auto& label : sample.labels()) json.member(label.name, label.value);
      json.end_object();
      switch (family.type) {
        case metric_type::counter: json.member("value", sample.count); break;
        case metric_type::gauge: json.member("value", sample.value); break;
        case metric_type::histogram:
          json.member("count", sample.count).member("sum", sample.value);
          if (family.nanoseconds) json.member("min", sample.least).member("max", sample.greatest);
          json.key("buckets").begin_array();
          for (const std::uint64_t n : sample.buckets) json.value(n);
          json.end_array();
      }
      json.end_object();
    }
    json.end_array().end_object();
  }
  json.end_object().end_object();
}

inline std::string to_json(const metrics_snapshot& snapshot) {
  std::string text;
  append_json(text, snapshot);
  return text;
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_JSON_EXPORT_HPP

// ---- observe/detail/metric_text.hpp

#ifndef MILLRACE_OBSERVE_DETAIL_METRIC_TEXT_HPP
#define MILLRACE_OBSERVE_DETAIL_METRIC_TEXT_HPP

// The words that Prometheus' text format and OpenMetrics share.
// Source: Prometheus, "Exposition formats", text 0.0.4; OpenMetrics 1.0.0.
namespace millrace {
inline namespace v0 {
namespace detail {

/// Escapes backslash and newline, and quotes where the text stands in quotes.
inline void append_escaped(std::string& out, std::string_view text, bool quotes) {
  for (const char c : text) {
    switch (c) {
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '"':
        if (quotes) out += '\\';
        out += '"';
        break;
      default: out += c;
    }
  }
}

/// `a="1",b="2"`
inline std::string label_text(const label_set& labels) {
  std::string out;
  for (const auto& [name, value] : labels) {
    if (!out.empty()) out += ',';
    out += name;
    out += "=\"";
    append_escaped(out, value, true);
    out += '"';
  }
  return out;
}

inline constexpr std::size_t longest_number = 32;

inline char* write_number(char* out, std::uint64_t value) noexcept {
  return std::to_chars(out, out + longest_number, value).ptr;
}
/// Shortest form that reads back to the same double; NaN, +Inf and -Inf by those names.
inline char* write_number(char* out, double value) noexcept {
  if (std::isfinite(value)) [[likely]]
    return std::to_chars(out, out + longest_number, value).ptr;
  const char* name = std::isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
  const std::size_t size = std::strlen(name);
  std::memcpy(out, name, size);
  return out + size;
}

/// A bucket's bound in OpenMetrics' canonical form: plain from 0.0001 to below a million, with `.0`
/// where it is whole, and with an exponent beyond. Prometheus reads `le="1"` and `le="1.0"` as two
/// series, so both formats write this one. Source: OpenMetrics 1.0.0, "Canonical Numbers".
inline std::string bound_text(double bound) {
  char digits[longest_number];
  const auto text = [&](std::chars_format format) {
    return std::string(digits, std::to_chars(digits, digits + sizeof digits, bound, format).ptr);
  };
  std::string scientific = text(std::chars_format::scientific);
  const std::size_t e = scientific.find('e');
  int exponent = 0;
  const std::size_t sign = scientific[e + 1] == '+' ? 2 : 1;
  std::from_chars(scientific.data() + e + sign, scientific.data() + scientific.size(), exponent);
  if (exponent < -4 || exponent >= 6) return scientific;
  std::string plain = text(std::chars_format::fixed);
  if (plain.find('.') == std::string::npos) plain += ".0";
  return plain;
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_DETAIL_METRIC_TEXT_HPP

// ---- observe/detail/metric_catalog.hpp

#ifndef MILLRACE_OBSERVE_DETAIL_METRIC_CATALOG_HPP
#define MILLRACE_OBSERVE_DETAIL_METRIC_CATALOG_HPP

// What a registry knows: families and their series, checked when they are made and never changed
// afterwards, so that snapshots may point at them.
namespace millrace {
inline namespace v0 {
namespace detail {

struct catalog_family;

struct catalog_series {
  metric_series info;
  const catalog_family* family = nullptr;
  std::uint32_t first_cell = 0;
  std::uint32_t cell_count = 0;
  std::unique_ptr<gauge_cell> gauge;  // a gauge's, in place of cells
};

struct catalog_family {
  metric_family info;
  std::unique_ptr<const real_buckets> reals;    // a histogram's
  std::unique_ptr<const whole_buckets> wholes;  // a timer's
  std::vector<std::unique_ptr<catalog_series>> series;
  std::unordered_map<std::string, const catalog_series*> by_labels;
};

struct family_request {
  metric_info info;
  metric_type type;
  bool nanoseconds;
  std::vector<double> bounds;
  std::vector<cell_kind> cells;  // of one series
};

class metric_catalog {
 public:
  metric_catalog() noexcept : id_(next_id()) {}
  metric_catalog(const metric_catalog&) = delete;
  metric_catalog& operator=(const metric_catalog&) = delete;

  std::uint64_t id() const noexcept { return id_; }

  /// The series of this name and these labels; made if it is new and nothing speaks against it.
  result<const catalog_series*> find_or_add(const family_request& request, const label_set& labels,
                                            std::size_t most_series) {
    const std::string name(base_name(request));
    const std::lock_guard lock(mutex_);
    const auto known = by_name_.find(name);
    if (known == by_name_.end()) {
      if (auto ok = check_family(name, request); !ok) return std::move(ok).error();
    } else if (auto ok = check_same(*known->second, request); !ok) {
      return std::move(ok).error();
    }
    if (auto ok = labels.validate(request.type == metric_type::histogram ? "le" : ""); !ok)
      return std::move(ok).error().wrap("metric \"" + name + "\"");

    const std::string rendered = label_text(labels);
    if (known != by_name_.end()) {
      catalog_family& family = *known->second;
      if (const auto found = family.by_labels.find(rendered); found != family.by_labels.end()) return found->second;
      if (!same_names(family.series.front()->info.labels, labels))
        return error(errc::already_exists,
                     "metric \"" + name + "\": its series have other label names than {" + rendered + "}");
      if (family.series.size() >= most_series)
        return error(errc::out_of_range, "metric \"" + name + "\": more than " + std::to_string(most_series) +
                                             " series; the next would be {" + rendered + "}");
      return add_series(family, request, labels, rendered);
    }
    if (most_series == 0) return error(errc::out_of_range, "metric \"" + name + "\": more than 0 series");
    return add_series(add_family(name, request), request, labels, rendered);
  }

  struct extent {
    std::size_t series = 0;
    std::size_t buckets = 0;
  };
  /// Calls f(extent, families) while nothing comes.
  template <class F>
  void read(F&& f) const {
    const std::lock_guard lock(mutex_);
    f(extent_, families_);
  }

 private:
  static std::uint64_t next_id() noexcept {
    static std::atomic<std::uint64_t> last{0};
    return last.fetch_add(1, std::memory_order_relaxed) + 1;
  }

  static constexpr std::size_t most_bounds = 1000;

  static std::string_view base_name(const family_request& request) noexcept {
    constexpr std::string_view total = "_total";
    std::string_view name = request.info.name;
    if (request.type == metric_type::counter && name.ends_with(total)) name.remove_suffix(total.size());
    return name;
  }

  /// Every name that the family's samples have in one format or another.
  static std::vector<std::string> sample_names(const std::string& name, metric_type type) {
    switch (type) {
      case metric_type::counter: return {name, name + "_total", name + "_created"};
      case metric_type::gauge: return {name};
      case metric_type::histogram: return {name, name + "_bucket", name + "_sum", name + "_count", name + "_created"};
    }
    return {};
  }

  result<void> check_family(const std::string& name, const family_request& request) const {
    const auto refuse = [&](errc code, const std::string& why) {
      return error(code, "metric \"" + valid_utf8(request.info.name) + "\": " + why);
    };
    if (!is_name(name, true))
      return refuse(errc::invalid_argument, "a name is letters, digits, '_' and ':', with no digit first");
    const std::string unit(request.info.unit);
    if (!unit.empty() && (!is_name(unit, false) || !name.ends_with("_" + unit)))
      return refuse(errc::invalid_argument, "the name does not end in its unit, \"_" + valid_utf8(unit) + "\"");
    for (const std::string& sample : sample_names(name, request.type))
      if (const auto taken = taken_.find(sample); taken != taken_.end())
        return refuse(errc::already_exists, "its samples would be taken for those of the " +
                                                std::string(to_string(taken->second->info.type)) + " \"" +
                                                taken->second->info.name + "\"");
    if (request.type != metric_type::histogram) return {};

    if (request.bounds.empty() || request.bounds.size() > most_bounds)
      return refuse(errc::invalid_argument, "a histogram has between 1 and " + std::to_string(most_bounds) + " bounds");
    for (std::size_t i = 0; i < request.bounds.size(); ++i) {
      const double bound = request.bounds[i];
      if (!std::isfinite(bound))
        return refuse(errc::invalid_argument, "bounds are finite; the last bucket, +Inf, is always there");
      if (request.nanoseconds && !(bound * 1e9 >= 0.999999 && bound * 1e9 <= 0x1p53))
        return refuse(errc::invalid_argument, "a timer's bounds lie between a nanosecond and 104 days");
      if (i > 0 && !(request.nanoseconds ? to_nanoseconds(request.bounds[i - 1]) < to_nanoseconds(bound)
                                         : request.bounds[i - 1] < bound))
        return refuse(errc::invalid_argument, "bounds ascend, and " + bound_text(bound) + " does not");
    }
    return {};
  }

  static result<void> check_same(const catalog_family& family, const family_request& request) {
    const auto refuse = [&](const std::string& why) {
      return error(errc::already_exists, "metric \"" + family.info.name + "\": there already, " + why);
    };
    if (family.info.type != request.type || family.info.nanoseconds != request.nanoseconds)
      return refuse("as a " + std::string(family.info.nanoseconds ? "timer" : to_string(family.info.type)));
    if (family.info.help != valid_utf8(request.info.help)) return refuse("with the help \"" + family.info.help + "\"");
    if (family.info.unit != request.info.unit) return refuse("with the unit \"" + family.info.unit + "\"");
    if (family.info.bounds != request.bounds) return refuse("with other bounds");
    return {};
  }

  static bool same_names(const label_set& a, const label_set& b) noexcept {
    if (a.size() != b.size()) return false;
    for (auto x = a.begin(), y = b.begin(); x != a.end(); ++x, ++y)
      if (x->name != y->name) return false;
    return true;
  }

  /// Whole nanoseconds; a bound such as 1e-7 is not quite 100 of them in binary and is meant to be.
  static std::uint64_t to_nanoseconds(double seconds) noexcept {
    return static_cast<std::uint64_t>(seconds * 1e9 + 1e-3);
  }

  catalog_family& add_family(const std::string& name, const family_request& request) {
    auto made = std::make_unique<catalog_family>();
    made->info = {name,
                  valid_utf8(request.info.help),
                  std::string(request.info.unit),
                  request.type,
                  request.nanoseconds,
                  request.bounds,
                  {}};
    if (request.type == metric_type::histogram) {
      for (const double bound : request.bounds) made->info.bound_text.push_back(bound_text(bound) + "\"} ");
      made->info.bound_text.emplace_back("+Inf\"} ");
      if (request.nanoseconds) {
        std::vector<std::uint64_t> whole;
        for (const double bound : request.bounds) whole.push_back(to_nanoseconds(bound));
        made->wholes = std::make_unique<const whole_buckets>(whole);
      } else {
        made->reals = std::make_unique<const real_buckets>(request.bounds);
      }
    }
    catalog_family& family = *made;
    families_.push_back(std::move(made));
    by_name_.emplace(name, &family);
    for (std::string& sample : sample_names(name, request.type)) taken_.emplace(std::move(sample), &family);
    return family;
  }

  const catalog_series* add_series(catalog_family& family, const family_request& request, const label_set& labels,
                                   const std::string& rendered) {
    auto made = std::make_unique<catalog_series>();
    made->family = &family;
    made->info.labels = labels;
    made->info.id = static_cast<std::uint32_t>(extent_.series);
    const std::string braced = rendered.empty() ? " " : "{" + rendered + "} ";
    const std::string& name = family.info.name;
    switch (family.info.type) {
      case metric_type::counter: made->info.text = name + "_total" + braced; break;
      case metric_type::gauge: made->info.text = name + braced; break;
      case metric_type::histogram:
        made->info.text = name + "_bucket{" + rendered + (rendered.empty() ? "le=\"" : ",le=\"");
        made->info.sum_text = name + "_sum" + braced;
        made->info.count_text = name + "_count" + braced;
        extent_.buckets += family.info.bounds.size() + 1;
    }
    if (family.info.type == metric_type::gauge) {
      made->gauge = std::make_unique<gauge_cell>();
    } else {
      made->cell_count = static_cast<std::uint32_t>(request.cells.size());
      made->first_cell = cell_store::instance().allocate(request.cells);
    }
    const catalog_series* series = made.get();
    family.series.push_back(std::move(made));
    family.by_labels.emplace(rendered, series);
    ++extent_.series;
    return series;
  }

  mutable std::mutex mutex_;
  std::uint64_t id_;
  std::vector<std::unique_ptr<catalog_family>> families_;
  std::map<std::string, catalog_family*, std::less<>> by_name_;
  std::map<std::string, const catalog_family*, std::less<>> taken_;  // by the names of samples
  extent extent_;
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_DETAIL_METRIC_CATALOG_HPP

// ---- observe/metrics.hpp

#ifndef MILLRACE_OBSERVE_METRICS_HPP
#define MILLRACE_OBSERVE_METRICS_HPP

namespace millrace {
inline namespace v0 {

/// Durations from 100 ns to 10 s in steps of 1, 2, 5; seconds.
inline constexpr double latency_buckets[] = {1e-7, 2e-7, 5e-7, 1e-6, 2e-6, 5e-6, 1e-5, 2e-5, 5e-5,
                                             1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2,
                                             1e-1, 2e-1, 5e-1, 1.0,  2.0,  5.0,  10.0};

struct metrics_options {
  /// A label with unbounded values (a user, a path) would otherwise take the process' memory, and
  /// the collector's.
  std::size_t max_series_per_family = 10'000;
};

/// Where metrics are made, and scraped from.
///
///     mr::metrics_registry registry;
///     const auto rows = registry.counter({"rows_total", "Rows read."}, {{"split", "train"}}).value();
///     rows.add();
///     mr::write_file("metrics.prom", mr::to_prometheus(registry.snapshot()));
///
/// Asking again for the same name and labels answers the same series. Handles are good as long as
/// the registry; snapshots outlive it.
/// Threads: all members, any number at once; scraping does not slow the hot paths.
/// Errors: `invalid_argument` for a name, label, unit or bounds that collectors would refuse;
/// `already_exists` for a name that is taken in another sense (type, help, unit, bounds, label
/// names); `out_of_range` for a series too many.
class metrics_registry {
 public:
  explicit metrics_registry(metrics_options options = {})
      : options_(options), catalog_(std::make_shared<detail::metric_catalog>()), born_(steady_clock().ticks()) {}
  metrics_registry(const metrics_registry&) = delete;
  metrics_registry& operator=(const metrics_registry&) = delete;
  ~metrics_registry() {
    catalog_->read([](detail::metric_catalog::extent, const auto& families) {
      for (const auto& family : families)
        for (const auto& series : family->series)
          if (series->cell_count != 0) detail::cell_store::instance().release(series->first_cell, series->cell_count);
    });
  }

  /// The name stands in exports with `_total` at its end, whether it is given with it or without.
  result<v0::counter> counter(const metric_info& info, const label_set& labels = {});
  result<v0::gauge> gauge(const metric_info& info, const label_set& labels = {});
  /// `bounds`: at least one, finite, ascending.
  result<v0::histogram> histogram(const metric_info& info, const std::vector<double>& bounds,
                                  const label_set& labels = {});
  /// Takes nanoseconds; name, bounds and export are in seconds, so the name ends in `_seconds`.
  result<v0::timer> timer(const metric_info& info, const label_set& labels = {});
  result<v0::timer> timer(const metric_info& info, const std::vector<double>& bounds, const label_set& labels = {});

  /// A counter's sum over all threads. For tests and health checks; a scrape is `snapshot`.
  std::uint64_t total(v0::counter counted) const;

  metrics_snapshot snapshot() const {
    metrics_snapshot taken;
    snapshot(taken);
    return taken;
  }
  /// The same into one that is used again, so that a scrape every second does not allocate.
  void snapshot(metrics_snapshot& into) const;

 private:
  result<const detail::catalog_series*> add(const detail::family_request& request, const label_set& labels) {
    return catalog_->find_or_add(request, labels, options_.max_series_per_family);
  }
  static void read(const detail::catalog_series& series, std::span<const detail::cell_slab* const> slabs,
                   metric_sample& sample, std::span<std::uint64_t> buckets);

  metrics_options options_;
  std::shared_ptr<detail::metric_catalog> catalog_;
  std::uint64_t born_;
};

inline result<counter> metrics_registry::counter(const metric_info& info, const label_set& labels) {
  const auto series = add({info, metric_type::counter, false, {}, detail::counter_cell::kinds()}, labels);
  if (!series) return series.error();
  return v0::counter((*series)->first_cell);
}

inline result<gauge> metrics_registry::gauge(const metric_info& info, const label_set& labels) {
  const auto series = add({info, metric_type::gauge, false, {}, {}}, labels);
  if (!series) return series.error();
  return v0::gauge(*(*series)->gauge);
}

inline result<histogram> metrics_registry::histogram(const metric_info& info, const std::vector<double>& bounds,
                                                     const label_set& labels) {
  const auto series =
      add({info, metric_type::histogram, false, bounds, detail::histogram_cells::kinds(bounds.size())}, labels);
  if (!series) return series.error();
  return v0::histogram({*(*series)->family->reals, (*series)->first_cell});
}

inline result<timer> metrics_registry::timer(const metric_info& info, const label_set& labels) {
  return timer(info, std::vector<double>(std::begin(latency_buckets), std::end(latency_buckets)), labels);
}

inline result<timer> metrics_registry::timer(const metric_info& info, const std::vector<double>& bounds,
                                             const label_set& labels) {
  metric_info in_seconds = info;
  if (in_seconds.unit.empty()) in_seconds.unit = "seconds";
  const auto series =
      add({in_seconds, metric_type::histogram, true, bounds, detail::timer_cells::kinds(bounds.size())}, labels);
  if (!series) return series.error();
  return v0::timer({*(*series)->family->wholes, (*series)->first_cell});
}

inline std::uint64_t metrics_registry::total(v0::counter counted) const {
  std::uint64_t sum = 0;
  detail::cell_store::instance().read([&](std::span<const detail::cell_slab* const> slabs) {
    for (const detail::cell_slab* slab : slabs)
      if (counted.cell_.end <= slab->size) sum += slab->cells[counted.cell_.end - 1].load(std::memory_order_relaxed);
  });
  return sum;
}

inline void metrics_registry::read(const detail::catalog_series& series,
                                   std::span<const detail::cell_slab* const> slabs, metric_sample& sample,
                                   std::span<std::uint64_t> buckets) {
  const metric_family& family = series.family->info;
  const auto now = [](const detail::metric_cell& cell) { return cell.load(std::memory_order_relaxed); };
  const auto for_each_slab = [&](auto&& add) {
    // A thread whose slab ends before the series has never added to it.
    for (const detail::cell_slab* slab : slabs)
      if (series.first_cell + series.cell_count <= slab->size) add(slab->cells + series.first_cell);
  };
  sample = metric_sample{};
  sample.series = &series.info;
  if (family.type == metric_type::gauge) {
    sample.value = series.gauge->value.load(std::memory_order_relaxed);
  } else if (family.type == metric_type::counter) {
    for_each_slab([&](const detail::metric_cell* cells) { sample.count += now(*cells); });
  } else if (family.nanoseconds) {
    std::uint64_t sum = 0;
    std::uint64_t greatest = 0;
    std::uint64_t least = 0;
    for_each_slab([&](const detail::metric_cell* cells) {
      sum += now(cells[detail::timer_cells::sum]);
      greatest = (std::max)(greatest, now(cells[detail::timer_cells::greatest]));
      least = (std::max)(least, now(cells[detail::timer_cells::least]));
      for (std::size_t i = 0; i < buckets.size(); ++i) buckets[i] += now(cells[detail::timer_cells::buckets + i]);
    });
    sample.value = static_cast<double>(sum) / 1e9;
    sample.greatest = static_cast<double>(greatest) / 1e9;
    if (least != 0) sample.least = static_cast<double>(~least) / 1e9;
  } else {
    for_each_slab([&](const detail::metric_cell* cells) {
      for (std::size_t i = 0; i < buckets.size(); ++i) {
        buckets[i] += now(cells[2 * i]);
        sample.value += std::bit_cast<double>(now(cells[2 * i + 1]));
      }
    });
  }
  if (family.type == metric_type::histogram) {
    for (const std::uint64_t n : buckets) sample.count += n;
    sample.buckets = buckets;
  }
}

inline void metrics_registry::snapshot(metrics_snapshot& into) const {
  into.catalog_ = catalog_;
  into.registry_id = catalog_->id();
  into.unix_nanoseconds = unix_nanoseconds();
  into.uptime_nanoseconds = steady_clock().ticks() - born_;
  into.families_.clear();
  catalog_->read([&](detail::metric_catalog::extent size, const auto& families) {
    into.samples_.resize(size.series);
    into.buckets_.assign(size.buckets, 0);
    metric_sample* sample = into.samples_.data();
    std::uint64_t* buckets = into.buckets_.data();
    detail::cell_store::instance().read([&](std::span<const detail::cell_slab* const> slabs) {
      for (const auto& family : families) {
        into.families_.push_back({&family->info, {sample, family->series.size()}});
        const std::size_t bucket_count =
            family->info.type == metric_type::histogram ? family->info.bounds.size() + 1 : 0;
        for (const auto& series : family->series) {
          read(*series, slabs, *sample++, {buckets, bucket_count});
          buckets += bucket_count;
        }
      }
    });
  });
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_METRICS_HPP

// ---- observe/detail/exposition.hpp

#ifndef MILLRACE_OBSERVE_DETAIL_EXPOSITION_HPP
#define MILLRACE_OBSERVE_DETAIL_EXPOSITION_HPP

// Sample lines, which Prometheus' text format and OpenMetrics write alike. Written through a pointer
// into room that was made beforehand: an append a word costs more than the words.
namespace millrace {
inline namespace v0 {
namespace detail {

inline char* put(char* out, std::string_view text) noexcept {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

template <class Number>
char* put_line(char* out, std::string_view text, Number value) noexcept {
  out = write_number(put(out, text), value);
  *out++ = '\n';
  return out;
}

/// Whether a histogram that has seen negative values may keep its sum and count.
enum class falling_sums : bool { left_out, kept };

/// `x_bucket{...}` for each bound and +Inf, cumulated, then `x_sum` and `x_count`.
inline char* put_histogram(char* out, const metric_family& family, const metric_sample& sample,
                           falling_sums sums) noexcept {
  std::uint64_t cumulated = 0;
  for (std::size_t i = 0; i < sample.buckets.size(); ++i) {
    cumulated += sample.buckets[i];
    out = put_line(put(out, sample.series->text), family.bound_text[i], cumulated);
  }
  if (sums == falling_sums::left_out && (family.bounds.front() < 0 || !(sample.value >= 0))) return out;
  out = put_line(out, sample.series->sum_text, sample.value);
  return put_line(out, sample.series->count_text, sample.count);
}

/// The most characters that one sample's lines can take.
inline std::size_t room_for(const metric_family& family, const metric_sample& sample) noexcept {
  const metric_series& series = *sample.series;
  constexpr std::size_t ending = longest_number + 1;
  std::size_t room = series.text.size() + ending;
  if (family.type == metric_type::histogram) {
    room = series.sum_text.size() + series.count_text.size() + 2 * ending;
    for (const std::string& bound : family.bound_text) room += series.text.size() + bound.size() + ending;
  }
  return room;
}

/// Appends the lines of a family's samples.
inline void append_samples(std::string& out, const metric_family_samples& each, falling_sums sums) {
  const metric_family& family = *each.family;
  std::size_t room = 0;
  for (const metric_sample& sample : each.samples) room += room_for(family, sample);
  const std::size_t before = out.size();
  out.resize(before + room);
  char* at = out.data() + before;
  for (const metric_sample& sample : each.samples) {
    switch (family.type) {
      case metric_type::counter: at = put_line(at, sample.series->text, sample.count); break;
      case metric_type::gauge: at = put_line(at, sample.series->text, sample.value); break;
      case metric_type::histogram: at = put_histogram(at, family, sample, sums); break;
    }
  }
  out.resize(static_cast<std::size_t>(at - out.data()));
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_DETAIL_EXPOSITION_HPP

// ---- observe/openmetrics.hpp

#ifndef MILLRACE_OBSERVE_OPENMETRICS_HPP
#define MILLRACE_OBSERVE_OPENMETRICS_HPP

namespace millrace {
inline namespace v0 {

/// What an HTTP answer with such a page says it is.
inline constexpr std::string_view openmetrics_content_type =
    "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Appends a snapshot as OpenMetrics text, with its `# EOF`; nothing may follow. A histogram with a
/// negative bound or sum has no sum and no count there, because its sum can fall.
/// The same whatever the locale. Allocates: only as the string grows.
/// Source: OpenMetrics 1.0.0.
inline void append_openmetrics(std::string& out, const metrics_snapshot& snapshot) {
  for (const metric_family_samples& each : snapshot.families()) {
    const metric_family& family = *each.family;
    out.append("# TYPE ").append(family.name).append(" ").append(to_string(family.type)).append("\n");
    if (!family.unit.empty()) out.append("# UNIT ").append(family.name).append(" ").append(family.unit).append("\n");
    if (!family.help.empty()) {
      out.append("# HELP ").append(family.name).append(" ");
      detail::append_escaped(out, family.help, true);
      out += '\n';
    }
    detail::append_samples(out, each, detail::falling_sums::left_out);
  }
  out += "# EOF\n";
}

inline std::string to_openmetrics(const metrics_snapshot& snapshot) {
  std::string page;
  append_openmetrics(page, snapshot);
  return page;
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_OPENMETRICS_HPP

// ---- observe/prometheus.hpp

#ifndef MILLRACE_OBSERVE_PROMETHEUS_HPP
#define MILLRACE_OBSERVE_PROMETHEUS_HPP

namespace millrace {
inline namespace v0 {

/// What an HTTP answer with such a page says it is.
inline constexpr std::string_view prometheus_content_type = "text/plain; version=0.0.4; charset=utf-8";

/// Appends a snapshot as Prometheus' text format: families in order, counters as `x_total`,
/// histograms as cumulative `x_bucket{le=...}`, `x_sum` and `x_count`. No timestamps; the same
/// whatever the locale. Allocates: only as the string grows.
/// Source: Prometheus documentation, "Exposition formats", text-based format 0.0.4.
inline void append_prometheus(std::string& out, const metrics_snapshot& snapshot) {
  for (const metric_family_samples& each : snapshot.families()) {
    const metric_family& family = *each.family;
    const std::string name = family.type == metric_type::counter ? family.name + "_total" : family.name;
    if (!family.help.empty()) {
      out.append("# HELP ").append(name).append(" ");
      detail::append_escaped(out, family.help, false);
      out += '\n';
    }
    out.append("# TYPE ").append(name).append(" ").append(to_string(family.type)).append("\n");
    detail::append_samples(out, each, detail::falling_sums::kept);
  }
}

inline std::string to_prometheus(const metrics_snapshot& snapshot) {
  std::string page;
  append_prometheus(page, snapshot);
  return page;
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_PROMETHEUS_HPP

// ---- store/file.hpp

#ifndef MILLRACE_STORE_FILE_HPP
#define MILLRACE_STORE_FILE_HPP

namespace millrace {
inline namespace v0 {

namespace detail {

// strerror_r answers with a pointer in GNU's form and with a status in POSIX's; both fill or replace the buffer.
inline const char* strerror_text(const char* answer, const char*) noexcept { return answer; }
inline const char* strerror_text(int, const char* buffer) noexcept { return buffer; }

constexpr errc errc_of_errno(int number) noexcept {
  switch (number) {
    case ENOENT:
    case ENOTDIR: return errc::not_found;
    case EEXIST: return errc::already_exists;
    case EACCES:
    case EPERM:
    case EROFS: return errc::permission_denied;
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return errc::no_space;
    case EINVAL:
    case ENAMETOOLONG:
    case EISDIR: return errc::invalid_argument;
    default: return errc::io;
  }
}

}  // namespace detail

/// An error of the operating system: `cannot write "out/audit.jsonl": No space left on device`.
/// `number` is the errno, taken before anything else could change it.
inline error system_error(int number, std::string_view action, std::string_view subject) {
  char buffer[256] = "unknown error";
  const char* text = detail::strerror_text(::strerror_r(number, buffer, sizeof buffer), buffer);
  std::string message = "cannot ";
  message += action;
  message += " \"";
  message += subject;
  message += "\": ";
  message += text;
  return error(detail::errc_of_errno(number), std::move(message));
}

/// An open file: owns the descriptor, knows its path for messages, retries what a signal
/// interrupted and finishes what the system wrote in part. Movable. Threads: one at a time, but
/// `read_at` may run beside anything that does not close it.
///
/// Errors: every call that touches the system answers a `result` that names the path.
class file {
 public:
  file() noexcept = default;
  file(int descriptor, std::string path) noexcept : descriptor_(descriptor), path_(std::move(path)) {}
  file(file&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)), path_(std::move(other.path_)) {}
  file& operator=(file&& other) noexcept {
    if (this != &other) {
      discard();
      descriptor_ = std::exchange(other.descriptor_, -1);
      path_ = std::move(other.path_);
    }
    return *this;
  }
  ~file() { discard(); }

  /// open(2) with O_CLOEXEC added; `mode` as the umask leaves it.
  static result<file> open(std::string path, int flags, mode_t mode = 0666) {
    int descriptor = -1;
    do descriptor = ::open(path.c_str(), flags | O_CLOEXEC, mode);
    while (descriptor < 0 && errno == EINTR);
    if (descriptor < 0) return system_error(errno, "open", path);
    return file(descriptor, std::move(path));
  }

  bool is_open() const noexcept { return descriptor_ >= 0; }
  int descriptor() const noexcept { return descriptor_; }
  const std::string& path() const noexcept { return path_; }

  /// Writes all of it at the file's position. After an error a part may have been written.
  result<void> write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t done = ::write(descriptor_, bytes.data(), bytes.size());
      if (done < 0) {
        if (errno == EINTR) continue;
        return failure("write");
      }
      bytes.remove_prefix(static_cast<std::size_t>(done));
    }
    return {};
  }

  /// Reads up to `size` bytes from `offset`; fewer only at the end of the file.
  result<std::size_t> read_at(std::uint64_t offset, char* out, std::size_t size) const {
    std::size_t total = 0;
    while (total < size) {
      const ssize_t got = ::pread(descriptor_, out + total, size - total, static_cast<off_t>(offset + total));
      if (got < 0) {
        if (errno == EINTR) continue;
        return failure("read");
      }
      if (got == 0) break;
      total += static_cast<std::size_t>(got);
    }
    return total;
  }

  result<std::uint64_t> size() const {
    struct stat facts {};
    if (::fstat(descriptor_, &facts) != 0) return failure("examine");
    return static_cast<std::uint64_t>(facts.st_size);
  }

  result<void> truncate(std::uint64_t size) {
    int status = 0;
    do status = ::ftruncate(descriptor_, static_cast<off_t>(size));
    while (status != 0 && errno == EINTR);
    if (status != 0) return failure("truncate");
    return {};
  }

  /// On disk, with everything needed to find it again (fsync).
  result<void> sync() {
    if (::fsync(descriptor_) != 0) return failure("sync");
    return {};
  }
  /// On disk, with the size but not the times (fdatasync).
  result<void> sync_data() {
    if (::fdatasync(descriptor_) != 0) return failure("sync");
    return {};
  }

  /// Closes and says what the system says; the destructor closes too, but has no one to tell.
  result<void> close() {
    if (!is_open()) return {};
    // Linux has released the descriptor whatever close answers, so it is never called twice.
    if (::close(std::exchange(descriptor_, -1)) != 0 && errno != EINTR) return failure("close");
    return {};
  }

 private:
  error failure(std::string_view action) const { return system_error(errno, action, path_); }
  void discard() noexcept {
    if (is_open()) ::close(std::exchange(descriptor_, -1));
  }

  int descriptor_ = -1;
  std::string path_;
};

/// A whole file's bytes. Works for files without a size too (pipes, /proc).
inline result<std::string> read_file(std::string path) {
  auto opened = file::open(std::move(path), O_RDONLY);
  if (!opened) return std::move(opened).error();
  const auto size = opened->size();
  if (!size) return size.error();
  std::string bytes;
  std::size_t filled = 0;
  for (;;) {
    // One byte more than the size says, so that a file read in one go also shows its end in one go.
    if (filled == bytes.size()) bytes.resize(filled == 0 ? static_cast<std::size_t>(*size) + 1 : filled * 2 + 4096);
    const ssize_t got = ::read(opened->descriptor(), bytes.data() + filled, bytes.size() - filled);
    if (got < 0) {
      if (errno == EINTR) continue;
      return system_error(errno, "read", opened->path());
    }
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  bytes.resize(filled);
  return bytes;
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_FILE_HPP

// ---- store/atomic_file.hpp

#ifndef MILLRACE_STORE_ATOMIC_FILE_HPP
#define MILLRACE_STORE_ATOMIC_FILE_HPP

namespace millrace {
inline namespace v0 {

/// A file written as a whole: under its name stands either what was there before or all of the new
/// content, whenever the process or the machine stops.
///
/// The bytes go to a temporary file in the same folder; `commit()` syncs it, renames it over the
/// target and syncs the folder. Without commit the destructor removes it. A killed process may leave
/// a temporary file (`.millrace-<16 hex digits>.tmp`) behind, never a half-written target.
/// An existing target's permission bits are kept, and one that the caller may not write is refused; a
/// new file's are 0666 less the umask. A symbolic link to a file stays, and the file is replaced.
/// Threads: one at a time. Two writers of one path do not mix; the last commit stays.
class atomic_file {
 public:
  atomic_file(atomic_file&& other) noexcept
      : target_(std::move(other.target_)),
        base_(std::move(other.base_)),
        temporary_(std::exchange(other.temporary_, {})),
        folder_(std::move(other.folder_)),
        file_(std::move(other.file_)) {}
  atomic_file& operator=(atomic_file&& other) noexcept {
    if (this != &other) {
      discard();
      target_ = std::move(other.target_);
      base_ = std::move(other.base_);
      temporary_ = std::exchange(other.temporary_, {});
      folder_ = std::move(other.folder_);
      file_ = std::move(other.file_);
    }
    return *this;
  }
  ~atomic_file() { discard(); }

  /// Errors: the folder does not exist or is not writable; the target is there and no regular file.
  static result<atomic_file> create(std::string path) {
    atomic_file made;
    made.target_ = std::move(path);
    if (made.target_.empty() || made.target_.find('\0') != std::string::npos)
      return error(errc::invalid_argument, "cannot write \"" + made.target_ + "\": not a path");

    // The file behind a symbolic link is the one to replace.
    std::string real = made.target_;
    struct stat facts {};
    const bool exists = ::stat(made.target_.c_str(), &facts) == 0;
    if (exists) {
      if (!S_ISREG(facts.st_mode))
        return error(errc::invalid_argument, "cannot write \"" + made.target_ + "\": it is not a regular file");
      // A rename asks the folder alone; a file that plain writing may not touch is not replaced either.
      if (::faccessat(AT_FDCWD, made.target_.c_str(), W_OK, AT_EACCESS) != 0)
        return system_error(errno, "write", made.target_);
      if (char* resolved = ::realpath(made.target_.c_str(), nullptr)) {
        real = resolved;
        std::free(resolved);
      }
    } else if (errno != ENOENT) {
      return system_error(errno, "write", made.target_);
    }

    const std::size_t slash = real.rfind('/');
    made.base_ = slash == std::string::npos ? real : real.substr(slash + 1);
    if (made.base_.empty() || made.base_ == "." || made.base_ == "..")
      return error(errc::invalid_argument, "cannot write \"" + made.target_ + "\": it names a folder");
    auto folder = file::open(slash == std::string::npos ? "." : real.substr(0, slash + 1), O_RDONLY | O_DIRECTORY);
    if (!folder) return std::move(folder).error().wrap("cannot write \"" + made.target_ + "\"");
    made.folder_ = std::move(*folder);

    int descriptor = -1;
    std::string name;
    do {
      name = temporary_name();
      descriptor = ::openat(made.folder_.descriptor(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    } while (descriptor < 0 && (errno == EINTR || errno == EEXIST));
    if (descriptor < 0) return system_error(errno, "write", made.target_);
    made.temporary_ = std::move(name);
    made.file_ = file(descriptor, made.target_);
    if (exists && ::fchmod(descriptor, facts.st_mode & 0777U) != 0)
      return system_error(errno, "set the permissions of", made.target_);
    return made;
  }

  /// The path that `commit` gives the content.
  const std::string& path() const noexcept { return target_; }

  result<void> write(std::string_view bytes) { return file_.write(bytes); }

  /// Puts the content in place, durable. At most once. After an error the target is as it was,
  /// except when only the folder's sync failed: then the message says that the new content stands
  /// but may not survive a power cut.
  result<void> commit() {
    if (temporary_.empty()) return error(errc::closed, "cannot write \"" + target_ + "\": it is committed already");
    if (auto done = file_.sync(); !done) return done;
    if (auto done = file_.close(); !done) return done;
    const int folder = folder_.descriptor();
    if (::renameat(folder, temporary_.c_str(), folder, base_.c_str()) != 0)
      return system_error(errno, "put in place", target_);
    temporary_.clear();
    // Some file systems cannot sync a folder and say EINVAL; their renames are as durable as they get.
    if (::fsync(folder) != 0 && errno != EINVAL)
      return system_error(errno, "sync the folder of the written file", target_);
    return {};
  }

 private:
  atomic_file() noexcept = default;

  static std::string temporary_name() {
    static constexpr char hex[] = "0123456789abcdef";
    std::string name = ".millrace-";
    std::uint64_t bits = entropy_seed();
    for (int i = 0; i < 16; ++i, bits >>= 4) name += hex[bits & 15U];
    name += ".tmp";
    return name;
  }
  void discard() noexcept {
    if (!temporary_.empty()) ::unlinkat(folder_.descriptor(), temporary_.c_str(), 0);
    temporary_.clear();
  }

  std::string target_;     // as the caller named it
  std::string base_;       // the file's own name within folder_
  std::string temporary_;  // beside it; empty once committed or moved from
  file folder_;            // held open, so that a change of the working directory does not matter
  file file_;
};

/// Replaces a whole file's content, durably, or leaves it as it was.
inline result<void> write_file(std::string path, std::string_view content) {
  auto made = atomic_file::create(std::move(path));
  if (!made) return std::move(made).error();
  if (auto done = made->write(content); !done) return done;
  return made->commit();
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_ATOMIC_FILE_HPP

// ---- observe/statsd.hpp

#ifndef MILLRACE_OBSERVE_STATSD_HPP
#define MILLRACE_OBSERVE_STATSD_HPP

namespace millrace {
inline namespace v0 {

/// How labels are told: StatsD has none, so their values follow the name; DogStatsD has tags.
enum class statsd_dialect : std::uint8_t { plain, dogstatsd };

struct statsd_options {
  statsd_dialect dialect = statsd_dialect::plain;
  std::string prefix;               // before every name, as `shop.`
  std::size_t max_datagram = 1432;  // what passes an Ethernet whole
};

/// What one flush did.
struct statsd_report {
  std::size_t datagrams = 0;
  std::size_t lines = 0;
  std::size_t skipped = 0;  // series that no line can say: not finite, or longer than a datagram
};

/// Tells a StatsD server what changed since the last time.
///
///     mr::statsd_writer statsd;
///     auto server = mr::udp_sender::open("127.0.0.1", 8125);
///     if (server) auto sent = statsd.flush(registry.snapshot(), *server);
///
/// Counters as the difference, `rows.train:64|c`; gauges as they are, `loss:0.25|g`; a histogram's
/// new observations as their mean and sampling rate, `event_seconds.forward:7.5|ms|@0.01` for a
/// hundred: a timer's in milliseconds, others' in their own unit (`|h` to DogStatsD, `|ms` else).
/// What did not change sends no line, except gauges. A character that a name or tag cannot hold is
/// told as `_`. Lines stay whole; the same in every locale.
///
/// Errors: what `send` answers; what was sent before it counts as told and the rest is told next
/// time. `invalid_argument` for a snapshot of another registry than the first.
/// Threads: one at a time.
/// Source: the statsd project's "Metric Types"; Datadog, "DogStatsD datagram format".
class statsd_writer {
 public:
  explicit statsd_writer(statsd_options options = {}) : options_(std::move(options)) {}

  /// `send(datagram) -> result<void>` gets each datagram, as `udp_sender` does.
  template <class Send>
  result<statsd_report> flush(const metrics_snapshot& snapshot, Send&& send) {
    if (registry_id_ != 0 && registry_id_ != snapshot.registry_id)
      return error(errc::invalid_argument, "statsd: the snapshot is of another registry than the one before");
    registry_id_ = snapshot.registry_id;
    statsd_report report;
    std::string datagram;
    std::vector<told> pending;  // what the datagram says
    const auto post = [&]() -> result<void> {
      if (datagram.empty()) return {};
      if (auto sent = send(std::string_view(datagram)); !sent) return sent;
      for (const told& each : pending) told_[each.id] = each;
      ++report.datagrams;
      datagram.clear();
      pending.clear();
      return {};
    };
    std::string lines;
    for (const metric_family_samples& each : snapshot.families())
      for (const metric_sample& sample : each.samples) {
        lines.clear();
        const std::uint32_t id = sample.series->id;
        if (id >= told_.size()) told_.resize(std::size_t{id} + 1);
        const std::size_t count = write(lines, *each.family, sample, told_[id]);
        if (count == 0 || lines.size() > options_.max_datagram) {
          if (count != 0 || unspeakable(*each.family, sample)) ++report.skipped;
          continue;
        }
        if (!datagram.empty() && datagram.size() + 1 + lines.size() > options_.max_datagram)
          if (auto sent = post(); !sent) return std::move(sent).error();
        if (!datagram.empty()) datagram += '\n';
        datagram += lines;
        pending.push_back({id, sample.count, sample.value});
        report.lines += count;
      }
    if (auto sent = post(); !sent) return std::move(sent).error();
    return report;
  }

  /// The same into a file that holds this flush's lines alone, written as a whole.
  result<statsd_report> flush_to_file(const metrics_snapshot& snapshot, const std::string& path) {
    statsd_writer after = *this;
    std::string text;
    auto report = after.flush(snapshot, [&](std::string_view datagram) -> result<void> {
      text.append(datagram) += '\n';
      return {};
    });
    if (!report) return report;
    if (auto written = write_file(path, text); !written) return std::move(written).error();
    *this = std::move(after);
    return report;
  }

 private:
  /// What a series' last line was based on.
  struct told {
    std::uint32_t id = 0;
    std::uint64_t count = 0;
    double value = 0;
  };

  static bool unspeakable(const metric_family& family, const metric_sample& sample) noexcept {
    return family.type != metric_type::counter && !std::isfinite(sample.value);
  }

  /// Appends a series' line, or the two of a negative gauge, and answers how many.
  std::size_t write(std::string& out, const metric_family& family, const metric_sample& sample,
                    const told& last) const {
    if (unspeakable(family, sample)) return 0;
    const std::string_view type = family.type == metric_type::counter                               ? "|c"
                                  : family.type == metric_type::gauge                               ? "|g"
                                  : family.nanoseconds || options_.dialect == statsd_dialect::plain ? "|ms"
                                                                                                    : "|h";
    if (family.type == metric_type::gauge) {
      // To StatsD a sign means "change by", so a negative value is reached from zero.
      const bool in_two = std::signbit(sample.value) && options_.dialect == statsd_dialect::plain;
      if (in_two) {
        append_name(out, family, sample);
        out.append("0").append(type).append("\n");
      }
      append_name(out, family, sample);
      append_number(out, sample.value, false);
      out += type;
      append_tags(out, sample);
      return in_two ? 2 : 1;
    }
    const std::uint64_t count = sample.count - last.count;
    if (count == 0) return 0;
    append_name(out, family, sample);
    if (family.type == metric_type::counter) {
      out.append(std::to_string(count)).append(type);
    } else {
      const double sum = (sample.value - last.value) * (family.nanoseconds ? 1e3 : 1.0);
      append_number(out, sum / static_cast<double>(count), true);
      out += type;
      if (count > 1) {
        out += "|@";
        append_number(out, 1.0 / static_cast<double>(count), true);
      }
    }
    append_tags(out, sample);
    return 1;
  }

  /// In plain decimals where servers read nothing else.
  static void append_number(std::string& out, double value, bool fixed) {
    char digits[400];
    const auto end = fixed ? std::to_chars(digits, digits + sizeof digits, value, std::chars_format::fixed)
                           : std::to_chars(digits, digits + sizeof digits, value);
    out.append(digits, static_cast<std::size_t>(end.ptr - digits));
  }

  void append_name(std::string& out, const metric_family& family, const metric_sample& sample) const {
    const auto append_word = [&](std::string_view word) {
      for (const char c : word) {
        const bool kept = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
        out += kept ? c : '_';
      }
    };
    out += options_.prefix;
    append_word(family.name);
    if (options_.dialect == statsd_dialect::plain)
      for (const auto& label : sample.labels()) {
        out += '.';
        append_word(label.value);
      }
    out += ':';
  }
  void append_tags(std::string& out, const metric_sample& sample) const {
    if (options_.dialect != statsd_dialect::dogstatsd) return;
    std::string_view mark = "|#";
    for (const auto& label : sample.labels()) {
      out += std::exchange(mark, ",");
      out.append(label.name) += ':';
      for (const char c : label.value) {
        const bool ends_a_word = static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '|' || c == '#' || c == ',';
        out += ends_a_word ? '_' : c;
      }
    }
  }

  statsd_options options_;
  std::uint64_t registry_id_ = 0;
  std::vector<told> told_;  // by the series' id
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_STATSD_HPP

// ---- observe/udp_sender.hpp

#ifndef MILLRACE_OBSERVE_UDP_SENDER_HPP
#define MILLRACE_OBSERVE_UDP_SENDER_HPP

namespace millrace {
inline namespace v0 {

/// Sends datagrams to one address. Nobody answers, so success means that the system took them.
/// Threads: any number at once.
class udp_sender {
 public:
  /// `host` by number or by name; IPv4 where a name has both. Looking a name up may block.
  static result<udp_sender> open(const std::string& host, std::uint16_t port) {
    const std::string address = host + ":" + std::to_string(port);
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_DGRAM;
    addrinfo* found = nullptr;
    if (const int status = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found); status != 0)
      return error(errc::not_found, "cannot send to \"" + address + "\": " + ::gai_strerror(status));
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owned(found, ::freeaddrinfo);

    const addrinfo* chosen = found;
    for (const addrinfo* each = found; each != nullptr; each = each->ai_next)
      if (each->ai_family == AF_INET) {
        chosen = each;
        break;
      }
    const int descriptor = ::socket(chosen->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return system_error(errno, "send to", address);
    file socket(descriptor, address);
    if (::connect(descriptor, chosen->ai_addr, chosen->ai_addrlen) != 0) return system_error(errno, "send to", address);
    return udp_sender(std::move(socket));
  }

  /// One datagram. Errors: `unavailable` when an earlier one came back because nobody listens.
  result<void> operator()(std::string_view datagram) const {
    for (;;) {
      if (::send(socket_.descriptor(), datagram.data(), datagram.size(), MSG_NOSIGNAL) >= 0) return {};
      if (errno == EINTR) continue;
      if (errno == ECONNREFUSED)
        return error(errc::unavailable, "cannot send to \"" + socket_.path() + "\": nobody listens there");
      return system_error(errno, "send to", socket_.path());
    }
  }

 private:
  explicit udp_sender(file socket) noexcept : socket_(std::move(socket)) {}

  file socket_;  // a socket is closed like a file; its path is the address
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_UDP_SENDER_HPP

// ---- observe.hpp

#ifndef MILLRACE_OBSERVE_HPP
#define MILLRACE_OBSERVE_HPP

/// observe: what a running program tells about itself.
///
/// - `metrics_registry` makes `counter`, `gauge`, `histogram`, `timer`: handles that cost a nanosecond
///   and do not slow each other across threads
/// - `metrics_snapshot`: all values at one moment; every exporter is written from it
/// - `to_prometheus`, `to_openmetrics`, `to_json`, `statsd_writer` with `udp_sender`
/// - `summarize`: what the metrics middleware saw, event by event
///
/// A page becomes a file by `mr::write_file(path, mr::to_prometheus(registry.snapshot()))`.
/// Standard library and POSIX alone.

#endif  // MILLRACE_OBSERVE_HPP

// ---- stats/detail/incomplete_beta.hpp

#ifndef MILLRACE_STATS_DETAIL_INCOMPLETE_BETA_HPP
#define MILLRACE_STATS_DETAIL_INCOMPLETE_BETA_HPP

namespace millrace {
inline namespace v0 {
namespace detail::stats {

/// Where an incomplete beta function of shapes a, b is asked for: x, y = 1 - x and d = x b - y a, the distance from
/// the mean, each to full relative accuracy. Shapes of 1e9 multiply the error of any of them by as much, so each
/// distribution computes them from its own argument.
struct beta_point {
  double x;
  double y;
  double d;
};

/// The point at a given x in [0, 1]. d = x a + x b - a, as 1 - x may be rounded.
inline beta_point at_probability(double a, double b, double x) noexcept {
  return {x, 1 - x, sum_of_products(x, a, x, b, a)};
}

/// The point at odds x / y = f a / b, f > 0. The distance from the mean needs f - 1 alone, so that shapes of 1e9 cost
/// no digits.
inline beta_point at_odds(double a, double b, double f) noexcept {
  const double x = 1 / (1 + b / a / f);
  const double y = 1 / (1 + a / b * f);
  return {x, y, f > 1 ? b * ((f - 1) / f) * x : a * (f - 1) * y};
}

/// The deviance of a point from the mean: -log of x^a y^b relative to its maximum.
inline double beta_exponent(double a, double b, const beta_point& at) noexcept {
  const double n = a + b;
  return a * deviance(at.x / a * n, at.d / a) + b * deviance(at.y / b * n, -at.d / b);
}

/// exp(stirling_error(a + b) - stirling_error(a) - stirling_error(b)), as its logarithm.
inline double beta_correction(double a, double b) noexcept {
  return stirling_error(a + b) - stirling_error(a) - stirling_error(b);
}

/// a b / (a + b), without overflow.
inline double beta_width(double a, double b) noexcept { return a < b ? a / (1 + a / b) : b / (1 + b / a); }

/// x^a y^b / B(a, b): the density times x y.
inline double beta_prefix(double a, double b, const beta_point& at) noexcept {
  if (at.x == 0 || at.y == 0) return 0;
  return std::sqrt(beta_width(a, b) / (2 * pi)) * std::exp(beta_correction(a, b) - beta_exponent(a, b, at));
}

/// Shapes of which one is below 1, x <= 1/2 and b x <= 0.7: the power series of y^(b - 1).
inline tails beta_by_power_series(double a, double b, double x) noexcept {
  // x^a / (a B(a, b)), with every difference of log Gammas taken where it cannot cancel.
  const double e = a <= b ? a * std::log(x) + log_gamma_ratio(a, b) - log_gamma_ratio(a, 1)
                          : a * std::log(x) + log_gamma_ratio(b, a) - log_gamma_ratio(b, 1) + std::log(b / a);
  double term = 1;
  double series = 0;
  for (int j = 1; j < 1100; ++j) {
    term *= (j - b) / j * x;
    const double next = series + term / (a + j);
    if (next == series) break;
    series = next;
  }
  const double lower = std::exp(e) * (1 + a * series);
  return {lower, e > -1 ? -std::expm1(e) - a * std::exp(e) * series : 1 - lower};
}

/// I_x(a, b) / beta_prefix below the mean. Source: A. Didonato, A. Morris, "Algorithm 708", TOMS 18(3), 1992, eq. 9.
inline double beta_by_fraction(double a, double b, const beta_point& at) noexcept {
  double f = a * (1 - at.d) / (a + 1);
  double up = f;
  double down = 0;
  for (int m = 1; m < 100'000; ++m) {
    const double k = a + 2.0 * m;
    const double w = m * (b - m) * at.x;
    const double numerator = (a + m - 1) / (k - 1) * ((a + b + m - 1) / (k - 1)) * w * at.x;
    const double denominator = m + w / (k - 1) + (a + m) * (1 - at.d + m * (1 + at.y)) / (k + 1);
    down = 1 / (denominator + numerator * down);
    up = denominator + numerator / up;
    const double change = up * down;
    f *= change;
    if (std::fabs(change - 1) <= epsilon) break;
  }
  return 1 / f;
}

/// The regularised incomplete beta function I_x(a, b) and its complement, each to about 1e-13 relative down to
/// 1e-300; a, b > 0. Allocates: never.
inline tails incomplete_beta(double a, double b, beta_point at) noexcept {
  if (!(a > 0) || !(b > 0) || !(at.x >= 0) || !(at.y >= 0)) return {nan, nan};
  if (at.x == 0) return {0, 1};
  if (at.y == 0) return {1, 0};
  const auto other = [](const beta_point& p) { return beta_point{p.y, p.x, -p.d}; };
  if (a < 1 || b < 1) {
    if (at.x > 0.5) return swapped(incomplete_beta(b, a, other(at)));
    if (b * at.x <= 0.7) return beta_by_power_series(a, b, at.x);
    const double upper = beta_prefix(a, b, at) * beta_by_fraction(b, a, other(at));
    return {1 - upper, upper};
  }
  if (at.d > 0) return swapped(incomplete_beta(b, a, other(at)));
  const double width = beta_width(a, b);
  const double exponent = beta_exponent(a, b, at);
  double tail;
  if (width >= 20 && exponent <= 0.5 * width) {
    const double mean = 1 / (1 + b / a);
    const double rest = 1 / (1 + a / b);
    tail = tail_expansion(width, (b - a) / (a + b), mean * rest, exponent, -1) * std::exp(beta_correction(a, b));
  } else {
    tail = std::sqrt(width / (2 * pi)) * std::exp(beta_correction(a, b) - exponent) * beta_by_fraction(a, b, at);
  }
  return {tail, 1 - tail};
}

}  // namespace detail::stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_DETAIL_INCOMPLETE_BETA_HPP

// ---- stats/detail/beta_quantile.hpp

#ifndef MILLRACE_STATS_DETAIL_BETA_QUANTILE_HPP
#define MILLRACE_STATS_DETAIL_BETA_QUANTILE_HPP

namespace millrace {
inline namespace v0 {
namespace detail::stats {

/// The odds, relative to a / b, at which Beta(a, b) has the wanted tails: F's quantile with twice the shapes as
/// degrees of freedom, and exact for x near 0 as near 1.
inline double odds_quantile(double a, double b, tails wanted) noexcept {
  if (!(wanted.lower >= 0 && wanted.upper >= 0)) return nan;
  // The tail is a power of x where it is far from the mean, and the log odds are nearly normal elsewhere.
  const auto by_power = [](double p, double q, double tail) {
    return std::exp((std::log(tail) + log_gamma_ratio(p, 1) - log_gamma_ratio(p, q)) / p) * q / p;
  };
  const double z = wanted.lower <= 0.5 ? normal{}.quantile(wanted.lower) : normal{}.isf(wanted.upper);
  double guess = std::exp(z / std::sqrt(beta_width(a, b)));
  if (wanted.lower <= wanted.upper) {
    const double power = by_power(a, b, wanted.lower);
    if (power < 0.3) guess = power;
  } else {
    const double power = by_power(b, a, wanted.upper);
    if (power < 0.3) guess = 1 / power;
  }
  return invert_positive(wanted, guess, [&](double f) {
    const beta_point at = at_odds(a, b, f);
    return tail_slope{incomplete_beta(a, b, at), beta_prefix(a, b, at)};
  });
}

}  // namespace detail::stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_DETAIL_BETA_QUANTILE_HPP

// ---- stats/beta.hpp

#ifndef MILLRACE_STATS_BETA_HPP
#define MILLRACE_STATS_BETA_HPP

namespace millrace {
inline namespace v0 {
namespace detail::stats {

inline double beta_quantile(double a, double b, tails wanted) noexcept {
  const double x = 1 / (1 + b / a / odds_quantile(a, b, wanted));
  return x < (std::numeric_limits<double>::min)() ? 0 : x;
}

}  // namespace detail::stats

/// The beta distribution on [0, 1] with shapes a, b > 0. See `normal` for what the functions promise.
/// Source: A. Didonato, A. Morris, "Algorithm 708", TOMS 18(3), 1992, for the continued fraction.
struct beta {
  double a;
  double b;

  double mean() const noexcept { return valid() ? a / (a + b) : detail::stats::nan; }
  double variance() const noexcept {
    const double n = a + b;
    return valid() ? a / n * (b / n) / (n + 1) : detail::stats::nan;
  }
  double pdf(double x) const noexcept {
    if (!valid() || x != x) return detail::stats::nan;
    if (x < 0 || x > 1) return 0;
    if (x == 0) return a > 1 ? 0 : a == 1 ? b : detail::stats::infinity;
    if (x == 1) return b > 1 ? 0 : b == 1 ? a : detail::stats::infinity;
    return detail::stats::beta_prefix(a, b, detail::stats::at_probability(a, b, x)) / x / (1 - x);
  }
  double cdf(double x) const noexcept { return at(x).lower; }
  double sf(double x) const noexcept { return at(x).upper; }
  double quantile(double p) const noexcept {
    return valid() ? detail::stats::beta_quantile(a, b, {p, 1 - p}) : detail::stats::nan;
  }
  double isf(double q) const noexcept {
    return valid() ? detail::stats::beta_quantile(a, b, {1 - q, q}) : detail::stats::nan;
  }

 private:
  bool valid() const noexcept { return a > 0 && b > 0 && a < detail::stats::infinity && b < detail::stats::infinity; }
  detail::stats::tails at(double x) const noexcept {
    if (!valid()) return {detail::stats::nan, detail::stats::nan};
    x = x < 0 ? 0 : x > 1 ? 1 : x;
    return detail::stats::incomplete_beta(a, b, detail::stats::at_probability(a, b, x));
  }
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_BETA_HPP

// ---- stats/binomial.hpp

#ifndef MILLRACE_STATS_BINOMIAL_HPP
#define MILLRACE_STATS_BINOMIAL_HPP

namespace millrace {
inline namespace v0 {

/// The binomial distribution: successes among `trials` (a whole number >= 0), each of `probability`. Arguments
/// between whole numbers count as the one below; `quantile` and `isf` are those of `poisson`. See `normal` for what
/// the functions promise.
struct binomial {
  double trials;
  double probability;

  double pmf(double k) const noexcept {
    if (!valid()) return detail::stats::nan;
    if (k < 0 || k > trials || k != std::floor(k)) return 0;
    if (probability == 0) return k == 0 ? 1 : 0;
    if (probability == 1) return k == trials ? 1 : 0;
    if (k == 0) return std::exp(trials * std::log1p(-probability));
    if (k == trials) return std::pow(probability, trials);
    // p^k q^(n-k) / B(k, n - k) is the pmf times k (n - k) / n.
    const double rest = trials - k;
    const auto at = detail::stats::at_probability(k, rest, probability);
    return detail::stats::beta_prefix(k, rest, at) / detail::stats::beta_width(k, rest);
  }
  double cdf(double k) const noexcept { return at(k).lower; }
  double sf(double k) const noexcept { return at(k).upper; }
  double quantile(double p) const noexcept {
    if (!(valid() && p >= 0 && p <= 1)) return detail::stats::nan;
    if (p == 1) return probability == 0 ? 0 : trials;
    const double enough = p * (1 - 64 * detail::stats::epsilon);
    return detail::stats::first_whole(0, trials, around(normal{}.quantile(p)),
                                      [&](double k) { return cdf(k) >= enough; });
  }
  double isf(double q) const noexcept {
    if (!(valid() && q >= 0 && q <= 1)) return detail::stats::nan;
    if (q == 0) return probability == 0 ? 0 : trials;
    const double enough = q * (1 + 64 * detail::stats::epsilon);
    return detail::stats::first_whole(0, trials, around(normal{}.isf(q)), [&](double k) { return sf(k) <= enough; });
  }

 private:
  bool valid() const noexcept {
    return trials >= 0 && trials < detail::stats::infinity && trials == std::floor(trials) && probability >= 0 &&
           probability <= 1;
  }
  double around(double z) const noexcept {
    const double mean = trials * probability;
    return mean + std::sqrt(mean * (1 - probability)) * z + (1 - 2 * probability) * (z * z - 1) / 6;
  }
  detail::stats::tails at(double k) const noexcept {
    if (!valid() || k != k) return {detail::stats::nan, detail::stats::nan};
    if (k < 0) return {0, 1};
    if (k >= trials || probability == 0) return {1, 0};
    k = std::floor(k);
    if (probability == 1) return {0, 1};
    const double a = k + 1;
    const double b = trials - k;
    return detail::stats::swapped(
        detail::stats::incomplete_beta(a, b, detail::stats::at_probability(a, b, probability)));
  }
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_BINOMIAL_HPP

// ---- stats/fisher_f.hpp

#ifndef MILLRACE_STATS_FISHER_F_HPP
#define MILLRACE_STATS_FISHER_F_HPP

namespace millrace {
inline namespace v0 {
/// Fisher's F distribution with `df1` and `df2` > 0 degrees of freedom, whole or not. See `normal` for what the
/// functions promise.
struct fisher_f {
  double df1;
  double df2;

  double pdf(double x) const noexcept {
    if (!valid() || x != x) return detail::stats::nan;
    if (x < 0 || x == detail::stats::infinity) return 0;
    if (x == 0) return df1 > 2 ? 0 : df1 == 2 ? 1 : detail::stats::infinity;
    return detail::stats::beta_prefix(df1 / 2, df2 / 2, detail::stats::at_odds(df1 / 2, df2 / 2, x)) / x;
  }
  double cdf(double x) const noexcept { return at(x).lower; }
  double sf(double x) const noexcept { return at(x).upper; }
  double quantile(double p) const noexcept { return solve({p, 1 - p}); }
  double isf(double q) const noexcept { return solve({1 - q, q}); }

 private:
  bool valid() const noexcept {
    return df1 > 0 && df2 > 0 && df1 < detail::stats::infinity && df2 < detail::stats::infinity;
  }
  detail::stats::tails at(double x) const noexcept {
    if (!valid() || x != x) return {detail::stats::nan, detail::stats::nan};
    if (x <= 0) return {0, 1};
    if (x == detail::stats::infinity) return {1, 0};
    return detail::stats::incomplete_beta(df1 / 2, df2 / 2, detail::stats::at_odds(df1 / 2, df2 / 2, x));
  }
  double solve(detail::stats::tails wanted) const noexcept {
    return valid() ? detail::stats::odds_quantile(df1 / 2, df2 / 2, wanted) : detail::stats::nan;
  }
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_FISHER_F_HPP

// ---- stats/mann_whitney_exact.hpp

#ifndef MILLRACE_STATS_MANN_WHITNEY_EXACT_HPP
#define MILLRACE_STATS_MANN_WHITNEY_EXACT_HPP

namespace millrace {
inline namespace v0 {

/// The exact null distribution of the Mann-Whitney U of the first of two samples, ties included: every one of the
/// choices of the first sample's members among the pooled observations is equally likely.
///
/// `tie_sizes` are the sizes of the groups of equal values in ascending order of value; all ones for no ties. U is a
/// multiple of 1/2. Sums of positive terms, so both tails keep their relative accuracy.
/// Complexity: O(groups m^2 n) time to build, O(m^2 n) memory: milliseconds up to m = n = 25.
/// Source: H. Mann, D. Whitney 1947; J. Klotz 1966 for ties.
class mann_whitney_exact {
 public:
  /// For samples of m and n without ties.
  mann_whitney_exact(std::size_t m, std::size_t n) : mann_whitney_exact(m, std::vector<std::size_t>(m + n, 1)) {}

  /// The first sample has m of the sum of the groups; m above that sum leaves an empty distribution, NaN everywhere.
  mann_whitney_exact(std::size_t m, std::span<const std::size_t> tie_sizes) {
    std::size_t total = 0;
    for (const std::size_t size : tie_sizes) total += size;
    if (m > total) return;
    const std::size_t n = total - m;
    // share[i][s]: of the ways to pick i so far, weighted so that all picks of m sum to 1; s is twice the sum of
    // (midrank - 1/2), less the least it can be at the end, which is m^2.
    const std::size_t sums = 2 * m * n + m * m + 1;
    std::vector<double> share((m + 1) * sums, 0.0);
    share[0] = 1;
    std::size_t before = 0;
    for (const std::size_t size : tie_sizes) {
      const std::size_t twice_rank = 2 * before + size;  // of each member: midrank - 1/2, doubled
      // Adding k of this group's `size`: hypergeometric weights, member by member, keep the numbers in range.
      for (std::size_t i = m + 1; i-- > 0;) {
        double* to = share.data() + i * sums;
        std::vector<double> mixed(sums, 0.0);
        for (std::size_t k = 0; k <= size && k <= i; ++k) {
          const std::size_t from = i - k;
          if (from > before || m - from > total - before) continue;
          const double weight = hypergeometric(k, size, m - from, total - before);
          if (weight == 0) continue;
          const double* source = share.data() + from * sums;
          const std::size_t shift = k * twice_rank;
          for (std::size_t s = 0; s + shift < sums; ++s) mixed[s + shift] += weight * source[s];
        }
        for (std::size_t s = 0; s < sums; ++s) to[s] = mixed[s];
      }
      before += size;
    }
    const double* last = share.data() + m * sums;
    mass_.assign(last + m * m, last + sums);
  }

  /// P(U <= u) and P(U >= u): both include u itself, as p-values do.
  double at_most(double u) const noexcept {
    if (mass_.empty() || u != u) return detail::stats::nan;
    double sum = 0;
    for (std::size_t s = 0; s < mass_.size() && 0.5 * static_cast<double>(s) <= u; ++s) sum += mass_[s];
    return sum < 1 ? sum : 1;
  }
  double at_least(double u) const noexcept {
    if (mass_.empty() || u != u) return detail::stats::nan;
    double sum = 0;
    for (std::size_t s = mass_.size(); s-- > 0 && 0.5 * static_cast<double>(s) >= u;) sum += mass_[s];
    return sum < 1 ? sum : 1;
  }
  /// P(|U - m n / 2| >= |u - m n / 2|).
  double two_sided(double u) const noexcept {
    if (mass_.empty() || u != u) return detail::stats::nan;
    const double middle = 0.25 * static_cast<double>(mass_.size() - 1);
    const double distance = std::fabs(u - middle);
    if (distance == 0) return 1;
    const double p = at_most(middle - distance) + at_least(middle + distance);
    return p < 1 ? p : 1;
  }

 private:
  /// P(k of a group of `size` when `wanted` are drawn from `left` that contain it).
  static double hypergeometric(std::size_t k, std::size_t size, std::size_t wanted, std::size_t left) noexcept {
    if (k > wanted || size - k > left - wanted) return 0;
    // Drawn one by one: k of the group in, the rest of the group out.
    double p = 1;
    for (std::size_t i = 0; i < size; ++i) {
      const bool in = i < k;
      const double numerator = static_cast<double>(in ? wanted - i : left - wanted - (i - k));
      p *= numerator / static_cast<double>(left - i);
      if (in) p *= static_cast<double>(size - i) / static_cast<double>(i + 1);
    }
    return p;
  }

  std::vector<double> mass_;  // of U = s / 2
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_MANN_WHITNEY_EXACT_HPP

// ---- stats/detail/quadrature.hpp

#ifndef MILLRACE_STATS_DETAIL_QUADRATURE_HPP
#define MILLRACE_STATS_DETAIL_QUADRATURE_HPP

namespace millrace {
inline namespace v0 {
namespace detail::stats {

/// log of the integral of exp(log_f(w)) over the real line, for a smooth log_f with one peak that falls off on both
/// sides; the search for it begins at `start` with strides of `stride`.
///
/// The trapezoidal rule, which converges faster than any power of its step here. The step is halved until the sum
/// stands still; as the error is squared by each halving, 1e-8 of change means that rounding is all that is left.
/// Source: L. Trefethen, J. Weideman, SIAM Review 56(3), 2014.
template <class LogF>
double log_integral(LogF log_f, double start, double stride) noexcept {
  double peak = start;
  double top = log_f(peak);
  if (top != top) return nan;
  for (int round = 0; round < 60 && stride > 1e-12 * (1 + std::fabs(peak)); ++round) {
    bool moved = false;
    for (const double side : {1.0, -1.0}) {
      double step = stride;
      for (;;) {
        const double next = log_f(peak + side * step);
        if (!(next > top)) break;
        peak += side * step;
        top = next;
        step *= 2;
        moved = true;
      }
    }
    // Near enough: neither neighbour differs by more than a fraction.
    if (!moved && top - log_f(peak + stride) < 0.05 && top - log_f(peak - stride) < 0.05) break;
    stride *= moved ? 0.5 : 0.25;
  }
  if (top == -infinity) return -infinity;
  // The half width at exp(-1/2), the smaller of both sides, by doubling.
  double width = infinity;
  for (const double side : {1.0, -1.0}) {
    double reach = stride;
    while (reach < 1e3 && top - log_f(peak + side * reach) < 0.5) reach *= 1.5;
    width = std::fmin(width, reach);
  }
  const auto sum_from = [&](double first, double step, double side) {
    double sum = 0;
    for (int i = 0; i < 200'000; ++i) {
      const double term = std::exp(log_f(peak + side * (first + i * step)) - top);
      sum += term;
      if (term <= 1e-19 * (1 + sum)) break;
    }
    return sum;
  };
  double step = width;
  double sum = 1 + sum_from(step, step, 1) + sum_from(step, step, -1);
  for (int halving = 0; halving < 12; ++halving) {
    const double between = sum_from(step / 2, step, 1) + sum_from(step / 2, step, -1);
    const double change = std::fabs(between - sum);
    sum += between;
    step /= 2;
    if (change <= 1e-8 * sum) break;
  }
  return top + std::log(sum * step);
}

/// The x at which log_tail(x), which falls from 0 to -inf as x grows, is `target` < 0: a bracket found from `guess` by
/// growing strides, then the Illinois variant of the false position.
template <class LogTail>
double solve_falling(LogTail log_tail, double target, double guess, double stride) noexcept {
  double low = guess;
  double at_low = log_tail(low) - target;
  for (int i = 0; !(at_low >= 0); ++i) {
    if (i == 200 || at_low != at_low) return nan;
    low -= stride;
    stride *= 2;
    at_low = log_tail(low) - target;
  }
  double high = low + stride;
  double at_high = log_tail(high) - target;
  for (int i = 0; !(at_high <= 0); ++i) {
    if (i == 200 || at_high != at_high) return nan;
    low = high;
    at_low = at_high;
    stride *= 2;
    high += stride;
    at_high = log_tail(high) - target;
  }
  int kept = 0;
  for (int i = 0; i < 200 && high - low > 2 * epsilon * std::fmax(std::fabs(low), std::fabs(high)); ++i) {
    if (at_low == 0) return low;
    if (at_high == 0) return high;
    double x = at_high == -infinity ? low + (high - low) / 2 : low + (high - low) * (at_low / (at_low - at_high));
    if (!(x > low && x < high)) x = low + (high - low) / 2;
    if (!(x > low && x < high)) break;
    const double here = log_tail(x) - target;
    if (here != here) return nan;
    if (here >= 0) {
      low = x;
      at_low = here;
      if (kept > 0) at_high /= 2;
      kept = 1;
    } else {
      high = x;
      at_high = here;
      if (kept < 0) at_low /= 2;
      kept = -1;
    }
    if (std::fabs(here) < 4 * epsilon * std::fabs(target)) return x;
  }
  return low + (high - low) / 2;
}

}  // namespace detail::stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_DETAIL_QUADRATURE_HPP

// ---- stats/detail/chi_mixture.hpp

#ifndef MILLRACE_STATS_DETAIL_CHI_MIXTURE_HPP
#define MILLRACE_STATS_DETAIL_CHI_MIXTURE_HPP

namespace millrace {
inline namespace v0 {
namespace detail::stats {

/// log of the mean of g(s) over s = sqrt(chi-squared / df), where `log_g(s)` is the logarithm of a positive g: what
/// dividing by an estimated deviation does to a tail that is known for a known one.
template <class LogG>
double log_mean_over_chi(double df, LogG log_g) noexcept {
  const double a = df / 2;
  // The density of w = log s, its exponent taken without cancellation.
  const auto log_f = [&](double w) { return -a * expm1mx(2 * w) + log_g(std::exp(w)); };
  return std::log(2 * std::sqrt(a / (2 * pi))) - stirling_error(a) + log_integral(log_f, 0, 1 / std::sqrt(2 * df + 1));
}

}  // namespace detail::stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_DETAIL_CHI_MIXTURE_HPP

// ---- stats/noncentral_t.hpp

#ifndef MILLRACE_STATS_NONCENTRAL_T_HPP
#define MILLRACE_STATS_NONCENTRAL_T_HPP

namespace millrace {
inline namespace v0 {
/// The noncentral t distribution, that of (Z + noncentrality) / sqrt(chi-squared / df): what a t statistic follows
/// when there is an effect, so what power is computed from. See `normal` for what the functions promise; here cdf and
/// sf are integrals of positive terms over the chi density, about 1e-13 relative. Complexity: some hundred normal tails
/// an answer. Allocates: never.
struct noncentral_t {
  double df;
  double noncentrality;

  double cdf(double t) const noexcept { return noncentral_t{df, -noncentrality}.sf(-t); }
  double sf(double t) const noexcept { return std::exp(log_sf(t)); }
  double log_sf(double t) const noexcept {
    if (!(df > 0) || !(std::fabs(noncentrality) < detail::stats::infinity) || t != t) return detail::stats::nan;
    if (t == detail::stats::infinity) return -detail::stats::infinity;
    if (t == -detail::stats::infinity) return 0;
    if (df == detail::stats::infinity || t == 0) return normal{}.log_sf(t - noncentrality);
    // P(Z > t s - noncentrality), averaged over s.
    return detail::stats::log_mean_over_chi(df, [&](double s) { return normal{}.log_sf(t * s - noncentrality); });
  }
  double quantile(double p) const noexcept { return -noncentral_t{df, -noncentrality}.isf(p); }
  double isf(double q) const noexcept {
    if (!(df > 0 && q >= 0 && q <= 1)) return detail::stats::nan;
    if (q == 0) return detail::stats::infinity;
    if (q == 1) return -detail::stats::infinity;
    const double stride = 1 + std::fabs(noncentrality) / std::sqrt(df);
    // The smaller tail is met; the other one barely moves.
    if (q <= 0.5)
      return detail::stats::solve_falling([&](double t) { return log_sf(t); }, std::log(q), noncentrality, stride);
    const noncentral_t mirrored{df, -noncentrality};
    return -detail::stats::solve_falling([&](double t) { return mirrored.log_sf(t); }, std::log1p(-q), -noncentrality,
                                         stride);
  }
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_NONCENTRAL_T_HPP

// ---- stats/poisson.hpp

#ifndef MILLRACE_STATS_POISSON_HPP
#define MILLRACE_STATS_POISSON_HPP

namespace millrace {
inline namespace v0 {

/// The Poisson distribution of counts with the given mean >= 0. Arguments between whole numbers count as the one
/// below. `quantile(p)` is the least k with cdf(k) >= p and `isf(q)` the least with sf(k) <= q, where equality allows
/// for 64 ulp of rounding. See `normal` for what the functions promise.
struct poisson {
  double mean;

  double pmf(double k) const noexcept {
    if (!valid()) return detail::stats::nan;
    if (k < 0 || k != std::floor(k) || k == detail::stats::infinity) return 0;
    if (mean == 0) return k == 0 ? 1 : 0;
    return k == 0 ? std::exp(-mean) : detail::stats::gamma_prefix(k, mean) / k;
  }
  double cdf(double k) const noexcept { return at(k).lower; }
  double sf(double k) const noexcept { return at(k).upper; }
  double quantile(double p) const noexcept {
    if (!(valid() && p >= 0 && p <= 1)) return detail::stats::nan;
    if (p == 1) return mean == 0 ? 0 : detail::stats::infinity;
    const double enough = p * (1 - 64 * detail::stats::epsilon);
    return detail::stats::first_whole(0, 0x1p60, around(normal{}.quantile(p)),
                                      [&](double k) { return cdf(k) >= enough; });
  }
  double isf(double q) const noexcept {
    if (!(valid() && q >= 0 && q <= 1)) return detail::stats::nan;
    if (q == 0) return mean == 0 ? 0 : detail::stats::infinity;
    const double enough = q * (1 + 64 * detail::stats::epsilon);
    return detail::stats::first_whole(0, 0x1p60, around(normal{}.isf(q)), [&](double k) { return sf(k) <= enough; });
  }

 private:
  bool valid() const noexcept { return mean >= 0 && mean < detail::stats::infinity; }
  double around(double z) const noexcept { return mean + std::sqrt(mean) * z + (z * z - 1) / 6; }
  detail::stats::tails at(double k) const noexcept {
    if (!valid() || k != k) return {detail::stats::nan, detail::stats::nan};
    if (k < 0) return {0, 1};
    if (k == detail::stats::infinity || mean == 0) return {1, 0};
    return detail::stats::swapped(detail::stats::incomplete_gamma(std::floor(k) + 1, mean));
  }
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_POISSON_HPP

// ---- stats/student_t.hpp

#ifndef MILLRACE_STATS_STUDENT_T_HPP
#define MILLRACE_STATS_STUDENT_T_HPP

namespace millrace {
inline namespace v0 {

/// Student's t distribution with `df` > 0 degrees of freedom, whole or not; infinity is the normal. See `normal` for
/// what the functions promise.
struct student_t {
  double df;

  double pdf(double t) const noexcept {
    if (!(df > 0) || t != t) return detail::stats::nan;
    if (df == detail::stats::infinity) return normal{}.pdf(t);
    // The density at 0 is Gamma((df + 1) / 2) / (Gamma(df / 2) sqrt(pi df)).
    const double ratio = t / std::sqrt(df);
    const double a = df / 2;
    const double at_zero = std::exp(detail::stats::log_gamma_ratio(0.5, a)) / std::sqrt(detail::stats::pi * df);
    return at_zero * std::exp(-(a + 0.5) * std::log1p(ratio * ratio));
  }
  double cdf(double t) const noexcept { return sf(-t); }
  double sf(double t) const noexcept {
    if (!(df > 0)) return detail::stats::nan;
    if (df == detail::stats::infinity) return normal{}.sf(t);
    const detail::stats::tails two_sided = beyond(std::fabs(t)).at;
    return t >= 0 ? 0.5 * two_sided.upper : 0.5 + 0.5 * two_sided.lower;
  }
  double quantile(double p) const noexcept { return p <= 0.5 ? -solve(p) : solve(1 - p); }
  double isf(double q) const noexcept { return q <= 0.5 ? solve(q) : -solve(1 - q); }

 private:
  /// Both at t >= 0: the probabilities of less and of more in absolute value, and t times the density of that.
  detail::stats::tail_slope beyond(double t) const noexcept {
    if (t == detail::stats::infinity) return {{1, 0}, 0};
    const double a = df / 2;
    const double ratio = t / std::sqrt(df);
    if (ratio > 1e16) {
      // A pure power of t; its square might overflow.
      const double upper = std::exp(detail::stats::log_gamma_ratio(0.5, a) - 0.5 * std::log(detail::stats::pi) -
                                    std::log(a) - df * std::log(ratio));
      return {{1 - upper, upper}, df * upper};
    }
    const double sum = df + t * t;
    const detail::stats::beta_point at{t * t / sum, df / sum, a * ((t - 1) / sum) * (t + 1)};
    return {detail::stats::incomplete_beta(0.5, a, at), 2 * detail::stats::beta_prefix(0.5, a, at)};
  }
  /// The t >= 0 that is exceeded with probability q <= 1/2.
  double solve(double q) const noexcept {
    if (!(df > 0 && q >= 0 && q <= 0.5)) return detail::stats::nan;
    if (df == detail::stats::infinity) return normal{}.isf(q);
    if (q == 0.5) return 0;
    const double z = normal{}.isf(q);
    // Far out the tail is a power of t.
    const double a = df / 2;
    const double power = std::sqrt(df) * std::exp(-(std::log(2 * q * df) + 0.5 * std::log(detail::stats::pi) -
                                                    std::log(2.0) - detail::stats::log_gamma_ratio(0.5, a)) /
                                                  df);
    const double guess = df > 4 && z < df ? z + z * (z * z + 1) / (4 * df) : std::fmax(z, power);
    return detail::stats::invert_positive({1 - 2 * q, 2 * q}, guess, [&](double t) { return beyond(t); });
  }
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_STUDENT_T_HPP

// ---- stats/studentized_range.hpp

#ifndef MILLRACE_STATS_STUDENTIZED_RANGE_HPP
#define MILLRACE_STATS_STUDENTIZED_RANGE_HPP

namespace millrace {
inline namespace v0 {
namespace detail::stats {

/// log P(range of k normals > w), as an integral of positive terms: the largest at z and not all others within w below.
inline double log_range_upper(double groups, double w) noexcept {
  if (!(w > 0)) return 0;
  const double others = groups - 1;
  return std::log(groups) + log_integral(
                                [&](double z) {
                                  const double below = normal_upper(-z);
                                  const double ratio = normal_upper(w - z) / below;
                                  if (!(ratio > 0) || below == 0) return -infinity;
                                  return -0.5 * z * z - half_log_two_pi + others * std::log(below) +
                                         std::log(-std::expm1(others * std::log1p(-ratio)));
                                },
                                w / 2, 0.5);
}

/// log P(range of k normals <= w): the largest at z and all others within w below.
inline double log_range_lower(double groups, double w) noexcept {
  if (!(w > 0)) return -infinity;
  const double others = groups - 1;
  return std::log(groups) + log_integral(
                                [&](double z) {
                                  const double within = z > w / 2 ? normal_upper(z - w) - normal_upper(z)
                                                                  : normal_upper(-z) - normal_upper(w - z);
                                  return -0.5 * z * z - half_log_two_pi + others * std::log(within);
                                },
                                w / 2, 0.5);
}

}  // namespace detail::stats

/// Tukey's studentised range: the range of `groups` >= 2 normals over an independent estimate of their deviation with
/// `df` > 0 degrees of freedom (infinity: known).
/// Guarantee: sf about 1e-12 relative far into the tail; cdf likewise for probabilities above 1e-3.
/// Complexity: a double integral, some thousand normal tails, about a millisecond. Allocates: never.
/// Source: J. Tukey 1953; the double integral as in M. Copenhaver, B. Holland, J. Stat. Comput. Simul. 30, 1988.
struct studentized_range {
  double groups;
  double df;

  double sf(double q) const noexcept { return q <= 0 && valid() ? 1 : std::exp(log_sf(q)); }
  double log_sf(double q) const noexcept {
    if (!valid() || q != q) return detail::stats::nan;
    if (q <= 0) return 0;
    if (q == detail::stats::infinity) return -detail::stats::infinity;
    if (df == detail::stats::infinity) return detail::stats::log_range_upper(groups, q);
    return detail::stats::log_mean_over_chi(df,
                                            [&](double s) { return detail::stats::log_range_upper(groups, q * s); });
  }
  double cdf(double q) const noexcept {
    if (!valid() || q != q) return detail::stats::nan;
    if (q <= 0) return 0;
    if (q == detail::stats::infinity) return 1;
    if (df == detail::stats::infinity) return std::exp(detail::stats::log_range_lower(groups, q));
    return std::exp(
        detail::stats::log_mean_over_chi(df, [&](double s) { return detail::stats::log_range_lower(groups, q * s); }));
  }
  /// The critical value that is exceeded with probability q.
  double isf(double q) const noexcept {
    if (!valid() || !(q >= 0 && q <= 1)) return detail::stats::nan;
    if (q == 0) return detail::stats::infinity;
    if (q == 1) return 0;
    return detail::stats::solve_falling([&](double x) { return log_sf(x); }, std::log(q), 3, 1);
  }
  double quantile(double p) const noexcept { return isf(1 - p); }

 private:
  bool valid() const noexcept { return groups >= 2 && groups < detail::stats::infinity && df > 0; }
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_STUDENTIZED_RANGE_HPP

// ---- stats/e_process.hpp

#ifndef MILLRACE_STATS_E_PROCESS_HPP
#define MILLRACE_STATS_E_PROCESS_HPP

namespace millrace {
inline namespace v0 {

/// An e-value that any p-value makes: kappa p^(kappa - 1), 0 < kappa < 1; weaker than the test it came from.
/// Source: Shafer, Shen, Vereshchagin, Vovk, "Test martingales, Bayes factors and p-values", Stat. Science 26, 2011.
inline double e_from_p(double p, double kappa = 0.5) noexcept { return kappa * std::pow(p, kappa - 1); }

/// The p-value of an e-value: 1 / e, at most 1 (Markov). NaN for NaN and negative ones.
inline double p_from_e(double e) noexcept {
  if (!(e >= 0)) return std::numeric_limits<double>::quiet_NaN();
  return e > 1 ? 1 / e : 1;
}

/// The average of e-values of the same hypothesis: an e-value however they depend on each other. NaN without any.
inline double average_e(std::span<const double> values) noexcept {
  double sum = 0;
  for (const double e : values) sum += e;
  return values.empty() ? std::numeric_limits<double>::quiet_NaN() : sum / static_cast<double>(values.size());
}

/// Evidence that grows bet by bet and may be looked at, acted on and added to at any time.
///
/// Each factor given to `update` must be at least 0 and, if the hypothesis holds, have a mean of at most 1 given
/// all before: an e-value. Their product then exceeds 1 / alpha, ever, with probability alpha at most.
/// Models: an aggregator of factors (merge: the evidence of another, independent stream; save it by its bytes).
/// Guarantee: `p` is valid at any time, however it was decided to look. A factor that is negative or NaN is no e-value
/// and makes the process void: its value is NaN from there on. Trivially copyable; allocates: never. Complexity: O(1).
/// Source: Ville, 1939; Ramdas, Gruenwald, Vovk, Shafer, "Game-theoretic statistics and safe anytime-valid inference",
/// Stat. Science 38(4), 2023.
class e_process {
 public:
  void update(double factor) noexcept {
    if (!(factor >= 0))
      log_ = std::numeric_limits<double>::quiet_NaN();
    else
      log_ += std::log(factor);
    if (log_ > highest_) highest_ = log_;
    ++count_;
  }

  /// The product of both: first this one's stream, then the other's.
  void merge(const e_process& later) noexcept {
    if (log_ + later.highest_ > highest_) highest_ = log_ + later.highest_;
    log_ += later.log_;
    count_ += later.count_;
  }

  double value() const noexcept { return std::exp(log_); }
  double log_value() const noexcept { return log_; }
  /// The highest value it ever had.
  double highest() const noexcept { return log_ == log_ ? std::exp(highest_) : log_; }
  double p() const noexcept { return log_ == log_ ? std::exp(-highest_) : log_; }
  bool rejects(double alpha) const noexcept { return p() <= alpha; }
  std::uint64_t count() const noexcept { return count_; }

 private:
  double log_ = 0;
  double highest_ = 0;  // at least 1: p is at most 1
  std::uint64_t count_ = 0;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_E_PROCESS_HPP

// ---- stats/group_sequential.hpp

#ifndef MILLRACE_STATS_GROUP_SEQUENTIAL_HPP
#define MILLRACE_STATS_GROUP_SEQUENTIAL_HPP

namespace millrace {
inline namespace v0 {

/// How much of alpha is spent by each share of the planned information. Source: Lan, DeMets, "Discrete sequential
/// boundaries for clinical trials", Biometrika 70, 1983.
enum class spending : std::uint8_t {
  /// Little at first, nearly all at the end: the last limit is close to that of a fixed sample.
  obrien_fleming,
  /// About evenly: stops sooner on large effects.
  pocock,
};

constexpr std::string_view to_string(spending how) noexcept {
  return how == spending::pocock ? "Pocock" : "O'Brien-Fleming";
}

/// The alpha spent by the share t of the information, of `alpha` for one side.
inline double alpha_spent(spending how, double alpha, double t) noexcept {
  if (!(t > 0)) return 0;
  if (t >= 1) return alpha;
  if (how == spending::pocock) return alpha * std::log1p(1.7182818284590452 * t);
  return 2 * normal{}.sf(normal{}.isf(0.5 * alpha) / std::sqrt(t));
}

/// One look at a group sequential test.
struct group_look {
  double information = 0;  // share of what was planned
  double z = 0;
  /// |z| (or z, one-sided) at or above this rejects.
  double limit = 0;
  /// Of alpha, all sides together, up to and with this look.
  double spent = 0;
  bool rejects = false;
};

/// A test with a few looks, at times that need not be planned: limits by what may be spent of alpha.
///
/// Units: information is the share of the planned one, in (0, 1] and increasing; the statistic is a z-score. Two-sided
/// tests are symmetric: each side spends half of alpha, as in R's gsDesign and ldbounds.
/// Guarantee: limits to 1e-6 against published tables; the probability of ever rejecting a true null hypothesis is
/// alpha. A state that was saved and loaded goes on with the same limits to the bit. Complexity: a look O(m^2) with m
/// about 100 nodes, 0.1 ms; allocates: the nodes. Threads: one at a time. Source: Armitage, McPherson, Rowe, JRSS A
/// 132, 1969 (the recursion); Lan, DeMets 1983.
class group_sequential {
 public:
  /// Errors: invalid_argument: alpha not in (0, 0.5].
  static result<group_sequential> make(spending how, double alpha = 0.05, bool two_sided = true) {
    if (!(alpha > 0 && alpha <= 0.5))
      return error(errc::invalid_argument,
                   "group sequential test: alpha is " + std::to_string(alpha) + ", not in (0, 0.5]");
    return group_sequential(how, alpha, two_sided);
  }

  /// The next look. Errors: invalid_argument: information that does not increase or leaves (0, 1], z NaN, a look after
  /// a rejection or after the last one.
  result<group_look> look(double information, double z) {
    const double before = looks_.empty() ? 0 : looks_.back().information;
    if (!(information > before && information <= 1))
      return error(errc::invalid_argument, "group sequential test: the share of information is " +
                                               std::to_string(information) + " after " + std::to_string(before) +
                                               "; it must increase and end at 1");
    if (z != z) return error(errc::invalid_argument, "group sequential test: z is NaN");
    if (!looks_.empty() && looks_.back().rejects)
      return error(errc::invalid_argument, "group sequential test: it has rejected already");
    group_look now{information, z, 0, 0, false};
    const double target = alpha_spent(how_, alpha_ / sides(), information);
    now.limit = advance(information, target - spent_one_side_);
    spent_one_side_ = target;
    now.spent = sides() * target;
    now.rejects = (two_sided_ ? std::fabs(z) : z) >= now.limit;
    looks_.push_back(now);
    return now;
  }

  std::span<const group_look> looks() const noexcept { return looks_; }
  bool rejected() const noexcept { return !looks_.empty() && looks_.back().rejects; }
  spending how() const noexcept { return how_; }
  double alpha() const noexcept { return alpha_; }
  bool two_sided() const noexcept { return two_sided_; }

  std::vector<std::byte> save() const {
    envelope_writer to(type);
    to.u8(static_cast<std::uint8_t>(how_));
    to.u8(two_sided_ ? 1 : 0);
    to.f64(alpha_);
    to.u64(looks_.size());
    for (const group_look& one : looks_) {
      to.f64(one.information);
      to.f64(one.z);
    }
    return std::move(to).finish();
  }
  /// The looks are taken again: what bytes promise is not believed, but worked out.
  static result<group_sequential> load(std::span<const std::byte> bytes) {
    auto from = envelope_reader::open(bytes, type);
    if (!from) return std::move(from).error();
    const std::uint8_t how = from->u8();
    const std::uint8_t sides = from->u8();
    const double alpha = from->f64();
    const std::size_t count = from->count(16);
    const bool valid = how <= 1 && sides <= 1 && alpha > 0 && alpha <= 0.5 && count <= most_looks;
    group_sequential made(static_cast<spending>(how <= 1 ? how : 0), valid ? alpha : 0.05, sides == 1);
    bool good = valid;
    for (std::size_t i = 0; i < count && good; ++i) {
      const double information = from->f64();
      const double z = from->f64();
      good = made.look(information, z).has_value();
    }
    if (auto done = from->finish(good); !done) return std::move(done).error();
    return made;
  }

 private:
  static constexpr const char* type = "group_sequential";
  static constexpr std::size_t most_looks = 10'000;

  group_sequential(spending how, double alpha, bool two_sided) : how_(how), alpha_(alpha), two_sided_(two_sided) {}
  double sides() const noexcept { return two_sided_ ? 2 : 1; }

  /// Nodes and weights of Gauss and Legendre on [-1, 1]; the last ones asked for are kept.
  const std::vector<double>& rule(std::size_t n) {
    if (rule_.size() == 2 * n) return rule_;
    rule_.assign(2 * n, 0);
    const auto dn = static_cast<double>(n);
    for (std::size_t i = 0; i < (n + 1) / 2; ++i) {
      double x = std::cos(3.14159265358979323846 * (static_cast<double>(i) + 0.75) / (dn + 0.5));
      double slope = 0;
      for (int round = 0; round < 4; ++round) {
        double now = 1;
        double last = 0;
        for (std::size_t k = 1; k <= n; ++k) {
          const auto d = static_cast<double>(k);
          const double next = ((2 * d - 1) * x * now - (d - 1) * last) / d;
          last = now;
          now = next;
        }
        slope = dn * (x * now - last) / (x * x - 1);
        x -= now / slope;
      }
      rule_[i] = -x;
      rule_[n - 1 - i] = x;
      rule_[n + i] = rule_[2 * n - 1 - i] = 2 / ((1 - x * x) * slope * slope);
    }
    return rule_;
  }

  /// The limit at which crossing for the first time on one side has this probability; and the law of the statistic, on
  /// the scale of Brownian motion, among those that did not cross.
  double advance(double information, double probability) {
    const double sd = std::sqrt(information - at_);
    const double unit = std::sqrt(information);
    const double out_of_reach = 9;                      // a limit that is never reached
    const auto crossing = [&](double limit) {  // and its slope
      const double edge = limit * unit;
      double all = 0;
      double slope = 0;
      if (place_.empty()) {
        all = normal{}.sf(edge / sd);
        slope = -normal{}.pdf(edge / sd) * unit / sd;
      } else {
        for (std::size_t i = 0; i < place_.size(); ++i) {
          const double z = (edge - place_[i]) / sd;
          if (z > 9) continue;
          all += mass_[i] * normal{}.sf(z);
          slope -= mass_[i] * normal{}.pdf(z) * unit / sd;
        }
      }
      return std::pair{all, slope};
    };
    double limit = out_of_reach;
    if (probability > 1e-18) {
      // Newton on the logarithm of the probability, kept within a bracket.
      double low = -out_of_reach;
      double high = out_of_reach;
      limit = normal{}.isf(probability < 0.5 ? probability : 0.5);
      for (int i = 0; i < 60; ++i) {
        const auto [all, slope] = crossing(limit);
        (all > probability ? low : high) = limit;
        double next = all > 0 && slope < 0 ? limit - std::log(all / probability) * all / slope : 0.5 * (low + high);
        if (!(next > low && next < high)) next = 0.5 * (low + high);
        const double moved = std::fabs(next - limit);
        limit = next;
        if (moved < 1e-12) break;
      }
    }
    // One-sided tests go on far below zero.
    const double upper = limit * unit;
    const double lower = two_sided_ ? -upper : -out_of_reach * unit;
    const double widths = (upper - lower) / sd;
    std::size_t n = 64;
    while (static_cast<double>(n) < 24 + 1.2 * widths && n < 1024) n += 32;
    const auto& nodes = rule(n);
    std::vector<double> place(n);
    std::vector<double> mass(n);
    for (std::size_t k = 0; k < n; ++k) {
      place[k] = 0.5 * (upper + lower) + 0.5 * (upper - lower) * nodes[k];
      double density = 0;
      if (place_.empty()) {
        density = std::exp(-0.5 * place[k] * place[k] / (sd * sd));
      } else {
        for (std::size_t i = 0; i < place_.size(); ++i) {
          const double z = (place[k] - place_[i]) / sd;
          if (z * z < 90) density += mass_[i] * std::exp(-0.5 * z * z);
        }
      }
      mass[k] = 0.5 * (upper - lower) * nodes[n + k] * density * 0.39894228040143267794 / sd;
    }
    place_ = std::move(place);
    mass_ = std::move(mass);
    at_ = information;
    return limit;
  }

  spending how_;
  double alpha_;
  bool two_sided_;
  double spent_one_side_ = 0;
  double at_ = 0;
  std::vector<group_look> looks_;
  std::vector<double> place_;
  std::vector<double> mass_;
  std::vector<double> rule_;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_GROUP_SEQUENTIAL_HPP

// ---- stats/mixture_sprt.hpp

#ifndef MILLRACE_STATS_MIXTURE_SPRT_HPP
#define MILLRACE_STATS_MIXTURE_SPRT_HPP

namespace millrace {
inline namespace v0 {

/// The logarithm of the mixture likelihood ratio of an estimate with that variance, against 0, with effects spread
/// normally with variance `spread`. NaN for a variance or spread that is not positive.
/// Source: Johari, Koomen, Pekelis, Walsh, "Always valid inference", Operations Research 70(3), 2022, eq. 12.
inline double log_mixture_ratio(double estimate, double variance, double spread) noexcept {
  if (!(variance > 0 && spread > 0)) return std::numeric_limits<double>::quiet_NaN();
  const double all = variance + spread;
  return 0.5 * (std::log(variance / all) + estimate / variance * (spread / all) * estimate);
}

/// The estimates that the mixture test does not reject: estimate -+ this. Source: as above, solved for the effect.
inline double mixture_reach(double variance, double spread, double alpha) noexcept {
  const double all = variance + spread;
  return std::sqrt(variance * all / spread * (std::log(all / variance) - 2 * std::log(alpha)));
}

/// The spread of effects for which that reach is shortest, at estimates of that variance: effects one would just find.
/// Source: Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas, "Time-uniform central limit theory and asymptotic confidence
/// sequences", Ann. Stat. 52, 2024, appendix B.2 (the approximation of the Lambert function there).
inline double shortest_spread(double variance, double alpha) noexcept {
  const double l = -2 * std::log(alpha);
  return variance * (l + std::log1p(l));
}

/// A mean of normal observations of known deviation against `null`, valid at any time: Robbins' mixture of tests.
///
/// Units: `spread` is the standard deviation of the effects to be found, in the observations' unit. Guarantee: if the
/// mean is `null`, P(p() <= alpha, ever) <= alpha. Where the deviation is estimated, use a `normal_mixture` interval's
/// asymptotic form or a `two_arm_e_process`. An observation that is not finite is left out.
/// Complexity: update O(1), 1 ns; trivially copyable; allocates: never. Merge is exact.
/// Source: Robbins, Ann. Math. Stat. 41, 1970; Johari and others 2022.
class mixture_sprt {
 public:
  mixture_sprt(double null, double stddev, double spread) noexcept
      : null_(null), variance_(stddev * stddev), spread_(spread * spread) {}

  void update(double x) noexcept {
    const double d = x - null_;
    if (!(std::fabs(d) <= 1e300)) return;
    sum_ += d;
    count_ += 1;
  }
  /// Of the same test.
  void merge(const mixture_sprt& other) noexcept {
    sum_ += other.sum_;
    count_ += other.count_;
  }

  double log_e_value() const noexcept {
    return count_ > 0 ? log_mixture_ratio(sum_ / count_, variance_ / count_, spread_) : 0;
  }
  double e_value() const noexcept { return std::exp(log_e_value()); }
  /// min(1, 1 / e_value): the p-value of this moment, valid at any moment.
  double p() const noexcept {
    const double l = log_e_value();
    return l > 0 ? std::exp(-l) : l <= 0 ? 1 : l;
  }
  bool rejects(double alpha) const noexcept { return log_e_value() >= -std::log(alpha); }
  std::uint64_t count() const noexcept { return static_cast<std::uint64_t>(count_); }

 private:
  double null_;
  double variance_;
  double spread_;
  double sum_ = 0;
  double count_ = 0;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_MIXTURE_SPRT_HPP

// ---- stats/sequential_sample_ratio.hpp

#ifndef MILLRACE_STATS_SEQUENTIAL_SAMPLE_RATIO_HPP
#define MILLRACE_STATS_SEQUENTIAL_SAMPLE_RATIO_HPP

namespace millrace {
inline namespace v0 {

/// Whether the arms of an experiment get the shares they were configured with, as of now.
struct sample_ratio_evidence {
  double log_e = 0;
  /// min(1, 1/e): may be looked at any time.
  double p = 1;
  /// The largest relative departure of an arm's share from its configured one.
  double largest_departure = 0;
  double n = 0;
  /// p <= alpha, and the departure is at least the gate: worth stopping for.
  bool mismatch = false;
};

/// What counts as a mismatch. `concentration`: how close to the configured shares the true ones are expected to be;
/// large finds small departures, later.
struct sample_ratio_gate {
  double alpha = 0.001;
  double least_departure = 0.01;
  double concentration = 1000;
};

/// Sample ratio mismatch, tested at any time from the arms' counts alone, so it works on merged counts.
///
/// Shapes: one count and one weight an arm; weights need not sum to one. An arm of weight zero is no part of the
/// mixture (it adds no degree of freedom); one observation there is a mismatch beyond doubt. Guarantee: if arms are
/// drawn by the weights, P(p <= alpha, ever) <= alpha. Complexity: O(arms); allocates: never. Errors: shape_mismatch;
/// invalid_argument: a negative or NaN count or weight (with its arm), fewer than one arm with weight, an option
/// outside its domain. Source: Lindon, Malek, "Anytime-valid inference for multinomial count data", NeurIPS 2022,
/// eq. 6.
inline result<sample_ratio_evidence> sequential_sample_ratio(std::span<const double> counts,
                                                             std::span<const double> weights,
                                                             sample_ratio_gate gate = {}) {
  if (counts.size() != weights.size())
    return error(errc::shape_mismatch, "sample ratio: " + std::to_string(counts.size()) + " counts, " +
                                           std::to_string(weights.size()) + " weights");
  if (!(gate.alpha > 0 && gate.alpha < 1 && gate.least_departure >= 0 && gate.concentration > 0))
    return error(errc::invalid_argument,
                 "sample ratio: alpha must lie in (0, 1), the departure be 0 or more, the "
                 "concentration positive");
  double total = 0;
  double n = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (!(counts[i] >= 0 && counts[i] < 1e18 && weights[i] >= 0 && weights[i] < 1e18))
      return error(errc::invalid_argument, "sample ratio: arm " + std::to_string(i) + " has count " +
                                               std::to_string(counts[i]) + " and weight " + std::to_string(weights[i]));
    total += weights[i];
    n += counts[i];
  }
  if (!(total > 0)) return error(errc::invalid_argument, "sample ratio: no arm has any weight");
  sample_ratio_evidence found;
  found.n = n;
  double log_e = std::lgamma(gate.concentration) - std::lgamma(gate.concentration + n);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (weights[i] == 0) {
      if (counts[i] > 0) {
        log_e = std::numeric_limits<double>::infinity();
        found.largest_departure = log_e;
      }
      continue;
    }
    const double share = weights[i] / total;
    const double prior = gate.concentration * share;
    log_e += std::lgamma(prior + counts[i]) - std::lgamma(prior) - counts[i] * std::log(share);
    if (n > 0) {
      const double departure = std::fabs(counts[i] / n / share - 1);
      if (departure > found.largest_departure) found.largest_departure = departure;
    }
  }
  found.log_e = log_e;
  found.p = log_e > 0 ? std::exp(-log_e) : 1;
  found.mismatch = found.p <= gate.alpha && found.largest_departure >= gate.least_departure;
  return found;
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_SEQUENTIAL_SAMPLE_RATIO_HPP

// ---- stats/sprt.hpp

#ifndef MILLRACE_STATS_SPRT_HPP
#define MILLRACE_STATS_SPRT_HPP

namespace millrace {
inline namespace v0 {

/// What a sequential probability ratio test says so far.
enum class sprt_verdict : std::uint8_t { undecided, null, alternative };

/// Wald's test of one rate or mean against another: the shortest test of two simple hypotheses.
///
/// Guarantee: P(alternative | null holds) <= alpha / (1 - beta) and P(null | alternative holds) <= beta / (1 - alpha),
/// nearly alpha and beta: they are kept together, alpha' + beta' <= alpha + beta. A verdict stands: later observations
/// do not change it. An observation that is not finite is left out. Complexity: update O(1), 2 ns; trivially copyable;
/// allocates: never. Source: Wald, "Sequential tests of statistical hypotheses", Ann. Math. Stat. 16, 1945, sections 3
/// to 5.
class sprt {
 public:
  /// A rate of successes: `null` against `alternative`, both in (0, 1).
  /// Errors: invalid_argument: equal rates or ones outside, alpha or beta not in (0, 1) or with alpha + beta >= 1.
  static result<sprt> of_rates(double null, double alternative, double alpha = 0.05, double beta = 0.2) {
    if (!(null > 0 && null < 1 && alternative > 0 && alternative < 1 && null != alternative))
      return error(errc::invalid_argument, "sprt: the rates are " + std::to_string(null) + " and " +
                                               std::to_string(alternative) +
                                               "; two different ones in (0, 1) are needed");
    // One success adds ln(p1/p0), one failure ln((1-p1)/(1-p0)): a line in x.
    const double failure = std::log1p(-alternative) - std::log1p(-null);
    return make(std::log(alternative / null) - failure, failure, alpha, beta);
  }
  /// A mean of normal observations of known deviation. Errors: as above.
  static result<sprt> of_means(double null, double alternative, double stddev, double alpha = 0.05, double beta = 0.2) {
    if (!(stddev > 0 && std::isfinite(stddev) && std::isfinite(null) && std::isfinite(alternative) &&
          null != alternative))
      return error(errc::invalid_argument, "sprt: two different finite means and a positive deviation are needed");
    const double slope = (alternative - null) / stddev / stddev;
    return make(slope, -0.5 * slope * (null + alternative), alpha, beta);
  }

  sprt_verdict update(double x) noexcept {
    if (!std::isfinite(x) || verdict_ != sprt_verdict::undecided) return verdict_;
    ++count_;
    log_ratio_ += slope_ * x + offset_;
    if (log_ratio_ >= upper_) verdict_ = sprt_verdict::alternative;
    if (log_ratio_ <= lower_) verdict_ = sprt_verdict::null;
    return verdict_;
  }

  sprt_verdict verdict() const noexcept { return verdict_; }
  double log_ratio() const noexcept { return log_ratio_; }
  /// The limits of log_ratio.
  double lower() const noexcept { return lower_; }
  double upper() const noexcept { return upper_; }
  std::uint64_t count() const noexcept { return count_; }

 private:
  sprt(double slope, double offset, double lower, double upper) noexcept
      : slope_(slope), offset_(offset), lower_(lower), upper_(upper) {}

  static result<sprt> make(double slope, double offset, double alpha, double beta) {
    if (!(alpha > 0 && beta > 0 && alpha + beta < 1))
      return error(errc::invalid_argument, "sprt: alpha " + std::to_string(alpha) + " and beta " +
                                               std::to_string(beta) + " must be positive and together below 1");
    return sprt(slope, offset, std::log(beta / (1 - alpha)), std::log((1 - beta) / alpha));
  }

  double slope_;
  double offset_;
  double lower_;
  double upper_;
  double log_ratio_ = 0;
  std::uint64_t count_ = 0;
  sprt_verdict verdict_ = sprt_verdict::undecided;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_SPRT_HPP

// ---- stats/two_arm_e_process.hpp

#ifndef MILLRACE_STATS_TWO_ARM_E_PROCESS_HPP
#define MILLRACE_STATS_TWO_ARM_E_PROCESS_HPP

namespace millrace {
inline namespace v0 {

/// How two arms are filled, and which effects are worth finding soon.
struct two_arm_design {
  /// Of all observations, the share that the treatment gets by chance; in (0, 1).
  double share = 0.5;
  /// The effect, in standard deviations of an observation, at which a test is to be shortest; the bets spread around it
  /// from a fifteenth to sixteen times of it. 0.06 is .10 against .12.
  double effect = 0.06;
};

/// Tests at any time whether two randomised arms differ: it bets, observation by observation, that the larger ones fall
/// to one of the arms.
///
/// Under the hypothesis that the arm makes no difference to what is observed, the arm is a coin toss of known odds
/// whatever the observation is, so no bet on it gains on average. Nothing is assumed of the observations: rates of one
/// in a thousand, skewed amounts, from the first one on. The score may be anything that was fixed before the arm is
/// looked at: an outcome, a residual, a ratio's numerator less its expected share.
///
/// Guarantee: if the arm makes no difference, P(e_value() >= 1/alpha, ever) <= alpha, under any way of looking and
/// stopping. A test of equal distributions that gains where means differ: where means are equal and variances are not,
/// it holds as far as no bet is cut (scores beyond 7 to 200 deviations). Arms that alternate by a fixed order keep the
/// guarantee too. With the default design .10 against .12 stops on average after 4,000 observations an arm at alpha
/// 0.05. A score that is not finite is left out. Two processes merge to the bet on both streams, with one mixture.
/// Complexity: update O(16 bets), 6 ns; 300 bytes; allocates: only `save`. Threads: one at a time.
/// Source: betting against exchangeability as in Shekhar, Ramdas, "Nonparametric two-sample testing by betting", IEEE
/// Trans. Inf. Theory 70(2), 2024; mixtures: Robbins, Ann. Math. Stat. 41, 1970.
class two_arm_e_process {
 public:
  /// Half for each arm, effect 0.06.
  two_arm_e_process() noexcept { set({}); }

  /// Errors: invalid_argument: a share outside (0, 1), an effect that is not positive and finite.
  static result<two_arm_e_process> make(two_arm_design design) {
    if (!(design.share > 0 && design.share < 1))
      return error(errc::invalid_argument,
                   "two-arm test: the treatment's share is " + std::to_string(design.share) + ", not between 0 and 1");
    if (!(design.effect > 0 && design.effect < 1e6))
      return error(errc::invalid_argument,
                   "two-arm test: the effect is " + std::to_string(design.effect) + ", not positive and finite");
    two_arm_e_process made;
    made.set(design);
    return made;
  }

  void update(bool treated, double x) noexcept {
    const double d = x - mean_;
    if (!(std::fabs(d) <= 1e150)) [[unlikely]]
      return;
    double g = d * scale_;
    const double odds = odds_[treated ? 1 : 0];  // no branch: arms are random
    if (std::fabs(g) <= reach_) [[likely]] {
      g *= odds;
      for (std::size_t i = 0; i < sizes; ++i) {
        const double h = size_[i] * g;
        upper_[i] *= 1 + h;
        lower_[i] *= 1 - h;
      }
    } else {
      for (std::size_t i = 0; i < sizes; ++i) {
        const double h = odds * cut(size_[i] * g);
        upper_[i] *= 1 + h;
        lower_[i] *= 1 - h;
      }
    }
    block_sum_ += d;
    block_squares_ += d * d;
    if (++block_ >= block_size_) [[unlikely]]
      close_block();
  }

  /// Another part of the same experiment: other machine, other thread. A rejection by looks at the other part alone
  /// does not count: two tests were then made. Errors: invalid_argument: another design.
  result<void> merge(const two_arm_e_process& other) {
    if (design_.share != other.design_.share || design_.effect != other.design_.effect)
      return error(errc::invalid_argument, "two-arm tests of different designs cannot be merged");
    two_arm_e_process that = other;
    close_block();
    that.close_block();
    for (std::size_t i = 0; i < sizes; ++i) {
      upper_[i] *= that.upper_[i];
      lower_[i] *= that.lower_[i];
    }
    log_unit_ += that.log_unit_;
    join(that.count_, that.mean_, that.squares_);
    tidy();
    return {};
  }

  std::uint64_t count() const noexcept { return static_cast<std::uint64_t>(count_) + block_; }
  /// Evidence so far. Looking costs 10 ns.
  double e_value() const noexcept { return log_unit_ == 0 ? mixture() : std::exp(log_e_value()); }
  double log_e_value() const noexcept { return std::log(mixture()) + log_unit_; }
  /// The same as a p-value that may be looked at any time.
  double p() const noexcept {
    const double log_e = log_e_value();
    return log_e > 0 ? std::exp(-log_e) : 1;
  }
  /// Looks, and remembers the highest evidence seen by looks: a rejection stands.
  bool rejects(double alpha) noexcept {
    const double log_e = log_e_value();
    if (log_e > highest_) highest_ = log_e;
    return highest_ >= -std::log(alpha);
  }
  const two_arm_design& design() const noexcept { return design_; }

  std::vector<std::byte> save() const {
    envelope_writer to(type);
    save(to);
    return std::move(to).finish();
  }
  static result<two_arm_e_process> load(std::span<const std::byte> bytes) {
    auto from = envelope_reader::open(bytes, type);
    if (!from) return std::move(from).error();
    two_arm_e_process made;
    const bool valid = made.load(*from);
    if (auto done = from->finish(valid); !done) return std::move(done).error();
    return made;
  }
  void save(envelope_writer& to) const {
    for (const double d : {design_.share, design_.effect, count_, mean_, squares_, scale_, block_sum_, block_squares_,
                           log_unit_, highest_})
      to.f64(d);
    to.u32(block_);
    for (std::size_t i = 0; i < sizes; ++i) {
      to.f64(upper_[i]);
      to.f64(lower_[i]);
    }
  }
  /// False: the numbers contradict each other, and this is not to be used.
  bool load(envelope_reader& from) {
    two_arm_design design;
    design.share = from.f64();
    design.effect = from.f64();
    if (!(design.share > 0 && design.share < 1 && design.effect > 0 && design.effect < 1e6)) return false;
    set(design);
    for (double* d : {&count_, &mean_, &squares_, &scale_, &block_sum_, &block_squares_, &log_unit_, &highest_})
      *d = from.f64();
    block_ = from.u32();
    bool valid = count_ >= 0 && count_ < 0x1p53 && squares_ >= 0 && scale_ >= 0 && block_squares_ >= 0 &&
                 std::isfinite(mean_) && std::isfinite(block_sum_) && std::isfinite(log_unit_) && highest_ >= 0;
    block_size_ = next_block();
    valid = valid && block_ < block_size_;
    for (std::size_t i = 0; i < sizes; ++i) {
      upper_[i] = from.f64();
      lower_[i] = from.f64();
      valid = valid && upper_[i] >= 0 && lower_[i] >= 0 && upper_[i] < 1e300 && lower_[i] < 1e300;
    }
    return valid;
  }

 private:
  static constexpr std::size_t sizes = 8;
  static constexpr double most_bet = 0.45;
  static constexpr const char* type = "two_arm_e_process";

  static double cut(double h) noexcept { return h > most_bet ? most_bet : h < -most_bet ? -most_bet : h; }

  /// Half effects in powers of two around the one asked for, with weights of a normal law of the logarithm.
  void set(two_arm_design design) noexcept {
    design_ = design;
    double total = 0;
    for (std::size_t i = 0; i < sizes; ++i) {
      const double steps = static_cast<double>(i) - 3.75;
      size_[i] = 0.5 * design.effect * std::exp2(steps);
      weight_[i] = std::exp(-0.5 * (steps * 0.69314718055994531 / 0.8) * (steps * 0.69314718055994531 / 0.8));
      total += 2 * weight_[i];
      upper_[i] = lower_[i] = 1;
    }
    for (double& w : weight_) w /= total;
    // A bet h on the treatment multiplies by 1 + 2 (1 - share) h if it was the treatment, by 1 - 2 share h if not.
    odds_ = {-2 * design.share, 2 * (1 - design.share)};
    reach_ = most_bet / size_[sizes - 1];
  }

  double mixture() const noexcept {
    double even = 0;
    double odd = 0;
    for (std::size_t i = 0; i < sizes; i += 2) {
      even += weight_[i] * (upper_[i] + lower_[i]);
      odd += weight_[i + 1] * (upper_[i + 1] + lower_[i + 1]);
    }
    return even + odd;
  }

  std::uint32_t next_block() const noexcept { return count_ < 8 ? 1 : count_ < 64 ? 8 : 64; }

  void join(double count, double mean, double squares) noexcept {
    if (count == 0) return;
    const double all = count_ + count;
    const double d = mean - mean_;
    squares_ += squares + d * d * (count_ / all) * count;
    mean_ += d * (count / all);
    count_ = all;
    scale_ = squares_ > 0 ? std::sqrt((count_ - 1) / squares_) : 0;
    block_size_ = next_block();
  }

  void close_block() noexcept {
    if (block_ == 0) return;
    const auto n = static_cast<double>(block_);
    const double d = block_sum_ / n;  // about mean_
    const double squares = block_squares_ - block_sum_ * d;
    block_sum_ = block_squares_ = 0;
    block_ = 0;
    join(n, mean_ + d, squares > 0 ? squares : 0);
    tidy();
  }

  /// Keeps the products within the range of doubles: a factor is at least 0.1 and at most 1.9, and a block has 64.
  void tidy() noexcept {
    double most = 0;
    for (std::size_t i = 0; i < sizes; ++i) {
      if (upper_[i] > most) most = upper_[i];
      if (lower_[i] > most) most = lower_[i];
    }
    double factor = 1;
    if (most > 1e60) {
      factor = 1e-60;
      log_unit_ += 138.15510557964274;
    } else if (most < 1e-60 && most > 0) {
      factor = 1e60;
      log_unit_ -= 138.15510557964274;
    }
    for (std::size_t i = 0; i < sizes; ++i) {
      upper_[i] *= factor;
      lower_[i] *= factor;
      if (upper_[i] < 1e-140) upper_[i] = 0;  // a bet lost for good: giving it up is safe, denormal numbers are slow
      if (lower_[i] < 1e-140) lower_[i] = 0;
    }
  }

  alignas(16) std::array<double, sizes> size_;
  alignas(16) std::array<double, sizes> upper_;
  alignas(16) std::array<double, sizes> lower_;
  std::array<double, sizes> weight_;
  two_arm_design design_;
  std::array<double, 2> odds_{-1, 1};
  double reach_ = 0;
  double mean_ = 0;  // of all closed blocks, as is scale_, 1 / standard deviation
  double scale_ = 0;
  double block_sum_ = 0;
  double block_squares_ = 0;
  std::uint32_t block_ = 0;
  std::uint32_t block_size_ = 1;
  double count_ = 0;
  double squares_ = 0;
  double log_unit_ = 0;
  double highest_ = 0;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_TWO_ARM_E_PROCESS_HPP

// ---- stats.hpp

#ifndef MILLRACE_STATS_HPP
#define MILLRACE_STATS_HPP

/// stats: distributions, tests and intervals that are exact in the tails.
///
/// Distributions, each with cdf, survival function, and the quantile of either tail:
/// - `normal`, `student_t`, `chi_squared`, `fisher_f`, `gamma`, `beta`, `binomial`, `poisson`
/// - `noncentral_t` for power, `studentized_range` for Tukey's comparisons
/// - `kolmogorov` and its exact forms for finite samples, `mann_whitney_exact` with ties
///
/// Valid however often one looks, or at planned looks:
/// - `two_arm_e_process`: whether two arms differ, by bets on single units; `e_process`: evidence that multiplies
/// - `sprt`, `mixture_sprt`; `group_sequential`: limits that spend alpha over a few looks
/// - `sequential_sample_ratio`: whether arms are filled as configured
///
/// Standard library alone.

#endif  // MILLRACE_STATS_HPP

// ---- store/file_system.hpp

#ifndef MILLRACE_STORE_FILE_SYSTEM_HPP
#define MILLRACE_STORE_FILE_SYSTEM_HPP

namespace millrace {
inline namespace v0 {

/// What the store asks of a file system: the POSIX calls and their answers, -1 with errno on
/// failure. A policy, so that tests can hand in a disk that is full, slow or broken.
/// Threads: as the store says; `posix_file_system` any.
template <class F>
concept file_system = std::movable<F> && requires(F& fs, const char* path, int fd, const void* from, void* to,
                                                  std::size_t size, std::uint64_t offset) {
  { fs.open(path, 0, 0U) } noexcept -> std::same_as<int>;
  { fs.close(fd) } noexcept -> std::same_as<int>;
  { fs.write(fd, from, size) } noexcept -> std::same_as<std::ptrdiff_t>;
  { fs.read_at(fd, to, size, offset) } noexcept -> std::same_as<std::ptrdiff_t>;
  { fs.truncate(fd, offset) } noexcept -> std::same_as<int>;
  { fs.sync_data(fd) } noexcept -> std::same_as<int>;
  { fs.sync_directory_of(path) } noexcept -> std::same_as<int>;
  { fs.lock(fd) } noexcept -> std::same_as<int>;
  { fs.regular_size(fd) } noexcept -> std::same_as<std::int64_t>;
};

/// The machine's own.
struct posix_file_system {
  int open(const char* path, int flags, unsigned mode) noexcept { return ::open(path, flags, mode); }
  int close(int fd) noexcept { return ::close(fd); }
  std::ptrdiff_t write(int fd, const void* from, std::size_t size) noexcept { return ::write(fd, from, size); }
  std::ptrdiff_t read_at(int fd, void* to, std::size_t size, std::uint64_t offset) noexcept {
    return ::pread(fd, to, size, static_cast<off_t>(offset));
  }
  int truncate(int fd, std::uint64_t size) noexcept { return ::ftruncate(fd, static_cast<off_t>(size)); }
  int sync_data(int fd) noexcept { return ::fdatasync(fd); }
  /// Makes a file's name durable: syncs the directory that it stands in.
  int sync_directory_of(const char* path) noexcept {
    const char* const slash = std::strrchr(path, '/');
    char directory[4096] = ".";
    if (slash != nullptr) {
      const auto length = slash == path ? std::size_t{1} : static_cast<std::size_t>(slash - path);
      if (length >= sizeof directory) {
        errno = ENAMETOOLONG;
        return -1;
      }
      std::memcpy(directory, path, length);
      directory[length] = '\0';
    }
    const int fd = ::open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return -1;
    const int failed = ::fsync(fd);
    const int why = errno;
    ::close(fd);
    errno = why;
    return failed;
  }
  /// An exclusive advisory lock, or EWOULDBLOCK.
  int lock(int fd) noexcept { return ::flock(fd, LOCK_EX | LOCK_NB); }
  /// The size of a regular file; EINVAL for anything else.
  std::int64_t regular_size(int fd) noexcept {
    struct stat about {};
    if (::fstat(fd, &about) != 0) return -1;
    if (!S_ISREG(about.st_mode)) {
      errno = EINVAL;
      return -1;
    }
    return about.st_size;
  }
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_FILE_SYSTEM_HPP

// ---- store/line_log_options.hpp

#ifndef MILLRACE_STORE_LINE_LOG_OPTIONS_HPP
#define MILLRACE_STORE_LINE_LOG_OPTIONS_HPP

namespace millrace {
inline namespace v0 {

/// A record that finds the ring full waits for room. It is lost only when the disk refuses, and then
/// the append says so.
struct block {
  static constexpr bool waits = true;
};
/// A record that finds the ring full is dropped and counted; a line in the log says how many.
struct drop_and_count {
  static constexpr bool waits = false;
};

template <class P>
concept full_policy = requires {
  { P::waits } -> std::convertible_to<bool>;
};

/// When written lines are synced to the disk by themselves. `wait_durable`, `flush` and `close` sync
/// under every policy.
enum class sync_policy : std::uint8_t {
  every_group,  // after every write; lines that came during a sync share the next one
  interval,     // at most every `sync_interval_ms`
  on_request,   // only when asked
};

struct line_log_options {
  sync_policy sync = sync_policy::interval;
  std::uint32_t sync_interval_ms = 100;
  /// How long a record may wait in the ring before it is written, while the log is in use. After half
  /// a second without records the writer sleeps, and the next record wakes it.
  std::uint32_t max_delay_ms = 10;
  /// Of the ring; rounded up to a power of two. A record takes at most a quarter of it.
  std::size_t ring_bytes = std::size_t{1} << 20;
  /// Refuse a file that another log has open (flock). Where the file system has no locks: false, and
  /// the caller sees to it that there is one writer.
  bool lock = true;
  unsigned permissions = 0644;
  /// Lines go here too, for people; not part of what is durable. A terminal that stands still holds
  /// the log up.
  std::FILE* echo = nullptr;
};

struct line_log_statistics {
  std::uint64_t written_bytes = 0;
  std::uint64_t groups = 0;  // writes
  std::uint64_t syncs = 0;
  std::uint64_t lost = 0;  // records dropped or refused
};

/// What opening a line file had to cut off its end. The bytes stand in `<path>.torn`.
struct tail_repair {
  std::uint64_t offset = 0;  // where the file ended then
  std::uint64_t removed_bytes = 0;

  explicit operator bool() const noexcept { return removed_bytes != 0; }
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_LINE_LOG_OPTIONS_HPP

// ---- store/detail/torn_tail.hpp

#ifndef MILLRACE_STORE_DETAIL_TORN_TAIL_HPP
#define MILLRACE_STORE_DETAIL_TORN_TAIL_HPP

// The end of a line file after a crash: found, kept aside, cut off.
namespace millrace {
inline namespace v0 {

namespace detail {

/// How far back a torn tail is looked for.
inline constexpr std::uint64_t max_tail = std::uint64_t{1} << 24;

enum class tail_verdict {
  found,      // `keep` bytes are whole lines, the last one valid
  need_more,  // no valid line in what was shown, and the file goes on before it
  not_a_log,  // whole lines, and none of them valid; or a beginning that is none of ours
};
struct tail_end {
  tail_verdict verdict;
  std::size_t keep = 0;
};

/// Where in the last bytes of a line file its last valid line ends. `whole`: `tail` is the whole file.
template <class Format>
tail_end find_tail_end(std::string_view tail, bool whole) noexcept {
  const std::size_t last = tail.rfind('\n');
  if (last == std::string_view::npos) {
    if (!whole) return {tail_verdict::need_more};
    return {tail.empty() || Format::may_begin(tail) ? tail_verdict::found : tail_verdict::not_a_log};
  }
  std::size_t keep = last + 1;
  for (;;) {
    const std::size_t previous = keep >= 2 ? tail.rfind('\n', keep - 2) : std::string_view::npos;
    if (previous == std::string_view::npos && !whole) return {tail_verdict::need_more};
    const std::size_t begin = previous == std::string_view::npos ? 0 : previous + 1;
    if (Format::is_line(tail.substr(begin, keep - 1 - begin))) return {tail_verdict::found, keep};
    if (begin == 0) return {tail_verdict::not_a_log};
    keep = begin;
  }
}

template <class FileSystem>
result<void> write_fully(FileSystem& fs, int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const std::ptrdiff_t done = fs.write(fd, bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return system_error(errno, "write", path);
    if (done == 0) return error(errc::io, "cannot write \"" + path + "\": nothing is taken");
    bytes.remove_prefix(static_cast<std::size_t>(done));
  }
  return {};
}

template <class FileSystem>
result<void> read_fully(FileSystem& fs, int fd, std::string& bytes, std::uint64_t offset, const std::string& path) {
  std::size_t have = 0;
  while (have < bytes.size()) {
    const std::ptrdiff_t got = fs.read_at(fd, bytes.data() + have, bytes.size() - have, offset + have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error(errno, "read", path);
    if (got == 0) return error(errc::truncated, "cannot read \"" + path + "\": it ends before its size");
    have += static_cast<std::size_t>(got);
  }
  return {};
}

/// Keeps the torn bytes in `<path>.torn`, durably, before the file is cut.
template <class FileSystem>
result<void> keep_torn(FileSystem& fs, const std::string& path, std::string_view torn) {
  const std::string aside = path + ".torn";
  const int fd = fs.open(aside.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644U);
  if (fd < 0) return system_error(errno, "keep a torn end in", aside);
  result<void> done = write_fully(fs, fd, torn, aside);
  if (done) done = write_fully(fs, fd, "\n", aside);
  if (done && fs.sync_data(fd) != 0) done = system_error(errno, "sync", aside);
  fs.close(fd);
  return done;
}

/// Makes the file end in a whole, valid line; or leaves it untouched and says why it cannot.
template <class Format, class FileSystem>
result<tail_repair> repair_tail(FileSystem& fs, int fd, const std::string& path) {
  const std::int64_t known = fs.regular_size(fd);
  if (known < 0) {
    return errno == EINVAL ? error(errc::invalid_argument, "cannot append to \"" + path + "\": no regular file")
                           : system_error(errno, "read the size of", path);
  }
  const auto size = static_cast<std::uint64_t>(known);
  std::string tail;
  std::uint64_t window = (std::min)(size, std::uint64_t{1} << 16);
  for (;; window = (std::min)(size, window * 4)) {
    tail.resize(static_cast<std::size_t>(window));
    if (result<void> got = read_fully(fs, fd, tail, size - window, path); !got) return std::move(got).error();
    const tail_end end = find_tail_end<Format>(tail, window == size);
    if (end.verdict == tail_verdict::need_more && window < max_tail) continue;
    if (end.verdict != tail_verdict::found)
      return error(errc::corrupt, "cannot append to \"" + path + "\": no line of such a log in its last " +
                                      std::to_string(window) + " bytes; it is left as it is");
    const tail_repair repair{size - window + end.keep, window - end.keep};
    if (repair) {
      if (result<void> kept = keep_torn(fs, path, std::string_view(tail).substr(end.keep)); !kept)
        return std::move(kept).error();
      if (fs.truncate(fd, repair.offset) != 0) return system_error(errno, "cut the torn end off", path);
      if (fs.sync_data(fd) != 0) return system_error(errno, "sync", path);
    }
    return repair;
  }
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_DETAIL_TORN_TAIL_HPP

// ---- store/detail/worker.hpp

#ifndef MILLRACE_STORE_DETAIL_WORKER_HPP
#define MILLRACE_STORE_DETAIL_WORKER_HPP

// A mutex, conditions on it, and one thread, on POSIX threads: <thread> and <condition_variable>
// would double what this module's headers cost to parse.
namespace millrace {
inline namespace v0 {
namespace detail {

class mutex {
 public:
  mutex() noexcept { ::pthread_mutex_init(&handle_, nullptr); }
  mutex(const mutex&) = delete;
  mutex& operator=(const mutex&) = delete;
  ~mutex() { ::pthread_mutex_destroy(&handle_); }

  void lock() noexcept { ::pthread_mutex_lock(&handle_); }
  void unlock() noexcept { ::pthread_mutex_unlock(&handle_); }

 private:
  friend class condition;
  pthread_mutex_t handle_;
};

class lock_guard {
 public:
  explicit lock_guard(mutex& held) noexcept : held_(&held) { held_->lock(); }
  lock_guard(const lock_guard&) = delete;
  lock_guard& operator=(const lock_guard&) = delete;
  ~lock_guard() { held_->unlock(); }

 private:
  mutex* held_;
};

/// A condition that waits on the monotonic clock.
class condition {
 public:
  condition() noexcept {
    pthread_condattr_t attributes;
    ::pthread_condattr_init(&attributes);
    ::pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    ::pthread_cond_init(&handle_, &attributes);
    ::pthread_condattr_destroy(&attributes);
  }
  condition(const condition&) = delete;
  condition& operator=(const condition&) = delete;
  ~condition() { ::pthread_cond_destroy(&handle_); }

  void notify_all() noexcept { ::pthread_cond_broadcast(&handle_); }

  /// Waits, at most until this moment of the monotonic clock. The caller holds the mutex.
  void wait_until(mutex& held, std::uint64_t nanoseconds) noexcept {
    timespec until{};
    until.tv_sec = static_cast<time_t>(nanoseconds / 1'000'000'000U);
    until.tv_nsec = static_cast<long>(nanoseconds % 1'000'000'000U);
    ::pthread_cond_timedwait(&handle_, &held.handle_, &until);
  }
  void wait_for(mutex& held, std::uint64_t nanoseconds) noexcept {
    wait_until(held, read_clock(CLOCK_MONOTONIC) + nanoseconds);
  }

 private:
  pthread_cond_t handle_;
};

/// A thread that takes no signals: the program's handlers go on running where they ran.
class worker_thread {
 public:
  worker_thread() noexcept = default;
  worker_thread(const worker_thread&) = delete;
  worker_thread& operator=(const worker_thread&) = delete;

  /// Runs `object.run()`. Answers errno's value, 0 on success.
  template <class T>
  int start(T& object) noexcept {
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    const int failed = ::pthread_create(
        &handle_, nullptr,
        [](void* self) -> void* {
          static_cast<T*>(self)->run();
          return nullptr;
        },
        &object);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    running_ = failed == 0;
    return failed;
  }
  bool running() const noexcept { return running_; }
  void join() noexcept {
    if (running_) ::pthread_join(handle_, nullptr);
    running_ = false;
  }
  /// For the other side of a fork, where the thread does not exist.
  void forget() noexcept { running_ = false; }

 private:
  pthread_t handle_{};
  bool running_ = false;
};

/// A std::chrono duration in nanoseconds, without <chrono>; negative is none.
template <class Duration>
constexpr std::uint64_t duration_nanoseconds(const Duration& duration) noexcept {
  const double whole = static_cast<double>(duration.count()) * static_cast<double>(Duration::period::num) * 1e9 /
                       static_cast<double>(Duration::period::den);
  if (!(whole > 0)) return 0;
  return whole < 4e18 ? static_cast<std::uint64_t>(whole) : std::uint64_t{4'000'000'000'000'000'000U};
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_DETAIL_WORKER_HPP

// ---- store/record_ring.hpp

#ifndef MILLRACE_STORE_RECORD_RING_HPP
#define MILLRACE_STORE_RECORD_RING_HPP

namespace millrace {
inline namespace v0 {

/// Appended to by one thread at a time.
struct exclusive {};
/// Appended to by any number of threads at once.
struct shared {};

namespace detail {

/// The memory of a ring: `capacity` bytes, a power of two, and room behind them for the one record
/// that starts before the end and runs over it, so that no record is ever in two pieces.
class ring_storage {
 public:
  explicit ring_storage(std::size_t capacity) {
    std::size_t rounded = 4096;
    while (rounded < capacity) rounded *= 2;
    capacity_ = rounded;
    words_ = new (std::align_val_t{64}) std::uint64_t[(capacity_ + max_span()) / 8]();
  }
  ring_storage(const ring_storage&) = delete;
  ring_storage& operator=(const ring_storage&) = delete;
  ~ring_storage() { ::operator delete[](words_, std::align_val_t{64}); }

  std::size_t capacity() const noexcept { return capacity_; }
  /// The most a record may take, header included.
  std::size_t max_span() const noexcept { return capacity_ / 4; }
  std::uint64_t* at(std::uint64_t position) const noexcept { return words_ + (position & (capacity_ - 1)) / 8; }

  static constexpr std::uint64_t span(std::size_t size) noexcept { return 8 + ((size + 7) & ~std::size_t{7}); }

 private:
  std::size_t capacity_ = 0;
  std::uint64_t* words_ = nullptr;
};

// A record's header: its size and, above, how many records were lost just before it.
constexpr std::uint64_t ring_header(std::size_t size, std::uint32_t lost) noexcept {
  return std::uint64_t{lost} << 32 | std::uint64_t{1} << 31 | size;
}
constexpr std::size_t ring_header_size(std::uint64_t header) noexcept { return header & 0x7fffffffU; }
constexpr std::uint32_t ring_header_lost(std::uint64_t header) noexcept {
  return static_cast<std::uint32_t>(header >> 32);
}

}  // namespace detail

/// What a producer is given to fill: `size` bytes at `data`, 8-aligned. Empty when the ring is full.
struct ring_slot {
  std::byte* data = nullptr;
  /// The ring's position behind this record; what `drain` answers once it has consumed it.
  std::uint64_t end = 0;
  std::size_t size = 0;

  explicit operator bool() const noexcept { return data != nullptr; }
};

/// A bounded queue of binary records of different sizes from producers to one consumer, in one block
/// of memory. `Producers` says how many threads append: `exclusive` or `shared`.
///
/// Guarantee: records come out whole, and each producer's in the order it appended them. Positions
/// are bytes, never wrap, and grow with every record.
/// Complexity: an append is a comparison, the copy and a release store (`shared`: and a
/// compare-exchange, never a lock). Allocates: at construction only.
/// Threads: reserve, commit and lose: the producers; drain and take_lost: one consumer.
template <class Producers = exclusive>
class record_ring;

template <>
class record_ring<exclusive> {
 public:
  /// `capacity` is rounded up to a power of two, at least 4096.
  explicit record_ring(std::size_t capacity) : storage_(capacity), limit_(storage_.capacity() / 2) {}

  std::size_t capacity() const noexcept { return storage_.capacity(); }
  /// The largest record that fits.
  std::size_t max_size() const noexcept { return storage_.max_span() - 8; }

  /// Room for a record of `size` bytes; empty if there is none, or never can be. Calls past_half()
  /// now and then while more than half of the ring is in use: a moment to wake the consumer.
  template <class F>
  ring_slot reserve(std::size_t size, F&& past_half) noexcept {
    if (size > max_size()) [[unlikely]] return {};
    const std::uint64_t head = head_.load(std::memory_order_relaxed);
    const std::uint64_t end = head + detail::ring_storage::span(size);
    if (end > limit_) [[unlikely]] {
      const std::uint64_t tail = tail_.load(std::memory_order_acquire);
      const bool half = end - tail > capacity() / 2;
      if (half) past_half();
      if (end - tail > capacity()) return {};
      limit_ = tail + (half ? capacity() : capacity() / 2);
    }
    return {reinterpret_cast<std::byte*>(storage_.at(head) + 1), end, size};
  }

  /// Hands the filled slot to the consumer.
  void commit(const ring_slot& slot) noexcept {
    std::uint32_t lost = 0;
    if (lost_.load(std::memory_order_relaxed) != 0) [[unlikely]] lost = take_lost();
    reinterpret_cast<std::uint64_t*>(slot.data)[-1] = detail::ring_header(slot.size, lost);
    head_.store(slot.end, std::memory_order_release);
  }

  /// Counts a record that found no room; the next one that does carries the count.
  void lose() noexcept { lost_.fetch_add(1, std::memory_order_relaxed); }
  std::uint32_t take_lost() noexcept { return lost_.exchange(0, std::memory_order_relaxed); }

  /// Calls f(data, size, lost) for every record in turn until it answers false or there is none;
  /// `lost` records are missing before this one. Answers the position reached.
  template <class F>
  std::uint64_t drain(F&& f) noexcept {
    std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    const std::uint64_t head = head_.load(std::memory_order_acquire);
    std::uint64_t released = tail;
    bool go_on = true;
    while (go_on && tail != head) {
      const std::uint64_t* const at = storage_.at(tail);
      const std::size_t size = detail::ring_header_size(*at);
      go_on = f(reinterpret_cast<const std::byte*>(at + 1), size, detail::ring_header_lost(*at));
      tail += detail::ring_storage::span(size);
      if (tail - released > capacity() / 8) tail_.store(released = tail, std::memory_order_release);
    }
    tail_.store(tail, std::memory_order_release);
    return tail;
  }

  /// The position behind the last record appended.
  std::uint64_t head() const noexcept { return head_.load(std::memory_order_acquire); }

 private:
  detail::ring_storage storage_;
  alignas(64) std::atomic<std::uint64_t> head_{0};
  std::uint64_t limit_;  // up to where the producer may go without looking at the consumer
  std::atomic<std::uint32_t> lost_{0};
  alignas(64) std::atomic<std::uint64_t> tail_{0};
};

/// A record is there once its header is not zero, so the consumer clears what it has read.
template <>
class record_ring<shared> {
 public:
  explicit record_ring(std::size_t capacity) : storage_(capacity), limit_(storage_.capacity() / 2) {}

  std::size_t capacity() const noexcept { return storage_.capacity(); }
  std::size_t max_size() const noexcept { return storage_.max_span() - 8; }

  template <class F>
  ring_slot reserve(std::size_t size, F&& past_half) noexcept {
    if (size > max_size()) [[unlikely]] return {};
    std::uint64_t head = head_.load(std::memory_order_relaxed);
    std::uint64_t end = 0;
    do {
      end = head + detail::ring_storage::span(size);
      // Acquire, here or there: the room is clear, because the consumer cleared it before `tail`.
      if (end > limit_.load(std::memory_order_acquire)) [[unlikely]] {
        const std::uint64_t tail = tail_.load(std::memory_order_acquire);
        const bool half = end > tail + capacity() / 2;
        if (half) past_half();
        if (end > tail + capacity()) {
          // Full, unless the consumer has overtaken this old view of the head.
          const std::uint64_t now = head_.load(std::memory_order_relaxed);
          if (now == head) return {};
          head = now;
          continue;
        }
        limit_.store(tail + (half ? capacity() : capacity() / 2), std::memory_order_release);
      }
      if (head_.compare_exchange_weak(head, end, std::memory_order_relaxed)) break;
    } while (true);
    return {reinterpret_cast<std::byte*>(storage_.at(head) + 1), end, size};
  }

  void commit(const ring_slot& slot) noexcept {
    std::uint32_t lost = 0;
    if (lost_.load(std::memory_order_relaxed) != 0) [[unlikely]] lost = take_lost();
    std::atomic_ref<std::uint64_t>(reinterpret_cast<std::uint64_t*>(slot.data)[-1])
        .store(detail::ring_header(slot.size, lost), std::memory_order_release);
  }

  void lose() noexcept { lost_.fetch_add(1, std::memory_order_relaxed); }
  std::uint32_t take_lost() noexcept { return lost_.exchange(0, std::memory_order_relaxed); }

  template <class F>
  std::uint64_t drain(F&& f) noexcept {
    std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    std::uint64_t released = tail;
    bool go_on = true;
    while (go_on) {
      std::uint64_t* const at = storage_.at(tail);
      const std::uint64_t header = std::atomic_ref<std::uint64_t>(*at).load(std::memory_order_acquire);
      if (header == 0) break;
      const std::size_t size = detail::ring_header_size(header);
      go_on = f(reinterpret_cast<const std::byte*>(at + 1), size, detail::ring_header_lost(header));
      const std::uint64_t span = detail::ring_storage::span(size);
      for (std::uint64_t i = 0; i < span / 8; ++i) at[i] = 0;
      tail += span;
      if (tail - released > capacity() / 8) tail_.store(released = tail, std::memory_order_release);
    }
    tail_.store(tail, std::memory_order_release);
    return tail;
  }

  std::uint64_t head() const noexcept { return head_.load(std::memory_order_acquire); }

 private:
  detail::ring_storage storage_;
  alignas(64) std::atomic<std::uint64_t> head_{0};
  alignas(64) std::atomic<std::uint64_t> limit_;
  std::atomic<std::uint32_t> lost_{0};
  alignas(64) std::atomic<std::uint64_t> tail_{0};
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_RECORD_RING_HPP

// ---- store/detail/line_writer.hpp

#ifndef MILLRACE_STORE_DETAIL_LINE_WRITER_HPP
#define MILLRACE_STORE_DETAIL_LINE_WRITER_HPP

namespace millrace {
inline namespace v0 {
namespace detail {

/// A line log's other side: the thread that turns records into lines, writes them in groups and
/// syncs them, and what it shares with the producers.
template <class Format, class Producers, class FileSystem>
class line_writer {
 public:
  static constexpr std::uint32_t failed = 1;  // the disk refuses: producers are told, not kept waiting
  static constexpr std::uint32_t asleep = 2;  // nothing came for long: the next record wakes the thread
  static constexpr std::uint32_t closed = 4;

  line_writer(std::string path, const line_log_options& options, Format lines, FileSystem fs, int fd,
              tail_repair repaired)
      : format(std::move(lines)),
        ring(options.ring_bytes),
        path_(std::move(path)),
        options_(options),
        repaired_(repaired),
        fs_(std::move(fs)),
        fd_(fd),
        size_(repaired.offset),
        formatting_failed_(errc::unavailable, "cannot make lines for \"" + path_ + "\": out of memory") {
    text_.reserve(2 * group_bytes);
  }
  line_writer(const line_writer&) = delete;
  line_writer& operator=(const line_writer&) = delete;
  ~line_writer() {
    if (fd_ >= 0) fs_.close(fd_);
  }

  int start() noexcept { return thread_.start(*this); }

  /// This process holds a forked copy, which has no thread and a lock that nobody will open.
  bool forked() const noexcept { return ::getpid() != owner_; }
  const std::string& path() const noexcept { return path_; }
  const tail_repair& repaired() const noexcept { return repaired_; }

  result<void> status() const {
    if (forked()) return forked_error();
    if ((attention.load(std::memory_order_acquire) & (failed | closed)) == 0) return {};
    const lock_guard held(mutex_);
    return status_;
  }

  /// Wakes the thread if it pauses; a miss costs one pause.
  void nudge() noexcept {
    if (pausing_.load(std::memory_order_relaxed)) wake();
  }
  void wake() noexcept {
    if (forked()) return;
    const lock_guard held(mutex_);
    woken_ = true;
    attention.fetch_and(~asleep, std::memory_order_relaxed);
    wake_.notify_all();
  }

  /// Waits a while for the thread to make room. False: it will not, because the disk refuses.
  bool await_room() noexcept {
    if (forked()) return false;
    const lock_guard held(mutex_);
    if ((attention.load(std::memory_order_relaxed) & (failed | closed)) != 0) return false;
    waiting_for_room_.store(true, std::memory_order_relaxed);
    woken_ = true;
    wake_.notify_all();
    progress_.wait_for(mutex_, 1'000'000);
    return true;
  }

  result<void> wait_durable(std::uint64_t seq, std::uint64_t nanoseconds) {
    if (durable.load(std::memory_order_acquire) >= seq) return {};
    if (forked()) return forked_error();
    if (seq > ring.head())
      return error(errc::out_of_range, "cannot wait for a record that was never appended to \"" + path_ + '"');
    const std::uint64_t until = read_clock(CLOCK_MONOTONIC) + nanoseconds;
    const lock_guard held(mutex_);
    if (wanted_.load(std::memory_order_relaxed) < seq) wanted_.store(seq, std::memory_order_relaxed);
    woken_ = true;
    wake_.notify_all();
    for (;;) {
      if (durable.load(std::memory_order_acquire) >= seq) return {};
      if (!status_) return status_;
      if (ended_)
        return error(errc::closed, '"' + path_ + "\" was closed before the record was durable");
      if (read_clock(CLOCK_MONOTONIC) >= until)
        return error(errc::timeout, "a record of \"" + path_ + "\" is not durable yet");
      progress_.wait_until(mutex_, until);
    }
  }

  /// Writes and syncs what there is, ends the thread, closes the file.
  result<void> close() {
    if (fd_ < 0) return status_;
    if (forked()) {
      thread_.forget();
      fs_.close(std::exchange(fd_, -1));
      return {};
    }
    {
      const lock_guard held(mutex_);
      attention.fetch_or(closed, std::memory_order_relaxed);
      stopping_ = woken_ = true;
      wake_.notify_all();
    }
    thread_.join();
    lost_.fetch_add(ring.take_lost(), std::memory_order_relaxed);
    const lock_guard held(mutex_);
    ended_ = true;
    progress_.notify_all();
    const bool closes = fs_.close(std::exchange(fd_, -1)) == 0 || errno == EINTR;
    if (!status_)
      status_ = std::move(status_).error().wrap('"' + path_ + "\" is closed with records that are not durable");
    else if (!closes)
      status_ = system_error(errno, "close", path_);
    else if (echo_failed_ != 0)
      status_ = system_error(echo_failed_, "echo what is complete in", path_);
    return status_;
  }

  line_log_statistics statistics() const noexcept {
    return {bytes_.load(std::memory_order_relaxed), groups_.load(std::memory_order_relaxed),
            syncs_.load(std::memory_order_relaxed), lost_.load(std::memory_order_relaxed)};
  }

  /// The thread.
  void run() noexcept {
    std::uint64_t synced_at = read_clock(CLOCK_MONOTONIC);
    unsigned idle = 0;
    for (;;) {
      const bool stopping = is_stopping();  // asked first: what was appended before it is still drained
      const bool moved = !broken_ && step(stopping, synced_at);
      if (stopping && (!moved || (attention.load(std::memory_order_relaxed) & failed) != 0)) return;
      if (moved) {
        if (idle > idle_rounds) attention.fetch_and(~asleep, std::memory_order_relaxed);
        idle = 0;
      } else {
        pause(++idle, synced_at);
      }
    }
  }

  Format format;
  record_ring<Producers> ring;
  alignas(64) std::atomic<std::uint32_t> attention{0};
  std::atomic<std::uint64_t> written{0};
  std::atomic<std::uint64_t> durable{0};

 private:
  static constexpr std::size_t group_bytes = std::size_t{1} << 18;
  static constexpr std::uint64_t retry_after = 20'000'000;
  static constexpr std::uint64_t millisecond = 1'000'000;

  error forked_error() const {
    return error(errc::unavailable, "a forked copy of \"" + path_ + "\" cannot be used: open the log after fork()");
  }
  bool is_stopping() noexcept {
    const lock_guard held(mutex_);
    return stopping_;
  }

  /// Drains, writes and syncs what is due. Whether there was anything to do.
  bool step(bool stopping, std::uint64_t& synced_at) noexcept {
    const bool retry = !text_.empty();
    if (!retry) gather();
    if (waiting_for_room_.load(std::memory_order_relaxed)) {
      const lock_guard held(mutex_);
      waiting_for_room_.store(false, std::memory_order_relaxed);
      progress_.notify_all();
    }
    const bool moved = !text_.empty();
    if ((moved && !write_group()) || broken_) return false;
    written.store(gathered_, std::memory_order_release);
    if (durable.load(std::memory_order_relaxed) != gathered_) {
      const std::uint64_t now = read_clock(CLOCK_MONOTONIC);
      if (stopping || options_.sync == sync_policy::every_group || due(now, synced_at)) {
        synced_at = now;
        if (!sync_file()) return false;
      }
    }
    return moved;
  }
  bool due(std::uint64_t now, std::uint64_t synced_at) const noexcept {
    return wanted_.load(std::memory_order_relaxed) > durable.load(std::memory_order_relaxed) ||
           (options_.sync == sync_policy::interval && now - synced_at >= options_.sync_interval_ms * millisecond);
  }

  /// Turns waiting records into lines, up to a group's worth.
  void gather() noexcept {
    const auto make_lines = [&](auto&& make) noexcept {
      const std::size_t whole = text_.size();
      try {
        make();
        return true;
      } catch (...) {
        text_.resize(whole);
        broken_ = true;
        fail(std::move(formatting_failed_));
        return false;
      }
    };
    const std::uint64_t reached = ring.drain([&](const std::byte* data, std::size_t size, std::uint32_t lost) noexcept {
      return make_lines([&] {
               if (lost != 0) add_lost(lost);
               format.line(text_, data, size);
             }) &&
             text_.size() < group_bytes;
    });
    if (text_.empty()) {
      if (const std::uint32_t lost = ring.take_lost(); lost != 0) make_lines([&] { add_lost(lost); });
    }
    if (!broken_) gathered_ = reached;  // else a record is missing, and the watermark stays before it
    if (text_.empty()) return;
    if constexpr (requires { format.end_group(text_, true); })
      make_lines([&] { format.end_group(text_, reached == ring.head()); });
    if (options_.echo != nullptr && echo_failed_ == 0) {
      if (std::fwrite(text_.data(), 1, text_.size(), options_.echo) != text_.size() || std::fflush(options_.echo) != 0)
        echo_failed_ = errno;
    }
  }
  void add_lost(std::uint32_t lost) {
    lost_.fetch_add(lost, std::memory_order_relaxed);
    format.lost(text_, lost);
  }

  /// Writes the group; after a refusal, cuts off what stands of a line and keeps the rest of the
  /// group for the next try.
  bool write_group() noexcept {
    if (torn_) {
      if (fs_.truncate(fd_, size_) != 0) return refuse(errno, "cut a torn line off");
      torn_ = false;
    }
    std::size_t done = 0;
    while (done < text_.size()) {
      const std::ptrdiff_t now = fs_.write(fd_, text_.data() + done, text_.size() - done);
      if (now > 0) {
        done += static_cast<std::size_t>(now);
        continue;
      }
      const int why = now == 0 ? EIO : errno;
      if (why == EINTR) continue;
      const std::size_t lines = done == 0 ? 0 : text_.rfind('\n', done - 1) + 1;
      advance(lines);
      if (lines != done) torn_ = fs_.truncate(fd_, size_) != 0;
      return refuse(why, "write");
    }
    advance(done);
    groups_.fetch_add(1, std::memory_order_relaxed);
    if (!broken_ && (attention.load(std::memory_order_relaxed) & failed) != 0) recover();
    return true;
  }
  void advance(std::size_t lines) noexcept {
    size_ += lines;
    bytes_.fetch_add(lines, std::memory_order_relaxed);
    text_.erase(0, lines);
  }

  bool sync_file() noexcept {
    while (fs_.sync_data(fd_) != 0) {
      if (errno == EINTR) continue;
      // The kernel may have dropped what it could not write: a later success would prove nothing.
      broken_ = true;
      return refuse(errno, "sync");
    }
    syncs_.fetch_add(1, std::memory_order_relaxed);
    const lock_guard held(mutex_);
    durable.store(gathered_, std::memory_order_release);
    progress_.notify_all();
    return true;
  }

  /// A full disk may have room later; anything else stays broken.
  bool refuse(int why, const char* what) noexcept {
    if (why != ENOSPC && why != EDQUOT) broken_ = true;
    try {
      fail(system_error(why, what, path_));
    } catch (...) {
      // Out of memory for the words: the earlier ones stand, or these.
      broken_ = true;
      if ((attention.load(std::memory_order_relaxed) & failed) == 0) fail(std::move(formatting_failed_));
    }
    return false;
  }
  void fail(error why) noexcept {
    const lock_guard held(mutex_);
    status_ = std::move(why);
    attention.fetch_or(failed, std::memory_order_release);
    progress_.notify_all();
  }
  void recover() noexcept {
    const lock_guard held(mutex_);
    status_ = {};
    attention.fetch_and(~failed, std::memory_order_release);
  }

  void pause(unsigned idle, std::uint64_t synced_at) noexcept {
    std::uint64_t time = (std::max)(std::uint64_t{options_.max_delay_ms}, std::uint64_t{1}) * millisecond;
    const std::uint32_t state = attention.load(std::memory_order_relaxed);
    const bool unsynced = durable.load(std::memory_order_relaxed) != gathered_;
    if (broken_) {
      time = 1000 * millisecond;
    } else if ((state & failed) != 0) {
      time = retry_after;
    } else if (unsynced && options_.sync == sync_policy::interval) {
      const std::uint64_t interval = options_.sync_interval_ms * millisecond;
      const std::uint64_t since = read_clock(CLOCK_MONOTONIC) - synced_at;
      time = (std::min)(time, since < interval ? interval - since : 1);
    } else if (idle > idle_rounds) {
      // The flag is long visible before the thread relies on it: one ordinary pause comes between.
      if ((state & asleep) != 0) time = 1000 * millisecond;
      attention.fetch_or(asleep, std::memory_order_relaxed);
    }
    const lock_guard held(mutex_);
    if (!woken_) {
      pausing_.store(true, std::memory_order_relaxed);
      wake_.wait_for(mutex_, time);
      pausing_.store(false, std::memory_order_relaxed);
    }
    woken_ = false;
  }
  static constexpr unsigned idle_rounds = 50;

  // The producers' and waiters' side.
  mutable mutex mutex_;
  condition wake_;
  mutable condition progress_;
  std::atomic<bool> pausing_{false};
  std::atomic<bool> waiting_for_room_{false};
  std::atomic<std::uint64_t> wanted_{0};  // somebody waits for this to be durable
  bool woken_ = false;
  bool stopping_ = false;
  bool ended_ = false;
  result<void> status_;
  const pid_t owner_ = ::getpid();
  const std::string path_;
  const line_log_options options_;
  const tail_repair repaired_;

  // The thread's side.
  FileSystem fs_;
  int fd_;
  std::uint64_t size_;  // of the file, up to the end of its last whole line
  std::string text_;    // lines not yet in the file
  std::uint64_t gathered_ = 0;
  bool torn_ = false;
  bool broken_ = false;
  int echo_failed_ = 0;
  error formatting_failed_;
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<std::uint64_t> groups_{0};
  std::atomic<std::uint64_t> syncs_{0};
  std::atomic<std::uint64_t> lost_{0};
  worker_thread thread_;
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_DETAIL_LINE_WRITER_HPP

// ---- store/line_log.hpp

#ifndef MILLRACE_STORE_LINE_LOG_HPP
#define MILLRACE_STORE_LINE_LOG_HPP

namespace millrace {
inline namespace v0 {

/// How a log's records become lines. `line` and `lost` append whole lines, newline included, on the
/// writer's thread; `is_line` knows a complete one (without its newline) from a torn one, and
/// `may_begin` whether bytes can be the torn beginning of a file of this kind. An optional
/// `end_group(out, bool caught_up)` is called before a group is written; caught up, no record waits.
template <class F>
concept line_format = std::movable<F> && requires(F& format, std::string& out, const std::byte* record,
                                                  std::size_t size, std::uint64_t count, std::string_view text) {
  format.line(out, record, size);
  format.lost(out, count);
  { F::is_line(text) } noexcept -> std::same_as<bool>;
  { F::may_begin(text) } noexcept -> std::same_as<bool>;
};

/// Records are lines already.
struct plain_lines {
  void line(std::string& out, const std::byte* record, std::size_t size) {
    out.append(reinterpret_cast<const char*>(record), size);
    out += '\n';
  }
  void lost(std::string& out, std::uint64_t count) { out += "... " + std::to_string(count) + " lines lost\n"; }
  static bool is_line(std::string_view text) noexcept { return text.find('\0') == std::string_view::npos; }
  static bool may_begin(std::string_view) noexcept { return true; }
};

/// An append-only file of lines. Producers put binary records into a ring; one writer thread turns
/// them into lines, writes them in groups and syncs the groups.
///
/// Guarantee: lines stand in the order of their records, whole. What is at or below `durable_seq()`
/// survives a crash of the process, and of the machine where the disk keeps what it syncs. Of what is
/// above it, a crash keeps a beginning, and at most the last line is torn. `open` cuts a torn end off
/// (the bytes go to `<path>.torn`) and goes on behind it; a file that is no such log it leaves alone.
/// Complexity: an append is a copy into the ring. Allocates: when opened, and on the writer's thread.
/// Threads: append: `Producers`; everything else but move and close: any.
/// Errors: what the disk refuses stands in `status()`, fails `wait_durable`, `flush` and `close`, and
/// makes appends that find no room fail under every policy. A full disk is tried again until there is
/// room; after any other failure the log is done, because a sync that failed proves nothing later.
/// Fork: the child's copy refuses to work and may only be destroyed; the parent's goes on. The file's
/// lock is held until both have closed it.
template <line_format Format, class Producers = exclusive, full_policy Full = block,
          file_system FileSystem = posix_file_system>
class basic_line_log {
  using writer = detail::line_writer<Format, Producers, FileSystem>;

 public:
  /// Opens or creates the file, locks it, repairs its end, starts the writer.
  static result<basic_line_log> open(std::string path, line_log_options options = {}, Format format = {},
                                     FileSystem fs = {}) {
    const int fd = fs.open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, options.permissions);
    if (fd < 0) return system_error(errno, "open", path);
    // From here on the writer's destructor closes the file.
    result<tail_repair> repaired = prepare(fs, fd, path, options);
    if (!repaired) {
      fs.close(fd);
      return std::move(repaired).error();
    }
    basic_line_log log(
        new writer(std::move(path), options, std::move(format), std::move(fs), fd, *repaired));
    if (const int why = log.writer_->start(); why != 0)
      return system_error(why, "start the writer of", log.writer_->path());
    return log;
  }

  basic_line_log(basic_line_log&& other) noexcept : writer_(std::exchange(other.writer_, nullptr)) {}
  basic_line_log& operator=(basic_line_log other) noexcept {
    std::swap(writer_, other.writer_);
    return *this;
  }
  /// Closes. What close() would have answered is lost here: call it to know.
  ~basic_line_log() {
    if (writer_ == nullptr) return;
    const bool forked = writer_->forked();
    (void)writer_->close();
    // A forked copy's conditions have waiters that will never leave: destroying them would hang.
    if (!forked) delete writer_;
  }

  /// False once moved from.
  explicit operator bool() const noexcept { return writer_ != nullptr; }

  /// Appends a record of `size` bytes that fill(std::byte*) writes. Answers its sequence number, a
  /// position that only grows; 0 when it was dropped or refused, or is larger than `max_record()`.
  /// About 5 ns; allocates and locks: never, while there is room.
  template <class Fill>
  [[gnu::always_inline]] inline std::uint64_t append(std::size_t size, Fill&& fill) noexcept {
    if ((writer_->attention.load(std::memory_order_relaxed) & writer::closed) != 0) [[unlikely]] return 0;
    ring_slot slot = writer_->ring.reserve(size, past_half{writer_});
    if (!slot) [[unlikely]] {
      slot = await_slot(size);
      if (!slot) return 0;
    }
    return fill_slot(slot, fill);
  }
  /// The same for a record that may as well be missing: never waits, and is not counted as lost.
  template <class Fill>
  std::uint64_t try_append(std::size_t size, Fill&& fill) noexcept {
    if ((writer_->attention.load(std::memory_order_relaxed) & writer::closed) != 0) return 0;
    const ring_slot slot = writer_->ring.reserve(size, past_half{writer_});
    return slot ? fill_slot(slot, fill) : 0;
  }
  std::uint64_t append(std::string_view bytes) noexcept {
    return append(bytes.size(), [&](std::byte* to) { std::memcpy(to, bytes.data(), bytes.size()); });
  }
  std::size_t max_record() const noexcept { return writer_->ring.max_size(); }

  /// False while the disk refuses. One load.
  bool healthy() const noexcept {
    return (writer_->attention.load(std::memory_order_relaxed) & writer::failed) == 0;
  }
  /// What the disk refuses at the moment, or for good.
  result<void> status() const { return writer_->status(); }

  /// The last record's number; the last one whose line is in the file; the last one that is durable.
  std::uint64_t appended_seq() const noexcept { return writer_->ring.head(); }
  std::uint64_t written_seq() const noexcept { return writer_->written.load(std::memory_order_acquire); }
  std::uint64_t durable_seq() const noexcept { return writer_->durable.load(std::memory_order_acquire); }

  /// Has the group with this record synced, and waits for it: any std::chrono duration.
  template <class Duration>
  result<void> wait_durable(std::uint64_t seq, const Duration& timeout) {
    return writer_->wait_durable(seq, detail::duration_nanoseconds(timeout));
  }
  /// Waits until everything appended so far is durable.
  result<void> flush() { return writer_->wait_durable(appended_seq(), std::uint64_t{1} << 61); }
  /// Writes and syncs the rest and closes the file. No append may run at the same time. Again: the
  /// same answer.
  result<void> close() { return writer_->close(); }

  line_log_statistics statistics() const noexcept { return writer_->statistics(); }
  /// What opening had to cut off.
  const tail_repair& repaired() const noexcept { return writer_->repaired(); }
  const std::string& path() const noexcept { return writer_->path(); }

 private:
  explicit basic_line_log(writer* owned) noexcept : writer_(owned) {}

  static result<tail_repair> prepare(FileSystem& fs, int fd, const std::string& path, const line_log_options& options) {
    if (options.lock && fs.lock(fd) != 0) {
      return errno == EWOULDBLOCK ? error(errc::unavailable, "cannot open \"" + path + "\": another log has it open")
                                  : system_error(errno, "lock", path);
    }
    result<tail_repair> repaired = detail::repair_tail<Format>(fs, fd, path);
    if (repaired && repaired->offset == 0 && fs.sync_directory_of(path.c_str()) != 0 && errno != EINVAL)
      return system_error(errno, "sync the folder of", path);
    return repaired;
  }

  template <class Fill>
  [[gnu::always_inline]] inline std::uint64_t fill_slot(const ring_slot& slot, Fill&& fill) noexcept {
    fill(slot.data);
    writer_->ring.commit(slot);
    if ((writer_->attention.load(std::memory_order_relaxed) & writer::asleep) != 0) [[unlikely]]
      writer_->wake();
    return slot.end;
  }

  struct past_half {
    writer* to;
    void operator()() const noexcept { to->nudge(); }
  };

  [[gnu::cold, gnu::noinline]] ring_slot await_slot(std::size_t size) noexcept {
    if constexpr (Full::waits) {
      while (size <= max_record() && writer_->await_room()) {
        if (const ring_slot slot = writer_->ring.reserve(size, past_half{writer_})) return slot;
      }
    }
    writer_->ring.lose();
    return {};
  }

  writer* writer_;
};

/// Lines of text. Each append is one line and must not contain a newline.
using line_log = basic_line_log<plain_lines>;

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_LINE_LOG_HPP

// ---- store.hpp

#ifndef MILLRACE_STORE_HPP
#define MILLRACE_STORE_HPP

/// store: bytes on disk that mean what they say.
///
/// - `file`, `read_file`: a descriptor that closes itself, and errors that name the path
/// - `atomic_file`, `write_file`: a file that is there as a whole or not at all
/// - `line_log`: an append-only file of lines with one writer thread, group commit, a durable
///   watermark and repair of a torn end; `record_ring` is the queue in front of it
/// - `file_system`: the calls that a log makes, as a policy
///
/// Standard library and POSIX alone.

#endif  // MILLRACE_STORE_HPP

// ---- tensor/detail/byte_buffer.hpp

#ifndef MILLRACE_TENSOR_DETAIL_BYTE_BUFFER_HPP
#define MILLRACE_TENSOR_DETAIL_BYTE_BUFFER_HPP

namespace millrace {
inline namespace v0 {
namespace detail {

/// Bytes on the heap that begin as they come: std::vector would write them all first. Large ones grow
/// by remapping pages, where the system can. Throws std::bad_alloc.
class byte_buffer {
 public:
  byte_buffer() noexcept = default;
  explicit byte_buffer(std::size_t size) { resize(size); }
  byte_buffer(const byte_buffer& other) : byte_buffer(other.size_) {
    if (size_ != 0) __builtin_memcpy(data_, other.data_, size_);
  }
  byte_buffer(byte_buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  byte_buffer& operator=(byte_buffer other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  ~byte_buffer() { std::free(data_); }

  void resize(std::size_t size) {
    if (size > capacity_) reallocate(size);
    size_ = size;
  }
  /// Gives back what is not used, if that is a tenth. Less is kept: the C library serves a size that
  /// it has seen freed without asking the system for fresh pages.
  void shrink() {
    if (capacity_ - size_ > capacity_ / 10) reallocate(size_);
  }

  unsigned char* data() noexcept { return data_; }
  const unsigned char* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }

 private:
  void reallocate(std::size_t size) {
    void* moved = std::realloc(data_, size == 0 ? 1 : size);
    if (moved == nullptr) throw std::bad_alloc();
    data_ = static_cast<unsigned char*>(moved);
    capacity_ = size;
  }

  unsigned char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TENSOR_DETAIL_BYTE_BUFFER_HPP

// ---- tensor/detail/decode_table.hpp

#ifndef MILLRACE_TENSOR_DETAIL_DECODE_TABLE_HPP
#define MILLRACE_TENSOR_DETAIL_DECODE_TABLE_HPP

namespace millrace {
inline namespace v0 {
namespace detail {

/// One Huffman code as a table over the next bits. Codes too long for it are found bit by bit.
template <unsigned Bits>
class decode_table {
 public:
  // An entry: bits 0-5 how many bits it takes; bits 6-7 how many literals it is (0: something else);
  // from bit 8 on the literals, or the symbol.
  static constexpr std::uint32_t symbol_mask = 0xffffU;

  /// False for a set of lengths that no prefix code has. `literals`: symbols below it may be joined.
  bool build(const unsigned char* lengths, std::size_t symbols, std::uint32_t literals) noexcept {
    for (std::uint16_t& n : of_length_) n = 0;
    for (std::size_t symbol = 0; symbol < symbols; ++symbol) ++of_length_[lengths[symbol]];
    const std::size_t used = symbols - of_length_[0];
    of_length_[0] = 0;
    std::uint32_t code[16] = {};
    std::uint16_t place[16] = {};
    std::uint32_t space = 0;
    for (unsigned length = 1; length < 16; ++length) {
      code[length] = (code[length - 1] + of_length_[length - 1]) << 1;
      place[length] = static_cast<std::uint16_t>(place[length - 1] + of_length_[length - 1]);
      space += static_cast<std::uint32_t>(of_length_[length]) << (15 - length);
    }
    // A code must fill its space; but one symbol alone may take one bit, and there may be none.
    const bool full = space == 1U << 15;
    if (!full && !(used == 0 || (used == 1 && of_length_[1] == 1))) return false;
    if (!full)
      for (std::uint32_t& entry : entries_) entry = 0;
    for (std::size_t symbol = 0; symbol < symbols; ++symbol) {
      const unsigned length = lengths[symbol];
      if (length == 0) continue;
      by_code_[place[length]++] = static_cast<std::uint16_t>(symbol);
      std::uint32_t reversed = 0;
      for (std::uint32_t bit = 0, rest = code[length]++; bit < length; ++bit, rest >>= 1)
        reversed = reversed << 1 | (rest & 1U);
      if (length <= Bits) {
        const std::uint32_t entry =
            static_cast<std::uint32_t>(symbol) << 8 | (symbol < literals ? 1U << 6 : 0U) | length;
        for (std::uint32_t at = reversed; at < size; at += 1U << length) entries_[at] = entry;
      } else {
        entries_[reversed & (size - 1)] = 0;  // of no length: ask `find_long`
      }
    }
    if (literals != 0) join();
    return true;
  }

  std::uint32_t operator[](std::uint64_t bits) const noexcept { return entries_[bits & (size - 1)]; }

  /// The entry of a code of any length, or 0 if these bits are none. RFC 1951, section 3.2.2.
  std::uint32_t find_long(std::uint64_t bits) const noexcept {
    std::uint32_t code = 0;
    std::uint32_t first = 0;
    std::uint32_t index = 0;
    for (unsigned length = 1; length < 16; ++length, bits >>= 1) {
      code |= static_cast<std::uint32_t>(bits & 1U);
      const std::uint32_t count = of_length_[length];
      if (code < first + count) return static_cast<std::uint32_t>(by_code_[index + code - first]) << 8 | length;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    return 0;
  }

 private:
  static constexpr std::uint32_t size = 1U << Bits;

  /// Adds the literals that follow a literal within the same bits, to three in all. From the back,
  /// because what follows stands at a lower index, which still holds a single symbol then.
  void join() noexcept {
    for (std::uint32_t at = size; at-- > 0;) {
      const std::uint32_t own = entries_[at];
      std::uint32_t entry = own;
      for (unsigned joined = 1; joined < 3 && (entry >> 6 & 3U) == joined; ++joined) {
        const unsigned taken = entry & 63U;
        const std::uint32_t rest = at >> taken;
        const std::uint32_t next = rest == at ? own : entries_[rest];  // 0 follows on itself
        if ((next >> 6 & 3U) != 1 || taken + (next & 63U) > Bits) break;
        entry = (entry & ~0xffU) | (next >> 8 & 0xffU) << (8 + 8 * joined) | (joined + 1) << 6 | (taken + (next & 63U));
      }
      entries_[at] = entry;
    }
  }

  std::uint32_t entries_[size];
  std::uint16_t of_length_[16];
  std::uint16_t by_code_[288];
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TENSOR_DETAIL_DECODE_TABLE_HPP

// ---- tensor/detail/inflate.hpp

#ifndef MILLRACE_TENSOR_DETAIL_INFLATE_HPP
#define MILLRACE_TENSOR_DETAIL_INFLATE_HPP

// A DEFLATE decoder (RFC 1951) into one piece of memory of known size. Complete, so that reading a
// compressed tensor needs no third party, and made for the blocks that deflate_block.hpp writes: up to
// three literals a table look-up.
namespace millrace {
inline namespace v0 {
namespace detail {

/// Bytes that may be written beyond the output.
inline constexpr std::size_t inflate_slack = 32;

constexpr std::size_t smaller(std::size_t a, std::size_t b) noexcept { return a < b ? a : b; }

/// Bits out of bytes. Looks ahead, up to 8 bytes beyond the end.
struct bit_reader {
  const unsigned char* in = nullptr;
  std::size_t size = 0;
  std::size_t at = 0;  // the next byte to look at
  std::uint64_t bits = 0;
  unsigned count = 0;  // of these bits, how many may be taken

  /// At least 56 bits may be taken afterwards; false when more were taken before than there were.
  bool refill() noexcept {
    if (at <= size) [[likely]] {
      std::uint64_t word = 0;
      __builtin_memcpy(&word, in + at, 8);
      bits |= word << count;
    } else if (at - (count >> 3) > size) {
      return false;
    }
    at += (63 - count) >> 3;
    count |= 56;
    return true;
  }
  std::uint64_t peek() const noexcept { return bits; }
  void drop(unsigned n) noexcept {
    bits >>= n;
    count -= n;
  }
  unsigned take(unsigned n) noexcept {
    const auto taken = static_cast<unsigned>(bits & ((std::uint64_t{1} << n) - 1));
    drop(n);
    return taken;
  }
  /// Drops what is left of the byte begun. Returns how many bytes were taken in all, which may be
  /// more than there were.
  std::size_t align() noexcept {
    at -= count >> 3;
    bits = 0;
    count = 0;
    return at;
  }
  void skip(std::size_t bytes) noexcept { at += bytes; }
};

/// Reads one DEFLATE stream at a time. Keep one for many: it holds the tables. Allocates: never.
///
/// Reads and writes nothing out of bounds, whatever the input, provided that 8 bytes may be read
/// after the input, and `inflate_slack` written after the output.
class inflater {
 public:
  /// Whether `in` is exactly one DEFLATE stream of exactly `out_bytes` bytes; then `out` holds them.
  /// Else `out` holds anything.
  bool inflate(const unsigned char* in, std::size_t in_bytes, unsigned char* out, std::size_t out_bytes) noexcept {
    open(in, in_bytes, out, out_bytes);
    return finish();
  }

  /// `inflate` in two steps, between which `advance_both` may do most of the work of two.
  void open(const unsigned char* in, std::size_t in_bytes, unsigned char* out, std::size_t out_bytes) noexcept {
    reader_ = bit_reader{in, in_bytes};
    out_ = out_begin_ = out;
    out_end_ = out + out_bytes;
    last_ = false;
    broken_ = false;
    coded_ = next_block();
  }
  bool finish() noexcept {
    for (; coded_; coded_ = next_block())
      if (!symbols()) return false;
    return !broken_ && out_ == out_end_ && reader_.align() == reader_.size;
  }

  /// Goes on with the literals of two streams at once, as far as both have them: a look-up's latency
  /// in one is time for the other.
  static void advance_both(inflater& first, inflater& second) noexcept {
    if (!first.coded_ || !second.coded_) return;
    lane a = first.begin_lane();
    lane b = second.begin_lane();
    for (bool literals = true; literals;) {
      const std::size_t rounds = smaller(first.safe_rounds(a), second.safe_rounds(b));
      if (rounds == 0) break;
      for (std::size_t round = 0; round < rounds && literals; ++round) {
        a.refill();
        b.refill();
        // Five look-ups of 11 bits; a stream that has something else waits for the others' turn.
        literals = both(a, b, first, second) && both(a, b, first, second) && both(a, b, first, second) &&
                   both(a, b, first, second) && both(a, b, first, second);
      }
    }
    first.end_lane(a);
    second.end_lane(b);
  }

 private:
  /// A stream's state in a loop without checks: in registers.
  struct lane {
    const unsigned char* in;
    std::uint64_t bits;
    unsigned count;
    unsigned char* out;

    [[gnu::always_inline]] void refill() noexcept {
      std::uint64_t word = 0;
      __builtin_memcpy(&word, in, 8);
      bits |= word << count;
      in += (63 - count) >> 3;
      count |= 56;
    }
    [[gnu::always_inline]] void put(std::uint32_t entry) noexcept {
      const std::uint32_t bytes = entry >> 8;
      __builtin_memcpy(out, &bytes, 4);
      out += entry >> 6 & 3U;
      bits >>= entry & 63U;
      count -= entry & 63U;
    }
  };
  lane begin_lane() const noexcept { return {reader_.in + reader_.at, reader_.bits, reader_.count, out_}; }
  void end_lane(const lane& from) noexcept {
    reader_.at = static_cast<std::size_t>(from.in - reader_.in);
    reader_.bits = from.bits;
    reader_.count = from.count;
    out_ = from.out;
  }
  /// How often a lane may refill and look up five times without a check: 8 bytes in, 15 out.
  std::size_t safe_rounds(const lane& from) const noexcept {
    const auto taken = static_cast<std::size_t>(from.in - reader_.in);
    if (taken >= reader_.size || from.out >= out_end_) return 0;
    return smaller((reader_.size - taken) / 8, static_cast<std::size_t>(out_end_ - from.out) / 15);
  }
  [[gnu::always_inline]] static bool both(lane& a, lane& b, const inflater& first, const inflater& second) noexcept {
    const std::uint32_t x = first.literals_[a.bits];
    const std::uint32_t y = second.literals_[b.bits];
    if ((x & 0xc0U) == 0 || (y & 0xc0U) == 0) return false;
    a.put(x);
    b.put(y);
    return true;
  }
  [[gnu::always_inline]] static bool one(lane& a, const inflater& first) noexcept {
    const std::uint32_t x = first.literals_[a.bits];
    if ((x & 0xc0U) == 0) return false;
    a.put(x);
    return true;
  }

  /// To the next Huffman block's first symbol. False: the stream is over, or broken.
  bool next_block() noexcept {
    while (!last_) {
      bool good = reader_.refill();
      last_ = reader_.take(1) != 0;
      const unsigned kind = reader_.take(2);
      if (good && kind == 0 && stored()) continue;
      good = good && (kind == 1 ? fixed_codes() : kind == 2 && read_codes());
      broken_ = !good;
      return good;
    }
    return false;
  }

  bool stored() noexcept {
    const std::size_t at = reader_.align();
    if (at > reader_.size || reader_.size - at < 4) return false;
    std::uint16_t length = 0;
    std::uint16_t complement = 0;
    __builtin_memcpy(&length, reader_.in + at, 2);
    __builtin_memcpy(&complement, reader_.in + at + 2, 2);
    if (length != static_cast<std::uint16_t>(~complement)) return false;
    if (reader_.size - at - 4 < length || static_cast<std::size_t>(out_end_ - out_) < length) return false;
    if (length != 0) __builtin_memcpy(out_, reader_.in + at + 4, length);
    reader_.skip(4U + length);
    out_ += length;
    return true;
  }

  bool fixed_codes() noexcept {
    unsigned char lengths[288];
    for (unsigned symbol = 0; symbol < 288; ++symbol)
      lengths[symbol] = symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8;
    unsigned char distances[32];
    for (unsigned char& length : distances) length = 5;
    return literals_.build(lengths, 288, 256) && distances_.build(distances, 32, 0);
  }

  bool read_codes() noexcept {
    bit_reader& reader = reader_;
    static constexpr unsigned char order[19] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
    const unsigned literals = reader.take(5) + 257;
    const unsigned distances = reader.take(5) + 1;
    const unsigned lengths_given = reader.take(4) + 4;
    if (literals > 286 || distances > 30) return false;
    unsigned char lengths[286 + 30 + 138] = {};
    for (unsigned at = 0; at < lengths_given; ++at) {
      if (!reader.refill()) return false;
      lengths[order[at]] = static_cast<unsigned char>(reader.take(3));
    }
    if (!lengths_.build(lengths, 19, 0)) return false;
    unsigned char all[286 + 30 + 138] = {};
    for (unsigned at = 0; at < literals + distances;) {
      if (!reader.refill()) return false;
      const std::uint32_t entry = lengths_[reader.peek()];
      if (entry == 0) return false;
      reader.drop(entry & 63U);
      const unsigned symbol = entry >> 8;
      if (symbol < 16) {
        all[at++] = static_cast<unsigned char>(symbol);
        continue;
      }
      if (symbol == 16 && at == 0) return false;
      const unsigned char repeated = symbol == 16 ? all[at - 1] : 0;
      unsigned run = symbol == 16 ? 3 + reader.take(2) : symbol == 17 ? 3 + reader.take(3) : 11 + reader.take(7);
      while (run-- > 0) all[at++] = repeated;
      if (at > literals + distances) return false;
    }
    return all[256] != 0 && literals_.build(all, literals, 256) && distances_.build(all + literals, distances, 0);
  }

  /// A block's symbols, to its end. False: they are broken.
  bool symbols() noexcept {
    static constexpr std::uint16_t length_base[29] = {3,  4,  5,  6,  7,  8,  9,  10, 11,  13,  15,  17,  19,  23, 27,
                                                      31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};
    static constexpr unsigned char length_extra[29] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                                       2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
    static constexpr std::uint16_t distance_base[30] = {1,    2,    3,    4,    5,    7,    9,    13,    17,    25,
                                                        33,   49,   65,   97,   129,  193,  257,  385,   513,   769,
                                                        1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
    bit_reader reader = reader_;  // locals stay in registers
    unsigned char* out = out_;
    for (;;) {
      lane a{reader.in + reader.at, reader.bits, reader.count, out};
      for (std::size_t rounds = safe_rounds(a); rounds > 0; --rounds) {
        a.refill();
        if (!(one(a, *this) && one(a, *this) && one(a, *this) && one(a, *this) && one(a, *this))) break;
      }
      reader.at = static_cast<std::size_t>(a.in - reader.in);
      reader.bits = a.bits;
      reader.count = a.count;
      out = a.out;

      if (!reader.refill()) return false;
      std::uint32_t entry = literals_[reader.peek()];
      if ((entry & 0xc0U) != 0) {  // near an end
        const unsigned count = entry >> 6 & 3U;
        if (static_cast<std::size_t>(out_end_ - out) < count) return false;
        const std::uint32_t bytes = entry >> 8;
        __builtin_memcpy(out, &bytes, 4);
        out += count;
        reader.drop(entry & 63U);
        continue;
      }
      if (entry == 0) entry = literals_.find_long(reader.peek());
      if (entry == 0) return false;
      reader.drop(entry & 63U);
      const std::uint32_t symbol = entry >> 8;
      if (symbol < 256) {
        if (out == out_end_) return false;
        *out++ = static_cast<unsigned char>(symbol);
        continue;
      }
      if (symbol == 256) {
        reader_ = reader;
        out_ = out;
        return true;
      }
      if (symbol > 285) return false;
      const std::size_t length = length_base[symbol - 257] + reader.take(length_extra[symbol - 257]);
      entry = distances_[reader.peek()];
      if (entry == 0) entry = distances_.find_long(reader.peek());
      const std::uint32_t code = entry >> 8;
      if (entry == 0 || code > 29) return false;
      reader.drop(entry & 63U);
      const std::size_t distance = distance_base[code] + reader.take(code < 4 ? 0 : code / 2 - 1);
      if (distance > static_cast<std::size_t>(out - out_begin_) || length > static_cast<std::size_t>(out_end_ - out))
        return false;
      copy(out, distance, length);
      out += length;
    }
  }

  /// May write up to 15 bytes beyond the match.
  static void copy(unsigned char* out, std::size_t distance, std::size_t length) noexcept {
    const unsigned char* from = out - distance;
    if (distance == 1) {
      __builtin_memset(out, *from, length);
    } else if (distance >= 16) {
      for (std::size_t at = 0; at < length; at += 16) __builtin_memcpy(out + at, from + at, 16);
    } else {
      for (std::size_t at = 0; at < length; ++at) out[at] = from[at];
    }
  }

  decode_table<11> literals_;
  decode_table<9> distances_;
  decode_table<7> lengths_;
  bit_reader reader_;
  unsigned char* out_ = nullptr;
  unsigned char* out_begin_ = nullptr;
  unsigned char* out_end_ = nullptr;
  bool last_ = false;
  bool coded_ = false;
  bool broken_ = false;
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TENSOR_DETAIL_INFLATE_HPP

// ---- tensor/detail/planes.hpp

#ifndef MILLRACE_TENSOR_DETAIL_PLANES_HPP
#define MILLRACE_TENSOR_DETAIL_PLANES_HPP

// What makes numbers compressible: like with like. Elements become byte planes (all lowest bytes,
// then all next ones, ...). A float is rotated left by one bit before, so that the sign joins the
// mantissa's lowest bits and the top plane is the whole exponent, which is where the redundancy is.
// Where many elements are zero, a bitmap says which are not, and only those go into the planes.
namespace millrace {
inline namespace v0 {
namespace detail {

template <std::size_t Width>
struct unsigned_of;
template <>
struct unsigned_of<1> {
  using type = std::uint8_t;
};
template <>
struct unsigned_of<2> {
  using type = std::uint16_t;
};
template <>
struct unsigned_of<4> {
  using type = std::uint32_t;
};
template <>
struct unsigned_of<8> {
  using type = std::uint64_t;
};

using bytes16 = vector<unsigned char, 16>;

/// a0 b0 a1 b1 ... of the lower halves, then of the upper ones.
[[gnu::always_inline]] inline bytes16 zip_low(bytes16 a, bytes16 b) noexcept {
  return __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}
[[gnu::always_inline]] inline bytes16 zip_high(bytes16 a, bytes16 b) noexcept {
  return __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

/// A perfect shuffle of Width x 16 bytes, `Rounds` times. Each turns the bits of a byte's address left
/// by one. Sixteen elements of Width bytes have addresses element:byte, so four rounds make planes of
/// them, byte:element; log2(Width) rounds make elements of planes.
template <std::size_t Rounds, std::size_t Width>
[[gnu::always_inline]] inline void perfect_shuffle(bytes16 (&v)[Width]) noexcept {
  if constexpr (Rounds > 0 && Width > 1) {
    bytes16 next[Width];
    constexpr std::size_t half = Width / 2;
    if constexpr (Width == 2) {
      next[0] = zip_low(v[0], v[1]);
      next[1] = zip_high(v[0], v[1]);
    } else if constexpr (Width == 4) {
      next[0] = zip_low(v[0], v[half]);
      next[1] = zip_high(v[0], v[half]);
      next[2] = zip_low(v[1], v[half + 1]);
      next[3] = zip_high(v[1], v[half + 1]);
    } else {
      next[0] = zip_low(v[0], v[half]);
      next[1] = zip_high(v[0], v[half]);
      next[2] = zip_low(v[1], v[half + 1]);
      next[3] = zip_high(v[1], v[half + 1]);
      next[4] = zip_low(v[2], v[half + 2]);
      next[5] = zip_high(v[2], v[half + 2]);
      next[6] = zip_low(v[3], v[half + 3]);
      next[7] = zip_high(v[3], v[half + 3]);
    }
    perfect_shuffle<Rounds - 1, Width>(next);
    __builtin_memcpy(&v, &next, sizeof v);
  }
}

/// The bits of each element turned left by one, or right.
template <std::size_t Width>
[[gnu::always_inline]] inline bytes16 rotate_left(bytes16 elements) noexcept {
  using words = vector<typename unsigned_of<Width>::type, 16>;
  const auto x = reinterpret_cast<words>(elements);
  return reinterpret_cast<bytes16>(x << 1 | x >> (8 * Width - 1));
}
template <std::size_t Width>
[[gnu::always_inline]] inline bytes16 rotate_right(bytes16 elements) noexcept {
  using words = vector<typename unsigned_of<Width>::type, 16>;
  const auto x = reinterpret_cast<words>(elements);
  return reinterpret_cast<bytes16>(x >> 1 | x << (8 * Width - 1));
}

/// Splits `count` elements of Width bytes into planes, `pitch` bytes apart.
template <std::size_t Width, bool Rotate>
void split_planes(const unsigned char* elements, std::size_t count, unsigned char* planes, std::size_t pitch) noexcept {
  std::size_t at = 0;
  // Spelled out as packs, because -O2 unrolls no loops, and vectors in a loop live in memory.
  const auto blocks = [&]<std::size_t... Lane>(std::index_sequence<Lane...>) {
    for (; at + 16 <= count; at += 16) {
      bytes16 v[Width];
      (load(v[Lane], elements + at * Width + 16 * Lane), ...);
      if constexpr (Rotate) ((v[Lane] = rotate_left<Width>(v[Lane])), ...);
      perfect_shuffle<4, Width>(v);
      (store(planes + Lane * pitch + at, v[Lane]), ...);
    }
  };
  blocks(std::make_index_sequence<Width>{});
  using word = typename unsigned_of<Width>::type;
  for (; at < count; ++at) {
    word x = 0;
    __builtin_memcpy(&x, elements + at * Width, Width);
    if constexpr (Rotate) x = std::rotl(x, 1);
    for (std::size_t plane = 0; plane < Width; ++plane)
      planes[plane * pitch + at] = static_cast<unsigned char>(x >> (8 * plane));
  }
}

/// The reverse. `planes` points to each plane.
template <std::size_t Width, bool Rotate>
void join_planes(const unsigned char* const* planes, std::size_t count, unsigned char* elements) noexcept {
  constexpr std::size_t rounds = std::bit_width(Width) - 1;
  std::size_t at = 0;
  const auto blocks = [&]<std::size_t... Lane>(std::index_sequence<Lane...>) {
    const unsigned char* const each[Width] = {planes[Lane]...};
    for (; at + 16 <= count; at += 16) {
      bytes16 v[Width];
      (load(v[Lane], each[Lane] + at), ...);
      perfect_shuffle<rounds, Width>(v);
      if constexpr (Rotate) ((v[Lane] = rotate_right<Width>(v[Lane])), ...);
      (store(elements + at * Width + 16 * Lane, v[Lane]), ...);
    }
  };
  blocks(std::make_index_sequence<Width>{});
  using word = typename unsigned_of<Width>::type;
  for (; at < count; ++at) {
    word x = 0;
    for (std::size_t plane = 0; plane < Width; ++plane)
      x = static_cast<word>(x | static_cast<word>(planes[plane][at]) << (8 * plane));
    if constexpr (Rotate) x = std::rotr(x, 1);
    __builtin_memcpy(elements + at * Width, &x, Width);
  }
}

/// Copies the elements that are not zero (in all bits) to `packed`, and sets their bits in `bitmap`,
/// the first element's lowest. Returns how many. `packed` has room for all, and one more.
template <std::size_t Width>
std::size_t pack_nonzero(const unsigned char* elements, std::size_t count, unsigned char* bitmap,
                         unsigned char* packed) noexcept {
  using word = typename unsigned_of<Width>::type;
  unsigned char* to = packed;
  // Always copied, kept by moving on: no branch to mispredict.
  const auto take = [&](const unsigned char* from, unsigned bit) __attribute__((always_inline)) {
    word x;
    __builtin_memcpy(&x, from, Width);
    __builtin_memcpy(to, &x, Width);
    const unsigned kept = x != 0 ? 1 : 0;
    to += kept * Width;
    return kept << bit;
  };
  std::size_t at = 0;
  for (; at + 8 <= count; at += 8, elements += 8 * Width) {
    unsigned bits = take(elements, 0);  // spelled out: -O2 does not unroll loops
    bits |= take(elements + Width, 1);
    bits |= take(elements + 2 * Width, 2);
    bits |= take(elements + 3 * Width, 3);
    bits |= take(elements + 4 * Width, 4);
    bits |= take(elements + 5 * Width, 5);
    bits |= take(elements + 6 * Width, 6);
    bits |= take(elements + 7 * Width, 7);
    bitmap[at / 8] = static_cast<unsigned char>(bits);
  }
  if (at < count) {
    unsigned bits = 0;
    for (unsigned bit = 0; bit < count - at; ++bit) bits |= take(elements + bit * Width, bit);
    bitmap[at / 8] = static_cast<unsigned char>(bits);
  }
  return static_cast<std::size_t>(to - packed) / Width;
}

/// The reverse. Reads up to one element beyond those that are packed.
template <std::size_t Width>
void unpack_nonzero(const unsigned char* bitmap, const unsigned char* packed, std::size_t count,
                    unsigned char* elements) noexcept {
  using word = typename unsigned_of<Width>::type;
  const auto give = [&](unsigned char* to, unsigned bit) __attribute__((always_inline)) {
    word x;
    __builtin_memcpy(&x, packed, Width);
    x = static_cast<word>(x & (word{0} - static_cast<word>(bit & 1U)));
    __builtin_memcpy(to, &x, Width);
    packed += (bit & 1U) * Width;
  };
  std::size_t at = 0;
  for (; at + 8 <= count; at += 8, elements += 8 * Width) {
    const unsigned bits = bitmap[at / 8];
    give(elements, bits);
    give(elements + Width, bits >> 1);
    give(elements + 2 * Width, bits >> 2);
    give(elements + 3 * Width, bits >> 3);
    give(elements + 4 * Width, bits >> 4);
    give(elements + 5 * Width, bits >> 5);
    give(elements + 6 * Width, bits >> 6);
    give(elements + 7 * Width, bits >> 7);
  }
  for (unsigned bit = 0; at + bit < count; ++bit)
    give(elements + bit * Width, static_cast<unsigned>(bitmap[at / 8]) >> bit);
}

/// The kernels for elements of one width.
struct plane_kernels {
  void (*split)(const unsigned char* elements, std::size_t count, unsigned char* planes, std::size_t pitch) noexcept;
  void (*join)(const unsigned char* const* planes, std::size_t count, unsigned char* elements) noexcept;
  std::size_t (*pack)(const unsigned char* elements, std::size_t count, unsigned char* bitmap,
                      unsigned char* packed) noexcept;
  void (*unpack)(const unsigned char* bitmap, const unsigned char* packed, std::size_t count,
                 unsigned char* elements) noexcept;
};
template <std::size_t Width, bool Rotate>
constexpr plane_kernels kernels_of() noexcept {
  return {&split_planes<Width, Rotate>, &join_planes<Width, Rotate>, &pack_nonzero<Width>, &unpack_nonzero<Width>};
}
inline plane_kernels kernels_for(std::size_t width, bool rotate) noexcept {
  switch (width) {
    case 8: return rotate ? kernels_of<8, true>() : kernels_of<8, false>();
    case 4: return rotate ? kernels_of<4, true>() : kernels_of<4, false>();
    case 2: return rotate ? kernels_of<2, true>() : kernels_of<2, false>();
    default: return kernels_of<1, false>();
  }
}

/// How many bits are set among the first `count`; the rest of the last byte must be clear, or it is
/// `count + 1`, which no bitmap has.
inline std::size_t count_bits(const unsigned char* bitmap, std::size_t count) noexcept {
  std::size_t set = 0;
  const std::size_t bytes = (count + 7) / 8;
  std::size_t at = 0;
  for (; at + 8 <= bytes; at += 8) {
    std::uint64_t word = 0;
    __builtin_memcpy(&word, bitmap + at, 8);
    set += static_cast<std::size_t>(std::popcount(word));
  }
  for (; at < bytes; ++at) set += static_cast<std::size_t>(std::popcount(static_cast<unsigned>(bitmap[at])));
  if (count % 8 != 0 && bitmap[bytes - 1] >> (count % 8) != 0) return count + 1;
  return set;
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TENSOR_DETAIL_PLANES_HPP

// ---- tensor/detail/crc32.hpp

#ifndef MILLRACE_TENSOR_DETAIL_CRC32_HPP
#define MILLRACE_TENSOR_DETAIL_CRC32_HPP

// CRC-32 as gzip has it (RFC 1952, section 8): polynomial 0x04c11db7, bits reflected. Eight bytes a
// step from tables; with the CPU's carry-less multiplication, 64 bytes a step.
// Source of the folding: Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ
// Instruction", Intel, 2009. The constants are computed here from the polynomial.
namespace millrace {
inline namespace v0 {
namespace detail {

inline constexpr std::uint32_t crc32_polynomial = 0xedb8'8320U;

struct crc32_tables {
  std::uint32_t at[8][256];

  constexpr crc32_tables() noexcept : at() {
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
      std::uint32_t r = byte;
      for (int bit = 0; bit < 8; ++bit) r = (r & 1U) != 0 ? r >> 1 ^ crc32_polynomial : r >> 1;
      at[0][byte] = r;
    }
    for (std::uint32_t byte = 0; byte < 256; ++byte)
      for (int k = 1; k < 8; ++k) at[k][byte] = at[k - 1][byte] >> 8 ^ at[0][at[k - 1][byte] & 0xffU];
  }
};
inline constexpr crc32_tables crc32_table{};

/// a * b modulo the polynomial; bit 31 is x^0.
constexpr std::uint32_t crc32_multiply(std::uint32_t a, std::uint32_t b) noexcept {
  std::uint32_t product = 0;
  for (std::uint32_t bit = 0x8000'0000U; bit != 0; bit >>= 1) {
    if ((a & bit) != 0) product ^= b;
    b = (b & 1U) != 0 ? b >> 1 ^ crc32_polynomial : b >> 1;
  }
  return product;
}

/// x^n modulo the polynomial.
constexpr std::uint32_t crc32_power(std::uint64_t n) noexcept {
  std::uint32_t power = 0x8000'0000U;
  for (std::uint32_t square = 0x4000'0000U; n != 0; n >>= 1) {
    if ((n & 1U) != 0) power = crc32_multiply(power, square);
    square = crc32_multiply(square, square);
  }
  return power;
}

/// The CRC of two strings of bytes one after the other, from the CRC of each and the second's length.
constexpr std::uint32_t crc32_combine(std::uint32_t first, std::uint32_t second, std::uint64_t second_bytes) noexcept {
  return crc32_multiply(first, crc32_power(8 * second_bytes)) ^ second;
}

/// The register (not inverted) after more bytes.
inline std::uint32_t crc32_step(std::uint32_t state, const unsigned char* data, std::size_t bytes) noexcept {
  const auto& t = crc32_table.at;
  for (; bytes >= 8; data += 8, bytes -= 8) {
    std::uint32_t a = 0;
    std::uint32_t b = 0;
    __builtin_memcpy(&a, data, 4);
    __builtin_memcpy(&b, data + 4, 4);
    a ^= state;
    state = t[7][a & 0xffU] ^ t[6][a >> 8 & 0xffU] ^ t[5][a >> 16 & 0xffU] ^ t[4][a >> 24] ^  //
            t[3][b & 0xffU] ^ t[2][b >> 8 & 0xffU] ^ t[1][b >> 16 & 0xffU] ^ t[0][b >> 24];
  }
  for (; bytes != 0; ++data, --bytes) state = state >> 8 ^ t[0][(state ^ *data) & 0xffU];
  return state;
}

#if defined(__x86_64__)

using clmul_lane = vector<long long, 16>;

/// What 16 bytes are multiplied by to move them `bits` further on: their two halves' constants.
constexpr long long crc32_fold_low(std::uint64_t bits) noexcept {
  return static_cast<long long>(static_cast<std::uint64_t>(crc32_power(bits + 32)) << 1);
}
constexpr long long crc32_fold_high(std::uint64_t bits) noexcept {
  return static_cast<long long>(static_cast<std::uint64_t>(crc32_power(bits - 32)) << 1);
}

/// Precondition: at least 64 bytes. The 16 bytes that are left stand for all before `at`.
[[gnu::target("pclmul")]] inline std::uint32_t crc32_clmul(std::uint32_t state, const unsigned char* data,
                                                           std::size_t bytes) noexcept {
  constexpr clmul_lane by64 = {crc32_fold_low(512), crc32_fold_high(512)};
  constexpr clmul_lane by16 = {crc32_fold_low(128), crc32_fold_high(128)};
  const auto fold = [](clmul_lane x, clmul_lane by) __attribute__((target("pclmul"), always_inline)) {
    return __builtin_ia32_pclmulqdq128(x, by, 0x00) ^ __builtin_ia32_pclmulqdq128(x, by, 0x11);
  };
  clmul_lane x[4];
  load(x, data);
  x[0] ^= clmul_lane{static_cast<long long>(state), 0};
  data += 64;
  bytes -= 64;
  for (; bytes >= 64; data += 64, bytes -= 64) {
    clmul_lane next[4];
    load(next, data);
    for (int k = 0; k < 4; ++k) x[k] = fold(x[k], by64) ^ next[k];
  }
  clmul_lane all = x[0];
  for (int k = 1; k < 4; ++k) all = fold(all, by16) ^ x[k];
  for (; bytes >= 16; data += 16, bytes -= 16) {
    clmul_lane next;
    load(next, data);
    all = fold(all, by16) ^ next;
  }
  unsigned char rest[16];
  store(rest, all);
  return crc32_step(crc32_step(0, rest, 16), data, bytes);
}

#endif

/// The CRC-32 of `bytes` bytes that follow those whose CRC-32 is `crc`; 0 to begin.
inline std::uint32_t crc32(std::uint32_t crc, const unsigned char* data, std::size_t bytes) noexcept {
  std::uint32_t state = ~crc;
#if defined(__x86_64__)
  if (bytes >= 64 && __builtin_cpu_supports("pclmul")) return ~crc32_clmul(state, data, bytes);
#endif
  return ~crc32_step(state, data, bytes);
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TENSOR_DETAIL_CRC32_HPP

// ---- tensor/dtype.hpp

#ifndef MILLRACE_TENSOR_DTYPE_HPP
#define MILLRACE_TENSOR_DTYPE_HPP

namespace millrace {
inline namespace v0 {

/// What a tensor's elements are. The numbers and names are stable: they stand in compressed tensors
/// and in logs.
enum class dtype : std::uint8_t {
  f32 = 1,
  f64 = 2,
  f16 = 3,
  bf16 = 4,
  i8 = 5,
  i16 = 6,
  i32 = 7,
  i64 = 8,
  u8 = 9,
  u16 = 10,
  u32 = 11,
  u64 = 12,
  boolean = 13,
};

inline constexpr dtype all_dtypes[] = {dtype::f32, dtype::f64, dtype::f16,    dtype::bf16, dtype::i8,
                                       dtype::i16, dtype::i32, dtype::i64,    dtype::u8,   dtype::u16,
                                       dtype::u32, dtype::u64, dtype::boolean};

/// The dtype's stable name, as it stands in logs: `f32`, `bool`.
constexpr std::string_view to_string(dtype type) noexcept {
  switch (type) {
    case dtype::f32: return "f32";
    case dtype::f64: return "f64";
    case dtype::f16: return "f16";
    case dtype::bf16: return "bf16";
    case dtype::i8: return "i8";
    case dtype::i16: return "i16";
    case dtype::i32: return "i32";
    case dtype::i64: return "i64";
    case dtype::u8: return "u8";
    case dtype::u16: return "u16";
    case dtype::u32: return "u32";
    case dtype::u64: return "u64";
    case dtype::boolean: return "bool";
  }
  return "unknown";
}

/// Bytes an element takes.
constexpr std::size_t size_of(dtype type) noexcept {
  switch (type) {
    case dtype::f64:
    case dtype::i64:
    case dtype::u64: return 8;
    case dtype::f32:
    case dtype::i32:
    case dtype::u32: return 4;
    case dtype::f16:
    case dtype::bf16:
    case dtype::i16:
    case dtype::u16: return 2;
    case dtype::i8:
    case dtype::u8:
    case dtype::boolean: return 1;
  }
  return 1;
}

/// Whether elements can be NaN or infinite.
constexpr bool is_floating(dtype type) noexcept {
  return type == dtype::f32 || type == dtype::f64 || type == dtype::f16 || type == dtype::bf16;
}

/// Whether `code`, as read from a file, is one of the enumerators.
constexpr bool is_dtype(std::uint8_t code) noexcept { return code >= 1 && code <= 13; }

/// IEEE 754 binary16: its bits. Arithmetic is done in float.
///
/// From float: round to nearest, ties to even; too large becomes infinity, too small a denormal or
/// zero; NaN stays NaN and keeps the payload's top ten bits. To float: exact.
/// Source: IEEE 754-2019, sections 3.4 and 4.3.1.
struct float16 {
  std::uint16_t bits = 0;

  constexpr float16() noexcept = default;
  constexpr explicit float16(float value) noexcept : bits(round(value)) {}
  static constexpr float16 from_bits(std::uint16_t bits) noexcept {
    float16 made;
    made.bits = bits;
    return made;
  }

  constexpr explicit operator float() const noexcept {
    const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000U) << 16;
    const std::uint32_t magnitude = bits & 0x7fffU;
    if (magnitude >= 0x7c00U) return std::bit_cast<float>(sign | 0x7f800000U | (magnitude & 0x3ffU) << 13);
    if (magnitude >= 0x0400U) return std::bit_cast<float>(sign | ((magnitude << 13) + 0x38000000U));
    const float denormal = static_cast<float>(magnitude) * 0x1p-24F;
    return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(denormal));
  }

 private:
  static constexpr std::uint16_t round(float value) noexcept {
    const auto all = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t sign = all >> 16 & 0x8000U;
    const std::uint32_t magnitude = all & 0x7fffffffU;
    std::uint32_t half = 0;
    if (magnitude > 0x7f800000U) {
      half = 0x7e00U | (magnitude >> 13 & 0x3ffU);  // quiet, so that no payload rounds to infinity
    } else if (magnitude >= 0x477ff000U) {          // 65520 and above round to infinity
      half = 0x7c00U;
    } else if (magnitude >= 0x38800000U) {  // 2^-14: normal in binary16
      half = (magnitude - 0x38000000U + 0xfffU + (magnitude >> 13 & 1U)) >> 13;
    } else if (magnitude >= 0x33000000U) {  // 2^-25: half of the smallest denormal
      const std::uint32_t shift = 126U - (magnitude >> 23);
      const std::uint32_t mantissa = (magnitude & 0x7fffffU) | 0x800000U;
      half = (mantissa + (1U << (shift - 1)) - 1U + (mantissa >> shift & 1U)) >> shift;
    }
    return static_cast<std::uint16_t>(sign | half);
  }
};

/// bfloat16: the upper half of a binary32. Conversions as for `float16`.
struct bfloat16 {
  std::uint16_t bits = 0;

  constexpr bfloat16() noexcept = default;
  constexpr explicit bfloat16(float value) noexcept : bits(round(value)) {}
  static constexpr bfloat16 from_bits(std::uint16_t bits) noexcept {
    bfloat16 made;
    made.bits = bits;
    return made;
  }

  constexpr explicit operator float() const noexcept {
    return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
  }

 private:
  static constexpr std::uint16_t round(float value) noexcept {
    const auto all = std::bit_cast<std::uint32_t>(value);
    if ((all & 0x7fffffffU) > 0x7f800000U) return static_cast<std::uint16_t>(all >> 16 | 0x40U);
    return static_cast<std::uint16_t>((all + 0x7fffU + (all >> 16 & 1U)) >> 16);
  }
};

namespace detail {

constexpr int integer_dtype(std::size_t size, bool is_signed) noexcept {
  switch (size) {
    case 1: return static_cast<int>(is_signed ? dtype::i8 : dtype::u8);
    case 2: return static_cast<int>(is_signed ? dtype::i16 : dtype::u16);
    case 4: return static_cast<int>(is_signed ? dtype::i32 : dtype::u32);
    case 8: return static_cast<int>(is_signed ? dtype::i64 : dtype::u64);
    default: return 0;
  }
}

template <class T>
inline constexpr bool is_character =
    std::is_same_v<T, char> || std::is_same_v<T, wchar_t> || std::is_same_v<T, char8_t> ||
    std::is_same_v<T, char16_t> || std::is_same_v<T, char32_t>;

template <class T>
concept plain_integer = std::is_integral_v<T> && !std::is_same_v<T, bool> && !is_character<T> && !std::is_const_v<T> &&
                        !std::is_volatile_v<T>;

}  // namespace detail

/// The dtype of a C++ type, as a number; 0: it has none. Specialize it for a type whose bytes are
/// one of the dtypes (tensor/eigen.hpp does so for Eigen::half). Integers go by size and sign;
/// `char` is text, not a number.
template <class T>
inline constexpr int dtype_code = 0;
template <>
inline constexpr int dtype_code<float> = static_cast<int>(dtype::f32);
template <>
inline constexpr int dtype_code<double> = static_cast<int>(dtype::f64);
template <>
inline constexpr int dtype_code<float16> = static_cast<int>(dtype::f16);
template <>
inline constexpr int dtype_code<bfloat16> = static_cast<int>(dtype::bf16);
template <>
inline constexpr int dtype_code<bool> = static_cast<int>(dtype::boolean);
template <detail::plain_integer T>
inline constexpr int dtype_code<T> = detail::integer_dtype(sizeof(T), std::is_signed_v<T>);

/// A type that a tensor can be made of.
template <class T>
concept tensor_element = dtype_code<std::remove_cv_t<T>>
!= 0;

/// The dtype of a tensor element type.
template <tensor_element T>
inline constexpr dtype dtype_of = static_cast<dtype>(dtype_code<std::remove_cv_t<T>>);

/// The dtype as a type, for `visit_dtype`.
template <class T>
struct element_tag {
  using type = T;
};

/// Calls f(element_tag<T>{}) with the library's own type for the dtype. All calls return one type.
template <class F>
constexpr decltype(auto) visit_dtype(dtype type, F&& f) {
  switch (type) {
    case dtype::f64: return f(element_tag<double>{});
    case dtype::f16: return f(element_tag<float16>{});
    case dtype::bf16: return f(element_tag<bfloat16>{});
    case dtype::i8: return f(element_tag<std::int8_t>{});
    case dtype::i16: return f(element_tag<std::int16_t>{});
    case dtype::i32: return f(element_tag<std::int32_t>{});
    case dtype::i64: return f(element_tag<std::int64_t>{});
    case dtype::u8: return f(element_tag<std::uint8_t>{});
    case dtype::u16: return f(element_tag<std::uint16_t>{});
    case dtype::u32: return f(element_tag<std::uint32_t>{});
    case dtype::u64: return f(element_tag<std::uint64_t>{});
    case dtype::boolean: return f(element_tag<bool>{});
    case dtype::f32: break;
  }
  return f(element_tag<float>{});
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TENSOR_DTYPE_HPP

// ---- tensor/layout.hpp

#ifndef MILLRACE_TENSOR_LAYOUT_HPP
#define MILLRACE_TENSOR_LAYOUT_HPP

namespace millrace {
inline namespace v0 {

/// The most axes a tensor may have.
inline constexpr std::size_t max_rank = 8;

/// A tensor's extents, outermost axis first; rank 0 is a scalar. Allocates: never.
/// Precondition of every constructor: at most `max_rank` axes.
class tensor_shape {
 public:
  constexpr tensor_shape() noexcept = default;
  constexpr tensor_shape(std::initializer_list<std::size_t> extents) noexcept {
    for (const std::size_t extent : extents) push_back(extent);
  }
  template <class Iterator>
  constexpr tensor_shape(Iterator first, Iterator last) noexcept {
    for (; first != last; ++first) push_back(static_cast<std::size_t>(*first));
  }
  // Copies go axis by axis: a copy of the whole array would read back wide what was just written in
  // words, which waits for the store buffer; and where the rank is known, nothing is left of this.
  constexpr tensor_shape(const tensor_shape& other) noexcept : rank_(other.rank_) {
    for (std::size_t axis = 0; axis < rank_; ++axis) extents_[axis] = other.extents_[axis];
  }
  constexpr tensor_shape& operator=(const tensor_shape& other) noexcept {
    rank_ = other.rank_;
    for (std::size_t axis = 0; axis < rank_; ++axis) extents_[axis] = other.extents_[axis];
    return *this;
  }

  constexpr void push_back(std::size_t extent) noexcept {
    if (rank_ == max_rank) [[unlikely]]
      __builtin_trap();  // a broken precondition stops here rather than in somebody's memory
    extents_[rank_++] = extent;
  }

  constexpr std::size_t rank() const noexcept { return rank_; }
  constexpr std::size_t operator[](std::size_t axis) const noexcept { return extents_[axis]; }
  constexpr const std::size_t* begin() const noexcept { return extents_; }
  constexpr const std::size_t* end() const noexcept { return extents_ + rank_; }

  /// The product of the extents; 1 for a scalar.
  constexpr std::size_t element_count() const noexcept {
    std::size_t count = 1;
    for (const std::size_t extent : *this) count *= extent;
    return count;
  }

  friend constexpr bool operator==(const tensor_shape& a, const tensor_shape& b) noexcept {
    if (a.rank_ != b.rank_) return false;
    for (std::size_t axis = 0; axis < a.rank_; ++axis)
      if (a[axis] != b[axis]) return false;
    return true;
  }

 private:
  std::size_t extents_[max_rank] = {};
  std::size_t rank_ = 0;
};

/// A place in a tensor, one index an axis.
using tensor_position = tensor_shape;

namespace detail {
inline std::string bracketed(const tensor_shape& numbers, char open, char close) {
  std::string text(1, open);
  for (std::size_t axis = 0; axis < numbers.rank(); ++axis) {
    char digits[24];
    if (axis != 0) text += ", ";
    text.append(digits, std::to_chars(digits, digits + sizeof digits, numbers[axis]).ptr);
  }
  text += close;
  return text;
}
}  // namespace detail

/// `[32, 64]`; a scalar is `[]`.
inline std::string to_string(const tensor_shape& shape) { return detail::bracketed(shape, '[', ']'); }

/// The order of a tensor's axes in memory, outermost (largest stride) first.
struct axis_order {
  unsigned char axes[max_rank] = {0, 1, 2, 3, 4, 5, 6, 7};

  constexpr unsigned char operator[](std::size_t place) const noexcept { return axes[place]; }
  friend constexpr bool operator==(const axis_order&, const axis_order&) noexcept = default;
};

/// A shape and how far apart, in elements, neighbours on each axis lie. Strides may be negative, or
/// zero for an axis that repeats. Allocates: never.
class tensor_layout {
 public:
  constexpr tensor_layout() noexcept = default;

  /// Any layout. Precondition: `strides` points to shape.rank() numbers.
  template <class Stride>
  constexpr tensor_layout(const tensor_shape& shape, const Stride* strides) noexcept : shape_(shape) {
    for (std::size_t axis = 0; axis < shape.rank(); ++axis) strides_[axis] = static_cast<std::ptrdiff_t>(strides[axis]);
  }
  constexpr tensor_layout(const tensor_shape& shape, std::initializer_list<std::ptrdiff_t> strides) noexcept
      : tensor_layout(shape, strides.begin()) {}
  constexpr tensor_layout(const tensor_layout& other) noexcept : tensor_layout(other.shape_, other.strides_) {}
  constexpr tensor_layout& operator=(const tensor_layout& other) noexcept {
    shape_ = other.shape_;
    for (std::size_t axis = 0; axis < rank(); ++axis) strides_[axis] = other.strides_[axis];
    return *this;
  }

  /// Gapless, the last axis innermost: C, NumPy.
  static constexpr tensor_layout row_major(const tensor_shape& shape) noexcept { return dense(shape, axis_order{}); }
  /// Gapless, the first axis innermost: Fortran, Eigen.
  static constexpr tensor_layout column_major(const tensor_shape& shape) noexcept {
    axis_order order;
    for (std::size_t place = 0; place < shape.rank(); ++place)
      order.axes[place] = static_cast<unsigned char>(shape.rank() - 1 - place);
    return dense(shape, order);
  }
  /// Gapless, axes nested as `order` says. Precondition: its first rank() entries are a permutation.
  static constexpr tensor_layout dense(const tensor_shape& shape, const axis_order& order) noexcept {
    tensor_layout made;
    made.shape_ = shape;
    std::size_t stride = 1;
    for (std::size_t place = shape.rank(); place-- > 0;) {
      made.strides_[order[place]] = static_cast<std::ptrdiff_t>(stride);
      stride *= shape[order[place]];
    }
    return made;
  }

  constexpr const tensor_shape& shape() const noexcept { return shape_; }
  constexpr std::size_t rank() const noexcept { return shape_.rank(); }
  constexpr std::ptrdiff_t stride(std::size_t axis) const noexcept { return strides_[axis]; }
  constexpr std::size_t element_count() const noexcept { return shape_.element_count(); }

  /// Where an element lies, counted in elements from the first one.
  constexpr std::ptrdiff_t offset(const tensor_position& at) const noexcept {
    std::ptrdiff_t sum = 0;
    for (std::size_t axis = 0; axis < rank(); ++axis) sum += static_cast<std::ptrdiff_t>(at[axis]) * strides_[axis];
    return sum;
  }

  /// The axes from the largest stride to the smallest. Equal strides keep their order, and axes of
  /// extent 1 their place; of an empty tensor all do.
  constexpr axis_order order() const noexcept {
    axis_order order;
    if (element_count() == 0) return order;
    for (std::size_t i = 1; i < rank(); ++i) {  // insertion sort: at most eight
      if (shape_[i] == 1) continue;
      for (std::size_t at = i, before = i; before-- > 0;) {
        if (shape_[order.axes[before]] == 1) continue;
        if (width(order.axes[at]) <= width(order.axes[before])) break;
        const unsigned char moved = order.axes[at];
        order.axes[at] = order.axes[before];
        order.axes[before] = moved;
        at = before;
      }
    }
    return order;
  }

  /// Row-major without gaps.
  constexpr bool is_contiguous() const noexcept { return is_dense(axis_order{}); }
  /// Without gaps in some order of its axes: element_count() elements from the first one.
  constexpr bool is_dense() const noexcept { return is_dense(order()); }

  /// The position of the element that stands at `flat` when elements are counted in `order()`.
  constexpr tensor_position position(std::size_t flat) const noexcept {
    std::size_t found[max_rank] = {};
    const axis_order nesting = order();
    for (std::size_t place = rank(); place-- > 0;) {
      const std::size_t extent = shape_[nesting[place]];
      found[nesting[place]] = flat % extent;
      flat /= extent;
    }
    return tensor_position(found, found + rank());
  }

 private:
  constexpr std::ptrdiff_t width(std::size_t axis) const noexcept {
    return strides_[axis] < 0 ? -strides_[axis] : strides_[axis];
  }
  constexpr bool is_dense(const axis_order& order) const noexcept {
    std::ptrdiff_t expected = 1;
    for (std::size_t place = rank(); place-- > 0;) {
      const std::size_t extent = shape_[order[place]];
      if (extent == 0) return true;
      if (extent != 1 && strides_[order[place]] != expected) return false;
      expected *= static_cast<std::ptrdiff_t>(extent);
    }
    return true;
  }

  tensor_shape shape_;
  std::ptrdiff_t strides_[max_rank] = {};
};

namespace detail {

/// Walks a layout in its memory order as runs of evenly spaced elements, as long as they can be:
/// f(offset of the first, count, stride), where f returns whether to go on. Returns false if f did.
template <class F>
constexpr bool for_each_run(const tensor_layout& layout, F&& f) {
  // Axes with one element go; an axis whose stride continues the next inner one merges with it.
  std::size_t extents[max_rank] = {};
  std::ptrdiff_t strides[max_rank] = {};
  std::size_t depth = 0;
  const axis_order order = layout.order();
  for (std::size_t place = 0; place < layout.rank(); ++place) {
    const std::size_t extent = layout.shape()[order[place]];
    const std::ptrdiff_t stride = layout.stride(order[place]);
    if (extent == 0) return true;
    if (extent == 1) continue;
    if (depth > 0 && strides[depth - 1] == stride * static_cast<std::ptrdiff_t>(extent)) {
      extents[depth - 1] *= extent;
      strides[depth - 1] = stride;
    } else {
      extents[depth] = extent;
      strides[depth++] = stride;
    }
  }
  if (depth == 0) return f(std::ptrdiff_t{0}, std::size_t{1}, std::ptrdiff_t{1});
  const std::size_t inner = depth - 1;
  std::size_t index[max_rank] = {};
  std::ptrdiff_t offset = 0;
  for (;;) {
    if (!f(offset, extents[inner], strides[inner])) return false;
    std::size_t axis = inner;
    for (;;) {
      if (axis == 0) return true;
      --axis;
      offset += strides[axis];
      if (++index[axis] < extents[axis]) break;
      offset -= strides[axis] * static_cast<std::ptrdiff_t>(extents[axis]);
      index[axis] = 0;
    }
  }
}

}  // namespace detail

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TENSOR_LAYOUT_HPP

// ---- tensor/detail/tensor_file.hpp

#ifndef MILLRACE_TENSOR_DETAIL_TENSOR_FILE_HPP
#define MILLRACE_TENSOR_DETAIL_TENSOR_FILE_HPP

// The bytes of a compressed tensor: gzip members (RFC 1952) one after the other, so gunzip reads them.
//
// The first member is empty; its extra field, subfield "MT", says what follows. All little-endian:
//   u8 version (1), u8 dtype, u8 filter, u8 rank, u8 axis order [rank] (outermost in memory first),
//   u64 extent [rank], u32 elements a chunk, u64 filtered bytes, u32 CRC-32 of the filtered bytes,
//   u32 CRC-32 of the subfield up to here.
// Elements stand in memory order and go chunk by chunk; a chunk is one or more parts, a part is one
// member, whose extra field, subfield "MP", is u32: how many bytes its DEFLATE stream takes.
//   filter none:            the elements
//   filter planes:          a part for each byte of an element, the lowest first
//   filter nonzero_planes:  a bitmap of the elements that are not zero, then planes of those alone
// The planes of floating dtypes are of the bits rotated left by one: exponent on top, sign below.
namespace millrace {
inline namespace v0 {

/// What is done to elements before they are deflated. The numbers stand in compressed tensors.
enum class tensor_filter : std::uint8_t { none = 0, planes = 1, nonzero_planes = 2 };

constexpr std::string_view to_string(tensor_filter filter) noexcept {
  switch (filter) {
    case tensor_filter::none: return "none";
    case tensor_filter::planes: return "planes";
    case tensor_filter::nonzero_planes: return "nonzero_planes";
  }
  return "unknown";
}

namespace detail {

/// Elements a chunk at most: a plane then fills one stored block, and a bitmap has whole bytes.
inline constexpr std::size_t plane_chunk = 65528;
/// Bytes a part at most, without a filter.
inline constexpr std::size_t plain_chunk_bytes = std::size_t{1} << 20;
/// What DEFLATE can shrink bytes to, at most: a match of 258 bytes in two bits.
inline constexpr std::size_t deflate_ratio = 1032;

struct tensor_header {
  dtype type = dtype::f32;
  tensor_filter filter = tensor_filter::none;
  tensor_shape shape;
  axis_order order;
  std::uint32_t chunk = 1;
  std::uint64_t filtered_bytes = 0;
  std::uint32_t checksum = 0;

  std::size_t element_size() const noexcept { return size_of(type); }
  std::size_t elements() const noexcept { return shape.element_count(); }
  std::size_t bytes() const noexcept { return elements() * element_size(); }
};

inline constexpr std::size_t member_head = 12;  // up to and with the extra field's length
inline constexpr std::size_t member_tail = 8;
inline constexpr std::size_t part_head = member_head + 8;

template <class Integer>
unsigned char* put(unsigned char* out, Integer value) noexcept {
  __builtin_memcpy(out, &value, sizeof value);
  return out + sizeof value;
}
template <class Integer>
Integer get(const unsigned char* in) noexcept {
  Integer value{};
  __builtin_memcpy(&value, in, sizeof value);
  return value;
}

inline constexpr unsigned char gzip_head[10] = {0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff};

inline unsigned char* put_member_head(unsigned char* out, char kind, std::size_t payload) noexcept {
  __builtin_memcpy(out, gzip_head, sizeof gzip_head);
  out = put(out + sizeof gzip_head, static_cast<std::uint16_t>(4 + payload));
  *out++ = 'M';
  *out++ = static_cast<unsigned char>(kind);
  return put(out, static_cast<std::uint16_t>(payload));
}

constexpr std::size_t header_payload(std::size_t rank) noexcept { return 4 + rank + 8 * rank + 4 + 8 + 4 + 4; }
constexpr std::size_t header_size(std::size_t rank) noexcept {
  return member_head + 4 + header_payload(rank) + 2 + member_tail;
}

/// Precondition: room for header_size(rank) bytes.
inline void write_header(const tensor_header& header, unsigned char* out) noexcept {
  const std::size_t rank = header.shape.rank();
  out = put_member_head(out, 'T', header_payload(rank));
  const unsigned char* begin = out;
  *out++ = 1;
  *out++ = static_cast<unsigned char>(header.type);
  *out++ = static_cast<unsigned char>(header.filter);
  *out++ = static_cast<unsigned char>(rank);
  for (std::size_t place = 0; place < rank; ++place) *out++ = header.order[place];
  for (const std::size_t extent : header.shape) out = put(out, static_cast<std::uint64_t>(extent));
  out = put(out, header.chunk);
  out = put(out, header.filtered_bytes);
  out = put(out, header.checksum);
  out = put(out, crc32(0, begin, static_cast<std::size_t>(out - begin)));
  *out++ = 3;  // an empty DEFLATE stream
  *out++ = 0;
  out = put(out, std::uint64_t{0});  // its CRC-32 and length
}

inline error damaged(std::string what) { return error(errc::corrupt, "compressed tensor: " + std::move(what)); }
inline error cut_off(std::string what) { return error(errc::truncated, "compressed tensor: " + std::move(what)); }

/// Reads the first member. Whatever the bytes, a header that is returned has a size that fits in
/// memory's addresses and chunks within the bounds above.
inline result<tensor_header> read_header(const unsigned char* in, std::size_t bytes) {
  if (bytes < header_size(0)) return cut_off("shorter than a header");
  for (std::size_t at = 0; at < sizeof gzip_head; ++at)
    if (in[at] != gzip_head[at]) return damaged("does not begin as one");
  const std::size_t extra = get<std::uint16_t>(in + 10);
  if (in[12] != 'M' || in[13] != 'T' || get<std::uint16_t>(in + 14) + 4U != extra) return damaged("has no description");
  if (bytes < member_head + extra + 2 + member_tail) return cut_off("ends within its header");
  const unsigned char* at = in + 16;
  const std::size_t rank = at[3];
  if (at[0] != 1) return error(errc::unsupported, "compressed tensor: format version " + std::to_string(at[0]));
  if (rank > max_rank || extra != 4 + header_payload(rank)) return damaged("its header's length is wrong");
  const unsigned char* last = in + member_head + extra - 4;
  if (get<std::uint32_t>(last) != crc32(0, at, static_cast<std::size_t>(last - at)))
    return error(errc::checksum_mismatch, "compressed tensor: its header does not match its checksum");
  const unsigned char* end = last + 4;
  if (end[0] != 3 || end[1] != 0 || get<std::uint64_t>(end + 2) != 0)
    return damaged("its header is not an empty member");

  if (!is_dtype(at[1])) return error(errc::unsupported, "compressed tensor: dtype number " + std::to_string(at[1]));
  if (at[2] > 2) return error(errc::unsupported, "compressed tensor: filter number " + std::to_string(at[2]));
  tensor_header header;
  header.type = static_cast<dtype>(at[1]);
  header.filter = static_cast<tensor_filter>(at[2]);
  at += 4;
  unsigned axes = 0;
  for (std::size_t place = 0; place < rank; ++place, ++at) {
    if (*at >= rank || (axes >> *at & 1U) != 0) return damaged("its axes' order is none");
    axes |= 1U << *at;
    header.order.axes[place] = *at;
  }
  std::size_t size = header.element_size();
  bool fits = true;
  for (std::size_t axis = 0; axis < rank; ++axis, at += 8) {
    const auto extent = get<std::uint64_t>(at);
    // Even of an empty tensor: its strides are products of extents.
    fits = fits && extent <= PTRDIFF_MAX && !__builtin_mul_overflow(size, extent == 0 ? 1 : extent, &size);
    header.shape.push_back(static_cast<std::size_t>(extent));
  }
  if (!fits || size > PTRDIFF_MAX) return damaged("its extents are too large");
  header.chunk = get<std::uint32_t>(at);
  header.filtered_bytes = get<std::uint64_t>(at + 4);
  header.checksum = get<std::uint32_t>(at + 12);
  const std::size_t most =
      header.filter == tensor_filter::none ? plain_chunk_bytes / header.element_size() : plane_chunk;
  if (header.chunk == 0 || header.chunk > most) return damaged("its chunks' size is out of range");
  return header;
}

/// One part as it stands in the file.
struct tensor_part {
  const unsigned char* deflated = nullptr;
  std::size_t deflated_bytes = 0;
  std::uint32_t crc = 0;
  std::uint32_t bytes = 0;
};

/// Reads parts one after the other.
class part_reader {
 public:
  part_reader(const unsigned char* in, std::size_t bytes) noexcept : at_(in), left_(bytes) {}

  std::size_t left() const noexcept { return left_; }

  result<tensor_part> next() {
    if (left_ < part_head + member_tail) return cut_off("ends before its last part");
    for (std::size_t at = 0; at < sizeof gzip_head; ++at)
      if (at_[at] != gzip_head[at]) return damaged("a part does not begin as one");
    if (get<std::uint16_t>(at_ + 10) != 8 || at_[12] != 'M' || at_[13] != 'P' || get<std::uint16_t>(at_ + 14) != 4)
      return damaged("a part's head is wrong");
    tensor_part part;
    part.deflated = at_ + part_head;
    part.deflated_bytes = get<std::uint32_t>(at_ + 16);
    if (left_ - part_head - member_tail < part.deflated_bytes) return cut_off("ends within a part");
    const unsigned char* tail = part.deflated + part.deflated_bytes;
    part.crc = get<std::uint32_t>(tail);
    part.bytes = get<std::uint32_t>(tail + 4);
    if (part.bytes / deflate_ratio > part.deflated_bytes) return damaged("a part says to be larger than it can be");
    at_ = tail + member_tail;
    left_ -= part_head + part.deflated_bytes + member_tail;
    return part;
  }

 private:
  const unsigned char* at_;
  std::size_t left_;
};

/// The parts a chunk has.
constexpr std::size_t parts_of(const tensor_header& header) noexcept {
  switch (header.filter) {
    case tensor_filter::planes: return header.element_size();
    case tensor_filter::nonzero_planes: return 1 + header.element_size();
    case tensor_filter::none: break;
  }
  return 1;
}

/// Whether the parts are those that the header tells of, by number, size and checksum. What they
/// hold is looked at when they are decoded; but no more memory than this has seen to be plausible is
/// asked for then.
inline result<void> check_parts(const tensor_header& header, const unsigned char* in, std::size_t bytes) {
  part_reader parts(in, bytes);
  const std::size_t width = header.element_size();
  std::uint64_t filtered = 0;
  std::uint32_t checksum = 0;
  for (std::size_t left = header.elements(); left != 0;) {
    const std::size_t count = left < header.chunk ? left : header.chunk;
    std::size_t packed = count;
    for (std::size_t n = 0; n < parts_of(header); ++n) {
      auto part = parts.next();
      if (!part) return std::move(part.error());
      const bool bitmap = header.filter == tensor_filter::nonzero_planes && n == 0;
      const bool sizes = header.filter == tensor_filter::nonzero_planes && n == 1;
      if (sizes && part->bytes <= count) packed = part->bytes;
      const std::size_t expected = header.filter == tensor_filter::none ? count * width
                                   : bitmap                             ? (count + 7) / 8
                                                                        : packed;
      if (part->bytes != expected) return damaged("a part has the wrong size");
      filtered += part->bytes;
      checksum = crc32_combine(checksum, part->crc, part->bytes);
    }
    left -= count;
  }
  if (parts.left() != 0) return damaged("bytes follow its last part");
  if (filtered != header.filtered_bytes) return damaged("its parts' sizes do not add up");
  if (checksum != header.checksum)
    return error(errc::checksum_mismatch, "compressed tensor: its parts do not match its checksum");
  return {};
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TENSOR_DETAIL_TENSOR_FILE_HPP

// ---- tensor/detail/decode.hpp

#ifndef MILLRACE_TENSOR_DETAIL_DECODE_HPP
#define MILLRACE_TENSOR_DETAIL_DECODE_HPP

namespace millrace {
inline namespace v0 {
namespace detail {

/// Reads one tensor's parts, of which check_parts has said yes.
class tensor_decoder {
 public:
  tensor_decoder(const tensor_header& header, const unsigned char* in, std::size_t bytes) noexcept
      : header_(header), parts_(in, bytes), kernels_(kernels_for(header.element_size(), is_floating(header.type))) {}

  /// Writes the elements in memory order, without gaps.
  result<void> decode(unsigned char* elements) {
    const std::size_t width = header_.element_size();
    for (std::size_t first = 0; first < header_.elements();) {
      // Two chunks at a time, for the sake of pairs of parts to inflate.
      std::size_t counts[2] = {};
      std::size_t ready = 0;
      for (std::size_t n = 0, at = first; n < 2 && at < header_.elements(); ++n, at += counts[0]) {
        counts[n] = smaller(header_.elements() - at, header_.chunk);
        for (std::size_t part = 0; part < parts_of(header_); ++part)
          if (auto done = open(pieces_[ready++]); !done) return done;
      }
      if (auto done = inflate(ready); !done) return done;
      for (std::size_t n = 0; n < 2 && counts[n] != 0; first += counts[n++]) {
        unsigned char* to = elements + first * width;
        const piece* parts = pieces_ + n * parts_of(header_);
        if (auto done = assemble(parts, counts[n], to); !done) return done;
        if (header_.type == dtype::boolean)
          for (std::size_t i = 0; i < counts[n]; ++i)
            if (to[i] > 1) return damaged("a boolean is neither 0 nor 1");
      }
    }
    return {};
  }

 private:
  /// A part on its way: in the file, and then its bytes, in the file too if they are stored there in
  /// one block, else inflated into memory of its own.
  struct piece {
    tensor_part part;
    const unsigned char* bytes = nullptr;
    byte_buffer inflated;
  };

  result<void> open(piece& next) {
    auto part = parts_.next();
    if (!part) return std::move(part.error());
    next.part = *part;
    const unsigned char* head = part->deflated;
    const bool stored = part->deflated_bytes == 5 + std::size_t{part->bytes} && part->bytes <= 65535 && head[0] == 1 &&
                        get<std::uint16_t>(head + 1) == part->bytes &&
                        get<std::uint16_t>(head + 3) == (~part->bytes & 0xffffU);
    next.bytes = stored ? head + 5 : nullptr;
    return {};
  }

  result<void> inflate(std::size_t ready) {
    const std::size_t parts = parts_of(header_);
    const piece* waiting = nullptr;
    bool good = true;
    for (std::size_t n = 0; n < 2 * parts; ++n) {
      const std::size_t which = n / 2 + n % 2 * parts;  // the same part of both chunks: likely of like length
      if (which >= ready || pieces_[which].bytes != nullptr) continue;
      piece& next = pieces_[which];
      next.inflated.resize(next.part.bytes + inflate_slack);
      next.bytes = next.inflated.data();
      inflater& into = inflaters_[waiting == nullptr ? 0 : 1];
      into.open(next.part.deflated, next.part.deflated_bytes, next.inflated.data(), next.part.bytes);
      if (waiting == nullptr) {
        waiting = &next;
        continue;
      }
      inflater::advance_both(inflaters_[0], inflaters_[1]);
      good = inflaters_[0].finish() && inflaters_[1].finish() && good;
      waiting = nullptr;
    }
    if (waiting != nullptr) good = inflaters_[0].finish() && good;
    if (!good) return damaged("a part cannot be inflated");
    for (std::size_t n = 0; n < ready; ++n)
      if (crc32(0, pieces_[n].bytes, pieces_[n].part.bytes) != pieces_[n].part.crc)
        return error(errc::checksum_mismatch, "compressed tensor: a part does not match its checksum");
    return {};
  }

  result<void> assemble(const piece* parts, std::size_t count, unsigned char* elements) {
    const std::size_t width = header_.element_size();
    if (header_.filter == tensor_filter::none) {
      __builtin_memcpy(elements, parts[0].bytes, count * width);
      return {};
    }
    const unsigned char* planes[8] = {};
    const bool nonzero = header_.filter == tensor_filter::nonzero_planes;
    for (std::size_t plane = 0; plane < width; ++plane) planes[plane] = parts[plane + (nonzero ? 1 : 0)].bytes;
    if (!nonzero) {
      kernels_.join(planes, count, elements);
      return {};
    }
    const std::size_t kept = parts[1].part.bytes;
    if (count_bits(parts[0].bytes, count) != kept) return damaged("a bitmap does not match its planes");
    packed_.resize((count + 1) * width);
    kernels_.join(planes, kept, packed_.data());
    __builtin_memset(packed_.data() + kept * width, 0, width);
    kernels_.unpack(parts[0].bytes, packed_.data(), count, elements);
    return {};
  }

  const tensor_header& header_;
  part_reader parts_;
  plane_kernels kernels_;
  inflater inflaters_[2];
  piece pieces_[18];
  byte_buffer packed_;
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TENSOR_DETAIL_DECODE_HPP

// ---- tensor/detail/huffman.hpp

#ifndef MILLRACE_TENSOR_DETAIL_HUFFMAN_HPP
#define MILLRACE_TENSOR_DETAIL_HUFFMAN_HPP

// Huffman codes as DEFLATE has them (RFC 1951): lengths limited, canonical.
namespace millrace {
inline namespace v0 {
namespace detail {

/// The longest code that the encoder makes. Short enough for the decoder's one table and for five
/// symbols between two writes; long enough that the limit costs less than 0.1 %.
inline constexpr unsigned encoder_code_limit = 11;

inline constexpr std::size_t literal_symbols = 286;
inline constexpr std::size_t end_of_block = 256;

/// A symbol's code, its bits in the order in which they are written.
struct huffman_code {
  std::uint16_t bits = 0;
  std::uint16_t length = 0;
};

/// Sorts (count << 16 | symbol) by count, those of one count staying in order: a byte of the count at a
/// time, from the lowest. A comparison sort would spend its time on branches that nobody can predict.
inline void sort_by_count(std::uint64_t* keys, std::size_t size, std::uint32_t largest) noexcept {
  std::uint64_t other[literal_symbols];
  std::uint64_t* from = keys;
  std::uint64_t* to = other;
  for (unsigned shift = 16; largest != 0; shift += 8, largest >>= 8) {
    std::uint16_t starts[257] = {};
    for (std::size_t at = 0; at < size; ++at) ++starts[(from[at] >> shift & 0xffU) + 1];
    for (std::size_t digit = 0; digit < 256; ++digit)
      starts[digit + 1] = static_cast<std::uint16_t>(starts[digit + 1] + starts[digit]);
    for (std::size_t at = 0; at < size; ++at) to[starts[from[at] >> shift & 0xffU]++] = from[at];
    std::swap(from, to);
  }
  if (from != keys)
    for (std::size_t at = 0; at < size; ++at) keys[at] = from[at];
}

/// The lengths of a shortest prefix code for symbols that occur `counts` times, none longer than
/// `limit`; 0 for those that do not occur. Ties go by symbol, so the same counts give the same code.
/// Precondition: at most 286 symbols, 2^limit of them used, counts sum to less than 2^32.
inline void huffman_lengths(const std::uint32_t* counts, std::size_t symbols, unsigned limit,
                            unsigned char* lengths) noexcept {
  std::uint64_t sorted[literal_symbols + 1];  // count, then symbol
  std::size_t used = 0;
  std::uint32_t largest = 0;
  for (std::size_t symbol = 0; symbol < symbols; ++symbol) {
    lengths[symbol] = 0;
    largest = counts[symbol] > largest ? counts[symbol] : largest;
    sorted[used] = static_cast<std::uint64_t>(counts[symbol]) << 16 | symbol;
    used += counts[symbol] != 0 ? 1U : 0U;
  }
  if (used <= 1) {
    if (used == 1) lengths[sorted[0] & 0xffffU] = 1;
    return;
  }
  sort_by_count(sorted, used, largest);

  // Huffman's tree from two queues, the leaves and the inner nodes, each in ascending weight.
  std::uint64_t weight[literal_symbols];
  std::uint16_t parent[2 * literal_symbols];
  std::size_t leaf = 0;
  std::size_t inner = 0;
  for (std::size_t made = 0; made + 1 < used; ++made) {
    weight[made] = 0;
    for (int child = 0; child < 2; ++child) {
      const bool take_leaf = leaf < used && (inner == made || sorted[leaf] >> 16 <= weight[inner]);
      weight[made] += take_leaf ? sorted[leaf] >> 16 : weight[inner];
      parent[take_leaf ? leaf++ : used + inner++] = static_cast<std::uint16_t>(used + made);
    }
  }
  std::uint16_t depth[2 * literal_symbols];
  std::uint32_t of_length[64] = {};
  const std::size_t root = 2 * used - 2;
  depth[root] = 0;
  for (std::size_t node = root; node-- > 0;) {
    depth[node] = static_cast<std::uint16_t>(depth[parent[node]] + 1);
    if (node < used) ++of_length[depth[node] < limit ? depth[node] : limit];
  }

  // Cutting codes to the limit takes more than the whole code space: give it back by moving the
  // shortest step down, one unit at a time.
  std::uint64_t space = 0;
  for (unsigned length = 1; length <= limit; ++length)
    space += static_cast<std::uint64_t>(of_length[length]) << (limit - length);
  for (; space > std::uint64_t{1} << limit; --space) {
    unsigned length = limit - 1;
    while (of_length[length] == 0) --length;
    --of_length[limit];
    --of_length[length];
    of_length[length + 1] += 2;
  }
  std::size_t at = 0;
  for (unsigned length = limit; length > 0; --length)
    for (std::uint32_t n = of_length[length]; n > 0; --n)
      lengths[sorted[at++] & 0xffffU] = static_cast<unsigned char>(length);
}

/// The canonical codes of RFC 1951, section 3.2.2.
inline void huffman_codes(const unsigned char* lengths, std::size_t symbols, huffman_code* codes) noexcept {
  std::uint32_t of_length[17] = {};
  for (std::size_t symbol = 0; symbol < symbols; ++symbol) ++of_length[lengths[symbol]];
  of_length[0] = 0;
  std::uint32_t next[17] = {};
  for (unsigned length = 1; length < 17; ++length) next[length] = (next[length - 1] + of_length[length - 1]) << 1;
  for (std::size_t symbol = 0; symbol < symbols; ++symbol) {
    const unsigned length = lengths[symbol];
    if (length == 0) continue;
    std::uint32_t reversed = 0;
    for (std::uint32_t bit = 0, code = next[length]++; bit < length; ++bit, code >>= 1)
      reversed = reversed << 1 | (code & 1U);
    codes[symbol] = {static_cast<std::uint16_t>(reversed), static_cast<std::uint16_t>(length)};
  }
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TENSOR_DETAIL_HUFFMAN_HPP

// ---- tensor/detail/deflate_block.hpp

#ifndef MILLRACE_TENSOR_DETAIL_DEFLATE_BLOCK_HPP
#define MILLRACE_TENSOR_DETAIL_DEFLATE_BLOCK_HPP

// A DEFLATE encoder (RFC 1951) for bytes whose order carries little: exponents, bitmaps, small
// integers. One dynamic Huffman block of literals, with runs of one byte as matches of distance 1
// where they pay; no search for other matches, which is what makes deflate slow.
namespace millrace {
inline namespace v0 {
namespace detail {

/// Bits into bytes, the first in the lowest bit. Precondition of flush(): 8 bytes may be written.
class bit_writer {
 public:
  explicit bit_writer(unsigned char* out) noexcept : out_(out) {}

  /// Precondition: no more than 57 bits since the last flush.
  void put(std::uint64_t bits, unsigned count) noexcept {
    pending_ |= bits << count_;
    count_ += count;
  }
  void put(huffman_code code) noexcept { put(code.bits, code.length); }
  void flush() noexcept {
    __builtin_memcpy(out_, &pending_, 8);
    out_ += count_ >> 3;
    pending_ >>= count_ & ~7U;
    count_ &= 7U;
  }
  /// Where the next whole byte goes. Precondition: flushed.
  unsigned char* finish() noexcept {
    if (count_ != 0) *out_++ = static_cast<unsigned char>(pending_);
    pending_ = 0;
    count_ = 0;
    return out_;
  }

 private:
  unsigned char* out_;
  std::uint64_t pending_ = 0;
  unsigned count_ = 0;
};

/// RFC 1951, section 3.2.5: which symbol stands for a match of 3 to 258 bytes, and its extra bits.
struct length_symbol {
  std::uint16_t symbol = 0;
  unsigned char extra_count = 0;
  unsigned char extra_bits = 0;
};
constexpr length_symbol length_symbol_of(unsigned length) noexcept {
  if (length == 258) return {285, 0, 0};
  const unsigned above = length - 3;
  if (above < 8) return {static_cast<std::uint16_t>(257 + above), 0, 0};
  const auto extra = static_cast<unsigned>(std::bit_width(above)) - 3;
  return {static_cast<std::uint16_t>(257 + 4 * extra + (above >> extra)), static_cast<unsigned char>(extra),
          static_cast<unsigned char>(above & ((1U << extra) - 1U))};
}

/// Counts bytes, in four tables, so that runs do not wait for one counter.
inline void count_bytes(const unsigned char* data, std::size_t bytes, std::uint32_t* counts) noexcept {
  std::uint32_t table[4][256] = {};
  std::size_t at = 0;
  for (; at + 8 <= bytes; at += 8) {
    std::uint64_t word = 0;
    __builtin_memcpy(&word, data + at, 8);
    ++table[0][word & 0xffU];  // spelled out: -O2 does not unroll loops
    ++table[1][word >> 8 & 0xffU];
    ++table[2][word >> 16 & 0xffU];
    ++table[3][word >> 24 & 0xffU];
    ++table[0][word >> 32 & 0xffU];
    ++table[1][word >> 40 & 0xffU];
    ++table[2][word >> 48 & 0xffU];
    ++table[3][word >> 56];
  }
  for (; at < bytes; ++at) ++table[0][data[at]];
  for (std::size_t byte = 0; byte < 256; ++byte)
    counts[byte] = table[0][byte] + table[1][byte] + table[2][byte] + table[3][byte];
}

/// How many bytes equal the one before them.
inline std::size_t count_repeats(const unsigned char* data, std::size_t bytes) noexcept {
  using v = vector<unsigned char, 16>;
  std::size_t repeats = 0;
  std::size_t at = 1;
  while (at + 16 <= bytes) {
    v sum{};
    for (int rounds = 0; rounds < 255 && at + 16 <= bytes; ++rounds, at += 16) {
      v here, before;
      load(here, data + at);
      load(before, data + at - 1);
      sum -= reinterpret_cast<v>(here == before);
    }
    for (int lane = 0; lane < 16; ++lane) repeats += sum[lane];
  }
  for (; at < bytes; ++at) repeats += data[at] == data[at - 1] ? 1U : 0U;
  return repeats;
}

/// How many bytes from `at` on equal the one before it, up to `most`.
inline std::size_t run_length(const unsigned char* at, std::size_t most) noexcept {
  const unsigned char* before = at - 1;
  std::size_t length = 0;
  for (; length + 8 <= most; length += 8) {
    std::uint64_t x = 0;
    std::uint64_t y = 0;
    __builtin_memcpy(&x, at + length, 8);
    __builtin_memcpy(&y, before + length, 8);
    if (x != y) return length + static_cast<std::size_t>(std::countr_zero(x ^ y)) / 8;
  }
  while (length < most && at[length] == before[length]) ++length;
  return length;
}

inline constexpr std::size_t shortest_run = 4;
inline constexpr std::size_t longest_run = 258;

/// Goes through bytes as literals and runs: literal(byte) or run(length).
template <class Literal, class Run>
void for_each_token(const unsigned char* data, std::size_t bytes, Literal&& literal, Run&& run) {
  std::size_t at = 0;
  if (bytes != 0) literal(data[at++]);
  while (at < bytes) {
    if (data[at] == data[at - 1]) {
      const std::size_t left = bytes - at;
      const std::size_t length = run_length(data + at, left < longest_run ? left : longest_run);
      if (length >= shortest_run) {
        run(static_cast<unsigned>(length));
        at += length;
        continue;
      }
    }
    literal(data[at++]);
  }
}

/// One dynamic Huffman block, planned: its codes, and how many bits it takes.
class huffman_block {
 public:
  /// For the data's literals alone, `counts` of each byte.
  void plan_literals(const std::uint32_t* counts) noexcept {
    for (std::size_t byte = 0; byte < 256; ++byte) counts_[byte] = counts[byte];
    for (std::size_t symbol = 256; symbol < literal_symbols; ++symbol) counts_[symbol] = 0;
    runs_ = false;
    plan();
  }
  /// For literals and runs.
  void plan_runs(const unsigned char* data, std::size_t bytes) noexcept {
    for (std::uint32_t& count : counts_) count = 0;
    for_each_token(
        data, bytes, [&](unsigned char byte) { ++counts_[byte]; },
        [&](unsigned length) { ++counts_[length_symbol_of(length).symbol]; });
    runs_ = true;
    plan();
  }

  std::uint64_t bits() const noexcept { return bits_; }
  /// Of these, what describes the code.
  std::uint64_t header_bits() const noexcept { return header_bits_; }

  /// Writes the block, as the last of its stream. Precondition: the data that it was planned for,
  /// and room for bits() / 8 + 16 bytes. Returns the end.
  unsigned char* write(const unsigned char* data, std::size_t bytes, unsigned char* out) const noexcept {
    bit_writer writer(out);
    write_header(writer);
    huffman_code codes[literal_symbols];
    huffman_codes(lengths_, literal_symbols, codes);
    if (runs_)
      write_runs(writer, codes, data, bytes);
    else
      write_literals(writer, codes, data, bytes);
    writer.put(codes[end_of_block]);
    writer.flush();
    return writer.finish();
  }

 private:
  void plan() noexcept {
    counts_[end_of_block] = 1;
    huffman_lengths(counts_, literal_symbols, encoder_code_limit, lengths_);
    symbols_ = literal_symbols;
    while (symbols_ > 257 && lengths_[symbols_ - 1] == 0) --symbols_;
    plan_header();
    bits_ = header_bits_;
    for (std::size_t symbol = 0; symbol < symbols_; ++symbol) {
      std::uint64_t each = lengths_[symbol];
      if (symbol > end_of_block) each += 1U + (symbol < 265 || symbol == 285 ? 0U : (symbol - 261) / 4);
      bits_ += counts_[symbol] * each;
    }
  }

  /// RFC 1951, section 3.2.7: the code lengths, run-length coded, in a Huffman code of their own.
  void plan_header() noexcept {
    unsigned char all[literal_symbols + 1];
    for (std::size_t symbol = 0; symbol < symbols_; ++symbol) all[symbol] = lengths_[symbol];
    all[symbols_] = 1;  // one distance, 1, of one bit
    const std::size_t total = symbols_ + 1;
    std::uint32_t counts[19] = {};
    header_size_ = 0;
    const auto emit = [&](unsigned symbol, std::size_t extra) {
      header_[header_size_++] = static_cast<std::uint16_t>(symbol | extra << 8);
      ++counts[symbol];
    };
    for (std::size_t at = 0; at < total;) {
      std::size_t run = 1;
      while (at + run < total && all[at + run] == all[at]) ++run;
      at += run;
      const unsigned char length = all[at - 1];
      if (length != 0) {
        emit(length, 0);
        --run;
      }
      while (run >= 3) {
        const std::size_t most = length != 0 ? 6 : 138;
        const std::size_t now = run < most ? run : most;
        if (length != 0)
          emit(16, now - 3);
        else
          emit(now <= 10 ? 17U : 18U, now <= 10 ? now - 3 : now - 11);
        run -= now;
      }
      while (run-- > 0) emit(length, 0);
    }
    huffman_lengths(counts, 19, 7, header_lengths_);
    order_size_ = 19;
    while (order_size_ > 4 && header_lengths_[order[order_size_ - 1]] == 0) --order_size_;
    header_bits_ = 3 + 5 + 5 + 4 + 3 * order_size_;
    for (std::size_t symbol = 0; symbol < 19; ++symbol)
      header_bits_ += static_cast<std::uint64_t>(counts[symbol]) * (header_lengths_[symbol] + header_extra(symbol));
  }
  static constexpr unsigned header_extra(std::size_t symbol) noexcept {
    return symbol == 16 ? 2U : symbol == 17 ? 3U : symbol == 18 ? 7U : 0U;
  }

  void write_header(bit_writer& writer) const noexcept {
    writer.put(1 | 2 << 1, 3);  // last block, dynamic codes
    writer.put(symbols_ - 257, 5);
    writer.put(0, 5);
    writer.put(order_size_ - 4, 4);
    for (std::size_t at = 0; at < order_size_; ++at) {
      writer.flush();
      writer.put(header_lengths_[order[at]], 3);
    }
    huffman_code codes[19];
    huffman_codes(header_lengths_, 19, codes);
    for (std::size_t at = 0; at < header_size_; ++at) {
      const unsigned symbol = header_[at] & 0xffU;
      writer.flush();
      writer.put(codes[symbol]);
      writer.put(static_cast<std::uint64_t>(header_[at] >> 8), header_extra(symbol));
    }
    writer.flush();
  }

  static void write_literals(bit_writer& out, const huffman_code* codes, const unsigned char* data,
                             std::size_t bytes) noexcept {
    bit_writer writer = out;  // a local of its own stays in registers
    std::size_t at = 0;
    for (; at + 5 <= bytes; at += 5) {
      writer.put(codes[data[at]]);
      writer.put(codes[data[at + 1]]);
      writer.put(codes[data[at + 2]]);
      writer.put(codes[data[at + 3]]);
      writer.put(codes[data[at + 4]]);
      writer.flush();
    }
    for (; at < bytes; ++at) {
      writer.put(codes[data[at]]);
      writer.flush();
    }
    out = writer;
  }
  static void write_runs(bit_writer& out, const huffman_code* codes, const unsigned char* data,
                         std::size_t bytes) noexcept {
    bit_writer writer = out;
    for_each_token(
        data, bytes,
        [&](unsigned char byte) {
          writer.put(codes[byte]);
          writer.flush();
        },
        [&](unsigned length) {
          const length_symbol s = length_symbol_of(length);
          writer.put(codes[s.symbol]);
          writer.put(s.extra_bits, s.extra_count);
          writer.put(0, 1);  // the one distance
          writer.flush();
        });
    out = writer;
  }

  static constexpr unsigned char order[19] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};

  std::uint32_t counts_[literal_symbols] = {};
  unsigned char lengths_[literal_symbols] = {};
  std::size_t symbols_ = 0;
  std::uint16_t header_[literal_symbols + 1] = {};
  std::size_t header_size_ = 0;
  unsigned char header_lengths_[19] = {};
  std::size_t order_size_ = 0;
  std::uint64_t header_bits_ = 0;
  std::uint64_t bits_ = 0;
  bool runs_ = false;
};

/// The most bytes that stored blocks of `bytes` bytes take.
constexpr std::size_t stored_size(std::size_t bytes) noexcept {
  return bytes + 5 * (bytes == 0 ? 1 : (bytes + 65534) / 65535);
}

/// RFC 1951, section 3.2.4: the bytes as they are. Returns the end.
inline unsigned char* write_stored(const unsigned char* data, std::size_t bytes, unsigned char* out) noexcept {
  do {
    const std::size_t now = bytes < 65535 ? bytes : 65535;
    bytes -= now;
    *out++ = bytes == 0 ? 1 : 0;
    const auto length = static_cast<std::uint16_t>(now);
    const auto complement = static_cast<std::uint16_t>(~length);
    __builtin_memcpy(out, &length, 2);
    __builtin_memcpy(out + 2, &complement, 2);
    out += 4;
    if (now != 0) __builtin_memcpy(out, data, now);
    out += now;
    data += now;
  } while (bytes != 0);
  return out;
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TENSOR_DETAIL_DEFLATE_BLOCK_HPP

// ---- tensor/detail/encode.hpp

#ifndef MILLRACE_TENSOR_DETAIL_ENCODE_HPP
#define MILLRACE_TENSOR_DETAIL_ENCODE_HPP

namespace millrace {
inline namespace v0 {
namespace detail {

/// How a part becomes a DEFLATE stream: as it is, by the Huffman coder, or by the backend.
enum class part_method : std::uint8_t { stored, entropy, general };

/// What is done to a tensor: chosen once, from samples. Method 0 is for plain bytes or the bitmap, 1 +
/// plane for the planes.
struct encode_plan {
  tensor_filter filter = tensor_filter::none;
  part_method methods[9] = {};
  std::uint64_t bits = 0;  // what the samples would take
};

/// log2(x) * 256 of x >= 1, low by at most 3: an estimate that is the same with every compiler.
inline std::uint64_t log2_256ths(std::uint64_t x) noexcept {
  static constexpr auto table = [] {
    std::array<std::uint8_t, 128> of{};  // of 1 + i / 128, by squaring: each doubling past 2 is a bit
    for (unsigned i = 0; i < 128; ++i) {
      std::uint64_t mantissa = std::uint64_t{128U + i} << 23;
      unsigned bits = 0;
      for (int bit = 0; bit < 8; ++bit) {
        mantissa = mantissa * mantissa >> 30;
        bits = bits << 1 | static_cast<unsigned>(mantissa >> 31);
        mantissa >>= mantissa >> 31;
      }
      of[i] = static_cast<std::uint8_t>(bits);
    }
    return of;
  }();
  const auto exponent = static_cast<unsigned>(std::bit_width(x)) - 1;
  const std::uint64_t top = exponent >= 7 ? x >> (exponent - 7) : x << (7 - exponent);
  return exponent * 256ULL + table[top - 128];
}

/// About how many bits a Huffman code brings bytes of these counts to, without its own description:
/// their entropy, at least a bit each, and what a small sample flatters itself by (Miller 1955).
/// Making the code would take ten times as long.
inline std::uint64_t literal_bits(const std::uint32_t* counts, std::size_t bytes) noexcept {
  std::uint64_t sum = bytes * log2_256ths(bytes);
  std::uint64_t distinct = 0;
  for (std::size_t byte = 0; byte < 256; ++byte)
    if (counts[byte] != 0) {
      sum -= counts[byte] * log2_256ths(counts[byte]);
      ++distinct;
    }
  const std::uint64_t coded = sum / 256 + sum / 16384;  // whole bits for a symbol cost about a 64th
  return (coded < bytes ? bytes : coded) + 3 * (distinct - 1) / 4;
}

/// Whether bytes of these counts collide, two by two, more often than even ones, which do it about
/// bytes^2 / 256 times; those of 7.5 bits' entropy do a third more often.
inline bool collide(const std::uint32_t* counts, std::size_t bytes) noexcept {
  std::uint64_t collisions = 0;
  for (std::size_t byte = 0; byte < 256; ++byte) collisions += std::uint64_t{counts[byte]} * counts[byte];
  const std::uint64_t even = std::uint64_t{bytes} * bytes / 256 + bytes;
  return collisions > even + even / 4;
}

/// Whether a Huffman code could gain on these bytes: far cheaper than to plan one.
inline bool looks_uneven(const unsigned char* data, std::size_t bytes) noexcept {
  std::uint32_t counts[256];
  count_bytes(data, bytes, counts);
  return collide(counts, bytes) || 2 * count_repeats(data, bytes) >= bytes;
}

/// The better of both Huffman blocks for these bytes.
class entropy_coder {
 public:
  void plan(const unsigned char* data, std::size_t bytes) noexcept {
    std::uint32_t counts[256];
    count_bytes(data, bytes, counts);
    literals_.plan_literals(counts);
    best_ = &literals_;
    if (2 * count_repeats(data, bytes) < bytes) return;
    runs_.plan_runs(data, bytes);
    if (runs_.bits() < literals_.bits()) best_ = &runs_;
  }
  const huffman_block& best() const noexcept { return *best_; }

  /// About the bits per sample's worth of a longer stream like this sample; all of them where a code
  /// could not gain.
  std::uint64_t estimate(const unsigned char* data, std::size_t bytes) noexcept {
    std::uint32_t counts[256];
    count_bytes(data, bytes, counts);
    if (2 * count_repeats(data, bytes) >= bytes) {
      runs_.plan_runs(data, bytes);
      const std::uint64_t runs = runs_.bits() - runs_.header_bits();
      const std::uint64_t literals = literal_bits(counts, bytes);
      return runs < literals ? runs : literals;
    }
    return collide(counts, bytes) ? literal_bits(counts, bytes) : 8 * bytes;
  }

 private:
  huffman_block literals_;
  huffman_block runs_;
  const huffman_block* best_ = &literals_;
};

/// About how many bits a search for matches would bring these bytes to; on the high side, and all of
/// them where there are few matches. One greedy parse, so that choosing a filter costs no run of the
/// backend and does not depend on its version.
inline std::uint64_t matched_bits(const unsigned char* data, std::size_t bytes) noexcept {
  std::uint32_t last[2048] = {};
  std::uint32_t literals[256] = {};
  std::uint64_t bits = 0;
  std::size_t matched = 0;
  std::size_t at = 0;
  while (at + 4 <= bytes) {
    const auto word = get<std::uint32_t>(data + at);
    std::uint32_t& seen = last[word * 0x9e37'79b1U >> 21];
    const std::size_t before = seen;
    seen = static_cast<std::uint32_t>(at + 1);
    if (before == 0 || get<std::uint32_t>(data + before - 1) != word) {
      ++literals[data[at++]];
      if (matched == 0 && at > bytes / 4) break;
      continue;
    }
    std::size_t length = 4;
    while (length < longest_run && at + length < bytes && data[at + length] == data[before - 1 + length]) ++length;
    const std::size_t distance = at - (before - 1);
    const length_symbol symbol = length_symbol_of(static_cast<unsigned>(length));
    bits += 8 + symbol.extra_count + (distance < 5 ? 0U : static_cast<unsigned>(std::bit_width(distance)) - 2);
    at += length;
    matched += length;
  }
  if (matched < bytes / 16) return 8 * bytes;
  for (; at < bytes; ++at) ++literals[data[at]];
  const std::size_t unmatched = bytes - matched;
  return unmatched == 0 ? bits : bits + unmatched + literal_bits(literals, unmatched);
}

/// Whether a backend looks for matches; one may say that it does not.
template <class Backend>
constexpr bool finds_matches() noexcept {
  if constexpr (requires { Backend::finds_matches; })
    return Backend::finds_matches;
  else
    return true;
}

/// Writes one tensor's parts.
template <class Backend>
class tensor_encoder {
 public:
  tensor_encoder(const tensor_header& header, int level, const Backend& backend)
      : header_(header), level_(level), backend_(backend), kernels_(kernels_for(width(), is_floating(header.type))) {}

  /// `elements` in memory order, without gaps. Returns the whole file.
  result<byte_buffer> encode(const unsigned char* elements) {
    encode_plan plan;
    if (level_ > 0 && header_.elements() > 0) {
      plan = choose(elements);
    }
    header_.filter = plan.filter;
    const bool plain = plan.filter == tensor_filter::none && plan.methods[0] != part_method::entropy;
    header_.chunk = static_cast<std::uint32_t>(plain ? plain_chunk_bytes / width() : plane_chunk);
    used_ = header_size(header_.shape.rank());
    reserve(expected_size(plan));
    for (std::size_t first = 0; first < header_.elements(); first += header_.chunk) {
      const std::size_t left = header_.elements() - first;
      const std::size_t count = left < header_.chunk ? left : header_.chunk;
      if (auto done = chunk(plan, elements + first * width(), count); !done) return std::move(done.error());
    }
    write_header(header_, out_.data());
    out_.resize(used_);
    out_.shrink();
    return std::move(out_);
  }

  /// Of the file that was encoded.
  const tensor_header& header() const noexcept { return header_; }

 private:
  std::size_t width() const noexcept { return header_.element_size(); }

  result<void> chunk(const encode_plan& plan, const unsigned char* elements, std::size_t count) {
    if (plan.filter == tensor_filter::none) return part(elements, count * width(), plan.methods[0]);
    if (plan.filter == tensor_filter::nonzero_planes) {
      packed_.resize((count + 1) * width());
      bitmap_.resize((count + 7) / 8);
      const std::size_t packed = kernels_.pack(elements, count, bitmap_.data(), packed_.data());
      if (auto done = part(bitmap_.data(), (count + 7) / 8, plan.methods[0]); !done) return done;
      elements = packed_.data();
      count = packed;
    }
    planes_.resize(count * width());
    kernels_.split(elements, count, planes_.data(), count);
    for (std::size_t plane = 0; plane < width(); ++plane)
      if (auto done = part(planes_.data() + plane * count, count, plan.methods[1 + plane]); !done) return done;
    return {};
  }

  result<void> part(const unsigned char* data, std::size_t bytes, part_method method) {
    reserve(used_ + part_head + stored_size(bytes) + 16 + member_tail);
    unsigned char* begin = out_.data() + used_ + part_head;
    unsigned char* end = nullptr;
    if (bytes == 0) {
      begin[0] = 3;  // an empty DEFLATE stream
      begin[1] = 0;
      end = begin + 2;
    } else {
      method = settle(data, bytes, method);
      if (method == part_method::entropy) end = entropy_.best().write(data, bytes, begin);
      if (method == part_method::general) {
        auto size = backend_.deflate(data, bytes, level_, begin, bytes);
        if (!size) return std::move(size.error());
        if (*size != 0) end = begin + *size;
      }
    }
    if (end == nullptr) end = write_stored(data, bytes, begin);
    const auto size = static_cast<std::uint32_t>(end - begin);
    put(put_member_head(begin - part_head, 'P', 4), size);
    const std::uint32_t crc = crc32(0, data, bytes);
    put(put(end, crc), static_cast<std::uint32_t>(bytes));
    header_.checksum = crc32_combine(header_.checksum, crc, bytes);
    header_.filtered_bytes += bytes;
    used_ += part_head + size + member_tail;
    return {};
  }

  /// What is done to this part. The plan was made from samples: where its Huffman code gains nothing,
  /// and at the thorough levels for every part, the part is looked at by itself. If the answer is
  /// entropy, that is planned.
  part_method settle(const unsigned char* data, std::size_t bytes, part_method method) noexcept {
    if (method == part_method::general || level_ == 0) return method;
    if (method == part_method::stored && !thorough()) return method;
    std::uint64_t least = 8 * bytes;
    if (method == part_method::entropy || looks_uneven(data, bytes)) {
      entropy_.plan(data, bytes);
      method = gains(entropy_.best().bits(), least, 64) ? part_method::entropy : part_method::stored;
      if (method == part_method::entropy) least = entropy_.best().bits();
    }
    if constexpr (finds_matches<Backend>()) {
      if (thorough() || (method == part_method::stored && level_ > 3)) {
        const std::size_t slice = bytes < 16384 ? bytes : 16384;
        const std::uint64_t matched = matched_bits(data + (bytes - slice) / 2, slice) * bytes / slice;
        if (gains(matched, least, general_share())) method = part_method::general;
      }
    }
    return method;
  }

  // ---- the plan ----

  /// Whether a is less than b by one part in `share`.
  static bool gains(std::uint64_t a, std::uint64_t b, std::uint64_t share) noexcept { return a < b - b / share; }

  bool thorough() const noexcept { return level_ >= 7; }
  /// What a step must save for its time to be worth it, by level.
  std::uint64_t entropy_share() const noexcept { return level_ <= 3 ? 8 : level_ <= 6 ? 16 : 64; }
  std::uint64_t general_share() const noexcept { return level_ <= 3 ? 6 : level_ <= 6 ? 10 : 50; }

  /// The sizes that all filters would reach on four windows of the tensor, each up to 1024 elements,
  /// at the thorough levels 4096.
  encode_plan choose(const unsigned char* elements) {
    const std::size_t all = header_.elements();
    constexpr std::size_t windows = 4;
    const std::size_t most = thorough() ? 4096 : 1024;
    std::size_t window = all / (thorough() ? 16 : 64) / windows / 8 * 8;
    window = window < 128 ? 128 : window > most ? most : window;
    const bool whole = all <= windows * window;
    const std::size_t count = whole ? all : windows * window;
    byte_buffer sample((count + 1) * width());
    for (std::size_t n = 0; n < (whole ? 1 : windows); ++n) {
      const std::size_t first = whole ? 0 : (all - window) / (windows - 1) * n;
      __builtin_memcpy(sample.data() + n * window * width(), elements + first * width(),
                       (whole ? all : window) * width());
    }
    sampled_bits_ = 8 * count * width();

    encode_plan best;  // plain; the bytes of one-byte elements are their own plane
    best.methods[0] = weigh(sample.data(), count * width(), width() == 1, best.bits);
    if (width() == 1) return best;
    // Plain is the slow one: it must be the smaller by what deflate's time is worth.
    const auto beats_best = [&](const encode_plan& plan) {
      return best.methods[0] == part_method::general && best.filter == tensor_filter::none
                 ? !gains(best.bits, plan.bits, general_share())
                 : gains(plan.bits, best.bits, 128);
    };
    byte_buffer planes(count * width());
    encode_plan split;
    split.filter = tensor_filter::planes;
    weigh_planes(sample.data(), count, planes.data(), split);
    if (beats_best(split)) best = split;

    byte_buffer packed((count + 1) * width());
    byte_buffer bitmap(count / 8 + 1);
    const std::size_t kept = kernels_.pack(sample.data(), count, bitmap.data(), packed.data());
    if (kept > count - count / 16) return best;
    encode_plan nonzero;
    nonzero.filter = tensor_filter::nonzero_planes;
    nonzero.methods[0] = weigh(bitmap.data(), (count + 7) / 8, true, nonzero.bits);
    weigh_planes(packed.data(), kept, planes.data(), nonzero);
    if (beats_best(nonzero)) best = nonzero;
    return best;
  }

  void weigh_planes(const unsigned char* elements, std::size_t count, unsigned char* planes, encode_plan& plan) {
    kernels_.split(elements, count, planes, count);
    for (std::size_t plane = 0; plane < width(); ++plane)
      plan.methods[1 + plane] = weigh(planes + plane * count, count, true, plan.bits);
  }

  /// The method for a part like this sample; adds the bits that it takes.
  part_method weigh(const unsigned char* data, std::size_t bytes, bool try_entropy, std::uint64_t& bits) {
    std::uint64_t least = 8 * bytes;
    part_method method = part_method::stored;
    if (try_entropy && bytes != 0) {
      const std::uint64_t coded = entropy_.estimate(data, bytes);
      if (gains(coded, least, entropy_share())) {
        least = coded;
        method = part_method::entropy;
      }
    }
    if constexpr (finds_matches<Backend>()) {
      const std::uint64_t matched = matched_bits(data, bytes);
      if (gains(matched, least, general_share())) {
        least = matched;
        method = part_method::general;
      }
    }
    bits += least;
    return method;
  }

  std::size_t expected_size(const encode_plan& plan) const noexcept {
    const std::size_t bytes = header_.bytes();
    const double share = sampled_bits_ == 0 ? 1.0 : static_cast<double>(plan.bits) / static_cast<double>(sampled_bits_);
    return static_cast<std::size_t>(static_cast<double>(bytes) * share * 1.04) + 1024;
  }
  void reserve(std::size_t size) {
    if (size > out_.size()) out_.resize(size > used_ + used_ / 4 ? size : used_ + used_ / 4);
  }

  tensor_header header_;
  int level_;
  const Backend& backend_;
  plane_kernels kernels_;
  entropy_coder entropy_;
  byte_buffer out_;
  std::size_t used_ = 0;
  std::uint64_t sampled_bits_ = 0;
  byte_buffer bitmap_;
  byte_buffer packed_;
  byte_buffer planes_;
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TENSOR_DETAIL_ENCODE_HPP

// ---- tensor/detail/gather.hpp

#ifndef MILLRACE_TENSOR_DETAIL_GATHER_HPP
#define MILLRACE_TENSOR_DETAIL_GATHER_HPP

// Elements of `size` bytes between memory of any layout and a block without gaps.
namespace millrace {
inline namespace v0 {
namespace detail {

/// `from_step` and `to_step` are in bytes.
template <std::size_t Size>
void copy_each(const unsigned char* from, std::ptrdiff_t from_step, unsigned char* to, std::ptrdiff_t to_step,
               std::size_t count) noexcept {
  for (; count != 0; --count, from += from_step, to += to_step) __builtin_memcpy(to, from, Size);
}
inline void copy_evenly(const unsigned char* from, std::ptrdiff_t from_step, unsigned char* to, std::ptrdiff_t to_step,
                        std::size_t count, std::size_t size) noexcept {
  switch (size) {
    case 8: return copy_each<8>(from, from_step, to, to_step, count);
    case 4: return copy_each<4>(from, from_step, to, to_step, count);
    case 2: return copy_each<2>(from, from_step, to, to_step, count);
    default: return copy_each<1>(from, from_step, to, to_step, count);
  }
}

/// Into `block`, in memory order.
inline void gather(const unsigned char* elements, const tensor_layout& layout, std::size_t size,
                   unsigned char* block) noexcept {
  const auto width = static_cast<std::ptrdiff_t>(size);
  for_each_run(layout, [&](std::ptrdiff_t offset, std::size_t count, std::ptrdiff_t stride) {
    copy_evenly(elements + offset * width, stride * width, block, width, count, size);
    block += count * size;
    return true;
  });
}

/// Out of `block`, whose axes are nested as `order` says, to wherever the layout has them.
inline void scatter(const unsigned char* block, const axis_order& order, const tensor_layout& layout, std::size_t size,
                    unsigned char* elements) noexcept {
  const auto width = static_cast<std::ptrdiff_t>(size);
  const std::size_t rank = layout.rank();
  if (layout.element_count() == 0) return;
  if (rank == 0) return copy_evenly(block, 0, elements, 0, 1, size);
  const std::size_t innermost = order[rank - 1];
  const std::size_t count = layout.shape()[innermost];
  std::size_t index[max_rank] = {};
  for (;;) {
    std::ptrdiff_t offset = 0;
    for (std::size_t place = 0; place + 1 < rank; ++place)
      offset += static_cast<std::ptrdiff_t>(index[place]) * layout.stride(order[place]);
    copy_evenly(block, width, elements + offset * width, layout.stride(innermost) * width, count, size);
    block += count * size;
    std::size_t place = rank - 1;
    do {
      if (place == 0) return;
      --place;
      if (++index[place] < layout.shape()[order[place]]) break;
      index[place] = 0;
    } while (true);
  }
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TENSOR_DETAIL_GATHER_HPP

// ---- tensor/view.hpp

#ifndef MILLRACE_TENSOR_VIEW_HPP
#define MILLRACE_TENSOR_VIEW_HPP

namespace millrace {
inline namespace v0 {

/// A window on somebody else's elements of a known type: a pointer and a layout. `T` may be const.
/// It owns nothing and must not outlive what it looks at. Allocates: never.
template <tensor_element T>
class basic_tensor_view {
 public:
  using element_type = T;
  using value_type = std::remove_cv_t<T>;

  constexpr basic_tensor_view() noexcept : layout_(tensor_layout::row_major({0})) {}
  constexpr basic_tensor_view(T* data, const tensor_layout& layout) noexcept : data_(data), layout_(layout) {}
  /// Row-major without gaps.
  constexpr basic_tensor_view(T* data, const tensor_shape& shape) noexcept
      : data_(data), layout_(tensor_layout::row_major(shape)) {}
  template <std::same_as<value_type> U>
  requires std::is_const_v<T>
  constexpr basic_tensor_view(const basic_tensor_view<U>& other) noexcept
      : data_(other.data()), layout_(other.layout()) {}

  constexpr T* data() const noexcept { return data_; }
  constexpr const tensor_layout& layout() const noexcept { return layout_; }
  constexpr const tensor_shape& shape() const noexcept { return layout_.shape(); }
  constexpr std::size_t rank() const noexcept { return layout_.rank(); }
  constexpr std::size_t size() const noexcept { return layout_.element_count(); }
  constexpr bool is_contiguous() const noexcept { return layout_.is_contiguous(); }

  /// The element at one index an axis. Precondition: as many as axes, each within its extent.
  template <std::integral... Indices>
  constexpr T& operator()(Indices... at) const noexcept {
    return data_[layout_.offset(tensor_position{static_cast<std::size_t>(at)...})];
  }
  constexpr T& operator[](const tensor_position& at) const noexcept { return data_[layout_.offset(at)]; }

 private:
  T* data_ = nullptr;
  tensor_layout layout_;
};

template <class T>
basic_tensor_view(T*, tensor_layout) -> basic_tensor_view<T>;
template <class T>
basic_tensor_view(T*, tensor_shape) -> basic_tensor_view<T>;

namespace detail {

template <class T>
concept mutable_element = tensor_element<T> && !std::is_const_v<T>;

/// What both erased views are. `Void` is void or const void.
template <class Void>
class erased_view {
  template <class T>
  using like = std::conditional_t<std::is_const_v<Void>, const T, T>;

 public:
  constexpr erased_view() noexcept : layout_(tensor_layout::row_major({0})) {}
  constexpr erased_view(millrace::dtype type, Void* data, const tensor_layout& layout) noexcept
      : data_(data), layout_(layout), type_(type) {}

  constexpr millrace::dtype dtype() const noexcept { return type_; }
  constexpr Void* data() const noexcept { return data_; }
  constexpr const tensor_layout& layout() const noexcept { return layout_; }
  constexpr const tensor_shape& shape() const noexcept { return layout_.shape(); }
  constexpr std::size_t rank() const noexcept { return layout_.rank(); }
  /// How many elements.
  constexpr std::size_t size() const noexcept { return layout_.element_count(); }
  constexpr std::size_t size_bytes() const noexcept { return size() * size_of(type_); }
  constexpr bool is_contiguous() const noexcept { return layout_.is_contiguous(); }

  /// The view with its type back. Error: type_mismatch, if the elements are something else.
  template <tensor_element T>
  result<basic_tensor_view<like<T>>> as() const {
    if (dtype_of<T> != type_)
      return error(errc::type_mismatch, std::string("tensor has elements of type ") + std::string(to_string(type_)) +
                                            ", asked for as " + std::string(to_string(dtype_of<T>)));
    return basic_tensor_view<like<T>>(static_cast<like<T>*>(data_), layout_);
  }

 private:
  Void* data_ = nullptr;
  tensor_layout layout_;
  millrace::dtype type_ = millrace::dtype::f32;
};
}  // namespace detail

/// A read-only window on a tensor of any dtype and layout: what validation, audit and compression
/// take. It owns nothing and must not outlive what it looks at. Allocates: never.
class tensor_view : public detail::erased_view<const void> {
 public:
  using erased_view::erased_view;
  template <class T>
  constexpr tensor_view(const basic_tensor_view<T>& typed) noexcept
      : erased_view(dtype_of<T>, typed.data(), typed.layout()) {}
  constexpr tensor_view(const detail::erased_view<void>& writable) noexcept
      : erased_view(writable.dtype(), writable.data(), writable.layout()) {}
};

/// The same window, to write through.
class mutable_tensor_view : public detail::erased_view<void> {
 public:
  using erased_view::erased_view;
  template <detail::mutable_element T>
  constexpr mutable_tensor_view(const basic_tensor_view<T>& typed) noexcept
      : erased_view(dtype_of<T>, typed.data(), typed.layout()) {}
};

/// Calls f(element) for every element in memory order (largest stride outermost), whatever the
/// layout: one plain loop where the elements lie evenly.
template <class T, class F>
constexpr void for_each_element(const basic_tensor_view<T>& view, F&& f) {
  detail::for_each_run(view.layout(), [&](std::ptrdiff_t offset, std::size_t count, std::ptrdiff_t stride) {
    T* at = view.data() + offset;
    if (stride == 1) {
      for (std::size_t i = 0; i < count; ++i) f(at[i]);
    } else {
      for (std::size_t i = 0; i < count; ++i) f(at[static_cast<std::ptrdiff_t>(i) * stride]);
    }
    return true;
  });
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TENSOR_VIEW_HPP

// ---- tensor/codec.hpp

#ifndef MILLRACE_TENSOR_CODEC_HPP
#define MILLRACE_TENSOR_CODEC_HPP

namespace millrace {
inline namespace v0 {

/// A general DEFLATE encoder (RFC 1951), for data that only a search for matches shrinks:
/// `deflate(in, bytes, level, out, room)` writes one whole raw stream and returns its size, or 0 if it
/// takes more than `room` bytes. Level 1 is its fastest, 9 its thorough one. One that looks for no
/// matches says so by `static constexpr bool finds_matches = false`.
template <class B>
concept deflate_backend = requires(const B& backend, const unsigned char* in, std::size_t bytes, int level,
                                   unsigned char* out) {
  { backend.deflate(in, bytes, level, out, bytes) } -> std::same_as<result<std::size_t>>;
};

/// zlib, the default backend: include <millrace/tensor/deflate.hpp>.
struct zlib_deflate;

/// No third party: Huffman codes and runs of one byte, but no other matches.
/// Models: deflate_backend.
struct huffman_deflate {
  static constexpr bool finds_matches = false;

  result<std::size_t> deflate(const unsigned char* in, std::size_t bytes, int, unsigned char* out,
                              std::size_t room) const {
    detail::entropy_coder coder;
    coder.plan(in, bytes);
    if (bytes == 0 || coder.best().bits() / 8 + 16 > room) return std::size_t{0};
    return static_cast<std::size_t>(coder.best().write(in, bytes, out) - out);
  }
};

class compressed_tensor;

/// Compresses a tensor of any dtype and layout; exact bits come back, NaN payloads and -0.0 too.
///
/// Level 0 stores, 1 is fast, 9 thorough. The filter is chosen from the data, on samples: byte planes,
/// for floats the exponent apart; of the elements that are not zero where many are; or none, and plain
/// DEFLATE by the backend. The same tensor, level and backend give the same bytes.
/// Allocates: the result, about 1 MiB, and a copy of a tensor that has gaps.
/// Errors: invalid_argument (the level), and the backend's.
template <class Backend>
result<compressed_tensor> compress(const tensor_view& tensor, int level, const Backend& backend);

/// The same with a backend made here: zlib's, where <millrace/tensor/deflate.hpp> is included.
template <class Backend = zlib_deflate>
result<compressed_tensor> compress(const tensor_view& tensor, int level = 6);

/// A tensor as compressed bytes, with what is needed to get it back: shape, dtype, the order of its
/// axes in memory.
///
/// The bytes are a gzip stream (RFC 1952): gunzip writes the filtered elements, whose CRC-32 is
/// `checksum()`. tensor/detail/tensor_file.hpp describes the format; version 1 stays readable.
/// Made by `compress` or `parse`, so what it says of itself has been checked.
class compressed_tensor {
 public:
  /// Reads compressed bytes: copies them and checks their structure, not yet their contents.
  /// Errors: corrupt, truncated, checksum_mismatch, unsupported (a later version).
  static result<compressed_tensor> parse(std::span<const unsigned char> bytes) {
    auto header = detail::read_header(bytes.data(), bytes.size());
    if (!header) return std::move(header.error());
    const std::size_t head = detail::header_size(header->shape.rank());
    if (auto parts = detail::check_parts(*header, bytes.data() + head, bytes.size() - head); !parts)
      return std::move(parts.error());
    detail::byte_buffer copy(bytes.size());
    __builtin_memcpy(copy.data(), bytes.data(), bytes.size());
    return compressed_tensor(*header, std::move(copy));
  }

  std::span<const unsigned char> bytes() const noexcept { return {bytes_.data(), bytes_.size()}; }
  const tensor_shape& shape() const noexcept { return header_.shape; }
  /// How the elements lay, and will lie again: without gaps, in the same order of axes.
  tensor_layout layout() const noexcept { return tensor_layout::dense(header_.shape, header_.order); }
  millrace::dtype dtype() const noexcept { return header_.type; }
  tensor_filter filter() const noexcept { return header_.filter; }
  std::size_t original_bytes() const noexcept { return header_.bytes(); }
  std::size_t compressed_bytes() const noexcept { return bytes_.size(); }
  /// Original to compressed bytes; more is better.
  double ratio() const noexcept {
    return static_cast<double>(original_bytes()) / static_cast<double>(compressed_bytes());
  }
  /// The CRC-32 of what gunzip writes.
  std::uint32_t checksum() const noexcept { return header_.checksum; }

  /// Writes the tensor into `to`, bit for bit; into memory of any layout, fastest into `layout()`.
  /// Allocates: at most about 1 MiB, and the tensor's size once more for a layout of another order.
  /// Errors: type_mismatch, shape_mismatch; corrupt, checksum_mismatch (`to` then holds anything).
  result<void> decompress(const mutable_tensor_view& to) const;

 private:
  template <class Backend>
  friend result<compressed_tensor> compress(const tensor_view&, int, const Backend&);

  compressed_tensor(const detail::tensor_header& header, detail::byte_buffer bytes) noexcept
      : header_(header), bytes_(std::move(bytes)) {}

  detail::tensor_header header_;
  detail::byte_buffer bytes_;
};

namespace detail {

template <class Backend>
inline constexpr bool is_complete = requires {
  sizeof(Backend);
};

}  // namespace detail

template <class Backend>
result<compressed_tensor> compress(const tensor_view& tensor, int level, const Backend& backend) {
  static_assert(deflate_backend<Backend>,
                "millrace[TENSOR-2]: a deflate backend has result<std::size_t> deflate(const unsigned char* in, "
                "std::size_t bytes, int level, unsigned char* out, std::size_t room) const");
  if constexpr (deflate_backend<Backend>) {
    if (level < 0 || level > 9)
      return error(errc::invalid_argument, "compression level " + std::to_string(level) + " is not within 0 to 9");
    detail::tensor_header header;
    header.type = tensor.dtype();
    header.shape = tensor.shape();
    header.order = tensor.layout().order();
    const auto* elements = static_cast<const unsigned char*>(tensor.data());
    detail::byte_buffer copy;
    if (!tensor.layout().is_dense()) {
      copy.resize(header.bytes());
      detail::gather(elements, tensor.layout(), header.element_size(), copy.data());
      elements = copy.data();
    }
    detail::tensor_encoder encoder(header, level, backend);
    auto bytes = encoder.encode(elements);
    if (!bytes) return std::move(bytes.error()).wrap("compressing a tensor of shape " + to_string(header.shape));
    return compressed_tensor(encoder.header(), std::move(*bytes));
  } else {
    return error(errc::unsupported, "no backend");
  }
}

template <class Backend>
result<compressed_tensor> compress(const tensor_view& tensor, int level) {
  static_assert(detail::is_complete<Backend>,
                "millrace[TENSOR-1]: compress uses zlib unless told otherwise: include <millrace/tensor/deflate.hpp>, "
                "or pass a backend such as huffman_deflate{}");
  if constexpr (detail::is_complete<Backend>)
    return compress(tensor, level, Backend());
  else
    return error(errc::unsupported, "no backend");
}

inline result<void> compressed_tensor::decompress(const mutable_tensor_view& to) const {
  if (to.dtype() != dtype())
    return error(errc::type_mismatch, "compressed tensor of " + std::string(to_string(dtype())) +
                                          " cannot be written as " + std::string(to_string(to.dtype())));
  if (!(to.shape() == shape()))
    return error(errc::shape_mismatch,
                 "compressed tensor of shape " + to_string(shape()) + " cannot be written as " + to_string(to.shape()));
  const std::size_t head = detail::header_size(shape().rank());
  detail::tensor_decoder decoder(header_, bytes_.data() + head, bytes_.size() - head);
  auto* elements = static_cast<unsigned char*>(to.data());
  if (to.layout().is_dense() && to.layout().order() == header_.order) return decoder.decode(elements);
  detail::byte_buffer block(original_bytes());
  if (auto done = decoder.decode(block.data()); !done) return done;
  detail::scatter(block.data(), header_.order, to.layout(), size_of(dtype()), elements);
  return {};
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TENSOR_CODEC_HPP

// ---- tensor/traits.hpp

#ifndef MILLRACE_TENSOR_TRAITS_HPP
#define MILLRACE_TENSOR_TRAITS_HPP

namespace millrace {
inline namespace v0 {

/// How a type shows its elements as a tensor. Specialize it for a tensor type of your own:
///
///     template <>
///     struct mr::tensor_traits<image> {
///       static mr::tensor_view view(const image& i) { return mr::basic_tensor_view(i.pixels, {i.rows, i.columns}); }
///       // only where compressed tensors are to come back: give `i` that shape, and show where to write
///       static mr::result<mr::mutable_tensor_view> resize(image& i, const mr::tensor_shape& shape);
///     };
///
/// A type that holds several, or none, gives instead of `view`:
///
///       template <class F>  // calls f(tensor_view) for each; stops, and is false, when f is
///       static bool for_each(const gradients& g, F&& f) { return mr::for_each_tensor(g.weights, f) && ...; }
///
/// Here: numbers, and what lies gapless in memory (arrays, std::vector, std::array, std::span).
/// tensor/eigen.hpp and tensor/xtensor.hpp add theirs.
template <class T>
struct tensor_traits {};

namespace detail {

template <class T>
concept has_shape = requires(const T& value) {
  value.shape();
};

template <class T>
concept gapless = !has_shape<T> && requires(const T& value) {
  { value.begin() } -> std::contiguous_iterator;
  { value.data() } -> std::convertible_to<const void*>;
  { value.size() } -> std::convertible_to<std::size_t>;
  requires tensor_element<std::remove_reference_t<decltype(*value.data())>>;
};

template <class T>
concept writable = !std::is_const_v<std::remove_reference_t<decltype(*std::declval<T&>().data())>>;

template <class T>
concept resizable = requires(T& value, std::size_t size) {
  value.resize(size);
};

}  // namespace detail

/// A number is a tensor without axes.
template <detail::mutable_element T>
struct tensor_traits<T> {
  static constexpr tensor_view view(const T& value) noexcept {
    return basic_tensor_view<const T>(&value, tensor_shape{});
  }
};

template <tensor_element T, std::size_t Extent>
struct tensor_traits<T[Extent]> {
  static constexpr tensor_view view(const T (&value)[Extent]) noexcept {
    return basic_tensor_view<const T>(value, tensor_shape{Extent});
  }
};

template <detail::gapless T>
struct tensor_traits<T> {
  static constexpr tensor_view view(const T& value) noexcept {
    return basic_tensor_view(value.data(), tensor_shape{value.size()});
  }
  static result<mutable_tensor_view> resize(T& value, const tensor_shape& shape) requires detail::writable<T> {
    if (shape.rank() == 1) {
      if constexpr (detail::resizable<T>) value.resize(shape[0]);
      if (value.size() == shape[0]) return mutable_tensor_view(basic_tensor_view(value.data(), shape));
    }
    return error(errc::shape_mismatch, "a sequence cannot take the shape " + to_string(shape));
  }
};

/// A type that is one tensor.
template <class T>
concept tensor_like = requires(const T& value) {
  { tensor_traits<T>::view(value) } -> std::convertible_to<tensor_view>;
};

/// A tensor that can be given another shape, and be written.
template <class T>
concept restorable_tensor = tensor_like<T> && requires(T& value, const tensor_shape& shape) {
  { tensor_traits<T>::resize(value, shape) } -> std::same_as<result<mutable_tensor_view>>;
};

namespace detail {

struct tensor_probe {
  bool operator()(const tensor_view&) const noexcept { return true; }
};

}  // namespace detail

/// A type whose traits list its tensors themselves.
template <class T>
concept tensor_bundle = requires(const T& value, detail::tensor_probe probe) {
  { tensor_traits<T>::for_each(value, probe) } -> std::same_as<bool>;
};

namespace detail {

template <class T>
using item_of = std::remove_cvref_t<decltype(*std::declval<const T&>().begin())>;

template <class T>
concept range_of_others = !tensor_like<T> && !tensor_bundle<T> && requires(const T& value) {
  value.begin() != value.end();
  requires !std::same_as<item_of<T>, T>;
  requires !tensor_element<item_of<T>>;
};

/// Whether T is a range of tensors, at whatever depth.
template <class T>
struct is_tensor_range : std::false_type {};
template <range_of_others T>
struct is_tensor_range<T>
    : std::bool_constant<tensor_like<item_of<T>> || tensor_bundle<item_of<T>> || is_tensor_range<item_of<T>>::value> {};

}  // namespace detail

/// One tensor, a bundle of them, or a range of tensors (of ranges, ...). A range of plain numbers that do not lie
/// gapless is neither: looking at them one by one would be no view.
template <class T>
concept tensor_source = tensor_like<T> || tensor_bundle<T> || detail::is_tensor_range<T>::value;

/// The view of one tensor.
template <tensor_like T>
constexpr tensor_view view_of(const T& value) {
  return tensor_traits<T>::view(value);
}

/// Calls f(tensor_view) for every tensor in `value`, in order. f may return bool: false stops.
/// Returns whether all were visited. Allocates: never by itself.
template <tensor_source T, class F>
constexpr bool for_each_tensor(const T& value, F&& f) {
  if constexpr (tensor_like<T>) {
    if constexpr (std::is_void_v<decltype(f(view_of(value)))>) {
      f(view_of(value));
      return true;
    } else {
      return static_cast<bool>(f(view_of(value)));
    }
  } else if constexpr (tensor_bundle<T>) {
    return tensor_traits<T>::for_each(value, [&f](const tensor_view& view) {
      if constexpr (std::is_void_v<decltype(f(view))>) {
        f(view);
        return true;
      } else {
        return static_cast<bool>(f(view));
      }
    });
  } else {
    for (const auto& item : value)
      if (!for_each_tensor(item, f)) return false;
    return true;
  }
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TENSOR_TRAITS_HPP

// ---- tensor/compressed.hpp

#ifndef MILLRACE_TENSOR_COMPRESSED_HPP
#define MILLRACE_TENSOR_COMPRESSED_HPP

namespace millrace {
inline namespace v0 {

namespace detail {
template <class T>
concept default_made_tensor = restorable_tensor<T> && std::default_initializable<T>;
}  // namespace detail

/// The tensor as a T: an Eigen matrix, a std::vector, ...
/// Errors: type_mismatch, shape_mismatch, if T cannot be it; what `decompress` has.
template <detail::default_made_tensor T>
result<T> decompress_as(const compressed_tensor& tensor) {
  T value{};
  auto place = tensor_traits<T>::resize(value, tensor.shape());
  if (!place) return std::move(place.error());
  if (auto done = tensor.decompress(*place); !done) return std::move(done.error());
  return value;
}

/// A tensor that is either a T or, after `compress`, its compressed form in the T's place; never both.
/// `get` brings the T back, bit for bit. As the type of a field it is what the compression middleware
/// looks for; a vector of them holds activations.
///
/// Copies are deep. Threads: as T; `get` and `compress` change the value.
template <class T>
class compressible {
  static_assert(
      restorable_tensor<T>,
      "millrace[TENSOR-3]: compressible<T> needs a tensor type that can be written back: tensor_traits<T> with "
      "view and resize (for Eigen and xtensor, include <millrace/tensor/eigen.hpp> or xtensor.hpp)");

 public:
  using value_type = T;

  compressible() = default;
  compressible(T value) : held_(std::in_place_index<0>, std::move(value)) {}
  /// A compressed form from elsewhere; whether a T can be made of it shows in `get`.
  explicit compressible(compressed_tensor tensor) : held_(std::in_place_index<1>, std::move(tensor)) {}
  compressible& operator=(T value) {
    held_.template emplace<0>(std::move(value));
    return *this;
  }

  bool is_compressed() const noexcept { return held_.index() == 1; }

  /// The T, decompressed first if need be. The pointer is good until the next `compress`.
  /// Errors: those of `decompress_as`; the compressed form then stays.
  result<T*> get() {
    if (is_compressed()) {
      auto value = decompress_as<T>(*std::get_if<1>(&held_));
      if (!value) return std::move(value.error());
      held_.template emplace<0>(std::move(*value));
    }
    return std::get_if<0>(&held_);
  }
  /// A copy of the T; what is held stays as it is. Errors: those of `decompress_as`.
  result<T> copy() const {
    if (is_compressed()) return decompress_as<T>(*std::get_if<1>(&held_));
    return *std::get_if<0>(&held_);
  }
  /// The T, if it is there uncompressed; or null.
  const T* plain() const noexcept { return std::get_if<0>(&held_); }
  T* plain() noexcept { return std::get_if<0>(&held_); }
  /// The compressed form, if that is what is there; or null.
  const compressed_tensor* compressed() const noexcept { return std::get_if<1>(&held_); }

  /// Compresses the T and frees it; nothing to do if that was done. Errors: those of
  /// millrace::compress; the T then stays.
  template <class Backend>
  result<void> compress(int level, const Backend& backend) {
    return replace([&](const tensor_view& tensor) { return millrace::compress(tensor, level, backend); });
  }
  template <class Backend = zlib_deflate>
  result<void> compress(int level = 6) {
    return replace([&](const tensor_view& tensor) { return millrace::compress<Backend>(tensor, level); });
  }

 private:
  template <class Compress>
  result<void> replace(Compress&& compress_view) {
    if (is_compressed()) return {};
    auto tensor = compress_view(view_of(*plain()));
    if (!tensor) return std::move(tensor.error());
    held_.template emplace<1>(std::move(*tensor));
    return {};
  }

  std::variant<T, compressed_tensor> held_;
};

/// A compressible shows its tensor while it is there uncompressed, and none otherwise.
template <class T>
struct tensor_traits<compressible<T>> {
  template <class F>
  static bool for_each(const compressible<T>& value, F&& f) {
    return value.plain() == nullptr || for_each_tensor(*value.plain(), f);
  }
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TENSOR_COMPRESSED_HPP

// ---- tensor/detail/scan_kernels.hpp

#ifndef MILLRACE_TENSOR_DETAIL_SCAN_KERNELS_HPP
#define MILLRACE_TENSOR_DETAIL_SCAN_KERNELS_HPP

namespace millrace {
inline namespace v0 {
namespace detail {

// An IEEE number is NaN or infinite exactly if its exponent is all ones, that is, if its magnitude
// bits are at least those of infinity. The exponent of every width begins in the upper 15 bits below
// the sign, so one loop serves all: take away the sign bit of each 16-bit lane and keep the greatest
// lane, lane by lane. Two instructions for 16 bytes even in SSE2, so memory is what it waits for;
// and being integer arithmetic it means the same under -ffast-math.

/// The greatest 15-bit magnitude in each of the four 16-bit lanes of the 64-bit words.
struct lane_maxima {
  std::int16_t lane[4] = {};

  void take(std::size_t at, std::int16_t value) noexcept {
    if (value > lane[at % 4]) lane[at % 4] = value;
  }
};

template <std::size_t Bytes>
[[gnu::always_inline]] inline std::size_t max_lanes_body(const unsigned char* data, std::size_t bytes,
                                                         lane_maxima& maxima) noexcept {
  using v = vector<std::int16_t, Bytes>;
  const v magnitude = v{} + static_cast<std::int16_t>(0x7fff);
  v a{}, b{}, c{}, d{};
  std::size_t at = 0;
  for (; at + 4 * Bytes <= bytes; at += 4 * Bytes) {
    v w, x, y, z;
    load(w, data + at);
    load(x, data + at + Bytes);
    load(y, data + at + 2 * Bytes);
    load(z, data + at + 3 * Bytes);
    w &= magnitude;
    x &= magnitude;
    y &= magnitude;
    z &= magnitude;
    a = w > a ? w : a;
    b = x > b ? x : b;
    c = y > c ? y : c;
    d = z > d ? z : d;
  }
  a = b > a ? b : a;
  c = d > c ? d : c;
  a = c > a ? c : a;
  for (std::size_t lane = 0; lane < Bytes / 2; ++lane) maxima.take(lane, a[lane]);
  return at;
}

inline std::size_t max_lanes_baseline(const unsigned char* data, std::size_t bytes, lane_maxima& maxima) noexcept {
  return max_lanes_body<16>(data, bytes, maxima);
}
MILLRACE_X86_TARGET("avx2")
inline std::size_t max_lanes_avx2(const unsigned char* data, std::size_t bytes, lane_maxima& maxima) noexcept {
  return max_lanes_body<32>(data, bytes, maxima);
}

/// Precondition: data begins with an element, and bytes is a multiple of its size.
inline lane_maxima max_lanes(const unsigned char* data, std::size_t bytes) noexcept {
  lane_maxima maxima;
  std::size_t at = cpu_has_avx2() ? max_lanes_avx2(data, bytes, maxima) : max_lanes_baseline(data, bytes, maxima);
  for (; at < bytes; at += 2) {
    std::uint16_t lane = 0;
    __builtin_memcpy(&lane, data + at, 2);
    maxima.take(at / 2, static_cast<std::int16_t>(lane & 0x7fffU));
  }
  return maxima;
}

/// What one block of doubles adds to a summary. Eight partial sums whatever the CPU, so that the
/// answer is the same on all.
struct block_sums {
  double sum = 0;
  double squares = 0;
  double low = 0;
  double high = 0;
};

template <std::size_t Lanes, class T>
[[gnu::always_inline]] inline void load_widened(vector<double, 8 * Lanes>& to, const T* from) noexcept {
  vector<T, sizeof(T) * Lanes> narrow;
  load(narrow, from);
  to = __builtin_convertvector(narrow, vector<double, 8 * Lanes>);
}

/// Precondition: count is a positive multiple of 8.
template <std::size_t Lanes, class T>
[[gnu::always_inline]] inline block_sums block_sums_body(const T* data, std::size_t count) noexcept {
  using v = vector<double, 8 * Lanes>;
  constexpr std::size_t width = 8 / Lanes;
  v sum[width]{}, squares[width]{}, low, high;
  load_widened<Lanes>(low, data);
  high = low;
  for (std::size_t at = 0; at < count; at += 8) {
    v x[width];
    for (std::size_t k = 0; k < width; ++k) load_widened<Lanes>(x[k], data + at + k * Lanes);
    for (std::size_t k = 0; k < width; ++k) {
      v square = x[k] * x[k];
      if constexpr (!std::is_same_v<T, float>) rounded(square);  // the square of a float is exact
      sum[k] += x[k];
      squares[k] += square;
    }
    v least = x[0], greatest = x[0];
    for (std::size_t k = 1; k < width; ++k) {
      least = x[k] < least ? x[k] : least;
      greatest = x[k] > greatest ? x[k] : greatest;
    }
    low = least < low ? least : low;
    high = greatest > high ? greatest : high;
  }
  block_sums made{0, 0, low[0], high[0]};
  for (std::size_t k = 0; k < width; ++k)
    for (std::size_t lane = 0; lane < Lanes; ++lane) {
      made.sum += sum[k][lane];
      made.squares += squares[k][lane];
    }
  for (std::size_t lane = 1; lane < Lanes; ++lane) {
    made.low = low[lane] < made.low ? low[lane] : made.low;
    made.high = high[lane] > made.high ? high[lane] : made.high;
  }
  return made;
}

template <class T>
block_sums sum_block_baseline(const T* data, std::size_t count) noexcept {
  return block_sums_body<2>(data, count);
}
template <class T>
MILLRACE_X86_TARGET("avx2")
block_sums sum_block_avx2(const T* data, std::size_t count) noexcept {
  return block_sums_body<4>(data, count);
}
template <class T>
MILLRACE_X86_TARGET("avx512f")
block_sums sum_block_avx512(const T* data, std::size_t count) noexcept {
  return block_sums_body<8>(data, count);
}

/// Precondition: count > 0. If an element is not finite, the squares are not either, and the rest
/// means nothing.
template <class T>
block_sums sum_block(const T* data, std::size_t count) noexcept {
  const std::size_t even = count / 8 * 8;
  block_sums made;
  if (even != 0)
    made = cpu_has_avx512() ? sum_block_avx512(data, even)
           : cpu_has_avx2() ? sum_block_avx2(data, even)
                            : sum_block_baseline(data, even);
  else
    made.low = made.high = static_cast<double>(data[0]);
  for (std::size_t at = even; at < count; ++at) {
    const auto x = static_cast<double>(data[at]);
    double square = x * x;
    rounded(square);
    made.sum += x;
    made.squares += square;
    made.low = x < made.low ? x : made.low;
    made.high = x > made.high ? x : made.high;
  }
  return made;
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TENSOR_DETAIL_SCAN_KERNELS_HPP

// ---- tensor/finite_scan.hpp

#ifndef MILLRACE_TENSOR_FINITE_SCAN_HPP
#define MILLRACE_TENSOR_FINITE_SCAN_HPP

namespace millrace {
inline namespace v0 {

enum class non_finite_kind : std::uint8_t { nan, infinity, negative_infinity };

/// As it is written in logs and messages: `NaN`, `Infinity`, `-Infinity`.
constexpr std::string_view to_string(non_finite_kind kind) noexcept {
  switch (kind) {
    case non_finite_kind::nan: return "NaN";
    case non_finite_kind::infinity: return "Infinity";
    case non_finite_kind::negative_infinity: return "-Infinity";
  }
  return "unknown";
}

/// An element that is NaN or infinite: what, and where.
struct non_finite_element {
  non_finite_kind kind = non_finite_kind::nan;
  std::size_t index = 0;     ///< counted in memory order (largest stride outermost)
  tensor_position position;  ///< the same place, one index an axis
};

struct finite_report {
  std::size_t nan_count = 0;
  std::size_t infinity_count = 0;
  std::optional<non_finite_element> first;  ///< in memory order

  std::size_t non_finite_count() const noexcept { return nan_count + infinity_count; }
};

namespace detail {

/// An IEEE format by its bits: Bits is an unsigned integer of the element's width.
template <class Bits, Bits Infinity>
struct ieee_bits {
  using type = Bits;
  static constexpr Bits magnitude = static_cast<Bits>(static_cast<Bits>(~Bits{0}) >> 1);

  static Bits load(const unsigned char* at) noexcept {
    Bits bits{};
    __builtin_memcpy(&bits, at, sizeof bits);
    return bits;
  }
  static bool is_finite(Bits bits) noexcept { return (bits & magnitude) < Infinity; }
  static non_finite_kind kind(Bits bits) noexcept {
    if ((bits & magnitude) > Infinity) return non_finite_kind::nan;
    return bits > magnitude ? non_finite_kind::negative_infinity : non_finite_kind::infinity;
  }
  /// Whether all of the elements that these maxima were taken of are finite.
  static bool all_finite(const lane_maxima& maxima) noexcept {
    constexpr std::size_t step = sizeof(Bits) / 2;
    constexpr auto limit = static_cast<std::int16_t>(Infinity >> (16 * (step - 1)));
    for (std::size_t lane = step - 1; lane < 4; lane += step)
      if (maxima.lane[lane] >= limit) return false;
    return true;
  }
};

/// Calls f(ieee_bits<...>{}) for the format of a floating dtype.
template <class F>
decltype(auto) visit_ieee(dtype type, F&& f) {
  switch (type) {
    case dtype::f64: return f(ieee_bits<std::uint64_t, 0x7ff0'0000'0000'0000U>{});
    case dtype::f16: return f(ieee_bits<std::uint16_t, 0x7c00U>{});
    case dtype::bf16: return f(ieee_bits<std::uint16_t, 0x7f80U>{});
    default: return f(ieee_bits<std::uint32_t, 0x7f80'0000U>{});
  }
}

/// Finds non-finite elements in memory order, f(index, kind) returning whether to go on.
template <class Format, class F>
void scan(const tensor_view& view, Format, F&& f) {
  constexpr std::size_t size = sizeof(typename Format::type);
  constexpr std::size_t block = 16384 / size;  // looked at again, element by element, only if it has a hit
  const auto* data = static_cast<const unsigned char*>(view.data());
  std::size_t index = 0;
  const auto one_by_one = [&](const unsigned char* at, std::size_t count, std::ptrdiff_t step) {
    for (std::size_t i = 0; i < count; ++i, at += step)
      if (const auto bits = Format::load(at); !Format::is_finite(bits))
        if (!f(index + i, Format::kind(bits))) return false;
    return true;
  };
  for_each_run(view.layout(), [&](std::ptrdiff_t offset, std::size_t count, std::ptrdiff_t stride) {
    const unsigned char* at = data + offset * static_cast<std::ptrdiff_t>(size);
    if (stride != 1) {
      if (!one_by_one(at, count, stride * static_cast<std::ptrdiff_t>(size))) return false;
      index += count;
      return true;
    }
    while (count != 0) {
      const std::size_t now = count < block ? count : block;
      if (!Format::all_finite(max_lanes(at, now * size)) && !one_by_one(at, now, size)) return false;
      at += now * size;
      index += now;
      count -= now;
    }
    return true;
  });
}

}  // namespace detail

/// The first element, in memory order, that is NaN or infinite; none if all are finite, as integers
/// always are. Reads the tensor once, at the speed of the memory where it lies without gaps, and
/// stops at the find. Holds under -ffast-math too. Allocates: never.
inline std::optional<non_finite_element> find_non_finite(const tensor_view& view) {
  std::optional<non_finite_element> found;
  if (!is_floating(view.dtype())) return found;
  detail::visit_ieee(view.dtype(), [&](auto format) {
    detail::scan(view, format, [&](std::size_t index, non_finite_kind kind) {
      found = non_finite_element{kind, index, view.layout().position(index)};
      return false;
    });
  });
  return found;
}

/// Whether no element is NaN or infinite. As `find_non_finite`.
inline bool all_finite(const tensor_view& view) { return !find_non_finite(view); }

/// Counts the elements that are NaN or infinite, and says where the first is. One pass, slower than
/// `find_non_finite` only where there are any. Allocates: never.
inline finite_report scan_finite(const tensor_view& view) {
  finite_report report;
  if (!is_floating(view.dtype())) return report;
  detail::visit_ieee(view.dtype(), [&](auto format) {
    detail::scan(view, format, [&](std::size_t index, non_finite_kind kind) {
      if (!report.first) report.first = non_finite_element{kind, index, view.layout().position(index)};
      ++(kind == non_finite_kind::nan ? report.nan_count : report.infinity_count);
      return true;
    });
  });
  return report;
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TENSOR_FINITE_SCAN_HPP

// ---- tensor/summary.hpp

#ifndef MILLRACE_TENSOR_SUMMARY_HPP
#define MILLRACE_TENSOR_SUMMARY_HPP

namespace millrace {
inline namespace v0 {

/// A tensor in a few numbers, taken over its finite elements. Without any, the numbers are NaN and
/// `l2_norm` is 0.
struct tensor_summary {
  std::size_t count = 0;  ///< all elements
  std::size_t nan_count = 0;
  std::size_t infinity_count = 0;
  double low = std::numeric_limits<double>::quiet_NaN();
  double high = std::numeric_limits<double>::quiet_NaN();
  double mean = std::numeric_limits<double>::quiet_NaN();
  double l2_norm = 0;
  std::optional<non_finite_element> first_non_finite;  ///< in memory order

  std::size_t finite_count() const noexcept { return count - nan_count - infinity_count; }
  /// The greatest magnitude.
  double max_abs() const noexcept { return std::fmax(std::fabs(low), std::fabs(high)); }
};

/// An element outside of a permitted range.
struct out_of_range_element {
  std::size_t index = 0;  ///< counted in memory order
  tensor_position position;
  double value = 0;
};

namespace detail {

inline constexpr std::size_t summary_block = 1024;

/// Converts evenly spaced elements to a gapless block.
using widen_function = void (*)(const unsigned char* from, std::ptrdiff_t stride, std::size_t count, void* to);

template <class Stored, class Wide>
void widen(const unsigned char* from, std::ptrdiff_t stride, std::size_t count, void* to) {
  const auto* source = reinterpret_cast<const Stored*>(from);
  auto* block = static_cast<Wide*>(to);
  for (std::size_t i = 0; i < count; ++i) block[i] = static_cast<Wide>(source[static_cast<std::ptrdiff_t>(i) * stride]);
}

template <class T>
inline constexpr bool widens_to_float =
    std::is_same_v<T, float> || std::is_same_v<T, float16> || std::is_same_v<T, bfloat16>;

inline widen_function widener(dtype type) noexcept {
  return visit_dtype(type, [](auto tag) -> widen_function {
    using stored = typename decltype(tag)::type;
    using element = std::conditional_t<std::is_same_v<stored, bool>, unsigned char, stored>;
    return &widen<element, std::conditional_t<widens_to_float<stored>, float, double>>;
  });
}

/// Hands a tensor to f(first index, elements, count) in memory order, in gapless blocks of at most
/// `summary_block` elements that f may read as float or double: where they lie if they are such and
/// gapless, else converted into a buffer on the stack. f returns whether to go on.
template <class F>
void for_each_block(const tensor_view& view, F&& f) {
  const std::size_t size = size_of(view.dtype());
  const bool as_float = is_floating(view.dtype()) && view.dtype() != dtype::f64;
  const bool as_stored = view.dtype() == dtype::f32 || view.dtype() == dtype::f64;
  const widen_function convert = widener(view.dtype());
  std::size_t index = 0;
  for_each_run(view.layout(), [&](std::ptrdiff_t offset, std::size_t count, std::ptrdiff_t stride) {
    const auto step = stride * static_cast<std::ptrdiff_t>(size);
    const unsigned char* at =
        static_cast<const unsigned char*>(view.data()) + offset * static_cast<std::ptrdiff_t>(size);
    while (count != 0) {
      alignas(64) double buffer[summary_block];
      const std::size_t now = count < summary_block ? count : summary_block;
      const void* block = at;
      if (!as_stored || stride != 1) {
        convert(at, stride, now, buffer);
        block = buffer;
      }
      if (!(as_float ? f(index, static_cast<const float*>(block), now)
                     : f(index, static_cast<const double*>(block), now)))
        return false;
      at += static_cast<std::ptrdiff_t>(now) * step;
      index += now;
      count -= now;
    }
    return true;
  });
}

template <class T>
using format_of = std::conditional_t<std::is_same_v<T, float>, ieee_bits<std::uint32_t, 0x7f80'0000U>,
                                     ieee_bits<std::uint64_t, 0x7ff0'0000'0000'0000U>>;

/// Whether all elements of the block are known to be finite: none of its squares is otherwise. False,
/// too, where they leave the range of double.
inline bool is_finite_block(const block_sums& block) noexcept {
  return format_of<double>::is_finite(std::bit_cast<std::uint64_t>(block.squares));
}

/// Sums divided by the greatest magnitude, for those that leave the range of double.
inline block_sums scaled_sums(const tensor_view& view, double scale) {
  block_sums made;
  for_each_block(view, [&](std::size_t, const auto* data, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      if (const double x = static_cast<double>(data[i]) / scale; std::fabs(x) <= 1) {  // so not NaN, not infinite
        double square = x * x;
        rounded(square);
        made.sum += x;
        made.squares += square;
      }
    return true;
  });
  return made;
}

}  // namespace detail

/// Summarizes a tensor of any dtype and layout in one pass. Sums are taken in double, in an order
/// that is the same on every CPU. Integers beyond 2^53 are rounded to double. A second pass follows only if squares
/// leave double's range. Allocates: never.
inline tensor_summary summarize(const tensor_view& view) {
  tensor_summary made;
  made.count = view.size();
  double sum = 0;
  double squares = 0;
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  detail::for_each_block(view, [&](std::size_t first, const auto* data, std::size_t count) {
    using element = std::remove_cvref_t<decltype(*data)>;
    using format = detail::format_of<element>;
    detail::block_sums block = detail::sum_block(data, count);
    if (!detail::is_finite_block(block)) [[unlikely]] {
      block = {0, 0, low, high};
      for (std::size_t i = 0; i < count; ++i) {
        const auto bits = format::load(reinterpret_cast<const unsigned char*>(data + i));
        if (!format::is_finite(bits)) {
          const non_finite_kind kind = format::kind(bits);
          if (!made.first_non_finite)
            made.first_non_finite = non_finite_element{kind, first + i, view.layout().position(first + i)};
          ++(kind == non_finite_kind::nan ? made.nan_count : made.infinity_count);
          continue;
        }
        const auto x = static_cast<double>(data[i]);
        double square = x * x;
        detail::rounded(square);
        block.sum += x;
        block.squares += square;
        block.low = x < block.low ? x : block.low;
        block.high = x > block.high ? x : block.high;
      }
    }
    sum += block.sum;
    squares += block.squares;
    low = block.low < low ? block.low : low;
    high = block.high > high ? block.high : high;
    return true;
  });
  const std::size_t finite = made.finite_count();
  if (finite == 0) return made;
  made.low = low + 0.0;  // of two zeros, the positive one
  made.high = high + 0.0;
  made.mean = sum / static_cast<double>(finite);
  made.l2_norm = std::sqrt(squares);
  constexpr double most = (std::numeric_limits<double>::max)();
  if (const double scale = made.max_abs(); scale > 0 && !(squares <= most && squares >= 1e-290)) {
    const detail::block_sums scaled = detail::scaled_sums(view, scale);
    made.l2_norm = scale * std::sqrt(scaled.squares);
    if (!(std::fabs(sum) <= most)) made.mean = scale * (scaled.sum / static_cast<double>(finite));
  }
  return made;
}

/// The first element, in memory order, outside of [low, high]; NaN is outside of every range. One
/// pass; integers beyond 2^53 are compared as double. Allocates: never.
inline std::optional<out_of_range_element> find_out_of_range(const tensor_view& view, double low, double high) {
  std::optional<out_of_range_element> found;
  detail::for_each_block(view, [&](std::size_t first, const auto* data, std::size_t count) {
    const detail::block_sums block = detail::sum_block(data, count);
    if (detail::is_finite_block(block) && block.low >= low && block.high <= high) return true;
    for (std::size_t i = 0; i < count; ++i) {
      const auto x = static_cast<double>(data[i]);
      if (x >= low && x <= high) continue;
      found = out_of_range_element{first + i, view.layout().position(first + i), x};
      return false;
    }
    return true;
  });
  return found;
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TENSOR_SUMMARY_HPP

// ---- tensor.hpp

#ifndef MILLRACE_TENSOR_HPP
#define MILLRACE_TENSOR_HPP

/// tensor: numbers in memory, whoever owns them.
///
/// - `dtype`, `float16`, `bfloat16`: what elements are
/// - `tensor_shape`, `tensor_layout`, `tensor_view`: a pointer, a shape, strides; any layout
/// - `tensor_traits`, `for_each_tensor`: how a type shows itself as one tensor or as several
/// - `find_non_finite`, `scan_finite`: NaN and infinities, at the speed of the memory
/// - `summarize`, `find_out_of_range`: range, mean, norm in one pass
/// - `compress`, `compressed_tensor`: exact bits in a gzip stream, the filter chosen from the data
/// - `compressible`: a tensor or its compressed form, in one place
///
/// Standard library alone. Left out, because they bring a third party along: tensor/eigen.hpp
/// (Eigen), tensor/xtensor.hpp (xtensor) and tensor/deflate.hpp (zlib, which `compress` uses unless
/// told otherwise).

#endif  // MILLRACE_TENSOR_HPP

// ---- millrace.hpp

#ifndef MILLRACE_MILLRACE_HPP
#define MILLRACE_MILLRACE_HPP

/// millrace: the modules that need the standard library alone.
///
/// Left out, to be included by name: the modules that need a third party (middleware: zlib, for compression;
/// train: Eigen), and the adapters to one (tensor/eigen.hpp, tensor/xtensor.hpp, tensor/deflate.hpp).

#endif  // MILLRACE_MILLRACE_HPP

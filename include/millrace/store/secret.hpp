#ifndef MILLRACE_STORE_SECRET_HPP
#define MILLRACE_STORE_SECRET_HPP

#include <millrace/core/detail/unprinted.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/fwd.hpp>

#include <concepts>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace store {

namespace detail {

/// Writes zeros that the compiler may not leave out, though nobody reads them.
inline void wipe_bytes(void* bytes, std::size_t size) noexcept {
  if (size == 0) return;  // an empty container may have no memory
  std::memset(bytes, 0, size);
  __asm__ __volatile__("" : : "r"(bytes) : "memory");
}

/// A container of plain elements in one piece, such as std::string or std::vector<std::byte>.
template <class T>
concept wipeable_container = requires(T& value) {
  value.resize(value.capacity());
  { value.data() } -> std::convertible_to<const void*>;
  { value.size() } -> std::convertible_to<std::size_t>;
} && std::is_trivially_copyable_v<std::remove_cvref_t<decltype(*std::declval<T&>().data())>>;

/// Not a pointer, nor what refers to memory of others, such as std::string_view.
template <class T>
concept wipeable = wipeable_container<T> || (std::is_trivially_copyable_v<T> && !std::is_pointer_v<T> &&
                                             (std::is_aggregate_v<T> || !requires(T& value) { value.data(); }));

/// Wipes all that the value holds: of a container all of its memory, also what it once used and no longer does.
template <wipeable T>
void wipe(T& value) noexcept {
  if constexpr (wipeable_container<T>) {
    value.resize(value.capacity());  // takes no memory
    wipe_bytes(value.data(), value.size() * sizeof(*value.data()));
    value.resize(0);
  } else {
    wipe_bytes(&value, sizeof value);
  }
}

/// Compares in a time that depends on the lengths alone.
inline bool same_bytes(const void* left, const void* right, std::size_t size) noexcept {
  const auto* one = static_cast<const volatile unsigned char*>(left);
  const auto* two = static_cast<const volatile unsigned char*>(right);
  unsigned different = 0;
  for (std::size_t i = 0; i < size; ++i) different |= static_cast<unsigned>(one[i]) ^ two[i];
  return different == 0;
}

}  // namespace detail

template <class T = std::string>
class secret;

// millrace[SECRET-1]: a secret is not printed; write `expose()` where its value has to leave. The functions stand in a
// namespace that only a secret leads to: in the one around they would hide millrace's own of these names there.
namespace unprinted {
struct base {};
template <class Stream, class millrace_SECRET_1_a_secret_is_not_printed>
void operator<<(Stream&, const secret<millrace_SECRET_1_a_secret_is_not_printed>&) = delete;
template <class millrace_SECRET_1_a_secret_is_not_printed>
void append_json(std::string&, const secret<millrace_SECRET_1_a_secret_is_not_printed>&) = delete;
template <class millrace_SECRET_1_a_secret_is_not_printed>
std::string to_json(const secret<millrace_SECRET_1_a_secret_is_not_printed>&) = delete;
template <class millrace_SECRET_1_a_secret_is_not_printed>
std::string to_string(const secret<millrace_SECRET_1_a_secret_is_not_printed>&) = delete;
}  // namespace unprinted

/// A value that must not be seen: a password, a token, a key.
///
///     auto password = mr::store::environment_secret("DB_PASSWORD");
///     if (!password) return std::move(password).error();      // names the variable, and nothing of its content
///     connect(user, password->expose());
///
/// Guarantee: no stream, `to_string` or JSON writer takes it, and it converts to nothing; the one way to the value is
/// `expose`, which can be searched for. What it has held is overwritten with zeros when it is destroyed, moved from or
/// assigned. It cannot be copied, because each copy is one more to lose.
/// What is not in its power: copies that `expose`'s caller makes, and pages that the system swaps out or dumps.
/// T: a container of plain elements in one piece (std::string, std::vector<std::byte>), or a trivially copyable type.
/// Threads: as T.
template <class T>
class secret : private unprinted::base {
  static_assert(detail::wipeable<T>,
                "millrace[SECRET-2]: a secret's memory can be wiped: std::string, a vector of plain elements, or a "
                "trivially copyable type");

 public:
  using value_type = T;

  secret() noexcept
  requires(std::default_initializable<T>)
      : value_() {}
  /// Takes the value over and wipes what is left in its old place: `secret(std::move(text))`.
  explicit secret(T&& value) noexcept : value_(std::move(value)) { detail::wipe(value); }
  secret(secret&& other) noexcept : value_(std::move(other.value_)) { detail::wipe(other.value_); }
  secret& operator=(secret&& other) noexcept {
    if (this != &other) {
      detail::wipe(value_);
      value_ = std::move(other.value_);
      detail::wipe(other.value_);
    }
    return *this;
  }
  ~secret() { detail::wipe(value_); }

  /// The value, for who needs it now.
  const T& expose() const noexcept { return value_; }

  /// Whether both hold the same, compared in a time that depends on the lengths alone.
  bool equals(const T& other) const noexcept {
    if constexpr (detail::wipeable_container<T>)
      return value_.size() == other.size() &&
             detail::same_bytes(value_.data(), other.data(), value_.size() * sizeof(*value_.data()));
    else
      return detail::same_bytes(&value_, &other, sizeof value_);
  }
  friend bool operator==(const secret& left, const secret& right) noexcept { return left.equals(right.value_); }

 private:
  T value_;
};

/// The secret in an environment variable. The environment keeps its own copy, which children inherit and which the
/// system shows to the same user (/proc/<pid>/environ): a mounted file (`secret_file`) is the better place.
/// Errors: not_found: it is not set, or empty. The message names the variable.
inline result<secret<std::string>> environment_secret(const char* variable) {
  const char* const value = std::getenv(variable);
  if (value == nullptr || *value == '\0')
    return error(errc::not_found, "the environment variable " + std::string(variable) +
                                      (value == nullptr ? " is not set" : " is empty"));
  return secret<std::string>(std::string(value));
}

}  // namespace store

namespace detail {
template <class T>
inline constexpr bool is_unprinted<store::secret<T>> = true;
}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_SECRET_HPP

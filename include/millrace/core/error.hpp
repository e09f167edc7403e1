#ifndef MILLRACE_CORE_ERROR_HPP
#define MILLRACE_CORE_ERROR_HPP

#include <millrace/core/config.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {

/// What kind of failure an `error` is. The numbers and names are stable, because logs and metrics hold them. New codes
/// are added at the end of their group.
enum class errc : std::uint16_t {
  // the caller's request
  invalid_argument = 100,
  out_of_range = 101,
  not_found = 102,
  already_exists = 103,
  unsupported = 104,
  conflict = 105,  // somebody else changed it first
  // data
  invalid_data = 200,
  not_finite = 201,
  shape_mismatch = 202,
  type_mismatch = 203,
  corrupt = 204,
  truncated = 205,
  checksum_mismatch = 206,
  not_authentic = 207,  // not signed by whom the caller trusts
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
  completed_with_failures = 402,  // every event ran, at least one failed
  vetoed = 403,                   // for your own middleware that keeps an event from running
};

/// The code's stable name, as logs have it: `not_finite`.
constexpr std::string_view to_string(errc code) noexcept {
  switch (code) {
    case errc::invalid_argument: return "invalid_argument";
    case errc::out_of_range: return "out_of_range";
    case errc::not_found: return "not_found";
    case errc::already_exists: return "already_exists";
    case errc::unsupported: return "unsupported";
    case errc::conflict: return "conflict";
    case errc::invalid_data: return "invalid_data";
    case errc::not_finite: return "not_finite";
    case errc::shape_mismatch: return "shape_mismatch";
    case errc::type_mismatch: return "type_mismatch";
    case errc::corrupt: return "corrupt";
    case errc::truncated: return "truncated";
    case errc::checksum_mismatch: return "checksum_mismatch";
    case errc::not_authentic: return "not_authentic";
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
  /// What went wrong at this level, without the causes; `describe` adds them.
  const std::string& message() const noexcept;

  /// The error that led to this one, or null.
  const error* cause() const noexcept;

  /// The message and those of all causes, for people: `cannot load model.bin: no such file`.
  std::string describe() const;

  /// Returns an error of the same code that says, in `message`, where it happened, and has this one as its cause.
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

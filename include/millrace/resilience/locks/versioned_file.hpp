#ifndef MILLRACE_RESILIENCE_LOCKS_VERSIONED_FILE_HPP
#define MILLRACE_RESILIENCE_LOCKS_VERSIONED_FILE_HPP

#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/sha256.hpp>
#include <millrace/resilience/fwd.hpp>
#include <millrace/resilience/locks/file_lock.hpp>
#include <millrace/store/atomic_file.hpp>
#include <millrace/store/file.hpp>

#include <span>
#include <string>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace resilience {

/// A file that is replaced only by who has read its newest content, by any number of processes: an optimistic lock on
/// the file's text. Its version is the SHA-256 of the content, so that a change by an editor counts, too, and a content
/// that comes back is the version that it was.
///
///     mr::resilience::versioned_file routes("routes.json");
///     auto done = mr::resilience::update_with_retry(routes, [](const std::string& now) { return with_canary(now); });
///
/// Guarantee: readers wait for nobody and see a content whole. Between the comparison and the replacement a writer
/// holds the file lock `<path>.lock`; who writes the file without it may be overwritten.
/// Models: versioned_place. A file that is not there is read as an empty text.
/// Threads: any number.
/// Errors: conflict: it has another content by now, with both versions; timeout: the lock is not got, with its owner's
/// name; those of the system, with the path.
class versioned_file {
 public:
  using value_type = std::string;
  using version_type = std::string;

  class snapshot {
   public:
    const std::string& operator*() const noexcept { return content_; }
    const std::string* operator->() const noexcept { return &content_; }
    /// 64 hexadecimal digits.
    const std::string& version() const noexcept { return version_; }

   private:
    friend class versioned_file;
    explicit snapshot(std::string content)
        : content_(std::move(content)), version_(to_string(sha256_of(std::as_bytes(std::span(content_))))) {}
    std::string content_;
    std::string version_;
  };

  /// `longest` is how long a write waits for others that write.
  explicit versioned_file(std::string path, duration longest = seconds(10))
      : path_(std::move(path)), lock_(path_ + ".lock", {.purpose = "replacing " + path_}), longest_(longest) {}

  const std::string& path() const noexcept { return path_; }

  result<snapshot> read() const {
    auto content = store::read_file(path_);
    if (!content && content.error().code() == errc::not_found) return snapshot(std::string());
    if (!content) return std::move(content).error();
    return snapshot(*std::move(content));
  }
  result<std::string> write_if(std::string next, const std::string& seen) {
    auto held = lock_.lock(longest_);
    if (!held) return std::move(held).error();
    auto now = read();
    if (!now) return std::move(now).error();
    if (now->version() != seen)
      return error(errc::conflict,
                   '"' + path_ + "\" has version " + now->version() + " by now, and not " + seen + ", which was read");
    if (auto done = store::write_file(path_, next); !done) return std::move(done).error();
    return snapshot(std::move(next)).version();
  }

 private:
  std::string path_;
  file_lock lock_;
  duration longest_;
};

}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_LOCKS_VERSIONED_FILE_HPP

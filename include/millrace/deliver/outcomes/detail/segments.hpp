#ifndef MILLRACE_DELIVER_OUTCOMES_DETAIL_SEGMENTS_HPP
#define MILLRACE_DELIVER_OUTCOMES_DETAIL_SEGMENTS_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/guarded.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/deliver/fwd.hpp>
#include <millrace/store/folder_storage.hpp>

#include <sys/stat.h>
#include <unistd.h>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

// A log as files of bounded size in a folder: lines go into `<stem>.jsonl`, which is renamed to `<stem>.<number>.jsonl`
// once it is long or old, and the oldest of those are removed.
namespace millrace {
inline namespace v0 {
namespace deliver {
namespace detail {

inline constexpr std::string_view lines_suffix = ".jsonl";

/// Files of a log in a folder: `stem` is that of all logs of the kind, such as `predictions`, which is followed by a
/// writer's name.
struct segment_name {
  std::string name;
  std::string stem;          // with the writer's name
  std::uint64_t number = 0;  // ~0: the file that lines go into
};

inline bool is_segment_of(std::string_view name, std::string_view kind, segment_name& to) {
  if (name.size() <= kind.size() + 1 + lines_suffix.size() || name.substr(0, kind.size()) != kind ||
      name[kind.size()] != '.' || name.substr(name.size() - lines_suffix.size()) != lines_suffix ||
      name.find('/') != name.npos)
    return false;
  std::string_view stem = name.substr(0, name.size() - lines_suffix.size());
  to.number = ~std::uint64_t{0};
  const std::size_t dot = stem.rfind('.');
  if (dot > kind.size()) {
    const std::string_view digits = stem.substr(dot + 1);
    std::uint64_t number = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (read.ec != std::errc() || read.ptr != digits.data() + digits.size()) return false;
    to.number = number;
    stem = stem.substr(0, dot);
  }
  to.name = name;
  to.stem = stem;
  return true;
}

/// The files of a kind in a folder, each writer's from the oldest to the one that lines go into.
template <class = void>
result<std::vector<segment_name>> list_segments(const std::string& folder, std::string_view kind) {
  const auto files = store::folder_storage::open(folder, {.must_exist = true});
  if (!files) return files.error();
  std::vector<segment_name> found;
  auto listed = store::for_each_object(*files, std::string(kind) + '.', [&](const store::storage_entry& each) {
    segment_name one;
    if (!is_segment_of(each.key, kind, one)) return;
    std::size_t at = found.size();
    const auto before = [&](const segment_name& other) {
      return one.stem < other.stem || (one.stem == other.stem && one.number < other.number);
    };
    while (at > 0 && before(found[at - 1])) --at;
    found.insert(found.begin() + static_cast<std::ptrdiff_t>(at), std::move(one));
  });
  if (!listed) return std::move(listed).error();
  return found;
}

struct segment_limits {
  std::uint64_t segment_bytes = 0;
  std::uint64_t max_bytes = 0;
  duration max_age;
  std::uint64_t (*wall_clock)() noexcept = unix_nanoseconds;
};

/// Decides when a log goes on in a new file, and which files it removes. It is told by the log's thread; `wants_new` is
/// asked by any.
class segment_rotation {
 public:
  segment_rotation(std::string folder, std::string stem, const segment_limits& limits)
      : folder_(std::move(folder)), stem_(std::move(stem)), limits_(limits) {}

  std::string path() const { return folder_ + '/' + stem_ + std::string(lines_suffix); }

  /// Looks at what is there, and removes what is too much.
  template <class = void>
  result<void> open(std::string_view kind) {
    kind_ = kind;
    auto files = list_segments(folder_, kind);
    if (!files) return std::move(files).error();
    for (const segment_name& each : *files)
      if (each.stem == stem_ && each.number != ~std::uint64_t{0} && each.number >= next_) next_ = each.number + 1;
    struct stat facts{};
    if (::stat(path().c_str(), &facts) == 0) bytes_ = static_cast<std::uint64_t>(facts.st_size);
    trim();
    return {};
  }
  /// Before a group of lines is written.
  template <class = void>
  void group(std::size_t size) noexcept {
    const std::uint64_t now = limits_.wall_clock();
    if (first_ == 0) first_ = now;
    const bool is_old = now > first_ && now - first_ > static_cast<std::uint64_t>(limits_.max_age.nanoseconds) / 8;
    if (bytes_ != 0 && (bytes_ + size > limits_.segment_bytes || is_old)) rotate();
    bytes_ += size;
  }
  /// Whether the log has to look at its path, because the file there was renamed; asked once.
  bool wants_new() noexcept {
    if (!renamed_.load_relaxed()) [[likely]]
      return false;
    return renamed_.exchange_relaxed(false);
  }
  std::uint64_t removed() const noexcept { return removed_.load_relaxed(); }
  /// Removes the oldest files, until what is left is neither too much nor too old.
  template <class = void>
  void trim() noexcept {
    (void)guarded([&] { return remove_old(); }, [] { return std::string("removing old files"); });
  }

 private:
  template <class = void>
  void rotate() noexcept {
    (void)guarded(
        [&] {
          std::string digits = std::to_string(next_);
          digits.insert(0, digits.size() < 8 ? 8 - digits.size() : 0, '0');
          const std::string to = folder_ + '/' + stem_ + '.' + digits + std::string(lines_suffix);
          if (std::rename(path().c_str(), to.c_str()) != 0) return;  // it is tried again with the next group
          ++next_;
          bytes_ = 0;
          first_ = 0;
          renamed_.store_release(true);
        },
        [] { return std::string("going on in a new file"); });
    trim();
  }
  template <class = void>
  result<void> remove_old() {
    auto files = list_segments(folder_, kind_);
    if (!files) return std::move(files).error();
    const std::uint64_t now = limits_.wall_clock();
    std::uint64_t sum = limits_.segment_bytes;  // for the file that lines go into
    for (std::size_t i = files->size(); i > 0; --i) {
      const segment_name& each = (*files)[i - 1];
      if (each.stem != stem_ || each.number == ~std::uint64_t{0}) continue;
      const std::string path = folder_ + '/' + each.name;
      struct stat facts{};
      if (::stat(path.c_str(), &facts) != 0) continue;
      sum += static_cast<std::uint64_t>(facts.st_size);
      const std::uint64_t written = static_cast<std::uint64_t>(facts.st_mtim.tv_sec) * 1'000'000'000U;
      const bool is_old = now > written && now - written > static_cast<std::uint64_t>(limits_.max_age.nanoseconds);
      if ((sum > limits_.max_bytes || is_old) && ::unlink(path.c_str()) == 0) removed_.add_relaxed(1);
    }
    return {};
  }

  const std::string folder_;
  const std::string stem_;
  const segment_limits limits_;
  std::string kind_;
  std::uint64_t next_ = 1;
  std::uint64_t bytes_ = 0;
  std::uint64_t first_ = 0;
  light_atomic<bool> renamed_{false};
  light_atomic<std::uint64_t> removed_{0};
};

/// The stem of a writer's files. Errors: invalid_argument: a name that is more than letters, digits, `-` and `_`.
template <class = void>
result<std::string> log_stem(std::string_view kind, std::string_view writer) {
  bool fine = !writer.empty() && writer.size() <= 64;
  for (const char c : writer)
    fine = fine && ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_');
  if (!fine)
    return error(errc::invalid_argument,
                 "a writer's name is of letters, digits, `-` and `_`, not " + quoted_text(writer));
  return std::string(kind) + '.' + std::string(writer);
}

/// Makes the folder, where it is not there, in a folder that is.
template <class = void>
result<void> make_folder(const std::string& folder) {
  const auto made = store::folder_storage::open(folder);
  return made ? result<void>() : result<void>(made.error());
}

}  // namespace detail
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_OUTCOMES_DETAIL_SEGMENTS_HPP

#ifndef MILLRACE_DELIVER_OUTCOMES_DETAIL_SEGMENT_READER_HPP
#define MILLRACE_DELIVER_OUTCOMES_DETAIL_SEGMENT_READER_HPP

#include <millrace/core/result.hpp>
#include <millrace/deliver/outcomes/detail/segments.hpp>
#include <millrace/store/file.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace deliver {
namespace detail {

/// A file of a log that is read as it grows, also by another process. It is known by its inode, so that it is the same
/// once it has another name; and it stays readable after it was removed.
class segment_reader {
 public:
  template <class = void>
  static result<segment_reader> open(const std::string& folder, const segment_name& name) {
    auto opened = store::file::open(folder + '/' + name.name, O_RDONLY | O_NOFOLLOW);
    if (!opened) return std::move(opened).error();
    struct stat facts{};
    if (::fstat(opened->descriptor(), &facts) != 0 || !S_ISREG(facts.st_mode))
      return error(errc::invalid_argument, "no regular file: \"" + opened->path() + '"');
    segment_reader made;
    made.file_ = *std::move(opened);
    made.device_ = static_cast<std::uint64_t>(facts.st_dev);
    made.inode_ = static_cast<std::uint64_t>(facts.st_ino);
    return made;
  }

  bool is(const struct stat& facts) const noexcept {
    return device_ == static_cast<std::uint64_t>(facts.st_dev) && inode_ == static_cast<std::uint64_t>(facts.st_ino);
  }
  /// How far the lines were read.
  std::uint64_t read_up_to() const noexcept { return at_; }
  const std::string& path() const noexcept { return file_.path(); }

  /// Calls use(offset, line) for each line that was written since, without its line feed. What has no line feed yet is
  /// left for the next time, unless it is longer than any line.
  template <class Use>
  result<void> read_new(std::string& buffer, Use&& use) {
    return read_from(at_, buffer, use);
  }
  /// The same for all lines that were read before.
  template <class Use>
  result<void> read_again(std::string& buffer, Use&& use) const {
    std::uint64_t at = 0;
    const std::uint64_t end = at_;
    return read_from(at, buffer, use, end);
  }

  /// The line that begins at an offset, without its line feed.
  template <class = void>
  result<std::string_view> line_at(std::uint64_t offset, std::string& buffer) const {
    for (std::size_t size = 1024;; size *= 4) {
      buffer.resize(size);
      auto got = file_.read_at(offset, buffer.data(), size);
      if (!got) return std::move(got).error();
      const void* const end = std::memchr(buffer.data(), '\n', *got);
      if (end != nullptr)
        return std::string_view(buffer.data(), static_cast<std::size_t>(static_cast<const char*>(end) - buffer.data()));
      if (*got < size || size > max_line)
        return error(errc::corrupt, "no line at byte " + std::to_string(offset) + " of \"" + path() + '"');
    }
  }

 private:
  static constexpr std::size_t max_line = std::size_t{64} << 20;
  static constexpr std::size_t block = std::size_t{1} << 20;

  segment_reader() = default;

  template <class Use>
  result<void> read_from(std::uint64_t& at, std::string& buffer, Use& use,
                         std::uint64_t end = ~std::uint64_t{0}) const {
    std::size_t room = block;
    for (;;) {
      if (at >= end) return {};
      if (buffer.size() < room) buffer.resize(room);
      const std::uint64_t wanted = end - at < room ? end - at : room;
      const auto got = file_.read_at(at, buffer.data(), static_cast<std::size_t>(wanted));
      if (!got) return got.error();
      std::size_t begin = 0;
      while (begin < *got) {
        const void* const feed = std::memchr(buffer.data() + begin, '\n', *got - begin);
        if (feed == nullptr) break;
        const auto length = static_cast<std::size_t>(static_cast<const char*>(feed) - buffer.data()) - begin;
        use(at + begin, std::string_view(buffer.data() + begin, length));
        begin += length + 1;
      }
      at += begin;
      if (*got < wanted || *got == 0) return {};
      if (begin != 0) continue;
      if (room >= max_line) return error(errc::corrupt, "a line without an end in \"" + path() + '"');
      room *= 4;
    }
  }

  store::file file_;
  std::uint64_t device_ = 0;
  std::uint64_t inode_ = 0;
  std::uint64_t at_ = 0;
};

}  // namespace detail
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_OUTCOMES_DETAIL_SEGMENT_READER_HPP

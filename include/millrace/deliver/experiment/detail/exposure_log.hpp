#ifndef MILLRACE_DELIVER_EXPERIMENT_DETAIL_EXPOSURE_LOG_HPP
#define MILLRACE_DELIVER_EXPERIMENT_DETAIL_EXPOSURE_LOG_HPP

#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/result.hpp>
#include <millrace/deliver/experiment/life_cycle.hpp>
#include <millrace/store/document.hpp>
#include <millrace/store/line_log.hpp>

#include <sys/stat.h>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace deliver {
namespace detail {

// The log of an experiment is a file of lines. The first is a document, `exposure_log_head`; the others are
//
//   e <time> <key> <variant> <segment> [covariate ...]    a first exposure, or one to another variant
//   o <time> <key> <metric> <input> [input]               an outcome
//   u <first> <key> <state> <word> ...                    a unit as compacting left it
//   d <count>                                             so many lines are missing
//
// Times are nanoseconds since 1970; keys, states and words are hexadecimal, other numbers decimal. Variants, segments
// and metrics are numbered from 0 in the order of the head's properties, segments from 1. No line has a unit's id.

/// What a log is of.
struct exposure_log_head {
  static constexpr std::string_view document_kind = "experiment log";
  static constexpr unsigned document_format = 1;
  std::vector<experiment_property> properties;

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("properties", self.properties);
  }
};

/// A line, as it stands in the log's queue: this, and behind it its numbers or, of a head, its text.
struct log_entry {
  std::uint64_t at = 0;
  std::uint64_t key = 0;
  char kind = 'e';  // h for the head
  std::uint8_t numbers = 0;
  std::uint16_t first = 0;   // variant, or metric
  std::uint16_t second = 0;  // segment
};

inline void append_hexadecimal(std::string& out, std::uint64_t value) {
  char digits[16];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value, 16).ptr);
}

/// The format of the log, as `store::line_format` asks for one.
struct exposure_lines {
  static void line(std::string& out, const std::byte* record, std::size_t size) {
    log_entry entry;
    std::memcpy(&entry, record, sizeof entry);
    const std::byte* const rest = record + sizeof entry;
    if (entry.kind == 'h') {
      out.append(reinterpret_cast<const char*>(rest), size - sizeof entry);
    } else {
      (out += entry.kind) += ' ';
      append_number(out, entry.at);
      append_hexadecimal(out += ' ', entry.key);
      append_number(out += ' ', entry.first);
      if (entry.kind == 'e') append_number(out += ' ', entry.second);
      for (std::size_t i = 0; i < entry.numbers; ++i) {
        double number = 0;
        std::memcpy(&number, rest + i * sizeof number, sizeof number);
        append_number(out += ' ', number);
      }
    }
    out += '\n';
  }
  static void dropped(std::string& out, std::uint64_t count) { out += "d " + std::to_string(count) + '\n'; }
  static bool is_line(std::string_view text) noexcept {
    return may_begin(text) && text.find('\0') == std::string_view::npos && (text[0] != '{' || text.back() == '}');
  }
  static bool may_begin(std::string_view text) noexcept {
    return !text.empty() && std::string_view("{eoud").find(text[0]) != std::string_view::npos;
  }
};

/// An experiment's log, open for writing.
class exposure_log {
 public:
  using file_type = store::basic_line_log<exposure_lines, store::shared>;

  exposure_log(file_type file, std::uint64_t most, std::uint64_t size) noexcept
      : file_(std::move(file)), most_(most), size_(size) {}

  /// False: the log did not take it, because it has as many bytes as it may, or the disk refuses.
  bool append(log_entry entry, const double* numbers) noexcept {
    const std::size_t size = sizeof entry + entry.numbers * sizeof(double);
    if (size_.add_relaxed(size) >= most_) return false;
    return file_.append(size, [&](std::byte* to) {
      std::memcpy(to, &entry, sizeof entry);
      if (entry.numbers != 0) std::memcpy(to + sizeof entry, numbers, entry.numbers * sizeof(double));
    }) != 0;
  }
  result<void> append_head(std::string_view text) {
    const std::uint64_t seq = file_.append(sizeof(log_entry) + text.size(), [&](std::byte* to) {
      log_entry entry;
      entry.kind = 'h';
      std::memcpy(to, &entry, sizeof entry);
      std::memcpy(to + sizeof entry, text.data(), text.size());
    });
    if (seq == 0) return error(errc::no_space, "the log \"" + file_.path() + "\" has no room for its first line");
    return file_.flush();
  }
  result<void> flush() { return file_.flush(); }

 private:
  file_type file_;
  std::uint64_t most_;
  light_atomic<std::uint64_t> size_;  // about that of the file: records are about as long as their lines
};

/// A line that was read.
struct read_entry {
  char kind = 0;
  std::uint64_t at = 0;
  std::uint64_t key = 0;
  std::uint64_t first = 0;
  std::uint64_t second = 0;
  std::vector<double> numbers;
  std::vector<std::uint64_t> words;
};

/// Takes the words of a line, one after the other.
class line_words {
 public:
  explicit line_words(std::string_view text) noexcept : rest_(text) {}
  bool at_end() const noexcept { return rest_.empty(); }
  std::string_view next() noexcept {
    const std::size_t end = rest_.find(' ');
    const std::string_view word = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    return word;
  }
  bool whole(std::uint64_t& value, int base = 10) noexcept {
    const std::string_view word = next();
    const auto read = std::from_chars(word.data(), word.data() + word.size(), value, base);
    return read.ec == std::errc() && read.ptr == word.data() + word.size();
  }

 private:
  std::string_view rest_;
};

/// Reads a line. False: it is none that a log has.
inline bool read_line(std::string_view text, read_entry& made) {
  line_words words(text);
  const std::string_view kind = words.next();
  if (kind.size() != 1) return false;
  made.kind = kind[0];
  made.numbers.clear();
  made.words.clear();
  if (made.kind == 'd') return words.whole(made.first) && words.at_end();
  if (!words.whole(made.at) || !words.whole(made.key, 16) || made.at == 0 || made.key == 0) return false;
  if (made.kind == 'u') {
    while (!words.at_end()) {
      made.words.push_back(0);
      if (!words.whole(made.words.back(), 16)) return false;
    }
    return true;
  }
  if (made.kind != 'e' && made.kind != 'o') return false;
  if (!words.whole(made.first) || (made.kind == 'e' && !words.whole(made.second))) return false;
  while (!words.at_end()) {
    made.numbers.push_back(0);
    if (!read_real(words.next(), made.numbers.back())) return false;
  }
  return made.kind == 'e' || !made.numbers.empty();
}

/// Errors: invalid_argument: a file is given twice, under whichever names; those of the system.
template <class = void>
result<void> check_different_files(std::span<const std::string> paths) {
  std::vector<struct stat> found;
  for (const std::string& path : paths) {
    struct stat facts{};
    if (::stat(path.c_str(), &facts) != 0) continue;  // reading it says why
    for (const struct stat& each : found)
      if (each.st_dev == facts.st_dev && each.st_ino == facts.st_ino)
        return error(errc::invalid_argument,
                     "the log " + quoted_text(path) + " is given twice, and its outcomes would count twice");
    found.push_back(facts);
  }
  return {};
}

/// Reads a log's text: checks its head, and calls `use(entry)`, which returns whether it makes sense, with each line. A
/// last line without its end is one that a crash cut off, and is left out.
/// Errors: corrupt, with the number of the line; those of the head.
template <class Use>
result<void> read_log(std::string_view text, std::string_view path, const std::vector<experiment_property>& properties,
                      Use use) {
  read_entry entry;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) break;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (number == 1) {
      const auto head = store::read_document<exposure_log_head>(line, path);
      if (!head) return head.error();
      if (auto same = same_properties(properties, head->properties, "the log " + quoted_text(path)); !same) return same;
    } else if (!read_line(line, entry) || !use(std::as_const(entry))) {
      return error(errc::corrupt,
                   "the log " + quoted_text(path) + ": line " + std::to_string(number) + " is none of an experiment's");
    }
  }
  return {};
}

}  // namespace detail
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_EXPERIMENT_DETAIL_EXPOSURE_LOG_HPP

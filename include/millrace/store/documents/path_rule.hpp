#ifndef MILLRACE_STORE_DOCUMENTS_PATH_RULE_HPP
#define MILLRACE_STORE_DOCUMENTS_PATH_RULE_HPP

#include <millrace/core/detail/number_text.hpp>
#include <millrace/store/key_part.hpp>
#include <millrace/store/storage.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace store {

/// Where a `document_folder` keeps the objects of some keys: as files that people know by name.
///
///     {"registry/models/#/versions/#", "registry/metadata/#/v#.json"}
///     {"experiment_tracking/artifacts/*/**", "experiment_tracking/artifacts/*/**.json"}
///
/// Both are patterns of as many wildcards in the same order. `#` stands for a number: 16 hexadecimal digits in a key,
/// as `number_key_part` writes them, a decimal number in a path. `*` stands for what a part has at its place, `**`, in
/// the last part, for all parts that are left. A path ends with `.json`. A key that a rule fits whose path would not
/// lead back to it, and one that none fits, has the path that it has without rules.
/// Precondition: no two rules have paths in common.
struct path_rule {
  std::string_view key;
  std::string_view path;
};

namespace detail {

/// What the names of files end with, and folders do not.
constexpr bool has_reserved_end(std::string_view name) noexcept {
  for (const std::string_view end : {".json", ".bin", ".parquet", ".jsonl", ".dir"})
    if (name.ends_with(end)) return true;
  return false;
}
constexpr std::string_view folder_mark = ".dir";
constexpr std::string_view other_mark = ".bin";

/// Takes the first part off a path.
constexpr std::string_view take_part(std::string_view& rest, bool& is_last) noexcept {
  const std::size_t slash = rest.find('/');
  is_last = slash == std::string_view::npos;
  const std::string_view part = rest.substr(0, slash);
  rest.remove_prefix(is_last ? rest.size() : slash + 1);
  return part;
}

/// The number of a wildcard `#`, as the other side spells it; empty if it is none.
inline std::string number_there(std::string_view text, bool in_path) {
  if (!in_path) {
    const auto read = read_key_part_number<std::uint64_t>(text);
    return read ? std::to_string(*read) : std::string();
  }
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || std::to_string(number) != text) return {};
  return number_key_part(number);
}

/// Appends what stands at a pattern's wildcards in `text`, as the other pattern spells it. False: it does not fit.
inline bool match_pattern(std::string_view pattern, std::string_view text, bool in_path,
                          std::vector<std::string>& found) {
  bool last_asked = false;
  bool last_text = false;
  do {
    if (pattern.starts_with("**")) {
      const std::string_view end = pattern.substr(2);
      if (text.size() <= end.size() || !text.ends_with(end)) return false;
      found.emplace_back(text.substr(0, text.size() - end.size()));
      return true;
    }
    const std::string_view asked = take_part(pattern, last_asked);
    const std::string_view part = take_part(text, last_text);
    if (last_asked != last_text) return false;
    const std::size_t at = asked.find_first_of("*#");
    if (at == asked.npos) {
      if (asked != part) return false;
      continue;
    }
    const std::string_view end = asked.substr(at + 1);
    if (part.size() <= at + end.size() || part.substr(0, at) != asked.substr(0, at) || !part.ends_with(end))
      return false;
    const std::string_view inner = part.substr(at, part.size() - at - end.size());
    found.push_back(asked[at] == '#' ? number_there(inner, in_path) : std::string(inner));
    if (found.back().empty()) return false;
  } while (!last_asked);
  return true;
}
inline std::string fill_pattern(std::string_view pattern, const std::vector<std::string>& found) {
  std::string made;
  std::size_t next = 0;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '*' && pattern[i] != '#') {
      made += pattern[i];
      continue;
    }
    if (next < found.size()) made += found[next++];
    if (pattern.substr(i, 2) == "**") ++i;
  }
  return made;
}

/// Between keys and the paths of files. A key has one path or none, a path one key or none, and each leads back.
///
/// Without rules, an object's file is at its key, with `.bin` behind it unless it ends with `.json`; a folder whose
/// name ends as files' names do has `.dir` behind it. So `a` and `a/b` are both possible, and `a.json/b` too.
class document_paths {
 public:
  explicit document_paths(std::span<const path_rule> rules) noexcept : rules_(rules) {}

  /// Empty: there is none, since a part would be too long or the path is one of a rule's.
  std::string path_of(std::string_view key) const {
    for (const path_rule& each : rules_) {
      std::vector<std::string> found;
      if (!match_pattern(each.key, key, false, found)) continue;
      if (std::string path = fill_pattern(each.path, found); is_ruled(path, each)) return path;
    }
    std::string path;
    bool is_last = false;
    for (std::string_view rest = key; !is_last;) {
      const std::string_view part = take_part(rest, is_last);
      const std::string_view mark = is_last ? (part.ends_with(".json") ? std::string_view() : other_mark)
                                            : (has_reserved_end(part) ? folder_mark : std::string_view());
      if (part.size() + mark.size() > 255) return {};
      (path += part) += mark;
      if (!is_last) path += '/';
    }
    for (const path_rule& each : rules_)
      if (is_ruled(path, each)) return {};
    return path;
  }
  /// Empty: no object's file is there.
  std::string key_of(std::string_view path) const {
    for (const path_rule& each : rules_) {
      std::vector<std::string> found;
      if (!is_plain(path) || !match_pattern(each.path, path, true, found)) continue;
      std::string key = fill_pattern(each.key, found);
      return check_storage_key(key) && path_of(key) == path ? key : std::string();
    }
    std::string key;
    bool is_last = false;
    for (std::string_view rest = path; !is_last;) {
      std::string_view part = take_part(rest, is_last);
      if (!is_last && part.ends_with(folder_mark)) part.remove_suffix(folder_mark.size());
      if (is_last && part.ends_with(other_mark)) part.remove_suffix(other_mark.size());
      key += part;
      if (!is_last) key += '/';
    }
    return check_storage_key(key) && path_of(key) == path ? key : std::string();
  }

 private:
  /// Whether no folder of a path ends as files do, and no part is too long.
  static bool is_plain(std::string_view path) noexcept {
    bool is_last = false;
    while (!is_last) {
      const std::string_view part = take_part(path, is_last);
      if (part.size() > 255 || (!is_last && has_reserved_end(part))) return false;
    }
    return true;
  }
  static bool is_ruled(std::string_view path, const path_rule& by) {
    std::vector<std::string> found;
    return is_plain(path) && match_pattern(by.path, path, true, found);
  }

  std::span<const path_rule> rules_;
};

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_DOCUMENTS_PATH_RULE_HPP

#ifndef MILLRACE_OBSERVE_AUDIT_DETAIL_TRAIL_FOLDER_HPP
#define MILLRACE_OBSERVE_AUDIT_DETAIL_TRAIL_FOLDER_HPP

#include <millrace/core/detail/heap_sort.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/timestamp.hpp>
#include <millrace/observe/audit/detail/trail_format.hpp>
#include <millrace/observe/fwd.hpp>
#include <millrace/store/file.hpp>
#include <millrace/store/file_bytes.hpp>

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

// The files of a trail's folder:
//   2026-11-30-000000000000.audit         a segment: its day in UTC, the index of its first record
//   2026-11-30-000000000000.audit.hashes  what is left of a segment that was pruned
//   audit.lock                            which the writer holds
namespace millrace {
inline namespace v0 {
namespace observe {
namespace detail {

inline constexpr std::string_view segment_suffix = ".audit";
inline constexpr std::string_view hashes_suffix = ".audit.hashes";
inline constexpr std::string_view pruned_suffix = ".hashes";  // behind the name of the segment that it was
inline constexpr std::string_view lock_name = "audit.lock";

inline std::string path_in(const std::string& folder, std::string_view name) {
  return folder + (folder.empty() || folder.back() != '/' ? "/" : "") + std::string(name);
}

/// `2026-11-30-000000000000`, which sorts as the records do.
inline std::string segment_stem(std::uint64_t day, std::uint64_t first_index) {
  char date[iso8601_size];
  write_iso8601(date, day * nanoseconds_of_day);
  const std::string digits = std::to_string(first_index);
  return std::string(date, 10) + '-' + std::string(digits.size() < 12 ? 12 - digits.size() : 0, '0') + digits;
}

/// A file of a trail, by its name.
struct trail_file {
  std::string path;
  std::string stem;
  std::uint64_t first_index = 0;
  std::uint64_t size = 0;  // bytes
  bool pruned = false;     // only its hashes are left

  friend bool operator==(const trail_file&, const trail_file&) = default;
};

/// Whether a file's name is that of a segment or of its hashes, and which.
inline bool read_name(std::string_view name, trail_file& file) {
  file.pruned = name.ends_with(hashes_suffix);
  if (!file.pruned && !name.ends_with(segment_suffix)) return false;
  const std::string_view stem = name.substr(0, name.size() - (file.pruned ? hashes_suffix : segment_suffix).size());
  if (stem.size() < 23 || stem.size() > 31 || stem[10] != '-') return false;
  const char* const end = stem.data() + stem.size();
  const auto number = std::from_chars(stem.data() + 11, end, file.first_index);
  if (number.ec != std::errc() || number.ptr != end) return false;
  file.stem = stem;
  return true;
}

/// The trail's files, in the order of their records. Hashes of a segment that is still there are left out.
/// Errors: not_found: there is no such folder; corrupt: two files begin with the same record, or one is no file.
inline result<std::vector<trail_file>> list_trail(const std::string& folder) {
  DIR* const opened = ::opendir(folder.empty() ? "." : folder.c_str());
  if (opened == nullptr) return store::system_error(errno, "list", folder);
  std::vector<trail_file> files;
  result<void> wrong;
  while (wrong) {
    errno = 0;
    const dirent* const each = ::readdir(opened);
    if (each == nullptr) {
      if (errno != 0) wrong = store::system_error(errno, "list", folder);
      break;
    }
    trail_file file;
    if (!read_name(each->d_name, file)) continue;
    file.path = path_in(folder, each->d_name);
    struct stat facts{};
    if (::stat(file.path.c_str(), &facts) != 0) {
      if (errno != ENOENT) wrong = store::system_error(errno, "look at", file.path);
      continue;  // it was pruned just now
    }
    // To open a pipe would wait for its other end.
    if (!S_ISREG(facts.st_mode)) wrong = error(errc::corrupt, '"' + file.path + "\" is no file");
    file.size = static_cast<std::uint64_t>(facts.st_size);
    files.push_back(std::move(file));
  }
  ::closedir(opened);
  if (!wrong) return std::move(wrong).error();
  heap_sort(files.data(), files.size(), [](const trail_file& a, const trail_file& b) {
    return a.first_index != b.first_index ? a.first_index < b.first_index : !a.pruned && b.pruned;
  });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (kept != 0 && files[kept - 1].first_index == files[i].first_index) {
      if (files[kept - 1].stem == files[i].stem && files[i].pruned) continue;
      return error(errc::corrupt,
                   '"' + files[kept - 1].path + "\" and \"" + files[i].path + "\" begin with the same record");
    }
    if (kept != i) files[kept] = std::move(files[i]);
    ++kept;
  }
  files.resize(kept);
  return files;
}

/// Calls look(files) with the trail's files. A writer may begin, end and prune segments meanwhile, also while they are
/// listed: where what came of it is not well, and the files are no longer those that were listed, it looks again, up to
/// five times, not counting those after which less is left to be pruned.
template <class Look, class IsWell>
auto look_at_files(const std::string& folder, const Look& look, const IsWell& is_well)
    -> decltype(look(std::declval<std::vector<trail_file>&>())) {
  const auto left = [](const std::vector<trail_file>& of) {
    std::size_t count = 0;
    for (const trail_file& each : of) count += each.pruned ? 0 : 1;
    return count;
  };
  auto files = list_trail(folder);
  for (int tries = 0;;) {
    if (!files) return std::move(files).error();
    if (files->empty()) return error(errc::not_found, '"' + folder + "\" has no audit trail");
    const std::vector<trail_file> listed = *files;
    auto seen = look(*files);
    if (is_well(seen) || tries == 5) return seen;
    auto now = list_trail(folder);
    if (now && *now == listed) return seen;
    if (!now || left(*now) >= left(listed)) ++tries;
    files = std::move(now);
  }
}

/// Whether a segment that was listed is gone because it was pruned meanwhile.
inline bool was_pruned(const trail_file& file, errc why) {
  return why == errc::not_found && ::access((file.path + std::string(pruned_suffix)).c_str(), F_OK) == 0;
}

/// The last two segments may be cut at their ends while they are read, the last but one when the writer has just begun
/// the last. A mapping would lose its pages then: so they are copied. The others are mapped.
inline result<store::file_bytes> open_segment(const std::vector<trail_file>& files, std::size_t i) {
  return store::file_bytes::open(files[i].path,
                                 i + 2 >= files.size() ? store::file_access::read : store::file_access::map);
}

// ---- what is left of a pruned segment:
//    0  "mrhashes"                     40  u64 index of the first record
//    8  u32 version, 1                 48  u64 number of records
//   12  u32 0                          56  the leaves' hashes, 32 bytes each
//   16  the trail's id                 ..  SHA-256 of all before
//   32  u64 days since 1970-01-01

inline constexpr std::string_view hashes_magic = "mrhashes";
inline constexpr std::size_t hashes_prefix = 56;

inline std::string hashes_text(const trail_id& id, std::uint64_t day, std::uint64_t first_index,
                               std::span<const sha256_digest> leaves) {
  std::string text(hashes_prefix + 32 * leaves.size() + 32, '\0');
  std::byte* const begin = reinterpret_cast<std::byte*>(text.data());
  std::byte* at = put_text(begin, hashes_magic);
  at = put_number(at, std::uint64_t{1});
  at = put_number(at, id);
  at = put_number(at, day);
  at = put_number(at, first_index);
  at = put_number(at, std::uint64_t{leaves.size()});
  for (const sha256_digest& leaf : leaves) at = put_number(at, leaf);
  put_number(at, sha256_of(std::span(begin, at)));
  return text;
}

struct pruned_segment {
  trail_id id;
  std::uint64_t day = 0;
  std::uint64_t first_index = 0;
  std::span<const std::byte> leaves;  // 32 bytes each

  std::size_t size() const noexcept { return leaves.size() / 32; }
  sha256_digest leaf(std::size_t i) const noexcept { return load_digest(leaves.data() + 32 * i); }
};

/// Reads such a file. Returns null, or what is wrong with it.
inline const char* read_hashes(std::span<const std::byte> bytes, pruned_segment& segment) noexcept {
  const std::byte* const at = bytes.data();
  if (bytes.size() < hashes_prefix + 32 || text_at(at, 8) != hashes_magic) return "the file has no hashes of a segment";
  if (load_number<std::uint64_t>(at + 8) != 1) return "the file of hashes is of another version";
  if (sha256_of(bytes.first(bytes.size() - 32)) != load_digest(at + bytes.size() - 32))
    return "the file of hashes is not what its hash says";
  segment.id = load_number<trail_id>(at + 16);
  segment.day = load_number<std::uint64_t>(at + 32);
  segment.first_index = load_number<std::uint64_t>(at + 40);
  segment.leaves = bytes.subspan(hashes_prefix, bytes.size() - hashes_prefix - 32);
  if (segment.leaves.size() % 32 != 0 || load_number<std::uint64_t>(at + 48) != segment.size())
    return "the sizes in the file of hashes contradict each other";
  return nullptr;
}

}  // namespace detail
}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_AUDIT_DETAIL_TRAIL_FOLDER_HPP

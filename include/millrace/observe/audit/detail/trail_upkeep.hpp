#ifndef MILLRACE_OBSERVE_AUDIT_DETAIL_TRAIL_UPKEEP_HPP
#define MILLRACE_OBSERVE_AUDIT_DETAIL_TRAIL_UPKEEP_HPP

#include <millrace/core/detail/heap_sort.hpp>
#include <millrace/core/result.hpp>
#include <millrace/observe/audit/audit_event.hpp>
#include <millrace/observe/audit/detail/trail_check.hpp>
#include <millrace/observe/audit/detail/trail_folder.hpp>
#include <millrace/observe/audit/detail/trail_format.hpp>
#include <millrace/observe/audit/detail/trail_segment.hpp>
#include <millrace/observe/audit/read_trail.hpp>
#include <millrace/observe/audit/trail_options.hpp>
#include <millrace/observe/fwd.hpp>
#include <millrace/store/file_bytes.hpp>

#include <fcntl.h>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What is done to segments that were written: values of personal data are erased, and old segments are pruned.
namespace millrace {
inline namespace v0 {
namespace observe {
namespace detail {

/// A value to be erased, found.
struct erasure {
  value_place value;
  std::string name;  // of the field; empty: the actor
  std::size_t file;  // its number among the trail's files
  std::uint64_t offset;
  std::uint64_t size;
};

/// Finds values in the trail's files. Those that are erased already, and records that were pruned, are left out.
/// `place_of(wanted, record)` says which value of its record is meant, ~0 if none. `wanted` is in the order of the
/// records. Errors: not_found, with the record; invalid_argument: the value is no personal data; those of files.
template <class Wanted, class PlaceOf>
result<std::vector<erasure>> find_values(const std::vector<trail_file>& files, std::span<const Wanted> wanted,
                                         PlaceOf&& place_of) {
  std::vector<erasure> found;
  // A value may be asked for twice.
  const auto is_found = [&](std::uint64_t index, std::size_t place) {
    for (std::size_t k = found.size(); k > 0 && found[k - 1].value.index == index; --k)
      if (found[k - 1].value.place == place) return true;
    return false;
  };
  std::size_t next = 0;
  for (std::size_t i = 0; i < files.size() && next < wanted.size(); ++i) {
    const std::uint64_t end = i + 1 < files.size() ? files[i + 1].first_index : ~std::uint64_t{0};
    if (wanted[next].index >= end) continue;
    if (files[i].pruned) {
      while (next < wanted.size() && wanted[next].index < end) ++next;
      continue;
    }
    auto bytes = open_segment(files, i);
    if (!bytes) return std::move(bytes).error();
    result<void> wrong;
    const auto look = [&](const record_view& record, std::size_t) -> result<bool> {
      for (; next < wanted.size() && wanted[next].index == record.index; ++next) {
        const std::size_t place = place_of(wanted[next], record);
        if (place >= record.values)
          return error(errc::not_found, "record " + std::to_string(record.index) + " has no such field");
        const value_view& value = record.value[place];
        if (value.pii == pii_type::none)
          return error(errc::invalid_argument, "record " + std::to_string(record.index) + ": " +
                                                   (place == 0 ? "the actor" : '"' + std::string(value.name) + '"') +
                                                   " was not recorded as personal data, and cannot be erased");
        if (value.gone || is_found(record.index, place)) continue;
        found.push_back({{record.index, place},
                         std::string(value.name),
                         i,
                         static_cast<std::uint64_t>(value.opening.data() - bytes->bytes().data()),
                         value.opening.size()});
      }
      return next < wanted.size() && wanted[next].index < end;
    };
    result<bool> read = each_record(bytes->bytes(), files[i].path, i + 1 == files.size(), look);
    if (!read) return std::move(read).error();
    if (next < wanted.size() && wanted[next].index < end)
      return error(errc::not_found, "there is no record " + std::to_string(wanted[next].index));
  }
  if (next < wanted.size()) return error(errc::not_found, "there is no record " + std::to_string(wanted[next].index));
  return found;
}

/// Overwrites values with zeros, and waits until that is on the disk. The first byte of each goes first, alone: a crash
/// may leave any of the others, and that byte then says that it is nothing to be read.
template <class FileSystem>
refusal overwrite(FileSystem& fs, const std::vector<trail_file>& files, std::span<const erasure> values) {
  const std::string zeros(4096, '\0');
  for (std::size_t i = 0; i < values.size();) {
    const std::size_t file = values[i].file;
    const int fd = uninterrupted([&] { return fs.open(files[file].path.c_str(), O_RDWR | O_CLOEXEC, 0U); });
    if (fd < 0) return {errno, "erase in"};
    refusal no;
    for (std::size_t k = i; k < values.size() && values[k].file == file && !no; ++k)
      no = write_all_at(fs, fd, zeros.data(), 1, values[k].offset);
    if (!no && uninterrupted([&] { return fs.sync_data(fd); }) != 0) no = {errno, "sync"};
    for (; i < values.size() && values[i].file == file && !no; ++i) {
      std::uint64_t at = values[i].offset;
      for (std::uint64_t left = values[i].size; left != 0 && !no;) {
        const std::size_t part = left < zeros.size() ? static_cast<std::size_t>(left) : zeros.size();
        no = write_all_at(fs, fd, zeros.data(), part, at);
        at += part;
        left -= part;
      }
    }
    if (!no && uninterrupted([&] { return fs.sync_data(fd); }) != 0) no = {errno, "sync"};
    fs.close(fd);
    if (no) return no;
  }
  return {};
}

/// Which segments to prune: the first ones, all of whose records are older than `before`. Never the last.
struct prunable {
  std::size_t first = 0;  // numbers of files
  std::size_t end = 0;
  std::uint64_t end_index = 0;
};
inline result<prunable> find_prunable(const std::vector<trail_file>& files, std::uint64_t before) {
  prunable found;
  while (found.first < files.size() && files[found.first].pruned) ++found.first;
  for (found.end = found.first; found.end + 1 < files.size(); ++found.end) {
    const auto next = header_of(files[found.end + 1].path);
    if (!next) return next.error();
    if (next->before.latest >= before) break;
    found.end_index = files[found.end + 1].first_index;
  }
  return found;
}

/// Returns nothing if a segment is what the trail has committed to, else its loss would hide that it is not. Errors:
/// corrupt, with the place; those of files.
inline result<void> check_prunable(const std::vector<trail_file>& files, std::size_t i, trail_check& check) {
  auto bytes = open_segment(files, i);
  if (!bytes) return std::move(bytes).error();
  check.trust_next_header();
  const auto believe = [](const commit_view&) { return result<void>(); };
  if (!check.take_segment(bytes->bytes(), files[i], i, false, false, believe))
    return damaged_segment(files[i].path, check.fault.offset, check.fault.what.c_str());
  const auto next = header_of(files[i + 1].path);
  if (!next) return next.error();
  if (next->tree.root() != check.tree.root())
    return damaged_segment(files[i].path, 0, "its records are not those that were committed to");
  // The records of what was erased in it may be in any segment from it on.
  check.erasures.clear();
  for (std::size_t k = i; k < files.size() && !check.erased.empty(); ++k) {
    auto later = open_segment(files, k);
    if (!later) return std::move(later).error();
    const auto note = [&](const record_view& record, std::size_t) -> result<bool> {
      if (value_place value; read_erasure(record, value)) check.erasures.push_back(value);
      return true;
    };
    if (auto read = each_record(later->bytes(), files[k].path, k + 1 == files.size(), note); !read)
      return std::move(read).error();
  }
  if (const erased_value* const lost = check.find_unrecorded(); lost != nullptr)
    return damaged_segment(files[i].path, lost->offset, "a value was erased, and no record says so");
  return {};
}

/// Writes what stays of segments, which `remove_pruned` then removes.
/// Errors: corrupt: a segment is not what was committed to; those of files.
template <class FileSystem>
result<void> keep_hashes(FileSystem& fs, const std::vector<trail_file>& files, const prunable& which,
                         unsigned permissions) {
  for (std::size_t i = which.first; i < which.end; ++i) {
    std::vector<sha256_digest> leaves;
    trail_check check;
    check.leaves = &leaves;
    if (result<void> sound = check_prunable(files, i, check); !sound) return sound;
    const std::string path = files[i].path + std::string(pruned_suffix);
    const std::string text = hashes_text(check.id, check.day, files[i].first_index, leaves);
    if (const refusal no = create_whole(fs, path, text, permissions)) return store::system_error(no.why, no.what, path);
  }
  return {};
}
template <class FileSystem>
refusal remove_pruned(FileSystem& fs, const std::vector<trail_file>& files, const prunable& which) noexcept {
  for (std::size_t i = which.first; i < which.end; ++i)
    if (fs.remove(files[i].path.c_str()) != 0 && errno != ENOENT) return {errno, "remove"};
  if (which.first < which.end && fs.sync_directory_of(files[which.first].path.c_str()) != 0 && errno != EINVAL)
    return {errno, "sync the folder of"};
  return {};
}

}  // namespace detail
}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_AUDIT_DETAIL_TRAIL_UPKEEP_HPP

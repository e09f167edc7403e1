#ifndef MILLRACE_CONNECT_DATABRICKS_DETAIL_FILES_API_HPP
#define MILLRACE_CONNECT_DATABRICKS_DETAIL_FILES_API_HPP

#include <millrace/connect/databricks/fwd.hpp>
#include <millrace/connect/databricks/workspace.hpp>
#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/document.hpp>
#include <millrace/store/http.hpp>

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

// Databricks' Files API, for absolute paths such as `/Volumes/main/ml/files/a.bin`, which the callers have checked.
// Source: Databricks REST API, "Files", version 2.0.
namespace millrace {
inline namespace v0 {
namespace connect {
namespace databricks {

/// What stands in a directory.
struct file_entry {
  std::string path;  // from the root: `/Volumes/main/ml/files/a.bin`
  std::string name;  // its last part
  bool is_directory = false;
  std::uint64_t size = 0;          // bytes; 0 for a directory
  std::int64_t last_modified = 0;  // milliseconds since 1970-01-01T00:00:00Z

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("path", self.path)("name", self.name)("is_directory", self.is_directory)("file_size", self.size);
    members("last_modified", self.last_modified);
  }
  friend bool operator==(const file_entry&, const file_entry&) = default;
};

namespace detail {

/// The most bytes that one request uploads.
inline constexpr std::uint64_t max_upload = std::uint64_t{5} << 30;

struct directory_page {
  std::vector<file_entry> contents;
  std::string next;
  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("contents", self.contents)("next_page_token", self.next);
  }
};

inline std::string files_target(std::string_view kind, std::string_view path) {
  return "/api/2.0/fs/" + std::string(kind) + store::percent_encoded(path, true);
}

/// The value of a header that is a number of bytes; -1: there is none.
inline std::int64_t number_of(const store::http_response& response, std::string_view header) noexcept {
  const std::string* const text = store::find_header(response.headers, header);
  std::int64_t value = -1;
  if (text == nullptr) return -1;
  const char* const end = text->data() + text->size();
  const auto read = std::from_chars(text->data(), end, value);
  return read.ec == std::errc() && read.ptr == end ? value : -1;
}

template <class Workspace>
result<void> put_file(Workspace& workspace, std::string_view path, std::span<const std::byte> bytes, bool overwrite) {
  if (bytes.size() > max_upload)
    return error(errc::out_of_range, "the file " + quoted_text(path) + " has more than the 5 GiB of one upload");
  const std::string_view body(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  auto done =
      workspace.perform({.method = "PUT",
                         .target = files_target("files", path) + (overwrite ? "?overwrite=true" : "?overwrite=false"),
                         .headers = {{"Content-Type", "application/octet-stream"}},
                         .body = std::string(body)});
  return done ? result<void>() : std::move(done).error();
}

/// A body that is shorter than its headers say is an error, whatever carried it.
inline result<void> check_length(const store::http_response& response, std::string_view path) {
  const std::int64_t said = number_of(response, "Content-Length");
  if (said < 0 || static_cast<std::uint64_t>(said) == response.body.size() ||
      store::find_header(response.headers, "Content-Encoding") != nullptr)
    return {};
  return error(errc::truncated, "the file " + quoted_text(path) + " has " + std::to_string(said) + " bytes, of which " +
                                    std::to_string(response.body.size()) + " came");
}

template <class Workspace>
result<std::string> get_file(Workspace& workspace, std::string_view path) {
  auto response =
      workspace.perform({.target = files_target("files", path), .headers = {{"Accept", "application/octet-stream"}}});
  if (!response) return std::move(response).error();
  if (auto whole = check_length(*response, path); !whole) return std::move(whole).error();
  return std::move(response->body);
}

/// What a HEAD says of a file.
struct file_facts {
  std::uint64_t size = 0;
  std::string last_modified;  // as the header spells it
};
template <class Workspace>
result<file_facts> examine_file(Workspace& workspace, std::string_view path) {
  auto response = workspace.perform({.method = "HEAD", .target = files_target("files", path)});
  if (!response) return std::move(response).error();
  const std::int64_t size = number_of(*response, "Content-Length");
  if (size < 0) return error(errc::corrupt, "the response does not say how long the file " + quoted_text(path) + " is");
  const std::string* const modified = store::find_header(response->headers, "Last-Modified");
  return file_facts{static_cast<std::uint64_t>(size), modified == nullptr ? std::string() : *modified};
}

/// Bytes [from, from + count) of a file that is still what `facts` says.
template <class Workspace>
result<std::string> get_range(Workspace& workspace, std::string_view path, const file_facts& facts, std::uint64_t from,
                              std::uint64_t count) {
  const std::string range = std::to_string(from) + '-' + std::to_string(from + count - 1);
  store::http_request request{.target = files_target("files", path),
                              .headers = {{"Accept", "application/octet-stream"}, {"Range", "bytes=" + range}}};
  if (!facts.last_modified.empty()) request.headers.push_back({"If-Unmodified-Since", facts.last_modified});
  auto response = workspace.perform(std::move(request));
  if (!response) return std::move(response).error();
  if (auto whole = check_length(*response, path); !whole) return std::move(whole).error();
  const std::string* const came = store::find_header(response->headers, "Content-Range");
  const bool is_piece = response->status == 206 && response->body.size() == count &&
                        (came == nullptr || came->starts_with("bytes " + range + '/'));
  const bool is_whole = response->status == 200 && response->body.size() == facts.size;  // who knows no ranges
  if (is_whole) return response->body.substr(static_cast<std::size_t>(from), static_cast<std::size_t>(count));
  if (!is_piece)
    return error(errc::truncated, "bytes " + range + " of the file " + quoted_text(path) + ": other bytes came");
  return std::move(response->body);
}

/// Deletes what `kind` says, `files` or `directories`.
template <class Workspace>
result<void> remove_path(Workspace& workspace, std::string_view kind, std::string_view path) {
  auto done = workspace.perform({.method = "DELETE", .target = files_target(kind, path)});
  return done ? result<void>() : std::move(done).error();
}
template <class Workspace>
result<void> make_directory(Workspace& workspace, std::string_view path) {
  auto done = workspace.perform({.method = "PUT", .target = files_target("directories", path)});
  return done ? result<void>() : std::move(done).error();
}

/// An entry as what the directory it was asked of has: its path is made here, of the last part of what was sent, so
/// that no entry leads elsewhere. Errors: corrupt: it has no name, or one that no file has.
inline result<file_entry> settled_entry(file_entry entry, const std::string& directory) {
  std::string_view name = entry.name.empty() ? entry.path : entry.name;
  if (name.ends_with('/')) name.remove_suffix(1);
  if (entry.name.empty()) name.remove_prefix(name.rfind('/') + 1);  // of npos, 0
  if (name.empty() || name == "." || name == ".." || name.find('/') != name.npos)
    return error(errc::corrupt, "the directory " + quoted_text(directory) + " is said to have " + quoted_text(name));
  entry.name = std::string(name);
  entry.path = directory + '/' + entry.name;
  return entry;
}

/// Calls `use(entry)` for all entries of a directory, page by page; a result<void> of it that failed ends the walk. A
/// page that is followed by itself is an error.
template <class Workspace, class Use>
result<void> for_each_file(Workspace& workspace, const std::string& directory, Use&& use) {
  std::string token;
  for (;;) {
    store::http_request request{.target = files_target("directories", directory)};
    if (!token.empty()) request.target += "?page_token=" + store::percent_encoded(token);
    auto page = workspace.template ask<directory_page>(std::move(request));
    if (!page) return std::move(page).error();
    for (file_entry& sent : page->contents) {
      const auto each = settled_entry(std::move(sent), directory);
      if (!each) return each.error();
      if constexpr (std::same_as<decltype(use(*each)), result<void>>) {
        if (auto done = use(*each); !done) return done;
      } else {
        use(*each);
      }
    }
    if (page->next.empty()) return {};
    if (page->next == token)
      return error(errc::corrupt, "the directory " + quoted_text(directory) + ": a page is followed by itself");
    token = std::move(page->next);
  }
}

}  // namespace detail
}  // namespace databricks
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_DATABRICKS_DETAIL_FILES_API_HPP

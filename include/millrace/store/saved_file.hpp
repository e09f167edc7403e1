#ifndef MILLRACE_STORE_SAVED_FILE_HPP
#define MILLRACE_STORE_SAVED_FILE_HPP

#include <millrace/core/result.hpp>
#include <millrace/store/atomic_file.hpp>
#include <millrace/store/file_bytes.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace store {

/// Writes what `object.save()` returns to a file, by `write_file`: afterwards, or after a crash, the file holds its old
/// content or all of the new one.
/// Errors: those of `write_file`, with the path.
template <class T>
result<void> save_file(std::string path, const T& object) {
  return write_file(std::move(path), object.save());
}

/// Reads an object by `T::load` from a file that `save_file` wrote: `load_file<mr::kll<200>>(path)`.
/// `file_access::map` spares the copy of a large file. Errors: those of `file_bytes` and of `T::load`, with the path.
template <class T>
result<T> load_file(const std::string& path, file_access how = file_access::read) {
  const auto content = file_bytes::open(path, how);
  if (!content) return content.error();
  auto object = T::load(content->bytes());
  if (!object) return std::move(object).error().wrap("cannot load \"" + path + '"');
  return object;
}

/// The same of an object whose type alone does not say how it is loaded, such as features and pipelines, which have
/// accessors: `as.load(bytes)` makes it: `load_file(path, payment_features())`.
template <class Maker>
auto load_file(const std::string& path, const Maker& as, file_access how = file_access::read)
    -> decltype(as.load(std::span<const std::byte>())) {
  const auto content = file_bytes::open(path, how);
  if (!content) return content.error();
  auto object = as.load(content->bytes());
  if (!object) return std::move(object).error().wrap("cannot load \"" + path + '"');
  return object;
}

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_SAVED_FILE_HPP

#ifndef MILLRACE_REGISTRY_DETAIL_STORED_ARTIFACTS_HPP
#define MILLRACE_REGISTRY_DETAIL_STORED_ARTIFACTS_HPP

#include <millrace/core/result.hpp>
#include <millrace/registry/detail/ledger.hpp>
#include <millrace/registry/records.hpp>
#include <millrace/store/content_storage.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What a registry asks of the storage that has its artifacts' bytes, `contents`.
namespace millrace {
inline namespace v0 {
namespace registry {
namespace detail {

template <class Storage>
result<std::vector<std::byte>> read_artifact(const store::content_storage<Storage>& contents, const model_version& of,
                                             std::string_view path) {
  const artifact* const found = of.find_artifact(path);
  if (found == nullptr)
    return error(errc::not_found, name_of(of.model, of.version) + " has no artifact " + quoted_text(path));
  auto id = store::parse_content_id(found->sha256);
  if (!id) return std::move(id).error();
  return contents.get(*id);
}
/// Whether the bytes of all artifacts of a version are those that were registered.
template <class Storage>
result<void> verify_artifacts(const store::content_storage<Storage>& contents, const model_version& of) {
  for (const artifact& each : of.artifacts) {
    auto bytes = read_artifact(contents, of, each.path);
    if (!bytes)
      return std::move(bytes).error().wrap("the artifact " + quoted_text(each.path) + " of " +
                                           name_of(of.model, of.version));
  }
  return {};
}
/// Whether the bytes of all artifacts that a draft names are there.
template <class Storage>
result<void> find_contents(const store::content_storage<Storage>& contents, const std::vector<artifact>& named) {
  for (const artifact& each : named) {
    const auto id = store::parse_content_id(each.sha256);
    if (!id) return id.error();
    const auto size = contents.size(*id);
    if (!size && size.error().code() == errc::not_found)
      return error(errc::not_found,
                   "the bytes of the artifact " + quoted_text(each.path) + " are not there: put_artifact keeps them");
    if (!size) return size.error();
    if (*size != each.size)
      return error(errc::invalid_argument, "the artifact " + quoted_text(each.path) + " has " + std::to_string(*size) +
                                               " bytes, not " + std::to_string(each.size));
  }
  return {};
}

}  // namespace detail
}  // namespace registry
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_REGISTRY_DETAIL_STORED_ARTIFACTS_HPP

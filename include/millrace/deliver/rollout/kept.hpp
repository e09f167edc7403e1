#ifndef MILLRACE_DELIVER_ROLLOUT_KEPT_HPP
#define MILLRACE_DELIVER_ROLLOUT_KEPT_HPP

#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/result.hpp>
#include <millrace/deliver/fwd.hpp>
#include <millrace/deliver/rollout/state.hpp>
#include <millrace/store/document.hpp>
#include <millrace/store/key_part.hpp>
#include <millrace/store/storage.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// A policy of a release: its state, and the evidence, are kept in a storage, so that a process that is started anew
/// goes on where the last one was, and all hosts that serve with the release are one.
///
///     mr::deliver::kept_in{storage, "host-7"}
///
/// Each host keeps what its judge has counted under a key of its own. Each adds up what all have counted, and whoever
/// comes to a change first writes it: the storage takes one of several that are based on the same state, and the others
/// follow it. So one verdict, of all evidence, holds for all. That takes a `versioned_storage`; in one that has no
/// versions, such as a folder, a release is for one process.
///
/// Keys: `<folder>/<release>/state`, a document that people can read, and `<folder>/<release>/evidence/<number of the
/// rollout>/<host>`, as the judge saves itself. Names of releases and hosts are written by `store::text_key_part`.
/// The storage outlives the release.
template <store::storage Storage>
class kept_in {
 public:
  explicit kept_in(Storage& storage, std::string host = "host", std::string folder = "deployments")
      : storage_(&storage), host_(store::text_key_part(host)), folder_(std::move(folder)) {}
  explicit kept_in(Storage&& storage, std::string = {}, std::string = {}) : storage_(&storage) {
    static_cast<void>(sizeof(store::temporary_storage<Storage>));
  }

  /// Reads what is kept. False: nothing is.
  template <class = void>
  result<bool> load(std::string_view release, rollout_state& into) {
    const std::string key = state_key(release);
    std::vector<std::byte> bytes;
    std::string version = "read";
    if constexpr (is_shared) {
      auto found = std::as_const(*storage_).read_versioned(key);
      if (!found && found.error().code() == errc::not_found) return none_yet();
      if (!found) return std::move(found).error();
      bytes = std::move(found->bytes);
      version = std::move(found->version);
    } else {
      auto found = storage_->read(key);
      if (!found && found.error().code() == errc::not_found) return none_yet();
      if (!found) return std::move(found).error();
      bytes = std::move(*found);
    }
    auto read = store::read_document<rollout_state>(
        std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()), key);
    if (!read) return std::move(read).error();
    into = *std::move(read);
    version_ = std::move(version);
    return true;
  }
  /// What was read is of no use: nothing is written over it.
  void forget() noexcept { version_.clear(); }
  /// Writes the state. Errors: conflict: another host has written since it was read, or something is kept that was not
  /// read.
  template <class = void>
  result<void> keep(std::string_view release, const rollout_state& state) {
    const std::string text = store::write_document(state);
    const auto bytes = std::as_bytes(std::span(text.data(), text.size()));
    if constexpr (is_shared) {
      auto written = storage_->write_if(state_key(release), bytes, version_);
      if (!written) return std::move(written).error();
      version_ = *std::move(written);
      return {};
    } else {
      const std::string key = state_key(release);
      if (version_.empty()) {
        const auto there = std::as_const(*storage_).examine(key);
        if (there) return error(errc::conflict, detail::quoted_text(key) + " was kept before");
        if (there.error().code() != errc::not_found) return there.error();
      }
      auto written = storage_->write(key, bytes);
      if (written) version_ = "read";
      return written;
    }
  }

  result<void> keep_evidence(std::string_view release, std::uint64_t number, std::span<const std::byte> bytes) {
    return storage_->write(evidence_key(release, number) + host_, bytes);
  }
  /// Calls `use(bytes)` of this host's evidence, if there is some, and returns its result.
  template <class Use>
  result<void> own_evidence(std::string_view release, std::uint64_t number, const Use& use) const {
    auto found = storage_->read(evidence_key(release, number) + host_);
    if (!found && found.error().code() == errc::not_found) return {};
    if (!found) return std::move(found).error();
    return use(std::span<const std::byte>(*found));
  }
  /// The same of every other host's.
  template <class Use>
  result<void> for_each_other(std::string_view release, std::uint64_t number, const Use& use) const {
    const std::string prefix = evidence_key(release, number);
    return store::for_each_object(*storage_, prefix, [&](const store::storage_entry& each) -> result<void> {
      if (each.key == prefix + host_) return {};
      auto found = storage_->read(each.key);
      if (!found) return std::move(found).error();
      auto done = use(std::span<const std::byte>(*found));
      if (!done) return std::move(done).error().wrap("the evidence " + each.key);
      return {};
    });
  }

 private:
  static constexpr bool is_shared = store::versioned_storage<Storage>;

  std::string state_key(std::string_view release) const {
    return folder_ + '/' + store::text_key_part(release) + "/state";
  }
  std::string evidence_key(std::string_view release, std::uint64_t number) const {
    return folder_ + '/' + store::text_key_part(release) + "/evidence/" + std::to_string(number) + '/';
  }
  bool none_yet() {
    version_ = {};
    return false;
  }

  Storage* storage_;
  std::string host_;
  std::string folder_;
  std::string version_;  // of the state that was read or written last; empty: there was none
};

/// A release that nothing is kept of.
struct not_kept {};

namespace detail {
template <class P>
struct is_kept : std::false_type {};
template <class Storage>
struct is_kept<kept_in<Storage>> : std::true_type {};
}  // namespace detail

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_ROLLOUT_KEPT_HPP

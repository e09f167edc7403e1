#ifndef MILLRACE_STORE_DETAIL_TREE_SNAPSHOT_HPP
#define MILLRACE_STORE_DETAIL_TREE_SNAPSHOT_HPP

#include <millrace/core/result.hpp>
#include <millrace/store/detail/object_tree.hpp>
#include <millrace/store/storage.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace store {
namespace detail {

/// What a tree of objects holds, as a `storage_view`. A copy costs O(1) and is of the same moment.
class tree_snapshot {
 public:
  result<std::vector<std::byte>> read(std::string_view key) const {
    auto found = read_versioned(key);
    if (!found) return std::move(found).error();
    return std::move(found->bytes);
  }
  result<stored_bytes> read_versioned(std::string_view key) const {
    if (auto fine = check_storage_key(key); !fine) return std::move(fine).error();
    const object* const found = objects_.find(key);
    if (found == nullptr) return no_such_object(key);
    return stored_bytes{found->bytes, std::to_string(found->version)};
  }
  result<storage_entry> examine(std::string_view key) const {
    if (auto fine = check_storage_key(key); !fine) return std::move(fine).error();
    const object* const found = objects_.find(key);
    if (found == nullptr) return no_such_object(key);
    return entry_of(*found);
  }
  result<std::vector<storage_entry>> list(std::string_view prefix, std::string_view after, std::size_t limit) const {
    std::vector<storage_entry> found;
    if (limit == 0) return found;
    objects_.forward([&](std::string_view key) { return key < prefix || (!after.empty() && key <= after); },
                     taker{prefix, limit, found});
    return found;
  }
  result<std::vector<storage_entry>> list_backward(std::string_view prefix, std::string_view before,
                                                   std::size_t limit) const {
    std::vector<storage_entry> found;
    if (limit == 0) return found;
    objects_.backward(
        [&](std::string_view key) {
          return key.substr(0, prefix.size()) > prefix || (!before.empty() && key >= before);
        },
        taker{prefix, limit, found});
    return found;
  }

 protected:
  using object = object_tree::object;

  explicit tree_snapshot(object_tree objects) noexcept : objects_(std::move(objects)) {}

  object_tree objects_;

 private:
  static storage_entry entry_of(const object& one) { return {one.key, one.bytes.size(), std::to_string(one.version)}; }
  /// Lists an object, and says whether the list goes on.
  struct taker {
    std::string_view prefix;
    std::size_t limit;
    std::vector<storage_entry>& found;

    bool operator()(const object& each) const {
      if (each.key.compare(0, prefix.size(), prefix) != 0) return false;
      found.push_back(entry_of(each));
      return found.size() < limit;
    }
  };
};

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_DETAIL_TREE_SNAPSHOT_HPP

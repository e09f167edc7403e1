#ifndef MILLRACE_STORE_DETAIL_OBJECT_TREE_HPP
#define MILLRACE_STORE_DETAIL_OBJECT_TREE_HPP

#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/store/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace store {
namespace detail {

/// Objects in the order of their keys, as a value: a copy costs O(1) and shares all nodes with what it was copied from,
/// and a change copies the O(log n) nodes on its way that are shared. So a snapshot is a copy, a transaction works on a
/// copy, and a tree that is not shared is changed in place.
///
/// A treap: heap order by a rank, which is a hash of the key under a seed, so that nobody who chooses keys chooses its
/// depth.
/// Threads: copies are independent, though they share nodes: the same tree is one thread's at a time.
/// Source: Seidel, Aragon, "Randomized search trees", Algorithmica 16, 1996.
class object_tree {
 public:
  struct object {
    std::string key;
    std::vector<std::byte> bytes;
    std::uint64_t version = 0;
    light_atomic<std::uint32_t> users{1};

    std::size_t weight() const noexcept { return key.size() + bytes.size(); }
  };

  object_tree() noexcept = default;
  object_tree(const object_tree& other) noexcept : root_(other.root_), size_(other.size_), weight_(other.weight_) {
    share(root_);
  }
  object_tree& operator=(object_tree other) noexcept {
    swap(other);
    return *this;
  }
  ~object_tree() { leave(root_); }
  void swap(object_tree& other) noexcept {
    std::swap(root_, other.root_);
    std::swap(size_, other.size_);
    std::swap(weight_, other.weight_);
  }

  std::size_t size() const noexcept { return size_; }
  std::size_t weight() const noexcept { return weight_; }  // bytes of all keys and objects

  const object* find(std::string_view key) const noexcept {
    for (const node* at = root_; at != nullptr;) {
      const int order = key.compare(at->object->key);
      if (order == 0) return at->object;
      at = order < 0 ? at->left : at->right;
    }
    return nullptr;
  }

  /// Calls `visit(object)` in the order of the keys, from the first for which `is_before(key)` does not hold, until it
  /// returns false. `is_before` holds for no key behind one for which it does not.
  template <class IsBefore, class Visit>
  void forward(const IsBefore& is_before, const Visit& visit) const {
    walk<&node::left, &node::right>(root_, is_before, visit);
  }
  /// The same in the opposite order: from the last key for which `is_behind(key)` does not hold.
  template <class IsBehind, class Visit>
  void backward(const IsBehind& is_behind, const Visit& visit) const {
    walk<&node::right, &node::left>(root_, is_behind, visit);
  }

  struct node {
    object_tree::object* object = nullptr;
    node* left = nullptr;
    node* right = nullptr;
    std::uint64_t rank = 0;  // not below that of a child
    light_atomic<std::uint32_t> users{1};
  };
  /// An object on its way into a tree, or out of one: whoever has a lock lets it go behind the lock.
  struct loose_node {
    node* held = nullptr;

    loose_node() noexcept = default;
    explicit loose_node(node* one) noexcept : held(one) {}
    loose_node(loose_node&& other) noexcept : held(std::exchange(other.held, nullptr)) {}
    loose_node& operator=(loose_node&&) = delete;
    ~loose_node() { leave(held); }
  };
  static loose_node make(std::string_view key, std::span<const std::byte> bytes, std::uint64_t rank) {
    auto one = make_owning<object_tree::object>();
    one->key = key;
    one->bytes.assign(bytes.begin(), bytes.end());
    auto made = make_owning<node>();
    made->object = one.release();
    made->rank = rank;
    return loose_node(made.release());
  }

  /// Puts a made object in, with this version; `one` becomes what was there under its key, if anything was.
  void put(loose_node& one, std::uint64_t version) {
    one.held->object->version = version;
    const std::size_t weight = one.held->object->weight();
    put_below(root_, one);
    weight_ += weight;
    if (one.held == nullptr)
      ++size_;
    else
      weight_ -= one.held->object->weight();
  }
  /// Takes the object out. Precondition: there is one.
  loose_node take(std::string_view key) {
    node** at = &root_;
    for (;;) {
      own(*at);
      const int order = key.compare((*at)->object->key);
      if (order == 0) break;
      at = order < 0 ? &(*at)->left : &(*at)->right;
    }
    while ((*at)->left != nullptr && (*at)->right != nullptr) {
      node* const sinking = *at;
      const bool to_right = sinking->right->rank < sinking->left->rank;
      own(to_right ? sinking->left : sinking->right);
      to_right ? lift_left(*at) : lift_right(*at);
      at = to_right ? &(*at)->right : &(*at)->left;
    }
    node* const gone = *at;
    *at = std::exchange(gone->left, nullptr);
    if (*at == nullptr) *at = std::exchange(gone->right, nullptr);
    --size_;
    weight_ -= gone->object->weight();
    return loose_node(gone);
  }

 private:
  template <class T>
  static void share(T* one) noexcept {
    if (one != nullptr) one->users.add_relaxed(1);
  }
  static void leave(node* one) noexcept {
    if (one == nullptr || one->users.subtract_acq_rel(1) != 1) return;
    leave(one->left);
    leave(one->right);
    if (one->object->users.subtract_acq_rel(1) == 1) delete one->object;
    delete one;
  }
  /// Makes a node this tree's alone. The tree is what it was if there is no memory.
  static void own(node*& at) {
    if (at->users.load_acquire() == 1) return;
    node* const copy = new node;
    copy->object = at->object;
    copy->left = at->left;
    copy->right = at->right;
    copy->rank = at->rank;
    share(copy->object);
    share(copy->left);
    share(copy->right);
    leave(std::exchange(at, copy));
  }
  static void lift_left(node*& at) noexcept {
    node* const child = at->left;
    at->left = child->right;
    child->right = at;
    at = child;
  }
  static void lift_right(node*& at) noexcept {
    node* const child = at->right;
    at->right = child->left;
    child->left = at;
    at = child;
  }
  static void put_below(node*& at, loose_node& one) {
    if (at == nullptr) {
      at = std::exchange(one.held, nullptr);
      return;
    }
    own(at);
    const int order = one.held->object->key.compare(at->object->key);
    if (order == 0) return std::swap(at->object, one.held->object);
    if (order < 0) {
      put_below(at->left, one);
      if (at->rank < at->left->rank) lift_left(at);
    } else {
      put_below(at->right, one);
      if (at->rank < at->right->rank) lift_right(at);
    }
  }
  template <node* node::* Near, node* node::* Far, class IsOutside, class Visit>
  static bool walk(const node* at, const IsOutside& is_outside, const Visit& visit) {
    for (; at != nullptr; at = at->*Far) {
      if (is_outside(std::string_view(at->object->key))) continue;
      if (!walk<Near, Far>(at->*Near, is_outside, visit) || !visit(*at->object)) return false;
    }
    return true;
  }

  node* root_ = nullptr;
  std::size_t size_ = 0;
  std::size_t weight_ = 0;
};

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_DETAIL_OBJECT_TREE_HPP

#ifndef MILLRACE_DELIVER_SPLIT_SPLIT_BY_HPP
#define MILLRACE_DELIVER_SPLIT_SPLIT_BY_HPP

#include <millrace/deliver/split/assignment.hpp>
#include <millrace/deliver/split/unit_hash.hpp>

#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace deliver {

namespace detail {

/// What `key` says of a request: a pointer to a member, or a function. (std::invoke is in <functional>.)
template <class Key, class Request>
constexpr decltype(auto) asked(const Key& key, const Request& request) noexcept {
  if constexpr (std::is_member_object_pointer_v<Key>)
    return (request.*key);
  else if constexpr (std::is_member_function_pointer_v<Key>)
    return (request.*key)();
  else
    return key(request);
}
template <class Key, class Request>
using key_of = std::remove_cvref_t<std::invoke_result_t<const Key&, const Request&>>;

/// The unit that a key names. The key of a request without a unit is false: an empty std::optional, a null pointer.
template <class Key>
struct unit_named {
  using type = Key;
};
template <class Key>
requires(!unit_id<Key> &&
         requires(const Key& key) {
           static_cast<bool>(key);
           *key;
         })
struct unit_named<Key> {
  using type = std::remove_cvref_t<decltype(*std::declval<const Key&>())>;
};

}  // namespace detail

/// A split of requests by what they say of their unit: `split_by(&request::user, split)` gives all requests of one user
/// one variant. What it says may be a std::optional or a pointer; without a value, a request has no variant.
/// Models: split_policy of whatever `Key` can be invoked with.
/// Precondition: `Key` throws nothing.
/// Threads: as the split.
template <class Key, class Split>
class split_by {
  template <class Request>
  using unit = typename detail::unit_named<detail::key_of<Key, Request>>::type;

 public:
  constexpr split_by(Key key, Split split) : key_(std::move(key)), split_(std::move(split)) {}

  constexpr std::size_t variants() const noexcept { return split_.variants(); }
  constexpr const Split& split() const noexcept { return split_; }
  constexpr Split& split() noexcept { return split_; }

  template <class Request>
  constexpr assignment assign(const Request& request) const noexcept
  requires(split_policy<const Split, unit<Request>>)
  {
    return assigned(split_, detail::asked(key_, request));
  }
  template <class Request>
  constexpr assignment assign(const Request& request) noexcept
  requires(split_policy<Split, unit<Request>>)
  {
    return assigned(split_, detail::asked(key_, request));
  }

 private:
  template <class By, class Id>
  static constexpr assignment assigned(By& split, const Id& id) noexcept {
    if constexpr (std::same_as<Id, typename detail::unit_named<Id>::type>)
      return split.assign(id);
    else
      return id ? assignment(split.assign(*id)) : assignment{.how = placement::no_unit};
  }

  [[no_unique_address]] Key key_;
  Split split_;
};

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_SPLIT_SPLIT_BY_HPP

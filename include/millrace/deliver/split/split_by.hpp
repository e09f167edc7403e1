#ifndef MILLRACE_DELIVER_SPLIT_SPLIT_BY_HPP
#define MILLRACE_DELIVER_SPLIT_SPLIT_BY_HPP

#include <millrace/deliver/split/assignment.hpp>

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

}  // namespace detail

/// A split of requests by what they say of their unit: `split_by(&request::user, split)` gives all requests of one user
/// one variant.
/// Models: split_policy of whatever `Key` can be invoked with.
/// Precondition: `Key` throws nothing.
/// Threads: as the split.
template <class Key, class Split>
class split_by {
 public:
  constexpr split_by(Key key, Split split) : key_(std::move(key)), split_(std::move(split)) {}

  constexpr std::size_t variants() const noexcept { return split_.variants(); }
  constexpr const Split& split() const noexcept { return split_; }
  constexpr Split& split() noexcept { return split_; }

  template <class Request>
  constexpr assignment assign(const Request& request) const noexcept
  requires(split_policy<const Split, detail::key_of<Key, Request>>)
  {
    return split_.assign(detail::asked(key_, request));
  }
  template <class Request>
  constexpr assignment assign(const Request& request) noexcept
  requires(split_policy<Split, detail::key_of<Key, Request>>)
  {
    return split_.assign(detail::asked(key_, request));
  }

 private:
  [[no_unique_address]] Key key_;
  Split split_;
};

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_SPLIT_SPLIT_BY_HPP

#ifndef MILLRACE_STORE_TRANSACTION_HPP
#define MILLRACE_STORE_TRANSACTION_HPP

#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/storage.hpp>

#include <concepts>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace store {

// Several objects that change together. tests/laws/transaction.hpp asks a transactional storage for what no compiler
// checks, beyond the laws of storage.hpp:
//
// - Whole: all writes of a transaction come to be seen at once, when `transact` returns its value, or none of them
// does:
//   `use` returned an error, threw, or what it wrote could not be kept. A crash at any moment leaves all or none.
// - Serial: transactions, and writes outside of one, take effect one after the other, among all processes that have the
//   storage open. What `use` reads is the state that its writes are made in, and what it has written itself.
// - A snapshot is the state of one moment, whatever is written meanwhile.
// - `use` runs once, on the calling thread. It works on what it is given and calls the storage itself for nothing: a
//   write by that way is refused with errc::conflict, or would wait for the transaction that makes it.

/// Reads objects and lists them in both directions: `list_backward` returns, from the last that is less than `before`
/// (from the last of all where that is empty), at most `limit` of the objects whose keys begin with `prefix`, the
/// greatest key first.
template <class V>
concept storage_view = reads_objects<V> && lists_objects<V> &&
                       requires(const V& view, std::string_view prefix, std::string_view before, std::size_t limit) {
                         {
                           view.list_backward(prefix, before, limit)
                         } -> std::same_as<result<std::vector<storage_entry>>>;
                       };

/// What the code inside a transaction works on.
template <class T>
concept storage_transaction = storage_view<T> && writes_objects<T>;

namespace detail {

template <class Seen>
struct use_of {
  result<int> operator()(Seen&) const;  // asked for its type only
};

template <class T>
concept some_result = std::same_as<T, result<typename T::value_type>>;

/// What `transact` and `look` ask of the code that they call: it does not compile otherwise, and says why. It is a
/// class, since a compiler looks into a class where its size is asked for, and into a function after all else.
template <class Result>
struct checked_use {
  static_assert(millrace::detail::requirement<some_result<Result>, Result>,
                "millrace[STORAGE-2]: the code inside a transaction returns a result<T>, so that an error undoes what "
                "it wrote");
};

}  // namespace detail

/// A storage with transactions: `transact(use)` calls `use(transaction&)` and returns its result, once all that it
/// wrote is kept; `look(use)` calls `use(const snapshot&)` and returns its result. `use` returns a `result<T>`.
template <class S>
concept transactional_storage =
    versioned_storage<S> && storage_transaction<typename S::transaction> && storage_view<typename S::snapshot> &&
    requires(S& storage, detail::use_of<typename S::transaction> change,
             detail::use_of<const typename S::snapshot> question) {
      { storage.transact(change) } -> std::same_as<result<int>>;
      { std::as_const(storage).look(question) } -> std::same_as<result<int>>;
    };

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_TRANSACTION_HPP

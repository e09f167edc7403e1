#ifndef MILLRACE_STORE_MESSAGES_DETAIL_KEPT_OFFSET_HPP
#define MILLRACE_STORE_MESSAGES_DETAIL_KEPT_OFFSET_HPP

#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/store/fwd.hpp>
#include <millrace/store/key_part.hpp>
#include <millrace/store/messages/message.hpp>
#include <millrace/store/storage.hpp>

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

/// What a group has kept of one partition beside its state: the offset of the next message, and how many transactions
/// there have been. Whoever finds another count than its own knows that the state is not the one that it has.
/// As bytes: an envelope of the type `consumed_offset`: i64 next, u64 transactions.
struct kept_offset {
  std::int64_t next = no_offset;
  std::uint64_t transactions = 0;  // 0: there is none

  std::vector<std::byte> save() const {
    envelope_writer to("consumed_offset");
    to.i64(next);
    to.u64(transactions);
    return std::move(to).finish();
  }
  static result<kept_offset> load(std::span<const std::byte> bytes) {
    auto from = envelope_reader::open(bytes, "consumed_offset");
    if (!from) return std::move(from).error();
    kept_offset made;
    made.next = from->i64();
    made.transactions = from->u64();
    if (auto done = from->finish(made.next >= 0 && made.transactions > 0); !done) return std::move(done).error();
    return made;
  }
};

/// Where it is kept; the state is beside it.
inline std::string consumed_key(std::string_view group, std::string_view topic, std::int32_t partition,
                                const char* what) {
  return "consumed/" + text_key_part(group) + '/' + std::string(topic) + '/' +
         number_key_part(static_cast<std::uint64_t>(partition)) + '/' + what;
}

/// Reads an object of a type with `load`; one that is not there is a new one.
template <class T, class View>
result<T> load_or_new(const View& view, const std::string& key) {
  const auto bytes = view.read(key);
  if (!bytes && bytes.error().code() == errc::not_found) return T();
  if (!bytes) return bytes.error();
  auto made = T::load(*bytes);
  if (!made) return std::move(made).error().wrap("the object " + quoted_text(key));
  return made;
}

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_MESSAGES_DETAIL_KEPT_OFFSET_HPP

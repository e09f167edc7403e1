#ifndef MILLRACE_STORE_SEARCH_PAGE_HPP
#define MILLRACE_STORE_SEARCH_PAGE_HPP

#include <millrace/core/detail/heap_sort.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/sha256.hpp>
#include <millrace/store/detail/text_lines.hpp>
#include <millrace/store/fwd.hpp>
#include <millrace/store/search/filter.hpp>
#include <millrace/store/search/order.hpp>

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

/// Makes and reads the tokens by which a search goes on where its last page ended.
///
/// A token is hexadecimal text that holds the position of the last row, such as its sort key, so that rows which come
/// and go meanwhile move no page. It is bound to the query: filter, order and `view`, which is whatever else decides
/// what is found (a list of experiments, deleted ones or not), in words of the caller's.
///
/// A token is not secret and not signed: who makes one up gets to see another page of the same query.
class page_tokens {
 public:
  page_tokens(const search_filter& filter, const search_order& order, std::string_view view = {}) {
    sha256 hash;
    const std::string texts[] = {to_text(filter), to_text(order), std::string(view)};
    for (const std::string& each : texts) {
      hash.update(detail::bytes_of(std::to_string(each.size()) + ':'));
      hash.update(detail::bytes_of(each));
    }
    query_ = hash.digest();
  }

  /// The token of the page behind a position.
  std::string token(std::string_view position) const {
    std::string text;
    detail::append_hex(text, std::as_bytes(std::span(&version, 1)));
    detail::append_hex(text, query());
    detail::append_hex(text, detail::bytes_of(position));
    append_check(text, text);
    return text;
  }

  /// The position of a token; of the empty one, the empty position, which is before all rows.
  /// Errors: invalid_argument: it is no token, of another version, or of another query.
  result<std::string> position(std::string_view token) const {
    if (token.empty()) return std::string();
    constexpr std::size_t around = 2 * (1 + bound + checked);
    std::string check;
    if (token.size() >= around && token.size() % 2 == 0)
      append_check(check, token.substr(0, token.size() - 2 * checked));
    if (check.empty() || !token.ends_with(check))
      return error(errc::invalid_argument, "the page token is damaged, or none of ours");
    std::vector<std::byte> bytes(token.size() / 2);
    if (!detail::read_hex(token, bytes))
      return error(errc::invalid_argument, "the page token is damaged, or none of ours");
    if (std::to_integer<unsigned char>(bytes[0]) != version)
      return error(errc::invalid_argument, "the page token is of another version");
    for (std::size_t i = 0; i < bound; ++i)
      if (bytes[1 + i] != query()[i])
        return error(errc::invalid_argument,
                     "the page token is of another query: the filter, the order or what is searched has changed");
    return std::string(reinterpret_cast<const char*>(bytes.data()) + 1 + bound, bytes.size() - 1 - bound - checked);
  }

 private:
  static constexpr unsigned char version = 1;
  static constexpr std::size_t bound = 8;    // bytes of the query's hash
  static constexpr std::size_t checked = 8;  // bytes of the hash of all bytes before

  std::span<const std::byte> query() const noexcept { return std::as_bytes(std::span(query_.bytes)).first(bound); }
  static void append_check(std::string& out, std::string_view text) {
    const sha256_digest digest = sha256_of(detail::bytes_of(text));
    detail::append_hex(out, std::as_bytes(std::span(digest.bytes)).first(checked));
  }

  sha256_digest query_;
};

/// A page of what a search found.
template <class Item>
struct found_page {
  std::vector<Item> items;  // in order
  /// The position of the last item if there are more behind it, else empty.
  std::string next;
};

/// Picks a page out of rows that come in any order: the first `limit` of those behind a position.
///
/// Complexity: of all updates together, O(n log limit). Memory: for two pages. Allocates: as it fills. Threads: one at
/// a time.
template <class Item>
class page_picker {
 public:
  /// `after`: where the last page ended; empty: nowhere.
  explicit page_picker(std::size_t limit, std::string after = {}) : limit_(limit), after_(std::move(after)) {}

  /// Whether a row with this sort key could be on the page; to ask before its item is made.
  bool wants(std::string_view key) const noexcept {
    if (!after_.empty() && key <= after_) return false;
    return !full_ || key < worst_;
  }
  void update(std::string key, Item item) {
    if (!wants(key)) return;
    rows_.push_back({std::move(key), std::move(item)});
    if (rows_.size() >= 2 * (limit_ + 1)) keep_first();
  }
  /// The page; there is nothing left behind.
  found_page<Item> finish() {
    keep_first();
    found_page<Item> page;
    const bool more = rows_.size() > limit_;
    if (more) rows_.pop_back();
    if (more && !rows_.empty()) page.next = rows_.back().key;
    for (row& each : rows_) page.items.push_back(std::move(each.item));
    rows_.clear();
    full_ = false;
    return page;
  }

 private:
  struct row {
    std::string key;
    Item item;
  };

  /// Keeps one page, and one row more, which shows that there is a next one.
  void keep_first() {
    std::vector<std::size_t> places(rows_.size());
    for (std::size_t i = 0; i < places.size(); ++i) places[i] = i;
    detail::heap_sort(places.data(), places.size(),
                      [&](std::size_t a, std::size_t b) { return rows_[a].key < rows_[b].key; });
    if (places.size() > limit_ + 1) places.resize(limit_ + 1);
    std::vector<row> kept;
    kept.reserve(2 * (limit_ + 1));
    for (const std::size_t each : places) kept.push_back(std::move(rows_[each]));
    rows_ = std::move(kept);
    full_ = rows_.size() == limit_ + 1;
    if (full_) worst_ = rows_.back().key;
  }

  std::size_t limit_;
  std::string after_;
  std::string worst_;
  bool full_ = false;
  std::vector<row> rows_;
};

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_SEARCH_PAGE_HPP

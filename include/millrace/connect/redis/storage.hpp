#ifndef MILLRACE_CONNECT_REDIS_STORAGE_HPP
#define MILLRACE_CONNECT_REDIS_STORAGE_HPP

#include <millrace/connect/redis/client.hpp>
#include <millrace/connect/redis/commands.hpp>
#include <millrace/connect/redis/fwd.hpp>
#include <millrace/connect/redis/reply.hpp>
#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/seed.hpp>
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
namespace connect {
namespace redis {

struct storage_options {
  /// Begins the keys in Redis of all objects: `{name}:o:KEY`, and of their list: `{name}:i`. Two storages of one
  /// database have different names. Without braces.
  std::string name = "millrace";
  /// How long an object lives after it was written; 0: until it is removed.
  duration ttl = duration(0);
};

namespace detail {

// Each script looks at its keys' types before it writes, and nothing that it writes after the first can fail: a server
// that has no memory left refuses the first write alone.
// Objects are hashes of `b`, the bytes, and `v`, the version; the list is a sorted set whose members all have the score
// 0, so that they are in the order of their bytes.
inline constexpr std::string_view write_script =
    "local v = redis.call('HGET', KEYS[1], 'v') redis.call('ZCARD', KEYS[2]) "
    "if v ~= ARGV[2] then "  // else it is this very call, which was sent again
    "if ARGV[4] == 'create' and v then return 'exists' end "
    "if ARGV[4] == 'if' and (v or '') ~= ARGV[5] then return 'conflict' end end "
    "redis.call('HSET', KEYS[1], 'b', ARGV[1], 'v', ARGV[2]) "
    "if ARGV[3] ~= '0' then redis.call('PEXPIRE', KEYS[1], ARGV[3]) else redis.call('PERSIST', KEYS[1]) end "
    "redis.call('ZADD', KEYS[2], 0, ARGV[6]) return 'done'";
inline constexpr std::string_view remove_script =
    "redis.call('HLEN', KEYS[1]) redis.call('ZREM', KEYS[2], ARGV[1]) redis.call('DEL', KEYS[1]) return 'done'";
/// Returns name, size and version of each; those whose time is over are returned without the latter two.
inline constexpr std::string_view list_script =
    "local made = {} "
    "for i, k in ipairs(redis.call('ZRANGEBYLEX', KEYS[1], ARGV[1], ARGV[2], 'LIMIT', 0, ARGV[3])) do "
    "local v = redis.call('HGET', ARGV[4] .. k, 'v') "
    "made[#made + 1] = {k, v and redis.call('HSTRLEN', ARGV[4] .. k, 'b'), v} end return made";
inline constexpr std::string_view forget_script =
    "for i = 2, #ARGV do if redis.call('EXISTS', ARGV[1] .. ARGV[i]) == 0 then redis.call('ZREM', KEYS[1], ARGV[i]) "
    "end end return 'done'";

}  // namespace detail

/// A storage in Redis: the registry's, a tracker's, the second level of a `two_level_cache`.
///
///     mr::connect::redis::client client({.server = *std::move(where)});
///     mr::connect::redis::storage copies(client, {.name = "scores", .ttl = 5min});
///     mr::resilience::two_level_cache<std::string, mr::connect::redis::storage> pages(copies, {.storage_ttl = 5min});
///
/// Models: store::versioned_storage, store::creates_objects. All laws of store/storage.hpp hold with one server, or a
/// cluster, that loses nothing. What Redis loses is lost: what was written since its last save, if it is killed
/// (`appendonly yes` with `appendfsync always` keeps all), and what a replica had not yet got when it took over. With
/// replicas that are read from, "fresh" does not hold. Objects with a lifetime are gone after it, to the millisecond.
/// `create` and `write_if` that are sent again because a reply was lost know their own write again; if somebody has
/// written over it in between they say already_exists or conflict.
/// Shapes: an object of at most 512 MiB, as Redis has it. In a cluster all objects of one storage are on one node.
/// Complexity: a round trip each; `list` one for a page, and a second where objects' time is over.
/// Threads: any number. The client outlives the storage.
/// Errors: those of `client`; type_mismatch: something else stands under an object's key; no_space: the server's memory
/// is full (`maxmemory`); permission_denied.
class storage {
 public:
  explicit storage(client& through, storage_options options = {})
      : client_(&through),
        options_(std::move(options)),
        objects_("{" + options_.name + "}:o:"),
        list_("{" + options_.name + "}:i"),
        ttl_(milliseconds(options_.ttl)) {}

  result<std::vector<std::byte>> read(std::string_view key) const {
    auto found = read_versioned(key);
    if (!found) return std::move(found).error();
    return std::move(found->bytes);
  }
  result<store::stored_bytes> read_versioned(std::string_view key) const {
    auto got = ask(key, "HMGET", objects_ + std::string(key), "b", "v");
    if (!got) return std::move(got).error();
    if (got->elements.size() != 2 || got->elements[0].kind != reply_kind::bytes ||
        got->elements[1].kind != reply_kind::bytes)
      return missing_or_strange(key, *got);
    const auto bytes = got->elements[0].bytes();
    return store::stored_bytes{{bytes.begin(), bytes.end()}, std::move(got->elements[1].text)};
  }
  result<store::storage_entry> examine(std::string_view key) const {
    if (auto fit = store::check_storage_key(key); !fit) return std::move(fit).error();
    const std::string at = objects_ + std::string(key);
    commands both(effect::reads);
    both.update("HSTRLEN", at, "b").update("HGET", at, "v");
    auto got = client_->exchange(both);
    if (!got) return named(key, std::move(got).error());
    for (const reply& each : *got)
      if (each.is_failure()) return named(key, error_of(each, at));
    if ((*got)[1].is_nil()) return missing(key);
    if ((*got)[0].kind != reply_kind::integer || (*got)[1].kind != reply_kind::bytes) return strange(key);
    return store::storage_entry{std::string(key), static_cast<std::uint64_t>((*got)[0].integer),
                                std::move((*got)[1].text)};
  }

  result<void> write(std::string_view key, std::span<const std::byte> bytes) {
    auto done = written(key, bytes, "write", "");
    if (!done) return std::move(done).error();
    return {};
  }
  result<void> create(std::string_view key, std::span<const std::byte> bytes) {
    auto done = written(key, bytes, "create", "");
    if (!done) return std::move(done).error();
    return {};
  }
  result<std::string> write_if(std::string_view key, std::span<const std::byte> bytes, std::string_view version) {
    return written(key, bytes, "if", version);
  }
  result<void> remove(std::string_view key) {
    if (auto fit = store::check_storage_key(key); !fit) return fit;
    commands one(effect::repeatable);
    one.update_keyed(3, "EVAL", detail::remove_script, 2, objects_ + std::string(key), list_, key);
    auto done = client_->only(one);
    if (!done) return named(key, std::move(done).error());
    return {};
  }

  result<std::vector<store::storage_entry>> list(std::string_view prefix, std::string_view after,
                                                 std::size_t limit) const {
    std::vector<store::storage_entry> made;
    std::string from = after >= prefix && !after.empty() ? "(" + std::string(after)
                       : prefix.empty()                  ? std::string("-")
                                                         : "[" + std::string(prefix);
    const std::string to = prefix.empty() ? std::string("+") : "(" + std::string(prefix) + '\xff';
    while (made.size() < limit) {
      const std::size_t wanted = limit - made.size() < 1000 ? limit - made.size() : 1000;
      commands one(effect::repeatable);  // not `reads`, which a replica that is behind may be asked
      one.update_keyed(3, "EVAL", detail::list_script, 1, list_, from, to, wanted, objects_);
      auto got = client_->only(one);
      if (!got) return std::move(got).error();
      if (got->kind != reply_kind::array) return strange(prefix);
      std::vector<std::string> over;
      for (reply& each : got->elements) {
        if (each.elements.empty() || each.elements[0].kind != reply_kind::bytes) return strange(prefix);
        from = "(" + each.elements[0].text;
        if (each.elements.size() == 3 && each.elements[2].kind == reply_kind::bytes)
          made.push_back({std::move(each.elements[0].text), static_cast<std::uint64_t>(each.elements[1].integer),
                          std::move(each.elements[2].text)});
        else
          over.push_back(std::move(each.elements[0].text));
      }
      if (auto done = forget(over); !done) return std::move(done).error();
      if (got->elements.size() < wanted) break;
    }
    return made;
  }

 private:
  static std::uint64_t milliseconds(duration length) noexcept {
    if (length <= duration(0) || length.nanoseconds >= 1'000'000'000'000'000'000) return 0;
    return static_cast<std::uint64_t>((length.nanoseconds + 999'999) / 1'000'000);
  }
  static error named(std::string_view key, error why) {
    const errc code = why.code();
    return error(code, "object " + millrace::detail::quoted_text(key), std::move(why));
  }
  static error missing(std::string_view key) {
    return error(errc::not_found, "there is no object " + millrace::detail::quoted_text(key));
  }
  static error strange(std::string_view key) {
    return error(errc::corrupt, "object " + millrace::detail::quoted_text(key) + ": what Redis has is none of ours");
  }
  static error missing_or_strange(std::string_view key, const reply& got) {
    if (got.elements.size() == 2 && got.elements[0].is_nil() && got.elements[1].is_nil()) return missing(key);
    return strange(key);
  }

  template <class... Words>
  result<reply> ask(std::string_view key, const Words&... words) const {
    if (auto fit = store::check_storage_key(key); !fit) return std::move(fit).error();
    auto got = client_->call(effect::reads, words...);
    if (!got) return named(key, std::move(got).error());
    return got;
  }

  result<std::string> written(std::string_view key, std::span<const std::byte> bytes, std::string_view how,
                              std::string_view version) {
    if (auto fit = store::check_storage_key(key); !fit) return std::move(fit).error();
    std::string mark(32, '0');  // nobody else's: whose write is there, it says
    for (std::size_t half = 0; half < 2; ++half) {
      std::uint64_t bits = entropy_seed();
      for (std::size_t i = 0; i < 16; ++i, bits >>= 4) mark[half * 16 + i] = "0123456789abcdef"[bits & 15U];
    }
    commands one(effect::repeatable);
    one.update_keyed(3, "EVAL", detail::write_script, 2, objects_ + std::string(key), list_, bytes, mark, ttl_, how,
                     version, key);
    auto done = client_->only(one);
    if (!done) return named(key, std::move(done).error());
    if (done->text == "exists")
      return error(errc::already_exists, "there is an object " + millrace::detail::quoted_text(key) + " already");
    if (done->text == "conflict")
      return error(errc::conflict, "object " + millrace::detail::quoted_text(key) + " has another version by now");
    return mark;
  }

  /// Takes objects whose time is over off the list, unless they were written again.
  result<void> forget(const std::vector<std::string>& over) const {
    commands all(effect::repeatable);
    for (const std::string& each : over) all.update_keyed(3, "EVAL", detail::forget_script, 1, list_, objects_, each);
    if (over.empty()) return {};
    auto done = client_->exchange(all);
    if (!done) return std::move(done).error();
    return {};
  }

  client* client_;
  storage_options options_;
  std::string objects_;
  std::string list_;
  std::uint64_t ttl_;
};

}  // namespace redis
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REDIS_STORAGE_HPP

#ifndef MILLRACE_CONNECT_REDIS_FEATURE_ROWS_HPP
#define MILLRACE_CONNECT_REDIS_FEATURE_ROWS_HPP

#include <millrace/connect/redis/client.hpp>
#include <millrace/connect/redis/commands.hpp>
#include <millrace/connect/redis/fwd.hpp>
#include <millrace/connect/redis/reply.hpp>
#include <millrace/core/detail/crc32.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace redis {

struct feature_rows_options {
  /// Begins the rows' keys in Redis: `NAME:ENTITY`. In a cluster the entity decides where a row is.
  std::string name = "features";
  /// How long a row lives after it was written, to the millisecond; 0: until it is removed.
  duration ttl = duration(0);
};

/// What feature rows have counted since they were made.
struct feature_rows_statistics {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;  // also rows that another version of the features made
  std::uint64_t errors = 0;  // of Redis, which `load` has passed over
};

namespace detail {

/// A row as it is kept: `MRF1`, the checksum of all that follows, the version, the numbers; all little-endian.
inline constexpr std::size_t row_head = 16;

template <class Number>
void put_little(std::string& out, Number bits) {
  for (std::size_t i = 0; i < sizeof bits; ++i) out += static_cast<char>((bits >> (8 * i)) & 0xffU);
}
template <class Number>
Number take_little(const char* from) noexcept {
  Number bits = 0;
  for (std::size_t i = 0; i < sizeof bits; ++i)
    bits |= static_cast<Number>(static_cast<Number>(static_cast<unsigned char>(from[i])) << (8 * i));
  return bits;
}
inline std::uint32_t row_checksum(std::string_view rest) noexcept {
  return millrace::detail::crc32(0, reinterpret_cast<const unsigned char*>(rest.data()), rest.size());
}

inline std::string row_bytes(std::uint64_t version, std::span<const float> numbers) {
  std::string rest;
  rest.reserve(8 + numbers.size() * 4);
  put_little(rest, version);
  for (const float each : numbers) {
    std::uint32_t bits = 0;
    std::memcpy(&bits, &each, sizeof bits);
    put_little(rest, bits);
  }
  std::string made = "MRF1";
  made.reserve(8 + rest.size());
  put_little(made, row_checksum(rest));
  made += rest;
  return made;
}

}  // namespace detail

/// Rows of features by the entity that they are of, shared by all who score: written by one, read by many.
///
///     mr::connect::redis::feature_rows shared(client, 30, {.name = "customers", .ttl = 24h});
///     mr::resilience::feature_cache local(30, {.max_weight = 100'000, .ttl = 5s});
///     auto done = local.get_or_load("customer:17", version, row, [&](std::string_view entity) {
///       return shared.load(entity, version, [&] { return features_of(entity); });
///     });
///
/// A row knows the version of the features that made it; of another version it is as if there were none.
/// Shapes: `columns()` numbers a row, many rows one after the other.
/// Complexity: a round trip for however many rows. Each is asked for by a GET of its own, because an MGET calls a key
/// of another type a missing one, and cannot cross a cluster's nodes. Threads: any number. The client outlives the
/// rows. Errors: those of `client`; shape_mismatch; type_mismatch: something else stands under an entity's key;
/// corrupt: a row is damaged, or of another number of columns. The message names the key.
class feature_rows {
 public:
  feature_rows(client& through, std::size_t columns, feature_rows_options options = {})
      : client_(&through), columns_(columns), options_(std::move(options)) {}

  std::size_t columns() const noexcept { return columns_; }
  std::string key_of(std::string_view entity) const { return options_.name + ":" + std::string(entity); }

  /// Writes one row, or as many as there are entities.
  result<void> write(std::string_view entity, std::uint64_t version, std::span<const float> row) {
    return write(std::span(&entity, 1), version, row);
  }
  result<void> write(std::span<const std::string_view> entities, std::uint64_t version, std::span<const float> rows) {
    if (auto fit = check_shape(entities.size(), rows.size()); !fit) return fit;
    commands all(effect::repeatable);
    for (std::size_t i = 0; i < entities.size(); ++i) {
      const std::string bytes = detail::row_bytes(version, rows.subspan(i * columns_, columns_));
      if (const std::int64_t ttl = options_.ttl.nanoseconds; ttl > 0)
        all.update("SET", key_of(entities[i]), bytes, "PX", ttl / 1'000'000 + (ttl % 1'000'000 != 0 ? 1 : 0));
      else
        all.update("SET", key_of(entities[i]), bytes);
    }
    return each_done(all);
  }

  /// Reads one row. Returns whether there is one of this version; if not, `row` is untouched.
  result<bool> read(std::string_view entity, std::uint64_t version, std::span<float> row) {
    bool found = false;
    auto count = read(std::span(&entity, 1), version, row, std::span(&found, 1));
    if (!count) return std::move(count).error();
    return found;
  }
  /// Reads the rows of all entities, and says of each whether there is one of this version. Returns how many there are.
  result<std::size_t> read(std::span<const std::string_view> entities, std::uint64_t version, std::span<float> rows,
                           std::span<bool> found) {
    if (auto fit = check_shape(entities.size(), rows.size()); !fit) return std::move(fit).error();
    if (found.size() != entities.size())
      return error(errc::shape_mismatch, "there is not one flag for each entity to say whether it was found");
    commands all(effect::reads);
    for (const std::string_view each : entities) all.update("GET", key_of(each));
    auto replies = client_->exchange(all);
    if (!replies) return std::move(replies).error();
    std::size_t count = 0;
    for (std::size_t i = 0; i < entities.size(); ++i) {
      auto taken = take((*replies)[i], all.key_of(i), version, rows.subspan(i * columns_, columns_));
      if (!taken) return std::move(taken).error();
      found[i] = *taken;
      if (*taken) ++count;
    }
    hits_.add_relaxed(count);
    misses_.add_relaxed(entities.size() - count);
    return count;
  }

  /// The row in Redis, or what `loader()` or `loader(entity)` returns, a std::vector<float> or a result of one, which
  /// is then written to Redis. What Redis refuses or fails at is counted, and the loader is asked: without Redis it is
  /// slower, and right. Errors: the loader's; shape_mismatch.
  template <class Loader>
  result<std::vector<float>> load(std::string_view entity, std::uint64_t version, Loader&& loader) {
    std::vector<float> row(columns_);
    auto found = read(entity, version, row);
    if (found && *found) return row;
    if (!found) errors_.add_relaxed(1);
    result<std::vector<float>> loaded = [&]() -> result<std::vector<float>> {
      if constexpr (std::is_invocable_v<Loader&, std::string_view>)
        return loader(entity);
      else
        return loader();
    }();
    if (!loaded) return loaded;
    if (auto fit = check_shape(1, loaded->size()); !fit) return std::move(fit).error();
    if (!write(entity, version, *loaded)) errors_.add_relaxed(1);
    return loaded;
  }

  result<void> remove(std::string_view entity) {
    return each_done(commands(effect::repeatable).update("DEL", key_of(entity)));
  }

  feature_rows_statistics statistics() const noexcept {
    return {hits_.load_relaxed(), misses_.load_relaxed(), errors_.load_relaxed()};
  }

 private:
  result<void> check_shape(std::size_t rows, std::size_t numbers) const {
    if (columns_ != 0 && numbers % columns_ == 0 && numbers / columns_ == rows) return {};
    return error(errc::shape_mismatch, std::to_string(rows) + " rows of the features " +
                                           millrace::detail::quoted_text(options_.name) + " are " +
                                           std::to_string(columns_) + " numbers each, not " + std::to_string(numbers) +
                                           " together");
  }
  result<void> each_done(const commands& all) {
    auto replies = client_->exchange(all);
    if (!replies) return std::move(replies).error();
    for (std::size_t i = 0; i < replies->size(); ++i)
      if ((*replies)[i].is_failure()) return error_of((*replies)[i], all.key_of(i));
    return {};
  }
  result<bool> take(const reply& from, std::string_view key, std::uint64_t version, std::span<float> row) const {
    if (from.is_failure()) return error_of(from, key);
    if (from.is_nil()) return false;
    const std::string_view bytes = from.text;
    const auto damaged = [&](const char* why) {
      return error(errc::corrupt, "the row under the key " + millrace::detail::quoted_text(key) + " " + why);
    };
    if (from.kind != reply_kind::bytes || bytes.size() < detail::row_head || bytes.substr(0, 4) != "MRF1")
      return damaged("is none of ours");
    if (detail::take_little<std::uint32_t>(bytes.data() + 4) != detail::row_checksum(bytes.substr(8)))
      return damaged("is damaged");
    if (detail::take_little<std::uint64_t>(bytes.data() + 8) != version) return false;
    if (bytes.size() != detail::row_head + 4 * columns_) return damaged("has another number of columns");
    for (std::size_t i = 0; i < columns_; ++i) {
      const auto bits = detail::take_little<std::uint32_t>(bytes.data() + detail::row_head + 4 * i);
      std::memcpy(&row[i], &bits, sizeof bits);
    }
    return true;
  }

  client* client_;
  std::size_t columns_;
  feature_rows_options options_;
  millrace::detail::light_atomic<std::uint64_t> hits_{0};
  millrace::detail::light_atomic<std::uint64_t> misses_{0};
  millrace::detail::light_atomic<std::uint64_t> errors_{0};
};

}  // namespace redis
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REDIS_FEATURE_ROWS_HPP

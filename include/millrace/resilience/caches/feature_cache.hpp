#ifndef MILLRACE_RESILIENCE_CACHES_FEATURE_CACHE_HPP
#define MILLRACE_RESILIENCE_CACHES_FEATURE_CACHE_HPP

#include <millrace/core/result.hpp>
#include <millrace/resilience/caches/cache.hpp>
#include <millrace/resilience/caches/cache_options.hpp>
#include <millrace/resilience/caches/detail/loaded.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace resilience {

/// Rows of features by the entity that they are of, in the memory of the caller:
///
///     mr::resilience::feature_cache customers(30, {.max_weight = 100'000, .ttl = 5min});
///     float row[30];
///     auto done = customers.get_or_load("customer:17", version, row, [&] { return features_of(17); });
///
/// A row knows the version of the features that made it. Asked for another version, it is loaded again and replaced, so
/// that a model never gets features of another one's making.
/// Shapes: `columns()` numbers a row. Policies are those of `cache`. Allocates: never for a hit. Threads: any number.
template <class... Policies>
class feature_cache {
  struct row {
    std::uint64_t version;
    std::vector<float> numbers;
  };

 public:
  template <class... Given>
  explicit feature_cache(std::size_t columns, const cache_options& options = {}, const Given&... given)
      : columns_(columns), rows_(options, given...) {}

  std::size_t columns() const noexcept { return columns_; }

  /// Writes the row to `out`, of the cache or of `loader()` or `loader(entity)`, which returns a std::vector<float> or
  /// a result of one. Callers that miss an entity together load it once. Errors: the loader's; shape_mismatch: `out` or
  /// the loader's row has another number of columns.
  template <class Loader>
  result<void> get_or_load(std::string_view entity, std::uint64_t version, std::span<float> out, Loader&& loader) {
    if (out.size() != columns_) return wrong_width("the room for a row", out.size());
    const auto load = [&]() -> result<row> {
      auto loaded = detail::loaded_by<std::vector<float>, std::string_view>(loader, entity);
      if (!loaded) return std::move(loaded).error();
      if (loaded->value.size() != columns_) return wrong_width("the loaded row", loaded->value.size());
      return row{version, std::move(loaded->value)};
    };
    for (int tries = 0; tries < 2; ++tries) {
      const auto found = rows_.find_or_load(entity, load);
      if (!found) return found.error();
      if ((*found)->version == version) return write(**found, out);
      rows_.invalidate(entity);
    }
    // Others ask for this entity by another version all the time.
    const auto own = load();
    if (!own) return own.error();
    return write(*own, out);
  }

  bool invalidate(std::string_view entity) { return rows_.invalidate(entity); }
  void invalidate_all() { rows_.invalidate_all(); }
  cache_statistics statistics() const noexcept { return rows_.statistics(); }

 private:
  static result<void> write(const row& from, std::span<float> out) noexcept {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = from.numbers[i];
    return {};
  }
  error wrong_width(const char* what, std::size_t size) const {
    return error(errc::shape_mismatch, std::string(what) + " has " + std::to_string(size) +
                                           " columns, and the feature cache's have " + std::to_string(columns_));
  }

  std::size_t columns_;
  cache<std::string, row, Policies...> rows_;
};

}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_CACHES_FEATURE_CACHE_HPP

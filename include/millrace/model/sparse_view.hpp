#ifndef MILLRACE_MODEL_SPARSE_VIEW_HPP
#define MILLRACE_MODEL_SPARSE_VIEW_HPP

#include <millrace/core/config.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

namespace millrace {
inline namespace v0 {
namespace model {

/// A row of which only some features are given, by their index; all others are 0. A view of two arrays in memory.
///
///     const std::uint32_t indices[] = {7, 120'034};
///     const float values[] = {1, -2.5F};
///     mr::model::sparse_view row(indices, values);
///
/// An index that stands there twice is two features with one coefficient: their values add up in a score.
/// Shapes: as many values as indices; where one array is longer, its end is left out.
/// Allocates: never.
class sparse_view {
 public:
  constexpr sparse_view() noexcept = default;
  constexpr sparse_view(std::span<const std::uint32_t> indices, std::span<const float> values) noexcept
      : indices_(indices.data()),
        values_(values.data()),
        size_(indices.size() < values.size() ? indices.size() : values.size()) {}
  /// Of anything that has both, such as `feature::hashed_row`. Precondition: it outlives the view.
  template <class Row>
  requires requires(const Row& row) {
    { row.indices() } noexcept -> std::same_as<std::span<const std::uint32_t>>;
    { row.values() } noexcept -> std::same_as<std::span<const float>>;
  }
  constexpr sparse_view(const Row& row) noexcept : sparse_view(row.indices(), row.values()) {}

  constexpr std::size_t size() const noexcept { return size_; }
  constexpr std::uint32_t index(std::size_t at) const noexcept { return indices_[at]; }
  constexpr float value(std::size_t at) const noexcept { return values_[at]; }
  constexpr std::span<const std::uint32_t> indices() const noexcept { return {indices_, size_}; }
  constexpr std::span<const float> values() const noexcept { return {values_, size_}; }

 private:
  const std::uint32_t* indices_ = nullptr;
  const float* values_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_SPARSE_VIEW_HPP

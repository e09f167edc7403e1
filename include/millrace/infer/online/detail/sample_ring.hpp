#ifndef MILLRACE_INFER_ONLINE_DETAIL_SAMPLE_RING_HPP
#define MILLRACE_INFER_ONLINE_DETAIL_SAMPLE_RING_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/infer/fwd.hpp>
#include <millrace/model/sparse_view.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace infer {
namespace detail {

/// A sample's own copy of its row.
struct kept_sample {
  std::vector<float> values;
  std::vector<std::uint32_t> indices;  // of a sparse row
  bool sparse = false;
  float target = 0;
  float weight = 1;

  std::span<const float> dense() const noexcept { return values; }
  model::sparse_view sparse_row() const noexcept { return {indices, values}; }
};

/// The newest samples, at most `most`, the oldest first. Its memory grows with what it held at most.
class sample_ring {
 public:
  explicit sample_ring(std::size_t most = 0) noexcept : most_(most) {}

  std::size_t size() const noexcept { return size_; }
  std::size_t most() const noexcept { return most_; }
  const kept_sample& operator[](std::size_t at) const noexcept { return slots_[(first_ + at) % most_]; }
  void reset() noexcept { first_ = size_ = 0; }
  void keep_newest(std::size_t count) noexcept {
    if (count >= size_) return;
    first_ = (first_ + size_ - count) % most_;
    size_ = count;
  }

  void append(std::span<const float> row, float target, float weight) {
    if (most_ == 0) return;
    kept_sample& to = next(target, weight);
    to.values.assign(row.begin(), row.end());
    to.indices.clear();
    to.sparse = false;
  }
  void append(const model::sparse_view& row, float target, float weight) {
    if (most_ == 0) return;
    kept_sample& to = next(target, weight);
    to.values.assign(row.values().begin(), row.values().end());
    to.indices.assign(row.indices().begin(), row.indices().end());
    to.sparse = true;
  }

  // The samples: their number (u64), and of each whether it is sparse (u8), the bits of target, weight (u32), numbers
  // (u64), their bits and, if it is sparse, the indices (u32).
  void save(envelope_writer& to) const {
    to.u64(size_);
    for (std::size_t i = 0; i < size_; ++i) {
      const kept_sample& one = (*this)[i];
      to.u8(one.sparse ? 1 : 0);
      to.u32(std::bit_cast<std::uint32_t>(one.target));
      to.u32(std::bit_cast<std::uint32_t>(one.weight));
      to.u64(one.values.size());
      for (const float x : one.values) to.u32(std::bit_cast<std::uint32_t>(x));
      for (const std::uint32_t x : one.indices) to.u32(x);
    }
  }
  /// Whether what was read are samples of so many columns.
  bool load(envelope_reader& from, std::size_t columns, bool may_be_sparse) {
    const std::size_t size = from.count(17);
    if (size > most_) return false;
    for (std::size_t i = 0; i < size; ++i) {
      const unsigned sparse = from.u8();
      const auto target = std::bit_cast<float>(from.u32());
      const auto weight = std::bit_cast<float>(from.u32());
      const std::size_t count = from.count(sparse == 1 ? 8 : 4);
      if (!from.ok() || sparse > (may_be_sparse ? 1U : 0U) || (sparse == 0 && count != columns)) return false;
      kept_sample& to = next(target, weight);
      to.sparse = sparse == 1;
      to.values.resize(count);
      to.indices.resize(to.sparse ? count : 0);
      bool sound =
          math::is_finite(static_cast<double>(target)) && weight >= 0 && math::is_finite(static_cast<double>(weight));
      for (float& x : to.values) {
        x = std::bit_cast<float>(from.u32());
        sound = sound && math::is_finite(static_cast<double>(x));
      }
      for (std::uint32_t& x : to.indices) {
        x = from.u32();
        sound = sound && x < columns;
      }
      if (!sound) return false;
    }
    return true;
  }

 private:
  kept_sample& next(float target, float weight) {
    if (size_ == most_) {
      first_ = (first_ + 1) % most_;
      --size_;
    }
    const std::size_t place = (first_ + size_) % most_;
    if (place == slots_.size()) slots_.emplace_back();
    ++size_;
    kept_sample& to = slots_[place];
    to.target = target;
    to.weight = weight;
    return to;
  }

  std::size_t most_;
  std::size_t first_ = 0;
  std::size_t size_ = 0;
  std::vector<kept_sample> slots_;
};

}  // namespace detail
}  // namespace infer
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_INFER_ONLINE_DETAIL_SAMPLE_RING_HPP

#ifndef MILLRACE_TESTS_SUPPORT_FTRL_STREAM_HPP
#define MILLRACE_TESTS_SUPPORT_FTRL_STREAM_HPP

#include <millrace/model/sparse_view.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace support {

/// Samples of six features among 240, made of whole numbers alone: those of tests/oracle/ftrl.py.
class ftrl_stream {
 public:
  static constexpr std::size_t samples = 2000;
  static constexpr std::size_t columns = 240;

  std::array<std::uint32_t, 6> indices{};
  std::array<float, 6> values{};
  float label = 0;
  float target = 0;
  float weight = 0;

  millrace::model::sparse_view row() const noexcept { return {indices, values}; }
  std::vector<float> dense() const {
    std::vector<float> made(columns);
    for (std::size_t i = 0; i < indices.size(); ++i) made[indices[i]] = values[i];
    return made;
  }

  void next() noexcept {
    int score = 0;
    for (std::uint32_t field = 0; field < 6; ++field) {
      const std::uint32_t a = draw(40);
      const std::uint32_t b = draw(40);
      const std::uint32_t eighths = 1 + draw(8);
      indices[field] = field * 40 + (a < b ? a : b);
      values[field] = static_cast<float>(eighths) / 8;
      score += (static_cast<int>(indices[field] * 7919 % 17) - 8) * static_cast<int>(eighths);
    }
    const int noise = static_cast<int>(draw(129)) - 64;
    label = score + noise > 0 ? 1.0F : 0.0F;
    target = static_cast<float>(score) / 64 + static_cast<float>(noise) / 512;
    weight = static_cast<float>(1 + draw(4)) / 2;
  }

 private:
  std::uint32_t draw(std::uint32_t below) noexcept {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::uint32_t>(state_ >> 33) % below;
  }

  std::uint64_t state_ = 1;
};

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_FTRL_STREAM_HPP

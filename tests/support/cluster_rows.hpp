#ifndef MILLRACE_TESTS_SUPPORT_CLUSTER_ROWS_HPP
#define MILLRACE_TESTS_SUPPORT_CLUSTER_ROWS_HPP

#include <cstddef>
#include <cstdint>
#include <vector>

namespace support {

/// 24 random bits at a time, of a linear congruential generator: as in tests/oracle/clusters.py.
struct word_source {
  std::uint64_t state;

  double operator()() {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return static_cast<double>(state >> 40);
  }
};

/// Rows around `groups` centres in the unit cube, which are taken in turn; sums of four uniform numbers about them.
inline std::vector<float> cluster_rows(std::uint64_t seed, std::size_t rows, std::size_t columns, std::size_t groups,
                                       double spread) {
  word_source word{seed};
  std::vector<double> centres(groups * columns);
  for (double& x : centres) x = word() / 0x1p24;
  std::vector<float> made;
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t c = 0; c < columns; ++c) {
      double sum = 0;
      for (int k = 0; k < 4; ++k) sum += word();
      made.push_back(static_cast<float>(centres[i % groups * columns + c] + spread * (sum / 0x1p24 - 2)));
    }
  return made;
}

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_CLUSTER_ROWS_HPP

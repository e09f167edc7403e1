#ifndef MILLRACE_MODEL_CLUSTER_DETAIL_CENTRE_TABLE_HPP
#define MILLRACE_MODEL_CLUSTER_DETAIL_CENTRE_TABLE_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/simd.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/model/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// How many rows have a weight.
inline std::size_t heavy_rows(std::size_t rows, std::span<const float> weights) noexcept {
  if (weights.empty()) return rows;
  std::size_t heavy = 0;
  for (const float weight : weights) heavy += weight > 0 ? 1 : 0;
  return heavy;
}
inline error too_few_rows(const char* model, std::size_t clusters, std::size_t heavy) {
  return error(errc::invalid_argument, std::string(model) + ": " + std::to_string(clusters) + " clusters of " +
                                           std::to_string(heavy) + " rows with a weight");
}

struct nearest_centre {
  std::uint32_t index = 0;
  double squared_distance = 0;
};

/// The most clusters: their numbers fit 31 bits, with room for a group of centres to end.
inline constexpr std::size_t most_clusters = 0x7fff'0000U;
/// How many centres lie side by side: eight doubles are one vector, two or four, as the CPU has it.
inline constexpr std::size_t centres_abreast = 8;

/// The squared distances of a row from eight centres, whose coordinates are column after column, eight numbers each. A
/// lane adds up its columns in their order, without fused operations, so every CPU finds the same bits. What is NaN
/// does not count.
template <std::size_t Bytes>
[[gnu::always_inline]] inline void eight_distances(const float* row, std::size_t columns, const double* centres,
                                                   double* out) noexcept {
  using v = vector<double, Bytes>;
  for (std::size_t first = 0; first < centres_abreast; first += Bytes / 8) {
    v sum{};
    for (std::size_t c = 0; c < columns; ++c) {
      v centre;
      load_vector(centre, centres + c * centres_abreast + first);
      v apart = double{row[c]} - centre;
      apart = apart == apart ? apart : v{};
      v square = apart * apart;
      rounded(square);
      sum += square;
    }
    store_vector(out + first, sum);
  }
}
inline void eight_distances_baseline(const float* row, std::size_t columns, const double* centres,
                                     double* out) noexcept {
  eight_distances<16>(row, columns, centres, out);
}
MILLRACE_X86_TARGET("avx2")
inline void eight_distances_avx2(const float* row, std::size_t columns, const double* centres, double* out) noexcept {
  eight_distances<32>(row, columns, centres, out);
}
MILLRACE_X86_TARGET("avx512f")
inline void eight_distances_avx512(const float* row, std::size_t columns, const double* centres, double* out) noexcept {
  eight_distances<64>(row, columns, centres, out);
}
using distance_kernel = void (*)(const float*, std::size_t, const double*, double*) noexcept;
inline distance_kernel distance_kernel_of_cpu() noexcept {
  if (cpu_has_avx512()) return eight_distances_avx512;
  if (cpu_has_avx2()) return eight_distances_avx2;
  return eight_distances_baseline;
}

/// Points among which the nearest to a row is looked for.
class centre_table {
 public:
  centre_table() = default;
  /// `numbers`: the centres, one after the other.
  centre_table(std::span<const double> numbers, std::size_t columns)
      : columns_(columns),
        centres_(numbers.size() / columns),
        packed_((centres_ + centres_abreast - 1) / centres_abreast * centres_abreast * columns) {
    for (std::size_t k = 0; k < centres_; ++k)
      for (std::size_t c = 0; c < columns; ++c) packed_[place(k, c)] = numbers[k * columns + c];
  }

  std::size_t columns() const noexcept { return columns_; }
  std::size_t centres() const noexcept { return centres_; }
  double at(std::size_t centre, std::size_t column) const noexcept { return packed_[place(centre, column)]; }
  void set(std::size_t centre, std::size_t column, double value) noexcept { packed_[place(centre, column)] = value; }

  /// All coordinates, centre after centre.
  std::vector<double> coordinates() const {
    std::vector<double> all(centres_ * columns_);
    for (std::size_t k = 0; k < centres_; ++k)
      for (std::size_t c = 0; c < columns_; ++c) all[k * columns_ + c] = at(k, c);
    return all;
  }

  /// The nearest centre; of several, the first.
  nearest_centre nearest(const float* row, distance_kernel kernel) const noexcept {
    nearest_centre found{0, __builtin_inf()};
    double squared[centres_abreast];
    for (std::size_t first = 0; first < centres_; first += centres_abreast) {
      kernel(row, columns_, packed_.data() + first * columns_, squared);
      const std::size_t here = centres_ - first < centres_abreast ? centres_ - first : centres_abreast;
      for (std::size_t k = 0; k < here; ++k)
        if (squared[k] < found.squared_distance) found = {static_cast<std::uint32_t>(first + k), squared[k]};
    }
    return found;
  }
  /// The squared distances from all centres.
  void squared_distances(const float* row, double* out) const noexcept {
    const distance_kernel kernel = distance_kernel_of_cpu();
    double squared[centres_abreast];
    for (std::size_t first = 0; first < centres_; first += centres_abreast) {
      kernel(row, columns_, packed_.data() + first * columns_, squared);
      for (std::size_t k = 0; k < centres_abreast && first + k < centres_; ++k) out[first + k] = squared[k];
    }
  }

  /// Writes the coordinates (f64), centre after centre.
  void save(envelope_writer& to) const {
    for (std::size_t k = 0; k < centres_; ++k)
      for (std::size_t c = 0; c < columns_; ++c) to.f64(at(k, c));
  }
  /// Reads them. Numbers of columns and centres that the bytes cannot hold, and coordinates that no fit makes, are an
  /// error.
  static result<centre_table> load(envelope_reader& from, std::uint64_t columns, std::uint64_t centres) {
    const std::uint64_t room = from.remaining() / 8;
    if (columns == 0 || centres == 0 || columns > room || centres > room / columns)
      return error(errc::corrupt, "centres: there are not as many");
    std::vector<double> numbers(static_cast<std::size_t>(columns * centres));
    for (double& one : numbers) {
      one = from.f64();
      if (!(math::absolute(one) <= 0x1p130)) return error(errc::corrupt, "centres: a coordinate is out of range");
    }
    return centre_table(numbers, static_cast<std::size_t>(columns));
  }

 private:
  std::size_t place(std::size_t centre, std::size_t column) const noexcept {
    return (centre / centres_abreast * columns_ + column) * centres_abreast + centre % centres_abreast;
  }

  std::size_t columns_ = 0;
  std::size_t centres_ = 0;
  std::vector<double> packed_;
};

/// What rows move centres by: for each centre, the sum of weight times how far the rows nearest to it lie from it.
class centre_sums {
 public:
  explicit centre_sums(const centre_table& centres)
      : centres_(centres),
        columns_(centres.columns()),
        middle_(centres.coordinates()),
        apart_(middle_.size()),
        weights_(centres.centres()),
        kernel_(distance_kernel_of_cpu()) {}

  void update(const float* row, float row_weight) noexcept {
    if (!(row_weight > 0)) return;
    const double weight = double{row_weight};
    const std::uint32_t k = centres_.nearest(row, kernel_).index;
    weights_[k] += weight;
    const double* const centre = middle_.data() + k * columns_;
    double* const sum = apart_.data() + k * columns_;
    using v = vector<double, 16>;
    std::size_t c = 0;
    for (; c + 2 <= columns_; c += 2) {
      const v x{double{row[c]}, double{row[c + 1]}};
      v middle, sums;
      load_vector(middle, centre + c);
      load_vector(sums, sum + c);
      v term = (x - middle) * weight;
      rounded(term);
      sums += term;
      store_vector(sum + c, sums);
    }
    if (c < columns_) {
      double term = (double{row[c]} - centre[c]) * weight;
      rounded(term);
      sum[c] += term;
    }
  }
  /// The weight of the rows nearest to a centre.
  double weight(std::size_t centre) const noexcept { return weights_[centre]; }
  /// Where the rows move a centre to that is the mean of `whole`, their weight and more.
  double moved(std::size_t centre, std::size_t column, double whole) const noexcept {
    const std::size_t at = centre * columns_ + column;
    return middle_[at] + apart_[at] / whole;
  }

 private:
  const centre_table& centres_;
  std::size_t columns_;
  std::vector<double> middle_;
  std::vector<double> apart_;
  std::vector<double> weights_;
  distance_kernel kernel_;
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_CLUSTER_DETAIL_CENTRE_TABLE_HPP

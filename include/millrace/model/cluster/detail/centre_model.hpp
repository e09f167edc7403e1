#ifndef MILLRACE_MODEL_CLUSTER_DETAIL_CENTRE_MODEL_HPP
#define MILLRACE_MODEL_CLUSTER_DETAIL_CENTRE_MODEL_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/model/cluster/detail/centre_table.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// What a model of centres is asked, however they were found.
class centre_model {
 public:
  static constexpr std::size_t outputs() noexcept { return 1; }
  /// A coordinate of a cluster's centre.
  double centre(std::size_t cluster, std::size_t column) const noexcept { return table_.at(cluster, column); }

  /// The cluster whose centre is nearest; of several, the first. Precondition: row.size() == inputs().
  std::uint32_t nearest(std::span<const float> row) const noexcept {
    return table_.nearest(row.data(), distance_kernel_of_cpu()).index;
  }
  /// The clusters of all rows. Precondition: out.size() == rows.rows().
  void nearest(const matrix_view& rows, std::span<std::uint32_t> out) const noexcept {
    write_nearest(rows, out.data());
  }
  /// The distances of a row from all centres. Precondition: out.size() == clusters().
  void distances(std::span<const float> row, std::span<double> out) const noexcept {
    table_.squared_distances(row.data(), out.data());
    for (double& one : out) one = math::sqrt(one);
  }

  /// The nearest cluster as a number. Precondition: row.size() == inputs(), out.size() == 1.
  void predict(std::span<const float> row, std::span<double> out) const noexcept { out[0] = (*this)(row); }
  /// All rows' nearest clusters. Precondition: out.size() == rows.rows().
  void predict(const matrix_view& rows, std::span<double> out) const noexcept { write_nearest(rows, out.data()); }
  double operator()(std::span<const float> row) const noexcept { return nearest(row); }

 protected:
  centre_model() = default;

  centre_table table_;

 private:
  template <class Number>
  void write_nearest(const matrix_view& rows, Number* out) const noexcept {
    const distance_kernel kernel = distance_kernel_of_cpu();
    for (std::size_t i = 0; i < rows.rows(); ++i) out[i] = table_.nearest(rows.row(i).data(), kernel).index;
  }
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_CLUSTER_DETAIL_CENTRE_MODEL_HPP

// expect: millrace\[SHADOW-7\]: both models of a shadow_predictor are model::predictors
#include <millrace/deliver/shadow/shadow_predictor.hpp>

namespace md = millrace::deliver;

struct sum {
  std::size_t inputs() const noexcept { return 2; }
  std::size_t outputs() const noexcept { return 1; }
  void predict(std::span<const float> row, std::span<double> out) const noexcept {
    out[0] = static_cast<double>(row[0] + row[1]);
  }
  void predict(const millrace::model::matrix_view& rows, std::span<double> out) const noexcept {
    for (std::size_t i = 0; i < rows.rows(); ++i) predict(rows.row(i), out.subspan(i, 1));
  }
};
double as_function(std::span<const float> row) { return static_cast<double>(row[0]); }

#ifdef MILLRACE_MISUSE
md::shadow_predictor scored{sum(), as_function};
#else
md::shadow_predictor scored{sum(), sum()};
#endif

auto rows() { return scored.inputs(); }

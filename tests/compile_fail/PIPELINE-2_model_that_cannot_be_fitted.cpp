// expect: millrace\[PIPELINE-2\]: .*cannot be fitted
#include <millrace/feature.hpp>
#include <millrace/model/calibration.hpp>
#include <millrace/model/linear.hpp>
#include <millrace/model/pipeline.hpp>
#include <millrace/model/trees.hpp>

#include <string>
#include <vector>

namespace mf = millrace::feature;
namespace mm = millrace::model;

struct payment {
  double amount = 0;
  std::string country;
  bool is_fraud = false;
};
auto features() { return mf::features<payment>(mf::numerical<"amount">(&payment::amount)); }

struct constant {
  static std::size_t inputs() noexcept { return 1; }
  static std::size_t outputs() noexcept { return 1; }
  static void predict(std::span<const float>, std::span<double>) noexcept {}
  static void predict(const mm::matrix_view&, std::span<double>) noexcept {}
};

#ifdef MILLRACE_MISUSE
mm::trained_by<constant> step;
#else
mm::trained_by<mm::ridge> step;
#endif

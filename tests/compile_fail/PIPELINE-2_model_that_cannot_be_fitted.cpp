// expect: millrace\[PIPELINE-2\]: .*cannot be fitted
#include <compile_fail/payment.hpp>

#include <cstddef>
#include <span>

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

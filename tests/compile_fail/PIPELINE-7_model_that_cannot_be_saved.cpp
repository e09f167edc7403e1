// expect: millrace\[PIPELINE-7\]: .*cannot be saved
#include <compile_fail/payment.hpp>

#include <cstddef>
#include <span>

struct own {
  using options_type = mm::ridge_options;
  static std::size_t inputs() noexcept { return 1; }
  static constexpr std::size_t outputs() noexcept { return 1; }
  static void predict(std::span<const float>, std::span<double>) noexcept {}
  static void predict(const mm::matrix_view&, std::span<double>) noexcept {}
  static millrace::result<own> fit(const mm::matrix_view&, std::span<const float>, const options_type& = {},
                                   std::span<const float> = {}) {
    return own();
  }
};

#ifdef MILLRACE_MISUSE
using model = own;
#else
using model = mm::ridge;
#endif

using pipeline = decltype(mm::pipeline_of(features(), mm::trained_by<model>()))::pipeline_type;

auto keep(const pipeline& fitted) { return fitted.save(); }

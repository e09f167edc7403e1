// expect: millrace\[REST-5\]: what is served is a batcher
#include <millrace/connect/rest.hpp>

namespace rest = millrace::connect::rest;

struct constant {
  static std::size_t inputs() noexcept { return 1; }
  static std::size_t outputs() noexcept { return 1; }
#ifdef MILLRACE_MISUSE
  double predict(double) const { return 1; }
#else
  void predict(std::span<const float>, std::span<double> out) const noexcept { out[0] = 1; }
  void predict(const millrace::model::matrix_view&, std::span<double> out) const noexcept { out[0] = 1; }
#endif
};

auto served(rest::served_models& models, const constant& model) { return models.add("constant", model); }

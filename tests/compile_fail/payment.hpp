#ifndef MILLRACE_TESTS_COMPILE_FAIL_PAYMENT_HPP
#define MILLRACE_TESTS_COMPILE_FAIL_PAYMENT_HPP

#include <millrace/feature/features.hpp>
#include <millrace/feature/transforms/numbers.hpp>
#include <millrace/model/linear/ridge.hpp>
#include <millrace/model/pipeline/recipe.hpp>

#include <string>

namespace mf = millrace::feature;
namespace mm = millrace::model;

/// The event of the pipelines here.
struct payment {
  double amount = 0;
  std::string country;
  bool is_fraud = false;
};
inline auto features() { return mf::features<payment>(mf::numerical<"amount">(&payment::amount)); }

#endif  // MILLRACE_TESTS_COMPILE_FAIL_PAYMENT_HPP

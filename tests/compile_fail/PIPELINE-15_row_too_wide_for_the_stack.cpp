// expect: millrace\[PIPELINE-15\]: .*does not stand on the stack
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

#ifdef MILLRACE_MISUSE
constexpr std::size_t places = 20'000;
#else
constexpr std::size_t places = 2'000;
#endif

auto make() {
  return mm::pipeline_of(mf::features<payment>(mf::hashed<"country", places>(&payment::country)),
                         mm::trained_by<mm::ridge>());
}

// expect: millrace\[PIPELINE-15\]: .*does not stand on the stack
#include <millrace/feature/transforms/categories.hpp>

#include <compile_fail/payment.hpp>

#include <cstddef>

#ifdef MILLRACE_MISUSE
constexpr std::size_t places = 20'000;
#else
constexpr std::size_t places = 2'000;
#endif

auto make() {
  return mm::pipeline_of(mf::features<payment>(mf::hashed<"country", places>(&payment::country)),
                         mm::trained_by<mm::ridge>());
}

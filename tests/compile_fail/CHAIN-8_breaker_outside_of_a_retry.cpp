// expect: millrace\[CHAIN-8\]: two middlewares stand in the wrong order
// expect: circuit_breaker
// expect: retry
#include <millrace/chain.hpp>
#include <millrace/resilience/calls.hpp>

namespace mr = millrace;
namespace rs = millrace::resilience;

int main() {
  auto score = mr::step<"score", mr::fields<>, mr::fields<>>([](auto&) {});
#ifdef MILLRACE_MISUSE
  auto scoring = mr::chain(score).use(rs::retry<>()).use(rs::circuit_breaker<>());
#else
  auto scoring = mr::chain(score).use(rs::circuit_breaker<>()).use(rs::retry<>());
#endif
}

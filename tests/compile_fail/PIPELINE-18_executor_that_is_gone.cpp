// expect: millrace\[PIPELINE-18\]: .*make it a variable
#include <millrace/model/linear/ridge.hpp>
#include <millrace/model/pipeline/steps.hpp>

#include <cstddef>

namespace mm = millrace::model;

struct own_pool {
  own_pool() = default;
  own_pool(const own_pool&) = delete;
  own_pool& operator=(const own_pool&) = delete;
  void run(std::size_t jobs, mm::numbered_job job) { mm::inline_executor::run(jobs, job); }
};

double l2() {
#ifdef MILLRACE_MISUSE
  const mm::trained_by<mm::ridge> step({.l2 = 1}, own_pool());
#else
  own_pool pool;
  const mm::trained_by<mm::ridge> step({.l2 = 1}, pool);
#endif
  return step.options().l2;
}

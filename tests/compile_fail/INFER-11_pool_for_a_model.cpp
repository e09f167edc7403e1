// expect: millrace\[INFER-11\]: the threads of a pool work for a batcher
#include <millrace/infer/serving.hpp>
#include <millrace/model/linear.hpp>

namespace mi = millrace::infer;
namespace mm = millrace::model;

#ifdef MILLRACE_MISUSE
using pool = mi::serving_threads<mm::ridge>;
#else
using pool = mi::serving_threads<mi::batcher<mm::ridge>>;
#endif

std::size_t size(const pool& one) { return one.size(); }

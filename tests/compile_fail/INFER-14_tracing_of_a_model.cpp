// expect: millrace\[INFER-14\]: what is traced serves requests
#include <millrace/infer/serving.hpp>
#include <millrace/model/linear.hpp>
#include <millrace/observe/tracing.hpp>

namespace mi = millrace::infer;
namespace mm = millrace::model;

#ifdef MILLRACE_MISUSE
using served_by = const mm::ridge;
#else
using served_by = mi::batcher<mm::ridge>;
#endif

void show(served_by& serve, millrace::observe::tracer& tracer) { mi::traced shown(serve, tracer); }

// expect: millrace\[ONLINE-2\]: an online_learner's errors are watched by a detector of a lasting change
#include <millrace/detect.hpp>
#include <millrace/infer/online.hpp>
#include <millrace/model/linear.hpp>

namespace mi = millrace::infer;
namespace mm = millrace::model;

#ifdef MILLRACE_MISUSE
using watch = millrace::detect::z_score<>;
#else
using watch = millrace::detect::ddm<>;
#endif

double score(const mi::online_learner<mm::sgd_linear, watch>& of) { return of.drift_score(); }

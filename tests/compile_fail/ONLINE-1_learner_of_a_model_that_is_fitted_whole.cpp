// expect: millrace\[ONLINE-1\]: an online_learner takes a model::partial_trainer
#include <millrace/infer/online.hpp>
#include <millrace/model/linear.hpp>

namespace mi = millrace::infer;
namespace mm = millrace::model;

#ifdef MILLRACE_MISUSE
using learnt = mm::ridge;
#else
using learnt = mm::sgd_linear;
#endif

std::uint64_t updates(const mi::online_learner<learnt>& of) { return of.updates(); }

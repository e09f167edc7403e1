// expect: millrace\[SPLIT-4\]: a split takes weights<80, 20>, any_weights
#include <millrace/deliver/split/split_hashed.hpp>

namespace md = millrace::deliver;

#ifdef MILLRACE_MISUSE
using chosen = double;
#else
using chosen = md::weights<80, 20>;
#endif

md::split_hashed<"model-2026", chosen> models;

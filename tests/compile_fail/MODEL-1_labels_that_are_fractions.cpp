// expect: millrace_MODEL_1_labels_are_whole_numbers
#include <millrace/model/evaluation/measures.hpp>

#include <vector>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using labels = std::vector<double>;
#else
using labels = std::vector<bool>;
#endif

bool good(const labels& truth, const std::vector<float>& scores) { return *mr::model::roc_auc(truth, scores) > 0.9; }

#ifndef MILLRACE_EXAMPLES_LIFECYCLE_WORK_JUDGEMENTS_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_WORK_JUDGEMENTS_HPP

#include "../format.hpp"
#include "../model/findings.hpp"
#include "terminal.hpp"

#include <cstdio>
#include <string>
#include <string_view>

/// How good a model is, on the terminal. `of`: which rows, in at most eight letters.
namespace lifecycle {

inline void print(std::string_view of, const judgement& found) {
  detail::heading(left(of, 10) + "AUC " + fixed(found.auc, 4) + "   average precision " +
                  fixed(found.average_precision, 4) + "   log loss " + fixed(found.log_loss, 4) + " (without a model " +
                  fixed(found.base_log_loss, 4) + ")");
  std::printf("          accuracy %s   precision %s   recall %s   at threshold %s; calibration error %s\n",
              percent(found.confusion.accuracy()).c_str(), percent(found.confusion.precision()).c_str(),
              percent(found.confusion.recall()).c_str(), fixed(found.threshold, 2).c_str(),
              fixed(found.calibration_error, 4).c_str());
  std::printf("          95 %% intervals: AUC %s to %s, accuracy %s to %s; F1 %s\n",
              fixed(found.auc_within.lower, 4).c_str(), fixed(found.auc_within.upper, 4).c_str(),
              percent(found.accuracy_within.lower).c_str(), percent(found.accuracy_within.upper).c_str(),
              fixed(found.confusion.f1(), 4).c_str());
}

inline void print(std::string_view of, const class_judgement& found) {
  detail::heading(left(of, 10) + "accuracy " + percent(found.confusion.accuracy()) + " (95 % interval " +
                  percent(found.accuracy_within.lower) + " to " + percent(found.accuracy_within.upper) +
                  "; always the most frequent class " + percent(found.base_accuracy) + ")");
  std::printf("          log loss %s (without a model %s)   macro F1 %s\n", fixed(found.log_loss, 4).c_str(),
              fixed(found.base_log_loss, 4).c_str(), fixed(found.confusion.macro_f1(), 4).c_str());
}

inline void print(std::string_view of, const number_judgement& found) {
  detail::heading(left(of, 10) + "R2 " + fixed(found.r2, 4) + "   RMSE " + brief(found.rmse) + " (without a model " +
                  brief(found.base_rmse) + ")");
  std::printf("          mean absolute error %s (95 %% interval %s to %s)\n", brief(found.mae).c_str(),
              brief(found.mae_within.lower).c_str(), brief(found.mae_within.upper).c_str());
}

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_WORK_JUDGEMENTS_HPP

#include "run_history.hpp"

#include "../format.hpp"
#include "terminal.hpp"

#include <cmath>
#include <cstddef>
#include <cstdio>

namespace lifecycle {

run_figures figures_of(const holdout_findings& of) {
  if (of.number) return {{"r2", of.number->r2}, {"rmse", of.number->rmse}, {"mae", of.number->mae}};
  if (of.classes)
    return {{"accuracy", of.classes->confusion.accuracy()},
            {"log_loss", of.classes->log_loss},
            {"macro_f1", of.classes->confusion.macro_f1()}};
  const judgement& found = *of.binary;
  return {{"auc", found.auc},
          {"log_loss", found.log_loss},
          {"average_precision", found.average_precision},
          {"brier", found.brier},
          {"calibration_error", found.calibration_error},
          {"accuracy", found.confusion.accuracy()},
          {"precision", found.confusion.precision()},
          {"recall", found.confusion.recall()},
          {"f1", found.confusion.f1()}};
}

std::string in_words(const version_comparison& of) {
  const std::string other = "version " + grouped(of.version) + ", " + of.which;
  if (!of.why_not.empty()) return "not compared with " + other + ": " + of.why_not;
  const paired_comparison& found = of.found;
  const std::string rows = counted(found.rows, "row") + " held out";
  const std::string old =
      of.rows_are_new ? "" : ", some of which version " + grouped(of.version) + " may have learnt from";
  if (found.saved.lower == 0 && found.saved.upper == 0) return "answers as " + other + ", does, on all " + rows + old;
  const std::string verdict = found.better()  ? "better than "
                              : found.worse() ? "worse than "
                                              : "no difference shown from ";
  const std::string less =
      found.better()  ? "less by " + brief(found.saved.lower) + " to " + brief(found.saved.upper)
      : found.worse() ? "more by " + brief(-found.saved.upper) + " to " + brief(-found.saved.lower)
                      : "up to " + brief(-found.saved.lower) + " more or " + brief(found.saved.upper) + " less";
  return verdict + other + ": squared error " + fixed(found.mean_error[1], 4) + " against " +
         fixed(found.mean_error[0], 4) + " on the same " + rows + old + "; " + less + ", by an interval of " +
         percent(found.saved.level, 2) + ", which makes 95 % of all versions' together";
}

void print(const run_history& of) {
  if (of.store.empty()) return;
  const kept_run& own = of.runs.front();
  detail::heading("store     " + of.store + ": version " + grouped(own.version) + " of the model " +
                  in_quotes(of.model) +
                  (of.earlier == 0 ? ", the first run" : "; " + counted(of.earlier, "run") + " before"));
  if (of.runs.size() > 1) {
    std::printf("  %s%s%s%s", right("version", 8).c_str(), left("  started", 20).c_str(), left("  model", 22).c_str(),
                right("loss, 95 % interval", 28).c_str());
    for (std::size_t i = 0; i < own.figures.size() && i < 2; ++i)
      std::printf("%s", right(own.figures[i].first, 12).c_str());
    std::printf("  stage\n");
    for (const kept_run& one : of.runs) {
      const std::string loss = std::isfinite(one.loss) ? fixed(one.loss, 4) + ", " + fixed(one.within.lower, 4) +
                                                             " to " + fixed(one.within.upper, 4)
                                                       : "–";
      std::printf("  %s%s%s%s", right(one.version == 0 ? "–" : grouped(one.version), 8).c_str(),
                  left("  " + one.started, 20).c_str(), left("  " + one.model, 22).c_str(), right(loss, 28).c_str());
      for (std::size_t i = 0; i < own.figures.size() && i < 2; ++i) {
        std::string figure = "–";
        for (const auto& [name, value] : one.figures)
          if (name == own.figures[i].first) figure = fixed(value, 4);
        std::printf("%s", right(figure, 12).c_str());
      }
      std::printf("  %s%s\n", one.stage.c_str(), one.aliases.empty() ? "" : (", " + one.aliases).c_str());
    }
    for (const std::vector<std::string>& row : of.changed) {
      std::printf("          %s:", clipped(row.front(), 30).c_str());
      for (std::size_t i = 1; i < row.size(); ++i) std::printf("%s %s", i > 1 ? " |" : "", clipped(row[i], 30).c_str());
      std::printf("\n");
    }
  }
  if (of.against) std::printf("          %s\n", in_words(*of.against).c_str());
  if (!of.commands.empty()) std::printf("          to promote it:\n");
  for (const std::string& command : of.commands) std::printf("            %s\n", command.c_str());
}

}  // namespace lifecycle

#include "candidates.hpp"

#include "../format.hpp"
#include "../stop.hpp"
#include "../work/train_network.hpp"

#include <millrace/model/evaluation/measures.hpp>
#include <millrace/model/validation/intervals.hpp>
#include <millrace/model/validation/splits.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

namespace lifecycle {

/// Fits a family to these rows of the table. A network is trained under the production's middlewares, stopped by the
/// validation rows, and shows its progress on `out`. Errors: those of the model.
mr::result<fitted_family> fit_family(const workbench& at, family kind, std::span<const std::size_t> rows,
                                     const std::string& about, std::FILE* out, const time_budget* limit) {
  if (kind == family::network) {
    trained_network trained =
        train_network({at.data, at.encode, at.scale, rows, at.parts.validation, at.how, about}, out, at.stack, limit);
    return fitted_family{std::move(trained.model), std::move(trained.record)};
  }
  const feature_rows features = features_for(kind, at.encode, rows);
  const std::vector<float> targets = lessons_of(at.data, rows, at.scale);
  lesson from{task_of(at.data), features.view(), targets, {}, at.how.seed};
  if (reads_plain_columns(kind)) from.categories = at.encoding.categories();
  mr::result<model_ptr> fitted = kind == family::linear          ? fit_linear(from)
                                 : kind == family::boosted_trees ? fit_boosted_trees(from)
                                                                 : fit_random_forest(from);
  if (!fitted) return std::move(fitted).error();
  return fitted_family{*std::move(fitted), std::nullopt};
}

namespace {

/// Of each row: its log loss, or its squared error.
mr::result<std::vector<double>> losses_of(const table& from, std::span<const std::size_t> rows,
                                          const std::vector<double>& answers) {
  const std::size_t outputs = answers.size() / rows.size();
  std::vector<double> losses;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::span<const double> answer = std::span(answers).subspan(i * outputs, outputs);
    if (from.target.task == task_kind::number) {
      const double off = answer[0] - from.target.values[rows[i]];
      losses.push_back(off * off);
      continue;
    }
    const int label[] = {from.target.labels[rows[i]]};
    const mr::result<double> loss = outputs == 1 ? mr::model::log_loss(std::span<const int>(label), answer)
                                                 : mr::model::log_loss(std::span<const int>(label), answer, outputs);
    if (!loss) return loss.error();
    losses.push_back(*loss);
  }
  return losses;
}

/// Cross-validates one family.
class candidate_trial {
 public:
  candidate_trial(const workbench& at, family kind, const std::vector<std::size_t>& rows,
                  const std::vector<mr::model::fold>& folds, const time_budget& limit, std::FILE* out)
      : at_(at), rows_(rows), folds_(folds), limit_(limit), out_(out) {
    record_.kind = kind;
  }

  candidate_record run(std::optional<training_record>& training) {
    const double start = limit_.spent();
    for (std::size_t k = 0; k < folds_.size() && record_.why_not.empty(); ++k) {
      const double each = k == 0 ? 0 : (limit_.spent() - start) / static_cast<double>(k);
      if (limit_.left() <= each)
        record_.why_not = "ran out of its share of the budget after " + counted(k, "fold");
      else
        try_fold(k, training);
      if (interrupted()) throw stop{exit_code::interrupted, "interrupted while trying " + title()};
    }
    record_.seconds = limit_.spent() - start;
    if (record_.why_not.empty()) summarize();
    return record_;
  }

 private:
  std::string title() const { return std::string(title_of(record_.kind, at_.data.target.task)); }

  void try_fold(std::size_t k, std::optional<training_record>& training) {
    const std::vector<std::size_t> train = mr::model::gather(rows_, folds_[k].train);
    const std::vector<std::size_t> test = mr::model::gather(rows_, folds_[k].test);
    const std::string about = "fold " + std::to_string(k + 1) + " of " + std::to_string(folds_.size()) + ", " +
                              grouped(train.size()) + " rows";
    mr::result<fitted_family> fitted = fit_family(at_, record_.kind, train, about, k == 0 ? out_ : nullptr, &limit_);
    if (!fitted) {
      record_.why_not = fitted.error().describe();
      return;
    }
    if (fitted->training) training = fitted->training;
    if (fitted->training && fitted->training->cut) {
      record_.why_not = "ran out of its share of the budget in fold " + std::to_string(k + 1);
      return;
    }
    record_.shape = fitted->model->shape();
    const std::vector<double> answers =
        answers_of(*fitted->model, features_for(record_.kind, at_.encode, test), at_.scale);
    mr::result<std::vector<double>> losses = losses_of(at_.data, test, answers);
    if (!losses) {
      record_.why_not = losses.error().describe();
      return;
    }
    losses_.insert(losses_.end(), losses->begin(), losses->end());
    ++record_.folds;
  }

  void summarize() {
    const bool number = at_.data.target.task == task_kind::number;
    const auto shown = [&](double loss) { return number ? std::sqrt((std::max)(loss, 0.0)) : loss; };
    const mr::result<mr::model::measured> mean = mr::model::mean_interval(losses_, {.resamples = 500});
    if (!mean) {
      record_.why_not = mean.error().describe();
      return;
    }
    record_.loss = shown(mean->value);
    record_.within = {shown(mean->interval.lower), shown(mean->interval.upper), mean->interval.level};
  }

  const workbench& at_;
  const std::vector<std::size_t>& rows_;
  const std::vector<mr::model::fold>& folds_;
  const time_budget& limit_;
  std::FILE* out_;
  candidate_record record_;
  std::vector<double> losses_;
};

mr::result<std::vector<mr::model::fold>> folds_of(const table& data, const std::vector<std::size_t>& rows,
                                                  std::uint64_t seed) {
  if (data.target.task == task_kind::number) return mr::model::k_fold(rows.size(), fold_count, seed);
  return mr::model::stratified_k_fold(labels_of(data, rows), fold_count, seed);
}

}  // namespace

/// In a line: its loss with the interval, or why it has none.
std::string in_words(const candidate_record& of, task_kind task) {
  const auto shown = [&](double loss) { return task == task_kind::number ? brief(loss) : fixed(loss, 4); };
  if (!of.compared()) return of.why_not;
  return std::string(task == task_kind::number ? "RMSE " : "log loss ") + shown(of.loss) + " (" +
         shown(of.within.lower) + " to " + shown(of.within.upper) + "), " + duration(of.seconds * 1e9) + ", " +
         of.shape;
}

/// Tries each family on the same folds of the training rows. `training` is how the last network was trained, if one
/// was. Ends the job where the budget left none to compare.
comparison_record try_candidates(const workbench& at, std::span<const family> families, const time_budget& limit,
                                 std::FILE* out, std::optional<training_record>& training) {
  const std::vector<std::size_t> rows =
      sample_rows(at.data.target, at.parts.train, most_fold_rows, fold_count, at.how.seed);
  const std::vector<mr::model::fold> folds = or_stop(folds_of(at.data, rows, at.how.seed), exit_code::unusable_target);
  comparison_record found;
  found.rows = rows.size();
  found.folds = folds.size();
  for (std::size_t i = 0; i < families.size(); ++i) {
    const family kind = families[i];
    // What the quick ones leave is for those after them; none can take it all.
    const time_budget share(limit.left() / static_cast<double>(families.size() - i));
    if (kind == family::network) std::fprintf(out, "          neural network, fold 1 of %zu\n", folds.size());
    candidate_record one = candidate_trial(at, kind, rows, folds, share, out).run(training);
    std::fprintf(out, "  %s  %s\n", left(title_of(kind, at.data.target.task), 19).c_str(),
                 in_words(one, at.data.target.task).c_str());
    std::fflush(out);
    found.candidates.push_back(std::move(one));
    const candidate_record& now = found.candidates.back();
    const candidate_record& best = found.winner();
    if (now.compared() && (!best.compared() || now.loss < best.loss)) found.best = found.candidates.size() - 1;
  }
  found.seconds = limit.spent();
  if (!found.winner().compared()) {
    const bool late = found.winner().why_not.starts_with("ran out");
    throw stop{late ? exit_code::out_of_budget : exit_code::training_failed,
               late ? "the budget of " + brief(limit.seconds()) +
                          " s ran out before any model was compared; give --budget more"
                    : "no model could be fitted: " + found.winner().why_not};
  }
  return found;
}

}  // namespace lifecycle

#include "outside_model.hpp"

#include "../data/target_cells.hpp"
#include "../format.hpp"

#include <millrace/model/formats/boosted_file.hpp>
#include <millrace/model/formats/category_words.hpp>
#include <millrace/model/matrix_view.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>
#include <utility>

namespace lifecycle {

namespace {

/// Whether an objective, as XGBoost or LightGBM spell it, is one of classes, of numbers, or neither for sure.
std::optional<bool> of_classes(std::string_view objective) {
  for (const std::string_view name : {"binary", "multi", "cross_entropy", "Logloss", "MultiClass"})
    if (objective.starts_with(name)) return true;
  for (const std::string_view name : {"reg:logistic", "rank", "lambdarank", "survival"})
    if (objective.starts_with(name)) return std::nullopt;
  for (const std::string_view name :
       {"reg", "count", "poisson", "gamma", "tweedie", "huber", "fair", "quantile", "mape"})
    if (objective.starts_with(name)) return false;
  return std::nullopt;
}

class boosted final : public outside_model {
 public:
  boosted(mr::model::boosted_model model, std::vector<mr::model::category_words> words, std::string_view library)
      : model_(std::move(model)), library_(library) {
    inputs_.resize(model_.inputs());
    for (std::size_t i = 0; i < model_.column_names().size(); ++i) inputs_[i].name = model_.column_names()[i];
    find_unused();
    for (std::size_t i = 0; i < inputs_.size(); ++i)
      if (model_.knows_categories(i)) inputs_[i].holds = outside_cell::word;
    for (mr::model::category_words& one : words) {
      if (one.column >= inputs_.size()) continue;
      inputs_[one.column].holds = outside_cell::word;
      for (std::size_t k = 0; k < one.words.size(); ++k) {
        words_.try_emplace({one.column, one.words[k]}, static_cast<double>(k));
        const parsed_cell number = parse_number(one.words[k]);
        if (number.kind != cell_kind::number) continue;
        const auto [at, is_new] = numbers_.try_emplace({one.column, shortest(number.number)}, static_cast<double>(k));
        if (!is_new) at->second = std::nan("");
      }
    }
    rows_.resize(most_rows * inputs_.size());
  }

  std::string title() const override {
    return std::string(library_) + "'s " + model_.objective() + ", " +
           (model_.weights().empty() ? counted(model_.trees().trees(), "tree")
                                     : counted(model_.weights().size(), "coefficient"));
  }
  const std::vector<outside_input>& inputs() const noexcept override { return inputs_; }
  std::optional<bool> answers_with_classes() const noexcept override { return of_classes(model_.objective()); }
  std::vector<std::string> class_names() const override { return {}; }
  double place_of(std::size_t input, std::string_view word) const override {
    const parsed_cell number = parse_number(word);
    const std::string spelled = number.kind == cell_kind::number ? shortest(number.number) : std::string(word);
    if (model_.knows_categories(input)) {
      const float known = model_.category(input, word);
      // The model keeps no list of words: one of which no split asks may be a number with a point, 3.0, but is no other
      // word, as 03 is not 3.
      return double{known < 0 && word.starts_with(spelled + '.') ? model_.category(input, spelled) : known};
    }
    if (const auto found = words_.find({input, std::string(word)}); found != words_.end()) return found->second;
    const auto found = numbers_.find({input, spelled});
    return found == numbers_.end() ? std::nan("") : found->second;
  }
  mr::result<void> prepare(std::size_t) override { return {}; }
  std::size_t outputs() const noexcept override { return model_.outputs(); }
  std::size_t batch() const noexcept override { return most_rows; }

  void predict(std::span<const outside_cells> columns, std::size_t first, std::size_t count,
               std::span<double> out) noexcept override {
    for (std::size_t j = 0; j < columns.size(); ++j)
      for (std::size_t i = 0; i < count; ++i)
        rows_[i * columns.size() + j] = static_cast<float>(columns[j].numbers[first + i]);
    model_.predict(mr::model::matrix_view(std::span(rows_).first(count * columns.size()), columns.size()), out);
  }

 private:
  static constexpr std::size_t most_rows = 1024;

  /// Columns that no tree asks for: whatever they hold, the model answers the same.
  void find_unused() {
    if (!model_.sums_trees()) return;
    std::vector<bool> used(inputs_.size(), false);
    const mr::model::tree_ensemble& trees = model_.trees();
    for (std::uint32_t i = 0; i < trees.nodes().size(); ++i)
      if (!trees.is_leaf(i)) used[trees.nodes()[i].column] = true;
    for (std::size_t i = 0; i < used.size(); ++i)
      if (!used[i]) inputs_[i].holds = outside_cell::unused;
  }

  mr::model::boosted_model model_;
  std::string_view library_;
  std::vector<outside_input> inputs_;
  std::map<std::pair<std::size_t, std::string>, double> words_;    // of an input: a word's place
  std::map<std::pair<std::size_t, std::string>, double> numbers_;  // by its number; NaN: several are of it
  std::vector<float> rows_;
};

}  // namespace

mr::result<outside_ptr> load_boosted_file(const std::string& path, std::span<const std::byte> bytes) {
  auto model = mr::model::read_boosted_model(bytes);
  if (!model) return std::move(model).error().wrap(path);
  auto words = mr::model::read_category_words(bytes);
  if (!words) return std::move(words).error().wrap(path);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const std::string_view library = text.starts_with("tree")                      ? "LightGBM"
                                   : text.starts_with("MRAG")                    ? "millrace"
                                   : mr::model::detail::begins_as_catboost(text) ? "CatBoost"
                                                                                 : "XGBoost";
  return outside_ptr(std::make_unique<boosted>(*std::move(model), *std::move(words), library));
}

}  // namespace lifecycle

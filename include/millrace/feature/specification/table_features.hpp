#ifndef MILLRACE_FEATURE_SPECIFICATION_TABLE_FEATURES_HPP
#define MILLRACE_FEATURE_SPECIFICATION_TABLE_FEATURES_HPP

#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/feature/detail/diagnosis.hpp>
#include <millrace/feature/fwd.hpp>
#include <millrace/feature/policies.hpp>
#include <millrace/feature/specification/cell.hpp>
#include <millrace/feature/specification/detail/making.hpp>
#include <millrace/feature/specification/detail/named_transform.hpp>
#include <millrace/feature/specification/detail/table_cells.hpp>
#include <millrace/feature/specification/specification.hpp>
#include <millrace/feature/tables/table.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace feature {

/// From a row whose columns are known by name to a row of features: the transforms of `features<Event>(...)`, as a list
/// of specifications that may come from a file. The columns of its aggregations are made by `table_history` before.
///
///     auto made = mf::table_features::make({{.name = "amount_z", .type = "standardize", .sources = {"amount"}},
///                                           {.name = "country", .type = "one_hot"}}, history);
///     if (!made) return std::move(made).error();
///     if (auto done = made->fit(history); !done) return std::move(done).error();
///     std::vector<float> rows(history.rows() * made->width());
///     auto done = (*made)(history, rows);                                   // a table
///     auto refused = (*made)({{{"amount", 12.5}, {"country", "DE"}}}, row);  // one row, as it comes while serving
///
/// Shapes: as of `features<Event>`; a cell of kind number reads like a double, categories and texts like a string,
/// times like a time_point of nanoseconds. `width` is known once `fitted` is: a `one_hot` that learns its categories
/// has no columns before. Guarantee: the same bits as `features<Event>` of the same transforms gives, as both run the
/// same kernels; the same alone, in any batch, and after saving and loading. Complexity: one pass over the rows, both
/// to fit and to transform; a column is found by its name once a row, or once 32 rows of a table. Allocates: to make,
/// fit, save, load and copy; never to transform, except for the text of an error. Threads: const calls from any number.
/// Moved from, it may only be assigned to or destroyed.
class table_features {
 public:
  /// Makes the features of a list, for rows that have such columns.
  /// Errors: invalid_argument, naming the feature: no such type, with those that there are; no such column, with those
  /// that there are; a column of another kind than the transform reads; a parameter that is unknown, missing or
  /// impossible; a rule that never applies; two features of one name; no feature.
  template <class Columns>
  static result<table_features> make(const std::vector<specification>& list, const Columns& columns);

  /// How many columns a row has, and how many transforms there are.
  std::size_t width() const noexcept { return width_; }
  std::size_t size() const noexcept { return transforms_.size(); }
  /// The specifications, transform by transform: `text` is two.
  const std::vector<specification>& specifications() const noexcept { return list_; }
  /// The same with all that was fitted as parameters, and with the usual words: `make` of these needs no `fit`, and
  /// gives the same bits. For others who compute the features, such as graphs of ONNX. Precondition: fitted().
  std::vector<specification> fitted_specifications() const;
  /// The columns that it reads.
  const std::vector<declared_column>& inputs() const noexcept { return inputs_; }
  /// The name of a column, as those of `features<Event>`. Precondition: column < width().
  std::string name(std::size_t column) const {
    std::string text;
    for (const auto& one : transforms_) {
      if (column < one->width()) return one->append_name(text, column), text;
      column -= one->width();
    }
    return text;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> made(width_);
    for (std::size_t i = 0; i < width_; ++i) made[i] = name(i);
    return made;
  }
  /// The transform that a column belongs to: its place in `specifications()`. Precondition: column < width().
  std::size_t transform_of(std::size_t column) const noexcept {
    std::size_t transform = 0;
    for (; column >= transforms_[transform]->width(); ++transform) column -= transforms_[transform]->width();
    return transform;
  }
  /// What the transforms are, in their order: `standardize`, whatever word was used for it.
  std::vector<std::string_view> kinds() const {
    std::vector<std::string_view> made;
    for (const auto& one : transforms_) made.push_back(one->kind());
    return made;
  }
  /// What decides the meaning of the columns: `amount_z: standardize of amount, missing flag; ...`.
  std::string schema() const;

  /// Whether every transform that learns from data has done so, or was given its numbers.
  bool fitted() const noexcept {
    for (const auto& one : transforms_)
      if (!one->ready()) return false;
    return !transforms_.empty();
  }
  /// What the transforms learn from rows; made by `learn`.
  class learner {
   public:
    /// Errors: type_mismatch: the table lacks a column, or has it of another kind; the message lists both sides.
    template <detail::table_like Table>
    result<void> update(const Table& rows);
    /// Takes a row. A cell that is not there is missing; one of another kind is left out.
    void update(std::span<const named_cell> row);
    /// Adds what another learner has seen, of rows that came elsewhere. The result is that of one pass over all rows,
    /// up to rounding of sums and the stated error of quantiles.
    /// Errors: type_mismatch: it was made by features of another schema.
    template <class Learner>
    result<void> merge(const Learner& other);
    /// How many rows there were.
    std::size_t count() const noexcept { return count_; }

   private:
    friend table_features;
    struct part {
      detail::cloned<detail::named_fitter> fitter;  // null if there is nothing to fit
      std::vector<std::size_t> inputs;
    };
    std::vector<part> parts_;
    std::vector<declared_column> inputs_;
    std::string schema_;
    std::size_t count_ = 0;
  };
  /// Begins to learn from rows that come one by one, or table by table. The features do not change until `fit`.
  learner learn() const;

  /// Learns what the transforms need, in one pass.
  /// Errors: those of `learner::update`; invalid_argument: no row; invalid_data, with the feature's name: no value to
  /// learn from, or more categories than allowed. After an error the features are as they were.
  template <detail::table_like Table>
  result<void> fit(const Table& rows) {
    learner seen = learn();
    if (auto done = seen.update(rows); !done) return done;
    return fit(seen);
  }
  /// The same from what was learnt. Errors besides: type_mismatch: the learner is of features of another schema.
  template <class Learner>
  requires requires(const Learner& seen) { seen.count(); }
  result<void> fit(const Learner& seen);

  /// Writes the rows of a table, row after row. `met`: the troubles, transform by transform; nothing, or size() long.
  /// Errors: type_mismatch: the table lacks a column, or has it of another kind: the message lists both sides;
  /// shape_mismatch: `out` is not rows * width() long, or `met` not size(); invalid_argument: not fitted; invalid_data:
  /// a rule refused a row: the message names row and feature. Rows before that are written.
  template <detail::table_like Table>
  result<void> operator()(const Table& rows, std::span<float> out, std::span<trouble_counts> met = {}) const {
    if (out.size() != rows.rows() * width_) return wrong_room(out.size(), rows.rows());
    return batch(rows, 0, rows.rows(), out, met);
  }
  /// Writes one row of a table. Errors: the same. Precondition: row < rows.rows().
  template <detail::table_like Table>
  result<void> operator()(const Table& rows, std::size_t row, std::span<float> out,
                          std::span<trouble_counts> met = {}) const {
    if (out.size() != width_) return wrong_room(out.size(), 1);
    return batch(rows, row, 1, out, met);
  }
  /// Whether a row has a cell, which may be missing, for each column that the features read. A row is written without
  /// that, so that a service asks once, about its first row: a cell whose name is misspelt is not there, and so missing
  /// in every row. Allocates: where it compares names. Errors: not_found: each column without a cell (eight of them at
  /// most), and the name that is nearest to it.
  result<void> check_names(std::span<const named_cell> row) const { return detail::checked_names(row, inputs_); }
  /// Writes a row of named cells, in any order; those in the order of `inputs()` are found at once. Of several cells of
  /// one name that one counts which stands in its place in that order, else the first. A cell that is not there is
  /// missing; one of another kind than the transform reads is `mistyped`, which refuses the row unless a rule
  /// says otherwise. Returns the refusal, which is false if there is none; else the row is not to be used.
  /// Precondition: fitted(), out.size() >= width(), met.size() == size() unless it is empty.
  refusal operator()(std::span<const named_cell> row, std::span<float> out,
                     std::span<trouble_counts> met = {}) const noexcept;

  /// The specifications, the columns that they read, and what was fitted: all that `load` needs.
  std::vector<std::byte> save() const;
  /// Errors: those of an envelope; corrupt: the specifications or the numbers are impossible.
  template <class = void>
  static result<table_features> load(std::span<const std::byte> bytes);

 private:
  void count_width() noexcept {
    width_ = 0;
    for (const auto& one : transforms_) width_ += one->width();
  }
  template <class = void>
  error wrong_room(std::size_t size, std::size_t rows) const {
    return error(errc::shape_mismatch, "features: " + std::to_string(size) + " numbers for " + std::to_string(rows) +
                                           " rows of " + std::to_string(width_));
  }
  template <detail::table_like Table>
  result<void> batch(const Table& rows, std::size_t first, std::size_t count, std::span<float> out,
                     std::span<trouble_counts> met) const;

  std::vector<specification> list_;
  std::vector<declared_column> inputs_;
  std::vector<detail::cloned<detail::named_transform>> transforms_;
  std::size_t width_ = 0;
};

template <class Columns>
result<table_features> table_features::make(const std::vector<specification>& list, const Columns& columns) {
  table_features made;
  made.list_ = detail::expanded(list);
  if (made.list_.empty()) return error(errc::invalid_argument, "features: there is no specification");
  const detail::transform_maker<Columns> maker(columns, made.inputs_);
  for (std::size_t i = 0; i < made.list_.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j)
      if (made.list_[j].name == made.list_[i].name)
        return error(errc::invalid_argument,
                     "feature \"" + detail::printable(made.list_[i].name) + "\": two features have this name");
    auto one = maker.make(made.list_[i]);
    if (!one) return std::move(one).error();
    made.transforms_.push_back(std::move(*one));
  }
  made.count_width();
  return made;
}

inline std::string table_features::schema() const {
  std::string text;
  for (const auto& one : transforms_) {
    if (!text.empty()) text += "; ";
    (text += one->name) += ": ";
    one->describe(text);
    for (std::size_t k = 0; k < one->inputs.size(); ++k)
      (text += k == 0 ? " of " : " and ") += inputs_[one->inputs[k]].name;
  }
  return text;
}

inline std::vector<specification> table_features::fitted_specifications() const {
  std::vector<specification> made = list_;
  for (std::size_t i = 0; i < made.size(); ++i) {
    const detail::named_transform& one = *transforms_[i];
    made[i].type = one.kind();
    one.tell(made[i].parameters);
    if (made[i].type == "aggregation") continue;  // its sources are those of `table_history`
    made[i].sources.clear();
    for (const std::size_t input : one.inputs) made[i].sources.push_back(inputs_[input].name);
  }
  return made;
}

inline table_features::learner table_features::learn() const {
  learner made;
  made.inputs_ = inputs_;
  made.schema_ = schema();
  for (const auto& one : transforms_)
    made.parts_.push_back({detail::cloned<detail::named_fitter>(one->begin()), one->inputs});
  return made;
}
template <detail::table_like Table>
result<void> table_features::learner::update(const Table& rows) {
  if (auto possible = detail::checked_inputs(rows, inputs_); !possible) return possible;
  for (std::size_t first = 0; first < rows.rows(); first += detail::rows_at_once) {
    const std::size_t left = rows.rows() - first;
    const std::size_t now = left < detail::rows_at_once ? left : detail::rows_at_once;
    for (part& one : parts_)
      if (one.fitter) one.fitter->learn(detail::gathered_cells(rows, inputs_, one.inputs, first, now).view, now);
  }
  count_ += rows.rows();
  return {};
}
inline void table_features::learner::update(std::span<const named_cell> row) {
  for (part& one : parts_)
    if (one.fitter) one.fitter->learn(detail::found_cells(row, inputs_, one.inputs).view, 1);
  ++count_;
}
template <class Learner>
result<void> table_features::learner::merge(const Learner& other) {
  if (other.schema_ != schema_)
    return error(errc::type_mismatch, "a learner of [" + detail::printable(other.schema_) +
                                          "] cannot be merged into one of [" + detail::printable(schema_) + ']');
  for (std::size_t i = 0; i < parts_.size(); ++i)
    if (parts_[i].fitter) parts_[i].fitter->merge(*other.parts_[i].fitter);
  count_ += other.count_;
  return {};
}

template <class Learner>
requires requires(const Learner& seen) { seen.count(); }
result<void> table_features::fit(const Learner& seen) {
  if (seen.count_ == 0) return error(errc::invalid_argument, "features: there is no row to fit them on");
  auto made = transforms_;
  if (seen.parts_.size() != made.size())
    return error(errc::type_mismatch, "features: what was learnt is for other features");
  for (std::size_t i = 0; i < made.size(); ++i) {
    if (!seen.parts_[i].fitter) continue;
    if (const char* const wrong = made[i]->fit(*seen.parts_[i].fitter); wrong != nullptr)
      return error(errc::invalid_data, "feature \"" + detail::printable(made[i]->name) + "\": " + wrong + " among " +
                                           std::to_string(seen.count_) + " rows");
  }
  transforms_ = std::move(made);
  count_width();
  return {};
}

template <detail::table_like Table>
result<void> table_features::batch(const Table& rows, std::size_t first, std::size_t count, std::span<float> out,
                                   std::span<trouble_counts> met) const {
  if (!met.empty() && met.size() != size())
    return error(errc::shape_mismatch, "features: counts of troubles for " + std::to_string(met.size()) +
                                           " transforms, there are " + std::to_string(size()));
  if (!fitted()) return error(errc::invalid_argument, "features: not fitted; call fit or load first");
  if (auto possible = detail::checked_inputs(rows, inputs_); !possible) return possible;
  for (std::size_t done = 0; done < count; done += detail::rows_at_once) {
    const std::size_t now = count - done < detail::rows_at_once ? count - done : detail::rows_at_once;
    float* to = out.data() + done * width_;
    detail::refused_row refused;
    for (std::size_t i = 0; i < size(); ++i) {
      const detail::gathered_cells cells(rows, inputs_, transforms_[i]->inputs, first + done, now);
      transforms_[i]->write(cells.view, first + done, now, to, width_, met.empty() ? nullptr : &met[i], refused);
      to += transforms_[i]->width();
    }
    if (refused.what) [[unlikely]] {
      const std::size_t line = rows.line(refused.row);
      return error(errc::invalid_data, "features: row " + std::to_string(refused.row) +
                                           (line != 0 ? " (line " + std::to_string(line) + ")" : "") + ", column \"" +
                                           std::string(refused.what.column) + "\": the value is " +
                                           std::string(to_string(refused.what.why)));
    }
  }
  return {};
}

inline refusal table_features::operator()(std::span<const named_cell> row, std::span<float> out,
                                          std::span<trouble_counts> met) const noexcept {
  detail::refused_row refused;
  float* to = out.data();
  for (std::size_t i = 0; i < transforms_.size(); ++i) {
    const detail::found_cells cells(row, inputs_, transforms_[i]->inputs);
    transforms_[i]->write(cells.view, 0, 1, to, width_, met.empty() ? nullptr : &met[i], refused);
    to += transforms_[i]->width();
  }
  return refused.what;
}

inline std::vector<std::byte> table_features::save() const {
  envelope_writer to("table features");
  detail::save_list(to, list_, inputs_);
  for (const auto& one : transforms_) one->save(to);
  return std::move(to).finish();
}
template <class>
result<table_features> table_features::load(std::span<const std::byte> bytes) {
  auto from = envelope_reader::open(bytes, "table features");
  if (!from) return std::move(from).error();
  auto made =
      detail::load_made<table_features>("table features", *from, [](table_features& loaded, envelope_reader& rest) {
        for (const auto& one : loaded.transforms_)
          if (!one->load(rest)) return false;
        return true;
      });
  if (made) made->count_width();
  return made;
}

}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_SPECIFICATION_TABLE_FEATURES_HPP

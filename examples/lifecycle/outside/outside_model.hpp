#ifndef MILLRACE_EXAMPLES_LIFECYCLE_OUTSIDE_OUTSIDE_MODEL_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_OUTSIDE_OUTSIDE_MODEL_HPP

#include "../data/table.hpp"

#include <millrace/core/error.hpp>
#include <millrace/core/result.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Models that were trained elsewhere, read from their files, whatever the format.
namespace lifecycle {

/// What a model reads of a row in one place: a number, a whole one, a text, a word that a number stands for, or
/// nothing, where it was trained with a column that it does not use.
enum class outside_cell : std::uint8_t { number, whole, text, word, unused };

struct outside_input {
  std::string name;  // empty: known by its place alone
  outside_cell holds = outside_cell::number;
  double largest = 9007199254740992.0;  // of whole numbers: 2^53
};

/// The cells of a column, as a model reads them: numbers, of which a missing one is NaN, or texts.
struct outside_cells {
  std::vector<double> numbers;
  std::vector<std::string_view> texts;
};

/// A model from elsewhere.
/// Threads: one at a time.
class outside_model {
 public:
  virtual ~outside_model() = default;

  /// "XGBoost's binary:logistic, 100 trees".
  virtual std::string title() const = 0;
  /// What it reads. Empty where its file does not say how many columns there are: then it takes a table's.
  virtual const std::vector<outside_input>& inputs() const noexcept = 0;
  /// Whether it answers with classes or numbers, where its file says so.
  virtual std::optional<bool> answers_with_classes() const noexcept = 0;
  /// The classes that its outputs are of; empty where its file does not name them.
  virtual std::vector<std::string> class_names() const = 0;

  /// The number that stands for a word in an input, the empty one for a missing cell; NaN for one that the model does
  /// not know.
  virtual double place_of(std::size_t, std::string_view) const { return std::numeric_limits<double>::quiet_NaN(); }

  /// Whether the model has this word in an input: as a category that it was trained with.
  virtual bool knows(std::size_t input, std::string_view word) const { return place_of(input, word) >= 0; }

  /// Gets ready for rows of so many columns. Errors: errc::unsupported, errc::shape_mismatch.
  virtual mr::result<void> prepare(std::size_t columns) = 0;
  /// Numbers for each row; known when it is prepared, as is how many rows it takes at a time.
  virtual std::size_t outputs() const noexcept = 0;
  virtual std::size_t batch() const noexcept = 0;
  /// Answers for `count` rows from `first` on, at most batch(), or one: row after row. Allocates: never.
  virtual void predict(std::span<const outside_cells> columns, std::size_t first, std::size_t count,
                       std::span<double> out) noexcept = 0;
};

using outside_ptr = std::unique_ptr<outside_model>;

/// Reads a model's file, whatever it is: ONNX, TensorFlow Lite, or one of boosted trees (XGBoost, LightGBM,
/// CatBoost, or one that `boosted_model` saved). Errors: those of files; errc::unsupported, for a file of another kind,
/// by its name where it is known; those of the reader.
mr::result<outside_ptr> load_outside_model(const std::string& path);

/// The kinds of files, each read in a source file of its own.
mr::result<outside_ptr> load_boosted_file(const std::string& path, std::span<const std::byte> bytes);
mr::result<outside_ptr> load_onnx_file(const std::string& path);
mr::result<outside_ptr> read_onnx_bytes(std::span<const std::byte> bytes);
mr::result<outside_ptr> load_tflite_file(const std::string& path);

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_OUTSIDE_OUTSIDE_MODEL_HPP

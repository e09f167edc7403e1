#ifndef MILLRACE_FEATURE_SPECIFICATION_DETAIL_NAMED_TRANSFORM_HPP
#define MILLRACE_FEATURE_SPECIFICATION_DETAIL_NAMED_TRANSFORM_HPP

#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/feature/detail/cells.hpp>
#include <millrace/feature/detail/transform.hpp>
#include <millrace/feature/fwd.hpp>
#include <millrace/feature/policies.hpp>
#include <millrace/feature/specification/cell.hpp>
#include <millrace/feature/specification/specification.hpp>
#include <millrace/feature/transforms/categories.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace feature {
namespace detail {

/// A transform reads at most so many columns.
inline constexpr std::size_t most_sources = 3;
/// So many rows are handed to a transform at once.
inline constexpr std::size_t rows_at_once = 32;

/// The cells of a few rows: those of source k begin at each[k].
struct source_cells {
  const cell* each[most_sources]{};
  std::size_t sources = 0;
};

// ---- named cells into what kernels take

/// What a kernel takes, as a table's columns are asked for it.
enum class reads_what : std::uint8_t { numbers, categories, texts, times, anything };

template <class Cell>
struct cell_reader {  // of number_cell, category_cell, text_cell
  static constexpr reads_what what = std::is_same_v<Cell, number_cell>     ? reads_what::numbers
                                     : std::is_same_v<Cell, category_cell> ? reads_what::categories
                                                                           : reads_what::texts;
  static trouble read(Cell& to, const cell& from) noexcept {
    if (from.what() == cell::form::missing) return trouble::missing;
    if constexpr (what == reads_what::numbers)
      return from.what() == cell::form::number ? to.read(from.number()) : trouble::mistyped;
    else
      return from.what() == cell::form::text ? to.read(from.text()) : trouble::mistyped;
  }
  static trouble read(Cell& to, const source_cells& from, std::size_t row) noexcept {
    return read(to, from.each[0][row]);
  }
};
template <>
struct cell_reader<time_cell> {
  static constexpr reads_what what = reads_what::times;
  static trouble read(time_cell& to, const source_cells& from, std::size_t row) noexcept {
    const cell& one = from.each[0][row];
    if (one.what() == cell::form::missing) return trouble::missing;
    return one.what() == cell::form::time ? to.read_nanoseconds(one.nanoseconds()) : trouble::mistyped;
  }
};
template <>
struct cell_reader<presence_cell> {
  static constexpr reads_what what = reads_what::anything;
  static trouble read(presence_cell& to, const source_cells& from, std::size_t row) noexcept {
    const cell& one = from.each[0][row];
    if (one.what() == cell::form::text) return to.read(one.text());
    return one.what() == cell::form::missing ? trouble::missing : trouble::none;
  }
};
template <>
struct cell_reader<cross_cell> {
  static constexpr reads_what what = reads_what::categories;
  static trouble read(cross_cell& to, const source_cells& from, std::size_t row) noexcept {
    crossed all;
    for (std::size_t k = from.sources; k-- > 0;) {
      category_cell one;
      const trouble met = cell_reader<category_cell>::read(one, from.each[k][row]);
      if (met == trouble::mistyped) return met;
      const crossed this_one = crossed::of(one, met);
      all = k + 1 == from.sources ? this_one : this_one.with(all);
    }
    return to.read(all);
  }
};

// ---- policies that are given at run time

/// As `policy`, and besides what is done about mistyped cells.
struct given_policy {
  static constexpr trouble each[5] = {trouble::missing, trouble::not_finite, trouble::outside, trouble::unknown,
                                      trouble::mistyped};
  reaction reactions[5] = {usual(each[0]), usual(each[1]), usual(each[2]), usual(each[3]), usual(each[4])};
  float values[5]{};
  std::size_t width = 0;

  static constexpr reaction usual(trouble what) noexcept {
    return what == trouble::not_finite ? reaction::as_missing
           : what == trouble::mistyped ? reaction::refuse
                                       : reaction::keep;
  }
  void set(trouble what, reaction then, float value) noexcept {
    reactions[index(what)] = then;
    values[index(what)] = value;
    width += flags(what) ? 1U : 0U;
  }
  constexpr reaction to(trouble what) const noexcept {
    return what == trouble::none ? reaction::keep : reactions[index(what)];
  }
  float value(trouble what) const noexcept { return values[index(what)]; }
  constexpr bool flags(trouble what) const noexcept {
    return to(what) == reaction::flag || to(what) == reaction::fill_and_flag;
  }
  std::size_t place(trouble what) const noexcept {
    std::size_t before = 0;
    for (const trouble other : each)
      if (other < what && flags(other)) ++before;
    return before;
  }

 private:
  static constexpr std::size_t index(trouble what) noexcept { return static_cast<std::size_t>(what) - 1; }
};

/// Replaces parameters by those of a kernel, which say all, what was fitted among them, if it has any.
template <class Kernel>
void tell_parameters(const Kernel& kernel, std::vector<parameter>& to) {
  const auto give = [&to]<class Value>(std::string_view name, Value value) {
    to.emplace_back(std::string(name), std::move(value));
  };
  if constexpr (requires { kernel.parameters(give); }) {
    to.clear();
    kernel.parameters(give);
  }
}

// ---- transforms whose kernel is known at run time

/// What one transform learns from rows.
class named_fitter {
 public:
  named_fitter() = default;
  named_fitter(const named_fitter&) = default;
  named_fitter& operator=(const named_fitter&) = delete;
  virtual ~named_fitter() = default;
  virtual named_fitter* clone() const = 0;
  virtual void learn(const source_cells& from, std::size_t rows) = 0;
  /// Precondition: the other is a fitter of an equal transform.
  virtual void merge(const named_fitter& other) = 0;
};
template <class Cell, class Fitter>
class fitter_of_cells final : public named_fitter {
 public:
  explicit fitter_of_cells(Fitter fitter) : fitter_(std::move(fitter)) {}
  named_fitter* clone() const override { return new fitter_of_cells(*this); }
  void learn(const source_cells& from, std::size_t rows) override {
    for (std::size_t row = 0; row < rows; ++row) {
      Cell one;
      if (cell_reader<Cell>::read(one, from, row) == trouble::none) fitter_.update(one);
    }
  }
  void merge(const named_fitter& other) override { fitter_.merge(static_cast<const fitter_of_cells&>(other).fitter_); }
  const Fitter& fitter() const noexcept { return fitter_; }

 private:
  Fitter fitter_;
};

/// The first row that a rule refused, and why.
struct refused_row {
  std::size_t row = static_cast<std::size_t>(-1);
  refusal what;
};

class named_transform {
 public:
  named_transform() = default;
  named_transform(const named_transform&) = default;
  named_transform& operator=(const named_transform&) = delete;
  virtual ~named_transform() = default;
  virtual named_transform* clone() const = 0;
  virtual std::string_view kind() const noexcept = 0;
  virtual reads_what reads() const noexcept = 0;
  virtual trouble_set meets() const noexcept = 0;
  virtual std::size_t width() const noexcept = 0;
  virtual void append_name(std::string& text, std::size_t i) const = 0;
  virtual void describe(std::string& text) const = 0;
  virtual bool ready() const noexcept = 0;
  /// Writes rows first, first + 1, ..., whose cells these are; out: the first one's columns, a row ends after `stride`.
  virtual void write(const source_cells& from, std::size_t first, std::size_t rows, float* out, std::size_t stride,
                     trouble_counts* counts, refused_row& refused) const noexcept = 0;
  /// Null if there is nothing to fit.
  virtual owning_pointer<named_fitter> begin() const = 0;
  /// Returns null, or what is wrong.
  virtual const char* fit(const named_fitter& seen) = 0;
  /// Replaces parameters by those that say all, what was fitted among them, if there are any.
  virtual void tell(std::vector<parameter>& to) const = 0;
  virtual void save(envelope_writer& to) const = 0;
  virtual bool load(envelope_reader& from) = 0;

  std::string name;
  std::vector<std::size_t> inputs;  // the places of its sources among the set's inputs
};

template <class Kernel>
class transform_of final : public named_transform {
 public:
  transform_of(Kernel kernel, const given_policy& how) : kernel_(std::move(kernel)), how_(how) {}

  named_transform* clone() const override { return new transform_of(*this); }
  std::string_view kind() const noexcept override { return Kernel::kind; }
  reads_what reads() const noexcept override { return cell_reader<cell_type>::what; }
  trouble_set meets() const noexcept override {
    const trouble_set typed = reads() == reads_what::anything ? 0 : bit_of(trouble::mistyped);
    return Kernel::meets | typed;
  }
  std::size_t width() const noexcept override { return kernel_.width + how_.width; }
  void append_name(std::string& text, std::size_t i) const override { append_suffix(text += name, kernel_, how_, i); }
  void describe(std::string& text) const override {
    text += Kernel::kind;
    kernel_.describe(text);
    append_rules(text, how_);
  }
  bool ready() const noexcept override {
    if constexpr (requires { kernel_.ready(); })
      return kernel_.ready();
    else
      return true;
  }
  void write(const source_cells& from, std::size_t first, std::size_t rows, float* out, std::size_t stride,
             trouble_counts* counts, refused_row& refused) const noexcept override {
    for (std::size_t row = 0; row < rows; ++row, out += stride) {
      cell_type one;
      const trouble found = cell_reader<cell_type>::read(one, from, row);
      refusal met;
      write_columns(kernel_, how_, name, one, found, out, counts, met);
      if (met && first + row < refused.row) [[unlikely]]
        refused = {first + row, met};
    }
  }
  owning_pointer<named_fitter> begin() const override {
    if constexpr (is_fitted<Kernel>)
      return owning_pointer<named_fitter>(new fitter_type(fitter_for(kernel_)));
    else
      return {};
  }
  const char* fit([[maybe_unused]] const named_fitter& seen) override {
    if constexpr (is_fitted<Kernel>)
      return kernel_.fit(static_cast<const fitter_type&>(seen).fitter());
    else
      return nullptr;
  }
  void tell(std::vector<parameter>& to) const override { tell_parameters(kernel_, to); }
  void save(envelope_writer& to) const override { kernel_.save(to); }
  bool load(envelope_reader& from) override { return kernel_.load(from); }

 private:
  using cell_type = typename Kernel::cell;
  using fitter_type = fitter_of_cells<cell_type, fitter_of<Kernel>>;

  Kernel kernel_;
  given_policy how_;
};

/// Owns one that is copied with its owner: T has `clone`.
template <class T>
class cloned : public owning_pointer<T> {
 public:
  cloned() noexcept = default;
  explicit cloned(owning_pointer<T> from) noexcept : owning_pointer<T>(std::move(from)) {}
  cloned(const cloned& other) : owning_pointer<T>(other ? other->clone() : nullptr) {}
  cloned(cloned&&) noexcept = default;
  cloned& operator=(const cloned& other) { return *this = cloned(other); }
  cloned& operator=(cloned&&) noexcept = default;
  ~cloned() = default;
};

}  // namespace detail
}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_SPECIFICATION_DETAIL_NAMED_TRANSFORM_HPP

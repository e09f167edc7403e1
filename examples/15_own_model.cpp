// A model of your own inside a pipeline: no base class, nothing to register.
#include <millrace/feature.hpp>
#include <millrace/model/calibration.hpp>
#include <millrace/model/pipeline.hpp>

#include <cstddef>
#include <cstdio>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace mf = millrace::feature;
namespace mm = millrace::model;

// [own]
struct house_options {
  float limit = 1000;
};

/// The share of ones among all training rows, and a rule of the house on top: what mm::trainer asks of a model.
class house_rule {
 public:
  using options_type = house_options;
  static mr::result<house_rule> fit(const mm::matrix_view& rows, std::span<const float> targets,
                                    const options_type& with = {}, std::span<const float> = {}) {
    if (targets.empty()) return mr::error(mr::errc::invalid_argument, "house rule: no rows");
    double ones = 0;
    for (const float target : targets) ones += static_cast<double>(target);
    return house_rule(rows.columns(), with.limit, ones / static_cast<double>(targets.size()));
  }
  std::size_t inputs() const noexcept { return inputs_; }
  static constexpr std::size_t outputs() noexcept { return 1; }
  void predict(std::span<const float> row, std::span<double> out) const noexcept {
    out[0] = row[0] > limit_ ? 1 : base_;
  }
  void predict(const mm::matrix_view& rows, std::span<double> out) const noexcept {
    for (std::size_t i = 0; i < rows.rows(); ++i) predict(rows.row(i), out.subspan(i, 1));
  }
  std::vector<std::byte> save() const {
    mr::envelope_writer to("house_rule");
    to.u64(inputs_);
    to.f64(static_cast<double>(limit_));
    to.f64(base_);
    return std::move(to).finish();
  }
  static mr::result<house_rule> load(std::span<const std::byte> bytes) {
    auto from = mr::envelope_reader::open(bytes, "house_rule");
    if (!from) return std::move(from).error();
    const auto inputs = static_cast<std::size_t>(from->u64());
    const auto limit = static_cast<float>(from->f64());
    house_rule made(inputs, limit, from->f64());
    if (auto done = from->finish(made.base_ >= 0 && made.base_ <= 1); !done) return std::move(done).error();
    return made;
  }

 private:
  house_rule(std::size_t inputs, float limit, double base) : inputs_(inputs), limit_(limit), base_(base) {}

  std::size_t inputs_;
  float limit_;
  double base_;
};
static_assert(mm::trainer<house_rule> && mm::saved_as_bytes<house_rule>);
// [/own]

struct payment {
  double amount;
  bool is_fraud;
};

int main() {
  // [use]
  const auto recipe = mm::pipeline_of(mf::features<payment>(mf::numerical<"amount">(&payment::amount)),
                                      mm::trained_by<house_rule>({.limit = 500}));
  const std::vector<payment> past{{20, false}, {30, true}, {40, false}, {900, true}};
  const auto fitted = recipe.fit(past, &payment::is_fraud);
  if (!fitted) return std::fprintf(stderr, "%s\n", fitted.error().describe().c_str()), 1;
  const auto loaded = recipe.load(fitted->save());
  // [/use]
  if (!loaded) return std::fprintf(stderr, "%s\n", loaded.error().describe().c_str()), 1;
  std::printf("%.2f %.2f\n", (*loaded)({30, false}), (*loaded)({700, false}));
  return (*loaded)({30, false}) == 0.5 && (*loaded)({700, false}) == 1 ? 0 : 1;
}

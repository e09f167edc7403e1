#include <millrace/model/network/mlp.hpp>

#include <millrace/train/network.hpp>

#include <laws/predictor.hpp>
#include <support/catch.hpp>
#include <support/fitted_models.hpp>
#include <support/golden.hpp>
#include <support/made_rows.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace mr = millrace;
namespace detail = mr::model::detail;
using mr::model::activation;
using mr::model::matrix_view;
using mr::model::mlp;
using mr::model::mlp_layer;
using mr::model::mlp_options;

static_assert(mr::model::trainer<mlp<>> && mr::model::trainer<mlp<mr::model::softmax_loss>>);

namespace {

std::vector<detail::lane_cpu> lane_cpus() {
  std::vector<detail::lane_cpu> found{detail::lane_cpu::plain};
  if (detail::best_lane_cpu() != detail::lane_cpu::plain) found.push_back(detail::lane_cpu::avx2);
  if (detail::best_lane_cpu() == detail::lane_cpu::avx512) found.push_back(detail::lane_cpu::avx512);
  return found;
}

/// Random weights of the shapes, and layers that point to them.
struct made_layers {
  std::vector<std::vector<float>> numbers;
  std::vector<mlp_layer> layers;

  made_layers(const std::vector<std::size_t>& widths, activation hidden, activation last = activation::identity) {
    mr::random_engine random(11);
    for (std::size_t l = 1; l < widths.size(); ++l)
      for (const std::size_t size : {widths[l - 1] * widths[l], widths[l]}) {
        auto& made = numbers.emplace_back(size);
        for (float& x : made) x = static_cast<float>(random.normal() / std::sqrt(static_cast<double>(widths[l - 1])));
      }
    for (std::size_t l = 1; l < widths.size(); ++l)
      layers.push_back({numbers[2 * l - 2], numbers[2 * l - 1], l + 1 < widths.size() ? hidden : last});
  }
};

double log_loss(const mlp<>& model, const support::made_rows& data) {
  std::vector<double> p(data.rows());
  model.predict(data.view(), p);
  double sum = 0;
  for (std::size_t i = 0; i < p.size(); ++i) sum -= std::log(data.targets[i] == 1 ? p[i] : 1 - p[i]);
  return sum / static_cast<double>(p.size());
}

std::vector<float> random_rows(std::size_t rows, std::size_t columns) {
  mr::random_engine random(21);
  std::vector<float> made(rows * columns);
  for (float& x : made) x = static_cast<float>(random.normal());
  return made;
}

}  // namespace

TEST_CASE("the guide's network") {
  const auto data = support::make_rows(2000, 4, 1, support::two_classes);
  const auto& labels = data.targets;
  const auto rows = data.view();
  // [mlp]
  const auto fitted =
      mr::model::mlp<>::fit(rows, labels, {.hidden = {32, 16}, .epochs = 100, .rate = 3e-3, .patience = 8});
  if (!fitted) throw std::runtime_error(fitted.error().describe());  // names the row, column or option at fault
  const double probability = (*fitted)(rows.row(0));
  std::vector<double> probabilities(rows.rows());
  fitted->predict(rows, probabilities);  // the same bits, row by row and in any batch
  // [/mlp]
  CHECK(probability == probabilities[0]);
  CHECK(log_loss(*fitted, data) < 0.25);  // a linear model comes to 0.6
}

TEST_CASE("a network computes what its formula says, for many shapes, alone and in batches, on every set of lanes") {
  const std::vector<std::vector<std::size_t>> shapes = {
      {1, 1}, {3, 2}, {30, 64, 32, 1}, {5, 7}, {17, 33, 3}, {2, 1, 65, 5}, {16, 16, 16}, {100, 48, 4}, {31, 96, 17, 2}};
  for (const auto& widths : shapes)
    for (const activation function : {activation::relu, activation::tanh, activation::gelu}) {
      const made_layers made(widths, function, activation::sigmoid);
      const auto layers = detail::layers_of(widths.front(), made.layers, widths.back());
      REQUIRE(layers);
      const std::size_t rows = 21;
      const std::size_t outputs = widths.back();
      const auto numbers = random_rows(rows, widths.front());
      std::vector<double> first;
      for (const auto cpu : lane_cpus()) {
        std::vector<double> together(rows * outputs);
        std::vector<double> alone(rows * outputs);
        detail::run_on(cpu,
                       detail::network_outputs{*layers, {}, numbers.data(), widths.front(), rows, together.data()});
        for (std::size_t i = 0; i < rows; ++i)
          detail::run_on(
              cpu,
              detail::network_outputs{
                  *layers, {}, numbers.data() + i * widths.front(), widths.front(), 1, alone.data() + i * outputs});
        CHECK(alone == together);
        if (first.empty()) first = together;
        CHECK(first == together);
      }
      for (std::size_t i = 0; i < rows; ++i) {
        std::vector<double> x(numbers.begin() + static_cast<std::ptrdiff_t>(i * widths.front()),
                              numbers.begin() + static_cast<std::ptrdiff_t>((i + 1) * widths.front()));
        for (const auto& layer : made.layers) {
          std::vector<double> y(layer.bias.begin(), layer.bias.end());
          for (std::size_t n = 0; n < y.size(); ++n) {
            for (std::size_t k = 0; k < x.size(); ++k)
              y[n] += x[k] * static_cast<double>(layer.weights[k * y.size() + n]);
            if (layer.function == activation::relu) y[n] = std::fmax(0, y[n]);
            if (layer.function == activation::tanh) y[n] = std::tanh(y[n]);
            if (layer.function == activation::sigmoid) y[n] = 1 / (1 + std::exp(-y[n]));
            if (layer.function == activation::gelu)
              y[n] = y[n] / 2 * (1 + std::tanh(0.7978845608028654 * (y[n] + 0.044715 * y[n] * y[n] * y[n])));
          }
          x = y;
        }
        for (std::size_t k = 0; k < outputs; ++k)
          if (std::abs(first[i * outputs + k] - x[k]) > 3e-6) FAIL_CHECK(first[i * outputs + k] << " " << x[k]);
      }
    }
}

TEST_CASE("a wide layer's rows are asked one by one, with the same bits") {
  const made_layers made({40, 600, 1}, activation::relu);
  const auto model = mlp<>::make(40, made.layers);
  REQUIRE(model);
  const auto numbers = random_rows(11, 40);
  support::predicts_one_by_one(*model, matrix_view(numbers, 40));
}

TEST_CASE("gradients of a network are those of central differences") {
  for (const activation function : {activation::tanh, activation::sigmoid, activation::gelu, activation::identity}) {
    const detail::trained_layers::shape_type shape = {{6, function}, {18, function}, {2, activation::identity}};
    const std::size_t rows = 11;
    const auto numbers = random_rows(rows, 5);
    std::vector<std::uint32_t> all(rows);
    for (std::size_t i = 0; i < rows; ++i) all[i] = static_cast<std::uint32_t>(i);
    std::vector<float> first;
    for (const auto cpu : lane_cpus()) {
      detail::trained_layers layers(5, shape, rows, cpu);
      mr::random_engine random(4);
      layers.draw(random);
      // The loss: sum of outputs of row i weighed by (i + 1) / 8 and, for the second, halved and squared.
      const auto loss = [&] {
        layers.take(numbers.data(), 5, all, {});
        layers.forward(rows);
        double sum = 0;
        for (std::size_t i = 0; i < rows; ++i) {
          const float* const out = layers.outputs() + i * layers.output_row();
          sum += static_cast<double>(i + 1) / 8 * static_cast<double>(out[0]);
          sum += static_cast<double>(out[1]) * static_cast<double>(out[1]) / 2;
        }
        return sum;
      };
      loss();
      float* const gradient = layers.output_gradient();
      std::fill(gradient, gradient + layers.batch() * layers.output_row(), 0.0F);
      for (std::size_t i = 0; i < rows; ++i) {
        gradient[i * layers.output_row()] = static_cast<float>(i + 1) / 8;
        gradient[i * layers.output_row() + 1] = layers.outputs()[i * layers.output_row() + 1];
      }
      layers.backward(rows);
      const std::vector<float> found(layers.gradients().begin(), layers.gradients().end());
      if (first.empty()) first = found;
      CHECK(found == first);
      if (cpu != lane_cpus().back()) continue;
      std::size_t moved = 0;
      for (std::size_t p = 0; p < found.size(); ++p) {
        float& parameter = layers.parameters()[p];
        const float before = parameter;
        const float step = 1.0F / 128;
        parameter = before + step;
        const double above = loss();
        parameter = before - step;
        const double below = loss();
        parameter = before;
        const double slope = (above - below) * 64;
        if (above == below) continue;  // padding
        ++moved;
        if (std::abs(slope - static_cast<double>(found[p])) > 2e-3 * std::fmax(1, std::abs(slope)))
          FAIL_CHECK(p << ": " << slope << ", found " << found[p]);
      }
      CHECK(moved == 6 * 6 + 7 * 18 + 19 * 2);
    }
  }
}

TEST_CASE("a fit has the same bits on every set of lanes, and every time") {
  const auto data = support::make_rows(333, 7, 1, support::two_classes);
  for (const auto function : {activation::relu, activation::leaky_relu, activation::gelu, activation::sigmoid}) {
    const mlp_options with{.hidden = {19, 8},
                           .function = function,
                           .epochs = 4,
                           .batch = 50,
                           .l2 = 1e-3,
                           .weight_decay = 1e-2,
                           .patience = 3};
    std::vector<float> first;
    for (const auto cpu : lane_cpus()) {
      detail::network_fit<mr::model::logistic_loss> fit({}, data.view(), data.targets, {}, with, cpu);
      REQUIRE(fit.run());
      std::vector<float> found;
      const auto layers = fit.layers();
      for (std::size_t l = 0; l < layers.count(); ++l)
        for (std::size_t k = 0; k < layers.place(l).inputs; ++k)
          for (std::size_t n = 0; n < layers.place(l).units; ++n) found.push_back(layers.weight(l, k, n));
      if (first.empty()) first = found;
      CHECK(found == first);
    }
    CHECK(mlp<>::fit(data.view(), data.targets, with)->save() == mlp<>::fit(data.view(), data.targets, with)->save());
  }
  CHECK(mlp<>::fit(data.view(), data.targets, {.epochs = 2, .seed = 1})->save() !=
        mlp<>::fit(data.view(), data.targets, {.epochs = 2, .seed = 2})->save());
}

TEST_CASE("a network of the chain is served with the same outputs") {
  namespace train = mr::train;
  const train::network<float> trained(
      30, {{64, train::activation::relu}, {33, train::activation::gelu}, {3, train::activation::identity}}, 5);
  const auto model = mlp<mr::model::softmax_loss>::of_network(trained, {3});
  REQUIRE(model);
  CHECK(model->inputs() == 30);
  CHECK(model->outputs() == 3);
  CHECK(model->layers() == 3);
  CHECK(model->units(1) == 33);
  CHECK(model->function(1) == activation::gelu);
  const std::size_t rows = 37;
  const auto numbers = random_rows(rows, 30);
  std::vector<float> wanted(rows * 3);
  auto space = trained.make_workspace(rows);
  trained.predict(numbers, space, wanted);
  std::vector<double> found(rows * 3);
  model->score(matrix_view(numbers, 30), found);
  for (std::size_t i = 0; i < found.size(); ++i)
    if (const auto exact = static_cast<double>(wanted[i]);
        std::abs(found[i] - exact) > 1e-6 * std::fmax(1, std::abs(exact)))
      FAIL_CHECK(found[i] << " " << exact);
  CHECK(mlp<>::of_network(trained).error().code() == mr::errc::shape_mismatch);
}

TEST_CASE("networks of all losses come near what there is to learn") {
  const auto numbers = support::make_rows(1500, 5, 2, support::a_number);
  SECTION("numbers, of any unit") {
    for (const double unit : {1.0, 1e6, 1e-6}) {
      auto scaled = numbers;
      for (float& y : scaled.targets) y = static_cast<float>(unit * (100 + static_cast<double>(y)));
      const auto fitted =
          mlp<mr::model::squared_loss>::fit(scaled.view(), scaled.targets, {.epochs = 60, .rate = 1e-2});
      REQUIRE(fitted);
      double squares = 0;
      for (std::size_t i = 0; i < scaled.rows(); ++i)
        squares += std::pow(((*fitted)(scaled.view().row(i)) - static_cast<double>(scaled.targets[i])) / unit, 2);
      CHECK(std::sqrt(squares / 1500) < 0.25);  // the standard deviation is 2
    }
  }
  SECTION("quantiles") {
    mlp_options with{.epochs = 100, .rate = 1e-2};
    with.schedule = mr::model::rate_schedule::cosine;
    const auto fitted = mlp<mr::model::quantile_loss>::fit(numbers.view(), numbers.targets, with, {}, {0.9});
    REQUIRE(fitted);
    std::size_t below = 0;
    for (std::size_t i = 0; i < numbers.rows(); ++i)
      below += static_cast<double>(numbers.targets[i]) < (*fitted)(numbers.view().row(i)) ? 1U : 0U;
    CHECK(below > 1290);
    CHECK(below < 1410);
  }
  SECTION("classes") {
    auto classes = numbers;
    for (std::size_t i = 0; i < classes.rows(); ++i) {
      const float* const x = classes.features.data() + i * 5;
      classes.targets[i] = x[0] * x[1] > 0 ? (x[2] > 0 ? 2.0F : 1.0F) : 0.0F;
    }
    const auto fitted = mlp<mr::model::softmax_loss>::fit(classes.view(), classes.targets,
                                                          {.hidden = {16}, .epochs = 60, .rate = 1e-2}, {}, {3});
    REQUIRE(fitted);
    std::size_t right = 0;
    std::vector<double> p(3);
    for (std::size_t i = 0; i < classes.rows(); ++i) {
      fitted->predict(classes.view().row(i), p);
      CHECK(p[0] + p[1] + p[2] == Approx(1));
      right += p[static_cast<std::size_t>(classes.targets[i])] > 0.5 ? 1U : 0U;
    }
    CHECK(right > 1425);
    support::predicts_one_by_one(*fitted, matrix_view(classes.features.data(), 50, 5));
    support::predicts_short_rows(*fitted, matrix_view(classes.features.data(), 50, 5));
    support::saves_and_loads_model(*fitted, classes.view().row(1));
  }
  SECTION("counts") {
    auto counts = numbers;
    mr::random_engine random(8);
    for (std::size_t i = 0; i < counts.rows(); ++i)
      counts.targets[i] = random.uniform() < 0.5 ? 0.0F : std::floor(4 + 3 * counts.features[i * 5]);
    const auto fitted = mlp<mr::model::poisson_loss>::fit(counts.view(), counts.targets, {.epochs = 40, .rate = 1e-2});
    REQUIRE(fitted);
    double sum = 0;
    double wanted = 0;
    for (std::size_t i = 0; i < counts.rows(); ++i) {
      sum += (*fitted)(counts.view().row(i));
      wanted += static_cast<double>(counts.targets[i]);
    }
    CHECK(sum == Approx(wanted).epsilon(0.05));
  }
}

TEST_CASE("a network without hidden layers comes to the optimum of logistic regression") {
  const auto data = support::make_rows(500, 3, 3, [](const float* x, mr::random_engine& random) {
    return static_cast<double>(x[0] - 2 * x[1]) + 2 * random.uniform() - 1 > 0.2 ? 1 : 0;
  });
  mlp_options with{.hidden = {}, .epochs = 400, .batch = 100, .rate = 3e-2};
  with.schedule = mr::model::rate_schedule::cosine;
  const auto fitted = mlp<>::fit(data.view(), data.targets, with);
  REQUIRE(fitted);
  CHECK(fitted->layers() == 1);
  // That of scikit-learn's LogisticRegression without a price lies within 1e-4 of this; more epochs gain nothing.
  with.epochs = 1200;
  const auto longer = mlp<>::fit(data.view(), data.targets, with);
  CHECK(log_loss(*fitted, data) - log_loss(*longer, data) < 1e-4);
}

TEST_CASE("a row of weight 0 changes nothing, and whole weights count as copies do") {
  const auto data = support::make_rows(200, 4, 6, support::a_number);
  std::vector<float> weights(200, 2.0F);
  std::vector<float> fewer_targets;
  std::vector<float> fewer;
  auto spoilt = data;
  for (std::size_t i = 0; i < 200; ++i)
    if (i % 3 == 0) {
      weights[i] = 0;
      spoilt.targets[i] = 1e9F;
    } else {
      fewer_targets.push_back(data.targets[i]);
      for (std::size_t j = 0; j < 4; ++j) fewer.push_back(data.features[i * 4 + j]);
    }
  using model = mlp<mr::model::squared_loss>;
  const auto weighted = model::fit(spoilt.view(), spoilt.targets, {.epochs = 5}, weights);
  const auto without = model::fit(matrix_view(fewer, 4), fewer_targets, {.epochs = 5});
  REQUIRE(weighted);
  REQUIRE(without);
  for (std::size_t i = 0; i < 20; ++i)
    CHECK((*weighted)(data.view().row(i)) == Approx((*without)(data.view().row(i))).margin(1e-5));
  for (std::size_t i = 0; i < 200; ++i) weights[i] = i < 100 ? 5.0F : 0.01F;
  auto torn = data;
  for (std::size_t i = 100; i < 200; ++i) torn.targets[i] = -10;
  const auto heavy = model::fit(torn.view(), torn.targets, {.epochs = 60, .rate = 1e-2}, weights);
  double off = 0;
  for (std::size_t i = 0; i < 100; ++i)
    off += std::abs((*heavy)(torn.view().row(i)) - static_cast<double>(torn.targets[i]));
  CHECK(off / 100 < 0.5);
}

TEST_CASE("early stopping keeps the weights of the lowest held-out loss") {
  const auto noise = support::make_rows(
      300, 4, 9, [](const float*, mr::random_engine& random) { return random.uniform() < 0.5 ? 1 : 0; });
  const mlp_options many{.epochs = 150, .batch = 32, .rate = 1e-2};
  auto stopped = many;
  stopped.patience = 5;
  const auto all = mlp<>::fit(noise.view(), noise.targets, many);
  const auto early = mlp<>::fit(noise.view(), noise.targets, stopped);
  REQUIRE(all);
  REQUIRE(early);
  CHECK(log_loss(*all, noise) < 0.4);  // learnt by heart
  CHECK(log_loss(*early, noise) > 0.6);
}

TEST_CASE("columns of any unit, constant ones and huge ones") {
  auto data = support::make_rows(400, 5, 1, support::two_classes);
  const auto plain = mlp<>::fit(data.view(), data.targets, {.epochs = 20});
  auto scaled = data;
  for (std::size_t i = 0; i < 400; ++i) {
    scaled.features[i * 5] = 1024 * scaled.features[i * 5];
    scaled.features[i * 5 + 4] = 7;
  }
  const auto fitted = mlp<>::fit(scaled.view(), scaled.targets, {.epochs = 20});
  REQUIRE(fitted);
  CHECK(log_loss(*fitted, scaled) == Approx(log_loss(*plain, data)).margin(0.1));
  auto row = std::vector<float>(scaled.features.begin(), scaled.features.begin() + 5);
  const double before = (*fitted)(row);
  row[4] = 1e9F;  // a column that never varied counts for nothing
  CHECK((*fitted)(row) == before);
  scaled.features[7] = 2e30F;
  const auto refused = mlp<>::fit(scaled.view(), scaled.targets);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == mr::errc::out_of_range);
  CHECK_THAT(refused.error().message(), ContainsSubstring("row 1, column 2"));
  CHECK(mlp<>::fit(data.view(), data.targets, {.epochs = 20, .standardize = false}));
  const auto one =
      mlp<>::fit(matrix_view(data.features.data(), 1, 5), std::span(data.targets).first(1), {.patience = 3});
  REQUIRE(one);
  CHECK(std::isfinite((*one)(data.view().row(3))));
}

TEST_CASE("a rate that is too high is an error, not a network of NaN") {
  const auto data = support::make_rows(100, 4, 1, support::a_number);
  const auto found = mlp<mr::model::squared_loss>::fit(data.view(), data.targets, {.epochs = 3, .rate = 1e30});
  REQUIRE_FALSE(found);
  CHECK(found.error().code() == mr::errc::invalid_data);
  CHECK_THAT(found.error().message(), ContainsSubstring("rate"));
}

TEST_CASE("mlp refuses what is no training data") {
  const auto numbers = support::exact_rows(10, 3);
  const std::vector<float> labels{0, 1, 1, 0, 1, 0, 0, 1, 0, 1};
  support::refuses_bad_rows([&](const matrix_view& r) { return mlp<>::fit(r, labels, {.epochs = 1}); }, numbers, 3);
  support::refuses_bad_targets(
      [&](const std::vector<float>& targets, const std::vector<float>& weights) {
        return mlp<mr::model::squared_loss>::fit(matrix_view(numbers, 3), targets, {.epochs = 1}, weights);
      },
      labels);
  auto missing = numbers;
  missing[4] = std::numeric_limits<float>::quiet_NaN();
  CHECK_THAT(mlp<>::fit(matrix_view(missing, 3), labels).error().message(), ContainsSubstring("impute"));
  CHECK(mlp<>::fit(matrix_view(numbers, 3), std::vector<float>(10, 2.0F)).error().code() == mr::errc::out_of_range);
  const std::vector<float> wide(5000);
  CHECK(mlp<>::fit(matrix_view(wide, 5000), std::vector<float>{1}).error().code() == mr::errc::shape_mismatch);
  CHECK(mlp<mr::model::softmax_loss>::fit(matrix_view(numbers, 3), labels, {}, {}, {1}).error().code() ==
        mr::errc::invalid_argument);
}

TEST_CASE("weights from elsewhere are refused where shapes contradict each other") {
  const made_layers made({3, 4, 1}, activation::relu);
  CHECK(mlp<>::make(3, made.layers));
  CHECK(mlp<>::make(2, made.layers).error().code() == mr::errc::shape_mismatch);
  CHECK_THAT(mlp<>::make(2, made.layers).error().message(), ContainsSubstring("layer 0"));
  CHECK(mlp<>::make(0, made.layers).error().code() == mr::errc::invalid_argument);
  CHECK(mlp<>::make(3, std::span<const mlp_layer>()).error().code() == mr::errc::invalid_argument);
  CHECK(mlp<mr::model::softmax_loss>::make(3, made.layers, {2}).error().code() == mr::errc::shape_mismatch);
  auto layers = made.layers;
  layers[1].function = static_cast<activation>(9);
  CHECK(mlp<>::make(3, layers).error().code() == mr::errc::invalid_argument);
  auto broken = made;
  std::vector<float> weights(broken.layers[1].weights.begin(), broken.layers[1].weights.end());
  weights[2] = std::numeric_limits<float>::infinity();
  broken.layers[1].weights = weights;
  CHECK(mlp<>::make(3, broken.layers).error().code() == mr::errc::not_finite);
  CHECK_THAT(mlp<>::make(3, broken.layers).error().message(), ContainsSubstring("layer 1"));
}

TEST_CASE("a row of too few columns has NaN, and outputs without room are left out") {
  const made_layers made({3, 4, 1}, activation::relu);
  const auto model = mlp<>::make(3, made.layers);
  REQUIRE(model);
  const std::vector<float> numbers(24, 0.5F);
  CHECK(std::isnan((*model)(std::span(numbers).first(2))));
  std::vector<double> out(3, -1.0);
  model->predict(matrix_view(numbers, 3), std::span(out).first(2));
  CHECK(out[1] == (*model)(std::span(numbers).first(3)));
  CHECK(out[2] == -1);
  model->predict(std::span(numbers).first(3), out);
  CHECK(out[2] == -1);
  model->predict(matrix_view(numbers, 2), out);
  CHECK(std::isnan(out[0]));
}

TEST_CASE("mlp predicts row by row, saves and loads") {
  const auto data = support::make_rows(70, 6, 1, support::two_classes);
  const auto fitted = mlp<>::fit(data.view(), data.targets, {.hidden = {9}, .epochs = 3});
  REQUIRE(fitted);
  support::predicts_one_by_one(*fitted, data.view());
  support::predicts_short_rows(*fitted, data.view());
  support::saves_and_loads_model(*fitted, data.view().row(1));
  laws::predicts(*fitted, data.view());
  laws::fits_the_same_again<mlp<>>(data.view(), data.targets, {.hidden = {40, 20}, .epochs = 3});
  const auto unscaled = mlp<>::fit(data.view(), data.targets, {.hidden = {}, .epochs = 3, .standardize = false});
  support::saves_and_loads_model(*unscaled, data.view().row(1));
}

TEST_CASE("mlp loads the bytes of the first release") {
  const std::vector<float> first{1, -2, 0.5F, 4, 0.25F, -1};
  const std::vector<float> first_bias{0.5F, -1, 2};
  const std::vector<float> second{1, 2, -0.5F};
  const std::vector<float> second_bias{0.125F};
  const std::vector<mlp_layer> layers{{first, first_bias, activation::relu}, {second, second_bias}};
  const auto made = mlp<mr::model::squared_loss>::make(2, layers);
  REQUIRE(made);
  const auto old = support::from_golden("model/mlp.bin", *made);
  // Of (1, 2): sums 9.5, -2.5, 0.5; so 9.5 - 0.25 + 0.125.
  CHECK(old(std::vector<float>{1, 2}) == 9.375);
}

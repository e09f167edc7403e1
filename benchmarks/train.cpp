// What a training step costs: 30-64-32-1, batches of 64 drawn from 4,096 rows, relu, binary cross-entropy, Adam.
// Peers, in the same run: the step written by hand with Eigen as one writes it first (matrices as they come), and
// written with care (memory taken once, products into place). The goal: a step through the whole stack costs at most
// 3 % more than the careful one.
#include <millrace/chain.hpp>
#include <millrace/middleware.hpp>
#include <millrace/observe.hpp>
#include <millrace/train.hpp>

#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <string>
#include <vector>

namespace mr = millrace;
using mr::train::training;

namespace {

constexpr Eigen::Index rows = 4'096;
constexpr Eigen::Index inputs = 30;
constexpr Eigen::Index batch_size = 64;

struct data_set {
  mr::train::row_major_matrix<float> features{rows, inputs};
  Eigen::VectorXi labels{rows};

  data_set() {
    mr::random_engine random(1);
    for (Eigen::Index i = 0; i < rows; ++i) {
      for (Eigen::Index k = 0; k < inputs; ++k) features(i, k) = static_cast<float>(random.normal());
      labels[i] = features(i, 0) * features(i, 1) + features(i, 2) > 0 ? 1 : 0;
    }
  }
};
const data_set& data() {
  static const data_set once;
  return once;
}

std::vector<std::uint32_t> shuffled(std::uint64_t seed) {
  std::vector<std::uint32_t> order(rows);
  std::iota(order.begin(), order.end(), 0U);
  mr::random_engine(seed).shuffle(order);
  return order;
}

mr::train::network<> fresh_network() {
  return mr::train::network<>(inputs, {{64, mr::train::activation::relu}, {32, mr::train::activation::relu}, {1}}, 7);
}

// ---------------------------------------------------------------- by hand, as one writes it first

class plain_step {
 public:
  plain_step() {
    const auto start = fresh_network();
    for (std::size_t k = 0; k < 3; ++k) {
      layer made;
      made.weights = start.weights(k);
      made.bias = start.bias(k);
      made.mean_w = made.square_w = Eigen::MatrixXf::Zero(made.weights.rows(), made.weights.cols());
      made.mean_b = made.square_b = Eigen::RowVectorXf::Zero(made.bias.size());
      layers_.push_back(made);
    }
  }

  double operator()(const std::uint32_t* order) {
    Eigen::MatrixXf x(batch_size, inputs);
    Eigen::VectorXf y(batch_size);
    for (Eigen::Index i = 0; i < batch_size; ++i) {
      x.row(i) = data().features.row(order[i]);
      y[i] = static_cast<float>(data().labels[order[i]]);
    }
    std::vector<Eigen::MatrixXf> outputs{x};
    for (std::size_t k = 0; k < 3; ++k) {
      Eigen::MatrixXf sums = (outputs.back() * layers_[k].weights).rowwise() + layers_[k].bias;
      outputs.push_back(k < 2 ? Eigen::MatrixXf(sums.cwiseMax(0.f)) : sums);
    }
    const Eigen::ArrayXf z = outputs.back().col(0).array();
    const double loss = static_cast<double>((z.max(0.f) - z * y.array() + (-z.abs()).exp().log1p()).mean());
    Eigen::MatrixXf gradient = (z.logistic() - y.array()).matrix() / static_cast<float>(batch_size);
    std::vector<Eigen::MatrixXf> of_weights(3);
    std::vector<Eigen::RowVectorXf> of_bias(3);
    double squares = 0;
    for (std::size_t k = 3; k-- > 0;) {
      of_weights[k] = outputs[k].transpose() * gradient;
      of_bias[k] = gradient.colwise().sum();
      squares += static_cast<double>(of_weights[k].squaredNorm() + of_bias[k].squaredNorm());
      if (k > 0) {
        const Eigen::MatrixXf back = gradient * layers_[k].weights.transpose();
        gradient = (outputs[k].array() > 0.f).select(back, 0.f);
      }
    }
    norm_ = std::sqrt(squares);
    ++steps_;
    const float step = static_cast<float>(1e-3 / (1 - std::pow(0.9, steps_)));
    const float unbias = static_cast<float>(1 / std::sqrt(1 - std::pow(0.999, steps_)));
    for (std::size_t k = 0; k < 3; ++k) {
      layer& at = layers_[k];
      at.mean_w = 0.9f * at.mean_w + 0.1f * of_weights[k];
      at.square_w = 0.999f * at.square_w + 0.001f * of_weights[k].cwiseAbs2();
      at.weights.array() -= step * at.mean_w.array() / (at.square_w.array().sqrt() * unbias + 1e-8f);
      at.mean_b = 0.9f * at.mean_b + 0.1f * of_bias[k];
      at.square_b = 0.999f * at.square_b + 0.001f * of_bias[k].cwiseAbs2();
      at.bias.array() -= step * at.mean_b.array() / (at.square_b.array().sqrt() * unbias + 1e-8f);
    }
    return loss;
  }

 private:
  struct layer {
    Eigen::MatrixXf weights, mean_w, square_w;
    Eigen::RowVectorXf bias, mean_b, square_b;
  };
  std::vector<layer> layers_;
  int steps_ = 0;
  double norm_ = 0;
};

// ---------------------------------------------------------------- by hand, with care

class careful_step {
  using matrix = mr::train::row_major_matrix<float>;
  using map = Eigen::Map<matrix>;
  using row = Eigen::Map<Eigen::RowVectorXf>;

 public:
  careful_step() : start_(fresh_network()), p_(start_.parameters()) {
    g_.setZero(p_.size());
    m_.setZero(p_.size());
    v_.setZero(p_.size());
  }

  double operator()(const std::uint32_t* order) {
    for (Eigen::Index i = 0; i < batch_size; ++i) {
      x_.row(i) = data().features.row(order[i]);
      y_[i] = static_cast<float>(data().labels[order[i]]);
    }
    map w1(p_.data(), 30, 64), w2(p_.data() + 1984, 64, 32), w3(p_.data() + 4064, 32, 1);
    row b1(p_.data() + 1920, 64), b2(p_.data() + 4032, 32);
    const float b3 = p_[4096];
    h1_.rowwise() = b1;
    h1_.noalias() += x_ * w1;
    h1_ = h1_.cwiseMax(0.f);
    h2_.rowwise() = b2;
    h2_.noalias() += h1_ * w2;
    h2_ = h2_.cwiseMax(0.f);
    z_.noalias() = h2_ * w3.col(0);
    z_.array() += b3;

    decay_ = (-z_.array().abs()).exp();
    const double loss =
        static_cast<double>((z_.array().max(0.f) - z_.array() * y_.array() + decay_.log1p()).sum()) / batch_size;
    for (Eigen::Index i = 0; i < batch_size; ++i)
      d3_[i] = ((z_[i] >= 0 ? 1.f : decay_[i]) / (1.f + decay_[i]) - y_[i]) / static_cast<float>(batch_size);

    map g1(g_.data(), 30, 64), g2(g_.data() + 1984, 64, 32), g3(g_.data() + 4064, 32, 1);
    row gb1(g_.data() + 1920, 64), gb2(g_.data() + 4032, 32);
    g3.col(0).noalias() = h2_.transpose() * d3_;
    g_[4096] = d3_.sum();
    d2_.noalias() = d3_ * w3.col(0).transpose();
    mask(d2_, h2_);
    g2.noalias() = h1_.transpose() * d2_;
    gb2 = d2_.colwise().sum();
    d1_.noalias() = d2_ * w2.transpose();
    mask(d1_, h1_);
    g1.noalias() = x_.transpose() * d1_;
    gb1 = d1_.colwise().sum();

    norm_ = static_cast<double>(g_.norm());
    if (!std::isfinite(norm_)) return norm_;
    ++steps_;
    const float step = static_cast<float>(1e-3 / (1 - std::pow(0.9, steps_)));
    const float unbias = static_cast<float>(1 / std::sqrt(1 - std::pow(0.999, steps_)));
    m_ = 0.9f * m_ + 0.1f * g_;
    v_ = 0.999f * v_ + 0.001f * g_.cwiseAbs2();
    p_.array() -= step * m_.array() / (v_.array().sqrt() * unbias + 1e-8f);
    return loss;
  }

 private:
  static void mask(matrix& d, const matrix& h) { blocks(d.data(), h.data(), d.size()); }
  static void blocks(float* __restrict out, const float* __restrict in, Eigen::Index size) {
    for (Eigen::Index i = 0; i < size; i += 16)
      for (Eigen::Index j = 0; j < 16; ++j) out[i + j] = in[i + j] <= 0 ? 0.f : out[i + j];
  }

  mr::train::network<> start_;
  Eigen::VectorXf p_, g_, m_, v_;
  matrix x_{batch_size, 30}, h1_{batch_size, 64}, h2_{batch_size, 32}, d1_{batch_size, 64}, d2_{batch_size, 32};
  Eigen::VectorXf y_{batch_size}, z_{batch_size}, d3_{batch_size};
  Eigen::ArrayXf decay_{batch_size};
  int steps_ = 0;
  double norm_ = 0;
};

// ---------------------------------------------------------------- ours

template <class Step>
void by_hand(benchmark::State& state) {
  Step step;
  std::uint64_t epoch = 0;
  std::vector<std::uint32_t> order = shuffled(epoch);
  Eigen::Index at = 0;
  double loss = 0;
  for (auto _ : state) {
    loss = step(order.data() + at);
    benchmark::DoNotOptimize(loss);
    at += batch_size;
    if (at == rows) {
      at = 0;
      order = shuffled(++epoch);
    }
  }
  state.counters["loss"] = loss;
}

template <class Chain>
void run(benchmark::State& state, Chain& chain) {
  auto ctx = chain.context(training::epoch = 0, training::batch_idx = 0);
  for (auto _ : state) {
    auto done = chain(ctx);
    benchmark::DoNotOptimize(done);
    if (!done) return state.SkipWithError(done.error().describe().c_str());
    if (++ctx[training::batch_idx] == rows / batch_size) {
      ctx[training::batch_idx] = 0;
      ++ctx[training::epoch];
    }
  }
  state.counters["loss"] = ctx[training::loss];
}

auto events(mr::train::network<>& net) {
  return mr::chain<mr::tsc_clock>(mr::train::load_batch(data().features, data().labels, {.size = batch_size}),
                                  mr::train::forward_pass(net),
                                  mr::train::calculate_loss<mr::train::binary_cross_entropy>(),
                                  mr::train::backpropagation(net), mr::train::update_weights(net));
}

void chain_alone(benchmark::State& state) {
  mr::train::network<> net = fresh_network();
  auto chain = events(net);
  run(state, chain);
}

// One middleware at a time, then all of them. The log goes to a folder of its own in $TMPDIR.
struct temporary_log {
  std::string path;
  temporary_log() {
    const char* folder = std::getenv("TMPDIR");
    path = std::string(folder != nullptr ? folder : "/tmp") + "/millrace-bench-train.jsonl";
  }
  ~temporary_log() { std::remove(path.c_str()); }
};

void with_profiler(benchmark::State& state) {
  mr::train::network<> net = fresh_network();
  auto chain = events(net).use(mr::profiler{});
  run(state, chain);
}
void with_audit_log(benchmark::State& state) {
  const temporary_log log;
  mr::train::network<> net = fresh_network();
  auto chain = events(net).use(mr::audit_log{log.path});
  run(state, chain);
}
void with_validation(benchmark::State& state) {
  mr::train::network<> net = fresh_network();
  auto chain = events(net).use(mr::validation{mr::strict{}, mr::same_rows<training::batch, training::labels>{}});
  run(state, chain);
}
void with_metrics(benchmark::State& state) {
  mr::train::network<> net = fresh_network();
  mr::observe::metrics_registry registry;
  auto chain = events(net).use(mr::metrics{registry});
  run(state, chain);
}
void with_all(benchmark::State& state) {
  const temporary_log log;
  mr::train::network<> net = fresh_network();
  mr::observe::metrics_registry registry;
  auto chain = events(net)
                   .use(mr::profiler{})
                   .use(mr::audit_log{log.path})
                   .use(mr::validation{mr::strict{}, mr::same_rows<training::batch, training::labels>{}})
                   .use(mr::metrics{registry});
  run(state, chain);
}

void forward_only(benchmark::State& state) {
  const mr::train::network<> net = fresh_network();
  const auto count = static_cast<std::size_t>(state.range(0));
  auto scratch = net.make_workspace(state.range(0));
  std::vector<float> answers(count);
  std::size_t at = 0;
  for (auto _ : state) {
    net.predict({data().features.data() + at * inputs, count * inputs}, scratch, answers);
    benchmark::DoNotOptimize(answers.data());
    at = (at + count) % (rows - 1'024);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

BENCHMARK(by_hand<plain_step>)->Name("step/by_hand_plain");
BENCHMARK(by_hand<careful_step>)->Name("step/by_hand_careful");
BENCHMARK(chain_alone)->Name("step/chain");
BENCHMARK(with_profiler)->Name("step/profiler");
BENCHMARK(with_audit_log)->Name("step/audit_log");
BENCHMARK(with_validation)->Name("step/validation");
BENCHMARK(with_metrics)->Name("step/metrics");
BENCHMARK(with_all)->Name("step/whole_stack");
BENCHMARK(forward_only)->Name("predict")->Arg(1)->Arg(64)->Arg(1'024);

}  // namespace

BENCHMARK_MAIN();

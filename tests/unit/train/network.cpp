#include <millrace/train/network.hpp>
#include <support/catch.hpp>
#include <support/settings.hpp>

#include <millrace/chain.hpp>
#include <millrace/store/file.hpp>
#include <millrace/train.hpp>

#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <support/allocations.hpp>
#include <support/train.hpp>
#include <thread>
#include <vector>

namespace mr = millrace;

namespace {

constexpr mr::train::activation all[]{mr::train::activation::identity,   mr::train::activation::relu,
                                      mr::train::activation::leaky_relu, mr::train::activation::tanh,
                                      mr::train::activation::sigmoid,    mr::train::activation::gelu};

/// Largest difference between backward's gradients and central differences of the loss.
template <class Loss, class Reference>
double gradient_error(mr::train::network<double>& net, const mr::train::row_major_matrix<double>& batch,
                      const Loss& loss, const Reference& right) {
  mr::train::network_workspace<double> space;
  mr::train::row_major_matrix<double> output;
  mr::train::row_major_matrix<double> output_gradient;
  mr::train::column_vector<double> gradients;
  net.forward(batch, space, output);
  REQUIRE(loss(output, right, output_gradient));
  net.backward(batch, output, output_gradient, space, gradients);
  double worst = 0;
  constexpr double h = 1e-6;
  for (Eigen::Index i = 0; i < net.parameter_count(); ++i) {
    const double kept = net.parameters()[i];
    const auto at = [&](double value) {
      net.parameters()[i] = value;
      net.forward(batch, space, output);
      return *loss(output, right);
    };
    const double slope = (at(kept + h) - at(kept - h)) / (2 * h);
    net.parameters()[i] = kept;
    worst = (std::max)(worst, std::abs(slope - gradients[i]));
  }
  return worst;
}

}  // namespace

TEST_CASE("gradients of every loss through every activation agree with finite differences") {
  const auto batch = support::random_matrix<double>(9, 4, 1);
  const auto targets = support::random_matrix<double>(9, 3, 2);
  const mr::train::row_major_matrix<double> shares = (targets.array() + 1.0) / 2.0;
  Eigen::VectorXi two(9);
  Eigen::VectorXi three(9);
  for (int i = 0; i < 9; ++i) {
    two[i] = i % 2;
    three[i] = i % 3;
  }
  for (mr::train::activation hidden : all)
    for (mr::train::activation last :
         {mr::train::activation::identity, mr::train::activation::tanh, mr::train::activation::gelu}) {
      CAPTURE(mr::train::to_string(hidden), mr::train::to_string(last));
      const auto net = [&](Eigen::Index outputs) {
        mr::train::network<double> made(4, {{6, hidden}, {5, hidden}, {outputs, last}}, 3);
        made.parameters() = support::random_matrix<double>(made.parameter_count(), 1, 4).col(0);
        return made;
      };
      auto several = net(3);
      CHECK(gradient_error(several, batch, mr::train::mse{}, targets) < 1e-7);
      CHECK(gradient_error(several, batch, mr::train::multilabel_cross_entropy{}, shares) < 1e-7);
      CHECK(gradient_error(several, batch, mr::train::softmax_cross_entropy{}, three) < 1e-7);
      CHECK(gradient_error(several, batch, mr::train::softmax_cross_entropy{{1.0, 0.2, 3.0}}, three) < 1e-7);
      auto one = net(1);
      CHECK(gradient_error(one, batch, mr::train::binary_cross_entropy{}, two) < 1e-7);
      CHECK(gradient_error(one, batch, mr::train::binary_cross_entropy{{0.5, 4.0}}, two) < 1e-7);
    }
}

TEST_CASE("a network of one layer, and of layers wider at the end, has right gradients too") {
  const auto batch = support::random_matrix<double>(7, 3, 1);
  const auto targets = support::random_matrix<double>(7, 8, 2);
  mr::train::network<double> single(3, {{8, mr::train::activation::sigmoid}}, 1);
  CHECK(gradient_error(single, batch, mr::train::mse{}, targets) < 1e-7);
  mr::train::network<double> widening(3, {{2, mr::train::activation::tanh}, {8, mr::train::activation::gelu}}, 1);
  CHECK(gradient_error(widening, batch, mr::train::mse{}, targets) < 1e-7);
}

TEST_CASE("a forward pass is the formula, layer by layer") {
  const mr::train::network<double> net(3, {{5, mr::train::activation::relu}, {2}}, 11);
  const auto batch = support::random_matrix<double>(6, 3, 1);
  mr::train::network_workspace<double> space;
  mr::train::row_major_matrix<double> output;
  net.forward(batch, space, output);
  for (Eigen::Index row = 0; row < 6; ++row)
    for (Eigen::Index unit = 0; unit < 2; ++unit) {
      double sum = net.bias(1)[unit];
      for (Eigen::Index hidden = 0; hidden < 5; ++hidden) {
        double inner = net.bias(0)[hidden];
        for (Eigen::Index k = 0; k < 3; ++k) inner += batch(row, k) * net.weights(0)(k, hidden);
        sum += (std::max)(0.0, inner) * net.weights(1)(hidden, unit);
        CHECK(net.hidden(0, space)(row, hidden) == Approx((std::max)(0.0, inner)).margin(1e-14));
      }
      CHECK(output(row, unit) == Approx(sum));
    }
}

TEST_CASE("layers of every width, also beyond one tile, answer and learn by the formula") {
  for (Eigen::Index width : {1, 127, 128, 129, 257, 300}) {
    CAPTURE(width);
    const mr::train::network<double> net(width, {{width, mr::train::activation::relu}, {2}}, 1);
    const auto batch = support::random_matrix<double>(width + 3, width, 2);
    mr::train::network_workspace<double> space;
    mr::train::row_major_matrix<double> output;
    mr::train::column_vector<double> gradients;
    net.forward(batch, space, output);
    net.backward(batch, output, output, space, gradients);
    // The same through Eigen's lazy products, which take no tiles.
    mr::train::row_major_matrix<double> hidden = batch.lazyProduct(net.weights(0));
    hidden.rowwise() += net.bias(0);
    hidden = hidden.cwiseMax(0.0);
    mr::train::row_major_matrix<double> expected = hidden.lazyProduct(net.weights(1));
    expected.rowwise() += net.bias(1);
    CHECK(support::distance(output, expected) < 1e-12);
    mr::train::row_major_matrix<double> back = expected.lazyProduct(net.weights(1).transpose());
    back = (hidden.array() > 0.0).select(back.array(), 0.0).matrix();
    const mr::train::row_major_matrix<double> slope = batch.transpose().lazyProduct(back);
    CHECK(support::distance(mr::train::row_major_matrix<double>(net.weights_of(0, gradients)), slope) < 1e-11);
  }
}

TEST_CASE("parameters are one vector: each layer's weights, inputs x units, then its bias") {
  mr::train::network<float> net(2, {{3, mr::train::activation::tanh}, {1}}, 5);
  CHECK(net.parameter_count() == 2 * 3 + 3 + 3 * 1 + 1);
  CHECK(net.inputs() == 2);
  CHECK(net.outputs() == 1);
  CHECK(net.layer_count() == 2);
  CHECK(net.layer(0).units == 3);
  CHECK(net.layer(0).function == mr::train::activation::tanh);
  for (Eigen::Index i = 0; i < net.parameter_count(); ++i) net.parameters()[i] = static_cast<float>(i);
  CHECK(net.weights(0)(0, 2) == 2);
  CHECK(net.weights(0)(1, 0) == 3);
  CHECK(net.bias(0)[0] == 6);
  CHECK(net.weights(1)(2, 0) == 11);
  CHECK(net.bias(1)[0] == 12);
}

TEST_CASE("one seed gives one start, bit for bit; another seed another") {
  const std::vector<mr::train::dense> layers{{16, mr::train::activation::relu}, {4}};
  const mr::train::network<float> a(8, layers, 42);
  const mr::train::network<float> b(8, layers, 42);
  const mr::train::network<float> c(8, layers, 43);
  CHECK(std::memcmp(a.parameters().data(), b.parameters().data(),
                    sizeof(float) * static_cast<std::size_t>(a.parameter_count())) == 0);
  CHECK(a.parameters() != c.parameters());
  // The first numbers, so that a change of generator or formula is seen.
  CHECK(a.weights(0)(0, 0) == 0.544392467f);
  CHECK(a.weights(0)(0, 1) == -0.313811153f);
}

TEST_CASE("weights start within their limits, filling them, and biases at 0") {
  const mr::train::network<double> net(
      600, {{200, mr::train::activation::relu}, {100, mr::train::activation::tanh}, {10}}, 1);
  const double he = std::sqrt(6.0 / 600.0);
  const double glorot = std::sqrt(6.0 / 300.0);
  CHECK(net.weights(0).cwiseAbs().maxCoeff() <= he);
  CHECK(net.weights(0).cwiseAbs().maxCoeff() > 0.99 * he);
  CHECK(net.weights(0).squaredNorm() / static_cast<double>(net.weights(0).size()) == Approx(2.0 / 600.0).epsilon(0.02));
  CHECK(net.weights(1).cwiseAbs().maxCoeff() <= glorot);
  CHECK(net.weights(1).cwiseAbs().maxCoeff() > 0.99 * glorot);
  for (std::size_t k = 0; k < 3; ++k) CHECK(net.bias(k).isZero(0.0));
}

TEMPLATE_TEST_CASE("predict answers what forward does, row by row and all at once", "", float, double) {
  const mr::train::network<TestType> net(7, {{20, mr::train::activation::gelu}, {9, mr::train::activation::relu}, {3}},
                                         1);
  const auto batch = support::random_matrix<TestType>(50, 7, 2);
  mr::train::network_workspace<TestType> space;
  mr::train::row_major_matrix<TestType> output;
  net.forward(batch, space, output);

  auto scratch = net.make_workspace(50);
  mr::train::row_major_matrix<TestType> answers(50, 3);
  net.predict({batch.data(), 350}, scratch, {answers.data(), 150});
  CHECK(answers == output);
  auto narrow = net.make_workspace(1);
  for (Eigen::Index i = 0; i < 50; ++i) net.predict({batch.data() + 7 * i, 7}, narrow, {answers.data() + 3 * i, 3});
  CHECK(support::distance(answers, output) < 1e-5);
  STATIC_REQUIRE(noexcept(net.predict({}, scratch, {})));
}

TEST_CASE("a workspace serves batches of any size in turn") {
  const mr::train::network<double> net(3, {{8, mr::train::activation::gelu}, {1}}, 1);
  const auto all_rows = support::random_matrix<double>(40, 3, 2);
  mr::train::network_workspace<double> used;
  mr::train::row_major_matrix<double> output;
  mr::train::column_vector<double> gradients;
  for (Eigen::Index rows : {40, 1, 7, 40, 2}) {
    const mr::train::row_major_matrix<double> batch = all_rows.topRows(rows);
    mr::train::network_workspace<double> fresh;
    mr::train::row_major_matrix<double> expected;
    mr::train::column_vector<double> expected_gradients;
    net.forward(batch, fresh, expected);
    net.backward(batch, expected, expected, fresh, expected_gradients);
    net.forward(batch, used, output);
    net.backward(batch, output, output, used, gradients);
    CHECK(used.rows() == rows);
    CHECK(output == expected);
    CHECK(gradients == expected_gradients);
  }
}

TEST_CASE("many threads use one network, each with a workspace of its own") {
  const mr::train::network<float> net(5, {{32, mr::train::activation::relu}, {2}}, 1);
  const auto batch = support::random_matrix<float>(64, 5, 2);
  mr::train::network_workspace<float> space;
  mr::train::row_major_matrix<float> expected;
  net.forward(batch, space, expected);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      auto scratch = net.make_workspace(64);
      mr::train::row_major_matrix<float> answers(64, 2);
      for (int i = 0; i < 50; ++i) {
        answers.setZero();
        net.predict({batch.data(), 320}, scratch, {answers.data(), 128});
        if (answers != expected) ++wrong;
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("the counter of allocations counts") {
  if (!support::counts_allocations) return;
  CHECK(support::allocations_of([] { mr::train::column_vector<float>(1000).setZero(); }) == 1);
  CHECK(support::allocations_of([] {
          const std::vector<int> kept(1000);
          asm volatile("" : : "r"(kept.data()) : "memory");  // or clang sees that nobody looks
        }) == 1);
}

TEMPLATE_TEST_CASE("prediction never allocates, from the first row on", "", float, double) {
  for (mr::train::activation function : all) {
    const mr::train::network<TestType> net(30, {{64, function}, {128, function}, {3}}, 1);
    const auto batch = support::random_matrix<TestType>(64, 30, 2);
    mr::train::row_major_matrix<TestType> answers(64, 3);
    auto scratch = net.make_workspace(64);
    CHECK(support::allocations_of([&] { net.predict({batch.data(), 30}, scratch, {answers.data(), 3}); }) == 0);
    CHECK(support::allocations_of([&] { net.predict({batch.data(), 1920}, scratch, {answers.data(), 192}); }) == 0);
  }
  const mr::train::network<TestType> wide(
      300, {{700, mr::train::activation::relu}, {513, mr::train::activation::relu}, {2}}, 1);
  const auto batch = support::random_matrix<TestType>(300, 300, 2);
  mr::train::row_major_matrix<TestType> answers(300, 2);
  auto scratch = wide.make_workspace(300);
  CHECK(support::allocations_of([&] { wide.predict({batch.data(), 90'000}, scratch, {answers.data(), 600}); }) == 0);
}

TEST_CASE("after the first, a training step through a chain allocates nothing") {
  using mr::train::training;
  const auto data = support::random_matrix<float>(256, 30, 1);
  Eigen::VectorXi labels(256);
  for (int i = 0; i < 256; ++i) labels[i] = i % 2;
  for (mr::train::activation function : all) {
    mr::train::network<> net(30, {{64, function}, {32, function}, {1}}, 1);
    auto step = mr::chain(
        mr::train::load_batch(data, labels, {.size = 64}), mr::train::forward_pass(net, mr::train::track_activations),
        mr::train::calculate_loss<mr::train::binary_cross_entropy>(), mr::train::calculate_accuracy{},
        mr::train::backpropagation(net, mr::train::track_gradients),
        mr::train::update_weights(net, mr::train::adam{}, mr::train::cosine_decay{}, mr::train::clip_norm{1.0}));
    auto ctx = step.context(training::epoch = 0, training::batch_idx = 0);
    REQUIRE(step(ctx));
    const std::uint64_t taken = support::allocations_of([&] {
      for (ctx[training::epoch] = 0; ctx[training::epoch] < 3; ++ctx[training::epoch])
        for (ctx[training::batch_idx] = 0; ctx[training::batch_idx] < 4; ++ctx[training::batch_idx])
          if (!step(ctx)) FAIL("a step failed");
    });
    CHECK(taken == 0);
  }
}

TEST_CASE("a network is a trainable model of layers") {
  STATIC_REQUIRE(mr::train::trainable_model<mr::train::network<float>>);
  STATIC_REQUIRE(mr::train::layered_model<mr::train::network<double>>);
}

namespace {

using saved_bytes = std::vector<std::byte>;

template <class Scalar>
mr::train::network<Scalar> example() {
  mr::train::network<Scalar> net(2, {{3, mr::train::activation::leaky_relu}, {2, mr::train::activation::gelu}, {1}}, 9);
  for (Eigen::Index i = 0; i < net.parameter_count(); ++i) net.parameters()[i] = static_cast<Scalar>(i) / Scalar(8);
  net.parameters()[1] = std::numeric_limits<Scalar>::denorm_min();
  net.parameters()[2] = -Scalar(0);
  net.parameters()[3] = -std::numeric_limits<Scalar>::infinity();
  net.parameters()[4] = std::numeric_limits<Scalar>::quiet_NaN();
  return net;
}

template <class Scalar>
bool same(const mr::train::network<Scalar>& a, const mr::train::network<Scalar>& b) {
  if (a.inputs() != b.inputs() || a.layer_count() != b.layer_count()) return false;
  for (std::size_t k = 0; k < a.layer_count(); ++k)
    if (a.layer(k).units != b.layer(k).units || a.layer(k).function != b.layer(k).function) return false;
  return std::memcmp(a.parameters().data(), b.parameters().data(),
                     sizeof(Scalar) * static_cast<std::size_t>(a.parameter_count())) == 0;
}

saved_bytes golden(const std::string& name) {
  return mr::store::read_bytes(std::string(MILLRACE_GOLDEN_DIR) + "/train/" + name).value();
}

/// What of an old file stands between its header and its checksum; the payload's one block is the same.
saved_bytes body() {
  const saved_bytes old = golden("network_f32.bin");
  return {old.begin() + 24, old.end() - 4};
}
saved_bytes in_envelope(std::span<const std::byte> block) {
  mr::envelope_writer out("network<f32>");
  out.block(block);
  return std::move(out).finish();
}
mr::error refusal(std::span<const std::byte> bytes) {
  auto read = mr::train::network<float>::load(bytes);
  REQUIRE(!read);
  return std::move(read).error();
}

}  // namespace

TEMPLATE_TEST_CASE("what was saved comes back bit for bit, NaN, infinity and -0 included", "", float, double) {
  const auto net = example<TestType>();
  const auto back = mr::train::network<TestType>::load(net.save());
  REQUIRE(back);
  CHECK(same(*back, net));
}

TEST_CASE("a network's bytes stay what they are, and those of before the envelope are still read") {
  CHECK(example<float>().save() == golden("network_f32.mrag"));
  CHECK(example<double>().save() == golden("network_f64.mrag"));
  const auto old = mr::train::network<float>::load(golden("network_f32.bin"));
  REQUIRE(old);
  CHECK(same(*old, example<float>()));
  const auto wide = mr::train::network<double>::load(golden("network_f64.bin"));
  REQUIRE(wide);
  CHECK(same(*wide, example<double>()));
}

TEST_CASE("a network's bytes cut short, too long, or with a flipped bit are an error") {
  for (const saved_bytes& bytes : {example<float>().save(), golden("network_f32.bin")}) {
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      CAPTURE(size);
      CHECK(refusal(std::span(bytes).first(size)).code() == mr::errc::truncated);
    }
    saved_bytes longer = bytes;
    longer.push_back(std::byte{7});
    CHECK(refusal(longer).code() == mr::errc::corrupt);
    for (std::size_t i = 0; i < bytes.size(); ++i)
      for (unsigned bit = 0; bit < 8; ++bit) {
        saved_bytes bad = bytes;
        bad[i] ^= static_cast<std::byte>(1U << bit);
        CHECK(!mr::train::network<float>::load(bad));
      }
  }
}

TEST_CASE("any byte of a network changed under a right checksum is an error or a network of the same size") {
  const saved_bytes sound = body();
  for (std::size_t i = 0; i < sound.size(); ++i)
    for (const unsigned value : {0U, 1U, 2U, 127U, 128U, 255U}) {
      saved_bytes bad = sound;
      bad[i] = static_cast<std::byte>(value);
      const auto read = mr::train::network<float>::load(in_envelope(bad));
      if (read) CHECK(read->parameter_count() == example<float>().parameter_count());
    }
}

TEST_CASE("errors say what is wrong with a network's bytes") {
  const auto text = [](std::string_view characters) { return std::as_bytes(std::span(characters)); };
  CHECK(refusal(text("PK\x03\x04 an archive of something, long enough to be one")).message() ==
        "saved network<f32>: does not begin with MRAG");
  CHECK(refusal(example<double>().save()).message() == "saved form holds network<f64>, expected network<f32>");
  CHECK(refusal(golden("network_f64.bin")).message() == "saved network: its numbers have 8 bytes, asked for are 4");
  const saved_bytes old = golden("network_f32.bin");
  CHECK(refusal(std::span(old).first(100)).message() == "saved network: it ends after 100 of 177 bytes");
  saved_bytes bad = old;
  bad[8] = std::byte{2};
  CHECK(refusal(bad).message() == "saved network: version 2 of the old header, known is 1");
  bad = old;
  bad[90] ^= std::byte{1};
  CHECK(refusal(bad).message() == "saved network: its bytes do not match their checksum");

  const saved_bytes sound = body();
  const auto with = [&](std::size_t at, unsigned value) {
    saved_bytes changed = sound;
    changed[at] = static_cast<std::byte>(value);
    return refusal(in_envelope(changed)).message();
  };
  CHECK(with(0, 0) == "saved network: no inputs");
  CHECK(with(8, 0) == "saved network: no layers");
  CHECK(with(7, 0x7F) == "saved network: layer 0 has 3 units");                  // 9 * 10^18 inputs
  CHECK(with(12 + 6, 1) == "saved network: layer 0 has 281474976710659 units");  // 2^48 + 3
  const std::string characters(reinterpret_cast<const char*>(sound.data()), sound.size());
  CHECK(with(characters.find("gelu") + 3, 'a') ==
        "saved network: layer 1 has the activation \"gela\", which is unknown");
  CHECK(refusal(in_envelope(std::span(sound).first(6))).message() == "saved network: it ends before the layers");
}

TEST_CASE("a network says what it is made of") {
  const mr::train::network<> net(2, {{32, mr::train::activation::tanh}, {1}}, 7);
  CHECK(support::settings_of(net) == "inputs=2 layers='32 tanh, 1 identity' ");
}

#include <millrace/model/network/activation.hpp>

#include <millrace/core/detail/fused.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/model/network/detail/lane_functions.hpp>

#include <support/catch.hpp>

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

namespace mr = millrace;
namespace detail = mr::model::detail;
using mr::model::activation;

namespace network_lanes {

/// The sets of lanes that this CPU has.
inline std::vector<detail::lane_cpu> cpus() {
  std::vector<detail::lane_cpu> found{detail::lane_cpu::plain};
  if (detail::best_lane_cpu() != detail::lane_cpu::plain) found.push_back(detail::lane_cpu::avx2);
  if (detail::best_lane_cpu() == detail::lane_cpu::avx512) found.push_back(detail::lane_cpu::avx512);
  return found;
}

struct multiply_add {
  const std::vector<float>& a;
  const std::vector<float>& b;
  std::vector<float>& to;
  template <class Lanes>
  [[gnu::always_inline]] inline void run() const noexcept {
    for (std::size_t i = 0; i < to.size(); i += Lanes::lanes) {
      typename Lanes::type x;
      typename Lanes::type y;
      typename Lanes::type sum;
      detail::load_vector(x, a.data() + i);
      detail::load_vector(y, b.data() + i);
      detail::load_vector(sum, to.data() + i);
      Lanes::add_fused(sum, x, y);
      detail::store_vector(to.data() + i, sum);
    }
  }
};

inline double exact(activation function, double x) {
  switch (function) {
    case activation::identity: return x;
    case activation::relu: return x > 0 ? x : 0;
    case activation::leaky_relu: return x > 0 ? x : x / 100;
    case activation::tanh: return std::tanh(x);
    case activation::sigmoid: return 1 / (1 + std::exp(-x));
    case activation::gelu: return x / 2 * (1 + std::tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)));
  }
  return 0;
}

inline bool same_bits(float a, float b) {
  return (std::isnan(a) && std::isnan(b)) || std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b);
}

}  // namespace network_lanes

TEST_CASE("the activations of model are those of core") {
  STATIC_REQUIRE(std::is_same_v<activation, mr::activation>);
  CHECK(mr::model::parse_activation(mr::model::to_string(activation::gelu)) == activation::gelu);
}

TEST_CASE("activations of a network are those of the formulas, with the same bits on every set of lanes") {
  std::vector<float> x;
  for (int i = -1600; i < 1600; ++i) x.push_back(static_cast<float>(i) / 128 * (i % 5 == 0 ? 20.0F : 1.0F));
  for (unsigned f = 0; f < 6; ++f) {
    const auto function = static_cast<activation>(f);
    INFO(mr::model::to_string(function));
    std::vector<float> first;
    for (const auto cpu : network_lanes::cpus()) {
      auto y = x;
      detail::run_on(cpu, detail::apply_activation{function, y.data(), y.size()});
      for (std::size_t i = 0; i < x.size(); ++i) {
        const double wanted = network_lanes::exact(function, static_cast<double>(x[i]));
        if (std::abs(static_cast<double>(y[i]) - wanted) > 2e-7 * std::fmax(1, std::abs(wanted))) FAIL_CHECK(x[i]);
      }
      if (first.empty()) first = y;
      for (std::size_t i = 0; i < y.size(); ++i)
        if (!network_lanes::same_bits(y[i], first[i])) FAIL_CHECK(x[i]);
    }
  }
}

TEST_CASE("a NaN stays a NaN in every activation, and infinities go to the limits") {
  const float infinity = std::numeric_limits<float>::infinity();
  for (unsigned f = 0; f < 6; ++f)
    for (const auto cpu : network_lanes::cpus()) {
      const auto function = static_cast<activation>(f);
      std::vector<float> x(16, std::numeric_limits<float>::quiet_NaN());
      x[3] = infinity;
      x[5] = -infinity;
      detail::run_on(cpu, detail::apply_activation{function, x.data(), x.size()});
      CHECK(std::isnan(x[0]));
      CHECK(std::isnan(x[15]));
      CHECK(x[3] == (function == activation::tanh || function == activation::sigmoid ? 1.0F : infinity));
      if (function == activation::relu || function == activation::tanh)
        CHECK(x[5] == (function == activation::tanh ? -1.0F : 0.0F));
    }
}

TEST_CASE("derivatives of activations are those of central differences, with the same bits on every set of lanes") {
  std::vector<float> x;
  for (int i = -200; i < 200; ++i) x.push_back(static_cast<float>(i) / 32 + 0.01F);
  for (unsigned f = 0; f < 6; ++f) {
    const auto function = static_cast<activation>(f);
    INFO(mr::model::to_string(function));
    std::vector<float> first;
    for (const auto cpu : network_lanes::cpus()) {
      auto y = x;
      if (function != activation::gelu) detail::run_on(cpu, detail::apply_activation{function, y.data(), y.size()});
      std::vector<float> gradient(x.size(), 2.0F);
      detail::run_on(cpu, detail::apply_derivative{function, gradient.data(), y.data(), y.size()});
      for (std::size_t i = 0; i < x.size(); ++i) {
        const double at = static_cast<double>(x[i]);
        const double slope =
            (network_lanes::exact(function, at + 1e-4) - network_lanes::exact(function, at - 1e-4)) / 2e-4;
        if (std::abs(static_cast<double>(gradient[i]) - 2 * slope) > 1e-5) FAIL_CHECK(x[i]);
      }
      if (first.empty()) first = gradient;
      for (std::size_t i = 0; i < x.size(); ++i)
        if (!network_lanes::same_bits(gradient[i], first[i])) FAIL_CHECK(x[i]);
    }
  }
}

TEST_CASE("products are added without being rounded in between, on every set of lanes") {
  mr::random_engine random(5);
  constexpr std::size_t size = 1024;
  for (int round = 0; round < 200; ++round) {
    std::vector<float> a(size);
    std::vector<float> b(size);
    std::vector<float> c(size);
    for (std::size_t i = 0; i < size; ++i) {
      // Bits of any float; numbers of like sizes; and sums halfway between two floats.
      const auto word = [&] { return static_cast<std::uint32_t>(random() >> 32); };
      const auto near_one = [&](std::uint32_t bits, unsigned spread) {
        return (bits & 0x807fffffU) | ((127 - spread / 2 + static_cast<std::uint32_t>(random.below(spread))) << 23);
      };
      const bool any = round % 4 == 0;
      std::uint32_t x = any ? word() : near_one(word(), 20);
      std::uint32_t z = any ? word() : near_one(word(), 60);
      if (round % 4 == 2) x &= 0xfffff000U;
      if (round % 4 == 3) z &= 0xff800000U;
      a[i] = std::bit_cast<float>(x);
      b[i] = std::bit_cast<float>(any ? word() : near_one(word(), 20));
      c[i] = std::bit_cast<float>(z);
      if (round % 8 != 5) continue;
      // The exact sum is so near to half way between two floats that a sum in double lies on it.
      const float part = static_cast<float>(1 + random.below(64)) * 0x1p-23F;
      a[i] = 1 + part;
      b[i] = (random.below(2) == 0 ? 0x1p-24F : -0x1p-24F) * (1 - part);
      c[i] = 1 + static_cast<float>(1 + random.below(1000)) * 0x1p-23F;
    }
    for (const auto cpu : network_lanes::cpus()) {
      auto found = c;
      detail::run_on(cpu, network_lanes::multiply_add{a, b, found});
      for (std::size_t i = 0; i < size; ++i)
        if (!network_lanes::same_bits(found[i], std::fma(a[i], b[i], c[i]))) FAIL_CHECK(a[i] << " " << b[i]);
    }
  }
}

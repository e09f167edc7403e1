#ifndef MILLRACE_TESTS_SUPPORT_TENSORS_HPP
#define MILLRACE_TESTS_SUPPORT_TENSORS_HPP

#include <millrace/tensor/dtype.hpp>

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace support {

/// Kinds of data that a codec meets, for every dtype.
enum class data_kind { zeros, constant, relu, normal, ramp, few_values, sparse, random_bits, periodic };
inline constexpr data_kind all_data_kinds[] = {data_kind::zeros,  data_kind::constant,    data_kind::relu,
                                               data_kind::normal, data_kind::ramp,        data_kind::few_values,
                                               data_kind::sparse, data_kind::random_bits, data_kind::periodic};

/// The same numbers everywhere: SplitMix64.
struct small_random {
  std::uint64_t state;
  std::uint64_t operator()() noexcept {
    std::uint64_t z = state += 0x9e3779b97f4a7c15U;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27) * 0x94d049bb133111ebU;
    return z ^ z >> 31;
  }
  double uniform() noexcept { return static_cast<double>((*this)() >> 11) * 0x1p-53; }
  /// Near enough to a normal deviate.
  double normal() noexcept {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += uniform();
    return sum;
  }
};

/// `count` elements as bytes.
inline std::vector<unsigned char> make_elements(millrace::tensor::dtype type, data_kind kind, std::size_t count,
                                                std::uint64_t seed = 1) {
  namespace mr = millrace;
  small_random random{seed};
  const std::size_t size = mr::tensor::size_of(type);
  std::vector<unsigned char> bytes(count * size);
  if (kind == data_kind::random_bits && type != mr::tensor::dtype::boolean) {
    for (unsigned char& byte : bytes) byte = static_cast<unsigned char>(random());
    return bytes;
  }
  for (std::size_t i = 0; i < count; ++i) {
    double x = 0;
    switch (kind) {
      case data_kind::zeros: break;
      case data_kind::constant: x = 1.625; break;
      case data_kind::relu: x = std::fmax(0.0, random.normal()); break;
      case data_kind::normal: x = random.normal(); break;
      case data_kind::ramp: x = static_cast<double>(i); break;
      case data_kind::few_values: x = static_cast<double>(random() % 10); break;
      case data_kind::sparse: x = random() % 50 == 0 ? random.normal() : 0; break;
      case data_kind::random_bits: x = static_cast<double>(random() % 2); break;
      case data_kind::periodic: x = std::sin(static_cast<double>(i % 700)); break;
    }
    mr::tensor::visit_dtype(type, [&](auto tag) {
      using element = typename decltype(tag)::type;
      unsigned char* to = &bytes[i * size];
      if constexpr (std::is_same_v<element, bool>) {
        *to = x >= 1 ? 1 : 0;
      } else if constexpr (std::is_integral_v<element>) {
        const bool real = kind == data_kind::normal || kind == data_kind::relu || kind == data_kind::sparse ||
                          kind == data_kind::periodic;
        const auto wide = static_cast<std::int64_t>(real ? x * 30 : x);
        const auto value = static_cast<element>(wide);
        std::memcpy(to, &value, size);
      } else if constexpr (std::is_same_v<element, double>) {
        std::memcpy(to, &x, size);
      } else {
        const element value(static_cast<float>(x));
        std::memcpy(to, &value, size);
      }
    });
  }
  return bytes;
}

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_TENSORS_HPP

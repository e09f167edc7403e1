#ifndef MILLRACE_TRAIN_NETWORK_FILE_HPP
#define MILLRACE_TRAIN_NETWORK_FILE_HPP

#include <millrace/core/result.hpp>
#include <millrace/store/atomic_file.hpp>
#include <millrace/store/file.hpp>
#include <millrace/train/detail/network_bytes.hpp>
#include <millrace/train/network.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace train {

/// A network as bytes, the same on every machine. Little-endian throughout:
///
///     8   "MRNETWRK"
///     4   version, 1
///     4   bytes of a number: 4 (IEEE single precision) or 8 (double)
///     8   length of all of this, checksum included
///     8   inputs
///     4   layers; then for each of them
///     8     units
///     1     length of the activation's name, and the name
///     8   parameters; then each of them, in the order of network::parameters()
///     4   CRC-32 (IEEE 802.3) of everything before
template <class Scalar>
std::string to_bytes(const network<Scalar>& net) {
  detail::network_writer out;
  out.text(detail::network_magic);
  out.number(std::uint32_t{1});
  out.number(static_cast<std::uint32_t>(sizeof(Scalar)));
  out.number(std::uint64_t{0});  // the length, when it is known
  out.number(static_cast<std::uint64_t>(net.inputs()));
  out.number(static_cast<std::uint32_t>(net.layer_count()));
  for (std::size_t k = 0; k < net.layer_count(); ++k) {
    const std::string_view name = to_string(net.layer(k).function);
    out.number(static_cast<std::uint64_t>(net.layer(k).units));
    out.number(static_cast<std::uint8_t>(name.size()));
    out.text(name);
  }
  out.number(static_cast<std::uint64_t>(net.parameter_count()));
  for (Eigen::Index i = 0; i < net.parameter_count(); ++i) out.real(net.parameters()[i]);
  return std::move(out).finish();
}

/// The network that the bytes hold. Guarantee: what `to_bytes` made comes back bit for bit; anything
/// else is an error, and never more memory is taken than the bytes are long.
/// Errors: corrupt (no network, or numbers that contradict each other), truncated, unsupported (a
/// later version, an unknown activation), type_mismatch (the other precision), checksum_mismatch.
template <class Scalar = float>
result<network<Scalar>> network_from_bytes(std::string_view bytes) {
  detail::network_reader in(bytes);
  if (auto sound = in.open(sizeof(Scalar)); !sound) return std::move(sound).error();

  std::uint64_t inputs = 0;
  std::uint32_t count = 0;
  if (!in.number(inputs) || !in.number(count)) return in.short_of("the layers");
  if (inputs == 0) return in.corrupt("no inputs");
  if (count == 0) return in.corrupt("no layers");
  const std::uint64_t limit = bytes.size() / sizeof(Scalar);  // no more parameters than that can follow
  std::vector<dense> layers;
  std::uint64_t expected = 0;
  std::uint64_t before = inputs;
  for (std::uint32_t k = 0; k < count; ++k) {
    std::uint64_t units = 0;
    std::string_view name;
    if (!in.number(units) || !in.name(name)) return in.short_of("layer " + std::to_string(k));
    const auto function = parse_activation(name);
    if (!function) return in.unknown_activation(k, name);
    // units (before + 1) parameters, and no more than fit: checked before multiplying.
    if (units == 0 || before >= limit || units > (limit - expected) / (before + 1))
      return in.corrupt("layer " + std::to_string(k) + " has " + std::to_string(units) + " units");
    expected += units * (before + 1);
    layers.push_back({static_cast<Eigen::Index>(units), *function});
    before = units;
  }
  std::uint64_t parameters = 0;
  if (!in.number(parameters)) return in.short_of("the parameters");
  if (parameters != expected || in.left() != parameters * sizeof(Scalar))
    return in.corrupt(std::to_string(parameters) + " parameters in " + std::to_string(in.left()) +
                      " bytes, but the layers have " + std::to_string(expected));

  network<Scalar> net(static_cast<Eigen::Index>(inputs), std::move(layers));
  for (Eigen::Index i = 0; i < net.parameter_count(); ++i) in.real(net.parameters()[i]);
  return net;
}

/// Writes a network's bytes as a whole file: what stood there before, or all of it.
template <class Scalar>
result<void> save_network(const network<Scalar>& net, const std::string& path) {
  return store::write_file(path, to_bytes(net));
}

/// Reads a network from a file. Errors: those of reading and of `network_from_bytes`, with the path.
template <class Scalar = float>
result<network<Scalar>> load_network(const std::string& path) {
  auto bytes = store::read_file(path);
  if (!bytes) return std::move(bytes).error();
  auto net = network_from_bytes<Scalar>(*bytes);
  if (!net) return std::move(net).error().wrap("cannot load the network \"" + path + '"');
  return net;
}

}  // namespace train
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRAIN_NETWORK_FILE_HPP

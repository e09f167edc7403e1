#ifndef MILLRACE_CORE_DETAIL_SHA256_EACH_HPP
#define MILLRACE_CORE_DETAIL_SHA256_EACH_HPP

#include <millrace/core/detail/sha256_block.hpp>
#include <millrace/core/detail/sha256_lanes.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

// SHA-256 of many messages, of which several are under way at once: as soon as one ends the next takes its place.
namespace millrace {
inline namespace v0 {
namespace detail {

/// Bytes, behind one byte more if `prefix` is one.
struct sha256_message {
  std::span<const std::byte> bytes;
  int prefix = -1;
};

/// Cuts a message into blocks: it is copied, `size` bytes at a time, to blocks of its own, the last ones with the
/// padding. A short message is copied at once and as a whole.
class sha256_feed {
 public:
  void begin(const sha256_message& message) noexcept {
    from_ = reinterpret_cast<const unsigned char*>(message.bytes.data());
    left_ = message.bytes.size();
    length_ = left_;
    ended_ = false;
    std::size_t filled = 0;
    if (message.prefix >= 0) {
      blocks_[0] = static_cast<unsigned char>(message.prefix);
      ++length_;
      ++filled;
    }
    fill(filled);
  }

  const unsigned char* data() const noexcept { return at_; }
  /// How many blocks there are at `data`, of which there is one or more.
  std::size_t blocks() const noexcept { return ready_; }

  /// Goes on behind the first `blocks` blocks. Returns whether these were the last ones; what comes then are blocks of
  /// no message, as before `begin`.
  bool advance(std::size_t blocks) noexcept {
    at_ += 64 * blocks;
    ready_ -= blocks;
    if (ready_ != 0) return false;
    if (!last_) {
      fill(0);
      return false;
    }
    at_ = no_message;
    ready_ = most_blocks;
    return true;
  }

 private:
  static constexpr std::size_t most_blocks = 8;
  static constexpr std::size_t size = 64 * most_blocks;
  static constexpr std::size_t most_zeros = 72;
  static constexpr unsigned char no_message[size] = {};

  void fill(std::size_t filled) noexcept {
    std::size_t taken = left_ < size - filled ? left_ : size - filled;
    // Where g++ sees that the size is small it copies by `rep movs`, which takes longer to begin than all the rest.
    asm("" : "+r"(taken));
    if (taken != 0) __builtin_memcpy(blocks_ + filled, from_, taken);
    from_ += taken;
    left_ -= taken;
    filled += taken;
    at_ = blocks_;
    last_ = false;
    ready_ = most_blocks;
    if (left_ != 0 || (!ended_ && filled == size)) return;
    if (!ended_) blocks_[filled++] = 0x80;
    ended_ = true;
    last_ = filled <= size - 8;
    if (last_) ready_ = (filled + 8 + 63) / 64;
    __builtin_memset(blocks_ + filled, 0, most_zeros);  // all that are needed, and some behind them
    if (!last_) return;
    const std::uint64_t bits = __builtin_bswap64(length_ * 8);
    __builtin_memcpy(blocks_ + 64 * ready_ - 8, &bits, 8);
  }

  alignas(64) unsigned char blocks_[size + most_zeros];
  const unsigned char* at_ = no_message;
  std::size_t ready_ = most_blocks;
  const unsigned char* from_ = nullptr;
  std::size_t left_ = 0;
  std::uint64_t length_ = 0;
  bool ended_ = false;  // the bit behind the message is in a block
  bool last_ = true;    // and so is its length
};

/// The state of one message: what is left where there are too few for more.
struct sha256_single {
  static constexpr std::size_t lanes = 1;

  void start(std::size_t) noexcept { __builtin_memcpy(state, sha256_start, sizeof state); }
  void update(const unsigned char* const (&data)[1], std::size_t blocks) noexcept {
    sha256_blocks(state, data[0], blocks);
  }
  void copy(std::size_t, std::uint32_t (&to)[8]) const noexcept { __builtin_memcpy(to, state, sizeof state); }

  std::uint32_t state[8];
};

#if defined(__x86_64__)

/// The states of two messages, by the processor's instructions for SHA-256.
struct sha256_pair {
  static constexpr std::size_t lanes = 2;

  void start(std::size_t lane) noexcept { __builtin_memcpy(state[lane], sha256_start, sizeof state[lane]); }
  void update(const unsigned char* const (&data)[2], std::size_t blocks) noexcept {
    std::uint32_t* const states[] = {state[0], state[1]};
    sha256_by_cpu(states, data, blocks);
  }
  void copy(std::size_t lane, std::uint32_t (&to)[8]) const noexcept {
    __builtin_memcpy(to, state[lane], sizeof state[lane]);
  }

  std::uint32_t state[2][8];
};

/// The states of 8 or 16 messages, by AVX2 or AVX-512.
template <std::size_t Lanes>
struct sha256_vector {
  static constexpr std::size_t lanes = Lanes;

  void start(std::size_t lane) noexcept {
    for (unsigned i = 0; i < 8; ++i) state[i][lane] = sha256_start[i];
  }
  void update(const unsigned char* const (&data)[Lanes], std::size_t blocks) noexcept {
    if constexpr (Lanes == 16)
      sha256_in_16_lanes(state, data, blocks);
    else
      sha256_in_8_lanes(state, data, blocks);
  }
  void copy(std::size_t lane, std::uint32_t (&to)[8]) const noexcept {
    for (unsigned i = 0; i < 8; ++i) to[i] = state[i][lane];
  }

  alignas(64) std::uint32_t state[8][Lanes];
};

#endif

/// `sha256_each` for as many messages at once as `States` has lanes.
template <class States, class Message, class Digest>
void sha256_side_by_side(std::size_t count, const Message& message, const Digest& digest) noexcept {
  constexpr std::size_t lanes = States::lanes;
  States states;
  sha256_feed feeds[lanes];
  std::size_t index[lanes];  // of a lane's message; `count` if it has none
  std::size_t begun = 0;
  std::size_t busy = 0;
  const auto begin = [&](std::size_t lane) {
    index[lane] = begun;
    if (begun == count) return;
    states.start(lane);
    feeds[lane].begin(message(begun++));
    ++busy;
  };
  for (std::size_t lane = 0; lane < lanes; ++lane) begin(lane);
  // Lanes without a message cost as much as those with one.
  while (2 * busy > lanes) {
    const unsigned char* data[lanes];
    std::size_t blocks = feeds[0].blocks();
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      data[lane] = feeds[lane].data();
      if (feeds[lane].blocks() < blocks) blocks = feeds[lane].blocks();
    }
    states.update(data, blocks);
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      if (!feeds[lane].advance(blocks) || index[lane] == count) continue;
      std::uint32_t state[8];
      states.copy(lane, state);
      store_sha256(digest(index[lane]), state);
      --busy;
      begin(lane);
    }
  }
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    if (index[lane] == count) continue;
    std::uint32_t state[8];
    states.copy(lane, state);
    std::size_t blocks = 0;
    do {
      blocks = feeds[lane].blocks();
      sha256_blocks(state, feeds[lane].data(), blocks);
    } while (!feeds[lane].advance(blocks));
    store_sha256(digest(index[lane]), state);
  }
}

/// The digest of each of `count` messages: `message(i)` returns one, `digest(i)` where its 32 bytes go. Messages are
/// begun in their order, and one of up to 510 bytes is read as a whole then; a digest is written at any time after its
/// message was begun.
/// The ways are tried from the fastest to the slowest, as they are on a processor that has them all.
template <class Message, class Digest>
void sha256_each(std::size_t count, const Message& message, const Digest& digest) noexcept {
#if defined(__x86_64__)
  if (count >= 16 && cpu_has_avx512()) return sha256_side_by_side<sha256_vector<16>>(count, message, digest);
  if (count >= 2 && cpu_has_sha()) return sha256_side_by_side<sha256_pair>(count, message, digest);
  if (count >= 8 && cpu_has_avx2()) return sha256_side_by_side<sha256_vector<8>>(count, message, digest);
#endif
  sha256_side_by_side<sha256_single>(count, message, digest);
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_SHA256_EACH_HPP

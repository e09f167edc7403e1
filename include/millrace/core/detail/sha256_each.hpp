#ifndef MILLRACE_CORE_DETAIL_SHA256_EACH_HPP
#define MILLRACE_CORE_DETAIL_SHA256_EACH_HPP

#include <millrace/core/detail/sha256_block.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

// SHA-256 of many messages, of which several are under way at once: as soon as one ends the next takes its lane.
namespace millrace {
inline namespace v0 {
namespace detail {

/// Bytes, behind one byte more if `prefix` is one.
struct sha256_message {
  std::span<const std::byte> bytes;
  int prefix = -1;
};

/// A message on its way: it is copied by `size` bytes into blocks of its own, the last ones with the padding. A short
/// message is copied at once and as a whole.
class sha256_lane {
 public:
  void begin(const sha256_message& message) noexcept {
    __builtin_memcpy(state_, sha256_start, sizeof state_);
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

  std::uint32_t* state() noexcept { return state_; }
  const unsigned char* data() const noexcept { return at_; }
  std::size_t blocks() const noexcept { return ready_; }

  /// Says that the first `blocks` of its blocks are in the state. Returns whether there are no more.
  bool advance(std::size_t blocks) noexcept {
    at_ += 64 * blocks;
    ready_ -= blocks;
    if (ready_ != 0) return false;
    if (last_) return true;
    fill(0);
    return false;
  }
  /// Takes in all blocks that are left.
  void finish() noexcept {
    for (std::size_t now = ready_;; now = ready_) {
      sha256_blocks(state_, at_, now);
      if (advance(now)) return;
    }
  }

 private:
  static constexpr std::size_t size = 512;

  void fill(std::size_t filled) noexcept {
    const std::size_t taken = left_ < size - filled ? left_ : size - filled;
    if (taken != 0) __builtin_memcpy(blocks_ + filled, from_, taken);
    from_ += taken;
    left_ -= taken;
    filled += taken;
    at_ = blocks_;
    last_ = false;
    ready_ = size / 64;
    if (left_ != 0 || (!ended_ && filled == size)) return;
    if (!ended_) blocks_[filled++] = 0x80;
    ended_ = true;
    last_ = filled <= size - 8;
    if (last_) ready_ = (filled + 8 + 63) / 64;
    const std::size_t end = last_ ? 64 * ready_ - 8 : size;
    __builtin_memset(blocks_ + filled, 0, end - filled);
    if (!last_) return;
    const std::uint64_t bits = __builtin_bswap64(length_ * 8);
    __builtin_memcpy(blocks_ + end, &bits, 8);
  }

  std::uint32_t state_[8];
  unsigned char blocks_[size];
  const unsigned char* at_;
  std::size_t ready_;  // blocks from `at_` on
  const unsigned char* from_;
  std::size_t left_;
  std::uint64_t length_;
  bool ended_;  // the bit behind the message is in a block
  bool last_;   // and so is its length
};

/// The digest of each of `count` messages: `message(i)` returns one, `digest(i)` where its 32 bytes go. Messages are
/// begun in their order, and one of up to 510 bytes is read as a whole then; a digest is written at any time after its
/// message was begun.
template <class Message, class Digest>
void sha256_each(std::size_t count, const Message& message, const Digest& digest) noexcept {
  sha256_lane lanes[2];
  std::size_t begun = 0;
#if defined(__x86_64__)
  if (count > 1 && cpu_has_sha()) {
    std::size_t index[2] = {0, 1};
    for (; begun < 2; ++begun) lanes[begun].begin(message(begun));
    for (;;) {
      const std::size_t blocks = lanes[0].blocks() < lanes[1].blocks() ? lanes[0].blocks() : lanes[1].blocks();
      std::uint32_t* const states[] = {lanes[0].state(), lanes[1].state()};
      const unsigned char* const data[] = {lanes[0].data(), lanes[1].data()};
      sha256_by_cpu(states, data, blocks);
      bool ended[2];
      for (unsigned i = 0; i < 2; ++i) {
        ended[i] = lanes[i].advance(blocks);
        if (ended[i]) store_sha256(digest(index[i]), lanes[i].state());
      }
      for (unsigned i = 0; i < 2; ++i) {
        if (!ended[i]) continue;
        if (begun == count) {
          if (ended[1 - i]) return;
          lanes[1 - i].finish();
          return store_sha256(digest(index[1 - i]), lanes[1 - i].state());
        }
        index[i] = begun;
        lanes[i].begin(message(begun++));
        ended[i] = false;
      }
    }
  }
#endif
  for (; begun < count; ++begun) {
    lanes[0].begin(message(begun));
    lanes[0].finish();
    store_sha256(digest(begun), lanes[0].state());
  }
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_SHA256_EACH_HPP

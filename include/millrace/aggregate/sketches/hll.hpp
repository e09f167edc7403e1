#ifndef MILLRACE_AGGREGATE_SKETCHES_HLL_HPP
#define MILLRACE_AGGREGATE_SKETCHES_HLL_HPP

#include <millrace/aggregate/sketches/detail/coupon_table.hpp>
#include <millrace/aggregate/sketches/detail/hash_block.hpp>
#include <millrace/aggregate/sketches/detail/hll_estimate.hpp>
#include <millrace/aggregate/sketches/detail/murmur3.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/swap_members.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/detail/image.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace detail::hll_image {

// Apache DataSketches' image. Fields are one byte long unless a number of bytes stands behind them: length of the
// preamble in units of 4 bytes, version, family, log2 of the number of registers, log2 of the hash table's size, flags,
// number of coupons in the list or the least register, mode and bits. Then follows, by mode: a list of coupons (4
// each); or their number (4) and a hash table of them; or the estimate and the two sums (8 each), the number of
// registers that have the least value (4), the number of registers that do not fit into 4 bits (4), the registers, and
// those that do not fit as coupons.
inline constexpr std::uint8_t serial_version = 1;
inline constexpr std::uint8_t family_id = 7;
inline constexpr std::uint8_t list_preamble = 2;
inline constexpr std::uint8_t set_preamble = 3;
inline constexpr std::uint8_t array_preamble = 10;
inline constexpr std::uint8_t is_empty = 4;
inline constexpr std::uint8_t is_compact = 8;
inline constexpr std::uint8_t out_of_order = 16;
inline constexpr std::size_t list_length = 8;  // with so many coupons a list becomes a set, or registers
inline constexpr unsigned first_set_lg = 5;    // log2 of a set's first size
inline constexpr unsigned exception = 15;      // what stands in 4 bits for a register above them
inline constexpr std::uint8_t most_value = 63;
inline constexpr std::uint8_t unknown = 0xff;  // while reading, a register that stands among the exceptions

/// The log2 of the first size of the table of exceptions, the registers that do not fit into 4 bits.
constexpr unsigned first_exceptions_lg(unsigned lg_k) noexcept {
  return lg_k < 7 ? 2 : lg_k < 10 ? 3 : lg_k < 12 ? 4 : lg_k < 14 ? 5 : lg_k - 8;
}
constexpr std::size_t register_bytes(unsigned lg_k, unsigned bits) noexcept {
  const std::size_t size = std::size_t{1} << lg_k;
  return bits == 4 ? size / 2 : bits == 6 ? size / 4 * 3 + 1 : size;
}

}  // namespace detail::hll_image

/// How many different items a stream has, in kilobytes however many there are: the HyperLogLog sketch.
///
/// `LgK`: a new sketch has 2^LgK registers, a loaded one those of its image. `Bits`: a saved register takes 4, 6 or 8
/// bits; in memory it takes a byte. Few items are kept exactly but for collisions, as coupons of 32 bits. Items are
/// whole numbers (7 is one item whatever its type), floating-point numbers (+0 and -0 are one item, and so are all NaN)
/// and text (empty text is left out).
///
/// Guarantee: the estimate's standard deviation is `relative_error()`: 0.83 / sqrt(2^LgK) of the number for one stream,
/// 1.3 % at LgK = 12; 1.04 / sqrt(2^LgK) once sketches with registers were merged; and less than 0.01 % while there are
/// coupons. Repetition and order of items make no difference to a merged estimate. The same input and order of merges
/// give the same bytes.
/// Complexity: update O(1), merge and a merged estimate O(2^LgK). Memory: 2^LgK bytes of registers and, with 4 bits, a
/// small table of the registers that do not fit; less while items are few.
/// Allocates: as coupons grow in number, at the change to registers, and with 4 bits for registers that do not fit.
/// Threads: one at a time.
/// Source: Flajolet, Fusy, Gandouet, Meunier, "HyperLogLog", 2007. The estimate of one stream, the historic inverse
/// probability estimator: Cohen, "All-distances sketches, revisited", 2014. That of merged sketches: Apache
/// DataSketches' composite estimator.
/// Bytes: the compact image of Apache DataSketches' HLL sketch, the same as its C++ and Python write after the same
/// updates. Java and Go set other bits of the flags, byte 5, which say nothing of the items; their images are read too.
template <unsigned LgK = 12, unsigned Bits = 4>
class hll {
  static_assert(LgK >= 4 && LgK <= 21, "millrace[SKETCH-5]: hll<LgK>: LgK must be in [4, 21]");
  static_assert(Bits == 4 || Bits == 6 || Bits == 8, "millrace[SKETCH-6]: hll<LgK, Bits>: Bits must be 4, 6 or 8");

 public:
  static constexpr bool idempotent = true;

  hll() noexcept = default;
  hll(const hll&) = default;
  hll& operator=(const hll&) = default;
  /// The sketch moved from is as newly made.
  hll(hll&& other) noexcept : hll() { swap(other); }
  hll& operator=(hll&& other) noexcept {
    hll taken(std::move(other));
    swap(taken);
    return *this;
  }
  ~hll() = default;

  /// Takes an item, or many from a vector or a span.
  template <class Items>
  requires(detail::takes_items<Items>)
  void update(const Items& items) {
    if constexpr (detail::row_of_items<Items>)
      update_row(std::span<const std::remove_cvref_t<decltype(*items.data())>>(items.data(), items.size()));
    else if (!detail::is_no_item(items))
      offer(detail::hash_item(items));
  }
  /// millrace[SKETCH-14]: an argument that is no item; the error names the template parameter, which says what to do.
  template <class millrace_SKETCH_14_items_are_numbers_or_text_of_others_give_a_key>
  requires(!detail::takes_items<millrace_SKETCH_14_items_are_numbers_or_text_of_others_give_a_key>)
  void update(const millrace_SKETCH_14_items_are_numbers_or_text_of_others_give_a_key&) = delete;

  /// Adds the items of another sketch. If the other one is past coupons and has fewer registers, this one has as few
  /// from then on.
  void merge(const hll& other);

  bool empty() const noexcept { return mode_ == mode::list && coupons_.empty(); }
  unsigned lg_k() const noexcept { return lg_k_; }
  unsigned bits() const noexcept { return bits_; }

  /// The estimate of how many different items there were.
  double estimate() const noexcept {
    if (mode_ != mode::array) return detail::items_behind_coupons(coupon_count());
    return out_of_order_ ? detail::items_behind_registers(registers_) : estimate_;
  }
  /// The estimate's standard deviation, as a fraction of it.
  double relative_error() const noexcept {
    if (mode_ != mode::array) return 0.409 / 8192;  // coupons err only by colliding; DataSketches' bound
    return (out_of_order_ ? 1.03896 : 0.83256) / detail::math::sqrt(static_cast<double>(registers_.size()));
  }
  struct bounds_type {
    double lower;
    double upper;
  };
  /// The estimate divided by 1 plus, and by 1 minus, `deviations` relative errors: the number lies between with 95 %
  /// confidence for 2, 99.7 % for 3.
  bounds_type bounds(double deviations = 2) const noexcept {
    const double off = deviations * relative_error();
    const double seen = mode_ == mode::array ? static_cast<double>(registers_.size() - zeros()) : coupon_count();
    const double lower = estimate() / (1 + off);
    return {lower < seen ? seen : lower, off < 1 ? estimate() / (1 - off) : std::numeric_limits<double>::infinity()};
  }

  std::vector<std::byte> save() const;
  /// Reads compact and updatable images.
  /// Allocates: no more than a few times the bytes given.
  /// Errors: truncated, unsupported, corrupt, type_mismatch, each naming what is wrong.
  static result<hll> load(std::span<const std::byte> bytes);

 private:
  void swap(hll& other) noexcept {
    detail::swap_members(*this, other, &hll::mode_, &hll::lg_k_, &hll::bits_, &hll::out_of_order_, &hll::least_,
                         &hll::at_least_, &hll::mask_, &hll::registers_, &hll::estimate_, &hll::sum_low_,
                         &hll::sum_high_, &hll::coupons_, &hll::table_);
  }
  enum class mode : std::uint8_t { list = 0, set = 1, array = 2 };
  using coupons = std::vector<std::uint32_t>;

  template <class Item>
  void update_row(std::span<const Item> items) {
    if constexpr (std::is_arithmetic_v<Item>) {
      if (detail::hash_block::pays()) {
        constexpr std::size_t portion = detail::hash_block::size;
        detail::hash_block block;
        for (; items.size() >= portion; items = items.subspan(portion)) {
          for (std::size_t i = 0; i < portion; ++i) block.words[i] = detail::item_word(items[i]);
          block.hash();
          for (std::size_t i = 0; i < portion; ++i) offer({block.low[i], block.high[i]});
        }
      }
    }
    for (const Item& item : items) update(item);
  }

  void offer(const detail::hash128& hash) {
    // The value is one more than the number of leading zeros. Bit 1 is set so that it is 63 at the most, which fits 6
    // bits.
    const auto value = static_cast<std::uint8_t>(std::countl_zero(hash.high | 2) + 1);
    if (mode_ == mode::array) [[likely]] {
      const std::size_t at = hash.low & mask_;
      if (value > registers_[at]) [[unlikely]]
        raise(at, value);
    } else {
      collect(detail::make_coupon(static_cast<std::uint32_t>(hash.low), value));
    }
  }

  double coupon_count() const noexcept {
    return static_cast<double>(mode_ == mode::list ? coupons_.size() : table_.count());
  }
  std::size_t zeros() const noexcept {
    std::size_t count = 0;
    for (const std::uint8_t value : registers_) count += value == 0;
    return count;
  }
  /// The coupons in the order of the image: those of a list or a set, or the registers that do not fit into 4 bits.
  coupons listed() const;
  /// Does a register of this value not fit into 4 bits? These hold the distance from the least register, up to 14.
  bool is_exception(unsigned value) const noexcept {
    return bits_ == 4 && value >= least_ + detail::hll_image::exception;
  }

  [[gnu::noinline]] void raise(std::size_t at, std::uint8_t value);
  [[gnu::noinline]] void collect(std::uint32_t coupon);
  /// Adds 2^-value to the sums over registers, or subtracts it. The double 2^-value is made from its exponent's bits.
  void count_value(std::uint8_t value, double sign) noexcept {
    (value < 32 ? sum_low_ : sum_high_) += sign * std::bit_cast<double>((std::uint64_t{1023} - value) << 52);
  }
  void note_exception(std::size_t at, std::uint8_t value);
  void raise_least();
  void to_registers();
  void to_registers_of(const hll& other);
  void fold(unsigned lg_k);
  void recount();
  void clear_registers(unsigned lg_k) {
    mode_ = mode::array;
    lg_k_ = static_cast<std::uint8_t>(lg_k);
    mask_ = (std::size_t{1} << lg_k) - 1;
    registers_.assign(mask_ + 1, 0);
  }
  result<void> load_coupons(detail::image_reader& in, std::size_t count, std::size_t places);
  /// What an image says of its registers besides them.
  struct register_head {
    std::uint8_t least = 0;
    bool compact = false;
    unsigned table_lg = 0;  // of the exceptions, unless compact
    double estimate = 0;
    double sum = 0;
    std::uint32_t at_least = 0;
    std::uint32_t exceptions = 0;
  };
  result<void> unpack_registers(detail::image_reader& in, std::uint8_t least);
  result<void> read_exceptions(detail::image_reader& in, const register_head& head, coupons& all);
  result<void> compare_registers(const detail::image_reader& in, const register_head& head);
  result<void> load_registers(detail::image_reader& in, register_head head);

  mode mode_ = mode::list;
  std::uint8_t lg_k_ = LgK;
  std::uint8_t bits_ = Bits;
  bool out_of_order_ = false;   // registers of several sketches were merged
  std::uint8_t least_ = 0;      // with 4 bits, the least register; else 0
  std::uint32_t at_least_ = 0;  // how many registers have that value
  std::size_t mask_ = 0;
  std::vector<std::uint8_t> registers_;
  double estimate_ = 0;         // of the historic inverse probability estimator
  double sum_low_ = 0;          // of 2^-value over the registers with values below 32
  double sum_high_ = 0;         // of 2^-value over the others
  coupons coupons_;             // of a list; else in the order of the image this came from, until one is added
  detail::coupon_table table_;  // of a set, or of the registers that do not fit into 4 bits
};

/// Adds a coupon. A full list becomes a set (registers where these are fewer than 2^8), a full set registers.
template <unsigned LgK, unsigned Bits>
void hll<LgK, Bits>::collect(std::uint32_t coupon) {
  using namespace detail::hll_image;
  if (mode_ == mode::list) {
    for (const std::uint32_t known : coupons_)
      if (known == coupon) return;
    coupons_.push_back(coupon);
    if (coupons_.size() < list_length) return;
    if (lg_k_ < 8) return to_registers();
    table_ = detail::coupon_table(first_set_lg, ~std::uint32_t{0});
    for (const std::uint32_t known : coupons_) table_.fill(table_.find(known), known);
    coupons_.clear();
    mode_ = mode::set;
  } else if (mode_ == mode::set) {
    std::uint32_t& place = table_.find(coupon);
    if (place == coupon) return;
    coupons_.clear();
    table_.fill(place, coupon);
    if (!table_.crowded()) return;
    if (table_.lg_size() == lg_k_ - 3U) return to_registers();
    table_.grow();
  } else if (const std::size_t at = coupon & mask_; detail::coupon_value(coupon) > registers_[at]) {
    raise(at, detail::coupon_value(coupon));
  }
}

/// Sets a register to a larger value.
///
/// The estimate grows by the inverse of the probability p that the next new item raises a register, since one in 1 / p
/// new items does so: a register of value v is raised with probability 2^-v, so p is the sum of 2^-v over all registers
/// divided by their number.
template <unsigned LgK, unsigned Bits>
void hll<LgK, Bits>::raise(std::size_t at, std::uint8_t value) {
  const std::uint8_t before = registers_[at];
  if (!out_of_order_) estimate_ += static_cast<double>(registers_.size()) / (sum_low_ + sum_high_);
  count_value(before, -1);
  count_value(value, 1);
  if (is_exception(value)) note_exception(at, value);
  registers_[at] = value;
  if (before != least_) return;
  --at_least_;
  while (bits_ == 4 && at_least_ == 0) raise_least();
}

/// Keeps a register that does not fit into 4 bits in the table.
template <unsigned LgK, unsigned Bits>
void hll<LgK, Bits>::note_exception(std::size_t at, std::uint8_t value) {
  if (table_.absent())
    table_ = detail::coupon_table(detail::hll_image::first_exceptions_lg(lg_k_), static_cast<std::uint32_t>(mask_));
  const auto address = static_cast<std::uint32_t>(at);
  const std::uint32_t coupon = detail::make_coupon(address, value);
  coupons_.clear();
  std::uint32_t& place = table_.find(address);
  if (place != 0) {
    place = coupon;
    return;
  }
  table_.fill(place, coupon);
  if (table_.crowded()) table_.grow();
}

/// Called when no register has the least value any more: makes the next value the least. As 4 bits hold the distance
/// from it, some registers that did not fit do so now.
template <unsigned LgK, unsigned Bits>
void hll<LgK, Bits>::raise_least() {
  ++least_;
  for (const std::uint8_t value : registers_) at_least_ += value == least_;
  if (table_.absent()) return;
  coupons_.clear();
  const detail::coupon_table before = std::exchange(table_, {});
  for (const std::uint32_t coupon : before.slots())
    if (coupon != 0 && is_exception(detail::coupon_value(coupon)))
      note_exception(coupon & mask_, detail::coupon_value(coupon));
}

template <unsigned LgK, unsigned Bits>
std::vector<std::uint32_t> hll<LgK, Bits>::listed() const {
  if (!coupons_.empty() || mode_ == mode::list) return coupons_;
  coupons all;
  for (const std::uint32_t coupon : table_.slots())
    if (coupon != 0) all.push_back(coupon);
  return all;
}

/// Changes from coupons to registers.
template <unsigned LgK, unsigned Bits>
void hll<LgK, Bits>::to_registers() {
  // In the order of the table, also if this was loaded from an image with another order: so does DataSketches.
  if (mode_ == mode::set) coupons_.clear();
  const coupons all = listed();
  coupons_.clear();
  table_ = {};
  clear_registers(lg_k_);
  recount();
  for (const std::uint32_t coupon : all) collect(coupon);
  estimate_ = detail::items_at_changeover(lg_k_);
}

/// Takes over the registers of `other`, folded where this sketch is to have fewer.
template <unsigned LgK, unsigned Bits>
void hll<LgK, Bits>::to_registers_of(const hll& other) {
  const unsigned lg_k = lg_k_;
  mode_ = mode::array;
  lg_k_ = other.lg_k_;
  mask_ = other.mask_;
  registers_ = other.registers_;
  out_of_order_ = other.out_of_order_;
  estimate_ = other.estimate_;
  if (lg_k_ > lg_k) fold(lg_k);
}

/// Reduces the registers to 2^lg_k: each is the greatest of those whose number has the same low bits.
template <unsigned LgK, unsigned Bits>
void hll<LgK, Bits>::fold(unsigned lg_k) {
  const std::vector<std::uint8_t> before = std::move(registers_);
  clear_registers(lg_k);
  for (std::size_t i = 0; i < before.size(); ++i)
    if (before[i] > registers_[i & mask_]) registers_[i & mask_] = before[i];
}

/// Computes anew all members that follow from the registers alone.
template <unsigned LgK, unsigned Bits>
void hll<LgK, Bits>::recount() {
  sum_low_ = sum_high_ = 0;
  least_ = detail::hll_image::most_value;
  for (const std::uint8_t value : registers_) {
    count_value(value, 1);
    if (value < least_) least_ = value;
  }
  if (bits_ != 4) least_ = 0;
  at_least_ = 0;
  table_ = {};
  coupons_.clear();
  for (std::size_t i = 0; i < registers_.size(); ++i) {
    at_least_ += registers_[i] == least_;
    if (is_exception(registers_[i])) note_exception(i, registers_[i]);
  }
}

template <unsigned LgK, unsigned Bits>
void hll<LgK, Bits>::merge(const hll& other) {
  if (other.empty()) return;
  if (other.mode_ != mode::array) {
    if (empty() && lg_k_ == other.lg_k_) {
      mode_ = other.mode_;
      coupons_ = other.coupons_;
      table_ = other.table_;
      return;
    }
    for (const std::uint32_t coupon : other.listed()) collect(coupon);
    if (mode_ == mode::array) recount();
  } else if (mode_ != mode::array) {
    const coupons mine = listed();
    to_registers_of(other);
    recount();
    for (const std::uint32_t coupon : mine) collect(coupon);
    recount();
  } else {
    if (other.lg_k_ < lg_k_) fold(other.lg_k_);
    for (std::size_t i = 0; i < other.registers_.size(); ++i)
      if (other.registers_[i] > registers_[i & mask_]) registers_[i & mask_] = other.registers_[i];
    out_of_order_ = true;
    estimate_ = 0;
    recount();
  }
}

template <unsigned LgK, unsigned Bits>
std::vector<std::byte> hll<LgK, Bits>::save() const {
  using namespace detail::hll_image;
  const coupons all = listed();
  const bool array = mode_ == mode::array;
  const unsigned table_lg = mode_ == mode::list ? 3 : table_.absent() ? 0 : table_.lg_size();
  detail::image_writer out(48 + (array ? register_bytes(lg_k_, bits_) : 0) + 4 * all.size());
  out.put(array ? array_preamble : mode_ == mode::set ? set_preamble : list_preamble);
  out.put(serial_version).put(family_id).put(lg_k_).put(static_cast<std::uint8_t>(table_lg));
  out.put(static_cast<std::uint8_t>(is_compact | (empty() ? is_empty : 0) | (out_of_order_ ? out_of_order : 0)));
  out.put(static_cast<std::uint8_t>(array ? least_ : mode_ == mode::list ? all.size() : 0));
  out.put(static_cast<std::uint8_t>(static_cast<unsigned>(mode_) | (bits_ / 2U - 2) << 2));
  if (mode_ == mode::set) out.put(static_cast<std::uint32_t>(all.size()));
  if (array) {
    out.put(estimate_).put(sum_low_).put(sum_high_).put(at_least_).put(static_cast<std::uint32_t>(all.size()));
    std::vector<std::uint8_t> packed(register_bytes(lg_k_, bits_));
    for (std::size_t i = 0; i < registers_.size(); ++i) {
      const unsigned value = registers_[i];
      if (bits_ == 8) {
        packed[i] = registers_[i];
      } else if (bits_ == 4) {
        const unsigned nibble = is_exception(value) ? exception : value - least_;
        packed[i / 2] = static_cast<std::uint8_t>(packed[i / 2] | nibble << (i % 2 * 4));
      } else {
        const unsigned shifted = value << (i * 6 % 8);
        packed[i * 6 / 8] = static_cast<std::uint8_t>(packed[i * 6 / 8] | shifted);
        packed[i * 6 / 8 + 1] = static_cast<std::uint8_t>(packed[i * 6 / 8 + 1] | shifted >> 8);
      }
    }
    out.put_array(packed.data(), packed.size());
  }
  out.put_array(all.data(), all.size());
  return std::move(out).take();
}

template <unsigned LgK, unsigned Bits>
result<hll<LgK, Bits>> hll<LgK, Bits>::load(std::span<const std::byte> bytes) {
  using namespace detail::hll_image;
  detail::image_reader in(bytes, "HLL");
  const detail::image_start start = in.take_start();
  hll loaded;
  loaded.lg_k_ = in.take<std::uint8_t>();
  const unsigned table_lg = in.take<std::uint8_t>();
  const auto flags = in.take<std::uint8_t>();
  const auto count_or_least = in.take<std::uint8_t>();
  const auto form = in.take<std::uint8_t>();
  if (auto known = in.recognize(start, family_id, serial_version); !known) return std::move(known).error();
  if (loaded.lg_k_ < 4 || loaded.lg_k_ > 21) return in.corrupt("lg k is not in [4, 21]");
  if ((form & 3) > 2 || form >> 2 > 2) return in.corrupt("mode");
  loaded.mode_ = static_cast<mode>(form & 3);
  loaded.bits_ = static_cast<std::uint8_t>((form >> 2) * 2 + 4);
  const bool array = loaded.mode_ == mode::array;
  const bool set = loaded.mode_ == mode::set;
  if (start.preamble != (array ? array_preamble : set ? set_preamble : list_preamble))
    return in.corrupt("the preamble's length and the mode disagree");
  const bool compact = (flags & is_compact) != 0;
  loaded.out_of_order_ = array && (flags & out_of_order) != 0;
  const std::size_t count = set ? in.take<std::uint32_t>() : count_or_least;
  if (!in.ok()) return in.truncated();
  if (!compact && (table_lg > detail::coupon_key_bits)) return in.corrupt("size of the table");
  result<void> done = array ? loaded.load_registers(in, {count_or_least, compact, table_lg})
                            : loaded.load_coupons(in, count,
                                                  compact ? count
                                                  : set   ? std::size_t{1} << table_lg
                                                          : list_length);
  if (!done) return std::move(done).error();
  if (!in.rest().empty()) return in.too_long();
  return loaded;
}

/// Reads a list or a set: `count` coupons among `places` numbers, of which the others are zero.
template <unsigned LgK, unsigned Bits>
result<void> hll<LgK, Bits>::load_coupons(detail::image_reader& in, std::size_t count, std::size_t places) {
  const mode claimed = std::exchange(mode_, mode::list);
  if (claimed == mode::list && count == 0 && in.rest().empty()) return {};
  if (claimed == mode::set && lg_k_ < 8) return in.corrupt("a set with so few registers");
  if (!in.holds<std::uint32_t>(places)) return in.truncated();
  coupons all;
  for (std::size_t i = 0; i < places; ++i) {
    const auto coupon = in.take<std::uint32_t>();
    if (coupon == 0) continue;
    if (detail::coupon_value(coupon) == 0) return in.corrupt("a coupon without a value");
    all.push_back(coupon);
  }
  if (all.size() != count) return in.corrupt("the number of coupons");
  for (const std::uint32_t coupon : all) {
    if (mode_ == mode::array) return in.corrupt("more coupons than its mode holds");
    collect(coupon);
  }
  if (mode_ != claimed || coupon_count() != static_cast<double>(count))
    return in.corrupt("its coupons make another mode, or some are the same");
  if (mode_ == mode::set) coupons_ = std::move(all);
  return {};
}

/// The registers as they are packed. In place of those beyond 4 bits, `unknown`.
template <unsigned LgK, unsigned Bits>
result<void> hll<LgK, Bits>::unpack_registers(detail::image_reader& in, std::uint8_t least) {
  using namespace detail::hll_image;
  const std::size_t length = register_bytes(lg_k_, bits_);
  if (!in.ok() || !in.holds<std::uint8_t>(length)) return in.truncated();
  std::vector<std::uint8_t> packed(length);
  in.take_array(packed.data(), packed.size());
  clear_registers(lg_k_);
  for (std::size_t i = 0; i < registers_.size(); ++i) {
    unsigned value = packed[bits_ == 8 ? i : 0];
    if (bits_ == 4) value = packed[i / 2] >> (i % 2 * 4) & 15U;
    if (bits_ == 6) value = (packed[i * 6 / 8] | unsigned{packed[i * 6 / 8 + 1]} << 8) >> (i * 6 % 8) & 63U;
    if (bits_ == 4) value = value == exception ? unknown : value + least;
    if (value > most_value && !(bits_ == 4 && value == unknown)) return in.corrupt("a register's value");
    registers_[i] = static_cast<std::uint8_t>(value);
  }
  return {};
}

/// The registers beyond 4 bits, each in its place; as coupons in the image's order.
template <unsigned LgK, unsigned Bits>
result<void> hll<LgK, Bits>::read_exceptions(detail::image_reader& in, const register_head& head, coupons& all) {
  using namespace detail::hll_image;
  std::size_t places = head.exceptions;
  if (bits_ != 4 && places != 0) return in.corrupt("exceptions where there cannot be any");
  if (bits_ == 4 && !head.compact)
    places = std::size_t{1} << (places != 0 ? head.table_lg : first_exceptions_lg(lg_k_));
  if (!in.holds<std::uint32_t>(places)) return in.truncated();
  for (std::size_t i = 0; i < places; ++i) {
    const auto coupon = in.take<std::uint32_t>();
    if (coupon == 0 && !head.compact) continue;
    const std::uint8_t value = detail::coupon_value(coupon);
    std::uint8_t& place = registers_[coupon & mask_];
    if (place != unknown || value < head.least + exception || value > most_value)
      return in.corrupt("an exception that is none");
    place = value;
    all.push_back(coupon);
  }
  if (all.size() != head.exceptions) return in.corrupt("the number of exceptions");
  for (const std::uint8_t value : registers_)
    if (value == unknown) return in.corrupt("an exception is missing");
  return {};
}

/// Counts the registers anew, and compares with what the image says of them.
template <unsigned LgK, unsigned Bits>
result<void> hll<LgK, Bits>::compare_registers(const detail::image_reader& in, const register_head& head) {
  std::uint32_t found = 0;
  for (const std::uint8_t value : registers_) {
    found += value == head.least;
    if (value < head.least) return in.corrupt("the least register");
  }
  if (found != head.at_least || (found == 0 && head.least != 0)) return in.corrupt("the number of least registers");
  recount();
  if (bits_ == 4 && least_ != head.least) return in.corrupt("the least register");
  if (!(detail::math::absolute(head.sum - (sum_low_ + sum_high_)) <= 1e-9 * head.sum))
    return in.corrupt("the registers' sum");
  if (out_of_order_) return {};
  const auto seen = static_cast<double>(registers_.size() - zeros());
  if (!(head.estimate >= 0.999999 * seen && head.estimate <= (std::numeric_limits<double>::max)()))
    return in.corrupt("the estimate");
  estimate_ = head.estimate;
  return {};
}

template <unsigned LgK, unsigned Bits>
result<void> hll<LgK, Bits>::load_registers(detail::image_reader& in, register_head head) {
  head.estimate = in.take<double>();
  head.sum = in.take<double>() + in.take<double>();
  head.at_least = in.take<std::uint32_t>();
  head.exceptions = in.take<std::uint32_t>();
  coupons all;
  if (auto done = unpack_registers(in, head.least); !done) return done;
  if (auto done = read_exceptions(in, head, all); !done) return done;
  if (auto done = compare_registers(in, head); !done) return done;
  coupons_ = std::move(all);
  return {};
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_SKETCHES_HLL_HPP

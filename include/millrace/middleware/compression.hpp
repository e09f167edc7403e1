#ifndef MILLRACE_MIDDLEWARE_COMPRESSION_HPP
#define MILLRACE_MIDDLEWARE_COMPRESSION_HPP

#include <millrace/chain/middleware.hpp>
#include <millrace/core/clock.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/tensor/codec.hpp>
#include <millrace/tensor/compressed.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {

/// How much, and which tensors, a compression middleware compresses.
struct compression_options {
  int level = 1;  ///< 0 stores the bytes as they are, 1 is fast, 9 compresses best
  /// Smaller tensors stay as they are. The default stands for 4 KiB if the middleware names its fields, and for 1 MiB
  /// if it takes all that can be compressed.
  std::size_t threshold_bytes = ~std::size_t{0};
};

/// What compression did so far.
struct compression_statistics {
  std::uint64_t tensors = 0;           ///< tensors that were compressed
  std::uint64_t skipped = 0;           ///< tensors below the threshold
  std::uint64_t kept = 0;              ///< tensors that would not have become smaller
  std::uint64_t original_bytes = 0;    ///< of the compressed tensors, before
  std::uint64_t compressed_bytes = 0;  ///< of the compressed tensors, after
  std::uint64_t nanoseconds = 0;       ///< spent on compressing, also tensors that were then kept
  bool unused = false;                 ///< the middleware ran, and no field of the chain can be compressed

  /// Original bytes per compressed byte; 1 before anything was compressed.
  double ratio() const noexcept {
    return compressed_bytes == 0 ? 1.0 : static_cast<double>(original_bytes) / static_cast<double>(compressed_bytes);
  }
  double saved_percent() const noexcept {
    return original_bytes == 0
               ? 0.0
               : 100.0 - 100.0 * static_cast<double>(compressed_bytes) / static_cast<double>(original_bytes);
  }

  /// A table for people.
  std::string report() const {
    if (unused)
      return "no field of this chain can be compressed: none holds mr::tensor::compressible<T>, or a range of them\n";
    char text[320];
    // All three sizes in one unit, that of the largest.
    const bool small_sizes = original_bytes < 1024 * 1024;
    const char* const unit = small_sizes ? "KiB" : "MiB";
    const double scale = small_sizes ? 1024.0 : 1024.0 * 1024.0;
    const double saved = (static_cast<double>(original_bytes) - static_cast<double>(compressed_bytes)) / scale;
    const double speed =
        nanoseconds == 0 ? 0.0 : static_cast<double>(original_bytes) * 1e3 / static_cast<double>(nanoseconds);
    std::snprintf(text, sizeof text,
                  "tensors compressed  %llu (%llu below the threshold, %llu would not shrink)\n"
                  "original size       %.2f %s\n"
                  "compressed size     %.2f %s\n"
                  "space saved         %.2f %s (%.1f %%)\n"
                  "ratio               %.2fx\n"
                  "speed               %.0f MB/s\n",
                  static_cast<unsigned long long>(tensors), static_cast<unsigned long long>(skipped),
                  static_cast<unsigned long long>(kept), static_cast<double>(original_bytes) / scale, unit,
                  static_cast<double>(compressed_bytes) / scale, unit, saved, unit, saved_percent(), ratio(), speed);
    return text;
  }
};

/// The statistics as one JSON object.
inline std::string to_json(const compression_statistics& seen) {
  std::string out;
  json_writer(out)
      .begin_object()
      .member("tensors", seen.tensors)
      .member("skipped", seen.skipped)
      .member("kept", seen.kept)
      .member("original_bytes", seen.original_bytes)
      .member("compressed_bytes", seen.compressed_bytes)
      .member("ratio", seen.ratio())
      .member("saved_percent", seen.saved_percent())
      .member("nanoseconds", seen.nanoseconds)
      .end_object();
  return out;
}

namespace detail {

template <class T>
inline constexpr bool is_compressible = false;
template <class T>
inline constexpr bool is_compressible<tensor::compressible<T>> = true;

/// Whether T is a `compressible`, or a range of them, or a range of such ranges, to any depth.
template <class T>
struct holds_compressible : std::bool_constant<is_compressible<T>> {};
template <class T>
requires(!is_compressible<T> && requires(T& value) { value.begin() != value.end(); } &&
         !std::is_same_v<tensor::range_item<T>, T>)
struct holds_compressible<T> : holds_compressible<tensor::range_item<T>> {};

}  // namespace detail

/// Compresses tensors in the context, losslessly, after the last event that uses them, and counts what that saves. It
/// works on fields of type `compressible<T>`, or of ranges of them. Such an object holds either the tensor or its
/// compressed form, never both; `get()` brings the tensor back and returns a `result<T*>`. A tensor that would not
/// become smaller stays as it is.
///
///     if (auto hidden = ctx[activations][0].get()) use(**hidden);
///
///     mr::compression<activations>{}                        the fields named
///     mr::compression<>{{.threshold_bytes = 1}}             every field that can be compressed, from that size on
///     mr::basic_compression<mr::tensor::huffman_deflate>{}  the same without zlib
///
/// Allocates: as `tensor::compress` does.
/// Threads: any number, if the backend allows it.
/// Errors: those of `tensor::compress`; the tensor then stays as it is and the event fails.
template <class Backend, class... Fields>
class basic_compression {
  static_assert(tensor::deflate_backend<Backend>,
                "millrace[COMPRESSION-2]: no backend: include <millrace/tensor/deflate.hpp> for zlib's, or name one, "
                "as in mr::basic_compression<mr::tensor::huffman_deflate>");
  static_assert(
      (detail::holds_compressible<typename Fields::type>::value && ...),
      "millrace[COMPRESSION-1]: a field to be compressed holds mr::tensor::compressible<T>, or a range of them");
  static constexpr bool automatic = sizeof...(Fields) == 0;

 public:
  using needs = field_list<Fields...>;
  static constexpr std::string_view name = "compression";
  static constexpr bool thread_safe = true;
  /// Both look at tensors, and cannot read a compressed one.
  using place = millrace::place<outside_of<"validation", "audit_log">>;

  explicit basic_compression(compression_options options = {}, Backend backend = {})
      : options_(options), backend_(std::move(backend)), counts_(detail::make_owning<counters>()) {
    if (options_.threshold_bytes == compression_options{}.threshold_bytes)
      options_.threshold_bytes = automatic ? std::size_t{1} << 20 : std::size_t{1} << 12;
  }

  template <class Stage, class Context>
  result<void> after(const Stage&, Context& ctx, const result<void>& outcome) {
    if constexpr (Stage::index == 0) look<Context>(typename Context::slots{});
    if (!outcome) [[unlikely]]
      return {};  // a failed event's fields stay as they are, for whoever looks for the cause
    return compress_last_used<Stage>(ctx, typename Context::slots{});
  }

  compression_statistics statistics() const noexcept {
    const auto now = [](const detail::light_atomic<std::uint64_t>& count) { return count.load_relaxed(); };
    return {now(counts_->tensors),
            now(counts_->skipped),
            now(counts_->kept),
            now(counts_->original_bytes),
            now(counts_->compressed_bytes),
            now(counts_->nanoseconds),
            now(counts_->fruitless) != 0 && now(counts_->fruitful) == 0};
  }

 private:
  struct counters {
    detail::light_atomic<std::uint64_t> tensors{0};
    detail::light_atomic<std::uint64_t> skipped{0};
    detail::light_atomic<std::uint64_t> kept{0};
    detail::light_atomic<std::uint64_t> original_bytes{0};
    detail::light_atomic<std::uint64_t> compressed_bytes{0};
    detail::light_atomic<std::uint64_t> nanoseconds{0};
    detail::light_atomic<std::uint64_t> fruitful{0};   // 1 once it ran in a chain with a field to compress
    detail::light_atomic<std::uint64_t> fruitless{0};  // 1 once it ran in a chain without
  };

  template <class Context, class... Slots>
  void look(field_list<Slots...>) noexcept {
    if constexpr (automatic) {
      constexpr bool any = (detail::holds_compressible<typename Slots::type>::value || ...);
      detail::light_atomic<std::uint64_t>& seen = any ? counts_->fruitful : counts_->fruitless;
      if (seen.load_relaxed() == 0) seen.store_relaxed(1);
    }
  }

  template <class Stage, class Context, class... Slots>
  result<void> compress_last_used([[maybe_unused]] Context& ctx, field_list<Slots...>) {
    result<void> done;
    (void)(compress_field<Stage, Slots>(ctx, done) && ...);
    return done;
  }
  template <class Stage, class Field, class Context>
  bool compress_field([[maybe_unused]] Context& ctx, [[maybe_unused]] result<void>& done) {
    constexpr bool chosen =
        automatic ? detail::holds_compressible<typename Field::type>::value : (std::is_same_v<Field, Fields> || ...);
    if constexpr (chosen && Stage::template is_last_use<Field>) {
      done = compress_all(ctx[Field{}]);
      if (!done) [[unlikely]] {
        done = std::move(done).error().wrap("field \"" + std::string(Field::name) + "\" could not be compressed");
        return false;
      }
    }
    return true;
  }

  template <class T>
  result<void> compress_all(T& value) {
    if constexpr (detail::is_compressible<T>) {
      return compress_one(value);
    } else {
      for (auto& item : value)
        if (result<void> done = compress_all(item); !done) return done;
      return {};
    }
  }
  template <class T>
  result<void> compress_one(tensor::compressible<T>& value) {
    if (value.is_compressed()) return {};
    const tensor::tensor_view tensor = tensor::view_of(*value.plain());
    const std::size_t bytes = tensor.size_bytes();
    const auto count = [](detail::light_atomic<std::uint64_t>& counter, std::uint64_t more) {
      counter.add_relaxed(more);
    };
    if (bytes < options_.threshold_bytes) {
      count(counts_->skipped, 1);
      return {};
    }
    const steady_clock clock;
    const std::uint64_t start = clock.ticks();
    auto packed = compress(tensor, options_.level, backend_);
    if (!packed) return std::move(packed).error();
    count(counts_->nanoseconds, clock.ticks() - start);
    if (packed->compressed_bytes() >= bytes) {
      count(counts_->kept, 1);
      return {};
    }
    count(counts_->tensors, 1);
    count(counts_->original_bytes, bytes);
    count(counts_->compressed_bytes, packed->compressed_bytes());
    value = tensor::compressible<T>(std::move(*packed));
    return {};
  }

  compression_options options_;
  [[no_unique_address]] Backend backend_;
  detail::owning_pointer<counters> counts_;
};

/// Compression by zlib. The program includes <millrace/tensor/deflate.hpp> and links zlib.
template <auto... Fields>
using compression = basic_compression<tensor::zlib_deflate, std::remove_cv_t<decltype(Fields)>...>;

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MIDDLEWARE_COMPRESSION_HPP

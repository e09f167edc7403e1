#include <millrace/aggregate/sketches/tdigest.hpp>

#include <support/catch.hpp>

#include <laws/aggregator.hpp>
#include <support/quantile_sketches.hpp>
#include <support/sketch_questions.hpp>
#include <support/sketches.hpp>
#include <support/streams.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

namespace mr = millrace;

namespace {

constexpr double ps[] = {0, 0.0001, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 0.9999, 1};
using support::digest_of;
using support::sketch_of;

/// In the mean square over seeds, how far the rank of quantile(p) is from p.
double rms_rank_error(const std::string& stream, std::size_t size, double p, std::uint64_t seeds) {
  double squares = 0;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    auto values = support::make_stream(stream, size, seed).values;
    const double q = sketch_of<mr::tdigest<100>>(values).quantile(p);
    std::sort(values.begin(), values.end());
    const double off = support::rank_error(values, q, p);
    squares += off * off;
  }
  return std::sqrt(squares / static_cast<double>(seeds));
}

}  // namespace

TEST_CASE("a t-digest of nothing has no quantiles") {
  mr::tdigest<> empty;
  support::check_no_quantiles(empty);
  CHECK(std::isnan(empty.resolution(0.5)));
  empty.compress();
  CHECK(empty.empty());
}

TEST_CASE("a t-digest keeps single values as they are") {
  const auto digest = sketch_of<mr::tdigest<100>>({3, 1, 2, 5, 4});
  CHECK(digest.quantile(0) == 1);
  CHECK(digest.quantile(0.2) == 1);
  CHECK(digest.quantile(0.21) == 2);
  CHECK(digest.median() == 3);
  CHECK(digest.quantile(1) == 5);
  CHECK(digest.rank(0.9) == 0);
  CHECK(digest.rank(1) == 0.2);
  CHECK(digest.rank(5) == 1);
  CHECK(digest.resolution(0.5) == 0.2);
}

TEST_CASE("a t-digest leaves NaN and infinities out") {
  const double infinity = std::numeric_limits<double>::infinity();
  mr::tdigest<> digest;
  for (const double v : {std::nan(""), infinity, 1.0, -infinity, 2.0}) digest.update(v);
  digest.update(infinity, mr::weight(3));
  digest.update(std::nan(""), mr::weight(3));
  CHECK(digest.count() == 2);
  CHECK(digest.min() == 1);
  CHECK(digest.max() == 2);
}

TEST_CASE("a t-digest at K = 100 puts the median within 0.001 and p99 within 0.0001 on smooth streams") {
  for (const auto* stream : {"uniform", "log-normal", "heavy-tailed"}) {
    CHECK(rms_rank_error(stream, 200000, 0.5, 8) < 0.001);
    CHECK(rms_rank_error(stream, 200000, 0.99, 8) < 0.0001);
    CHECK(rms_rank_error(stream, 200000, 0.999, 8) < 0.00005);
  }
}

TEST_CASE(
    "ranks of a t-digest are off by less than its resolution on every stream, in one piece and merged from seven") {
  for (const auto& name : support::stream_names()) {
    for (std::uint64_t seed = 0; seed < 3; ++seed) {
      auto values = support::make_stream(name, 60000, seed).values;
      const auto whole = sketch_of<mr::tdigest<100>>(values);
      const auto merged = support::merged_from_seven<mr::tdigest<100>>(values, seed);
      std::sort(values.begin(), values.end());
      const mr::tdigest<100>* const both[] = {&whole, &merged};
      for (const auto* digest : both) {
        CAPTURE(name, seed);
        support::check_count_and_extremes(*digest, values);
        CHECK(digest->centroids().size() <= 210);
        for (const double p : ps)
          CHECK(support::rank_error(values, digest->quantile(p), p) <= digest->resolution(p) + 1.0 / 60000);
      }
    }
  }
}

TEST_CASE("quantiles and ranks of a t-digest never decrease, and each undoes the other") {
  for (const auto& name : support::stream_names()) {
    const auto view = sketch_of<mr::tdigest<20>>(support::make_stream(name, 30000, 6).values).view();
    support::check_never_decrease(view, 20000, 1e-9);
  }
}

TEST_CASE("a t-digest of few distinct values stays in their order") {
  mr::tdigest<100> digest;
  for (int i = 0; i < 100000; ++i) digest.update(i % 10 < 7 ? 1 : i % 10 < 9 ? 2 : 3);
  CHECK(digest.quantile(0.3) == 1);
  CHECK(digest.quantile(0.65) == 1);
  CHECK(digest.quantile(0.8) == 2);
  CHECK(digest.quantile(0.95) == 3);
  CHECK(digest.rank(0.5) == 0);
  CHECK(digest.rank(1.5) == Approx(0.7).margin(0.01));
  CHECK(digest.rank(3) == 1);
}

TEST_CASE("a t-digest of the largest numbers neither overflows nor leaves its extremes") {
  const double most = std::numeric_limits<double>::max();
  mr::tdigest<20> digest;
  for (int i = 0; i < 20000; ++i) digest.update(i % 2 == 0 ? most : -most);
  const auto view = digest.view();
  double last = -most;
  for (int i = 0; i <= 1000; ++i) {
    const double q = view.quantile(i / 1000.0);
    CHECK((std::isfinite(q) && last <= q));
    last = q;
  }
  CHECK(mr::tdigest<20>::load(digest.save()).has_value());
}

TEST_CASE("a span updates a t-digest to the same bytes as its values one by one") {
  const auto values = support::make_stream("log-normal", 50000, 3).values;
  laws::span_is_singles([] { return mr::tdigest<>(); }, std::span<const double>(values), laws::same_bytes, 5);
}

TEST_CASE("the same input and order of merges give a t-digest the same bytes on every compiler") {
  mr::tdigest<100> merged;
  for (std::uint64_t part = 0; part < 5; ++part)
    merged.merge(sketch_of<mr::tdigest<100>>(support::make_stream("uniform", 100000, part).values));
  CHECK(digest_of(merged.save()) == 0x17ee6ed41c5fa934U);
  CHECK(digest_of(sketch_of<mr::tdigest<50, float>>(support::make_stream("sawtooth", 200000, 0).values).save()) ==
        0x31cd61853296f4afU);
}

TEST_CASE("a weight on a t-digest is as many updates") {
  support::check_weights_are_updates<mr::tdigest<100>>(ps, [](const mr::tdigest<100>&, double) { return 0.01; });
  support::check_half_weights(mr::tdigest<100>());
}

TEST_CASE("a t-digest stops counting where its weights would") {
  mr::tdigest<100, float> digest;
  digest.update(1, mr::weight(4294967295.0 - 10));
  for (int i = 0; i < 20; ++i) digest.update(2, mr::weight(3));
  CHECK(digest.count() == 4294967295U - 10 + 9);
  digest.merge(digest);
  CHECK(digest.count() == 4294967295U - 10 + 9);
}

TEST_CASE("a t-digest counts to its limit and no further, by any path") {
  for (const double left : {2.0, 300.0, 1023.0, 1024.0, 1025.0, 5000.0}) {
    CAPTURE(left);
    mr::tdigest<100, float> almost;
    almost.update(1, mr::weight(4294967295.0 - left));
    support::check_stops_at_the_limit(almost);
  }
  mr::tdigest<100> wide;
  wide.update(std::vector<double>(3000, 2));
  wide.update(1, mr::weight(0x1p53 - 4000));
  support::check_stops_at_the_limit(wide);
}

TEST_CASE("merging t-digests keeps weights and extremes, in any order") {
  const auto values = support::make_stream("uniform", 30000, 4).values;
  laws::merging([] { return mr::tdigest<100>(); }, std::span<const double>(values),
                [](const auto& a, const auto& b) {
                  CHECK(a.count() == b.count());
                  for (const double p : ps) CHECK(std::fabs(a.rank(b.quantile(p)) - p) < 0.005);
                });
  auto twice = sketch_of<mr::tdigest<100>>(values);
  const double median = twice.median();
  twice.merge(twice);
  CHECK(twice.count() == 60000);
  CHECK(twice.median() == Approx(median).epsilon(0.01));
}

TEST_CASE("a t-digest comes back from its bytes with the same answers, bytes and future") {
  const auto same = [](const auto& a, const auto& b) {
    CHECK(a.count() == b.count());
    for (const double p : ps) CHECK(laws::close(a.quantile(p), b.quantile(p), 0));
  };
  const auto more = support::make_stream("uniform", 5000, 9).values;
  for (const std::size_t size : std::initializer_list<std::size_t>{0, 1, 2, 200, 999, 20000}) {
    const auto values = support::make_stream("log-normal", size, size).values;
    auto digest = sketch_of<mr::tdigest<100>>(values);
    laws::save_and_load(digest, same);
    laws::save_and_go_on(digest, std::span<const double>(more), same);
    digest.compress();
    laws::save_and_load(digest, same);
    laws::save_and_load(sketch_of<mr::tdigest<33, float>>(values), same);
  }
}

TEST_CASE("a t-digest reads what Apache DataSketches 5.2.0 wrote") {
  using doubles = mr::tdigest<100>;
  using floats = mr::tdigest<100, float>;
  const std::size_t asked = support::check_golden_sketches<doubles>("tdigest_double", support::ask_tdigest<doubles>) +
                            support::check_golden_sketches<floats>("tdigest_float", support::ask_tdigest<floats>);
  CHECK(asked > 50);
}

namespace {

/// Bytes of the reference implementation, the highest first.
class big_endian {
 public:
  template <class T>
  big_endian& put(T value) {
    std::byte raw[sizeof(T)];
    std::memcpy(raw, &value, sizeof(T));
    for (std::size_t i = sizeof(T); i-- > 0;) bytes.push_back(raw[i]);
    return *this;
  }
  std::vector<std::byte> bytes;
};

struct reference_centroid {
  double mean;
  std::uint32_t weight;
};

/// As MergingDigest::asBytes and asSmallBytes of t-digest 3.3 write it.
std::vector<std::byte> merging_digest(bool brief, const std::vector<reference_centroid>& all, double low, double high) {
  big_endian out;
  out.put<std::uint32_t>(brief ? 2 : 1).put(low).put(high);
  if (brief)
    out.put(100.0F).put<std::uint16_t>(210).put<std::uint16_t>(1050).put(static_cast<std::uint16_t>(all.size()));
  else
    out.put(100.0).put(static_cast<std::uint32_t>(all.size()));
  for (const reference_centroid& c : all) {
    if (brief)
      out.put(static_cast<float>(c.weight)).put(static_cast<float>(c.mean));
    else
      out.put(static_cast<double>(c.weight)).put(c.mean);
  }
  return out.bytes;
}

/// As AVLTreeDigest::asBytes and asSmallBytes of t-digest 3.3 write it.
std::vector<std::byte> tree_digest(bool brief, const std::vector<reference_centroid>& all, double low, double high) {
  big_endian out;
  out.put<std::uint32_t>(brief ? 2 : 1).put(low).put(high).put(100.0).put(static_cast<std::uint32_t>(all.size()));
  double before = 0;
  for (const reference_centroid& c : all) {
    if (brief)
      out.put(static_cast<float>(c.mean - before));
    else
      out.put(c.mean);
    before = c.mean;
  }
  for (const reference_centroid& c : all) {
    if (!brief) {
      out.put(c.weight);
      continue;
    }
    std::uint32_t left = c.weight;
    for (; left > 0x7f; left >>= 7) out.put(static_cast<std::uint8_t>(0x80U | (left & 0x7fU)));
    out.put(static_cast<std::uint8_t>(left));
  }
  return out.bytes;
}

const std::vector<reference_centroid> reference{{0.5, 1}, {1.25, 3}, {2.75, 300}, {7.5, 70'000}, {8.125, 1}};

template <class Digest>
void check_reference(const std::vector<std::byte>& bytes) {
  const auto loaded = Digest::load(bytes);
  REQUIRE(loaded.has_value());
  CHECK(loaded->k() == 100);
  CHECK(loaded->count() == 70'305);
  CHECK(loaded->min() == 0.5);
  CHECK(loaded->max() == 8.125);
  REQUIRE(loaded->centroids().size() == reference.size());
  for (std::size_t i = 0; i < reference.size(); ++i) {
    CHECK(loaded->centroids()[i].mean == static_cast<typename Digest::value_type>(reference[i].mean));
    CHECK(loaded->centroids()[i].weight == reference[i].weight);
  }
  const auto again = Digest::load(loaded->save());
  REQUIRE(again.has_value());
  CHECK(again->save() == loaded->save());
  CHECK(again->quantile(0.5) == loaded->quantile(0.5));
}

}  // namespace

TEST_CASE("a t-digest reads what the reference implementation writes, both classes in both encodings") {
  for (const bool brief : {false, true}) {
    for (const auto& bytes :
         {merging_digest(brief, reference, 0.5, 8.125), tree_digest(brief, reference, 0.5, 8.125)}) {
      check_reference<mr::tdigest<>>(bytes);
      check_reference<mr::tdigest<200, float>>(bytes);
    }
    // Floats beyond the extremes, which are doubles, by their rounding.
    const auto tenth = mr::tdigest<>::load(merging_digest(brief, {{0.1, 2}}, 0.1, 0.1));
    REQUIRE(tenth.has_value());
    CHECK(tenth->quantile(0.5) == 0.1);
    const auto one = mr::tdigest<>::load(tree_digest(brief, {{3, 1}}, 3, 3));
    REQUIRE(one.has_value());
    CHECK(one->count() == 1);
    CHECK(one->save().size() == 16);
    const double infinity = std::numeric_limits<double>::infinity();
    for (const auto& bytes :
         {merging_digest(brief, {}, infinity, -infinity), tree_digest(brief, {}, infinity, -infinity)}) {
      const auto none = mr::tdigest<>::load(bytes);
      REQUIRE(none.has_value());
      CHECK(none->empty());
      CHECK(none->save() == mr::tdigest<>().save());
    }
  }
}

TEST_CASE("damaged bytes of a reference t-digest answer an error or a digest that works") {
  for (const bool brief : {false, true}) {
    for (const auto& bytes :
         {merging_digest(brief, reference, 0.5, 8.125), tree_digest(brief, reference, 0.5, 8.125)}) {
      for (std::size_t size = 0; size < bytes.size(); ++size) {
        const std::vector<std::byte> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
        CHECK_FALSE(mr::tdigest<>::load(cut).has_value());
      }
      for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        auto flipped = bytes;
        flipped[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
        auto loaded = mr::tdigest<>::load(flipped);
        if (!loaded) continue;
        loaded->update(1.5);
        loaded->merge(*loaded);
        CHECK(loaded->quantile(0) == loaded->min());
        CHECK(loaded->quantile(1) == loaded->max());
        CHECK(mr::tdigest<>::load(loaded->save()).has_value());
      }
      auto longer = bytes;
      longer.push_back(std::byte{0});
      CHECK_FALSE(mr::tdigest<>::load(longer).has_value());
    }
    const auto says = [&](const std::vector<std::byte>& bytes, const char* what) {
      const auto loaded = mr::tdigest<>::load(bytes);
      REQUIRE_FALSE(loaded.has_value());
      CHECK(loaded.error().message().find(what) != std::string::npos);
    };
    says(merging_digest(brief, {{1, 0}}, 1, 1), "a centroid's weight");
    says(tree_digest(brief, {{1, 0}}, 1, 1), "a centroid's weight");
    says(merging_digest(brief, {{2, 1}, {1, 1}}, 1, 2), "the centroids are not sorted");
    says(tree_digest(brief, {{2, 1}, {1, 1}}, 1, 2), "the centroids are not sorted");
    says(merging_digest(brief, {{3, 1}}, 1, 2), "a centroid outside the extremes");
    says(tree_digest(brief, {{3, 1}}, 1, 2), "a centroid outside the extremes");
    says(merging_digest(brief, {{1, 1}}, 2, 1), "the extremes are out of order");
    says(tree_digest(brief, {{1, 1}}, std::nan(""), 1), "an extreme is not finite");
  }
  const std::vector<std::byte> other(30, std::byte{0});
  CHECK(mr::tdigest<>::load(other).error().code() == mr::errc::unsupported);
}

TEST_CASE("damaged bytes of a t-digest answer an error or a digest that works") {
  const auto use = [](auto& digest) {
    using sketch = std::remove_reference_t<decltype(digest)>;
    for (int i = 0; i < 10; ++i) digest.update(static_cast<typename sketch::value_type>(i));
    const double q = digest.quantile(0.5);
    CHECK((digest.min() <= q && q <= digest.max()));
    digest.merge(digest);
    digest.compress();
    CHECK(sketch::load(digest.save()).has_value());
  };
  for (const std::size_t size : std::initializer_list<std::size_t>{0, 1, 2, 100})
    laws::hostile_bytes(sketch_of<mr::tdigest<10>>(support::make_stream("uniform", size, 1).values), use);
  auto digest = sketch_of<mr::tdigest<20, float>>(support::make_stream("uniform", 10000, 1).values);
  digest.compress();
  laws::hostile_bytes(digest, use);
}

TEST_CASE("what is wrong with the bytes of a t-digest is said") {
  const auto code = support::code_of_changed<mr::tdigest<>>;
  const auto good = sketch_of<mr::tdigest<>>(support::make_stream("sorted", 100, 0).values).save();
  CHECK(code(good, 2, 16) == mr::errc::type_mismatch);
  CHECK(code(good, 1, 9) == mr::errc::unsupported);
  CHECK(code(good, 3, 4) == mr::errc::corrupt);
  CHECK(code(good, 23, 0x7f) == mr::errc::corrupt);
  CHECK(mr::tdigest<>::load(std::span(good).first(7)).error().code() == mr::errc::truncated);
  CHECK(mr::tdigest<>::load(std::span(good).first(good.size() - 1)).error().message() ==
        "t-digest image: it ends too soon");
}

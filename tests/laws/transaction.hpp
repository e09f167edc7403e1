#ifndef MILLRACE_TESTS_LAWS_TRANSACTION_HPP
#define MILLRACE_TESTS_LAWS_TRANSACTION_HPP

// The laws of store/transaction.hpp as tests, for every transactional storage. A test brings an empty storage.

#include <millrace/core/seed.hpp>
#include <millrace/store/transaction.hpp>

#include <laws/storage.hpp>
#include <support/catch.hpp>

#include <atomic>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace laws {

/// The number that is written at a key, 0 if none is.
template <ms::reads_objects V>
millrace::result<long> number_at(const V& view, std::string_view key) {
  const auto found = view.read(key);
  if (!found) {
    if (found.error().code() == millrace::errc::not_found) return 0L;
    return found.error();
  }
  return std::stol(text_of(*found));
}
template <ms::writes_objects T>
millrace::result<void> write_number(T& transaction, std::string_view key, long number) {
  return transaction.write(key, bytes_of(std::to_string(number)));
}

/// What a transaction sees, keeps and undoes, on one thread.
template <ms::transactional_storage S>
void transactions_are_whole(S& storage) {
  namespace mr = millrace;
  using transaction = typename S::transaction;
  using snapshot = typename S::snapshot;
  REQUIRE(storage.write("a", bytes_of("old")));
  REQUIRE(storage.write("gone", bytes_of("x")));
  // It reads what it has written, and nobody else does before its end.
  const auto made = storage.transact([&](transaction& t) -> mr::result<std::string> {
    CHECK(text_of(*t.read("a")) == "old");
    REQUIRE(t.write("a", bytes_of("new")));
    REQUIRE(t.write("b", bytes_of("second")));
    REQUIRE(t.write("b", bytes_of("second, again")));
    REQUIRE(t.remove("gone"));
    REQUIRE(t.remove("never there"));
    CHECK(text_of(*t.read("a")) == "new");
    CHECK(t.examine("b")->size == 13);
    CHECK(t.read("gone").error().code() == mr::errc::not_found);
    CHECK(t.examine("gone").error().code() == mr::errc::not_found);
    CHECK(text_of(*storage.read("a")) == "old");
    CHECK(text_of(*storage.read("gone")) == "x");
    CHECK(storage.read("b").error().code() == mr::errc::not_found);
    CHECK(*storage.look([](const snapshot& s) -> mr::result<std::size_t> { return s.list("", "", 9)->size(); }) == 2);
    return t.examine("b")->version;
  });
  REQUIRE(made);
  CHECK(text_of(*storage.read("a")) == "new");
  CHECK(text_of(*storage.read("b")) == "second, again");
  CHECK(storage.examine("b")->version == *made);
  CHECK_FALSE(*ms::exists(storage, "gone"));
  // Versions see transactions.
  const std::string before = storage.examine("a")->version;
  REQUIRE(storage.transact([](transaction& t) { return t.write("a", bytes_of("newer")); }));
  CHECK(storage.write_if("a", bytes_of("x"), before).error().code() == mr::errc::conflict);
  // An error undoes all of it.
  std::string seen;
  const auto refused = storage.transact([&](transaction& t) -> mr::result<int> {
    REQUIRE(t.write("a", bytes_of("undone")));
    REQUIRE(t.write("c", bytes_of("undone")));
    REQUIRE(t.remove("b"));
    seen = t.examine("a")->version;
    return mr::error(mr::errc::vetoed, "enough");
  });
  CHECK(refused.error().message() == "enough");
  CHECK(text_of(*storage.read("a")) == "newer");
  CHECK(text_of(*storage.read("b")) == "second, again");
  CHECK_FALSE(*ms::exists(storage, "c"));
  // So does an exception.
  CHECK_THROWS_AS((void)storage.transact([&](transaction& t) -> mr::result<int> {
    REQUIRE(t.write("a", bytes_of("undone")));
    throw std::runtime_error("enough");
  }),
                  std::runtime_error);
  CHECK(text_of(*storage.read("a")) == "newer");
  // A version that was undone is never another write's.
  REQUIRE(storage.write("a", bytes_of("last")));
  CHECK(storage.examine("a")->version != seen);
  // A refused key changes nothing, and does not end the transaction.
  REQUIRE(storage.transact([&](transaction& t) -> mr::result<void> {
    for (const std::string& key : refused_keys()) {
      INFO(key);
      CHECK(t.write(key, bytes_of("x")).error().code() == mr::errc::invalid_argument);
      CHECK(t.remove(key).error().code() == mr::errc::invalid_argument);
      CHECK(t.read(key).error().code() == mr::errc::invalid_argument);
      CHECK(t.examine(key).error().code() == mr::errc::invalid_argument);
    }
    return t.write("a", bytes_of("kept"));
  }));
  CHECK(text_of(*storage.read("a")) == "kept");
  // The storage's own writes are refused within, whatever wrote before.
  REQUIRE(storage.transact([&](transaction& t) -> mr::result<void> {
    CHECK(storage.write("a", bytes_of("x")).error().code() == mr::errc::conflict);
    CHECK(storage.remove("a").error().code() == mr::errc::conflict);
    CHECK(storage.write_if("a", bytes_of("x"), "").error().code() == mr::errc::conflict);
    CHECK(storage.transact([](transaction& inner) { return inner.remove("a"); }).error().code() == mr::errc::conflict);
    return t.write("b", bytes_of("kept"));
  }));
  CHECK(text_of(*storage.read("a")) == "kept");
  CHECK(text_of(*storage.read("b")) == "kept");
  // A snapshot stays what it was, whatever is written meanwhile.
  REQUIRE(storage.look([&](const snapshot& s) -> mr::result<void> {
    const auto version = s.examine("a")->version;
    CHECK(storage.write("a", bytes_of("later")));
    CHECK(storage.write("new", bytes_of("later")));
    CHECK(storage.remove("b"));
    CHECK(text_of(*s.read("a")) == "kept");
    CHECK(s.examine("a")->version == version);
    CHECK(text_of(*s.read("b")) == "kept");
    CHECK(s.list("", "", 9)->size() == 2);
    CHECK(s.list_backward("", "", 9)->front().key == "b");
    CHECK(s.read("../a").error().code() == mr::errc::invalid_argument);
    return {};
  }));
  CHECK(text_of(*storage.read("a")) == "later");
  CHECK(storage.look([](const snapshot&) -> mr::result<int> { return mr::error(mr::errc::vetoed, "no"); })
            .error()
            .code() == mr::errc::vetoed);
  for (const char* key : {"a", "new"}) REQUIRE(storage.remove(key));
}

/// What a map lists: the keys with the prefix that are greater than `after`, or less than `before`.
inline std::vector<std::string> keys_of(const std::map<std::string, std::string>& model, const std::string& prefix,
                                        const std::string& from, std::size_t limit, bool backward) {
  std::vector<std::string> found;
  const auto take = [&](const std::string& key) {
    const bool in = from.empty() || (backward ? key < from : key > from);
    if (found.size() < limit && in && key.starts_with(prefix)) found.push_back(key);
  };
  if (backward)
    for (auto at = model.rbegin(); at != model.rend(); ++at) take(at->first);
  else
    for (const auto& each : model) take(each.first);
  return found;
}

/// Transactions of random writes, half of them undone, agree with a map, and so does every page of both lists.
template <ms::transactional_storage S>
void transactions_agree_with_a_map(S& storage, std::uint64_t seed, int rounds) {
  namespace mr = millrace;
  using map = std::map<std::string, std::string>;
  mr::random_engine random(seed);
  const auto random_key = [&] {
    static const char* const parts[] = {"a", "b", "a-", "a.b", "ab", "c d", "\xc3\xa9", "~"};
    std::string key(parts[random.below(8)]);
    for (std::size_t more = random.below(3); more > 0; --more) (key += '/') += parts[random.below(8)];
    return key;
  };
  const auto same_lists = [&](const auto& view, const map& model) {
    const std::string key = random_key();
    const std::string prefix = random.below(4) == 0 ? "" : key.substr(0, random.below(key.size() + 1));
    const std::string from = random.below(3) == 0 ? "" : random_key();
    const std::size_t limit = random.below(9);
    for (const bool backward : {false, true}) {
      const auto page = backward ? view.list_backward(prefix, from, limit) : view.list(prefix, from, limit);
      REQUIRE(page);
      std::vector<std::string> found;
      for (const auto& each : *page) {
        found.push_back(each.key);
        REQUIRE(each.size == model.at(each.key).size());
      }
      INFO(prefix << (backward ? " before " : " after ") << from);
      REQUIRE(found == keys_of(model, prefix, from, limit, backward));
    }
  };
  map model;
  for (int round = 0; round < rounds; ++round) {
    map inside = model;
    const bool keeps = random.below(2) == 0;
    const auto done = storage.transact([&](typename S::transaction& t) -> mr::result<void> {
      for (std::size_t step = random.below(12); step > 0; --step) {
        const std::string key = random_key();
        switch (random.below(4)) {
          case 0:
          case 1: {
            const std::string value(random.below(20), static_cast<char>('a' + random.below(26)));
            REQUIRE(t.write(key, bytes_of(value)));
            inside[key] = value;
            break;
          }
          case 2:
            REQUIRE(t.remove(key));
            inside.erase(key);
            break;
          default:
            REQUIRE(t.read(key).has_value() == inside.contains(key));
            if (inside.contains(key)) REQUIRE(text_of(*t.read(key)) == inside[key]);
        }
        same_lists(t, inside);
      }
      same_lists(storage, model);  // which nobody but the transaction sees changed
      if (!keeps) return mr::error(mr::errc::vetoed, "undone");
      return {};
    });
    REQUIRE(done.has_value() == keeps);
    if (keeps) model = inside;
    REQUIRE(storage.look([&](const typename S::snapshot& s) -> mr::result<void> {
      same_lists(s, model);
      const std::string key = random_key();
      REQUIRE(s.read(key).has_value() == model.contains(key));
      return {};
    }));
  }
  for (const auto& each : model) REQUIRE(text_of(*storage.read(each.first)) == each.second);
  for (const auto& each : model) REQUIRE(storage.remove(each.first));
}

/// Threads that move amounts between accounts: no snapshot and no transaction sees a sum that is another, none is lost.
template <ms::transactional_storage S>
void transfers_keep_the_sum(S& storage, int rounds) {
  namespace mr = millrace;
  constexpr long accounts = 5;
  constexpr long each = 1000;
  const auto name = [](std::uint64_t i) { return "account/" + std::to_string(i); };
  for (std::uint64_t i = 0; i < accounts; ++i) REQUIRE(write_number(storage, name(i), each));
  std::atomic<int> wrong{0};
  std::atomic<bool> over{false};
  const auto sum = [&](const auto& view) -> mr::result<long> {
    long total = 0;
    for (std::uint64_t i = 0; i < accounts; ++i) {
      const auto one = number_at(view, name(i));
      if (!one) return one.error();
      total += *one;
    }
    return total;
  };
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 3; ++t)
    threads.emplace_back([&, t] {
      mr::random_engine random(t);
      for (int i = 0; i < rounds; ++i) {
        const auto done = storage.transact([&](typename S::transaction& transaction) -> mr::result<long> {
          const std::string from = name(random.below(accounts));
          const std::string to = name(random.below(accounts));
          const long amount = static_cast<long>(random.below(50));
          if (auto fine = write_number(transaction, from, *number_at(transaction, from) - amount); !fine)
            return fine.error();
          if (random.below(4) == 0) return mr::error(mr::errc::vetoed, "halfway");
          if (auto fine = write_number(transaction, to, *number_at(transaction, to) + amount); !fine)
            return fine.error();
          return sum(transaction);
        });
        if (done ? *done != accounts * each : done.error().code() != mr::errc::vetoed) ++wrong;
      }
    });
  std::thread reader([&] {
    while (!over) {
      const auto total = storage.look([&](const typename S::snapshot& s) { return sum(s); });
      if (!total || *total != accounts * each) ++wrong;
    }
  });
  for (auto& thread : threads) thread.join();
  over = true;
  reader.join();
  CHECK(wrong == 0);
  CHECK(*sum(storage) == accounts * each);
  for (std::uint64_t i = 0; i < accounts; ++i) REQUIRE(storage.remove(name(i)));
}

/// Two doctors are on call and one must stay: each leaves if the other is there. What snapshots alone would let pass,
/// serial transactions do not. Plain writes between them are serial, too.
template <ms::transactional_storage S>
void write_skew_is_impossible(S& storage, int rounds) {
  namespace mr = millrace;
  std::atomic<int> wrong{0};
  const char* const names[] = {"call/one", "call/two"};
  for (int i = 0; i < rounds; ++i) {
    for (const char* name : names) REQUIRE(write_number(storage, name, 1));
    std::atomic<int> ready{0};
    std::vector<std::thread> threads;
    for (const char* name : names)
      threads.emplace_back([&, name] {
        ++ready;
        while (ready < 2) {
        }
        const auto done = storage.transact([&](typename S::transaction& t) -> mr::result<void> {
          if (*number_at(t, names[0]) + *number_at(t, names[1]) < 2) return {};
          return write_number(t, name, 0);
        });
        if (!done) ++wrong;
      });
    for (auto& thread : threads) thread.join();
    if (*number_at(storage, names[0]) + *number_at(storage, names[1]) != 1) ++wrong;
  }
  CHECK(wrong == 0);
  for (const char* name : names) REQUIRE(storage.remove(name));
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < rounds; ++i) {
        const auto done = storage.transact(
            [](typename S::transaction& one) { return write_number(one, "count", *number_at(one, "count") + 1); });
        if (!done || !write_number(storage, "beside/" + std::to_string(t), i)) ++wrong;
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(*number_at(storage, "count") == 3 * rounds);
  REQUIRE(storage.remove("count"));
  for (int t = 0; t < 3; ++t) REQUIRE(storage.remove("beside/" + std::to_string(t)));
}

/// All of the above.
template <ms::transactional_storage S>
void transaction_laws(S& storage, std::uint64_t seed, int rounds) {
  transactions_are_whole(storage);
  transactions_agree_with_a_map(storage, seed, rounds);
  transfers_keep_the_sum(storage, rounds);
  write_skew_is_impossible(storage, rounds / 10);
  CHECK(storage.list("", "", 10)->empty());
}

}  // namespace laws

#endif  // MILLRACE_TESTS_LAWS_TRANSACTION_HPP

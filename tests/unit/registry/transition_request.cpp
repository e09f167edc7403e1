#include <millrace/registry/transition_request.hpp>

#include <support/catch.hpp>

#include <string>

namespace mg = millrace::registry;
namespace ms = millrace::store;

TEST_CASE("a request counts its approvals and knows when its time is over") {
  mg::transition_request asked;
  asked.reviews = {{"ada", mg::verdict::approve, "", 1}, {"bob", mg::verdict::reject, "", 2}};
  CHECK(asked.approved_by() == 1);
  CHECK_FALSE(asked.is_overdue(~std::uint64_t{0}));
  asked.expires = 10;
  CHECK_FALSE(asked.is_overdue(9));
  CHECK(asked.is_overdue(10));
  asked.status = mg::request_status::rejected;
  CHECK_FALSE(asked.is_overdue(10));
}

TEST_CASE("a request is kept as a document") {
  mg::transition_request asked;
  asked.model = "fraud";
  asked.number = 4;
  asked.version = 2;
  asked.requester = "ada";
  asked.reviews = {{"bob", mg::verdict::reject, "no", 2}};
  asked.remarks = {{"eve", "why?", 3}};
  asked.status = mg::request_status::rejected;
  const std::string text = ms::write_document(asked);
  CHECK(
      text ==
      R"({"format":1,"number":4,"version":2,"to":"production","archives_others":false,"requester":"ada",)"
      R"("justification":"","digest":"","approvals":1,"reviewers":[],"reviews":[{"reviewer":"bob","verdict":"reject",)"
      R"("comment":"no","at":2}],"remarks":[{"author":"eve","text":"why?","at":3}],"status":"rejected","created":0,)"
      R"("expires":0,"closed":0})");
  CHECK(ms::write_document(ms::read_document<mg::transition_request>(text, "r").value()) == text);
  CHECK(to_string(static_cast<mg::request_status>(5)).empty());
  CHECK(to_string(static_cast<mg::verdict>(2)).empty());
}

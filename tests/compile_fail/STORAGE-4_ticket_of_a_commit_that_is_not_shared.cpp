// expect: millrace\[STORAGE-4\]: a ticket is of a commit that transactions share
#include <millrace/store/commit_ticket.hpp>
#include <millrace/store/documents/document_folder.hpp>

namespace ms = millrace::store;

#ifdef MILLRACE_MISUSE
using storage = ms::document_folder<ms::durable::each>;
#else
using storage = ms::document_folder<ms::durable::group<5>>;
#endif

bool removed(storage& from, ms::commit_ticket& ticket) {
  return static_cast<bool>(from.transact([](storage::transaction& t) { return t.remove("a"); }, ticket));
}

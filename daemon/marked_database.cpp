// A mark in every write transaction of a thread. The work may run on the engine's writer thread, so the mark is looked
// up by whoever asks for the transaction and travels with the work.
#include "marked_database.hpp"

#include <utility>

namespace ss::daemon {
namespace {

thread_local const MarkedDatabase::Mark* current = nullptr;

}  // namespace

MarkedDatabase::Scope::Scope(Mark mark) : mark_{std::move(mark)}
{
    current = &mark_;
}

MarkedDatabase::Scope::~Scope()
{
    current = nullptr;
}

Result<void> MarkedDatabase::transact(bool write, const std::function<Result<void>(storage::Session&)>& work)
{
    if (!write) {
        return inner_->read([&](storage::Session& session) { return work(session); });
    }
    return inner_->write([&work, mark = current](storage::Session& session) -> Result<void> {
        if (mark != nullptr) {
            TRY((*mark)(session));
        }
        return work(session);
    });
}

}  // namespace ss::daemon

#include "operation.hpp"

#include <coqmp/error.hpp>

#include <boost/asio/error.hpp>

#include <utility>

namespace asio = boost::asio;
namespace json = boost::json;
using boost::system::error_code;

namespace coqmp::soak {

operation::operation(ledger& book, std::shared_ptr<received_tags> received, std::int64_t tag, std::chrono::milliseconds timeout)
    : book_(book), received_(std::move(received)), tag_(tag), timeout_(timeout), due_(std::chrono::steady_clock::now() + timeout)
{
    ++book_.operations;
}

command operation::request(random& source) const
{
    command what("work");
    what.with("tag", tag_).timeout(timeout_);
    if (once_in(source, 5))
        what.out_of_band();
    return what;
}

void operation::end(error_code error, reply const& answer)
{
    book_.expect(!std::exchange(ended, true), name() + " completed twice");
    if (auto const now = std::chrono::steady_clock::now(); now > due_)
        book_.late_by(now - due_);
    if (!error)
        check(answer);
    else
        check(error);
}

void operation::perhaps_cancel(random& source)
{
    if (!ended && once_in(source, 4))
        signal.emit(once_in(source, 2) ? asio::cancellation_type::terminal : asio::cancellation_type::total);
}

void operation::check_at_the_end() const
{
    book_.expect(ended, name() + " never completed");
    book_.expect(!not_sent_ || !received_->has(tag_), name() + " was not_sent, and received");
}

void operation::check(reply const& answer)
{
    book_.expect(received_->has(tag_), name() + " was answered and never received");
    if (answer.has_value()) {
        ++book_.succeeded;
        json::value const* tag = answer.value().as_object().if_contains("tag");
        book_.expect(tag != nullptr && *tag == json::value(tag_), name() + " got the answer of another");
    } else {
        ++book_.refused;
        book_.expect(answer.error().description == std::to_string(tag_), name() + " got the error of another");
    }
}

void operation::check(error_code error)
{
    not_sent_ = error == errc::not_sent;
    if (error == asio::error::operation_aborted) {
        ++book_.cancelled;
        return;
    }
    bool const unknown = error == errc::outcome_unknown;
    book_.expect(not_sent_ != unknown, name() + " ended with " + error.message());
    ++(not_sent_ ? book_.not_sent : book_.outcome_unknown);
}

}  // namespace coqmp::soak

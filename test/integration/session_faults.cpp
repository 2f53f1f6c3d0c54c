// A session whose kernel fails: each system call of a whole life, one after the other, with each error that it can have.
#include "support/completion.hpp"
#include "support/fake_peer.hpp"
#include "support/faults.hpp"
#include "support/open_descriptors.hpp"
#include "support/run.hpp"
#include "support/temporary_directory.hpp"

#include <coqmp/session.hpp>

#include <boost/asio/detached.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

#include <fcntl.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <vector>

namespace asio = boost::asio;
namespace data = boost::unit_test::data;
using boost::system::error_code;
using namespace coqmp::test;
using coqmp::command;
using coqmp::errc;
using coqmp::reply;

namespace {

constexpr int commands = 5;

/// Answers everything, with an event before, and remembers it.
asio::awaitable<void> serve(fake_peer& peer, std::set<std::string>& executed)
{
    try {
        co_await peer.accept();
        co_await peer.handshake();
        for (;;) {
            auto const got = co_await peer.receive();
            executed.insert(got.name);
            peer.event("BEFORE");
            peer.answer(got.id, boost::json::string(got.name));
        }
    } catch (boost::system::system_error const&) {
        // The client has left.
    }
}

/// Connects, commands (once with a descriptor), listens, leaves; and checks what each of these came to.
class life
{
public:
    life()
    {
        peer_.emplace(context_.get_executor(), address_);
        asio::co_spawn(context_, serve(*peer_, executed_), asio::detached);
        client_.async_wait_closed(closed_.token());
    }

    void run()
    {
        client_.async_connect(address_, [this](error_code error) { connected(error); });
        context_.run_for(time_limit);
        BOOST_TEST(context_.stopped(), "something hangs");
        BOOST_TEST(connects_ == 1);
        BOOST_TEST(closed_.times() == 1);
        for (auto const& ended : replies_)
            BOOST_TEST(ended.times() == 1);
        if (connect_error_)
            BOOST_TEST(replies_.empty());
    }

    /// As if nothing had been wrong.
    void check_success() const
    {
        BOOST_TEST(connect_error_ == error_code());
        BOOST_REQUIRE(replies_.size() == std::size_t{commands});
        for (int index = 0; index < commands; ++index)
            BOOST_TEST(succeeded(index));
        BOOST_TEST(events_ == commands);
    }

    /// Nothing is claimed that is not true.
    void check_truth() const
    {
        for (int index = 0; index < static_cast<int>(replies_.size()); ++index) {
            error_code const error = replies_[static_cast<std::size_t>(index)].error();
            bool const told = (error == errc::not_sent) != (error == errc::outcome_unknown);
            BOOST_TEST((succeeded(index) || (error == errc::disconnected && told)), error.message());
            BOOST_TEST(!(error == errc::not_sent && executed_.contains(name(index))), name(index) << " was sent");
        }
    }

    [[nodiscard]] error_code connect_error() const { return connect_error_; }

private:
    static std::string name(int index) { return "command-" + std::to_string(index); }

    [[nodiscard]] bool succeeded(int index) const
    {
        auto const& ended = replies_[static_cast<std::size_t>(index)];
        return !ended.error() && ended.value().has_value() && ended.value().value().as_string() == name(index);
    }

    void connected(error_code error)
    {
        ++connects_;
        connect_error_ = error;
        if (error) {
            peer_.reset();
            return;
        }
        listen();
        for (int index = 0; index < commands; ++index) {
            command asked(name(index));
            if (index == 2)
                asked.with_descriptor(coqmp::descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC)));
            replies_.emplace_back(client_.get_executor());
            client_.async_execute(std::move(asked),
                                  [this, end = replies_.back().token()](error_code failure, reply answer) mutable {
                                      end(failure, std::move(answer));
                                      if (++completed_ == commands)
                                          client_.close();
                                  });
        }
    }

    void listen()
    {
        events_of_.async_next([this](error_code error, coqmp::event const&) {
            if (error)
                return;
            ++events_;
            listen();
        });
    }

    asio::io_context context_{1};
    temporary_directory directory_;
    coqmp::endpoint address_ = coqmp::endpoint::unix_socket(directory_.path() / "monitor");
    std::optional<fake_peer> peer_;
    std::set<std::string> executed_;
    coqmp::session client_{context_.get_executor()};
    coqmp::event_stream events_of_ = client_.subscribe();
    completion<coqmp::session_end> closed_{context_.get_executor()};
    std::vector<completion<reply>> replies_;
    error_code connect_error_;
    int connects_ = 0;
    int completed_ = 0;
    int events_ = 0;
};

/// One system call and what goes wrong with it.
struct failure
{
    system_call which;
    int error;
};

std::ostream& operator<<(std::ostream& out, failure const& what)
{
    return out << what.which << ": " << (what.error == one_byte ? "one byte" : ::strerrorname_np(what.error));
}

/// Lives once for each time that the call is made, and once more.
template <class Check>
void fail_each(failure what, Check check)
{
    std::size_t const before = open_descriptors();
    bool struck = true;
    for (int nth = 0; struck; ++nth) {
        BOOST_TEST_CONTEXT(what << ", call " << nth)
        {
            life once;
            fault const armed(what.which, nth, what.error);
            once.run();
            struck = armed.has_struck();
            BOOST_REQUIRE((struck || nth > 0));
            check(once);
        }
    }
    BOOST_TEST(open_descriptors() == before);
}

// What the kernel does on an ordinary day, and what must not be seen.
failure const harmless[] = {{system_call::sendmsg, EINTR}, {system_call::sendmsg, EAGAIN}, {system_call::sendmsg, one_byte},
                            {system_call::recv, EINTR},    {system_call::recv, one_byte},  {system_call::connect, EINTR}};

failure const fatal[] = {{system_call::sendmsg, ENOBUFS},      {system_call::sendmsg, ENOMEM},
                         {system_call::sendmsg, EPIPE},        {system_call::sendmsg, ECONNRESET},
                         {system_call::sendmsg, ETOOMANYREFS}, {system_call::recv, ECONNRESET},
                         {system_call::recv, ENOMEM},          {system_call::recv, ETIMEDOUT}};

failure const early[] = {{system_call::socket, EMFILE},        {system_call::socket, ENOBUFS}, {system_call::connect, EACCES},
                         {system_call::connect, ECONNREFUSED}, {system_call::connect, ENOENT}, {system_call::epoll_ctl, ENOSPC},
                         {system_call::epoll_ctl, ENOMEM}};

}  // namespace

BOOST_AUTO_TEST_SUITE(a_session_when_its_kernel_fails)

BOOST_DATA_TEST_CASE(is_not_disturbed_by_harmless_errors, data::make(harmless), what)
{
    fail_each(what, [](life const& once) { once.check_success(); });
}

BOOST_DATA_TEST_CASE(ends_once_with_a_true_outcome, data::make(fatal), what)
{
    fail_each(what, [](life const& once) { once.check_truth(); });
}

BOOST_DATA_TEST_CASE(says_why_it_cannot_connect, data::make(early), what)
{
    life once;
    fault const armed(what.which, 0, what.error);
    once.run();
    BOOST_TEST(armed.has_struck());
    BOOST_TEST(once.connect_error() == error_code(what.error, boost::system::system_category()));
}

BOOST_AUTO_TEST_SUITE_END()

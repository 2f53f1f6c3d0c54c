// Moved-from listeners, and listeners that outlive their execution context.
#include <coqmp/listener.hpp>
#include <coqmp/machine.hpp>

#include "support/open_descriptors.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/execution/bad_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <exception>
#include <filesystem>
#include <optional>
#include <ostream>

namespace asio = boost::asio;
namespace data = boost::unit_test::data;
using boost::system::error_code;
using namespace coqmp::test;
using coqmp::endpoint;
using coqmp::errc;
using coqmp::listener;

namespace {

enum class home { context, strand };

std::ostream& operator<<(std::ostream& out, home what)
{
    return out << (what == home::strand ? "strand" : "context");
}

struct fixture
{
    std::optional<asio::io_context> context{std::in_place, 1};
    temporary_directory directory;
    std::filesystem::path path = directory.path() / "monitor";
    endpoint where = endpoint::unix_socket(path);

    asio::any_io_executor executor(home what)
    {
        if (what == home::strand)
            return asio::make_strand(*context);
        return context->get_executor();
    }

    [[nodiscard]] int visitor() const
    {
        int const number = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        asio::local::stream_protocol::endpoint const address(path.string());
        BOOST_REQUIRE(::connect(number, address.data(), static_cast<::socklen_t>(address.size())) == 0);
        return number;
    }

    /// Runs this many handlers of a listener's life and destroys the context; then uses the listener as far as that is allowed.
    /// @return whether there were so many handlers
    bool outlive_the_context(home what, int steps)
    {
        context.emplace(1);
        listener door(executor(what), where);
        door.async_accept([](error_code, coqmp::session const&) {});
        int const guest = visitor();
        door.async_accept([](error_code, coqmp::session const&) {});
        int done = 0;
        while (done < steps && context->poll_one() != 0)
            ++done;
        context.reset();
        BOOST_TEST(!std::filesystem::exists(path));

        listener moved = std::move(door);
        door = std::move(moved);
        BOOST_TEST(door.local_endpoint().path() == path.native());
        BOOST_TEST(door.qemu_arguments().size() == 4U);
        BOOST_TEST(door.refused() == 0U);
        BOOST_CHECK_THROW(door.async_accept([](error_code, coqmp::session const&) {}), asio::execution::bad_executor);
        door.close();
        ::close(guest);
        return done == steps;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_listener, fixture, *boost::unit_test::timeout(60))

BOOST_DATA_TEST_CASE(outlives_its_context_whenever_that_ends, data::make({home::context, home::strand}), what)
{
    context.reset();
    std::size_t const before = open_descriptors();
    int steps = 0;
    while (outlive_the_context(what, steps))
        ++steps;
    BOOST_TEST(steps > 1);
    BOOST_TEST(open_descriptors() == before);
}

BOOST_AUTO_TEST_CASE(starts_no_machine_once_its_context_is_gone)
{
    asio::io_context other(1);
    listener const kept(other.get_executor(), endpoint::unix_socket(directory.path() / "other"));
    listener door(context->get_executor(), where);
    context.reset();
    coqmp::machine subject(other.get_executor(), coqmp::machine_spec());
    std::exception_ptr failure;
    subject.async_start(door, [&failure](std::exception_ptr why) { failure = std::move(why); });
    other.run();
    BOOST_REQUIRE(failure);
    BOOST_CHECK_EXCEPTION(std::rethrow_exception(failure), coqmp::start_failed,
                          [](coqmp::start_failed const& error) { return error.code() == errc::disconnected; });
}

BOOST_AUTO_TEST_CASE(that_was_moved_from_accepts_nothing_and_leaves_the_socket_alone)
{
    listener door(context->get_executor(), where);
    listener const owner = std::move(door);
    error_code failure;
    // NOLINTBEGIN(bugprone-use-after-move): that is what is tested
    door.async_accept([&failure](error_code error, coqmp::session const&) { failure = error; });
    context->run();
    BOOST_TEST((failure == errc::disconnected));
    BOOST_TEST((door.get_executor() == context->get_executor()));
    BOOST_TEST(door.local_endpoint().path() == path.native());
    BOOST_TEST(door.refused() == 0U);
    door.close();
    // NOLINTEND(bugprone-use-after-move)
    ::close(visitor());
}

BOOST_AUTO_TEST_CASE(that_was_moved_from_starts_no_machine)
{
    listener door(context->get_executor(), where);
    listener const owner = std::move(door);
    coqmp::machine subject(context->get_executor(), coqmp::machine_spec());
    std::exception_ptr failure;
    // NOLINTNEXTLINE(bugprone-use-after-move): that is what is tested
    subject.async_start(door, [&failure](std::exception_ptr why) { failure = std::move(why); });
    context->run();
    BOOST_REQUIRE(failure);
    BOOST_CHECK_EXCEPTION(std::rethrow_exception(failure), coqmp::start_failed,
                          [](coqmp::start_failed const& error) { return error.code() == errc::disconnected; });
    BOOST_TEST(subject.pid() == -1);
}

BOOST_AUTO_TEST_CASE(that_was_moved_from_can_be_given_another)
{
    listener door(context->get_executor(), where);
    {
        listener const owner = std::move(door);
        BOOST_TEST(std::filesystem::exists(path));
    }
    BOOST_TEST(!std::filesystem::exists(path));
    door = listener(context->get_executor(), where);
    ::close(visitor());
}

BOOST_AUTO_TEST_CASE(destroying_it_on_its_strand_frees_the_port_at_once)
{
    asio::any_io_executor const strand = asio::make_strand(*context);
    std::optional<listener> first(std::in_place, strand, endpoint::tcp("127.0.0.1", 0));
    asio::post(strand, [&first, strand] {
        endpoint const address = first->local_endpoint();
        first.reset();
        BOOST_CHECK_NO_THROW(listener(strand, address));
    });
    context->run();
}

BOOST_AUTO_TEST_SUITE_END()

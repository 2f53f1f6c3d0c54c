// Writing the log never waits.
#include "daemon/log/standard_error.hpp"
#include "daemon/log/log_record.hpp"

#include "support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <string>

using coqmp::descriptor;
using coqmp_daemon::longest_log_line;
using coqmp_daemon::standard_error;

namespace {

struct channel
{
    descriptor reader;
    descriptor writer;
};

channel make_pipe()
{
    std::array<int, 2> ends{};
    BOOST_REQUIRE(::pipe(ends.data()) == 0);
    return {descriptor(ends[0]), descriptor(ends[1])};
}

channel make_sockets()
{
    std::array<int, 2> ends{};
    BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0);
    return {descriptor(ends[0]), descriptor(ends[1])};
}

/// All that can be read now.
std::string drain(descriptor const& reader)
{
    ::fcntl(reader.number(), F_SETFL, O_NONBLOCK);
    std::string result;
    std::array<char, 4096> piece{};
    for (ssize_t count = 0; (count = ::read(reader.number(), piece.data(), piece.size())) > 0;)
        result.append(piece.data(), static_cast<std::size_t>(count));
    return result;
}

std::string line_of(std::size_t size, char letter)
{
    return std::string(size - 1, letter) + '\n';
}

/// Fills the channel. @return how many lines it took
std::size_t fill(standard_error& output, std::string const& line)
{
    std::size_t result = 0;
    while (output.write(line))
        ++result;
    return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(writing_to_standard_error, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(a_full_pipe_or_socket_drops_whole_lines)
{
    for (channel const& each : {make_pipe(), make_sockets()}) {
        standard_error output(each.writer.number());
        std::string const line = line_of(longest_log_line - 97, 'x');
        std::size_t const taken = fill(output, line);
        BOOST_TEST(taken > 0U);
        BOOST_TEST(!output.write(line));
        std::string const written = drain(each.reader);
        BOOST_TEST(written.size() == taken * line.size());
        BOOST_TEST(output.write("after\n"));
        BOOST_TEST(drain(each.reader) == "after\n");
    }
}

BOOST_AUTO_TEST_CASE(a_pipe_that_cannot_be_opened_again_is_not_waited_for_either)
{
    channel const pipe = make_pipe();
    ::rlimit before = {};
    BOOST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    ::rlimit const none{0, before.rlim_max};
    BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    standard_error output(pipe.writer.number());
    BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    std::string const line = line_of(longest_log_line, 'x');
    std::size_t const taken = fill(output, line);
    BOOST_TEST(taken > 0U);
    BOOST_TEST(drain(pipe.reader).size() == taken * line.size());
}

BOOST_AUTO_TEST_CASE(the_flags_that_other_processes_share_stay_as_they_are)
{
    for (channel const& each : {make_pipe(), make_sockets()}) {
        int const before = ::fcntl(each.writer.number(), F_GETFL);
        standard_error output(each.writer.number());
        BOOST_TEST(output.write("x\n"));
        BOOST_TEST(::fcntl(each.writer.number(), F_GETFL) == before);
        BOOST_TEST((before & O_NONBLOCK) == 0);
    }
}

BOOST_AUTO_TEST_CASE(a_reader_that_has_gone_is_an_unwritten_line)
{
    ::signal(SIGPIPE, SIG_IGN);
    for (auto const make : {make_pipe, make_sockets}) {
        channel each = make();
        standard_error output(each.writer.number());
        each.reader = descriptor(-1);
        BOOST_TEST(!output.write("x\n"));
    }
    BOOST_TEST(!standard_error(-1).write("x\n"));
}

BOOST_AUTO_TEST_CASE(a_line_after_one_that_was_written_in_part_begins_a_new_line)
{
    channel const sockets = make_sockets();
    standard_error output(sockets.writer.number());
    // More than the buffer holds: a stream socket takes a part. Lines of the log are never so long.
    std::string const huge = line_of(std::size_t(16) << 20, 'x');
    BOOST_TEST(!output.write(huge));
    std::size_t const part = drain(sockets.reader).size();
    BOOST_REQUIRE(part > 0U);
    BOOST_REQUIRE(part < huge.size());
    BOOST_TEST(output.write("next\n"));
    BOOST_TEST(output.write("last\n"));
    BOOST_TEST(drain(sockets.reader) == "\nnext\nlast\n");
}

BOOST_AUTO_TEST_CASE(lines_are_appended_to_a_file)
{
    coqmp::test::temporary_directory const directory;
    std::string const path = (directory.path() / "log").native();
    std::ofstream(path) << "before\n";
    descriptor const file(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
    standard_error output(file.number());
    BOOST_TEST(output.write("x\n"));
    BOOST_TEST(::write(file.number(), "y\n", 2) == 2);  // another process with the same open file
    BOOST_TEST(output.write("z\n"));
    std::ifstream written(path);
    BOOST_TEST(std::string(std::istreambuf_iterator<char>(written), {}) == "before\nx\ny\nz\n");
}

BOOST_AUTO_TEST_SUITE_END()

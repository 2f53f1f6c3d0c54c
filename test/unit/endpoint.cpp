// Addresses: which are accepted, how they print, and why the others are rejected.
#include <coqmp/endpoint.hpp>

#include <coqmp/error.hpp>

#include <boost/system/system_error.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace data = boost::unit_test::data;
using coqmp::endpoint;
using namespace std::string_literals;

namespace {

/// A text, and the endpoint in the form of to_string(), or the reason why it is rejected.
struct sample
{
    std::string text;
    std::string result;
};

std::ostream& operator<<(std::ostream& out, sample const& what)
{
    return out << '\'' << what.text << '\'';
}

std::string const path_107 = "/" + std::string(106, 'p');

std::vector<sample> understood()
{
    return {
        {"unix:/run/qmp.sock", "unix:/run/qmp.sock"},
        {"unix:relative", "unix:relative"},
        {"unix:a:b", "unix:a:b"},
        {"unix:tcp:1", "unix:tcp:1"},
        {"unix:/a,b c", "unix:/a,b c"},
        {"unix: ", "unix: "},
        {"unix:unix:", "unix:unix:"},
        {"unix:ä", "unix:ä"},
        {"/run/qmp.sock", "unix:/run/qmp.sock"},
        {"/", "unix:/"},
        {"./sock", "unix:./sock"},
        {"../a/b", "unix:../a/b"},
        {"a/b", "unix:a/b"},
        {"sock", "unix:sock"},
        {"qmp.sock", "unix:qmp.sock"},
        {"4444", "unix:4444"},
        {"/with:colon", "unix:/with:colon"},
        {"host/with:4444", "unix:host/with:4444"},
        {"UNIX/x", "unix:UNIX/x"},
        {path_107, "unix:" + path_107},
        {"unix:" + path_107, "unix:" + path_107},
        {"tcp:localhost:4444", "tcp:localhost:4444"},
        {"tcp:127.0.0.1:0", "tcp:127.0.0.1:0"},
        {"tcp:example.org:65535", "tcp:example.org:65535"},
        {"tcp:h:00080", "tcp:h:80"},
        {"tcp:[::1]:4444", "tcp:[::1]:4444"},
        {"tcp:[fe80::1%eth0]:1", "tcp:[fe80::1%eth0]:1"},
        {"tcp:[localhost]:1", "tcp:localhost:1"},
        {"localhost:4444", "tcp:localhost:4444"},
        {"127.0.0.1:1", "tcp:127.0.0.1:1"},
        {"[::1]:4444", "tcp:[::1]:4444"},
        {"[::]:0", "tcp:[::]:0"},
        {"fd:0", "fd:0"},
        {"fd:7", "fd:7"},
        {"fd:007", "fd:7"},
        {"fd:2147483647", "fd:2147483647"},
    };
}

std::vector<sample> misunderstood()
{
    return {
        {"", "the address is empty"},
        {"unix:", "the path of the unix socket is empty"},
        {"/" + std::string(107, 'p'),
         "the path has 108 bytes, but the path of a unix socket has at most 107: use a shorter path"},
        {"unix:" + std::string(112, 'p'),
         "the path has 112 bytes, but the path of a unix socket has at most 107: use a shorter path"},
        {"unix:/a\0b"s, "the path contains a NUL byte"},
        {"unix:\0abstract"s, "the path contains a NUL byte"},
        {"/a\0"s, "the path contains a NUL byte"},
        {"tcp:", "the port is missing"},
        {"tcp:localhost", "the port is missing in 'localhost': write host:port"},
        {"tcp:localhost:", "the port is missing"},
        {"localhost:", "the port is missing"},
        {"tcp::4444", "the host is missing: write localhost:4444"},
        {":4444", "the host is missing: write localhost:4444"},
        {":", "the host is missing"},
        {"tcp:h\0h:1"s, "the host contains a NUL byte"},
        {"localhost:x", "the port 'x' is not a number from 0 to 65535"},
        {"localhost:65536", "the port '65536' is not a number from 0 to 65535"},
        {"localhost:99999999999999999999", "is not a number from 0 to 65535"},
        {"localhost:-1", "the port '-1' is not a number from 0 to 65535"},
        {"localhost:+1", "the port '+1' is not a number from 0 to 65535"},
        {"localhost: 1", "the port ' 1' is not a number from 0 to 65535"},
        {"localhost:1 ", "the port '1 ' is not a number from 0 to 65535"},
        {"localhost:0x10", "the port '0x10' is not a number from 0 to 65535"},
        {"tcp:::1:4444", "an IPv6 address needs brackets: write [::1]:4444"},
        {"::1:4444", "an IPv6 address needs brackets: write [::1]:4444"},
        {"a:b:1", "an IPv6 address needs brackets: write [a:b]:1"},
        {"fe80::1%eth0:1", "an IPv6 address needs brackets: write [fe80::1%eth0]:1"},
        {"x:y:1", "'x:y:1' has more than one colon: write tcp:host:port"},
        {"telnet:127.0.0.1:4444", "'telnet:127.0.0.1:4444' is in the notation of another program: write tcp:127.0.0.1:4444"},
        {"telnet://h:1/", "'telnet://h:1/' is in the notation of another program: write tcp:h:1"},
        {"tcp://h:1", "'tcp://h:1' is in the notation of another program: write tcp:h:1"},
        {"tcp://[::1]:1", "is in the notation of another program: write tcp:[::1]:1"},
        {"tcp://h", "the port is missing in 'h': write host:port"},
        {"h:1,server=on,wait=off", "'h:1,server=on,wait=off' has options of QEMU's command line: write tcp:h:1"},
        {"tcp:h:1,server", "has options of QEMU's command line: write tcp:h:1"},
        {"tcp:[::1]:1,server=on", "has options of QEMU's command line: write tcp:[::1]:1"},
        {"[::1]:1,server=on", "has options of QEMU's command line: write tcp:[::1]:1"},
        {"telnet:h:1,server,nowait", "is in the notation of another program: write tcp:h:1"},
        {"tcp::1,server=on", "the host is missing: write localhost:1"},
        {"h:x,server=on", "the port 'x' is not a number from 0 to 65535"},
        {"[::1]", "the port is missing after the bracket"},
        {"[::1]4444", "the port is missing after the bracket"},
        {"[::1]:", "the port is missing"},
        {"[::1]:x", "the port 'x' is not a number"},
        {"[::1]:70000", "the port '70000' is not a number from 0 to 65535"},
        {"[::1:4444", "has no closing bracket"},
        {"tcp:[::1:4444", "has no closing bracket"},
        {"[]:4444", "there is no address between the brackets"},
        {"[", "has no closing bracket"},
        {"fd:", "the descriptor '' is not a number: write fd:7"},
        {"fd:x", "the descriptor 'x' is not a number"},
        {"fd:-1", "the descriptor '-1' is not a number"},
        {"fd:7x", "the descriptor '7x' is not a number"},
        {"fd: 7", "the descriptor ' 7' is not a number"},
        {"fd:2147483648", "the descriptor '2147483648' is not a number"},
    };
}

/// The text of the refusal. Also checks its code.
template <class Function>
std::string refusal(Function function)
{
    try {
        function();
    } catch (boost::system::system_error const& error) {
        BOOST_TEST((error.code() == coqmp::errc::invalid_endpoint));
        return error.what();
    }
    return "no refusal";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(endpoint_suite)

BOOST_DATA_TEST_CASE(an_address_is_understood, data::make(understood()), sample)
{
    BOOST_TEST(endpoint::parse(sample.text).to_string() == sample.result);
}

BOOST_DATA_TEST_CASE(what_an_address_prints_can_be_read_back, data::make(understood()), sample)
{
    endpoint const where = endpoint::parse(sample.text);
    BOOST_TEST((endpoint::parse(where.to_string()) == where));
    std::ostringstream out;
    out << where;
    BOOST_TEST(out.str() == where.to_string());
}

BOOST_DATA_TEST_CASE(a_bad_address_is_rejected_with_the_reason, data::make(misunderstood()), sample)
{
    std::string const why = refusal([&sample] { (void)endpoint::parse(sample.text); });
    BOOST_TEST(why.find(sample.result) != std::string::npos, why << " does not say: " << sample.result);
    // The general text of the code is not appended.
    BOOST_TEST(why.find("the address cannot be used") == std::string::npos, why);
}

BOOST_AUTO_TEST_CASE(a_reason_is_complete_whatever_the_address_contains)
{
    std::string const why = refusal([] { (void)endpoint::parse("host:8\0\x1b[31m\n"s); });
    BOOST_TEST(why.starts_with("the port '8??[31m?' is not a number from 0 to 65535"), why);
}

BOOST_AUTO_TEST_CASE(a_unix_endpoint_has_a_path)
{
    endpoint const where = endpoint::parse("unix:/run/x");
    BOOST_TEST(where.is_unix());
    BOOST_TEST(!where.is_tcp());
    BOOST_TEST(!where.is_descriptor());
    BOOST_TEST(where.path() == "/run/x");
    BOOST_CHECK_THROW((void)where.host(), std::bad_variant_access);
    BOOST_CHECK_THROW((void)where.port(), std::bad_variant_access);
    BOOST_CHECK_THROW((void)where.descriptor_number(), std::bad_variant_access);
}

BOOST_AUTO_TEST_CASE(a_tcp_endpoint_has_a_host_without_brackets_and_a_port)
{
    endpoint const where = endpoint::parse("[::1]:4444");
    BOOST_TEST(where.is_tcp());
    BOOST_TEST(!where.is_unix());
    BOOST_TEST(!where.is_descriptor());
    BOOST_TEST(where.host() == "::1");
    BOOST_TEST(where.port() == 4444);
    BOOST_CHECK_THROW((void)where.path(), std::bad_variant_access);
}

BOOST_AUTO_TEST_CASE(a_descriptor_endpoint_has_a_number)
{
    endpoint const where = endpoint::parse("fd:7");
    BOOST_TEST(where.is_descriptor());
    BOOST_TEST(where.descriptor_number() == 7);
    BOOST_CHECK_THROW((void)where.path(), std::bad_variant_access);
}

BOOST_AUTO_TEST_CASE(a_descriptor_that_is_named_by_its_number_stays_the_callers)
{
    std::array<int, 2> pipe{};
    BOOST_REQUIRE(::pipe2(pipe.data(), O_CLOEXEC) == 0);
    {
        endpoint const named = endpoint::descriptor(pipe[0]);
        endpoint const parsed = endpoint::parse("fd:" + std::to_string(pipe[0]));
        BOOST_TEST((named == parsed));
    }
    BOOST_TEST(::fcntl(pipe[0], F_GETFD) >= 0);
    ::close(pipe[0]);
    ::close(pipe[1]);
}

BOOST_AUTO_TEST_CASE(a_descriptor_that_endpoints_own_is_closed_with_the_last_of_them)
{
    std::array<int, 2> pipe{};
    BOOST_REQUIRE(::pipe2(pipe.data(), O_CLOEXEC | O_NONBLOCK) == 0);
    auto owned = std::make_unique<endpoint>(endpoint::descriptor(coqmp::descriptor(pipe[1])));
    auto copy = std::make_unique<endpoint>(*owned);
    BOOST_TEST((*owned == endpoint::descriptor(pipe[1])));
    BOOST_TEST(copy->to_string() == "fd:" + std::to_string(pipe[1]));
    char byte = 0;
    owned.reset();
    BOOST_TEST(::read(pipe[0], &byte, 1) == -1);  // EAGAIN: the copy still owns the other end
    copy.reset();
    BOOST_TEST(::read(pipe[0], &byte, 1) == 0);
    ::close(pipe[0]);
}

BOOST_AUTO_TEST_CASE(the_functions_and_parse_agree)
{
    BOOST_TEST((endpoint::unix_socket("/a") == endpoint::parse("/a")));
    BOOST_TEST((endpoint::unix_socket(std::filesystem::path("/a") / "b") == endpoint::parse("unix:/a/b")));
    BOOST_TEST((endpoint::tcp("::1", 1) == endpoint::parse("[::1]:1")));
    BOOST_TEST((endpoint::descriptor(3) == endpoint::parse("fd:3")));
}

BOOST_AUTO_TEST_CASE(the_functions_reject_invalid_addresses)
{
    BOOST_TEST(refusal([] { (void)endpoint::unix_socket(""); }).starts_with("the path of the unix socket is empty"));
    BOOST_TEST(refusal([] { (void)endpoint::unix_socket(std::string(108, 'x')); }).starts_with("the path has 108 bytes"));
    BOOST_TEST(refusal([] { (void)endpoint::unix_socket("a\0b"s); }).starts_with("the path contains a NUL"));
    BOOST_TEST(refusal([] { (void)endpoint::tcp("", 1); }).starts_with("the host is empty"));
    BOOST_TEST(refusal([] { (void)endpoint::tcp("a\0"s, 1); }).starts_with("the host contains a NUL"));
    BOOST_TEST(refusal([] { (void)endpoint::tcp("localhost,server=on", 1); }).find("contains a comma") != std::string::npos);
    for (auto const* host : {"[::1]", "[", "a]b", "[a:1"})
        BOOST_TEST(refusal([host] { (void)endpoint::tcp(host, 1); }).find("contains a bracket") != std::string::npos);
    BOOST_TEST(refusal([] { (void)endpoint::parse("[[::1]:1"); }).find("contains a bracket") != std::string::npos);
    BOOST_TEST(refusal([] { (void)endpoint::descriptor(-1); }).starts_with("the descriptor -1 is negative"));
    BOOST_TEST(refusal([] { (void)endpoint::descriptor(coqmp::descriptor(-1)); }).starts_with("the descriptor is empty"));
}

BOOST_AUTO_TEST_CASE(endpoints_differ_in_kind_and_in_each_part)
{
    std::vector<endpoint> const all = {endpoint::parse("/a"),  endpoint::parse("/b"),  endpoint::parse("a:1"),
                                       endpoint::parse("a:2"), endpoint::parse("b:1"), endpoint::parse("fd:1"),
                                       endpoint::parse("fd:2")};
    for (std::size_t left = 0; left < all.size(); ++left)
        for (std::size_t right = 0; right < all.size(); ++right)
            BOOST_TEST((all[left] == all[right]) == (left == right));
}

BOOST_AUTO_TEST_SUITE_END()

// Command lines, and how a program ends.
#include "daemon/command_line.hpp"
#include "daemon/configuration/problem_list.hpp"
#include "daemon/program.hpp"

#include <coqmp/command_failed.hpp>

#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>
#include <boost/test/unit_test.hpp>

#include <CLI/CLI.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <streambuf>
#include <string>
#include <vector>

using namespace coqmp_daemon;

namespace {

/// What is written to a standard stream meanwhile.
class captured
{
public:
    explicit captured(std::ostream& stream) : stream_(stream), before_(stream.rdbuf(text_.rdbuf())) {}
    captured(captured const&) = delete;
    captured& operator=(captured const&) = delete;
    ~captured()
    {
        stream_.rdbuf(before_);
        stream_.clear();
    }

    [[nodiscard]] std::string text() const { return text_.str(); }

private:
    std::ostringstream text_;
    std::ostream& stream_;
    std::streambuf* before_;
};

struct parsed
{
    std::optional<exit_code> end;
    common_options options;
    std::string upstream;
    std::string output;
    std::string errors;
};

parsed parse(std::vector<char const*> words)
{
    parsed result;
    CLI::App application("Many clients on one monitor.", "qmp-proxy");
    application.add_option("upstream", result.upstream, "ADDRESS of the monitor")->required()->type_name("");
    add_common_options(application, "1.2.3", result.options);
    words.insert(words.begin(), "/usr/bin/qmp-proxy");
    captured const output(std::cout);
    captured const errors(std::cerr);
    result.end = parse_command_line(application, static_cast<int>(words.size()), words.data());
    result.output = output.text();
    result.errors = errors.text();
    return result;
}

struct ending
{
    int status;
    std::string errors;
};

ending run(std::function<exit_code()> const& work)
{
    captured const errors(std::cerr);
    int const status = run_program("qmp-proxy", work);
    return {status, errors.text()};
}

/// A stream that takes nothing, like a full disk.
class full_disk : public std::streambuf
{
};

}  // namespace

BOOST_AUTO_TEST_SUITE(command_lines, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(options_for_the_log_are_understood)
{
    parsed const plain = parse({"/run/vm.sock"});
    BOOST_TEST(!plain.end);
    BOOST_TEST(plain.upstream == "/run/vm.sock");
    BOOST_TEST((plain.options.format == log_format::automatic));
    BOOST_TEST((plain.options.least == log_priority::info));
    parsed const chosen = parse({"--log-format", "json", "--log-level=debug", "/run/vm.sock"});
    BOOST_TEST(!chosen.end);
    BOOST_TEST((chosen.options.format == log_format::json));
    BOOST_TEST((chosen.options.least == log_priority::debug));
    BOOST_TEST((parse({"--log-format=text", "x"}).options.format == log_format::text));
}

BOOST_AUTO_TEST_CASE(a_command_that_fails_is_a_failure_and_not_a_lost_connection)
{
    auto const failing = []() -> exit_code {
        throw coqmp::command_failed("machine-stop", {"GenericError", "not all have ended"});
    };
    ending const end = run(failing);
    BOOST_TEST(end.status == 1);
    BOOST_TEST(end.errors.find("not all have ended") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_version_is_printed)
{
    parsed const read = parse({"--version"});
    BOOST_TEST((read.end == exit_code::success));
    BOOST_TEST(read.output == "qmp-proxy 1.2.3\n");
    BOOST_TEST(read.errors == "");
}

BOOST_AUTO_TEST_CASE(the_help_names_every_option_and_the_manual)
{
    parsed const read = parse({"--help"});
    BOOST_TEST((read.end == exit_code::success));
    for (char const* const part :
         {"Many clients on one monitor.", "upstream", "-h,--help", "--version",
          "how the log on standard error looks (auto): auto, text or json",
          "the least important lines of the log (info): error, warning, notice, info or debug",
          "Exit status: 0, 1 failure, 2 usage or configuration, 3 connection.", "The manual: man qmp-proxy\n"})
        BOOST_TEST(read.output.find(part) != std::string::npos, part << " is missing in: " << read.output);
    BOOST_TEST((parse({"-h"}).end == exit_code::success));
}

BOOST_AUTO_TEST_CASE(each_mistake_is_described)
{
    struct mistake
    {
        std::vector<char const*> words;
        std::string message;
    };
    for (mistake const& each : std::vector<mistake>{
             {{"--log-format", "jsn", "x"}, R"(--log-format: "jsn" is not auto, text or json: did you mean json?)"},
             {{"--log-level", "loud", "x"}, R"(--log-level: "loud" is not error, warning, notice, info or debug)"},
             {{"--log-level", "a\x1b[2J\nb", "x"}, R"(--log-level: "a\x1b[2J\nb" is not error, warning, notice, info or debug)"},
             {{"--frobnicate", "x"}, "The following argument was not expected: --frobnicate"},
             {{}, "upstream is required"}}) {
        parsed const read = parse(each.words);
        BOOST_TEST((read.end == exit_code::usage));
        BOOST_TEST(read.errors == "qmp-proxy: " + each.message + "\nTry qmp-proxy --help\n");
        BOOST_TEST(read.output == "");
    }
}

BOOST_AUTO_TEST_CASE(help_that_could_not_be_written_is_a_failure)
{
    full_disk full;
    CLI::App application("", "qmp-proxy");
    common_options options;
    add_common_options(application, "1.2.3", options);
    captured const errors(std::cerr);
    std::streambuf* const before = std::cout.rdbuf(&full);
    char const* const words[] = {"qmp-proxy", "--help"};
    auto const end = parse_command_line(application, 2, words);
    std::cout.rdbuf(before);
    std::cout.clear();
    BOOST_TEST((end == exit_code::connection));
    BOOST_TEST(errors.text() == "qmp-proxy: cannot write to standard output\n");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(programs, *boost::unit_test::timeout(100))

BOOST_AUTO_TEST_CASE(a_programs_status_is_what_its_work_returns)
{
    BOOST_TEST(run([] { return exit_code::success; }).status == 0);
    BOOST_TEST(run([] { return exit_code::failure; }).status == 1);
    BOOST_TEST(run([] { return exit_code::usage; }).status == 2);
    BOOST_TEST(run([] { return exit_code::connection; }).status == 3);
}

BOOST_AUTO_TEST_CASE(an_error_before_the_first_line_of_the_log_is_an_error_in_the_journal)
{
    struct ::stat facts = {};
    BOOST_REQUIRE(::fstat(STDERR_FILENO, &facts) == 0);
    ::setenv("JOURNAL_STREAM", (std::to_string(facts.st_dev) + ':' + std::to_string(facts.st_ino)).c_str(), 1);
    ending const in_journal = run([]() -> exit_code { throw std::runtime_error("odd"); });
    ::setenv("JOURNAL_STREAM", "1:1", 1);
    ending const elsewhere = run([]() -> exit_code { throw std::runtime_error("odd"); });
    ::unsetenv("JOURNAL_STREAM");
    BOOST_TEST(in_journal.errors == "<3>qmp-proxy: odd\n");
    BOOST_TEST(elsewhere.errors == "qmp-proxy: odd\n");
}

BOOST_AUTO_TEST_CASE(an_exception_becomes_a_message_and_a_status)
{
    ending const wrong_file = run([]() -> exit_code { throw configuration_error({"f:1:1: a", "f:2:1: b"}); });
    BOOST_TEST(wrong_file.status == 2);
    BOOST_TEST(wrong_file.errors == "qmp-proxy: f:1:1: a\nqmp-proxy: f:2:1: b\n");
    ending const lost = run([]() -> exit_code {
        throw boost::system::system_error(boost::system::error_code(ECONNREFUSED, boost::system::system_category()), "upstream");
    });
    BOOST_TEST(lost.status == 3);
    BOOST_TEST(lost.errors.starts_with("qmp-proxy: upstream: Connection refused"));
    ending const other = run([]() -> exit_code { throw std::runtime_error("odd\x1b[2J"); });
    BOOST_TEST(other.status == 1);
    BOOST_TEST(other.errors == "qmp-proxy: odd\\x1b[2J\n");
}

BOOST_AUTO_TEST_SUITE_END()

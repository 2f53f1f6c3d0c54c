#include "options.hpp"

#include "exit_code.hpp"
#include "terminal/columns.hpp"

#include <coqmp/endpoint.hpp>

#include <boost/system/system_error.hpp>

#include <CLI/CLI.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <string_view>

namespace qmp_shell {

namespace {

constexpr std::string_view addresses = "ADDRESS: /run/vm.sock, unix:PATH, HOST:PORT, tcp:HOST:PORT, fd:NUMBER (else $QMP_SOCKET)";

std::string_view name_of(std::string_view path)
{
    return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

/// A tool for the tree of objects, and how many words it takes besides an address.
struct tool_entry
{
    qmp_shell::tool which;
    char const* name;
    char const* words;
    char const* purpose;
    std::size_t least;
    std::size_t most;
};

constexpr std::array<tool_entry, 4> tools{{
    {tool::list, "qom-list", "[PATH]", "list the children and properties of an object", 0, 1},
    {tool::get, "qom-get", "PATH.PROPERTY", "print a property of an object", 1, 2},
    {tool::set, "qom-set", "PATH.PROPERTY VALUE", "set a property of an object, as what it is", 2, 3},
    {tool::tree, "qom-tree", "[PATH]", "print the tree of objects below a path", 0, 1},
}};

/// @param address after `-s`
void add_tools(CLI::App& application, options& into, std::string& address)
{
    for (tool_entry const& each : tools) {
        CLI::App* const added = application.add_subcommand(each.name, each.purpose);
        added->fallthrough();
        added->set_help_flag("-h,--help", "print this and exit");
        added->add_option("-s,--socket", address, std::string(addresses))->type_name("ADDRESS");
        added->add_option("words", into.tool_arguments, std::string("[ADDRESS] ") + each.words)->expected(0, -1)->type_name("");
        added->callback([&into, which = each.which] { into.tool = which; });
    }
    application.require_subcommand(0, 1);
}

void describe(CLI::App& application, options& into, std::string& listen, bool& wraps)
{
    application.set_version_flag("--version", "qmp-shell " QMP_SHELL_VERSION);
    application.set_help_flag("-h,--help", "print this and exit");
    application.add_option("--listen", listen, "wait at ADDRESS for a QEMU to connect")->type_name("ADDRESS");
    application.add_flag("--wrap", wraps, "launch a QEMU, and end with it: --wrap [--] PROGRAM ARGUMENTS...");
    application.add_option("-c,--command", into.commands, "execute this and exit; may be given several times")
        ->type_name("COMMAND")
        ->allow_extra_args(false);
    application.add_flag("--keep-going", into.keep_going, "in scripts: go on after a command that failed");
    application.add_flag("-H,--hmp", into.hmp, "talk the human monitor's language");
    application.add_flag("-N,--skip-negotiation", into.skip_negotiation, "leave qmp_capabilities to you");
    application.add_flag("-v,--verbose", into.verbose, "show what is sent");
    application.add_flag("-p,--pretty", into.pretty, "print JSON in many lines");
    application.add_option("-l,--logfile", into.logfile, "append all that travels to FILE")->type_name("FILE");
    application
        .add_option_function<double>(  //
            "--timeout",
            [&into](double seconds) {
                if (std::isnan(seconds))  // which no range refuses
                    throw CLI::ValidationError("--timeout", "a number of seconds is needed");
                into.timeout = std::chrono::milliseconds(static_cast<std::chrono::milliseconds::rep>(seconds * 1000));
            },
            "how long to wait for the connection (10; with --wrap 60; with --listen for ever)")
        ->type_name("SECONDS")
        ->check(CLI::Range(0.0, 1e6).description(""));
    application.footer(
        "In the shell: help COMMAND, Tab, and :help.\n"
        "Exit status: 0, 1 QEMU refused a command, 2 usage, 3 no connection or it ended.\n"
        "The manual: man qmp-shell");
}

/// Whether the options before the first other word ask for a QEMU to be launched. What follows that word is not ours then.
bool asks_to_wrap(int argc, char const* const* argv)
try {
    options ignored;
    std::string listen;
    bool wraps = false;
    CLI::App application({}, "qmp-shell");
    describe(application, ignored, listen, wraps);
    application.prefix_command();
    application.parse(argc, argv);
    return wraps;
} catch (CLI::ParseError const&) {
    return false;  // what is wrong before that word is found again when the whole line is read
}

std::string usual_address()
{
    char const* const usual = std::getenv("QMP_SOCKET");  // NOLINT(concurrency-mt-unsafe): one thread
    return usual != nullptr ? usual : "";
}

/// Whether the first word is an address: one more than the tool takes, or what follows begins as only a path does.
bool begins_with_address(tool_entry const& which, std::vector<std::string> const& words)
{
    if (words.size() > which.most)
        return true;
    return words.size() > which.least && words.size() > 1 && words[1].starts_with('/');
}

/// Without `-s` the first word is the address, as everywhere else. @return what is wrong
std::string sort_tool_words(options& read)
{
    auto const which =
        std::find_if(tools.begin(), tools.end(), [&read](tool_entry const& each) { return each.which == read.tool; });
    std::vector<std::string>& words = read.tool_arguments;
    std::string const usual = usual_address();
    if (read.address.empty() && !words.empty() && (usual.empty() || begins_with_address(*which, words))) {
        read.address = words.front();
        words.erase(words.begin());
    }
    if (read.address.empty())
        read.address = usual;
    if (words.size() >= which->least && words.size() <= which->most)
        return {};
    std::string wrong = std::string(which->name) + " takes " + which->words;
    if (words.size() > which->most)
        wrong += "; \"" + words.back() + "\" is one argument too many";
    else if (!words.empty())
        wrong += "; only \"" + words.front() + "\" was given";
    return wrong + "\nUsage: qmp-shell " + which->name + " [-s] [ADDRESS] " + which->words;
}

/// The path of a unix socket in an address that has options of QEMU's command line, if there is no file of that name.
/// @return empty: there are no such options
std::string without_options(std::string const& path)
{
    constexpr std::array<std::string_view, 8> options{"server",       "wait",   "nowait",   "reconnect",
                                                      "reconnect-ms", "telnet", "abstract", "id"};
    std::size_t const comma = path.find(',');
    std::string_view const rest = std::string_view(path).substr(std::min(comma, path.size() - 1) + 1);
    bool const is_option = std::find(options.begin(), options.end(), rest.substr(0, rest.find_first_of("=,"))) != options.end();
    return is_option && ::access(path.c_str(), F_OK) != 0 ? path.substr(0, comma) : std::string();
}

/// What is wrong with an address. @return empty: nothing
std::string refuse_address(std::string const& address)
try {
    coqmp::endpoint const parsed = coqmp::endpoint::parse(address);
    std::string const meant = parsed.is_unix() ? without_options(parsed.path()) : std::string();
    return meant.empty() ? meant : '"' + address + "\" has options of QEMU's command line: write unix:" + meant;
} catch (boost::system::system_error const& error) {
    return '"' + address + "\": " + error.what();
}

/// Takes the address that stands after `-s`. @return what is wrong
std::string take_address(options& read, std::string const& after_option)
{
    if (after_option.empty())
        return {};
    if (!read.address.empty())
        return "there are two addresses, " + read.address + " and -s " + after_option + ": leave one out";
    read.address = after_option;
    return {};
}

/// Takes the words of the program to wrap. @return what is wrong
std::string take_program(options& read, std::vector<std::string> words)
{
    if (!words.empty() && words.front() == "--")
        words.erase(words.begin());
    else if (!words.empty() && words.front().starts_with('-'))
        return CLI::ExtrasError({words.front()}).what();
    read.program = std::move(words);
    return {};
}

/// What only makes sense, or does not, together. @return what is wrong
std::string complete(options& read, std::string const& listen, bool wraps)
{
    if (wraps) {
        if (!listen.empty())
            return "--wrap and --listen exclude each other: choose one";
        read.mode = connect_mode::wrap;
        if (read.program.empty())
            read.program.emplace_back("qemu-system-x86_64");
        return {};
    }
    if (read.tool != tool::none)
        if (std::string wrong = sort_tool_words(read); !wrong.empty())
            return wrong;
    if (!listen.empty()) {
        if (!read.address.empty() && read.address != usual_address())
            return "--listen and an ADDRESS to connect to exclude each other: choose one";
        read.mode = connect_mode::listen;
        read.address = listen;
    }
    if (read.address.empty())
        return "no QEMU is named: give its ADDRESS, set QMP_SOCKET, or launch one with --wrap";
    return refuse_address(read.address);
}

/// A word after the address that is not an option: most likely a command.
std::string hint_at_extra_words(options const& read, std::vector<std::string> const& extras)
{
    if (is_clearly_address(extras.front()))
        return "there are two addresses, " + read.address + " and " + extras.front() + ": leave one out (commands come after -c)";
    std::string const line = joined(extras, " ");
    std::string const quoted = quoted_for_shell(line);
    return "commands come after -c: qmp-shell " + quoted_for_shell(read.address) + " -c " +
           (quoted == line ? '\'' + line + '\'' : quoted);
}

int refuse(std::string_view reason)
{
    std::cerr << "qmp-shell: " << harmless(reason) << "\nTry qmp-shell --help\n";
    return static_cast<int>(exit_code::usage);
}

/// The user may have wanted to save the output of `--help`.
int printed(int status)
{
    std::cout.flush();
    if (std::cout)
        return status;
    std::cerr << "qmp-shell: cannot write to standard output\n";
    return static_cast<int>(exit_code::connection);
}

}  // namespace

bool is_clearly_address(std::string_view word)
{
    bool const has_marks = word.find_first_of("/.:") != std::string_view::npos;
    return has_marks && !word.starts_with(':') && word.find_first_of(" ={([\"'") == std::string_view::npos;
}

std::variant<options, int> read_command_line(int argc, char const* const* argv)
{
    options result;
    std::string listen;
    std::string after_option;
    bool says_wrap = false;
    bool const wraps = (argc > 0 && name_of(argv[0]) == "qmp-shell-wrap") || asks_to_wrap(argc, argv);
    CLI::App application("A shell for QEMU's monitor protocol, QMP.", "qmp-shell");
    describe(application, result, listen, says_wrap);
    application.prefix_command(wraps);
    if (!wraps) {
        application.add_option("address", result.address, std::string(addresses))->type_name("");
        add_tools(application, result, after_option);
    }
    std::string mistake;
    try {
        application.parse(argc, argv);
        if (wraps)
            mistake = take_program(result, application.remaining());
    } catch (CLI::ExtrasError const& error) {
        std::vector<std::string> const extras = application.remaining();
        if (extras.empty() || extras.front().starts_with('-') || result.tool != tool::none)
            mistake = error.what();
        else if (!says_wrap)
            mistake = hint_at_extra_words(result, extras);
    } catch (CLI::ParseError const& error) {
        if (error.get_exit_code() == 0)
            return printed(application.exit(error));
        mistake = error.what();
    }
    if (mistake.empty() && says_wrap && !wraps) {
        bool const is_tool = result.tool != tool::none;
        std::string const before = is_tool ? application.get_subcommands().front()->get_name() : result.address;
        mistake = "--wrap launches a QEMU of its own, and \"" + before + "\" stands before it: leave that out, or --wrap";
    }
    if (mistake.empty())
        mistake = take_address(result, after_option);
    if (result.address.empty() && result.tool == tool::none)
        result.address = usual_address();
    if (mistake.empty())
        mistake = complete(result, listen, wraps);
    if (!mistake.empty())
        return refuse(mistake);
    return result;
}

}  // namespace qmp_shell

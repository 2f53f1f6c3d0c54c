#include "daemon/command_line.hpp"

#include "daemon/program.hpp"

#include <coqmp/similar_names.hpp>

#include <CLI/CLI.hpp>

#include <array>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

namespace coqmp_daemon {

namespace {

/// An option whose value is one of several names.
template <class Value, std::size_t Count>
void add_choice(CLI::App& application, std::string const& option, std::string const& purpose, Value& into,
                std::array<std::pair<std::string_view, Value>, Count> const& choices)
{
    std::vector<std::string> names;
    std::string listed;
    for (auto const& [name, value] : choices) {
        listed.append(names.empty() ? "" : names.size() + 1 == Count ? " or " : ", ").append(name);
        names.emplace_back(name);
    }
    auto const take = [option, names, listed, &choices, &into](std::string const& word) {
        for (auto const& [name, value] : choices) {
            if (name == word) {
                into = value;
                return;
            }
        }
        std::string const suggestion = coqmp::did_you_mean(coqmp::similar_names(word, names));
        throw CLI::ValidationError(option, '"' + word + "\" is not " + listed + (suggestion.empty() ? "" : ": " + suggestion));
    };
    application.add_option_function<std::string>(option, take, purpose + ": " + listed)->type_name("NAME");
}

}  // namespace

void add_common_options(CLI::App& application, std::string_view version, common_options& into)
{
    application.set_help_flag("-h,--help", "print this and exit");
    application.set_version_flag("--version", application.get_name() + ' ' + std::string(version));
    add_choice(application, "--log-format", "how the log on standard error looks (auto)", into.format, log_formats);
    add_choice(application, "--log-level", "the least important lines of the log (info)", into.least, log_priorities);
    application.footer(
        "SIGHUP reloads, SIGTERM and SIGINT end, a second one at once.\n"
        "Exit status: 0, 1 failure, 2 usage or configuration, 3 connection.\n"
        "The manual: man " +
        application.get_name());
}

logger_options logger_options_for(common_options const& line)
{
    logger_options result;
    result.style = choose_style(line.format, look_at_surroundings());
    result.least = line.least;
    return result;
}

std::optional<exit_code> parse_command_line(CLI::App& application, int argc, char const* const* argv)
try {
    application.parse(argc, argv);
    return std::nullopt;
} catch (CLI::ParseError const& error) {
    if (error.get_exit_code() != 0)
        return refuse_command_line(application.get_name(), error.what());
    application.exit(error);
    return finish_output(application.get_name(), std::cout);
}

exit_code refuse_command_line(std::string_view program, std::string_view reason)
{
    print_error(program, reason);
    std::cerr << "Try " << program << " --help\n";
    return exit_code::usage;
}

}  // namespace coqmp_daemon

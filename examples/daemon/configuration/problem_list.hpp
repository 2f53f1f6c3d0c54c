// The problems of a configuration file.
#ifndef COQMP_DAEMON_CONFIGURATION_PROBLEM_LIST_HPP
#define COQMP_DAEMON_CONFIGURATION_PROBLEM_LIST_HPP

#include "daemon/configuration/toml_value.hpp"

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace coqmp_daemon {

/// A configuration file that cannot be used. what() has a line for each problem.
class configuration_error : public std::runtime_error
{
public:
    /// @param problems not empty
    explicit configuration_error(std::vector<std::string> problems);

    /// One sentence for each problem, each with the name of the file.
    [[nodiscard]] std::vector<std::string> const& problems() const noexcept { return problems_; }

private:
    std::vector<std::string> problems_;
};

/// Collects all problems of one file, so that its author can fix them together.
class problem_list
{
public:
    /// @param file its name
    explicit problem_list(std::string file) : file_(std::move(file)) {}

    /// @param sentence without the name of the file and the place; it may quote anything
    void add(file_position position, std::string_view sentence);

    [[nodiscard]] bool empty() const noexcept { return problems_.empty(); }

    /// One line for each, with the name of the file, in the order of the file.
    [[nodiscard]] std::vector<std::string> lines() const;

    /// Returns if there are no problems.
    /// @throws configuration_error with all problems, in the order of the file
    void throw_if_any() const;

private:
    struct problem
    {
        file_position position;
        std::string sentence;
    };

    std::string file_;
    std::vector<problem> problems_;  ///< in the order of the file
};

}  // namespace coqmp_daemon

#endif

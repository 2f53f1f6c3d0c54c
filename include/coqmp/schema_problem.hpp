// What is wrong with a command or a subscription, by a schema.
#ifndef COQMP_SCHEMA_PROBLEM_HPP
#define COQMP_SCHEMA_PROBLEM_HPP

#include <iosfwd>
#include <string>
#include <vector>

namespace coqmp {

/// What kind of problem schema::check() has found.
enum class schema_problem_kind {
    unknown_command,
    unknown_event,
    unknown_member,   ///< an argument, or a member of one, or of an event's data, that does not exist
    missing_member,   ///< an argument, or a member of one, that is needed
    wrong_type,       ///< a value of another type
    unknown_value,    ///< a value that the enumeration does not have
    not_out_of_band,  ///< the command cannot be sent out of band
    too_deep          ///< nested more deeply than the 1,024 levels that QEMU accepts
};

/// What schema::check() finds. A value.
/// @see examples/schema.cpp
struct schema_problem
{
    schema_problem_kind kind = schema_problem_kind::unknown_command;
    std::string origin;                    ///< The name of the command or event.
    std::string path;                      ///< Where, as `options.cpus[2]`. Empty: the command or event itself.
    std::string reason;                    ///< What is wrong there, as `unknown argument`.
    std::vector<std::string> suggestions;  ///< Names that may have been meant, best first.

    /// `blockdev-add: file.driver: unknown value "fiel": did you mean file?`, safe for a terminal and for a log.
    [[nodiscard]] std::string message() const;

    friend bool operator==(schema_problem const&, schema_problem const&) = default;
};

/// Prints message().
/// @see examples/schema.cpp
std::ostream& operator<<(std::ostream& out, schema_problem const& problem);

}  // namespace coqmp

#endif

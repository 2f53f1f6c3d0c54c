// What the running QEMU says of itself (`query-qmp-schema`), made to be asked.
// Invariant: nothing here does I/O; a schema is a value made from one reply.
#ifndef QMP_SHELL_SCHEMA_HPP
#define QMP_SHELL_SCHEMA_HPP

#include <boost/json/value.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace qmp_shell {

/// What kinds of values there are. QEMU's own names of types are masked (numbers), so they are of no use to people.
enum class kind { string, number, integer, boolean, null, any, enumeration, array, object, alternate };

struct type;

/// A member of an object: an argument of a command, a field of a nested value.
struct member
{
    std::string name;
    type const* what = nullptr;
    bool optional = false;
    bool deprecated = false;
    bool unstable = false;
    /// For a member that only exists when the discriminator `when.first` has the value `when.second` (unions).
    std::optional<std::pair<std::string, std::string>> when;
};

/// A type. Types refer to each other, in circles too; all live as long as their schema.
struct type
{
    qmp_shell::kind kind = kind::any;
    std::vector<std::string> values;        ///< of an enumeration
    type const* element = nullptr;          ///< of an array
    std::vector<member> members;            ///< of an object: required first, those of all variants last
    std::string discriminator;              ///< of a union: the member whose value chooses the variant
    std::vector<type const*> alternatives;  ///< of an alternate
};

/// The alternative of that kind. @return null: it has none
[[nodiscard]] type const* find_alternative(type const& what, kind wanted);

/// What an alternate is if it is to be of that kind; any other type is itself. @return null: it cannot be, or null was given
[[nodiscard]] type const* as_kind(type const* what, kind wanted);

struct command_entry
{
    std::string name;
    type const* arguments = nullptr;  ///< an object
    type const* returns = nullptr;
    bool out_of_band = false;
    bool deprecated = false;
    bool unstable = false;
};

struct event_entry
{
    std::string name;
    type const* data = nullptr;
};

/// A QEMU's commands, events and types.
class schema
{
public:
    schema() = default;  ///< knows nothing: everything is accepted and nothing is completed
    /// @param reply what `query-qmp-schema` returned. What makes no sense in it is left out.
    explicit schema(boost::json::value const& reply);
    schema(schema&&) noexcept;
    schema& operator=(schema&&) noexcept;
    ~schema();

    [[nodiscard]] bool empty() const noexcept;
    [[nodiscard]] command_entry const* find_command(std::string_view name) const;
    [[nodiscard]] event_entry const* find_event(std::string_view name) const;
    [[nodiscard]] std::vector<std::string> command_names() const;
    [[nodiscard]] std::vector<std::string> event_names() const;

private:
    std::vector<std::unique_ptr<type>> types_;
    std::map<std::string, command_entry, std::less<>> commands_;
    std::map<std::string, event_entry, std::less<>> events_;
};

}  // namespace qmp_shell

#endif

#include <coqmp/schema_kind.hpp>

#include <ostream>

namespace coqmp {

char const* to_string(schema_kind kind) noexcept
{
    switch (kind) {
        case schema_kind::any:
            return "any value";
        case schema_kind::string:
            return "a string";
        case schema_kind::integer:
            return "an integer";
        case schema_kind::number:
            return "a number";
        case schema_kind::boolean:
            return "true or false";
        case schema_kind::null:
            return "null";
        case schema_kind::enumeration:
            return "a string of an enumeration";
        case schema_kind::array:
            return "an array";
        case schema_kind::object:
            return "an object";
        case schema_kind::alternate:
            return "one of several types";
    }
    return "an unknown kind";
}

std::ostream& operator<<(std::ostream& out, schema_kind kind)
{
    return out << to_string(kind);
}

}  // namespace coqmp

// What kinds of types a schema has.
#ifndef COQMP_SCHEMA_KIND_HPP
#define COQMP_SCHEMA_KIND_HPP

#include <iosfwd>

namespace coqmp {

/// The kind of a type in a schema. QEMU masks the names of its types, so that types have no names.
enum class schema_kind {
    any,          ///< every value, or a type that the schema does not explain
    string,       ///< a text
    integer,      ///< a number without a fraction; the schema does not say of how many bits
    number,       ///< any number
    boolean,      ///< true or false
    null,         ///< null
    enumeration,  ///< a text, one of the type's values
    array,        ///< elements of one type
    object,       ///< members; those of a union also depend on the value of one of them, the tag
    alternate     ///< a value of one of several types, which JSON itself tells apart
};

/// The kind with its article: `an integer`, `true or false`.
char const* to_string(schema_kind kind) noexcept;

/// Prints to_string().
std::ostream& operator<<(std::ostream& out, schema_kind kind);

}  // namespace coqmp

#endif

// Finds the candidates for the text at the cursor, without asking QEMU: values that only QEMU knows are returned as a wish.
#ifndef QMP_SHELL_LANGUAGE_COMPLETE_COMPLETION_HPP
#define QMP_SHELL_LANGUAGE_COMPLETE_COMPLETION_HPP

#include "language/read/lexer.hpp"
#include "language/schema.hpp"

#include <boost/json/object.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace qmp_shell {

/// Values that only the running QEMU knows.
enum class live {
    none,
    node_name,       ///< query-named-block-nodes
    block_device,    ///< query-block: `device`
    device_id,       ///< qom-list /machine/peripheral: `id` of eject and the like
    removable_id,    ///< those of which the property hotpluggable is true: `id` of device_del
    bus,             ///< HMP's `info qtree`: those that take the argument `driver`
    bitmap,          ///< query-named-block-nodes: dirty bitmaps of the argument `node`, `device` or `target`
    export_id,       ///< query-block-exports
    file,            ///< the file system, as the shell sees it
    job_id,          ///< query-jobs
    chardev_id,      ///< query-chardev
    netdev_id,       ///< HMP's `info network`: those that are not a NIC
    network_id,      ///< HMP's `info network`
    iothread_id,     ///< query-iothreads
    object_id,       ///< qom-list /objects
    object_type,     ///< qom-list-types implements=user-creatable abstract=false
    qom_path,        ///< qom-list of what stands before the last slash
    qom_property,    ///< qom-list of the argument `path`
    qom_type,        ///< qom-list-types: `driver`, `typename`
    device_driver,   ///< HMP's `info qdm`, or qom-list-types implements=device abstract=false
    device_type,     ///< qom-list-types implements=device abstract=false
    device_property  ///< device-list-properties of the argument `driver`
};

struct candidate
{
    std::string text;         ///< what replaces the text from `completion::begin` to the cursor
    std::string description;  ///< a few words: the type, `optional`
    bool final = true;        ///< whether a space may follow (not after `key=`, `a.` or a directory of paths)
};

struct completion
{
    std::size_t begin = 0;  ///< column where the word to be completed begins
    std::vector<candidate> candidates;
    live wish = live::none;         ///< ask QEMU and add what begins with `prefix`
    std::string prefix;             ///< what stands between begin and the cursor, without an open quote
    char quote = '\0';              ///< the open quote, or the one that is needed
    bool in_braces = false;         ///< names of members are written `"name": `
    boost::json::object arguments;  ///< what was typed so far, for wishes that depend on it
};

/// @param line up to the cursor
/// @param in_transaction whether an earlier statement opened a transaction
/// @param begun what read the earlier lines of a statement whose braces are open, or null
[[nodiscard]] completion complete(std::string_view line, schema const& known, std::vector<std::string> const& meta_commands,
                                  bool in_transaction = false, lexer const* begun = nullptr);

/// A text as a value has to be written to be read as that text: in quotes if it needs some.
/// @param quote the one that was typed already, or 0
[[nodiscard]] std::string quoted(std::string_view text, char quote = '\0');

}  // namespace qmp_shell

#endif

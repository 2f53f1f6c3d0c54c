// Where a supervisor keeps what must survive it: the wish for each machine, that is, whether it is to be up or down.
#ifndef COQMP_SRC_SUPERVISOR_WISH_STORE_HPP
#define COQMP_SRC_SUPERVISOR_WISH_STORE_HPP

#include "supervision/machine_memory.hpp"

#include <boost/system/error_code.hpp>

#include <functional>
#include <optional>
#include <string>

namespace coqmp::detail {

class wish_store
{
public:
    /// Called once, on any thread, perhaps inside save(). Must not throw.
    using saved = std::function<void(boost::system::error_code)>;

    wish_store() = default;
    wish_store(wish_store const&) = delete;
    wish_store& operator=(wish_store const&) = delete;
    virtual ~wish_store() = default;

    /// The record of a machine; nothing if there is none. May block for a moment.
    /// @throws boost::system::system_error it cannot be read, or parse_memory_record() rejects it; what() says which
    [[nodiscard]] virtual std::optional<memory_record> load(std::string const& machine) = 0;

    /// Replaces the record of a machine, or leaves it as it was. Does not block. For each machine, one save at a time.
    /// @param done gets an error if the record may not survive a crash of the host
    virtual void save(std::string const& machine, memory_record const& record, saved done) = 0;

    /// Removes the record of a machine, after its saves. Does not block.
    /// @param done called as by save(), without an error
    virtual void forget(std::string const& machine, saved done) = 0;
};

}  // namespace coqmp::detail

#endif

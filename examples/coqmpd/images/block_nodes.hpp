// The block nodes that a `-drive` or a `-blockdev` describes, as a tree of options.
#ifndef COQMPD_IMAGES_BLOCK_NODES_HPP
#define COQMPD_IMAGES_BLOCK_NODES_HPP

#include "images/image_use.hpp"

#include <boost/json/object.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coqmpd {

/// The tree of a list of options: `file.driver=file` becomes `{"file": {"driver": "file"}}`. If an option is repeated, the
/// last one counts, as in QEMU.
[[nodiscard]] boost::json::object option_tree(std::vector<std::pair<std::string, std::string>> const& options);

/// Whether a text or a boolean says yes. @return `otherwise` if the member is absent or is something else
[[nodiscard]] bool is_on(boost::json::object const& options, std::string_view key, bool otherwise);

/// A file's name as `-drive file=` has it: a path, `file:PATH`, `json:{...}`, or the address of a remote image, such as
/// `nbd://host/export`.
class file_name
{
public:
    explicit file_name(std::string_view text);

    /// Of `json:`.
    [[nodiscard]] boost::json::object const& tree() const noexcept { return tree_; }
    [[nodiscard]] bool is_tree() const noexcept { return is_tree_; }
    /// Whether it names an image that another machine can open, too: a descriptor or a made-up disk does not.
    [[nodiscard]] bool is_image() const noexcept { return is_image_; }
    [[nodiscard]] bool is_local() const noexcept { return is_local_; }
    [[nodiscard]] bool is_read_only() const noexcept { return is_read_only_; }
    [[nodiscard]] std::string const& text() const noexcept { return text_; }

private:
    std::string text_;
    boost::json::object tree_;
    bool is_tree_ = false;
    bool is_image_ = true;
    bool is_local_ = true;
    bool is_read_only_ = false;
};

/// Collects the nodes of one QEMU, and then says which images they open.
class block_nodes
{
public:
    /// A node that is not described inside another one.
    struct node
    {
        std::string name;          ///< Its node-name, or the id of its drive.
        std::size_t place = 0;     ///< Of its argument.
        bool is_snapshot = false;  ///< All writes go to a temporary file.
        bool is_drive = false;     ///< A child that is a name is then a file, not another node.
    };

    void add(node const& which, boost::json::object const& options);
    /// A device says that the image of this node or drive may be shared.
    void share(std::string_view name);
    [[nodiscard]] std::vector<image_use> images() const;

private:
    struct opened
    {
        image_use use;
        std::vector<std::string> names;  ///< Of the nodes that it is part of.
        bool is_read_only = false;       ///< By the options of these nodes.
    };
    /// One node uses another by its name.
    struct reference
    {
        std::string user;
        std::string used;
        bool is_read_only = false;
    };
    struct context;

    void walk(boost::json::object const& options, context within);
    void walk_member(std::string_view key, boost::json::value const& value, context const& within);
    void open(std::string_view name, context const& within, bool is_unlocked);
    [[nodiscard]] bool is_only_read(std::string const& name, std::size_t depth) const;
    [[nodiscard]] bool is_shared(std::string const& name, std::size_t depth) const;

    std::vector<opened> opened_;
    std::vector<reference> references_;
    std::vector<std::string> shared_;
};

}  // namespace coqmpd

#endif

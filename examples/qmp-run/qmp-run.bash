# Completion of qmp-run for bash.

# All words after `--` are left to the completion of QEMU.
_qmp_run() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} index
    local options="--name --timeout --agent --kill-silent --heal-enospc --monitor --policy --hook --log-format --log-level --help --version -h"
    COMPREPLY=()
    for ((index = 1; index < COMP_CWORD; ++index)); do
        if [[ ${COMP_WORDS[index]} == -- ]]; then
            declare -F _command_offset >/dev/null && _command_offset $((index + 1))
            return
        fi
    done
    case $before in
        --heal-enospc) mapfile -t COMPREPLY < <(compgen -W "on off" -- "$word") ;;
        --policy) mapfile -t COMPREPLY < <(compgen -W "read-only backup operator all" -- "$word") ;;
        --agent | --monitor)
            mapfile -t COMPREPLY < <(compgen -f -- "$word")
            compopt -o filenames 2>/dev/null
            ;;
        --log-format) mapfile -t COMPREPLY < <(compgen -W "auto text json" -- "$word") ;;
        --log-level) mapfile -t COMPREPLY < <(compgen -W "error warning notice info debug" -- "$word") ;;
        --hook)
            mapfile -t COMPREPLY < <(compgen -f -- "$word")
            compopt -o filenames 2>/dev/null
            ;;
        --name | --timeout | --kill-silent) ;;
        *) mapfile -t COMPREPLY < <(compgen -W "$options --" -- "$word") ;;
    esac
}
complete -F _qmp_run qmp-run

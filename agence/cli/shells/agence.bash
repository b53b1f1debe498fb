# agence in bash: makes the prefixes safe to type, and completes.
# In ~/.bashrc:  eval "$(agence shell-init bash)"

# bash replaces `!bash` by an earlier line, even within double quotes. Enter first comes here, and
# history expansion is off for a line that runs agence, and for no other. `~` is kept only where
# bash would replace it: alone, or with the name of a user of this machine.
__agence_before_enter() {
    if [[ " $READLINE_LINE" == *[[:space:]\;\&\|\(]agence[[:space:]]* ]]; then
        if [[ $- == *H* ]]; then
            __agence_history=on
            set +H
        fi
        if [[ $READLINE_LINE =~ ^([^\"\`\']*[[:space:]\;\&\|\(])?agence[[:space:]]+(@[^[:space:]]*[[:space:]]+)?(~[A-Za-z0-9_.-]*) ]]; then
            local typed=${BASH_REMATCH[3]} before expanded
            before=${BASH_REMATCH[0]%"$typed"}
            eval "expanded=$typed"
            if [[ $expanded != "$typed" ]]; then
                READLINE_LINE="$before\\${READLINE_LINE#"$before"}"
                READLINE_POINT=${#READLINE_LINE}
            fi
        fi
    elif [[ ${__agence_history-} == on ]]; then
        __agence_history=
        set -H
    fi
}

__agence_install() {
    local keymap
    if [[ $- != *i* || (:$SHELLOPTS: != *:emacs:* && :$SHELLOPTS: != *:vi:*) ]]; then
        return
    elif [[ ${BASH_VERSINFO[0]} -lt 4 ]]; then
        set +H # this bash can't look at the line before it reads it
    elif [[ $(bind -s) == *'"\C-x\C-a\C-x\C-b"'* ]]; then
        return # installed already
    elif [[ $(bind -q accept-line) != *'"\C-m"'* ]]; then
        set +H # Enter belongs to another tool: leave it alone
    else
        for keymap in emacs-standard vi-insert vi-command; do
            bind -m $keymap -x '"\C-x\C-a": __agence_before_enter'
            bind -m $keymap '"\C-x\C-b": accept-line'
            bind -m $keymap '"\C-m": "\C-x\C-a\C-x\C-b"'
            bind -m $keymap '"\C-j": "\C-x\C-a\C-x\C-b"' # what Enter is when typed ahead
        done
    fi
}
__agence_install
unset -f __agence_install

_agence() {
    local line=${COMP_LINE:0:COMP_POINT} current kept found
    local -a typed
    read -ra typed <<<"$line" # COMP_WORDS would be cut at @ and =
    [[ $line == *[[:space:]] ]] && typed+=("")
    current=${typed[${#typed[@]}-1]}
    kept=${current%"${COMP_WORDS[COMP_CWORD]}"}
    COMPREPLY=()
    while IFS= read -r found; do
        if [[ $found == :files ]]; then
            compopt -o default 2>/dev/null
        else
            COMPREPLY+=("${found#"$kept"}")
        fi
    done < <(command agence complete --shell bash -- "${typed[@]:1}" 2>/dev/null)
}
complete -F _agence agence

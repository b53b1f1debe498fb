# agence in zsh: makes the prefixes safe to type, and completes.
# In ~/.zshrc, after compinit:  eval "$(agence shell-init zsh)"

# With EXTENDED_GLOB zsh replaces `^learn` by every file but that one, and `what?` never arrives.
alias agence='noglob agence'

# zsh replaces `!bash` by an earlier line and `~learn` by a folder, whatever the alias says. When
# a line that runs agence is finished, `!"` in front of it switches history expansion off for that
# line (zsh takes it out again), and `~` gets a backslash. Other lines are left alone.
__agence_line_finish() {
    __agence_runs || return 0
    __agence_keep_tilde
    local bang=${histchars[1]}
    if [[ -o bang_hist && ${BUFFER//\\$bang/} == *$bang* ]]; then
        BUFFER="$bang\"$BUFFER"
    fi
}
__agence_runs() {
    [[ $BUFFER == (|*[[:space:]\;\&\|\(])agence[[:space:]]* ]]
}
__agence_keep_tilde() {
    emulate -L zsh
    local MATCH MBEGIN MEND
    local -a match mbegin mend
    if [[ $BUFFER =~ '^([^"`'\'']*[[:space:];&|(])?agence[[:space:]]+(@[^[:space:]]*[[:space:]]+)?~' ]]; then
        BUFFER="${MATCH[1,-2]}\\~${BUFFER[MEND+1,-1]}"
    fi
}
if [[ -o zle ]]; then
    autoload -Uz add-zle-hook-widget
    add-zle-hook-widget line-finish __agence_line_finish
fi

_agence() {
    local line
    local -a typed found shown
    typed=("${(@Q)words[2,CURRENT-1]}" "${(Q)IPREFIX}${(Q)PREFIX}")
    for line in "${(@f)$(command agence complete --shell zsh -- "${typed[@]}" 2>/dev/null)}"; do
        if [[ $line == :files ]]; then
            _files
        elif [[ -n $line ]]; then
            found+=("${${line%%$'\t'*}#$IPREFIX}")
            shown+=("${line/$'\t'/  -- }")
        fi
    done
    (( $#found )) && compadd -Q -l -d shown -a found
}

# A word that begins with `~` is completed as a folder's name, before the command is asked.
_agence_tilde() {
    if [[ $words[1] == agence || ( $words[1] == noglob && $words[2] == agence ) ]]; then
        [[ $words[1] == noglob ]] && shift words && (( CURRENT-- ))
        _agence
    else
        _tilde "$@"
    fi
}

# Tab would first expand `^le` to files and `!ba` to an earlier line.
__agence_tab() {
    if __agence_runs; then
        zle complete-word
    else
        zle __agence_expand_or_complete
    fi
}
if (( $+functions[compdef] )); then
    compdef _agence agence
    compdef _agence_tilde -tilde-
    if [[ -o zle && ${widgets[expand-or-complete]-} != user:__agence_tab ]]; then
        zle -A expand-or-complete __agence_expand_or_complete
        zle -N expand-or-complete __agence_tab
    fi
fi

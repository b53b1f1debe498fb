# agence in fish: completes. fish hands every prefix over as it is typed; only a `~` that stands
# alone means the home folder: write `agence ~learn`, or `agence private learn`.
# In ~/.config/fish/config.fish:  agence shell-init fish | source

function __agence_complete
    set -l typed (commandline -opc)
    set -e typed[1]
    set -l current (commandline -ct)
    for line in (command agence complete --shell fish -- $typed "$current" 2>/dev/null)
        if test "$line" = :files
            __fish_complete_path "$current"
        else
            printf '%s\n' $line
        end
    end
end
complete -c agence -f -a '(__agence_complete)'

using System.CommandLine;

namespace Spoq.Cli.Help;

/// <summary><c>spoq completion</c>: the shell asks <c>spoq</c> itself, so what is offered is never out of date.</summary>
internal static class CompletionCommand
{
    private static readonly Dictionary<string, string> s_scripts = new()
    {
        ["bash"] = """
            _spoq() {
              local IFS=$'\n'
              COMPREPLY=($(compgen -W "$(spoq "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
              [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "${COMP_WORDS[COMP_CWORD]}"))
            }
            complete -F _spoq spoq
            """,
        ["zsh"] = """
            #compdef spoq
            _spoq() {
              local -a found
              found=("${(@f)$(spoq "[suggest:$CURSOR]" "$BUFFER" 2>/dev/null)}")
              if (( ${#found[@]} )) && [[ -n "${found[1]}" ]]; then compadd -- "${found[@]}"; else _files; fi
            }
            compdef _spoq spoq
            """,
        ["fish"] = """
            complete -c spoq -a '(spoq "[suggest:"(commandline -C)"]" (commandline) 2>/dev/null)'
            """,
    };

    public static Command Build()
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh or fish.", HelpName = "bash|zsh|fish" };
        shell.AcceptOnlyFromAmong([.. s_scripts.Keys]);
        return SpoqCommand.Verb("completion", "Print a script that completes spoq in your shell.", (call, parsed, _) =>
        {
            call.Screen.Say(s_scripts[parsed.GetValue(shell)!]);
            return Task.FromResult(ExitCode.Ok);
        }, shell);
    }
}

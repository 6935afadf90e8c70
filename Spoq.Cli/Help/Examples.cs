using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Spoq.Cli.Help;

/// <summary>What people read first: how others call it.</summary>
internal static class Examples
{
    private const string Footer = """
        Environment:
          SPOQ_URL       the control plane; --url goes before it
          SPOQ_HOME      where the sign-in is kept (default: ~/.spoq)
          SPOQ_BROWSER   the browser to open; none only prints the link
          NO_COLOR       no colours

        Exit codes: 0 well, 1 failed, 2 mistyped, 3 not signed in, 4 not reachable, 130 interrupted.
        'spoq run' ends with the exit code of the command.
        """;

    private static readonly Dictionary<string, string[]> s_examples = new()
    {
        ["spoq"] = ["spoq init", "spoq ask \"what uses the most disk space?\"", "git diff | spoq ask \"review this\"", "spoq run 'df -h'", "spoq chat"],
        ["spoq init"] = ["spoq init", "spoq init --url http://localhost:5080", "SPOQ_BROWSER=none spoq init      only print the link"],
        ["spoq ask"] =
        [
            "spoq ask \"what is in my workspace?\"", "spoq ask \"explain this\" --file build.log", "spoq ask \"where is the bug?\" -f 'src/**/*.py'", "spoq ask \"summarise @notes.md\"",
            "tail -n 200 app.log | spoq ask \"what went wrong?\"", "spoq ask - < question.txt", "spoq ask -c \"and in French?\"      go on with the last conversation",
            "spoq ask \"tidy up /tmp\" --approve auto", "spoq ask --json \"hi\" | jq -r .text",
        ],
        ["spoq chat"] = ["spoq chat", "spoq chat --approve auto"],
        ["spoq run"] = ["spoq run uptime", "spoq run 'ls -la | head'", "spoq run --timeout 3600 -- make all", "spoq run 'pg_dump app > app.sql'"],
        ["spoq sync"] = ["spoq sync", "spoq sync ~/projects/site", "spoq sync ~/projects/site --to www --dry-run", "spoq sync --prefer here      settle conflicts"],
        ["spoq status"] = ["spoq status", "spoq status --json | jq -r .state", "spoq status --url http://localhost:5080"],
        ["spoq devices"] = ["spoq devices", "spoq devices add", "spoq devices add --handle alice --name phone", "spoq devices remove phone"],
        ["spoq devices add"] = ["spoq devices add", "spoq devices add --key ~/.ssh/work.pub --name work", "spoq devices add --handle alice --name phone"],
        ["spoq devices list"] = ["spoq devices list --json"],
        ["spoq devices remove"] = ["spoq devices remove phone"],
        ["spoq keys"] = ["spoq keys", "spoq keys create \"my script\"", "spoq keys rotate \"my script\" --overlap 24", "spoq keys revoke \"my script\""],
        ["spoq keys create"] = ["spoq keys create \"my script\"", "spoq keys create ci --scope ai --days 30 > key.txt"],
        ["spoq keys list"] = ["spoq keys list --json | jq -r '.data[].name'"],
        ["spoq keys rotate"] = ["spoq keys rotate \"my script\" --overlap 24"],
        ["spoq keys revoke"] = ["spoq keys revoke \"my script\""],
        ["spoq usage"] = ["spoq usage", "spoq usage --json"],
        ["spoq open"] = ["spoq open", "spoq open console", "spoq open keys"],
        ["spoq whoami"] = ["spoq whoami", "spoq whoami --json | jq -r .plan"],
        ["spoq logout"] = ["spoq logout"],
        ["spoq update"] = ["spoq update", "spoq update --check"],
        ["spoq completion"] = ["spoq completion bash > ~/.local/share/bash-completion/completions/spoq", "echo 'source <(spoq completion zsh)' >> ~/.zshrc", "spoq completion fish > ~/.config/fish/completions/spoq.fish"],
        ["spoq authorized-keys"] = ["AuthorizedKeysCommand /usr/local/bin/spoq authorized-keys %u %f      in sshd_config"],
        ["spoq help"] = ["spoq help ask", "spoq help keys create"],
    };

    public static void AddTo(RootCommand root)
    {
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new WithExamples((HelpAction)help.Action!);
    }

    public static bool IsAskedFor(ParseResult parsed) => parsed.Action is WithExamples;

    public static int Show(ParseResult parsed) => new WithExamples(new HelpAction()).Invoke(parsed);

    /// <summary>Null: there are none.</summary>
    public static IReadOnlyList<string>? Of(Command command) => s_examples.GetValueOrDefault(PathOf(command));

    public static string PathOf(Command command) => command switch
    {
        RootCommand => "spoq",
        _ => $"{PathOf(command.Parents.OfType<Command>().First())} {command.Name}",
    };

    private sealed class WithExamples(HelpAction plain) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            var code = plain.Invoke(parseResult);
            var output = parseResult.InvocationConfiguration.Output;
            if (Of(parseResult.CommandResult.Command) is { } examples)
            {
                output.WriteLine("Examples:");
                foreach (var example in examples)
                {
                    output.WriteLine($"  {example}");
                }

                output.WriteLine();
            }

            if (parseResult.CommandResult.Command is RootCommand)
            {
                output.WriteLine(Footer);
            }

            return code;
        }
    }
}

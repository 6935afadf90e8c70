using System.CommandLine;

namespace Spoq.Cli.Help;

/// <summary><c>spoq help</c>.</summary>
internal static class HelpCommand
{
    public static Command Build(RootCommand root)
    {
        var words = new Argument<string[]>("command") { Description = "The command to explain, such as: keys create", Arity = ArgumentArity.ZeroOrMore };
        var command = new Command("help", "Explain spoq, or one command.") { words };
        command.SetAction((parsed, cancellationToken) => root.Parse([.. parsed.GetValue(words)!, "--help"]).InvokeSafelyAsync());
        return command;
    }
}

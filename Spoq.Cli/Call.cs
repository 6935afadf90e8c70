using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Spoq.Cli.Account;
using Spoq.Cli.Terminal;

namespace Spoq.Cli;

/// <summary>One command line under way: where it prints, what it was told, whom it talks to.</summary>
internal sealed class Call : IDisposable
{
    private static readonly Uri s_home = new("https://spoq.dev");

    private ControlPlane? _controlPlane;

    public Call(ParseResult parsed)
    {
        Screen = new Screen(parsed.GetValue(CommonOptions.Quiet), parsed.GetValue(CommonOptions.Verbose), parsed.GetValue(CommonOptions.NoColor));
        WantsJson = parsed.GetValue(CommonOptions.Json);
        NamedUrl = parsed.GetValue(CommonOptions.Url) ?? Setting("SPOQ_URL");
    }

    public Screen Screen { get; }

    public Home Home { get; } = Home.Find();

    public bool WantsJson { get; }

    /// <summary>Null: nobody named a control plane.</summary>
    public string? NamedUrl { get; }

    public ControlPlane ControlPlane => _controlPlane ??= new ControlPlane(Root(), Home, Screen);

    public static string? Setting(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    /// <summary>One line of JSON for programs, or what people read.</summary>
    public int Answer<T>(T value, JsonTypeInfo<T> type, Func<string> describe)
    {
        Screen.Say(WantsJson ? JsonSerializer.Serialize(value, type) : describe());
        return ExitCode.Ok;
    }

    /// <summary>Null: none that could be asked.</summary>
    public Uri? TryRoot()
    {
        try
        {
            return ControlPlane.Root;
        }
        catch (CommandFailedException)
        {
            return null;
        }
    }

    public void Dispose()
    {
        _controlPlane?.Dispose();
        Screen.Dispose();
    }

    private Uri Root()
    {
        if (NamedUrl is null)
        {
            return Home.Read().Last is { } last && Uri.TryCreate(last, UriKind.Absolute, out var saved) ? saved : s_home;
        }

        return Uri.TryCreate(NamedUrl, UriKind.Absolute, out var root) && root.Scheme is "http" or "https"
            ? root!
            : throw new CommandFailedException(ExitCode.Usage, $"'{NamedUrl}' is not a web address. Give one such as https://spoq.dev with --url or SPOQ_URL.");
    }
}

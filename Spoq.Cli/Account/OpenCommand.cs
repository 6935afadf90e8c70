using System.CommandLine;
using Spoq.Cli.Terminal;

namespace Spoq.Cli.Account;

/// <summary><c>spoq open</c>.</summary>
internal static class OpenCommand
{
    private static readonly Dictionary<string, string> s_pages = new()
    {
        ["dashboard"] = "/dashboard",
        ["console"] = "/console",
        ["devices"] = "/dashboard/devices",
        ["keys"] = "/dashboard/keys",
        ["usage"] = "/dashboard/usage",
        ["apps"] = "/dashboard/apps",
        ["account"] = "/dashboard/account",
        ["setup"] = "/setup",
        ["docs"] = "/docs",
    };

    public static Command Build()
    {
        var page = new Argument<string>("page") { Description = $"One of: {string.Join(", ", s_pages.Keys)}.", DefaultValueFactory = _ => "dashboard", HelpName = "page" };
        page.AcceptOnlyFromAmong([.. s_pages.Keys]);
        return SpoqCommand.Verb("open", "Open a page of yours in the browser.", (call, parsed, _) => Task.FromResult(Run(call, parsed.GetValue(page)!)), page);
    }

    private static int Run(Call call, string page)
    {
        var address = call.ControlPlane.Root.At(s_pages[page]).AbsoluteUri;
        if (!BrowserWindow.TryOpen(address))
        {
            call.Screen.Note("No browser was opened here; open this address:");
        }

        return call.Answer(new Opened(address), CliJson.Default.Opened, () => address);
    }
}

internal sealed record Opened(string Url);
